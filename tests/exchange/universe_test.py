#!/usr/bin/env python3
"""The universe of `stom trade` against `stom exchange`: more candidates than Kiwoom registers. What is watched is held
against what the source said, as the session recorded it, and against the limit that the exchange enforces.

usage: STOM_PROGRAM=build/dev/bin/stom universe_test.py
"""

import bisect
import collections
import csv
import json
import os
import subprocess
import sys
import unittest
import zlib

sys.path.insert(0, os.path.dirname(__file__))
from trade_test import PROGRAM, AtTheExchange, Journal, Trade, stom

SECOND = 1_000_000_000
BUDGET = 100
STOCKS = 120
REGISTERED = ("in", "kept", "unknown")


class Timeline:
    """watch.csv, read here from docs/universe.md alone."""

    def __init__(self, file):
        lines = file.read_text().split("\n")[:-1]  # of a session that runs the last may be half written
        self.changes = [(int(r["time_ns"]), r["instrument"], r["state"], r["reason"]) for r in csv.DictReader(lines)]
        assert self.changes == sorted(self.changes, key=lambda change: change[0]), "in order of time"

    def at(self, time):
        """{instrument: state} as of that time."""
        states = {}
        for when, instrument, state, _ in self.changes:
            if when > time:
                break
            states[instrument] = state
        return states

    def registered(self):
        """Each set of those that were registered at a time, one change after the other."""
        now = set()
        for _, instrument, state, _ in self.changes:
            (now.add if state in REGISTERED else now.discard)(instrument)
            yield now


class Registered:
    """Of each instrument, from when to when it was registered."""

    def __init__(self, timeline):
        self.spans = collections.defaultdict(list)
        for when, instrument, state, _ in timeline.changes:
            spans, now = self.spans[instrument], state in REGISTERED
            if now and (not spans or spans[-1][1] is not None):
                spans.append([when, None])
            elif not now and spans and spans[-1][1] is None:
                spans[-1][1] = when

    def span(self, instrument, when):
        """The number of the span in which that time lies; none: it was not registered."""
        spans = self.spans.get(instrument, [])
        at = bisect.bisect_right(spans, when, key=lambda span: span[0]) - 1
        return at if at >= 0 and (spans[at][1] is None or when <= spans[at][1]) else None

    def at(self, instrument, when):
        return self.span(instrument, when) is not None


def unpacked(data):
    """The whole members of a gzip file that may still be written to."""
    out = b""
    while data:
        member = zlib.decompressobj(31)
        part = member.decompress(data)
        if not member.eof:
            return out
        out, data = out + part, member.unused_data
    return out


def recorded(folder, pattern):
    """(time, text) of each line that the session recorded."""
    for file in sorted((folder / "frames").glob(pattern)):
        for line in unpacked(file.read_bytes()).decode().splitlines():
            time, text = line.split(" ", 1)
            yield int(time), text


def frames_of(instrument):
    return f"{instrument.replace(':', '-')}-*.jsonl.gz"


def wire(folder):
    """(time, "in" or "out", JSON) of what is not market data."""
    for time, text in recorded(folder, "kiwoom-wire-*.jsonl.gz"):
        entry = json.loads(text)
        way = "in" if "in" in entry else "out"
        try:
            yield time, way, json.loads(entry["text"])
        except ValueError:
            continue


def token(exchange):
    venue = exchange.line["venues"]["kiwoom"]
    _, answer = post(exchange, "/oauth2/token", "au10001",
                     {"grant_type": "client_credentials", "appkey": venue["key"], "secretkey": venue["secret"]})
    return answer["token"]


def post(exchange, path, api_id, body, **headers):
    """(headers, JSON) of one request to Kiwoom; another one where it asks for too many."""
    head = {"api-id": api_id, "Content-Type": "application/json", **headers}
    while True:
        status, answer, text = exchange.http("POST", exchange.line["venues"]["kiwoom"]["rest"] + path, head, json.dumps(body))
        if status != 429:
            assert status == 200, text
            return {name.lower(): value for name, value in answer.items()}, json.loads(text)


