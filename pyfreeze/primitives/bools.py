"""`bool`: `&`, `|` and `^` of two bools stay bool; all other arithmetic first converts to an int."""

from __future__ import annotations

import operator

from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import BOOL, FIXED_INTS, FLOAT64, INT
from pyfreeze.primitives.definition import COMPARISONS, define


def rows() -> list[Primitive]:
    pair = (BOOL, BOOL)
    table = [
        define(f"bool.{name}", pair, BOOL, function, body=f"%r = {name} i1 %a, %b\nret i1 %r")
        for name, function in (("and", operator.and_), ("or", operator.or_), ("xor", operator.xor))
    ]
    table += [
        define(
            f"bool.{name}",
            pair,
            BOOL,
            getattr(operator, name),
            body=f"%r = icmp {name if name in ('eq', 'ne') else 'u' + name} i1 %a, %b\nret i1 %r",
        )
        for name in COMPARISONS
    ]
    table.append(define("bool.same", (BOOL,), BOOL, bool, body="ret i1 %a"))
    table.append(define("bool.not", (BOOL,), BOOL, operator.not_, body="%r = xor i1 %a, true\nret i1 %r"))
    table += [define(f"bool.to_{type_}", (BOOL,), type_, int, body=_widen(type_.bits)) for type_ in FIXED_INTS]
    table.append(
        define("bool.to_int", (BOOL,), INT, int, body="%w = zext i1 %a to i64\n%r = shl i64 %w, 1\nret i64 %r")
    )
    table.append(define("bool.to_float64", (BOOL,), FLOAT64, float, body="%r = uitofp i1 %a to double\nret double %r"))
    return table


def _widen(bits: int) -> str:
    return f"%r = zext i1 %a to i{bits}\nret i{bits} %r"
