"""Frozen values with objects in their fields, and objects that native functions pass along: both ways."""

from __future__ import annotations

import contextlib
import gc
import sys
import weakref
from collections.abc import Callable

import pytest

from pyfreeze import _runtime as runtime
from tests.behaviour.test_frozen_values import both_ways
from tests.conftest import Both, build_both

SOURCE = """
    from __future__ import annotations
    import dataclasses
    from typing import Any
    from pyfreeze import Array, float64, frozen, int64

    class Plain:
        pass

    @frozen
    class Token:
        kind: str
        value: int64
        payload: object = None
        label: str = "none yet"
        def moved(self, by: int64) -> Token:
            return Token(self.kind, self.value + by, self.payload, self.label)
        def holds(self, what: object) -> bool:
            return self.payload is what
        @property
        def twice(self) -> int64:
            return self.value * 2

    @frozen
    class Span:
        start: Token
        weight: float64
        items: list[int]
        end: Token
        def first(self) -> str:
            return self.start.kind

    @frozen
    class Loose:
        count: int
        ratio: float
        size: int64 | None
        numbers: Array[float64]
        two: tuple[int, int]

    def make(kind: str, value: int64, payload: object) -> Token:
        return Token(kind, value, payload)
    def keywords(value: int64, payload: object) -> Token:
        return Token(payload=payload, value=value, kind="by name")
    def constants(value: int64) -> tuple[Token, Token]:
        return Token("x", value), Token("two words, and more", value + 1, "ÄÖ €")
    def moved(t: Token, by: int64) -> Token:
        return t.moved(by).moved(t.twice)
    def fields(t: Token) -> tuple[str, int64, object]:
        return t.kind, t.value, t.payload
    def identity(t: Token, what: object, other: object) -> tuple[bool, bool, bool, bool, bool]:
        return t.payload is what, t.holds(other), what is not other, what is None, t.payload is not None
    def through(what: list[int]) -> list[int]:
        other = what
        return other
    def chosen(a: Plain, b: Plain, first: bool) -> Plain | None:
        c = a if first else b
        if c is a:
            return c
        return None
    def maybe(a: str, n: int64) -> str | None:
        found = None
        for i in range(n):
            if i == 3:
                found = a
        return found
    def text(n: int64) -> str:
        if n > 2:
            return "many"
        name = "few" if n > 0 else "none"
        return name
    def span(t: Token, n: int64, items: list[int]) -> Span:
        s = Span(t, n / 2, items, t)
        for i in range(n):
            s = Span(s.end, s.weight + i, s.items, Token(s.first(), i, s.start))
        return s
    def replaced(t: Token, payload: object) -> Token:
        return dataclasses.replace(t, payload=payload, value=t.value)
    def optional(t: Token, n: int64) -> Token | None:
        kept: Token | None = None
        if n > 1:
            kept = t
        if n > 2:
            return kept
        return None if kept is None else kept.moved(1)
    def swapped(a: object, b: object, n: int64) -> tuple[object, object]:
        x, y = a, b
        for _ in range(n):
            x, y = y, x
        return x, y
    def boxed(n: int, x: float, i: int64, b: bool, t: Token) -> tuple[object, object, object, object, object]:
        return Token("n", 1, n), Token("x", 1, x), Token("i", 1, i), Token("b", 1, b), Token("t", 1, (t, n, (x, None)))
    def loose(l: Loose, i: int64) -> float64:
        size = l.size
        if size is None:
            size = 100
        return l.count * 2 + l.ratio + size + l.numbers[i] + l.two[1]
    def again(l: Loose) -> Loose:
        return Loose(l.count, l.ratio, l.size, l.numbers, l.two)
    def counted(n: int) -> Loose:
        return Loose(n * n, 0.5, None, Array[float64](), (n, n))
    def matched(t: Token) -> int64:
        match t:
            case Token(value=0):
                return 100
            case Token(payload=None, value=v):
                return v
            case Token(_, v):
                return -v
    def fails(t: Token, what: object, n: int64) -> float64:
        other = what
        made = Token("made", n, other)
        return made.value / t.value
    def deep(t: Token, n: int64) -> Token:
        return t if n == 0 else Token("deep", n, deep(t, n - 1))
    def overflows(t: Token, n: int64) -> Token:
        kept = Token("kept", 1, t)
        return Token(t.kind, n * n, kept)
    def stored(t: Token, out: Array[int64]) -> None:
        u = Token("stored", t.value, t)
        out.append(u.value)
        out.append(len(out))
    def both_stored(t: Token, a: Array[int64], what: object) -> object:
        other = what
        stored(t, a)
        a[0] = a[5] + t.value
        return other
    def anything(x: Any) -> Any:
        return x
    def nothing(x: object) -> None:
        y = x
    def deleted(x: object) -> tuple[object, int64]:
        y, z = x, x
        del y
        return z, 1
"""
NATIVE = (
    *("make", "keywords", "constants", "moved", "fields", "identity", "through", "chosen", "maybe", "text", "span"),
    *("replaced", "optional", "swapped", "boxed", "loose", "again", "counted", "matched", "fails", "deep", "overflows"),
    *("stored", "both_stored", "anything", "nothing", "deleted"),
)


