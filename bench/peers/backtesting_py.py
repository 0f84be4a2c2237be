"""backtesting.py: a moving-average crossover on one long series of bars, orders filled at the next open. Timed: Backtest.run."""
import gc
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
import backtesting  # noqa: E402
from backtesting import Backtest, Strategy  # noqa: E402
from backtesting.lib import crossover  # noqa: E402

import tapes  # noqa: E402
from worker import peak_rss_mb, serve  # noqa: E402

backtesting.backtesting._tqdm = lambda bars, **_: bars  # its progress bar would be timed, too
state = {}


def average(values, window):
    """From the exact sums of whole cents: with pandas' rolling mean, whose sums carry rounding errors, two averages that are
    equal differ now and then, and a cross comes out of nothing."""
    sums = np.cumsum(np.rint(np.asarray(values) * 100).astype(np.int64))
    sums[window:] -= sums[:-window].copy()
    return np.where(np.arange(len(sums)) < window - 1, np.nan, sums / (100.0 * window))


class SmaCross(Strategy):
    fast, slow = 20, 50

    def init(self):
        self.quick = self.I(average, self.data.Close, self.fast)
        self.lazy = self.I(average, self.data.Close, self.slow)

    def next(self):
        if crossover(self.quick, self.lazy):
            self.position.close()
            self.buy()
        elif crossover(self.lazy, self.quick):
            self.position.close()
            self.sell()


def load(bars, seed=1):
    t = tapes.ohlc(bars, seed)
    columns = {k.capitalize(): t[k] / 100.0 for k in ("open", "high", "low", "close")}
    frame = pd.DataFrame(columns | {"Volume": t["volume"].astype(float)}, index=pd.to_datetime(t["time_s"], unit="s"))
    state["backtest"] = Backtest(frame, SmaCross, cash=10_000_000, commission=0.0001, finalize_trades=True)
    state["bars"] = bars
    return {"bars": bars}


def run(fast, slow, trades_csv=None):
    gc.collect()
    began = time.perf_counter()
    result = state["backtest"].run(fast=fast, slow=slow)
    seconds = time.perf_counter() - began
    if trades_csv:
        trades = result["_trades"].sort_values("EntryBar", kind="stable")
        with open(trades_csv, "w") as f:
            f.write("entry_time_ns,exit_time_ns,side,quantity,entry_price,exit_price\n")
            for t in trades.itertuples():
                entry, leave = (pd.Timestamp(x).as_unit("ns").value for x in (t.EntryTime, t.ExitTime))
                f.write(f"{entry},{leave},{'buy' if t.Size > 0 else 'sell'},{abs(t.Size)},{t.EntryPrice!r},{t.ExitPrice!r}\n")
    return {"seconds": seconds, "bars": state["bars"], "trades": int(result["# Trades"]), "peak_rss_mb": peak_rss_mb()}


if __name__ == "__main__":
    serve(f"backtesting.py {backtesting.__version__}", {"load": load, "run": run})
