"""The language package uncompiled: conversions, annotations, and what type checkers say."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import pyfreeze
from pyfreeze import float32, float64, int8, int64, is_compiled, uint8, uint64

WIDTHS = [(name, bits, name.startswith("u")) for bits in (8, 16, 32, 64) for name in (f"int{bits}", f"uint{bits}")]


@pytest.mark.parametrize(("name", "bits", "unsigned"), WIDTHS)
def test_ranges(name: str, bits: int, unsigned: bool) -> None:
    type_ = getattr(pyfreeze, name)
    low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    assert type_(low) == low and type_(high) == high and type(type_(high)) is int
    for outside in (low - 1, high + 1):
        with pytest.raises(OverflowError, match=f"{outside} is out of range for {name}"):
            type_(outside)


def test_conversions() -> None:
    assert int64(True) == 1 and type(int64(True)) is int
    assert type(float64(3)) is float and float64(True) == 1.0
    assert float32(0.1) == 0.10000000149011612 and math.isnan(float32(math.nan)) and float32(-math.inf) == -math.inf
    for bad in (1.5, "1", None, [1]):
        with pytest.raises(TypeError):
            int64(bad)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        float64("1.5x" and object())  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        float64(10**400)
    with pytest.raises(OverflowError, match="out of range for float32"):
        float32(1e300)
    with pytest.raises(OverflowError, match="an integer of 301 bits is out of range for uint64"):
        uint64(2**300)


def test_as_annotations() -> None:
    @dataclasses.dataclass
    class Point:
        x: int64
        y: typing.Optional[float64] = None  # noqa: UP045

    assert typing.get_type_hints(Point)["x"] is int64
    assert Point(1).x == 1
    assert typing.get_origin(list[int64]) is list and int64 | None is not None
    assert isinstance(5, int64) and not isinstance(300, int8) and not isinstance("a", uint8)
    assert repr(int64) == "pyfreeze.int64"
    assert pickle.loads(pickle.dumps(int64)) is int64 and copy.deepcopy(float64) is float64
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Sub", (int64,), {})
    assert not is_compiled(test_conversions)


PROGRAM = """
from typing import Final
from pyfreeze import float32, float64, int8, int64, is_compiled, uint64

MASK: Final = 0xFF
COUNT: int64 = 5

def kernel(n: int64, scale: float64 = 1.0) -> float64:
    total: float64 = 0.0
    count: int64 = 0
    for i in range(n):
        total += i * scale
        count += i & MASK
    return total + float64(count) + float32(1.5)

def widths(a: int8, b: uint64) -> int64:
    values: list[int64] = [1, 2, 3]
    return a + int64(b) + values[0] + max(a, 0) + abs(a)

print(kernel(3), kernel(COUNT, 2), widths(1, 2), is_compiled(kernel))
"""


def _check(tmp_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "program.py").write_text(PROGRAM)
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_mypy_accepts_ordinary_code(tmp_path: Path) -> None:
    root = str(Path(pyfreeze.__file__).parents[1])
    script = f"import os, sys; os.environ['MYPYPATH'] = {root!r}; from mypy.main import main; main(args=['--strict', 'program.py'])"
    finished = _check(tmp_path, sys.executable, "-c", script)
    assert "Success: no issues found" in finished.stdout, finished.stdout + finished.stderr


def test_pyright_accepts_ordinary_code(tmp_path: Path) -> None:
    root = str(Path(pyfreeze.__file__).parents[1])
    (tmp_path / "pyrightconfig.json").write_text(f'{{"extraPaths": ["{root}"], "typeCheckingMode": "strict"}}')
    command = Path(sys.executable).parent / "basedpyright"
    finished = _check(tmp_path, str(command), "program.py")
    assert "0 errors, 0 warnings" in finished.stdout, finished.stdout + finished.stderr