class Unique:
    """Shown the same, whoever it is."""

    def __repr__(self) -> str:
        return "Unique()"


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("objects"), SOURCE)


def _token(module: object, value: int = 5, payload: object = None) -> object:
    return module.Token("kind", value, payload)  # type: ignore[attr-defined]


CALLS: list[tuple[str, Callable[..., tuple[object, ...]]]] = [
    ("make", lambda m, o: ("a", 1, o)),
    ("make", lambda m, o: (None, 1, 2)),
    ("keywords", lambda m, o: (1, o)),
    ("constants", lambda m, o: (7,)),
    ("moved", lambda m, o: (_token(m, 5, o), 3)),
    ("fields", lambda m, o: (_token(m, 5, o),)),
    ("identity", lambda m, o: (_token(m, 5, o), o, None)),
    ("identity", lambda m, o: (_token(m, 5, None), [], o)),
    ("identity", lambda m, o: (_token(m, 5, m), m, m)),
    ("through", lambda m, o: (o,)),
    ("chosen", lambda m, o: (o, [], True)),
    ("chosen", lambda m, o: (o, [], False)),
    ("chosen", lambda m, o: (o, o, False)),
    ("maybe", lambda m, o: (o, 3)),
    ("maybe", lambda m, o: (o, 4)),
    ("text", lambda m, o: (0,)),
    ("text", lambda m, o: (1,)),
    ("text", lambda m, o: (3,)),
    ("span", lambda m, o: (_token(m, 5, o), 0, [o])),
    ("span", lambda m, o: (_token(m, 5, o), 4, [o])),
    ("replaced", lambda m, o: (_token(m, 5, None), o)),
    *[("optional", lambda m, o, n=n: (_token(m, 5, o), n)) for n in (1, 2, 3)],
    *[("swapped", lambda m, o, n=n: (o, "other", n)) for n in (0, 1, 2)],
    ("boxed", lambda m, o: (2**70, 1.5, -3, True, _token(m, 1, o))),
    ("loose", lambda m, o: (m.Loose(3, 0.25, 7, m.Array[m.float64]([1.0, 2.0]), (4, 5)), 1)),
    ("loose", lambda m, o: (m.Loose(2**80, 0.25, None, m.Array[m.float64]([1.0, 2.0]), (4, 5)), -1)),
    ("loose", lambda m, o: (m.Loose("no", 0.25, None, m.Array[m.float64]([1.0, 2.0]), (4, 5)), 0)),
    ("loose", lambda m, o: (m.Loose(3, 1, None, [1.0], [4, 5]), 0)),
    ("loose", lambda m, o: (m.Loose(3, 0.25, 7, m.Array[m.float64]([1.0]), (4, 5)), 1)),
    ("again", lambda m, o: (m.Loose(3, 0.25, 7, m.Array[m.float64]([1.0]), (4, 5)),)),
    ("again", lambda m, o: (m.Loose(o, o, o, o, o),)),
    ("counted", lambda m, o: (2**40,)),
    *[("matched", lambda m, o, v=v, p=p: (_token(m, v, p),)) for v in (0, 3) for p in (None, 1)],
    ("fails", lambda m, o: (_token(m, 0, o), o, 3)),
    ("fails", lambda m, o: (_token(m, 2, o), o, 3)),
    ("deep", lambda m, o: (_token(m, 0, o), 20)),
    ("stored", lambda m, o: (_token(m, 3, o), m.Array[m.int64]())),
    ("both_stored", lambda m, o: (_token(m, 3, o), m.Array[m.int64]([1]), o)),
    ("both_stored", lambda m, o: (_token(m, 3, o), m.Array[m.int64]([1] * 9), o)),
    ("anything", lambda m, o: (o,)),
    ("nothing", lambda m, o: (o,)),
    ("deleted", lambda m, o: (o,)),
    *[("moved", lambda m, o, bad=bad: (bad, 1)) for bad in (None, 5, "text")],
]


