"""`Array` does what a list of the same values does: state machines with the list as the model."""

from __future__ import annotations

import pickle
import struct
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pyfreeze import Array, float32, float64, frozen, int8, int16, int32, int64, uint8, uint16, uint32, uint64

INDICES = st.integers(-12, 12)
BOUNDS = st.none() | st.integers(-12, 12) | st.sampled_from([2**63, -(2**63), 2**70, -(2**70)])
SLICES = st.builds(slice, BOUNDS, BOUNDS, BOUNDS.filter(lambda step: step != 0))


def singles(value: float) -> float:
    return struct.unpack("f", struct.pack("f", value))[0]


def outcome(action: Any) -> Any:
    """What it returns, or the exception with its text in the words of Array."""
    try:
        return action()
    except (IndexError, ValueError, TypeError, OverflowError) as error:
        return type(error), str(error).replace("list", "Array")


class ArrayMachine(RuleBasedStateMachine):
    """Every rule does the same to both."""

    element: Any = int64
    values: st.SearchStrategy[Any] = st.integers(-3, 3) | st.sampled_from([2**63 - 1, -(2**63)])
    others: st.SearchStrategy[Any] = st.sampled_from(
        [1.0, 1.5, True, float("nan"), 2**64, 2**2000, "x", None, 0j, 1e300]
    )

    keys: tuple[Any, ...] = (None, abs, lambda value: value > 0, lambda value: -value)

    def __init__(self) -> None:
        super().__init__()
        self.model: list[Any] = []
        self.array = Array[self.element]()

    def both(self, action: Any) -> Any:
        expected, found = outcome(lambda: action(self.model)), outcome(lambda: action(self.array))
        assert found == expected
        return found

    @invariant()
    def same(self) -> None:
        array = self.array
        assert list(array) == self.model and len(array) == len(self.model)
        assert list(map(type, array)) == list(map(type, self.model))
        assert repr(array) == f"Array[{self.element.__name__}]({self.model!r})"
        assert list(reversed(array)) == self.model[::-1]
        assert array == Array[self.element](self.model) and array == array.copy() and (array != array) is False

    @rule(data=st.data())
    def append(self, data: st.DataObject) -> None:
        value = data.draw(self.values)
        self.both(lambda x: x.append(value))

    @rule(data=st.data(), how=st.sampled_from([list, tuple, iter, "array", "itself"]))
    def extend(self, data: st.DataObject, how: Any) -> None:
        values = data.draw(st.lists(self.values, max_size=8))
        if how == "itself":
            if len(self.model) < 40:
                self.both(lambda x: x.extend(x))
            return
        self.model.extend(values)
        self.array.extend(Array[self.element](values) if how == "array" else how(values))

    @rule(data=st.data(), index=INDICES)
    def insert(self, data: st.DataObject, index: int) -> None:
        value = data.draw(self.values)
        self.both(lambda x: x.insert(index, value))

    @rule(index=INDICES)
    def pop(self, index: int) -> None:
        self.both(lambda x: x.pop(index))
        self.both(lambda x: x.pop())

    @rule(data=st.data())
    def search(self, data: st.DataObject) -> None:
        value = data.draw(self.values | self.others)
        start, stop = data.draw(st.tuples(INDICES, INDICES))
        self.both(lambda x: value in x)
        self.both(lambda x: x.count(value))
        self.both(lambda x: x.index(value))
        self.both(lambda x: x.index(value, start, stop))

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        value = data.draw(self.values)
        self.both(lambda x: x.remove(value))

    @rule(data=st.data(), index=INDICES)
    def item(self, data: st.DataObject, index: int) -> None:
        value = data.draw(self.values)
        self.both(lambda x: x[index])
        self.both(lambda x: x.__setitem__(index, value))

    @rule(index=INDICES)
    def delete(self, index: int) -> None:
        self.both(lambda x: x.__delitem__(index))

    @rule(part=SLICES)
    def read_slice(self, part: slice) -> None:
        found = self.array[part]
        assert type(found) is type(self.array) and list(found) == self.model[part]

    @rule(part=SLICES, data=st.data(), how=st.sampled_from([list, iter, "array"]))
    def write_slice(self, part: slice, data: st.DataObject, how: Any) -> None:
        values = data.draw(st.lists(self.values, max_size=8))
        if data.draw(st.booleans()):  # of the right length
            values = (values + self.model)[: len(self.model[part])]
        given = (lambda: Array[self.element](values)) if how == "array" else (lambda: how(values))
        expected = outcome(lambda: self.model.__setitem__(part, how(values) if how != "array" else values))
        assert outcome(lambda: self.array.__setitem__(part, given())) == expected

    @rule(part=SLICES)
    def write_itself(self, part: slice) -> None:
        self.both(lambda x: x.__setitem__(part, x) if len(x) < 40 else None)

    @rule(part=SLICES)
    def delete_slice(self, part: slice) -> None:
        self.both(lambda x: x.__delitem__(part))

    @rule(reverse=st.booleans(), data=st.data())
    def sort(self, reverse: bool, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self.keys))
        self.both(lambda x: x.sort(key=key, reverse=reverse))

    @rule()
    def turn_round(self) -> None:
        self.both(lambda x: x.reverse())

    @precondition(lambda self: len(self.model) < 20)
    @rule(times=st.integers(-1, 3))
    def repeat(self, times: int) -> None:
        assert list(self.array * times) == self.model * times == list(times * self.array)
        self.array *= times
        self.model *= times

    @rule(data=st.data())
    def compare(self, data: st.DataObject) -> None:
        values = data.draw(st.lists(self.values, max_size=4)) if data.draw(st.booleans()) else self.model[:-1]
        other, model = Array[self.element](values), self.model
        assert (self.array < other, self.array <= other) == (model < values, model <= values)
        assert (self.array > other, self.array >= other) == (model > values, model >= values)
        assert (self.array == other, self.array != other) == (model == values, model != values)
        assert list(self.array + other) == model + values

    @rule(protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
    def pickle(self, protocol: int) -> None:
        self.array = pickle.loads(pickle.dumps(self.array, protocol))

    @rule(count=st.integers(0, 60))
    def reserve(self, count: int) -> None:
        self.array.reserve(count)

    @rule()
    def clear(self) -> None:
        self.both(lambda x: x.clear())


class FloatMachine(ArrayMachine):
    element = float64
    values = st.sampled_from([0.0, -0.0, 1.0, -1.5, float("inf")]) | st.floats(allow_nan=False)
    others = st.sampled_from([0, 1, True, 2**2000, 2**53 + 1, float("nan"), "x", None])


class SingleMachine(ArrayMachine):
    element = float32
    values = st.sampled_from([0.0, -0.0, 1.0, -1.5, float("inf")]) | st.floats(allow_nan=False, width=32)
    others = st.sampled_from([0, 1, 0.1, 1e300, 2**200, float("nan"), "x", None])


class BoolMachine(ArrayMachine):
    element = bool
    values = st.booleans()
    others = st.sampled_from([0, 1, 2, 1.0, 0.5, float("nan"), -1, None])


class ByteMachine(ArrayMachine):
    element = uint8
    values = st.integers(0, 255)
    others = st.sampled_from([-1, 256, 1.0, 1.5, True, None])


class SmallMachine(ArrayMachine):
    element = int8
    values = st.integers(-128, 127)
    others = st.sampled_from([-129, 128, -1.0, 1.5, True, None])


class WordMachine(ArrayMachine):
    element = int32
    values = st.integers(-(2**31), 2**31 - 1) | st.integers(-2, 2)


class UnsignedMachine(ArrayMachine):
    element = uint64
    values = st.sampled_from([0, 1, 2**64 - 1, 2**63])
    others = st.sampled_from([-1, 2**64, 2.0**64, 2.0**63, True, None])


class ShortMachine(ArrayMachine):
    element = int16
    values = st.integers(-(2**15), 2**15 - 1) | st.integers(-2, 2)


class UnsignedShortMachine(ArrayMachine):
    element = uint16
    values = st.integers(0, 2**16 - 1)
    others = st.sampled_from([-1, 2**16, 1.0, 1.5, True, None])


class UnsignedWordMachine(ArrayMachine):
    element = uint32
    values = st.integers(0, 2**32 - 1)
    others = st.sampled_from([-1, 2**32, 1.0, 1.5, True, None])


@frozen(order=True)
class Corner:
    x: float64
    n: int8


@frozen(order=True)
class Box:
    low: Corner
    high: Corner
    full: bool = False


CORNERS = st.builds(Corner, st.sampled_from([0.0, -0.0, 1.5, float("inf")]), st.integers(-2, 2))


class BoxMachine(ArrayMachine):
    element = Box
    values = st.builds(Box, CORNERS, CORNERS, st.booleans())
    others = st.sampled_from([1, None, "x", Corner(1.0, 2)])
    keys = (None, lambda box: box.low, lambda box: box.full, lambda box: -box.high.n)


MACHINES = [
    ShortMachine,
    UnsignedShortMachine,
    UnsignedWordMachine,
    BoxMachine,
    ArrayMachine,
    FloatMachine,
    SingleMachine,
    BoolMachine,
    ByteMachine,
    SmallMachine,
    WordMachine,
    UnsignedMachine,
]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.element.__name__)
def test_as_a_list(machine: type[ArrayMachine]) -> None:
    case = machine.TestCase()
    case.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
    case.runTest()
