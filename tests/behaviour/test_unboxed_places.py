"""Where numbers of functions over objects are kept: items of lists, attributes, and loops that exceptions leave."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from tests.behaviour.test_objects import framed
from tests.conftest import Both

Build = Callable[[str], Both]


def test_items_of_lists_as_numbers_and_truths(both: Build) -> None:
    module = both(
        """
        import sys

        class Asked:
            def __init__(self, answer):
                self.answer = answer

            def __bool__(self):
                frame = sys._getframe(1)
                if self.answer == 1:
                    raise ValueError((frame.f_lineno, frame.f_lasti, frame.f_locals["i"]))
                return self.answer == 2

        def truths(items, n):
            found = []
            for i in range(n):
                if not items[i]:
                    found.append(i)
                elif items[
                    -1 - i
                ]:
                    found.append(-i)
            return found

        def sums(items, n):
            total = 0
            for i in range(n):
                total += items[i] * 2
            mean = 0.0
            for i in range(n):
                mean = mean + items[i] * 0.5
            return total, mean

        def distance(a, b):
            row = list(range(len(b) + 1))
            for i in range(1, len(a) + 1):
                before, row[0] = row[0], i
                for j in range(1, len(b) + 1):
                    cost = 0 if a[i - 1] == b[j - 1] else 1
                    best = min(row[j] + 1, row[j - 1] + 1, before + cost)
                    before, row[j] = row[j], best
            return row[-1]
        """
    )
    asked = module.compiled.Asked
    lists = ([True, False], [1, 0, 2], ["a", ""], [None, [], [0]], [0.0, 1.5], [2**70, True, 2.5], [1, "a"])
    for items in (*lists, (1, 2, 3), (1.5, 2), "ab", b"ab", {0: 1, 1: 0, -1: 2, -2: 0}, bytearray(b"a"), None):
        for n in (0, 1, 2, 3):
            module.same("truths", items, n)
            module.same("sums", items, n)
    for answers in ((0, 2), (2, 2, 2, 2), (1, 0), (0, 0, 1), (2, 0, 0, 1)):
        found = []
        for version in (module.interpreted, module.compiled):
            try:
                found.append(version.truths([version.Asked(answer) for answer in answers], len(answers)))
            except ValueError as error:
                found.append(error.args[0][::2])
        assert found[0] == found[1]
    assert asked is not None
    for a, b in (
        ("kitten", "sitting"),
        ("", "abc"),
        ("abc", ""),
        ("flaw", "lawn"),
        ([1, 2], [2, 1]),
        ("a" * 50, "ba" * 30),
    ):
        module.same("distance", a, b)


def test_attributes_that_are_floats(both: Build) -> None:
    module = both(
        """
        class Body:
            def __init__(self, x, v):
                self.x = x
                self.v = v

        class Slotted:
            __slots__ = ("x", "v")

            def __init__(self, x, v):
                self.x = x
                self.v = v

        class Watched:
            def __init__(self, x, v):
                self.seen = []
                self.x = x
                self.v = v

            def __setattr__(self, name, value):
                if name != "seen":
                    self.seen.append((name, value))
                object.__setattr__(self, name, value)

        def move(body, n, dt):
            kept = []
            for i in range(n):
                before = body.x
                body.x += body.v * dt
                body.v = body.v * 0.5 - body.x / 8.0
                kept.append(before)
                if i == 3:
                    body.x = "x" if dt > 1.0 else 2
                if i == 4:
                    body.__dict__["x"] = 0.25 if hasattr(body, "__dict__") else 0
            return kept, body.x, body.v

        def shared(n):
            x = 1.5
            first, second = Body(x, x), Body(x, 2.0)
            for i in range(n):
                first.x = first.x * 1.5
                second.v = first.x * 2.0
                second.x = second.v
            return first.x, first.v, second.x, second.v, x

        def bodies(n, dt):
            return [move(kind(0.5, 1.5), n, dt) for kind in (Body, Watched)]
        """
    )
    for n in range(9):
        for dt in (0.25, 2, 1.5, math.inf, None):
            module.same("bodies", n, dt)
            if n < 5:
                found = []
                for version in (module.interpreted, module.compiled):
                    try:
                        found.append(repr(version.move(version.Slotted(0.5, 1.5), n, dt)))
                    except TypeError as error:
                        found.append(repr(error))
                assert found[0] == found[1]
        module.same("shared", n)


def test_exceptions_in_loops_over_ranges(both: Build) -> None:
    module = both(
        """
        def counted(keys, n):
            counts = {}
            errors = 0
            for i in range(0, n * 2, 2):
                half = i // 2
                try:
                    counts[keys[half]] += half
                except KeyError:
                    counts[keys[half]] = 0
                except (IndexError, TypeError) as error:
                    errors += 1
                    if errors > 2:
                        raise ValueError(i, half, errors) from error
                else:
                    errors += 0
            return counts, errors, i

        def nested(n):
            seen = []
            for i in range(n):
                scale = i * 0.5
                for j in range(n, i, -1):
                    try:
                        seen.append(scale // (j - 2))
                    except ZeroDivisionError:
                        try:
                            seen.append([i, j][j])
                        except IndexError as error:
                            seen.append(str(error))
                            continue
                    finally:
                        seen.append(j * i)
            return seen
        """
    )
    for keys in ("abcab", [1, 2, 1], [[1], 2], [], "aaaaaaa"):
        for n in range(8):
            module.same("counted", keys, n)
    for n in range(6):
        module.same("nested", n)


def test_items_of_what_is_no_list(both: Build) -> None:
    module = both(
        """
        def add_up(container, n):
            total = 0
            for i in range(n):
                total += container[i] * 2
            return total

        def add_floats(container, n):
            total = 0.0
            for i in range(n):
                total += container[i] * 1.5
            return total

        class Answers:
            def __getitem__(self, index):
                if index == 3:
                    raise IndexError("three")
                return index if index % 2 else index / 2

        def looks(watch):
            class Watching:
                def __getitem__(self, index):
                    watch()
                    return index * 10
            total = 0
            own = Watching()
            for i in range(4):
                total += own[i] + 1
            return total
        """
    )
    containers = (
        {0: 1, 1: 2, 2: 3},
        {0: 1, 1: 2.5, 2: 3},
        {0: 1, 1: "a", 2: 3},
        {0: 1, 2: 3},
        {0: 2**70, 1: True, 2: 3},
        [1, 2, 3],
        [1.5, 2.5, 3.5],
        [1, None, 3],
        (1, 2.5, 3),
        b"abc",
        "abc",
        range(5, 9),
        None,
    )
    for container in containers:
        module.same("add_up", container, 3)
        module.same("add_floats", container, 3)
    for each in ("add_up", "add_floats"):
        outcomes = []
        for version in (module.interpreted, module.compiled):
            for n in (3, 5):
                try:
                    outcomes.append(repr(getattr(version, each)(version.Answers(), n)))
                except IndexError as error:
                    outcomes.append(str(error))
        assert outcomes[:2] == outcomes[2:]
    seen: list[list[tuple[int, int]]] = []
    for version in (module.interpreted, module.compiled):
        watched: list[tuple[int, int]] = []

        def watch(watched: list[tuple[int, int]] = watched) -> None:
            values = sys._getframe(2).f_locals
            watched.append((values["i"], values["total"]))

        assert version.looks(watch) == 64
        seen.append(watched)
    assert seen[0] == seen[1] == [(0, 0), (1, 1), (2, 12), (3, 33)]


def test_numbers_that_are_replaced_in_containers_need_no_telling_but_others_do(both: Build) -> None:
    """A destructor sees the variables, also one that a number is stored over."""
    module = both(
        """
        import sys

        seen: list[object] = []

        class Loud:
            def __del__(self) -> None:
                seen.append(dict(sys._getframe(1).f_locals))

        class Int(int):
            def __del__(self) -> None:
                seen.append(("int", sys._getframe(1).f_locals["total"]))

        def stored(size: int) -> object:
            seen.clear()
            items: list[object] = [1000 + i for i in range(size)]
            items[1] = Loud()
            items[2] = Int(5)
            total = 0
            for i in range(size):
                total = total + i * 1000
                items[i] = total
                items[i] = total + 10**6
            return items, [one if isinstance(one, tuple) else (one["i"], one["total"]) for one in seen]
        """
    )
    framed(module, "stored")
    assert "(1, 1000)" in str(module.same("stored", 6).shown)
