"""Makes ownership explicit: @EXPLICIT → @LOWERED.

Parameters are borrowed and constants immortal. Every other counted value is owned where it is defined, and given up
exactly once on every path: moved into a tuple, a block parameter or the result where that is its last use, else
released after its last use. Items taken from a tuple become owned, unless that is a parameter's; where that tuple is just
taken apart they are it.

A framed function borrows what it loads from a variable as long as nothing else can be stored there (`borrowed_loads`).
"""

from __future__ import annotations

from collections.abc import Callable

from pyfreeze.analysis.borrowing import borrowed_loads, taken_apart
from pyfreeze.analysis.liveness import last_uses, live_in
from pyfreeze.ir.function import Function, reverse_postorder
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    Constant,
    DecRef,
    Deopt,
    Edge,
    Fail,
    IncRef,
    Instruction,
    LoadConstant,
    LoadLocal,
    MakeTuple,
    Return,
    StoreLocal,
    Terminator,
    Unreachable,
    Untold,
    Value,
    borrows,
    is_text,
)
from pyfreeze.ir.primitive import Ends
from pyfreeze.ir.types import STATUS, is_refcounted

MOST_MOVED = 60
"""Operands that are told in the bits of one word."""

_Values = dict[Value, None]
"""A set in the order of insertion: the same source gives the same code."""


def insert_refcounts(function: Function) -> None:
    values = [value for block in function.blocks for value in block.parameters]
    values += [instruction.result for instruction in function.instructions() if instruction.result is not None]
    if any(is_refcounted(value.type) for value in values):
        _Inserter(function).run()


