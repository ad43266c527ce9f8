"""The runtime's function table as the compiler sees it, read from `runtime/include/pyfreeze_slots.h`.

That list is the only description of the table, so that C and compiler cannot drift apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SLOT = re.compile(r"^PF_SLOT\(\s*([^,]+?)\s*,\s*(pf_\w+)\s*,\s*\((.*?)\)\s*\)", re.MULTILINE | re.DOTALL)
_SCALARS = {"int32_t": "i32", "int64_t": "i64", "uint64_t": "i64", "double": "double", "void": "void", "char": "i8"}


@dataclass(frozen=True, slots=True)
class Slot:
    """One entry of the table: its index and LLVM signature."""

    name: str
    index: int
    result: str
    parameters: tuple[str, ...]

    def accessor(self, prefix: str = "", attributes: str = "") -> str:
        """An LLVM function of the slot's name that calls through the table at `@pf_api`; the call has those attributes."""
        names = [f"%a{number}" for number in range(len(self.parameters))]
        arguments = ", ".join(f"{type_} {name}" for type_, name in zip(self.parameters, names, strict=True))
        returning = "ret void" if self.result == "void" else f"ret {self.result} %r"
        assigned = "" if self.result == "void" else "%r = "
        return (
            f"define internal {self.result} @{prefix}{self.name}({arguments}) alwaysinline {{\n"
            f"%table = load ptr, ptr @pf_api, !invariant.load !0\n"
            f"%entry = getelementptr ptr, ptr %table, i64 {self.index}\n"
            f"%function = load ptr, ptr %entry, !invariant.load !0\n"
            f"{assigned}call {self.result} %function({arguments}){attributes}\n{returning}\n}}\n"
        )


@cache
def slots() -> dict[str, Slot]:
    """The slots by name, in table order."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", _header().read_text(encoding="utf-8"), flags=re.DOTALL)
    found = {}
    for index, (result, name, parameters) in enumerate(_SLOT.findall(text)):
        listed = [] if parameters.strip() in ("", "void") else parameters.split(",")
        found[name] = Slot(name, index, _llvm(result), tuple(map(_llvm, listed)))
    return found


def _llvm(declaration: str) -> str:
    if "*" in declaration:
        return "ptr"
    return next(_SCALARS[word] for word in declaration.split() if word in _SCALARS)


def _header() -> Path:
    """Beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "runtime" / "include", package.parent / "runtime" / "include"):
        if (folder / "pyfreeze_slots.h").exists():
            return folder / "pyfreeze_slots.h"
    raise FileNotFoundError("pyfreeze_slots.h: the installation of pyfreeze is incomplete")
