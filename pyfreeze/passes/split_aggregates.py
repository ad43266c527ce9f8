"""Tuples and frozen values that are passed from block to block are passed as their items.

So passes and LLVM see each item of a variable that a loop changes. The whole is made again in each block that needs it,
mostly for tracebacks; so the header of a loop stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyfreeze.ir.function import Function, predecessors
from pyfreeze.ir.instructions import Block, Edge, GetItem, MakeTuple, Value, replace_uses, used_values
from pyfreeze.ir.types import AggregateType

_MAXIMUM_ITEMS = 16


def split_aggregates(function: Function) -> None:
    items = {
        item.result: list(item.operands)
        for item in function.instructions()
        if isinstance(item, MakeTuple) and item.result is not None
    }
    sources = predecessors(function)
    while True:
        blocks = [block for block in function.blocks[1:] if any(map(_is_split, block.parameters))]
        if not blocks:
            return
        split = {block: [_is_split(parameter) for parameter in block.parameters] for block in blocks}
        made = {value: _new_items(value) for block in blocks for value in block.parameters if _is_split(value)}
        items |= made
        for block in blocks:
            block.parameters = [part for value in block.parameters for part in made.get(value, [value])]
        for block in blocks:
            for source in dict.fromkeys(sources[block]):
                for edge in source.terminator.edges:
                    if edge.target is block:
                        edge.arguments = list(_passed(source, edge, split[block], items))
        for block in function.blocks:
            _make_again(block, made)


def _is_split(value: Value) -> bool:
    return isinstance(value.type, AggregateType) and 0 < len(value.type.items) <= _MAXIMUM_ITEMS


def _new_items(value: Value) -> list[Value]:
    assert isinstance(value.type, AggregateType)
    return [Value(type_) for type_ in value.type.items]


def _passed(source: Block, edge: Edge, split: list[bool], items: dict[Value, list[Value]]) -> Iterator[Value]:
    for argument, is_split in zip(edge.arguments, split, strict=True):
        if not is_split:
            yield argument
            continue
        if argument not in items:
            taken = _new_items(argument)
            source.instructions[-1:-1] = [GetItem([argument], item, index=index) for index, item in enumerate(taken)]
            yield from taken
            continue
        yield from items[argument]


def _make_again(block: Block, made: dict[Value, list[Value]]) -> None:
    """Make what the block uses of the values that are no parameters any more."""
    used = dict.fromkeys(value for item in block.instructions for value in used_values(item) if value in made)
    again = {value: Value(value.type, value.name) for value in used}
    for item in block.instructions:
        replace_uses(item, dict(again))
    block.instructions[:0] = [MakeTuple(list(made[value]), whole) for value, whole in again.items()]
