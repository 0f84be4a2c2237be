#!/usr/bin/env python3
"""python-binance, unmodified but for the address, against `stom exchange`: spot, USD-M and COIN-M by REST (markets, book, place,
query, cancel, trades), and streams and user events through its socket manager.

usage: STOM_PROGRAM=build/dev/bin/stom STOM_HOME=FOLDER python python_binance_client.py     (a Python that has python-binance)
"""

import asyncio
import os
import sys
import unittest
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import Exchange

import aiohttp
from binance import AsyncClient, BinanceSocketManager, Client
from binance.exceptions import BinanceAPIException


def addressed(client, line):
    """The client with the exchange's addresses."""
    venues = line["venues"]
    client.API_URL = venues["binance"]["rest"] + "/api"
    client.MARGIN_API_URL = venues["binance"]["rest"] + "/sapi"
    client.FUTURES_URL = venues["binance-usdm"]["rest"] + "/fapi"
    client.FUTURES_COIN_URL = venues["binance-coinm"]["rest"] + "/dapi"
    return client


def keys(line, venue):
    return line["venues"][venue]["key"], line["venues"][venue]["secret"]


class WithExchange:
    def begin(self):
        self.context = Exchange("--seed", "3")
        self.line = self.context.__enter__().line
        # requests and the ssl module each have a place of their own for an authority to trust.
        os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = self.line["ca"]


class Rest(WithExchange, unittest.TestCase):
    def setUp(self):
        self.begin()
        self.clients = []

    def tearDown(self):
        for client in self.clients:
            client.close_connection()
        self.context.__exit__()

    def client(self, venue):
        client = addressed(Client(*keys(self.line, venue), ping=False), self.line)
        self.clients.append(client)
        return client

    def test_spot(self):
        client = self.client("binance")
        self.assertEqual([s["symbol"] for s in client.get_exchange_info()["symbols"]], ["BTCUSDT", "ETHUSDT"])
        book = client.get_order_book(symbol="BTCUSDT", limit=5)
        bid, ask = Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0])
        self.assertLess(bid, ask)
        self.assertEqual(len(client.get_klines(symbol="BTCUSDT", interval="1m", limit=10)), 10)
        self.assertEqual(len(client.get_historical_trades(symbol="BTCUSDT", limit=3)), 3)
        self.assertEqual(client.get_avg_price(symbol="BTCUSDT")["mins"], 5)
        self.assertEqual(client.get_system_status()["msg"], "normal")
        self.assertEqual(client.get_trade_fee(symbol="BTCUSDT")[0]["takerCommission"], "0.001")
        self.assertEqual(Decimal(client.get_asset_balance("USDT")["free"]), 1_000_000)
        price = str((bid * 9 / 10).quantize(Decimal("0.1")))
        placed = client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price=price)
        self.assertEqual(client.get_order(symbol="BTCUSDT", orderId=placed["orderId"])["status"], "NEW")
        self.assertEqual([o["orderId"] for o in client.get_open_orders(symbol="BTCUSDT")], [placed["orderId"]])
        self.assertEqual(client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])["status"], "CANCELED")
        with self.assertRaises(BinanceAPIException) as refused:
            client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])
        self.assertEqual(refused.exception.code, -2011)
        self.assertEqual(client.order_market_buy(symbol="BTCUSDT", quantity="0.02")["status"], "FILLED")
        self.assertEqual(sum(Decimal(t["qty"]) for t in client.get_my_trades(symbol="BTCUSDT")), Decimal("0.02"))

    def futures(self, client, call, symbol, quantity, resting):
        """The same on both futures; `call` is "futures_" or "futures_coin_"."""
        def say(name, **parameters):
            return getattr(client, call + name)(**parameters)
        info = say("exchange_info")["symbols"]
        self.assertIn(symbol, [s["symbol"] for s in info])
        book = say("order_book", symbol=symbol, limit=5)
        bid = Decimal(book["bids"][0][0])
        placed = say("create_order", symbol=symbol, side="BUY", type="LIMIT", timeInForce="GTC", quantity=resting,
                     price=str((bid * 9 / 10).quantize(Decimal("0.1"))))
        self.assertEqual(say("get_order", symbol=symbol, orderId=placed["orderId"])["status"], "NEW")
        self.assertEqual([o["orderId"] for o in say("get_open_orders", symbol=symbol)], [placed["orderId"]])
        self.assertEqual(say("cancel_order", symbol=symbol, orderId=placed["orderId"])["status"], "CANCELED")
        self.assertIn(placed["orderId"], [o["orderId"] for o in say("get_all_orders", symbol=symbol)])
        say("create_order", symbol=symbol, side="SELL", type="MARKET", quantity=quantity)
        held = [p for p in say("account")["positions"] if p["symbol"] == symbol]
        self.assertEqual([Decimal(p["positionAmt"]) for p in held], [-Decimal(quantity)])
        say("create_order", symbol=symbol, side="BUY", type="MARKET", quantity=quantity, reduceOnly="true")
        self.assertEqual(sum(Decimal(t["qty"]) for t in say("account_trades", symbol=symbol)), 2 * Decimal(quantity))

    def test_usdm(self):
        client = self.client("binance-usdm")
        self.futures(client, "futures_", "BTCUSDT", "0.100", "0.010")
        self.assertLess(Decimal(client.futures_account_balance()[0]["balance"]), 1_000_000, "the spread and the fees")
        price = Decimal(client.futures_symbol_ticker(symbol="BTCUSDT")["price"])
        stop = client.futures_create_order(symbol="BTCUSDT", side="SELL", type="STOP_MARKET", quantity="0.010",
                                           stopPrice=str((price * 8 / 10).quantize(Decimal("0.1"))))
        (waiting,) = client.futures_get_open_orders(symbol="BTCUSDT", conditional=True)
        self.assertEqual(waiting["algoId"], stop["algoId"])
        client.futures_cancel_order(symbol="BTCUSDT", algoId=stop["algoId"])
        self.assertEqual(client.futures_get_open_orders(symbol="BTCUSDT", conditional=True), [])

    def test_coinm(self):
        client = self.client("binance-coinm")
        self.futures(client, "futures_coin_", "BTCUSD_PERP", "40", "10")
        (balance,) = client.futures_coin_account_balance()
        self.assertEqual((balance["asset"], Decimal(balance["balance"]) < 10), ("BTC", True))


