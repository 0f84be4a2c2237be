#!/usr/bin/env bash
# An error says what to do about it: every fail(code, message, hint) of the sources has a hint. Left out are interruptions, the
# places whose caller adds the line and the hint, and the client that only tests use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec python3 - <<'END'
import pathlib, sys

LEFT_OUT = {"src/net/client.cpp", "src/account/tables.cpp", "src/importers/frames.cpp"}

def arguments(text, at):
    """The number of arguments of the call whose parenthesis opens at `at`."""
    depth, count, quoted = 0, 1, False
    while True:
        c = text[at]
        if quoted:
            at += c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return count
        elif c == "," and depth == 1:
            count += 1
        at += 1

calls, without = 0, []
for path in sorted([*pathlib.Path("src").rglob("*.?pp"), *pathlib.Path("apps").rglob("*.?pp")]):
    if str(path) in LEFT_OUT or path.stem.endswith("_test"):
        continue
    text, at = path.read_text(), -1
    while (at := text.find("fail(Errc::", at + 1)) >= 0:
        calls += 1
        canceled = text.startswith("Canceled", at + len("fail(Errc::"))
        if not canceled and arguments(text, at + len("fail")) < 3:
            without.append(f"{path}:{text.count(chr(10), 0, at) + 1}: an error without a remedy")
print(*without, f"{calls} errors, {len(without)} without a remedy", sep="\n")
sys.exit(bool(without) or calls < 100)
END
