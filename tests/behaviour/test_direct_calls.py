"""Calls of framed functions: each way to bind arguments, from native code and through C, and what keeps a frame."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import Both

Build = Callable[[str], Both]

BINDING = """
    def plain(a, b=2, c=[]):
        return [a, b, c]

    def keywords(a, *, b, c=3):
        return [a, b, c]

    def positional(a, b=5, /, c=6):
        return [a, b, c]

    def rest(a, *others, b=1, **named):
        return [a, others, b, sorted(named.items())]

    def positional_and_named(a, /, **named):
        return [a, sorted(named.items())]

    def celled(a, b=1):
        inner = lambda: a + b
        a += 1
        return [inner()]

    def run(name, *given, **named):
        callee = globals()[name]
        return callee(*given, **named)

    def direct():
        return [
            plain(1), plain(1, 2), plain(1, 2, 3), plain(1, c=4), plain(b=1, a=2), keywords(1, b=2), keywords(b=1, a=2, c=3),
            positional(1), positional(1, 2, c=3), rest(1), rest(1, 2, 3, b=4, z=5), rest(a=1, b=2, y=3),
            positional_and_named(1, a=2), celled(1), celled(a=2, b=3),
        ]
"""


def test_arguments_are_bound_as_always(both: Build) -> None:
    module = both(BINDING)
    module.same("direct")
    module.same("direct")
    for name in ("plain", "keywords", "positional", "rest", "positional_and_named", "celled"):
        for given in ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)):
            for named in ({}, {"a": 1}, {"b": 2}, {"c": 3}, {"b": 2, "c": 3}, {"z": 1}, {"a": 1, "b": 2}):
                module.same("run", name, *given, **named)
                module.same(name, *given, **named)


def test_wrong_calls_raise_what_they_always_raise(both: Build) -> None:
    module = both(
        """
        def target(a, b, *, c):
            return a

        def none(): return target()
        def few(): return target(1, c=2)
        def many(): return target(1, 2, 3, c=4)
        def twice(): return target(1, 2, a=3, c=4)
        def unknown(): return target(1, 2, c=3, d=4)
        def missing_keyword(): return target(1, 2)
        """
    )
    for name in ("none", "few", "many", "twice", "unknown", "missing_keyword"):
        module.same(name)


def test_what_a_function_is_may_change_between_calls(both: Build) -> None:
    module = both(
        """
        def target(a, b=1, *, c=2):
            return [a, b, c]

        def other(a, b=1, *, c=2):
            return ["other", a, b, c]

        def calls():
            out = [target(0)]
            target.__defaults__ = (10,)
            out.append(target(0))
            target.__kwdefaults__ = {"c": 20}
            out.append(target(0))
            target.__code__ = other.__code__
            out.append(target(0))
            return out
        """
    )
    module.same("calls")


def test_calls_from_c(both: Build) -> None:
    module = both(
        """
        import functools

        def key(pair):
            return [-pair[1]]

        def combine(a, b):
            return [*a, b] if isinstance(a, list) else [a, b]

        class Number:
            def __init__(self, value):
                self.value = value

            def __add__(self, other):
                return Number(self.value + other.value)

            def __radd__(self, other):
                return Number([other])

            def __lt__(self, other):
                return self.value < other.value

            def __getitem__(self, index):
                if index > 2:
                    raise IndexError(index)
                return [self.value, index]

            def __len__(self):
                return len([1, 2])

            def __hash__(self):
                return hash((self.value,))

            def __eq__(self, other):
                return self.value == other.value

            def __call__(self, *args, **kwargs):
                return [self.value, args, kwargs]

            def __iter__(self):
                return iter([self.value])

            def __contains__(self, item):
                return item in [self.value]

            def __bool__(self):
                return bool([self.value][0])

            def __enter__(self):
                return [self.value]

            def __exit__(self, *details):
                return len(details) == 3

        def used():
            a, b = Number(1), Number(2)
            out = [sorted([(1, 2), (3, 4)], key=key), functools.reduce(combine, [1, 2, 3]), list(map(key, [(1, 2)]))]
            out += [(a + b).value, (5 + a).value, max(a, b).value, a[1], len(a), {a: 1}[Number(1)], a(1, x=2), list(a), 1 in a]
            out += [bool(Number(0)), bool(a), [x for x in iter(a.__getitem__, [1, 1])]]
            with a as inside:
                out.append(inside)
                raise ValueError("swallowed")
            return out

        def fails():
            return sorted([(1,), (2,)], key=key)
        """
    )
    for _ in range(3):
        module.same("used")
        module.same("fails")


def test_a_frame_that_somebody_keeps_outlives_the_call(both: Build) -> None:
    module = both(
        """
        import sys

        kept = []

        def keeps(a):
            b = [a]
            kept.append(sys._getframe())
            return b

        def caller(x):
            y = keeps(x)
            return y

        def inspected():
            kept.clear()
            out = [caller(3), caller(4)]
            for frame in kept:
                out.append([sorted(frame.f_locals.items()), frame.f_code.co_name, frame.f_back and frame.f_back.f_code.co_name])
            return out

        def fails(a):
            b = [a]
            raise KeyError(a)

        def middle(a):
            c = a + 1
            return fails([a])

        def stack_of_error():
            try:
                middle(1)
            except KeyError as error:
                out, entry = [], error.__traceback__
                while entry is not None:
                    out.append([entry.tb_frame.f_code.co_name, entry.tb_lineno, sorted(entry.tb_frame.f_locals)])
                    entry = entry.tb_next
                frame = error.__traceback__.tb_next.tb_next.tb_frame
                out.append([frame.f_code.co_name, frame.f_back.f_code.co_name])
                return out
        """
    )
    for _ in range(2):
        module.same("inspected")
        module.same("stack_of_error")


def test_tracing_and_profiling_see_calls(both: Build) -> None:
    module = both(
        """
        import sys

        def inner(a):
            return [a]

        def outer(a):
            return inner(a) + inner(a)

        def profiled():
            events = []
            def profile(frame, event, argument):
                if event in ("call", "return"):
                    events.append((event, frame.f_code.co_name))
            outer(1)
            sys.setprofile(profile)
            try:
                outer(1)
            finally:
                sys.setprofile(None)
            return events[:6]
        """
    )
    module.same("profiled")


def test_destructors_at_the_end_of_a_call_see_the_caller(both: Build) -> None:
    module = both(
        """
        import sys

        class Ends:
            def __init__(self, log):
                self.log = log

            def __del__(self):
                frame = sys._getframe(1)
                self.log.append((frame.f_code.co_name, frame.f_lineno, sorted(frame.f_locals)))

        def returns(log):
            ends = Ends(log)
            return 1

        def raises(log):
            ends = [Ends(log)]
            raise ValueError(1)

        def caller():
            log = []
            returns(log)
            try:
                raises(log)
            except ValueError:
                log.append("caught")
            list(map(returns, [log]))
            return [entry for entry in log if entry[0] == "caller" or isinstance(entry, str)]
        """
    )
    for _ in range(4):
        module.same("caller")
