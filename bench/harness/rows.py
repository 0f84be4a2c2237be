"""The rows of the benchmark, P1 to P10, V1 to V7, (conditions.py) C1 to C7, (risk.py) R1 and R2 and (journal.py) J1 and J2: the work, how equal results are shown, and what is asked of the ratio.

Each function takes a Bench and yields Rows. Where something is missing it raises; the caller prints the row as skipped with the
reason. Results are compared before anything is timed; a row whose results differ counts as missed, however fast.
"""
import csv
import math
from decimal import Decimal
from pathlib import Path

from . import captures, conditions, exchange, journal, ours, peers, risk
from .measure import Row, alternate
from .peers import Peer, Unavailable

CAPTURES = {  # instrument -> capture, import options
    "binance-usdm:BTCUSDT": ("usdm_btcusdt_20240808", ("--tick", "0.1", "--lot", "0.001")),
    "binance:BTCUSDT": ("spot_btcusdt_20240808", ("--tick", "0.01", "--lot", "0.00001")),
    "binance-coinm:BTCUSD_PERP": ("coinm_btcusd_perp_20240808", ("--tick", "0.1", "--lot", "1")),
}
USDM = "binance-usdm:BTCUSDT"
MODELS = ("--queue", "power3", "--order-latency", "1ms", "--maker", "0.0002", "--taker", "0.0005")


class Bench:
    """What every row needs: the two sides, where to put things, how many pairs."""

    def __init__(self, stom, work, data, core, pairs, copies, say, shown):
        self.stom, self.work, self.data, self.core, self.say, self.shown = stom, Path(work), data, core, say, shown
        self.pairs, self.copies = pairs, copies
        self._peers = {}
        self.versions = {}

    def peer(self, name):
        if name not in self._peers:
            peer = Peer(name, self.work, self.core, self.say)
            self._peers[name] = peer
            self.versions[name] = f"{peer.version}, Python {peer.python}"
        return self._peers[name]

    def release(self, *names):
        """Ends peers whose rows are done: their memory is not the next one's business."""
        for name in names:
            if name in self._peers:
                self._peers.pop(name).close()

    def capture(self, name):
        path = Path(self.data) / "market" / "binance_ws_raw" / f"{name}.jsonl.gz" if self.data else None
        if path is None or not path.exists():
            raise Unavailable(f"the capture {name} is not here (STOM_TEST_DATA)")
        return path

    def alternate(self, row, ours, peer, most=None):
        return alternate(row, ours, peer, min(self.pairs, most or self.pairs), self.shown)

    def row(self, row, work):
        """The row after `work(row)`. One that fails says so in its place, and the next begins."""
        try:
            work(row)
        except Unavailable as why:
            row.skipped = str(why)
        except Exception as why:  # whatever it is, it is this row's
            row.wrong = f"did not run: {type(why).__name__}: {why}"
        return row

    def out(self, name):
        return self.work / "runs" / name

    def tape(self, name):
        return self.work / "tapes" / name


# --- order books: hftbacktest ---------------------------------------------------------------------------------------------


def _peer_fills(path):
    with open(path) as f:
        return sorted(
            (int(r["time_ns"]), r["side"], Decimal(r["tick"]) / 10, Decimal(r["lots"]) / 1000) for r in csv.DictReader(f)
        )


def _load_book_tapes(bench, tiled):
    capture = bench.capture("usdm_btcusdt_20240808")
    peer = bench.peer("hftbacktest")
    cache = str(bench.tape("usdm.npz"))
    single = peer.ask("load", name="single", capture=str(capture), cache=cache)["rows"]
    bench.stom.import_once(USDM, capture, *CAPTURES[USDM][1])
    sizes = {"single": (bench.stom, single)}
    if tiled:
        long = peer.ask(
            "load", name="tiled", capture=str(capture), cache=cache, copies=bench.copies, shift_ns=captures.SHIFT_NS
        )["rows"]
        tape = captures.tile(capture, bench.tape(f"usdm_x{bench.copies}.jsonl.gz"), bench.copies)
        tiled_stom = bench.stom.beside(f"x{bench.copies}")
        tiled_stom.import_once(USDM, tape, *CAPTURES[USDM][1])
        sizes["tiled"] = (tiled_stom, long)
    return peer, sizes