def listed(exchange):
    """The codes of all stocks that the exchange lists."""
    authorization, codes, more = "Bearer " + token(exchange), [], {}
    while True:
        head, page = post(exchange, "/api/dostk/stkinfo", "ka10099", {"mrkt_tp": "0"}, authorization=authorization, **more)
        codes += [row["code"] for row in page["list"]]
        if head.get("cont-yn") != "Y":
            return codes
        more = {"cont-yn": "Y", "next-key": head["next-key"]}


def searched(folder):
    """(time, who came, who left) of each message about a condition search."""
    now = set()
    for time, way, answer in wire(folder):
        entries = [e for e in answer.get("data") or [] if isinstance(e, dict)] if way == "in" else []
        if answer.get("trnm") == "CNSRREQ" and way == "in":
            found = {"kiwoom:" + entry["jmcode"].removeprefix("A") for entry in entries}
            yield time, found - now, now - found
            now = found
        for values in (entry["values"] for entry in entries if entry.get("type") == "02"):
            one = {"kiwoom:" + values["9001"]}
            yield (time, one, set()) if values["843"] == "I" else (time, set(), one)
            now = now | one if values["843"] == "I" else now - one


def ranked(folder, most):
    """(time, who came, who left) of each ranking by value."""
    now = set()
    for time, way, answer in wire(folder):
        if way == "in" and "trde_prica_upper" in answer:
            found = {f"kiwoom:{row['stk_cd']}" for row in answer["trde_prica_upper"][:most]}
            yield time, found - now, now - found
            now = found


def delays(timeline, moves, bound=None):
    """How long it took until the watch list was as each move wants it. It fails where it never was, or (with `bound`, in ns) not
    in time, unless the same instrument moves again, or the session ends, within a second."""
    asked, changes = collections.defaultdict(list), collections.defaultdict(list)
    for time, came, left in moves:
        for instrument in came | left:
            asked[instrument].append((time, instrument in came))
    for time, instrument, state, _ in timeline.changes:
        changes[instrument].append((time, state in ("in", "waiting")))
    end = timeline.changes[-1][0]
    for instrument, steps in asked.items():
        its = changes[instrument]
        for (time, wanted), following in zip(steps, [when for when, _ in steps[1:]] + [end]):
            at = bisect.bisect_right(its, time, key=lambda change: change[0])
            done, is_in = time, at > 0 and its[at - 1][1]
            while is_in != wanted and at < len(its) and its[at][0] < following:
                done, is_in = its[at]
                at += 1
            assert is_in == wanted or following - time < SECOND, f"{instrument}, {wanted} at {time}: not done"
            assert bound is None or done - time < bound, f"{instrument}, {wanted} at {time}: done after {done - time} ns"
            if is_in == wanted:
                yield done - time


def kept_with_a_row(folder):
    """One that was kept while its books passed into another second by the venue's clock (docs/rows.md: that makes a row)."""
    kept, spans = {}, []
    for time, instrument, state, _ in Timeline(folder / "watch.csv").changes:
        if instrument in kept:
            spans.append((instrument, kept.pop(instrument), time))
        if state == "kept":
            kept[instrument] = time
    spans += [(instrument, since, 1 << 62) for instrument, since in kept.items()]
    for instrument, since, until in spans:
        seconds = set()
        for time, text in recorded(folder, frames_of(instrument)):
            if since < time < until:
                seconds |= {entry["values"]["21"] for entry in json.loads(text)["data"] if entry["type"] == "0D"}
        if len(seconds) > 1:
            return instrument
    return None


