"""Generic frozen classes: values for the types that native code uses, objects whose fields are objects for Python."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import re
import sys
import textwrap
from pathlib import Path
from unittest import mock

import pytest

from pyfreeze import Array, driver, int64, is_compiled
from pyfreeze import _runtime as runtime
from pyfreeze.options import Options
from pyfreeze.sources import read_source
from tests.behaviour.test_frozen_values import NUMBERS, both_ways
from tests.conftest import Both, Outcome, build_both

BODY = """
    from abc import ABC
    from dataclasses import replace
    from typing import ClassVar, Generic, Protocol, Self, TypeVar
    from pyfreeze import frozen, float64, float32, int64, int8, Array

    <typevars>

    class Sized(ABC):
        pass
    class HasFirst<protocol>:
        def start(self) -> T: ...

    @frozen
    class Vec:
        x: float64
        y: float64
        def __add__(self, o: "Vec") -> "Vec":
            return Vec(self.x + o.x, self.y + o.y)

    @frozen
    class Pair<generic>:
        a: T
        b: T
        COUNT: ClassVar[int64] = 2
        def __add__(self, o: "Pair[T]") -> "Pair[T]":
            return Pair(self.a + o.a, self.b + o.b)
        def __mul__(self, k: T) -> "Pair[T]":
            return Pair(self.a * k, self.b * k)
        def __rmul__(self, k: T) -> "Pair[T]":
            return self * k
        def __neg__(self) -> "Pair[T]":
            return Pair(-self.a, -self.b)
        def __len__(self) -> int:
            return 2
        def __getitem__(self, i: int64) -> T:
            if i == 0:
                return self.a
            if i == 1:
                return self.b
            raise IndexError("pair index")
        def __contains__(self, item: T) -> bool:
            return item == self.a or item == self.b
        def __call__(self, k: T) -> T:
            return self.a * k + self.b
        def dot(self, o: "Pair[T]", *, shift: int64 = 0) -> T:
            return self.a * o.a + self.b * o.b + shift
        def swapped(self) -> "Pair[T]":
            return type(self)(self.b, self.a)
        def itself(self, other: Self) -> Self:
            return self if self.a == other.b else other
        @property
        def first(self) -> T:
            return self.a
        @classmethod
        def both(cls, x: T) -> "Pair[T]":
            return cls(x, x)
        @staticmethod
        def sum(p: "Pair[T]") -> T:
            return p.a + p.b

    @frozen(order=True)
    class Ranked<generic>:
        rank: int64
        value: T
        weight: float64 = 1.0

    @frozen
    class Line:
        ends: Pair[float64]
        width: float64
        more: Pair[Pair[float64]] | None
        def length(self) -> float64:
            return self.ends.dot(self.ends) * self.width

    @frozen
    class Box<first_of>:
        value: T
        pairs: tuple[T, Pair[T]]
        inner: Pair[Vec]
        maybe: T | None = None
        small: int8 = 3
        def start(self) -> T:
            return self.value
        def bigger(self, by: T) -> "Box[T]":
            value = self.value + by
            return Box(value, (value, Pair(by, by)), self.inner + self.inner, by, self.small + 1)

    @frozen
    class Stack<sized>:
        items: Array[T]
        limit: int64 = 100
        def push(self, item: T) -> "Stack[T]":
            self.items.append(item)
            return Stack(self.items, self.limit)
        def pop(self) -> T:
            return self.items.pop()

    @frozen
    class Even<generic>:
        n: T
        def __post_init__(self) -> None:
            if self.n % 2 != 0:
                raise ValueError("odd", self.n)
        def __eq__(self, other: "Even[T]") -> bool:  # type: ignore[override]
            return self.n % 10 == other.n % 10

    @frozen
    class Entry<two>:
        key: K
        value: T

    ORIGIN = Pair(0.5, 0.25)

    def floats(p: Pair[float64], q: Pair[float64], k: float64) -> Pair[float64]:
        r = p + q * k + (-q).swapped()
        r += k * p
        return r
    def hinted(p: Pair[float], q: Pair[int]) -> tuple[Pair[float], Pair[int]]:
        return p + p, q + q
    def ints(n: int64, m: int64) -> Pair[int64]:
        p: Pair[int64] = Pair(0, 1)
        for i in range(n):
            p = p + Pair(m, i)
        return p
    def plain(n: int) -> Pair[int]:
        p = Pair(1, 2)
        p = p * n + Pair(n, 3)
        return p
    def bools(x: bool, y: bool) -> tuple[Pair[bool], bool, Pair[bool]]:
        p = Pair(x, y)
        return p, p.first, p.swapped()
    def vectors(p: Pair[Vec]) -> tuple[Vec, Pair[Vec]]:
        return Pair.sum(p), Pair.both(p.a + p.b)
    def operators(p: Pair[float64], i: int64, k: float64) -> tuple[float64, float64, bool, int, float64, int64, float64]:
        return p[i], p(k), k in p, len(p), p.first, Pair.COUNT + p.COUNT, Pair.dot(p, p, shift=i)
    def makes(x: float64, n: int64) -> tuple[Pair[float64], Pair[int64], Pair[float64], Pair[int], Pair[float32]]:
        return Pair(b=x, a=1.0), Pair(n, 1), Pair[float64](x, x), Pair[int](1, 2), Pair.both(x)
    def replaced(p: Pair[float64], x: float64) -> tuple[Pair[float64], Pair[float64]]:
        return replace(p, a=x), replace(p)
    def compared(p: Pair[float64], q: Pair[float64]) -> tuple[bool, bool, bool]:
        return p == q, p != q, p == ORIGIN
    def ranked(a: Ranked[float64], b: Ranked[float64]) -> tuple[bool, bool, bool, bool, bool]:
        return a < b, a <= b, a > b, a >= b, a == b
    def ranks(n: int64, m: int) -> tuple[Ranked[int64], Ranked[int], bool, bool]:
        a = Ranked(n, m)
        return Ranked(n, n, 0.5), a, a < Ranked(n, m + 1), a == Ranked(n, m)
    def line(x: float64, n: int64) -> tuple[Line, float64]:
        ends = Pair(x, 2.0)
        made = Line(ends, n, Pair(ends, ends) if n > 0 else None)
        return made, made.length()
    def lengths(l: Line) -> float64:
        return l.length() + (l.more.a.a if l.more is not None else 0.0)
    def maybe(p: Pair[float64] | None, x: float64) -> Pair[float64] | None:
        if p is None:
            return Pair(x, x) if x > 0.0 else None
        return p + Pair(x, x)
    def nested(x: float64) -> tuple[Pair[Pair[float64]], Pair[tuple[float64, bool]], float64]:
        p = Pair(Pair(x, 1.0), Pair.both(x))
        q = Pair((x, x > 0.0), (1.0, False))
        return p + p, q, q.a[0]
    def boxes(b: Box[float64], by: float64) -> tuple[Box[float64], float64, bool]:
        c = b.bigger(by)
        return c, c.start() + c.pairs[1].a, c == b
    def stack(n: int64) -> tuple[Stack[int64], int64]:
        s: Stack[int64] = Stack(Array[int64]())
        for i in range(n):
            s = s.push(i)
        return s, s.pop() if n > 0 else -1
    def even(n: int64, m: int64) -> tuple[Even[int64], bool, bool]:
        a, b = Even(n), Even(m)
        return a, a == b, a != b
    def entries(k: int64, x: float64) -> tuple[Entry[int64, float64], Entry[bool, int64], float64]:
        e = Entry(k, x)
        return e, Entry(k > 0, k), e.value
    def matched(p: Pair[float64] | None, e: Entry[int64, Pair[float64]]) -> float64:
        match e:
            case Entry(0, Pair(x, 2.0)):
                return x
            case Entry(key=1, value=Pair(a=1.0) as q):
                return q.b
            case Entry(_, Pair()):
                pass
        match p:
            case None:
                return -1.0
            case Pair(x, y) if x > y:
                return x
            case Pair(a=1.0 | 2.0 as x):
                return x * 10.0
        return 0.0
    def instances(p: Pair[float64], n: int64) -> tuple[bool, bool, bool, bool]:
        return isinstance(p, Pair), isinstance(n, Pair), isinstance(p, (int, Pair)), isinstance(p, Vec)
    def swap<function>(p: Pair[T]) -> Pair[T]:
        return Pair(p.b, p.a)
    def weighted<function>(p: Pair[T], k: T) -> T:
        total: T = p.a * k
        return total + p.b
    def divided<function>(p: Pair[T], k: T) -> T:
        part: T = p.a // k
        return part + p.b // (k - k)
    def selves(p: Pair[float64], q: Pair[float64]) -> tuple[Pair[float64], Pair[float64]]:
        return p.itself(q), Pair.itself(p, other=q)
    def generics(p: Pair[float64], n: int64, k: int) -> tuple[Pair[float64], float64, int64, Pair[Vec], int]:
        v = Vec(p.a, p.b)
        return swap(p), weighted(p, 2.0), weighted(Pair(n, n), 3), swap(Pair(v, v + v)), weighted(Pair(k, k), 2)
    def fails(p: Pair[float64], n: int64) -> int64:
        q = p * 2.0
        e = Entry(n, Pair(n, 7))
        return divided(e.value, n)
    def loop(p: Pair[float64], n: int64) -> Pair[float64]:
        for i in range(n):
            p = p + Pair(1.0 / (i + 1), p.a)
        return p
