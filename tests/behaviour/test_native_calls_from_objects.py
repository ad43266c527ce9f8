"""Functions over objects that call native functions on numbers: directly, as long as nobody could tell."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Both, build_both

Build = Callable[[str], Both]

SOURCE = """
import signal
import sys

from pyfreeze import float64, int64

def weight(i: int64, j: int64) -> float64:
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)

def half(x: float) -> float:
    return x / 2

def root(n: int) -> int:
    x = n
    while x * x > n:
        x = (x + n // x) // 2
    return x

def power(n: int) -> int:
    return n ** 3

def even(n: int64) -> bool:
    return n % 2 == 0

def fib(n: int64) -> int64:
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def wait(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        total = (total + i * 7) % 1000003
    return total

def weights(u, out):
    for i in range(len(u)):
        s = 0.0
        for j in range(len(u)):
            s += weight(i, j) * u[j]
        out[i] = s
    return out

def roots(n):
    found = []
    for i in range(n):
        if even(i):
            found.append((root(i), power(i), fib(i % 10)))
    return found

def large(start, n):
    t = 0
    for i in range(n):
        t += power(start + i)
    return t

def halves(values):
    t = 0.0
    for value in values:
        t = t * 2 + half(value + 0.0 * t)
    return t

def halves_of_anything(values):
    found = []
    for value in values:
        s = value - value / 3
        found.append((half(value), s))
    return found

def failing(n, start):
    s = 0.0
    for i in range(n):
        s += weight(start + i, 0)
    return s

def caught(n, start):
    s = 0.0
    wrong = []
    for i in range(n):
        try:
            s += weight(start + i, 0)
        except ZeroDivisionError as error:
            wrong.append((i, str(error), error.__traceback__.tb_lineno, error.__traceback__.tb_next.tb_lineno))
        except OverflowError:
            wrong.append((i, "overflow"))
    return s, wrong

def replaced_on_the_way(n, replacement):
    global even
    before = even
    t = 0
    for i in range(n):
        if i == n // 2:
            even = replacement
        t = t * 3 % 1000 + even(i)
    even = before
    return t

def replaced_by_a_destructor(n, replacement):
    class Trap:
        def __del__(self):
            global even
            even = replacement

    global even
    before = even
    traps = [Trap() for _ in range(n)]
    t = 0
    for i in range(n):
        if i % 3 == 0:
            traps[i] = None
        t = t * 3 % 1000 + even(i)
    even = before
    return t

def interrupted(n, steps, handler):
    before = signal.signal(signal.SIGALRM, handler)
    t = 0
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        for i in range(n):
            t = t + wait(steps)
        return t
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

def deep(n, levels):
    t = 0
    for i in range(n):
        t += fib(levels)
    return t
"""


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("numbers"), SOURCE)


def test_results(numbers: Both) -> None:
    module = numbers
    module.same("weights", [1.0, 2.5, -3.0], [0.0] * 3)
    module.same("weights", [1, 2.5, True], [0.0] * 3)
    module.same("roots", 60)
    module.same("halves", [1.5, -2.0, 1e308, 0.0])
    module.same("halves", [1, 2, 3])  # annotated as floats, given ints
    module.same("halves_of_anything", [1, 2.5, True, 2**70])
    module.same("halves_of_anything", [1, 2.5, "a"])
    module.same("deep", 3, 12)


def test_ints_of_any_size(numbers: Both) -> None:
    module = numbers
    for start in (-5, 2**20, 2**21, 2**31, 2**61, 2**62 - 2, 2**63 - 3, 2**64, -(2**63)):
        module.same("large", start, 6)


def test_exceptions_and_what_their_tracebacks_show(numbers: Both) -> None:
    module = numbers
    module.same("failing", 10, -3)
    module.same("caught", 10, -3)

    def frames(function: Callable[[int, int], float]) -> list[tuple[str, int, dict[str, Any], str]]:
        try:
            function(10, -3)
        except ZeroDivisionError as error:
            entry, found = error.__traceback__, []
            while entry is not None:
                frame = entry.tb_frame
                caller = frame.f_back.f_code.co_name if frame.f_back is not None else ""
                if frame.f_code.co_filename == function.__code__.co_filename:
                    found.append((frame.f_code.co_name, entry.tb_lineno, dict(frame.f_locals), caller))
                entry = entry.tb_next
            return found
        raise AssertionError("it should fail")

    shown = frames(module.compiled.failing)
    assert shown == frames(module.interpreted.failing)
    assert [name for name, _, _, _ in shown] == ["failing", "weight"] and shown[1][3] == "failing"


def test_functions_replaced_meanwhile(numbers: Both) -> None:
    module = numbers
    for replacement in (lambda n: n, lambda n: True, abs, str.__len__):
        module.same("replaced_on_the_way", 20, replacement)
    module.same("replaced_by_a_destructor", 20, lambda n: n)


def test_a_function_of_the_same_code_with_other_globals(numbers: Both) -> None:
    module = numbers
    for each in (module.interpreted, module.compiled):
        other = types.FunctionType(each.fib.__code__, {"fib": lambda n: 100})
        assert each.replaced_on_the_way(4, other) == module.interpreted.replaced_on_the_way(4, other)
        each.deep.__globals__["fib"], before = other, each.fib
        assert each.deep(2, 5) == 400
        each.deep.__globals__["fib"] = before
        assert each.deep(2, 5) == 10


def test_what_the_callee_assumes_is_looked_at(both: Build) -> None:
    module = both(
        """
        from pyfreeze import int64
        FACTOR = 3
        def scaled(n: int64) -> int64:
            return n * FACTOR
        def total(n, change):
            t = 0
            for i in range(n):
                if i == 3:
                    change(globals())
                t += scaled(i)
            return t
        """
    )
    module.same("total", 8, lambda names: None)
    module.same("total", 8, lambda names: names.update(FACTOR=5))
    module.same("total", 8, lambda names: None)


def test_frames_are_right_when_a_signal_comes_in_the_callee(numbers: Both) -> None:
    module = numbers
    for each in (module.interpreted, module.compiled):
        seen = []

        def look(number: int, frame: types.FrameType | None, seen: list[tuple[int, int]] = seen) -> None:
            while frame is not None and frame.f_code.co_name != "interrupted":
                frame = frame.f_back
            if frame is not None and "i" in frame.f_locals:
                seen.append((frame.f_locals["i"], frame.f_locals["t"]))

        expected = each.wait(50_000)
        total = each.interrupted(400 if each is module.compiled else 20, 50_000, look)
        assert total % expected == 0
        assert seen and all(t in (i * expected, (i + 1) * expected) for i, t in seen)


def test_profilers_see_the_calls(numbers: Both) -> None:
    module, found = numbers, []
    for each in (module.interpreted, module.compiled):
        called: list[str] = []

        def note(frame: types.FrameType, event: str, argument: object, called: list[str] = called) -> None:
            if event == "call":
                called.append(frame.f_code.co_name)

        def start(n: int, note: Any = note) -> bool:
            sys.setprofile(note)
            return True

        try:
            each.replaced_on_the_way(6, start)
        finally:
            sys.setprofile(None)
        found.append(called)
    assert found[0] == found[1] and found[0].count("start") == 2


def test_recursion_ends_as_it_should(both: Build) -> None:
    module = both(
        """
        from pyfreeze import int64
        def down(n: int64) -> int64:
            return 0 if n == 0 else 1 + down(n - 1)
        def total(times, n):
            t = 0
            for i in range(times):
                t += down(n + i)
            return t
        """
    )
    module.same("total", 3, 400)
    module.same("total", 3, 100_000)


VECTORS = """
from pyfreeze import float64, frozen, int64

@frozen
class Vec:
    x: float64
    y: float64

    def __add__(self, other: "Vec") -> "Vec":
        return Vec(self.x + other.x, self.y + other.y)

    def __truediv__(self, by: float64) -> "Vec":
        return Vec(self.x / by, self.y / by)

    def __lt__(self, other: "Vec") -> bool:
        return self.x / self.y < other.x / other.y

    def length(self) -> float64:
        return (self.x * self.x + self.y * self.y) ** 0.5

    @property
    def slope(self) -> float64:
        return self.y / self.x

def inverse(x: float64) -> float64:
    return 1.0 / x

def nothing(x: float64) -> float64 | None:
    return x if x > 0.0 else None

def added(values, start):
    total = start
    for value in values:
        total = total + value
    return total, [value.length() for value in values], max(values, key=Vec.length)

def divided(values, by):
    return [value / by for value in values]

def mapped(function, values):
    return list(map(function, values)), sorted(values, key=function), [function(value) for value in values]

def ordered(values):
    return sorted(values), [value.slope for value in values]
"""


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("vectors"), VECTORS)


def test_functions_called_from_c(vectors: Both) -> None:
    module = vectors

    def values(module: Any) -> list[Any]:
        return [module.Vec(3.0, 4.0), module.Vec(-1.0, 2.5), module.Vec(0.5, 0.25)]

    for one, other in zip(*(values(each) for each in (module.interpreted, module.compiled)), strict=True):
        assert repr(one) == repr(other)
    for name, *rest in (
        ("divided", 2.0),
        ("divided", 0.0),
        ("divided", 3),
        ("divided", "a"),
        ("ordered",),
    ):
        found = []
        for each in (module.interpreted, module.compiled):
            found.append([])
            for _ in range(3):  # the first call goes through the interpreter
                try:
                    found[-1].append(repr(getattr(each, name)(values(each), *rest)))
                except Exception as error:
                    found[-1].append(_described(error))
        assert found[0] == found[1]
    for each in (module.interpreted, module.compiled):
        for _ in range(3):
            assert (
                repr(each.added(values(each), each.Vec(0.0, 1.0)))[:40]
                == repr(module.interpreted.added(values(module.interpreted), module.interpreted.Vec(0.0, 1.0)))[:40]
            )
    for function in ("inverse", "nothing"):
        for numbers in ([1.0, 4.0, 2.0], [1, 2.5], [2.0, 0.0], ["a", 1.0], [-1.0, 2.0]):
            for _ in range(2):
                found = []
                for each in (module.interpreted, module.compiled):
                    try:
                        found.append(repr(each.mapped(getattr(each, function), numbers)))
                    except Exception as error:
                        found.append(_described(error))
                assert found[0] == found[1]


def _described(error: BaseException) -> str:
    """With who called whom, below the test."""
    places, entry = [], error.__traceback__
    while entry is not None:
        back = entry.tb_frame.f_back
        places.append((entry.tb_frame.f_code.co_name, entry.tb_lineno, back.f_code.co_name if back else ""))
        entry = entry.tb_next
    return f"{type(error).__name__}: {error} {places[1:]}"


def test_a_twin_that_calls_its_own_function(both: Build) -> None:
    module = both(
        """
        from pyfreeze import float64, frozen
        @frozen
        class Box:
            x: float64
            def __add__(self, other: "Box") -> "Box":
                return Box(self.x + other.x / other.x)
        class Duck:
            def __init__(self, x):
                self.x = x
        def add(box, other):
            return box + other
        """
    )
    found = []
    for each in (module.interpreted, module.compiled):
        seen = []
        for _ in range(3):
            box, bad = each.Box(1.5), each.Box(0.0)
            for other in (box, bad, each.Duck(2), each.Duck(box), each.Duck(0), each.Duck("a")):
                try:
                    seen.append(repr(each.add(box, other)))
                except Exception as error:
                    seen.append(_described(error))

            class Nested:
                """`__truediv__` of its field adds boxes itself, and fails in that."""

                def __truediv__(self, other: object, box: Any = box, bad: Any = bad) -> Any:
                    return box + bad

            try:
                each.add(box, each.Duck(Nested()))
            except Exception as error:
                seen.append(_described(error))
        found.append(seen)
    assert found[0] == found[1]


def test_twins_are_counted_once(vectors: Both) -> None:
    from pyfreeze import _runtime

    module = vectors.compiled
    list(map(module.inverse, [1.0, 2.0]))
    before = sum(row["count"] for row in _runtime.statistics() if row["function"] == "inverse")
    for _ in range(3):
        list(map(module.inverse, [1, 2]))
    after = sum(row["count"] for row in _runtime.statistics() if row["function"] == "inverse")
    assert after - before == 6
