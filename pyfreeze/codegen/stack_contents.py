"""Where what is on the interpreter's stack comes from, at each instruction of a function's bytecode."""

from __future__ import annotations

import dis
from collections.abc import Sequence
from functools import lru_cache
from types import CodeType

from pyfreeze.codegen.bytecode import SourceRange, instructions, place_after, source_range, stack_depths

Slot = SourceRange | None
"""The expression whose value it is; None if that is not known, or if it is no expression's value."""

_MAKE_ONE = frozenset(
    [
        *(
            "LOAD_FAST",
            "LOAD_FAST_CHECK",
            "LOAD_CONST",
            "LOAD_DEREF",
            "BINARY_OP",
            "BINARY_SUBSCR",
            "BINARY_SLICE",
            "COMPARE_OP",
        ),
        *("IS_OP", "CONTAINS_OP", "UNARY_NEGATIVE", "UNARY_NOT", "UNARY_INVERT", "CALL", "CALL_KW", "CALL_INTRINSIC_1"),
        *("BUILD_TUPLE", "BUILD_LIST", "BUILD_SLICE", "BUILD_MAP", "BUILD_SET", "FORMAT_VALUE", "BUILD_STRING"),
    ]
)
"""They take the rest of their effect from the stack, and put one value there."""

_TAKE = frozenset(
    [
        *(
            "STORE_FAST",
            "STORE_GLOBAL",
            "STORE_SUBSCR",
            "STORE_ATTR",
            "POP_TOP",
            "NOP",
            "RESUME",
            "PRECALL",
            "KW_NAMES",
        ),
        *("EXTENDED_ARG", "PUSH_NULL", "LOAD_GLOBAL", "LOAD_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"),
    ]
)
"""They leave what is below alone; what some of them put there is no expression's value, or changes its meaning."""


def stack_after(code: CodeType, where: SourceRange, loops: int) -> tuple[Slot, ...] | None:
    """The stack after the call at `where`, without the iterators of that many loops, which are below.

    None if the statement ends there.
    """
    following = place_after(code, where)
    stack = _stacks(code).get(following.offset) if following is not None else None
    if following is None or stack is None:
        return None
    found = stack[loops:]
    ends = len(found) == 1 and following.opname in ("STORE_FAST", "POP_TOP", "RETURN_VALUE")
    return None if ends else found


@lru_cache(maxsize=16)
def _stacks(code: CodeType) -> dict[int, tuple[Slot, ...]]:
    """The stack before each instruction. What was there before a jump, or where ways meet, is not known."""
    depths, items = stack_depths(code), instructions(code)
    targets = {item.argval for item in items if item.opcode in dis.hasjrel or item.opcode in dis.hasjabs}
    found: dict[int, tuple[Slot, ...]] = {}
    stack: list[Slot] = []
    for item in items:
        depth = depths.get(item.offset)
        if depth is None:
            stack = []
            continue
        if item.offset in targets or len(stack) != depth:
            stack = [None] * depth
        found[item.offset] = tuple(stack)
        stack = _after(stack, item)
    return found


def _after(stack: Sequence[Slot], item: dis.Instruction) -> list[Slot]:
    """The stack after `item` where it does not jump; of another length than it has if nothing is known of it."""
    if item.opname == "COPY" and item.arg is not None:
        return [*stack, stack[-item.arg]]
    if item.opname == "SWAP" and item.arg is not None:
        swapped = list(stack)
        swapped[-1], swapped[-item.arg] = swapped[-item.arg], swapped[-1]
        return swapped
    effect = dis.stack_effect(item.opcode, item.arg, jump=False)
    if item.opname in _MAKE_ONE:
        return [*stack[: len(stack) - (1 - effect)], source_range(item)]
    if item.opname in ("LOAD_ATTR", "LOAD_METHOD", "STORE_FAST_LOAD_FAST"):
        return [*stack[:-1], *[None] * (1 + effect)]
    if item.opname in _TAKE:
        return list(stack[: len(stack) + effect]) if effect <= 0 else [*stack, *[None] * effect]
    return [None] * (len(stack) + effect)
