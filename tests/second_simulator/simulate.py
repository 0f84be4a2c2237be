"""Plays a recording to one strategy: the two clocks of docs/fills.md, with a constant latency both ways."""

from collections import deque

from rules import Venue


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
        """All that happens at the venue up to and at a time: of one instant, what expires, then market data, then requests."""
        nonlocal next_market
        while True:
            due_market = market[next_market].time if next_market < len(market) else None
            due_request = requests[0][0] if requests else None
            due = min((t for t in (venue.next_expiry(), due_market, due_request) if t is not None), default=None)
            if due is None or due > time:
                return
            if due == venue.next_expiry():
                venue.expire(due)
            elif due == due_market:
                venue.on_market(market[next_market])
                next_market += 1
            else:
                _, what, detail = requests.popleft()
                if what == "new":
                    venue.place(due, detail)
                else:
                    venue.cancel(detail)
            tell(due)

    now = recording.start
    while now + strategy.interval <= recording.end:
        now += strategy.interval
        venue_until(now)
        while next_local < len(local) and local[next_local][0] <= now:
            _, bid, ask = local[next_local]
            next_local += 1
        while answers and answers[0][0] <= now:
            owner.on_answer(*answers.popleft()[1:])
        for what, detail in strategy.wishes(owner, now - recording.start, bid, ask):
            if what == "cancel":
                owner.cancels(detail)
            else:
                owner.sends(detail)
            requests.append((now + latency, what, detail))
    venue_until(max(recording.end, now + latency))
    return fills
