"""Expressions to operands."""

from __future__ import annotations

import math
from collections.abc import Callable

from mypy.nodes import (
    ArgKind,
    AssignmentExpr,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    Expression,
    FloatExpr,
    IndexExpr,
    IntExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    RefExpr,
    SliceExpr,
    StrExpr,
    TupleExpr,
    UnaryExpr,
)

from pyfreeze.ir.function import Binding, BindingKind
from pyfreeze.ir.instructions import Block, Value
from pyfreeze.ir.types import FLOAT64, NONE, OBJECT, ArrayType, OptionalType, StructType, TupleType, ViewType
from pyfreeze.irbuild import arrays, calls, views
from pyfreeze.irbuild.arguments import Build
from pyfreeze.irbuild.comparing import leave_if_one_object
from pyfreeze.irbuild.context import FunctionContext, Implied, type_name
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.frozen_operators import frozen_contains, frozen_item, is_always_true
from pyfreeze.irbuild.instances import is_instance
from pyfreeze.irbuild.named_tuples import as_tuple
from pyfreeze.irbuild.native_calls import call_method, class_variable, field, has_member
from pyfreeze.irbuild.operand import Operand, constant_operand, is_int, join, settled, variable_type
from pyfreeze.irbuild.operators import binary, comparison, negation, truth, unary
from pyfreeze.irbuild.optionals import is_set, item_of, used
from pyfreeze.irbuild.unsupported import Consequence, Unsupported

_SINGLETONS = {"builtins.True": True, "builtins.False": False, "builtins.None": None}
_MATH_CONSTANTS = {name: getattr(math, name) for name in ("pi", "e", "tau", "inf", "nan")}


def expression(context: FunctionContext, node: Expression) -> Operand:
    """Build `node` at the current place, where it is used as what it is if it is not None."""
    return used(context, expression_or_none(context, node), node)


def expression_or_none(context: FunctionContext, node: Expression) -> Operand:
    """Build `node` at the current place, where None is as good as any other value."""
    if _branches(node):
        with context.in_branches():
            return _expression(context, node)
    operand = _expression(context, node)
    context.evaluated(node, operand)
    return operand


def _branches(node: Expression) -> bool:
    """Whether parts of `node` may not be evaluated."""
    match node:
        case OpExpr(op="and" | "or") | ConditionalExpr():
            return True
        case ComparisonExpr(operators=symbols):
            return len(symbols) > 1
        case _:
            return False


def _expression(context: FunctionContext, node: Expression) -> Operand:
    match node:
        case IntExpr(value=value):
            return constant_operand(value)
        case FloatExpr(value=value):
            return constant_operand(value)
        case NameExpr():
            return _name(context, node)
        case MemberExpr():
            return _member(context, node)
        case OpExpr(op="and" | "or"):
            return _logical(context, node, expression_or_none)
        case OpExpr(op=symbol, left=left, right=right):
            return binary(context, symbol, *operands(context, left, right), node)
        case UnaryExpr(op="not", expr=inner):
            return negation(context, condition(context, inner), node)
        case UnaryExpr(op=symbol, expr=inner):
            return unary(context, symbol, expression(context, inner), node)
        case ComparisonExpr():
            return _comparison_chain(context, node)
        case ConditionalExpr():
            return _conditional(context, node)
        case TupleExpr(items=items):
            return tuple_of(context, items)
        case IndexExpr():
            return _index(context, node)
        case CallExpr(callee=NameExpr(fullname="builtins.isinstance", name="isinstance"), args=[tested, class_]):
            return _is_instance(context, tested, class_, node)
        case CallExpr():
            return calls.call(context, node, expression, expression_or_none)
        case AssignmentExpr(target=target, value=value):
            context.assign(target.name, expression_or_none(context, value), node, convert)
            return context.read(target.name, node)
        case StrExpr(value=text):
            return Operand(OBJECT, context.builder.constant(OBJECT, text))
        case _:
            raise Unsupported("PF102", node, f"{_described(node)} works on objects")


