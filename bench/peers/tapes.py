"""The seeded tapes that both sides are fed: integers only, so that any language makes the same ones.

Draw k (k = 1, 2, ...) of seed S is splitmix64 in counter form: z = S + k * 0x9E3779B97F4A7C15, then the usual three
xor-shift-multiply steps. Row i of a tape with D draws a row takes draws i*D+1 .. i*D+D.

quotes  D=1  price unit 1e-5, size unit 1: a random walk of the bid around 1.10000 with a spread of 1 to 8 units
ohlc    D=2  price unit 0.01, one bar a minute from 2020-09-13: open, high, low, close, volume
ticks   D=2  price unit 0.1, quantity unit 0.001: what a futures venue's trades look like (bursts, small steps, many small sizes)
"""
import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


def _draws(seed, rows, per_row, first_row=0):
    """per_row arrays with the draws of rows first_row .. first_row + rows - 1."""
    row = np.arange(first_row, first_row + rows, dtype=np.uint64) * np.uint64(per_row)
    result = []
    with np.errstate(over="ignore"):
        for j in range(per_row):
            z = np.uint64(seed) + (row + np.uint64(j + 1)) * _GOLDEN
            z = (z ^ (z >> np.uint64(30))) * _M1
            z = (z ^ (z >> np.uint64(27))) * _M2
            result.append(z ^ (z >> np.uint64(31)))
    return result


def _bits(draw, low, count):
    return ((draw >> np.uint64(low)) & np.uint64((1 << count) - 1)).astype(np.int64)


def _ones(draw, low, count):
    return sum(_bits(draw, k, 1) for k in range(low, low + count))


def quotes(rows, seed):
    (r,) = _draws(seed, rows, 1)
    bid = 110_000 + np.cumsum(_ones(r, 0, 8) - _ones(r, 8, 8))
    return {
        "time_ns": 1_700_000_000_000_000_000 + np.cumsum(1_000_000 * (1 + _bits(r, 32, 9))),
        "bid": bid,
        "ask": bid + 1 + _bits(r, 16, 3),
        "bid_size": 100_000 * (1 + _bits(r, 20, 4)),
        "ask_size": 100_000 * (1 + _bits(r, 24, 4)),
    }


def ohlc(rows, seed):
    r0, r1 = _draws(seed, rows, 2)
    gap = _bits(r0, 0, 5) - 16
    body = _bits(r0, 8, 10) + _bits(r0, 18, 10) - 1023
    close = 2_000_000 + np.cumsum(gap + body)
    opening = close - body
    low = np.minimum(opening, close) - _bits(r0, 41, 9)
    if low.min() <= 0:
        raise ValueError("the walk of this seed reaches zero")
    return {
        "time_s": 1_600_000_000 + 60 * np.arange(rows, dtype=np.int64),
        "open": opening,
        "high": np.maximum(opening, close) + _bits(r0, 32, 9),
        "low": low,
        "close": close,
        "volume": 1 + _bits(r1, 0, 16),
    }


def ticks(rows, seed, block=1_000_000):
    """Yields blocks of columns; each goes on where the one before ended."""
    time_ns, price = 1_700_000_000_000_000_000, 600_000
    for first in range(0, rows, block):
        r0, r1 = _draws(seed, min(block, rows - first), 2, first)
        wait = np.where(_bits(r0, 0, 1) == 0, 0, 1000 * (1 + (_bits(r0, 1, 20) >> (_bits(r0, 21, 5) % 20))))
        step = np.where(_bits(r0, 32, 2) != 3, 0, _ones(r0, 34, 6) - _ones(r0, 40, 6))
        columns = {
            "time_ns": time_ns + np.cumsum(wait),
            "price": price + np.cumsum(step),
            "quantity": 1 + (_bits(r1, 0, 14) >> (_bits(r1, 16, 4) % 14)),
            "side": _bits(r1, 24, 1).astype(np.int8),
        }
        time_ns, price = int(columns["time_ns"][-1]), int(columns["price"][-1])
        yield columns


def _decimal(units, decimals):
    """Integers as plain decimal text, exactly."""
    scale = 10**decimals
    return [f"{u // scale}.{u % scale:0{decimals}d}" for u in units.tolist()] if decimals else map(str, units.tolist())


def write_ohlc_csv(path, rows, seed):
    t = ohlc(rows, seed)
    with open(path, "w") as f:
        f.write("time,open,high,low,close,volume\n")
        prices = [_decimal(t[k], 2) for k in ("open", "high", "low", "close")]
        f.writelines(
            f"{s},{o},{h},{l},{c},{v}\n" for s, o, h, l, c, v in zip(t["time_s"].tolist(), *prices, t["volume"].tolist())
        )


def write_quotes_csv(path, rows, seed):
    t = quotes(rows, seed)
    with open(path, "w") as f:
        f.write("time,bid_price,bid_quantity,ask_price,ask_quantity\n")
        bid, ask = _decimal(t["bid"], 5), _decimal(t["ask"], 5)
        f.writelines(
            f"{s},{b},{bs},{a},{asz}\n"
            for s, b, bs, a, asz in zip(t["time_ns"].tolist(), bid, t["bid_size"].tolist(), ask, t["ask_size"].tolist())
        )
