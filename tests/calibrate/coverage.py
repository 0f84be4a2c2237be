#!/usr/bin/env python3
"""Planted latencies and a planted queue exponent, and how often `stom calibrate` has them in its 95 % intervals: a
backtest on a generated market of a seed of its own each, calibrated from its folder. And a run of few fills is too few.

usage: coverage.py --stom build/release/bin/stom [--seeds 100] [--minutes 60]
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

INSTRUMENT = "sim:KRW-XRP"  # long queues: a tick is 0.02 %, and hundreds of orders stand at the best price
NUMBERS = ("entry", "response", "jitter", "exponent")


class Program:
    def __init__(self, program, home):
        self.program, self.home = program, home

    def __call__(self, *arguments):
        environment = {**os.environ, "STOM_HOME": str(self.home)}
        done = subprocess.run([self.program, "--json", "--quiet", *arguments], capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            sys.exit(f"stom {' '.join(arguments)}: {done.returncode} {done.stdout[-500:]} {done.stderr[-500:]}")
        return json.loads(done.stdout) if done.stdout else None


def planted(seed):
    """Microseconds, the jitter's shape, and the exponent."""
    draw = random.Random(seed)
    return {
        "entry": draw.randrange(500, 5_000),
        "response": draw.randrange(500, 5_000),
        "jitter": draw.randrange(100, 2_000),
        "shape": ("even", "exponential")[seed % 2],
        "exponent": round(0.5 * 12 ** draw.random(), 2),  # 0.5 to 6
    }


def calibrated(stom, seed, truth, minutes):
    out = stom.home / "run"
    run = ("backtest", "run", "--strategy", "mm_keep", "--instrument", INSTRUMENT, "--account", "unlimited", "--param", "max=1000000",
           "--no-band", "--no-report", "--out")
    stom("data", "gen", "--instrument", INSTRUMENT, "--minutes", str(minutes), "--seed", str(seed))
    stom(*run, str(out), "--seed", str(seed), "--order-latency", f"{truth['entry']}us,{truth['response']}us",
         "--latency-jitter", f"{truth['shape']}:{truth['jitter']}us", "--queue", f"power:{truth['exponent']}")
    told = stom("calibrate", str(out))
    if seed == 1 and told["options"]:  # what it prints, a backtest takes
        stom(*run, str(stom.home / "again"), *told["options"].split())
    return told


def lies_in(truth, estimate):
    low, high = estimate["low"], estimate["high"]
    return (low is None or low <= truth) and (high is None or truth <= high)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stom", required=True)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--minutes", type=int, default=60)
    flags = parser.parse_args()
    held, few, shapes, misfits, widths = dict.fromkeys(NUMBERS, 0), 0, 0, 0, []
    for seed in range(1, flags.seeds + 1):
        truth = planted(seed)
        with tempfile.TemporaryDirectory() as home:
            told = calibrated(Program(flags.stom, pathlib.Path(home)), seed, truth, flags.minutes)
        latency, queue = told["latency"], told["queue"]
        if "too few" in (latency["answer"], queue["answer"]):
            few += 1
            print(f"seed {seed}: too few: {told}", flush=True)
            continue
        shapes += latency["shape"] == truth["shape"]
        misfits += not latency["fits"] or not queue["fits"]
        found = {"entry": latency["entry_ns"], "response": latency["response_ns"], "jitter": latency["jitter_ns"], "exponent": queue["exponent"]}
        missed = []
        for name in NUMBERS:
            sought = truth[name] * (1 if name == "exponent" else 1_000)
            held[name] += lies_in(sought, found[name])
            if not lies_in(sought, found[name]):
                missed.append(f"{name} {sought} in {found[name]}")
        exponent = queue["exponent"]
        if exponent["low"] is not None and exponent["high"] is not None:
            widths.append(exponent["high"] / exponent["low"])
        print(f"seed {seed}: power:{truth['exponent']} from {exponent['low']} to {exponent['high']}, {queue['telling']} telling"
              + "".join(f"; MISSED {one}" for one in missed), flush=True)
    with tempfile.TemporaryDirectory() as home:
        small = calibrated(Program(flags.stom, pathlib.Path(home)), 1, planted(1), 1)
    widths.sort()
    counts = ", ".join(f"{name} in {held[name]}" for name in NUMBERS)
    middle = f"{widths[len(widths) // 2]:.3f}" if widths else "none"
    print(f"of {flags.seeds} seeds the planted value in its 95 % interval: {counts}; the shape right in {shapes}, too few in {few}, "
          f"said not to fit in {misfits}; the exponent's interval spans a factor {middle} in the middle; a run with "
          f"{small['queue']['have'] if small['queue']['answer'] == 'too few' else 'enough'} fills: {small['queue']['answer']}")
    need = flags.seeds * 9 // 10
    sys.exit(0 if all(count >= need for count in held.values()) and small["queue"]["answer"] == "too few" else 1)


if __name__ == "__main__":
    main()
