"""The primitives table: every typed operation of the IR, with its effects, meaning and fast path.

`TABLE` lists the rows by name. `find` also knows the family of `boxed` primitives, made on demand: a call of a
standard-library function on boxed scalars, named `boxed[module.function(operand types) -> result]`, where a type may be `keyword=type`.
"""

from __future__ import annotations

import math
import re

from pyfreeze.ir.parser import parse_type, split_outside
from pyfreeze.ir.primitive import Deoptimize, Effects, Lowering, Primitive, PythonCallable, Scalar
from pyfreeze.ir.types import BOOL, FLOAT64, INT, NONE, FixedInt, TupleType, Type
from pyfreeze.primitives import bools, fixed_ints, floats, mathematics, plain_ints, ranges
from pyfreeze.primitives.definition import resolve

_FAMILIES = (fixed_ints, plain_ints, floats, bools, mathematics, ranges)

TABLE: dict[str, Primitive] = {row.name: row for family in _FAMILIES for row in family.rows()}

_PYTHON_TYPES: dict[Type, type] = {FLOAT64: float, INT: int, BOOL: bool, NONE: type(None)}


def boxed(python: PythonCallable, operands: tuple[Type, ...], result: Type) -> Primitive:
    """The primitive that calls `python` on boxed `operands`; deoptimizes where the result is no `result`."""
    function = resolve(python)

    def evaluate(*values: Scalar) -> Scalar:
        value = function(*values)
        if not _fits(value, result):
            raise Deoptimize
        return value  # type: ignore[return-value]

    labels = [""] * (len(operands) - len(python.keywords)) + [f"{name}=" for name in python.keywords]
    shown = ", ".join(f"{label}{type_}" for label, type_ in zip(labels, operands, strict=True))
    name = f"boxed[{python}({shown}) -> {result}]"
    effects = Effects(raises=("Exception",), deopts=True)
    return Primitive(name, operands, result, evaluate, Lowering(None, recovers=True), python, effects)


def find(name: str) -> Primitive:
    """The row called `name`, or the boxed primitive that it describes. Raises KeyError, ParseError."""
    described = re.fullmatch(r"boxed\[(\w+)\.(\w+)\((.*)\) -> (.+)\]", name)
    if described is None:
        return TABLE[name]
    pairs = [operand.rpartition("=") for operand in split_outside(described[3])]
    keywords = tuple(keyword for keyword, _, _ in pairs if keyword)
    operands = tuple(parse_type(type_) for _, _, type_ in pairs)
    return boxed(PythonCallable(described[1], described[2], keywords), operands, parse_type(described[4]))


def _fits(value: object, type_: Type) -> bool:
    if isinstance(type_, TupleType):
        return type(value) is tuple and len(value) == len(type_.items) and all(map(_fits, value, type_.items))
    if isinstance(type_, FixedInt):
        return type(value) is int and type_.holds(value)
    return type(value) is _PYTHON_TYPES[type_]


MATH_FUNCTIONS = frozenset(name for name in dir(math) if callable(getattr(math, name)) and not name.startswith("_"))
"""All functions of the running interpreter's `math`."""
