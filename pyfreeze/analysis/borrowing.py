"""Which values need no reference of their own, since something else holds one for as long."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    Block,
    GetItem,
    Instruction,
    LoadLocal,
    StoreLocal,
    Value,
    effects_of,
    use_counts,
    used_values,
)
from pyfreeze.ir.types import AggregateType, is_refcounted

WRITTEN_BY_OTHERS = sys.version_info >= (3, 13)
"""PEP 667: whoever has the frame may store into the function's variables while it runs: nothing is known after other code has run."""


def borrowed_loads(function: Function, entries: Mapping[Block, set[Value]]) -> set[Value]:
    """What is loaded from variables and used up, in the same block, before something else can be stored there.

    entries: the values alive at the start of each block
    """
    found: set[Value] = set()
    for block in function.blocks:
        found |= _borrowed_in(block, entries)
    return found


def _borrowed_in(block: Block, entries: Mapping[Block, set[Value]]) -> set[Value]:
    later: set[Value] = set()
    for edge in block.terminator.edges:
        later |= entries.get(edge.target, set())
    last_use: dict[Value, int] = {}
    for number, instruction in enumerate(block.instructions):
        for value in used_values(instruction):
            last_use[value] = number
    found = set()
    for number, instruction in enumerate(block.instructions):
        result = instruction.result
        if isinstance(instruction, LoadLocal) and result is not None and result not in later:
            lasting = block.instructions[number + 1 : last_use.get(result, number) + 1]
            if not any(_ends_loan(item, instruction.index) for item in lasting):
                found.add(result)
    return found


def _ends_loan(instruction: Instruction, index: int) -> bool:
    if isinstance(instruction, StoreLocal) and instruction.index == index:
        return True
    if any(item.index == index for item in instruction.untold):
        return True  # the frame may be told, which replaces the object or changes it where it is
    return WRITTEN_BY_OTHERS and effects_of(instruction).runs_python


def taken_apart(function: Function) -> set[Value]:
    """Tuples whose items are all taken right after they are made, and of which nothing else is used."""
    uses = use_counts(function.instructions())
    found = set()
    for block in function.blocks:
        for number, instruction in enumerate(block.instructions):
            whole = instruction.result
            if whole is None or not isinstance(whole.type, AggregateType) or isinstance(instruction, GetItem):
                continue
            following = block.instructions[number + 1 : number + 1 + len(whole.type.items)]
            indices = [item.index for item in following if isinstance(item, GetItem) and item.operands == [whole]]
            if indices == list(range(len(whole.type.items))) and uses[whole] == len(indices):
                found.add(whole)
    return {whole for whole in found if is_refcounted(whole.type)}
