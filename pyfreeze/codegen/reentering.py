"""Whether a framed function tries its unboxed copy again: not so often where that has led to nothing.

Values that break the hints would otherwise have it enter, leave and box everything at each turn of a loop. Each place at which
the copy is entered has a state: how many turns are let pass before the next try, and how often trying was in vain of late.
Nothing but speed depends on it.
"""

from __future__ import annotations

from pyfreeze.codegen.symbols import Symbols

WORTHWHILE_TURNS = 8
"""So many turns of a loop in the copy make up for entering and leaving it."""
MOST_FAILURES = 2047
"""An eighth of it is the most turns that are let pass: by then trying costs less than a hundredth."""

ALLOCAS = ("%entered_at = alloca ptr", "%turns = alloca i64")
"""The state of the place at which the copy was entered last, and the turns since: LLVM keeps both in registers."""

_WORTH_ENTERING = """define internal i1 @worth_entering(ptr %state, ptr %entered_at, ptr %turns) alwaysinline {
%passing = load i32, ptr %state
%now = icmp eq i32 %passing, 0
br i1 %now, label %enter, label %pass
enter:
store ptr %state, ptr %entered_at
store i64 0, ptr %turns
ret i1 true
pass:
%left = sub i32 %passing, 1
store i32 %left, ptr %state
ret i1 false
}"""

_LEFT = f"""define internal void @left_copy(ptr %state, i64 %turns) noinline cold {{
%failures_p = getelementptr i32, ptr %state, i64 1
%failures = load i32, ptr %failures_p
%worthwhile = icmp uge i64 %turns, {WORTHWHILE_TURNS}
br i1 %worthwhile, label %good, label %bad
good:
%half = lshr i32 %failures, 1
store i32 %half, ptr %failures_p
ret void
bad:
%twice = shl i32 %failures, 1
%more = or i32 %twice, 1
%most = icmp ugt i32 %more, {MOST_FAILURES}
%known = select i1 %most, i32 {MOST_FAILURES}, i32 %more
store i32 %known, ptr %failures_p
%passing = lshr i32 %known, 3
store i32 %passing, ptr %state
ret void
}}"""

_FINISHED = """define internal void @finished_copy(ptr %state) alwaysinline {
%failures_p = getelementptr i32, ptr %state, i64 1
%failures = load i32, ptr %failures_p
%half = lshr i32 %failures, 1
store i32 %half, ptr %failures_p
ret void
}"""


def state_of(symbols: Symbols, place: str) -> str:
    name = f'@"entering {place}"'
    return symbols.define(name, lambda: f"{name} = internal global [2 x i32] zeroinitializer")


def worth_entering(symbols: Symbols, place: str) -> str:
    """The call that says whether to try now."""
    function = symbols.define("@worth_entering", lambda: _WORTH_ENTERING)
    return f"call i1 {function}(ptr {state_of(symbols, place)}, ptr %entered_at, ptr %turns)"


def left(symbols: Symbols, state: str, turns: str) -> str:
    """The call that notes that a guard has failed."""
    return f"call void {symbols.define('@left_copy', lambda: _LEFT)}(ptr {state}, i64 {turns})"


def finished(symbols: Symbols, state: str) -> str:
    """The call that notes that the function has ended in the copy."""
    return f"call void {symbols.define('@finished_copy', lambda: _FINISHED)}(ptr {state})"
