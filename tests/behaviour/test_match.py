"""`match` over numbers, frozen values and tuples of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from unittest import mock

import pytest

import pyfreeze._runtime as runtime
from tests.behaviour.test_frozen_values import both_ways
from tests.conftest import Both, build_both

SOURCE = """
    import math
    from typing import ClassVar
    from pyfreeze import frozen, float64, int64
    @frozen
    class Vec:
        x: float64
        y: float64
        UNIT: ClassVar[float64] = 1.0
        ZERO: ClassVar["Vec"]
        @property
        def norm(self) -> float64:
            return abs(self.x) + abs(self.y)
    @frozen
    class Line:
        start: Vec
        end: Vec
        tag: int64
    Vec.ZERO = Vec(0.0, 0.0)
    def literals(n: int64) -> int64:
        match n:
            case 0:
                return 10
            case 1 | 2 | 3:
                return 20
            case -1:
                return 30
            case 1000 if n > 5:
                return 40
            case k if k % 2 == 0:
                return k
            case _:
                return -k
    def plain(n: int) -> int:
        result = 0
        match n:
            case 5 | 1180591620717411303424:
                result = 1
            case True:
                result = 2
            case "text":
                result = 3
            case [a, b]:
                result = 4
            case {}:
                result = 5
        return result
    def reals(x: float) -> float:
        match x:
            case 0 | 1.5:
                return 1.0
            case math.inf:
                return 2.0
            case int(y) | bool(y):
                return 3.0
            case float(y) if y != y:
                return 4.0
            case float(y):
                return y
    def flags(f: bool) -> int:
        match f:
            case True:
                return 1
            case False:
                return 2
        return 3
    def vectors(v: Vec) -> float64:
        match v:
            case Vec.ZERO:
                return -1.0
            case Vec(x=0.0):
                return v.y
            case Vec(x, 0.0):
                return x
            case Vec(a, b) if a == b:
                return a + b
            case Vec(x=a, UNIT=1.0) as w if w.norm > 100.0:
                return a
            case Vec(1.0 | 2.0 as p, q) | Vec(q, 1.0 | 2.0 as p):
                return p * 1000.0 + q
            case Vec(x=p):
                return p
    def lines(line: Line, n: int64) -> float64:
        match line:
            case Line(Vec(0.0, y), Vec(x, _), tag=3):
                return x * 10.0 + y
            case Line(start, Vec() as end, 4 | 5):
                return start.x - end.x / n
            case Line(tag=t) if t > n:
                return float(t)
        return 0.5
    def pairs(n: int64, x: float64) -> tuple[int64, float64]:
        match (n, x):
            case (0, y):
                return 0, y
            case (k, 2.0 | 3.0):
                return k, -1.0
            case (1, *_):
                return 100, x
            case [a, b, c]:
                return 7, 7.0
            case pair:
                return pair
    def in_loop(n: int64) -> int64:
        total = 0
        last = 0
        for i in range(n):
            match i % 5:
                case 0:
                    continue
                case 4 if i > 30:
                    break
                case 1 | 2 as last:
                    total += last
                case k:
                    total -= k
        return total * 1000 + last
    def unset(n: int64) -> int64:
        match n:
            case 1:
                found = 5
            case k if k > 10:
                found = k
        return found
    def maybe(v: Vec | None, n: int | None) -> float64:
        match v:
            case None:
                total = 1.0
            case Vec(0.0, y):
                total = y
            case w:
                total = w.x + w.y if isinstance(v, Vec) else -1.0
        match n:
            case 1 | 2:
                total += 100.0
            case int(k):
                total += k
            case _ if isinstance(n, int):
                total += 5000.0
        return total
    def kept(n: int64) -> int64:
        match n + 1:
            case k if k > 10:
                return 0
        return k
