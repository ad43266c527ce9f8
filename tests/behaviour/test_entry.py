"""Entering native code both ways: each type of parameter, given what fits and what does not; None as a result."""

from __future__ import annotations

import enum
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import pyfreeze
from pyfreeze import _runtime
from pyfreeze.codegen.inline_guards import FLOAT_TYPE, INT_TYPE
from pyfreeze.codegen.module_emitter import _TYPES
from pyfreeze.ir.types import SCALARS_BY_NAME
from tests.conftest import Both, build_both

NAMES = [name for name in SCALARS_BY_NAME if "int" in name and name != "int"]

SOURCE = (
    "from pyfreeze import " + ", ".join(NAMES) + "\n"
    + "".join(f"def of_{name}(a: {name}, b: {name}) -> bool:\n    return a < b\n" for name in (*NAMES, "int", "float"))
    + """
def same(n: int) -> int:
    return n
def swapped(a: int, x: float, t: tuple[int, float], b: int, /, *, flag: bool) -> tuple[int, float, int, int, float, bool]:
    return b, x, a, t[0], t[1], flag
def nothing(n: int) -> None:
    n += 1
def failing(n: int) -> None:
    assert n > 0, n
def divided(n: int) -> int:
    return 7 // n
"""
)  # fmt: skip


class Number(int):
    pass


class Real(float):
    pass


class Colour(enum.IntEnum):
    RED = 1


EDGES = [sign * (1 << bits) + step for bits in (7, 8, 15, 16, 30, 31, 32, 60, 62, 63, 64) for sign in (1, -1) for step in (-1, 0, 1)]  # fmt: skip
INTS = sorted({0, 1, -1, 5, -5, 256, 257, 10**30, -(10**30), *EDGES})
OTHERS: list[object] = [True, False, Number(7), Colour.RED, 0.0, -0.0, 1.5, float("inf"), Real(2.5)]


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("entry"), SOURCE)


def _twins(function: Callable[..., object], *arguments: object) -> int:
    _runtime.reset_statistics()
    function(*arguments)
    return sum(row["count"] for row in _runtime.statistics())  # type: ignore[misc]


@pytest.mark.parametrize("name", [*NAMES, "int", "float"])
def test_arguments_that_fit_and_others(module: Both, name: str) -> None:
    function, type_ = f"of_{name}", SCALARS_BY_NAME.get(name)
    assert function in module.native()
    for value in [*INTS, *OTHERS]:
        module.same(function, value, 3 if name != "float" else 3.0)
        module.same(function, 3 if name != "float" else 3.0, value)
        if name == "float":
            fits = type(value) is float
        else:
            fits = type(value) is int and (name == "int" or type_.holds(value))  # type: ignore[union-attr]
        assert (_twins(getattr(module.compiled, function), value, value) == 0) == fits, value


def test_values_come_through(module: Both) -> None:
    for value in [*INTS, *OTHERS]:
        module.same("same", value)
        module.same("swapped", value, 2.5, (value, 0.5), -7, flag=True)
        module.same("swapped", 1, value, (2, value), value, flag=False)
    assert module.compiled.same(10**30) == 10**30


def test_none_as_a_result(module: Both) -> None:
    for value in (1, 2**80, 1.5, "text"):
        module.same("nothing", value)
    for value in (1, 0, -(2**80)):
        module.same("failing", value)
    assert _twins(module.compiled.nothing, 1) == 0 and _twins(module.compiled.nothing, 1.5) == 1


def test_code_that_was_copied_runs_its_twin(module: Both) -> None:
    m = module.compiled
    original = m.divided.__code__
    m.divided.__code__ = original.replace(co_name="renamed")
    try:
        assert m.divided(2) == 3
        with pytest.raises(ZeroDivisionError) as caught:
            m.divided(0)
        assert [entry.name for entry in caught.traceback][1:] == ["renamed"]
    finally:
        m.divided.__code__ = original


def test_the_record_of_a_module_has_the_types_where_guards_look() -> None:
    """The runtime's struct and the compiler's are field by field the same."""
    header = (Path(__file__).parents[2] / "runtime/include/pyfreeze_abi.h").read_text(encoding="utf-8")
    body = re.sub(r"/\*.*?\*/", "", header[: header.index("} PfModule;")].rpartition("struct PfModule {")[2], flags=re.DOTALL)  # fmt: skip
    fields = [name.strip(" *\n") for line in body.split(";") for name in line.split(",") if name.strip()]
    (declared,) = re.findall(r"%PfModule = type \{(.*?)\}\n", _TYPES)
    assert len(fields) == len(declared.split(", "))
    assert fields[INT_TYPE].endswith("int_type") and fields[FLOAT_TYPE].endswith("float_type")


