"""Functions over objects that call native functions on numbers: directly, as long as nobody could tell."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from tests.conftest import Both

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


def test_results(both: Build) -> None:
    module = both(SOURCE)
    module.same("weights", [1.0, 2.5, -3.0], [0.0] * 3)
    module.same("weights", [1, 2.5, True], [0.0] * 3)
    module.same("roots", 60)
    module.same("halves", [1.5, -2.0, 1e308, 0.0])
    module.same("halves", [1, 2, 3])  # annotated as floats, given ints
    module.same("halves_of_anything", [1, 2.5, True, 2**70])
    module.same("halves_of_anything", [1, 2.5, "a"])
    module.same("deep", 3, 12)


def test_ints_of_any_size(both: Build) -> None:
    module = both(SOURCE)
    for start in (-5, 2**20, 2**21, 2**31, 2**61, 2**62 - 2, 2**63 - 3, 2**64, -(2**63)):
        module.same("large", start, 6)


def test_exceptions_and_what_their_tracebacks_show(both: Build) -> None:
    module = both(SOURCE)
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


def test_functions_replaced_meanwhile(both: Build) -> None:
    module = both(SOURCE)
    for replacement in (lambda n: n, lambda n: True, abs, str.__len__):
        module.same("replaced_on_the_way", 20, replacement)
    module.same("replaced_by_a_destructor", 20, lambda n: n)


def test_a_function_of_the_same_code_with_other_globals(both: Build) -> None:
    module = both(SOURCE)
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


def test_frames_are_right_when_a_signal_comes_in_the_callee(both: Build) -> None:
    module = both(SOURCE)
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
        assert seen and all(t == i * expected for i, t in seen)


def test_profilers_see_the_calls(both: Build) -> None:
    module, found = both(SOURCE), []
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
