"""Operators and conversions on operands: which primitive, after which conversions (contract, rules 1 and 2)."""

from __future__ import annotations

import operator
from collections.abc import Callable

from mypy.nodes import Context as Node

from pyfreeze.ir.instructions import Edge, Value
from pyfreeze.ir.types import (
    BOOL,
    FLOAT64,
    INT,
    INT64,
    NONE,
    OBJECT,
    UINT64,
    ArrayType,
    BoolType,
    FixedInt,
    FloatType,
    IntType,
    NoneKind,
    OptionalType,
    StructType,
    TupleType,
    Type,
)
from pyfreeze.irbuild import arrays
from pyfreeze.irbuild.comparing import Part, compare_in_turn, join_bools
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.conversions import as_plain_int, convert, to_float
from pyfreeze.irbuild.frozen_operators import (
    BINARY_METHODS,
    frozen_binary,
    frozen_comparison,
    frozen_truth,
    frozen_unary,
)
from pyfreeze.irbuild.named_tuples import as_tuple, compare_named_tuples, concatenates, is_named_tuple
from pyfreeze.irbuild.operand import (
    Operand,
    common_int,
    constant_operand,
    is_number,
    join,
    settled,
    variable_type,
)
from pyfreeze.irbuild.optionals import both_set, is_set, item_of, used
from pyfreeze.irbuild.unsupported import Unsupported

_BINARY = {symbol: name for symbol, name in BINARY_METHODS.items() if symbol != "@"}  # rows of numbers
_COMPARE = {"<": "lt", "<=": "le", "==": "eq", "!=": "ne", ">": "gt", ">=": "ge"}
_SWAPPED = {"lt": "gt", "le": "ge", "eq": "eq", "ne": "ne", "gt": "lt", "ge": "le"}
_FLOAT_OPERATORS = frozenset(["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"])

_FOLDED: dict[str, Callable[[int, int], object]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "pow": operator.pow,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
}


def binary(
    context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node, in_place: bool = False
) -> Operand:
    """`left symbol right`, or `left symbol= right`."""
    left, right = used(context, left, node), used(context, right, node)
    if symbol == "+" and concatenates(context, left, right):
        left, right = as_tuple(context, left), as_tuple(context, right)
    if isinstance(left.type, StructType) or isinstance(right.type, StructType):
        return frozen_binary(context, symbol, left, right, node, in_place)
    if isinstance(left.type, ArrayType) or isinstance(right.type, ArrayType):
        return arrays.binary(context, symbol, left, right, node, in_place)
    name = _BINARY.get(symbol)
    if name is None:
        raise Unsupported("PF102", node, f"operator `{symbol}` works on objects")
    if isinstance(left.type, TupleType) and isinstance(right.type, TupleType) and name == "add":
        return _concatenate(context, left, right)
    if not (is_number(left.type) and is_number(right.type)):
        raise Unsupported(
            "PF102", node, f"`{symbol}` of {type_name(left.type)} and {type_name(right.type)} works on objects"
        )
    if left.type == BOOL and right.type == BOOL and name in ("and", "or", "xor"):
        return context.apply(f"bool.{name}", [left, right], node)
    if FLOAT64 in (left.type, right.type):
        if name not in _FLOAT_OPERATORS:
            raise Unsupported("PF102", node, f"`{symbol}` of float raises TypeError")
        return context.apply(f"float64.{name}", [to_float(context, left, node), to_float(context, right, node)], node)
    left, right = _without_bool(context, left, right, node)
    if left.is_weak and right.is_weak:
        folded = _fold(name, int(left.number), int(right.number))
        if folded is not None:
            return folded
    for operand, partner in ((left, right), (right, left)):
        if operand.is_weak and isinstance(partner.type, FixedInt) and not partner.type.holds(int(operand.number)):
            return _with_large_constant(context, name, left, right, partner.type, node)
    left, right = _same_int_type(context, left, right, node)
    return context.apply(f"{left.type}.{name}", [left, right], node)


