"""`Array` and the buffer protocol: NumPy, memoryview, struct, ctypes and array, in both directions."""

from __future__ import annotations

import array
import ctypes
import gc
import mmap
import operator
import struct
import sys
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyfreeze import Array, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64

FORMATS: dict[Any, str] = {
    **{int8: "b", int16: "h", int32: "i", int64: "q", uint8: "B", uint16: "H", uint32: "I", uint64: "Q"},
    **{float64: "d", float32: "f", bool: "?"},
}


@pytest.fixture(params=FORMATS, ids=lambda element: element.__name__)
def element(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_memoryview_and_struct(element: Any) -> None:
    values = [element(1), element(0), element(1)]
    data = Array[element](values)
    view = memoryview(data)
    assert (view.format, view.itemsize) == (FORMATS[element], struct.calcsize(FORMATS[element]))
    assert (view.ndim, view.shape, view.strides) == (1, (3,), (view.itemsize,))
    assert view.contiguous and not view.readonly and view.tolist() == values and view.obj is data
    assert bytes(data) == struct.pack(f"3{FORMATS[element]}", *values)
    view[1] = element(1)
    assert list(data) == [element(1)] * 3
    assert memoryview(Array[element]()).tolist() == [] and bytes(Array[element]()) == b""


def test_numpy_shares_the_memory(element: Any) -> None:
    data = Array[element]([element(1), element(0)])
    view = numpy.asarray(data)
    assert view.dtype == numpy.dtype(FORMATS[element]) and view.flags.writeable and view.flags.aligned
    data[1] = element(1)
    assert view.tolist() == [element(1)] * 2
    view[0] = 0
    assert data[0] == 0 and data[0] == element(0) and type(data[0]) is type(element(0))


def test_from_numpy_and_back(element: Any) -> None:
    source = numpy.ones(5, dtype=FORMATS[element])
    data = Array[element].from_buffer(source)
    assert type(data) is Array[element] and list(data) == [element(1)] * 5
    source[2] = 0
    data[0] = element(0)
    assert source.tolist() == list(data) == [0, 1, 0, 1, 1]
    again = numpy.asarray(data)
    assert numpy.shares_memory(again, source)
    del source
    gc.collect()
    data.sort()
    data.reverse()
    assert again.tolist() == [1, 1, 1, 0, 0]
    copied = Array[element](again)
    copied.append(element(1))
    assert list(copied) == [1, 1, 1, 0, 0, 1]


def test_shared_memory_is_not_resized() -> None:
    data = Array[float64].from_buffer(numpy.zeros(3))
    changes = (
        lambda: data.append(1),
        lambda: data.pop(),
        lambda: data.clear(),
        lambda: data.extend([1]),
        lambda: data.insert(0, 1),
        lambda: data.remove(0.0),
        lambda: operator.delitem(data, 0),
        lambda: operator.setitem(data, slice(0, 1), []),
        lambda: operator.imul(data, 2),
        lambda: data.reserve(10),
    )
    for change in changes:
        with pytest.raises(BufferError, match=r"^Array that shares another object's memory: it cannot be resized$"):
            change()
    assert list(data) == [0.0] * 3 and sys.getsizeof(data) < 300
    data[:] = [1, 2, 3]
    assert list(data[1:] + data) == [2, 3, 1, 2, 3]


def test_from_buffer_refuses_what_does_not_fit() -> None:
    kind = Array[float64]
    for exporter, text in (
        (numpy.zeros(3, dtype="f4"), r"the format is 'f', and Array\[float64\] needs 'd'"),
        (numpy.zeros(3, dtype="i8"), r"the format is '[lq]'"),
        (numpy.zeros(3, dtype=">f8"), "the format is '>d'"),
        (numpy.zeros((2, 2)), "needs a buffer of one dimension, not 2"),
        (bytearray(16), "the format is 'B'"),
        ([1.0], "a bytes-like object is required, not 'list'"),
        (numpy.zeros(2, dtype="c16"), "the format is 'Zd'"),
        (numpy.zeros(2, dtype=[("x", "f8")]), r"the format is 'T\{d:x:\}'"),
    ):
        with pytest.raises(TypeError, match=text):
            kind.from_buffer(exporter)  # type: ignore[arg-type]
    locked = numpy.zeros(3)
    locked.flags.writeable = False
    for exporter, text in (
        (locked, r"needs memory that can be written to; Array\[float64\]\(\.\.\.\) copies"),
        (numpy.zeros(6)[::2], "needs values that lie one after another"),
        (numpy.zeros(6)[::-1], "needs values that lie one after another"),
        (numpy.zeros(17, dtype="B")[1:].view("f8"), "needs aligned memory"),
    ):
        with pytest.raises(BufferError, match=text):
            kind.from_buffer(exporter)
        assert list(kind(exporter)) == exporter.tolist()  # but it may be copied
    with pytest.raises(BufferError):
        Array[uint8].from_buffer(b"abc")
    assert list(Array[uint8](b"abc")) == [97, 98, 99] == list(Array[int64](b"abc"))


def test_other_exporters() -> None:
    for source in (array.array("q", [1, 2]), array.array("l", [1, 2]), (ctypes.c_int64 * 2)(1, 2)):
        data = Array[int64].from_buffer(source)
        data[0] = 7
        assert list(source) == [7, 2] == list(Array[int64](source))
    words = array.array("q", [1])
    shared = Array[int64].from_buffer(words)
    with pytest.raises(BufferError):
        words.append(2)
    del shared
    words.append(2)
    with mmap.mmap(-1, 64) as memory:
        bytes_ = Array[uint8].from_buffer(memory)
        bytes_[3] = 9
        assert memory[3] == 9 and len(bytes_) == 64
        del bytes_
    first = Array[int64]([1, 2, 3])
    second = Array[int64].from_buffer(first)
    second[:] = first
    second[::-1] = first[:]
    assert list(first) == [3, 2, 1] and first == second


def test_an_exported_array_keeps_its_length() -> None:
    data = Array[int64]([3, 1, 2])
    data.reserve(100)
    view = memoryview(data)
    for change in (
        lambda: data.append(1),
        lambda: data.pop(),
        lambda: data.clear(),
        lambda: data.extend([1]),
        lambda: data.insert(0, 1),
        lambda: data.remove(1),
        lambda: operator.delitem(data, 0),
        lambda: operator.delitem(data, slice(0, 3, 2)),
        lambda: operator.setitem(data, slice(0, 1), [1, 2]),
        lambda: operator.imul(data, 0),
        lambda: operator.imul(data, 2),
        lambda: operator.iadd(data, data),
        lambda: data.reserve(1000),
    ):
        with pytest.raises(BufferError, match=r"^Existing exports of data: Array cannot be resized$"):
            change()
        assert list(data) == [3, 1, 2]
    data.extend([])
    data[:] = [5, 4, 6]
    data.sort()
    data.sort(key=lambda value: -value)
    assert view.tolist() == [6, 5, 4]
    other = numpy.asarray(data)
    view.release()
    with pytest.raises(BufferError):
        data.append(1)
    del other
    data.append(1)
    assert list(data) == [6, 5, 4, 1]


def test_the_view_outlives_the_name() -> None:
    view = numpy.asarray(Array[int64](range(1000)))
    gc.collect()
    assert int(view.sum()) == 499500


def test_bools_are_true_whatever_their_byte() -> None:
    source = numpy.array([0, 1, 2, 255], dtype="B")
    data = Array[bool].from_buffer(source.view("?"))
    assert list(data) == [False, True, True, True] and data.count(True) == 3 and data == Array[bool](list(data))
    assert Array[bool](data.copy()).index(True) == 1
    data.sort()
    assert list(data) == [False, True, True, True]


def test_strided_buffers_are_copied_by_their_stride() -> None:
    source = numpy.arange(10)
    assert list(Array[int64](source[::-3])) == [9, 6, 3, 0] and list(Array[int64](source[5:5])) == []
    assert list(Array[int64](numpy.arange(3, dtype="i2"))) == [0, 1, 2]
    with pytest.raises(TypeError):
        Array[int64](numpy.zeros((2, 2), dtype="i8"))
    data = Array[int64]([1])
    with pytest.raises(BufferError):
        data.extend(memoryview(data))


def structures(fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True)
    return names.flatmap(
        lambda names: st.builds(
            lambda kinds, align: numpy.dtype(list(zip(names, kinds, strict=True)), align=align),
            st.lists(fields, min_size=len(names), max_size=len(names)),
            st.booleans(),
        )
    )


SIMPLE = st.sampled_from(["i1", "u2", "i4", "q", "f4", "f8", ">f8", "?", "c16", "S3", "V2", "(2,3)f8", "f2"])


@settings(max_examples=40, deadline=None)
@given(structures(st.recursive(SIMPLE, structures, max_leaves=8)))
def test_structures_are_no_scalars(dtype: Any) -> None:
    source = numpy.zeros(2, dtype=dtype)
    for kind in (Array[int64], Array[uint8], Array[float64]):
        with pytest.raises((TypeError, ValueError, BufferError)):
            kind.from_buffer(source)
        with pytest.raises(TypeError):
            kind(source)
