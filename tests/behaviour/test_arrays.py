"""Arrays natively: methods and operators, and what becomes of them when things go wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pyfreeze import Array, float64, int8, int64
from tests.conftest import Both, Outcome, build_both, exact

SOURCE = """
    from pyfreeze import Array, float64, frozen, int8, int64

    @frozen(order=True)
    class P:
        x: float64
        n: int64

    @frozen
    class Odd:
        n: int64

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Odd) and self.n % 2 == other.n % 2

        def __hash__(self) -> int:
            return self.n % 2

    def pops(a: Array[int64], n: int64) -> int64:
        s: int64 = 0
        for _ in range(n):
            s = s * 10 + a.pop()
        return s

    def pops_values(a: Array[P]) -> float64:
        s = 0.0
        while a:
            p = a.pop()
            s += p.x * p.n
        return s

    def pops_bools(a: Array[bool]) -> int:
        count = 0
        while len(a) > 0:
            if a.pop():
                count += 1
        return count

    def pops_at(a: Array[int8], i: int) -> int8:
        return a.pop(i)

    def pops_value_at(a: Array[P], i: int64) -> P:
        return a.pop(i)

    def clears(a: Array[float64], b: Array[float64]) -> int:
        a.clear()
        return len(a) * 100 + len(b)

    def extends(a: Array[int64], b: Array[int64]) -> int64:
        a.extend(b)
        a += b
        return a[-1]

    def inserts(a: Array[int8], i: int, v: int64) -> int:
        a.insert(i, v)
        return len(a)

    def removes(a: Array[int64], v: float) -> int:
        a.remove(v)
        return len(a)

    def removes_value(a: Array[P], p: P) -> bool:
        a.remove(p)
        return p in a

    def searches(a: Array[float64], v: int) -> tuple[bool, bool, int, int]:
        return v in a, v not in a, a.count(v), a.index(v)

    def searches_odd(a: Array[Odd], p: Odd) -> tuple[bool, int, int]:
        return p in a, a.count(p), a.index(p)

    def copies(a: Array[int64]) -> Array[int64]:
        b = a.copy()
        b.reverse()
        b.reserve(100)
        return b

    def sorts(a: Array[float64], down: bool) -> None:
        a.sort(reverse=down)

    def sorts_values(a: Array[P]) -> None:
        a.sort()

    def sorts_odd(a: Array[Odd]) -> None:
        a.sort()

    def slices(a: Array[int64], i: int, j: int) -> Array[int64]:
        b = a[i:j]
        c = a[:j] + a[i:]
        return (b + c + a[:]) * 2

    def compares(a: Array[int64], b: Array[int64]) -> tuple[bool, bool, bool, bool]:
        return a == b, a != b, a < b, a >= b

    def compares_others(a: Array[int64], b: Array[float64]) -> bool:
        return a == b

    def converts(a: Array[int64]) -> Array[float64]:
        return Array[float64](a)

    def narrows(a: Array[int64]) -> Array[int8]:
        return Array[int8](a)

    def deletes(a: Array[int64], i: int, j: int) -> int:
        del a[i]
        del a[i:j]
        return len(a)

    def sums(a: Array[int64]) -> tuple[int, int, int]:
        return sum(a), min(a), max(a)

    def sums_floats(a: Array[float64]) -> tuple[float, float, float]:
        return sum(a), min(a), max(a)

    def sums_bools(a: Array[bool]) -> int:
        return sum(a)

    def unset(a: Array[int64], n: int64) -> int64:
        if n > 0:
            late = a[n:]
            pair = (late, (n, a))
        a.reverse()
        if n > 1:
            del late
        return late[0] + pair[1][1][0]

    def half_done(a: Array[int64]) -> None:
        a[0] += a.pop()

    def is_empty(a: Array[P]) -> bool:
        return not a

    def queue(a: Array[int64], n: int64) -> int64:
        # Grows and shrinks while a loop runs over it.
        s: int64 = 0
        for v in a:
            s += v
            if v < n:
                a.append(v + 1)
            if v % 3 == 0:
                a.pop()
        return s
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("arrays"), SOURCE)


def shown(value: object) -> object:
    if isinstance(value, Array):
        return type(value).__name__, [shown(item) for item in value]
    if isinstance(value, tuple):
        return tuple(map(shown, value))
    return repr(value) if type(value).__name__ in ("P", "Odd") else exact(value)


def same(both: Both, name: str, make: Callable[[ModuleType], tuple[object, ...]]) -> object:
    """Call both ways with what `make` makes, and compare the outcomes and the arguments afterwards."""
    outcomes = []
    for module in (both.interpreted, both.compiled):
        arguments = make(module)
        function = getattr(module, name)
        outcome = Outcome.of(lambda: shown(function(*arguments)))  # noqa: B023
        outcomes.append((outcome, [shown(argument) for argument in arguments]))
    assert outcomes[0] == outcomes[1], f"{name}: compiled {outcomes[1]}, interpreted {outcomes[0]}"
    return outcomes[0]


def test_everything_is_native(both: Both) -> None:
    assert both.native() >= {item.name for item in both.report.functions if "." not in item.name}


@pytest.mark.parametrize("n", [0, 2, 3, 4])
def test_pop(both: Both, n: int) -> None:
    same(both, "pops", lambda m: (Array[int64]([1, 2, 3]), n))
    same(both, "pops_values", lambda m: (Array[m.P]([m.P(i, i) for i in range(n)]),))
    same(both, "pops_bools", lambda m: (Array[bool]([True, False, True][:n]),))
    for index in (0, 1, -1, -3, 3, 2**70):
        same(both, "pops_at", lambda m: (Array[int8](range(n)), index))  # noqa: B023
    same(both, "pops_value_at", lambda m: (Array[m.P]([m.P(i, i) for i in range(n)]), 1))


