"""LLVM types of IR types, and how values travel through the runtime's payload of 64-bit words."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pyfreeze.ir.types import (
    AggregateType,
    BoolType,
    FixedInt,
    FloatType,
    IntType,
    NoneKind,
    ObjectType,
    StatusType,
    StructType,
    TupleType,
    Type,
)


def llvm_type(type_: Type) -> str:
    """`None` is an `i1` that is always false, so that every value has a name."""
    match type_:
        case FixedInt(bits=bits):
            return f"i{bits}"
        case FloatType():
            return "double"
        case BoolType() | NoneKind():
            return "i1"
        case IntType():
            return "i64"
        case StatusType():
            return "i8"
        case ObjectType():
            return "ptr"
        case TupleType() | StructType():
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
    elif not isinstance(type_, NoneKind):
        yield path, type_


@dataclass(frozen=True, slots=True)
class Placed:
    """A scalar of a frozen class: its indices inside the LLVM struct, and where it lies in memory."""

    path: tuple[int, ...]
    offset: int
    type: Type


def memory_layout(type_: StructType) -> tuple[list[Placed], int, int]:
    """A frozen class as a C struct: its scalars, size and alignment in bytes. Counterpart: `runtime/src/layout.c`."""
    placed: list[Placed] = []
    size, alignment = 0, 1
    for index, item in enumerate(type_.items):
        inner, item_size, item_alignment = _item_layout(item)
        size = _aligned(size, item_alignment)
        placed += [Placed((index, *scalar.path), size + scalar.offset, scalar.type) for scalar in inner]
        size += item_size
        alignment = max(alignment, item_alignment)
    return placed, _aligned(size, alignment), alignment


def _item_layout(type_: Type) -> tuple[list[Placed], int, int]:
    if isinstance(type_, StructType):
        return memory_layout(type_)
    size = memory_size(type_)
    return [Placed((), 0, type_)], size, size


def memory_size(scalar: Type) -> int:
    """Bytes that a scalar takes in memory; it is aligned to as many."""
    match scalar:
        case FixedInt(bits=bits):
            return bits // 8
        case BoolType():
            return 1
        case FloatType():
            return 8
        case _:
            raise TypeError(f"{scalar} does not lie in memory")


def memory_type(scalar: Type) -> str:
    """The LLVM type of a scalar in memory: a bool is a byte."""
    return "i8" if isinstance(scalar, BoolType) else llvm_type(scalar)


def _aligned(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment


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
        case ObjectType():
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
        case _:
            raise TypeError(f"{type_} takes no payload word")
