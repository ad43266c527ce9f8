"""Polls for signals and other threads at the entry of recursive functions; loops have their polls from irbuild."""

from __future__ import annotations

from pyfreeze.analysis.call_graph import recursive_functions
from pyfreeze.ir.function import Module
from pyfreeze.ir.instructions import PointKind, Poll, Position, ResumeState, Site


def add_entry_polls(module: Module) -> None:
    for name in recursive_functions(module):
        function = module.functions[name]
        line = function.line
        names = tuple(value.name for value in function.parameters)
        site = Site(name, Position(line, 0, line, 0), names, list(function.parameters))
        poll = Poll([], None, site)
        if function.impure:
            poll.resume = ResumeState(PointKind.START, site.position, 0, names, list(function.parameters), [])
        function.entry.instructions.insert(0, poll)
