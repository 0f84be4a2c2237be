"""TA-Lib's indicators by their definitions, over the rows of one day, None where TA-Lib has no value yet.

Each function takes plain lists and gives one list per output. Nothing is kept from row to row: what the product computes
incrementally is held against these.
"""

import math


def sma(x, n):
    return [None if t < n - 1 else math.fsum(x[t - n + 1 : t + 1]) / n for t in range(len(x))]


def ema(x, n, start=None):
    """The first value is the mean of n values, the last of them at `start` (default: as early as can be)."""
    start = n - 1 if start is None else start
    out, k = [None] * len(x), 2 / (n + 1)
    for t in range(start, len(x)):
        out[t] = math.fsum(x[t - n + 1 : t + 1]) / n if t == start else out[t - 1] + (x[t] - out[t - 1]) * k
    return out


def each(function, *series):
    return [None if any(v is None for v in values) else function(*values) for values in zip(*series)]


def after(first, series):
    return [None if t < first else v for t, v in enumerate(series)]


def over(values, function):
    """function over the values that are there, put back where they were."""
    first = next((t for t, v in enumerate(values) if v is not None), len(values))
    return [None] * first + function(values[first:])


def RSI(bar, n=14):
    c, out, gain, loss = bar.close, [None] * len(bar.close), 0.0, 0.0
    for t in range(1, len(c)):
        up, down = max(c[t] - c[t - 1], 0.0), max(c[t - 1] - c[t], 0.0)
        if t <= n:
            gain, loss = gain + up / n, loss + down / n
        else:
            gain, loss = (gain * (n - 1) + up) / n, (loss * (n - 1) + down) / n
        if t >= n:
            out[t] = 100 * gain / (gain + loss) if gain + loss > 0 else 0.0
    return (out,)


def MACD(bar, fast=12, slow=26, signal=9):
    if slow < fast:
        fast, slow = slow, fast
    line = each(lambda f, s: f - s, ema(bar.close, fast, slow - 1), ema(bar.close, slow))
    signals = over(line, lambda x: ema(x, signal))
    first = slow - 1 + signal - 1
    return after(first, line), signals, after(first, each(lambda m, s: m - s, line, signals))


def BBANDS(bar, n=5, up=2.0, down=2.0):
    middle = sma(bar.close, n)
    deviation = [
        None if m is None else math.sqrt(math.fsum((v - m) ** 2 for v in bar.close[t - n + 1 : t + 1]) / n)
        for t, m in enumerate(middle)
    ]
    return each(lambda m, d: m + up * d, middle, deviation), middle, each(lambda m, d: m - down * d, middle, deviation)


def true_range(bar, t):
    return max(bar.high[t], bar.close[t - 1]) - min(bar.low[t], bar.close[t - 1])


def ATR(bar, n=14):
    out = [None] * len(bar.close)
    for t in range(n, len(out)):
        if t == n:
            out[t] = math.fsum(true_range(bar, i) for i in range(1, n + 1)) / n
        else:
            out[t] = (out[t - 1] * (n - 1) + true_range(bar, t)) / n
    return (out,)


def fast_k(bar, n):
    out = [None] * len(bar.close)
    for t in range(n - 1, len(out)):
        high, low = max(bar.high[t - n + 1 : t + 1]), min(bar.low[t - n + 1 : t + 1])
        out[t] = 100 * (bar.close[t] - low) / (high - low) if high != low else 0.0
    return out


def STOCH(bar, fastk=5, slowk=3, slowd=3):
    k = over(fast_k(bar, fastk), lambda x: sma(x, slowk))
    d = over(k, lambda x: sma(x, slowd))
    return after(fastk - 1 + slowk - 1 + slowd - 1, k), d


def STOCHF(bar, fastk=5, fastd=3):
    k = fast_k(bar, fastk)
    return after(fastk - 1 + fastd - 1, k), over(k, lambda x: sma(x, fastd))


def CCI(bar, n=14):
    typical = [(h + l + c) / 3 for h, l, c in zip(bar.high, bar.low, bar.close)]
    out = []
    for t, mean in enumerate(sma(typical, n)):
        if mean is None:
            out.append(None)
            continue
        spread = math.fsum(abs(v - mean) for v in typical[t - n + 1 : t + 1]) / n
        out.append((typical[t] - mean) / (0.015 * spread) if spread != 0 and typical[t] != mean else 0.0)
    return (out,)


def ROC(bar, n=10):
    c = bar.close
    return ([None if t < n else (c[t] / c[t - n] - 1) * 100 if c[t - n] != 0 else 0.0 for t in range(len(c))],)


