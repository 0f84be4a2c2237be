#!/usr/bin/env python3
"""2,400 candidates (or MARKETS) of a generated KRX through 100 registrations, for as long as is said: which instruments had rows in
which second, against what was asked. What the exchange had to tell is heard beside the session, on as many connections
as it takes to register all candidates. Writes FOLDER/seconds.csv, one line a second, and prints one line of figures;
ends with an error where a promise of docs/universe.md was broken.

usage: STOM_PROGRAM=build/release/bin/stom universe_proof.py FOLDER SECONDS [MARKETS]
"""

import collections
import csv
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
from trade_test import PROGRAM, Trade
from universe_test import BUDGET, SECOND, Registered, Timeline, delays, frames_of, listed, ranked, recorded, searched, token
from venue_client import Exchange

SEARCH = "매수 체결"  # last taken by a buyer: about half of the market, and each second another half
KST = 9 * 3600


def second_of(clock, near):
    """The second since 1970 that a clock in Korea showed as HHMMSS, the one nearest to a time in ns."""
    of_day = int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + int(clock[4:6])
    near = near // SECOND + KST
    return near - ((near - of_day + 43200) % 86400 - 43200) - KST


def asked(socket, message):
    """The return code of what was sent."""
    socket.send(message)
    return socket.receive(lambda answer: answer.get("trnm") == message["trnm"])["return_code"]


def register(socket, trnm, codes):
    return asked(socket, {"trnm": trnm, "grp_no": "1", "refresh": "1", "data": [{"item": codes, "type": ["0D"]}]})


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


class Witness:
    """Hears every book of the market: in which seconds of the venue's clock each instrument had one."""

    def __init__(self, exchange, key, codes):
        self.seconds = collections.defaultdict(set)
        self.over, self.trouble = False, []
        sockets = []
        for at in range(0, len(codes), BUDGET):
            sockets.append(connected(exchange, key))
            assert register(sockets[-1], "REG", codes[at : at + BUDGET]) == 0
        self.since = time.time_ns()
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
                now = time.time_ns()
                for entry in json.loads(text).get("data") or []:
                    if entry.get("type") == "0D":
                        self.seconds[f"kiwoom:{entry['item']}"].add(second_of(entry["values"]["21"], now))
        except Exception as error:  # of another thread: told at the end
            self.trouble.append(repr(error))

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join(timeout=60)
        assert not self.trouble, self.trouble[0]


def for_as_long(seconds, *processes):
    """Until so much time is over; an error as soon as one of the processes is."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for process in processes:
            assert process.poll() is None, f"{' '.join(process.args)} ended with {process.returncode}"
        time.sleep(min(left, 1))


def rows_of(session, instrument):
    """The seconds of which the product has a row, out of what the session recorded."""
    home = dict(os.environ, STOM_HOME=str(session / "home" / instrument))
    frames = sorted(map(str, (session / "frames").glob(frames_of(instrument))))
    commands = [["data", "import", *frames, "--instrument", instrument],
                ["data", "rows", instrument, "--rule", "any_change", "--watch", str(session / "watch.csv")]]
    for command in commands:
        done = subprocess.run([PROGRAM, "--quiet", *command], capture_output=True, text=True, env=home, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return {row["index"] for row in csv.DictReader(done.stdout.splitlines())}


def index_of(second):
    """How a row's index has that second: the clock in Korea."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(second + KST))


