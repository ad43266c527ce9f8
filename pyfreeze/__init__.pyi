"""The public face for type checkers: value types are the ordinary types that their values have."""

from typing import TypeAlias, TypeVar, dataclass_transform

_T = TypeVar("_T")

__version__: str

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
@dataclass_transform(frozen_default=True)
def frozen(cls: type[_T], /) -> type[_T]: ...
