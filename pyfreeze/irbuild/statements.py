"""Statements, except loops."""

from __future__ import annotations

import builtins
import sys

from mypy.nodes import (
    AssertStmt,
    AssignmentStmt,
    BreakStmt,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    ContinueStmt,
    DelStmt,
    EllipsisExpr,
    Expression,
    ExpressionStmt,
    FloatExpr,
    ForStmt,
    IfStmt,
    IndexExpr,
    IntExpr,
    MatchStmt,
    NameExpr,
    OperatorAssignmentStmt,
    OpExpr,
    PassStmt,
    RaiseStmt,
    RefExpr,
    ReturnStmt,
    Statement,
    StrExpr,
    UnaryExpr,
    WhileStmt,
)
from mypy.nodes import Block as MypyBlock
from mypy.nodes import Context as Node

from pyfreeze.ir.types import TEXT, ArrayType, FixedInt, FloatType, NoneKind, ObjectType, OptionalType, ViewType
from pyfreeze.irbuild import arrays, loops, views
from pyfreeze.irbuild.context import FunctionContext
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.declared_types import declared
from pyfreeze.irbuild.expressions import condition, expression, expression_or_none, operands
from pyfreeze.irbuild.matching import match_statement
from pyfreeze.irbuild.operand import Operand, constant_operand, is_number, variable_type
from pyfreeze.irbuild.operators import binary
from pyfreeze.irbuild.targets import store, store_unsupported
from pyfreeze.irbuild.unsupported import Unsupported


def block(context: FunctionContext, statements: list[Statement]) -> None:
    for statement in statements:
        if context.builder.terminated:
            return  # unreachable
        try:
            _statement(context, statement)
        except Unsupported as unsupported:
            if context.go_on_after is None:
                raise
            context.go_on_after(context, statement, unsupported)


def _statement(context: FunctionContext, node: Statement) -> None:
    context.begin(node, check=not _is_empty(node))
    match node:
        case ExpressionStmt(expr=StrExpr() | EllipsisExpr()) | PassStmt():
            pass
        case ExpressionStmt(expr=inner):
            expression_or_none(context, inner)
        case AssignmentStmt():
            _assignment(context, node)
        case OperatorAssignmentStmt(op=symbol, lvalue=IndexExpr() as target, rvalue=right):
            _operate_on_item(context, symbol, target, right, node)
        case OperatorAssignmentStmt(op=symbol, lvalue=NameExpr() as target, rvalue=right):
            _operate_on_name(context, symbol, target, right, node)
        case IfStmt():
            _if(context, node)
        case WhileStmt():
            loops.while_loop(context, node, block)
        case ForStmt():
            loops.for_loop(context, node, block)
        case MatchStmt():
            match_statement(context, node, block)
        case BreakStmt():
            context.loops[-1].breaks += context.here()
            context.builder.block = None
        case ContinueStmt():
            context.loops[-1].continues += context.here()
            context.builder.block = None
        case ReturnStmt(expr=value):
            return_value(context, _returned(context, value) if value is not None else constant_operand(None), node)
        case AssertStmt():
            _assert(context, node)
        case RaiseStmt():
            _raise(context, node)
        case DelStmt(expr=NameExpr(name=name)) if name in context.code.co_varnames:
            context.unset(name, node)
        case DelStmt(expr=IndexExpr() as target):
            arrays.delete(context, target, expression)
        case MypyBlock(body=body):
            block(context, body)
        case _:
            raise Unsupported("PF101", node, f"{_described(node)} works on objects")


def _is_empty(node: Statement) -> bool:
    """Whether it can neither fail nor depend on a binding, and may have no bytecode."""
    match node:
        case ExpressionStmt(expr=StrExpr() | EllipsisExpr()) | PassStmt() | BreakStmt() | ContinueStmt() | MypyBlock():
            return True
        case ReturnStmt(expr=None | IntExpr() | FloatExpr()):
            return True
        case _:
            return False


