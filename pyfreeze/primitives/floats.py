"""`float`: doubles, bit for bit as CPython computes them (no contraction, no fast-math)."""

from __future__ import annotations

import math
import operator
import sys
from functools import partial

from pyfreeze.ir.primitive import Deoptimize, Primitive
from pyfreeze.ir.types import BOOL, FLOAT64, INT
from pyfreeze.primitives.definition import COMPARISONS, OVERFLOW, ZERO_DIVISION, define, only

PAIR = "%pair = insertvalue {double, i1} undef, double %r, 0\n%both = insertvalue {double, i1} %pair, i1 %bad, 1\nret {double, i1} %both"
_DIVISOR = "%bad = fcmp oeq double %b, 0.0\nbr i1 %bad, label %trouble, label %go\ntrouble:\nret {double, i1} {double undef, i1 true}\ngo:\n"
_SIGNS = "%wn = fcmp olt double %b, 0.0\n%mn = fcmp olt double %m, 0.0\n%differ = xor i1 %wn, %mn\n%nonzero = fcmp une double %m, 0.0\n"
_LIBRARY = (
    "declare double @llvm.copysign.f64(double, double)",
    "declare double @llvm.floor.f64(double)",
    "declare double @fmod(double, double)",
)


def rows() -> list[Primitive]:
    return [*_arithmetic(), *_quiet_arithmetic(), *_division(), _power(), *_comparisons(), *_conversions()]


def _arithmetic() -> list[Primitive]:
    pair = (FLOAT64, FLOAT64)
    table = [
        define(
            f"float64.{name}", pair, FLOAT64, getattr(operator, name), body=f"%r = f{name} double %a, %b\nret double %r"
        )
        for name in ("add", "sub", "mul")
    ]
    table += [
        define("float64.neg", (FLOAT64,), FLOAT64, operator.neg, body="%r = fneg double %a\nret double %r"),
        define(
            "float64.abs",
            (FLOAT64,),
            FLOAT64,
            abs,
            body="%r = call double @llvm.fabs.f64(double %a)\nret double %r",
            declarations=("declare double @llvm.fabs.f64(double)",),
        ),
    ]
    return table


_MAXIMUM, _SMALLEST_NORMAL = "0x7FEFFFFFFFFFFFFF", "0x0010000000000000"


def _quiet_arithmetic() -> list[Primitive]:
    """As NumPy's scalars compute, where that raises no flag of the processor that NumPy would report.

    Overflow, an invalid operation and a division by zero leave an infinity or NaN behind, underflow something small; sums
    and differences do not underflow.

    The rows `…_flagged` compute the same and leave it to `flags.raised` to tell whether something is to be reported.
    """
    pair = (FLOAT64, FLOAT64)
    large = f"%m = call double @llvm.fabs.f64(double %r)\n%large = fcmp ugt double %m, {_MAXIMUM}\n"
    small = f"%small = fcmp ole double %m, {_SMALLEST_NORMAL}\n"  # a tiny result may be rounded up to that
    a_is_zero, b_is_zero = (f"%z{letter} = fcmp oeq double %{letter}, 0.0\n" for letter in "ab")
    # The result is exactly zero if a factor, or the dividend, is.
    product = f"{small}{a_is_zero}{b_is_zero}%zero = or i1 %za, %zb\n"
    quotient = f"{small}{a_is_zero}%zero = or i1 %za, false\n"
    tiny = "%nonzero = xor i1 %zero, true\n%tiny = and i1 %small, %nonzero\n%bad = or i1 %large, %tiny\n"
    checks = {
        "add": large + "%bad = or i1 %large, false\n",
        "sub": large + "%bad = or i1 %large, false\n",
        "mul": large + product + tiny,
        "truediv": large + quotient + tiny,
    }
    return [
        define(
            f"float64.{name}_quiet",
            pair,
            FLOAT64,
            partial(quietly, name),
            body=f"%r = f{name.removeprefix('true')} double %a, %b\n{check}{PAIR}",
            deopts=True,
            declarations=("declare double @llvm.fabs.f64(double)",),
        )
        for name, check in checks.items()
    ]


