#!/usr/bin/env python3
"""Every fill of `stom backtest run --fill-rules stom` against the second simulator, on the recorded captures.

    compare.py --stom build/dev/bin/stom            what the tests run: each strategy with each queue model on each capture, and a random
                                                    list of orders of every type (programs.py) with each,
                                                    and lists in which the two once differed
    compare.py --stom build/release/bin/stom --full all latencies and order sizes, and twenty lists with each queue model
    compare.py --rules                               what each rule of docs/fills.md changes (the table there)

A fill is equal when time, side, price, quantity, fee, liquidity and order are; prices, quantities and fees as exact decimals.
The recorded data is in STOM_TEST_DATA (default: shared/data beside the checkout). Exit codes: 0 equal, 1 not, 77 no data.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import NamedTuple

from programs import Program as RandomOrders
from reading import BID, read
from rules import SWITCHES
from simulate import simulate
from strategies import Owner, make

MONEY = Decimal("1e-18")
EXACT = Context(prec=60)
MAKER = Decimal("0.0002")
TAKER = Decimal("0.0005")


class Capture(NamedTuple):
    name: str
    file: str
    instrument: str
    tick: str
    lot: str
    unit: str  # the last decimal of its quantities
    contract: str  # "": value = price x quantity; else the size of an inverse contract: value = size x quantity / price
    larger: int  # an order size, in lots, at which fills are partial

    def value(self, price, quantity):
        if not self.contract:
            return EXACT.multiply(price, quantity)
        return EXACT.divide(EXACT.multiply(Decimal(self.contract), quantity), price).quantize(MONEY, ROUND_HALF_EVEN)


CAPTURES = [
    Capture("usdm", "usdm_btcusdt_20240808.jsonl.gz", "binance-usdm:BTCUSDT", "0.1", "0.001", "0.001", "", 40),
    Capture("coinm", "coinm_btcusd_perp_20240808.jsonl.gz", "binance-coinm:BTCUSD_PERP", "0.1", "1", "1", "100", 60),
    Capture("spot", "spot_btcusdt_20240808.jsonl.gz", "binance:BTCUSDT", "0.01", "0.00001", "0.000001", "", 2000),
]
STRATEGIES = ("mm_replace", "mm_keep", "grid")
QUEUES = ("risk_averse", "power3", "log")
LATENCIES = ("100us", "1ms", "10ms")
NANOS = {"100us": 100_000, "1ms": 1_000_000, "10ms": 10_000_000}


class Run(NamedTuple):
    strategy: str
    queue: str
    latency: str
    lots: int
    seed: int = 0  # of a random list of orders


def random_runs(capture, seeds):
    return [Run("order_list", queue, LATENCIES[(seed + i) % 3], capture.larger, seed)
            for seed in seeds for i, queue in enumerate(QUEUES)]


def all_runs(capture):
    small = [Run(s, q, t, 1) for s in STRATEGIES for q in QUEUES for t in LATENCIES]
    return small + [run._replace(lots=capture.larger) for run in small] + random_runs(capture, range(1, 21))


# Lists in which the two once differed, by capture.
FOUND = {"usdm": [Run("order_list", "log", "100us", 40, 19)]}  # half of the queue, by logarithms, was a hair more than half


def few_runs(capture):
    """Each strategy with each queue model; latencies take turns, and every order size that makes fills partial once a queue model."""
    runs = []
    for i, strategy in enumerate(STRATEGIES):
        for j, queue in enumerate(QUEUES):
            runs.append(Run(strategy, queue, LATENCIES[(i + j) % 3], capture.larger if (i + 2 * j) % 3 == 0 else 1))
    return runs + random_runs(capture, [1]) + FOUND.get(capture.name, [])


def limit_of(run):
    """The largest position, in lots: the strategies' own limits, in orders."""
    return (20 if run.strategy == "grid" else 10) * run.lots


