"""Loops that end after a few steps because each takes a bit off a number: `while x > 0: x //= 10`, `while x: x &= x - 1`.

A number of 64 bits lasts for no more than 64 steps, so such a loop needs no poll. Plain ints may have more bits: their
loops are bounded only where they are known to be small.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyfreeze.analysis.loops import Loop
from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, CondBranch, Constant, Instruction, Value, edges_of
from pyfreeze.ir.types import FixedInt, IntType

MOST_STEPS = 64

_DIVISIONS = ("floordiv", "floordiv_by_constant", "floordiv_nonnegative", "floordiv_narrow")


@dataclass(frozen=True, slots=True)
class Shrinking:
    """`number`, a parameter of the header, loses a bit or more in each step, and its 0 ends the loop.

    if_nonnegative: only if it is not negative when the loop starts; then it stays so.
    """

    number: Value
    if_nonnegative: bool


def shrinking_number(function: Function, loop: Loop, ranges: ValueRanges) -> Shrinking | None:
    last = loop.header.instructions[-1]
    definitions = {item.result: item for item in function.instructions() if item.result is not None}
    if not isinstance(last, CondBranch) or last.edges[0].target not in loop.blocks:
        return None
    if last.edges[1].target in loop.blocks:
        return None
    condition = definitions.get(last.operands[0])
    for index, number in enumerate(loop.header.parameters):
        if not isinstance(number.type, FixedInt | IntType):
            continue
        positive = _says_positive(condition, number, definitions)
        if not positive and not _says_nonzero(condition, number, definitions):
            continue
        following = [definitions.get(value) for value in _next_values(loop, index)]
        nonnegative = positive or ranges.of(number, loop.header).low >= 0
        if all(_halves(item, number, definitions) for item in following):
            return Shrinking(number, if_nonnegative=not nonnegative)
        if all(_clears_a_bit(item, number, definitions) for item in following):
            return Shrinking(number, if_nonnegative=not nonnegative and not isinstance(number.type, FixedInt))
    return None


def _next_values(loop: Loop, index: int) -> list[Value]:
    """What the latches pass for the header's parameter `index`."""
    return [
        edge.arguments[index]
        for latch in loop.latches
        for item in latch.instructions
        for edge in edges_of(item)
        if edge.target is loop.header and edge is not item.handler
    ]


_Definitions = dict[Value, Instruction]


def _operation(item: Instruction | None) -> tuple[str, list[Value]]:
    if not isinstance(item, Apply):
        return "", []
    return (item.primitive.lowering.checked or item.primitive).name.partition(".")[2], item.operands


def _number(value: Value, definitions: _Definitions) -> int | None:
    found = definitions.get(value)
    return int(found.value) if isinstance(found, Constant) and isinstance(found.value, int) else None


def _says_positive(condition: Instruction | None, number: Value, definitions: _Definitions) -> bool:
    operation, operands = _operation(condition)
    if operation in ("lt", "le"):
        operation, operands = {"lt": "gt", "le": "ge"}[operation], operands[::-1]
    if operation not in ("gt", "ge") or operands[0] is not number:
        return False
    limit = _number(operands[1], definitions)
    return limit is not None and limit >= (0 if operation == "gt" else 1)


def _says_nonzero(condition: Instruction | None, number: Value, definitions: _Definitions) -> bool:
    operation, operands = _operation(condition)
    if operation == "to_bool":
        return operands[0] is number
    return operation == "ne" and operands[0] is number and _number(operands[1], definitions) == 0


def _halves(item: Instruction | None, number: Value, definitions: _Definitions) -> bool:
    operation, operands = _operation(item)
    if operation not in (*_DIVISIONS, "rshift") or operands[0] is not number:
        return False
    by = _number(operands[1], definitions)
    return by is not None and by >= (1 if operation == "rshift" else 2)


def _clears_a_bit(item: Instruction | None, number: Value, definitions: _Definitions) -> bool:
    """`number & (number - 1)`"""
    operation, operands = _operation(item)
    others = [operand for operand in operands if operand is not number]
    if operation != "and" or len(others) != 1:
        return False
    less, terms = _operation(definitions.get(others[0]))
    return less in ("sub", "sub_wrapping") and terms[0] is number and _number(terms[1], definitions) == 1
