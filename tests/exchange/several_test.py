#!/usr/bin/env python3
"""`stom trade start --strategies`: several strategies on one account, each with a position of its own. Whose each fill is follows
from its order's number, read here from the journal alone; together they are what the exchange holds, also over a kill, and
`stom verify` leads to the same orders.

usage: STOM_PROGRAM=build/dev/bin/stom several_test.py
"""

import json
import pathlib
import sys
import unittest
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from trade_test import AtTheExchange, Journal, Trade, answered, first, stom

SPOT, FUTURE = "binance:BTCUSDT", "binance-usdm:BTCUSDT"
# Near the middle, both on the same coin: soon they hold something, and now and then against each other.
TWO = f"""
[[strategy]]
name = "near"
strategy = "market_maker"
instruments = ["{SPOT}"]
cash = "0.25"
params = {{ interval = "200ms", distance = 1, skew = 1, lots = 100, max = 2000 }}

[[strategy]]
name = "far"
strategy = "market_maker"
instruments = ["{FUTURE}", "{SPOT}"]
params = {{ interval = "300ms", distance = 2, skew = 1, lots = 150, max = 3000 }}
"""


class OwnedJournal(Journal):
    """With the number of the order of each fill."""

    def __init__(self, file):
        self.ids = []
        super().__init__(file)

    def record(self, payload):
        fills = len(self.fills)
        super().record(payload)
        if len(self.fills) > fills:
            self.ids.append(self.last["id"])


