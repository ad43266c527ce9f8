"""What the rows of the table do to intervals of integers, by the operation that their names end in.

`interval_of` bounds the exact result; `applies_of` says on which operands a fast path needs no check, or a row that has
none may be used.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pyfreeze.ir import interval
from pyfreeze.ir.interval import Interval
from pyfreeze.ir.types import (
    BOOL,
    FIXED_INTS,
    FLOAT64,
    INT,
    INT64,
    SMALL_MAXIMUM,
    SMALL_MINIMUM,
    FixedInt,
    IntType,
    Type,
)

IntervalFunction = Callable[..., Interval]
Applies = Callable[..., bool]

SMALL = Interval(SMALL_MINIMUM, SMALL_MAXIMUM)
"""The plain ints that a tagged word holds without an object."""

_EXACT_AS_DOUBLE = Interval(-(1 << 53), 1 << 53)

_BY_OPERATION: dict[str, IntervalFunction] = {
    "add": interval.add,
    "sub": interval.subtract,
    "mul": interval.multiply,
    "neg": interval.negate,
    "abs": interval.absolute,
    "floordiv": interval.floor_divide,
    "mod": interval.remainder,
    "pow": interval.power,
    "and": interval.bit_and,
    "or": interval.bit_or,
    "xor": interval.bit_or,
    "invert": interval.invert,
    "lshift": interval.shift_left,
    "rshift": interval.shift_right,
    "strip_end": lambda counter, limit: Interval(min(counter.low, limit.low), limit.high),
    "short_strip_end": lambda counter, limit: Interval(min(counter.low, limit.low), limit.high),
    "steps": lambda _start, _stop, _step: Interval(0, INT64.maximum),
}

_INTEGERS = (*FIXED_INTS, INT, BOOL)


def interval_of(name: str, operands: tuple[Type, ...], result: Type) -> IntervalFunction | None:
    """For a row of integers: intervals of the operands → the exact results' interval, whether the type holds it or not."""
    operation = name.partition(".")[2]
    for suffix in ("_wrapping", "_nonnegative", "_narrow", "_by_constant"):
        operation = operation.removesuffix(suffix)
    if result not in (*FIXED_INTS, INT) or not set(operands) <= set(_INTEGERS):
        return None
    if operation == "same" or operation.startswith(("to_", "coerce_", "store_")):
        return interval.same
    return _BY_OPERATION.get(operation)


def type_interval(type_: Type) -> Interval:
    """All that a value of an integer type (or a bool, as an int) can be."""
    match type_:
        case FixedInt(minimum=minimum, maximum=maximum):
            return Interval(minimum, maximum)
        case _ if type_ == BOOL:
            return Interval(0, 1)
        case _:
            return interval.ALL


def applies_of(name: str, operands: tuple[Type, ...], result: Type) -> Applies | None:
    """Whether the fast path surely applies to operands in the given intervals; None if it is not known or always does."""
    source, _, operation = name.partition(".")
    if operation in _RESTRICTED:
        return _RESTRICTED[operation]
    if operands and isinstance(operands[0], IntType):
        return _applies_to_plain(operation, operands, result)
    if operation == "to_int":
        return lambda a: a.within(SMALL)
    if operation.startswith(("to_", "coerce_", "store_")) and isinstance(result, FixedInt):
        return lambda a: a.within(type_interval(result))
    if operation.endswith("_float64") and operands[1:] == (FLOAT64,):
        return lambda a, _b: a.within(_EXACT_AS_DOUBLE)
    if operation == "truediv" and FLOAT64 not in operands:
        return lambda a, b: a.within(_EXACT_AS_DOUBLE) and b.within(_EXACT_AS_DOUBLE) and not b.holds(0)
    if operation == "lshift_wrapping":
        assert isinstance(result, FixedInt)
        counts = Interval(0, result.bits - 1)
        return lambda _a, b: b.within(counts)
    if operation == "is_multiple":
        return lambda _a, b: not b.holds(0)
    if operation == "rshift":
        return lambda _a, b: b.low >= 0
    if str(result) == source and isinstance(result, FixedInt):
        return _fits(operation.removesuffix("_by_constant"), result)
    return None


def _applies_to_plain(operation: str, operands: tuple[Type, ...], result: Type) -> Applies | None:
    """Conversions of small ints; all else is done on fixed-width ints where it is proven (pass unbox-ints)."""
    if operation == "to_float64" and len(operands) == 1:
        return lambda a: a.within(SMALL)
    if operation.startswith("to_") and isinstance(result, FixedInt):
        return lambda a: a.within(SMALL) and a.within(type_interval(result))
    return None


def _without_sign(highest: float) -> Applies:
    return lambda a, b: a.within(Interval(0, highest)) and b.within(Interval(1, highest))


_RESTRICTED: dict[str, Applies] = {
    f"{operation}_{variant}": _without_sign(highest)
    for operation in ("floordiv", "mod", "is_multiple")
    for variant, highest in (("nonnegative", math.inf), ("narrow", (1 << 32) - 1))
}


def _fits(operation: str, type_: FixedInt) -> Applies | None:
    """The exact result is in range, and there is one."""
    exact, whole = _BY_OPERATION.get(operation), type_interval(type_)
    if exact is None or operation == "pow":
        return None
    if operation in ("floordiv", "mod"):
        return lambda a, b: not b.holds(0) and exact(a, b).within(whole)
    if operation == "lshift":
        return lambda a, b: b.within(Interval(0, type_.bits - 1)) and exact(a, b).within(whole)
    return lambda *operands: exact(*operands).within(whole)
