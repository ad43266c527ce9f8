"""Gives every failing instruction a handler: add the traceback entries, leave with the status. @BUILT → @EXPLICIT.

Where there is a state for the interpreter to go on from, it is saved first.
"""

from __future__ import annotations

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    AddTraceback,
    Block,
    Branch,
    Deopt,
    Edge,
    Fail,
    Instruction,
    Poll,
    Site,
    Suspend,
    Value,
    effects_of,
)
from pyfreeze.ir.types import STATUS


def add_exception_edges(function: Function) -> None:
    unwinding = _Unwinding()
    for block in function.blocks:
        for instruction in block.instructions:
            if not effects_of(instruction).fails or instruction.handler is not None:
                continue
            instruction.handler = Edge(unwinding.handler(instruction))
            site = instruction.site
            # A poll shows its place in the frame, but only the handler needs the locals.
            kept = Site(site.function, site.position, (), []) if site is not None else None
            instruction.site = kept if isinstance(instruction, Poll) else None
            instruction.resume = None
        if isinstance(block.instructions[-1], Deopt) and block.instructions[-1].resume is not None:
            block.instructions[-1:] = _suspended([], block.instructions[-1])
    function.blocks += unwinding.blocks


class _Unwinding:
    """The handlers. What comes from inlined callees leads on to the entries of the calls around it, once for each call."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._callers: dict[object, Block] = {}

    def handler(self, instruction: Instruction) -> Block:
        return self._block(instruction.site, instruction)

    def _block(self, site: Site | None, instruction: Instruction) -> Block:
        status = Value(STATUS, "status")
        block = Block(f"unwind{len(self.blocks) or ''}", [status])
        self.blocks.append(block)
        if site is not None:
            own = Site(site.function, site.position, site.local_names, site.local_values)
            block.instructions.append(AddTraceback([status], None, own))
        if site is not None and site.caller is not None:
            outer = self._caller(site.caller, instruction)
            block.instructions.append(Branch([], edges=[Edge(outer, [status])]))
        else:
            block.instructions += (
                _suspended([status], instruction) if instruction.resume is not None else [Fail([status])]
            )
        return block

    def _caller(self, site: Site, instruction: Instruction) -> Block:
        resume = instruction.resume
        key = (
            *((level.function, level.position, level.local_names, *level.local_values) for level in site.levels()),
            (resume.kind, resume.position, resume.number, *resume.values) if resume is not None else None,
        )
        if key not in self._callers:
            self._callers[key] = self._block(site, instruction)
        return self._callers[key]


def _suspended(status: list[Value], instruction: Instruction) -> list[Instruction]:
    left = Value(STATUS, "left")
    return [Suspend(status, left, resume=instruction.resume), Fail([left])]
