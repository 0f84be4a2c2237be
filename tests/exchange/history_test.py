#!/usr/bin/env python3
"""`stom data get` of venues that answer in pages, against `stom exchange`: what comes into the store is what the exchange
tells, however often the way there was cut.

usage: STOM_PROGRAM=build/dev/bin/stom history_test.py
"""

import csv
import datetime
import http.server
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import Exchange, Upbit

PROGRAM = os.environ["STOM_PROGRAM"]


class Way:
    """Plain HTTP before a venue of the exchange: what is asked for is noted, and what comes after so many answers is cut
    or held."""

    def __init__(self, exchange, venue):
        self.asked, self.answers, self.cut, self.held = [], None, threading.Event(), threading.Event()
        self.go_on = threading.Event()
        way, there = self, exchange.line["venues"][venue]["rest"]

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                way.asked.append(self.path)
                if way.answers is not None and len(way.asked) > way.answers:
                    way.held.set()
                    way.go_on.wait()
                if way.cut.is_set():
                    way.cut.clear()
                    self.close_connection = True
                    return
                sent = {n: v for n, v in self.headers.items() if n.lower() not in ("host", "content-length", "connection")}
                status, headers, text = exchange.http(self.command, there + self.path, sent, body or None)
                answer = text.encode()
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "connection", "server", "date"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except OSError:
                    pass  # whoever asked was killed

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()


class Getting(unittest.TestCase):
    """A home of its own for each test, and `stom` in it."""

    def setUp(self):
        self.homes = tempfile.TemporaryDirectory()
        self.addCleanup(self.homes.cleanup)
        self.home = self.new_home("home")

    def new_home(self, name):
        return os.path.join(self.homes.name, name)

    def environment(self):
        return os.environ | {"STOM_HOME": self.home}

    def stom(self, *arguments, code=0):
        done = subprocess.run([PROGRAM, *arguments, "--json"], capture_output=True, text=True, timeout=120, check=False,
                              env=self.environment())
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def stored(self, instrument, *what):
        """Rows of the store, as `stom data export` writes them."""
        done = subprocess.run([PROGRAM, "data", "export", instrument, *what], capture_output=True, text=True,
                              timeout=120, check=True, env=self.environment())
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def killed_when_held(self, way, *arguments):
        """`stom` with these arguments, until what it waits for is held; then nothing of it is left but its files."""
        with subprocess.Popen([PROGRAM, *arguments, "--json"], stdout=subprocess.DEVNULL, env=self.environment()) as child:
            self.assertTrue(way.held.wait(60), "it never asked for that page")
            child.kill()
        way.answers = None
        way.go_on.set()


