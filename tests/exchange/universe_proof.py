#!/usr/bin/env python3
"""The opening of a generated KRX: 2,400 candidates (or MARKETS) through 100 registrations, from BEFORE seconds before nine o'clock
until AFTER seconds after it: which instruments had rows in which second, against what was asked; that nothing traded before a stock's
auction, and that each opened at that auction's one price. What the exchange had to tell is heard beside the sessions, on as many
connections as it takes to register all candidates. Writes FOLDER/seconds.csv, one line a second, and prints one line of figures;
ends with an error where a promise of docs/universe.md was broken.

usage: STOM_PROGRAM=build/release/bin/stom universe_proof.py FOLDER BEFORE AFTER [MARKETS]
"""

import collections
import concurrent.futures
import contextlib
import copy
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
from trade_test import PROGRAM, Trade
from universe_test import BUDGET, SECOND, Registered, Timeline, delays, frames_of, listed, ranked, recorded, searched, token
from venue_client import Exchange

KST = 9 * 3600
OPENING = 1_795_737_600  # 2026-11-27, a Friday, nine o'clock in Seoul
RANDOM_END = 30  # seconds: the opening call ends at most so much later
CALL_LEVELS = 3  # of a side, while orders are gathered
PINNED = slice(12)  # of the listed stocks: each session watches them from the start to the end; the liveliest
BOOK_CLOCK = re.compile(r'"21":"(\d{6})"')  # 0D: the time of the book
STOM_BIDS = 5  # by the rule `stom` a row needs that many
SOURCES = {"search=매수 체결": searched,  # last taken by a buyer: about half of the market, and each second another half
           "top=100,every=1s": lambda of: ranked(of, BUDGET)}


def index_of(second):
    """How a row's index has that second: the clock in Korea."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(second + KST))


def clock_of(second):
    return index_of(second)[8:]


def second_of(clock):
    """The second since 1970 that a clock in Korea showed as HHMMSS on that day."""
    of_day = int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + int(clock[4:6])
    return OPENING - 9 * 3600 + of_day


def asked(socket, message):
    """The return code of what was sent."""
    socket.send(message)
    return socket.receive(lambda answer: answer.get("trnm") == message["trnm"])["return_code"]


def register(socket, trnm, codes, types=("0D",)):
    return asked(socket, {"trnm": trnm, "grp_no": "1", "refresh": "1", "data": [{"item": codes, "type": list(types)}]})


def connected(exchange, key):
    socket = exchange.socket(exchange.line["venues"]["kiwoom"]["ws"] + "/api/dostk/websocket")
    assert asked(socket, {"trnm": "LOGIN", "token": key}) == 0
    return socket


def limit_is_enforced(socket, codes):
    """A connection registers 100 stocks; one more is refused, and allowed once another was given back."""
    answers = register(socket, "REG", codes[:BUDGET]), register(socket, "REG", codes[BUDGET : BUDGET + 1])
    assert answers == (0, 1), f"100 and one more: {answers}"
    answers = register(socket, "REMOVE", codes[:1]), register(socket, "REG", codes[BUDGET : BUDGET + 1])
    assert answers == (0, 0), f"one given back, another one: {answers}"
    socket.close()


class Stock:
    """One instrument as the exchange told it, by the venue's clock: whole seconds."""

    def __init__(self):
        self.books = set()  # seconds with a book
        self.deep = set()  # seconds with a book of at least five bids
        self.expected = None  # what would trade, as it was last told
        self.opening = None  # the first trade
        self.foretold = False  # at the price that was last expected
        self.gathers = True  # for the opening, or in an interruption
        self.interruptions = 0

    def book(self, values):
        second = second_of(values["21"])
        bids, asks = (sum(values[str(first + i)] != "0" for i in range(10)) for first in (51, 41))
        self.books.add(second)
        if bids >= STOM_BIDS:
            self.deep.add(second)
        if self.opening is None:
            assert max(bids, asks) <= CALL_LEVELS, f"{bids} bids and {asks} asks while orders were gathered"

    def interruption(self, values):
        self.interruptions += values["9068"] == "1"
        self.gathers = values["9068"] == "1"

    def trade(self, values):
        second, price, quantity = second_of(values["20"]), abs(int(values["10"])), values["15"]
        assert self.gathers == quantity.isdigit(), f"a trade of {quantity} {'while orders were gathered' if self.gathers else 'of nobody'}"
        if self.opening is None:
            assert OPENING <= second <= OPENING + RANDOM_END, f"it opened at {values['20']}"
            assert [abs(int(values[name])) for name in ("16", "17", "18")] == [price] * 3, f"not the first price of the day: {values}"
            assert values["13"] == quantity, f"not the first quantity of the day: {values}"
            self.opening, self.foretold = (second, price), price == self.expected
        self.gathers = False