class SeveralStrategies(AtTheExchange):
    EXCHANGE = ("--seed", "21")
    OWNERS = {1: "near", 2: "far"}

    def strategies(self, text=TWO, name="strategies.toml"):
        folder = self.home / f"{self.folder().name}-files"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        return folder / name

    def begin(self, mode="--testnet", *more, file=None):
        return Trade(self.folder(), mode, "--venues", str(self.file), "--strategies", str(file or self.strategies()), *more)

    def shown(self):
        code, out, error = answered("account", "show", "--session", str(self.folder()), "--json")
        self.assertEqual(code, 0, out + error)
        return json.loads(out)

    def verify(self, *more):
        code, out, error = stom("verify", "--session", str(self.folder()), "--json", *more)
        return code, json.loads(out) if out else error

    def verified(self):
        code, told = self.verify()
        self.assertEqual((code, told.get("a", told).get("differences")), (0, []), told)
        self.assertEqual(told["a"]["orders"], OwnedJournal(self.folder() / "journal.stom").kinds.count(2))

    def adds_up(self, trade):
        """Of each strategy what its own fills sum up to, and of all what the session holds: each says after how many fills."""
        shown, status = self.shown(), trade.status()
        read = lambda: OwnedJournal(trade.folder / "journal.stom")
        journal = first(read, lambda j: len(j.fills) >= max(shown["fills"], status["fills"]))
        decimals = self.lots(journal.configuration)
        instruments = list(decimals)
        held = {}
        for (index, quantity), number in list(zip(journal.fills, journal.ids))[: shown["fills"]]:
            of = self.OWNERS[number % 16], instruments[index]
            held[of] = held.get(of, 0) + Decimal(quantity).scaleb(-decimals[instruments[index]])
        told = {(p["strategy"], p["instrument"]): Decimal(p["quantity"]) for p in shown["positions"]}
        self.assertEqual(told, {of: quantity for of, quantity in held.items() if quantity})
        for index, instrument in enumerate(instruments):
            together = sum(quantity for of, quantity in journal.fills[: status["fills"]] if of == index)
            self.assertEqual(Decimal(status["position"][instrument]), Decimal(together).scaleb(-decimals[instrument]))
        self.assertLessEqual({o["strategy"] for o in shown["orders"]}, {"near", "far"})
        self.assertTrue(all(o["client_order_id"].startswith("stom-") for o in shown["orders"]))
        return told

    def both_hold(self, _):
        return {p["strategy"] for p in self.shown()["positions"]} == {"near", "far"}

    def test_after_a_kill_each_goes_on_with_what_it_held_and_together_they_are_what_the_exchange_holds(self):
        before = [self.account(), self.futures_position()]
        with self.begin() as trade:
            trade.until(lambda s: s["fills"] >= 6 and self.both_hold(s))
            self.adds_up(trade)
            trade.until(lambda s: s["orders"]["working"] >= 2)
            trade.kill()
        fills = len(Journal(trade.folder / "journal.stom").fills)
        self.assertTrue(self.orders_left(), "killed, it canceled nothing")
        with self.begin() as trade:
            trade.until(lambda s: not s["waits"])
            self.adds_up(trade)
            trade.until(lambda s: s["fills"] > fills + 2)
            self.adds_up(trade)
            code, out, error = stom("account", "reconcile", "--session", str(trade.folder), "--json")
            self.assertEqual((code, json.loads(out)["differences"]), (0, []), error)
        self.assertEqual(self.orders_left(), [])
        journal = OwnedJournal(trade.folder / "journal.stom")
        self.assertEqual(journal.kinds.count(8), 1, "one restart")
        self.assertIn(" strategy=several:near,far member=near of=market_maker share=250000000/1000000000", journal.configuration)
        self.assertEqual({number % 16 for number in journal.ids}, {1, 2})
        decimals = list(self.lots(journal.configuration).values())
        booked = [Decimal(0), Decimal(0)]
        for index, quantity in journal.fills:
            booked[index] += Decimal(quantity).scaleb(-decimals[index])
        self.assertEqual(booked, [self.account() - before[0], self.futures_position() - before[1]])
        self.verified()
        code, told = self.verify("--param", "far.distance=9")
        self.assertEqual(code, 10, told)
        code, told = self.verify("--param", "distance=9")
        self.assertEqual(code, 2, told)
        self.assertIn("near.distance=9", json.dumps(told))

    def close_futures(self):
        """What sessions of before left: an order that only closes is held against all that the account holds."""

        def left():
            held = self.futures_position()
            if held:
                self.futures.signed("POST", "/fapi/v1/order", symbol="BTCUSDT", side="SELL" if held > 0 else "BUY", type="MARKET",
                                    quantity=str(abs(held)), reduceOnly="true")
            return held

        first(left, lambda held: not held, pause=0.1)

    def test_what_flatten_closes_is_of_those_who_held_it(self):
        self.close_futures()
        with self.begin() as trade:
            trade.until(lambda s: s["fills"] >= 4 and all(Decimal(q) for q in s["position"].values()))
            code, out, error = stom("trade", "kill", "--session", str(trade.folder), "--step", "flatten",
                                    "--confirm=" + trade.folder.name, "--json")
            self.assertEqual(code, 0, out + error)
            trade.until(lambda s: not any(Decimal(q) for q in s["position"].values()) and s["orders"]["working"] == 0)
            rest = {}
            for position in self.shown()["positions"]:  # what two held against each other; of one alone nothing
                self.assertIn(position["strategy"], {"near", "far"})
                self.assertEqual(position["instrument"], SPOT, "only one of them trades the other")
                rest[position["strategy"]] = Decimal(position["quantity"])
            self.assertEqual(sum(rest.values()), 0)
            read = lambda: OwnedJournal(trade.folder / "journal.stom")
            journal = first(read, lambda j: 0 in {number % 16 for number in j.ids}, trade.log)  # the session's own
            code, out, error = stom("risk", "set", "kill_switch=off", "--session", str(trade.folder))
            self.assertEqual(code, 0, out + error)
            fills = len(journal.fills)
            trade.until(lambda s: s["fills"] > fills)
        self.verified()

    def test_a_limit_of_one_strategy_holds_that_one_alone(self):
        limit = "position@strategy:near=0.0005"  # half of what it sends
        code, out, error = stom("trade", "start", "--testnet", "--venues", str(self.file), "--session", str(self.folder()),
                                "--strategies", str(self.strategies()), "--limit", limit.replace("near", "nobody"))
        self.assertEqual(code, 2, out + error)
        self.assertIn("there is no strategy of that name", error)
        self.assertIn("the strategies are near, far", error)
        with self.begin("--testnet", "--limit", limit) as trade:
            first(trade.log, lambda log: f"denied by {limit}: the position could become 0.001 long" in log)
            trade.until(lambda s: s["fills"] >= 2)
            self.assertEqual({p["strategy"] for p in self.shown()["positions"]} - {"far"}, set())
            # What is denied is there until it hears so, a millisecond later.
            orders = [o for o in self.shown()["orders"] if o["status"] != "pending_new"]
            self.assertEqual({o["strategy"] for o in orders} - {"far"}, set())
            code, out, error = stom("risk", "set", limit.replace("0.0005", "off"), "--session", str(trade.folder), "--json")
            self.assertEqual(code, 0, out + error)
            first(self.shown, lambda s: "near" in {p["strategy"] for p in s["positions"]}, trade.log)
            code, out, error = stom("risk", "set", limit, "--session", str(trade.folder), "--json")
            self.assertEqual([(one["name"], one["scope"], one["limit"]) for one in json.loads(out)["limits"]
                              if one["scope"]], [("position", "strategy:near", "0.0005")], error)
        self.verified()

    def test_each_has_its_share_of_the_cash_and_its_name_before_its_words(self):
        """Texts from beside the file; who may spend 1 USDT buys nothing, and says so."""
        file = self.strategies("".join(f"""
[[strategy]]
name = "{name}"
strategy = "conditions"
instruments = ["{SPOT}"]
cash = "{share}"
params = {{ buy = "texts/buy.txt", sell = "texts/sell.txt", vars = "texts/vars.txt", orders = "texts/grid.toml", size = "cash", amount = {amount} }}
""" for name, share, amount in (("poor", "0.001", 100), ("rich", "0.999", 100))))
        texts = file.parent / "texts"
        texts.mkdir()
        for name, text in {"buy.txt": "pass\n", "sell.txt": "매도 = False\n", "vars.txt": "self.vars[0] = 1\n",
                           "grid.toml": "[buy]\nparts = 1\n"}.items():
            (texts / name).write_text(text)
        with self.begin("--paper", "--cash", "USDT=1000", file=file) as trade:
            trade.until(lambda s: Decimal(s["position"][SPOT]) > 0)

            def lines():
                code, out, error = stom("trade", "log", "--session", str(trade.folder), "--json")
                self.assertEqual(code, 0, error)
                return json.loads(out)["lines"]

            poor = first(lines, lambda all_lines: any("too little cash" in one["text"] for one in all_lines), trade.log)
            self.assertEqual({one["strategy"] for one in poor if "too little cash" in one["text"]}, {"poor"})
            self.assertFalse(any(one["text"].startswith(("poor: ", "rich: ")) for one in poor))
            self.assertEqual({p["strategy"] for p in self.shown()["positions"]}, {"rich"})
        self.verified()

    def test_a_file_that_is_wrong_is_said_with_its_line_before_anything_is_asked(self):
        def refused(text, said, *more):
            code, out, error = stom("trade", "start", "--paper", "--venues", str(self.file), "--session", str(self.folder()),
                                    "--strategies", str(self.strategies(text)), *more)
            self.assertEqual(code, 2, out + error)
            self.assertIn(said, error)
            self.assertFalse(self.folder().exists(), "what did not begin leaves nothing")

        refused("", "no table [[strategy]]")
        refused("[[strategy]\n", "line 1")
        refused(TWO.replace("instruments =", "instrument =", 1), "did you mean instruments?")
        refused(TWO.replace("instruments =", "instrument =", 1), "line 5: a strategy has no setting named 'instrument'")
        refused(TWO.replace('"far"', '"near"'), "line 10: the name near is there twice")
        refused(TWO.replace('"far"', '"Far"'), "is no name of a strategy here")
        refused(TWO.replace('"far"', '"manual"'), "says whose an order is")
        refused(TWO.replace('"0.25"', '"1"'), "no cash is left for far")
        refused(TWO.replace('"0.25"', '"1.5"'), "cash is no share above 0 and up to 1")
        refused(TWO.replace("0.25", "0.6").replace('name = "far"', 'name = "far"\ncash = "0.5"'), "more than 1 together")
        refused(TWO.replace("skew = 1, lots = 150", "skw = 1, lots = 150"), "far: ")
        refused(TWO, "--strategy", "--strategy", "idle")
        refused(TWO, "--instrument", "--instrument", SPOT)

    def test_a_session_that_goes_on_keeps_the_strategies_in_their_places(self):
        with self.begin("--paper") as trade:
            trade.until(lambda s: s["fills"] >= 2)

        def refused(text, said):
            code, out, error = stom("trade", "start", "--paper", "--venues", str(self.file), "--session", str(trade.folder),
                                    "--strategies", str(self.strategies(text, "other.toml")), "--changed")
            self.assertEqual(code, 2, out + error)
            self.assertIn(said, error)

        one, other = (f"[[strategy]]{part}" for part in TWO.split("[[strategy]]")[1:])
        refused(other + one, "whose its orders are follows from the strategies' places")
        refused(one, 'one that is to trade no more is strategy = "idle"')
        idle = TWO.replace('strategy = "market_maker"', 'strategy = "idle"').replace("params", "#")
        with self.begin("--paper", "--changed", file=self.strategies(idle, "idle.toml")) as trade:
            trade.until(lambda s: not s["waits"])
            self.adds_up(trade)
        self.verified()


if __name__ == "__main__":
    unittest.main()
