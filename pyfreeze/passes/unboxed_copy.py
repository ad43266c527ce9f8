"""The copy of a framed function that holds numbers unboxed, block by block: see `unbox_framed`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pyfreeze.analysis.frame_states import ANY as ANY_OBJECT
from pyfreeze.analysis.frame_states import Flow, FrameState, Variable
from pyfreeze.analysis.object_kinds import KNOWN_BUILTINS, NUMBERS, Hints, Kind, Unboxed, number_of, operation_of
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    Call,
    CondBranch,
    Constant,
    Edge,
    GetItem,
    Instruction,
    LoadConstant,
    LoadLocal,
    Poll,
    Return,
    Site,
    StoreLocal,
    Terminator,
    Untold,
    Value,
)
from pyfreeze.ir.types import BOOL, FLOAT64, INT, INT64, NONE, OBJECT, STATUS, Type
from pyfreeze.passes.continuations import Continuations, NotClosed
from pyfreeze.primitives import find, leaving

_TYPES: Mapping[Kind, Type] = {Kind.INT: INT64, Kind.FLOAT: FLOAT64}
_BOXES = {Kind.INT: "unboxed.from_int64", Kind.FLOAT: "unboxed.from_float64"}
_GUARDS = {Kind.INT: "unboxed.as_int64", Kind.FLOAT: "unboxed.as_float64"}


@dataclass(slots=True)
class _Held:
    """What the copy has of a value of the function: itself (`object`), or what it stands for, or both.

    range: of an iterator over a range, its next number, the step and how many are left
    variable: from which it was loaded
    """

    kind: Kind = Kind.ANY
    object: Value | None = None
    scalar: Value | None = None
    range: tuple[Value, ...] = ()
    variable: int = -1


@dataclass(slots=True)
class _Number:
    """Of a variable: its value, and a bool that is false where it is unset, or None."""

    scalar: Value
    is_set: Value | None = None


@dataclass(slots=True)
class _Place:
    """Where the copy is being made: what is restored after a way out has been made."""

    block: Block
    held: dict[Value, _Held]
    variables: list[Variable]
    numbers: dict[int, _Number]

    def copied(self, block: Block) -> _Place:
        held = {value: replace(item) for value, item in self.held.items()}
        return _Place(block, held, list(self.variables), dict(self.numbers))


@dataclass(slots=True)
class _Start:
    """A block of the copy, and what its parameters say at its start."""

    block: Block
    held: dict[Value, _Held] = field(default_factory=dict)
    numbers: dict[int, _Number] = field(default_factory=dict)


class UnboxedCopy:
    """Makes the copy; `ways_out` are continuations in the function itself. Raises NotClosed.

    counts: whether it is noted how often the copy is left
    """

    def __init__(
        self,
        hints: Hints,
        states: Mapping[Block, FrameState],
        ways_out: Continuations,
        uncaught: Block,
        counts: bool,
    ) -> None:
        self._hints = hints
        self._states = states
        self._ways_out = ways_out
        self._uncaught = uncaught
        self._counts = counts
        self._starts = {block: self._start_of(block) for block in states}
        self._place = _Place(Block("none"), {}, [], {})
        self._at: tuple[Block, int] = (Block("none"), 0)
        self._exit: Block | None = None
        self._ended: dict[Value, Value] = {}  # of what a range gave: whether it had ended
        self._count = 0

    def start(self, block: Block) -> Block:
        """The copy of that block."""
        return self._starts[block].block

    def make(self) -> None:
        for block in self._states:
            self._copy(block)

    def _start_of(self, block: Block) -> _Start:
        state, made = self._states[block], _Start(Block(f"unboxed_{block.name}"))

        def parameter(type_: Type) -> Value:
            value = Value(type_)
            made.block.parameters.append(value)
            return value

        for value, kind in zip(block.parameters, state.parameters, strict=True):
            if kind in NUMBERS:
                made.held[value] = _Held(kind, scalar=parameter(_TYPES[kind]))
            elif kind == Kind.RANGE:
                made.held[value] = _Held(kind, range=tuple(parameter(INT64) for _ in range(3)))
            else:
                made.held[value] = _Held(object=parameter(value.type))
        for index, variable in enumerate(state.variables):
            if variable.kind in NUMBERS:
                scalar = parameter(_TYPES[variable.kind])
                made.numbers[index] = _Number(scalar, parameter(BOOL) if variable.maybe_unset else None)
        return made

    # Blocks and instructions

    def _copy(self, block: Block) -> None:
        start, state = self._starts[block], self._states[block]
        self._place = _Place(start.block, dict(start.held), list(state.variables), dict(start.numbers))
        self._ended = {}
        flow = Flow(self._hints, state, block)
        for number, instruction in enumerate(block.instructions):
            self._at, self._exit = (block, number), None
            following = block.instructions[number + 1] if number + 1 < len(block.instructions) else None
            if isinstance(instruction, Terminator):
                self._end(instruction)
                return
            is_range = flow.kinds.is_range(instruction)
            before = flow.variables
            flow.variables = list(before)
            operation = flow.step(instruction)
            own = instruction.index if isinstance(instruction, StoreLocal) else -1
            self._tell(
                index
                for index, (one, other) in enumerate(zip(before, flow.variables, strict=True))
                if other.told and index != own
            )
            if instruction.result in self._place.held:
                pass  # it was done with the one before
            elif (
                operation is not None
                and operation.row == "unboxed.item_at"
                and self._asks_truth(following, instruction)
            ):
                self._truth_at(instruction, operation, following)
            elif operation is not None:
                self._operate(instruction, operation, flow.variables)
            else:
                self._step(instruction, flow.variables)
            if is_range:
                self._enter_range(instruction)
            self._place.variables = list(flow.variables)

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

    def _of(self, value: Value) -> _Held:
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
            held.object = self._boxed(held)
        assert held.object is not None
        return held.object

    def _boxed(self, held: _Held) -> Value:
        assert held.scalar is not None
        if held.kind == Kind.BOOL:
            return self._apply("object.bool", held.scalar)
        number = self._place.numbers.get(held.variable)
        variable = self._place.variables[held.variable]
        if number is not None and number.scalar is held.scalar and variable.told and variable.kind == held.kind:
            return self._emit(LoadLocal([], Value(OBJECT), index=held.variable))
        return self._apply(_BOXES[held.kind], held.scalar, handler=Edge(self._uncaught))

    def _scalar(self, value: Value, kind: Kind) -> Value:
        """The value as a number of that kind; leaves if it is none."""
        held = self._of(value)
        if held.kind not in NUMBERS:
            guessed = self._hints.of(value)
            if guessed == Kind.BOOL:
                return self._counted(value, kind)
            held.scalar = self._apply(_GUARDS[guessed], self._object(value), handler=self._leave())
            held.kind = guessed
        assert held.scalar is not None
        if held.kind == Kind.INT and kind == Kind.FLOAT:
            return self._apply("int64.to_float64", held.scalar)
        return held.scalar

    def _counted(self, value: Value, kind: Kind) -> Value:
        """A truth as 0 or 1; it stays a truth."""
        held, type_ = self._of(value), _TYPES[kind]
        if held.kind == Kind.BOOL and held.scalar is not None:
            truth = held.scalar
        else:
            truth = self._apply("unboxed.as_bool", self._object(value), handler=self._leave())
        return self._apply(f"bool.to_{type_}", truth)

    # Instructions

    def _operate(self, instruction: Instruction, operation: Unboxed, after: Sequence[Variable]) -> None:
        if operation.row == "unboxed.range_length":
            self._make_range(instruction, operation)
            self._learn(operation, after)
            return
        if operation.row.startswith("native."):
            self._call_native(instruction, operation)
            self._learn(operation, after)
            return
        if operation.row.startswith("builtin."):
            self._call_builtin(instruction, operation)
            self._learn(operation, after)
            return
        given = [
            self._object(value) if kind == Kind.ANY else self._scalar(value, kind) for value, kind in operation.operands
        ]
        row, handler, site = find(operation.row), None, None
        if row.lowering.c is not None:
            handler, site = self._handler(instruction), instruction.site
        elif row.effects.fails:
            row, handler = row if row.lowering.object else leaving(row), self._leave()
        made = self._emit(Apply(given, Value(row.result), site, primitive=row, handler=handler))
        assert instruction.result is not None
        if operation.result == Kind.ANY or (operation.result == Kind.BOOL and instruction.result.type == BOOL):
            held = _Held(object=made)
        else:
            held = _Held(operation.result, scalar=made)
        self._place.held[instruction.result] = held
        self._learn(operation, after)

    def _asks_truth(self, following: Instruction | None, made: Instruction) -> bool:
        """Whether the next instruction asks the truth of what this one makes, and nobody else uses that."""
        assert made.result is not None
        if following is None or operation_of(following) != "truth" or following.operands != [made.result]:
            return False
        return self._hints.is_used_once(made.result)

    def _truth_at(self, instruction: Instruction, operation: Unboxed, asks: Instruction | None) -> None:
        """Of an item that is needed for nothing else. An exception comes from where the item is taken, or from the test."""
        assert asks is not None and asks.result is not None and instruction.result is not None
        (container, _), (place, kind) = operation.operands
        given = [self._object(container), self._scalar(place, kind)]
        assert instruction.site is not None and asks.site is not None
        row = find(f"unboxed.truth_at[{asks.site.offset - instruction.site.offset}]")
        made = Apply(given, Value(row.result), instruction.site, self._handler(instruction), primitive=row)
        self._place.held[instruction.result] = self._place.held[asks.result] = _Held(object=self._emit(made))

    def _learn(self, operation: Unboxed, after: Sequence[Variable]) -> None:
        """What was found to be a number is so in the variable that it comes from."""
        for value, _ in operation.operands:
            held = self._of(value)
            variable = held.variable
            if variable < 0 or held.scalar is None or self._place.variables[variable].kind in NUMBERS:
                continue
            if after[variable].kind == held.kind:
                self._place.numbers[variable] = _Number(held.scalar)

    def _step(self, instruction: Instruction, after: Sequence[Variable]) -> None:
        held, name = self._place.held, operation_of(instruction)
        match instruction:
            case LoadConstant(result=Value() as result):
                made = LoadConstant(
                    [], Value(OBJECT), table=instruction.table, index=instruction.index, shown=instruction.shown
                )
                held[result] = _Held(object=self._emit(made))
                number = number_of(instruction)
                if number is not None:
                    kind = Kind.INT if isinstance(number, int) else Kind.FLOAT
                    held[result].kind, held[result].scalar = kind, self._constant(_TYPES[kind], number)
            case LoadLocal(result=Value() as result):
                held[result] = self._load(instruction)
            case StoreLocal(operands=[value], index=index):
                self._store(value, index, after, instruction.site)
            case Poll():
                self._apply("unboxed.nobody_waits", handler=self._leave())
            case Apply(operands=[iterable], result=Value() as result) if (
                name == "iter" and self._of(iterable).kind == Kind.RANGE
            ):
                held[result] = self._of(iterable)
            case Apply(operands=[iterator], result=Value() as result) if (
                name == "next" and self._of(iterator).kind == Kind.RANGE
            ):
                self._next_of_range(self._of(iterator), result)
            case Apply(operands=[value], result=Value() as result) if name == "is_null" and value in self._ended:
                held[result] = _Held(object=self._ended[value])
            case Apply(operands=[value], result=Value() as result) if (
                name == "is_none" and self._of(value).kind in NUMBERS
            ):
                held[result] = _Held(object=self._constant(BOOL, False))
            case Apply(operands=[value]) if name == "keep" and self._of(value).object is None:
                pass
            case _:
                self._repeat(instruction)

    def _repeat(self, instruction: Instruction) -> None:
        """The same instruction, on objects."""
        operands, handler, result = [self._object(value) for value in instruction.operands], None, instruction.result
        if instruction.handler is not None:
            handler = self._handler(instruction)
        assert result is not None
        made = Value(result.type, result.name)
        match instruction:
            case Apply(primitive=primitive):
                copy: Instruction = Apply(operands, made, instruction.site, handler, primitive=primitive)
            case GetItem(index=index):
                copy = GetItem(operands, made, index=index)
            case Constant(value=value):
                copy = Constant([], made, value=value)
            case _:
                raise NotClosed(f"{type(instruction).__name__} is not copied")
        self._place.held[result] = _Held(object=self._emit(copy))

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

    def _load(self, instruction: LoadLocal) -> _Held:
        index, variable = instruction.index, self._place.variables[instruction.index]
        number = self._place.numbers.get(index)
        if variable.kind in NUMBERS and number is not None and (number.is_set is None or instruction.checked):
            if number.is_set is not None:
                self._apply("unboxed.expect", number.is_set, handler=self._leave())
                self._place.numbers[index] = _Number(number.scalar)
            return _Held(variable.kind, scalar=number.scalar, variable=index)
        handler = self._handler(instruction) if instruction.handler is not None else None
        made = LoadLocal([], Value(OBJECT), instruction.site, handler, index=index, checked=instruction.checked)
        return _Held(object=self._emit(made), variable=index)

    def _store(self, value: Value, index: int, after: Sequence[Variable], site: Site | None) -> None:
        for other in self._place.held.values():
            if other.variable == index and other.kind not in NUMBERS:
                other.variable = -1
        if after[index].kind not in NUMBERS:
            stored = self._object(value)
            self._place.variables[index] = after[index]  # so that it is not told what is replaced
            self._emit(StoreLocal([stored], site=site, index=index))
            self._place.numbers.pop(index, None)
            return
        held = self._of(value)
        assert held.scalar is not None
        self._place.variables[index] = after[index]
        if after[index].told:
            self._emit(StoreLocal([held.scalar], site=site, index=index))
        self._place.numbers[index] = _Number(held.scalar)
        if held.object is None:
            held.variable = index

    def _enter_range(self, instruction: Instruction) -> None:
        """After the iterator is made, take its state out of it."""
        assert instruction.result is not None
        held, (block, number) = self._of(instruction.result), self._at
        assert held.object is not None
        state = self._apply("unboxed.range_state", held.object, handler=Edge(self._way_out(block, number + 1)))
        parts = tuple(self._emit(GetItem([state], Value(INT64), index=index)) for index in range(3))
        self._place.held[instruction.result] = _Held(Kind.RANGE, range=parts)

    def _call_builtin(self, call: Instruction, operation: Unboxed) -> None:
        """`min`, `max` and `abs` of numbers of one kind."""
        (callee, _), *numbers = operation.operands
        name = operation.row.removeprefix("builtin.")
        which = self._constant(INT64, KNOWN_BUILTINS.index(name))
        self._apply("unboxed.expect_builtin", self._object(callee), which, handler=self._leave())
        prefix = str(_TYPES[operation.result])
        found, *others = [self._scalar(number, kind) for number, kind in numbers]
        if name == "abs":
            row = find(f"{prefix}.abs")
            handler = self._leave() if row.effects.fails else None
            row = leaving(row) if row.effects.fails else row
            found = self._emit(Apply([found], Value(row.result), primitive=row, handler=handler))
        for other in others:
            better = self._apply(f"{prefix}.{'gt' if name == 'max' else 'lt'}", other, found)
            found = self._apply(f"unboxed.choose_{prefix}", better, other, found)
        assert call.result is not None
        self._place.held[call.result] = _Held(operation.result, scalar=found)

    def _call_native(self, call: Instruction, operation: Unboxed) -> None:
        """A native function of the module, on numbers. Where it cannot end natively the function itself calls it again."""
        callee = self._hints.native_callee(call)
        assert callee is not None and call.result is not None
        (function, _), *arguments = operation.operands
        self._apply(f"unboxed.expect_native[{callee.name}]", self._object(function), handler=self._leave())
        given = [
            self._converted("int64.to_int", self._scalar(value, kind)) if type_ == INT else self._scalar(value, kind)
            for (value, kind), type_ in zip(arguments, callee.parameters, strict=True)
        ]
        handler = Edge(self._failed_call(call))
        made = self._emit(Call(given, Value(callee.result), call.site, handler, function=callee.name))
        if callee.result == INT:
            made = self._converted("int.to_int64", made)
        self._place.held[call.result] = _Held(operation.result, scalar=made)

    def _converted(self, row: str, value: Value) -> Value:
        return self._apply(f"leaving[{row}]", value, handler=self._leave())

    def _failed_call(self, call: Instruction) -> Block:
        """Where a native call ends that has no result: it has failed, unless it wants to be started again."""
        self._count += 1
        status, again = Value(STATUS, "status"), self._leave()
        way = Block(f"no_result.{self._count}", [status])
        outer, self._place = self._place, self._place.copied(way)
        self._apply("unboxed.is_error", status, handler=again)
        row = find("unboxed.native_failed")
        self._emit(Apply([], Value(NONE), call.site, primitive=row))
        self._tell()
        edge = call.handler
        assert edge is not None
        self._emit(Branch([], edges=[Edge(edge.target, [status, *map(self._object, edge.arguments)])]))
        self._place = outer
        return way

    def _make_range(self, call: Instruction, operation: Unboxed) -> None:
        """The call of `range`, without the object."""
        callee, *numbers = [value for value, _ in operation.operands]
        self._apply("unboxed.expect_range", self._object(callee), handler=self._leave())
        given = [self._scalar(number, Kind.INT) for number in numbers]
        start = given[0] if len(given) > 1 else self._constant(INT64, 0)
        stop = given[1] if len(given) > 1 else given[0]
        step = given[2] if len(given) > 2 else self._constant(INT64, 1)
        length = self._apply("unboxed.range_length", start, stop, step, handler=self._leave())
        assert call.result is not None
        self._place.held[call.result] = _Held(Kind.RANGE, range=(start, step, length))

    def _next_of_range(self, iterator: _Held, result: Value) -> None:
        following, step, left = iterator.range
        self._ended[result] = self._apply("int64.le", left, self._constant(INT64, 0))
        self._place.held[result] = _Held(Kind.INT, scalar=following)
        further = self._apply("int64.add_wrapping", following, step)
        iterator.range = (further, step, self._apply("int64.sub_wrapping", left, self._constant(INT64, 1)))

    # Ends

    def _end(self, terminator: Terminator) -> None:
        match terminator:
            case Branch(edges=[edge]):
                self._go(edge)
            case CondBranch(operands=[condition], edges=edges):
                flag = self._of(condition).object
                assert flag is not None
                ways = [Edge(self._way(edge)) for edge in edges]
                self._emit(CondBranch([flag], edges=ways, likely=terminator.likely))
            case Return(operands=[value]):
                returned = self._object(value)
                if self._counts:
                    self._apply("unboxed.finished")
                self._emit(Return([returned]))
            case _:
                self._emit(type(terminator)([], edges=[]))

    def _way(self, edge: Edge) -> Block:
        """A block that goes on over `edge`."""
        self._count += 1
        way = Block(f"to_{edge.target.name}.{self._count}")
        outer, self._place = self._place, self._place.copied(way)
        self._go(edge)
        self._place = outer
        return way

    def enter(self, target: Block) -> Block:
        """A block with the parameters of `target`, all of them objects: into its copy if they are what that wants."""
        self._count += 1
        way = Block(f"enter_{target.name}.{self._count}")
        held = {}
        for parameter in target.parameters:
            given = Value(parameter.type)
            way.parameters.append(given)
            held[parameter] = _Held(object=given)
        count = len(self._states[target].variables)
        self._place = _Place(way, held, [ANY_OBJECT] * count, {})
        self._go(Edge(target, list(target.parameters)))
        return way

    def _go(self, edge: Edge) -> None:
        """End the current block: to the copy of the edge's target, or where that wants other kinds, to the target itself."""
        state, start = self._states[edge.target], self._starts[edge.target]
        self._tell(
            index
            for index, variable in enumerate(state.variables)
            if variable.told and self._place.variables[index].kind in NUMBERS
        )
        self._exit = None
        arguments: list[Value] = []
        for value, kind in zip(edge.arguments, state.parameters, strict=True):
            arguments += self._argument(value, kind, edge)
        for index, variable in enumerate(state.variables):
            if variable.kind in NUMBERS:
                numbers = self._number(index, variable, edge)
                if numbers is None:
                    self._go_to_itself(edge)
                    return
                arguments += numbers
            elif variable.kind == Kind.UNSET and self._place.variables[index].kind != Kind.UNSET:
                loaded = self._emit(LoadLocal([], Value(OBJECT), index=index))
                self._apply("unboxed.expect_unset", loaded, handler=self._leave_over(edge))
        self._emit(Branch([], edges=[Edge(start.block, arguments)]))

    def _go_to_itself(self, edge: Edge) -> None:
        self._tell()
        self._emit(Branch([], edges=[Edge(edge.target, [self._object(value) for value in edge.arguments])]))

    def _leave_over(self, edge: Edge) -> Edge:
        if self._exit is None:
            arguments = edge.arguments
            self._exit = self._detour(
                lambda _: Edge(edge.target, [self._object(value) for value in arguments]),
                f"leave_{edge.target.name}",
                leaves=True,
            )
        return Edge(self._exit)

    def _argument(self, value: Value, kind: Kind, edge: Edge) -> list[Value]:
        held = self._of(value)
        if kind == Kind.RANGE:
            if held.kind != Kind.RANGE:
                assert held.object is not None
                state = self._apply("unboxed.range_state", held.object, handler=self._leave_over(edge))
                return [self._emit(GetItem([state], Value(INT64), index=index)) for index in range(3)]
            return list(held.range)
        if kind not in NUMBERS:
            return [self._object(value)]
        if held.kind in NUMBERS and held.kind == kind:
            assert held.scalar is not None
            return [held.scalar]
        given = self._object(value)
        return [self._apply(_GUARDS[kind], given, handler=self._leave_over(edge))]

    def _number(self, index: int, wanted: Variable, edge: Edge) -> list[Value] | None:
        """What the target wants to know of a variable; None if it cannot be."""
        now, number = self._place.variables[index], self._place.numbers.get(index)
        if now.kind == wanted.kind and number is not None:
            if not wanted.maybe_unset:
                return [number.scalar] if number.is_set is None else None
            return [number.scalar, number.is_set or self._constant(BOOL, True)]
        if now.kind == Kind.UNSET:
            if not wanted.maybe_unset:
                return None
            zero = self._constant(_TYPES[wanted.kind], 0 if wanted.kind == Kind.INT else 0.0)
            return [zero, self._constant(BOOL, False)]
        if now.kind in NUMBERS:
            return None
        loaded = self._emit(LoadLocal([], Value(OBJECT), index=index))
        scalar = self._apply(_GUARDS[wanted.kind], loaded, handler=self._leave_over(edge))
        return [scalar, self._constant(BOOL, True)] if wanted.maybe_unset else [scalar]
