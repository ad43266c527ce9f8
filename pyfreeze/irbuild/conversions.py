"""Conversions of operands: those that keep the value, and those that value annotations ask for (contract, rule 2)."""

from __future__ import annotations

from mypy.nodes import Context as Node

from pyfreeze.ir.types import (
    BOOL,
    FLOAT64,
    INT,
    NONE,
    OBJECT,
    TEXT,
    BoolType,
    FixedInt,
    FloatType,
    IntType,
    NoneKind,
    OptionalType,
    StructType,
    TupleType,
    Type,
    is_of_class,
)
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.operand import Operand, constant_operand
from pyfreeze.irbuild.optionals import is_set, item_of, none_of, used, wrap
from pyfreeze.irbuild.unsupported import Unsupported
from pyfreeze.primitives.references import box, can_be_boxed, unbox


def convert(
    context: FunctionContext, operand: Operand, type_: Type, node: Node, coerce: bool = False, called: bool = False
) -> Operand:
    """`operand` as a `type_`. A value that does not fit deoptimizes, or raises OverflowError if `coerce`.

    `called`: the conversion is a call in the program, such as `int64(x)`.

    Only conversions that keep the value; an int becomes a float only if `coerce` (a value annotation asks for it).
    """
    source = operand.type
    if source == type_:
        return operand
    if type_ == OBJECT:
        return as_object(context, operand, node)
    if isinstance(type_, OptionalType):
        return _to_optional(context, operand, type_, node, coerce)
    if isinstance(source, OptionalType):
        return convert(context, used(context, operand, node), type_, node, coerce, called)
    match source, type_:
        case IntType(), FixedInt() if operand.is_constant and type_.holds(int(operand.number)):
            return Operand(type_, context.builder.constant(type_, operand.number))
        case (FixedInt() | IntType(), FixedInt()):
            verb = "coerce" if called else "store"
            name = f"{type_}.{verb}_{source}" if coerce and not _always_fits(source, type_) else f"{source}.to_{type_}"
            return context.apply(name, [operand], node)
        case FixedInt(), IntType():
            return context.apply(f"{source}.to_int", [operand], node)
        case (FixedInt() | IntType() | BoolType(), FloatType()) if coerce:
            return to_float(context, operand, node)
        case (BoolType(), FixedInt()) if coerce:
            return context.apply(f"bool.to_{type_}", [operand], node)
        case TupleType(items=old), TupleType(items=new) if len(old) == len(new):
            pairs = zip(context.items(operand), new, strict=True)
            converted = [convert(context, item, wanted, node, coerce) for item, wanted in pairs]
            return Operand(type_, context.builder.make_tuple([context.materialize(item) for item in converted]))
        case StructType(), StructType() if is_of_class(source, type_):
            # The constructor of a generic class converts nothing: ints stay ints, of whatever width.
            fields = zip(context.items(operand), type_.items, strict=True)
            values = [context.materialize(convert(context, item, wanted, node)) for item, wanted in fields]
            return Operand(type_, context.builder.make_struct(type_, values))
        case _:
            raise Unsupported(
                "PF105",
                node,
                f"{type_name(source)} where {type_name(type_)} is expected",
                "write the conversion, such as float(x), or a literal of the right type, such as 0.0",
            )


def as_object(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """The object that `operand` is in Python."""
    known = context.object_of(operand)
    if known is not None:
        return Operand(OBJECT, known)
    if operand.type == NONE:
        return context.apply("reference.none", [], node)
    if operand.type == TEXT and isinstance(operand.constant, str):
        return Operand(OBJECT, context.builder.constant(OBJECT, operand.constant))
    if not can_be_boxed(operand.type):
        raise Unsupported("PF105", node, f"{type_name(operand.type)} as an object is not compiled yet")
    return context.apply_row(box(operand.type), [operand], node)


def from_object(context: FunctionContext, operand: Operand, type_: Type, node: Node) -> Operand:
    """The value in an object that ought to be a `type_`; where it is none, native code leaves."""
    made = context.apply_row(unbox(type_), [operand], node)
    context.note_object(made, context.materialize(operand))
    return made


def _to_optional(context: FunctionContext, operand: Operand, type_: OptionalType, node: Node, coerce: bool) -> Operand:
    """`T | None` from None, from a T, or from another optional, whose zeros for None keep being zeros."""
    if isinstance(operand.type, NoneKind):
        return none_of(context, type_)
    item = convert(context, item_of(context, operand), type_.item, node, coerce)
    if not isinstance(operand.type, OptionalType):
        return wrap(context, item)
    flag = context.materialize(is_set(context, operand))
    return Operand(type_, context.builder.make_optional(type_, flag, context.materialize(item)))


def _always_fits(source: Type, target: FixedInt) -> bool:
    return isinstance(source, FixedInt) and target.holds(source.minimum) and target.holds(source.maximum)


def to_float(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """As `float(x)` of a number: correctly rounded, OverflowError for a huge int."""
    if operand.type == FLOAT64:
        return operand
    if operand.is_constant and abs(int(operand.number)) < 1 << 1000:
        return constant_operand(float(operand.number))
    return context.apply(f"{operand.type}.to_float64", [operand], node)


def as_plain_int(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """A bool or int as a plain int of any size."""
    if operand.type == BOOL:
        if operand.is_constant:
            return constant_operand(int(bool(operand.constant)))
        return context.apply("bool.to_int", [operand], node)
    return convert(context, operand, INT, node)
