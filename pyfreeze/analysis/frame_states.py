"""What a framed function holds unboxed at the start of each block, as far as the hints are right: forward dataflow.

Only ways without exceptions count. On those a variable with a number in it need not be in the frame: it is told when other
code may look (`Untold`). Where ways with different kinds meet, the hint of the variable decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pyfreeze.analysis.borrowing import WRITTEN_BY_OTHERS
from pyfreeze.analysis.native_callees import NativeCallee
from pyfreeze.analysis.object_kinds import KINDS, NUMBERS, Hints, Kind, Unboxed, number_of, operation_of, unboxed
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Edge,
    Instruction,
    LoadConstant,
    LoadLocal,
    Poll,
    StoreLocal,
    Terminator,
    Value,
    effects_of,
)
from pyfreeze.ir.types import BOOL


@dataclass(frozen=True, slots=True)
class Variable:
    """`told`: whether the frame has it; of what is no number, always."""

    kind: Kind = Kind.ANY
    maybe_unset: bool = False
    told: bool = True


ANY = Variable()
UNSET = Variable(Kind.UNSET)


@dataclass(frozen=True, slots=True)
class FrameState:
    """The variables by index, and the kinds of the block's parameters."""

    variables: tuple[Variable, ...]
    parameters: tuple[Kind, ...]


_QUIET = frozenset(
    "load_global getattr setattr load_method truth next item_at test_lt test_le test_eq test_ne test_gt test_ge".split()
)
"""Operations that mostly run no other code: the frame is told only where they do."""

_GENERAL = frozenset({"unboxed.item_at", "unboxed.set_item_at"})
"""Of those with unboxed operands, the ones that may run any code."""


def tells_frame(instruction: Instruction) -> bool:
    """Whether the frame is told whatever it has not been told before `instruction`, each time."""
    if not effects_of(instruction).runs_python or isinstance(instruction, StoreLocal | Poll):
        return False  # the copy does not poll itself, but leaves for that
    name = operation_of(instruction)
    if name == "keep":
        return False
    return WRITTEN_BY_OTHERS or name not in _QUIET


def frame_states(function: Function, hints: Hints) -> dict[Block, FrameState]:
    """Of the blocks that are reached without an exception."""
    return _States(function, hints).run()


