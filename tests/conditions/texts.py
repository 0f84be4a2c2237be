"""Seeded texts and rows of the shapes that users have, and small random programs.

`scenario(seed)`: a pair of texts of 100 to 1,000 lines in bands of time and market value, with up to 188 variables, the words by
the frequencies counted over 138 texts of real users, pasted as editors leave them; and rows of a stock or a coin, of seconds
or minutes, over days, with zeros, gaps, closed books and missing columns. A rejection is kept only where it turns away few of
the rows at hand, so that the texts trade.

`program(seed)`: a few lines of any expressions over a few rows full of zeros: what a compiler must get right, and what stops.

usage: texts.py SEED [program]     (writes buy.txt, sell.txt, rows.csv, vars.txt, named.txt and the command to run here)
"""

import datetime
import pathlib
import random
import sys
import unicodedata

import reference

DECORATIONS = ["=" * 30, "-" * 40, "#" * 12, "시간대별 조건", "매수 조건 시작", "단타", "눌림목", "체결강도 급증", "수정 3차", "TODO 최적화"]


class Scenario:
    def __init__(self, seed, market, rows, buy, sell, variables, named, trace):
        self.seed, self.market, self.rows, self.buy, self.sell = seed, market, rows, buy, sell
        self.variables, self.named, self.trace = variables, named, trace

    def reference(self, breaks=()):
        rows = reference.read_rows(self.rows, self.market, breaks)
        return reference.run(self.buy, self.sell, rows, self.variables, self.named, self.trace, breaks)

    def write(self, folder):
        """The arguments of `stom condition run` for it."""
        folder = pathlib.Path(folder)
        files = {"buy": self.buy, "sell": self.sell, "rows": self.rows, "vars": self.variables, "named": self.named}
        arguments = ["--market", self.market]
        for name, text in files.items():
            path = folder / f"{name}.{'csv' if name == 'rows' else 'txt'}"
            path.write_bytes(text.encode())
            arguments += ["--" + name, str(path)]
        return arguments + (["--trace", self.trace] if self.trace else [])


# Rows ----------------------------------------------------------------------------------------------------------------


