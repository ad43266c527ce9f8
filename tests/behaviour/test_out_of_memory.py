"""Allocations that fail, one after the other: MemoryError or the right outcome, never a crash."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.conftest import build_both

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
        except (ArithmeticError, AssertionError, MemoryError, ValueError, RecursionError) as error:
            return type(error)
        finally:
            _testcapi.remove_mem_hooks()

    calls = [("grown", 60), ("pair", 2**70, 1.5), ("failing", 3), ("raising", 3), ("real", 2.5), ("real", 1000.0)]
    calls += [("checked", 3), ("factorial", 40), ("cube", 2**40), ("factorial", 10**6)]
    for name, *arguments in calls:
        expected = outcome(getattr(m, name), arguments)
        for failing in range(1, 60):
            found = outcome(getattr(m, name), arguments, failing)
            assert found is MemoryError or found == expected, (name, failing, found)
    print("done")
"""


def test_memory_errors(tmp_path: Path) -> None:
    pytest.importorskip("_testcapi")
    both = build_both(tmp_path, SOURCE)
    assert len(both.native()) == 9
    script = textwrap.dedent(SCRIPT).format(folder=str(tmp_path), name=both.path.stem)
    command = [sys.executable, "-c", script]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert finished.stdout == "done\n" and finished.returncode == 0, finished.stderr