"""
NATIVE = ("literals", "plain", "reals", "flags", "vectors", "lines", "pairs", "in_loop", "unset", "kept", "maybe")


@pytest.fixture(scope="module")
def matching(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("matching"), SOURCE)


def test_all_are_native(matching: Both) -> None:
    assert {name for name in matching.native() if "." not in name} == set(NATIVE)


def test_numbers(matching: Both) -> None:
    for n in (*range(-4, 12), 1000, 1001, 2**62, -(2**63)):
        for name in ("literals", "unset", "kept"):
            matching.same(name, n)
        matching.same("in_loop", min(n, 60))
    for n in (5, 2**70, 1, 0, True, -(2**80)):
        matching.same("plain", n)
    for x in (0.0, -0.0, 1.5, math.inf, -math.inf, math.nan, 7.25, 1, 0, True, 2**70):
        matching.same("reals", x)
    for flag in (True, False, 1, 0, None, "x"):
        matching.same("flags", flag)


def test_values(matching: Both) -> None:
    numbers = (0.0, -0.0, 1.0, 2.0, 5.0, 200.0, math.nan, math.inf)
    for x, y in itertools.product(numbers, repeat=2):
        both_ways(matching, "vectors", lambda m, x=x, y=y: (m.Vec(x, y),))
        for tag in (3, 4, 5, 9):
            both_ways(matching, "lines", lambda m, x=x, y=y, tag=tag: (m.Line(m.Vec(x, y), m.Vec(y, x), tag), 7))
    both_ways(matching, "lines", lambda m: (m.Line(m.Vec(1.0, 1.0), m.Vec(1.0, 1.0), 4), 0))
    for n, x in itertools.product((0, 1, 2), (2.0, 3.0, 4.5)):
        matching.same("pairs", n, x)
    both_ways(matching, "vectors", lambda m: (1.0,))


def test_optional_values(matching: Both) -> None:
    for x, n in itertools.product((None, 0.0, 2.0, math.nan), (None, 1, 2, 50, 2**70, 1.5)):
        both_ways(matching, "maybe", lambda m, x=x, n=n: (None if x is None else m.Vec(x, 3.0), n))


def test_native_code_really_runs(matching: Both) -> None:
    runtime.reset_statistics()
    module = matching.compiled
    module.literals(7), module.plain(6), module.reals(1.0), module.flags(True), module.vectors(module.Vec(3.0, 1.0))
    module.lines(module.Line(module.Vec(0.0, 1.0), module.Vec(3.0, 1.0), 3), 1), module.pairs(1, 2.0)
    module.maybe(None, 1), module.maybe(module.Vec(2.0, 3.0), None), module.maybe(None, None)
    assert not [row for row in runtime.statistics() if row["module"] == module.__name__]


def test_what_patterns_depend_on_is_watched(matching: Both) -> None:
    for module in (matching.interpreted, matching.compiled):
        vec = module.Vec
        v = vec(3.0, 0.0)
        assert module.vectors(v) == 3.0
        with mock.patch.object(vec, "__match_args__", ("y", "x")):
            assert module.vectors(vec(4.0, 3.0)) == 4.0 and module.vectors(vec(1.0, 5.0)) == 1005.0
        with mock.patch.object(vec, "ZERO", v):
            assert module.vectors(v) == -1.0
        with mock.patch.object(vec, "UNIT", 2.0):
            assert module.vectors(vec(300.0, 1.0)) == 1300.0
        assert module.vectors(vec(300.0, 1.0)) == 300.0
        with mock.patch.object(module, "float", int, create=True):
            assert module.reals(2.5) is None
        assert module.reals(2.5) == 2.5


def test_patterns_that_are_left_to_the_twin(both: Callable[[str], Both]) -> None:
    case = both(
        """
        from typing import ClassVar
        from pyfreeze import frozen, float64, int64
        @frozen
        class P:
            x: float64
            y: float64
            __match_args__: ClassVar[tuple[str, ...]] = ("y",)
            @property
            def broken(self) -> float64:
                raise AttributeError("broken")
        @frozen
        class Q:
            a: int64
        def own_order(p: P) -> float64:
            match p:
                case P(y):
                    return y
            return 0.0
        def broken(p: P) -> float64:
            match p:
                case P(broken=b):
                    return b
            return -1.0
        def too_many(q: Q) -> int64:
            match q:
                case Q(a, b):
                    return a
            return 0
        def twice(q: Q) -> int64:
            match q:
                case Q(a, a=b):
                    return a
            return 0
        def rest(n: int64) -> int64:
            match (n, n, n):
                case (first, *others):
                    return len(others)
            return 0
        def as_sequence(q: Q) -> int64:
            match q:
                case [a]:
                    return a
                case {"a": a}:
                    return 1
            return 0
        """
    )
    assert case.native() == {"P.broken"}
    for name in ("own_order", "broken"):
        both_ways(case, name, lambda m: (m.P(1.0, 2.0),))
    for name in ("too_many", "twice", "as_sequence"):
        both_ways(case, name, lambda m: (m.Q(1),))
    case.same("rest", 3)
