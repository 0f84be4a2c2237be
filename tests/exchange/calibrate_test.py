#!/usr/bin/env python3
"""`stom calibrate` on sessions: on paper it finds the latency and the exponent that the session was given, at the
exchange how long its answers took, whatever its clock says, and where there is too little it says how little.

usage: STOM_PROGRAM=build/dev/bin/stom calibrate_test.py
"""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from trade_test import AtTheExchange, stom

MS = 1_000_000


class Calibrate(AtTheExchange):
    def calibrate(self, *more):
        code, out, error = stom("calibrate", "--session", str(self.folder()), "--json", *more)
        self.assertEqual(code, 0, out + error)
        return json.loads(out)

    def recorded(self, *more):
        """What is told, and the (entry, response) of the file of `--out`."""
        file = self.home / (self.id().split(".")[-1] + ".csv")
        told = self.calibrate("--out", str(file), *more)
        header, *lines = file.read_text().splitlines()
        self.assertEqual(header, "time_ns,entry_ns,response_ns")
        return told, [tuple(map(int, line.split(",")))[1:] for line in lines]

    def on_paper(self, until):
        models = ("--order-latency", "3ms,2ms", "--latency-jitter", "exponential:1ms", "--queue", "power:2", "--fill-rules", "stom")
        with self.quoting("--paper", *models) as trade:
            trade.until(until)

    def test_a_session_on_paper_shows_what_it_was_given(self):
        self.on_paper(lambda s: s["fills"] >= 60)
        told, latencies = self.recorded()
        latency = told["latency"]
        self.assertEqual((latency["answer"], latency["split"], latency["shape"]), ("estimated", "known", "exponential"), told)
        # Whether the truth lies in these intervals, which it does in 19 of 20, is for tools/prove calibrate; what is
        # longer than the least sample is no constant, and what was planted is not far.
        self.assertGreaterEqual(latency["entry_ns"]["high"], 3 * MS)
        self.assertGreaterEqual(latency["response_ns"]["high"], 2 * MS)
        self.assertAlmostEqual(latency["entry_ns"]["value"] / MS, 3, delta=0.3)
        self.assertAlmostEqual(latency["response_ns"]["value"] / MS, 2, delta=0.3)
        self.assertAlmostEqual(latency["jitter_ns"]["value"] / MS, 1, delta=0.6)
        self.assertIsNone(latency["round_trip_ns"])
        self.assertGreater(len(latencies), 50)
        for entry, response in latencies:
            self.assertGreaterEqual(entry, 3 * MS)
            self.assertGreaterEqual(response, 2 * MS)
        queue = told["queue"]
        if queue["answer"] == "estimated":  # this market may leave too few orders for which exponents make a difference
            self.assertLessEqual(queue["exponent"]["low"] or 0, 2)
            self.assertGreaterEqual(queue["exponent"]["high"] or 100, 2)
            self.assertEqual(queue["consistent"], queue["telling"], "the session's own model contradicts no order")
            self.assertEqual(queue["unexplained"], 0)
            self.assertIn(queue["options"], told["options"])
        else:
            self.assertLess(queue["have"], queue["needed"])
        self.assertIn(latency["options"], told["options"])

    def test_twenty_fills_are_too_few(self):
        self.on_paper(lambda s: s["fills"] >= 20)
        told = self.calibrate()
        self.assertEqual((told["queue"]["answer"], told["queue"]["needed"]), ("too few", 50), told)
        self.assertLess(told["queue"]["have"], 50)
        self.assertNotIn("--queue", told["options"])
        for part in (told["maker"]["through"], told["taker"]):
            self.assertEqual(part["answer"], "too few", told)

    def test_a_session_at_the_exchange_knows_the_whole_way_alone(self):
        self.exchange.control("PUT", "/faults/clock_skew_ms", {"value": -3_000})
        with self.quoting("--testnet") as trade:
            trade.until(lambda s: s["fills"] >= 5)
        self.exchange.control("DELETE", "/faults/clock_skew_ms")
        told, latencies = self.recorded()
        latency = told["latency"]
        if latency["answer"] == "too few":
            self.assertLess(latency["have"], latency["needed"])
        else:
            self.assertIn("half each", latency["split"])
            for half in ("entry_ns", "response_ns"):
                self.assertEqual((latency[half]["low"], latency[half]["high"]), (None, None), "a guess has no interval")
                self.assertAlmostEqual(2 * latency[half]["value"], latency["round_trip_ns"]["value"], delta=1)
            self.assertLess(latency["round_trip_ns"]["low"], latency["round_trip_ns"]["high"])
        self.assertTrue(latencies)
        for entry, response in latencies:
            self.assertTrue(0 < entry + response < 2_900 * MS, "however far its clock is behind ours")
            self.assertLessEqual(abs(entry - response), 1)

    def test_each_exchange_has_latencies_of_its_own(self):
        with self.quoting("--testnet", instruments=("binance:BTCUSDT", "upbit:KRW-BTC")) as trade:
            trade.until(lambda s: s["orders"]["working"] >= 3)  # at both
        code, out, _ = stom("calibrate", "--session", str(self.folder()), "--json")
        self.assertEqual((code, json.loads(out)["error"]["hint"]), (2, "--venue with one of binance, upbit"))
        code, out, _ = stom("calibrate", "--session", str(self.folder()), "--venue", "kiwoom", "--json")
        self.assertEqual((code, json.loads(out)["error"]["code"]), (3, "not_found"))
        self.assertEqual(self.calibrate("--venue", "upbit")["queue"]["answer"], "too few")

    def test_what_is_not_there_is_said(self):
        code, out, _ = stom("calibrate", "--session", str(self.home / "nowhere"), "--json")
        self.assertEqual((code, json.loads(out)["error"]["code"]), (3, "not_found"))


if __name__ == "__main__":
    unittest.main()
