"""Natural loops: a header that dominates its latches, and the blocks in between."""

from __future__ import annotations

from dataclasses import dataclass

from pyfreeze.analysis.dominators import immediate_dominators
from pyfreeze.ir.function import Function, predecessors
from pyfreeze.ir.instructions import Block, Edge, Value, edges_of


@dataclass(frozen=True, slots=True)
class Loop:
    """`blocks` in the function's order, the header among them; `latches` have an edge back to the header."""

    header: Block
    latches: tuple[Block, ...]
    blocks: tuple[Block, ...]

    def defined(self) -> set[Value]:
        """All values that the loop's blocks define."""
        results = {item.result for block in self.blocks for item in block.instructions if item.result is not None}
        return results | {parameter for block in self.blocks for parameter in block.parameters}

    def exits(self) -> list[tuple[Block, Edge]]:
        """Edges out of the loop, with the blocks that they leave."""
        inside = set(self.blocks)
        return [
            (block, edge)
            for block in self.blocks
            for item in block.instructions
            for edge in edges_of(item)
            if edge.target not in inside
        ]


def innermost_loops(function: Function) -> list[Loop]:
    """Loops that hold no other loop."""
    loops = natural_loops(function)
    headers = {loop.header for loop in loops}
    return [loop for loop in loops if not any(block in headers and block is not loop.header for block in loop.blocks)]


def natural_loops(function: Function) -> list[Loop]:
    """All loops, one for each header, in reverse postorder of the headers."""
    dominators = immediate_dominators(function)
    sources = predecessors(function)
    loops = []
    for header in dominators:
        latches = [
            source for source in sources[header] if source in dominators and _dominates(header, source, dominators)
        ]
        if latches:
            inside = _between(header, latches, sources)
            blocks = tuple(block for block in dominators if block in inside)
            loops.append(Loop(header, tuple(dict.fromkeys(latches)), blocks))
    return loops


def _dominates(block: Block, other: Block | None, dominators: dict[Block, Block | None]) -> bool:
    while other is not None and other is not block:
        other = dominators[other]
    return other is block


def _between(header: Block, latches: list[Block], sources: dict[Block, list[Block]]) -> set[Block]:
    """Blocks on a path from the header to a latch: found backwards, without going through the header."""
    inside, waiting = {header}, list(latches)
    while waiting:
        block = waiting.pop()
        if block not in inside:
            inside.add(block)
            waiting += sources[block]
    return inside
