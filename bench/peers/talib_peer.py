"""TA-Lib, the C library behind its Python wheel: whole arrays of a million doubles at a time, nanoseconds a value."""
import time

import numpy as np
import talib

import tapes
from worker import serve

state = {}


def load(values, seed=1):
    t = tapes.ohlc(values, seed)
    state.update({k: t[k] / 100.0 for k in ("open", "high", "low", "close")})
    return {"values": values}


def calls():
    high, low, close = state["high"], state["low"], state["close"]
    return {
        "SMA20": lambda: talib.SMA(close, 20),
        "EMA20": lambda: talib.EMA(close, 20),
        "RSI14": lambda: talib.RSI(close, 14),
        "MACD12_26_9": lambda: talib.MACD(close, 12, 26, 9),
        "ATR14": lambda: talib.ATR(high, low, close, 14),
        "BBANDS20": lambda: talib.BBANDS(close, 20),
        "STOCH5_3_3": lambda: talib.STOCH(high, low, close),
        "ADX14": lambda: talib.ADX(high, low, close, 14),
    }


def run(repeat=3):
    """Every indicator: the median time of a few calls, and the sum of all values, by which the sides are compared."""
    result = {}
    for name, call in calls().items():
        seconds = []
        for _ in range(repeat):
            began = time.perf_counter()
            values = call()
            seconds.append(time.perf_counter() - began)
        arrays = values if isinstance(values, tuple) else (values,)
        result[name] = {"seconds": sorted(seconds)[repeat // 2], "sum": float(sum(np.nansum(a) for a in arrays))}
    return result


if __name__ == "__main__":
    serve(f"TA-Lib {talib.__ta_version__.decode().split()[0]} (wheel {talib.__version__})", {"load": load, "run": run})
