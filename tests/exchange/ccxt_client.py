#!/usr/bin/env python3
"""ccxt, unmodified but for the address, against `stom exchange`: markets, book, place, query, cancel, trades, streams.

usage: STOM_PROGRAM=build/dev/bin/stom STOM_HOME=FOLDER python ccxt_client.py     (a Python that has ccxt)
"""

import asyncio
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import Exchange

import ccxt
import ccxt.pro


def configured(kind, line):
    """A ccxt exchange with another address and another authority to trust; nothing else is changed."""
    venue = line["venues"]["binance"]
    # By itself ccxt does not read what the environment says of authorities.
    exchange = kind({"requests_trust_env": True, "apiKey": venue["key"], "secret": venue["secret"],
                     "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False}})
    for name in ("public", "private", "v1"):
        exchange.urls["api"][name] = venue["rest"] + ("/api/v1" if name == "v1" else "/api/v3")
    exchange.urls["api"]["sapi"] = venue["rest"] + "/sapi/v1"
    if "ws" in exchange.urls["api"]:
        exchange.urls["api"]["ws"]["spot"] = venue["ws"] + "/ws"
        exchange.urls["api"]["ws"]["ws-api"]["spot"] = venue["ws"] + "/ws-api/v3"
    exchange.cafile = line["ca"]
    return exchange


def configured_upbit(kind, line):
    venue = line["venues"]["upbit"]
    exchange = kind({"requests_trust_env": True, "apiKey": venue["key"], "secret": venue["secret"]})
    for name in ("public", "private"):
        exchange.urls["api"][name] = venue["rest"]
    if "ws" in exchange.urls["api"]:
        exchange.urls["api"]["ws"] = venue["ws"] + "/websocket/v1"
    exchange.cafile = line["ca"]
    return exchange


class Rest(unittest.TestCase):
    def setUp(self):
        self.context = Exchange("--seed", "3")
        line = self.context.__enter__().line
        os.environ["REQUESTS_CA_BUNDLE"] = line["ca"]
        self.ccxt = configured(ccxt.binance, line)

    def tearDown(self):
        self.ccxt.session.close()
        self.context.__exit__()

    def test_markets_book_order_and_trades(self):
        markets = self.ccxt.load_markets()
        self.assertEqual(set(markets), {"BTC/USDT", "ETH/USDT"})
        precision = markets["BTC/USDT"]["precision"]
        self.assertEqual((precision["amount"], precision["price"]), (1e-05, 0.1))
        book = self.ccxt.fetch_order_book("BTC/USDT")
        self.assertGreater(book["asks"][0][0], book["bids"][0][0])
        self.assertEqual(len(self.ccxt.fetch_ohlcv("BTC/USDT", "1m", limit=10)), 10)
        self.assertGreater(len(self.ccxt.fetch_ohlcv("BTC/USDT", "1w")), 0)
        self.assertGreater(self.ccxt.fetch_ticker("BTC/USDT")["last"], 0)
        self.assertEqual(set(self.ccxt.fetch_currencies()), {"BTC", "ETH", "USDT"})
        self.assertEqual(self.ccxt.fetch_trading_fees()["BTC/USDT"]["taker"], 0.001)
        self.assertEqual(self.ccxt.fetch_status()["status"], "ok")
        before = self.ccxt.fetch_balance()
        self.assertEqual(before["USDT"]["total"], 1_000_000)
        price = round(book["bids"][0][0] * 0.9, 1)
        order = self.ccxt.create_order("BTC/USDT", "limit", "buy", 0.01, price)
        self.assertEqual(order["status"], "open")
        self.assertEqual(self.ccxt.fetch_order(order["id"], "BTC/USDT")["price"], price)
        self.assertEqual([o["id"] for o in self.ccxt.fetch_open_orders("BTC/USDT")], [order["id"]])
        order = self.ccxt.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.02, price)
        self.assertEqual((order["status"], order["amount"]), ("open", 0.02))
        self.assertEqual([o["id"] for o in self.ccxt.fetch_open_orders("BTC/USDT")], [order["id"]])
        self.assertEqual(self.ccxt.cancel_order(order["id"], "BTC/USDT")["status"], "canceled")
        with self.assertRaises(ccxt.OrderNotFound):
            self.ccxt.cancel_order(order["id"], "BTC/USDT")
        with self.assertRaises(ccxt.InsufficientFunds):
            self.ccxt.create_order("BTC/USDT", "limit", "buy", 1000, price)
        filled = self.ccxt.create_order("BTC/USDT", "market", "buy", 0.02)
        self.assertEqual((filled["status"], filled["filled"]), ("closed", 0.02))
        trades = self.ccxt.fetch_my_trades("BTC/USDT")
        self.assertAlmostEqual(sum(t["amount"] for t in trades), 0.02)
        self.assertAlmostEqual(self.ccxt.fetch_balance()["BTC"]["total"], 10.02)
        self.assertEqual([o["id"] for o in self.ccxt.fetch_closed_orders("BTC/USDT")], [filled["id"]])


class Futures(unittest.TestCase):
    """binanceusdm and binancecoinm: each is asked for its own markets only."""

    def setUp(self):
        self.context = Exchange("--seed", "3")
        self.line = self.context.__enter__().line
        os.environ["REQUESTS_CA_BUNDLE"] = self.line["ca"]

    def tearDown(self):
        self.context.__exit__()

    def client(self, kind, name, api, market):
        venue = self.line["venues"][name]
        exchange = kind({"requests_trust_env": True, "apiKey": venue["key"], "secret": venue["secret"],
                         "options": {"fetchMarkets": {"types": [market]}, "fetchCurrencies": False, "fetchMargins": False}})
        for name in exchange.urls["api"]:
            if name.startswith(api) and not name.endswith("Data"):
                version = name[-2:].lower() if name[-2:-1] == "V" else "v1"
                exchange.urls["api"][name] = f"{venue['rest']}/{api}/{version}"
        self.addCleanup(exchange.session.close)
        return exchange

    def trade(self, exchange, symbol, amount, coin):
        market = exchange.load_markets()[symbol]
        self.assertEqual((market["settle"], market["swap"]), (coin, True))
        book = exchange.fetch_order_book(symbol, 5)
        self.assertGreater(book["asks"][0][0], book["bids"][0][0])
        self.assertEqual(len(exchange.fetch_ohlcv(symbol, "1m", limit=10)), 10)
        self.assertGreater(exchange.fetch_ticker(symbol)["last"], 0)
        before = exchange.fetch_balance()[coin]["total"]
        price = round(book["bids"][0][0] * 0.9, 1)
        order = exchange.create_order(symbol, "limit", "buy", amount, price)
        self.assertEqual(exchange.fetch_order(order["id"], symbol)["price"], price)
        self.assertEqual([o["id"] for o in exchange.fetch_open_orders(symbol)], [order["id"]])
        self.assertEqual(exchange.cancel_order(order["id"], symbol)["status"], "canceled")
        with self.assertRaises(ccxt.OrderNotFound):
            exchange.cancel_order(order["id"], symbol)
        wish = {"symbol": symbol, "type": "limit", "side": "buy", "amount": amount, "price": price}
        several = [o["id"] for o in exchange.create_orders([wish, wish])]
        self.assertEqual([o["id"] for o in exchange.fetch_open_orders(symbol)], several)
        self.assertEqual([o["status"] for o in exchange.cancel_orders(several, symbol)], ["canceled"] * 2)
        self.assertEqual([o["id"] for o in exchange.fetch_orders(symbol)], [order["id"], *several])
        exchange.create_order(symbol, "market", "sell", amount)
        stop = exchange.create_order(symbol, "market", "buy", amount, None,
                                     {"stopLossPrice": round(book["asks"][0][0] * 1.2, 1), "reduceOnly": True})
        self.assertEqual([o["id"] for o in exchange.fetch_open_orders(symbol, params={"trigger": True})], [stop["id"]])
        exchange.cancel_order(stop["id"], symbol, {"trigger": True})
        self.assertEqual(exchange.fetch_open_orders(symbol, params={"trigger": True}), [])
        exchange.create_order(symbol, "market", "buy", amount, None, {"reduceOnly": True})
        self.assertAlmostEqual(sum(t["amount"] for t in exchange.fetch_my_trades(symbol)), 2 * amount)
        self.assertLess(exchange.fetch_balance()[coin]["total"], before, "the spread and the fees")
        return market

    def test_usdm(self):
        exchange = self.client(ccxt.binanceusdm, "binance-usdm", "fapi", "linear")
        self.trade(exchange, "BTC/USDT:USDT", 0.1, "USDT")
        self.judge_settings(exchange, "BTC/USDT:USDT", 0.1)
        with self.assertRaises(ccxt.ExchangeError) as told:
            exchange.set_leverage(100, "ETH/USDT:USDT")
        self.assertIn("-4028", str(told.exception))

    def judge_settings(self, exchange, symbol, amount):
        """Leverage, margin mode and position mode as ccxt sets and reads them."""
        self.assertEqual(exchange.set_leverage(7, symbol)["leverage"], 7)
        self.assertEqual(exchange.set_margin_mode("isolated", symbol)["code"], 200)
        self.assertEqual(exchange.fetch_leverage(symbol)["longLeverage"], 7)
        self.assertEqual(exchange.fetch_margin_mode(symbol)["marginMode"], "isolated")
        self.assertFalse(exchange.fetch_position_mode(symbol)["hedged"])
        exchange.set_position_mode(True, symbol)
        self.assertTrue(exchange.fetch_position_mode(symbol)["hedged"])
        for side, of in (("buy", "LONG"), ("sell", "SHORT")):
            exchange.create_order(symbol, "market", side, amount, None, {"positionSide": of})
        held = {p["side"]: p for p in exchange.fetch_positions_risk([symbol]) if p["contracts"]}
        self.assertEqual({side: p["contracts"] for side, p in held.items()}, {"long": amount, "short": amount})
        self.assertEqual({p["marginMode"] for p in held.values()}, {"isolated"})
        with self.assertRaises(ccxt.OperationRejected):
            exchange.set_position_mode(False, symbol)
        tiers = exchange.fetch_leverage_tiers([symbol])[symbol]
        self.assertEqual((tiers[0]["maxLeverage"], tiers[0]["maintenanceMarginRate"]), (125, 0.004))

    def test_coinm(self):
        exchange = self.client(ccxt.binancecoinm, "binance-coinm", "dapi", "inverse")
        market = self.trade(exchange, "BTC/USD:BTC", 40, "BTC")
        self.assertEqual((market["contractSize"], market["inverse"]), (100, True))
        self.judge_settings(exchange, "BTC/USD:BTC", 40)


class Streams(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.context = Exchange("--seed", "3")
        self.ccxt = configured(ccxt.pro.binance, self.context.__enter__().line)

    async def asyncTearDown(self):
        await self.ccxt.close()
        self.context.__exit__()

    async def test_book_trades_and_own_orders(self):
        book = await asyncio.wait_for(self.ccxt.watch_order_book("BTC/USDT"), 30)
        self.assertGreater(book["asks"][0][0], book["bids"][0][0])
        trades = await asyncio.wait_for(self.ccxt.watch_trades("BTC/USDT"), 60)
        self.assertGreater(trades[-1]["price"], 0)
        self.assertGreater((await asyncio.wait_for(self.ccxt.watch_ticker("BTC/USDT"), 30))["last"], 0)
        tickers = await asyncio.wait_for(self.ccxt.watch_tickers(["ETH/USDT"]), 30)
        self.assertGreater(tickers["ETH/USDT"]["last"], 0)
        watching = asyncio.create_task(self.ccxt.watch_orders("BTC/USDT"))
        await asyncio.sleep(1)
        placed = await self.ccxt.create_order("BTC/USDT", "limit", "buy", 0.01, round(book["bids"][0][0] * 0.9, 1))
        told = await asyncio.wait_for(watching, 30)
        self.assertEqual((told[-1]["id"], told[-1]["status"]), (placed["id"], "open"))
        watching = asyncio.create_task(self.ccxt.watch_orders("BTC/USDT"))
        await self.ccxt.cancel_order(placed["id"], "BTC/USDT")
        told = await asyncio.wait_for(watching, 30)
        self.assertEqual((told[-1]["id"], told[-1]["status"]), (placed["id"], "canceled"))


class UpbitRest(unittest.TestCase):
    def setUp(self):
        self.context = Exchange("--seed", "3")
        line = self.context.__enter__().line
        os.environ["REQUESTS_CA_BUNDLE"] = line["ca"]
        self.ccxt = configured_upbit(ccxt.upbit, line)

    def tearDown(self):
        self.ccxt.session.close()
        self.context.__exit__()

    def test_markets_book_order_and_trades(self):
        self.assertEqual(set(self.ccxt.load_markets()), {"BTC/KRW", "ETH/KRW", "XRP/KRW", "DOGE/KRW", "USDT/KRW"})
        book = self.ccxt.fetch_order_book("BTC/KRW")
        self.assertGreater(book["asks"][0][0], book["bids"][0][0])
        self.assertEqual(len(self.ccxt.fetch_ohlcv("BTC/KRW", "1m", limit=10)), 10)
        self.assertGreater(self.ccxt.fetch_ticker("BTC/KRW")["last"], 0)
        self.assertGreater(len(self.ccxt.fetch_trades("BTC/KRW", limit=5)), 0)
        self.assertEqual(self.ccxt.fetch_balance()["KRW"]["total"], 1_000_000_000)
        price = book["bids"][0][0] * 9 // 10 // 1000 * 1000
        order = self.ccxt.create_order("BTC/KRW", "limit", "buy", 0.01, price)
        self.assertEqual(order["status"], "open")
        self.assertEqual(self.ccxt.fetch_order(order["id"], "BTC/KRW")["price"], price)
        self.assertEqual([o["id"] for o in self.ccxt.fetch_open_orders("BTC/KRW")], [order["id"]])
        self.ccxt.cancel_order(order["id"], "BTC/KRW")
        self.assertEqual([o["id"] for o in self.ccxt.fetch_canceled_orders("BTC/KRW")], [order["id"]])
        with self.assertRaises(ccxt.OrderNotFound):
            self.ccxt.cancel_order(order["id"], "BTC/KRW")
        with self.assertRaises(ccxt.InsufficientFunds):
            self.ccxt.create_order("BTC/KRW", "limit", "buy", 1000, price)
        sold = self.ccxt.create_order("BTC/KRW", "market", "sell", 0.02)
        done = self.ccxt.fetch_order(sold["id"], "BTC/KRW")
        self.assertEqual((done["status"], done["filled"]), ("closed", 0.02))
        self.assertAlmostEqual(sum(t["amount"] for t in done["trades"]), 0.02)
        self.assertAlmostEqual(self.ccxt.fetch_balance()["BTC"]["total"], 9.98)


class UpbitStreams(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.context = Exchange("--seed", "3")
        self.ccxt = configured_upbit(ccxt.pro.upbit, self.context.__enter__().line)

    async def asyncTearDown(self):
        await self.ccxt.close()
        self.context.__exit__()

    async def test_book_ticker_and_trades(self):
        book = await asyncio.wait_for(self.ccxt.watch_order_book("BTC/KRW"), 30)
        self.assertGreater(book["asks"][0][0], book["bids"][0][0])
        self.assertGreater((await asyncio.wait_for(self.ccxt.watch_ticker("BTC/KRW"), 30))["last"], 0)
        self.assertGreater((await asyncio.wait_for(self.ccxt.watch_trades("BTC/KRW"), 60))[-1]["price"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=1)
