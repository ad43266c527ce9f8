"""Tuples both ways: comparison, membership, unpacking and handing over as arguments."""

from __future__ import annotations

import itertools
import math

import pytest

from tests.conftest import Both, build_both

SOURCE = """
    import math
    Pair = tuple[int, float]
    def ordered(a: int, x: float, b: int, y: float) -> tuple[bool, bool, bool, bool, bool, bool]:
        s, t = (a, x), (b, y)
        return s < t, s <= t, s == t, s != t, s > t, s >= t
    def crossed(a: int, x: float, b: int, y: float) -> tuple[bool, bool, bool]:
        return (a, x) < (y, b), (a, x) == (y, b), (x, a) >= (b, y)
    def nested(a: int, x: float, b: int, y: float) -> tuple[bool, bool, bool, bool]:
        s, t = (a, (x, True), b), (b, (y, False), a)
        return s < t, s >= t, s == t, ((a, b), x) != ((b, a), x)
    def lengths(a: int, x: float, b: int, y: float) -> tuple[bool, bool, bool, bool]:
        return (a,) < (b, x), (a, x) <= (a,), () < (a,), (a, b) == (a, b, 1)  # type: ignore
    def members(a: int, x: float, b: int, y: float) -> tuple[bool, bool, bool, bool, bool]:
        return a in (b, y), x in (y, 1.0), (a, x) in ((b, y), (1, 2.0)), x not in (1.0, 2.5, 0.0), a not in ()
    def nothing(n: int) -> None:
        return None
    def with_none(a: int, x: float, b: int, y: float) -> tuple[bool, bool, bool]:
        return nothing(a) in (None, b), nothing(a) not in (a, None, x), (a, None) == (b, nothing(b))  # type: ignore
    def ranged(a: int, x: float, b: int, y: float) -> tuple[bool, bool]:
        return a in range(b), a not in range(b, 5)
    def handed(a: int, x: float, b: int, y: float) -> tuple[float, float, float]:
        t = (x, y)
        return math.hypot(*t, 1.0), max(*t, 0.5), min(0.25, *t)
    def from_text(a: int, x: float, b: int, y: float) -> tuple[float, bool, int, int, float]:
        nan = float("nan")
        return min(x, float("inf")), nan == nan, int("1_0") + a, int("-ff", 16), float(" -Infinity ")
    def by_parts(t: tuple[int, tuple[float, bool]], u: tuple[int, tuple[float, bool]]) -> bool:
        (a, (b, c)), d = t, u
        return (a, (b, c)) < d or t == u
"""

NAMES = ("ordered", "crossed", "nested", "lengths", "members", "with_none", "ranged", "handed", "from_text")


@pytest.fixture(scope="module")
def tuples(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("tuples"), SOURCE)


def test_all_are_native(tuples: Both) -> None:
    assert tuples.native() == {*NAMES, "by_parts", "nothing"}


@pytest.mark.parametrize("name", NAMES)
def test_pairs(tuples: Both, name: str) -> None:
    ints, floats = [0, 1, 3, 2**70, -(2**63)], [0.0, -0.0, 1.0, 2.0**70, math.nan, -math.inf]
    for arguments in itertools.product(ints, floats, ints, floats):
        tuples.same(name, *arguments)


def test_the_same_nan_counts_as_equal(tuples: Both) -> None:
    """CPython compares the identity of items first."""
    other = float("nan")
    for x, y in itertools.product([math.nan, other, 1.0], repeat=2):
        for name in ("ordered", "crossed", "nested", "members"):
            tuples.same(name, 1, x, 1, y)
        tuples.same("by_parts", (1, (x, True)), (1, (y, True)))


def test_constant_text_that_is_no_number(tuples: Both, tmp_path: object) -> None:
    both = build_both(tuples.path.parent, "def f(x: float) -> float:\n    return x + float('one')\n")
    assert both.native() == set() and both.same("f", 1.0).kind == "ValueError"
