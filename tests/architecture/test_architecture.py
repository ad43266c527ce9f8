"""Layers, types, style, and what may be imported when."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("check", "."), ("format", "--check", ".")])
def test_ruff(arguments: tuple[str, ...]) -> None:
    finished = _run(sys.executable, "-m", "ruff", *arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_mypy_strict() -> None:
    finished = _run(sys.executable, "-m", "mypy")
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_layers() -> None:
    command = Path(sys.executable).parent / "lint-imports"
    finished = _run(str(command) if command.exists() else str(shutil.which("lint-imports")))
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("module", ["pyfreeze", "pyfreeze.setuptools_hook", "pyfreeze.run_main"])
def test_light_imports(module: str) -> None:
    script = f"import sys, {module}; print(sorted({{'mypy', 'llvmlite', 'click', 'setuptools'}} & set(sys.modules)))"
    finished = _run(sys.executable, "-c", script)
    assert finished.stdout == "[]\n", finished.stdout + finished.stderr


def test_the_abi_versions_agree() -> None:
    from pyfreeze.codegen.module_emitter import ABI_VERSION, HASH_KEY

    header = (ROOT / "runtime" / "include" / "pyfreeze_abi.h").read_text()
    assert int(re.search(r"#define PF_ABI_VERSION (\d+)", header)[1]) == ABI_VERSION  # type: ignore[index]
    assert int(re.search(r"#define PF_HASH_KEY (0x\w+)LL", header)[1], 16) == HASH_KEY  # type: ignore[index]


def test_files_stay_readable() -> None:
    long = [path for path in (ROOT / "pyfreeze").rglob("*.py") if len(path.read_text().splitlines()) > 700]
    assert long == []


def test_every_code_is_in_the_catalogue() -> None:
    from pyfreeze.diagnostics import CATALOGUE

    used = set()
    for path in (ROOT / "pyfreeze").rglob("*.py"):
        used |= set(re.findall(r'"(PF\d\d\d)"', path.read_text()))
    assert used <= set(CATALOGUE)