BOOK_ROWS = {"noop": ("P1", 3, 5), "mm_replace": ("P2", 4, 6), "mm_keep": ("P2", 4, 6), "grid": ("P3", 4, 5.5)}


def books(bench):
    peer, sizes = _load_book_tapes(bench, tiled=True)
    for strategy in BOOK_ROWS:
        for tape, (stom, rows) in sizes.items():
            for rules in ("hftbacktest",) if strategy == "noop" else ("hftbacktest", "stom"):
                yield _book_row(bench, peer, stom, strategy, tape, rows, rules)
    if plugin := _plugin(bench, "src/strategies/market_makers"):
        stom, rows = sizes["tiled"]
        yield _book_row(bench, peer, stom, "mm_keep", "tiled", rows, "hftbacktest", plugin)
    bench.release("hftbacktest")


def _book_row(bench, peer, stom, strategy, tape, rows, rules, plugin=None):
    row_id, at_least, aim = BOOK_ROWS[strategy]
    what = "replay, no orders" if strategy == "noop" else strategy + (" from a plug-in" if plugin else "")
    out, csv_path = bench.out(f"{strategy}_{tape}_{rules}"), str(bench.work / "peer_fills.csv")
    # One run on either side: without the two further runs of the fill-uncertainty band, which are ours alone.
    options = (*MODELS, "--fill-rules", rules, "--no-band", *(("--plugin", plugin) if plugin else ()))

    def run_ours():
        return stom.backtest(out, "idle" if strategy == "noop" else strategy, USDM, *options)

    def work(row):
        theirs = peer.ask("run", tape=tape, strategy=strategy, fills_csv=csv_path)
        if rules == "hftbacktest":
            run_ours()
            mine, other = ours.fills(out), _peer_fills(csv_path)
            if mine == other:
                row.equal = f"{len(mine)} fills equal" if theirs["fills"] else "no orders on either side"
            else:
                row.wrong = f"{len(mine)} fills against {len(other)}, {len(set(mine) ^ set(other))} not shared"
        else:
            row.equal = "rules differ by design (docs/fills.md); timed only"
        bench.alternate(row, run_ours, lambda: peer.ask("run", tape=tape, strategy=strategy))

    return bench.row(Row(row_id, f"{what}, {tape} tape, {rules} rules", peer.version, "row", rows, at_least, aim), work)


def _plugin(bench, source):
    """A strategy's source in this repository, built as a user builds one of his own: `stom strategy build`."""
    if not bench.stom.knows("strategy", "build"):
        return ""
    target = bench.work / f"{Path(source).name}.so"
    bench.stom.command("--quiet", "strategy", "build", bench.stom.root / f"{source}.cpp", "-o", target)
    return target


def many_runs(bench):
    """P2b compares ours with ours: 32 Runs over one Market against 32 Runs alone."""
    bench.stom.import_once(USDM, bench.capture("usdm_btcusdt_20240808"), *CAPTURES[USDM][1])
    row = Row("P2b", "32 parameter sets of mm_keep over one Market", "32 Runs alone", "run", 32, 3, 6)
    for turn in range(bench.pairs + 1):
        bench.shown(f"P2b {row.work}: pair {turn} of {bench.pairs}")
        (answer,) = bench.stom.bench("sweep_bench", "book", bench.stom.home, USDM, 32)
        if not answer["equal"]:
            row.wrong = "a Run among others differs from the same Run alone"
        if turn > 0:  # the first warms up
            row.ours.add({"seconds": answer["together_seconds"], "peak_rss_mb": answer["peak_rss_mb"]})
            row.peer.add({"seconds": answer["alone_seconds"]})
    row.equal = "each of the 32 equal, fill by fill, to its own run"
    yield row


# --- events under a strategy: NautilusTrader ------------------------------------------------------------------------------


