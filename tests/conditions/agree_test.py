#!/usr/bin/env python3
"""`stom condition run` and the reference agree on every row and every trade: the texts worked out by hand, texts of the
shapes that users have, and small random programs.

Every `--english-every`th of them is also translated into English, where it must do the same, and back, where it must be the same.

usage: STOM_PROGRAM=build/dev/bin/stom agree_test.py [--texts N] [--programs N] [--from SEED] [--no-hand] [--english-every N]
--texts counts texts: a scenario is a buying and a selling one. What differs is reduced to a few lines, which are printed.
"""

import argparse
import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unicodedata

sys.path.insert(0, os.path.dirname(__file__))
import hand
import indicators
import reference
import texts
from reference_test import as_pasted

PROGRAM = os.environ["STOM_PROGRAM"]


def stom(*arguments):
    """(exit code, what it printed, its errors) of `stom condition ...`."""
    done = subprocess.run([PROGRAM, "condition", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def run(scenario, folder):
    """The answer, or ("refused", exit code, lines of the errors)."""
    code, out, err = stom("run", *scenario.write(folder), "--json")
    try:
        answer = json.loads(out)
    except json.JSONDecodeError:
        raise AssertionError(f"exit {code}, no JSON: {out[:200]!r} {err[:2000]!r}") from None
    if code == 0:
        return answer
    if "errors" in answer:
        return "refused", code, [error["line"] for error in answer["errors"]]
    return "refused", code, answer["error"]["message"]


def translated(text, named, language, folder):
    path, names = pathlib.Path(folder) / "text", pathlib.Path(folder) / "names"
    path.write_bytes(text.encode())
    names.write_bytes(named.encode())
    code, out, err = stom("translate", "--to", language, str(path), "--named", str(names))
    assert code == 0, f"not translated: {err}"
    return out


def squeezed(text):
    return "".join(unicodedata.normalize("NFC", text.lstrip("\ufeff")).split())


def in_english(scenario, folder):
    """The scenario with its two texts in English; AssertionError where the way back does not lead to them."""
    out = {}
    for kind in ("buy", "sell"):
        text = getattr(scenario, kind)
        out[kind] = translated(text, scenario.named, "en", folder)
        back = translated(out[kind], scenario.named, "ko", folder)
        assert squeezed(back) == squeezed(text), f"there and back: {next_difference(back, text)}"
    return texts.Scenario(scenario.seed, scenario.market, scenario.rows, out["buy"], out["sell"], scenario.variables, scenario.named, None)


def next_difference(back, text):
    for a, b in zip(back.split("\n"), unicodedata.normalize("NFC", text).split("\n")):
        if squeezed(a) != squeezed(b):
            return f"{a!r} for {b!r}"
    return "lines are missing"


def expected_of(scenario):
    try:
        return scenario.reference()
    except reference.CompileError as error:
        return "refused", 1, [error.line]
    except reference.BadRows as error:
        return "refused", 1, str(error)


INDICATORS = re.compile(r"\b(" + "|".join(indicators.WORDS) + r")(_N)?\b")


def reads_indicators(trace, named):
    """Itself, or by a name of the user's own."""
    factors = reference.read_factors(named).items()
    return INDICATORS.search(trace) or any(name in trace and INDICATORS.search(factor.text) for name, factor in factors)


def same_value(a, b, tolerance):
    if a is None or b is None:
        return a is b
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return a == b or abs(a - b) <= tolerance


def difference(answer, expected, trace, named=""):
    """In words, None where they agree."""
    if isinstance(answer, tuple) or isinstance(expected, tuple):
        if isinstance(answer, tuple) and isinstance(expected, tuple) and answer[1] == expected[1]:
            return None  # a text may have more errors than the first
        return f"product {str(answer)[:300]}, reference {str(expected)[:300]}"
    for kind in ("buys", "sells"):
        for mine, theirs in zip(answer[kind] + [None], expected[kind] + [None]):
            if mine != theirs:
                return f"{kind}: product {mine}, reference {theirs}"
    if answer["stopped"] != expected["stopped"]:
        return f"stopped: product {answer['stopped']}, reference {expected['stopped']}"
    if trace:
        if len(answer["trace"]) != len(expected["trace"]):
            return f"trace of {len(answer['trace'])} rows, not {len(expected['trace'])}"
        # TA-Lib's values within 1e-9; a power within its last digits; everything else to the last bit.
        scale = max([1.0] + [abs(v) for v in expected["trace"] if v is not None and math.isfinite(v)])
        tolerance = 1e-9 * scale if reads_indicators(trace, named) else 1e-14 * scale if "**" in trace else 0
        for row, (mine, theirs) in enumerate(zip(answer["trace"], expected["trace"])):
            if theirs is not None and not math.isfinite(theirs):
                continue  # JSON has no infinity
            if not same_value(mine, theirs, tolerance):
                return f"trace of {trace} on row {row}: product {mine!r}, reference {theirs!r}"
    return None


def reduced(scenario, folder):
    """The same difference, or another, with lines and rows taken away for as long as one is left."""

    def differs():
        try:
            return difference(run(scenario, folder), expected_of(scenario), scenario.trace, scenario.named) is not None
        except AssertionError:
            return True

    def shrink(name, keep):
        lines = getattr(scenario, name).split("\n")
        step = max(1, len(lines) // 2)
        while step:
            at = keep
            while at < len(lines):
                tried = lines[:at] + lines[at + step :]
                before = getattr(scenario, name)
                setattr(scenario, name, "\n".join(tried))
                try:
                    fewer = differs() and not isinstance(expected_of(scenario), tuple)
                except (reference.BadRows, SyntaxError, IndexError):
                    fewer = False
                if fewer:
                    lines = tried
                else:
                    setattr(scenario, name, before)
                    at += step
            step //= 2

    trace, scenario.trace = scenario.trace, None
    if not differs():
        scenario.trace = trace
    for _ in range(2):
        for name, keep in (("buy", 0), ("sell", 0), ("variables", 0), ("named", 0), ("rows", 1)):
            shrink(name, keep)
    return scenario


def every_word(rows):
    """Each word of the row, also those that rows of this kind do not have, with the forms it has."""
    fields = list(rows.words)
    out = fields + [f"{name}N({k})" for k, name in enumerate(fields)] + [f"{name}N(1)" for name in fields]
    for name in reference.WINDOWS:
        out += [f"{name}(1)", f"{name}(7)", f"{name}(30)", f"{name}(5, 3)", f"{name}(데이터길이)", f"{name}(2, 데이터길이 - 2)"]
    for name, (function, _, parameters) in indicators.WORDS.items():
        out += [name, f"{name}_N(2)"]
        if parameters and not name.startswith(("SAR", "BB")):
            out.append(f"{name}({', '.join(str(d + 2) for d in function.__defaults__)})")
    return out


class Tally:
    def __init__(self):
        self.failures, self.folder = 0, tempfile.mkdtemp(prefix="stom-conditions-")

    def differ(self, what, how):
        self.failures += 1
        print(f"DIFFERS: {what}: {how}")

    def by_hand(self, case, paste):
        pasted = ("buy", "sell", "vars", "named") if paste else ()
        parts = {name: as_pasted(text) if name in pasted else text for name, text in case.parts.items()}
        scenario = case.scenario(**parts)
        answer, expected = run(scenario, self.folder), case.expected
        if isinstance(expected, tuple):
            what, line = expected[1:]
            if not isinstance(answer, tuple):
                return self.differ(case, f"not refused: {answer}")
            _, code, where = answer
            if what == "futures":
                agrees = code == 2
            elif what == "rows":
                agrees = code != 0 and re.search(rf"\b{line}\b", str(where))
            else:
                agrees = code == 1 and line in where
            return agrees or self.differ(case, f"{answer}, not {expected}")
        if isinstance(answer, tuple):
            return (case.may_refuse and answer[1] == 1) or self.differ(case, answer)
        return hand.summary(answer) == expected or self.differ(case, f"{hand.summary(answer)}, not {expected}")

    def words(self, market, minute):
        """Every word, many to a run; where they differ, each of them."""
        csv, rows = texts.make_rows(random.Random(f"words {market} {minute}"), market, minute, 2, 50)
        every = every_word(rows)
        of_indicators = [bool(INDICATORS.search(word)) for word in every]

        def found(trace):
            scenario = texts.Scenario(0, market, csv, "매수 = False\n", "매도 = False\n", "", "", trace)
            try:
                return difference(run(scenario, self.folder), expected_of(scenario), trace)
            except AssertionError as error:
                return str(error)

        for kind in (False, True):
            words = [word for word, is_indicator in zip(every, of_indicators) if is_indicator == kind]
            for at in range(0, len(words), 48):
                some = words[at : at + 48]
                if found(" + ".join(word if kind else f"{word} % 1009" for word in some)):
                    for word in some:
                        if how := found(word):
                            self.differ(f"{market} {'minutes' if minute else 'seconds'}", how)
        return len(every)

    def english(self, name, scenario):
        if isinstance(expected_of(scenario), tuple):
            return
        try:
            korean, english = run(scenario, self.folder), run(in_english(scenario, self.folder), self.folder)
            found = difference(english, korean, None)
        except AssertionError as error:
            found = str(error)
        if found:
            self.differ(f"{name} in English", found)

    def compare(self, name, scenario):
        try:
            found = difference(run(scenario, self.folder), expected_of(scenario), scenario.trace, scenario.named)
        except AssertionError as error:
            found = str(error)
        if found:
            self.differ(f"{name} {scenario.seed}", found)
            if self.failures <= 3:
                small = reduced(scenario, self.folder)
                again = difference(run(small, self.folder), expected_of(small), small.trace, small.named)
                print(f"  reduced: {again}\n--- buy\n{small.buy}\n--- sell\n{small.sell}\n--- vars\n{small.variables}\n--- named\n{small.named}\n--- rows ({small.market})\n{small.rows[:1500]}")
        return expected_of(scenario)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--programs", type=int, default=60)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--no-hand", action="store_true")
    parser.add_argument("--english-every", type=int, default=10)
    options = parser.parse_args()
    tally = Tally()
    cases = [] if options.no_hand else hand.cases()
    for number, case in enumerate(cases):
        tally.by_hand(case, paste=number % 2 == 1)
        if number % options.english_every == 0 and not case.may_refuse:  # what is refused is not translated
            tally.english(case, case.scenario())
    print(f"{len(cases)} texts worked out by hand")
    if not options.no_hand:
        counted = sum(tally.words(market, minute) for market in ("stock", "coin") for minute in (False, True))
        print(f"{counted} words, each on every row of two days")
    trades = rows = 0
    for seed in range(options.first, options.first + options.texts // 2):
        scenario = texts.scenario(seed)
        answer = tally.compare("scenario", scenario)
        if seed % options.english_every == 0:
            tally.english(f"scenario {seed}", scenario)
        rows += len(answer["trace"])
        trades += sum(1 for sale in answer["sells"] if sale["reason"] == "text")
    print(f"{options.texts // 2 * 2} texts of users' shapes: {rows} rows, {trades} round trips by text")
    trades = stops = 0
    for seed in range(options.first, options.first + options.programs):
        answer = tally.compare("program", texts.program(seed))
        if not isinstance(answer, tuple):
            trades, stops = trades + len(answer["buys"]), stops + sum(answer["stopped"].values())
    print(f"{options.programs} small programs: {trades} purchases, {stops} rows on which a text stopped")
    print(f"{tally.failures} differ")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
