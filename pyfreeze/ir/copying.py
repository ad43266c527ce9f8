"""Copies of blocks with values, sites and edges of their own."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from pyfreeze.ir.instructions import Block, Edge, Instruction, Terminator, Value


def copy_blocks(
    blocks: Sequence[Block],
    suffix: str,
    values: Mapping[Value, Value] | None = None,
    targets: Mapping[Block, Block] | None = None,
) -> list[Block]:
    """All of `blocks` again, in order, with values of their own.

    `values` and `targets` are what stands, in the copies, for values and blocks from elsewhere; others stay.
    """
    new_values = dict(values or {})
    for block in blocks:
        defined = [item.result for item in block.instructions if item.result is not None]
        new_values.update({value: Value(value.type, value.name) for value in [*block.parameters, *defined]})
    made_blocks = {block: Block(f"{block.name}.{suffix}") for block in blocks}
    new_blocks = {**dict(targets or {}), **made_blocks}

    def new(value: Value) -> Value:
        return new_values.get(value, value)

    def new_edge(edge: Edge) -> Edge:
        return Edge(new_blocks.get(edge.target, edge.target), [new(value) for value in edge.arguments])

    def new_instruction(instruction: Instruction) -> Instruction:
        made = copy.copy(instruction)
        made.operands = [new(value) for value in instruction.operands]
        made.result = new(instruction.result) if instruction.result is not None else None
        made.site = instruction.site.replaced(new_values) if instruction.site is not None else None
        made.resume = instruction.resume.replaced(new_values) if instruction.resume is not None else None
        made.handler = new_edge(instruction.handler) if instruction.handler is not None else None
        if isinstance(made, Terminator):
            made.edges = [new_edge(edge) for edge in made.edges]
        return made

    for old, made in made_blocks.items():
        made.parameters = [new(value) for value in old.parameters]
        made.instructions = [new_instruction(instruction) for instruction in old.instructions]
    return list(made_blocks.values())
