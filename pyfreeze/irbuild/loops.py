"""`while`, and `for` over ranges and tuples, with `else`, `break` and `continue`.

A loop's header has a parameter for each variable that the loop assigns; each way back polls for signals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mypy.nodes import (
    ArgKind,
    AssignmentExpr,
    AssignmentStmt,
    CallExpr,
    DelStmt,
    Expression,
    ForStmt,
    ListExpr,
    MatchStmt,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    RefExpr,
    Statement,
    StrExpr,
    TupleExpr,
    WhileStmt,
)

from pyfreeze.ir.instructions import Block, Constant, Edge, LoopKind, LoopState, Value
from pyfreeze.ir.types import BOOL, INT, INT64, ArrayType, TupleType, Type, ViewType
from pyfreeze.irbuild import arrays, calls, views
from pyfreeze.irbuild.context import FunctionContext, Loop
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.expressions import condition, expression, tuple_of
from pyfreeze.irbuild.matching import captured_names
from pyfreeze.irbuild.named_tuples import as_tuple
from pyfreeze.irbuild.operand import Operand, constant_operand, is_int
from pyfreeze.irbuild.operators import binary, of_one_type
from pyfreeze.irbuild.targets import store
from pyfreeze.irbuild.unsupported import Consequence, Unsupported

BuildBlock = Callable[[FunctionContext, list[Statement]], None]


def assigned_names(node: Node) -> Iterator[str]:
    """Names that `node` assigns or deletes, anywhere in it."""
    for part in _parts(node):
        match part:
            case AssignmentStmt(lvalues=targets):
                for target in targets:
                    yield from _targets(target)
            case OperatorAssignmentStmt(lvalue=target) | AssignmentExpr(target=target) | DelStmt(expr=target):
                yield from _targets(target)
            case ForStmt(index=target):
                yield from _targets(target)
            case MatchStmt(patterns=patterns):
                for pattern in patterns:
                    yield from captured_names(pattern)
            case _:
                pass


def _deleted_names(node: Node) -> Iterator[str]:
    for part in _parts(node):
        if isinstance(part, DelStmt):
            yield from _targets(part.expr)


def _parts(node: object) -> Iterator[object]:
    """`node` and what it consists of."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
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
    "bodies",
    "subject",
    "guards",
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
    kept = assigned.difference(_deleted_names(node))  # who is set stays so
    carried = [
        key
        for key in context.variables
        if key.rstrip("?#") in assigned
        and not (key.endswith("?") and key[:-1] in kept and context.is_surely_set(key[:-1]))
    ]
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
    context.builder.poll(context.site(node, hardly_fails=True))
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
        before = dict(context.variables)
        context.enter(leave)
        exits = context.here()
        context.variables = before
        context.enter(body)
    _body(context, node.body.body, loop, build_block)
    context.merge(loop.continues + context.here(), "again")
    _close(context, node, header, carried, list)
    _finish(context, node, exits, loop, build_block)


def _body(context: FunctionContext, statements: list[Statement], loop: Loop, build_block: BuildBlock) -> None:
    context.loops.append(loop)
    build_block(context, statements)
    context.loops.pop()


def _finish(
    context: FunctionContext,
    node: WhileStmt | ForStmt,
    exits: list[tuple[Block, dict[str, Value]]],
    loop: Loop,
    build_block: BuildBlock,
) -> None:
    context.merge(exits, "exhausted")
    if isinstance(node, ForStmt):
        context.may_be_set(_targets(node.index))
    if node.else_body is not None:
        build_block(context, node.else_body.body)
    context.merge(context.here() + loop.breaks, "after")


def for_loop(context: FunctionContext, node: ForStmt, build_block: BuildBlock) -> None:
    if node.is_async:
        raise Unsupported("PF101", node, "an asynchronous loop works on objects")
    reverse = calls.reversed_range(node.expr)
    ranged = reverse or calls.range_call(node.expr)
    if ranged is None or not isinstance(node.index, NameExpr):
        _over_items(context, node, build_block)
        return
    if reverse is not None:
        context.bind_builtin("reversed")
    bounds, item = calls.range_bounds(context, ranged, expression)
    start, stop, step = bounds
    if reverse is None and step.value is not None and _constant_of(context, step) == 1:
        _unit_step(context, node, start, stop, item, build_block)
    else:
        _counted_steps(context, node, ranged, bounds, item, reverse is not None, build_block)


