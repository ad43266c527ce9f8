"""What CPython's bytecode of a function is like: where its statements start, and what is on the stack there."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType

from pyfreeze.codegen.trampoline import Point, leading_words

SourceRange = tuple[int, int, int, int]
"""Line, column, end line, end column."""


def start_point(code: CodeType) -> Point:
    """The function's start."""
    return Point(2 * leading_words(code), 0)


def only_returns(code: CodeType) -> dis.Instruction | None:
    """What loads the local variable or the constant that the function returns, if it does nothing else."""
    items = [item for item in instructions(code) if item.opname not in ("RESUME", "NOP", "EXTENDED_ARG")]
    names = [item.opname for item in items]
    return (
        items[0] if names in (["LOAD_FAST", "RETURN_VALUE"], ["LOAD_CONST", "RETURN_VALUE"], ["RETURN_CONST"]) else None
    )


@lru_cache(maxsize=4096)
def statement_point(code: CodeType, where: SourceRange, depth: int) -> Point | None:
    """The first instruction of the statement at `where`.

    `depth` is the number of `for` loops around it, each of which has its iterator on the stack. None if there is no place
    where just these are there.
    """
    depths = stack_depths(code)
    before: dis.Instruction | None = None
    for item in instructions(code):
        if item.offset in depths and item.opname not in ("RESUME", "EXTENDED_ARG") and _is_inside(item, where):
            start = _with_prefixes(code, item.offset)
            if depths[start] == depth:
                return Point(start, depth)
            return _after_joined_instruction(before, start, depth) if depths[start] == depth + 1 else None
        before = before if item.opname == "EXTENDED_ARG" else item
    return None


@lru_cache(maxsize=4096)
def loop_point(code: CodeType, where: SourceRange, depth: int) -> Point | None:
    """Where the `for` statement at `where` takes its next item; `depth` counts its own iterator."""
    depths = stack_depths(code)
    for item in instructions(code):
        if item.opname == "FOR_ITER" and depths.get(item.offset) == depth and _is_inside(item, where):
            return Point(_with_prefixes(code, item.offset), depth)
    return None


@lru_cache(maxsize=4096)
def returned_point(code: CodeType, where: SourceRange, depth: int) -> Point | None:
    """After the call at `where`; its result is on the stack, and counts in `depth`. None if more is there, or less."""
    following = place_after(code, where)
    if following is None or stack_depths(code)[following.offset] != depth:
        return None
    items = [item for item in instructions(code) if item.offset >= following.offset]
    return _after(items, depth)


def place_after(code: CodeType, where: SourceRange) -> dis.Instruction | None:
    """The instruction that follows the call at `where`."""
    depths = stack_depths(code)
    items = [item for item in instructions(code) if item.offset in depths]
    for index, item in enumerate(items):
        if item.opname.startswith("CALL") and source_range(item) == where:
            return items[index + 1]
    return None


def _after(items: list[dis.Instruction], depth: int) -> Point:
    """The end of a statement is done apart: on 3.12, tracers see a line begin wherever a jump leads to."""
    first = items[0]
    if first.opname in ("STORE_FAST", "POP_TOP", "RETURN_VALUE"):
        following = items[1] if len(items) > 1 else first
        return Point(following.offset, depth, (first.opname, first.arg or 0))
    return Point(first.offset, depth)


def source_range(item: dis.Instruction) -> SourceRange | None:
    place = item.positions
    if place is None or place.lineno is None or place.end_lineno is None:
        return None
    if place.col_offset is None or place.end_col_offset is None:
        return None
    return place.lineno, place.col_offset, place.end_lineno, place.end_col_offset


@lru_cache(maxsize=16)
def instructions(code: CodeType) -> tuple[dis.Instruction, ...]:
    return tuple(item for item in dis.get_instructions(code) if item.opname != "CACHE")


