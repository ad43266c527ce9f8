"""Unannotated modules of the standard library doing their typical work, compiled beside interpreted.

    python -m benchmarks.stdlib.compare [--cython] [MODULE…]

A module is copied under another name, without its C accelerator, built, and loaded both ways. All have to give the same
results. Shown are the minima of interleaved runs, and what others take over what the compiled module takes: more than 1
is in its favour. With --cython, Cython (which has to be installed) compiles the same file, unchanged.
"""

from __future__ import annotations

import argparse
import importlib
import math
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.stdlib.workloads import WORKLOADS, without_accelerator
from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source

ROUNDS = 25
LIBRARY = Path(sysconfig.get_path("stdlib"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cython", action="store_true", help="time Cython on the same files, too")
    parser.add_argument("modules", nargs="*")
    options = parser.parse_args()
    kinds = ["interpreted", *["cython"] * options.cython, "compiled"]
    ratios: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        for name in options.modules or WORKLOADS:
            for kind, ratio in compare(name, WORKLOADS[name], kinds, Path(folder)).items():
                ratios[kind].append(ratio)
    for kind, found in ratios.items():
        mean = math.exp(sum(map(math.log, found)) / len(found))
        print(f"{'geometric mean':14} {kind}/compiled {mean:.2f} ({len(found)} modules)")


def compare(name: str, work: Callable[[Any], object], kinds: list[str], folder: Path) -> dict[str, float]:
    """What each other kind takes over what "compiled" takes. One that cannot be built or gives something else is left out."""
    modules: dict[str, ModuleType] = {}
    for kind in kinds:
        try:
            modules[kind] = load(name, kind, folder)
            seen = repr(work(modules[kind])).replace(f"{kind}_", "interpreted_")
            assert seen == repr(work(modules["interpreted"])), name
        except Exception as error:
            if kind != "cython":
                raise
            modules.pop(kind, None)
            print(f"{name:14} cython: {type(error).__name__}: {str(error)[-300:]}", flush=True)
    best = dict.fromkeys(modules, math.inf)
    for _ in range(ROUNDS):
        for kind, module in modules.items():
            start = time.perf_counter()
            work(module)
            best[kind] = min(best[kind], time.perf_counter() - start)
    ratios = {kind: seconds / best["compiled"] for kind, seconds in best.items() if kind != "compiled"}
    shown = "   ".join(f"{kind} {seconds * 1e3:8.3f} ms" for kind, seconds in best.items())
    print(f"{name:14} {shown}  ", *(f"{ratio:.2f}" for ratio in ratios.values()), flush=True)
    return ratios


def load(name: str, kind: str, folder: Path) -> ModuleType:
    """The module under a name of its own, which says how it runs."""
    copied = folder / f"{kind}_{name.replace('.', '_')}.py"
    shutil.copy(LIBRARY.joinpath(*name.split(".")).with_suffix(".py"), copied)
    copied.write_text(without_accelerator(name, copied.read_text(encoding="utf-8")), encoding="utf-8")
    if kind == "cython":
        build_with_cython(copied)
    if kind == "compiled":
        (result,) = driver.build([read_source(copied)], folder, Options())
        assert result.report is not None
        print(f"{name:14} {result.seconds:.1f} s to build: {result.report.totals}", flush=True)
    return importlib.import_module(copied.stem)


def build_with_cython(source: Path) -> None:
    """Put the extension module that Cython makes beside the source. Raises RuntimeError with what it says."""
    command = [sys.executable, "-m", "Cython.Build.Cythonize", "--inplace", "-3", "--quiet", str(source)]
    finished = subprocess.run(command, cwd=source.parent, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise RuntimeError(finished.stdout + finished.stderr)


if __name__ == "__main__":
    main()
