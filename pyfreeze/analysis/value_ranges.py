"""Which integers each value can be: intervals over SSA, with what the conditions on the way to a block say.

An ascending iteration with widening to thresholds (the constants of the function and the bounds of its types), then a
few descending ones. Intervals of values are facts everywhere; a condition narrows them in the blocks it dominates.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyfreeze.analysis.dominators import immediate_dominators
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, CondBranch, Constant, Edge, Instruction, Value, edges_of
from pyfreeze.ir.interval import Bound, Interval
from pyfreeze.ir.types import BOOL, FIXED_INTS, INT, Type
from pyfreeze.primitives.intervals import type_interval

_PATIENCE = 3
"""How often a parameter may grow before it is widened."""

_MOST_STEPS = 16
"""How often it may grow before the constants of the function are no thresholds any more: there may be hundreds."""

_FEW_THRESHOLDS: set[Bound] = {
    *(-math.inf, -1, 0, 1, math.inf, -(1 << 31), 1 << 31, -(1 << 62), (1 << 62) - 1),
    *(bound for type_ in FIXED_INTS for bound in (type_.minimum, type_.maximum)),
}
_SORTED_FEW = sorted(_FEW_THRESHOLDS)

_DESCENTS = 2

_MOST_FACTS = 32
"""How many conditions on one value are looked at where all of them hold: the closest ones."""

_INTEGERS: frozenset[Type] = frozenset((*FIXED_INTS, INT, BOOL))
_NEGATED = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
_SWAPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


@dataclass(frozen=True, slots=True)
class _Fact:
    """`value comparison other` holds."""

    value: Value
    comparison: str
    other: Value | Interval


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a condition tells where it holds, by value; `outer` is what holds there besides."""

    own: dict[Value, list[_Fact]]
    outer: _Facts | None


