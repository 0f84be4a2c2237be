#!/usr/bin/env bash
# An error says what to do about it: every fail(code, message, hint) of the sources has a hint. Left out are interruptions, the
# places whose caller adds the line and the hint, and the client that only tests use. And a command that is named there is whole.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec python3 - <<'END'
import pathlib, re, sys

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

# A command that asks a session is named whole: who copies it must not be told that --session is missing.
ASKS = re.compile(r"stom (risk (show|set|trip)|trade (start|status|venues|log|kill|alive|metrics|availability)|account (show|reconcile|adopt|export)|verify)\b")
LITERALS = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
PROSE = {"stom trade alive for so long", "stom risk show has it", "stom verify can say nothing"}

named, half = 0, []
for path in sorted([*pathlib.Path("src").rglob("*.?pp"), *pathlib.Path("apps").rglob("*.?pp")]):
    if path.stem.endswith("_test"):
        continue
    text = "\n".join(line for line in path.read_text().replace("'\"'", "' '").split("\n") if not line.lstrip().startswith("//"))
    for literal in LITERALS.finditer(text):
        words = re.sub(r'"\s*"', "", literal.group())
        for command in ASKS.finditer(words):
            named += 1
            rest = words[command.start():]
            if "--session" not in rest and not any(rest.startswith(prose) for prose in PROSE):
                half.append(f"{path}:{text.count(chr(10), 0, literal.start()) + 1} or below: {command.group()} without --session")
print(*half, f"{named} commands that ask a session, {len(half)} without --session", sep="\n")
sys.exit(bool(without or half) or calls < 100 or named < 20)
END
