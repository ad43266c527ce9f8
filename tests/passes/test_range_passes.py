"""Intervals at work, text in and text out: what is unboxed, which checks go, how a strip is versioned."""

from __future__ import annotations

from pyfreeze.analysis.loops import innermost_loops, natural_loops
from pyfreeze.analysis.value_ranges import ValueRanges
from pyfreeze.ir.function import Function
from pyfreeze.ir.interval import Interval
from pyfreeze.ir.parser import parse_module
from pyfreeze.passes.forward_items import forward_items
from pyfreeze.passes.reduce_strength import reduce_strength
from pyfreeze.passes.remove_checks import remove_checks
from pyfreeze.passes.strip_mine_loops import strip_mine_loops
from pyfreeze.passes.unbox_ints import unbox_ints
from pyfreeze.passes.version_loops import version_loops
from pyfreeze.passes.version_strips import version_strips
from pyfreeze.primitives import find
from tests.passes.test_scalar_passes import run, run_on_module

NEST = """function @f -> int64 line 1 {
^entry(%n: int64):
  %0: int64 = const 0
  br ^outer(%0)
^outer(%i: int64):
  %1: int64 = const 10
  %2: bool = int64.lt %i, %1
  condbr %2, ^start, ^done
^start:
  br ^inner(%0)
^inner(%j: int64):
  %3: bool = int64.lt %j, %n
  condbr %3, ^body, ^next
^body:
  poll !2:0-2:1 {}
  %4: int64 = const 1
  %5: int64 = int64.add %j, %4 !3:4-3:9 {j=%j}
  br ^inner(%5)
^next:
  poll !2:0-2:1 {}
  %6: int64 = const 1
  %7: int64 = int64.add %i, %6 !3:4-3:9 {i=%i}
  br ^outer(%7)
^done:
  return %i
}
"""


def _parse(text: str) -> Function:
    (function,) = parse_module(f"module m @BUILT\n\n{text}", find).functions.values()
    return function


def test_natural_loops_nest() -> None:
    function = _parse(NEST)
    assert {loop.header.name: {block.name for block in loop.blocks} for loop in natural_loops(function)} == {
        "outer": {"outer", "start", "inner", "body", "next"},
        "inner": {"inner", "body"},
    }
    assert [loop.header.name for loop in innermost_loops(function)] == ["inner"]


def test_ranges_follow_conditions() -> None:
    function = _parse(NEST)
    blocks = {block.name: block for block in function.blocks}
    ranges = ValueRanges(function)
    (i,), (j,) = blocks["outer"].parameters, blocks["inner"].parameters
    assert ranges.of(i, blocks["outer"]) == Interval(0, 10)
    assert ranges.of(i, blocks["start"]) == Interval(0, 9)
    assert ranges.of(i, blocks["done"]) == Interval(10, 10)
    assert ranges.of(j, blocks["body"]) == Interval(0, 2**63 - 2)


def test_assumptions_bound_parameters() -> None:
    function = _parse(NEST)
    blocks = {block.name: block for block in function.blocks}
    ranges = ValueRanges(function, {function.parameters[0]: Interval(-5, 1000)})
    assert ranges.of(blocks["inner"].parameters[0], blocks["inner"]) == Interval(0, 1000)


def test_counting_below_a_limit_cannot_overflow() -> None:
    assert run(remove_checks, NEST).count("unchecked[int64.add]") == 2


QUOTIENTS = """function @f -> int64 line 1 {
^entry(%n: int64, %d: int64):
  %0: int64 = const 0
  %1: bool = int64.gt %d, %0
  condbr %1, ^positive, ^out
^positive:
  %2: int64 = int64.mod %n, %d !2:4-2:9 {}
  %3: int64 = int64.floordiv %2, %d !3:4-3:9 {}
  br ^out2(%3)
^out:
  %4: int64 = int64.mod %n, %d !4:4-4:9 {}
  br ^out2(%4)
^out2(%5: int64):
  return %5
}
"""


def test_divisors_that_are_not_zero() -> None:
    printed = run(remove_checks, QUOTIENTS)
    assert "%2: int64 = unchecked[int64.mod] %n, %d" in printed
    assert "int64.floordiv_nonnegative" in printed
    assert "%4: int64 = int64.mod %n, %d !" in printed  # may be 0


def test_narrow_operands_are_divided_as_such() -> None:
    bounded = QUOTIENTS.replace("int64.mod %n, %d !2:4-2:9 {}", "int64.and %n, %d").replace(
        "int64.gt %d", "int64.ge %d"
    )
    mask = bounded.replace("const 0", "const 255").replace("int64.and %n, %d", "int64.and %n, %0")
    assert "unchecked[int64.floordiv]" not in run(remove_checks, mask)
    assert "int64.floordiv_nonnegative" in run(remove_checks, mask)
    narrow = mask.replace("int64.floordiv %2, %d", "int64.floordiv %2, %0")
    assert "int64.floordiv_narrow" in run(remove_checks, narrow)


MULTIPLE = """function @f -> bool line 1 {
^entry(%n: int64, %d: int64):
  %0: int64 = const 0
  %1: int64 = int64.mod %n, %d !2:4-2:9 {}
  %2: bool = int64.ne %1, %0
  return %2
}
"""


def test_a_remainder_compared_with_zero() -> None:
    printed = run(reduce_strength, MULTIPLE)
    assert "%1: bool = int64.is_multiple %n, %d !2:4-2:9" in printed and "bool.not %1" in printed
    assert "is_multiple" not in run(
        reduce_strength, MULTIPLE.replace("return %2", "return %2").replace("const 0", "const 1")
    )
    seen = MULTIPLE.replace("{}", "{}").replace(
        "  return %2", "  %3: int64 = int64.add %1, %1 !3:4-3:9 {}\n  return %2"
    )
    assert "is_multiple" not in run(reduce_strength, seen)