class ValueRanges:
    """The result: `of(value, block)` is what `value` can be where `block` runs."""

    def __init__(self, function: Function, assumed: Mapping[Value, Interval] | None = None) -> None:
        """`assumed` are bounds of values that the caller answers for."""
        self._assumed = dict(assumed or {})
        self._dominators = immediate_dominators(function)
        self._order = list(self._dominators)
        self._function = function
        self._incoming = self._edges_into()
        self._known: dict[Value, Interval] = {}
        self._edge_facts: dict[int, list[_Fact]] = {}  # by id: edges are mutable
        self._told: set[Value] = set()  # values about which there are facts
        self._facts = self._collect_facts()
        self._found: dict[tuple[Value, Block], list[_Fact]] = {}
        self._thresholds = self._collect_thresholds()
        self._solve()

    def of(self, value: Value, block: Block) -> Interval:
        """What integer `value` can be in `block`; all of its type if that is never reached."""
        return self._at(value, block) or type_interval(value.type)

    def pieces(self, value: Value, block: Block) -> tuple[Interval, ...]:
        """As `of`, in two where a condition says that `value` is not 0."""
        whole = self.of(value, block)
        nonzero = any(fact.comparison == "ne" and self._is_zero(fact.other) for fact in self._facts_about(value, block))
        if not nonzero or not whole.holds(0):
            return (whole,)
        sides = (whole.meet(Interval(-math.inf, -1)), whole.meet(Interval(1, math.inf)))
        return tuple(side for side in sides if side is not None) or (whole,)

    def _is_zero(self, other: Value | Interval) -> bool:
        known = other if isinstance(other, Interval) else self._anywhere(other)
        return known == Interval(0, 0)

    def exact(self, instruction: Apply, block: Block) -> Interval | None:
        """The interval of the result before it is put into its type; None if nothing is known."""
        if instruction.primitive.interval is None:
            return None
        operands = [self._at(operand, block) for operand in instruction.operands if operand.type in _INTEGERS]
        known = [operand for operand in operands if operand is not None]
        return instruction.primitive.interval(*known) if len(known) == len(operands) else None

    # Facts from conditions

    def _edges_into(self) -> dict[Block, list[tuple[Block, Edge, int]]]:
        """For each block: where it is entered from, over which edge, and how many parameters the edge does not list."""
        incoming: dict[Block, list[tuple[Block, Edge, int]]] = {block: [] for block in self._order}
        for block in self._order:
            for instruction in block.instructions:
                for edge in edges_of(instruction):
                    if edge.target in incoming:
                        skipped = 1 if edge is instruction.handler else 0
                        incoming[edge.target].append((block, edge, skipped))
        return incoming

    def _collect_facts(self) -> dict[Block, _Facts | None]:
        """What is known in each block, from the conditions of its dominators."""
        comparisons = {item.result: item for item in self._function.instructions() if isinstance(item, Apply)}
        for block in self._order:
            last = block.instructions[-1]
            if isinstance(last, CondBranch):
                condition = comparisons.get(last.operands[0])
                for edge, holds in zip(last.edges, (True, False), strict=True):
                    self._edge_facts[id(edge)] = _facts_of(condition, holds)
        facts: dict[Block, _Facts | None] = {}
        for block, dominator in self._dominators.items():
            facts[block] = facts[dominator] if dominator is not None else None
            if len(self._incoming[block]) == 1:
                _, edge, _ = self._incoming[block][0]
                own: dict[Value, list[_Fact]] = {}
                for fact in self._edge_facts.get(id(edge), ()):
                    own.setdefault(fact.value, []).append(fact)
                if own:
                    facts[block] = _Facts(own, facts[block])
                    self._told.update(own)
        return facts

    def _facts_about(self, value: Value, block: Block) -> list[_Fact]:
        """The closest of the facts about `value` in `block`, outermost first."""
        if value not in self._told:
            return []
        key = (value, block)
        if key not in self._found:
            found: list[_Fact] = []
            facts = self._facts[block]
            while facts is not None and len(found) < _MOST_FACTS:
                found += reversed(facts.own.get(value, ()))
                facts = facts.outer
            self._found[key] = found[::-1]
        return self._found[key]

    def _at(self, value: Value, block: Block) -> Interval | None:
        """None while nothing reaches the value, or where the conditions contradict each other."""
        known = self._known.get(value)
        if known is None:
            return self._unseen(value)
        for fact in self._facts_about(value, block):
            if known is not None:
                other = fact.other if isinstance(fact.other, Interval) else self._anywhere(fact.other)
                if other is not None:
                    known = _narrowed(known, fact.comparison, other)
        return known

    def _anywhere(self, value: Value) -> Interval | None:
        return self._known.get(value) or self._unseen(value)

    def _unseen(self, value: Value) -> Interval | None:
        """A value defined outside of the function's blocks, or not reached yet."""
        if value in self._assumed:
            return self._assumed[value]
        return None if value in self._inside else type_interval(value.type)

    # The iterations

    def _collect_thresholds(self) -> list[Bound]:
        found: set[Bound] = set()
        self._inside: set[Value] = set()
        for block in self._order:
            self._inside.update(block.parameters)
            for instruction in block.instructions:
                if instruction.result is not None:
                    self._inside.add(instruction.result)
                if isinstance(instruction, Constant) and type(instruction.value) is int:
                    found |= {instruction.value - 1, instruction.value, instruction.value + 1}
        found |= _FEW_THRESHOLDS
        for assumption in self._assumed.values():
            found |= {assumption.low, assumption.high}
        return sorted(found)

    def _solve(self) -> None:
        for parameter in self._function.parameters:
            if parameter.type in _INTEGERS:
                self._known[parameter] = self._assumed.get(parameter, type_interval(parameter.type))
        growth: dict[Value, int] = {}
        users = self._users()
        waiting = set(self._order)
        while waiting:
            for block in self._order:
                if block in waiting:
                    waiting.discard(block)
                    for value in self._update(block, growth):
                        waiting |= users.get(value, set())
        for _ in range(_DESCENTS):
            for block in self._order:
                self._update(block, None)

    def _users(self) -> dict[Value, set[Block]]:
        """The blocks whose values are computed from a value."""
        users: dict[Value, set[Block]] = {}

        def note(value: Value, facts: list[_Fact], block: Block) -> None:
            users.setdefault(value, set()).add(block)
            for fact in facts:
                if fact.value is value and isinstance(fact.other, Value):
                    users.setdefault(fact.other, set()).add(block)

        for block in self._order:
            for instruction in block.instructions:
                for operand in instruction.operands:
                    note(operand, self._facts_about(operand, block), block)
            for source, edge, _ in self._incoming[block]:
                on_edge = self._edge_facts.get(id(edge), [])
                for value in edge.arguments:
                    note(value, [*self._facts_about(value, source), *on_edge], block)
                for fact in on_edge:  # an edge's facts compare with what holds where it starts
                    if isinstance(fact.other, Value):
                        note(fact.other, self._facts_about(fact.other, source), block)
        return users

    def _update(self, block: Block, growth: dict[Value, int] | None) -> list[Value]:
        """Recompute what `block` defines; with `growth`, bounds only move outwards. Returns what has changed."""
        changed: list[Value] = []
        if block is not self._function.entry:
            for index, parameter in enumerate(block.parameters):
                if parameter.type in _INTEGERS and self._set(parameter, self._merged(block, index), growth):
                    changed.append(parameter)
        for instruction in block.instructions:
            result = instruction.result
            if result is None or result.type not in _INTEGERS:
                continue
            if self._set(result, self._computed(instruction, block), None if growth is None else {}):
                changed.append(result)
        return changed

    def _set(self, value: Value, found: Interval | None, growth: dict[Value, int] | None) -> bool:
        old = self._known.get(value)
        if found is None or found == old:
            return False
        if growth is not None and old is not None:
            found = old.union(found)
            if found == old:
                return False
            growth[value] = growth.get(value, 0) + 1
            if growth[value] > _PATIENCE:
                few = growth[value] > _MOST_STEPS
                found = _widened(old, found, value.type, _SORTED_FEW if few else self._thresholds)
        self._known[value] = found
        return True

    def _merged(self, block: Block, index: int) -> Interval | None:
        parameter = block.parameters[index]
        if parameter in self._assumed:
            return self._assumed[parameter]
        merged: Interval | None = None
        for source, edge, skipped in self._incoming[block]:
            found = self._on_edge(edge.arguments[index - skipped], source, edge)
            if found is not None:
                merged = found if merged is None else merged.union(found)
        return merged

    def _on_edge(self, value: Value, source: Block, edge: Edge) -> Interval | None:
        """What `value` can be when `edge` is taken: also narrowed by the condition that chooses it."""
        known = self._at(value, source)
        for fact in self._edge_facts.get(id(edge), ()):
            if fact.value is value and known is not None:
                other = fact.other if isinstance(fact.other, Interval) else self._at(fact.other, source)
                known = _narrowed(known, fact.comparison, other) if other is not None else known
        return known

    def _computed(self, instruction: Instruction, block: Block) -> Interval | None:
        assert instruction.result is not None
        if instruction.result in self._assumed:
            return self._assumed[instruction.result]
        whole = type_interval(instruction.result.type)
        match instruction:
            case Constant(value=int(value)):
                return Interval.of(int(value), int(value))
            case Apply(primitive=primitive) if primitive.interval is not None:
                integers = [operand for operand in instruction.operands if operand.type in _INTEGERS]
                if any(self._at(operand, block) is None for operand in integers):
                    return None
                exact = self.exact(instruction, block)
                if exact is None or exact.within(whole):
                    return exact or whole
                # Beyond its type a result wraps, or there is none.
                return exact.meet(whole) if primitive.effects.fails else whole
            case _:
                return whole


