"""Short ways of operations on objects: exact built-in types, and everything that only looks like them."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator

from tests.conftest import Both, Outcome

Build = Callable[[str], Both]


class Int(int):
    def __add__(self, other: object) -> str:  # type: ignore[override]
        return f"added {other}"

    def __radd__(self, other: object) -> str:  # type: ignore[override]
        return f"radded {other}"

    def __lt__(self, other: object) -> str:  # type: ignore[override]
        return "less"

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = int.__hash__

    def __bool__(self) -> bool:
        return False


class Str(str):
    def __eq__(self, other: object) -> bool:
        return "eq" in str(other)

    __hash__ = str.__hash__

    def __add__(self, other: object) -> str:  # type: ignore[override]
        return f"<{other}>"

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: object) -> str:  # type: ignore[override]
        return f"item {key}"


class List(list):  # type: ignore[type-arg]
    def __getitem__(self, key: object) -> str:
        return f"item {key}"

    def __setitem__(self, key: object, value: object) -> None:
        list.append(self, (key, value))

    def __contains__(self, item: object) -> bool:
        return True

    def __iter__(self) -> Iterator[object]:
        return iter("own")

    def __len__(self) -> int:
        return 3

    def append(self, value: object) -> None:
        list.append(self, "appended")


class Dict(dict):  # type: ignore[type-arg]
    def __missing__(self, key: object) -> str:
        return f"missing {key}"

    def get(self, key: object, default: object = None) -> str:  # type: ignore[override]
        return "got"


class Index:
    def __repr__(self) -> str:
        return "Index()"

    def __index__(self) -> int:
        return 1


class NoTruth:
    def __lt__(self, other: object) -> NoTruth:
        return self

    def __eq__(self, other: object) -> NoTruth:  # type: ignore[override]
        return self

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise ValueError("no truth")


def same(module: Both, name: str, *arguments: object) -> None:
    """As `module.same`, but what a call changes is not there in the next one."""
    expected = Outcome.of(getattr(module.interpreted, name), *copy.deepcopy(arguments))
    found = Outcome.of(getattr(module.compiled, name), *copy.deepcopy(arguments))
    assert found == expected, f"{name}{arguments}: compiled {found}, interpreted {expected}"


NUMBERS: list[object] = [
    *(0, 1, -7, 256, 257, -5, -6, 2**30 - 1, -(2**30 - 1), 2**30, 2**62, 2**100),
    *(True, 0.0, -0.0, -2.5, 1e300, math.inf, math.nan, 2.0**53, 2**53 + 1),
]


def test_numbers_of_every_kind_in_every_operator(both: Build) -> None:
    module = both(
        """
        def add(a, b): return a + b
        def sub(a, b): return a - b
        def mul(a, b): return a * b
        def truediv(a, b): return a / b
        def floordiv(a, b): return a // b
        def mod(a, b): return a % b
        def bits(a, b): return a & b, a | b, a ^ b
        def shift(a, b): return a << (b & 255), a >> (b & 255)
        def down(a, b): return a >> b
        def neg(a, b): return -a
        def compare(a, b): return a < b, a <= b, a == b, a != b, a > b, a >= b

        def tests(a, b):
            found = []
            if a < b:
                found.append(1)
            if a <= b:
                found.append(2)
            if a == b:
                found.append(3)
            if not a != b:
                found.append(4)
            while a > b:
                found.append(5)
                break
            return found, 6 if a >= b else 7, not a < b

        def in_place(a, b):
            x = a
            x += b
            y = a
            y -= b
            y *= b
            return x, y
        """
    )
    names = [
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "bits",
        "shift",
        "down",
        "neg",
        "compare",
        "tests",
        "in_place",
    ]
    for left in [*NUMBERS, "a", None, Int(3)]:
        for right in NUMBERS if left in NUMBERS else [1, 1.5, 2**100, "a", None]:
            for name in names:
                if not {type(left), type(right)} & {float} or name not in ("bits", "shift", "down"):
                    module.same(name, left, right)
                    module.same(name, right, left)
    for name in names:
        module.same(name, 1, 1.5)


def test_truth_of_what_a_comparison_gives(both: Build) -> None:
    module = both(
        """
        def jump(a, b):
            if a < b:
                return 1
            return 2

        def several(
            a,
            b,
        ):
            if (
                a
                ==
                b
            ):
                return 1
            return 2

        def inverted(a, b):
            return not a < b

        def caught(a, b):
            try:
                while a < b:
                    return 1
            except ValueError as error:
                return str(error)

        def chained(a, b, c):
            if a < b < c:
                return 1
            return 2
        """
    )
    for name in ("jump", "several", "inverted", "caught"):
        for pair in [
            (NoTruth(), 1),
            (1, NoTruth()),
            (Int(1), 2),
            (Str("x"), "eq"),
            ("x", Str("eq")),
            (1, "a"),
            ([], []),
        ]:
            module.same(name, *pair)
    module.same("chained", 1, 2, 3)
    module.same("chained", 1, NoTruth(), 3)
    module.same("chained", Int(1), 2, None)


def test_truth_of_every_type(both: Build) -> None:
    module = both(
        """
        def truth(x):
            return (1 if x else 2), not x, (x and 3), (x or 4)
        """
    )
    values: list[object] = [
        None,
        True,
        False,
        0,
        1,
        2**80,
        0.0,
        -0.0,
        0.5,
        math.nan,
        "",
        "a",
        b"",
        b"a",
        (),
        (1,),
        [],
        [0],
    ]
    values += [{}, {1: 2}, set(), {1}, frozenset(), range(0), range(3), Int(3), Str("a"), List(), NoTruth, object]
    for value in values:
        module.same("truth", value)
    module.same("truth", NoTruth())


def test_subscripts_of_every_type(both: Build) -> None:
    module = both(
        """
        def get(x, key):
            return x[key]

        def put(x, key, value):
            x[key] = value
            return x

        def drop(x, key):
            del x[key]
            return x

        def cut(x, start, stop):
            return x[start:stop], x[:stop], x[start:], x[:], x[1:-1], x[-2:]
        """
    )
    text, wide = "aé", "€b𝄞"
    for make in (
        lambda: [1, 2, 3],
        lambda: (1, 2, 3),
        lambda: text,
        lambda: wide,
        lambda: b"abc",
        lambda: bytearray(b"abc"),
        lambda: range(5, 9),
        lambda: {0: "zero", 1: 1, "a": 2, None: 3},
        lambda: List([1, 2]),
        lambda: Dict({1: 2}),
        lambda: Str("abc"),
        lambda: None,
    ):
        for key in [0, 1, 2, 3, -1, -3, -4, 2**70, -(2**70), True, 1.0, "a", None, Index(), Int(1), []]:
            same(module, "get", make(), key)
            same(module, "put", make(), key, 7)
            same(module, "put", make(), key, 256)
            same(module, "put", make(), key, "x")
            same(module, "drop", make(), key)
        for start in [None, 0, 1, -1, 5, -9, 2**70, -(2**70), True, Index(), Int(1), "a"]:
            for stop in [None, 0, 2, -1, 9, -9, 2**70, Index()]:
                same(module, "cut", make(), start, stop)


def test_a_full_slice_of_what_cannot_change_is_the_same_object(both: Build) -> None:
    module = both(
        """
        def cut(x):
            return x[:] is x, x[0:] is x, x[0:99] is x

        def first(x):
            return x[0] is x[0]
        """
    )
    for value in [(1, 2), "ab", b"ab", [1, 2], "€"]:
        module.same("cut", value)
    for value in ["abc", "é", b"a", (1000,)]:
        module.same("first", value)


def test_membership(both: Build) -> None:
    module = both(
        """
        def test(item, container):
            if item in container:
                return 1
            return 2

        def value(item, container):
            return item in container, item not in container

        def constant(item):
            return item in ("a", "b", 3), item in {"a", "b"}, item in ["x", item]
        """
    )
    items = ["a", "b", Str("eq"), 3, 3.0, None, math.nan, [], NoTruth(), b"a"]
    for item in items:
        same(module, "constant", item)
        for container in [
            "ab",
            ["a", "b"],
            ("x", "a"),
            {"a": 1},
            {"a"},
            [Str("q"), "a"],
            [NoTruth(), "a"],
            List(),
            5,
            iter("ab"),
        ]:
            same(module, "test", item, container)
            same(module, "value", item, container if not hasattr(container, "__next__") else "ab")
    shared = [math.nan]
    module.same("test", shared[0], shared)


def test_strings_put_together(both: Build) -> None:
    module = both(
        """
        def loop(pieces):
            s = ""
            for piece in pieces:
                s += piece
            return s

        def plain(pieces):
            s = ""
            for piece in pieces:
                s = s + piece
            return s

        def kept(piece):
            s = piece + "a"
            t = s
            s += "b"
            u = s
            s += s
            s = s + s
            return s, t, u

        def other(a, b):
            t = a + b
            s = t + "x"
            s += (s := "y") + t
            return s, t

        def replaced(a):
            s = a
            s += 1
            return s

        def caught(a, b):
            try:
                a += b
            except TypeError as error:
                return a, b, str(error)
            return a

        def used_as_key(pieces):
            s, seen = "", {}
            for piece in pieces:
                s += piece
                seen[s] = len(s)
            return seen
        """
    )
    pieces = ["a", "é", "", "€", "x" * 100, "𝄞"]
    for name in ("loop", "plain", "used_as_key"):
        module.same(name, pieces)
        module.same(name, [*pieces, 3])
        module.same(name, [*pieces, Str("s"), "t"])
    for value in ["q", Str("q"), ["q"], 3]:
        same(module, "kept", value)
        same(module, "other", value, value)
        module.same("replaced", value)
    for left in ["a", Str("a"), 1, [1], (1,), None]:
        for right in ["b", Str("b"), 2, [2], (2,), None, "eq"]:
            same(module, "caught", left, right)


def test_strings_grow_in_linear_time_and_lists_where_they_are(both: Build) -> None:
    module = both(
        """
        def lists(a, b):
            a += b
            return a

        def long(n):
            s = ""
            for _ in range(n):
                s += "0123456789"
            return len(s)
        """
    )
    given = [1]
    assert module.compiled.lists(given, "ab") is given and given == [1, "a", "b"]

    def seconds(count: int) -> float:
        start = time.perf_counter()
        module.compiled.long(count)
        return time.perf_counter() - start

    fastest = [min(seconds(count) for _ in range(5)) for count in (20_000, 200_000)]
    assert fastest[1] < 40 * fastest[0], "the time is not linear"


def test_numbers_counted_up_in_variables(both: Build) -> None:
    module = both(
        """
        def count(start, step, n):
            seen, x = [], start
            for _ in range(n):
                x += step
                seen.append(x)
                x -= step
                x = x - step
                x *= step
                x = x * 2
                seen.append(x)
            return seen, start, x

        def kept(start, step):
            x = start + 1000
            y = x
            x += step
            z = x
            x += x
            x = x - x
            x -= z
            return x, y, z, start

        def in_containers(xs):
            found = []
            for x in xs:
                x += 1
                found.append(x)
                x += 0.5
                found.append(x)
            return found, xs

        def caller(start):
            x = start + 1000
            return kept(x, 1), kept(x, x), x

        def failing(start, other):
            x = start + 1000
            try:
                x += other
            except TypeError:
                pass
            return x
        """
    )
    for start in [0, 1, 250, 1000, 2**30 - 3, -(2**30) + 3, 2**62, 0.5, 1e300, math.inf, True, Int(5)]:
        for step in [0, 1, -1, 3, 1000, 2**29, 2**40, 0.25, -1.5, math.nan, True, Int(2)]:
            module.same("count", start, step, 6)
            module.same("kept", start, step)
        module.same("caller", start)
        module.same("in_containers", [start, 1000, 2.5])
        module.same("failing", start, "a")


def test_iteration(both: Build) -> None:
    module = both(
        """
        def pairs(x):
            return [(k, v) for k, v in x]

        def items(x):
            return [(v, k) for k, v in x.items()]

        def numbered(x):
            found = []
            for i, (a, b) in enumerate(x):
                found.append((i, b, a))
            return found

        def zipped(x, y):
            kept = []
            for pair in zip(x, y):
                kept.append(pair)
            return kept

        def shrinking(x):
            for item in x:
                x.remove(item)
            return x

        def growing(x):
            for item in x:
                x[item + 100] = 1

        def raising(x):
            for item in x:
                if item == 2:
                    raise StopIteration("mine")
            else:
                return "end"

        def swapped(a, b, c, d):
            a, b, c, d = d, c, b, a
            return a, b, c, d
        """
    )

    class Failing:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def __iter__(self) -> Failing:
            return self

        def __next__(self) -> object:
            raise self.error

    for value in [["ab", (1, 2), [3, 4]], ["abc"], [(1,)], [5], "ab", Failing(KeyError(1)), List(), 5]:
        same(module, "pairs", value)
        same(module, "numbered", value)
    module.same("items", {1: 2, 3: 4})
    module.same("zipped", "abc", [1, 2])
    same(module, "shrinking", [1, 2, 3, 4])
    same(module, "growing", {1: 1})
    for value in [[1], [1, 2], (), range(3), Failing(StopIteration(3)), Failing(ValueError("x"))]:
        same(module, "raising", value)
    module.same("swapped", 1, 2, 3, 4)
