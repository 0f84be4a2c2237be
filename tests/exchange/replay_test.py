#!/usr/bin/env python3
"""`stom exchange --replay`: what a client hears is what was recorded, frame by frame and member by member.

usage: STOM_PROGRAM=build/dev/bin/stom STOM_HOME=FOLDER replay_test.py     (needs STOM_TEST_DATA)
"""

import gzip
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest
from decimal import Decimal, InvalidOperation

sys.path.insert(0, os.path.dirname(__file__))
from venue_client import Exchange, Spot, Upbit

DATA = pathlib.Path(os.environ.get("STOM_TEST_DATA", pathlib.Path(__file__).parents[3] / "shared/data"))
FRAMES = 40  # of each stream


def key_of(data):
    return (data.get("e", "bookTicker"), data["u"] if "u" in data else data["t"])


def by_value(data):
    """Amounts as numbers: how many zeros a venue writes behind one is not kept in a recording."""
    if isinstance(data, dict):
        return {name: by_value(value) for name, value in data.items()}
    if isinstance(data, list):
        return [by_value(value) for value in data]
    try:
        return Decimal(data) if isinstance(data, str) else data
    except InvalidOperation:
        return data


@unittest.skipUnless(DATA.is_dir(), "no test data: STOM_TEST_DATA names the folder (default ../shared/data)")
class Replay(unittest.TestCase):
    def recorded(self, capture, instrument):
        path = DATA / f"market/binance_ws_raw/{capture}_20240808.jsonl.gz"
        subprocess.run([os.environ["STOM_PROGRAM"], "data", "import", path, "--instrument", instrument, "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        frames = {}
        with gzip.open(path, "rt") as lines:
            for line in lines:
                message = json.loads(line.split(" ", 1)[1])
                if "data" in message:
                    frames[key_of(message["data"])] = message["data"]
        return frames

    def hear(self, socket, frames, streams):
        heard = dict.fromkeys(streams, 0)
        end = time.monotonic() + 60
        while min(heard.values()) < FRAMES and time.monotonic() < end:
            message = socket.receive()
            self.assertEqual(by_value(message["data"]), by_value(frames.get(key_of(message["data"]))))
            heard[message["stream"]] += 1
        self.assertGreaterEqual(min(heard.values()), 20, heard)

    def test_spot_is_heard_as_it_was_recorded(self):
        frames = self.recorded("spot_btcusdt", "binance:BTCUSDT")
        streams = ["btcusdt@depth@100ms", "btcusdt@trade", "btcusdt@bookTicker"]
        with Exchange("--replay", "binance:BTCUSDT") as exchange:
            address = exchange.line["venues"]["binance"]["ws"] + "/stream?streams=" + "/".join(streams)
            self.hear(exchange.socket(address), frames, streams)

    def test_usdm_is_heard_as_it_was_recorded(self):
        frames = self.recorded("usdm_btcusdt", "binance-usdm:BTCUSDT")
        streams = ["btcusdt@depth@100ms", "btcusdt@trade", "btcusdt@bookTicker"]
        with Exchange("--replay", "binance-usdm:BTCUSDT") as exchange:
            address = exchange.line["venues"]["binance-usdm"]["ws"] + "/public/stream?streams=" + "/".join(streams)
            self.hear(exchange.socket(address), frames, streams)

    def test_coinm_is_heard_as_it_was_recorded(self):
        frames = self.recorded("coinm_btcusd_perp", "binance-coinm:BTCUSD_PERP")
        streams = ["btcusd_perp@depth@100ms", "btcusd_perp@trade", "btcusd_perp@bookTicker"]
        with Exchange("--replay", "binance-coinm:BTCUSD_PERP") as exchange:
            address = exchange.line["venues"]["binance-coinm"]["ws"] + "/stream?streams=" + "/".join(streams)
            self.hear(exchange.socket(address), frames, streams)

    def test_generated_markets_stand_beside_the_recordings_where_that_is_asked(self):
        self.recorded("spot_btcusdt", "binance:BTCUSDT")
        for more, listed in (((), ["BTCUSDT"]), (("--with-generated", "--activity", "3"), ["BTCUSDT", "ETHUSDT"])):
            with Exchange("--replay", "binance:BTCUSDT", *more) as exchange:
                self.assertEqual([s["symbol"] for s in Spot(exchange).public("/api/v3/exchangeInfo")["symbols"]], listed)

    def test_a_recording_that_is_named_twice_is_one_market(self):
        self.recorded("spot_btcusdt", "binance:BTCUSDT")
        with Exchange("--replay", "binance:BTCUSDT", "binance:BTCUSDT") as exchange:
            self.assertEqual([s["symbol"] for s in Spot(exchange).public("/api/v3/exchangeInfo")["symbols"]], ["BTCUSDT"])

    def test_times_are_todays_where_that_is_asked(self):
        self.recorded("spot_btcusdt", "binance:BTCUSDT")
        with Exchange("--replay", "binance:BTCUSDT", "--loop", "--shift-to-now") as exchange:
            trade = exchange.socket(exchange.line["venues"]["binance"]["ws"] + "/ws/btcusdt@trade").receive()
            self.assertLess(abs(trade["E"] / 1000 - time.time()), 60)

    def test_what_an_order_has_to_be_worth_is_said_in_the_currency_of_its_market(self):
        frames = pathlib.Path(os.environ["STOM_HOME"]) / "upbit.jsonl"
        with open(frames, "w") as out:
            for line in (DATA / "market/ws_raw_multi/upbit_ws62.log").read_text().splitlines():
                seconds, direction, text = [*line.split("\t"), "", ""][:3]
                if direction == "<" and "BTC-XTZ" in text:
                    out.write(f"{int(Decimal(seconds) * 10**9)} {text}\n")
        subprocess.run([os.environ["STOM_PROGRAM"], "data", "import", frames, "--instrument", "upbit:BTC-XTZ", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        with Exchange("--replay", "upbit:BTC-XTZ", "--loop") as exchange:
            upbit = Upbit(exchange)
            chance = upbit.signed("GET", "/v1/orders/chance", market="BTC-XTZ")
            self.assertEqual(chance["market"]["bid"]["min_total"], 0.00005)
            order = {"market": "BTC-XTZ", "side": "bid", "ord_type": "limit", "price": "0.0001"}
            refused = upbit.signed("POST", "/v1/orders", **order, volume="0.49")
            self.assertEqual(refused["error"]["name"], "under_min_total_bid")
            self.assertEqual(upbit.signed("POST", "/v1/orders", **order, volume="0.5")["state"], "wait")


if __name__ == "__main__":
    unittest.main(verbosity=1)
