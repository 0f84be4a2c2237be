#!/usr/bin/env python3
"""`stom backtest run --strategies`: several strategies on one account. Whose each fill is follows from its order's number; what
each has is added up here from fills.csv alone, in exact decimals, and together they are the run.

usage: STOM_PROGRAM=build/dev/bin/stom several_test.py
"""

import csv
import json
import os
import pathlib
import sys
import tempfile
import unittest
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "exchange"))
from trade_test import stom

BTC, ETH = "sim:BTCUSDT", "sim:ETHUSDT"
HALF_TICK = {BTC: Decimal("0.05"), ETH: Decimal("0.005")}  # the middle of two prices
NEAR = {"interval": "200ms", "distance": "1", "skew": "1", "lots": "1", "max": "20"}
OWNERS = {1: "near", 2: "far"}


def table(name, instruments, parameters, *lines):
    given = ", ".join(f'{key} = "{value}"' for key, value in parameters.items())
    return "\n".join(["[[strategy]]", f'name = "{name}"', 'strategy = "market_maker"', f"instruments = {json.dumps(instruments)}",
                      f"params = {{ {given} }}", *lines, ""])


ONE = table("near", [BTC], NEAR)
TWO = ONE + 'cash = "0.25"\n' + table("far", [ETH, BTC], {"interval": "300ms", "distance": "2", "skew": "1", "lots": "2", "max": "30"})


