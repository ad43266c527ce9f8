"""`while` and `for … in range(…)`, with `else`, `break` and `continue`.

A loop's header has a parameter for each variable that the loop assigns; each way back polls for signals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    DelStmt,
    Expression,
    ForStmt,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    Statement,
    TupleExpr,
    WhileStmt,
)

from pyfreeze.ir.instructions import Block, Constant, LoopKind, LoopState, Value
from pyfreeze.ir.types import INT64, Type
from pyfreeze.irbuild import calls
from pyfreeze.irbuild.context import FunctionContext, Loop
from pyfreeze.irbuild.expressions import condition, expression
from pyfreeze.irbuild.operand import Operand
from pyfreeze.irbuild.operators import convert
from pyfreeze.irbuild.unsupported import Unsupported

BuildBlock = Callable[[FunctionContext, list[Statement]], None]


def assigned_names(node: Node) -> Iterator[str]:
    """Names that `node` assigns or deletes, anywhere in it."""
    yield from _names_in(node)


def _names_in(node: object) -> Iterator[str]:
    waiting = [node]
    while waiting:
        current = waiting.pop()
        match current:
            case AssignmentStmt(lvalues=targets):
                for target in targets:
                    yield from _targets(target)
            case OperatorAssignmentStmt(lvalue=target) | AssignmentExpr(target=target) | DelStmt(expr=target):
                yield from _targets(target)
            case ForStmt(index=target):
                yield from _targets(target)
            case _:
                pass
        waiting.extend(_children(current))


def _children(node: object) -> Iterator[object]:
    for name in _CHILD_ATTRIBUTES:
        child = getattr(node, name, None)
        if isinstance(child, list):
            yield from child
        elif isinstance(child, Node):
            yield child


# Attributes of the node classes that the builders accept. mypy's compiled visitors cannot be subclassed.
_CHILD_ATTRIBUTES = (
    "body",
    "else_body",
    "expr",
    "rvalue",
    "value",
    "left",
    "right",
    "operands",
    "args",
    "items",
    "cond",
    "if_expr",
    "else_expr",
    "base",
    "index",
    "msg",
)


def _targets(target: Expression) -> Iterator[str]:
    if isinstance(target, NameExpr):
        yield target.name
    elif isinstance(target, TupleExpr):
        for item in target.items:
            yield from _targets(item)


def _open_header(
    context: FunctionContext, node: Statement, name: str, extra: list[Value]
) -> tuple[Block, list[str], list[Value]]:
    """Jump to a new loop header; returns it, the variables that are its parameters, and the extra parameters."""
    assigned = set(assigned_names(node))
    carried = [key for key in context.variables if key.rstrip("?#") in assigned]
    header = context.builder.new_block(name)
    extras = [Value(value.type, value.name) for value in extra]
    parameters = [Value(context.variables[key].type, key) for key in carried]
    header.parameters = extras + parameters
    context.builder.branch(header, extra + [context.variables[key] for key in carried])
    context.builder.activate(header)
    context.variables = {**context.variables, **dict(zip(carried, parameters, strict=True))}
    context.set_at[header] = frozenset(context.variables)
    return header, carried, extras


def _close(
    context: FunctionContext,
    node: Statement,
    header: Block,
    carried: list[str],
    extra: Callable[[], list[Value]],
    own: LoopState | None = None,
) -> None:
    """The way back: poll, then jump to the header with the variables as they are. `own` is the state of a `for` loop."""
    if context.builder.terminated:
        return
    context.begin_step(node, own, context.set_at[header])
    context.builder.poll(context.site(node))
    again = extra()
    context.builder.branch(header, again + [context.variables[key] for key in carried])


def while_loop(context: FunctionContext, node: WhileStmt, build_block: BuildBlock) -> None:
    header, carried, _ = _open_header(context, node, "while", [])
    context.begin_step(node, None, check=False)  # was checked on the way here
    loop = Loop()
    decided = condition(context, node.expr)
    exits = []
    if decided.is_constant:
        if not decided.constant:
            exits = context.here()
            context.builder.block = None
    else:
        body, leave = context.branch_on(decided, node)
        exits = [(leave, dict(context.variables))]
        context.builder.activate(body)
    _body(context, node.body.body, loop, build_block)
    context.merge(loop.continues + context.here(), "again")
    _close(context, node, header, carried, list)
    _finish(context, node.else_body.body if node.else_body else None, exits, loop, build_block)


def _body(context: FunctionContext, statements: list[Statement], loop: Loop, build_block: BuildBlock) -> None:
    context.loops.append(loop)
    build_block(context, statements)
    context.loops.pop()


def _finish(
    context: FunctionContext,
    else_body: list[Statement] | None,
    exits: list[tuple[Block, dict[str, Value]]],
    loop: Loop,
    build_block: BuildBlock,
) -> None:
    context.merge(exits, "exhausted")
    if else_body is not None:
        build_block(context, else_body)
    context.merge(context.here() + loop.breaks, "after")


def for_loop(context: FunctionContext, node: ForStmt, build_block: BuildBlock) -> None:
    ranged = calls.range_call(node.expr)
    if ranged is None or node.is_async or not isinstance(node.index, NameExpr):
        raise Unsupported("PF101", node, "a loop over something else than range(…) is not compiled yet")
    bounds, item = calls.range_bounds(context, ranged, expression)
    start, stop, step = bounds
    if step.value is not None and _constant_of(context, step) == 1:
        _unit_step(context, node, start, stop, item, build_block)
    else:
        _counted_steps(context, node, ranged, bounds, item, build_block)


def _constant_of(context: FunctionContext, operand: Operand) -> object:
    """The constant that `operand`'s value was just made from, or None."""
    for instruction in reversed(context.builder.block.instructions if context.builder.block else []):
        if instruction.result is operand.value:
            return instruction.value if isinstance(instruction, Constant) else None
    return None


