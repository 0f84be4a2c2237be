#!/usr/bin/env python3
"""`stom verify`: what a session took in leads to its orders again, on paper and at the exchange; one command altered by
hand is found, a strategy that was changed is shown, and input that is gone is said.

usage: STOM_PROGRAM=build/dev/bin/stom verify_test.py
"""

import json
import pathlib
import shutil
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from trade_test import AtTheExchange, Journal, stom

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

    @staticmethod
    def quantity_at(data, at):
        """Where the lowest byte of an order's quantity is."""
        longer = lambda at: data[at] - 239 if data[at] >= 240 else 0
        at += 1
        for _ in range(3):  # time, request, id
            at += 1 + longer(at)
        at += 2
        at += 1 + longer(at)  # instrument
        return at + 1 if longer(at) else at

    def alter(self, folder, kind):
        """Another number in the middle one of the records of that kind, with its checksum mended; which one it is."""
        path = folder / "journal.stom"
        data = bytearray(path.read_bytes())
        all_records = list(records(data))
        of_kind = [i for i, (at, _) in enumerate(all_records) if data[at] == kind]
        index = of_kind[len(of_kind) // 2]
        at, length = all_records[index]
        changed = self.quantity_at(data, at) if kind == 2 else at + length - 1
        data[changed] ^= 2
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
        shutil.rmtree(trade.folder / "input")
        code, told = self.verify()
        self.assertEqual(code, 3, told)
        self.assertIn("deleted", told["error"]["hint"])

    def test_a_session_at_the_exchange_leads_to_its_orders_again(self):
        with self.quoting("--testnet", instruments=["binance:BTCUSDT", "binance-usdm:BTCUSDT"]) as trade:
            trade.until(lambda s: s["fills"] >= 3)
        self.assertGreater(self.holds(trade), 3)
        self.assertIn(6, Journal(trade.folder / "journal.stom").kinds, "stop and cancels are an operator's")
        index = self.alter(trade.folder, 2)
        code, told = self.verify()
        self.assertEqual((code, told["a"]["differences"][0]["record"]), (10, index), told)

    def test_on_one_thread_and_with_bars_too(self):
        with self.start("--paper", "--busy-poll", "--param", "bar=1s", "--param", "fast=2", "--param", "slow=3", strategy="sma_cross") as trade:
            trade.until(lambda s: s["fills"] >= 1)
        self.assertGreater(self.holds(trade), 0)

    def test_what_a_kill_left_is_verified_as_far_as_it_goes(self):
        with self.assertRaises(AssertionError), self.quoting("--paper") as trade:
            written = lambda: sum(file.stat().st_size for file in (trade.folder / "input").glob("*"))
            trade.until(lambda s: s["fills"] >= 2 and written() > 10_000)
            trade.process.send_signal(signal.SIGKILL)
            trade.process.wait()
        code, told = self.verify()
        self.assertEqual((code, told["a"]["differences"]), (3, []), told)
        self.assertGreater(told["a"]["orders"], 0)
        self.assertIn("incomplete", told["a"])

    def test_what_was_not_recorded_cannot_be_verified(self):
        with self.start("--paper", "--no-record", strategy="idle") as trade:
            pass
        self.assertFalse((trade.folder / "input").exists())
        self.assertEqual(self.verify()[0], 3)
        self.assertEqual(stom("verify", "--session", str(self.home / "nowhere"))[0], 3)


if __name__ == "__main__":
    unittest.main()
