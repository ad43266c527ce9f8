"""How compile time grows with the source: `python benchmarks/compile_time/measure.py [--phases] [--most SECONDS] [KIND…]`.

For each kind of source a row with the seconds of CPU time of a build at each size, and how the last doubling multiplies them: 2 is
linear. With `--phases` a table for each kind, with a row for each phase that matters.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source
from pyfreeze.stopwatch import Stopwatch

SIZES = (25, 50, 100, 200, 400)
SHOWN = 0.05
"""Seconds that a phase takes at some size, or it is left out."""

HEAD = "from pyfreeze import Array, float64, int64\n\n\n"


def branches(count: int) -> str:
    """One function with `count` if/else, one after the other."""
    body = "".join(
        f"    if x > {number}:\n        s += x * {number}\n    else:\n        s -= {number}\n"
        for number in range(count)
    )
    return f"def f(x: int64) -> int64:\n    s = x\n{body}    return s\n"


def plain_branches(count: int) -> str:
    """The same with plain ints, which are counted references."""
    return branches(count).replace("int64", "int")


def writing_branches(count: int) -> str:
    """The same in a function with side effects, which leaves native code in the middle."""
    body = "".join(
        f"    if x > {number}:\n        a[{number}] = x + s\n    else:\n        s -= a[{number}]\n"
        for number in range(count)
    )
    return f"def f(a: Array[int64], x: int64) -> int64:\n    s = x\n{body}    return s\n"


def exits(count: int) -> str:
    """`count` statements that may raise, each in a branch of its own, with `count` returns."""
    body = "".join(f"    if x % {number + 2} == 1:\n        return {number} // x\n" for number in range(count))
    return f"def f(x: int64) -> int64:\n{body}    return x\n"


def loops(count: int) -> str:
    """One function with `count` loops in nests of four."""
    lines = []
    for number in range(count):
        depth = number % 4
        lines.append("    " * (depth + 1) + f"for i{depth} in range(n + {number}):\n")
        lines.append("    " * (depth + 2) + f"s += i{depth} ^ {number}\n")
    return f"def f(n: int64) -> int64:\n    s: int64 = 0\n{''.join(lines)}    return s\n"


def calls(count: int) -> str:
    """One function with `count` calls in a row, of one that is not inlined."""
    callee = "def g(x: int64) -> int64:\n    return x if x < 2 else g(x - 1) + g(x - 2)\n\n\n"
    body = "".join(f"    s += g(x + {number})\n" for number in range(count))
    return f"{callee}def f(x: int64) -> int64:\n    s = x\n{body}    return s\n"


def inlined_calls(count: int) -> str:
    """One function with `count` calls in a row, of one that is inlined."""
    callee = "def g(x: int64, y: int64) -> int64:\n    return x // y + 1 if x > y else y - x\n\n\n"
    body = "".join(f"    s += g(x, s + {number})\n" for number in range(count))
    return f"{callee}def f(x: int64) -> int64:\n    s = x\n{body}    return s\n"


def variables(count: int) -> str:
    """One function with `count` variables, each used later."""
    set_ = "".join(f"    v{number} = x * {number} + y\n" for number in range(count))
    used = "".join(f"    s += v{number} * y\n" for number in range(count))
    return f"def f(x: int64, y: int64) -> int64:\n{set_}    s = x\n{used}    return s\n"


def plain_variables(count: int) -> str:
    """The same with plain ints."""
    return variables(count).replace("int64", "int")


def functions(count: int) -> str:
    """`count` small functions."""
    return "\n\n".join(
        f"def f{number}(x: int64, y: int64) -> int64:\n    if x > y:\n        return x - {number}\n    return x * y\n"
        for number in range(count)
    )


def chain(count: int) -> str:
    """`count` functions, each of which calls the one before."""
    first = "def f0(n: int64) -> int64:\n    return n\n"
    others = (
        f"def f{number}(n: int64) -> int64:\n    s: int64 = 0\n    for i in range(n):\n        s += f{number - 1}(i)\n    return s\n"
        for number in range(1, count)
    )
    return "\n\n".join([first, *others])


def module(count: int) -> str:
    """A module of scalar code with five times as many lines: 2000 for the largest size."""
    texts = (
        "def steps{0}(n: int64) -> int64:\n    count: int64 = 0\n    while n != 1:\n        if n % 2 == 0:\n"
        "            n = n // 2\n        else:\n            n = 3 * n + {0}\n        count += 1\n    return count\n",
        "def area{0}(n: int64) -> float64:\n    total: float64 = 0.0\n    for i in range(n):\n        x: float64 = (i + 0.5) / n\n"
        "        total += (x * x + {0}.0) / n\n    return total\n",
        "def digits{0}(n: int) -> int:\n    total = 0\n    while n > 0:\n        total += n % 10\n        n //= 10\n    return total + {0}\n",
    )
    parts, lines, number = [], 0, 0
    while lines < 5 * count:
        parts.append(texts[number % len(texts)].format(number))
        lines += parts[-1].count("\n") + 2
        number += 1
    return "\n\n".join(parts)


KINDS: tuple[Callable[[int], str], ...] = (
    branches, plain_branches, writing_branches, exits, loops, calls, inlined_calls, variables, plain_variables, functions,
    chain, module,
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--phases", action="store_true")
    parser.add_argument("--most", type=float, default=60.0, help="no larger size after a build that takes longer")
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("kinds", nargs="*", choices=[[], *(kind.__name__ for kind in KINDS)])
    options = parser.parse_args()
    sizes = [size for size in SIZES if size <= options.largest]
    with tempfile.TemporaryDirectory() as folder:
        seconds_of("x = 1\n", Path(folder), "warm")  # imports, and mypy's cache
        print(f"{'':24}" + "".join(f"{size:>9}" for size in sizes) + "    growth")
        for kind in KINDS:
            if kind.__name__ in options.kinds or not options.kinds:
                measure(kind, sizes, Path(folder), options.most, options.phases)


def measure(kind: Callable[[int], str], sizes: list[int], folder: Path, most: float, phases: bool) -> None:
    """Print the rows of one kind."""
    measured: list[dict[str, float]] = []
    for size in sizes:
        measured.append(seconds_of(HEAD + kind(size), folder, f"{kind.__name__}_{size}"))
        if sum(measured[-1].values()) > most:
            break
    print_row(kind.__name__, [sum(one.values()) for one in measured], len(sizes))
    if phases:
        names = dict.fromkeys(name for one in measured for name in one)
        for name in names:
            seconds = [one.get(name, 0.0) for one in measured]
            if max(seconds) >= SHOWN:
                print_row(f"  {name}", seconds, len(sizes))


def print_row(name: str, seconds: list[float], columns: int) -> None:
    growth = f"{seconds[-1] / seconds[-2]:10.1f}" if len(seconds) > 1 and seconds[-2] > 0 else ""
    missing = "        -" * (columns - len(seconds))
    print(f"{name:24}" + "".join(f"{one:9.2f}" for one in seconds) + missing + growth, flush=True)


def seconds_of(text: str, folder: Path, name: str) -> dict[str, float]:
    """Seconds by phase of a build; every function must be native."""
    path = folder / f"{name}.py"
    path.write_text(text)
    source = read_source(path)
    stopwatch = Stopwatch(time.process_time)
    result = driver.compile_module(source, driver.extension_path(source, folder), Options(strict=True), stopwatch)
    assert result.report is not None, result.diagnostics
    totals = result.report.totals
    assert totals["native"] == totals["functions"], [item for item in result.report.functions if item.reasons][:1]
    return result.seconds_by_phase


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    main()