class BlockKinds:
    """Kinds while the instructions of one block are gone through."""

    def __init__(self, hints: Hints, parameters: Mapping[Value, Kind]) -> None:
        self._hints = hints
        self.kinds = dict(parameters)

    def of(self, value: Value) -> Kind:
        return Kind.BOOL if value.type == BOOL else self.kinds.get(value, Kind.ANY)

    def expected(self, value: Value) -> Kind:
        known = self.of(value)
        return known if known != Kind.ANY else self._hints.of(value)

    def is_number(self, value: Value) -> bool:
        return self.of(value) in NUMBERS

    def unboxed(self, instruction: Instruction) -> Unboxed | None:
        if not isinstance(instruction, Apply):
            return None
        return unboxed(instruction, self.expected, self.is_number) or self._of_builtins(instruction)

    def _of_builtins(self, instruction: Apply) -> Unboxed | None:
        known = self._known(instruction)
        return known or self._subscript(instruction) or self._attribute(instruction) or self._call(instruction)

    def _known(self, instruction: Apply) -> Unboxed | None:
        """A known function is looked up, or called with numbers."""
        if instruction in self._hints.known.loads:
            return Unboxed("known.load", (), Kind.KNOWN)
        function = self._hints.known.calls.get(instruction)
        if function is None or self.of(instruction.operands[0]) != Kind.KNOWN:
            return None
        kinds = [self.expected(operand) for operand in instruction.operands[1:]]
        if not all(kind in NUMBERS for kind in kinds):
            return None
        if function.name.startswith("math.") and function.result != Kind.INT:
            kinds = [Kind.FLOAT] * len(kinds)
        return Unboxed("known.call", tuple(zip(instruction.operands[1:], kinds, strict=True)), function.result)

    def _attribute(self, instruction: Apply) -> Unboxed | None:
        """Read as a number, or set to a float, which may go where the one before it is."""
        name, result = operation_of(instruction), instruction.result
        assert result is not None
        kind = self._hints.of(result)
        if name == "getattr" and kind in NUMBERS and self._hints.is_computed_with(result):
            wanted = tuple((operand, Kind.ANY) for operand in instruction.operands)
            word = "attribute" if WRITTEN_BY_OTHERS else "get"
            return Unboxed(f"unboxed.{word}_{'int' if kind == Kind.INT else 'float'}", wanted, kind)
        if name == "setattr" and self.of(instruction.operands[2]) == Kind.FLOAT:
            owner, attribute, value = instruction.operands
            to_float = ((owner, Kind.ANY), (attribute, Kind.ANY), (value, Kind.FLOAT))
            return Unboxed(f"unboxed.{'try_to_set' if WRITTEN_BY_OTHERS else 'set'}_float", to_float, Kind.ANY)
        return None

    def _subscript(self, instruction: Apply) -> Unboxed | None:
        """With an int."""
        name, operands = operation_of(instruction), instruction.operands
        if name == "getitem" and self.of(operands[1]) == Kind.INT:
            wanted = ((operands[0], Kind.ANY), (operands[1], Kind.INT))
            if self._hints.is_bytes(operands[0]):
                return Unboxed("unboxed.byte_at", wanted, Kind.INT)
            assert instruction.result is not None
            number = self._hints.of(instruction.result)
            if number in NUMBERS and self._hints.may_be_sequence(operands[0]):
                return Unboxed("unboxed.int_at" if number == Kind.INT else "unboxed.float_at", wanted, number)
            return Unboxed("unboxed.item_at", wanted, Kind.ANY)
        if name == "setitem" and self.of(operands[1]) == Kind.INT:
            container, place = (operands[0], Kind.ANY), (operands[1], Kind.INT)
            if self._hints.is_bytes(operands[0]):
                if self.expected(operands[2]) != Kind.INT:
                    return None
                return Unboxed("unboxed.set_byte_at", (container, place, (operands[2], Kind.INT)), Kind.ANY)
            return Unboxed("unboxed.set_item_at", (container, place, (operands[2], Kind.ANY)), Kind.ANY)
        return None

    def _call(self, instruction: Apply) -> Unboxed | None:
        """Of what has the name of a builtin whose result is a number, or numbers."""
        if operation_of(instruction) != "call":
            return None
        callee = self._hints.native_callee(instruction)
        if callee is not None:
            return self._native_call(callee, instruction)
        name, operands = self._hints.called_name(instruction), instruction.operands
        kinds = [self.expected(operand) for operand in operands[1:]]
        of_one_kind = len(set(kinds)) == 1 and kinds[0] in NUMBERS
        if of_one_kind and (name == "abs" if len(kinds) == 1 else name in ("min", "max")):
            given = ((operand, kinds[0]) for operand in operands[1:])
            return Unboxed(f"builtin.{name}", ((operands[0], Kind.ANY), *given), kinds[0])
        if name in ("len", "ord") and len(operands) == 2:
            row = "length_of" if name == "len" else "ord_of"
            return Unboxed(f"unboxed.{row}", tuple((operand, Kind.ANY) for operand in operands), Kind.INT)
        if name == "range" and instruction in self._hints.iterated_ranges and 2 <= len(operands) <= 4:
            numbers = operands[1:]
            if all(self.expected(number) == Kind.INT for number in numbers):
                wanted = ((operands[0], Kind.ANY), *((number, Kind.INT) for number in numbers))
                return Unboxed("unboxed.range_length", wanted, Kind.RANGE)
        return None

    def _native_call(self, callee: NativeCallee, call: Apply) -> Unboxed | None:
        function, *arguments = call.operands
        wanted = [(value, KINDS[type_]) for value, type_ in zip(arguments, callee.parameters, strict=True)]
        if any(self.expected(value) != kind for value, kind in wanted):
            return None
        return Unboxed(f"native.{callee.name}", ((function, Kind.ANY), *wanted), KINDS[callee.result])

    def is_range(self, instruction: Instruction) -> bool:
        """Whether it makes an iterator of what was made by the name `range`."""
        if operation_of(instruction) != "iter" or self.of(instruction.operands[0]) == Kind.RANGE:
            return False
        return self._hints.made.get(instruction.operands[0]) in self._hints.iterated_ranges


class _States:
    def __init__(self, function: Function, hints: Hints) -> None:
        self._function = function
        self._hints = hints
        self._states: dict[Block, FrameState] = {}

    def run(self) -> dict[Block, FrameState]:
        shape = self._function.frame
        assert shape is not None
        variables = [UNSET if shape.arguments <= index < shape.locals else ANY for index in range(shape.variables)]
        self._states[self._function.entry] = FrameState(tuple(variables), ())
        waiting = [self._function.entry]
        while waiting:
            block = waiting.pop()
            for edge, reached in self._after(block):
                joined = self._join(edge.target, reached)
                if joined != self._states.get(edge.target):
                    self._states[edge.target] = joined
                    waiting.append(edge.target)
        return self._states

    def _join(self, block: Block, reached: FrameState) -> FrameState:
        known = self._states.get(block)
        if known is None:
            return reached
        variables = [
            _join_variable(one, other, self._hints.of(index))
            for index, (one, other) in enumerate(zip(known.variables, reached.variables, strict=True))
        ]
        parameters = [
            one if one == other else self._decided(one, other, parameter)
            for one, other, parameter in zip(known.parameters, reached.parameters, block.parameters, strict=True)
        ]
        return FrameState(tuple(variables), tuple(parameters))

    def _decided(self, one: Kind, other: Kind, parameter: Value) -> Kind:
        hint = self._hints.of(parameter)
        return hint if hint in (one, other) else Kind.ANY

    def _after(self, block: Block) -> Iterator[tuple[Edge, FrameState]]:
        """The ways out of a block, and the states that they lead to."""
        state = self._states[block]
        flow = Flow(self._hints, state, block)
        for instruction in block.instructions:
            if isinstance(instruction, Terminator):
                for edge in instruction.edges:
                    kinds = tuple(
                        Kind.ANY if kind in (Kind.BOOL, Kind.KNOWN) else kind
                        for kind in map(flow.kinds.of, edge.arguments)
                    )
                    yield edge, FrameState(tuple(flow.variables), kinds)
            else:
                flow.step(instruction)