def test_lengths_change(both: Both) -> None:
    def twice() -> tuple[object, object]:
        a = Array[float64]([1, 2])
        return a, a

    same(both, "clears", lambda m: (Array[float64]([1, 2]), Array[float64]([1, 2])))
    same(both, "clears", lambda m: twice())
    same(both, "extends", lambda m: (Array[int64]([1]), Array[int64]([2, 3])))
    a = Array[int64]([1, 2])
    assert both.compiled.extends(a, a) == 2 and len(a) == 8
    for index, value in [(0, 1), (-1, 127), (100, 5), (-(2**62), 1), (2**64, 1), (0, 128), (2**64, 999)]:
        same(both, "inserts", lambda m: (Array[int8]([7, 8]), index, value))  # noqa: B023
    for i, j in [(0, 2), (-1, 0), (1, 2**70), (5, 6), (1, -1), (-(2**80), 0)]:
        same(both, "deletes", lambda m: (Array[int64](range(5)), i, j))  # noqa: B023
        same(both, "slices", lambda m: (Array[int64](range(5)), i, j))  # noqa: B023
    same(both, "queue", lambda m: (Array[int64]([0, 1, 2, 3, 9]), 12))


def test_search(both: Both) -> None:
    nan = float("nan")
    for value in (2, 5, True, 2**80):
        same(both, "searches", lambda m: (Array[float64]([1, 2, 2, nan]), value))  # noqa: B023
    for real in (2.0, 2.5, nan):
        same(both, "removes", lambda m: (Array[int64]([1, 2, 2]), real))  # noqa: B023
    for number in (1, 3):
        same(both, "removes_value", lambda m: (Array[m.P]([m.P(nan, 1), m.P(1, 2)]), m.P(nan, number)))  # noqa: B023
        same(both, "searches_odd", lambda m: (Array[m.Odd]([m.Odd(2), m.Odd(5)]), m.Odd(number)))  # noqa: B023


def test_whole_arrays(both: Both) -> None:
    same(both, "copies", lambda m: (Array[int64]([1, 2, 3]),))
    for down in (False, True):
        same(both, "sorts", lambda m: (Array[float64]([2, -0.0, 0.0, 1]), down))  # noqa: B023
    same(both, "sorts_values", lambda m: (Array[m.P]([m.P(2, 1), m.P(1, 5), m.P(1, 2)]),))
    same(both, "sorts_odd", lambda m: (Array[m.Odd]([m.Odd(2), m.Odd(1)]),))
    for a, b in [([1, 2], [1, 2]), ([1], [1, 2]), ([3], [1, 2]), ([], [])]:
        same(both, "compares", lambda m: (Array[int64](a), Array[int64](b)))  # noqa: B023
        same(both, "compares_others", lambda m: (Array[int64](a), Array[float64](b)))  # noqa: B023
    for items in ([1, -5], [], [1, 300], [2**63 - 1, 2**62, 5]):
        same(both, "converts", lambda m: (Array[int64](items),))  # noqa: B023
        same(both, "narrows", lambda m: (Array[int64](items),))  # noqa: B023
        same(both, "sums", lambda m: (Array[int64](items),))  # noqa: B023
        same(both, "is_empty", lambda m: (Array[m.P]([m.P(i, 0) for i in items]),))  # noqa: B023
    for reals in ([], [1.0], [0.1] * 10, [float("nan"), 1.0], [1e308, 1e308, -1e308], [-0.0]):
        same(both, "sums_floats", lambda m: (Array[float64](reals),))  # noqa: B023
    same(both, "half_done", lambda m: (Array[int64]([1]),))
    same(both, "half_done", lambda m: (Array[int64]([1, 2]),))
    for n in (0, 1, 2):
        same(both, "unset", lambda m: (Array[int64]([1, 2]), n))  # noqa: B023
    same(both, "sums_bools", lambda m: (Array[bool]([True, True, False]),))


def test_while_a_buffer_is_out(both: Both) -> None:
    def held(values: list[int], kind: object = int64) -> Array:  # type: ignore[type-arg]
        array = Array[kind](values)  # type: ignore[valid-type]
        views.append(memoryview(array))
        return array

    views: list[memoryview] = []
    same(both, "pops", lambda m: (held([1, 2]), 2))
    same(both, "pops_at", lambda m: (held([1, 2], int8), 0))
    same(both, "inserts", lambda m: (held([1, 2], int8), 0, 1))
    same(both, "removes", lambda m: (held([1, 2]), 1.0))
    same(both, "deletes", lambda m: (held([1, 2]), 0, 1))
    same(both, "extends", lambda m: (held([1, 2]), Array[int64]([3])))
    same(both, "queue", lambda m: (held([1, 2]), 5))
    same(both, "clears", lambda m: (held([1, 2], float64), Array[float64]([3])))


def test_shared_memory(both: Both) -> None:
    def shared() -> tuple[object, object]:
        memory = bytearray(24)
        return Array[int64].from_buffer(memoryview(memory).cast("q")), Array[int64].from_buffer(
            memoryview(memory).cast("q")
        )

    same(both, "extends", lambda m: shared())
    same(both, "compares", lambda m: shared())


def test_an_array_dies_while_it_is_used(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from pyfreeze import Array, int64
        def last(n: int64) -> int64:
            a = Array[int64].filled(n, 3)
            b = a
            for i in range(n):
                a = Array[int64].filled(i + 1, i)
                b[i] += a[-1]
            a = b[1:]
            return a.pop() + sum(a)
        """,
    )
    for n in (0, 1, 2, 50):
        both.same("last", n)
