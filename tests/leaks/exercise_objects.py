"""Calls everything in the compiled workload of objects over and over and watches the number of references. A script.

python3.11-dbg exercise_objects.py EXTENSION
"""

import sys
import typing

from watching import load, watch

from pyfreeze import Array, int64, is_compiled


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
    module = load("workload_objects", sys.argv[1])
    assert is_compiled(module.total) and is_compiled(module.spans) and is_compiled(module.collected)
    watch(lambda: once(module))


if __name__ == "__main__":
    main()
