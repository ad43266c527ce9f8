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


LETTING_GO = """
        import functools

        log = []

        class Ends:
            def __init__(self, name):
                self.name = name

            def __del__(self):
                log.append(self.name)

            def lets_itself_go(self, other):
                self = None
                log.append("in method")
                other = None
                log.append("still in method")

            def named(self, *, key=None):
                log.append("in named")

            def __getattr__(self, name):
                return functools.partial(note, name)

        class Called:
            def __call__(self, a):
                a = [None]
                log.append("in __call__")

        def note(*given):
            given = [None]
            log.append("noted")

        def in_order(a, b):
            c = Ends("c")
            return len([a, b])

        def overwrites(a, b=None):
            a = None
            log.append("overwritten")
            return [b]

        def deletes(a, *rest):
            del a, rest
            log.append("deleted")
            return [1]

        def fails(a):
            b = Ends("b")
            raise ValueError([1])

        def keeps_cell(a):
            inner = lambda: a
            a = [1]
            log.append("cell")
            return inner()

        def generates(a):
            a = None
            log.append("generating")
            yield a

        async def later(a):
            return a

        def twice(a, b):
            a = None
            log.append("one is left")
            b = None
            log.append("none is left")
            return [a, b]

        def calls():
            log.clear()
            in_order(Ends("a"), Ends("b"))
            log.append("-")
            overwrites(Ends("a"))
            overwrites(a=Ends("a"), b=Ends("b"))
            log.append("-")
            deletes(Ends("a"))
            deletes(Ends("a"), Ends("rest"), Ends("more"))
            log.append("-")
            Ends("self").lets_itself_go(Ends("other"))
            log.append("-")
            Ends("self").named()
            Ends("self").named(key=Ends("key"))
            log.append("-")
            try:
                fails(Ends("a"))
            except ValueError as error:
                log.append("caught")
                del error
            log.append("-")
            keeps_cell(Ends("a"))
            log.append("-")
            list(generates(Ends("a")))
            later(Ends("a")).close()
            log.append("-")
            (lambda one: twice(one, one))(Ends("one"))
            log.append("-")
            Called()(Ends("a"))
            bound = Ends("bound").lets_itself_go
            bound(Ends("other"))
            del bound
            Ends("bound").lets_itself_go(Ends("other"))
            [Ends("in a list").lets_itself_go][0](Ends("other"))
            log.append("-")
            Ends("asked").something(Ends("a"))
            log.append("-")
            isinstance(Ends("a"), Ends)
            log.append("after a builtin")
            return list(log)
        """


def test_arguments_go_when_the_callee_lets_go_of_them(both: Build) -> None:
    module = both(LETTING_GO)
    for _ in range(4):
        module.same("calls")


def test_a_callee_may_be_replaced_while_it_runs(both: Build) -> None:
    module = both(
        """
        def other(a, b):
            return ["other", a, b]

        def replaces(a, b):
            if a == "code":
                replaces.__code__ = other.__code__
            elif a == "name":
                globals()["replaces"] = other
            elif a == "delete":
                del globals()["replaces"]
            c = [a, b]
            return c

        first = replaces

        def calls():
            out = [replaces(1, 2), replaces(1, 2), replaces("code", 3), replaces(1, 2)]
            return out

        def named(how):
            out = [replaces(1, 2), replaces(how, 3)]
            try:
                out.append(replaces(1, 2))
            except NameError as error:
                out.append(str(error))
            globals()["replaces"] = first
            return out

        def made(n):
            def inner(a, b):
                return [a, b, n]
            return inner

        def many():
            return [made(n)(n, [n]) for n in range(20)]

        def polymorphic():
            return [f(n, [n]) for n in range(12) for f in (other, made(n), lambda a, b: [b], max)]
        """
    )
    module.same("named", "name")
    module.same("named", "delete")
    module.same("many")
    module.same("polymorphic")
    module.same("calls")


def test_methods_may_be_replaced_between_calls(both: Build) -> None:
    module = both(
        """
        class A:
            def m(self, a):
                return ["A", a]

        class B(A):
            pass

        class C:
            def m(self, a, b=[3]):
                return ["C", a, b]

        def patched(self, a):
            return ["patched", a]

        def call(x, a):
            return x.m(a)

        def run():
            a, b, out = A(), B(), []
            for _ in range(3):
                out += [call(a, 1), call(b, [2])]
            B.m = patched
            out += [call(a, 3), call(b, 4)]
            b.m = lambda a: ["own", a]
            out += [call(a, 5), call(b, 6)]
            b.__class__ = C
            out += [call(b, 7)]
            del b.m
            out += [call(b, 8), call(C(), 9)]
            A.m.__code__ = patched.__code__
            out += [call(a, 10)]
            A.m = staticmethod(lambda a: ["static", a])
            out += [call(a, 11)]
            A.m = classmethod(lambda cls, a: [cls.__name__, a])
            out += [call(a, 12)]
            del A.m
            try:
                call(a, 13)
            except AttributeError as error:
                out.append(str(error))
            return out
        """
    )
    module.same("run")


