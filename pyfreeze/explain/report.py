"""Tiers of a module's functions, as data, text and JSON (contract, rule 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pyfreeze.diagnostics import HINTS, Diagnostic, plain

Tier = Literal["native", "native-with-objects", "twin"]
TIERS: tuple[Tier, ...] = ("native", "native-with-objects", "twin")


@dataclass(frozen=True, slots=True)
class FunctionReport:
    """`name` is the qualified name; `reasons` is empty for a native function.

    specialised: of a generic function, the names of what is native: `dot[float64]`
    entered: those of them that a call from Python may enter, in the order in which they are tried
    """

    name: str
    line: int
    tier: Tier
    reasons: tuple[Diagnostic, ...]
    specialised: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleReport:
    path: str
    functions: tuple[FunctionReport, ...]

    @property
    def totals(self) -> dict[str, int]:
        counts: dict[str, int] = dict.fromkeys(TIERS, 0)
        for function in self.functions:
            counts[function.tier] += 1
        return {"functions": len(self.functions), **counts}


def counted(totals: Mapping[str, int]) -> str:
    """For people: `12 functions: 3 native, 8 native-with-objects, 1 twin (91 % native)`; the share is of both kinds."""
    functions = totals["functions"]
    native = functions - totals["twin"]
    share = f" ({100 * native // functions} % native)" if functions else ""
    return f"{functions} functions: " + ", ".join(f"{totals[tier]} {tier}" for tier in TIERS) + share


def added(totals: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The totals of several modules."""
    result = dict.fromkeys(("functions", *TIERS), 0)
    for one in totals:
        for key, number in one.items():
            result[key] += number
    return result


def as_json(report: ModuleReport) -> str:
    """The machine-readable report; its shape is documented in docs/explain.md."""
    functions = [
        {
            "name": function.name,
            "line": function.line,
            "tier": function.tier,
            "reasons": [
                {"code": reason.code, "line": reason.line, "message": reason.message, "hint": _hint(reason)}
                for reason in function.reasons
            ],
            **(
                {"specialised": list(function.specialised), "entered": list(function.entered)}
                if function.specialised
                else {}
            ),
        }
        for function in report.functions
    ]
    return json.dumps({"path": report.path, "functions": functions, "totals": report.totals}, indent=2)


def as_text(report: ModuleReport, style: Callable[[str, str], str] = plain) -> Iterable[str]:
    """Lines for a terminal; `style(text, role)` may colour a part, the roles being the tiers and `name`."""
    for function in report.functions:
        place, name = f"{report.path}:{function.line}", style(function.name, "name")
        yield f"{place}: {name}: {style(function.tier, function.tier)}{_specialised(function)}"
        given = {""}  # a hint that fits several reasons is given with the first
        for reason in function.reasons:
            yield f"    {reason.code} line {reason.line}: {reason.message}"
            if (hint := _hint(reason)) not in given:
                given.add(hint)
                yield f"        {hint}"
    yield f"{report.path}: {counted(report.totals)}"


def _specialised(function: FunctionReport) -> str:
    """What a generic function is native as, and what runs if Python calls it."""
    if not function.specialised:
        return ""
    entered = ", ".join(function.entered)
    others = f"as {entered} if the arguments fit, else its twin" if entered else "its twin runs"
    if function.entered == function.specialised:
        others = "as these if the arguments fit, else its twin"
    return f" as {', '.join(function.specialised)}; called from Python, {others}"


def _hint(reason: Diagnostic) -> str:
    return reason.hint or HINTS.get(reason.code, "")
