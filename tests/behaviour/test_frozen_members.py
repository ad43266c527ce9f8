"""Frozen classes: class methods, class constants, functions called through the class, and Python's protocols."""

from __future__ import annotations

import itertools
from pathlib import Path
from unittest import mock

import pytest

import pyfreeze._runtime as runtime
from pyfreeze import Array
from tests.behaviour.test_frozen_values import NUMBERS, both_ways
from tests.conftest import Both, build_both

SOURCE = """
    from typing import ClassVar
    from pyfreeze import frozen, float64, int64, int32
    @frozen
    class P:
        x: float64
        y: float64 = 1.5
        ZERO: ClassVar["P"]
        LIMIT = 3
        WIDE: ClassVar[int64] = 7
        SCALE: ClassVar[float64] = 0.5
        moving: ClassVar[float64] = float("0.25")
        @classmethod
        def make(cls, x: float64) -> "P":
            return cls(x, x * cls.SCALE)
        @classmethod
        def shifted(cls, x: float64, *, by: float64 = 1.0) -> "P":
            made = cls.make(x) + cls.ZERO
            return cls(x=made.x + by, y=made.y / (x - 1.0))
        @staticmethod
        def two() -> float64:
            return 2.0
        def __add__(self, other: "P") -> "P":
            return type(self)(self.x + other.x, self.y + other.y * self.LIMIT)
        def dot(self, other: "P") -> float64:
            return self.x * other.x + self.y * other.y + self.moving
    P.ZERO = P(0.0, 0.0)
    def through_class(a: P, b: P) -> tuple[float64, float64, float64]:
        return P.dot(a, b), P.dot(other=a, self=b), P.make(a.x).dot(b)
    def class_methods(a: P, x: float64) -> tuple[P, P, P, P]:
        return P.make(x), a.make(x), P.shifted(x), a.shifted(x, by=x)
    def constants(a: P, n: int64) -> tuple[P, float64, float64, int, int64, float64]:
        return P.ZERO, P.SCALE, a.SCALE, P.LIMIT, n * a.WIDE + P.LIMIT, a.ZERO.x + P.moving
    def without_values(x: float64) -> float64:
        return P.two() + P.LIMIT * x
    def of_type(a: P) -> P:
        return type(a)(a.y, a.x)
"""


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("members"), SOURCE)


def test_all_are_native(members: Both) -> None:
    assert members.native() == {item.name for item in members.report.functions}


def test_native_code_really_runs(members: Both) -> None:
    runtime.reset_statistics()
    module = members.compiled
    p = module.P(1.0, 2.0)
    module.through_class(p, p), module.class_methods(p, 2.0), module.constants(p, 3), module.without_values(2.0)
    module.of_type(p), module.P.make(2.0), p.shifted(3.0, by=1.0)
    assert not [row for row in runtime.statistics() if row["module"] == module.__name__]


def test_results(members: Both) -> None:
    for x, y in itertools.product(NUMBERS, repeat=2):
        both_ways(members, "through_class", lambda m, x=x, y=y: (m.P(x, y), m.P(y, x)))
        both_ways(members, "class_methods", lambda m, x=x, y=y: (m.P(x), y))
    for x in (1.0, 1, "text", 2.5):
        both_ways(members, "class_methods", lambda m, x=x: (m.P(2.0), x))
        both_ways(members, "without_values", lambda m, x=x: (x,))
    both_ways(members, "of_type", lambda m: (m.P(2.0),))
    for n in (0, -5, 2**60):
        both_ways(members, "constants", lambda m, n=n: (m.P(2.0), n))


def test_class_methods_from_python(members: Both) -> None:
    for module in (members.interpreted, members.compiled):
        cls = module.P
        assert cls.make(2.0) == cls(2.0, 1.0) == cls(0.0).make(2.0)
        function = vars(cls)["make"].__func__
        assert function(type("Q", (), {"SCALE": 3.0, "__new__": lambda own, *a: a}), 2.0) == (2.0, 6.0)
        with pytest.raises(ZeroDivisionError) as caught:
            cls.shifted(1.0)
        assert caught.tb.tb_next.tb_frame.f_locals == {"cls": cls, "x": 1.0, "by": 1.0, "made": cls(1.0, 0.5)}


