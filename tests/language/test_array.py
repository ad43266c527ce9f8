"""`Array[T]`: the types, what they take and refuse, and the texts of errors. Against lists: test_array_model.py."""

from __future__ import annotations

import collections.abc
import copy
import math
import operator
import pickle
import subprocess
import sys
import types
import typing
from fractions import Fraction
from typing import Any, Generic, TypeVar

import pytest

import pyfreeze
from pyfreeze import Array, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64

T = TypeVar("T")
U = TypeVar("U")
SCALARS: list[Any] = [int8, int16, int32, int64, uint8, uint16, uint32, uint64, float64, float32, bool]


def contents(array: Any) -> list[Any]:
    return list(array)


@pytest.mark.parametrize("element", SCALARS)
def test_the_type_of_each_scalar(element: Any) -> None:
    kind = Array[element]
    name = f"Array[{element.__name__}]"
    assert kind is Array[element] and kind is Array[element,] and issubclass(kind, Array)
    assert (kind.__name__, kind.__qualname__, kind.__module__) == (name, name, "pyfreeze")
    assert repr(kind) == f"pyfreeze.{name}" and kind.element_type is element
    one = kind([element(1)])
    assert type(one) is kind and isinstance(one, Array) and repr(one) == f"{name}([{element(1)!r}])"
    assert (kind(), kind([])) == (kind(iter(())), kind.filled(0, element(0)))


def test_types_are_closed() -> None:
    meta: Any = type(Array)
    for make in (
        lambda: type("Derived", (Array,), {}),
        lambda: type("Derived", (Array[int64],), {}),
        lambda: meta("Other", (), {}),
        lambda: type.__new__(meta, "Other", (), {}),
        lambda: object.__new__(Array[int64]),
        lambda: setattr(Array[int64], "append", None),
        lambda: setattr(Array, "append", None),
        lambda: delattr(Array[int64], "element_type"),
        lambda: setattr(Array[int64]([1]), "__class__", Array[float64]),
        lambda: Array[int64][int64],  # type: ignore[misc]
        lambda: Array[int64, int64],  # type: ignore[misc]
    ):
        with pytest.raises(TypeError):
            make()
    with pytest.raises(AttributeError):
        Array[int64]().name = 1  # type: ignore[attr-defined]


def test_the_element_type_is_needed() -> None:
    with pytest.raises(TypeError, match=r"^Array needs the type of its elements: write Array\[float64\]\(\.\.\.\)$"):
        Array([1.0])
    with pytest.raises(TypeError, match=r"write Array\[float64\]\.filled"):
        Array.filled(2, 1.0)
    with pytest.raises(TypeError, match=r"write Array\[float64\]\.from_buffer"):
        Array.from_buffer(b"")
    with pytest.raises(TypeError, match=r"^Array cannot hold int, which has no fixed size: write Array\[int64\]$"):
        Array[int]
    with pytest.raises(TypeError, match=r"^Array cannot hold float: write Array\[float64\]$"):
        Array[float]
    for element in (str, list, list[int], object, None, int64 | None, 3, type("int64", (), {})):
        with pytest.raises(TypeError, match=r"^Array cannot hold .*write list"):
            Array[element]  # type: ignore[valid-type]


