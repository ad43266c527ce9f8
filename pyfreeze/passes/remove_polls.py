"""Loops that end after a few dozen steps need no poll (`shrinking_loops`): those around them have their own."""

from __future__ import annotations

from pyfreeze.analysis.loops import innermost_loops
from pyfreeze.analysis.shrinking_loops import shrinking_number
from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Call, Poll
from pyfreeze.ir.types import FixedInt


def remove_polls(function: Function) -> None:
    loops = [
        loop
        for loop in innermost_loops(function)
        if not any(isinstance(item, Call) for block in loop.blocks for item in block.instructions)
    ]
    if not loops:
        return
    ranges = ValueRanges(function)
    for loop in loops:
        found = shrinking_number(function, loop, ranges)
        if found is not None and not found.if_nonnegative and isinstance(found.number.type, FixedInt):
            for block in loop.blocks:
                block.instructions = [item for item in block.instructions if not isinstance(item, Poll)]
