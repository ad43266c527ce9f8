"""The command line. Imports the compiler inside commands, so that `--version` and `--help` answer at once."""

from __future__ import annotations

import difflib
import hashlib
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

import pyfreeze
from pyfreeze.diagnostics import Diagnostic, DiagnosticError, render
from pyfreeze.options import Options
from pyfreeze.sources import SourceFile, read_source

if TYPE_CHECKING:
    from pyfreeze.driver import BuildResult


class _Group(click.Group):
    """Shows diagnostics instead of tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DiagnosticError as error:
            _show(error.diagnostics)
            ctx.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort, KeyboardInterrupt):
            raise
        except Exception as error:
            _show((_internal(error),))
            ctx.exit(70)


def _internal(error: Exception) -> Diagnostic:
    import tempfile

    with tempfile.NamedTemporaryFile("w", prefix="pyfreeze-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    message = f"internal error of pyfreeze: {type(error).__name__}: {error}"
    return Diagnostic("PF507", "error", "pyfreeze", 0, 0, message, f"please report it, with {file.name}")


def _show(diagnostics: tuple[Diagnostic, ...], source: str | None = None) -> None:
    if diagnostics:
        click.echo(render(diagnostics, source), err=True)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(pyfreeze.__version__, prog_name="pyfreeze")
def main() -> None:
    """Ahead-of-time compiler for type-annotated Python."""


def _build_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--cpu", type=click.Choice(["native", "baseline"]), default="baseline", show_default=True),
        click.option("--strict", is_flag=True, help="Fail on a bug of the compiler instead of falling back."),
        click.option("--disable-pass", multiple=True, metavar="PASS", help="Leave out an optimisation."),
        click.option("--pass-limit", type=int, metavar="N", help="Run only the first N optimisations."),
    ):
        command = option(command)
    return command


def _options(
    cpu: Literal["native", "baseline"],
    strict: bool,
    disabled: tuple[str, ...],
    limit: int | None,
    dump: tuple[str, ...],
) -> Options:
    return Options(cpu, strict, frozenset(dump), frozenset(disabled), limit)


def _read_all(files: tuple[Path, ...]) -> list[SourceFile]:
    """All sources; what is wrong with any of them is told at once."""
    sources: list[SourceFile] = []
    diagnostics: list[Diagnostic] = []
    for path in files:
        try:
            sources.append(read_source(path))
        except DiagnosticError as error:
            diagnostics += error.diagnostics
    if diagnostics:
        raise DiagnosticError(tuple(diagnostics))
    return sources


def _list_stages(ctx: click.Context, _parameter: click.Parameter, stages: tuple[str, ...]) -> tuple[str, ...]:
    from pyfreeze.driver import STAGES

    if "list" in stages:
        click.echo("\n".join(STAGES))
        ctx.exit()
    for stage in stages:
        if stage not in STAGES:
            raise click.BadParameter(f"{stage!r} is not a stage; --dump=list shows them")
    return stages


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "out_dir", type=click.Path(path_type=Path, file_okay=False), help="Folder for the extensions.")
@click.option(
    "--dump",
    multiple=True,
    callback=_list_stages,
    is_eager=True,
    metavar="STAGE",
    help="Print a stage; `list` names them.",
)
@_build_options
def build(
    files: tuple[Path, ...],
    out_dir: Path | None,
    dump: tuple[str, ...],
    cpu: Literal["native", "baseline"],
    strict: bool,
    disable_pass: tuple[str, ...],
    pass_limit: int | None,
) -> None:
    """Build FILES into extension modules beside them."""
    from pyfreeze import driver

    options = _options(cpu, strict, disable_pass, pass_limit, dump)
    sources = _read_all(files)
    many = len(sources) > 1

    def progress(result: BuildResult) -> None:
        _show(result.diagnostics, result.source.text)
        for stage, text in result.dumps:
            click.echo(f"; ---- {stage} ----\n{text}")
        if result.extension is not None and result.report is not None:
            totals = result.report.totals
            counted = f"{totals['native']} of {totals['functions']} functions native"
            number = f"[{progress.count}/{len(sources)}] " if many else ""  # type: ignore[attr-defined]
            click.echo(f"{number}{result.extension}: {counted}, {result.seconds:.2f} s", err=bool(dump))
        progress.count += 1  # type: ignore[attr-defined]

    progress.count = 1  # type: ignore[attr-defined]
    results = driver.build(sources, out_dir, options, progress)
    if any(result.extension is None for result in results):
        sys.exit(1)


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--compare", is_flag=True, help="Run interpreted as well; fail if the output differs.")
@click.option("--cpu", type=click.Choice(["native", "baseline"]), default="native", show_default=True)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(compare: bool, cpu: Literal["native", "baseline"], file: Path, arguments: tuple[str, ...]) -> None:
    """Build FILE into the cache and run it as a program with ARGUMENTS."""
    source = read_source(file)
    extension = _cached_extension(source, Options(cpu))
    name = source.module_name.rpartition(".")[2]
    compiled = [sys.executable, "-m", "pyfreeze.run_main", str(extension), name, str(file), *arguments]
    if not compare:
        sys.exit(subprocess.run(compiled, check=False).returncode)
    _compare([sys.executable, str(file), *arguments], compiled)


def _cached_extension(source: SourceFile, options: Options) -> Path:
    from pyfreeze import driver
    from pyfreeze.typecheck.checker import cache_folder

    key = hashlib.sha256()
    for part in (str(source.path.absolute()), repr(options), pyfreeze.__version__, sys.version, _compiler_state()):
        key.update(part.encode() + b"\0")
    key.update(source.data)
    folder = cache_folder() / "run" / key.hexdigest()[:32]
    target = driver.extension_path(source, folder)
    if not target.exists():
        result = driver.compile_module(source, target, options)
        _show(result.diagnostics, source.text)
    return target


def _compiler_state() -> str:
    """Changes with the compiler's own files, so that a cached program is never an older compiler's."""
    root = Path(pyfreeze.__file__).parent
    return str(max(path.stat().st_mtime_ns for path in root.rglob("*") if path.suffix in (".py", ".so", ".pyd")))


def _compare(interpreted: list[str], compiled: list[str]) -> None:
    standard_input = None if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()
    outcomes, seconds = [], []
    for command in (interpreted, compiled):
        start = time.perf_counter()
        outcomes.append(subprocess.run(command, input=standard_input, capture_output=True, check=False))
        seconds.append(time.perf_counter() - start)
    plain, fast = outcomes
    sys.stdout.buffer.write(fast.stdout)
    sys.stdout.buffer.flush()
    sys.stderr.buffer.write(fast.stderr)
    same = (plain.stdout, plain.stderr, plain.returncode) == (fast.stdout, fast.stderr, fast.returncode)
    click.echo(
        f"interpreted {seconds[0]:.2f} s, compiled {seconds[1]:.2f} s ({seconds[0] / seconds[1]:.1f} times as fast), "
        f"{'same output' if same else 'DIFFERENT output'}"
    )
    if not same:
        _show_difference(plain, fast)
        sys.exit(1)
    sys.exit(fast.returncode)


def _show_difference(plain: subprocess.CompletedProcess[bytes], fast: subprocess.CompletedProcess[bytes]) -> None:
    for name, one, other in (("stdout", plain.stdout, fast.stdout), ("stderr", plain.stderr, fast.stderr)):
        before, after = (data.decode(errors="replace").splitlines() for data in (one, other))
        titles = f"interpreted {name}", f"compiled {name}"
        for line in difflib.unified_diff(before, after, *titles, lineterm="", n=1):
            click.echo(line, err=True)
    if plain.returncode != fast.returncode:
        click.echo(f"exit status {plain.returncode} interpreted, {fast.returncode} compiled", err=True)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(file: Path, format_: str) -> None:
    """Say for each function of FILE how it runs and what holds it back."""
    from pyfreeze import driver
    from pyfreeze.explain.report import as_json, as_text

    source = read_source(file)
    report, diagnostics = driver.analyse(source)
    _show(diagnostics, source.text)
    if format_ == "json":
        click.echo(as_json(report))
    else:
        for line in as_text(report):
            click.echo(line)


@main.command()
def doctor() -> None:
    """Check that everything a build needs is there, with a test build."""
    import tempfile

    from pyfreeze.link.linker import find_linker

    click.echo(f"pyfreeze      {pyfreeze.__version__}")
    click.echo(f"Python        {sys.version.split()[0]} ({sys.executable})")
    problems = False
    for title, probe in (("runtime", _runtime_version), ("LLVM", _llvm_version), ("mypy", _mypy_version)):
        try:
            click.echo(f"{title:13} {probe()}")
        except ImportError as error:
            problems = True
            click.echo(f"{title:13} missing: {error}")
    linker = find_linker()
    click.echo(
        f"linker        {' '.join(linker) if linker else 'missing: install a C compiler, or `pip install ziglang`'}"
    )
    if not problems and linker:
        with tempfile.TemporaryDirectory() as folder:
            problems = not _test_build(Path(folder))
    if problems or not linker:
        sys.exit(1)


def _runtime_version() -> str:
    import pyfreeze._runtime as runtime

    return f"ABI {runtime.layout()['abi_version']}"


def _llvm_version() -> str:
    from pyfreeze.codegen.target import version

    return version()


def _mypy_version() -> str:
    import mypy.version

    return mypy.version.__version__


def _test_build(folder: Path) -> bool:
    from pyfreeze import driver

    path = folder / "doctor_check.py"
    path.write_text("def double(x: int) -> int:\n    return x + x\n", encoding="utf-8")
    start = time.perf_counter()
    result = driver.build([read_source(path)], None, Options())[0]
    if result.extension is None:
        _show(result.diagnostics)
        return False
    script = "import doctor_check, pyfreeze; assert pyfreeze.is_compiled(doctor_check.double); print(doctor_check.double(21))"
    finished = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    works = finished.stdout.strip() == "42"
    click.echo(
        f"test build    {'works' if works else 'fails: ' + finished.stderr} ({time.perf_counter() - start:.2f} s)"
    )
    return works
