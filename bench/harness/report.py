"""The table: to the terminal while it runs, to docs/benchmarks.md at the end."""

import re

COLUMNS = ["#", "Work", "Against", "Ours", "Peer", "Ratio", "At least", "Aim", "Results", "Verdict"]


def amount(seconds, units):
    """Time per unit in the unit that reads best."""
    ns = seconds / units * 1e9
    if ns >= 1e9:
        return f"{ns / 1e9:.2f} s"
    if ns >= 1e6:
        return f"{ns / 1e6:.2f} ms"
    if ns >= 1e3:
        return f"{ns / 1e3:.2f} µs"
    return f"{ns:.2f} ns"


def side(measured, units):
    if not measured.seconds:
        return "-"
    low, high = min(measured.seconds), max(measured.seconds)
    return f"{amount(measured.median, units)} ({amount(low, units)} to {amount(high, units)})"


def verdict(row):
    if row.skipped:
        return "skipped"
    if row.wrong:
        return "**did not run**" if row.wrong.startswith("did not run") else "**results differ**"
    if row.misses:
        return "**missed**"
    return "aim reached" if row.ratio >= row.aim else "reached"


def cells(row):
    ratio = "-"
    if row.ours.seconds and row.peer.seconds:
        low, high = row.ratio_range
        ratio = f"{row.ratio:.2f} x ({low:.2f} to {high:.2f})"
    results = row.skipped or row.wrong or row.equal
    if row.memory_at_most and row.ours.peak_rss_mb:
        share = row.peer.peak_rss_mb / row.ours.peak_rss_mb
        results += f"; memory {row.ours.peak_rss_mb:.0f} MB against {row.peer.peak_rss_mb:.0f} MB (1/{share:.0f})"
    if row.note:
        results += f"; {row.note}"
    return [
        row.id, f"{row.work}, a {row.unit}", row.against, side(row.ours, row.units), side(row.peer, row.units), ratio,
        f"{row.at_least:g} x", f"{row.aim:g} x", results, verdict(row),
    ]  # fmt: skip


def line(row):
    """One row as it is finished, for the terminal."""
    c = dict(zip(COLUMNS, cells(row)))
    if row.skipped:
        return f"{row.id:5} {row.work}: skipped, {row.skipped}"
    return (
        f"{row.id:5} {row.work}\n      ours {c['Ours']}, {row.against} {c['Peer']}\n"
        f"      ratio {c['Ratio']}, at least {c['At least']}: {verdict(row).strip('*')}; {c['Results']}"
    )


def table(rows):
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(str(c).replace("|", "/") for c in cells(row)) + " |" for row in rows]
    return "\n".join(lines)


def checks_table(checks):
    lines = ["| Check | Figure | Limit | Verdict |", "|---|---|---|---|"]
    for c in checks:
        lines.append(f"| {c.what} | {c.figure} | {c.limit} | {'skipped' if c.skipped else 'held' if c.held else '**missed**'} |")
    return "\n".join(lines)


HEAD = """# Benchmarks

Written by `bench/run`, which installs the peers, runs both sides and fills in this page; do not edit it by hand.

- Both sides take turns on one pinned core, {pairs} pairs each; a figure is the median, in brackets the least and the greatest.
  Rows whose peer needs seconds for one run take three pairs.
- Before a row is timed, its results are compared: fills, trades, returns or sums. A row whose results differ counts as missed.
- Ours is the program as shipped, `stom backtest run`, with journal, hash, exact decimals and account; both sides' loading is
  apart. P7 to P10 are programs of bench/ around the library that ships.
- On bars the equity curve keeps one mark a bar; cash and holdings are multiplied out when the curve is read, after what is timed.
- A ratio is the peer's time over ours: 3 x means that ours takes a third of the time.

{facts}

"""

FOOT = """
Again: `bench/run` (all of it), `bench/run --only P1-P3` (some), `bench/run --venues` (V1 to V7, and P10: the frames of Binance), `bench/run --conditions` (C1 to C7), `bench/run --risk` (R1, R2), `bench/run --journal` (J1, J2), `bench/smoke` (small, without peers: does it run and is it right).
"""

CONDITIONS = """
## Condition texts

What texts of the condition language cost ([conditions.md](conditions.md)); processor time. Texts and rows are made from a seed
(bench/harness/condition_texts.py, bench/condition_rows.hpp): bands of time and market value, in each a chain of rejections or exits.

- C1: the peer is a program in Python that works as the old one does: a closure for each word made anew on every row, and exec() of the
  text, compiled to byte code once. It runs a few of the instruments; its time is scaled by their number.
- C2: both texts on every row, the rows one at a time; the reference looks names up by name and adds windows up anew.
- C3: rows, windows and what the variants have in common are worked out once; beside it 64 runs of `run_rows`, one after the other.
- C4: time on the wall. Each day's columns as the store encodes columns; only those that the texts read are decoded.
- C6: what is remembered of an instrument is shared by all pairs; without the venue's frames and orders, which are V6.
- C7: sums of ours are exact and rounded once, TA-Lib's are running sums; rows come in blocks of 128.

{facts}

"""

