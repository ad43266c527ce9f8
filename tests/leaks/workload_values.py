"""A module for the leak run: arrays and frozen values in every place of native code."""

from typing import Generic, TypeVar

from pyfreeze import Array, float64, frozen, int64

T = TypeVar("T")


@frozen(order=True)
class P:
    x: float64
    n: int64

    def __add__(self, other: "P") -> "P":
        return P(self.x + other.x, self.n + other.n)


@frozen
class Pair:
    first: P
    second: P


ORIGIN = P(0.0, 0)


def local(n: int64) -> int64:
    a = Array[int64].filled(n, 1)
    b = a
    for i in range(n):
        a = Array[int64].filled(i + 1, i)
        b[i] += a[-1]
    a = b[1:]
    r = a.pop()
    return r + sum(a)


def makes(a: Array[P], n: int64) -> Array[P]:
    made = Array[P]()
    for p in a:
        made.append(p + ORIGIN)
    if n == 3:
        return a
    made += a
    return made[:n] + a * 2


def in_tuples(a: Array[int64], big: int) -> tuple[Array[int64], int, tuple[Array[int64], P]]:
    pair = (a, big * 2)
    other = (a[1:], pair)
    if big > 0:
        other = (a, pair)
    return other[0], other[1][1], (pair[0], P(1.0, len(a)))


def fails(a: Array[int64], i: int64, big: int) -> int64:
    copy = a.copy()
    value = Pair(P(1.0, i), ORIGIN)
    if i == 7:
        raise ValueError(i, big)
    assert i != 8, big
    copy[i] = value.first.n
    copy.append(big)
    r = copy.pop(i)
    return r + a.index(i)


def fails_below(a: Array[int64], i: int64, big: int) -> int64:
    b = a[:2] + a
    r = fails(b, i, big * 3)
    return r


def leaves(a: Array[int64], e: int) -> float:
    """Its result may be a fraction: native code ends there."""
    b = a.copy()
    b.append(e)
    total = 0.0
    for v in a:
        b[0] = v
        total += 2 ** (e - v)
    return total + len(b)


def leaves_below(a: Array[int64], e: int) -> float:
    b = a[:1]
    r = leaves(a, e)
    b.extend(a)
    return r + len(b)


def unset(a: Array[int64], n: int64) -> int64:
    if n > 0:
        late = a[n:]
        p = Pair(P(1.0, n), P(2.0, n))
        pair = (a, (late, n))
    for _ in range(2):
        a.reverse()
    if n > 5:
        del late
    return late[0] + p.second.n + pair[1][0][0]


def changes(a: Array[P], p: P) -> int:
    a.append(p)
    a.insert(0, p)
    a.sort(reverse=True)
    found = a.index(p) + a.count(p)
    a.remove(p)
    del a[0]
    del a[5:]
    return found + (p in a) + (a == a[:])


@frozen
class Both(Generic[T]):
    a: T
    b: T

    def swapped(self) -> "Both[T]":
        return Both(self.b, self.a)


@frozen
class Held(Generic[T]):
    items: Array[T]
    pair: Both[int]
    maybe: tuple[T, int] | None = None


def boxes(p: Both[int], x: Both[Both[float64]], v: P) -> tuple[Both[int], Both[Both[float64]], Both[P], bool]:
    q = p.swapped()
    return Both(q.a * p.b, p.a), x.swapped(), Both(v, v + v), q == p


def held(a: Array[int64], big: int, n: int64) -> Held[int64]:
    made = Held(a, Both(big, big + n), (n, big) if n > 0 else None)
    for i in range(n):
        made = Held(made.items[1:] + a, made.pair.swapped(), (i, made.pair.a * big))
        made.items.append(i)
    if n > 5:
        raise ValueError(n)
    return made


def takes_held(h: Held[int64], e: int) -> tuple[int, Held[int64] | None]:
    h.items.append(1)
    last = 2**e
    return h.pair.a + last, h if h.maybe is None else None


def flipped(p: Both[T]) -> Both[T]:
    return Both(p.b, p.a)


def calls_flipped(p: Both[int], q: Both[float64]) -> tuple[Both[int], float64]:
    return flipped(p), flipped(q).a
