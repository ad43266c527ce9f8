"""The commands as a user types them, good input and bad."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pyfreeze.link.linker import extension_suffix

GOOD = "from pyfreeze import int64\ndef f(n: int64) -> int64:\n    return n + 1\ndef g(s: str) -> str:\n    return s.upper()\n"


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
    assert "2 functions: 1 native, 1 native-with-objects, 0 twin (100 % native)" in finished.stdout
    script = "import sys; sys.path.insert(0, 'out'); import good; print(good.f(4), good.__spec__.origin)"
    shown = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert shown.stdout.startswith("5 ") and extension_suffix() in shown.stdout


def test_packages_keep_their_folders_under_the_output(tmp_path: Path) -> None:
    package = tmp_path / "shop" / "till"
    package.mkdir(parents=True)
    for path in (tmp_path / "shop" / "__init__.py", package / "__init__.py", package / "sums.py"):
        path.write_text(GOOD + f"NAME = {path.parent.name!r}\n")
    files = ["shop/__init__.py", "shop/till/__init__.py", "shop/till/sums.py"]
    finished = pyfreeze("build", *files, "-o", "out", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    made = sorted(path.relative_to(tmp_path / "out").parent.as_posix() for path in tmp_path.glob("out/**/*.so"))
    assert made == ["shop", "shop/till", "shop/till"] or sys.platform == "win32"
    script = (
        "import sys; sys.path[:] = ['out', *[p for p in sys.path if p]]; import shop.till.sums as sums, pyfreeze; "
        "print(sums.f(4), sums.__name__, sums.__package__, sums.NAME, pyfreeze.is_compiled(sums))"
    )
    shown = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert shown.stdout == "5 shop.till.sums shop.till till True\n", shown.stderr


def test_names_of_modules_and_functions_may_be_any_identifiers(tmp_path: Path) -> None:
    (tmp_path / "größe.py").write_text("def fläche(länge: int) -> int:\n    return länge * länge\n", encoding="utf-8")
    finished = pyfreeze("build", "größe.py", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    script = "import größe, pyfreeze; print(größe.fläche(länge=3), pyfreeze.is_compiled(größe.fläche), größe.__name__)"
    shown = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert shown.stdout == "9 True größe\n", shown.stderr


def test_several_modules_show_progress(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(GOOD)
    finished = pyfreeze("build", "one.py", "two.py", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert lines[0].startswith("[1/2]") and lines[1].startswith("[2/2]")
    assert lines[2].startswith("2 modules built: 4 functions: 2 native, 2 native-with-objects, 0 twin (100 % native), ")
    (tmp_path / "two.py").write_text("def f(:\n")
    finished = pyfreeze("build", "one.py", "two.py", cwd=tmp_path)
    refused(finished, "PF504")
    assert "[2/2] two.py: failed" in finished.stdout and "1 module built, 1 failed" in finished.stdout


def test_files_that_cannot_be_read_do_not_keep_the_others_from_being_built(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(GOOD)
    finished = pyfreeze("build", "missing.py", "one.py", "bad-name.py", cwd=tmp_path)
    refused(finished, "PF501")
    assert "1 module built, 2 failed" in finished.stdout
    assert (tmp_path / f"one{extension_suffix()}").exists()


def test_two_sources_cannot_become_one_extension(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.py").write_text(GOOD)
    refused(pyfreeze("build", "a/same.py", "b/same.py", "-o", "out", cwd=tmp_path), "PF505")
    assert pyfreeze("build", "a/same.py", "a/same.py", "b/same.py", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--dump=nothing", "`nothing` is no stage"),
        ("--disable-pass=insert-refcounts", "`insert-refcounts` is no pass that can be left out"),
        ("--pass-limit=-1", "-1 is not in the range"),
        ("--cpu=fastest", "'fastest' is not one of"),
    ],
)
def test_options_that_are_not_understood(tmp_path: Path, option: str, message: str) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    finished = pyfreeze("build", "good.py", option, cwd=tmp_path)
    assert finished.returncode == 2 and message in finished.stderr and "Traceback" not in finished.stderr


@pytest.mark.parametrize("stage", ["ir", "ir-after-insert-refcounts", "llvm", "llvm-optimized", "assembly"])
def test_dumps(tmp_path: Path, stage: str) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    assert stage in pyfreeze("build", "--dump=list", cwd=tmp_path).stdout.split()
    finished = pyfreeze("build", "good.py", f"--dump={stage}", cwd=tmp_path)
    assert f"; ---- {stage} ----" in finished.stdout and "f" in finished.stdout.split("----")[-1]


def test_bad_input(tmp_path: Path) -> None:
    (tmp_path / "syntax.py").write_text("def f(:\n")
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    (tmp_path / "not-a-name.py").write_text(GOOD)
    (tmp_path / "nul.py").write_bytes(b"x = 1\0\n")
    (tmp_path / "cookie.py").write_bytes(b"# coding: no-such-encoding\n")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "text.txt").write_text(GOOD)
    refused(pyfreeze("build", "folder.py", cwd=tmp_path), "PF501")
    refused(pyfreeze("build", "text.txt", cwd=tmp_path), "PF501")
    refused(pyfreeze("build", "cookie.py", cwd=tmp_path), "PF502")
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


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupted_build_leaves_the_old_extension_and_nothing_else(tmp_path: Path, number: str) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    assert pyfreeze("build", "good.py", cwd=tmp_path).returncode == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    bin_folder = tmp_path.parent / f"{tmp_path.name}-bin"
    bin_folder.mkdir()
    linker, started = bin_folder / "slow-cc", bin_folder / "started"
    linker.write_text(f"#!/bin/sh\ntouch {started}\nexec sleep 60\n")
    linker.chmod(0o755)
    command = [sys.executable, "-m", "pyfreeze", "build", "good.py"]
    environment = {**os.environ, "CC": str(linker)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(getattr(signal, number))
        _, errors = process.communicate(timeout=30)
    assert process.returncode not in (0, None) and "Traceback" not in errors
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_bug_of_ours(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "pyfreeze", "explain", "good.py"]
        finished = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    refused(finished, "PF505")
    assert finished.returncode == 1


def test_unwritable_output(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "taken").write_text("a file")
    refused(pyfreeze("build", "good.py", "-o", "taken/inside", cwd=tmp_path), "PF505")
    refused(pyfreeze("build", "good.py", "-o", "taken", cwd=tmp_path), "PF505")
    (tmp_path / f"good{extension_suffix()}").mkdir()
    refused(pyfreeze("build", "good.py", cwd=tmp_path), "PF505")


def test_no_c_compiler(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    finished = pyfreeze("build", "good.py", cwd=tmp_path, PATH=str(tmp_path), CC="")
    refused(finished, "PF506")
    assert "install a C compiler" in finished.stderr
    finished = pyfreeze("build", "good.py", cwd=tmp_path, CC="no-such-compiler -pthread")
    refused(finished, "PF506")
    assert "no-such-compiler -pthread" in finished.stderr
    finished = pyfreeze("doctor", cwd=tmp_path, PATH=str(tmp_path), CC="")
    assert finished.returncode == 1 and "linker        missing" in finished.stdout


@pytest.mark.parametrize(
    ("compiler", "message"),
    [
        ("'gcc", "`'gcc`, is not there"),
        ("false", "`false` ends with status 1 and says nothing"),
        ("true", "has written nothing"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="$CC is not used there")
def test_a_c_compiler_that_does_not_work(tmp_path: Path, compiler: str, message: str) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    finished = pyfreeze("build", "good.py", cwd=tmp_path, CC=compiler)
    refused(finished, "PF506")
    assert finished.stderr.startswith(f"good{extension_suffix()}: error: ") and message in finished.stderr
    examined = pyfreeze("doctor", cwd=tmp_path, CC=compiler)
    assert examined.returncode == 1 and message in examined.stdout + examined.stderr


def test_a_bug_of_ours_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    script = (
        "import sys; sys.argv = ['pyfreeze', 'explain', 'good.py']\n"
        "import pyfreeze.driver, pyfreeze.cli\n"
        "def broken(source): raise KeyError('oops')\n"
        "pyfreeze.driver.analyse = broken\n"
        "pyfreeze.cli.main()\n"
    )
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert finished.returncode == 70
    refused(finished, "PF507")
    (report,) = tmp_path.glob("pyfreeze-*.txt")
    assert str(report) in finished.stderr and "KeyError: 'oops'" in report.read_text()


def test_without_the_compilers_libraries_it_says_what_to_install(tmp_path: Path) -> None:
    for missing in ("click", "mypy", "llvmlite"):
        script = (
            f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['pyfreeze', 'build', 'a.py', 'b.py']\n"
            "from pyfreeze.__main__ import main\nmain()\n"
        )
        command = [sys.executable, "-c", script]
        finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        refused(finished, "PF508")
        assert "pip install 'pyfreeze[compiler]'" in finished.stderr


def test_type_errors_warn_and_build(tmp_path: Path) -> None:
    (tmp_path / "typed.py").write_text("def f(n: int) -> int:\n    x: str = n\n    return n\n")
    finished = pyfreeze("build", "typed.py", cwd=tmp_path)
    assert finished.returncode == 0
    assert "typed.py:2:14: warning" in finished.stderr and "[PF401]" in finished.stderr


def test_main_of_a_package_warns_that_python_m_no_longer_finds_it(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("print('hello')\n")
    finished = pyfreeze("build", "package/__init__.py", "package/__main__.py", cwd=tmp_path)
    assert finished.returncode == 0 and finished.stderr.count("[PF510]") == 1
    finished = pyfreeze("run", "package/__main__.py", cwd=tmp_path)
    assert (finished.stdout, finished.stderr) == ("hello\n", "")


def test_explain(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    text = pyfreeze("explain", "good.py", cwd=tmp_path).stdout
    assert "f: native" in text and "g: native-with-objects" in text and "PF106" in text
    report = json.loads(pyfreeze("explain", "good.py", "--format", "json", cwd=tmp_path).stdout)
    assert report["totals"] == {"functions": 2, "native": 1, "native-with-objects": 1, "twin": 0}
    assert report["functions"][0] == {"name": "f", "line": 2, "tier": "native", "reasons": []}
    (reason,) = report["functions"][1]["reasons"]
    assert reason["message"] == "calling `upper` works on objects" and reason["line"] == 5 and reason["hint"]
    assert set(reason) == {"code", "line", "message", "hint"}
    refused(pyfreeze("explain", "missing.py", cwd=tmp_path), "PF501")


def test_version_and_doctor(tmp_path: Path) -> None:
    assert "pyfreeze, version 0.1.0" in pyfreeze("--version", cwd=tmp_path).stdout
    finished = pyfreeze("doctor", cwd=tmp_path)
    assert finished.returncode == 0 and "test build    works" in finished.stdout


@pytest.mark.parametrize(("library", "title"), [("mypy", "mypy"), ("llvmlite", "LLVM"), ("rich", "rich")])
def test_doctor_says_what_is_missing(tmp_path: Path, library: str, title: str) -> None:
    script = (
        f"import sys; sys.modules[{library!r}] = None; sys.argv = ['pyfreeze', 'doctor']\n"
        "from pyfreeze.__main__ import main\nmain()\n"
    )
    command = [sys.executable, "-c", script]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 1 and "Traceback" not in finished.stderr
    assert f"{title:13} missing: " in finished.stdout
