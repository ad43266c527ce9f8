"""PF403: values that become objects in each turn of a loop. And `Array` of a class that cannot be in one."""

import copy
from collections import defaultdict, deque
from collections.abc import Iterable

from pyfreeze import Array, float64, frozen, int64


@frozen
class P:
    x: float64

    def plus(self, other: "P") -> "P":
        return P(self.x + other.x)


@frozen
class Named:
    x: float64
    name: str


def shown(p):  # type: ignore  # error: [PF103]
    return p.x  # error: [PF102]


def takes_any(n: int64, p: object) -> int64:
    return n


def typed(p: P) -> float64:
    return p.x


def appends(n: int64) -> list[P]:
    out: list[P] = []  # error: [PF102]
    out.append(P(1.0))  # error: [PF106]
    for i in range(n):
        out.append(P(float64(i)))  # error: [PF106] # error: [PF403]
    while len(out) < 3:
        out.insert(0, P(2.0))  # error: [PF106] # error: [PF403]
    return out


def in_dict(a: Array[P]) -> dict[int, P]:
    d: dict[int, P] = defaultdict(lambda: P(1.0))  # error: [PF106]
    for i, p in enumerate(a):
        if i > 2:
            d[i] = p  # error: [PF101] # error: [PF403]
    d[7] = P(1.0)  # error: [PF101]
    return d


def displayed(a: Array[P]) -> None:
    for p in a:
        _ = [p, p]  # error: [PF102] # error: [PF403]
        _ = {0: p}  # error: [PF102] # error: [PF403]


def comprehended(a: Array[P]) -> list[P]:
    _ = {i: p.plus(p) for i, p in enumerate(a)}  # error: [PF102] # error: [PF403]
    return [p.plus(p) for p in a]  # error: [PF102] # error: [PF403]


def passed(a: Array[P], waiting: deque[P]) -> None:
    for p in a:
        shown(p)  # error: [PF106] # error: [PF403]
        takes_any(1, p=p)  # error: [PF403]
        waiting.append(p)  # error: [PF106] # error: [PF403]
        copy.copy(p)  # error: [PF106] # error: [PF403]
        typed(p)


def stays(a: Array[P], n: Iterable[int]) -> float64:
    total: float64 = 0.0
    b = Array[P]()
    for p in a:
        b.append(p.plus(p))
        b[0] = p
        pair = (p, typed(p))
        total += pair[0].x
    print([P(total)])  # error: [PF106]
    return total


def spoilt(n: int64) -> int64:
    a = Array[Named]()  # error: [PF104]
    for _ in range(n):
        a.append(Named(1.0, "x"))  # error: [PF106]
    return int64(len(a))
