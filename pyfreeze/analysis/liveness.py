"""Which values are used later: backward dataflow over blocks, handler edges included."""

from __future__ import annotations

from dataclasses import dataclass

from pyfreeze.ir.function import Function, reverse_postorder
from pyfreeze.ir.instructions import Block, Value, edges_of, used_values


def live_in(function: Function) -> dict[Block, set[Value]]:
    """For each reachable block, the values used in it or after it, without its own parameters."""
    order = reverse_postorder(function)[::-1]
    result: dict[Block, set[Value]] = {}
    used, defined, targets = {}, {}, {}
    for block in order:
        result[block], used[block], defined[block] = set(), set[Value](), set(block.parameters)
        for item in block.instructions:
            used[block].update(used_values(item))
            if item.result is not None:
                defined[block].add(item.result)
        # What the block defines is not used before, in a function without mistakes.
        used[block] -= defined[block]
        targets[block] = list(dict.fromkeys(edge.target for item in block.instructions for edge in edges_of(item)))
    changed = True
    while changed:
        changed = False
        for block in order:
            live = set(used[block])
            live.update(*(result[target] for target in targets[block]))
            live -= defined[block]
            if len(live) != len(result[block]):
                result[block] = live
                changed = True
    return result


@dataclass(frozen=True, slots=True)
class LastUses:
    """`at`: for each instruction, what is used or defined by it and not used after it. `unused`: parameters that nobody uses."""

    at: list[set[Value]]
    unused: set[Value]


def last_uses(block: Block, entries: dict[Block, set[Value]]) -> LastUses:
    """Where values are used last in `block`; those live at the entries of blocks are used there."""
    live: set[Value] = set()
    found: list[set[Value]] = []
    for instruction in reversed(block.instructions):
        used = set(used_values(instruction))
        used.update(*(entries[edge.target] for edge in edges_of(instruction)))
        last = used - live
        if instruction.result is not None:
            if instruction.result not in live:
                last.add(instruction.result)
            live.discard(instruction.result)
        live |= used
        found.append(last)
    return LastUses(found[::-1], set(block.parameters) - live)