def _described(node: Statement) -> str:
    words = {
        "TryStmt": "try",
        "WithStmt": "with",
        "FuncDef": "a nested function",
        "Decorator": "a nested function",
        "ClassDef": "a class inside a function",
        "GlobalDecl": "global",
        "NonlocalDecl": "nonlocal",
        "Import": "import inside a function",
        "ImportFrom": "import inside a function",
        "DelStmt": "this del",
        "OperatorAssignmentStmt": "assigning to an attribute or an item",
    }
    return words.get(type(node).__name__, "this statement")


def _assignment(context: FunctionContext, node: AssignmentStmt) -> None:
    if node.type is not None and isinstance(node.lvalues[0], NameExpr):
        hint = declared(node.unanalyzed_type, node.type, context.scope)
        if hint is not None:
            context.facts.declared[node.lvalues[0].name] = hint
    if type(node.rvalue).__name__ == "TempNode":  # `x: int` without a value
        return
    value = views.for_target(context, node.lvalues, node.rvalue, expression_or_none)
    for target in node.lvalues:
        store(context, target, value, node)


def _operate_on_item(
    context: FunctionContext, symbol: str, target: IndexExpr, right: Expression, node: Statement
) -> None:
    """`array[i] += x`: array and index are evaluated once."""
    array = expression(context, target.base)
    if isinstance(array.type, ViewType):
        _operate_on_element(context, symbol, array, target, right, node)
        return
    index = views.as_index(context, target.index, expression)
    if not isinstance(array.type, ArrayType):
        raise store_unsupported(node)
    before = arrays.item(context, array, index, target)
    context.evaluated(target, before)
    after = binary(context, symbol, before, expression(context, right), node, in_place=True)
    arrays.set_item(context, array, index, after, target)


def _operate_on_element(
    context: FunctionContext, symbol: str, view: Operand, target: IndexExpr, right: Expression, node: Statement
) -> None:
    """`view[i] += x`."""
    assert isinstance(view.type, ViewType)
    index = views.subscript(context, view, target.index, expression)
    if view.type.single:
        raise views.unconverted_single(target)
    if view.type.exporter == "ndarray":
        before = views.raw_item(context, view, index, target)
        after = views.arithmetic(context, symbol, before, views.to_convert(context, right, expression), node)
    else:
        before = views.plain_item(context, view, index, target)
        after = binary(context, symbol, before, expression(context, right), node, in_place=True)
    views.set_item(context, view, index, after, target)


def _operate_on_name(
    context: FunctionContext, symbol: str, target: NameExpr, right: Expression, node: Statement
) -> None:
    """`x += y`."""
    if views.is_element(context, right):
        if not views.has_promise(context, target.name):
            raise views.unconverted(right)
        before = expression(context, target)
        after = views.arithmetic(context, symbol, before, views.to_convert(context, right, expression), node)
    else:
        after = binary(context, symbol, *operands(context, target, right), node, in_place=True)
    context.assign(target.name, after, node, convert)


def _if(context: FunctionContext, node: IfStmt) -> None:
    ends = []
    for test, body in zip(node.expr, node.body, strict=True):
        decided = condition(context, test)
        if decided.is_constant:
            if decided.constant:
                block(context, body.body)
                break
            continue
        then, otherwise = context.branch_on(decided, node)
        before = dict(context.variables)
        context.enter(then)
        block(context, body.body)
        ends += context.here()
        context.variables = before
        context.enter(otherwise)
    else:
        if node.else_body is not None:
            block(context, node.else_body.body)
    context.merge(ends + context.here(), "after")


def _returned(context: FunctionContext, node: Expression) -> Operand:
    wanted = context.declared_result
    is_scalar = wanted is not None and wanted.promise and isinstance(wanted.type, FixedInt | FloatType)
    return views.as_value(context, node, expression) if is_scalar else expression_or_none(context, node)


