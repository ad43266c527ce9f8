"""From this checkout to a user's wheel, as a user would: fresh environments, build isolation, no compiler to run.

Needs a package index (or a mirror that pip knows) for mypy, llvmlite and setuptools.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.projects import SHOW, python_of, run, shapes, succeed

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fresh environments")]


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel of pyfreeze, built from its sdist in isolation."""
    folder = tmp_path_factory.mktemp("wheels")
    checkout = folder / "checkout"
    ignored = shutil.ignore_patterns("build", "dist", "*.so", "*.pyd", "*.egg-info", ".*", "__pycache__")
    shutil.copytree(ROOT, checkout, ignore=ignored)
    succeed(sys.executable, "setup.py", "-q", "sdist", "-d", str(folder), cwd=checkout)
    (sdist,) = folder.glob("pyfreeze-*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"runtime/src/module.c", "samples/primes.py", "tests/conftest.py", "LICENSE", "pyfreeze/py.typed"} <= names
    succeed(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(sdist), cwd=folder)
    (wheel,) = folder.glob("pyfreeze-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    stub, header = "pyfreeze/typecheck/stubs/pyfreeze/__init__.pyi", "pyfreeze/runtime/include/pyfreeze_slots.h"
    assert {stub, header, "pyfreeze/__init__.pyi", "pyfreeze/py.typed"} <= names
    assert not any(name.startswith(("tests/", "samples/", "runtime/")) for name in names)
    return folder


def fresh(folder: Path) -> str:
    succeed(sys.executable, "-m", "venv", str(folder), cwd=folder.parent)
    return python_of(folder)


def links(folder: Path) -> dict[str, str]:
    return {"PIP_FIND_LINKS": f"{os.environ.get('PIP_FIND_LINKS', '')} {folder}".strip()}


def test_a_wheel_built_in_isolation_runs_without_the_compiler(tmp_path: Path, wheels: Path) -> None:
    project = shapes(tmp_path)
    builder = fresh(tmp_path / "builder")
    succeed(builder, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), ".", cwd=project, **links(wheels))
    (wheel,) = tmp_path.glob("shapes_demo-*.whl")

    user = fresh(tmp_path / "user")
    succeed(user, "-m", "pip", "install", "-q", "pyfreeze", str(wheel), cwd=tmp_path, **links(wheels))
    shown = succeed(user, "-c", SHOW, cwd=tmp_path)
    assert shown.startswith("42 Box True ") and str(tmp_path / "user") in shown
    assert "mypy" not in succeed(user, "-m", "pip", "list", cwd=tmp_path)

    without = run(user, "-m", "pyfreeze", "build", "x.py", cwd=tmp_path)
    assert without.returncode != 0
    assert "pip install 'pyfreeze[compiler]'" in without.stderr and "Traceback" not in without.stderr


def test_install_and_editable_install(tmp_path: Path, wheels: Path) -> None:
    project = shapes(tmp_path)
    for options in (["."], ["-e", "."]):
        user = fresh(tmp_path / f"user{len(options)}")
        succeed(user, "-m", "pip", "install", "-q", "pyfreeze", *options, cwd=project, **links(wheels))
        assert succeed(user, "-c", SHOW, cwd=tmp_path).startswith("42 Box True ")


def test_the_readme_command_in_a_fresh_environment(tmp_path: Path, wheels: Path) -> None:
    """Run in a folder that has another `pyfreeze`, as the checkout itself does: the installed one must be taken."""
    user = fresh(tmp_path / "user")
    succeed(user, "-m", "pip", "install", "-q", "pyfreeze[compiler]", cwd=tmp_path, **links(wheels))
    command = Path(user).with_name("pyfreeze")
    shown = succeed(str(command), "run", "--compare", "samples/mandelbrot.py", cwd=wheels / "checkout")
    assert "same output" in shown and "interpreted" in shown
    assert "works" in succeed(str(command), "doctor", cwd=wheels / "checkout")
