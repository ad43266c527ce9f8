"""Operators on frozen values: the class's own functions, or the comparisons that `@frozen` writes."""

from __future__ import annotations

from functools import partial

from mypy.nodes import Context as Node

from pyfreeze.ir.types import BOOL, FLOAT64, INT64, OBJECT, OptionalType, StructType, Type, is_of_class
from pyfreeze.irbuild.comparing import Compare, Part, compare_in_turn
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.native_calls import call_method, check_not_inherited, check_not_opaque, has_member
from pyfreeze.irbuild.operand import Operand, constant_operand, is_int, is_number
from pyfreeze.irbuild.optionals import is_set, item_of
from pyfreeze.irbuild.unsupported import Unsupported

BINARY_METHODS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "<<": "lshift",
    ">>": "rshift",
    "&": "and",
    "|": "or",
    "^": "xor",
    "@": "matmul",
}
"""The methods of the operators, without the `__`, `__r` or `__i` before and the `__` after them."""
_UNARY = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
_COMPARE = {"<": "__lt__", "<=": "__le__", "==": "__eq__", "!=": "__ne__", ">": "__gt__", ">=": "__ge__"}
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def frozen_binary(
    context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node, in_place: bool
) -> Operand:
    """`left symbol right`, one of which is frozen: the left one's method, or else the right one's reflected method.

    Native methods never return NotImplemented.
    """
    name = BINARY_METHODS[symbol]
    for type_, method in ((left.type, f"__{name}__"), (left.type, f"__i{name}__"), (right.type, f"__r{name}__")):
        check_not_inherited(context, type_, method, node)
    if in_place and has_member(context, left.type, f"__i{name}__"):
        return call_method(context, left, f"__i{name}__", [right], node)
    if has_member(context, left.type, f"__{name}__"):
        return call_method(context, left, f"__{name}__", [right], node)
    other = is_number(left.type) or (isinstance(left.type, StructType) and not is_of_class(left.type, right.type))
    if other and has_member(context, right.type, f"__r{name}__"):
        return call_method(context, right, f"__r{name}__", [left], node)
    is_tuple = any(isinstance(type_, StructType) and type_.is_tuple for type_ in (left.type, right.type))
    outcome = "works on objects" if is_tuple else "raises TypeError"
    raise Unsupported("PF102", node, f"`{symbol}` of {type_name(left.type)} and {type_name(right.type)} {outcome}")


def frozen_unary(context: FunctionContext, symbol: str, operand: Operand, node: Node) -> Operand:
    check_not_inherited(context, operand.type, _UNARY[symbol], node)
    if not has_member(context, operand.type, _UNARY[symbol]):
        raise Unsupported("PF102", node, f"`{symbol}` of {type_name(operand.type)} raises TypeError")
    return call_method(context, operand, _UNARY[symbol], [], node)


def is_always_true(context: FunctionContext, type_: StructType) -> bool:
    """Whether neither the class nor a base of it decides on the truth of its values."""
    class_ = context.classes[type_.name]
    return {"__bool__", "__len__"}.isdisjoint({*class_.members, *class_.inherited})


