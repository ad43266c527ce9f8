"""Which block every path to a block goes through."""

from __future__ import annotations

from pyfreeze.ir.dominance import dominators
from pyfreeze.ir.function import Function, reverse_postorder
from pyfreeze.ir.instructions import Block, edges_of


def immediate_dominators(function: Function) -> dict[Block, Block | None]:
    """For each reachable block, in reverse postorder, its closest dominator; None for the entry."""
    order = reverse_postorder(function)
    number = {block: index for index, block in enumerate(order)}
    sources: list[list[int]] = [[] for _ in order]
    for index, block in enumerate(order):
        for instruction in block.instructions:
            for edge in edges_of(instruction):
                sources[number[edge.target]].append(index)
    closest = dominators(sources)
    return {block: order[closest[index]] if index else None for index, block in enumerate(order)}
