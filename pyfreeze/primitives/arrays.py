"""`Array[T]`: reading and writing elements. A family of rows for each element type, made on demand.

`array.get[T]` and `array.set[T]` take any index, as `a[i]` does; `array.item[T]` and `array.put[T]` one that is known to be
from 0 to the length less 1. In `evaluate` an array is a list.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from pyfreeze.ir.interval import Interval
from pyfreeze.ir.primitive import Effects, Lowering, Primitive, PythonCallable, Scalar
from pyfreeze.ir.types import INT64, NONE, ArrayType, Type

_INDEX_ERROR = ("IndexError",)


def array_row(name: str, element: Type) -> Primitive:
    """The row `name[element]`. Raises KeyError."""
    return _ROWS[name](f"{name}[{element}]", ArrayType(element), element)


LONGEST = INT64.maximum // 8
"""The greatest length of an array. Counterpart: `PF_MOST_BYTES` in `runtime/include/pyfreeze_array.h`."""


def _length(name: str, array: Type, element: Type) -> Primitive:
    effects = Effects(reads=True)
    return Primitive(name, (array,), INT64, len, Lowering(array="length"), effects=effects, interval=_any_length)


def _any_length() -> Interval:
    return Interval(0, LONGEST)


def _get(name: str, array: Type, element: Type) -> Primitive:
    effects = Effects(_INDEX_ERROR, reads=True)
    python = PythonCallable("operator", "getitem")
    return Primitive(name, (array, INT64), element, operator.getitem, Lowering(array="get"), python, effects)


def _item(name: str, array: Type, element: Type) -> Primitive:
    return Primitive(
        name, (array, INT64), element, operator.getitem, Lowering(array="item"), effects=Effects(reads=True)
    )


def _set(name: str, array: Type, element: Type) -> Primitive:
    effects = Effects(_INDEX_ERROR, writes=True)
    python = PythonCallable("operator", "setitem")
    return Primitive(name, (array, INT64, element), NONE, _store, Lowering(array="set"), python, effects)


def _put(name: str, array: Type, element: Type) -> Primitive:
    effects = Effects(writes=True)
    return Primitive(name, (array, INT64, element), NONE, _store, Lowering(array="put"), effects=effects)


def _append(name: str, array: Type, element: Type) -> Primitive:
    """Fast where there is room and no one holds a buffer; otherwise by the method itself."""
    effects = Effects(("MemoryError", "BufferError", "ValueError"), writes=True)
    python = PythonCallable("Array", "append")
    return Primitive(name, (array, element), NONE, _appended, Lowering(array="append", recovers=True), python, effects)


def _filled(name: str, array: Type, element: Type) -> Primitive:
    """A new array, which nobody else knows: making it is no side effect."""
    effects = Effects(("MemoryError", "ValueError"), reads=True)
    return Primitive(
        name, (INT64, element), array, _repeated, Lowering(array="filled", sets_error=True), effects=effects
    )


def _repeated(length: int, value: Scalar) -> Scalar:
    if length < 0:
        raise ValueError("filled() needs a length that is not negative")
    return [value] * length  # type: ignore[return-value]


def _store(array: list[Scalar], index: int, value: Scalar) -> None:
    array[index] = value


def _appended(array: list[Scalar], value: Scalar) -> None:
    array.append(value)


_ROWS: dict[str, Callable[[str, Type, Type], Primitive]] = {
    "array.length": _length,
    "array.get": _get,
    "array.item": _item,
    "array.set": _set,
    "array.put": _put,
    "array.append": _append,
    "array.filled": _filled,
}
