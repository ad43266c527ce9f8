"""Loops over arrays of numbers; counterpart of arrays.c. Each returns a checksum."""

from __future__ import annotations

from pyfreeze import Array, float64, int64


def ramp(n: int64) -> Array[int64]:
    made = Array[int64].filled(n, 0)
    for i in range(n):
        made[i] = (i * 7919) & 1023
    return made


def waves(n: int64) -> Array[float64]:
    made = Array[float64].filled(n, 0.0)
    for i in range(n):
        made[i] = ((i * 7919) & 1023) * 0.25
    return made


def sum_items(a: Array[int64]) -> int64:
    s: int64 = 0
    for v in a:
        s += v
    return s


def sum_by_index(a: Array[int64]) -> int64:
    s: int64 = 0
    for i in range(len(a)):
        s += a[i]
    return s


def sum_enumerated(a: Array[int64]) -> int64:
    s: int64 = 0
    for i, v in enumerate(a):
        s += i & v
    return s


def int_sums(n: int64) -> int64:
    a = ramp(20_000)
    s: int64 = 0
    for _ in range(n):
        s ^= sum_items(a)
    return s


def int_index_sums(n: int64) -> int64:
    a = ramp(20_000)
    s: int64 = 0
    for _ in range(n):
        s ^= sum_by_index(a)
    return s


def int_enumerated(n: int64) -> int64:
    a = ramp(20_000)
    s: int64 = 0
    for _ in range(n):
        s ^= sum_enumerated(a)
    return s


def dot_int(a: Array[int64], b: Array[int64]) -> int64:
    s: int64 = 0
    for i in range(len(a)):
        s += a[i] * b[i]
    return s


def int_dots(n: int64) -> int64:
    a = ramp(20_000)
    b = ramp(20_000)
    s: int64 = 0
    for _ in range(n):
        s ^= dot_int(a, b)
    return s


def float_sum(a: Array[float64]) -> float64:
    s = 0.0
    for v in a:
        s += v
    return s


def float_sums(n: int64) -> float64:
    a = waves(20_000)
    s = 0.0
    for _ in range(n):
        s += float_sum(a)
    return s


def dot(a: Array[float64], b: Array[float64]) -> float64:
    s = 0.0
    for i in range(len(a)):
        s += a[i] * b[i]
    return s


def float_dots(n: int64) -> float64:
    a = waves(20_000)
    b = waves(20_000)
    s = 0.0
    for _ in range(n):
        s += dot(a, b)
    return s


def accumulate(a: Array[int64], sums: Array[int64]) -> int64:
    s: int64 = 0
    for i in range(len(a)):
        s += a[i]
        sums[i] = s
    return s


def prefix_sums(n: int64) -> int64:
    a = ramp(20_000)
    sums = Array[int64].filled(20_000, 0)
    s: int64 = 0
    for k in range(n):
        last = accumulate(a, sums)
        s ^= last + sums[k % 20_000]
    return s


def scale_into(a: Array[float64], b: Array[float64], k: float64) -> None:
    for i in range(len(a)):
        b[i] = b[i] * 0.5 + a[i] * k


def axpy(n: int64) -> float64:
    a = waves(20_000)
    b = waves(20_000)
    for _ in range(n):
        scale_into(a, b, 0.75)
    return float_sum(b)


def sieve(n: int64) -> int64:
    prime = Array[bool].filled(n + 1, True)
    count: int64 = 0
    for i in range(2, n + 1):
        if prime[i]:
            count += 1
            for j in range(i * i, n + 1, i):
                prime[j] = False
    return count


def multiply(a: Array[float64], b: Array[float64], c: Array[float64], n: int64) -> None:
    for i in range(n):
        for j in range(n):
            s = 0.0
            for k in range(n):
                s += a[i * n + k] * b[k * n + j]
            c[i * n + j] = s


def matrix_product(n: int64) -> float64:
    a = waves(n * n)
    b = waves(n * n)
    c = waves(n * n)
    multiply(a, b, c, n)
    return float_sum(c)


def multiply_rows(a: Array[float64], b: Array[float64], c: Array[float64], n: int64) -> None:
    for i in range(n):
        for k in range(n):
            x = a[i * n + k]
            for j in range(n):
                c[i * n + j] += x * b[k * n + j]


def matrix_rows(n: int64) -> float64:
    a = waves(n * n)
    b = waves(n * n)
    c = waves(n * n)
    multiply_rows(a, b, c, n)
    return float_sum(c)


def bubble(a: Array[int64]) -> None:
    n = len(a)
    for i in range(n):
        for j in range(n - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]


def bubble_sort(n: int64) -> int64:
    a = ramp(n)
    bubble(a)
    s: int64 = 0
    for i, v in enumerate(a):
        s += i * v
    return s


def insert(a: Array[int64]) -> None:
    for i in range(1, len(a)):
        x = a[i]
        j = i - 1
        while j >= 0 and a[j] > x:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = x


def insertion_sort(n: int64) -> int64:
    a = ramp(n)
    insert(a)
    s: int64 = 0
    for i, v in enumerate(a):
        s += i * v
    return s


def count_values(a: Array[int64], counts: Array[int64]) -> None:
    for v in a:
        counts[v] += 1


def histogram(n: int64) -> int64:
    a = ramp(20_000)
    counts = Array[int64].filled(1024, 0)
    for _ in range(n):
        count_values(a, counts)
    s: int64 = 0
    for i, v in enumerate(counts):
        s += i * v
    return s


def gather(a: Array[int64], b: Array[float64]) -> float64:
    s = 0.0
    for v in a:
        s += b[v]
    return s


def gathers(n: int64) -> float64:
    a = ramp(20_000)
    b = waves(1024)
    s = 0.0
    for _ in range(n):
        s += gather(a, b)
    return s


def appends(n: int64) -> int64:
    a = Array[int64]()
    for i in range(n):
        a.append(i & 1023)
    return sum_items(a)
