"""NamedTuples by value, both ways: made, read, used as tuples, compared, replaced; classes that are changed."""

from __future__ import annotations

import collections
import gc
import itertools
import math
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from pyfreeze import Array, float64
from pyfreeze import _runtime as runtime
from tests.behaviour.test_frozen_values import both_ways
from tests.conftest import Both, build_both

SOURCE = """
    import math
    from typing import NamedTuple, Optional
    from pyfreeze import Array, frozen, float64, int64

    @frozen
    class Vec:
        x: float64
        y: float64

    class P(NamedTuple):
        \"\"\"A point.\"\"\"
        x: float64
        n: int64 = 3
        on: bool = True
        def norm(self) -> float64:
            return math.sqrt(self.x * self.x + self.n)
        @property
        def twice(self) -> float64:
            return self.x * 2.0
        @classmethod
        def make(cls, x: float64) -> "P":
            return cls(x, 1)
        @staticmethod
        def unit() -> "P":
            return P(1.0, on=False)
        def moved(self, by: float64) -> "P":
            return self._replace(x=self.x + by)

    class Pair(NamedTuple):
        a: float64
        b: float64

    class Deep(NamedTuple):
        p: P
        vec: Vec
        maybe: P | None
        xy: tuple[float64, float64]
        big: int
        values: Array[float64]

    class Own(NamedTuple):
        a: int64
        b: int64
        def __eq__(self, other: "Own") -> bool:  # type: ignore[override]
            return self.a == other.a
        def __lt__(self, other: "Own") -> bool:  # type: ignore[override]
            return self.a > other.a
        def __len__(self) -> int:
            return 7
        def __add__(self, other: "Own") -> "Own":  # type: ignore[override]
            return Own(self.a + other.a, self.b)
        def __rmul__(self, by: int64) -> "Own":  # type: ignore[override]
            return Own(self.a * by, self.b)
        def __bool__(self) -> bool:
            return self.a > 0
        def __getitem__(self, index: int) -> int:  # type: ignore[override]
            return index + 100
        def __neg__(self) -> "Own":
            return Own(-self.a, -self.b)

    @frozen
    class Holder:
        p: P
        other: P | None = None

    ORIGIN = P(0.5)
    ORIGIN2: P | None = None

    def same(p: P) -> P:
        return p
    def made(x: float64, n: int64) -> tuple[P, P, P, P]:
        return P(x), P(x, n), P(n=n, x=x), P(x, n, n > 2)
    def read(p: P) -> tuple[float64, int64, bool, float64, int64, bool]:
        return p.x, p.n, p.on, p[0], p[1], p[-1]
    def methods(p: P, x: float64) -> tuple[float64, float64, P, P, P, P]:
        return p.norm(), p.twice, P.make(x), p.make(x), P.unit(), p.moved(x)
    def unpacked(p: P) -> float64:
        x, n, on = p
        total = x * n
        for part in Pair(x, 2.0):
            total += part
        return total if on else -total
    def as_tuple(a: Pair, b: Pair, x: float64) -> tuple[int, bool, bool, float64, float64, float64]:
        return len(a), x in a, bool(a), max(a), sum(b), math.hypot(*a)
    def added(a: Pair, b: Pair, x: float64) -> tuple[float64, float64, float64, float64, float64]:
        return a + b + (x,)
    def compared(a: Pair, b: Pair) -> tuple[bool, bool, bool, bool, bool, bool]:
        return a == b, a != b, a < b, a <= b, a > b, a >= b
    def compared_with_tuple(a: Pair, x: float64, y: float64) -> tuple[bool, bool, bool, bool]:
        return a == (x, y), (x, y) != a, a < (x,), (x, y) <= a
    def among(a: Pair, b: Pair, c: Pair) -> bool:
        return a in (b, c)
    def replaced(p: P, n: int64) -> P:
        return p._replace(n=n)._replace()
    def maybe(p: P | None, q: "Optional[P]") -> P | None:
        if p is None:
            return q
        return P(p.x + 1.0, p.n) if q is None or p == q else None
    def loop(p: P, n: int64) -> P:
        for i in range(n):
            p = P(p.x + 0.5, p.n + i, not p.on)
        return p
    def constant(p: P) -> tuple[float64, bool]:
        return p.x + ORIGIN.x, ORIGIN2 is None
    def deep(d: Deep, x: float64) -> Deep:
        d.values.append(d.p.x)
        other = d.maybe if d.maybe is not None else d.p
        return Deep(d.p.moved(x), Vec(x, d.vec.y), other, (d.xy[1], x), d.big * 2, d.values)
    def holder(h: Holder) -> Holder:
        return Holder(h.p.moved(1.0), h.p)
    def holders(a: Holder, b: Holder) -> bool:
        return a == b
    def own(a: Own, b: Own) -> tuple[bool, bool, bool, bool, int, Own, Own, Own, int]:
        return a == b, a < b, a > b, not a, len(a), a + b, 3 * a, -a, a[0]
    def own_rest(a: Own, b: Own) -> tuple[bool, bool, int64]:
        x, y = a
        return a != b, a <= b, x + y
    def instances(p: P) -> tuple[bool, bool, bool, bool, bool]:
        return isinstance(p, P), isinstance(p, tuple), isinstance(p, Pair), isinstance(p, int), isinstance(p, (Own, object))
    def matched(p: P) -> float64:
        match p:
            case P(x, 1):
                return x
            case P(n=2):
                return -1.0
            case (x, n, False):
                return x + n
            case [x, *_]:
                return x
    def matched_maybe(p: P | None) -> float64:
        match p:
            case None:
                return 0.0
            case (x, _, _):
                return x
            case _:
                return -3.0
    def fails(p: P) -> float64:
        q = P(p.x)
        return q.x / p.n
"""
NATIVE = {
    *("same", "made", "read", "methods", "unpacked", "as_tuple", "added", "compared", "compared_with_tuple", "among"),
    *("replaced", "maybe", "loop", "constant", "deep", "holder", "holders", "own", "own_rest", "instances", "matched"),
    *("matched_maybe", "fails", "P.norm", "P.twice", "P.make", "P.unit", "P.moved"),
    *(f"Own.__{name}__" for name in ("eq", "lt", "len", "add", "rmul", "bool", "getitem", "neg")),
}
NUMBERS = (0.0, -0.0, 1.5, -2.25, math.inf, math.nan)


