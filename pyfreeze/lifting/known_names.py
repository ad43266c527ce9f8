"""What a module's names probably are at run time, as its top level says: modules and functions of the standard library."""

from __future__ import annotations

import dis
from types import CodeType

from pyfreeze.lifting.bytecode import steps

_BUILTINS = ("float", "int", "round")
_STORE_NAMES = ("STORE_GLOBAL", "DELETE_GLOBAL")
_STORES = frozenset(dis.opmap[name] for name in _STORE_NAMES)


def known_names(module: CodeType) -> dict[str, str]:
    """By name, what it is imported from: "math" or "math.sqrt"; of builtins, "builtins.float" and the like.

    Names that are bound to anything else anywhere are left out.
    """
    found: dict[str, set[str]] = {}
    imported = stored = ""
    for step in steps(module):
        name = str(step.value)
        match step.name:
            case "IMPORT_NAME":
                imported = stored = name
            case "IMPORT_FROM":
                stored = f"{imported}.{name}"
            case "STORE_NAME" | "STORE_GLOBAL" | "DELETE_NAME" | "DELETE_GLOBAL":
                found.setdefault(name, set()).add(stored)
                stored = ""
            case _:
                stored = ""
    for name in _stored_inside(module):
        found.setdefault(name, set()).add("")
    for name in _BUILTINS:
        found.setdefault(name, {f"builtins.{name}"})
    return {name: meant.pop() for name, meant in found.items() if len(meant) == 1 and "" not in meant}


def _stored_inside(code: CodeType) -> set[str]:
    """The names that functions store to as globals."""
    found = set()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if not _STORES.isdisjoint(constant.co_code[::2]):  # most do not, and reading them all would take long
                found |= {str(step.value) for step in steps(constant) if step.name in _STORE_NAMES}
            found |= _stored_inside(constant)
    return found
