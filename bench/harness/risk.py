"""The rows R1 and R2: what the checks before an order cost, and how long the kill switch takes while a strategy hangs."""
import json
import os
import subprocess
import sys
from pathlib import Path

from .measure import Row

CHECKS_ASKED, CHECKS_AIM = 200e-9, 80e-9
KILL_ASKED, KILL_AIM = 10e-3, 2e-3
KILL_TEST = "Risk.test_a_hundred_orders_at_three_venues_are_gone_though_the_strategy_hangs"


def checks(bench):
    """R1: an order handed to the desk until the desk hands it on, 50 limits set (risk_bench)."""
    row = Row("R1", "all checks before an order, 50 limits set, three venues in one book of KRW, p99", "200 ns asked", "order", 1, 1, CHECKS_ASKED / CHECKS_AIM)
    for pair in range(bench.pairs):
        bench.shown(f"R1: run {pair + 1} of {bench.pairs}")
        answers = bench.stom.bench("risk_bench")
        row.ours.add({"seconds": answers[0]["p99_ns"] / 1e9})
        row.peer.add({"seconds": CHECKS_ASKED})
        if not all(answer["equal"] for answer in answers):
            row.wrong = "an order passed that a limit forbids, or the other way round"
    as_set, each = answers
    row.equal = f"{as_set['compared']} orders passed or denied ({as_set['denied']}) as worked out anew from the history alone"
    row.note = f"p50 {as_set['p50_ns']:.0f} ns, of which one reading of the clock {as_set['clock_ns']:.0f} ns; each order held against all 50: p99 {each['p99_ns']:.0f} ns"
    yield row


def kill_switch(bench):
    """R2: the test of tests/exchange, which prints its time: a command to the session until the exchange has the last cancel."""
    row = Row("R2", "kill switch: command until the last of 102 orders at three venues is canceled, strategy hangs", "10 ms asked", "command", 1, 1, KILL_ASKED / KILL_AIM)
    folder = Path(__file__).resolve().parents[2] / "tests" / "exchange"

    def work(row):
        for run in range(min(bench.pairs, 3)):
            bench.shown(f"R2: run {run + 1}")
            done = subprocess.run([sys.executable, folder / "risk_test.py", KILL_TEST], capture_output=True, text=True,
                                  env=os.environ | {"STOM_PROGRAM": str(bench.stom.binary)})
            if done.returncode != 0:
                raise RuntimeError(done.stderr.strip()[-300:])
            told = json.loads(done.stdout.splitlines()[0])
            row.ours.add({"seconds": told["gone_ms"] / 1e3})
            row.peer.add({"seconds": KILL_ASKED})
        row.equal = f"{told['orders']} orders canceled by the exchange's own times, none left"
        row.note = f"what opens was stopped after {told['stopped_ms']:.1f} ms, cancels were handed to the sockets after {told['sent_ms']:.1f} ms; the exchange's times count whole ms"

    yield bench.row(row, work)


ROWS_OF_RISK = {"R1": checks, "R2": kill_switch}
