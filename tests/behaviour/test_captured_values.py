"""Frozen values, NamedTuples, tuples of them and arrays at module level, used in functions; rebound, changed, of another type."""

from __future__ import annotations

import gc
import sys

import pytest

from pyfreeze import Array, float64
from pyfreeze import _runtime as runtime
from tests.behaviour.test_frozen_values import both_ways
from tests.conftest import Both, build_both

SOURCE = """
    from typing import Final, NamedTuple
    from pyfreeze import Array, frozen, float64, int64
    @frozen
    class Vec:
        x: float64
        y: float64
        def dot(self, o: "Vec") -> float64:
            return self.x * o.x + self.y * o.y
    @frozen
    class Part:
        v: Vec
        next: Vec | None = None
    class P(NamedTuple):
        x: float64
        n: int64
    ORIGIN = Vec(0.5, 0.25)
    AXES = (Vec(1.0, 0.0), Vec(0.0, 1.0))
    MIXED: Final[tuple[tuple[Vec, P], int64]] = ((Vec(3.0, 1.0), P(2.0, 1)), 4)
    POINT = P(1.5, 2)
    NOTHING: Vec | None = None
    SOMETHING: Vec | None = Vec(1.0, 2.0)
    PART = Part(Vec(1.0, 2.0), Vec(3.0, 4.0))
    WEIGHTS = Array[float64]([1.0, 2.0, 3.0])
    CORNERS = Array[Vec]([Vec(1.0, 2.0), Vec(3.0, 4.0)])
    BOTH = (Array[float64]([4.0]), Vec(5.0, 6.0))

    def origin(x: float64) -> Vec:
        return Vec(ORIGIN.x + x, ORIGIN.y)
    def returned(x: float64) -> Vec:
        return ORIGIN
    def axes(v: Vec) -> tuple[float64, float64]:
        first, second = AXES
        return v.dot(AXES[0]) + first.x, v.dot(second)
    def mixed(x: float64) -> float64:
        return MIXED[0][0].x + MIXED[0][1].x * x + MIXED[1]
    def point(x: float64) -> P:
        return P(POINT.x + x, POINT.n)
    def optional(x: float64) -> tuple[bool, float64]:
        return NOTHING is None, x if SOMETHING is None else SOMETHING.x
    def part(x: float64) -> float64:
        return PART.v.x + x if PART.next is None else PART.next.y
    def weights(x: float64) -> float64:
        total = x
        for w in WEIGHTS:
            total += w
        return total + WEIGHTS[0] * len(WEIGHTS)
    def corners(n: int64) -> float64:
        total = 0.0
        for i in range(n):
            total += CORNERS[i].x
        return total
    def grown(x: float64) -> int64:
        WEIGHTS.append(x)
        return int64(len(WEIGHTS))
    def both(x: float64) -> float64:
        return BOTH[0][0] + BOTH[1].y + x
"""
NATIVE = {
    *("origin", "returned", "axes", "mixed", "point", "optional", "part", "weights", "corners", "grown", "both"),
    "Vec.dot",
}


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("captured"), SOURCE)


def call_all(captured: Both) -> None:
    for name in ("origin", "returned", "mixed", "point", "optional", "part", "weights", "both"):
        both_ways(captured, name, lambda m: (0.5,))
    both_ways(captured, "axes", lambda m: (m.Vec(2.0, 3.0),))
    both_ways(captured, "corners", lambda m: (2,))
    both_ways(captured, "corners", lambda m: (3,))


def twins(captured: Both) -> set[object]:
    return {row["function"] for row in runtime.statistics() if row["module"] == captured.compiled.__name__}


def test_all_are_native(captured: Both) -> None:
    assert captured.native() == NATIVE


def test_values(captured: Both) -> None:
    call_all(captured)
    runtime.reset_statistics()
    for name in ("origin", "returned", "mixed", "point", "optional", "part", "weights", "both", "grown"):
        getattr(captured.compiled, name)(0.5)
    captured.compiled.corners(2), captured.compiled.axes(captured.compiled.Vec(1.0, 2.0))
    assert not twins(captured)
    captured.interpreted.grown(0.5)
    call_all(captured)


def test_rebound(captured: Both) -> None:
    """Another value of the type is read; what has another type runs the twin, until it is back."""
    changes = [
        ("ORIGIN", lambda m: m.Vec(7.0, 8.0), True),
        ("ORIGIN", lambda m: m.P(7.0, 8), False),
        ("AXES", lambda m: (m.Vec(7.0, 8.0), m.Vec(9.0, 8.0)), True),
        ("AXES", lambda m: [m.Vec(7.0, 8.0), m.Vec(9.0, 8.0)], False),
        ("MIXED", lambda m: ((m.Vec(1.0, 1.0), m.P(5.0, 1)), 2), True),
        ("MIXED", lambda m: ((m.Vec(1.0, 1.0), m.P(5, 1)), 2), False),
        ("POINT", lambda m: m.P(9.0, 2), True),
        ("POINT", lambda m: m.P(9, 2), False),
        ("POINT", lambda m: (9.0, 2), False),
        ("NOTHING", lambda m: m.Vec(1.0, 2.0), True),
        ("SOMETHING", lambda m: None, True),
        ("SOMETHING", lambda m: 3, False),
        ("PART", lambda m: m.Part(m.Vec(1.0, 1.0)), True),
        ("PART", lambda m: m.Part(m.Vec(1.0, 1.0), "text"), False),
        ("WEIGHTS", lambda m: Array[float64]([5.0]), True),
        ("WEIGHTS", lambda m: [5.0], False),
        ("CORNERS", lambda m: Array[m.Vec]([m.Vec(8.0, 1.0)]), True),
        ("BOTH", lambda m: (Array[float64]([1.0]), m.Vec(1.0, 2.0)), True),
        ("BOTH", lambda m: ([1.0], m.Vec(1.0, 2.0)), False),
    ]
    names = {"NOTHING": "optional", "SOMETHING": "optional"}
    for name, make, fits in changes:
        before = [getattr(module, name) for module in (captured.interpreted, captured.compiled)]
        for module in (captured.interpreted, captured.compiled):
            setattr(module, name, make(module))
        runtime.reset_statistics()
        call_all(captured)
        assert (names.get(name, name.lower()) in twins(captured)) == (not fits), name
        for module, value in zip((captured.interpreted, captured.compiled), before, strict=True):
            setattr(module, name, value)
    call_all(captured)


def test_the_array_itself_is_used(captured: Both) -> None:
    module = captured.compiled
    before = len(module.WEIGHTS)
    assert module.grown(1.0) == before + 1 == len(module.WEIGHTS)
    captured.interpreted.grown(1.0)


def test_nothing_is_leaked(captured: Both) -> None:
    module = captured.compiled
    counted = [module.WEIGHTS, module.BOTH[0], module.ORIGIN, module.Vec, module.P]

    def run() -> None:
        for _ in range(20):
            module.weights(1.0), module.both(1.0), module.origin(1.0), module.point(1.0)
            module.BOTH = (module.BOTH[0], module.Vec(5.0, 6.0))
            module.WEIGHTS = module.WEIGHTS
        gc.collect()

    run()
    before = [sys.getrefcount(item) for item in counted]
    run()
    assert [sys.getrefcount(item) for item in counted] == before
