"""What can be assigned to: names, tuples of targets, items of arrays."""

from __future__ import annotations

from mypy.nodes import Context as Node
from mypy.nodes import Expression, IndexExpr, IntExpr, NameExpr, OpExpr, StarExpr, TupleExpr, Var

from pyfreeze.ir.types import NONE, ArrayType, FloatType, OptionalType, StructType, TupleType, ViewType
from pyfreeze.irbuild import arrays, views
from pyfreeze.irbuild.context import FunctionContext
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.declared_types import declared
from pyfreeze.irbuild.expressions import expression
from pyfreeze.irbuild.named_tuples import as_tuple
from pyfreeze.irbuild.operand import Operand, is_int
from pyfreeze.irbuild.unsupported import Unsupported


def store(
    context: FunctionContext, target: Expression, value: Operand, node: Node, index: Operand | None = None
) -> None:
    """Assign `value`, which is evaluated already, to `target`; so may be the `index` of an item."""
    if isinstance(target, TupleExpr):
        value = as_tuple(context, value, "__iter__")
    if isinstance(target, NameExpr):
        if value.type == NONE:
            _expect(context, target)
        context.assign(target.name, value, node, convert)
    elif isinstance(target, IndexExpr):
        array = expression(context, target.base)
        if isinstance(array.type, ViewType):
            views.set_item(context, array, views.subscript(context, array, target.index, expression), value, target)
            return
        index = index if index is not None else views.as_index(context, target.index, expression)
        if not isinstance(array.type, ArrayType):
            raise store_unsupported(node)
        arrays.set_item(context, array, index, value, target)
    elif isinstance(target, TupleExpr) and isinstance(value.type, TupleType):
        _unpack(context, target, value, node)
    else:
        raise store_unsupported(node)


def _expect(context: FunctionContext, target: NameExpr) -> None:
    """What mypy has found that a variable holds which starts as None: it may be used before anything else is assigned.

    Not of ints, whose width mypy does not tell.
    """
    hint = declared(None, target.node.type, context.scope) if isinstance(target.node, Var) else None
    if hint is not None and isinstance(hint.type, OptionalType) and isinstance(hint.type.item, FloatType | StructType):
        context.facts.variables.setdefault(target.name, hint.type)


def _unpack(context: FunctionContext, target: TupleExpr, value: Operand, node: Node) -> None:
    if any(isinstance(item, StarExpr) for item in target.items):
        raise Unsupported("PF101", node, "unpacking into a starred name works on objects")
    items = context.items(value)
    if len(target.items) != len(items):
        raise Unsupported("PF101", node, "this unpacking raises ValueError")
    indices = [_early_index(context, item, target) for item in target.items]
    for item, part, index in zip(target.items, items, indices, strict=True):
        store(context, item, part, node, index)


def _early_index(context: FunctionContext, target: Expression, whole: TupleExpr) -> Operand | None:
    """The index of an item, if nobody can tell that it is evaluated before the first store and not after.

    So `a[i], a[i + 1] = a[i + 1], a[i]` leaves native code, if it does, before it has written anything.
    """
    if not isinstance(target, IndexExpr) or not any(isinstance(item, IndexExpr) for item in whole.items):
        return None
    assigned = {item.name for item in whole.items if isinstance(item, NameExpr)}
    nested = any(not isinstance(item, NameExpr | IndexExpr) for item in whole.items)
    if nested or not _is_steady(context, target.index, assigned):
        return None
    index = expression(context, target.index)
    return arrays.as_index(context, index, target) if is_int(index.type) else index


def _is_steady(context: FunctionContext, node: Expression, assigned: set[str]) -> bool:
    """Whether it is made of ints that are in variables, by adding and subtracting."""
    match node:
        case IntExpr():
            return True
        case NameExpr(name=name):
            value = context.variables.get(name)
            known = value is not None and is_int(value.type) and name not in assigned
            return known and context.is_surely_set(name) and name not in context.facts.late_floats
        case OpExpr(op="+" | "-", left=left, right=right):
            return _is_steady(context, left, assigned) and _is_steady(context, right, assigned)
        case _:
            return False


def store_unsupported(node: Node) -> Unsupported:
    return Unsupported(
        "PF101",
        node,
        "assigning to an attribute, to an item of something else than an array, or to a starred name works on objects",
    )
