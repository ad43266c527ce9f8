"""No reference is lost: the compiled workload under a debug CPython, which counts them all (Debian: python3.11-dbg)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source

ROOT = Path(__file__).resolve().parents[2]
DEBUG = shutil.which("python3.11-dbg")


pytestmark = pytest.mark.skipif(
    DEBUG is None or sys.version_info[:2] != (3, 11), reason="needs python3.11-dbg and CPython 3.11"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the debug CPython imports pyfreeze from."""
    assert DEBUG is not None
    package = tmp_path / "pyfreeze"
    package.mkdir()
    shutil.copy(ROOT / "pyfreeze" / "__init__.py", package)
    shutil.copytree(ROOT / "pyfreeze" / "language", package / "language")
    suffix = subprocess.check_output(
        [DEBUG, "-c", "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'), sysconfig.get_path('include'))"],
        text=True,
    ).split()
    sources = sorted(map(str, (ROOT / "runtime" / "src").glob("*.c")))
    flags = ["-std=c11", "-g", "-O1", "-shared", "-fPIC", "-I", str(ROOT / "runtime" / "include"), "-I", suffix[1]]
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, *flags, *sources, "-o", str(package / f"_runtime{suffix[0]}")], check=True)
    return tmp_path


def run(folder: Path, script: str, *arguments: str) -> None:
    command = [str(DEBUG), "-S", str(Path(__file__).parent / script), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_references_stay_flat(folder: Path) -> None:
    shutil.copy(Path(__file__).parent / "workload.py", folder)
    (result,) = driver.build([read_source(folder / "workload.py")], None, Options())
    assert result.extension is not None and result.report is not None
    assert result.report.totals["twin"] == 0
    run(folder, "exercise.py", str(result.extension))


def test_arrays_lose_nothing(folder: Path) -> None:
    run(folder, "exercise_arrays.py")
