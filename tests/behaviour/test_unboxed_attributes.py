"""Attributes that functions over objects read and set as numbers, without objects: whatever else may be there."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from tests.conftest import Both

Build = Callable[[str], Both]

SOURCE = """
import sys

class Plain:
    def __init__(self, x, v, n=0):
        self.x = x
        self.v = v
        self.n = n

    def state(self):
        return sorted(vars(self).items(), key=str)

class Slots:
    __slots__ = ("n", "v", "x")

    def __init__(self, x, v, n=0):
        self.x = x
        self.v = v
        self.n = n

    def state(self):
        return [(name, getattr(self, name, "unset")) for name in self.__slots__]

class Mixed(Slots):
    def state(self):
        return super().state() + sorted(vars(self).items(), key=str)

class InDict(Plain):
    def __init__(self, *numbers):
        super().__init__(*numbers)
        vars(self)["seen"] = True

class Property(Plain):
    @property
    def x(self):
        frame = sys._getframe(1)
        local = {name: value for name, value in frame.f_locals.items() if isinstance(value, (int, float))}
        self.log.append((frame.f_lineno, sorted(local.items())))
        return self.kept

    @x.setter
    def x(self, value):
        vars(self).setdefault("log", [])
        frame = sys._getframe(1)
        self.log.append((frame.f_lineno, value))
        self.kept = value

class Computed(Plain):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return {"x": 0.5, "v": 2.0, "n": 3}[name]

    def __delattr__(self, name):
        super().__delattr__(name)

class Everything(Plain):
    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        return value * 2 if type(value) is float else value

class Setting(Plain):
    def __setattr__(self, name, value):
        super().__setattr__(name, value + 1 if type(value) is float else value)

class OfClass:
    x, v, n = 1.0, 0.5, 2
    kept = []

    def __init__(self, x=1.0, v=0.5, n=2):
        pass

    def state(self):
        return sorted(vars(self).items(), key=str)

class Meta(type):
    @property
    def v(cls):
        return 0.25

class Float(float):
    def __add__(self, other):
        return Float(float(self) + float(other) + 1000.0)
    __radd__ = __add__
    def __mul__(self, other):
        return "times"

def make(kind, x=1.5, v=0.25, n=0):
    return kind(x, v, n)

def run(objects, steps, meet=None):
    total = 0.0
    count = 0
    for step in range(steps):
        if meet is not None:
            meet(objects, step)
        for one in objects:
            one.x += one.v * 0.5
            one.n = one.n + 1
            total = total + one.x * one.x - one.v
            count += one.n * 2
    return total, count, [one.state() for one in objects if hasattr(one, "state")], [getattr(one, "log", 0) for one in objects]

def pairs(objects, dt):
    count = len(objects)
    for i in range(count):
        a = objects[i]
        for j in range(i + 1, count):
            b = objects[j]
            d = a.x - b.x
            if d < 0.0:
                d = -d
            a.v -= d * dt
            b.v += d * dt
    return [one.v for one in objects]

def first(owner, factor):
    a = owner.x * 2.0 + owner.v * 3.0
    b = owner.x * factor + 1.0
    owner.y = a + b * 0.5
    owner.y = owner.y + 1.0
    return a, b, owner.y

class Made:
    def __init__(self, a):
        self.a = a * 2.0
        self.b = self.a * a + 1.0
        self.c = self.a * self.b - 0.5
        self.d = self.c + self.b
        for i in range(3):
            self.e = self.d * 0.5 + i

def shared(owner):
    keep = owner.x
    for i in range(3):
        owner.x = owner.x + 1.0
        other = owner.x
        owner.v = owner.x
        owner.x = owner.x * 2.0
    return keep, other, owner.x, owner.v
