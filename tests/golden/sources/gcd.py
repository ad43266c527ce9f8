"""A loop of divisions: checks that conditions make unnecessary."""

from pyfreeze import int64


def gcd(a: int64, b: int64) -> int64:
    while b:
        a, b = b, a % b
    return abs(a)
