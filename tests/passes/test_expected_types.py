"""What mypy knows of objects reaches the second version of functions over objects."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Expected, LoadLocal, StoreLocal
from pyfreeze.ir.parser import parse_module
from pyfreeze.ir.printer import format_module
from pyfreeze.options import Options
from pyfreeze.primitives import find
from pyfreeze.sources import read_source

STAGES = ("ir", "ir-after-unbox-framed")


def lifted(folder: Path, source: str) -> tuple[Function, str]:
    """The function `f` as it was lifted, and the text of all of the module after the pass."""
    path = folder / "lifted.py"
    path.write_text(textwrap.dedent(source))
    (result,) = driver.build([read_source(path)], folder, Options(strict=True, dumps=frozenset(STAGES)))
    texts = dict(result.dumps)
    module = parse_module(texts["ir"], find)
    assert format_module(module) == texts["ir"]
    (function,) = (function for name, function in module.framed.items() if name.startswith("f:"))
    return function, texts["ir-after-unbox-framed"]


def expected_of(function: Function, operation: str) -> list[Expected | None]:
    return [
        item.expected
        for item in function.instructions()
        if isinstance(item, Apply) and item.primitive.name.startswith(f"object.{operation}")
    ]


def variables(function: Function) -> dict[int, set[Expected | None]]:
    found: dict[int, set[Expected | None]] = {}
    for item in function.instructions():
        if isinstance(item, LoadLocal | StoreLocal):
            found.setdefault(item.index, set()).add(item.expected)
    return found


def test_values_and_variables_have_what_mypy_says(tmp_path: Path) -> None:
    function, _ = lifted(
        tmp_path,
        """
        class Point:
            x: float

        def given(p: Point) -> bytearray:
            return bytearray(3)

        def f(p: Point, xs: list[int], d: dict[str, float], flag: bool, any, both: int | str, o: int | None) -> object:
            print(p.x, xs[0], d["a"], given(p))
            for i, x in enumerate(xs):
                y = x + i
                print(y, flag, any.x, both, o)
        """,
    )
    assert expected_of(function, "getattr") == [Expected.FLOAT, None]
    assert expected_of(function, "getitem") == [Expected.INT, Expected.FLOAT]
    assert expected_of(function, "call")[0] == Expected.BYTEARRAY
    assert expected_of(function, "add") == [Expected.INT]
    assert expected_of(function, "next") == expected_of(function, "iter") == [None]  # their place is that of the loop
    other, sequence, int_ = {Expected.OTHER}, {Expected.SEQUENCE}, {Expected.INT}
    kinds = [other, sequence, other, {Expected.BOOL}, {None}, {None}, {None}, int_, int_, int_]
    assert list(dict(sorted(variables(function).items())).values()) == kinds


@pytest.mark.parametrize(
    "annotation, expected",
    [
        ("float", Expected.FLOAT),
        ("float64", Expected.FLOAT),
        ("int64", Expected.INT),
        ("uint8", Expected.INT),
        ("Number", Expected.INT),
        ("Literal[1, 2]", Expected.INT),
        ("Small", Expected.OTHER),
        ("str | None", Expected.OTHER),
        ("tuple[int, int]", Expected.SEQUENCE),
        ("Sequence[int]", Expected.SEQUENCE),
        ("Pair", Expected.OTHER),
        ("complex", Expected.OTHER),
        ("type[int]", Expected.OTHER),
        ("object", None),
        ("SupportsIndex", None),
        ("T", None),
        ("float | int", None),
        ("bool | int", None),
        ("float | None", None),
        ("Any", None),
        ("Unknown", None),
    ],
)
def test_types(tmp_path: Path, annotation: str, expected: Expected | None) -> None:
    function, _ = lifted(
        tmp_path,
        f"""
        from collections.abc import Sequence
        from enum import IntEnum
        from typing import Any, Literal, NamedTuple, NewType, SupportsIndex, TypeVar
        from pyfreeze import float64, int64, uint8
        T = TypeVar("T")
        Number = NewType("Number", int)
        class Small(IntEnum):
            ONE = 1
        class Pair(NamedTuple):
            x: int
        def f(x: "{annotation}") -> None:
            print([x])
        """,
    )
    assert variables(function) == {0: {expected}}


def test_functions_without_annotations_expect_nothing(tmp_path: Path) -> None:
    function, _ = lifted(
        tmp_path,
        """
        def outer(n: int) -> object:
            def inner(xs):
                return [n + len(xs)]
            return inner

        def f(xs, y=1):
            def annotated(n: int) -> object:
                return [n]
            total = 0.5
            for x in xs:
                total += len(x) * y
            return [total, annotated]
        """,
    )
    assert not any(item.expected for item in function.instructions())


def test_what_stands_in_other_functions_has_its_own_annotations(tmp_path: Path) -> None:
    function, _ = lifted(
        tmp_path,
        """
        def f(n: int) -> object:
            def inner(xs):
                return len(xs)
            return [inner, n]
        """,
    )
    assert variables(function)[0] == {Expected.INT}


def rows(text: str) -> list[str]:
    return re.findall(r"unboxed\.\w+", text)


def test_the_copy_takes_what_is_expected_unboxed(tmp_path: Path) -> None:
    _, text = lifted(
        tmp_path,
        """
        def f(p, xs: list[float], n: float) -> object:
            t = xs[0]
            for i in range(len(xs)):
                t = t + xs[i] * n * xs[i]
            return [t]
        """,
    )
    assert "unboxed.float_at" in rows(text) and "float64.mul" in text


def test_items_of_what_is_no_sequence_are_not_expected_at_places(tmp_path: Path) -> None:
    source = """
        def f(xs: {type}, n: int) -> object:
            t = 0
            for i in range(n):
                t = t + xs[i] * 2 - xs[i]
            return [t]
        """
    _, text = lifted(tmp_path, source.format(type="list[int]"))
    assert "unboxed.int_at" in rows(text)
    _, text = lifted(tmp_path, source.format(type="dict[int, int]"))
    assert "unboxed.int_at" not in rows(text) and "unboxed.as_int64" in rows(text)


def test_each_operand_is_guessed_by_its_own_type(tmp_path: Path) -> None:
    """An int that is multiplied with a float is still an int."""
    _, text = lifted(
        tmp_path,
        """
        def f(xs: list[int], by: float) -> object:
            t = 0.5
            for x in xs:
                t = t + x * by
            return [t]
        """,
    )
    assert "unboxed.as_int64" in rows(text) and "int64.to_float64" in text


def test_each_way_into_the_copy_asks_whether_it_is_worthwhile(tmp_path: Path) -> None:
    _, text = lifted(
        tmp_path,
        """
        def f(rows: list[list[float]]) -> object:
            t = 0.5
            for row in rows:
                for x in row:
                    if x < 0.5:
                        continue
                    t = t + x * x - x
            return [t]
        """,
    )
    assert sorted(re.findall(r"worth_entering\[\d\]", text)) == [f"worth_entering[{number}]" for number in range(3)]
    assert text.count("unboxed.left ") == len(re.findall(r"^\^leave_", text, re.MULTILINE)) > 3
    assert text.count("unboxed.finished ") == 1


def test_truths_are_counted_without_objects(tmp_path: Path) -> None:
    _, text = lifted(
        tmp_path,
        """
        def f(flags: list[bool], n: int) -> object:
            for flag in flags:
                n = n + flag * 2
                n = n - (n > 5)
            return [n]
        """,
    )
    assert text.count("bool.to_int64") == 2 and rows(text).count("unboxed.as_bool") == 1


def test_other_modules_that_mypy_reads_meanwhile_have_no_part(tmp_path: Path) -> None:
    source = "{}\ndef f(x: {}, xs: list[{}]) -> object:\n    y = xs[0]\n    return [x, y]\n"
    (tmp_path / "neighbour.py").write_text(source.format("import lifted", "str", "str"))
    function, _ = lifted(tmp_path, source.format("import neighbour", "float", "int"))
    assert variables(function) == {0: {Expected.FLOAT}, 1: {Expected.SEQUENCE}, 2: {Expected.INT}}
    assert expected_of(function, "getitem") == [Expected.INT]


def test_in_place_operators_have_the_type_of_their_target(tmp_path: Path) -> None:
    function, _ = lifted(
        tmp_path,
        """
        def f(xs: list[float], n: int) -> object:
            xs[n] += n
            n //= 2
            return [xs, n]
        """,
    )
    assert expected_of(function, "iadd") == [Expected.FLOAT]
    assert expected_of(function, "ifloordiv") == [Expected.INT]
