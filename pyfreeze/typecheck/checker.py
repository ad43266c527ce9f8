"""Runs mypy on one module. Whatever the module is, this returns: errors are data, and without a tree all is twins.

The module itself is always parsed and checked; what it imports comes from mypy's cache. The user's mypy configuration
plays no part, so that a build depends on the sources alone.

mypy can be shown pyfreeze with one of two faces. NOMINAL has the value types as classes, so that `int64` is found in the
types of expressions; PUBLIC is what the user's own type checker sees. The errors that are reported are always those of
the public face: if the nominal run finds any, the module is checked again.
"""

from __future__ import annotations

import enum
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mypy import build
from mypy.errors import CompileError
from mypy.modulefinder import BuildSource
from mypy.nodes import Expression, MypyFile
from mypy.options import Options as MypyOptions
from mypy.types import Type

from pyfreeze.sources import SourceFile
from pyfreeze.typecheck.cache import cache_folder, stub_folder
from pyfreeze.typecheck.value_types import FIXED_INT_NAMES, FLOAT_NAMES, ValueTypes

__all__ = ["Face", "TypeReport", "TypedModule", "cache_folder", "typecheck"]


class Face(enum.Enum):
    """Which stub of pyfreeze mypy is shown. The values name its caches."""

    PUBLIC = "public"
    NOMINAL = "nominal"


@dataclass(frozen=True, slots=True)
class TypeReport:
    """What mypy reports. `line` from 1 (0: no place), `column` from 0. `code` is mypy's, `syntax`, or `crash`."""

    line: int
    column: int
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class TypedModule:
    """`tree` is None if mypy could not make one; then `errors` says why. `types` are those of its expressions."""

    tree: MypyFile | None
    errors: tuple[TypeReport, ...]
    types: Mapping[Expression, Type] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Run:
    """What one run of mypy gave. `blocked`: no tree because of an error; `elsewhere`: one in another file."""

    module: TypedModule
    blocked: bool = False
    elsewhere: bool = False
    knows_pyfreeze: bool = False


def typecheck(source: SourceFile, face: Face = Face.PUBLIC) -> TypedModule:
    """mypy's tree of `source`, with types. Never raises for what the source holds."""
    run = _checked(source, face)
    if face is Face.PUBLIC or not run.module.errors or not run.knows_pyfreeze or run.module.tree is None:
        return run.module
    nominal = run.module
    conversions = [error for error in nominal.errors if _is_bad_conversion(error)]
    shown = _checked(source, Face.PUBLIC).module.errors
    places = {error.line for error in shown}
    errors = [*shown, *(error for error in conversions if error.line not in places)]
    errors.sort(key=lambda error: (error.line, error.column))
    return TypedModule(nominal.tree, tuple(errors), nominal.types)


_CONVERSION = re.compile(r'Argument 1 to "(\w+)" has incompatible type')


def _is_bad_conversion(error: TypeReport) -> bool:
    """`int64("3")`: TypeError at run time, but to the public stub it is `int("3")`."""
    found = _CONVERSION.match(error.message)
    return found is not None and f"pyfreeze.{found[1]}" in (*FIXED_INT_NAMES, *FLOAT_NAMES)


def _checked(source: SourceFile, face: Face) -> _Run:
    """mypy's best answer: with less and less of the surroundings, until one comes."""
    name = _name_for_mypy(source)
    run = _run(source, name, face)
    if run.blocked and any(error.message.startswith(_NO_PACKAGE) for error in run.module.errors):
        name = "_pyfreeze_package." * _levels(source.text) + name
        run = _run(source, name, face)
    if run.blocked and run.elsewhere:  # an error in what it imports: go without
        run = _run(source, name, face, surroundings=False)
    if run.module.tree is None and not run.blocked:  # a crash, perhaps of a damaged or locked cache
        run = _run(source, name, face, surroundings=False, cached=False)
    return run


_NO_PACKAGE = "No parent module"
"""mypy refuses a relative import at the top level, where CPython raises only when it is executed."""


def _levels(text: str) -> int:
    """How far up the relative imports go."""
    return max((len(dots) for dots in re.findall(r"^\s*from\s*(\.+)", text, re.MULTILINE)), default=1)


