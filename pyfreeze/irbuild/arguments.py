"""The arguments of a call of a builtin: which parameter each is for, by the running interpreter's own signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mypy.nodes import ArgKind, CallExpr, Expression

from pyfreeze.ir.types import TupleType
from pyfreeze.irbuild.context import FunctionContext
from pyfreeze.irbuild.named_tuples import as_tuple
from pyfreeze.irbuild.operand import Operand
from pyfreeze.irbuild.unsupported import Unsupported

Build = Callable[[FunctionContext, Expression], Operand]


@dataclass(frozen=True, slots=True)
class Arguments:
    """`positional` without gaps; `keywords` holds what can be given by name only, in the order of the signature."""

    positional: list[Operand]
    keywords: dict[str, Operand] = field(default_factory=dict)


def arguments_of(context: FunctionContext, function: Callable[..., object], node: CallExpr, build: Build) -> Arguments:
    """Build the arguments of a call of `function`, in their order. A call that it would refuse is left to the twin."""
    if ArgKind.ARG_NAMED not in node.arg_kinds and ArgKind.ARG_STAR2 not in node.arg_kinds:
        return Arguments(_positional(context, node, build))
    parameters = _parameters(function, node)
    by_position = [name for name, parameter in parameters.items() if parameter.kind != parameter.KEYWORD_ONLY]
    given: dict[str, Operand] = {}
    for index, (argument, kind, name) in enumerate(zip(node.args, node.arg_kinds, node.arg_names, strict=True)):
        if kind == ArgKind.ARG_POS and index < len(by_position):
            name = by_position[index]
        elif kind != ArgKind.ARG_NAMED:
            raise Unsupported("PF106", node, "starred arguments of this function are not compiled yet")
        elif name is None or name not in parameters or parameters[name].kind == inspect.Parameter.POSITIONAL_ONLY:
            raise Unsupported("PF106", node, f"this function takes no keyword argument `{name}`: TypeError")
        if name is None or name in given:
            raise Unsupported("PF106", node, "this call raises TypeError")
        given[name] = build(context, argument)
    positional = [given[name] for name in by_position if name in given]
    if any(name in given for name in by_position[len(positional) :]):
        raise Unsupported("PF106", node, "this call raises TypeError")
    return Arguments(
        positional, {name: given[name] for name in parameters if name in given and name not in by_position}
    )


def _positional(context: FunctionContext, node: CallExpr, build: Build) -> list[Operand]:
    """`f(x, *t)`, where `t` is a tuple."""
    operands: list[Operand] = []
    for argument, kind in zip(node.args, node.arg_kinds, strict=True):
        operand = build(context, argument)
        if kind == ArgKind.ARG_STAR:
            operand = as_tuple(context, operand, "__iter__")
        if kind == ArgKind.ARG_STAR and not isinstance(operand.type, TupleType):
            raise Unsupported("PF106", node, "only a tuple can be starred so far")
        operands += context.items(operand) if kind == ArgKind.ARG_STAR else [operand]
    return operands


def _parameters(function: Callable[..., object], node: CallExpr) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (ValueError, TypeError):  # it has none: it takes no keywords, or any
        raise Unsupported("PF106", node, "keyword arguments of this function are not compiled yet") from None
