"""mm_replace, mm_keep and grid as the makers of the recorded results specify them, and what a strategy knows of its orders."""

from reading import ASK, BID
from rules import Order


class Working:
    """An order as its owner knows it."""

    def __init__(self, identity, side, price):
        self.id, self.side, self.price = identity, side, price
        self.accepted, self.pending, self.canceled = False, True, False

    def cancelable(self):
        return self.accepted and not self.pending


class Owner:
    """Orders and position as known on our side: what answers have told."""

    def __init__(self, lot=1):
        self.orders = {}
        self.lot = lot
        self.position = 0  # in lots

    def sends(self, order):
        self.orders[order.id] = Working(order.id, order.side, order.price)

    def cancels(self, identity):
        self.orders[identity].pending = self.orders[identity].canceled = True

    def on_answer(self, kind, identity, detail):
        order = self.orders[identity] if identity in self.orders else None
        if kind == "filled":
            self.position += (detail.quantity if detail.side == BID else -detail.quantity) // self.lot
            if detail.leaves == 0:
                self.orders.pop(identity, None)
        elif kind == "accepted":
            order.accepted, order.pending = True, False
        elif kind in ("expired", "canceled", "rejected"):
            self.orders.pop(identity, None)
        elif kind == "cancel_rejected" and order is not None:
            order.pending = order.canceled = False


class Maker:
    """Decides on the touch: which orders to cancel, and which to send, all of them post-only."""

    interval = 100_000_000

    def wishes(self, owner, since_start, bid, ask):
        if bid is None or ask is None:
            return
        cancels, news = self.decide(owner, bid, ask)
        for identity in cancels:
            yield "cancel", identity
        for identity, side, price, lots in news:
            yield "new", Order(identity, side, lots * owner.lot, price, post_only=True)


class JoinTheTouch(Maker):
    def __init__(self, keep, maximum=10, lots=1):
        self.keep, self.maximum, self.lots, self.next = keep, maximum, lots, 1

    def decide(self, owner, bid, ask):
        want = (owner.position < self.maximum, owner.position > -self.maximum)
        touch, have = (bid, ask), [False, False]
        cancels, news = [], []
        for order in owner.orders.values():
            if self.keep and want[order.side] and order.price == touch[order.side]:
                have[order.side] = True
            elif order.cancelable():
                cancels.append(order.id)
        for side in (BID, ASK):
            if want[side] and not have[side]:
                news.append((self.next, side, touch[side], self.lots))
                self.next += 1
        return cancels, news


class Grid(Maker):
    LEVELS, SPACING = 10, 10

    def __init__(self, maximum=20, lots=1):
        self.maximum, self.lots = maximum, lots

    def decide(self, owner, bid, ask):
        first = (bid // self.SPACING * self.SPACING, -(-ask // self.SPACING) * self.SPACING)
        want = (owner.position < self.maximum, owner.position > -self.maximum)
        prices = tuple([first[side] + (1 if side == ASK else -1) * self.SPACING * i for i in range(self.LEVELS)] if want[side] else []
                       for side in (BID, ASK))
        cancels = [o.id for o in owner.orders.values() if o.cancelable() and o.price not in prices[o.side]]
        news = [(2 * p + side, side, p, self.lots) for side in (BID, ASK) for p in prices[side] if 2 * p + side not in owner.orders]
        return cancels, news


class Stack(Maker):
    """No strategy of the product: at each decision one more order at the touch, up to five a side. Own orders queue behind own."""

    def __init__(self, maximum=10, lots=1):
        self.maximum, self.lots, self.next = maximum, lots, 1

    def decide(self, owner, bid, ask):
        touch, news = (bid, ask), []
        cancels = [o.id for o in owner.orders.values() if o.cancelable() and o.price != touch[o.side]]
        for side, room in ((BID, owner.position < self.maximum), (ASK, owner.position > -self.maximum)):
            if room and sum(o.side == side for o in owner.orders.values()) < 5:
                news.append((self.next, side, touch[side], self.lots))
                self.next += 1
        return cancels, news


def make(name, **parameters):
    if name == "grid":
        return Grid(**parameters)
    if name == "stack":
        return Stack(**parameters)
    return JoinTheTouch(name == "mm_keep", **parameters)
