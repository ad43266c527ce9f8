"""Which functions have side effects, so that a call of one must not be started again."""

from __future__ import annotations

from pyfreeze.analysis.call_graph import reachable
from pyfreeze.ir.function import Function, Module
from pyfreeze.ir.instructions import effects_of


def impure_functions(module: Module, assume_impure: bool = False) -> frozenset[str]:
    """Functions that write or call one that does; all of them if that is assumed."""
    writing = {name for name, function in module.functions.items() if assume_impure or _writes(function)}
    reached = reachable(module)
    return frozenset(name for name in module.functions if name in writing or writing & reached[name])


def _writes(function: Function) -> bool:
    return any(effects_of(item).writes for item in function.instructions())
