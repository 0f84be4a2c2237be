#!/usr/bin/env python3
"""The table of faults, steps and states of orders (docs/reliability.md), summed over time: mixes that chance makes, each
pair of faults, and then seeds that are directed at what was hit least (stom simulate --toward), until each cell that can be
reached has its hits or the time is over. Seeds are never used twice: the page has the sums and where they go on, and is
written behind each command. A seed that fails prints as a command to paste, nothing of its command is summed, and no other
one begins.

usage: matrix.py --stom build/release/bin/stom [--hits 100] [--minutes 20] [--tries 6] [--jobs 2] [--page docs/reliability.md]
"""

import argparse
import collections
import concurrent.futures
import itertools
import os
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
TOGETHER = 5  # cells that a seed is directed at
MINUTES = 10  # of such a seed
# Behind each strike a minute or so in which nothing else can: alone, and for longer.
SLOW = ("http_418", "http_429", "half_open")
SLOW_MINUTES = 40


def cells_in(table):
    """Of a table as stom simulate prints it: how often by fault, step and state. Not what is in brackets: no cell is there."""
    cells = {}
    for fault, step, rest in re.findall(r"^([a-z_0-9]+) +([a-z]+) +([-0-9() ]+)$", table, re.M):
        for phase, count in zip(PHASES, rest.split()):
            if count.isdigit():
                cells[fault, step, phase] = int(count)
    return cells


def name_of(cell):
    fault, step, phase = cell
    return f"{fault}/{phase}/{step}"


class Sums:
    """What the page has."""

    def __init__(self, page):
        self.page = page
        told = page.read_text().split(BEGIN)[1].split(END)[0]
        self.hits = collections.Counter(cells_in(told))
        self.next = int((re.search(r"seeds 1 to ([0-9]+)", told) or [0, 0])[1]) + 1
        self.undirected = int((re.search(r"([0-9]+) commands", told) or [0, 0])[1])

    def write(self, holes):
        before, rest = self.page.read_text().split(BEGIN)
        after = rest.split(END)[1]
        lines = [f"{'fault':<20}{'step':<8}" + "".join(f"{phase:>11}" for phase in PHASES)]
        for fault, step in itertools.product(dict.fromkeys(cell[0] for cell in self.hits), STEPS):
            counts = [self.hits.get((fault, step, phase), "-") for phase in PHASES]
            if set(counts) != {"-"}:
                lines.append(f"{fault:<20}{step:<8}" + "".join(f"{count:>11}" for count in counts))
        sums = (f"Of the seeds 1 to {self.next - 1}; faults as they come and pairs of them were {self.undirected} commands of it.\n\n"
                "```text\n" + "\n".join(lines) + "\n```\n")
        if holes:
            sums += "\nNot raised by any seed that was directed at it: " + ", ".join(f"`{name_of(cell)}`" for cell in holes) + ".\n"
        beside = self.page.with_suffix(".new")
        beside.write_text(before + BEGIN + sums + END + after)
        beside.replace(self.page)


class Choice:
    """Which cells the next seed is directed at, and whose exchange it is: the cells with fewest hits, at the venue where
    tries brought most."""

    def __init__(self, hits, wanted, tries):
        self.hits, self.wanted, self.most_tries = hits, wanted, tries
        self.there = collections.defaultdict(set)  # the cells of each venue
        self.whole = set()  # the venues whose cells are all known
        self.tries = collections.Counter()  # by cell and venue
        self.gained = collections.Counter()
        self.busy = set()

    def rare(self):
        return [cell for cell in self.hits if self.hits[cell] < self.wanted]

    def is_hole(self, cell):
        """Tried often enough wherever it is, and never hit by a seed that was directed at it."""
        venues = [venue for venue in VENUES if cell in self.there[venue]]
        return (all(self.tries[cell, venue] >= self.most_tries for venue in venues)
                and not any(self.gained[cell, venue] for venue in venues))

    def venue_of(self, cell):
        def worth(venue):
            tried, gained = self.tries[cell, venue], self.gained[cell, venue]
            return 0 if tried >= self.most_tries and not gained else (gained + 20) / (tried + 1)

        return max((venue for venue in VENUES if cell in self.there[venue]), key=worth)

    @staticmethod
    def kind_of(cell):
        """Cells of one kind go together: what takes long alone, and what needs orders over a socket."""
        return cell[0] if cell[0] in SLOW or cell[0] == "ack_duplicate" else ""

    def next(self):
        """A venue and cells; none: there is nothing to do."""
        open_cells = sorted((cell for cell in self.rare() if cell not in self.busy and not self.is_hole(cell)),
                            key=lambda cell: self.hits[cell])
        if not open_cells:
            return None
        venue, kind = self.venue_of(open_cells[0]), self.kind_of(open_cells[0])
        chosen = [cell for cell in open_cells if self.kind_of(cell) == kind and self.venue_of(cell) == venue][:TOGETHER]
        self.busy.update(chosen)
        return venue, chosen

    def done(self, venue, chosen, cells):
        self.busy.difference_update(chosen)
        for cell in chosen:
            self.tries[cell, venue] += 1
            self.gained[cell, venue] += cells.get(cell, 0)


