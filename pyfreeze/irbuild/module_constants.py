"""Module-level names that are set once, to a constant expression: their values at compile time.

The value is an assumption, guarded at run time (`BindingKind.CONSTANT`): type and value are compared. So an expression
may be evaluated here although what it refers to may be rebound; a wrong guess costs native code, nothing else.
"""

from __future__ import annotations

import builtins
import math
import operator
import sys
from collections.abc import Callable, Iterator, Mapping

from mypy.nodes import (
    AssignmentStmt,
    Block,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    Expression,
    FloatExpr,
    ForStmt,
    IfStmt,
    IndexExpr,
    IntExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    RefExpr,
    Statement,
    StrExpr,
    TryStmt,
    TupleExpr,
    UnaryExpr,
    WhileStmt,
    WithStmt,
)

from pyfreeze.ir.function import ConstantValue
from pyfreeze.ir.types import FIXED_INTS, FLOAT64, ArrayType, TupleType, Type
from pyfreeze.irbuild.declared_types import Declared, Scope, declared, element_named
from pyfreeze.language import scalars
from pyfreeze.primitives import MATH_FUNCTIONS

_LIMIT = 1 << 1000
"""Bound of the ints that are computed with."""

_LONGEST = 64
"""Items of a tuple."""


def module_constants(tree: MypyFile, scope: Scope) -> dict[str, tuple[ConstantValue, Declared | None]]:
    """Values and declared types by name."""
    values: dict[str, ConstantValue] = {}
    hints: dict[str, Declared | None] = {}
    counts: dict[str, int] = {}
    for statement, nested in _statements(tree.defs, False):
        for target in _targets(statement):
            counts[target.name] = counts.get(target.name, 0) + 1
        if nested or not isinstance(statement, AssignmentStmt):
            continue
        try:
            value = evaluate(statement.rvalue, values)
            for lvalue in statement.lvalues:
                for name, part in _unpacked(lvalue, value):
                    values[name] = part
                    hints[name] = declared(statement.unanalyzed_type, statement.type, scope)
        except NotConstant:
            continue
    return {name: (value, hints[name]) for name, value in values.items() if counts.get(name) == 1}


def written_types(tree: MypyFile, scope: Scope) -> dict[str, Declared | None]:
    """What the module's annotations of its own names say, or what is assigned to them, where mypy does not tell."""
    found: dict[str, Declared | None] = {}
    for statement, _ in _statements(tree.defs, False):
        if not isinstance(statement, AssignmentStmt):
            continue
        if statement.unanalyzed_type is not None and statement.type is not None:
            hint = declared(statement.unanalyzed_type, statement.type, scope)
        elif (made := _made(statement.rvalue, scope)) is not None and isinstance(statement.lvalues[0], NameExpr):
            hint = Declared(made, True)
        else:
            continue
        found |= {target.name: hint for target in _targets(statement)}
    return found


def _made(node: Expression, scope: Scope) -> Type | None:
    """`Array[float64](…)`, a call of a frozen class, or a tuple of such: what mypy takes for an `Array[float]`."""
    match node:
        case CallExpr(callee=MemberExpr(expr=IndexExpr() as made, name="filled" | "from_buffer")):
            pass
        case CallExpr(callee=IndexExpr() as made):
            pass
        case CallExpr(callee=RefExpr(fullname=fullname)):
            return scope.structs.get(fullname or "")
        case FloatExpr():
            return FLOAT64
        case TupleExpr(items=items) if items:
            parts = [_made(item, scope) for item in items]
            known = [part for part in parts if part is not None]
            return TupleType(tuple(known)) if len(known) == len(parts) else None
        case _:
            return None
    if (
        not isinstance(made.base, RefExpr)
        or made.base.fullname != "pyfreeze.Array"
        or not isinstance(made.index, RefExpr)
    ):
        return None
    element = element_named(made.index.fullname or "", scope)
    return ArrayType(element) if element is not None else None


def _statements(statements: list[Statement], nested: bool) -> Iterator[tuple[Statement, bool]]:
    """All module-level statements; `nested` if under a condition or a loop."""
    for statement in statements:
        yield statement, nested
        for name in ("body", "else_body", "finally_body", "handlers"):
            inner = getattr(statement, name, None)
            if not isinstance(statement, IfStmt | ForStmt | WhileStmt | TryStmt | WithStmt):
                continue
            for part in inner if isinstance(inner, list) else [inner]:
                if isinstance(part, Block):
                    yield from _statements(part.body, True)


def _targets(statement: Node) -> Iterator[NameExpr]:
    targets: list[Expression] = []
    if isinstance(statement, AssignmentStmt):
        if type(statement.rvalue).__name__ != "TempNode":  # `x: int` without a value
            targets = list(statement.lvalues)
    elif isinstance(statement, OperatorAssignmentStmt):
        targets = [statement.lvalue]
    elif isinstance(statement, ForStmt):
        targets = [statement.index]
    for target in targets:
        if isinstance(target, TupleExpr):
            targets.extend(target.items)
        elif isinstance(target, NameExpr):
            yield target


def _unpacked(target: Expression, value: ConstantValue) -> Iterator[tuple[str, ConstantValue]]:
    if isinstance(target, NameExpr):
        yield target.name, value
    elif isinstance(target, TupleExpr) and isinstance(value, tuple) and len(target.items) == len(value):
        for item, part in zip(target.items, value, strict=True):
            yield from _unpacked(item, part)


class NotConstant(Exception):
    pass