@pytest.fixture(scope="module")
def tuples(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("tuples"), SOURCE)


def twins(tuples: Both) -> list[dict[str, object]]:
    return [row for row in runtime.statistics() if row["module"] == tuples.compiled.__name__]


def test_all_are_native(tuples: Both) -> None:
    assert tuples.native() == NATIVE


def test_native_code_really_runs(tuples: Both) -> None:
    module = tuples.compiled
    p, pair, own = module.P(1.0, 2), module.Pair(1.0, 2.0), module.Own(1, 2)
    runtime.reset_statistics()
    module.same(p), module.made(1.0, 2), module.read(p), module.methods(p, 2.0), module.unpacked(p), module.fails(p)
    module.as_tuple(pair, pair, 1.0), module.added(pair, pair, 1.0), module.compared(pair, module.Pair(1.0, 3.0))
    module.compared_with_tuple(pair, 1.0, 2.0), module.among(pair, pair, pair), module.replaced(p, 3)
    module.maybe(None, p), module.maybe(p, None), module.maybe(p, p), module.loop(p, 9), module.constant(p)
    module.holder(module.Holder(p)), module.holders(module.Holder(p), module.Holder(p, p))
    (
        module.own(own, own),
        module.own_rest(own, own),
        module.deep(make_deep(module, 1.0, None, 3), 2.0),
        module.instances(p),
        module.matched(p),
        module.matched_maybe(p),
    )
    p.norm(), p.twice, module.P.make(2.0), p.moved(1.0)
    assert not twins(tuples)


