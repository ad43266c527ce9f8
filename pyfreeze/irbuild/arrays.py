"""Arrays: subscripts, lengths, methods. Each is a row of `pyfreeze/primitives/arrays.py`."""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import ArgKind, CallExpr, Expression, IndexExpr, NameExpr, RefExpr, SliceExpr
from mypy.nodes import Context as Node

from pyfreeze.ir.function import Binding, BindingKind
from pyfreeze.ir.primitive import PythonCallable
from pyfreeze.ir.types import BOOL, FLOAT64, INT, INT64, NONE, ArrayType, StructType, Type
from pyfreeze.irbuild.arguments import Build
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.declared_types import element_named, element_object
from pyfreeze.irbuild.operand import Operand, constant_operand, is_int, is_number
from pyfreeze.irbuild.unsupported import Unsupported
from pyfreeze.primitives import boxed
from pyfreeze.primitives.arrays import array_row, method_row


def element_of(operand: Operand) -> Type:
    assert isinstance(operand.type, ArrayType)
    return operand.type.element


def array_type_of(context: FunctionContext, node: Expression) -> ArrayType | None:
    """The type that an expression `Array[T]` names, if it is one; its names are bound."""
    if not isinstance(node, IndexExpr) or not isinstance(node.base, RefExpr) or node.base.fullname != "pyfreeze.Array":
        return None
    index = node.index
    if not isinstance(index, RefExpr) or not isinstance(node.base, NameExpr):
        return None
    element = element_named(index.fullname or "", context.scope)
    found = element_object(index.fullname or "", context.scope)
    if element is None and isinstance(index, NameExpr) and found is not None:
        raise Unsupported("PF104", node, f"`Array[{index.name}]` cannot be: {found[0]}", found[1])
    if element is None or not isinstance(index, NameExpr) or index.name in context.code.co_varnames:
        return None
    context.bind(Binding(BindingKind.IMPORTED, node.base.name, "pyfreeze", "Array"))
    module, _, name = (index.fullname or "").rpartition(".")
    if module == "pyfreeze":
        context.bind(Binding(BindingKind.IMPORTED, index.name, module, name))
    elif module == "builtins":
        context.bind_builtin(name)
    return ArrayType(element)


def filled(context: FunctionContext, type_: ArrayType, length_: Operand, value: Operand, node: Node) -> Operand:
    """`Array[T].filled(length, value)`."""
    given = convert(context, value, type_.element, node, coerce=True)
    return context.apply_row(array_row("array.filled", type_.element), [as_index(context, length_, node), given], node)


def empty(context: FunctionContext, type_: ArrayType, node: Node) -> Operand:
    """`Array[T]()`."""
    none = constant_operand(0)
    row = array_row("array.filled", type_.element)
    return context.apply_row(row, [as_index(context, none, node), context.zero(type_.element)], node)


def length(context: FunctionContext, array: Operand, node: Node) -> Operand:
    """`len(array)`, as an int64."""
    return context.apply_row(array_row("array.length", element_of(array)), [array], node)


def item(context: FunctionContext, array: Operand, index: Operand, node: Node) -> Operand:
    """`array[index]`."""
    return context.apply_row(array_row("array.get", element_of(array)), [array, as_index(context, index, node)], node)


def known_item(context: FunctionContext, array: Operand, index: Operand, node: Node) -> Operand:
    """Element `index`, an int64 that was just seen to be from 0 to the length less 1."""
    return context.apply_row(array_row("array.item", element_of(array)), [array, index], node)


def set_item(context: FunctionContext, array: Operand, index: Operand, value: Operand, node: Node) -> None:
    """`array[index] = value`: a store coerces (contract, rule 2)."""
    element = element_of(array)
    given = convert(context, value, element, node, coerce=True)
    context.apply_row(array_row("array.set", element), [array, as_index(context, index, node), given], node)


def converted(context: FunctionContext, type_: ArrayType, other: Operand, node: Node) -> Operand:
    """`Array[T](other)` of another array."""
    return _ask(context, "converted", [empty(context, type_, node), other], type_, node)


