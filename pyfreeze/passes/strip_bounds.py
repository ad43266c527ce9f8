"""Subscripts in a strip: those that are the counter times something, and something, are tested at both ends of the strip.

`array[i * step + start]` goes in one direction while the counter grows. So if it is inside the array at the strip's first
step and at its last, it is inside all the time, as long as nothing resizes the array meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, Constant, Instruction, Value
from pyfreeze.ir.types import BOOL, INT64, ArrayType, Type
from pyfreeze.primitives import TABLE
from pyfreeze.primitives.arrays import array_row

_KNOWN = {"get": "array.item", "set": "array.put"}
"""The rows for an index that is known to be inside."""

_WRAPPING = {"add": "int64.add_wrapping", "sub": "int64.sub_wrapping", "mul": "int64.mul_wrapping"}


@dataclass(frozen=True, slots=True)
class Subscript:
    """Element `index` of `array`, a parameter of the function's entry."""

    array: Value
    index: Value


class StripBounds:
    """The subscripts of a strip that is a function of its own (see `LoopCopy`), counting `counter` from its start."""

    def __init__(self, function: Function, counter: Value) -> None:
        self._counter = counter
        self._fixed = set(function.entry.parameters)
        self._definitions = {item.result: item for item in function.instructions() if item.result is not None}
        self.subscripts: dict[Subscript, None] = {}

    def assume(self, item: Instruction) -> bool:
        """If `item` is a subscript that can be tested beforehand, leave its check to the tests; whether it is."""
        if not isinstance(item, Apply) or item.primitive.lowering.array not in _KNOWN:
            return False
        array, index, *_ = item.operands
        degree = self._degree(index)
        if array not in self._fixed or degree is None or degree > 1:
            return False
        assert isinstance(array.type, ArrayType)
        self.subscripts[Subscript(array, index)] = None
        item.primitive = array_row(_KNOWN[item.primitive.lowering.array], array.type.element)
        item.site = None
        return True

    def _degree(self, value: Value) -> int | None:
        """How often the counter is multiplied into `value`; None if it may be anything."""
        if value is self._counter:
            return 1
        if value in self._fixed:
            return 0
        definition = self._definitions.get(value)
        if isinstance(definition, Constant):
            return 0
        if not isinstance(definition, Apply) or value.type != INT64:
            return None
        operation = _operation(definition)
        if operation != "same" and operation not in _WRAPPING:
            return None
        degrees = [self._degree(operand) for operand in definition.operands]
        known = [degree for degree in degrees if degree is not None]
        if len(known) < len(degrees):
            return None
        return sum(known) if operation == "mul" else max(known)

    def tests(self, given: Mapping[Value, Value], start: Value, end: Value, block: Block) -> list[Value]:
        """Append the tests to `block`. `given` are the values of the entry's parameters; the strip ends before `end`."""
        if not self.subscripts:
            return []
        last = _apply("int64.sub_wrapping", [end, _constant(1, block)], block)
        tests = []
        for subscript in self.subscripts:
            array = given[subscript.array]
            assert isinstance(array.type, ArrayType)
            length = Value(INT64)
            block.instructions.append(Apply([array], length, primitive=array_row("array.length", array.type.element)))
            ends = {self._evaluate(subscript.index, given, counter, block): None for counter in (start, last)}
            for index in ends:
                tests.append(_apply("int64.ge", [index, _constant(0, block)], block, BOOL))
                tests.append(_apply("int64.lt", [index, length], block, BOOL))
        return tests

    def _evaluate(self, value: Value, given: Mapping[Value, Value], counter: Value, block: Block) -> Value:
        """`value` at that count. In the strip nothing of it overflows."""
        if value is self._counter:
            return counter
        if value in given:
            return given[value]
        definition = self._definitions[value]
        if isinstance(definition, Constant):
            assert isinstance(definition.value, int)
            return _constant(definition.value, block)
        assert isinstance(definition, Apply)
        operands = [self._evaluate(operand, given, counter, block) for operand in definition.operands]
        operation = _operation(definition)
        return operands[0] if operation == "same" else _apply(_WRAPPING[operation], operands, block)


def _operation(item: Apply) -> str:
    """`add` for each of the rows that add int64s."""
    name = (item.primitive.lowering.checked or item.primitive).name
    return name.removeprefix("int64.").removesuffix("_wrapping") if name.startswith("int64.") else ""


def _constant(value: int, block: Block) -> Value:
    result = Value(INT64)
    block.instructions.append(Constant([], result, value=value))
    return result


def _apply(name: str, operands: list[Value], block: Block, type_: Type = INT64) -> Value:
    result = Value(type_)
    block.instructions.append(Apply(operands, result, primitive=TABLE[name]))
    return result
