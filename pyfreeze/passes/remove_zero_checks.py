"""Float division by what cannot be zero, such as `1.0 + x * x`, needs no check for ZeroDivisionError.

What is proven here holds for NaN as well: it is not zero, and neither is any sum or product with it.
"""

from __future__ import annotations

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Constant, Instruction, Value
from pyfreeze.primitives import TABLE


def remove_zero_checks(function: Function) -> None:
    definitions = {item.result: item for item in function.instructions() if item.result is not None}
    for instruction in function.instructions():
        if not isinstance(instruction, Apply) or instruction.primitive.name != "float64.truediv":
            continue
        if _is_nonzero(instruction.operands[1], definitions):
            instruction.primitive = TABLE["float64.truediv_nonzero"]
            instruction.site = None


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
