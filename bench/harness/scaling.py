"""What a table of ratios does not show: that time follows the rows and memory does not, that a moving price costs nothing, and how
far from the machine's own limits we are."""
import statistics
from dataclasses import dataclass

from . import captures
from .peers import Unavailable
from .rows import CAPTURES, MODELS, USDM


@dataclass
class Check:
    what: str
    figure: str = ""
    limit: str = ""
    held: bool = False
    skipped: bool = False


def _median(bench, instrument, stom=None):
    runs = [
        (stom or bench.stom).backtest(bench.out("scaling"), "idle", instrument, *MODELS, "--no-band")
        for _ in range(max(3, bench.pairs // 2))
    ]
    return statistics.median(r["seconds"] for r in runs), max(r["peak_rss_mb"] for r in runs), runs[0]["rows"]


def _per_row(bench, instrument, stom=None):
    seconds, rss, rows = _median(bench, instrument, stom)
    return seconds / rows * 1e9, rss, rows


def _tiled(bench, name, copies, **options):
    capture = bench.capture("usdm_btcusdt_20240808")
    tape = captures.tile(capture, bench.tape(f"usdm_{name}.jsonl.gz"), copies, **options)
    stom = bench.stom.beside(name)
    stom.import_once(USDM, tape, *CAPTURES[USDM][1])
    return USDM, stom


def moving_price(bench):
    still, _, _ = _per_row(bench, *_tiled(bench, "x10", 10))
    moving, _, _ = _per_row(bench, *_tiled(bench, "climb10", 10, price_ratio=10.0))
    yield Check("a price that moves tenfold, time a row", f"{moving:.1f} ns against {still:.1f} ns", "1.5 x", moving <= 1.5 * still)


def other_markets(bench):
    for instrument, (name, options) in CAPTURES.items():
        bench.stom.import_once(instrument, bench.capture(name), *options)
        ns, _, rows = _per_row(bench, instrument)
        yield Check(f"replay of {instrument}, {rows} rows", f"{ns:.1f} ns a row", "shown", True)


def doubling(bench):
    small, _, n = _per_row(bench, *_tiled(bench, "x10", 10))
    large, _, m = _per_row(bench, *_tiled(bench, "x20", 20))
    ratio = large * m / (small * n)
    yield Check(f"{m / n:.2f} times the rows", f"{ratio:.2f} times the time", "2.2 times", ratio <= 2.2)


def flat_memory(bench, days=6):
    instrument, stom = "sim:BTCUSDT", bench.stom.beside(f"{days}-days")
    if not stom.holds(instrument):
        stom.command("--quiet", "data", "gen", "--instrument", instrument, "--days", str(days), "--seed", "1")
    answer = stom.backtest(bench.out("scaling"), "idle", instrument, *MODELS, "--no-band")
    rows, rss = answer["rows"], answer["peak_rss_mb"]
    yield Check(f"peak memory over {rows / 1e6:.0f} M rows", f"{rss:.0f} MB", "250 MB", rss <= 250 and rows >= 50_000_000)


def floors(bench):
    """The same rows with nothing around them: read through memory once, and set levels in a flat array."""
    bench.stom.import_once(USDM, bench.capture("usdm_btcusdt_20240808"), *CAPTURES[USDM][1])
    ns, _, _ = _per_row(bench, USDM)
    (floor,) = bench.stom.bench("floors_bench", bench.stom.home, USDM)
    yield Check("floor: scan of the decoded rows in memory", f"{floor['scan_ns']:.2f} ns a row; the replay takes {ns:.1f} ns", "shown", True)
    yield Check("floor: the rows into a flat array of levels", f"{floor['book_ns']:.2f} ns a row; the replay takes {ns:.1f} ns", "shown", True)


def monte_carlo(bench):
    out = bench.out("monte_carlo")
    bench.stom.import_once(USDM, bench.capture("usdm_btcusdt_20240808"), *CAPTURES[USDM][1])
    bench.stom.backtest(out, "mm_keep", USDM, *MODELS)
    _, seconds, _ = bench.stom.command("--quiet", "backtest", "monte-carlo", out, "--paths", "1000")
    yield Check("1,000 Monte Carlo paths", f"{seconds:.2f} s with start and reading", "1 s", seconds <= 1.0)


CHECKS = [moving_price, other_markets, doubling, flat_memory, floors, monte_carlo]


def run(bench):
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            yield from check(bench)
        except Unavailable as why:
            yield Check(name, str(why), "", skipped=True)
        except Exception as why:  # one check's failure is not the next one's
            yield Check(name, f"did not run: {why}", "", held=False)
