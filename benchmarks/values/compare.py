"""Frozen values and arrays against C with structs by value: `python benchmarks/values/compare.py [KERNEL…]`.

C is `gcc -O3 -march=native -ffp-contract=off` (floats bit for bit Python's). Prints the ratio of the minima of CPU time,
interleaved.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import inspect
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source

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

ROUNDS = 7
Kernel = Callable[[int], float]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kernels", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        for name, sizes in SIZES.items():
            chosen = {
                kernel: size for kernel, size in sizes.items() if kernel in options.kernels or not options.kernels
            }
            if chosen:
                compare(name, chosen, Path(folder))


def compare(name: str, sizes: dict[str, int], folder: Path) -> None:
    native = ctypes.CDLL(str(build_c(name, folder)))
    (result,) = driver.build([read_source(HERE / f"{name}.py")], folder, Options(cpu="native"))
    assert result.report is not None
    kept = [function.name for function in result.report.functions if function.tier != "native"]
    print(f"{name}.py: {result.seconds:.1f} s to build, not native: {', '.join(kept) or 'none'}", flush=True)
    compiled = importlib.import_module(name)
    for kernel, size in sizes.items():
        ours, c = getattr(compiled, kernel), getattr(native, kernel)
        c.argtypes, c.restype = [ctypes.c_int64], ctypes.c_int64
        if str(inspect.signature(ours).return_annotation).find("float") >= 0:
            c.restype = ctypes.c_double
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


def report(kernel: str, size: int, calls: dict[str, Kernel]) -> None:
    times: dict[str, list[float]] = {kind: [] for kind in calls}
    for _ in range(ROUNDS):
        for kind, call in calls.items():
            start = time.process_time()
            call(size)
            times[kind].append(time.process_time() - start)
    best = {kind: min(measured) for kind, measured in times.items()}
    shown = "   ".join(f"{kind} {seconds * 1000:8.1f} ms" for kind, seconds in best.items())
    print(f"{kernel:16} {shown}   ratio {best['pyfreeze'] / best['C']:.2f}", flush=True)


def build_c(name: str, folder: Path) -> Path:
    library = folder / f"{name}_c.so"
    flags = ["-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, str(HERE / f"{name}.c"), "-o", str(library), "-lm"], check=True)
    return library


if __name__ == "__main__":
    main()
