"""No reference is lost: the compiled workload under a debug CPython, which counts them all (Debian: python3.11-dbg)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pyfreeze import _runtime as runtime
from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source

ROOT = Path(__file__).resolve().parents[2]
DEBUG = shutil.which("python3.11-dbg")


needs_debug = pytest.mark.skipif(
    DEBUG is None or sys.version_info[:2] != (3, 11), reason="needs python3.11-dbg and CPython 3.11"
)


def install_for_debug(folder: Path) -> None:
    """The language package with a runtime for the debug CPython."""
    assert DEBUG is not None
    package = folder / "pyfreeze"
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


def run_under_debug(folder: Path, *command: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    finished = subprocess.run(
        [str(DEBUG), "-S", *command], env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def count_as_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build as it is under a debug CPython: its total knows nothing of what is counted inline."""
    facts = {**runtime.layout(), "refcounts": 0}
    monkeypatch.setattr(runtime, "layout", lambda: facts)


@needs_debug
@pytest.mark.parametrize("name", ["", "_values", "_members", "_objects", "_framed"])
def test_references_stay_flat(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install_for_debug(tmp_path)
    count_as_debug(monkeypatch)
    here = Path(__file__).parent
    shutil.copy(here / f"workload{name}.py", tmp_path)
    (result,) = driver.build([read_source(tmp_path / f"workload{name}.py")], None, Options())
    assert result.extension is not None and result.report is not None
    if name == "_framed":  # among them a generator, for others to consume
        assert {function.name for function in result.report.functions if function.tier == "twin"} == {"generator"}
    else:
        assert not [reason for function in result.report.functions for reason in function.reasons]
    run_under_debug(tmp_path, str(here / f"exercise{name}.py"), str(result.extension))


@needs_debug
def test_frozen_classes_and_instances_go_away(tmp_path: Path) -> None:
    install_for_debug(tmp_path)
    run_under_debug(tmp_path, str(Path(__file__).parent / "exercise_frozen.py"))


@needs_debug
def test_arrays_lose_nothing(tmp_path: Path) -> None:
    install_for_debug(tmp_path)
    run_under_debug(tmp_path, str(Path(__file__).parent / "exercise_arrays.py"))
