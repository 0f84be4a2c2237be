"""The rules `stom` of docs/fills.md, once more: slow, plain, and without a line of the product.

Prices are whole ticks, quantities whole numbers of the recording's last decimal (`lot` says how many of them are a lot: a market's
quantities need not be whole lots, ours are), fronts of the probability models Decimals with 9 places: nothing is a double.
Each named rule can be switched off, to see what it changes.
"""

from decimal import ROUND_HALF_EVEN, Decimal, getcontext
from math import floor

from reading import ASK, BID, Depth, Snapshot, Trade

getcontext().prec = 40
NANO = Decimal("1e-9")
DAY = 86_400 * 10**9  # the venues of the captures have days by UTC (docs/calendars.md)

SWITCHES = {
    "R2b": "what we took is there again at once",
    "R3": "only trades move us forward",
    "R3-cum": "what trades took is taken off a second time by the update",
    "R3b": "own orders at one price do not queue behind each other",
    "R4": "the other side reaching our price fills nothing",
    "R5": "no trade fills anything",
    "R5-sharing": "each own order has the whole trade for itself",
    "R5a": "a trade beyond our price fills nothing",
    "R5b": "a trade at our price fills nothing",
    "R5b-queue": "a trade at our price fills as if nobody stood ahead",
    "partial": "an order fills wholly at its first fill",
}


class Order:
    def __init__(self, identity, side, quantity, price=None, kind="limit", tif="gtc", until=None, post_only=False,
                 reduce_only=False, show=None, trigger=None, trail=None, trigger_by="last"):
        self.id, self.side, self.leaves, self.price, self.kind, self.tif = identity, side, quantity, price, kind, tif
        self.until, self.post_only, self.reduce_only, self.show = until, post_only, reduce_only, show
        self.trigger, self.trail, self.trigger_by = trigger, trail, trigger_by
        self.front, self.cum, self.shown, self.followed = 0, 0, None, None

    def sign(self):
        return 1 if self.side == BID else -1

    def displayed(self):
        return self.leaves if self.shown is None else self.shown

    def waits(self):
        return self.kind not in ("limit", "market")

    def priced(self):
        return self.kind in ("limit", "stop_limit", "take_profit_limit")

    def reaches(self, price):
        """Would this order pay (or accept) a price of the other side?"""
        if not self.priced():
            return True
        return self.price >= price if self.side == BID else self.price <= price

    def triggered_by(self, price):  # R6
        up = (self.side == BID) != self.kind.startswith("take_profit")
        if self.kind == "trailing":
            best = (min if self.side == BID else max)(price, price if self.followed is None else self.followed)
            self.followed, trigger = best, best + self.trail * self.sign()
        else:
            trigger = self.trigger
        return price >= trigger if up else price <= trigger

    def better_than(self, price):
        return self.price > price if self.side == BID else self.price < price


class Fill:
    def __init__(self, time, order, price, quantity, maker):
        self.time, self.order, self.side, self.price, self.quantity, self.maker = time, order.id, order.side, price, quantity, maker
        self.leaves = order.leaves


def power3(front, back, unit):
    return 1 - (Decimal(front) / (front + back)) ** 3


def log(front, back, unit):
    ahead, behind = (1 + Decimal(front) * unit).ln(), (1 + Decimal(back) * unit).ln()
    return behind / (behind + ahead)


def share_behind(model, front, back, unit):
    """What of a decrease came from behind us. Exact from here on: a decrease is a whole number."""
    return model(front, back, unit).quantize(NANO, ROUND_HALF_EVEN) if back else 0


