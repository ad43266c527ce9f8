"""Division of fixed-width integers: it floors, and the remainder has the divisor's sign (language reference 6.7).

Operands without a sign are by far the most common: rows branch to a division without flooring for those, but for
constant divisors (`*_by_constant`), where flooring is cheaper than a branch. `is_multiple` is `a % b == 0`, which needs
no flooring. Rows called `*_nonnegative` and `*_narrow` are for operands whose ranges are known: a division without
signs, and one of 32 bits, which some processors do several times as fast.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import BOOL, FixedInt
from pyfreeze.primitives.definition import ZERO_DIVISION, define, in_range, machine

_EVALUATED: dict[str, Callable[..., int]] = {
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "is_multiple": lambda a, b: a % b == 0,
}


def rows_of(type_: FixedInt) -> list[Primitive]:
    i = machine(type_)
    table = []
    for operation in _EVALUATED:
        table.append(_row(type_, operation, "", _BRANCHING if type_.signed else _UNSIGNED))
        if type_.signed:
            table.append(_without_sign(type_, operation, "nonnegative", i))
            if operation != "is_multiple":
                table.append(_row(type_, operation, "_by_constant", _FLOORING))
        if type_.bits == 64:
            table.append(_without_sign(type_, operation, "narrow", "i32"))
    return table


def _row(type_: FixedInt, operation: str, suffix: str, bodies: Mapping[str, str]) -> Primitive:
    overflows = operation == "floordiv" and type_.signed
    i = machine(type_)
    evaluate = _EVALUATED[operation]
    guard = f"%bad = icmp eq {i} %b, 0\nret i1 %bad"
    if overflows:
        guard = f"""%zero = icmp eq {i} %b, 0
%one = icmp eq {i} %b, -1
%min = icmp eq {i} %a, {type_.minimum}
%over = and i1 %one, %min
%bad = or i1 %zero, %over
ret i1 %bad"""
    return define(
        f"{type_}.{operation}{suffix}",
        (type_, type_),
        BOOL if operation == "is_multiple" else type_,
        in_range(type_, evaluate) if overflows else evaluate,
        guard=guard,
        body=bodies[operation].format(i=i),
        python=f"operator.{'floordiv' if operation == 'floordiv' else 'mod'}",
        raises=(*ZERO_DIVISION, "OverflowError") if overflows else ZERO_DIVISION,
    )


# The minimum by -1 traps on x86; its remainder by 1 is the same 0.
_DIVISOR = "%one = icmp eq {i} %b, -1\n%d = select i1 %one, {i} 1, {i} %b\n"

_ADJUST = "%nz = icmp ne {i} %t, 0\n%x = xor {i} %t, %b\n%neg = icmp slt {i} %x, 0\n%adjust = and i1 %nz, %neg\n"

_FLOORING = {
    "floordiv": "%q = sdiv {i} %a, %b\n%t = srem {i} %a, %b\n"
    + _ADJUST
    + "%step = zext i1 %adjust to {i}\n%r = sub {i} %q, %step\nret {i} %r",
    "mod": _DIVISOR
    + "%t = srem {i} %a, %d\n"
    + _ADJUST
    + "%step = select i1 %adjust, {i} %b, {i} 0\n%r = add {i} %t, %step\nret {i} %r",
    "is_multiple": _DIVISOR + "%t = srem {i} %a, %d\n%r = icmp eq {i} %t, 0\nret i1 %r",
}


def branching_on_sign(unsigned: str, signed: str) -> str:
    """A body that does `unsigned` where neither `%a` nor `%b` has a sign, else `signed`."""
    return (
        "%signs = or {i} %a, %b\n%has_sign = icmp slt {i} %signs, 0\n"
        f"br i1 %has_sign, label %signed, label %unsigned, !prof !1\nunsigned:\n{unsigned}\nsigned:\n{signed}"
    )


_BRANCHING = {
    "floordiv": branching_on_sign("%u = udiv {i} %a, %b\nret {i} %u", _FLOORING["floordiv"]),
    "mod": branching_on_sign("%u = urem {i} %a, %b\nret {i} %u", _FLOORING["mod"]),
    "is_multiple": _FLOORING["is_multiple"],
}

_UNSIGNED = {
    "floordiv": "%r = udiv {i} %a, %b\nret {i} %r",
    "mod": "%r = urem {i} %a, %b\nret {i} %r",
    "is_multiple": "%t = urem {i} %a, %b\n%r = icmp eq {i} %t, 0\nret i1 %r",
}


def _without_sign(type_: FixedInt, operation: str, variant: str, computed: str) -> Primitive:
    """The row for nonnegative `a` and positive `b`, computed in the LLVM type `computed`."""
    i = machine(type_)
    narrow = computed != i
    lines = [f"%x = trunc {i} %a to {computed}", f"%y = trunc {i} %b to {computed}"] if narrow else []
    x, y = ("%x", "%y") if narrow else ("%a", "%b")
    lines.append(f"%v = {'udiv' if operation == 'floordiv' else 'urem'} {computed} {x}, {y}")
    if operation == "is_multiple":
        lines += [f"%r = icmp eq {computed} %v, 0", "ret i1 %r"]
    else:
        lines += [f"%r = zext i32 %v to {i}", f"ret {i} %r"] if narrow else [f"ret {i} %v"]
    result = BOOL if operation == "is_multiple" else type_
    name = f"{type_}.{operation}_{variant}"
    return define(name, (type_, type_), result, _EVALUATED[operation], body="\n".join(lines))
