"""Calls everything in the compiled workload of members over and over and watches the number of references. A script.

python3.11-dbg exercise_members.py EXTENSION
"""

import sys
import typing

from watching import load, watch

from pyfreeze import Array, int64, is_compiled


def refused(function: typing.Any, *arguments: object) -> None:
    try:
        function(*arguments)
    except (ValueError, OverflowError, IndexError, TypeError, AttributeError):
        return
    raise SystemExit(f"{arguments} should fail")


def once(m: typing.Any) -> None:
    large = 2**90
    v, zero = m.V(2.5, 4), m.V(0.0)
    for by in (3, large, -large):
        m.members(v, by)
        m.members(m.V(1e6), by)
        for value in (None, v, zero, m.V(1.0)):
            m.matched(value, by)
        m.uses_what_only_returns(v, by)
    refused(m.members, v, 0)
    refused(m.members, v, "x")
    refused(m.matched, v, None)
    refused(m.uses_what_only_returns, v, 0)
    refused(m.uses_what_only_returns, 5, large)
    assert m.only_returns(v) is v and v + zero == v and 2.0 * v > v and v.size == 6.25
    refused(lambda: v + 1)
    m.generic(Array[int64]([1, 2]), Array[m.V]([v, zero]), large)
    refused(m.generic, Array[int64]([2**63 - 1]), Array[m.V](), large)
    m.total([1, 2], large)
    data = bytearray(range(9))
    for view in (memoryview(data), memoryview(data)[::2]):
        m.viewed(view, large)
        m.viewed_below(view, 2, large)
        refused(m.viewed_below, view, 99, large)
        refused(m.viewed, view, None)
        view.release()  # nothing of ours holds it
    refused(m.viewed, memoryview(b"abc"), large)
    refused(m.viewed, memoryview(b""), large)
    refused(m.viewed, None, large)
    data.append(1)


def main() -> None:
    module = load("workload_members", sys.argv[1])
    names = ("members", "matched", "generic", "viewed", "viewed_below", "only_returns")
    assert all(is_compiled(getattr(module, name)) for name in names)
    watch(lambda: once(module))


if __name__ == "__main__":
    main()
