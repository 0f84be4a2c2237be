"""Plays a recording to one strategy: the two clocks of docs/fills.md, with a constant latency both ways."""

from collections import deque

from rules import Order, Venue
from strategies import Working

INTERVAL = 100_000_000


def simulate(recording, strategy, owner, latency, queue, unit, lot, off=()):
    """Every fill, in the order in which they happened."""
    venue = Venue(queue, off, unit, lot)
    fills = []
    requests, answers = deque(), deque()  # (due, what): a constant latency keeps their order
    market, local = recording.venue, recording.local
    next_market = next_local = 0
    bid = ask = None

    def tell(time):
        for kind, identity, detail in venue.events:
            answers.append((time + latency, kind, identity, detail))
            if kind == "filled":
                fills.append(detail)
        venue.events.clear()

    def venue_until(time):
        """All that happens at the venue up to and at a time: market data first, then the requests of the same instant."""
        nonlocal next_market
        while True:
            due_market = market[next_market].time if next_market < len(market) else None
            due_request = requests[0][0] if requests else None
            if due_market is not None and due_market <= time and (due_request is None or due_market <= due_request):
                venue.on_market(market[next_market])
                tell(due_market)
                next_market += 1
            elif due_request is not None and due_request <= time:
                _, what, detail = requests.popleft()
                if what == "new":
                    identity, side, price, quantity = detail
                    venue.place(due_request, Order(identity, side, quantity * lot, price, post_only=True))
                else:
                    venue.cancel(detail)
                tell(due_request)
            else:
                return

    now = recording.start
    while now + INTERVAL <= recording.end:
        now += INTERVAL
        venue_until(now)
        while next_local < len(local) and local[next_local][0] <= now:
            _, bid, ask = local[next_local]
            next_local += 1
        while answers and answers[0][0] <= now:
            owner.on_answer(*answers.popleft()[1:])
        if bid is None or ask is None:
            continue
        cancels, news = strategy.decide(owner, bid, ask)
        for identity in cancels:
            owner.orders[identity].pending = True
            requests.append((now + latency, "cancel", identity))
        for new in news:
            owner.orders[new[0]] = Working(new[0], new[1], new[2])
            requests.append((now + latency, "new", new))
    venue_until(max(recording.end, now + latency))
    return fills
