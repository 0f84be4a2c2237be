#!/usr/bin/env python3
"""Three venues and one book in won, as docs/one-book.md has it, with its own files, flags and limits: condition texts trade all
three by an order grid, beside a bracket at each. Over kill -9 nothing is lost or doubled: what is held at each venue is what the
session says, whose each fill is follows from the journal alone, and the same six orders are kept as before.

usage: STOM_PROGRAM=build/dev/bin/stom one_book_test.py
"""

import json
import pathlib
import re
import shlex
import sys
import unittest
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from kiwoom_test import Client as KiwoomClient
from several_test import OwnedJournal
from trade_test import AtTheExchange, Trade, answered, first, stom
from venue_client import Upbit

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/one-book.md"
COIN, CONTRACT, STOCK = "upbit:KRW-BTC", "binance-usdm:BTCUSDT", "kiwoom:005930"
WON = {COIN: 1, CONTRACT: 1400, STOCK: 1}  # by the page's rate
TEXTS = 1  # the place of the texts among the strategies


class OneBook(AtTheExchange):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.upbit, cls.kiwoom = Upbit(cls.exchange), KiwoomClient(cls.exchange)
        [_, cls.block] = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.M | re.S)
        for text, name in re.findall(r"^printf '(.*)' >(\S+)$", cls.block, re.M):
            (cls.home / name).write_text(text.replace("\\n", "\n"))
        for name, text in re.findall(r"^cat >(\S+) <<'TOML'\n(.*?)^TOML$", cls.block, re.M | re.S):
            (cls.home / name).write_text(text)

    def begin(self, *more):
        """By the page's own line; the folder and the file of venues are this test's."""
        words = shlex.split(re.search(r'stom trade start (.*?) "\$@"', self.block, re.S)[1].replace("\\\n", ""))
        mine = {"--venues": str(self.file), "--strategies": str(self.home / "book.toml")}
        words = [mine.get(before, word) for before, word in zip(["", *words], words)]
        at = words.index("--session")
        return Trade(self.folder(), *words[:at], *words[at + 2 :], *more)

    def go_on(self):
        """As the page does it: what was to be sent once is sent no more."""
        book = self.home / "book.toml"
        for old, new in re.findall(r"-e 's/(.*?)/(.*?)/'", self.block):
            book.write_text(re.sub(old, new, book.read_text(), flags=re.M))
        for gone in re.findall(r"-e '/(.*?)/d'", self.block):
            book.write_text("".join(line for line in book.read_text().splitlines(True) if not re.search(gone, line)))
        return self.begin("--changed")

    def at_the_venues(self):
        coins = sum(Decimal(row["balance"]) + Decimal(row["locked"]) for row in self.upbit.signed("GET", "/v1/accounts") if row["currency"] == "BTC")
        stocks = self.kiwoom.call("kt00018", qry_tp="1", dmst_stex_tp="KRX")["acnt_evlt_remn_indv_tot"]
        return {COIN: coins, CONTRACT: self.futures_position(), STOCK: sum(Decimal(row["rmnd_qty"]) for row in stocks if row["stk_cd"] == "A005930")}

    def told(self, *command):
        code, out, error = answered(*command, "--session", str(self.folder()), "--json")
        self.assertEqual(code, 0, out + error)
        return json.loads(out)

    def kept(self):
        return {(o["strategy"], o["instrument"], o["client_order_id"]) for o in self.told("account", "show")["orders"] if o["status"] == "held"}

    def fills(self):
        """(strategy, instrument, quantity) of each, as the journal has them."""
        journal = OwnedJournal(self.folder() / "journal.stom")
        decimals = self.lots(journal.configuration)
        names = list(decimals)
        return [(number % 16, names[at], Decimal(quantity).scaleb(-decimals[names[at]])) for (at, quantity), number in zip(journal.fills, journal.ids)]

    def traded(self, fills):
        return {instrument for owner, instrument, _ in fills if owner == TEXTS}

    def test_texts_trade_three_venues_beside_a_bracket_at_each_within_one_book_over_a_kill(self):
        before = self.at_the_venues()
        with self.begin() as trade:
            kept = first(self.kept, lambda kept: len(kept) == 6, trade.log)
            self.assertEqual(sorted((of, instrument) for of, instrument, _ in kept),
                             sorted(2 * [("coin", COIN), ("contract", CONTRACT), ("stock", STOCK)]))
            first(lambda: self.traded(self.fills()), lambda traded: traded == {COIN, CONTRACT, STOCK}, trade.log)
            trade.kill()
        fills = len(self.fills())
        with self.go_on() as trade:
            trade.until(lambda s: not s["waits"])
            self.assertEqual(self.kept(), kept)
            first(lambda: self.traded(self.fills()[fills:]), lambda traded: traded == {COIN, CONTRACT, STOCK}, trade.log)
            self.assertEqual(self.told("account", "reconcile")["differences"], [])
            # Nothing is sent any more, and nothing fills: now all of it can be held against each other.
            self.told("trade", "kill", "--step", "cancel")
            status = trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0})
            held = {instrument: Decimal(quantity) for instrument, quantity in status["position"].items()}
            at_the_venues = self.at_the_venues()
            self.assertEqual(held, {instrument: at_the_venues[instrument] - before[instrument] for instrument in before}, trade.log())
            self.assertEqual(held, {i: sum(quantity for _, of, quantity in self.fills() if of == i) for i in before})
            limits = {row["name"]: row for row in self.told("risk", "show")["limits"]}
            self.assertEqual([limits[name]["limit"] for name in ("gross_exposure", "order_notional", "order_rate", "daily_loss")],
                             ["900000000", "300000000", "20/1s", "50000000,flatten"])
            worth = sum(abs(Decimal(p["quantity"])) * Decimal(p["entry_price"]) * WON[p["instrument"]] for p in self.told("account", "show")["positions"])
            self.assertAlmostEqual(float(limits["gross_exposure"]["value"]) / float(worth), 1, delta=0.05)
        code, out, error = stom("verify", "--session", str(self.folder()), "--json")
        self.assertEqual((code, json.loads(out)["a"]["differences"]), (0, []), out + error)


if __name__ == "__main__":
    unittest.main()
