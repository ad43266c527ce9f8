"""`T | None` by value, both ways: handed over, tested, narrowed, compared, joined, used as a T where it is None."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Sequence

import pytest

from pyfreeze import _runtime as runtime
from tests.conftest import ASSUME_IMPURE, Both, Outcome, build_both

SOURCE = """
    from typing import Optional, Union
    import math
    from pyfreeze import Array, frozen, float64, int64, int8

    @frozen
    class Vec:
        x: float64
        y: float64
        def __add__(self, o: "Vec") -> "Vec":
            return Vec(self.x + o.x, self.y + o.y)
        def dot(self, o: "Vec") -> float64:
            return self.x * o.x + self.y * o.y
        def nearest(self, o: "Vec | None" = None) -> "Vec | None":
            return o if o is not None and o.x < self.x else None
        @property
        def half(self) -> "Vec | None":
            return Vec(self.x / 2, self.y / 2) if self.x > 0.0 else None

    @frozen
    class Falsy:
        n: int64
        def __bool__(self) -> bool:
            return self.n > 0

    @frozen
    class Odd:
        n: int64
        def __eq__(self, other: "Odd | None") -> bool:  # type: ignore[override]
            return True if other is None else self.n % 2 == other.n % 2

    LIMIT: float64 | None = None
    START: Vec | None = Vec(1.0, 2.0)

    def same(p: Vec | None) -> Vec | None:
        return p

    def same_float(x: float64 | None) -> float64 | None:
        return x

    def same_int64(x: int64 | None) -> int64 | None:
        return x

    def same_int8(x: Optional[int8]) -> "Optional[int8]":
        return x

    def same_int(x: int | None) -> Union[int, None]:
        return x

    def same_plain_float(x: float | None) -> float | None:
        return x

    def same_bool(x: bool | None) -> bool | None:
        return x

    def same_pair(t: tuple[int | None, Vec | None]) -> tuple[Vec | None, int | None]:
        number, place = t
        return place, number

    def same_array(a: Array[int64] | None) -> Array[int64] | None:
        return a

    def array_or(a: Array[int64] | None, b: Array[int64]) -> int:
        if a is None:
            a = b
        return len(a)

    def is_none(p: Vec | None) -> tuple[bool, bool, bool, bool]:
        return p is None, p is not None, p == None, p != None  # noqa: E711

    def truths(p: Vec | None, f: Falsy | None, x: float64 | None, n: int | None, b: bool | None) -> tuple[int, int]:
        r = 0
        if p:
            r += 1
        if f:
            r += 2
        if not x:
            r += 4
        r += 8 if n else 0
        while b:
            r += 16
            break
        return r, bool(p) + bool(f) * 2 + bool(x) * 4 + bool(n) * 8 + bool(b) * 16

    def returns_early(p: Vec | None) -> float64:
        if p is None:
            return -1.0
        return p.x + p.y

    def asserted(p: Vec | None) -> float64:
        assert p is not None, "no place"
        return p.x

    def nested(p: Vec | None, q: Vec | None) -> float64:
        if p is None or q is None:
            return -1.0
        return p.dot(q)

    def both(p: Vec | None, q: Vec | None) -> float64:
        if p is not None and q is not None and p.x > q.x:
            return p.dot(q)
        return 0.5

    def neither(p: Vec | None, x: float64 | None) -> float64:
        if not (p is None or x is None):
            return p.x * x
        return 0.25

    def chosen(p: Vec | None) -> float64:
        return p.x if p is not None else -2.0

    def with_default(p: Vec | None = None, x: float64 | None = None, *, n: int | None = None) -> float64:
        p = p or Vec(7.0, 8.0)
        if x is None:
            x = 3.0
        return p.x * x + (n if n is not None else 100)

    def calls_default(x: float64) -> tuple[float64, float64, float64, float64]:
        v = Vec(x, x)
        return with_default(), with_default(v), with_default(None, x, n=4), with_default(x=x, p=v)

    def logical(p: Vec | None, x: float64 | None, n: int | None) -> tuple[float | None, float64 | None, int | None]:
        return p and p.x, x or 9.0, n and n + 1

    def walks(p: Vec | None, n: int) -> tuple[int, float64]:
        steps, last = 0, 0.0
        while p is not None:
            last = p.x
            steps += 1
            p = Vec(p.x - 1.0, p.y) if steps < n else None
        return steps, last

    def finds(n: int64) -> int64:
        found: int64 | None = None
        i: int64 = 0
        while found is None:
            i += 3
            if i % 7 == n:
                found = i
        return found + 1

    def first_above(a: Array[int64], limit: int64) -> int64 | None:
        for v in a:
            if v > limit:
                return v

    def scaled(a: Array[float64], by: float64 | None) -> float64:
        total = 0.0
        for v in a:
            if by is not None:
                v *= by
            total += v
        return total

    def best(a: Array[float64]):
        top = None
        for v in a:
            if top is None or v > top:
                top = v
        return top

    def best_int(a: Array[int64]) -> int | None:
        top = None
        for v in a:
            if top is None or v > top:
                top = v
        return top

    def uses_none(p: Vec | None) -> float64:
        y = 1.0
        return p.x + y

    def adds_none(x: float64 | None, n: int | None) -> float64:
        return x + n

    def orders(x: float64 | None, y: float64 | None) -> bool:
        return x < y

    def negates(x: int | None) -> int:
        return -x

    def indexes(a: Array[int64] | None, i: int | None) -> int64:
        return a[i]

    def method(p: Vec | None, q: Vec | None) -> Vec:
        return p + q

    def passes(p: Vec | None) -> float64:
        return chosen(p) + needs(p)

    def needs(p: Vec) -> float64:
        return p.x

    def coerced(x: int64 | None) -> float64 | None:
        y: float64 | None = x
        return y

    def narrow_int(x: int64 | None) -> int8 | None:
        return x

    def equal(p: Vec | None, q: Vec | None) -> tuple[bool, bool]:
        return p == q, p != q

    def equal_floats(x: float64 | None, y: float64 | None) -> tuple[bool, bool, bool, bool, bool]:
        return x == y, x != y, x == 1.0, 0 == x, x in (y, 2.0, None)

    def equal_pairs(t: tuple[float64 | None, int | None], u: tuple[float64 | None, int | None]) -> tuple[bool, bool]:
        return t == u, t != u

    def orders_pairs(t: tuple[float64 | None, int | None], u: tuple[float64 | None, int | None]) -> bool:
        return t < u

    def equal_odd(p: Odd | None, q: Odd | None) -> tuple[bool, bool]:
        return p == q, p != q

    def equal_mixed(n: int64 | None, x: float64 | None, k: int | None) -> tuple[bool, bool, bool]:
        return n == x, n == k, k != x

    def chain(x: float64 | None, y: float64 | None) -> bool:
        return None is x is None or x is not None is not y

    def reset(x: int, n: int):
        while n > 0:
            n -= 1
            x = None  # type: ignore[assignment]
        return x

    def falls_off(x: float64) -> float64 | None:
        if x > 0.0:
            return x

    def in_tuple(p: Vec | None, x: float64) -> tuple[Vec | None, float64 | None]:
        return (p, None) if x > 0.0 else (None, x)

    def unpacked(p: Vec | None, x: float64) -> float64:
        q, y = in_tuple(p, x)
        if q is not None:
            return q.x
        return y if y is not None else -3.0

    def method_of(p: Vec, q: Vec | None) -> float64:
        near = p.nearest(q)
        half = p.half
        return (near.x if near else 0.0) + (half.y if half is not None else 1000.0) + (0.0 if p.nearest() else 1.0)

    def from_globals() -> tuple[float64 | None, float64]:
        return LIMIT, START.x if START is not None else -1.0

    def walrus(x: float64) -> float64:
        if (y := falls_off(x)) is not None:
            return y * 2.0
        return -1.0

    def raises(p: Vec | None, x: float64 | None, n: int | None) -> float64:
        q = p
        k = n
        return 1.0 / (x if x is not None else 0.0)

    def writes(a: Array[float64], p: Vec | None, x: float64 | None) -> float64:
        a.append(1.0)
        if p is not None:
            a.append(p.x)
        a[0] = x
        a.append(2.0)
        return p.y

    def looks_up(a: Array[float64], p: Vec | None) -> Vec | None:
        a.append(5.0)
        q = p if len(a) > 2 else None
        a.append(q.x)
        return q

    def over_items(p: Vec | None, q: Vec | None) -> float64:
        total = 0.0
        for v in (p, q, None):
            if v is None:
                continue
            total += v.x
        return total

    def deleted(p: Vec | None, flag: bool) -> float64:
        if flag:
            del p
        if p is None:
            return 0.0
        return p.x

    def late(flag: bool) -> float64:
        if flag:
            p: Vec | None = None
        return p.x

    def known_in_one_branch(p: Vec | None, x: float64) -> float64:
        if p is not None:
            x += p.x
        q = p
        if x > 1.0:
            return q.x
        for _ in range(2):
            if p is not None and q is not None:
                x += q.y
                p = q
            q = p
        p = None
        return x if p is None or p.x > x else -x

    def known_after_loop(p: Vec | None, n: int) -> float64:
        while p is None:
            n -= 1
            if n == 3:
                break
            if n < 0:
                p = Vec(n, 0.5)
                continue
        else:
            return p.x
        return p.y

    def ways(p: Vec | None, c: bool, x: float64) -> float64:
        q = (p if c else None) or (Vec(x, x) if x > 1.0 else p)
        y = (q.x if q else 0.0) if c or p is None else p.x
        z = not (q is None) and q.y > 0.0 or not q or q.x < 0.0
        assert not z or q is not None or not c, x
        if c and (r := p) is not None and (r.x < 2.0 or r.y < 3.0):
            return r.x + y
        return y

    def ordered_pairs(p: float64 | None, q: float64 | None) -> float64:
        if (p, 1) < (q, 2) or p == q:
            return 1.0
        return p + q

    def chained(p: float64 | None, q: float64 | None, r: float64 | None) -> float64:
        if p < q < r or 0.0 < p:
            return p
        return r + q if q != p != r else p + 1.0

    def used_before_it_is_set(p: Vec, n: int) -> float64:
        last = None
        total = 0.0
        for i in range(n):
            if i > 0:
                total += last.x
            last = p
        return total if last is None else last.y

    def recursive(n: int, p: Vec | None) -> Vec | None:
        if n <= 0:
            return p
        return recursive(n - 1, Vec(0.0, 0.0) + p if p is not None else None)
