"""Which native function calls which: recursion, and what a function assumes together with all it may call."""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.ir.function import Binding, Function, Module
from pyfreeze.ir.instructions import Call


def callees(function: Function) -> frozenset[str]:
    """Names of the functions that `function` calls directly."""
    return frozenset(instruction.function for instruction in function.instructions() if isinstance(instruction, Call))


def reachable(module: Module) -> dict[str, frozenset[str]]:
    """For each function, all functions that a call of it may run, itself only if it is recursive."""
    direct = {name: callees(function) for name, function in module.functions.items()}
    return {name: _closure(name, direct) for name in module.functions}


def _closure(start: str, direct: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(direct[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(direct[name])
    return frozenset(found)


def recursive_functions(module: Module) -> frozenset[str]:
    """Functions that a call of them may call again."""
    return frozenset(name for name, found in reachable(module).items() if name in found)


def transitive_bindings(module: Module) -> dict[str, frozenset[Binding]]:
    """For each function, what it and everything it may call assume."""
    return {
        name: frozenset(binding for used in (name, *sorted(found)) for binding in module.functions[used].bindings)
        for name, found in reachable(module).items()
    }
