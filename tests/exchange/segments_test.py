#!/usr/bin/env python3
"""A session whose journal was cut into segments: it goes on over kills, `stom verify`, the export, a copy and a backup have
all of it, an archive that is gone is said with what to do, and old segments go only with a yes.

usage: STOM_PROGRAM=build/dev/bin/stom segments_test.py
"""

import gzip
import json
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from trade_test import AtTheExchange, Journal, first, stom

HEAD = 224  # of a segment but the first


class Segments(AtTheExchange):
    def cut(self, *more):
        """A process of the session, which cuts what the ones before it have written; ended in order."""
        with self.quoting("--testnet", "--segment", "1", *more) as trade:
            trade.until(lambda s: not s["waits"] and s["fills"] >= 1)
        return trade

    def segments(self, *more):
        code, out, error = stom("session", "segments", str(self.folder()), "--json", *more)
        self.assertEqual(code, 0, out + error)
        return json.loads(out)["segments"]

    def whole(self):
        """Its bytes as one file, put together by hand."""
        all_bytes = b""
        for one in self.segments():
            path = self.folder() / one["file"]
            data = gzip.decompress(path.read_bytes()) if one["state"] == "packed" else path.read_bytes()
            all_bytes += data if one["segment"] == 1 else data[HEAD:]
        return all_bytes

    def packed(self):
        return [one["state"] for one in self.segments()]

    def test_a_session_goes_on_over_its_segments_and_all_of_it_is_read(self):
        second, file, again = self.home / "second", self.home / "cut.stombak", self.home / "cut-again"
        self.cut("--copy-to", str(second))
        self.cut("--copy-to", str(second))
        with self.quoting("--testnet", "--segment", "1", "--copy-to", str(second)) as trade:
            trade.until(lambda s: not s["waits"] and s["fills"] >= 3)
            first(trade.log, lambda log: "the journal was cut behind its record" in log)
            first(self.packed, lambda states: states[:-1] == ["packed", "packed"], trade.log)
            trade.kill()
        last = self.cut("--copy-to", str(second))
        self.assertGreaterEqual(len(self.segments("--check")), 3)
        kept = self.home / "whole.stom"
        kept.write_bytes(self.whole())
        journal = Journal(kept)
        self.assertEqual(journal.hash, Journal(second / "journal.stom").hash, "the copy is one file")
        self.assertEqual(journal.kinds.count(8), 3)
        self.assertGreaterEqual(last.last["fills"], 3)
        code, out, _ = stom("verify", "--session", str(self.folder()), "--json")
        told = json.loads(out)["a"]
        self.assertEqual(told["differences"], [])
        self.assertGreater(told["orders"], journal.kinds.count(2) // 2)
        self.assertIn(code, (0, 3), "the kill costs the last second of the input")
        code, out, error = stom("account", "export", "--session", str(self.folder()), "--to", str(self.home / "cut.csv"))
        self.assertEqual(code, 0, out + error)
        code, out, error = stom("session", "backup", str(self.folder()), "--to", str(file), "--json")
        self.assertEqual((code, json.loads(out)["records"]), (0, len(journal.kinds)), error)
        code, out, error = stom("session", "restore", str(file), "--to", str(again))
        self.assertEqual(code, 0, out + error)
        self.assertEqual((again / "journal.stom").read_bytes(), kept.read_bytes())

    def test_an_archive_that_is_gone_or_spoiled_is_said(self):
        self.cut()
        with self.quoting("--testnet", "--segment", "1") as trade:
            trade.until(lambda s: not s["waits"])
            first(self.packed, lambda states: states[0] == "packed", trade.log)
        archive = self.folder() / "journal.000001.stom.gz"
        data = archive.read_bytes()
        archive.rename(self.home / "away.gz")
        code, _, error = stom("verify", "--session", str(self.folder()))
        self.assertEqual(code, 3, error)
        self.assertIn(f"{archive} is not there", error)
        self.assertIn("put the file back", error)
        self.assertEqual(self.segments()[0]["state"], "missing")
        archive.write_bytes(data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 8]) + data[len(data) // 2 + 1 :])
        code, _, error = stom("session", "segments", str(self.folder()), "--check")
        self.assertEqual(code, 1, error)
        self.assertIn("spoiled", error)
        self.assertNotEqual(stom("verify", "--session", str(self.folder()))[0], 0)
        archive.write_bytes(data)
        self.assertEqual(len(self.segments("--check")), 2)
        self.assertEqual(stom("verify", "--session", str(self.folder()))[0], 0)

    def test_old_segments_go_with_a_yes_alone_and_the_session_goes_on(self):
        delete = ("session", "delete", str(self.folder()), "--before", "2", "--no-input")
        self.cut()
        with self.quoting("--testnet", "--segment", "1") as trade:
            trade.until(lambda s: not s["waits"])
            code, _, error = stom(*delete, f"--confirm={self.folder().name}")
            self.assertEqual(code, 1, error)
            self.assertIn("trades in", error)
        for wrong in ((), ("--confirm=another",)):
            code, _, error = stom(*delete, *wrong)
            self.assertEqual(code, 2, error)
            self.assertIn(f"--confirm={self.folder().name}", error)
        self.assertIn(self.segments()[0]["state"], ("packed", "sealed"))
        kept = self.home / "kept"
        kept.mkdir()
        for snapshot in self.folder().glob("snapshot*.stom"):
            snapshot.rename(kept / snapshot.name)
        code, _, error = stom(*delete, f"--confirm={self.folder().name}")
        self.assertEqual(code, 2, error)
        self.assertIn("could not go on", error)
        for snapshot in kept.glob("*"):
            shutil.move(snapshot, self.folder())
        code, out, error = stom(*delete, f"--confirm={self.folder().name}", "--json")
        self.assertEqual((code, json.loads(out)["deleted"]), (0, 1), error)
        self.assertEqual(self.segments()[0]["state"], "missing")
        self.cut()
        self.assertEqual(stom("verify", "--session", str(self.folder()))[0], 3)


if __name__ == "__main__":
    unittest.main()
