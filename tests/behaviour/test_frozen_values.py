"""Frozen values both ways: made, read, handed over, compared, changed classes, tracebacks."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
import textwrap
from pathlib import Path
from unittest import mock

import pytest

from pyfreeze import _runtime as runtime
from tests.conftest import Both, Outcome, build_both

SOURCE = """
    import math
    from pyfreeze import frozen, float64, int64, int8, uint16

    @frozen
    class Vec:
        x: float64
        y: float64
        z: float64 = 0.0
        def __add__(self, o: "Vec") -> "Vec":
            return Vec(self.x + o.x, self.y + o.y, self.z + o.z)
        def __sub__(self, o: "Vec") -> "Vec":
            return Vec(self.x - o.x, self.y - o.y, self.z - o.z)
        def __mul__(self, k: float64) -> "Vec":
            return Vec(self.x * k, self.y * k, self.z * k)
        def __rmul__(self, k: float64) -> "Vec":
            return self * k
        def __iadd__(self, o: "Vec") -> "Vec":
            return Vec(self.x + o.x, self.y + o.y, 100.0)
        def __neg__(self) -> "Vec":
            return Vec(-self.x, -self.y, -self.z)
        def __abs__(self) -> float64:
            return math.sqrt(self.dot(self))
        def __bool__(self) -> bool:
            return self.x != 0.0
        def dot(self, o: "Vec", scale: float64 = 1.0, *, shift: float64 = 0.0) -> float64:
            return (self.x * o.x + self.y * o.y + self.z * o.z) * scale + shift
        @property
        def first(self) -> float64:
            return self.x
        @staticmethod
        def unit(k: float64) -> "Vec":
            return Vec(k, 0.0)

    @frozen(order=True)
    class Key:
        kind: int8
        flag: bool
        size: uint16
        weight: float64

    @frozen
    class Body:
        key: Key
        position: Vec
        count: int64 = 7
        def moved(self, by: Vec) -> "Body":
            return Body(self.key, self.position + by, self.count + 1)

    @frozen
    class Even:
        n: int64
        def __post_init__(self) -> None:
            if self.n % 2 != 0:
                raise ValueError("odd", self.n)
        def __eq__(self, other: "Even") -> bool:  # type: ignore[override]
            return self.n % 10 == other.n % 10

    ORIGIN = Vec(1.0, 2.0, 3.0)

    def arithmetic(a: Vec, b: Vec, k: float64) -> Vec:
        c = a + b * k - k * a
        c += b
        return -c
    def keywords(x: float64, y: float64) -> Vec:
        return Vec(y=y, x=x)
    def coerced(n: int64, flag: bool) -> Vec:
        return Vec(n, flag, z=2)  # type: ignore[arg-type]
    def narrow(n: int64, w: float64) -> Key:
        return Key(n, n > 3, n + 1, w)
    def calls(a: Vec, b: Vec) -> tuple[float64, float64, float64, float64, float64, bool]:
        return a.dot(b), a.dot(b, 2.0), a.dot(o=b, shift=0.5), abs(a), a.first + Vec.unit(2.0).x, not a
    def equal(a: Vec, b: Vec) -> tuple[bool, bool, bool, bool]:
        return a == b, a != b, a == ORIGIN, a is None
    def ordered(a: Key, b: Key) -> tuple[bool, bool, bool, bool, bool, bool]:
        return a < b, a <= b, a > b, a >= b, a == b, a != b
    def nested(b: Body, by: Vec, n: int64) -> Body:
        for _ in range(n):
            b = b.moved(by)
        return Body(b.key, b.position)
    def even(n: int64, m: int64) -> tuple[Even, bool, bool]:
        a, b = Even(n), Even(m)
        return a, a == b, a != b
    def chosen(a: Vec, b: Vec, left: bool) -> Vec:
        c = a if left else b
        if c.x > 1.0:
            c = ORIGIN
        return c
    def pairs(a: Vec, n: int64) -> tuple[tuple[Vec, int64], Vec]:
        (b, m), c = (a, n), a + a
        return (b, m + 1), c
    def walk(n: int64, step: Vec) -> Vec:
        total = Vec(0.0, 0.0)
        i = 0
        while i < n:
            total = total + step * (1.0 / (i + 1))
            i += 1
        return total
    def fails(a: Vec, n: int64) -> float64:
        b = a * 2.0
        key = Key(1, True, 2, 0.5)
        return b.x / n + key.weight
