"""Conditions: operands of several types, and where an assertion that fails says that it does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Both, build_both

CONDITIONS = """
    def steps(n: int, x: float, m: int) -> int:
        count = 0
        while n and n % 3 != 2 or not (x and m):
            n += 1
            count += 1
            if count > 10 and x or count > 12:
                break
        return count if (n or x) and not (m or x) else -count
    def chosen(n: int, x: float) -> int:
        if not n and x > 1.0 or n == 7:
            return 1
        elif n and x:
            return 2
        return 3
    def refused(n: int, x: float) -> bool:
        assert n and x > 1.0, "too small"
        return not (n and x)
"""


@pytest.fixture(scope="module")
def conditions(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("conditions"), CONDITIONS)


def test_operands_of_several_types(conditions: Both) -> None:
    assert conditions.native() == {"steps", "chosen", "refused"}
    for n in (0, 1, 2, 7, 2**70):
        for x in (0.0, 0.5, 2.0, float("nan")):
            conditions.same("chosen", n, x)
            conditions.same("refused", n, x)
            for m in (0, 1):
                conditions.same("steps", n, x, m)


def test_a_failed_assertion_has_the_place_of_its_condition(both: Callable[[str], Both]) -> None:
    module = both(
        """
        def compared(a: int) -> None:
            assert a != 3
        def true(a: int) -> None:
            assert a - 3
        def alternatives(a: int) -> None:
            assert (a == 5 or
                    a == 7), "none of them"
        def last(a: int) -> None:
            assert (a < 1 < 2 or
                    a), a
        def conditional(a: int) -> None:
            assert (a < 1 < 2 if a > 1 else a < 0), "x"
        def negated(a: int) -> None:
            assert not (a < 10
                        and a)
        """
    )
    assert not any(function.reasons for function in module.report.functions)
    for name in sorted(module.native()):
        for argument in (0, 1, 2, 3, 5):
            module.same(name, argument)
