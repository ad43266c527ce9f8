"""An item of a tuple that was made in the function is the value that was put in: `a, b = b, a` moves nothing.

The flag and the item of an optional are taken once, where it is defined: a loop in which it does not change then tests
the same value each time, and LLVM does so outside.
"""

from __future__ import annotations

from typing import TypeGuard

from pyfreeze.ir.function import Function, reverse_postorder
from pyfreeze.ir.instructions import GetItem, Instruction, MakeTuple, Value, replace_uses
from pyfreeze.ir.types import OptionalType, is_refcounted


def forward_items(function: Function) -> None:
    made = {item.result: item.operands for item in function.instructions() if isinstance(item, MakeTuple)}
    forwarded: dict[Value, Value] = {}
    for block in reverse_postorder(function):  # definitions come first
        for item in block.instructions:
            if isinstance(item, GetItem) and item.result is not None:
                whole = forwarded.get(item.operands[0], item.operands[0])
                if whole in made:
                    found = made[whole][item.index]
                    forwarded[item.result] = forwarded.get(found, found)
    _replace(function, forwarded)
    _take_once(function)


def _replace(function: Function, replacements: dict[Value, Value]) -> None:
    if replacements:
        for item in function.instructions():
            replace_uses(item, replacements)


def _take_once(function: Function) -> None:
    """Move the parts of optionals to where these are defined. Counted items stay: they would be held for longer."""
    first: dict[tuple[Value, int], GetItem] = {}
    same: dict[Value, Value] = {}
    for block in function.blocks:
        for item in block.instructions:
            if not _is_part(item) or item.result is None:
                continue
            key = (item.operands[0], item.index)
            if key in first:
                same[item.result] = first[key].result or item.result
            first.setdefault(key, item)
    if not first:
        return
    parts: dict[Value, list[Instruction]] = {}
    for (whole, _), item in first.items():
        parts.setdefault(whole, []).append(item)
    for block in function.blocks:
        moved = [part for parameter in block.parameters for part in parts.get(parameter, ())]
        for item in block.instructions:
            if not _is_part(item):
                moved += [item, *(parts.get(item.result, ()) if item.result is not None else ())]
        block.instructions = moved
    _replace(function, same)


def _is_part(item: Instruction) -> TypeGuard[GetItem]:
    return (
        isinstance(item, GetItem)
        and isinstance(item.operands[0].type, OptionalType)
        and not is_refcounted(item.operands[0].type)
    )