class Witness:
    """Hears the whole market, and holds each message against what may be told when."""

    HANDLERS = {"0D": Stock.book, "0B": Stock.trade, "1h": Stock.interruption}

    def __init__(self, exchange, key, codes):
        self.stocks = {f"kiwoom:{code}": Stock() for code in codes}
        self.sessions = []  # (what it is, since when by its clock)
        self.heard = {}  # of each second: when the last book of it came, by the exchange's clock in ns
        self.ahead = exchange.line["clock_ahead_ns"]
        self.over, self.trouble = False, []
        sockets = []
        groups = [([""], ("0s",))] + [(codes[at : at + BUDGET], ("0B", "0D", "0H", "1h")) for at in range(0, len(codes), BUDGET)]
        for items, types in groups:  # a connection of its own for each: what comes before an answer would be dropped
            sockets.append(connected(exchange, key))
            assert register(sockets[-1], "REG", items, types) == 0
        self.threads = [threading.Thread(target=self.listen, args=(socket,), daemon=True) for socket in sockets]
        for thread in self.threads:
            thread.start()

    def listen(self, socket):
        try:
            while not self.over:
                text = socket.text()
                if text == '{"trnm":"PING"}':
                    socket.send(text)
                    continue
                for entry in json.loads(text).get("data") or []:
                    self.hear(entry["type"], f"kiwoom:{entry['item']}", entry["values"])
        except Exception as error:  # of another thread: told at the end
            self.trouble.append(error)

    def hear(self, kind, instrument, values):
        if kind == "0D":
            self.heard[second_of(values["21"])] = time.time_ns() + self.ahead
        if kind == "0s":
            if not self.sessions or self.sessions[-1][0] != values["215"]:
                self.sessions.append((values["215"], values["20"]))
        elif kind == "0H":
            self.stocks[instrument].expected = abs(int(values["10"]))
        elif kind in self.HANDLERS:
            try:
                self.HANDLERS[kind](self.stocks[instrument], values)
            except AssertionError as error:
                raise AssertionError(f"{instrument}: {error}") from error

    def opened(self):
        return [stock for stock in list(self.stocks.values()) if stock.opening]

    def seen_as(self, stocks):
        """As if it had seen those."""
        other = copy.copy(self)
        other.stocks = stocks
        return other

    def check(self):
        if self.trouble:
            raise self.trouble[0]

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join(timeout=60)
        self.check()
        assert ("3", clock_of(OPENING)) in self.sessions and self.sessions[0][0] == "0", f"the sessions as told: {self.sessions}"


def until(wanted, witness, *processes):
    """Until that is true; an error as soon as one of the processes is over, or the witness saw what may not be."""
    while not wanted():
        for process in processes:
            assert process.poll() is None, f"{' '.join(process.args)} ended with {process.returncode}"
        witness.check()
        time.sleep(0.2)


