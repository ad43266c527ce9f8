"""Compiled kernels beside the same in C: builds both, checks that they agree, and times them interleaved.

C is `gcc -O3 -march=native -ffp-contract=off` (floats bit for bit Python's). A kernel takes an int64 and returns one, or a
double if its annotation says so. What is shown is the ratio of the minima of CPU time.
"""

from __future__ import annotations

import ctypes
import importlib
import inspect
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source

Kernel = Callable[[int], float]
ROUNDS = 7
FEW = 2
"""Rounds of what is much slower."""


def chosen(
    sizes: Mapping[str, Mapping[str, int]], kernels: Sequence[str]
) -> Iterator[tuple[str, dict[str, int], Path]]:
    """Name of each file with kernels among `kernels` (all if there are none), their sizes, and a folder to build in."""
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        for name, all_sizes in sizes.items():
            some = {kernel: size for kernel, size in all_sizes.items() if kernel in kernels or not kernels}
            if some:
                yield name, some, Path(folder)


def build(source: Path, folder: Path) -> ModuleType:
    (result,) = driver.build([read_source(source)], folder, Options(cpu="native"))
    assert result.report is not None
    kept = [function.name for function in result.report.functions if function.tier != "native"]
    print(f"{source.name}: {result.seconds:.1f} s to build, not native: {', '.join(kept) or 'none'}", flush=True)
    return importlib.import_module(source.stem)


def build_c(source: Path, folder: Path) -> ctypes.CDLL:
    library = folder / f"{source.stem}_c.so"
    flags = ["-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, str(source), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))


def kernel_in_c(library: ctypes.CDLL, name: str, like: Kernel) -> Kernel:
    kernel = getattr(library, name)
    is_float = "float" in str(inspect.signature(like).return_annotation)
    kernel.argtypes, kernel.restype = [ctypes.c_int64], ctypes.c_double if is_float else ctypes.c_int64
    return kernel  # type: ignore[no-any-return]


def report(kernel: str, size: int, calls: Mapping[str, Kernel], few: Sequence[str] = ()) -> None:
    """Time all `calls`, those in `few` in fewer rounds, and print a line."""
    times: dict[str, list[float]] = {kind: [] for kind in calls}
    for number in range(ROUNDS):
        for kind, call in calls.items():
            if kind not in few or number < FEW:
                start = time.process_time()
                call(size)
                times[kind].append(time.process_time() - start)
    best = {kind: min(measured) for kind, measured in times.items()}
    shown = "   ".join(f"{kind} {seconds * 1000:8.1f} ms" for kind, seconds in best.items())
    print(f"{kernel:16} {shown}   ratio {best['pyfreeze'] / best['C']:.2f}", flush=True)