def events(bench):
    peer = bench.peer("NautilusTrader")
    rows = 1_000_000
    tape = _python_tape(bench, "quotes", rows)
    instrument = "bench:EURUSD"
    bench.stom.import_once(instrument, tape, "--tick", "0.00001", "--lot", "1", "--columns", QUOTE_COLUMNS)
    row = Row("P4", "1 M quotes, nothing to do", peer.version, "event", rows, 100, 200)
    yield bench.row(row, lambda row: _events_row(bench, row, peer, "quotes", instrument, "idle", ["listen=quotes"], rows=rows))
    row = Row("P4", "1 M quotes, 100-tick bars, EMA 10/20 cross, from a plug-in", peer.version, "event", rows, 100, 200)
    yield bench.row(row, lambda row: _ema_row(bench, row, peer, instrument, rows))
    capture = bench.capture("usdm_btcusdt_20240808")
    bench.stom.import_once(USDM, capture, *CAPTURES[USDM][1])
    row = Row("P4", "order book deltas, nothing to do", peer.version, "event", 1, 100, 200)
    yield bench.row(row, lambda row: _events_row(bench, row, peer, "deltas", USDM, "idle", ["listen=book"], capture=str(capture)))
    bench.release("NautilusTrader")


def _ema_row(bench, row, peer, instrument, rows):
    """The peer's own example strategy on both sides; it sells short, which a cash account would refuse."""
    plugin = _plugin(bench, "bench/peers/nautilus_ema_cross")
    parameters = ["fast=10", "slow=20", "bar=100t", "lots=10000"]
    _events_row(bench, row, peer, "ema_bars", instrument, "nautilus_ema_cross", parameters, ("--plugin", plugin, "--account", "unlimited"), rows=rows)


def _events_row(bench, row, peer, what, instrument, strategy, parameters, options=(), **tape):
    row.units = peer.ask("load", what=what, **tape)["rows"]
    out, csv_path = bench.out(f"events_{what}"), str(bench.work / "peer_fills.csv")

    def run_ours():
        return bench.stom.backtest(out, strategy, instrument, "--order-latency", "0ns", "--no-band", *options, parameters=parameters)

    run_ours()
    peer.ask("run", what=what, fills_csv=csv_path)
    with open(csv_path) as f:
        theirs = sorted((int(r["time_ns"]), r["side"], Decimal(r["price"]), Decimal(r["quantity"])) for r in csv.DictReader(f))
    mine = ours.fills(out)
    if mine == theirs:
        row.equal = f"{len(mine)} fills equal" if mine else "no orders on either side"
    else:
        row.wrong = f"{len(mine)} fills against {len(theirs)}, {len(set(mine) ^ set(theirs))} not shared"
    # A run of the peer takes seconds: fewer pairs tell the same.
    bench.alternate(row, run_ours, lambda: peer.ask("run", what=what), 3)


# --- bars: backtesting.py and vectorbt ------------------------------------------------------------------------------------

OHLC_COLUMNS = "time=time:s,open=open,high=high,low=low,close=close,volume=volume"
QUOTE_COLUMNS = "time=time:ns,bid=bid_price,bid_size=bid_quantity,ask=ask_price,ask_size=ask_quantity"


def _python_tape(bench, kind, rows):
    """A seeded tape as CSV, written by the peers' own generator so that both sides get the same numbers."""
    path = bench.tape(f"{kind}_{rows}.csv")
    if not path.exists():
        from . import peers

        import subprocess

        python = peers.prepare("py311", bench.work, bench.say)
        code = f"import tapes; tapes.write_{kind}_csv({str(path)!r}, {rows}, 1)"
        subprocess.run([python, "-c", code], cwd=peers.FOLDER, check=True)
    return path


def _bars(bench, rows):
    instrument = f"bench:WALK{rows}"
    bench.stom.import_once(
        instrument, _python_tape(bench, "ohlc", rows), "--tick", "0.01", "--lot", "1", "--columns", OHLC_COLUMNS, "--bar", "1m"
    )
    return instrument