"""
FORMS = {
    "<typevars>": ('T = TypeVar("T"); K = TypeVar("K")', ""),
    "<generic>": ("(Generic[T])", "[T]"),
    "<sized>": ("(Sized, Generic[T])", "[T](Sized)"),
    "<protocol>": ("(Protocol[T])", "[T](Protocol)"),
    "<first_of>": ("(HasFirst[T])", "[T](HasFirst[T])"),
    "<two>": ("(Generic[K, T])", "[K, T]"),
    "<function>": ("", "[T]"),
}


def source(form: int, text: str = BODY) -> str:
    for mark, forms in FORMS.items():
        text = text.replace(mark, forms[form])
    return text


NATIVE = (
    *("floats", "hinted", "ints", "plain", "bools", "vectors", "operators", "makes", "replaced", "compared", "ranked"),
    *("ranks", "line", "lengths", "maybe", "nested", "boxes", "stack", "even", "entries", "matched", "instances"),
    *("swap", "weighted", "divided", "generics", "fails", "loop", "selves"),
)
_NEW = pytest.param(1, marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695"), id="pep695")


@pytest.fixture(scope="module", params=[pytest.param(0, id="typevars"), _NEW])
def generic(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("generic_frozen"), source(request.param))


def test_what_is_native(generic: Both) -> None:
    assert {name for name in generic.native() if "." not in name} == set(NATIVE)
    made = {item.name: set(item.specialised) for item in generic.report.functions if item.specialised}
    assert made["Pair.swapped"] == {"Pair[float64].swapped", "Pair[bool].swapped"}
    assert made["Pair.sum"] == {"Pair[Vec].sum"}
    assert made["Pair.__mul__"] == {"Pair[float64].__mul__", "Pair[int].__mul__"}
    assert made["Stack.push"] == {"Stack[int64].push"}
    assert made["Even.__post_init__"] == {"Even[int64].__post_init__"}
    assert made["weighted"] == {"weighted[float64]", "weighted[int64]", "weighted[int]"}


def test_native_code_really_runs(generic: Both) -> None:
    m = generic.compiled
    p, q, n = m.Pair(1.0, 2.0), m.Pair(3.0, -4.0), m.Pair(3, 2**70)
    runtime.reset_statistics()
    m.floats(p, q, 2.0), m.hinted(p, n), m.ints(3, 4), m.plain(2**70), m.bools(True, False)
    m.vectors(m.Pair(m.Vec(1.0, 2.0), m.Vec(3.0, 4.0))), m.operators(p, 1, 2.0), m.makes(0.5, 3), m.replaced(p, 2.0)
    m.compared(p, q), m.ranked(m.Ranked(1, 2.0), m.Ranked(1, 2.5)), m.ranks(3, 4), m.lengths(m.line(2.0, 1)[0])
    m.maybe(None, 1.0), m.maybe(p, 1.0), m.nested(1.5), m.stack(3), m.even(2, 4), m.entries(3, 1.5)
    m.boxes(m.Box(1.0, (2.0, p), m.Pair(m.Vec(1.0, 2.0), m.Vec(3.0, 4.0))), 0.5)
    (
        m.matched(p, m.Entry(0, p)),
        m.matched(None, m.Entry(5, p)),
        m.instances(p, 3),
        m.generics(p, 4, 2**70),
        m.loop(p, 3),
    )
    (
        p + q,
        p * 2.0,
        2.0 * p,
        -p,
        p.dot(q),
        p.dot(p, shift=3),
        p.swapped(),
        p.first,
        m.Pair.both(1.5),
        p(2.0),
        p[1],
        2.0 in p,
    )
    n + n, n * 3, m.swap(p), m.weighted(n, 2**70), m.weighted(p, 1.0)
    assert not [row for row in runtime.statistics() if row["module"] == m.__name__]


def test_floats(generic: Both) -> None:
    for x, y, k in itertools.product(NUMBERS, repeat=3):
        both_ways(generic, "floats", lambda m, x=x, y=y, k=k: (m.Pair(x, y), m.Pair(y, k), k))
        both_ways(generic, "compared", lambda m, x=x, y=y, k=k: (m.Pair(x, y), m.Pair(k, y)))
    for x, y in itertools.product(NUMBERS, repeat=2):
        both_ways(generic, "operators", lambda m, x=x, y=y: (m.Pair(x, y), 1, y))
        both_ways(generic, "replaced", lambda m, x=x, y=y: (m.Pair(x, y), y))
        both_ways(generic, "selves", lambda m, x=x, y=y: (m.Pair(x, y), m.Pair(y, x)))
        both_ways(generic, "line", lambda m, x=x, y=y: (x, int(y > 0)))
        both_ways(generic, "entries", lambda m, x=x: (3, x))
        both_ways(generic, "nested", lambda m, x=x: (x,))
        both_ways(generic, "vectors", lambda m, x=x, y=y: (m.Pair(m.Vec(x, y), m.Vec(y, x)),))
        both_ways(generic, "loop", lambda m, x=x, y=y: (m.Pair(x, y), 20))
        both_ways(generic, "generics", lambda m, x=x, y=y: (m.Pair(x, y), 5, 2**70))
    both_ways(generic, "operators", lambda m: (m.Pair(1.0, 2.0), 2, 1.0))
    both_ways(generic, "compared", lambda m: (m.ORIGIN, m.Pair(0.5, 0.25)))
    for rank, x in itertools.product((-1, 2), (0.0, -0.0, 1.0, math.nan)):
        for other, y in itertools.product((-1, 2), (0.0, -0.0, 1.0, math.nan)):
            pair = lambda m, r=rank, x=x, s=other, y=y: (m.Ranked(r, x), m.Ranked(s, y, 0.5))  # noqa: E731
            both_ways(generic, "ranked", pair)


def test_ints_are_those_that_were_given(generic: Both) -> None:
    for n in (0, 1, 3, 2**40, 2**70, -(2**70)):
        both_ways(generic, "plain", lambda m, n=n: (n,))
        both_ways(generic, "hinted", lambda m, n=n: (m.Pair(1.5, 2.5), m.Pair(n, n)))
        both_ways(generic, "ranks", lambda m, n=n: (min(n, 2**60), n))
    for n, k in ((3, 4), (0, 0), (5, -(2**60))):
        both_ways(generic, "ints", lambda m, n=n, k=k: (n, k))
    for x, y in itertools.product((True, False), repeat=2):
        both_ways(generic, "bools", lambda m, x=x, y=y: (x, y))
    both_ways(generic, "bools", lambda m: (1, 0))
    both_ways(generic, "makes", lambda m: (0.5, 3))
    for module in (generic.interpreted, generic.compiled):
        made = module.makes(0.5, 3)
        assert [(type(p.a), type(p.b)) for p in made] == [
            (float, float),
            (int, int),
            (float, float),
            (int, int),
            (float,) * 2,
        ]
    with pytest.raises(OverflowError, match="out of range for int64"):
        generic.compiled.ints(5, 2**62)


def test_fields_that_are_not_what_is_promised_run_the_twin(generic: Both) -> None:
    class Real(float):
        pass

    for a, b in (
        (1, 2),
        (1, 2.0),
        (True, 1.0),
        (1.0, None),
        ("a", "b"),
        (1j, 2.0),
        ([1], [2]),
        (2**70, 0.5),
        (Real(1.0), 2.0),
    ):
        for name in ("compared", "instances", "maybe", "loop"):
            second = {"compared": "pair", "instances": 3, "maybe": 1.0, "loop": 0}[name]
            both_ways(
                generic, name, lambda m, a=a, b=b, s=second: (m.Pair(a, b), m.Pair(1.0, 2.0) if s == "pair" else s)
            )
        both_ways(generic, "swap", lambda m, a=a, b=b: (m.Pair(a, b),))
    both_ways(generic, "floats", lambda m: (m.Pair(1, 2), m.Pair(3, 4), 2))
    both_ways(generic, "floats", lambda m: (m.Vec(1.0, 2.0), m.Vec(3.0, 4.0), 2.0))
    both_ways(generic, "lengths", lambda m: (m.Line(m.Pair(1, 2), 3.0, None),))
    both_ways(generic, "lengths", lambda m: (m.Line(m.Pair(1.0, 2.0), 3.0, m.Pair(m.Pair(1.0, 2), m.Pair(1.0, 2.0))),))
    both_ways(generic, "vectors", lambda m: (m.Pair(m.Vec(1.0, 2.0), m.Pair(1.0, 2.0)),))
    for item, pairs, maybe in ((1, (2.0, 3.0), None), (1.0, (2.0,), None), (1.0, (2.0, 3), None), (1.0, (2.0, 3.0), 4)):
        both_ways(
            generic,
            "boxes",
            lambda m, i=item, p=pairs, o=maybe: (m.Box(i, (p[0], m.Pair(*(p + p)[:2])), m.ORIGIN, o), 1.0),
        )
    other = (generic.interpreted, generic.compiled)
    for module, stranger in zip(other, reversed(other), strict=True):
        assert module.compared(stranger.Pair(0.5, 0.25), module.ORIGIN) == (False, True, False)


def test_nested_and_optional(generic: Both) -> None:
    for x in (1.5, -2.0, 0.0, math.nan):
        both_ways(generic, "maybe", lambda m, x=x: (None, x))
        both_ways(generic, "maybe", lambda m, x=x: (m.Pair(x, x), x))
        both_ways(generic, "lengths", lambda m, x=x: (m.Line(m.Pair(x, 1.0), x, m.Pair(m.Pair(x, x), m.Pair(x, x))),))
        both_ways(generic, "lengths", lambda m, x=x: (m.Line(m.Pair(x, 1.0), 3, None),))
        for given in ((), (x,), (None, 7)):
            inner = lambda m: m.Pair(m.Vec(1.0, 2.0), m.Vec(3.0, 4.0))  # noqa: E731
            box = lambda m, g=given, x=x, i=inner: (m.Box(x, (x, m.Pair(x, 2.0)), i(m), *g), x)  # noqa: E731
            both_ways(generic, "boxes", box)
    both_ways(generic, "stack", lambda m: (5,))
    both_ways(generic, "stack", lambda m: (0,))
    for n, k in ((2, 12), (2, 4), (3, 4), (4, 5)):
        both_ways(generic, "even", lambda m, n=n, k=k: (n, k))
    for key, (x, y) in itertools.product((0, 1, 2), ((3.0, 2.0), (1.0, 5.0), (2.0, 7.0), (9.0, 8.0))):
        both_ways(generic, "matched", lambda m, k=key, x=x, y=y: (m.Pair(x, y), m.Entry(k, m.Pair(x, y))))
        both_ways(generic, "matched", lambda m, k=key, x=x, y=y: (None, m.Entry(k, m.Pair(y, x))))


def test_methods_from_python(generic: Both) -> None:
    assert is_compiled(generic.compiled.Pair.dot) and not is_compiled(generic.compiled.Stack.push)
    for module in (generic.interpreted, generic.compiled):
        pair = module.Pair
        assert repr(pair(2**62, 1) + pair(2**62, 1)) == f"Pair(a={2**63}, b=2)"
        assert repr(pair(1, 2) * 3) == "Pair(a=3, b=6)" and repr(2 * pair(1.5, 2.0)) == "Pair(a=3.0, b=4.0)"
        assert repr(pair("a", [1]) + pair("b", [2])) == "Pair(a='ab', b=[1, 2])"
        assert pair(1.0, 2.0).dot(pair(1.0, 2.0), shift=2**70) == 5.0 + 2**70
        assert repr(pair.both(True)) == "Pair(a=True, b=True)" and pair.both("x").first == "x"
        assert module.Even(2) == module.Even(12) and module.Even(2) != module.Even(4)
        with pytest.raises(ValueError):
            module.Even(2**70 + 1)
        stack = module.Stack([1, 2])
        assert stack.push("x") == module.Stack([1, 2, "x"]) and stack.pop() == "x"
    both_ways(generic, "weighted", lambda m: (m.Pair(1, 2), True))
    both_ways(generic, "weighted", lambda m: (m.Pair(2**62, 2**62), 2**62))
    both_ways(generic, "weighted", lambda m: (m.Pair(True, False), True))


def test_what_instances_are(generic: Both) -> None:
    for module in (generic.interpreted, generic.compiled):
        p = module.floats(module.Pair(1.0, 2.0), module.Pair(3.0, 4.0), 0.5)
        assert type(p) is module.Pair and p == module.Pair(p.a, p.b) and hash(p) == hash(module.Pair(p.a, p.b))
        assert p == copy.deepcopy(p) == pickle.loads(pickle.dumps(p))
        nan = module.swap(module.Pair(math.nan, math.inf - math.inf))
        assert nan == module.Pair(math.nan, math.inf - math.inf) and hash(nan) == hash(
            module.Pair(math.inf * 0, math.nan)
        )
        assert module.plain(2) == module.Pair(4.0, 7.0) and hash(module.plain(2)) == hash(module.Pair(4.0, 7.0))


def test_locals_in_tracebacks(generic: Both) -> None:
    for module in (generic.interpreted, generic.compiled):
        with pytest.raises(ZeroDivisionError) as caught:
            module.fails(module.Pair(1.0, 2.0), 3)
        shown, inner = caught.tb.tb_next.tb_frame.f_locals, dict(caught.tb.tb_next.tb_next.tb_frame.f_locals)
        inner.pop("T", None)  # not a variable of the function, and not known to native code
        p, e = module.Pair(1.0, 2.0), module.Entry(3, module.Pair(3, 7))
        assert repr(inner) == repr({"p": e.value, "k": 3, "part": 1})
        assert repr(shown) == repr({"p": p, "n": 3, "q": module.Pair(2.0, 4.0), "e": e})
        with pytest.raises(IndexError) as caught:
            module.operators(p, 5, 1.0)
        frame = caught.tb.tb_next.tb_next.tb_frame
        assert repr(frame.f_locals) == repr({"self": p, "i": 5}) and frame.f_code.co_qualname == "Pair.__getitem__"


def test_replaced_members_and_classes_are_seen_at_once(generic: Both) -> None:
    for module in (generic.interpreted, generic.compiled):
        p, pair = module.Pair(1.0, 2.0), module.Pair
        before = module.operators(p, 1, 2.0)
        for name, value in (
            ("first", property(lambda self: 9.0)), ("__len__", lambda self: 7), ("COUNT", 5),
            ("dot", lambda self, o, *, shift=0: 3.0), ("__call__", lambda self, k: k),
        ):  # fmt: skip
            with mock.patch.object(pair, name, value):
                assert module.operators(p, 1, 2.0) != before
            assert module.operators(p, 1, 2.0) == before
        with mock.patch.object(module, "Pair", lambda a, b, pair=pair: pair(b, a)):
            assert module.swap(p) == p and module.replaced(p, 3.0) == (pair(3.0, 2.0), p)
        with mock.patch.object(module, "ORIGIN", pair(1, 2)):
            assert module.compared(p, p) == (True, False, True)
        with mock.patch.object(pair, "both", classmethod(lambda cls, x: cls(x, 0.0))):
            assert module.nested(1.5)[0] == pair(pair(3.0, 2.0), pair(3.0, 0.0))
        assert module.swap(p) == pair(2.0, 1.0)


def test_what_stays_as_it_is(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from typing import Generic, TypeVar
        from typing_extensions import TypeVarTuple, Unpack
        from pyfreeze import frozen, float64, int64
        T = TypeVar("T")
        U = TypeVar("U")
        Ts = TypeVarTuple("Ts")
        @frozen
        class Pair(Generic[T]):
            a: T
            b: T
            def mapped(self, other: U) -> U:
                return other
            def unannotated(self, other):
                return other
        @frozen
        class Node(Generic[T]):
            value: T
            rest: "Node[T] | None" = None
        @frozen
        class Many(Generic[Unpack[Ts]]):
            x: int64
        @frozen
        class Tagged(Generic[T]):
            tag: T
            def __eq__(self, other: object) -> bool:
                return False
        @frozen
        class Bare:
            pair: Pair  # type: ignore[type-arg]
        def not_floats() -> Pair[float64]:
            return Pair(1, 2)
        def one_float(x: float64, n: int64) -> Pair[float64]:
            return Pair(x, n)
        def texts(p: Pair[str]) -> float64:
            return 1.0
        def nodes(n: Node[int64]) -> int64:
            return n.value
        def many(m: "Many[int64, float64]") -> int64:
            return m.x
        def untold(p: Pair) -> float64:  # type: ignore[type-arg]
            return p.a
        def bare(p: Bare) -> float64:
            return p.pair.a
        def calls_mapped(p: Pair[float64]) -> float64:
            return p.mapped(2.0)
        def mixed(p: Pair[float64], q: Pair[int64]) -> bool:
            return p == q
        def tagged(x: int64) -> bool:
            return Pair(Tagged(x), Tagged(x)) == Pair(Tagged(x), Tagged(x))
        def same(p: Pair[float64], q: Pair[float64]) -> bool:
            return p is q
        """,
    )
    assert both.native() == {"texts", "nodes", "tagged", "Tagged.__eq__"}
    reasons = {item.name: item.reasons[0] for item in both.report.functions if item.reasons}
    for name, code, message in (
        ("not_floats", "PF105", "int where float"), ("one_float", "PF114", "`b` of `Pair`"), ("many", "PF104", "several types"), ("untold", "PF102", "`a`"), ("bare", "PF104", "`pair`"),
        ("calls_mapped", "PF106", "mapped"), ("mixed", "PF102", "Pair[float64] with Pair[int64]"),
        ("same", "PF402", "frozen values"),
        ("Pair.mapped", "PF104", "besides those of its class"), ("Pair.unannotated", "PF103", "annotat"),
    ):  # fmt: skip
        assert reasons[name].code == code and message in reasons[name].message, reasons[name]
    both_ways(both, "not_floats", lambda m: ())
    both_ways(both, "one_float", lambda m: (1.0, 2))
    both_ways(both, "texts", lambda m: (m.Pair("a", "b"),))
    both_ways(both, "nodes", lambda m: (m.Node(1, m.Node(2)),))
    both_ways(both, "bare", lambda m: (m.Bare(m.Pair(1.0, 2.0)),))
    both_ways(both, "mixed", lambda m: (m.Pair(1.0, 2.0), m.Pair(1, 2)))
    both_ways(both, "tagged", lambda m: (1,))


