"""Compiled kernels against C, interleaved: `python benchmarks/scalars/compare.py [KERNEL…]`.

C is `gcc -O3 -march=native -ffp-contract=off` (floats bit for bit Python's). Prints the ratio of the minima of CPU time.
"""

from __future__ import annotations

import ctypes
import importlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source

HERE = Path(__file__).parent
SIZES = {
    "mandelbrot": 300, "collatz": 200_000, "euler": 50_000_000, "squares": 50_000_000, "primes": 100_000,
    "fib": 32, "fib_plain": 32, "xorshift": 20_000_000, "integrate": 20_000_000,
}  # fmt: skip
ROUNDS = 7


def main() -> None:
    chosen = sys.argv[1:] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "kernels_c.so"
        flags = ["-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC"]
        subprocess.run(["gcc", *flags, str(HERE / "kernels.c"), "-o", str(library)], check=True)
        driver.build([read_source(HERE / "kernels.py")], Path(folder), Options(cpu="native"))
        sys.path.insert(0, folder)
        compiled = importlib.import_module("kernels")
        native = ctypes.CDLL(str(library))
        for name in chosen:
            size = SIZES[name]
            function = getattr(native, name)
            function.argtypes = [ctypes.c_int64]
            function.restype = {"integrate": ctypes.c_double, "xorshift": ctypes.c_uint64}.get(name, ctypes.c_int64)
            ours = getattr(compiled, name)
            assert ours(size) == function(size), name
            times: dict[str, list[float]] = {"c": [], "pyfreeze": []}
            for _ in range(ROUNDS):
                for kind, call in (("c", function), ("pyfreeze", ours)):
                    start = time.process_time()
                    call(size)
                    times[kind].append(time.process_time() - start)
            c, mine = min(times["c"]), min(times["pyfreeze"])
            print(f"{name:12} C {c * 1000:8.1f} ms   pyfreeze {mine * 1000:8.1f} ms   ratio {mine / c:.2f}")


if __name__ == "__main__":
    main()