class Venue:
    """One run's orders at the venue. `events` are what the venue says, in order: (kind, order id, detail)."""

    def __init__(self, queue="risk_averse", off=(), unit=Decimal(1), lot=1):
        self.chance = {"risk_averse": None, "power3": power3, "log": log}[queue]
        self.off, self.unit, self.lot = frozenset(off), unit, lot
        self.levels, self.best = ({}, {}), (None, None)
        self.known = False
        self.taken = ({}, {})
        self.resting = ([], [])  # best price first, then earlier first
        self.arrivals = 0
        self.waiting = []  # for a trigger, in the order placed
        self.last = None
        self.position = 0
        self.events = []

    # Market data

    def on_market(self, item):
        if isinstance(item, Trade):
            self.on_trade(item)
        elif isinstance(item, Depth):
            self.on_depth(item)
        elif isinstance(item, Snapshot):
            self.on_snapshot(item)

    def on_depth(self, depth):
        for side in (BID, ASK):
            changes = depth.changes[side]
            for price in self.taken[side].keys() & changes.keys():
                del self.taken[side][price]
            self.levels[side].update({price: after for price, (_, after) in changes.items()})
            for order in self.resting[side]:
                if order.price in changes:
                    self.level_changed(order, *changes[order.price])
            self.keep_in_line(side)
        self.best = depth.best
        self.book_reaches_us(depth.time)
        self.pull_triggers(depth.time, "bid_ask")
        self.end_reduce_only()

    def on_snapshot(self, snapshot):
        self.known = True
        self.levels, self.best = tuple(map(dict, snapshot.levels)), snapshot.best
        self.taken = ({}, {})
        for side in (BID, ASK):
            for order in self.resting[side]:
                order.front, order.cum = min(order.front, self.levels[side].get(order.price, 0)), 0
            self.keep_in_line(side)
        self.book_reaches_us(snapshot.time)
        self.pull_triggers(snapshot.time, "bid_ask")
        self.pull_triggers(snapshot.time, None)
        self.end_reduce_only()

    def level_changed(self, order, before, after):  # R3
        if "R3" in self.off:
            return
        change = before - after - (0 if "R3-cum" in self.off else order.cum)
        front, order.cum = order.front, 0
        if self.chance is None or change < 0:
            front = min(front, after)
        elif front > 0:
            back = before - front
            p = share_behind(self.chance, front, back, self.unit)
            front = min(front - (1 - p) * change + min(back - p * change, 0), after)
        order.front = max(front, 0)

    def keep_in_line(self, side):  # R3b
        if "R3b" in self.off:
            return
        for ahead, behind in zip(self.resting[side], self.resting[side][1:]):
            if ahead.price == behind.price:
                behind.front = max(behind.front, ahead.front)

    def book_reaches_us(self, time):  # R4
        if "R4" in self.off:
            return
        for side in (BID, ASK):
            other = self.best[1 - side]
            if other is None:
                continue
            for order in list(self.resting[side]):
                if not order.reaches(other):
                    break
                order.front = 0
                for price, there in list(self.there_for(order)):
                    quantity = min(there, self.closable(order))
                    self.take(1 - side, price, quantity)
                    self.fill(time, order, order.price, order.leaves if "partial" in self.off else quantity, maker=True)
            self.send_to_back(side)

    def on_trade(self, trade):
        self.last = trade.price
        self.share(trade)
        self.pull_triggers(trade.time, "last")
        self.end_reduce_only()

    def share(self, trade):  # R5
        if "R5" in self.off:
            return
        side = ASK if trade.buyer_is_aggressor else BID
        left = trade.quantity
        at_price = [o for o in self.resting[side] if o.price == trade.price]
        for order in list(self.resting[side]):
            if not order.better_than(trade.price):
                break
            if "R5a" in self.off:
                continue
            order.front = 0
            quantity = order.leaves if "partial" in self.off else min(self.closable(order), self.whole_lots(left))
            if "R5-sharing" not in self.off:
                left -= min(quantity, left)
            self.fill(trade.time, order, order.price, quantity, maker=True)
        served = 0
        for order in at_price:
            front = 0 if "R5b-queue" in self.off else order.front
            through = max(0, self.whole_lots(left - front))
            quantity = max(0, min(order.displayed(), self.closable(order), through - served))
            if "partial" in self.off and quantity:
                quantity = order.leaves
            if "R5b" in self.off:
                quantity = 0
            if "R5-sharing" not in self.off:
                served += quantity
            order.front = max(0, order.front - left)
            order.cum += trade.quantity
            self.fill(trade.time, order, order.price, quantity, maker=True)
        self.send_to_back(side)

    # What is there to take

    def there_for(self, order):
        """(price, quantity) of the other side, best first, up to the order's price, less what this run took already."""
        side = 1 - order.side
        best = self.best[side]
        if best is None:
            return
        levels, taken = self.levels[side], self.taken[side]
        for price in sorted((p for p, q in levels.items() if q and order.reaches(p)), reverse=side == BID):
            there = self.whole_lots(levels[price] - taken.get(price, 0))
            if there > 0:
                yield price, there

    def whole_lots(self, quantity):
        return floor(quantity / self.lot) * self.lot if isinstance(quantity, Decimal) else quantity // self.lot * self.lot

    def take(self, side, price, quantity):
        if "R2b" not in self.off and quantity:
            self.taken[side][price] = self.taken[side].get(price, 0) + quantity

    def closable(self, order):  # R2a
        """What of it may still fill: of a reduce-only order, no more than ends the position."""
        return order.leaves if not order.reduce_only else max(0, min(order.leaves, -order.sign() * self.position))

    def fill(self, time, order, price, quantity, maker):
        if quantity <= 0:
            return
        order.leaves -= quantity
        if order.shown is not None:
            order.shown = max(0, order.shown - quantity)
        self.position += order.sign() * quantity
        self.events.append(("filled", order.id, Fill(time, order, price, quantity, maker)))
        if order.leaves == 0:
            self.remove(order)

    def send_to_back(self, side):  # R3c
        queue = self.resting[side]
        for order in [o for o in queue if o.shown == 0]:
            queue.remove(order)
            self.rest(order)

    def end_reduce_only(self):  # R2a
        for side in (BID, ASK):
            for order in [o for o in self.resting[side] if o.reduce_only and self.closable(o) == 0]:
                self.end(order, "expired", "reduce_only_would_increase")

    def remove(self, order):
        for orders in (*self.resting, self.waiting):
            if order in orders:
                orders.remove(order)

    def end(self, order, how, reason):
        self.remove(order)
        self.events.append((how, order.id, reason))

    # Time

    def next_expiry(self):
        return min((o.until for orders in (*self.resting, self.waiting) for o in orders if o.until is not None), default=None)

    def expire(self, time):
        for orders in (*self.resting, self.waiting):
            for order in sorted((o for o in orders if o.until is not None and o.until <= time), key=lambda o: o.number):
                self.end(order, "expired", "expired")

    # Requests

    def find(self, identity):
        return next((o for orders in (*self.resting, self.waiting) for o in orders if o.id == identity), None)

    def refusal(self, time, order):  # R1
        immediate = order.tif in ("ioc", "fok")
        stated = [order.leaves] + [order.price] * order.priced()
        if order.waits():
            stated.append(order.trail if order.kind == "trailing" else order.trigger)
        if min(stated) <= 0:
            return "not_positive"
        if order.leaves % self.lot:
            return "off_lot"
        if order.post_only and (order.kind != "limit" or immediate):
            return "unsupported"
        if order.show is not None and (not order.priced() or immediate or order.show % self.lot or order.show < 0):
            return "unsupported"
        if order.until is not None and order.until <= time:
            return "expired"
        if self.find(order.id):
            return "duplicate_id"
        if order.reduce_only and self.closable(order) == 0:
            return "reduce_only_would_increase"
        if not self.known and not order.waits():
            return "book_stale"
        return None

    def place(self, time, order):
        self.arrivals += 1
        order.number = self.arrivals
        if order.tif == "day":
            order.until = (time // DAY + 1) * DAY
        refusal = self.refusal(time, order)
        if refusal:
            self.events.append(("rejected", order.id, refusal))
            return
        other = self.best[1 - order.side]
        if order.post_only and other is not None and order.reaches(other):
            self.events.append(("expired", order.id, "post_only_would_take"))
            return
        order.leaves = self.closable(order)
        self.events.append(("accepted", order.id, None))
        if order.waits():
            self.waiting.append(order)
            self.pull_triggers(time, order.trigger_by)
        else:
            self.execute(time, order)
        self.end_reduce_only()

    def execute(self, time, order):  # R2
        order.leaves = self.closable(order)
        if order.leaves == 0:
            self.end(order, "expired", "reduce_only_would_increase")
            return
        there = list(self.there_for(order))
        if order.tif == "fok" and sum(quantity for _, quantity in there) < order.leaves:
            self.end(order, "expired", "no_liquidity")
            return
        for price, quantity in there:
            quantity = min(quantity, order.leaves)
            self.take(1 - order.side, price, quantity)
            self.fill(time, order, price, quantity, maker=False)
        if order.leaves == 0:
            return
        if not order.priced():
            self.end(order, "expired", "no_liquidity")
        elif order.tif in ("ioc", "fok"):
            self.end(order, "expired", "expired")
        else:
            self.rest(order)

    def rest(self, order):
        if order.show is not None:
            order.shown = min(order.show, order.leaves)
        order.front, order.cum = self.levels[order.side].get(order.price, 0), 0
        queue = self.resting[order.side]
        at = next((i for i, other in enumerate(queue) if order.better_than(other.price)), len(queue))
        queue.insert(at, order)
        self.keep_in_line(order.side)

    # R6

    def trigger_price(self, order, by):
        return {"last": self.last, "bid_ask": self.best[1 - order.side]}.get(by)

    def pull_triggers(self, time, by):
        """Those that wait for this price (None: for any)."""
        for order in list(self.waiting):
            price = self.trigger_price(order, order.trigger_by)
            if by not in (None, order.trigger_by) or price is None:
                continue
            if order.triggered_by(price) and self.known:
                self.waiting.remove(order)
                self.events.append(("triggered", order.id, None))
                self.execute(time, order)

    def cancel(self, identity):
        order = self.find(identity)
        if order is None:
            self.events.append(("cancel_rejected", identity, "unknown_order"))
        else:
            self.end(order, "canceled", None)