def quietly(name: str, left: float, right: float) -> float:
    try:
        result: float = getattr(operator, name)(left, right)
    except ZeroDivisionError:
        raise Deoptimize from None
    is_zero = left == 0.0 or (name == "mul" and right == 0.0)
    underflows = name in ("mul", "truediv") and abs(result) <= sys.float_info.min and not is_zero
    if not math.isfinite(result) or underflows:
        raise Deoptimize
    return result


def _division() -> list[Primitive]:
    pair = (FLOAT64, FLOAT64)
    # Objects/floatobject.c, float_rem and _float_div_mod: the remainder has the divisor's sign, also when zero.
    mod = (
        _DIVISOR
        + "%m = call double @fmod(double %a, double %b) nobuiltin\n"
        + _SIGNS
        + """%moved = fadd double %m, %b
%nz = select i1 %differ, double %moved, double %m
%z = call double @llvm.copysign.f64(double 0.0, double %b)
%r = select i1 %nonzero, double %nz, double %z
"""
    )
    floordiv = (
        _DIVISOR
        + "%m = call double @fmod(double %a, double %b) nobuiltin\n%over = fsub double %a, %m\n%d0 = fdiv double %over, %b\n"
        + _SIGNS
        + """%adjust = and i1 %differ, %nonzero
%d1 = fsub double %d0, 1.0
%d = select i1 %adjust, double %d1, double %d0
%fl = call double @llvm.floor.f64(double %d)
%gap = fsub double %d, %fl
%near = fcmp ogt double %gap, 0.5
%up = fadd double %fl, 1.0
%rounded = select i1 %near, double %up, double %fl
%quotient = fdiv double %a, %b
%signed = call double @llvm.copysign.f64(double 0.0, double %quotient)
%isz = fcmp une double %d, 0.0
%r = select i1 %isz, double %rounded, double %signed
"""
    )
    return [
        define(
            "float64.truediv",
            pair,
            FLOAT64,
            operator.truediv,
            body=f"%bad = fcmp oeq double %b, 0.0\n%r = fdiv double %a, %b\n{PAIR}",
            python="operator.truediv",
            raises=ZERO_DIVISION,
        ),
        define(
            "float64.mod",
            pair,
            FLOAT64,
            operator.mod,
            body=mod + PAIR,
            python="operator.mod",
            raises=ZERO_DIVISION,
            declarations=_LIBRARY,
        ),
        define(
            "float64.floordiv",
            pair,
            FLOAT64,
            operator.floordiv,
            body=floordiv + PAIR,
            python="operator.floordiv",
            raises=ZERO_DIVISION,
            declarations=_LIBRARY,
        ),
    ]


def _power() -> Primitive:
    # float_pow (Objects/floatobject.c) gives libm's pow a base without sign; what it treats apart beyond that is left to it.
    power = """%base = call double @llvm.fabs.f64(double %a)
%p = call double @pow(double %base, double %b) nobuiltin
%whole = call double @llvm.floor.f64(double %b)
%is_whole = fcmp oeq double %whole, %b
%half = fmul double %b, 5.000000e-01
%half_whole = call double @llvm.floor.f64(double %half)
%splits = fcmp one double %half, %half_whole
%is_odd = and i1 %is_whole, %splits
%bits = bitcast double %a to i64
%has_sign = icmp slt i64 %bits, 0
%negates = and i1 %has_sign, %is_odd
%negated = fneg double %p
%r = select i1 %negates, double %negated, double %p
%negative = fcmp olt double %a, 0.0
%complex = xor i1 %is_whole, true
%is_complex = and i1 %negative, %complex
%finite = fcmp olt double %p, 0x7FF0000000000000
%normal = fcmp oge double %p, 0x0010000000000000
%fine = and i1 %finite, %normal
%zero = fcmp oeq double %a, 0.0
%positive = fcmp ogt double %b, 0.0
%stays_zero = and i1 %zero, %positive
%exact = or i1 %fine, %stays_zero
%bsize = call double @llvm.fabs.f64(double %b)
%bfinite = fcmp olt double %bsize, 0x7FF0000000000000
%afinite = fcmp olt double %base, 0x7FF0000000000000
%ok1 = and i1 %exact, %bfinite
%ok2 = and i1 %ok1, %afinite
%bad0 = xor i1 %ok2, true
%bad = or i1 %bad0, %is_complex
"""
    return define(
        "float64.pow",
        (FLOAT64, FLOAT64),
        FLOAT64,
        only(float, operator.pow),
        body=power + PAIR,
        python="operator.pow",
        raises=(*OVERFLOW, *ZERO_DIVISION),
        deopts=True,
        recovers=True,
        declarations=(
            "declare double @pow(double, double)",
            "declare double @llvm.floor.f64(double)",
            "declare double @llvm.fabs.f64(double)",
        ),
    )


