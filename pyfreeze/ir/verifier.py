"""Checks a function after a pass. The rules:

1. Every block ends in its only terminator; the entry has no predecessors; edges stay inside the function.
2. Every used value is defined before its use on every path; the result of a failing instruction is not defined on its
   handler edge.
3. Operands and results have the types of the primitive's row; edges give each parameter a value of its type, handlers a
   status first; conditions are bools.
4. @BUILT: failing instructions have a site, and there are no counts or tracebacks. @EXPLICIT and @LOWERED: failing
   instructions have a handler, and each traceback entry is of one call.
5. What may leave an impure function has, @BUILT, a state to go on from, unless a handler answers for it; only there, and
   later only at `Suspend`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyfreeze.ir.dominance import dominance
from pyfreeze.ir.function import Function, Stage, reverse_postorder
from pyfreeze.ir.instructions import (
    AddTraceback,
    Apply,
    Block,
    CheckBindings,
    CondBranch,
    DecRef,
    Deopt,
    Edge,
    Fail,
    IncRef,
    Instruction,
    Return,
    Suspend,
    Terminator,
    Value,
    edges_of,
    effects_of,
    may_leave,
    used_values,
)
from pyfreeze.ir.types import BOOL, STATUS


class VerifierError(Exception):
    """All broken rules of one function."""


def verify(function: Function, stage: Stage) -> None:
    """Raises VerifierError."""
    problems = [*_shape(function), *_types(function), *_stage_rules(function, stage)]
    if not problems:
        problems = list(_definitions(function))
    if problems:
        raise VerifierError(f"{function.name}: " + "; ".join(problems))


def _shape(function: Function) -> Iterator[str]:
    blocks = set(function.blocks)
    for block in function.blocks:
        if not block.instructions or not isinstance(block.instructions[-1], Terminator):
            yield f"^{block.name} has no terminator"
        for instruction in block.instructions[:-1]:
            if isinstance(instruction, Terminator):
                yield f"^{block.name} goes on after a terminator"
        for instruction in block.instructions:
            for edge in edges_of(instruction):
                if edge.target not in blocks:
                    yield f"^{block.name} leads to ^{edge.target.name}, which is not in the function"
                if edge.target is function.entry:
                    yield f"^{block.name} leads to the entry"


def _types(function: Function) -> Iterator[str]:
    for block in function.blocks:
        for instruction in block.instructions:
            yield from _instruction_types(block, instruction, function)
            for edge in edges_of(instruction):
                yield from _edge_types(block, edge, is_handler=edge is instruction.handler)


def _instruction_types(block: Block, instruction: Instruction, function: Function) -> Iterator[str]:
    given = tuple(value.type for value in instruction.operands)
    if isinstance(instruction, Apply):
        row = instruction.primitive
        if given != row.operands or instruction.result is None or instruction.result.type != row.result:
            yield f"^{block.name}: {row.name} is applied to {', '.join(map(str, given))}"
    if isinstance(instruction, CondBranch) and given != (BOOL,):
        yield f"^{block.name}: a condition is no bool"
    if isinstance(instruction, Return) and given != (function.result,):
        yield f"^{block.name}: returns {', '.join(map(str, given))} where {function.result} is declared"
    if isinstance(instruction, AddTraceback) and instruction.site is not None and instruction.site.caller is not None:
        yield f"^{block.name}: one traceback entry for several calls"
    if isinstance(instruction, Suspend) and given not in ((), (STATUS,)):
        yield f"^{block.name}: suspend is given {', '.join(map(str, given))}"
    if isinstance(instruction, Fail | AddTraceback) and given != (STATUS,):
        yield f"^{block.name}: a failure without a status"


def _edge_types(block: Block, edge: Edge, is_handler: bool) -> Iterator[str]:
    given = ([STATUS] if is_handler else []) + [value.type for value in edge.arguments]
    wanted = [value.type for value in edge.target.parameters]
    if given != wanted:
        shown = ", ".join(map(str, given)), ", ".join(map(str, wanted))
        yield f"^{block.name} gives ^{edge.target.name} ({shown[0]}) for ({shown[1]})"


def _stage_rules(function: Function, stage: Stage) -> Iterator[str]:
    for block in function.blocks:
        for instruction in block.instructions:
            fails = effects_of(instruction).fails
            if stage == Stage.BUILT:
                if fails and instruction.site is None and not isinstance(instruction, CheckBindings):
                    yield f"^{block.name}: a failing instruction has no site"
                if isinstance(instruction, IncRef | DecRef | AddTraceback | Fail):
                    yield f"^{block.name}: {type(instruction).__name__} is not allowed at BUILT"
            elif fails and instruction.handler is None:
                yield f"^{block.name}: a failing instruction has no handler"
            yield from _state_rules(function, block, instruction, stage)


def _state_rules(function: Function, block: Block, instruction: Instruction, stage: Stage) -> Iterator[str]:
    wanted = isinstance(instruction, Suspend)
    if stage == Stage.BUILT:
        wanted = function.impure and may_leave(instruction) and instruction.handler is None
        if isinstance(instruction, Suspend):
            yield f"^{block.name}: Suspend is not allowed at BUILT"
    elif function.impure and isinstance(instruction, Deopt):
        yield f"^{block.name}: an impure function ends with deopt"
    if wanted != (instruction.resume is not None):
        yield f"^{block.name}: {type(instruction).__name__} has {'no' if wanted else 'a'} state to go on from"


def _definitions(function: Function) -> Iterator[str]:
    """Each use must be dominated by the definition. Blocks are taken in pieces, which end where a handler may be taken."""
    order = reverse_postorder(function)
    pieces = _pieces(order)
    dominates = dominance(pieces.sources)
    defined: dict[Value, int] = {}
    for block in order:
        piece = pieces.first[block]
        defined.update(dict.fromkeys(block.parameters, piece))
        for instruction in block.instructions:
            for value in used_values(instruction):
                where = defined.get(value)
                if where is None or (where != piece and not dominates(where, piece)):
                    yield f"^{block.name}: {value} is used by {type(instruction).__name__} but not defined on every path"
            if instruction.handler is not None:
                piece += 1
            if instruction.result is not None:
                defined[instruction.result] = piece


@dataclass(slots=True)
class _Pieces:
    """Pieces of blocks, numbered in the blocks' order: the first one of each block, and those that each is entered from."""

    first: dict[Block, int]
    sources: list[list[int]]


def _pieces(order: Sequence[Block]) -> _Pieces:
    pieces = _Pieces({}, [])
    ways: list[tuple[int, Block]] = []
    for block in order:
        pieces.first[block] = len(pieces.sources)
        pieces.sources.append([])
        for instruction in block.instructions:
            piece = len(pieces.sources) - 1
            ways += [(piece, edge.target) for edge in edges_of(instruction)]
            if instruction.handler is not None:
                pieces.sources.append([piece])
    for piece, target in ways:
        pieces.sources[pieces.first[target]].append(piece)
    return pieces