def _is_instance(context: FunctionContext, tested: Expression, class_: Expression, node: CallExpr) -> Operand:
    if node.arg_kinds != [ArgKind.ARG_POS] * 2 or "isinstance" in context.code.co_varnames:
        raise Unsupported("PF106", node, "this call of `isinstance` works on objects")
    context.bind_builtin("isinstance")
    operand = expression_or_none(context, tested)
    if not isinstance(operand.type, OptionalType):
        return constant_operand(is_instance(context, operand.type, class_, node))
    of_values, of_none = (is_instance(context, type_, class_, node) for type_ in (operand.type.item, NONE))
    if of_values == of_none:
        return constant_operand(of_none)
    return is_set(context, operand) if of_values else negation(context, is_set(context, operand), node)


def operands(context: FunctionContext, left: Expression, right: Expression) -> tuple[Operand, Operand]:
    """Both operands of an operator. What may still be an int counts as a float beside one: the result is the same."""
    first, first_int = _either(context, left)
    second, second_int = _either(context, right)
    _settle(context, (first, first_int), (second, second_int), left)
    return first, second


_Either = tuple[Operand, Value | None]


def _either(context: FunctionContext, node: Expression, build: Build = expression) -> _Either:
    if isinstance(node, NameExpr) and node.name in context.facts.late_floats:
        return context.read_either(node.name, node)
    return build(context, node), None


def _settle(context: FunctionContext, left: _Either, right: _Either, node: Expression) -> None:
    """Leave where one of the two is an int and the other no float."""
    for (_, flag), (partner, partner_flag) in ((left, right), (right, left)):
        if partner.type != FLOAT64 or partner_flag is not None:
            context.leave_if_int(flag, node)


def _described(node: Expression) -> str:
    words = {
        "ListExpr": "a list",
        "DictExpr": "a dict",
        "SetExpr": "a set",
        "ListComprehension": "a list comprehension",
        "SetComprehension": "a set comprehension",
        "DictionaryComprehension": "a dict comprehension",
        "GeneratorExpr": "a generator expression",
        "LambdaExpr": "a lambda",
        "YieldExpr": "yield",
        "AwaitExpr": "await",
        "SuperExpr": "super()",
        "BytesExpr": "bytes",
        "ComplexExpr": "a complex number",
        "SliceExpr": "a slice",
        "StarExpr": "a starred expression",
        "EllipsisExpr": "`...`",
    }
    return words.get(type(node).__name__, "this expression")


def _name(context: FunctionContext, node: NameExpr) -> Operand:
    if node.fullname in _SINGLETONS:
        return constant_operand(_SINGLETONS[node.fullname])
    if node.name in context.unknown:
        raise Consequence(node)
    local = context.scope_prefix + node.name
    if local in context.variables or local in context.facts.variables:
        return context.read(local, node)
    if node.name in context.code.co_varnames:
        return context.read(node.name, node)
    return _constant(context, node, node.name) or context.read_global(node.name, node.fullname, node)


def _member(context: FunctionContext, node: MemberExpr) -> Operand:
    if isinstance(node.expr, NameExpr) and node.fullname.startswith("math."):
        context.bind(Binding(BindingKind.MODULE, node.expr.name, "math"))
        found = _constant(context, node, None)
        if found is not None:
            return found
    class_ = calls.frozen_class_of(context, node.expr)
    if class_ is not None:
        found = class_variable(context, class_.name, node.name)
        if found is not None:
            return found
    elif not calls.is_in_module(node):
        try:
            whole = expression(context, node.expr)
        except Consequence:  # in a report, the attribute is a reason of its own
            raise _no_attribute(node) from None
        if isinstance(whole.type, ViewType):
            found = views.attribute(context, whole, node.name, node)
        else:
            found = field(context, whole, node.name, node)
        if found is not None:
            return found
        if has_member(context, whole.type, node.name):
            assert isinstance(whole.type, StructType)
            if context.classes[whole.type.name].members[node.name].kind == "property":
                return call_method(context, whole, node.name, [], node)
        if isinstance(whole.type, StructType):
            found = class_variable(context, whole.type.name, node.name)
            if found is not None:
                return found
    raise _no_attribute(node)


def _no_attribute(node: MemberExpr) -> Unsupported:
    return Unsupported("PF102", node, f"reading attribute `{node.name}` works on objects")


