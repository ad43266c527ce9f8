"""The `math` module. Fast paths call the same libm functions as CPython, wherever CPython adds no special case.

Whatever is not a row here is a `boxed` primitive: a call of the Python function on boxed scalars (see `boxed`).
"""

from __future__ import annotations

import math

from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import BOOL, FLOAT64, INT
from pyfreeze.primitives.definition import define
from pyfreeze.primitives.floats import PAIR, truncated

_FAILS = ("ValueError", "OverflowError")

# Modules/mathmodule.c, math_1: a finite result of a finite argument is the answer as it stands.
_LIBM = ("acos acosh asin asinh atan atanh cbrt cos cosh erf erfc exp expm1 sin sinh tan tanh").split()
_LOGARITHMS = ("log", "log2", "log10", "log1p")


def rows() -> list[Primitive]:
    return [*_library(), *_two_arguments(), *_intrinsics(), *_predicates(), _closeness(), *_rounding()]


def _finite(value: str) -> str:
    return f"%gap = fsub double {value}, {value}\n%bad = fcmp une double %gap, 0.0\n"


def _library() -> list[Primitive]:
    table = []
    for name in _LIBM:
        table.append(_from_libm(name, _finite("%r")))
    for name in _LOGARITHMS:
        limit = "-1.0" if name == "log1p" else "0.0"
        domain = f"%gap = fsub double %r, %r\n%finite = fcmp oeq double %gap, 0.0\n%in = fcmp ogt double %a, {limit}\n"
        table.append(_from_libm(name, f"{domain}%ok = and i1 %finite, %in\n%bad = xor i1 %ok, true\n"))
    return table


def _from_libm(name: str, check: str) -> Primitive:
    return define(
        f"math.{name}",
        (FLOAT64,),
        FLOAT64,
        getattr(math, name),
        body=f"%r = call double @{name}(double %a) nobuiltin\n{check}{PAIR}",
        python=f"math.{name}",
        raises=_FAILS,
        recovers=True,
        declarations=(f"declare double @{name}(double)",),
    )


def _two_arguments() -> list[Primitive]:
    pair = (FLOAT64, FLOAT64)
    # m_atan2 and math_fmod treat zeros and infinities themselves.
    check = """%ag = fsub double %a, %a
%bg = fsub double %b, %b
%sum = fadd double %ag, %bg
%finite = fcmp oeq double %sum, 0.0
%plain = fcmp une double {zero}, 0.0
%ok = and i1 %finite, %plain
%bad = xor i1 %ok, true
"""
    return [
        define(
            f"math.{name}",
            pair,
            FLOAT64,
            getattr(math, name),
            body=f"%r = call double @{name}(double %a, double %b) nobuiltin\n{check.format(zero=zero)}{PAIR}",
            python=f"math.{name}",
            raises=_FAILS,
            recovers=True,
            declarations=(f"declare double @{name}(double, double)",),
        )
        for name, zero in (("atan2", "%a"), ("fmod", "%b"))
    ]


def _intrinsics() -> list[Primitive]:
    square_root = define(
        "math.sqrt",
        (FLOAT64,),
        FLOAT64,
        math.sqrt,
        body=f"%r = call double @llvm.sqrt.f64(double %a)\n%bad = fcmp olt double %a, 0.0\n{PAIR}",
        python="math.sqrt",
        raises=("ValueError",),
        declarations=("declare double @llvm.sqrt.f64(double)",),
    )
    absolute = define(
        "math.fabs",
        (FLOAT64,),
        FLOAT64,
        math.fabs,
        body="%r = call double @llvm.fabs.f64(double %a)\nret double %r",
        declarations=("declare double @llvm.fabs.f64(double)",),
    )
    copysign = define(
        "math.copysign",
        (FLOAT64, FLOAT64),
        FLOAT64,
        math.copysign,
        body="%r = call double @llvm.copysign.f64(double %a, double %b)\nret double %r",
        declarations=("declare double @llvm.copysign.f64(double, double)",),
    )
    # The constants are those of mathmodule.c, rounded as C rounds them.
    angles = [
        define(
            f"math.{name}",
            (FLOAT64,),
            FLOAT64,
            getattr(math, name),
            body=f"%r = fmul double %a, {_hexadecimal(factor)}\nret double %r",
        )
        for name, factor in (("degrees", 180.0 / math.pi), ("radians", math.pi / 180.0))
    ]
    return [square_root, absolute, copysign, *angles]