def test_results_are_of_the_class(tuples: Both) -> None:
    module = tuples.compiled
    p = module.loop(module.P(1.0), 3)
    assert (
        type(p) is module.P and isinstance(p, tuple) and p == (2.5, 6, False) and repr(p) == "P(x=2.5, n=6, on=False)"
    )
    assert type(module.added(module.Pair(1.0, 2.0), module.Pair(3.0, 4.0), 5.0)) is tuple
    assert p._asdict() == {"x": 2.5, "n": 6, "on": False} and hash(p) == hash((2.5, 6, False))
    assert gc.is_tracked(module.deep(make_deep(module, 1.0, None, 3), 2.0))


def test_results(tuples: Both) -> None:
    for x, n in itertools.product(NUMBERS, (0, 1, 2, -(2**63))):
        both_ways(tuples, "made", lambda m, x=x, n=n: (x, n))
        for on in (True, False):
            for name in ("same", "read", "unpacked", "instances", "matched", "matched_maybe", "fails"):
                both_ways(tuples, name, lambda m, x=x, n=n, on=on: (m.P(x, n, on),))
            both_ways(tuples, "methods", lambda m, x=x, n=n, on=on: (m.P(x, abs(n) >> 1, on), x))
            both_ways(tuples, "replaced", lambda m, x=x, n=n, on=on: (m.P(x, 0, on), n))
            both_ways(tuples, "loop", lambda m, x=x, n=n, on=on: (m.P(x, n, on), 5))
            both_ways(tuples, "constant", lambda m, x=x, n=n, on=on: (m.P(x, n, on),))
            both_ways(tuples, "holder", lambda m, x=x, n=n, on=on: (m.Holder(m.P(x, n, on)),))
    both_ways(tuples, "matched_maybe", lambda m: (None,))


def test_as_tuples(tuples: Both) -> None:
    for x, y, z in itertools.product(NUMBERS, repeat=3):
        both_ways(tuples, "as_tuple", lambda m, x=x, y=y, z=z: (m.Pair(x, y), m.Pair(y, z), z))
        both_ways(tuples, "added", lambda m, x=x, y=y, z=z: (m.Pair(x, y), m.Pair(y, z), z))
        both_ways(tuples, "compared", lambda m, x=x, y=y, z=z: (m.Pair(x, y), m.Pair(x, z)))
        both_ways(tuples, "compared_with_tuple", lambda m, x=x, y=y, z=z: (m.Pair(x, y), x, z))
        both_ways(tuples, "among", lambda m, x=x, y=y, z=z: (m.Pair(x, y), m.Pair(y, x), m.Pair(x, z)))
        both_ways(tuples, "holders", lambda m, x=x, y=y: (m.Holder(m.P(x)), m.Holder(m.P(x), m.P(y))))


def test_the_same_nan_counts_as_equal(tuples: Both) -> None:
    for module in (tuples.interpreted, tuples.compiled):
        one, other = module.Pair(math.nan, 1.0), module.Pair(float("nan"), 1.0)
        assert module.compared(one, one)[0] and not module.compared(one, other)[0]
        assert module.among(one, one, other) and not module.among(one, other, other)


def test_none(tuples: Both) -> None:
    for one, other in itertools.product((None, (1.0, 2), (1.0, 3), (math.nan, 2)), repeat=2):
        both_ways(
            tuples,
            "maybe",
            lambda m, one=one, other=other: [None if item is None else m.P(*item) for item in (one, other)],
        )


def make_deep(module: Any, x: float, maybe: int | None, big: int) -> Any:
    p = None if maybe is None else module.P(1.0, maybe)
    return module.Deep(module.P(x), module.Vec(x, 2.0), p, (x, 1.0), big, Array[float64]([x]))


def test_values_in_each_other(tuples: Both) -> None:
    for x, maybe, big in itertools.product((1.0, math.inf), (None, 4), (5, 2**80)):
        both_ways(tuples, "deep", lambda m, x=x, maybe=maybe, big=big: (make_deep(m, x, maybe, big), 0.5))


def test_methods_of_its_own(tuples: Both) -> None:
    for a, b in itertools.product(((1, 2), (1, 3), (-2, 1)), repeat=2):
        both_ways(tuples, "own", lambda m, a=a, b=b: (m.Own(*a), m.Own(*b)))
        both_ways(tuples, "own_rest", lambda m, a=a, b=b: (m.Own(*a), m.Own(*b)))