def test_open_element_types_make_aliases() -> None:
    alias: Any = Array[T]  # type: ignore[valid-type]
    assert isinstance(alias, types.GenericAlias)
    assert typing.get_origin(alias) is Array and typing.get_args(alias) == (T,)
    assert alias[float64] is Array[float64] and alias == Array[T] and hash(alias) == hash(Array[T])  # type: ignore[valid-type]
    assert repr(alias) == "pyfreeze.Array[~T]" and typing.get_args(alias[U]) == (U,)
    assert list[alias][int64] == list[Array[int64]] and dict[T, alias][int64] == dict[int64, Array[int64]]  # type: ignore[misc, valid-type]
    assert (Array[int64] | None) == typing.Optional[Array[int64]]  # noqa: UP045
    assert pickle.loads(pickle.dumps(alias)) == alias
    assert typing.get_args(Array["Later"]) == ("Later",) and typing.get_args(Array[Any]) == (Any,)

    class Grid(Generic[T]):
        cells: Array[T]

    def function(a: Array[T], b: Array[int64], c: Array[int64] | None) -> Grid[T]: ...  # type: ignore[empty-body]

    hints = typing.get_type_hints(function, None, locals())
    assert hints["a"] == alias and hints["b"] is Array[int64]
    with pytest.raises(TypeError, match="needs the type of its elements"):
        alias([1])


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement `type` came with 3.12")
def test_type_statements() -> None:
    namespace: dict[str, Any] = {"Array": Array, "float64": float64}
    source = "type Real = float64\ndef f[K](a: Array[K]) -> K: ...\nanswer = Array[Real]"
    exec(compile(source, "program", "exec", dont_inherit=True), namespace)
    assert namespace["answer"] is Array[float64]
    assert isinstance(namespace["f"].__annotations__["a"], types.GenericAlias)


def test_elements_are_coerced_as_the_scalars_do() -> None:
    assert repr(Array[float64]([1, True, 2.5])) == "Array[float64]([1.0, 1.0, 2.5])"
    assert repr(Array[int64]([True, 2])) == "Array[int64]([1, 2])"
    assert contents(Array[float32]([0.1, 1, math.inf])) == [float32(0.1), 1.0, math.inf]
    assert math.isnan(Array[float64]([math.nan])[0]) and math.copysign(1, Array[float32]([-0.0])[0]) == -1
    for element in SCALARS:
        for value in (
            "x",
            None,
            1.5,
            1j,
            2**7,
            2**8,
            2**31,
            2**63,
            2**64,
            -1,
            -(2**63) - 1,
            1e300,
            2**2000,
            Fraction(1),
        ):
            if element is bool:
                with pytest.raises(TypeError, match=f"^expected bool, not '{type(value).__name__}'$"):
                    Array[bool]([value])  # type: ignore[list-item]
                continue
            try:
                expected = element(value)
            except (TypeError, OverflowError) as error:
                with pytest.raises(type(error)) as found:
                    Array[element]([value])
                assert str(found.value) == str(error)
            else:
                assert contents(Array[element]([value])) == [expected]


def test_a_refused_value_changes_nothing() -> None:
    array = Array[int8]([1, 2, 3])
    for attempt in (
        lambda: array.append(128),
        lambda: array.insert(0, 128),
        lambda: operator.setitem(array, 0, 128),
        lambda: operator.setitem(array, slice(0, 1), [4, 128]),
        lambda: operator.setitem(array, slice(None, None, 2), [4, 128]),
    ):
        with pytest.raises(OverflowError):
            attempt()
        assert contents(array) == [1, 2, 3]
    with pytest.raises(OverflowError):
        array.extend([4, 5, 128, 6])
    assert contents(array) == [1, 2, 3, 4, 5]


def test_texts_of_errors() -> None:
    array = Array[int64]([1])
    cases: list[tuple[Any, type[Exception], str]] = [
        (lambda: array[1], IndexError, "Array index out of range"),
        (lambda: array[2**70], IndexError, "cannot fit 'int' into an index-sized integer"),
        (lambda: operator.setitem(array, -2, 1), IndexError, "Array assignment index out of range"),
        (lambda: operator.delitem(array, 5), IndexError, "Array assignment index out of range"),
        (lambda: array["x"], TypeError, "Array indices must be integers or slices, not str"),  # type: ignore[call-overload]
        (lambda: array.pop(3), IndexError, "pop index out of range"),
        (lambda: Array[int64]().pop(), IndexError, "pop from empty Array"),
        (lambda: array.remove(7), ValueError, "Array.remove(x): x not in Array"),
        (lambda: array.index(7), ValueError, "7 is not in Array"),
        (lambda: operator.add(array, [1]), TypeError, 'can only concatenate Array[int64] (not "list") to Array[int64]'),  # type: ignore[operator]
        (lambda: hash(array), TypeError, "unhashable type: 'Array[int64]'"),
        (lambda: Array[int64](5), TypeError, "'int' object is not iterable"),  # type: ignore[arg-type]
        (lambda: Array[int64].filled(-1, 0), ValueError, "filled() needs a length that is not negative"),
        (lambda: array.reserve(-1), ValueError, "reserve() needs a number that is not negative"),
    ]
    for action, kind, text in cases:
        with pytest.raises(kind) as found:
            action()
        assert str(found.value) == text
    for wrong in (
        lambda: array.sort(abs),
        lambda: Array[int64](a=1),
        lambda: Array[int64]([1], [2]),
        lambda: array < [1],
    ):
        with pytest.raises(TypeError):
            wrong()


