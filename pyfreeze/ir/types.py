"""Types of IR values: each names a Python meaning and, at the same time, one machine representation.

`FixedInt` and `FloatType` are unboxed; `INT` is the plain `int` as a tagged word (small value, or pointer to a
Python int); `TupleType` is a tuple by value, `StructType` an instance of a frozen class by value, `OptionalType` one of
these or None. `STATUS` is how a
failing operation says why (see `Status`).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


class Status(enum.IntEnum):
    """How a native operation or function ended. Counterpart: `runtime/include/pyfreeze_abi.h`."""

    OK = 0
    ERROR = 1  # a Python exception is set
    DEOPT = 2  # leave native code; the outermost entry runs its twin from the start
    RESUME = 3  # leave native code; whoever called lets the interpreter go on from what `Suspend` has saved


@dataclass(frozen=True, slots=True)
class FixedInt:
    """A fixed-width integer, e.g. `int64` or `uint8`."""

    bits: int
    signed: bool

    @property
    def minimum(self) -> int:
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1

    def holds(self, value: int) -> bool:
        return self.minimum <= value <= self.maximum

    def __str__(self) -> str:
        return f"{'int' if self.signed else 'uint'}{self.bits}"


@dataclass(frozen=True, slots=True)
class FloatType:
    """A double that is a `float` in Python."""

    def __str__(self) -> str:
        return "float64"


@dataclass(frozen=True, slots=True)
class BoolType:
    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True, slots=True)
class NoneKind:
    """The type of `None`; takes no machine value."""

    def __str__(self) -> str:
        return "none"


@dataclass(frozen=True, slots=True)
class IntType:
    """Plain `int` of any size: a tagged word. Bit 0 clear: value << 1. Bit 0 set: owned `PyLongObject *` | 1."""

    def __str__(self) -> str:
        return "int"


@dataclass(frozen=True, slots=True)
class TextType:
    """The message of an exception, a constant: the C string of its UTF-8."""

    def __str__(self) -> str:
        return "text"


@dataclass(frozen=True, slots=True)
class ObjectType:
    """Any Python object: a reference to it, which native code only passes along.

    Every object that native code handles is held by whoever called it, is a constant, or was made by it: parameters and
    what frozen values hold cannot go during the call. So giving up a reference never runs a destructor.
    """

    def __str__(self) -> str:
        return "object"


@dataclass(frozen=True, slots=True)
class StatusType:
    def __str__(self) -> str:
        return "status"


@dataclass(frozen=True, slots=True)
class TupleType:
    items: tuple[Type, ...]

    def __str__(self) -> str:
        return f"tuple[{', '.join(map(str, self.items)) or '()'}]"


@dataclass(frozen=True, slots=True)
class StructType:
    """An instance of frozen class or NamedTuple `class_name`, which is a global of the module, with the class's fields in order.

    name: the class, of a generic one with what its type variables stand for: `Pair[float64]`
    singles: the float64 fields that are float32 in the class: in memory they are singles, whose values they have
    objects: the fields that are objects in memory, since the class's annotation is none of a value stored inside
    is_tuple: it is a NamedTuple; all fields are objects then
    """

    name: str
    fields: tuple[tuple[str, Type], ...]
    singles: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    is_tuple: bool = False

    @property
    def lies_flat(self) -> bool:
        """Whether there is no object in memory, at any depth: it can be copied, and lie in an array."""
        return self.has_its_scalars and not holds_objects(self)

    @property
    def has_its_scalars(self) -> bool:
        """Whether memory holds its scalars as they are, and what is an object in native code as a reference to that."""
        inner = (item.has_its_scalars for item in self.items if isinstance(item, StructType))
        return not self.is_tuple and not self.objects and all(inner)

    @property
    def class_name(self) -> str:
        return self.name.partition("[")[0]

    @property
    def items(self) -> tuple[Type, ...]:
        return tuple(type_ for _, type_ in self.fields)

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.fields)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class OptionalType:
    """None, or a value of type `item`: a bool that tells whether there is one, and the value, or zeros without one."""

    item: Type

    @property
    def items(self) -> tuple[Type, ...]:
        return (BOOL, self.item)

    def __str__(self) -> str:
        return f"{self.item} | none"


AggregateType = TupleType | StructType | OptionalType


@dataclass(frozen=True, slots=True)
class ClassType:
    """The type of a frozen class itself, as in `cls`; takes no machine value."""

    struct: StructType

    def __str__(self) -> str:
        return f"type[{self.struct}]"


@dataclass(frozen=True, slots=True)
class ArrayType:
    """A pyfreeze.Array of elements of this type: a reference to the object."""

    element: Type

    def __str__(self) -> str:
        return f"Array[{self.element}]"


@dataclass(frozen=True, slots=True)
class ViewType:
    """The memory of an `ndarray` or a `memoryview`, whose buffer is held for as long: a reference to the runtime's record.

    single: the float64 elements lie there as singles, whose values they have
    """

    exporter: str
    element: Type
    dimensions: int
    single: bool = False

    def __str__(self) -> str:
        return f"{self.exporter}[{'float32' if self.single else self.element}, {self.dimensions}]"


ReferenceType = ArrayType | ViewType | ObjectType

Type = (
    FixedInt
    | FloatType
    | BoolType
    | NoneKind
    | IntType
    | TextType
    | ObjectType
    | StatusType
    | TupleType
    | StructType
    | OptionalType
    | ArrayType
    | ViewType
    | ClassType
)

INT8, INT16, INT32, INT64 = (FixedInt(bits, True) for bits in (8, 16, 32, 64))
UINT8, UINT16, UINT32, UINT64 = (FixedInt(bits, False) for bits in (8, 16, 32, 64))
FIXED_INTS = (INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64)
FLOAT64 = FloatType()
BOOL = BoolType()
NONE = NoneKind()
INT = IntType()
TEXT = TextType()
OBJECT = ObjectType()
STATUS = StatusType()

SMALL_MINIMUM, SMALL_MAXIMUM = -(1 << 62), (1 << 62) - 1
"""Bounds of the ints that a tagged word holds without an object."""

_SCALARS: tuple[Type, ...] = (*FIXED_INTS, FLOAT64, BOOL, NONE, INT, TEXT, OBJECT, STATUS)
SCALARS_BY_NAME: dict[str, Type] = {str(scalar): scalar for scalar in _SCALARS}

_STRUCT_CODES: dict[Type, str] = {
    **dict(zip(FIXED_INTS, "bhiqBHIQ", strict=True)),
    FLOAT64: "d",
    BOOL: "?",
    NONE: "n",
    INT: "t",
    TEXT: "s",
    OBJECT: "O",
}


_PYTHON_TYPES: dict[Type, type] = {FLOAT64: float, INT: int, BOOL: bool, NONE: type(None), TEXT: str, STATUS: Status}


def fits(value: object, type_: Type) -> bool:
    """Whether the Python object `value` is a value of `type_`, and of exactly its Python type."""
    if isinstance(
        type_, AggregateType
    ):  # here a frozen value is the tuple of its fields, an optional one of flag and value
        return type(value) is tuple and len(value) == len(type_.items) and all(map(fits, value, type_.items))
    if isinstance(type_, FixedInt):
        return type(value) is int and type_.holds(value)
    if isinstance(type_, ClassType):
        return value is None
    if isinstance(type_, ObjectType):
        return True
    if isinstance(type_, ReferenceType):  # the interpreter's arrays are lists; None in a variable that is not set
        return type(value) is list or value is None
    return type(value) is _PYTHON_TYPES[type_]


def descriptor(type_: Type, classes: Mapping[str, int]) -> str:
    """The runtime's one-letter code of a scalar (as in `struct`), `(…)` of a tuple, `{…}` of a frozen value, `[…]` of an array,
    `[N…]` and `[M…]` of a view, `<…>` of a class, `|` before the code of what may be None instead.

    Which class that is follows from `classes`, the module's classes in order: `{0:dd}`.
    """
    if isinstance(type_, TupleType):
        return "(" + "".join(descriptor(item, classes) for item in type_.items) + ")"
    if isinstance(type_, StructType):
        return f"{{{classes[type_.name]}:" + "".join(descriptor(item, classes) for item in type_.items) + "}"
    if isinstance(type_, OptionalType):
        return "|" + descriptor(type_.item, classes)
    if isinstance(type_, ArrayType):
        return f"[{descriptor(type_.element, classes)}]"
    if isinstance(type_, ClassType):
        return f"<{classes[type_.struct.name]}:>"
    if isinstance(type_, ViewType):
        element = "f" if type_.single else descriptor(type_.element, classes)
        return f"[{type_.exporter[0].upper()}{type_.dimensions}{element}]"
    return _STRUCT_CODES[type_]


def is_refcounted(type_: Type) -> bool:
    """Whether a value of this type may own a Python object."""
    if isinstance(type_, AggregateType):
        return any(map(is_refcounted, type_.items))
    return isinstance(type_, IntType | ReferenceType)


def holds_objects(type_: Type) -> bool:
    """Whether a value of this type may hold Python objects of any kind, so that someone may see when it is let go."""
    return OBJECT in flattened(type_)


def flattened(type_: Type) -> tuple[Type, ...]:
    """The scalars of a type in order, without `None`s: what takes a register or a payload word."""
    if isinstance(type_, AggregateType):
        return tuple(scalar for item in type_.items for scalar in flattened(item))
    return () if isinstance(type_, NoneKind | ClassType) else (type_,)


def structs_in(type_: Type) -> Iterator[StructType]:
    """The frozen classes that a type consists of, inner ones first."""
    if isinstance(type_, AggregateType):
        for item in type_.items:
            yield from structs_in(item)
    if isinstance(type_, StructType):
        yield type_
    elif isinstance(type_, ArrayType):
        yield from structs_in(type_.element)
    elif isinstance(type_, ClassType):
        yield from structs_in(type_.struct)


def signature(type_: Type) -> str:
    """By which the runtime knows the layout of a frozen class: `{x:d,y:d}`; and a NamedTuple by its fields: `(x,y)`.

    Counterparts: `PfLayout.signature`, `runtime/src/named_tuples.c`.
    """
    if isinstance(type_, StructType) and type_.is_tuple:
        return f"({','.join(type_.field_names)})"
    if isinstance(type_, StructType):
        return "{" + ",".join(f"{name}:{_code_in_memory(type_, name, item)}" for name, item in type_.fields) + "}"
    return _STRUCT_CODES[type_]


def _code_in_memory(type_: StructType, name: str, item: Type) -> str:
    if name in type_.objects:
        return _STRUCT_CODES[OBJECT]
    return "f" if name in type_.singles else signature(item)


def is_of_class(type_: Type, other: Type) -> bool:
    """Whether both are values of one frozen class, which may be generic."""
    return isinstance(type_, StructType) and isinstance(other, StructType) and type_.class_name == other.class_name
