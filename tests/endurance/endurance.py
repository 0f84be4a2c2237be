#!/usr/bin/env python3
"""Three venues for an hour in one engine, with faults on: memory that does not grow, lag that does not grow, books that
are right at the end, and positions that are those of the exchange. `tools/prove endurance [MINUTES]` runs it.

The exchange plays the recorded captures in a loop, with today's times, and beside them generated markets, so that ten
times as many messages come as the captures have. A session trades of all venues with give_and_take.cpp. Every 20 s
another fault goes wrong; the last minute is quiet. Then what the session kept (docs/trade.md) is held against what came
over the wire, read by recorded_books.py, and against what the exchange says that the account holds. With --restarts
the session is killed (SIGKILL) and started again in its folder at these minutes, before memory is looked at: from then
on it has to be as flat, and at the end nothing may have been lost on the way.

usage: STOM_PROGRAM=build/release/bin/stom STOM_TEST_DATA=FOLDER endurance.py [--minutes 60] [--restarts 2,4] [--keep FOLDER]
"""

import argparse
import gzip
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "exchange"))
import recorded_books
from kiwoom_test import Client as Kiwoom
from venue_client import CoinFutures, Exchange, Futures, Spot, Upbit

# What must hold.
TIMES_THE_CAPTURES = 10
MEMORY_GROWTH = 0.01  # from the end of the warm-up to the end
# Of the mean, from the minutes behind the warm-up to the last ones. Upbit and Kiwoom tell their clock only as the whole
# seconds of an answer's Date, and Kiwoom the time of its messages: what is below that is not known of them.
LAG_GROWTH_MS = {"upbit": 250, "kiwoom": 500}
LAG_GROWTH_ELSE_MS = 50
RECOVERY_SECONDS = 150  # until everything is as it should be once the last fault is over

WARM_UP_MINUTES = 10  # a third of the time, where that is less
QUIET_SECONDS = 60
CAPTURE_SECONDS = 345  # of the captures of Binance
SAMPLE_SECONDS = 1  # of the lag; of memory every tenth

CAPTURES = {
    "binance-usdm:BTCUSDT": "binance_ws_raw/usdm_btcusdt_20240808.jsonl.gz",
    "binance:BTCUSDT": "binance_ws_raw/spot_btcusdt_20240808.jsonl.gz",
    "binance-coinm:BTCUSD_PERP": "binance_ws_raw/coinm_btcusd_perp_20240808.jsonl.gz",
    "upbit:KRW-LAMB": "ws_raw_multi/upbit_ws62.log",
}
# Of Kiwoom there is no recording with books: its markets are generated.
TRADED = [*CAPTURES, "binance:ETHUSDT", "binance-usdm:ETHUSDT", "upbit:KRW-BTC", "kiwoom:005930", "kiwoom:000660"]
STOCKS = 95  # a connection takes a hundred
ACTIVITY = 130  # of the generated markets
# An instrument is traded so often. Not whole seconds: Upbit tells its clock only as the second of its answers, and
# answers at always the same part of a second tell it no closer.
EVERY = "20370ms"
REMEMBERED = 100  # orders of a venue by the exchange: all that it would else keep, ten thousand, is what would grow
# Not among them: what changes the market itself (tick_change, delist), the account by other means (foreign_order), the
# clock by which lag is measured (clock_skew_ms), and the ban (http_418), which is longer than a turn.
FAULTS = [
    ("disconnect", {"value": 100, "count": 2}),
    ("seq_gap", {"value": 2}),
    ("ack_delay_ms", {"value": 400}),
    ("http_5xx", {"value": 50}),
    ("half_open", {"value": 100, "count": 1}),
    ("ack_lost", {"value": 100, "count": 3}),
    ("frame_truncate", {"value": 100, "count": 4}),
    ("fill_duplicate", {"value": 50}),
    ("frame_split", {"value": 5}),
    ("fill_reorder", {"value": 100}),
    ("http_429", {"value": 100, "count": 2}),
    ("fill_before_ack", {"value": 300}),
    ("token_expire", {"value": 100, "count": 1}),
    ("ack_duplicate", {"value": 100}),
    ("cancel_filled", {"value": 30}),
    ("listenkey_expire", {"value": 100, "count": 1}),
    ("maintenance", {}),
]
# A turn of all faults takes as long as the captures: a gap comes at the same place of them each time. Else the books,
# which hold three times as much at the end of a capture as at its beginning, would come anew elsewhere each time, and
# what memory they take would wander through the hour.
FAULT_SECONDS = CAPTURE_SECONDS / len(FAULTS)
# Of memory, of which the middle one counts: a turn of all faults, as what they keep waiting is a part of it.
KEPT_SAMPLES = CAPTURE_SECONDS // 10


