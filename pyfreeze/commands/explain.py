"""`pyfreeze explain`: the tier report of one source, for people or for programs."""

from __future__ import annotations

from pathlib import Path

import click

from pyfreeze import driver
from pyfreeze.commands.messages import show
from pyfreeze.explain.report import as_json, as_text
from pyfreeze.sources import read_source

_COLOURS = {"native": "green", "native-with-objects": "yellow", "twin": "red"}


def explain_file(file: Path, output_format: str) -> None:
    """Raises DiagnosticError."""
    source = read_source(file)
    report, diagnostics = driver.analyse(source)
    show(diagnostics, source.text)
    if output_format == "json":
        click.echo(as_json(report))
        return
    for line in as_text(report, lambda text, role: click.style(text, fg=_COLOURS.get(role), bold=role == "name")):
        click.echo(line)
