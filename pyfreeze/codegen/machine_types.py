"""LLVM types of IR types, and how values travel through the runtime's payload of 64-bit words."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pyfreeze.ir.types import (
    AggregateType,
    ArrayType,
    BoolType,
    ClassType,
    FixedInt,
    FloatType,
    IntType,
    NoneKind,
    ObjectType,
    OptionalType,
    StatusType,
    StructType,
    TextType,
    TupleType,
    Type,
    ViewType,
)


def llvm_type(type_: Type) -> str:
    """`None` and classes are an `i1` that is always false, so that every value has a name."""
    match type_:
        case FixedInt(bits=bits):
            return f"i{bits}"
        case FloatType():
            return "double"
        case BoolType() | NoneKind() | ClassType():
            return "i1"
        case IntType():
            return "i64"
        case StatusType():
            return "i8"
        case TextType() | ObjectType() | ArrayType() | ViewType():
            return "ptr"
        case TupleType() | StructType() | OptionalType():
            return "{" + ", ".join(map(llvm_type, type_.items)) + "}"


def float_literal(value: float) -> str:
    """A double as LLVM reads it without rounding."""
    return "0x" + struct.pack(">d", value).hex().upper()


def string_literal(data: bytes) -> str:
    """The body of an LLVM `c"…"` constant, with a terminating NUL."""
    return "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02X}" for byte in data) + "\\00"


def scalar_paths(type_: Type, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Type]]:
    """The scalars of a type that take a payload word, each with its indices inside the LLVM struct."""
    if isinstance(type_, AggregateType):
        for index, item in enumerate(type_.items):
            yield from scalar_paths(item, (*path, index))
    elif not isinstance(type_, NoneKind | ClassType):
        yield path, type_


def to_word(type_: Type, value: str, name: str) -> tuple[list[str], str]:
    """Instructions that turn scalar `value` into an i64, and the name of that."""
    match type_:
        case FixedInt(bits=64) | IntType():
            return [], value
        case FixedInt(bits=bits, signed=signed):
            return [f"{name} = {'sext' if signed else 'zext'} i{bits} {value} to i64"], name
        case FloatType():
            return [f"{name} = bitcast double {value} to i64"], name
        case BoolType():
            return [f"{name} = zext i1 {value} to i64"], name
        case TextType() | ObjectType() | ArrayType() | ViewType():
            return [f"{name} = ptrtoint ptr {value} to i64"], name
        case _:
            raise TypeError(f"{type_} takes no payload word")


def from_word(type_: Type, word: str, name: str) -> list[str]:
    """Instructions that define `name` as the scalar in the i64 `word`."""
    match type_:
        case FixedInt(bits=64) | IntType():
            return [f"{name} = add i64 {word}, 0"]
        case FixedInt(bits=bits):
            return [f"{name} = trunc i64 {word} to i{bits}"]
        case FloatType():
            return [f"{name} = bitcast i64 {word} to double"]
        case BoolType():
            return [f"{name} = trunc i64 {word} to i1"]
        case ObjectType() | ArrayType() | ViewType():
            return [f"{name} = inttoptr i64 {word} to ptr"]
        case _:
            raise TypeError(f"{type_} takes no payload word")
