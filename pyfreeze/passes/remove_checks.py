"""Operations that are proven to succeed lose their check: overflow, zero divisors, conversions that fit.

Divisions whose operands are seen to have no sign, or only 32 bits, become cheaper ones.

Integers by their intervals. Float division by what cannot be zero, such as `1.0 + x * x`, and roots of what cannot be
negative, such as `x * x`. What is proven there holds for NaN as well: it is not zero, and neither is any sum or product
with it, nor is it less than zero.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Constant, Instruction, Value
from pyfreeze.ir.interval import Interval
from pyfreeze.ir.primitive import Primitive
from pyfreeze.primitives import TABLE, unchecked


def remove_checks(function: Function, assumed: Mapping[Value, Interval] | None = None) -> None:
    """`assumed`: as in `ValueRanges`."""
    candidates = [
        (block, item)
        for block in function.blocks
        for item in block.instructions
        if isinstance(item, Apply) and (item.primitive.effects.fails or _has_variants(item.primitive))
    ]
    if not candidates:
        return
    definitions = {item.result: item for item in function.instructions() if item.result is not None}
    ranges = ValueRanges(function, assumed)
    for block, item in candidates:
        applies = item.primitive.applies
        pieces = itertools.product(*(ranges.pieces(operand, block) for operand in item.operands))
        if _is_safe_float_operation(item, definitions) or (applies and all(applies(*operands) for operands in pieces)):
            item.primitive = _cheapest(item.primitive, [ranges.of(operand, block) for operand in item.operands])
            item.site = item.resume = None


def _has_variants(row: Primitive) -> bool:
    return f"{_base_name(row)}_nonnegative" in TABLE


def _base_name(row: Primitive) -> str:
    return (
        (row.lowering.checked or row)
        .name.removesuffix("_nonnegative")
        .removesuffix("_narrow")
        .removesuffix("_by_constant")
    )


def _cheapest(row: Primitive, operands: list[Interval]) -> Primitive:
    """What does the same as `row` on these operands, to which its fast path applies."""
    for variant in ("narrow", "nonnegative"):
        found = TABLE.get(f"{_base_name(row)}_{variant}")
        if found is not None and found.applies is not None and found.applies(*operands):
            return found
    return unchecked(row)


def _is_safe_float_operation(item: Apply, definitions: dict[Value, Instruction]) -> bool:
    match item.primitive.name:
        case "float64.truediv":
            return _is_nonzero(item.operands[1], definitions)
        case "math.sqrt":
            return _is_not_negative(item.operands[0], definitions)
        case _:
            return False


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
