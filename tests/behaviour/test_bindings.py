"""Frozen bindings and the module mechanism: whatever is rebound takes effect at once; functions stay functions."""

from __future__ import annotations

import builtins
import doctest
import functools
import importlib
import importlib.util
import inspect
import math
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from pyfreeze import _runtime, is_compiled
from tests.conftest import Both, build_both

SOURCE = '''
    """A module.

    >>> doubled(4)
    8
    """
    import functools
    import math
    from pyfreeze import int64

    __all__ = ["doubled", "shape"]
    FACTOR = 2
    TABLE = {"a": 1}

    def doubled(n: int64) -> int64:
        """Twice n.

        >>> doubled(21)
        42
        """
        return n * FACTOR

    def quadrupled(n: int64, times: int64 = 2) -> int64:
        return doubled(n) * times

    def by_default(n: int64) -> int64:
        return quadrupled(n)

    def shape(n: int64) -> float:
        return math.sqrt(abs(n))

    @functools.lru_cache
    def cached(n: int64) -> int64:
        return n + 1

    def logged(function):
        @functools.wraps(function)
        def wrapper(*arguments):
            return function(*arguments)
        return wrapper

    @logged
    def decorated(n: int64) -> int64:
        return n - 1

    def uses_decorated(n: int64) -> int64:
        return decorated(n)

    if FACTOR == 2:
        def conditional(n: int) -> int:
            return n + 2
    else:
        def conditional(n: int) -> int:
            return n + 3

    class Shape:
        """A class."""
        side = 3
        @staticmethod
        def area(n: int64) -> int64:
            return n * n
        def method(self):
            return self.side

    def spin(n: int64) -> int64:
        x: int64 = 0
        for _ in range(n):
            for _ in range(1000000000):
                x = x * 3 & 255
        return x

    def stop() -> bool:
        return False

    def wait_for_stop() -> int:
        while not stop():
            pass
        return 1

    def deep(n: int) -> int:
        return 0 if n == 0 else 1 + deep(n - 1)

    def caller(n: int) -> int:
        return failing(n) + 1

    def failing(n: int) -> int:
        local = n * 2
        return local // 0
'''


@pytest.fixture
def module(tmp_path: Path) -> Both:
    return build_both(tmp_path, SOURCE)


def native_entries(function: Callable[..., object], *arguments: object) -> bool:
    """Whether this call ran native code."""
    _runtime.reset_statistics()
    function(*arguments)
    return not _runtime.statistics()


def test_what_is_native(module: Both) -> None:
    expected = {"doubled", "quadrupled", "by_default", "shape", "cached", "decorated", "conditional", "Shape.area"}
    assert expected <= module.native()
    assert "uses_decorated" not in module.native()


def test_patching_a_function_takes_effect_at_once(module: Both) -> None:
    m = module.compiled
    assert m.quadrupled(3) == 12 and native_entries(m.quadrupled, 3)
    with mock.patch.object(m, "doubled", lambda n: 100):
        assert m.quadrupled(3) == 200 and m.by_default(3) == 200
    assert m.quadrupled(3) == 12 and native_entries(m.quadrupled, 3)
    m.doubled = lambda n: 7
    assert m.quadrupled(3) == 14
    del m.doubled
    with pytest.raises(NameError, match="name 'doubled' is not defined"):
        m.quadrupled(3)


def test_changing_a_constant_takes_effect_at_once(module: Both) -> None:
    m = module.compiled
    assert m.doubled(3) == 6
    vars(m)["FACTOR"] = 5
    assert m.doubled(3) == 15
    m.FACTOR = 2.5
    assert m.doubled(3) == 7.5
    m.FACTOR = True + 1
    assert m.doubled(3) == 6 and native_entries(m.doubled, 3)


def test_patching_builtins_and_math(module: Both) -> None:
    m = module.compiled
    assert m.shape(-9) == 3.0
    with mock.patch.object(builtins, "abs", lambda n: 16):
        assert m.shape(-9) == 4.0
    with mock.patch.object(math, "sqrt", lambda x: "patched"):
        assert m.shape(-9) == "patched"
    m.abs = lambda n: 25
    assert m.shape(-9) == 5.0
    del m.abs
    assert m.shape(-9) == 3.0 and native_entries(m.shape, 9)
    m.math = types.SimpleNamespace(sqrt=lambda x: 1)
    assert m.shape(-9) == 1


