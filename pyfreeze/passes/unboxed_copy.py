"""The copy of a framed function that holds numbers unboxed, block by block: see `unbox_framed`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyfreeze.analysis.borrowing import WRITTEN_BY_OTHERS
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
    Value,
)
from pyfreeze.ir.types import BOOL, INT, INT64, NONE, OBJECT, STATUS, Type
from pyfreeze.passes.continuations import Continuations, NotClosed
from pyfreeze.passes.copy_writer import GUARDS, TYPES, CopyWriter, Held, Number, Place
from pyfreeze.passes.known_functions import row_of_call, rows_of_lookup
from pyfreeze.primitives import find, leaving


@dataclass(slots=True)
class _Start:
    """A block of the copy, and what its parameters say at its start."""

    block: Block
    held: dict[Value, Held] = field(default_factory=dict)
    numbers: dict[int, Number] = field(default_factory=dict)


class UnboxedCopy(CopyWriter):
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
        super().__init__(hints, ways_out, uncaught, counts)
        self._states = states
        self._starts = {block: self._start_of(block) for block in states}
        self._ended: dict[Value, Value] = {}  # of what a range gave: whether it had ended

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
                made.held[value] = Held(kind, scalar=parameter(TYPES[kind]))
            elif kind == Kind.RANGE:
                made.held[value] = Held(kind, range=tuple(parameter(INT64) for _ in range(3)))
            else:
                made.held[value] = Held(object=parameter(value.type))
        for index, variable in enumerate(state.variables):
            if variable.kind in NUMBERS:
                scalar = parameter(TYPES[variable.kind])
                made.numbers[index] = Number(scalar, parameter(BOOL) if variable.maybe_unset else None)
        return made

    # Blocks and instructions

    def _copy(self, block: Block) -> None:
        start, state = self._starts[block], self._states[block]
        self._place = Place(start.block, dict(start.held), list(state.variables), dict(start.numbers))
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

    # Instructions

    def _operate(self, instruction: Instruction, operation: Unboxed, after: Sequence[Variable]) -> None:
        if operation.row == "unboxed.range_length":
            self._make_range(instruction, operation)
            self._learn(operation, after)
            return
        if operation.row in ("unboxed.get_int", "unboxed.get_float"):
            self._get_number(instruction, operation)
            return
        if operation.row == "known.load":
            self._look_up_known(instruction)
            return
        if operation.row == "known.call":
            self._call_known(instruction, operation)
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
        if operation.row in ("unboxed.int_at", "unboxed.float_at") and not WRITTEN_BY_OTHERS:
            self._number_at(instruction, operation)
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
            held = Held(object=made)
        else:
            held = Held(operation.result, scalar=made)
        self._place.held[instruction.result] = held
        self._learn(operation, after)

    def _number_at(self, instruction: Instruction, operation: Unboxed) -> None:
        """An item that ought to be a number: of a list or a tuple quickly, else in the general way, and if it is one stay here."""
        (container, _), (place, kind) = operation.operands
        given, result = [self._object(container), self._scalar(place, kind)], instruction.result
        assert result is not None
        self._count += 1
        otherwise, found = (
            Block(f"general_at.{self._count}", [Value(STATUS, "status")]),
            Value(TYPES[operation.result]),
        )
        quickly = self._apply(operation.row, *given, handler=Edge(otherwise))
        outer, self._place = self._place, self._place.copied(otherwise)
        row = find("unboxed.item_at")
        item = self._emit(Apply(given, Value(OBJECT), instruction.site, self._handler(instruction), primitive=row))
        self._place.held[result] = Held(object=item)
        block, number = self._at
        slowly = self._apply(GUARDS[operation.result], item, handler=Edge(self._way_out(block, number + 1)))
        following = Block(f"found_at.{self._count}", [found])
        self._emit(Branch([], edges=[Edge(following, [slowly])]))
        self._place = outer
        self._emit(Branch([], edges=[Edge(following, [quickly])]))
        self._place.block = following
        self._place.held[result] = Held(operation.result, scalar=found)

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
        self._place.held[instruction.result] = self._place.held[asks.result] = Held(object=self._emit(made))

    def _learn(self, operation: Unboxed, after: Sequence[Variable]) -> None:
        """What was found to be a number is so in the variable that it comes from."""
        for value, _ in operation.operands:
            held = self._of(value)
            variable = held.variable
            if variable < 0 or held.scalar is None or self._place.variables[variable].kind in NUMBERS:
                continue
            if after[variable].kind == held.kind:
                self._place.numbers[variable] = Number(held.scalar)

    def _step(self, instruction: Instruction, after: Sequence[Variable]) -> None:
        held, name = self._place.held, operation_of(instruction)
        match instruction:
            case LoadConstant(result=Value() as result):
                made = LoadConstant(
                    [], Value(OBJECT), table=instruction.table, index=instruction.index, shown=instruction.shown
                )
                held[result] = Held(object=self._emit(made))
                number = number_of(instruction)
                if number is not None:
                    kind = Kind.INT if isinstance(number, int) else Kind.FLOAT
                    held[result].kind, held[result].scalar = kind, self._constant(TYPES[kind], number)
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
                held[result] = Held(object=self._ended[value])
            case Apply(operands=[value], result=Value() as result) if (
                name == "is_none" and self._of(value).kind in NUMBERS
            ):
                held[result] = Held(object=self._constant(BOOL, False))
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
        self._place.held[result] = Held(object=self._emit(copy))

    def _load(self, instruction: LoadLocal) -> Held:
        index, variable = instruction.index, self._place.variables[instruction.index]
        number = self._place.numbers.get(index)
        if variable.kind in NUMBERS and number is not None and (number.is_set is None or instruction.checked):
            if number.is_set is not None:
                self._apply("unboxed.expect", number.is_set, handler=self._leave())
                self._place.numbers[index] = Number(number.scalar)
            return Held(variable.kind, scalar=number.scalar, variable=index)
        handler = self._handler(instruction) if instruction.handler is not None else None
        made = LoadLocal([], Value(OBJECT), instruction.site, handler, index=index, checked=instruction.checked)
        return Held(object=self._emit(made), variable=index)

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
        self._place.numbers[index] = Number(held.scalar)
        if held.object is None:
            held.variable = index

    def _enter_range(self, instruction: Instruction) -> None:
        """After the iterator is made, take its state out of it."""
        assert instruction.result is not None
        held, (block, number) = self._of(instruction.result), self._at
        assert held.object is not None
        state = self._apply("unboxed.range_state", held.object, handler=Edge(self._way_out(block, number + 1)))
        parts = tuple(self._emit(GetItem([state], Value(INT64), index=index)) for index in range(3))
        self._place.held[instruction.result] = Held(Kind.RANGE, range=parts)

    def _call_builtin(self, call: Instruction, operation: Unboxed) -> None:
        """`min`, `max` and `abs` of numbers of one kind."""
        (callee, _), *numbers = operation.operands
        name = operation.row.removeprefix("builtin.")
        which = self._constant(INT64, KNOWN_BUILTINS.index(name))
        self._apply("unboxed.expect_builtin", self._object(callee), which, handler=self._leave())
        prefix = str(TYPES[operation.result])
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
        self._place.held[call.result] = Held(operation.result, scalar=found)

    def _get_number(self, instruction: Instruction, operation: Unboxed) -> None:
        """Of an attribute. Where it is something else, the function itself goes on with that."""
        given, row, result = (
            [self._object(value) for value, _ in operation.operands],
            find(operation.row),
            instruction.result,
        )
        assert result is not None
        handler, (block, number) = self._handler(instruction), self._at
        got = self._emit(Apply(given, Value(row.result), instruction.site, primitive=row, handler=handler))
        scalar = self._emit(GetItem([got], Value(TYPES[operation.result]), index=0))
        other = self._emit(GetItem([got], Value(INT64), index=1))
        self._place.held[result] = Held(scalar=other, made_by="unboxed.owned_object")
        self._apply("unboxed.expect_no_object", other, handler=Edge(self._way_out(block, number + 1)))
        self._place.held[result] = Held(operation.result, scalar=scalar)

    def _look_up_known(self, instruction: Instruction) -> None:
        what, name = self._hints.known.loads[instruction], self._hints.made[instruction.operands[-1]]
        assert isinstance(name, LoadConstant) and instruction.result is not None
        guard, known = rows_of_lookup(instruction, what, name.shown)
        self._apply(guard, self._object(instruction.operands[-1]), handler=self._leave())
        self._place.held[instruction.result] = Held(Kind.KNOWN, made_by=known)

    def _call_known(self, call: Instruction, operation: Unboxed) -> None:
        numbers = [self._scalar(number, kind) for number, kind in operation.operands]
        name = row_of_call(self._hints.known.calls[call], operation.operands[0][1])
        found = numbers[0]
        if name:
            row = find(name)
            handler = self._leave() if row.effects.fails else None
            found = self._emit(Apply(numbers, Value(row.result), primitive=row, handler=handler))
        assert call.result is not None
        self._place.held[call.result] = Held(operation.result, scalar=found)

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
        self._place.held[call.result] = Held(operation.result, scalar=made)

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
        self._place.held[call.result] = Held(Kind.RANGE, range=(start, step, length))

    def _next_of_range(self, iterator: Held, result: Value) -> None:
        following, step, left = iterator.range
        self._ended[result] = self._apply("int64.le", left, self._constant(INT64, 0))
        self._place.held[result] = Held(Kind.INT, scalar=following)
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
            held[parameter] = Held(object=given)
        count = len(self._states[target].variables)
        self._place = Place(way, held, [ANY_OBJECT] * count, {})
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
        return [self._apply(GUARDS[kind], given, handler=self._leave_over(edge))]

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
            zero = self._constant(TYPES[wanted.kind], 0 if wanted.kind == Kind.INT else 0.0)
            return [zero, self._constant(BOOL, False)]
        if now.kind in NUMBERS:
            return None
        loaded = self._emit(LoadLocal([], Value(OBJECT), index=index))
        scalar = self._apply(GUARDS[wanted.kind], loaded, handler=self._leave_over(edge))
        return [scalar, self._constant(BOOL, True)] if wanted.maybe_unset else [scalar]