def _is_inside(item: dis.Instruction, where: SourceRange) -> bool:
    place = item.positions
    if place is None:
        return False
    first, last, start, end = place.lineno, place.end_lineno, place.col_offset, place.end_col_offset
    if first is None or last is None or start is None or end is None:
        return False
    return where[:2] <= (first, start) and (last, end) <= where[2:]


def _with_prefixes(code: CodeType, offset: int) -> int:
    """The offset of the first EXTENDED_ARG of the instruction at `offset`."""
    while offset >= 2 and code.co_code[offset - 2] == dis.EXTENDED_ARG:
        offset -= 2
    return offset


def _after_joined_instruction(before: dis.Instruction | None, start: int, depth: int) -> Point | None:
    """From 3.13 one instruction may end a statement and start the next one on the same line: `for x in r: s += x`."""
    if before is None or before.opname != "STORE_FAST_LOAD_FAST" or before.arg is None:
        return None
    load = "LOAD_FAST_CHECK" if "LOAD_FAST_CHECK" in dis.opmap else "LOAD_FAST"
    return Point(start, depth, (load, before.arg & 15))


@lru_cache(maxsize=16)
def stack_depths(code: CodeType) -> dict[int, int]:
    """The depth of the stack before each instruction that is reached from the start without an exception.

    Empty if an instruction can be reached with several depths.
    """
    items = list(instructions(code))
    positions = {item.offset: position for position, item in enumerate(items)}
    depths = {items[0].offset: 0}
    waiting = [0]
    while waiting:
        position = waiting.pop()
        item = items[position]
        for target, jump in _successors(items, position, positions):
            depth = depths[item.offset] + dis.stack_effect(item.opcode, item.arg, jump=jump)
            offset = items[target].offset
            if offset not in depths:
                depths[offset] = depth
                waiting.append(target)
            elif depths[offset] != depth:
                return {}
    return depths


def read_unchecked(code: CodeType, point: Point) -> frozenset[str]:
    """Variables that must be set at `point`: from 3.12 on, reading one that the compiler saw set before tests nothing."""
    found = _reads(code).get(point.offset, frozenset())
    if point.first is not None and point.first[0] == "STORE_FAST":
        found -= {code.co_varnames[point.first[1]]}
    return found


@lru_cache(maxsize=16)
def _reads(code: CodeType) -> dict[int, frozenset[str]]:
    """By offset, the variables that may be read without a test before they are set: backward dataflow."""
    if "LOAD_FAST_CHECK" not in dis.opmap:
        return {}
    items = list(instructions(code))
    positions = {item.offset: position for position, item in enumerate(items)}
    reads: dict[int, frozenset[str]] = {item.offset: frozenset() for item in items}
    changed = True
    while changed:
        changed = False
        for position in reversed(range(len(items))):
            item = items[position]
            after = frozenset[str]().union(
                *(reads[items[to].offset] for to, _ in _successors(items, position, positions))
            )
            before = _read_before(item, after)
            if before != reads[item.offset]:
                reads[item.offset] = before
                changed = True
    return reads


def _read_before(item: dis.Instruction, after: frozenset[str]) -> frozenset[str]:
    names = item.argval if isinstance(item.argval, tuple) else (item.argval,)
    match item.opname:
        case "LOAD_FAST" | "LOAD_FAST_LOAD_FAST":
            return after | frozenset(names)
        case "STORE_FAST" | "STORE_FAST_STORE_FAST":
            return after - frozenset(names)
        case "STORE_FAST_LOAD_FAST":
            return (after | {names[1]}) - {names[0]}
        case _:
            return after


_ENDS = frozenset(["RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"])
_JUMPS = frozenset(["JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"])


def _successors(items: list[dis.Instruction], position: int, positions: dict[int, int]) -> Iterator[tuple[int, bool]]:
    """Where execution goes on after an instruction, and whether it jumps there."""
    item = items[position]
    if item.opcode in dis.hasjrel or item.opcode in dis.hasjabs:
        yield positions[item.argval], True
    if item.opname not in _ENDS and item.opname not in _JUMPS and position + 1 < len(items):
        yield position + 1, False
