"""Gives every failing instruction a handler: add the traceback entry, leave with the status. @BUILT → @EXPLICIT."""

from __future__ import annotations

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import AddTraceback, Block, Edge, Fail, Poll, Site, Value, effects_of
from pyfreeze.ir.types import STATUS


def add_exception_edges(function: Function) -> None:
    unwinding: list[Block] = []
    for block in function.blocks:
        for instruction in block.instructions:
            if not effects_of(instruction).fails or instruction.handler is not None:
                continue
            site = instruction.site
            assert site is not None, f"{function.name}: a failing instruction without a site"
            status = Value(STATUS, "status")
            handler = Block(f"unwind{len(unwinding) or ''}", [status])
            handler.instructions = [AddTraceback([status], None, site), Fail([status])]
            unwinding.append(handler)
            instruction.handler = Edge(handler)
            # A poll shows its place in the frame, but only the handler needs the locals.
            instruction.site = Site(site.function, site.position, (), []) if isinstance(instruction, Poll) else None
    function.blocks += unwinding