def frozen_truth(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """By `__bool__`; without it, and without a length, every value is true."""
    for name in ("__bool__", "__len__"):
        check_not_inherited(context, operand.type, name, node)
    if has_member(context, operand.type, "__bool__"):
        decided = call_method(context, operand, "__bool__", [], node)
        if decided.type != BOOL:
            raise Unsupported("PF102", node, "this `__bool__` gives no bool")
        return decided
    if has_member(context, operand.type, "__len__"):
        return context.apply(
            "bool.not", [context.apply("int64.eq", [frozen_length(context, operand, node), _zero(context)], node)], node
        )
    return constant_operand(True)


def _zero(context: FunctionContext) -> Operand:
    return Operand(INT64, context.builder.constant(INT64, 0))


def frozen_length(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """What `__len__` gives, as an int64; the twin goes on where that is no length."""
    counted = call_method(context, operand, "__len__", [], node)
    if not is_int(counted.type):
        raise Unsupported("PF102", node, "this `__len__` gives no int")
    length = convert(context, counted, INT64, node)
    fits = context.apply("int64.ge", [length, _zero(context)], node)
    go_on, leave = context.branch_on(fits, node)
    context.builder.activate(leave)
    context.builder.deopt()
    context.builder.activate(go_on)
    return length


def frozen_item(context: FunctionContext, whole: Operand, index: Operand, node: Node) -> Operand:
    """`whole[index]`, by `__getitem__`."""
    if not has_member(context, whole.type, "__getitem__"):
        raise Unsupported("PF102", node, f"a subscript of {type_name(whole.type)} raises TypeError, or is inherited")
    return call_method(context, whole, "__getitem__", [index], node)


def frozen_contains(context: FunctionContext, whole: Operand, item: Operand, node: Node) -> Operand:
    """What `__contains__` gives."""
    if not has_member(context, whole.type, "__contains__"):
        raise Unsupported("PF112", node, f"`in` is not compiled for {type_name(whole.type)}", "define __contains__")
    return call_method(context, whole, "__contains__", [item], node)


def frozen_comparison(
    context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node, compare: Compare
) -> Operand:
    """`left symbol right`, one of which is frozen. `compare` is for the fields."""
    if OBJECT in (left.type, right.type):
        raise Unsupported("PF102", node, f"comparing a frozen value with an object by `{symbol}` is not compiled yet")
    own = _own_comparison(context, symbol, left, right, node)
    if own is not None:
        return own
    if is_of_class(left.type, right.type) and left.type != right.type:
        raise Unsupported("PF102", node, f"comparing {left.type} with {right.type} works on objects")
    if symbol in ("==", "!="):
        equal = _equal(context, left, right, node, compare) if left.type == right.type else constant_operand(False)
        return equal if symbol == "==" else _negated(context, equal, node)
    if left.type != right.type or not _is_ordered(context, left.type):
        raise Unsupported(
            "PF102", node, f"`{symbol}` of {type_name(left.type)} and {type_name(right.type)} raises TypeError"
        )
    return _ordered(context, symbol, left, right, node, compare)


def _own_comparison(context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node) -> Operand | None:
    """By a method that the class itself defines."""
    reflected = _COMPARE[_SWAPPED.get(symbol, symbol)]
    for name in ("__eq__", "__ne__", _COMPARE[symbol], reflected):
        check_not_opaque(context, left.type, name, node)
        check_not_opaque(context, right.type, name, node)
    if has_member(context, left.type, _COMPARE[symbol]):
        return call_method(context, left, _COMPARE[symbol], [right], node)
    if symbol == "!=" and has_member(context, left.type, "__eq__"):
        equal = call_method(context, left, "__eq__", [right], node)
        if equal.type != BOOL:
            raise Unsupported("PF102", node, "this `__eq__` gives no bool")
        return _negated(context, equal, node)
    generated = symbol in ("==", "!=") or _is_ordered(context, left.type)
    if left.type == right.type and generated:
        return None
    if has_member(context, right.type, reflected) or (symbol == "!=" and has_member(context, right.type, "__eq__")):
        raise Unsupported("PF102", node, f"`{symbol}` by a method of the right operand works on objects")
    return None


def _is_ordered(context: FunctionContext, type_: Type) -> bool:
    return isinstance(type_, StructType) and context.classes[type_.name].is_ordered


def _negated(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    if operand.is_constant:
        return constant_operand(not operand.constant)
    return context.apply("bool.not", [operand], node)


def _equal(context: FunctionContext, left: Operand, right: Operand, node: Node, compare: Compare) -> Operand:
    """All fields are: reflexive, so that a NaN equals a NaN."""
    pairs = list(zip(context.items(left), context.items(right), strict=True))
    if not _has_plain_fields(context, left.type):
        return _in_turn(context, "==", pairs, left.type, node, compare)
    result: Operand | None = None
    for one, other in pairs:
        same = _same_field(context, one, other, node, compare)
        result = same if result is None else context.apply("bool.and", [result, same], node)
    return result if result is not None else constant_operand(True)


def _has_plain_fields(context: FunctionContext, type_: Type) -> bool:
    """Whether nobody can tell in which order fields are compared, and how many."""
    if not isinstance(type_, StructType):
        return True
    own = set(_COMPARE.values()) & {*context.classes[type_.name].members, *context.classes[type_.name].inherited}
    return not own and not type_.objects and all(_has_plain_fields(context, item) for item in type_.items)


def _in_turn(
    context: FunctionContext, symbol: str, pairs: list[_Pair], type_: Type, node: Node, compare: Compare
) -> Operand:
    """As the first fields that differ compare. In those that are objects, too, a NaN equals a NaN (`equal_objects` in layout.c)."""
    assert isinstance(type_, StructType)
    parts = []
    for (one, other), name in zip(pairs, type_.field_names, strict=True):
        is_object = name in type_.objects and FLOAT64 not in (one.type, item_of(context, one).type)
        parts.append(Part(one, other, None if is_object else partial(_same_field, context, one, other, node, compare)))
    return compare_in_turn(context, symbol, parts, symbol in ("==", "<=", ">="), node, compare)


def _same_field(context: FunctionContext, one: Operand, other: Operand, node: Node, compare: Compare) -> Operand:
    """Of a field that lies inside, or is a float or None."""
    if isinstance(one.type, OptionalType):
        both_or_none = context.apply("bool.eq", [is_set(context, one), is_set(context, other)], node)
        same = _same_field(context, item_of(context, one), item_of(context, other), node, compare)
        return context.apply("bool.and", [both_or_none, same], node)
    if isinstance(one.type, StructType):
        return frozen_comparison(context, "==", one, other, node, compare)
    if one.type == OBJECT:
        raise Unsupported("PF102", node, "comparing values whose fields are objects is not compiled yet")
    row = "float64.same" if one.type == FLOAT64 else f"{one.type}.eq"
    return context.apply(row, [one, other], node)


_Pair = tuple[Operand, Operand]
_SUFFIXES = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def _ordered(
    context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node, compare: Compare
) -> Operand:
    """As the first fields that differ compare; if none do, `<=` and `>=` hold."""
    pairs = list(zip(context.items(left), context.items(right), strict=True))
    if not _has_plain_fields(context, left.type):
        return _in_turn(context, symbol, pairs, left.type, node, compare)
    strict = symbol.rstrip("=")
    result: Operand = constant_operand(symbol != strict)
    for one, other in reversed(pairs):
        same = _same_field(context, one, other, node, compare)
        if isinstance(one.type, StructType):
            first = frozen_comparison(context, strict, one, other, node, compare)
        else:
            first = context.apply(f"{one.type}.{_SUFFIXES[strict]}", [one, other], node)
        rest = context.apply("bool.and", [same, result], node)
        result = context.apply("bool.or", [first, rest], node)
    return result
