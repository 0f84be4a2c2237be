"""Reads hand/*.txt: texts worked out by hand, each for one sentence of the language.

    === what the case shows
    > the sentence of the description
    breaks: names of reference.py under which the outcome must change
    market: coin                             (default stock)
    --- buy | sell | vars | named | rows     (default: sell `매도 = True`, vars `self.vars[0] = 1`, which opens the gate at once)
    --- trace                                (an expression to show on each row)
    --- outcome
    buy ROW
    sell ROW line N | sell ROW day_end
    stopped buy N sell N
    trace VALUE VALUE ...                    (as JSON, for every row)
    refused buy N | refused sell N           (the text is refused for its line N)
    refused rows N | refused futures

`refusal: allowed` in the head: the product may refuse a text when it reads it that otherwise stops on every row.

What a file of one instrument's rows cannot show is shown elsewhere: how a row comes to be, round figures and the trigger of a
volatility interruption (src/market), additions to a position, costs and futures (src/strategies).

`breaks` are of the reference. Those of the compiler, with the sentences and texts that they belong to: breaks.toml.
"""

import json
import pathlib

import reference
import texts

FOLDER = pathlib.Path(__file__).parent / "hand"


class Case:
    def __init__(self, file, title):
        self.file, self.title, self.sentence, self.breaks = file, title, "", []
        self.market, self.may_refuse = "stock", False
        self.parts = {"sell": "매도 = True\n", "vars": "self.vars[0] = 1\n", "named": "", "buy": "매수 = True\n"}

    def __repr__(self):
        return f"{self.file}: {self.title}"

    @property
    def trace(self):
        return self.parts.get("trace", "").strip() or None

    @property
    def expected(self):
        """{"buys": [row], "sells": [(row, line, reason)], "stopped": {...}} or ("refused", kind, line)."""
        out = {"buys": [], "sells": [], "stopped": {"buy": 0, "sell": 0}}
        for line in self.parts["outcome"].split("\n"):
            words = line.split()
            if not words:
                continue
            if words[0] == "refused":
                return "refused", words[1], int(words[2]) if len(words) > 2 else 0
            if words[0] == "buy":
                out["buys"].append(int(words[1]))
            elif words[0] == "sell":
                by_text = words[2] == "line"
                out["sells"].append((int(words[1]), int(words[3]) if by_text else 0, "text" if by_text else "day_end"))
            elif words[0] == "stopped":
                out["stopped"] = {words[1]: int(words[2]), words[3]: int(words[4])}
            elif words[0] == "trace":
                out["trace"] = [json.loads(value) for value in words[1:]]
            else:
                raise ValueError(f"{self}: {line}")
        return out

    def scenario(self, **changed):
        parts = {**self.parts, **changed}
        return texts.Scenario(0, self.market, parts["rows"], parts["buy"], parts["sell"], parts["vars"], parts["named"], self.trace)

    def work_out(self, breaks=(), **changed):
        """What the reference makes of it, in the shape of `expected`; changed: other parts than the file's."""
        parts = {**self.parts, **changed}
        try:
            rows = reference.read_rows(parts["rows"], self.market, breaks)
        except reference.BadRows as error:
            return "refused", "rows", int(str(error).split(":")[0].split()[-1])
        try:
            return summary(reference.run(parts["buy"], parts["sell"], rows, parts["vars"], parts["named"], self.trace, breaks))
        except reference.CompileError as error:
            futures = any(word in parts["buy"] + parts["sell"] for word in reference.FUTURES)
            kind = "futures" if futures else self.which_is_wrong(parts, rows)
            return "refused", kind, 0 if futures else error.line

    def which_is_wrong(self, parts, rows):
        try:
            reference.run(parts["buy"], "매도 = True", rows, parts["vars"], parts["named"])
        except reference.CompileError:
            return "buy"
        return "sell"


def summary(answer):
    """An answer of `stom condition run --json` as `Case.expected`."""
    out = {
        "buys": [b["row"] for b in answer["buys"]],
        "sells": [(s["row"], s["line"], s["reason"]) for s in answer["sells"]],
        "stopped": answer["stopped"],
    }
    return out | {"trace": answer["trace"]} if "trace" in answer else out


def cases():
    out = []
    for path in sorted(FOLDER.glob("*.txt")):
        part = None
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.startswith("=== "):
                out.append(Case(path.name, line[4:]))
                part = None
            elif line.startswith("--- "):
                part = line[4:].strip()
                out[-1].parts[part] = ""
            elif part:
                out[-1].parts[part] += line + "\n"
            elif line.startswith("> "):
                out[-1].sentence += (" " if out[-1].sentence else "") + line[2:]
            elif line.startswith("breaks:"):
                out[-1].breaks = line[7:].split()
            elif line.startswith("market:"):
                out[-1].market = line[7:].strip()
            elif line.strip() == "refusal: allowed":
                out[-1].may_refuse = True
            elif line.strip() and out and not line.startswith("#"):
                raise ValueError(f"{path.name}: {line}")
    for case in out:  # the blank line before the next case is no part of the last part
        case.parts = {name: text.rstrip("\n") + "\n" for name, text in case.parts.items()}
    return out