def call_method(context: FunctionContext, array: Operand, name: str, node: CallExpr, build: Build) -> Operand:
    """`array.name(…)`."""
    if name == "sort":
        return _sort(context, array, node, build)
    if any(kind != ArgKind.ARG_POS for kind in node.arg_kinds) or (name, len(node.args)) not in _METHODS:
        raise Unsupported("PF106", node, f"this call of `{name}` of an array works on objects")
    return _METHODS[name, len(node.args)](context, array, [build(context, argument) for argument in node.args], node)


def slice_of(context: FunctionContext, array: Operand, bounds: SliceExpr, node: Node, build: Build) -> Operand:
    """`array[start:stop]`."""
    return _ask(context, "slice", [array, *_bounds(context, bounds, build)], array.type, node)


def delete(context: FunctionContext, target: IndexExpr, build: Build) -> None:
    """`del array[index]`, `del array[start:stop]`."""
    array = build(context, target.base)
    if not isinstance(array.type, ArrayType):
        raise Unsupported("PF101", target, f"deleting items of {type_name(array.type)} works on objects")
    if isinstance(target.index, SliceExpr):
        _ask(context, "delslice", [array, *_bounds(context, target.index, build)], NONE, target)
    else:
        _ask(context, "delitem", [array, as_index(context, build(context, target.index), target)], NONE, target)


def contains(context: FunctionContext, array: Operand, value: Operand, node: Node) -> Operand:
    """`value in array`."""
    return _ask(context, "contains", [array, _sought(value, node)], BOOL, node)


def extremum(context: FunctionContext, name: str, array: Operand, node: Node) -> Operand:
    """`min(array)` or `max(array)`, of scalars."""
    return _ask(context, name, [array], element_of(array), node)


def total(context: FunctionContext, array: Operand, node: Node) -> Operand:
    """`sum(array)`, of scalars; that of no floats is the int 0, which the twin computes."""
    if element_of(array) != FLOAT64:
        return _ask(context, "sum", [array], INT, node)
    return context.apply_row(boxed(PythonCallable("builtins", "sum"), (array.type,), FLOAT64), [array], node)


def compare(context: FunctionContext, name: str, left: Operand, right: Operand, node: Node) -> Operand:
    """`left < right` of two arrays, and so on, by its name in `operator`."""
    return _ask(context, name, [left, right], BOOL, node)


def binary(context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node, in_place: bool) -> Operand:
    """`array + array`, `array += array`, `array * count`."""
    if symbol == "+" and left.type == right.type:
        if in_place:
            _ask(context, "extend", [left, right], NONE, node)
            return left
        return _ask(context, "add", [left, right], left.type, node)
    if symbol == "*" and isinstance(left.type, ArrayType) and is_int(right.type) and not in_place:
        return _ask(context, "mul", [left, as_index(context, right, node)], left.type, node)
    shown = f"`{symbol}` of {type_name(left.type)} and {type_name(right.type)} works on objects"
    raise Unsupported("PF102", node, shown)


def _ask(context: FunctionContext, name: str, operands: list[Operand], result: Type, node: Node) -> Operand:
    """An operation of the object itself."""
    values = [context.materialize(operand) for operand in operands]
    return context.apply_row(method_row(name, tuple(value.type for value in values), result), values, node)


def _bounds(context: FunctionContext, bounds: SliceExpr, build: Build) -> list[Operand]:
    if bounds.stride is not None:
        raise Unsupported("PF112", bounds, "a slice with a step works on objects", "write a loop over a range")
    missing = constant_operand(0), constant_operand(INT64.maximum)
    given = [build(context, bound) if bound is not None else None for bound in (bounds.begin_index, bounds.end_index)]
    return [as_index(context, one or other, bounds) for one, other in zip(given, missing, strict=True)]


def _sought(value: Operand, node: Node) -> Operand:
    """What elements are compared with: as it is, since `2.0` equals `2`."""
    if not is_number(value.type) and not isinstance(value.type, StructType):
        raise Unsupported("PF112", node, f"looking for {type_name(value.type)} in an array works on objects")
    return value


