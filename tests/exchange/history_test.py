#!/usr/bin/env python3
"""`stom data get` of a venue that answers in pages, against `stom exchange`: a day of candles into the store.

usage: STOM_PROGRAM=build/dev/bin/stom history_test.py
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import Exchange, Upbit

PROGRAM = os.environ["STOM_PROGRAM"]


class History(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = Exchange("--seed", "7")
        cls.exchange = cls.context.__enter__()
        cls.ca = cls.exchange.line["ca"]
        cls.source = cls.exchange.line["venues"]["upbit"]["rest"]

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()

    def setUp(self):
        self.home = tempfile.mkdtemp()

    def stom(self, *arguments, code=0):
        done = subprocess.run([PROGRAM, *arguments, "--json"], capture_output=True, text=True, timeout=60, check=False,
                              env=os.environ | {"STOM_HOME": self.home})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def get(self, market, *arguments, code=0):
        return self.stom("data", "get", f"upbit:{market}", "--kind", "candles", "--source", self.source, "--ca", self.ca,
                         *arguments, code=code)

    def yesterday(self):
        """The day before the newest candle's: it has ended, whatever the hour."""
        (newest,) = Upbit(self.exchange).public("/v1/candles/days", market="KRW-BTC", count=1)
        day = datetime.date.fromisoformat(newest["candle_date_time_utc"][:10]) - datetime.timedelta(days=1)
        return day.isoformat()

    def test_a_day_of_candles_comes_into_the_store_once(self):
        day = self.yesterday()
        got = self.get("KRW-BTC", "--from", day, "--to", day)
        self.assertEqual((got["files"], got["missing"]), (1, []))
        bars = got["events"]["bar"]
        theirs = Upbit(self.exchange).public("/v1/candles/minutes/1", market="KRW-BTC", count=200,
                                             to=f"{day}T23:59:59Z")
        of_day = [c for c in theirs if c["candle_date_time_utc"].startswith(day)]
        self.assertGreaterEqual(bars, len(of_day))
        self.assertGreater(bars, 0)
        listed = self.stom("data", "list")
        self.assertIn("upbit:KRW-BTC", json.dumps(listed))
        again = self.get("KRW-BTC", "--from", day, "--to", day)
        self.assertTrue(again["already"])
        self.assertEqual(again["files"], 0)
        self.assertFalse((pathlib.Path(self.home) / "downloads").exists())

    def test_a_day_that_is_not_over_is_not_taken(self):
        today = datetime.date.fromisoformat(self.yesterday()) + datetime.timedelta(days=1)
        error = self.get("KRW-BTC", "--from", today.isoformat(), "--to", today.isoformat(), code=3)["error"]
        self.assertIn("has no candles", error["message"])

    def test_a_market_that_is_not_there_is_told(self):
        day = self.yesterday()
        error = self.get("KRW-NOTACOIN", "--from", day, "--to", day, code=3)["error"]
        self.assertIn("KRW-NOTACOIN", error["message"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