"""
NATIVE = (
    *("arithmetic", "keywords", "coerced", "narrow", "calls", "equal", "ordered", "nested", "even", "chosen", "pairs"),
    *("walk", "fails"),
)
NUMBERS = (0.0, -0.0, 1.5, -2.25, math.inf, math.nan, 1e308)


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("values"), SOURCE)


def both_ways(values: Both, name: str, make: object) -> None:
    """Call `name` with the arguments that `make(module)` gives; compare the outcomes as they are shown."""
    outcomes = []
    for module in (values.interpreted, values.compiled):
        outcome = Outcome.of(getattr(module, name), *make(module))  # type: ignore[operator]
        outcomes.append((outcome.kind, str(outcome.shown).replace(module.__name__, "module")))
    assert outcomes[0] == outcomes[1]


def test_all_are_native(values: Both) -> None:
    assert {name for name in values.native() if "." not in name} == set(NATIVE)
    assert "Vec.first" in values.native() and "Vec.unit" in values.native() and "Even.__post_init__" in values.native()


def test_native_code_really_runs(values: Both) -> None:
    runtime.reset_statistics()
    module = values.compiled
    vector = module.Vec(1.0, 2.0)
    module.arithmetic(vector, vector, 2.0), module.equal(vector, vector), module.walk(3, vector)
    assert not [row for row in runtime.statistics() if row["module"] == module.__name__]


@pytest.mark.parametrize("name", ["arithmetic", "calls", "equal"])
def test_two_vectors(values: Both, name: str) -> None:
    for x, y, k in itertools.product(NUMBERS, repeat=3):
        extra = (k,) if name == "arithmetic" else ()
        both_ways(values, name, lambda m, x=x, y=y, k=k, extra=extra: (m.Vec(x, y, k), m.Vec(k, x), *extra))
    both_ways(values, name, lambda m: (m.ORIGIN, m.Vec(1.0, 2.0, 3.0), *((2.0,) if name == "arithmetic" else ())))


def test_fields_are_coerced(values: Both) -> None:
    for n, flag in itertools.product((0, -1, 2**53 + 1, 2**63 - 1), (True, False)):
        values_of = lambda m, n=n, flag=flag: (n, flag)  # noqa: E731
        both_ways(values, "coerced", values_of)
    for n, weight in itertools.product((-1, 0, 3, 4, 127, 128, 2**40), NUMBERS):
        both_ways(values, "narrow", lambda m, n=n, weight=weight: (n, weight))
    both_ways(values, "keywords", lambda m: (1.0, 2.0))
    both_ways(values, "keywords", lambda m: (1, 2))


def test_order_is_that_of_the_fields(values: Both) -> None:
    rows = list(itertools.product((-1, 2), (True, False), (0, 3), (0.0, -0.0, 1.0, math.nan)))
    for one, other in itertools.product(rows, repeat=2):
        both_ways(values, "ordered", lambda m, one=one, other=other: (m.Key(*one), m.Key(*other)))


def test_nested_values(values: Both) -> None:
    both_ways(values, "nested", lambda m: (m.Body(m.Key(1, True, 2, 0.5), m.Vec(1.0, 2.0), 3), m.Vec(0.5, 0.25), 4))
    both_ways(values, "pairs", lambda m: (m.Vec(1.0, 2.0), 4))
    for left, x in itertools.product((True, False), (0.5, 2.0)):
        both_ways(values, "chosen", lambda m, left=left, x=x: (m.Vec(x, 2.0), m.Vec(-x, 0.0), left))
    both_ways(values, "walk", lambda m: (1000, m.Vec(1.0, -2.0)))


def test_post_init_and_own_equality(values: Both) -> None:
    for n, m in ((2, 12), (2, 4), (3, 4), (4, 5)):
        both_ways(values, "even", lambda module, n=n, m=m: (n, m))


def test_arguments_that_are_not_of_the_class_run_the_twin(values: Both) -> None:
    class Duck:
        x = y = z = 1.0

    both_ways(values, "equal", lambda m: (Duck(), m.ORIGIN))
    both_ways(values, "fails", lambda m: (m.Vec(1.0, 2.0), 0))
    both_ways(values, "fails", lambda m: ("text", 1))
    other = (values.interpreted, values.compiled)
    for module, stranger in zip(other, reversed(other), strict=True):
        assert module.equal(stranger.Vec(1.0, 2.0, 3.0), module.ORIGIN) == (False, True, False, False)


def test_locals_in_tracebacks_are_instances(values: Both) -> None:
    for module in (values.interpreted, values.compiled):
        with pytest.raises(ZeroDivisionError) as caught:
            module.fails(module.Vec(1.0, 2.0), 0)
        shown = caught.tb.tb_next.tb_frame.f_locals
        assert shown == {"a": module.Vec(1, 2), "n": 0, "b": module.Vec(2, 4), "key": module.Key(1, True, 2, 0.5)}


def test_a_replaced_method_is_called_at_once(values: Both) -> None:
    for module in (values.interpreted, values.compiled):
        vector = module.Vec(3.0, 4.0)
        assert module.calls(vector, vector)[3] == 5.0
        with mock.patch.object(module.Vec, "dot", lambda self, *a, **k: 49.0):
            assert module.calls(vector, vector)[3] == 7.0
        assert module.calls(vector, vector)[3] == 5.0
        with mock.patch.object(module.Vec, "first", property(lambda self: 1000.0)):
            assert module.calls(vector, vector)[4] == 1002.0
        with mock.patch.object(module.Vec, "unit", staticmethod(lambda k, vector=vector: vector)):
            assert module.calls(vector, vector)[4] == 6.0
        with mock.patch.dict(module.Vec.dot.__kwdefaults__, {"shift": 5.0}):
            assert module.calls(vector, vector)[0] == 30.0
        with mock.patch.object(module.Vec.dot, "__defaults__", (10.0,)):
            assert module.calls(vector, vector)[0] == 250.0
        assert module.calls(vector, vector)[0] == 25.0


def test_a_replaced_class_is_called_at_once(values: Both) -> None:
    for module in (values.interpreted, values.compiled):
        original = module.Vec
        with mock.patch.object(module, "Vec", lambda *_, original=original, **__: original(9.0, 9.0)):
            assert module.keywords(1.0, 2.0) == original(9.0, 9.0)
        assert module.keywords(1.0, 2.0) == original(1.0, 2.0)
        with mock.patch.object(module, "ORIGIN", original(5.0, 5.0)):
            assert module.chosen(original(2.0, 0.0), original(2.0, 0.0), True) == original(5.0, 5.0)
        with mock.patch.object(module, "ORIGIN", "text"):
            assert module.chosen(original(2.0, 0.0), original(2.0, 0.0), True) == "text"


def test_classes_that_are_no_values_keep_their_twins(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from abc import ABC
        from dataclasses import field
        from pyfreeze import frozen, int64
        @frozen
        class Hidden:
            a: int64
            b: int64 = field(default=1, compare=False)
        class Sized(ABC):
            def __bool__(self) -> bool:
                return False
        @frozen
        class Concrete(Sized):
            a: int64
        def hidden(a: Hidden, b: Hidden) -> bool:
            return a == b
        def truth(a: Concrete) -> bool:
            return bool(a)
        """,
    )
    assert not both.native()
    for module in (both.interpreted, both.compiled):
        assert module.hidden(module.Hidden(1, 2), module.Hidden(1, 3)) is True
        assert module.truth(module.Concrete(1)) is False


def test_values_survive_their_class(tmp_path: Path) -> None:
    """The class is let go of while native code still holds values of it: no crash."""
    (tmp_path / "leaving.py").write_text(
        textwrap.dedent("""
        from pyfreeze import frozen, float64, int64
        @frozen
        class P:
            x: float64
        def last(n: int64) -> P:
            p = P(0.0)
            for i in range(n):
                p = P(p.x + 1.0)
            return p
        def fail(p: P, n: int64) -> float64:
            return p.x / n
        """)
    )
    script = textwrap.dedent("""
        import gc, leaving, signal
        print(leaving.last(3))
        P = leaving.P
        signal.signal(signal.SIGALRM, lambda *_: (leaving.__dict__.pop("P", None), gc.collect()))
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        try:
            print(leaving.last(400_000_000))
        except NameError as error:
            print(error)
        leaving.P = P
        print(leaving.last(2))
    """)
    subprocess.run([sys.executable, "-m", "pyfreeze", "build", "leaving.py"], cwd=tmp_path, check=True)
    found = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert lines[0] == "P(x=3.0)" and lines[-1] == "P(x=2.0)"
