"""`(x * k) & mask`: where only low bits are observed, arithmetic needs no overflow checks (contract, rule 2).

An operation whose only uses are masks, or other operations that this holds for, becomes its `*_wrapping` row: the low
bits of a sum, product, difference, shift left, negation or bitwise result depend on the operands' low bits alone.
"""

from __future__ import annotations

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Constant, Instruction, Value, edges_of, shown_values
from pyfreeze.ir.types import FixedInt
from pyfreeze.primitives import TABLE

_WRAPPING = ("add", "sub", "mul", "neg", "invert", "lshift")
_TRANSPARENT = ("and", "or", "xor")


def wrap_masked_arithmetic(function: Function) -> None:
    constants = {
        instruction.result: instruction.value
        for instruction in function.instructions()
        if isinstance(instruction, Constant) and isinstance(instruction.value, int)
    }
    users: dict[Value, list[Instruction]] = {}
    shown: set[Value] = set()
    for instruction in function.instructions():
        for value in instruction.operands:
            users.setdefault(value, []).append(instruction)
        shown.update(shown_values(instruction))
        for edge in edges_of(instruction):
            shown.update(edge.arguments)
    masked: dict[Value, bool] = {}
    for instruction in list(function.instructions()):
        if isinstance(instruction, Apply) and _can_wrap(instruction, constants):
            result = instruction.result
            assert result is not None
            if _low_bits_only(result, users, shown, constants, masked):
                instruction.primitive = TABLE[f"{instruction.primitive.name}_wrapping"]
                instruction.site = instruction.resume = None


def _operation(instruction: Instruction) -> str:
    if not isinstance(instruction, Apply) or not isinstance(instruction.primitive.result, FixedInt):
        return ""
    type_name, _, operation = instruction.primitive.name.partition(".")
    return operation.removesuffix("_wrapping") if type_name == str(instruction.primitive.result) else ""


def _can_wrap(instruction: Apply, constants: dict[Value | None, int]) -> bool:
    operation = _operation(instruction)
    if operation not in _WRAPPING or instruction.primitive.name.endswith("_wrapping"):
        return False
    if operation != "lshift":
        return True
    count = constants.get(instruction.operands[1])
    type_ = instruction.primitive.result
    return count is not None and isinstance(type_, FixedInt) and 0 <= count < type_.bits


def _low_bits_only(
    value: Value,
    users: dict[Value, list[Instruction]],
    shown: set[Value],
    constants: dict[Value | None, int],
    masked: dict[Value, bool],
) -> bool:
    """Whether nothing but low bits of `value` can be observed, those that fit its type."""
    if value not in masked:
        masked[value] = False  # for cycles: not proven
        masked[value] = (
            value not in shown
            and bool(users.get(value))
            and all(_observes_low_bits(user, value, users, shown, constants, masked) for user in users[value])
        )
    return masked[value]


def _observes_low_bits(
    user: Instruction,
    value: Value,
    users: dict[Value, list[Instruction]],
    shown: set[Value],
    constants: dict[Value | None, int],
    masked: dict[Value, bool],
) -> bool:
    operation = _operation(user)
    result = user.result
    if operation == "and":
        others = [operand for operand in user.operands if operand is not value]
        if any((mask := constants.get(operand)) is not None and mask >= 0 for operand in others):
            return True
    if result is None or operation not in (*_WRAPPING, *_TRANSPARENT):
        return False
    if operation == "lshift" and (user.operands[1] is value or not _can_wrap_user(user, constants)):
        return False
    return _low_bits_only(result, users, shown, constants, masked)


def _can_wrap_user(user: Instruction, constants: dict[Value | None, int]) -> bool:
    return isinstance(user, Apply) and (user.primitive.name.endswith("_wrapping") or _can_wrap(user, constants))
