"""Puts a few levels of a function's calls of itself into its own body, so that most calls of a recursion disappear.

LLVM does not inline a recursive function. Depth and tracebacks stay exact: `CheckDepth` counts the level that is gone,
and the copy's handlers, which still name the function as the frame, lead on to the call's.
"""

from __future__ import annotations

from pyfreeze.ir.copying import copy_blocks
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    Call,
    CheckDepth,
    Edge,
    Fail,
    Instruction,
    Poll,
    Return,
    Value,
)

_MAXIMUM_SIZE = 1400
_MAXIMUM_LEVELS = 6


def unroll_recursion(function: Function) -> None:
    if function.impure:  # the interpreter would have to go on in several frames
        return
    if not any(_is_self_call(instruction, function) for instruction in function.instructions()):
        return
    original = Function(function.name, function.parameter_names, function.result, copy_blocks(function.blocks, "body"))
    size = _size(original)
    level = 1
    while level < _MAXIMUM_LEVELS:
        calls = [
            (block, item) for block in function.blocks for item in block.instructions if _at(item, function, level)
        ]
        if not calls or len(calls) * size + _size(function) > _MAXIMUM_SIZE:
            return
        for number, (_, call) in enumerate(calls):
            block = next(block for block in function.blocks if call in block.instructions)
            assert isinstance(call, Call)
            _inline(function, original, block, call, f"{level}.{number}")
        level += 1


def _size(function: Function) -> int:
    """Instructions, with those that have a slow path to go on from counted as the several that they become."""
    return sum(8 if _recovers(instruction) else 1 for instruction in function.instructions())


def _recovers(instruction: Instruction) -> bool:
    return isinstance(instruction, Apply) and instruction.primitive.lowering.recovers


def _is_self_call(instruction: Instruction, function: Function) -> bool:
    return isinstance(instruction, Call) and instruction.function == function.name


def _at(instruction: Instruction, function: Function, level: int) -> bool:
    return isinstance(instruction, Call) and instruction.function == function.name and instruction.levels == level


def _inline(function: Function, original: Function, block: Block, call: Call, suffix: str) -> None:
    """Replace `call` in `block` by a copy of the body, followed by the rest of the block."""
    handler, result = call.handler, call.result
    assert handler is not None and result is not None
    index = block.instructions.index(call)
    following = Block(f"{block.name}.after.{suffix}", [result], block.instructions[index + 1 :])
    copied = copy_blocks(original.blocks, suffix)
    entry = copied[0]
    for made in copied:
        if made is entry:  # the function that this becomes part of polls once for all its levels
            made.instructions = [item for item in made.instructions if not isinstance(item, Poll)]
        for item in made.instructions:
            if isinstance(item, Call):  # of whatever function: the levels around it are calls as well
                item.levels += call.levels
        _redirect(made, following, handler)
    depth = CheckDepth([], levels=call.levels)
    depth.handler = Edge(handler.target, list(handler.arguments))
    block.instructions = [*block.instructions[:index], depth, Branch([], edges=[Edge(entry, list(call.operands))])]
    function.blocks += [*copied, following]


def _redirect(block: Block, following: Block, handler: Edge) -> None:
    """Returning goes on after the call; failing goes to the call's handler, with the status."""
    last = block.instructions[-1]
    if isinstance(last, Return):
        block.instructions[-1] = Branch([], edges=[Edge(following, list(last.operands))])
    elif isinstance(last, Fail):
        status: list[Value] = list(last.operands)
        block.instructions[-1] = Branch([], edges=[Edge(handler.target, [*status, *handler.arguments])])
