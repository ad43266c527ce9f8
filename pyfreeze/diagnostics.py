"""What pyfreeze tells its users: a code, a place, a reason, and what to write instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

CATALOGUE = {
    "PF101": "statement that works on objects",
    "PF102": "expression that works on objects",
    "PF103": "parameter without annotation",
    "PF104": "parameter or result that is an object",
    "PF105": "variable that may have values of different types",
    "PF106": "call of something that is not compiled",
    "PF107": "variables shared with another function",
    "PF108": "generator or coroutine",
    "PF109": "*args or **kwargs",
    "PF111": "callee that is decorated or bound more than once",
    "PF112": "text or container",
    "PF114": "argument of another type than its parameter",
    "PF115": "no type information",
    "PF116": "statement that cannot be left half done",
    "PF117": "element of a NumPy array that is not converted",
    "PF118": "parameter with objects that is set anew",
    "PF190": "internal error of the compiler; the function keeps its twin",
    "PF401": "type error found by mypy",
    "PF402": "identity of values, which is unspecified",
    "PF403": "frozen value that becomes an object in each turn of a loop",
    "PF501": "source file that cannot be read",
    "PF502": "source text that cannot be decoded",
    "PF503": "name that cannot be imported",
    "PF504": "syntax error",
    "PF505": "output that cannot be written",
    "PF506": "no linker, or linking failed",
    "PF507": "internal error of the compiler",
    "PF508": "incomplete installation of pyfreeze",
    "PF509": "setting in pyproject.toml that is not understood",
    "PF510": "program that `python -m` no longer runs",
}
"""All codes. PF1xx: why a function does not compute with values alone; PF4xx: suspicious; PF5xx: the build itself."""


_APART = "move the calculation into a function of its own that takes and returns numbers: that one computes with plain values"

HINTS = {
    "PF101": _APART,
    "PF102": _APART,
    "PF103": "annotate it: int, float, bool, or a type of pyfreeze such as int64",
    "PF104": "annotate int, float, bool, a type of pyfreeze such as int64, a tuple of those, or such a type | None; otherwise "
    + _APART,
    "PF105": "use two names, or convert: float(n), int64(n)",
    "PF106": "call it outside of the calculation, and hand the result over as a parameter",
    "PF107": "hand the variables over as parameters and results",
    "PF108": _APART,
    "PF109": "name each parameter",
    "PF111": "call an undecorated function that does the work, and decorate another that calls it too",
    "PF112": _APART,
    "PF114": "convert the argument: float(n), int64(n)",
    "PF115": "define each function on a line of its own",
    "PF117": "convert it: float64(a[i]), int(a[i]), or assign it to a name with a value annotation, `x: float64 = a[i]`",
    "PF118": "give the new value a name of its own: `node = n` before `node = node.next`",
    "PF116": "split the statement: what has a side effect in one of its own, its result in a variable",
}
"""What to write instead, where a reason does not say it better itself."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message. `line` from 1 (0: the whole file), `column` from 0."""

    code: str
    severity: Literal["error", "warning", "note"]
    path: str
    line: int
    column: int
    message: str
    hint: str = ""


class DiagnosticError(Exception):
    """Bad input or a build that cannot go on; says everything that is wrong."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("; ".join(diagnostic.message for diagnostic in diagnostics))
        self.diagnostics = diagnostics


class InternalError(Exception):
    """A bug of ours, with where it happened."""

    def __init__(self, stage: str, function: str, message: str) -> None:
        super().__init__(f"{stage}: {function}: {message}")
        self.stage = stage
        self.function = function


def plain(text: str, _role: str) -> str:
    """The style of text that is not for a terminal."""
    return text


def render(
    diagnostics: Iterable[Diagnostic], source: str | None = None, style: Callable[[str, str], str] = plain
) -> str:
    """All messages sorted by place, each with its source line if `source` is given.

    `style(text, role)` may colour a part; roles are the severities, `place` and `hint`.
    """
    # Not splitlines(): a form feed or U+2028 does not end a line of Python.
    lines = source.split("\n") if source is not None else []
    blocks = []
    for item in sorted(diagnostics, key=lambda item: (item.path, item.line, item.column, item.code)):
        place = f"{item.path}:{item.line}:{item.column + 1}" if item.line else item.path
        block = [
            f"{style(place + ':', 'place')} {style(item.severity + ':', item.severity)} {item.message} [{item.code}]"
        ]
        if 0 < item.line <= len(lines):
            text = lines[item.line - 1]
            block += [f"    {text}", f"    {_blank(text[: item.column])}{style('^', item.severity)}"]
        if item.hint:
            block.append(f"    {style('hint:', 'hint')} {item.hint}")
        blocks.append("\n".join(block))
    return "\n".join(blocks)


def _blank(text: str) -> str:
    """As wide as `text` on a terminal."""
    widths = {"W": "  ", "F": "  "}
    return "".join("\t" if letter == "\t" else widths.get(unicodedata.east_asian_width(letter), " ") for letter in text)
