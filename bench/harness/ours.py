"""Our side: the product as shipped, by its own commands and its own files."""
import csv
import json
import os
import subprocess
import time
from decimal import Decimal
from pathlib import Path

from . import machine


class Failed(Exception):
    pass


class Stom:
    """The release binary with a data folder of its own."""

    def __init__(self, root, build, home, core):
        self.root, self.build, self.home, self.core = Path(root), Path(build), Path(home), core
        self.binary = self.build / "bin" / "stom"

    def beside(self, name):
        """The same program with another data folder: a tiled tape has the name of the instrument that it was made from."""
        return Stom(self.root, self.build, self.home.parent / f"home-{name}", self.core)

    def on(self, core):
        """The same on another core."""
        return Stom(self.root, self.build, self.home, core)

    def _start(self, command):
        environment = os.environ | {"STOM_HOME": str(self.home), "NO_COLOR": "1"}
        self.home.mkdir(parents=True, exist_ok=True)
        out = self.home.parent / "stom.stdout"
        with open(out, "w") as stdout, open(out.with_suffix(".stderr"), "w") as stderr:
            began = time.monotonic()
            process = subprocess.Popen(machine.pinned(self.core, command), stdout=stdout, stderr=stderr, env=environment)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        text, errors = out.read_text(), out.with_suffix(".stderr").read_text()
        if process.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))}: exit {process.returncode}: {(errors or text).strip()[-300:]}")
        return text, seconds, usage.ru_maxrss / 1024

    def command(self, *arguments):
        return self._start([self.binary, *arguments])

    def knows(self, *arguments):
        try:
            self._start([self.binary, *arguments, "--help"])
            return True
        except (Failed, OSError):
            return False

    def ask(self, *arguments):
        text, _, _ = self.command("--json", *arguments)
        return json.loads(text)

    def holds(self, instrument):
        try:
            return instrument in self.command("data", "list", "--plain", "--quiet")[0]
        except Failed:
            return False

    def import_once(self, instrument, path, *options):
        if not self.holds(instrument):
            self.command("--quiet", "data", "import", path, "--instrument", instrument, *options)

    def backtest(self, out, strategy, instrument, *options, parameters=()):
        """One run: seconds of the run without loading, the run folder, peak memory."""
        chosen = [a for p in parameters for a in ("--param", p)]
        text, wall, rss = self.command(
            "--json", "--quiet", "backtest", "run", "--strategy", strategy, "--instrument", instrument,
            *chosen, *options, "--no-report", "--out", out,
        )  # fmt: skip
        run = json.loads(text)
        return {
            "seconds": run["timing"]["run_ns"] / 1e9,
            "load_seconds": run["timing"]["load_ns"] / 1e9,
            "wall_seconds": wall,
            "peak_rss_mb": rss,
            "rows": run["data"]["rows"],
        }

    def bench(self, name, *arguments):
        """A binary of bench/: JSON Lines on stdout."""
        binary = self.build / "bench" / name
        if not binary.exists():
            raise Failed(f"{name} is not built (cmake -DSTOM_BENCH=ON)")
        text, _, rss = self._start([binary, *arguments])
        return [json.loads(line) | {"peak_rss_mb": rss} for line in text.splitlines() if line.startswith("{")]


def build(root, folder, say):
    say("building the release with its benchmarks ...")
    for command in (
        ["cmake", "--preset", "release", "-B", folder, "-DSTOM_BENCH=ON"],
        ["cmake", "--build", folder],
    ):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed("the build failed:\n" + (done.stdout + done.stderr)[-2000:])


def fills(folder):
    """fills.csv as (time, side, price, quantity), sorted; prices and quantities exact."""
    with open(Path(folder) / "fills.csv") as f:
        return sorted((int(r["time_ns"]), r["side"], Decimal(r["price"]), Decimal(r["quantity"])) for r in csv.DictReader(f))


def trades(folder):
    with open(Path(folder) / "trades.csv") as f:
        return [
            (int(r["entry_time_ns"]), int(r["exit_time_ns"]), r["side"], Decimal(r["quantity"]), Decimal(r["entry_price"]),
             Decimal(r["exit_price"]))
            for r in csv.DictReader(f)
        ]  # fmt: skip
