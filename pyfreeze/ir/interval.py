"""Intervals of integers, and what an operation on them may give."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Bound = int | float
"""An int, or an infinity."""

_EXACT = 1 << 256
"""Bounds beyond are given up, so that no bound grows without end (and all convert to float)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """All integers from `low` to `high`, both included; `low` may be -inf and `high` inf. Never empty."""

    low: Bound
    high: Bound

    @staticmethod
    def of(low: Bound, high: Bound) -> Interval:
        """The interval, with bounds beyond 2**256 loosened."""
        low = -math.inf if low < -_EXACT else min(low, _EXACT)
        high = math.inf if high > _EXACT else max(high, -_EXACT)
        return Interval(low, high)

    @staticmethod
    def around(values: Iterable[Bound]) -> Interval:
        """The smallest interval that holds all of `values`."""
        listed = list(values)
        return Interval.of(min(listed), max(listed))

    @property
    def is_bounded(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def within(self, other: Interval) -> bool:
        return other.low <= self.low and self.high <= other.high

    def holds(self, value: Bound) -> bool:
        return self.low <= value <= self.high

    def union(self, other: Interval) -> Interval:
        """The smallest interval around both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def meet(self, other: Interval) -> Interval | None:
        """What both hold; None if nothing."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Interval(low, high) if low <= high else None

    def __str__(self) -> str:
        return f"[{self.low}, {self.high}]"


ALL = Interval(-math.inf, math.inf)


def add(a: Interval, b: Interval) -> Interval:
    return Interval.of(a.low + b.low, a.high + b.high)


def negate(a: Interval) -> Interval:
    return Interval(-a.high, -a.low)


def subtract(a: Interval, b: Interval) -> Interval:
    return add(a, negate(b))


def _product(one: Bound, other: Bound) -> Bound:
    return 0 if one == 0 or other == 0 else one * other  # 0 * inf is no number


def multiply(a: Interval, b: Interval) -> Interval:
    return Interval.around(_product(one, other) for one in (a.low, a.high) for other in (b.low, b.high))


def absolute(a: Interval) -> Interval:
    low = 0 if a.holds(0) else min(abs(a.low), abs(a.high))
    return Interval.of(low, max(abs(a.low), abs(a.high)))


def floor_divide(a: Interval, b: Interval) -> Interval:
    """Quotients by those divisors that are not 0."""
    if not a.is_bounded:
        return ALL
    if b.holds(0):
        greatest = max(abs(a.low), abs(a.high))  # no quotient is further from 0 than the dividend
        return Interval(-greatest if a.low < 0 or b.low < 0 else 0, greatest)
    return Interval.around(_quotient(one, other) for one in (a.low, a.high) for other in (b.low, b.high))


def _quotient(dividend: Bound, divisor: Bound) -> Bound:
    if isinstance(divisor, float):  # infinite: the limit, from the side of the dividend's sign
        return -1 if (dividend < 0) != (divisor < 0) and dividend else 0
    return dividend // divisor


def remainder(a: Interval, b: Interval) -> Interval:
    """Remainders by those divisors that are not 0; they have the divisor's sign."""
    if a.low >= 0 and a.high < b.low:
        return a
    low, high = min(b.low + 1, 0), max(b.high - 1, 0)
    if a.low >= 0 and b.low >= 0:
        high = min(high, a.high)
    return Interval.of(low, high)


def _bits(a: Interval) -> int | None:
    """How many bits hold all values of `a` in two's complement without the sign; None if not bounded."""
    if isinstance(a.low, int) and isinstance(a.high, int):
        return max((~a.low if a.low < 0 else a.low).bit_length(), (~a.high if a.high < 0 else a.high).bit_length())
    return None


def _signed(bits: int) -> Interval:
    return Interval(-(1 << bits), (1 << bits) - 1)


def bit_and(a: Interval, b: Interval) -> Interval:
    masks = [one.high for one in (a, b) if one.low >= 0]
    if masks:
        return Interval(0, min(masks))
    bits = [_bits(a), _bits(b)]
    return ALL if None in bits else _signed(max(one for one in bits if one is not None))


def bit_or(a: Interval, b: Interval) -> Interval:
    """Of `|` and of `^`: no more bits than the operands, and negative only if one of them is."""
    one, other = _bits(a), _bits(b)
    if one is None or other is None:
        return Interval(0, math.inf) if a.low >= 0 and b.low >= 0 else ALL
    around = _signed(max(one, other))
    return Interval(0, around.high) if a.low >= 0 and b.low >= 0 else around


def invert(a: Interval) -> Interval:
    return subtract(negate(a), Interval(1, 1))


_LONGEST_SHIFT = 512


def _powers_of_two(count: Interval) -> Interval | None:
    """2**count for those counts that are not negative; None if they are too many."""
    if count.high < 0 or count.high > _LONGEST_SHIFT:
        return None
    return Interval.of(1 << int(max(count.low, 0)), 1 << int(count.high))


def shift_left(a: Interval, b: Interval) -> Interval:
    powers = _powers_of_two(b)
    return multiply(a, powers) if powers is not None else ALL


def shift_right(a: Interval, b: Interval) -> Interval:
    if not a.is_bounded or b.high < 0:
        return ALL
    counts = [int(min(max(bound, 0), _LONGEST_SHIFT)) for bound in (b.low, b.high)]
    return Interval.around(int(bound) >> count for bound in (a.low, a.high) for count in counts)


def power(a: Interval, b: Interval) -> Interval:
    if not a.is_bounded or b.low < 0 or b.high > 64:
        return ALL
    greatest = int(max(abs(a.low), abs(a.high), 1)) ** int(b.high)
    return Interval.of(0 if a.low >= 0 else -greatest, greatest)


def same(a: Interval) -> Interval:
    return a
