"""Short ways of calls of builtins, and what objects live through on all short ways."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import pytest

from tests.behaviour.test_object_fast_paths import Dict, Int, List, Str, same
from tests.conftest import Both

Build = Callable[[str], Both]


def test_calls_of_builtins(both: Build) -> None:
    module = both(
        """
        def one(x):
            found = []
            for call in (len, ord, chr, abs, type, str, tuple, int, float, list, repr, hash, callable, iter, bool, id):
                try:
                    found.append(call(x) if call is not id and call is not iter else None)
                except Exception as error:
                    found.append((type(error).__name__, str(error)))
            return found

        def checks(x, y):
            return isinstance(x, int), isinstance(x, (str, list)), isinstance(x, y)

        def counts():
            found = []
            for call in (len, isinstance, type, str, ord, max, min, sorted, print, [].append, "a".join, list.append, str.join):
                for arguments in ((), (1,), (1, 2), (1, 2, 3, 4)):
                    try:
                        if call is not print:
                            found.append(call(*arguments) if len(arguments) > 2 else call(1, 2) if arguments else call())
                    except Exception as error:
                        found.append((type(error).__name__, str(error)))
            return found

        def methods(x):
            x.append(1)
            return x, list.append(x, 2), x

        def wrong_self(x):
            return list.append(x, 1)

        def texts(s, t):
            return s.startswith(t), s.join([t, t]), s.find(t), s.split(), s.upper(), s.replace("a", t)

        def dicts(d, key):
            return d.get(key), d.get(key, 1), d.setdefault(key, 2), d.pop(key), list(d.keys())

        def extremes(a, b):
            return max(a, b), min(a, b)
        """
    )
    for value in [5, -5, "a", "ab", 1.5, [1], (1,), List(), Str("ab"), Int(4), None, 2**80, 0x110000, {}, len]:
        module.same("one", value)
        same(module, "methods", value)
        same(module, "wrong_self", value)
        for class_ in (int, list, object, (), (int, (str,)), 3, "x"):
            module.same("checks", value, class_)
    module.same("counts")
    for text in ["ab", "", Str("ab"), 5, b"a"]:
        same(module, "texts", "cabc", text)
        same(module, "texts", text, "b")
    for made in (dict, Dict):
        for key in [1, "a", [], Int(1)]:
            same(module, "dicts", made({1: 2}), key)
    for pair in [(1, 2), ("a", "b"), (1, "a"), (math.nan, 1.0), (Int(1), 2)]:
        module.same("extremes", *pair)


def test_the_greatest_and_the_least(both: Build) -> None:
    module = both(
        """
        class Noisy:
            def __init__(self, log, value, answer=None):
                self.log, self.value, self.answer = log, value, answer

            def __gt__(self, other):
                self.log.append(("gt", self.value, other.value))
                return self.answer if self.answer is not None else self.value > other.value

            def __lt__(self, other):
                self.log.append(("lt", self.value, other.value))
                return self.answer if self.answer is not None else self.value < other.value

        class NoTruth:
            def __bool__(self):
                raise ValueError("no truth")

        def orders(answers):
            log = []
            items = [Noisy(log, value, answer) for value, answer in zip((2, 3, 1, 3), answers)]
            found = [max(*items).value, min(*items).value, max(items[0], items[1]).value, min(items[2], items[1]).value]
            return found, log

        def fails():
            log = []
            return max(Noisy(log, 1), Noisy(log, 2, NoTruth()))

        def which(a, b):
            return max(a, b) is a, min(a, b) is a, max(b, a) is b, min(b, a) is b

        def many(a, b, c):
            return max(a, b, c), min(a, b, c), max(c, b, a), min(c, b, a)

        def others(x):
            found = []
            for call in (max, min):
                for arguments, named in (((x,), {}), ((), {}), ((x, x), {"key": len}), ((x,), {"default": 3}), ((x, x), {"default": 3})):
                    try:
                        found.append(call(*arguments, **named))
                    except Exception as error:
                        found.append((type(error).__name__, str(error)))
            return found

        def keys(a, b):
            return max(a, b, key=lambda x: -x), min(a, b, key=lambda x: -x)
        """
    )
    for answers in [(None,) * 4, (0, 1, 0, 1), ([], [1], "", "x"), (True, False, NotImplemented, NotImplemented)]:
        module.same("orders", answers)
    module.same("fails")
    big = 10**30
    for pair in [(1.0, 1), (1, True), (0.0, -0.0), (math.nan, math.nan), (big, big + 1), ("a", "a"), (Int(4), Int(4))]:
        module.same("which", *pair)
    numbers = [(1, 2.5, -3), (1.0, math.nan, 2.0), (1, big, -big)]
    for three in [*numbers, ("b", "a", "c"), ("a", 1, 2), (None, None, None), ([1], [2], [])]:
        module.same("many", *three)
    for value in [(), (3, 1, 2), 5, "abc", [1, "a"], {1: 2}]:
        module.same("others", value)
    module.same("keys", 1, 2)


INSTANCES = """
    import abc
    import numbers

    class Base:
        pass

    class Derived(Base):
        pass

    class Liar:
        def __init__(self, class_):
            self.class_ = class_

        @property
        def __class__(self):
            if self.class_ is None:
                raise AttributeError("hidden")
            if self.class_ == 0:
                raise ZeroDivisionError("asked")
            return self.class_

    class Asked:
        def __getattribute__(self, name):
            if name == "__class__":
                return str
            return object.__getattribute__(self, name)

    class Meta(type):
        log = []

        def __instancecheck__(cls, instance):
            Meta.log.append(cls.__name__)
            if cls.answer is None:
                raise ValueError("not to be asked")
            return cls.answer

    class Yes(metaclass=Meta):
        answer = [1]

    class No(metaclass=Meta):
        answer = 0

    class Never(metaclass=Meta):
        answer = None

    class Virtual(abc.ABC):
        pass

    Virtual.register(int)

    def values():
        return [
            1, True, "a", None, 1.5, Base(), Derived(), Base, int, Liar(str), Liar(Derived), Liar(3), Liar(None), Liar(0), Asked(),
            Yes(), No(), Never(), len, [].append, (i for i in ()), range(3),
        ]

    def classes():
        return [
            int, str, object, type, Base, Derived, Yes, No, Never, Virtual, numbers.Integral, (), (int,), (str, int), (int, 3), (3, int),
            (Base, (str, (float,))), (Yes, int), (No, int), (No, Never), (int, Never), (Virtual, str), [int], None, int | str,
            (int | None, str), (list[int],), type(None), type(len),
        ]

    def ask():
        found = []
        for value in values():
            for class_ in classes():
                Meta.log.clear()
                try:
                    answer = isinstance(value, class_)
                except Exception as error:
                    answer = type(error).__name__, str(error)
                found.append((answer, list(Meta.log)))
        return found

    def deep(n):
        class_ = (int,)
        for _ in range(n):
            class_ = (class_,)
        return isinstance("a", class_)

    def later():
        found = [isinstance(Base(), (int, str))]
        Base.__class__ = property(lambda self: str)
        found += [isinstance(Base(), (int, str)), isinstance(Derived(), str)]
        del Base.__class__
        return [*found, isinstance(Base(), (int, str))]
