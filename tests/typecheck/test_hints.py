"""Annotations of all spellings → hints."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy.nodes import AssignmentStmt, FuncDef
from mypy.types import CallableType

from pyfreeze.ir import types as ir
from pyfreeze.typecheck.checker import Face
from pyfreeze.typecheck.hints import Hint, class_name, hint, hint_of, item_type, scalar_name
from tests.typecheck.test_checker import check

pytestmark = pytest.mark.xdist_group("typecheck")
HEADER = """
from typing import Annotated, Final, Literal, NewType, Optional, Tuple, TypeAlias, Union
import pyfreeze
import pyfreeze as pf
from pyfreeze import int8, int64, uint16, float32, float64
from pyfreeze import int64 as i64
Index: TypeAlias = int64
Pair = tuple[Index, float]
class Own: ...
"""
PROMISE = Hint(ir.INT64, True)
CASES = {
    "int64": ("int64", PROMISE),
    "'int64'": ("int64", PROMISE),
    "i64": ("int64", PROMISE),
    "pf.int64": ("int64", PROMISE),
    "pyfreeze.uint16": ("uint16", Hint(ir.UINT16, True)),
    "Index": ("int64", PROMISE),
    "Annotated[Index, 'unit']": ("int64", PROMISE),
    "float64": ("float64", Hint(ir.FLOAT64, True)),
    "float32": ("float32", Hint(ir.FLOAT64, True)),
    "int": ("int", Hint(ir.INT)),
    "float": ("float", Hint(ir.FLOAT64)),
    "bool": ("bool", Hint(ir.BOOL)),
    "None": ("None", Hint(ir.NONE)),
    "Literal[3]": ("int", Hint(ir.INT)),
    "Literal[True]": ("bool", Hint(ir.BOOL)),
    "Optional[int64]": ("int64 | None", Hint(ir.INT64, True, True)),
    "None | float": ("None | float", Hint(ir.FLOAT64, False, True)),
    "Union[Index, None]": ("int64 | None", Hint(ir.INT64, True, True)),
    "Union[int8, uint16]": ("int8 | uint16", None),
    "Union[int64, int]": ("int64 | int", None),
    "int64 | Literal[3] | None": ("int64 | int | None", Hint(ir.INT64, True, True)),
    "int8 | Literal[300]": ("int8 | int", None),
    "Literal[1, 2]": ("int | int", Hint(ir.INT)),
    "float | Literal[0]": ("float | int", None),
    "Union[int, float]": ("int | float", None),
    "tuple[int64, float]": ("tuple[int64, float]", Hint(ir.TupleType((ir.INT64, ir.FLOAT64)), True)),
    "Tuple[int, bool]": ("tuple[int, bool]", Hint(ir.TupleType((ir.INT, ir.BOOL)))),
    "Pair": ("tuple[int64, float]", Hint(ir.TupleType((ir.INT64, ir.FLOAT64)), True)),
    "tuple[()]": ("tuple[()]", Hint(ir.TupleType(()))),
    "tuple[int | None, int]": ("tuple[int | None, int]", None),
    "tuple[int, ...]": (None, None),
    "list[int64]": (None, None),
    "str": (None, None),
    "Own": (None, None),
    "tuple[int, Own]": (None, None),
    "object": (None, None),
    "NoSuchName": (None, None),
}


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
def test_annotations(tmp_path: Path, future: str) -> None:
    lines = [f"def f{number}(x: {written}): ...\n" for number, written in enumerate(CASES)]
    module = check(tmp_path, future + HEADER + "".join(lines))
    assert module.tree is not None
    found = {}
    functions = [node for node in module.tree.defs if isinstance(node, FuncDef)]
    for written, function in zip(CASES, functions, strict=True):
        assert isinstance(function.type, CallableType)
        declared = function.type.arg_types[0]
        found[written] = scalar_name(declared), hint(declared)
    assert found == CASES


def test_constants(tmp_path: Path) -> None:
    text = (
        HEADER
        + "A: Final[int64] = 3\nB: Final = 5\nC: Final = int64(7)\nD: int64 = 1\nE = 2.5\nF: 'Final[Index]' = 1\n"
    )
    module = check(tmp_path, text)
    assert module.tree is not None
    found = {}
    for statement in module.tree.defs:
        if isinstance(statement, AssignmentStmt) and len(name := getattr(statement.lvalues[0], "name", "")) == 1:
            node = getattr(statement.lvalues[0], "node", None)
            found[name] = hint(node.type) if node is not None else None
    assert found == {
        "A": PROMISE,
        "B": Hint(ir.INT),
        "C": PROMISE,
        "D": PROMISE,
        "E": Hint(ir.FLOAT64),
        "F": PROMISE,
    }


def test_expressions_and_items(tmp_path: Path) -> None:
    module = check(tmp_path, HEADER + "def f(a: list[int64], n: int64, b: bool): a; n if b else 0; 'text'\n")
    assert module.tree is not None
    function = module.tree.defs[-1]
    assert isinstance(function, FuncDef)
    items, choice, text = (statement.expr for statement in function.body.body)  # type: ignore[attr-defined]
    assert hint_of(module, choice) == PROMISE and hint_of(module, text) is None
    assert class_name(module.types[items]) == "builtins.list"
    assert hint(item_type(module.types[items])) == PROMISE
    assert (hint(None), item_type(None), class_name(None), scalar_name(None)) == (None, None, None, None)


def test_the_public_face_has_no_promises(tmp_path: Path) -> None:
    module = check(tmp_path, HEADER + "def f(n: int64): n\n", face=Face.PUBLIC)
    assert module.tree is not None
    function = module.tree.defs[-1]
    assert isinstance(function, FuncDef) and isinstance(function.type, CallableType)
    assert hint(function.type.arg_types[0]) == Hint(ir.INT)
