"""Plain `int`: exact at any size. Small values are computed on the tagged word; the rest is a call on Python ints.

Tagged words: `value << 1`, or a pointer with bit 0 set. Adding, subtracting and comparing work on the shifted words.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from pyfreeze.ir.primitive import Deoptimize, Primitive, Scalar
from pyfreeze.ir.types import (
    BOOL,
    FIXED_INTS,
    FLOAT64,
    INT,
    INT64,
    SMALL_MAXIMUM,
    SMALL_MINIMUM,
    UINT64,
    FixedInt,
)
from pyfreeze.primitives.definition import (
    COMPARISONS,
    OVERFLOW,
    ZERO_DIVISION,
    coercions,
    define,
    in_range,
    only,
)
from pyfreeze.primitives.divisions import branching_on_sign

_BOTH_SMALL = "%tags = or i64 %a, %b\n%big = trunc i64 %tags to i1\n"
_RETURN = "%pair = insertvalue {i64, i1} undef, i64 %r, 0\n%both = insertvalue {i64, i1} %pair, i1 %bad, 1\nret {i64, i1} %both"
_RETURN_BOOL = _RETURN.replace("{i64", "{i1").replace("i64 %r", "i1 %r")
_MEMORY = ("MemoryError",)


def rows() -> list[Primitive]:
    return [*_arithmetic(), *_division(), *_bitwise(), *_comparisons(), *_conversions()]


def _arithmetic() -> list[Primitive]:
    pair = (INT, INT)
    table = []
    for name, shift in (("add", ""), ("sub", ""), ("mul", "%s = ashr i64 %a, 1\n")):
        intrinsic = f"@llvm.s{name}.with.overflow.i64"
        first = "%s" if shift else "%a"
        body = (
            f"{_BOTH_SMALL}{shift}%o = call {{i64, i1}} {intrinsic}(i64 {first}, i64 %b)\n"
            "%r = extractvalue {i64, i1} %o, 0\n%f = extractvalue {i64, i1} %o, 1\n%bad = or i1 %f, %big\n" + _RETURN
        )
        table.append(
            define(
                f"int.{name}",
                pair,
                INT,
                getattr(operator, name),
                body=body,
                python=f"operator.{name}",
                raises=_MEMORY,
                recovers=True,
                declarations=(f"declare {{i64, i1}} {intrinsic}(i64, i64)",),
            )
        )
    negate = (
        "%o = call {i64, i1} @llvm.ssub.with.overflow.i64(i64 0, i64 %a)\n%n = extractvalue {i64, i1} %o, 0\n"
        "%f = extractvalue {i64, i1} %o, 1\n%big = trunc i64 %a to i1\n%bad = or i1 %f, %big\n"
    )
    declarations = ("declare {i64, i1} @llvm.ssub.with.overflow.i64(i64, i64)",)
    absolute = negate + "%neg = icmp slt i64 %a, 0\n%r = select i1 %neg, i64 %n, i64 %a\n" + _RETURN
    for name, function, python, body in (
        ("neg", operator.neg, "operator.neg", negate + "%r = add i64 %n, 0\n" + _RETURN),
        ("abs", abs, "builtins.abs", absolute),
    ):
        table.append(
            define(
                f"int.{name}",
                (INT,),
                INT,
                function,
                body=body,
                python=python,
                raises=_MEMORY,
                recovers=True,
                declarations=declarations,
            )
        )
    table.append(
        define(
            "int.pow",
            pair,
            INT,
            only(int, operator.pow),
            python="operator.pow",
            raises=(*_MEMORY, *ZERO_DIVISION),
            deopts=True,
        )
    )
    return table


def _division() -> list[Primitive]:
    pair = (INT, INT)
    # Dividing by -1 may leave the small ints; it is also what traps.
    guard = f"""{_BOTH_SMALL}%zero = icmp eq i64 %b, 0
%minus = icmp eq i64 %b, -2
%odd = or i1 %zero, %minus
%bad = or i1 %big, %odd
ret i1 %bad"""
    signed = """%t = srem i64 %a, %b
