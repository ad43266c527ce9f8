"""NamedTuples by value: what they do as tuples, unless their class says otherwise.

Everything else about them (fields, methods, the constructor) is as of frozen values.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import ArgKind, CallExpr, Expression
from mypy.nodes import Context as Node

from pyfreeze.ir.types import NONE, StructType, TupleType, Type
from pyfreeze.irbuild.comparing import Compare
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.native_calls import call_method, construct, fields_of, has_member
from pyfreeze.irbuild.operand import Operand, constant_operand
from pyfreeze.irbuild.unsupported import Unsupported

_METHODS = {"<": "__lt__", "<=": "__le__", "==": "__eq__", "!=": "__ne__", ">": "__gt__", ">=": "__ge__"}
_REFLECTED = {"<": "__gt__", "<=": "__ge__", "==": "__eq__", "!=": "__ne__", ">": "__lt__", ">=": "__le__"}


def is_named_tuple(type_: Type) -> bool:
    return isinstance(type_, StructType) and type_.is_tuple


def as_tuple(context: FunctionContext, operand: Operand, *methods: str) -> Operand:
    """A NamedTuple whose class has none of these methods of its own as the plain tuple of its items; anything else as it is."""
    if not is_named_tuple(operand.type) or any(_has_own(context, operand.type, name) for name in methods):
        return operand
    made = context.builder.make_tuple([context.materialize(item) for item in context.items(operand)])
    return Operand(made.type, made)


def _has_own(context: FunctionContext, type_: Type, name: str) -> bool:
    if not isinstance(type_, StructType):
        return False
    class_ = context.classes[type_.name]
    return name in class_.members or name in class_.opaque


def compare_named_tuples(
    context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node, compare: Compare
) -> Operand:
    """`left symbol right`, one of which is a NamedTuple: by its own method, or as tuples compare."""
    name, reflected = _METHODS[symbol], _REFLECTED[symbol]
    if has_member(context, left.type, name):
        return call_method(context, left, name, [right], node)
    if _has_own(context, left.type, name) or (_has_own(context, right.type, reflected) and left.type != right.type):
        shown = f"{type_name(left.type)} and {type_name(right.type)}"
        raise Unsupported("PF102", node, f"`{symbol}` of {shown} by a method of the class works on objects")
    if NONE in (left.type, right.type) and symbol in ("==", "!="):
        return constant_operand(symbol == "!=")
    first, second = as_tuple(context, left), as_tuple(context, right)
    if not isinstance(first.type, TupleType) or not isinstance(second.type, TupleType):
        shown = f"{type_name(left.type)} with {type_name(right.type)}"
        raise Unsupported("PF102", node, f"comparing {shown} works on objects")
    return compare(context, symbol, first, second, node)


def concatenates(context: FunctionContext, left: Operand, right: Operand) -> bool:
    """Whether `+` of the two is that of tuples."""
    methods = ("__add__", "__radd__", "__iadd__")
    own = any(_has_own(context, operand.type, name) for operand in (left, right) for name in methods)
    return not own and all(isinstance(as_type(operand.type), TupleType) for operand in (left, right))


def as_type(type_: Type) -> Type:
    """The type of a NamedTuple as a plain tuple; any other as it is."""
    return TupleType(type_.items) if isinstance(type_, StructType) and type_.is_tuple else type_


def replaced(
    context: FunctionContext, whole: Operand, node: CallExpr, build: Callable[[FunctionContext, Expression], Operand]
) -> Operand:
    """`whole._replace(x=…)`, which iterates over `whole` and asks the new instance for its length (Lib/collections/__init__.py)."""
    assert isinstance(whole.type, StructType)
    if any(_has_own(context, whole.type, name) for name in ("__iter__", "__len__")):
        raise Unsupported("PF106", node, "this class says itself what `_replace` finds")
    given: dict[str, Operand] = {}
    for argument, name, kind in zip(node.args, node.arg_names, node.arg_kinds, strict=True):
        if kind != ArgKind.ARG_NAMED or name is None or name not in whole.type.field_names or name in given:
            raise Unsupported("PF106", node, "this call of `_replace` is not compiled, or raises an error")
        given[name] = build(context, argument)
    return construct(context, whole.type.name, fields_of(context, whole) | given, node)
