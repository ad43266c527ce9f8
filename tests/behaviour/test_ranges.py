"""Loops whose numbers are small, become large, or never were: strips without checks, and words for plain ints."""

from __future__ import annotations

import pytest

from tests.conftest import Both, build_both

SOURCE = """
from pyfreeze import int8, int32, int64, uint8, uint64


def plain_sum(start: int, n: int) -> int:
    total = start
    for i in range(n):
        total += i * i % 7
    return total


def plain_squares(first: int, stop: int) -> int:
    total = 0
    for i in range(first, stop):
        total += i * i
    return total


def plain_difference(start: int, first: int, stop: int, by: int) -> int:
    rest = start
    for i in range(first, stop):
        if i % 3:
            rest -= by
        else:
            rest = rest - i
    return rest


def fixed_sum(start: int64, first: int64, stop: int64) -> int64:
    total = start
    for i in range(first, stop):
        total += i
    return total


def fixed_products(stop: int64, factor: int64) -> int64:
    total: int64 = 0
    for i in range(stop):
        total += i * factor
    return total


def narrow_sum(start: int32, stop: int32) -> int32:
    total = start
    for i in range(stop):
        total += int32(i % 100)
    return total


def tiny(start: int8, n: int64) -> int8:
    total = start
    for i in range(n):
        total += int8(i % 2)
    return total


def unsigned(start: uint64, n: int64) -> uint64:
    total = start
    for i in range(n):
        total += uint64(i)
    return total


def downwards(start: int64, stop: int64, step: int64) -> int64:
    total: int64 = 0
    for i in range(start, stop, step):
        total += i
    return total


def nested(n: int, m: int) -> int:
    total = 0
    for i in range(n):
        for j in range(m):
            total += i * j - (i ^ j)
    return total


def counted_while(n: int64, step: int64) -> int64:
    total: int64 = 0
    i: int64 = 0
    while i < n:
        total += i // 3 - i % 5
        i += 7
    return total + step


def after(n: int) -> tuple[int, int, int]:
    last = i = -1
    best = 0
    for i in range(n):
        last = i * 3
        if last % 11 > best:
            best = last % 11
    return last, i, best


def divisors(first: int64, stop: int64, by: int64) -> int64:
    count: int64 = 0
    for i in range(first, stop):
        if i % by == 0:
            count += 1
        if i // by != 3:
            count += 2
    return count


def shifted(n: int, by: int) -> int:
    total = 0
    for i in range(n):
        total += (i << 3) >> by
    return total


def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def factorial(n: int) -> int:
    product = 1
    for i in range(1, n + 1):
        product *= i
    return product


def literal_bounds() -> int:
    total = 0
    for i in range(1000):
        for j in range(3):
            total += (i - j) * (i + j) % 13
    return total


def plain_while(start: int, n: int, factor: int) -> tuple[int, int, int]:
    i = start
    total = 0
    product = 1
    while i < n:
        total += i * factor
        product = product * 3 % 1000003
        i += 5
    return i, total, product


def plain_while_else(n: int, by: int) -> int:
    i = 0
    while i < n:
        if i % 7 == by:
            i += 2
        i += 1
    else:
        i = -i
    return i


def masked(n: int) -> int:
    x = 12345
    for _ in range(n):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("ranges"), SOURCE)


STRIP = 8192

PLAIN = [0, -1, 2**61 - 10, 2**61, 2**62 - 1, 2**62 - 30_000, -(2**62) + 5, 2**63, -(2**80)]


@pytest.mark.parametrize("start", PLAIN)
@pytest.mark.parametrize("n", [0, 1, STRIP - 1, STRIP, STRIP + 1, 3 * STRIP + 5])
def test_plain_sums_grow_as_large_as_they_like(both: Both, start: int, n: int) -> None:
    both.same("plain_sum", start, n)


@pytest.mark.parametrize(
    ("first", "stop"),
    [
        (0, 20_000),
        (-20_000, 5),
        (2**24 - 10_000, 2**24 + 10_000),
        (2**31 - 9000, 2**31 + 9000),
        (-(2**31) - 9000, -(2**31) + 100),
        (2**62, 2**62 + 100),
        (2**63 - 100, 2**63 - 1),
        (2**63 - 100, 2**63 + 100),
        (5, -5),
    ],
)
def test_counters_of_any_size(both: Both, first: int, stop: int) -> None:
    both.same("plain_squares", first, stop)
    for start in (0, 2**62 - 1, -(2**62)):
        for by in (0, -3, 2**40, 2**61, 2**70):
            both.same("plain_difference", start, first, stop, by)
    if stop < 2**63:
        both.same_unless_out_of_range("fixed_sum", "int64", 0, first, stop)
        both.same_unless_out_of_range("fixed_sum", "int64", 2**62, first, stop)
        both.same("divisors", first, stop, 7)
        both.same("divisors", first, stop, -3)
        both.same("divisors", first, stop, 0)


@pytest.mark.parametrize("start", [0, 2**62, 2**63 - 10**6, 2**63 - 1, -(2**63)])
def test_a_sum_that_overflows_in_a_strip(both: Both, start: int) -> None:
    both.same_unless_out_of_range("fixed_sum", "int64", start, 0, 20_000)
    both.same_unless_out_of_range("fixed_sum", "int64", start, -20_000, 0)
    both.same_unless_out_of_range("unsigned", "uint64", abs(start), 20_000)


@pytest.mark.parametrize("factor", [1, -1, 2**20, 2**31, 2**31 + 1, 2**40, 2**50, -(2**62)])
def test_products_with_a_value_from_outside(both: Both, factor: int) -> None:
    both.same_unless_out_of_range("fixed_products", "int64", 20_000, factor)
    both.same_unless_out_of_range("fixed_products", "int64", 3, factor)


def test_narrow_sums_overflow_where_they_do(both: Both) -> None:
    for start in (0, 2**30, 2**31 - 50_000, 2**31 - 1, -(2**31)):
        both.same_unless_out_of_range("narrow_sum", "int32", start, 20_000)
    for start in (-128, 0, 100, 127):
        for n in (0, 1, 2, 54, 55, 56, 300):
            both.same_unless_out_of_range("tiny", "int8", start, n)


@pytest.mark.parametrize("step", [1, -1, 2, -7, 10**6, 2**62, -(2**63)])
def test_steps(both: Both, step: int) -> None:
    for start, stop in ((0, 100), (100, 0), (-50_000, 50_000), (50_000, -50_000), (2**63 - 1, 2**63 - 20), (0, 0)):
        both.same_unless_out_of_range("downwards", "int64", start, stop, step)


def test_a_step_of_zero_is_refused(both: Both) -> None:
    assert both.same("downwards", 0, 100, 0).kind == "ValueError"


def test_variables_after_the_loop(both: Both) -> None:
    for n in (0, 1, 2, 12, STRIP, STRIP + 1, 20_000):
        both.same("after", n)
        both.same("nested", n % 300, 40)
        both.same("masked", n)
        both.same("counted_while", n, 1)
        for by in (0, 1, 70, 2**70, -1):
            both.same("shifted", n, by)
    both.same("nested", 3, 2**20)
    both.same("literal_bounds")


@pytest.mark.parametrize(
    "start", [0, 7, -30_000, 2**31 - 9, 2**61, 2**62 - 50_000, 2**62, -(2**62) - 7, 2**63 - 3, 2**70]
)
def test_while_loops_over_plain_ints(both: Both, start: int) -> None:
    for length in (-1, 0, 1, 4, 5, 6, STRIP, 3 * STRIP):
        for factor in (0, 1, -(2**33), 2**61, 2**66):
            both.same("plain_while", start, start + length, factor)
    for n in (0, 1, 50_000):
        both.same("plain_while_else", n, 3)
        both.same("plain_while_else", n, 2**64)


@pytest.mark.parametrize("n", [0, 1, 20, 21, 60, 61, 90, 91, 92, 93, 200])
def test_numbers_that_outgrow_words(both: Both, n: int) -> None:
    both.same("fibonacci", n)
    both.same("factorial", n)


def test_all_are_native(both: Both) -> None:
    assert len(both.native()) == SOURCE.count("def ")
