"""A sample of the tests on a runtime that watches its memory: built with -fsanitize=address,undefined."""

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


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import pyfreeze and its tests from."""
    folder = tmp_path_factory.mktemp("sanitized")
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    for name in ("pyfreeze", "tests", "runtime/include"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    sources = sorted(map(str, (ROOT / "runtime" / "src").glob("*.c")))
    folders = ["-I", str(ROOT / "runtime" / "include"), "-I", sysconfig.get_path("include")]
    flags = ["-std=c11", "-g", "-O1", "-shared", "-fPIC", SANITIZERS, "-fno-sanitize-recover=undefined"]
    extension = folder / "pyfreeze" / f"_runtime{sysconfig.get_config_var('EXT_SUFFIX')}"
    subprocess.run([COMPILER, *flags, *folders, *sources, "-o", str(extension)], check=True)
    return folder


def run(sanitized: Path, *command: str) -> tuple[int, str]:
    """The exit code of Python, and what it and the sanitizers say. (What they would print, pytest would capture.)"""
    reports = sanitized / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir()
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(_libraries()),
        # Whatever asks for more gets no memory; freed memory is watched up to a limit.
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=512:quarantine_size_mb=64"
        f":log_path={reports}/address",
        "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={reports}/undefined",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(sanitized),
    }
    finished = subprocess.run(
        [sys.executable, *command], cwd=sanitized, env=environment, capture_output=True, text=True, check=False
    )
    said = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(reports.iterdir())]
    return finished.returncode, "\n".join([finished.stdout, finished.stderr, *said])


SAMPLES = {
    "Array": ("language/test_array*.py",),
    "frozen values": ("behaviour/test_frozen_values.py", "behaviour/test_recursive_values.py"),
    "views": ("behaviour/test_views.py",),
    "functions over objects": ("behaviour/test_objects.py", "behaviour/test_object_exceptions.py"),
    "calls": ("behaviour/test_direct_calls.py", "behaviour/test_object_fast_calls.py"),
    "inline caches": ("behaviour/test_inline_caches.py",),
    "numbers unboxed": ("behaviour/test_unboxed_attributes.py", "behaviour/test_known_functions.py"),
}


@pytest.mark.slow
@pytest.mark.xdist_group("address sanitizer")
@pytest.mark.skipif(not _libraries(), reason="needs a compiler with sanitizers")
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_runtime_under_tests(sanitized: Path, sample: str) -> None:
    code, said = run(sanitized, "-c", "import pyfreeze._runtime as runtime; print(runtime.__file__)")
    assert code == 0 and said.startswith(str(sanitized)), said
    tests = sorted(str(path) for pattern in SAMPLES[sample] for path in (sanitized / "tests").glob(pattern))
    code, said = run(sanitized, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests)
    assert code == 0, said