def _comparisons() -> list[Primitive]:
    return [
        define(
            f"float64.{name}",
            (FLOAT64, FLOAT64),
            BOOL,
            getattr(operator, name),
            body=f"%r = fcmp {'une' if name == 'ne' else 'o' + name} double %a, %b\nret i1 %r",
        )
        for name in COMPARISONS
    ] + [
        define(
            "float64.same",  # as fields of frozen values compare: a NaN equals a NaN
            (FLOAT64, FLOAT64),
            BOOL,
            lambda a, b: a == b or (a != a and b != b),
            body="%same = fcmp oeq double %a, %b\n%an = fcmp uno double %a, %a\n%bn = fcmp uno double %b, %b\n"
            "%nans = and i1 %an, %bn\n%r = or i1 %same, %nans\nret i1 %r",
        )
    ]


def truncated(prepare: str) -> str:
    """Body that tags `%t`, the double computed by `prepare`, where it is a small int."""
    return f"""{prepare}
%lo = fcmp oge double %t, -4611686018427387904.0
%hi = fcmp olt double %t, 4611686018427387904.0
%ok = and i1 %lo, %hi
%bad = xor i1 %ok, true
%safe = select i1 %ok, double %t, double 0.0
%i = fptosi double %safe to i64
%r = shl i64 %i, 1
{PAIR.replace("{double", "{i64").replace("double %r", "i64 %r")}"""


def _conversions() -> list[Primitive]:
    refused = ("ValueError", "OverflowError")
    return [
        define("float64.to_bool", (FLOAT64,), BOOL, bool, body="%r = fcmp une double %a, 0.0\nret i1 %r"),
        define(
            "float64.to_int",
            (FLOAT64,),
            INT,
            int,
            body=truncated("%t = fadd double %a, -0.0"),
            python="builtins.int",
            raises=refused,
            recovers=True,
        ),
        define(
            "float64.round",
            (FLOAT64,),
            INT,
            round,
            body=truncated("%t = call double @llvm.rint.f64(double %a)"),
            python="builtins.round",
            raises=refused,
            recovers=True,
            declarations=("declare double @llvm.rint.f64(double)",),
        ),
        define(
            "float64.to_float32",
            (FLOAT64,),
            FLOAT64,
            _single,
            python="pyfreeze.float32",
            raises=OVERFLOW,
            body=_SINGLE,
            recovers=True,
        ),
        # The constructor of a frozen class raises if there is no such single.
        define("float64.as_single", (FLOAT64,), FLOAT64, _stored_single, body=_STORED_SINGLE, deopts=True),
    ]


_STORED_SINGLE = f"""%s = fptrunc double %a to float
%r = fpext float %s to double
%gap = fsub double %r, %r
%none = fcmp une double %gap, 0.0
%before = fsub double %a, %a
%finite = fcmp oeq double %before, 0.0
%bad = and i1 %none, %finite
{PAIR}"""


def _stored_single(value: float) -> float:
    try:
        return _single(value)
    except OverflowError:
        raise Deoptimize from None


_SINGLE = f"""%s = fptrunc double %a to float
%r = fpext float %s to double
%gap = fsub double %r, %r
%bad = fcmp une double %gap, 0.0
{PAIR}"""


def _single(value: float) -> float:
    import pyfreeze

    return float(pyfreeze.float32(value))