def test_all_are_native(values: Both) -> None:
    assert {name for name in values.native() if "." not in name} == set(NATIVE)
    assert {"Token.moved", "Token.holds", "Token.twice", "Span.first"} <= values.native()


@pytest.mark.parametrize("name", NATIVE)
def test_outcomes(values: Both, name: str) -> None:
    made = [make for called, make in CALLS if called == name]
    assert made or name == "overflows"
    for make in made:
        both_ways(values, name, lambda m, make=make: make(m, Unique()))


def test_native_code_really_runs(values: Both) -> None:
    if values.native() != {item.name for item in values.report.functions if not item.reasons}:
        pytest.skip("with side effects assumed, some keep their twins")
    runtime.reset_statistics()
    module, thing = values.compiled, Unique()
    wrong = {"again", "fails", "both_stored"}
    for name, make in CALLS:
        if name not in wrong and not (
            name == "loose" or (name == "moved" and make(module, thing)[0] in (None, 5, "text"))
        ):
            getattr(module, name)(*make(module, thing))
    assert not [row for row in runtime.statistics() if row["module"] == module.__name__]


def test_objects_are_counted_exactly(values: Both) -> None:
    """A reference that is lost or given up twice shows in the count of an object that every argument holds."""
    thing = Unique()
    for module in (values.interpreted, values.compiled):
        for name, make in CALLS:  # native code keeps the classes that it has met
            with contextlib.suppress(ZeroDivisionError, TypeError, IndexError, AttributeError):
                getattr(module, name)(*make(module, thing))
        for name, make in CALLS:
            before = sys.getrefcount(thing), sys.getrefcount(module.Token), sys.getrefcount(module.Loose)
            for _ in range(5):
                with contextlib.suppress(ZeroDivisionError, TypeError, IndexError, AttributeError):
                    getattr(module, name)(*make(module, thing))
            after = sys.getrefcount(thing), sys.getrefcount(module.Token), sys.getrefcount(module.Loose)
            assert after == before, (module.__name__, name)


def test_overflow_gives_up_what_was_made(values: Both) -> None:
    thing = Unique()
    token = values.compiled.Token("kind", 1, thing)
    before = sys.getrefcount(thing), sys.getrefcount(token.kind)
    for _ in range(5):
        with pytest.raises(OverflowError):
            values.compiled.overflows(token, 2**40)
    assert (sys.getrefcount(thing), sys.getrefcount(token.kind)) == before
    both_ways(values, "overflows", lambda m: (_token(m, 3, thing), 4))


def test_texts_are_those_of_the_bytecode(values: Both) -> None:
    for module in (values.interpreted, values.compiled):
        one, two = module.constants(1), module.constants(2)
        assert one[1].kind is two[1].kind and one[1].kind in module.constants.__code__.co_consts
        assert any(constant is one[1].kind for constant in module.constants.__code__.co_consts)
        assert one[0].label is two[0].label is module.Token("x", 1).label


def test_objects_passed_along_stay_the_same(values: Both) -> None:
    module = values.compiled
    for thing in ([], 2**70, 1.5, (1, 2), "two words", Unique(), None):
        assert module.through(thing) is thing and module.anything(thing) is thing
        assert module.make("a", 1, thing).payload is thing
        assert module.span(module.Token("a", 1), 2, thing).items is thing
    numbers, two = module.Array[module.float64]([1.0]), (4, 5)
    again = module.again(module.Loose(3, 0.25, 7, numbers, two))
    assert again.numbers is numbers and again.two == two


def test_locals_in_tracebacks_are_the_objects(values: Both) -> None:
    for module in (values.interpreted, values.compiled):
        thing, token = Unique(), module.Token("kind", 0)
        with pytest.raises(ZeroDivisionError) as caught:
            module.fails(token, thing, 3)
        shown = caught.tb.tb_next.tb_frame.f_locals
        assert shown["other"] is thing and shown["what"] is thing and shown["made"].payload is thing
        assert shown == {"t": token, "what": thing, "n": 3, "other": thing, "made": module.Token("made", 3, thing)}


class Watched:
    pass


