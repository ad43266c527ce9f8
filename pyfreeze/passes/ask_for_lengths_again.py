"""Loops over an array ask for its length in each step where something in them may let others run.

`strip_mine_loops` asks once in a strip. A slow operation in it, such as the product of two huge ints, may run a signal
handler, and that may clear the array. The copies of `version_strips` have no such operations.
"""

from __future__ import annotations

from pyfreeze.analysis.loops import Loop, innermost_loops
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, CondBranch, Instruction, Value
from pyfreeze.ir.types import BOOL
from pyfreeze.passes.strip_mine_loops import is_length
from pyfreeze.primitives import TABLE
from pyfreeze.primitives.ranges import is_strip_end


def ask_for_lengths_again(function: Function) -> None:
    definitions = {item.result: item for item in function.instructions() if item.result is not None}
    for loop in innermost_loops(function):
        length = _length(loop, definitions)
        if length is not None and any(map(_may_let_others_run, _instructions(loop))):
            _ask_again(loop, length)


def _instructions(loop: Loop) -> list[Instruction]:
    return [item for block in loop.blocks for item in block.instructions]


def _may_let_others_run(item: Instruction) -> bool:
    """Whether it may have Python compute, and go on with the result."""
    if not isinstance(item, Apply):
        return False
    row = item.primitive
    return row.python is not None and (row.lowering.recovers or not row.lowering.has_fast_path)


def _length(loop: Loop, definitions: dict[Value, Instruction]) -> Apply | None:
    """The length of an array up to which the strip `loop` counts."""
    compare, *_ = loop.header.instructions
    if not isinstance(compare, Apply) or compare.primitive.name != "int64.lt":
        return None
    strip = definitions.get(compare.operands[1])
    if not isinstance(strip, Apply) or not is_strip_end(strip.primitive):
        return None
    length = definitions.get(strip.operands[1])
    return length if isinstance(length, Apply) and is_length(length) else None


def _ask_again(loop: Loop, length: Apply) -> None:
    """Go on only below the length as it is now. At the end of the strip the loop finds out whether there is more."""
    compare, branch = loop.header.instructions
    assert isinstance(compare, Apply) and isinstance(branch, CondBranch) and compare.result is not None
    again, below, both = Value(length.primitive.result), Value(BOOL), Value(BOOL)
    branch.operands = [both]
    loop.header.instructions = [
        compare,
        Apply(list(length.operands), again, primitive=length.primitive),
        Apply([compare.operands[0], again], below, primitive=TABLE["int64.lt"]),
        Apply([compare.result, below], both, primitive=TABLE["bool.and"]),
        branch,
    ]