class Streams(WithExchange, unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.begin()
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            await client.close_connection()
        self.context.__exit__()

    def manager(self, venue):
        # aiohttp has made up its mind whom to trust when it was imported.
        trusting = {"connector": aiohttp.TCPConnector(ssl=self.context.trust)}
        client = addressed(AsyncClient(*keys(self.line, venue), session_params=trusting), self.line)
        self.clients.append(client)
        client.ws_api._url = self.line["venues"]["binance"]["ws"] + "/ws-api/v3"
        manager = BinanceSocketManager(client)
        manager.STREAM_URL = self.line["venues"]["binance"]["ws"] + "/"
        manager.FSTREAM_URL = self.line["venues"]["binance-usdm"]["ws"] + "/"
        manager.DSTREAM_URL = self.line["venues"]["binance-coinm"]["ws"] + "/"
        return client, manager

    async def heard(self, socket, wanted=lambda message: True):
        while True:
            message = await asyncio.wait_for(socket.recv(), 60)
            if wanted(message):
                return message

    async def test_spot_streams_and_user_events(self):
        client, manager = self.manager("binance")
        async with manager.depth_socket("BTCUSDT", interval=100) as socket:
            update = await self.heard(socket)
            self.assertEqual((update["e"], update["s"]), ("depthUpdate", "BTCUSDT"))
        async with manager.multiplex_socket(["btcusdt@trade", "btcusdt@bookTicker"]) as socket:
            await self.heard(socket, lambda m: m["stream"] == "btcusdt@trade")
        async with manager.user_socket() as socket:
            price = str((Decimal(update["a"][0][0] if update["a"] else update["b"][0][0]) * 8 / 10).quantize(Decimal("0.1")))
            placed = await client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price=price)
            report = await self.heard(socket, lambda m: m.get("e") == "executionReport")
            self.assertEqual((report["i"], report["x"]), (placed["orderId"], "NEW"))
            await client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])
            report = await self.heard(socket, lambda m: m.get("e") == "executionReport")
            self.assertEqual((report["i"], report["x"]), (placed["orderId"], "CANCELED"))

    async def test_usdm_user_events(self):
        client, manager = self.manager("binance-usdm")
        async with manager.futures_user_socket() as socket:
            await client.futures_create_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
            fill = await self.heard(socket, lambda m: m.get("e") == "ORDER_TRADE_UPDATE" and m["o"]["x"] == "TRADE")
            self.assertEqual(fill["o"]["s"], "BTCUSDT")

    async def test_coinm_streams_and_user_events(self):
        client, manager = self.manager("binance-coinm")
        async with manager.coin_futures_user_socket() as socket:
            await client.futures_coin_create_order(symbol="BTCUSD_PERP", side="BUY", type="MARKET", quantity="10")
            fill = await self.heard(socket, lambda m: m.get("e") == "ORDER_TRADE_UPDATE" and m["o"]["x"] == "TRADE")
            self.assertEqual((fill["o"]["s"], fill["o"]["N"]), ("BTCUSD_PERP", "BTC"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