def _widened(old: Interval, found: Interval, type_: Type, thresholds: Sequence[Bound]) -> Interval:
    low, high = found.low, found.high
    if low < old.low:
        low = thresholds[bisect_right(thresholds, low) - 1]
    if high > old.high:
        high = thresholds[bisect_left(thresholds, high)]
    whole = type_interval(type_)
    return Interval(max(low, whole.low), min(high, whole.high))


def _facts_of(condition: Apply | None, holds: bool) -> list[_Fact]:
    if condition is None:
        return []
    comparison = condition.primitive.name.partition(".")[2]
    if comparison == "to_bool" and condition.operands[0].type in _INTEGERS:
        return [_Fact(condition.operands[0], "ne" if holds else "eq", Interval(0, 0))]
    if len(condition.operands) != 2:
        return []
    left, right = condition.operands
    if comparison not in _NEGATED or left.type not in _INTEGERS or right.type not in _INTEGERS:
        return []
    if not holds:
        comparison = _NEGATED[comparison]
    return [_Fact(left, comparison, right), _Fact(right, _SWAPPED[comparison], left)]


def _narrowed(known: Interval, comparison: str, other: Interval) -> Interval | None:
    match comparison:
        case "lt":
            return known.meet(Interval(-math.inf, other.high - 1))
        case "le":
            return known.meet(Interval(-math.inf, other.high))
        case "gt":
            return known.meet(Interval(other.low + 1, math.inf))
        case "ge":
            return known.meet(Interval(other.low, math.inf))
        case "eq":
            return known.meet(other)
        case _:
            low, high = known.low, known.high
            if other.low == other.high:
                low, high = low + (low == other.low), high - (high == other.low)
            return Interval(low, high) if low <= high else None