class _Inserter:
    def __init__(self, function: Function) -> None:
        self._function = function
        self._entries = live_in(function)
        immortal = {instruction.result for instruction in function.instructions() if _is_immortal(instruction)}
        self._taken_apart = taken_apart(function) if function.framed else set()
        self._unowned = immortal | set(function.parameters) | self._taken_apart
        if function.framed:
            self._unowned |= borrowed_loads(function, self._entries)
        else:
            self._lend()
        self._splits: list[Block] = []
        values = (
            value
            for block in function.blocks
            for value in [*block.parameters, *(item.result for item in block.instructions if item.result is not None)]
        )
        self._numbers = {value: number for number, value in enumerate(values)}

    def _lend(self) -> None:
        """What is borrowed from something that is alive during the whole call is so itself."""
        for block in reverse_postorder(self._function):  # definitions come first
            for item in block.instructions:
                if borrows(item) and item.operands[0] in self._unowned:
                    self._unowned.add(item.result)

    def run(self) -> None:
        for block in self._function.blocks:
            if block in self._entries:
                self._rewrite(block)
        self._function.blocks += self._splits

    def _is_owned(self, value: Value) -> bool:
        return is_refcounted(value.type) and value not in self._unowned

    def _rewrite(self, block: Block) -> None:
        ending = last_uses(block, self._entries)
        entering = [value for value in self._entries[block] if self._is_owned(value)]
        alive: _Values = dict.fromkeys(sorted(entering, key=self._numbers.__getitem__))
        result: list[Instruction] = []
        for parameter in block.parameters:
            if self._is_owned(parameter):
                if parameter in ending.unused:
                    result.append(DecRef([parameter], untold=_untold_in(block)))
                else:
                    alive[parameter] = None
        for instruction, last in zip(block.instructions, ending.at, strict=True):
            if isinstance(instruction, Terminator):
                self._terminate(instruction, alive, result)
            else:
                self._step(instruction, last, alive, result)
        block.instructions = result

    def _step(self, instruction: Instruction, last: set[Value], alive: _Values, result: list[Instruction]) -> None:
        """Append `instruction`, after which those in `last` are not used, with its counts; `alive` is then as after it."""
        edge = instruction.handler
        kept = set() if edge is None else self._entries[edge.target].union(edge.arguments)
        self._consume(_taken(instruction), lambda value: value in last and value not in kept, alive, result)
        if isinstance(instruction, Apply) and _takes_last(instruction):
            self._move(instruction, last - kept, alive)
        if edge is not None:
            instruction.handler = self._split(edge, alive, instruction)
        result.append(instruction)
        made = instruction.result
        if made is not None and self._is_owned(made):
            if _takes_reference(instruction) and not self._taken_apart.intersection(instruction.operands):
                result.append(IncRef([made]))
            alive[made] = None
        for value in sorted((value for value in last if value in alive), key=self._numbers.__getitem__):
            result.append(DecRef([value], untold=instruction.untold))
            del alive[value]

    def _consume(
        self, values: list[Value], is_last: Callable[[Value], bool], alive: _Values, result: list[Instruction]
    ) -> None:
        """Give up one reference for each of `values`: the last one held, or a new one."""
        for value in values:
            if not is_refcounted(value.type):
                continue
            if value in alive and is_last(value):
                del alive[value]
            else:
                result.append(IncRef([value]))

    def _move(self, call: Apply, ending: set[Value], alive: _Values) -> None:
        """The callee has them for its own, so that they go when CPython lets them go. Of an operand given twice the last one moves."""
        moved = set()
        for number in reversed(range(min(len(call.operands), MOST_MOVED))):
            value = call.operands[number]
            if value in alive and value in ending:
                del alive[value]
                moved.add(number)
        call.moved = frozenset(moved)

    def _terminate(self, terminator: Terminator, alive: _Values, result: list[Instruction]) -> None:
        match terminator:
            case Branch(edges=[edge]):
                result += self._edge_counts(edge, alive, terminator)
            case Return() | Fail() | Deopt() | Unreachable():
                remaining = dict(alive)
                if isinstance(terminator, Return):
                    self._consume(terminator.operands, lambda _: True, remaining, result)
                if not isinstance(terminator, Unreachable):
                    result += [DecRef([value], untold=terminator.untold) for value in remaining]
            case _:
                terminator.edges = [self._split(edge, alive, terminator) for edge in terminator.edges]
        result.append(terminator)

    def _edge_counts(self, edge: Edge, alive: _Values, leaving: Instruction) -> list[Instruction]:
        counts: list[Instruction] = []
        remaining, used = dict(alive), self._entries[edge.target]
        self._consume(edge.arguments, lambda value: value not in used, remaining, counts)
        counts += [DecRef([value], untold=leaving.untold) for value in remaining if value not in used]
        return counts

    def _split(self, edge: Edge, alive: _Values, leaving: Instruction) -> Edge:
        """An edge that does its counts, in a block of its own if there are any."""
        counts, handler = self._edge_counts(edge, alive, leaving), edge is leaving.handler
        if not counts:
            return edge
        status = [Value(STATUS, "status")] if handler else []
        block = Block(f"release{len(self._splits)}", list(status))
        onward = Edge(edge.target, [*status, *edge.arguments])
        block.instructions = [*counts, Branch([], edges=[onward])]
        self._splits.append(block)
        return Edge(block)


def _untold_in(block: Block) -> tuple[Untold, ...]:
    """At its start."""
    return next(item.untold for item in block.instructions if not isinstance(item, Constant | LoadConstant))


def _taken(instruction: Instruction) -> list[Value]:
    """The operands of which it takes a reference."""
    if isinstance(instruction, Apply):
        c = instruction.primitive.lowering.c
        return [instruction.operands[number] for number in c.taken] if c is not None else []
    return instruction.operands if isinstance(instruction, MakeTuple | StoreLocal) else []


def _takes_last(instruction: Apply) -> bool:
    c = instruction.primitive.lowering.c
    return c is not None and c.takes_last


def _is_immortal(instruction: Instruction) -> bool:
    if isinstance(instruction, Apply):
        c = instruction.primitive.lowering.c
        return c is not None and c.ends == Ends.BORROWED
    return isinstance(instruction, LoadConstant) or (isinstance(instruction, Constant) and not is_text(instruction))


def _takes_reference(instruction: Instruction) -> bool:
    """Whether the result is somebody else's until a reference is added."""
    return borrows(instruction) or isinstance(instruction, LoadLocal)