"""


def test_what_is_an_instance_of_what(both: Build) -> None:
    module = both(INSTANCES)
    module.same("ask")
    module.same("later")
    module.same("deep", 50)
    for found in (module.interpreted, module.compiled):
        with pytest.raises(RecursionError):
            found.deep(100_000)


def test_conversions_by_builtin_types(both: Build) -> None:
    module = both(
        """
        class Float(float):
            pass

        class Converts:
            def __init__(self, value):
                self.value = value

            def __int__(self):
                return self.value

            def __float__(self):
                return self.value

            def __index__(self):
                return 7

            def __bool__(self):
                return self.value

        class MyInt(int):
            def __int__(self):
                return 5

            def __trunc__(self):
                return 6

        def convert(make, *arguments):
            x = make(*arguments)
            found = []
            for call in (int, float, bool, str, list, tuple, set, dict):
                try:
                    y = call(x)
                    found.append((y if call is not str or make is str else 0, type(y).__name__, y is x))
                except Exception as error:
                    found.append((type(error).__name__, str(error)))
            return found

        def fresh(value):
            return int(value), float(value), bool(value)
        """
    )
    compiled, interpreted = module.compiled, module.interpreted
    values = [
        5,
        2**70,
        -1.5,
        True,
        " 12 ",
        "1_0",
        "x",
        "1e3",
        "٣",
        math.inf,
        math.nan,
        b"12",
        b"x",
        None,
        [],
        1e300,
        "9" * 5000,
    ]
    makers = [("Float", 1.5), ("MyInt", 3), ("Converts", 3), ("Converts", 2.5), ("Converts", "a")]
    for name, value in [*((None, value) for value in values), *makers]:
        answers = []
        for found in (interpreted, compiled):
            make = (lambda x: x) if name is None else getattr(found, name)
            answers.append(repr(found.convert(make, value)))
        assert answers[0] == answers[1], (name, value)
    for value in [0, 1, 2**31, -0.0, 3.99, "17"]:
        module.same("fresh", value)


TEXTS = [
    "",
    "a",
    "ab",
    "ba",
    "é",
    "éa",
    "Ω",
    "aΩ",
    "😀",
    "b😀a",
    "\ud800",
    "a" * 300,
    "é" * 70 + "Ω",
    Str("ab"),
    Str(""),
]


def test_texts_are_looked_through(both: Build) -> None:
    module = both(
        """
        def ends(s, t):
            return s.startswith(t), s.endswith(t), s.find(t), str.startswith(s, t), str.find(s, t)

        def ends_of_part(s, t):
            return s.startswith(t, 1), s.endswith(t, 0, 1), s.find(t, 1), s.startswith((t, "x")), s.endswith(())

        def one(name, s, t):
            return getattr(str, name)(s, t)
        """
    )
    for text in TEXTS:
        for other in TEXTS:
            module.same("ends", text, other)
            module.same("ends_of_part", text, other)
    for name in ("startswith", "endswith", "find"):
        for wrong in (None, 1, b"a", ["a"], ("a",), ("a", 1), Int(1)):
            module.same("one", name, "abc", wrong)
            module.same("one", name, wrong, "a")


def test_texts_are_put_together(both: Build) -> None:
    module = both(
        """
        class Str(str):
            pass

        class Formats:
            def __init__(self, text):
                self.text = text

            def __format__(self, spec):
                return self.text

            __repr__ = __str__ = lambda self: "shown"

        def join(a, b):
            return f"{a}{b}", f"{a}-{b}", f"<{a}é{b}>", f"{a}{b}Ω{a}", f"{a}{a}{b}{b}😀", "%s%s" % (a, b), f"{a!r}{b:>3}"

        def kinds(a, b):
            return [(type(text).__name__, text.isascii(), len(text)) for text in join(a, b)]

        def formatted(a):
            return join(Formats(a), Formats(Str(a))), type(f"{Formats(Str(a))}").__name__, type(f"{Formats(Str(a))}{Str()}").__name__
        """
    )
    for text in TEXTS:
        for other in TEXTS:
            module.same("join", text, other)
            module.same("kinds", text, other)
        module.same("formatted", text)
    module.same("formatted", 3)


def test_recursion_through_builtins_ends(both: Build) -> None:
    module = both(
        """
        def nested(n):
            x = []
            for _ in range(n):
                x = [x]
            return repr(x) == ""

        class Endless:
            def __repr__(self):
                return repr(self)

            def __len__(self):
                return len(self)

        def endless():
            return repr(Endless())

        def long():
            return len(Endless())
        """
    )
    for name in ("endless", "long"):
        with pytest.raises(RecursionError):
            getattr(module.compiled, name)()
    with pytest.raises(RecursionError):
        module.compiled.nested(100_000)


def test_objects_die_at_the_statement_where_the_interpreter_lets_them(both: Build) -> None:
    module = both(
        """
        class Noisy:
            def __init__(self, log, name):
                self.log, self.name = log, name

            def __del__(self):
                self.log.append("dead " + self.name)

        def run():
            log = []
            x = [Noisy(log, "a"), Noisy(log, "b")]
            x[0] = 1
            log.append("set")
            del x[1]
            log.append("deleted")
            d = {1: Noisy(log, "c")}
            d[1] = Noisy(log, "d")
            log.append("replaced")
            d = d[1].name + "!"
            log.append(d)
            for item in [Noisy(log, "e"), Noisy(log, "f")]:
                log.append(item.name)
            item = None
            log.append("loop over")
            a, b = Noisy(log, "g"), 2
            a, b = b, a
            a, b = 1, 2
            log.append("end")
            return log
        """
    )
    module.same("run")


def test_no_reference_is_lost(both: Build) -> None:
    module = both(
        """
        def work(obj, text, n):
            for _ in range(n):
                x = [obj, obj]
                x[0] = obj
                y = x[0:1] + x
                a, b = x
                d = {text: obj}
                c = d[text]
                s = text
                s += text
                s = s + text
                s += s
                try:
                    s += 1
                except TypeError:
                    pass
                try:
                    obj += text
                except TypeError:
                    pass
                t = (obj, text)[0]
                x.append(obj)
                if isinstance(obj, str) or len(x) > 99 or text == s or obj in y or obj == c:
                    pass
                for k, v in d.items():
                    pass
                for p, q in zip(x, y):
                    pass
        """
    )
    target, text = object(), "".join(["some", "text"])
    module.compiled.work(target, text, 2)
    before = sys.getrefcount(target), sys.getrefcount(text), sys.getrefcount(None)
    module.compiled.work(target, text, 1000)
    after = sys.getrefcount(target), sys.getrefcount(text), sys.getrefcount(None)
    assert after[:2] == before[:2]
    assert abs(after[2] - before[2]) < 100
