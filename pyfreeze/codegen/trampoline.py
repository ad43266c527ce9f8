"""Trampolines: a native function's code object, whose first instructions call the native entry.

The prologue stands between the leading RESUME and the rest of the original bytecode, which is the twin:

    RESUME
    result = -native
    if result is not TWIN: return result
    the original bytecode

`-native` calls the native entry on the parameters, which it finds in the frame. It is no call for CPython: none for profilers and
the limit of recursion, and nothing is pushed or checked. `next()` is one, so that CPython handles signals that wait by then.
TWIN is None, which is quickest, where native code never returns that. Where native code may leave in the middle, the
runtime has put the variables into the frame by then, and what follows finds the place (`runtime/src/resume.c`):

    point = next()
    if point is POINT_0: push next(), an iterator, for each enclosing loop; jump to that place
    …

`native`, `next` and TWIN are constants; here they are marks that the runtime replaces (`runtime/src/module.c`). In a
subinterpreter it takes the prologue out again, so the mark of `native` also says where that is, in words. All that
depends on CPython's bytecode is in this file and in `bytecode.py`. Instruction words are two bytes; jumps are relative, so
that the rest can move.
"""

from __future__ import annotations

import dis
import opcode
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

NATIVE_MARK = "\0pyfreeze native"
TWIN_MARK = "\0pyfreeze twin"
NEXT_MARK = "\0pyfreeze next"
POINT_MARK = "\0pyfreeze point"

_VERSION = sys.version_info[:2]


@dataclass(frozen=True, slots=True)
class Point:
    """A place where the interpreter can go on.

    offset: in the original code
    depth: how many objects, mostly iterators, are put on the stack
    first: an instruction and its argument that is done before going on at the offset, or None
    """

    offset: int
    depth: int
    first: tuple[str, int] | None = None


