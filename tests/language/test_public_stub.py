"""Type checkers accept ordinary programs that use pyfreeze, in their strict modes, and still find errors."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pyfreeze

GOOD = """
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, Generic, Protocol, TypeAlias, TypeVar

import pyfreeze
from pyfreeze import Array, float32, float64, frozen, int8, int32, int64, is_compiled, uint8, uint64

Index: TypeAlias = int64
LIMIT: Final[int64] = 10
count: int64 = 0


@dataclass(frozen=True)
class Point:
    x: float64
    y: float64
    tag: int32 = 0


def mix(a: int64, b: int, c: int32, x: float64, y: float) -> float64:
    a += 1
    total = a * 2 + b - c
    small: int8 = 3
    masked: uint8 = total & 0xFF
    return x * y + total / 2 + small + masked + float32(0.1)


def optional(n: int64 | None = None, pair: tuple[int64, float] = (1, 2.0)) -> Index:
    return pair[0] if n is None else n


def containers(numbers: list[int], more: list[int64], named: dict[str, int64]) -> int64:
    numbers, more = more, numbers
    for index in range(named["n"]):
        more.append(index)
    return sum(more) + max(more) + abs(min(numbers)) + more[named["i"]]


def functions(n: int64, x: float64) -> Sequence[float64]:
    quotient, rest = divmod(n, 3)
    return [math.sqrt(x), math.floor(x), round(x, 2), pow(x, 2), quotient, rest, int64(n), float64(n), uint64(1)]


T = TypeVar("T")


class Grid(Generic[T]):
    def __init__(self, cells: Array[T]) -> None:
        self.cells = cells

    def first(self, others: Array[T]) -> T:
        return self.cells[0] if self.cells[0] in others else others[-1]


def arrays(numbers: Array[float64], points: Array[Point]) -> float64:
    total: float64 = numbers[0] + sum(numbers[1:]) + max(numbers)
    for number in numbers:
        total += number
    counts = Array[int64](range(3))
    counts.append(2)
    counts += [3]
    counts.reserve(10)
    counts.sort()
    counts.sort(key=lambda count: -count, reverse=True)
    points.sort(key=lambda point: point.x)
    counts[1:2] = (4, 5)
    del counts[0]
    sequence: Sequence[int] = counts * 2 + 2 * counts[::-1]
    xs: list[float] = [point.x for point in reversed(points)]
    made = Array[Point].filled(3, Point(1, 2)).copy()
    shared = Array[float64].from_buffer(memoryview(bytearray(8)))
    empty: Array[float32] = Array[float32]()
    print(sequence, xs, made, bytes(shared), empty, Grid(counts).first(counts), counts == counts, counts < counts)
    return total + counts.pop() + counts.index(3) + counts.count(1)


def qualified(n: pyfreeze.int64) -> "pyfreeze.float64":
    return float(n)


class Shape(Protocol):
    def area(self) -> float64: ...


@frozen
class Circle(Shape):
    radius: float64
    names: list[str] = field(default_factory=list[str])
    unit: ClassVar[float64] = 1

    def __post_init__(self) -> None:
        if self.radius < 0:
            raise ValueError

    def __add__(self, other: Circle) -> Circle:
        return Circle(self.radius + other.radius)

    def area(self) -> float64:
        return math.pi * self.radius**2


@frozen(order=True)
class Pair(Generic[T]):
    first: T
    second: T
    weight: int64 = 1


def values(circle: Circle, pair: Pair[str]) -> float64:
    match circle:
        case Circle(radius=0):
            return 0
        case Circle(radius, names):
            print(names, pair.first.upper(), {circle: 1}, pair < Pair("a", "b", weight=2), replace(circle, radius=2))
            return (circle + Circle(radius)).area()


print(values(Circle(1), Pair("a", "b")))
print(mix(1, 2, 3, 4.0, 5), optional(), optional(3), containers([1], [2], {}), functions(1, 2), qualified(3))
print(Point(1, 2), is_compiled(mix), LIMIT, count, pyfreeze.__version__)
"""

BAD = """
from pyfreeze import Array, float64, frozen, int64


def f(n: int64, x: float64) -> int64:
    return n


f("one", 2.0)
f(1.5, 2.0)
text: str = f(1, 2.0)
f(1)
counts = Array[int64]([1])
counts.append("one")
text = counts[0]
counts.extend("ab")
counts = Array[int64].filled("one", 1)


@frozen
class Point:
    x: float64
    y: float64 = 0


point = Point(1)
point.x = 3
Point()
Point("a")
"""
BAD_LINES = [9, 10, 11, 12, 14, 15, 16, 17, 27, 28, 29]


@pytest.fixture(params=["mypy", "basedpyright"])
def lines(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], list[int]]:
    """A function: source → lines with errors, as the checker sees them in its strict mode."""
    check = _mypy if request.param == "mypy" else _basedpyright
    # What an installation puts there; checkers do not follow the hook of an editable one.
    (tmp_path / "pyfreeze").mkdir()
    for name in ("__init__.pyi", "py.typed"):
        shutil.copy(Path(pyfreeze.__file__).parent / name, tmp_path / "pyfreeze")
    return lambda source: check(tmp_path, source)


def _mypy(folder: Path, source: str) -> list[int]:
    (folder / "program.py").write_text(source)
    command = [sys.executable, "-m", "mypy", "--strict", "--output=json", "--config-file=", "program.py"]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert finished.returncode in (0, 1), finished.stdout + finished.stderr
    records = [json.loads(line) for line in finished.stdout.splitlines() if line]
    return [record["line"] for record in records if record["severity"] == "error"]


def _basedpyright(folder: Path, source: str) -> list[int]:
    found = Path(sys.executable).parent / "basedpyright"
    command = str(found) if found.exists() else shutil.which("basedpyright")
    if command is None:
        pytest.skip("basedpyright is not installed")
    (folder / "program.py").write_text(source)
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    arguments = [command, "--outputjson", "--pythonpath", sys.executable, "--project", str(folder)]
    finished = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    records = json.loads(finished.stdout)["generalDiagnostics"]
    return [record["range"]["start"]["line"] + 1 for record in records if record["severity"] == "error"]


def test_ordinary_programs_are_accepted(lines: Callable[[str], list[int]]) -> None:
    assert lines(GOOD) == []


def test_errors_are_found(lines: Callable[[str], list[int]]) -> None:
    assert lines(BAD) == BAD_LINES
