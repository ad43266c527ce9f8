"""Values while building: an IR value, or a constant that takes its type from what it meets."""

from __future__ import annotations

from dataclasses import dataclass

from pyfreeze.ir.function import ConstantValue
from pyfreeze.ir.instructions import Value
from pyfreeze.ir.types import (
    BOOL,
    FLOAT64,
    INT,
    NONE,
    OBJECT,
    TEXT,
    BoolType,
    FixedInt,
    IntType,
    OptionalType,
    StructType,
    TupleType,
    Type,
    is_of_class,
)
from pyfreeze.primitives.references import can_be_boxed


@dataclass(frozen=True, slots=True)
class Operand:
    """`value` is None exactly if this is a constant, whose `constant` counts then."""

    type: Type
    value: Value | None = None
    constant: ConstantValue = None

    @property
    def is_constant(self) -> bool:
        return self.value is None

    @property
    def number(self) -> int | float:
        """The constant of a numeric type."""
        assert isinstance(self.constant, int | float)
        return self.constant

    @property
    def is_weak(self) -> bool:
        """A plain int known at compile time: adapts to any int type that holds it."""
        return self.is_constant and isinstance(self.type, IntType)


def constant_operand(constant: ConstantValue) -> Operand:
    match constant:
        case bool():
            return Operand(BOOL, None, constant)
        case int():
            return Operand(INT, None, constant)
        case float():
            return Operand(FLOAT64, None, constant)
        case str():
            return Operand(TEXT, None, constant)
        case None:
            return Operand(NONE, None, None)
        case tuple():
            return Operand(TupleType(tuple(constant_operand(item).type for item in constant)), None, constant)


@dataclass(frozen=True, slots=True)
class Weak:
    """Type of a variable that so far was assigned int constants only."""


WEAK = Weak()

VariableType = Type | Weak


def variable_type(operand: Operand) -> VariableType:
    return WEAK if operand.is_weak else operand.type


def settled(type_: VariableType) -> Type:
    return INT if isinstance(type_, Weak) else type_


def join(first: VariableType, second: VariableType) -> VariableType | None:
    """The type of a variable that is assigned both; None if no one representation keeps both exact."""
    if first == second:
        return first
    if OBJECT in (first, second):
        return OBJECT if can_be_boxed(settled(second if first == OBJECT else first)) else None
    if NONE in (first, second) or isinstance(first, OptionalType) or isinstance(second, OptionalType):
        return _join_optional(first, second)
    if isinstance(first, Weak) or isinstance(second, Weak):
        other = second if isinstance(first, Weak) else first
        return other if isinstance(other, FixedInt | IntType) else None
    if isinstance(first, TupleType) and isinstance(second, TupleType) and len(first.items) == len(second.items):
        items = [join(one, other) for one, other in zip(first.items, second.items, strict=True)]
        return TupleType(tuple(settled(item) for item in items if item is not None)) if None not in items else None
    if isinstance(first, StructType) and isinstance(second, StructType) and is_of_class(first, second):
        joined = [join(one, other) for one, other in zip(first.items, second.items, strict=True)]
        return next((type_ for type_ in (first, second) if list(type_.items) == joined), None)
    ints = FixedInt | IntType
    if isinstance(first, ints) and isinstance(second, ints):
        return common_int(first, second)
    return None


def _join_optional(first: VariableType, second: VariableType) -> VariableType | None:
    """Where one of the two may be None."""
    items = [type_.item if isinstance(type_, OptionalType) else type_ for type_ in (first, second) if type_ != NONE]
    item = settled(items[0]) if len(items) == 1 else _settled_or_none(join(items[0], items[1]))
    return OptionalType(item) if item is not None and item != TEXT else None


def _settled_or_none(type_: VariableType | None) -> Type | None:
    return settled(type_) if type_ is not None else None


def common_int(first: Type, second: Type) -> Type:
    """The type that arithmetic on two int types has (contract, rule 2); for a variable, the one that holds both."""
    if isinstance(first, IntType) or isinstance(second, IntType):
        return INT
    assert isinstance(first, FixedInt) and isinstance(second, FixedInt)
    if first.bits != second.bits:
        return first if first.bits > second.bits else second
    return first if first.signed else second


def is_int(type_: Type) -> bool:
    return isinstance(type_, FixedInt | IntType)


def is_number(type_: Type) -> bool:
    return is_int(type_) or type_ == FLOAT64 or isinstance(type_, BoolType)
