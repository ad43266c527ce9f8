"""Module globals read by native code: constant expressions, and values that are known only at run time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pyfreeze import _runtime
from tests.conftest import Both, build_both

SOURCE = """
    import math
    import sys
    from math import pi
    from typing import Final
    from pyfreeze import int64, uint8

    X = 4.0 * math.pi
    K = 7
    N = 10 * K
    A = -K
    MASK = (1 << 64) - 1
    LIMITS = (1, 2.5)
    NESTED: Final = ((K, -0.0), True, LIMITS)
    ROOT = math.sqrt(2.0)
    INFINITE = float("inf")
    SMALLEST = min(K, 3, A) if K > 3 and not A else abs(A)
    LOW, HIGH = 0.5, round(pi, 2)
    SAME = ALSO = 5
    FIRST = LIMITS[0]
    WIDE: int64 = K * 1000
    FLAG = 3 < K <= 7
    BIGGEST = sys.maxsize
    BEYOND = 10 ** 100
    POWER = 2.0 ** -3

    def reads() -> tuple[float, int, int, int, float, float, float]:
        return X, N, A, MASK, ROOT, INFINITE, POWER
    def reads_more() -> tuple[int, float, float, int, int, int, bool, int, int]:
        return SMALLEST, LOW, HIGH, SAME, ALSO, FIRST, FLAG, BIGGEST, BEYOND
    def reads_tuples(n: int) -> tuple[tuple[int, float], tuple[tuple[int, float], bool, tuple[int, float]], int, float]:
        first, second = LIMITS
        return LIMITS, NESTED, first + n, second
    def wide(n: int64) -> int64:
        return n * WIDE + LIMITS[0]
    def within(n: int) -> bool:
        return n in LIMITS or n in (K, 9)
"""

NAMES = ("reads", "reads_more", "reads_tuples", "wide", "within")


def _twins(function: Callable[..., object], *arguments: object) -> int:
    """How many calls ran twins because something had changed."""
    _runtime.reset_statistics()
    function(*arguments)
    return len(_runtime.statistics())


def test_constant_expressions(tmp_path: Path) -> None:
    both = build_both(tmp_path, SOURCE)
    assert both.native() == set(NAMES)
    for name in NAMES:
        for arguments in [()] if name in ("reads", "reads_more") else [(1,), (7,), (9,), (-3,)]:
            assert both.same(name, *arguments).kind == "value"
            assert _twins(getattr(both.compiled, name), *arguments) == 0
    for m in (both.interpreted, both.compiled):
        vars(m).update(X=1, LIMITS=(1, 3), K=2)
    for name in NAMES:
        both.same(name, *([] if name in ("reads", "reads_more") else [7]))


VALUES = """
    import os
    from pyfreeze import int64

    def compute(n):
        return n * 2

    if os.name:
        CHOSEN = 3
    else:
        CHOSEN = 4
    COUNT: int = int("5") + compute(2)
    SHARE: float = compute(0.25)
    WIDE: int64 = compute(1 << 40)
    INFERRED = os.cpu_count() is not None
    PAIR: tuple[int, float] = (compute(1), compute(0.5))
    HUGE: int = compute(1 << 70)
    LATER: int
    rebound: int = compute(0)

    def early() -> int:
        return LATER + 1
    try:
        early()
    except NameError as error:
        MESSAGE = str(error)
    LATER = int("10")

    def total(n: int) -> float:
        s = 0.0
        for i in range(n):
            s += SHARE * i
        return s + COUNT + CHOSEN
    def product() -> int:
        return HUGE * 3 - HUGE
    def wide(n: int64) -> int64:
        return n + WIDE
    def pair() -> tuple[int, float]:
        return PAIR
    def inferred() -> bool:
        return not INFERRED
    def recursive(n: int) -> int:
        return COUNT if n < 2 else recursive(n - 1) + recursive(n - 2)
    def outer(n: int) -> float:
        return total(n) + recursive(n)
    def rebinds() -> int:
        global rebound
        rebound += 1
        return rebound
    def reads_rebound() -> int:
        return rebound
    def waits() -> int:
        while COUNT == 9:
            pass
        return COUNT
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("values"), VALUES)


