"""Fixed-width integers: exact or OverflowError (contract, rule 2).

One set of rows for each of the eight types. `*_wrapping` rows are modular arithmetic, used only where a mask hides
the difference. `T.to_U` deoptimizes where the value does not fit, since the interpreter computes on with it;
`U.coerce_T` is the call `U(x)`, which raises, and `U.store_T` the same where no call is seen: a field, a variable.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from pyfreeze.ir.primitive import Deoptimize, Primitive, Scalar
from pyfreeze.ir.types import BOOL, FIXED_INTS, FLOAT64, INT, INT64, SMALL_MAXIMUM, SMALL_MINIMUM, UINT64, FixedInt
from pyfreeze.primitives import divisions
from pyfreeze.primitives.definition import (
    COMPARISONS,
    OVERFLOW,
    ZERO_DIVISION,
    coercions,
    define,
    in_range,
    machine,
    pair_of,
)


def rows() -> list[Primitive]:
    table: list[Primitive] = []
    for type_ in FIXED_INTS:
        table += (
            _checked_arithmetic(type_)
            + divisions.rows_of(type_)
            + [_true_division(type_)]
            + _shifts(type_)
            + _bitwise(type_)
        )
        table += _wrapping(type_) + _comparisons(type_) + _conversions(type_)
        table.append(_power(type_))
    table.append(define("int64.same", (INT64,), INT64, int, body="ret i64 %a"))
    return table


def _checked_arithmetic(type_: FixedInt) -> list[Primitive]:
    i, sign = machine(type_), "s" if type_.signed else "u"
    table = []
    for name in ("add", "sub", "mul"):
        intrinsic = f"@llvm.{sign}{name}.with.overflow.{i}"
        table.append(
            define(
                f"{type_}.{name}",
                (type_, type_),
                type_,
                in_range(type_, getattr(operator, name)),
                body=f"%r = call {{{i}, i1}} {intrinsic}({i} %a, {i} %b)\nret {{{i}, i1}} %r",
                python=f"operator.{name}",
                raises=OVERFLOW,
                declarations=(f"declare {{{i}, i1}} {intrinsic}({i}, {i})",),
            )
        )
    extremes = f"%bad = icmp eq {i} %a, {type_.minimum}" if type_.signed else f"%bad = icmp ne {i} %a, 0"
    table.append(
        define(
            f"{type_}.neg",
            (type_,),
            type_,
            in_range(type_, operator.neg),
            body=f"{extremes}\n%r = sub {i} 0, %a\n{pair_of(i)}",
            python="operator.neg",
            raises=OVERFLOW,
        )
    )
    if type_.signed:
        body = (
            f"{extremes}\n%n = sub {i} 0, %a\n%s = icmp slt {i} %a, 0\n%r = select i1 %s, {i} %n, {i} %a\n{pair_of(i)}"
        )
        table.append(
            define(
                f"{type_}.abs", (type_,), type_, in_range(type_, abs), body=body, python="builtins.abs", raises=OVERFLOW
            )
        )
    return table


def _true_division(type_: FixedInt) -> Primitive:
    """`/` of ints is correctly rounded: through doubles only where both are exact (below 2**53)."""
    i, sign = machine(type_), "s" if type_.signed else "u"
    inexact = "%bad = icmp eq {i} %b, 0"
    if type_.bits == 64:
        shift = 1 << 53
        low = (
            f"%as = add i64 %a, {shift}\n%bs = add i64 %b, {shift}"
            if type_.signed
            else "%as = add i64 %a, 0\n%bs = add i64 %b, 0"
        )
        limit = 2 * shift if type_.signed else shift
        inexact = f"""%zero = icmp eq {{i}} %b, 0
{low}
%al = icmp ugt i64 %as, {limit}
%bl = icmp ugt i64 %bs, {limit}
%large = or i1 %al, %bl
%bad = or i1 %zero, %large"""
    return define(
        f"{type_}.truediv",
        (type_, type_),
        FLOAT64,
        operator.truediv,
        body=f"{inexact.format(i=i)}\n%fa = {sign}itofp {i} %a to double\n%fb = {sign}itofp {i} %b to double\n"
        f"%r = fdiv double %fa, %fb\n{pair_of('double')}",
        python="operator.truediv",
        raises=ZERO_DIVISION,
        recovers=type_.bits == 64,
    )


def _power(type_: FixedInt) -> Primitive:
    """By squaring. A negative exponent gives a float, which leaves native code."""
    i, sign = machine(type_), "s" if type_.signed else "u"
    multiply = f"@llvm.{sign}mul.with.overflow.{i}"
    negative = f"%negative = icmp slt {i} %b, 0" if type_.signed else f"%negative = icmp ult {i} %b, 0"
    body = f"""entry:
{negative}
br i1 %negative, label %trouble, label %loop
loop:
%e = phi {i} [%b, %entry], [%half, %next]
%base = phi {i} [%a, %entry], [%squared, %next]
%acc = phi {i} [1, %entry], [%r1, %next]
%wrapped = phi i1 [false, %entry], [%sflag, %next]
%done = icmp eq {i} %e, 0
br i1 %done, label %out, label %step
step:
%bit = trunc {i} %e to i1
%unusable = and i1 %bit, %wrapped
br i1 %unusable, label %trouble, label %go
go:
%m = call {{{i}, i1}} {multiply}({i} %acc, {i} %base)
%mv = extractvalue {{{i}, i1}} %m, 0
%mf = extractvalue {{{i}, i1}} %m, 1
%over = and i1 %bit, %mf
br i1 %over, label %trouble, label %next
next:
%r1 = select i1 %bit, {i} %mv, {i} %acc
%half = lshr {i} %e, 1
%s = call {{{i}, i1}} {multiply}({i} %base, {i} %base)
%squared = extractvalue {{{i}, i1}} %s, 0
%sf = extractvalue {{{i}, i1}} %s, 1
%sflag = or i1 %sf, %wrapped
br label %loop
trouble:
ret {{{i}, i1}} {{{i} undef, i1 true}}
out:
%r = insertvalue {{{i}, i1}} {{{i} undef, i1 false}}, {i} %acc, 0
ret {{{i}, i1}} %r"""
    return define(
        f"{type_}.pow",
        (type_, type_),
        type_,
        in_range(type_, _power_of),
        body=body,
        python="pyfreeze._runtime.power",
        raises=("OverflowError", "ZeroDivisionError"),
        deopts=type_.signed,
        declarations=(f"declare {{{i}, i1}} {multiply}({i}, {i})",),
    )


def _shifts(type_: FixedInt) -> list[Primitive]:
    i, right = machine(type_), "ashr" if type_.signed else "lshr"
    # An unsigned comparison also catches negative counts.
    lshift = f"""%wide = icmp uge {i} %b, {type_.bits}