class Universe(AtTheExchange):
    EXCHANGE = ("--seed", "7", "--markets", str(STOCKS))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stocks = listed(cls.exchange)
        cls.candidates = cls.home / "stocks.txt"
        cls.candidates.write_text("".join(f"kiwoom:{code}\n" for code in cls.stocks))

    def start(self, universe, *more, strategy="idle"):
        return super().start("--paper", "--universe", universe, "--candidates", str(self.candidates), *more, instruments=(),
                             strategy=strategy)

    def refused(self, code, text, *arguments):
        got, out, error = stom("trade", "start", "--paper", "--venues", str(self.file), "--strategy", "idle",
                               "--session", str(self.folder()), *arguments)
        self.assertEqual(got, code, out + error)
        self.assertIn(text, error)

    def assert_within_the_budget(self, trade):
        timeline = Timeline(trade.folder / "watch.csv")
        self.assertLessEqual(max(map(len, timeline.registered())), BUDGET)
        self.assertEqual(set(timeline.at(1 << 62).values()), {"out"}, "at the end all are out")
        self.assertLessEqual({reason for _, _, state, reason in timeline.changes if state == "out"}, {"dropped", "released", "ended"})
        self.assertNotIn("초과", trade.log(), "the exchange refused no registration")
        return timeline

    def assert_data_only_while_registered(self, trade, timeline):
        registered, seen = Registered(timeline), 0
        for code in self.stocks:
            for when, _ in recorded(trade.folder, frames_of(f"kiwoom:{code}")):
                self.assertTrue(registered.at(f"kiwoom:{code}", when), f"{code} at {when}")
                seen += 1
        self.assertGreater(seen, 0)

    def test_of_a_list_longer_than_the_budget_some_wait_and_a_changed_list_counts_at_once(self):
        watched = self.home / "list.txt"
        watched.write_text("# the whole market\n" + "".join(code + "\n" for code in self.stocks))
        with self.start(f"kiwoom:list={watched}") as trade:
            universe = lambda status: status["venues"]["kiwoom"]["universe"]
            status = trade.until(lambda s: universe(s)["in"] == BUDGET)
            self.assertEqual(universe(status), {"source": f"kiwoom:list={watched}", "registrations": BUDGET, "in": BUDGET,
                                                "kept": 0, "waiting": STOCKS - BUDGET})
            self.assertEqual(status["venues"]["kiwoom"]["books"], BUDGET)
            trade.until(lambda s: s["venues"]["kiwoom"]["stale"] < BUDGET)
            new = self.home / "new.txt"
            new.write_text("".join(code + "\n" for code in self.stocks[-30:]))
            new.rename(watched)
            trade.until(lambda s: (universe(s)["in"], universe(s)["waiting"]) == (30, 0))
            new.write_text("not, a, list:\n")
            new.rename(watched)
            trade.until(lambda s: "not VENUE:SYMBOL" in trade.log())
            watched.unlink()
            watched.mkdir()
            trade.until(lambda s: "list.txt is a folder, not a file" in trade.log())
            self.assertEqual(universe(trade.status())["in"], 30, "a list that cannot be read changes nothing")
        timeline = self.assert_within_the_budget(trade)
        self.assert_data_only_while_registered(trade, timeline)
        first = timeline.changes[0][0]
        self.assertEqual({i for i, s in timeline.at(first).items() if s == "waiting"},
                         {f"kiwoom:{code}" for code in self.stocks[BUDGET:]}, "those at the end of the list wait")

    def test_the_ranking_by_value_is_what_is_watched_a_second_later(self):
        with self.start("kiwoom:top=20,every=2s", "--instrument", f"kiwoom:{self.stocks[50]}") as trade:
            trade.until(lambda s: sum(1 for _ in ranked(trade.folder, 20)) >= 4)
        timeline = self.assert_within_the_budget(trade)
        pinned = f"kiwoom:{self.stocks[50]}"
        moves = [(time, came - {pinned}, left - {pinned}) for time, came, left in ranked(trade.folder, 20)]
        self.assertGreaterEqual(len(list(delays(timeline, moves))), 19)
        self.assertEqual([(s, r) for _, i, s, r in timeline.changes if i == pinned], [("in", "pinned"), ("out", "ended")])

    def test_a_condition_search_is_followed(self):
        with self.start("kiwoom:search=매수 체결") as trade:
            trade.until(lambda s: sum(1 for _ in searched(trade.folder)) > 5)
        timeline = self.assert_within_the_budget(trade)
        self.assertGreater(len(list(delays(timeline, searched(trade.folder)))), 5)

    def test_what_is_held_or_ordered_stays_when_the_source_drops_it(self):
        watched = self.home / "held.txt"
        watched.write_text("".join(code + "\n" for code in self.stocks[:10]))
        with self.start(f"kiwoom:list={watched}", "--param", "distance=1", "--param", "lots=100", "--param", "max=1000",
                        strategy="market_maker") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 4)
            new = self.home / "none.txt"
            new.write_text("")
            new.rename(watched)
            kept = trade.until(lambda s: s["venues"]["kiwoom"]["universe"]["in"] == 0)["venues"]["kiwoom"]
            self.assertGreaterEqual(kept["universe"]["kept"], 2)
            trade.until(lambda s: kept_with_a_row(trade.folder))
            status, held = trade.status(), kept_with_a_row(trade.folder)
        timeline = self.assert_within_the_budget(trade)
        # Where nothing is held at the end, all were released as their orders were canceled.
        end = min((when for when, *_, reason in timeline.changes if reason == "ended"), default=timeline.changes[-1][0])
        instruments, positions = list(status["position"]), collections.Counter()
        for index, quantity in Journal(trade.folder / "journal.stom").fills:
            positions[instruments[index]] += quantity
        for instrument, quantity in positions.items():
            if quantity:
                self.assertEqual(timeline.at(end - 1).get(instrument), "kept", f"{quantity} of {instrument} are held")
        rows = self.rows(trade, held)
        self.assertEqual(rows, sorted(rows, reverse=True), "관심종목 is 1 while the list has it, and then 0")
        self.assertEqual(set(rows), {"1", "0"})
        self.assert_a_backtest_sees_what_was_registered(trade, held)

    def test_a_buy_that_waits_is_taken_back_when_its_instrument_leaves_the_watch_list(self):
        watched = self.home / "leaves.txt"
        watched.write_text("".join(code + "\n" for code in self.stocks[:10]))
        grid = '[buy]\ntype = "limit"\nprice = "bid1"\nticks = -5\ncancel_unwatched = true\n[account]\ncheck_cash = false\n'
        texts = ["--param", "rule=any_change"]
        for name, text in (("buy", "pass\n"), ("sell", "매도 = False\n"), ("vars", "self.vars[0] = 1\n"), ("orders", grid)):
            file = self.home / f"leaves-{name}.txt"
            file.write_text(text)
            texts += ["--param", f"{name}={file}"]
        with self.start(f"kiwoom:list={watched}", *texts, strategy="conditions") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 1)
            new = self.home / "nobody.txt"
            new.write_text("")
            new.rename(watched)
            trade.until(lambda s: s["orders"]["working"] == 0)
        self.assertIn("buy canceled: it left the watch list".encode(), (trade.folder / "journal.stom").read_bytes())
        code, out, error = stom("verify", "--session", str(trade.folder), "--json")
        self.assertEqual((code, json.loads(out or "{}").get("a", {}).get("differences")), (0, []), out + error)

    def test_what_is_held_after_a_restart_is_unknown_until_the_source_has_spoken(self):
        few = self.home / "few.txt"
        few.write_text("".join(code + "\n" for code in self.stocks[:5]))
        grid = '[buy]\ntype = "limit"\nprice = "bid1"\nticks = -5\n[account]\ncheck_cash = false\n'
        texts = ["--param", "rule=any_change"]
        for name, text in (("buy", "pass\n"), ("sell", "매도 = False\n"), ("vars", "self.vars[0] = 1\n"), ("orders", grid)):
            file = self.home / f"restart-{name}.txt"
            file.write_text(text)
            texts += ["--param", f"{name}={file}"]
        start = lambda: Trade(self.folder(), "--testnet", "--venues", str(self.file), "--strategy", "conditions", *texts,
                              "--universe", "kiwoom:top=100", "--candidates", str(few))
        universe = lambda status: status["venues"]["kiwoom"]["universe"]
        with start() as trade:
            trade.until(lambda s: Journal(trade.folder / "journal.stom").names)  # the exchange has taken one
            trade.kill()
        before = Timeline(trade.folder / "watch.csv")
        with start() as trade:
            trade.until(lambda s: not s["waits"] and universe(s)["in"] > 0)
        after = self.assert_within_the_budget(trade).changes[len(before.changes):]
        watched = {instrument for instrument, state in before.at(1 << 62).items() if state != "out"}
        ends, after = after[:len(watched)], after[len(watched):]
        self.assertEqual({(i, state, reason) for _, i, state, reason in ends}, {(i, "out", "ended") for i in watched}, "the killed one watches nobody")
        word = next(time for time, _, state, _ in after if state in ("in", "waiting"))
        early = {(i, state, reason) for time, i, state, reason in after if time < word}
        held = {i for i, state, _ in early if state == "unknown"}
        self.assertTrue(held)
        self.assertLessEqual(early, {(i, *what) for i in held for what in (("unknown", "held"), ("out", "released"))})
        told = {i for time, i, state, reason in after if state in ("in", "kept") or reason == "released"}
        self.assertLessEqual(held, told, "then it is known")

    def assert_a_backtest_sees_what_was_registered(self, trade, instrument):
        home = dict(os.environ, STOM_HOME=str(trade.folder / "home"))

        def journal(*changes):
            more = ()
            if changes:
                watch = trade.folder / "other.csv"
                watch.write_text("time_ns,instrument,state,reason\n" + "".join(changes))
                more = ("--watch", str(watch))
            done = subprocess.run([PROGRAM, "--json", "backtest", "run", "--instrument", instrument, "--strategy", "market_maker",
                                   "--param", "distance=1", "--market-rules", "none", "--no-report", "--no-band", *more],
                                  capture_output=True, text=True, env=home, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            answer = json.loads(done.stdout)
            return answer["journal_hash"], answer["journal_records"]

        times = [when for when, _ in recorded(trade.folder, frames_of(instrument))]
        whole = journal()
        always = f"0,{instrument},in,pinned\n"
        self.assertNotEqual(journal(always)[1], 0)
        half = journal(always, f"{times[len(times) // 2]},{instrument},out,dropped\n")
        self.assertEqual(journal(always)[1], whole[1], "registered from before the first to after the last message")
        self.assertLess(half[1], whole[1], "from the middle on it saw nothing")

    def rows(self, trade, instrument):
        """관심종목 of each one-second row out of what the session recorded, in order of time."""
        home = dict(os.environ, STOM_HOME=str(trade.folder / "home"))
        frames = sorted(map(str, (trade.folder / "frames").glob(frames_of(instrument))))
        commands = [["data", "import", *frames, "--instrument", instrument],
                    ["data", "rows", instrument, "--rule", "any_change", "--lang", "ko", "--watch", str(trade.folder / "watch.csv")]]
        for command in commands:
            done = subprocess.run([PROGRAM, *command], capture_output=True, text=True, env=home, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return [row["관심종목"] for row in csv.DictReader(done.stdout.splitlines())]

    def test_what_makes_no_universe_is_refused(self):
        candidates = ("--candidates", str(self.candidates))
        self.refused(2, "names nobody whom it may choose", "--universe", "kiwoom:top=5")
        self.refused(2, "not a number from 1 to 100", "--universe", "kiwoom:top=500", *candidates)
        self.refused(2, 'there is no source "best"', "--universe", "kiwoom:best=5", *candidates)
        self.refused(2, "more often than every 500ms", "--universe", "kiwoom:top=5,every=1ms", *candidates)
        self.refused(2, "has one already", "--universe", "kiwoom:top=5", "--universe", "kiwoom:search=1", *candidates)
        self.refused(2, "--candidates without --universe", "--instrument", "kiwoom:005930", *candidates)
        self.refused(2, "no instrument named")
        self.refused(2, "offers no ranking by traded value", "--universe", "binance:top=5", "--instrument", "binance:BTCUSDT", *candidates)
        self.refused(2, "is of a venue without a universe", "--universe", "binance:list=" + str(self.binance_list()), *candidates)
        everybody = [word for code in self.stocks[:BUDGET + 1] for word in ("--instrument", f"kiwoom:{code}")]
        self.refused(2, "which registers 100 a connection", "--universe", "kiwoom:top=5", *candidates, *everybody)

    def binance_list(self):
        file = self.home / "coins.txt"
        file.write_text("BTCUSDT\n")
        return file


if __name__ == "__main__":
    unittest.main()
