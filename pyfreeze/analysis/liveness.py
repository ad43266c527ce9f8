"""Which values are used later: backward dataflow over blocks, handler edges included."""

from __future__ import annotations

from pyfreeze.ir.function import Function, reverse_postorder
from pyfreeze.ir.instructions import Block, Instruction, Value, edges_of, used_values


def live_in(function: Function) -> dict[Block, set[Value]]:
    """For each reachable block, the values used in it or after it, without its own parameters."""
    order = reverse_postorder(function)[::-1]
    result: dict[Block, set[Value]] = {block: set() for block in order}
    changed = True
    while changed:
        changed = False
        for block in order:
            live: set[Value] = set()
            for instruction in reversed(block.instructions):
                live = before(instruction, live, result)
            live -= set(block.parameters)
            if live != result[block]:
                result[block] = live
                changed = True
    return result


def before(instruction: Instruction, after: set[Value], entries: dict[Block, set[Value]]) -> set[Value]:
    """The values live before `instruction`, given those live after it and those live at the entry of each block."""
    live = set(after)
    if instruction.result is not None:
        live.discard(instruction.result)
    for edge in edges_of(instruction):
        live |= entries[edge.target]
    live.update(used_values(instruction))
    return live
