"""Databases of the old program's shape, made from a seed: what the tests of `stom rows` read. Nothing in them is anybody's
data."""

import random
import sqlite3

DAY = "현재가 시가 고가 저가 등락율 당일거래대금 체결강도".split()
STOCK = "거래대금증감 전일비 회전율 전일동시간비 시가총액 라운드피겨위5호가이내".split()
VI = "VI해제시간 VI가격 VI호가단위".split()
MINUTE = "분봉시가 분봉고가 분봉저가 분당거래대금".split()
BOOK = (
    ["고저평균대비등락율", "매도총잔량", "매수총잔량"]
    + [f"매도호가{n}" for n in (5, 4, 3, 2, 1)]
    + [f"매수호가{n}" for n in (1, 2, 3, 4, 5)]
    + [f"매도잔량{n}" for n in (5, 4, 3, 2, 1)]
    + [f"매수잔량{n}" for n in (1, 2, 3, 4, 5)]
    + ["매도수5호가잔량합", "관심종목"]
)
COLUMNS = {
    "stock-second": DAY + STOCK + ["초당매수수량", "초당매도수량"] + VI + ["초당거래대금"] + BOOK,
    "stock-minute": DAY + STOCK + ["분당매수수량", "분당매도수량"] + VI + MINUTE + BOOK,
    "coin-second": DAY + ["초당매수수량", "초당매도수량", "초당거래대금"] + BOOK,
    "coin-minute": DAY + ["분당매수수량", "분당매도수량"] + MINUTE + BOOK,
}
WIDTH = {"stock-second": 45, "stock-minute": 48, "coin-second": 36, "coin-minute": 39}
assert all(len(COLUMNS[name]) + 1 == WIDTH[name] for name in WIDTH)
DAYS = [20240108, 20240109, 20240110, 20240111, 20240112]  # Monday to Friday


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def stamps(shape, day, count):
    minute = shape.endswith("minute")
    for i in range(count):
        at = 9 * 3600 + i * (60 if minute else 1)
        clock = at // 3600 * 10000 + at // 60 % 60 * 100 + at % 60
        yield day * 10000 + clock // 100 if minute else day * 1000000 + clock


def rows_of(shape, code, day, count, watched=True):
    """A day of one instrument, as tuples in the order of the columns, `index` first: a walk of its price."""
    draw = random.Random(f"{shape} {code} {day}")
    stock, minute = shape.startswith("stock"), shape.endswith("minute")
    tick = 50 if stock else 0.01
    opened = price = high = low = draw.randrange(400, 900) * tick
    bought_today = sold_today = value_today = 0
    for index in stamps(shape, day, count):
        before = price
        price = round(max(100 * tick, price + draw.randrange(-3, 4) * tick), 8)
        high, low = max(high, price), min(low, price)
        bought, sold = (draw.randrange(1, 3000) if stock else round(draw.random(), 8) for _ in range(2))
        value = (bought + sold) * price / (1e6 if stock else 1)
        bought_today, sold_today, value_today = bought_today + bought, sold_today + sold, value_today + value
        row = {
            "현재가": price, "시가": opened, "고가": high, "저가": low,
            "등락율": round((price / opened - 1) * 100, 2),
            "당일거래대금": round(value_today, 4),
            "체결강도": round(min(500, bought_today / sold_today * 100), 2),
            "거래대금증감": draw.randrange(0, 500), "전일비": round(draw.random() * 200, 2),
            "회전율": round(draw.random() * 9, 2), "전일동시간비": round(draw.random() * 300, 2),
            "시가총액": 1234, "라운드피겨위5호가이내": 0,
            "VI해제시간": 0, "VI가격": round(opened * 1.1 // tick * tick, 2), "VI호가단위": tick,
            "분봉시가": before, "분봉고가": max(before, price), "분봉저가": min(before, price),
            "고저평균대비등락율": round((price / ((high + low) / 2) - 1) * 100, 2),
            "관심종목": 1 if draw.random() < 0.9 else 0,
        }  # fmt: skip
        for side in ("매수", "매도"):
            row[f"{'분당' if minute else '초당'}{side}수량"] = bought if side == "매수" else sold
        row["분당거래대금" if minute else "초당거래대금"] = round(value, 4)
        total = 0
        for level in range(1, 6):
            for side, sign in (("매도", 1), ("매수", -1)):
                row[f"{side}호가{level}"] = round(price + sign * tick * (level - (sign < 0)), 8)
                row[f"{side}잔량{level}"] = draw.randrange(1, 9000) if stock else round(draw.random() * 9, 4)
                total += row[f"{side}잔량{level}"]
        row["매도총잔량"] = row["매수총잔량"] = total * 2
        row["매도수5호가잔량합"] = round(total, 8)
        names = COLUMNS[shape] if watched else COLUMNS[shape][:-1]
        yield (index, *(float(row[name]) for name in names))


def create_table(database, shape, code, watched=True, columns=None):
    columns = columns or (COLUMNS[shape] if watched else COLUMNS[shape][:-1])
    cells = ", ".join(f"{quoted(name)} REAL" for name in columns)
    database.execute(f'CREATE TABLE {quoted(code)} ("index" INTEGER, {cells})')
    return len(columns) + 1


def fill(database, code, rows, width):
    database.executemany(f"INSERT INTO {quoted(code)} VALUES({', '.join('?' * width)})", rows)


def make(path, shape="stock-second", codes=("005930", "000660"), days=DAYS[:2], count=40, watched=True, extras=True):
    """A good one, with the names and the watch list that such files have."""
    database = sqlite3.connect(path)
    for code in codes:
        width = create_table(database, shape, code, watched)
        for day in days:
            fill(database, code, rows_of(shape, code, day, count, watched), width)
    if extras:
        database.execute('CREATE TABLE codename ("index" TEXT, "종목명" TEXT, "코스닥" INTEGER)')
        database.executemany(
            "INSERT INTO codename VALUES(?, ?, ?)", [(code, f"이름 {code}", i % 2) for i, code in enumerate(sorted(codes))]
        )
        database.execute('CREATE TABLE moneytop ("index" INTEGER, "거래대금순위" TEXT)')
        database.executemany(
            "INSERT INTO moneytop VALUES(?, ?)",
            [(index, ";".join(codes)) for day in days for index in stamps(shape, day, count)],
        )
    database.commit()
    database.close()


def cells(path):
    """{table: (columns, rows with the kind of every cell)}."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    out = {}
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        found = database.execute(f"SELECT * FROM {quoted(name)}")
        columns = [column[0] for column in found.description]
        out[name] = (columns, [[(type(cell).__name__, cell) for cell in row] for row in found])
    database.close()
    return out
