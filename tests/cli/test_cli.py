"""The commands as a user types them, good input and bad."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyfreeze.link.linker import extension_suffix

GOOD = "from pyfreeze import int64\ndef f(n: int64) -> int64:\n    return n + 1\ndef g(s: str) -> str:\n    return s\n"


def pyfreeze(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pyfreeze", *arguments]
    merged = {**os.environ, **environment}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=merged, check=False)


def refused(finished: subprocess.CompletedProcess[str], code: str) -> None:
    assert finished.returncode != 0
    assert f"[{code}]" in finished.stderr and "Traceback" not in finished.stderr, finished.stderr


def test_build_and_import(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    finished = pyfreeze("build", "good.py", "-o", "out", "--cpu", "native", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert "1 of 2 functions native" in finished.stdout
    script = "import sys; sys.path.insert(0, 'out'); import good; print(good.f(4), good.__spec__.origin)"
    shown = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert shown.stdout.startswith("5 ") and extension_suffix() in shown.stdout


def test_several_modules_show_progress(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(GOOD)
    finished = pyfreeze("build", "one.py", "two.py", cwd=tmp_path)
    assert "[1/2]" in finished.stdout and "[2/2]" in finished.stdout


@pytest.mark.parametrize("stage", ["ir", "ir-after-insert-refcounts", "llvm", "llvm-optimized", "assembly"])
def test_dumps(tmp_path: Path, stage: str) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    assert stage in pyfreeze("build", "good.py", "--dump=list", cwd=tmp_path).stdout.split()
    finished = pyfreeze("build", "good.py", f"--dump={stage}", cwd=tmp_path)
    assert f"; ---- {stage} ----" in finished.stdout and "f" in finished.stdout.split("----")[-1]


def test_bad_input(tmp_path: Path) -> None:
    (tmp_path / "syntax.py").write_text("def f(:\n")
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    (tmp_path / "not-a-name.py").write_text(GOOD)
    (tmp_path / "nul.py").write_bytes(b"x = 1\0\n")
    refused(pyfreeze("build", "missing.py", cwd=tmp_path), "PF501")
    refused(pyfreeze("build", "latin.py", cwd=tmp_path), "PF502")
    refused(pyfreeze("build", "not-a-name.py", cwd=tmp_path), "PF503")
    syntax = pyfreeze("build", "syntax.py", cwd=tmp_path)
    refused(syntax, "PF504")
    assert "syntax.py:1:7" in syntax.stderr
    refused(pyfreeze("build", "nul.py", cwd=tmp_path), "PF504")
    several = pyfreeze("build", "missing.py", "latin.py", "not-a-name.py", cwd=tmp_path)
    assert all(code in several.stderr for code in ("PF501", "PF502", "PF503"))
    assert pyfreeze("build", cwd=tmp_path).returncode != 0


def test_a_failed_build_leaves_the_old_extension(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text(GOOD)
    assert pyfreeze("build", "module.py", cwd=tmp_path).returncode == 0
    extension = tmp_path / f"module{extension_suffix()}"
    before = extension.read_bytes()
    source.write_text("def f(:\n")
    refused(pyfreeze("build", "module.py", cwd=tmp_path), "PF504")
    source.write_text(GOOD + "x = 1\n")
    refused(pyfreeze("build", "module.py", cwd=tmp_path, CC="false"), "PF506")
    assert extension.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".pyfreeze")] == []


def test_unwritable_output(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "taken").write_text("a file")
    refused(pyfreeze("build", "good.py", "-o", "taken/inside", cwd=tmp_path), "PF505")


def test_type_errors_warn_and_build(tmp_path: Path) -> None:
    (tmp_path / "typed.py").write_text("def f(n: int) -> int:\n    x: str = n\n    return n\n")
    finished = pyfreeze("build", "typed.py", cwd=tmp_path)
    assert finished.returncode == 0
    assert "typed.py:2:14: warning" in finished.stderr and "[PF401]" in finished.stderr


def test_run_is_like_python(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("NAME = 'helper'\n")
    (tmp_path / "program.py").write_text(
        "import sys, helper\nprint(__name__, sys.argv, helper.NAME, __file__, __spec__, sys.stdin.read())\nsys.exit(3)\n"
    )
    outcomes = [
        subprocess.run([*command, "a", "-b"], cwd=tmp_path, capture_output=True, text=True, input="in", check=False)
        for command in ([sys.executable, "program.py"], [sys.executable, "-m", "pyfreeze", "run", "program.py"])
    ]
    assert outcomes[0].stdout == outcomes[1].stdout
    assert outcomes[0].returncode == outcomes[1].returncode == 3


def test_run_compare_finds_differences(tmp_path: Path) -> None:
    (tmp_path / "same.py").write_text(GOOD + "print(f(4))\n")
    finished = pyfreeze("run", "--compare", "same.py", cwd=tmp_path)
    assert finished.returncode == 0 and "same output" in finished.stdout and "5\n" in finished.stdout
    (tmp_path / "other.py").write_text(
        "import pyfreeze, sys\nprint(pyfreeze.is_compiled(sys.modules['__main__'].f))\n" + GOOD
    )
    (tmp_path / "other.py").write_text(GOOD + "from pyfreeze import is_compiled\nprint(is_compiled(f))\n")
    finished = pyfreeze("run", "--compare", "other.py", cwd=tmp_path)
    assert finished.returncode == 1 and "DIFFERENT" in finished.stdout and "-False" in finished.stderr


def test_explain(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    text = pyfreeze("explain", "good.py", cwd=tmp_path).stdout
    assert "f: native" in text and "g: twin" in text and "PF104" in text
    report = json.loads(pyfreeze("explain", "good.py", "--format", "json", cwd=tmp_path).stdout)
    assert report["totals"] == {"functions": 2, "native": 1, "native-with-objects": 0, "twin": 1}
    assert report["functions"][0] == {"name": "f", "line": 2, "tier": "native", "reasons": []}
    (reason,) = report["functions"][1]["reasons"]
    assert set(reason) == {"code", "line", "message", "hint"} and reason["line"] == 4


def test_version_and_doctor(tmp_path: Path) -> None:
    assert "pyfreeze, version 0.1.0" in pyfreeze("--version", cwd=tmp_path).stdout
    finished = pyfreeze("doctor", cwd=tmp_path)
    assert finished.returncode == 0 and "test build    works" in finished.stdout