def test_changing_code_and_defaults(module: Both) -> None:
    m = module.compiled
    assert m.by_default(1) == 4
    m.quadrupled.__defaults__ = (10,)
    assert m.quadrupled(1) == 20 and m.by_default(1) == 20
    m.quadrupled.__defaults__ = (2,)
    assert m.by_default(1) == 4 and native_entries(m.by_default, 1)

    def replacement(n):  # type: ignore[no-untyped-def]
        return -n

    m.doubled.__code__ = replacement.__code__
    assert m.doubled(4) == -4 and m.quadrupled(4) == -8
    assert not is_compiled(m.doubled) and is_compiled(m.quadrupled)


def test_a_binding_changed_while_native_code_runs(module: Both) -> None:
    m = module.compiled
    thread = threading.Timer(0.1, lambda: setattr(m, "stop", lambda: True))
    thread.start()
    assert m.wait_for_stop() == 1
    thread.join()


def test_other_threads_run_meanwhile(module: Both) -> None:
    m = module.compiled
    ticks = []
    finished = threading.Event()

    def tick() -> None:
        while not finished.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    threading.Timer(0.4, lambda: setattr(m, "stop", lambda: True)).start()
    m.wait_for_stop()
    finished.set()
    thread.join()
    assert len(ticks) > 10


@pytest.mark.skipif(sys.platform == "win32", reason="signals to oneself")
def test_interrupting_a_native_loop(module: Both) -> None:
    m = module.compiled
    delays = []
    for _ in range(3):  # other processes may have the processor for a while
        sent: list[float] = []

        def interrupt(sent: list[float] = sent) -> None:
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(0.2, interrupt)
        timer.start()
        with pytest.raises(KeyboardInterrupt) as caught:
            m.spin(1000)
        delays.append(time.perf_counter() - sent[0])
        assert "spin" in [entry.name for entry in caught.traceback]
        timer.join()
    assert min(delays) < 0.2


def test_functions_stay_functions(module: Both) -> None:
    m, plain = module.compiled, module.interpreted
    assert type(m.doubled) is types.FunctionType
    assert inspect.signature(m.quadrupled) == inspect.signature(plain.quadrupled)
    assert inspect.getsource(m.doubled) == inspect.getsource(plain.doubled)
    assert inspect.getsource(m.Shape) == inspect.getsource(plain.Shape)
    assert inspect.getsource(m) == inspect.getsource(plain)
    assert m.doubled.__doc__ == plain.doubled.__doc__ and m.__doc__ == plain.__doc__
    assert m.doubled.__module__ == m.__name__ and m.Shape.area.__qualname__ == "Shape.area"
    assert m.__file__ == str(module.path) and m.__spec__.origin != m.__file__
    assert m.__cached__ == importlib.util.cache_from_source(str(module.path))
    assert list(vars(m)) == list(vars(plain))
    m.doubled.note = 5
    assert m.doubled.note == 5
    assert pickle.loads(pickle.dumps(m.quadrupled)) is m.quadrupled
    assert m.cached(4) == 5 and m.cached.cache_info().misses == 1
    assert m.decorated(4) == 3 and m.uses_decorated(4) == 3 and m.decorated.__wrapped__ is not None
    assert m.conditional(1) == 3 and m.Shape.area(5) == 25 and m.Shape().method() == 3
    assert functools.partial(m.quadrupled, 2)() == 8
    assert doctest.testmod(m).failed == 0 and doctest.testmod(m).attempted == 2


def test_is_compiled(module: Both) -> None:
    m = module.compiled
    assert is_compiled(m) and is_compiled(m.doubled) and is_compiled(m.Shape) and is_compiled(m.cached)
    assert is_compiled(m.decorated) and is_compiled(m.logged) and is_compiled(m.Shape.method)
    assert not is_compiled(module.interpreted) and not is_compiled(module.interpreted.doubled)
    assert not is_compiled(len) and not is_compiled(5)


def test_reload_and_second_instance(module: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(module.path.parent))
    m = module.compiled
    old = m.doubled
    m.FACTOR = 9
    assert importlib.reload(m) is m
    assert m.FACTOR == 2 and m.doubled is not old and m.quadrupled(1) == 4
    assert old(5) == 10
    assert is_compiled(m.doubled)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals by timer")
