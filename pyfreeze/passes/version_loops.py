"""`while i < n` over plain ints counts in a word if both are small when the loop starts.

Then the counter cannot leave the small ints, and the copy is a counted loop like that over a range: it is strip-mined
(`strip_mine_loops`), and its strips run without checks where their numbers allow that (`version_strips`).
"""

from __future__ import annotations

from pyfreeze.analysis.loops import innermost_loops
from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply
from pyfreeze.ir.types import INT
from pyfreeze.passes.loop_copies import LoopCopy, Region, region_of
from pyfreeze.passes.unbox_ints import unbox_ints
from pyfreeze.primitives.intervals import SMALL

_MAXIMUM_INSTRUCTIONS = 150


def version_loops(function: Function) -> None:
    regions = [region for loop in innermost_loops(function) if (region := region_of(function, loop)) is not None]
    counting = [region for region in regions if _counts_plain_ints(region)]
    if not counting:
        return
    ranges = ValueRanges(function)
    for region in counting:
        copy = LoopCopy(region, "counted", ranges)
        plain = [value.type == INT for value in (*region.header.parameters, *region.outside)]
        for word, is_plain in zip(copy.entry.parameters, plain, strict=True):
            if is_plain:  # that it is small is tested in any case
                copy.known[word] = copy.assumed[word] = copy.known[word].meet(SMALL) or SMALL
        unbox_ints(copy.function, copy.assumed)
        compare = copy.header.instructions[0]
        if isinstance(compare, Apply) and compare.primitive.name == "int64.lt":
            copy.splice(function)


def _counts_plain_ints(region: Region) -> bool:
    header = region.header
    if (
        len(header.instructions) != 2
        or sum(len(block.instructions) for block in region.loop.blocks) > _MAXIMUM_INSTRUCTIONS
    ):
        return False
    compare = header.instructions[0]
    if not isinstance(compare, Apply) or compare.primitive.name != "int.lt":
        return False
    counter, limit = compare.operands
    return counter in header.parameters and limit not in region.loop.defined()
