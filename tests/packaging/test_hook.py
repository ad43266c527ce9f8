"""`[tool.pyfreeze]` in a user's pyproject.toml: a real package, a real wheel, a fresh environment without the compiler."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from pyfreeze.link.linker import extension_suffix

ROOT = Path(__file__).resolve().parents[2]

PROJECT = """
[build-system]
requires = ["setuptools", "pyfreeze[compiler]"]
build-backend = "setuptools.build_meta"

[project]
name = "speedy"
version = "1.0"

[tool.setuptools]
packages = ["speedy"]

[tool.pyfreeze]
modules = ["speedy/fast.py"]
"""
FAST = "from pyfreeze import int64\n\n\ndef twice(n: int64) -> int64:\n    return n * 2\n"


def _run(*command: str, cwd: Path) -> str:
    finished = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "speedy").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "speedy" / "__init__.py").write_text("")
    (folder / "speedy" / "fast.py").write_text(FAST)
    return folder


def _wheel(project: Path, tmp_path: Path) -> Path:
    command = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "-q",
        "-w",
        str(tmp_path),
        ".",
    )
    _run(*command, cwd=project)
    (wheel,) = tmp_path.glob("speedy-*.whl")
    return wheel


def test_a_wheel_has_the_extension_beside_the_source(project: Path, tmp_path: Path) -> None:
    wheel = _wheel(project, tmp_path)
    assert "none-any" not in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    assert f"speedy/fast{extension_suffix()}" in names and "speedy/fast.py" in names


def test_a_wrong_table_is_a_clear_error(project: Path, tmp_path: Path) -> None:
    (project / "pyproject.toml").write_text(PROJECT.replace("speedy/fast.py", "speedy/none.py"))
    command = (sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", str(tmp_path), ".")
    finished = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert finished.returncode != 0 and "matches no file" in finished.stdout + finished.stderr


def test_installed_without_the_compiler(project: Path, tmp_path: Path) -> None:
    wheel = _wheel(project, tmp_path)
    environment = tmp_path / "fresh"
    venv.create(environment, with_pip=True)
    python = str(environment / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    source = tmp_path / "pyfreeze-source"
    _run("git", "clone", "-q", str(ROOT), str(source), cwd=tmp_path)
    _run(python, "-m", "pip", "install", "-q", str(source), str(wheel), cwd=tmp_path)
    script = (
        "import importlib.util as u, pyfreeze; from speedy import fast; "
        "print(fast.twice(21), pyfreeze.is_compiled(fast.twice), u.find_spec('mypy'), u.find_spec('llvmlite'))"
    )
    assert _run(python, "-c", script, cwd=tmp_path) == "42 True None None\n"
