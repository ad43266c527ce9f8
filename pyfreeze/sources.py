"""Reading a source file: its text, and the name it is imported by."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from pyfreeze.diagnostics import Diagnostic, DiagnosticError


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`module_name` is dotted; `data` are the file's bytes, `text` their decoding (PEP 263)."""

    path: Path
    module_name: str
    text: str
    data: bytes

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def init_symbol(self) -> str:
        """The function that CPython looks for in the extension module (PEP 489, "Export Hook Name")."""
        name = self.module_name.rpartition(".")[2]
        if name.isascii():
            return f"PyInit_{name}"
        return "PyInitU_" + name.encode("punycode").decode("ascii").replace("-", "_")


def read_source(path: Path, module_name: str | None = None) -> SourceFile:
    """A module, called as its folders say unless `module_name` is given.

    Raises DiagnosticError: missing, unreadable, undecodable, or not importable under its name.
    """
    if path.suffix != ".py":
        raise _refused("PF501", path, "is no .py file", "name a Python source file")
    data = _read(path)
    parts = _named(path) if module_name is None else module_name.split(".")
    return SourceFile(path, _checked_name(path, parts), _decoded(path, data), data)


def read_program(path: Path) -> SourceFile:
    """A file to be run as `__main__`: no name is refused, and no package contains it. Raises DiagnosticError."""
    data = _read(path)
    name = re.sub(r"^(?=\d)|\W", "_", path.stem, flags=re.ASCII)
    return SourceFile(path, name, _decoded(path, data), data)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _refused("PF501", path, "does not exist", "check the path") from None
    except PermissionError as error:
        raise _refused("PF501", path, f"cannot be read: {error.strerror}", "check its permissions") from None
    except IsADirectoryError:
        raise _refused("PF501", path, "is a folder", "name the files in it that are to be compiled") from None
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise _refused("PF501", path, message, "check the path") from None


def _decoded(path: Path, data: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        message = f"cannot be decoded: {error}"
        raise _refused("PF502", path, message, "save it as UTF-8, or declare its encoding (PEP 263)") from None


def _named(path: Path) -> list[str]:
    """The packages that contain the file, then its own name."""
    absolute = path.absolute()
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = absolute.parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    return parts or [absolute.parent.name]


def _checked_name(path: Path, parts: list[str]) -> str:
    for part in parts:
        if not part.isidentifier():
            message = f"`{part}` is no name that can be imported as an extension module"
            raise _refused("PF503", path, message, "rename it: letters, digits and underscores")
    return ".".join(parts)


def _refused(code: str, path: Path, message: str, hint: str) -> DiagnosticError:
    return DiagnosticError((Diagnostic(code, "error", str(path), 0, 0, message, hint),))