HUGE = """
def grow(steps: int) -> int:
    x = 1 << 3000000
    for i in range(steps):
        x = x * 3 + i
    return x
def compare(steps: int) -> int:
    x = 1 << 3000000
    found = 0
    for i in range(steps):
        found += x + i > x
    return found
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals by timer")
@pytest.mark.parametrize("name", ["grow", "compare"])
def test_slow_steps_are_interrupted(tmp_path: Path, name: str) -> None:
    """Thousands of steps come between two polls of a loop, and each of these takes a while."""
    both = build_both(tmp_path, HUGE)
    assert both.native() == {"grow", "compare"}
    both.same("compare", 3)
    for _ in range(3):  # other processes may have the processor for a while
        delays: list[float] = []

        def interrupt(*_details: object, started: float = time.perf_counter(), seen: list[float] = delays) -> None:
            seen.append(time.perf_counter() - started)
            raise KeyboardInterrupt

        previous = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            with pytest.raises(KeyboardInterrupt) as caught:
                getattr(both.compiled, name)(10**6)
        finally:
            signal.signal(signal.SIGALRM, previous)
        assert caught.traceback[1].name == name and caught.traceback[1].lineno > 0
        if delays[0] < 0.3:
            return
    pytest.fail(f"handled after {delays[0]:.2f} s")


def test_other_threads_run_between_slow_steps(tmp_path: Path) -> None:
    both = build_both(tmp_path, HUGE)
    ticks, done = [], threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(1)
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    both.compiled.compare(2000)
    done.set()
    thread.join()
    assert len(ticks) > 10 or sys.getswitchinterval() > 0.01


@pytest.mark.skipif(sys.platform == "win32", reason="signals to oneself")
def test_an_interrupt_that_is_caught_leaves_nothing_behind(tmp_path: Path) -> None:
    """Whichever poll is the process's first one: CPython kills a process that ends by an interrupt nobody caught."""
    both = build_both(tmp_path, "def spin(n: int) -> int:\n    for i in range(n):\n        n ^= i\n    return n\n")
    script = f"""
import os, signal, sys, threading, traceback
sys.path.insert(0, {str(tmp_path)!r})
import {both.path.stem} as m
for _ in range(3):
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        m.spin(10**13)
    except KeyboardInterrupt as error:
        print([entry.name for entry in traceback.extract_tb(error.__traceback__)])
"""
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert finished.stdout == "['<module>', 'spin']\n" * 3 and finished.returncode == 0, finished.stderr


def test_functions_that_only_return_what_is_there_run_as_bytecode(both: Callable[[str], Both]) -> None:
    """They are native for native code; Python has nothing to gain from entering them."""
    made = both(
        """
        from pyfreeze import float64, frozen, int64
        @frozen
        class P:
            x: float64
            @property
            def size(self) -> int:
                return 2
        def second(a: P, b: P) -> P:
            return b
        def constant(a: P, b: P) -> int:
            return 1
        def converted() -> float64:
            return 1
        def same(a: int64) -> int64:
            return a
        def nothing(a: float) -> None:
            pass
        def uses(a: P, b: P) -> float64:
            nothing(a.x)
            return second(a, b).x + constant(a, b) + same(3) + a.size
        """
    )
    names = ("second", "constant", "same", "nothing", "uses", "converted")
    assert made.native() == {*names, "P.size"}
    for module in (made.interpreted, made.compiled):
        a, b = module.P(1.5), module.P(2.5)
        assert module.second(a, b) is b and module.second(a, 7) == 7
        assert module.uses(a, b) == 8.5 and module.constant(None, None) == 1 and module.same("x") == "x"
    size = {name: len(getattr(made.compiled, name).__code__.co_code) for name in names}
    bytecode = {name: len(getattr(made.interpreted, name).__code__.co_code) for name in names}
    assert {name for name in names if size[name] == bytecode[name]} == {"second", "constant", "same", "nothing"}
    assert made.compiled.converted().hex() == "0x1.0000000000000p+0"
    assert all(pyfreeze.is_compiled(getattr(made.compiled, name)) for name in names)
    made.compiled.second = lambda a, b: a
    assert made.compiled.uses(made.compiled.P(1.5), made.compiled.P(2.5)) == 7.5
