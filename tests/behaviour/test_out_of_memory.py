"""Allocations that fail, one after the other: MemoryError or the right outcome, never a crash."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.conftest import Both, build_both

SOURCE = """
    import math
    from pyfreeze import int64
    def grown(n: int) -> int:
        x = 1
        for i in range(1, n):
            x = x * i + (x >> 3) - 5
        return x
    def pair(n: int, x: float) -> tuple[int, tuple[float, int]]:
        return n * 3, (x, n * n)
    def inner(n: int) -> int:
        k = n * n
        return k // (n - n)
    def failing(n: int) -> int:
        t = (n * 10**18, 1.5)
        return inner(t[0]) + n
    def raising(n: int) -> int:
        raise ValueError("text", n * n)
    def real(x: float) -> float:
        return math.pow(x, 2.5) + math.exp(x)
    def checked(n: int) -> int:
        assert n < 0, n
        return n
    def factorial(n: int) -> int:
        return 1 if n < 1 else n * factorial(n - 1)
    def cube(n: int64) -> int64:
        return n * n * n
"""

OVER_OBJECTS = """
    class Point:
        def __init__(self, x, y=(0,)):
            self.x = x
            self.y = y
        def moved(self, by, *, times=1):
            return Point(self.x + by * times, [self.y])
        def __enter__(self):
            return [self.x]
        def __exit__(self, kind, value, trace):
            return kind is KeyError
    def takes(a, b=5, *rest, key=None, **others):
        return [a, b, rest, key, sorted(others)]
    def calls(n):
        return takes(n), takes(n, [n], n, key=[n]), takes(*[n, n], **{"key": n, "other": n})
    def wrong_call(n):
        return takes([n], a=[n])
    def methods(n):
        point = Point([n]).moved([n], times=n)
        point.fresh = [point.x]
        return point.fresh, point.y
    def caught(n):
        try:
            return [n, {}[n]]
        except KeyError as error:
            found = error.args
        finally:
            n = [n]
        return found, n
    def chained(n):
        try:
            return n / 0
        except ZeroDivisionError as error:
            raise ValueError([n]) from error
    def managed(n):
        with Point(n) as first, Point([n]) as [second]:
            raise KeyError(first, second)
        return [n]
    def unpacks(n):
        a, (b, *c), d = n, [n, n + 2**70, n], [n]
        return {a: b, "c": c}, {a, b}, (*c, *d), [x * 2 for x in c], {str(x): x for x in c}
    def unpacks_too_few(n):
        a, b, c = [n], [n]
        return a
    def closes_over(n):
        count = [n]
        def inner(step=[n]):
            nonlocal count
            count = count + step
            return count
        return inner(), inner([2.5]), [*map(lambda x: [x], count)]
    def matched(n):
        match {"key": [n, [n]], "more": n}:
            case {"key": [first, [*rest]], **others}:
                return first, rest, others
    def formats(n):
        text = f"{n:>5} {n!r}"
        text += "more"
        return text + "%s" % n, text.split(), text[1:]
    def recursive(n):
        return [*recursive(n - 1), n] if n else []
    def endless(n):
        return endless([n])
"""

SCRIPT = """
    import _testcapi
    import sys
    sys.path.insert(0, {folder!r})
    import {name} as m

    def outcome(function, arguments, failing=None):
        try:
            if failing is not None:
                _testcapi.set_nomemory(failing, failing + 1)
            return function(*arguments)
        except SystemError:
            return MemoryError  # CPython itself loses some of them, interpreted as well
        except (ArithmeticError, AssertionError, MemoryError, ValueError, TypeError, RecursionError) as error:
            return type(error)
        finally:
            _testcapi.remove_mem_hooks()

    for name, *arguments in {calls}:
        expected = outcome(getattr(m, name), arguments)
        for failing in range(1, 60):
            found = outcome(getattr(m, name), arguments, failing)
            assert found is MemoryError or found == expected, (name, failing, found)
    print("done")
"""


def no_crash(both: Both, calls: list[tuple[object, ...]]) -> None:
    script = textwrap.dedent(SCRIPT).format(folder=str(both.path.parent), name=both.path.stem, calls=calls)
    command = [sys.executable, "-c", script]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert finished.stdout == "done\n" and finished.returncode == 0, finished.stderr


def test_memory_errors(tmp_path: Path) -> None:
    pytest.importorskip("_testcapi")
    both = build_both(tmp_path, SOURCE)
    assert len(both.native()) == 9
    calls = [("grown", 60), ("pair", 2**70, 1.5), ("failing", 3), ("raising", 3), ("real", 2.5), ("real", 1000.0)]
    no_crash(both, [*calls, ("checked", 3), ("factorial", 40), ("cube", 2**40), ("factorial", 10**6)])


def test_memory_errors_in_functions_over_objects(tmp_path: Path) -> None:
    pytest.importorskip("_testcapi")
    both = build_both(tmp_path, OVER_OBJECTS)
    assert {item.tier for item in both.report.functions} == {"native-with-objects"}
    names = "calls methods caught managed unpacks closes_over matched formats recursive"
    failing = "wrong_call chained unpacks_too_few endless"
    no_crash(both, [(name, 7) for name in (*names.split(), *failing.split())])
