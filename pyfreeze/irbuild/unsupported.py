"""Why a function stays its twin: the exception that building it ends with."""

from __future__ import annotations

from mypy.nodes import Context


class Unsupported(Exception):
    """The construct at `node` works on objects (code PF1xx). `hint` says what to write instead."""

    def __init__(self, code: str, node: Context, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.line = node.line
        self.column = node.column
        self.message = message
        self.hint = hint


class Consequence(Unsupported):
    """In a survey: what is at `node` depends on something that another reason is about."""

    def __init__(self, node: Context) -> None:
        super().__init__("", node, "")


class Rebuild(Exception):
    """A variable turned out to have a wider type, or to be possibly unset: build the function again."""
