"""Calls everything in the compiled workload of framed functions over and over and watches the number of references.

A script: python3.11-dbg exercise_framed.py EXTENSION
"""

import sys
import typing

from watching import load, watch


def attempt(function: typing.Any, *arguments: object) -> None:
    """What fails is not told from what does not: that is for the tests of behaviour."""
    try:
        function(*arguments)
    except Exception as error:
        assert error.__traceback__ is not None


def exceptions(m: typing.Any) -> None:
    for arguments in (
        (m.subscripts, {}, 1, 2),
        (m.subscripts, (), 1, 2),
        (m.raises_in_key, [1, 0, [2]]),
        (m.asserts, 2),
        (m.raises_again, [1]),
        (m.deep, [1], 20),
        (m.takes,),
        (m.chained, 1),
        (5,),
    ):
        attempt(m.caught, *arguments)
    attempt(m.chained, 5), attempt(m.chained, "x"), attempt(m.finally_returns, 3)
    for how in ("continue", "break", "return", "raise", "else"):
        attempt(m.leaves_finally, [[1], 2, (3,)], how)
        attempt(m.leaves_finally, m.Failing(3), how)
    for kinds in ([ValueError], [TypeError, ValueError], [KeyError, ValueError], [KeyError]):
        attempt(m.groups, kinds)
    attempt(m.raises_again, [1]), attempt(m.asserts, 1), attempt(m.asserts, [2])
    for swallow in (True, False, None, "raise"):
        attempt(m.managed, swallow, False), attempt(m.managed, swallow, True)
    attempt(m.suppressed, 1), attempt(m.deep, [1], 30)


def containers(m: typing.Any) -> None:
    for values in (
        ([1], [[2, 3], 4], [5]),
        ([1], [[2], [3], [4]], 5),
        ([1], [], 5),
        ([1], [2, 3], 5),
        ([1], 2, 3),
        ([1], [2]),
        ([1], [2], 3, 4),
        5,
        m.Failing(2),
        [[1], m.Failing(2), [3]],
        [[1], [m.Failing(2)], [3]],
    ):
        attempt(m.unpacks, values)
    for rows in ({"a": 1}.items(), [([1], 2, 3)], [[1]], [([1], [2]), 5], m.Failing(2)):
        attempt(m.unpacks_in_loop, rows)
    attempt(m.swaps, [1], [2], [3]), attempt(m.swaps, [1], 2, [3]), attempt(m.swaps, [1], [2], 3)
    for pair in (("a", "bc"), ("ab", [[1]]), (1, "ab"), ([1], "ab"), ("a", 5), ("a", m.Failing(2))):
        attempt(m.displays, *pair)
    attempt(m.merges, {"a": [1]}, {"key": 2}), attempt(m.merges, {"a": 1}, 5), attempt(m.merges, [1], {})
    for items in ([1, 2], [1, "x"], [], 5, m.Failing(2)):
        attempt(m.comprehends, items, [1, 5]), attempt(m.comprehends, [1, 2], items)
    for items in (["ab", (1, 2)], [1, 2], [[1], ""], [], 5, m.Failing(2)):
        attempt(m.generates, items)
    for stop in range(5):
        attempt(m.consumes, [[1], 2, 3], stop), attempt(m.consumes, [], stop), attempt(m.consumes, m.Failing(2), stop)
    attempt(m.formats, 5, 7), attempt(m.formats, "x", 7), attempt(m.formats, 5, [1]), attempt(m.formats, 5, m.Node(1))
    for subject in ([[1], [2, 3, [4]]], {"key": [1], "b": 2}, m.Node([[1]]), "text", b"", m.Node(2), [1, m.Failing(2)]):
        attempt(m.matched, subject)


def operations(m: typing.Any) -> None:
    for box, key in (([1, 2], 0), ({}, "key"), ({}, []), ([1], 5), ((1,), 0), (bytearray(3), 1), (5, 1)):
        attempt(m.subscripts, box, key, [7])
    for items in ([1, 2, [3]], "text", (1, [2]), range(5), 5, {}):
        attempt(m.slices, items, 0, 2), attempt(m.slices, items, "x", None), attempt(m.slices, items, 2**70, -1)
    numbers: tuple[typing.Any, ...] = (3, 2**80, -5, 0, 1.5, True, "text", [1], (1, [2]), None, 1j)
    for a in numbers:
        for b in numbers:
            attempt(m.operators, a, b)
    things = [m.Node(1), m.Slotted(2), m.Node(m.Node([1])), [1], 5, m.Node, m, type("Other", (), {"get": list})()]
    for thing in things:
        attempt(m.attributes, thing, 4), attempt(m.missing, thing), attempt(m.methods, thing, [1])
    m.attributes(things[0], "a"), m.methods(m.Node(2), 3)
    attempt(m.changes_class, [1]), attempt(m.global_changes, [1])


def calls(m: typing.Any) -> None:
    attempt(m.calls, [1]), attempt(m.calls, 5)
    for which in range(14):
        for value in ([1], 5, {1: 2}, {"a": [1]}, {"key": 3}, m.Failing(2)):
            attempt(m.calls_wrongly, value, which)
    for items in ([3, 1, 2], [], [1, "x"], "text", 5):
        attempt(m.builtins_called, items), attempt(m.raises_in_key, items)
    for value in ([], [1], 5, 0):
        attempt(m.closes_over, value), attempt(m.unbound, value), attempt(m.deletes, value), attempt(m.imports, value)


def numbers(m: typing.Any) -> None:
    for x in (1.5, 2, "x", [1], None, 2**70, True):
        for kind in (m.Point, m.SlotPoint, m.AskedPoint):
            attempt(m.numbers_in_attributes, [kind(x, 0.5), kind(2.5, x), kind(1.5, 2.5)], 3)
        in_dict = m.Point(x, 0.5)
        vars(in_dict)["more"] = [x]
        attempt(m.numbers_in_attributes, [in_dict, m.Point(0.5, 1.5)], 3)
        attempt(m.known_functions, x, 3)
    attempt(m.known_functions, -1.5, 2)


def once(m: typing.Any) -> None:
    numbers(m)
    exceptions(m)
    containers(m)
    operations(m)
    calls(m)


def main() -> None:
    module = load("workload_framed", sys.argv[1])
    watch(lambda: once(module))
    sys.setrecursionlimit(400)
    watch(lambda: attempt(module.endless, [1]))


if __name__ == "__main__":
    main()
