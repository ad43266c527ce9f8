"""Many generated programs over objects: `python -m tests.fuzz.many_object_programs FIRST PROGRAMS [--jobs N]`.

Batches of 40 programs with the numbers from FIRST on, each in a process of its own, so that a crash costs one batch and is
told with the run that crashed. What differs is printed. Seven of eight batches are compiled without optimisation by LLVM,
which takes most of the time.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BATCH = 40
_MEMORY = 4 << 30


def _without_optimisation() -> None:
    import llvmlite.binding as llvm

    tuning, machine = llvm.create_pipeline_tuning_options, llvm.Target.create_target_machine
    llvm.create_pipeline_tuning_options = lambda **_: tuning(speed_level=0)
    llvm.Target.create_target_machine = lambda self, **given: machine(self, **{**given, "opt": 0})


def run_batch(number: int, told: Path) -> int:
    """In a process of its own: the differences to standard output, the current run to `told`."""
    from tests.fuzz.object_programs import make_programs
    from tests.fuzz.object_runs import check

    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    if number % 8:
        _without_optimisation()
    texts = make_programs(number, BATCH)

    def begins(name: str, arguments: list[str]) -> None:
        told.write_text(f"{texts[int(name[1:])]}\n# {name}({', '.join(arguments)})\n", encoding="utf-8")

    with tempfile.TemporaryDirectory() as folder:
        differences, share = check(Path(folder), number, BATCH, begins)
    for difference in differences:
        print(f"# batch {number}\n{difference}\n{'=' * 80}")
    if share < 1:
        print(f"# batch {number}: only {share:.0%} native")
    return 1 if differences else 0


def _start(number: int) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        command = [sys.executable, "-m", "tests.fuzz.many_object_programs", "--batch", str(number), str(told)]
        environment = {**os.environ, "PYFREEZE_CACHE_DIR": folder}
        finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        text = finished.stdout
        if finished.returncode not in (0, 1) or (finished.returncode == 1 and not text):
            running = told.read_text(encoding="utf-8") if told.exists() else ""
            text += f"# batch {number} ended with {finished.returncode} in\n{running}{finished.stderr[-1500:]}\n{'=' * 80}\n"
        return number, text


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int)
    parser.add_argument("programs", type=int)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    numbers = range(given.first, given.first + -(-given.programs // BATCH))
    bad = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        for number, text in pool.map(_start, numbers):
            bad += bool(text)
            print(text, end="", flush=True)
            print(f"# batch {number} of {numbers[-1]}, {bad} with differences", file=sys.stderr, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--batch"]:
        sys.exit(run_batch(int(sys.argv[2]), Path(sys.argv[3])))
    sys.exit(main())