def _with_large_constant(
    context: FunctionContext, name: str, left: Operand, right: Operand, width: FixedInt, node: Node
) -> Operand:
    """One operand is a constant that `width`, the type of the other, does not hold; the result may well fit."""
    if name == "and" and not width.signed:
        left, right = (
            constant_operand(int(operand.number) & width.maximum) if operand.is_weak else operand
            for operand in (left, right)
        )
        left, right = _same_int_type(context, left, right, node)
        return context.apply(f"{width}.and", [left, right], node)
    plain = [convert(context, operand, INT, node) for operand in (left, right)]
    result = context.apply(f"int.{name}", plain, node)
    return convert(context, result, width, node) if result.type == INT else result


def _concatenate(context: FunctionContext, left: Operand, right: Operand) -> Operand:
    items = [*context.items(left), *context.items(right)]
    made = context.builder.make_tuple([context.materialize(item) for item in items])
    return Operand(made.type, made)


def _without_bool(context: FunctionContext, left: Operand, right: Operand, node: Node) -> tuple[Operand, Operand]:
    """Bools as ints: of the partner's fixed width, or plain."""

    def widen(operand: Operand, partner: Operand) -> Operand:
        if operand.type != BOOL:
            return operand
        if isinstance(partner.type, FixedInt) and not operand.is_constant:
            return context.apply(f"bool.to_{partner.type}", [operand], node)
        return as_plain_int(context, operand, node)

    return widen(left, right), widen(right, left)


def _same_int_type(context: FunctionContext, left: Operand, right: Operand, node: Node) -> tuple[Operand, Operand]:
    """A fixed width with a plain int stays fixed; two widths become one (contract, rule 2)."""
    if isinstance(left.type, FixedInt) and isinstance(right.type, IntType):
        common: Type = left.type
    elif isinstance(right.type, FixedInt) and isinstance(left.type, IntType):
        common = right.type
    else:
        common = common_int(left.type, right.type)
    return convert(context, left, common, node), convert(context, right, common, node)


def _fold(name: str, left: int, right: int) -> Operand | None:
    """The constant result, if it is a reasonably small int."""
    if (name in ("pow", "lshift") and not 0 <= right <= 128) or abs(left) >> 256:
        return None
    if name not in _FOLDED or (name in ("floordiv", "mod") and right == 0) or (name == "rshift" and right < 0):
        return None
    result = _FOLDED[name](left, right)
    return constant_operand(result) if isinstance(result, int) else None


def unary(context: FunctionContext, symbol: str, operand: Operand, node: Node) -> Operand:
    """`symbol operand` for `- + ~`; `not` is `negation`."""
    if isinstance(operand.type, StructType):
        return frozen_unary(context, symbol, operand, node)
    if not is_number(operand.type) or (symbol == "~" and operand.type in (FLOAT64, BOOL)):
        # `~True` warns from 3.12 on.
        raise Unsupported("PF102", node, f"`{symbol}` of {type_name(operand.type)} works on objects")
    if operand.type == BOOL:
        operand = as_plain_int(context, operand, node)
    if operand.is_constant:
        number = operand.constant
        assert isinstance(number, int | float)
        if symbol == "-":
            return constant_operand(-number)
        return constant_operand(~number if symbol == "~" and isinstance(number, int) else +number)
    if symbol == "+":
        return operand
    return context.apply(f"{operand.type}.{'neg' if symbol == '-' else 'invert'}", [operand], node)


