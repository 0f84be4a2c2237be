#!/usr/bin/env python3
"""`GET /api/v1/trading` of `stom serve`, over sessions of `stom trade` that run at `stom exchange`: each is found and told as
docs/openapi.json says, one that hangs is listed as such, one that was killed leaves nothing.

usage: STOM_PROGRAM=build/dev/bin/stom trading_api_test.py
"""

import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest
import urllib.parse
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
from trade_test import LOTS, PATIENCE, PROGRAM, AtTheExchange, answered, first

DOCUMENT = json.loads((pathlib.Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}


def differences(value, schema, where):
    """What of a value is not as the document says; a field that it does not know is one, too."""
    if "$ref" in schema:
        return differences(value, DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]], where)
    if "oneOf" in schema:
        tried = [differences(value, one, where) for one in schema["oneOf"]]
        return [] if [] in tried else min(tried, key=len)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(type(value) is TYPES[kind] for kind in kinds):
        return [f"{where} is {value!r}, not {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is {value!r}, none of {schema['enum']}"]
    found = []
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{where} lacks {name}" for name in schema.get("required", []) if name not in value]
        found += [f"{where}.{name} is not in the document" for name in value if name not in known]
        for name in value.keys() & known.keys():
            found += differences(value[name], known[name], f"{where}.{name}")
    if isinstance(value, list):
        for number, one in enumerate(value):
            found += differences(one, schema["items"], f"{where}[{number}]")
    return found