def one_long_series(bench):
    peer = bench.peer("backtesting.py")
    bars = 1_000_000
    peer.ask("load", bars=bars)
    instrument, out, csv_path = _bars(bench, bars), bench.out("sma_cross"), str(bench.work / "peer_trades.csv")
    theirs = None
    for plugin in filter(lambda p: p != "", (None, _plugin(bench, "src/strategies/sma_cross"))):
        name = "SMA cross 20/50 on 1 M bars" + (", from a plug-in" if plugin else "")

        def run_ours(plugin=plugin):
            return bench.stom.backtest(
                out, "sma_cross", instrument, "--bar", "1m", "--cash", "10000000", "--maker", "0.0001", "--taker", "0.0001",
                *(("--plugin", plugin) if plugin else ()), parameters=["preset=backtesting_py", "fast=20", "slow=50"],
            )  # fmt: skip

        def work(row):
            nonlocal theirs
            run_ours()
            if theirs is None:
                peer.ask("run", fast=20, slow=50, trades_csv=csv_path)
                with open(csv_path) as f:
                    theirs = sorted(
                        (int(r["entry_time_ns"]), int(r["exit_time_ns"]), r["side"], Decimal(r["quantity"]))
                        for r in csv.DictReader(f)
                    )
            mine = sorted(t[:4] for t in ours.trades(out))
            if mine == theirs:
                row.equal = f"{len(mine)} trades equal (times, side, quantity)"
            else:
                row.wrong = f"{len(mine)} trades against {len(theirs)}, {len(set(mine) ^ set(theirs))} not shared"
            bench.alternate(row, run_ours, lambda: peer.ask("run", fast=20, slow=50), 3)

        yield bench.row(Row("P5", name, peer.version, "bar", bars, 400, 1000), work)
    bench.release("backtesting.py")


def thousand_pairs(bench):
    peer = bench.peer("vectorbt")
    bars, fast, slow = 100_000, list(range(5, 45)), list(range(50, 175, 5))
    peer.ask("load", bars=bars)
    results, csv_path = bench.work / "our_sweep.csv", str(bench.work / "peer_sweep.csv")
    units = bars * len(fast) * len(slow)
    row = Row("P6", "SMA cross, 100,000 bars x 1,000 pairs of windows", peer.version, "bar and pair", units, 10, 25)
    row.memory_at_most = 1 / 20

    def run_ours():
        (answer,) = bench.stom.bench("sweep_bench", "bars", bars, 1, "5..44", "50..170:5", results)
        return answer

    run_ours()
    peer.ask("run", fast=fast, slow=slow, results_csv=csv_path)
    with open(csv_path) as f:
        theirs = {(int(r["fast"]), int(r["slow"])): (int(r["fills"]), float(r["total_return"])) for r in csv.DictReader(f)}
    with open(results) as f:
        mine = {(int(r["fast"]), int(r["slow"])): (int(r["fills"]), float(r["total_return"])) for r in csv.DictReader(f)}
    wrong = [p for p, (n, r) in theirs.items() if p not in mine or mine[p][0] != n or abs(mine[p][1] - r) > 1e-9]
    if wrong:
        row.wrong = f"{len(wrong)} of {len(theirs)} pairs differ in fills or by more than 1e-9 in return, first {wrong[0]}"
    else:
        row.equal = f"{len(theirs)} pairs: fill counts equal, returns to 1e-9"
    yield bench.alternate(row, run_ours, lambda: peer.ask("run", fast=fast, slow=slow), 3)
    bench.release("vectorbt")


# --- tick store: Parquet --------------------------------------------------------------------------------------------------


def store(bench):
    peer, rows = bench.peer("Parquet"), 20_000_000
    folder = bench.work / "store"
    folder.mkdir(exist_ok=True)
    size = peer.ask("load", rows=rows, folder=str(folder))["bytes"]
    state = {}

    def run_ours():
        (answer,) = bench.stom.bench("store_bench", "--rows", rows, "--repeat", 1, "--dir", folder)
        state["last"] = answer
        return answer

    def timed(what):
        return lambda: {"seconds": rows / run_ours()[what]["median"], "peak_rss_mb": state["last"]["peak_rss_mb"]}

    run_ours()
    sums, mine = peer.ask("scan_duckdb")["sums"], state["last"]["sums"]
    same = mine == sums and state["last"]["equal"]
    bytes_a_row = state["last"]["bytes_per_row"]
    share = bytes_a_row / (size / rows)

    def compared(row):
        row.equal = "sums of price x quantity by side equal"
        row.wrong = "" if same else f"sums differ: {mine} against {sums}"
        return row

    for scan in ("scan_duckdb", "scan_pyarrow"):
        row = Row("P7", f"tick store: scan 20 M trades ({scan[5:]} on the other side)", peer.version, "row", rows, 3, 6)
        row.note = f"{bytes_a_row:.2f} bytes a row against {size / rows:.2f} ({share:.2f} x, at most 1.15)"
        compared(row)
        if share > 1.15:
            row.wrong = row.wrong or f"{share:.2f} x the peer's bytes"
        yield bench.alternate(row, timed("scan_rows_s"), lambda s=scan: peer.ask(s))
    row = compared(Row("P8", "tick store: append 20 M trades, durable at the end", peer.version, "row", rows, 1, 2))
    yield bench.alternate(row, timed("append_rows_s"), lambda: peer.ask("append"), 3)
    bench.release("Parquet")


