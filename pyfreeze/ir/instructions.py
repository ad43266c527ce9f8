"""The closed set of IR instructions, and the SSA values they define.

Every instruction lists its `operands`; passes walk those and `effects_of` and rarely need to know the class.
A failing instruction has, from @EXPLICIT on, a `handler`: the edge taken with its `Status` as first argument.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pyfreeze.ir.primitive import PURE, Effects, Primitive
from pyfreeze.ir.types import ObjectType, Type


class Value:
    """An SSA value: defined once, by an instruction or as a block parameter."""

    __slots__ = ("name", "type")

    def __init__(self, type_: Type, name: str = "") -> None:
        self.type = type_
        self.name = name  # the Python variable's name, for readers; not unique

    def __repr__(self) -> str:
        return f"<%{self.name or '?'}: {self.type}>"


@dataclass(frozen=True, slots=True)
class Position:
    """A source range as in CPython's `co_positions`: lines from 1, columns from 0 in UTF-8 bytes."""

    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}-{self.end_line}:{self.end_column}"


class Expected(enum.StrEnum):
    """The type that an object of a framed function ought to have, as far as native code asks. Nothing is certain."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    SEQUENCE = "sequence"  # a list or a tuple, or what is mostly one
    BYTEARRAY = "bytearray"
    OTHER = "other"  # no number, no sequence


@dataclass(slots=True)
class Site:
    """A place that may fail: its position and the Python locals that a traceback would show there."""

    function: str  # whose frame: differs from the containing function after inlining
    position: Position
    local_names: tuple[str, ...]  # the locals that are or may be set, with flags as in `ResumeState`
    local_values: list[Value]
    caller: Site | None = None  # @BUILT: of the call that was inlined, if this comes from its callee
    offset: int = -1  # in a framed function: of the instruction in its bytecode, in bytes

    def levels(self) -> Iterator[Site]:
        """The site and those of the calls around it, innermost first."""
        level: Site | None = self
        while level is not None:
            yield level
            level = level.caller

    @property
    def values(self) -> list[Value]:
        return [value for level in self.levels() for value in level.local_values]

    def replaced(self, replacements: Mapping[Value, Value], caller: Site | None = None) -> Site:
        """A site of its own with other values; `caller` is added as the outermost."""
        values = [replacements.get(value, value) for value in self.local_values]
        outer = self.caller.replaced(replacements, caller) if self.caller is not None else caller
        return Site(self.function, self.position, self.local_names, values, outer, self.offset)


class LoopKind(enum.StrEnum):
    """What is on the interpreter's stack: what a `for` loop iterates over, and the `LoopState.values` that tell what it has left.

    The letters are the runtime's: `runtime/src/resume.c`.
    """

    RANGE = "range"  # counter, limit: counter, counter + 1, … below limit
    STEPS = "steps"  # number, count, start, step: start + number * step, … as long as number is below count
    REVERSED = "reversed"  # the same, from the last to the first: start + (count - 1 - number) * step, …
    ITEMS = "items"  # number, tuple: its items from that number on
    ARRAY = "array"  # number, array: its elements from that number on
    ENUMERATED = "enumerated"  # number, array, start: (start + number, element), …
    VALUE = "value"  # no loop, but a value that the statement has computed and not used yet


@dataclass(slots=True)
class LoopState:
    """An enclosing `for` loop: the items that it has left, less the first `taken` (1 in its body, 0 at its header)."""

    kind: LoopKind
    values: list[Value]
    taken: int


class PointKind(enum.StrEnum):
    START = "start"  # the function's first instruction
    STATEMENT = "statement"  # the start of the statement at the position; of a `while`, its condition
    LOOP = "loop"  # where the `for` at the position takes its next item
    CALLED = "called"  # after the call at the position, whose result is the last of `loops`
    RETURNED = "returned"  # after the call at the position, with its result, an object that native code does not hold


@dataclass(slots=True)
class ResumeState:
    """Where the interpreter goes on if native code leaves, and all that it needs there.

    number: tells the statements of a function apart; two states of one number are of one statement
    local_names: with `x?` if `x` may be unset (a bool), and with `x#` if it may stand for an int (see FunctionContext)
    loops: the enclosing `for` loops, outermost first, then what the statement has computed so far
    """

    kind: PointKind
    position: Position
    number: int
    local_names: tuple[str, ...]
    local_values: list[Value]
    loops: list[LoopState]

    @property
    def values(self) -> list[Value]:
        return [*self.local_values, *(value for loop in self.loops for value in loop.values)]

    def replaced(self, replacements: Mapping[Value, Value]) -> ResumeState:
        """A state of its own with other values."""

        def new(values: list[Value]) -> list[Value]:
            return [replacements.get(value, value) for value in values]

        loops = [LoopState(loop.kind, new(loop.values), loop.taken) for loop in self.loops]
        return ResumeState(self.kind, self.position, self.number, self.local_names, new(self.local_values), loops)


@dataclass(slots=True)
class Edge:
    """A jump to `target`, giving its parameters. On a handler edge the status comes first and is not listed."""

    target: Block
    arguments: list[Value] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Untold:
    """In a framed function: variable `index` is `value`, unboxed, and the frame has not been told.

    is_set: a bool, false where the variable is still unset; None if it is surely set
    """

    index: int
    value: Value
    is_set: Value | None = None


@dataclass(eq=False, slots=True)
class Instruction:
    """Base of all instructions. `operands` excludes what edges, sites and states use (see `used_values`).

    resume: @BUILT, where the interpreter goes on if the instruction ends with DEOPT; None where the twin starts again
    untold: what the frame is told before the instruction runs other code
    expected: in a framed function, the type of the result, or of what is stored, as the type checker says
    """

    operands: list[Value]
    result: Value | None = None
    site: Site | None = None
    handler: Edge | None = None
    resume: ResumeState | None = None
    untold: tuple[Untold, ...] = ()
    expected: Expected | None = None


@dataclass(eq=False, slots=True)
class Constant(Instruction):
    """`value` is an int, float, bool, None or str; a str is of type `text`, or an `object`; None as an `object` is NULL."""

    value: int | float | bool | str | None = None


@dataclass(eq=False, slots=True)
class LoadGlobal(Instruction):
    """The value of module global `name` as the check of its VALUE binding found it. The same during one entry."""

    name: str = ""


class ConstantTable(enum.StrEnum):
    """What a code object has to name by numbers."""

    CONSTANTS = "consts"
    NAMES = "names"


@dataclass(eq=False, slots=True)
class LoadConstant(Instruction):
    """Of a framed function: an object of its code object's table, borrowed. `shown`: how it reads, cut off after 40 characters."""

    table: ConstantTable = ConstantTable.CONSTANTS
    index: int = 0
    shown: str = ""


