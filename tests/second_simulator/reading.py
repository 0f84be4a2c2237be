"""Reads a recorded Binance websocket capture by docs/reading-rules.md, for the second simulator.

Written from the documents alone and shares no code with the product. Prices are whole ticks and quantities whole
numbers of their last decimal (Python's int, so exact); times are nanoseconds since 1970.
"""

import gzip
import json
from decimal import Decimal
from typing import NamedTuple

BID, ASK = 0, 1


class Depth(NamedTuple):
    """A depth update that counts: the levels it names, and the best prices behind it."""
    time: int
    changes: tuple  # ({price: (before, after)} of the bids, the same of the asks)
    best: tuple  # (best bid or None, best ask or None)


class Snapshot(NamedTuple):
    time: int
    levels: tuple  # ({price: quantity} of the bids, of the asks)
    best: tuple


class Trade(NamedTuple):
    time: int
    price: int
    quantity: int
    buyer_is_aggressor: bool


class Recording(NamedTuple):
    venue: list  # Depth, Snapshot and Trade in the order in which they act on the venue's clock
    local: list  # (time, best bid, best ask) on our clock, after every update of the book
    start: int  # the smallest time on either clock
    end: int  # the largest
    clock_repair: int


class Scale:
    """Decimal text to whole steps of a tick or a last decimal."""

    def __init__(self, step):
        self.step = Decimal(step)
        self.known = {}

    def __call__(self, text):
        if text not in self.known:
            steps = Decimal(text) / self.step
            if steps != int(steps):
                raise ValueError(f"{text} is not a multiple of {self.step}")
            self.known[text] = int(steps)
        return self.known[text]


class Frame(NamedTuple):
    kind: str
    receive: int
    venue: int  # transaction time, the event time where there is none, None for a snapshot without times
    body: dict


def frames_of(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            stamp, _, text = line.partition(" ")
            message = json.loads(text)
            body = message.get("data", message)
            kind = body.get("e", "snapshot" if "lastUpdateId" in body else "quote")
            millis = body.get("T", body.get("E"))
            if kind in ("depthUpdate", "trade", "snapshot"):
                yield Frame(kind, int(stamp), None if millis is None else millis * 1_000_000, body)


class Gate:
    """Rule `gate`: which depth updates count, and in which order."""

    HELD = 8192

    def __init__(self):
        self.state = "waiting"
        self.last = None
        self.held = []

    def offer(self, frame):
        """The frames that count from now on: none, this one, or a snapshot and what was held for it."""
        if frame.kind == "snapshot":
            identity = frame.body["lastUpdateId"]
            if self.state == "live" and identity < self.last:
                return []
            self.state, self.last = "syncing", identity
            held, self.held = self.held, []
            return [frame] + [f for h in held for f in self.offer(h)]
        if self.state in ("waiting", "stale"):
            self.held = (self.held + [frame])[-self.HELD:]
            return []
        first, last, before = frame.body["U"], frame.body["u"], frame.body.get("pu")
        chained = before is not None
        if last < self.last or (last == self.last and (not chained or self.state == "live")):
            return []  # the book holds it already
        if self.state == "syncing":
            follows = first <= self.last <= last if chained else first <= self.last + 1 <= last
        else:
            follows = before == self.last if chained else first == self.last + 1
        if not follows:
            self.state = "stale"
            self.held = [frame]
            return []
        self.state, self.last = "live", last
        return [frame]


class Book:
    def __init__(self):
        self.levels = ({}, {})
        self.best = [None, None]

    def replace(self, levels):
        self.levels = levels
        self.best = [max(levels[BID], default=None), min(levels[ASK], default=None)]

    def update(self, side, rows):
        levels, better = self.levels[side], (max, min)[side]
        changes = {}
        for price, quantity in rows:
            before = levels.get(price, 0)
            changes[price] = (changes[price][0] if price in changes else before, quantity)
            if quantity:
                levels[price] = quantity
                self.best[side] = price if self.best[side] is None else better(price, self.best[side])
            elif before:
                del levels[price]
                if price == self.best[side]:
                    self.best[side] = better(levels, default=None)
        return changes


def read(path, tick, unit):
    price_of, quantity_of = Scale(tick), Scale(unit)

    def rows(side):
        return [(price_of(p), quantity_of(q)) for p, q in side]

    frames = list(frames_of(path))
    repair = max(0, -min(f.receive - f.venue for f in frames if f.kind != "snapshot"))
    received = [f.receive + repair for f in frames]

    # Our clock: what each frame lets through acts when that frame is received.
    gate, book, counted, local = Gate(), Book(), [], []
    for frame, at in zip(frames, received):
        if frame.kind == "trade":
            continue
        for passed in gate.offer(frame):
            if passed.kind == "snapshot":
                book.replace(tuple(dict(rows(passed.body[s])) for s in ("bids", "asks")))
                counted.append((passed, tuple(map(dict, book.levels)), tuple(book.best)))
            else:
                changes = tuple(book.update(side, rows(passed.body["ba"[side]])) for side in (BID, ASK))
                counted.append((passed, changes, tuple(book.best)))
            local.append((at, *book.best))

    # The venue's clock: each acts at its own time; the recorded order stands among those of one instant.
    recorded = {id(f): i for i, f in enumerate(frames)}
    venue = []
    for number, (frame, content, best) in enumerate(counted):
        at, position = frame.venue, recorded[id(frame)]
        if frame.kind == "snapshot":
            if at is None:  # rule `snapshot time`: that of the first update that reaches past it
                past = next((f for f in frames if f.kind == "depthUpdate" and f.body["u"] > frame.body["lastUpdateId"]), None)
                at = frame.receive + repair if past is None else past.venue
            # Nothing that continues a snapshot acts before it.
            position = min([position] + [recorded[id(f)] for f, _, _ in counted[number + 1:]])
            position -= 0.5
            venue.append((at, position, Snapshot(at, content, best)))
        else:
            venue.append((at, position, Depth(at, content, best)))
    for position, frame in enumerate(frames):
        if frame.kind == "trade":
            body = frame.body
            venue.append((frame.venue, position, Trade(frame.venue, price_of(body["p"]), quantity_of(body["q"]), not body["m"])))
    venue.sort(key=lambda item: item[:2])
    stamps = received + [f.venue for f in frames if f.venue is not None]
    return Recording([item[2] for item in venue], local, min(stamps), max(stamps), repair)
