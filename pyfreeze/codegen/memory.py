"""How values lie in memory, in instances of frozen classes and in arrays: as C structs with natural alignment.

Counterpart: `runtime/src/layout.c`. A bool is a byte, true if it is not 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pyfreeze.codegen.machine_types import llvm_type
from pyfreeze.ir.types import FLOAT64, BoolType, FixedInt, FloatType, ObjectType, StructType, Type


@dataclass(frozen=True, slots=True)
class Placed:
    """A scalar of a value: its indices inside the LLVM struct (none if it is all), and where it lies in memory.

    single: a double that lies there in single precision
    boxed: a value of any type that lies there as a reference to its object
    """

    path: tuple[int, ...]
    offset: int
    type: Type
    single: bool = False
    boxed: bool = False

    @property
    def size(self) -> int:
        if self.boxed:
            return _REFERENCE
        return 4 if self.single else _scalar_size(self.type)


@dataclass(frozen=True, slots=True)
class MemoryLayout:
    """`size` and `alignment` in bytes."""

    scalars: tuple[Placed, ...]
    size: int
    alignment: int


_REFERENCE = 8
SINGLE = MemoryLayout((Placed((), 0, FLOAT64, True),), 4, 4)
"""Of a double in single precision."""


def memory_layout(type_: Type) -> MemoryLayout:
    """Of a scalar or a frozen class. Raises TypeError for other types."""
    if not isinstance(type_, StructType):
        size = _scalar_size(type_)
        return MemoryLayout((Placed((), 0, type_),), size, size)
    if type_.is_tuple:
        raise TypeError(f"{type_} is a tuple")
    placed: list[Placed] = []
    size, alignment = 0, 1
    for index, (name, item) in enumerate(type_.fields):
        if name in type_.objects:
            inner = MemoryLayout((Placed((), 0, item, boxed=True),), _REFERENCE, _REFERENCE)
        else:
            inner = SINGLE if name in type_.singles else memory_layout(item)
        size = _aligned(size, inner.alignment)
        placed += [replace(scalar, path=(index, *scalar.path), offset=size + scalar.offset) for scalar in inner.scalars]
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


def load_value(
    type_: Type, base: str, offset: int, name: str, metadata: str = "", layout: MemoryLayout | None = None
) -> Iterator[str]:
    """Instructions that define `name` as the value that lies `offset` bytes from address `base`; without objects in it.

    layout: that of the type if it is not given
    """
    scalars, built = (layout or memory_layout(type_)).scalars, "undef"
    if not scalars:
        yield f"{name} = freeze {llvm_type(type_)} undef"
    for number, scalar in enumerate(scalars):
        loaded = f"{name}.l{number}" if scalar.path else name
        yield from load_scalar(scalar, base, offset, loaded, metadata)
        if scalar.path:
            made = name if number + 1 == len(scalars) else f"{name}.v{number}"
            where = ", ".join(map(str, scalar.path))
            yield f"{made} = insertvalue {llvm_type(type_)} {built}, {llvm_type(scalar.type)} {loaded}, {where}"
            built = made


def load_scalar(scalar: Placed, base: str, offset: int, name: str, metadata: str = "") -> Iterator[str]:
    """Instructions that define `name` as what lies there in a value `offset` bytes from address `base`: an object if boxed."""
    place, size = f"{name}.p", scalar.size
    yield f"{place} = getelementptr inbounds i8, ptr {base}, i64 {offset + scalar.offset}"
    if scalar.boxed:
        yield f"{name} = load ptr, ptr {place}, align {size}{metadata}"
    elif scalar.single:
        yield f"{name}.b = load float, ptr {place}, align 4{metadata}"
        yield f"{name} = fpext float {name}.b to double"
    elif isinstance(scalar.type, BoolType):
        yield f"{name}.b = load i8, ptr {place}, align 1{metadata}"
        yield f"{name} = icmp ne i8 {name}.b, 0"
    else:
        yield f"{name} = load {llvm_type(scalar.type)}, ptr {place}, align {size}{metadata}"


def store_value(
    type_: Type,
    value: str,
    base: str,
    offset: int,
    prefix: str,
    metadata: str = "",
    layout: MemoryLayout | None = None,
) -> Iterator[str]:
    """Instructions that put `value` at `offset` bytes from address `base`; their names start with `prefix`."""
    for number, scalar in enumerate((layout or memory_layout(type_)).scalars):
        taken = value
        if scalar.path:
            taken = f"{prefix}.t{number}"
            yield f"{taken} = extractvalue {llvm_type(type_)} {value}, {', '.join(map(str, scalar.path))}"
        yield from store_scalar(scalar, taken, base, offset, f"{prefix}.{number}", metadata)


def store_scalar(scalar: Placed, value: str, base: str, offset: int, prefix: str, metadata: str = "") -> Iterator[str]:
    """Instructions that put `value`, an object if boxed, where it lies in a value `offset` bytes from address `base`."""
    place, machine, size = f"{prefix}.p", "ptr" if scalar.boxed else llvm_type(scalar.type), scalar.size
    yield f"{place} = getelementptr inbounds i8, ptr {base}, i64 {offset + scalar.offset}"
    if scalar.single:
        yield f"{prefix}.b = fptrunc double {value} to float"
        machine, value = "float", f"{prefix}.b"
    elif isinstance(scalar.type, BoolType) and not scalar.boxed:
        yield f"{prefix}.b = zext i1 {value} to i8"
        machine, value = "i8", f"{prefix}.b"
    yield f"store {machine} {value}, ptr {place}, align {size}{metadata}"