def odd_ones(module: Any) -> Iterator[object]:
    """What is no P with an x of float, an n that fits and an on of bool."""
    sub = type("Sub", (module.P,), {})
    yield from (
        module.P(1),
        module.P(1.0, 2.5),
        module.P(1.0, 2**63),
        module.P(1.0, True),
        module.P(1.0, 2, 1),
        module.P("x"),
    )
    yield from (sub(1.0, 2), (1.0, 2, True), [1.0, 2, True], module.Pair(1.0, 2.0), None, 3)
    yield from (
        tuple.__new__(module.P, (1.0, 2)),
        tuple.__new__(module.P, (1.0, 2, True, 4)),
        tuple.__new__(module.P, ()),
    )


def test_anything_else_runs_the_twin(tuples: Both) -> None:
    for index in range(len(list(odd_ones(tuples.interpreted)))):
        runtime.reset_statistics()
        both_ways(tuples, "same", lambda m, index=index: (list(odd_ones(m))[index],))
        for name in ("read", "unpacked", "replaced", "methods", "loop", "matched"):
            rest = {"replaced": (3,), "methods": (1.0,), "loop": (2,)}.get(name, ())
            both_ways(tuples, name, lambda m, index=index, rest=rest: (list(odd_ones(m))[index], *rest))
        assert twins(tuples)
    odd = tuples.compiled.P(1)
    assert tuples.compiled.same(odd) is odd