LIFETIMES = """
    from __future__ import annotations
    from pyfreeze import frozen, int64

    @frozen
    class Held:
        thing: object
        n: int64 = 0

    GLOBAL: object = [1]
    DEFAULT = Held(None)
    log: list[str] = []

    def inner(h: Held) -> int64:
        k = Held(h.thing, 1)
        return k.n
    def outer(thing: object) -> int64:
        h = Held(thing)
        first = inner(h)
        h = Held(None)
        return first + inner(h)
    def temporary(thing: object) -> int64:
        return inner(Held(thing)) + inner(Held(thing, 5))
    def set_anew(thing: object) -> int64:
        thing = None
        return inner(Held(thing))
    def set_anew_value(h: Held) -> int64:
        h = Held(None)
        return inner(h)
    def dropped(thing: object) -> int64:
        del thing
        return 1
    def from_global() -> object:
        return GLOBAL
    def from_default() -> Held:
        return DEFAULT
"""


def test_objects_go_when_they_go_in_cpython(tmp_path_factory: pytest.TempPathFactory) -> None:
    values = build_both(tmp_path_factory.mktemp("lifetimes"), LIFETIMES)
    codes = {item.name: [reason.code for reason in item.reasons] for item in values.report.functions}
    assert codes["outer"] == codes["inner"] == codes["temporary"] == []
    assert codes["set_anew"] == codes["set_anew_value"] == codes["dropped"] == ["PF118"]
    assert codes["from_global"] == codes["from_default"] == ["PF106"]
    outcomes = []
    for module in (values.interpreted, values.compiled):
        seen: list[object] = []
        for name in ("outer", "temporary", "set_anew", "dropped"):
            thing = Watched()
            weakref.finalize(thing, seen.append, name)
            arguments = [thing]
            del thing
            seen.append(getattr(module, name)(arguments.pop()))
            seen.append("after")
        held = [module.Held(Watched())]
        weakref.finalize(held[0].thing, seen.append, "value")
        seen.append(module.set_anew_value(held.pop()))
        module.GLOBAL = Watched()
        weakref.finalize(module.GLOBAL, seen.append, "global")
        module.from_global()
        module.GLOBAL = None
        seen.append("end")
        outcomes.append(seen)
    assert outcomes[0] == outcomes[1]
    assert outcomes[1][-2:] == ["global", "end"]


def test_cycles_are_collected(values: Both) -> None:
    module = values.compiled
    holder: list[object] = []
    span = module.span(module.Token("a", 1, holder), 3, holder)
    holder += [span, module.make("b", 2, span), Watched()]
    gone = weakref.ref(holder[-1])
    assert gc.is_tracked(span) and gc.is_tracked(holder[1])
    del holder, span
    gc.collect()
    assert gone() is None


REFUSED = """
    from __future__ import annotations
    from pyfreeze import Array, float64, frozen, int64
    @frozen
    class P:
        x: float64
        tag: object
        def __add__(self, other: P) -> P:
            return P(self.x + other.x, other.tag)
    def attribute(s: str) -> object: return s.upper
    def call(s: str) -> str: return s.upper()
    def plus(a: str, b: str) -> str: return a + b
    def truth(a: list[int]) -> int: return 1 if a else 2
    def negated(a: list[int]) -> bool: return not a
    def both_true(a: list[int], b: list[int]) -> object: return a and b
    def equal(a: str, b: str) -> bool: return a == b
    def equal_none(a: object) -> bool: return a == None
    def unequal_none(a: object) -> bool: return None != a
    def equal_value(a: P, b: object) -> bool: return a == b
    def value_equal(a: object, b: P) -> bool: return a != b
    def equal_values(a: P, b: P) -> bool: return a == b
    def ordered(a: str, b: str) -> bool: return a < b
    def length(a: str) -> int: return len(a)
    def item(a: list[int]) -> int: return a[0]
    def member(a: int, b: list[int]) -> bool: return a in b
    def member_of_tuple(a: str, b: str) -> bool: return a in (b, "x")
    def is_text(a: object) -> bool: return isinstance(a, str)
    def is_value(a: object) -> bool: return isinstance(a, P)
    def called(a: object) -> object: return a()  # type: ignore[operator]
    def looped(a: list[int]) -> int:
        n = 0
        for x in a:
            n += x
        return n
    def unpacked(a: list[int]) -> int:
        x, y = a
        return x + y
    def matched(a: object) -> int:
        match a:
            case None: return 0
            case P(): return 1
            case "text": return 2
            case _: return 3
    def matched_none(a: object) -> int:
        match a:
            case None: return 0
            case _: return 1
    def matched_bool(a: object) -> int:
        match a:
            case True: return 0
            case _: return 1
    def number(a: object) -> int: return int(a)  # type: ignore[call-overload, no-any-return]
    def real(a: object) -> float: return float(a)  # type: ignore[arg-type]
    def boolean(a: object) -> bool: return bool(a)
    def greatest(a: object, b: object) -> object: return max(a, b)  # type: ignore[type-var]
    def absolute(a: object) -> object: return abs(a)  # type: ignore[arg-type]
    def formatted(a: object) -> str: return f"{a}!"
    def added(p: P, o: object) -> P: return p + o  # type: ignore[operator]
    def in_array(a: Array[int64], o: object) -> bool: return o in a
    def appended(a: Array[int64], o: object) -> None: a.append(o)  # type: ignore[arg-type]
    def into_field(o: object) -> P: return P(o, o)  # type: ignore[arg-type]
    def into_local(o: object) -> int64:
        n: int64 = o  # type: ignore[assignment]
        return n
    def as_value(o: object) -> P: return o  # type: ignore[return-value]
    def no_text(n: int64) -> bool: return "a" == "b"
    def text_true(n: int64) -> int: return 1 if "a" else 2
    def text_in(n: int64) -> bool: return "a" in "abc"
    def hashed(p: P) -> int: return hash(p)
    def raised(o: object) -> None: raise ValueError(o)
    def raised_text(n: int64) -> None: raise ValueError("a" if n else "b")
    def concrete(o: object) -> bool: return o is True
"""


