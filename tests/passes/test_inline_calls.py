"""Calls of small functions become part of their callers; what fails there still shows every call."""

from __future__ import annotations

import pytest

from pyfreeze.ir.function import Module
from pyfreeze.ir.interpreter import Raised, interpret
from pyfreeze.ir.parser import parse_module
from pyfreeze.ir.printer import format_function, format_module
from pyfreeze.ir.verifier import verify
from pyfreeze.passes.add_exception_edges import add_exception_edges
from pyfreeze.passes.inline_calls import inline_calls
from pyfreeze.passes.split_aggregates import split_aggregates
from pyfreeze.passes.thread_conditions import thread_conditions
from pyfreeze.primitives import find

CALLEES = """function @outer -> float64 line 9 {
^entry(%x: float64, %n: int64):
  %0: float64 = call @middle(%x) !10:4-10:9 {x=%x, n=%n}
  %1: float64 = call @middle(%0) !11:4-11:9 {x=%x, n=%n}
  return %1
}

function @middle -> float64 line 5 {
^entry(%y: float64):
  %0: float64 = const 1.0
  %z: float64 = float64.add %y, %0
  %1: float64 = call @inner(%z) !6:4-6:9 {y=%y, z=%z}
  return %1
}

function @inner -> float64 line 1 {
^entry(%d: float64):
  %0: float64 = const 0.0
  %1: bool = float64.lt %d, %0
  condbr %1, ^then, ^else
^then:
  return %d
^else:
  %2: float64 = const 2.0
  %3: float64 = float64.truediv %2, %d !2:4-2:9 {d=%d}
  return %3
}
"""


def module_of(text: str) -> Module:
    return parse_module(f"module m @BUILT\n\n{text}", find)


def inlined(text: str) -> Module:
    module = module_of(text)
    inline_calls(module)
    for function in module.functions.values():
        verify(function, module.stage)
    return module


def test_calls_disappear_from_the_inside_out() -> None:
    assert "call" not in format_module(inlined(CALLEES))


def test_what_fails_names_all_calls_around_it() -> None:
    text = format_function(inlined(CALLEES).functions["outer"])
    assert "!@inner 2:4-2:9 {d=%z} !@middle 6:4-6:9 {y=%x, z=%z} !10:4-10:9 {x=%x, n=%n}" in text


def test_the_text_parses_again() -> None:
    text = format_module(inlined(CALLEES))
    assert format_module(parse_module(text, find)) == text


@pytest.mark.parametrize("argument", [-1.0, 1.0, -3.0, 0.5])
def test_the_outcome_is_the_same(argument: float) -> None:
    before, after = module_of(CALLEES), inlined(CALLEES)
    expected = interpret(before, "outer", (argument, 7))
    assert interpret(after, "outer", (argument, 7)) == expected
    explicit = inlined(CALLEES)
    for function in explicit.functions.values():
        add_exception_edges(function)
    explicit.stage = type(explicit.stage).EXPLICIT
    for function in explicit.functions.values():
        verify(function, explicit.stage)
    assert interpret(explicit, "outer", (argument, 7)) == expected
    if argument == -1.0:
        assert isinstance(expected, Raised) and len(expected.traceback) == 3


RECURSIVE = """function @f -> int64 line 1 {
^entry(%n: int64):
  %0: int64 = call @f(%n) !2:4-2:9 {n=%n}
  return %0
}
"""


def test_recursion_stays() -> None:
    assert "call @f" in format_module(inlined(RECURSIVE))


LOOPING = """function @f -> int64 line 1 {
^entry(%n: int64):
  %0: int64 = call @g(%n) !2:4-2:9 {n=%n}
  return %0
}

function @g -> int64 line 1 {
^entry(%n: int64):
  br ^while(%n)
^while(%m: int64):
  %0: int64 = const 0
  %1: bool = int64.gt %m, %0
  condbr %1, ^while(%m), ^after
^after:
  return %m
}
"""


def test_loops_stay() -> None:
    assert "call @g" in format_module(inlined(LOOPING))


IMPURE = """function @f -> none line 1 impure {
^entry(%a: Array[int32], %x: int64):
  %0: int32 = call @inner(%x) !2:4-2:9 {a=%a, x=%x} resume statement 2:0-2:9 #1 {a=%a, x=%x}
  %1: int64 = const 0
  %2: none = array.set[int32] %a, %1, %0 !2:4-2:9 {a=%a, x=%x}
  return %2
}

function @inner -> int32 line 1 {
^entry(%d: int64):
  %0: int32 = int64.to_int32 %d !2:4-2:9 {d=%d}
  return %0
}
"""


def test_what_leaves_goes_on_at_the_statement_of_the_call() -> None:
    text = format_function(inlined(IMPURE).functions["f"])
    assert "int64.to_int32 %x !@inner 2:4-2:9 {d=%x} !2:4-2:9 {a=%a, x=%x} resume statement 2:0-2:9 #1 {a=%a" in text


PAIRS = """function @f -> float64 line 1 {
^entry(%n: int64, %x: float64):
  %p: tuple[float64, tuple[int64, float64]] = tuple (%x, %q)
  br ^while(%p)
^while(%r: tuple[float64, tuple[int64, float64]]):
  %1: float64 = item %r, 0
  %2: tuple[int64, float64] = item %r, 1
  %3: int64 = item %2, 0
  %4: bool = int64.gt %3, %n
  condbr %4, ^while(%r), ^after
^after:
  return %1
}
""".replace("  %p:", "  %q: tuple[int64, float64] = tuple (%n, %x)\n  %p:")


def test_items_are_passed_one_by_one() -> None:
    module = module_of(PAIRS)
    (function,) = module.functions.values()
    verify(function, module.stage)
    split_aggregates(function)
    verify(function, module.stage)
    text = format_function(function)
    assert "^while(%0: float64, %1: int64, %2: float64):" in text, text


AND = """function @f -> int64 line 1 {
^entry(%n: int64, %m: int64):
  %0: int64 = const 0
  %1: bool = int64.gt %n, %0
  condbr %1, ^then, ^else
^then:
  %2: bool = int64.gt %m, %n
  br ^joined(%2)
^else:
  br ^joined(%1)
^joined(%3: bool):
  condbr %3, ^then1, ^else1
^then1:
  return %n
^else1:
  return %m
}
"""


def test_the_second_condition_is_asked_only_after_the_first() -> None:
    module = module_of(AND)
    (function,) = module.functions.values()
    thread_conditions(function)
    verify(function, module.stage)
    text = format_function(function)
    assert "^else:\n  br ^else1" in text and "^joined:\n  condbr %2, ^then1, ^else1" in text
    for arguments in ((0, 5), (3, 2), (3, 9), (-1, -1)):
        assert interpret(module, "f", arguments) == interpret(module_of(AND), "f", arguments)