def MOM(bar, n=10):
    return ([None if t < n else bar.close[t] - bar.close[t - n] for t in range(len(bar.close))],)


def OBV(bar):
    out = []
    for t, v in enumerate(bar.volume):
        if t == 0:
            out.append(v)
        else:
            change = bar.close[t] - bar.close[t - 1]
            out.append(out[-1] + (v if change > 0 else -v if change < 0 else 0.0))
    return (out,)


def MFI(bar, n=14):
    typical = [(h + l + c) / 3 for h, l, c in zip(bar.high, bar.low, bar.close)]
    out = [None] * len(typical)
    for t in range(n, len(typical)):
        rows = range(t - n + 1, t + 1)
        up = math.fsum(typical[i] * bar.volume[i] for i in rows if typical[i] > typical[i - 1])
        down = math.fsum(typical[i] * bar.volume[i] for i in rows if typical[i] < typical[i - 1])
        out[t] = 100 * up / (up + down) if up + down >= 1 else 0.0
    return (out,)


def directional(bar, n):
    """(plus, minus) directional indicators and the true range they were divided by."""
    plus = minus = span = 0.0
    out = [(None, None)] * len(bar.close)
    for t in range(1, len(bar.close)):
        up, down = bar.high[t] - bar.high[t - 1], bar.low[t - 1] - bar.low[t]
        if t >= n:  # the first n - 1 movements are only summed
            plus, minus, span = plus - plus / n, minus - minus / n, span - span / n
        plus += up if up > 0 and up > down else 0.0
        minus += down if down > 0 and down > up else 0.0
        span += true_range(bar, t)
        if t >= n:
            out[t] = (100 * plus / span, 100 * minus / span) if span > 0 else (0.0, 0.0)
    return out


def DIP(bar, n=14):
    return ([plus for plus, _ in directional(bar, n)],)


def DIM(bar, n=14):
    return ([minus for _, minus in directional(bar, n)],)


def ADX(bar, n=14):
    out, total, adx = [None] * len(bar.close), 0.0, 0.0
    for t, (plus, minus) in enumerate(directional(bar, n)):
        if plus is None:
            continue
        dx = 100 * abs(plus - minus) / (plus + minus) if plus + minus > 0 else None  # nothing moved: the average stands
        if t <= 2 * n - 1:
            total += dx or 0.0
            adx = total / n
        elif dx is not None:
            adx = (adx * (n - 1) + dx) / n
        if t >= 2 * n - 1:
            out[t] = adx
    return (out,)


def ADXR(bar, n=14):
    (adx,) = ADX(bar, n)
    return ([None if t < 3 * n - 2 else (adx[t] + adx[t - n + 1]) / 2 for t in range(len(adx))],)


def AROON(bar, n=14):
    """(down, up); of equal extremes the newest counts."""
    down, up = [None] * len(bar.close), [None] * len(bar.close)
    for t in range(n, len(bar.close)):
        rows = range(t - n, t + 1)
        down[t] = 100 / n * (n - (t - max(rows, key=lambda i: (-bar.low[i], i))))
        up[t] = 100 / n * (n - (t - max(rows, key=lambda i: (bar.high[i], i))))
    return down, up


def WILLR(bar, n=14):
    out = [None] * len(bar.close)
    for t in range(n - 1, len(out)):
        high, low = max(bar.high[t - n + 1 : t + 1]), min(bar.low[t - n + 1 : t + 1])
        out[t] = -100 * (high - bar.close[t]) / (high - low) if high != low else 0.0
    return (out,)


def APO(bar, fast=12, slow=26):
    fast, slow = min(fast, slow), max(fast, slow)
    return (each(lambda f, s: f - s, sma(bar.close, fast), sma(bar.close, slow)),)


def PPO(bar, fast=12, slow=26):
    fast, slow = min(fast, slow), max(fast, slow)
    return (each(lambda f, s: (f - s) / s * 100 if s != 0 else 0.0, sma(bar.close, fast), sma(bar.close, slow)),)


def AD(bar):
    out, total = [], 0.0
    for h, l, c, v in zip(bar.high, bar.low, bar.close, bar.volume):
        if h > l:
            total += ((c - l) - (h - c)) / (h - l) * v
        out.append(total)
    return (out,)


def ADOSC(bar, fast=3, slow=10):
    (ad,) = AD(bar)
    out, f, s = [], None, None
    for value in ad:
        f = value if f is None else f + (value - f) * 2 / (fast + 1)
        s = value if s is None else s + (value - s) * 2 / (slow + 1)
        out.append(f - s)
    return (after(max(fast, slow) - 1, out),)


