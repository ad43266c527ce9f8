"""What the type checker says of a framed function's values and variables: the `expected` of its instructions, by value."""

from __future__ import annotations

from pyfreeze.ir.expectations import joined
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Expected, LoadLocal, StoreLocal, Value


class ExpectedKinds:
    """A variable is named by its index. What it holds at different places is joined."""

    def __init__(self, function: Function) -> None:
        self._found: dict[Value | int, Expected] = {}
        for instruction in function.instructions():
            if instruction.expected is None:
                continue
            if instruction.result is not None:
                self._found[instruction.result] = instruction.expected
            if isinstance(instruction, LoadLocal | StoreLocal):
                known = self._found.get(instruction.index, instruction.expected)
                self._found[instruction.index] = joined(known, instruction.expected)

    def of(self, node: Value | int) -> Expected | None:
        return self._found.get(node)
