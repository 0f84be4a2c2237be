#!/usr/bin/env python3
"""strategy.db and setting.db of the old program's shape become folders that are strategies by name.

usage: STOM_PROGRAM=build/asan/bin/stom old_strategies_test.py [NAME ...]
"""

import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(__file__))
import old_database
from old_data_test import Place, digest

BUY = "if 현재가 <= 이동평균(10):\n    매수 = False\n"
SELL = "if 수익률 >= 0.5:\n    매도 = True\nelif 보유시간 > 15:\n    매도 = True\n"
KINDS = ("buy", "sell", "optisell", "optivars", "vars", "buyconds", "sellconds")


def strategies(path, texts, best=()):
    """texts: {table: {name: text}}"""
    database = sqlite3.connect(path)
    for market in ("stock", "coin"):
        for kind in KINDS:
            database.execute(f'CREATE TABLE {market}{kind} ("index" TEXT, "전략코드" TEXT)')
        database.execute(f'CREATE TABLE {market}optibuy ("index" TEXT, "전략코드" TEXT, "변수값" TEXT)')
    database.execute('CREATE TABLE schedule ("index" TEXT, "스케쥴" TEXT)')
    database.execute("INSERT INTO schedule VALUES('밤', 'x')")
    for table, named in texts.items():
        for name, text in named.items():
            row = (name, text) if not table.endswith("optibuy") else (name, text, dict(best).get(name))
            database.execute(f"INSERT INTO {table} VALUES({', '.join('?' * len(row))})", row)
    database.commit()
    database.close()


def settings(path, buy, sell, **other):
    row = {
        "index": 0, "주식모의투자": 1, "주식매수전략": buy, "주식매도전략": sell, "주식타임프레임": other.get("frame", 1),
        "주식평균값계산틱수": 12, "주식최대매수종목수": 10, "주식전략종료시간": 93000,
        "주식경과틱수설정": "상승;급등;현재가 > 현재가N(1);현재가 > 시가 * 1.01",
    }  # fmt: skip
    database = sqlite3.connect(path)
    database.execute(f"CREATE TABLE stock ({', '.join(old_database.quoted(name) for name in row)})")
    database.execute(f"INSERT INTO stock VALUES({', '.join('?' * len(row))})", list(row.values()))
    database.execute("CREATE TABLE sacc (\"index\", Access_key, Secret_key)")
    database.execute("INSERT INTO sacc VALUES(1, 'gAAAAopen', 'gAAAAsesame')")
    database.execute('CREATE TABLE stockbuyorder ("index", "주식매수주문구분")')
    database.commit()
    database.close()


def test_a_name_becomes_a_folder_that_is_a_strategy():
    with Place() as place:
        strategies(place.path("strategy.db"), {"stockbuy": {"돌파": BUY}, "stocksell": {"돌파": SELL}, "coinbuy": {"돌파": BUY}})
        answer = place.ok("strategy", "import", place.path("strategy.db"))[0]
        found = {of["name"]: of for of in answer["strategies"]}
        assert found["stock_돌파"]["ready"] and found["stock_돌파"]["files"] == ["buy.txt", "sell.txt"], found
        assert not found["coin_돌파"]["ready"] and "sell.txt" in found["coin_돌파"]["notes"][0], found
        assert answer["schedules_not_imported"] == 1
        folder = place.home / "strategies" / "stock_돌파"
        assert (folder / "buy.txt").read_text() == BUY and (folder / "sell.txt").read_text() == SELL
        assert "stock_돌파" in [of["name"] for of in place.ok("strategy", "list")[0]["strategies"]]

        old_database.make(place.path("old.db"))
        place.import_file(place.path("old.db"))
        (folder / "vars.txt").write_text("self.vars[0] = 10\n")
        by_name = place.ok("condition", "run", "--strategy", "stock_돌파", "--set", "stock-second")
        by_path = place.ok("condition", "run", "--strategy", f"{folder}/", "--set", "stock-second")
        files = [x for word in ("buy", "sell", "vars") for x in (f"--{word}", folder / f"{word}.txt")]
        assert by_name == by_path == place.ok("condition", "run", *files, "--set", "stock-second")
        assert by_name[-1]["total"]["trades"] > 0

        place.ok("data", "gen", "--instrument", "sim:KRW-XRP", "--minutes", 5, "--seed", 5)
        run = ("backtest", "run", "--instrument", "sim:KRW-XRP", "--strategy")
        by_name = place.ok(*run, "stock_돌파")[0]
        by_files = place.ok(*run, "conditions", *[x for of in ("buy", "sell", "vars") for x in ("--param", f"{of}={folder}/{of}.txt")])[0]
        assert by_name["journal_hash"] == by_files["journal_hash"], (by_name, by_files)
        assert place.refused(*run, "coin_돌파") == (3, f"{place.home}/strategies/coin_돌파 holds no sell.txt")


