"""A strip of a loop whose numbers are small when it starts runs as a copy without checks.

A strip has at most `STRIP` steps (`strip_mine_loops`), a loop that shrinks a number `MOST_STEPS` (`shrinking_loops`). So
if the counter, the other ints from outside and the sums so far are small at its start, intervals prove that nothing in it
overflows, and that plain ints stay words. That is tested once for each strip; where it does not hold, the strip runs as
it was written. LLVM vectorises the copy.

If some checks have to stay (a subscript that comes from an array, a division), the copy may still be without those of the
subscripts that follow the counter.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyfreeze.analysis.loops import innermost_loops
from pyfreeze.analysis.shrinking_loops import MOST_STEPS, shrinking_number
from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, Instruction, Poll, Value, effects_of
from pyfreeze.ir.interval import Interval, add, negate
from pyfreeze.ir.types import INT, INT64, FixedInt, Type
from pyfreeze.passes.guarded_elements import elements_read, gather_bits
from pyfreeze.passes.loop_copies import LoopCopy, Region, region_of
from pyfreeze.passes.reduce_strength import reduce_strength
from pyfreeze.passes.remove_checks import remove_checks
from pyfreeze.passes.strip_bounds import StripBounds, is_subscript
from pyfreeze.passes.strip_mine_loops import is_length, resizes_arrays
from pyfreeze.passes.unbox_ints import unbox_ints
from pyfreeze.passes.watched_floats import is_quiet, watch
from pyfreeze.primitives.intervals import SMALL, type_interval
from pyfreeze.primitives.ranges import SHORT_STRIP_END, STRIP, is_strip_end


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What is taken as "small": the numbers that a strip starts with, and the int64 elements that it reads."""

    numbers: Interval
    elements: int | None = None  # between -2**e and 2**e; of None nothing is assumed

    @property
    def assumes_nothing(self) -> bool:
        return self is _NOTHING

    @staticmethod
    def of(exponent: int, elements: int | None = None) -> _Attempt:
        return _Attempt(Interval(-(1 << exponent), 1 << exponent), elements)


_NOTHING = _Attempt(type_interval(INT64))
_ATTEMPTS = tuple(_Attempt.of(exponent) for exponent in (31, 24, 20, 15))
_WITH_ELEMENTS = tuple(_Attempt.of(*exponents) for exponents in ((31, 47), (31, 31), (24, 24)))
_FOR_FEW_STEPS = (_Attempt.of(61), _Attempt(Interval(0, 1 << 61)), *_ATTEMPTS)
"""The first with which all checks go away is taken."""

_MAXIMUM_INSTRUCTIONS = 300


@dataclass(frozen=True, slots=True)
class _Strip:
    region: Region
    steps: int
    number: Value  # a header's parameter whose bounds follow from the assumptions: the counter, or what shrinks
    if_nonnegative: bool = False
    is_short: bool = False


def version_strips(function: Function) -> None:
    regions = [region for loop in innermost_loops(function) if (region := region_of(function, loop)) is not None]
    regions = [region for region in regions if _may_lose_checks(region)]
    if not regions:
        return
    ranges = ValueRanges(function)
    for region in regions:
        strip = _as_strip(function, region, ranges)
        if strip is None:
            continue
        attempts = (_NOTHING, *_ATTEMPTS, *_WITH_ELEMENTS) if strip.steps == STRIP else _FOR_FEW_STEPS
        copies = (_without_checks(strip, ranges, attempt) for attempt in attempts)
        copy = next((copy for copy in copies if copy is not None), None)
        if copy is None and strip.steps == STRIP:
            copy = _with_fewer_checks(strip, ranges)
        if copy is not None:
            copy.splice(function)


def _without_checks(strip: _Strip, ranges: ValueRanges, attempt: _Attempt) -> LoopCopy | None:
    """A copy of the strip in which no check is left, if numbers of that size make that possible."""
    if not _may_lose_all_checks(strip.region):
        return None
    copy = LoopCopy(strip.region, "unchecked", ranges)
    if strip.steps != STRIP:
        _remove_polls(copy)
    elements = elements_read(copy.function) if attempt.elements is not None else []
    if attempt.elements is not None:
        if not elements:
            return None
        copy.known |= dict.fromkeys(elements, Interval(-(1 << attempt.elements), (1 << attempt.elements) - 1))
    _assume_small(copy, strip, attempt.numbers)
    if _checks_left(copy, strip, attempt) and not _watch_floats(copy, strip):
        return None
    if attempt.elements is not None:
        copy.guard = (gather_bits(copy.function, copy.header, elements, attempt.elements), 2 << attempt.elements)
    return copy


def _watch_floats(copy: LoopCopy, strip: _Strip) -> bool:
    """Leave all checks that are left to the processor's flags, if that is possible."""
    failing = [item for item in copy.function.instructions() if effects_of(item).fails]
    if copy.bounds is None or not all(map(is_quiet, failing)):
        return False
    place = strip.region.header.parameters.index(strip.number)
    counter, start = copy.header.parameters[place], copy.entry.parameters[place]
    copy.watch = watch(copy.function, copy.header, copy.bounds, counter, strip.is_short)
    if copy.watch is not None:
        copy.watch.begin(counter, start)
    return copy.watch is not None


