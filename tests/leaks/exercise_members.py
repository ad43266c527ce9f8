"""Calls everything in the compiled workload of members over and over and watches the number of references. A script.

python3.11-dbg exercise_members.py EXTENSION
"""

import gc
import importlib.machinery
import importlib.util
import sys
import typing

from pyfreeze import Array, int64, is_compiled


def load(path: str) -> typing.Any:
    loader = importlib.machinery.ExtensionFileLoader("workload_members", path)
    spec = importlib.util.spec_from_file_location("workload_members", path, loader=loader)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules["workload_members"] = module
    loader.exec_module(module)
    return module


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
    module = load(sys.argv[1])
    names = ("members", "matched", "generic", "viewed", "viewed_below", "only_returns")
    assert all(is_compiled(getattr(module, name)) for name in names)
    counts = []
    for _ in range(12):
        for _ in range(10):
            once(module)
        gc.collect()
        counts.append(sys.gettotalrefcount())  # type: ignore[attr-defined]
    print("references", counts)
    growth = counts[-1] - counts[4]
    assert growth <= 20, f"{growth} references more after {10 * (len(counts) - 5)} rounds"


if __name__ == "__main__":
    main()
