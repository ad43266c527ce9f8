"""Rows about objects that are only passed along: whether two are the same, and values as objects and back.

`reference.box[T]` makes the object of a value, `reference.unbox[T]` takes the value out of an object of exactly its class. In `evaluate` the
object of an optional is its value or None, and any other object is the value itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyfreeze.ir.primitive import Deoptimize, Effects, Lowering, Primitive, Scalar
from pyfreeze.ir.types import (
    BOOL,
    NONE,
    OBJECT,
    AggregateType,
    ArrayType,
    FixedInt,
    FloatType,
    IntType,
    OptionalType,
    StructType,
    TupleType,
    Type,
    fits,
)
from pyfreeze.primitives.definition import define


def rows() -> Iterator[Primitive]:
    yield define("reference.is", (OBJECT, OBJECT), BOOL, _is, body="%r = icmp eq ptr %a, %b\nret i1 %r")
    yield Primitive("reference.is_none", (OBJECT,), BOOL, _is_none, Lowering(object="is_none"))
    yield Primitive("reference.none", (), OBJECT, _none, Lowering(object="none"))


def reference_row(name: str, type_: Type) -> Primitive:
    """The row `name[type_]`. Raises KeyError."""
    return _ROWS[name](f"{name}[{type_}]", type_)


def box(type_: Type) -> Primitive:
    return reference_row("reference.box", type_)


def unbox(type_: Type) -> Primitive:
    return reference_row("reference.unbox", type_)


def _is(one: object, other: object) -> bool:
    return one is other


def _is_none(value: object) -> bool:
    return value is None


def _none() -> None:
    return None


def _box(name: str, type_: Type) -> Primitive:
    def evaluate(value: Scalar) -> Scalar:
        if not isinstance(type_, OptionalType):
            return value
        assert isinstance(value, tuple)
        return value[1] if value[0] else None

    effects = Effects(("MemoryError",))
    return Primitive(name, (type_,), OBJECT, evaluate, Lowering(object="box", sets_error=True), effects=effects)


def _unbox(name: str, type_: Type) -> Primitive:
    item = type_.item if isinstance(type_, OptionalType) else type_

    def evaluate(value: Scalar) -> Scalar:
        if isinstance(type_, OptionalType) and value is None:
            return (False, _zeros(item))
        if not fits(value, item):
            raise Deoptimize
        return (True, value) if isinstance(type_, OptionalType) else value

    lowering, effects = Lowering(object="unbox"), Effects(deopts=True)
    borrows = isinstance(item, StructType) and item.has_its_scalars
    return Primitive(name, (OBJECT,), type_, evaluate, lowering, effects=effects, borrows=borrows)


def _zeros(type_: Type) -> Scalar:
    match type_:
        case TupleType() | StructType() | OptionalType():
            return tuple(map(_zeros, type_.items))
        case FixedInt() | IntType():
            return 0
        case FloatType():
            return 0.0
        case _:
            return False if type_ == BOOL else None


_ROWS: dict[str, Callable[[str, Type], Primitive]] = {"reference.box": _box, "reference.unbox": _unbox}


def can_be_boxed(type_: Type) -> bool:
    """Whether there is `reference.box[type_]`."""
    if isinstance(type_, AggregateType):
        return all(map(can_be_boxed, type_.items))
    return isinstance(type_, FixedInt | FloatType | IntType | ArrayType) or type_ in (BOOL, NONE, OBJECT)
