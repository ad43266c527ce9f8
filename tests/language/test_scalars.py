"""Value types without a compiler: conversions, ranges, and use as annotations."""

from __future__ import annotations

import copy
import math
import pickle
import struct
import typing
from dataclasses import dataclass, fields

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pyfreeze
from pyfreeze import float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64

INTS = {
    int8: (-(2**7), 2**7 - 1),
    int16: (-(2**15), 2**15 - 1),
    int32: (-(2**31), 2**31 - 1),
    int64: (-(2**63), 2**63 - 1),
    uint8: (0, 2**8 - 1),
    uint16: (0, 2**16 - 1),
    uint32: (0, 2**32 - 1),
    uint64: (0, 2**64 - 1),
}
ALL = (*INTS, float64, float32)


class Indexed:
    def __index__(self) -> int:
        return 7


class FloatSubclass(float):
    def __float__(self) -> float:
        return 99.0


@pytest.mark.parametrize("type_", INTS)
def test_ints_take_exactly_their_range(type_: type) -> None:
    low, high = INTS[type_]
    assert (type_(low), type_(high), type_()) == (low, high, 0)
    for outside in (low - 1, high + 1):
        with pytest.raises(OverflowError, match=f"^{outside} is out of range for {type_.__name__}$"):
            type_(outside)


def test_the_result_is_a_plain_int() -> None:
    assert type(int64(True)) is int and int64(True) == 1
    assert int64(Indexed()) == 7


def test_ints_of_many_digits_are_not_printed() -> None:
    with pytest.raises(OverflowError, match=r"^an integer of 233 bits is out of range for int64$"):
        int64(10**70)


@pytest.mark.parametrize("value", ["3", 3.0, None, [1]])
def test_int64_refuses_what_is_no_int(value: object) -> None:
    with pytest.raises(TypeError, match=f"^'{type(value).__name__}' object cannot be interpreted as an integer$"):
        int64(value)


def test_float64_takes_floats_and_ints() -> None:
    assert repr(float64(1)) == "1.0" and repr(float64(True)) == "1.0" and float64(Indexed()) == 7.0
    converted = float64(FloatSubclass(2.5))
    assert type(converted) is float and converted == 2.5
    assert math.isnan(float64(math.nan)) and math.copysign(1, float64(-0.0)) == -1
    for value in ("3", None, 1j):
        with pytest.raises(TypeError):
            float64(value)
    with pytest.raises(OverflowError):
        float64(10**400)


@given(st.floats())
@example(3.4028235677973366e38)  # the first that is too large
@example(3.4028235677973362e38)
@example(7.006492321624085e-46)  # half of the smallest single: a tie
@example(7.1e-46)
@example(-1e-300)
def test_float32_rounds_as_struct_does(value: float) -> None:
    try:
        (expected,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        with pytest.raises(OverflowError, match="is out of range for float32"):
            float32(value)
        return
    found = float32(value)
    assert type(found) is float
    assert (math.isnan(found) and math.isnan(expected)) or found.hex() == expected.hex()


def test_isinstance() -> None:
    assert isinstance(5, int64) and isinstance(True, int8) and isinstance(None, int64 | None)
    assert not isinstance(128, int8) and not isinstance(5.0, int64) and not isinstance(Indexed(), int64)
    assert isinstance(5.0, float64) and isinstance(math.nan, float32) and not isinstance(0.1, float32)
    assert not isinstance(5, float64) and not isinstance(1e300, float32)


@pytest.mark.parametrize("type_", ALL)
def test_types_go_by_reference(type_: type) -> None:
    name = type_.__name__
    assert repr(type_) == f"pyfreeze.{name}" and getattr(pyfreeze, name) is type_ and type_.__doc__
    assert pickle.loads(pickle.dumps(type_)) is type_ and copy.deepcopy(type_) is type_
    with pytest.raises(TypeError, match="is not an acceptable base type"):
        type("Derived", (type_,), {})


def test_annotations() -> None:
    @dataclass
    class Point:
        x: float64
        name: str
        tag: int32 | None = None

    def f(a: int64, b: list[int64], c: None | uint8 = None) -> tuple[float32, ...]:  # noqa: RUF036
        return ()

    assert typing.get_type_hints(f) == {
        "a": int64,
        "b": list[int64],
        "c": typing.Optional[uint8],  # noqa: UP045
        "return": tuple[float32, ...],
    }
    assert [field.name for field in fields(Point)] == ["x", "name", "tag"]
    assert typing.get_args(typing.Annotated[int64, "unit"]) == (int64, "unit")
