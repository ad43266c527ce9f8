"""`[tool.pyfreeze]` in a project's pyproject.toml: its modules become extension modules beside their .py files.

setuptools calls `finalize_distribution_options` in every build of an environment that has pyfreeze, so this file is
light to import and does nothing without that table.

    [tool.pyfreeze]
    modules = ["package/fast.py", "package/kernels/*.py"]
    cpu = "baseline"     # or "native", for this machine's processor only
    strict = false       # true: a bug of the compiler fails the build
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pyfreeze.options import Options

_PROJECT = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class _Settings:
    modules: tuple[Path, ...]
    options: Options


def finalize_distribution_options(distribution: Any) -> None:
    """The entry point of group `setuptools.finalize_distribution_options`."""
    project = Path(_PROJECT)
    if not project.exists():
        return
    with project.open("rb") as file:
        tools = tomllib.load(file).get("tool", {})
    if "pyfreeze" not in tools:
        return
    settings = _settings(tools["pyfreeze"])
    if not settings.modules:
        return
    folders = _folders(tools.get("setuptools", {}))
    extensions = _extensions(settings)
    _rename(extensions, [*folders, *_pairs(distribution.package_dir)])
    _add(extensions, distribution)
    command_class = distribution.get_command_class

    def get_command_class(name: str) -> Any:
        found = command_class(name)
        return _build_ext(found, extensions, folders, settings.options) if name == "build_ext" else found

    # Not `cmdclass`: the project's own build_ext, which may be named only later, stays in use for its other extensions.
    distribution.get_command_class = get_command_class


def _settings(table: Any) -> _Settings:
    """Exits with a message if something is not understood."""
    if not isinstance(table, dict):
        raise _refused("it is no table")
    for key in table.keys() - {"modules", "cpu", "strict"}:
        raise _refused(f"`{key}` is not understood", "the keys are modules, cpu and strict")
    patterns = table.get("modules", [])
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise _refused("`modules` is no list of file names", 'write modules = ["package/fast.py"]')
    modules = dict.fromkeys(path for pattern in patterns for path in _matches(pattern))
    return _Settings(tuple(modules), Options(_cpu(table.get("cpu", "baseline")), _strict(table.get("strict", False))))


def _matches(pattern: str) -> list[Path]:
    if ".." in Path(pattern).parts:
        raise _refused(f"`modules`: `{pattern}` is outside of the project", "paths are relative to pyproject.toml")
    try:
        found = sorted(path for path in Path().glob(pattern) if path.is_file())
    except (ValueError, NotImplementedError) as error:
        raise _refused(f"`modules`: `{pattern}`: {error}", "paths are relative to pyproject.toml") from None
    if not found:
        raise _refused(f"`modules`: `{pattern}` matches no file", "paths are relative to pyproject.toml")
    return found


def _cpu(value: object) -> Literal["native", "baseline"]:
    if value == "native":
        return "native"
    if value == "baseline":
        return "baseline"
    raise _refused(f"`cpu` is {value!r}", 'write "baseline" or "native"')


def _strict(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _refused(f"`strict` is {value!r}", "write true or false")


def _refused(message: str, hint: str = "") -> SystemExit:
    from pyfreeze.diagnostics import Diagnostic, render

    return SystemExit(render([Diagnostic("PF509", "error", _PROJECT, 0, 0, f"[tool.pyfreeze]: {message}", hint)]))


_Folders = list[tuple[str, Path]]
"""Package and the folder that it is in; of the name "": all packages that are not named."""


def _folders(tool_setuptools: dict[str, Any]) -> _Folders:
    """What [tool.setuptools] says, which setuptools itself reads only after it has called us."""
    packages = tool_setuptools.get("packages", {})
    found = packages.get("find", {}).get("where", []) if isinstance(packages, dict) else []
    named = tool_setuptools.get("package-dir", {})
    return [("", Path("src")), *(("", Path(folder)) for folder in found), *_pairs(named)]


def _pairs(package_dir: dict[str, str] | None) -> _Folders:
    return [(name, Path(folder)) for name, folder in (package_dir or {}).items()]


def _extensions(settings: _Settings) -> list[Any]:
    from setuptools import Extension

    extensions = []
    for path in settings.modules:
        extension = Extension(".".join(path.with_suffix("").parts), [])
        extension.pyfreeze_source = path
        extensions.append(extension)
    return extensions


def _rename(extensions: list[Any], folders: _Folders) -> None:
    for extension in extensions:
        extension.name = _module_name(extension.pyfreeze_source, folders)


def _module_name(path: Path, folders: _Folders) -> str:
    """The dotted name, which for a package's own file ends in `__init__`: setuptools makes the file's name of it."""
    containing = [(len(folder.parts), name) for name, folder in folders if path.is_relative_to(folder)]
    depth, package = max(containing, default=(0, ""))
    return ".".join([*filter(None, [package]), *path.with_suffix("").parts[depth:]])


def _add(extensions: list[Any], distribution: Any) -> None:
    present = list(distribution.ext_modules or [])
    distribution.ext_modules = present + [extension for extension in extensions if extension not in present]


def _build_ext(base: Any, extensions: list[Any], folders: _Folders, options: Options) -> Any:
    class BuildWithPyfreeze(base):  # type: ignore[misc]
        """Builds the extensions that have a Python source with pyfreeze, the others as before."""

        def finalize_options(self) -> None:
            # Again: by now setup.cfg and [tool.setuptools] are read, whose ext-modules replaces what was there.
            _rename(extensions, [*folders, *_pairs(self.distribution.package_dir)])
            _add(extensions, self.distribution)
            super().finalize_options()

        def build_extension(self, ext: Any) -> None:
            source = getattr(ext, "pyfreeze_source", None)
            if source is None:
                super().build_extension(ext)
            else:
                _build(source, ext.name.removesuffix(".__init__"), Path(self.get_ext_fullpath(ext.name)), options)

    return BuildWithPyfreeze


def _build(path: Path, module_name: str, target: Path, options: Options) -> None:
    from pyfreeze.diagnostics import DiagnosticError, render
    from pyfreeze.driver import compile_module
    from pyfreeze.explain.report import counted
    from pyfreeze.sources import read_source

    try:
        source = read_source(path, module_name)
        result = compile_module(source, target, options)
    except DiagnosticError as error:
        raise SystemExit(render(error.diagnostics)) from None
    if result.diagnostics:
        print(render(result.diagnostics, source.text), file=sys.stderr)
    if result.report is not None:
        print(f"pyfreeze: {path}: {counted(result.report.totals)}, {result.seconds:.2f} s")