def say(text):
    print(f"endurance: {text}", file=sys.stderr, flush=True)


def stom(*arguments):
    done = subprocess.run([os.environ["STOM_PROGRAM"], *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"stom {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")
    return done.stdout


# ---- what is played ------------------------------------------------------------------------------------------------


def as_received(line):
    """(time in ns, frame) of a line of either kind of capture; None where it is no frame of the venue."""
    if "\t" in line:
        seconds, direction, text = line.rstrip("\n").split("\t")
        return (int(Decimal(seconds) * 10**9), text) if direction == "<" else None
    time_ns, _, text = line.rstrip("\n").partition(" ")
    return (int(time_ns), text) if time_ns.isdigit() else None


def import_captures(data, home):
    """Messages a second of all captures together."""
    rate = 0
    for instrument, name in CAPTURES.items():
        symbol = instrument.split(":")[1]
        with (gzip.open if name.endswith(".gz") else open)(data / name, "rt") as lines:
            frames = [pair for line in lines if (pair := as_received(line))]
        rate += len(frames) / (frames[-1][0] - frames[0][0]) * 1e9
        file = home / (instrument.replace(":", "-") + ".jsonl")
        with open(file, "w") as out:
            for time_ns, text in frames:
                if symbol in text or "lastUpdateId" in text or name.endswith(".gz"):
                    out.write(f"{time_ns} {text}\n")
        stom("data", "import", file, "--instrument", instrument, "--quiet")
        file.unlink()
    return rate


# ---- what the processes and the exchange say -----------------------------------------------------------------------


def memory(pid):
    """Bytes that are the process's own: heap and stacks, without the files that it has mapped."""
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(session):
    """What `stom trade status --json` prints, without a process for each look."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(20)
        asked.connect(str(session / "status"))
        text = b""
        while more := asked.recv(65536):
            text += more
    return json.loads(text)


class Accounts:
    """What the exchange says that the account holds, by instrument."""

    def __init__(self, exchange):
        self.spot, self.usdm, self.coinm = Spot(exchange), Futures(exchange), CoinFutures(exchange)
        self.upbit, self.kiwoom = Upbit(exchange), Kiwoom(exchange)

    def held(self):
        coins = {b["asset"]: Decimal(b["free"]) + Decimal(b["locked"]) for b in self.spot.signed("GET", "/api/v3/account")["balances"]}
        out = {f"binance:{coin}USDT": amount for coin, amount in coins.items()}
        for name, client, path in (("binance-usdm", self.usdm, "/fapi/v2/positionRisk"), ("binance-coinm", self.coinm, "/dapi/v1/positionRisk")):
            for row in client.signed("GET", path):
                out[f"{name}:{row['symbol']}"] = Decimal(row["positionAmt"])
        for row in self.upbit.signed("GET", "/v1/accounts"):
            out[f"upbit:KRW-{row['currency']}"] = Decimal(row["balance"]) + Decimal(row["locked"])
        for row in self.kiwoom.call("kt00018", qry_tp="1", dmst_stex_tp="KRX")["acnt_evlt_remn_indv_tot"]:
            out[f"kiwoom:{row['stk_cd'].lstrip('A')}"] = Decimal(int(row["rmnd_qty"]))
        return out


# ---- the run -------------------------------------------------------------------------------------------------------


class Run:
    def __init__(self, minutes, restarts, folder):
        self.minutes, self.restarts, self.folder = minutes, restarts, folder
        self.session = folder / "session"
        self.samples = {"exchange": [], "session": []}  # memory: (minute, bytes)
        self.lags = {}  # by venue: (minute, ms)
        self.unanswered = 0  # times that the engine said nothing for two seconds
        self.missed = []

    def check(self, holds, what):
        say(("holds:  " if holds else "MISSED: ") + what)
        if not holds:
            self.missed.append(what)

    def start(self, exchange):
        file = self.folder / "exchange.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(exchange.line))
        instruments = TRADED + [i for i in self.listed(exchange) if i not in TRADED]
        self.command = [os.environ["STOM_PROGRAM"], "trade", "start", "--testnet", "--venues", str(file), "--session", str(self.session), "--json",
                   "--strategy", "give_and_take", "--param", f"first={len(TRADED)}", "--param", f"interval={EVERY}"]
        for instrument in instruments:
            self.command += ["--instrument", instrument]
        self.instruments = instruments
        self.errors = open(self.folder / "session.errors", "w")
        if refused := self.launch():
            raise SystemExit(refused)
        say(f"{len(instruments)} instruments, {len(TRADED)} of them traded")

    def launch(self):
        """What it says where it does not begin."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        if (line := self.process.stdout.readline()).startswith('{"ready"'):
            return None
        self.process.wait()
        self.process.stdout.close()
        return line or (self.folder / "session.errors").read_text() or "nothing"

    def restart(self):
        before = status(self.session)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        tries = 1
        while refused := self.launch():  # a fault may be in the way: systemd tries again too (docs/live.md)
            say(refused.strip())
            tries += 1
            if tries > 60:
                raise SystemExit("it does not start again")
            time.sleep(1)
        say(f"killed with {before['orders']['working']} orders that worked and {before['orders']['unknown']} unknown, and started again at the {tries}. try")

    def listed(self, exchange):
        spot, usdm, upbit = Spot(exchange), Futures(exchange), Upbit(exchange)
        out = [f"binance:{s['symbol']}" for s in spot.public("/api/v3/exchangeInfo")["symbols"]]
        out += [f"binance-usdm:{s['symbol']}" for s in usdm.public("/fapi/v1/exchangeInfo")["symbols"]]
        out += [f"upbit:{m['market']}" for m in upbit.public("/v1/market/all")]
        stocks = Kiwoom(exchange).call("ka10099", mrkt_tp="0")["list"]
        return out + [f"kiwoom:{s['code']}" for s in stocks[:STOCKS]]

    def sample(self, begun, exchange, turn):
        minute = (time.monotonic() - begun) / 60
        if turn % 10 == 0:
            self.samples["exchange"].append((minute, memory(exchange.process.pid)))
            self.samples["session"].append((minute, memory(self.process.pid)))
        now = status(self.session)
        if "venues" not in now:
            self.unanswered += 1
            say(f"minute {minute:.0f}: {now['state']}")
            return
        for venue, told in now["venues"].items():
            if told["lag_ms"] is not None:
                self.lags.setdefault(venue, []).append((minute, told["lag_ms"]))
        if turn % 60 == 0:
            own, other = self.samples["session"][-1][1], self.samples["exchange"][-1][1]
            lags = ", ".join(f"{v} {t['lag_ms']}" for v, t in now["venues"].items())
            say(f"minute {minute:.0f}: session {own / 2**20:.2f} MiB, exchange {other / 2**20:.2f} MiB, {now['fills']} fills, "
                f"{now['orders']['unknown']} unknown, lag {lags}")

    def disturb(self, exchange, number):
        """The fault of that turn in place of the one before."""
        if number > 0:
            exchange.control("DELETE", "/faults/" + FAULTS[(number - 1) % len(FAULTS)][0])
        name, body = FAULTS[number % len(FAULTS)]
        code, answer = exchange.control("PUT", "/faults/" + name, body or {"value": 100})
        if code != 200:
            raise SystemExit(f"fault {name}: {answer}")

    def go(self, exchange):
        begun, turn, faults = time.monotonic(), 0, 0
        cpu, restarts = [cpu_seconds(exchange.process.pid), cpu_seconds(self.process.pid)], list(self.restarts)
        while (elapsed := time.monotonic() - begun) < self.minutes * 60:
            loud = elapsed < self.minutes * 60 - QUIET_SECONDS
            if loud and elapsed >= faults * FAULT_SECONDS:
                self.disturb(exchange, faults)
                faults += 1
            elif not loud and faults:
                exchange.control("DELETE", "/faults/" + FAULTS[(faults - 1) % len(FAULTS)][0])
                self.faults, faults = faults, 0
            if restarts and elapsed >= restarts[0] * 60:
                restarts.pop(0)
                cpu[1] -= cpu_seconds(self.process.pid)  # what that process has used counts too
                self.restart()
                turn = int((time.monotonic() - begun) / SAMPLE_SECONDS)
            self.sample(begun, exchange, turn)
            turn += 1
            time.sleep(max(0, begun + turn * SAMPLE_SECONDS - time.monotonic()))
        self.seconds = time.monotonic() - begun
        self.cpu = [(cpu_seconds(p.pid) - before) / self.seconds for p, before in zip((exchange.process, self.process), cpu)]
        self.recovered = self.wait_until_well()

    def wait_until_well(self):
        end = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < end:
            now = status(self.session)
            venues = now.get("venues", {}).values()
            if venues and all(v["connected"] and v["stale"] == 0 for v in venues) and now["orders"]["unknown"] == 0:
                return True
            time.sleep(SAMPLE_SECONDS)
        return False

    def stop(self):
        told = subprocess.run([os.environ["STOM_PROGRAM"], "account", "reconcile", "--session", self.session, "--json"],
                              capture_output=True, text=True, check=False)
        self.check(told.returncode == 0, f"no difference between the session and the exchange: {told.stdout.strip() or told.stderr.strip()}")
        self.last = status(self.session)
        self.ended = time.time_ns()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.errors.close()
        self.check(code == 0, f"the session ended with {code}: {(self.folder / 'session.errors').read_text().strip()}")

    # ---- what must hold

    def verdict(self, rate_of_captures, before, after):
        self.check(self.recovered, f"connected, no book stale and no order unknown within {RECOVERY_SECONDS} s after the last fault")
        self.check(self.unanswered == 0, f"the engine answered whenever it was asked ({self.unanswered} times not)")
        self.check_load(rate_of_captures)
        self.check_memory()
        self.check_lag()
        self.check_books()
        self.check_positions(before, after)

    def check_load(self, rate_of_captures):
        count = 0
        for file in (self.session / "frames").glob("*.jsonl.gz"):
            with gzip.open(file, "rb") as lines:
                count += sum(1 for line in lines if b'{"out":' not in line[:40])
        self.rate = count / self.seconds
        self.check(self.rate >= TIMES_THE_CAPTURES * rate_of_captures,
                   f"{self.rate:,.0f} messages a second, {self.rate / rate_of_captures:.1f} times the captures' {rate_of_captures:,.0f} "
                   f"(at least {TIMES_THE_CAPTURES}); exchange {self.cpu[0]:.2f} and session {self.cpu[1]:.2f} of a core")

    def check_memory(self):
        warm = min(WARM_UP_MINUTES, self.minutes / 3)
        for name, samples in self.samples.items():
            then = statistics.median([b for minute, b in samples if minute >= warm][:KEPT_SAMPLES])
            end = statistics.median([b for _, b in samples][-KEPT_SAMPLES:])
            self.check(end <= then * (1 + MEMORY_GROWTH),
                       f"memory of the {name}: {then / 2**20:.2f} MiB after {warm:.0f} minutes, {end / 2**20:.2f} MiB at the end "
                       f"({100 * (end / then - 1):+.2f} %, at most +{100 * MEMORY_GROWTH:.0f} %)")

    def check_lag(self):
        warm = min(WARM_UP_MINUTES, self.minutes / 3)
        span = (self.minutes - warm) / 3
        for venue, samples in self.lags.items():
            early = statistics.mean(ms for minute, ms in samples if warm <= minute < warm + span)
            late = statistics.mean(ms for minute, ms in samples if minute >= self.minutes - span)
            most = LAG_GROWTH_MS.get(venue, LAG_GROWTH_ELSE_MS)
            self.check(late <= early + most, f"lag of {venue}: {early:.0f} ms, then {late:.0f} ms (at most {most} more)")

    def check_books(self):
        wrong, gaps = [], 0
        with open(self.session / "books.jsonl") as lines:
            books = [json.loads(line) for line in lines]
        for book in books:
            ours = recorded_books.sides(book["bids"], book["asks"])
            reader, states = recorded_books.states_since(self.session / "frames", book["instrument"], self.ended - 2 * 10**9)
            gaps += reader.gaps
            if book["stale"] or ours not in states:
                wrong.append(book["instrument"])
        self.check(not wrong and len(books) == len(self.instruments),
                   f"{len(books) - len(wrong)} of {len(self.instruments)} books at the end are what the recorded frames say "
                   f"({gaps} gaps on the way){': wrong ' + ', '.join(wrong) if wrong else ''}")

    def check_positions(self, before, after):
        wrong = []
        for instrument, told in self.last["position"].items():
            there = after.get(instrument, Decimal(0)) - before.get(instrument, Decimal(0))
            if Decimal(told) != there:
                wrong.append(f"{instrument}: {told} here, {there} there")
        self.check(not wrong, f"positions of {len(self.last['position'])} instruments are the exchange's, after {self.last['fills']} fills "
                              f"and {self.faults} faults{': ' + '; '.join(wrong) if wrong else ''}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--restarts", type=lambda text: [float(minute) for minute in text.split(",")], default=[])
    parser.add_argument("--keep", help="where what was made stays")
    options = parser.parse_args()
    data = pathlib.Path(os.environ["STOM_TEST_DATA"]) / "market"
    if not data.is_dir():
        raise SystemExit(f"no recorded data in {data}: STOM_TEST_DATA names the folder")
    folder = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="stom-endurance-"))
    folder.mkdir(exist_ok=True)
    try:
        os.environ["STOM_HOME"] = str(folder / "home")
        rate = import_captures(data, folder)
        stom("strategy", "build", pathlib.Path(__file__).with_name("give_and_take.cpp"))
        replayed = [word for instrument in CAPTURES for word in ("--replay", instrument)]
        with Exchange("--seed", "7", *replayed, "--loop", "--shift-to-now", "--with-generated", "--markets", str(STOCKS), "--activity",
                      str(ACTIVITY), "--remember", str(REMEMBERED)) as exchange:
            run = Run(options.minutes, options.restarts, folder)
            before = Accounts(exchange).held()
            run.start(exchange)
            try:
                run.go(exchange)
                run.stop()
            finally:
                if run.process.poll() is None:
                    run.process.kill()
                    run.process.wait()
            run.verdict(rate, before, Accounts(exchange).held())  # its own token may have expired by a fault
        print(f"{options.minutes} minutes, {len(run.instruments)} instruments, {run.rate:,.0f} messages a second, {run.faults} faults, {len(run.restarts)} restarts: "
              + ("all holds" if not run.missed else f"{len(run.missed)} missed"))
        return 1 if run.missed else 0
    finally:
        if not options.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
