"""Generic functions: native for the types that native code calls them with, also from Python, otherwise as they are."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from pyfreeze import Array, float64, int32, int64, is_compiled
from pyfreeze import _runtime as runtime
from tests.behaviour.test_frozen_values import both_ways
from tests.conftest import Both, Outcome, build_both

BODY = """
    from pyfreeze import frozen, float64, int64, int32, Array
    @frozen
    class Vec:
        x: float64
        y: float64
        def __add__(self, other: "Vec") -> "Vec":
            return Vec(self.x + other.x, self.y + other.y)
        def __mul__(self, other: "Vec") -> "Vec":
            return Vec(self.x * other.x, self.y * other.y)
    {dot}
        total = start
        for i in range(len(a)):
            total = total + a[i] * b[i]
        return total
    {first}
        return a[0]
    {fill}
        for i in range(count):
            a[i] = value
    {power}
        if n == 0:
            return one
        half = power(x, n // 2, one)
        return half * half if n % 2 == 0 else half * half * x
    {pair}
        return (b, a)
    {larger}
        return a if a > b else b
    {unused}
        return a
    def floats(a: Array[float64], b: Array[float64]) -> float64:
        return dot(a, b, 0.5) + first(a)
    def ints(a: Array[int64], b: Array[int64], n: int64) -> int64:
        fill(b, first(a), n)
        return dot(a, b, 0)
    def vectors(a: Array[Vec], n: int64) -> Vec:
        fill(a, Vec(1.0, 2.0), n)
        return dot(a, a, first(a))
    def narrow(a: Array[int32], n: int64) -> int32:
        fill(a, 7, n)
        return first(a)
    def powers(x: float64, n: int64, k: int) -> tuple[float64, int, int64]:
        return power(x, n, 1.0), power(k, 5, 1), power(n, 3, 1)
    def swapped(x: float64, v: Vec, f: bool) -> tuple[Vec, float64, bool, tuple[float64, Vec]]:
        first_, second = pair(x, v)
        third, _ = pair(1, f)
        return first_, second, third, pair(v, x)
    def largest(x: float64, n: int64, k: int) -> tuple[float64, int64, int]:
        return larger(x, 2.5), larger(n, 3), larger(k, n)
"""
HEADERS = {
    "dot": ("def dot{0}(a: Array[T], b: Array[T], start: T) -> T:", "[T]"),
    "first": ("def first{0}(a: Array[T]) -> T:", "[T]"),
    "fill": ("def fill{0}(a: Array[T], value: T, count: int64) -> None:", "[T]"),
    "power": ("def power{0}(x: T, n: int64, one: T) -> T:", "[T]"),
    "pair": ("def pair{0}(a: T, b: U) -> tuple[U, T]:", "[T, U]"),
    "larger": ("def larger{0}(a: T, b: T) -> T:", "[T]"),
    "unused": ("def unused{0}(a: T) -> T:", "[T]"),
}
SOURCE = (
    '    from typing import TypeVar\n    T = TypeVar("T")\n    U = TypeVar("U")'
    + BODY.format(**{name: text.format("") for name, (text, _) in HEADERS.items()})
)  # fmt: skip
NEW_SOURCE = BODY.format(**{name: text.format(variables) for name, (text, variables) in HEADERS.items()})
CALLERS = ("floats", "ints", "vectors", "narrow", "powers", "swapped", "largest")

_NEW = pytest.param(NEW_SOURCE, marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695"), id="pep695")


@pytest.fixture(scope="module", params=[pytest.param(SOURCE, id="typevars"), _NEW])
def generic(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("generic"), request.param)


def specialised(both: Both) -> dict[str, set[str]]:
    return {item.name: set(item.specialised) for item in both.report.functions if item.specialised}


def test_what_is_native(generic: Both) -> None:
    assert {name for name in generic.native() if "." not in name} == {*HEADERS, *CALLERS} - {"unused"}
    assert specialised(generic) == {
        "dot": {"dot[float64]", "dot[int64]", "dot[Vec]"},
        "first": {"first[float64]", "first[int64]", "first[Vec]", "first[int32]"},
        "fill": {"fill[int64]", "fill[Vec]", "fill[int32]"},
        "power": {"power[float64]", "power[int]", "power[int64]"},
        "pair": {"pair[float64,Vec]", "pair[int,bool]", "pair[Vec,float64]"},
        "larger": {"larger[float64]", "larger[int64]", "larger[int]"},
    }


def arrays(*values: object, of: type = float64) -> Array:  # type: ignore[type-arg]
    return Array[of](values)  # type: ignore[valid-type]


def test_results(generic: Both) -> None:
    for x, y in itertools.product((0.0, 1.5, math.inf, math.nan, -0.0), repeat=2):
        both_ways(generic, "floats", lambda m, x=x, y=y: (arrays(x, y), arrays(y, x)))
        both_ways(generic, "swapped", lambda m, x=x, y=y: (x, m.Vec(x, y), x > y))
    for n in (0, 1, 3, -2):
        both_ways(generic, "ints", lambda m, n=n: (arrays(5, 6, 7, of=int64), arrays(1, 2, 3, of=int64), n))
        both_ways(generic, "vectors", lambda m, n=n: (Array[m.Vec]([m.Vec(3.0, 4.0)] * 3), n))
        both_ways(generic, "narrow", lambda m, n=n: (arrays(5, 6, 7, of=int32), n))
        both_ways(generic, "powers", lambda m, n=n: (1.5, abs(n), 3**50))
        both_ways(generic, "largest", lambda m, n=n: (float(n), n, 2**70))


def test_errors_pass_through_specialised_functions(generic: Both) -> None:
    both_ways(generic, "ints", lambda m: (arrays(5, of=int64), arrays(1, of=int64), 5))
    both_ways(generic, "vectors", lambda m: (Array[m.Vec]([]), 0))
    both_ways(generic, "floats", lambda m: (arrays(1.0, 2.0), arrays(1.0)))
    for module in (generic.interpreted, generic.compiled):
        with pytest.raises(IndexError) as caught:
            module.ints(a := arrays(5, of=int64), b := arrays(1, of=int64), 5)
        frame = caught.tb.tb_next.tb_next.tb_frame
        assert frame.f_code.co_name == "fill" and frame.f_code.co_filename == module.fill.__code__.co_filename
        assert frame.f_locals == {"a": b, "value": 5, "count": 5, "i": 1} and list(b) == [5] and list(a) == [5]


def test_what_python_callers_enter(generic: Both) -> None:
    entered = {item.name: set(item.entered) for item in generic.report.functions if item.specialised}
    assert entered == {
        "dot": {"dot[float64]", "dot[int64]", "dot[Vec]"},
        "first": {"first[float64]", "first[int64]", "first[Vec]", "first[int32]"},
        "fill": {"fill[int64]", "fill[Vec]", "fill[int32]"},
        "power": {"power[float64]", "power[int]"},
        "pair": {"pair[float64,Vec]", "pair[int,bool]", "pair[Vec,float64]"},
        "larger": {"larger[float64]", "larger[int]"},
    }
    for name in entered:
        assert is_compiled(getattr(generic.compiled, name))


def test_python_callers_enter_what_fits(generic: Both) -> None:
    calls = (
        ("power", lambda m: (1.5, 5, 1.0)), ("power", lambda m: (3, 5, 1)), ("power", lambda m: (3, 100, 1)),
        ("larger", lambda m: (1.5, 2.5)), ("larger", lambda m: (2**70, 3)), ("pair", lambda m: (2**70, False)),
        ("pair", lambda m: (m.Vec(1.0, 2.0), 2.5)), ("pair", lambda m: (-0.0, m.Vec(1.0, 2.0))),
        ("dot", lambda m: (arrays(1.0, 2.0), arrays(3.0, 4.0), 0.5)),
        ("dot", lambda m: (arrays(1, 2, of=int64), arrays(3, 4, of=int64), 5)),
        ("first", lambda m: (Array[m.Vec]([m.Vec(1.0, 2.0)]),)), ("first", lambda m: (arrays(7, of=int32),)),
    )  # fmt: skip
    runtime.reset_statistics()
    for name, arguments in calls:
        both_ways(generic, name, arguments)
    assert not [row for row in runtime.statistics() if row["module"] == generic.compiled.__name__]
    for name, arguments in (
        ("power", (True, 0, True)), ("larger", (2, 2.0)), ("larger", (True, 2)), ("pair", (1.0, 2.0)), ("pair", (1, 2)),
        ("dot", (arrays(1, of=int64), arrays(2, of=int32), 3)), ("dot", (arrays(1, of=int64), arrays(2, of=int64), 2**70)),
        ("dot", (arrays(1, of=int64), arrays(2, of=int64), 1.5)), ("first", (arrays(of=int64),)),
    ):  # fmt: skip
        both_ways(generic, name, lambda m, arguments=arguments: arguments)
    rows = [row for row in runtime.statistics() if row["module"] == generic.compiled.__name__]
    assert sum(row["count"] for row in rows) == 8 and {row["function"] for row in rows} == {
        "power",
        "larger",
        "pair",
        "dot",
    }


def test_tracebacks_from_python_callers(generic: Both) -> None:
    for module in (generic.interpreted, generic.compiled):
        with pytest.raises(IndexError) as caught:
            module.dot(a := arrays(1.0, 2.0), b := arrays(1.0), 0.5)
        assert caught.tb.tb_next.tb_next is None
        frame = caught.tb.tb_next.tb_frame
        assert frame.f_code is module.dot.__code__ and frame.f_locals == {
            "a": a,
            "b": b,
            "start": 0.5,
            "total": 1.5,
            "i": 1,
        }


def test_python_callers_get_the_function_as_it_is(generic: Both) -> None:
    for name, arguments in (
        ("power", (2**40, 5, 1)), ("power", ("a", 0, "one")), ("pair", ("a", [1])), ("larger", (2, 2.0)),
        ("first", ([None],)), ("first", ([],)), ("unused", (object,)), ("dot", ([1, 2.0], [3, 4], 0)), ("larger", (1j, 2)),
    ):  # fmt: skip
        both_ways(generic, name, lambda m, arguments=arguments: arguments)
    assert is_compiled(generic.compiled.powers)


def test_a_replaced_function_is_called_at_once(generic: Both) -> None:
    for module in (generic.interpreted, generic.compiled):
        a = arrays(1.0, 2.0)
        assert module.floats(a, a) == 6.5
        with mock.patch.object(module, "first", lambda a: 100.0):
            assert module.floats(a, a) == 105.5
        code = module.dot.__code__
        module.dot.__code__ = (lambda a, b, start: start).__code__
        assert module.floats(a, a) == 1.5
        module.dot.__code__ = code
        assert module.floats(a, a) == 6.5
        same = type(module.first)(module.first.__code__, module.__dict__)
        with mock.patch.object(module, "first", same):
            assert module.floats(a, a) == 6.5


LEAVING = """
    from typing import TypeVar
    from pyfreeze import float64, int64, Array
    T = TypeVar("T")
    def add_all(a: Array[T], values: Array[T], log: Array[int64], n: int) -> int:
        total = 0
        for i in range(len(values)):
            a[i] = values[i]
            log[0] += 1
            total = total * 2**40 + i
            last = n ** 2
        return total + last
    def outer(a: Array[float64], log: Array[int64], n: int) -> int:
        result = add_all(a, a, log, n)
        log[0] += 1000
        more = add_all(log, log, log, n)
        return result + more
"""


def test_leaving_in_the_middle(tmp_path: Path) -> None:
    both = build_both(tmp_path, LEAVING)
    assert both.native() >= {"outer"} and specialised(both) == {"add_all": {"add_all[float64]", "add_all[int64]"}}
    for n in (3, 2**40, 2**70):
        outcomes = []
        for module in (both.interpreted, both.compiled):
            a, log = arrays(1.0, 2.0, 3.0, 4.0), arrays(0, of=int64)
            outcomes.append((Outcome.of(module.outer, a, log, n), list(a), list(log)))
        assert outcomes[0] == outcomes[1]
        outcomes = []
        for module in (both.interpreted, both.compiled):
            a, log = arrays(1.0, 2.0, 3.0, 4.0), arrays(0, of=int64)
            outcomes.append(
                (Outcome.of(module.add_all, a, a, log, n), Outcome.of(module.add_all, log, log, log, n), list(log))
            )
        assert outcomes[0] == outcomes[1]


def test_what_cannot_be_specialised(both: Callable[[str], Both]) -> None:
    case = both(
        """
        from typing import TypeVar
        from pyfreeze import float64, int64, Array
        T = TypeVar("T")
        def grow(x: T, n: int64) -> int64:
            return 0 if n == 0 else grow((x, x), n - 1)
        def zero(x: T) -> T:
            return 0
        def empty() -> list[T]:
            return []
        def call_grow(x: float64, n: int64) -> int64:
            return grow(x, n)
        def call_zero(x: float64) -> float64:
            return zero(x)
        def good_zero(n: int64) -> int64:
            return zero(n)
        def call_empty() -> int64:
            return len(empty())
        def mixed(n: int64) -> float64:
            return same(n, 2.5)
        def same(a: T, b: T) -> T:
            return b
        """
    )
    assert case.native() == {"zero", "good_zero"}
    case.same("call_grow", 1.0, 3)
    case.same("call_zero", 1.0)
    case.same("good_zero", 4)
    case.same("call_empty")
    case.same("mixed", 1)


def test_unused(both: Callable[[str], Both]) -> None:
    case = both(
        """
        from typing import TypeVar
        T = TypeVar("T")
        def unused(a: T) -> T:
            return a
        """
    )
    (function,) = case.report.functions
    assert function.tier != "native" and "generic" in function.reasons[0].message
