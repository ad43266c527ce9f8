"""Makes, uses and drops frozen classes and instances over and over and watches the number of references. A script.

python3.11-dbg exercise_frozen.py
"""

from __future__ import annotations

import abc
import copy
import dataclasses
import gc
import pickle
import sys
import typing
from collections.abc import Callable
from dataclasses import field

from pyfreeze import float64, frozen, int64

T = typing.TypeVar("T")


class Shape(typing.Protocol):
    def area(self) -> int: ...


@frozen
class Vec:
    x: float64
    y: float64 = 0


@frozen(order=True)
class Body:
    position: Vec
    name: str
    tags: list[object] = field(default_factory=list)
    other: object = None


@frozen
class Keywords:
    a: int64
    _: dataclasses.KW_ONLY
    b: object = 3


@frozen
class Positive:
    n: int64

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ValueError


@frozen
class Abstract(abc.ABC):
    x: object

    @abc.abstractmethod
    def f(self) -> None: ...


def refused(function: Callable[..., object], *arguments: object, **keywords: object) -> None:
    try:
        function(*arguments, **keywords)
    except (TypeError, ValueError, AttributeError):
        return
    raise AssertionError(f"{arguments} should fail")


def construct() -> None:
    vec = Vec(1, 2)
    for arguments in ((), (1, 2, 3), ("x",)):
        refused(Vec, *arguments)
        refused(Vec.__new__, Vec, *arguments)
    refused(Body, vec, "a", [], q=1)
    refused(Body, 3, "a")
    refused(Abstract, 1)
    refused(Positive, -1)
    refused(Keywords, 1, 2)
    type.__call__(Body, vec, "x", tags=[])
    Body(Positive.__new__(Positive, 3) and vec, "z", [], [Keywords(1, b=[])])
    refused(vec.__init__, 1, 2)  # type: ignore[misc]
    refused(setattr, vec, "x", 1)
    refused(delattr, vec, "x")
    refused(object.__setattr__, vec, "x", 1)


def use() -> None:
    body = Body(Vec(1, 2), "s")
    body.tags.append(body)
    refused(hash, body)
    hash(body.position)
    repr(body)
    assert body.position == Vec(1, 2) and body != Body(Vec(1, 2), "z") and body < Body(Vec(1, 2), "z")
    refused(lambda: Body(Vec(1), 3) < Body(Vec(1), "a"))  # type: ignore[arg-type]
    refused(lambda: Body(Vec(1), "a") < Body(Vec(2), "a"))
    for protocol in range(6):
        pickle.loads(pickle.dumps(body, protocol))
        pickle.loads(pickle.dumps(Keywords(1), protocol))
    copy.deepcopy(body)
    dataclasses.replace(body, name="q")
    dataclasses.asdict(body.position)


def make_classes() -> None:
    @frozen
    class Inner(Shape, typing.Generic[T]):
        n: int64
        item: T = "a"  # type: ignore[assignment]

        def area(self) -> int:
            return super().__hash__()

    @frozen
    class Outer:
        inner: Inner
        others: list[object] = field(default_factory=lambda: [Outer])

    Inner.outer = Outer(Inner(1))  # type: ignore[attr-defined]
    Outer.instance = Outer(Inner(2), [Inner])  # type: ignore[attr-defined]
    Outer.instance.others.append(Outer.instance)  # type: ignore[attr-defined]
    refused(lambda: frozen(type("C", (), {"__annotations__": {"a": int64}, "a": "x"})))
    refused(lambda: frozen(type("C", (int,), {})))
    refused(lambda: frozen(order=True)(type("C", (), {"__lt__": None})))


def main() -> None:
    counts = []
    for _ in range(12):
        for _ in range(10):
            construct()
            use()
            make_classes()
        gc.collect()
        counts.append(sys.gettotalrefcount())  # type: ignore[attr-defined]
    print("references", counts)
    growth = counts[-1] - counts[4]
    assert growth <= 40, f"{growth} references more after {10 * (len(counts) - 5)} rounds"


main()
