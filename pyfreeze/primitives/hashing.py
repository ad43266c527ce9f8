"""Hashes as CPython computes them on 64-bit machines (Python/pyhash.c, Objects/tupleobject.c), each as an int64.

Numbers that are equal have equal hashes: that of a number is its residue modulo 2**61 - 1, with its sign. -1 means an
error in C, so -2 stands for it.
"""

from __future__ import annotations

import math

from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import FLOAT64, INT, INT64, UINT64
from pyfreeze.primitives.definition import define, pair_of

_PRIME = (1 << 61) - 1
_INFINITY = 314159
_STEPS = 61 * 18
"""A multiple of 61 that makes every exponent of a double positive."""


def rows() -> list[Primitive]:
    pair = (INT64, INT64)
    return [
        define("int64.hash", (INT64,), INT64, hash, body=f"{_signed('%a')}ret i64 %r"),
        define("uint64.hash", (UINT64,), INT64, hash, body=_residue("%a", "%r") + "ret i64 %r"),
        define(
            "int.hash",
            (INT,),
            INT64,
            hash,
            body=f"%bad = trunc i64 %a to i1\n%small = ashr i64 %a, 1\n{_signed('%small')}{pair_of('i64')}",
            python="builtins.hash",
            raises=("MemoryError",),
            recovers=True,
        ),
        # Of a float inside a frozen value: a NaN hashes as any other.
        define("float64.hash", (FLOAT64,), INT64, _hash_of_float, body=_OF_FLOAT),
        # What an object's `__hash__` gives, as `hash` gives it.
        define("int64.hash_given", (INT64,), INT64, _given, body=f"{_without_error('%a', '%r')}ret i64 %r"),
        define("int64.hash_more", pair, INT64, _more, body=_MORE),
        define("int64.hash_end", pair, INT64, _end, body=_END),
    ]


def _residue(number: str, result: str) -> str:
    """`number`, unsigned, modulo 2**61 - 1."""
    return (
        f"%low = and i64 {number}, {_PRIME}\n%high = lshr i64 {number}, 61\n%sum = add i64 %low, %high\n"
        f"%over = icmp uge i64 %sum, {_PRIME}\n%less = sub i64 %sum, {_PRIME}\n"
        f"{result} = select i1 %over, i64 %less, i64 %sum\n"
    )


def _without_error(number: str, result: str) -> str:
    return f"%is_error = icmp eq i64 {number}, -1\n{result} = select i1 %is_error, i64 -2, i64 {number}\n"


def _signed(number: str) -> str:
    """Defines %r as the hash of the signed `number`."""
    return (
        f"%negative = icmp slt i64 {number}, 0\n%minus = sub i64 0, {number}\n"
        f"%size = select i1 %negative, i64 %minus, i64 {number}\n{_residue('%size', '%rest')}"
        "%opposite = sub i64 0, %rest\n%h = select i1 %negative, i64 %opposite, i64 %rest\n"
        + _without_error("%h", "%r")
    )


# A double is m * 2**e, and 2**61 is 1 modulo 2**61 - 1: multiplying by 2**e rotates 61 bits.
_OF_FLOAT = f"""%bits = bitcast double %a to i64
%shifted = lshr i64 %bits, 52
%biased = and i64 %shifted, 2047
%fraction = and i64 %bits, {(1 << 52) - 1}
%is_small = icmp eq i64 %biased, 0
%whole = or i64 %fraction, {1 << 52}
%m = select i1 %is_small, i64 %fraction, i64 %whole
%exponent = select i1 %is_small, i64 1, i64 %biased
%steps = add i64 %exponent, {_STEPS - 1075}
%left = urem i64 %steps, 61
%right = sub i64 61, %left
%up = shl i64 %m, %left
%upper = and i64 %up, {_PRIME}
%lower = lshr i64 %m, %right
%rotated = or i64 %upper, %lower
%is_special = icmp eq i64 %biased, 2047
%size = select i1 %is_special, i64 {_INFINITY}, i64 %rotated
%negative = icmp slt i64 %bits, 0
%is_nan = fcmp uno double %a, %a
%not_nan = xor i1 %is_nan, true
%flips = and i1 %negative, %not_nan
%opposite = sub i64 0, %size
%h = select i1 %flips, i64 %opposite, i64 %size
{_without_error("%h", "%r")}ret i64 %r"""


def _hash_of_float(value: float) -> int:
    return _INFINITY if math.isnan(value) else hash(value)


def _given(value: int) -> int:
    return -2 if value == -1 else value


# Tuples: xxHash, 64 bits.

_PRIME_1, _PRIME_2, START = 11400714785074694791, 14029467366897019727, 2870177450012600261
_ALL = (1 << 64) - 1
_MIXED_LENGTH = START ^ 3527539
_ERROR = 1546275796

_MORE = f"""%product = mul i64 %b, {_PRIME_2}
%sum = add i64 %a, %product
%up = shl i64 %sum, 31
%down = lshr i64 %sum, 33
%rotated = or i64 %up, %down
%r = mul i64 %rotated, {_PRIME_1}
ret i64 %r"""
_END = f"""%length = xor i64 %b, {_MIXED_LENGTH}
%sum = add i64 %a, %length
%is_error = icmp eq i64 %sum, -1
%r = select i1 %is_error, i64 {_ERROR}, i64 %sum
ret i64 %r"""


def signed(word: int) -> int:
    """64 bits as an int64."""
    return (word & _ALL) - ((word & 1 << 63) << 1)


def _more(accumulator: int, lane: int) -> int:
    word = (accumulator + lane * _PRIME_2) & _ALL
    return signed((word << 31 | word >> 33) * _PRIME_1)


def _end(accumulator: int, length: int) -> int:
    word = signed(accumulator + ((length & _ALL) ^ _MIXED_LENGTH))
    return _ERROR if word == -1 else word
