"""What IR means, at every stage: a function run on Python objects, each primitive by its `evaluate`.

The reference for passes and code generation: a pass is right if the outcome of every call stays what it was. @BUILT,
a failing instruction leaves the function; later its handler says what happens. @LOWERED, every reference must be given
up exactly once (see `references`, OwnershipError). Polls find nothing to do, bindings do not change, and memory does not
end. Where an impure function leaves in the middle, the run ends: what is compared is the state to go on from.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyfreeze.ir.function import Function, Module, Stage
from pyfreeze.ir.instructions import (
    AddTraceback,
    Apply,
    Block,
    Branch,
    Call,
    CheckBindings,
    CheckDepth,
    CondBranch,
    Constant,
    DecRef,
    Deopt,
    Edge,
    Fail,
    GetItem,
    IncRef,
    Instruction,
    LoopKind,
    LoopState,
    MakeTuple,
    PointKind,
    Poll,
    Position,
    Raise,
    ResumeState,
    Return,
    Site,
    Suspend,
    Terminator,
    Unreachable,
    Value,
    borrows,
    is_text,
)
from pyfreeze.ir.primitive import Deoptimize, Scalar
from pyfreeze.ir.references import References
from pyfreeze.ir.types import FloatType, Status, Type, fits

Datum = Scalar | str | Status
"""What an IR value is here; a str is a constant of type `object`."""


class InterpreterError(Exception):
    """IR without a meaning: it breaks a rule of the verifier, or a row does something else than it declares."""


class LimitExceeded(Exception):
    """The run took more steps than allowed, or made a larger int: nothing is known about its outcome."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`depth`: nested calls, beyond which RecursionError; beyond `steps`, and ints of `bits`, `LimitExceeded`."""

    steps: int = 100_000
    bits: int = 100_000
    depth: int = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a traceback, with the locals that its frame shows."""

    function: str
    position: Position
    locals: tuple[tuple[str, Datum], ...]


@dataclass(frozen=True, slots=True)
class Returned:
    value: Scalar


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of type `kind`; `traceback` has the outermost call first."""

    kind: str
    arguments: tuple[object, ...]
    traceback: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Deoptimized:
    """The twin runs instead, from the start."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The interpreter goes on in a function, with these locals and the items that its loops have left."""

    function: str
    kind: PointKind
    position: Position
    locals: tuple[tuple[str, Datum], ...]
    loops: tuple[range | Datum, ...]
    callers: tuple[str, ...]  # outermost first


Outcome = Returned | Raised | Deoptimized | Resumed


def interpret(module: Module, function_name: str, arguments: Sequence[Scalar], limits: Limits = Limits()) -> Outcome:
    """Call a function of `module`. Raises LimitExceeded, InterpreterError, OwnershipError."""
    return _Machine(module, limits).run(module.functions[function_name], arguments)


@dataclass(eq=False, slots=True)
class _Frame:
    function: Function
    remaining: int  # how many more nested calls may be made
    references: References | None  # @LOWERED only
    block: Block
    index: int = 0  # of the instruction after the current one
    values: dict[Value, Datum] = field(default_factory=dict)

    @property
    def current(self) -> Instruction:
        return self.block.instructions[self.index - 1]

    def read(self, values: Sequence[Value]) -> list[Datum]:
        if self.references is not None:
            self.references.check_usable(values)
        return [self.values[value] for value in values]

    def define(self, value: Value | None, datum: Datum) -> None:
        assert value is not None
        _check(datum, value.type, self)
        self.values[value] = datum

    def jump(self, edge: Edge, status: Status | None = None) -> None:
        """Enter the edge's target; its parameters take over the references of the arguments."""
        given: list[Datum] = [] if status is None else [status]
        given += self.read(edge.arguments)
        parameters = edge.target.parameters
        if len(parameters) != len(given):
            raise InterpreterError(f"{self.function.name}: ^{edge.target.name} is given {len(given)} arguments")
        if self.references is not None:
            self.references.consume(edge.arguments)
            self.references.own(parameters)
        for parameter, datum in zip(parameters, given, strict=True):
            self.define(parameter, datum)
        self.block, self.index = edge.target, 0


def _check(datum: object, type_: Type, frame: _Frame) -> None:
    if not fits(datum, type_):
        place = f"{frame.function.name} ^{frame.block.name}"
        raise InterpreterError(f"{place}: {datum!r} is no {type_}")