def test_what_is_done_with_objects_keeps_the_twin(both: Callable[[str], Both]) -> None:
    values = both(REFUSED)
    things = [None, 5, 5.0, True, "text", "", [], [1, 2], (1, 2), Unique(), int, 2**70]
    native = values.native()
    assert {"raised", "raised_text", "matched_none"} <= native
    assert not native & {
        "attribute",
        "call",
        "plus",
        "truth",
        "equal",
        "item",
        "looped",
        "is_text",
        "concrete",
        "hashed",
    }
    for function in values.report.functions:
        if "." in function.name:
            continue
        count = getattr(values.interpreted, function.name).__code__.co_argcount
        for one in things:
            for other in things if count == 2 else [None]:
                both_ways(values, function.name, lambda m, one=one, other=other, count=count: (one, other)[:count])
        for make in (lambda m: m.P(1.0, None), lambda m: m.Array[m.int64]([5, 6])):
            for other in things if count == 2 else [None]:
                both_ways(values, function.name, lambda m, o=other, k=make, count=count: (k(m), o)[:count])
                both_ways(values, function.name, lambda m, o=other, k=make, count=count: (o, k(m))[2 - count :])


def test_arrays_of_them_are_refused(both: Callable[[str], Both]) -> None:
    values = both("""
        from __future__ import annotations
        from pyfreeze import Array, float64, frozen, int64
        @frozen
        class Named:
            name: str
            x: float64
        def total(a: Array[Named]) -> float64:
            return a[0].x
        def empty() -> int64:
            a = Array[Named]()
            return 1
    """)
    (reason,) = next(item for item in values.report.functions if item.name == "total").reasons
    assert reason.code == "PF104" and "its field `name` is one in memory" in reason.message
    assert "empty" not in values.native()


def test_impure_functions_do_not_hold_what_others_may_have_made(both: Callable[[str], Both]) -> None:
    values = both("""
        from pyfreeze import Array, frozen, int64
        @frozen
        class Held:
            thing: object
        def fill(a: Array[int64], thing: object) -> Held:
            a.append(1)
            return Held(thing)
        def caller(a: Array[int64], thing: object) -> int64:
            h = fill(a, thing)
            h = fill(a, None)
            return a[0]
        def counts(a: Array[int64], thing: object) -> None:
            a.append(1)
        def caller_of_counts(a: Array[int64], thing: object) -> Held:
            h = Held(thing)
            counts(a, h)
            return h
    """)
    codes = {item.name: [reason.code for reason in item.reasons] for item in values.report.functions}
    assert codes == {"fill": [], "caller": ["PF116"], "counts": [], "caller_of_counts": []}
    for module in (values.interpreted, values.compiled):
        array, thing = module.__dict__["Array"][module.__dict__["int64"]](), Unique()
        assert module.fill(array, thing).thing is thing and module.caller_of_counts(array, thing).thing is thing
        assert len(array) == 2
