"""`Array[T]`: reading and writing elements. A family of rows for each element type, made on demand.

`method[name(T…) -> R]` has no fast path: the runtime asks the object, where anything rare is right already.

`array.get[T]` and `array.set[T]` take any index, as `a[i]` does; `array.item[T]` and `array.put[T]` one that is known to be
from 0 to the length less 1. In `evaluate` an array is a list.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from pyfreeze.ir.interval import Interval
from pyfreeze.ir.primitive import Effects, Lowering, Primitive, PythonCallable, Scalar
from pyfreeze.ir.types import INT64, NONE, ArrayType, StructType, Type
from pyfreeze.primitives.definition import COMPARISONS

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


def _pop(name: str, array: Type, element: Type) -> Primitive:
    """The last element. Fast where there is one and no one holds a buffer; otherwise the method itself raises."""
    effects = Effects(("IndexError", "BufferError", "ValueError"), writes=True)
    return Primitive(
        name, (array,), element, _popped, Lowering(array="pop", recovers=True), PythonCallable("Array", "pop"), effects
    )


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


def _popped(array: list[Scalar]) -> Scalar:
    return array.pop()


def _appended(array: list[Scalar], value: Scalar) -> None:
    array.append(value)


_ROWS: dict[str, Callable[[str, Type, Type], Primitive]] = {
    "array.length": _length,
    "array.get": _get,
    "array.item": _item,
    "array.set": _set,
    "array.put": _put,
    "array.append": _append,
    "array.pop": _pop,
    "array.filled": _filled,
}


_LENGTH_ERRORS = ("BufferError", "ValueError", "MemoryError", "IndexError")


def _slice_of(array: list[Scalar], start: int, stop: int) -> Scalar:
    return array[start:stop]  # type: ignore[return-value]


def _without_slice(array: list[Scalar], start: int, stop: int) -> None:
    del array[start:stop]


def _sort(array: list[Scalar], is_reversed: bool = False) -> None:
    array.sort(reverse=is_reversed)


def _extended(array: list[Scalar], other: list[Scalar]) -> None:
    array.extend(other)


def _converted(none: list[Scalar], other: list[Scalar]) -> Scalar:
    return list(other)  # type: ignore[return-value]


def _reserved(array: list[Scalar], count: int) -> None:
    if count < 0:
        raise ValueError("reserve() needs a number that is not negative")


def _sum_of(array: list[Scalar], other: list[Scalar]) -> Scalar:
    return [*array, *other]  # type: ignore[return-value]


def _times(array: list[Scalar], count: int) -> Scalar:
    return array * count  # type: ignore[return-value]


# What the runtime asks of arrays (`runtime/src/slow_paths.c`), and whether that may change them.
_METHODS: dict[str, tuple[Callable[..., Scalar], bool]] = {
    "clear": (list.clear, True),
    "contains": (operator.contains, False),
    "converted": (_converted, False),
    "copy": (list.copy, False),  # type: ignore[dict-item]
    "count": (list.count, False),
    "delitem": (operator.delitem, True),
    "delslice": (_without_slice, True),
    "extend": (_extended, True),
    "index": (list.index, False),
    "insert": (list.insert, True),
    "pop_at": (list.pop, True),
    "remove": (list.remove, True),
    "reserve": (_reserved, True),
    "reverse": (list.reverse, True),
    "slice": (_slice_of, False),
    "sort": (_sort, True),
    "add": (_sum_of, False),
    "mul": (_times, False),
    "sum": (sum, False),
    "min": (min, False),
    "max": (max, False),
    **{name: (getattr(operator, name), False) for name in COMPARISONS},
}
_MODULES = dict.fromkeys(("add", "mul", *COMPARISONS), "operator") | dict.fromkeys(("sum", "min", "max"), "builtins")
_COMPARING = ("contains", "count", "index", "remove", "sort", *COMPARISONS)


def method_row(name: str, operands: tuple[Type, ...], result: Type) -> Primitive:
    """The row `method[name(operands) -> result]`; the first operand is an array. Raises KeyError."""
    evaluate, writes = _METHODS[name]
    shown = f"method[{name}({', '.join(map(str, operands))}) -> {result}]"
    array, module = operands[0], _MODULES.get(name, "Array")
    if name in _COMPARING and isinstance(array, ArrayType) and isinstance(array.element, StructType):
        # The class may compare with a method of its own, which may do anything.
        effects = Effects(("BaseException",), runs_python=True, writes=True)
    else:
        effects = Effects((*_LENGTH_ERRORS, "OverflowError", "TypeError"), reads=True, writes=writes)
    return Primitive(shown, operands, result, evaluate, Lowering(), PythonCallable(module, name), effects)
