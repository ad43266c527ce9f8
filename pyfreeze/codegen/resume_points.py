"""Where the interpreter goes on, in the bytecode and as static data: the module's `PfPoint` records."""

from __future__ import annotations

from collections.abc import Iterable
from types import CodeType

from pyfreeze.codegen.bytecode import loop_point, read_unchecked, returned_point, start_point, statement_point
from pyfreeze.codegen.frame_locals import describe_locals, locals_payload
from pyfreeze.codegen.symbols import Symbols, record_symbol
from pyfreeze.codegen.trampoline import Point
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import LoopKind, LoopState, PointKind, Position, ResumeState, Suspend, Value
from pyfreeze.ir.types import INT64

_NOWHERE = -1
"""The number of a point after a call where a result that native code does not hold cannot be handed to the interpreter."""

_LETTERS = {
    LoopKind.RANGE: "r",
    LoopKind.STEPS: "s",
    LoopKind.REVERSED: "b",
    LoopKind.ITEMS: "t",
    LoopKind.ARRAY: "a",
    LoopKind.ENUMERATED: "e",
    LoopKind.VALUE: "v",
}
"""Counterpart: `iterator_of` in `runtime/src/resume.c`."""


def find_point(code: CodeType, state: ResumeState) -> Point | None:
    """Where in a function's own bytecode the interpreter can go on from `state`, which sets all that is read there."""
    point = _place(code, state)
    surely_set = {name for name in state.local_names if name + "?" not in state.local_names}
    return point if point is not None and read_unchecked(code, point) <= surely_set else None


def _place(code: CodeType, state: ResumeState) -> Point | None:
    place, depth = state.position, len(state.loops)
    where = (place.line, place.column, place.end_line, place.end_column)
    match state.kind:
        case PointKind.START:
            return start_point(code)
        case PointKind.STATEMENT:
            return statement_point(code, where, depth)
        case PointKind.LOOP:
            return loop_point(code, where, depth)
        case PointKind.CALLED:
            return returned_point(code, where, depth)
        case PointKind.RETURNED:
            return returned_point(code, where, depth + 1)


def start_state(parameter_names: Iterable[str], values: list[Value]) -> ResumeState:
    """The state of a function that has not started yet."""
    return ResumeState(PointKind.START, Position(0, 0, 0, 0), 0, tuple(parameter_names), values, [])


class PointTable:
    """The points of one function, numbered in the order in which its code names them.

    numbers: shared by the functions that a generic one is specialised to: they may have one code object
    """

    def __init__(self, function: Function, code: CodeType, numbers: dict[Point, int]) -> None:
        self._function = function
        self._code = code
        self._numbers = numbers
        self._parameters = start_state(function.parameter_names, list(function.parameters))
        if function.impure:
            self._number(self._parameters)
        for item in function.instructions():
            if isinstance(item, Suspend) and item.resume is not None:
                self._number(item.resume)

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(self._numbers)

    def _number(self, state: ResumeState) -> int:
        point = find_point(self._code, state)
        if point is None and state.kind == PointKind.RETURNED:
            return _NOWHERE
        if point is None:
            raise ValueError(f"{self._function.name}: no place to go on at {state.position}")
        return self._numbers.setdefault(point, len(self._numbers))

    def start(self, symbols: Symbols) -> str:
        """The record of the function's start, whose payload are its parameters."""
        return self.symbol(self._parameters, symbols)

    def payload_of_start(self, arguments: list[Value]) -> list[Value]:
        return self.payload(start_state(self._function.parameter_names, arguments))

    def symbol(self, state: ResumeState, symbols: Symbols) -> str:
        """The static `PfPoint` of `state`."""
        present = dict(zip(state.local_names, state.local_values, strict=True))
        locals_ = describe_locals(self._code.co_varnames, present, symbols)
        loops = "".join(f"{_LETTERS[loop.kind]}{loop.taken}{self._items(loop, symbols)}" for loop in state.loops)
        loops += "o0" * (state.kind == PointKind.RETURNED)
        count = len(state.loops) + (state.kind == PointKind.RETURNED)
        number = self._number(state)
        name = f'@"point {self._function.name} {number} {locals_} {loops}"'
        texts = f"ptr {symbols.string(locals_.encode())}, ptr {symbols.string(loops.encode())}"
        fields = f"ptr {record_symbol(self._function.name)}, i32 {number}, {texts}, i32 {count}"
        return symbols.define(name, lambda: f"{name} = internal constant {{ptr, i32, ptr, ptr, i32}} {{{fields}}}")

    @staticmethod
    def _items(loop: LoopState, symbols: Symbols) -> str:
        """What the runtime has to know of the types of the loop's values: of all that are not int64, and of a `VALUE`."""
        if loop.kind == LoopKind.VALUE:
            return symbols.descriptor(loop.values[0].type)
        return "".join(symbols.descriptor(value.type) for value in loop.values if value.type != INT64)

    def payload(self, state: ResumeState) -> list[Value]:
        """The values of `state` in the order in which the runtime reads them."""
        present = dict(zip(state.local_names, state.local_values, strict=True))
        values = locals_payload(self._code.co_varnames, present)
        return values + [value for loop in state.loops for value in loop.values]