def test_replaced_class_attributes_are_seen_at_once(members: Both) -> None:
    for module in (members.interpreted, members.compiled):
        cls = module.P
        p = cls(1.0, 1.0)
        before = module.constants(p, 1)
        for name, value in (
            ("ZERO", cls(9.0, 9.0)), ("ZERO", "text"), ("SCALE", 4.0), ("SCALE", 4), ("LIMIT", 4), ("LIMIT", True),
            ("WIDE", 2**70), ("moving", 5.5), ("moving", property(lambda self: 1.0)),
        ):  # fmt: skip
            with mock.patch.object(cls, name, value):
                if (name == "ZERO" and value == "text") or isinstance(value, property):
                    with pytest.raises((AttributeError, TypeError)):
                        module.constants(p, 1)
                else:
                    assert module.constants(p, 1) != before or value is True
            assert module.constants(p, 1) == before
        assert module.without_values(1.0) == 5.0
        with mock.patch.object(cls, "two", staticmethod(lambda: 10.0)):
            assert module.without_values(1.0) == 13.0
        with mock.patch.object(cls, "LIMIT", 5):
            assert module.without_values(1.0) == 7.0
        assert module.without_values(1.0) == 5.0
        with mock.patch.object(cls, "make", classmethod(lambda own, x: own(100.0, x))):
            assert module.class_methods(p, 2.0)[:2] == (cls(100.0, 2.0), cls(100.0, 2.0))
        with mock.patch.object(cls, "make", staticmethod(lambda x, cls=cls: cls(100.0, x))):
            assert module.class_methods(p, 2.0)[1] == cls(100.0, 2.0)
        with mock.patch.object(cls, "dot", lambda self, other: 7.0):
            assert module.through_class(p, p) == (7.0, 7.0, 7.0)
        assert module.class_methods(p, 2.0)[:2] == (cls(2.0, 1.0), cls(2.0, 1.0))


