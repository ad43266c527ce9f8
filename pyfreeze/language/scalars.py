"""The scalar value types: annotations, and calls that convert and check (contract, rule 2).

`int64(x)` gives a plain `int` and `float64(x)` a plain `float`: there are no values of these types at run time.
Imports nothing that is written in Python: any standard-library module may itself be compiled, and then imports this.
"""

from __future__ import annotations

from _operator import index
from math import copysign, frexp, isfinite, ldexp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class _ScalarMeta(type):
    """Makes `isinstance(5, int64)` true, `int64 | None` a type and the repr short."""

    kind: type  # of the values

    def __repr__(cls) -> str:
        return f"pyfreeze.{cls.__name__}"

    def __instancecheck__(cls, value: object) -> bool:
        """Whether `value` is of the Python type that stands for this one, and in its range: 5.0 is no int64, 5 no float64."""
        if not isinstance(value, cls.kind):
            return False
        try:
            converted = cls(value)
        except OverflowError:
            return False
        return bool(converted == value or value != value)

    def __or__(cls, other: Any) -> Any:
        from typing import Union

        return Union[cls, other]  # noqa: UP007

    def __ror__(cls, other: Any) -> Any:
        from typing import Union

        return Union[other, cls]  # noqa: UP007


class _FixedInt(metaclass=_ScalarMeta):
    """Base of the fixed-width integers. `minimum` and `maximum` bound what the call accepts."""

    __slots__ = ()
    kind = int
    minimum = 0
    maximum = 0

    def __new__(cls, value: object = 0, /) -> int:  # type: ignore[misc]
        number = index(value)  # type: ignore[arg-type]
        if not cls.minimum <= number <= cls.maximum:
            raise OverflowError(out_of_range(number, cls.__name__))
        return number + 0  # a bool becomes an int

    def __init_subclass__(cls) -> None:
        if cls.__bases__ != (_FixedInt,) or cls.__module__ != __name__:
            _refuse(cls)


def _refuse(cls: type) -> NoReturn:
    raise TypeError(f"type '{cls.__bases__[0].__name__}' is not an acceptable base type")


def out_of_range(number: int, type_name: str) -> str:
    """The text of OverflowError. Counterpart: `pf_text_out_of_range` in `runtime/src/boxing.c`."""
    bits = number.bit_length()
    shown = f"an integer of {bits} bits" if bits > 200 else str(number)
    return f"{shown} is out of range for {type_name}"


class int8(_FixedInt):  # noqa: N801
    """`int8(x)`: an int as it is (`operator.index`), OverflowError unless -2**7 <= x < 2**7."""

    minimum, maximum = -(1 << 7), (1 << 7) - 1


class int16(_FixedInt):  # noqa: N801
    """`int16(x)`: an int as it is (`operator.index`), OverflowError unless -2**15 <= x < 2**15."""

    minimum, maximum = -(1 << 15), (1 << 15) - 1


class int32(_FixedInt):  # noqa: N801
    """`int32(x)`: an int as it is (`operator.index`), OverflowError unless -2**31 <= x < 2**31."""

    minimum, maximum = -(1 << 31), (1 << 31) - 1


class int64(_FixedInt):  # noqa: N801
    """`int64(x)`: an int as it is (`operator.index`), OverflowError unless -2**63 <= x < 2**63."""

    minimum, maximum = -(1 << 63), (1 << 63) - 1


class uint8(_FixedInt):  # noqa: N801
    """`uint8(x)`: an int as it is (`operator.index`), OverflowError unless 0 <= x < 2**8."""

    minimum, maximum = 0, (1 << 8) - 1


class uint16(_FixedInt):  # noqa: N801
    """`uint16(x)`: an int as it is (`operator.index`), OverflowError unless 0 <= x < 2**16."""

    minimum, maximum = 0, (1 << 16) - 1


class uint32(_FixedInt):  # noqa: N801
    """`uint32(x)`: an int as it is (`operator.index`), OverflowError unless 0 <= x < 2**32."""

    minimum, maximum = 0, (1 << 32) - 1


class uint64(_FixedInt):  # noqa: N801
    """`uint64(x)`: an int as it is (`operator.index`), OverflowError unless 0 <= x < 2**64."""

    minimum, maximum = 0, (1 << 64) - 1


class float64(metaclass=_ScalarMeta):  # noqa: N801
    """`float64(x)`: a float as it is, an int converted (OverflowError if too large), anything else TypeError."""

    __slots__ = ()
    kind = float

    def __new__(cls, value: object = 0.0, /) -> float:  # type: ignore[misc]
        if isinstance(value, float):
            return float.__float__(value)  # the value itself, whatever a subclass makes of `float(value)`
        try:
            number = index(value)  # type: ignore[arg-type]
        except TypeError:
            raise TypeError(f"{cls.__name__}() needs a float or an int, not '{type(value).__name__}'") from None
        return float(number)

    def __init_subclass__(cls) -> None:
        if cls.__module__ != __name__:
            _refuse(cls)


class float32(float64):  # noqa: N801
    """`float32(x)`: as `float64(x)`, rounded to single precision; OverflowError where that has no finite value."""

    __slots__ = ()

    def __new__(cls, value: object = 0.0, /) -> float:  # type: ignore[misc]
        wide = float64.__new__(cls, value)
        if not isfinite(wide):
            return wide
        # Singles of this size are multiples of `step`; both scalings are exact, and `round` takes ties to even.
        step = ldexp(1.0, max(frexp(wide)[1] - 24, -149))
        single = round(wide / step) * step
        if abs(single) > _SINGLE_MAXIMUM:
            raise OverflowError(f"{wide!r} is out of range for float32")
        return copysign(single, wide)


_SINGLE_MAXIMUM = ldexp(2.0**24 - 1, 104)

VALUE_TYPES = (int8, int16, int32, int64, uint8, uint16, uint32, uint64, float64, float32)
for _type in VALUE_TYPES:
    _type.__module__ = "pyfreeze"