def make_rows(random, market, minute, days=2, rows_a_day=180):
    """(csv text, parsed rows)."""
    stock = market == "stock"
    per = "분당" if minute else "초당"
    price = random.choice([1450, 1990, 4900, 19800, 48000, 71300, 190000]) if stock else random.choice([0.512, 83.4, 3120, 151_000_000])
    shares = random.uniform(800, 6000) / price
    decimals = 0 if stock or price > 10000 else 2 if price > 10 else 5
    day = datetime.datetime(2024, 3, random.randrange(4, 20), 9 if stock else random.choice([0, 9, 15]))
    index, table = [], []
    for number in range(days):
        previous = price
        price *= random.uniform(0.98, 1.03)
        at, opened, high, low = day + datetime.timedelta(days=number), None, 0, 10**18
        if not minute:
            at += datetime.timedelta(seconds=random.randrange(0, 40))
        money = bought = sold = 0.0
        pace = random.uniform(0.5, 2)
        vi_price, released = previous * 11 // 10, 0
        trend, volatility = 0.0, random.uniform(0.0006, 0.0018)
        for t in range(rows_a_day + random.randrange(20)):
            if random.random() < 0.03:
                trend = random.choice([0, 0, 1, -1]) * random.uniform(0.0002, 0.0012)
            price *= 1 + trend + random.gauss(0, volatility)
            stamp = int(at.strftime("%Y%m%d%H%M" if minute else "%Y%m%d%H%M%S"))
            tick = reference.krx_tick(price, stamp) if stock else 10**-decimals
            last = max(tick, round(price / tick) * tick)
            last = int(last) if stock else round(last, decimals)
            opened = opened or last
            high, low = max(high, last), min(low, last)
            burst = 6 if trend > 0 else 1
            buy_volume = random.choice([0, 1, 1, 1]) * int(random.expovariate(1 / (120 * burst * pace)))
            sell_volume = random.choice([0, 1, 1, 1]) * int(random.expovariate(1 / (120 * pace)))
            if not stock and random.random() < 0.9:
                buy_volume, sell_volume = round(buy_volume / 700, 4), round(sell_volume / 700, 4)
            bought, sold = bought + buy_volume, sold + sell_volume
            traded = (buy_volume + sell_volume) * last
            money += traded
            scale = 1_000_000 if stock else 1
            row = {
                "현재가": last,
                "시가": opened,
                "고가": high,
                "저가": low,
                "등락율": round((last / previous - 1) * 100, 2),
                "당일거래대금": round(money / scale, 0 if stock else 2),
                "체결강도": min(round(bought / sold * 100, 2), 500.0) if sold else 500.0 if bought else 0.0,
                per + "매수수량": buy_volume,
                per + "매도수량": sell_volume,
                per + "거래대금": round(traded / scale, 0 if stock else 2),
                "고저평균대비등락율": round((last / ((high + low) / 2) - 1) * 100, 2),
                "관심종목": 0 if random.random() < 0.04 else 1,
            }
            if minute:
                swing = [last, last + random.randrange(4) * tick, max(tick, last - random.randrange(4) * tick)]
                row["분봉시가"] = random.choice(swing)
                row["분봉고가"], row["분봉저가"] = round(swing[1], 8), round(swing[2], 8)
            if stock:
                if random.random() < 0.01:
                    released = int(at.strftime("%Y%m%d%H%M%S"))
                row["거래대금증감"] = round(random.gauss(30, 20), 2)
                row["전일비"] = round(money / scale / 900 * 100, 2)
                row["회전율"] = round((bought + sold) / shares / 1e6, 2)
                row["전일동시간비"] = round(random.uniform(40, 400), 2)
                row["시가총액"] = int(last * shares)
                row["라운드피겨위5호가이내"] = int(2000 <= last <= 2025 or 5000 <= last <= 5050 or 20000 <= last <= 20250 or 50000 <= last <= 50500)
                row["VI해제시간"], row["VI가격"], row["VI호가단위"] = released, int(vi_price), int(reference.krx_tick(vi_price, stamp))
            empty = random.random() < 0.02
            asks, bids = random.randrange(1, 3), random.randrange(0, 3)
            totals = [0, 0]
            for level in range(1, 6):
                for side, (name, sign) in enumerate((("매도", 1), ("매수", -1))):
                    away = (level - 1 + (asks if sign > 0 else bids)) * tick * sign
                    size = 0 if empty else int(random.expovariate(1 / 900))
                    row[f"{name}호가{level}"] = 0 if empty else round(max(tick, last + away), 8)
                    row[f"{name}잔량{level}"] = size
                    totals[side] += size
            if random.random() < 0.01:
                row["매도호가1"] = 0
            row["매도총잔량"], row["매수총잔량"] = totals[0] * 3, totals[1] * 3
            row["매도수5호가잔량합"] = sum(totals)
            index.append(stamp)
            table.append(row)
            at += datetime.timedelta(minutes=1) if minute else datetime.timedelta(seconds=random.choice([1, 1, 1, 1, 2, 3, 8]))
    names = list(table[0])
    for name in ("매도호가1", "관심종목", "전일동시간비", "매수총잔량", "고저평균대비등락율"):
        if name in names and random.random() < 0.12:
            names.remove(name)  # as old files lack some
    if random.random() < 0.1:
        names = [n for n in names if n not in ("매도잔량5", "매수잔량5")]
    if random.random() < 0.5:
        random.shuffle(names)
    lines = [",".join(["index", *names])]
    for stamp, row in zip(index, table):
        cells = ["" if row[n] == 0 and random.random() < 0.3 else str(row[n]) for n in names]
        lines.append(",".join([str(stamp), *cells]))
    text = "\n".join(lines) + "\n"
    if random.random() < 0.15:
        text = unicodedata.normalize("NFD", text)
    if random.random() < 0.15:
        text = "\ufeff" + text
    return text, reference.read_rows(text, market)


# Texts of users ------------------------------------------------------------------------------------------------------


def named_file(lines):
    """The file of names whose lines are `head: expression`."""
    return "".join(f"{head}: {expression}\n" for head, expression in lines.items())


def conditions_of(factors):
    """The names that 경과틱수 may look at."""
    return [name for name, factor in factors.items() if factor.parameters is None]


def factors_of_users(random, per):
    """Names of a user's own, each over those above it; n and k are rows, 기간 is a number, what else there is any value."""
    return {
        "기울기(n)": "(체결강도 - 체결강도N(n)) / n",
        "괴리(값, n)": "(값 / 이동평균(n) - 1) * 100 if 이동평균(n) else 0",
        "가속(n)": "기울기(n) - 기울기(n * 2)",
        "순매수": f"{per}매수수량 - {per}매도수량",
        "순매수대금(현재가)": "순매수 * 현재가 / 1_000_000",  # the parameter, not the field
        "돌파(값, n, k)": "값 - 최고현재가(n, k)",
        "상대강도(기간)": "RSI(기간) - 50",
        "강세": "괴리(현재가, 20) > 0 and 순매수 > 0",
        random.choice(["현재가", "체결강도N(n)"]): "0",  # words keep their meaning
        "겹침(값)": "괴리(값, 5) + 괴리(값 + 1, 10)",
    }


