"""Frozen classes: class methods, class constants, functions called through the class, and Python's protocols."""

from __future__ import annotations

import itertools
from pathlib import Path
from unittest import mock

import pytest

import pyfreeze._runtime as runtime
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
        P = module.P
        assert P.make(2.0) == P(2.0, 1.0) == P(0.0).make(2.0)
        function = vars(P)["make"].__func__
        assert function(type("Q", (), {"SCALE": 3.0, "__new__": lambda cls, *a: a}), 2.0) == (2.0, 6.0)
        with pytest.raises(ZeroDivisionError) as caught:
            P.shifted(1.0)
        assert caught.tb.tb_next.tb_frame.f_locals == {"cls": P, "x": 1.0, "by": 1.0, "made": P(1.0, 0.5)}


def test_replaced_class_attributes_are_seen_at_once(members: Both) -> None:
    for module in (members.interpreted, members.compiled):
        P = module.P
        p = P(1.0, 1.0)
        before = module.constants(p, 1)
        for name, value in (
            ("ZERO", P(9.0, 9.0)), ("ZERO", "text"), ("SCALE", 4.0), ("SCALE", 4), ("LIMIT", 4), ("LIMIT", True),
            ("WIDE", 2**70), ("moving", 5.5), ("moving", property(lambda self: 1.0)),
        ):  # fmt: skip
            with mock.patch.object(P, name, value):
                if name == "ZERO" and value == "text" or isinstance(value, property):
                    with pytest.raises((AttributeError, TypeError)):
                        module.constants(p, 1)
                else:
                    assert module.constants(p, 1) != before or value is True
            assert module.constants(p, 1) == before
        assert module.without_values(1.0) == 5.0
        with mock.patch.object(P, "two", staticmethod(lambda: 10.0)):
            assert module.without_values(1.0) == 13.0
        with mock.patch.object(P, "LIMIT", 5):
            assert module.without_values(1.0) == 7.0
        assert module.without_values(1.0) == 5.0
        with mock.patch.object(P, "make", classmethod(lambda cls, x: cls(100.0, x))):
            assert module.class_methods(p, 2.0)[:2] == (P(100.0, 2.0), P(100.0, 2.0))
        with mock.patch.object(P, "make", staticmethod(lambda x: P(100.0, x))):
            assert module.class_methods(p, 2.0)[1] == P(100.0, 2.0)
        with mock.patch.object(P, "dot", lambda self, other: 7.0):
            assert module.through_class(p, p) == (7.0, 7.0, 7.0)
        assert module.class_methods(p, 2.0)[:2] == (P(2.0, 1.0), P(2.0, 1.0))


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
