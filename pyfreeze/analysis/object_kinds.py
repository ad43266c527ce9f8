"""Which objects of a framed function are probably ints or floats, and which operations could be done without objects.

Nothing here is certain: `Hints` goes by what the type checker says (`expected_kinds`), and where that is silent guesses from
constants, operators and names of builtins. The copy of the function that is made from it
(`pyfreeze.passes.unbox_framed`) tests what it relies on. A guess is one for each set of values that are
compared, added or assigned to one another.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pyfreeze.analysis.expected_kinds import ExpectedKinds
from pyfreeze.analysis.native_callees import NativeCallee
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    Apply,
    ConstantTable,
    Expected,
    Instruction,
    LoadConstant,
    LoadLocal,
    Return,
    StoreLocal,
    Terminator,
    Value,
    edges_of,
    use_counts,
    used_values,
)
from pyfreeze.ir.types import BOOL, FLOAT64, INT, INT64, Type


class Kind(enum.Enum):
    """What native code holds: an object, or instead of it its value."""

    ANY = "any object"
    INT = "an int of 64 bits"
    FLOAT = "a float"
    BOOL = "a truth value"
    RANGE = "an iterator over a range of such ints"
    KNOWN = "a function that has a row, or its module"
    UNSET = "nothing: a variable without a value"


NUMBERS = (Kind.INT, Kind.FLOAT)

KINDS: Mapping[Type, Kind] = {INT64: Kind.INT, INT: Kind.INT, FLOAT64: Kind.FLOAT, BOOL: Kind.BOOL}
"""What framed functions hold of values of these types."""


def operation_of(instruction: Instruction) -> str:
    """The name of its row without `object.` and numbers; of other instructions than Apply, nothing."""
    if not isinstance(instruction, Apply) or not instruction.primitive.name.startswith("object."):
        return ""
    return instruction.primitive.name.removeprefix("object.").partition("[")[0]


def number_of(instruction: Instruction) -> int | float | None:
    """The int or float that is loaded, if it fits a register."""
    if not isinstance(instruction, LoadConstant) or instruction.table != ConstantTable.CONSTANTS:
        return None
    text = instruction.shown
    if not 0 < len(text) < 40 or text in ("True", "False") or not (text[0].isdigit() or text[0] in "-in"):
        return None
    for read in (int, float):
        try:
            value = read(text)
        except ValueError:
            continue
        return value if isinstance(value, float) or -(1 << 63) <= value < 1 << 63 else None
    return None


_ARITHMETIC = frozenset({"add", "sub", "mul", "floordiv", "mod"})
_BITWISE = frozenset({"and", "or", "xor", "lshift", "rshift"})
_ORDERS = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_COUNTING = frozenset({*_ARITHMETIC, *_ORDERS, "truediv"})
"""To them a truth is 0 or 1."""
_EQUALITIES = {"eq": "eq", "ne": "ne"}
_MIRRORED = {**_ORDERS, **_EQUALITIES}


def plain_name(operation: str) -> str:
    """Of an operator, whether in place, into a variable, or a test: the one in `operator`."""
    name = operation.removesuffix("_into_local").removeprefix("test_")
    return name[1:] if name[:1] == "i" and name[1:] in _ARITHMETIC | _BITWISE | {"truediv", "pow"} else name


@dataclass(frozen=True, slots=True)
class Unboxed:
    """An operation on numbers: the row, the kind that it wants of each operand, in the row's order, and what it gives."""

    row: str
    operands: tuple[tuple[Value, Kind], ...]
    result: Kind


