"""What a loop over a `range` computes once: its number of steps, and the end of its next strip."""

from __future__ import annotations

from pyfreeze.ir.primitive import Deoptimize, Primitive
from pyfreeze.ir.types import INT64
from pyfreeze.primitives.definition import define

STRIP = 8192
"""Steps of an innermost loop between two polls."""

SHORT_STRIP = 1024
"""Steps between two polls in a loop that may have to be undone up to there."""

STRIP_END, SHORT_STRIP_END = "int64.strip_end", "int64.short_strip_end"


def rows() -> list[Primitive]:
    # Differences of two int64 are exact as uint64; of the two directions only the one that the step's sign names counts.
    # Loops that take no step are common, and a division is slow.
    body = """entry:
%zero = icmp eq i64 %c, 0
%one = select i1 %zero, i64 1, i64 %c
%forward = icmp sgt i64 %one, 0
%low = select i1 %forward, i64 %a, i64 %b
%high = select i1 %forward, i64 %b, i64 %a
%negated = sub i64 0, %one
%stride = select i1 %forward, i64 %one, i64 %negated
%some = icmp slt i64 %low, %high
br i1 %some, label %divide, label %done
divide:
%span0 = sub i64 %high, %low
%span = sub i64 %span0, 1
%steps = udiv i64 %span, %stride
%count = add i64 %steps, 1
br label %done
done:
%r = phi i64 [%count, %divide], [0, %entry]
%huge = icmp slt i64 %r, 0
%bad = or i1 %zero, %huge
%pair = insertvalue {i64, i1} undef, i64 %r, 0
%both = insertvalue {i64, i1} %pair, i1 %bad, 1
ret {i64, i1} %both"""
    return [
        _strip_end_row(STRIP_END, STRIP),
        _strip_end_row(SHORT_STRIP_END, SHORT_STRIP),
        define(
            "range.steps",
            (INT64, INT64, INT64),
            INT64,
            _steps,
            body=body,
            python="builtins.range",  # raises ValueError for a step of 0
            raises=("ValueError",),
            deopts=True,  # 2**63 steps and more
        ),
    ]


def _strip_end_row(name: str, length: int) -> Primitive:
    body = f"""%left = sub i64 %b, %a
%below = icmp slt i64 %a, %b
%many = icmp ugt i64 %left, {length}
%split = and i1 %below, %many
%part = add i64 %a, {length}
%r = select i1 %split, i64 %part, i64 %b
ret i64 %r"""

    def evaluate(counter: int, limit: int) -> int:
        return min(counter + length, limit) if counter < limit else limit

    return define(name, (INT64, INT64), INT64, evaluate, body=body)


def is_strip_end(row: Primitive) -> bool:
    """Whether it says where a strip that starts at its first operand ends."""
    return row.name in (STRIP_END, SHORT_STRIP_END)


def _steps(start: int, stop: int, step: int) -> int:
    # len() refuses more than sys.maxsize.
    counted = range(start, stop, step)
    steps = (counted[-1] - counted[0]) // step + 1 if counted else 0
    if not INT64.holds(steps):
        raise Deoptimize
    return steps