def test_recursion_ends_with_an_error_and_works_again(both: Build) -> None:
    module = both(
        """
        import sys

        class Node:
            def __init__(self, below):
                self.below = below

            def depth(self, so_far):
                return 1 + self.below.depth([so_far]) if self.below is not None else 1

            def forever(self):
                return [self.forever()]

        def forever(a, b):
            return [forever(b, a)]

        def mutual(a):
            return [other(a)]

        def other(a):
            return [mutual(a)]

        def caught(which):
            try:
                {"forever": lambda: forever(1, 2), "mutual": lambda: mutual(1), "method": Node(None).forever}[which]()
            except RecursionError as error:
                return str(error).partition(" while")[0]

        def chain(length):
            node = None
            for _ in range(length):
                node = Node(node)
            answer = node.depth(None)
            while node is not None:
                node = node.below
            return answer

        def deep(length):
            before = sys.getrecursionlimit()
            sys.setrecursionlimit(length + 200)
            try:
                return chain(length)
            finally:
                sys.setrecursionlimit(before)
        """
    )
    for which in ("forever", "mutual", "method"):
        module.same("caught", which)
    module.same("chain", 100)
    module.same("deep", 5000)
    module.same("caught", "forever")


def test_observers_come_and_go_between_calls(both: Build) -> None:
    module = both(
        """
        import sys

        events = []

        def observe(frame, event, argument):
            if frame.f_code.co_name == "inner":
                events.append((event, frame.f_code.co_name))
            return observe

        def inner(a):
            return [a]

        def switch(kind, on):
            getattr(sys, "set" + kind)(observe if on else None)
            return [kind]

        def outer(kind):
            out = inner(1) + inner(2)
            switch(kind, True)
            out += inner(3)
            switch(kind, False)
            out += inner(4)
            return out

        def run(kind):
            events.clear()
            out = outer(kind) + outer(kind)
            return [out, [event for event in events if event[0] in ("call", "return")]]
        """
    )
    module.same("run", "profile")
    module.same("run", "trace")
    module.same("run", "profile")


def test_callees_see_the_whole_stack(both: Build) -> None:
    module = both(
        """
        import sys
        import traceback

        def looks(a, b):
            out, frame = [], sys._getframe()
            while frame is not None and frame.f_code.co_name != "same":
                if frame.f_globals is globals():
                    out.append([frame.f_code.co_name, frame.f_lineno, sorted(frame.f_locals)])
                frame = frame.f_back
            return out

        def middle(x):
            kept = [x]
            return looks(x, kept)

        class Looking:
            def __init__(self):
                self.found = middle([1])

            def method(self, a):
                return looks(self, a)

        def outer():
            first = Looking()
            return [first.found, first.method(2), middle(3)]

        def summary():
            return [entry.name for entry in traceback.extract_stack() if entry.name in ("summary", "asks")]

        def asks():
            return summary()
        """
    )
    for _ in range(3):
        module.same("outer")
        module.same("asks")


def test_signals_and_threads_come_in_between_calls(both: Build) -> None:
    module = both(
        """
        import signal
        import sys
        import threading

        class Node:
            def __init__(self, value, below):
                self.value = value
                self.below = below

            def total(self):
                return self.value + (self.below.total() if self.below is not None else 0)

        def chain(length):
            node = None
            for number in range(length):
                node = Node(number, node)
            return node

        def work(rounds, out):
            total = 0
            for _ in range(rounds):
                total += chain(40).total()
            out.append(total)

        def threads():
            before, out = sys.getswitchinterval(), []
            sys.setswitchinterval(1e-5)
            try:
                running = [threading.Thread(target=work, args=(100, out)) for _ in range(4)]
                for thread in running:
                    thread.start()
                for thread in running:
                    thread.join()
                return out
            finally:
                sys.setswitchinterval(before)

        def spin(depth, x):
            return [x] if depth == 0 else spin(depth - 1, [x])

        def handler(number, frame):
            raise KeyError(frame.f_code.co_name in ("spin", "interrupted"))

        def interrupted():
            before = signal.signal(signal.SIGALRM, handler)
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                while True:
                    spin(50, 1)
            except KeyError as error:
                return error.args
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)
        """
    )
    module.same("threads")
    for _ in range(3):
        module.same("interrupted")