class Flow:
    """What a block holds unboxed, instruction by instruction."""

    def __init__(self, hints: Hints, state: FrameState, block: Block) -> None:
        self._hints = hints
        self.variables = list(state.variables)
        self.kinds = BlockKinds(hints, dict(zip(block.parameters, state.parameters, strict=True)))
        self._loaded: dict[Value, int] = {}  # from which variable, as long as that has not changed

    def step(self, instruction: Instruction) -> Unboxed | None:
        """Go past `instruction`; returns the operation on unboxed values that it is."""
        result, operation = instruction.result, self.kinds.unboxed(instruction)
        match instruction:
            case LoadConstant(result=Value() as loaded):
                number = number_of(instruction)
                if number is not None:
                    self.kinds.kinds[loaded] = Kind.INT if isinstance(number, int) else Kind.FLOAT
            case LoadLocal(result=Value() as loaded):
                self._load(instruction, loaded)
            case StoreLocal(operands=[value], index=index):
                self._store(index, value)
            case _:
                if operation is not None:
                    for operand, kind in operation.operands:
                        self._learn(operand, kind)
                    if result is not None and operation.result != Kind.BOOL:
                        self.kinds.kinds[result] = operation.result
                    if self._lets_others_run(instruction, operation):
                        self._tell()
                elif operation_of(instruction) == "iter" and self.kinds.of(instruction.operands[0]) == Kind.RANGE:
                    assert result is not None
                    self.kinds.kinds[result] = Kind.RANGE
                elif self.kinds.is_range(instruction) and result is not None:
                    self._tell()
                    self.kinds.kinds[result] = Kind.RANGE
                elif operation_of(instruction) == "next" and self.kinds.of(instruction.operands[0]) == Kind.RANGE:
                    assert result is not None
                    self.kinds.kinds[result] = Kind.INT
                elif tells_frame(instruction):
                    self._tell()
        return operation

    def _lets_others_run(self, instruction: Instruction, operation: Unboxed) -> bool:
        if not operation.row.startswith("native."):
            return WRITTEN_BY_OTHERS and operation.row in _GENERAL
        callee = self._hints.native_callee(instruction)
        return callee is not None and callee.lets_others_run

    def _load(self, instruction: LoadLocal, loaded: Value) -> None:
        index, variable = instruction.index, self.variables[instruction.index]
        if variable.kind in NUMBERS and variable.maybe_unset and not instruction.checked:
            self._tell()
            self.variables[index] = ANY
            return
        if variable.kind in NUMBERS:
            self.variables[index] = replace(variable, maybe_unset=False)
            self.kinds.kinds[loaded] = variable.kind
        elif instruction.checked and variable.kind == Kind.UNSET:
            self.variables[index] = ANY
        self._loaded[loaded] = index

    def _store(self, index: int, value: Value) -> None:
        self._loaded = {loaded: origin for loaded, origin in self._loaded.items() if origin != index}
        self.variables[index] = stored(self.variables[index], self.kinds.of(value), self._hints, index, value)

    def _learn(self, operand: Value, kind: Kind) -> None:
        if kind not in NUMBERS or self.kinds.is_number(operand):
            return
        found = self.kinds.expected(operand)
        if found == Kind.BOOL:
            return  # it stays what it is
        self.kinds.kinds[operand] = found
        if operand in self._loaded:
            self.variables[self._loaded[operand]] = Variable(found)

    def _tell(self) -> None:
        if WRITTEN_BY_OTHERS:
            self.variables = [ANY] * len(self.variables)
        else:
            self.variables = [replace(variable, told=True) for variable in self.variables]


def stored(old: Variable, kind: Kind, hints: Hints, index: int, value: Value) -> Variable:
    """A variable after `value`, of that kind, is stored there. A number waits if what it replaces has no destructor."""
    if kind in NUMBERS and not hints.is_other(index):
        return Variable(kind, told=old.kind == Kind.ANY)
    made = hints.made.get(value)
    return UNSET if made is not None and operation_of(made) == "null" else ANY


def _join_variable(one: Variable, other: Variable, hint: Kind) -> Variable:
    if one == other:
        return one
    told = one.told and other.told
    if one.kind == other.kind:
        return Variable(one.kind, one.maybe_unset or other.maybe_unset, told)
    kinds = {one.kind, other.kind}
    number = next((variable for variable in (one, other) if variable.kind in NUMBERS), None)
    if number is not None and Kind.UNSET in kinds:
        return Variable(number.kind, True, number.told)
    if hint in kinds and hint in NUMBERS and Kind.UNSET not in kinds:
        return Variable(hint, one.maybe_unset or other.maybe_unset, told)
    return ANY
