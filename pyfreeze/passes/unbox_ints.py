"""Plain ints that are proven small enough are computed in int64, without tags, tests for big ints, or counts.

A value is taken if its interval fits, and what defines it can give an int64: a constant, a conversion, an operation on
other such values that has an int64 row, a block parameter that all edges give such values. Where something else uses it,
the tagged word is made there.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Constant,
    Edge,
    Instruction,
    Value,
    edges_of,
)
from pyfreeze.ir.interval import Interval
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import INT, INT64, Type
from pyfreeze.primitives import TABLE, boxed, unchecked
from pyfreeze.primitives.intervals import SMALL

_WORD = Interval(INT64.minimum, INT64.maximum)
_TAG = unchecked(TABLE["int64.to_int"])
_IDENTITIES = ("int.to_int64", "int64.coerce_int", "int64.store_int", "int64.to_int")


def unbox_ints(function: Function, assumed: Mapping[Value, Interval] | None = None) -> dict[Value, Value]:
    """Returns the words by the values that they replace. `assumed`: as in `ValueRanges`."""
    if not any(value.type == INT for value in _defined(function)):
        return {}
    return _Unboxer(function, ValueRanges(function, assumed)).run()


def _defined(function: Function) -> list[Value]:
    values = [parameter for block in function.blocks for parameter in block.parameters]
    return values + [item.result for item in function.instructions() if item.result is not None]


class _Unboxer:
    def __init__(self, function: Function, ranges: ValueRanges) -> None:
        self._function = function
        self._ranges = ranges
        self._places: dict[Value, Block] = {}
        self._users: dict[Value, list[Instruction]] = {}
        self._edges: dict[Block, list[tuple[Edge, int]]] = {block: [] for block in function.blocks}
        for block in function.blocks:
            self._places.update(dict.fromkeys(block.parameters, block))
            for item in block.instructions:
                if item.result is not None:
                    self._places[item.result] = block
                for operand in item.operands:
                    self._users.setdefault(operand, []).append(item)
                for edge in edges_of(item):
                    self._users.update({value: [*self._users.get(value, ()), item] for value in edge.arguments})
                    self._edges[edge.target].append((edge, 1 if edge is item.handler else 0))
        self._definitions = {item.result: item for item in function.instructions() if item.result is not None}
        self._chosen: set[Value] = set()
        self._words: dict[Value, Value] = {}
        self._taken: set[Value] = set()  # the words that are block parameters or results

    def run(self) -> dict[Value, Value]:
        self._chosen = {value for value, block in self._places.items() if self._is_candidate(value, block)}
        while refused := [value for value in self._chosen if not self._can_be_word(value)]:
            self._chosen.difference_update(refused)
        self._words = {value: Value(INT64, value.name) for value in self._chosen}
        for block in self._function.blocks:
            block.parameters = [self._words.get(parameter, parameter) for parameter in block.parameters]
        self._taken = set(self._words.values())
        for block in self._function.blocks:
            self._rewrite(block)
        return self._words

    # Which values

    def _is_candidate(self, value: Value, block: Block) -> bool:
        if value.type != INT or value in self._function.parameters:
            return False
        return self._ranges.of(value, block).within(_WORD)

    def _can_be_word(self, value: Value) -> bool:
        definition, block = self._definitions.get(value), self._places[value]
        if definition is None:
            produced = all(self._gives_word(value, block, edge, skipped) for edge, skipped in self._edges[block])
        else:
            produced = isinstance(definition, Constant) or self._row(definition) is not None
        if not produced:
            return False
        # A word beyond 62 bits may need an object where a tagged one is wanted: that can fail.
        return self._ranges.of(value, block).within(SMALL) or all(
            self._row(user) is not None for user in self._users.get(value, ())
        )

    def _gives_word(self, parameter: Value, block: Block, edge: Edge, skipped: int) -> bool:
        index = block.parameters.index(parameter) - skipped
        return index >= 0 and edge.arguments[index] in self._chosen

    def _row(self, item: Instruction) -> Primitive | None:
        """The row that does what `item` does on words instead of the chosen operands and result; None if there is none."""
        if not isinstance(item, Apply):
            return None
        ints = [operand for operand in item.operands if operand.type == INT]
        result_chosen = item.result in self._chosen
        if not all(operand in self._chosen for operand in ints):
            return None
        if item.result is not None and item.result.type == INT and not result_chosen:
            return None
        return on_words(item.primitive)

    def _is_constant(self, value: Value) -> bool:
        return isinstance(self._definitions.get(value), Constant)

    # Rewriting

    def _rewrite(self, block: Block) -> None:
        rewritten: list[Instruction] = []
        for item in block.instructions:
            row = self._row(item)
            if isinstance(item, Constant) and item.result in self._chosen:
                rewritten.append(Constant([], self._words[item.result], value=item.value))  # others may want it tagged
            elif row is not None and isinstance(item, Apply):
                self._to_words(item, row)
            else:
                self._tag_operands(item, rewritten)
            self._pass_words(item, rewritten)
            rewritten.append(item)
        block.instructions = rewritten

    def _to_words(self, item: Apply, row: Primitive) -> None:
        item.primitive = row
        item.operands = [self._words.get(operand, operand) for operand in item.operands]
        if item.result is not None:
            item.result = self._words.get(item.result, item.result)
        if not item.primitive.effects.fails:
            item.site = item.resume = None

    def _tag_operands(self, item: Instruction, rewritten: list[Instruction]) -> None:
        """Make tagged words of the chosen operands of an instruction that stays as it is."""
        for operand in dict.fromkeys(item.operands):
            if operand in self._chosen and not self._is_constant(operand):
                tagged = Value(INT, operand.name)
                rewritten.append(Apply([self._words[operand]], tagged, primitive=_TAG))
                item.operands = [tagged if used is operand else used for used in item.operands]

    def _pass_words(self, item: Instruction, rewritten: list[Instruction]) -> None:
        """Arguments of edges are words where the parameter is one; what a site shows may be either."""
        for edge in edges_of(item):
            skipped = 1 if edge is item.handler else 0
            for index, argument in enumerate(edge.arguments):
                if argument not in self._chosen:
                    continue
                if edge.target.parameters[index + skipped] in self._taken:
                    edge.arguments[index] = self._words[argument]
                elif not self._is_constant(argument):
                    tagged = Value(INT, argument.name)
                    rewritten.append(Apply([self._words[argument]], tagged, primitive=_TAG))
                    edge.arguments[index] = tagged
        if item.site is not None:
            item.site = item.site.replaced(self._words)
        if item.resume is not None:
            item.resume = item.resume.replaced(self._words)


def on_words(row: Primitive) -> Primitive | None:
    """`row` with int64 in place of int."""
    row = row.lowering.checked or row
    operands = tuple(INT64 if type_ == INT else type_ for type_ in row.operands)
    result: Type = INT64 if row.result == INT else row.result
    if row.name in _IDENTITIES:
        return TABLE["int64.same"]
    if row.name.startswith("boxed["):
        assert row.python is not None
        return boxed(row.python, operands, result)
    source, _, operation = row.name.partition(".")
    for name in (
        f"int64.{operation}",  # int.add
        f"{source}.{operation.replace('_int', '_int64')}",  # bool.to_int, uint8.coerce_int
    ):
        found = TABLE.get(name)
        if found is not None and found.operands == operands and found.result == result:
            return found
    return None
