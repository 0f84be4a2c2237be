#!/usr/bin/env python3
"""kiwoom-client of PyPI, unmodified but for the address, against `stom exchange`: token, markets, book, charts, rankings, an order
placed, asked for and canceled, what is bought is held, streams of quotes and of the account, condition search.

usage: STOM_PROGRAM=build/dev/bin/stom STOM_HOME=FOLDER python kiwoom_pypi_client.py     (a Python that has kiwoom-client)
"""

import asyncio
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import Exchange

from kiwoom_client import AsyncKiwoomAPI, KiwoomAPI, KiwoomAPIError, KiwoomWebSocket, round_to_tick

STOCK = "005930"
PATIENCE = 180


class Kiwoom(unittest.TestCase):
    def setUp(self):
        self.context = Exchange("--seed", "5")
        line = self.context.__enter__().line
        os.environ["SSL_CERT_FILE"] = line["ca"]  # of both libraries that it is built on
        self.venue = line["venues"]["kiwoom"]
        self.api = KiwoomAPI(self.venue["key"], self.venue["secret"], base_url=self.venue["rest"])

    def tearDown(self):
        self.api.close()
        self.context.__exit__()

    def touch(self):
        book = self.api.market.stock_quote(stk_cd=STOCK)
        return abs(int(book["buy_fpr_bid"])), abs(int(book["sel_fpr_bid"]))

    def order(self, **more):
        bid, _ = self.touch()
        price = int(round_to_tick(bid * 9 // 10))
        body = {"dmst_stex_tp": "KRX", "stk_cd": STOCK, "ord_qty": "3", "ord_uv": str(price), "trde_tp": "0", "cond_uv": ""} | more
        return self.api.order.buy_order(**body)

    def open_orders(self):
        return [o["ord_no"] for o in self.api.account.unfilled_orders(all_stk_tp="0", trde_tp="0", stk_cd="", stex_tp="0")["oso"]]

    def test_markets_book_charts_and_rankings(self):
        names = {stock["code"]: stock["name"] for stock in self.api.stock_info.stock_info_list(mrkt_tp="0")["list"]}
        self.assertEqual(names[STOCK], "삼성전자")
        bid, ask = self.touch()
        self.assertLess(bid, ask)
        self.assertEqual(self.api.stock_info.basic_stock_info(stk_cd=STOCK)["stk_cd"], STOCK)
        self.assertTrue(self.api.chart.stock_minute_chart(stk_cd=STOCK, tic_scope="1", upd_stkpc_tp="1")["stk_min_pole_chart_qry"])
        self.assertTrue(self.api.ranking.top_change_rate(mrkt_tp="000", sort_tp="1")["return_code"] == 0)

    def test_an_order_is_placed_asked_for_and_canceled(self):
        placed = self.order()["ord_no"]
        self.assertEqual(self.open_orders(), [placed])
        self.api.order.cancel_order(dmst_stex_tp="KRX", orig_ord_no=placed, stk_cd=STOCK, cncl_qty="0")
        self.assertEqual(self.open_orders(), [])
        with self.assertRaises(KiwoomAPIError):
            self.api.order.cancel_order(dmst_stex_tp="KRX", orig_ord_no=placed, stk_cd=STOCK, cncl_qty="0")
        with self.assertRaises(KiwoomAPIError) as refused:
            self.order(ord_qty="99999999")
        self.assertEqual(refused.exception.code, 20)

    def test_what_is_bought_is_held(self):
        self.order(ord_uv="", trde_tp="3")
        held = self.api.account.evaluation_balance_detail(qry_tp="1", dmst_stex_tp="KRX")["acnt_evlt_remn_indv_tot"]
        self.assertEqual([(line["stk_cd"], int(line["rmnd_qty"])) for line in held], [("A" + STOCK, 3)])

    def test_a_token_that_was_given_back_is_bought_anew(self):
        self.api.login()
        first = self.api._auth.token
        self.api._auth.revoke_token(first)
        self.api._auth._store({"token": first})  # as a program that does not know
        self.assertEqual(self.api.stock_info.basic_stock_info(stk_cd=STOCK)["return_code"], 0)
        self.assertNotEqual(self.api._auth.token, first)

    def test_streams_of_quotes_and_of_the_account(self):
        asyncio.run(asyncio.wait_for(self.streams(), PATIENCE))

    async def streams(self):
        async with AsyncKiwoomAPI(self.venue["key"], self.venue["secret"], base_url=self.venue["rest"]) as api:
            token = await api._auth.get_valid_token()
            stream = KiwoomWebSocket(token, ws_url=self.venue["ws"] + "/api/dostk/websocket")
            heard = {kind: asyncio.Event() for kind in ("0B", "0D", "00", "04", "CNSRLST")}
            for kind in ("0B", "0D", "00", "04"):
                stream.on(kind, lambda item, kind=kind: heard[kind].set())
            stream.on_trnm("CNSRLST", lambda message: heard["CNSRLST"].set())
            await stream.connect()
            await stream.subscribe(["0B", "0D"], STOCK)
            await stream.subscribe(["00", "04"], "", grp_no="2")
            await stream.send(api.condition_search.condition_list())
            listening = asyncio.create_task(stream.listen())
            await heard["CNSRLST"].wait()  # behind the registrations
            await api.order.buy_order(dmst_stex_tp="KRX", stk_cd=STOCK, ord_qty="1", ord_uv="", trde_tp="3", cond_uv="")
            for event in heard.values():
                await event.wait()
            await stream.disconnect()
            await listening


if __name__ == "__main__":
    unittest.main(verbosity=1)
