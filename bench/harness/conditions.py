"""The rows C1 to C7: condition texts. Texts are made by condition_texts.py, rows by bench/condition_rows.hpp, both seeded."""
import json
import math
import os

from . import condition_texts, exchange
from .measure import Row

INSTRUMENTS, ROWS = 500, 1_800
OLD_INSTRUMENTS = 4  # of the Python program, which takes a minute for 500


def _texts(bench, name, lines, seed=1):
    """Files of a pair: buy, sell, variables."""
    folder = bench.work / "conditions"
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{part}_{name}.txt" for part in ("buy", "sell", "vars")]
    texts = condition_texts.pair(lines, seed)
    for file, text in zip(files, texts):
        file.write_text(text)
    return files, texts


def beside_old_program(bench):
    """C1: the same pair over the same rows, by exec() of the text on every row with a closure for each word."""
    files, (buy, sell, variables) = _texts(bench, "300", 300)
    peer, rows_file, trades = bench.peer("old program"), bench.work / "conditions" / "rows.bin", bench.work / "conditions" / "trades.csv"
    (head,) = bench.stom.bench("conditions_bench", "rows", rows_file, OLD_INSTRUMENTS, ROWS)
    peer.ask("load", rows=str(rows_file), columns=head["columns"], length=ROWS, buy=buy, sell=sell, variables=variables)
    row = Row("C1", f"300-line buy and sell text, {INSTRUMENTS} instruments x {ROWS:,} rows", "closures and exec() per row", "row", INSTRUMENTS * ROWS, 300, 2000)

    def ours(*file):
        (answer,) = bench.stom.bench("conditions_bench", "pair", *files, INSTRUMENTS, ROWS, *file)
        return answer

    def theirs():
        answer = peer.ask("run")
        return answer | {"seconds": answer["seconds"] * INSTRUMENTS / OLD_INSTRUMENTS}

    def work(row):
        answer, other = ours(trades), theirs()
        mine = [[int(x) for x in line.split(",")] for line in trades.read_text().splitlines()]
        mine = [trade for trade in mine if trade[0] < OLD_INSTRUMENTS]
        if mine != other["trades"]:
            row.wrong = f"{len(mine)} trades against {len(other['trades'])} of {OLD_INSTRUMENTS} instruments, not the same"
        row.equal = f"{len(mine)} trades of {OLD_INSTRUMENTS} instruments equal, row by row; ours made {answer['trades']} in all"
        row.note = f"the peer ran {OLD_INSTRUMENTS} instruments, its time is scaled" + ("" if answer["native"] else "; without native code")
        bench.alternate(row, ours, theirs, 3)

    yield bench.row(row, work)
    bench.release("old program")


def _both(bench, row, answer_of, ours="seconds", peer="seconds"):
    """A program that runs both sides itself."""
    def work(row):
        answer_of()
        for pair in range(bench.pairs):
            bench.shown(f"{row.id}: pair {pair + 1} of {bench.pairs}")
            answer = answer_of()
            row.ours.add({"seconds": answer[ours]})
            row.peer.add({"seconds": answer[peer]})
            if not answer["equal"]:
                row.wrong = "the two decide differently"
            row.equal = _told(row.id, answer)

    return bench.row(row, work)


def _told(name, answer):
    if name == "C2":
        return f"{answer['decisions']:,} decisions equal, {answer['signals']:,} of them signals"
    return f"{answer['trades']:,} trades: each variant's equal to its own run; {answer['differ']} of the runs differ from the first variant's"


def beside_reference(bench):
    """C2: machine and interpreter on every row: the buy text as if flat, the sell text as if held, rows one at a time."""
    files, _ = _texts(bench, "300", 300)
    row = Row("C2", "the same pair, both texts on every row, one row at a time", "the interpreter that walks the tree", "row", 600, 8, 20)

    def answer():
        return bench.stom.bench("conditions_bench", "reference", *files, 600)[0]

    yield _both(bench, row, answer, peer="reference_seconds")


def variants(bench, count=64, instruments=20):
    """C3: ours against ours: one pass for all variants, and each alone."""
    files, (_, _, variables) = _texts(bench, "300", 300)
    file = bench.work / "conditions" / "variants.txt"
    file.write_text("".join("; ".join(v.splitlines()) + "\n" for v in condition_texts.variants(variables, count)))
    row = Row("C3", f"{count} variants of the variables in one pass, {instruments} instruments x {ROWS:,} rows", f"{count} single runs", "row and variant", count * instruments * ROWS, 4, 12)

    def answer():
        return bench.stom.bench("conditions_bench", "variants", *files[:2], file, instruments, ROWS)[0]

    yield _both(bench, row, answer, peer="alone_seconds")


YEAR_CODES, YEAR_DAYS, YEAR_SECONDS, YEAR_MB = 500, 250, 60, 512