%count = select i1 %wide, {i} 0, {i} %b
%r = shl {i} %a, %count
%back = {right} {i} %r, %count
%lost = icmp ne {i} %back, %a
%bad = or i1 %wide, %lost
{pair_of(i)}"""
    negative = f"%bad = icmp slt {i} %b, 0" if type_.signed else f"%bad = icmp ult {i} %b, 0"
    beyond = f"ashr {i} %a, {type_.bits - 1}" if type_.signed else f"add {i} 0, 0"
    rshift = f"""{negative}
%wide = icmp uge {i} %b, {type_.bits}
%count = select i1 %wide, {i} 0, {i} %b
%shifted = {right} {i} %a, %count
%beyond = {beyond}
%r = select i1 %wide, {i} %beyond, {i} %shifted"""
    pair = (type_, type_)
    if type_.signed:
        right_row = define(
            f"{type_}.rshift",
            pair,
            type_,
            operator.rshift,
            body=f"{rshift}\n{pair_of(i)}",
            python="operator.rshift",
            raises=("ValueError",),
        )
    else:
        right_row = define(f"{type_}.rshift", pair, type_, operator.rshift, body=f"{rshift}\nret {i} %r")
    return [
        define(
            f"{type_}.lshift",
            pair,
            type_,
            in_range(type_, _left_shift),
            body=lshift,
            python="pyfreeze._runtime.lshift",
            raises=("ValueError", "OverflowError") if type_.signed else OVERFLOW,
            recovers=True,  # 0 << 64
        ),
        right_row,
    ]


def _power_of(a: int, b: int) -> int:
    """`a ** b` without building a number of thousands of digits first."""
    if b > 64 and a not in (-1, 0, 1):
        raise OverflowError("the result is out of range for a fixed-width integer")
    power: int = a**b
    return power


def _left_shift(a: int, b: int) -> int:
    """`a << b` without building a number of 2**b bits first."""
    if b > 64 and a != 0:
        raise OverflowError("the result is out of range for a fixed-width integer")
    return a << b if a or b < 0 else 0


def _bitwise(type_: FixedInt) -> list[Primitive]:
    i, pair = machine(type_), (type_, type_)
    table = [
        define(f"{type_}.{name}", pair, type_, function, body=f"%r = {name} {i} %a, %b\nret {i} %r")
        for name, function in (("and", operator.and_), ("or", operator.or_), ("xor", operator.xor))
    ]
    if type_.signed:
        table.append(
            define(f"{type_}.invert", (type_,), type_, operator.invert, body=f"%r = xor {i} %a, -1\nret {i} %r")
        )
    else:
        table.append(
            define(
                f"{type_}.invert",
                (type_,),
                type_,
                in_range(type_, operator.invert),
                body=f"ret {{{i}, i1}} {{{i} undef, i1 true}}",
                python="operator.invert",
                raises=OVERFLOW,
            )
        )
    return table


def _wrapping(type_: FixedInt) -> list[Primitive]:
    i = machine(type_)

    def wrap(value: int) -> int:
        value &= (1 << type_.bits) - 1
        return value - (1 << type_.bits) if type_.signed and value > type_.maximum else value

    table = []
    for name in ("add", "sub", "mul"):
        function = getattr(operator, name)
        table.append(
            define(
                f"{type_}.{name}_wrapping",
                (type_, type_),
                type_,
                lambda a, b, function=function: wrap(function(a, b)),
                body=f"%r = {name} {i} %a, %b\nret {i} %r",
            )
        )
    # The count of a shift left is a constant below the width when this row is used.
    table.append(
        define(
            f"{type_}.lshift_wrapping",
            (type_, type_),
            type_,
            lambda a, b: wrap(a << (b % type_.bits)),
            body=f"%count = and {i} %b, {type_.bits - 1}\n%r = shl {i} %a, %count\nret {i} %r",
        )
    )
    table.append(
        define(f"{type_}.neg_wrapping", (type_,), type_, lambda a: wrap(-a), body=f"%r = sub {i} 0, %a\nret {i} %r")
    )
    table.append(
        define(f"{type_}.invert_wrapping", (type_,), type_, lambda a: wrap(~a), body=f"%r = xor {i} %a, -1\nret {i} %r")
    )
    return table


def _comparisons(type_: FixedInt) -> list[Primitive]:
    i, sign = machine(type_), "s" if type_.signed else "u"
    table = []
    for name in COMPARISONS:
        predicate = name if name in ("eq", "ne") else sign + name
        function = getattr(operator, name)
        table.append(
            define(
                f"{type_}.{name}", (type_, type_), BOOL, function, body=f"%r = icmp {predicate} {i} %a, %b\nret i1 %r"
            )
        )
        if type_ in (INT64, UINT64):
            table.append(_float_comparison(type_, name))
    return table


def _float_comparison(type_: FixedInt, name: str) -> Primitive:
    """int–float comparison is exact: through doubles only below 2**53."""
    sign = "s" if type_.signed else "u"
    shift = 1 << 53
    low, limit = (f"add i64 %a, {shift}", 2 * shift) if type_.signed else ("add i64 %a, 0", shift)
    predicate = "une" if name == "ne" else "o" + name
    return define(
        f"{type_}.{name}_float64",
        (type_, FLOAT64),
        BOOL,
        getattr(operator, name),
        body=f"%as = {low}\n%bad = icmp ugt i64 %as, {limit}\n%f = {sign}itofp i64 %a to double\n"
        f"%r = fcmp {predicate} double %f, %b\n{pair_of('i1')}",
        python=f"operator.{name}",
        raises=("MemoryError",),
        recovers=True,
    )


def _conversions(type_: FixedInt) -> list[Primitive]:
    i, sign = machine(type_), "s" if type_.signed else "u"
    extend = "sext" if type_.signed else "zext"
    table = [
        define(
            f"{type_}.to_float64", (type_,), FLOAT64, float, body=f"%r = {sign}itofp {i} %a to double\nret double %r"
        ),
        define(f"{type_}.to_bool", (type_,), BOOL, bool, body=f"%r = icmp ne {i} %a, 0\nret i1 %r"),
        _to_plain_int(type_, extend),
    ]
    for other in FIXED_INTS:
        if other == type_:
            continue
        body, fails = _resize(type_, other)
        table.append(define(f"{type_}.to_{other}", (type_,), other, _fitting(other), body=body, deopts=fails))
        if fails:
            table += [
                define(
                    f"{other}.{verb}_{type_}",
                    (type_,),
                    other,
                    in_range(other, operator.index),
                    body=body,
                    python=python,
                    raises=OVERFLOW,
                )
                for verb, python in coercions(other)
            ]
    return table


def _fitting(type_: FixedInt) -> Callable[..., Scalar]:
    def evaluate(value: int) -> int:
        if not type_.holds(value):
            raise Deoptimize
        return value

    return evaluate


def _resize(source: FixedInt, target: FixedInt) -> tuple[str, bool]:
    """LLVM body from `source` to `target`, and whether it may fail."""
    s, t = machine(source), machine(target)
    if target.holds(source.minimum) and target.holds(source.maximum):
        if source.bits == target.bits:
            return f"ret {t} %a", False
        return f"%r = {'sext' if source.signed else 'zext'} {s} %a to {t}\nret {t} %r", False
    lowest, highest = max(source.minimum, target.minimum), min(source.maximum, target.maximum)
    sign = "s" if source.signed else "u"
    check = f"%lo = icmp {sign}lt {s} %a, {lowest}\n%hi = icmp {sign}gt {s} %a, {highest}\n%bad = or i1 %lo, %hi\n"
    if source.bits == target.bits:
        move = f"%r = add {s} %a, 0\n"
    elif source.bits > target.bits:
        move = f"%r = trunc {s} %a to {t}\n"
    else:
        move = f"%r = {'sext' if source.signed else 'zext'} {s} %a to {t}\n"
    return check + move + pair_of(t), True


def _to_plain_int(type_: FixedInt, extend: str) -> Primitive:
    i = machine(type_)
    if type_.bits < 64:
        body = f"%w = {extend} {i} %a to i64\n%r = shl i64 %w, 1\nret i64 %r"
        return define(f"{type_}.to_int", (type_,), INT, int, body=body)
    if type_.signed:
        check = f"%off = add i64 %a, {-SMALL_MINIMUM}\n%bad = icmp ugt i64 %off, {SMALL_MAXIMUM - SMALL_MINIMUM}\n"
    else:
        check = f"%bad = icmp ugt i64 %a, {SMALL_MAXIMUM}\n"
    return define(
        f"{type_}.to_int",
        (type_,),
        INT,
        int,
        body=f"{check}%r = shl i64 %a, 1\n{pair_of('i64')}",
        python="operator.index",
        raises=("MemoryError",),
        recovers=True,
    )