def _over_items(context: FunctionContext, node: ForStmt, build_block: BuildBlock) -> None:
    """Over an array, or over a tuple or a list written here, which nobody else can change."""
    match node.expr:
        case CallExpr() as call if _is_enumerate(call):
            _over_array(context, node, call, expression(context, call.args[0]), build_block)
            return
        case ListExpr(items=shown):
            whole = tuple_of(context, shown)
        case StrExpr():
            whole = constant_operand(None)
        case container:
            try:
                whole = expression(context, container)
            except Consequence:  # in a report, the loop is a reason of its own
                raise _no_loop(node) from None
    whole = as_tuple(context, whole, "__iter__")
    if isinstance(whole.type, ArrayType | ViewType):
        _over_array(context, node, None, whole, build_block)
    elif isinstance(whole.type, TupleType):
        _over_tuple(context, node, whole, build_block)
    else:
        raise _no_loop(node)


def _no_loop(node: ForStmt) -> Unsupported:
    text = "a loop over something else than a range, a tuple or an array works on objects"
    return Unsupported("PF101", node, text)


def _over_tuple(context: FunctionContext, node: ForStmt, whole: Operand, build_block: BuildBlock) -> None:
    """Count, and choose the item by its number."""
    items = of_one_type(context, context.items(whole), node)
    if not items:
        build_block(context, node.else_body.body if node.else_body else [])
        return

    def set_item(counter: Value) -> None:
        store(context, node.index, _numbered(context, items, counter, node), node.index)

    first, limit = (context.builder.constant(INT64, number) for number in (0, len(items)))
    made = context.builder.make_tuple([context.materialize(item) for item in items])
    _count(context, node, _LoopValues(LoopKind.ITEMS, first, [made]), lambda: limit, set_item, build_block)


def _numbered(context: FunctionContext, items: list[Operand], number: Value, node: ForStmt) -> Operand:
    """`items[number]`; LLVM makes a table of it, or a few comparisons."""
    values = [context.materialize(item) for item in items]
    chosen, item = context.builder.new_block("chosen"), Value(values[0].type)
    chosen.parameters.append(item)
    for index, value in enumerate(values[:-1]):
        is_this = context.apply("int64.eq", [number, context.builder.constant(INT64, index)], node)
        following = context.builder.new_block("following")
        context.builder.cond_branch(context.materialize(is_this), Edge(chosen, [value]), Edge(following))
        context.builder.activate(following)
    context.builder.branch(chosen, [values[-1]])
    context.builder.activate(chosen)
    return Operand(item.type, item)


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

    limit = context.materialize(stop)
    state = _LoopValues(LoopKind.RANGE, context.materialize(start), [limit])
    _count(context, node, state, lambda: limit, set_item, build_block)


def _counted_steps(
    context: FunctionContext,
    node: ForStmt,
    ranged: Node,
    bounds: list[Operand],
    item: Type,
    backward: bool,
    build_block: BuildBlock,
) -> None:
    """Any other step: count the steps, whose number is computed once; the item is start + number * step."""
    start, _, step = bounds
    steps = context.materialize(context.apply("range.steps", bounds, ranged))
    arithmetic = [context.materialize(start), context.materialize(step)]
    last = context.apply("int64.sub_wrapping", [steps, context.builder.constant(INT64, 1)], node) if backward else None

    def set_item(counter: Value) -> None:
        # Between start and stop, so that wrapping cannot change it.
        number = counter if last is None else context.apply("int64.sub_wrapping", [last, counter], node)
        offset = context.apply("int64.mul_wrapping", [number, arithmetic[1]], node)
        _item(context, node, context.apply("int64.add_wrapping", [arithmetic[0], offset], node), item)

    kind = LoopKind.REVERSED if backward else LoopKind.STEPS
    state = _LoopValues(kind, context.builder.constant(INT64, 0), [steps, *arithmetic])
    _count(context, node, state, lambda: steps, set_item, build_block)


