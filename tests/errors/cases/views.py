"""PF117: elements of NumPy arrays that are not converted; and what of views is not compiled yet."""

import numpy as np
from numpy.typing import NDArray

from pyfreeze import float64, int64


def converted(a: NDArray[np.float64], i: int) -> float64:
    x: float64 = a[i] * 2.0
    return x + float(a[0])


def unconverted(a: NDArray[np.float64], b: NDArray[np.int64]) -> float:
    x = a[0] + 1  # noqa: F841  # error: [PF117]
    y: int64 = b[0] + b[1]  # error: [PF117]
    return abs(a[1]) + y  # error: [PF117]


def unannotated(a: NDArray[np.float64]) -> int:
    count = 0
    for _ in a:  # error: [PF117]
        count += 1
    return count


def part(a: NDArray[np.float64]) -> int:
    return len(a[1:])  # error: [PF112]


def single(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    a[0] = b[0]
    a[1] *= 2.0  # error: [PF117]
    return float(a[0]) + float64(b[1])  # error: [PF117]
