"""Many generated programs over objects: `python -m tests.fuzz.many_object_programs FIRST PROGRAMS [--jobs N]`.

Batches of 40 programs with the numbers from FIRST on, each in a process of its own, so that a crash costs one batch and is
told with the run that crashed. What differs is printed. Of 16 batches 15 are compiled without optimisation by LLVM,
which takes most of the time.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import os
import resource
import sys
import tempfile
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.fuzz.object_programs import make_programs
from tests.fuzz.object_runs import check

BATCH = 40
_MEMORY = 4 << 30


def _run_batch(number: int, folder: Path) -> None:
    """In a process of its own: the differences to the file `differences`, the current run to `told`."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    errors = os.open(folder / "errors", os.O_WRONLY | os.O_CREAT)
    os.dup2(errors, 2)
    faulthandler.enable(errors)
    texts = make_programs(number, BATCH)

    def begins(name: str, arguments: list[str]) -> None:
        (folder / "told").write_text(f"{texts[int(name[1:])]}\n# args: {arguments}\n", encoding="utf-8")

    differences, share = check(folder, number, BATCH, begins, optimised=number % 16 == 0)
    if share < 1:
        differences.append(f"only {share:.0%} native")
    (folder / "differences").write_text("".join(f"{one}\n{'=' * 80}\n" for one in differences), encoding="utf-8")


def _run_told(number: int, folder: Path) -> None:
    try:
        _run_batch(number, folder)
        os._exit(0)  # the threads of the pool are not here to be joined
    except BaseException:
        (folder / "errors").write_text(traceback.format_exc()[-3000:], encoding="utf-8")
        os._exit(1)


def run_batch(number: int) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = multiprocessing.get_context("fork").Process(target=_run_told, args=(number, folder))
        process.start()
        process.join()
        text = ""
        for part in ("differences",) if process.exitcode == 0 else ("told", "errors"):
            text += (folder / part).read_text(encoding="utf-8") if (folder / part).exists() else ""
        if process.exitcode:
            text = f"ended with {process.exitcode}\n{text}\n{'=' * 80}\n"
        return number, f"# batch {number}\n{text}" if text else ""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int)
    parser.add_argument("programs", type=int)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    numbers = range(given.first, given.first + -(-given.programs // BATCH))
    bad = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        for done in as_completed([pool.submit(run_batch, number) for number in numbers]):
            number, text = done.result()
            bad += bool(text)
            print(text, end="", flush=True)
            print(f"# batch {number}, the last is {numbers[-1]}; {bad} with differences", file=sys.stderr, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