PLAIN = """function @f -> int line 1 {
^entry(%n: int):
  %0: int = const 0
  br ^loop(%0)
^loop(%i: int):
  %1: int = const 100
  %2: bool = int.lt %i, %1 !2:4-2:9 {i=%i}
  condbr %2, ^body, ^done
^body:
  poll !2:0-2:1 {}
  %3: int = const 3
  %4: int = int.add %i, %3 !3:4-3:9 {i=%i}
  br ^loop(%4)
^done:
  %5: int = int.add %i, %n !4:4-4:9 {i=%i}
  return %5
}
"""


def test_a_bounded_plain_int_is_a_word() -> None:
    printed = run(unbox_ints, PLAIN)
    assert "^loop(%i: int64):" in printed and "int64.add %i" in printed and "int64.lt %i" in printed
    assert "unchecked[int64.to_int] %i" in printed and "int.add %i.1, %n" in printed


def test_an_unbounded_plain_int_stays_tagged() -> None:
    for unbounded in (PLAIN.replace("int.lt %i, %1", "int.lt %i, %n"), PLAIN.replace("br ^loop(%0)", "br ^loop(%n)")):
        assert "^loop(%i: int):" in run(unbox_ints, unbounded)


SUM = """function @f -> int line 1 {
^entry(%n: int64):
  %0: int = const 0
  %1: int64 = const 0
  br ^loop(%1, %0)
^loop(%i: int64, %total: int):
  %2: bool = int64.lt %i, %n
  condbr %2, ^body, ^done
^body:
  %3: int = int64.to_int %i !3:4-3:9 {total=%total}
  %4: int = int.mul %3, %3 !3:4-3:9 {total=%total}
  %5: int = OPERATION %total, %4 !3:4-3:9 {total=%total}
  poll !2:0-2:1 {total=%5}
  %6: int64 = const 1
  %7: int64 = int64.add_wrapping %i, %6
  br ^loop(%7, %5)
^done:
  return %total
}
"""


def _versioned(text: str) -> str:
    stripped = run_on_module(strip_mine_loops, text)
    return run(version_strips, stripped)


def test_a_strip_of_a_sum_gets_a_copy_without_checks() -> None:
    printed = _versioned(SUM.replace("OPERATION", "int.add"))
    copy = printed[printed.index("^loop.unchecked(%i.4: ") : printed.index("^loop.done:")]
    assert " !" not in copy and "int.add" not in copy and "unchecked[int64.mul]" in copy
    assert "int.is_small" in printed and "const 16777216" in printed  # squares of 31 bits would be too much to add up
    assert "int.add %total" in printed  # the strip as it was written


def test_a_product_is_no_sum() -> None:
    assert "unchecked" not in _versioned(SUM.replace("OPERATION", "int.mul").replace("int = const 0", "int = const 1"))


def test_a_loop_that_may_not_advance_is_not_strip_mined() -> None:
    stuck = SUM.replace("OPERATION", "int.add").replace("%6: int64 = const 1", "%6: int64 = const 0")
    assert "strip_end" not in run_on_module(strip_mine_loops, stuck)


def test_a_divisor_that_was_tested_is_not_zero() -> None:
    tested = QUOTIENTS.replace("int64.gt %d", "int64.ne %d")
    printed = run(remove_checks, tested.replace("floordiv %2", "floordiv %n"))
    assert "%2: int64 = unchecked[int64.mod] %n, %d" in printed
    assert "int64.floordiv %n, %d !" in printed  # the lowest int64 by -1


SWAP = """function @f -> int64 line 1 {
^entry(%a: int64, %b: int64):
  %0: tuple[int64, int64] = tuple (%b, %a)
  %1: tuple[tuple[int64, int64], int64] = tuple (%0, %a)
  %2: tuple[int64, int64] = item %1, 0
  %3: int64 = item %2, 0
  return %3
}
"""


def test_items_of_tuples_made_here_are_what_was_put_in() -> None:
    assert "return %b" in run(forward_items, SWAP)


WHILE = """function @f -> int line 1 {
^entry(%n: int):
  %0: int = const 0
  br ^while(%0)
^while(%i: int):
  %1: bool = int.lt %i, %n !2:4-2:9 {n=%n, i=%i}
  condbr %1, ^body, ^done
^body:
  %2: int = const 1
  %3: int = int.add %i, %2 !3:4-3:9 {n=%n, i=%i}
  poll !2:0-2:1 {n=%n, i=%3}
  br ^while(%3)
^done:
  return %i
}
"""


def test_a_loop_over_plain_ints_counts_in_words_if_they_are_small() -> None:
    printed = run(version_loops, WHILE)
    copy = printed[printed.index("^while.words(") : printed.index("^while.done:")]
    assert "int64.lt" in copy and "int64.add" in copy and " int.add" not in copy
    assert printed.count("int.is_small") == 2 and "int.add %i" in printed
    assert "int64.strip_end" in run_on_module(strip_mine_loops, printed)


def test_a_loop_that_does_not_count_gets_no_copy() -> None:
    assert "counted" not in run(
        version_loops,
        WHILE.replace("const 0", "const 5").replace("const 1", "const 3").replace("int.add %i", "int.mul %i"),
    )
    assert "counted" not in run(version_loops, WHILE.replace("int.lt", "int.ne"))
