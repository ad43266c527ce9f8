"""Small functions that become part of their callers, and strips that keep some checks: as interpreted, tracebacks too."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from unittest import mock

import pytest

from pyfreeze import Array, _runtime, float64, int32, int64
from tests.conftest import Both, build_both

SOURCE = '''
    import math
    from pyfreeze import Array, float64, frozen, int32, int64

    @frozen
    class Vec:
        x: float64
        y: float64

        def __sub__(self, other: "Vec") -> "Vec":
            return Vec(self.x - other.x, self.y - other.y)

        def __truediv__(self, k: float64) -> "Vec":
            a = self.x
            return Vec(a / k, self.y / k)

        def unit(self) -> "Vec":
            length = math.sqrt(self.x + self.y)
            return self / length

        def part(self, k: float64) -> float64:
            return self.unit().x + k

    def units(n: int64, x: float64, y: float64) -> float64:
        """Fails in the third call from outside."""
        v = Vec(x, y)
        total = 0.0
        for i in range(n):
            total += v.part(1.0)
            v = v - Vec(0.25, 0.25)
        return total

    def narrow(n: int64) -> int32:
        return n * 3

    def store(a: Array[int32], n: int64, step: int64) -> int64:
        """Leaves in an inlined function, after it has written."""
        s: int64 = 0
        for i in range(len(a)):
            k = n + i * step
            a[i] = narrow(k)
            s += i
        return s

    def shown(a: Array[float64], x: float64) -> float64:
        for i in range(len(a)):
            a[i] = Vec(x, a[i]).unit().y
        return a[0]

    def clipped(x: float64, low: float64) -> float64:
        if x < low:
            return low
        return x

    def clip(a: Array[float64], low: float64) -> float64:
        s = 0.0
        for v in a:
            s += clipped(v, low) / 2.0
        return s

    def pick(a: Array[int64], b: Array[float64]) -> float64:
        """A subscript from an array."""
        s = 0.0
        for i in range(len(a)):
            s += b[a[i]]
        return s

    def count(a: Array[int64], counts: Array[int64]) -> int64:
        done: int64 = 0
        for v in a:
            counts[v] += 1
            done += 1
        return done

    def sums(a: Array[int64], out: Array[int64]) -> int64:
        s: int64 = 0
        for i in range(len(a)):
            s += a[i]
            out[i] = s
        return s

    def quotients(a: Array[float64], b: Array[float64]) -> float64:
        s = 0.0
        for i in range(len(a)):
            b[i] = a[i] / b[i]
            s += b[i]
        return s

    def swapped(n: int64, x: float64, y: float64) -> float64:
        """A tuple and a frozen value that a loop changes."""
        pair = (Vec(x, y), n)
        for i in range(n):
            pair = (Vec(pair[0].y, pair[0].x - 1.0), pair[1] - i)
        return pair[0].x + pair[0].y * 2.0 + pair[1]

    def roots(x: float64) -> float64:
        return math.sqrt(x)
'''
EDGES = [0.0, -0.0, 1.0, -1.0, 0.3, 1e308, -1e-308, 5e-324, math.inf, -math.inf, math.nan]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder: Path = tmp_path_factory.mktemp("inlined")
    return build_both(folder, SOURCE)


def test_all_is_native(built: Both) -> None:
    assert {item.name for item in built.report.functions} == built.native()


def _locals(traceback: TracebackType | None) -> list[tuple[str, list[tuple[str, str]]]]:
    found = []
    while traceback is not None:
        frame = traceback.tb_frame
        found.append((frame.f_code.co_name, sorted((name, repr(value)) for name, value in frame.f_locals.items())))
        traceback = traceback.tb_next
    return found


@pytest.mark.parametrize("arguments", [(3, 2.0, 1.0), (9, 1.0, 1.0), (5, 1.0, 0.25), (2, -1.0, 0.0), (1, 0.0, 0.0)])
def test_tracebacks_show_every_call_with_its_locals(built: Both, arguments: tuple[int, float, float]) -> None:
    built.same("units", *arguments)
    found = []
    for module in (built.interpreted, built.compiled):
        try:
            module.units(*arguments)
        except (ValueError, ZeroDivisionError) as error:
            assert error.__traceback__ is not None
            found.append(_locals(error.__traceback__.tb_next))
    assert found[:1] == found[1:]


@pytest.mark.parametrize(("n", "step"), [(0, 1), (2**31 // 3 - 5, 1), (-(2**31) // 3, -1), (5, 2**30)])
def test_leaving_in_an_inlined_function_does_everything_once(built: Both, n: int, step: int) -> None:
    results = []
    for module in (built.interpreted, built.compiled):
        array = Array[int32].filled(20, 7)
        try:
            results.append((module.store(array, n, step), list(array)))
        except OverflowError as error:
            results.append((type(error), list(array)))
    assert results[0] == results[1]


def test_an_error_after_writing_keeps_what_was_written(built: Both) -> None:
    for values in ([3.0, 1.0, -4.0, 1.0], [1.0, 2.0], [-1.0]):
        results = []
        for module in (built.interpreted, built.compiled):
            array = Array[float64](values)
            try:
                results.append((module.shown(array, 1.0), list(array)))
            except (ValueError, ZeroDivisionError) as error:
                assert error.__traceback__ is not None
                results.append((str(error), list(array), str(_locals(error.__traceback__.tb_next))))
        assert results[0] == results[1]


def test_replacing_an_inlined_function_takes_effect(built: Both) -> None:
    array = Array[float64]([1.0, 5.0, 9.0])
    before = built.compiled.clip(array, 3.0)
    with mock.patch.object(built.compiled, "clipped", lambda x, low: 100.0):
        assert built.compiled.clip(array, 3.0) == 150.0
    with mock.patch.object(built.compiled.Vec, "unit", lambda self: self):
        assert built.compiled.units(1, 2.0, 7.0) == 3.0
    assert built.compiled.clip(array, 3.0) == before == built.interpreted.clip(array, 3.0)


LENGTH = 20_000  # more than two strips


@pytest.mark.parametrize("place", [None, 0, 1, 8191, 8192, 8193, LENGTH - 1])
@pytest.mark.parametrize("index", [-10, -1, 9, 10, -11, 2**62])
def test_subscripts_from_an_array(built: Both, place: int | None, index: int) -> None:
    chosen = [(i * 7) % 10 for i in range(LENGTH)]
    if place is not None:
        chosen[place] = index
    results = []
    for module in (built.interpreted, built.compiled):
        counts = Array[int64](range(10))
        weights = Array[float64]([0.1 * i for i in range(10)])
        found = [
            _result(module.pick, Array[int64](chosen), weights),
            _result(module.count, Array[int64](chosen), counts),
        ]
        results.append((found, list(counts)))
    assert results[0] == results[1]


def _result(function: Callable[..., object], *arguments: object) -> object:
    try:
        return function(*arguments)
    except IndexError as error:
        assert error.__traceback__ is not None and error.__traceback__.tb_next is not None
        return str(error), error.__traceback__.tb_next.tb_lineno


@pytest.mark.parametrize("short", [LENGTH, LENGTH - 1, 8192, 1, 0])
@pytest.mark.parametrize("large", [None, 0, 8191, 8192, LENGTH - 2])
def test_sums_that_are_stored(built: Both, short: int, large: int | None) -> None:
    values = [(i * 7919) & 1023 for i in range(LENGTH)]
    if large is not None:
        values[large] = 2**63 - 1 - sum(values[:large])
    expected = list(values)
    out = Array[int64].filled(short, -1)
    total, stored, error = 0, [-1] * short, ""
    for i, value in enumerate(expected):
        total += value
        if total >= 2**63:
            error = "OverflowError"
            break
        if i >= short:
            error = "IndexError"
            break
        stored[i] = total
    try:
        assert built.compiled.sums(Array[int64](values), out) == total and not error
    except (IndexError, OverflowError) as raised:
        assert type(raised).__name__ == error
    assert list(out) == stored


@pytest.mark.parametrize("zero", [None, 0, 8191, 8192, LENGTH - 1])
def test_divisions_in_strips(built: Both, zero: int | None) -> None:
    divisors = [1.0 + i % 7 for i in range(LENGTH)]
    if zero is not None:
        divisors[zero] = -0.0
    results = []
    for module in (built.interpreted, built.compiled):
        array = Array[float64](divisors)
        try:
            result: object = module.quotients(Array[float64](map(float, range(LENGTH))), array)
        except ZeroDivisionError as error:
            result = str(error)
        results.append((result, list(array)))
    assert results[0] == results[1]


def test_items_that_a_loop_changes(built: Both) -> None:
    for n in (0, 1, 7, 10_000):
        built.same("swapped", n, 1.5, -0.0)


@pytest.mark.parametrize("x", EDGES)
def test_roots(built: Both, x: float) -> None:
    built.same("roots", x)
    built.same("units", 2, x, x)


def test_nothing_falls_back(built: Both) -> None:
    _runtime.reset_statistics()
    built.same("units", 2, 2.0, 1.0)
    built.same("swapped", 9, 2.0, 1.0)
    assert not [row for row in _runtime.statistics() if row["module"] == built.compiled.__name__]


SWAPS = """
    from pyfreeze import Array, int64

    def bubble(a: Array[int64]) -> int:
        swaps = 0
        n = len(a)
        for i in range(n):
            for j in range(n - 1 - i):
                if a[j] > a[j + 1]:
                    a[j], a[j + 1] = a[j + 1], a[j]
                    swaps += 1
        return swaps

    def swap(a: Array[int64], i: int, j: int) -> None:
        a[i], a[j + 1] = a[j + 1], a[i]

    def moving(a: Array[int64], i: int64) -> int64:
        i, a[i] = a[i], 7
        return i
"""


def test_swapping_elements(tmp_path: Path) -> None:
    built = build_both(tmp_path, SWAPS)
    assert {"bubble", "swap"} <= built.native()
    for values in ([], [1], [3, 1, 2], [(i * 7919) & 63 for i in range(60)]):
        results = []
        for module in (built.interpreted, built.compiled):
            array = Array[int64](values)
            results.append((module.bubble(array), list(array)))
        assert results[0] == results[1]
    for i, j in ((0, 1), (-1, -4), (3, 0), (0, 2), (0, 2**70), (2**70, 0), (-3, 5), (1, -2)):
        results = []
        for module in (built.interpreted, built.compiled):
            array = Array[int64]([10, 20, 30])
            results.append((_result(module.swap, array, i, j), list(array)))
        assert results[0] == results[1]
    for i in range(-3, 3):
        results = []
        for module in (built.interpreted, built.compiled):
            array = Array[int64]([2, 0, 1])
            results.append((_result(module.moving, array, i), list(array)))
        assert results[0] == results[1]
