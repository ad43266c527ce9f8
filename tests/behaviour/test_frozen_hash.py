"""`hash` of values natively: the hash of the object that they are boxed as."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from pyfreeze import Array, int64
from pyfreeze import _runtime as runtime
from tests.behaviour.test_frozen_values import both_ways
from tests.conftest import Both, build_both

SOURCE = """
    from typing import NamedTuple
    from pyfreeze import Array, frozen, float64, float32, int64, int8, uint64
    @frozen
    class Vec:
        x: float64
        y: float64
    @frozen
    class All:
        a: int8
        b: uint64
        c: bool
        d: float32
        v: Vec
        e: int64
    @frozen
    class Nothing:
        pass
    @frozen
    class Boxes:
        v: Vec | None
        x: float64 | None
        t: tuple[float64, int64]
        n: int
        r: float
    @frozen
    class Own:
        n: int64
        def __hash__(self) -> int64:
            return self.n
    @frozen
    class Big:
        n: int
        def __hash__(self) -> int:
            return self.n
    @frozen
    class Equal:
        n: int64
        m: int64
        def __eq__(self, other: "Equal") -> bool:  # type: ignore[override]
            return self.n == other.n
    @frozen
    class Unhashable:
        n: int64
        __hash__ = None  # type: ignore
    @frozen
    class Around:
        own: Own
        equal: Equal
        big: Big
    class Pair(NamedTuple):
        x: float64
        n: int64
    class Named(NamedTuple):
        n: int64
        def __hash__(self) -> int:
            return -1
    class Same(NamedTuple):
        n: int64
        def __eq__(self, other: "Same") -> bool:  # type: ignore[override]
            return True

    def of_vec(v: Vec) -> int:
        return hash(v)
    def of_all(v: All) -> int:
        return hash(v)
    def of_nothing(v: Nothing) -> int:
        return hash(v)
    def of_boxes(v: Boxes) -> int:
        return hash(v)
    def of_own(v: Own) -> int:
        return hash(v)
    def of_big(v: Big) -> int:
        return hash(v)
    def of_equal(v: Equal) -> int:
        return hash(v)
    def of_around(v: Around) -> int:
        return hash(v)
    def of_pair(v: Pair) -> int:
        return hash(v)
    def of_named(v: Named) -> int:
        return hash(v)
    def of_same(v: Same) -> int:
        return hash(v)
    def of_tuple(t: tuple[int, float, bool, tuple[int64, Vec]]) -> int:
        return hash(t)
    def of_empty(n: int) -> int:
        return hash(()) + n
    def of_optional(v: Vec | None) -> int:
        return hash(v)
    def of_int(n: int) -> int:
        return hash(n)
    def of_int64(n: int64) -> int64:
        return hash(n)
    def of_uint64(n: uint64) -> int:
        return hash(n)
    def of_float(x: float64) -> int:
        return hash(x)
    def of_none(n: int) -> int:
        return hash(None) + n
    def bucket(v: Vec, count: int64) -> int64:
        return hash(v) % count
    def of_unhashable(v: Unhashable) -> int:
        return hash(v)
    def of_array(a: Array[int64]) -> int:
        return hash(a)