def test_filled() -> None:
    for element in SCALARS:
        for value in (element(0), element(1)):
            for length in (0, 1, 2, 3, 100, 1001):
                assert contents(Array[element].filled(length, value)) == [value] * length
    assert repr(Array[float64].filled(2, -0.0)) == "Array[float64]([-0.0, -0.0])"


@pytest.mark.parametrize("length", [2**62, 2**63 - 1])
def test_absurd_sizes(length: int) -> None:
    array = Array[int64]([1, 2])
    for attempt in (
        lambda: Array[int64].filled(length, 0),
        lambda: Array[int64].filled(length, 1),
        lambda: array * length,
        lambda: array.reserve(length),
        lambda: operator.imul(array, length),
    ):
        with pytest.raises(MemoryError):
            attempt()
    assert contents(array) == [1, 2]
    with pytest.raises(OverflowError):
        Array[int64].filled(2**63, 0)


def test_equality_of_elements() -> None:
    assert 2.0 in Array[int64]([2]) and 2 in Array[float64]([2]) and True in Array[int64]([1])
    assert 2.5 not in Array[int64]([2]) and 0.1 not in Array[float32]([0.1]) and float32(0.1) in Array[float32]([0.1])
    assert 2**53 + 1 not in Array[float64]([2.0**53]) and 2**63 not in Array[int64]([2**63 - 1])
    assert 2.0**63 not in Array[int64]([2**63 - 1]) and 2.0**63 in Array[uint64]([2**63])
    assert Fraction(1, 2) in Array[float64]([0.5]) and 1 + 0j in Array[int8]([1]) and 1.0 in Array[bool]([True])
    assert Array[float64]([0.0]).index(-0.0) == 0 and "1" not in Array[int64]([1]) and None not in Array[bool]([False])


def test_scalars_are_compared_by_value_so_nan_equals_nothing() -> None:
    array = Array[float64]([math.nan])
    assert math.nan not in array and array.count(array[0]) == 0 and array != array
    assert not array < array and (array == array.copy()) is False


def test_arrays_of_different_types_compare_as_objects() -> None:
    assert Array[int64]([1, 2]) == Array[float64]([1, 2]) == Array[uint8]([1, 2])
    assert Array[int64]([2**53 + 1]) != Array[float64]([2.0**53]) and Array[bool]([True]) == Array[int8]([1])
    assert Array[int64]([1, 2]) < Array[float64]([1.5]) and Array[int8]([1]) < Array[uint64]([1, 0])
    assert Array[int64]([1]) != [1] and Array[int64]([1]) != (1,)


def test_as_a_sequence() -> None:
    array = Array[int64]([3, 1, 2])
    assert isinstance(array, collections.abc.MutableSequence)
    match array:
        case [first, *rest]:
            assert (first, rest) == (3, [1, 2])
        case _:
            raise AssertionError
    assert sorted(array) == [1, 2, 3] and max(array) == 3 and sum(array) == 6 and tuple(array) == (3, 1, 2)
    assert operator.length_hint(iter(array)) == 3 == operator.length_hint(reversed(array))
    left, right = array[:2]
    assert (left, right) == (3, 1) and [*array, 4] == [3, 1, 2, 4] and bool(array) and not Array[int64]()
    array += (value for value in (7, 8))
    assert contents(array) == [3, 1, 2, 7, 8] and array.__init__([1]) is None and len(array) == 5  # type: ignore[misc]


