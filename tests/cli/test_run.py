"""`pyfreeze run`: what a program can see and what it leaves is as with `python FILE`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from pyfreeze.commands.run import run_program
from pyfreeze.diagnostics import DiagnosticError
from pyfreeze.options import Options

PYTHON = [sys.executable]
PYFREEZE = [sys.executable, "-m", "pyfreeze", "run"]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def outcome(command: list[str], folder: Path, *arguments: str, **options: object) -> tuple[str, str, int]:
    finished = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    return finished.stdout, finished.stderr, finished.returncode


def both(folder: Path, *arguments: str) -> tuple[str, str, int]:
    """Run FILE ARGS… both ways and return what both do."""
    interpreted = outcome(PYTHON, folder, *arguments, input="input")
    compiled = outcome(PYFREEZE, folder, *arguments, input="input")
    assert compiled == interpreted
    return compiled


def test_what_a_program_sees(tmp_path: Path) -> None:
    write(tmp_path / "scripts" / "neighbour.py", "NAME = 'neighbour'\n")
    program = """\
        import sys, neighbour
        shown = {name: repr(value) for name, value in globals().copy().items() if name != "__loader__"}
        print(shown, type(globals()["__loader__"]))
        print(sys.argv, sys.path[0], sys.modules["__main__"].__dict__ is globals())
        print(sys.stdin.read())
        """
    write(tmp_path / "scripts" / "program.py", program)
    shown, _, _ = both(tmp_path, "scripts/program.py", "-x", "--compare", "a b")
    assert "'-x', '--compare', 'a b'" in shown
    both(tmp_path / "scripts", "program.py")
    both(tmp_path, str(tmp_path / "scripts" / "program.py"))


@pytest.mark.parametrize(
    "ending",
    [
        "sys.exit(3)",
        "sys.exit('a message')",
        "sys.exit()",
        "raise SystemExit(True)",
        "f(0)",
        "raise ValueError('here') from KeyError(1)",
        "os._exit(5)",
        "os.abort()",
        "raise KeyboardInterrupt",
        "os.kill(os.getpid(), signal.SIGTERM)",
        "sys.excepthook = lambda kind, value, trace: print('hook', kind, traceback.format_tb(trace))\nraise ValueError",
        "threading.Thread(target=f, args=(0,)).start()",
        "raise ExceptionGroup('several', [ValueError(1), KeyError(1)])",
    ],
)
def test_how_a_program_ends(tmp_path: Path, ending: str) -> None:
    head = "import os, signal, sys, threading, traceback\ndef f(n: int) -> int:\n    return 1 // n\n\n"
    (tmp_path / "program.py").write_text(f"{head}print('before', flush=True)\n{ending}\n")
    shown, _, _ = both(tmp_path, "program.py")
    assert shown.startswith("before")


def test_any_file_name(tmp_path: Path) -> None:
    for name in ("with-dash.py", "2nd.py", "naïve.py", "no_suffix", "random.py", "class.py"):
        (tmp_path / name).write_text(
            "import inspect\ndef f(n: int) -> int:\n    return n\nprint(inspect.getsource(f))\n"
        )
        assert "def f" in both(tmp_path, name)[0]
        (tmp_path / name).unlink()


def test_what_cannot_be_run(tmp_path: Path) -> None:
    _, shown, status = outcome(PYFREEZE, tmp_path, "missing.py")
    assert status == 1 and "[PF501]" in shown
    (tmp_path / "bad.py").write_text("def f(:\n")
    _, shown, status = outcome(PYFREEZE, tmp_path, "bad.py")
    assert status == 1 and "[PF504]" in shown


def test_a_changed_program_is_built_again(tmp_path: Path) -> None:
    for text in ("print(1)\n", "print(2)\n", "print(1)\n"):
        (tmp_path / "program.py").write_text(text)
        both(tmp_path, "program.py")


def test_a_program_that_was_built_starts_without_the_compiler(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print('ran')\n")
    assert outcome(PYFREEZE, tmp_path, "program.py")[0] == "ran\n"
    start = time.perf_counter()
    script = (
        "import sys; sys.modules['mypy'] = sys.modules['llvmlite'] = None; sys.argv = ['pyfreeze', 'run', 'program.py']\n"
        "from pyfreeze.__main__ import main\nmain()\n"
    )
    assert outcome([sys.executable, "-c", script], tmp_path)[:2] == ("ran\n", "")
    assert time.perf_counter() - start < 5


def test_programs_not_run_for_long_are_forgotten(tmp_path: Path) -> None:
    environment = {**os.environ, "PYFREEZE_CACHE_DIR": str(tmp_path / "cache")}
    (tmp_path / "program.py").write_text("print(1)\n")
    assert outcome(PYFREEZE, tmp_path, "program.py", env=environment)[0] == "1\n"
    (old,) = (tmp_path / "cache" / "run").iterdir()
    long_ago = time.time() - 40 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    assert outcome(PYFREEZE, tmp_path, "program.py", env=environment)[0] == "1\n"
    assert old.stat().st_mtime > long_ago + 1000  # used: kept
    os.utime(old, (long_ago, long_ago))
    (tmp_path / "program.py").write_text("print(2)\n")
    assert outcome(PYFREEZE, tmp_path, "program.py", env=environment)[0] == "2\n"
    assert not old.exists()


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print(1)\n")
    environment = {**os.environ, "PYFREEZE_CACHE_DIR": str(tmp_path / "program.py" / "cache")}
    _, errors, status = outcome(PYFREEZE, tmp_path, "program.py", env=environment)
    assert status == 1 and "[PF505]" in errors and "set PYFREEZE_CACHE_DIR" in errors and "Traceback" not in errors


def test_compare(tmp_path: Path) -> None:
    write(
        tmp_path / "same.py",
        """\
        import sys
        def f(n: int) -> int:
            return 10 // n
        print(f(2), {"a", "b", "c"}, sys.stdin.read())
        f(0)
        """,
    )
    shown, errors, status = outcome([*PYFREEZE, "--compare"], tmp_path, "same.py", input="words")
    assert status == 1 and "same output" in shown and " words\n" in shown and "interpreted " in shown
    assert errors.count("ZeroDivisionError") == 1 and "run_main" not in errors


def test_compare_finds_differences(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(
        "import sys\nfrom pyfreeze import is_compiled\ndef f(n: int) -> int:\n    return n\n"
        "print(is_compiled(f))\nprint('!', file=sys.stderr)\nsys.exit(is_compiled(f))\n"
    )
    shown, errors, status = outcome([*PYFREEZE, "--compare"], tmp_path, "other.py")
    assert status == 1 and "DIFFERENT output" in shown
    assert "-False" in errors and "+True" in errors and "exit status 0 interpreted, 1 compiled" in errors


def test_a_pyfreeze_without_runtime_beside_the_program_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a source tree that was installed elsewhere. `-S`, so that no finder of an editable install comes first."""
    program = write(tmp_path / "program.py", "print(1)\n")
    write(tmp_path / "pyfreeze" / "__init__.py", "")
    python = write(tmp_path / "python", f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(DiagnosticError) as caught:
        run_program(program, (), Options(), comparing=True)
    (found,) = caught.value.diagnostics
    assert (found.code, found.path) == ("PF508", str(program)) and str(tmp_path / "pyfreeze") in found.message
    assert found.hint.endswith(f"pip install -e {tmp_path}")


def test_compare_does_not_wait_for_input_that_never_comes(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print('done')\n")
    reading, writing = os.pipe()
    try:
        command = [*PYFREEZE, "--compare", "program.py"]
        finished = subprocess.run(command, cwd=tmp_path, stdin=reading, capture_output=True, timeout=60, check=False)
    finally:
        os.close(reading)
        os.close(writing)
    assert finished.returncode == 0 and b"same output" in finished.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_compare_ends_with_its_programs(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "program.py").write_text(
        "import os, time\nopen('started', 'w').write(str(os.getpid()))\nos.rename('started', 'pid')\ntime.sleep(60)\n"
    )
    with subprocess.Popen([*PYFREEZE, "--compare", "program.py"], cwd=tmp_path, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode not in (0, None) and b"Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's redirections")
def test_closed_streams(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("open('ran', 'w').write('yes')\n")
    for option in ("", "--compare"):
        command = f"exec {sys.executable} -m pyfreeze run {option} program.py <&- >&- 2>&-"
        assert subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False).returncode == 0
        assert (tmp_path / "ran").read_text() == "yes"


def test_an_option_that_is_not_understood(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print(1)\n")
    _, errors, status = outcome([*PYFREEZE, "--bogus"], tmp_path, "program.py")
    assert status == 2 and "No such option" in errors
