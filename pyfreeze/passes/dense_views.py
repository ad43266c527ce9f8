"""Loops over views run as a copy for elements that lie one after another, which LLVM can vectorise.

Of a view the strides are known at run time only, and with an unknown stride every element is loaded by itself. So beside a
loop whose subscripts are known to be inside, which is what `version_strips` makes, there is one in which the last axis of each view that
the loop goes along is dense. Which of the two runs is asked once where the loop starts.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyfreeze.analysis.loops import innermost_loops
from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, MakeTuple, Value
from pyfreeze.ir.types import INT, ViewType
from pyfreeze.passes.loop_copies import LoopCopy, Region, region_of
from pyfreeze.primitives.views import SAVED_STORES, view_row

_DENSE = frozenset(["item", "put", *(f"put_saving{slot}" for slot in range(SAVED_STORES))])


def dense_views(function: Function) -> None:
    regions = [region for loop in innermost_loops(function) if (region := region_of(function, loop)) is not None]
    regions = [region for region in regions if _goes_along_views(region)]
    if not regions:
        return
    ranges = ValueRanges(function)
    for region in regions:
        copy = LoopCopy(region, "dense", ranges)
        copy.tested = [(view_row("view.dense", type_), view) for view, type_ in _make_dense(copy).items()]
        copy.splice(function)


def _goes_along_views(region: Region) -> bool:
    """Whether it does, and no plain int has to be looked at before."""
    if any(value.type == INT for value in (*region.header.parameters, *region.outside)):
        return False
    return any(item.operands[0] in region.outside for item in _along(region.loop.blocks))


def _make_dense(copy: LoopCopy) -> dict[Value, ViewType]:
    """Take the views that `copy` goes along for dense, and return them."""
    made: dict[Value, ViewType] = {}
    for item in _along(block for block in copy.function.blocks if block is not copy.entry):
        view = item.operands[0]
        if view in copy.entry.parameters and isinstance(view.type, ViewType):
            made[view] = view.type
            item.primitive = view_row(f"view.{item.primitive.lowering.view}_dense", view.type)
    return made


def _along(blocks: Iterable[Block]) -> list[Apply]:
    """The elements, known to be there, whose places on the last axis change in these blocks of a loop."""
    blocks = list(blocks)
    definitions = {item.result: item for block in blocks for item in block.instructions if item.result is not None}
    inside = {*definitions, *(parameter for block in blocks for parameter in block.parameters)}
    found = []
    for item in definitions.values():
        if isinstance(item, Apply) and item.primitive.lowering.view in _DENSE:
            made = definitions.get(item.operands[1])
            if (made.operands[-1] if isinstance(made, MakeTuple) else item.operands[1]) in inside:
                found.append(item)
    return found
