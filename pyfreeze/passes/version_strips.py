"""A strip of a loop whose numbers are small when it starts runs as a copy without any checks.

A strip has at most `STRIP` steps (`strip_mine_loops`). So if the counter, the other ints from outside and the sums so far
are small at its start, intervals prove that nothing in it overflows, and that plain ints stay words. That is tested once
for each strip; where it does not hold, the strip runs as it was written. LLVM vectorises the copy.

outer:  end = …; are all small?  yes → check … → copy → ended(values);  no → loop → ended(values)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyfreeze.analysis.loops import Loop, innermost_loops
from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.copying import copy_blocks
from pyfreeze.ir.function import Function, predecessors
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    CondBranch,
    Constant,
    Edge,
    Instruction,
    Return,
    Value,
    effects_of,
    replace_uses,
    used_values,
)
from pyfreeze.ir.interval import Interval, add, negate
from pyfreeze.ir.types import BOOL, INT, INT64, FixedInt, Type
from pyfreeze.passes.reduce_strength import reduce_strength
from pyfreeze.passes.remove_checks import remove_checks
from pyfreeze.passes.unbox_ints import unbox_ints
from pyfreeze.primitives import TABLE, unchecked
from pyfreeze.primitives.intervals import SMALL, type_interval
from pyfreeze.primitives.ranges import STRIP

_EXPONENTS = (31, 24, 16)
"""What is tried as "small": between -2**e and 2**e. The largest with which all checks go away is taken."""

_MAXIMUM_INSTRUCTIONS = 300


def version_strips(function: Function) -> None:
    strips = [strip for loop in innermost_loops(function) if (strip := _strip_of(function, loop)) is not None]
    if not strips:
        return
    ranges = ValueRanges(function)
    for strip in strips:
        for exponent in _EXPONENTS:
            copy = _Copy(strip, Interval(-(1 << exponent), 1 << exponent), ranges)
            if copy.has_no_checks():
                _splice(function, strip, copy)
                break


@dataclass(frozen=True, slots=True)
class _Strip:
    loop: Loop
    outer: Block  # ends in a branch to the header
    ended: Block  # where the loop leads when it has reached `end`
    counter: Value
    outside: tuple[Value, ...]  # used in the loop and defined outside, without constants
    constants: tuple[Constant, ...]  # those used in the loop

    @property
    def header(self) -> Block:
        return self.loop.header


def _strip_of(function: Function, loop: Loop) -> _Strip | None:
    """`loop` as a strip with checks to remove, of which only the header's parameters are seen afterwards."""
    header, inside = loop.header, set(loop.blocks)
    items = [item for block in loop.blocks for item in block.instructions]
    failing = [item for item in items if effects_of(item).fails]
    if not failing or len(items) > _MAXIMUM_INSTRUCTIONS or not all(map(_may_become_unchecked, failing)):
        return None
    compare, exits, sources = header.instructions[0], loop.exits(), predecessors(function)
    if len(exits) != 1 or exits[0][0] is not header or exits[0][1].arguments or not isinstance(compare, Apply):
        return None
    ended = exits[0][1].target
    outers = [source for source in sources[header] if source not in inside]
    if len(outers) != 1 or len(sources[ended]) != 1 or not _ends_strip(outers[0], compare.operands[-1]):
        return None
    private = loop.defined() - set(header.parameters)
    rest = (item for block in function.blocks if block not in inside for item in block.instructions)
    if any(value in private for item in rest for value in used_values(item)):
        return None
    used = dict.fromkeys(value for item in items for value in _needed(item))
    known = {item.result: item for item in function.instructions() if isinstance(item, Constant)}
    outside = [value for value in used if value not in private and value not in header.parameters]
    return _Strip(
        loop,
        outers[0],
        ended,
        compare.operands[0],
        tuple(value for value in outside if value not in known),
        tuple(known[value] for value in outside if value in known),
    )


def _may_become_unchecked(item: Instruction) -> bool:
    if not isinstance(item, Apply):
        return False
    row = item.primitive
    return row.applies is not None or INT in row.operands


def _ends_strip(outer: Block, end: Value) -> bool:
    first, last = outer.instructions[0], outer.instructions[-1]
    is_strip = isinstance(first, Apply) and first.primitive.name == "int64.strip_end" and first.result is end
    return is_strip and isinstance(last, Branch)


def _needed(item: Instruction) -> Iterator[Value]:
    """What `item` uses, but for the locals that it would show if it failed."""
    yield from item.operands
    for edge in getattr(item, "edges", ()):
        yield from edge.arguments


