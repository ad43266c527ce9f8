"""What IR text means: values, exceptions, handlers, calls, and who holds references."""

from __future__ import annotations

import pytest

from pyfreeze.ir.function import Module
from pyfreeze.ir.instructions import Apply, PointKind, Position
from pyfreeze.ir.interpreter import (
    Deoptimized,
    InterpreterError,
    LimitExceeded,
    Limits,
    Raised,
    Resumed,
    Returned,
    interpret,
)
from pyfreeze.ir.parser import parse_module
from pyfreeze.ir.references import OwnershipError
from pyfreeze.ir.verifier import VerifierError, verify
from pyfreeze.primitives import find


def module(stage: str, text: str) -> Module:
    parsed = parse_module(f"module m @{stage}\n\n{text}", find)
    for function in parsed.functions.values():
        verify(function, parsed.stage)
    return parsed


SUM = """function @sum -> int64 line 1 {
^entry(%n: int64):
  %0: int64 = const 0
  br ^while(%0, %n)
^while(%total: int64, %left: int64):
  %1: bool = int64.gt %left, %0
  condbr %1, ^body, ^done
^body:
  %2: int64 = int64.add %total, %left !3:8-3:14 {n=%left, total=%total}
  %3: int64 = const 1
  %4: int64 = int64.sub %left, %3 !4:8-4:14 {n=%left, total=%2}
  poll !2:4-4:14 {n=%4, total=%2}
  br ^while(%2, %4)
^done:
  return %total
}
"""


def test_loops() -> None:
    assert interpret(module("BUILT", SUM), "sum", [10]) == Returned(55)


def test_edges_assign_their_parameters_at_once() -> None:
    text = """function @swap -> tuple[int64, int64] line 1 {
^entry(%a: int64, %b: int64, %again: bool):
  br ^loop(%a, %b, %again)
^loop(%x: int64, %y: int64, %more: bool):
  %no: bool = const False
  condbr %more, ^loop(%y, %x, %no), ^done
^done:
  %0: tuple[int64, int64] = tuple (%x, %y)
  return %0
}
"""
    assert interpret(module("BUILT", text), "swap", [1, 2, True]) == Returned((2, 1))


def test_steps_are_limited() -> None:
    with pytest.raises(LimitExceeded):
        interpret(module("BUILT", SUM), "sum", [10**9])


def test_the_size_of_ints_is_limited() -> None:
    text = "function @f -> int line 1 {\n^entry(%n: int):\n  %0: int = int.mul %n, %n !2:4-2:9\n  return %0\n}\n"
    with pytest.raises(LimitExceeded):
        interpret(module("BUILT", text), "f", [1 << 60_000])


CALLS = """function @quotient -> int64 line 1 {
^entry(%a: int64, %b: int64):
  %0: int64 = int64.floordiv %a, %b !2:11-2:17 {a=%a, b=%b}
  return %0
}

function @next_quotient -> int64 line 4 {
^entry(%n: int64):
  %0: int64 = const 7
  %1: int64 = call @quotient(%0, %n) !5:8-5:20 {n=%n}
  %2: int64 = const 1
  %3: int64 = int64.add %1, %2 !5:8-5:24 {n=%n}
  return %3
}
"""


def test_an_exception_passes_its_callers() -> None:
    built = module("BUILT", CALLS)
    assert interpret(built, "next_quotient", [2]) == Returned(4)
    found = interpret(built, "next_quotient", [0])
    assert isinstance(found, Raised) and found.kind == "ZeroDivisionError"
    assert [(entry.function, str(entry.position), entry.locals) for entry in found.traceback] == [
        ("next_quotient", "5:8-5:20", (("n", 0),)),
        ("quotient", "2:11-2:17", (("a", 7), ("b", 0))),
    ]


HANDLED = """function @f -> int64 line 1 {
^entry(%a: int64, %b: int64):
  %0: int64 = int64.floordiv %a, %b except ^other(%b)
  return %0
^other(%status: status, %left: int64):
  %1: int64 = int64.add %left, %a except ^unwind
  return %1
^unwind(%status.1: status):
  traceback %status.1 !3:4-3:9 {a=%a}
  fail %status.1
}
"""


def test_a_handler_goes_on_with_the_arguments_of_its_edge() -> None:
    explicit = module("EXPLICIT", HANDLED)
    assert interpret(explicit, "f", [7, 2]) == Returned(3)
    assert interpret(explicit, "f", [7, 0]) == Returned(7)


def test_a_traceback_is_added_where_the_handler_says() -> None:
    maximum = 2**63 - 1
    failing = module("EXPLICIT", HANDLED.replace("int64.floordiv %a, %b", "int64.add %a, %b"))
    found = interpret(failing, "f", [maximum, maximum])
    assert isinstance(found, Raised)
    assert (found.kind, found.arguments) == ("OverflowError", (f"{2 * maximum} is out of range for int64",))
    assert [entry.locals for entry in found.traceback] == [(("a", maximum),)]


