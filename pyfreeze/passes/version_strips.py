"""A strip of a loop whose numbers are small when it starts runs as a copy without any checks.

A strip has at most `STRIP` steps (`strip_mine_loops`). So if the counter, the other ints from outside and the sums so far
are small at its start, intervals prove that nothing in it overflows, and that plain ints stay words. That is tested once
for each strip; where it does not hold, the strip runs as it was written. LLVM vectorises the copy.
"""

from __future__ import annotations

from pyfreeze.analysis.loops import innermost_loops
from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, Instruction, Value, effects_of
from pyfreeze.ir.interval import Interval, add, negate
from pyfreeze.ir.types import INT, FixedInt, Type
from pyfreeze.passes.guarded_elements import elements_read, gather_bits
from pyfreeze.passes.loop_copies import LoopCopy, Region, region_of
from pyfreeze.passes.reduce_strength import reduce_strength
from pyfreeze.passes.remove_checks import remove_checks
from pyfreeze.passes.strip_bounds import StripBounds
from pyfreeze.passes.strip_mine_loops import is_length, resizes_arrays
from pyfreeze.passes.unbox_ints import unbox_ints
from pyfreeze.primitives.intervals import SMALL, type_interval
from pyfreeze.primitives.ranges import STRIP

_ATTEMPTS = ((31, None), (24, None), (16, None), (31, 47), (31, 31), (24, 24))
"""What is tried as "small", numbers between -2**e and 2**e: those that the strip starts with, and elements that it reads,
of which otherwise nothing is assumed. The first with which all checks go away is taken."""

_MAXIMUM_INSTRUCTIONS = 300


def version_strips(function: Function) -> None:
    regions = [region for loop in innermost_loops(function) if (region := region_of(function, loop)) is not None]
    strips = [region for region in regions if _is_strip(region)]
    if not strips:
        return
    ranges = ValueRanges(function)
    for strip in strips:
        copies = (_without_checks(strip, ranges, *attempt) for attempt in _ATTEMPTS)
        copy = next((copy for copy in copies if copy is not None), None)
        if copy is not None:
            copy.splice(function)


def _without_checks(strip: Region, ranges: ValueRanges, exponent: int, of_elements: int | None) -> LoopCopy | None:
    """A copy of the strip in which no check is left, if numbers of that size make that possible."""
    copy = LoopCopy(strip, "unchecked", ranges)
    elements = elements_read(copy.function) if of_elements is not None else []
    if of_elements is not None:
        if not elements:
            return None
        copy.known |= dict.fromkeys(elements, Interval(-(1 << of_elements), (1 << of_elements) - 1))
    _assume_small(copy, strip, Interval(-(1 << exponent), 1 << exponent))
    if not _has_no_checks(copy, strip):
        return None
    if of_elements is not None:
        copy.guard = (gather_bits(copy.function, copy.header, elements), 1 << of_elements)
    return copy


def _is_strip(region: Region) -> bool:
    """Whether it is one, with checks that may be removed."""
    items = [item for block in region.loop.blocks for item in block.instructions]
    failing = [item for item in items if effects_of(item).fails]
    if not failing or len(items) > _MAXIMUM_INSTRUCTIONS or not all(map(_may_become_unchecked, failing)):
        return False
    compare = region.header.instructions[0]
    limits = [item for item in region.outer.instructions if isinstance(item, Apply) and not is_length(item)]
    first = limits[0] if limits else None
    is_strip = first is not None and first.primitive.name == "int64.strip_end"
    return is_strip and isinstance(compare, Apply) and first is not None and compare.operands[-1] is first.result


def _may_become_unchecked(item: Instruction) -> bool:
    if not isinstance(item, Apply):
        return False
    row = item.primitive
    return row.applies is not None or INT in row.operands or row.lowering.array in ("get", "set")


def _has_no_checks(copy: LoopCopy, strip: Region) -> bool:
    """Remove the checks, or leave them to tests before the strip; whether none is left."""
    copy.rename(unbox_ints(copy.function, copy.assumed))
    reduce_strength(copy.function)
    remove_checks(copy.function, copy.assumed)
    if not resizes_arrays(strip.loop):
        counter = strip.header.parameters.index(strip.header.instructions[0].operands[0])
        copy.bounds = StripBounds(copy.function, copy.header.parameters[counter])
        for item in copy.function.instructions():
            copy.bounds.assume(item)
    return not any(effects_of(item).fails for item in copy.function.instructions())


