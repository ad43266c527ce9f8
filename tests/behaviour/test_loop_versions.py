"""Loops that run as copies: on words, without checks, without polls. What leaves a copy must go on as if there were none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Both, build_both

LOOPS = """
from pyfreeze import int64

def triple(x: int, n: int) -> int:
    i = 0
    while i != n:
        x = x * 3 - i
        i += 1
    return x

def until(x: int, limit: int) -> int:
    steps = 0
    while True:
        if x > limit:
            break
        x = x * x + 1
        steps += 1
    return x + steps

def find(n: int, start: int) -> int:
    d = start
    while d * d <= n:
        if n % d == 0:
            return d
        d += 1
    else:
        return -1
    return -2

def skip(n: int) -> int:
    total = 0
    while n > 0:
        n -= 1
        if n % 3 == 0:
            continue
        total = total * 7 + n
    return total

def swap(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a

def shift(n: int, count: int) -> int:
    x = 1
    while n != 0:
        n -= 1
        x = (x << count) ^ n
    return x

def quotients(a: int, b: int) -> int:
    total = 0
    while b > -3:
        total += a // b
        b -= 1
    return total

def mixed(n: int) -> float:
    total = 0.5
    x = 1
    while x < n:
        total += x / 7 + (1.0 if x > 3.5 else 0.25)
        x = x * 5 + 1
    return total

def nested(n: int) -> int:
    total = 0
    while n != 1:
        x = n
        while x != 1:
            x = x // 2 if x % 2 == 0 else 3 * x + 1
            total += x
        n -= 1
        total = total * 3
    return total

def digit_sum(x: int) -> int:
    total = 0
    while x > 0:
        total += x % 10
        x //= 10
    return total

def ones(x: int) -> int:
    count = 0
    while x:
        x &= x - 1
        count += 1
    return count

def reversed_digits(x: int) -> int:
    result = 0
    while x != 0:
        result = result * 10 + x % 10
        x = x // 10
    return result

def triple_word(x: int64, n: int64) -> int64:
    i: int64 = 0
    while i != n:
        x = x * 3 - i
        i += 1
    return x

def ones_word(x: int64) -> int64:
    count: int64 = 0
    while x:
        x &= x - 1
        count += 1
    return count

def remainders_word(a: int64, b: int64) -> int64:
    total: int64 = 0
    while b != -4:
        total += a % b
        b -= 1
    return total

def shift_word(n: int64, count: int64) -> int64:
    x: int64 = 1
    while n != 0:
        n -= 1
        x = x << count
    return x
"""


@pytest.fixture(scope="module")
def loops(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("loops"), LOOPS)


SIZES = (0, 1, 2, 7, 2**31, 2**61, 2**62 - 1, 2**62, 2**63, 2**64 + 3, 10**30)


def test_all_are_native(loops: Both) -> None:
    assert len(loops.native()) == LOOPS.count("def ")


def test_values_grow_out_of_words_in_the_middle(loops: Both) -> None:
    for x in (*SIZES, -1, -(2**62), -(2**62) - 1, -(10**25)):
        for n in (0, 1, 5, 38, 39, 40, 41, 60, 90):
            loops.same("triple", x, n)
    for limit in SIZES:
        for x in (0, 1, 3, 2**31, 2**62):
            loops.same("until", x, limit)
    for n in (0, 5, 30, 70):
        loops.same("skip", n)
    for count in (0, 1, 13, 61, 62, 63, 64, 100):
        for n in (0, 1, 2, 5):
            loops.same("shift", n, count)
    for n in (1, 2, 7, 27, 50):
        loops.same("nested", n)


def test_ways_out(loops: Both) -> None:
    for n in (1, 2, 9, 49, 97, 2**31 - 1, -5, 2**40 + 15, 9 * 2**70):
        for start in (2, 3, 2**20, 2**40):
            loops.same("find", n, start)
    for a in (0, 12, -12, 2**62, 3**60, -(3**60)):
        for b in (0, 18, -18, 2**61, 3**50, -(3**50)):
            loops.same("swap", a, b)
    for n in (0, 1, 5, 10**6, 10**25):
        loops.same("mixed", n)


def test_errors_come_from_the_same_step(loops: Both) -> None:
    for a in (5, -5, -(2**62), 10**30):
        loops.same("quotients", a, 4)
        loops.same("quotients", a, -4)
    assert loops.same("shift", 3, -1).kind == "ValueError"
    assert loops.same("shift_word", 3, -1).kind == "ValueError"
    assert loops.same("remainders_word", 7, 5).kind == "ZeroDivisionError"
    loops.same("remainders_word", 7, -1)
    loops.same("remainders_word", -(2**63), -1)


def test_words_overflow(loops: Both) -> None:
    for n in (0, 5, 38, 39):
        loops.same_unless_out_of_range("triple_word", "int64", 1, n)
    with pytest.raises(OverflowError, match="is out of range for int64"):
        loops.compiled.triple_word(1, 60)
    loops.same("shift_word", 62, 1)
    with pytest.raises(OverflowError, match="is out of range for int64"):
        loops.compiled.shift_word(63, 1)


def test_shrinking_numbers(loops: Both) -> None:
    for x in (*SIZES, -1, -7, 10**18, 10**19 - 1, 2**62 - 2):
        loops.same("digit_sum", x)
        if x >= 0:
            loops.same("ones", x)
            loops.same("reversed_digits", x)
    for x in (0, 1, -1, 2**63 - 1, 5):
        if x >= 0:
            loops.same("ones_word", x)
    with pytest.raises(OverflowError):
        loops.compiled.ones_word(-1)


def test_large_constants(tmp_path: Path) -> None:
    source = """
def f(x: int) -> tuple[int, int, int, bool]:
    return x + 14695981039346656037, x & 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF, x - -(2**70), x == 2**62

def loop(n: int) -> int:
    h = 14695981039346656037
    for i in range(n):
        h = ((h ^ i) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
    return h
"""
    large = build_both(tmp_path, source)
    for x in (0, -1, 2**62, -(2**62), 2**70, -(2**200)):
        large.same("f", x)
    large.same("loop", 100)


def test_a_loop_whose_copy_has_no_checks(tmp_path: Path) -> None:
    source = """
def f(flag: bool, n: float) -> float:
    while n > 0.0:
        n = n - (1.0 if (flag & 1) < 2 and (int(flag) | 2) > 1 else 2.0)
    return n
"""
    build_both(tmp_path, source).same("f", True, 5.5)


SUBSCRIPTS = """
from pyfreeze import Array, float64, frozen, int64

@frozen
class Pair:
    left: float64
    right: float64

def ramp(n: int64) -> Array[int64]:
    made = Array[int64].filled(n, 0)
    for i in range(n):
        made[i] = i * i
    return made

def backwards(n: int64, top: int64) -> int64:
    a, total = ramp(n), 0
    for i in range(n):
        total = (total * 3 + a[top - i]) & 0xFFFF
    return total

def from_place(n: int64, start: int64, end: int64, place: int64) -> int64:
    a, total = ramp(n), 0
    for i in range(start, end):
        total = (total * 3 + a[i - place]) & 0xFFFF
    return total

def scaled(n: int64, steps: int64, factor: int64, place: int64) -> int64:
    a, total = ramp(n), 0
    for i in range(steps):
        total = (total * 3 + a[i * factor + place] + a[place - 2 * i]) & 0xFFFF
    return total

def masked(n: int64, steps: int64, factor: int64) -> int64:
    a, total = ramp(n), 0
    for i in range(steps):
        total = (total * 3 + a[(i * factor) & 15]) & 0xFFFF
    return total

def left_behind(n: int64, divisor: float64) -> tuple[float64, float64]:
    pairs = Array[Pair].filled(n, Pair(1.0, 2.0))
    for i in range(n):
        pairs[i] = Pair(i * 0.5, i - 0.25)
    p = Pair(-1.0, -1.0)
    total = 0.0
    for p in pairs:
        total += p.left * p.right
    total /= divisor
    for i in range(n):
        p = pairs[i]
        pairs[i] = Pair(p.right * total, p.left)
    return p.left + p.right / divisor, sum_of(pairs)

def sum_of(pairs: Array[Pair]) -> float64:
    total = 0.0
    for p in pairs:
        total += p.left - 2.0 * p.right
    return total
"""


@pytest.fixture(scope="module")
def subscripts(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("subscripts"), SUBSCRIPTS)


def test_subscripts_that_fall(subscripts: Both) -> None:
    for n in (1, 2, 9, 9000):
        for top in (n - 1, n, n - 2, 0, -1, 2**62, -(2**62)):
            subscripts.same("backwards", n, top)


def test_subscripts_far_from_zero(subscripts: Both) -> None:
    most = 2**63 - 1
    subscripts.same("from_place", 9, 0, 9, 0)
    subscripts.same("from_place", 9, -4, 5, 0)
    subscripts.same("from_place", 9, -4, 5, -4)
    subscripts.same("from_place", 9, most - 9, most, most - 9)
    subscripts.same("from_place", 9, most - 9, most, most - 8)
    subscripts.same("from_place", 9, most - 9, most, most)
    subscripts.same("from_place", 9, 5, 0, 2**62)


def test_subscripts_that_are_products(subscripts: Both) -> None:
    for steps, factor, place in (
        (4, 3, 6),
        (5, 3, 6),
        (4, -2, 8),
        (3, 0, 9),
        (0, 2**62, 0),
        (2, 2**61, 0),
        (5, 2**62, 0),
    ):
        subscripts.same("scaled", 20, steps, factor, place)
    for factor in (1, 3, 2**62, 2**62 + 1, -(2**63)):
        subscripts.same("masked", 16, 100, factor)
        subscripts.same("masked", 15, 100, factor)


def test_values_that_a_loop_leaves_behind(subscripts: Both) -> None:
    for n in (0, 1, 2, 3, 8192, 8193, 20000):
        subscripts.same("left_behind", n, 3.0)
    for n in (0, 1, 3):
        assert subscripts.same("left_behind", n, 0.0).kind == "ZeroDivisionError"