def test_a_deoptimization_leaves_everything_without_a_traceback() -> None:
    text = """function @narrow -> int8 line 1 {
^entry(%n: int64):
  %0: int8 = int64.to_int8 %n except ^unwind
  return %0
^unwind(%status: status):
  traceback %status !2:4-2:9 {n=%n}
  fail %status
}

function @outer -> int8 line 4 {
^entry(%n: int64):
  %0: int8 = call @narrow(%n) except ^unwind
  return %0
^unwind(%status: status):
  traceback %status !5:4-5:9 {n=%n}
  fail %status
}
"""
    explicit = module("EXPLICIT", text)
    assert interpret(explicit, "outer", [-128]) == Returned(-128)
    assert interpret(explicit, "outer", [128]) == Deoptimized()


def test_deopt_is_an_end_of_its_own() -> None:
    assert interpret(module("BUILT", "function @f -> none line 1 {\n^entry:\n  deopt\n}\n"), "f", []) == Deoptimized()


@pytest.mark.parametrize(
    ("raised", "kind", "arguments"),
    [
        ("raise KeyError", "KeyError", ()),
        ("raise KeyError(%n)", "KeyError", (5,)),
        ("raise OSError(%n, %text)", "FileNotFoundError", (2, "text")),
        ("raise UnicodeError()", "UnicodeError", ()),
    ],
)
def test_raised_exceptions(raised: str, kind: str, arguments: tuple[object, ...]) -> None:
    text = f"""function @f -> none line 1 {{
^entry(%n: int):
  %text: text = const "text"
  {raised} !2:4-2:9 {{n=%n}}
  unreachable
}}
"""
    found = interpret(module("BUILT", text), "f", [2 if "OSError" in raised else 5])
    assert isinstance(found, Raised) and (found.kind, found.arguments) == (kind, arguments)
    assert [entry.function for entry in found.traceback] == ["f"]