%nz = icmp ne i64 %t, 0
%x = xor i64 %t, %b
%neg = icmp slt i64 %x, 0
%adjust = and i1 %nz, %neg
"""
    floordiv = (
        signed
        + "%q0 = sdiv i64 %a, %b\n%step = zext i1 %adjust to i64\n%q = sub i64 %q0, %step\n%r = shl i64 %q, 1\nret i64 %r"
    )
    mod = signed + "%step = select i1 %adjust, i64 %b, i64 0\n%r = add i64 %t, %step\nret i64 %r"
    bodies = {
        "floordiv_by_constant": floordiv,
        "floordiv": branching_on_sign("%u = udiv i64 %a, %b\n%ur = shl i64 %u, 1\nret i64 %ur", floordiv).format(
            i="i64"
        ),
        "mod_by_constant": mod,
        "mod": branching_on_sign("%u = urem i64 %a, %b\nret i64 %u", mod).format(i="i64"),
    }
    shift = 1 << 54
    truediv = f"""{_BOTH_SMALL}%zero = icmp eq i64 %b, 0
%as = add i64 %a, {shift}
%bs = add i64 %b, {shift}
%al = icmp ugt i64 %as, {2 * shift}
%bl = icmp ugt i64 %bs, {2 * shift}
%large = or i1 %al, %bl
%odd = or i1 %zero, %large
%bad = or i1 %big, %odd
%fa = sitofp i64 %a to double
%fb = sitofp i64 %b to double
%r = fdiv double %fa, %fb
""" + _RETURN.replace("{i64", "{double").replace("i64 %r", "double %r")
    memory_or_zero = (*ZERO_DIVISION, *_MEMORY)
    divisions = [
        define(
            f"int.{name}",
            pair,
            INT,
            getattr(operator, name.removesuffix("_by_constant")),
            guard=guard,
            body=body,
            python=f"operator.{name.removesuffix('_by_constant')}",
            raises=memory_or_zero,
            recovers=True,
        )
        for name, body in bodies.items()
    ]
    return [
        *divisions,
        define(
            "int.truediv",
            pair,
            FLOAT64,
            operator.truediv,
            body=truediv,
            python="operator.truediv",
            raises=(*ZERO_DIVISION, *OVERFLOW),
            recovers=True,
        ),
    ]


def _bitwise() -> list[Primitive]:
    pair = (INT, INT)
    table = [
        define(
            f"int.{name}",
            pair,
            INT,
            function,
            body=f"{_BOTH_SMALL}%bad = and i1 %big, true\n%r = {name} i64 %a, %b\n{_RETURN}",
            python=f"operator.{name}{'' if name == 'xor' else '_'}",
            raises=_MEMORY,
            recovers=True,
        )
        for name, function in (("and", operator.and_), ("or", operator.or_), ("xor", operator.xor))
    ]
    table.append(
        define(
            "int.invert",
            (INT,),
            INT,
            operator.invert,
            body=f"%bad = trunc i64 %a to i1\n%r = xor i64 %a, -2\n{_RETURN}",
            python="operator.invert",
            raises=_MEMORY,
            recovers=True,
        )
    )
    counts = "%count0 = ashr i64 %b, 1\n%wide = icmp ugt i64 %count0, 62\n%count = select i1 %wide, i64 0, i64 %count0\n%odd = or i1 %big, %wide\n"
    left = f"{_BOTH_SMALL}{counts}%r = shl i64 %a, %count\n%back = ashr i64 %r, %count\n%lost = icmp ne i64 %back, %a\n%bad = or i1 %odd, %lost\n{_RETURN}"
    right = f"{_BOTH_SMALL}{counts}%s = ashr i64 %a, %count\n%r = and i64 %s, -2\n%bad = and i1 %odd, true\n{_RETURN}"
    for name, body in (("lshift", left), ("rshift", right)):
        table.append(
            define(
                f"int.{name}",
                pair,
                INT,
                getattr(operator, name),
                body=body,
                python=f"operator.{name}",
                raises=("ValueError", "OverflowError", "MemoryError"),
                recovers=True,
            )
        )
    return table


def _comparisons() -> list[Primitive]:
    table = []
    for name in COMPARISONS:
        predicate = name if name in ("eq", "ne") else "s" + name
        function = getattr(operator, name)
        body = f"{_BOTH_SMALL}%bad = and i1 %big, true\n%r = icmp {predicate} i64 %a, %b\n{_RETURN_BOOL}"
        table.append(
            define(
                f"int.{name}",
                (INT, INT),
                BOOL,
                function,
                body=body,
                python=f"operator.{name}",
                raises=_MEMORY,
                recovers=True,
            )
        )
        shift = 1 << 54
        ordered = "une" if name == "ne" else "o" + name
        with_float = f"""%big = trunc i64 %a to i1
