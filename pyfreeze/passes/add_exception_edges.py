"""Gives every failing instruction a handler: add the traceback entry, leave with the status. @BUILT → @EXPLICIT.

Where there is a state for the interpreter to go on from, it is saved first.
"""

from __future__ import annotations

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    AddTraceback,
    Block,
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
    unwinding: list[Block] = []
    for block in function.blocks:
        for instruction in block.instructions:
            if not effects_of(instruction).fails or instruction.handler is not None:
                continue
            handler = _handler(instruction, f"unwind{len(unwinding) or ''}")
            unwinding.append(handler)
            instruction.handler = Edge(handler)
            site = instruction.site
            # A poll shows its place in the frame, but only the handler needs the locals.
            kept = Site(site.function, site.position, (), []) if site is not None else None
            instruction.site = kept if isinstance(instruction, Poll) else None
            instruction.resume = None
        if isinstance(block.instructions[-1], Deopt) and block.instructions[-1].resume is not None:
            block.instructions[-1:] = _suspended([], block.instructions[-1])
    function.blocks += unwinding


def _handler(instruction: Instruction, name: str) -> Block:
    status = Value(STATUS, "status")
    handler = Block(name, [status])
    if instruction.site is not None:
        handler.instructions.append(AddTraceback([status], None, instruction.site))
    handler.instructions += _suspended([status], instruction) if instruction.resume is not None else [Fail([status])]
    return handler


def _suspended(status: list[Value], instruction: Instruction) -> list[Instruction]:
    left = Value(STATUS, "left")
    return [Suspend(status, left, resume=instruction.resume), Fail([left])]
