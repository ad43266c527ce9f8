"""Finds a linker and makes extension modules with it; replaces an old one only when the new one is complete."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from pyfreeze.diagnostics import Diagnostic, DiagnosticError

_DOCTOR = "run `pyfreeze doctor`"


def extension_suffix() -> str:
    """As `.cpython-311-x86_64-linux-gnu.so`."""
    return str(sysconfig.get_config_var("EXT_SUFFIX"))


def find_linker() -> list[str] | None:
    """The command that links shared objects: $CC, the compiler Python was built with, a usual one, or ziglang.

    Its words may be more than one: `ccache gcc`, `gcc -pthread`. A $CC that is not there is not passed over in silence.
    """
    if os.environ.get("CC", "").strip():
        chosen = _words(os.environ["CC"])
        return chosen if chosen and shutil.which(chosen[0]) else None
    for candidate in (str(sysconfig.get_config_var("CC") or ""), "cc", "gcc", "clang"):
        words = _words(candidate)
        if words and shutil.which(words[0]):
            return words
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    return None


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # a quotation mark without its partner
        return []


def no_linker() -> str:
    """What to say when there is none."""
    if chosen := os.environ.get("CC"):
        return f"the C compiler that $CC names, `{chosen}`, is not there"
    return "no C compiler found to link with"


def link_extension(object_code: bytes, target: Path, init_symbol: str) -> None:
    """Write extension module `target`. Raises DiagnosticError; then what was at `target` is as it was."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".pyfreeze-", dir=target.parent) as folder:
            object_file = Path(folder) / "module.o"
            object_file.write_bytes(object_code)
            linked = Path(folder) / target.name
            _link(object_file, linked, target, init_symbol)
            if not linked.exists():
                raise _failure("PF506", target, "the linker reports success and has written nothing", _DOCTOR)
            os.replace(linked, target)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise _failure("PF505", target, message, "choose another folder with -o") from None


def _link(object_file: Path, linked: Path, target: Path, init_symbol: str) -> None:
    """Make `linked`, which messages call `target`."""
    if sys.platform == "win32":
        _link_with_setuptools(object_file, linked, target, init_symbol)
        return
    command = find_linker()
    if command is None:
        raise _failure("PF506", target, no_linker(), "install a C compiler (cc), or `pip install ziglang`")
    flags = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
    whole = [*command, *flags, str(object_file), "-o", str(linked), "-lm"]
    finished = subprocess.run(whole, capture_output=True, text=True, errors="backslashreplace", check=False)
    if finished.returncode != 0:
        said = finished.stderr.strip() or f"`{command[0]}` ends with status {finished.returncode} and says nothing"
        raise _failure("PF506", target, f"linking failed: {said}", _DOCTOR)


def _link_with_setuptools(object_file: Path, linked: Path, target: Path, init_symbol: str) -> None:
    """MSVC's linker is found by setuptools, which knows where Visual Studio keeps it."""
    from setuptools._distutils.ccompiler import new_compiler
    from setuptools._distutils.errors import CompileError, DistutilsPlatformError, LinkError

    compiler = new_compiler()
    libraries = [str(Path(sys.base_prefix) / "libs")]
    try:
        compiler.link_shared_object(
            [str(object_file)], str(linked), library_dirs=libraries, export_symbols=[init_symbol]
        )
    except (CompileError, LinkError, DistutilsPlatformError) as error:
        raise _failure("PF506", target, f"linking failed: {error}", _DOCTOR) from None


def _failure(code: str, path: Path, message: str, hint: str) -> DiagnosticError:
    return DiagnosticError((Diagnostic(code, "error", str(path), 0, 0, message, hint),))