def _run(source: SourceFile, name: str, face: Face, *, surroundings: bool = True, cached: bool = True) -> _Run:
    options = _options(face, cached)
    text = _without_configuration(source.text)
    if text != source.text and hasattr(options, "native_parser"):
        options.native_parser = False  # it would read the file itself
        options.cache_dir += "-text" if cached else ""  # mypy's cache is for one parser
    if not surroundings:
        options.follow_imports = "skip"
    elif (root := _import_root(source)) is not None:
        options.mypy_path = [str(root)]
    messages: list[str] = []
    try:
        result = build.build(
            [BuildSource(str(source.path), name, text)],
            options,
            # The folder goes first in the search, and keeps mypy from searching the working directory.
            alt_lib_path=str(stub_folder(nominal=face is Face.NOMINAL)),
            flush_errors=lambda _file, lines, _serious: messages.extend(lines),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            extra_plugins=[ValueTypes(options)] if face is Face.NOMINAL else [],
        )
    except CompileError as error:
        reports = list(_parsed([*messages, *error.messages]))
        own = tuple(report for file, report in reports if _is_file(file, source.path))
        # A blocking error in another file is not this module's.
        elsewhere = len(own) < len(reports) or not reports
        return _Run(TypedModule(None, own), blocked=True, elsewhere=elsewhere)
    except (Exception, SystemExit) as error:  # a crash of mypy must not become one of the build
        text = f"mypy failed: {type(error).__name__}: {error}"
        return _Run(TypedModule(None, (TypeReport(0, 0, text, "crash"),)))
    errors = tuple(report for file, report in _parsed(messages) if _is_file(file, source.path))
    if _is_ignored(source.text):
        errors = ()
    state = result.graph.get(name)
    tree = state.tree if state is not None else None
    return _Run(TypedModule(tree, errors, result.types), knows_pyfreeze="pyfreeze" in result.graph)


_HEADER = re.compile(r"(?:[ \t\f]*(?:#[^\n]*)?\n)*")
_INLINE = re.compile(r"^(# mypy):", re.MULTILINE)
_IGNORED = re.compile(r"^(\s*#\s*type):(?=\s*ignore\s*(?:#|$))", re.MULTILINE)


def _without_configuration(text: str) -> str:
    """`text` without comments that configure mypy for the whole file: some make it pass over the functions' bodies."""
    header = _HEADER.match(text)
    end = header.end() if header is not None else 0
    return _IGNORED.sub(r"\1;", _INLINE.sub(r"\1;", text[:end])) + _INLINE.sub(r"\1;", text[end:])


def _is_ignored(text: str) -> bool:
    """Whether the user wants no errors of this file."""
    header = _HEADER.match(text)
    ignored = header is not None and _IGNORED.search(header.group()) is not None
    return (
        ignored
        or re.search(r"^# mypy: *ignore[-_]errors *(?:$|= *true)", text, re.IGNORECASE | re.MULTILINE) is not None
    )


_RESERVED = frozenset(sys.stdlib_module_names | {"typing_extensions", "_typeshed", "mypy_extensions", "pyfreeze"})


def _is_reserved(source: SourceFile) -> bool:
    """Whether mypy has stubs of its own for the module's name, which must stay what others import."""
    return source.module_name.partition(".")[0] in _RESERVED


def _name_for_mypy(source: SourceFile) -> str:
    """A module whose name is reserved is checked under another. Its package stays, for relative imports."""
    if not _is_reserved(source):
        return source.module_name
    package, _, name = source.module_name.rpartition(".")
    return f"{package}._pyfreeze_{name}" if package and not source.is_package else f"_pyfreeze_{name}"


def _import_root(source: SourceFile) -> Path | None:
    """The folder that the module's top-level package is in: its neighbours can be imported.

    Not for the standard library, where mypy's stubs are better, nor in site-packages, which mypy searches itself.
    """
    folders, depth = source.path.absolute().parents, source.module_name.count(".") + source.is_package
    root = folders[min(depth, len(folders) - 1)]  # a build may map deep packages to folders that are not
    if _is_reserved(source) or root.name in ("site-packages", "dist-packages"):
        return None
    return root


def _options(face: Face, cached: bool) -> MypyOptions:
    options = MypyOptions()
    options.export_types = True
    options.preserve_asts = True
    options.incremental = True
    options.cache_dir = str(cache_folder() / f"mypy-{face.value}") if cached else os.devnull
    options.check_untyped_defs = True
    options.follow_imports = "silent"
    options.ignore_missing_imports = True
    options.python_version = sys.version_info[:2]
    options.python_executable = sys.executable
    options.output = "json"
    options.show_column_numbers = True
    options.error_summary = False
    options.raise_exceptions = True
    return options


def _parsed(lines: list[str]) -> Iterator[tuple[str, TypeReport]]:
    """mypy's JSON lines → file and record; notes are left out."""
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            yield "", TypeReport(0, 0, line)
            continue
        if record["severity"] == "error":
            column = max(int(record["column"]), 0)
            yield (
                record["file"] or "",
                TypeReport(max(int(record["line"]), 0), column, record["message"], record["code"] or ""),
            )


def _is_file(shown: str, path: Path) -> bool:
    return os.path.abspath(shown) == os.path.abspath(path)
