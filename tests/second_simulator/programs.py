"""Random lists of orders of every type and time in force, for both simulators: as the text that the strategy `order_list` reads, and as
a strategy here. Prices lie around the recording's own, so that most orders meet the market."""

import bisect
import random
from decimal import Decimal
from typing import NamedTuple

from reading import ASK, BID
from rules import Order

INTERVAL = 50_000_000
KINDS = ["limit"] * 10 + ["market"] * 3 + ["stop", "stop_limit", "take_profit", "take_profit_limit", "trailing"] * 2
DISTANCES = (0, 0, 0, 1, 1, 2, 3, 5, 10, 30, 100)


class Step(NamedTuple):
    at: int  # after the start
    cancels: int | None
    words: dict  # of Order, but for the side and the id
    side: int


class Program:
    """The strategy `order_list`."""

    interval = INTERVAL

    def __init__(self, seed, recording, larger, lot):
        self.random = random.Random(seed)
        self.times = [time for time, _, _ in recording.local]
        self.recording, self.larger, self.lot = recording, larger, lot
        self.steps, self.next, self.sent = [], 0, 0
        orders, at = 0, 0
        end = recording.end - recording.start
        while True:
            at += self.random.randrange(1, 400) * 1_000_000
            if at >= end:
                break
            if orders and self.random.random() < 0.25:
                self.steps.append(Step(at, max(1, orders - self.random.randrange(20)), {}, BID))
                continue
            step = self.order(at)
            if step is not None:
                self.steps.append(step)
                orders += 1

    def order(self, at):
        pick = self.random
        place = bisect.bisect_right(self.times, self.recording.start + at) - 1
        if place < 0 or None in self.recording.local[place]:
            return None
        _, bid, ask = self.recording.local[place]
        side, kind = pick.choice((BID, ASK)), pick.choice(KINDS)
        own, away = (bid, ask)[side], 1 if side == ASK else -1
        distance = pick.choice(DISTANCES) * pick.choice((1, 1, 1, -1))
        lots = pick.choice((1, 2, self.larger // 3, self.larger, self.larger, self.larger * 5, self.larger * 60))
        words = {"kind": kind, "quantity": lots * self.lot, "tif": pick.choice(("gtc", "gtc", "gtc", "ioc", "fok", "day"))}
        if kind == "limit":
            words["price"] = own + away * distance
            if words["tif"] in ("gtc", "day") and pick.random() < 0.4:
                words["post_only"] = True
        elif kind == "trailing":
            words["trail"] = 1 + abs(distance)
        elif kind != "market":
            up = (side == BID) != kind.startswith("take_profit")
            words["trigger"] = (ask if up else bid) + (1 if up else -1) * distance
            if kind.endswith("limit"):
                words["price"] = words["trigger"] + away * pick.choice((-20, -3, -1, 0, 1, 3))
        if kind not in ("limit", "market"):
            words["trigger_by"] = pick.choice(("last", "bid_ask"))
        if "price" in words and words["tif"] in ("gtc", "day") and pick.random() < 0.3:
            words["show"] = max(1, lots // pick.choice((2, 3, 7))) * self.lot
        if words["tif"] == "gtc" and pick.random() < 0.2:
            words["tif"], words["until"] = "gtd", at + pick.randrange(1, 20_000) * 1_000_000
        if pick.random() < 0.15:
            words["reduce_only"] = True
        return Step(at, None, words, side)

    def wishes(self, owner, since_start, bid, ask):
        while self.next < len(self.steps) and self.steps[self.next].at <= since_start:
            step = self.steps[self.next]
            self.next += 1
            if step.cancels is None:
                self.sent += 1
                words = dict(step.words)
                if "until" in words:
                    words["until"] += self.recording.start
                yield "new", Order(self.sent, step.side, **words)
            elif step.cancels in owner.orders and not owner.orders[step.cancels].canceled:
                yield "cancel", step.cancels

    def text(self, tick, unit):
        """The list as `order_list` reads it."""
        def number(count, step):
            return format(count * Decimal(step), "f")

        lines = []
        for step in self.steps:
            if step.cancels is not None:
                lines.append(f"{step.at}ns cancel {step.cancels}")
                continue
            w = step.words
            line = [f"{step.at}ns", "sell" if step.side == ASK else "buy", w["kind"]]
            line += [number(w[name], tick) for name in ("trigger", "trail", "price") if name in w]
            line += ["x" + number(w["quantity"], unit), f"gtd={w['until']}ns" if "until" in w else w["tif"]]
            line += ["post"] * ("post_only" in w) + ["reduce"] * ("reduce_only" in w)
            if "show" in w:
                line.append("show=" + number(w["show"], unit))
            if "trigger_by" in w:
                line.append("by=" + w["trigger_by"])
            lines.append(" ".join(line))
        return "\n".join(lines) + "\n"
