"""Fields of frozen classes that are objects in memory and values in native code: `P | None`, tuples, plain numbers, arrays."""

from __future__ import annotations

import gc
import itertools
import math
import sys
from pathlib import Path

import pytest

from pyfreeze import Array, float64
from pyfreeze import _runtime as runtime
from tests.behaviour.test_frozen_values import both_ways
from tests.conftest import Both, build_both

SOURCE = """
    import dataclasses
    from typing import Annotated, Final, Literal, Optional
    from pyfreeze import Array, frozen, float64, int64, float32

    @frozen
    class Vec:
        x: float64
        y: float64
        def __add__(self, o: "Vec") -> "Vec":
            return Vec(self.x + o.x, self.y + o.y)

    @frozen
    class Odd:
        n: int64
        def __eq__(self, other: "Odd | None") -> bool:  # type: ignore[override]
            return False

    @frozen
    class Part:
        at: Vec
        next: Vec | None = None
        limit: Optional[int64] = None
        share: float64 | None = None
        xy: tuple[float64, float64] = (0.0, 1.0)
        big: int = 7
        real: float = 0.5
        def moved(self, by: Vec) -> "Part":
            following = self.next
            moved = following + by if following is not None else by
            return Part(self.at + by, moved, self.limit, self.share, (self.xy[1], self.xy[0]), self.big * 3, self.real)

    @frozen
    class Outer:
        part: Part
        count: int64
        values: Array[float64]
        other: Part | None = None

    @frozen(order=True)
    class Key:
        kind: int64 | None
        pair: tuple[float64, int64]
        at: float
        final: Final[int64] = 3
        always: Literal[True] = True
        noted: Annotated[int64, "note"] = 5

    @frozen
    class Strange:
        odd: Odd
        other: Odd | None

    @frozen
    class Single:
        inside: float32
        outside: float32 | None

    NONE = Part(Vec(0.5, 1.5))

    def same(p: Part) -> Part:
        return p
    def walk(p: Part, n: int64) -> Part:
        by = Vec(1.0, 2.0)
        for i in range(n):
            p = p.moved(by)
            if p.limit is not None and p.limit > i:
                p = Part(p.at, None, p.limit - 1, p.share, p.xy, p.big)
        return p
    def read(p: Part) -> tuple[float64, Vec | None, int64 | None, float64 | None, float64, int, float]:
        return p.at.x, p.next, p.limit, p.share, p.xy[0] + p.xy[1], p.big, p.real
    def used(p: Part) -> float64:
        return p.next.x + p.limit  # type: ignore
    def defaults(x: float64) -> tuple[Part, Part]:
        return Part(Vec(x, x)), NONE
    def keywords(n: int64) -> Part:
        return Part(at=Vec(n, n), limit=n, next=None, big=2**70, xy=(float64(n), 0.5))
    def outer(o: Outer) -> Outer:
        o.values.append(o.part.at.x)
        return Outer(o.part.moved(o.part.at), o.count + 1, o.values, o.part if o.count % 2 == 0 else o.other)
    def sum_of(o: Outer) -> float64:
        total = o.part.at.x
        for v in o.values:
            total += v
        if o.other is not None and o.other.next is not None:
            total += o.other.next.x
        return total
    def equal(a: Part, b: Part) -> tuple[bool, bool]:
        return a == b, a != b
    def ordered(a: Key, b: Key) -> tuple[bool, bool, bool, bool, bool, bool]:
        return a < b, a <= b, a > b, a >= b, a == b, a != b
    def strange(a: Strange, b: Strange) -> tuple[bool, bool]:
        return a == b, a != b
    def in_tuples(a: Odd, b: Odd, n: int64) -> tuple[bool, bool, bool, bool]:
        return (a, n) == (b, n), (a, n) != (a, n), a in (b, Odd(n)), a in (Odd(n), a)
    def replaced(p: Part, n: int64) -> Part:
        return dataclasses.replace(p, limit=n, next=p.at, share=None, big=5)
    def singles(s: Single) -> Single:
        return Single(s.inside * 3.0, s.outside)
    def matched(p: Part) -> float:
        match p:
            case Part(next=None, limit=None):
                return p.real
            case Part(next=Vec(x, y), xy=(a, b)):
                return x + y * a - b
            case Part(limit=3):
                return -1.0
            case _:
                return -2.0
    def many(p: Part, n: int64) -> tuple[Part, ...]:  # type: ignore
        return (p.moved(p.at), p.moved(p.at), Part(p.at, p.next, n, None, p.xy, p.big << 65), p)
"""
NATIVE = {
    *("same", "walk", "read", "used", "defaults", "keywords", "outer", "sum_of", "equal", "ordered", "strange"),
    *("in_tuples", "replaced", "singles", "matched", "many", "Part.moved", "Vec.__add__", "Odd.__eq__"),
}
NUMBERS = (0.0, -0.0, 1.5, math.nan, math.inf)


