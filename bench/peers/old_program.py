"""Condition texts as the program works that they come from: a closure for each word made anew on every row, and the text handed to
exec() on every row. Written for the comparison, after the rules of docs/conditions.md; the text is compiled to byte code once."""
import math
import time

import numpy as np

from worker import serve

state = {}

FIELDS = """현재가 시가 고가 저가 등락율 당일거래대금 체결강도 거래대금증감 전일비 회전율 전일동시간비 시가총액 라운드피겨위5호가이내 초당매수수량
초당매도수량 VI해제시간 VI가격 VI호가단위 초당거래대금 고저평균대비등락율 매도총잔량 매수총잔량 매도호가5 매도호가4 매도호가3 매도호가2
매도호가1 매수호가1 매수호가2 매수호가3 매수호가4 매수호가5 매도잔량5 매도잔량4 매도잔량3 매도잔량2 매도잔량1 매수잔량1 매수잔량2 매수잔량3
매수잔량4 매수잔량5 매도수5호가잔량합 관심종목""".split()
AT = {name: i + 1 for i, name in enumerate(FIELDS)}  # column 0 is the index

# Every history form and every window is a function of the row's method, as the old program has them. Written out by this loop.
HISTORY = "\n".join(f"        def {name}N(pre): return Previous({i}, pre)" for name, i in AT.items())
UNPACK = "\n".join(f"        {name} = row[{i}]" for name, i in AT.items())
METHOD = f"""
class Strategy:
    def __init__(self, rows, buy, sell, variables):
        self.rows, self.buystg, self.sellstg, self.vars = rows, buy, sell, variables
        self.held, self.index_of_buy = False, -1
        self.buys, self.sells = [], []

    def Buy(self):
        self.bought = True

    def Sell(self):
        self.sold = True

    def on_row(self, now, first):
        rows = self.rows
        row = rows[now].tolist()
        시분초 = int(row[0]) % 1000000
        데이터길이 = now - first + 1
        호가단위 = row[{AT['VI호가단위']}]
        VI아래5호가 = row[{AT['VI가격']}] - 5 * row[{AT['VI호가단위']}]
{UNPACK}

        def Previous(column, pre):
            if pre != -1:
                return rows[now - pre, column] if pre < 데이터길이 else 0
            return rows[self.index_of_buy, column] if self.held else 0

        def Last(tick, pre):
            if pre == -1:
                return self.index_of_buy + 1 if self.held and self.index_of_buy - first + 1 >= tick else 0
            return now + 1 - pre if tick + pre <= 데이터길이 else 0

        def Area(column, tick, pre, of):
            last = Last(tick, pre)
            return of(rows[last - tick:last, column]) if last else 0

        def Angle(column, tick, pre, factor):
            last = Last(tick, pre)
            if not last: return 0
            change = rows[last - 1, column] - rows[last - tick, column]
            return round(math.atan2(change * factor, tick) / (2 * math.pi) * 360, 2)

{HISTORY}
        def 이동평균(tick, pre=0): return round(float(Area({AT['현재가']}, tick, pre, np.mean)), 3)
        def 최고현재가(tick, pre=0): return Area({AT['현재가']}, tick, pre, np.max)
        def 최저현재가(tick, pre=0): return Area({AT['현재가']}, tick, pre, np.min)
        def 체결강도평균(tick, pre=0): return round(float(Area({AT['체결강도']}, tick, pre, np.mean)), 3)
        def 최고체결강도(tick, pre=0): return Area({AT['체결강도']}, tick, pre, np.max)
        def 최저체결강도(tick, pre=0): return Area({AT['체결강도']}, tick, pre, np.min)
        def 최고초당매수수량(tick, pre=0): return Area({AT['초당매수수량']}, tick, pre, np.max)
        def 최고초당매도수량(tick, pre=0): return Area({AT['초당매도수량']}, tick, pre, np.max)
        def 누적초당매수수량(tick, pre=0): return Area({AT['초당매수수량']}, tick, pre, np.sum)
        def 누적초당매도수량(tick, pre=0): return Area({AT['초당매도수량']}, tick, pre, np.sum)
        def 초당거래대금평균(tick, pre=0): return int(Area({AT['초당거래대금']}, tick, pre, np.mean))
        def 등락율각도(tick, pre=0): return Angle({AT['등락율']}, tick, pre, 5)
        def 당일거래대금각도(tick, pre=0): return Angle({AT['당일거래대금']}, tick, pre, 0.01)
        def 전일비각도(tick, pre=0): return Angle({AT['전일비']}, tick, pre, 1)

        was_held = self.held
        opened = 데이터길이 >= self.vars[0] and not (매도잔량5 == 0 and 매수잔량5 == 0)
        if was_held:
            매입가 = self.paid
            수익률 = round((현재가 / 매입가 - 1) * 100, 2)
            self.best, self.worst = max(self.best, 수익률), min(self.worst, 수익률)
            최고수익률, 최저수익률 = self.best, self.worst
            보유시간 = now - self.index_of_buy  # a row a second
            매수틱번호 = self.index_of_buy - first
            if opened:
                self.sold, 매도 = False, False
                exec(self.sellstg)
                if self.sold:
                    self.sells.append(now - first)
                    self.held = False
        elif opened and 관심종목 == 1:
            self.bought, 매수 = False, True
            exec(self.buystg)
            if self.bought and 매도호가1 != 0 and now + 1 < self.end:
                self.buys.append(now - first)
                self.held, self.index_of_buy, self.paid, self.best, self.worst = True, now, 매도호가1, 0, 0
        if self.held and now + 1 == self.end:
            self.sells.append(now - first)
            self.held = False
"""


def load(rows, columns, length, buy, sell, variables):
    """`rows`: a file of doubles, the index and the columns; `length` rows an instrument."""
    names = {}
    exec(METHOD, globals(), names)
    assert columns == FIELDS
    table = np.fromfile(rows).reshape(-1, len(columns) + 1)
    values = [0.0] * 1000
    values[0] = 30
    for line in variables.splitlines():
        name, value = line.split(" = ")
        values[int(name[len("self.vars[") : -1])] = float(value)
    state.update(
        strategy=names["Strategy"], table=table, length=length, values=values,
        buy=compile(buy + "if 매수: self.Buy()\n", "<buy>", "exec"), sell=compile(sell + "if 매도: self.Sell()\n", "<sell>", "exec"),
    )  # fmt: skip
    return {"instruments": len(table) // length}


def run():
    strategy = state["strategy"](state["table"], state["buy"], state["sell"], state["values"])
    instruments, length = len(state["table"]) // state["length"], state["length"]
    trades = []
    began = time.process_time()
    for instrument in range(instruments):
        first = instrument * length
        strategy.end, strategy.held, strategy.buys, strategy.sells = first + length, False, [], []
        for now in range(first, first + length):
            strategy.on_row(now, first)
        trades += [[instrument, buy, sell] for buy, sell in zip(strategy.buys, strategy.sells)]
    return {"seconds": time.process_time() - began, "trades": trades, "rows": len(state["table"])}


if __name__ == "__main__":
    serve("old program's way", {"load": load, "run": run})
