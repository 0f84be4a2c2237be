#!/usr/bin/env python3
"""The table of faults, steps and states of orders (docs/reliability.md), summed over time: mixes that chance makes, each
pair of faults, and then, alone, the fault of what was hit least, until each cell that can be reached has its hits. Seeds
are never used twice: the page has the sums and where they go on. A seed that fails prints as a command to paste, and
nothing is summed.

usage: matrix.py --stom build/release/bin/stom [--hits 100] [--minutes 20] [--page docs/reliability.md]
"""

import argparse
import collections
import itertools
import pathlib
import re
import subprocess
import sys
import time

VENUES = ("binance-usdm", "binance", "upbit", "kiwoom")
PHASES = ("none", "pending", "working", "partly", "canceling", "unknown", "over")
STEPS = ("place", "cancel", "ask", "stream", "market", "other")
BEGIN, END = "<!-- tools/prove matrix writes what follows -->\n", "<!-- and no further -->\n"
MIXES = 40  # seeds of each venue, of faults as they come


def cells_in(table):
    """Of a table as stom simulate prints it: how often by fault, step and state."""
    cells = {}
    for fault, step, rest in re.findall(r"^([a-z_0-9]+) +([a-z]+) +([-0-9 ]+)$", table, re.M):
        for phase, count in zip(PHASES, rest.split()):
            if count != "-":
                cells[fault, step, phase] = int(count)
    return cells


class Sums:
    def __init__(self, page):
        self.page = page
        told = page.read_text().split(BEGIN)[1].split(END)[0]
        self.hits = collections.Counter(cells_in(told))
        self.next = int((re.search(r"seeds 1 to ([0-9]+)", told) or [0, 0])[1]) + 1

    def write(self):
        before, rest = self.page.read_text().split(BEGIN)
        after = rest.split(END)[1]
        lines = [f"{'fault':<20}{'step':<8}" + "".join(f"{phase:>11}" for phase in PHASES)]
        for fault, step in itertools.product(dict.fromkeys(cell[0] for cell in self.hits), STEPS):
            counts = [self.hits.get((fault, step, phase), "-") for phase in PHASES]
            if set(counts) != {"-"}:
                lines.append(f"{fault:<20}{step:<8}" + "".join(f"{count:>11}" for count in counts))
        sums = f"Of the seeds 1 to {self.next - 1}:\n\n```text\n" + "\n".join(lines) + "\n```\n"
        self.page.write_text(before + BEGIN + sums + END + after)


class Runs:
    def __init__(self, stom, sums):
        self.stom, self.sums, self.done, self.failed = stom, sums, 0, 0

    def __call__(self, venue, *flags, seeds=1):
        last = self.sums.next + seeds - 1
        command = [self.stom, "--quiet", "simulate", "--seeds", f"{self.sums.next}..{last}", "--venue", venue, *flags]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode not in (0, 10):
            sys.exit(f"{' '.join(command)}: {ran.returncode} {ran.stdout[-500:]} {ran.stderr[-500:]}")
        if ran.returncode == 10:
            self.failed += 1
            print(ran.stdout.split("\nfault ")[0], flush=True)
        self.sums.next = last + 1
        self.done += seeds
        self.sums.hits.update(cells_in(ran.stdout))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stom", required=True)
    parser.add_argument("--hits", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--page", type=pathlib.Path, default=pathlib.Path("docs/reliability.md"))
    flags = parser.parse_args()
    until = time.monotonic() + 60 * flags.minutes
    sums = Sums(flags.page)
    run = Runs(flags.stom, sums)
    for venue in VENUES:
        run(venue, seeds=MIXES)
    faults = list(dict.fromkeys(cell[0] for cell in sums.hits))
    pairs = list(itertools.combinations(faults, 2))
    for number, pair in enumerate(pairs):
        run(VENUES[number % len(VENUES)], "--faults", ",".join(pair))
    tried = collections.Counter()
    while time.monotonic() < until and not run.failed:
        rare = [cell for cell in sums.hits if sums.hits[cell] < flags.hits]
        if not rare:
            break
        # The fault with most to do for its tries; another venue each time: what one cannot reach may be another's.
        missing = collections.Counter()
        for cell in rare:
            missing[cell[0]] += flags.hits - sums.hits[cell]
        fault = max(missing, key=lambda name: missing[name] / (1 + tried[name]))
        run(VENUES[tried[fault] % len(VENUES)], "--faults", fault, "--minutes", "4")
        tried[fault] += 1
    if run.failed:
        sys.exit(f"{run.failed} commands had seeds that failed")
    sums.write()
    least = min(sums.hits.values())
    enough = sum(count >= flags.hits for count in sums.hits.values())
    print(f"{run.done} seeds of {len(VENUES)} markets, {len(pairs)} pairs of faults among them, none failed; summed over the seeds 1 to "
          f"{sums.next - 1}: {enough} of {len(sums.hits)} cells have {flags.hits} hits, the least {least}")
    sys.exit(0 if least >= flags.hits else 1)


if __name__ == "__main__":
    main()