def _constant(context: FunctionContext, node: RefExpr, name: str | None) -> Operand | None:
    """A constant of `math`, imported as `name` or read from the module."""
    module, _, attribute = (node.fullname or "").rpartition(".")
    if module != "math" or attribute not in _MATH_CONSTANTS:
        return None
    if name is not None:
        context.bind(Binding(BindingKind.IMPORTED, name, "math", attribute))
    else:
        context.bind(Binding(BindingKind.ATTRIBUTE, attribute, "math", attribute))
    return constant_operand(_MATH_CONSTANTS[attribute])


def condition(context: FunctionContext, node: Expression) -> Operand:
    """`node` as a truth value."""
    if isinstance(node, OpExpr) and node.op in ("and", "or"):
        with context.in_branches():
            return _logical(context, node, condition)
    if isinstance(node, UnaryExpr) and node.op == "not":
        return negation(context, condition(context, node.expr), node)
    found = views.condition(context, node, expression)
    return found if found is not None else truth(context, expression_or_none(context, node), node)


def _logical(
    context: FunctionContext, node: OpExpr, build: Callable[[FunctionContext, Expression], Operand]
) -> Operand:
    """`and`, `or`: what `build` makes of one operand, the second evaluated only if needed."""
    left = build(context, node.left)
    decided = truth(context, left, node.left)
    if decided.is_constant and left.is_constant:
        return build(context, node.right) if bool(left.constant) == (node.op == "and") else left
    kept = _kept(context, node, left)
    more, done = context.branch_on(decided, node)
    if node.op == "or":
        more, done = done, more
    before = dict(context.variables)
    context.enter(more)
    right = build(context, node.right)
    result = _join_values(context, [(done, before, kept), (None, None, right)], node)
    if build is condition:
        _note_implied(context, node, [decided, right], result)
    return result


def _kept(context: FunctionContext, node: OpExpr, left: Operand) -> Operand:
    """What the left operand of `and` or `or` is where the right one is not evaluated."""
    if not isinstance(left.type, OptionalType):
        return left
    if node.op == "or":
        return item_of(context, left)
    always_true = isinstance(left.type.item, StructType) and is_always_true(context, left.type.item)
    return constant_operand(None) if always_true else left


def _note_implied(context: FunctionContext, node: OpExpr, conditions: list[Operand], result: Operand) -> None:
    """If `and` is true, both conditions are; if `or` is false, neither is."""
    implied = [context.implied[item.value] for item in conditions if item.value in context.implied]
    if result.value is not None and node.op == "and":
        context.implied[result.value] = Implied(if_true=frozenset().union(*(item.if_true for item in implied)))
    elif result.value is not None:
        context.implied[result.value] = Implied(if_false=frozenset().union(*(item.if_false for item in implied)))


_Way = tuple[Block | None, dict[str, Value] | None, Operand]


def _join_values(context: FunctionContext, ways: list[_Way], node: Expression) -> Operand:
    """Join operands computed on several ways, (block, variables, operand) each; None stands for the current block."""
    types = [variable_type(operand) for _, _, operand in ways]
    common = types[0]
    for type_ in types[1:]:
        joined = join(common, type_)
        if joined is None:
            first, second = type_name(settled(common)), type_name(settled(type_))
            raise Unsupported("PF105", node, f"the value may be {first} or {second} here", "make both of one type")
        common = joined
    incoming = []
    here = (context.builder.block, context.variables)
    for given, at_its_end, operand in ways:
        block, variables = (given, at_its_end) if given is not None else here
        assert block is not None and variables is not None
        context.builder.activate(block)
        value = context.materialize(convert(context, operand, settled(common), node))
        assert context.builder.block is not None
        incoming.append((context.builder.block, {**variables, "": value}))
    context.merge(incoming, "joined")
    value = context.variables.pop("")
    context.variables.pop("!", None)
    return Operand(settled(common), value)


def _conditional(context: FunctionContext, node: ConditionalExpr) -> Operand:
    decided = condition(context, node.cond)
    if decided.is_constant:
        return expression_or_none(context, node.if_expr if decided.constant else node.else_expr)
    then, otherwise = context.branch_on(decided, node)
    before = dict(context.variables)
    context.enter(then)
    first = expression_or_none(context, node.if_expr)
    end, after = context.builder.block, context.variables
    context.variables = before
    context.enter(otherwise)
    second = expression_or_none(context, node.else_expr)
    return _join_values(context, [(end, after, first), (None, None, second)], node)


