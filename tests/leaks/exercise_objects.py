"""Calls everything in the compiled workload of objects over and over and watches the number of references. A script.

python3.11-dbg exercise_objects.py EXTENSION
"""

import gc
import importlib.machinery
import importlib.util
import sys
import typing

from pyfreeze import Array, int64, is_compiled


def load(path: str) -> typing.Any:
    loader = importlib.machinery.ExtensionFileLoader("workload_objects", path)
    spec = importlib.util.spec_from_file_location("workload_objects", path, loader=loader)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules["workload_objects"] = module
    loader.exec_module(module)
    return module


def refused(function: typing.Any, *arguments: object) -> None:
    try:
        function(*arguments)
    except (ValueError, OverflowError, ZeroDivisionError, TypeError, AttributeError):
        return
    raise SystemExit(f"{arguments} should fail")


def trees(m: typing.Any) -> None:
    tree = m.build(4)
    m.total(tree), m.mirrored(tree), m.mirrored(None), m.inserted(tree, 3), m.inserted(None, 3)
    m.leftmost(tree), m.leftmost(None)
    for wrong in ("text", 5, m.Token("no tree", 1)):
        bad = m.Tree(1, m.Tree(2, m.Tree(3), m.Tree(4)), m.Tree(5, None, wrong))
        refused(m.total, bad)
        refused(m.mirrored, bad)
        refused(m.total, wrong)
        refused(m.collected, bad, Array[int64](), [])
    m.collected(tree, Array[int64](), [])
    refused(m.build, "x")


def once(m: typing.Any) -> None:
    trees(m)
    thing = [1, 2]
    token = m.Token("kind", 1, thing)
    for n in (0, 1, 7):
        m.tokens(thing, n)
        m.tokens(None, n)
        m.spans(token, 2**80, n)
        m.spans(token, 5, n)
    refused(m.tokens, thing, "x")
    m.fails(token, thing, 4), m.fails(m.Token("kind", 1), thing, 3), m.fails_below(token, thing, 3)
    refused(m.fails, token, thing, 7)
    refused(m.fails, m.Token("kind", 0), object(), 7)
    refused(m.fails_below, token, thing, 2**62)
    m.fails_below("no token", thing, 2)
    for n in range(7):
        m.either(thing, token, n)


def main() -> None:
    module = load(sys.argv[1])
    assert is_compiled(module.total) and is_compiled(module.spans) and is_compiled(module.collected)
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
