"""Calls everything in the compiled workload of values over and over and watches the number of references. A script.

python3.11-dbg exercise_values.py EXTENSION
"""

import sys
import typing

from watching import load, watch

from pyfreeze import Array, int64, is_compiled


def refused(function: typing.Any, *arguments: object) -> None:
    try:
        function(*arguments)
    except (ValueError, OverflowError, IndexError, TypeError, AssertionError, NameError, BufferError):
        return
    raise SystemExit(f"{arguments} should fail")


def once(m: typing.Any) -> None:
    numbers = Array[int64]([3, 1, 2])
    values = Array[m.P]([m.P(i, i) for i in range(9)])
    for n in (2, 3, 30):
        m.local(n)
        m.makes(values, n)
    refused(m.local, -1)
    for big in (2**90, -5):
        m.in_tuples(numbers, big)
        for i in (0, 7, 8, 40, 2**40):
            refused(m.fails, numbers, i, big if i else "x")
            refused(m.fails_below, numbers, i, 2**90 if i else "x")
    m.fails(numbers, 1, 9)
    for e in (5, 1, 0):
        m.leaves(numbers, e)
        m.leaves_below(numbers, e)
    refused(m.leaves, numbers, 2**70)
    refused(m.leaves_below, numbers, -(2**70))
    m.unset(numbers, 1)
    refused(m.unset, numbers, 0)
    refused(m.unset, numbers, 6)
    m.changes(values, m.P(3, 3))
    with memoryview(values):
        refused(m.changes, values, m.P(3, 3))
    refused(m.changes, values, 5)
    both, half = m.Both, m.Both(0.5, 1.5)
    for p in (both(1, 2), both(2**90, -(2**80)), both(3, 2**70)):
        m.boxes(p, both(half, half), m.P(1, 2))
        m.calls_flipped(p, half)
        m.flipped(p)
        p.swapped()
    for wrong in (both(2**90, 1.5), both(1.5, 2**90), both(2**90, None)):
        refused(m.boxes, wrong, both(half, half), None)
        m.flipped(wrong)
    m.boxes(both(2**90, 2), both(half, both(0.5, 1)), m.P(1, 2))
    for big in (5, 2**90):
        for n in (0, 1, 4):
            m.takes_held(m.held(numbers, big, n), 3)
            refused(m.takes_held, m.held(numbers, big, n), "x")
        refused(m.held, numbers, big, 6)
    refused(m.takes_held, m.Held(numbers, both(2**90, 1), (1, 2.5)), "x")
    m.takes_held(m.Held(numbers.copy(), both(2**90, 1), None), 3)
    m.takes_held(m.Held(numbers.copy(), both(2**90, 1), None), -1)
    old, m.ORIGIN = m.ORIGIN, m.P(1, 1)
    m.makes(values, 4)
    m.ORIGIN = old


def main() -> None:
    module = load("workload_values", sys.argv[1])
    assert is_compiled(module.leaves) and is_compiled(module.changes)
    watch(lambda: once(module))


if __name__ == "__main__":
    main()
