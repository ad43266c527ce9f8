"""PF117: elements of NumPy arrays."""

import numpy as np
from numpy.typing import NDArray


def total(a: NDArray[np.float64]) -> float:
    t = 0.0
    for v in a:  # error: [PF117]
        t += v
    return t
