"""Tuples and frozen values that are passed from block to block are passed as their items.

So passes and LLVM see each item of a variable that a loop changes; where the whole is needed it is made again.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyfreeze.ir.function import Function, predecessors
from pyfreeze.ir.instructions import Block, Edge, GetItem, Instruction, MakeTuple, Value
from pyfreeze.ir.types import AggregateType

_MAXIMUM_ITEMS = 16


def split_aggregates(function: Function) -> None:
    sources = predecessors(function)
    for block in function.blocks:
        if block is function.entry:
            continue
        while any(map(_is_split, block.parameters)):  # items may be aggregates themselves
            _split(block, sources[block])


def _is_split(value: Value) -> bool:
    return isinstance(value.type, AggregateType) and 0 < len(value.type.items) <= _MAXIMUM_ITEMS


def _split(block: Block, sources: list[Block]) -> None:
    split = [_is_split(parameter) for parameter in block.parameters]
    parameters: list[Value] = []
    made: list[Instruction] = []
    for parameter, is_split in zip(block.parameters, split, strict=True):
        if not is_split:
            parameters.append(parameter)
            continue
        assert isinstance(parameter.type, AggregateType)
        items = [Value(type_) for type_ in parameter.type.items]
        parameters += items
        made.append(MakeTuple(list(items), parameter))
    block.parameters = parameters
    block.instructions[:0] = made[::-1]
    for source in dict.fromkeys(sources):
        for edge in source.terminator.edges:
            if edge.target is block:
                edge.arguments = list(_items(source, edge, split))


def _items(source: Block, edge: Edge, split: list[bool]) -> Iterator[Value]:
    for argument, is_split in zip(edge.arguments, split, strict=True):
        if not is_split:
            yield argument
            continue
        assert isinstance(argument.type, AggregateType)
        for index, type_ in enumerate(argument.type.items):
            item = Value(type_)
            source.instructions.insert(-1, GetItem([argument], item, index=index))
            yield item