LEAVING = """
    from typing import Generic, TypeVar
    from pyfreeze import frozen, float64, int64, Array
    <typevars>
    @frozen
    class Pair<generic>:
        a: T
        b: T
        def noted(self, log: Array[int64], n: int) -> "Pair[T]":
            log.append(1)
            made: Pair[T] = Pair(self.b, self.a)
            square = n ** 2
            log.append(2)
            return made if square > 0 else self
    def outer(x: float64, k: int, log: Array[int64], n: int) -> tuple[Pair[float64], Pair[int]]:
        p, q = Pair(x, 1.0), Pair(k, n)
        for i in range(2):
            p = p.noted(log, n)
            q = q.noted(log, n)
            log.append(3)
        return p, q
"""


@pytest.mark.parametrize("form", [pytest.param(0, id="typevars"), _NEW])
def test_leaving_in_the_middle(form: int, tmp_path: Path) -> None:
    both = build_both(tmp_path, source(form, LEAVING))
    assert both.native() == {"outer", "Pair.noted"}
    for n, k in itertools.product((3, 2**40, 2**70), (5, 2**70)):
        outcomes = []
        for module in (both.interpreted, both.compiled):
            log = Array[int64]()
            of_outer = Outcome.of(module.outer, 1.5, k, log, n)
            methods = [Outcome.of(module.Pair(*given).noted, log, n) for given in ((1.5, 2.5), (k, 2), ("a", "b"))]
            outcomes.append((of_outer, methods, list(log)))
        assert outcomes[0] == outcomes[1]


