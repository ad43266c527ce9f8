"""A module for the leak run: every way through the runtime. The functions are scalar, so that they are native."""

from pyfreeze import int64

LIMIT = 1000


def big(n: int) -> int:
    total = 1
    for k in range(1, n):
        total = total * k + 1 if k % 3 else total - k
    return total


def swap(a: int, b: int) -> tuple[int, tuple[int, bool]]:
    pair = (b, a)
    x, y = pair
    return x, (y, x > y)


def deep(n: int) -> int:
    return 0 if n == 0 else deep(n - 1) * 2**70 + n


def fails(n: int, big_number: int) -> int:
    local = big_number * big_number
    if n == 0:
        raise ValueError("zero", local)
    return fails(n - 1, big_number) + local // (n - 3)


def fixed(n: int64) -> int64:
    return n * n


def powers(a: float, b: float) -> float:
    return a**b


def select(a: int, b: int, c: bool) -> int:
    best = a if c else b
    best = max(best, a, b)
    return best & LIMIT