def test_an_exception_that_cannot_be_made_is_another() -> None:
    text = "function @f -> none line 1 {\n^entry:\n  raise UnicodeDecodeError() !2:4-2:9\n  unreachable\n}\n"
    found = interpret(module("BUILT", text), "f", [])
    assert isinstance(found, Raised) and found.kind == "TypeError"


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
  %4: int64 = call @f(%3) LEVELS!3:11-3:16 {n=%n}
  return %4
}
"""


def test_calls_count_their_levels() -> None:
    single, double = (module("BUILT", RECURSIVE.replace("LEVELS", text)) for text in ("", "levels 2 "))
    limits = Limits(depth=10)
    assert interpret(single, "f", [10], limits) == Returned(0)
    assert interpret(double, "f", [5], limits) == Returned(0)
    for built, depth in ((single, 11), (double, 6)):
        found = interpret(built, "f", [depth], limits)
        assert isinstance(found, Raised) and found.kind == "RecursionError"
        assert len(found.traceback) == depth


def test_an_inlined_call_checks_the_depth_that_is_left() -> None:
    text = """function @f -> none line 1 {
^entry:
  check_depth 3 except ^unwind
  %0: none = const None
  return %0
^unwind(%status: status):
  fail %status
}
"""
    explicit = module("EXPLICIT", text)
    assert interpret(explicit, "f", [], Limits(depth=3)) == Returned(None)
    assert interpret(explicit, "f", [], Limits(depth=2)) == Raised(
        "RecursionError", ("maximum recursion depth exceeded",)
    )


def test_a_row_must_do_what_it_declares() -> None:
    built = module("BUILT", CALLS)
    (apply,) = (item for item in built.functions["quotient"].instructions() if isinstance(item, Apply))
    apply.primitive = find("int64.and")
    assert interpret(built, "quotient", [6, 3]) == Returned(2)
    apply.primitive = find("unchecked[int64.mod]")  # only where the divisor is proven not to be zero
    with pytest.raises(InterpreterError, match="does not declare"):
        interpret(built, "quotient", [6, 0])
    apply.primitive = find("int64.truediv")
    with pytest.raises(InterpreterError, match=r"2\.0 is no int64"):
        interpret(built, "quotient", [6, 3])


def test_arguments_are_of_the_types_of_the_parameters() -> None:
    with pytest.raises(InterpreterError, match="is no int64"):
        interpret(module("BUILT", SUM), "sum", [2**63])


COUNTED = """function @f -> int line 1 {
^entry(%a: int, %c: bool):
  %b: int = int.add %a, %a except ^unwind
  condbr %c, ^one, ^two
^one:
  return %b
^two:
  decref %b
  incref %a
  return %a
^unwind(%status: status):
  traceback %status !2:4-2:9 {a=%a}
  fail %status
}
"""


@pytest.mark.parametrize("condition", [True, False])
def test_each_reference_is_given_up_once(condition: bool) -> None:
    assert interpret(module("LOWERED", COUNTED), "f", [2**70, condition]) == Returned(2**71 if condition else 2**70)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  decref %b\n", "", "%b.* never given up"),
        ("  decref %b\n", "  decref %b\n  decref %b\n", "%b.* used after"),
        ("  incref %a\n", "", "%a.* not held"),
        ("  incref %a\n", "  incref %a\n  incref %a\n", "%a.* never given up"),
        ("return %a", "return %b", "%b.* used after"),
    ],
)
def test_wrong_counts_are_found_also_for_small_ints(old: str, new: str, said: str) -> None:
    lowered = module("LOWERED", COUNTED.replace(old, new))
    assert interpret(lowered, "f", [1, True]) == Returned(2)
    with pytest.raises(OwnershipError, match=said):
        interpret(lowered, "f", [1, False])


TUPLES = """function @f -> int line 1 {
^entry(%a: int, %x: float64):
  %b: int = int.add %a, %a except ^unwind
  %pair: tuple[int, float64] = tuple (%b, %x)
  %item: int = item %pair, 0
  incref %item
  decref %pair
  return %item
^unwind(%status: status):
  fail %status
}
"""


def test_a_tuple_takes_over_and_its_items_are_borrowed() -> None:
    assert interpret(module("LOWERED", TUPLES), "f", [3, 0.5]) == Returned(6)
    swapped = TUPLES.replace("  incref %item\n  decref %pair\n", "  decref %pair\n  incref %item\n")
    with pytest.raises(OwnershipError, match=r"%item.* used after"):
        interpret(module("LOWERED", swapped), "f", [3, 0.5])
    with pytest.raises(OwnershipError, match=r"%b.* used after"):
        interpret(module("LOWERED", TUPLES.replace("decref %pair", "decref %b")), "f", [3, 0.5])


def test_a_value_made_again_in_a_loop_must_be_free() -> None:
    text = """function @f -> int64 line 1 {
^entry(%a: int, %n: int64):
  %one: int64 = const 1
  %zero: int64 = const 0
  br ^loop(%n)
^loop(%left: int64):
  %b: int = int.add %a, %a except ^unwind
  decref %b
  %fewer: int64 = int64.sub_wrapping %left, %one
  %more: bool = int64.gt %fewer, %zero
  condbr %more, ^loop(%fewer), ^done
^done:
  return %fewer
^unwind(%status: status):
  fail %status
}
"""
    assert interpret(module("LOWERED", text), "f", [1, 3]) == Returned(0)
    with pytest.raises(OwnershipError, match=r"%b.* never given up"):
        interpret(module("LOWERED", text.replace("  decref %b\n", "")), "f", [1, 3])


LEAVING = """function @power -> int line 1 impure {
^entry(%a: int, %b: int):
  %0: int64 = const 0
  %1: int64 = const 3
  %2: bool = const True
  %3: int = int.pow %a, %b !4:8-4:14 resume statement 4:8-4:14 #2 {a=%a, a?=%2} [range+1(%0, %1), steps+1(%0, %1, %1, %1)]
  return %3
}

function @caller -> int line 9 impure {
^entry(%a: int, %b: int):
  %0: int = call @power(%a, %b) !9:8-9:14 resume returned 9:8-9:14 #1 {a=%a}
  return %0
}
"""


def test_leaving_in_the_middle() -> None:
    built = module("BUILT", LEAVING)
    expected = Resumed(
        "power",
        PointKind.STATEMENT,
        Position(4, 8, 4, 14),
        (("a", 2),),
        (range(1, 3), range(6, 12, 3)),
        ("caller",),
    )
    assert interpret(built, "caller", (2, -1)) == expected
    assert interpret(built, "caller", (2, 3)) == Returned(8)
    explicit = """function @power -> int line 1 impure {
^entry(%a: int, %b: int):
  %0: int = int.pow %a, %b except ^unwind
  return %0
^unwind(%status: status):
  traceback %status !4:8-4:14 {a=%a}
  %left: status = suspend %status resume statement 4:8-4:14 #2 {a=%a}
  fail %left
}
"""
    for stage in ("EXPLICIT", "LOWERED"):
        later = module(stage, explicit)
        found = interpret(later, "power", (2, -1))
        assert isinstance(found, Resumed) and found.locals == (("a", 2),)
        zero = interpret(later, "power", (0, -1))
        assert isinstance(zero, Raised) and zero.kind == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" resume returned 9:8-9:14 #1 {a=%a}", ""),
        ("line 9 impure", "line 9"),
        ("  return %3\n", "  %4: status = suspend resume start 1:0-1:0 #0\n  return %3\n"),
    ],
)
def test_what_leaves_has_a_state_exactly_where_it_is_needed(old: str, new: str) -> None:
    with pytest.raises(VerifierError, match=r"state to go on from|Suspend is not allowed"):
        module("BUILT", LEAVING.replace(old, new))