def test_settings_go_where_there_is_an_equivalent_and_keys_nowhere():
    with Place() as place:
        texts = {"stockbuy": {"산다": "if 경과틱수('급등') > 3:\n    매수 = False\n"}, "stocksell": {"판다": SELL}}
        strategies(place.path("strategy.db"), texts)
        settings(place.path("setting.db"), "산다", "판다", frame=0)
        answer = place.ok("strategy", "import", place.path("strategy.db"), place.path("setting.db"))[0]
        found = {of["name"]: of for of in answer["strategies"]}
        pair = found["stock_산다+판다"]
        assert pair["ready"] and pair["files"] == ["buy.txt", "named.txt", "params.txt", "sell.txt", "vars.txt"], pair
        folder = place.home / "strategies" / "stock_산다+판다"
        assert (folder / "vars.txt").read_text() == "self.vars[0] = 12\n"
        assert (folder / "params.txt").read_text() == "rows=minute\nend_clock=93000\n"
        assert (folder / "named.txt").read_text() == "상승: 현재가 > 현재가N(1)\n급등: 현재가 > 시가 * 1.01\n"
        assert set(answer["settings_without_equivalent"]) == {"stockbuyorder", "stock.주식모의투자", "stock.주식최대매수종목수"}
        assert answer["keys_not_imported"] == ["sacc"]
        for path in [*place.home.rglob("*")]:
            assert path.is_dir() or b"gAAAA" not in path.read_bytes()
        assert "gAAAA" not in place.stom("strategy", "import", place.path("setting.db"), place.path("strategy.db"))[1]


def orders(path, table, **row):
    database = sqlite3.connect(path)
    database.execute(f"CREATE TABLE {table} ({', '.join(old_database.quoted(name) for name in row)})")
    database.execute(f"INSERT INTO {table} VALUES({', '.join('?' * len(row))})", list(row.values()))
    database.commit()
    database.close()


def test_the_order_grid_becomes_a_file_and_what_is_in_doubt_is_named():
    with Place() as place:
        strategies(place.path("strategy.db"), {"stockbuy": {"돌파": BUY}, "stocksell": {"돌파": SELL}})
        settings(place.path("setting.db"), "돌파", "돌파")
        sqlite = sqlite3.connect(place.path("setting.db"))
        sqlite.execute("DROP TABLE stockbuyorder")
        sqlite.close()
        orders(
            place.path("setting.db"), "stockbuyorder", index=0, 주식매수주문구분="최유리IOC", 주식매수분할횟수=3, 주식매수분할방법=2,
            주식매수분할시그널=0, 주식매수분할하방=1, 주식매수분할상방=0, 주식매수분할하방수익률=1.5, 주식매수분할상방수익률=2.0,
            주식매수분할고정수익률=1, 주식매수취소관심이탈=1, 주식매수취소매도시그널=1, 주식매수취소시간=0, 주식매수취소시간초=30,
            주식매수금지시간=1, 주식매수금지시작시간=90000, 주식매수금지종료시간=90500, 주식매수금지블랙리스트=1,
            주식블랙리스트="005930;000660;", 주식매수금지거래횟수=1, 주식매수금지거래횟수값=4, 주식매수알수없음=7,
        )  # fmt: skip
        orders(
            place.path("setting.db"), "stocksellorder", index=0, 주식매도주문구분="시장가", 주식매도분할횟수=1, 주식매도분할방법=1,
            주식매도손절수익률청산=1, 주식매도손절수익률=3.0, 주식매도손절수익금청산=1, 주식매도손절수익금=100, 주식매도정정횟수=2,
        )  # fmt: skip
        answer = place.ok("strategy", "import", place.path("strategy.db"), place.path("setting.db"))[0]
        folder = place.home / "strategies" / "stock_돌파"
        assert (folder / "orders.toml").read_text() == (
            '[buy]\ntype = "limit"\nprice = "ask1"\ntime_in_force = "ioc"\nparts = 3\nby_signal = false\nbelow = "1.5"\n'
            'moved_from = "last_buy"\ncancel_on_signal = true\ncancel_unwatched = true\nnot_between = ["090000-090500"]\n'
            'black_list = ["005930", "000660"]\ntrades_a_day = 4\n\n[stop]\npercent = "3"\n'
        ), (folder / "orders.toml").read_text()
        assert [of.split(" = ")[0] for of in answer["orders_by_hand"]] == [
            "stockbuyorder.주식매수분할방법", "stocksellorder.주식매도손절수익금",
            "stockbuyorder.주식매수알수없음",
        ], answer["orders_by_hand"]  # fmt: skip
        assert set(answer["settings_without_equivalent"]) == {"stock.주식모의투자", "stock.주식최대매수종목수"}
        place.ok("data", "gen", "--instrument", "sim:KRW-XRP", "--minutes", 2, "--seed", 5)
        place.ok("backtest", "run", "--instrument", "sim:KRW-XRP", "--strategy", "stock_돌파")


