"""Second versions of loops: a copy for small numbers beside the loop as it was written, and the test that chooses.

A copy is made as a function of its own, so that analyses and passes work on it under assumptions about its parameters;
if it turns out well it is spliced in:

outer:  are the values as assumed?  yes → copy → joined(values);  no → loop → joined(values)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyfreeze.analysis.loops import Loop
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
    replace_uses,
    used_values,
)
from pyfreeze.ir.interval import Interval
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import INT, INT64, FixedInt, Type
from pyfreeze.passes.strip_bounds import StripBounds
from pyfreeze.passes.watched_floats import Watch
from pyfreeze.primitives import TABLE, unchecked
from pyfreeze.primitives.intervals import type_interval


@dataclass(frozen=True, slots=True)
class Region:
    """A loop that is entered and left at one place, and of which only the header's parameters are seen afterwards."""

    loop: Loop
    outer: Block  # the only one that leads into the loop; ends in a branch
    leave: Edge  # the only way out, from the header
    outside: tuple[Value, ...]  # used in the loop and defined outside, without constants
    constants: tuple[Constant, ...]  # those used in the loop

    @property
    def header(self) -> Block:
        return self.loop.header

    @property
    def enter(self) -> Edge:
        branch = self.outer.instructions[-1]
        assert isinstance(branch, Branch)
        return branch.edges[0]


def region_of(function: Function, loop: Loop) -> Region | None:
    """`loop` as a `Region`, if it is one."""
    header, inside, exits = loop.header, set(loop.blocks), loop.exits()
    outers = [source for source in predecessors(function)[header] if source not in inside]
    if len(exits) != 1 or exits[0][0] is not header or len(outers) != 1:
        return None
    if not isinstance(outers[0].instructions[-1], Branch):
        return None
    private = loop.defined() - set(header.parameters)
    rest = (item for block in function.blocks if block not in inside for item in block.instructions)
    if any(value in private for item in rest for value in used_values(item)):
        return None
    used = dict.fromkeys(value for block in loop.blocks for item in block.instructions for value in _needed(item))
    known = {item.result: item for item in function.instructions() if isinstance(item, Constant)}
    outside = [value for value in used if value not in private and value not in header.parameters]
    return Region(
        loop,
        outers[0],
        exits[0][1],
        tuple(value for value in outside if value not in known),
        tuple(known[value] for value in outside if value in known),
    )


def _needed(item: Instruction) -> Iterator[Value]:
    """What `item` uses, but for the locals that it would show if it failed."""
    yield from item.operands
    for edge in getattr(item, "edges", ()):
        yield from edge.arguments


