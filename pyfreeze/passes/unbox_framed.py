"""A second version of a framed function, in which ints and floats are no objects.

The function itself stays as it is, for objects of any kind. Beside it comes a copy that holds unboxed whatever the hints
(`pyfreeze.analysis.object_kinds`) say is a number, and tests that where it first matters. Where a test fails, or an int gets
too large, the copy tells the frame what is in the variables and goes on in the function itself, at the same
instruction. From there each turn of a loop tries to get back into the copy, but not where that keeps failing: after some tries
in vain it lets turns pass before the next one, more and more of them.

entry → copy ⇄ function itself
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.analysis.frame_states import Flow, FrameState, frame_states, tells_frame
from pyfreeze.analysis.known_calls import known_calls
from pyfreeze.analysis.loops import natural_loops
from pyfreeze.analysis.native_callees import NativeCallee
from pyfreeze.analysis.object_kinds import Hints
from pyfreeze.ir.function import Function, reverse_postorder
from pyfreeze.ir.instructions import Apply, Block, CondBranch, Edge, Fail, Terminator, Value
from pyfreeze.ir.types import STATUS
from pyfreeze.passes.continuations import Continuations, NotClosed
from pyfreeze.passes.unboxed_copy import UnboxedCopy
from pyfreeze.primitives import find

MOST_INSTRUCTIONS = 6000
"""Of a function that gets a second version: beyond, compile time matters more."""

_ENOUGH = 4
_IN_LOOPS = 8
_NO_GAIN = frozenset({"unboxed.item_at", "unboxed.set_item_at", "unboxed.length_of", "known.load"})
"""Rows that alone are no reason for a second version."""


def unbox_framed(function: Function, callees: Mapping[str, NativeCallee]) -> None:
    """callees: native functions that the copy may call directly, by name."""
    if sum(len(block.instructions) for block in function.blocks) > MOST_INSTRUCTIONS:
        return
    hints = Hints(function, known_calls(function), callees)
    states = frame_states(function, hints)
    if not _is_worthwhile(function, hints, states):
        return
    ways_out, uncaught = Continuations(), _uncaught()
    loops = [(loop.header, loop.latches) for loop in natural_loops(function) if loop.header in states]
    copy = UnboxedCopy(hints, states, ways_out, uncaught, counts=bool(loops))
    try:
        copy.make()
    except NotClosed:
        return
    entry = copy.start(function.entry)
    if loops:  # without, there is little to make and tell when the copy is left
        entry = _entering(0, function.entry, entry)
    for number, (header, latches) in enumerate(loops, 1):
        entering = _entering(number, header, copy.enter(header))
        for latch in latches:
            for edge in latch.terminator.edges:
                if edge.target is header:
                    edge.target = entering
    ways_out.split()
    function.blocks = [entry, *function.blocks]
    function.blocks = reverse_postorder(function)


def _entering(number: int, itself: Block, copied: Block) -> Block:
    """A block that goes to the copy of a block, or to that itself where entering has failed too often of late."""
    given = [Value(parameter.type) for parameter in itself.parameters]
    row = find(f"unboxed.worth_entering[{number}]")
    asked = Apply([], Value(row.result), primitive=row)
    assert asked.result is not None
    choice = CondBranch([asked.result], edges=[Edge(copied, list(given)), Edge(itself, list(given))])
    return Block(f"try_{itself.name}", given, [asked, choice])


def _uncaught() -> Block:
    status = Value(STATUS, "status")
    return Block("no_memory", [status], [Fail([status])])


def _is_worthwhile(function: Function, hints: Hints, states: dict[Block, FrameState]) -> bool:
    """Whether operations on numbers are a good part of what the function does; what is in a loop counts more."""
    in_loops = {block for loop in natural_loops(function) for block in loop.blocks}
    on_numbers = others = 0
    for block, state in states.items():
        weight = _IN_LOOPS if block in in_loops else 1
        flow = Flow(hints, state, block)
        for instruction in block.instructions:
            if isinstance(instruction, Terminator):
                continue
            operation = flow.step(instruction)
            if operation is not None:
                on_numbers += weight * (operation.row not in _NO_GAIN)
            elif tells_frame(instruction):
                others += weight
    return on_numbers >= _ENOUGH and 2 * on_numbers >= others
