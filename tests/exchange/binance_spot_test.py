#!/usr/bin/env python3
"""`stom exchange` as Binance spot, over real sockets: what a client may rely on, what is refused and with which code, and
that each message has the fields and types of the venue's own documents (STOM_TEST_DATA; without it those are skipped).

usage: STOM_PROGRAM=build/dev/bin/stom STOM_HOME=FOLDER binance_spot_test.py
"""

import base64
import datetime
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import Exchange, Spot, assert_keeps_the_book, differences

DATA = pathlib.Path(os.environ.get("STOM_TEST_DATA", pathlib.Path(__file__).parents[3] / "shared/data"))
SPOT = DATA / "protocol/binance_spot"


def documented(file, section, note=""):
    """The first JSON of the venue's documents in that section."""
    for line in (SPOT / file).read_text().splitlines():
        entry = json.loads(line)
        if entry["section"].split(" > ")[-1] == section and note in entry["note"]:
            return entry["json"]
    raise KeyError(section)


class BinanceSpot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = Exchange("--seed", "7", "--accounts", "2")
        cls.exchange = cls.context.__enter__()
        cls.spot = Spot(cls.exchange)
        cls.second = Spot(cls.exchange, cls.exchange.line["venues"]["binance"]["accounts"][0])

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()

    def tearDown(self):
        for client in (self.spot, self.second):
            for symbol in ("BTCUSDT", "ETHUSDT"):  # of all at once is 80 of the minute's 6,000
                for order in client.signed("GET", "/api/v3/openOrders", symbol=symbol):
                    client.signed("DELETE", "/api/v3/order", symbol=symbol, orderId=order["orderId"])

    def touch(self, symbol="BTCUSDT"):
        ticker = self.spot.public("/api/v3/ticker/bookTicker", symbol=symbol)
        return Decimal(ticker["bidPrice"]), Decimal(ticker["askPrice"])

    def limit(self, client=None, **more):
        """A bid that nobody will sell to."""
        bid, _ = self.touch()
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01",
                 "price": str((bid * 9 / 10).quantize(Decimal("0.1")))} | more
        return (client or self.spot).signed("POST", "/api/v3/order", **{k: v for k, v in order.items() if v is not None})

    def refused(self, answer, code, status=400):
        self.assertEqual((answer.get("code"), self.spot.status), (code, status), answer)

    def same_as(self, ours, file, section, note="", optional=()):
        if not DATA.is_dir():
            self.skipTest("no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
        self.assertEqual(differences(ours, documented(file, section, note), optional), [], ours)

    # ---- who may ask

    def test_only_its_own_authority_makes_it_trusted(self):
        import http.client
        port = int(self.spot.venue["rest"].split(":")[2].split("/")[0])
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=ssl.create_default_context())
        with self.assertRaises(ssl.SSLCertVerificationError):
            connection.request("GET", "/binance/api/v3/ping")

    def test_the_authoritys_file_is_for_its_owner_only(self):
        self.assertEqual(os.stat(self.exchange.line["ca"]).st_mode & 0o777, 0o600)

    def test_a_signature_is_checked(self):
        account = self.spot.signed("GET", "/api/v3/account")
        self.assertEqual({b["asset"] for b in account["balances"]}, {"BTC", "ETH", "USDT"})
        wrong = Spot(self.exchange, {"key": self.spot.keys["key"], "secret": "0" * 64})
        answer = wrong.signed("GET", "/api/v3/account")
        self.assertEqual((answer["code"], wrong.status), (-1022, 400))
        unknown = Spot(self.exchange, {"key": "0" * 64, "secret": "0" * 64})
        answer = unknown.signed("GET", "/api/v3/account")
        self.assertEqual((answer["code"], unknown.status), (-2015, 401))
        self.refused(self.spot.public("/api/v3/account"), -2014, 401)
        headers = {"X-MBX-APIKEY": self.spot.keys["key"]}
        address = self.spot.venue["rest"] + "/api/v3/account"
        self.refused(self.spot.answer("GET", address, headers), -1102)

    def test_the_body_is_signed_as_the_query_is(self):
        answer = self.spot.signed("POST", "/api/v3/order/test", in_body=True, symbol="BTCUSDT", side="BUY",
                                  type="MARKET", quantity="0.01")
        self.assertEqual(answer, {})

    def test_requests_have_an_age(self):
        now = int(time.time() * 1000)
        self.refused(self.spot.signed("GET", "/api/v3/account", timestamp=now - 6000), -1021)
        self.refused(self.spot.signed("GET", "/api/v3/account", timestamp=int(time.time() * 1000) + 60_000), -1021)
        self.assertIn("balances", self.spot.signed("GET", "/api/v3/account", timestamp=now - 6000, recvWindow=60000))
        self.assertIn("balances", self.spot.signed("GET", "/api/v3/account", timestamp=now * 1000))
        self.refused(self.spot.signed("GET", "/api/v3/account", recvWindow=60001), -1131)

    # ---- what is refused

    def test_orders_that_break_a_rule_are_refused_with_the_venues_code(self):
        bid, ask = self.touch()
        for change, code in [
            ({"symbol": "NOPE"}, -1121),
            ({"side": "HOLD"}, -1117),
            ({"type": "MAGIC"}, -1116),
            ({"timeInForce": "GTX"}, -1115),
            ({"timeInForce": None}, -1102),
            ({"price": None}, -1102),
            ({"price": "1e5"}, -1100),
            ({"quantity": "0.123456789"}, -1111),
            ({"quantity": "0"}, -1013),
            ({"quantity": "0.000015"}, -1013),
            ({"price": "90000.05"}, -1013),
            ({"quantity": "0.00001"}, -1013),
            ({"quantity": "10000"}, -1013),
            ({"quantity": "90000000000", "price": "90000000000"}, -1013),
            ({"stopPrice": "90000"}, -1106),
            ({"icebergQty": "0.001", "timeInForce": "IOC"}, -1106),
            ({"icebergQty": "0.0001", "quantity": "0.01"}, -1013),
            ({"icebergQty": "0.000015"}, -1013),
            ({"surprise": "1"}, -1104),
            ({"quantity": "1000", "price": "90000"}, -2010),
            ({"type": "LIMIT_MAKER", "timeInForce": None, "price": str(ask * 2)}, -2010),
            ({"newClientOrderId": "a b"}, -1100),
        ]:
            with self.subTest(change):
                self.refused(self.limit(**change), code)
        self.assertEqual(self.limit(price="90000.05")["msg"], "Filter failure: PRICE_FILTER")
        self.assertEqual(self.limit(quantity="0.00001")["msg"], "Filter failure: NOTIONAL")
        self.assertEqual(self.limit(quantity="0.01", icebergQty="0.0001")["msg"], "Filter failure: ICEBERG_PARTS")
        self.assertEqual(self.limit(quantity="0.01", icebergQty="0.001005")["msg"], "Filter failure: LOT_SIZE")

    def test_codes_and_texts_are_those_of_the_documents(self):
        if not DATA.is_dir():
            self.skipTest("no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
        codes = {e["code"]: e for e in json.loads((SPOT / "error_codes.json").read_text())}
        for answer in (self.limit(symbol="NOPE"), self.limit(side="HOLD"), self.limit(price=None),
                       self.limit(quantity="0.123456789"), self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=1)):
            entry = codes[answer["code"]]
            shapes = [m.split("%s")[0].split("'")[0] for m in entry["msgs"]]
            self.assertTrue(any(answer["msg"].startswith(s) for s in shapes), (answer, shapes))

    def test_a_path_that_the_venue_has_not_is_404(self):
        status, _, _ = self.exchange.http("GET", self.spot.venue["rest"] + "/api/v3/nothing")
        self.assertEqual(status, 404)
        status, _, body = self.exchange.http("POST", self.spot.venue["rest"] + "/api/v3/userDataStream")
        self.assertEqual((status, len(body)), (410, 136), "spot's listenKey ended on 2026-02-20")
        with self.assertRaises(ConnectionError):
            self.exchange.socket(self.spot.venue["ws"] + "/nothing")

    # ---- orders

    def test_an_order_is_placed_seen_canceled_and_gone(self):
        placed = self.limit(newClientOrderId="mine-1")
        self.assertEqual((placed["status"], placed["clientOrderId"]), ("NEW", "mine-1"))
        self.same_as({k: v for k, v in placed.items() if k != "fills"}, "docs_rest.jsonl", "New order (TRADE)", "RESULT")
        seen = self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine-1")
        self.same_as(seen, "docs_rest.jsonl", "Query order (USER_DATA)")
        self.assertEqual(seen["orderId"], placed["orderId"])
        self.refused(self.limit(newClientOrderId="mine-1"), -2010)
        locked = next(b for b in self.spot.signed("GET", "/api/v3/account")["balances"] if b["asset"] == "USDT")
        self.assertGreater(Decimal(locked["locked"]), 0)
        opened = self.spot.signed("GET", "/api/v3/openOrders", symbol="BTCUSDT")
        self.assertEqual([o["orderId"] for o in opened], [placed["orderId"]])
        self.same_as(opened, "docs_rest.jsonl", "Current open orders (USER_DATA)")
        canceled = self.spot.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"])
        self.same_as(canceled, "docs_rest.jsonl", "Cancel order (TRADE)")
        self.assertEqual((canceled["status"], canceled["origClientOrderId"]), ("CANCELED", "mine-1"))
        self.refused(self.spot.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"]), -2011)
        self.refused(self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=1), -2013)
        self.assertEqual(self.spot.signed("GET", "/api/v3/openOrders"), [])
        self.assertIn(placed["orderId"], [o["orderId"] for o in self.spot.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")])

    def test_an_order_takes_the_place_of_another(self):
        section = "Cancel an Existing Order and Send a New Order (TRADE)"
        _, ask = self.touch()
        def replace(old, **more):
            bid, _ = self.touch()
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.02",
                     "price": str((bid * 8 / 10).quantize(Decimal("0.1"))), "cancelReplaceMode": "STOP_ON_FAILURE",
                     "cancelOrderId": old} | more
            return self.spot.signed("POST", "/api/v3/order/cancelReplace",
                                    **{k: v for k, v in order.items() if v is not None})
        taking = {"type": "LIMIT_MAKER", "timeInForce": None, "price": str((ask * 2).quantize(Decimal("0.1")))}
        first = self.limit(newClientOrderId="kept-name")
        both = replace(first["orderId"], newClientOrderId="kept-name", cancelNewClientOrderId="why")
        self.same_as(both, "docs_rest.jsonl", section, "Response SUCCESS")
        self.assertEqual(both["cancelResponse"]["clientOrderId"], "why")
        self.assertEqual((both["cancelResponse"]["status"], both["newOrderResponse"]["status"]), ("CANCELED", "NEW"))
        second = both["newOrderResponse"]["orderId"]
        answer = replace(first["orderId"])
        self.refused(answer, -2022)
        self.same_as(answer, "docs_rest.jsonl", section, "STOP_ON FAILURE")
        self.assertEqual(self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=second)["status"], "NEW")
        answer = replace(first["orderId"], cancelReplaceMode="ALLOW_FAILURE", **taking)
        self.refused(answer, -2022)
        self.same_as(answer, "docs_rest.jsonl", section, "both Cancel Order and New Order Placement fail")
        answer = replace(first["orderId"], cancelReplaceMode="ALLOW_FAILURE", newOrderRespType="ACK")
        self.refused(answer, -2021, 409)
        self.same_as(answer, "docs_rest.jsonl", section, "Cancel Order fails with ALLOW_FAILURE")
        self.refused(replace(second, quantity="0.00001"), -1013)
        self.refused(replace(None), -1102)
        self.refused(replace(second, cancelReplaceMode="MAYBE"), -1130)
        self.refused(replace(second, cancelRestrictions="ONLY_PARTIALLY_FILLED"), -2022)
        self.assertEqual(self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=second)["status"], "NEW")
        answer = replace(second, **taking)
        self.refused(answer, -2021, 409)
        self.same_as(answer, "docs_rest.jsonl", section, "Cancel Order Succeeds but New Order Placement Fails")
        self.assertEqual(self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=second)["status"], "CANCELED")

    def test_a_market_order_fills_at_the_book_and_moves_money(self):
        def balances():
            return {b["asset"]: Decimal(b["free"]) for b in self.spot.signed("GET", "/api/v3/account")["balances"]}
        before = balances()
        order = self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.02")
        self.assertEqual((order["status"], order["executedQty"]), ("FILLED", "0.02000000"))
        self.same_as(order, "docs_rest.jsonl", "New order (TRADE)", "FULL")
        paid = sum(Decimal(f["price"]) * Decimal(f["qty"]) for f in order["fills"])
        fees = sum(Decimal(f["commission"]) for f in order["fills"])
        self.assertEqual(paid, Decimal(order["cummulativeQuoteQty"]))
        self.assertAlmostEqual(fees, paid / 1000, 6)
        after = balances()
        self.assertEqual(after["BTC"] - before["BTC"], Decimal("0.02"))
        self.assertAlmostEqual(before["USDT"] - after["USDT"], paid + fees, 6)
        trades = self.spot.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", orderId=order["orderId"])
        self.assertEqual([t["id"] for t in trades], [f["tradeId"] for f in order["fills"]])
        self.same_as(trades, "docs_rest.jsonl", "Account trade list (USER_DATA)")

    def test_an_amount_of_money_buys_no_more_than_it_pays_for(self):
        order = self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="1000")
        self.assertEqual(order["status"], "FILLED")
        spent = Decimal(order["cummulativeQuoteQty"])
        self.assertLessEqual(spent, 1000)
        self.assertGreater(spent, 998)

    def test_immediate_orders_do_not_rest(self):
        order = self.limit(timeInForce="IOC")
        self.assertEqual((order["status"], order["executedQty"]), ("EXPIRED", "0.00000000"))
        order = self.limit(timeInForce="FOK")
        self.assertEqual(order["status"], "EXPIRED")
        self.assertEqual(self.spot.signed("GET", "/api/v3/openOrders"), [])

    def test_an_iceberg_says_what_it_shows_and_fills_whole(self):
        _, ask = self.touch()
        order = self.limit(quantity="0.02", icebergQty="0.004")
        self.assertEqual((order["status"], order["icebergQty"]), ("NEW", "0.00400000"))
        seen = self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=order["orderId"])
        self.assertEqual((seen["origQty"], seen["icebergQty"]), ("0.02000000", "0.00400000"))
        crosses = self.limit(quantity="0.002", icebergQty="0.0004", price=str((ask * 11 / 10).quantize(Decimal("0.1"))))
        self.assertEqual((crosses["status"], crosses["executedQty"]), ("FILLED", "0.00200000"))

    def test_a_stop_waits_and_is_shown_as_not_working(self):
        bid, _ = self.touch()
        stop = str((bid * 8 / 10).quantize(Decimal("0.1")))
        order = self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="SELL", type="STOP_LOSS_LIMIT",
                                 timeInForce="GTC", quantity="0.01", price=stop, stopPrice=stop)
        seen = self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=order["orderId"])
        self.assertEqual((seen["status"], seen["isWorking"], seen["stopPrice"]), ("NEW", False, stop + "0" * 7))
        self.refused(self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="SELL", type="STOP_LOSS",
                                      quantity="0.01", stopPrice=str(bid * 2)), -2010)

    def test_one_account_does_not_see_the_others_orders(self):
        placed = self.limit()
        self.assertEqual(self.second.signed("GET", "/api/v3/openOrders"), [])
        answer = self.second.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"])
        self.assertEqual(answer["code"], -2011)

    # ---- market data

    def test_market_data_have_the_venues_fields(self):
        symbol = {"symbol": "BTCUSDT"}
        for path, section, more in [
            ("time", "Check server time", {}),
            ("depth", "Order book", symbol),
            ("trades", "Recent trades list", symbol),
            ("aggTrades", "Compressed/Aggregate trades list", symbol),
            ("historicalTrades", "Old trade lookup", symbol),
            ("klines", "Kline/Candlestick data", symbol | {"interval": "1m"}),
            ("uiKlines", "UIKlines", symbol | {"interval": "1m"}),
            ("avgPrice", "Current average price", symbol),
            ("ticker/price", "Symbol price ticker", symbol),
            ("ticker/bookTicker", "Symbol order book ticker", symbol),
            ("ticker/24hr", "24hr ticker price change statistics", symbol),
            ("ticker/tradingDay", "Trading Day Ticker", symbol),
            ("ticker", "Rolling window price change statistics", symbol | {"windowSize": "4h"}),
        ]:
            with self.subTest(path):
                self.same_as(self.spot.public("/api/v3/" + path, **more), "docs_rest.jsonl", section)
        for path in ("ticker/24hr", "ticker/tradingDay", "ticker"):
            short = self.spot.public("/api/v3/" + path, symbol="BTCUSDT", type="MINI")
            self.same_as(short, "docs_rest.jsonl", "24hr ticker price change statistics", "MINI")
            self.refused(self.spot.public("/api/v3/" + path, symbol="BTCUSDT", type="TINY"), -1130)
            several = self.spot.public("/api/v3/" + path, symbols='["ETHUSDT","BTCUSDT"]')
            self.assertEqual([t["symbol"] for t in several], ["ETHUSDT", "BTCUSDT"])
        window = self.spot.public("/api/v3/ticker", symbol="BTCUSDT", windowSize="5m")
        self.assertEqual(window["openTime"] % 60_000, 0)
        self.assertTrue(300_000 <= window["closeTime"] - window["openTime"] < 360_000, window)
        for size in ("60m", "24h", "8d", "0m", "1w", "m", "-1h"):
            self.refused(self.spot.public("/api/v3/ticker", symbol="BTCUSDT", windowSize=size), -1130)
        for path in ("ticker", "ticker/tradingDay"):
            self.refused(self.spot.public("/api/v3/" + path), -1102)
        info = self.spot.public("/api/v3/exchangeInfo")
        self.assertEqual({s["symbol"] for s in info["symbols"]}, {"BTCUSDT", "ETHUSDT"})
        self.same_as(info, "docs_rest.jsonl", "Exchange information", optional=("rateLimits", "sors", "filters", "permissions"))
        filters = {f["filterType"]: f for f in info["symbols"][0]["filters"]}
        for line in (SPOT / "docs_filters.jsonl").read_text().splitlines():
            theirs = json.loads(line)["json"]
            if theirs["filterType"] in filters:
                self.assertEqual(differences(filters[theirs["filterType"]], theirs), [])
        klines = self.spot.public("/api/v3/klines", symbol="BTCUSDT", interval="1h", limit=5)
        self.assertEqual([b[0] - a[0] for a, b in zip(klines, klines[1:])], [3_600_000] * (len(klines) - 1))
        page = self.spot.public("/api/v3/klines", symbol="BTCUSDT", interval="1h", limit=1, startTime=klines[0][0] * 1000)
        self.assertEqual([kline[0] for kline in page], [klines[0][0]], "a time may be in microseconds")
        for interval, begins in (("1w", lambda day: day.weekday() == 0), ("1M", lambda day: day.day == 1)):
            for kline in self.spot.public("/api/v3/klines", symbol="BTCUSDT", interval=interval):
                opens, closes = (datetime.datetime.fromtimestamp(t / 1000, datetime.timezone.utc)
                                 for t in (kline[0], kline[6] + 1))
                self.assertTrue(begins(opens) and begins(closes), (interval, opens, closes))
        self.refused(self.spot.public("/api/v3/klines", symbol="BTCUSDT", interval="7m"), -1120)
        days = {"symbol": "BTCUSDT", "interval": "1d", "limit": 1}
        self.assertEqual(self.spot.public("/api/v3/klines", **days, timeZone="0")[0][0] % 86_400_000, 0)
        self.refused(self.spot.public("/api/v3/klines", **days, timeZone="8"), -1130)  # days of UTC alone here
        first = self.spot.public("/api/v3/historicalTrades", symbol="BTCUSDT", limit=1000)[0]["id"]
        page = self.spot.public("/api/v3/historicalTrades", symbol="BTCUSDT", fromId=first + 1, limit=2)
        self.assertEqual([t["id"] for t in page], [first + 1, first + 2])
        last = Decimal(self.spot.public("/api/v3/ticker/price", symbol="BTCUSDT")["price"])
        average = Decimal(self.spot.public("/api/v3/avgPrice", symbol="BTCUSDT")["price"])
        self.assertLess(abs(average / last - 1), Decimal("0.1"))
        self.refused(self.spot.public("/api/v3/depth"), -1102)

    def test_what_clients_ask_of_an_account_besides(self):
        counts = self.spot.signed("GET", "/api/v3/rateLimit/order")
        self.same_as(counts, "docs_rest.jsonl", "Query Unfilled Order Count (USER_DATA)")
        self.assertEqual([(c["interval"], c["limit"]) for c in counts], [("SECOND", 100), ("DAY", 200_000)])
        before = counts[1]["count"]
        self.limit()
        self.assertEqual(self.spot.signed("GET", "/api/v3/rateLimit/order")[1]["count"], before + 1)
        rates = self.spot.signed("GET", "/api/v3/account/commission", symbol="BTCUSDT")
        self.same_as(rates, "docs_rest.jsonl", "Query Commission Rates (USER_DATA)")
        self.assertEqual(Decimal(rates["standardCommission"]["taker"]), Decimal("0.001"))
        for path in ("openOrderList", "allOrderList"):
            self.assertEqual(self.spot.signed("GET", "/api/v3/" + path), [])
        for path in ("myPreventedMatches", "myAllocations"):
            self.assertEqual(self.spot.signed("GET", "/api/v3/" + path, symbol="BTCUSDT", orderId=1), [])
        self.assertEqual(self.spot.public("/sapi/v1/system/status"), {"status": 0, "msg": "normal"})
        self.assertEqual(self.spot.signed("GET", "/sapi/v1/account/status"), {"data": "Normal"})
        coins = {c["coin"]: c for c in self.spot.signed("GET", "/sapi/v1/capital/config/getall")}
        self.assertEqual(set(coins), {"BTC", "ETH", "USDT"})
        self.assertFalse(any(c["withdrawAllEnable"] or c["depositAllEnable"] for c in coins.values()))
        (fee,) = self.spot.signed("GET", "/sapi/v1/asset/tradeFee", symbol="ETHUSDT")
        self.assertEqual(fee, {"symbol": "ETHUSDT", "makerCommission": "0.001", "takerCommission": "0.001"})
        self.refused(self.spot.public("/sapi/v1/asset/tradeFee"), -2014, 401)
        status, _, _ = self.exchange.http("GET", self.spot.venue["rest"] + "/api/sapi/v1/system/status")
        self.assertEqual(status, 404)

    def test_used_weight_is_told(self):
        self.spot.public("/api/v3/ping")
        before = int(self.spot.headers["X-MBX-USED-WEIGHT-1M"])
        self.spot.public("/api/v3/depth", symbol="BTCUSDT", limit=1000)
        after = int(self.spot.headers["X-MBX-USED-WEIGHT-1M"])
        self.assertIn(after - before, (50, 50 - before), "another minute may have begun")

    # ---- streams

    def streams(self, names):
        return self.exchange.socket(self.spot.venue["ws"] + "/stream?streams=" + "/".join(names))

    def test_a_book_kept_from_the_stream_is_the_venues(self):
        stream = self.exchange.socket(self.spot.venue["ws"] + "/ws/btcusdt@depth@100ms")
        self.same_as(stream.receive(), "docs_ws_market_streams.jsonl", "Diff. Depth Stream")
        assert_keeps_the_book(self, stream, lambda: self.spot.public("/api/v3/depth", symbol="BTCUSDT", limit=5000),
                              lambda update, last: update["U"] <= last + 1)

    def test_each_stream_has_the_venues_fields(self):
        kinds = {"btcusdt@trade": "Trade Streams", "btcusdt@aggTrade": "Aggregate Trade Streams",
                 "btcusdt@bookTicker": "Individual Symbol Book Ticker Streams", "btcusdt@depth": "Diff. Depth Stream",
                 "btcusdt@depth5": "Partial Book Depth Streams", "btcusdt@kline_1m": "Kline/Candlestick Streams for UTC",
                 "btcusdt@ticker": "Individual Symbol Ticker Streams",
                 "btcusdt@miniTicker": "Individual Symbol Mini Ticker Stream"}
        stream = self.streams(kinds)
        for name, section in kinds.items():
            message = stream.receive(lambda m, name=name: m.get("stream") == name, 60)
            self.same_as(message["data"], "docs_ws_market_streams.jsonl", section)

    def test_the_last_day_of_all_markets_is_told_by_the_clock(self):
        stream = self.streams(["!miniTicker@arr", "!ticker@arr", "btcusdt@kline_1w"])
        for name, kind in (("!miniTicker@arr", "24hrMiniTicker"), ("!ticker@arr", "24hrTicker")):
            told = [stream.receive(lambda m, name=name: m["stream"] == name)["data"] for _ in range(2)]
            self.assertEqual([(t["e"], t["s"]) for t in told[0]], [(kind, "BTCUSDT"), (kind, "ETHUSDT")])
            self.assertGreater(told[1][0]["E"], told[0][0]["E"])
        kline = stream.receive(lambda m: m["stream"] == "btcusdt@kline_1w")["data"]["k"]
        self.assertEqual((kline["i"], kline["T"] + 1 - kline["t"]), ("1w", 7 * 86_400_000))
        stream.send({"method": "SUBSCRIBE", "params": ["!nothing@arr"], "id": 1})
        self.assertEqual(stream.receive(lambda m: m.get("id") == 1)["error"]["code"], 2)

    def test_subscriptions_change_on_a_running_socket(self):
        stream = self.exchange.socket(self.spot.venue["ws"] + "/ws")
        stream.send({"method": "SUBSCRIBE", "params": ["btcusdt@depth@100ms", "ethusdt@trade"], "id": 1})
        self.assertEqual(stream.receive(), {"result": None, "id": 1})
        self.assertEqual(stream.receive()["s"][-4:], "USDT")
        stream.send({"method": "UNSUBSCRIBE", "params": ["btcusdt@depth@100ms"], "id": "two"})
        self.assertEqual(stream.receive(lambda m: m.get("id") == "two"), {"result": None, "id": "two"})
        stream.send({"method": "LIST_SUBSCRIPTIONS", "id": 3})
        self.assertEqual(stream.receive(lambda m: m.get("id") == 3)["result"], ["ethusdt@trade"])
        stream.send({"method": "SUBSCRIBE", "params": ["nope"], "id": 4})
        self.assertEqual(stream.receive(lambda m: m.get("id") == 4)["error"]["code"], 2)
        stream.send("not json")
        self.assertEqual(stream.receive(lambda m: "error" in m)["error"]["code"], 3)

    # ---- the WebSocket API

    def test_methods_may_name_their_version_and_limits_may_stay_untold(self):
        api = self.spot.api()
        for method in ("ticker.price", "v3/ticker.price"):
            api.send({"id": method, "method": method, "params": {"symbol": "BTCUSDT", "returnRateLimits": False}})
            answer = api.receive()
            self.assertEqual((answer["id"], answer["status"], answer["result"]["symbol"]), (method, 200, "BTCUSDT"))
            self.assertNotIn("rateLimits", answer)
        api.send({"id": 3, "method": "avgPrice", "params": {"symbol": "BTCUSDT"}})
        answer = api.receive()
        self.assertEqual((answer["result"]["mins"], answer["rateLimits"][0]["rateLimitType"]), (5, "REQUEST_WEIGHT"))
        for method in ("ticker.price", "ticker.24hr", "exchangeInfo"):
            api.send({"id": method, "method": method, "params": {"symbols": ["ETHUSDT", "BTCUSDT"]}})
            result = api.receive()["result"]
            listed = result["symbols"] if method == "exchangeInfo" else result
            self.assertEqual([one["symbol"] for one in listed], ["ETHUSDT", "BTCUSDT"])
        api.send({"id": 4, "method": "v3/nothing", "params": {}})
        self.assertEqual(api.receive()["error"]["code"], -1000)

    def test_the_socket_api_places_tells_and_cancels(self):
        api = self.spot.api()
        api.send(self.spot.signed_call("userDataStream.subscribe.signature"))
        self.assertIn("subscriptionId", api.receive()["result"])
        bid, _ = self.touch()
        price = str((bid * 9 / 10).quantize(Decimal("0.1")))
        api.send(self.spot.signed_call("order.place", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                                       quantity="0.01", price=price, newClientOrderId="over-socket"))
        report = api.receive(lambda m: m.get("event", {}).get("e") == "executionReport")
        self.same_as(report, "docs_ws_user_data.jsonl", "Order Update", optional=("v",))
        self.assertEqual((report["event"]["x"], report["event"]["c"]), ("NEW", "over-socket"))
        position = api.receive(lambda m: m.get("event", {}).get("e") == "outboundAccountPosition")
        self.same_as(position, "docs_ws_user_data.jsonl", "Account Update")
        placed = api.receive(lambda m: "result" in m)
        self.assertEqual((placed["status"], placed["result"]["status"]), (200, "NEW"))
        api.send(self.spot.signed_call("order.status", symbol="BTCUSDT", orderId=placed["result"]["orderId"]))
        self.assertEqual(api.receive(lambda m: "result" in m)["result"]["clientOrderId"], "over-socket")
        api.send(self.spot.signed_call("order.cancel", symbol="BTCUSDT", orderId=placed["result"]["orderId"]))
        report = api.receive(lambda m: m.get("event", {}).get("e") == "executionReport")
        self.assertEqual((report["event"]["x"], report["event"]["X"], report["event"]["C"]), ("CANCELED", "CANCELED", "over-socket"))
        self.assertEqual(api.receive(lambda m: "result" in m)["result"]["status"], "CANCELED")
        wrong = self.spot.signed_call("order.status", symbol="BTCUSDT", orderId=1)
        wrong["params"]["signature"] = "0" * 64
        api.send(wrong)
        answer = api.receive()
        self.assertEqual((answer["status"], answer["error"]["code"]), (400, -1022))

    def test_a_session_is_logged_on_with_an_ed25519_key_and_signs_no_more(self):
        keys = self.exchange.line["venues"]["binance"]["ed25519"]
        api = self.spot.api()
        now = {"timestamp": int(time.time() * 1000), "recvWindow": 60_000}
        api.send({"id": 1, "method": "order.status", "params": now | {"symbol": "BTCUSDT", "orderId": 1}})
        self.assertEqual(api.receive()["error"]["code"], -1102, "nobody is logged on: whose is it?")
        api.send(self.spot.signed_call("session.logon"))
        self.assertEqual(api.receive()["error"]["code"], -2015, "not with an HMAC key")
        params = {"apiKey": keys["key"]} | now
        with tempfile.TemporaryDirectory() as folder:
            key, text = pathlib.Path(folder) / "key.pem", pathlib.Path(folder) / "text"
            key.write_text(keys["secret"])
            text.write_text("&".join(f"{name}={params[name]}" for name in sorted(params)))
            signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", text],
                                       check=True, capture_output=True).stdout
        api.send({"id": 2, "method": "session.logon", "params": params | {"signature": base64.b64encode(signature).decode()}})
        session = api.receive()["result"]
        self.assertEqual((session["apiKey"], session["userDataStream"]), (keys["key"], False))
        api.send({"id": 3, "method": "userDataStream.subscribe"})
        self.assertIn("subscriptionId", api.receive()["result"])
        bid, _ = self.touch()
        price = str((bid * 9 / 10).quantize(Decimal("0.1")))
        api.send({"id": 4, "method": "order.place", "params": now | {
            "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": price}})
        placed = api.receive(lambda m: m.get("id") == 4)["result"]
        seen = self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"])
        self.assertEqual(seen["status"], "NEW", "both keys are of one account")
        api.send({"id": 5, "method": "order.cancel", "params": {"symbol": "BTCUSDT", "orderId": placed["orderId"]}})
        self.assertEqual(api.receive(lambda m: m.get("id") == 5)["error"]["code"], -1102, "the time is still needed")
        api.send({"id": 6, "method": "session.logout"})
        self.assertIsNone(api.receive(lambda m: m.get("id") == 6)["result"]["apiKey"])
        api.send({"id": 7, "method": "order.cancel", "params": now | {"symbol": "BTCUSDT", "orderId": placed["orderId"]}})
        self.assertEqual(api.receive(lambda m: m.get("id") == 7)["error"]["code"], -1102)

    def test_a_trade_over_rest_is_told_to_the_user_stream(self):
        api = self.spot.api()
        api.send(self.spot.signed_call("userDataStream.subscribe.signature"))
        api.receive()
        self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.01")
        told = []
        while not told or told[-1]["X"] != "FILLED":
            told.append(api.receive(lambda m: m.get("event", {}).get("e") == "executionReport")["event"])
        self.assertEqual(told[0]["x"], "NEW")
        self.assertEqual({t["x"] for t in told[1:]}, {"TRADE"})
        self.assertEqual(sum(Decimal(t["l"]) for t in told), Decimal("0.01"))
        self.assertEqual(told[-1]["N"], "USDT")