class _Machine:
    """The stack of frames; an exception that is on its way, with its traceback."""

    def __init__(self, module: Module, limits: Limits) -> None:
        self._module = module
        self._limits = limits
        self._frames: list[_Frame] = []
        self._exception: BaseException | None = None
        self._traceback: list[Entry] = []  # innermost first
        self._outcome: Outcome | None = None

    def run(self, function: Function, arguments: Sequence[Scalar]) -> Outcome:
        self._enter(function, arguments, self._limits.depth)
        for _ in range(self._limits.steps):
            frame = self._frames[-1]
            frame.index += 1
            self._step(frame, frame.current)
            if self._outcome is not None:
                return self._outcome
        raise LimitExceeded(f"more than {self._limits.steps} steps")

    def _enter(self, function: Function, arguments: Sequence[Datum], remaining: int) -> None:
        counted = self._module.stage == Stage.LOWERED
        references = References(function.name, function.parameters) if counted else None
        frame = _Frame(function, remaining, references, function.entry)
        for parameter, datum in zip(function.parameters, arguments, strict=True):
            frame.define(parameter, datum)
        self._frames.append(frame)

    def _step(self, frame: _Frame, instruction: Instruction) -> None:
        match instruction:
            case Apply():
                self._apply(frame, instruction)
            case Call(levels=levels) | CheckDepth(levels=levels):
                self._call(frame, instruction, frame.remaining - levels)
            case Raise():
                self._raise(frame, instruction)
            case AddTraceback(operands=[status], site=Site() as site):
                if frame.values[status] == Status.ERROR:
                    self._add_traceback(frame, site)
            case Constant() | MakeTuple() | GetItem():
                _compute(frame, instruction)
            case IncRef() | DecRef():
                _count(frame, instruction)
            case Poll() | CheckBindings():
                pass
            case Suspend(resume=ResumeState() as state):
                self._suspend(frame, instruction, state)
            case Terminator():
                self._terminate(frame, instruction)
            case _:
                raise InterpreterError(f"{frame.function.name}: {instruction} has no meaning")

    def _apply(self, frame: _Frame, instruction: Apply) -> None:
        row = instruction.primitive
        operands = frame.read(instruction.operands)
        try:
            result = row.evaluate(*operands)
        except Deoptimize:
            declared = row.effects.deopts
            status, error = Status.DEOPT, None
        except Exception as raised:
            declared = any(isinstance(raised, getattr(builtins, name)) for name in row.effects.raises)
            status, error = Status.ERROR, raised
        else:
            if isinstance(result, int) and result.bit_length() > self._limits.bits:
                raise LimitExceeded(f"an int of more than {self._limits.bits} bits")
            frame.define(instruction.result, result)
            _own_result(frame, instruction)
            return
        if not declared:
            raise InterpreterError(f"{row.name}{tuple(operands)} does not declare that it ends with {error!r}")
        self._exception = error
        self._fail(status)

    def _call(self, frame: _Frame, instruction: Instruction, remaining: int) -> None:
        arguments = frame.read(instruction.operands)
        if remaining < 0:
            self._exception = RecursionError("maximum recursion depth exceeded")
            self._fail(Status.ERROR)
        elif isinstance(instruction, Call):
            self._enter(self._module.functions[instruction.function], arguments, remaining)

    def _suspend(self, frame: _Frame, instruction: Suspend, state: ResumeState) -> None:
        if instruction.operands and frame.values[instruction.operands[0]] == Status.ERROR:
            frame.define(instruction.result, Status.ERROR)
            return
        shown = _locals(frame, state.local_names, state.local_values)
        loops = tuple(_items_left(loop, frame) for loop in state.loops)
        callers = tuple(outer.function.name for outer in self._frames[:-1])
        position = state.position
        self._outcome = Resumed(frame.function.name, state.kind, position, shown, loops, callers)

    def _raise(self, frame: _Frame, instruction: Raise) -> None:
        kind = getattr(builtins, instruction.exception)
        try:
            self._exception = kind(*frame.read(instruction.operands))
        except Exception as error:  # arguments that the class does not take
            self._exception = error
        self._fail(Status.ERROR)

    def _terminate(self, frame: _Frame, terminator: Terminator) -> None:
        match terminator:
            case Branch(edges=[edge]):
                frame.jump(edge)
            case CondBranch(operands=[condition], edges=[then, otherwise]):
                frame.jump(then if frame.values[condition] else otherwise)
            case Return(operands=[value]):
                self._return(frame, value)
            case Fail(operands=[value]):
                status = frame.values[value]
                assert isinstance(status, Status)
                self._leave(frame)
                self._fail(status)
            case Deopt():
                if terminator.resume is None:
                    self._leave(frame)
                self._fail(Status.DEOPT)
            case Unreachable():
                raise InterpreterError(f"{frame.function.name}: reached ^{frame.block.name} `unreachable`")
            case _:
                raise InterpreterError(f"{frame.function.name}: {terminator} has no meaning")

    def _return(self, frame: _Frame, value: Value) -> None:
        (datum,) = frame.read([value])
        if frame.references is not None:
            frame.references.consume([value])
        self._leave(frame)
        if self._frames:
            caller = self._frames[-1]
            caller.define(caller.current.result, datum)
            _own_result(caller, caller.current)
        else:
            self._outcome = Returned(datum)  # type: ignore[arg-type]  # functions return no object, no status

    def _leave(self, frame: _Frame) -> None:
        if frame.references is not None:
            frame.references.check_none_left()
        self._frames.pop()

    def _fail(self, status: Status) -> None:
        """The current instruction of the innermost frame failed: to its handler, or @BUILT to the caller's."""
        while self._frames:
            frame = self._frames[-1]
            instruction = frame.current
            if instruction.handler is not None:
                frame.jump(instruction.handler, status)
                return
            if self._module.stage != Stage.BUILT:
                raise InterpreterError(f"{frame.function.name}: {instruction} failed and has no handler")
            if status == Status.DEOPT and instruction.resume is not None:
                self._suspend(frame, Suspend([]), instruction.resume)
                return
            if status == Status.ERROR and instruction.site is not None:
                for level in instruction.site.levels():
                    self._add_traceback(frame, level)
            self._leave(frame)
        self._outcome = Deoptimized() if status == Status.DEOPT else self._raised()

    def _add_traceback(self, frame: _Frame, site: Site) -> None:
        shown = _locals(frame, site.local_names, site.local_values)
        self._traceback.append(Entry(site.function, site.position, shown))

    def _raised(self) -> Raised:
        error = self._exception
        assert error is not None
        return Raised(type(error).__name__, error.args, tuple(reversed(self._traceback)))


