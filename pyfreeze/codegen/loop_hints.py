"""Loops that LLVM is told not to vectorise: those that add up floats of the frozen values that lie in an array.

Such sums stay in order, so what is vectorised is taking the fields of several elements apart, and the sums take them one by one.
LLVM's costs say that this pays, and with vectors of four it does so to the point where the loop takes a quarter more time.
"""

from __future__ import annotations

from pyfreeze.analysis.loops import Loop, innermost_loops
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, Branch
from pyfreeze.ir.types import FloatType, StructType

METADATA = '!11 = !{!"llvm.loop.vectorize.enable", i1 false}\n'


def scalar_loops(function: Function) -> frozenset[tuple[Block, Block]]:
    """The latch and the header of each."""
    return frozenset(
        (latch, loop.header)
        for loop in innermost_loops(function)
        for latch in loop.latches
        if _reads_values(loop) and _adds_up_floats(loop, latch)
    )


def loop_hint(number: int) -> tuple[str, str]:
    """Name and definition of the metadata of a loop; each has its own."""
    name = f"!{1000 + number}"
    return name, f"{name} = distinct !{{{name}, !11}}"


def _reads_values(loop: Loop) -> bool:
    items = [item for block in loop.blocks for item in block.instructions]
    return any(
        isinstance(item, Apply)
        and item.primitive.lowering.array in ("get", "item")
        and isinstance(item.result.type, StructType)
        for item in items
        if item.result is not None
    )


def _adds_up_floats(loop: Loop, latch: Block) -> bool:
    last, made = latch.instructions[-1], loop.defined()
    if not isinstance(last, Branch):
        return False
    header = loop.header
    return any(
        isinstance(parameter.type, FloatType) and given is not parameter and given in made
        for parameter, given in zip(header.parameters, last.edges[0].arguments, strict=True)
    )
