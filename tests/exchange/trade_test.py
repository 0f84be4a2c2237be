#!/usr/bin/env python3
"""`stom trade` against `stom exchange`, as a trader and a script see it: ready, status, fills, the end. What the session
says of itself is held against its journal, read here from docs/journal.md alone, and against the exchange's own account.

usage: STOM_PROGRAM=build/dev/bin/stom trade_test.py
"""

import contextlib
import datetime
import gzip
import hashlib
import json
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "endurance"))
import recorded_books
from kiwoom_test import Client as KiwoomClient
from venue_client import Exchange, Futures, Spot

PROGRAM = os.environ["STOM_PROGRAM"]
SEOUL = datetime.timezone(datetime.timedelta(hours=9))
PATIENCE = 180  # seconds, for what is a matter of one or two where nothing else runs
# What the test trades of each venue that the exchange speaks: symbol, and what its client offers of orders.
MARKETS = {"binance": ["BTCUSDT", "ETHUSDT"], "binance-usdm": ["BTCUSDT", "ETHUSDT"], "binance-coinm": ["BTCUSD_PERP"],
           "upbit": ["KRW-BTC"], "kiwoom": ["005930"]}
LOTS = ("--param", "lots=100", "--param", "max=2000")  # more than the least value of an order


def stom(*arguments):
    """(exit code, stdout, stderr) of one command."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


def answered(*arguments):
    """The same of a session that is asked: one that did not come round to it in time, on a busy machine, is asked again."""
    busy = re.compile("not respond|the engine is slow")
    return first(lambda: stom(*arguments), lambda done: not busy.search(done[1] + (done[2] if done[0] else "")))


@contextlib.contextmanager
def standing_still(process):
    """A process that does nothing until the block ends."""
    process.send_signal(signal.SIGSTOP)
    try:
        first(lambda: pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0], lambda state: state == "T")
        yield
    finally:
        process.send_signal(signal.SIGCONT)


class Journal:
    """The records of docs/journal.md, as far as this test asks for them; of a session that runs, those that are whole."""

    def __init__(self, file):
        data = file.read_bytes()
        assert data[:8] == b"STOMJRN2"
        self.hashes, digest = {}, hashlib.sha256()  # after each record, by the size of the file then
        self.kinds, self.fills, self.configuration, self.differences, self.names = [], [], "", [], []
        self.denied, self.held = 0, []
        self.last = {"time": 0, "request": 0, "id": 0, "price": 0}
        at = 8
        while at + 8 <= len(data):
            length = int.from_bytes(data[at : at + 4], "little")
            if at + 8 + length > len(data):  # it is being written
                break
            self.record(data[at + 8 : at + 8 + length])
            digest.update(data[at : at + 8 + length])
            at += 8 + length
            self.hashes[digest.hexdigest()] = at
        self.size, self.hash = at, digest.hexdigest()

    def byte(self):
        self.at += 1
        return self.payload[self.at - 1]

    def number(self):
        first = self.byte()
        if first >= 240:
            size = first - 239
            first = int.from_bytes(self.payload[self.at : self.at + size], "little")
            self.at += size
        return first >> 1 ^ -(first & 1)

    def difference(self, name):
        self.last[name] += self.number()
        return self.last[name]

    def record(self, payload):
        self.payload, self.at = payload, 1
        kind = payload[0]
        self.kinds.append(kind)
        if kind == 1:
            self.configuration = payload[1:].decode()
        if kind in (2, 3, 4):
            for name in ("time", "request", "id"):
                self.difference(name)
        if kind == 2:
            self.byte(), self.byte()
            self.number(), self.number()
            self.difference("price")
        if kind == 4:
            self.number()
            packed, reason = self.byte(), self.byte()
            instrument, _ = self.number(), self.number()
            self.denied += packed & 15 == 2
            if packed & 15 == 4:  # filled
                self.difference("price")
                side = -1 if packed >> 4 & 1 else 1
                self.fills.append((instrument, side * self.number()))
            elif reason == 19:  # of an order that is kept
                self.difference("price")
                self.held.append((packed & 15, self.last["id"]))
        if kind in (5, 6, 7, 8, 9, 10, 11):
            self.difference("time")
        if kind == 11:
            self.difference("id")
            self.names.append(payload[self.at :].decode())
        if kind == 10:
            self.differences.append(json.loads(payload[self.at :]))


def first(look, wanted, log=lambda: "", pause=0):
    """The first of what is looked at of which that is true. `pause`: seconds between looks that spend an exchange's budget."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = look()
        if wanted(seen):
            return seen
        time.sleep(pause)
    raise TimeoutError(f"{seen}\n{log()}")


