"""One code object to a framed function: blocks, the interpreter's stack as values, and the ways of exceptions.

The variables stay where the interpreter has them, in its frame: so tracebacks, `sys._getframe` and destructors see what
they always see. Only the stack becomes SSA values. What an instruction means is in `operations`.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType

from pyfreeze.ir.builder import FunctionBuilder
from pyfreeze.ir.expectations import Expectations
from pyfreeze.ir.function import FrameShape, Function, reverse_postorder
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    CondBranch,
    ConstantTable,
    Edge,
    Expected,
    Fail,
    Instruction,
    LoadConstant,
    LoadLocal,
    Poll,
    Return,
    Site,
    StoreLocal,
    Unreachable,
    Value,
)
from pyfreeze.ir.primitive import Ends
from pyfreeze.ir.types import BOOL, OBJECT, STATUS, Type
from pyfreeze.lifting.bytecode import EVALUATING, Protected, Step, numbered, protected_ranges, steps, unset_loads
from pyfreeze.primitives.objects import object_row


class Mark(enum.Enum):
    """What is on the stack for the interpreter's sake only."""

    NULL = "where a call has no object before its arguments"
    REST = "the second place of what `load_method` gives"


Entry = Value | Mark


class NotLifted(Exception):
    """The code object keeps to the interpreter: `reason` says why, at `line`."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(slots=True)
class _Start:
    """A block that begins at an instruction, with the stack there."""

    block: Block
    stack: list[Entry]


class Lifter:
    """State while one code object is lifted. `stack` is the interpreter's, the top last."""

    def __init__(self, name: str, code: CodeType, expectations: Expectations) -> None:
        self.code = code
        self._expectations = expectations
        self.function = Function(name, (), OBJECT, line=code.co_firstlineno, frame=_shape(code))
        self.builder = FunctionBuilder(self.function)
        self.steps = steps(code)
        self.number_of = numbered(self.steps)
        self.ranges = protected_ranges(code)
        self.unset = unset_loads(code, self.steps, self.ranges)
        self.stack: list[Entry] = []
        self.step = self.steps[0]
        self.keyword_names: int | None = None  # of the next call
        self._starts: dict[int, _Start] = {}
        self._waiting: list[int] = []
        self._landings: dict[tuple[int, bool, tuple[object, ...]], Block] = {}
        self._uncaught: dict[bool, Block] = {}
        self._labels = {self.number_of[step.target] for step in self.steps if step.target >= 0}
        self._labels |= {self.number_of[entry.target] for entry in self.ranges}

    def lift(self, handlers: object) -> Function:
        """Raises NotLifted."""
        entry = self.builder.new_block("entry")
        self.builder.activate(entry)
        first = next(number for number, step in enumerate(self.steps) if step.name == "RESUME")
        self.go_to(self.steps[first + 1].start)
        while self._waiting:
            self._lift_block(self._waiting.pop(), handlers)
        self.function.blocks = reverse_postorder(self.function)
        return self.function

    def _lift_block(self, number: int, handlers: object) -> None:
        start = self._starts[number]
        self.builder.activate(start.block)
        self.stack = list(start.stack)
        while not self.builder.terminated:
            self.step = self.steps[number]
            handler = getattr(handlers, self.step.name.lower(), None)
            if handler is None:
                raise NotLifted(f"the instruction {self.step.name} is not compiled yet", self.step.position.line)
            handler(self)
            self._expect_value()
            number = self.number_of[self.step.offset] + 1
            if not self.builder.terminated and number in self._labels:
                self.go_to(self.steps[number].start)

    # Control flow

    def go_to(self, offset: int) -> None:
        self.emit(Branch([], edges=[self.edge_to(offset)]))

    def edge_to(self, offset: int) -> Edge:
        """An edge to the instruction at `offset` with the stack as it is now."""
        self.stack = [self.boxed(entry) if isinstance(entry, Value) else entry for entry in self.stack]
        block = self._block_at(self.number_of[offset], self.stack)
        return Edge(block, [entry for entry in self.stack if isinstance(entry, Value)])

    def branch(self, condition: Value, if_true: Edge, if_false: Edge) -> None:
        self.emit(CondBranch([condition], edges=[if_true, if_false]))

    def next_offset(self) -> int:
        return self.steps[self.number_of[self.step.offset] + 1].start

    def following(self) -> Step | None:
        """The next instruction, if it is reached from this one only and its exceptions go the same way."""
        number = self.number_of[self.step.offset] + 1
        if number in self._labels or self._range_of(self.step) != self._range_of(self.steps[number]):
            return None
        return self.steps[number]

    def go_on_at(self, name: str) -> bool:
        """Take the next instruction together with this one, if it has that name and that makes no difference."""
        following = self.following()
        if following is None or following.name != name:
            return False
        self.step = following
        return True

    def _range_of(self, step: Step) -> Protected | None:
        return next((entry for entry in self.ranges if entry.start <= step.offset < entry.end), None)

    def _block_at(self, number: int, stack: Sequence[Entry]) -> Block:
        start = self._starts.get(number)
        if start is None:
            self._labels.add(number)
            block = self.builder.new_block(f"at{self.steps[number].offset}")
            entries: list[Entry] = [Value(entry.type) if isinstance(entry, Value) else entry for entry in stack]
            block.parameters = [entry for entry in entries if isinstance(entry, Value)]
            self._starts[number] = start = _Start(block, entries)
            self._waiting.append(number)
        return start.block

    def ret(self, value: Value) -> None:
        self.emit(Return([value]))

    def poll(self) -> None:
        self.emit(Poll([], None, self.site(), self.handler()))

    # Exceptions

    def site(self) -> Site:
        return Site(self.function.name, self.step.position, (), [], None, self.step.offset)

    def handler(self, traced: bool = True) -> Edge:
        """Where an exception in the current instruction goes. `traced`: the traceback gets an entry for it."""
        found = self._range_of(self.step)
        if found is None:
            return Edge(self._leaving(traced))
        self.stack[: found.depth] = [
            self.boxed(entry) if isinstance(entry, Value) else entry for entry in self.stack[: found.depth]
        ]
        kept = self.stack[: found.depth]
        arguments = [entry for entry in kept if isinstance(entry, Value)]
        return Edge(self._landing(found, traced, kept), arguments)

    def _leaving(self, traced: bool) -> Block:
        if traced not in self._uncaught:
            block = self.builder.new_block("uncaught" if traced else "uncaught_again")
            status = Value(STATUS, "status")
            block.parameters = [status]
            if not traced:
                block.instructions.append(_apply("leave_reraising"))
            block.instructions.append(Fail([status]))
            self._uncaught[traced] = block
        return self._uncaught[traced]

    def _landing(self, found: Protected, traced: bool, kept: Sequence[Entry]) -> Block:
        """Takes the exception and goes on where the range says, with the stack that is wanted there."""
        marks = tuple(entry if isinstance(entry, Mark) else entry.type for entry in kept)
        key = (found.target, traced, (found.depth, found.with_place, marks))
        if key in self._landings:
            return self._landings[key]
        block = self._landings[key] = self.builder.new_block(f"caught{found.target}")
        entries: list[Entry] = [Value(entry.type) if isinstance(entry, Value) else entry for entry in kept]
        block.parameters = [Value(STATUS, "status"), *(entry for entry in entries if isinstance(entry, Value))]
        caught = _apply(f"catch[{int(traced)}]")
        caught.handler = Edge(self._leaving(traced))  # where there is no memory for it
        assert caught.result is not None
        place = _apply("place")
        assert place.result is not None
        stack: list[Entry] = [*entries, *([place.result] if found.with_place else []), caught.result]
        target = self._block_at(self.number_of[found.target], stack)
        going = Branch([], edges=[Edge(target, [entry for entry in stack if isinstance(entry, Value)])])
        block.instructions = [caught, *([place] if found.with_place else []), going]
        return block

    # Operations

    def emit(self, instruction: Instruction) -> None:
        assert self.builder.block is not None and not self.builder.terminated
        self.builder.block.instructions.append(instruction)

    def apply(self, name: str, *operands: Value, traced: bool = True) -> Value:
        """Do `object.<name>` on objects."""
        wanted = object_row(f"object.{name}").operands
        given = [
            self.boxed(operand) if type_ == OBJECT else operand for operand, type_ in zip(operands, wanted, strict=True)
        ]
        instruction = _apply(name, *given)
        if instruction.primitive.effects.fails:
            instruction.handler = self.handler(traced)
        if instruction.primitive.effects.runs_python:  # if only a destructor, which may look at the frame
            instruction.site = self.site()
        self.emit(instruction)
        assert instruction.result is not None
        c = instruction.primitive.lowering.c
        if c is not None and c.ends == Ends.RAISED:
            self.emit(Unreachable([]))
        return instruction.result

    def boxed(self, value: Value) -> Value:
        """A truth value as True or False; anything else as it is."""
        return self.apply("bool", value) if value.type == BOOL else value

    def truth(self, value: Value) -> Value:
        return value if value.type == BOOL else self.apply("truth", value)

    def null(self) -> Value:
        return self.apply("null")

    def constant(self, index: int) -> Value:
        shown = repr(self.code.co_consts[index])
        return self._loaded(LoadConstant([], Value(OBJECT), index=index, shown=shown[:40]))

    def name(self, index: int) -> Value:
        shown = self.code.co_names[index]
        return self._loaded(LoadConstant([], Value(OBJECT), table=ConstantTable.NAMES, index=index, shown=shown))

    def load(self, index: int, checked: bool = False) -> Value:
        instruction = LoadLocal([], Value(OBJECT), index=index, checked=checked)
        if checked:
            instruction.handler = self.handler()
            instruction.site = self.site()
        instruction.expected = self._of_variable(index)
        return self._loaded(instruction)

    def store(self, index: int, value: Value) -> None:
        stored = StoreLocal([self.boxed(value)], site=self.site(), index=index)
        stored.expected = self._of_variable(index)
        self.emit(stored)

    def _of_variable(self, index: int) -> Expected | None:
        names = self.code.co_varnames
        place = (self.step.position.line, names[index] if index < len(names) else "")
        return self._expectations.variables.get(place)

    def _expect_value(self) -> None:
        """Note what is expected of what the instruction has pushed, if that is the value of the expression at its place."""
        if self.step.name not in EVALUATING or self.builder.block is None or not self.stack:
            return
        made = self.builder.block.instructions[-1]
        if made.result is not None and made.result is self.stack[-1] and made.result.type == OBJECT:
            made.expected = self._expectations.values.get(self.step.position)

    def _loaded(self, instruction: Instruction) -> Value:
        self.emit(instruction)
        assert instruction.result is not None
        return instruction.result

    # The stack

    def push(self, *entries: Entry) -> None:
        self.stack.extend(entries)

    def pop(self) -> Value:
        entry = self.stack.pop()
        assert isinstance(entry, Value), entry
        return entry

    def pop_many(self, count: int) -> list[Value]:
        """The topmost `count` values, the lowest first."""
        entries = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        assert all(isinstance(entry, Value) for entry in entries)
        return [entry for entry in entries if isinstance(entry, Value)]

    def items(self, whole: Value) -> list[Value]:
        types: tuple[Type, ...] = whole.type.items  # type: ignore[union-attr]
        return [self.builder.get_item(whole, index) for index in range(len(types))]


def _shape(code: CodeType) -> FrameShape:
    arguments = code.co_argcount + code.co_kwonlyargcount
    arguments += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    cells = [name for name in code.co_cellvars if name not in code.co_varnames]
    return FrameShape(arguments, code.co_nlocals, code.co_nlocals + len(cells) + len(code.co_freevars))


def _apply(name: str, *operands: Value) -> Apply:
    row = object_row(f"object.{name}")
    return Apply(list(operands), Value(row.result), primitive=row)
