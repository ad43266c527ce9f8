"""The table's intervals hold what the operations give, and `applies` is true only where the fast path does."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from pyfreeze.ir import interval
from pyfreeze.ir.interval import ALL, Interval
from pyfreeze.ir.primitive import Deoptimize, Primitive
from pyfreeze.ir.types import BOOL, FLOAT64, INT, SMALL_MAXIMUM, SMALL_MINIMUM, FixedInt, Type
from pyfreeze.primitives import TABLE
from pyfreeze.primitives.intervals import type_interval

WITH_INTERVAL = [row for row in TABLE.values() if row.interval is not None]
WITH_APPLIES = [row for row in TABLE.values() if row.applies is not None]

EDGES = [base + offset for base in (0, 1 << 7, 1 << 31, 1 << 53, 1 << 62, 1 << 63, 1 << 64) for offset in (-1, 0, 1)]


def _integers(type_: Type) -> st.SearchStrategy[int]:
    whole = type_interval(type_)
    low, high = (-(1 << 70), 1 << 70) if type_ == INT else (int(whole.low), int(whole.high))
    edges = [value for edge in EDGES for value in (edge, -edge) if low <= value <= high]
    return st.integers(low, high) | st.sampled_from(edges) | st.integers(max(low, -9), min(high, 9))


@st.composite
def _operand(draw: st.DrawFn, type_: Type) -> tuple[object, Interval]:
    """A value, and an interval that holds it."""
    if type_ == FLOAT64:
        return draw(st.floats(allow_nan=False)), ALL
    bounds = [draw(_integers(type_)) for _ in range(2)]
    value = draw(_integers(type_))
    return (bool(value) if type_ == BOOL else value), Interval.around([value, *bounds])


def _is_left_out(row: Primitive, values: list[object]) -> bool:
    """Numbers of thousands of digits."""
    return row.name.endswith((".pow", ".lshift")) and isinstance(values[1], int) and abs(values[1]) > 600


@settings(max_examples=2000, deadline=None)
@given(st.data())
def test_results_are_in_the_interval(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(WITH_INTERVAL))
    values, intervals = zip(*(data.draw(_operand(type_)) for type_ in row.operands), strict=True)
    if _is_left_out(row, list(values)) or (not row.effects.fails and row.applies and not row.applies(*intervals)):
        return
    try:
        result = row.evaluate(*values)
    except (Deoptimize, ArithmeticError, ValueError):
        return
    assert row.interval is not None and isinstance(result, int)
    exact = row.interval(*intervals)
    if row.name.endswith("_wrapping") and not exact.within(type_interval(row.result)):
        return
    assert exact.holds(result), (row.name, values, str(exact))


@settings(max_examples=2000, deadline=None)
@given(st.data())
def test_where_a_check_is_removed_nothing_fails(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(WITH_APPLIES))
    values, intervals = zip(*(data.draw(_operand(type_)) for type_ in row.operands), strict=True)
    assert row.applies is not None
    if not row.applies(*intervals):
        return
    result = row.evaluate(*values)  # raises neither Deoptimize nor anything else
    if isinstance(row.result, FixedInt):
        assert isinstance(result, int) and row.result.holds(result)
    if row.result == INT:
        assert isinstance(result, int) and SMALL_MINIMUM <= result <= SMALL_MAXIMUM


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_singletons_decide(data: st.DataObject) -> None:
    """For single values of fixed width, `applies` says exactly whether the operation succeeds."""
    row = data.draw(st.sampled_from([row for row in WITH_APPLIES if row.name.endswith((".add", ".mul", ".mod"))]))
    values = [data.draw(_integers(type_)) for type_ in row.operands]
    try:
        row.evaluate(*values)
        succeeds = True
    except (ArithmeticError, ValueError):
        succeeds = False
    assert row.applies is not None
    assert row.applies(*(Interval(value, value) for value in values)) == succeeds


def test_infinite_bounds() -> None:
    positive = Interval(1, math.inf)
    assert interval.subtract(positive, positive) == ALL
    assert interval.multiply(positive, Interval(0, 0)) == Interval(0, 0)
    assert interval.multiply(positive, Interval(-1, 1)) == ALL
    assert interval.remainder(ALL, Interval(7, 7)) == Interval(0, 6)
    assert interval.remainder(positive, positive) == Interval(0, math.inf)
    assert interval.floor_divide(Interval(-5, 5), positive) == Interval(-5, 5)
    assert interval.bit_and(ALL, Interval(0, 255)) == Interval(0, 255)
    assert Interval.of(1 << 300, 1 << 400) == Interval(1 << 256, math.inf)
