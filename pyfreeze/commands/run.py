"""`pyfreeze run`: a program's extension in the cache, and running that as Python would run the source.

The driver is imported only to build: a program that is in the cache starts without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from dataclasses import replace
from pathlib import Path

import pyfreeze
from pyfreeze.commands.compare import compare
from pyfreeze.commands.messages import show
from pyfreeze.diagnostics import Diagnostic, DiagnosticError
from pyfreeze.options import Options
from pyfreeze.sources import SourceFile, read_program
from pyfreeze.typecheck.cache import cache_folder

_KEPT_FOR = 30 * 24 * 3600.0
"""Seconds."""


def run_program(file: Path, arguments: tuple[str, ...], options: Options, comparing: bool) -> int:
    """Returns the program's exit status; where the platform can, never returns but becomes the program."""
    source = read_program(file)
    _refuse_hidden_runtime(file)
    extension = _cached_extension(source, options)
    # Not `-m pyfreeze.run_main`: that would take a folder `pyfreeze` in the current one first.
    runner = str(Path(pyfreeze.__file__).with_name("run_main.py"))
    compiled = [sys.executable, runner, str(extension), source.module_name, str(file), *arguments]
    if comparing:
        return compare([sys.executable, str(file), *arguments], compiled)
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: closed
        stream.flush()
    if sys.platform != "win32":
        os.execv(sys.executable, compiled)  # signals, the terminal and the exit status are the program's own
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program
    return subprocess.run(compiled, check=False).returncode


def _refuse_hidden_runtime(file: Path) -> None:
    """Raises DiagnosticError if the program finds a pyfreeze without a runtime beside it, such as a source tree."""
    folder = file.resolve().parent
    beside = folder / "pyfreeze"
    if sys.flags.safe_path or not beside.is_dir() or beside == Path(pyfreeze.__file__).resolve().parent:
        return
    check = "import sys; sys.path[0] = sys.argv[1]; import pyfreeze._runtime"
    found = subprocess.run([sys.executable, "-c", check, str(folder)], capture_output=True, check=False)
    if found.returncode != 0:
        message = f"the program would import pyfreeze from {beside}, which has no runtime, and not the installed one"
        hint = f"move the program to another folder, or install the other one: pip install -e {folder}"
        raise DiagnosticError((Diagnostic("PF508", "error", str(file), 0, 0, message, hint),))


def _cached_extension(source: SourceFile, options: Options) -> Path:
    """The extension module of just this source, these options, this pyfreeze and this Python; built if need be."""
    key = hashlib.sha256(source.data)
    path = str(source.path.absolute())  # it is in the code's file names
    version = (pyfreeze.__version__, sys.version, sysconfig.get_config_var("EXT_SUFFIX"), _compiler_state())
    key.update(repr((path, options, *version, _processor())).encode())
    programs = cache_folder() / "run"
    target = programs / key.hexdigest()[:32] / f"{source.module_name}.so"
    if target.exists():
        with contextlib.suppress(OSError):
            os.utime(target.parent)
    else:
        _forget_old(programs)
        _build(source, target, options)
    return target


def _build(source: SourceFile, target: Path, options: Options) -> None:
    from pyfreeze import driver

    try:
        result = driver.compile_module(source, target, options)
    except DiagnosticError as error:
        hint = "set PYFREEZE_CACHE_DIR to a folder that can be written"
        unwritable = (replace(item, hint=hint) if item.code == "PF505" else item for item in error.diagnostics)
        raise DiagnosticError(tuple(unwritable)) from None
    show(result.diagnostics, source.text)


def _forget_old(programs: Path) -> None:
    """Remove programs that were not run for a month."""
    with contextlib.suppress(OSError):
        for folder in programs.iterdir():
            if time.time() - folder.stat().st_mtime > _KEPT_FOR:
                shutil.rmtree(folder, ignore_errors=True)


def _compiler_state() -> int:
    """Changes with the compiler's own files, so that a program in the cache is never an older compiler's."""
    root = Path(pyfreeze.__file__).parent
    return max(path.stat().st_mtime_ns for path in root.rglob("*") if path.suffix in (".py", ".pyi", ".so", ".pyd"))


def _processor() -> str:
    """What `--cpu native` depends on: the cache may be on a disk that several machines share."""
    try:
        lines = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
    except OSError:
        return platform.processor()
    return "".join(line for line in lines if line.startswith(("model name", "flags", "Features")))
