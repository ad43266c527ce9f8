"""`[tool.pyfreeze]` in a project's pyproject.toml: its modules become extension modules of the distribution.

setuptools calls `finalize_distribution_options` in every build of an environment that has pyfreeze, so this file is
light to import and does nothing without that table.

    [tool.pyfreeze]
    modules = ["package/fast.py", "package/kernels/*.py"]
    cpu = "baseline"     # or "native", for this machine only
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

_KEYS = {"modules": list, "cpu": str, "strict": bool}


def finalize_distribution_options(distribution: Any) -> None:
    """The entry point of group `setuptools.finalize_distribution_options`."""
    project = Path("pyproject.toml")
    if not project.exists():
        return
    with project.open("rb") as file:
        table = tomllib.load(file).get("tool", {}).get("pyfreeze")
    if table is None:
        return
    modules = _modules(table)
    if not modules:
        return
    from setuptools import Extension
    from setuptools.command.build_ext import build_ext

    base: type[build_ext] = distribution.cmdclass.get("build_ext", build_ext)
    extensions = []
    for path in modules:
        extension = Extension(_module_name(path, distribution), [])
        extension.__dict__["pyfreeze_source"] = path  # for our build_extension
        extensions.append(extension)
    distribution.ext_modules = [*(distribution.ext_modules or []), *extensions]
    distribution.cmdclass["build_ext"] = _command(base, table)


def _modules(table: dict[str, Any]) -> list[Path]:
    for key, value in table.items():
        if key not in _KEYS or not isinstance(value, _KEYS[key]):
            raise SystemExit(f"pyproject.toml: [tool.pyfreeze] {key} = {value!r} is not understood (PF501)")
    found = []
    for pattern in table.get("modules", []):
        matches = sorted(Path().glob(pattern))
        if not matches:
            raise SystemExit(f"pyproject.toml: [tool.pyfreeze] modules: {pattern!r} matches no file (PF501)")
        found += matches
    return found


def _module_name(path: Path, distribution: Any) -> str:
    """Dotted name of the module, with `package_dir` (a src layout) taken off."""
    roots = [Path(folder) for folder in (distribution.package_dir or {}).values() if folder] + [Path("src")]
    for root in roots:
        if path.is_relative_to(root):
            path = path.relative_to(root)
            break
    parts = path.with_suffix("").parts
    return ".".join(parts)


def _command(base: Any, table: dict[str, Any]) -> Any:
    class BuildWithPyfreeze(base):  # type: ignore[misc]
        """Builds the extensions that have a Python source with pyfreeze, the others as before."""

        def build_extension(self, extension: Any) -> None:
            source = getattr(extension, "pyfreeze_source", None)
            if source is None:
                super().build_extension(extension)
            else:
                _build(source, Path(self.get_ext_fullpath(extension.name)), table)

    return BuildWithPyfreeze


def _build(path: Path, target: Path, table: dict[str, Any]) -> None:
    from pyfreeze.diagnostics import DiagnosticError, render
    from pyfreeze.driver import compile_module
    from pyfreeze.options import Options
    from pyfreeze.sources import read_source

    try:
        source = read_source(path)
        result = compile_module(source, target, Options(table.get("cpu", "baseline"), table.get("strict", False)))
    except DiagnosticError as error:
        raise SystemExit(render(error.diagnostics)) from None
    if result.diagnostics:
        print(render(result.diagnostics, source.text), file=sys.stderr)
