"""The command line: options and arguments; pyfreeze.commands does the work, imported when it is asked for.

Whatever goes wrong is shown as diagnostics: a user never sees a traceback of ours.
"""

from __future__ import annotations

import errno
import platform
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Literal

import click

import pyfreeze
from pyfreeze.commands.messages import show
from pyfreeze.diagnostics import Diagnostic, DiagnosticError
from pyfreeze.options import Options

Cpu = Literal["native", "baseline"]

INTERNAL_ERROR = 70
"""Exit status after a bug of ours (EX_SOFTWARE)."""


def main() -> None:
    """Run the command line and exit."""
    _clean_up_when_terminated()
    try:
        commands()
    except DiagnosticError as error:
        show(error.diagnostics)
        sys.exit(1)
    except _Terminated as ended:
        sys.exit(128 + ended.signal_number)
    except Exception as error:
        diagnostic = _not_installed(error) or _no_room(error) or _internal(error)
        show((diagnostic,))
        sys.exit(INTERNAL_ERROR if diagnostic.code == "PF507" else 1)


class _Terminated(BaseException):
    """A signal asks us to end. No SystemExit, which mypy's callers take for a crash of mypy."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number


def _clean_up_when_terminated() -> None:
    """End by an exception, so that temporary folders are removed and child processes ended, as they are for Ctrl-C."""

    def handler(number: int, _frame: object) -> None:
        raise _Terminated(number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, handler)


def _no_room(error: Exception) -> Diagnostic | None:
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):
        return None
    return Diagnostic(
        "PF505", "error", "pyfreeze", 0, 0, f"output cannot be written: {error.strerror}", "free some space"
    )


def _not_installed(error: Exception) -> Diagnostic | None:
    if not isinstance(error, ImportError) or (error.name or "").partition(".")[0] not in ("mypy", "llvmlite", "rich"):
        return None
    message = f"the compiler needs `{error.name}`, which cannot be imported: {error}"
    return Diagnostic("PF508", "error", "pyfreeze", 0, 0, message, "pip install 'pyfreeze[compiler]'")


def _internal(error: Exception) -> Diagnostic:
    with tempfile.NamedTemporaryFile("w", prefix="pyfreeze-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(f"pyfreeze {pyfreeze.__version__}, Python {sys.version}, {platform.platform()}\n{sys.argv}\n\n")
        file.writelines(traceback.format_exception(error))
    message = f"internal error of pyfreeze: {type(error).__name__}: {error}"
    return Diagnostic("PF507", "error", "pyfreeze", 0, 0, message, f"please report it, with {file.name}")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(pyfreeze.__version__, prog_name="pyfreeze")
def commands() -> None:
    """Ahead-of-time compiler for type-annotated Python."""


def _list_stages(ctx: click.Context, _parameter: click.Parameter, stages: tuple[str, ...]) -> tuple[str, ...]:
    if not stages:
        return stages
    from pyfreeze.driver import STAGES

    if "list" in stages:
        click.echo("\n".join(STAGES))
        ctx.exit()
    for stage in stages:
        if stage not in STAGES:
            raise click.BadParameter(f"`{stage}` is no stage; --dump=list shows them")
    return stages


def _check_passes(_ctx: click.Context, _parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    if names:
        from pyfreeze.passes.pipeline import PASSES

        optional = [item.name for item in PASSES if not item.required]
        for name in names:
            if name not in optional:
                raise click.BadParameter(f"`{name}` is no pass that can be left out; these are: {', '.join(optional)}")
    return names


_cpu_help = "native: for this machine's processor only. baseline: for every one of its kind."


@commands.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "out_dir", metavar="DIR", type=click.Path(path_type=Path), help="Folder for the extension modules.")
@click.option("--cpu", type=click.Choice(["native", "baseline"]), default="baseline", show_default=True, help=_cpu_help)
@click.option("--strict", is_flag=True, help="Fail on a bug of the compiler instead of leaving a function to its twin.")
@click.option(
    "--dump", metavar="STAGE", multiple=True, callback=_list_stages, is_eager=True, help="Print a stage (list: names)."
)
@click.option(
    "--disable-pass", metavar="PASS", multiple=True, callback=_check_passes, help="Leave out an optimisation."
)
@click.option("--pass-limit", metavar="N", type=click.IntRange(min=0), help="Run only the first N optimisations.")
def build(
    files: tuple[Path, ...],
    out_dir: Path | None,
    cpu: Cpu,
    strict: bool,
    dump: tuple[str, ...],
    disable_pass: tuple[str, ...],
    pass_limit: int | None,
) -> None:
    """Build each FILE into an extension module beside it."""
    from pyfreeze.commands.build import build_files

    options = Options(cpu, strict, frozenset(dump), frozenset(disable_pass), pass_limit)
    sys.exit(0 if build_files(files, out_dir, options) else 1)


@commands.command(context_settings={"allow_interspersed_args": False})
@click.option("--compare", is_flag=True, help="Run interpreted as well; show both times; fail if the output differs.")
@click.option("--cpu", type=click.Choice(["native", "baseline"]), default="native", show_default=True, help=_cpu_help)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("arguments", metavar="[ARGS]...", nargs=-1, type=click.UNPROCESSED)
def run(compare: bool, cpu: Cpu, file: Path, arguments: tuple[str, ...]) -> None:
    """Build FILE into a cache and run it as a program, as `python FILE ARGS` would."""
    from pyfreeze.commands.run import run_program

    sys.exit(run_program(file, arguments, Options(cpu), compare))


@commands.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(file: Path, output_format: str) -> None:
    """Say for each function of FILE how it runs, and what holds it back."""
    from pyfreeze.commands.explain import explain_file

    explain_file(file, output_format)


@commands.command()
def doctor() -> None:
    """Check that everything a build needs is there, with a test build."""
    from pyfreeze.commands.doctor import examine

    sys.exit(0 if examine() else 1)
