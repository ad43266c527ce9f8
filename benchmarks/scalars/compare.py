"""Compiled kernels against C: `python -m benchmarks.scalars.compare [--plain] [--mypyc] [KERNEL…]`.

With `--plain` the kernels are written with `int` and `float` instead; `--mypyc` adds mypyc's time for those.
"""

from __future__ import annotations

import argparse
import importlib
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.side_by_side import Kernel, build, build_c, chosen, kernel_in_c, report

HERE = Path(__file__).parent
SIZES = {
    "kernels": {
        "mandelbrot": 300, "collatz": 200_000, "euler": 50_000_000, "squares": 50_000_000, "primes": 100_000,
        "fib": 32, "fib_plain": 32, "xorshift": 20_000_000, "integrate": 20_000_000,
    },
    "integers": {
        "gcds": 700, "roots": 200_000, "powers": 40_000, "digits": 1_000_000, "perfects": 60_000, "triples": 400,
        "lcg": 20_000_000, "fnv": 10_000_000, "bits": 1_000_000, "ack": 480, "taks": 24, "divisors": 5_000,
        "binomials": 10_000, "fibonacci_modulo": 4_000_000, "bezout": 100_000, "palindromes": 1_000_000,
        "happy": 100_000, "mixes": 5_000_000, "parity": 200_000, "towers": 22, "grid": 12, "josephus": 5_000,
        "bit_reversals": 1_000_000, "collatz_longest": 150_000, "armstrong": 1_000_000, "extremes": 10_000_000,
        "triangle32": 4_000, "hash32": 10_000_000, "random64": 20_000_000, "dice": 10_000_000,
        "polynomial": 1_000_000, "goldbach": 6_000, "coins": 900, "totients": 40_000,
    },
    "floats": {
        "rk4": 1_000_000, "orbit": 2_000_000, "pendulum": 2_000_000, "simpson": 3_000_000, "monte_carlo": 5_000_000,
        "logistic": 5_000_000, "leibniz": 10_000_000, "horner": 5_000_000, "babylonian": 300_000, "bands": 5_000_000,
        "lorenz": 2_000_000, "harmonic": 10_000_000, "julia": 250, "trapezoid": 5_000_000, "double_integral": 2_000,
        "spring": 3_000_000, "bisections": 100_000, "kepler_sum": 200_000, "smooth": 5_000_000, "compound": 200_000,
        "tour": 3_000_000, "sines": 300_000, "two_bodies": 1_000_000,
    },
}  # fmt: skip
BIG = {"xorshift": 200_000, "random64": 200_000}
"""Sizes of those that compute with numbers beyond a word when written with `int`."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--mypyc", action="store_true")
    parser.add_argument("kernels", nargs="*")
    options = parser.parse_args()
    for name, sizes, folder in chosen(SIZES, options.kernels):
        compare(name, sizes, folder, options.plain or options.mypyc, options.mypyc)


def compare(name: str, sizes: dict[str, int], folder: Path, plain: bool, with_mypyc: bool) -> None:
    library = build_c(HERE / f"{name}.c", folder)
    source = HERE / f"{name}.py"
    if plain:
        source = folder / f"plain_{name}.py"
        source.write_text(in_plain_types((HERE / f"{name}.py").read_text()))
    compiled = build(source, folder)
    mypyc = build_mypyc(source, folder) if with_mypyc else None
    for kernel, size in sizes.items():
        size = BIG.get(kernel, size) if plain else size
        ours = getattr(compiled, kernel)
        c = kernel_in_c(library, kernel, ours)
        assert (ours(size) - c(size)) % 2**64 == 0, kernel
        calls: dict[str, Kernel] = {"C": c, "pyfreeze": ours}
        if mypyc is not None:
            calls["mypyc"] = getattr(mypyc, kernel)
        report(kernel, size, calls, few=["mypyc"])


def in_plain_types(source: str) -> str:
    """The same program with ordinary annotations."""
    source = re.sub(r"(?m)^from pyfreeze import .*\n", "", source)
    return re.sub(r"\bfloat64\b", "float", re.sub(r"\bu?int(64|32)\b", "int", source))


def build_mypyc(source: Path, folder: Path) -> object:
    module = folder / f"mypyc_{source.stem}.py"
    module.write_text(source.read_text())
    command = [sys.executable, "-m", "mypyc", module.name]
    subprocess.run(
        command,
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        env={"MYPYC_OPT_LEVEL": "3", "PATH": "/usr/bin:/bin"},
    )
    return importlib.import_module(module.stem)


if __name__ == "__main__":
    main()
