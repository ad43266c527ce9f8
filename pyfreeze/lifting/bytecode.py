"""A code object as the lifter reads it: instructions, jump targets, protected ranges, and which variables are surely set."""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from pyfreeze.ir.instructions import Position

VERSION = sys.version_info[:2]


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction. `offset` in bytes, `start` with its EXTENDED_ARGs; `target` of a jump, -1 if it is none."""

    start: int
    name: str
    argument: int
    value: object
    offset: int
    target: int
    position: Position


@dataclass(frozen=True, slots=True)
class Protected:
    """A range of instructions, and where an exception in it goes: with how much of the stack, and whether with the place."""

    start: int
    end: int
    target: int
    depth: int
    with_place: bool


def steps(code: CodeType) -> list[Step]:
    """All instructions but caches, in order."""
    found, start = [], -1
    for item in dis.get_instructions(code):
        start = item.offset if start < 0 else start
        if item.opname in ("CACHE", "EXTENDED_ARG"):
            start = start if item.opname == "EXTENDED_ARG" else -1
            continue
        found.append(Step(start, item.opname, item.arg or 0, item.argval, item.offset, _target(item), _position(item)))
        start = -1
    return found


def numbered(listed: list[Step]) -> dict[int, int]:
    """The number of each instruction by its offset; jumps lead to the start."""
    return {place: number for number, step in enumerate(listed) for place in (step.start, step.offset)}


_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)


def _target(item: dis.Instruction) -> int:
    return int(item.argval) if item.opcode in _JUMPS else -1


def _position(item: dis.Instruction) -> Position:
    found = item.positions
    if found is None:
        return Position(0, 0, 0, 0)
    return Position(found.lineno or 0, found.col_offset or 0, found.end_lineno or 0, found.end_col_offset or 0)


def protected_ranges(code: CodeType) -> list[Protected]:
    """Of `co_exceptiontable`; they do not overlap."""
    found = dis._parse_exception_table(code)  # type: ignore[attr-defined]
    return [Protected(item.start, item.end, item.target, item.depth, bool(item.lasti)) for item in found]


_ENDS = frozenset(
    "RETURN_VALUE RETURN_CONST RAISE_VARARGS RERAISE JUMP_FORWARD JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT".split()
)


def ends_block(step: Step) -> bool:
    """Whether the next instruction is not reached from this one."""
    return step.name in _ENDS


def stored_variable(step: Step | None) -> int | None:
    """The variable into which it puts the topmost object."""
    if step is None or step.name not in ("STORE_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"):
        return None
    return step.argument if step.name == "STORE_FAST" else step.argument >> 4


_TESTS = {"UNARY_NOT", "POP_JUMP_IF_TRUE", "POP_JUMP_IF_FALSE"}
_TESTS |= {f"POP_JUMP_{way}_IF_{wanted}" for way in ("FORWARD", "BACKWARD") for wanted in ("TRUE", "FALSE")}


EVALUATING = frozenset(
    "LOAD_GLOBAL LOAD_DEREF LOAD_ATTR LOAD_SUPER_ATTR BINARY_OP BINARY_SUBSCR BINARY_SLICE COMPARE_OP CALL CALL_KW"
    " CALL_FUNCTION_EX UNARY_NEGATIVE UNARY_POSITIVE UNARY_INVERT CALL_INTRINSIC_1".split()
)
"""They push the value of the expression at their place. (Variables are known by their names.)"""


def asks_truth(step: Step) -> bool:
    """Whether it asks the truth of the topmost object and drops it."""
    return step.name in _TESTS


def unset_loads(code: CodeType, listed: list[Step], ranges: list[Protected]) -> frozenset[int]:
    """Offsets of the loads whose variable may be unset.

    From 3.12 on CPython's compiler has found that out; before, all loads are of one kind.
    """
    if VERSION >= (3, 12):
        return frozenset(step.offset for step in listed if step.name == "LOAD_FAST_CHECK")
    return _Assigned(code, listed, ranges).unset_loads()


class _Assigned:
    """Forward dataflow: which variables are set on all ways to an instruction, as bits."""

    def __init__(self, code: CodeType, listed: list[Step], ranges: list[Protected]) -> None:
        self._listed = listed
        self._index = numbered(listed)
        self._ranges = ranges
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & 0x4) + bool(code.co_flags & 0x8)
        self._everything = (1 << code.co_nlocals) - 1
        self._before = [self._everything] * len(listed)
        self._before[0] = (1 << count) - 1
        self._seen = {0}

    def unset_loads(self) -> frozenset[int]:
        waiting = [0]
        while waiting:
            number = waiting.pop()
            for following, state in self._after(number):
                joined = self._before[following] & state
                if following not in self._seen or joined != self._before[following]:
                    self._seen.add(following)
                    self._before[following] = joined
                    waiting.append(following)
        return frozenset(
            step.offset
            for number, step in enumerate(self._listed)
            if step.name == "LOAD_FAST" and not self._before[number] >> step.argument & 1
        )

    def _after(self, number: int) -> Iterator[tuple[int, int]]:
        step, state = self._listed[number], self._before[number]
        for entry in self._ranges:
            if entry.start <= step.offset < entry.end:
                yield self._index[entry.target], state
        if step.name == "STORE_FAST":
            state |= 1 << step.argument
        elif step.name == "DELETE_FAST":
            state &= ~(1 << step.argument)
        if step.target >= 0:
            yield self._index[step.target], state
        if not ends_block(step) and number + 1 < len(self._listed):
            yield number + 1, state
