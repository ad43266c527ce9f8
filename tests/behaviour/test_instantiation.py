"""Instances made by calling classes: by `__init__`, by `__new__`, by neither, and by what only looks like them."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tests.conftest import Both

Build = Callable[[str], Both]

CLASSES = """
    import abc
    import collections
    import enum
    import typing

    log = []

    class Plain:
        def __init__(self, a, b=2, *rest, c=3, **named):
            self.found = [a, b, rest, c, sorted(named.items())]

    class Empty:
        pass

    class Child(Plain):
        pass

    class Slots:
        __slots__ = ("found",)

        def __init__(self, found):
            self.found = found

    class Answers:
        def __init__(self, answer):
            return answer

    class Raises:
        def __init__(self, error):
            raise error

    class New:
        def __new__(cls, a, *rest, **named):
            self = super().__new__(cls)
            self.found = [cls.__name__, a, rest, sorted(named.items())]
            return self

    class NewAndInit:
        def __new__(cls, *given, **named):
            self = object.__new__(cls)
            self.found = [given, sorted(named.items())]
            return self

        def __init__(self, *given, **named):
            self.found += [given, sorted(named.items())]

    class Other:
        def __new__(cls, what):
            return what

        def __init__(self, *given):
            log.append(("init", given))

    class OtherWithoutInit:
        def __new__(cls, what):
            return what

    class Wrong:
        def __new__(cls, *given):
            return object.__new__(cls, *given)

    class Abstract(abc.ABC):
        def __init__(self, *given):
            self.found = given

        @abc.abstractmethod
        def method(self):
            pass

    class Concrete(Abstract):
        def method(self):
            pass

    class Meta(type):
        def __call__(cls, *given):
            log.append((cls.__name__, given))
            return super().__call__(*given[1:])

    class Called(metaclass=Meta):
        def __init__(self, *given):
            self.found = given

    class Quiet(type):
        pass

    class QuietlyCalled(metaclass=Quiet):
        def __init__(self, *given):
            self.found = given

    class NewOfMeta(type):
        @property
        def __new__(cls):
            log.append("asked the metaclass")
            return lambda *given: given

    class AskedOfMeta:
        def __new__(cls, *given):
            return super().__new__(cls)

    class Pair(collections.namedtuple("Pair", "x y", defaults=(7,))):
        __slots__ = ()

        @property
        def found(self):
            return list(self)

    class Typed(typing.NamedTuple):
        x: int
        y: int = 3

    class Number(int):
        def __new__(cls, value, extra=1):
            return int.__new__(cls, value + extra)

    class Listed(list):
        def __init__(self, *given):
            list.__init__(self, given)

    class Failure(Exception):
        def __init__(self, *given):
            super().__init__(*given[1:])

    class Colour(enum.Enum):
        RED = 1

    class Static:
        @staticmethod
        def __init__(*given):
            log.append([getattr(a, "__name__", a) for a in given])

    class Class:
        @classmethod
        def __init__(cls, *given):
            log.append((cls.__name__, given))

    class Callable:
        def __call__(self, *given):
            log.append([getattr(a, "__name__", a) for a in given])

    class InitIsObject:
        __init__ = Callable()

    class NewIsObject:
        __new__ = Callable()

    class NewIsClassMethod:
        @classmethod
        def __new__(cls, *given):
            log.append((cls.__name__, [getattr(a, "__name__", a) for a in given]))
            return object.__new__(cls)

    class Generic(typing.Generic[typing.TypeVar("T")]):
        def __init__(self, *given):
            self.found = given

    def make(name, *given, **named):
        log.clear()
        x = globals()[name](*given, **named)
        return type(x).__name__, getattr(x, "found", None), repr(x) if isinstance(x, (int, tuple, list, Exception)) else "", log

    def by_zero(name):
        return describe(globals()[name]())

    def by_one(name, a):
        return describe(globals()[name](a))

    def by_two(name, a, b):
        return describe(globals()[name](a, b))

    def by_name(name, a, b):
        return describe(globals()[name](a, c=b))

    def describe(x):
        return type(x).__name__, getattr(x, "found", None), repr(x) if isinstance(x, (int, tuple, list, Exception)) else "", list(log)
