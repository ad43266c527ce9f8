"""A function's variables as the runtime puts them into a frame: `PfSite.locals`, `PfPoint.locals` and their payloads.

Counterpart: `pf_next_local` in `runtime/src/resume.c`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyfreeze.codegen.symbols import Symbols
from pyfreeze.ir.instructions import Value


def describe_locals(variables: Iterable[str], present: Mapping[str, Value], symbols: Symbols) -> str:
    """Of each variable of the code object its descriptor: after `u` if it may be unset, after `w` if it may be an int."""
    return "".join(_described(name, present, symbols) for name in variables)


def _described(name: str, present: Mapping[str, Value], symbols: Symbols) -> str:
    if name not in present:
        return "-"
    return "u" * (name + "?" in present) + "w" * (name + "#" in present) + symbols.descriptor(present[name].type)


def locals_payload(variables: Iterable[str], present: Mapping[str, Value]) -> list[Value]:
    """The values in the order in which the runtime reads them."""
    return [
        present[key]
        for name in variables
        for key in (f"{name}?", f"{name}#", name)
        if name in present and key in present
    ]
