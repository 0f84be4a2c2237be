#!/usr/bin/env python3
"""`stom verify`: what a session took in leads to its orders again, on paper, at the exchange, over restarts and over
kills; one command altered by hand is found, a strategy that was changed is shown with what it saw, and input that is gone is said.
Its frames alone, filled by the simulator, come near it, and what differs has a cause.

usage: STOM_PROGRAM=build/dev/bin/stom verify_test.py
"""

import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import unittest
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from trade_test import LOTS, PROGRAM, AtTheExchange, Journal, answered, first, stom

CASTAGNOLI = 0x82F63B78


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (CASTAGNOLI if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def records(data):
    """(begin of the payload, its length) of each record of a journal."""
    at = 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        yield at + 8, length
        at += 8 + length


class Verify(AtTheExchange):
    def verify(self, *more):
        code, out, error = stom("verify", "--session", str(self.folder()), "--json", *more)
        return code, json.loads(out) if out else error

    def holds(self, trade):
        """The session verifies; how many orders that were."""
        journal = Journal(trade.folder / "journal.stom")
        code, told = self.verify()
        self.assertEqual((code, told.get("a", told).get("differences")), (0, []), told)
        self.assertEqual(told["a"]["orders"], journal.kinds.count(2))
        noted = journal.kinds.count(9) + journal.kinds.count(10)  # what the venue said beside its answers
        self.assertEqual(told["a"]["records"], len(journal.kinds) - noted)
        return told["a"]["orders"]

    CAUSES = {"refused", "queue", "latency", "follows", "recording_gap", "market_data"}

    def comes_near(self, trade, currencies):
        """The session's frames lead to something like it, and what differs is accounted for; `b`."""
        b = self.verify()[1]["b"]
        journal = Journal(trade.folder / "journal.stom")
        self.assertEqual(b["orders"]["session"], journal.kinds.count(2))
        self.assertEqual(b["fills"]["session"], len(journal.fills))
        self.assertGreater(b["orders"]["same"], 0, b)
        self.assertGreater(b["frames"]["messages"], 0)
        self.assertEqual(b["frames"]["bad_lines"], 0)
        apart = sum(b["orders"][side] - b["orders"]["same"] for side in ("session", "rerun"))
        apart += sum(b["fills"][side] - b["fills"]["same"] for side in ("session", "rerun"))
        self.assertEqual(sum(b["causes"].values()) + b["orders"]["refused_in_one"], apart, b)  # a pair is one difference
        self.assertLessEqual(set(b["causes"]), self.CAUSES)
        for difference in b["differences"]:
            self.assertTrue(difference["why"] and (difference["session"] or difference["rerun"]), difference)
        self.assertEqual([c["currency"] for c in b["pnl"]["by_currency"]], currencies)
        for side in ("session", "rerun"):
            for one in b["pnl"]["by_currency"]:
                Decimal(one[side]), Decimal(one["fees"][side])
        return b

    @staticmethod
    def longer(data, at):
        """How many bytes more a number has that begins there."""
        return data[at] - 239 if data[at] >= 240 else 0

    def instrument_at(self, data, at):
        """Where an order's instrument is."""
        at += 1
        for _ in range(3):  # time, request, id
            at += 1 + self.longer(data, at)
        return at + 2

    def quantity_at(self, data, at):
        """Where the lowest byte of an order's quantity is."""
        at = self.instrument_at(data, at)
        at += 1 + self.longer(data, at)
        return at + 1 if self.longer(data, at) else at

    def alter(self, folder, kind, which=None, instrument=None):
        """Another number (of an order its quantity, or its instrument) in one of the records of that kind, the middle one, with its
        checksum mended; which one it is."""
        path = folder / "journal.stom"
        data = bytearray(path.read_bytes())
        all_records = list(records(data))
        of_kind = [i for i, (at, _) in enumerate(all_records) if data[at] == kind]
        index = of_kind[len(of_kind) // 2 if which is None else which]
        at, length = all_records[index]
        changed = self.quantity_at(data, at) if kind == 2 else at + length - 1
        data[changed] ^= 2
        if instrument is not None:
            data[changed] ^= 2
            data[self.instrument_at(data, at)] = 2 * instrument
        data[at - 4 : at] = crc32c(data[at : at + length]).to_bytes(4, "little")
        path.write_bytes(data)
        return index

    def test_a_session_on_paper_leads_to_its_orders_again(self):
        instruments = ["binance:BTCUSDT", "binance-usdm:ETHUSDT", "kiwoom:005930"]
        with self.quoting("--paper", "--latency-jitter", "exponential:1ms", instruments=instruments) as trade:
            trade.until(lambda s: s["fills"] >= 5)
        self.assertGreater(self.holds(trade), 5)
        code, told = self.verify("--param", "distance=2")
        self.assertEqual(code, 10, told)
        [difference] = told["a"]["differences"]
        self.assertIn("order 1: ", difference["session"])
        self.assertIn("order 1: ", difference["rerun"])
        self.assertNotEqual(difference["session"], difference["rerun"])
        for book in difference["saw"]:
            self.assertIn(book["instrument"], instruments)
            self.assertFalse(book["stale"])
            self.assertLess(Decimal(book["bid"]), Decimal(book["ask"]))
            self.assertEqual(Decimal(book["position"]), 0)
        self.assertTrue(difference["saw"])
        b = self.comes_near(trade, ["KRW", "USDT"])
        if Decimal(b["pnl"]["by_currency"][0]["session"]) != 0:
            self.assertIsNone(b["pnl"]["session"], "no rate leads from KRW to USDT")
            self.assertTrue(b["pnl"]["unknown"])
        self.assertEqual(b["latency_ns"], {"order": 1_000_000, "response": 1_000_000})
        code, told = self.verify("--param", "distanc=2")
        self.assertEqual(code, 2, told)
        # One command that was altered by hand.
        whole = (trade.folder / "journal.stom").read_bytes()
        for kind in (2, 4):
            index = self.alter(trade.folder, kind)
            code, told = self.verify()
            self.assertEqual(code, 10, told)
            [difference] = told["a"]["differences"]
            self.assertEqual(difference["record"], index)
            self.assertTrue(difference["saw"])
            (trade.folder / "journal.stom").write_bytes(whole)
        # So far from what it was that the second question cannot be asked: the first is answered all the same.
        index = self.alter(trade.folder, 2, instrument=20)
        code, told = self.verify()
        self.assertEqual(code, 10, told)
        self.assertEqual([difference["record"] for difference in told["a"]["differences"]], [index])
        self.assertIn("instrument 20 of 3", told["b"]["missing"])
        (trade.folder / "journal.stom").write_bytes(whole)
        # A command that no program can read any more: the longest number, in the place of its instrument.
        index = self.alter(trade.folder, 2, instrument=127)
        code, told = self.verify()
        self.assertEqual((code, [difference["record"] for difference in told["a"]["differences"]]), (10, [index]), told)
        self.assertIn("cannot be read", told["a"]["differences"][0]["session"])
        self.assertIn("order ", told["a"]["differences"][0]["rerun"])
        (trade.folder / "journal.stom").write_bytes(whole)
        # Altered without its checksum: whole records stand behind it, so that it is no end either.
        all_records = list(records(whole))
        middle = len(all_records) // 2
        spoiled = bytearray(whole)
        spoiled[all_records[middle][0]] ^= 2
        (trade.folder / "journal.stom").write_bytes(spoiled)
        code, told = self.verify()
        self.assertEqual((code, [difference["record"] for difference in told["a"]["differences"]]), (10, [middle]), told)
        self.assertIn("is not what was written", told["a"]["differences"][0]["session"])
        self.assertIn("is not what was written", told["b"]["missing"])
        for command in (["trade", "log", "--session"], ["trade", "availability", "--session"], ["calibrate", "--session"],
                        ["account", "export", "--to", str(self.home / "fills.csv"), "--session"], ["session", "segments", "--check"]):
            code, out, error = stom(*command, str(trade.folder))
            self.assertEqual(code, 1, out + error)
            self.assertIn(f"record {middle} is not what was written", error, command)
        (trade.folder / "journal.stom").write_bytes(whole)
        # A journal that lost its end says less, and nothing wrong.
        (trade.folder / "journal.stom").write_bytes(whole[: len(whole) * 2 // 3])
        self.assertEqual(self.verify()[0], 0)
        (trade.folder / "journal.stom").write_bytes(whole)
        # The input lost its end.
        [input_file] = (trade.folder / "input").glob("*.input")
        data = input_file.read_bytes()
        input_file.write_bytes(data[: len(data) // 2])
        code, told = self.verify()
        self.assertEqual((code, told["a"]["differences"]), (3, []), told)
        self.assertIn("input incomplete from 20", told["a"]["incomplete"])
        # Its frames were deleted, then its input.
        input_file.write_bytes(data)
        shutil.rmtree(trade.folder / "frames")
        code, told = self.verify()
        self.assertEqual((code, told["a"]["differences"]), (3, []), told)
        self.assertIn("deleted", told["b"]["missing"])
        shutil.rmtree(trade.folder / "input")
        code, told = self.verify()
        self.assertEqual(code, 3, told)
        self.assertIn("deleted", told["error"]["hint"])

    def test_a_session_at_the_exchange_leads_to_its_orders_again(self):
        with self.quoting("--testnet", instruments=["binance:BTCUSDT", "binance-usdm:BTCUSDT"]) as trade:
            trade.until(lambda s: s["fills"] >= 3)
        self.assertGreater(self.holds(trade), 3)
        self.assertIn(6, Journal(trade.folder / "journal.stom").kinds, "stop and cancels are an operator's")
        b = self.comes_near(trade, ["USDT"])
        self.assertEqual(b["pnl"]["session"], b["pnl"]["by_currency"][0]["session"])
        self.assertGreater(b["latency_ns"]["order"], 0)
        fees = b["pnl"]["by_currency"][0]["fees"]  # USD-M has another fee than spot
        if b["fills"]["same"] == b["fills"]["session"] == b["fills"]["rerun"]:
            self.assertAlmostEqual(float(fees["session"]), float(fees["rerun"]))
        index = self.alter(trade.folder, 2)
        code, told = self.verify()
        self.assertEqual((code, told["a"]["differences"][0]["record"]), (10, index), told)

    def test_numbers_that_a_strategy_uses_again_are_verified_too(self):
        """A level's order has the same number each time; one that a limit denied leaves once there is room."""
        more = ("--limit", "working_orders=3", "--param", "levels=3", "--param", "spacing=1", "--param", "interval=1s")
        with self.start("--testnet", *more, *LOTS, strategy="grid") as trade:
            trade.until(lambda s: s["fills"] >= 2)
        self.assertGreater(Journal(trade.folder / "journal.stom").denied, 0)
        self.assertGreater(self.holds(trade), 3)

    def test_an_execution_that_its_operator_stopped_is_verified_also_over_a_restart(self):
        twap = ("quantity=0.10000", "over=1h", "slices=1000")  # a part each few seconds
        twap = [word for p in twap for word in ("--param", p)]
        with self.start("--testnet", *twap, strategy="execute") as trade:
            trade.until(lambda s: s["fills"] >= 2)
            code, out, error = answered("trade", "stop-execution", "1", "--session", str(self.folder()), "--json")
            self.assertEqual(code, 0, out + error)
        with self.start("--testnet", *twap, strategy="execute") as trade:
            trade.until(lambda s: not s["waits"])
        journal = Journal(trade.folder / "journal.stom")
        self.assertEqual(journal.kinds.count(8), 1)
        self.assertGreaterEqual(self.holds(trade), 2)
        self.assertLess(len(journal.fills), 1000)

    def test_a_session_that_went_on_is_verified_as_a_whole(self):
        def trade(fills):
            with self.quoting("--testnet") as trade:
                trade.until(lambda s: not s["waits"] and s["fills"] >= fills)
            return trade

        trade(2)
        trade(4)
        last = trade(6)
        journal = Journal(last.folder / "journal.stom")
        self.assertEqual(journal.kinds.count(8), 2)
        self.assertGreater(self.holds(last), 6)
        self.comes_near(last, ["USDT"])
        # An order of the last process, altered by hand.
        index = self.alter(last.folder, 2, -1)
        code, told = self.verify()
        self.assertEqual((code, told["a"]["differences"][0]["record"]), (10, index), told)

    def test_a_session_on_paper_that_went_on_is_verified_as_a_whole(self):
        def trade(fills):
            with self.quoting("--paper", "--keep-orders", "--latency-jitter", "exponential:1ms") as trade:
                trade.until(lambda s: not s["waits"] and s["fills"] >= fills and s["orders"]["working"] > 0)
            return trade

        trade(2)
        trade(4)
        last = trade(6)
        self.assertEqual(Journal(last.folder / "journal.stom").kinds.count(8), 2)
        self.assertGreater(self.holds(last), 6)
        self.comes_near(last, ["USDT"])
        # An order of the last process, altered by hand.
        index = self.alter(last.folder, 2, -1)
        code, told = self.verify()
        self.assertEqual((code, told["a"]["differences"][0]["record"]), (10, index), told)

    def test_a_session_on_paper_that_was_killed_trades_on_with_its_position_and_its_orders(self):
        one = "binance:BTCUSDT"
        with self.quoting("--paper") as trade:
            holds = lambda s: Decimal(s["position"][one]) and s["orders"]["working"] > 0
            trade.until(lambda s: s["fills"] >= 2 and holds(s))
            trade.kill()
        before = Journal(trade.folder / "journal.stom")
        with self.quoting("--paper") as trade:
            at_once = trade.status()
            trade.until(lambda s: not s["waits"] and s["fills"] >= len(before.fills) + 2)
        self.assertGreaterEqual(at_once["fills"], len(before.fills))
        journal = Journal(trade.folder / "journal.stom")
        self.assertEqual(journal.kinds.count(8), 1)
        held = sum(quantity for _, quantity in journal.fills[: trade.last["fills"]])
        self.assertEqual(Decimal(trade.last["position"][one]).scaleb(self.lots(journal.configuration)[one]), held)
        self.assertGreater(self.holds(trade), 2)
        self.comes_near(trade, ["USDT"])
        index = self.alter(trade.folder, 2, -1)
        code, told = self.verify()
        self.assertEqual((code, told["a"]["differences"][0]["record"]), (10, index), told)

    def killed_again_and_again(self, mode):
        """A session of which four processes are killed, each at another moment, and the fifth ends."""
        records = lambda trade: len(Journal(trade.folder / "journal.stom").kinds)
        for more in (0, 2, 12, 44):  # records behind a fill
            with self.quoting(mode) as trade:
                fills = trade.until(lambda s: not s["waits"])["fills"]
                trade.until(lambda s: s["fills"] > fills)
                there = records(trade)
                first(lambda: records(trade), lambda now: now >= there + more, trade.log)
                trade.kill()
            self.holds(trade)  # as it lies there
            self.assertNotIn("missing", self.verify()[1]["b"])
        with self.quoting(mode) as trade:
            trade.until(lambda s: not s["waits"])
        self.assertEqual(Journal(trade.folder / "journal.stom").kinds.count(8), 4)
        self.assertGreater(self.holds(trade), 4)
        self.assertEqual(list(trade.folder.glob("*/*.tail")), [], "all of it is in the files")
        return trade

    def test_a_kill_costs_nothing_of_what_the_journal_knows_at_the_exchange(self):
        self.comes_near(self.killed_again_and_again("--testnet"), ["USDT"])

    def test_a_kill_costs_nothing_of_what_the_journal_knows_on_paper(self):
        self.comes_near(self.killed_again_and_again("--paper"), ["USDT"])

    def test_a_session_goes_on_with_the_cash_it_began_with_and_one_of_before_as_it_was(self):
        both, won = ("binance:BTCUSDT", "upbit:KRW-BTC"), b" cash=KRW=9000000"
        with self.start("--testnet", "--cash", "7000", "--cash", "KRW=9000000", strategy="idle", instruments=both):
            pass
        journal = self.folder() / "journal.stom"
        self.assertIn(" cash=7000 cash=KRW=9000000 ", Journal(journal).configuration)
        for _ in range(2):  # from a snapshot; and, of a version that knew one currency's cash, from the journal
            with self.start("--testnet", strategy="idle", instruments=both) as trade:
                trade.until(lambda s: not s["waits"])
            code, _, error = stom("trade", "start", "--testnet", "--venues", str(self.file), "--strategy", "idle", "--session",
                                  str(self.folder()), *(word for i in both for word in ("--instrument", i)), "--cash", "KRW=8")
            self.assertEqual(code, 2, error)
            self.assertRegex(error, "the session of that folder is another: it has (cash=KRW=9000000|session=[^ ]+), and not cash=KRW=8")
            data, before = journal.read_bytes(), bytearray(b"STOMJRN2")
            for at, length in records(data):
                payload = data[at : at + length]
                if payload[0] in (1, 8):
                    payload = payload.replace(won, b"")
                before += len(payload).to_bytes(4, "little") + crc32c(payload).to_bytes(4, "little") + payload
            journal.write_bytes(before)
            for snapshot in self.folder().glob("snapshot.*"):
                snapshot.unlink()
        self.assertEqual(Journal(journal).kinds.count(8), 2)
        self.assertNotIn(won, journal.read_bytes(), "what it had none of it has none of")

    def test_on_one_thread_and_with_bars_too(self):
        with self.start("--paper", "--busy-poll", "--param", "bar=1s", "--param", "fast=2", "--param", "slow=3", strategy="sma_cross") as trade:
            trade.until(lambda s: s["fills"] >= 1)
        self.assertGreater(self.holds(trade), 0)

    def test_frames_that_a_kill_left_are_imported_with_their_files(self):
        instruments = ["binance:BTCUSDT", "binance:ETHUSDT"]
        with self.quoting("--paper", instruments=instruments) as trade:
            trade.until(lambda s: s["fills"] >= 1)
            trade.kill()
        frames = trade.folder / "frames"
        self.assertEqual(stat.S_IMODE((frames / "binance.tail").stat().st_mode), 0o600)

        def messages(instrument, home, *more):
            files = sorted(frames.glob(instrument.replace(":", "-") + "-*.jsonl.gz"))
            done = subprocess.run([PROGRAM, "data", "import", *map(str, [*files, *more]), "--instrument", instrument, "--json"],
                                  capture_output=True, text=True, env=dict(os.environ, STOM_HOME=str(self.folder() / home)), check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            answer = json.loads(done.stdout)
            self.assertEqual(answer["bad"], 0)
            return sum(answer["events"].values())

        left = {instrument: messages(instrument, "left", frames / "binance.tail") for instrument in instruments}
        with self.quoting("--paper", instruments=instruments):
            pass
        self.assertFalse((frames / "binance.tail").exists())
        for instrument in instruments:
            self.assertGreater(left[instrument], 0)
            self.assertGreaterEqual(messages(instrument, "files"), left[instrument])

    def test_what_a_power_cut_left_is_verified_as_far_as_it_goes(self):
        with self.quoting("--paper") as trade:
            file = trade.folder / "input" / "000001.input"
            trade.until(lambda s: s["fills"] >= 2 and file.stat().st_size > 10_000)
            reached = file.stat().st_size
            fills = trade.status()["fills"]
            trade.until(lambda s: s["fills"] > fills)  # that the disk has of the journal, and not of the input
            trade.kill()
        os.truncate(file, reached)
        for tail in trade.folder.glob("*/*.tail"):
            tail.unlink()
        code, told = self.verify()
        self.assertEqual((code, told["a"]["differences"]), (3, []), told)
        self.assertGreater(told["a"]["orders"], 0)
        self.assertIn("it ends without an end", told["a"]["incomplete"])

    def test_what_was_not_recorded_cannot_be_verified(self):
        with self.start("--paper", "--no-record", strategy="idle") as trade:
            pass
        self.assertFalse((trade.folder / "input").exists())
        self.assertEqual(self.verify()[0], 3)
        self.assertEqual(stom("verify", "--session", str(self.home / "nowhere"))[0], 3)
        self.assertEqual(stom("verify", str(self.home / "nowhere"))[0], 3, "the folder may stand alone")
        self.assertEqual(stom("verify")[0], 2)


if __name__ == "__main__":
    unittest.main()
