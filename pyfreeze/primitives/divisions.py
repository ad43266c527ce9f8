"""Division of fixed-width integers: it floors, and the remainder has the divisor's sign (language reference 6.7).

`is_multiple` is `a % b == 0`, which needs no flooring. Rows called `*_nonnegative` and `*_narrow` are for operands whose
ranges are known: a division without signs, and one of 32 bits, which some processors do several times as fast.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import BOOL, FixedInt
from pyfreeze.primitives.definition import ZERO_DIVISION, define, in_range, machine, pair_of

_EVALUATED: dict[str, Callable[..., int]] = {
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "is_multiple": lambda a, b: a % b == 0,
}


def rows_of(type_: FixedInt) -> list[Primitive]:
    i = machine(type_)
    floordiv, mod, is_multiple = _signed(type_) if type_.signed else _unsigned(type_)
    bodies = {"floordiv": (floordiv, i), "mod": (mod, i), "is_multiple": (is_multiple, "i1")}
    table = []
    for operation, (body, returned) in bodies.items():
        overflows = operation == "floordiv" and type_.signed
        table.append(
            define(
                f"{type_}.{operation}",
                (type_, type_),
                BOOL if operation == "is_multiple" else type_,
                in_range(type_, _EVALUATED[operation]) if overflows else _EVALUATED[operation],
                body=f"{body}\n{pair_of(returned)}",
                python=f"operator.{'floordiv' if operation == 'floordiv' else 'mod'}",
                raises=(*ZERO_DIVISION, "OverflowError") if overflows else ZERO_DIVISION,
            )
        )
        if type_.signed:
            table.append(_without_sign(type_, operation, "nonnegative", i))
        if type_.bits == 64:
            table.append(_without_sign(type_, operation, "narrow", "i32"))
    return table


def _signed(type_: FixedInt) -> tuple[str, str, str]:
    """Bodies of floordiv, mod and is_multiple up to `%r` and `%bad`."""
    i = machine(type_)
    differs = f"%nz = icmp ne {i} %t, 0\n%x = xor {i} %t, %d\n%neg = icmp slt {i} %x, 0\n%adjust = and i1 %nz, %neg"
    floordiv = f"""%zero = icmp eq {i} %b, 0
%one = icmp eq {i} %b, -1
%min = icmp eq {i} %a, {type_.minimum}
%over = and i1 %one, %min
%bad = or i1 %zero, %over
{_go_unless_bad(i)}
%d = add {i} %b, 0
%q = sdiv {i} %a, %d
%t = srem {i} %a, %d
{differs}
%step = zext i1 %adjust to {i}
%r = sub {i} %q, %step"""
    # The minimum by -1 traps on x86; its remainder by 1 is the same 0.
    start = f"%bad = icmp eq {i} %b, 0\n{{go}}\n%one = icmp eq {i} %b, -1\n%d = select i1 %one, {i} 1, {i} %b\n"
    mod = f"""{start.format(go=_go_unless_bad(i))}%t = srem {i} %a, %d
{differs}
%step = select i1 %adjust, {i} %d, {i} 0
%r = add {i} %t, %step"""
    is_multiple = f"{start.format(go=_go_unless_bad('i1'))}%t = srem {i} %a, %d\n%r = icmp eq {i} %t, 0"
    return floordiv, mod, is_multiple


def _unsigned(type_: FixedInt) -> tuple[str, str, str]:
    i = machine(type_)
    start = f"%bad = icmp eq {i} %b, 0\n"
    return (
        f"{start}{_go_unless_bad(i)}\n%r = udiv {i} %a, %b",
        f"{start}{_go_unless_bad(i)}\n%r = urem {i} %a, %b",
        f"{start}{_go_unless_bad('i1')}\n%t = urem {i} %a, %b\n%r = icmp eq {i} %t, 0",
    )


def _go_unless_bad(returned: str) -> str:
    """LLVM's division must not be reached with operands that trap."""
    return f"br i1 %bad, label %trouble, label %go\ntrouble:\nret {{{returned}, i1}} {{{returned} undef, i1 true}}\ngo:"


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
