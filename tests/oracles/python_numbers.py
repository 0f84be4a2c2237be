"""What Python's round() and math.fsum() say of random numbers, as digests: the values that src/core/python_numbers_test.cpp
holds round_decimals() and exact_sum() to. Run it with CPython 3.7 or later, and the lines go there as they are.

Both sides draw the same numbers (splitmix64, src/core/random.hpp) and digest the bits of the results (FNV-1a)."""

import math
import struct

MASK = (1 << 64) - 1


class Random:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        return (self.next() * bound) >> 64

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53


def of_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def digest(seen, x):
    for byte in struct.pack("<d", x if x == x else of_bits(0x7FF8000000000000)):
        seen = ((seen ^ byte) * 0x100000001B3) & MASK
    return seen


def finite(random):
    """Any double that is one, all exponents alike."""
    while True:
        x = of_bits(random.next())
        if math.isfinite(x):
            return x


def near_tie(random):
    """What reads like a tie in decimals: 12.345 to two of them."""
    decimals = random.below(9)
    x = (random.below(10_000_000) * 10 + 5) / 10.0 ** (decimals + 1)
    return x, decimals


def true_tie(random):
    """A tie in binary as well: 0.125, and whole numbers in halves of a power of ten."""
    decimals = random.below(8) - 4
    if decimals > 0:
        return (2 * random.below(1_000_000) + 1) / 2.0 ** (decimals + 1), decimals
    return (2 * random.below(1_000_000) + 1) * 10.0**-decimals / 2, decimals


def anything(random):
    x = finite(random)
    return x, random.below(660) - 330


def rounded(x, decimals):
    try:
        return round(x, decimals)
    except OverflowError:
        return math.nan


def prices(random, n):
    return [random.below(10_000_000) / 100.0 for _ in range(n)]


def far_apart(random, n):
    """Magnitudes from 2^-1000 to 2^900, so that no partial sum overflows."""
    return [math.ldexp(random.uniform() - 0.5, random.below(1900) - 1000) for _ in range(n)]


def cancelling(random, n):
    values = far_apart(random, n)
    return values + [-x for x in values[1:]]


def main():
    for name, draw, seed in (("near_tie", near_tie, 1), ("true_tie", true_tie, 2), ("anything", anything, 3)):
        random, seen = Random(seed), 0xCBF29CE484222325
        for _ in range(50_000):
            x, decimals = draw(random)
            seen = digest(seen, rounded(-x if random.below(2) else x, decimals))
        print(f"round {name} {seen:#018x}")
    for name, draw, seed in (("prices", prices, 4), ("far_apart", far_apart, 5), ("cancelling", cancelling, 6)):
        random, seen = Random(seed), 0xCBF29CE484222325
        for _ in range(5_000):
            seen = digest(seen, math.fsum(draw(random, 1 + random.below(60))))
        print(f"fsum {name} {seen:#018x}")


main()
