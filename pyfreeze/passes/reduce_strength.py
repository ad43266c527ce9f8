"""Division and remainder by a power of two become a shift and a mask: `//` and `%` floor, as those do."""

from __future__ import annotations

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Constant, Instruction, Value
from pyfreeze.ir.types import FixedInt
from pyfreeze.primitives import TABLE


def reduce_strength(function: Function) -> None:
    constants = {
        instruction.result: instruction.value
        for instruction in function.instructions()
        if isinstance(instruction, Constant) and isinstance(instruction.value, int)
    }
    for block in function.blocks:
        rewritten: list[Instruction] = []
        for instruction in block.instructions:
            if isinstance(instruction, Apply):
                _rewrite(instruction, constants, rewritten)
            rewritten.append(instruction)
        block.instructions = rewritten


def _rewrite(instruction: Apply, constants: dict[Value | None, int], before: list[Instruction]) -> None:
    type_ = instruction.primitive.result
    name = instruction.primitive.name
    if not isinstance(type_, FixedInt) or name not in (f"{type_}.floordiv", f"{type_}.mod"):
        return
    divisor = constants.get(instruction.operands[1])
    if divisor is None or divisor <= 0 or divisor & (divisor - 1):
        return
    is_division = name.endswith("floordiv")
    operand = divisor.bit_length() - 1 if is_division else divisor - 1
    constant = Constant([], Value(type_), value=operand)
    before.append(constant)
    assert constant.result is not None
    instruction.primitive = TABLE[f"{type_}.{'rshift' if is_division else 'and'}"]
    instruction.operands = [instruction.operands[0], constant.result]
    if not instruction.primitive.effects.fails:
        instruction.site = None