# --- indicators: TA-Lib ---------------------------------------------------------------------------------------------------

INDICATORS = {  # name -> at least, aim
    "EMA20": (1, 1.2), "RSI14": (1, 1.2), "MACD12_26_9": (1, 1.2), "ATR14": (1, 1.2), "SMA20": (1, 1.2),
    "BBANDS20": (2, 3), "STOCH5_3_3": (2, 3), "ADX14": (2, 3),
}  # fmt: skip


def indicators(bench):
    peer, values = bench.peer("TA-Lib"), 1_000_000
    peer.ask("load", values=values)

    def run_ours():
        (answer,) = bench.stom.bench("indicators_bench", values, 3, 1)
        return answer["ns_per_value"]

    rows = {
        name: Row("P9", f"{name}: update() in a loop over 1 M values", peer.version, "value", values, *asked)
        for name, asked in INDICATORS.items()
    }
    mine, theirs = run_ours(), peer.ask("run")
    for name, row in rows.items():
        if math.isclose(mine[name]["sum"], theirs[name]["sum"], rel_tol=1e-6):
            row.equal = "sums of all values equal to 1e-6"
        else:
            row.wrong = f"the sum of all values is {mine[name]['sum']:.10g}, not {theirs[name]['sum']:.10g}"
    for pair in range(bench.pairs):
        bench.shown(f"P9: pair {pair + 1} of {bench.pairs}")
        mine, theirs = run_ours(), peer.ask("run")
        for name, row in rows.items():
            row.ours.add({"seconds": mine[name]["median"] * values / 1e9})
            row.peer.add(theirs[name])
    reused = peer.ask("run_with_reused_memory")
    for name, row in rows.items():
        row.note = f"with result arrays in memory already touched {peer.version.split()[0]} takes {reused[name]['seconds'] / values * 1e9:.2f} ns"
    yield from rows.values()
    bench.release("TA-Lib")


# --- decoder: simdjson ----------------------------------------------------------------------------------------------------


def decoder(bench):
    """Both sides live in one program (decoder_bench): frames in memory, events and checksum out."""
    capture = bench.capture("usdm_btcusdt_20240808")
    rows = {}
    bench.stom.bench("decoder_bench", capture)
    for pair in range(bench.pairs):
        bench.shown(f"P10: pair {pair + 1} of {bench.pairs}")
        for answer in bench.stom.bench("decoder_bench", capture):
            kind = answer["frame"]
            row = rows.setdefault(
                kind, Row("P10", f"decoder: {kind} to events", f"simdjson {answer['simdjson']}", "frame", answer["frames"], 1, 1.5)
            )
            row.ours.add({"seconds": answer["ours_ns"] * answer["frames"] / 1e9})
            row.peer.add({"seconds": answer["simdjson_ns"] * answer["frames"] / 1e9})
            if answer["equal"]:
                row.equal = f"{answer['frames']} frames: the same numbers from both"
            else:
                row.wrong = "the two decoders read different numbers"
    yield from rows.values()