def unboxed(instruction: Apply, kind_of: Callable[[Value], Kind], is_number: Callable[[Value], bool]) -> Unboxed | None:
    """The operation on numbers that this is if its operands are what `kind_of` expects; `is_number`: what is so already."""
    name, operands = plain_name(operation_of(instruction)), instruction.operands
    kinds = [kind_of(operand) for operand in operands]
    if name in _COUNTING:
        kinds = [Kind.INT if kind == Kind.BOOL else kind for kind in kinds]
    if len(operands) == 1 and kinds[0] in NUMBERS and (name != "truth" or is_number(operands[0])):
        return _unary(name, operands[0], kinds[0])
    if len(operands) != 2 or not all(kind in NUMBERS for kind in kinds):
        return None
    if name in _EQUALITIES and not all(map(is_number, operands)):
        return None  # anything may be asked whether it equals a number
    both = Kind.FLOAT if Kind.FLOAT in kinds else Kind.INT
    prefix = "float64" if both == Kind.FLOAT else "int64"
    wanted = tuple((operand, both) for operand in operands)
    if name in _MIRRORED:
        return _comparison(name, operands, kinds)
    if name == "truediv":
        return Unboxed(f"{prefix}.truediv", wanted, Kind.FLOAT)
    if name in _ARITHMETIC or name == "pow":
        return Unboxed(f"{prefix}.{name}", wanted, both)
    if name in _BITWISE and both == Kind.INT:
        return Unboxed(f"int64.{name}", wanted, Kind.INT)
    return None


def _unary(name: str, operand: Value, kind: Kind) -> Unboxed | None:
    prefix = "float64" if kind == Kind.FLOAT else "int64"
    if name == "truth":
        return Unboxed(f"{prefix}.to_bool", ((operand, kind),), Kind.BOOL)
    if name == "neg" or (name == "invert" and kind == Kind.INT):
        return Unboxed(f"{prefix}.{name}", ((operand, kind),), kind)
    return None


def _comparison(name: str, operands: list[Value], kinds: list[Kind]) -> Unboxed:
    if kinds[0] == kinds[1]:
        prefix = "float64" if kinds[0] == Kind.FLOAT else "int64"
        return Unboxed(f"{prefix}.{name}", tuple(zip(operands, kinds, strict=True)), Kind.BOOL)
    if kinds[0] == Kind.FLOAT:
        name, operands = _MIRRORED[name], operands[::-1]
    return Unboxed(f"int64.{name}_float64", ((operands[0], Kind.INT), (operands[1], Kind.FLOAT)), Kind.BOOL)


@dataclass(frozen=True, slots=True)
class Known:
    """A function of the standard library that has a row on numbers: `count` of them; no row: it only converts."""

    name: str
    row: str
    count: int
    result: Kind


@dataclass(frozen=True, slots=True)
class KnownCalls:
    """The instructions that call such functions, and those that look up these, or their module (`pyfreeze.analysis.known_calls`)."""

    calls: dict[Instruction, Known]
    loads: dict[Instruction, str]


KNOWN_BUILTINS = ("len", "ord", "min", "max", "abs")
"""By number. Counterpart: `runtime/src/fast_paths.h`."""

_INT, _FLOAT, _OTHER, _BYTES, _DIVIDED = 1, 2, 4, 8, 16
_EVIDENCE = {
    Expected.INT: _INT,
    Expected.FLOAT: _FLOAT,
    Expected.SEQUENCE: _OTHER,
    Expected.BYTEARRAY: _BYTES,
    Expected.OTHER: _OTHER,
}
_GIVE_INTS = frozenset({"len", "ord", "round", "int"})
_GIVE_FLOATS = frozenset({"float", "sqrt", "sin", "cos", "tan", "exp", "log", "atan2", "atan", "hypot", "fabs", "pow"})
_MAKE_OTHERS = frozenset(
    "build_tuple build_list build_set build_map build_string build_const_key_map format make_function slice getslice".split()
)


def _hands_on(instruction: Instruction) -> bool:
    """Whether it does nothing with its operands that would be faster with numbers."""
    name = operation_of(instruction)
    return name.startswith(("call", "set", "store_")) or name in _MAKE_OTHERS or name in ("list_append", "is_none")


