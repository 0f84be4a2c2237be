#!/usr/bin/env python3
"""`stom exchange` as Kiwoom, over real sockets: tokens, quotes, charts, rankings, orders, the account, registrations, and that each
message has the fields and types of a recorded or documented one (STOM_TEST_DATA; without it those are skipped).

usage: STOM_PROGRAM=build/dev/bin/stom STOM_HOME=FOLDER kiwoom_test.py
"""

import http.client
import json
import os
import pathlib
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import Exchange, differences

DATA = pathlib.Path(os.environ.get("STOM_TEST_DATA", pathlib.Path(__file__).parents[3] / "shared/data"))
KIWOOM = DATA / "protocol/kiwoom_rest"
STOCK = "005930"
OTHER = "000660"
PATHS = {"ka10001": "stkinfo", "ka10003": "stkinfo", "ka10099": "stkinfo", "ka10100": "stkinfo", "ka10004": "mrkcond", "ka10079": "chart",
         "ka10080": "chart", "ka10081": "chart", "ka10027": "rkinfo", "ka10030": "rkinfo", "ka10032": "rkinfo", "ka10075": "acnt",
         "ka10076": "acnt", "kt00001": "acnt", "kt00004": "acnt", "kt00018": "acnt", "kt00007": "acnt", "kt10000": "ordr", "kt10001": "ordr", "kt10002": "ordr",
         "kt10003": "ordr"}


class Client:
    def __init__(self, exchange):
        self.exchange = exchange
        self.venue = exchange.line["venues"]["kiwoom"]
        self.token = self.post("/oauth2/token", "au10001", grant_type="client_credentials", appkey=self.venue["key"],
                               secretkey=self.venue["secret"])["token"]

    def post(self, path, api_id, headers=None, **body):
        sent = {"Content-Type": "application/json;charset=UTF-8", "api-id": api_id, **(headers or {})}
        self.status, received, text = self.exchange.http("POST", self.venue["rest"] + path, sent, json.dumps(body))
        self.headers = {name.lower(): value for name, value in received.items()}
        return json.loads(text)

    def call(self, api_id, headers=None, **body):
        """Asked again for as long as the venue says that it was asked too often."""
        signed = {"authorization": "Bearer " + self.token, **(headers or {})}
        while True:
            answer = self.post("/api/dostk/" + PATHS[api_id], api_id, signed, **body)
            if self.status != 429:
                return answer

    def login(self):
        stream = self.exchange.socket(self.venue["ws"] + "/api/dostk/websocket")
        stream.send({"trnm": "LOGIN", "token": self.token})
        assert stream.receive()["return_code"] == 0
        return stream

    @staticmethod
    def register(stream, items, types, **more):
        stream.send({"trnm": "REG", "grp_no": "1", "refresh": "1", "data": [{"item": items, "type": types}]} | more)
        return stream.receive(lambda m: m["trnm"] == "REG")


def number(text):
    return abs(int(text))


def real(kind, **values):
    def wanted(message):
        return message["trnm"] == "REAL" and any(
            e["type"] == kind and all(e["values"].get(k.lstrip("_")) == v for k, v in values.items()) for e in message["data"])
    return wanted


def first_of_each(stream, kinds):
    """The first message of each type, in whatever order they come; pings are sent back."""
    found = {}
    while not set(kinds) <= set(found):
        message = stream.receive(lambda m: m["trnm"] in ("REAL", "PING"))
        if message["trnm"] == "PING":
            stream.send(message)
        else:
            found.setdefault(message["data"][0]["type"], message)
    return found


