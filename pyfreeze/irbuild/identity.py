"""Where CPython asks whether two objects are one: in tuples, what is the same object counts as equal."""

from __future__ import annotations

from mypy.nodes import Context as Node

from pyfreeze.ir.types import FLOAT64
from pyfreeze.irbuild.context import FunctionContext
from pyfreeze.irbuild.operand import Operand
from pyfreeze.irbuild.optionals import item_of


def leave_for_nans(context: FunctionContext, one: Operand, other: Operand, node: Node) -> None:
    """In a tuple, what is the same object counts as equal. For two NaNs only the twin knows whether they are."""
    one, other = item_of(context, one), item_of(context, other)
    if not one.type == FLOAT64 == other.type or any(
        operand.is_constant and operand.constant == operand.constant for operand in (one, other)
    ):
        return
    nans = [context.apply("float64.ne", [operand, operand], node) for operand in (one, other)]
    leave, stay = context.branch_on(context.apply("bool.and", nans, node), node)
    context.builder.activate(leave)
    context.builder.deopt(only_from_start=True)
    context.builder.activate(stay)