"""
NAMES = (
    *(
        "Plain",
        "Empty",
        "Child",
        "Slots",
        "Answers",
        "Raises",
        "New",
        "NewAndInit",
        "Other",
        "OtherWithoutInit",
        "Wrong",
    ),
    *("Abstract", "Concrete", "Called", "QuietlyCalled", "AskedOfMeta", "Pair", "Typed", "Number", "Listed", "Failure"),
    *("Colour", "Static", "Class", "InitIsObject", "NewIsObject", "NewIsClassMethod", "Generic", "object", "Exception"),
)


def test_every_kind_of_class(both: Build) -> None:
    module = both(CLASSES.replace("def make(", "object = object\n    Exception = Exception\n\n    def make("))
    for name in NAMES:
        for _ in range(2):
            module.same("make", name)
            module.same("by_zero", name)
            for given in [None, 1, "RED", ValueError]:
                module.same("make", name, given)
                module.same("by_one", name, given)
                module.same("by_two", name, given, given)
                module.same("by_name", name, given, given)
                module.same("make", name, given, b=given)


def test_classes_may_change_between_calls(both: Build) -> None:
    module = both(
        """
        class Plain:
            pass

        def make(*given):
            try:
                x = Plain(*given)
                return type(x).__name__, sorted(vars(x).items()) if type(x) is Plain else x
            except Exception as error:
                return type(error).__name__, str(error)

        def one(a):
            try:
                x = Plain(a)
                return type(x).__name__, sorted(vars(x).items()) if type(x) is Plain else x
            except Exception as error:
                return type(error).__name__, str(error)

        def init(self, a):
            self.a = a

        def other_init(self, *given):
            self.given = given

        def new(cls, *given):
            self = object.__new__(cls)
            self.new = [getattr(a, "__name__", a) for a in given]
            return self

        def changes():
            found = [make(), make(1), one(1)]
            for name, value in (
                ("__init__", init), ("__init__", other_init), ("__new__", new), ("__new__", staticmethod(new)),
                ("__new__", classmethod(new)), ("__init__", None), ("__init__", init),
            ):
                setattr(Plain, name, value)
                found += [make(), make(1), one(1), make(1, 2)]
            del Plain.__init__
            found += [make(), make(1), one(1)]
            del Plain.__new__
            return found + [make(), one(1)]

        def change_class_in_init():
            class Second:
                def __init__(self, n):
                    self.n = n

            class First:
                def __init__(self, n):
                    self.__class__ = Second
                    First.__init__ = None

            return type(First(1)).__name__, type(Second(2)).__name__
        """
    )
    module.same("changes")
    module.same("change_class_in_init")


def test_tracebacks_and_callers(both: Build) -> None:
    module = both(
        """
        import sys

        class Plain:
            def __init__(self, a):
                self.caller = sys._getframe(1).f_code.co_name, sys._getframe(1).f_lineno
                self.value = 1 / a

        class New:
            def __new__(cls, a):
                self = super().__new__(cls)
                self.caller = sys._getframe(1).f_code.co_name, sys._getframe(1).f_lineno
                self.value = 1 / a
                return self

        def plain(a):
            return Plain(a).caller

        def new(a):
            return New(
                a
            ).caller

        def wrong():
            return Plain(1, 2)

        def wrong_new():
            return New(b=2)
        """
    )
    for name in ("plain", "new"):
        module.same(name, 1)
        module.same(name, 0)
    module.same("wrong")
    module.same("wrong_new")


def test_endless_construction_ends(both: Build) -> None:
    module = both(
        """
        class Init:
            def __init__(self):
                self.next = Init()

        class New:
            def __new__(cls):
                return New()

        def init():
            Init()

        def new():
            New()
        """
    )
    for name in ("init", "new"):
        with pytest.raises(RecursionError):
            getattr(module.compiled, name)()


def test_no_instance_is_lost_or_freed_early(both: Build) -> None:
    module = both(
        """
        class Plain:
            def __init__(self, a):
                self.a = a

        class New:
            def __new__(cls, a):
                self = super().__new__(cls)
                self.a = a
                return self

        class Fails:
            def __init__(self, a):
                self.a = a
                raise ValueError(a)

        class Answers:
            def __init__(self, a):
                return a

        def work(x, n):
            for _ in range(n):
                Plain(x)
                p = Plain(a=x)
                q = New(x)
                for class_ in (Fails, Answers):
                    try:
                        class_(x)
                    except (ValueError, TypeError):
                        pass

        class Dies:
            def __init__(self, log):
                self.log = log
                log.append("made")

            def __del__(self):
                self.log.append("dead")

        def order():
            log = []
            Dies(log)
            log.append("next")
            d = Dies(log)
            log.append("kept")
            d = Dies(log)
            log.append("replaced")
            return log
        """
    )
    module.same("order")
    target = object()
    module.compiled.work(target, 2)
    before = sys.getrefcount(target), sys.getrefcount(module.compiled.Plain), sys.getrefcount(module.compiled.New)
    module.compiled.work(target, 500)
    after = sys.getrefcount(target), sys.getrefcount(module.compiled.Plain), sys.getrefcount(module.compiled.New)
    assert after == before


def test_a_place_that_calls_a_class_it_cannot_remember_between_two_that_it_can(both: Build) -> None:
    module = both(
        """
        class Direct:
            def __init__(self, a, b):
                self.both = a, b

        class Gathering:
            def __init__(self, *numbers):
                self.both = numbers

        class Pair(tuple):
            def __new__(cls, a, b):
                self = super().__new__(cls, (a, b))
                self.both = a, b
                return self

        def make(kind):
            return kind(1, 2).both

        def in_turn(names):
            return [make(globals()[name]) for name in names]
        """
    )
    for names in (
        ["Direct", "Gathering"] * 3,
        ["Gathering", "Direct", "Direct", "Pair", "Direct", "Gathering", "Direct"],
    ):
        module.same("in_turn", names)
