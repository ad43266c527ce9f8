"""The scalar value types: annotations, and calls that convert and check (contract, rule 2).

`int64(x)` gives a plain `int` and `float64(x)` a plain `float`: there are no values of these types at run time.
Imports nothing that is written in Python: any standard-library module may itself be compiled, and then imports this.
"""

from __future__ import annotations

from _operator import index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class _ScalarMeta(type):
    """Makes `isinstance(5, int64)` true and the repr short."""

    def __repr__(cls) -> str:
        return f"pyfreeze.{cls.__name__}"

    def __instancecheck__(cls, value: object) -> bool:
        try:
            return cls(value) is value or cls(value) == value
        except (TypeError, OverflowError):
            return False

    def __or__(cls, other: Any) -> Any:
        from typing import Union

        return Union[cls, other]  # noqa: UP007

    def __ror__(cls, other: Any) -> Any:
        from typing import Union

        return Union[other, cls]  # noqa: UP007


class _FixedInt(metaclass=_ScalarMeta):
    """Base of the fixed-width integers. `minimum` and `maximum` bound what the call accepts."""

    __slots__ = ()
    minimum = 0
    maximum = 0

    def __new__(cls, value: object = 0) -> int:  # type: ignore[misc]
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
    minimum, maximum = -(1 << 7), (1 << 7) - 1


class int16(_FixedInt):  # noqa: N801
    minimum, maximum = -(1 << 15), (1 << 15) - 1


class int32(_FixedInt):  # noqa: N801
    minimum, maximum = -(1 << 31), (1 << 31) - 1


class int64(_FixedInt):  # noqa: N801
    minimum, maximum = -(1 << 63), (1 << 63) - 1


class uint8(_FixedInt):  # noqa: N801
    minimum, maximum = 0, (1 << 8) - 1


class uint16(_FixedInt):  # noqa: N801
    minimum, maximum = 0, (1 << 16) - 1


class uint32(_FixedInt):  # noqa: N801
    minimum, maximum = 0, (1 << 32) - 1


class uint64(_FixedInt):  # noqa: N801
    minimum, maximum = 0, (1 << 64) - 1


class float64(metaclass=_ScalarMeta):  # noqa: N801
    """`float64(x)`: a float as it is, an int converted (OverflowError if too large), anything else TypeError."""

    __slots__ = ()

    def __new__(cls, value: object = 0.0) -> float:  # type: ignore[misc]
        if isinstance(value, float):
            return float(value)
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

    def __new__(cls, value: object = 0.0) -> float:  # type: ignore[misc]
        import struct

        wide = float64(value)
        try:
            return float(struct.unpack("<f", struct.pack("<f", wide))[0])
        except OverflowError:
            raise OverflowError(f"{wide!r} is out of range for float32") from None


for _type in (int8, int16, int32, int64, uint8, uint16, uint32, uint64, float64, float32):
    _type.__module__ = "pyfreeze"
