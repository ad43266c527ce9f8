"""Code that goes on in the middle, with a Python callable in place of what the runtime answers."""

from __future__ import annotations

import dis
import inspect
import itertools
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

import pytest

from pyfreeze.codegen.bytecode import loop_point, read_unchecked, returned_point, start_point, statement_point
from pyfreeze.codegen.trampoline import NEXT_MARK, POINT_MARK, Point, offset_of, trampolined

TWIN = object()


def place(function: FunctionType, text: str, last: str = "") -> tuple[int, int, int, int]:
    """Where `text`, which stands there once, is, or what starts with it and ends with `last`."""
    lines = inspect.getsource(function).splitlines()
    (row,) = [number for number, line in enumerate(lines) if text in line]
    (end,) = [number for number, line in enumerate(lines) if (last or text) in line]
    first = function.__code__.co_firstlineno
    column = lines[row].index(text)
    return first + row, column, first + end, lines[end].index(last or text) + len(last or text)


class Leaving:
    """What stands in for native code."""

    def __neg__(self) -> object:
        return TWIN


def going_on(
    function: FunctionType, points: list[Point], steps: Callable[[tuple[object, ...]], Iterator[object]]
) -> Any:
    """`function` as it is once native code was left; `steps` gives, from the points, what is answered."""
    code = trampolined(function.__code__, 0, points)
    native = len(function.__code__.co_consts)
    assert code.co_consts[native + 2] == (NEXT_MARK, native + 3)
    marks = code.co_consts[native + 3 :]
    assert marks == tuple((POINT_MARK, number) for number in range(len(points)))
    answers = steps(marks)
    consts = (*code.co_consts[:native], Leaving(), TWIN, lambda: next(answers), *marks)
    return FunctionType(code.replace(co_consts=consts), function.__globals__)


def loops(n, seen):
    total = 1
    for i in range(n):
        seen.append(("outer", i))
        for j in range(i):
            seen.append((i, j))
            if j == 1:
                continue
            total += j
        else:
            seen.append("else")
        while total < 9:
            total += 4
    return total


same_line: Any = {}
exec("def same_line(n, seen):\n    for i in range(n): seen.append(i); s = i; t = s; seen.append(t)\n", same_line)


def calls(n, seen):
    for i in range(n):
        r = abs(i)
        seen.append(r)
        str(i)
        seen.append(2)
        s = abs(i + 10) + 1
        seen.append(s)
    return max(n, 3)


def points_of(function: FunctionType) -> dict[str, Point]:
    code = function.__code__
    where = {
        "start": start_point(code),
        "outer": loop_point(code, place(function, "for i in range(n):", "total += 4"), 1),
        "inner": loop_point(code, place(function, "for j in range(i):", 'seen.append("else")'), 2),
        "note": statement_point(code, place(function, 'seen.append(("outer", i))'), 1),
        "pair": statement_point(code, place(function, "seen.append((i, j))"), 2),
        "if": statement_point(code, place(function, "if j == 1:", "continue"), 2),
        "while": statement_point(code, place(function, "while total < 9:", "total += 4"), 1),
        "return": statement_point(code, place(function, "return total"), 0),
    }
    return {name: point for name, point in where.items() if point is not None}


def test_every_point_is_the_start_of_what_it_names() -> None:
    points = points_of(loops)
    assert len(points) == 8
    instructions = {item.offset: item for item in dis.get_instructions(loops.__code__)}
    assert instructions[points["outer"].offset].opname == instructions[points["inner"].offset].opname == "FOR_ITER"
    assert [instructions[points[name].offset].argval for name in ("note", "if", "while")] == ["seen", "j", "total"]
    assert instructions[points["return"].offset].argval == "total"
    assert statement_point(loops.__code__, place(loops, "seen.append((i, j))"), 1) is None


@pytest.mark.skipif(sys.version_info < (3, 12), reason="all reads are checked")
def test_what_is_read_without_a_test() -> None:
    points = points_of(loops)
    found = {name: read_unchecked(loops.__code__, point) for name, point in points.items()}
    assert found["start"] == {"n", "seen"} and found["return"] == {"total"}
    assert found["outer"] == {"seen", "total"} and found["if"] == {"seen", "total", "i", "j"}


def test_without_a_point_it_starts() -> None:
    points = list(points_of(loops).values())
    copy = going_on(loops, points, lambda _: itertools.repeat(None))
    for n in (0, 1, 4) * 30:
        expected, seen = [], []  # type: ignore[var-annotated]
        assert copy(n, seen) == loops(n, expected) and seen == expected


def test_statements_of_one_line() -> None:
    """From 3.13 one instruction may end one and start the next."""
    code = same_line["same_line"].__code__
    line = "    for i in range(n): seen.append(i); s = i; t = s; seen.append(t)"
    points = []
    for text in ("seen.append(i)", "s = i", "t = s", "seen.append(t)"):
        column = line.index(text)
        points.append(statement_point(code, (2, column, 2, column + len(text)), 1))
    assert None not in points
    joined = [point.first[0] for point in points if point is not None and point.first is not None]
    assert joined == (["LOAD_FAST_CHECK"] * len(joined) if sys.version_info >= (3, 13) else [])


def test_after_calls() -> None:
    code = calls.__code__
    inside = [returned_point(code, place(calls, text), 2) for text in ("abs(i)", "str(i)", "abs(i + 10)")]
    last = returned_point(code, place(calls, "max(n, 3)"), 1)
    assert None not in inside and last is not None
    assert returned_point(code, place(calls, "abs(i)"), 1) is None
    points = [point for point in (*inside, last) if point is not None]
    seen: list[object] = []
    copy = going_on(calls, points, lambda marks: iter([marks[2], iter(range(0)), 100]))
    assert copy(1, seen) == 3 and seen == [101]
    copy = going_on(calls, points, lambda marks: iter([marks[3], "text"]))
    assert copy(1, []) == "text"


def test_positions_are_found_behind_the_dispatch() -> None:
    code = trampolined(loops.__code__, 0, list(points_of(loops).values()))
    where = place(loops, "total += 4")
    offset = offset_of(code, *where)
    assert dis.opname[code.co_code[offset]].startswith(("BINARY_OP", "STORE_FAST"))
    nowhere = offset_of(code, 10**6, 0, 10**6, 1)
    original = [item for item in dis.get_instructions(loops) if item.opname != "RESUME"]
    assert dis.opname[code.co_code[nowhere]] == original[0].opname
    assert len(list(code.co_positions())) == len(code.co_code) // 2


def test_many_points_and_long_code() -> None:
    lines = "".join(f"    x = n + {number}.5\n    seen.append(x)\n" for number in range(400))
    scope: dict[str, Any] = {}
    exec(f"def crowded(n, seen):\n    for i in range(2):\n        y = i\n{lines}    return x\n", scope)
    function = scope["crowded"]
    code: CodeType = function.__code__
    points = [
        statement_point(code, (4 + 2 * row, 4, 4 + 2 * row, len(f"    x = n + {row}.5")), 0) for row in range(400)
    ]
    found = [point for point in points if point is not None]
    assert len(found) == 400
    for number in (0, 1, 250, 399):
        seen: list[object] = []
        copy = going_on(function, found, lambda marks, n=number: iter([marks[n]]))
        assert copy(0, seen) == 399.5 and seen == [row + 0.5 for row in range(number, 400)]