def rows_of(session, instrument):
    """By rule: the rows of the product by their index, out of what the session recorded; {} where it heard no book."""
    if not any('"0D"' in text for _, text in recorded(session, frames_of(instrument))):
        return {rule: {} for rule in ("any_change", "stom")}
    home = dict(os.environ, STOM_HOME=str(session / "home" / instrument))

    def stom(*command):
        done = subprocess.run([PROGRAM, "--quiet", *command], capture_output=True, text=True, env=home, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.splitlines()

    stom("data", "import", *sorted(map(str, (session / "frames").glob(frames_of(instrument)))), "--instrument", instrument)
    rows = {}
    for rule in ("any_change", "stom"):
        try:
            lines = stom("data", "rows", instrument, "--rule", rule, "--watch", str(session / "watch.csv"))
        except AssertionError as error:  # only three bids, all of the time
            assert "no rows" in str(error), error
            lines = []
        rows[rule] = {row["index"]: row for row in csv.DictReader(lines)}
    return rows


def all_rows(session):
    """rows_of() of whoever was ever registered, by instrument."""
    instruments = sorted(Registered(Timeline(session / "watch.csv")).spans)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip(instruments, pool.map(lambda instrument: rows_of(session, instrument), instruments)))


def check_kept(session, instrument, rows, ended):
    """The rows that the session kept while it ran are those of its frames, but for what came while it ended; and of interruptions
    (1h) it was told, while an import does not know of them."""
    file = session / "rows" / f"{instrument.replace(':', '-')}.csv"
    same = lambda row: {name: value for name, value in row.items() if name != "watched" and not name.startswith("vi_")}
    kept = list(map(same, csv.DictReader(file.read_text().splitlines()))) if file.exists() else []
    made = list(map(same, rows.values()))
    assert kept == made[: len(kept)], f"{instrument}: the rows that were kept are not those of the frames"
    late = index_of(ended // SECOND - 2)
    assert all(index >= late for index in list(rows)[len(kept) :]), f"{instrument}: {len(kept)} rows were kept and {len(made)} are in the frames"


def check_opening(instrument, rows, stock):
    """Before the auction a row has a book and no price; behind it the day's first price is the auction's."""
    second, price = stock.opening
    for index, row in rows.items():
        if index < index_of(second):
            assert row["price"] == row["open"] == row["high"] == row["low"] == "", f"{instrument} has a price before its auction: {row}"
            assert float(row["day_value"]) == 0, f"{instrument} traded before its auction: {row}"
        elif index > index_of(second):
            assert float(row["open"]) == price, f"{instrument} opened at {price}: {row}"
            assert float(row["low"]) <= float(row["price"]) <= float(row["high"]), row
            assert float(row["day_value"]) > 0, row


def told(session, instruments):
    """Of each second: when the last book of it reached the session. One whose processor had other work hears late."""
    heard = {}
    for instrument in instruments:
        for when, text in recorded(session, frames_of(instrument)):
            for clock in BOOK_CLOCK.findall(text):
                second = second_of(clock)
                heard[second] = max(heard.get(second, 0), when)
    return heard


def look_at(session, moves, witness, rows):
    """What one session did, second by second; and how long each move of its source took until it was done."""
    timeline = Timeline(session / "watch.csv")
    registered = Registered(timeline)
    most = max(map(len, timeline.registered()), default=0)
    assert most <= BUDGET, f"{most} were registered at a time"
    assert "초과" not in (session / "log").read_text(), "the exchange refused a registration"
    took = list(delays(timeline, moves, SECOND))

    ended = timeline.changes[-1][0]
    first, last = moves[0][0] // SECOND + 2, ended // SECOND - 2
    expected, got, others, auctions = collections.Counter(), collections.Counter(), 0, 0
    heard = told(session, registered.spans)
    for instrument in sorted(registered.spans):
        for when, _ in recorded(session, frames_of(instrument)):
            assert registered.at(instrument, when), f"data of {instrument} at {when}, when it was not registered"
        stock, all_, deep = witness.stocks[instrument], rows[instrument]["any_change"], rows[instrument]["stom"]
        named = {index_of(second): second for second in stock.books}
        assert set(all_) <= set(named), f"{instrument} has rows in seconds in which the exchange told no book: {set(all_) - set(named)}"
        assert set(deep) <= set(all_) & {index_of(second) for second in stock.deep}, f"{instrument} has rows by `stom` without five bids"

        def told_until(second):
            # A book may be told a moment after the second it is of; later, where this computer was held up.
            return max((second + 2) * SECOND, witness.heard[second] + SECOND, heard.get(second, 0) + SECOND)

        def throughout(second):
            # Within a second of a change nothing is promised.
            before, after = (second - 1) * SECOND, told_until(second)
            span = registered.span(instrument, before)
            return span is not None and span == registered.span(instrument, after) and after <= ended

        for second in filter(throughout, stock.books):
            expected[second] += 1
            assert index_of(second) in all_, f"{instrument} has no row in {index_of(second)}, throughout which it was registered"
            assert second not in stock.deep or index_of(second) in deep, f"{instrument} has no row by `stom` in {index_of(second)}"
            got[second] += 1
        for second in (named[row] for row in all_):
            assert any(begin < told_until(second) and (end is None or end > second * SECOND)
                       for begin, end in registered.spans[instrument]), f"{instrument} has a row in {second}, unregistered"
            others += 1
        check_kept(session, instrument, all_, ended)
        if stock.opening and throughout(stock.opening[0]):
            check_opening(instrument, all_, stock)
            auctions += 1
    others -= sum(got.values())
    files = {file.name for file in (session / "frames").glob("kiwoom-*.jsonl.gz") if "-wire-" not in file.name}
    known = {name for instrument in registered.spans for name in (f.name for f in (session / "frames").glob(frames_of(instrument)))}
    assert files == known, f"recorded, and never registered: {sorted(files - known)[:3]}"

    opened = collections.Counter(stock.opening[0] for stock in witness.opened())
    seconds, named, states, move, change = [], set(), {}, 0, 0
    for second in range(first, last):
        end = (second + 1) * SECOND
        while move < len(moves) and moves[move][0] < end:  # those that are pinned not counted
            named = (named | moves[move][1]) - moves[move][2]
            move += 1
        while timeline.changes[change][0] < end:
            states[timeline.changes[change][1]] = timeline.changes[change][2]
            change += 1
        counts = collections.Counter(states.values())
        seconds.append({"second": second, "clock": clock_of(second), "opened": sum(n for at, n in opened.items() if at <= second),
                        "asked": len(named), "registered": counts["in"] + counts["kept"], "waiting": counts["waiting"],
                        "rows_wanted": expected[second], "rows": got[second]})
    return {"seconds": seconds, "took": took, "changes": len(timeline.changes), "who": set(registered.spans), "others": others,
            "auctions": auctions}


class Opening:
    """The exchange, the witness and one session for each source, all at once, until `enough` says so."""

    def __init__(self, folder, before, markets, sources=None, pinned=PINNED):
        folder.mkdir(parents=True)
        self.folder, self.before, self.markets = folder, before, markets
        self.sources, self.pinned = sources or SOURCES, pinned

    def run(self, enough):
        begin = time.strftime("%Y-%m-%dT%H:%M:%S+09:00", time.gmtime(OPENING - self.before + KST))
        with contextlib.ExitStack() as stack:
            exchange = stack.enter_context(Exchange("--seed", "7", "--markets", str(self.markets), "--market-rules", "venue", "--at", begin))
            ahead = exchange.line["clock_ahead_ns"]
            self.now = lambda: (time.time_ns() + ahead) / SECOND
            file = self.folder / "exchange.json"
            file.touch(mode=0o600)
            file.write_text(json.dumps(exchange.line))
            self.codes, key = listed(exchange), token(exchange)
            self.pinned = {f"kiwoom:{code}" for code in self.codes[self.pinned]}
            limit_is_enforced(connected(exchange, key), self.codes)
            candidates = self.folder / "stocks.txt"
            candidates.write_text("".join(f"kiwoom:{code}\n" for code in self.codes))
            self.witness, self.sessions, trades = Witness(exchange, key, self.codes), [], []
            with contextlib.ExitStack() as sessions:
                for number, source in enumerate(self.sources):
                    self.sessions.append(self.folder / f"session{number}")
                    pins = [word for pinned in sorted(self.pinned) for word in ("--instrument", pinned)]
                    trades.append(sessions.enter_context(
                        Trade(self.sessions[-1], "--paper", "--venues", str(file), "--strategy", "idle", "--rows", "any_change", *pins, "--universe",
                              f"kiwoom:{source}", "--candidates", str(candidates))))
                self.ready = self.now()
                assert self.ready < OPENING, f"ready {self.ready - OPENING:.0f} s after the opening: this computer is too slow"
                until(lambda: enough(self), self.witness, exchange.process, *(trade.process for trade in trades))
            self.witness.end()
            status = pathlib.Path(f"/proc/{exchange.process.pid}/status").read_text().splitlines()
            self.memory = int(next(line.split()[1] for line in status if line.startswith("VmHWM")))
            file.unlink()
        self.rows = [all_rows(session) for session in self.sessions]

    def look(self):
        """look_at() of each session, by source."""
        return {source: look_at(session, self.moves(source), self.witness, rows)
                for source, session, rows in zip(self.sources, self.sessions, self.rows)}

    def moves(self, source):
        """(time, who came, who left) as the source said it; who is pinned is in, whatever it says."""
        session = self.sessions[list(self.sources).index(source)]
        return [(when, came - self.pinned, left - self.pinned) for when, came, left in self.sources[source](session)]


def main():
    folder, before, after = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    opening = Opening(folder, before, int(sys.argv[4]) if len(sys.argv) > 4 else 2400)
    opening.run(lambda now: now.now() >= OPENING + after)
    looks = opening.look()
    seconds = [{"source": source, **second} for source, look in looks.items() for second in look["seconds"]]
    with open(folder / "seconds.csv", "w", newline="") as out:
        writer = csv.DictWriter(out, list(seconds[0]))
        writer.writeheader()
        writer.writerows(seconds)
    opened = opening.witness.opened()
    assert after <= RANDOM_END or len(opened) == len(opening.codes), f"{len(opened)} of {len(opening.codes)} stocks opened"
    total = lambda name: sum(second[name] for second in seconds)
    of_all = lambda name: sum(look[name] for look in looks.values())
    took = [one for look in looks.values() for one in look["took"]]
    who = set().union(*(look["who"] for look in looks.values()))
    times = [stock.opening[0] for stock in opened]
    print(f"KRX from {clock_of(int(opening.ready))} to {clock_of(OPENING + after)}, {len(opening.codes)} candidates, {BUDGET} registrations, "
          f"{len(seconds)} s of two sessions at once ({', '.join(looks)}): {total('asked') / len(seconds):.0f} asked for at a time and "
          f"{total('registered') / len(seconds):.1f} registered, never more than {BUDGET}, the 101st refused by the exchange; "
          f"{len(opened)} stocks opened between {clock_of(min(times))} and {clock_of(max(times))} at one price each, "
          f"{sum(stock.foretold for stock in opened)} of them at the one last expected, and nothing traded before; of {of_all('auctions')} that "
          f"were registered then the rows have that price as 시가 and none before; {sum(s.interruptions for s in opening.witness.stocks.values())} "
          f"interruptions; the rows that the sessions kept are those of their frames; {len(took)} times somebody was named or dropped, each done within {max(took) / 1e6:.0f} ms, {of_all('changes')} changes "
          f"of {len(who)} instruments; {total('rows')} of {total('rows_wanted')} rows that were due, {of_all('others')} more in seconds in "
          f"which one came or left, none else; the exchange took {opening.memory / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
