"""A compiled module in a subinterpreter: native code stays the main interpreter's, and twins do what it would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source

SOURCE = """
def triangle(n: int) -> int:
    total = 0
    for k in range(n):
        try:
            total += k
        finally:
            total += 1
    return total

def square(x: float, /, *, plus: float = 0.5) -> float:
    return x * x + plus

def area(n: int) -> int:
    return triangle(n) * 2

def inverse(n: int) -> float:
    return 1 / n
"""
TELL = """
import sys
sys.path.insert(0, "")
import fast, traceback
import pyfreeze
shown = [fast.triangle(10), fast.square(1.5), fast.square(2, plus=1), fast.area(4)]
try:
    fast.inverse(0)
except ZeroDivisionError as error:
    shown.append([(entry.name, entry.lineno, entry.line) for entry in traceback.extract_tb(error.__traceback__)][1:])
shown.append(pyfreeze.is_compiled(fast))
with open(OUTPUT, "w") as file:
    file.write(repr((shown, pyfreeze.is_compiled(fast.square))))
"""
RUN = """
import sys
try:
    import _interpreters
    run = _interpreters.exec
except ImportError:
    import _xxsubinterpreters as _interpreters
    run = _interpreters.run_string

def inside(output):
    number = _interpreters.create()
    problem = run(number, f"OUTPUT = {output!r}" + TELL)
    assert problem is None, problem.formatted
    _interpreters.destroy(number)

def outside(output):
    exec(TELL, {"OUTPUT": output})

for which in ORDER:
    (inside if which.startswith("inside") else outside)(which)
"""


@pytest.mark.parametrize(
    "order", [["inside", "outside"], ["outside", "inside"], ["outside", "inside", "inside2", "outside2"]], ids=len
)
def test_twins_run_in_subinterpreters(tmp_path: Path, order: list[str]) -> None:
    (tmp_path / "fast.py").write_text(SOURCE)
    (result,) = driver.build([read_source(tmp_path / "fast.py")], None, Options(strict=True))
    assert result.extension is not None
    script = f"ORDER, TELL = {order!r}, {TELL!r}" + RUN
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert finished.returncode == 0, finished.stderr
    expected = [55, 2.75, 5, 20, [("inverse", 18, "return 1 / n")], True]
    for which in order:
        assert (tmp_path / which).read_text() == repr((expected, which.startswith("outside")))