@dataclass(eq=False, slots=True)
class LoadLocal(Instruction):
    """Of a framed function: the object in variable `index` of the frame. If it is unset: an exception if `checked`, else NULL."""

    index: int = 0
    checked: bool = False


@dataclass(eq=False, slots=True)
class StoreLocal(Instruction):
    """Of a framed function: put the operand, which may be NULL, into variable `index` and release what was there.

    An unboxed int or float becomes an object for that; without memory for it the variable is left unset.
    """

    index: int = 0


@dataclass(eq=False, slots=True)
class Apply(Instruction):
    """Apply a primitive of the table.

    moved: @LOWERED, the numbers of the operands whose reference a call of an object takes over, where that is their last use
    """

    primitive: Primitive = None  # type: ignore[assignment]
    moved: frozenset[int] = frozenset()


@dataclass(eq=False, slots=True)
class Call(Instruction):
    """Call a native function of the module directly, on unboxed arguments.

    An impure function ends with DEOPT only if the interpreter went on in it and has a result of another type.

    levels: how many Python calls it stands for, more than one where the calls around it were inlined
    returned: while irbuild does not know yet whether the callee is impure, what `resume` is then
    """

    function: str = ""
    levels: int = 1
    returned: ResumeState | None = None


@dataclass(eq=False, slots=True)
class CheckDepth(Instruction):
    """RecursionError if `levels` more calls are too many: stands for a recursive call that was inlined."""

    levels: int = 1


@dataclass(eq=False, slots=True)
class MakeTuple(Instruction):
    """A tuple of the operands, a frozen value with them as its fields, or an optional: as the result's type says."""


@dataclass(eq=False, slots=True)
class GetItem(Instruction):
    """Item `index` of a tuple, or field of a frozen value; it is borrowed from the whole."""

    index: int = 0


@dataclass(eq=False, slots=True)
class Poll(Instruction):
    """Let signal handlers and other threads run if they wait; DEOPT if a binding changed meanwhile."""


@dataclass(eq=False, slots=True)
class CheckBindings(Instruction):
    """DEOPT if a binding has changed since the function was entered."""


@dataclass(eq=False, slots=True)
class Suspend(Instruction):
    """Save the state for the interpreter to go on from, and give the status to leave with.

    Operand 0, if there, is the status that led here: if that is ERROR, nothing is saved, and it is the result.
    """


@dataclass(eq=False, slots=True)
class Raise(Instruction):
    """Set builtin exception `exception`, made of the operands (of its class alone if `bare`). Always fails."""

    exception: str = ""
    bare: bool = False


@dataclass(eq=False, slots=True)
class AddTraceback(Instruction):
    """In a handler: add the site's frame to the traceback if operand 0, a status, is ERROR."""


@dataclass(eq=False, slots=True)
class IncRef(Instruction):
    pass


@dataclass(eq=False, slots=True)
class DecRef(Instruction):
    pass


@dataclass(eq=False, slots=True)
class Terminator(Instruction):
    edges: list[Edge] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Branch(Terminator):
    pass