def test_a_class_constant_is_watched_without_other_bindings(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from typing import ClassVar
        from pyfreeze import frozen, float64
        @frozen
        class P:
            x: float64
            FACTOR: ClassVar[float64] = float("2.0")
            @staticmethod
            def two() -> float64:
                return 2.0
        def scaled(x: float64) -> float64:
            return x * P.FACTOR
        def doubled(x: float64) -> float64:
            return x * P.two()
        """,
    )
    assert both.native() == {"scaled", "doubled", "P.two"}
    for module in (both.interpreted, both.compiled):
        for _ in range(3):
            assert (module.scaled(1.5), module.doubled(1.5)) == (3.0, 3.0)
            module.P.FACTOR = 3.0
            assert module.scaled(1.5) == 4.5
            module.P.FACTOR = 2.0
            with mock.patch.object(module.P, "two", lambda: 4.0):
                assert module.doubled(1.5) == 6.0


PROTOCOLS = """
    from typing import Any
    from pyfreeze import frozen, float64, int64
    @frozen
    class Row:
        a: int64
        b: int64
        def __len__(self) -> int:
            return self.a
        def __getitem__(self, index: int64) -> int64:
            if index == 0:
                return self.a
            if index == 1:
                return self.b
            raise IndexError("row index")
        def __contains__(self, item: int64) -> bool:
            return item == self.a or item == self.b
        def __call__(self, x: int64, *, by: int64 = 2) -> int64:
            return self.a * x + by
    @frozen
    class Grid:
        row: Row
        def __getitem__(self, place: tuple[int64, int64]) -> int64:
            i, j = place
            return self.row[i] * j
    @frozen
    class Same:
        a: int64
        def _never(self, other: object) -> bool:
            return False
        __eq__ = _never
        __bool__ = _false = lambda self: False
    def length(r: Row) -> int:
        return len(r)
    def truth(r: Row) -> tuple[bool, int64]:
        return bool(r), 1 if r else 2
    def items(r: Row, i: int64) -> tuple[int64, int64]:
        return r[i], Grid(r)[i, 3]
    def inside(r: Row, i: int64) -> tuple[bool, bool]:
        return i in r, i not in r
    def called(r: Row, x: int64) -> tuple[int64, int64, int64]:
        return r(x), Grid(r).row(x, by=5), Row(x, x)(x)
    def instances(r: Row, x: float, n: int64, flag: bool) -> tuple[bool, bool, bool, bool, bool, bool, bool]:
        return (
            isinstance(r, Row), isinstance(r, Grid), isinstance(r, (int, Row)), isinstance(n, int | float),
            isinstance(x, int), isinstance(flag, int), isinstance((n, x), tuple),
        )
    def same(a: int64) -> bool:
        return Same(a) == Same(a)
    def unequal(a: int64) -> bool:
        return bool(Same(a))
"""


@pytest.fixture(scope="module")
def protocols(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("protocols"), PROTOCOLS)


def test_protocols_are_native(protocols: Both) -> None:
    assert protocols.native() == {item.name for item in protocols.report.functions} - {"same", "unequal"}


def test_protocols(protocols: Both) -> None:
    for a, b in itertools.product((0, 1, 3, -2, 2**60), (0, 1, 5)):
        row = lambda m, a=a, b=b: m.Row(a, b)  # noqa: E731
        both_ways(protocols, "length", lambda m, row=row: (row(m),))
        both_ways(protocols, "truth", lambda m, row=row: (row(m),))
        both_ways(protocols, "called", lambda m, row=row, b=b: (row(m), min(b, 1)))
        both_ways(protocols, "inside", lambda m, row=row, b=b: (row(m), b))
        both_ways(protocols, "items", lambda m, row=row, b=b: (row(m), b))
    for x, flag in ((1.0, True), (1, 1), (True, False)):
        both_ways(protocols, "instances", lambda m, x=x, flag=flag: (m.Row(1, 2), x, 3, flag))
    both_ways(protocols, "same", lambda m: (1,))
    both_ways(protocols, "unequal", lambda m: (1,))
    for module in (protocols.interpreted, protocols.compiled):
        with mock.patch.object(module.Row, "__len__", lambda self: 77):
            assert module.length(module.Row(1, 2)) == 77
        with mock.patch.object(module, "isinstance", lambda *_: True, create=True):
            assert module.instances(module.Row(1, 2), 1.0, 2, True) == (True,) * 7


SINGLES = """
    import dataclasses
    from dataclasses import replace
    from pyfreeze import frozen, float32, float64, int8, int64, Array
    @frozen
    class Pixel:
        tag: int8
        red: float32
        green: float32 = 0.1
        depth: float64 = 0.1
    @frozen
    class Pair:
        first: Pixel
        second: Pixel
    @frozen
    class Nothing:
        def answer(self) -> int64:
            return 42
    def make(x: float64, n: int64) -> Pixel:
        return Pixel(1, x, n)
    def read(p: Pixel) -> tuple[float64, float64, float64]:
        return p.red, p.green * 2.0, p.depth
    def equal(p: Pixel, x: float64) -> tuple[bool, bool, Pair]:
        q = Pixel(p.tag, x, p.green, p.depth)
        return p == q, p == p, Pair(q, p)
    def fill(pixels: Array[Pixel], x: float64) -> float64:
        total = 0.0
        for i in range(len(pixels)):
            pixels[i] = Pixel(2, x, i)
            total += pixels[i].red + pixels[i].green
        return total
    def filled(x: float64) -> Array[Pixel]:
        return Array[Pixel].filled(3, Pixel(3, x))
    def nothing(n: Nothing, x: int64) -> tuple[Nothing, int64, bool]:
        return Nothing(), n.answer() + Nothing().answer() + x, n == Nothing()
    def fails(p: Pixel, n: int64) -> int64:
        q = Pixel(4, p.red * 2.0)
        return n // (n - n)
    def replaced(p: Pixel, x: float64) -> tuple[Pixel, Pixel, Pixel]:
        return replace(p), dataclasses.replace(p, red=x, tag=p.tag), replace(p, depth=2.0)
"""


@pytest.fixture(scope="module")
def singles(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("singles"), SINGLES)


def test_single_precision_fields(singles: Both) -> None:
    assert singles.native() == {item.name for item in singles.report.functions}
    for x, n in itertools.product((*NUMBERS, 0.1, 3.4e38, 3.5e38, 1e-45, 1e-50), (0, 2**24 + 1)):
        both_ways(singles, "make", lambda m, x=x, n=n: (x, n))
        both_ways(singles, "read", lambda m, x=x, n=n: (m.Pixel(1, 0.7, n, x),))
        both_ways(singles, "equal", lambda m, x=x, n=n: (m.Pixel(1, 0.1, n), x))
        both_ways(singles, "filled", lambda m, x=x, n=n: (x,))
        both_ways(singles, "replaced", lambda m, x=x, n=n: (m.Pixel(1, 0.1, n), x))
    for module in (singles.interpreted, singles.compiled):
        pixels = Array[module.Pixel]([module.Pixel(1, 0.25)] * 3)
        assert module.fill(pixels, 0.1) == 3 * module.Pixel(1, 0.1).red + 3.0
        assert list(pixels) == [module.Pixel(2, 0.1, i) for i in range(3)]
        with pytest.raises(ZeroDivisionError) as caught:
            module.fails(module.Pixel(1, 0.1), 3)
        frame = caught.tb.tb_next.tb_frame
        assert frame.f_locals == {"p": module.Pixel(1, 0.1), "n": 3, "q": module.Pixel(4, module.Pixel(1, 0.1).red * 2)}


def test_classes_without_fields(singles: Both) -> None:
    both_ways(singles, "nothing", lambda m: (m.Nothing(), 5))
    both_ways(singles, "nothing", lambda m: (5, 5))


def test_a_patched_replace_is_seen(singles: Both) -> None:
    import dataclasses

    for module in (singles.interpreted, singles.compiled):
        pixel = module.Pixel(1, 0.5)
        with mock.patch.object(dataclasses, "replace", lambda *_, **__: 5):
            assert module.replaced(pixel, 1.0) == (pixel, 5, module.Pixel(1, 0.5, depth=2.0))
        with mock.patch.object(module, "replace", lambda *_, **__: 5):
            assert module.replaced(pixel, 1.0)[::2] == (5, 5)
        assert module.replaced(pixel, 1.0)[1].red == 1.0
