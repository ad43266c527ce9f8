"""Single passes, text in and text out: one idea each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyfreeze.ir.function import Function, Module
from pyfreeze.ir.parser import parse_module
from pyfreeze.ir.printer import format_function
from pyfreeze.ir.verifier import verify
from pyfreeze.passes.eliminate_dead_code import eliminate_dead_code
from pyfreeze.passes.insert_refcounts import insert_refcounts
from pyfreeze.passes.reduce_strength import reduce_strength
from pyfreeze.passes.remove_checks import remove_checks
from pyfreeze.passes.strip_mine_loops import strip_mine_loops
from pyfreeze.passes.unroll_recursion import unroll_recursion
from pyfreeze.passes.wrap_masked_arithmetic import wrap_masked_arithmetic
from pyfreeze.primitives import find


def run(pass_: Callable[[Function], None], text: str, stage: str = "BUILT") -> str:
    """The printed function after `pass_`; verified."""
    module = parse_module(f"module m @{stage}\n\n{text}", find)
    (function,) = module.functions.values()
    verify(function, module.stage)
    pass_(function)
    verify(function, module.stage)
    return format_function(function)


def run_on_module(pass_: Callable[[Module], None], text: str) -> str:
    """The printed first function of a module after `pass_`; verified."""
    module = parse_module(f"module m @BUILT\n\n{text}", find)
    pass_(module)
    for function in module.functions.values():
        verify(function, module.stage)
    return format_function(next(iter(module.functions.values())))


MASKED = """function @f -> uint32 line 1 {
^entry(%h: uint32, %k: uint32):
  %0: uint32 = const 16777619
  %1: uint32 = uint32.mul %h, %0 !2:4-2:9 {h=%h}
  %2: uint32 = const MASK
  %3: uint32 = uint32.and %1, %2
  return %3
}
"""


def test_a_masked_product_wraps() -> None:
    assert "uint32.mul_wrapping" in run(wrap_masked_arithmetic, MASKED.replace("MASK", "255"))


def test_a_product_that_is_shown_does_not_wrap() -> None:
    shown = MASKED.replace("MASK", "255").replace(
        "  return %3", "  %4: uint32 = uint32.add %3, %1 !3:4-3:9 {x=%1}\n  return %4"
    )
    assert "mul_wrapping" not in run(wrap_masked_arithmetic, shown)


def test_division_wraps_nothing() -> None:
    assert "wrapping" not in run(
        wrap_masked_arithmetic, MASKED.replace("MASK", "255").replace("uint32.mul", "uint32.floordiv")
    )


DIVISION = """function @f -> int64 line 1 {
^entry(%n: int64):
  %0: int64 = const 8
  %1: int64 = int64.OPERATION %n, %0 !2:4-2:9 {n=%n}
  return %1
}
"""


@pytest.mark.parametrize(("operation", "expected"), [("floordiv", "int64.rshift"), ("mod", "int64.and")])
def test_powers_of_two_divide_by_shifting(operation: str, expected: str) -> None:
    assert expected in run(reduce_strength, DIVISION.replace("OPERATION", operation))
    assert expected not in run(reduce_strength, DIVISION.replace("OPERATION", operation).replace("const 8", "const -8"))
    assert expected not in run(reduce_strength, DIVISION.replace("OPERATION", operation).replace("const 8", "const 6"))


QUOTIENT = """function @f -> float64 line 1 {
^entry(%x: float64):
  %0: float64 = float64.mul %x, %x
  %1: float64 = const 1.0
  %2: float64 = float64.add %1, %0
  %3: float64 = float64.truediv %x, %2 !2:4-2:9 {x=%x}
  return %3
}
"""


def test_one_plus_a_square_is_not_zero() -> None:
    assert "unchecked[float64.truediv]" in run(remove_checks, QUOTIENT)


@pytest.mark.parametrize(
    ("old", "new"),
    [("const 1.0", "const 0.0"), ("const 1.0", "const -1.0"), ("float64.mul %x, %x", "float64.add %x, %x")],
)
def test_what_may_be_zero_keeps_its_check(old: str, new: str) -> None:
    assert "unchecked[float64.truediv]" not in run(remove_checks, QUOTIENT.replace(old, new))


LOOP = """function @f -> int64 line 1 {
^entry(%n: int64):
  %start: int64 = const 0
  br ^for(%start, %start)
^for(%i: int64, %total: int64):
  %1: bool = int64.lt %i, %n
  condbr %1, ^body, ^done
^body:
  %2: int64 = int64.add %total, %i !3:8-3:14 {n=%n, i=%i, total=%total}
  poll !2:4-3:14 {n=%n, total=%2}
  %3: int64 = const 1
  %4: int64 = int64.add_wrapping %i, %3
  br ^for(%4, %2)
^done:
  return %total
}
"""


def test_a_counted_loop_polls_between_strips() -> None:
    text = run_on_module(strip_mine_loops, LOOP)
    inner = text[text.index("^body:") : text.index("^done:")]
    assert "poll" not in inner and text.count("poll !") == 1 and "int64.strip_end" in text


LEAF = """
function @g -> int64 line 9 {
^entry(%i: int64):
  return %i
}
"""


def test_only_calls_without_loops_are_left_to_strips() -> None:
    calling = LOOP.replace("int64.add %total, %i", "call @g(%i)")
    assert "strip_end" in run_on_module(strip_mine_loops, calling + LEAF)
    looping = LEAF.replace("  return", "  poll !9:1-9:2 {i=%i}\n  return")
    assert "strip_end" not in run_on_module(strip_mine_loops, calling + looping)


RECURSIVE = """function @f -> int64 line 1 {
^entry(%n: int64):
  %0: int64 = const 0
  %1: bool = int64.eq %n, %0
  condbr %1, ^zero, ^more
^zero:
  return %n
^more:
  %2: int64 = const 1
  %3: int64 = int64.sub_wrapping %n, %2
  %4: int64 = call @f(%3) except ^unwind
  return %4
^unwind(%status: status):
  traceback %status !3:11-3:16 {n=%n}
  fail %status
}
"""


def test_levels_of_recursion_count_their_depth() -> None:
    text = run(unroll_recursion, RECURSIVE, "EXPLICIT")
    assert text.count("call @f") == 1 and "levels 6" in text
    assert [line.split()[1] for line in text.splitlines() if "check_depth" in line] == ["1", "2", "3", "4", "5"]
    assert text.count("traceback") == 6


def test_calls_of_other_functions_count_the_levels_around_them() -> None:
    text = RECURSIVE.replace("  return %n\n", "  %5: int64 = call @g(%n) except ^unwind\n  return %5\n")
    text = run(unroll_recursion, text, "EXPLICIT")
    calls = [line for line in text.splitlines() if "call @g" in line]
    assert ["levels" not in calls[0], *(f"levels {number}" in calls[number - 1] for number in range(2, 7))] == [
        True
    ] * 6


def test_unused_operations_disappear_but_not_those_that_fail() -> None:
    unused = DIVISION.replace("OPERATION", "mod").replace("return %1", "%9: int64 = int64.and %n, %0\n  return %n")
    text = run(eliminate_dead_code, unused)
    assert "int64.mod" in text and "int64.and" not in text


COUNTED = """function @f -> int line 1 {
^entry(%a: int, %c: bool):
  %b: int = int.add %a, %a except ^unwind
  condbr %c, ^one, ^two
^one:
  return %b
^two:
  return %a
^unwind(%status: status):
  traceback %status !2:4-2:9 {a=%a}
  fail %status
}
"""


def test_an_owned_value_moves_into_the_result_and_is_released_elsewhere() -> None:
    text = run(insert_refcounts, COUNTED, "EXPLICIT")
    assert text.count("decref %b") == 1 and text.count("incref %a") == 1 and "incref %b" not in text
    assert text.index("incref %a") < text.index("return %a")


NODES = """struct Node (value: int64, next: object)