def _item(context: FunctionContext, node: ForStmt, value: Operand, type_: Type) -> None:
    """Set the loop's variable from an int64."""
    assert isinstance(node.index, NameExpr)
    operand = convert(context, value, type_, node.index) if type_ != INT64 else value
    context.assign(node.index.name, operand, node.index, convert)


def _unit_step(
    context: FunctionContext, node: ForStmt, start: Operand, stop: Operand, item: Type, build_block: BuildBlock
) -> None:
    """`range(a, b)`: count from the start to the end."""

    def set_item(counter: Value) -> None:
        _item(context, node, Operand(INT64, counter), item)

    _count(
        context, node, LoopKind.RANGE, [context.materialize(start), context.materialize(stop)], set_item, build_block
    )


def _counted_steps(
    context: FunctionContext, node: ForStmt, ranged: Node, bounds: list[Operand], item: Type, build_block: BuildBlock
) -> None:
    """Any other step: count the steps, whose number is computed once; the item is start + number * step."""
    start, _, step = bounds
    steps = context.materialize(context.apply("range.steps", bounds, ranged))
    arithmetic = [context.materialize(start), context.materialize(step)]

    def set_item(counter: Value) -> None:
        # Between start and stop, so that wrapping cannot change it.
        offset = context.apply("int64.mul_wrapping", [counter, arithmetic[1]], node)
        _item(context, node, context.apply("int64.add_wrapping", [arithmetic[0], offset], node), item)

    counted = [context.builder.constant(INT64, 0), steps, *arithmetic]
    _count(context, node, LoopKind.STEPS, counted, set_item, build_block)


def _count(
    context: FunctionContext,
    node: ForStmt,
    kind: LoopKind,
    values: list[Value],
    set_item: Callable[[Value], None],
    build_block: BuildBlock,
) -> None:
    """Run the body for an int64 counter from the first of `values` up to the second; adding 1 below it cannot overflow."""
    first, limit, *arithmetic = values
    header, carried, (counter,) = _open_header(context, node, "for", [first])
    state = LoopState(kind, [counter, limit, *arithmetic], 0)
    taken = LoopState(kind, state.values, 1)
    more = context.apply("int64.lt", [counter, limit], node)
    loop = Loop()
    body, leave = context.branch_on(more, node)
    exits = [(leave, dict(context.variables))]
    context.builder.activate(body)
    context.begin_step(node, state, check=False)
    set_item(counter)
    context.for_loops.append(taken)
    _body(context, node.body.body, loop, build_block)
    context.for_loops.pop()
    context.merge(loop.continues + context.here(), "again")

    def advance() -> list[Value]:
        one = context.builder.constant(INT64, 1)
        return [context.materialize(context.apply("int64.add_wrapping", [counter, one], node))]

    _close(context, node, header, carried, advance, taken)
    _finish(context, node.else_body.body if node.else_body else None, exits, loop, build_block)
