"""Frozen values and arrays against C with structs by value: `python -m benchmarks.values.compare [KERNEL…]`."""

from __future__ import annotations

import argparse
import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.side_by_side import build, build_c, chosen, kernel_in_c, report

Kernel = Callable[[int], float]
HERE = Path(__file__).parent
SIZES = {
    "arrays": {
        "int_sums": 5_000, "int_index_sums": 5_000, "int_enumerated": 5_000, "int_dots": 4_000, "float_sums": 3_000,
        "float_dots": 3_000, "prefix_sums": 4_000, "axpy": 5_000, "sieve": 3_000_000, "matrix_product": 200,
        "matrix_rows": 400, "bubble_sort": 6_000, "insertion_sort": 12_000, "histogram": 2_000, "gathers": 3_000,
        "appends": 5_000_000,
    },
    "frozen": {
        "n_body": 200_000, "ray_tracer": 400, "mandelbrot": 400, "newton": 300, "rotation": 1_000_000,
        "updates": 5_000, "struct_appends": 2_000_000,
    },
    "views": {
        "view_sums": 20, "view_dots": 20, "view_axpy": 40, "view_stencil": 40, "view_stencil_converted": 40,
        "view_product": 250,
    },
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kernels", nargs="*")
    for name, sizes, folder in chosen(SIZES, parser.parse_args().kernels):
        library, compiled = build_c(HERE / f"{name}.c", folder), build(HERE / f"{name}.py", folder)
        for kernel, size in sizes.items():
            ours = getattr(compiled, kernel)
            c = kernel_in_c(library, kernel, ours)
            if name == "views":
                ours, c = with_arrays(ours, c)
            assert ours(size) == c(size), (kernel, ours(size), c(size))
            report(kernel, size, {"C": c, "pyfreeze": ours})


def with_arrays(ours: Callable[..., float], c: Any) -> tuple[Kernel, Kernel]:
    """Kernels of NumPy arrays and a number as kernels of the number; each has arrays of its own."""
    import numpy as np

    made = [np.random.default_rng(1).random((2, 1_000_000)) for _ in range(2)]
    c.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    addresses = [row.ctypes.data for row in made[1]]
    return lambda n: ours(*made[0], n), lambda n: c(*addresses, n)


if __name__ == "__main__":
    main()