@pytest.fixture(scope="module")
def fields(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("fields"), SOURCE)


def twins(fields: Both) -> list[dict[str, object]]:
    return [row for row in runtime.statistics() if row["module"] == fields.compiled.__name__]


def test_all_are_native(fields: Both) -> None:
    assert fields.native() == NATIVE


def test_native_code_really_runs(fields: Both) -> None:
    module = fields.compiled
    vec = module.Vec(1.0, 2.0)
    runtime.reset_statistics()
    for part in (module.Part(vec), module.Part(vec, vec, 3, 1.5, (2.0, 3.0), 2**100, 2.5)):
        module.same(part), module.walk(part, 9), module.read(part), module.equal(part, part), module.replaced(part, 3)
        module.matched(part), part.moved(vec)
        other = module.outer(module.Outer(part, 2, Array[float64]([1.0])))
        module.sum_of(other), module.outer(other)
    module.defaults(1.0), module.keywords(3), module.singles(module.Single(1.0, 0.1))
    key = module.Key(1, (1.0, 2), 3.0)
    module.ordered(key, key)
    assert not twins(fields)


def test_results(fields: Both) -> None:
    for x, limit, share, big in itertools.product(NUMBERS, (None, 3, -(2**63)), (None, *NUMBERS), (1, 2**64, -(2**62))):

        def make(m, x=x, limit=limit, share=share, big=big):  # type: ignore[no-untyped-def]
            return m.Part(m.Vec(x, 1.0), m.Vec(1.0, x) if big > 0 else None, limit, share, (x, 2.0), big, x)

        for name in ("same", "read", "matched", "used"):
            both_ways(fields, name, lambda m: (make(m),))
        both_ways(fields, "walk", lambda m: (make(m), 4))
        both_ways(fields, "replaced", lambda m: (make(m), 4))
        both_ways(fields, "many", lambda m: (make(m), 4))
    both_ways(fields, "defaults", lambda m: (0.25,))
    both_ways(fields, "keywords", lambda m: (12,))
    both_ways(fields, "singles", lambda m: (m.Single(0.1, 0.1),))


def test_arrays_and_other_values_inside(fields: Both) -> None:
    for count in (0, 1, 2):

        def make(m, count=count):  # type: ignore[no-untyped-def]
            part = m.Part(m.Vec(1.0, 2.0), m.Vec(count, 1))
            return (m.Outer(part, count, Array[float64]([0.5] * count), part if count else None),)

        both_ways(fields, "outer", make)
        both_ways(fields, "sum_of", make)
    module = fields.compiled
    values = Array[float64]([1.0])
    assert module.outer(module.Outer(module.NONE, 1, values)).values is values


class Half(float):
    pass


class Pair(tuple[float, float]):
    pass


def test_objects_of_other_types_run_the_twin(fields: Both) -> None:
    """The constructor converts nothing that is an object in memory, so anything may be there."""
    module = fields.compiled
    for name, value in (
        *(("next", 3), ("next", "text"), ("next", module.Odd(1)), ("limit", 2**63), ("limit", True), ("limit", 1.0)),
        *(
            ("share", 1),
            ("share", Half(2.0)),
            ("xy", (1.0, 2)),
            ("xy", (1.0,)),
            ("xy", (1.0, 2.0, 3.0)),
            ("xy", [1.0, 2.0]),
        ),
        *(
            ("xy", Pair((1.0, 2.0))),
            ("xy", None),
            ("big", True),
            ("big", 1.5),
            ("big", None),
            ("real", 1),
            ("real", "x"),
        ),
    ):
        runtime.reset_statistics()
        both_ways(fields, "same", lambda m, name=name, value=value: (m.Part(m.Vec(1, 2), **{name: value}),))
        for called in ("read", "matched", "used"):
            both_ways(fields, called, lambda m, name=name, value=value: (m.Part(m.Vec(1, 2), **{name: value}),))
        assert twins(fields), (name, value)
        both_ways(fields, "walk", lambda m, name=name, value=value: (m.Part(m.Vec(1, 2), **{name: value}), 3))


