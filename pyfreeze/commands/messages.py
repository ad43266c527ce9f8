"""Diagnostics on standard error, in colour on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

import click

from pyfreeze.diagnostics import Diagnostic, render

_COLOURS = {"error": "red", "warning": "yellow", "note": "blue", "hint": "cyan"}


def show(diagnostics: Iterable[Diagnostic], source: str | None = None) -> None:
    """click takes the colours out where standard error is no terminal."""
    text = render(diagnostics, source, _coloured)
    if text:
        click.echo(text, err=True)


def _coloured(part: str, role: str) -> str:
    return click.style(part, fg=_COLOURS.get(role), bold=role != "hint")