class Trade:
    """`stom trade start` for as long as the with block; ended with SIGTERM and code 0."""

    def __init__(self, folder, *arguments):
        self.folder, self.killed = folder, False
        command = [PROGRAM, "trade", "start", "--session", str(folder), "--json", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.line = self.process.stdout.readline()

    def __enter__(self):
        assert self.line, self.process.stderr.read()
        self.ready = json.loads(self.line)
        assert self.ready.get("ready"), self.line + self.log()
        return self

    def __exit__(self, kind, *_):
        self.last = self.status() if kind is None and self.process.poll() is None else None
        self.stop()
        assert kind is not None or self.killed or self.code == 0, f"it ended with {self.code}: {self.errors}{self.log()}"

    def stop(self):
        self.stopped = time.time_ns()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            _, self.errors = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:  # one that hangs would keep a processor from all other tests
            self.process.kill()
            raise
        self.code = self.process.returncode

    def kill(self):
        """As a crash does."""
        self.process.kill()
        self.process.wait(timeout=PATIENCE)
        self.killed = True

    def log(self):
        return (self.folder / "log").read_text() if (self.folder / "log").exists() else ""

    def status(self):
        code, out, error = answered("trade", "status", "--session", str(self.folder), "--json")
        assert code == 0, out + error + self.log()
        return json.loads(out)

    def venues(self):
        code, out, error = answered("trade", "venues", "--session", str(self.folder), "--json")
        assert code == 0, out + error + self.log()
        return json.loads(out)

    def venues_until(self, wanted):
        """The first answer of `trade venues` of which that is true."""
        return first(self.venues, lambda view: view["venues"] and wanted(view), self.log)

    def until(self, wanted):
        """The first status of which that is true."""
        return first(self.status, wanted, self.log)


class AtTheExchange(unittest.TestCase):
    """Trading sessions at a simulated exchange: one for all tests of a class, a folder of its own for each."""

    EXCHANGE = ("--seed", "7")  # what it is started with

    @classmethod
    def setUpClass(cls):
        cls.context = Exchange(*cls.EXCHANGE)
        cls.exchange = cls.context.__enter__()
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.file = cls.written("exchange.json", cls.exchange.line)
        cls.spot, cls.futures = Spot(cls.exchange), Futures(cls.exchange)

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()
        shutil.rmtree(cls.home)

    def refused(self, code, text, *arguments):
        got, out, error = stom("trade", *arguments)
        self.assertEqual(got, code, out + error)
        self.assertIn(text, error)

    @classmethod
    def written(cls, name, venues):
        """A file of venues, which nobody else may read."""
        file = cls.home / name
        file.touch(mode=0o600)
        file.write_text(json.dumps(venues))
        return file

    def folder(self):
        return self.home / self.id().split(".")[-1]

    def start(self, mode, *more, instruments=("binance:BTCUSDT",), strategy="market_maker", folder=None):
        named = [word for i in instruments for word in ("--instrument", i)]
        return Trade(folder or self.folder(), mode, "--venues", str(self.file), "--strategy", strategy, *named, *more)

    def grid_that_buys(self, orders):
        """Condition texts that buy at once and never sell, with those orders.toml: their folder, and the words that name them."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        texts = {"buy": "pass\n", "sell": "매도 = False\n", "vars": "self.vars[0] = 1\n", "orders": orders}
        for name, text in texts.items():
            (folder / name).write_text(text)
        return folder, [word for name in texts for word in ("--param", f"{name}={folder / name}")]

    def quoting(self, mode, *more, **how):
        """Near the middle, often, so that it is filled soon."""
        return self.start(mode, "--param", "distance=1", "--param", "skew=1", *LOTS, *more, **how)

    def account(self):
        """What the exchange says that we hold, in coins; the account began with 10 of them."""
        for balance in self.spot.signed("GET", "/api/v3/account")["balances"]:
            if balance["asset"] == "BTC":
                return Decimal(balance["free"]) + Decimal(balance["locked"])
        return Decimal(0)

    def futures_position(self):
        rows = self.futures.signed("GET", "/fapi/v2/positionRisk", symbol="BTCUSDT")
        return sum(Decimal(row["positionAmt"]) for row in rows)

    def orders_left(self):
        # By symbol: a list of all symbols costs as much of a minute's requests as a dozen of these.
        return [order for market, path in ((self.spot, "/api/v3/openOrders"), (self.futures, "/fapi/v1/openOrders"))
                for symbol in ("BTCUSDT", "ETHUSDT") for order in market.signed("GET", path, symbol=symbol)]

    def lots(self, configuration):
        """Decimals of each instrument's quantities, as the journal's first record has its lot."""
        words = configuration.split()
        out = {}
        for at, word in enumerate(words):
            if word.startswith("instrument="):
                lot = Decimal(words[at + 2].removeprefix("lot="))
                out[word.removeprefix("instrument=")] = -lot.as_tuple().exponent
        return out

    # ---- on paper


class TradeSessions(AtTheExchange):
    def resting(self, mode, *more, **how):
        """Far from the middle: nobody trades with it."""
        return self.start(mode, "--param", "distance=400", *LOTS, *more, **how)

    def all_markets(self):
        return [f"{venue}:{symbol}" for venue in self.exchange.line["venues"] for symbol in MARKETS.get(venue, [])]

    def test_paper_trades_all_venues_of_the_exchange_in_one_engine(self):
        instruments = self.all_markets()
        with self.quoting("--paper", instruments=instruments) as trade:
            status = trade.until(lambda s: s["fills"] >= 5)
            self.assertEqual(status["mode"], "paper")
            self.assertEqual(status["state"], "running")
            self.assertEqual(set(status["venues"]), {i.split(":")[0] for i in instruments})
            for venue in status["venues"].values():
                self.assertTrue(venue["connected"])
                self.assertEqual(venue["stale"], 0)
                self.assertGreaterEqual(venue["lag_ms"], 0)
            self.assertEqual(list(status["position"]), instruments)
        journal = Journal(trade.folder / "journal.stom")
        self.assertEqual((journal.kinds[0], journal.kinds[-1]), (1, 7), "configuration first, end last")
        decimals = self.lots(journal.configuration)
        held = {i: 0 for i in instruments}
        for index, quantity in journal.fills[: trade.last["fills"]]:
            held[instruments[index]] += quantity
        for instrument in instruments:
            self.assertEqual(Decimal(trade.last["position"][instrument]).scaleb(decimals[instrument]), held[instrument])
        self.assertEqual(self.spot.signed("GET", "/api/v3/openOrders"), [], "paper orders are at no exchange")
        code, _, error = stom("trade", "status", "--session", str(trade.folder))
        self.assertEqual(code, 4)
        self.assertIn("no session runs", error)

    def test_the_journal_hash_is_that_of_the_file(self):
        with self.start("--paper", strategy="idle") as trade:
            before = Journal(trade.folder / "journal.stom")
            hash_now = trade.status()["journal_hash"]
            after = Journal(trade.folder / "journal.stom")  # a stream that ends or comes back meanwhile writes a record
            self.assertIn(hash_now, after.hashes)
            self.assertLessEqual(before.size, after.hashes[hash_now])
            self.assertEqual(list(after.hashes)[-1], after.hash)

    # ---- one book of several currencies

    def test_venues_of_two_currencies_add_up_in_one_by_a_rate_that_is_watched(self):
        with self.quoting("--paper", "--currency", "KRW", "--rate", "USDT/KRW=upbit:KRW-USDT", "--rate", "ETH/KRW=5000000",
                          instruments=["binance:BTCUSDT", "upbit:KRW-BTC"]) as trade:
            known = lambda s: s["risk"]["rates"] and s["risk"]["gross"] not in (None, "0")
            status = trade.until(lambda s: known(s) and all(Decimal(q) for q in s["position"].values()))
            risk = status["risk"]
            self.assertEqual(list(status["position"]), ["binance:BTCUSDT", "upbit:KRW-BTC"], "the rate's is not traded")
            self.assertEqual((risk["currency"], risk["unknown"]), ("KRW", []))
            [rate] = risk["rates"]
            self.assertEqual((rate["from"], rate["to"], rate["source"], rate["stale"]), ("USDT", "KRW", "upbit:KRW-USDT", False))
            self.assertGreaterEqual(rate["age_ms"], 0)
            middle = lambda book: (Decimal(book["bid"]) + Decimal(book["ask"])) / 2
            # Books and sums are of one moment, positions of another: with nothing that works, the same.
            holds = lambda s: all(Decimal(q) for q in s["position"].values())

            def stood_still():
                trade.until(holds)
                code, out, error = answered("trade", "kill", "--step", "cancel", "--session", str(trade.folder), "--json")
                self.assertEqual(code, 0, out + error)
                status = trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0})
                if not holds(status):
                    answered("risk", "set", "kill_switch=off", "--session", str(trade.folder))
                return status

            before = first(stood_still, holds, trade.log)
            view = trade.venues_until(lambda v: v["risk"]["gross"] is not None)
            self.assertEqual(trade.status()["fills"], before["fills"])
            books = {b["id"]: b for v in view["venues"] for b in v["instruments"]}
            dollar = middle(books["upbit:KRW-USDT"])
            self.assertEqual(Decimal(view["risk"]["rates"][0]["rate"]), dollar)
            worth = {i: Decimal(q) * middle(books[i]) for i, q in before["position"].items()}
            worth["binance:BTCUSDT"] *= dollar
            self.assertEqual(Decimal(view["risk"]["gross"]), sum(abs(w) for w in worth.values()))
            self.assertEqual(Decimal(view["risk"]["net"]), sum(worth.values()))
        self.assertIn("currency=KRW rate=USDT/KRW=upbit:KRW-USDT", Journal(trade.folder / "journal.stom").configuration)

    def test_what_has_no_rate_is_unknown_and_said(self):
        with self.quoting("--paper", "--currency", "KRW") as trade:
            status = trade.until(lambda s: Decimal(s["position"]["binance:BTCUSDT"]))
            self.assertEqual((status["risk"]["gross"], status["risk"]["profit"]), (None, None))
            self.assertEqual(status["risk"]["unknown"], ["no rate of USDT in KRW"])
            told = lambda: stom("trade", "status", "--session", str(trade.folder))[1]
            held = lambda text: Decimal(re.search(r"^position +binance:BTCUSDT +(\S+)$", text, re.MULTILINE)[1])
            self.assertIn("gross not known", first(told, held, trade.log))  # it quotes both sides: flat again now and then

    def test_a_rate_is_of_the_currencies_that_it_is_said_to_be_of(self):
        start = ["start", "--paper", "--venues", str(self.file), "--strategy", "idle", "--instrument", "binance:BTCUSDT",
                 "--session", str(self.folder())]
        self.refused(2, "its price is BTC/KRW", *start, "--rate", "USDT/KRW=upbit:KRW-BTC")
        self.refused(2, "not FROM/TO=RATE", *start, "--rate", "1390")
        self.refused(2, "above 0", *start, "--rate", "USDT/KRW=0")
        self.refused(2, "no currency", *start, "--currency", "won")

    # ---- cash of several currencies, and what a strategy says

    WON_AND_DOLLARS = ["upbit:KRW-BTC", "binance:BTCUSDT"]

    def balances(self, trade):
        code, out, error = answered("account", "show", "--session", str(trade.folder), "--json")
        self.assertEqual(code, 0, out + error)
        return [(b["venue"], b["currency"], b["total"], b["free"]) for b in json.loads(out)["balances"]]

    def lines(self, *more):
        code, out, error = stom("trade", "log", "--session", str(self.folder()), "--json", *more)
        self.assertEqual(code, 0, out + error)
        return json.loads(out)["lines"]

    def buying(self, *more):
        """Condition texts and a grid that buy each instrument once, for 10,000 of its currency."""
        _, texts = self.grid_that_buys("[buy]\nparts = 1\n")
        return self.start("--paper", *texts, "--param", "size=cash", "--param", "amount=10000", *more, strategy="conditions",
                          instruments=self.WON_AND_DOLLARS)

    def test_cash_of_each_currency_is_there_from_the_start_and_adds_up_by_rate(self):
        with self.start("--paper", "--cash", "KRW=50000000", "--cash", "USDT=5.25", "--rate", "USDT/KRW=1400", strategy="idle",
                        instruments=self.WON_AND_DOLLARS) as trade:
            self.assertEqual(self.balances(trade), [("paper", "KRW", "50000000", "50000000"), ("paper", "USDT", "5.25", "5.25")])
            risk = trade.status()["risk"]
            self.assertEqual((risk["currency"], risk["equity"], risk["profit"]), ("KRW", "50007350", "0"))
            code, out, error = answered("account", "show", "--session", str(trade.folder))
            self.assertRegex(out, r"balance +paper +5\.25 USDT, 5\.25 free", error)
        self.assertIn(" cash=50000000 cash=USDT=5.25 ", Journal(trade.folder / "journal.stom").configuration)

    def test_cash_without_a_rate_makes_equity_unknown_and_that_is_said(self):
        with self.start("--paper", strategy="idle", instruments=self.WON_AND_DOLLARS) as trade:
            risk = trade.status()["risk"]
            self.assertEqual((risk["equity"], risk["gross"], risk["profit"]), (None, "0", "0"))
            self.assertEqual(risk["unknown"], ["no rate of USDT in KRW"])
            first(trade.log, lambda log: "no rate leads from USDT to KRW: what all is exposed and worth is not known; " in log)
            for change in ("daily_loss=5", "gross_exposure=5", "leverage@upbit=2"):
                code, out, error = answered("risk", "set", change, "--session", str(trade.folder))
                self.assertEqual(code, 2, out + error)
                self.assertIn(f"{change}: no rate leads from USDT to KRW", error)
                self.assertIn("--rate USDT/KRW=NUMBER", error)
            for change in ("gross_exposure@upbit=5", "position=5"):  # of won alone, and of none
                code, out, error = answered("risk", "set", change, "--session", str(trade.folder))
                self.assertEqual(code, 0, out + error)
        self.assertEqual(trade.log().count("no rate leads from USDT to KRW"), 1)

    def test_what_counts_in_one_currency_and_has_no_rate_does_not_begin(self):
        file = self.home / "in_won.toml"
        file.write_text('[limits]\n"gross_exposure" = "5"\n')
        start = ["start", "--paper", "--venues", str(self.file), "--strategy", "idle", "--session", str(self.folder()),
                 *(word for one in self.WON_AND_DOLLARS for word in ("--instrument", one))]
        for limit in (["--limit", "daily_loss=5"], ["--limit", "leverage=2"], ["--limits", str(file)]):
            self.refused(2, "no rate leads from USDT to KRW", *start, *limit)
            self.assertFalse(self.folder().exists(), "what did not begin leaves nothing")
        with self.start("--paper", "--limit", "daily_loss=5", "--limits", str(file), "--rate", "USDT/KRW=1400", strategy="idle",
                        instruments=self.WON_AND_DOLLARS) as trade:
            self.assertEqual(trade.status()["risk"]["unknown"], [])

    def test_a_rate_that_is_not_there_yet_is_waited_for_and_that_is_said(self):
        with self.start("--paper", "--limit", "daily_loss=5", "--rate", "USDT/KRW=upbit:KRW-USDT", strategy="idle",
                        instruments=self.WON_AND_DOLLARS) as trade:
            first(trade.log, lambda log: "loss and drawdown are not known, and do not trip: no rate of USDT in KRW" in log)
            self.assertNotIn("no rate leads", trade.log())
            trade.until(lambda s: s["risk"]["equity"] is not None)

    def test_each_venue_is_traded_with_the_usual_cash_of_its_currency(self):
        with self.buying("--rate", "USDT/KRW=1400") as trade:
            trade.until(lambda s: all(Decimal(held) > 0 for held in s["position"].values()))
            # How much of it fills is the market's affair; what does not is given up, and its cash is free again.
            spent = lambda now: all(Decimal(total) < began and total == free for (_, _, total, free), began in zip(now, (100_000_000, 100_000)))
            first(lambda: self.balances(trade), spent, trade.log)
        journal = Journal(trade.folder / "journal.stom")
        self.assertIn(" cash=100000000 cash=USDT=100000 ", journal.configuration)
        code, out, error = stom("verify", "--session", str(trade.folder), "--json")
        self.assertEqual(code, 0, out + error)
        self.assertEqual(json.loads(out)["a"]["orders"], journal.kinds.count(2))

    def test_why_a_strategy_does_not_order_is_read_while_it_runs_and_afterwards(self):
        with self.buying("--cash", "USDT=5") as trade:
            trade.until(lambda s: Decimal(s["position"]["upbit:KRW-BTC"]) > 0)
            follow = subprocess.Popen([PROGRAM, "trade", "log", "--session", str(trade.folder), "--follow", "--json"],
                                      stdout=subprocess.PIPE, text=True)
            lacks = lambda line: "binance:BTCUSDT" in line["text"] and "too little cash" in line["text"]
            first(self.lines, lambda lines: any(map(lacks, lines)), trade.log)
            followed = json.loads(follow.stdout.readline())
            self.assertEqual(followed, self.lines()[0], "from the first line on")
            self.assertEqual((followed["strategy"], set(followed)), ("conditions", {"time", "strategy", "text"}))
            self.assertEqual(Decimal(trade.status()["position"]["binance:BTCUSDT"]), 0)
        rest = follow.stdout.read()  # what readline() has taken already is among it
        follow.stdout.close()
        self.assertEqual(follow.wait(timeout=PATIENCE), 0, "it ends with the session")
        lines = self.lines()
        self.assertEqual([json.loads(line) for line in rest.splitlines()], lines[1:])
        self.assertEqual(self.lines("--last", "1"), lines[-1:])
        self.assertEqual(self.lines("--last", "0"), [])
        code, table, error = stom("trade", "log", "--session", str(trade.folder), "--plain")
        self.assertEqual(code, 0, error)
        self.assertEqual(table.splitlines()[0].split("\t"), ["time", "strategy", "text"])
        self.assertEqual(len(table.splitlines()), len(lines) + 1)
        self.refused(3, "there is no session in", "log", "--session", str(trade.folder) + "s")
        self.refused(2, "did you mean", "logs", "--session", str(trade.folder))
        self.refused(2, "whole number", "log", "--session", str(trade.folder), "--last", "x")

    def test_a_strategy_that_said_nothing_has_no_lines(self):
        with self.start("--paper", strategy="idle"):
            pass
        self.assertEqual(self.lines(), [])
        code, out, error = stom("trade", "log", "--session", str(self.folder()))
        self.assertEqual((code, out), (0, ""))
        self.assertIn("said nothing", error)

    # ---- limits

    def test_an_order_beyond_a_limit_is_denied_and_never_sent(self):
        limit = "order_notional@binance=0.01"
        instruments = ["binance:BTCUSDT", "binance-usdm:BTCUSDT"]
        with self.resting("--testnet", "--limit", limit, instruments=instruments) as trade:
            text = f"order [0-9]+ denied by {limit}: it is worth [0-9.]+ USDT; send less at a time"
            first(trade.log, lambda log: re.search(text, log))
            trade.until(lambda s: s["orders"]["working"] >= 2)
            # The other venue has no such limit; its quotes follow the market.
            first(lambda: self.futures.signed("GET", "/fapi/v1/openOrders", symbol="BTCUSDT"), len, trade.log, pause=0.2)
            self.assertEqual(self.spot.signed("GET", "/api/v3/openOrders"), [])
        journal = Journal(trade.folder / "journal.stom")
        self.assertIn(f" limit={limit} ", journal.configuration)
        self.assertGreater(journal.denied, 0)
        self.assertGreater(journal.kinds.count(2), journal.denied, "each denied order was submitted, and others too")

    def test_a_position_stays_within_its_limit_on_paper(self):
        with self.quoting("--paper", "--account", "unlimited", "--limit", "position=0.001", "--limit", "price_band=10%") as trade:
            for _ in range(50):
                self.assertLessEqual(abs(Decimal(trade.status()["position"]["binance:BTCUSDT"])), Decimal("0.001"))
            trade.until(lambda s: s["fills"] >= 3 and Journal(trade.folder / "journal.stom").denied)
        journal, position = Journal(trade.folder / "journal.stom"), 0
        most = Decimal("0.001").scaleb(self.lots(journal.configuration)["binance:BTCUSDT"])
        for _, quantity in journal.fills:
            position += quantity
            self.assertLessEqual(abs(position), most)
        self.assertGreater(journal.denied, 0)

    def test_a_limit_that_is_none_is_refused_with_what_it_should_be(self):
        start = ["start", "--paper", "--venues", str(self.file), "--strategy", "idle", "--instrument", "binance:BTCUSDT",
                 "--session", str(self.folder())]
        self.refused(2, "there is no limit 'positions'", *start, "--limit", "positions=1")
        self.refused(2, "for example order_rate=10/1s", *start, "--limit", "order_rate=10")
        self.refused(2, "nothing of upbit is traded", *start, "--limit", "position@upbit=1")

    def test_frames_are_recorded_and_import_like_any_capture(self):
        instruments = [f"{venue}:{symbols[0]}" for venue, symbols in MARKETS.items()]
        with self.start("--paper", strategy="idle", instruments=instruments) as trade:
            frames = trade.folder / "frames"
            files = lambda id: sorted(frames.glob(id.replace(":", "-") + "-*.jsonl.gz"))
            recorded = lambda: all(any(f.stat().st_size > 2000 for f in files(id)) for id in instruments)
            first(recorded, bool, trade.log, pause=0.1)
        home = dict(os.environ, STOM_HOME=str(self.folder() / "home"))
        for instrument in instruments:
            with self.subTest(instrument):
                done = subprocess.run([PROGRAM, "data", "import", *map(str, files(instrument)), "--instrument", instrument, "--json"],
                                      capture_output=True, text=True, env=home, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                events = json.loads(done.stdout)["events"]
                self.assertGreater(events["depth"] + events["snapshot"], 0)

    def test_rows_that_a_session_keeps_are_those_of_its_frames(self):
        # Spot's snapshot has no time of its own: an import shifts it by the clock's repair, a session cannot know that yet.
        instruments = [f"{venue}:{symbols[0]}" for venue, symbols in MARKETS.items() if venue != "binance"]
        file = lambda id: self.folder() / "rows" / f"{id.replace(':', '-')}.csv"
        lines = lambda file: file.read_text().splitlines() if file.exists() else []
        with self.start("--paper", "--rows", "any_change", "--rows", "stom,minute", strategy="idle", instruments=instruments) as trade:
            trade.until(lambda s: all(len(lines(file(id))) > 3 for id in instruments))
        about = json.loads((trade.folder / "rows/about.json").read_text())["rows"]
        self.assertEqual([(one["instrument"], one["every"], one["rule"]) for one in about],
                         [(id, *how) for id in instruments for how in (("second", "any_change"), ("minute", "stom"))])
        self.assertIn(" rows=any_change rows=stom,minute ", Journal(trade.folder / "journal.stom").configuration)
        home = dict(os.environ, STOM_HOME=str(self.folder() / "home"))
        for id in instruments:
            with self.subTest(id):
                frames = sorted(map(str, (trade.folder / "frames").glob(id.replace(":", "-") + "-*.jsonl.gz")))
                for command in (["import", *frames, "--instrument", id], ["rows", id, "--rule", "any_change", "--clock", "ours", "--lang", "en"]):
                    done = subprocess.run([PROGRAM, "data", *command], capture_output=True, text=True, env=home, check=False)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                kept, made = lines(file(id)), done.stdout.splitlines()
                self.assertEqual(kept, made[: len(kept)])
                # What comes while the session ends is recorded, and the engine does not take it any more.
                days = SEOUL if id.startswith("kiwoom") else datetime.timezone.utc
                ended = f"{datetime.datetime.fromtimestamp(trade.stopped // 10**9 - 2, days):%Y%m%d%H%M%S}"
                self.assertEqual([row for row in made[len(kept) :] if row.split(",")[0] < ended], [])
                self.assertEqual(len(lines(file(id).with_name(file(id).stem + "-minute.csv"))[1:]) > 0, True)

    def test_the_books_at_the_end_are_what_the_frames_say(self):
        instruments = self.all_markets()
        with self.start("--paper", strategy="idle", instruments=instruments) as trade:
            self.exchange.control("PUT", "/faults/seq_gap", {"value": 100, "count": 16})
            first(lambda: self.exchange.control("GET", "/faults")[1], lambda told: told == {"faults": {}}, trade.log, pause=0.1)
            used_up = time.monotonic()
            first(trade.log, lambda log: "stale" in log)

            def heard_since():
                """None is stale, also by the message that comes behind what was missing."""
                ms = 1000 * (time.monotonic() - used_up)
                books = [book for venue in trade.venues()["venues"] for book in venue["instruments"]]
                return books and all(not book["stale"] and book["age_ms"] < ms for book in books)

            first(heard_since, bool, trade.log)
            ending = time.time_ns()
        books = [json.loads(line) for line in (trade.folder / "books.jsonl").read_text().splitlines()]
        self.assertEqual([book["instrument"] for book in books], instruments)
        for book in books:
            with self.subTest(book["instrument"]):
                self.assertFalse(book["stale"])
                self.assertTrue(book["bids"] and book["asks"])
                _, states = recorded_books.states_since(trade.folder / "frames", book["instrument"], ending)
                self.assertIn(recorded_books.sides(book["bids"], book["asks"]), states)

    def test_a_missing_update_makes_the_book_stale_and_then_right_again(self):
        with self.start("--paper", strategy="idle") as trade:
            # Half of all markets' updates, until one of this market is missed: so many of them may all be of others.
            self.exchange.control("PUT", "/faults/seq_gap", {"value": 50})
            try:
                trade.until(lambda s: "stale" in trade.log())
            finally:
                self.exchange.control("DELETE", "/faults/seq_gap")
            self.assertIn("book of binance:BTCUSDT stale", trade.log())
            trade.until(lambda s: s["venues"]["binance"]["stale"] == 0)

    # ---- what people see of the venues

    def test_the_venues_are_told_at_length(self):
        instruments = ("binance:BTCUSDT", "upbit:KRW-BTC", "kiwoom:005930")
        minute = time.time() // 60
        with self.start("--paper", strategy="idle", instruments=instruments) as trade:
            # Upbit's budgets of a second may be empty again; the others keep what the start has cost until the minute ends.
            view = trade.venues_until(lambda v: all(
                i["last"] and not i["stale"] for venue in v["venues"] for i in venue["instruments"]) and all(
                venue["connected"] and all(one["state"] == "open" for one in venue["connections"]) for venue in v["venues"]))
            self.assertEqual((view["state"], view["mode"]), ("running", "paper"))
            venues = {venue["name"]: venue for venue in view["venues"]}
            self.assertEqual(list(venues), ["binance", "upbit", "kiwoom"])
            for name, venue in venues.items():
                with self.subTest(name):
                    self.assertTrue(venue["connected"])
                    self.assertTrue(venue["connections"])
                    for one in venue["connections"]:
                        self.assertEqual((one["state"], one["retry_in_ms"]), ("open", None))
                    self.assertGreaterEqual(venue["lag_ms"], 0)
                    for budget in venue["budgets"]:
                        self.assertLessEqual(0, budget["used"])
                        self.assertLessEqual(budget["used"], budget["limit"])
                        self.assertIsNone(budget["closed_for_ms"])
                    self.assertEqual(list(venue["waiting"]), ["risk", "order", "session", "query", "background"])
                    self.assertGreater(venue["counts"]["frames"], 0)
                    self.assertEqual(venue["counts"]["malformed_frames"], 0)
                    [book] = venue["instruments"]
                    self.assertLess(Decimal(book["bid"]), Decimal(book["ask"]))
                    self.assertGreater(Decimal(book["bid_quantity"]), 0)
                    self.assertFalse(book["stale"])
                    self.assertGreaterEqual(book["age_ms"], 0)
            weight = next(b for b in venues["binance"]["budgets"] if "weight" in b["name"])
            if time.time() // 60 == minute:
                self.assertGreater(weight["used"], 0, "the snapshot of the book has a weight")
            registrations = [(name, b["used"], b["limit"]) for name, venue in venues.items()
                             for b in venue["budgets"] if b["kind"] == "registrations"]
            self.assertEqual(registrations, [("kiwoom", 1, 100)])
            code, table, error = stom("trade", "venues", "--session", str(trade.folder))
            self.assertEqual(code, 0, error)
            for part in ("binance:BTCUSDT", "registrations", "1 of 100", "open for"):
                self.assertIn(part, table)
        self.refused(4, "no session runs", "venues", "--session", str(trade.folder))

    def test_a_connection_that_is_cut_is_seen_and_so_is_its_return(self):
        with self.start("--paper", strategy="idle") as trade:
            self.exchange.control("PUT", "/faults/disconnect", {"value": 100, "count": 4})  # of all markets
            trade.venues_until(lambda v: v["venues"][0]["counts"]["reconnects"] > 0 and v["venues"][0]["connected"]
                               and not v["venues"][0]["instruments"][0]["stale"]
                               and all(c["state"] == "open" for c in v["venues"][0]["connections"]))
        self.exchange.control("DELETE", "/faults/disconnect")

    # ---- at the exchange

    def cancel_left(self):
        self.spot.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
        self.futures.signed("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")

    def assert_accounts_agree(self, trade, before):
        """What the session holds at its end is what the exchange says that it got."""
        journal = Journal(trade.folder / "journal.stom")
        decimals = self.lots(journal.configuration)
        ids = list(trade.last["position"])
        ours = [sum((Decimal(q).scaleb(-decimals[ids[i]]) for i, q in journal.fills if i == index), Decimal(0))
                for index in range(len(ids))]
        self.assertEqual(ours, [self.account() - before[0], self.futures_position() - before[1]])

    def test_testnet_orders_are_filled_at_the_exchange_and_none_is_left(self):
        before = self.account(), self.futures_position()
        both = ("binance:BTCUSDT", "binance-usdm:BTCUSDT")
        with self.quoting("--testnet", instruments=both) as trade:
            trade.until(lambda s: s["fills"] >= 4 and s["orders"]["working"] > 0)
        self.assertEqual(self.orders_left(), [])
        self.assert_accounts_agree(trade, before)

    def test_one_thread_that_never_sleeps_trades_the_same(self):
        before = self.account(), self.futures_position()
        both = ("binance:BTCUSDT", "binance-usdm:BTCUSDT")
        with self.quoting("--testnet", "--busy-poll", instruments=both) as trade:
            trade.until(lambda s: s["fills"] >= 4 and s["orders"]["working"] > 0)
        self.assertEqual(self.orders_left(), [])
        self.assert_accounts_agree(trade, before)

    def test_leverage_and_margin_mode_are_set_before_the_first_order(self):
        contract = "binance-usdm:ETHUSDT"
        with self.resting("--testnet", "--leverage", contract + "=3", "--margin", contract + "=isolated",
                          instruments=(contract,)) as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
        (config,) = self.futures.signed("GET", "/fapi/v1/symbolConfig", symbol="ETHUSDT")
        self.assertEqual((config["leverage"], config["marginType"]), (3, "ISOLATED"))
        journal = Journal(trade.folder / "journal.stom")
        self.assertIn(f" leverage={contract}=3 margin={contract}=isolated", journal.configuration)

    def test_an_account_that_cannot_be_set_so_is_not_traded(self):
        contract = "binance-usdm:ETHUSDT"
        code, out, error = stom("trade", "start", "--testnet", "--strategy", "market_maker", "--param", "distance=400", *LOTS,
                                "--instrument", contract, "--leverage", contract + "=100", "--session", str(self.folder()),
                                "--venues", str(self.file))
        self.assertEqual(code, 2, out + error)
        self.assertIn("leverage 100 of ETHUSDT refused: -4028 Leverage 100 is not valid", error)
        self.assertIn("name another with --leverage", error)
        self.assertEqual(self.orders_left(), [])

    def test_stops_wait_at_the_exchange_are_triggered_and_filled_and_the_others_canceled(self):
        before = self.account(), self.futures_position()
        for contract, market, path in (("binance:BTCUSDT", self.spot, "/api/v3/ticker/price"),
                                       ("binance-usdm:BTCUSDT", self.futures, "/fapi/v1/ticker/price")):
            # The price of this moment, not of before the other session: one whose price is passed when it comes is refused.
            last = Decimal(market.public(path, symbol="BTCUSDT")["price"])
            # On both sides of it, near and far: wherever the market is once they arrive, some are reached, those far away are not.
            orders = "".join(f"0s buy stop {(last + d).quantize(Decimal('0.1'))} x0.010;"
                             f"0s sell stop_limit {(last - d).quantize(Decimal('0.1'))} {(last - 2 * d).quantize(Decimal('0.1'))} x0.010;"
                             for d in (2, 5, 10, 20, 40, 80, 160, 320, 20000))
            with self.subTest(contract), Trade(self.home / f"stops of {contract}", "--testnet", "--venues", str(self.file),
                                               "--strategy", "order_list", "--instrument", contract, "--param",
                                               f"orders={orders}") as trade:
                trade.until(lambda s: s["fills"] >= 1)
        self.assertEqual(self.orders_left(), [])
        self.assertEqual(self.futures.signed("GET", "/fapi/v1/openAlgoOrders"), [])

    def test_orders_by_the_websocket_api_trade_the_same(self):
        before = self.account(), self.futures_position()
        both = ("binance:BTCUSDT", "binance-usdm:BTCUSDT")
        with self.quoting("--testnet", "--orders", "binance=websocket", "--orders", "binance-usdm=websocket",
                          instruments=both) as trade:
            trade.until(lambda s: s["fills"] >= 4 and s["orders"]["working"] > 0)
        self.assertEqual(self.orders_left(), [])
        self.assert_accounts_agree(trade, before)
        self.assertIn("orders go by the WebSocket API", trade.log())
        self.assertIn(" orders=binance=websocket orders=binance-usdm=websocket", Journal(trade.folder / "journal.stom").configuration)
        files = [f for f in (trade.folder / "frames").rglob("*") if f.is_file()]
        sent = b"".join(gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in files)
        self.assertIn(b"order.place", sent)
        self.assertIn(b"order.cancel", sent)

    def test_an_ed25519_key_signs_orders_on_the_websocket_api(self):
        line = json.loads(json.dumps(self.exchange.line))
        for of in (line["venues"]["binance"], line["venues"]["binance-usdm"]):
            of["key"], of["secret"] = of["ed25519"]["key"], of["ed25519"]["secret"]
        file = self.written("ed25519.json", line)
        both = ("--instrument", "binance:BTCUSDT", "--instrument", "binance-usdm:BTCUSDT")
        with Trade(self.folder(), "--testnet", "--venues", str(file), "--strategy", "market_maker", "--param", "distance=400", *LOTS,
                   *both, "--orders", "binance=websocket", "--orders", "binance-usdm=websocket") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 4)
        self.assertEqual(self.orders_left(), [])

    def test_keep_orders_leaves_them(self):
        price = Decimal(self.spot.public("/api/v3/ticker/price", symbol="BTCUSDT")["price"])
        far = (price * Decimal("0.9")).quantize(Decimal("0.1"))
        with self.start("--testnet", "--keep-orders", "--param", f"orders=0s buy limit {far} x0.010;0s buy limit {far} x0.020",
                        strategy="order_list") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
        left = self.orders_left()
        self.cancel_left()
        self.assertGreaterEqual(len(left), 2)
        self.assertTrue(all(order["clientOrderId"].startswith("stom-") for order in left))

    def test_an_order_whose_answer_is_lost_is_asked_for_and_counts_as_what_it_became(self):
        before = self.account(), self.futures_position()
        with self.resting("--testnet",
                          instruments=("binance:BTCUSDT", "binance-usdm:BTCUSDT")) as trade:
            self.exchange.control("PUT", "/faults/ack_lost", {"value": 100, "count": 4})
            first(trade.log, lambda log: "nobody knows what became of it" in log, pause=0.1)
            trade.until(lambda s: s["orders"]["unknown"] == 0 and s["orders"]["working"] >= 2)
        self.exchange.control("DELETE", "/faults/ack_lost")
        self.assertEqual(self.orders_left(), [])
        self.assert_accounts_agree(trade, before)

    def test_no_secret_is_in_what_a_session_keeps(self):
        with self.resting("--testnet") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
        venue = self.exchange.line["venues"]["binance"]
        files = [f for f in trade.folder.rglob("*") if f.is_file()]
        self.assertTrue(any("wire" in f.name for f in files))
        for file in files:
            data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            for secret in (venue["key"], venue["secret"]):
                self.assertNotIn(secret.encode(), data, file)
        self.assertEqual(trade.folder.stat().st_mode & 0o077, 0, "the folder is not ours alone")

    def test_a_venue_that_cannot_answer_as_a_session_begins_is_asked_again(self):
        self.exchange.control("PUT", "/faults/http_5xx", {"value": 100, "count": 2})
        with self.start("--paper", strategy="idle") as trade:
            pass
        self.assertEqual(trade.errors.count("binance answers 503; it is asked again in"), 2, trade.errors)

    # ---- what is refused

    def test_one_folder_is_one_session(self):
        again = ("start", "--paper", "--strategy", "idle", "--instrument", "binance:BTCUSDT", "--session",
                 str(self.folder()), "--venues", str(self.file))
        with self.start("--paper", strategy="idle") as trade:
            self.refused(1, f"process {trade.ready['pid']} trades in", *again)
        self.refused(2, "it has mode=paper, and not mode=testnet", "start", "--testnet", *again[2:])
        with self.start("--paper", strategy="idle") as trade:
            trade.until(lambda s: s["state"] == "running" and not s["waits"])
        self.assertEqual(Journal(trade.folder / "journal.stom").kinds.count(8), 1)

    def test_a_file_of_keys_that_others_may_read_is_refused(self):
        open_file = self.home / "open.json"
        open_file.write_text(self.file.read_text())
        open_file.chmod(0o644)
        self.refused(1, f"chmod 600 {open_file}", "start", "--paper", "--strategy", "idle", "--instrument",
                     "binance:BTCUSDT", "--session", str(self.folder()), "--venues", str(open_file))

    def test_testnet_never_speaks_to_a_real_exchange(self):
        for number, (rest, ws) in enumerate([
                ("https://api.binance.com", "wss://stream.binance.com:9443"),
                ("https://API.BINANCE.COM.", self.exchange.line["venues"]["binance"]["ws"]),
                (self.exchange.line["venues"]["binance"]["rest"], "wss://ws-api.binance.com:443"),
                ("https://api3.binance.com", "wss://stream.binance.com")]):
            file = self.written(f"real{number}.json",
                                {"venues": {"binance": {"rest": rest, "ws": ws, "key": "k", "secret": "s"}}})
            self.refused(2, "takes real orders", "start", "--testnet", "--strategy", "idle", "--instrument",
                         "binance:BTCUSDT", "--session", str(self.folder()), "--venues", str(file))

    def test_what_cannot_start_says_why(self):
        here = ("--session", str(self.folder()), "--venues", str(self.file))
        one = ("--instrument", "binance:BTCUSDT")
        self.refused(2, "--paper, --testnet or --live", "start", "--strategy", "idle", *one, *here)
        self.refused(2, "needs to be told where", "start", "--testnet", "--strategy", "idle", *one, *here[:2])
        self.refused(3, "lists no NOTACOIN", "start", "--paper", "--strategy", "idle", "--instrument",
                     "binance-usdm:NOTACOIN", *here)
        self.refused(3, "has no bybit", "start", "--paper", "--strategy", "idle", "--instrument", "bybit:BTCUSDT", *here)
        self.refused(2, "twice", "start", "--paper", "--strategy", "idle", *one, *one, *here)
        self.refused(3, "has no", "start", "--paper", "--strategy", "idle", "--instrument", "binance:NOTACOIN", *here)
        self.assertFalse(pathlib.Path(here[1]).exists(), "what did not begin leaves nothing")
        coin = ("--instrument", "binance-coinm:BTCUSD_PERP")
        for text, *flags in [("takes orders by REST alone", *coin, "--orders", "binance-coinm=websocket"),
                             ("trades nothing of upbit", "--orders", "upbit=websocket"), ("not VENUE=rest", "--orders", "fast")]:
            self.refused(2, text, "start", "--testnet", "--strategy", "idle", *one, *flags, *here)
        contract = ("--instrument", "binance-usdm:BTCUSDT")
        for text, *flags in [("of which contract", "--leverage", "5"), ("not ID=VALUE", "--margin", "isolated"),
                             ("not traded on margin", "--leverage", "binance:BTCUSDT=5"),
                             ("neither isolated nor cross", "--margin", "binance-usdm:BTCUSDT=both"),
                             ("does not trade", "--leverage", "binance-usdm:ETHUSDT=5")]:
            self.refused(2, text, "start", "--testnet", "--strategy", "idle", *one, *contract, *flags, *here)
        self.refused(2, "on paper no venue", "start", "--paper", "--strategy", "idle", *contract, "--leverage",
                     "binance-usdm:BTCUSDT=5", *here)
        for text, *flags in [("paid in USD", "--cash", "USD=5"), ("did you mean USDT?", "--cash", "USD=5"),
                             ("not an amount above 0", "--cash", "USDT=0"),
                             ("USDT is there twice", "--cash", "5", "--cash", "USDT=6")]:
            self.refused(2, text, "start", "--paper", "--strategy", "idle", *one, *flags, *here)
        self.refused(4, "no session runs", "status", "--session", str(self.folder()))

    def test_what_the_command_line_alone_says_is_wrong_is_said_before_any_venue_is_asked(self):
        nowhere = {"rest": "https://127.0.0.1:1", "ws": "wss://127.0.0.1:1"}
        file = self.written("nowhere.json", {"venues": {venue: nowhere for venue in ("binance", "upbit")}})
        start = ["start", "--paper", "--venues", str(file), "--strategy", "idle", "--session", str(self.folder())]
        both = [word for one in self.WON_AND_DOLLARS for word in ("--instrument", one)]
        for text, *flags in [("--cash USD is not an amount above 0", "--cash", "USD"), ("did you mean USDT?", "--cash", "USD=5"),
                             ("USDT is there twice", "--cash", "USDT=5", "--cash", "USDT=6"),
                             ("breaker daily_loss=5: no rate leads from USDT to KRW", "--limit", "daily_loss=5"),
                             ("limit gross_exposure=5: no rate leads from USDT to KRW", "--limit", "gross_exposure=5"),
                             ("nothing of kiwoom is traded", "--limit", "position@kiwoom=1"),
                             ("that is no spot price of USDT/BTC", "--rate", "USDT/BTC=upbit:KRW-USDT"),
                             ("--maker 2 is not a share", "--maker", "2"), ("queue model", "--queue", "nonsense"),
                             ("no market rules named 'some'", "--market-rules", "some"),
                             ("spot is not traded on margin", "--account", "margin")]:
            with self.subTest(text):
                self.refused(2, text, *start, *both, *flags)
        self.refused(1, "what binance lists", *start, "--instrument", "binance:BTCUSDT")  # nothing is wrong, and nobody is there
        misspelled = [*start, "--instrument", "binance:BTCUSTD", "--cash", "USDT=5"]
        self.refused(1, "what binance lists", *misspelled)  # it would say what was meant
        self.assertFalse(self.folder().exists(), "what did not begin leaves nothing")


class SessionsThatGoOn(AtTheExchange):
    """Killed or ended, started again on the same folder: nothing is lost, nothing is there twice."""

    EXCHANGE = ("--seed", "11")
    BOTH = ("binance:BTCUSDT", "binance-usdm:BTCUSDT")

    def reconciled(self):
        return json.loads(stom("account", "reconcile", "--session", str(self.folder()), "--json")[1] or "{}").get("differences")

    def reconcile(self, code=0):
        got, out, error = stom("account", "reconcile", "--session", str(self.folder()), "--json")
        self.assertEqual(got, code, out + error)
        return json.loads(out)["differences"]

    def shown(self):
        code, out, error = answered("account", "show", "--session", str(self.folder()), "--json")
        self.assertEqual(code, 0, out + error)
        return json.loads(out)

    def booked(self):
        """What the journal's fills sum up to, in coins, by instrument; and how many there are."""
        journal = Journal(self.folder() / "journal.stom")
        decimals = list(self.lots(journal.configuration).values())
        held = [Decimal(0)] * len(decimals)
        for instrument, quantity in journal.fills:
            held[instrument] += Decimal(quantity).scaleb(-decimals[instrument])
        return held, journal

    def test_after_a_kill_missed_fills_are_booked_once_and_orders_are_taken_up(self):
        before = [self.account(), self.futures_position()]
        trades_before = len(self.spot.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", limit=1000))
        with self.quoting("--testnet", instruments=self.BOTH) as trade:
            trade.until(lambda s: s["fills"] >= 4 and s["orders"]["working"] >= 3)
            trade.kill()
        fills = len(self.booked()[1].fills)
        left = self.orders_left()
        self.assertTrue(left, "killed, it canceled nothing")
        # The market goes on, and trades with what rests there.
        known = self.booked()[0]
        first(lambda: [self.account() - before[0], self.futures_position() - before[1]], lambda held: held != known, pause=0.5)
        with self.quoting("--testnet", instruments=self.BOTH) as trade:
            trade.until(lambda s: not s["waits"])
            kinds = {d["kind"] for d in self.booked()[1].differences}
            self.assertIn("missed_fill", kinds)
            trade.until(lambda s: s["fills"] > fills + 1)
            self.assertEqual(self.reconcile(), [])
            shown = self.shown()
            self.assertEqual({b["venue"] for b in shown["balances"]}, {"binance", "binance-usdm"})
            self.assertTrue(all(o["client_order_id"].startswith("stom-") and o["strategy"] == "market_maker"
                                for o in shown["orders"]))
        self.assertEqual(self.orders_left(), [])
        held, journal = self.booked()
        self.assertEqual(held, [self.account() - before[0], self.futures_position() - before[1]])
        trades = len(self.spot.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", limit=1000)) - trades_before
        self.assertEqual(sum(1 for instrument, _ in journal.fills if instrument == 0), trades, "each fill once")
        self.assertEqual(journal.kinds.count(1), 1)
        self.assertEqual(journal.kinds.count(8), 1, "one restart")

    def test_an_end_that_kept_its_orders_is_gone_on_with_and_another_strategy_may_take_them_up(self):
        with self.start("--testnet", "--param", "distance=400", *LOTS, "--keep-orders") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
        left = {order["clientOrderId"] for order in self.orders_left()}
        self.assertTrue(left)
        again = ("trade", "start", "--testnet", "--venues", str(self.file), "--session", str(self.folder()), "--instrument")
        code, _, error = stom(*again, "binance:BTCUSDT", "--strategy", "idle")
        self.assertEqual(code, 2)
        self.assertIn("strategy=market_maker, and not strategy=idle", error)
        code, _, error = stom(*again, "binance:ETHUSDT", "--strategy", "idle", "--changed")
        self.assertEqual(code, 2)
        self.assertIn("instrument=binance:BTCUSDT, and not instrument=binance:ETHUSDT", error)
        with self.start("--testnet", "--changed", strategy="idle") as trade:
            trade.until(lambda s: not s["waits"])
            shown = self.shown()["orders"]
            self.assertEqual({order["client_order_id"] for order in shown}, left)
            self.assertEqual({order["status"] for order in shown}, {"working"})
            self.assertEqual({order["strategy"] for order in shown}, {"idle"})
            self.assertTrue(all(order["venue_order_id"] for order in shown))
        self.assertEqual(self.orders_left(), [], "what was taken up is canceled at the end")

    def test_a_restart_goes_on_from_the_snapshot_of_the_end_and_reads_all_where_none_is_right(self):
        before, newest = self.account(), self.folder() / "snapshot.stom"

        def goes_on(wanted, times):
            """As soon as the log has that so many times; all of before is known then, and trading goes on."""
            fills = len(self.booked()[1].fills)
            first(trade.log, lambda log: log.count(wanted) == times)
            self.assertGreaterEqual(trade.until(lambda s: not s["waits"])["fills"], fills)
            trade.until(lambda s: s["fills"] > fills)
            self.assertEqual(self.reconcile(), [])

        with self.quoting("--testnet", "--keep-orders") as trade:
            trade.until(lambda s: s["fills"] >= 2 and s["orders"]["working"] >= 1)
        self.assertEqual(newest.stat().st_mode & 0o077, 0, "nobody else may read it")
        known = f"what {len(self.booked()[1].kinds)} records led to is in a snapshot"
        for times in 1, 2:  # from the end, and from a kill behind it
            with self.quoting("--testnet") as trade:
                goes_on(known, times)
                trade.kill()
        with self.quoting("--testnet") as trade:
            goes_on(known, 3)

            there = Journal(trade.folder / "journal.stom").size
            told = trade.status()["journal_hash"]  # over all records, those that were not read again too
            hashes = first(lambda: Journal(trade.folder / "journal.stom").hashes, lambda hashes: told in hashes)
            self.assertGreaterEqual(hashes[told], there)
        spoiled = bytearray(newest.read_bytes())
        spoiled[len(spoiled) // 2] ^= 1
        newest.write_bytes(spoiled)
        with self.quoting("--testnet") as trade:
            first(trade.log, lambda log: f"{newest.name} is not used: it is not what was written" in log)
            goes_on(known, 4)  # the one before it is that of the first end
        for name in "snapshot.stom", "snapshot.before.stom":
            file = self.folder() / name
            file.write_bytes(b"STOMSNP9" + file.read_bytes()[8:])
        with self.quoting("--testnet") as trade:
            goes_on("another version of stom wrote it (format 9)", 2)
        self.assertEqual(self.orders_left(), [])
        self.assertEqual(self.booked()[0][0], self.account() - before)

    def test_who_reconciles_asks_again_until_the_venue_tells(self):
        with self.start("--testnet", strategy="idle") as trade:
            trade.until(lambda s: not s["waits"])
            asks = [PROGRAM, "account", "reconcile", "--session", str(self.folder()), "--json"]
            self.exchange.process.send_signal(signal.SIGSTOP)  # it hears, and answers nothing
            try:
                asking = subprocess.Popen(asks, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                said = [asking.stderr.readline()]
                trade.status()
                self.assertEqual(select.select([asking.stderr], [], [], 0)[0], [], "nobody else waits for the venue")
                while said[-1] and "the venues" not in said[-1]:
                    said.append(asking.stderr.readline())
            finally:
                self.exchange.process.send_signal(signal.SIGCONT)
            out, error = asking.communicate(timeout=PATIENCE)
            self.assertIn("the session has not answered yet: it is waited for", said[0], "for a second")
            self.assertIn("the venues have not told everything yet: it is asked again", said[-1])
            self.assertEqual((asking.returncode, json.loads(out)["differences"]), (0, []), error)

    def test_an_order_that_nobody_answered_before_the_kill_is_what_the_venue_says(self):
        price = Decimal(self.spot.public("/api/v3/ticker/price", symbol="BTCUSDT")["price"])
        near = (price * Decimal("0.98")).quantize(Decimal("0.1"))
        # One every eight seconds: however long this takes to look, another one is to come.
        orders = "orders=" + ";".join(f"{second}s buy limit {near} x0.010" for second in range(0, PATIENCE, 8))
        with self.start("--testnet", "--param", orders, strategy="order_list") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 1)
            with standing_still(self.exchange.process):  # it hears, and answers nothing
                sent = self.booked()[1].kinds.count(2)
                first(self.booked, lambda booked: booked[1].kinds.count(2) > sent)
                trade.kill()  # it left or it did not: either way the venue says
        with self.start("--testnet", "--changed", strategy="idle") as trade:
            trade.until(lambda s: not s["waits"] and s["orders"]["unknown"] == 0)
            there = {o["clientOrderId"] for o in self.orders_left()}
            self.assertEqual({o["client_order_id"] for o in self.shown()["orders"]}, there)
            kinds = {d["kind"] for d in self.booked()[1].differences}
            self.assertEqual(len(kinds & {"order_found", "order_never_arrived"}), 1, kinds)
            self.assertEqual(self.reconcile(), [])
        self.assertEqual(self.orders_left(), [])

    def test_what_a_strategy_numbers_itself_behind_a_restart_is_no_order_of_before(self):
        """The numbers of a grid are its prices, below all that the process would give, and the same each time."""
        answers = lambda: self.booked()[1].kinds.count(4)
        before = 0
        for _ in range(2):
            with self.start("--testnet", "--param", "levels=3", "--param", "interval=1s", *LOTS, strategy="grid") as trade:
                trade.until(lambda s: not s["waits"])
                first(answers, lambda told: told >= before + 3, trade.log)
            before = answers()
        kinds = {d["kind"] for d in self.booked()[1].differences}
        self.assertFalse(kinds & {"order_found", "order_never_arrived"}, kinds)

    def test_an_execution_goes_on_after_a_kill_with_what_is_left_and_no_more(self):
        twap = [word for p in ("quantity=0.06000", "over=18s", "slices=6", "rest=market") for word in ("--param", p)]
        ended = lambda: b"execution: binance:BTCUSDT bought 0.06" in (self.folder() / "journal.stom").read_bytes()
        before = self.account()
        with self.start("--testnet", *twap, strategy="execute") as trade:
            first(lambda: len(self.booked()[1].fills), lambda fills: fills >= 2, trade.log)
            trade.kill()
        self.assertFalse(ended())
        with self.start("--testnet", *twap, strategy="execute") as trade:
            first(ended, lambda over: over, trade.log)
            trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0})
        self.assertEqual(self.account() - before, Decimal("0.06"))
        self.assertEqual(self.orders_left(), [])

    def test_an_iceberg_is_the_venues_where_it_has_them_and_shown_part_by_part_where_it_does_not(self):
        """Spot takes it in up to ten parts (ICEBERG_PARTS)."""
        bid = Decimal(self.spot.public("/api/v3/ticker/bookTicker", symbol="BTCUSDT")["bidPrice"])
        limit = (bid * Decimal("0.8")).quantize(Decimal(1))  # where nobody sells
        for shown, there in (("0.01000", ("0.06000000", "0.01000000")), ("0.00500", ("0.00500000", "0.00000000"))):
            with self.subTest(shown):
                iceberg = ("kind=iceberg", "quantity=0.06000", f"shown={shown}", f"limit={limit}", "native=true")
                iceberg = [word for p in iceberg for word in ("--param", p)]
                with self.start("--testnet", *iceberg, strategy="execute", folder=self.home / f"iceberg{shown}") as trade:
                    trade.until(lambda s: s["orders"]["working"] == 1)
                    (order,) = first(self.orders_left, lambda orders: len(orders) == 1, trade.log)
                    self.assertEqual((order["origQty"], order["icebergQty"]), there)
                self.assertEqual(self.orders_left(), [])

    def test_an_execution_that_is_stopped_leaves_what_is_left_also_after_a_kill(self):
        bid = Decimal(self.spot.public("/api/v3/ticker/bookTicker", symbol="BTCUSDT")["bidPrice"])
        limit = (bid * Decimal("0.8")).quantize(Decimal(1))  # where nobody sells
        iceberg = ("kind=iceberg", "quantity=0.06000", "shown=0.01000", f"limit={limit}", "over=1h")
        iceberg = [word for p in iceberg for word in ("--param", p)]

        def told(command, *arguments):
            code, out, error = answered("trade", command, *arguments, "--session", str(self.folder()), "--json")
            self.assertEqual(code, 0, out + error)
            return json.loads(out)["executions"][0]

        with self.start("--testnet", *iceberg, strategy="execute") as trade:
            trade.until(lambda s: s["orders"]["working"] == 1)
            seen = first(lambda: told("executions"), lambda one: one["working"], trade.log)
            self.assertEqual({name: seen[name] for name in ("execution", "kind", "instrument", "side", "state")},
                             {"execution": 1, "kind": "iceberg", "instrument": "binance:BTCUSDT", "side": "buy", "state": "running"})
            self.assertEqual((seen["quantity"], seen["filled"], seen["done_percent"]), ("0.06", "0", "0.0"))
            self.assertEqual((seen["working"]["price"], seen["working"]["quantity"]), (str(limit), "0.01"))
            self.assertEqual(seen["ends"] - seen["begun"], 3600 * 10**9)
            code, _, error = stom("trade", "stop-execution", "7", "--session", str(self.folder()))
            self.assertEqual(code, 2, error)
            self.assertIn("no execution 7 is under way", error)
            self.assertIn(told("stop-execution", "1")["state"], ("stopping", "stopped"))
            first(lambda: told("executions"), lambda one: one["state"] == "stopped", trade.log)
            self.assertEqual(self.orders_left(), [])
            table = stom("trade", "executions", "--session", str(self.folder()), "--plain")[1].splitlines()
            self.assertEqual(len(table), 2, table)
            self.assertEqual(table[1].split("\t")[-1], "stopped")
            trade.kill()
        self.assertIn(b"stop execution 1 0 buy", (self.folder() / "journal.stom").read_bytes())
        submits = Journal(self.folder() / "journal.stom").kinds.count(2)
        with self.start("--testnet", *iceberg, strategy="execute") as trade:
            trade.until(lambda s: not s["waits"])
            first(lambda: told("executions"), lambda one: one["state"] == "stopped", trade.log)
        self.assertEqual(Journal(self.folder() / "journal.stom").kinds.count(2), submits)
        self.assertEqual(self.orders_left(), [])

    def test_a_condition_text_buys_by_an_execution_of_its_grid_that_is_seen_and_stopped(self):
        _, texts = self.grid_that_buys("[buy]\ntrades_a_day = 1\n[buy.execution]\nkind = \"twap\"\nover = \"30s\"\nslices = 10\n"
                                       "[account]\ncheck_cash = false\n")
        executions = lambda: json.loads(answered("trade", "executions", "--session", str(self.folder()), "--json")[1])["executions"]
        with self.start("--testnet", *texts, "--param", "lots=1000", strategy="conditions") as trade:
            trade.until(lambda s: s["fills"] >= 2)
            (one,) = executions()
            self.assertEqual((one["kind"], one["instrument"], one["side"], one["quantity"], one["state"]),
                             ("twap", "binance:BTCUSDT", "buy", "0.01", "running"))
            code, out, error = stom("trade", "stop-execution", str(one["execution"]), "--session", str(self.folder()))
            self.assertEqual(code, 0, out + error)
            (one,) = first(executions, lambda all_: all_[0]["state"] == "stopped", trade.log)
            self.assertLess(Decimal(one["filled"]), Decimal("0.01"))
            self.assertEqual(self.booked()[0][0], Decimal(one["filled"]), "what is filled stays, and is one part of one")

    def test_an_execution_of_an_order_grid_goes_on_after_a_kill_and_is_verified(self):
        _, texts = self.grid_that_buys("[buy]\ntrades_a_day = 1\n[buy.execution]\nkind = \"twap\"\nover = \"30s\"\nslices = 10\n"
                                       "rest = \"market\"\n[account]\ncheck_cash = false\n")
        says = lambda what: what in (self.folder() / "journal.stom").read_bytes()
        before = self.account()
        with self.start("--testnet", *texts, "--param", "lots=1000", strategy="conditions") as trade:
            trade.until(lambda s: s["fills"] >= 2)
            trade.kill()
        with self.start("--testnet", *texts, "--param", "lots=1000", strategy="conditions") as trade:
            first(lambda: says(b"execution: binance:BTCUSDT bought 0.01"), lambda over: over, trade.log)
            trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0})
        self.assertTrue(says(b"the execution of before goes on: 0.00"))
        self.assertEqual(self.account() - before, Decimal("0.01"))
        code, out, error = stom("verify", "--session", str(self.folder()), "--json")
        self.assertEqual((code, json.loads(out)["a"]["differences"]), (0, []), out + error)

    def test_an_order_grid_knows_its_parts_and_its_trades_of_the_day_after_a_kill(self):
        folder, texts = self.grid_that_buys("[buy]\nparts = 2\nby_signal = false\nbelow = 50\ntrades_a_day = 1\n[account]\ncheck_cash = false\n")
        # What a strategy says is in the journal.
        refusals = lambda: (self.folder() / "journal.stom").read_bytes().count(b"trades of the day are done")
        with self.start("--testnet", *texts, "--param", "lots=1000", strategy="conditions") as trade:
            trade.until(lambda s: s["fills"] >= 1 and s["orders"]["working"] == 0)
            trade.kill()
        held, journal = self.booked()
        self.assertGreater(held[0], 0)
        # Held is one part of two, which only its fills can say: a buy text that is left alone would begin anew.
        (folder / "sell").write_text("if 분할매수횟수 == 1 and 분할매도횟수 == 0:\n    매도 = True\n")
        with self.start("--testnet", "--changed", *texts, "--param", "lots=1000", strategy="conditions") as trade:
            trade.until(lambda s: not s["waits"] and s["fills"] > len(journal.fills) and s["orders"]["working"] == 0)
            first(self.booked, lambda booked: booked[0][0] == 0, trade.log)
            first(refusals, lambda count: count > 0)
            trade.kill()
        fills, said = len(self.booked()[1].fills), refusals()
        with self.start("--testnet", *texts, "--param", "lots=1000", strategy="conditions") as trade:
            first(refusals, lambda count: count > said)
        held, journal = self.booked()
        self.assertEqual((held[0], len(journal.fills)), (0, fills))

    def test_a_venue_without_ids_of_ours_is_asked_by_the_numbers_that_the_journal_kept(self):
        client = KiwoomClient(self.exchange)

        def resting():
            return {o["ord_no"] for o in client.call("ka10075", all_stk_tp="0", trde_tp="0", stk_cd="", stex_tp="0")["oso"]}

        def holds():
            listed = client.call("kt00018", qry_tp="1", dmst_stex_tp="KRX")["acnt_evlt_remn_indv_tot"]
            return sum(int(h["rmnd_qty"]) for h in listed if h["stk_cd"].endswith("005930"))

        before = holds()
        bid = abs(int(client.call("ka10004", stk_cd="005930")["buy_fpr_bid"]))
        low = [bid * percent // 100 // 500 * 500 for percent in (95, 94)]
        # The last one every fifteen seconds: however long this takes to look, another one is to come.
        orders = ["0s buy market x9", *(f"0s buy limit {price} x3" for price in low),
                  *(f"{second}s buy market x4" for second in range(15, PATIENCE, 15))]
        stock = {"instruments": ("kiwoom:005930",)}
        with self.start("--testnet", "--param", "orders=" + ";".join(orders), strategy="order_list", **stock) as trade:
            left = first(resting, lambda now: len(now) == 2, trade.log, pause=0.6)
            first(self.booked, lambda booked: len(booked[1].names) >= 3)
            with standing_still(self.exchange.process):  # it hears, and answers nothing
                sent = self.booked()[1].kinds.count(2)
                first(self.booked, lambda booked: booked[1].kinds.count(2) > sent)
                trade.kill()
        self.assertLessEqual(left, set(self.booked()[1].names))
        with self.start("--testnet", "--changed", strategy="idle", **stock) as trade:
            trade.until(lambda s: not s["waits"] and s["orders"]["unknown"] == 0)
            self.assertEqual(self.reconcile(), [])
            kinds = {d["kind"] for d in self.booked()[1].differences}
            self.assertIn(kinds, [{"order_found", "missed_fill"}, {"order_never_arrived"}])
            self.assertEqual({o["venue_order_id"] for o in self.shown()["orders"]}, left)
        self.assertEqual(resting(), set(), "what was taken up is canceled at the end")
        held, journal = self.booked()
        self.assertEqual(held, [holds() - before])
        self.assertEqual(journal.kinds.count(8), 1, "one restart")

    def test_a_disk_that_takes_no_more_ends_trading_without_losing_an_order_and_mended_the_session_goes_on(self):
        before = self.account()
        with self.quoting("--testnet", "--no-record") as trade:
            trade.until(lambda s: s["fills"] >= 2 and s["orders"]["working"] >= 1)
            # The next record is written in part, then the system takes nothing of that file any more.
            with standing_still(trade.process):
                room = (self.folder() / "journal.stom").stat().st_size + 7
                resource.prlimit(trade.process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
            self.assertEqual(trade.process.wait(timeout=PATIENCE), 1)
            said = trade.process.stdout.read() + trade.process.stderr.read()
            self.assertIn("journal.stom: File too large", said)
            self.assertIn("free disk space", said)
            trade.killed = True  # it ended by itself
        self.assertEqual(self.orders_left(), [], "the thread of the sockets cancels without the journal")
        with self.quoting("--testnet", "--no-record") as trade:
            trade.until(lambda s: not s["waits"] and s["fills"] >= 3)
            self.assertIn("the journal ended within a record", trade.log())
            self.assertEqual(self.reconcile(), [])
        held, _ = self.booked()
        self.assertEqual(held[0], self.account() - before)

    def test_a_disk_that_takes_no_more_leaves_the_orders_of_who_keeps_them(self):
        with self.start("--testnet", "--no-record", "--keep-orders", "--param", "distance=400", *LOTS) as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
            with standing_still(trade.process):
                room = (self.folder() / "journal.stom").stat().st_size + 7
                resource.prlimit(trade.process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
            self.assertEqual(trade.process.wait(timeout=PATIENCE), 1)
            trade.killed = True
        left = {order["clientOrderId"] for order in self.orders_left()}
        self.assertTrue(left)
        with self.start("--testnet", "--no-record", "--changed", strategy="idle") as trade:
            trade.until(lambda s: not s["waits"])
            self.assertEqual({order["client_order_id"] for order in self.shown()["orders"]}, left)
        self.assertEqual(self.orders_left(), [])

    def test_a_copy_of_the_journal_lacks_what_it_said_and_no_more_after_a_kill(self):
        second = self.home / "second"
        journal, copy = self.folder() / "journal.stom", second / "journal.stom"
        with self.quoting("--testnet", "--copy-to", str(second)) as trade:
            trade.until(lambda s: s["fills"] >= 3 and s["copy"]["bytes"] > 1000)
            said = trade.status()["copy"]
            trade.kill()
        whole, there = journal.read_bytes(), copy.read_bytes()
        self.assertTrue(whole.startswith(there))
        self.assertGreaterEqual(len(there), said["bytes"])
        self.assertEqual(Journal(copy).size, len(there), "whole records")
        another = self.home / "another"
        self.refused(2, "is the journal of another session", "start", "--testnet", "--venues", str(self.file), "--strategy", "market_maker",
                     "--instrument", "binance:BTCUSDT", "--param", "distance=1", "--param", "skew=1", *LOTS,
                     "--session", str(another), "--copy-to", str(second))
        self.assertFalse(another.exists(), "the next start would go on with what is left of it")
        # A power cut took the last records of the session's own disk: nothing is written behind what it left.
        ends = [8]
        while ends[-1] < len(there):
            ends.append(ends[-1] + 8 + int.from_bytes(there[ends[-1] : ends[-1] + 4], "little"))
        journal.write_bytes(there[: ends[-3]])
        self.refused(1, "this disk has lost them", "start", "--testnet", "--venues", str(self.file), "--strategy", "market_maker",
                     "--instrument", "binance:BTCUSDT", "--param", "distance=1", "--param", "skew=1", *LOTS,
                     "--session", str(self.folder()), "--copy-to", str(second))
        self.assertEqual(journal.read_bytes(), there[: ends[-3]])
        self.assertEqual(copy.read_bytes(), there)
        # The session's own disk is lost: it goes on from the copy.
        shutil.rmtree(self.folder())
        self.folder().mkdir(mode=0o700)
        shutil.copy(copy, journal)
        with self.quoting("--testnet", "--copy-to", str(second)) as trade:
            trade.until(lambda s: s["copy"]["lag_bytes"] == 0)
            # Whatever the copy lacked is an order that this journal does not know: then a person decides.
            trade.until(lambda s: not s["waits"] or "lost_order" in trade.log())
            shutil.rmtree(second)
            trade.until(lambda s: s["copy"]["trouble"])
            first(trade.log, lambda text: "is gone; trading goes on without it" in text)
        self.assertFalse(second.exists())
        if self.orders_left():
            self.spot.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")

    def test_a_backup_of_a_running_session_goes_on_in_another_folder(self):
        file, again = self.home / "trial.stombak", self.home / "again"
        price = Decimal(self.spot.public("/api/v3/ticker/price", symbol="BTCUSDT")["price"])
        far = (price * Decimal("0.9")).quantize(Decimal("0.1"))
        orders = f"orders=0s buy limit {far} x0.010;0s buy limit {far} x0.020"
        with self.start("--testnet", "--keep-orders", "--param", orders, strategy="order_list") as trade:
            trade.until(lambda s: s["orders"]["working"] == 2)
            code, out, error = stom("session", "backup", str(self.folder()), "--to", str(file), "--json")
            self.assertEqual(code, 0, out + error)
            self.assertGreater(json.loads(out)["records"], 4)
            self.assertEqual(stom("session", "backup", str(self.folder()), "--to", str(file))[0], 2, "nothing is written over")
        left = {order["clientOrderId"] for order in self.orders_left()}
        code, out, error = stom("session", "restore", str(file), "--to", str(again))
        self.assertEqual(code, 0, out + error)
        self.assertEqual(stom("session", "restore", str(file), "--to", str(again))[0], 2)
        kept = (again / "journal.stom").read_bytes()
        self.assertTrue((self.folder() / "journal.stom").read_bytes().startswith(kept))
        shutil.rmtree(self.folder())
        again.rename(self.folder())
        with self.start("--testnet", "--changed", strategy="idle") as trade:
            trade.until(lambda s: not s["waits"])
            self.assertEqual({order["client_order_id"] for order in self.shown()["orders"]}, left)
        self.assertTrue((self.folder() / "journal.stom").read_bytes().startswith(kept))
        self.assertEqual(self.orders_left(), [])

    def test_an_old_backup_uses_no_number_again_and_shows_what_rests_under_numbers_that_it_lacks(self):
        file = self.home / "old.stombak"

        def names():
            return {order["clientOrderId"] for order in self.orders_left()}

        def quote():
            """Two orders more, at least, which stay; what then rests there."""
            before = names()
            with self.start("--testnet", "--keep-orders", "--param", "distance=4000", *LOTS) as trade:
                first(names, lambda left: len(left - before) >= 2, trade.log, pause=0.2)
            return names()

        known = quote()
        code, out, error = stom("session", "backup", str(self.folder()), "--to", str(file), "--json")
        self.assertEqual(code, 0, out + error)
        lost = quote() - known
        self.assertTrue(lost)
        shutil.rmtree(self.folder())
        code, out, error = stom("session", "restore", str(file), "--to", str(self.folder()))
        self.assertEqual(code, 0, out + error)

        def shows_them(trade):
            self.assertTrue(trade.until(lambda s: s["state"] == "running")["waits"], "a person is asked first")
            differences = [d for d in self.reconcile(10) if d["kind"] == "lost_order"]
            self.assertEqual(len(differences), len(lost))
            for name in lost:
                self.assertTrue(any(name in d["venue"] for d in differences), name)
            self.assertEqual({o["client_order_id"] for o in self.shown()["orders"] if o["status"] == "foreign"}, lost)

        with self.start("--testnet", "--keep-orders", "--param", "distance=4000", *LOTS) as trade:
            shows_them(trade)
        with self.start("--testnet", "--param", "distance=4000", *LOTS) as trade:
            shows_them(trade)  # as long as they rest, however often it is begun
            self.spot.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
            first(self.reconciled, lambda differences: differences == [], trade.log, pause=0.2)
            trade.until(lambda s: not s["waits"])
            first(names, len, trade.log, pause=0.2)
        self.assertEqual(self.orders_left(), [])
        prefix = min(lost).rpartition("-")[0] + "-"
        sent = [o["clientOrderId"] for o in self.spot.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT", limit=1000)]
        sent = [name for name in sent if name.startswith(prefix)]
        self.assertGreater(len(sent), len(known | lost))
        self.assertEqual(len(sent), len(set(sent)), "no number twice")

    def test_an_order_under_a_number_that_is_still_to_come_is_shown_and_numbers_go_on_behind_it(self):
        with self.start("--testnet", "--param", "distance=4000", *LOTS) as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
            (one, *_) = first(lambda: self.shown()["orders"], len, trade.log)
            prefix = one["client_order_id"].rpartition("-")[0] + "-"
        # As a process would send it whose clock was an hour ahead, and whose journal is lost.
        number = int(time.time() * 1000) + 3_600_000
        price = Decimal(self.spot.public("/api/v3/ticker/price", symbol="BTCUSDT")["price"])
        theirs = self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                                  quantity="0.010", price=str((price * Decimal("0.9")).quantize(Decimal("0.1"))),
                                  newClientOrderId=f"{prefix}{number}")
        self.assertIn("orderId", theirs)
        with self.start("--testnet", "--param", "distance=4000", *LOTS) as trade:
            self.assertTrue(trade.until(lambda s: s["state"] == "running")["waits"], "a person is asked first")
            (one,) = self.reconcile(10)
            self.assertEqual(one["kind"], "lost_order")
            self.assertIn(f"{prefix}{number}", one["venue"])
            self.spot.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=theirs["orderId"])
            first(self.reconciled, lambda differences: differences == [], trade.log, pause=0.2)
            trade.until(lambda s: s["orders"]["working"] >= 2)
            sent = [o["client_order_id"] for o in first(lambda: self.shown()["orders"], len, trade.log)]
            self.assertTrue(all(int(name.removeprefix(prefix)) > number for name in sent), sent)
        code, out, error = stom("verify", "--session", str(self.folder()), "--json")
        self.assertEqual((code, json.loads(out)["a"]["differences"]), (0, []), out + error)

    def test_an_order_of_somebody_else_is_adopted_and_is_the_sessions_over_a_restart_to_its_end(self):
        price = Decimal(self.spot.public("/api/v3/ticker/price", symbol="BTCUSDT")["price"])
        far = str((price * Decimal("0.9")).quantize(Decimal("0.1")))
        with self.start("--testnet", "--keep-orders", strategy="idle") as trade:
            trade.until(lambda s: s["state"] == "running")
            theirs = self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                                      quantity="0.010", price=far, newClientOrderId="by-hand")
            number = str(theirs["orderId"])
            first(lambda: [o["status"] for o in self.shown()["orders"]], lambda states: states == ["foreign"], trade.log, pause=0.2)
            adopt = ("account", "adopt", number, "--session", str(self.folder()), "--json")
            code, out, error = stom(*adopt)
            self.assertEqual(code, 2, out + error)
            self.assertIn(f"--confirm={self.folder().name}", out + error)
            self.assertEqual([o["status"] for o in self.shown()["orders"]], ["foreign"], "nobody has agreed")
            code, out, error = stom(*adopt, f"--confirm={self.folder().name}")
            self.assertEqual(code, 0, out + error)
            self.assertEqual([one["venue_order_id"] for one in json.loads(out)["adopted"]], [number])
            (one,) = first(lambda: self.shown()["orders"], lambda orders: [o["status"] for o in orders] == ["working"], trade.log,
                           pause=0.2)
            self.assertEqual((one["strategy"], one["client_order_id"], one["venue_order_id"]), ("manual", "by-hand", number))
            self.assertEqual(self.reconcile(), [])
        self.assertEqual([str(o["orderId"]) for o in self.orders_left()], [number])
        with self.start("--testnet", strategy="idle") as trade:
            trade.until(lambda s: s["state"] == "running" and not s["waits"])
            (one,) = self.shown()["orders"]
            self.assertEqual((one["strategy"], one["status"], one["venue_order_id"]), ("manual", "working", number))
        self.assertEqual(self.orders_left(), [], "it is the session's to cancel")
        code, out, error = stom("verify", "--session", str(self.folder()), "--json")
        self.assertEqual((code, json.loads(out)["a"]["differences"]), (0, []), out + error)

    def test_an_order_of_somebody_else_at_a_venue_without_client_ids_is_adopted_by_its_number(self):
        client = KiwoomClient(self.exchange)
        resting = lambda: [o["ord_no"] for o in client.call("ka10075", all_stk_tp="0", trde_tp="0", stk_cd="", stex_tp="0")["oso"]]
        bid = abs(int(client.call("ka10004", stk_cd="005930")["buy_fpr_bid"]))
        low = bid * 94 // 100 // 500 * 500
        stock = {"strategy": "idle", "instruments": ("kiwoom:005930",)}
        with self.start("--testnet", "--keep-orders", **stock) as trade:
            trade.until(lambda s: s["state"] == "running")
            number = client.call("kt10000", dmst_stex_tp="KRX", stk_cd="005930", ord_qty="3", ord_uv=str(low), trde_tp="0",
                                 cond_uv="")["ord_no"]
            first(lambda: [o["status"] for o in self.shown()["orders"]], lambda states: states == ["foreign"], trade.log, pause=0.2)
            self.reconcile(10)  # its lists are asked, which say what has filled of it
            adopt = ("account", "adopt", number, "--session", str(self.folder()), "--json", f"--confirm={self.folder().name}")
            code, out, error = first(lambda: stom(*adopt), lambda done: done[0] == 0, trade.log, pause=0.5)
            (one,) = json.loads(out)["adopted"]
            self.assertEqual((one["venue_order_id"], one["filled_before"], one["average_price_before"]), (number, "0", None))
            (one,) = first(lambda: self.shown()["orders"], lambda orders: [o["status"] for o in orders] == ["working"], trade.log,
                           pause=0.2)
            self.assertEqual((one["strategy"], one["quantity"], one["filled"]), ("manual", "3", "0"))
        first(resting, lambda there: there == [number], pause=0.6)
        with self.start("--testnet", **stock) as trade:
            trade.until(lambda s: s["state"] == "running" and not s["waits"])
            (one,) = self.shown()["orders"]
            self.assertEqual((one["strategy"], one["status"], one["venue_order_id"]), ("manual", "working", number))
        first(resting, lambda left: left == [], pause=0.6)
        code, out, error = stom("verify", "--session", str(self.folder()), "--json")
        self.assertEqual((code, json.loads(out)["a"]["differences"]), (0, []), out + error)

    def test_orders_of_others_and_positions_that_differ_are_shown(self):
        price = Decimal(self.spot.public("/api/v3/ticker/price", symbol="BTCUSDT")["price"])
        far = str((price * Decimal("0.97")).quantize(Decimal("0.1")))
        with self.start("--testnet", strategy="idle", instruments=self.BOTH) as trade:
            self.assertEqual(self.reconcile(), [])
            theirs = self.spot.signed("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                                      quantity="0.010", price=far)
            self.assertIn("orderId", theirs)
            (one,) = self.reconcile(10)
            self.assertEqual((one["kind"], one["ours"]), ("foreign_order", "not known"))
            self.assertIn(str(theirs["orderId"]), one["venue"])
            self.assertEqual([o["status"] for o in self.shown()["orders"]], ["foreign"])
            self.spot.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=theirs["orderId"])
            self.assertEqual(self.reconcile(), [])
            waits = self.futures.signed("POST", "/fapi/v1/algoOrder", algoType="CONDITIONAL", symbol="BTCUSDT", side="SELL",
                                        type="STOP_MARKET", quantity="0.010", triggerPrice=str((price / 2).quantize(Decimal("0.1"))))
            (one,) = self.reconcile(10)
            self.assertEqual(one["kind"], "foreign_order")
            self.assertIn("waits for", one["venue"])
            self.assertIn(waits["clientAlgoId"], one["venue"])
            self.futures.signed("DELETE", "/fapi/v1/algoOrder", algoId=waits["algoId"])
            self.assertEqual(self.reconcile(), [])
        # While nobody looks, the account is traded by hand.
        self.futures.signed("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
        with self.start("--testnet", strategy="idle", instruments=self.BOTH) as trade:
            self.assertTrue(trade.until(lambda s: s["state"] == "running")["waits"], "a person is asked first")
            (one,) = self.reconcile(10)
            self.assertEqual(one["kind"], "position")
            self.assertIn("--accept-differences", trade.log())
        with self.start("--testnet", "--accept-differences", strategy="idle", instruments=self.BOTH) as trade:
            trade.until(lambda s: not s["waits"])
            self.assertEqual(self.reconcile(), [])
        code, _, error = stom("account", "show", "--session", str(self.folder()))
        self.assertEqual(code, 4, error)


class StocksOnPaper(unittest.TestCase):
    """At an exchange whose clock stands in a morning of KRX: the session has its clock and its rules."""

    def test_a_session_is_at_the_exchanges_time_and_keeps_its_markets_rules(self):
        with tempfile.TemporaryDirectory() as home, Exchange("--seed", "7", "--markets", "1", "--market-rules", "venue", "--at",
                                                             "2026-11-27T09:30:00+09:00") as exchange:
            file = pathlib.Path(home) / "exchange.json"
            file.touch(mode=0o600)
            file.write_text(json.dumps(exchange.line))
            with Trade(pathlib.Path(home) / "paper", "--paper", "--venues", str(file), "--strategy", "market_maker", "--instrument",
                       "kiwoom:005930", "--param", "distance=1", "--param", "skew=1") as trade:
                trade.until(lambda s: s["fills"] >= 1)
            journal = Journal(trade.folder / "journal.stom")
            self.assertIn(" market_rules=venue ", journal.configuration)
            opening, closing = 1_795_739_400, 1_795_761_000  # 2026-11-27 09:30 and 15:30 in Seoul
            self.assertTrue(opening <= journal.last["time"] // 10**9 < closing, journal.last)
            with Trade(pathlib.Path(home) / "free", "--paper", "--venues", str(file), "--strategy", "idle", "--instrument",
                       "kiwoom:005930", "--market-rules", "none") as trade:
                pass
            self.assertNotIn("market_rules", Journal(trade.folder / "journal.stom").configuration)


if __name__ == "__main__":
    unittest.main(verbosity=1)