def test_variables_are_the_best_runs_or_those_beside_the_ranges():
    ranges = "self.vars[0] = [[10, 40, 10], 30]\nself.vars[1] = [[1, 9, 2], 5]\n"
    with Place() as place:
        buy = "if 현재가 < self.vars[1]:\n    매수 = False\n"
        strategies(
            place.path("strategy.db"),
            {
                "stockoptibuy": {"가": buy, "나": buy, "다": buy},
                "stockoptisell": {"가": SELL, "나": SELL, "다": SELL},
                "stockoptivars": {"가": ranges, "나": ranges},
                "stockvars": {"나": "self.vars[1] = [[1, 2, 3], 2]\n"},
            },
            best={"가": "20;7", "다": "20;7;1"}.items(),
        )
        answer = place.ok("strategy", "import", place.path("strategy.db"))[0]
        found = {of["name"]: of for of in answer["strategies"]}
        read = lambda name, file: (place.home / "strategies" / name / file).read_text()
        assert read("stock_opti_가", "vars.txt") == "self.vars[0] = 20\nself.vars[1] = 7\n"
        assert read("stock_opti_가", "ranges.txt") == ranges == read("stock_opti_나", "vars.txt")
        assert read("stock_opti_나", "genetic.txt").endswith("2]\n")
        assert read("stock_opti_다", "vars.txt").startswith("self.vars[0] = 20\n") and found["stock_opti_다"]["notes"]
        assert all(of["ready"] for of in found.values()), found


def test_the_report_says_what_a_text_lacks():
    with Place() as place:
        wrong = "if 채결강도 > 100:\n    매수 = False\nif 회전율N(1) > self.vars[7]:\n    매수 = False\n"
        conds = "현재가 < 시가\n체결강도 <\n등락율 > 20\n"
        strategies(place.path("strategy.db"), {"stockbuy": {"틀림": wrong}, "stocksell": {"틀림": SELL}, "stockbuyconds": {"찾기": conds}})
        answer = place.ok("strategy", "import", place.path("strategy.db"), "--lang", "en")[0]
        found = {of["name"]: of for of in answer["strategies"]}
        report = found["stock_틀림"]
        errors = {text["file"]: [(e["line"], e["code"]) for e in text["errors"]] for text in report["texts"]}
        assert errors["buy.txt"] == [(1, "unknown-word"), (3, "variable-without-value")], errors
        assert not report["ready"] and report["words_of_imported_rows"] == ["turnover"], report
        search = found["stock_search_찾기"]["texts"]
        assert [(text["file"], text["errors"][0]["line"]) for text in search] == [("buy_conditions.txt", 2)], search
        code, out, _ = place.stom("strategy", "import", place.path("strategy.db"), "--into", place.path("elsewhere"))
        assert code == 0 and "buy.txt:1:4: unknown name 채결강도\n    did you mean 체결강도?" in out, out


def test_hostile_names_stay_in_the_folder():
    names = ["../../밖", "a/b", "a\\b", ".", "..", "con:x", "줄\n바꿈", "a_b", "x" * 300, "$(reboot)", '"; DROP TABLE stockbuy; --']
    with Place() as place:
        strategies(place.path("strategy.db"), {"stockbuy": dict.fromkeys(names, BUY)})
        before = {path.name for path in place.folder.iterdir()}
        answer = place.ok("strategy", "import", place.path("strategy.db"))[0]
        made = [of["name"] for of in answer["strategies"]]
        assert len(set(made)) == len(names) == len(list((place.home / "strategies").iterdir())), made
        assert all("/" not in name and "\n" not in name and len(name.encode()) < 120 for name in made), made
        assert {path.name for path in place.folder.iterdir()} == before | {"home"}


def test_what_is_broken_changes_nothing():
    with Place() as place:
        strategies(place.path("good.db"), {"stockbuy": {"가": BUY}, "stocksell": {"가": SELL}})
        place.ok("strategy", "import", place.path("good.db"))
        again = place.ok("strategy", "import", place.path("good.db"))[0]["strategies"]
        assert again[0]["unchanged"], again
        edits = {
            "another text": ("UPDATE stockbuy SET 전략코드 = 'pass'", "with other files"),
            "bytes": ("UPDATE stockbuy SET 전략코드 = x'ff'", "is no text"),
            "no name": ('UPDATE stockbuy SET "index" = NULL', "without a name"),
            "twice": ("INSERT INTO stockbuy SELECT * FROM stockbuy", "there twice"),
            "a column": ("ALTER TABLE stockbuy RENAME COLUMN 전략코드 TO x", "전략코드 is missing"),
            "large": ("UPDATE stockbuy SET 전략코드 = hex(zeroblob(600000))", "longer than"),
        }
        for name, (statement, message) in edits.items():
            path = place.path("broken.db")
            strategies(path, {"stockbuy": {"가": BUY}, "stocksell": {"가": SELL, "새": SELL}})
            database = sqlite3.connect(path)
            database.execute(statement)
            database.commit()
            database.close()
            before = digest(place.folder)
            _, said = place.refused("strategy", "import", path)
            assert message in said, (name, said)
            assert digest(place.folder) == before, name
            path.unlink()
        old_database.make(place.path("market.db"))
        assert "neither texts nor settings" in place.refused("strategy", "import", place.path("market.db"))[1]


if __name__ == "__main__":
    for name, run in [item for item in globals().items() if item[0].startswith("test_")]:
        if len(sys.argv) == 1 or any(word in name for word in sys.argv[1:]):
            run()
            print(f"ok  {name}")
