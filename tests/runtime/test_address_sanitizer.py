"""The tests of `Array` on a runtime that watches its memory: built with -fsanitize=address,undefined."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPILER = os.environ.get("CC", "cc")
SANITIZERS = "-fsanitize=address,undefined"


def _libraries() -> list[str]:
    """What must be loaded before Python, which is not sanitized itself; empty where the compiler has no such libraries."""
    if not sys.platform.startswith("linux") or shutil.which(COMPILER) is None:
        return []
    names = ("libasan.so", "libubsan.so")
    found = [
        subprocess.check_output([COMPILER, f"-print-file-name={name}"], text=True, stderr=subprocess.DEVNULL).strip()
        for name in names
    ]
    return found if all(os.path.isabs(path) for path in found) else []


@pytest.fixture
def sanitized(tmp_path: Path) -> Path:
    """A folder to import pyfreeze from."""
    package = tmp_path / "pyfreeze"
    package.mkdir()
    shutil.copy(ROOT / "pyfreeze" / "__init__.py", package)
    shutil.copytree(ROOT / "pyfreeze" / "language", package / "language")
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "__init__.py", tmp_path / "tests")
    shutil.copytree(ROOT / "tests" / "language", tmp_path / "tests" / "language")
    sources = sorted(map(str, (ROOT / "runtime" / "src").glob("*.c")))
    folders = ["-I", str(ROOT / "runtime" / "include"), "-I", sysconfig.get_path("include")]
    flags = ["-std=c11", "-g", "-O1", "-shared", "-fPIC", SANITIZERS, "-fno-sanitize-recover=undefined"]
    extension = package / f"_runtime{sysconfig.get_config_var('EXT_SUFFIX')}"
    subprocess.run([COMPILER, *flags, *folders, *sources, "-o", str(extension)], check=True)
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(not _libraries(), reason="needs a compiler with sanitizers")
def test_the_runtime_under_the_tests_of_array(sanitized: Path) -> None:
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(_libraries()),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(sanitized),
    }
    where = [sys.executable, "-c", "import pyfreeze._runtime as runtime; print(runtime.__file__)"]
    finished = subprocess.run(where, cwd=sanitized, env=environment, capture_output=True, text=True, check=False)
    assert finished.stdout.startswith(str(sanitized)), finished.stdout + finished.stderr
    tests = sorted(str(path) for path in (sanitized / "tests" / "language").glob("test_array*.py"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    finished = subprocess.run(command, cwd=sanitized, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
