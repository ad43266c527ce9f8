"""Subscripts in a strip: those that are the counter times something, and something, are tested at both ends of the strip.

`array[i * step + start]` goes in one direction while the counter grows. So if it is inside the array at the strip's first
step and at its last, it is inside all the time, as long as nothing resizes the array meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, Constant, Instruction, MakeTuple, Value
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import INT64, ArrayType, Type, ViewType
from pyfreeze.primitives import TABLE
from pyfreeze.primitives.arrays import array_row
from pyfreeze.primitives.views import view_row

_KNOWN = {"get": "item", "set": "put"}
"""The rows for an index that is known to be inside."""

_WRAPPING = {"add": "int64.add_wrapping", "sub": "int64.sub_wrapping", "mul": "int64.mul_wrapping"}


@dataclass(frozen=True, slots=True)
class Subscript:
    """Element `index`, one of each axis, of `array`, a parameter of the function's entry."""

    array: Value
    index: tuple[Value, ...]
    writes: bool


def is_subscript(row: Primitive) -> bool:
    return row.lowering.array in _KNOWN or row.lowering.view in _KNOWN


def _known_row(row: Primitive) -> Primitive:
    type_, lowering = row.operands[0], row.lowering
    if isinstance(type_, ViewType):
        return view_row(f"view.{_KNOWN[lowering.view]}", type_)
    assert isinstance(type_, ArrayType)
    return array_row(f"array.{_KNOWN[lowering.array]}", type_.element)


def _length_row(type_: Type, axis: int) -> Primitive:
    if isinstance(type_, ViewType):
        return view_row(f"view.shape{axis}", type_)
    assert isinstance(type_, ArrayType)
    return array_row("array.length", type_.element)


class StripBounds:
    """The subscripts of a strip that is a function of its own (see `LoopCopy`), counting `counter` from its start."""

    def __init__(self, function: Function, counter: Value, may_wrap: bool) -> None:
        """may_wrap: nothing is known of the numbers, so that what is computed from the counter may leave int64 in between."""
        self._counter = counter
        self._may_wrap = may_wrap
        self._fixed = set(function.entry.parameters)
        self._definitions = {item.result: item for item in function.instructions() if item.result is not None}
        self.subscripts: dict[Subscript, None] = {}

    def assume(self, item: Instruction) -> bool:
        """If `item` is a subscript that can be tested beforehand, leave its check to the tests; whether it is."""
        if not isinstance(item, Apply) or not is_subscript(item.primitive):
            return False
        array, whole, *_ = item.operands
        index = self.axes(whole)
        degrees = [self._degree(one) for one in index]
        if array not in self._fixed or any(degree is None or degree > 1 for degree in degrees):
            return False
        self.subscripts[Subscript(array, index, item.primitive.effects.writes)] = None
        item.primitive = _known_row(item.primitive)
        item.site = None
        return True

    def axes(self, index: Value) -> tuple[Value, ...]:
        """What `index` is on each axis."""
        made = self._definitions.get(index)
        return tuple(made.operands) if isinstance(made, MakeTuple) else (index,)

    def varies(self, index: Value) -> bool:
        """Whether `index` is another one in each step, as far as one can tell."""
        return any(self._degree(one) == 1 for one in self.axes(index))

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
        if operation != "same" and (self._may_wrap or operation not in _WRAPPING):
            return None
        degrees = [self._degree(operand) for operand in definition.operands]
        known = [degree for degree in degrees if degree is not None]
        if len(known) < len(degrees):
            return None
        return sum(known) if operation == "mul" else max(known)

    def _direction(self, value: Value) -> int:
        """1 if `value` grows with the counter or stays, -1 if it falls or stays, 0 if one cannot tell."""
        if self._degree(value) == 0 or value is self._counter:
            return 1
        definition = self._definitions[value]
        assert isinstance(definition, Apply)
        operation = _operation(definition)
        first, *others = map(self._direction, definition.operands)
        if operation == "same":
            return first
        (second,), (left, right) = others, definition.operands
        if operation == "mul":
            return first * self._sign(right) or second * self._sign(left)
        second = second if operation == "add" else -second
        fixed = [self._degree(operand) == 0 for operand in (left, right)]
        return second if fixed[0] else first if fixed[1] or first == second else 0

    def _sign(self, value: Value) -> int:
        constant = self._definitions.get(value)
        if not isinstance(constant, Constant) or not isinstance(constant.value, int):
            return 0
        return 1 if constant.value >= 0 else -1

    def tests(self, given: Mapping[Value, Value], start: Value, end: Value, block: Block) -> list[Value]:
        """Append the tests to `block`. `given` are the values of the entry's parameters; the strip ends before `end`."""
        if not self.subscripts:
            return []
        last = _apply("int64.sub_wrapping", [end, _constant(1, block)], block)
        tests = []
        for subscript in self.subscripts:
            array = given[subscript.array]
            if isinstance(array.type, ViewType) and subscript.writes:
                tests.append(_apply_row(view_row("view.writable", array.type), [array], block))
            for axis, position in enumerate(subscript.index):
                length = _apply_row(_length_row(array.type, axis), [array], block)
                first, final = (self.evaluate(position, given, counter, block) for counter in (start, last))
                direction = self._direction(position)
                # A strip without steps may be taken for good.
                for index in {first: None, final: None} if direction == 0 else [first if direction > 0 else final]:
                    tests.append(_apply("int64.ge", [index, _constant(0, block)], block))
                for index in {first: None, final: None} if direction == 0 else [final if direction > 0 else first]:
                    tests.append(_apply("int64.lt", [index, length], block))
        return tests

    def evaluate(self, value: Value, given: Mapping[Value, Value], counter: Value, block: Block) -> Value:
        """`value` at that count, computed in `block` from the values `given` for the entry's parameters. In the strip nothing of it overflows."""
        if value is self._counter:
            return counter
        if value in given:
            return given[value]
        definition = self._definitions[value]
        if isinstance(definition, Constant):
            assert isinstance(definition.value, int)
            return _constant(definition.value, block)
        assert isinstance(definition, Apply)
        operands = [self.evaluate(operand, given, counter, block) for operand in definition.operands]
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


def _apply(name: str, operands: list[Value], block: Block) -> Value:
    return _apply_row(TABLE[name], operands, block)


def _apply_row(row: Primitive, operands: list[Value], block: Block) -> Value:
    result = Value(row.result)
    block.instructions.append(Apply(operands, result, primitive=row))
    return result
