#!/usr/bin/env python3
"""Funding at Binance's futures, over real sockets: the exchange's clock begins shortly before it is due. What the
exchange says of it, and that a session books each payment once, also one that came while the session was not there.

usage: STOM_PROGRAM=build/dev/bin/stom funding_test.py
"""

import csv
import os
import sys
import time
import unittest
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
from trade_test import AtTheExchange, first, stom
from venue_client import CoinFutures

INSTRUMENTS = ("binance-usdm:BTCUSDT", "binance-coinm:BTCUSD_PERP")
DUE = 1_795_766_400_000  # 2026-11-27T08:00:00Z


class Funding(AtTheExchange):
    EXCHANGE = ("--seed", "7", "--at", "2026-11-27T07:58:30Z")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.usdm, cls.coinm = cls.futures, CoinFutures(cls.exchange)

    def now(self):
        return int(time.time() * 1000 + self.exchange.line["clock_ahead_ns"] / 10**6)

    def signed(self, client, method, path, **parameters):
        return client.signed(method, path, timestamp=self.now(), **parameters)

    def start(self, name, *more):
        return super().start("--testnet", *more, instruments=INSTRUMENTS, strategy="idle", folder=self.home / name)

    def booked(self, name):
        """What a session's journal says was paid, by instrument."""
        to = self.home / (name + ".csv")
        to.unlink(missing_ok=True)
        code, out, error = stom("account", "export", "--session", str(self.home / name), "--to", str(to), "--json")
        self.assertEqual(code, 0, out + error)
        with open(to) as lines:
            rows = [row for row in csv.DictReader(lines) if row["kind"] == "funding"]
        self.assertEqual(len(rows), len({row["instrument"] for row in rows}), rows)
        return {row["instrument"]: (row["time"], Decimal(row["fee"])) for row in rows}

    def test_a_payment_is_told_and_booked_once_also_where_the_session_was_away(self):
        key = self.usdm.keyed("POST", "/fapi/v1/listenKey")["listenKey"]
        stream = self.exchange.socket(self.usdm.venue["ws"] + "/private/ws/" + key)
        self.assertEqual(self.signed(self.usdm, "GET", "/fapi/v1/income"), [])
        with self.start("there") as there, self.start("away") as away:
            self.signed(self.usdm, "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.500")
            self.signed(self.coinm, "POST", "/dapi/v1/order", symbol="BTCUSD_PERP", side="SELL", type="MARKET", quantity="20")
            self.assertLess(self.now(), DUE, "this machine is too slow for the time that it was given")
            away.kill()
            told = stream.receive(lambda m: m["e"] == "ACCOUNT_UPDATE" and m["a"]["m"] == "FUNDING_FEE")
            paid = first(lambda: self.signed(self.usdm, "GET", "/fapi/v1/income", incomeType="FUNDING_FEE", startTime=DUE - 1000),
                         bool, pause=1)
            (usdm,) = paid
            (coinm,) = first(lambda: self.signed(self.coinm, "GET", "/dapi/v1/income", symbol="BTCUSD_PERP"), bool, pause=1)
            self.assertEqual([b["bc"] for b in told["a"]["B"]], [usdm["income"]])
            self.assertEqual(told["a"]["P"], [], "of a crossed position the wallet alone")
            self.assertEqual({name: type(value).__name__ for name, value in usdm.items()},
                             {"symbol": "str", "incomeType": "str", "income": "str", "asset": "str", "time": "int",
                              "info": "str", "tranId": "int", "tradeId": "str"})
            self.assertEqual((usdm["asset"], coinm["asset"]), ("USDT", "BTC"))
            self.assertNotEqual(Decimal(usdm["income"]), 0)
            self.assertEqual(self.signed(self.usdm, "GET", "/fapi/v1/income", incomeType="TRANSFER"), [])
            wanted = {INSTRUMENTS[0]: -Decimal(usdm["income"]), INSTRUMENTS[1]: -Decimal(coinm["income"])}
            amounts = lambda name: {i: fee for i, (_, fee) in self.booked(name).items()}
            first(lambda: amounts("there"), lambda seen: seen == wanted, there.log, pause=0.2)
            self.assertIn("funding of binance-usdm:BTCUSDT", there.log())
        with self.start("away", "--accept-differences") as away:
            first(lambda: amounts("away"), lambda seen: seen == wanted, away.log, pause=0.2)
            away.kill()
        told = (self.home / "away" / "log").read_text().count("funding is told up to")
        with self.start("away", "--accept-differences") as away:
            first(lambda: away.log().count("funding is told up to"), lambda n: n >= told + 2, away.log)
        self.assertEqual(amounts("away"), wanted, "once, also behind another restart")


if __name__ == "__main__":
    unittest.main(verbosity=1)
