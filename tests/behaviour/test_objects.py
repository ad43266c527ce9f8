"""Functions over Python objects: statement by statement, compiled from bytecode, with every exception and its traceback."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from tests.conftest import Both

Build = Callable[[str], Both]


def _framed(module: Both, *names: str) -> None:
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
    _framed(module, "compute", "bits", "chained", "in_place")
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
    _framed(module, "counted", "nested", "displays", "comprehensions", "unpacked", "while_loop", "deleting")
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
    _framed(module, "forms", "methods", "builtins_used", "target")
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


def test_exceptions_are_caught_chained_and_finally_runs(both: Build) -> None:
    module = both(
        """
        def caught(f):
            log = []
            try:
                log.append(f())
            except ZeroDivisionError as error:
                log.append(("zero", str(error)))
            except (KeyError, IndexError) as error:
                log.append(type(error).__name__)
            else:
                log.append("else")
            finally:
                log.append("finally")
            return log

        def chained(f):
            try:
                f()
            except Exception as error:
                raise ValueError("outer") from error

        def context(f):
            try:
                f()
            except Exception:
                raise ValueError("while handling")

        def again(f):
            try:
                f()
            except ZeroDivisionError:
                raise

        def again_later(f):
            try:
                f()
            except ZeroDivisionError as error:
                saved = error
            raise saved

        def returns_in_finally(f):
            try:
                return f()
            finally:
                return "overridden"

        def loops(f, n):
            out = []
            for i in range(n):
                try:
                    if i == 2:
                        continue
                    if i == 4:
                        break
                    out.append(f(i))
                except ValueError:
                    out.append("v")
                finally:
                    out.append(i)
            return out

        def not_an_exception(f):
            try:
                f()
            except 5:
                pass

        def nested(f):
            try:
                try:
                    f()
                finally:
                    {}["missing"]
            except KeyError as error:
                return repr(error), repr(error.__context__)

        def reraise_nothing():
            raise

        def raise_class(c):
            raise c

        def asserting(x):
            assert x, "message"
            assert x > 1
            return x

        def groups(f):
            out = []
            try:
                f()
            except* ValueError as group:
                out.append(("v", [str(e) for e in group.exceptions]))
            except* TypeError as group:
                out.append(("t", [str(e) for e in group.exceptions]))
            return out
        """
    )
    _framed(module, "caught", "chained", "context", "again", "again_later", "loops", "nested", "groups", "asserting")

    def raising(error: BaseException) -> Callable[[], object]:
        def f(*_: object) -> object:
            raise copy.copy(error)

        return f

    for name in (
        "caught",
        "chained",
        "context",
        "again",
        "again_later",
        "returns_in_finally",
        "not_an_exception",
        "nested",
    ):
        for make in (lambda: 1 / 0, lambda: {}[1], lambda: [][1], lambda: 7, raising(RuntimeError("x"))):
            module.same(name, make)
    module.same("loops", lambda i: i, 6)
    module.same("loops", lambda i: int("x"), 6)
    module.same("loops", lambda i: 1 / 0, 6)
    module.same("reraise_nothing")
    for raised in (ValueError, 5, None):
        module.same("raise_class", raised)
    for value in (0, 1, 2, None, "x"):
        module.same("asserting", value)
    module.same("groups", raising(ExceptionGroup("g", [ValueError("a"), TypeError("b")])))
    module.same("groups", raising(ExceptionGroup("g", [ValueError("a"), KeyError("b")])))
    module.same("groups", raising(ValueError("plain")))
    module.same("groups", lambda: 1)


def test_contexts_of_exceptions_are_the_same(both: Build) -> None:
    module = both(
        """
        import sys
        import traceback

        def chain():
            try:
                try:
                    1 / 0
                except ZeroDivisionError:
                    {}["x"]
            except KeyError:
                return "".join(traceback.format_exc().splitlines(True)[:1]), sys.exc_info()[0].__name__

        def depth(n):
            if n == 0:
                raise ValueError("bottom")
            try:
                depth(n - 1)
            except ValueError as error:
                raise RuntimeError(str(n)) from error

        def walk(n):
            try:
                depth(n)
            except RuntimeError as error:
                out = []
                while error is not None:
                    entries = traceback.extract_tb(error.__traceback__)
                    out.append((repr(error), [(entry.name, entry.lineno) for entry in entries]))
                    error = error.__cause__
                return out

        def handled():
            try:
                1 / 0
            except ZeroDivisionError:
                inner = sys.exc_info()[0]
            return inner, sys.exc_info()[0]
        """
    )
    _framed(module, "chain", "depth", "walk", "handled")
    module.same("chain")
    module.same("walk", 4)
    module.same("handled")


def test_with_statements(both: Build) -> None:
    module = both(
        """
        class Manager:
            def __init__(self, log, name, swallow=False):
                self.log, self.name, self.swallow = log, name, swallow

            def __enter__(self):
                self.log.append(("enter", self.name))
                return self.name

            def __exit__(self, kind, value, trace):
                self.log.append(("exit", self.name, kind and kind.__name__))
                return self.swallow

        def several(fail, swallow):
            log = []
            with Manager(log, "a", swallow) as a, Manager(log, "b") as b:
                log.append((a, b))
                if fail:
                    raise ValueError("inside")
            log.append("after")
            return log

        def returning():
            log = []
            with Manager(log, "a"):
                return log

        def wrong(x):
            with x:
                pass

        def in_loop():
            log = []
            for i in range(3):
                with Manager(log, i, True):
                    if i == 1:
                        continue
                    raise KeyError(i)
            return log
        """
    )
    _framed(module, "several", "returning", "wrong", "in_loop", "Manager.__exit__")
    for fail in (True, False):
        for swallow in (True, False):
            module.same("several", fail, swallow)
    module.same("returning")
    module.same("wrong", 5)
    module.same("in_loop")


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
    _framed(module, "counter", "lambdas", "unbound", "unbound_free", "annotated", "local_class", "globals_changed")
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
    _framed(module, "formatted", "imports", "missing_module", "missing_name")
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
    _framed(module, "kind", "make")
    for value in (None, True, False, 5, 50, 0, "a", [1, 2], (1,), [], {"key": 1, "b": 2}, {"b": 1}, 2.5):
        module.same("kind", value)
    module.same("make", 0, 5)
    module.same("make", 1, 5)


def test_frames_are_seen_by_what_is_called(both: Build) -> None:
    module = both(
        """
        import sys
        import warnings
        from collections import namedtuple

        def line_of_caller():
            return sys._getframe(1).f_lineno, sys._getframe(1).f_code.co_name

        def asks():
            a = line_of_caller()
            b = [
                line_of_caller(),
                line_of_caller(),
            ]
            return a, b

        def own_locals(x):
            y = x + 1
            return sorted(locals().items())

        def evaluates(x):
            y = 2
            return eval("x + y")

        def made(name):
            return namedtuple(name, "a b").__module__ == __name__

        def warned():
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                warnings.warn("careful", stacklevel=1)
            return [(str(item.message), item.lineno) for item in caught]

        def locals_in_traceback(x):
            doubled = x * 2
            try:
                return doubled / 0
            except ZeroDivisionError as error:
                frame = error.__traceback__.tb_frame
                return sorted(frame.f_locals)

        def fails(x):
            doubled = x * 2
            return doubled / 0

        def post_mortem(x):
            try:
                fails(x)
            except ZeroDivisionError as error:
                return error.__traceback__.tb_next.tb_frame.f_locals
        """
    )
    _framed(module, "asks", "own_locals", "evaluates", "made", "warned", "locals_in_traceback", "post_mortem")
    module.same("asks")
    module.same("own_locals", 3)
    module.same("evaluates", 3)
    module.same("made", "Thing")
    module.same("warned")
    module.same("locals_in_traceback", 3)
    module.same("post_mortem", 3)


def test_destructors_run_at_the_statement_where_they_always_ran(both: Build) -> None:
    module = both(
        """
        class Noisy:
            def __init__(self, log, name):
                self.log, self.name = log, name

            def __del__(self):
                self.log.append(self.name)

        def lives():
            log = []
            a = Noisy(log, "a")
            log.append("made a")
            a = Noisy(log, "b")
            log.append("rebound")
            del a
            log.append("deleted")
            Noisy(log, "temporary")
            log.append("after temporary")
            [Noisy(log, "in list"), 1]
            log.append("after list")
            x = Noisy(log, "x").name
            log.append(x)
            for i in [Noisy(log, "item 1"), Noisy(log, "item 2")]:
                log.append("in loop")
            log.append("after loop")
            i = None
            b = Noisy(log, "local b")
            c = Noisy(log, "local c")
            return log

        def observed():
            log = lives()
            log.append("returned")
            return log

        def on_exception():
            log = []
            try:
                a = Noisy(log, "a")
                raise ValueError(Noisy(log, "argument"))
            except ValueError:
                log.append("handling")
            log.append("handled")
            return log
        """
    )
    _framed(module, "lives", "observed", "on_exception")
    module.same("observed")
    module.same("on_exception")


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
    _framed(module, "used", "Account.pay", "Special.pay", "Account.__init__")
    module.same("used", "ann:200", 50)
    module.same("used", "ann:20", 50)
    module.same("used", "ann", 0)
    module.same("used", "ann:x", 0)


def test_recursion_ends_as_it_always_does(both: Build) -> None:
    module = both(
        """
        import sys

        def depth(n):
            return 0 if n == 0 else 1 + depth(n - 1)

        def endless(xs):
            return endless([xs])

        def deep(n):
            old = sys.getrecursionlimit()
            sys.setrecursionlimit(n + 500)
            try:
                return depth(n)
            finally:
                sys.setrecursionlimit(old)
        """
    )
    module.same("depth", 500)
    module.same("endless", 1)
    module.same("deep", 30000)