def test_arguments_are_not_converted(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from typing import NamedTuple
        from pyfreeze import float64, int64, int8
        class P(NamedTuple):
            x: float64
            n: int64
            small: int8 = 3
        def of_int(n: int64) -> P:
            return P(n, n)
        def of_bool(b: bool) -> P:
            return P(1.0, b)
        def of_wide(n: int) -> P:
            return P(1.0, n)
        def of_small(n: int64) -> P:
            return P(1.0, 2, n)
        def missing(x: float64) -> P:
            return P(x)  # type: ignore
        def unknown(x: float64) -> P:
            return P(x, 1, y=2)  # type: ignore
        """,
    )
    assert both.native() == {"of_wide", "of_small"}
    for n in (1, 2**62, 2**63, -(2**70)):
        both_ways(both, "of_wide", lambda m, n=n: (n,))
    for n in (1, 127, 128, -129):
        both_ways(both, "of_small", lambda m, n=n: (n,))
    both_ways(both, "of_int", lambda m: (3,))
    both_ways(both, "of_bool", lambda m: (True,))
    both_ways(both, "missing", lambda m: (1.0,))
    both_ways(both, "unknown", lambda m: (1.0,))


CHANGES: dict[str, Callable[[Any], Any]] = {
    "field": lambda m: mock.patch.object(m.Pair, "a", property(lambda self: 7.0)),
    "fields swapped": lambda m: mock.patch.object(m.Pair, "a", m.Pair.__dict__["b"]),
    "constructor": lambda m: mock.patch.object(m.Pair, "__new__", lambda cls, *a: tuple.__new__(cls, a[::-1])),
    "initializer": lambda m: mock.patch.object(m.Pair, "__init__", lambda self, *a: None),
    "equality": lambda m: mock.patch.object(m.Pair, "__eq__", lambda self, other: "equal"),
    "order": lambda m: mock.patch.object(m.Pair, "__lt__", lambda self, other: "less"),
    "length": lambda m: mock.patch.object(m.Pair, "__len__", lambda self: 9),
    "iteration": lambda m: mock.patch.object(m.Pair, "__iter__", lambda self: iter((5.0, 6.0))),
    "attributes": lambda m: mock.patch.object(m.Pair, "__getattribute__", lambda self, name: 8.0),
    "the class": lambda m: mock.patch.object(m, "Pair", collections.namedtuple("Pair", "a b")),
    "another": lambda m: mock.patch.object(m, "Pair", m.Own),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_classes(tmp_path: Path, tuples: Both, change: str) -> None:
    source = """
        from typing import NamedTuple
        from pyfreeze import float64
        class Pair(NamedTuple):
            a: float64
            b: float64 = 2.0
        class Own(NamedTuple):
            b: float64
            a: float64 = 2.0
        def f(x: float64) -> tuple[float64, float64, float64]:
            p = Pair(x, 3.0)
            return p.a, p.b, Pair(x).b
        def g(p: Pair, q: Pair) -> object:
            return p == q
        def h(p: Pair) -> Pair:
            return p
        def used(p: Pair, q: Pair) -> tuple[bool, bool, int, float64]:
            a, b = p
            return p == q, p < q, len(p), a
    """
    both = build_both(tmp_path, source)
    assert both.native() == {"f", "g", "h", "used"}
    seen = []
    for module in (both.interpreted, both.compiled):
        pair, found = module.Pair(1.0, 2.0), []
        for _ in range(2):
            found += [module.f(1.0), module.used(pair, pair), module.h(pair)]
            with CHANGES[change](module):
                for call in (
                    lambda m=module: m.f(1.0),
                    lambda m=module, p=pair: m.used(p, p),
                    lambda m=module, p=pair: m.g(p, p),
                    lambda m=module, p=pair: m.h(p),
                ):
                    try:
                        found.append(call())
                    except Exception as error:
                        found.append((type(error), str(error)))
        seen.append(
            [
                str(item).replace(module.__name__, "module") if not isinstance(item, tuple) else list(map(str, item))
                for item in found
            ]
        )
    assert seen[0] == seen[1]
    runtime.reset_statistics()
    both.compiled.f(1.0), both.compiled.h(both.compiled.Pair(1.0))
    assert not [row for row in runtime.statistics() if row["module"] == both.compiled.__name__] or change in (
        "constructor",
        "initializer",
    )


def test_changed_defaults(tuples: Both) -> None:
    """`P.__new__.__defaults__` is the constructor's own."""
    for module in (tuples.interpreted, tuples.compiled):
        before = module.P.__new__.__defaults__
        assert module.made(1.0, 2)[0] == (1.0, 3, True)
        module.P.__new__.__defaults__ = (4, False)
        try:
            assert module.made(1.0, 2)[0] == (1.0, 4, False)
        finally:
            module.P.__new__.__defaults__ = before
        assert module.made(1.0, 2)[0] == (1.0, 3, True)


def test_nothing_is_leaked(tuples: Both) -> None:
    module = tuples.compiled
    big, p = 2**80, module.P(1.0)
    deep = make_deep(module, 1.0, 2, big)
    counted = (big, module.P, module.Deep, module.Vec, deep.values)

    def run() -> None:
        for _ in range(50):
            module.deep(deep, 1.0), module.same(p), module.maybe(p, None), module.loop(p, 3), module.replaced(p, 2)
            module.same(module.P(1)), module.deep(deep._replace(maybe=3), 1.0)
        del deep.values[1:]
        gc.collect()

    run()
    before = [sys.getrefcount(item) for item in counted]
    run()
    assert [sys.getrefcount(item) for item in counted] == before


def test_pickles(tuples: Both) -> None:
    p = tuples.compiled.loop(tuples.compiled.P(1.0), 3)
    assert pickle.loads(pickle.dumps(p)) == p


def test_objects_in_fields(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from typing import Generic, NamedTuple, TypeVar
        from pyfreeze import float64, int64
        T = TypeVar("T")
        class Named(NamedTuple):
            name: str
            x: float64
        class Of(NamedTuple, Generic[T]):
            item: T
        class Empty(NamedTuple):
            pass
        def of_named(p: Named) -> float64:
            return p.x
        def of_any(p: Of[int64]) -> int64:
            return p.item
        def of_empty(p: Empty) -> int:
            return len(p)
        """,
    )
    assert both.native() == set()
    reasons = {item.name: item.reasons[0].message for item in both.report.functions}
    assert reasons["of_named"].endswith("values of `Named` are objects: its field `name`, str, is an object (line 6)")
    both_ways(both, "of_named", lambda m: (m.Named("a", 2.0),))
    both_ways(both, "of_any", lambda m: (m.Of(3),))
    both_ways(both, "of_empty", lambda m: (m.Empty(),))
