"""Numbers of functions over objects that are held unboxed: what anybody could see of that, and whatever is no number."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import pytest

from tests.conftest import Both

Build = Callable[[str], Both]

NUMBERS = (0, 1, -1, 7, 2**29, 2**30, -(2**30), 2**31, 2**62, 2**63 - 1, -(2**63), 2**63, 2**64, 10**30)
FLOATS = (0.0, -0.0, 1.5, -2.25, 1e308, 5e-324, math.inf, -math.inf, math.nan)


class Int(int):
    def __add__(self, other: object) -> str:  # type: ignore[override]
        return f"{int(self)}+{other}"

    __radd__ = __add__

    def __lt__(self, other: object) -> bool:
        return True

    def __index__(self) -> int:
        return 1


def test_every_operator_on_every_pair_of_numbers(both: Build) -> None:
    operators = ("+", "-", "*", "/", "//", "%", "&", "|", "^", "<", "<=", ">", ">=", "==", "!=")
    functions = "\n".join(
        f"""
def op{number}(a, b):
    r = 0
    for k in range(2):
        r = a {operator} b
        if a < 10**40 + k:
            r = (a + 1) {operator} (b + 0)
    return r, a, b

def inplace{number}(a, b):
    for k in range(3):
        if k < b:
            a = a {operator} b
    return a
"""
        for number, operator in enumerate(operators)
    )
    module = both(functions)
    values = (*NUMBERS, *FLOATS, True, Int(3), None, "a")
    for number, operator in enumerate(operators):
        for a in values:
            for b in values:
                if operator == "*" and any(isinstance(value, str | Int) for value in (a, b)):
                    continue  # texts of that length take all memory
                module.same(f"op{number}", a, b)
                module.same(f"inplace{number}", a, b)


def test_shifts_powers_and_signs(both: Build) -> None:
    module = both(
        """
        def shift(n, by):
            found = []
            for i in range(by):
                n = n << 1
                found.append((n, n >> i, -n, ~n, +n))
            return found

        def power(n, e):
            t = 0
            for i in range(e):
                t += n ** i
            return t

        def roots(x):
            t = 1.0
            for i in range(4):
                t = t * x ** 0.5 - x ** -i
            return t
        """
    )
    for n in NUMBERS:
        module.same("shift", n, 40)
        module.same("power", n, 12)
    module.same("power", 2.5, 12)
    for x in (0, 2, 0.0, 2.5, -4.0, -4, math.inf, math.nan):
        module.same("roots", x)


def test_a_variable_changes_its_type_in_the_middle(both: Build) -> None:
    module = both(
        """
        def mixed(items, start):
            total = start
            seen = []
            for i in range(len(items)):
                item = items[i]
                total = total + item
                seen.append(total)
                if i < 2:
                    last = i
                elif i == 3:
                    last = "text"
                else:
                    last = i * 0.5
                seen.append(last)
            return total, seen, last

        def none_first(items):
            best = None
            for i in range(len(items)):
                if best is None or items[i] > best:
                    best = items[i]
                    best = best + 0
            return best

        def deleted(n):
            for i in range(n):
                x = i + 1
                if i == 3:
                    del x
                elif i > 4:
                    x = x + 1
            return x

        def unset(n):
            for i in range(n):
                y = i + 1
                y = y + i
            return y
        """
    )
    for items in ([1, 2, 3, 4, 5], [1, 2.5, 3, 4], ["a"], [1, 2**63, -1], [Int(1), 2], [1, None], [[1]], [True, False]):
        for start in (0, 0.0, "", 2**63 - 2, Int(5), []):
            module.same("mixed", items, start)
        module.same("none_first", items)
    for n in range(8):
        module.same("deleted", n)
        module.same("unset", n)


SEEN = """
import sys

class Noisy:
    def __init__(self, log, name):
        self.log = log
        self.name = name

    def __del__(self):
        shown = sys._getframe(1).f_locals
        self.log.append((self.name, {k: v if isinstance(v, (int, float)) else type(v).__name__ for k, v in shown.items() if k in ("i", "total", "x", "j")}))

def look(log):
    frame = sys._getframe(1)
    for _ in range(2):
        log.append((frame.f_lineno, {k: v for k, v in frame.f_locals.items() if isinstance(v, (int, float))}))
        frame = frame.f_back
    return len(log)

def called(n, log):
    total = 0
    x = 0.5
    for i in range(n):
        total += i * i
        x = x * 1.5 + total
        if i % 3 == 1:
            look(log)
        j = i - 1
    total -= 1
    look(log)
    return total

def destroyed(n, log):
    total = 0
    things = [Noisy(log, k) for k in range(n)]
    for i in range(n):
        total += i
        x = things[i]
        x = total * 0.5
        things[i] = i
        j = total - i
    return total