def test_the_twin_keeps_the_object(fields: Both) -> None:
    module = fields.compiled
    pair = Pair((1.0, 2.0))
    assert module.same(module.Part(module.Vec(1, 2), xy=pair)).xy is pair


def test_equality(fields: Both) -> None:
    choices = (
        *((None, None, (0.0, 1.0)), (2, None, (0.0, 1.0)), (2, 0.5, (0.0, 1.0)), (2, 0.5, (0.0, 2.0))),
        *(
            (2, math.nan, (0.0, 1.0)),
            (2, float("nan"), (0.0, 1.0)),
            (2, 0.5, (math.nan, 1.0)),
            (2, 0.0, (-0.0, math.inf)),
        ),
    )
    for one, other in itertools.product(choices, repeat=2):
        for x, next_ in itertools.product((math.nan, 1.0), (None, (1.0, math.nan), (2.0, 3.0))):

            def make(m, one=one, other=other, x=x, next_=next_):  # type: ignore[no-untyped-def]
                return [
                    m.Part(m.Vec(x, 0.0), None if next_ is None else m.Vec(*next_), *fields) for fields in (one, other)
                ]

            both_ways(fields, "equal", make)


def test_a_nan_in_an_object_field_counts_as_equal(fields: Both) -> None:
    for module in (fields.interpreted, fields.compiled):
        one, other = module.Part(module.Vec(0, 0), real=math.nan), module.Part(module.Vec(0, 0), real=float("nan"))
        assert module.equal(one, one) == (True, False) and module.equal(one, other) == (True, False)


def test_order(fields: Both) -> None:
    choices = list(itertools.product((None, 1, 2), ((1.0, 2), (1.0, 3), (math.nan, 2)), (0.0, 1.0, math.nan)))
    for one, other in itertools.product(choices, repeat=2):
        both_ways(fields, "ordered", lambda m, one=one, other=other: (m.Key(*one), m.Key(*other)))


def test_a_class_whose_values_differ_from_themselves(fields: Both) -> None:
    """One object is equal to itself in a tuple and in a field that is an object, whatever its class says."""
    for module in (fields.interpreted, fields.compiled):
        one, other = module.Odd(1), module.Odd(1)
        assert module.in_tuples(one, one, 1) == (True, False, True, True)
        assert module.in_tuples(one, other, 2) == (False, False, False, True)
        assert module.strange(module.Strange(one, one), module.Strange(one, one)) == (False, True)


def test_nothing_is_leaked(fields: Both) -> None:
    module = fields.compiled
    values, big = Array[float64]([1.0]), 2**80
    part = module.Part(module.Vec(1, 2), module.Vec(3, 4), 3, 0.5, (1.0, 2.0), big)
    counted = (values, big, module.Part, module.Vec)

    def run() -> None:
        for _ in range(50):
            module.walk(part, 3), module.equal(part, part), module.replaced(part, 3), module.read(part)
            (
                module.outer(module.Outer(part, 2, values)),
                module.same(module.Part(module.Vec(1, 2), None, None, None, (1, 2), big)),
            )
        del values[1:]
        gc.collect()

    run()
    before = [sys.getrefcount(item) for item in counted]
    run()
    assert [sys.getrefcount(item) for item in counted] == before


def test_a_class_in_its_own_field_is_taken_out_of_an_object(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from __future__ import annotations
        from pyfreeze import frozen, int64
        @frozen
        class Node:
            n: int64
            next: Node | None = None
        def total(node: Node | None) -> int64:
            found: int64 = 0
            at = node
            while at is not None:
                found += at.n
                at = at.next
            return found
        """,
    )
    assert both.native() == {"total"}
    both_ways(both, "total", lambda m: (m.Node(1, m.Node(2)),))


MIXED = """
    from __future__ import annotations
    from typing import Generic, NamedTuple, TypeVar
    from pyfreeze import Array, frozen, float64, int64

    T = TypeVar("T")

    class Pair(NamedTuple):
        a: float64
        b: int

    @frozen
    class Vec:
        x: float64
        y: float64

    @frozen
    class Mixed:
        name: str
        count: int
        at: Vec | None
        pair: Pair
        numbers: Array[float64]
        things: list[object]
        rest: Mixed | None = None
        inside: tuple[str, int] = ("a", 1)

    @frozen
    class Holder(Generic[T]):
        name: str
        item: T
        mixed: Mixed
        rest: Holder[T] | None = None

    def same(m: Mixed) -> Mixed:
        return Mixed(m.name, m.count, m.at, m.pair, m.numbers, m.things, m.rest, m.inside)
    def chain(m: Mixed, n: int64) -> Mixed:
        for i in range(n):
            found = m
            where = Vec(1.0, found.pair.a)
            made = Mixed("new", found.count + i, where, Pair(2.0, i), m.numbers, m.things, found, ("in", i))
            again = made.rest
            if again is not None and again.name is m.name:
                twice = made.count * 2**40
                made = Mixed(again.name, twice, None, made.pair, made.numbers, again.things, made, again.inside)
        return made  # type: ignore
    def total(m: Mixed | None) -> float64:
        sum_ = 0.0
        at = m
        while at is not None:
            sum_ += at.pair.a + at.count + len(at.numbers)
            where = at.at
            if where is not None:
                sum_ += where.x
            at = at.rest
        return sum_
    def held(m: Mixed, x: float64) -> Holder[float64]:
        return Holder(m.name, x, m)
    def unheld(h: Holder[float64]) -> tuple[str, float64, Mixed, object]:
        return h.name, h.item, h.mixed, h.rest
    def or_none(m: Mixed | None) -> Mixed | None:
        return m
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("mixed"), MIXED)


