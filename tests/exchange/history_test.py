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
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
from kiwoom_test import Client as Kiwoom
from venue_client import CoinFutures, Exchange, Futures, Spot, Upbit

PROGRAM = os.environ["STOM_PROGRAM"]


def make_certificate(folder):
    """Of 127.0.0.1, signed by itself."""
    names = (os.path.join(folder, "way.pem"), os.path.join(folder, "way.key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=way", "-addext", "subjectAltName=IP:127.0.0.1", "-out", names[0], "-keyout", names[1]],
                   check=True, capture_output=True)
    return names


class Way:
    """A server before a venue of the exchange: what is asked for is noted, and what comes after so many answers is cut or
    held."""

    def __init__(self, exchange, venue, folder):
        self.asked, self.answers, self.cut, self.held = [], None, threading.Event(), threading.Event()
        self.go_on = threading.Event()
        way, there = self, exchange.line["venues"][venue]["rest"]

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                key = self.headers.get("next-key")
                way.asked.append(self.path + (f" from {key}" if key else ""))
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
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        if name.lower() not in ("content-length", "connection", "server", "date"):
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    self.close_connection = True  # whoever asked was killed

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.ca, key = make_certificate(folder)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.ca, key)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.address = f"https://127.0.0.1:{self.server.server_port}"
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
            # The tests ask more in a second than the venue lets anybody; what a refusal for number does, a fault shows.
            cls.context = Exchange("--replay", "upbit:KRW-BTC", "--limits", "none")
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
        if self.day != datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1):  # a day ended meanwhile
            self.tearDownClass()
            self.setUpClass()
        self.way = Way(self.exchange, "upbit", self.homes.name)
        self.addCleanup(self.way.close)

    def arguments(self, day=None):
        day = (day or self.day).isoformat()
        return ("data", "get", "upbit:KRW-BTC", "--kind", "trades", "--from", day, "--to", day, "--source",
                self.way.address, "--ca", self.way.ca)

    def assert_stored(self, trades):
        rows = [(int(row["transaction_time_ns"]) // 1_000_000, Decimal(row["price"]), Decimal(row["quantity"]),
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

    def test_the_exchange_tells_trades_by_the_day_and_until_a_time(self):
        def told(**parameters):
            client = Upbit(self.exchange)
            rows = client.public("/v1/trades/ticks", market="KRW-BTC", count=500, **parameters)
            return client.status, len(rows)

        self.assertEqual(told(days_ago=2), (200, self.BEFORE))
        self.assertEqual(told(days_ago=1, to="000001"), (200, 500), "as many as were asked for")
        self.assertEqual(told(days_ago=1, to="00:00:00"), (200, 0))
        self.assertEqual(told(days_ago=3), (200, 0))
        for wrong in ({"days_ago": 8}, {"days_ago": 0}, {"days_ago": "x"}, {"days_ago": 1, "to": "246060"}):
            self.assertEqual(told(**wrong)[0], 400, wrong)

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


class Market:
    """Where an instrument's klines are, of the exchange."""

    def __init__(self, client, path):
        self.client, self.path = client, path

    def klines(self, symbol, **parameters):
        """(time in ms, open, high, low, close, volume), the oldest first."""
        rows = self.client.public(self.path, symbol=symbol, interval="1m", limit=1000, **parameters)
        return [(row[0], *map(Decimal, row[1:6])) for row in rows]


class BinanceCandles(Getting):
    """Klines by REST: yesterday's last hours and today's minutes so far."""

    @classmethod
    def setUpClass(cls):
        cls.context = Exchange("--seed", "7")
        cls.exchange = cls.context.__enter__()
        cls.markets = {"binance:BTCUSDT": Market(Spot(cls.exchange), "/api/v3/klines"),
                       "binance-usdm:BTCUSDT": Market(Futures(cls.exchange), "/fapi/v1/klines"),
                       "binance-coinm:BTCUSD_PERP": Market(CoinFutures(cls.exchange), "/dapi/v1/klines")}

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()

    def setUp(self):
        super().setUp()
        self.way = Way(self.exchange, "binance", self.homes.name)
        self.addCleanup(self.way.close)
        self.file = os.path.join(self.homes.name, "exchange.json")
        with open(os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            json.dump(self.exchange.line, out)

    def theirs(self, instrument, since=0):
        """All minutes that the exchange has."""
        rows, symbol = [], instrument.split(":")[1]
        while page := self.markets[instrument].klines(symbol, startTime=rows[-1][0] + 1 if rows else since):
            rows += page
        return rows

    def ours(self, instrument):
        return [(int(row["time_ns"]) // 1_000_000, *(Decimal(row[name]) for name in ("open", "high", "low", "close", "volume")))
                for row in self.stored(instrument, "--bar", "1m")]

    def days(self, rows):
        days = [datetime.datetime.fromtimestamp(row[0] / 1000, datetime.timezone.utc).date().isoformat() for row in rows]
        return days[0], days[-1]

    def get(self, instrument, first, last, *where, code=0):
        return self.stom("data", "get", instrument, "--kind", "candles", "--from", first, "--to", last, *where, code=code)

    def assert_stored(self, instrument):
        """Every minute that the exchange has, but for the newest, which are not over. It keeps a day of them: the oldest of
        ours may be gone there meanwhile."""
        ours, theirs = self.ours(instrument), self.theirs(instrument)
        gone = [row for row in ours if row[0] < theirs[0][0]]
        ours = ours[len(gone):]
        self.assertEqual(ours, theirs[:len(ours)])
        self.assertLessEqual(len(theirs) - len(ours), 3)
        self.assertLessEqual(len(gone), 3)

    def test_minutes_up_to_now_are_the_exchanges(self):
        for instrument in self.markets:
            with self.subTest(instrument):
                first, last = self.days(self.theirs(instrument))
                self.assertNotIn(first, self.get(instrument, first, last, "--venues", self.file)["missing"])
                self.assert_stored(instrument)
                stored = len(self.ours(instrument))
                again = self.get(instrument, first, last, "--venues", self.file)
                self.assertEqual(len(self.ours(instrument)), stored + (0 if again.get("already") else again["events"]["bar"]))
                self.assert_stored(instrument)

    def test_a_day_that_is_there_in_part_is_asked_for_from_there_on(self):
        instrument = "binance:BTCUSDT"
        rows = self.theirs(instrument)
        of_day = {day: [row for row in rows if self.days([row])[0] == day] for day in self.days(rows)}
        day, minutes = max(of_day.items(), key=lambda item: len(item[1]))
        until = minutes[len(minutes) // 2][0]
        clock = datetime.datetime.fromtimestamp(until / 1000, datetime.timezone.utc)
        part = os.path.join(self.homes.name, f"BTCUSDT-candles-1m-{day}-until-{clock:%Y-%m-%dT%H%M%S}.csv")
        with open(part, "w", encoding="utf-8") as out:
            out.write("time,open,high,low,close,volume\n")
            out.writelines(",".join(map(str, row)) + "\n" for row in minutes if row[0] < until)
        self.stom("data", "import", part, "--instrument", instrument, "--bar", "1m")
        self.get(instrument, day, day, "--source", self.way.address, "--ca", self.way.ca)
        self.assertIn(f"startTime={until}&", self.way.asked[0])
        ours, theirs = self.ours(instrument), self.theirs(instrument, minutes[0][0])
        self.assertEqual(ours[0][0], minutes[0][0])
        self.assertEqual([row for row in ours if row[0] >= theirs[0][0]], [row for row in theirs if row[0] <= ours[-1][0]])

    def test_after_a_kill_it_goes_on_behind_the_last_page_that_came(self):
        instrument = "binance:BTCUSDT"
        first, last = self.days(self.theirs(instrument))
        arguments = ("data", "get", instrument, "--kind", "candles", "--from", first, "--to", last, "--source", self.way.address,
                     "--ca", self.way.ca)
        self.way.answers = 1
        self.killed_when_held(self.way, *arguments)
        self.stom(*arguments)
        self.assertEqual(len(set(self.way.asked)), len(self.way.asked) - 1, "only the page that was held is asked for again")
        self.assert_stored(instrument)

    def test_a_symbol_that_is_not_there_is_told(self):
        _, last = self.days(self.theirs("binance:BTCUSDT"))
        error = self.get("binance:NOTACOIN", last, last, "--venues", self.file, code=3)["error"]
        self.assertIn("Invalid symbol", error["message"])

    def test_what_comes_in_pages_comes_encrypted(self):
        error = self.get("binance:BTCUSDT", "2024-08-01", "2024-08-01", "--source", "http://127.0.0.1:1", code=2)["error"]
        self.assertIn("https://", error["message"])

    def test_files_of_the_archive_are_not_the_exchanges(self):
        error = self.stom("data", "get", "binance:BTCUSDT", "--kind", "klines", "--from", "2024-08-01", "--to", "2024-08-01",
                          "--venues", self.file, code=2)["error"]
        self.assertIn("--kind candles", error["hint"])


SEOUL = datetime.timezone(datetime.timedelta(hours=9))


class KiwoomCharts(Getting):
    """Charts want a token, and are gone through from now backwards."""

    def file_of(self, exchange, rest=None):
        """The exchange's line, with another address of Kiwoom, readable by nobody else."""
        line = json.loads(json.dumps(exchange.line))
        if rest:
            line["venues"]["kiwoom"]["rest"] = rest
        path = os.path.join(self.homes.name, "exchange.json")
        with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            json.dump(line, out)
        return path

    @staticmethod
    def chart(client, api_id, **body):
        """All pages, the oldest first."""
        rows, headers = [], {}
        while True:
            answer = client.call(api_id, headers, stk_cd="005930", upd_stkpc_tp="0", **body)
            (page,) = (value for value in answer.values() if isinstance(value, list))
            rows += page
            if client.headers["cont-yn"] != "Y":
                return rows[::-1]
            headers = {"cont-yn": "Y", "next-key": client.headers["next-key"]}

    def test_minutes_and_the_day_of_a_korean_yesterday(self):
        with Exchange("--seed", "7", "--markets", "1") as exchange:
            client = Kiwoom(exchange)
            day = (datetime.datetime.now(SEOUL) - datetime.timedelta(days=1)).date()
            minutes = lambda: [row for row in self.chart(client, "ka10080", tic_scope="1") if row["cntr_tm"].startswith(f"{day:%Y%m%d}")]
            theirs = minutes()
            where = ("--from", day.isoformat(), "--to", day.isoformat(), "--venues", self.file_of(exchange))
            self.stom("data", "get", "kiwoom:005930", "--kind", "candles", *where)
            fields = ("open_pric", "high_pric", "low_pric", "cur_prc", "trde_qty")

            def plain(row, time):
                return (int(time.timestamp()) * 1_000_000_000, *(abs(Decimal(row[name])) for name in fields))

            def stored(bar):
                return [(int(row["time_ns"]), *(Decimal(row[name]) for name in ("open", "high", "low", "close", "volume")))
                        for row in self.stored("kiwoom:005930", "--bar", bar)]

            def time_of(row):
                return datetime.datetime.strptime(row["cntr_tm"], "%Y%m%d%H%M%S").replace(tzinfo=SEOUL)

            self.assertGreater(len(theirs), 0)
            # The exchange remembers a day: where minutes end meanwhile, its oldest ones are gone.
            before, ours, after = ([plain(row, time_of(row)) for row in theirs], stored("1m"),
                                   [plain(row, time_of(row)) for row in minutes()])
            self.assertEqual(ours, before[len(before) - len(ours) :])
            self.assertEqual(after, ours[len(ours) - len(after) :])
            self.assertTrue(self.stom("data", "get", "kiwoom:005930", "--kind", "candles", *where)["already"])
            midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=SEOUL)
            of_day = lambda: [plain(self.chart(client, "ka10081", base_dt=f"{day:%Y%m%d}")[-1], midnight)]
            before = of_day()
            self.stom("data", "get", "kiwoom:005930", "--kind", "candles", "--bar", "1d", *where)
            self.assertIn(stored("1d"), (before, of_day()))

    def test_trades_are_those_that_were_made_also_after_a_kill(self):
        before, of_day = 50, 200
        day = (datetime.datetime.now(SEOUL) - datetime.timedelta(days=1)).date()
        midnight = int(datetime.datetime(day.year, day.month, day.day, tzinfo=SEOUL).timestamp() * 1000)
        trades = [(midnight + (i - before) * 4, 70_000 + i % 4 * 100, i + 1) for i in range(before + of_day)]
        quotes, made = (os.path.join(self.homes.name, name) for name in ("quotes.csv", "trades.csv"))
        with open(quotes, "w", encoding="utf-8") as out:
            out.write(f"time,bid,bid_size,ask,ask_size\n{trades[0][0] - 4},70000,10,70100,10\n")
        with open(made, "w", encoding="utf-8") as out:
            out.write("id,time,price,quantity,side\n")
            out.writelines(f"{quantity},{time},{price},{quantity},buy\n" for time, price, quantity in trades)
        home, self.home = self.home, self.new_home("recorded")
        for path in (quotes, made):
            self.stom("data", "import", path, "--instrument", "kiwoom:005930")
        old = os.environ.get("STOM_HOME")
        os.environ["STOM_HOME"] = self.home
        self.addCleanup(lambda: os.environ.pop("STOM_HOME") if old is None else os.environ.update(STOM_HOME=old))
        self.home = home
        with Exchange("--replay", "kiwoom:005930") as exchange:
            client = Kiwoom(exchange)
            while True:
                rows = client.call("ka10079", stk_cd="005930", tic_scope="1", upd_stkpc_tp="0")["stk_tic_chart_qry"]
                if rows and int(rows[0]["trde_qty"]) == len(trades):
                    break
            way = Way(exchange, "kiwoom", self.homes.name)
            self.addCleanup(way.close)
            arguments = ("data", "get", "kiwoom:005930", "--kind", "trades", "--from", day.isoformat(), "--to", day.isoformat(),
                         "--venues", self.file_of(exchange, way.address), "--ca", way.ca)
            way.answers = 2  # a token, and a page
            self.killed_when_held(way, *arguments)
            (kept,) = pathlib.Path(home, "downloads", "kiwoom").glob("*.pages")
            self.assertNotIn("token", kept.read_text(encoding="utf-8"), "what lets us in is written down nowhere")
            self.stom(*arguments)
            token, chart = "/oauth2/token", "/api/dostk/chart"
            self.assertEqual(way.asked, [token, chart, chart + " from 100", token, chart + " from 100", chart + " from 200", chart])
        rows = [(int(row["transaction_time_ns"]) // 1_000_000_000, int(Decimal(row["price"])), int(Decimal(row["quantity"])))
                for row in self.stored("kiwoom:005930", "--kind", "trade")]
        self.assertEqual(rows, [(time // 1000, price, quantity) for time, price, quantity in trades[before:]])

    def test_without_a_key_nothing_is_asked(self):
        error = self.stom("data", "get", "kiwoom:005930", "--kind", "candles", "--from", "2025-09-17", "--to", "2025-09-17",
                          code=2)["error"]
        self.assertIn("--venues FILE", error["hint"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