class Words:
    """Numbers that a text may look at, as often as users do, with what they are worth on the rows at hand."""

    def __init__(self, random, rows, factors):
        self.random, self.rows, self.factors = random, rows, factors
        self.per = "분당" if rows.minute else "초당"
        self.stock = rows.market == "stock"
        self.machine = reference.Machine(rows, conditions_of(factors), ())
        self.numbers = reference.Numbers(lambda name: False)
        self.sample = sorted(random.sample(range(rows.size), min(rows.size, 60)))
        self.locals = {}  # name of a local -> the expression that it stands for
        self.known = {}

    def window(self):
        per, r = self.per, self.random
        common = [
            (550, "등락율각도(30)"),
            (372, "이동평균(60)"),
            (272, "이동평균(20)"),
            (259, per + "거래대금평균(30)"),
            (219, "체결강도평균(30)"),
            (90, f"당일거래대금각도({r.choice([10, 20, 30])})"),
            (80, f"최고현재가({r.choice([10, 30, 60])})"),
            (60, f"최저현재가({r.choice([10, 30, 60])})"),
            (60, f"최고체결강도({r.choice([10, 30])})"),
            (50, f"최저체결강도({r.choice([10, 30])})"),
            (60, f"최고{per}매수수량({r.choice([5, 30])})"),
            (40, f"최고{per}매도수량({r.choice([5, 30])})"),
            (70, f"누적{per}매수수량({r.choice([5, 10, 30])})"),
            (60, f"누적{per}매도수량({r.choice([5, 10, 30])})"),
            (40, f"이동평균({r.choice([5, 10, 30, 120])}, {r.choice([1, 2, 5])})"),
            (40, f"등락율각도({r.choice([5, 10, 60])}, 1)"),
            (30, f"체결강도평균({r.choice([5, 60])}, 1)"),
        ]
        if self.stock:
            common.append((60, f"전일비각도({r.choice([10, 30])})"))
        if self.rows.minute:
            common += [(60, "최고분봉고가(20)"), (60, "최저분봉저가(20)")]
        return r.choices([w for _, w in common], [c for c, _ in common])[0]

    def field(self):
        per = self.per
        common = [
            (100, "현재가"),
            (98, "체결강도"),
            (90, "등락율"),
            (85, per + "매수수량"),
            (85, per + "매도수량"),
            (60, per + "거래대금"),
            (55, "당일거래대금"),
            (55, "고가"),
            (50, "매수총잔량"),
            (45, "매도총잔량"),
            (50, "매도호가1"),
            (50, "매수호가1"),
            (30, "고저평균대비등락율"),
            (20, "저가"),
            (20, "시가"),
            (20, "매도잔량1"),
            (20, "매수잔량1"),
            (15, "매도수5호가잔량합"),
            (10, "매수잔량5"),
            (10, "데이터길이"),
            (10, "호가단위"),
        ]
        if self.stock:
            common += [(55, "VI아래5호가"), (60, "전일비"), (50, "회전율"), (30, "전일동시간비"), (20, "거래대금증감"), (50, "시가총액")]
            common += [(15, "VI가격"), (10, "VI호가단위")]
        if self.rows.minute:
            common += [(30, "분봉시가"), (30, "분봉고가"), (30, "분봉저가")]
        return self.random.choices([w for _, w in common], [c for c, _ in common])[0]

    def history(self):
        while True:
            name = self.field()
            if name not in ("데이터길이", "호가단위"):
                return f"{name}N({self.random.choice([1, 1, 1, 1, 2, 3, 5, 10])})"

    def indicator(self):
        return self.random.choice(
            ["RSI(14)", "RSI(14)", "RSI", "RSI(7)", "RSI_N(1)", "MACD(8, 17, 5)", "MACD", "MACDS", "MACDH", "CCI", "CCI(20)", "ATR", "BBU", "BBL", "BBM"]
            + ["ADXR", "DIP", "DIM", "AROONU", "AROOND", "STOCHSK", "STOCHSD", "STOCHFK", "STOCHFD", "WILLR", "WILLR(20)", "MFI"]
            + ["ROC", "ROC(5)", "MOM", "MOM(3)", "OBV", "AD", "ADOSC", "APO", "PPO", "SAR", "ATR_N(2)", "CCI_N(1)", "OBV_N(3)"]
        )

    def argument(self, parameter):
        """(as written, as evaluated) of what stands for it."""
        r = self.random
        if parameter == "n":
            rows = r.choice(["5", "10", "20", "30", "2 * 5", "min(데이터길이, 20)"])
        elif parameter == "k":
            rows = r.choice(["0", "1", "2"])
        elif parameter == "기간":
            rows = r.choice(["7", "14"])
        else:
            return self.value()
        return rows, rows

    def factor(self):
        factor = self.random.choice(list(self.factors.values()))
        if factor.parameters is None:
            return factor.name, factor.name
        given = zip(*(self.argument(parameter) for parameter in factor.parameters))
        return tuple(f"{factor.name}({', '.join(arguments)})" for arguments in given)

    def value(self):
        """(as written, as the reference can evaluate it without the text)."""
        if self.factors and self.random.random() < 0.2:
            return self.factor()
        kind = self.random.random()
        if kind < 0.3 and self.locals:
            name = self.random.choice(list(self.locals))
            return name, f"({self.locals[name]})"
        word = self.field() if kind < 0.55 else self.window() if kind < 0.8 else self.history()
        return word, word

    def on(self, expression):
        """Its values on the sample, None where the text would stop."""
        if expression in self.known:
            return self.known[expression]
        program = reference.Program(expression, "expression", self.rows, named=self.machine.since, factors=self.factors)
        out = []
        for self.machine.t in self.sample:
            try:
                out.append(program.function({}, self.machine, self.numbers))
            except reference.STOPS:
                out.append(None)
        self.known[expression] = out
        return out


