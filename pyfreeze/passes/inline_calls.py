"""Small functions without loops and side effects become part of their callers, innermost first.

LLVM would inline them later, but then loops have their checks and polls already. What may fail in such a copy adds the
traceback entries of both (`Site.caller`), and goes on, if the caller has side effects, from the state of the call.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.analysis.call_graph import reachable
from pyfreeze.analysis.loops import innermost_loops
from pyfreeze.ir.copying import copy_blocks
from pyfreeze.ir.function import Function, Module
from pyfreeze.ir.instructions import (
    Block,
    Branch,
    Call,
    Constant,
    Edge,
    GetItem,
    Instruction,
    LoadGlobal,
    MakeTuple,
    Poll,
    Return,
    Value,
    may_leave,
    replace_uses,
)

_MAXIMUM_CALLEE = 40
_MAXIMUM_CALLER = 1200


def inline_calls(module: Module) -> None:
    reached = reachable(module)
    small: dict[str, Function] = {}
    for name in sorted(module.functions, key=lambda name: len(reached[name])):  # callees reach fewer than callers
        function = module.functions[name]
        _inline_into(function, small)
        if name not in reached[name] and _can_be_inlined(function):
            small[name] = function


def _can_be_inlined(function: Function) -> bool:
    return (
        not function.impure
        and _size(function) <= _MAXIMUM_CALLEE
        and not any(isinstance(item, Call | Poll) for item in function.instructions())
        and not innermost_loops(function)
    )


def _size(function: Function) -> int:
    """Instructions that become code."""
    free = Constant | GetItem | MakeTuple | LoadGlobal
    return sum(not isinstance(item, free) for item in function.instructions())


def _inline_into(function: Function, small: Mapping[str, Function]) -> None:
    size, number = _size(function), 0
    waiting = list(function.blocks)
    while waiting:
        block = waiting.pop()
        for item in block.instructions:
            callee = small.get(item.function) if isinstance(item, Call) else None
            if callee is None or size > _MAXIMUM_CALLER:
                continue
            assert isinstance(item, Call)
            waiting.append(_inline(function, block, item, callee, f"{callee.name}.{number}"))
            function.bindings |= callee.bindings
            size += _size(callee)
            number += 1
            break


def _inline(function: Function, block: Block, call: Call, callee: Function, suffix: str) -> Block:
    """Replace `call` by a copy of `callee`; returns the block with what comes after it."""
    index = block.instructions.index(call)
    rest = block.instructions[index + 1 :]
    copied = copy_blocks(callee.blocks, suffix)
    given = dict(zip(copied[0].parameters, call.operands, strict=True))
    for made in copied:
        for item in made.instructions:
            _place(item, call, given)
    block.instructions = [*block.instructions[:index], *copied[0].instructions]
    following = _join([block, *copied[1:]], call, rest, function, f"{block.name}.after.{suffix}")
    where = function.blocks.index(block) + 1
    function.blocks[where:where] = [*copied[1:], *([following] if following is not block else [])]
    return following


def _place(item: Instruction, call: Call, given: dict[Value, Value]) -> None:
    """Make `item`, of the copy, one of the caller."""
    replace_uses(item, given)
    if item.site is not None:
        caller = call.site.replaced({}) if call.site is not None else None
        item.site = item.site.replaced({}, caller)
    if call.resume is not None and may_leave(item):
        item.resume = call.resume.replaced({})


def _join(made: list[Block], call: Call, rest: list[Instruction], function: Function, name: str) -> Block:
    """Lead every return to `rest`; returns the block in which that is."""
    assert call.result is not None
    if isinstance(last := made[0].instructions[-1], Return):
        made[0].instructions[-1:] = rest
        renamed = {call.result: last.operands[0]}
        for item in (*rest, *function.instructions()):
            replace_uses(item, renamed)
        return made[0]
    following = Block(name, [call.result], rest)
    for block in made:
        if isinstance(last := block.instructions[-1], Return):
            block.instructions[-1] = Branch([], edges=[Edge(following, list(last.operands))])
    return following