function @f -> object line 1 {
^entry(%n: Node, %o: object):
BODY
}
"""


def counted(body: str) -> list[str]:
    """What is counted, in order."""
    text = NODES.replace(
        "BODY", "\n".join(line if line[0] == "^" else f"  {line}" for line in body.strip().splitlines())
    )
    module = parse_module(f"module m @EXPLICIT\n\n{text}", find)
    (function,) = module.functions.values()
    verify(function, module.stage)
    insert_refcounts(function)
    verify(function, module.stage)
    lines = format_function(function).splitlines()
    return [line.strip() for line in lines if line.strip().startswith(("incref", "decref"))]


def test_what_comes_out_of_a_parameter_is_not_counted_until_it_is_kept() -> None:
    body = """
%0: object = item %n, 1
%1: bool = reference.is %0, %o
return %0
"""
    assert counted(body) == ["incref %0"]


def test_an_item_of_something_made_here_is_counted() -> None:
    body = """
%0: int64 = const 1
%1: Node = Node (%0, %o)
%2: object = item %1, 1
return %2
"""
    assert counted(body) == ["incref %o", "incref %2", "decref %1"]


def test_a_text_comes_with_a_reference() -> None:
    body = """
%0: object = const "unused"
%1: object = const "kept"
%2: int64 = const 1
%3: Node = Node (%2, %1)
return %o
"""
    assert counted(body) == ["decref %0", "decref %3", "incref %o"]


def test_what_is_taken_out_of_an_object_of_a_parameter_is_not_counted() -> None:
    body = """
%0: object = item %n, 1
%1: Node | none = reference.unbox[Node | none] %0 except ^left
%2: Node = item %1, 1
%3: object = item %2, 1
%4: bool = reference.is_none %3
%5: object = reference.box[Node] %2 except ^left
return %5
^left(%status: status):
  fail %status
"""
    assert counted(body) == []