def has_text(value: ConstantValue) -> bool:
    return any(map(has_text, value)) if isinstance(value, tuple) else isinstance(value, str)


def constant_value(node: Expression, names: Mapping[str, ConstantValue]) -> tuple[bool, ConstantValue]:
    """Whether `node` is a constant, given those in `names`, and its value."""
    try:
        return True, evaluate(node, names)
    except NotConstant:
        return False, None


def evaluate(node: Expression, names: Mapping[str, ConstantValue]) -> ConstantValue:
    """The value of a constant expression. Raises NotConstant, also for one that raises."""
    match node:
        case IntExpr(value=value) | FloatExpr(value=value) | StrExpr(value=value):
            return value
        case NameExpr(name="True" | "False" | "None" as name):
            return {"True": True, "False": False, "None": None}[name]
        case NameExpr(name=name) if name in names:
            return names[name]
        case NameExpr() | MemberExpr():
            return _known(node.fullname)
        case TupleExpr(items=items):
            return tuple(evaluate(item, names) for item in items)
        case UnaryExpr(op=symbol, expr=inner):
            return _apply(_UNARY.get(symbol), evaluate(inner, names))
        case OpExpr(op="and" | "or" as symbol, left=left, right=right):
            first = evaluate(left, names)
            return evaluate(right, names) if bool(first) == (symbol == "and") else first
        case OpExpr(op=symbol, left=left, right=right):
            return _apply(_BINARY.get(symbol), evaluate(left, names), evaluate(right, names))
        case ComparisonExpr(operators=symbols, operands=operands):
            values = [evaluate(operand, names) for operand in operands]
            steps = zip(symbols, values, values[1:], strict=False)
            return all(_apply(_COMPARE.get(symbol), left, right) for symbol, left, right in steps)
        case ConditionalExpr(cond=condition, if_expr=then, else_expr=otherwise):
            return evaluate(then if evaluate(condition, names) else otherwise, names)
        case IndexExpr(base=base, index=index):
            return _apply(operator.getitem, evaluate(base, names), evaluate(index, names))
        case CallExpr(callee=RefExpr(fullname=fullname), args=arguments, arg_names=keywords, arg_kinds=kinds):
            if any(kind.is_star() for kind in kinds):
                raise NotConstant
            given = [
                (keyword, evaluate(argument, names)) for keyword, argument in zip(keywords, arguments, strict=True)
            ]
            positional = [value for keyword, value in given if keyword is None]
            return _apply(
                _CALLABLE.get(fullname or ""), *positional, **{keyword: value for keyword, value in given if keyword}
            )
        case _:
            raise NotConstant


def _inverted(number: int) -> int:
    if isinstance(number, bool):  # warns from 3.12 on
        raise TypeError
    return ~number


def _power(base: int | float, exponent: int | float, modulus: int | None = None) -> object:
    small = isinstance(base, float) or isinstance(exponent, float) or abs(exponent) * base.bit_length() <= 2000
    if not small and modulus is None:
        raise OverflowError
    return pow(base, exponent) if modulus is None else pow(base, exponent, modulus)  # type: ignore[arg-type]


def _shifted(number: int, count: int) -> int:
    if count > 2000:
        raise OverflowError
    return number << count


def _product(left: int | float, right: int | float) -> int | float:
    if isinstance(left, tuple) or isinstance(right, tuple):
        raise TypeError
    return left * right


_UNARY: dict[str, Callable[..., object]] = {"-": operator.neg, "+": operator.pos, "~": _inverted, "not": operator.not_}
_BINARY: dict[str, Callable[..., object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": _product,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
    "<<": _shifted,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
_COMPARE: dict[str, Callable[..., object]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
}
_COSTLY = frozenset(["comb", "factorial", "perm"])  # of large ints
_CALLABLE: dict[str, Callable[..., object]] = {
    **{
        f"builtins.{name}": getattr(builtins, name)
        for name in ("abs", "bool", "divmod", "float", "int", "len", "max", "min", "round", "sum")
    },
    **{f"math.{name}": getattr(math, name) for name in MATH_FUNCTIONS - _COSTLY},
    **{f"pyfreeze.{name}": getattr(scalars, name) for name in (*map(str, FIXED_INTS), "float64", "float32")},
    "builtins.pow": _power,
}


def _known(fullname: str | None) -> ConstantValue:
    """A constant of the standard library."""
    module, _, name = (fullname or "").rpartition(".")
    if module == "math" and name in ("pi", "e", "tau", "inf", "nan"):
        value: float = getattr(math, name)
        return value
    if fullname == "sys.maxsize":
        return sys.maxsize
    raise NotConstant


def _apply(
    function: Callable[..., object] | None, *operands: ConstantValue, **keywords: ConstantValue
) -> ConstantValue:
    """What CPython makes of it."""
    texts = any(map(has_text, operands)) and function not in (int, float, len)
    if function is None or texts or not all(map(_is_moderate, operands)):
        raise NotConstant
    try:
        result = function(*operands, **keywords)
    except Exception:
        raise NotConstant from None
    if not _is_moderate(result):
        raise NotConstant
    return result  # type: ignore[return-value]


def _is_moderate(value: object) -> bool:
    """A constant that is not too large to compute with."""
    if isinstance(value, tuple):
        return len(value) <= _LONGEST and all(map(_is_moderate, value))
    if type(value) is int:
        return abs(value) <= _LIMIT
    return value is None or type(value) in (float, bool, str)
