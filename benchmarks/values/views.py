"""Kernels over NumPy arrays whose elements are not converted; the arrays come from `compare.py`."""

import numpy as np
from numpy.typing import NDArray

from pyfreeze import float64, int64


def view_sums(a: NDArray[np.float64], b: NDArray[np.float64], n: int64) -> float64:
    total: float64 = 0.0
    for _ in range(n):
        s: float64 = 0.0
        for i in range(len(a)):
            s += a[i]
        total += s
    return total


def view_dots(a: NDArray[np.float64], b: NDArray[np.float64], n: int64) -> float64:
    total: float64 = 0.0
    for _ in range(n):
        s: float64 = 0.0
        for i in range(len(a)):
            s += a[i] * b[i]
        total += s
    return total


def view_axpy(a: NDArray[np.float64], b: NDArray[np.float64], n: int64) -> float64:
    for _ in range(n):
        for i in range(len(a)):
            a[i] += 1e-9 * b[i]
    return float64(a[1])


def view_stencil(a: NDArray[np.float64], b: NDArray[np.float64], n: int64) -> float64:
    for _ in range(n):
        for i in range(1, len(a) - 1):
            b[i] = 0.25 * a[i - 1] + 0.5 * a[i] + 0.25 * a[i + 1]
        b[0] = b[1]
    return float64(b[1])


def view_stencil_converted(a: NDArray[np.float64], b: NDArray[np.float64], n: int64) -> float64:
    for _ in range(n):
        for i in range(1, len(a) - 1):
            b[i] = 0.25 * float64(a[i - 1]) + 0.5 * float64(a[i]) + 0.25 * float64(a[i + 1])
        b[0] = b[1]
    return float64(b[1])


def view_product(a: NDArray[np.float64], b: NDArray[np.float64], n: int64) -> float64:
    """`b` and `a` as square matrices of `n` rows."""
    total: float64 = 0.0
    for i in range(n):
        for j in range(n):
            s: float64 = 0.0
            for k in range(n):
                s += a[i * n + k] * b[k * n + j]
            total += s
    return total