class Faults(unittest.TestCase):
    def setUp(self):
        self.context = Exchange("--seed", "7")
        self.exchange = self.context.__enter__()
        self.spot = Spot(self.exchange)

    def tearDown(self):
        self.context.__exit__()

    def test_faults_are_switched_by_who_has_the_token(self):
        status, _ = self.exchange.control("GET", "/faults", token="wrong")
        self.assertEqual(status, 401)
        status, faults = self.exchange.control("PUT", "/faults/http_429", {"value": 100, "count": 1})
        self.assertEqual((status, faults), (200, {"faults": {"http_429": {"value": 100, "count": 1}}}))
        answer = self.spot.public("/api/v3/ping")
        self.assertEqual((self.spot.status, answer["code"]), (429, -1003))
        self.assertGreater(int(self.spot.headers["Retry-After"]), 0)
        self.spot.public("/api/v3/ping")
        self.assertEqual(self.spot.status, 200, "it was to happen once")
        self.assertEqual(self.exchange.control("PUT", "/faults/nonsense")[0], 404)
        self.assertEqual(self.exchange.control("PUT", "/faults/a%22b")[0], 404, "and the answer is JSON")
        self.assertEqual(self.exchange.control("PUT", "/faults/ack_delay_ms")[0], 400)
        self.assertEqual(self.exchange.control("PUT", "/faults/http_418", {"value": "often"})[0], 400)
        for usual in ({"value": True}, {"value": None, "count": None}):
            self.assertEqual(self.exchange.control("PUT", "/faults/http_418", usual), (200, {"faults": {"http_418": {"value": 100}}}))
        self.exchange.control("PUT", "/faults/http_418")
        self.spot.public("/api/v3/ping")
        self.assertEqual(self.spot.status, 418)
        self.assertEqual(self.exchange.control("DELETE", "/faults/http_418")[1], {"faults": {}})
        self.exchange.control("PUT", "/faults/http_5xx", {"count": 1})
        self.spot.public("/api/v3/ping")
        self.assertEqual(self.spot.status, 503)

    def test_a_lost_answer_leaves_an_order_that_is_there(self):
        self.exchange.control("PUT", "/faults/ack_lost", {"count": 1})
        with self.assertRaises((ConnectionError, OSError)):
            self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                             quantity="0.01", price="50000", newClientOrderId="lost")
        seen = self.spot.signed("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="lost")
        self.assertEqual(seen["status"], "NEW")

    def test_an_answer_can_come_late_and_twice(self):
        self.exchange.control("PUT", "/faults/ack_delay_ms", {"value": 700, "count": 1})
        before = time.monotonic()
        self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
        self.assertGreaterEqual(time.monotonic() - before, 0.7)
        self.exchange.control("PUT", "/faults/ack_duplicate", {"count": 1})
        api = self.spot.api()
        api.send(self.spot.signed_call("order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"))
        self.assertEqual(api.receive(), api.receive())

    def test_what_the_venue_takes_out_is_not_told_under_the_name_of_a_cancel(self):
        api = self.spot.api()
        api.send(self.spot.signed_call("userDataStream.subscribe.signature"))
        api.receive()
        for name in ("first", "second"):
            self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                             quantity="0.01", price="50000", newClientOrderId=name)
        self.spot.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="first", newClientOrderId="why")
        self.exchange.control("PUT", "/faults/delist", {"value": 1})
        told = [api.receive(lambda m: m.get("event", {}).get("x") == "CANCELED")["event"] for _ in range(2)]
        self.assertEqual([(t["C"], t["c"]) for t in told], [("first", "why"), ("second", "second")])

    def test_connections_are_cut_and_frames_torn(self):
        stream = self.exchange.socket(self.spot.venue["ws"] + "/ws/btcusdt@depth@100ms")
        stream.receive()
        self.exchange.control("PUT", "/faults/frame_truncate", {"count": 1})
        with self.assertRaises(json.JSONDecodeError):
            while True:
                stream.receive()
        self.exchange.control("PUT", "/faults/disconnect", {"count": 1})
        with self.assertRaises((ConnectionError, ssl.SSLError)):
            while True:
                stream.receive()

    def test_a_withheld_update_is_a_gap_that_shows(self):
        stream = self.exchange.socket(self.spot.venue["ws"] + "/ws/btcusdt@depth@100ms")
        last = stream.receive()["u"]
        self.exchange.control("PUT", "/faults/seq_gap", {"value": 50})
        for _ in range(50):
            update = stream.receive()
            if update["U"] != last + 1:
                return
            last = update["u"]
        self.fail("no update is missing")

    def test_a_skewed_clock_refuses_what_is_signed_now(self):
        self.exchange.control("PUT", "/faults/clock_skew_ms", {"value": 10_000})
        asked = time.time() * 1000
        told = self.spot.public("/api/v3/time")["serverTime"] - 10_000
        self.assertTrue(asked - 2_000 < told < time.time() * 1000 + 1_000, told - asked)
        self.assertEqual(self.spot.signed("GET", "/api/v3/account")["code"], -1021)

    def test_too_many_requests_are_refused_and_then_banned(self):
        statuses = []
        while 418 not in statuses and len(statuses) < 400:
            self.spot.public("/api/v3/depth", symbol="BTCUSDT", limit=5000)
            statuses.append(self.spot.status)
        self.assertIn(429, statuses)
        self.assertEqual(statuses[-1], 418)
        self.assertGreater(int(self.spot.headers["Retry-After"]), 60)

    def test_too_many_orders_are_refused(self):
        api, orders = self.spot.api(), 230
        for _ in range(orders):  # on one connection, and without a wait for answers: more than a hundred in ten seconds
            api.send(self.spot.signed_call("order.place", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                                           quantity="0.001", price="50000", recvWindow=60_000))
        self.assertIn(-1015, [api.receive().get("error", {}).get("code") for _ in range(orders)])


class WithoutLimits(unittest.TestCase):
    def test_orders_are_counted_and_none_is_too_many(self):
        with Exchange("--seed", "7", "--limits", "none") as exchange:
            spot = Spot(exchange)
            for _ in range(130):  # the venue takes 100 in ten seconds
                order = spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001")
                self.assertEqual((spot.status, order.get("code")), (200, None))
            self.assertEqual(spot.headers["X-MBX-ORDER-COUNT-1D"], "130")


if __name__ == "__main__":
    unittest.main(verbosity=1)
