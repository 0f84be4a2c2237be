"""Condition texts of any length in the shape that users' have: windows first, then bands of time and market value, in each a chain of
rejections (buying) or exits (selling), thresholds in self.vars. Seeded; the thresholds let the rows of bench/condition_rows.hpp trade."""
import random

CUTS = [90300, 90800, 91500]  # of 시분초
CAPS = [1500, 3000]  # of 시가총액

BUY_HEAD = """\
# 장초반 돌파, 시간대와 시가총액별
평균60 = 이동평균(60)
평균20 = 이동평균(20)
평균차 = 평균20 - 평균60
강도평균 = 체결강도평균(30)
거래대금평균 = 초당거래대금평균(30)
각도 = 등락율각도(30)
금액각도 = 당일거래대금각도(30)
순매수 = 누적초당매수수량(20) - 누적초당매도수량(20)
호가차이 = 매도호가1 - 매수호가1
고가대비 = (현재가 / 고가 - 1) * 100 if 고가 > 0 else 0
강도차 = 체결강도 - 강도평균
""".splitlines()

# Expression, comparison that turns a row away, where the thresholds lie.
BUY = [
    ("등락율", "<", -6, -3), ("등락율", ">", 9, 14), ("체결강도", "<", 60, 90), ("강도차", "<", -6, -2), ("각도", "<", -60, -20),
    ("금액각도", "<", 0, 0.4), ("초당거래대금", "<", 0, 2), ("현재가", "<", 10, 900), ("순매수", "<", -3000, -900), ("고가대비", "<", -6, -2.5),
    ("회전율", "<", 0, 0.05), ("전일비", "<", 0, 1), ("라운드피겨위5호가이내 + 호가차이", ">", 400, 900), ("매도총잔량", "<", 1, 900),
    ("현재가N(1) - 현재가N(5)", "<", -200, -90), ("최고현재가(60, 1) - 현재가", ">", 500, 1100), ("현재가 - VI아래5호가", ">", 0, 50),
    ("체결강도N(1) - 체결강도", ">", 4, 12), ("매수총잔량 / max(매도총잔량, 1)", ">", 6, 20), ("초당매도수량 - 초당매수수량", ">", 400, 900),
]  # fmt: skip
SELL_HEAD = """\
# 손절, 익절, 시간 청산
평균60 = 이동평균(60)
강도평균 = 체결강도평균(30)
각도 = 등락율각도(30)
하락폭 = 최고수익률 - 수익률
매도우위 = 초당매도수량 - 초당매수수량
""".splitlines()
SELL = [
    ("수익률", ">=", 1.6, 3.5), ("수익률", "<=", -2.6, -1.3), ("하락폭", ">=", 1.2, 2.2), ("보유시간", ">", 240, 700), ("현재가 - 평균60", "<", -400, -190),
    ("체결강도 - 강도평균", "<", -16, -9), ("각도", "<", -86, -80), ("매도우위", ">", 1200, 2400), ("최고현재가(30, 1) - 현재가", ">", 500, 900),
    ("최저수익률", "<", -3.4, -2.4), ("현재가N(1) - 현재가", ">", 300, 700), ("체결강도N(1) - 체결강도", ">", 14, 26),
    ("매도총잔량 / max(매수총잔량, 1)", ">", 20, 50), ("초당거래대금 - 초당거래대금평균(30) * 8", ">", 10, 40),
]  # fmt: skip


class Author:
    def __init__(self, seed, first_variable):
        self.random, self.next, self.values = random.Random(seed), first_variable, {}

    def threshold(self, low, high):
        value = round(self.random.uniform(low, high), 2)
        if self.random.random() < 0.35:
            return f"{value}"
        name, self.next = f"self.vars[{self.next}]", self.next + 1
        self.values[self.next - 1] = value
        return name

    def chain(self, rules, signal, length):
        lines = []
        for i in range(length):
            rule = rules[i % len(rules)] if i < len(rules) else self.random.choice(rules)
            expression, op, low, high = rule
            lines.append(("if " if i == 0 else "elif ") + f"{expression} {op} {self.threshold(low, high)}:")
            lines.append("    " + signal)
        return lines

    def text(self, head, rules, signal, lines):
        bands = [(i, j) for i in range(len(CUTS) + 1) for j in range(len(CAPS) + 1)]
        heads = len(CUTS) + 1 + len(bands)
        each, more = divmod((lines - len(head) - heads) // 2, len(bands))
        out, number = list(head), 0
        for i in range(len(CUTS) + 1):
            out.append(("if" if i == 0 else "elif") + f" 시분초 < {CUTS[i]}:" if i < len(CUTS) else "else:")
            for j in range(len(CAPS) + 1):
                out.append("    " + (("if" if j == 0 else "elif") + f" 시가총액 < {CAPS[j]}:" if j < len(CAPS) else "else:"))
                chosen = self.random.sample(rules, len(rules))
                out += ["        " + line for line in self.chain(chosen, signal, each + (number < more))]
                number += 1
        while len(out) < lines:
            out.append("# " + "-" * 20)
        return "\n".join(out) + "\n"


def pair(lines, seed=1):
    """(buy, sell, variables): two texts of so many lines each, and the lines that give their variables."""
    author = Author(seed, 1)
    buy = author.text(BUY_HEAD, BUY, "매수 = False", lines)
    sell = author.text(SELL_HEAD, SELL, "매도 = True", lines)
    return buy, sell, "".join(f"self.vars[{i}] = {v}\n" for i, v in author.values.items())


def variants(variables, count, seed=1):
    """The file of variables `count` times, the first as it is, in the others each a little moved with one chance in four."""
    mix = random.Random(seed)
    lines = [line.split(" = ") for line in variables.splitlines()]
    return [variables] + [
        "".join(f"{name} = {round(float(value) * (mix.uniform(0.9, 1.1) if mix.random() < 0.25 else 1), 3)}\n" for name, value in lines)
        for _ in range(count - 1)
    ]