@pytest.fixture
def values(built: Both) -> Iterator[Both]:
    """The module, whose names are restored afterwards."""
    originals = [(m, dict(vars(m))) for m in (built.interpreted, built.compiled)]
    yield built
    for m, names in originals:
        vars(m).update(names)


def test_values_of_run_time(values: Both) -> None:
    expected = {"early", "total", "product", "wide", "pair", "inferred", "recursive", "outer", "waits"}
    assert values.native() == expected
    assert values.compiled.MESSAGE == values.interpreted.MESSAGE
    for name in ("early", "product", "pair", "inferred", "reads_rebound"):
        values.same(name)
        assert name not in expected or _twins(getattr(values.compiled, name)) == 0
    for name in ("total", "wide", "recursive", "outer"):
        for n in (0, 5, 10):
            values.same(name, n)
            assert _twins(getattr(values.compiled, name), n) == 0


def _set(name: str, value: object) -> Callable[[ModuleType], object]:
    return lambda m: setattr(m, name, value)


CHANGES: dict[str, tuple[str, Callable[[Any], object], bool]] = {
    "another value": ("total", _set("SHARE", 0.75), True),
    "negative zero": ("total", _set("SHARE", -0.0), True),
    "not a number": ("total", _set("SHARE", math.nan), True),
    "an int for a float": ("total", _set("SHARE", 2), False),
    "a bool for an int": ("total", _set("COUNT", True), False),
    "an object": ("total", _set("COUNT", "text"), False),
    "deleted": ("total", lambda m: delattr(m, "COUNT"), False),
    "a small int for a big one": ("product", _set("HUGE", 1), True),
    "another big int": ("product", _set("HUGE", 1 << 99), True),
    "beyond the width": ("wide", _set("WIDE", 1 << 63), False),
    "another width": ("wide", _set("WIDE", 5), True),
    "another tuple": ("pair", _set("PAIR", (1 << 80, 3.0)), True),
    "a longer tuple": ("pair", _set("PAIR", (1, 3.0, 4)), False),
    "of a callee": ("outer", _set("COUNT", 11), True),
    "of a recursion": ("recursive", _set("COUNT", 1 << 65), True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_rebinding_takes_effect_at_once(values: Both, change: str) -> None:
    name, act, native = CHANGES[change]
    arguments = [] if name in ("product", "pair") else [6]
    for _ in range(3):
        values.same(name, *arguments)
    for m in (values.interpreted, values.compiled):
        act(m)
    found = values.same(name, *arguments)
    if found.kind == "value":
        assert (_twins(getattr(values.compiled, name), *arguments) == 0) is native


def test_big_values_are_counted(values: Both) -> None:
    m = values.compiled
    for number in range(2000):
        m.HUGE = (1 << 100) + number
        assert m.product() == 2 * m.HUGE
        m.PAIR = (m.HUGE, 1.0)
        assert m.pair() == m.PAIR and m.pair() == m.PAIR


def test_rebinding_while_native_code_runs(values: Both) -> None:
    m = values.compiled
    m.COUNT = 9
    thread = threading.Timer(0.2, lambda: setattr(m, "COUNT", 12))
    thread.start()
    started = time.perf_counter()
    assert m.waits() == 12
    assert time.perf_counter() - started < 20
    thread.join()


def test_entering_with_a_new_value_while_native_code_waits(values: Both) -> None:
    """The other thread's call reads the new value; the waiting one must not go on with it, or with the old one."""
    m = values.compiled
    m.COUNT = 9
    seen = []

    def act() -> None:
        m.COUNT = 13
        seen.append(m.recursive(1))

    thread = threading.Timer(0.2, act)
    thread.start()
    assert m.waits() == 13 and thread.join() is None and seen == [13]


def test_values_of_other_modules(tmp_path: Path) -> None:
    (tmp_path / "settings_of_test.py").write_text("LIMIT = int('12')\nSTEP: float = 0.5\n")
    both = build_both(
        tmp_path,
        f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from settings_of_test import LIMIT, STEP as step
        sys.path.pop(0)
        def scaled(n: int) -> float:
            return (n + LIMIT) * step
        """,
    )
    assert both.native() == {"scaled"}
    both.same("scaled", 3)
    assert _twins(both.compiled.scaled, 3) == 0
    for m in (both.interpreted, both.compiled):
        m.LIMIT = 100
    both.same("scaled", 3)
