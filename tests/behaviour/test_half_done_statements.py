"""Statements that native code leaves after part of them has had its effect: what they have computed goes along."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest

from pyfreeze import _runtime
from tests.behaviour import recording
from tests.conftest import Both, Outcome, build_both

SOURCE = """
    from pf_recording import note, trip
    from pyfreeze import Array, float64, frozen, int64

    K = 3
    LARGE = 2**70

    @frozen
    class P:
        x: float64
        y: float64

        def __add__(self, other: "P") -> "P":
            return P(self.x + other.x, self.y + other.y)

    def factor() -> int:
        return 1

    def g(a: int, k: int) -> int:
        '''A signal comes if `a` is `k`: its handler rebinds `factor`.'''
        here = note(a)
        while here == k:
            here += 1
            trip(10)
        return a * factor()

    def power(a: int, b: int) -> int:
        '''Its result may be a float.'''
        note(a)
        return a ** b

    def ramp(n: int, k: int) -> Array[int64]:
        made = Array[int64]()
        for i in range(n):
            made.append(i + g(n, k))
        return made

    def point(a: int, k: int) -> P:
        x = g(a, k) * 0.5
        return P(x, 1.0)

    def half(a: int, k: int) -> float:
        return g(a, k) * 0.5

    def maybe(a: int, k: int) -> float | None:
        return None if g(a, k) == 2 else a * 0.5

    def two(a: int, k: int) -> int:
        return g(a, k) + g(a + 1, k)

    def three(a: int, k: int) -> int:
        x = a * 10
        y = x - (g(a, k) + x * g(a + 1, k)) * factor() - g(a + 2, k)
        return y * 2

    def pair(n: int, k: int) -> int:
        a, b = ramp(n, k), ramp(n + 1, k)
        return a[0] * 100 + b[-1] + len(b)

    def popped(n: int, k: int) -> int:
        a = ramp(n, k)
        return a.pop() + sum(a) * factor() - a.pop() + g(n, k)

    def items(n: int, k: int) -> tuple[int, float, int, bool]:
        t = (g(n, k), half(n + 1, k), -5, g(n + 2, k) > 3)
        return t

    def points(n: int, k: int) -> float:
        p = point(n, k) + P(1.0, 2.0) + point(n + 1, k)
        return p.x * 10 + p.y

    def constants(a: int, k: int) -> int:
        return g(a, k) + K * factor() + LARGE + g(a + 1, k)

    def in_loops(n: int, k: int) -> int:
        total = 0
        for i in range(n):
            for j in range(i):
                total += g(j, -1) + g(i * 10 + j, k) * (i + factor())
            total += i
        return total

    def at_item(n: int, k: int) -> int:
        a = Array[int64].filled(3, 7)
        a[g(1, k)] = g(2, k) + factor()
        a[0] += g(0, k) * factor()
        return a[0] * 10000 + a[1] * 100 + a[2]

    def powers(a: int, b: int) -> int:
        return g(a, -1) * 2 + power(a, b) + power(a, b + 1)

    def large(a: int, b: int) -> int:
        return g(a, -1) + power(a, b) * g(a + 1, -1)

    def lines(a: int, k: int) -> int:
        return (
            g(a, k)
            + g(
                a + 1,
                k,
            )
            * factor()
        )

    def branches(a: int, k: int) -> int:
        x = g(a, k) + (g(a + 1, k) if a % 2 else factor()) + g(a + 2, k)
        if g(a, k) and g(a + 3, k) > factor() or g(a + 4, k) < 3 < g(a + 5, k):
            x += 1000
        return x

    def condition(a: int, k: int) -> int:
        t = 0
        while g(t, k) + factor() < a + g(t + 10, k) * 0:
            t += 1
        if g(a, k) - factor() > g(a + 1, k):
            t = -t
        return t

    def not_set(a: int, k: int) -> int:
        for i in range(a - 2):
            u = i
        t = g(a, k) + factor() + u
        return t

    def fails(a: int, k: int) -> int:
        return g(a, k) + g(a + 1, k) // (factor() - 1) + g(a + 2, k)

    def optional(a: int, k: int) -> bool:
        return maybe(a, k) == maybe(a + 1, k)

    def shadowed(a: int, k: int) -> int:
        x = a
        return x + (x := g(a, k)) + x * g(a + 1, k) + (x := 7) + factor() * x
"""

NAMES = (
    *("two", "three", "pair", "popped", "items", "points", "constants", "in_loops", "at_item", "lines", "branches"),
    *("condition", "not_set", "fails", "optional", "shadowed"),
)


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as made:
        yield made


@pytest.fixture(scope="module")
def notes(patch: pytest.MonkeyPatch) -> list[int]:
    return recording.install(patch)


@pytest.fixture(scope="module")
def both(notes: list[int], tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("half_done"), SOURCE)


def same(both: Both, notes: list[int], name: str, *arguments: object) -> Outcome:
    """The same outcome and the same side effects in the same order; a signal's handler rebinds `factor`."""
    found = []
    for source in (both.interpreted, both.compiled):
        original = source.factor
        notes.clear()
        before = signal.signal(10, lambda *_, source=source: setattr(source, "factor", lambda: 1000))
        outcome = Outcome.of(getattr(source, name), *arguments)
        signal.signal(10, before)
        source.factor = original
        found.append((outcome, list(notes)))
    assert found[0] == found[1]
    return found[0][0]


def test_others_than_those_with_branches_are_native(both: Both) -> None:
    kept = {item.name for item in both.report.functions} - both.native()
    assert kept == {"branches", "shadowed"}


@pytest.mark.parametrize("name", NAMES)
def test_a_binding_changes_in_the_middle(both: Both, notes: list[int], name: str) -> None:
    for a in (1, 2, 3, 5):
        for k in (-1, *range(12), 21, 32, 43):
            same(both, notes, name, a, k)


@pytest.mark.parametrize("name", ["powers", "large"])
def test_a_result_of_another_type(both: Both, notes: list[int], name: str) -> None:
    for a in (2, 3, -2):
        for b in (-2, -1, 0, 1, 2, 80):
            same(both, notes, name, a, b)
    _runtime.reset_statistics()
    same(both, notes, name, 2, -3)
    assert {str(row["function"]) for row in _runtime.statistics()} == {"power", name}


def test_nothing_leaks(both: Both, notes: list[int]) -> None:
    def calls(count: int) -> None:
        for _ in range(count):
            for name in ("two", "pair", "popped", "points", "items", "fails"):
                for k in (-1, 3, 4):
                    same(both, notes, name, 3, k)

    calls(60)  # what is kept for later calls
    before = sys.getallocatedblocks()
    calls(200)
    assert sys.getallocatedblocks() - before < 200