def trampolined(
    code: CodeType,
    function_index: int,
    points: Sequence[Point] = (),
    returns_none: bool = True,
) -> CodeType:
    """`code` with the prologue that calls native function `function_index` of the module, and can go on at `points`.

    returns_none: whether the function may return None
    """
    constants: tuple[object, ...] = (*code.co_consts, (NATIVE_MARK,), *([(TWIN_MARK,)] if returns_none else []))
    start = leading_words(code)
    prologue = _prologue(constants)
    if points:
        following = len(constants)
        marks = ((POINT_MARK, number) for number in range(len(points)))
        constants = (*constants, (NEXT_MARK, following + 1), *marks)
        prologue += _dispatch(points, following, start)
    deepest = max((point.depth for point in points), default=0)
    mark = (NATIVE_MARK, function_index, start, len(prologue) // 2)
    constants = tuple(mark if constant == (NATIVE_MARK,) else constant for constant in constants)
    return code.replace(
        co_code=code.co_code[: 2 * start] + prologue + code.co_code[2 * start :],
        co_consts=constants,
        co_stacksize=max(code.co_stacksize, deepest + 4),
        co_linetable=_line_table(code, start, len(prologue) // 2),
        co_exceptiontable=_exception_table(code.co_exceptiontable, start, len(prologue) // 2),
    )


def marked(code: CodeType, function_index: int) -> CodeType:
    """`code` as it is, by which the runtime knows function `function_index` of the module."""
    return code.replace(co_consts=(*code.co_consts, (NATIVE_MARK, function_index, 0, 0)))


def leading_words(code: CodeType) -> int:
    """How many instruction words come before the prologue: up to and including RESUME."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "RESUME":
            return instruction.offset // 2 + 1
    raise ValueError(f"{code.co_qualname} has no RESUME")


def _word(name: str, argument: int = 0) -> bytes:
    """One instruction with its EXTENDED_ARG prefixes and inline caches."""
    number = opcode.opmap[name]
    prefixes = b"".join(
        bytes((opcode.EXTENDED_ARG, argument >> shift & 0xFF)) for shift in (24, 16, 8) if argument >> shift
    )
    return prefixes + bytes((number, argument & 0xFF)) + b"\0\0" * _caches(name)


def _caches(name: str) -> int:
    if _VERSION >= (3, 13):
        return int(opcode._inline_cache_entries.get(name, 0))  # type: ignore[attr-defined]
    return int(opcode._inline_cache_entries[opcode.opmap[name]])  # type: ignore[attr-defined]


def _prologue(constants: tuple[object, ...]) -> bytes:
    marks = _marks(constants)
    enter = (_word("LOAD_CONST", marks.index(NATIVE_MARK)), _word("UNARY_NEGATIVE"))
    twin = marks.index(TWIN_MARK) if TWIN_MARK in marks else None
    leave = [_word("COPY", 1)]
    if twin is not None:
        leave += [_word("LOAD_CONST", twin), _word("IS_OP", 0)]
    returning = _word("RETURN_VALUE")
    jump = _conditional_jump("POP_JUMP_IF_NONE" if twin is None else "POP_JUMP_IF_TRUE")
    return b"".join([*enter, *leave, _word(jump, len(returning) // 2), returning, _word("POP_TOP")])


def _conditional_jump(name: str) -> str:
    return name.replace("POP_JUMP", "POP_JUMP_FORWARD") if _VERSION == (3, 11) else name


def _dispatch(points: Sequence[Point], following: int, start: int) -> bytes:
    """Go on at one of `points`, or at the start. Constant `following` says where; the points are the constants after it.

    Built from its end, since all jumps lead forward. `start`: how many words come before the prologue.
    """
    load = _word("LOAD_CONST", following)
    ask = _word("PUSH_NULL") + load if _VERSION < (3, 13) else load + _word("PUSH_NULL")
    ask += (_word("PRECALL") if _VERSION == (3, 11) else b"") + _word("CALL")
    rest = _word("POP_TOP")
    for number, point in reversed(list(enumerate(points))):
        body = _word("POP_TOP") + ask * point.depth
        if point.first is not None:
            body += _word(*point.first)
        body += _word("JUMP_FORWARD", len(rest) // 2 + point.offset // 2 - start)
        test = _word("COPY", 1) + _word("LOAD_CONST", following + 1 + number) + _word("IS_OP", 0)
        rest = test + _word(_conditional_jump("POP_JUMP_IF_FALSE"), len(body) // 2) + body + rest
    to_the_start = _word(_conditional_jump("POP_JUMP_IF_NONE"), len(rest) // 2 - 1)
    return ask + _word("COPY", 1) + to_the_start + rest


# Line table: Objects/locations.md. Each entry: 1 cccc lll, the kind and the number of instruction words less one.


def _line_table(code: CodeType, start: int, length: int) -> bytes:
    """The original table with entries for the prologue, which is on no line, after `start` words.

    On a line of its own it would be an event for tracers and `sys.monitoring`.
    """
    table = code.co_linetable
    position, words = 0, 0
    while words < start and position < len(table):
        words += (table[position] & 7) + 1
        position += 1
        while position < len(table) and not table[position] & 0x80:
            position += 1
    if words != start:
        return table  # RESUME always has an entry of its own
    entries = []
    while length > 0:
        size = min(length, 8)
        entries.append(bytes((0x80 | 15 << 3 | size - 1,)))  # kind 15: no location
        length -= size
    return table[:position] + b"".join(entries) + table[position:]


# Exception table: Objects/exception_handling_notes.txt. Big-endian groups of six bits; the first byte of an entry has bit 7.


def _read_numbers(table: bytes) -> Iterator[int]:
    value = 0
    for byte in table:
        value = value << 6 | byte & 63
        if not byte & 64:
            yield value
            value = 0


def _exception_table(table: bytes, start: int, length: int) -> bytes:
    numbers = list(_read_numbers(table))
    result = bytearray()
    for index in range(0, len(numbers), 4):
        first, size, target, depth = numbers[index : index + 4]
        # Nothing is protected before the prologue.
        result += (
            _numbers((first + length, size, target + length, depth))
            if first >= start
            else _numbers(tuple(numbers[index : index + 4]))
        )
    return bytes(result)


def _numbers(values: tuple[int, ...]) -> bytes:
    encoded = bytearray()
    for number, value in enumerate(values):
        groups = [value & 63]
        while value := value >> 6:
            groups.insert(0, value & 63 | 64)
        if number == 0:
            groups[0] |= 128
        encoded += bytes(groups)
    return bytes(encoded)


_NO_LOCATION = frozenset(["CACHE", "RESUME", "NOP", "EXTENDED_ARG"])


def offset_of(code: CodeType, line: int, column: int, end_line: int, end_column: int) -> int:
    """Byte offset, in a trampolined `code`, of the instruction that stands for a source range.

    The last one with exactly this range, or with the smallest around it, since mypy leaves out parentheses that a
    range may start or end with; else the first on the line; else the end of the prologue.
    """
    exact, by_line = _located(code)
    if (found := exact.get((line, end_line, column, end_column))) is not None:
        return found
    best, smallest, on_line = None, None, None
    for offset, (first, last, start, end) in by_line.get(line, ()):
        if first == line and on_line is None:
            on_line = offset
        if first is None or last is None or start is None or end is None:
            continue
        if (first, start) > (line, column) or (last, end) < (end_line, end_column):
            continue
        size = (line - first, column - start, last - end_line, end - end_column)
        if smallest is None or size <= smallest:
            best, smallest = offset, size
    if best is not None:
        return best
    return on_line if on_line is not None else _prologue_end(code)


_Range = tuple[int | None, int | None, int | None, int | None]


@lru_cache(maxsize=16)
def _located(code: CodeType) -> tuple[dict[_Range, int], dict[int, list[tuple[int, _Range]]]]:
    """Of the instructions after the prologue: the last offset by first and last line and column, and all by each line."""
    prologue_end, text = _prologue_end(code), code.co_code
    exact: dict[_Range, int] = {}
    by_line: dict[int, list[tuple[int, _Range]]] = {}
    for index, found in enumerate(code.co_positions()):
        if 2 * index < prologue_end or opcode.opname[text[2 * index]] in _NO_LOCATION or found[0] is None:
            continue
        exact[found] = 2 * index
        for line in range(found[0], (found[1] or found[0]) + 1):
            by_line.setdefault(line, []).append((2 * index, found))
    return exact, by_line


def _prologue_end(code: CodeType) -> int:
    end = 2 * leading_words(code) + len(_prologue(code.co_consts))
    if NEXT_MARK not in _marks(code.co_consts):
        return end
    decided = next(item for item in dis.get_instructions(code) if item.offset >= end and "IF_NONE" in item.opname)
    return int(decided.argval) + len(_word("POP_TOP"))


def _marks(constants: tuple[object, ...]) -> list[object]:
    """What each constant is the mark of."""
    return [constant[0] if isinstance(constant, tuple) and constant else None for constant in constants]