def _with_fewer_checks(strip: _Strip, ranges: ValueRanges) -> LoopCopy | None:
    """A copy of the strip in which subscripts that follow the counter have no check, others do."""
    failing = _failing(strip.region)
    if not all(map(_ends_the_strip, failing)):
        return None
    for attempt in _ATTEMPTS:
        copy = LoopCopy(strip.region, "unchecked", ranges)
        _assume_small(copy, strip, attempt.numbers)
        left = _checks_left(copy, strip, attempt)
        if copy.bounds is not None and copy.bounds.subscripts and left < len(failing):
            return copy
    return None


def _ends_the_strip(item: Instruction) -> bool:
    """Whether what follows a failure leaves the loop: where the slow path goes on, others may resize the arrays."""
    return isinstance(item, Apply) and item.primitive.lowering.has_fast_path and not item.primitive.lowering.recovers


def _may_lose_checks(region: Region) -> bool:
    items = [item for block in region.loop.blocks for item in block.instructions]
    failing = _failing(region)
    return len(items) <= _MAXIMUM_INSTRUCTIONS and any(map(_may_become_unchecked, failing))


def _may_lose_all_checks(region: Region) -> bool:
    return all(map(_may_become_unchecked, _failing(region)))


def _failing(region: Region) -> list[Instruction]:
    return [item for block in region.loop.blocks for item in block.instructions if effects_of(item).fails]


def _as_strip(function: Function, region: Region, ranges: ValueRanges) -> _Strip | None:
    compare = region.header.instructions[0]
    first = next((item for item in region.outer.instructions if not is_length(item)), None)
    polls = any(isinstance(item, Poll) for block in region.loop.blocks for item in block.instructions)
    if (
        isinstance(first, Apply)
        and is_strip_end(first.primitive)
        and not polls
        and isinstance(compare, Apply)
        and compare.operands[-1] is first.result
    ):
        return _Strip(region, STRIP, compare.operands[0], is_short=first.primitive.name == SHORT_STRIP_END)
    found = shrinking_number(function, region.loop, ranges)
    return _Strip(region, MOST_STEPS, found.number, found.if_nonnegative) if found is not None else None


def _remove_polls(copy: LoopCopy) -> None:
    for block in copy.function.blocks:
        block.instructions = [item for item in block.instructions if not isinstance(item, Poll)]


def _may_become_unchecked(item: Instruction) -> bool:
    if not isinstance(item, Apply):
        return isinstance(item, Poll)
    row = item.primitive
    return row.applies is not None or INT in row.operands or is_subscript(row) or is_quiet(item)


def _checks_left(copy: LoopCopy, strip: _Strip, attempt: _Attempt) -> int:
    """Remove the checks, or leave them to tests before the strip; returns how many are left."""
    copy.rename(unbox_ints(copy.function, copy.assumed))
    reduce_strength(copy.function)
    remove_checks(copy.function, copy.assumed)
    if strip.steps == STRIP and not resizes_arrays(strip.region.loop):
        counter = strip.region.header.parameters.index(strip.number)
        copy.bounds = StripBounds(copy.function, copy.header.parameters[counter], attempt.assumes_nothing)
        for item in copy.function.instructions():
            copy.bounds.assume(item)
    return sum(effects_of(item).fails for item in copy.function.instructions())


def _assume_small(copy: LoopCopy, strip: _Strip, small: Interval) -> None:
    """Assume small numbers, and of variables that the loop only adds to what they can become."""
    copy.assumed = {word: known.meet(small) or known for word, known in copy.known.items()}
    copy.assumed |= {value: known for value, known in copy.known.items() if value not in copy.entry.parameters}
    header = copy.header
    counter = strip.region.header.parameters.index(strip.number)
    if strip.if_nonnegative:
        word = copy.entry.parameters[counter]
        copy.assumed[word] = copy.assumed[word].meet(Interval(0, small.high)) or Interval(0, small.high)
    sums = _Sums(copy.function, header)
    added = [
        index
        for index, parameter in enumerate(header.parameters)
        if index != counter and isinstance(parameter.type, FixedInt | type(INT)) and sums.is_sum(index)
    ]
    while added and (unbounded := _bound_sums(copy, strip, sums, added)):
        # What may become too much is left as it is; what was derived from its bounds is done again.
        for index in unbounded:
            copy.assumed[copy.entry.parameters[index]] = copy.known[copy.entry.parameters[index]]
        added = [index for index in added if index not in unbounded]


def _bound_sums(copy: LoopCopy, strip: _Strip, sums: _Sums, added: list[int]) -> list[int]:
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
        reached[index] = add(first[word], Interval(strip.steps * min(step.low, 0), strip.steps * max(step.high, 0)))
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
