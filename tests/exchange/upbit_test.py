#!/usr/bin/env python3
"""`stom exchange` as Upbit, over real sockets: tokens, tick ladder, minimum, limits, orders, the streams in their formats, and
that each message has the fields and types of a recorded or documented one (STOM_TEST_DATA; without it those are skipped).

usage: STOM_PROGRAM=build/dev/bin/stom STOM_HOME=FOLDER upbit_test.py
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import sys
import unittest
import urllib.parse
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import Exchange, Upbit, differences

DATA = pathlib.Path(os.environ.get("STOM_TEST_DATA", pathlib.Path(__file__).parents[3] / "shared/data"))
UPBIT = DATA / "protocol/upbit"
# Of an order: only of those that have it.
AT_TIMES = ("price", "identifier", "time_in_force", "executed_funds", "trades", "smp_type")


def recorded(file):
    """The bodies of a file of examples: a REST answer behind three lines, or pushes behind "="."""
    text = (UPBIT / "jkorf" / file).read_text()
    if file.startswith("rest_"):
        return json.loads(text.split("\n", 3)[3])
    return json.loads(text.split("\n=", 1)[1])


def sample(function, **which):
    """The first documented object of that function that has those values."""
    for line in (UPBIT / "ccxt_comment_samples.jsonl").read_text().splitlines():
        entry = json.loads(line)
        body = entry["json"][0] if isinstance(entry["json"], list) else entry["json"]
        if entry["function"] == function and all(body.get(name) == value for name, value in which.items()):
            return body
    raise KeyError(function)


class UpbitExchange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = Exchange("--seed", "7", "--accounts", "2")
        cls.exchange = cls.context.__enter__()
        cls.client = Upbit(cls.exchange)
        cls.second = Upbit(cls.exchange, cls.exchange.line["venues"]["upbit"]["accounts"][0])

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()

    def tearDown(self):
        for order in self.client.signed("GET", "/v1/orders/open"):
            self.client.signed("DELETE", "/v1/order", uuid=order["uuid"])

    def same_as(self, ours, make_theirs, optional=()):
        if not DATA.is_dir():
            self.skipTest("no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
        self.assertEqual(differences(ours, make_theirs(), optional), [], ours)

    def refused(self, answer, name, status=400):
        self.assertEqual((answer.get("error", {}).get("name"), self.client.status), (name, status), answer)

    def touch(self, market="KRW-BTC"):
        unit = self.client.public("/v1/orderbook", markets=market)[0]["orderbook_units"][0]
        return Decimal(str(unit["bid_price"])), Decimal(str(unit["ask_price"]))

    def low(self):
        """A price on the ladder that nobody will sell at."""
        bid, _ = self.touch()
        return str(int(bid * 9 / 10) // 1000 * 1000)

    def limit(self, client=None, **more):
        order = {"market": "KRW-BTC", "side": "bid", "volume": "0.01", "price": None, "ord_type": "limit"} | more
        if order["price"] is None and "price" not in more:
            order["price"] = self.low()
        order = {name: value for name, value in order.items() if value is not None}
        return (client or self.client).signed("POST", "/v1/orders", **order)

    # ---- who may ask

    def test_a_token_is_checked(self):
        self.assertLessEqual({"KRW", "BTC"}, {a["currency"] for a in self.client.signed("GET", "/v1/accounts")})
        self.assertEqual(self.client.signed("GET", "/v1/accounts", algorithm="HS256")[0]["unit_currency"], "KRW")
        wrong = Upbit(self.exchange, {"key": self.client.keys["key"], "secret": "0" * 40})
        self.assertEqual((wrong.signed("GET", "/v1/accounts")["error"]["name"], wrong.status), ("jwt_verification", 401))
        unknown = Upbit(self.exchange, {"key": "0" * 40, "secret": "0" * 40})
        answer = unknown.signed("GET", "/v1/accounts")
        self.assertEqual((answer["error"]["name"], unknown.status), ("invalid_access_key", 401))
        self.same_as(answer, lambda: sample("handleErrors", error=answer["error"]))
        self.refused(self.client.answer("GET", "/v1/accounts", "", {}), "jwt_verification", 401)

    def test_a_nonce_counts_once(self):
        headers = self.client.headers_for()
        self.assertIsInstance(self.client.answer("GET", "/v1/accounts", "", headers), list)
        self.refused(self.client.answer("GET", "/v1/accounts", "", headers), "nonce_used", 401)

    def test_what_is_asked_is_what_was_signed(self):
        headers = self.client.headers_for("market=KRW-BTC")
        self.refused(self.client.answer("GET", "/v1/orders/chance", "market=KRW-ETH", headers), "invalid_query_payload", 401)
        self.refused(self.client.answer("GET", "/v1/orders/chance", "market=KRW-ETH", self.client.headers_for()),
                     "invalid_query_payload", 401)
        self.assertEqual(self.client.signed("GET", "/v1/orders/open", states=["wait", "watch"]), [])

    # ---- what is refused

    def test_orders_that_break_a_rule_are_refused_with_the_venues_name_for_it(self):
        for change, name in [
            ({"market": "KRW-NOPE"}, "validation_error"),
            ({"side": None}, "validation_error"),
            ({"side": "buy"}, "validation_error"),
            ({"ord_type": "stop"}, "validation_error"),
            ({"volume": "-1"}, "validation_error"),
            ({"time_in_force": "gtc"}, "validation_error"),
            ({"price": "90000500"}, "invalid_price_bid"),
            ({"price": "90000500", "side": "ask"}, "invalid_price_ask"),
            ({"price": "90000000.5"}, "invalid_price_bid"),
            ({"volume": "0.00001"}, "under_min_total_bid"),
            ({"volume": "100"}, "insufficient_funds_bid"),
            ({"volume": "90000000000", "price": "2000000000000"}, "insufficient_funds_bid"),  # more than 128 bits hold
            ({"volume": "11", "side": "ask"}, "insufficient_funds_ask"),
            ({"ord_type": "market"}, "create_bid_error"),
            ({"ord_type": "price"}, "create_bid_error"),
            ({"ord_type": "best", "volume": None, "price": "10000"}, "create_bid_error"),
            ({"ord_type": "price", "volume": None, "price": "4999"}, "under_min_total_bid"),
            ({"ord_type": "price", "volume": None, "price": "1000000000"}, "insufficient_funds_bid"),
        ]:
            with self.subTest(change):
                self.refused(self.limit(**change), name)

    def test_the_tick_is_that_of_the_price(self):
        told = self.client.public("/v1/orderbook/instruments", markets="KRW-BTC,KRW-XRP,KRW-DOGE")
        self.assertEqual([i["tick_size"] for i in told], ["1000", "1", "1"])
        self.same_as(told, lambda: recorded("rest_GetSymbolConfig.txt"), ("tick_size",))  # a string by the documents
        for price, fits in [("999500", True), ("999900", False), ("99900", True), ("99950", True), ("99920", False)]:
            with self.subTest(price):
                answer = self.limit(market="KRW-ETH", price=price, volume="1")
                self.assertEqual(answer.get("error", {}).get("name"), None if fits else "invalid_price_bid", answer)
        self.assertEqual(self.limit(market="KRW-DOGE", price="99.9", volume="100")["price"], "99.9")

    def test_forms_and_paths_that_the_venue_ended_are_refused(self):
        asked = "market=KRW-BTC&side=bid&volume=0.01&price=1000000&ord_type=limit"
        answer = self.client.answer("POST", "/v1/orders", "", self.client.headers_for(asked), asked)
        self.refused(answer, "validation_error")
        self.client.public("/v1/nothing")
        self.assertEqual(self.client.status, 404)
        stream = self.client.stream({"type": "myTrade"}, private=True)
        self.assertEqual(stream.receive()["error"]["name"], "INVALID_PARAM", "myTrade gave way to myOrder")
        with self.assertRaises(ConnectionError):
            self.exchange.socket(self.client.venue["ws"] + "/nothing")

    def test_what_remains_of_a_second_is_told_and_more_is_refused(self):
        self.client.signed("GET", "/v1/accounts")
        self.assertRegex(self.client.headers["Remaining-Req"], r"^group=default; min=1800; sec=\d+$")
        url = urllib.parse.urlsplit(self.client.venue["rest"])
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=self.exchange.trust, timeout=30)
        for _ in range(1000):  # as fast as it goes, until a second has had too many
            connection.request("GET", url.path + "/v1/market/all")
            response = connection.getresponse()
            text = response.read().decode()
            if response.status == 429:
                break
        connection.close()
        self.assertEqual((text, response.headers["Remaining-Req"]), ("Too many API requests.", "group=market; min=600; sec=0"))

    # ---- market data

    def test_market_data_have_the_venues_fields(self):
        markets = self.client.public("/v1/market/all", is_details="true")
        self.assertEqual([m["market"] for m in markets], ["KRW-BTC", "KRW-DOGE", "KRW-ETH", "KRW-USDT", "KRW-XRP"])
        self.same_as(markets, lambda: recorded("rest_GetSymbols.txt"))
        self.same_as(self.client.public("/v1/market/all"),
                     lambda: json.loads((UPBIT / "captured_market_all_20210417.json").read_text())["body"])
        # The first of the recorded tickers has strings where the venue has numbers.
        self.same_as(self.client.public("/v1/ticker", markets="KRW-ETH"), lambda: recorded("rest_GetTickers.txt")[1:])
        self.same_as(self.client.public("/v1/ticker/all", quote_currencies="KRW"), lambda: recorded("rest_GetTickers.txt")[1:])
        self.same_as(self.client.public("/v1/orderbook", markets="KRW-BTC"), lambda: recorded("rest_GetOrderBook.txt"), ("level",))
        self.client.stream({"type": "trade", "codes": ["KRW-BTC"], "isOnlyRealtime": True}).receive()
        self.same_as(self.client.public("/v1/trades/ticks", market="KRW-BTC"), lambda: recorded("rest_GetTradeHistory.txt"))
        self.same_as(self.client.public("/v1/candles/seconds", market="KRW-BTC"), lambda: recorded("rest_GetKlines.txt"))
        self.same_as(self.client.public("/v1/candles/minutes/1", market="KRW-BTC"), lambda: [sample("parseOHLCV")])
        self.refused(self.client.public("/v1/ticker"), 400)
        self.same_as(self.client.public("/v1/ticker"), lambda: sample("handleErrors"))
        self.refused(self.client.public("/v1/ticker", markets="KRW-NOPE"), 404, 404)

    def test_candles_are_whole_and_the_newest_first(self):
        minutes = self.client.public("/v1/candles/minutes/5", market="KRW-BTC", count=20)
        self.assertEqual(len(minutes), 20)
        starts = [m["candle_date_time_utc"] for m in minutes]
        self.assertEqual(starts, sorted(starts, reverse=True))
        for m in minutes:
            self.assertEqual(int(m["candle_date_time_utc"][14:16]) % 5, 0)
            self.assertLessEqual(m["low_price"], min(m["opening_price"], m["trade_price"]))
            self.assertGreaterEqual(m["high_price"], max(m["opening_price"], m["trade_price"]))
        older = self.client.public("/v1/candles/minutes/5", market="KRW-BTC", count=3, to=starts[5] + "Z")
        self.assertEqual([m["candle_date_time_utc"] for m in older], starts[6:9], "`to` is not in it")
        for path, more in [("days", {"prev_closing_price", "change_price", "change_rate"}), ("weeks", {"first_day_of_period"}),
                           ("months", {"first_day_of_period"}), ("years", {"first_day_of_period"})]:
            candle = self.client.public("/v1/candles/" + path, market="KRW-BTC")[0]
            self.assertLessEqual(more, set(candle))
            self.assertTrue(candle["candle_date_time_kst"].endswith("T09:00:00"), candle)
        self.refused(self.client.public("/v1/candles/minutes/7", market="KRW-BTC"), 400)

    def test_levels_are_put_together_upwards_and_downwards(self):
        self.assertIn("100000", self.client.public("/v1/orderbook/instruments", markets="KRW-BTC")[0]["supported_levels"])
        book = self.client.public("/v1/orderbook", markets="KRW-BTC", level="100000", count=5)[0]
        self.assertLessEqual(len(book["orderbook_units"]), 5)
        self.assertEqual(book["level"], 100000)
        for unit in book["orderbook_units"]:
            self.assertEqual((unit["ask_price"] % 100000, unit["bid_price"] % 100000), (0, 0))
        self.assertGreater(book["orderbook_units"][0]["ask_price"], book["orderbook_units"][0]["bid_price"])
        self.assertEqual(self.client.public("/v1/orderbook", markets="KRW-BTC", level="7"), [])

    # ---- orders

    def test_an_order_is_placed_seen_canceled_and_gone(self):
        price = self.low()
        placed = self.limit(price=price, identifier="mine-1")
        self.assertEqual((self.client.status, placed["state"], placed["identifier"]), (201, "wait", "mine-1"))
        self.assertEqual(Decimal(placed["locked"]), Decimal(price) * Decimal("0.01") * Decimal("1.0005"))
        market = lambda: sample("parseOrder", ord_type="market")
        self.same_as(placed, market, AT_TIMES)
        seen = self.client.signed("GET", "/v1/order", identifier="mine-1")
        self.assertEqual((seen["uuid"], seen["trades"]), (placed["uuid"], []))
        self.same_as(seen, market, AT_TIMES)
        opened = self.client.signed("GET", "/v1/orders/open", market="KRW-BTC")
        self.assertEqual([o["uuid"] for o in opened], [placed["uuid"]])
        self.same_as(opened, lambda: [sample("fetchOpenOrders")], (*AT_TIMES, "prevented_volume", "prevented_locked"))
        self.assertEqual(self.client.signed("GET", "/v1/orders", market="KRW-BTC", state="wait"), opened)
        self.assertEqual(self.client.signed("GET", "/v1/orders/uuids", uuids=[placed["uuid"]]), opened)
        self.refused(self.limit(identifier="mine-1"), "validation_error")
        accounts = {a["currency"]: a for a in self.client.signed("GET", "/v1/accounts")}
        self.assertEqual(Decimal(accounts["KRW"]["locked"]), Decimal(placed["locked"]))
        self.same_as(accounts["KRW"], lambda: sample("fetchTradingFee")["bid_account"])
        canceled = self.client.signed("DELETE", "/v1/order", uuid=placed["uuid"])
        self.assertEqual(canceled["state"], "wait", "as it stood when it was to be canceled")
        self.same_as(canceled, market, AT_TIMES)
        self.assertEqual(self.client.signed("GET", "/v1/order", uuid=placed["uuid"])["state"], "cancel")
        self.refused(self.client.signed("DELETE", "/v1/order", uuid=placed["uuid"]), "order_not_found", 404)
        absent = self.client.signed("GET", "/v1/order", uuid="9ca023a5-851b-4fec-9f0a-48cd83c2eaae")
        self.refused(absent, "order_not_found", 404)
        self.same_as(absent, lambda: sample("handleErrors", error=absent["error"]))
        self.assertEqual(self.client.signed("GET", "/v1/orders/open"), [])
        closed = self.client.signed("GET", "/v1/orders/closed", states=["cancel"], limit=1)
        self.assertEqual(closed[0]["uuid"], placed["uuid"])

    def test_a_market_sale_moves_coins_and_money(self):
        def balances():
            return {a["currency"]: Decimal(a["balance"]) for a in self.client.signed("GET", "/v1/accounts")}
        before = balances()
        placed = self.client.signed("POST", "/v1/orders", market="KRW-BTC", side="ask", volume="0.002", ord_type="market")
        self.assertEqual((placed["state"], placed["executed_volume"]), ("wait", "0"))
        order = self.client.signed("GET", "/v1/order", uuid=placed["uuid"])
        self.assertEqual((order["state"], order["executed_volume"]), ("done", "0.002"))
        self.same_as(order, lambda: sample("parseOrder", ord_type="market"), ("smp_type",))
        funds = sum(Decimal(t["funds"]) for t in order["trades"])
        self.assertEqual(Decimal(order["paid_fee"]), funds * Decimal("0.0005"))
        after = balances()
        self.assertEqual(before["BTC"] - after["BTC"], Decimal("0.002"))
        self.assertEqual(after["KRW"] - before["KRW"], funds - Decimal(order["paid_fee"]))

    def test_an_amount_of_money_buys_what_it_pays_for_and_the_rest_is_given_back(self):
        placed = self.client.signed("POST", "/v1/orders", market="KRW-ETH", side="bid", price="1000000", ord_type="price")
        self.assertEqual((placed["price"], "volume" in placed), ("1000000", False))
        order = self.client.signed("GET", "/v1/order", uuid=placed["uuid"])
        funds = sum(Decimal(t["funds"]) for t in order["trades"])
        self.assertIn(order["state"], ("done", "cancel"))
        self.assertLessEqual(funds, 1_000_000)
        self.assertGreater(funds, 999_000)
        bought = {a["currency"]: a for a in self.client.signed("GET", "/v1/accounts")}["ETH"]
        self.assertGreater(Decimal(bought["avg_buy_price"]), 1_000_000)

    def test_immediate_orders_do_not_rest_and_post_only_ones_do_not_take(self):
        _, ask = self.touch()
        for order, state in [({"time_in_force": "ioc"}, "cancel"), ({"time_in_force": "fok"}, "cancel"),
                             ({"time_in_force": "post_only"}, "wait"),
                             ({"time_in_force": "post_only", "price": str(ask + 100_000)}, "cancel")]:
            with self.subTest(order):
                placed = self.limit(**order)
                self.assertEqual((placed["state"], placed["time_in_force"]), ("wait", order["time_in_force"]))
                self.assertEqual(self.client.signed("GET", "/v1/order", uuid=placed["uuid"])["state"], state)
        best = self.client.signed("POST", "/v1/orders", market="KRW-ETH", side="bid", price="10000", ord_type="best",
                                  time_in_force="ioc")
        self.assertIn(self.client.signed("GET", "/v1/order", uuid=best["uuid"])["state"], ("done", "cancel"))

    def test_an_order_is_tried_without_being_placed(self):
        order = {"market": "KRW-BTC", "side": "bid", "ord_type": "limit", "volume": "0.01", "price": self.low()}
        tried = self.client.signed("POST", "/v1/orders/test", **order, identifier="tried-1")
        self.assertEqual((self.client.status, tried["state"], tried["price"]), (201, "wait", order["price"]))
        self.assertRegex(self.client.headers["Remaining-Req"], r"^group=order-test; min=480; sec=\d+$")
        self.refused(self.client.signed("GET", "/v1/order", uuid=tried["uuid"]), "order_not_found", 404)
        self.assertEqual(self.client.signed("GET", "/v1/orders/open"), [])
        placed = self.limit(identifier="tried-1")
        self.assertEqual({name: type(value) for name, value in tried.items()},
                         {name: type(value) for name, value in placed.items()}, "the name was not used up")
        for change, name in [({"price": "90000500"}, "invalid_price_bid"), ({"volume": "100"}, "insufficient_funds_bid"),
                             ({"side": "ask", "volume": "11"}, "insufficient_funds_ask"), ({"side": None}, "validation_error")]:
            with self.subTest(change):
                changed = {k: v for k, v in (order | change).items() if v is not None}
                self.refused(self.client.signed("POST", "/v1/orders/test", **changed), name)
        for_cash = self.client.signed("POST", "/v1/orders/test", market="KRW-BTC", side="bid", ord_type="price", price="10000")
        self.assertEqual((for_cash["price"], for_cash["ord_type"]), ("10000", "price"))

    def test_who_meets_an_order_of_its_own_is_said_with_each(self):
        for order, applied in [({}, "cancel_maker"), ({"smp_type": "none"}, "none"), ({"smp_type": "reduce"}, "reduce"),
                               ({"time_in_force": "post_only"}, "none"),
                               ({"time_in_force": "post_only", "smp_type": "none"}, "none")]:
            with self.subTest(order):
                placed = self.limit(**order)
                self.assertEqual(placed["smp_type"], applied)
                self.assertEqual(self.client.signed("GET", "/v1/order", uuid=placed["uuid"])["smp_type"], applied)
        self.refused(self.limit(time_in_force="post_only", smp_type="cancel_taker"), "create_bid_error")
        self.refused(self.limit(smp_type="both"), "validation_error")

    def test_twelve_orders_a_second_are_taken(self):
        self.limit()
        self.assertRegex(self.client.headers["Remaining-Req"], r"^group=order; min=720; sec=\d+$")

    def test_an_order_is_canceled_for_another_in_one_request(self):
        placed = self.limit(identifier="old-1")
        answer = self.client.signed("POST", "/v1/orders/cancel_and_new", prev_order_identifier="old-1", new_ord_type="limit",
                                    new_volume="remain_only", new_price=placed["price"], new_identifier="new-1")
        self.same_as(answer, lambda: sample("editOrder"), ("smp_type", "prevented_volume", "prevented_locked", "trades_count"))
        self.assertEqual((answer["uuid"], answer["new_order_identifier"]), (placed["uuid"], "new-1"))
        self.assertEqual([o["uuid"] for o in self.client.signed("GET", "/v1/orders/open")], [answer["new_order_uuid"]])

    def test_all_are_canceled_at_once(self):
        price = self.low()
        placed = [self.limit(price=price)["uuid"] for _ in range(3)]
        answer = self.client.signed("DELETE", "/v1/orders/open", cancel_side="ask")
        self.assertEqual(answer["success"]["count"], 0)
        answer = self.client.signed("DELETE", "/v1/orders/open", pairs="KRW-BTC", count=300)
        self.assertEqual({o["uuid"] for o in answer["success"]["orders"]}, set(placed))
        self.assertEqual(self.client.signed("GET", "/v1/orders/open"), [])

    def test_one_account_does_not_see_the_others_orders(self):
        placed = self.limit()
        self.assertEqual(self.second.signed("GET", "/v1/orders/open"), [])
        answer = self.second.signed("DELETE", "/v1/order", uuid=placed["uuid"])
        self.assertEqual(answer["error"]["name"], "order_not_found")

    def test_what_clients_ask_of_an_account_besides(self):
        (key,) = self.client.signed("GET", "/v1/api_keys")
        self.assertEqual((key["access_key"], set(key)), (self.client.keys["key"], {"access_key", "expire_at"}))
        wallets = self.client.signed("GET", "/v1/status/wallet")
        self.assertEqual({w["wallet_state"] for w in wallets}, {"paused"})
        self.assertIn("BTC", [w["currency"] for w in wallets])
        for path in ("deposits", "deposits/coin_addresses", "withdraws"):
            self.assertEqual(self.client.signed("GET", "/v1/" + path), [])
        self.client.public("/v1/api_keys")
        self.assertEqual(self.client.status, 401)

    def test_what_an_order_may_be_is_told(self):
        chance = self.client.signed("GET", "/v1/orders/chance", market="KRW-BTC")
        self.same_as(chance, lambda: sample("fetchTradingFee"), ("bid_types", "ask_types"))
        self.assertEqual((chance["bid_fee"], chance["market"]["bid"]["min_total"]), ("0.0005", 5000))

    # ---- streams

    def test_streams_have_the_venues_fields_in_both_formats(self):
        names = {"trade": "ws_Trades.txt", "ticker": "ws_Tickers.txt", "orderbook": "ws_OrderBook.txt", "candle.1m": "ws_Kline.txt"}
        for type, file in names.items():
            with self.subTest(type):
                stream = self.client.stream({"type": type, "codes": ["KRW-BTC"]})
                first = stream.receive()
                self.assertEqual(first["stream_type"], "SNAPSHOT")
                optional = ("level", "stream_type") if type == "orderbook" else ()
                self.same_as(first, lambda: recorded(file), optional)
                self.assertEqual(stream.receive(lambda m: m["stream_type"] == "REALTIME")["code"], "KRW-BTC")
        stream = self.client.stream({"type": "trade", "codes": ["KRW-BTC"]}, {"type": "orderbook", "codes": ["KRW-BTC.5"]}, format="SIMPLE")
        if DATA.is_dir():
            short = {}
            for line in (DATA / "market/ws_raw_multi/upbit_ws62.log").read_text().splitlines():
                if "\t<\t" in line:
                    message = json.loads(line.split("\t<\t")[1])
                    short.setdefault(message["ty"], message)
            for type in ("trade", "orderbook"):
                ours = stream.receive(lambda m: m["ty"] == type)
                newer = ("bap", "bas", "bbp", "bbs", "lv")  # than the capture of 2021
                self.assertEqual(differences(ours, short[type], newer), [], ours)
        self.assertLessEqual(len(stream.receive(lambda m: m["ty"] == "orderbook")["obu"]), 5)
        whole = self.client.stream({"type": "orderbook", "codes": ["KRW-BTC.3"]})
        self.assertGreater(len(whole.receive()["orderbook_units"]), 5, "what is none of 1, 5, 15 and 30 is answered with 30")
        listed = self.client.stream({"type": "ticker", "codes": ["KRW-ETH"], "is_only_snapshot": True}, format="SIMPLE_LIST")
        self.assertEqual(listed.receive()[0]["ty"], "ticker")
        with_list = self.client.stream({"type": "ticker", "codes": ["KRW-ETH"]}, format="JSON_LIST")
        self.assertEqual(with_list.receive()[0]["type"], "ticker")

    def test_a_book_is_whole_and_in_order(self):
        stream = self.client.stream({"type": "orderbook", "codes": ["KRW-BTC"], "is_only_realtime": True})
        for _ in range(5):
            units = stream.receive()["orderbook_units"]
            asks, bids = [u["ask_price"] for u in units], [u["bid_price"] for u in units]
            self.assertEqual((asks, bids), (sorted(asks), sorted(bids, reverse=True)))
            self.assertGreater(asks[0], bids[0])
            self.assertEqual(len(units), 30)

    def test_a_new_subscription_replaces_the_one_before_and_a_ping_is_answered(self):
        stream = self.client.stream({"type": "ticker", "codes": ["KRW-BTC"]})
        stream.receive()
        stream.send([{"ticket": "x"}, {"type": "ticker", "codes": ["KRW-ETH"], "isOnlyRealtime": True}])
        stream.send([{"ticket": "x"}, {"method": "LIST_SUBSCRIPTIONS"}])
        listed = stream.receive(lambda m: m.get("method") == "LIST_SUBSCRIPTIONS")
        self.assertEqual(listed["result"], [{"type": "ticker", "codes": ["KRW-ETH"]}])
        self.assertEqual(stream.receive()["code"], "KRW-ETH")
        stream.send("PING")
        self.assertEqual(stream.receive(lambda m: "status" in m), {"status": "UP"})

    def test_what_a_socket_asks_wrongly_is_refused_by_name(self):
        stream = self.exchange.socket(self.client.venue["ws"] + "/websocket/v1")
        for text, name in [
            ("hello", "WRONG_FORMAT"),
            ('[{"type":"ticker","codes":["KRW-BTC"]}]', "NO_TICKET"),
            ('[{"ticket":"x"}]', "NO_TYPE"),
            ('[{"ticket":"x"},{"codes":["KRW-BTC"]}]', "NO_TYPE"),
            ('[{"ticket":"x"},{"type":"ticker"}]', "NO_CODES"),
            ('[{"ticket":"x"},{"type":"ticker","codes":[]}]', "INVALID_PARAM"),
            ('[{"ticket":"x"},{"type":"myOrder"}]', "INVALID_AUTH"),
            ('[{"ticket":"x"},{"type":"ticker","codes":["KRW-BTC"]},{"format":"XML"}]', "WRONG_FORMAT"),
        ]:
            with self.subTest(text):
                stream.send(text)
                self.assertEqual(stream.receive()["error"]["name"], name)
        headers = self.client.headers_for()
        self.exchange.socket(self.client.venue["ws"] + "/websocket/v1/private", headers)
        with self.assertRaises(ConnectionError):
            self.exchange.socket(self.client.venue["ws"] + "/websocket/v1/private", headers)

    def test_orders_and_balances_are_told_on_the_private_stream(self):
        stream = self.client.stream({"type": "myOrder"}, {"type": "myAsset"}, private=True)
        stream.send("PING")
        stream.receive(lambda m: m == {"status": "UP"})  # it is subscribed now
        of_orders = lambda m: m["type"] == "myOrder"
        placed = self.limit(identifier="told-1")
        told = stream.receive(of_orders)
        self.assertEqual((told["uuid"], told["state"], told["identifier"]), (placed["uuid"], "wait", "told-1"))
        newer = ("trade_uuid", "time_in_force", "trade_fee", "is_maker", "identifier", "smp_type", "prevented_volume",
                 "prevented_locked", "trade_timestamp")
        self.same_as(told, lambda: sample("parseWsOrder"), newer)
        asset = stream.receive(lambda m: m["type"] == "myAsset")
        self.same_as(asset, lambda: sample("handleBalance"))
        self.client.signed("DELETE", "/v1/order", uuid=placed["uuid"])
        self.assertEqual(stream.receive(of_orders)["state"], "cancel")
        sold = self.client.signed("POST", "/v1/orders", market="KRW-BTC", side="ask", volume="0.001", ord_type="market")
        states, trades = [], {}
        while not states or states[-1] != "done":
            told = stream.receive(of_orders)
            self.assertEqual(told["uuid"], sold["uuid"])
            states.append(told["state"])
            if told["state"] == "trade":
                self.same_as(told, lambda: sample("parseWsOrder"), newer)
                trades[told["trade_uuid"]] = Decimal(str(told["trade_fee"]))
                self.assertEqual(told["is_maker"], False)
        self.assertEqual(states, ["wait"] + ["trade"] * len(trades) + ["done"])
        order = self.client.signed("GET", "/v1/order", uuid=sold["uuid"])
        self.assertEqual({t["uuid"] for t in order["trades"]}, set(trades))
        self.assertAlmostEqual(sum(trades.values()), Decimal(order["paid_fee"]), 6)

    def test_sockets_that_open_at_one_time_keep_whose_they_are(self):
        def opened(private):
            stream = self.client.stream({"type": "myOrder"} if private else {"type": "ticker", "codes": ["KRW-BTC"]}, private=private)
            stream.send([{"ticket": "list"}, {"method": "LIST_SUBSCRIPTIONS"}])
            return stream.receive(lambda m: "method" in m or "error" in m)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for told in pool.map(opened, [n % 2 == 0 for n in range(40)]):
                self.assertNotIn("error", told)

    def test_a_lost_answer_leaves_an_order_that_its_identifier_finds(self):
        self.exchange.control("PUT", "/faults/ack_lost", {"value": 100, "count": 1})
        with self.assertRaises(Exception):
            self.limit(identifier="lost-1", price=self.low())
        self.assertEqual(self.client.signed("GET", "/v1/order", identifier="lost-1")["state"], "wait")

    def test_refusals_of_the_gateway_are_the_venues(self):
        for fault, status in [("http_429", 429), ("http_418", 418), ("http_5xx", 503)]:
            with self.subTest(fault):
                self.exchange.control("PUT", "/faults/" + fault, {"count": 1})
                status_now, _, _ = self.exchange.http("GET", self.client.venue["rest"] + "/v1/ticker?markets=KRW-BTC")
                self.assertEqual(status_now, status)


if __name__ == "__main__":
    unittest.main(verbosity=1)