class Kiwoom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = Exchange("--seed", "7", "--markets", "34")
        cls.exchange = cls.context.__enter__()
        cls.client = Client(cls.exchange)

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()

    def tearDown(self):
        for order in self.open_orders():
            self.cancel(order["ord_no"], order["stk_cd"])

    # ---- what the venue's own documents say

    def document(self, api_id):
        if not DATA.is_dir():
            self.skipTest("no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
        with open(KIWOOM / "official_doc_examples.jsonl") as lines:
            for line in lines:
                example = json.loads(line)
                if example["api_id"] == api_id:
                    return [e["parsed"] for e in example["response_examples"]]
        self.fail(api_id)

    def same_as(self, ours, api_id, at=0, optional=()):
        self.assertEqual(differences(ours, self.document(api_id)[at], optional), [], ours)

    def recorded(self, wanted):
        if not DATA.is_dir():
            self.skipTest("no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
        with open(KIWOOM / "captured_ws_20260911_005930.log") as lines:
            for line in lines:
                frame = json.loads(line.rsplit("\t", 1)[1])
                if wanted(frame):
                    return frame
        self.fail("no such frame was recorded")

    # ---- orders

    def touch(self, code=STOCK):
        book = self.client.call("ka10004", stk_cd=code)
        return number(book["buy_fpr_bid"]), number(book["sel_fpr_bid"])

    def order(self, api_id="kt10000", **more):
        bid, _ = self.touch()
        body = {"dmst_stex_tp": "KRX", "stk_cd": STOCK, "ord_qty": "3", "ord_uv": str(bid * 9 // 10 // 100 * 100), "trde_tp": "0",
                "cond_uv": ""} | more
        return self.client.call(api_id, **{k: v for k, v in body.items() if v is not None})

    def cancel(self, order_number, code=STOCK):
        return self.client.call("kt10003", dmst_stex_tp="KRX", orig_ord_no=order_number, stk_cd=code, cncl_qty="0")

    def open_orders(self):
        return self.client.call("ka10075", all_stk_tp="0", trde_tp="0", stk_cd="", stex_tp="0")["oso"]

    def held(self):
        lines = self.client.call("kt00018", qry_tp="1", dmst_stex_tp="KRX")["acnt_evlt_remn_indv_tot"]
        return {line["stk_cd"]: number(line["rmnd_qty"]) for line in lines}

    # ---- tokens

    def test_a_token_is_bought_with_the_key_and_is_worth_nothing_once_given_back(self):
        client = Client(self.exchange)
        key = {"appkey": client.venue["key"], "secretkey": client.venue["secret"]}
        bought = client.post("/oauth2/token", "au10001", grant_type="client_credentials", **key)
        self.same_as(bought, "au10001")
        for change, code in [({"secretkey": "x" * 43}, "8001"), ({"grant_type": "password"}, "8012"), ({"appkey": ""}, "1511")]:
            with self.subTest(change):
                refused = client.post("/oauth2/token", "au10001", **({"grant_type": "client_credentials"} | key | change))
                self.assertNotEqual(refused["return_code"], 0)
                self.assertIn(code, refused["return_msg"])
        client.token = bought["token"]
        self.assertEqual(client.call("ka10100", stk_cd=STOCK)["return_code"], 0)
        self.same_as(client.post("/oauth2/revoke", "au10002", token=bought["token"], **key), "au10002")
        refused = client.call("ka10100", stk_cd=STOCK)
        self.assertEqual((client.status, refused["return_code"]), (200, 3))
        self.assertIn("8005", refused["return_msg"])

    def test_a_request_names_its_api_where_that_is_served(self):
        signed = {"authorization": "Bearer " + self.client.token}
        for path, api_id, headers, code in [
            ("/api/dostk/stkinfo", "ka10004", signed, "1504"),
            ("/api/dostk/stkinfo", "ka99999", signed, "1505"),
            ("/api/dostk/stkinfo", "", signed, "1501"),
            ("/api/dostk/stkinfo", "ka10001", {}, "1513"),
            ("/api/dostk/stkinfo", "ka10001", {"authorization": "Basic abc"}, "1514"),
        ]:
            with self.subTest(code):
                self.assertIn(f"[{code}:", self.client.post(path, api_id, headers, stk_cd=STOCK)["return_msg"])
        self.assertIn("[1902:", self.client.call("ka10001", stk_cd="999999")["return_msg"])
        self.assertIn("[1511:", self.client.call("ka10001")["return_msg"])
        self.client.post("/api/dostk/nowhere", "ka10001", signed)
        self.assertEqual(self.client.status, 404)

    def test_one_request_too_many_within_a_second_is_refused(self):
        headers = {"authorization": "Bearer " + self.client.token, "api-id": "ka10004"}
        url = urllib.parse.urlsplit(self.client.venue["rest"])
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=self.exchange.trust, timeout=30)
        answers = []
        while not answers or answers[-1][0] != 429:
            self.assertLess(len(answers), 1000)
            connection.request("POST", url.path + "/api/dostk/mrkcond", json.dumps({"stk_cd": STOCK}), headers)
            response = connection.getresponse()
            answers.append((response.status, json.loads(response.read())))
        connection.close()
        self.assertEqual(answers[-1][1]["return_code"], 5)
        self.assertIn("1700", answers[-1][1]["return_msg"])
        other = self.client.post("/api/dostk/stkinfo", "ka10100", headers | {"api-id": "ka10100"}, stk_cd=STOCK)
        self.assertEqual(other["return_code"], 0, "each has its own")

    # ---- quotes, charts, rankings

    def test_quotes_charts_and_rankings_have_the_venues_fields(self):
        if not DATA.is_dir():
            self.skipTest("no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
        for api_id, body in [
            ("ka10003", {"stk_cd": STOCK}),
            ("ka10099", {"mrkt_tp": "0"}),
            ("ka10100", {"stk_cd": STOCK}),
            ("ka10079", {"stk_cd": STOCK, "tic_scope": "1", "upd_stkpc_tp": "1"}),
            ("ka10080", {"stk_cd": STOCK, "tic_scope": "5", "upd_stkpc_tp": "1"}),
            ("ka10081", {"stk_cd": STOCK, "base_dt": "20991231", "upd_stkpc_tp": "1"}),
            ("ka10027", {"mrkt_tp": "000", "sort_tp": "1"}),
            ("ka10032", {"mrkt_tp": "001", "mang_stk_incls": "1", "stex_tp": "3"}),
        ]:
            with self.subTest(api_id):
                self.same_as(self.client.call(api_id, **body), api_id)
        # The document's example says returnCode and returnMsg there, against its own table of fields.
        ours = self.client.call("ka10030", mrkt_tp="000", sort_tp="1")
        self.same_as(ours, "ka10030", optional=("return_code", "return_msg", "returnCode", "returnMsg"))
        for api_id in ("ka10001", "ka10004"):
            with self.subTest(api_id):
                theirs = json.loads((KIWOOM / f"captured_{api_id}_20260918.json").read_text())
                self.assertEqual(differences(self.client.call(api_id, stk_cd=STOCK), theirs), [])
        refused = self.client.call("ka10080", stk_cd=STOCK, tic_scope="307445734562", upd_stkpc_tp="1")
        self.assertIn("1517", refused["return_msg"], "so many minutes are no time that fits")

    def test_a_list_goes_on_where_the_venue_says(self):
        seen = []
        headers = {}
        while True:
            page = self.client.call("ka10080", headers, stk_cd=STOCK, tic_scope="1", upd_stkpc_tp="1")
            seen += [bar["cntr_tm"] for bar in page["stk_min_pole_chart_qry"]]
            if self.client.headers["cont-yn"] == "N":
                break
            headers = {"cont-yn": "Y", "next-key": self.client.headers["next-key"]}
        self.assertGreater(len(seen), 200, "a day of minutes, a hundred a page")
        self.assertEqual(seen, sorted(set(seen), reverse=True), "the newest first, none twice")

    def test_prices_are_whole_won_on_krxs_ladder(self):
        book = self.client.call("ka10004", stk_cd=STOCK)
        for name, price in book.items():
            if name.endswith("_bid") and name != "return_msg":
                self.assertEqual(number(price) % 100, 0, f"{name}: the tick between 50,000 and 200,000 won is 100")

    # ---- orders

    def test_an_order_is_placed_seen_and_canceled(self):
        placed = self.order()
        self.same_as(placed, "kt10001")
        mine = [o for o in self.open_orders() if o["ord_no"] == placed["ord_no"]]
        self.same_as({"oso": mine, "return_code": 0, "return_msg": ""}, "ka10075")
        self.assertEqual((mine[0]["ord_stt"], mine[0]["io_tp_nm"], mine[0]["oso_qty"]), ("접수", "+매수", "3"))
        canceled = self.cancel(placed["ord_no"])
        self.same_as(canceled, "kt10003")
        self.assertEqual(canceled["base_orig_ord_no"], placed["ord_no"])
        self.assertEqual(self.open_orders(), [])
        self.assertNotEqual(self.cancel(placed["ord_no"])["return_code"], 0)

    def test_an_order_that_is_amended_goes_on_under_another_number(self):
        placed = self.order()
        bid, _ = self.touch()
        amended = self.client.call("kt10002", dmst_stex_tp="KRX", orig_ord_no=placed["ord_no"], stk_cd=STOCK, mdfy_qty="3",
                                   mdfy_uv=str(bid * 85 // 100 // 100 * 100), mdfy_cond_uv="")
        self.same_as(amended, "kt10002")
        self.assertEqual([o["ord_no"] for o in self.open_orders()], [amended["ord_no"]])
        self.assertEqual(self.open_orders()[0]["orig_ord_no"], placed["ord_no"])

    def test_orders_that_break_a_rule_are_refused(self):
        _, ask = self.touch()
        for change, words in [
            ({"dmst_stex_tp": "NYSE"}, "1517"),
            ({"stk_cd": "999999"}, "1902"),
            ({"ord_qty": "-1"}, "1517"),
            ({"ord_qty": "1000000000000"}, "1517"),
            ({"ord_qty": "0"}, "주문수량"),
            ({"ord_qty": ""}, "1511"),
            ({"ord_uv": str(ask + 1)}, "호가단위"),
            ({"ord_uv": str(ask * 2)}, "상한가"),
            ({"ord_qty": "1000000"}, "부족"),
            ({"trde_tp": "81"}, "매매구분"),
        ]:
            with self.subTest(change):
                answer = self.order(**change)
                self.assertNotEqual(answer["return_code"], 0, answer)
                self.assertIn(words, answer["return_msg"])
        refused = self.order("kt10001", ord_qty="1000000", ord_uv=str(ask))
        self.assertIn("부족", refused["return_msg"], "what one has not one cannot sell")
        self.assertEqual(self.open_orders(), [])

    def test_what_is_bought_is_held_and_sold_again(self):
        before = self.held().get("A" + STOCK, 0)
        bought = self.order(ord_qty="4", ord_uv="", trde_tp="3")
        self.assertEqual(bought["return_code"], 0, bought)
        self.assertEqual(self.held()["A" + STOCK], before + 4)
        done = self.client.call("ka10076", stk_cd=STOCK, qry_tp="1", sell_tp="0", ord_no="", stex_tp="0")
        self.assertEqual(done["cntr"][0]["ord_no"], bought["ord_no"])
        self.same_as(done, "ka10076")
        day = {"qry_tp": "4", "stk_bond_tp": "1", "sell_tp": "0", "stk_cd": STOCK, "fr_ord_no": bought["ord_no"], "dmst_stex_tp": "%"}
        today = self.client.call("kt00007", ord_dt="", **day)
        self.assertEqual([(o["ord_no"], o["cntr_qty"]) for o in today["acnt_ord_cntr_prps_dtl"]], [(bought["ord_no"], "0000000004")])
        self.same_as(today, "kt00007")
        self.assertEqual(self.client.call("kt00007", ord_dt="20260102", **day)["acnt_ord_cntr_prps_dtl"], [])
        self.same_as(self.client.call("kt00018", qry_tp="1", dmst_stex_tp="KRX"), "kt00018")
        self.same_as(self.client.call("kt00004", qry_tp="0", dmst_stex_tp="KRX"), "kt00004")
        cash = self.client.call("kt00001", qry_tp="3")
        self.same_as(cash, "kt00001")
        self.assertLess(number(cash["ord_alow_amt"]), 100_000_000)
        self.assertEqual(self.order("kt10001", ord_qty="4", ord_uv="", trde_tp="3")["return_code"], 0)
        self.assertEqual(self.held().get("A" + STOCK, 0), before)

    # ---- the stream

    def test_nothing_is_served_before_the_login(self):
        stream = self.exchange.socket(self.client.venue["ws"] + "/api/dostk/websocket")
        self.assertEqual(self.client.register(stream, [STOCK], ["0B"])["return_code"], 100013)
        stream.send({"trnm": "LOGIN", "token": "wrong"})
        self.assertNotEqual(stream.receive()["return_code"], 0)
        with self.assertRaises((ConnectionError, OSError)):
            stream.receive()

    def test_streams_have_the_venues_fields(self):
        stream = self.client.login()
        answer = self.client.register(stream, [STOCK, OTHER], ["0B", "0C", "0D"])
        self.same_as(answer, "0B")
        told = first_of_each(stream, ["0B", "0C", "0D"])
        theirs = self.recorded(lambda f: f["trnm"] == "REAL" and f["data"][0]["type"] == "0B")
        self.assertEqual(differences(told["0B"], theirs), [])
        self.same_as(told["0C"], "0C", 1)
        self.same_as(told["0D"], "0D", 1)
        self.client.register(stream, [""], ["0s"])
        self.same_as(stream.receive(real("0s")), "0s", 1)
        self.client.register(stream, ["001"], ["0J"])
        self.same_as(stream.receive(real("0J")), "0J", 1)

    def test_a_stock_is_told_under_the_name_it_was_registered_by(self):
        stream = self.client.login()
        self.client.register(stream, [STOCK + "_NX"], ["0D"])
        self.assertEqual(stream.receive(real("0D"), 60)["data"][0]["item"], STOCK + "_NX")

    def test_the_account_is_told_of_its_orders_and_holdings(self):
        stream = self.client.login()
        self.client.register(stream, [""], ["00", "04"])
        placed = self.order()
        told = stream.receive(real("00"))
        self.assertEqual(differences(told, self.recorded(lambda f: f["trnm"] == "REAL" and f["data"][0]["type"] == "00")), [])
        values = told["data"][0]["values"]
        self.assertEqual((values["9203"], values["913"], values["902"]), (placed["ord_no"], "접수", "3"))
        canceled = self.cancel(placed["ord_no"])
        told = stream.receive(real("00", _913="확인"))["data"][0]["values"]
        self.assertEqual((told["9203"], told["904"], told["905"]), (canceled["ord_no"], placed["ord_no"], "매수취소"))
        self.order(ord_qty="2", ord_uv="", trde_tp="3")
        filled = stream.receive(real("00", _913="체결"))
        self.assertEqual(differences(
            filled, self.recorded(lambda f: f["trnm"] == "REAL" and f["data"][0]["values"].get("913") == "체결")), [])
        self.same_as(stream.receive(real("04")), "04", 1)
        self.order("kt10001", ord_qty="2", ord_uv="", trde_tp="3")

    def test_the_hundred_and_first_stock_is_refused_and_nothing_of_its_message_counts(self):
        codes = [s["code"] for s in self.client.call("ka10099", mrkt_tp="0")["list"]]
        stream = self.client.login()
        every = [code + place for place in ("", "_NX", "_AL") for code in codes]
        items, extra = every[:100], every[100]
        self.assertEqual(self.client.register(stream, items, ["0B"])["return_code"], 0)
        self.assertEqual(self.client.register(stream, items[:1], ["0D"])["return_code"], 0, "a second type of the same stock")
        self.assertEqual(self.client.register(stream, [extra], ["0B"])["return_code"], 1)
        stream.send({"trnm": "REMOVE", "grp_no": "1", "data": [{"item": items[1:2], "type": ["0B"]}]})
        self.assertEqual(stream.receive(lambda m: m["trnm"] == "REMOVE")["return_code"], 0)
        self.assertEqual(self.client.register(stream, [extra], ["0B"])["return_code"], 0)

    def test_a_condition_is_searched_and_followed(self):
        stream = self.client.login()
        stream.send({"trnm": "CNSRLST"})
        self.same_as(stream.receive(lambda m: m["trnm"] == "CNSRLST"), "ka10171")
        stream.send({"trnm": "CNSRREQ", "seq": "1", "search_type": "0", "stex_tp": "K", "cont_yn": "N", "next_key": ""})
        self.same_as(stream.receive(lambda m: m["trnm"] == "CNSRREQ"), "ka10172")
        stream.send({"trnm": "CNSRREQ", "seq": "2", "search_type": "1", "stex_tp": "K"})
        self.same_as(stream.receive(lambda m: m["trnm"] == "CNSRREQ"), "ka10173")
        self.same_as(stream.receive(real("02"), 60), "ka10173", 1)
        stream.send({"trnm": "CNSRCLR", "seq": "2"})
        self.same_as(stream.receive(lambda m: m["trnm"] == "CNSRCLR"), "ka10174")

    def test_a_ping_comes_every_ten_seconds(self):
        stream = self.client.login()
        self.assertEqual(stream.receive(lambda m: m["trnm"] == "PING"), {"trnm": "PING"})
        stream.send({"trnm": "PING"})


class Hours(unittest.TestCase):
    """By KRX's rules, half a minute before the opening of a day that the exchange's clock is set to."""

    def test_orders_before_the_opening_trade_at_its_one_price(self):
        with Exchange("--seed", "7", "--markets", "1", "--market-rules", "venue", "--at", "2026-11-27T08:59:30+09:00") as exchange:
            self.assertEqual(exchange.line["market_rules"], "venue")
            client = Client(exchange)
            stream = client.login()
            client.register(stream, [STOCK], ["0B", "0D", "1h"])
            client.register(stream, [""], ["00", "0s"], refresh="1")
            upper = client.call("ka10001", stk_cd=STOCK)["upl_pric"].lstrip("+")
            placed = client.call("kt10000", dmst_stex_tp="KRX", stk_cd=STOCK, ord_qty="3", ord_uv=upper, trde_tp="0", cond_uv="")
            self.assertEqual(placed["return_code"], 0, placed)
            refused = client.call("kt10000", dmst_stex_tp="KRX", stk_cd=STOCK, ord_qty="3", ord_uv=upper, trde_tp="10", cond_uv="")
            self.assertNotEqual(refused["return_code"], 0, "an auction takes no IOC")
            found = {}
            while not {"opened", "print", "fill"} <= set(found):
                message = stream.receive(lambda m: m["trnm"] in ("REAL", "PING"), 60)
                if message["trnm"] == "PING":
                    stream.send(message)
                    continue
                kind, values = message["data"][0]["type"], message["data"][0]["values"]
                if kind == "0s" and values["215"] == "3":
                    found.setdefault("opened", values["20"])
                if kind == "0B":
                    found.setdefault("print", values)
                if kind == "00" and values["913"] == "체결":
                    found.setdefault("fill", values)
            self.assertEqual(found["opened"], "090000")
            self.assertEqual(number(found["fill"]["910"]), number(found["print"]["10"]))
            self.assertLess(number(found["fill"]["910"]), int(upper), "the auction's price, not the order's limit")
            self.assertTrue("090000" <= found["print"]["20"] <= "090030", found["print"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