class Runs:
    """Commands side by side, as many as there are cores for."""

    def __init__(self, stom, sums, choice, jobs, until):
        self.stom, self.sums, self.choice, self.until = stom, sums, choice, until
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)
        self.jobs = jobs
        self.under_way = {}
        self.done = self.failed = 0
        self.said_at = self.begun = time.monotonic()
        self.missing = None  # when the directed ones began, and how many hits were

    def over(self):
        return self.failed > 0 or time.monotonic() >= self.until

    def start(self, venue, *flags, seeds=1, then=None):
        """Waits for room first."""
        while len(self.under_way) >= self.jobs:
            self.wait()
        first, last = self.sums.next, self.sums.next + seeds - 1
        self.sums.next = last + 1
        command = [self.stom, "--quiet", "simulate", "--seeds", f"{first}..{last}", "--venue", venue, *flags]
        ran = self.pool.submit(subprocess.run, command, capture_output=True, text=True, check=False)
        self.under_way[ran] = (command, venue, seeds, then)

    def wait(self):
        """Until one more is done."""
        finished, _ = concurrent.futures.wait(self.under_way, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in finished:
            command, venue, seeds, then = self.under_way.pop(future)
            ran = future.result()
            cells = cells_in(ran.stdout)
            if ran.returncode == 10:
                self.failed += 1
                print(ran.stdout.split("\nfault ")[0], flush=True)
                continue
            if ran.returncode != 0:
                self.drain()
                sys.exit(f"{' '.join(command)}: {ran.returncode} {ran.stdout[-500:]} {ran.stderr[-500:]}")
            self.done += seeds
            self.sums.hits.update(cells)
            self.choice.there[venue].update(cells)
            if not {"--faults", "--toward"}.intersection(command):
                self.choice.whole.add(venue)
            if then is not None:
                then(cells)
            self.sums.write(self.holes())
            self.say()

    def drain(self):
        while self.under_way:
            self.wait()

    def holes(self):
        return [cell for cell in self.choice.rare() if self.choice.tries and self.choice.is_hole(cell)]

    def say(self):
        now = time.monotonic()
        if now - self.said_at < 10:
            return
        self.said_at = now
        hits, wanted = self.sums.hits, self.choice.wanted
        missing = sum(max(0, wanted - count) for count in hits.values())
        least = min(hits, key=hits.get)  # there is one: a command was done
        line = (f"{int(now - self.begun)} s, {self.done} seeds: {sum(count >= wanted for count in hits.values())} of {len(hits)} cells "
                f"have {wanted} hits; {missing} hits are missing, most at {name_of(least)}, which has {hits[least]}")
        if self.missing is not None and self.missing[1] > missing:
            rate = (self.missing[1] - missing) / (now - self.missing[0])
            line += f"; at this pace {int(missing / rate / 60) + 1} min more"
        print(line, file=sys.stderr, flush=True)


def undirected(sums, run):
    """Mixes, then pairs of faults; those of an earlier call are not run again."""
    number = itertools.count()
    ended = set()

    def one(venue, *flags, seeds=1):
        at = next(number)
        if at < begun or run.over():
            return

        def then(_cells):
            ended.add(at)
            while sums.undirected in ended:
                sums.undirected += 1

        run.start(venue, *flags, seeds=seeds, then=then)

    begun = sums.undirected
    for venue in VENUES:
        one(venue, seeds=MIXES)
    run.drain()
    faults = list(dict.fromkeys(cell[0] for cell in sums.hits))
    pairs = list(itertools.combinations(faults, 2))
    for at, pair in enumerate(pairs):
        one(VENUES[at % len(VENUES)], "--faults", ",".join(pair))
    run.drain()
    return len(pairs)


def directed(choice, run):
    for venue in VENUES:  # which cells it has
        if venue not in choice.whole and not run.over():
            run.start(venue)
    run.drain()
    run.missing = time.monotonic(), sum(max(0, choice.wanted - count) for count in choice.hits.values())
    while not run.over():
        if (chosen := choice.next()) is None:
            if not run.under_way:
                break
            run.wait()  # what is under way may leave something to do
            continue
        venue, cells = chosen
        minutes = SLOW_MINUTES if cells[0][0] in SLOW else MINUTES
        run.start(venue, "--toward", ",".join(map(name_of, cells)), "--minutes", str(minutes),
                  then=lambda told, venue=venue, cells=cells: choice.done(venue, cells, told))
    run.drain()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stom", required=True)
    parser.add_argument("--hits", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--tries", type=int, default=6, help="seeds at a venue without a hit, behind which a cell is left alone")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--page", type=pathlib.Path, default=pathlib.Path("docs/reliability.md"))
    flags = parser.parse_args()
    sums = Sums(flags.page)
    choice = Choice(sums.hits, flags.hits, flags.tries)
    run = Runs(flags.stom, sums, choice, flags.jobs, time.monotonic() + 60 * flags.minutes)
    pairs = undirected(sums, run)
    directed(choice, run)
    if run.failed:
        sys.exit(f"{run.failed} commands had seeds that failed")
    least = min(sums.hits.values(), default=0)
    enough = sum(count >= flags.hits for count in sums.hits.values())
    for cell in run.holes():
        print(f"{name_of(cell)}: {sums.hits[cell]} hits, and none by {flags.tries} seeds that were directed at it, at each venue that has it: "
              "it cannot be reached, or nothing leads there yet")
    print(f"{run.done} seeds of {len(VENUES)} markets, none failed; summed over the seeds 1 to {sums.next - 1}, {pairs} pairs of faults among "
          f"them: {enough} of {len(sums.hits)} cells have {flags.hits} hits, the least {least}")
    sys.exit(0 if least >= flags.hits else 1)


if __name__ == "__main__":
    main()
