"""Long tapes from a short recording: the same capture again and again, each copy later, with its ids going on."""
import gzip
import re
from pathlib import Path

SHIFT_NS = 346_000_000_000  # longer than the capture with its largest delay, so copies do not overlap

_FIELD = re.compile(rb'"(E|T|U|u|pu|t|lastUpdateId)":(\d+)')
_PRICE = re.compile(rb'"(?:p|b|a)":"([0-9.]+)"|\["([0-9.]+)",')


def _pieces(line, with_prices):
    """The line as alternating literal text and (kind, number): what a copy has to rewrite."""
    received, body = line.split(b" ", 1)
    pieces = [b"", ("time_ns", int(received)), b" "]
    marks = [(m.start(2), m.end(2), "id" if m[1] not in (b"E", b"T") else "time_ms") for m in _FIELD.finditer(body)]
    if with_prices:
        marks += [(m.start(m.lastindex), m.end(m.lastindex), "price") for m in _PRICE.finditer(body)]
    at = 0
    for start, end, kind in sorted(marks):
        value = body[start:end] if kind == "price" else int(body[start:end])
        pieces += [body[at:start], (kind, value)]
        at = end
    return pieces + [body[at:]]


def _shifted(pieces, time_ns, ids, price_tenths):
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        kind, value = piece
        if kind == "time_ns":
            yield b"%d" % (value + time_ns)
        elif kind == "time_ms":
            yield b"%d" % (value + time_ns // 1_000_000)
        elif kind == "id":
            yield b"%d" % (value + ids)
        else:
            whole, _, fraction = value.partition(b".")
            tenths = int(whole) * 10 + int(fraction[:1] or b"0") + price_tenths
            yield b"%d.%d" % divmod(tenths, 10)


def tile(source, target, copies, price_ratio=1.0, keep=lambda line: True):
    """Writes `copies` copies of the capture to `target` (gzip). With a price_ratio the price climbs from copy to copy until it
    is that many times what it was, in whole ticks of 0.1, so every level stays on the ladder."""
    target = Path(target)
    if target.exists():
        return target
    with gzip.open(source, "rb") as f:
        lines = [_pieces(line, price_ratio != 1.0) for line in f if keep(line)]
    ids = [v for pieces in lines for p in pieces if not isinstance(p, bytes) for k, v in [p] if k == "id"]
    span = max(ids) + 1_000_000  # trade ids and update ids alike end below the next copy's
    start_tenths = next(
        int(float(v) * 10) for pieces in lines for p in pieces if not isinstance(p, bytes) for k, v in [p] if k == "price"
    ) if price_ratio != 1.0 else 0
    part = target.with_suffix(".part")
    with gzip.open(part, "wb", compresslevel=1) as out:
        for copy in range(copies):
            climb = price_ratio ** (copy / max(copies - 1, 1)) - 1
            move = copy * SHIFT_NS, copy * span, round(start_tenths * climb)
            out.writelines(b"".join(_shifted(pieces, *move)) for pieces in lines)
    part.rename(target)
    return target