class UpbitTrades(Getting):
    """A recording of the day before yesterday's last and yesterday's first trades, replayed."""

    BEFORE, OF_DAY = 100, 900  # the exchange keeps a thousand trades

    @classmethod
    def setUpClass(cls):
        cls.day = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
        midnight = int(datetime.datetime(*cls.day.timetuple()[:3], tzinfo=datetime.timezone.utc).timestamp() * 1000)
        cls.trades = [  # time, price, quantity, taker
            (midnight - cls.BEFORE + i, Decimal(90_000_000 + i % 7 * 1000), Decimal(i + 1) / 100_000_000,
             "ASK" if i % 3 else "BID") for i in range(cls.BEFORE + cls.OF_DAY)]
        frames = [(midnight - cls.BEFORE - 1, {
            "type": "orderbook", "code": "KRW-BTC", "timestamp": midnight - cls.BEFORE - 1, "total_ask_size": 1,
            "total_bid_size": 1, "level": 0, "stream_type": "REALTIME",
            "orderbook_units": [{"ask_price": 90_001_000, "bid_price": 90_000_000, "ask_size": 1, "bid_size": 1}]})]
        for i, (time, price, quantity, side) in enumerate(cls.trades):
            clock = datetime.datetime.fromtimestamp(time / 1000, datetime.timezone.utc)
            frames.append((time, {
                "type": "trade", "code": "KRW-BTC", "timestamp": time, "trade_date": f"{clock:%Y-%m-%d}",
                "trade_time": f"{clock:%H:%M:%S}", "trade_timestamp": time, "trade_price": int(price),
                "trade_volume": float(quantity), "ask_bid": side, "prev_closing_price": 90_000_000, "change": "EVEN",
                "change_price": 0, "sequential_id": 1_000_000 + i, "stream_type": "REALTIME"}))
        cls.recording = tempfile.TemporaryDirectory()
        capture = os.path.join(cls.recording.name, "capture.jsonl")
        with open(capture, "w", encoding="utf-8") as out:
            for time, frame in frames:
                out.write(f"{time * 1_000_000} {json.dumps(frame)}\n")
        home = os.environ.get("STOM_HOME")
        os.environ["STOM_HOME"] = os.path.join(cls.recording.name, "home")
        try:
            subprocess.run([PROGRAM, "data", "import", capture, "--instrument", "upbit:KRW-BTC", "--quiet"], check=True,
                           stdout=subprocess.DEVNULL)
            cls.context = Exchange("--replay", "upbit:KRW-BTC")
            cls.exchange = cls.context.__enter__()
        finally:
            os.environ.pop("STOM_HOME")
            if home is not None:
                os.environ["STOM_HOME"] = home
        stream = cls.exchange.socket(cls.exchange.line["venues"]["upbit"]["ws"] + "/websocket/v1")
        stream.send([{"ticket": "t"}, {"type": "trade", "codes": ["KRW-BTC"]}])
        stream.receive(lambda message: message.get("trade_timestamp") == cls.trades[-1][0])

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()
        cls.recording.cleanup()

    def setUp(self):
        super().setUp()
        self.way = Way(self.exchange, "upbit")
        self.addCleanup(self.way.close)

    def arguments(self, day=None):
        day = (day or self.day).isoformat()
        return ("data", "get", "upbit:KRW-BTC", "--kind", "trades", "--from", day, "--to", day, "--source",
                self.way.address)

    def assert_stored(self, trades):
        rows = [(int(row["venue_time_ns"]) // 1_000_000, Decimal(row["price"]), Decimal(row["quantity"]),
                 {"buy": "BID", "sell": "ASK"}[row["side"]]) for row in self.stored("upbit:KRW-BTC", "--kind", "trade")]
        self.assertEqual(rows, trades)

    def test_a_day_of_trades_is_what_the_exchange_told(self):
        got = self.stom(*self.arguments())
        self.assertEqual(got["events"]["trade"], self.OF_DAY)
        self.assert_stored(self.trades[self.BEFORE:])
        self.assertTrue(self.stom(*self.arguments())["already"])
        self.assertEqual(len(self.way.asked), 2, "nothing is asked for again")
        got = self.stom(*self.arguments(self.day - datetime.timedelta(days=1)))
        self.assertEqual(got["events"]["trade"], self.BEFORE)

    def test_after_a_kill_it_goes_on_behind_the_last_page_that_came(self):
        self.way.answers = 1
        self.killed_when_held(self.way, *self.arguments())
        self.assertFalse(pathlib.Path(self.home, "catalogue.sqlite").exists(), "half a day is not imported")
        got = self.stom(*self.arguments())
        self.assertEqual(got["events"]["trade"], self.OF_DAY)
        first, second, again = self.way.asked
        self.assertEqual(second, again, "the first page is not asked for again")
        self.assertNotEqual(first, second)
        self.assert_stored(self.trades[self.BEFORE:])
        self.assertFalse(pathlib.Path(self.home, "downloads").exists())

    def test_an_answer_that_was_half_written_is_asked_for_again(self):
        self.way.answers = 1
        self.killed_when_held(self.way, *self.arguments())
        (pages,) = pathlib.Path(self.home, "downloads", "upbit").glob("*.pages")
        kept = pages.read_bytes()
        pages.write_bytes(kept[:len(kept) // 2])
        self.stom(*self.arguments())
        self.assert_stored(self.trades[self.BEFORE:])

    def test_a_connection_that_is_cut_and_refusals_for_number_change_nothing(self):
        self.way.cut.set()
        self.assertEqual(self.exchange.control("PUT", "/faults/http_429", {"value": 100, "count": 1})[0], 200)
        self.stom(*self.arguments())
        self.assertEqual(len(self.way.asked), 4, "two pages, each tried twice or one of them three times")
        self.assert_stored(self.trades[self.BEFORE:])

    def test_what_the_venue_does_not_tell_any_more_is_said(self):
        error = self.stom(*self.arguments(self.day - datetime.timedelta(days=8)), code=3)["error"]
        self.assertIn(f"Upbit has no trades of before {self.day - datetime.timedelta(days=6)} any more", error["message"])
        self.assertIn("seven days", error["hint"])
        self.assertEqual(self.way.asked, [])


class UpbitCandles(Getting):
    @classmethod
    def setUpClass(cls):
        cls.context = Exchange("--seed", "7")
        cls.exchange = cls.context.__enter__()
        cls.ca = cls.exchange.line["ca"]
        cls.source = cls.exchange.line["venues"]["upbit"]["rest"]

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()

    def get(self, market, *arguments, code=0):
        return self.stom("data", "get", f"upbit:{market}", "--kind", "candles", "--source", self.source, "--ca", self.ca,
                         *arguments, code=code)

    def yesterday(self):
        """The day before the newest candle's: it has ended, whatever the hour."""
        (newest,) = Upbit(self.exchange).public("/v1/candles/days", market="KRW-BTC", count=1)
        day = datetime.date.fromisoformat(newest["candle_date_time_utc"][:10]) - datetime.timedelta(days=1)
        return day.isoformat()

    def test_a_day_of_candles_comes_into_the_store_once(self):
        day = self.yesterday()
        got = self.get("KRW-BTC", "--from", day, "--to", day)
        self.assertEqual((got["files"], got["missing"]), (1, []))
        bars = got["events"]["bar"]
        theirs = Upbit(self.exchange).public("/v1/candles/minutes/1", market="KRW-BTC", count=200,
                                             to=f"{day}T23:59:59Z")
        of_day = [c for c in theirs if c["candle_date_time_utc"].startswith(day)]
        self.assertGreaterEqual(bars, len(of_day))
        self.assertGreater(bars, 0)
        listed = self.stom("data", "list")
        self.assertIn("upbit:KRW-BTC", json.dumps(listed))
        again = self.get("KRW-BTC", "--from", day, "--to", day)
        self.assertTrue(again["already"])
        self.assertEqual(again["files"], 0)
        self.assertFalse((pathlib.Path(self.home) / "downloads").exists())

    def test_a_day_that_is_not_over_is_not_taken(self):
        today = datetime.date.fromisoformat(self.yesterday()) + datetime.timedelta(days=1)
        error = self.get("KRW-BTC", "--from", today.isoformat(), "--to", today.isoformat(), code=3)["error"]
        self.assertIn("has no candles", error["message"])

    def test_a_market_that_is_not_there_is_told(self):
        day = self.yesterday()
        error = self.get("KRW-NOTACOIN", "--from", day, "--to", day, code=3)["error"]
        self.assertIn("KRW-NOTACOIN", error["message"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
