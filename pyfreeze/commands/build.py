"""`pyfreeze build`: several sources, what is wrong with each, and how far it is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyfreeze import driver
from pyfreeze.commands.messages import show
from pyfreeze.diagnostics import Diagnostic, DiagnosticError
from pyfreeze.driver import BuildResult
from pyfreeze.explain.report import added, counted
from pyfreeze.options import Options
from pyfreeze.sources import SourceFile, read_source

if TYPE_CHECKING:
    from rich import progress


def build_files(files: Sequence[Path], out_dir: Path | None, options: Options) -> bool:
    """Build all that can be built and say what is wrong with the others. True if all went well."""
    sources, refused = _read_all(files)
    collisions = _collisions(sources, out_dir)
    show([*refused, *collisions])
    if collisions:
        return False
    results: list[BuildResult] = []
    bar = _Bar(sources, shown=not options.dumps)

    def built(result: BuildResult) -> None:
        bar.hide()
        results.append(result)
        number = f"[{len(results)}/{len(sources)}] " if len(sources) > 1 else ""
        _tell(result, number, to_stderr=bool(options.dumps))
        bar.show(done=len(results))

    bar.show(done=0)
    try:
        driver.build(sources, out_dir, options, built)
    finally:
        bar.hide()
    if len(files) > 1:
        click.echo(_summary(results, len(refused)), err=bool(options.dumps))
    return not refused and all(result.extension is not None for result in results)


def _read_all(files: Sequence[Path]) -> tuple[list[SourceFile], list[Diagnostic]]:
    sources: list[SourceFile] = []
    diagnostics: list[Diagnostic] = []
    for path in dict.fromkeys(files):
        try:
            sources.append(read_source(path))
        except DiagnosticError as error:
            diagnostics += error.diagnostics
    return sources, diagnostics


def _collisions(sources: Sequence[SourceFile], out_dir: Path | None) -> list[Diagnostic]:
    """Two sources that would become the same file, as `a/x.py` and `b/x.py` with `-o`."""
    first: dict[Path, SourceFile] = {}
    found = []
    for source in sources:
        target = driver.extension_path(source, out_dir)
        earlier = first.setdefault(target, source)
        if earlier is not source:
            message = f"would be written to {target}, as {earlier.path} is"
            found.append(Diagnostic("PF505", "error", str(source.path), 0, 0, message, "build them into two folders"))
    return found


def _tell(result: BuildResult, number: str, to_stderr: bool) -> None:
    show(result.diagnostics, result.source.text)
    for stage, text in result.dumps:
        click.echo(f"; ---- {stage} ----\n{text}")
    if result.extension is None or result.report is None:
        if number:
            click.echo(f"{number}{result.source.path}: failed, {result.seconds:.2f} s", err=to_stderr)
        return
    click.echo(f"{number}{result.extension}: {counted(result.report.totals)}, {result.seconds:.2f} s", err=to_stderr)


def _summary(results: Sequence[BuildResult], refused: int) -> str:
    totals = added(result.report.totals for result in results if result.report is not None)
    built = sum(result.extension is not None for result in results)
    failed = len(results) - built + refused
    seconds = sum(result.seconds for result in results)
    outcome = f"{built} {'module' if built == 1 else 'modules'} built" + (f", {failed} failed" if failed else "")
    return f"{outcome}: {counted(totals)}, {seconds:.2f} s"


class _Bar:
    """How many are done and which one is being built; below the lines written so far, and only on a terminal."""

    def __init__(self, sources: Sequence[SourceFile], shown: bool) -> None:
        self._names = [source.module_name for source in sources]
        self._progress: progress.Progress | None = None
        if len(sources) > 1 and shown and sys.stderr.isatty():
            from rich import console, progress  # takes as long to import as a small module to compile

            columns = (
                progress.BarColumn(30),
                progress.MofNCompleteColumn(),
                progress.TimeElapsedColumn(),
                progress.TextColumn("{task.description}"),
            )
            self._progress = progress.Progress(*columns, console=console.Console(stderr=True), transient=True)
            self._task = self._progress.add_task("", total=len(sources))

    def show(self, done: int) -> None:
        if self._progress is not None and done < len(self._names):
            self._progress.update(self._task, completed=done, description=self._names[done])
            self._progress.start()

    def hide(self) -> None:
        """click writes past rich, so the bar must be gone before anything else is written."""
        if self._progress is not None:
            self._progress.stop()