def wire(bench):
    """Frames of Upbit and Kiwoom, made in the shape that the venues document, to what their clients hand on."""
    rows = {}
    bench.stom.bench("wire_bench")
    for pair in range(bench.pairs):
        bench.shown(f"V1: pair {pair + 1} of {bench.pairs}")
        for answer in bench.stom.bench("wire_bench"):
            kind = answer["frame"]
            row = rows.setdefault(
                kind, Row("V1", f"wire: {kind}", f"simdjson {answer['simdjson']}", "frame", answer["frames"], 1, 1.5)
            )
            row.ours.add({"seconds": answer["ours_ns"] * answer["frames"] / 1e9})
            row.peer.add({"seconds": answer["simdjson_ns"] * answer["frames"] / 1e9})
            if answer["equal"]:
                row.equal = f"{answer['frames']} frames of {answer['bytes']} bytes: the same numbers from both"
            else:
                row.wrong = "the two read different numbers"
    yield from rows.values()


# --- trading: what nobody can leave out, and the exchange ------------------------------------------------------------------


def in_process(bench):
    """V2: a frame's bytes until the bytes of the order on it, beside the sum of its parts alone (trade_bench)."""
    at_half = Row("V2", "tick to encrypted order in the process, p50", "parse + HMAC + TLS record, p50 each", "tick", 1, 1 / 2, 1 / 1.3)
    at_end = Row("V2", "tick to encrypted order in the process, p99", "parse + HMAC + TLS record, p50 each", "tick", 1, 1 / 6, 1 / 6)
    for pair in range(bench.pairs):
        bench.shown(f"V2: run {pair + 1} of {bench.pairs}")
        (answer,) = bench.stom.bench("trade_bench", "tick")
        for row, part in ((at_half, "ours_p50_ns"), (at_end, "ours_p99_ns")):
            row.ours.add({"seconds": answer[part] / 1e9})
            row.peer.add({"seconds": answer["floor_p50_ns"] / 1e9})
    for row, most in ((at_half, 2), (at_end, 6)):
        row.equal = f"{answer['ticks']} orders decrypted: price of the book kept apart, signature computed anew"
        row.note = (
            f"{1 / row.ratio:.2f} times the sum, at most {most}; {answer['frame_bytes']} bytes in, {answer['order_bytes']} out; alone: "
            f"parse {answer['parse_p50_ns']:.0f}, HMAC {answer['hmac_p50_ns']:.0f}, TLS {answer['tls_p50_ns']:.0f} ns"
        )
        yield row


def over_loopback(bench):
    """V3: tick sent until order received over TLS on loopback; the server and who answers have a core each (loop_bench)."""
    both = bench.stom.on(exchange.all_cores())
    for how in ("busy-poll", "blocking"):
        row = Row("V3", f"tick sent to order received over loopback TLS, {how}, p50", f"echo of the same bytes, {how}", "tick", 1, 1 / 1.6, 1 / 1.2)

        def timed(who, how=how):
            (answer,) = both.bench("loop_bench", who, how)
            return answer | {"seconds": answer["p50_ns"] / 1e9}

        def work(row, timed=timed):
            last = timed("product")
            row.equal = f"{last['ticks']} orders, each at the best bid that its tick left"
            bench.alternate(row, lambda: timed("product"), lambda: timed("echo"), 3)
            row.note = f"{1 / row.ratio:.2f} times the echo, at most 1.6; p99 {last['p99_ns'] / 1e3:.0f} µs"

        yield bench.row(row, work)


BOTS = {"python-binance 1.0.37": "python_bot.py", "ccxt 4.5.83": "ccxt_bot.py"}


def against_bot(bench):
    """V4: the same server and ticks, answered by a bot on python-binance and by one on ccxt."""
    python, ticks = peers.prepare("bots", bench.work, bench.say), 1_000
    both = bench.stom.on(exchange.all_cores())
    for peer, script in BOTS.items():
        row = Row("V4", "tick sent to order received over loopback TLS, busy-poll, p50", peer, "tick", 1, 20, 50)
        bench.versions[f"bot, {script}"] = peer

        def product():
            (answer,) = both.bench("loop_bench", "product", "busy-poll", ticks)
            return {"seconds": answer["p50_ns"] / 1e9}

        def bot(script=script):
            file = bench.work / "bot.json"
            file.unlink(missing_ok=True)
            with exchange.waits_for(file, [python, peers.FOLDER / script, file], exchange.trader_core(), bench.work / f"{script}.log"):
                (answer,) = both.bench("loop_bench", "bot", file, ticks)
            return {"seconds": answer["p50_ns"] / 1e9}

        def work(row, product=product, bot=bot):
            bench.alternate(row, product, bot, 3)
            row.equal = f"{ticks} orders from either side, each at the best bid that its tick left"

        yield bench.row(row, work)