"""
KINDS = ("Plain", "Slots", "Mixed", "InDict", "Property", "Computed", "Everything", "Setting", "OfClass")


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Both:
    from tests.conftest import build_both

    return build_both(tmp_path_factory.mktemp("attributes"), SOURCE)


def _outcome(version: object, name: str, make: Callable[[object], tuple[object, ...]]) -> str:
    try:
        return repr(getattr(version, name)(*make(version)))
    except Exception as error:
        trace, lines = error.__traceback__, []
        while trace is not None:
            lines.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
            trace = trace.tb_next
        return f"{type(error).__name__} {error} {lines[1:]}"


def _same(module: Both, name: str, make: Callable[[object], tuple[object, ...]]) -> str:
    expected = _outcome(module.interpreted, name, make)
    for _ in range(3):  # caches are filled, and met by what they have seen
        assert _outcome(module.compiled, name, make) == expected
    return expected


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_number_may_be(module: Both, kind: str) -> None:
    for steps in (0, 1, 2, 5):
        _same(
            module,
            "run",
            lambda version, kind=kind, steps=steps: ([version.make(getattr(version, kind)) for _ in range(3)], steps),
        )
    _same(
        module,
        "pairs",
        lambda version, kind=kind: ([version.make(getattr(version, kind), x) for x in (1.0, 4.5, -2.0)], 0.25),
    )
    _same(module, "first", lambda version, kind=kind: (version.make(getattr(version, kind)), 1.5))
    _same(module, "shared", lambda version, kind=kind: (version.make(getattr(version, kind)),))


def test_kinds_in_turn_at_one_place(module: Both) -> None:
    for rotation in range(len(KINDS)):
        kinds = KINDS[rotation:] + KINDS[:rotation]
        _same(
            module,
            "run",
            lambda version, kinds=kinds: ([version.make(getattr(version, kind)) for kind in kinds], 4),
        )
        _same(
            module,
            "pairs",
            lambda version, kinds=kinds: ([version.make(getattr(version, kind)) for kind in kinds], 0.5),
        )


@pytest.mark.parametrize(
    "value", [1, True, 2**70, "Float", None, "text", math.nan, math.inf, -0.0, [1.0], complex(1, 2)], ids=repr
)
def test_what_is_no_float(module: Both, value: object) -> None:
    def given(version: object) -> object:
        return version.Float(2.5) if value == "Float" else value

    for kind in ("Plain", "Slots", "InDict", "Property", "Setting"):
        for where in ("x", "v", "n"):
            _same(
                module,
                "run",
                lambda version, kind=kind, where=where: (
                    [version.make(getattr(version, kind), **{where: given(version)})],
                    3,
                ),
            )
            _same(
                module,
                "first",
                lambda version, kind=kind, where=where: (
                    version.make(getattr(version, kind), **{where: given(version)}),
                    2,
                ),
            )
            _same(
                module,
                "shared",
                lambda version, kind=kind, where=where: (
                    version.make(getattr(version, kind), **{where: given(version)}),
                ),
            )


def test_numpy_floats_and_classes_and_modules(module: Both) -> None:
    numpy = pytest.importorskip("numpy")
    for kind in ("Plain", "Slots"):
        _same(module, "run", lambda version, kind=kind: ([version.make(getattr(version, kind), numpy.float64(1.5))], 3))
        _same(
            module, "first", lambda version, kind=kind: (version.make(getattr(version, kind), numpy.float32(0.1)), 2.0)
        )

    def a_class(version: object) -> tuple[object, ...]:
        return type("C", (), {"x": 1.5, "v": 0.5, "n": 1}), 2.0

    def of_a_metaclass(version: object) -> tuple[object, ...]:
        return version.Meta("C", (), {"x": 1.5, "v": 0.5, "n": 1}), 2.0

    def a_module(version: object) -> tuple[object, ...]:
        made = type(math)("m")
        vars(made).update(x=1.5, v=0.5)
        return made, 2.0

    for make in (a_class, of_a_metaclass, a_module, lambda version: (object(), 1.0), lambda version: (1.0, 1.0)):
        _same(module, "first", make)


def test_an_object_changes_in_the_middle(module: Both) -> None:
    def changes(version: object) -> list[Callable[[list[object], int], None]]:
        def at(when: int, change: Callable[[list[object]], None]) -> Callable[[list[object], int], None]:
            return lambda objects, step: change(objects) if step == when else None

        def of_class(objects: list[object]) -> None:
            objects[0].__class__ = version.Computed

        def deleted(objects: list[object]) -> None:
            del objects[0].x

        def described(objects: list[object]) -> None:
            kind = type(objects[0])
            kind.v = property(lambda self: 8.0)

        def undescribed(objects: list[object]) -> None:
            del type(objects[0]).v

        def materialised(objects: list[object]) -> None:
            vars(objects[0])["x"] = 4.0

        def replaced(objects: list[object]) -> None:
            objects[0].__dict__ = {"x": 3.0, "v": 1.0, "n": 5}

        def counted(objects: list[object]) -> None:
            type(objects[0]).count = 1

        def got(objects: list[object]) -> None:
            type(objects[0]).__getattribute__ = lambda self, name: (
                0.125 if name == "v" else object.__getattribute__(self, name)
            )

        def set_(objects: list[object]) -> None:
            type(objects[0]).__setattr__ = lambda self, name, value: object.__setattr__(
                self, name, value if name == "n" else value + 1.0
            )

        def int_(objects: list[object]) -> None:
            objects[0].x = 7

        def based(objects: list[object]) -> None:
            type(objects[0]).__bases__ = (version.Property,)

        def both_(objects: list[object], step: int) -> None:
            if step == 1:
                described(objects)
            elif step == 3:
                undescribed(objects)

        single = (of_class, deleted, described, materialised, replaced, counted, got, set_, int_, based)
        return [*(at(2, change) for change in single), both_]

    for number in range(11):
        for start in ("Plain", "InDict"):

            def make(version: object, start: str = start, number: int = number) -> tuple[object, ...]:
                fresh = type("Fresh", (getattr(version, start),), {})
                return [version.make(fresh) for _ in range(2)], 5, changes(version)[number]

            _same(module, "run", make)


def test_attributes_made_for_the_first_time(module: Both) -> None:
    for value in (1.5, 2, "a", None):
        expected = _outcome(module.interpreted, "Made", lambda version, value=value: (value,))
        found = _outcome(module.compiled, "Made", lambda version, value=value: (value,))
        assert expected.partition(" at ")[0].replace("_py", "") == found.partition(" at ")[0]
    one, other = module.interpreted.Made(1.5), module.compiled.Made(1.5)
    assert list(vars(one).items()) == list(vars(other).items())


def test_a_float_that_others_hold_stays_as_it_is(both: Build) -> None:
    module = both(
        """
        class Point:
            def __init__(self, x):
                self.x = x
                self.y = x

        def move(point, n):
            kept = [point.x]
            for i in range(n):
                point.x += 1.0
                point.x *= 2.0
                point.y = point.x - 0.5
                kept.append(point.x)
                kept.append(point.y)
            other = point.x
            point.x += 1.5
            point.y = other * 2.0 + point.x * 3.0
            return kept, other, point.x, point.y

        def in_turn(points, n):
            for i in range(n):
                for point in points:
                    point.x = point.x * 0.5 + point.y * 0.25 + 1.0
                    point.y = point.x
            return [(point.x, point.y) for point in points]
        """
    )
    for version in (module.interpreted, module.compiled):
        number = 1.5
        point = version.Point(number)
        assert repr(version.move(point, 3)) == repr(module.interpreted.move(module.interpreted.Point(1.5), 3))
        assert number == 1.5
    for n in (0, 1, 4):
        results = [repr(v.in_turn([v.Point(1.0), v.Point(-2.5)], n)) for v in (module.interpreted, module.compiled)]
        assert results[0] == results[1]


def test_a_destructor_runs_when_a_float_replaces_its_object(both: Build) -> None:
    module = both(
        """
        import sys

        class Loud:
            def __init__(self, log):
                self.log = log

            def __del__(self):
                frame = sys._getframe(1)
                self.log.append((frame.f_lineno, frame.f_locals.get("i"), frame.f_locals.get("total")))

        class Owner:
            pass

        def replace(owner, log, n):
            total = 0.0
            for i in range(n):
                owner.x = Loud(log)
                total = total + 0.5
                owner.x = total * 2.0 + 1.0
                total = total + owner.x * 0.25
            return total, log
        """
    )
    for n in (1, 3):
        results = [repr(v.replace(v.Owner(), [], n)) for v in (module.interpreted, module.compiled)]
        assert results[0] == results[1]
