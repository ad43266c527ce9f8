"""Scalar kernels, as written in `kernels.c`."""

from typing import Final

from pyfreeze import float64, int64, uint64

MASK: Final = 0xFFFFFFFFFFFFFFFF


def escape(cr: float64, ci: float64, limit: int64) -> int64:
    zr = 0.0
    zi = 0.0
    for k in range(limit):
        r2 = zr * zr
        i2 = zi * zi
        if r2 + i2 > 4.0:
            return k
        zi = 2.0 * zr * zi + ci
        zr = r2 - i2 + cr
    return limit


def mandelbrot(n: int64) -> int64:
    total: int64 = 0
    for row in range(n):
        ci = 2.0 * row / n - 1.0
        for col in range(n):
            cr = 3.0 * col / n - 2.0
            total += escape(cr, ci, 200) * (col + 1)
    return total


def collatz(n: int64) -> int64:
    best: int64 = 0
    for start in range(1, n):
        steps: int64 = 0
        x = start
        while x != 1:
            if x % 2 == 0:
                x = x // 2
            else:
                x = 3 * x + 1
            steps += 1
        if steps > best:
            best = steps
    return best


def euler(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        if i % 3 == 0 or i % 5 == 0:
            total += i
    return total


def squares(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        total += i * i % 7
    return total


def is_prime(n: int64) -> bool:
    if n < 2:
        return False
    divisor: int64 = 2
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 1
    return True


def primes(n: int64) -> int64:
    count: int64 = 0
    for i in range(n):
        if is_prime(i):
            count += 1
    return count


def fib(n: int64) -> int64:
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def fib_plain(n: int) -> int:
    if n < 2:
        return n
    return fib_plain(n - 1) + fib_plain(n - 2)


def xorshift(n: int64) -> uint64:
    x: uint64 = 88172645463325252
    h: uint64 = 14695981039346656037
    for _ in range(n):
        x ^= x >> 12
        x ^= (x << 25) & MASK
        x ^= x >> 27
        r: uint64 = (x * 2685821657736338717) & MASK
        h = ((h ^ (r >> 40)) * 1099511628211) & MASK
        h = ((h << 13) & MASK) | (h >> 51)
    return h >> 1


def curve(x: float64) -> float64:
    return x * x * x - 2.0 * x + 1.0 / (1.0 + x * x)


def integrate(n: int64) -> float64:
    step = 10.0 / n
    total = 0.0
    for i in range(n):
        total += curve(i * step) * step
    return total
