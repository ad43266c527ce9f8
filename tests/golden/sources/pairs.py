from typing import Generic, TypeVar

from pyfreeze import float64, frozen, int64

T = TypeVar("T")


@frozen
class Pair(Generic[T]):
    a: T
    b: T

    def swapped(self) -> "Pair[T]":
        return Pair(self.b, self.a)


def both(p: Pair[float64], q: Pair[int64]) -> tuple[float64, Pair[int64]]:
    return p.swapped().a, q.swapped()
