"""The workloads of the leak run under valgrind, which sees every access of memory: generated code's, the runtime's, CPython's."""

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

WORKLOADS = Path(__file__).resolve().parents[1] / "leaks"
VALGRIND = shutil.which("valgrind")

SCRIPT = """
import importlib, sys
folder, name, extension = sys.argv[1:]
sys.path.insert(0, folder)
from watching import load
module = load(f"workload{name}", extension)
exercise = importlib.import_module(f"exercise{name}")
for _ in range(3):
    exercise.once(module)
print("done")
"""
# The C library compares wide strings by whole vectors, past their end but inside of a page.
SUPPRESSIONS = """{
  vectors
  Memcheck:Addr32
  fun:__wmemcmp_avx2*
}
{
  vectors
  Memcheck:Addr32
  fun:__wmemcmp_evex*
}
"""


@pytest.mark.slow
@pytest.mark.skipif(VALGRIND is None, reason="needs valgrind")
@pytest.mark.parametrize("name", ["", "_values", "_members", "_objects", "_framed"])
def test_no_access_is_invalid(tmp_path: Path, name: str) -> None:
    assert VALGRIND is not None
    shutil.copy(WORKLOADS / f"workload{name}.py", tmp_path)
    (result,) = driver.build([read_source(tmp_path / f"workload{name}.py")], None, Options())
    assert result.extension is not None
    suppressions = tmp_path / "suppressions"
    suppressions.write_text(SUPPRESSIONS, encoding="utf-8")
    # CPython itself is not free of reads of memory that nobody has written.
    options = ["-q", "--error-exitcode=99", "--undef-value-errors=no", f"--suppressions={suppressions}"]
    command = [VALGRIND, *options, sys.executable, "-c", SCRIPT, str(WORKLOADS), name, str(result.extension)]
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}  # each object is a block of its own
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stdout) == (0, "done\n"), finished.stdout + finished.stderr
