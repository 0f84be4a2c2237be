#!/usr/bin/env python3
"""pyupbit (from PyPI), unmodified, against `stom exchange`: its address is fixed in its code, so everything happens in a
network namespace of its own, in which api.upbit.com is this computer by a hosts file and the exchange has port 443 and a
certificate for that name. tools/prove clients runs it. Exit code 77: this system allows no such namespace.

usage: STOM_PROGRAM=build/release/bin/stom STOM_HOME=FOLDER FOLDER/venv/bin/python pyupbit_client.py
"""

import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

INSIDE = "STOM_TEST_IN_NAMESPACE"


def enter_namespace():
    """The same program again, where it is root of an empty network and of its own mounts."""
    unshare = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    probe = subprocess.run([*unshare, "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        print("no namespaces here: " + probe.stderr.strip(), file=sys.stderr)
        sys.exit(77)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*unshare, sys.executable, os.path.abspath(__file__), *sys.argv[1:]])


class Pyupbit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        cls.hosts = tempfile.NamedTemporaryFile("w", suffix=".hosts")
        cls.hosts.write("127.0.0.1 localhost api.upbit.com\n")
        cls.hosts.flush()
        subprocess.run(["mount", "--bind", cls.hosts.name, "/etc/hosts"], check=True)
        from venue_client import Exchange

        cls.context = Exchange("--seed", "7", "--port", "443", "--host", "api.upbit.com=upbit")
        cls.exchange = cls.context.__enter__()
        # The authority that requests and ssl trust; nothing of pyupbit is changed.
        os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = cls.exchange.line["ca"]
        import pyupbit

        cls.pyupbit = pyupbit
        keys = cls.exchange.line["venues"]["upbit"]
        cls.client = pyupbit.Upbit(keys["key"], keys["secret"])

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()
        cls.hosts.close()

    def test_markets_prices_and_candles(self):
        self.assertEqual(set(self.pyupbit.get_tickers(fiat="KRW")), {"KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-DOGE", "KRW-USDT"})
        price = self.pyupbit.get_current_price("KRW-BTC")
        self.assertEqual(price % 1000, 0)
        self.assertEqual(set(self.pyupbit.get_current_price(["KRW-BTC", "KRW-XRP"])), {"KRW-BTC", "KRW-XRP"})
        book = self.pyupbit.get_orderbook("KRW-BTC")
        self.assertEqual(len(book["orderbook_units"]), 30)
        self.assertGreater(book["orderbook_units"][0]["ask_price"], book["orderbook_units"][0]["bid_price"])
        candles = self.pyupbit.get_ohlcv("KRW-BTC", interval="minute5", count=10)
        self.assertEqual(len(candles), 10)
        self.assertTrue((candles["high"] >= candles["low"]).all())

    def test_an_order_is_placed_asked_for_and_canceled(self):
        self.assertEqual(self.client.get_balance("KRW"), 1_000_000_000)
        self.assertEqual(self.client.get_balance("KRW-BTC"), 10)
        price = self.pyupbit.get_tick_size(self.pyupbit.get_current_price("KRW-BTC") * 0.9)
        placed = self.client.buy_limit_order("KRW-BTC", price, 0.01)
        self.assertEqual((placed["state"], placed["side"]), ("wait", "bid"))
        self.assertEqual(self.client.get_order(placed["uuid"])["uuid"], placed["uuid"])
        self.assertEqual([o["uuid"] for o in self.client.get_order("KRW-BTC")], [placed["uuid"]])
        self.assertEqual(self.client.get_chance("KRW-BTC")["bid_fee"], "0.0005")
        self.assertEqual(self.client.cancel_order(placed["uuid"])["uuid"], placed["uuid"])
        self.assertEqual(self.client.get_order(placed["uuid"])["state"], "cancel")
        self.assertEqual(self.client.get_order("KRW-BTC"), [])

    def test_market_orders_trade(self):
        bought = self.client.buy_market_order("KRW-XRP", 100_000)
        self.assertIn(self.client.get_order(bought["uuid"])["state"], ("done", "cancel"))
        held = self.client.get_balance("KRW-XRP")
        self.assertGreater(held, 0)
        self.assertGreater(self.client.get_avg_buy_price("KRW-XRP"), 0)
        sold = self.client.sell_market_order("KRW-XRP", held)
        self.assertEqual(self.client.get_order(sold["uuid"])["state"], "done")

    def test_refusals_are_its_own_exceptions(self):
        with self.assertRaises(self.pyupbit.errors.JwtVerification):
            self.pyupbit.Upbit(self.client.access, "0" * 40).get_balances()

    def test_streams(self):
        for type, field in (("ticker", "trade_price"), ("trade", "trade_price"), ("orderbook", "orderbook_units")):
            manager = self.pyupbit.WebSocketManager(type, ["KRW-BTC"])
            told = manager.get()
            manager.terminate()
            manager.join()
            self.assertEqual((told["type"], told["code"]), (type, "KRW-BTC"))
            self.assertTrue(told[field])


if __name__ == "__main__":
    if INSIDE not in os.environ:
        enter_namespace()
    unittest.main(verbosity=1)
