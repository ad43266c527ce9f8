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
