#!/usr/bin/env python3
"""`stom venue check | instruments | limits` against `stom exchange`, and `decode`, as a trader and a script see them.

usage: STOM_PROGRAM=build/dev/bin/stom venue_command_test.py
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from trade_test import PATIENCE, PROGRAM, AtTheExchange
from venue_client import CoinFutures, Exchange, Futures

VENUES = {"binance": "BTCUSDT", "binance-usdm": "BTCUSDT", "binance-coinm": "BTCUSD_PERP", "upbit": "KRW-BTC", "kiwoom": "005930"}


def venue(*arguments):
    """(exit code, stdout, stderr) of `stom venue …`."""
    done = subprocess.run([PROGRAM, "venue", *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


class VenueCommands(AtTheExchange):
    def json(self, *arguments):
        code, out, error = venue(*arguments, "--json")
        self.assertEqual(code, 0, out + error)
        return json.loads(out)

    def test_each_venue_is_reached_read_and_signed_in_to(self):
        for name, symbol in VENUES.items():
            with self.subTest(name):
                found = self.json("check", name, "--venues", self.file)
                self.assertEqual(found["instrument"], f"{name}:{symbol}")
                steps = {step["step"]: step["text"] for step in found["steps"]}
                self.assertLessEqual({"list", "connected", "book", "signed-in"}, set(steps), steps)
                self.assertIn("bids from", steps["book"])
                for budget in found["budgets"]:
                    self.assertLessEqual(budget["used"], budget["limit"])

    def test_a_check_sends_no_order(self):
        self.json("check", "binance", "--venues", self.file)
        self.assertEqual(self.spot.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT"), [])

    def test_without_a_key_only_what_is_public_is_looked_at(self):
        line = json.loads(json.dumps(self.exchange.line))
        for of in line["venues"].values():
            del of["key"], of["secret"]
        steps = self.json("check", "binance", "--venues", self.written("public.json", line))["steps"]
        self.assertNotIn("signed-in", [step["step"] for step in steps])

    def test_a_wrong_secret_is_told_in_the_venues_words(self):
        line = json.loads(json.dumps(self.exchange.line))
        for of in line["venues"].values():
            of["secret"] = "wrong"
        file = self.written("wrong.json", line)
        code, _, error = venue("check", "binance", "--venues", file)
        self.assertEqual(code, 6, error)
        self.assertIn("Signature for this request is not valid", error)
        for name in ("binance-usdm", "binance-coinm", "upbit", "kiwoom"):
            with self.subTest(name):
                code, _, error = venue("check", name, "--venues", file)
                self.assertEqual(code, 6, error)

    def test_an_account_in_hedge_mode_is_no_wrong_key(self):
        context = Exchange("--seed", "7")
        exchange = context.__enter__()
        self.addCleanup(context.__exit__)
        for name, client, path in (("binance-usdm", Futures, "/fapi/"), ("binance-coinm", CoinFutures, "/dapi/")):
            with self.subTest(name):
                client(exchange).signed("POST", path + "v1/positionSide/dual", dualSidePosition="true")
                code, _, error = venue("check", name, "--venues", self.written("hedge.json", exchange.line))
                self.assertEqual(code, 2, error)
                self.assertIn("hedge mode", error)
                self.assertIn("switch it to one-way mode", error)
                self.assertNotIn("key of the venues file", error)

    def test_what_is_missing_when_the_time_is_over(self):
        code, _, error = venue("check", "binance", "--venues", self.file, "--within", "1ms")
        self.assertEqual(code, 7, error)
        self.assertIn("no connection within 1ms", error)

    def test_the_list_has_tick_and_lot(self):
        all_of = self.json("instruments", "binance-usdm", "--venues", self.file)["instruments"]
        one = self.json("instruments", "binance-usdm", "--venues", self.file, "--find", "btcusdt")["instruments"]
        self.assertEqual([i["instrument"] for i in one], ["binance-usdm:BTCUSDT"])
        self.assertIn(one[0], all_of)
        self.assertEqual((one[0]["tick"], one[0]["lot"]), ("0.1", "0.001"))
        names = self.json("instruments", "upbit", "--venues", self.file)["instruments"]
        self.assertIn("upbit:KRW-BTC", [i["instrument"] for i in names])

    def test_limits_need_no_network(self):
        limits = self.json("limits", "kiwoom")
        self.assertEqual([b["limit"] for b in limits["budgets"] if b["name"] == "registrations"], [100])
        self.assertTrue(all(e["url"].startswith(("https://", "wss://")) for e in limits["endpoints"]))

    def test_what_cannot_be_asked_says_why(self):
        for code, text, *arguments in [
            (2, "does not connect to us", "check", "us"),
            (2, "does not connect to nobody", "limits", "nobody"),
            (2, "no public list", "instruments", "kiwoom"),
            (3, "has no nobody", "check", "nobody", "--venues", self.file),
            (3, "has no", "check", "binance:NOTACOIN", "--venues", self.file),
            (3, "lists no NOTACOIN", "check", "binance-usdm:NOTACOIN", "--venues", self.file),
        ]:
            with self.subTest(arguments):
                got, out, error = venue(*arguments)
                self.assertEqual(got, code, out + error)
                self.assertIn(text, error)


class VenueDecode(unittest.TestCase):
    FRAME = '{"e":"serverShutdown","E":7}'
    READ = {"events": [{"kind": "venue_shutdown", "venue_time_ns": 7000000}]}

    def decoded(self, name, data):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, name)
            with open(file, "wb") as out:
                out.write(data)
            code, out, error = venue("decode", "binance", file)
        self.assertEqual(code, 0, error)
        return [json.loads(line) for line in out.splitlines()]

    def test_each_line_is_answered_by_one_however_the_file_was_written(self):
        lines = (f"\ufeff# a note\r\n{self.FRAME}\r\n\r\n  {self.FRAME}\n1723161255298 {self.FRAME}\n"
                 "1618678262.67\t>\tPING\nPONG").encode()
        for name, data in [("a.jsonl", lines), ("a.log", lines), ("a.txt", lines), ("a.jsonl.gz", gzip.compress(lines))]:
            with self.subTest(name):
                *read, last = self.decoded(name, data)
                self.assertEqual(read, [{"skipped": "comment"}, self.READ, {"skipped": "comment"}, self.READ, self.READ,
                                        {"skipped": "sent"}])
                self.assertEqual(list(last), ["error"])

    def test_a_json_file_is_one_frame_packed_or_not(self):
        text = ("\ufeff" + json.dumps(json.loads(self.FRAME), indent=2)).encode()
        for name, data in [("a.json", text), ("a.json.gz", gzip.compress(text))]:
            with self.subTest(name):
                self.assertEqual(self.decoded(name, data), [self.READ])


if __name__ == "__main__":
    unittest.main(verbosity=1)