def data_folder():
    named = os.environ.get("STOM_TEST_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(named) / "market" / "binance_ws_raw"
    return folder if Path(named).is_dir() else None


def strategy_of(capture, recording, run):
    if run.strategy == "order_list":
        return RandomOrders(run.seed, recording, run.lots, int(Decimal(capture.lot) / Decimal(capture.unit)))
    return make(run.strategy, maximum=limit_of(run), lots=run.lots)


def ours(capture, recording, run, off=()):
    strategy = strategy_of(capture, recording, run)
    unit = Decimal(capture.unit)
    lot = int(Decimal(capture.lot) / unit)
    fills = simulate(recording, strategy, Owner(lot), NANOS[run.latency], run.queue, unit, lot, off)
    rows = []
    for f in fills:
        price, quantity = f.price * Decimal(capture.tick), f.quantity * unit
        fee = EXACT.multiply(capture.value(price, quantity), MAKER if f.maker else TAKER).quantize(MONEY, ROUND_DOWN)
        rows.append((f.time, "buy" if f.side == BID else "sell", price, quantity, fee, "maker" if f.maker else "taker", f.order))
    return sorted(rows, key=lambda row: (row[0], row[6]))


class Program:
    def __init__(self, path, scratch):
        self.path, self.scratch = path, Path(scratch)
        # The three strategies know no balance: their fills are compared on an account that is never asked.
        self.account = ["--account", "unlimited"] if "--account" in self("backtest", "run", "--help") else []

    def __call__(self, *arguments):
        environment = dict(os.environ, STOM_HOME=str(self.scratch / "home"))
        done = subprocess.run([self.path, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(arguments)}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def parameters(self, capture, recording, run):
        if run.strategy != "order_list":
            return "--param", f"lots={run.lots}", "--param", f"max={limit_of(run)}"
        orders = self.scratch / "orders.txt"
        orders.write_text(strategy_of(capture, recording, run).text(capture.tick, capture.unit), encoding="utf-8")
        return "--param", f"orders=@{orders}", "--param", "interval=50ms"

    def fills(self, capture, recording, run):
        out = self.scratch / "run"
        self("backtest", "run", "--strategy", run.strategy, "--instrument", capture.instrument, "--queue", run.queue,
             "--order-latency", run.latency, "--maker", str(MAKER), "--taker", str(TAKER), "--fill-rules", "stom", "--no-band",
             *self.parameters(capture, recording, run), "--cash", "1000000", *self.account, "--out", str(out), "--quiet")
        with open(out / "fills.csv", newline="", encoding="utf-8") as file:
            return [(int(r["time_ns"]), r["side"], Decimal(r["price"]), Decimal(r["quantity"]), Decimal(r["fee"]), r["liquidity"],
                     int(r["client_order_id"])) for r in csv.DictReader(file)]


def shown(row):
    return " ".join(map(str, row)) if row else "nothing"


def compare(name, theirs, rows):
    for number, (a, b) in enumerate(zip(theirs + [None] * len(rows), rows + [None] * len(theirs))):
        if a is None and b is None:
            break
        if a != b:
            print(f"DIFFERENT  {name}: fill {number + 1}\n  stom              {shown(a)}\n  second simulator  {shown(b)}")
            return False
    print(f"equal      {name}: {len(rows)} fills")
    return True


def worth(capture, rows, recording):
    """What a run made: cash and position at the last middle price, after fees."""
    cash = position = fees = Decimal(0)
    for _, side, price, quantity, fee, _, _ in rows:
        sign = 1 if side == "buy" else -1
        position += sign * quantity
        cash -= sign * capture.value(price, quantity) * (-1 if capture.contract else 1)
        fees += fee
    _, bid, ask = recording.local[-1]
    middle = (bid + ask) * Decimal(capture.tick) / 2
    held = capture.value(middle, abs(position)) * (1 if position > 0 else -1) * (-1 if capture.contract else 1)
    return cash + held - fees


def print_rules(folder):
    """The table of docs/fills.md: the same runs with one rule switched off at a time."""
    capture = CAPTURES[0]
    recording = read(folder / capture.file, capture.tick, capture.unit)
    runs = [Run("mm_keep", "power3", "1ms", capture.larger), Run("grid", "power3", "1ms", capture.larger), Run("stack", "log", "1ms", capture.larger)]
    print("| Switched off | Then |" + "".join(f" `{r.strategy}` | same | made |" for r in runs))
    print("|---|---|" + "--:|--:|--:|" * len(runs))
    base = [ours(capture, recording, run) for run in runs]
    for rule, meaning in [("nothing", "the rules as they are"), *SWITCHES.items()]:
        cells = []
        for run, reference in zip(runs, base):
            rows = reference if rule == "nothing" else ours(capture, recording, run, {rule})
            same = (Counter(row[:6] for row in rows) & Counter(row[:6] for row in reference)).total()
            cells.append(f" {len(rows)} | {same} | {worth(capture, rows, recording):.2f} |")
        print(f"| {rule} | {meaning} |" + "".join(cells), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stom", default=os.environ.get("STOM_PROGRAM", "stom"), help="the program")
    parser.add_argument("--full", action="store_true", help="all strategies, queue models, latencies and order sizes")
    parser.add_argument("--rules", action="store_true", help="print what each rule changes")
    parser.add_argument("--capture", choices=[c.name for c in CAPTURES], help="only this one")
    parser.add_argument("--run", help="only this one, as mm_keep,power3,1ms,1 or order_list,power3,1ms,40,7")
    options = parser.parse_args()
    folder = data_folder()
    if folder is None:
        print("no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
        return 77
    captures = [c for c in CAPTURES if options.capture in (None, c.name)]
    if options.rules:
        print_rules(folder)
        return 0
    equal = fills = 0
    different = 0
    with tempfile.TemporaryDirectory() as scratch:
        stom = Program(options.stom, scratch)
        for capture in captures:
            answer = json.loads(stom("data", "import", str(folder / capture.file), "--instrument", capture.instrument, "--tick",
                                     capture.tick, "--lot", capture.lot, "--json"))
            recording = read(folder / capture.file, capture.tick, capture.unit)
            if recording.clock_repair != answer["clock_repair_ns"]:
                print(f"DIFFERENT  {capture.name}: clock repair {answer['clock_repair_ns']}, second simulator {recording.clock_repair}")
                different += 1
            runs = all_runs(capture) if options.full else few_runs(capture)
            if options.run:
                strategy, queue, latency, lots, *seed = options.run.split(",")
                runs = [Run(strategy, queue, latency, int(lots), *map(int, seed))]
            for run in runs:
                theirs, rows = stom.fills(capture, recording, run), ours(capture, recording, run)
                name = f"{capture.name} {run.strategy} {run.queue} {run.latency} {run.lots} lots" + (f" seed {run.seed}" if run.seed else "")
                if compare(name, theirs, rows):
                    equal += 1
                    fills += len(rows)
                else:
                    different += 1
    print(f"{equal} runs equal ({fills} fills), {different} different")
    return 0 if different == 0 and equal else 1


if __name__ == "__main__":
    sys.exit(main())
