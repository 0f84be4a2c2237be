#!/usr/bin/env python3
"""2,400 candidates (or MARKETS) of a generated KRX through 100 registrations, for as long as is said: which instruments had rows in
which second, against what was asked. Writes FOLDER/seconds.csv, one line a second, and prints one line of figures; ends
with an error where a promise of docs/universe.md was broken.

usage: STOM_PROGRAM=build/release/bin/stom universe_proof.py FOLDER SECONDS [MARKETS]
"""

import collections
import csv
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from trade_test import Trade
from universe_test import BUDGET, SECOND, Registered, Timeline, delays, listed, ranked, recorded, searched, token
from venue_client import Exchange

SEARCH = "매수 체결"  # last taken by a buyer: about half of the market, and each second another half


def limit_is_enforced(exchange, codes):
    """A connection registers 100 stocks; one more is refused, and allowed once another was given back."""
    socket = exchange.socket(exchange.line["venues"]["kiwoom"]["ws"] + "/api/dostk/websocket")

    def ask(message):
        socket.send(message)
        return socket.receive(lambda answer: answer.get("trnm") == message["trnm"])["return_code"]

    def register(trnm, some):
        return ask({"trnm": trnm, "grp_no": "1", "refresh": "1", "data": [{"item": some, "type": ["0D"]}]})

    assert ask({"trnm": "LOGIN", "token": token(exchange)}) == 0
    answers = register("REG", codes[:BUDGET]), register("REG", codes[BUDGET : BUDGET + 1])
    assert answers == (0, 1), f"100 and one more: {answers}"
    answers = register("REMOVE", codes[:1]), register("REG", codes[BUDGET : BUDGET + 1])
    assert answers == (0, 0), f"one given back, another one: {answers}"


def look_at(folder, moves, codes):
    """What one session did, second by second; and how long each move of its source took until it was done."""
    timeline = Timeline(folder / "watch.csv")
    registered = Registered(timeline)
    most = max(map(len, timeline.registered()))
    assert most <= BUDGET, f"{most} were registered at a time"
    assert "초과" not in (folder / "log").read_text(), "the exchange refused a registration"
    took = list(delays(timeline, moves, SECOND))

    rows = collections.defaultdict(set)  # by second: those of which a book came
    for code in codes:
        for when, text in recorded(folder, f"kiwoom-{code}-*.jsonl.gz"):
            assert registered.at(f"kiwoom:{code}", when), f"data of {code} at {when}, when it was not registered"
            if '"0D"' in text:
                rows[when // SECOND].add(f"kiwoom:{code}")

    seconds, named, states, move, change = [], set(), {}, 0, 0
    for second in range(moves[0][0] // SECOND + 1, timeline.changes[-1][0] // SECOND):
        end = (second + 1) * SECOND
        while move < len(moves) and moves[move][0] < end:
            named = (named | moves[move][1]) - moves[move][2]
            move += 1
        while timeline.changes[change][0] < end:
            states[timeline.changes[change][1]] = timeline.changes[change][2]
            change += 1
        counts = collections.Counter(states.values())
        throughout = {i for i, spans in registered.spans.items()
                      if registered.at(i, end) and registered.span(i, second * SECOND) == registered.span(i, end)}
        seconds.append({"second": second, "asked": len(named), "registered": counts["in"] + counts["kept"],
                        "waiting": counts["waiting"], "registered_throughout": len(throughout),
                        "with_rows": len(rows[second]), "with_rows_throughout": len(rows[second] & throughout)})
    return seconds, took, len(timeline.changes)


def main():
    folder, length = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True)
    markets = sys.argv[3] if len(sys.argv) > 3 else "2400"
    with Exchange("--seed", "7", "--markets", markets) as exchange:
        file = folder / "exchange.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(exchange.line))
        codes = listed(exchange)
        limit_is_enforced(exchange, codes)
        candidates = folder / "stocks.txt"
        candidates.write_text("".join(f"kiwoom:{code}\n" for code in codes))
        sources = {f"search={SEARCH}": searched, "top=100,every=1s": lambda of: ranked(of, BUDGET)}
        all_seconds, took, changes = [], [], 0
        for number, (source, moves_of) in enumerate(sources.items()):
            session = folder / f"session{number}"
            with Trade(session, "--paper", "--venues", str(file), "--strategy", "idle", "--universe", f"kiwoom:{source}",
                       "--candidates", str(candidates)):
                time.sleep(length / len(sources))
            seconds, delays_of_it, done = look_at(session, list(moves_of(session)), codes)
            all_seconds += [{"source": source, **second} for second in seconds]
            took, changes = took + delays_of_it, changes + done
        file.unlink()
    with open(folder / "seconds.csv", "w", newline="") as out:
        writer = csv.DictWriter(out, list(all_seconds[0]))
        writer.writeheader()
        writer.writerows(all_seconds)
    total = lambda name: sum(second[name] for second in all_seconds)
    print(f"{len(codes)} candidates, {BUDGET} registrations, {len(all_seconds)} s of generated market "
          f"({', '.join(sources)}): {total('asked') / len(all_seconds):.0f} asked for at a time and "
          f"{total('registered') / len(all_seconds):.1f} registered, never more than {BUDGET}, the 101st refused by the exchange; "
          f"{len(took)} who were named or dropped, each done within {max(took) / 1e6:.0f} ms, {changes} changes; a book came in "
          f"{total('with_rows_throughout')} of {total('registered_throughout')} whole seconds of registered instruments, none of others")


if __name__ == "__main__":
    main()
