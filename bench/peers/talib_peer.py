"""TA-Lib, the C library behind its Python wheel: whole arrays of a million doubles at a time, nanoseconds a value."""
import time

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
        "SMA": lambda: talib.SMA(close, 20),
        "EMA": lambda: talib.EMA(close, 20),
        "RSI": lambda: talib.RSI(close, 14),
        "MACD": lambda: talib.MACD(close, 12, 26, 9),
        "ATR": lambda: talib.ATR(high, low, close, 14),
        "BBANDS": lambda: talib.BBANDS(close, 20),
        "STOCH": lambda: talib.STOCH(high, low, close, 5, 3, 0, 3, 0),
        "ADX": lambda: talib.ADX(high, low, close, 14),
    }


def run(name, repeat=5):
    call = calls()[name]
    call()
    best = []
    for _ in range(repeat):
        began = time.perf_counter()
        result = call()
        best.append(time.perf_counter() - began)
    first = result[0] if isinstance(result, tuple) else result
    return {"seconds": sorted(best)[len(best) // 2], "values": len(state["close"]), "last": float(first[-1])}


if __name__ == "__main__":
    serve(f"TA-Lib {talib.__ta_version__.decode().split()[0]} (wheel {talib.__version__})", {"load": load, "run": run})