def test_iterators() -> None:
    array = Array[int64]([1, 2, 3])
    for make, rest in ((iter, [2, 3]), (reversed, [2, 1])):
        iterator: Any = make(array)
        next(iterator)
        assert contents(copy.copy(iterator)) == contents(pickle.loads(pickle.dumps(iterator))) == rest
        contents(iterator)
        array.append(4)
        assert contents(iterator) == [] == contents(copy.copy(iterator)) and operator.length_hint(iterator) == 0
        array.pop()
    growing = iter(array)
    seen = []
    for value in growing:
        seen.append(value)
        if len(array) < 6:
            array.append(value * 10)
    assert seen == [1, 2, 3, 10, 20, 30]
    shrinking = iter(array)
    next(shrinking)
    array.clear()
    assert contents(shrinking) == [] and operator.length_hint(shrinking) == 0


def test_copies_are_independent() -> None:
    array = Array[int64]([1, 2])
    for other in (
        array.copy(),
        copy.copy(array),
        copy.deepcopy(array),
        array[:],
        Array[int64](array),
        array + Array[int64](),
    ):
        other.append(3)
        assert type(other) is Array[int64] and contents(array) == [1, 2] and contents(other) == [1, 2, 3]


def test_pickling() -> None:
    array = Array[float64]([1.5, -0.0])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for value in (array, Array[bool]([True, False]), Array[int8]()):
            restored = pickle.loads(pickle.dumps(value, protocol))
            assert repr(restored) == repr(value) and type(restored) is type(value)
            restored.append(True)
        assert pickle.loads(pickle.dumps(Array[int64], protocol)) is Array[int64]
        assert pickle.loads(pickle.dumps(Array, protocol)) is Array
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(array, 5, buffer_callback=buffers.append)
    assert len(buffers) == 1 and buffers[0].raw().nbytes == 16
    for given in (buffers, [buffers[0].raw().tobytes()]):
        restored = pickle.loads(data, buffers=given)
        assert repr(restored) == repr(array)
        restored.append(1)
    restore, arguments = array.__reduce_ex__(4)[:2]
    kind, description, data = arguments
    for wrong in ((kind, description + "x", data), (kind, description, data[:-1]), (Array[int64], description, data)):
        with pytest.raises(ValueError, match="was pickled with other elements"):
            restore(*wrong)
    for wrong in ((Array, description, data), (list, description, data), (kind,)):
        with pytest.raises(TypeError):
            restore(*wrong)


def test_memory_is_counted() -> None:
    empty = sys.getsizeof(Array[int64]())
    assert (
        sys.getsizeof(Array[int64](range(100))) == empty + 800
        and sys.getsizeof(Array[bool].filled(9, True)) == empty + 9
    )
    array = Array[float64]()
    array.reserve(1000)
    assert sys.getsizeof(array) == empty + 8000 and len(array) == 0
    sizes = set()
    for value in range(1000):
        array.append(value)
        sizes.add(sys.getsizeof(array))
    assert len(sizes) == 1
    array.clear()
    assert sys.getsizeof(array) == empty
    for value in range(10000):
        array.append(value)
        sizes.add(sys.getsizeof(array))
    assert len(sizes) < 80 and sys.getsizeof(array) < 10000 * 8 * 1.13 + empty


def test_offsets_are_told_to_the_compiler() -> None:
    import pyfreeze._runtime as runtime

    names = ("array_layout", "array_data", "array_length", "array_capacity", "array_exports")
    offsets = [runtime.layout()[name] for name in names]
    word = runtime.layout()["type"]
    assert offsets == [word + 8 * (index + 1) for index in range(5)]


def test_without_the_extension_annotations_still_work() -> None:
    script = (
        "import sys; sys.modules['pyfreeze._runtime'] = None\n"
        "from pyfreeze import Array, float64\n"
        "def f(a: Array[float64]) -> None: ...\n"
        "for make in (Array[float64], Array[float64].filled, Array[float64].from_buffer):\n"
        "    try: make(1)\n"
        "    except ImportError as error: print(error)\n"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert finished.stdout == "Array needs the C extension pyfreeze._runtime\n" * 3
    assert pyfreeze.Array is Array
