"""`T | None` by value: made, tested, used.

Where a value is used as a T and nothing in the program tells that it is one, native code leaves if it is None: the twin
raises what CPython raises. Without a value, the item is zeros, so that computing with it does no harm.
"""

from __future__ import annotations

from mypy.nodes import Context as Node

from pyfreeze.ir.instructions import Edge
from pyfreeze.ir.types import BOOL, OptionalType
from pyfreeze.irbuild.context import FunctionContext, Implied
from pyfreeze.irbuild.operand import Operand, constant_operand


def wrap(context: FunctionContext, operand: Operand) -> Operand:
    """A T as a `T | None`."""
    return Operand(OptionalType(operand.type), context.make_optional(context.materialize(operand)))


def none_of(context: FunctionContext, type_: OptionalType) -> Operand:
    return Operand(type_, context.zero(type_))


def is_set(context: FunctionContext, operand: Operand) -> Operand:
    """Whether `operand`, of any type, is not None."""
    if not isinstance(operand.type, OptionalType):
        return constant_operand(operand.type != constant_operand(None).type)
    value = context.materialize(operand)
    flag = context.builder.get_item(value, 0)
    context.implied[flag] = Implied(if_true=frozenset([value]))
    return Operand(BOOL, flag)


def item_of(context: FunctionContext, operand: Operand) -> Operand:
    """The T of a `T | None` that is known to be one, or zeros if it is None; anything else as it is."""
    if not isinstance(operand.type, OptionalType):
        return operand
    return Operand(operand.type.item, context.builder.get_item(context.materialize(operand), 1))


def used(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """`operand` as a T. Where it is None, the twin does what CPython does with None there."""
    if not isinstance(operand.type, OptionalType):
        return operand
    value = context.materialize(operand)
    leave, go_on = context.builder.new_block("is_none"), context.builder.new_block("is_value")
    flag = context.builder.get_item(value, 0)
    context.builder.cond_branch(flag, Edge(go_on), Edge(leave), likely=True)
    context.builder.activate(leave)
    context.builder.deopt()
    context.builder.activate(go_on)
    context.narrow(value)
    return context.known_item(operand, item_of(context, operand))


def both_set(context: FunctionContext, left: Operand, right: Operand, node: Node) -> Operand:
    """Whether neither is None."""
    flags = [flag for flag in (is_set(context, left), is_set(context, right)) if not flag.is_constant]
    return flags[0] if len(flags) == 1 else context.apply("bool.and", flags, node)