@dataclass(eq=False, slots=True)
class CondBranch(Terminator):
    """To `edges[0]` if the operand, a bool, is true, else to `edges[1]`. `likely` is a hint: True, False or None."""

    likely: bool | None = None


@dataclass(eq=False, slots=True)
class Return(Terminator):
    pass


@dataclass(eq=False, slots=True)
class Fail(Terminator):
    """Leave the function with operand 0, a status other than OK."""


@dataclass(eq=False, slots=True)
class Deopt(Terminator):
    """Leave native code: the twin of the outermost entry runs from the start, or the interpreter goes on at `resume`."""


@dataclass(eq=False, slots=True)
class Unreachable(Terminator):
    """Follows an instruction that always fails."""


@dataclass(eq=False, slots=True)
class Block:
    name: str
    parameters: list[Value] = field(default_factory=list)
    instructions: list[Instruction] = field(default_factory=list)

    @property
    def terminator(self) -> Terminator:
        last = self.instructions[-1]
        assert isinstance(last, Terminator), f"block {self.name} does not end in a terminator"
        return last

    def __repr__(self) -> str:
        return f"<^{self.name}>"


_RUNS_PYTHON = Effects(raises=("BaseException",), deopts=True, runs_python=True)
_MAY_DESTROY = Effects(runs_python=True, writes=True)
_UNBOUND = Effects(raises=("UnboundLocalError",))
_LEAVES = Effects(deopts=True)
_RAISES = Effects(raises=("BaseException",))
_RAISES_OR_LEAVES = Effects(raises=("BaseException",), deopts=True)


def effects_of(instruction: Instruction) -> Effects:
    """What `instruction` may do besides defining its result."""
    match instruction:
        case Apply(primitive=primitive):
            return primitive.effects
        case Call() | Poll():
            return _RUNS_PYTHON
        case StoreLocal():
            return _MAY_DESTROY
        case LoadLocal(checked=True):
            return _UNBOUND
        case Raise():
            return _RAISES
        case CheckDepth():
            return _RAISES_OR_LEAVES
        case CheckBindings():
            return _LEAVES
        case _:
            return PURE


def may_leave(instruction: Instruction) -> bool:
    """Whether it may end native code with DEOPT."""
    return effects_of(instruction).deopts or isinstance(instruction, Deopt)


def has_side_effects(instruction: Instruction) -> bool:
    """Whether the instruction must stay although nobody uses its result."""
    match instruction:
        case Constant() | LoadConstant() | LoadGlobal() | MakeTuple() | GetItem() | Suspend():
            return False
        case LoadLocal(checked=checked):
            return checked
        case Apply(primitive=primitive):
            return not primitive.effects.removable
        case _:
            return True


def borrows(instruction: Instruction) -> bool:
    """Whether the references in its result are those of operand 0."""
    return isinstance(instruction, GetItem) or (isinstance(instruction, Apply) and instruction.primitive.borrows)


def is_text(constant: Constant) -> bool:
    """Whether it is an object; its result comes with a reference."""
    return isinstance(constant.value, str) and isinstance(constant.result and constant.result.type, ObjectType)


def edges_of(instruction: Instruction) -> list[Edge]:
    """All ways out of the block at this instruction: the handler and a terminator's edges."""
    edges = [instruction.handler] if instruction.handler is not None else []
    if isinstance(instruction, Terminator):
        edges.extend(instruction.edges)
    return edges


def used_values(instruction: Instruction) -> list[Value]:
    """Operands, what site and state hold, and the arguments of every edge."""
    used = list(instruction.operands) + shown_values(instruction)
    for edge in edges_of(instruction):
        used.extend(edge.arguments)
    return used


def use_counts(instructions: Iterable[Instruction]) -> Counter[Value]:
    """How often each value is used."""
    return Counter(value for instruction in instructions for value in used_values(instruction))


def shown_values(instruction: Instruction) -> list[Value]:
    """What becomes visible as locals, or is needed to go on, if the instruction fails or runs other code."""
    site, state = instruction.site, instruction.resume
    shown = [*(site.values if site is not None else ()), *(state.values if state is not None else ())]
    for item in instruction.untold:
        shown += [item.value] if item.is_set is None else [item.value, item.is_set]
    return shown


def replace_uses(instruction: Instruction, replacements: dict[Value, Value]) -> None:
    """Replace every used value that has a replacement, in place."""
    instruction.operands = [replacements.get(value, value) for value in instruction.operands]
    if instruction.site is not None:
        instruction.site = instruction.site.replaced(replacements)
    if instruction.resume is not None:
        instruction.resume = instruction.resume.replaced(replacements)
    instruction.untold = tuple(
        Untold(
            item.index,
            replacements.get(item.value, item.value),
            None if item.is_set is None else replacements.get(item.is_set, item.is_set),
        )
        for item in instruction.untold
    )
    for edge in edges_of(instruction):
        edge.arguments = [replacements.get(value, value) for value in edge.arguments]
