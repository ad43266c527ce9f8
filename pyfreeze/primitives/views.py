"""Views of NumPy arrays and memoryviews: reading and writing elements, shapes. A family of rows for each view type.

`view.get` and `view.set` take any index, as `a[i]` and `a[i, j]` do; `view.item` and `view.put` one that is known to be from 0
to the length less 1 on each axis, and `view.put` a view that is writable; `view.item_dense` and `view.put_dense` are the same
where elements of the last axis lie one after another, as `view.dense` tells. `view.put_saving0` and so on are `view.put` which
keeps what was there, in place `c` of the store's own memory, from where `view.undo0` puts it back. In `evaluate` a view is a list, or a list of lists.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial

from pyfreeze.ir.interval import Interval
from pyfreeze.ir.primitive import Effects, Lowering, Primitive, PythonCallable, Scalar
from pyfreeze.ir.types import BOOL, INT64, NONE, TupleType, Type, ViewType

MAXIMUM_DIMENSIONS = 4
"""Counterpart: `PF_VIEW_DIMENSIONS` in `runtime/include/pyfreeze_view.h`."""

SAVED_STORES, SAVED_PLACES = 4, 2048
"""How many stores of a loop have memory for what was there before, and how many elements each."""

_saved: dict[tuple[int, Scalar], Scalar] = {}


def view_row(name: str, view: ViewType) -> Primitive:
    """The row `name` for views of that type; `view.shape0` and so on is the length of an axis. Raises KeyError."""
    if name.startswith("view.shape"):
        return _shape(f"{name}[{view}]", view, int(name.removeprefix("view.shape")))
    return _ROWS[name](f"{name}[{view}]", view)


def index_type(view: ViewType) -> Type:
    return INT64 if view.dimensions == 1 else TupleType((INT64,) * view.dimensions)


def _get(name: str, view: ViewType) -> Primitive:
    effects = Effects(("IndexError",), reads=True)
    python = PythonCallable("operator", "getitem")
    return Primitive(
        name, (view, index_type(view)), view.element, _item, Lowering(view="get", guard="view"), python, effects
    )


def _set(name: str, view: ViewType) -> Primitive:
    """A view that is read-only is left to the object itself."""
    effects = Effects(("IndexError", "ValueError", "TypeError"), writes=True)
    python = PythonCallable("operator", "setitem")
    operands = (view, index_type(view), view.element)
    return Primitive(name, operands, NONE, _store, Lowering(view="set", guard="view"), python, effects)


def _known_item(name: str, view: ViewType) -> Primitive:
    operands = (view, index_type(view))
    return Primitive(name, operands, view.element, _item, Lowering(view=_access(name)), effects=Effects(reads=True))


def _put(name: str, view: ViewType) -> Primitive:
    operands = (view, index_type(view), view.element)
    return Primitive(name, operands, NONE, _store, Lowering(view=_access(name)), effects=Effects(writes=True))


def _put_saving(name: str, view: ViewType) -> Primitive:
    slot = int(name.partition("[")[0].removesuffix("_dense")[-1])

    def evaluate(target: list[Scalar], index: Scalar, value: Scalar, place: Scalar) -> None:
        _saved[slot, place] = _item(target, index)
        _store(target, index, value)

    operands = (view, index_type(view), view.element, INT64)
    return Primitive(name, operands, NONE, evaluate, Lowering(view=_access(name)), effects=Effects(writes=True))


def _undo(name: str, view: ViewType) -> Primitive:
    slot = int(name.partition("[")[0][-1])

    def evaluate(target: list[Scalar], index: Scalar, place: Scalar) -> None:
        _store(target, index, _saved[slot, place])

    operands = (view, index_type(view), INT64)
    return Primitive(name, operands, NONE, evaluate, Lowering(view=_access(name)), effects=Effects(writes=True))


def _truth(name: str, view: ViewType) -> Primitive:
    return Primitive(name, (view,), BOOL, lambda _: True, Lowering(view=_access(name)))


def _access(name: str) -> str:
    return name.partition("[")[0].removeprefix("view.")


def _shape(name: str, view: ViewType, axis: int) -> Primitive:
    evaluate = partial(_length, axis=axis)
    return Primitive(name, (view,), INT64, evaluate, Lowering(view=f"shape{axis}"), interval=_any_length)


def _size(name: str, view: ViewType) -> Primitive:
    return Primitive(name, (view,), INT64, _count, Lowering(view="size"), interval=_any_length)


def _any_length(*_: Interval) -> Interval:
    return Interval(0, INT64.maximum)


def _item(view: list[Scalar], index: Scalar) -> Scalar:
    found: object = view
    for position in index if isinstance(index, tuple) else (index,):
        found = operator.getitem(found, position)  # type: ignore[call-overload]
    return found  # type: ignore[return-value]


def _store(view: list[Scalar], index: Scalar, value: Scalar) -> None:
    *outer, last = index if isinstance(index, tuple) else (index,)
    line = _item(view, tuple(outer))
    line[last] = value  # type: ignore[index]


def _length(view: object, axis: int) -> Scalar:
    for _ in range(axis):
        view = view[0] if view else []  # type: ignore[index]
    return len(view)  # type: ignore[arg-type]


def _count(view: object) -> Scalar:
    return sum(map(_count, view)) if isinstance(view, list) else 1  # type: ignore[arg-type]


_ROWS: dict[str, Callable[[str, ViewType], Primitive]] = {
    "view.get": _get,
    "view.item": _known_item,
    "view.item_dense": _known_item,
    "view.set": _set,
    "view.put": _put,
    "view.put_dense": _put,
    **{f"view.put_saving{slot}": _put_saving for slot in range(SAVED_STORES)},
    **{f"view.put_saving{slot}_dense": _put_saving for slot in range(SAVED_STORES)},
    **{f"view.undo{slot}": _undo for slot in range(SAVED_STORES)},
    "view.writable": _truth,
    "view.dense": _truth,
    "view.size": _size,
}
