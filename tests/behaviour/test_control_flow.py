"""Statements both ways: loops, unset variables, assert, raise, return."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Both, build_both

SOURCE = """
    from pyfreeze import int64, uint8
    from typing import Final
    LIMIT: Final = 10
    STEP = -3
    WIDE: int64 = 7

    def counted(a: int, b: int, c: int) -> int:
        total = 0
        for i in range(a, b, c):
            total = total * 3 + i
        return total
    def fixed_steps(a: int64, b: int64) -> int64:
        total: int64 = 0
        for i in range(a, b, 7):
            total += i
        for j in range(b, a, -2):
            total -= j
        return total
    def last(n: int) -> int:
        for i in range(n):
            pass
        return i
    def loop_else(n: int, stop: int) -> int:
        for i in range(n):
            if i == stop:
                break
        else:
            return -1
        return i
    def while_else(n: int) -> int:
        while n > 0:
            n -= 1
            if n == 5:
                continue
            if n == 3:
                break
        else:
            return 100
        return n
    def nested(n: int) -> int:
        found = 0
        for i in range(n):
            for j in range(i):
                if j == 4:
                    break
                if (i + j) % 2:
                    continue
                found += i * j
            else:
                found += 1
        return found
    def deleted(n: int) -> int:
        x = n
        if n > 3:
            del x
        return x
    def maybe(n: int) -> float:
        if n > 0:
            y = 1.5
        return y
    def checked(n: int) -> int:
        assert n > 0
        assert n < 100, "too large"
        assert n != 50, n
        return n
    def asserted(a: int, b: bool) -> int:
        assert (a !=
            1)
        assert (a != 2 and
            b), a
        assert not (a > 4 if b else b)
        assert (0 < a
            < 4 or b), "neither"
        assert a
        return a
    def raising(n: int) -> int:
        if n == 0:
            raise ValueError("zero")
        if n == 1:
            raise KeyError(n)
        if n == 2:
            raise ZeroDivisionError
        if n == 3:
            raise RuntimeError(f"three {n}")
        if n == 4:
            raise OSError(5, "text")
        if n == 5:
            raise ArithmeticError() from None
        if n == 6:
            raise UnicodeDecodeError("too few")  # type: ignore
        if n == 7:
            raise SyntaxError("text", n)  # type: ignore
        return n
    def conditional(a: int, b: int) -> int:
        return a if a > b else b if b > 0 else 0
    def logic(a: int, b: int) -> int:
        return a and b or a - 1
    def boolean(a: bool, b: bool) -> bool:
        return a and not b or b and not a
    def nothing(a: int) -> None:
        a += 1
    def nothing_said(a: int):
        if a > 0:
            return a * 2
        return 0
    def swap(a: int, b: float) -> tuple[float, int]:
        pair = (b, a)
        x, y = pair
        return x, y
    def deep_tuple(t: tuple[int, tuple[float, bool]]) -> tuple[bool, int]:
        n, (f, b) = t
        return b, n + t[0]
    def walrus(n: int) -> int:
        if (half := n // 2) > 3:
            return half
        return -half
    def constants(n: int) -> int:
        return n * LIMIT + STEP + WIDE
    def lengths(a: int, b: int, c: int) -> tuple[int, int]:
        return len(range(a, b, c)), sum(range(a, b, c))
    def is_none(n: int) -> bool:
        return None is None and n is not None
    def member(n: int) -> bool:
        return n in (1, 2, 5)
    def rebound_loop_variable(n: int) -> int:
        seen = 0
        for i in range(n):
            i = i * 10
            seen += i
        return seen
    def bytes_wrap(n: uint8) -> int:
        total = 0
        for i in range(n):
            total += i
        return total
    def defaults(a: int, b: int = 5, *, c: int = 7) -> int:
        return a * 100 + b * 10 + c
    def calls_defaults(a: int) -> int:
        return defaults(a, c=1) + defaults(b=a, a=2, c=3) + defaults(a, 4, c=0)
    def positional(a: int, /, b: int) -> int:
        return a - b
    def calls_positional(a: int) -> int:
        return positional(a, b=3) * positional(1, a)
    def even(n: int) -> bool:
        return True if n == 0 else odd(n - 1)
    def odd(n: int) -> bool:
        return False if n == 0 else even(n - 1)
    def pairs(n: int) -> tuple[int, int]:
        if n == 0:
            return 0, 1
        a, b = pairs(n - 1)
        return b, a + b
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("control"), SOURCE)


def test_all_are_native(module: Both) -> None:
    twins = {
        function.name: [reason.message for reason in function.reasons]
        for function in module.report.functions
        if function.tier != "native"
    }
    # Keyword-only defaults live in a dict that anyone may change, so calls that rely on them are not native.
    assert twins == {}


