"""Small projects with `[tool.pyfreeze]`, and commands run in them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

FAST = """\
    from pyfreeze import int64

    def area(width: int64, height: int64) -> int64:
        return width * height

    def describe(name: str) -> str:
        return name.title()
    """
PROJECT = """\
    [build-system]
    requires = ["setuptools", "pyfreeze[compiler]"]
    build-backend = "setuptools.build_meta"

    [project]
    name = "shapes-demo"
    version = "1.0"
    """
SHOW = (
    "import shapes.fast as m, pyfreeze; "
    "print(m.area(6, 7), m.describe('box'), pyfreeze.is_compiled(m.area), m.__spec__.origin, m.__file__)"
)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


def shapes(folder: Path, table: str = 'modules = ["shapes/fast.py"]', setuptools: str = "", root: str = "") -> Path:
    """A project in `folder/project` whose package is in `root` of it."""
    project = folder / "project"
    configuration = textwrap.dedent(PROJECT) + textwrap.dedent(setuptools) + "\n[tool.pyfreeze]\n" + table + "\n"
    write(project, {"pyproject.toml": configuration})
    write(project / root, {"shapes/__init__.py": "", "shapes/fast.py": FAST})
    return project


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command that may fail, without the paths that this test process has."""
    merged = {**os.environ, **environment}
    merged.pop("PYTHONPATH", None)
    return subprocess.run(command, cwd=cwd, env=merged, capture_output=True, text=True, check=False)


def succeed(*command: str, cwd: Path, **environment: str) -> str:
    finished = run(*command, cwd=cwd, **environment)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def build_inplace(project: Path) -> subprocess.CompletedProcess[str]:
    """What an editable install does with extensions, in this environment."""
    return run(sys.executable, "-c", "import setuptools; setuptools.setup()", "build_ext", "--inplace", cwd=project)


def python_of(environment: Path) -> str:
    return str(environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