def _comparison_chain(context: FunctionContext, node: ComparisonExpr) -> Operand:
    """`a < b < c`: each operand once, and only as far as needed."""
    left, left_int = _either(context, node.operands[0], expression_or_none)
    ways: list[_Way] = []
    last = len(node.operators) - 1
    for index, symbol in enumerate(node.operators):
        if symbol in ("in", "not in"):
            context.leave_if_int(left_int, node)
            result = _membership(context, symbol, left, node.operands[index + 1], node)
            right, right_int = left, left_int
        else:
            right, right_int = _either(context, node.operands[index + 1], expression_or_none)
            _settle(context, (left, left_int), (right, right_int), node)
            result = comparison(context, symbol, left, right, node)
        if index == last:
            break
        if result.is_constant:
            if not result.constant:
                break
            left, left_int = right, right_int
            continue
        more, done = context.branch_on(result, node)
        ways.append((done, dict(context.variables), constant_operand(False)))
        context.builder.activate(more)
        left, left_int = right, right_int
    return _join_values(context, [*ways, (None, None, result)], node) if ways else result


def _membership(
    context: FunctionContext, symbol: str, left: Operand, container: Expression, node: Expression
) -> Operand:
    """`x in (1, 2, y)`, `x in range(a, b)`."""
    ranged = calls.range_call(container)
    if ranged is not None:
        left = used(context, left, node)
    if ranged is not None and len(ranged.args) < 3 and is_int(left.type):
        (start, stop, _), _ = calls.range_bounds(context, ranged, expression)
        limits = [comparison(context, ">=", left, start, node), comparison(context, "<", left, stop, node)]
        result = context.apply("bool.and", limits, node)
        return negation(context, result, node) if symbol == "not in" else result
    whole = as_tuple(context, expression(context, container), "__contains__")
    if isinstance(whole.type, ArrayType):
        result = arrays.contains(context, whole, left, node)
        return negation(context, result, node) if symbol == "not in" else result
    if isinstance(whole.type, StructType):
        result = truth(context, frozen_contains(context, whole, left, node), node)
        return negation(context, result, node) if symbol == "not in" else result
    if not isinstance(whole.type, TupleType):
        raise Unsupported("PF112", node, f"`{symbol}` is compiled only for tuples, ranges and arrays so far")
    result = constant_operand(False)
    for candidate in context.items(whole):
        equal = comparison(context, "==", left, candidate, node)
        if equal.is_constant:
            result = equal if equal.constant else result
            continue
        leave_if_one_object(context, left, candidate, node, equal)
        result = equal if result == constant_operand(False) else context.apply("bool.or", [result, equal], node)
    return negation(context, result, node) if symbol == "not in" else result


def tuple_of(context: FunctionContext, items: list[Expression]) -> Operand:
    values = [context.materialize(expression_or_none(context, item)) for item in items]
    made = context.builder.make_tuple(values)
    return Operand(made.type, made)


def _index(context: FunctionContext, node: IndexExpr) -> Operand:
    if views.is_element(context, node):
        raise views.unconverted(node)
    whole = expression(context, node.base)
    if isinstance(whole.type, ViewType):
        return views.item(context, whole, node.index, node, expression)
    if isinstance(node.index, SliceExpr) and isinstance(whole.type, ArrayType):
        return arrays.slice_of(context, whole, node.index, node, expression)
    index = views.as_index(context, node.index, expression)
    whole = as_tuple(context, whole, "__getitem__")
    if isinstance(whole.type, ArrayType):
        return arrays.item(context, whole, index, node)
    if isinstance(whole.type, StructType):
        return frozen_item(context, whole, index, node)
    if not isinstance(whole.type, TupleType) or not index.is_weak:
        raise Unsupported("PF112", node, f"indexing {type_name(whole.type)} works on objects")
    count, number = len(whole.type.items), int(index.number)
    if not -count <= number < count:
        raise Unsupported("PF102", node, "this index raises IndexError")
    return context.items(whole)[number]