class LoopCopy:
    """The loop as a function of what it uses.

    entry(header's parameters, values from outside): plain ints come as words, which they must be small for; then the
    copied loop; then a return of the header's parameters, as they are when the loop ends.

    known: what integer parameters of the entry can be. assumed: what they are assumed to be, to be narrowed by the
    caller, who may also add bounds of the header's parameters that follow from these.
    """

    def __init__(self, region: Region, suffix: str, ranges: ValueRanges) -> None:
        """`ranges` are those of the function around; what they say needs no test."""
        self._region = region
        entry, leaving = Block(f"{region.header.name}.words"), Block(f"{region.header.name}.done")
        inside = self._enter(entry)
        arguments = [inside.pop(parameter) for parameter in region.header.parameters]
        blocks = copy_blocks(region.loop.blocks, suffix, inside, {region.leave.target: leaving})
        self.header = next(made for old, made in zip(region.loop.blocks, blocks, strict=True) if old is region.header)
        for edge in (edge for item in self.header.instructions for edge in getattr(item, "edges", ())):
            if edge.target is leaving:
                edge.arguments = []
        entry.instructions.append(Branch([], edges=[Edge(self.header, arguments)]))
        leaving.instructions.append(Return(list(self.header.parameters)))
        self._leaving = leaving
        self.function = Function("copy", (), INT64, [entry, *blocks, leaving])
        self._given = (*region.enter.arguments, *region.outside)
        self.known = {
            word: ranges.of(value, region.outer)
            for word, value in zip(entry.parameters, self._given, strict=True)
            if isinstance(word.type, FixedInt)
        }
        self.assumed = dict(self.known)
        self.bounds: StripBounds | None = None  # tested as well
        self.tested: list[tuple[Primitive, Value]] = []  # what has to hold of these parameters of the entry
        self.watch: Watch | None = None  # asked when the loop has ended
        self.guard: tuple[Value, int] | None = None  # a parameter of the header that has to end from 0 to below that

    def _enter(self, entry: Block) -> dict[Value, Value]:
        """Fill the entry; returns what stands for the loop's values from outside."""
        inside: dict[Value, Value] = {}
        for value in (*self._region.header.parameters, *self._region.outside):
            word = Value(_unboxed(value.type), value.name)
            entry.parameters.append(word)
            inside[value] = word
            if value.type == INT:
                inside[value] = Value(INT, value.name)
                entry.instructions.append(Apply([word], inside[value], primitive=unchecked(TABLE["int64.to_int"])))
        for constant in self._region.constants:
            assert constant.result is not None
            inside[constant.result] = Value(constant.result.type)
            entry.instructions.append(Constant([], inside[constant.result], value=constant.value))
        return inside

    @property
    def entry(self) -> Block:
        return self.function.entry

    def rename(self, words: dict[Value, Value]) -> None:
        """Assume of `words` what was assumed of the values that they replace."""
        self.assumed = {words.get(value, value): interval for value, interval in self.assumed.items()}

    def splice(self, function: Function) -> None:
        """Put the copy beside the loop: the outer block chooses, and both lead on with the header's parameters."""
        region = self._region
        header, leave = region.header, region.leave
        joined = Block(f"{header.name}.joined", [Value(value.type, value.name) for value in header.parameters])
        joined.instructions.append(Branch([], edges=[Edge(leave.target, list(leave.arguments))]))
        function.blocks.append(joined)
        renamed = dict(zip(header.parameters, joined.parameters, strict=True))
        inside = set(region.loop.blocks)
        for block in function.blocks:
            if block not in inside:
                for item in block.instructions:
                    replace_uses(item, renamed)
        leave.target, leave.arguments = joined, list(header.parameters)
        returned = self._leaving.instructions.pop()
        done = Edge(joined, list(returned.operands))
        again, tests = Edge(header, list(region.enter.arguments)), list[Value]()
        if self.guard is not None:
            word, bound = self.guard
            tests += _within(word, Interval(0, bound - 1), type_interval(INT64), self._leaving)
        if self.watch is not None:
            fine, again, blocks = self.watch.end(self._leaving, *self._ends(self.entry.parameters, self.header), again)
            tests.append(fine)
            function.blocks += blocks
        _branch_if_all(self._leaving, tests, done, again)
        function.blocks += [*self._choose(), *self.function.blocks]

    def _choose(self) -> list[Block]:
        """End the outer block in tests that lead to the copy or to the loop; returns the blocks made for that."""
        region, made = self._region, list[Block]()
        start = region.enter.arguments
        region.outer.instructions.pop()
        current = region.outer
        plain = [value for value in self._given if value.type == INT]
        if plain:
            following = Block(f"{region.header.name}.small")
            tests = [_apply("int.is_small", [value], current) for value in dict.fromkeys(plain)]
            _branch_if_all(current, tests, Edge(following), Edge(region.header, list(start)))
            made.append(following)
            current = following
        words, tests = [], []
        for value in self._given:
            word = value
            if value.type == INT:
                word = Value(INT64, value.name)
                current.instructions.append(Apply([value], word, primitive=unchecked(TABLE["int.to_int64"])))
            words.append(word)
        for word, parameter in zip(words, self.entry.parameters, strict=True):
            if parameter in self.assumed:
                tests += _within(word, self.assumed[parameter], self.known[parameter], current)
        given = dict(zip(self.entry.parameters, words, strict=True))
        tests += [_apply_row(row, [given[value]], current) for row, value in self.tested]
        if self.bounds is not None:
            first, end = self._ends(words, region.header)
            tests += self.bounds.tests(given, first, end, current)
        _branch_if_all(current, tests, Edge(self.entry, words), Edge(region.header, list(start)))
        return made

    @staticmethod
    def _ends(words: list[Value], header: Block) -> tuple[Value, Value]:
        """The counter where the strip starts, and the count before which it ends."""
        compare = header.instructions[0]
        return words[header.parameters.index(compare.operands[0])], compare.operands[1]


def _unboxed(type_: Type) -> Type:
    return INT64 if type_ == INT else type_


def _within(value: Value, wanted: Interval, known: Interval, block: Block) -> Iterator[Value]:
    """Tests that `value`, which is in `known`, is in `wanted`."""
    for comparison, bound, limit in (("ge", wanted.low, known.low), ("le", wanted.high, known.high)):
        if bound > limit if comparison == "ge" else bound < limit:
            constant = Value(value.type)
            block.instructions.append(Constant([], constant, value=int(bound)))
            yield _apply(f"{value.type}.{comparison}", [value, constant], block)


def _apply(name: str, operands: list[Value], block: Block) -> Value:
    return _apply_row(TABLE[name], operands, block)


def _apply_row(row: Primitive, operands: list[Value], block: Block) -> Value:
    result = Value(row.result)
    block.instructions.append(Apply(operands, result, primitive=row))
    return result


def _branch_if_all(block: Block, tests: list[Value], yes: Edge, no: Edge) -> None:
    if not tests:
        block.instructions.append(Branch([], edges=[yes]))
        return
    condition = tests[0]
    for test in tests[1:]:
        condition = _apply("bool.and", [condition, test], block)
    block.instructions.append(CondBranch([condition], edges=[yes, no], likely=True))
