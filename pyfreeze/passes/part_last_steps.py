"""A loop that counts, and that leaves values behind which only its last step makes, runs without them up to that step.

What is seen of a variable after a loop is what it was given last. In the loop nobody asks for it, but LLVM has to keep it to
the end of each step, in registers that the loop needs, and cannot take it out of memory where it is used. So the last step stands behind the
loop, as a copy of its body:

outer: any step?  no → joined
loop(i), up to the end less 1 → last step → joined(values)
"""

from __future__ import annotations

from dataclasses import dataclass

from pyfreeze.analysis.loops import innermost_loops
from pyfreeze.ir.copying import copy_blocks
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    Call,
    CondBranch,
    Constant,
    Edge,
    Instruction,
    Poll,
    Value,
    effects_of,
    replace_uses,
    used_values,
)
from pyfreeze.ir.types import BOOL, INT64, FloatType
from pyfreeze.passes.loop_copies import Region, region_of
from pyfreeze.primitives import TABLE

_MAXIMUM_INSTRUCTIONS = 150


@dataclass(frozen=True, slots=True)
class _Counted:
    region: Region
    compare: Apply
    branch: CondBranch
    back: Edge
    left_behind: tuple[int, ...]  # the header's parameters that no step asks for

    @property
    def counter(self) -> int:
        return self.region.header.parameters.index(self.compare.operands[0])


def part_last_steps(function: Function) -> None:
    for loop in innermost_loops(function):
        region = region_of(function, loop)
        counted = _counted(function, region) if region is not None else None
        if counted is not None:
            _part_last_step(function, counted)


def _counted(function: Function, region: Region) -> _Counted | None:
    """The loop of `region` as one that counts by 1, cannot fail and leaves something behind; else None."""
    header, loop = region.header, region.loop
    items = [item for block in loop.blocks for item in block.instructions]
    if len(items) > _MAXIMUM_INSTRUCTIONS or len(header.instructions) != 2 or len(loop.latches) != 1:
        return None
    compare, branch = header.instructions
    last = loop.latches[0].instructions[-1]
    if not (isinstance(compare, Apply) and compare.primitive.name == "int64.lt" and isinstance(branch, CondBranch)):
        return None
    if compare.operands[0] not in header.parameters or compare.operands[1] in loop.defined():
        return None
    if branch.edges[1] is not region.leave or not isinstance(last, Branch):
        return None
    if any(isinstance(item, Call | Poll) or effects_of(item).fails for item in items):
        return None
    counted = _Counted(region, compare, branch, last.edges[0], _left_behind(region, items, last.edges[0]))
    following = counted.back.arguments[counted.counter]
    return counted if counted.left_behind and _counts_by_one(function, following, compare.operands[0]) else None


def _left_behind(region: Region, items: list[Instruction], back: Edge) -> tuple[int, ...]:
    """Those floats among the header's parameters: of other numbers there are rarely too many."""
    parameters = region.header.parameters
    used = {value for item in items if item is not region.header.instructions[-1] for value in used_values(item)}
    made = region.loop.defined() - set(parameters)
    return tuple(
        index
        for index, (parameter, given) in enumerate(zip(parameters, back.arguments, strict=True))
        if isinstance(parameter.type, FloatType) and parameter not in used and given in made
    )


def _counts_by_one(function: Function, following: Value, counter: Value) -> bool:
    definitions: dict[Value | None, Instruction] = {item.result: item for item in function.instructions()}
    added = definitions.get(following)
    if not isinstance(added, Apply) or added.primitive.name != "int64.add_wrapping" or added.operands[0] is not counter:
        return False
    step = definitions.get(added.operands[1])
    return isinstance(step, Constant) and step.value == 1


def _part_last_step(function: Function, counted: _Counted) -> None:
    region, header = counted.region, counted.region.header
    start, end = region.enter.arguments, counted.compare.operands[1]
    joined = _joined(function, region)
    body = [block for block in region.loop.blocks if block is not header]
    copies = copy_blocks(body, "last", {}, {header: joined})
    first = copies[body.index(counted.branch.edges[0].target)]
    last = _apply("int64.sub_wrapping", [end, _constant(1, region.outer)], region.outer)
    some = _apply("int64.lt", [start[counted.counter], end], region.outer)
    enter, skip = Edge(header, list(start)), Edge(joined, list(start))
    region.outer.instructions.append(CondBranch([some], edges=[enter, skip], likely=None))
    counted.compare.operands = [counted.compare.operands[0], last]
    counted.branch.edges[1] = Edge(first, list(counted.branch.edges[0].arguments))
    for index in reversed(counted.left_behind):
        for listed in (header.parameters, enter.arguments, counted.back.arguments):
            del listed[index]
    function.blocks += [*copies, joined]


def _joined(function: Function, region: Region) -> Block:
    """Where both ways out lead on, with what the header's parameters are at the end; the outer block is left open."""
    header, leave = region.header, region.leave
    joined = Block(f"{header.name}.parted", [Value(value.type, value.name) for value in header.parameters])
    renamed = dict(zip(header.parameters, joined.parameters, strict=True))
    joined.instructions.append(
        Branch([], edges=[Edge(leave.target, [renamed.get(value, value) for value in leave.arguments])])
    )
    inside = set(region.loop.blocks)
    region.outer.instructions.pop()
    for block in function.blocks:
        if block not in inside:
            for item in block.instructions:
                replace_uses(item, renamed)
    return joined


def _constant(value: int, block: Block) -> Value:
    result = Value(INT64)
    block.instructions.append(Constant([], result, value=value))
    return result


def _apply(name: str, operands: list[Value], block: Block) -> Value:
    result = Value(BOOL if name == "int64.lt" else INT64)
    block.instructions.append(Apply(operands, result, primitive=TABLE[name]))
    return result
