#!/usr/bin/env python3
"""Databases of the old program: in, run, out again cell for cell; and what is wrong with one leaves everything as it was.

usage: STOM_PROGRAM=build/asan/bin/stom old_data_test.py [NAME ...]
"""

import csv
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import old_database
from old_database import DAYS, cells, create_table, fill, make, quoted, rows_of

PROGRAM = os.environ["STOM_PROGRAM"]
DATA = pathlib.Path(os.environ.get("STOM_TEST_DATA", "shared/data"))

BUY = "if 현재가 <= 이동평균(10):\n    매수 = False\nelif 체결강도 < 50:\n    매수 = False\n"
SELL = "if 수익률 >= 0.5:\n    매도 = True\nelif 보유시간 > 15:\n    매도 = True\n"
VARS = "self.vars[0] = 10\n"


class Place:
    """A folder with a home, and the texts that are run."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stom-old-"))
        self.home = self.folder / "home"
        for name, text in (("buy.txt", BUY), ("sell.txt", SELL), ("vars.txt", VARS)):
            (self.folder / name).write_text(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def path(self, name):
        return self.folder / name

    def stom(self, *arguments, home=None):
        """(exit code, stdout, stderr)"""
        environment = dict(os.environ, STOM_HOME=str(home or self.home))
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, env=environment)
        return done.returncode, done.stdout, done.stderr

    def ok(self, *arguments, home=None):
        code, out, err = self.stom(*arguments, "--json", home=home)
        assert code == 0, (arguments, code, out, err)
        return [json.loads(line) for line in out.splitlines()]

    def refused(self, *arguments):
        code, out, _ = self.stom(*arguments, "--json")
        assert code != 0, (arguments, out)
        error = json.loads(out)["error"]
        assert error["hint"], error
        return code, error["message"]

    def import_file(self, path, *options, home=None):
        return self.ok("rows", "import", path, *options, home=home)[0]["files"][0]

    def run_set(self, name, *options):
        texts = [x for word in ("buy", "sell", "vars") for x in (f"--{word}", self.path(f"{word}.txt"))]
        return self.ok("condition", "run", *texts, "--set", name, *options)

    def run_file(self, path, market):
        texts = [x for word in ("buy", "sell", "vars") for x in (f"--{word}", self.path(f"{word}.txt"))]
        return self.ok("condition", "run", *texts, "--rows", path, "--market", market)[0]


def digest(folder):
    """Everything below a folder: names and contents."""
    out = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        out[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
    return out


def as_csv(database, code, path):
    """One table as the file of rows that `--rows` takes."""
    columns, rows = cells(database)[code]
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([repr(cell) if kind == "float" else cell for kind, cell in row] for row in rows)


def test_twenty_codes_of_five_days_come_in_run_and_go_out():
    with Place() as place:
        codes = [f"{n:06d}" for n in range(100010, 100210, 10)]
        source = place.path("stock_tick_back.db")
        make(source, codes=codes, days=DAYS, count=60)
        before = digest(place.folder)[str(source)]
        answer = place.import_file(source)
        assert (answer["set"], answer["codes"], answer["days"]) == ("stock-second", 20, 5), answer
        assert answer["rows"] == answer["added"] == 20 * 5 * 60, answer
        assert answer["watch_list"] == 5 * 60 and answer["names"] == 20
        assert not any(answer[key] for key in ("duplicates", "replaced", "out_of_order", "left_out", "without_watched"))
        assert not any(answer["odd"].values()) and answer["gaps"]["missing_days"] == [], answer
        assert digest(place.folder)[str(source)] == before, "the source was written to"

        *ran, total = place.run_set("stock-second")
        assert [line["code"] for line in ran] == codes
        trades = 0
        for line in ran:
            as_csv(source, line["code"], place.path("rows.csv"))
            alone = place.run_file(place.path("rows.csv"), "stock")
            assert {key: line[key] for key in alone} == alone, (line["code"], line, alone)
            trades += len(line["buys"])
        assert total["total"]["trades"] == trades > 100, total
        assert sum(total["total"]["lines"].values()) == trades

        out = place.path("out.db")
        place.ok("rows", "export", "stock-second", "--out", out)
        assert cells(out) == cells(source)
        assert place.stom("rows", "export", "stock-second", "--out", out)[0] == 2, "a file was written over"

        stored = digest(place.home)
        again = place.import_file(source)
        assert (again["added"], again["duplicates"]) == (0, 20 * 5 * 60 + 5 * 60), again
        assert [*place.run_set("stock-second")][-1] == total
        assert set(digest(place.home)) == set(stored)

        part = place.path("part.db")
        place.ok("rows", "export", "stock-second", "--code", codes[3], "--from", "2024-01-09", "--to", 20240110, "--out", part)
        name, rows = codes[3], cells(source)[codes[3]][1]
        assert cells(part)[name][1] == [row for row in rows if row[0][1] // 1000000 in (20240109, 20240110)]


def test_every_shape_goes_in_and_out_with_and_without_its_last_column():
    for shape in old_database.COLUMNS:
        for watched in (True, False):
            with Place() as place:
                codes = ("005930", "0001A0") if shape.startswith("stock") else ("KRW-BTC", "BTCUSDT", "1000PEPEUSDT")
                source, out = place.path("old.db"), place.path("out.db")
                make(source, shape, codes, watched=watched)
                answer = place.import_file(source)
                assert answer["set"] == shape and answer["without_watched"] == (0 if watched else answer["rows"])
                place.ok("rows", "export", shape, "--out", out)
                assert cells(out) == cells(source), (shape, watched)
                as_csv(source, codes[0], place.path("rows.csv"))
                line = place.run_set(shape, "--code", codes[0])[0]
                alone = place.run_file(place.path("rows.csv"), shape.split("-")[0])
                assert {key: line[key] for key in alone} == alone and line["buys"], shape


def test_texts_know_the_code_and_the_name_of_the_instrument():
    with Place() as place:
        make(place.path("old.db"))
        place.import_file(place.path("old.db"))
        place.path("buy.txt").write_text("if 종목코드 != '000660' or 종목명 != '이름 000660':\n    매수 = False\n")
        bought = {line["code"]: len(line["buys"]) for line in place.run_set("stock-second")[:-1]}
        assert bought["005930"] == 0 < bought["000660"], bought


def test_before_2023_the_ladder_is_that_of_the_board():
    with Place() as place:
        make(place.path("old.db"), days=[20230120], count=5)  # 000660 is of KOSPI, 005930 of KOSDAQ
        edited(place.path("old.db"), *(f'UPDATE "{code}" SET 현재가 = 600000, 관심종목 = 1' for code in ("000660", "005930")))
        place.import_file(place.path("old.db"))
        place.path("vars.txt").write_text("self.vars[0] = 1\n")
        for tick, bought in (("100", "005930"), ("1000", "000660")):
            place.path("buy.txt").write_text(f"매수 = 호가단위 == {tick}\n")
            assert [line["code"] for line in place.run_set("stock-second")[:-1] if line["buys"]] == [bought]


# --- what is broken -------------------------------------------------------------------------------------------


def edited(path, *statements):
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


def with_table(path, name, columns=None):
    database = sqlite3.connect(path)
    width = create_table(database, "stock-second", name, columns=columns)
    if columns is None:
        fill(database, name, rows_of("stock-second", "005930", DAYS[0], 3), width)
    database.commit()
    database.close()


def cut(path, keep):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])


def reversed_rows(path):
    database = sqlite3.connect(path)
    rows = database.execute('SELECT * FROM "005930"').fetchall()
    database.execute('DELETE FROM "005930"')
    fill(database, "005930", reversed(rows), 45)
    database.commit()
    database.close()


def garbage_inside(path):
    data = bytearray(path.read_bytes())
    data[4096 * 2 : 4096 * 6] = b"\xa5" * 4096 * 4
    path.write_bytes(data)


def many_tables(path):
    """Written into the schema at once: made one by one they take minutes."""
    edited(
        path,
        "PRAGMA writable_schema = ON",
        """WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 10001)
           INSERT INTO sqlite_master SELECT 'table', 't' || n, 't' || n, 2, 'CREATE TABLE t' || n || '(a)' FROM counted""",
    )


def missing_column(name):
    columns = [column for column in old_database.COLUMNS["stock-second"] if column != name]
    return lambda path: with_table(path, "000020", columns)


FIRST = 'WHERE rowid = 3'
BROKEN = {
    "truncated": (lambda path: cut(path, 0.6), "is cut short"),
    "a few bytes": (lambda path: path.write_bytes(path.read_bytes()[:60]), "is cut short"),
    "empty file": (lambda path: path.write_bytes(b""), "is empty"),
    "a text": (lambda path: path.write_text("index,현재가\n" * 50), "no SQLite database"),
    "damaged inside": (garbage_inside, ""),
    "missing column": (missing_column("체결강도"), "lacks 체결강도"),
    "a column too many": (lambda path: edited(path, 'ALTER TABLE "005930" ADD COLUMN "모름" REAL'), "모름"),
    "no index": (lambda path: edited(path, 'ALTER TABLE "005930" RENAME COLUMN "index" TO "시각"'), "index is missing"),
    "text in a number": (lambda path: edited(path, f'UPDATE "005930" SET "고가" = \'많음\' {FIRST}'), "row 3: 고가 is a text: '많음'"),
    "NaN": (lambda path: edited(path, f'UPDATE "005930" SET "저가" = NULL {FIRST}'), "row 3: 저가 is no value (NaN)"),
    "infinite": (lambda path: edited(path, f'UPDATE "005930" SET "저가" = 9e999 {FIRST}'), "row 3: 저가 is infinite"),
    "bytes": (lambda path: edited(path, f'UPDATE "005930" SET "저가" = x\'00\' {FIRST}'), "row 3: 저가 is bytes"),
    "descending": (reversed_rows, "is before 20240109090039 of the row above"),
    "two rows of one time": (
        lambda path: edited(path, 'UPDATE "005930" SET "index" = 20240108090001 WHERE rowid = 3'),
        "already, with other values",
    ),
    "month 13": (lambda path: edited(path, f'UPDATE "005930" SET "index" = 20241308090000 {FIRST}'), "row 3: index '20241308090000' is no time"),
    "a minute's stamp": (lambda path: edited(path, f'UPDATE "005930" SET "index" = 202401080900 {FIRST}'), "is no time"),
    "a huge stamp": (lambda path: edited(path, f'UPDATE "005930" SET "index" = 9223372036854775807 {FIRST}'), "is no time"),
    "a stamp as text": (lambda path: edited(path, f'UPDATE "005930" SET "index" = \'soon\' {FIRST}'), "index 'soon' is no time"),
    "a quote in a name": (lambda path: with_table(path, '"; DROP TABLE "005930'), "is no code"),
    "an apostrophe": (lambda path: with_table(path, "a' OR '1'='1"), "is no code"),
    "a path": (lambda path: with_table(path, "../../etc"), "is no code"),
    "control characters": (lambda path: with_table(path, "a\x1b[2Jb"), "'a?[2Jb': the name is no code"),
    "a long name": (lambda path: with_table(path, "7" * 5000), "is no code"),
    "two kinds of rows": (lambda path: make_beside(path, "coin-second", "BTCUSDT"), "table BTCUSDT of coin-second"),
    "too many tables": (many_tables, "more than 10000 tables"),
    "a huge text": (lambda path: edited(path, "UPDATE moneytop SET 거래대금순위 = hex(zeroblob(9000000)) WHERE rowid = 1"), "too big"),
    "the list's columns": (lambda path: edited(path, "ALTER TABLE moneytop RENAME COLUMN 거래대금순위 TO x"), "거래대금순위 is missing"),
    "the list descending": (lambda path: edited(path, "UPDATE moneytop SET \"index\" = 20240105090000 WHERE rowid = 5"), "moneytop, row 5"),
    "names without codes": (lambda path: edited(path, "UPDATE codename SET \"index\" = NULL"), "codename"),
    "no rows at all": (lambda path: edited(path, 'DROP TABLE "005930"', 'DROP TABLE "000660"'), "no table in it holds rows"),
    "a writer at work": (lambda path: path.with_name(path.name + "-journal").write_bytes(b"x" * 600), "has not finished"),
}  # fmt: skip


def make_beside(path, shape, code):
    database = sqlite3.connect(path)
    fill(database, code, rows_of(shape, code, DAYS[0], 3), create_table(database, shape, code))
    database.commit()
    database.close()


def test_what_is_broken_is_refused_and_changes_nothing():
    for fresh in (False, True):
        with Place() as place:
            if not fresh:
                make(place.path("first.db"), codes=("005930",), days=[20240105])
                place.import_file(place.path("first.db"))
            for name, (damage, message) in BROKEN.items():
                if fresh and name not in ("descending", "text in a number", "a text"):
                    continue
                path = place.path("broken.db")
                make(path)
                damage(path)
                before = digest(place.folder)
                code, said = place.refused("rows", "import", path)
                assert code in (1, 2) and message in said, (name, code, said)
                assert "broken.db" in said, (name, said)
                assert not any(ord(c) < 32 for c in said), (name, said)
                assert digest(place.folder) == before, f"{name}: something was changed"
                for beside in place.folder.glob("broken.db*"):
                    beside.unlink()


def test_repair_puts_right_what_can_be_and_counts_it():
    with Place() as place:
        good, path = place.path("good.db"), place.path("old.db")
        make(good)
        shutil.copy(good, path)
        reversed_rows(path)
        database = sqlite3.connect(path)
        width = 45
        rows = database.execute('SELECT * FROM "000660"').fetchall()
        fill(database, "000660", [rows[5], rows[7]], width)  # again, as they are, and behind later ones
        database.execute('UPDATE "000660" SET "현재가" = NULL WHERE rowid = 12')
        database.execute("INSERT INTO moneytop VALUES(1, 'x')")
        database.commit()
        database.close()
        answer = place.import_file(path, "--repair")
        assert answer["out_of_order"] == 79 + 2 and answer["duplicates"] == 2 and answer["left_out"] == 2, answer
        place.ok("rows", "export", "stock-second", "--out", place.path("out.db"))
        expected = cells(good)
        del expected["000660"][1][11]
        assert cells(place.path("out.db")) == expected


def test_a_days_rows_in_two_files_become_one_day():
    with Place() as place:
        whole = place.path("whole.db")
        make(whole, days=DAYS[:1], count=60)
        for name, keep in (("early.db", "< 20240108090040"), ("late.db", ">= 20240108090030")):
            shutil.copy(whole, place.path(name))
            tables = ("005930", "000660", "moneytop")
            edited(place.path(name), *(f'DELETE FROM "{table}" WHERE NOT "index" {keep}' for table in tables))
        first = place.import_file(place.path("late.db"))
        second = place.import_file(place.path("early.db"))
        assert first["added"] == 2 * 30 and second["added"] == 2 * 30 and second["duplicates"] == 3 * 10, (first, second)
        place.ok("rows", "export", "stock-second", "--out", place.path("out.db"))
        assert cells(place.path("out.db")) == cells(whole)

        edited(place.path("early.db"), 'UPDATE "005930" SET "현재가" = 1 WHERE "index" = 20240108090035')
        before = digest(place.home)
        code, said = place.refused("rows", "import", place.path("early.db"))
        assert code == 1 and "005930" in said and "20240108090035 is in the store with other values" in said, said
        assert digest(place.home) == before
        assert place.import_file(place.path("early.db"), "--repair")["replaced"] == 1


def test_older_files_without_the_watch_column_join_newer_ones():
    with Place() as place:
        for name, days, watched in (("older.db", DAYS[:1], False), ("newer.db", DAYS[1:2], True)):
            make(place.path(name), days=days, watched=watched, extras=False)
            place.import_file(place.path(name))
        answer = place.ok("rows", "export", "stock-second", "--out", place.path("out.db"))[0]
        assert answer["watched_filled"] == 2 * 40
        columns, rows = cells(place.path("out.db"))["005930"]
        older, newer = cells(place.path("older.db"))["005930"][1], cells(place.path("newer.db"))["005930"][1]
        assert columns[-1] == "관심종목"
        assert rows == [row + [("float", 1.0)] for row in older] + newer


def test_odd_values_are_kept_and_told():
    with Place() as place:
        path = place.path("old.db")
        make(path, days=[DAYS[0], DAYS[3]])
        edited(
            path,
            'UPDATE "005930" SET "초당거래대금" = "초당거래대금" * 1000000',
            f'UPDATE "005930" SET "저가" = "현재가" + 1 {FIRST}',
            f'UPDATE "005930" SET "매수호가1" = "매도호가1" {FIRST}',
            f'UPDATE "005930" SET "매도수5호가잔량합" = 1 {FIRST}',
            f'UPDATE "005930" SET "등락율" = 31 {FIRST}',
            'DELETE FROM "000660" WHERE "index" BETWEEN 20240108090010 AND 20240108090030',
            'UPDATE "000660" SET "index" = "index" + 3000 WHERE "index" BETWEEN 20240108090031 AND 20240108090039',
        )
        answer = place.import_file(path)
        odd = {"outside_range": 1, "crossed": 1, "sums": 1, "change": 1, "value_units": ["005930"]}
        assert answer["odd"] == odd, answer["odd"]
        assert answer["gaps"]["missing_days"] == ["2024-01-09", "2024-01-10"], answer["gaps"]
        assert answer["gaps"]["silences"] == 1 and answer["gaps"]["longest_at"] == "000660 20240108090009", answer["gaps"]
        place.ok("rows", "export", "stock-second", "--out", place.path("out.db"))
        assert cells(place.path("out.db")) == cells(path)


def test_a_look_writes_nothing():
    with Place() as place:
        make(place.path("old.db"))
        answer = place.import_file(place.path("old.db"), "--dry-run")
        assert answer["dry_run"] and answer["added"] == 160 and not place.home.exists()
        place.import_file(place.path("old.db"))
        before = digest(place.home)
        again = place.import_file(place.path("old.db"), "--dry-run")
        assert again["added"] == 0 and digest(place.home) == before


def test_interrupted_it_leaves_everything_as_it_was():
    with Place() as place:
        make(place.path("first.db"), codes=("005930",), days=[20240105])
        place.import_file(place.path("first.db"))
        make(place.path("large.db"), codes=("000000",), days=DAYS[:1], count=2000, extras=False)
        edited(place.path("large.db"), *(f'CREATE TABLE "{n:06d}" AS SELECT * FROM "000000"' for n in range(1, 60)))
        before = digest(place.folder)
        environment = dict(os.environ, STOM_HOME=str(place.home))
        process = subprocess.Popen([PROGRAM, "rows", "import", place.path("large.db")], env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        journal = place.home / "rows" / "stock-second.sqlite-journal"
        while not journal.exists() and process.poll() is None:
            pass  # it appears with the first write
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 130, process.returncode
        assert digest(place.folder) == before


def test_rows_are_deleted_when_it_is_meant():
    with Place() as place:
        make(place.path("old.db"))
        place.import_file(place.path("old.db"))
        before = digest(place.home)
        assert place.refused("rows", "delete", "stock-second", "--code", "005930")[0] == 2
        assert place.ok("rows", "delete", "stock-second", "--code", "005930", "--dry-run")[0]["rows"] == 80
        assert digest(place.home) == before
        place.ok("rows", "delete", "stock-second", "--code", "005930", "--from", "20240109", "--yes")
        codes = {of["code"]: of["rows"] for of in place.ok("rows", "list", "stock-second")[0]["codes"]}
        assert codes == {"005930": 40, "000660": 80}, codes
        assert place.refused("rows", "delete", "stock-second", "--code", "777777", "--yes")[0] == 3


# --- from ticks ------------------------------------------------------------------------------------------------


def check_built(place, instrument, code, shape, *options):
    """Ticks as rows, in the old shape and in again, are what `stom data rows` prints of them."""
    place.ok("rows", "build", instrument, *options)
    out, other = place.path(f"{shape}.db"), place.path(f"{shape}.home")
    place.ok("rows", "export", shape, "--out", out)
    answer = place.import_file(out, home=other)
    assert answer["set"] == shape and answer["rows"] == answer["added"] > 0
    again = place.path(f"{shape}.again.db")
    place.ok("rows", "export", shape, "--out", again, home=other)
    assert cells(again) == cells(out)

    code_, printed, _ = place.stom("data", "rows", instrument, "--lang", "ko", *options)
    assert code_ == 0
    rows = list(csv.DictReader(printed.splitlines()))
    columns, built = cells(out)[code]
    assert len(rows) == len(built) > 5, (len(rows), len(built))
    for row, cells_of in zip(rows, built):
        for column, (_, value) in zip(columns, cells_of):
            if column in row:
                printed_value = float(row[column] or 0)
                assert abs(printed_value - value) <= 1e-12 * abs(value), (column, row, value)
    as_csv(out, code, place.path("rows.csv"))
    line = place.run_set(shape, "--code", code)[0]
    alone = place.run_file(place.path("rows.csv"), shape.split("-")[0])
    assert {key: line[key] for key in alone} == alone
    return line


def test_a_generated_coin_becomes_such_a_database():
    with Place() as place:
        place.ok("data", "gen", "--instrument", "sim:KRW-XRP", "--minutes", 12, "--seed", 5)
        line = check_built(place, "sim:KRW-XRP", "KRW-XRP", "coin-second")
        assert line["buys"], "no trade in it"
        check_built(place, "sim:KRW-XRP", "KRW-XRP", "coin-minute", "--minute")


def test_a_capture_becomes_such_a_database():
    capture = DATA / "market" / "binance_ws_raw" / "spot_btcusdt_20240808.jsonl.gz"
    if not capture.exists():
        print("  skipped: no test data")
        return
    with Place() as place:
        place.ok("data", "import", capture, "--instrument", "binance:BTCUSDT", "--tick", "0.01", "--lot", "0.00001")
        assert check_built(place, "binance:BTCUSDT", "BTCUSDT", "coin-second")["buys"]


def main():
    tests = {name: run for name, run in globals().items() if name.startswith("test_")}
    for name, run in tests.items():
        if len(sys.argv) > 1 and not any(word in name for word in sys.argv[1:]):
            continue
        run()
        print(f"ok  {name}")


if __name__ == "__main__":
    main()