KERNELS = """
    from typing import Generic, TypeVar
    from pyfreeze import frozen, float64, int64
    T = TypeVar("T")
    @frozen
    class Complex<generic>:
        re: T
        im: T
        def __add__(self, o: "Complex<t>") -> "Complex<t>":
            return Complex(self.re + o.re, self.im + o.im)
        def __mul__(self, o: "Complex<t>") -> "Complex<t>":
            return Complex(self.re * o.re - self.im * o.im, self.re * o.im + self.im * o.re)
        def norm(self) -> T:
            return self.re * self.re + self.im * self.im
    def count(x: float64, y: float64, limit: int64) -> int64:
        z, c = Complex(0.0, 0.0), Complex(x, y)
        for i in range(limit):
            if z.norm() > 4.0:
                return i
            z = z * z + c
        return limit
"""


def test_values_of_a_generic_class_cost_nothing(tmp_path: Path) -> None:
    """The machine instructions are the same."""
    found = []
    for form in (
        {"<generic>": "(Generic[T])", "<t>": "[T]"},
        {"<generic>": "", "<t>": "", ": T": ": float64", "> T": "> float64"},
    ):
        text = KERNELS
        for mark, written in form.items():
            text = text.replace(mark, written)
        path = tmp_path / "kernels.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        (result,) = driver.build([read_source(path)], tmp_path, Options(dumps=frozenset({"assembly"})))
        assert result.report is not None and all(item.tier == "native" for item in result.report.functions)
        (body,) = re.findall(
            r'^"entry count":.*?^\.Lfunc_end', dict(result.dumps)["assembly"], re.DOTALL | re.MULTILINE
        )
        found.append(re.findall(r"^\t([a-z]\w*)", body, re.MULTILINE))
    assert found[0] == found[1] and len(found[0]) > 50
