"""`pyfreeze doctor`: what a build needs, whether it is there, and a build that proves it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import click

import pyfreeze
from pyfreeze.commands.messages import show
from pyfreeze.diagnostics import DiagnosticError
from pyfreeze.link.linker import find_linker, no_linker
from pyfreeze.options import Options
from pyfreeze.sources import read_source
from pyfreeze.typecheck.cache import cache_folder

_CHECK = "import doctor_check, pyfreeze; print(pyfreeze.is_compiled(doctor_check.double), doctor_check.double(21))"


def examine() -> bool:
    """Print one line for each thing. True if all is well."""
    _line("pyfreeze", pyfreeze.__version__)
    _line("Python", f"{sys.version.split()[0]} ({sys.executable})")
    well = True
    for title, probe in (("runtime", _runtime), ("LLVM", _llvm), ("mypy", _mypy), ("rich", _rich)):
        well &= _probe(title, probe)
    linker = find_linker()
    if linker is None:
        _line("linker", f"missing: {no_linker()}; install a C compiler, or `pip install ziglang`")
    else:
        _line("linker", " ".join(linker))
    _line("cache", str(cache_folder()))
    return well and linker is not None and _test_build()


def _line(title: str, text: str) -> None:
    click.echo(f"{title:13} {text}")


def _probe(title: str, probe: Callable[[], str]) -> bool:
    try:
        _line(title, probe())
    except Exception as error:  # a library that cannot be loaded may raise anything
        _line(title, f"missing: {error}; pip install 'pyfreeze[compiler]'")
        return False
    return True


def _runtime() -> str:
    from pyfreeze import _runtime

    return f"ABI {_runtime.layout()['abi_version']}"


def _llvm() -> str:
    from pyfreeze.codegen import target

    return f"{target.version()} (llvmlite {version('llvmlite')})"


def _mypy() -> str:
    import mypy.build  # noqa: F401

    return version("mypy")


def _rich() -> str:
    import rich.progress  # noqa: F401

    return version("rich")


def _test_build() -> bool:
    from pyfreeze import driver

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "doctor_check.py"
        path.write_text("def double(x: int) -> int:\n    return x + x\n", encoding="utf-8")
        start = time.perf_counter()
        try:
            result = driver.compile_module(read_source(path), driver.extension_path(read_source(path), None), Options())
        except DiagnosticError as error:
            show(error.diagnostics)
            _line("test build", "fails")
            return False
        show(result.diagnostics)
        seconds = time.perf_counter() - start
        finished = subprocess.run(
            [sys.executable, "-c", _CHECK], cwd=folder, capture_output=True, text=True, check=False
        )
    works = finished.stdout.strip() == "True 42"
    _line("test build", f"works ({seconds:.2f} s)" if works else f"fails: {finished.stdout}{finished.stderr}")
    return works