"""

NATIVE = {line.split("def ")[1].split("(")[0] for line in SOURCE.split("\n") if line.startswith("    def ")}


@pytest.fixture(scope="module", params=["", "from __future__ import annotations\n"], ids=["evaluated", "postponed"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("optional"), request.param + textwrap.dedent(SOURCE))


def compare(both: Both, name: str, *columns: Sequence[object]) -> list[Outcome]:
    """Call `name` on all combinations. A function of this text makes the values of classes, which each module has of its own."""
    outcomes = []
    for values in itertools.product(*columns):
        expected = Outcome.of(getattr(both.interpreted, name), *(made(value, both.interpreted) for value in values))
        found = Outcome.of(getattr(both.compiled, name), *(made(value, both.compiled) for value in values))
        assert found == expected, f"{name}{values}: compiled {found}, interpreted {expected}"
        outcomes.append(found)
    return outcomes


def made(value: object, module: object) -> object:
    return value(module) if callable(value) else value


def vec(x: object, y: object) -> object:
    return lambda module: module.Vec(x, y)


def array(type_: str, *items: object) -> object:
    return lambda module: module.Array[getattr(module, type_)](items)


VECS = [None, vec(1.0, 2.0), vec(3.0, -0.0), vec(-1.5, math.nan)]
FLOATS = [None, 0.0, 1.0, -2.5, math.nan, 1, True]
INTS = [None, 0, 1, -5, 2**62, 2**80, True, 1.5]


def test_everything_is_native(both: Both) -> None:
    reasons = {item.name: [(r.line, r.message) for r in item.reasons] for item in both.report.functions if item.reasons}
    assert both.native() >= NATIVE, reasons


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("same", [[*VECS, 1, "x"]]),
        ("same_float", [FLOATS]),
        ("same_int64", [[*INTS, 2**63 - 1, -(2**63)]]),
        ("same_int8", [[None, 1, 127, -128]]),
        ("same_int", [INTS]),
        ("same_plain_float", [FLOATS]),
        ("same_bool", [[None, True, False, 1]]),
        ("same_pair", [[(a, None) for a in INTS] + [(1, 2), (1,), None]]),
        ("same_array", [[None, array("int64", 1, 2), array("float64", 1.0), 3]]),
        ("array_or", [[None, array("int64", 1, 2)], [array("int64", 1, 2, 3)]]),
        ("is_none", [VECS]),
        ("returns_early", [VECS]),
        ("asserted", [VECS]),
        ("nested", [VECS, VECS]),
        ("both", [VECS, VECS]),
        ("neither", [VECS, FLOATS]),
        ("chosen", [VECS]),
        ("with_default", [VECS, FLOATS]),
        ("calls_default", [[0.5, 3.0]]),
        ("logical", [VECS, FLOATS, INTS]),
        ("walks", [VECS, [0, 1, 5]]),
        ("finds", [[1, 2, 6, 0]]),
        ("first_above", [[array("int64", 1, 5, 9), array("int64")], [0, 5, 9]]),
        ("scaled", [[array("float64", 1, 5, 9), array("float64")], FLOATS]),
        ("best", [[array("float64", 1, 5, 9, 3), array("float64"), array("float64", math.nan, 1)]]),
        ("best_int", [[array("int64", 1, 5, 9, 3), array("int64"), array("int64", -4)]]),
        ("uses_none", [VECS]),
        ("adds_none", [FLOATS, INTS]),
        ("orders", [FLOATS, FLOATS]),
        ("negates", [INTS]),
        ("indexes", [[None, array("int64", 1, 2)], [None, 0, -1, 2, 2**80]]),
        ("method", [VECS, VECS]),
        ("passes", [VECS]),
        ("equal", [VECS, VECS]),
        ("equal_floats", [FLOATS, FLOATS]),
        ("equal_mixed", [[None, 1, 2**53 + 1], [None, 1.0, 2.0**53, math.nan], [None, 1, 2**80]]),
        ("chain", [FLOATS, FLOATS]),
        ("reset", [INTS, [0, 1, 2]]),
        ("falls_off", [[1.0, -1.0, math.nan]]),
        ("in_tuple", [VECS, [1.0, -1.0]]),
        ("unpacked", [VECS, [1.0, -1.0]]),
        ("method_of", [VECS[1:], VECS]),
        ("from_globals", []),
        ("walrus", [[1.0, -1.0]]),
        ("raises", [VECS, [None, 0.0, 4.0], [None, 2**80]]),
        ("writes", [[array("float64", 0)], VECS, FLOATS]),
        ("looks_up", [[array("float64"), array("float64", 1, 2)], VECS]),
        ("over_items", [VECS, VECS]),
        ("deleted", [VECS, [False, True]]),
        ("late", [[True, False]]),
        ("known_in_one_branch", [VECS, [0.0, 5.0]]),
        ("known_after_loop", [VECS, [0, 2, 6]]),
        ("ways", [VECS, [True, False], [0.0, 5.0]]),
        ("ordered_pairs", [FLOATS, FLOATS]),
        ("chained", [FLOATS[:5], FLOATS[:5], FLOATS[:5]]),
        ("used_before_it_is_set", [VECS[1:], [0, 1, 3]]),
        ("recursive", [[0, 3, 50], VECS]),
    ],
)
def test_the_same_both_ways(both: Both, name: str, columns: list[Sequence[object]]) -> None:
    compare(both, name, *columns)


def test_truth(both: Both) -> None:
    falsies = [None, *(lambda module, n=n: module.Falsy(n) for n in (0, 3))]
    compare(both, "truths", [None, vec(0.0, 0.0)], falsies, [None, 0.0, 2.0], [None, 0, 2**70], [None, False, True])


def test_an_equality_of_its_own_sees_none(both: Both) -> None:
    odds = [None, *(lambda module, n=n: module.Odd(n) for n in (1, 2, 3))]
    compare(both, "equal_odd", odds, odds)


def test_nans_in_tuples_are_the_same_object_or_not(both: Both) -> None:
    nan = math.nan
    pairs = [(None, None), (None, 1), (1.0, 1), (nan, 1), (float("nan"), None), (2.0, 2**80)]
    compare(both, "equal_pairs", pairs, pairs)
    compare(both, "orders_pairs", pairs, pairs)


def test_a_promise_coerces_what_is_not_none(both: Both) -> None:
    compiled = both.compiled
    assert Outcome.of(compiled.coerced, 3) == Outcome("value", ("float", (3.0).hex()))
    assert compiled.coerced(None) is None
    assert compiled.narrow_int(100) == 100
    assert compiled.narrow_int(None) is None
    with pytest.raises(OverflowError):
        compiled.narrow_int(1000)


def test_what_is_written_before_leaving_is_written_once(both: Both) -> None:
    for place, number in itertools.product([None, (1.0, 2.0)], [None, 4.0]):
        seen = []
        for module in (both.interpreted, both.compiled):
            values = module.Array[module.float64]([0.0])
            outcome = Outcome.of(module.writes, values, module.Vec(*place) if place else None, number)
            seen.append((outcome, list(values)))
        assert seen[0] == seen[1]


def test_none_does_not_need_the_twin(both: Both) -> None:
    if ASSUME_IMPURE:
        pytest.skip("functions without side effects start again elsewhere")
    module = both.compiled
    runtime.reset_statistics()
    for _ in range(5):
        (
            module.same(None),
            module.returns_early(None),
            module.walks(module.Vec(1.0, 1.0), 4),
            module.logical(None, None, None),
        )
        module.nested(None, module.Vec(1.0, 1.0)), module.equal(None, module.Vec(1.0, 1.0)), module.from_globals()
    assert not runtime.statistics()
    with pytest.raises(AttributeError):
        module.uses_none(None)
    assert runtime.statistics()