_Arguments = list[Operand]


def _append(context: FunctionContext, array: Operand, given: _Arguments, node: Node) -> Operand:
    element = element_of(array)
    value = convert(context, given[0], element, node, coerce=True)
    context.apply_row(array_row("array.append", element), [array, value], node)
    return constant_operand(None)


def _pop(context: FunctionContext, array: Operand, given: _Arguments, node: Node) -> Operand:
    element = element_of(array)
    if not given:
        return context.apply_row(array_row("array.pop", element), [array], node)
    return _ask(context, "pop_at", [array, as_index(context, given[0], node)], element, node)


def _insert(context: FunctionContext, array: Operand, given: _Arguments, node: Node) -> Operand:
    index = as_index(context, given[0], node)
    value = convert(context, given[1], element_of(array), node, coerce=True)
    _ask(context, "insert", [array, index, value], NONE, node)
    return constant_operand(None)


def _extend(context: FunctionContext, array: Operand, given: _Arguments, node: Node) -> Operand:
    if not isinstance(given[0].type, ArrayType):
        raise Unsupported("PF112", node, f"extending an array by {type_name(given[0].type)} works on objects")
    _ask(context, "extend", [array, given[0]], NONE, node)
    return constant_operand(None)


def _reserve(context: FunctionContext, array: Operand, given: _Arguments, node: Node) -> Operand:
    _ask(context, "reserve", [array, as_index(context, given[0], node)], NONE, node)
    return constant_operand(None)


def _remove(context: FunctionContext, array: Operand, given: _Arguments, node: Node) -> Operand:
    _ask(context, "remove", [array, _sought(given[0], node)], NONE, node)
    return constant_operand(None)


def _counting(name: str) -> Callable[[FunctionContext, Operand, _Arguments, Node], Operand]:
    def build(context: FunctionContext, array: Operand, given: _Arguments, node: Node) -> Operand:
        return convert(context, _ask(context, name, [array, _sought(given[0], node)], INT64, node), INT, node)

    return build


def _without_result(name: str) -> Callable[[FunctionContext, Operand, _Arguments, Node], Operand]:
    def build(context: FunctionContext, array: Operand, given: _Arguments, node: Node) -> Operand:
        _ask(context, name, [array], NONE, node)
        return constant_operand(None)

    return build


def _copy(context: FunctionContext, array: Operand, given: _Arguments, node: Node) -> Operand:
    return _ask(context, "copy", [array], array.type, node)


def _sort(context: FunctionContext, array: Operand, node: CallExpr, build: Build) -> Operand:
    """`array.sort()`, `array.sort(reverse=…)`."""
    given = [build(context, argument) for argument in node.args]
    if node.arg_names not in ([], ["reverse"]) or any(operand.type != BOOL for operand in given):
        raise Unsupported("PF106", node, "this call of `sort` of an array works on objects")
    _ask(context, "sort", [array, *(given or [constant_operand(False)])], NONE, node)
    return constant_operand(None)


# By the number of arguments.
_METHODS: dict[tuple[str, int], Callable[[FunctionContext, Operand, _Arguments, Node], Operand]] = {
    ("append", 1): _append,
    ("clear", 0): _without_result("clear"),
    ("copy", 0): _copy,
    ("count", 1): _counting("count"),
    ("extend", 1): _extend,
    ("index", 1): _counting("index"),
    ("insert", 2): _insert,
    ("pop", 0): _pop,
    ("pop", 1): _pop,
    ("remove", 1): _remove,
    ("reserve", 1): _reserve,
    ("reverse", 0): _without_result("reverse"),
}


def as_index(context: FunctionContext, index: Operand, node: Node) -> Operand:
    """A subscript as an int64; one that does not fit is left to the twin, which raises IndexError."""
    if index.type == BOOL:
        return context.apply("bool.to_int64", [index], node)
    if not is_int(index.type):
        raise Unsupported("PF112", node, f"indexing an array with {type_name(index.type)} works on objects")
    return convert(context, index, INT64, node)
