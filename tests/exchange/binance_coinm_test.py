#!/usr/bin/env python3
"""`stom exchange` as Binance COIN-M futures, over real sockets: contracts of 100 USD that are worth and settled in coins.
There are no documented messages of COIN-M in the test data: streams are compared with a recorded capture, the rest with USD-M's
documented messages and the members in which COIN-M differs, which docs/exchange.md lists (STOM_TEST_DATA; without it those are
skipped).

usage: STOM_PROGRAM=build/dev/bin/stom STOM_HOME=FOLDER binance_coinm_test.py
"""

import gzip
import json
import os
import pathlib
import sys
import unittest
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import CoinFutures, Exchange, assert_keeps_the_book, differences

DATA = pathlib.Path(os.environ.get("STOM_TEST_DATA", pathlib.Path(__file__).parents[3] / "shared/data"))
USDM = DATA / "protocol/binance_usdm"
SYMBOL = "BTCUSD_PERP"
SIZE = 100  # USD a contract


def renamed(message, names, more=None):
    """USD-M's message with other names for some members, without those that have None, and with more."""
    if isinstance(message, list):
        return [renamed(item, names, more) for item in message]
    kept = {names.get(name, name): value for name, value in message.items()}
    kept.pop(None, None)
    return kept | (more or {})


