"""Layers, types, style, and what may be imported when."""

from __future__ import annotations

import ast
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
    script = (
        f"import sys, {module}; print(sorted({{'mypy', 'llvmlite', 'click', 'rich', 'setuptools'}} & set(sys.modules)))"
    )
    finished = _run(sys.executable, "-c", script)
    assert finished.stdout == "[]\n", finished.stdout + finished.stderr


def test_the_abi_versions_agree() -> None:
    from pyfreeze.codegen.module_emitter import ABI_VERSION, HASH_KEY

    header = (ROOT / "runtime" / "include" / "pyfreeze_abi.h").read_text()
    assert int(re.search(r"#define PF_ABI_VERSION (\d+)", header)[1]) == ABI_VERSION  # type: ignore[index]
    assert int(re.search(r"#define PF_HASH_KEY (0x\w+)LL", header)[1], 16) == HASH_KEY  # type: ignore[index]


def _tracked() -> list[Path]:
    """The files of this repository, or of the tree where there is no git."""
    listed = _run("git", "ls-files", "-z") if shutil.which("git") else None
    if listed is None or listed.returncode != 0:
        pytest.skip("not a checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).exists()]


def test_files_and_functions_stay_readable() -> None:
    for path in _tracked():
        if path.suffix != ".py" or path.parent.name == "primitives":  # functions there are tables
            continue
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 700, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None and node.end_lineno - node.lineno < 80, (path, node.name)


def test_no_file_names_the_place_where_it_was_written() -> None:
    places = re.compile(rb"/(work|root|home/\w+|tmp/\w+|Users/\w+)/[\w.]")
    allowed = re.compile(rb"https?://\S+")
    for path in _tracked():
        assert places.search(allowed.sub(b"", path.read_bytes())) is None, path


def test_every_code_is_used_and_documented() -> None:
    from pyfreeze.diagnostics import CATALOGUE

    used = set()
    for path in (ROOT / "pyfreeze").rglob("*.py"):
        if path.name != "diagnostics.py":
            used |= set(re.findall(r"\bPF\d\d\d\b", path.read_text(encoding="utf-8")))
    assert used == set(CATALOGUE)
    page = (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| (PF\d\d\d) \| (.*) \|$", page, re.MULTILINE)) == CATALOGUE


def test_the_samples_in_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r"\bsamples/\w+\.py", text)
    assert named and all((ROOT / name).exists() for name in named)
