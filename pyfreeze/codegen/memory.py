"""How values lie in memory, in instances of frozen classes and in arrays: as C structs with natural alignment.

Counterpart: `runtime/src/layout.c`. A bool is a byte, true if it is not 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyfreeze.codegen.machine_types import llvm_type
from pyfreeze.ir.types import FLOAT64, BoolType, FixedInt, FloatType, ObjectType, StructType, Type


@dataclass(frozen=True, slots=True)
class Placed:
    """A scalar of a value: its indices inside the LLVM struct (none if it is all), and where it lies in memory.

    single: a double that lies there in single precision
    """

    path: tuple[int, ...]
    offset: int
    type: Type
    single: bool = False

    @property
    def size(self) -> int:
        return 4 if self.single else _scalar_size(self.type)


@dataclass(frozen=True, slots=True)
class MemoryLayout:
    """`size` and `alignment` in bytes."""

    scalars: tuple[Placed, ...]
    size: int
    alignment: int


_SINGLE = MemoryLayout((Placed((), 0, FLOAT64, True),), 4, 4)


def memory_layout(type_: Type) -> MemoryLayout:
    """Of a scalar or a frozen class. Raises TypeError for what lies in no array."""
    if not isinstance(type_, StructType):
        size = _scalar_size(type_)
        return MemoryLayout((Placed((), 0, type_),), size, size)
    placed: list[Placed] = []
    size, alignment = 0, 1
    for index, (name, item) in enumerate(type_.fields):
        inner = _SINGLE if name in type_.singles else memory_layout(item)
        size = _aligned(size, inner.alignment)
        placed += [
            Placed((index, *scalar.path), size + scalar.offset, scalar.type, scalar.single) for scalar in inner.scalars
        ]
        size += inner.size
        alignment = max(alignment, inner.alignment)
    return MemoryLayout(tuple(placed), _aligned(size, alignment), alignment)


def _scalar_size(scalar: Type) -> int:
    match scalar:
        case FixedInt(bits=bits):
            return bits // 8
        case BoolType():
            return 1
        case FloatType() | ObjectType():
            return 8
        case _:
            raise TypeError(f"{scalar} does not lie in memory")


def _aligned(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment


def load_value(type_: Type, base: str, offset: int, name: str, metadata: str = "") -> Iterator[str]:
    """Instructions that define `name` as the value that lies `offset` bytes from address `base`."""
    scalars, built = memory_layout(type_).scalars, "undef"
    if not scalars:
        yield f"{name} = freeze {llvm_type(type_)} undef"
    for number, scalar in enumerate(scalars):
        place, loaded = f"{name}.p{number}", f"{name}.l{number}" if scalar.path else name
        yield f"{place} = getelementptr inbounds i8, ptr {base}, i64 {offset + scalar.offset}"
        size = scalar.size
        if scalar.single:
            yield f"{name}.b{number} = load float, ptr {place}, align 4{metadata}"
            yield f"{loaded} = fpext float {name}.b{number} to double"
        elif isinstance(scalar.type, BoolType):
            yield f"{name}.b{number} = load i8, ptr {place}, align 1{metadata}"
            yield f"{loaded} = icmp ne i8 {name}.b{number}, 0"
        else:
            yield f"{loaded} = load {llvm_type(scalar.type)}, ptr {place}, align {size}{metadata}"
        if scalar.path:
            made = name if number + 1 == len(scalars) else f"{name}.v{number}"
            where = ", ".join(map(str, scalar.path))
            yield f"{made} = insertvalue {llvm_type(type_)} {built}, {llvm_type(scalar.type)} {loaded}, {where}"
            built = made


def store_value(type_: Type, value: str, base: str, offset: int, prefix: str, metadata: str = "") -> Iterator[str]:
    """Instructions that put `value` at `offset` bytes from address `base`; their names start with `prefix`."""
    for number, scalar in enumerate(memory_layout(type_).scalars):
        place, taken = f"{prefix}.p{number}", value
        yield f"{place} = getelementptr inbounds i8, ptr {base}, i64 {offset + scalar.offset}"
        if scalar.path:
            taken = f"{prefix}.t{number}"
            yield f"{taken} = extractvalue {llvm_type(type_)} {value}, {', '.join(map(str, scalar.path))}"
        machine, size = llvm_type(scalar.type), scalar.size
        if scalar.single:
            yield f"{prefix}.b{number} = fptrunc double {taken} to float"
            machine, taken = "float", f"{prefix}.b{number}"
        elif isinstance(scalar.type, BoolType):
            yield f"{prefix}.b{number} = zext i1 {taken} to i8"
            machine, taken = "i8", f"{prefix}.b{number}"
        yield f"store {machine} {taken}, ptr {place}, align {size}{metadata}"
