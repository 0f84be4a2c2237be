"""TA-Lib, the C library behind its Python wheel: whole arrays of a million doubles at a time, nanoseconds a value."""
import ctypes
import json
import os
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
        "SUM30": lambda: talib.SUM(close, 30),
        "MAX30": lambda: talib.MAX(close, 30),
        "MIN30": lambda: talib.MIN(close, 30),
        "EMA20": lambda: talib.EMA(close, 20),
        "RSI14": lambda: talib.RSI(close, 14),
        "MACD12_26_9": lambda: talib.MACD(close, 12, 26, 9),
        "ATR14": lambda: talib.ATR(high, low, close, 14),
        "BBANDS20": lambda: talib.BBANDS(close, 20),
        "STOCH5_3_3": lambda: talib.STOCH(high, low, close),
        "ADX14": lambda: talib.ADX(high, low, close, 14),
    }


def measure(repeat):
    """Every indicator: the median time of a few calls whose results are dropped, and the sum of all its values."""
    result = {}
    for name, call in calls().items():
        call()
        seconds = []
        for _ in range(repeat):
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
        result[name] = {"seconds": sorted(seconds)[repeat // 2]}
    for name, call in calls().items():
        values = call()
        arrays = values if isinstance(values, tuple) else (values,)
        result[name]["sum"] = float(sum(np.nansum(a) for a in arrays))
    return result


def run(repeat=3):
    """In a process that has allocated nothing but the tape, as a script is that computes its indicators once: calls that give
    several arrays then get most of their memory new from the system."""
    read, write = os.pipe()
    if os.fork() == 0:
        with os.fdopen(write, "w") as out:
            json.dump(measure(repeat), out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        result = json.load(answer)
    os.wait()
    return result


def run_with_reused_memory(repeat=3):
    """With a heap that gives nothing back: what the arithmetic alone takes. For the rest of the process."""
    libc = ctypes.CDLL(None)
    for setting in (-1, -3):  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
        libc.mallopt(setting, 1 << 30)
    measure(1)
    return measure(repeat)


if __name__ == "__main__":
    serve(f"TA-Lib {talib.__ta_version__.decode().split()[0]} (wheel {talib.__version__})", {"load": load, "run": run, "run_with_reused_memory": run_with_reused_memory})
