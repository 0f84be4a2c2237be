#!/usr/bin/env python3
"""Orders that the venue has none of (docs/orders.md), over real sockets: the two closing orders of a bracket at Upbit, which has
no stops, are kept by the session, survive kill -9, and close the position exactly once.

usage: STOM_PROGRAM=build/dev/bin/stom held_orders_test.py
"""

import json
import pathlib
import sys
import unittest
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from trade_test import AtTheExchange, Journal, answered, stom
from venue_client import Upbit

ACCEPTED, TRIGGERED, CANCELED = 0, 3, 5
KRW_BTC = "upbit:KRW-BTC"


class HeldOrders(AtTheExchange):
    EXCHANGE = ("--seed", "17")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.upbit = Upbit(cls.exchange)

    def middle(self):
        unit = self.upbit.public("/v1/orderbook", markets="KRW-BTC")[0]["orderbook_units"][0]
        return int((Decimal(str(unit["bid_price"])) + Decimal(str(unit["ask_price"]))) / 2) // 1000 * 1000

    def coins(self):
        rows = self.upbit.signed("GET", "/v1/accounts")
        return sum(Decimal(row["balance"]) + Decimal(row["locked"]) for row in rows if row["currency"] == "BTC")

    def orders(self):
        code, out, error = answered("account", "show", "--session", str(self.folder()), "--json")
        self.assertEqual(code, 0, out + error)
        return json.loads(out)["orders"]

    def begin(self, orders):
        return self.start("--testnet", "--param", f"orders={orders}", strategy="order_list", instruments=[KRW_BTC])

    def go_on(self, *more):
        return self.start("--testnet", "--changed", *more, strategy="idle", instruments=[KRW_BTC])

    def journal(self):
        return Journal(self.folder() / "journal.stom")

    def verifies(self):
        code, out, error = stom("verify", "--session", str(self.folder()), "--json")
        self.assertEqual(code, 0, out + error)
        self.assertEqual(json.loads(out)["a"]["differences"], [], out)

    def armed(self, trade):
        """Bought, and both closing orders wait."""
        trade.until(lambda s: s["fills"] >= 1 and s["orders"]["working"] == 2)
        orders = self.orders()
        self.assertEqual([(o["side"], o["status"], o["quantity"]) for o in orders], [("sell", "held", "0.01")] * 2)
        self.assertEqual(self.upbit.signed("GET", "/v1/orders/open"), [], "the venue knows of none of them")

    def test_a_bracket_at_a_venue_without_stops_survives_a_kill_and_closes_the_position_once(self):
        before, at = self.coins(), self.middle()
        away = 10_000  # ten ticks
        with self.begin(f"1s buy market x0.01 sl={at - away} tp={at + away}") as trade:
            trade.until(lambda s: s["fills"] >= 1 and len(self.journal().held) >= 2)
            trade.kill()
        self.assertEqual(self.upbit.signed("GET", "/v1/orders/open"), [], "the venue knows of none of them")
        with self.go_on() as trade:
            done = trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0} and not Decimal(s["position"][KRW_BTC]))
            self.assertEqual(done["position"], {KRW_BTC: "0"})
        journal = self.journal()
        self.assertEqual(sum(kind == TRIGGERED for kind, _ in journal.held), 1)
        self.assertEqual(sum(quantity for _, quantity in journal.fills), 0)
        self.assertEqual(self.coins(), before)
        self.verifies()

    def test_the_kill_switch_and_the_end_cancel_what_is_kept(self):
        at = self.middle()
        wide = f"buy market x0.01 sl={at // 2000 * 1000} tp={at * 2 // 1000 * 1000}"
        with self.begin(f"1s {wide}; 2s sell stop {at // 2000 * 1000} x0.01") as trade:
            trade.until(lambda s: s["fills"] >= 1 and s["orders"]["working"] == 3)
            code, out, error = stom("trade", "kill", "--session", str(self.folder()), "--step", "cancel", "--json")
            self.assertEqual(code, 0, out + error)
            trade.until(lambda s: s["orders"]["working"] == 0)
        self.assertEqual(sum(kind == CANCELED for kind, _ in self.journal().held), 3)
        self.verifies()

    def test_what_is_kept_is_shown_so_and_ends_with_the_session(self):
        at = self.middle()
        with self.begin(f"1s buy market x0.01 sl={at // 2000 * 1000} tp={at * 2 // 1000 * 1000}") as trade:
            self.armed(trade)
        self.assertEqual(sum(kind == CANCELED for kind, _ in self.journal().held), 2)
        self.verifies()


if __name__ == "__main__":
    unittest.main()
