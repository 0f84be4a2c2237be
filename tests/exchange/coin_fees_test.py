#!/usr/bin/env python3
"""A spot account without BNB at Binance (docs/venues/binance.md), over real sockets: the fee of a buy is taken of what was bought. The
position is what came, in whole lots, and all of it can be closed: by a bracket, by the kill switch, and behind a restart, at
which nothing differs.

usage: STOM_PROGRAM=build/dev/bin/stom coin_fees_test.py
"""

import pathlib
import sys
import unittest
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from trade_test import AtTheExchange, stom

BTC = "binance:BTCUSDT"
BOUGHT, CAME, LOT = Decimal("0.01234"), Decimal("0.01232"), Decimal("0.00001")  # 0.00001234 are the fee: two lots


class CoinFees(AtTheExchange):
    EXCHANGE = ("--seed", "23", "--coin-fees")

    def begin(self, orders):
        return self.start("--testnet", "--param", f"orders={orders}", strategy="order_list")

    def go_on(self):
        return self.start("--testnet", "--changed", strategy="idle")

    def middle(self):
        best = self.spot.public("/api/v3/ticker/bookTicker", symbol="BTCUSDT")
        return (Decimal(best["bidPrice"]) + Decimal(best["askPrice"])) / 2

    def closed(self, trade, before):
        trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0} and not Decimal(s["position"][BTC]))
        left = self.account() - before
        self.assertTrue(0 <= left < LOT, f"{left} is left over of what was bought")

    def test_what_came_is_the_position_over_a_restart_too_and_the_kill_switch_closes_all_of_it(self):
        before = self.account()
        with self.begin(f"1s buy market x{BOUGHT}") as trade:
            bought = trade.until(lambda s: s["fills"] >= 1 and s["orders"] == {"working": 0, "unknown": 0})
            self.assertEqual(Decimal(bought["position"][BTC]), CAME)
            came = self.account() - before
            self.assertTrue(CAME <= came < CAME + LOT, came)
            self.assertIn("the fee of a buy was taken of the BTC that was bought", trade.log())
            trade.kill()
        with self.go_on() as trade:
            again = trade.until(lambda s: not s["waits"])
            self.assertEqual(Decimal(again["position"][BTC]), CAME)
            self.assertNotIn("differs", trade.log())
            code, out, error = stom("account", "reconcile", "--session", str(self.folder()), "--json")
            self.assertEqual(code, 0, out + error)
            stom("trade", "kill", "--session", str(self.folder()), "--step", "flatten", "--confirm=" + self.folder().name)
            self.closed(trade, before)
        code, out, error = stom("verify", "--session", str(self.folder()), "--json")
        self.assertIn(code, (0, 3), out + error)  # a kill costs up to a second of the input

    def test_a_bracket_closes_all_that_came(self):
        before, at = self.account(), self.middle()
        with self.begin(f"1s buy market x{BOUGHT} sl={at - 1:.1f} tp={at + 1:.1f}") as trade:
            trade.until(lambda s: s["fills"] >= 1)
            self.closed(trade, before)
            self.assertNotIn("did not close", trade.log())


if __name__ == "__main__":
    unittest.main()
