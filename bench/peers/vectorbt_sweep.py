"""vectorbt: a moving-average crossover over a thousand pairs of windows at once (numba engine), long only, all cash in, filled
at the bar's close. Timed: averages, crossings, portfolio and total return; not: the tape, the compilation."""
import gc
import time

import numpy as np
import pandas as pd
import vectorbt as vbt

import tapes
from worker import peak_rss_mb, serve

state = {}


def load(bars, seed=1):
    vbt.settings["engine"] = "numba"
    t = tapes.ohlc(bars, seed)
    state["close"] = pd.Series(t["close"] / 100.0, index=pd.to_datetime(t["time_s"], unit="s"))
    sweep(state["close"].iloc[:2000], [(5, 50), (6, 50)])
    return {"bars": bars}


def sweep(close, pairs):
    fast = vbt.MA.run(close, [p[0] for p in pairs], short_name="fast")
    slow = vbt.MA.run(close, [p[1] for p in pairs], short_name="slow")
    entries, exits = fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)
    portfolio = vbt.Portfolio.from_signals(close, entries, exits, init_cash=100.0, fees=0.0005, slippage=0.0, freq="1min")
    return portfolio, np.atleast_1d(np.asarray(portfolio.total_return()))


def run(fast, slow, results_csv=None):
    pairs = [(f, s) for f in fast for s in slow]
    gc.collect()
    began = time.perf_counter()
    portfolio, returns = sweep(state["close"], pairs)
    seconds = time.perf_counter() - began
    fills = np.bincount(np.asarray(portfolio.orders.records["col"]), minlength=len(pairs))
    if results_csv:
        with open(results_csv, "w") as f:
            f.write("fast,slow,fills,total_return\n")
            f.writelines(f"{a},{b},{n},{r:.17g}\n" for (a, b), n, r in zip(pairs, fills, returns))
    return {"seconds": seconds, "pairs": len(pairs), "bars": len(state["close"]), "peak_rss_mb": peak_rss_mb()}


if __name__ == "__main__":
    serve(f"vectorbt {vbt.__version__} (numba)", {"load": load, "run": run})
