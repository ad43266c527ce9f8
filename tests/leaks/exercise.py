"""Calls everything in the compiled workload over and over and watches the number of references. A script.

python3.11-dbg exercise.py EXTENSION
"""

import sys
import typing

from watching import load, watch


def refused(function: object, *arguments: object) -> None:
    try:
        function(*arguments)  # type: ignore[operator]
    except (ValueError, OverflowError, ZeroDivisionError, TypeError, RecursionError, AssertionError, NameError):
        return
    raise SystemExit(f"{arguments} should fail")


def once(module: object) -> None:
    m = module
    m.big(60)  # type: ignore[attr-defined]
    m.swap(2**90, 2**91)  # type: ignore[attr-defined]
    m.deep(20)  # type: ignore[attr-defined]
    refused(m.fails, 2, 2**80)  # type: ignore[attr-defined]
    refused(m.fails, 4, 2**80)  # type: ignore[attr-defined]
    refused(m.fails, "x", 2**80)  # type: ignore[attr-defined]
    refused(m.fixed, 2**62)  # type: ignore[attr-defined]
    m.fixed(2**70)  # type: ignore[attr-defined]
    m.powers(-8.0, 1 / 3)  # type: ignore[attr-defined]
    m.powers(3, 2**70 and 2)  # type: ignore[attr-defined]
    m.select(2**100, -(2**100), True)  # type: ignore[attr-defined]
    m.LIMIT = 2**80  # type: ignore[attr-defined]
    m.select(2**100, 5, False)  # type: ignore[attr-defined]
    m.LIMIT = 1000  # type: ignore[attr-defined]
    refused(m.deep, 10**6)  # type: ignore[attr-defined]
    scalars(m)


def scalars(m: typing.Any) -> None:
    """Big ints in every place, and exceptions that leave loops."""
    large = 2**100
    for a, b in ((large, 3), (5, large), (large, -large), (7, 9), (large, 0)):
        m.items(a, b or 1)
        m.extremes(a, b, large)
        m.grows(40, a)
        m.ordered((a, b), (b, a))
        m.masked(a, 7)
        m.leaves_loop(2, a)
        refused(m.leaves_loop, 9, a)
        refused(m.leaves_loop, 4, "x")
    refused(m.items, large, 0)
    refused(m.leaves_loop, 1, 2**45)
    m.mathematics(large, 2**70)
    refused(m.mathematics, -large, 2**70)
    refused(m.mathematics, large, 0)
    refused(m.unset, 0, large)
    m.unset(3, large)
    m.unset(3, -large)
    optionals(m, large)
    m.grows(9_000, 2**61)
    m.grows(9_000, 2**45)


def optionals(m: typing.Any, large: int) -> None:
    """Big ints and arrays that may be None."""
    short, long = m.Array[m.int64]([1]), m.Array[m.int64]([1, 2, 3])
    for a in (None, 3, large, -large):
        for b in (None, 5, large):
            m.perhaps(a, (b, None))
            m.perhaps(b, (a, 7))
        m.perhaps(a, (large, "x"))
        refused(m.perhaps, "x", (a, None))
        m.adds(a or large, large)
        refused(m.adds, a, -large)
    for values in (None, short, long):
        m.counted(values)
        m.counted(values, long)
        refused(m.counted, values, 3.5) if values is None else m.counted(values, None)


def main() -> None:
    module = load("workload", sys.argv[1])
    import pyfreeze

    assert pyfreeze.is_compiled(module.big) and pyfreeze.is_compiled(module.fails)  # type: ignore[attr-defined]
    watch(lambda: once(module))


if __name__ == "__main__":
    main()