def look_at(session, moves, codes, witness):
    """What one session did, second by second; and how long each move of its source took until it was done."""
    timeline = Timeline(session / "watch.csv")
    registered = Registered(timeline)
    most = max(map(len, timeline.registered()))
    assert most <= BUDGET, f"{most} were registered at a time"
    assert "초과" not in (session / "log").read_text(), "the exchange refused a registration"
    took = list(delays(timeline, moves, SECOND))

    ended = timeline.changes[-1][0]
    first, last = moves[0][0] // SECOND + 2, ended // SECOND - 2
    expected, got, others = collections.Counter(), collections.Counter(), 0
    for instrument in sorted(registered.spans):
        heard = False
        for when, text in recorded(session, frames_of(instrument)):
            assert registered.at(instrument, when), f"data of {instrument} at {when}, when it was not registered"
            heard |= '"0D"' in text
        rows = rows_of(session, instrument) if heard else set()
        told = witness.seconds[instrument]
        named = {index_of(second): second for second in told}
        assert rows <= set(named), f"{instrument} has rows in seconds in which the exchange told no book: {rows - set(named)}"
        for second in told:
            # Within a second of a change nothing is promised; and a book may be told a moment after the second it is of.
            before, after = (second - 1) * SECOND, (second + 2) * SECOND
            span = registered.span(instrument, before)
            throughout = span is not None and span == registered.span(instrument, after) and after <= ended
            if throughout:
                expected[second] += 1
                assert index_of(second) in rows, f"{instrument} has no row in {index_of(second)}, throughout which it was registered"
                got[second] += 1
        for second in (named[row] for row in rows):
            assert any(begin < (second + 2) * SECOND and (end is None or end > second * SECOND)
                       for begin, end in registered.spans[instrument]), f"{instrument} has a row in {second}, unregistered"
            others += 1
    others -= sum(got.values())
    files = {file.name for file in (session / "frames").glob("kiwoom-*.jsonl.gz") if "-wire-" not in file.name}
    known = {name for instrument in registered.spans for name in (f.name for f in (session / "frames").glob(frames_of(instrument)))}
    assert files == known, f"recorded, and never registered: {sorted(files - known)[:3]}"

    seconds, named, states, move, change = [], set(), {}, 0, 0
    for second in range(first, last):
        end = (second + 1) * SECOND
        while move < len(moves) and moves[move][0] < end:
            named = (named | moves[move][1]) - moves[move][2]
            move += 1
        while timeline.changes[change][0] < end:
            states[timeline.changes[change][1]] = timeline.changes[change][2]
            change += 1
        counts = collections.Counter(states.values())
        seconds.append({"second": second, "asked": len(named), "registered": counts["in"] + counts["kept"],
                        "waiting": counts["waiting"], "rows_wanted": expected[second], "rows": got[second]})
    return seconds, took, len(timeline.changes), set(registered.spans), others


def main():
    folder, length = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True)
    markets = sys.argv[3] if len(sys.argv) > 3 else "2400"
    with Exchange("--seed", "7", "--markets", markets) as exchange:
        file = folder / "exchange.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(exchange.line))
        codes, key = listed(exchange), token(exchange)
        limit_is_enforced(connected(exchange, key), codes)
        candidates = folder / "stocks.txt"
        candidates.write_text("".join(f"kiwoom:{code}\n" for code in codes))
        sources = {f"search={SEARCH}": searched, "top=100,every=1s": lambda of: ranked(of, BUDGET)}
        witness, sessions = Witness(exchange, key, codes), []
        for number, source in enumerate(sources):
            sessions.append(folder / f"session{number}")
            with Trade(sessions[-1], "--paper", "--venues", str(file), "--strategy", "idle", "--universe", f"kiwoom:{source}",
                       "--candidates", str(candidates)) as trade:
                for_as_long(length / len(sources), trade.process, exchange.process)
        witness.end()
        memory = int(next(line.split()[1] for line in open(f"/proc/{exchange.process.pid}/status") if line.startswith("VmHWM")))
        file.unlink()
    seconds, took, changes, who, others = [], [], 0, set(), 0
    for session, (source, moves_of) in zip(sessions, sources.items()):
        one = look_at(session, list(moves_of(session)), codes, witness)
        seconds += [{"source": source, **second} for second in one[0]]
        took, changes, who, others = took + one[1], changes + one[2], who | one[3], others + one[4]
    with open(folder / "seconds.csv", "w", newline="") as out:
        writer = csv.DictWriter(out, list(seconds[0]))
        writer.writeheader()
        writer.writerows(seconds)
    total = lambda name: sum(second[name] for second in seconds)
    print(f"{len(codes)} candidates, {BUDGET} registrations, {len(seconds)} s of generated market "
          f"({', '.join(sources)}): {total('asked') / len(seconds):.0f} asked for at a time and "
          f"{total('registered') / len(seconds):.1f} registered, never more than {BUDGET}, the 101st refused by the exchange; "
          f"{len(took)} times somebody was named or dropped, each done within {max(took) / 1e6:.0f} ms, {changes} changes of {len(who)} "
          f"instruments; {total('rows')} of {total('rows_wanted')} rows that were due, {others} more in seconds in which one "
          f"came or left, none else; the exchange took {memory / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
