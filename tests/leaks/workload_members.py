"""A module for the leak run: members of frozen classes, `match`, generic functions, views, and functions that only return."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from pyfreeze import Array, float64, frozen, int64

T = TypeVar("T")


@frozen
class V:
    x: float64
    n: int64 = 0
    LIMIT: ClassVar[int] = 2**70

    def __add__(self, other: V) -> V:
        return V(self.x + other.x, self.n + other.n)

    def __rmul__(self, by: float) -> V:
        return V(self.x * by, self.n)

    def __lt__(self, other: V) -> bool:
        return self.x < other.x

    @property
    def size(self) -> float64:
        return self.x * self.x

    @staticmethod
    def made(n: int64) -> V:
        return V(n, n)

    @classmethod
    def origin(cls) -> V:
        return cls(0.0)

    def big(self, by: int) -> int:
        if by == 0:
            raise ValueError(self.n, by)
        return V.LIMIT * by + self.n


def members(v: V, by: int) -> tuple[int, V, V | None]:
    made = 2.0 * (v + V.made(3) + V.origin())
    smaller = made if made < v else None
    return v.big(by) + made.big(by), made, smaller


def matched(v: V | None, by: int) -> int:
    match v:
        case None:
            return by
        case V(x=0.0):
            return by * by
        case V(n=n) if n > 2:
            return by + n
    return -by


def total(a: Array[T], start: T) -> T:
    s = start
    for v in a:
        s = s + v  # type: ignore
    return s


def twice(a: Array[T]) -> Array[T]:
    b = a.copy()
    b.extend(a)
    return b


def generic(a: Array[int64], b: Array[V], by: int) -> tuple[Array[int64], V, int]:
    start = V(1.0)
    c = twice(a)
    d = twice(b)
    return c, total(d, start), by + total(c, 0)


def viewed(m: memoryview, by: int) -> int:
    seen = by
    for i in range(len(m)):
        seen += m[i] * by
    m[0] = 7
    return seen


def viewed_below(m: memoryview, i: int64, by: int) -> int:
    r = viewed(m, by)
    return r + m[i]


def only_returns(v: V) -> V:
    return v


def uses_what_only_returns(v: V, by: int) -> int:
    return only_returns(v).big(by)
