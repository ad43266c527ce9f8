"""The public face for type checkers: value types are the ordinary types that their values have."""

from collections.abc import Callable
from dataclasses import Field, field
from typing import TypeAlias, TypeVar, dataclass_transform, overload

__version__: str

_Class = TypeVar("_Class")

int8: TypeAlias = int
int16: TypeAlias = int
int32: TypeAlias = int
int64: TypeAlias = int
uint8: TypeAlias = int
uint16: TypeAlias = int
uint32: TypeAlias = int
uint64: TypeAlias = int
float32: TypeAlias = float
float64: TypeAlias = float

def is_compiled(thing: object) -> bool: ...
@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def frozen(cls: type[_Class], /) -> type[_Class]: ...
@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def frozen(*, order: bool = False) -> Callable[[type[_Class]], type[_Class]]: ...
