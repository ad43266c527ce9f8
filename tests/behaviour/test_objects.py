"""Functions over Python objects: statement by statement, compiled from bytecode, with every exception and its traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.conftest import Both

Build = Callable[[str], Both]


def framed(module: Both, *names: str) -> None:
    tiers = {item.name: item.tier for item in module.report.functions}
    for name in names:
        assert tiers[name] == "native-with-objects", (name, tiers[name])


class Endless:
    def __iter__(self) -> Iterator[int]:
        yield from (1, 2, 3)


def test_arithmetic_and_comparison_of_any_objects(both: Build) -> None:
    module = both(
        """
        def compute(a, b):
            return [a + b, a - b, a * b, a / b, a // b, a % b, a ** b, a < b, a == b, -a, +a, not a]

        def bits(a, b):
            return a << b, a >> b, a & b, a | b, a ^ b, ~a

        def chained(a, b, c):
            return a < b < c, a == b != c

        def in_place(a, b):
            x = a
            x += b
            x *= 2
            x -= b
            return x, a
        """
    )
    framed(module, "compute", "bits", "chained", "in_place")
    for pair in [(7, 2), (2.5, 0.5), (7, 0), (True, 3), ("a", "b"), ([1], [2]), (10**30, 7)]:
        module.same("compute", *pair)
        module.same("bits", *pair)
        module.same("chained", *pair, 3)
        module.same("in_place", *pair)
    module.same("chained", 1, 2, None)
    module.same("in_place", [1], [2])


def test_containers_and_loops(both: Build) -> None:
    module = both(
        """
        def counted(words):
            found = {}
            for word in words:
                found[word] = found.get(word, 0) + 1
            return sorted(found.items())

        def nested(rows):
            total = []
            for row in rows:
                for item in row:
                    if item is None:
                        continue
                    if item == "stop":
                        break
                    total.append(item)
                else:
                    total.append("end")
            return total

        def displays(a, b):
            return [a, b], (a, b), {a, b}, {a: b}, [*a, *b], {**{"x": 1}, "y": b}, a[0], b[-1], a[1:], a[::2], [a, *b]

        def comprehensions(items):
            return [x * 2 for x in items if x], {x for x in items}, {x: str(x) for x in items}, [(x, y) for x in items for y in items]

        def unpacked(pair):
            a, b = pair
            first, *rest = pair
            (c, d), e = (a, b), pair
            return a, b, first, rest, c, d, e

        def while_loop(n):
            i = 0
            while True:
                i += 1
                if i > n:
                    break
            else:
                return None
            return i

        def deleting(items, key):
            items = dict(items)
            del items[key]
            x = 1
            del x
            return items
        """
    )
    framed(module, "counted", "nested", "displays", "comprehensions", "unpacked", "while_loop", "deleting")
    module.same("counted", ["a", "b", "a", "c", "a"])
    module.same("counted", [[1]])
    module.same("counted", 3)
    module.same("nested", [[1, None, 2], [3, "stop", 4], []])
    module.same("displays", "ab", "cd")
    module.same("displays", "ab", 3)
    module.same("comprehensions", [0, 1, 2])
    module.same("comprehensions", [[], 1])
    for pair in [(1, 2), [1, 2], "ab", (1,), (1, 2, 3), 5, Endless()]:
        module.same("unpacked", pair)
    module.same("while_loop", 5)
    module.same("deleting", {1: 2}, 1)
    module.same("deleting", {1: 2}, 3)


def test_calls_of_every_form(both: Build) -> None:
    module = both(
        """
        def target(a, b=2, *args, c=3, **kwargs):
            return a, b, args, c, sorted(kwargs.items())

        def forms(f, xs, kw):
            return [f(1), f(1, 2), f(1, c=5), f(*xs), f(*xs, **kw), f(1, *xs, c=2, **kw), f(b=1, a=2)]

        def methods(s):
            return s.upper(), s.split(","), s.replace("a", "b", 1), ",".join([s, s]), "{}-{x}".format(s, x=1)

        def builtins_used(xs):
            return len(xs), sum(xs), max(xs), min(xs, default=0), sorted(xs, reverse=True), list(map(str, xs)), dict(a=1)

        def bad(f):
            return f(1, 2, 3, x=1)

        def not_callable(x):
            return x()

        def no_attribute(x):
            return x.missing

        def no_name():
            return missing_name

        def stars(f, x):
            return f(*x)

        def double(f, k):
            return f(**k, **k)
        """
    )
    target = module.interpreted.target
    framed(module, "forms", "methods", "builtins_used", "target")
    module.same("forms", target, [7, 8], {"z": 9})
    module.same("forms", target, [], {"z": 9})
    module.same("forms", target, [], 5)
    module.same("target", 1, 2, 3, 4, c=5, d=6)
    module.same("methods", "a,b")
    module.same("methods", b"a,b")
    module.same("builtins_used", [3, 1, 2])
    module.same("builtins_used", [])
    module.same("bad", len)
    module.same("not_callable", 3)
    module.same("no_attribute", 3)
    module.same("no_name")
    module.same("stars", len, 5)
    module.same("stars", print, 5)
    module.same("double", dict, {"a": 1})
    module.same("double", dict, 7)


def test_closures_functions_and_lambdas(both: Build) -> None:
    module = both(
        """
        def counter(start):
            count = start

            def step(by=1, *, scale=1):
                nonlocal count
                count += by * scale
                return count

            return step(), step(2), step(scale=3), count

        def lambdas(n):
            fs = [lambda x, i=i: x + i for i in range(n)]
            return [f(10) for f in fs], (lambda *a, **k: (a, k))(1, b=2)

        def unbound(flag):
            if flag:
                x = 1
            return x

        def unbound_free(flag):
            def inner():
                return x
            if flag:
                x = 1
            return inner()

        def annotated(a):
            def f(x: int, y: "str" = "q") -> float:
                "doc"
                return 1.0
            return f.__annotations__, f.__doc__, f.__defaults__, f.__qualname__

        def local_class(base):
            class Local(base):
                z = 3
                def method(self):
                    return self.z, super().__repr__()[:5], __class__.__name__
            return Local().method()

        def globals_changed(n):
            global made
            made = n
            out = made
            del made
            return out
        """
    )
    framed(module, "counter", "lambdas", "unbound", "unbound_free", "annotated", "local_class", "globals_changed")
    module.same("counter", 5)
    module.same("lambdas", 3)
    for flag in (True, False):
        module.same("unbound", flag)
        module.same("unbound_free", flag)
    module.same("annotated", 1)
    module.same("local_class", object)
    module.same("globals_changed", 4)


def test_text_formatting_and_imports(both: Build) -> None:
    module = both(
        """
        def formatted(x, width):
            return f"{x}", f"{x!r:>{width}}", f"a{x:>5}b{width}", "%s-%d" % (x, width), f"{x!s}{x!a}"

        def imports(name):
            import os.path as p
            from collections import OrderedDict, deque as d
            import sys
            return p.join("a", name), OrderedDict([(1, 2)]), d([1]), sys.__name__

        def missing_module():
            import no_such_module_at_all

        def missing_name():
            from os import no_such_name
        """
    )
    framed(module, "formatted", "imports", "missing_module", "missing_name")
    module.same("formatted", 5, 8)
    module.same("formatted", "é", 8)
    module.same("formatted", [1], 8)
    module.same("imports", "b")
    module.same("missing_module")
    module.same("missing_name")


def test_match_statements(both: Build) -> None:
    module = both(
        """
        class Point:
            __match_args__ = ("x", "y")

            def __init__(self, x, y):
                self.x, self.y = x, y

        def kind(value):
            match value:
                case None | True:
                    return "singleton"
                case int(n) if n > 10:
                    return "big", n
                case 0 | 1:
                    return "bit"
                case str() as text:
                    return "text", text
                case [first, *rest]:
                    return "list", first, rest
                case {"key": found, **others}:
                    return "map", found, others
                case Point(x=0, y=y):
                    return "axis", y
                case Point(x, y):
                    return "point", x, y
                case _:
                    return "other"

        def make(x, y):
            return kind(Point(x, y))
        """
    )
    framed(module, "kind", "make")
    for value in (None, True, False, 5, 50, 0, "a", [1, 2], (1,), [], {"key": 1, "b": 2}, {"b": 1}, 2.5):
        module.same("kind", value)
    module.same("make", 0, 5)
    module.same("make", 1, 5)


def test_methods_and_properties_of_classes(both: Build) -> None:
    module = both(
        """
        class Account:
            limit = 100

            def __init__(self, owner, amount=0):
                self.owner = owner
                self.amount = amount

            @property
            def rich(self):
                return self.amount > self.limit

            @classmethod
            def of(cls, text):
                owner, _, amount = text.partition(":")
                return cls(owner, int(amount or 0))

            @staticmethod
            def fee(amount):
                return amount // 10

            def __eq__(self, other):
                return isinstance(other, Account) and self.amount == other.amount

            def __repr__(self):
                return f"Account({self.owner!r}, {self.amount})"

            def pay(self, amount):
                if amount > self.amount:
                    raise ValueError(f"{self.owner} has only {self.amount}")
                self.amount -= amount + self.fee(amount)
                return self

        class Special(Account):
            limit = 5

            def pay(self, amount):
                super().pay(amount)
                return super().rich, self.rich

        def used(text, amount):
            a = Account.of(text)
            b = Special.of(text)
            return repr(a.pay(amount)), b.pay(amount), a == b, a.rich, b.rich, a != 3
        """
    )
    framed(module, "used", "Account.pay", "Special.pay", "Account.__init__")
    module.same("used", "ann:200", 50)
    module.same("used", "ann:20", 50)
    module.same("used", "ann", 0)
    module.same("used", "ann:x", 0)