def burst(bench):
    """V5: 100,000 trade frames that are there at once, beside reading them with simdjson (trade_bench)."""
    row = Row("V5", "100,000 trade frames at once until the strategy has seen the last", "simdjson On-Demand", "frame", 100_000, 1 / 2, 1 / 1.3)
    for pair in range(bench.pairs):
        bench.shown(f"V5: run {pair + 1} of {bench.pairs}")
        (answer,) = bench.stom.bench("trade_bench", "burst")
        row.ours.add({"seconds": answer["ours_ns"] / 1e9})
        row.peer.add({"seconds": answer["floor_ns"] / 1e9})
        if not answer["equal"]:
            row.wrong = "the strategy saw other trades"
    row.equal = "the strategy's sum over price and quantity is that of the frames"
    row.note = f"{1 / row.ratio:.2f} times the decoding, at most 2"
    yield row


TICKS_A_SECOND, CORE_ASKED, MEMORY_ASKED, MEMORY_AIM = 50_000, 0.5, 512, 256


def many_instruments(bench):
    """V6: 3,000 instruments on three venues with books and one-second rows (many_bench)."""
    row = Row("V6", "3,000 instruments on three venues, books and one-second rows, 50,000 ticks/s", f"{CORE_ASKED} of a core and {MEMORY_ASKED} MB asked", "tick", 1, 1, 2)
    for run in range(min(bench.pairs, 3)):
        bench.shown(f"V6: run {run + 1}")
        (answer,) = bench.stom.bench("many_bench")
        row.ours.add({"seconds": answer["ns_a_tick"] / 1e9})
        row.peer.add({"seconds": CORE_ASKED / TICKS_A_SECOND})
        if not answer["equal"]:
            row.wrong = "a book or a row is not what its frames say"
        elif answer["peak_mb"] > MEMORY_ASKED:
            row.wrong = f"{answer['peak_mb']:.0f} MB"
    row.equal = f"{answer['instruments']:,} best bids as their last frames say, {answer['rows']:,} rows as the rule demands"
    row.note = f"{100 * answer['cpu_a_second']:.0f} % of a core; {answer['peak_mb']:.0f} MB (aim {MEMORY_AIM})"
    yield row


ORDERS_ASKED, ORDERS_AIM = 8_000, 25_000


def exchange_orders(bench):
    """V7: what one core of the exchange answers; the client has another core where there is one."""
    row = Row("V7", "exchange: signed orders over 16 kept-alive TLS connections, one core", f"{ORDERS_ASKED:,}/s asked", "order", 1, 1, ORDERS_AIM / ORDERS_ASKED)
    for run in range(min(bench.pairs, 3)):
        bench.shown(f"V7: run {run + 1}")
        with exchange.running(bench.stom, "--limits", "none") as line:
            (answer,) = bench.stom.on(exchange.other_core(bench.stom.core)).bench("exchange_bench", line, 20_000, 16)
        row.ours.add({"seconds": 1 / answer["orders_per_second"]})
        row.peer.add({"seconds": 1 / ORDERS_ASKED})
        if not answer["equal"]:
            row.wrong = "an order was lost or told twice"
        row.equal = f"{answer['orders']} orders answered, each with a number of its own; {answer['filled']} filled"
        row.note = f"{answer['orders_per_second']:,.0f} a second; p50 {answer['p50_us']:.0f} µs, p99 {answer['p99_us']:.0f} µs in 16 lines"
    yield row


ROWS = {
    "P1-P3": books, "P2b": many_runs, "P4": events, "P5": one_long_series, "P6": thousand_pairs,
    "P7-P8": store, "P9": indicators, "P10": decoder, "V1": wire,
    "V2": in_process, "V3": over_loopback, "V4": against_bot, "V5": burst, "V6": many_instruments, "V7": exchange_orders,
    **conditions.ROWS_OF_CONDITIONS, **risk.ROWS_OF_RISK, **journal.ROWS_OF_JOURNAL,
}  # fmt: skip