"""
NATIVE = {
    *("vec", "all", "nothing", "boxes", "own", "big", "equal", "around", "pair", "named", "same", "tuple", "empty"),
    *("optional", "int", "int64", "uint64", "float", "none"),
}
FLOATS = (0.0, -0.0, 1.0, -1.0, 1.5, -2.25, 2.0**61, 2.0**61 - 1, 2.0**-1074, -1e-310, 1e308, 0.1, math.inf, -math.inf)
INTS = (0, 1, -1, -2, 2**31, 2**61 - 2, 2**61 - 1, 2**61, -(2**61), 2**63 - 1, -(2**63))


@pytest.fixture(scope="module")
def hashes(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("hashes"), SOURCE)


def test_all_are_native(hashes: Both) -> None:
    assert hashes.native() == {
        *(f"of_{name}" for name in NATIVE),
        "bucket",
        *hashes.native() - set_of_functions(hashes),
    }
    assert "Own.__hash__" in hashes.native()


def set_of_functions(hashes: Both) -> set[str]:
    return {item.name for item in hashes.report.functions if "." not in item.name}


def test_native_code_really_runs(hashes: Both) -> None:
    module = hashes.compiled
    vec = module.Vec(math.nan, 1.0)
    runtime.reset_statistics()
    module.of_vec(vec), module.of_all(module.All(1, 2, True, 0.5, vec, 3)), module.of_nothing(module.Nothing())
    module.of_boxes(module.Boxes(vec, math.nan, (1.0, 2), 2**70, math.nan)), module.of_own(module.Own(1))
    (
        module.of_big(module.Big(2**62)),
        module.of_pair(module.Pair(1.0, 2)),
        module.of_optional(None),
        module.of_optional(vec),
    )
    module.of_around(module.Around(module.Own(-1), module.Equal(1, 2), module.Big(3))), module.bucket(vec, 7)
    assert not [row for row in runtime.statistics() if row["module"] == module.__name__]


def both_hash(hashes: Both, name: str, value: object) -> None:
    """The hash natively, interpreted, and of the object."""
    assert getattr(hashes.compiled, name)(value) == getattr(hashes.interpreted, name)(value) == hash(value)


def test_numbers(hashes: Both) -> None:
    generator = random.Random(1)
    floats = [*FLOATS, *(generator.uniform(-1, 1) * 2.0 ** generator.randint(-1070, 1023) for _ in range(2000))]
    ints = [*INTS, *(generator.randint(-(2**63), 2**63 - 1) for _ in range(2000))]
    for x in floats:
        both_hash(hashes, "of_float", x)
    for n in ints:
        both_hash(hashes, "of_int64", n)
        both_hash(hashes, "of_uint64", n & 2**64 - 1)
        both_hash(hashes, "of_int", n)
        both_hash(hashes, "of_int", n << 70)
    hashes.same("of_none", 3)
    hashes.same("of_empty", 3)
    assert hashes.compiled.of_none(0) == hash(None)


def test_a_nan_of_its_own_hashes_as_its_object(hashes: Both) -> None:
    for nan in (math.nan, float("nan")):
        assert hashes.compiled.of_float(nan) == hash(nan)
        pair = hashes.compiled.Pair(nan, 1)
        assert hashes.compiled.of_pair(pair) == hash(pair)


def test_frozen_values(hashes: Both) -> None:
    for x in (*FLOATS, math.nan):
        for y in (*FLOATS, math.nan):
            both_ways(hashes, "of_vec", lambda m, x=x, y=y: (m.Vec(x, y),))
            vec = hashes.compiled.Vec(x, y)
            assert hashes.compiled.of_vec(vec) == hashes.compiled.of_optional(vec) == hash(vec)
    assert hashes.compiled.of_vec(hashes.compiled.Vec(0.0, 1)) == hashes.compiled.of_vec(hashes.compiled.Vec(-0.0, 1))
    for n in INTS:
        small = n & 63
        both_ways(
            hashes, "of_all", lambda m, n=n, small=small: (m.All(small, n & 2**63 - 1, n > 0, 0.1, m.Vec(n, 1), n),)
        )
        for name, class_ in (("of_own", "Own"), ("of_big", "Big"), ("of_equal", "Equal"), ("of_pair", "Pair")):
            rest = (1,) if name == "of_equal" else (n,) if name == "of_pair" else ()
            both_ways(hashes, name, lambda m, n=n, class_=class_, rest=rest: (getattr(m, class_)(n, *rest),))
        both_ways(hashes, "of_around", lambda m, n=n: (m.Around(m.Own(n), m.Equal(n, 1), m.Big(n * 2)),))
        both_ways(hashes, "of_same", lambda m, n=n: (m.Same(n),))
        both_ways(hashes, "of_named", lambda m, n=n: (m.Named(n),))
        both_ways(hashes, "bucket", lambda m, n=n: (m.Vec(n, 1), 1000))
    both_ways(hashes, "of_big", lambda m: (m.Big(2**100),))
    both_ways(hashes, "of_nothing", lambda m: (m.Nothing(),))
    both_ways(hashes, "of_optional", lambda m: (None,))


def test_fields_that_are_objects(hashes: Both) -> None:
    for x in (*FLOATS, math.nan):
        for n in (0, 2**64, -(2**61)):
            both_ways(hashes, "of_boxes", lambda m, x=x, n=n: (m.Boxes(m.Vec(x, 1), x, (1.5, 3), n, x),))
            both_ways(hashes, "of_boxes", lambda m, x=x, n=n: (m.Boxes(None, None, (1.5, 3), n, x),))
    boxes = hashes.compiled.Boxes(None, None, (math.nan, 3), 1, 1.0)
    assert hashes.compiled.of_boxes(boxes) == hash(boxes)
    both_ways(hashes, "of_tuple", lambda m: ((2**70, 0.5, True, (-1, m.Vec(math.nan, -0.0))),))


def test_what_has_no_hash(hashes: Both) -> None:
    both_ways(hashes, "of_unhashable", lambda m: (m.Unhashable(1),))
    both_ways(hashes, "of_array", lambda m: (Array[int64]([1]),))


def test_another_hash(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from typing import NamedTuple
        from pyfreeze import frozen, int64
        @frozen
        class P:
            n: int64
        class Q(NamedTuple):
            n: int64
        @frozen
        class Outer:
            p: P
        def f(p: P) -> int:
            return hash(p)
        def g(q: Q) -> int:
            return hash(q)
        def h(o: Outer) -> int:
            return hash(o)
        def equal(p: P, q: P) -> bool:
            return p == q
        """,
    )
    assert both.native() == {"f", "g", "h", "equal"}
    found = []
    for module in (both.interpreted, both.compiled):
        p, q, outer = module.P(3), module.Q(3), module.Outer(module.P(3))
        before = module.f(p), module.g(q), module.h(outer)
        module.P.__hash__ = lambda self: 7
        module.Q.__hash__ = lambda self: 8
        found.append([before, module.f(p), module.g(q), module.h(outer), module.equal(p, p)])
        module.P.__eq__ = lambda self, other: False
        found[-1].append(module.equal(p, p))
    assert found[0] == found[1] and found[1][1:4] != list(found[1][0]) and found[1][-1] is False