def year(bench):
    """C4: a year of second rows of 500 codes, made once; on every core."""
    files, _ = _texts(bench, "300", 300)
    file, said = bench.work / "conditions" / "year.rows", bench.work / "conditions" / "year.json"
    if not said.exists():
        bench.say("making a year of rows (not timed; about 10 GB) ...")
        (made,) = bench.stom.bench("condition_year_bench", "make", file, YEAR_CODES, YEAR_DAYS, ROWS)
        said.write_text(json.dumps(made))
    made = json.loads(said.read_text())
    all_cores = bench.stom.on(exchange.all_cores())
    cores = min(2, len(os.sched_getaffinity(0)))
    row = Row("C4", f"a year x {YEAR_CODES} codes of second rows through one pair, {cores} cores", f"{YEAR_SECONDS} s and {YEAR_MB} MB asked", "year", 1, 1, 3)
    for run in range(min(bench.pairs, 3)):
        bench.shown(f"C4: run {run + 1}")
        (answer,) = all_cores.bench("condition_year_bench", "run", file, *files, cores)
        row.ours.add({"seconds": answer["seconds"]})
        row.peer.add({"seconds": YEAR_SECONDS})
        if not answer["equal"]:
            row.wrong = "stored rows give other trades than rows made anew"
        elif answer["peak_mb"] > YEAR_MB:
            row.wrong = f"{answer['peak_mb']:.0f} MB"
        elif made["bytes"] > 15e9:
            row.wrong = f"{made['bytes'] / 1e9:.1f} GB on the disk"
    row.equal = f"{answer['rows']:,} rows, {answer['trades']:,} trades; samples equal to runs over rows made anew"
    row.note = (
        f"{made['bytes'] / 1e9:.1f} GB on the disk, {made['bytes_a_row']:.1f} bytes a row, read from it or its cache; "
        f"{answer['columns']} of {44 + 4} columns decoded; {answer['peak_mb']:.0f} MB"
    )
    yield row


def compiling(bench):
    """C5: a text of 1,000 lines to a program that runs; and one that is wrong, until its first error is in words."""
    (buy, _, variables), (text, _, _) = _texts(bench, "1000", 1_000)
    folder = bench.work / "conditions"
    (folder / "nothing.txt").write_text("pass\n")
    lines = text.splitlines()
    lines[500] += " +"
    (folder / "broken.txt").write_text("\n".join(lines) + "\n")
    rows = {
        "pair_seconds": Row("C5", "compile a text of 1,000 lines", "20 ms asked", "text", 1, 1, 4),
        "error_seconds": Row("C5", "the first error of a text of 1,000 lines, in words", "20 ms asked", "text", 1, 1, 4),
    }
    for run in range(bench.pairs):
        bench.shown(f"C5: run {run + 1}")
        (answer,) = bench.stom.bench("conditions_bench", "compile", buy, folder / "nothing.txt", variables, folder / "broken.txt", 20)
        for part, row in rows.items():
            row.ours.add({"seconds": answer[part]})
            row.peer.add({"seconds": 0.020})
    rows["pair_seconds"].equal = f"{answer['lines']:,} lines, {answer['instructions']:,} instructions"
    rows["error_seconds"].equal = f"{answer['message_bytes']} bytes of message"
    yield from rows.values()


LIVE_PAIRS, LIVE_INSTRUMENTS, DECISION_ASKED_US = 50, 3_000, 1_000


def live(bench, seconds=60):
    """C6: rows as they come, every pair decides on each; latency from the row until the last of the pairs has decided."""
    folder = bench.work / "conditions" / "live"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(LIVE_PAIRS):
        for part, text in zip(("buy", "sell", "vars"), condition_texts.pair(300, seed=100 + number)):
            (folder / f"{part}{number}.txt").write_text(text)
    row = Row("C6", f"live: {LIVE_INSTRUMENTS:,} instruments, a row a second each, {LIVE_PAIRS} pairs of texts", "one core asked", "second of market", 1, 1, 1 / 0.3)
    for run in range(min(bench.pairs, 3)):
        bench.shown(f"C6: run {run + 1}")
        (answer,) = bench.stom.bench("conditions_bench", "live", folder, LIVE_PAIRS, LIVE_INSTRUMENTS, seconds)
        row.ours.add({"seconds": answer["core"]})
        row.peer.add({"seconds": 1.0})
        if answer["decision_p999_us"] > DECISION_ASKED_US:
            row.wrong = f"decided {answer['decision_p999_us']:.0f} µs after the row (p99.9)"
    row.equal = f"{answer['decisions']:,} decisions, {answer['bought']:,} bought, {answer['sold']:,} sold"
    row.note = (
        f"all pairs decided {answer['decision_p50_us']:.0f} µs after the row (p50), {answer['decision_p999_us']:.0f} µs (p99.9), at most "
        f"{DECISION_ASKED_US}; {answer['asks']} windows shared; {answer['peak_rss_mb']:.0f} MB"
    )
    yield row


WINDOWS = {"AVG20": "SMA20", "SUM30": "SUM30", "MAX30": "MAX30", "MIN30": "MIN30"}  # ours -> TA-Lib's


def windows(bench):
    """C7: windows over rows beside TA-Lib's functions that compute the same; our sums are exact, theirs drift. Indicators: P9."""
    peer, values = bench.peer("TA-Lib"), 1_000_000
    peer.ask("load", values=values)

    def run_ours():
        return bench.stom.bench("indicators_bench", values, 3, 1)[0]["windows"]

    rows = {name: Row("C7", f"window {name} over 1 M values", peer.version, "value", values, 1, 2) for name in WINDOWS}
    mine, theirs = run_ours(), peer.ask("run")
    for name, row in rows.items():
        same = math.isclose(mine[name]["sum"], theirs[WINDOWS[name]]["sum"], rel_tol=1e-6)
        row.equal = "sums of all values equal to 1e-6"
        if not same:
            row.wrong = f"the sum of all values is {mine[name]['sum']:.10g}, not {theirs[WINDOWS[name]]['sum']:.10g}"
    for pair in range(bench.pairs):
        bench.shown(f"C7: pair {pair + 1} of {bench.pairs}")
        mine, theirs = run_ours(), peer.ask("run")
        for name, row in rows.items():
            row.ours.add({"seconds": mine[name]["median"] * values / 1e9})
            row.peer.add(theirs[WINDOWS[name]])
    yield from rows.values()
    bench.release("TA-Lib")


ROWS_OF_CONDITIONS = {"C1": beside_old_program, "C2": beside_reference, "C3": variants, "C4": year, "C5": compiling, "C6": live, "C7": windows}
