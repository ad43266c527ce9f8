"""Which block every path to a block goes through (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm)."""

from __future__ import annotations

from pyfreeze.ir.function import Function, predecessors, reverse_postorder
from pyfreeze.ir.instructions import Block


def immediate_dominators(function: Function) -> dict[Block, Block | None]:
    """For each reachable block, in reverse postorder, its closest dominator; None for the entry."""
    order = reverse_postorder(function)
    number = {block: index for index, block in enumerate(order)}
    sources = {block: [one for one in found if one in number] for block, found in predecessors(function).items()}
    dominators: dict[Block, Block] = {function.entry: function.entry}

    def common(one: Block, other: Block) -> Block:
        while one is not other:
            while number[one] > number[other]:
                one = dominators[one]
            while number[other] > number[one]:
                other = dominators[other]
        return one

    changed = True
    while changed:
        changed = False
        for block in order[1:]:
            known = [source for source in sources[block] if source in dominators]
            closest = known[0]
            for source in known[1:]:
                closest = common(closest, source)
            if dominators.get(block) is not closest:
                dominators[block] = closest
                changed = True
    return {block: dominators[block] if block is not function.entry else None for block in order}
