"""Cheaper operations for the same result.

Division and remainder by a power of two become a shift and a mask: `//` and `%` floor, as those do; by other constants
they floor without a branch. `a % b == 0` becomes a row of its own, since for that the remainder need not be floored.
"""

from __future__ import annotations

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Constant, Instruction, Value, used_values
from pyfreeze.ir.types import BOOL, FixedInt, IntType
from pyfreeze.primitives import TABLE


def reduce_strength(function: Function) -> None:
    constants = {
        instruction.result: instruction.value
        for instruction in function.instructions()
        if isinstance(instruction, Constant) and isinstance(instruction.value, int)
    }
    _find_multiples(function, constants)
    for block in function.blocks:
        rewritten: list[Instruction] = []
        for instruction in block.instructions:
            if isinstance(instruction, Apply):
                _use_shift_or_mask(instruction, constants, rewritten)
            rewritten.append(instruction)
        block.instructions = rewritten


def _use_shift_or_mask(instruction: Apply, constants: dict[Value | None, int], before: list[Instruction]) -> None:
    type_ = instruction.primitive.result
    name = instruction.primitive.name
    if not isinstance(type_, FixedInt | IntType) or name not in (f"{type_}.floordiv", f"{type_}.mod"):
        return
    divisor = constants.get(instruction.operands[1])
    if divisor is None:
        return
    if divisor <= 0 or divisor & (divisor - 1):
        instruction.primitive = TABLE.get(f"{name}_by_constant", instruction.primitive)
        return
    is_division = name.endswith("floordiv")
    operand = divisor.bit_length() - 1 if is_division else divisor - 1
    constant = Constant([], Value(type_), value=operand)
    before.append(constant)
    assert constant.result is not None
    instruction.primitive = TABLE[f"{type_}.{'rshift' if is_division else 'and'}"]
    instruction.operands = [instruction.operands[0], constant.result]
    if not instruction.primitive.effects.fails:
        instruction.site = instruction.resume = None


def _find_multiples(function: Function, constants: dict[Value | None, int]) -> None:
    """`a % b == 0` and `!= 0`, where nothing else uses the remainder."""
    uses: dict[Value, list[Instruction]] = {}
    for instruction in function.instructions():
        for value in used_values(instruction):
            uses.setdefault(value, []).append(instruction)
    for instruction in function.instructions():
        result = instruction.result
        if not isinstance(instruction, Apply) or result is None or instruction.primitive.name != f"{result.type}.mod":
            continue
        users = uses.get(result, [])
        divisor = constants.get(instruction.operands[1])
        if divisor is not None and divisor > 0 and not divisor & (divisor - 1):
            continue  # a mask is cheaper
        if isinstance(result.type, FixedInt) and len(users) == 1 and _compares_with_zero(users[0], result, constants):
            _replace_by_multiple(instruction, result.type, users[0])


def _compares_with_zero(user: Instruction, value: Value, constants: dict[Value | None, int]) -> bool:
    if not isinstance(user, Apply) or user.primitive.name not in (f"{value.type}.eq", f"{value.type}.ne"):
        return False
    return user.operands[0] is value and constants.get(user.operands[1]) == 0


def _replace_by_multiple(remainder: Apply, type_: FixedInt, comparison: Instruction) -> None:
    """The division stays where it is, for its error; the comparison becomes a negation or nothing."""
    assert isinstance(comparison, Apply)
    equal = comparison.primitive.name.endswith(".eq")
    is_multiple = Value(BOOL)
    remainder.primitive = TABLE[f"{type_}.is_multiple"]
    remainder.result = is_multiple
    comparison.primitive = TABLE["bool.same" if equal else "bool.not"]
    comparison.operands = [is_multiple]
