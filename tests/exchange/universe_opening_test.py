#!/usr/bin/env python3
"""The proof in short: the opening of a generated KRX of 120 stocks, from the call until the first ones have opened, held
by universe_proof.py to docs/universe.md; and that what it is held by notices what is wrong.

usage: STOM_PROGRAM=build/dev/bin/stom universe_opening_test.py
"""

import contextlib
import copy
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from universe_proof import Opening, Stock, index_of, look_at
from universe_test import SECOND, Registered, Timeline, ranked, searched

TOP = 4
SOURCES = {"search=거래대금 상위 5": searched, f"top={TOP},every=1s": lambda of: ranked(of, TOP)}
PINNED = slice(2, 6)  # two of them open soon (the seed is the proof's)
OPENED = 2  # of those, and then three seconds more


def some_opened(opening):
    times = sorted(stock.opening[0] for name, stock in opening.witness.stocks.items() if name in opening.pinned and stock.opening)
    return len(times) >= OPENED and opening.now() >= times[OPENED - 1] + 3


class UniverseAtTheOpening(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.opening = Opening(cls.home / "opening", 60, 120, SOURCES, PINNED)
        cls.opening.run(some_opened)
        cls.looks = cls.opening.look()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home)

    def test_rows_are_those_that_were_due_and_opened_at_the_auctions_price(self):
        for source, look in self.looks.items():
            with self.subTest(source):
                self.assertGreater(sum(second["rows"] for second in look["seconds"]), 0)
                self.assertGreaterEqual(look["auctions"], OPENED, "they were registered when they opened")
        opened = self.opening.witness.opened()
        self.assertGreater(sum(stock.foretold for stock in opened), 0.8 * len(opened), "nearly all at the price that was expected")
        self.assertGreater(len({stock.opening[0] for stock in opened}), 1, "each at an end of its own")

    def test_before_the_opening_there_are_books_and_no_rows_by_stom(self):
        rows = self.opening.rows[-1]
        before = lambda rule: sum(len([i for i in kept[rule] if i < "20261127090000"]) for kept in rows.values())
        self.assertGreater(before("any_change"), 0)
        self.assertEqual(before("stom"), 0, "three bids are shown, and a row needs the fifth")

    # ---- what the check would notice

    def changed(self):
        session, rows = self.opening.sessions[-1], self.opening.rows[-1]
        return session, self.opening.moves(list(SOURCES)[-1]), copy.deepcopy(self.opening.witness.stocks), copy.deepcopy(rows)

    def was_there_at_its_opening(self, name):
        second = (self.opening.witness.stocks[name].opening or (0,))[0]
        registered = Registered(Timeline(self.opening.sessions[-1] / "watch.csv"))
        first = registered.span(name, (second - 1) * SECOND)
        return first is not None and first == registered.span(name, (second + 3) * SECOND)

    @contextlib.contextmanager
    def notices(self, text):
        with self.assertRaises(AssertionError) as raised:
            yield
        self.assertIn(text, str(raised.exception))

    def test_a_row_that_is_missing_or_too_many_or_has_another_opening_price_is_noticed(self):
        session, moves, stocks, rows = self.changed()
        look = lambda: look_at(session, moves, self.opening.witness.seen_as(stocks), rows)
        look()
        opened = max(filter(self.was_there_at_its_opening, rows), key=lambda name: len(rows[name]["any_change"]))
        kept = rows[opened]["any_change"]
        middle = index_of(stocks[opened].opening[0])
        row = kept.pop(middle)
        rows[opened]["stom"].pop(middle, None)
        with self.notices("has no row"):
            look()
        kept[middle] = row
        stocks[opened].books.discard(stocks[opened].opening[0])
        with self.notices("told no book"):
            look()
        session, moves, stocks, rows = self.changed()
        second, price = stocks[opened].opening
        stocks[opened].opening = second, price + 1
        with self.notices("opened at"):
            look()

    def test_a_trade_before_the_auction_and_a_second_print_of_it_are_noticed(self):
        print_ = {"20": "090004", "10": "+72000", "15": "120", "13": "120", "16": "+72000", "17": "+72000", "18": "+72000"}
        with self.notices("it opened at 085959"):
            Stock().trade(print_ | {"20": "085959"})
        with self.notices("while orders were gathered"):
            Stock().trade(print_ | {"15": "+120"})
        with self.notices("not the first price"):
            Stock().trade(print_ | {"16": "+71900"})
        stock = Stock()
        stock.trade(print_)
        with self.notices("of nobody"):
            stock.trade(print_ | {"13": "240"})


if __name__ == "__main__":
    unittest.main(verbosity=1)
