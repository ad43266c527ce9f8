"""Loops over tuples and lists written in place, and over reversed ranges."""

from __future__ import annotations

import pytest

from tests.conftest import Both, build_both

SOURCE = """
    from pyfreeze import int64, int8, uint64

    PRIMES = (2, 3, 5, 7, 11, 13)

    def constants(n: int) -> int:
        found = 0
        for prime in PRIMES:
            if n % prime == 0:
                continue
            found = found * 10 + prime
            if found > 1000 + n:
                break
        else:
            found = -found
        return found
    def written(x: float) -> float:
        total = 0.0
        for weight in [0.5, 0.25, x]:
            total = total * x + weight
        return total
    def widths(a: int8, b: int64, c: int) -> int:
        total = 0
        for item in (a, b, c, 2**80):
            total = total * 7 + item
        return total
    def pairs(n: int, x: float) -> tuple[float, int, int]:
        total, last, k = 0.0, 0, -1
        for k, (y, last) in ((1, (x, n)), (2, (x * x, -n)), (3, (1.5, n * n))):
            total += k * y
        return total, last, k
    def empty(n: int) -> int:
        for item in ():
            n = item
        else:
            n += 1
        return n
    def nested(n: int) -> int:
        count = 0
        for i in (n, n + 1):
            for j in (i, 2**63, -1):
                if j == n:
                    break
                count += i * j
            else:
                count -= 1
        return count
    def rebound(n: int) -> int:
        items = (n, n * n, n * n * n)
        for item in items:
            items = (item, 0, 0)
            n += item
        return n + items[0]
    def raising(n: int) -> int:
        for item in (3, n, 0):
            n += 100 // item
        return n
    def given(t: tuple[int, int, int]) -> int:
        total = 0
        for item in t:
            total = 3 * total + item
        return total
    def called(n: int) -> int:
        total = 0
        for item in both(n):
            total = 3 * total + item
        return total
    def both(n: int) -> tuple[int, int]:
        return n, n + 5
    def backward(a: int, b: int, c: int) -> int:
        total = i = 0
        for i in reversed(range(a, b, c)):
            total = total * 3 + i
        return total * 1000 + i
    def backward_units(n: int64) -> int:
        total = 0
        for i in reversed(range(n)):
            if i == 5:
                break
            total = total * 2 + i
        else:
            return -total
        return total
    def extremes(a: int8, b: int64, c: int) -> int:
        return min(a, b, c) * 100 + max(a, b, 3, c)
    def beyond(a: int8) -> int:
        return max(a, 300)
    def unsigned(a: uint64, b: int64) -> int:
        return max(a, b)
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("items"), SOURCE)


CALLS = [
    *[("constants", (n,)) for n in (0, 1, 2, 3, 6, 7, 30030, 2**80)],
    *[("written", (x,)) for x in (0.0, -2.5, float("inf"), 3)],
    *[("widths", arguments) for arguments in [(1, 2, 3), (-128, 2**63 - 1, -(2**100))]],
    *[("pairs", arguments) for arguments in [(2, 1.5), (2**70, -0.0), (2, 3)]],
    *[("empty", (n,)) for n in (0, 2**70)],
    *[("nested", (n,)) for n in (0, -1, 2**63, 4)],
    *[("rebound", (n,)) for n in (2, 2**70)],
    *[("raising", (n,)) for n in (1, 2**70)],
    *[("given", (t,)) for t in [(1, 2, 3), (2**70, 0, -1), [1, 2, 3], (1, 2)]],
    *[("called", (n,)) for n in (1, 2**70)],
    *[("backward", arguments) for arguments in [(0, 10, 1), (0, 10, 3), (10, 0, -4), (0, 0, 1), (1, 5, 0), (2**62, 2**63 - 1, 2**61), (-(2**63), 2**63 - 1, 2**62), (2**80, 2**80 + 3, 1)]],
    *[("backward_units", (n,)) for n in (0, 1, 4, 6, 60)],
    *[("extremes", arguments) for arguments in [(1, 2, 3), (-128, 2**63 - 1, 5), (5, 5, 2**80), (5, 5, -(2**80))]],
    *[("beyond", (n,)) for n in (-128, 127)],
    *[("unsigned", arguments) for arguments in [(2**64 - 1, 3), (3, -1), (2**63, 2**63 - 1)]],
]  # fmt: skip


def test_all_are_native(module: Both) -> None:
    assert [(function.name, function.reasons) for function in module.report.functions if function.reasons] == []


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_call(module: Both, name: str, arguments: tuple[object, ...]) -> None:
    module.same(name, *arguments)
