"""Frozen values and arrays against C with structs by value: `python -m benchmarks.values.compare [KERNEL…]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.side_by_side import build, build_c, chosen, kernel_in_c, report

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
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kernels", nargs="*")
    for name, sizes, folder in chosen(SIZES, parser.parse_args().kernels):
        library, compiled = build_c(HERE / f"{name}.c", folder), build(HERE / f"{name}.py", folder)
        for kernel, size in sizes.items():
            ours = getattr(compiled, kernel)
            c = kernel_in_c(library, kernel, ours)
            assert ours(size) == c(size), (kernel, ours(size), c(size))
            report(kernel, size, {"C": c, "pyfreeze": ours})


if __name__ == "__main__":
    main()
