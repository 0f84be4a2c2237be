#!/usr/bin/env python3
"""A pair of texts over a capture decides the same, row by row, in a backtest, in a replay, and on paper against the
exchange that plays it with its own times: spot, USD-M and COIN-M.

usage: STOM_PROGRAM=build/dev/bin/stom STOM_HOME=FOLDER modes_test.py     (needs STOM_TEST_DATA)
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "exchange"))
from trade_test import Trade, stom
from venue_client import Exchange

PROGRAM = os.environ["STOM_PROGRAM"]
HOME = pathlib.Path(os.environ["STOM_HOME"])
DATA = pathlib.Path(os.environ.get("STOM_TEST_DATA", pathlib.Path(__file__).parents[3] / "shared/data"))
PATIENCE = 180
SPEED = 2
ROUND_TRIPS = 20
THE_RECORDING = 240  # seconds until it has been played, and more

# A session that joins a market under way knows nothing of what was before: the texts begin where each mode has its
# windows, and ask for nothing of the day's beginning. What they read is the row's, not the price that was paid: on
# paper an order meets the book as we received it, in a backtest the one that the venue had by then. (Spot's first book
# comes by REST without a time, so that a session's first row is of today; the recording's day begins behind it.)
BUY = """# The price is above its mean, and more was bought than sold.
if 시분초 < 235530:
    매수 = False
elif not (현재가 > 이동평균(10) or 매수잔량1 > 매도잔량1):
    매수 = False
elif 초당매수수량 < 초당매도수량:
    매수 = False
"""
SELL = """if 현재가 < 이동평균(5) and 현재가N(1) >= 이동평균(5, 1):
    매도 = True
elif 초당매도수량 > 누적초당매수수량(3):
    매도 = True
elif 현재가 > 현재가N(-1) and 매도잔량1 > 매수잔량1:
    매도 = True
elif 보유시간 >= 4:
    매도 = True
"""
FUTURES_BUY = """if 시분초 < 235530:
    BUY_LONG = False
    SELL_SHORT = False
elif 현재가 > 이동평균(10):
    SELL_SHORT = False
else:
    BUY_LONG = False
if 초당매수수량 + 초당매도수량 == 0:
    BUY_LONG = False
    SELL_SHORT = False
"""
FUTURES_SELL = """if 포지션 == 'LONG' and 현재가 < 이동평균(5):
    SELL_LONG = True
elif 포지션 == 'SHORT' and 현재가 > 이동평균(5):
    BUY_SHORT = True
elif 보유시간 >= 5:
    SELL_LONG = True
    BUY_SHORT = True
"""
VARIABLES = "self.vars[0] = 10\n"
CAPTURES = {"binance:BTCUSDT": "spot_btcusdt", "binance-usdm:BTCUSDT": "usdm_btcusdt",
            "binance-coinm:BTCUSD_PERP": "coinm_btcusd_perp"}
FUTURES = {"binance-coinm:BTCUSD_PERP"}  # traded on both sides

ACTS = ({"sell"}, {"sell_long", "buy_short"})


def exits(decisions):
    return [d for d in decisions["decisions"] if d["reason"]]


def done(*arguments):
    code, out, error = stom(*arguments)
    assert code == 0, out + error
    return json.loads(out)


@unittest.skipUnless(DATA.is_dir(), "no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
class Modes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.context.name)
        for name, text in (("buy", BUY), ("sell", SELL), ("vars", VARIABLES), ("futures-buy", FUTURES_BUY),
                           ("futures-sell", FUTURES_SELL)):
            (cls.folder / name).write_text(text)
        for instrument, capture in CAPTURES.items():
            done("data", "import", str(DATA / f"market/binance_ws_raw/{capture}_20240808.jsonl.gz"), "--instrument",
                 instrument, "--json")
        cls.exchange_of_all = Exchange("--speed", str(SPEED), *(word for i in CAPTURES for word in ("--replay", i)))
        cls.exchange = cls.exchange_of_all.__enter__()
        cls.line = cls.folder / "exchange.json"
        cls.line.touch(mode=0o600)
        cls.line.write_text(json.dumps(cls.exchange.line))
        # All on paper at once: the recordings play but once, and the texts ask for what comes from a minute behind their begin on.
        start = lambda i: Trade(cls.session(i), "--paper", "--venues", str(cls.line), "--no-record", *cls.strategy(i))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            cls.sessions = dict(zip(CAPTURES, pool.map(start, CAPTURES)))

    @classmethod
    def tearDownClass(cls):
        for session in cls.sessions.values():
            session.stop()
        cls.exchange_of_all.__exit__()
        cls.context.cleanup()

    @classmethod
    def session(cls, instrument):
        return cls.folder / instrument.replace(":", "-")

    @classmethod
    def strategy(cls, instrument):
        kind = "futures-" if instrument in FUTURES else ""
        files = {"buy": kind + "buy", "sell": kind + "sell", "vars": "vars"}
        parameters = (word for name, file in files.items() for word in ("--param", f"{name}={cls.folder / file}"))
        # Orders that travel for no time are answered before the next row, also where that comes SPEED times as soon.
        return ["--strategy", "conditions", "--instrument", instrument, "--order-latency", "0s", *parameters]

    def decisions(self, of):
        return done("condition", "decisions", str(of), "--json")

    def backtest(self, instrument):
        out = self.folder / ("backtest-" + self.session(instrument).name)
        done("backtest", "run", *self.strategy(instrument), "--no-band", "--no-report", "--out", str(out), "--json")
        return self.decisions(out)

    def replay(self, instrument):
        name = self.session(instrument).name
        command = [PROGRAM, "serve", "--port", "0", "--session", name, "--speed", "max", "--json", *self.strategy(instrument)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            line = json.loads(server.stdout.readline())
            address = urllib.parse.urlsplit(line["address"]).netloc
            end = time.monotonic() + PATIENCE
            state = ""
            while state != "finished" and time.monotonic() < end:
                connection = http.client.HTTPConnection(address, timeout=PATIENCE)
                connection.request("GET", "/api/v1/session", headers={"Authorization": "Bearer " + line["token"]})
                state = json.loads(connection.getresponse().read())["state"]
                connection.close()
            self.assertEqual(state, "finished")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=PATIENCE)
            server.stdout.close()
        return self.decisions(HOME / "sessions" / (name + "-1"))

    def paper(self, instrument, wanted):
        """Of a session that goes on until it has sold so often by text."""
        with self.sessions[instrument] as session:
            end = time.monotonic() + THE_RECORDING
            while len(exits(self.decisions(session.folder))) < wanted and time.monotonic() < end:
                session.status()
        return self.decisions(session.folder)

    def test_a_pair_decides_the_same_in_backtest_replay_and_on_paper(self):
        for instrument in CAPTURES:
            with self.subTest(instrument):
                backtest = self.backtest(instrument)
                left = exits(backtest)
                self.assertGreaterEqual(len(left), ROUND_TRIPS)
                self.assertGreaterEqual(len(backtest["exits"]), 3, "several lines sell")
                self.assertTrue(all(d["reason"].startswith("line ") for d in left), "sold by text")
                self.assertEqual(sum(backtest["exits"].values()), len(left))
                self.assertEqual({d["act"] for d in left}, ACTS[instrument in FUTURES])
                self.assertEqual(self.replay(instrument), backtest)
                paper = self.paper(instrument, ROUND_TRIPS)
                self.assertEqual(paper["decisions"], backtest["decisions"][: len(paper["decisions"])])
                self.assertGreaterEqual(len(exits(paper)), ROUND_TRIPS)
                self.assertEqual(paper["stopped"], backtest["stopped"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
