"""Functions over Python objects: exceptions, tracebacks, frames, and when things end."""

from __future__ import annotations

import copy
from collections.abc import Callable

from tests.behaviour.test_objects import framed
from tests.conftest import Both

Build = Callable[[str], Both]

CATCHING = """
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


def test_exceptions_are_caught_chained_and_finally_runs(both: Build) -> None:
    module = both(CATCHING)
    framed(module, "caught", "chained", "context", "again", "again_later", "loops", "nested", "groups", "asserting")

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
    framed(module, "chain", "depth", "walk", "handled")
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
    framed(module, "several", "returning", "wrong", "in_loop", "Manager.__exit__")
    for fail in (True, False):
        for swallow in (True, False):
            module.same("several", fail, swallow)
    module.same("returning")
    module.same("wrong", 5)
    module.same("in_loop")


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
    framed(module, "asks", "own_locals", "evaluates", "made", "warned", "locals_in_traceback", "post_mortem")
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
    framed(module, "lives", "observed", "on_exception")
    module.same("observed")
    module.same("on_exception")


def test_destructors_see_the_line_that_ends_the_object(both: Build) -> None:
    module = both(
        """
        import sys

        class Ends:
            def __init__(self, log):
                self.log = log

            def __del__(self):
                frame = sys._getframe(1)
                self.log.append((frame.f_lineno - frame.f_code.co_firstlineno, sorted(frame.f_locals)))

        def ends(n):
            log = []
            for i in range(n):
                a = Ends(log)
                log.append(
                    i)
                a = i
                a = Ends(log)
                log.append(i)
                del a
                b = a = Ends(log)
                a = (
                    1)
                a, b = 2, 3
                try:
                    raise ValueError(Ends(log))
                except ValueError as a:
                    log.append("caught")
                log.append("left")
            return log
        """
    )
    framed(module, "ends")
    for _ in range(3):
        module.same("ends", 2)


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


def test_a_signal_ends_a_long_recursion(both: Build) -> None:
    module = both(
        """
        import signal

        def fib(items):
            if len(items) < 2:
                return len(items)
            return fib(items[1:]) + fib(items[2:])

        def interrupted(items):
            def handler(number, frame):
                raise TimeoutError("alarm")
            old = signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            try:
                fib(items)
            except TimeoutError as error:
                return str(error)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, old)
        """
    )
    framed(module, "fib", "interrupted")
    module.same("interrupted", list(range(40)))