def _assume_small(copy: LoopCopy, strip: Region, small: Interval) -> None:
    """Assume small numbers, and of variables that the loop only adds to what they can become."""
    copy.assumed = {word: known.meet(small) or known for word, known in copy.known.items()}
    copy.assumed |= {value: known for value, known in copy.known.items() if value not in copy.entry.parameters}
    header, compare = copy.header, strip.header.instructions[0]
    counter = strip.header.parameters.index(compare.operands[0])
    sums = _Sums(copy.function, header)
    added = [
        index
        for index, parameter in enumerate(header.parameters)
        if index != counter and isinstance(parameter.type, FixedInt | type(INT)) and sums.is_sum(index)
    ]
    while added and (unbounded := _bound_sums(copy, sums, added)):
        # What may become too much is left as it is ; what was derived from its bounds is done again.
        for index in unbounded:
            copy.assumed[copy.entry.parameters[index]] = copy.known[copy.entry.parameters[index]]
        added = [index for index in added if index not in unbounded]


def _bound_sums(copy: LoopCopy, sums: _Sums, added: list[int]) -> list[int]:
    """Assume of the sums that they start small, and what follows; returns those of which nothing follows."""
    header, words = copy.header, {index: copy.entry.parameters[index] for index in added}
    whole = {index: _whole(header.parameters[index].type) for index in added}
    room = {index: _part(whole[index], 3, 4) for index in added}
    first = {
        word: copy.known[word].meet(_part(whole[index], 1, 4)) or copy.known[word] for index, word in words.items()
    }
    rooms = {header.parameters[index]: room[index] for index in added}
    ranges = ValueRanges(copy.function, {**copy.assumed, **first, **rooms})
    reached = {}
    for index, word in words.items():
        step = sums.step(index, ranges)
        reached[index] = add(first[word], Interval(STRIP * min(step.low, 0), STRIP * max(step.high, 0)))
    unbounded = [index for index in added if not reached[index].within(room[index])]
    if not unbounded:
        copy.assumed |= {**first, **{header.parameters[index]: reached[index] for index in added}}
    return unbounded


def _whole(type_: Type) -> Interval:
    return SMALL if type_ == INT else type_interval(type_)


def _part(whole: Interval, numerator: int, denominator: int) -> Interval:
    return Interval(int(whole.low) * numerator // denominator, int(whole.high) * numerator // denominator)


class _Sums:
    """By how much a loop changes the parameters of its header."""

    def __init__(self, function: Function, header: Block) -> None:
        self._header = header
        self._definitions = {item.result: item for item in function.instructions() if item.result is not None}
        self._places = {
            value: block
            for block in function.blocks
            for value in [*block.parameters, *(item.result for item in block.instructions if item.result is not None)]
        }
        self._arguments: dict[Value, list[Value]] = {}
        for block in function.blocks:
            for edge in (edge for item in block.instructions for edge in getattr(item, "edges", ())):
                if edge.target is not header or block is not function.entry:
                    for parameter, argument in zip(edge.target.parameters, edge.arguments, strict=True):
                        self._arguments.setdefault(parameter, []).append(argument)

    def is_sum(self, index: int) -> bool:
        """Whether the parameter only ever has something added or subtracted."""
        return (
            self._step(self._arguments[self._header.parameters[index]], self._header.parameters[index], None)
            is not None
        )

    def step(self, index: int, ranges: ValueRanges) -> Interval:
        """What is added in one step."""
        found = self._step(self._arguments[self._header.parameters[index]], self._header.parameters[index], ranges)
        assert found is not None
        return found

    def _step(self, values: list[Value], start: Value, ranges: ValueRanges | None) -> Interval | None:
        steps = [self._from(value, start, ranges) for value in values]
        known = [step for step in steps if step is not None]
        if not known or len(known) < len(steps):
            return None
        return Interval(min(step.low for step in known), max(step.high for step in known))

    def _from(self, value: Value, start: Value, ranges: ValueRanges | None) -> Interval | None:
        """`value` less `start`, if it is `start` with something added; without `ranges` just whether."""
        if value is start:
            return Interval(0, 0)
        if value in self._header.parameters:
            return None
        definition = self._definitions.get(value)
        if definition is None:
            return self._step(self._arguments.get(value, []), start, ranges)
        if not isinstance(definition, Apply) or len(definition.operands) != 2 or value.type != start.type:
            return None
        operation = definition.primitive.name.removeprefix("unchecked[").rstrip("]").partition(".")[2]
        left, right = definition.operands
        place = self._places[value]
        if operation in ("add", "sub") and (before := self._from(left, start, ranges)) is not None:
            by = ranges.of(right, place) if ranges is not None else Interval(0, 0)
            return add(before, by if operation == "add" else negate(by))
        if operation == "add" and (before := self._from(right, start, ranges)) is not None:
            return add(before, ranges.of(left, place) if ranges is not None else Interval(0, 0))
        return None