def return_value(context: FunctionContext, operand: Operand, node: Statement) -> None:
    """Leave with `operand`: coerced to a value annotation, otherwise as it is."""
    wanted = context.declared_result
    if wanted is not None and wanted.promise:
        operand = convert(context, operand, wanted.type, node, coerce=True)
    context.result_types.append(variable_type(operand))
    if wanted is not None and operand.type != wanted.type:
        operand = convert(context, operand, wanted.type, node)
    context.builder.ret(context.materialize(operand))


def _assert(context: FunctionContext, node: AssertStmt) -> None:
    decided = condition(context, node.expr)
    if decided.is_constant and decided.constant:
        return
    if decided.is_constant:
        decided = Operand(decided.type, context.materialize(decided))
    then, otherwise = context.branch_on(decided, node)
    before = dict(context.variables)
    context.enter(otherwise)
    message = [node.msg] if node.msg is not None else []
    _raise_exception(context, "AssertionError", message, node.msg is None, _place_of_failure(node))
    context.variables = before
    context.enter(then)


def _place_of_failure(node: AssertStmt) -> Node:
    """Where CPython's compiler says that an assertion fails."""
    if sys.version_info >= (3, 13):
        return node.expr
    if sys.version_info >= (3, 12):
        return node
    return _last_comparison(node.expr) or node


def _last_comparison(node: Expression) -> Expression | None:
    """The last comparison in a condition; 3.11's compiler_jump_if does not go back from it to the statement."""
    match node:
        case ComparisonExpr():
            return node
        case UnaryExpr(op="not", expr=inner):
            return _last_comparison(inner)
        case OpExpr(op="and" | "or", left=left, right=right):
            return _last_comparison(right) or _last_comparison(left)
        case ConditionalExpr(cond=test, if_expr=then, else_expr=otherwise):
            return _last_comparison(otherwise) or _last_comparison(then) or _last_comparison(test)
        case _:
            return None


# The constructors of these refuse most arguments.
_STRICT = (BaseExceptionGroup, SyntaxError, UnicodeError)

_EXCEPTIONS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception) and not issubclass(value, _STRICT)
)


def _raise(context: FunctionContext, node: RaiseStmt) -> None:
    raised = node.expr
    arguments: list[Expression] = []
    bare = not isinstance(raised, CallExpr)
    if isinstance(raised, CallExpr):
        arguments, kinds = raised.args, raised.arg_kinds
        raised = raised.callee
        bare = not arguments
        if any(not kind.is_positional() or kind.is_star() for kind in kinds):
            context.builder.deopt()
            return
    fullname = raised.fullname if isinstance(raised, RefExpr) else ""
    module, _, name = (fullname or "").rpartition(".")
    if module != "builtins" or name not in _EXCEPTIONS or node.from_expr is not None:
        context.builder.deopt()  # the twin raises it
        return
    context.bind_builtin(name)
    _raise_exception(context, name, arguments, bare, node)


def _raise_exception(context: FunctionContext, name: str, arguments: list[Expression], bare: bool, node: Node) -> None:
    """Arguments that are no scalars or constant strings are left to the twin: it raises the exception itself."""
    try:
        given = [
            constant_operand(argument.value) if isinstance(argument, StrExpr) else expression(context, argument)
            for argument in arguments
        ]
    except Unsupported:
        if context.builder.terminated:
            raise
        context.builder.deopt()
        return
    if any(not (is_number(operand.type) or _is_c_string(operand)) for operand in given):
        context.builder.deopt()
        return
    context.builder.raise_(name, [context.materialize(operand) for operand in given], bare, context.site(node))


def _is_c_string(operand: Operand) -> bool:
    text = operand.constant
    return operand.type == TEXT and isinstance(text, str) and "\0" not in text and text.isascii()


def falls_off(context: FunctionContext, node: Statement) -> None:
    """The end of the body: `return None`."""
    if not context.builder.terminated:
        wanted = context.declared_result
        if wanted is not None and not isinstance(wanted.type, NoneKind | OptionalType | ObjectType):
            raise Unsupported("PF105", node, "the function may return None at its end")
        return_value(context, constant_operand(None), node)