class SeveralInABacktest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.home = pathlib.Path(cls.temporary.name)
        os.environ["STOM_HOME"] = str(cls.home / "home")
        code, out, error = stom("data", "gen", "--instrument", BTC, "--instrument", ETH, "--minutes", "3", "--seed", "3", "--quiet")
        assert code == 0, out + error
        for name, text in (("one", ONE), ("two", TWO)):
            (cls.home / f"{name}.toml").write_text(text)
        cls.runs = 0

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def file(self, name):
        return str(self.home / f"{name}.toml")

    def ran(self, *arguments, as_json=True):
        """(the answer, the folder of the run)."""
        type(self).runs += 1
        folder = self.home / f"run-{self.runs}"
        code, out, error = stom("backtest", "run", "--account", "unlimited", "--no-report", "--no-band", "--quiet", "--out",
                                str(folder), *arguments, *(["--json"] if as_json else []))
        self.assertEqual(code, 0, out + error)
        return (json.loads(out) if as_json else out), folder

    def refused(self, *arguments):
        code, _, error = stom("backtest", "run", "--out", str(self.home / "none"), *arguments)
        self.assertEqual(code, 2, error)
        self.assertFalse((self.home / "none").exists())
        return error

    @staticmethod
    def fills(folder):
        with (folder / "fills.csv").open() as lines:
            return list(csv.DictReader(lines))

    def test_each_has_what_its_own_fills_brought_and_together_they_are_the_run(self):
        told, folder = self.ran("--strategies", self.file("two"))
        parts = {part["name"]: part for part in told["strategies"]}
        self.assertEqual(list(parts), ["near", "far"], "nothing is of nobody")
        flows, fees, held, counts = {}, {}, {}, {}
        for fill in self.fills(folder):
            of = OWNERS[int(fill["client_order_id"]) % 16]
            quantity = Decimal(fill["quantity"]) * (1 if fill["side"] == "buy" else -1)
            flows[of] = flows.get(of, 0) - quantity * Decimal(fill["price"]) - Decimal(fill["fee"])
            fees[of] = fees.get(of, 0) + Decimal(fill["fee"])
            counts[of] = counts.get(of, 0) + 1
            held[of, fill["instrument"]] = held.get((of, fill["instrument"]), 0) + quantity
        self.assertEqual({name: part["fills"] for name, part in parts.items()}, counts)
        self.assertTrue(all(count > 50 for count in counts.values()), counts)
        self.assertEqual({name: Decimal(part["fee"]) for name, part in parts.items()}, fees)
        shown = {(name, one["instrument"]): Decimal(one["quantity"]) for name, part in parts.items() for one in part["positions"]}
        self.assertEqual(shown, {of: quantity for of, quantity in held.items() if quantity})
        self.assertNotIn(("near", ETH), held)

        # What is held is worth the middle of the last prices: one price of each coin, for whomever.
        self.assertTrue(held["near", BTC] and held["far", ETH], "else there is no price to be found")
        left = Decimal(parts["near"]["pnl"]) - flows["near"]
        bitcoin = left / held["near", BTC]
        left = Decimal(parts["far"]["pnl"]) - flows["far"] - bitcoin * held.get(("far", BTC), 0)
        for price, coin in ((bitcoin, BTC), (left / held["far", ETH], ETH)):
            self.assertEqual(price % HALF_TICK[coin], 0, f"{coin} at {price}")
            last = [Decimal(fill["price"]) for fill in self.fills(folder) if fill["instrument"] == coin][-1]
            self.assertLess(abs(price - last), last / 100)

        started = Decimal(json.loads((folder / "run.json").read_text())["initial_equity"])
        self.assertEqual(sum(Decimal(part["pnl"]) for part in parts.values()), Decimal(told["equity"]) - started)
        self.assertEqual(sum(Decimal(part["fee"]) for part in parts.values()), Decimal(told["fee"]))
        self.assertEqual(sum(part["fills"] for part in parts.values()), told["fills"])
        self.assertEqual(json.loads((folder / "run.json").read_text())["strategies"], told["strategies"])

    def test_twice_the_same_is_the_same_journal(self):
        told = [self.ran("--strategies", self.file("two"))[0] for _ in range(2)]
        for key in ("journal_hash", "journal_records", "strategies", "equity"):
            self.assertEqual(told[0][key], told[1][key])
        other, _ = self.ran("--strategies", self.file("two"), "--param", "near.distance=3")
        self.assertNotEqual(other["journal_hash"], told[0]["journal_hash"])
        self.assertNotEqual(other["strategies"][0], told[0]["strategies"][0])

    def test_one_in_a_file_trades_as_it_does_alone(self):
        among, its = self.ran("--strategies", self.file("one"))
        given = [word for key, value in NEAR.items() for word in ("--param", f"{key}={value}")]
        alone, other = self.ran("--strategy", "market_maker", "--instrument", BTC, *given)
        without_id = lambda fills: [{key: value for key, value in fill.items() if key != "client_order_id"} for fill in fills]
        self.assertEqual(without_id(self.fills(its)), without_id(self.fills(other)))
        self.assertGreater(alone["fills"], 50)
        for key in ("orders", "fills", "trades", "fee", "equity", "refused", "journal_records"):
            self.assertEqual(among[key], alone[key], key)
        self.assertEqual((its / "equity.csv").read_text(), (other / "equity.csv").read_text())
        self.assertNotIn("strategies", alone)
        self.assertNotIn("strategies", json.loads((other / "run.json").read_text()))

    def test_a_limit_of_one_holds_that_one_alone(self):
        free, _ = self.ran("--strategies", self.file("two"))
        told, folder = self.ran("--strategies", self.file("two"), "--limit", "position@strategy:far=0.002")
        self.assertGreater(told["refused"]["risk_position"], 0)
        held = {}
        for fill in self.fills(folder):
            of = OWNERS[int(fill["client_order_id"]) % 16], fill["instrument"]
            held[of] = held.get(of, 0) + Decimal(fill["quantity"]) * (1 if fill["side"] == "buy" else -1)
            self.assertTrue(of[0] == "near" or abs(held[of]) <= Decimal("0.002"), of)
        self.assertLess(told["strategies"][1]["fills"], free["strategies"][1]["fills"])
        error = self.refused("--strategies", self.file("two"), "--limit", "position@strategy:third=1")
        self.assertIn("there is no strategy of that name", error)

    def test_what_cannot_go_together_is_refused_with_what_to_do(self):
        for option, value in (("--strategy", "mm_keep"), ("--plugin", "some.so"), ("--instrument", BTC)):
            self.assertIn(f"{option} beside --strategies", self.refused("--strategies", self.file("two"), option, value))
        error = self.refused("--strategies", self.file("two"), "--param", "distance=3")
        self.assertIn("near.distance=3", error)
        self.assertIn("near.distance=0.5", self.refused("--strategies", self.file("two"), "--param", "distance=0.5"))
        self.assertIn("did you mean distance?", self.refused("--strategies", self.file("two"), "--param", "near.distanc=3"))
        self.assertIn("several strategies trade on ticks", self.refused("--strategies", self.file("two"), "--bar", "1m"))

    def test_a_file_of_settings_names_it_too_and_people_read_a_line_for_each(self):
        (self.home / "settings.toml").write_text(f'strategies = "{self.file("two")}"\n[params]\n"near.distance" = 3\n')
        out, folder = self.ran(self.file("settings"), as_json=False)
        self.assertRegex(out, r"(?m)^several:near,far  \d+ fills.*\n  near  \d+ fills, fee [\d.]+, P&L -?[\d.]+ USDT, holds .*\n  far  ")
        configuration = json.loads((folder / "run.json").read_text())["configuration"]
        self.assertEqual(configuration["near.distance"], "3")
        self.assertEqual((configuration["near.cash"], configuration["far.cash"]), ("0.25", "0.75"))


if __name__ == "__main__":
    unittest.main()
