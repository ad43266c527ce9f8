"""Operations that are proven to succeed lose their check: overflow, zero divisors, conversions that fit.

Integers by their intervals. Float division by what cannot be zero, such as `1.0 + x * x`; what is proven there holds for
NaN as well: it is not zero, and neither is any sum or product with it.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, Constant, Instruction, Value
from pyfreeze.ir.interval import Interval
from pyfreeze.primitives import unchecked


def remove_checks(function: Function, assumed: Mapping[Value, Interval] | None = None) -> None:
    """`assumed`: as in `ValueRanges`."""
    candidates = [
        (block, item)
        for block in function.blocks
        for item in block.instructions
        if isinstance(item, Apply) and (item.primitive.applies is not None or item.primitive.name == "float64.truediv")
    ]
    if not candidates:
        return
    definitions = {item.result: item for item in function.instructions() if item.result is not None}
    ranges = ValueRanges(function, assumed)
    for block, item in candidates:
        if never_fails(item, block, ranges) or _divides_by_nonzero(item, definitions):
            item.primitive = unchecked(item.primitive)
            item.site = None


def never_fails(item: Apply, block: Block, ranges: ValueRanges) -> bool:
    """Whether the fast path of `item`, in `block`, applies to all that its operands can be."""
    applies = item.primitive.applies
    return applies is not None and bool(applies(*(ranges.of(operand, block) for operand in item.operands)))


def _divides_by_nonzero(item: Apply, definitions: dict[Value, Instruction]) -> bool:
    return item.primitive.name == "float64.truediv" and _is_nonzero(item.operands[1], definitions)


def _is_nonzero(value: Value, definitions: dict[Value, Instruction]) -> bool:
    """Neither 0.0 nor -0.0; may be NaN."""
    match definitions.get(value):
        case Constant(value=float() as number):
            return number != 0.0
        case Apply(primitive=primitive, operands=operands) if primitive.name == "float64.add":
            # A positive number does not vanish by adding what is not negative.
            return any(
                _is_positive_constant(one, definitions) and _is_not_negative(other, definitions)
                for one, other in (operands, operands[::-1])
            )
        case _:
            return False


def _is_positive_constant(value: Value, definitions: dict[Value, Instruction]) -> bool:
    found = definitions.get(value)
    return isinstance(found, Constant) and isinstance(found.value, float) and found.value > 0.0


def _is_not_negative(value: Value, definitions: dict[Value, Instruction]) -> bool:
    """At least -0.0; may be NaN."""
    match definitions.get(value):
        case Constant(value=float() as number):
            return number >= 0.0
        case Apply(primitive=primitive, operands=operands):
            if primitive.name == "float64.mul" and operands[0] is operands[1]:
                return True
            if primitive.name in ("float64.add", "float64.mul"):
                return all(_is_not_negative(operand, definitions) for operand in operands)
            return primitive.name in ("float64.abs", "math.fabs", "math.sqrt")
        case _:
            return False
