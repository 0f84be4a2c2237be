"""Books out of the frames that a session recorded (docs/gateway.md), by code that shares nothing with the product: what
the venue said, read as the venue's documents say."""

import collections
import gzip
import heapq
import json
from decimal import Decimal

HELD = 5000  # updates that a snapshot to come may be older than
STATES = 4000  # of the last moments


def lines_of(files):
    """(time, text) of one row of files; the last member of one may be cut off."""
    for file in files:
        with gzip.open(file, "rt") as lines:
            try:
                for line in lines:
                    time, text = line.split(" ", 1)
                    yield int(time), text
            except EOFError:
                pass


def files_of(folder, name):
    return sorted(folder.glob(name.replace(":", "-") + "-*.jsonl.gz"), key=lambda f: int(f.name.split("-")[-1].split(".")[0]))


def received(folder, instrument):
    """What one instrument's book is made of, in order of time: its own files, and what of it stands in the venue's."""
    venue, symbol = instrument.split(":")

    def of_wire():
        for time, line in lines_of(files_of(folder, f"{venue}-wire")):
            if symbol in line and ("depthUpdate" in line or "lastUpdateId" in line or "orderbook" in line or "0D" in line):
                message = json.loads(line)
                if "in" in message:
                    yield time, message["text"]

    return heapq.merge(lines_of(files_of(folder, instrument)), of_wire(), key=lambda pair: pair[0])


def sides(bids, asks):
    pick = lambda levels: {Decimal(p): Decimal(q) for p, q in levels if Decimal(q) != 0}
    return pick(bids), pick(asks)


class Binance:
    """Snapshot and diffs: an update continues the one before it, by `pu` (futures) or `U` (spot)."""

    def __init__(self, symbol):
        self.symbol = symbol
        self.held = collections.deque(maxlen=HELD)
        self.book, self.last, self.met = None, 0, False
        self.gaps = 0

    def take(self, text):
        """True: the book has changed."""
        if '"depthUpdate"' not in text and '"lastUpdateId"' not in text:
            return False
        message = json.loads(text)
        message = message.get("data", message)
        if message.get("e") == "depthUpdate":
            if message["s"] != self.symbol:
                return False
            self.held.append(message)
            return self.book is not None and self.follow(message)
        if "lastUpdateId" not in message:
            return False
        if self.book is not None and self.met and message["lastUpdateId"] < self.last:
            return False
        self.book, self.last, self.met = sides(message["bids"], message["asks"]), message["lastUpdateId"], False
        for update in sorted(self.held, key=lambda u: u["u"]):
            if self.book is not None:
                self.follow(update)
        return self.book is not None

    def follow(self, update):
        chained = "pu" in update
        if update["u"] < self.last or (update["u"] == self.last and (self.met or not chained)):
            return False
        wanted = self.last if chained else self.last + 1
        if self.met:
            good = update["pu"] == self.last if chained else update["U"] == self.last + 1
        else:
            good = update["U"] <= wanted <= update["u"] or (chained and update["pu"] == self.last)
        if not good:
            self.book = None
            self.gaps += 1
            return False
        for side, levels in zip(self.book, (update["b"], update["a"])):
            for price, quantity in levels:
                if Decimal(quantity) == 0:
                    side.pop(Decimal(price), None)
                else:
                    side[Decimal(price)] = Decimal(quantity)
        self.last, self.met = update["u"], True
        return True


class Upbit:
    """Each message is the whole book."""

    def __init__(self, symbol):
        self.symbol, self.book, self.gaps = symbol, None, 0

    def take(self, text):
        if '"orderbook"' not in text:
            return False
        message = json.loads(text, parse_float=Decimal)
        if message.get("code", message.get("cd")) != self.symbol:
            return False
        units = message.get("orderbook_units") or message["obu"]
        of = lambda unit, name, short: unit.get(name, unit.get(short))
        self.book = sides([(of(u, "bid_price", "bp"), of(u, "bid_size", "bs")) for u in units],
                          [(of(u, "ask_price", "ap"), of(u, "ask_size", "as")) for u in units])
        return True


class Kiwoom:
    """0D: ten levels, each with a number of its own; a sign before a price says whether it rose."""

    def __init__(self, symbol):
        self.symbol, self.book, self.gaps = symbol, None, 0

    def take(self, text):
        if '"0D"' not in text:
            return False
        message, changed = json.loads(text), False
        for entry in message.get("data", []):
            if message["trnm"] != "REAL" or entry["type"] != "0D" or entry["item"] != self.symbol:
                continue
            levels = lambda price, size: [(abs(int(entry["values"][str(price + i)])), abs(int(entry["values"][str(size + i)])))
                                          for i in range(10)]
            self.book, changed = sides(levels(51, 71), levels(41, 61)), True
        return changed


def reader_of(instrument):
    venue, symbol = instrument.split(":")
    return {"upbit": Upbit, "kiwoom": Kiwoom}.get(venue, Binance)(symbol)


def states_since(folder, instrument, since):
    """The reader, and the book as it was at that time and each that came of it."""
    reader = reader_of(instrument)
    states = collections.deque(maxlen=STATES)
    for time, text in received(folder, instrument):
        if time >= since and reader.book is not None and not states:
            states.append(tuple(map(dict, reader.book)))
        try:
            changed = reader.take(text)
        except json.JSONDecodeError:  # cut short on its way, by a fault: nobody could read it
            continue
        if changed and time >= since:
            states.append(tuple(map(dict, reader.book)))
    if not states and reader.book is not None:
        states.append(reader.book)
    return reader, states
