"""Elements that a strip reads are taken to be small, and asked afterwards whether they were.

The bits of all of them, moved up so that none of the small ones is negative, are gathered by `or`, which LLVM vectorises
with what the strip computes. If one was too large, what
the strip computed is thrown away and the strip runs again as it was written, from its start: so nothing in it may have
written anything.
"""

from __future__ import annotations

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, Constant, Edge, Instruction, Value, edges_of, effects_of
from pyfreeze.ir.types import INT64
from pyfreeze.primitives import find

_READS = ("get", "item")


def elements_read(function: Function) -> list[Value]:
    """The int64 elements that the strip reads; none if it writes, so that it cannot be run again."""
    items = list(function.instructions())
    if any(effects_of(item).writes for item in items):
        return []
    return [item.result for item in items if item.result is not None and _is_element(item)]


def _is_element(item: Instruction) -> bool:
    if not isinstance(item, Apply) or item.result is None or item.result.type != INT64:
        return False
    lowering = item.primitive.lowering
    return lowering.array in _READS or lowering.view in _READS


def gather_bits(function: Function, header: Block, elements: list[Value], exponent: int) -> Value:
    """Gather the bits of `elements`, each with 2**exponent added; returns the word, a new parameter of the strip's header.

    So it is from 0 to 2**(exponent + 1) - 1 exactly if all elements are from -2**exponent to 2**exponent - 1. It is 0
    where the strip starts.
    """
    inside = [block for block in function.blocks if block is not function.entry and _edges(block)]
    words = {block: Value(INT64, "bits") for block in inside}
    for block in inside:
        _gather(block, words[block], set(elements), words, 1 << exponent)
        block.parameters.append(words[block])
    zero = Value(INT64)
    function.entry.instructions.insert(0, Constant([], zero, value=0))
    for edge in _edges(function.entry):
        edge.arguments.append(zero)
    return words[header]


def _edges(block: Block) -> list[Edge]:
    return [edge for item in block.instructions for edge in edges_of(item)]


def _gather(block: Block, word: Value, elements: set[Value], words: dict[Block, Value], offset: int) -> None:
    rewritten: list[Instruction] = []
    for item in block.instructions:
        for edge in edges_of(item):
            if edge.target in words:
                edge.arguments.append(word)
        rewritten.append(item)
        if item.result is not None and item.result in elements:
            added = Value(INT64)
            rewritten.append(Constant([], added, value=offset))
            moved = _apply("int64.add_wrapping", [item.result, added], rewritten)
            word = _apply("int64.or", [word, moved], rewritten)
    block.instructions = rewritten


def _apply(name: str, operands: list[Value], instructions: list[Instruction]) -> Value:
    result = Value(INT64)
    instructions.append(Apply(operands, result, primitive=find(name)))
    return result