@dataclass(frozen=True, slots=True)
class _LoopValues:
    """Where a loop starts to count, and what its iterator is made of besides the counter (see `LoopKind`)."""

    kind: LoopKind
    first: Value
    rest: list[Value]


def _count(
    context: FunctionContext,
    node: ForStmt,
    values: _LoopValues,
    limit: Callable[[], Value],
    set_item: Callable[[Value], None],
    build_block: BuildBlock,
) -> None:
    """Run the body for an int64 counter from the first value up to `limit`, which each step asks for again."""
    header, carried, (counter,) = _open_header(context, node, "for", [values.first])
    state = LoopState(values.kind, [counter, *values.rest], 0)
    taken = LoopState(values.kind, state.values, 1)
    more = context.apply("int64.lt", [counter, limit()], node)
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
        # Below the limit, so that this cannot overflow.
        one = context.builder.constant(INT64, 1)
        return [context.materialize(context.apply("int64.add_wrapping", [counter, one], node))]

    _close(context, node, header, carried, advance, taken)
    _finish(context, node, exits, loop, build_block)


def _over_array(
    context: FunctionContext, node: ForStmt, numbering: CallExpr | None, array: Operand, build_block: BuildBlock
) -> None:
    """`for x in array`, `for i, x in enumerate(array, start)`."""
    start: Operand | None = None
    if numbering is not None:
        context.bind_builtin("enumerate")
        start = expression(context, numbering.args[1]) if len(numbering.args) == 2 else constant_operand(0)
        if not is_int(start.type):
            raise Unsupported("PF101", node, "this enumerate() works on objects")
    if not isinstance(array.type, ArrayType | ViewType):
        raise Unsupported("PF101", node, "enumerate() is compiled only for arrays so far")
    if isinstance(array.type, ViewType):
        _check_view(context, node, array.type)

    def set_item(counter: Value) -> None:
        element = _element(context, array, Operand(INT64, counter), node)
        if start is not None:
            number = binary(context, "+", convert(context, Operand(INT64, counter), INT, node), start, node)
            pair = context.builder.make_tuple([context.materialize(number), context.materialize(element)])
            element = Operand(pair.type, pair)
        store(context, node.index, element, node)

    if isinstance(array.type, ViewType):  # has a length that stays
        count = context.materialize(views.length(context, array, node))

    def limit() -> Value:
        if isinstance(array.type, ViewType):
            return count
        return context.materialize(arrays.length(context, array, node))

    rest = [context.materialize(array), *([context.materialize(start)] if start is not None else [])]
    kind = LoopKind.ARRAY if start is None else LoopKind.ENUMERATED
    values = _LoopValues(kind, context.builder.constant(INT64, 0), rest)
    _count(context, node, values, limit, set_item, build_block)


def _element(context: FunctionContext, whole: Operand, number: Operand, node: ForStmt) -> Operand:
    if not isinstance(whole.type, ViewType):
        return arrays.known_item(context, whole, number, node)
    item = views.raw_item if whole.type.exporter == "ndarray" else views.plain_item
    return item(context, whole, number, node)


def _check_view(context: FunctionContext, node: ForStmt, view: ViewType) -> None:
    """Rows are no numbers; and the elements of a NumPy array go to a variable that converts them."""
    if view.dimensions != 1:
        raise _no_loop(node)
    if view.single:
        raise views.unconverted_single(node)
    target = node.index.items[-1] if isinstance(node.index, TupleExpr) and node.index.items else node.index
    converted = isinstance(target, NameExpr) and views.has_promise(context, target.name) and view.element != BOOL
    if view.exporter == "ndarray" and not converted:
        text = "an element of a NumPy array is a NumPy scalar, which computes in its own way"
        hint = "annotate the variable before the loop: `x: float64`"
        raise Unsupported("PF117", target, text, hint)


def _is_enumerate(node: CallExpr) -> bool:
    callee = node.callee
    named = isinstance(callee, RefExpr) and callee.fullname == "builtins.enumerate"
    return named and 1 <= len(node.args) <= 2 and all(kind == ArgKind.ARG_POS for kind in node.arg_kinds)
