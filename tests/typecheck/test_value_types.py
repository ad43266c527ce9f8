"""The nominal face: what types expressions of value types get, and which errors are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy.nodes import AssignmentStmt, FuncDef, NameExpr
from mypy.types import Type

from pyfreeze.typecheck.checker import Face
from tests.typecheck.test_checker import check

pytestmark = pytest.mark.xdist_group("typecheck")
HEADER = """
from __future__ import annotations
import math
from typing import Literal
import pyfreeze as pf
from pyfreeze import int8, int16, int32, int64, uint8, uint32, uint64, float32, float64

def f(
    n: int64, i: int, c: int32, b: int8, u: uint64, v: uint32, x: float64, s: float32, y: float,
    flag: bool, items: list[int64], floats: list[float64], pair: tuple[int64, pf.float64], maybe: int64 | None,
) -> None:
"""

EXPRESSIONS = """
n + 1 | int64
1 + n | int64
i * n | int64
n - i | int64
n + c | int64
c + n | int64
b * v | uint32
c + v | int32
n + u | int64
u + n | int64
flag + n | int64
n // 2 | int64
7 % n | int64
n / 2 | float
2 / n | float
n ** 2 | int64
-n | int64
~b | int8
n << 1 | int64
1 << n | int64
n & 0xFF | int64
0xFF ^ u | uint64
n < 1 | bool
1 <= n | bool
n == y | bool
n < y | bool
n * 2.0 | float
2.0 * n | float
n * x | float64
x * n | float64
y * x | float64
x - y | float64
i * x | float64
x / 2 | float64
s * s | float64
-s | float32
x < n | bool
abs(n) | int64
abs(x) | float64
min(n, 3) | int64
max(i, n) | int64
max(x, 1.0) | float64
round(n) | int64
round(x) | int
round(x, 2) | float64
divmod(n, 3) | tuple[int64, int64]
divmod(7, c) | tuple[int32, int32]
divmod(x, 2) | tuple[float64, float64]
pow(n, 2) | int64
pow(2, n, 7) | int64
sum(items) | int64
sum(floats) | float64
math.sqrt(n) | float
math.sin(x) | float
math.floor(x) | int
math.gcd(n, 4) | int
[k * 2 for k in range(n)] | list[int64]
[k for k in range(3)] | list[int]
[k for k in range(0, c, 2)] | list[int32]
pair[0] | int64
pair[1] | float64
items[n] | int64
items[n:] | list[int64]
"abc"[n] * n | str
int64(3) | int64
float32(1) | float32
n.bit_length() | int
int(n) | int
float(n) | float
[0] * n | list[int]
"""
CASES = [tuple(line.rsplit(" | ", 1)) for line in EXPRESSIONS.strip().splitlines()]


def shown(type_: Type) -> str:
    return str(type_).replace("pyfreeze.", "").replace("builtins.", "")


def test_expressions(tmp_path: Path) -> None:
    lines = [f"    v{number} = {expression}" for number, (expression, _) in enumerate(CASES)]
    module = check(tmp_path, HEADER + "\n".join(lines))
    assert module.tree is not None and module.errors == ()
    (function,) = (node for node in module.tree.defs if isinstance(node, FuncDef))
    found = []
    for (expression, _), statement in zip(CASES, function.body.body, strict=True):
        assert isinstance(statement, AssignmentStmt)
        found.append((expression, shown(module.types[statement.rvalue])))
    assert found == CASES


def test_loop_variables(tmp_path: Path) -> None:
    module = check(tmp_path, HEADER + "    for k in range(1, n + 1):\n        k\n    for m in range(9):\n        m\n")
    found = {node.name: shown(type_) for node, type_ in module.types.items() if isinstance(node, NameExpr)}
    assert (found["k"], found["m"]) == ("int64", "int")


ACCEPTED = """
    k: int64 = 0
    k += i
    k = c
    c = k
    b = n & 127
    x = n
    y = s
    items = [1, 2, n]
    plain: list[int] = items
    reals: list[float] = floats
    widths: list[int32] = items
    names: dict[int, str] = {n: "n"}
    names[n] = names[i]
    if isinstance(i, int64):
        i += 1
    if isinstance(n, int):
        n += 1
    else:
        n -= 1
    total = 0
    for item in items:
        total += item
    w: Literal[3] = 3
    n = w
    print(f"{n:5d} {x:.2f}", n.to_bytes(8, "little"), n.real, hash(n), bool(n), "a" * n, slice(n), n in plain)
"""


def test_ordinary_programs_have_no_errors(tmp_path: Path) -> None:
    module = check(tmp_path, HEADER + ACCEPTED)
    assert module.errors == ()


def test_errors_are_those_of_the_public_stub(tmp_path: Path) -> None:
    text = HEADER + "    b = n\n    n = 'text'\n    items.append(None)\n    return n\n"
    nominal, public = (check(tmp_path, text, face=face).errors for face in (Face.NOMINAL, Face.PUBLIC))
    assert [error.line for error in nominal] == [13, 14, 15]
    assert nominal == public and '"int"' in nominal[0].message


def test_conversions_that_raise_are_shown(tmp_path: Path) -> None:
    module = check(tmp_path, "from pyfreeze import int64, float64\nint64('3')\nint64(3.0)\nfloat64('1')\nint64(True)\n")
    assert [error.line for error in module.errors] == [2, 3, 4]


def test_value_types_cross_modules_and_caches(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text("from pyfreeze import int64\ndef size() -> int64:\n    return 1\n")
    for _ in range(2):
        module = check(tmp_path, "from library import size\nx = size() + 1\n")
        assert module.tree is not None and module.errors == ()
        statement = module.tree.defs[1]
        assert isinstance(statement, AssignmentStmt) and shown(module.types[statement.rvalue]) == "int64"
