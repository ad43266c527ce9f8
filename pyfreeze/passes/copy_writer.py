"""Writes the instructions of a copy that holds numbers unboxed: values, variables, what the frame is told, and ways out.

`pyfreeze.passes.unboxed_copy` says what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from pyfreeze.analysis.frame_states import Variable
from pyfreeze.analysis.object_kinds import NUMBERS, Hints, Kind
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    Constant,
    Edge,
    Instruction,
    LoadConstant,
    LoadLocal,
    StoreLocal,
    Terminator,
    Untold,
    Value,
)
from pyfreeze.ir.types import FLOAT64, INT64, NONE, OBJECT, STATUS, Type
from pyfreeze.passes.continuations import Continuations, NotClosed
from pyfreeze.primitives import find

TYPES: Mapping[Kind, Type] = {Kind.INT: INT64, Kind.FLOAT: FLOAT64}
BOXES = {Kind.INT: "unboxed.from_int64", Kind.FLOAT: "unboxed.from_float64"}
GUARDS = {Kind.INT: "unboxed.as_int64", Kind.FLOAT: "unboxed.as_float64"}


@dataclass(slots=True)
class Held:
    """What the copy has of a value of the function: itself (`object`), or what it stands for, or both.

    range: of an iterator over a range, its next number, the step and how many are left
    variable: from which it was loaded
    made_by: the row that gives the object, of `scalar` if there is one
    """

    kind: Kind = Kind.ANY
    object: Value | None = None
    scalar: Value | None = None
    range: tuple[Value, ...] = ()
    variable: int = -1
    made_by: str = ""


@dataclass(slots=True)
class Number:
    """Of a variable: its value, and a bool that is false where it is unset, or None."""

    scalar: Value
    is_set: Value | None = None


@dataclass(slots=True)
class Place:
    """Where the copy is being made: what is restored after a way out has been made."""

    block: Block
    held: dict[Value, Held]
    variables: list[Variable]
    numbers: dict[int, Number]

    def copied(self, block: Block) -> Place:
        held = {value: replace(item) for value, item in self.held.items()}
        return Place(block, held, list(self.variables), dict(self.numbers))


class CopyWriter:
    """Where the copy is being made. `ways_out` are continuations in the function itself. Raises NotClosed.

    counts: whether it is noted how often the copy is left
    """

    def __init__(self, hints: Hints, ways_out: Continuations, uncaught: Block, counts: bool) -> None:
        self._hints = hints
        self._ways_out = ways_out
        self._uncaught = uncaught
        self._counts = counts
        self._place = Place(Block("none"), {}, [], {})
        self._at: tuple[Block, int] = (Block("none"), 0)
        self._exit: Block | None = None
        self._count = 0

    def _emit(self, instruction: Instruction) -> Value:
        if not isinstance(instruction, Constant | LoadConstant):
            instruction.untold = self._untold()
        self._place.block.instructions.append(instruction)
        assert instruction.result is not None or isinstance(instruction, StoreLocal | Terminator)
        return instruction.result or Value(NONE)

    def _apply(self, name: str, *operands: Value, handler: Edge | None = None) -> Value:
        row = find(name)
        return self._emit(Apply(list(operands), Value(row.result), primitive=row, handler=handler))

    def _constant(self, type_: Type, value: int | float | bool) -> Value:
        return self._emit(Constant([], Value(type_), value=value))

    # The frame

    def _untold(self) -> tuple[Untold, ...]:
        found = []
        for index, variable in enumerate(self._place.variables):
            if variable.kind in NUMBERS and not variable.told:
                number = self._place.numbers[index]
                found.append(Untold(index, number.scalar, number.is_set))
        return tuple(found)

    def _tell(self, indices: Iterable[int] | None = None) -> None:
        """Tell the frame what is in those variables, or in all."""
        wanted = None if indices is None else set(indices)
        untold = tuple(item for item in self._untold() if wanted is None or item.index in wanted)
        if not untold:
            return
        row = find("unboxed.tell")
        telling = Apply([], Value(NONE), primitive=row)
        telling.untold = untold
        self._place.block.instructions.append(telling)
        for item in untold:
            self._place.variables[item.index] = replace(self._place.variables[item.index], told=True)

    # Ways out of the copy

    def _leave(self) -> Edge:
        """To the function itself, before the current instruction."""
        if self._exit is None:
            self._exit = self._way_out(*self._at)
        return Edge(self._exit)

    def _way_out(self, block: Block, number: int) -> Block:
        target, alive = self._ways_out.at(block, number)
        return self._detour(
            lambda _: Edge(target, [self._object(value) for value in alive]), f"leave_{block.name}", leaves=True
        )

    def _detour(self, make: Callable[[Value], Edge], name: str, leaves: bool = False) -> Block:
        """A handler that tells the frame everything and goes where `make` says, given the status."""
        self._count += 1
        status = Value(STATUS, "status")
        way = Block(f"{name}.{self._count}", [status])
        outer, self._place = self._place, self._place.copied(way)
        self._tell()
        if leaves and self._counts:
            self._apply("unboxed.left")
        edge = make(status)
        self._emit(Branch([], edges=[edge]))
        self._place = outer
        return way

    # Values

    def _of(self, value: Value) -> Held:
        held = self._place.held.get(value)
        if held is None:
            raise NotClosed(f"{value} is of another block")
        return held

    def _object(self, value: Value) -> Value:
        """The value as the function itself has it."""
        held = self._of(value)
        if held.kind == Kind.RANGE:
            return self._apply("unboxed.range_iterator", *held.range, handler=Edge(self._uncaught))
        if held.object is None:
            held.object = self._made(held) if held.made_by else self._boxed(held)
        assert held.object is not None
        return held.object

    def _made(self, held: Held) -> Value:
        return self._apply(held.made_by, *([held.scalar] if held.scalar is not None else []))

    def _boxed(self, held: Held) -> Value:
        assert held.scalar is not None
        if held.kind == Kind.BOOL:
            return self._apply("object.bool", held.scalar)
        number = self._place.numbers.get(held.variable)
        variable = self._place.variables[held.variable]
        if number is not None and number.scalar is held.scalar and variable.told and variable.kind == held.kind:
            return self._emit(LoadLocal([], Value(OBJECT), index=held.variable))
        return self._apply(BOXES[held.kind], held.scalar, handler=Edge(self._uncaught))

    def _scalar(self, value: Value, kind: Kind) -> Value:
        """The value as a number of that kind; leaves if it is none."""
        held = self._of(value)
        if held.kind not in NUMBERS:
            guessed = self._hints.of(value)
            if guessed == Kind.BOOL:
                return self._counted(value, kind)
            held.scalar = self._apply(GUARDS[guessed], self._object(value), handler=self._leave())
            held.kind = guessed
        assert held.scalar is not None
        if held.kind == Kind.INT and kind == Kind.FLOAT:
            return self._apply("int64.to_float64", held.scalar)
        return held.scalar

    def _counted(self, value: Value, kind: Kind) -> Value:
        """A truth as 0 or 1; it stays a truth."""
        held, type_ = self._of(value), TYPES[kind]
        if held.kind == Kind.BOOL and held.scalar is not None:
            truth = held.scalar
        else:
            truth = self._apply("unboxed.as_bool", self._object(value), handler=self._leave())
        return self._apply(f"bool.to_{type_}", truth)

    def _handler(self, instruction: Instruction) -> Edge:
        """Where its exceptions go. What has to be made an object for that is made on the way."""
        edge = instruction.handler
        assert edge is not None
        target, arguments = edge.target, edge.arguments
        held = [self._of(value) for value in arguments]
        if all(item.object is not None and item.kind != Kind.RANGE for item in held):
            return Edge(target, [self._object(value) for value in arguments])
        way = self._detour(lambda status: Edge(target, [status, *map(self._object, arguments)]), f"to_{target.name}")
        return Edge(way)
