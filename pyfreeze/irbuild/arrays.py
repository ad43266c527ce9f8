"""Arrays: subscripts, lengths, methods. Each is a row of `pyfreeze/primitives/arrays.py`."""

from __future__ import annotations

from mypy.nodes import Context as Node
from mypy.nodes import Expression, IndexExpr, NameExpr, RefExpr

from pyfreeze.ir.function import Binding, BindingKind
from pyfreeze.ir.types import BOOL, INT64, ArrayType, Type
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.declared_types import element_named
from pyfreeze.irbuild.operand import Operand, constant_operand, is_int
from pyfreeze.irbuild.unsupported import Unsupported
from pyfreeze.primitives.arrays import array_row


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


def append(context: FunctionContext, array: Operand, value: Operand, node: Node) -> None:
    """`array.append(value)`."""
    element = element_of(array)
    context.apply_row(
        array_row("array.append", element), [array, convert(context, value, element, node, coerce=True)], node
    )


def as_index(context: FunctionContext, index: Operand, node: Node) -> Operand:
    """A subscript as an int64; one that does not fit is left to the twin, which raises IndexError."""
    if index.type == BOOL:
        return context.apply("bool.to_int64", [index], node)
    if not is_int(index.type):
        raise Unsupported("PF112", node, f"indexing an array with {type_name(index.type)} is not compiled yet")
    return convert(context, index, INT64, node)