class TextMaker:
    def __init__(self, random, rows, kind, words, lines, named):
        self.random, self.rows, self.kind, self.words, self.target, self.named = random, rows, kind, words, lines, named
        self.lines, self.vars = [], {}
        self.max_vars = random.choice([0, 0, 12, 40, 100, 188])

    def threshold(self, value):
        text = repr(round(value, 2)) if abs(value) < 1000 else str(int(value))
        if self.max_vars and len(self.vars) < self.max_vars and self.random.random() < 0.7:
            i = len(self.vars) + 1
            self.vars[i] = float(text)
            return f"self.vars[{i}]", text
        return text, text

    def comparison(self, most):
        """(as written, as evaluated): true on few rows, at most the share `most` of them."""
        r, words = self.random, self.words
        for _ in range(60):
            form = r.random()
            a, a_is = words.value()
            if form < 0.62:
                values = sorted(v for v in words.on(a_is) if v is not None)
                if not values or values[0] == values[-1]:
                    continue
                low = values[int(r.uniform(0.002, most) * len(values))]
                high = values[-1 - int(r.uniform(0.002, most) * len(values))]
                if form < 0.22:
                    t, t_is = self.threshold(low)
                    pair = f"{a} < {t}", f"{a_is} < {t_is}"
                elif form < 0.44:
                    t, t_is = self.threshold(high)
                    pair = f"{a} > {t}", f"{a_is} > {t_is}"
                elif low < high:
                    (t, t_is), (u, u_is) = self.threshold(low), self.threshold(high)
                    pair = f"not {t} <= {a} <= {u}", f"not {t_is} <= {a_is} <= {u_is}"
                else:
                    continue
            else:
                b, b_is = words.value()
                factor = round(r.uniform(0.2, 4), 2)
                op = r.choice(["<", ">", "<=", ">="])
                shape = r.choice(["{a} {op} {b} * {f}", "{a} - {b} {op} {f}", "{a} {op} {b}", "abs({a} - {b}) {op} {f}", "{a} / {b} {op} {f}"])
                shape = r.choice([shape, shape, "({a} + {b}) / 2 {op} {f}", "max({a}, {b}) {op} {f}", "round({a} / {f}, 1) {op} {b}", "{a} % {f} {op} {b}"])
                pair = shape.format(a=a, b=b, op=op, f=factor), shape.format(a=a_is, b=b_is, op=op, f=factor)
            held = words.on(pair[1])
            stops = held.count(None)
            share = sum(1 for v in held if v or v is None) / len(held)
            if share <= most + 0.02 and stops <= len(held) * 0.04 and pair[0].count("self.vars") < 3:
                return pair
        return "현재가 <= 0", "현재가 <= 0"

    def rejection(self, most):
        r = self.random
        first, first_is = self.comparison(most)
        if r.random() < 0.25:
            second, second_is = self.comparison(1)
            joined = r.choice(["{} and {}", "{} and not {}"])
            return joined.format(f"({first})", f"({second})")
        if r.random() < 0.1:
            second, second_is = self.comparison(most / 2)
            return f"{first} or {second}"
        return first

    def put(self, depth, text):
        self.lines.append("    " * depth + text)

    def comment(self, depth=0):
        r = self.random
        if r.random() < 0.4:
            self.put(depth, "# " + r.choice(DECORATIONS))
        elif r.random() < 0.2:
            self.lines.append("" if r.random() < 0.7 else "    " * depth)

    def prelude(self):
        r, words, per = self.random, self.words, self.words.per
        choices = {
            f"{per}순매수수량": f"{per}매수수량 - {per}매도수량",
            f"{per}순매수금액": f"({per}매수수량 - {per}매도수량) * 현재가 / 1_000_000",
            "호가차이": "매도호가1 - 매수호가1",
            "고가대비": "(현재가 / 고가 - 1) * 100 if 고가 > 0 else 0",
            "평균차": "이동평균(20) - 이동평균(60)",
            "강도차": "체결강도 - 체결강도평균(30)",
            "직전등락": "등락율 - 등락율N(1)",
            "잔량비": "매수총잔량 / 매도총잔량 if 매도총잔량 else 0",
            "평균": "sum([현재가N(1), 현재가N(2), 현재가N(3)]) / 3",
            "최대강도": "max(체결강도N(1), 체결강도N(2), 체결강도)",
            "거래대금배수": f"{per}거래대금 / max({per}거래대금평균(30), 1)",
        }
        if words.stock:
            choices["시총비중"] = "당일거래대금 / 시가총액 * 100 if 시가총액 else 0"
        chosen = r.sample(list(choices), min(len(choices), r.randrange(3, 9)))
        for name in chosen:
            self.put(0, f"{name} = {choices[name]}")
            words.locals[name] = choices[name]
            if r.random() < 0.2:
                self.comment()
        if r.random() < 0.3:
            self.put(0, "상승횟수 = 0")
            self.put(0, "for i in range(5):")
            self.put(1, "if 현재가N(i) > 현재가N(i + 1): 상승횟수 += 1")
            words.locals["상승횟수"] = " + ".join(f"(현재가N({i}) > 현재가N({i + 1}))" for i in range(5))
        if r.random() < 0.2:
            self.put(0, "이동평균60 = 이동평균(60); 이동평균20 = 이동평균(20)")
            words.locals |= {"이동평균60": "이동평균(60)", "이동평균20": "이동평균(20)"}
        if r.random() < 0.15:
            self.put(0, "이동평균 = 이동평균(20)")
            words.locals["이동평균"] = "이동평균(20)"
        with_rsi = r.random() < 0.25
        if with_rsi or self.rows.minute or r.random() < 0.3:
            for _ in range(r.randrange(1, 4)):
                word = "RSI(14)" if with_rsi else words.indicator()
                name = "지표" + str(len(words.locals))
                self.put(0, f"{name} = {word}")
                words.locals[name] = word
                with_rsi = False
        for name in self.named:
            if r.random() < 0.7:
                self.put(0, f"경과_{name} = 경과틱수('{name}')")
                words.locals["경과_" + name] = f"경과틱수('{name}')"
        if "기울기" in words.factors and r.random() < 0.5:  # a bare name is then the text's, a call is not
            self.put(0, "기울기 = 기울기(30)")
            words.locals["기울기"] = "기울기(30)"

    def bands(self):
        """Cuts of the time and of the market value (of a coin: the change), from the rows."""
        r, c = self.random, self.rows.columns
        count = max(1, min(12, self.target // 70))
        times = sorted(set(c["시분초"]))
        cuts = sorted({int(times[len(times) * i // (count + 1)]) for i in range(1, count + 1)})
        by = "시가총액" if self.words.stock else "등락율"
        values = sorted(c[by])
        halves = max(1, min(4, self.target // 200))
        splits = sorted({round(values[len(values) * i // (halves + 1)], 2) for i in range(1, halves + 1)})
        return cuts, by, splits

    def chain(self, depth, length):
        """A band's rejections (buying) or exits (selling)."""
        r = self.random
        most = min(0.3, 0.6 / length) if self.kind == "buy" else 0.04
        signal = "매수 = False" if self.kind == "buy" else "매도 = True"
        style = r.choice(["elif", "elif", "if", "nested"])
        for i in range(length):
            self.comment(depth) if r.random() < 0.15 else None
            condition = self.exit() if self.kind == "sell" and r.random() < 0.5 else self.rejection(most)
            keyword = "if" if i == 0 or style != "elif" else "elif"
            tail = "" if r.random() < 0.85 else "  # " + r.choice(DECORATIONS)
            if style == "nested" and self.kind == "buy" and i + 1 < length and depth < 6:
                self.put(depth, f"if not ({condition}):{tail}")
                self.put(depth + 1, "pass")
                self.put(depth, "else:")
                self.put(depth + 1, signal)
            elif r.random() < 0.2:
                self.put(depth, f"{keyword} {condition}: {signal}{tail}")
            elif r.random() < 0.1 and " and " in condition:
                head, rest = condition.split(" and ", 1)
                self.put(depth, f"{keyword} ({head} and{tail}")
                self.put(depth + 2, f"{rest}):")
                self.put(depth + 1, signal)
            else:
                self.put(depth, f"{keyword} {condition}:{tail}")
                self.put(depth + 1, signal)

    def exit(self):
        r = self.random
        form = r.randrange(12)
        held = r.choice([20, 30, 60, 120]) // (10 if self.rows.minute else 1)
        gain, loss = round(r.uniform(0.2, 1.5), 2), round(r.uniform(0.2, 1.2), 2)
        if form < 3:
            return f"수익률 >= {self.threshold(gain)[0]}"
        if form < 5:
            return f"수익률 <= {self.threshold(-loss)[0]}"
        if form < 7:
            return f"최고수익률 > {gain} and 최고수익률 - 수익률 >= {self.threshold(loss)[0]}"
        if form == 7:
            return f"보유시간 > {held} and 수익률 > {round(r.uniform(-0.5, 0.3), 2)}"
        if form == 8:
            return f"보유시간 >= {held * 3}"
        if form == 9:
            return f"최저수익률 < {-loss} and 수익률 > 0"
        if form == 10:
            return r.choice(["현재가 > 최고현재가(30, -1) * 1.01", "체결강도 < 체결강도N(-1) - 30", "현재가 < 매입가 and 등락율각도(30) < -20"])
        return f"데이터길이 - 매수틱번호 > {held} and 현재가 >= 현재가N(-1)"

    def make(self):
        r = self.random
        for _ in range(r.randrange(0, 3)):
            self.comment()
        self.prelude()
        body_at = len(self.lines)
        cuts, by, splits = self.bands()
        leaves = (len(cuts) + 1) * (len(splits) + 1)
        length = max(3, min(14, int((self.target - len(self.lines)) / (leaves * 2.2))))
        last = 235959 if self.kind == "buy" and r.random() < 0.7 else None
        for i in range(len(cuts) + 1):
            since = cuts[i - 1] if i else 0
            if i == len(cuts):
                head = "else" if last is None else f"elif 시분초 <= {last}"
            elif i and r.random() < 0.6:
                head = f"elif {since} <= 시분초 < {cuts[i]}"
            else:
                head = ("elif " if i else "if ") + f"시분초 < {cuts[i]}"
            self.put(0, head + ":")
            for j in range(len(splits) + 1):
                if j == len(splits):
                    self.put(1, "else:")
                else:
                    self.put(1, ("elif " if j else "if ") + f"{by} < {splits[j]}:")
                self.comment(2)
                self.chain(2, length)
        if last is not None:
            self.put(0, "else:")
            self.put(1, "매수 = False")
        if self.kind == "sell":
            for condition in (f"수익률 <= {round(r.uniform(-3, -1), 2)}", f"수익률 >= {round(r.uniform(1, 4), 2)}"):
                self.put(0, f"if {condition}:")
                self.put(1, "매도 = True")
        while len(self.lines) < min(self.target, 100):
            if r.random() < 0.4:
                self.lines.append("")
            condition = self.exit() if self.kind == "sell" else self.rejection(0.01)
            self.put(0, f"if {condition}:")
            self.put(1, "매수 = False" if self.kind == "buy" else "매도 = True")
        if r.random() < 0.7:
            self.put(0, "if 매수:" if self.kind == "buy" else "if 매도:")
            call = "self.Buy(종목코드, 종목명, 매수수량, 현재가, 매도호가1, 매수호가1, 데이터길이)"
            self.put(1, call if self.kind == "buy" else call.replace("Buy", "Sell").replace("매수수량", "매도수량"))
        return self.lines, body_at


def pasted(random, lines):
    """Tabs or spaces, one way in one text; CRLF; decomposed Hangul; full-width spaces; trailing spaces."""
    text = "\n".join(lines) + ("\n" if random.random() < 0.8 else "")
    if random.random() < 0.3:
        out = []
        for line in text.split("\n"):
            body = line.lstrip(" ")
            out.append("\t" * ((len(line) - len(body)) // 4) + body)
        text = "\n".join(out)
    if random.random() < 0.2:
        text = text.replace(" and ", " and\u3000").replace(", ", ",\u3000")
    if random.random() < 0.3:
        text = text.replace("\n", "  \n", random.randrange(20))
    if random.random() < 0.3:
        text = text.replace("\n", "\r\n")
    if random.random() < 0.3:
        text = unicodedata.normalize("NFD", text)
    return text


def scenario(seed):
    r = random.Random(f"scenario {seed}")
    market = r.choice(["stock", "stock", "stock", "coin"])
    minute = r.random() < 0.25
    csv, rows = make_rows(r, market, minute, r.choice([1, 2, 2, 3]), r.choice([120, 180, 240]))
    named = {}
    if r.random() < 0.3:
        named = {"급등": "등락율각도(10) > 20", "거래폭발": ("분당" if minute else "초당") + "매수수량 > 200", "신고가": "현재가 >= 최고현재가(30)"}
    named = dict(r.sample(list(named.items()), r.randrange(1, 4))) if named else named
    other = random.Random(f"factors {seed}")  # of its own, so that texts without any are what they were
    if other.random() < 0.4:
        named |= factors_of_users(other, "분당" if minute else "초당")
    factors = reference.read_factors(named_file(named))
    lines = r.choice([100, 140, 200, 200, 300, 300, 450, 700, 1000])
    out, values, words = {}, {}, None
    for kind, size in (("buy", lines), ("sell", max(100, int(lines * r.uniform(0.3, 0.9))))):
        words = Words(r, rows, factors)
        maker = TextMaker(r, rows, kind, words, size, conditions_of(factors))
        maker.vars = {i: None for i in values}  # the sell text's variables go on after the buy text's
        maker.max_vars = max(maker.max_vars, len(values))
        made, body_at = maker.make()
        own = {i: v for i, v in maker.vars.items() if v is not None}
        defaults = []
        if r.random() < 0.5:  # the text brings its defaults
            defaults = [f"self.vars[{i}] = {v!r}" for i, v in own.items()]
            if not defaults:
                own = {}
        out[kind] = pasted(r, defaults + made)
        values |= {i: (v, bool(defaults)) for i, v in own.items()}
    variables = [f"self.vars[0] = {r.choice([10, 30, 30, 30, 45])}", "# " + DECORATIONS[3]]
    for i, (v, has_default) in values.items():
        if has_default and r.random() < 0.8:
            continue
        form = r.random()
        if form < 0.4:
            variables.append(f"self.vars[{i}] = {v!r}")
        elif form < 0.7:
            variables.append(f"self.vars[{i}] = [[{v!r}, {v + 10!r}, {r.choice([0, 1, 0.5])}], {v!r}]")
        else:
            variables.append(f"self.vars[{i}] = [[{v - 1!r}, {v!r}, {v + 1!r}], {v!r}]")
    of_position = ["수익률", "최고수익률 - 최저수익률", "현재가 - 현재가N(-1)"]
    trace = r.choice([words.value()[1], words.window(), words.indicator(), f"{words.window()} - {words.window()}", words.history(), *of_position])
    return Scenario(seed, market, csv, out["buy"], out["sell"], "\n".join(variables) + "\n", named_file(named), trace)


# Small programs ------------------------------------------------------------------------------------------------------


SMALL_FACTORS = {
    "몫(a, b)": "a / (b or 1)",
    "뒤(x, k)": "x - 현재가N(k)",
    "폭(n)": "최고현재가(n) - 최저현재가(n) + 시가",  # and not what a text calls so
    "겹(a)": "몫(a + 1, a) * 2",
    "섞(현재가)": "현재가 - 고가",
    "고가": "7",  # a word
    "참값": "현재가 > 시가 or 체결강도",
    "골라(a, x)": "a if 뒤(x, 1) > 0 else -x",
}


class Program:
    def __init__(self, random, rows, kind, factors):
        self.r, self.kind, self.factors = random, kind, factors
        self.words, self.named = Words(random, rows, factors), conditions_of(factors)
        self.names = []

    def number(self):
        return self.r.choice(["0", "1", "2", "3", "0.5", "1.5", "7", "10", "100", "0.1", "30", "1e3", "2.675", "5", "12", "True", "False"])

    def factor(self, depth):
        factor = self.r.choice(list(self.factors.values()))
        if factor.parameters is None:
            return factor.name
        arguments = {"n": self.rows_of_window, "k": lambda: self.r.choice(["0", "1", "2", "데이터길이 % 3"])}
        given = [arguments.get(p, lambda: self.expression(depth))() for p in factor.parameters]
        return f"{factor.name}({', '.join(given)})"

    def expression(self, depth):
        r, e = self.r, self.expression
        if self.factors and depth >= 0 and r.random() < 0.1:
            return self.factor(depth - 1)
        if depth <= 0 or r.random() < 0.1:
            pick = r.random()
            if pick < 0.25:
                return self.number()
            if pick < 0.45 and self.names:
                return r.choice(self.names)
            if pick < 0.55 and self.kind == "sell":
                return r.choice(["수익률", "최고수익률", "최저수익률", "보유시간", "매수틱번호", "매입가", "현재가N(-1)", "이동평균(2, -1)", "체결강도N(-1)"])
            if pick < 0.6:
                return r.choice(["self.vars[1]", "self.vars[2]", "시분초", "데이터길이"])
            if pick < 0.65 and self.named:
                return f"경과틱수('{r.choice(list(self.named))}')"
            if pick < 0.8:
                return self.words.field()
            if pick < 0.9:
                return self.words.history()
            return self.words.window() if r.random() < 0.3 else self.small_window()
        d = depth - 1
        return r.choice(
            [
                lambda: f"({e(d)} {r.choice('+-*')} {e(d)})",
                lambda: f"({e(d)} / ({e(d)} or {r.choice('125')}))",
                lambda: f"({e(d)} / {e(d)})" if r.random() < 0.3 else f"({e(d)} / 4)",
                lambda: f"{e(d)} {r.choice('+-*')} {e(d)}",
                lambda: f"({e(d)} {r.choice(['//', '%'])} {r.choice([e(d), '3', '-0.7', '2.5'])})",
                lambda: f"({e(0)} ** {r.choice(['2', '2', '3', '1', '0', '0.5', '-1', e(0)])})",
                lambda: f"-{e(0)} ** 2",
                lambda: f"(-{e(d)})",
                lambda: f"not {e(d)}" if r.random() < 0.02 else f"(not {e(d)})",
                lambda: f"({e(d)} {r.choice(['and', 'or'])} {e(d)})",
                lambda: f"{e(d)} {r.choice(['and', 'or'])} {e(d)} {r.choice(['and', 'or'])} {e(d)}",
                lambda: f"({e(d)} {r.choice(['<', '<=', '>', '>=', '==', '!='])} {e(d)})",
                lambda: f"({e(d)} {r.choice(['<', '<='])} {e(d)} {r.choice(['<', '>', '!='])} {e(d)})",
                lambda: f"({e(d)} {r.choice(['in', 'not in'])} [{e(0)}, {e(0)}, {e(0)}])",
                lambda: f"({e(d)} if {e(d)} else {e(d)})",
                lambda: f"abs({e(d)})",
                lambda: f"{r.choice(['min', 'max'])}({e(d)}, {e(d)}{r.choice(['', ', ' + e(0)])})",
                lambda: f"{r.choice(['min', 'max', 'sum', 'len'])}([{e(d)}, {e(0)}, {e(0)}])",
                lambda: f"round({e(d)}{r.choice(['', ', 1', ', 2', ', -1', ', 0'])})",
                lambda: f"{r.choice(['int', 'float'])}({e(d)})",
            ]
        )()

    def rows_of_window(self):
        return self.r.choice(["2", "3", "1", "5", "2.0", "데이터길이", "데이터길이 / 2", "데이터길이 - 3", "(현재가 > 현재가N(1)) + 1"])

    def small_window(self):
        name = self.words.window().split("(")[0]
        n = self.rows_of_window()
        k = self.r.choice(["", "", ", 1", ", 2", ", 0", ", 데이터길이 - 2", ", 데이터길이 % 3"])
        return f"{name}({n}{k})"

    def statements(self, depth, count, loop=False):
        r, out, pad = self.r, [], "    " * depth
        signal = "매수" if self.kind == "buy" else "매도"
        for _ in range(count):
            form = r.random()
            if form < 0.35:
                name = r.choice(["가", "나", "다", "라", "x", "시가"])
                out.append(f"{pad}{name} = {self.expression(3)}")
                if name not in self.names:
                    self.names.append(name)
            elif form < 0.42 and self.names:
                out.append(f"{pad}{r.choice(self.names)} {r.choice(['+=', '-=', '*=', '/='])} {self.expression(2)}")
            elif form < 0.6:
                out.append(f"{pad}{signal} = {self.expression(3)}")
            elif form < 0.85 and depth < 3:
                out.append(f"{pad}if {self.expression(3)}:")
                out += self.statements(depth + 1, r.randrange(1, 3), loop)
                if r.random() < 0.3:
                    out.append(f"{pad}elif {self.expression(2)}:")
                    out += self.statements(depth + 1, r.randrange(1, 3), loop)
                if r.random() < 0.5:
                    out.append(f"{pad}else:")
                    out += self.statements(depth + 1, r.randrange(1, 3), loop)
            elif form < 0.9 and depth < 2:
                index = "ij"[depth]
                out.append(f"{pad}for {index} in range({r.choice([0, 1, 3, 5])}):")
                self.names.append(index)
                out += self.statements(depth + 1, r.randrange(1, 4), True)
            elif form < 0.95 and loop:
                out.append(pad + r.choice(["break", "continue"]))
                return out
            else:
                out.append(pad + r.choice(["pass", f"{signal} = {r.choice(['True', 'False'])}"]))
        return out


def program(seed):
    r = random.Random(f"program {seed}")
    market, minute = r.choice(["stock", "coin"]), r.random() < 0.3
    csv, rows = make_rows(r, market, minute, r.choice([1, 2, 3]), r.choice([12, 20]))
    named = {"가나": "현재가 > 이동평균(3)", "영": "1 / (체결강도 - 체결강도N(1)) > 0"} if r.random() < 0.3 else {}
    if random.Random(f"factors {seed}").random() < 0.5:
        named |= SMALL_FACTORS
    factors = reference.read_factors(named_file(named))
    made = {}
    for kind in ("buy", "sell"):
        maker = Program(r, rows, kind, factors)
        lines = []
        if r.random() < 0.7:  # names that have a value on every path
            lines = ["가 = 나 = 0", "다 = 현재가", "x = 라 = 1"]
            maker.names = ["가", "나", "다", "라", "x"]
        lines += maker.statements(0, r.randrange(2, 8))
        signal = "매수" if kind == "buy" else "매도"
        if r.random() < 0.5:
            lines.append(f"{signal} = {signal} {'or' if r.random() < 0.7 else 'and'} {maker.expression(2)}")
        if kind == "sell" and r.random() < 0.4:
            lines.append(f"if 보유시간 > {r.choice([3, 10])}: 매도 = True")
        made[kind] = "\n".join(lines) + "\n"
    trace = Program(r, rows, "expression", factors).expression(3)
    variables = f"self.vars[0] = {r.choice([1, 1, 2, 5])}\nself.vars[1] = {r.choice([1, 0, -3])}\nself.vars[2] = [[1, 5, 1], 2.5]\n"
    return Scenario(seed, market, csv, made["buy"], made["sell"], variables, named_file(named), trace)


if __name__ == "__main__":
    chosen = (program if sys.argv[2:] == ["program"] else scenario)(sys.argv[1])
    print("stom condition run", " ".join(a if " " not in a else f"'{a}'" for a in chosen.write(".")), "--json")
