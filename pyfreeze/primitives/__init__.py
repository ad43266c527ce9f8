"""The primitives table: every typed operation of the IR, with its effects, meaning and fast path.

`TABLE` lists the rows by name. `find` also knows the family of `boxed` primitives, made on demand: a call of a
standard-library function on boxed scalars, named `boxed[module.function(operand types) -> result]`, where a type may be
`keyword=type`; `array.get[T]`, `reference.box[T]`, `method[…]` and their like (see `arrays`, `references`, `views`); `unchecked[row]`, the fast path of a row that can fail, for
where it is proven that it does not; and `leaving[row]`, which a handler answers for if the fast path does not apply.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from pyfreeze.ir.parser import parse_type, split_outside
from pyfreeze.ir.primitive import Deoptimize, Effects, Lowering, Primitive, PythonCallable, Scalar
from pyfreeze.ir.types import StructType, Type, ViewType, fits
from pyfreeze.primitives import (
    bools,
    fixed_ints,
    float_flags,
    floats,
    hashing,
    mathematics,
    plain_ints,
    ranges,
    references,
)
from pyfreeze.primitives.arrays import array_row, method_row
from pyfreeze.primitives.definition import resolve
from pyfreeze.primitives.objects import object_row
from pyfreeze.primitives.unboxed import unboxed_row
from pyfreeze.primitives.views import view_row

_FAMILIES = (fixed_ints, plain_ints, floats, float_flags, bools, mathematics, ranges, hashing, references)

TABLE: dict[str, Primitive] = {row.name: row for family in _FAMILIES for row in family.rows()}


def boxed(python: PythonCallable, operands: tuple[Type, ...], result: Type) -> Primitive:
    """The primitive that calls `python` on boxed `operands`; deoptimizes where the result is no `result`."""
    function = resolve(python)

    def evaluate(*values: Scalar) -> Scalar:
        value = function(*values)
        if not fits(value, result):
            raise Deoptimize
        return value  # type: ignore[return-value]

    labels = [""] * (len(operands) - len(python.keywords)) + [f"{name}=" for name in python.keywords]
    shown = ", ".join(f"{label}{type_}" for label, type_ in zip(labels, operands, strict=True))
    name = f"boxed[{python}({shown}) -> {result}]"
    effects = Effects(raises=("Exception",), deopts=True)
    return Primitive(name, operands, result, evaluate, Lowering(None, recovers=True), python, effects)


def unchecked(row: Primitive) -> Primitive:
    """`row` without its check: only for operands on which its fast path is proven to apply."""
    if not row.effects.fails:
        return row
    lowering = Lowering(checked=row)
    name = f"unchecked[{row.name}]"
    return Primitive(name, row.operands, row.result, row.evaluate, lowering, interval=row.interval, applies=row.applies)


def leaving(row: Primitive) -> Primitive:
    """`row`, but where its fast path does not apply it deoptimizes without asking Python: there is a handler for that."""

    def evaluate(*operands: Scalar) -> Scalar:
        try:
            return row.evaluate(*operands)
        except (ArithmeticError, ValueError):
            raise Deoptimize from None

    lowering = replace(row.lowering, recovers=False)
    name = f"leaving[{row.name}]"
    effects = Effects(deopts=True)
    return Primitive(name, row.operands, row.result, evaluate, lowering, None, effects, row.interval, row.applies)


def find(name: str, structs: Mapping[str, StructType] = MappingProxyType({})) -> Primitive:
    """The row called `name`, or that of a family which it describes. Raises KeyError, ParseError.

    `structs` are the module's frozen classes by name.
    """
    if name.startswith("object."):
        return object_row(name)
    if name.startswith("unboxed."):
        return unboxed_row(name)
    access = re.fullmatch(r"(array\.\w+)\[(.+)\]", name)
    if access is not None:
        return array_row(access[1], parse_type(access[2], structs))
    boxing = re.fullmatch(r"(reference\.\w+)\[(.+)\]", name)
    if boxing is not None:
        return references.reference_row(boxing[1], parse_type(boxing[2], structs))
    view = re.fullmatch(r"(view\.\w+)\[(.+)\]", name)
    if view is not None and isinstance(type_ := parse_type(view[2], structs), ViewType):
        return view_row(view[1], type_)
    if name.startswith("unchecked[") and name.endswith("]"):
        return unchecked(TABLE[name.removeprefix("unchecked[")[:-1]])
    if name.startswith("leaving[") and name.endswith("]"):
        return leaving(TABLE[name.removeprefix("leaving[")[:-1]])
    method = re.fullmatch(r"method\[(\w+)\((.*)\) -> (.+)\]", name)
    if method is not None:
        given = tuple(parse_type(type_, structs) for type_ in split_outside(method[2]))
        return method_row(method[1], given, parse_type(method[3], structs))
    described = re.fullmatch(r"boxed\[(\w+)\.(\w+)\((.*)\) -> (.+)\]", name)
    if described is None:
        return TABLE[name]
    pairs = [operand.rpartition("=") for operand in split_outside(described[3])]
    keywords = tuple(keyword for keyword, _, _ in pairs if keyword)
    operands = tuple(parse_type(type_, structs) for _, _, type_ in pairs)
    return boxed(PythonCallable(described[1], described[2], keywords), operands, parse_type(described[4], structs))


MATH_FUNCTIONS = frozenset(name for name in dir(math) if callable(getattr(math, name)) and not name.startswith("_"))
"""All functions of the running interpreter's `math`."""