class Hints:
    """What values and variables probably are."""

    def __init__(self, function: Function, known: KnownCalls, callees: Mapping[str, NativeCallee]) -> None:
        self.known = known
        self._callees = callees
        self._parents: dict[Value | int, Value | int] = {}
        self._evidence: dict[Value | int, int] = {}
        self._expected = ExpectedKinds(function)
        self.made = {item.result: item for item in function.instructions() if item.result is not None}
        self._uses = use_counts(function.instructions())
        self._computed: set[Value] = set()
        for instruction in function.instructions():
            if isinstance(instruction, Terminator) and not isinstance(instruction, Return):
                self._computed.update(used_values(instruction))
            elif instruction in known.calls or not (isinstance(instruction, Return) or _hands_on(instruction)):
                self._computed.update(instruction.operands)
            self._learn(instruction)
            for edge in edges_of(instruction):
                given = edge.target.parameters[len(edge.target.parameters) - len(edge.arguments) :]
                for parameter, argument in zip(given, edge.arguments, strict=True):
                    self._same(parameter, argument)

        self.iterated_ranges = frozenset(self._iterated_ranges(function))
        self._learn_from_ranges(function)

    def _iterated_ranges(self, function: Function) -> Iterator[Instruction]:
        """Calls of what is called `range`, whose results are iterated over and used for nothing else."""
        for instruction in function.instructions():
            if operation_of(instruction) != "iter" or not self.is_used_once(instruction.operands[0]):
                continue
            made = self.made.get(instruction.operands[0])
            if made is not None and operation_of(made) == "call" and self.called_name(made) == "range":
                yield made

    def _learn_from_ranges(self, function: Function) -> None:
        """What is next in a range is an int."""
        ranges = {made.result for made in self.iterated_ranges}
        iterators: set[Value | None] = set()
        for instruction in function.instructions():
            if operation_of(instruction) == "iter" and instruction.operands[0] in ranges:
                iterators.add(instruction.result)
        for instruction in function.instructions():
            for edge in edges_of(instruction):
                given = edge.target.parameters[len(edge.target.parameters) - len(edge.arguments) :]
                iterators |= {one for one, other in zip(given, edge.arguments, strict=True) if other in iterators}
        for instruction in function.instructions():
            if operation_of(instruction) == "next" and instruction.operands[0] in iterators:
                assert instruction.result is not None
                self._is(instruction.result, _INT)

    def of(self, node: Value | int) -> Kind:
        """INT, FLOAT or ANY, or BOOL for what holds True or False. A variable is named by its index."""
        if self._expected.of(node) == Expected.BOOL:
            return Kind.BOOL
        evidence = self._evidence_for(node)
        if evidence & (_OTHER | _BYTES):
            return Kind.ANY
        if evidence & _FLOAT:
            return Kind.FLOAT
        return Kind.INT if evidence & _INT else Kind.FLOAT if evidence & _DIVIDED else Kind.ANY

    def is_other(self, node: Value | int) -> bool:
        """Whether it is also used as what is no number."""
        return bool(self._evidence_for(node) & (_OTHER | _BYTES))

    def is_bytes(self, node: Value | int) -> bool:
        return bool(self._evidence_for(node) & _BYTES)

    def may_be_sequence(self, node: Value | int) -> bool:
        """Whether the type checker allows it to be a list or a tuple."""
        return self._expected.of(node) in (None, Expected.SEQUENCE)

    def _evidence_for(self, node: Value | int) -> int:
        """Of what the type checker knows, that alone: it may be compared with and added to other kinds."""
        expected = self._expected.of(node)
        return self._evidence.get(self._root(node), 0) if expected is None else _EVIDENCE.get(expected, 0)

    def called_name(self, call: Instruction) -> str:
        """By which name the callee was looked up."""
        if not call.operands:
            return ""
        callee = self.made.get(call.operands[0])
        if callee is None or operation_of(callee) not in ("load_global", "load_method", "getattr"):
            return ""
        name = self.made.get(callee.operands[-1])
        return name.shown if isinstance(name, LoadConstant) else ""

    def is_computed_with(self, value: Value) -> bool:
        """Whether it is of use as a number: not only handed on."""
        return value in self._computed

    def native_callee(self, call: Instruction) -> NativeCallee | None:
        """The native function of the module that it is a call of, if the global of that name is what it was."""
        looked_up = self.made.get(call.operands[0]) if operation_of(call) == "call" else None
        if looked_up is None or operation_of(looked_up) != "load_global":
            return None
        callee = self._callees.get(self.called_name(call))
        return callee if callee is not None and len(callee.parameters) == len(call.operands) - 1 else None

    def is_used_once(self, value: Value) -> bool:
        return self._uses[value] == 1

    def _root(self, node: Value | int) -> Value | int:
        parent = self._parents.get(node, node)
        while parent != node:
            above = self._parents.get(parent, parent)
            self._parents[node] = above
            node, parent = parent, above
        return node

    def _same(self, *nodes: Value | int) -> None:
        for node in nodes[1:]:
            first = self._root(nodes[0])
            other = self._root(node)
            if other != first:
                self._parents[other] = first
                self._evidence[first] = self._evidence.get(first, 0) | self._evidence.pop(other, 0)

    def _is(self, node: Value | int, evidence: int) -> None:
        root = self._root(node)
        self._evidence[root] = self._evidence.get(root, 0) | evidence

    def _learn(self, instruction: Instruction) -> None:
        result = instruction.result
        if result is not None and instruction.expected in _EVIDENCE:
            self._is(result, _EVIDENCE[instruction.expected])
        match instruction:
            case LoadLocal(index=index, result=Value() as loaded):
                self._same(loaded, index)
            case StoreLocal(operands=[value], index=index):
                made = self.made.get(value)
                if made is None or operation_of(made) != "null":
                    self._same(value, index)
            case LoadConstant(table=ConstantTable.CONSTANTS, result=Value() as loaded):
                number = number_of(instruction)
                if instruction.shown != "None":
                    self._is(loaded, _OTHER if number is None else _INT if isinstance(number, int) else _FLOAT)
            case Apply(result=Value()):
                self._learn_from(instruction, plain_name(operation_of(instruction)), result)

    def _learn_from(self, instruction: Apply, name: str, result: Value | None) -> None:
        assert result is not None
        operands = [one for one in instruction.operands if self._expected.of(one) != Expected.BOOL]
        if name in _ARITHMETIC:
            if not (name in ("mul", "mod") and any(map(self.is_other, operands))):
                self._same(result, *operands)
        elif name == "truediv":
            self._is(result, _FLOAT)
            self._same(*operands)
            for divided in operands[:1]:
                self._is(divided, _DIVIDED)
        elif name in ("neg", "invert"):
            self._same(result, *operands)
        elif name in _BITWISE:
            self._same(result, *operands)
            if name in ("lshift", "rshift"):
                self._is(result, _INT)
        elif name in _ORDERS:
            self._same(*operands)
        elif name == "is":
            for operand in operands:
                self._is(operand, _OTHER)  # it has an identity
        elif name in _MAKE_OTHERS:
            self._is(result, _OTHER)
        elif name in ("call", "call_method"):
            self._learn_from_call(instruction, result)

    def _learn_from_call(self, instruction: Apply, result: Value) -> None:
        name, arguments = self.called_name(instruction), instruction.operands[1:]
        known = self.known.calls.get(instruction)
        if known is not None and known.result != Kind.BOOL:
            self._is(result, _INT if known.result == Kind.INT else _FLOAT)
        if known is not None and known.name.startswith("math."):
            for argument in arguments:
                self._is(argument, _DIVIDED)
        callee = self.native_callee(instruction)
        if callee is not None:
            for value, type_ in zip((result, *arguments), (callee.result, *callee.parameters), strict=True):
                if type_ != BOOL:
                    self._is(value, _FLOAT if type_ == FLOAT64 else _INT)
        elif name in _GIVE_INTS:
            self._is(result, _INT)
        elif name in _GIVE_FLOATS:
            self._is(result, _FLOAT)
        elif name == "bytearray":
            self._is(result, _BYTES)
        elif name in ("min", "max") and len(arguments) > 1:
            self._same(result, *arguments)
        elif name == "abs" and arguments:
            self._same(result, arguments[0])
        elif name == "range":
            for argument in arguments:
                self._is(argument, _INT)