class TradingSessionsOverTheApi(AtTheExchange):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.state = cls.home / "state"
        cls.environment = dict(os.environ, STOM_HOME=str(cls.state))
        subprocess.run([PROGRAM, "data", "gen", "--instrument", "sim:BTCUSDT", "--minutes", "2", "--history", "0", "--seed", "1"],
                       env=cls.environment, check=True, capture_output=True)
        cls.server = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--json", "--paused", "--instrument", "sim:BTCUSDT"],
                                      env=cls.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        cls.line = json.loads(cls.server.stdout.readline())

    @classmethod
    def tearDownClass(cls):
        cls.server.send_signal(signal.SIGTERM)
        cls.server.wait(PATIENCE)
        cls.server.stdout.close()
        super().tearDownClass()

    def answer(self, path, **query):
        """Of a GET, and it is as the document says."""
        address = urllib.parse.urlsplit(self.line["address"])
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        try:
            connection.request("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""),
                               headers={"Authorization": f"Bearer {self.line['token']}"})
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        self.assertEqual(response.status, 200, body)
        answer = json.loads(body)
        schema = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        self.assertEqual(differences(answer, schema, "answer"), [])
        return answer

    def trading(self):
        return self.answer("/api/v1/trading")["sessions"]

    def trading_until(self, wanted):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            sessions = self.trading()
            if wanted(sessions):
                return sessions
        raise TimeoutError(sessions)

    def running(self):
        """The one session that runs, once it has come round to say how it is."""
        [session] = self.trading_until(lambda sessions: [one["state"] for one in sessions] == ["running"] and sessions[0]["account"])
        return session

    def start(self, name, *instruments, more=(), strategy="idle"):
        """A session that runs; whatever the test does with it, it is gone afterwards."""
        named = [word for i in instruments for word in ("--instrument", i)]
        process = subprocess.Popen([PROGRAM, "trade", "start", "--paper", "--venues", str(self.file), "--strategy", strategy,
                                    "--json", "--session", str(self.home / name), *named, *more],
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.communicate()))
        line = process.stdout.readline()
        self.assertTrue(line, "it did not start")
        self.assertTrue(json.loads(line).get("ready"), line)
        return process

    def files(self):
        return sorted((self.state / "trading").glob("*"))

    def test_a_running_session_is_listed_with_its_venues_and_gone_when_it_ends(self):
        self.assertEqual(self.trading(), [])
        process = self.start("one", "binance:BTCUSDT", "kiwoom:005930")
        session = self.running()
        self.assertEqual(session["session"], str(self.home / "one"))
        self.assertEqual((session["pid"], session["state"], session["mode"]), (process.pid, "running", "paper"))
        self.assertEqual((session["limits"], session["kill_switch"], session["dead_man"]), ([], "off", None))
        self.assertEqual((session["account"]["positions"], session["account"]["orders"]), ([], []))
        self.assertEqual([venue["name"] for venue in session["venues"]], ["binance", "kiwoom"])
        self.assertEqual([book["id"] for venue in session["venues"] for book in venue["instruments"]],
                         ["binance:BTCUSDT", "kiwoom:005930"])
        self.assertEqual([file.stat().st_mode & 0o777 for file in self.files()], [0o600])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(self.files(), [])
        self.assertEqual(self.trading(), [])

    def test_what_holds_a_session_back_is_told(self):
        folder = str(self.home / "held")
        process = self.start("held", "binance:BTCUSDT", more=("--limit", "position@binance=2", "--limit", "daily_loss=100",
                                                              "--dead-man", "10m"))
        session = self.running()
        rows = {row["name"]: row for row in session["limits"]}
        self.assertEqual(list(rows), ["position", "daily_loss"])
        self.assertEqual(rows["position"], {"name": "position", "scope": "binance", "limit": "2", "value": "0", "state": "ok"})
        self.assertEqual((rows["daily_loss"]["limit"], rows["daily_loss"]["state"]), ("100", "ok"))
        self.assertEqual((session["kill_switch"], session["dead_man"]["within_ms"], session["dead_man"]["next"]),
                         ("off", 600000, "entries"))
        self.assertTrue(0 < session["dead_man"]["left_ms"] <= 600000)
        for command in (["risk", "trip", "daily_loss"], ["trade", "kill", "--step", "entries"]):
            self.assertEqual(answered(*command, "--session", folder)[0], 0)
        session = self.running()
        self.assertEqual({row["name"]: row["state"] for row in session["limits"]}, {"position": "ok", "daily_loss": "tripped"})
        self.assertEqual(session["kill_switch"], "entries")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_what_a_session_holds_and_orders_is_told(self):
        process = self.start("holds", "binance:BTCUSDT", more=("--param", "distance=1", "--param", "skew=1", *LOTS),
                             strategy="market_maker")
        known = lambda account: account["orders"] and [p for p in account["positions"] if p["unrealized_pnl"]]
        [session] = self.trading_until(lambda all: all and all[0]["account"] and known(all[0]["account"]))
        [position] = session["account"]["positions"]
        self.assertEqual((position["instrument"], position["strategy"], position["currency"]), ("binance:BTCUSDT", "market_maker", "USDT"))
        gain = (Decimal(position["mark_price"]) - Decimal(position["entry_price"])) * Decimal(position["quantity"])
        # The entry is told as a price; what was gained is what was paid, to the last digit.
        self.assertLess(abs(gain - Decimal(position["unrealized_pnl"])), abs(Decimal(position["quantity"])))
        for order in session["account"]["orders"]:
            self.assertEqual((order["instrument"], order["strategy"], order["type"]), ("binance:BTCUSDT", "market_maker", "limit"))
            self.assertGreater(Decimal(order["price"]), 0)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_what_goes_wrong_is_an_alert_without_a_file(self):
        process = self.start("alerts", "binance:BTCUSDT", more=("--limit", "feed_stale=1h,warn"))
        self.addCleanup(lambda: process.poll() is None and process.send_signal(signal.SIGCONT))
        for command in (["risk", "trip", "feed_stale"], ["trade", "kill", "--step", "entries"]):
            self.assertEqual(answered(*command, "--session", str(self.home / "alerts"))[0], 0)
        told = lambda: self.answer("/api/v1/trading/alerts")["sessions"]
        [session] = first(told, lambda all: all[0]["alerts"] and any("kill" in one["text"] for one in all[0]["alerts"]))
        self.assertEqual((session["session"], session["pid"]), (str(self.home / "alerts"), process.pid))
        alerts = {one["text"]: one for one in session["alerts"]}
        self.assertIn("session.started", [one["event"] for one in session["alerts"]])
        for text in ("trip feed_stale, by hand", "kill switch: entries"):
            self.assertEqual((alerts[text]["event"], alerts[text]["severity"], alerts[text]["count"]), ("risk.tripped", "critical", 1))
        self.assertEqual([int(one["id"]) for one in session["alerts"]], list(range(1, len(session["alerts"]) + 1)))
        process.send_signal(signal.SIGSTOP)
        self.assertEqual([one["alerts"] for one in told()], [None])
        process.send_signal(signal.SIGCONT)
        first(told, lambda all: all[0]["alerts"])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(told(), [])

    def test_fills_are_alerts_and_come_together(self):
        process = self.start("fills", "binance:BTCUSDT", more=("--param", "distance=1", "--param", "skew=1", *LOTS),
                             strategy="market_maker")
        fills = lambda all: [one for one in all[0]["alerts"] or [] if one["event"] == "fill"]
        [session] = first(lambda: self.answer("/api/v1/trading/alerts")["sessions"], lambda all: sum(one["count"] for one in fills(all)) >= 5)
        alerts = fills([session])
        self.assertLess(len(alerts), 5, "what differs in its numbers alone is one alert")
        self.assertRegex(alerts[-1]["text"], r"^binance:BTCUSDT: (bought|sold) [0-9.]+ at [0-9.]+, [0-9.]+ left of order [0-9]+$")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_the_log_of_a_session_is_searched_also_where_it_hangs(self):
        folder = self.home / "logs"
        process = self.start("logs", "binance:BTCUSDT")
        subprocess.run([PROGRAM, "trade", "kill", "--step", "entries", "--session", str(folder)], env=self.environment,
                       check=True, capture_output=True)
        first((folder / "log").read_text, lambda log: "kill switch: entries" in log)
        process.send_signal(signal.SIGSTOP)
        self.addCleanup(lambda: process.poll() is None and process.send_signal(signal.SIGCONT))
        lines = (folder / "log").read_text().splitlines()
        shown = lambda **query: self.answer("/api/v1/trading/log", session=str(folder), **query)
        page = shown()
        self.assertEqual(page["next"], None)
        self.assertEqual([line.split(" ", 1)[1].removeprefix("[warn] ").removeprefix("[error] ") for line in reversed(lines)],
                         [entry["text"] for entry in page["entries"]])
        times = [int(entry["time_ns"]) for entry in page["entries"]]
        self.assertEqual(times, sorted(times, reverse=True), "newest first")
        [found] = shown(text="SYNCHRONISED")["entries"]
        self.assertEqual((found["level"], found["text"]), ("info", "all books are synchronised"))
        self.assertEqual([entry["text"] for entry in shown(text="kill switch", level="warn")["entries"]][-1], "kill switch: entries")
        self.assertEqual(shown(level="error")["entries"], [])
        one_by_one, cursor = [], ""
        while cursor is not None:
            page = shown(limit=1, cursor=cursor)
            one_by_one += page["entries"]
            cursor = page["next"]
        self.assertEqual(len(one_by_one), len(lines))
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_the_log_of_a_session_that_ended_or_was_killed_is_searched(self):
        told = lambda: self.answer("/api/v1/trading/ended")["sessions"]
        ended = lambda: [one["session"] for one in told()]
        for name, how, code, end in (("over", signal.SIGTERM, 0, "stopped"), ("dead", signal.SIGKILL, -signal.SIGKILL, "killed")):
            folder = str(self.home / name)
            process = self.start(name, "binance:BTCUSDT")
            self.assertNotIn(folder, ended(), "it runs")
            first((self.home / name / "log").read_text, lambda log: "all books are synchronised" in log)
            process.send_signal(how)
            self.assertEqual(process.wait(PATIENCE), code)
            self.assertEqual(ended()[0], folder, "newest first")
            [found] = self.answer("/api/v1/trading/log", session=folder, text="synchronised")["entries"]
            self.assertEqual(found["text"], "all books are synchronised")
            self.assertEqual((told()[0]["end"], told()[0]["error"], told()[0]["hint"]), (end, None, None))
            self.assertGreaterEqual(int(told()[0]["time_ns"]), int(found["time_ns"]), "by the clock of its log")
        process = self.start("dead", "binance:BTCUSDT")
        self.assertNotIn(folder, ended(), "one goes on in it")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(ended().count(folder), 1)
        self.assertEqual(told()[0]["end"], "stopped", "as it ended the last time")

    def test_a_session_that_ends_by_an_error_leaves_it_for_the_page(self):
        nowhere = re.sub(r"(wss://[^:\"/]+):\d+", r"\1:1", self.file.read_text())  # no stream, and so no book
        venues = self.written("nowhere.json", json.loads(nowhere))
        command = [PROGRAM, "trade", "start", "--paper", "--venues", str(venues), "--strategy", "idle", "--json", "--session",
                   str(self.home / "late"), "--instrument", "binance:BTCUSDT", "--ready-within", "1ms"]
        process = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(process.returncode, 7, process.stderr)
        late = self.answer("/api/v1/trading/ended")["sessions"][0]
        self.assertEqual((late["session"], late["end"]), (str(self.home / "late"), "failed"))
        self.assertIn("no book after 1ms", late["error"])
        self.assertIn("--ready-within", late["hint"])
        self.assertIsNotNone(late["time_ns"])

    def test_of_a_universe_those_are_listed_who_are_watched(self):
        watched, candidates = self.home / "list.txt", self.home / "candidates.txt"
        watched.write_text("005930\n")
        candidates.write_text("kiwoom:005930\nkiwoom:000660\n")
        process = self.start("universe", more=("--universe", f"kiwoom:list={watched}", "--candidates", str(candidates)))
        [session] = self.trading_until(lambda all: all and all[0]["venues"] and all[0]["venues"][0]["universe"]["in"] == 1)
        [venue] = session["venues"]
        self.assertEqual(venue["universe"], {"source": f"kiwoom:list={watched}", "registrations": 100, "in": 1, "kept": 0,
                                             "waiting": 0})
        self.assertEqual([book["id"] for book in venue["instruments"]], ["kiwoom:005930"])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_one_that_was_killed_is_no_session_and_what_it_left_is_removed(self):
        process = self.start("killed", "binance:BTCUSDT")
        self.assertEqual(len(self.files()), 1)
        process.kill()
        process.wait(PATIENCE)
        self.assertEqual(len(self.files()), 1, "it had no chance to tidy up")
        self.assertEqual(self.trading(), [])
        self.assertEqual(self.files(), [])

    def test_one_that_hangs_is_listed_as_such_and_hides_no_other(self):
        hangs, runs = self.start("hangs", "binance:BTCUSDT"), self.start("runs", "upbit:KRW-BTC")
        hangs.send_signal(signal.SIGSTOP)
        named = lambda sessions: {pathlib.Path(one["session"]).name: one for one in sessions}
        states = lambda sessions: {name: one["state"] for name, one in named(sessions).items()}
        sessions = named(self.trading_until(lambda all: states(all) == {"hangs": "not responding", "runs": "running"}))
        self.assertEqual((sessions["hangs"]["pid"], sessions["hangs"]["venues"]), (hangs.pid, []))
        self.assertTrue(sessions["runs"]["venues"])
        hangs.send_signal(signal.SIGCONT)
        self.trading_until(lambda all: [one["state"] for one in all] == ["running", "running"])
        for process in (hangs, runs):
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_what_is_no_file_of_a_session_is_not_listed(self):
        folder = self.state / "trading"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "notes.txt").write_text("mine")
        (folder / "1-1.json").write_text('{"session":"/nowhere","pid":1}')
        self.assertEqual(self.trading(), [])
        self.assertEqual([file.name for file in self.files()], ["notes.txt"], "only what looks like one is removed")
        self.assertNotIn("/nowhere", [one["session"] for one in self.answer("/api/v1/trading/ended")["sessions"]])
        (folder / "notes.txt").unlink()


if __name__ == "__main__":
    unittest.main(verbosity=1)
