"""A module for the leak run: every way through the runtime. The functions are scalar, so that they are native."""

import math

from pyfreeze import Array, int64, uint32

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


def items(a: int, b: int) -> int:
    total = 0
    for k, (item, other) in ((a, (b, a)), (b, (a * b, b)), (a + b, (a, 1))):
        for part in (item, other, a):
            if part == b:
                continue
            if part < 0:
                return total - part
            total += k * part // other
    return total


def leaves_loop(n: int, step: int) -> int:
    value, pair = step, (step, 1)
    for i in reversed(range(n)):
        value = value * step + i
        pair = (value, pair[0])
        assert pair[0] != 2**90, pair[0]
        if i == 2:
            raise ValueError(pair[0], "in the loop")
        if value % 7 == i - n:
            break
    return value + pair[1]


def extremes(a: int, b: int, c: int) -> tuple[int, tuple[int, int]]:
    best = min(a, b, c, 2**70)
    return best, (max(a, b), best if best < a or not b else c)


def mathematics(a: int, b: int) -> int:
    return math.gcd(a, b) + math.lcm(a, b) + math.isqrt(a) + math.prod((a, b)) + sum((a, b), a) + pow(a, 3, b)


def grows(n: int, start: int) -> int:
    total = start
    for i in range(n):
        total += i * start
    k = 0
    while k < n:
        total ^= k << (k & 127)
        k += 1
    return total


def unset(a: int, big_number: int) -> int:
    if a > 0:
        late = big_number + 1
    for _ in range(2):
        big_number, a = a, big_number
    return late + (-big_number if a < 0 else ~a)


def ordered(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a < b or a == (b[1], b[0]) or a + b != (a[0], a[1], b[0], b[1])


def masked(h: int, n: uint32) -> int:
    for i in range(50):
        h = (h * 6364136223846793005 + i) & 0xFFFFFFFFFFFFFFFF
        n = (n * 31 + 7) & 0xFFFFFFFF
    return (h & ~7) + n


def perhaps(n: int | None, pair: tuple[int | None, int64 | None]) -> tuple[int | None, int | None]:
    first, second = pair
    kept = None
    for _ in range(3):
        if n is None:
            n = first
        elif kept is None or kept < n:
            kept = n * n
        else:
            n = None
    return kept, n or second


def adds(n: int | None, large: int) -> int:
    other = n if large > 0 else None
    local = large * large
    return local + (other + 1)


def counted(values: Array[int64] | None, more: Array[int64] | None = None) -> Array[int64] | None:
    chosen = values if values is not None else more
    if chosen is not None and len(chosen) > 2:
        return chosen
    return None if more is None else more