def truth(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """`bool(operand)`."""
    match operand.type:
        case BoolType():
            return operand
        case NoneKind():
            return constant_operand(False)
        case StructType():
            return frozen_truth(context, operand, node)
        case OptionalType():
            return _optional_truth(context, operand, node)
        case TupleType(items=items):
            return constant_operand(bool(items))
        case ArrayType():
            return context.apply("int64.to_bool", [arrays.length(context, operand, node)], node)
        case _ if operand.is_constant:
            return constant_operand(bool(operand.constant))
        case FixedInt() | IntType() | FloatType():
            return context.apply(f"{operand.type}.to_bool", [operand], node)
        case _:
            raise Unsupported("PF112", node, f"the truth of {type_name(operand.type)} works on objects")


def negation(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    decided = truth(context, operand, node)
    if decided.is_constant:
        return constant_operand(not decided.constant)
    result = context.apply("bool.not", [decided], node)
    if decided.value in context.implied and result.value is not None:
        context.implied[result.value] = context.implied[decided.value].negated
    return result


def _optional_truth(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """None is false, a T as it is."""
    flag = is_set(context, operand)
    if isinstance(operand.type, OptionalType) and isinstance(operand.type.item, StructType | TupleType):
        some, none = context.branch_on(flag, node)
        context.builder.activate(some)
        decided = truth(context, item_of(context, operand), node)
        result = join_bools(context, [(none, constant_operand(False))], decided)
    else:
        result = context.apply("bool.and", [flag, truth(context, item_of(context, operand), node)], node)
    assert result.value is not None and flag.value is not None
    context.implied[result.value] = context.implied[flag.value]
    return result


def comparison(context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node) -> Operand:
    """`left symbol right`, one step of a chain."""
    if symbol in ("is", "is not"):
        return _identity(context, symbol, left, right, node)
    name = _COMPARE.get(symbol)
    if name is None:
        raise Unsupported("PF102", node, f"`{symbol}` works on objects")
    if isinstance(left.type, OptionalType) or isinstance(right.type, OptionalType):
        return _compare_optionals(context, symbol, left, right, node)
    if is_named_tuple(left.type) or is_named_tuple(right.type):
        return compare_named_tuples(context, symbol, left, right, node, comparison)
    if isinstance(left.type, StructType) or isinstance(right.type, StructType):
        return frozen_comparison(context, symbol, left, right, node, comparison)
    if not (is_number(left.type) and is_number(right.type)):
        return _other_comparison(context, symbol, left, right, node)
    if left.type == FLOAT64 and right.type == FLOAT64:
        return context.apply(f"float64.{name}", [left, right], node)
    if left.type == BOOL and right.type == BOOL:
        return context.apply(f"bool.{name}", [left, right], node)
    left, right = _without_bool(context, left, right, node)
    if right.type == FLOAT64:
        return _int_with_float(context, name, left, right, node)
    if left.type == FLOAT64:
        return _int_with_float(context, _SWAPPED[name], right, left, node)
    left, right = _comparable_ints(context, left, right, node)
    return context.apply(f"{left.type}.{name}", [left, right], node)


def _int_with_float(context: FunctionContext, name: str, number: Operand, real: Operand, node: Node) -> Operand:
    """Exact: a double is not converted to an int, nor an int beyond 2**53 to a double."""
    if number.is_constant and abs(int(number.number)) <= 1 << 53:
        return context.apply(f"float64.{_SWAPPED[name]}", [real, constant_operand(float(number.number))], node)
    if isinstance(number.type, FixedInt) and number.type != UINT64:
        number = convert(context, number, INT64, node)
    return context.apply(f"{number.type}.{name}_float64", [number, real], node)


def _comparable_ints(context: FunctionContext, left: Operand, right: Operand, node: Node) -> tuple[Operand, Operand]:
    """Both as one type that holds every value of either."""
    if left.type == right.type:
        return left, right
    for operand, partner in ((left, right), (right, left)):
        width = partner.type
        if operand.is_weak and isinstance(width, FixedInt) and width.holds(int(operand.number)):
            return convert(context, left, width, node), convert(context, right, width, node)
    fixed = [operand.type for operand in (left, right) if isinstance(operand.type, FixedInt)]
    common: Type = INT64 if len(fixed) == 2 and UINT64 not in fixed else INT
    return convert(context, left, common, node), convert(context, right, common, node)


def _compare_optionals(context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node) -> Operand:
    """One of the two may be None, which equals itself only and is not ordered."""
    if symbol not in ("==", "!="):
        return comparison(context, symbol, used(context, left, node), used(context, right, node), node)
    plain = not any(_has_own_equality(context, operand) for operand in (left, right))
    if plain and NONE in (left.type, right.type):
        return _identity(context, "is" if symbol == "==" else "is not", left, right, node)
    if NONE in (left.type, right.type):
        raise Unsupported("PF102", node, "this class says itself what equals None", "write `is None`")
    both, not_both = context.branch_on(both_set(context, left, right, node), node)
    context.builder.activate(not_both)
    same = context.apply("bool.eq", [is_set(context, left), is_set(context, right)], node)
    if not plain:  # what the class makes of None is left to the twin
        not_both, leave = context.branch_on(same, node)
        context.builder.activate(leave)
        context.builder.deopt()
        context.builder.activate(not_both)
    ways = [(not_both, same if symbol == "==" else negation(context, same, node))]
    context.builder.activate(both)
    return join_bools(context, ways, comparison(context, symbol, item_of(context, left), item_of(context, right), node))


def _has_own_equality(context: FunctionContext, operand: Operand) -> bool:
    """Whether the class of a frozen value says what equals what."""
    type_ = operand.type.item if isinstance(operand.type, OptionalType) else operand.type
    if not isinstance(type_, StructType):
        return False
    class_ = context.classes[type_.name]
    return not {"__eq__", "__ne__"}.isdisjoint({*class_.members, *class_.inherited})


def _identity(context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node) -> Operand:
    if OBJECT in (left.type, right.type):
        return _same_object(context, symbol, left, right, node)
    if NONE not in (left.type, right.type):
        left = item_of(context, left)
        if isinstance(left.type, StructType) and not left.type.is_tuple:
            raise Unsupported("PF402", node, f"`{symbol}` on frozen values says nothing", "write `==` or `!=`")
        raise Unsupported("PF102", node, f"`{symbol}` on numbers and tuples is not compiled", "write `==` or `!=`")
    if isinstance(left.type, OptionalType) or isinstance(right.type, OptionalType):
        flag = is_set(context, left if isinstance(left.type, OptionalType) else right)
        return flag if symbol == "is not" else negation(context, flag, node)
    same = left.type == right.type
    return constant_operand(same if symbol == "is" else not same)


def _same_object(context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node) -> Operand:
    """Numbers, and values of other types, are no certain objects."""
    if NONE in (left.type, right.type):
        same = context.apply("reference.is_none", [left if right.type == NONE else right], node)
    elif left.type == right.type:
        same = context.apply("reference.is", [left, right], node)
    else:
        value = item_of(context, right if left.type == OBJECT else left)
        code = "PF402" if isinstance(value.type, StructType) else "PF102"
        raise Unsupported(code, node, f"`{symbol}` on {type_name(value.type)} says nothing", "write `==` or `!=`")
    return same if symbol == "is" else negation(context, same, node)


def _other_comparison(context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node) -> Operand:
    if isinstance(left.type, TupleType) and isinstance(right.type, TupleType):
        return _compare_tuples(context, symbol, left, right, node)
    if isinstance(left.type, ArrayType) and isinstance(right.type, ArrayType):
        return arrays.compare(context, _COMPARE[symbol], left, right, node)
    if NONE in (left.type, right.type) and symbol in ("==", "!=") and OBJECT not in (left.type, right.type):
        return constant_operand((left.type == right.type) == (symbol == "=="))
    raise Unsupported("PF102", node, f"comparing {type_name(left.type)} with {type_name(right.type)} works on objects")


def _compare_tuples(context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node) -> Operand:
    """As the first items that differ compare; where none do, as the lengths."""
    first, second = context.items(left), context.items(right)
    parts = [Part(one, other) for one, other in zip(first, second, strict=False)]
    by_length: bool = getattr(operator, _COMPARE[symbol])(len(first), len(second))
    return compare_in_turn(context, symbol, parts, by_length, node, comparison)


def select(context: FunctionContext, condition: Operand, then: Operand, otherwise: Operand, node: Node) -> Operand:
    """`then if condition else otherwise` of two values that are there already, of one type."""
    assert then.type == otherwise.type
    first, second = context.materialize(then), context.materialize(otherwise)
    target = context.builder.new_block("chosen")
    parameter = Value(then.type)
    target.parameters.append(parameter)
    context.builder.cond_branch(context.materialize(condition), Edge(target, [first]), Edge(target, [second]))
    context.builder.activate(target)
    return Operand(then.type, parameter)


def of_one_type(context: FunctionContext, operands: list[Operand], node: Node) -> list[Operand]:
    """One of these is chosen at run time: all as the type that holds each of them."""
    if not operands:
        return []
    common = variable_type(operands[0])
    for operand in operands[1:]:
        joined = join(common, variable_type(operand))
        if joined is None:
            shown = " and ".join(sorted({type_name(settled(common)), type_name(operand.type)}))
            raise Unsupported("PF105", node, f"it may be {shown} here", "make all of one type")
        common = joined
    weak = [int(operand.number) for operand in operands if operand.is_weak]
    if isinstance(common, FixedInt) and not all(map(common.holds, weak)):
        common = INT
    return [convert(context, operand, settled(common), node) for operand in operands]
