"""`Array`: the vector of values, one type for interpreted and compiled code. It is in the C extension (runtime/README.md)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

try:
    from pyfreeze._runtime import Array
except ImportError:  # no C compiler, or a subinterpreter: modules that only mention it in annotations still import

    class Array:  # type: ignore[no-redef]
        """Says that the extension is missing as soon as an array is made."""

        def __new__(cls, *arguments: object) -> NoReturn:
            raise ImportError("Array needs the C extension pyfreeze._runtime")

        filled = from_buffer = __new__

        def __class_getitem__(cls, element: object) -> object:
            from types import GenericAlias

            return GenericAlias(cls, element)

    Array.__module__ = "pyfreeze"

__all__ = ["Array"]
