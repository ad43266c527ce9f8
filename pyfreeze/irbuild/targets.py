"""What is assigned to: names, and tuples of names."""

from __future__ import annotations

from mypy.nodes import Context as Node
from mypy.nodes import Expression, NameExpr, StarExpr, TupleExpr

from pyfreeze.ir.types import TupleType
from pyfreeze.irbuild.context import FunctionContext
from pyfreeze.irbuild.operand import Operand
from pyfreeze.irbuild.operators import convert
from pyfreeze.irbuild.unsupported import Unsupported


def store(context: FunctionContext, target: Expression, value: Operand, node: Node) -> None:
    """Assign `value`, in parts if `target` is a tuple."""
    if isinstance(target, NameExpr):
        context.assign(target.name, value, node, convert)
        return
    if isinstance(target, TupleExpr) and isinstance(value.type, TupleType):
        if any(isinstance(item, StarExpr) for item in target.items):
            raise Unsupported("PF101", node, "unpacking into a starred name is not compiled yet")
        if len(target.items) != len(value.type.items):
            raise Unsupported("PF101", node, "this unpacking raises ValueError")
        for item, part in zip(target.items, context.items(value), strict=True):
            store(context, item, part, node)
        return
    raise Unsupported("PF101", node, "assigning to an attribute, an item or a starred name is not compiled yet")
