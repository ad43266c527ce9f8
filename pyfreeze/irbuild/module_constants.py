"""Module-level names that are set once, to a constant: their values at compile time.

The value is an assumption, guarded at run time (`BindingKind.CONSTANT`), so it need not be declared Final.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mypy.nodes import (
    AssignmentStmt,
    Block,
    Expression,
    FloatExpr,
    ForStmt,
    IfStmt,
    IntExpr,
    MypyFile,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    Statement,
    StrExpr,
    TryStmt,
    TupleExpr,
    UnaryExpr,
    WhileStmt,
    WithStmt,
)

from pyfreeze.ir.function import ConstantValue
from pyfreeze.irbuild.declared_types import Declared, declared

_LIMIT = 1 << 300


def module_constants(tree: MypyFile) -> dict[str, tuple[ConstantValue, Declared | None]]:
    """Values and declared types by name."""
    found: dict[str, tuple[ConstantValue, Declared | None]] = {}
    counts: dict[str, int] = {}
    for statement, nested in _statements(tree.defs, False):
        for target in _targets(statement):
            counts[target] = counts.get(target, 0) + 1
        if nested or not isinstance(statement, AssignmentStmt) or len(statement.lvalues) != 1:
            continue
        target_node = statement.lvalues[0]
        if isinstance(target_node, NameExpr):
            try:
                value = evaluate(statement.rvalue, {name: value for name, (value, _) in found.items()})
            except _NotConstant:
                continue
            found[target_node.name] = (value, declared(statement.unanalyzed_type, statement.type, tree.names))
    return {name: constant for name, constant in found.items() if counts.get(name) == 1}


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


def _targets(statement: Node) -> Iterator[str]:
    targets: list[Expression] = []
    if isinstance(statement, AssignmentStmt):
        targets = list(statement.lvalues)
    elif isinstance(statement, OperatorAssignmentStmt):
        targets = [statement.lvalue]
    elif isinstance(statement, ForStmt):
        targets = [statement.index]
    for target in targets:
        if isinstance(target, TupleExpr):
            targets.extend(target.items)
        elif isinstance(target, NameExpr):
            yield target.name


class _NotConstant(Exception):
    pass


def has_text(value: ConstantValue) -> bool:
    return any(map(has_text, value)) if isinstance(value, tuple) else isinstance(value, str)


def constant_value(node: Expression, names: Mapping[str, ConstantValue]) -> tuple[bool, ConstantValue]:
    """Whether `node` is a constant, given those in `names`, and its value."""
    try:
        return True, evaluate(node, names)
    except _NotConstant:
        return False, None


def evaluate(node: Expression, names: Mapping[str, ConstantValue]) -> ConstantValue:
    """The value of a constant expression over numbers. Raises _NotConstant."""
    match node:
        case IntExpr(value=value):
            return value
        case FloatExpr(value=real):
            return real
        case StrExpr(value=text):
            return text
        case NameExpr(name="True" | "False" | "None" as name):
            return {"True": True, "False": False, "None": None}[name]
        case NameExpr(name=name) if name in names:
            return names[name]
        case TupleExpr(items=items):
            return tuple(evaluate(item, names) for item in items)
        case UnaryExpr(op="-" | "+" | "~" as symbol, expr=inner):
            number = evaluate(inner, names)
            if isinstance(number, int | float) and not isinstance(number, bool):
                if symbol == "~" and isinstance(number, float):
                    raise _NotConstant
                return -number if symbol == "-" else ~number if isinstance(number, int) and symbol == "~" else number
        case OpExpr(op=symbol, left=left, right=right):
            return _binary(symbol, evaluate(left, names), evaluate(right, names))
        case _:
            pass
    raise _NotConstant


def _binary(symbol: str, left: ConstantValue, right: ConstantValue) -> ConstantValue:
    plain = (int, float)
    if type(left) not in plain or type(right) not in plain:
        raise _NotConstant
    assert isinstance(left, int | float) and isinstance(right, int | float)
    large = symbol in ("**", "<<") and not 0 <= right <= 256
    if large or abs(left) > _LIMIT or abs(right) > _LIMIT:
        raise _NotConstant
    try:
        match symbol:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
            case "//":
                return left // right
            case "%":
                return left % right
            case "**" if isinstance(right, int):
                power: int | float = left**right
                return power
            case _ if isinstance(left, int) and isinstance(right, int):
                return _bitwise(symbol, left, right)
    except ArithmeticError:
        pass
    raise _NotConstant


def _bitwise(symbol: str, left: int, right: int) -> int:
    match symbol:
        case "<<":
            return left << right
        case ">>" if right >= 0:
            return left >> right
        case "&":
            return left & right
        case "|":
            return left | right
        case "^":
            return left ^ right
        case _:
            raise _NotConstant