class BinanceCoinM(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = Exchange("--seed", "7")
        cls.exchange = cls.context.__enter__()
        cls.client = CoinFutures(cls.exchange)

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()

    def tearDown(self):
        self.client.signed("DELETE", "/dapi/v1/allOpenOrders", symbol=SYMBOL)
        for algo in self.client.signed("GET", "/dapi/v1/openAlgoOrders"):
            self.client.signed("DELETE", "/dapi/v1/algoOrder", algoId=algo["algoId"])
        position = self.position()
        if position:
            self.market("SELL" if position > 0 else "BUY", abs(position), reduceOnly="true")
            self.assertEqual(self.position(), 0)

    def usdm(self, file, names=None, more=None):
        if not DATA.is_dir():
            self.skipTest("no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
        return renamed(json.loads((USDM / file).read_text()), names or {}, more)

    def same_as(self, ours, theirs, optional=()):
        self.assertEqual(differences(ours, theirs, optional), [], ours)

    def touch(self):
        (ticker,) = self.client.public("/dapi/v1/ticker/bookTicker", symbol=SYMBOL)
        return Decimal(ticker["bidPrice"]), Decimal(ticker["askPrice"])

    def risk(self):
        (risk,) = self.client.signed("GET", "/dapi/v1/positionRisk", pair="BTCUSD")
        return risk

    def position(self):
        return Decimal(self.risk()["positionAmt"])

    def wallet(self):
        (balance,) = self.client.signed("GET", "/dapi/v1/balance")
        return Decimal(balance["balance"])

    def order(self, **parameters):
        return self.client.signed("POST", "/dapi/v1/order", symbol=SYMBOL, **parameters)

    def market(self, side, quantity, **more):
        return self.order(side=side, type="MARKET", quantity=str(quantity), **more)

    def limit(self, **more):
        bid, _ = self.touch()
        order = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "10",
                 "price": str((bid * 9 / 10).quantize(Decimal("0.1")))} | more
        return self.order(**{k: v for k, v in order.items() if v is not None})

    def algo(self, **more):
        bid, _ = self.touch()
        order = {"algoType": "CONDITIONAL", "symbol": SYMBOL, "side": "SELL", "type": "STOP_MARKET",
                 "quantity": "10", "triggerPrice": str((bid * 8 / 10).quantize(Decimal("0.1")))} | more
        return self.client.signed("POST", "/dapi/v1/algoOrder", **order)

    def user_stream(self):
        key = self.client.keyed("POST", "/dapi/v1/listenKey")["listenKey"]
        return self.exchange.socket(self.client.venue["ws"] + "/ws/" + key)

    # ---- orders and what they are worth

    def test_an_order_is_placed_seen_and_canceled(self):
        placed = self.limit(newClientOrderId="mine")
        self.assertEqual((placed["status"], placed["clientOrderId"]), ("NEW", "mine"))
        seen = self.client.signed("GET", "/dapi/v1/order", symbol=SYMBOL, orderId=placed["orderId"])
        self.same_as(seen, self.usdm("nautilus/http_json/order_response.json", {"cumQuote": "cumBase"}, {"pair": ""}))
        self.assertEqual([o["orderId"] for o in self.client.signed("GET", "/dapi/v1/openOrders")], [placed["orderId"]])
        canceled = self.client.signed("DELETE", "/dapi/v1/order", symbol=SYMBOL, origClientOrderId="mine")
        self.assertEqual(canceled["status"], "CANCELED")
        again = self.client.signed("DELETE", "/dapi/v1/order", symbol=SYMBOL, origClientOrderId="mine")
        self.assertEqual((again["code"], self.client.status), (-2011, 400))

    def test_orders_are_listed_by_contract_and_by_pair(self):
        placed = self.limit()
        self.client.signed("DELETE", "/dapi/v1/batchOrders", symbol=SYMBOL, orderidlist=f"[{placed['orderId']}]")
        for asked in ({"symbol": SYMBOL}, {"pair": "BTCUSD"}):
            order = self.client.signed("GET", "/dapi/v1/allOrders", **asked)[-1]
            self.assertEqual((order["orderId"], order["status"], order["pair"]), (placed["orderId"], "CANCELED", "BTCUSD"))
        self.assertEqual(self.client.signed("GET", "/dapi/v1/allOrders", pair="ETHUSD"), [])
        self.assertEqual(self.client.signed("GET", "/dapi/v1/allOrders")["code"], -1102)
        rate = self.client.signed("GET", "/dapi/v1/commissionRate", symbol=SYMBOL)
        self.same_as(rate, self.usdm("http/http_futures_wallet_commission_rate_btcusdt.json"))

    def test_orders_that_break_a_rule_are_refused_with_the_venues_code(self):
        _, ask = self.touch()
        for change, code in [
            ({"side": "HOLD"}, -1117),
            ({"type": "MAGIC"}, -1116),
            ({"type": "STOP", "stopPrice": "1"}, -4120),
            ({"timeInForce": None}, -1102),
            ({"price": "90000.05"}, -1111),
            ({"quantity": "0"}, -4003),
            ({"quantity": "1.5"}, -1111),
            ({"quantity": "900000", "price": "100000.0"}, -2027),  # more than leverage 20 allows
            ({"reduceOnly": "true"}, -2022),
            ({"timeInForce": "GTX", "price": str(ask + 1000)}, -5022),
            ({"surprise": "1"}, -1104),
        ]:
            with self.subTest(change):
                answer = self.limit(**change)
                self.assertEqual((answer.get("code"), self.client.status), (code, 400), answer)

    def test_a_fill_is_worth_contracts_times_their_size_over_the_price_in_coins(self):
        order = self.market("BUY", 40)
        fills = self.client.signed("GET", "/dapi/v1/userTrades", symbol=SYMBOL, orderId=order["orderId"])
        self.assertEqual(sum(Decimal(f["qty"]) for f in fills), 40)
        for fill in fills:
            coins = Decimal(fill["qty"]) * SIZE / Decimal(fill["price"])
            for name, exact in [("baseQty", coins), ("commission", coins * Decimal("0.0005"))]:
                self.assertLess(abs(Decimal(fill[name]) - exact), Decimal("0.00000001"), name)
            self.assertEqual((fill["commissionAsset"], fill["marginAsset"], fill["pair"]), ("BTC", "BTC", "BTCUSD"))
        # What the venue calls the average price gives the same coins for the same dollars.
        self.assertAlmostEqual(40 * SIZE / Decimal(order["avgPrice"]), Decimal(order["cumBase"]), 7)
        self.assertAlmostEqual(Decimal(self.risk()["entryPrice"]), Decimal(order["avgPrice"]), 1)
        self.same_as(fills, self.usdm("http/http_futures_account_trades.json", {"quoteQty": "baseQty"}, {"pair": ""}))

    def test_a_position_is_margined_and_pays_in_coins(self):
        before = self.wallet()
        self.same_as(
            self.client.signed("GET", "/dapi/v1/balance"),
            self.usdm("nautilus/http_json/balance.json", {"maxWithdrawAmount": "withdrawAvailable", "marginAvailable": None}))
        first = len(self.client.signed("GET", "/dapi/v1/userTrades", symbol=SYMBOL))
        self.market("SELL", 200)
        risk = self.risk()
        self.assertEqual(Decimal(risk["positionAmt"]), -200)
        names = {"maxNotionalValue": "maxQty", "notional": "notionalValue"}
        self.same_as([risk], self.usdm("nautilus/http_json/position_risk.json", names))
        (held,) = self.client.signed("GET", "/dapi/v1/account")["assets"]
        margin = Decimal(held["initialMargin"])
        self.assertAlmostEqual(margin, abs(Decimal(risk["notionalValue"])) / 20, 3, "leverage 20, in coins")
        self.market("BUY", 200, reduceOnly="true")
        ours = self.client.signed("GET", "/dapi/v1/userTrades", symbol=SYMBOL)[first:]
        coins = {"SELL": Decimal(0), "BUY": Decimal(0)}
        for t in ours:
            coins[t["side"]] += Decimal(t["qty"]) * SIZE / Decimal(t["price"])
        # Short: earns coins where they cost fewer dollars when it is bought back, that is more coins are bought back.
        realised = sum(Decimal(t["realizedPnl"]) for t in ours)
        fees = sum(Decimal(t["commission"]) for t in ours)
        # The wallet keeps what is owed exactly; each amount is told with eight digits, so each may hide one unit of the last.
        hidden = (2 * len(ours) + 2) * Decimal("0.00000001")
        self.assertLess(abs(realised - (coins["BUY"] - coins["SELL"])), hidden)
        self.assertLess(abs(self.wallet() - before - (realised - fees)), hidden)
        self.assertLess(self.wallet(), before, "the spread and the fees")

    def test_conditional_orders_go_by_the_algo_service_alone(self):
        bid, _ = self.touch()
        placed = self.algo(clientAlgoId="stop-1")
        self.assertEqual((placed["algoStatus"], placed["clientAlgoId"]), ("NEW", "stop-1"))
        self.assertEqual([a["algoId"] for a in self.client.signed("GET", "/dapi/v1/openAlgoOrders")], [placed["algoId"]])
        self.assertEqual(self.client.signed("GET", "/dapi/v1/openOrders"), [])
        self.assertEqual(self.algo(triggerPrice=str(bid * 2))["code"], -2021)
        canceled = self.client.signed("DELETE", "/dapi/v1/algoOrder", algoId=placed["algoId"])
        self.assertEqual(canceled["algoId"], placed["algoId"])
        self.assertEqual(self.client.signed("GET", "/dapi/v1/algoOrder", algoId=placed["algoId"])["algoStatus"], "CANCELED")

    # ---- how an account trades

    def test_modes_and_leverage_are_those_of_usdm(self):
        context = Exchange("--seed", "7")
        client = CoinFutures(context.__enter__())
        self.addCleanup(context.__exit__)
        set_to = client.signed("POST", "/dapi/v1/leverage", symbol=SYMBOL, leverage=10)
        self.assertEqual(set_to, {"leverage": 10, "maxQty": "100", "symbol": SYMBOL})
        self.assertEqual(client.signed("POST", "/dapi/v1/leverage", symbol=SYMBOL, leverage=126)["code"], -4028)
        self.assertEqual(client.signed("POST", "/dapi/v1/marginType", symbol=SYMBOL, marginType="ISOLATED")["code"], 200)
        self.assertEqual(client.signed("POST", "/dapi/v1/positionSide/dual", dualSidePosition="true")["code"], 200)
        for side, of in (("BUY", "LONG"), ("SELL", "SHORT")):
            client.signed("POST", "/dapi/v1/order", symbol=SYMBOL, side=side, positionSide=of, type="MARKET", quantity="50")
        risks = client.signed("GET", "/dapi/v1/positionRisk", pair="BTCUSD")
        self.assertEqual([(r["positionSide"], r["positionAmt"], r["leverage"], r["marginType"]) for r in risks],
                         [("LONG", "50", "10", "isolated"), ("SHORT", "-50", "10", "isolated")])
        for risk in risks:
            coins = 50 * SIZE / Decimal(risk["entryPrice"])
            self.assertAlmostEqual(Decimal(risk["isolatedWallet"]), coins / 10, 6)
        (of_pair,) = client.signed("GET", "/dapi/v2/leverageBracket", symbol=SYMBOL)
        self.assertEqual((of_pair["brackets"][0]["qtylFloor"], of_pair["brackets"][0]["qtyCap"]), (0, 5))

    # ---- the user stream

    def test_the_user_stream_tells_of_orders_fills_and_the_account(self):
        stream = self.user_stream()
        self.limit(newClientOrderId="told")
        told = stream.receive(lambda m: m["e"] == "ORDER_TRADE_UPDATE")
        self.assertEqual((told["o"]["x"], told["o"]["c"], told["o"]["ma"]), ("NEW", "told", "BTC"))
        theirs = self.usdm("nautilus/user_data_json/order_update_trade.json")
        theirs["o"]["ma"] = ""
        self.same_as(told, theirs)
        self.client.signed("DELETE", "/dapi/v1/order", symbol=SYMBOL, origClientOrderId="told")
        told = stream.receive(lambda m: m["e"] == "ORDER_TRADE_UPDATE")
        self.assertEqual((told["o"]["x"], told["o"]["X"]), ("CANCELED", "CANCELED"))
        self.market("BUY", 10)
        told = stream.receive()
        self.assertEqual((told["e"], told["o"]["x"]), ("ORDER_TRADE_UPDATE", "NEW"), "no short form on COIN-M")
        told = stream.receive(lambda m: m["e"] == "ORDER_TRADE_UPDATE" and m["o"]["x"] == "TRADE")
        self.assertEqual(told["o"]["N"], "BTC")
        told = stream.receive(lambda m: m["e"] == "ACCOUNT_UPDATE")
        self.same_as(told, self.usdm("nautilus/user_data_json/account_update.json", more={"i": ""}))
        self.assertEqual([(b["a"]) for b in told["a"]["B"]], ["BTC"])
        self.algo(clientAlgoId="algo-told")
        told = stream.receive(lambda m: m["e"] == "ALGO_UPDATE")
        self.same_as(told, self.usdm("nautilus/user_data_json/algo_update_new.json"))

    def test_a_listen_key_must_exist(self):
        with self.assertRaises(ConnectionError):
            self.exchange.socket(self.client.venue["ws"] + "/ws/" + "0" * 64)
        key = self.client.keyed("POST", "/dapi/v1/listenKey")["listenKey"]
        self.assertEqual(self.client.keyed("PUT", "/dapi/v1/listenKey")["listenKey"], key)
        self.assertEqual(self.client.keyed("DELETE", "/dapi/v1/listenKey"), {})
        self.assertEqual(self.client.keyed("PUT", "/dapi/v1/listenKey")["code"], -1125)

    # ---- market data

    def test_market_data_have_usdms_fields_with_coinms_names(self):
        pair = {"pair": ""}
        for path, file, names, more, asked in [
            ("depth", "depth", {}, pair | {"symbol": ""}, {"symbol": SYMBOL}),
            ("trades", "trades", {"quoteQty": "baseQty"}, {}, {"symbol": SYMBOL}),
            ("premiumIndex", "premium_index", {}, pair, {"symbol": SYMBOL}),
            ("ticker/price", "ticker_price", {}, {"ps": ""}, {"symbol": SYMBOL}),
            ("ticker/bookTicker", "book_ticker", {}, pair, {"pair": "BTCUSD"}),
            ("ticker/24hr", "ticker_24hr", {"quoteVolume": "baseVolume"}, pair, {"symbol": SYMBOL}),
        ]:
            with self.subTest(path):
                ours = self.client.public("/dapi/v1/" + path, **asked)
                theirs = self.usdm(f"http/http_futures_market_{file}.json", names, more)
                # Where USD-M has one object for one symbol, COIN-M has a list of one.
                one = path.startswith("ticker") or path == "premiumIndex"
                self.same_as(ours, [theirs] if one else theirs)
        klines = self.client.public("/dapi/v1/klines", symbol=SYMBOL, interval="1m")
        volume, coins, low, high = (Decimal(klines[-2][i]) for i in (5, 7, 3, 2))
        if volume:
            self.assertLessEqual(volume * SIZE / high, coins * Decimal("1.00000001"), "volume is contracts, value coins")
            self.assertGreaterEqual(volume * SIZE / low, coins * Decimal("0.99999999"))
        (info,) = self.client.public("/dapi/v1/exchangeInfo")["symbols"]
        theirs = self.usdm("http/http_futures_market_exchange_info.json")["symbols"][0]
        theirs = renamed(theirs, {"status": "contractStatus", "settlePlan": None}, {"contractSize": 1, "equalQtyPrecision": 1})
        self.same_as(info, theirs)
        self.assertEqual((info["contractSize"], info["marginAsset"], info["pair"]), (SIZE, "BTC", "BTCUSD"))

    def test_streams_have_the_fields_of_the_recorded_ones_at_one_address(self):
        path = DATA / "market/binance_ws_raw/coinm_btcusd_perp_20240808.jsonl.gz"
        if not path.is_file():
            self.skipTest("no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
        theirs = {}
        with gzip.open(path, "rt") as lines:
            for line in lines:
                message = json.loads(line.split(" ", 1)[1])
                if "data" in message:
                    theirs[message["data"]["e"]] = message["data"]
                if len(theirs) == 3:
                    break
        names = ["depth@100ms", "bookTicker", "trade", "aggTrade", "markPrice@1s", "kline_1m", "ticker"]
        streams = "/".join(f"btcusd_perp@{name}" for name in names)
        socket = self.exchange.socket(self.client.venue["ws"] + "/stream?streams=" + streams)
        for name, kind in [("depth@100ms", "depthUpdate"), ("bookTicker", "bookTicker"), ("trade", "trade")]:
            with self.subTest(name):
                message = socket.receive(lambda m, name=name: m.get("stream") == f"btcusd_perp@{name}", 60)
                self.same_as(message["data"], theirs[kind])
        for name, file in [("aggTrade", "agg_trade_stream"), ("markPrice@1s", "mark_price_stream"),
                           ("kline_1m", "kline_stream_open"), ("ticker", "ticker_stream")]:
            with self.subTest(name):
                message = socket.receive(lambda m, name=name: m.get("stream") == f"btcusd_perp@{name}", 60)
                self.same_as(message["data"], self.usdm(f"nautilus/market_data_json/{file}.json"), ("st", "ps"))
        self.assertEqual(message["data"]["ps"], "BTCUSD")
        with self.assertRaises(ConnectionError):
            self.exchange.socket(self.client.venue["ws"] + "/public/ws/btcusd_perp@depth")

    def test_a_book_kept_from_the_stream_is_the_venues(self):
        stream = self.exchange.socket(self.client.venue["ws"] + "/ws/btcusd_perp@depth@100ms")
        assert_keeps_the_book(self, stream, lambda: self.client.public("/dapi/v1/depth", symbol=SYMBOL, limit=1000),
                              lambda update, last: update["pu"] == last)


if __name__ == "__main__":
    unittest.main(verbosity=1)