class _Copy:
    """The loop as a function of what it uses, without checks if the assumptions allow that.

    entry(header's parameters, values from outside): plain ints come as words; then the copied loop; then a return of
    the header's parameters, as they are when the loop ends.
    """

    def __init__(self, strip: _Strip, small: Interval, ranges: ValueRanges) -> None:
        """`ranges` are those of the function around; what they say needs no test."""
        self._strip = strip
        inputs = (*strip.header.parameters, *strip.outside)
        entry, leaving = Block(f"{strip.header.name}.words"), Block(f"{strip.header.name}.done")
        inside: dict[Value, Value] = {}
        for value in inputs:
            word = Value(_unboxed(value.type), value.name)
            entry.parameters.append(word)
            inside[value] = word
            if value.type == INT:
                inside[value] = Value(INT, value.name)
                entry.instructions.append(Apply([word], inside[value], primitive=unchecked(TABLE["int64.to_int"])))
        for constant in strip.constants:
            assert constant.result is not None
            inside[constant.result] = Value(constant.result.type)
            entry.instructions.append(Constant([], inside[constant.result], value=constant.value))
        arguments = [inside.pop(parameter) for parameter in strip.header.parameters]
        blocks = copy_blocks(strip.loop.blocks, "unchecked", inside, {strip.ended: leaving})
        self._header = next(made for old, made in zip(strip.loop.blocks, blocks, strict=True) if old is strip.header)
        entry.instructions.append(Branch([], edges=[Edge(self._header, arguments)]))
        leaving.instructions.append(Return(list(self._header.parameters)))
        self.leaving = leaving
        self.function = Function("strip", (), INT64, [entry, *blocks, leaving])
        branch = strip.outer.instructions[-1]
        assert isinstance(branch, Branch)
        self.given = (*branch.edges[0].arguments, *strip.outside)
        self.known = {
            word: ranges.of(value, strip.outer)
            for word, value in zip(entry.parameters, self.given, strict=True)
            if isinstance(word.type, FixedInt)
        }
        self.assumed = {word: known.meet(small) or known for word, known in self.known.items()}

    @property
    def entry(self) -> Block:
        return self.function.entry

    def has_no_checks(self) -> bool:
        """Remove the checks; whether none is left."""
        if not self._bound_sums():
            return False
        words = unbox_ints(self.function, self.assumed)
        self.assumed = {words.get(value, value): interval for value, interval in self.assumed.items()}
        reduce_strength(self.function)
        remove_checks(self.function, self.assumed)
        return not any(effects_of(item).fails for item in self.function.instructions())

    def _bound_sums(self) -> bool:
        """Assume for variables that the loop only adds to what they can become in a strip; False if that is too much."""
        header = self._header
        counter = self._strip.header.parameters.index(self._strip.counter)
        sums = _Sums(self.function, header)
        added = [
            index
            for index, parameter in enumerate(header.parameters)
            if index != counter and isinstance(parameter.type, FixedInt | type(INT)) and sums.is_sum(index)
        ]
        words = {index: self.entry.parameters[index] for index in added}
        room = {index: _part(_whole(header.parameters[index].type), 3, 4) for index in added}
        for index in added:
            known = self.known[words[index]]
            self.assumed[words[index]] = known.meet(_part(_whole(header.parameters[index].type), 1, 4)) or known
        ranges = ValueRanges(
            self.function, {**self.assumed, **{header.parameters[index]: room[index] for index in added}}
        )
        for index in added:
            step = sums.step(index, ranges)
            reached = add(self.assumed[words[index]], Interval(STRIP * min(step.low, 0), STRIP * max(step.high, 0)))
            if not reached.within(room[index]):
                return False
            self.assumed[header.parameters[index]] = reached
        return True


def _unboxed(type_: Type) -> Type:
    return INT64 if type_ == INT else type_


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


def _splice(function: Function, strip: _Strip, copy: _Copy) -> None:
    """Put the copy beside the loop: the outer block chooses, and both lead to `ended`."""
    header, ended = strip.header, strip.ended
    ended.parameters = [Value(value.type, value.name) for value in header.parameters]
    renamed = dict(zip(header.parameters, ended.parameters, strict=True))
    inside = set(strip.loop.blocks)
    for block in function.blocks:
        if block not in inside:
            for item in block.instructions:
                replace_uses(item, renamed)
    strip.loop.exits()[0][1].arguments = list(header.parameters)
    returned = copy.leaving.instructions.pop()
    copy.leaving.instructions.append(Branch([], edges=[Edge(ended, list(returned.operands))]))
    function.blocks += [*_choose(strip, copy), *copy.function.blocks]


def _choose(strip: _Strip, copy: _Copy) -> list[Block]:
    """End the outer block in tests that lead to the copy or to the loop; returns the blocks made for that."""
    last = strip.outer.instructions.pop()
    assert isinstance(last, Branch)
    start, given = last.edges[0].arguments, copy.given
    as_written = Edge(strip.header, list(start))
    made: list[Block] = []
    current = strip.outer
    plain = [value for value in given if value.type == INT]
    if plain:
        following = Block(f"{strip.header.name}.small")
        tests = [_apply("int.is_small", BOOL, [value], current) for value in plain]
        _branch_if_all(current, tests, Edge(following), as_written)
        made.append(following)
        current = following
    untag = unchecked(TABLE["int.to_int64"])
    words = []
    for value in given:
        word = value
        if value.type == INT:
            word = Value(INT64, value.name)
            current.instructions.append(Apply([value], word, primitive=untag))
        words.append(word)
    tests = []
    for word, parameter in zip(words, copy.entry.parameters, strict=True):
        assumption = copy.assumed.get(parameter)
        if assumption is not None:
            tests += _within(word, assumption, copy.known[parameter], current)
    _branch_if_all(current, tests, Edge(copy.entry, words), Edge(as_written.target, list(start)))
    return made


def _within(value: Value, wanted: Interval, known: Interval, block: Block) -> Iterator[Value]:
    """Tests that `value`, which is in `known`, is in `wanted`."""
    type_ = value.type
    for comparison, bound, limit in (("ge", wanted.low, known.low), ("le", wanted.high, known.high)):
        if bound > limit if comparison == "ge" else bound < limit:
            constant = Value(type_)
            block.instructions.append(Constant([], constant, value=int(bound)))
            yield _apply(f"{type_}.{comparison}", BOOL, [value, constant], block)


def _apply(name: str, type_: Type, operands: list[Value], block: Block) -> Value:
    result = Value(type_)
    block.instructions.append(Apply(operands, result, primitive=TABLE[name]))
    return result


def _branch_if_all(block: Block, tests: list[Value], yes: Edge, no: Edge) -> None:
    if not tests:
        block.instructions.append(Branch([], edges=[yes]))
        return
    condition = tests[0]
    for test in tests[1:]:
        condition = _apply("bool.and", BOOL, [condition, test], block)
    block.instructions.append(CondBranch([condition], edges=[yes, no], likely=True))
