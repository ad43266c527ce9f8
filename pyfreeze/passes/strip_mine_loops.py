"""Innermost loops over `range(a, b)` poll once in a while instead of every time, so that LLVM can vectorise them.

outer(i): end = i + STRIP or the limit, whichever is less
inner(i): the loop as it was, up to `end`, without its poll
          at `end`: done if that is the limit, else poll and go on with outer
"""

from __future__ import annotations

from dataclasses import dataclass

from pyfreeze.analysis.call_graph import reachable
from pyfreeze.ir.function import Function, Module
from pyfreeze.ir.instructions import Apply, Block, Branch, Call, CondBranch, Edge, Poll, Site, Value, edges_of
from pyfreeze.ir.types import BOOL, INT64
from pyfreeze.primitives import TABLE


@dataclass(frozen=True, slots=True)
class _Loop:
    header: Block
    latch: Block
    back: Edge
    compare: Apply
    poll: Poll


def strip_mine_loops(module: Module) -> None:
    reached = reachable(module)
    polling = {name for name, function in module.functions.items() if _has_poll(function)}
    bounded = {name for name, others in reached.items() if name not in others and not polling & {name, *others}}
    for function in module.functions.values():
        for header in list(function.blocks):
            loop = _counted_loop(function, header, bounded)
            if loop is not None:
                _strip_mine(function, loop)


def _counted_loop(function: Function, header: Block, bounded: set[str]) -> _Loop | None:
    """The loop of `header` if it counts an int64 upwards and holds no other loop, and no call of a function with one."""
    if len(header.instructions) != 2:
        return None
    compare, branch = header.instructions
    if not (isinstance(compare, Apply) and compare.primitive.name == "int64.lt" and isinstance(branch, CondBranch)):
        return None
    if compare.operands[0] not in header.parameters or branch.operands != [compare.result]:
        return None
    body = _body(function, header)
    polls = [(block, item) for block in body for item in block.instructions if isinstance(item, Poll)]
    called = {item.function for block in body for item in block.instructions if isinstance(item, Call)}
    if len(polls) != 1 or not called <= bounded or compare.operands[1] in _defined(body):
        return None
    latch, poll = polls[0]
    assert isinstance(poll, Poll)
    last = latch.instructions[-1]
    if not isinstance(last, Branch) or last.edges[0].target is not header:
        return None
    return _Loop(header, latch, last.edges[0], compare, poll)


def _has_poll(function: Function) -> bool:
    return any(isinstance(item, Poll) for item in function.instructions())


def _body(function: Function, header: Block) -> set[Block]:
    """Blocks from which the header is reached again, found backwards from its latches."""
    sources: dict[Block, list[Block]] = {}
    for block in function.blocks:
        for item in block.instructions:
            for edge in edges_of(item):
                sources.setdefault(edge.target, []).append(block)
    reached = _reachable(header)
    body, waiting = {header}, [block for block in sources.get(header, []) if block in reached]
    while waiting:
        block = waiting.pop()
        if block not in body:
            body.add(block)
            waiting += [source for source in sources.get(block, []) if source in reached]
    return body


def _reachable(start: Block) -> set[Block]:
    found, waiting = {start}, [start]
    while waiting:
        for item in waiting.pop().instructions:
            for edge in edges_of(item):
                if edge.target not in found:
                    found.add(edge.target)
                    waiting.append(edge.target)
    return found


def _defined(blocks: set[Block]) -> set[Value]:
    results = {item.result for block in blocks for item in block.instructions if item.result is not None}
    return results | {parameter for block in blocks for parameter in block.parameters}


def _strip_mine(function: Function, loop: _Loop) -> None:
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
    strip = Apply([outer.parameters[index], limit], end, primitive=TABLE["int64.strip_end"])
    outer.instructions = [strip, Branch([], edges=[Edge(header, list(outer.parameters))])]
    compare.operands = [counter, end]
    ended, polling = Block(f"{header.name}.ended"), Block(f"{header.name}.poll")
    branch = header.instructions[-1]
    assert isinstance(branch, CondBranch)
    leave = branch.edges[1]
    branch.edges[1] = Edge(ended)
    more = Value(BOOL)
    again = Apply([counter, limit], more, primitive=TABLE["int64.lt"])
    ended.instructions = [again, CondBranch([more], edges=[Edge(polling), leave], likely=None)]
    poll = Poll([], None, _site_at_header(loop))
    polling.instructions = [poll, Branch([], edges=[Edge(outer, list(header.parameters))])]
    loop.latch.instructions.remove(loop.poll)
    function.blocks += [outer, ended, polling]


def _site_at_header(loop: _Loop) -> Site:
    """The poll's place, with those locals that the header knows: what the latch passes it."""
    site = loop.poll.site
    assert site is not None
    known = dict(zip(loop.back.arguments, loop.header.parameters, strict=True))
    shown = [
        (name, known[value]) for name, value in zip(site.local_names, site.local_values, strict=True) if value in known
    ]
    return Site(site.function, site.position, tuple(name for name, _ in shown), [value for _, value in shown])
