"""Every reason why a function keeps its twin: building ends at the first, a report wants all.

The function is built once more, going on after what cannot be built. What depends on that, such as a variable whose
value is not known, is passed over: it has no reason of its own. The IR made meanwhile is of no use.
"""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import (
    AssignmentStmt,
    BreakStmt,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    ContinueStmt,
    DelStmt,
    DictExpr,
    Expression,
    ForStmt,
    FuncDef,
    IfStmt,
    IndexExpr,
    ListExpr,
    MatchStmt,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    OpExpr,
    RaiseStmt,
    ReturnStmt,
    SetExpr,
    StarExpr,
    Statement,
    TryStmt,
    TupleExpr,
    UnaryExpr,
    WhileStmt,
    WithStmt,
)
from mypy.nodes import Block as MypyBlock

from pyfreeze.irbuild import views
from pyfreeze.irbuild.context import FunctionContext, Loop
from pyfreeze.irbuild.expressions import expression
from pyfreeze.irbuild.matching import captured_names
from pyfreeze.irbuild.statements import block, falls_off
from pyfreeze.irbuild.targets import store_unsupported
from pyfreeze.irbuild.unsupported import Consequence, Unsupported


def survey(context: FunctionContext, function: FuncDef, reasons: list[Unsupported]) -> None:
    """Append to `reasons` all that keeps the body of `function` from being built. May raise Rebuild."""
    _Survey(reasons).body_of(context, function)


class _Survey:
    def __init__(self, reasons: list[Unsupported]) -> None:
        self._reasons = reasons
        self._known: set[tuple[str, int, str]] = set()

    def body_of(self, context: FunctionContext, function: FuncDef) -> None:
        context.go_on_after = self._go_on_after
        try:
            block(context, function.body.body)
            if not self._reasons:
                falls_off(context, function)
        except Unsupported as unsupported:
            self._note(unsupported)
        except RecursionError:
            self._note(Unsupported("PF190", function, "an expression is nested too deeply"))

    def _note(self, unsupported: Unsupported) -> None:
        key = (unsupported.code, unsupported.line, unsupported.message)
        if not isinstance(unsupported, Consequence) and key not in self._known:
            self._known.add(key)
            self._reasons.append(unsupported)

    def _go_on_after(self, context: FunctionContext, statement: Statement, unsupported: Unsupported) -> None:
        """Look into what `statement` holds, and leave the builder where the next statement can be built."""
        self._note(unsupported)
        if isinstance(statement, AssignmentStmt) and any(
            isinstance(target, IndexExpr | MemberExpr) for target in statement.lvalues
        ):
            self._note(store_unsupported(statement))
        for whole in expressions_of(statement):
            self._explore(context, whole)
        context.unknown |= set(_set_by(statement))
        for body in bodies_of(statement):
            _restart(context)
            context.loops.append(Loop())
            block(context, body.body)
            context.loops.pop()
        _restart(context)
        if isinstance(statement, ReturnStmt | RaiseStmt | BreakStmt | ContinueStmt):
            context.builder.block = None

    def _explore(self, context: FunctionContext, whole: Expression) -> None:
        """Try `whole`; if it cannot be built, each of its parts."""
        _restart(context)
        try:
            views.to_convert(context, whole, expression)
        except Unsupported as unsupported:
            if isinstance(whole, CallExpr | MemberExpr | IndexExpr | OpExpr | NameExpr):
                self._note(unsupported)
            for part in parts_of(whole):
                self._explore(context, part)


def _restart(context: FunctionContext) -> None:
    context.builder.activate(context.builder.new_block("survey"))


def expressions_of(statement: Statement) -> Iterator[Expression]:
    """What the statement itself evaluates, without its bodies."""
    match statement:
        case AssignmentStmt(rvalue=value, lvalues=targets):
            yield value
            for target in targets:
                yield from parts_of(target)
        case OperatorAssignmentStmt(rvalue=value, lvalue=target):
            yield value
            yield from parts_of(target)
        case IfStmt(expr=conditions):
            yield from conditions
        case WithStmt(expr=managers):
            yield from managers
        case MatchStmt(subject=subject):
            yield subject
        case _:
            if isinstance(inner := getattr(statement, "expr", None), Expression):
                yield inner


def parts_of(whole: Expression) -> Iterator[Expression]:
    """Operands of `whole` that are built as they would be on their own."""
    match whole:
        case OpExpr(left=left, right=right):
            yield from (left, right)
        case UnaryExpr(expr=inner) | StarExpr(expr=inner):
            yield inner
        case ComparisonExpr(operands=items) | TupleExpr(items=items) | ListExpr(items=items) | SetExpr(items=items):
            yield from items
        case DictExpr(items=pairs):
            yield from (part for pair in pairs for part in pair if part is not None)
        case ConditionalExpr(cond=condition, if_expr=first, else_expr=second):
            yield from (condition, first, second)
        case IndexExpr(base=base, index=index):
            yield from (base, index)
        case CallExpr(callee=callee, args=arguments):
            if isinstance(callee, MemberExpr) and isinstance(callee.expr, CallExpr | IndexExpr):
                yield callee.expr
            yield from arguments
        case MemberExpr(expr=inner) if not isinstance(inner, NameExpr):
            yield inner
        case _:
            pass


def _set_by(statement: Statement) -> Iterator[str]:
    """Local names that the statement itself sets, without its bodies."""
    match statement:
        case AssignmentStmt(lvalues=targets):
            pass
        case OperatorAssignmentStmt(lvalue=target) | DelStmt(expr=target) | ForStmt(index=target):
            targets = [target]
        case MatchStmt(patterns=patterns):
            for pattern in patterns:
                yield from captured_names(pattern)
            targets = []
        case WithStmt(target=names):
            targets = [target for target in names if target is not None]
        case TryStmt(vars=names):
            targets = [target for target in names if target is not None]
        case _:
            targets = []
    for target in targets:
        yield from _names(target)


def _names(target: Expression) -> Iterator[str]:
    match target:
        case NameExpr(name=name):
            yield name
        case TupleExpr(items=items) | ListExpr(items=items):
            for item in items:
                yield from _names(item)
        case StarExpr(expr=inner):
            yield from _names(inner)
        case _:
            pass


def bodies_of(statement: Statement) -> list[MypyBlock]:
    optional: list[MypyBlock | None]
    match statement:
        case IfStmt(body=bodies, else_body=last):
            optional = [*bodies, last]
        case WhileStmt(body=body, else_body=last) | ForStmt(body=body, else_body=last):
            optional = [body, last]
        case WithStmt(body=body):
            optional = [body]
        case TryStmt(body=body, handlers=handlers, else_body=last, finally_body=finish):
            optional = [body, *handlers, last, finish]
        case MatchStmt(bodies=bodies):
            optional = [*bodies]
        case _:
            optional = []
    return [body for body in optional if body is not None]
