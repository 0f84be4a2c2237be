#!/usr/bin/env python3
"""Limits and the kill switch of `stom trade`, at the simulated exchange: what a limit forbids never arrives there, what is
changed while a session runs holds after a restart, a session with them verifies, and the kill switch works while a strategy hangs.

usage: STOM_PROGRAM=build/dev/bin/stom risk_test.py
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import sys
import threading
import time
import unittest
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from venue_client import CoinFutures
from trade_test import LOTS, AtTheExchange, Journal, KiwoomClient, Trade, answered, first, stom

# Quotes like a market maker for a while, then never comes back from a call.
HANGS = """#include "strategies/registry.hpp"
namespace stom {
namespace {
struct Hangs final : Strategy {
  explicit Hangs(Parameters& p)
      : after_{p.integer("after", 3, 1, 1000, "orders until it hangs")},
        lots_{p.integer("lots", 1000, 1, 1000000, "of an order")} {}
  void on_start(Context& context) override { context.every(100 * kMillisecond); }
  void on_timer(Context& context) override {
    for (InstrumentIndex i = 0; i < context.instruments(); ++i)
      if (!context.book(i).two_sided() || context.book(i).stale) return;
    if (orders(context) >= after_ && all_work(context))
      for (volatile bool forever = true; forever;) {}
    for (InstrumentIndex i = 0; i < context.instruments() && orders(context) < after_; ++i) {
      const Instrument& instrument = context.instrument(i);
      const Price best = context.book(i).best_bid;
      const std::int64_t below = best.value - best.value / 33;
      context.submit({.instrument = i, .side = Side::Buy, .quantity = {instrument.lot.value * lots_}, .price = {below - below % instrument.tick_at({below}).value}});
    }
  }
  static std::int64_t orders(Context& context) { return static_cast<std::int64_t>(context.orders().size()); }
  static bool all_work(Context& context) {
    for (const WorkingOrder& order : context.orders())
      if (!order.cancelable()) return false;
    return true;
  }
  std::int64_t after_, lots_;
};
}
STOM_STRATEGY(hangs, Hangs, "hangs on purpose")
}
"""


class Risk(AtTheExchange):
    EXCHANGE = ("--seed", "13")

    def ask(self, code, *arguments):
        got, out, error = (stom if code == 1 else answered)(*arguments, "--session", str(self.folder()), "--json")
        self.assertEqual(got, code, out + error)
        return json.loads(out)

    def kill(self, step, code=0, *more):
        return self.ask(code, "trade", "kill", "--step", step, *more)

    def limits(self, *command):
        return {(one["name"], one["scope"]): one for one in self.ask(0, "risk", *(command or ["show"]))["limits"]}

    def resting(self, mode, *more, **how):
        return self.start(mode, "--param", "distance=400", *LOTS, *more, **how)

    def holds(self):
        """The session verifies."""
        told = self.ask(0, "verify")
        self.assertEqual(told["a"]["differences"], [], told)
        self.assertEqual(told["a"]["orders"], Journal(self.folder() / "journal.stom").kinds.count(2))

    def operator_acts(self):
        data, at, acts = (self.folder() / "journal.stom").read_bytes(), 8, []
        while at + 8 < len(data):
            length = int.from_bytes(data[at : at + 4], "little")
            if at + 8 + length > len(data):  # it is being written
                break
            if data[at + 8] == 6:
                acts.append(data[at + 9 : at + 8 + length])
            at += 8 + length
        return acts

    def test_a_session_with_limits_verifies_on_paper_and_at_the_exchange(self):
        instruments = ["binance:BTCUSDT", "binance-usdm:BTCUSDT"]
        limits = ["--limit", "position=0.25", "--limit", "order_rate=4/1s", "--limit", "gross_exposure=400000",
                  "--currency", "KRW", "--rate", "USDT/KRW=1390", "--limit", "order_notional@binance-usdm=0.01"]
        for mode in ("--paper", "--testnet"):
            with self.subTest(mode):
                self.mode = mode
                with self.quoting(mode, *limits, instruments=instruments) as trade:
                    trade.until(lambda s: Journal(trade.folder / "journal.stom").denied >= 10)
                self.holds()

    def folder(self):
        return self.home / (self.id().split(".")[-1] + getattr(self, "mode", ""))

    def test_a_limit_that_is_changed_holds_at_once_and_after_a_restart(self):
        with self.resting("--testnet", "--limit", "working_orders=10") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
            # Its quotes follow the market: for a moment there may be fewer, or more.
            row = lambda: self.limits()["working_orders", ""]
            state = first(row, lambda state: int(state["value"]) >= 2, trade.log)
            self.assertEqual((state["limit"], state["state"]), ("10", "ok"))
            changed = self.limits("set", "working_orders=1")
            self.assertEqual(changed["working_orders", ""]["limit"], "1")
            first(row, lambda state: state["state"] == "reached", trade.log)
            self.limits("set", "order_quantity@binance=0.5")
            first(trade.log, lambda log: "denied by working_orders=1: it would be working order" in log)
            for change, text in [("position@upbit=1", "nothing of upbit"), ("positions=1", "there is no limit"), ("position=-1", "no value"),
                                 ("kill_switch=cancel", "the kill switch is released here, and nothing else")]:
                self.assertIn(text, self.ask(2, "risk", "set", change)["error"]["message"])
        acts = b"\n".join(self.operator_acts())
        self.assertIn(b"limit working_orders=1, was working_orders=10", acts)
        self.assertIn(b"limit order_quantity@binance=0.5, was none", acts)
        self.holds()
        with self.resting("--testnet", "--limit", "working_orders=10") as trade:
            trade.until(lambda s: not s["waits"])
            limits = self.limits()
            self.assertEqual(limits["working_orders", ""]["limit"], "1")
            self.assertEqual(limits["order_quantity", "binance"]["limit"], "0.5")

    def test_what_the_account_is_exposed_to_keeps_within_what_it_is_worth(self):
        with self.quoting("--testnet", "--limit", "leverage=0.0001", "--cash", "100000") as trade:
            text = r"denied by leverage=0.0001: the leverage could become [0-9.]+: [0-9.]+ of exposure, with what works, and 100000 of equity"
            first(trade.log, lambda log: re.search(text, log))
            self.assertEqual(self.orders_left(), [])
            state = self.limits()["leverage", ""]
            self.assertEqual((state["value"], state["state"]), ("0", "ok"))
            self.limits("set", "leverage=5")
            trade.until(lambda s: s["fills"] >= 1)
        self.holds()
        with self.quoting("--testnet", "--limit", "leverage=0.0001", "--cash", "100000") as trade:
            row = first(lambda: self.limits()["leverage", ""], lambda row: row["state"] == "ok", trade.log)
            self.assertEqual(row["limit"], "5", "what was set holds, and what was earned is known")

    def test_kill_entries_lets_out_only_what_closes(self):
        with self.quoting("--testnet") as trade:
            trade.until(lambda s: s["fills"] >= 1)
            told = self.kill("entries")
            self.assertLessEqual(told["asked"], told["entries_stopped"])
            self.assertLessEqual(told["entries_stopped"], told["logged"])
            self.assertIsNotNone(told["engine"])
            first(trade.log, lambda log: "denied by kill_switch=entries: " in log)
            self.assertEqual(self.limits()["kill_switch", ""]["value"], "entries")
            self.limits("set", "kill_switch=off")
            fills = trade.status()["fills"]
            trade.until(lambda s: s["fills"] > fills)
        self.holds()

    def test_kill_entries_holds_back_what_waits_for_its_turn(self):
        """Of purchases Kiwoom takes two at once, then one a second."""
        client = KiwoomClient(self.exchange)
        low = abs(int(client.call("ka10004", stk_cd="005930")["buy_fpr_bid"])) * 95 // 100 // 500 * 500
        resting = lambda: len(client.call("ka10075", all_stk_tp="0", trde_tp="0", stk_cd="", stex_tp="0")["oso"])
        orders = "orders=" + ";".join([f"0s buy limit {low} x1"] * 12)
        with self.start("--testnet", "--param", orders, strategy="order_list", instruments=["kiwoom:005930"]) as trade:
            first(lambda: Journal(trade.folder / "journal.stom"), lambda journal: journal.kinds.count(2) == 12, trade.log)
            self.command(trade.folder, "kill entries")  # while the last of them wait

            def ends():
                log = trade.log()
                held_back, too_old = log.count(" did not leave: the kill switch is at entries"), log.count(": it was not sent")
                return held_back, too_old, trade.status()["orders"]["working"]

            *_, left = first(ends, lambda ends: ends[0] > 0 and sum(ends) == 12, trade.log)
            self.assertEqual(first(resting, lambda orders: orders >= left, trade.log, pause=0.6), left)
        self.holds()

    def test_kill_cancel_and_flatten_leave_nothing_at_the_exchange(self):
        instruments = ["binance:BTCUSDT", "binance-usdm:BTCUSDT"]
        before = self.futures_position()
        with self.quoting("--testnet", instruments=instruments) as trade:
            held = lambda s: Decimal(s["position"]["binance-usdm:BTCUSDT"])
            trade.until(lambda s: held(s) and s["orders"]["working"] >= 2)
            told = self.kill("cancel")
            self.assertLessEqual(told["logged"], told["cancels_sent"], "on the disk before it acts")
            self.assertIsNotNone(told["nothing_works"])
            self.assertEqual(self.orders_left(), [])
            for _ in range(20):
                self.assertEqual(trade.status()["orders"], {"working": 0, "unknown": 0})
            self.assertEqual(self.orders_left(), [], "the strategy is not called")
            self.assertIn("is asked for", self.ask(2, "trade", "kill", "--step", "flatten")["error"]["message"])
            self.assertIn("not the name", self.ask(2, "trade", "kill", "--step", "flatten", "--confirm=other")["error"]["message"])
            told = self.kill("flatten", 0, "--confirm=" + self.folder().name)
            self.assertIsNotNone(told["flat"], trade.log())
            self.assertEqual(self.orders_left(), [])
            self.assertEqual({Decimal(q) for q in trade.status()["position"].values()}, {Decimal(0)})
            self.assertEqual(self.futures_position(), before)
        self.holds()
        with self.quoting("--testnet", instruments=instruments) as trade:
            trade.until(lambda s: not s["waits"])
            self.assertEqual(self.limits()["kill_switch", ""]["value"], "flatten", "a restart releases nothing")
            self.assertRegex(trade.log(), "the kill switch is at flatten: stom risk set kill_switch=off --session [^ ]+ releases it")
            self.assertEqual(self.orders_left(), [])

    def limits_file(self, text):
        file = self.home / "limits.toml"
        file.write_text("[limits]\n" + text)
        return file

    def test_a_breaker_that_was_tripped_by_hand_survives_a_kill_and_counts_anew_once_it_is_armed(self):
        file = self.limits_file('daily_loss = "1000000"\n"order_quantity@binance" = "5"\nreject_rate = "100/1m,warn"\n')
        with self.quoting("--testnet", "--limits", str(file)) as trade:
            trade.until(lambda s: s["fills"] >= 1)
            names = [name for name, _ in self.limits()]
            self.assertEqual(names, ["order_quantity", "daily_loss", "reject_rate", "kill_switch"])
            self.assertIn("no breaker", self.ask(2, "risk", "trip", "drawdown")["error"]["message"])
            self.assertEqual(self.limits("trip", "daily_loss")["daily_loss", ""]["state"], "tripped")
            first(trade.log, lambda log: "denied by daily_loss=1000000: " in log)
            trade.kill()
        with self.quoting("--testnet", "--limits", str(file)) as trade:
            trade.until(lambda s: not s["waits"])
            self.assertEqual(self.limits()["daily_loss", ""]["state"], "tripped")
            self.assertIn("the breaker daily_loss=1000000 has tripped", trade.log())
            self.assertEqual(self.limits("set", "daily_loss=armed")["daily_loss", ""]["state"], "ok")
            fills = trade.status()["fills"]
            trade.until(lambda s: s["fills"] > fills)
        acts = b"\n".join(self.operator_acts())
        self.assertIn(b"trip daily_loss, by hand", acts)
        self.assertIn(b"arm daily_loss", acts)

    def test_a_breaker_that_trips_by_itself_closes_what_is_held(self):
        before = self.futures_position()
        with self.quoting("--testnet", "--limit", "feed_stale=1h", instruments=["binance-usdm:BTCUSDT"]) as trade:
            trade.until(lambda s: Decimal(s["position"]["binance-usdm:BTCUSDT"]))
            self.limits("set", "daily_loss=0.000001,flatten")
            first(trade.log, lambda log: re.search("trip daily_loss, a loss of [0-9.]+ since the day began", log))
            trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0} and not Decimal(s["position"]["binance-usdm:BTCUSDT"]))
            self.assertEqual(self.limits()["daily_loss", ""]["state"], "tripped")
            self.assertEqual((self.orders_left(), self.futures_position()), ([], before))
        self.holds()

    def test_what_market_orders_lose_to_the_book_trips_a_breaker_and_is_known_after_a_kill(self):
        orders = ";".join(f"{second}s {'buy' if second % 2 else 'sell'} market x1" for second in range(90))
        limit = ("--limit", "slippage=0.01/3")
        with self.start("--testnet", "--param", "orders=" + orders, *limit, strategy="order_list") as trade:
            text = "trip slippage, [0-9.]+ basis points were lost on average of the last 3 fills that took"
            first(trade.log, lambda log: re.search(text, log))
            first(trade.log, lambda log: "denied by slippage=0.01/3: " in log)  # from here on nothing fills any more
            trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0})  # nor does what had left
            before = self.limits()["slippage", ""]
            self.assertEqual((before["limit"], before["state"]), ("0.01/3", "tripped"))
            first(self.operator_acts, lambda acts: any(b" slipped=" in act for act in acts), trade.log)
            trade.kill()
        with self.start("--testnet", "--changed", *limit, strategy="idle") as trade:
            trade.until(lambda s: not s["waits"])
            self.assertEqual(self.limits()["slippage", ""], before)
            armed = self.limits("set", "slippage=armed")["slippage", ""]
            self.assertEqual((armed["value"], armed["state"]), (None, "ok"))

    def test_a_session_goes_on_with_the_rate_of_that_day_and_not_without_one(self):
        both = ["--instrument", "binance:BTCUSDT", "--instrument", "upbit:KRW-BTC"]
        limit = ["--limit", "daily_loss=1000000"]
        start = lambda rate: Trade(self.folder(), "--testnet", "--venues", str(self.file), "--strategy", "idle", *both, *limit, "--rate", rate)
        with start("USDT/KRW=1400"):
            pass
        journal = (self.folder() / "journal.stom").read_bytes()
        refused = self.ask(2, "trade", "start", "--testnet", "--venues", str(self.file), "--strategy", "idle", *both, *limit)["error"]
        self.assertIn("breaker daily_loss=1000000: no rate leads from KRW to USDT", refused["message"])
        self.assertIn("--rate KRW/USDT=NUMBER", refused["hint"])
        self.assertEqual((self.folder() / "journal.stom").read_bytes(), journal)
        with start("USDT/KRW=1390") as trade:
            status = trade.until(lambda s: not s["waits"])
            self.assertEqual([one["rate"] for one in status["risk"]["rates"]], ["1390"])
        self.holds()

    def test_a_file_of_limits_that_is_none_is_refused(self):
        start = ["trade", "start", "--paper", "--venues", str(self.file), "--strategy", "idle", "--instrument", "binance:BTCUSDT", "--limits"]
        for text, why in [("daily_loss = 5", "is no text in quotes"), ('daily_loss = "5,stop"', "'stop' is no action"), ("=", "line 2"),
                          ('loss = "5"', "there is no limit 'loss'")]:
            self.assertIn(why, self.ask(2, *start, str(self.limits_file(text)))["error"]["message"])
        self.ask(3, *start, str(self.home / "nowhere.toml"))

    def test_kill_on_paper_cancels_what_works_there(self):
        with self.resting("--paper") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
            self.assertIsNotNone(self.kill("cancel")["nothing_works"])
            self.assertEqual(trade.status()["orders"]["working"], 0)
        self.holds()

    def test_the_kill_switch_works_while_a_strategy_hangs(self):
        source = self.home / "hangs.cpp"
        source.write_text(HANGS)
        code, out, error = stom("strategy", "build", str(source))
        self.assertEqual(code, 0, out + error)
        with self.start("--testnet", strategy="hangs") as trade:
            left = first(self.orders_left, lambda orders: len(orders) >= 3, trade.log, pause=0.1)
            self.assertEqual(len(left), 3)
            status = lambda: json.loads(stom("trade", "status", "--session", str(trade.folder), "--json")[1])["state"]
            first(status, lambda state: state == "not responding", trade.log)
            # It waits neither for who asks for something else, nor for who came and says nothing.
            def waited():
                """The other is answered after two seconds, and who says nothing is let go after five."""
                asking = threading.Thread(target=self.command, args=(trade.folder, "risk show"))
                with self.connected(trade.folder):
                    asking.start()
                    first(lambda: self.served(trade), lambda clients: clients == 2, trade.log, pause=0.01)
                    asked = time.time_ns()
                    told = self.command(trade.folder, "kill entries")
                asking.join()
                first(lambda: self.served(trade), lambda clients: clients == 0, trade.log, pause=0.01)
                return told["asked"] - asked

            first(waited, lambda ns: ns < 10**9, trade.log)  # once is enough: who has to wait for another always does
            told = self.kill("cancel")
            self.assertEqual(told["engine"], None)
            self.assertIsNotNone(told["nothing_works"])
            self.assertEqual(self.orders_left(), [])
            self.assertIn("does not respond", self.ask(1, "risk", "show")["error"]["message"])
            trade.kill()
        act = (trade.folder / "emergency.log").read_text().splitlines()[-1]
        self.assertEqual(act, f"kill cancel, asked at {told['asked']}")
        self.assertNotIn(act.encode(), b"\n".join(self.operator_acts()), "the engine never heard of it")
        with self.start("--testnet", "--changed", strategy="idle") as trade:
            trade.until(lambda s: not s["waits"])
            self.assertEqual(self.limits()["kill_switch", ""]["value"], "cancel")
            self.limits("set", "kill_switch=off")
        self.assertIn(act.encode(), b"\n".join(self.operator_acts()), "the next start folded it in")
        self.assertEqual(sum(one.count(act.encode()) for one in self.operator_acts()), 1)
        with self.start("--testnet", "--changed", strategy="idle") as trade:
            self.assertEqual(self.limits()["kill_switch", ""]["value"], "off", "a release is not undone by the log")


    def test_the_kill_switch_waits_for_no_disk_that_hangs(self):
        with self.resting("--testnet") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
            disk = trade.folder / "emergency.log"  # a pipe that nobody reads takes as long
            os.mkfifo(disk)
            told = self.kill("cancel")
            self.assertIsNone(told["logged"], told)
            self.assertIn("not on the disk yet", told["not_logged"])
            self.assertIsNotNone(told["nothing_works"], told)
            self.assertEqual(self.orders_left(), [])
            with open(disk) as taken:
                self.assertEqual(taken.readline(), f"kill cancel, asked at {told['asked']}\n")
            disk.unlink()
        self.assertIn(b"kill cancel, asked at %d" % told["asked"], b"\n".join(self.operator_acts()))
        self.holds()

    def test_a_hundred_orders_at_three_venues_are_gone_though_the_strategy_hangs(self):
        """Prints how long that took: from before the command was written to the session until the exchange had taken the last cancel
        (milliseconds, its own times), for bench/run --risk."""
        source = self.home / "hangs.cpp"
        source.write_text(HANGS)
        code, out, error = stom("strategy", "build", str(source))
        self.assertEqual(code, 0, out + error)
        coins = CoinFutures(self.exchange)
        places = [(self.spot, "/api/v3", "BTCUSDT"), (self.futures, "/fapi/v1", "BTCUSDT"), (coins, "/dapi/v1", "BTCUSD_PERP")]
        instruments = [f"{place.NAME}:{symbol}" for place, _, symbol in places]
        left = lambda: [(*place, order["orderId"]) for place in places for order in place[0].signed("GET", place[1] + "/openOrders", symbol=place[2])]
        with self.start("--testnet", "--param", "after=102", "--param", "lots=100", strategy="hangs", instruments=instruments) as trade:
            status = lambda: json.loads(stom("trade", "status", "--session", str(trade.folder), "--json")[1])["state"]
            first(status, lambda state: state == "not responding", trade.log)
            orders = left()
            self.assertEqual(len(orders), 102)
            asked = time.time_ns()
            told = self.command(trade.folder, "kill cancel")
            self.assertIsNone(told["engine"], told)
            self.assertIsNotNone(told["nothing_works"], told)
            self.assertEqual(left(), [])
            trade.kill()
        ends = [place.signed("GET", api + "/order", symbol=symbol, orderId=number) for place, api, symbol, number in orders]
        self.assertEqual({order["status"] for order in ends}, {"CANCELED"})
        gone = [order["updateTime"] for order in ends]
        print(json.dumps({"orders": len(gone), "venues": len(places), "stopped_ms": (told["entries_stopped"] - asked) / 1e6,
                          "sent_ms": (told["cancels_sent"] - asked) / 1e6, "gone_ms": max(gone) - asked / 1e6}))

    def test_a_signal_pulls_the_kill_switch(self):
        with self.resting("--testnet") as trade:
            trade.until(lambda s: s["orders"]["working"] >= 2)
            step = lambda: self.limits()["kill_switch", ""]["value"]
            trade.process.send_signal(signal.SIGUSR1)
            first(step, lambda value: value == "entries", trade.log)
            trade.process.send_signal(signal.SIGUSR2)
            first(step, lambda value: value == "cancel", trade.log)
            trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0})
            self.assertEqual(self.orders_left(), [])
            self.limits("set", "kill_switch=off")
            trade.until(lambda s: s["orders"]["working"] >= 2)
            self.assertEqual(step(), "off", "an old signal pulls nothing anew")
            self.assertIn("no dead-man timer", self.ask(1, "trade", "alive")["error"]["message"])
        self.holds()

    def test_where_nobody_is_there_entries_stop_and_then_all_is_canceled(self):
        with self.resting("--testnet", "--dead-man", "1s") as trade:
            first(lambda: self.limits()["kill_switch", ""]["value"], lambda value: value == "cancel", trade.log)
            self.assertEqual(self.limits()["dead_man", ""]["state"], "tripped")
            trade.until(lambda s: s["orders"] == {"working": 0, "unknown": 0})
            self.assertEqual(self.orders_left(), [])
            self.assertEqual(self.ask(0, "trade", "alive")["step"], "cancel", "a word releases nothing")
            first(lambda: b"".join(self.operator_acts()), lambda acts: b"alive, said at " in acts, trade.log)
        acts = b"".join(self.operator_acts())
        self.assertLess(acts.index(b"kill entries, asked at"), acts.index(b"kill cancel, asked at"))
        self.holds()
        with self.resting("--testnet", "--dead-man", "1h") as trade:
            self.assertEqual(self.limits()["kill_switch", ""]["value"], "cancel", "a restart releases nothing")
            self.assertEqual(self.limits()["dead_man", ""]["limit"], "1h")

    def connected(self, folder):
        at = os.open(folder, os.O_PATH)
        session = socket.socket(socket.AF_UNIX)
        session.connect(f"/proc/self/fd/{at}/command")
        os.close(at)
        return session

    def served(self, trade):
        """How many the session has taken at its socket for commands and has not let go, as the system tells it."""
        process, its_own = pathlib.Path("/proc", str(trade.process.pid)), set()
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                its_own.add(os.readlink(descriptor))
        # Num RefCount Protocol Flags Type State Inode Path. Connected is 03; who has not been taken yet has no inode.
        rows = [line.split() for line in (process / "net/unix").read_text().splitlines()]
        return sum(row[5] == "03" and row[-1].endswith("/command") and f"socket:[{row[6]}]" in its_own for row in rows)

    def command(self, folder, text):
        """As stom trade kill does it, without the time that a program takes to begin."""
        with self.connected(folder) as session:
            session.sendall(text.encode() + b"\n")
            told = b"".join(iter(lambda: session.recv(4096), b""))
        return json.loads(told)

    def test_what_nobody_answered_is_not_done_once_the_engine_comes_back(self):
        busy, source = self.home / "busy", self.home / "busy.cpp"
        busy.touch()
        source.write_text(HANGS.replace("for (volatile bool forever = true; forever;)", f'while (std::filesystem::exists("{busy}"))')
                          .replace("hangs, Hangs", "busy, Hangs").replace("#include", "#include <filesystem>\n#include", 1))
        code, out, error = stom("strategy", "build", str(source))
        self.assertEqual(code, 0, out + error)
        with self.start("--testnet", strategy="busy") as trade:
            status = lambda: json.loads(stom("trade", "status", "--session", str(trade.folder), "--json")[1])["state"]
            first(status, lambda state: state == "not responding", trade.log)
            self.assertIsNotNone(self.kill("cancel")["nothing_works"])
            self.assertIn("does not respond", self.ask(1, "risk", "set", "kill_switch=off")["error"]["message"])
            busy.unlink()
            first(status, lambda state: state == "running", trade.log)
            self.assertEqual(self.limits()["kill_switch", ""]["value"], "cancel")
            self.assertEqual(self.kill("entries")["step"], "cancel", "nor where orders leave")
        self.holds()


if __name__ == "__main__":
    unittest.main(verbosity=1)