VENUES = """
## Venues

What trading on venues costs, from a frame's bytes to an order's. Both sides of a row are programs of bench/ and the library that
ships; a ratio of 0.5 x means that ours takes twice as long as what stands beside it.

- V1: frames of Upbit and Kiwoom; those of Binance are P10 in the first table.
- V2: one thread, no socket. A depth frame of 20 levels, an order on each, its record in the journal handed to the system before
  the order leaves. Beside it the medians of what nobody can leave out, each alone: reading the frame, HMAC-SHA256, the TLS record.
- V3, V4: a server of sockets and OpenSSL alone sends a tick and takes the time until the order has come; server and trader have a
  core each. Engine and I/O share the trader's thread; the echo sends fixed bytes, the bots are python-binance's and ccxt's.
- V5: the bytes of 100,000 WebSocket frames, until the strategy has seen the last trade; beside it their decoding.
- V6: processor time of a turn of 50 ticks each millisecond; memory of the whole process, with what makes the frames.
- V7: `stom exchange --limits none` on one core, the client on another: signed market orders over REST, each matched and answered in full.

{facts}

"""
RISK = """
## Risk

What stands between a decision and the wire ([risk.md](risk.md)), and how fast everything is taken back.

- R1: the desk of a session with 50 limits set: ten kinds for all, for each of three venues, and ten instruments' positions. Prices move between
  orders, about a hundred orders work, one book of KRW with a rate that is a market's. What is denied is not timed.
- R2: 34 orders at each of three venues of `stom exchange`, a strategy that never comes back; from before the command is written until the exchange
  has taken the last cancel. Session and exchange share what cores there are.

{facts}

"""
JOURNAL = """
## Journal

What a journal costs ([journal.md](journal.md)), and how soon a session goes on behind a long one ([recovery.md](recovery.md)). Files lie in the
system's memory on both sides: both have the same bytes to read, and no disk.

- J1: a session that quotes, 20 orders working, of five one filled and four canceled, one instrument. From nothing to an engine that has begun: the snapshot that an
  orderly end leaves, the check of the whole file against it, the account with all its fills, the journal open behind its last record.
- J2: one book with 128 changes in a turn, an order on each, two answers to each; each turn's records are handed to the system before its orders leave, and a thread
  brings to the disk what is there each millisecond, or as soon as the disk is ready, to the last. The hash is worked out from the file by another thread, all of it within the time.
  Without a journal the same records are made and hashed, and kept nowhere.

{facts}

"""
NOT_YET = "- Not measured on a quiet machine yet: `bench/run {option}` fills this in."

SECTIONS = {  # title -> rows that begin with, text, option
    "Condition texts": ("C", CONDITIONS, "--conditions"),
    "Venues": ("V", VENUES, "--venues"),
    "Risk": ("R", RISK, "--risk"),
    "Journal": ("J", JOURNAL, "--journal"),
}


def place(line):
    """Where a row of a table belongs: by letter, number and what is behind it ("P2b")."""
    letter, number, more = re.match(r"\| ([A-Z])(\d+)([^ ]*)", line).groups()
    return letter, int(number), more


def with_rows_of_before(rows, before):
    """The table, and in it the rows of the page as it was that were not measured now, each with its day and commit."""
    lines = table(rows).splitlines()
    measured = {r.id for r in rows}
    day, commit = (re.search(what, before) for what in (r"- Date: ([\d-]+)", r"commit (\w+)"))
    then = f" ({day[1]}, {commit[1]}) |" if day and commit else " (before) |"
    for line in before.split("\n## ")[0].splitlines():
        if re.match(r"\| [A-Z]\d+[a-z]? ", line) and line.split(" ")[1] not in measured:
            lines.append(line if line.endswith(") |") else line[: -len(" |")] + then)
    return "\n".join(lines[:2] + sorted(lines[2:], key=place))


def section(title, rows, facts, before=""):
    _, text, option = SECTIONS[title]
    lines = "\n".join(f"- {f}" for f in facts) if rows else NOT_YET.format(option=option)
    return text.format(facts=lines) + (with_rows_of_before(rows, before) + "\n" if rows else "")


def page(rows, checks, facts, pairs, before=""):
    """`before` is the page as it was: what was not measured now stays as it was then."""
    parts = re.split(r"\n## (" + "|".join(SECTIONS) + r")\n", before.split("\nAgain: `bench/run`")[0])
    old = dict(zip(parts[1::2], parts[2::2]))
    letters = [letter for letter, _, _ in SECTIONS.values()]
    others = [r for r in rows if r.id[0] not in letters]
    if others or checks or not parts[0]:
        text = HEAD.format(pairs=pairs, facts="\n".join(f"- {f}" for f in facts))
        text += with_rows_of_before(others, parts[0]) + "\n"
        head_title = "\n## Scaling and floors\n"
        if checks:
            text += head_title + "\n" + checks_table(checks) + "\n"
        elif head_title in parts[0]:
            text += head_title + parts[0].split(head_title)[1]
    else:
        text = parts[0]
    for title, (letter, _, _) in SECTIONS.items():
        measured = [r for r in rows if r.id.startswith(letter)]
        if title in old and all(r.wrong.startswith("did not run") for r in measured):
            measured = []  # nothing new is known: the figures of before stay
        text += f"\n## {title}\n{old[title]}" if title in old and not measured else section(title, measured, facts, old.get(title, ""))
    return text + FOOT