def make_mixed(m, count=5, at=True, rest=None):  # type: ignore[no-untyped-def]
    where = m.Vec(1.0, 2.0) if at else None
    return m.Mixed("name", count, where, m.Pair(0.5, 2**70), Array[float64]([1.0]), [1, "two"], rest)


def test_objects_beside_values_that_are_objects_in_memory(mixed: Both) -> None:
    assert mixed.native() == {"same", "chain", "total", "held", "unheld", "or_none"}
    for count, at in itertools.product((5, 2**80, -(2**62)), (True, False)):
        for name, rest in (("same", ()), ("chain", (3,)), ("total", ()), ("held", (2.5,)), ("or_none", ())):
            both_ways(mixed, name, lambda m, c=count, a=at, rest=rest: (make_mixed(m, c, a, make_mixed(m)), *rest))
        both_ways(
            mixed,
            "unheld",
            lambda m, c=count, a=at: (m.Holder("h", 1.5, make_mixed(m, c, a), m.Holder("i", 1, make_mixed(m))),),
        )
    module = mixed.compiled
    one = make_mixed(module)
    runtime.reset_statistics()
    module.same(one), module.chain(one, 3), module.total(one), module.or_none(one)
    module.unheld(module.held(make_mixed(module, 2**80, False, one), 1.0))
    assert not [row for row in runtime.statistics() if row["module"] == module.__name__]
    made = module.same(one)
    assert made is not one and made.things is one.things and made.name is one.name and made.numbers is one.numbers
    assert module.held(one, 1.0).mixed.things is one.things and module.or_none(None) is None


def test_of_other_types_beside_objects(mixed: Both) -> None:
    for count in ("text", None, 1.5, True):
        for name, rest in (("same", ()), ("chain", (3,)), ("held", (2.5,)), ("or_none", ())):
            both_ways(mixed, name, lambda m, c=count, rest=rest: (make_mixed(m, c), *rest))
            both_ways(mixed, name, lambda m, c=count, rest=rest: (make_mixed(m, rest=make_mixed(m, c)), *rest))
            both_ways(mixed, name, lambda m, c=count, rest=rest: (make_mixed(m, rest=c), *rest))


def test_nothing_is_leaked_beside_objects(mixed: Both) -> None:
    module = mixed.compiled
    things, numbers, big, name = [1], Array[float64]([1.0]), 2**90, "".join(["a", "name"])
    vec, pair = module.Vec(1.0, 2.0), module.Pair(0.5, big)
    one = module.Mixed(name, big, vec, pair, numbers, things, None)
    two = module.Mixed(name, 3, None, pair, numbers, things, one, (name, 3))
    wrong = module.Mixed(name, big, vec, pair, numbers, things, None, (name, "no"))
    late = module.Mixed(name, big, vec, pair, numbers, 5, module.Mixed(name, big, vec, (1.0, 2, 3), numbers, things))
    counted = (things, numbers, big, name, vec, pair, one, two, wrong, late, module.Mixed, module.Holder)

    def run() -> None:
        for _ in range(50):
            for item in (one, two, wrong, late):
                module.same(item), module.chain(item, 3), module.or_none(item), module.held(item, 1.0)
                module.unheld(module.held(item, 1.0)), module.unheld(module.Holder(name, 1, item))
            module.total(one), module.total(two)
        gc.collect()

    run()
    before = [sys.getrefcount(item) for item in counted]
    run()
    assert [sys.getrefcount(item) for item in counted] == before
