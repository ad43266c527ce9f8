"""Code that an `Array` calls may change that very array: an index, a conversion, an iterable, a comparison, a sort key."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyfreeze import Array, float32, float64, int64

CHANGES: dict[str, Callable[[Any], object]] = {
    "clear": lambda array: array.clear(),
    "shrink": lambda array: array.__delitem__(slice(1, None)) if array else None,
    "grow": lambda array: array.extend(range(5000)),
    "move": lambda array: (array.clear(), array.extend(range(3))),
    "export": lambda array: EXPORTED.append(memoryview(array)),
}
EXPORTED: list[memoryview] = []


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> Iterator[Callable[[Any], object]]:
    yield CHANGES[request.param]
    EXPORTED.clear()


@pytest.fixture(params=[int64, float64, float32], ids=lambda element: element.__name__)
def array(request: pytest.FixtureRequest) -> Any:
    return Array[request.param](range(10))


class Value:
    """Changes the array when it is asked for anything, the first times."""

    def __init__(self, array: Any, change: Callable[[Any], object], number: int = 7) -> None:
        self.array, self.action, self.number, self.left = array, change, number, 3

    def change(self, array: Any) -> None:
        if self.left > 0:
            self.left -= 1
            self.action(array)

    def __index__(self) -> int:
        self.change(self.array)
        return self.number

    def __eq__(self, other: object) -> bool:
        self.change(self.array)
        return False

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[int]:
        for number in range(4):
            self.change(self.array)
            yield number

    def __length_hint__(self) -> int:
        self.change(self.array)
        return 2**61


def attempt(action: Callable[[], object]) -> None:
    """It may fail, or not; what matters is that the array stays sound."""
    with contextlib.suppress(IndexError, ValueError, BufferError):
        action()


ACTIONS: dict[str, Callable[[Any, Any], object]] = {
    "get": lambda array, value: array[value],
    "set by index": lambda array, value: operator.setitem(array, value, 1),
    "set": lambda array, value: operator.setitem(array, 9, value),
    "set from the end": lambda array, value: operator.setitem(array, -1, value),
    "delete": lambda array, value: operator.delitem(array, value),
    "slice": lambda array, value: array[value:],
    "slice steps": lambda array, value: array[::value],
    "set slice": lambda array, value: operator.setitem(array, slice(value, None), [1, 2]),
    "set slice to": lambda array, value: operator.setitem(array, slice(2, 5), value),
    "set steps to": lambda array, value: operator.setitem(array, slice(1, 9, 2), value),
    "set slice of values": lambda array, value: operator.setitem(array, slice(5, 9), [1, value, 2]),
    "delete slice": lambda array, value: operator.delitem(array, slice(value, None, 2)),
    "append": lambda array, value: array.append(value),
    "insert": lambda array, value: array.insert(9, value),
    "insert at": lambda array, value: array.insert(value, 1),
    "extend": lambda array, value: array.extend(value),
    "extend by values": lambda array, value: array.extend([1, value, 2, value]),
    "pop": lambda array, value: array.pop(value),
    "repeat": lambda array, value: operator.imul(array, value),
    "in": lambda array, value: value in array,
    "index": lambda array, value: array.index(value),
    "index from": lambda array, value: array.index(9, value),
    "count": lambda array, value: array.count(value),
    "remove": lambda array, value: array.remove(value),
    "filled": lambda array, value: type(array).filled(value, value),
    "reserve": lambda array, value: array.reserve(value),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_callbacks_that_change_the_array(array: Any, action: str, change: Callable[[Any], object]) -> None:
    attempt(lambda: ACTIONS[action](array, Value(array, change)))
    numbers = list(array)
    assert len(numbers) == len(array) and all(isinstance(number, int | float) for number in numbers)
    EXPORTED.clear()
    array.append(1)
    assert array[-1] == 1 and list(array)[:-1] == numbers


def test_lists_that_shrink_while_they_are_taken() -> None:
    items: list[Any] = [1, 2, 3, 4]

    class Emptying:
        def __index__(self) -> int:
            items.clear()
            return 9

    items.insert(1, Emptying())
    array = Array[int64]()
    array.extend(items)
    assert list(array) == [1, 9]


@pytest.mark.parametrize("change", ["append", "extend", "insert", "pop", "imul", "reserve", "sort", "set"])
def test_sort_refuses_changes(change: str) -> None:
    array = Array[int64]([3, 1, 2])
    changes: dict[str, Callable[[], object]] = {
        "append": lambda: array.append(1),
        "extend": lambda: array.extend([1]),
        "insert": lambda: array.insert(0, 1),
        "reserve": lambda: array.reserve(10),
        "pop": lambda: array.pop(),
        "imul": lambda: operator.imul(array, 2),
        "set": lambda: operator.setitem(array, 0, 1),
        "sort": lambda: array.sort(key=key),
    }

    def key(value: int) -> int:
        assert len(array) == 0 and list(array) == []
        with pytest.raises(BufferError, match="is being sorted"):
            memoryview(array)
        changes[change]()
        return value

    refused = {"pop": IndexError, "set": IndexError}.get(change, ValueError)
    if change in ("sort", "imul"):  # of nothing
        array.sort(key=key)
        assert list(array) == [1, 2, 3]
        return
    with pytest.raises(refused, match="Array modified during sort" if refused is ValueError else None):
        array.sort(key=key)
    assert list(array) == [3, 1, 2]
    array.append(4)
    assert list(array) == [3, 1, 2, 4]


def test_sort_survives_what_its_callbacks_do() -> None:
    array = Array[int64](range(100))

    class Key:
        def __init__(self, value: int) -> None:
            self.value = value

        def __lt__(self, other: Key) -> bool:
            with pytest.raises(ValueError, match="Array modified during sort"):
                array.append(1)
            array.clear()
            return self.value > other.value

    array.sort(key=Key)
    assert list(array) == list(range(99, -1, -1))

    def fails(value: int) -> int:
        if value == 50:
            raise KeyError(value)
        return value

    with pytest.raises(KeyError):
        array.sort(key=fails)
    assert list(array) == list(range(99, -1, -1))


def test_keys_without_order() -> None:
    array = Array[float64]([2.0, float("nan"), 1.0, float("nan"), 0.0] * 50)
    array.sort()
    assert (
        len(array) == 250 and sorted(value for value in array if value == value) == [0.0] * 50 + [1.0] * 50 + [2.0] * 50
    )
    with pytest.raises(TypeError):
        array.sort(key=lambda value: 1j)
