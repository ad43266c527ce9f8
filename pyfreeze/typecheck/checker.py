"""Runs mypy on one module. Whatever the module is, this returns: errors are data, and without a tree all is twins.

The module itself is always parsed and checked; what it imports comes from mypy's cache. The user's mypy configuration
plays no part, so that a build depends on the source alone.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from mypy import build
from mypy.errors import CompileError
from mypy.modulefinder import BuildSource
from mypy.nodes import MypyFile
from mypy.options import Options as MypyOptions

from pyfreeze.sources import SourceFile


@dataclass(frozen=True, slots=True)
class TypeReport:
    """What mypy reports. `column` from 0."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class TypedModule:
    """`tree` is None if mypy could not make one."""

    tree: MypyFile | None
    errors: tuple[TypeReport, ...]


def cache_folder() -> Path:
    """Where pyfreeze keeps what can be made again; PYFREEZE_CACHE_DIR overrides the platform's convention."""
    if chosen := os.environ.get("PYFREEZE_CACHE_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "pyfreeze"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "pyfreeze"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pyfreeze"


def typecheck(source: SourceFile) -> TypedModule:
    """mypy's tree of `source`, with types."""
    name = _name_for_mypy(source.module_name)
    # Under another name without its path, or mypy would find the file twice.
    path = str(source.path) if name == source.module_name else None
    errors: list[str] = []
    try:
        result = build.build(
            [BuildSource(path, name, source.text)],
            _options(),
            flush_errors=lambda _file, messages, _serious: errors.extend(messages),
        )
    except CompileError as error:
        return TypedModule(None, _parsed([*errors, *error.messages]))
    except Exception as error:  # a crash of mypy must not become one of the build
        return TypedModule(None, (TypeReport(0, 0, f"mypy failed: {type(error).__name__}: {error}"),))
    return TypedModule(result.files.get(name), _parsed(errors or result.errors))


def _name_for_mypy(module_name: str) -> str:
    """mypy needs its own stubs of the standard library, so a module of that name is checked under another."""
    if module_name.partition(".")[0] in sys.stdlib_module_names:
        return "_pyfreeze_" + module_name.replace(".", "_")
    return module_name


def _options() -> MypyOptions:
    options = MypyOptions()
    options.export_types = True
    options.preserve_asts = True
    options.incremental = True
    options.check_untyped_defs = True
    options.follow_imports = "silent"
    options.ignore_missing_imports = True
    options.show_column_numbers = True
    options.hide_error_codes = False
    options.python_version = sys.version_info[:2]
    options.allow_redefinition = False
    options.error_summary = False
    folder = cache_folder()
    options.cache_dir = str(folder / "mypy")
    options.mypy_path = [str(_stub_folder(folder))]
    return options


def _stub_folder(cache: Path) -> Path:
    """A folder from which mypy finds the public stub of pyfreeze, however pyfreeze is installed."""
    folder = cache / "stubs"
    target = folder / "pyfreeze" / "__init__.pyi"
    stub = (Path(__file__).parent.parent / "__init__.pyi").read_text(encoding="utf-8")
    try:
        current: str | None = target.read_text(encoding="utf-8")
    except OSError:
        current = None
    if current != stub:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(f".{os.getpid()}")
        temporary.write_text(stub, encoding="utf-8")
        temporary.replace(target)
    return folder


def _parsed(messages: list[str]) -> tuple[TypeReport, ...]:
    """`path:line:column: error: text  [code]` → records; notes are left out."""
    found = []
    for message in messages:
        place, marker, text = message.partition(": error: ")
        if not marker:
            continue
        numbers = [int(part) for part in place.rsplit(":", 2)[1:] if part.isdigit()]
        line, column = [*numbers, 1, 1][:2] if len(numbers) == 2 else ((numbers or [0])[0], 1)
        found.append(TypeReport(line, column - 1, text.strip()))
    return tuple(found)