def test_a_reload_while_native_code_runs(module: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its traceback has each frame once, though the function's code object is another one by then."""
    monkeypatch.syspath_prepend(str(module.path.parent))
    m = module.compiled

    def reload(*_details: object) -> None:
        importlib.reload(m)
        raise KeyError("reloaded")

    previous = signal.signal(signal.SIGALRM, reload)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(KeyError) as caught:
            m.spin(1000)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert [entry.name for entry in caught.traceback][1:3] == ["spin", "reload"]
    assert m.spin(0) == 0 and native_entries(m.spin, 0)


def test_tracing_sees_every_line(module: Both) -> None:
    seen = []

    def trace(frame: types.FrameType, event: str, _argument: object):  # type: ignore[no-untyped-def]
        if frame.f_code.co_name in ("quadrupled", "doubled"):
            seen.append((frame.f_code.co_name, event))
        return trace

    sys.settrace(trace)
    try:
        module.compiled.quadrupled(3)
    finally:
        sys.settrace(None)
    assert ("doubled", "call") in seen and ("doubled", "line") in seen


def test_recursion_ends_as_in_cpython(module: Both) -> None:
    with pytest.raises(RecursionError, match="maximum recursion depth exceeded"):
        module.compiled.deep(10**7)
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(100_000)
        assert module.compiled.deep(60_000) == 60_000
    finally:
        sys.setrecursionlimit(limit)


def test_recursion_deeper_than_the_c_stack(module: Both) -> None:
    script = f"""
        import sys
        sys.path.insert(0, {str(module.path.parent)!r})
        import {module.path.stem} as m
        sys.setrecursionlimit(3_000_000)
        assert m.deep(400_000) == 400_000
        sys.setrecursionlimit(1000)
        from pyfreeze import _runtime
        _runtime.reset_statistics()
        assert m.deep(100) == 100 and not _runtime.statistics(), "native code has the stack again"
        try:
            m.deep(10**7)
        except RecursionError:
            print("refused")
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert finished.stdout == "refused\n", finished.stderr


def test_tracebacks_have_lines_functions_and_locals(module: Both) -> None:
    entries = {}
    for kind, m in (("compiled", module.compiled), ("interpreted", module.interpreted)):
        with pytest.raises(ZeroDivisionError) as caught:
            m.caller(21)
        traceback, found = caught.value.__traceback__, []
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_code.co_filename == str(module.path):
                found.append((frame.f_code.co_name, traceback.tb_lineno, frame.f_lineno, dict(frame.f_locals)))
                assert frame.f_back is not None and frame.f_globals is vars(m)
            traceback = traceback.tb_next
        entries[kind] = found
    assert entries["compiled"] == entries["interpreted"]
    assert entries["compiled"][-1][3] == {"n": 21, "local": 42}


def test_import_cycles_relative_imports_and_packages(tmp_path: Path) -> None:
    from pyfreeze import driver
    from pyfreeze.options import Options
    from pyfreeze.sources import read_source

    package = tmp_path / "cycle_package"
    package.mkdir()
    files = {
        "__init__.py": "from .first import one\nNAME = __name__\ndef three(n: int) -> int:\n    return n + 3\n",
        "first.py": "from . import second\ndef one(n: int) -> int:\n    return n + 1\n",
        "second.py": "from . import first\ndef two(n: int):\n    return first.one(n) + 1\n",
    }
    for name, text in files.items():
        (package / name).write_text(text)
    results = driver.build([read_source(package / name) for name in files], None, Options())
    assert all(result.extension is not None for result in results)
    script = (
        "import cycle_package as p, pyfreeze; from cycle_package import second; "
        "assert pyfreeze.is_compiled(p) and pyfreeze.is_compiled(p.one); "
        "print(p.NAME, p.one(1), p.three(1), second.two(1), p.__file__.endswith('.py'), p.__path__ != [])"
    )
    finished = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.stdout == "cycle_package 2 4 3 True True\n", finished.stderr


def test_a_changed_source_is_noticed(tmp_path: Path) -> None:
    both = build_both(tmp_path, "def f(n: int) -> int:\n    return n\n")
    both.path.write_text("def f(n: int) -> int:\n    return n + 1\n")
    command = [sys.executable, "-c", f"import {both.path.stem}"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "has changed since its extension module was built" in finished.stderr and finished.returncode == 0