def replaced(n, log):
    i = Noisy(log, "first")
    for i in range(n):
        total = i + 1
    total = Noisy(log, "second")
    total = n + 1
    for j in range(n):
        total += j
    return total

def compared(n, log):
    class Odd:
        def __lt__(self, other):
            look(log)
            return False
    odd, hits = Odd(), 0
    for i in range(n):
        hits += i
        if odd < i:
            hits += 1
    return hits

def kept(n):
    frames = []
    total = 1
    def keep():
        frames.append(sys._getframe(1))
    for i in range(n):
        total = total + i
        if i == 2:
            keep()
    total = total + 100
    i = i + 1000
    return frames[0]
"""


def test_callees_and_destructors_see_the_variables(both: Build) -> None:
    module = both(SEEN)
    for n in (0, 1, 2, 7):
        for name in ("called", "destroyed", "replaced", "compared"):
            logs: list[list[object]] = [[], []]
            results = [
                getattr(version, name)(n, log)
                for version, log in zip((module.interpreted, module.compiled), logs, strict=True)
            ]
            assert results[0] == results[1]
            assert repr(logs[0]) == repr(logs[1]), name
    shown = [
        {name: value for name, value in version.kept(5).f_locals.items() if name in ("total", "i")}
        for version in (module.interpreted, module.compiled)
    ]
    assert shown[0] == shown[1]


def test_exceptions_show_the_variables(both: Build) -> None:
    module = both(
        """
        def fails(items, n):
            total = 0
            caught = []
            for i in range(n):
                scale = i * 0.25
                try:
                    total += items[i]
                    total = total // (i - 3)
                except (IndexError, ZeroDivisionError) as error:
                    caught.append((i, total, scale, str(error)))
                    total += 1
                finally:
                    caught.append(i)
            return total, caught

        def raises(items, n):
            total = 0
            x = 1.0
            for i in range(n):
                x = x / (4 - i)
                total += items[i - 1]
                y = total + i
            return total
        """
    )
    for items in ([1, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8], [2**62, 2**62, 2**62], ["a", 1], [1.5, 2, None]):
        for n in (0, 2, 4, 6):
            module.same("fails", items, n)
            module.same("raises", items, n)
            shown = []
            for version in (module.interpreted, module.compiled):
                try:
                    version.raises(items, n)
                except Exception as error:
                    assert error.__traceback__ is not None and error.__traceback__.tb_next is not None
                    frame = error.__traceback__.tb_next.tb_frame
                    shown.append({**frame.f_locals, "line": error.__traceback__.tb_next.tb_lineno})
            assert not shown or shown[0] == shown[1]


def test_ranges(both: Build) -> None:
    module = both(
        """
        def one(a):
            found = []
            for i in range(a):
                found.append(i)
                if len(found) > 5:
                    break
            else:
                found.append("else")
            return found

        def three(a, b, c):
            found = []
            for i in range(a, b, c):
                found.append(i + 0)
                if len(found) > 5:
                    i = "left"
                    break
            else:
                found.append("else")
            return found, len(found)

        def nested(n):
            t = 0
            for i in range(n):
                for j in range(i, n, 2):
                    for k in range(j - i):
                        if k > 3:
                            continue
                        t += i * j - k
            return t, i, j
        """
    )
    edges = (0, 1, -1, 3, 2**31, 2**62, 2**63 - 1, -(2**63), 2**63, 2**64, -(2**65), 1.5, None, "a", True, Int(4))
    for a in edges:
        module.same("one", a)
        for b in edges:
            for c in (1, -1, 2, 0, 2**62, -(2**63), 2**63 - 1, 2**63, Int(1)):
                module.same("three", a, b, c)
    for n in (0, 1, 2, 9, 20):
        module.same("nested", n)


def test_names_of_builtins_that_are_something_else(both: Build) -> None:
    source = """
        def lengths(items):
            t = 0
            for i in range(len(items)):
                t += len(items[i])
            return t

        def points(text):
            t = 0
            for i in range(len(text)):
                t += ord(text[i]) - 96
            return t

        def shadow(items):
            global len, range
            t = 0
            for i in range(3):
                if i == 1:
                    len = lambda x: 2.5
                elif i == 2:
                    range = lambda n: "ab"
                t = t + len(items)
                for j in range(i):
                    t = t + 1
            del len, range
            return t
        """
    module = both(source)
    for items in (["a", "bc", ""], [[], [1]], [(), {1: 2}, {3}], [b"ab", bytearray(2)], [1], [range(3)]):
        module.same("lengths", items)
    for text in ("", "abc", "äöü€😀", ["a", "b"], ["ab"], [b"a"], [1]):
        module.same("points", text)
    module.same("shadow", "abc")


def test_subscripts(both: Build) -> None:
    module = both(
        """
        def read(items, n):
            found = []
            for i in range(-n, n):
                found.append(items[i])
            return found

        def write(items, n, value):
            for i in range(-n, n):
                items[i] = value
                items[i + 0] = i
            return items

        def octets(n, value):
            data = bytearray(n)
            for i in range(n + 1):
                data[i] = value
                if data[i] != value:
                    return data
                data[-i] = data[i] + 1
            return data

        def views(n):
            data = bytearray(n)
            view = memoryview(data)
            for i in range(n):
                data[i] = i
            return bytes(view), data
        """
    )
    for items in ([1, 2, 3], (1, 2, 3), "aß€", b"abc", bytearray(b"xyz"), range(3), {0: 1, -1: 2}, "", None, 5):
        for n in (0, 1, 3, 4):
            module.same("read", items, n)
            copies = [items[:] if isinstance(items, list | bytearray) else items for _ in range(2)]
            for value in (7, "x", None):
                both_ways = []
                for version, given in zip((module.interpreted, module.compiled), copies, strict=True):
                    try:
                        both_ways.append(repr(version.write(given, n, value)))
                    except Exception as error:
                        both_ways.append(repr(error))
                assert both_ways[0] == both_ways[1]
    for value in (0, 1, 254, 255, 256, -1, True, "a", 1.0, Int(3), 2**70):
        for n in (0, 1, 5):
            module.same("octets", n, value)
    module.same("views", 9)


def test_floats(both: Build) -> None:
    module = both(
        """
        def hls(r, g, b):
            maxc = max(r, g, b)
            minc = min(r, g, b)
            sumc = maxc + minc
            rangec = maxc - minc
            l = sumc / 2.0
            if minc == maxc:
                return 0.0, l, 0.0
            if l <= 0.5:
                s = rangec / sumc
            else:
                s = rangec / (2.0 - maxc - minc)
            rc = (maxc - r) / rangec
            gc = (maxc - g) / rangec
            h = 4.0 + gc - rc
            h = (h / 6.0) % 1.0
            return h, l, s

        def series(x, n):
            total = 0
            sign = 1
            for i in range(1, n):
                total += sign * x / i
                sign = -sign
                x = x * x
            return total
        """
    )
    values = (0, 1, 0.25, 0.5, -0.0, 1e300, math.nan, math.inf, True, 2**70, "a")
    for r in values:
        for g in values:
            for b in (0.1, 1, math.nan, None):
                module.same("hls", r, g, b)
        module.same("series", r, 12)


def test_objects_made_of_a_variable_outlive_its_change(both: Build) -> None:
    module = both(
        """
        def listed(n):
            found = []
            for i in range(1000, 1000 + n):
                pair = [i, found.append(i), i]
                x = i * 2.5
                found.append((pair, x))
                y = x
                x = x + 1.0
                found.append((x, y, i))
            return found

        def chained(n, items):
            found = []
            i = 1000
            while i < 1000 + n:
                j = i
                i = i + 7
                found.append(j < items[0] < i)
                found.append((lambda *given: given)(j, i, found.append(i), j))
                j = j + i
            return found, j, i
        """
    )
    module.same("listed", 20)
    for items in ([1005], [1005.5], ["a"], [2**70]):
        module.same("chained", 40, items)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="frames' variables cannot be written to before")
def test_whoever_has_the_frame_writes_into_it(both: Build) -> None:
    module = both(
        """
        import sys

        def write(name, value):
            sys._getframe(1).f_locals[name] = value

        def counts(n):
            total = 0
            for i in range(n):
                total += i
                if i == 2:
                    write("total", 1000)
                if i == 4:
                    write("total", "text")
                    total = len(total)
            return total
        """
    )
    for n in range(9):
        module.same("counts", n)


def test_signals_and_threads_come_in_between(both: Build) -> None:
    module = both(
        """
        import signal

        def waits(limit):
            count = 0
            seen = []
            def handler(number, frame):
                seen.append(frame.f_locals["count"])
            old = signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            try:
                while not seen:
                    count = count + 1
                    step = count * 2
                total = step
            finally:
                signal.signal(signal.SIGALRM, old)
            return count == seen[0] or count == seen[0] + 1 or seen, total == 2 * count
        """
    )
    if hasattr(__import__("signal"), "setitimer"):
        assert module.compiled.waits(0) == (True, True)


def test_truths_are_counted(both: Build) -> None:
    module = both(
        """
        def counted(items, s):
            for i, item in enumerate(items):
                s += item < i
                s = (item == s) + s
                s = s * (i > 1 or 2) - (not item)
            return s, (1 < s) + (2 < s), (1 < s) & (2 < s)
        """
    )
    for start in (0, 1.5, True, 2**62):
        module.same("counted", [3, 0, 1, 2.5], start)