%as = add i64 %a, {shift}
%large = icmp ugt i64 %as, {2 * shift}
%bad = or i1 %big, %large
%v = ashr i64 %a, 1
%f = sitofp i64 %v to double
%r = fcmp {ordered} double %f, %b
{_RETURN_BOOL}"""
        table.append(
            define(
                f"int.{name}_float64",
                (INT, FLOAT64),
                BOOL,
                function,
                body=with_float,
                python=f"operator.{name}",
                raises=_MEMORY,
                recovers=True,
            )
        )
    return table


def _conversions() -> list[Primitive]:
    to_float = f"""%big = trunc i64 %a to i1
%bad = and i1 %big, true
%v = ashr i64 %a, 1
%r = sitofp i64 %v to double
{_RETURN.replace("{i64", "{double").replace("i64 %r", "double %r")}"""
    low = f"%bad = trunc i64 %a to i1\n%r = ashr i64 %a, 1\n{_RETURN}"
    table = [
        define(
            "int.to_float64",
            (INT,),
            FLOAT64,
            float,
            body=to_float,
            python="builtins.float",
            raises=OVERFLOW,
            recovers=True,
        ),
        define(
            "int.is_small",
            (INT,),
            BOOL,
            lambda a: SMALL_MINIMUM <= a <= SMALL_MAXIMUM,
            body="%big = trunc i64 %a to i1\n%r = xor i1 %big, true\nret i1 %r",
        ),
        # A big int is never zero.
        define("int.to_bool", (INT,), BOOL, bool, body="%r = icmp ne i64 %a, 0\nret i1 %r"),
        define(
            "int.low64",
            (INT,),
            UINT64,
            lambda a: a & ((1 << 64) - 1),
            body=low,
            python="pyfreeze._runtime.low64",
            deopts=True,
            recovers=True,
        ),
    ]
    for type_ in FIXED_INTS:
        body = _untag(type_)
        fitting = in_range(type_, operator.index)
        table.append(
            define(
                f"int.to_{type_}",
                (INT,),
                type_,
                _or_deoptimize(fitting),
                body=body,
                python="operator.index",
                deopts=True,
                recovers=True,
            )
        )
        table += [
            define(
                f"{type_}.{verb}_int",
                (INT,),
                type_,
                fitting,
                body=body,
                python=python,
                raises=OVERFLOW,
                recovers=True,
            )
            for verb, python in coercions(type_)
        ]
    return table


def _or_deoptimize(function: Callable[..., Scalar]) -> Callable[..., Scalar]:
    def evaluate(value: int) -> Scalar:
        try:
            return function(value)
        except OverflowError:
            raise Deoptimize from None

    return evaluate


def _untag(type_: FixedInt) -> str:
    """Small ints that fit. A big int may still fit 64 bits, which the slow path finds out."""
    if type_ == INT64:
        return f"%bad = trunc i64 %a to i1\n%r = ashr i64 %a, 1\n{_RETURN}"
    i = f"i{type_.bits}"
    move = "%r = add i64 %v, 0" if type_.bits == 64 else f"%r = trunc i64 %v to {i}"
    highest = (1 << 62) - 1 if type_.bits == 64 else type_.maximum
    returning = _RETURN.replace("{i64", "{" + i).replace("i64 %r", f"{i} %r")
    return f"""%big = trunc i64 %a to i1
%v = ashr i64 %a, 1
%lo = icmp slt i64 %v, {type_.minimum}
%hi = icmp sgt i64 %v, {highest}
%range = or i1 %lo, %hi
%bad = or i1 %big, %range
{move}
{returning}"""