def _hexadecimal(value: float) -> str:
    import struct

    return "0x" + struct.pack(">d", value).hex().upper()


def _predicates() -> list[Primitive]:
    infinity = "0x7FF0000000000000"
    absolute = ("declare double @llvm.fabs.f64(double)",)
    return [
        define("math.isnan", (FLOAT64,), BOOL, math.isnan, body="%r = fcmp uno double %a, %a\nret i1 %r"),
        define(
            "math.isinf",
            (FLOAT64,),
            BOOL,
            math.isinf,
            body=f"%m = call double @llvm.fabs.f64(double %a)\n%r = fcmp oeq double %m, {infinity}\nret i1 %r",
            declarations=absolute,
        ),
        define(
            "math.isfinite",
            (FLOAT64,),
            BOOL,
            math.isfinite,
            body=f"%m = call double @llvm.fabs.f64(double %a)\n%r = fcmp olt double %m, {infinity}\nret i1 %r",
            declarations=absolute,
        ),
    ]


def _closeness() -> Primitive:
    # math_isclose_impl: equal numbers are close, an infinity is to nothing else.
    body = """%c_negative = fcmp olt double %c, 0.0
%d_negative = fcmp olt double %d, 0.0
%bad = or i1 %c_negative, %d_negative
%equal = fcmp oeq double %a, %b
%a_size = call double @llvm.fabs.f64(double %a)
%b_size = call double @llvm.fabs.f64(double %b)
%a_infinite = fcmp oeq double %a_size, 0x7FF0000000000000
%b_infinite = fcmp oeq double %b_size, 0x7FF0000000000000
%infinite = or i1 %a_infinite, %b_infinite
%gap = fsub double %b, %a
%apart = call double @llvm.fabs.f64(double %gap)
%b_share = fmul double %c, %b
%b_limit = call double @llvm.fabs.f64(double %b_share)
%a_share = fmul double %c, %a
%a_limit = call double @llvm.fabs.f64(double %a_share)
%by_b = fcmp ole double %apart, %b_limit
%by_a = fcmp ole double %apart, %a_limit
%by_d = fcmp ole double %apart, %d
%either = or i1 %by_b, %by_a
%near = or i1 %either, %by_d
%finite = select i1 %infinite, i1 false, i1 %near
%r = select i1 %equal, i1 true, i1 %finite
%pair = insertvalue {i1, i1} undef, i1 %r, 0
%both = insertvalue {i1, i1} %pair, i1 %bad, 1
ret {i1, i1} %both"""
    return define(
        "math.isclose",
        (FLOAT64, FLOAT64, FLOAT64, FLOAT64),
        BOOL,
        lambda a, b, relative, absolute: math.isclose(a, b, rel_tol=relative, abs_tol=absolute),
        body=body,
        python="math.isclose",
        keywords=("rel_tol", "abs_tol"),
        raises=("ValueError",),
        declarations=("declare double @llvm.fabs.f64(double)",),
    )


def _rounding() -> list[Primitive]:
    table = []
    for name in ("floor", "ceil", "trunc"):
        intrinsic = f"@llvm.{name}.f64"
        table.append(
            define(
                f"math.{name}",
                (FLOAT64,),
                INT,
                getattr(math, name),
                body=truncated(f"%t = call double {intrinsic}(double %a)"),
                python=f"math.{name}",
                raises=_FAILS,
                recovers=True,
                declarations=(f"declare double {intrinsic}(double)",),
            )
        )
    return table
