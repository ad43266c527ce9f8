"""The native functions that a framed function may call on unboxed numbers, and what such a call needs and gives."""

from __future__ import annotations

from dataclasses import dataclass

from pyfreeze.analysis.call_graph import reachable
from pyfreeze.ir.function import Function, Module
from pyfreeze.ir.instructions import Apply, Poll
from pyfreeze.ir.types import BOOL, FLOAT64, INT, INT64, Type

_NUMBERS = frozenset({INT64, INT, FLOAT64})
_RESULTS = _NUMBERS | {BOOL}


@dataclass(frozen=True, slots=True)
class NativeCallee:
    """A native function of the module without side effects: it may be started again where it cannot end.

    lets_others_run: whether it may, in a poll, so that the caller's frame has to be told what is in the variables
    """

    name: str
    parameters: tuple[Type, ...]
    result: Type
    lets_others_run: bool


def native_callees(module: Module) -> dict[str, NativeCallee]:
    """By the name of the global that has the function."""
    letting, found = letting_others_run(module), {}
    for name, function in module.functions.items():
        if _is_callable(function):
            types = tuple(parameter.type for parameter in function.parameters)
            found[name] = NativeCallee(name, types, function.result, name in letting)
    return found


def letting_others_run(module: Module) -> frozenset[str]:
    """Functions in whose calls signal handlers and other threads may run."""
    reached = reachable(module)
    polling = {name for name, function in module.functions.items() if _polls(function)}
    return frozenset(name for name in module.functions if polling & {name, *reached[name]})


def _is_callable(function: Function) -> bool:
    if "." in function.name or function.is_specialised or function.impure or function.result not in _RESULTS:
        return False
    return all(parameter.type in _NUMBERS for parameter in function.parameters)


def _polls(function: Function) -> bool:
    return any(isinstance(item, Poll) or _may_take_long(item) for item in function.instructions())


def _may_take_long(item: object) -> bool:
    """Operations on huge numbers poll first."""
    return (
        isinstance(item, Apply)
        and item.primitive.python is not None
        and any(operand.type == INT for operand in item.operands)
    )
