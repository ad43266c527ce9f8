"""Calls of functions that have rows on numbers, of `math` and the builtins, in framed functions.

What a name means is a guess (`Function.known_names`), which the copy that relies on it tests where the name is looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pyfreeze.analysis.object_kinds import Kind, Known, KnownCalls, operation_of
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Block, Instruction, LoadConstant, Value, use_counts
from pyfreeze.ir.types import BOOL, FLOAT64
from pyfreeze.primitives import TABLE

_ROUNDING = {
    "math.floor": "floor",
    "math.ceil": "ceil",
    "math.trunc": "trunc",
    "builtins.round": "round",
    "builtins.int": "trunc",
}


def _functions() -> Mapping[str, Known]:
    """By what they are called with their module's name."""
    found = {}
    for name, row in TABLE.items():
        plain = row.python is None or not row.python.keywords
        if name.startswith("math.") and set(row.operands) == {FLOAT64} and row.result in (FLOAT64, BOOL) and plain:
            result = Kind.FLOAT if row.result == FLOAT64 else Kind.BOOL
            found[name] = Known(name, name, len(row.operands), result)
    for name, rounding in _ROUNDING.items():
        found[name] = Known(name, f"unboxed.{rounding}", 1, Kind.INT)
    found["builtins.float"] = Known("builtins.float", "", 1, Kind.FLOAT)
    return found


FUNCTIONS = _functions()


def known_calls(function: Function) -> KnownCalls:
    found = KnownCalls({}, {})
    if not function.known_names:
        return found
    uses = use_counts(function.instructions())
    for block in function.blocks:
        _look_in(block, function.known_names, uses, found)
    return found


def _look_in(block: Block, names: Mapping[str, str], uses: Counter[Value], found: KnownCalls) -> None:
    made = {item.result: item for item in block.instructions if item.result is not None}

    def only_here(value: Value) -> Instruction | None:
        return made.get(value) if uses[value] == 1 else None

    for call in block.instructions:
        if operation_of(call) not in ("call", "call_method"):
            continue
        lookup = only_here(call.operands[0])
        if lookup is None:
            continue
        of_global, name = operation_of(lookup) == "load_global", _name_of(lookup, made)
        owner = None
        if operation_of(lookup) in ("load_method", "getattr"):
            owner = only_here(lookup.operands[0])
        if owner is not None and operation_of(owner) == "load_global":
            what = f"{names.get(_name_of(owner, made), '')}.{name}"
        elif of_global:
            what = names.get(name, "")
        else:
            continue
        known = FUNCTIONS.get(what)
        if known is None or known.count != len(call.operands) - 1:
            continue
        found.calls[call], found.loads[lookup] = known, what
        if owner is not None:
            found.loads[owner] = what.partition(".")[0]


def _name_of(lookup: Instruction, made: Mapping[Value, Instruction]) -> str:
    name = made.get(lookup.operands[-1]) if lookup.operands else None
    return name.shown if isinstance(name, LoadConstant) else ""
