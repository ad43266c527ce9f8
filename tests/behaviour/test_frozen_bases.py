"""Frozen classes with protocols and ABCs as bases: values, and the functions that they have from these."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from pyfreeze import _runtime as runtime
from tests.behaviour.test_frozen_values import both_ways
from tests.conftest import Both, build_both

SOURCE = """
    from abc import ABC, abstractmethod
    from typing import Protocol
    from pyfreeze import Array, frozen, float64, int64

    class HasArea(Protocol):
        def area(self) -> float64: ...

    class Shape(ABC):
        @abstractmethod
        def area(self) -> float64: ...
        def double(self, by: float64 = 2.0) -> float64:
            return self.area() * by
        def over(self, n: int64) -> float64:
            return self.area() / n
        @property
        def half(self) -> float64:
            return self.area() / 2.0
        @staticmethod
        def unit() -> float64:
            return 1.0
        @classmethod
        def scale(cls, x: float64) -> float64:
            return x * 3.0
        def shown(self) -> str:
            return f"{self.area()}"
        def __neg__(self) -> float64:
            return -self.area()

    class Named(Shape):
        def named(self) -> float64:
            return self.double() + self.half
        def double(self, by: float64 = 2.0) -> float64:
            return self.area() * by + 1.0

    @frozen
    class Square(Shape):
        a: float64
        def area(self) -> float64:
            return self.a * self.a

    @frozen
    class Rect(Named):
        a: float64
        b: float64
        def area(self) -> float64:
            return self.a * self.b

    @frozen
    class Circle(HasArea):
        r: float64
        def area(self) -> float64:
            return self.r * 3.0
        def double(self) -> "Circle":
            return Circle(self.r * 2.0)

    class Tent(Shape):
        def area(self) -> float64:
            return 7.0

    def areas(s: Square, c: Circle) -> tuple[float64, float64, Circle]:
        return s.area(), c.area(), c.double()
    def inherited(s: Square, r: Rect, x: float64) -> tuple[float64, ...]:  # type: ignore
        return s.double(), s.double(x), s.half
    def of_square(s: Square, x: float64) -> tuple[float64, float64, float64, float64, float64]:
        return s.double(), s.double(by=x), s.half, s.unit(), s.scale(x)
    def of_rect(r: Rect, x: float64) -> tuple[float64, float64, float64, float64]:
        return r.double(), r.named(), r.half, Rect.double(r, x)
    def in_array(a: Array[Rect]) -> float64:
        total = 0.0
        for r in a:
            total += r.named()
        return total
    def fails(s: Square, n: int64) -> float64:
        return s.over(n)
    def same(s: Square) -> Square:
        return Square(s.a)
    def negated(s: Square) -> float64:
        return -s
    def shown(s: Square) -> str:
        return s.shown()
"""
NATIVE = {
    *(
        "areas",
        "inherited",
        "of_square",
        "of_rect",
        "in_array",
        "fails",
        "same",
        "Square.area",
        "Rect.area",
        "Circle.area",
    ),
    *("Circle.double", "Shape.double", "Shape.over", "Shape.half", "Shape.unit", "Shape.scale", "Named.named"),
    "Named.double",
}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("bases"), SOURCE)


def twins(bases: Both) -> list[dict[str, object]]:
    return [row for row in runtime.statistics() if row["module"] == bases.compiled.__name__]


def test_all_are_native(bases: Both) -> None:
    assert bases.native() == NATIVE
    specialised = {item.name: item.specialised for item in bases.report.functions if item.specialised}
    assert specialised["Shape.half"] == ("Shape.half[Square]", "Shape.half[Rect]")
    assert specialised["Shape.double"] == ("Shape.double[Square]",)


def test_native_code_really_runs(bases: Both) -> None:
    module = bases.compiled
    square, rect = module.Square(2.0), module.Rect(2.0, 3.0)
    runtime.reset_statistics()
    (
        module.areas(square, module.Circle(1.0)),
        module.of_square(square, 3.0),
        module.of_rect(rect, 3.0),
        module.fails(square, 2),
    )
    module.same(square), square.double(), rect.half, square.half, rect.named(), rect.double(3.0)
    assert not twins(bases)


def test_results(bases: Both) -> None:
    for x, y in itertools.product((0.0, 1.5, -2.0), repeat=2):
        both_ways(bases, "areas", lambda m, x=x, y=y: (m.Square(x), m.Circle(y)))
        both_ways(bases, "of_square", lambda m, x=x, y=y: (m.Square(x), y))
        both_ways(bases, "of_rect", lambda m, x=x, y=y: (m.Rect(x, y), y))
        both_ways(bases, "inherited", lambda m, x=x, y=y: (m.Square(x), m.Rect(x, y), y))
    for n in (2, 0):
        both_ways(bases, "fails", lambda m, n=n: (m.Square(2.0), n))
    both_ways(bases, "negated", lambda m: (m.Square(2.0),))
    both_ways(bases, "shown", lambda m: (m.Square(2.0),))
    for module in (bases.interpreted, bases.compiled):
        tent = module.Tent()
        assert (tent.double(), tent.half, tent.double(1), -tent, tent.scale(2.0)) == (14.0, 3.5, 7.0, -7.0, 6.0)
        assert module.Shape.double(module.Square(3.0)) == 18.0


def test_changed_bases(bases: Both) -> None:
    for module in (bases.interpreted, bases.compiled):
        square, rect = module.Square(2.0), module.Rect(2.0, 3.0)
        assert module.of_square(square, 1.0)[:3] == (8.0, 4.0, 2.0) and module.of_rect(rect, 1.0)[:2] == (13.0, 16.0)
        with mock.patch.object(module.Shape, "double", lambda self, by=2.0: 5.0):
            assert module.of_square(square, 1.0)[:3] == (5.0, 5.0, 2.0) and module.of_rect(rect, 1.0)[0] == 13.0
        with mock.patch.object(module.Square, "double", lambda self, by=2.0: 6.0):
            assert module.of_square(square, 1.0)[:3] == (6.0, 6.0, 2.0)
        with mock.patch.object(module.Named, "double", lambda self, by=2.0: 7.0):
            assert module.of_rect(rect, 1.0) == (7.0, 10.0, 3.0, 7.0)
        with mock.patch.object(module.Named, "half", property(lambda self: 8.0), create=True):
            assert module.of_rect(rect, 1.0) == (13.0, 21.0, 8.0, 7.0)
        assert module.of_square(square, 1.0)[:3] == (8.0, 4.0, 2.0) and module.of_rect(rect, 1.0)[:2] == (13.0, 16.0)
    runtime.reset_statistics()
    bases.compiled.of_square(bases.compiled.Square(2.0), 1.0)
    assert not twins(bases)


def test_what_a_base_cannot_give(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from __future__ import annotations
        from abc import ABC
        from pyfreeze import frozen, float64
        class Base(ABC):
            def other(self, other: Base) -> float64:
                return 1.0
            def again(self) -> float64:
                return self.missing()  # type: ignore
            def itself(self) -> float64:
                return super().__hash__() * 0.0
        @frozen
        class P(Base):
            x: float64
        def f(p: P) -> float64:
            return p.x
        """,
    )
    assert both.native() == {"f", "Base.other"}
    reasons: dict[str, Any] = {item.name: item.reasons for item in both.report.functions}
    assert "`missing`" in reasons["Base.again"][0].message
