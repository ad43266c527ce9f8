"""pyfreeze: ahead-of-time compilation of type-annotated Python. This is what programs import."""

from pyfreeze.language.arrays import Array
from pyfreeze.language.frozen import frozen
from pyfreeze.language.inspection import is_compiled
from pyfreeze.language.scalars import (
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)

__version__ = "0.1.0"

__all__ = [
    "Array",
    "float32",
    "float64",
    "frozen",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_compiled",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]
