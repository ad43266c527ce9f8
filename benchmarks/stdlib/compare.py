"""Unannotated modules of the standard library doing their typical work, compiled beside interpreted.

    python -m benchmarks.stdlib.compare [MODULE…]

A module is copied under another name, without its C accelerator, built, and loaded both ways. Both have to give the same
results. Shown is interpreted over compiled, of the minima of interleaved runs: more than 1 is faster.
"""

from __future__ import annotations

import argparse
import importlib
import math
import shutil
import sys
import sysconfig
import tempfile
import time
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
    parser.add_argument("modules", nargs="*")
    names = parser.parse_args().modules or list(WORKLOADS)
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        ratios = [compare(name, WORKLOADS[name], Path(folder)) for name in names]
    print(f"{'geometric mean':14} {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}")


def compare(name: str, work: Callable[[Any], object], folder: Path) -> float:
    interpreted = load(name, "interpreted_", folder)
    compiled = load(name, "compiled_", folder)
    assert repr(work(interpreted)) == repr(work(compiled)).replace("compiled_", "interpreted_"), name
    best = {"interpreted": math.inf, "compiled": math.inf}
    for _ in range(ROUNDS):
        for kind, module in (("interpreted", interpreted), ("compiled", compiled)):
            start = time.perf_counter()
            work(module)
            best[kind] = min(best[kind], time.perf_counter() - start)
    ratio = best["interpreted"] / best["compiled"]
    shown = "   ".join(f"{kind} {seconds * 1e3:8.3f} ms" for kind, seconds in best.items())
    print(f"{name:14} {shown}   {ratio:.2f}", flush=True)
    return ratio


def load(name: str, prefix: str, folder: Path) -> ModuleType:
    """The module under a name of its own, which says whether it is compiled."""
    copied = folder / f"{prefix}{name.replace('.', '_')}.py"
    shutil.copy(LIBRARY.joinpath(*name.split(".")).with_suffix(".py"), copied)
    copied.write_text(without_accelerator(name, copied.read_text(encoding="utf-8")), encoding="utf-8")
    if prefix == "compiled_":
        (result,) = driver.build([read_source(copied)], folder, Options())
        assert result.report is not None
        print(f"{name:14} {result.seconds:.1f} s to build: {result.report.totals}", flush=True)
    return importlib.import_module(copied.stem)


if __name__ == "__main__":
    main()