CALLS = [
    *[("counted", arguments) for arguments in [(0, 10, 1), (10, 0, -3), (5, 5, 1), (0, 3, 0), (1, 9, 2**70), (0, 10**30, 2 * 10**29)]],
    *[("fixed_steps", arguments) for arguments in [(0, 100), (-50, 50), (9, 9), (2**61, 2**61 + 5)]],
    *[("last", (n,)) for n in (0, 1, 5, -3)],
    *[("loop_else", arguments) for arguments in [(0, 0), (5, 3), (5, 9)]],
    *[("while_else", (n,)) for n in (0, 3, 4, 10)],
    *[("nested", (n,)) for n in (0, 5, 12)],
    *[("deleted", (n,)) for n in (1, 5)],
    *[("maybe", (n,)) for n in (0, 1)],
    *[("checked", (n,)) for n in (5, 0, 100, 50)],
    *[("asserted", (n, flag)) for n in (0, 1, 2, 3, 4, 5) for flag in (True, False)],
    *[("raising", (n,)) for n in range(9)],
    *[("conditional", arguments) for arguments in [(1, 2), (2, 1), (-2, -1)]],
    *[("logic", arguments) for arguments in [(0, 5), (3, 0), (3, 4)]],
    *[("boolean", arguments) for arguments in [(True, True), (True, False), (False, True)]],
    ("nothing", (3,)),
    *[("nothing_said", (n,)) for n in (3, -3)],
    ("swap", (3, 1.5)),
    ("swap", (3, 1)),
    ("deep_tuple", ((2**70, (1.5, True)),)),
    ("deep_tuple", ((2**70, (1.5, 1)),)),
    ("deep_tuple", ((2**70, [1.5, True]),)),
    *[("walrus", (n,)) for n in (3, 30)],
    ("constants", (4,)),
    *[("lengths", arguments) for arguments in [(0, 10, 3), (10, 0, -1), (0, 2**62, 2**58), (2**70, 0, 1), (5, 5, 5), (0, 5, 0)]],
    ("is_none", (3,)),
    *[("member", (n,)) for n in (1, 3, 2**70)],
    ("rebound_loop_variable", (5,)),
    ("bytes_wrap", (20,)),
    *[("defaults", (n,)) for n in (1, 2**70)],
    ("calls_defaults", (3,)),
    ("calls_positional", (9,)),
    *[("even", (n,)) for n in (0, 11, 100)],
    ("pairs", (200,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_call(module: Both, name: str, arguments: tuple[object, ...]) -> None:
    module.same(name, *arguments)


def test_wrong_calls_say_what_cpython_says(module: Both) -> None:
    module.same("defaults")
    module.same("defaults", 1, 2, 3)
    module.same("defaults", 1, d=3)
    module.same("defaults", 1, b=2, c=3)
    module.same("positional", a=1, b=2)


def test_range_items_of_a_generator_stay_lazy(both: Callable[[str], Both]) -> None:
    module = both(
        """
        def squares(n: int):
            for i in range(n):
                yield i * i
        def shared(n: int) -> int:
            def inner() -> int:
                return n
            return inner()
        def collected(*values: int) -> int:
            return sum(values)
        """
    )
    codes = {function.name: function.reasons[0].code for function in module.report.functions if function.reasons}
    assert codes == {"squares": "PF108", "shared": "PF107", "shared.<locals>.inner": "PF107", "collected": "PF109"}
    assert list(module.compiled.squares(4)) == [0, 1, 4, 9]
    module.same("shared", 3)
    module.same("collected", 1, 2, 3)


@pytest.mark.parametrize(("name", "arguments"), [("after", (3,)), ("after", (0,)), ("some", (2,)), ("some", (9,))])
def test_tracebacks_show_what_is_set_on_this_way(tmp_path: Path, name: str, arguments: tuple[int, ...]) -> None:
    both = build_both(
        tmp_path,
        """
        def after(n: int) -> int:
            for i in range(n):
                pass
            return 1 // 0
        def some(n: int) -> float:
            total: float = 0
            if n > 5:
                k = n * 2
            while n > 0:
                n -= 1
                if n == 5:
                    total += 1.5
            return 1.0 / n
        """,
    )
    assert both.native() == {"after", "some"}
    shown = []
    for module in (both.interpreted, both.compiled):
        with pytest.raises(ZeroDivisionError) as caught:
            getattr(module, name)(*arguments)
        shown.append({key: (type(value), value) for key, value in caught.tb.tb_next.tb_frame.f_locals.items()})
    assert shown[0] == shown[1]
