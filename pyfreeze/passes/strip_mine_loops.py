"""Innermost loops that count an int64 up to a limit poll once in a while instead of every time.

So LLVM can vectorise them, and the strip in between has a bounded length (`version_strips` builds on that).

outer(i): end = i + STRIP or the limit, whichever is less
inner(i): the loop as it was, up to `end`, without its poll
          at `end`: done if that is the limit, else poll and go on with outer

The limit may also be the length of an array that the loop itself does not resize: it is asked for once in each strip.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from pyfreeze.analysis.call_graph import reachable
from pyfreeze.analysis.loops import Loop, innermost_loops
from pyfreeze.ir.function import Function, Module
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    Call,
    CondBranch,
    Constant,
    Edge,
    GetItem,
    Instruction,
    LoopState,
    MakeTuple,
    Poll,
    ResumeState,
    Site,
    Value,
    edges_of,
    effects_of,
    shown_values,
)
from pyfreeze.ir.types import BOOL, INT64, AggregateType
from pyfreeze.passes.watched_floats import is_quiet
from pyfreeze.primitives import TABLE
from pyfreeze.primitives.ranges import SHORT_STRIP_END, STRIP_END


@dataclass(frozen=True, slots=True)
class _Counted:
    header: Block
    latch: Block
    back: Edge
    compare: Apply
    poll: Poll
    length: Apply | None  # of an array, which is the limit
    inside: frozenset[Value]  # defined in the loop
    is_short: bool  # what it does may have to be undone (`watched_floats`)


def strip_mine_loops(module: Module) -> None:
    """Needs the module for what calls in loops may do."""
    reached = reachable(module)
    polling = {name for name, function in module.functions.items() if _has_poll(function)}
    bounded = {name for name, others in reached.items() if name not in others and not polling & {name, *others}}
    for function in module.functions.values():
        for loop in innermost_loops(function):
            counted = _counted(function, loop, bounded)
            if counted is not None:
                _strip_mine(function, counted)


def _counted(function: Function, loop: Loop, bounded: set[str]) -> _Counted | None:
    """`loop` as one that counts upwards and whose calls, of `bounded` functions, hold no loop; else None."""
    header = loop.header
    if len(header.instructions) not in (2, 3) or len(loop.latches) != 1:
        return None
    *before, compare, branch = header.instructions
    length = next((item for item in before if isinstance(item, Apply) and is_length(item)), None)
    if before != [item for item in (length,) if item is not None]:
        return None
    if not (isinstance(compare, Apply) and compare.primitive.name == "int64.lt" and isinstance(branch, CondBranch)):
        return None
    counter, limit = compare.operands
    (latch,) = loop.latches
    last = latch.instructions[-1]
    if counter not in header.parameters or branch.operands != [compare.result] or not isinstance(last, Branch):
        return None
    inside = loop.defined()
    polls = [item for item in latch.instructions if isinstance(item, Poll)]
    every = [item for block in loop.blocks for item in block.instructions if isinstance(item, Poll | Call)]
    called = {item.function for item in every if isinstance(item, Call)}
    if len(polls) != 1 or sum(isinstance(item, Poll) for item in every) != 1 or not called <= bounded:
        return None
    if length is not None:
        if limit is not length.result or length.operands[0] in inside or called or resizes_arrays(loop):
            return None
    elif limit in inside:
        return None
    back = last.edges[0]
    following = back.arguments[header.parameters.index(counter)]
    if branch.edges[1].target in loop.blocks or not _is_counted_up(function, following, counter):
        return None
    if not _can_move(polls[0], counter, frozenset(inside), header):
        return None
    return _Counted(header, latch, back, compare, polls[0], length, frozenset(inside), _may_be_undone(loop))


def _may_be_undone(loop: Loop) -> bool:
    items = [item for block in loop.blocks for item in block.instructions]
    return any(map(is_quiet, items)) and any(effects_of(item).writes for item in items)


def _can_move(poll: Poll, counter: Value, inside: frozenset[Value], header: Block) -> bool:
    """Whether what the loops of the poll's state need is known at the header."""
    loops = poll.resume.loops if poll.resume is not None else []
    needed = [value for one in loops for value in one.values if value is not counter]
    own = [one for one in loops if one.values[0] is counter]
    return not any(value in inside or value in header.parameters for value in needed) and all(
        one.taken == 1 for one in own
    )


def _is_counted_up(function: Function, following: Value, counter: Value) -> bool:
    """Whether `following` is `counter` and a positive constant: then the limit is reached some time."""
    definitions: dict[Value | None, Instruction] = {item.result: item for item in function.instructions()}
    added = definitions.get(following)
    if not isinstance(added, Apply) or added.primitive.name not in _ADDITIONS or added.operands[0] is not counter:
        return False
    step = definitions.get(added.operands[1])
    return isinstance(step, Constant) and isinstance(step.value, int) and step.value > 0


_ADDITIONS = ("int64.add", "int64.add_wrapping", "unchecked[int64.add]")


def is_length(item: Instruction) -> bool:
    """Whether it is the length of an array."""
    return isinstance(item, Apply) and item.primitive.lowering.array == "length"


_ELEMENT_STORES = frozenset(["set", "put"])


def resizes_arrays(loop: Loop) -> bool:
    """Whether something in the loop itself, other than what it calls, may change the length of an array."""
    rows = [item.primitive for block in loop.blocks for item in block.instructions if isinstance(item, Apply)]
    return any(row.effects.writes and not _ELEMENT_STORES & {row.lowering.array, row.lowering.view} for row in rows)


