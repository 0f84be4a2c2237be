"""Pairs: ours, peer, ours, peer, ... on the same core, so that what disturbs one disturbs the other."""
import statistics
from dataclasses import dataclass, field


@dataclass
class Side:
    seconds: list = field(default_factory=list)
    peak_rss_mb: float = 0.0

    @property
    def median(self):
        return statistics.median(self.seconds)

    def add(self, answer):
        self.seconds.append(answer["seconds"])
        self.peak_rss_mb = max(self.peak_rss_mb, answer.get("peak_rss_mb", 0.0))


@dataclass
class Row:
    """One line of the table. `units` is what both sides' seconds are divided by; a ratio is peer over ours, except for rows
    whose work is a rate against a rate, where it comes to the same."""

    id: str
    work: str
    against: str
    unit: str  # "row", "event", "bar", "value", "frame"
    units: int
    at_least: float
    aim: float
    ours: Side = field(default_factory=Side)
    peer: Side = field(default_factory=Side)
    equal: str = ""  # what was compared and found equal
    wrong: str = ""  # what was compared and found different
    skipped: str = ""  # why there is no figure
    note: str = ""
    memory_at_most: float = 0.0  # our peak as a share of the peer's; 0: not asked

    @property
    def ratio(self):
        return self.peer.median / self.ours.median

    @property
    def ratio_range(self):
        pairs = [p / o for o, p in zip(self.ours.seconds, self.peer.seconds)]
        return min(pairs), max(pairs)

    @property
    def misses(self):
        if self.skipped:
            return False
        if self.wrong or not self.ours.seconds:
            return True
        if self.memory_at_most and self.ours.peak_rss_mb > self.memory_at_most * self.peer.peak_rss_mb:
            return True
        return self.ratio < self.at_least


def alternate(row, ours, peer, pairs, shown=lambda text: None):
    """Warms both up once, then measures `pairs` pairs."""
    ours(), peer()
    for pair in range(pairs):
        shown(f"{row.id} {row.work}: pair {pair + 1} of {pairs}")
        row.ours.add(ours())
        row.peer.add(peer())
    return row