def SAR(bar, acceleration=0.02, maximum=0.2):
    h, l = bar.high, bar.low
    out = [None] * len(h)
    if len(h) < 2:
        return (out,)
    acceleration = min(acceleration, maximum)
    up, down = h[1] - h[0], l[0] - l[1]
    long = not (down > 0 and down > up)  # the side comes from the first two bars' movement
    extreme, sar, step = (h[1], l[0], acceleration) if long else (l[1], h[0], acceleration)
    before = (h[1], l[1])
    for t in range(1, len(h)):
        high, low = h[t], l[t]
        if long:
            if low <= sar:
                long, sar = False, max(extreme, before[0], high)
                out[t] = sar
                step, extreme = acceleration, low
                sar = max(sar + step * (extreme - sar), before[0], high)
            else:
                out[t] = sar
                if high > extreme:
                    extreme, step = high, min(step + acceleration, maximum)
                sar = min(sar + step * (extreme - sar), before[1], low)
        elif high >= sar:
            long, sar = True, min(extreme, before[1], low)
            out[t] = sar
            step, extreme = acceleration, high
            sar = min(sar + step * (extreme - sar), before[1], low)
        else:
            out[t] = sar
            if low < extreme:
                extreme, step = low, min(step + acceleration, maximum)
            sar = max(sar + step * (extreme - sar), before[0], high)
        before = (high, low)
    return (out,)


class Bars:
    def __init__(self, high, low, close, volume):
        self.high, self.low, self.close, self.volume = high, low, close, volume


# word of the language -> (function, which of its outputs, TA-Lib's names of its parameters, as the old program spells them)
WORDS = {
    "AD": (AD, 0, ()),
    "ADOSC": (ADOSC, 0, ("ADOSC_fastperiod", "ADOSC_slowperiod")),
    "ADXR": (ADXR, 0, ("ADXR_timeperiod",)),
    "APO": (APO, 0, ("APO_fastperiod", "APO_slowperiod")),
    "AROOND": (AROON, 0, ("AROON_timeperiod",)),
    "AROONU": (AROON, 1, ("AROON_timeperiod",)),
    "ATR": (ATR, 0, ("ATR_timeperiod",)),
    "BBU": (BBANDS, 0, ("BBANDS_timeperiod", "BBANDS_nbdevup", "BBANDS_nbdevdn")),
    "BBM": (BBANDS, 1, ("BBANDS_timeperiod", "BBANDS_nbdevup", "BBANDS_nbdevdn")),
    "BBL": (BBANDS, 2, ("BBANDS_timeperiod", "BBANDS_nbdevup", "BBANDS_nbdevdn")),
    "CCI": (CCI, 0, ("CCI_timeperiod",)),
    "DIM": (DIM, 0, ("DI_timeperiod",)),
    "DIP": (DIP, 0, ("DI_timeperiod",)),
    "MACD": (MACD, 0, ("MACD_fastperiod", "MACD_slowperiod", "MACD_signalperiod")),
    "MACDS": (MACD, 1, ("MACD_fastperiod", "MACD_slowperiod", "MACD_signalperiod")),
    "MACDH": (MACD, 2, ("MACD_fastperiod", "MACD_slowperiod", "MACD_signalperiod")),
    "MFI": (MFI, 0, ("MFI_timeperiod",)),
    "MOM": (MOM, 0, ("MOM_timeperiod",)),
    "OBV": (OBV, 0, ()),
    "PPO": (PPO, 0, ("PPO_fastperiod", "PPO_slowperiod")),
    "ROC": (ROC, 0, ("ROC_timeperiod",)),
    "RSI": (RSI, 0, ("RSI_timeperiod",)),
    "SAR": (SAR, 0, ("SAR_acceleration", "SAR_maximum")),
    "STOCHSK": (STOCH, 0, ("STOCHS_fastk_period", "STOCHS_slowk_period", "STOCHS_slowd_period")),
    "STOCHSD": (STOCH, 1, ("STOCHS_fastk_period", "STOCHS_slowk_period", "STOCHS_slowd_period")),
    "STOCHFK": (STOCHF, 0, ("STOCHF_fastk_period", "STOCHF_fastd_period")),
    "STOCHFD": (STOCHF, 1, ("STOCHF_fastk_period", "STOCHF_fastd_period")),
    "WILLR": (WILLR, 0, ("WILLR_timeperiod",)),
}