def _has_poll(function: Function) -> bool:
    return any(isinstance(item, Poll) for item in function.instructions())


def _strip_mine(function: Function, loop: _Counted) -> None:
    header, compare = loop.header, loop.compare
    outer = Block(f"{header.name}.strip", [Value(value.type, value.name) for value in header.parameters])
    for block in function.blocks:
        for item in block.instructions:
            for edge in edges_of(item):
                if edge.target is header and edge is not loop.back:
                    edge.target = outer
    counter, limit = compare.operands
    index = header.parameters.index(counter)
    end = Value(INT64, "end")
    row = TABLE[SHORT_STRIP_END if loop.is_short else STRIP_END]
    strip = Apply([outer.parameters[index], limit], end, primitive=row)
    if loop.length is not None:
        header.instructions.remove(loop.length)
        outer.instructions.append(loop.length)
    outer.instructions += [strip, Branch([], edges=[Edge(header, list(outer.parameters))])]
    compare.operands = [counter, end]
    ended, polling = Block(f"{header.name}.ended"), Block(f"{header.name}.poll")
    branch = header.instructions[-1]
    assert isinstance(branch, CondBranch)
    leave = branch.edges[1]
    branch.edges[1] = Edge(ended)
    more = Value(BOOL)
    unfinished = Apply([counter, limit], more, primitive=TABLE["int64.lt"])
    ended.instructions = [unfinished, CondBranch([more], edges=[Edge(polling), leave], likely=None)]
    known, again = _at_header(function, loop)
    poll = Poll([], None, _site_at_header(loop, known))
    if loop.poll.resume is not None:
        poll.resume = _state_at_header(loop, loop.poll.resume, known)
    polling.instructions = [*again, poll, Branch([], edges=[Edge(outer, list(header.parameters))])]
    loop.latch.instructions.remove(loop.poll)
    function.blocks += [outer, ended, polling]


def _at_header(function: Function, loop: _Counted) -> tuple[dict[Value, Value], list[Instruction]]:
    """What the header has for values that the latch passes it, and for tuples of them, which are made again there.

    Tuples and frozen values are passed as their items (`split_aggregates`).
    """
    known = dict(zip(loop.back.arguments, loop.header.parameters, strict=True))
    parts = _parts(function, known)
    made: list[Instruction] = []

    def find(value: Value) -> Value | None:
        if value in known or not (value in loop.inside or value in loop.header.parameters):
            return known.get(value, value)
        items = [find(item) for item in parts.get(value, ())]
        if not items or None in items:
            return None
        known[value] = Value(value.type, value.name)
        made.append(MakeTuple([item for item in items if item is not None], known[value]))
        return known[value]

    for value in shown_values(loop.poll):
        find(value)
    return known, made


def _parts(function: Function, known: Container[Value]) -> dict[Value, list[Value]]:
    """The items of tuples: what they are made of, or all that are taken out of them, if possible as a `known` value."""
    parts: dict[Value, list[Value]] = {}
    taken: dict[Value, dict[int, Value]] = {}
    for item in function.instructions():
        if isinstance(item, MakeTuple) and item.result is not None:
            parts[item.result] = item.operands
        elif isinstance(item, GetItem) and item.result is not None:
            items = taken.setdefault(item.operands[0], {})
            if item.index not in items or item.result in known:
                items[item.index] = item.result
    for whole, items in taken.items():
        if isinstance(whole.type, AggregateType) and len(items) == len(whole.type.items):
            parts.setdefault(whole, [items[index] for index in range(len(items))])
    return parts


def _state_at_header(loop: _Counted, state: ResumeState, known: dict[Value, Value]) -> ResumeState:
    """As `_site_at_header`: the loop's own next item is the header's; locals that the header does not know are unset.

    No one reads those before they are set again, or they would be parameters of the header.
    """
    counter = loop.compare.operands[0]
    inside = {*loop.inside, *loop.header.parameters}
    values = dict(zip(state.local_names, state.local_values, strict=True))
    missing = {name.rstrip("?#") for name, value in values.items() if value in inside and value not in known}
    kept = {name: value for name, value in values.items() if name.rstrip("?#") not in missing}
    loops = [LoopState(one.kind, one.values, 0) if one.values[0] is counter else one for one in state.loops]
    shown = ResumeState(state.kind, state.position, state.number, tuple(kept), list(kept.values()), [])
    moved = shown.replaced(known)
    moved.loops = loops
    return moved


def _site_at_header(loop: _Counted, known: dict[Value, Value]) -> Site:
    """The poll's place, with those locals that the header knows: what the latch passes it, and what the loop leaves alone."""
    site = loop.poll.site
    assert site is not None
    values = dict(zip(site.local_names, site.local_values, strict=True))
    moved = {
        name: known.get(value, value) for name, value in values.items() if value in known or value not in loop.inside
    }
    shown = {
        name: value
        for name, value in moved.items()
        if all(flag not in values or flag in moved for flag in _flags_of(name))
    }
    return Site(site.function, site.position, tuple(shown), list(shown.values()))


def _flags_of(name: str) -> tuple[str, str, str]:
    """What has to be known to show a variable: itself, and its flags."""
    variable = name.rstrip("?#")
    return variable, f"{variable}?", f"{variable}#"