def _items_left(loop: LoopState, frame: _Frame) -> range | Datum:
    start, step = 0, 1
    if loop.kind == LoopKind.VALUE:
        return frame.values[loop.values[0]]
    match loop.kind, frame.read(loop.values):
        case LoopKind.RANGE, [int(counter), int(limit)]:
            pass
        case LoopKind.STEPS, [int(counter), int(limit), int(start), int(step)]:
            pass
        case _:
            raise InterpreterError(f"{frame.function.name}: {loop} has no meaning")
    counter = min(counter + loop.taken, limit)
    return range(start + counter * step, start + limit * step, step)


def _locals(frame: _Frame, names: Sequence[str], values: Sequence[Value]) -> tuple[tuple[str, Datum], ...]:
    """The variables that are set, by their flags, as Python shows them."""
    known = dict(zip(names, frame.read(values), strict=True))
    present = [name for name in known if name[-1] not in "?#" and known.get(name + "?", True)]
    return tuple((name, int(known[name]) if known.get(name + "#") else known[name]) for name in present)  # type: ignore[arg-type]


def _compute(frame: _Frame, instruction: Constant | MakeTuple | GetItem) -> None:
    """What always succeeds. A tuple takes over the references to its items, an item is borrowed from its tuple."""
    references, result = frame.references, instruction.result
    assert result is not None
    match instruction:
        case Constant(value=value):
            frame.define(result, float(value) if isinstance(result.type, FloatType) else value)  # type: ignore[arg-type]
            if references is not None and is_text(instruction):
                references.own([result])
            elif references is not None:
                references.borrow(result)
        case GetItem(operands=[operand], index=index):
            (whole,) = frame.read([operand])
            assert isinstance(whole, tuple)
            frame.define(result, whole[index])
            if references is not None:
                references.borrow(result, operand)
        case MakeTuple(operands=items):
            frame.define(result, tuple(frame.read(items)))  # type: ignore[arg-type]  # scalars only
            if references is not None:
                references.consume(items)
            _own_result(frame, instruction)


def _count(frame: _Frame, instruction: IncRef | DecRef) -> None:
    if frame.references is None:
        raise InterpreterError(f"{frame.function.name}: references are counted @LOWERED only")
    frame.read(instruction.operands)
    if isinstance(instruction, IncRef):
        frame.references.add(instruction.operands)
    else:
        frame.references.consume(instruction.operands)


def _own_result(frame: _Frame, instruction: Instruction) -> None:
    if frame.references is None or instruction.result is None:
        return
    if borrows(instruction):
        frame.references.borrow(instruction.result, instruction.operands[0])
    else:
        frame.references.own([instruction.result])
