"""`Array` of @frozen classes: stored inline, read as values, shared with NumPy as structures."""

from __future__ import annotations

import gc
import math
import pickle
import sys
import weakref
from typing import Any

import numpy
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from pyfreeze import Array, float32, float64, frozen, int8, int64

from .test_array_model import ArrayMachine


@frozen(order=True)
class Vector:
    x: float64
    y: float64


@frozen
class Body:
    visible: bool
    place: Vector
    kind: int8


@frozen
class Named:
    name: str
    place: Vector


@frozen
class Outer:
    named: Named


@frozen
class Parity:
    """Equal if both are odd, or both even."""

    n: int64

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parity) and self.n % 2 == other.n % 2

    def __hash__(self) -> int:
        return hash(self.n % 2)


VICTIMS: list[Any] = []


@frozen
class Hostile:
    n: int64

    def __eq__(self, other: object) -> bool:
        for victim in VICTIMS:
            victim.clear()
        if self.n == 5:
            raise KeyError
        return False

    def __hash__(self) -> int:
        return 0


@frozen
class Holder:
    hostile: Hostile


BODIES = [Body(True, Vector(1, 2), 3), Body(False, Vector(math.nan, -0.0), -3)]


def test_elements_lie_inline() -> None:
    bodies = Array[Body](BODIES)
    assert type(bodies) is Array[Body] and repr(Array[Body]) == "pyfreeze.Array[Body]"
    assert repr(bodies) == f"Array[Body]({BODIES!r})" and list(bodies) == BODIES
    assert sys.getsizeof(bodies) == sys.getsizeof(Array[Body]()) + 64
    assert type(bodies[1].place) is Vector and bodies[-1].kind == -3
    bodies[0] = BODIES[1]
    bodies.extend(body for body in BODIES)
    assert list(bodies) == [BODIES[1], BODIES[1], *BODIES]
    assert list(Array[Vector].filled(5, Vector(1, 2))) == [Vector(1, 2)] * 5


def test_only_plain_classes() -> None:
    text = r"^Array cannot hold Named, whose field 'name' is an object: give it a value type, or write list\[Named\]$"
    with pytest.raises(TypeError, match=text):
        Array[Named]
    with pytest.raises(TypeError, match=r"^Array cannot hold Outer, whose field 'named' is an object"):
        Array[Outer]

    @frozen
    class Empty:
        pass

    with pytest.raises(TypeError, match=r"^Array cannot hold Empty, which has no fields$"):
        Array[Empty]


@pytest.mark.parametrize("value", [(1.0, 2.0), None, 1, BODIES[0]])
def test_elements_are_exactly_of_the_class(value: Any) -> None:
    vectors = Array[Vector]([Vector(1, 2)])
    for change in (vectors.append, lambda value: vectors.insert(0, value), lambda value: vectors.__setitem__(0, value)):
        with pytest.raises(TypeError, match=f"^expected Vector, not '{type(value).__name__}'$"):
            change(value)
    assert list(vectors) == [Vector(1, 2)] and value not in vectors


def test_equality_is_that_of_the_values() -> None:
    bodies = Array[Body](BODIES)
    assert bodies == bodies.copy() and BODIES[1] in bodies and bodies.index(BODIES[1]) == 1
    assert Array[Vector]([Vector(math.nan, 0.0)]) == Array[Vector]([Vector(math.nan, -0.0)])
    numbers = Array[Parity]([Parity(1), Parity(2)])
    assert Parity(7) in numbers and numbers.index(Parity(4)) == 1 and numbers.count(Parity(3)) == 1
    assert numbers == Array[Parity]([Parity(3), Parity(4)]) != Array[Parity]([Parity(2), Parity(4)])


def test_a_field_may_compare_as_it_likes() -> None:
    value = Holder(Hostile(1))
    for action in (
        lambda array: value in array,
        lambda array: array.count(value),
        lambda array: array == Array[Holder].filled(1000, Holder(Hostile(2))),
        lambda array: array < Array[Holder].filled(1000, Holder(Hostile(2))),
    ):
        array = Array[Holder].filled(1000, Holder(Hostile(3)))
        VICTIMS[:] = [array]
        action(array)
        assert len(array) == 0
        with pytest.raises(KeyError):
            action(Array[Holder].filled(1000, Holder(Hostile(5))))


def test_sorting() -> None:
    vectors = Array[Vector]([Vector(2, 1), Vector(1, 5), Vector(1, 2)])
    vectors.sort()
    assert list(vectors) == [Vector(1, 2), Vector(1, 5), Vector(2, 1)]
    vectors.sort(key=lambda vector: vector.x, reverse=True)
    assert list(vectors) == [Vector(2, 1), Vector(1, 2), Vector(1, 5)]
    bodies = Array[Body](BODIES)
    with pytest.raises(TypeError, match="not supported between instances of 'Body' and 'Body'"):
        bodies.sort()
    assert list(bodies) == BODIES and Array[Vector]([Vector(1, 2)]) < Array[Vector]([Vector(1, 3)])


def test_numpy_sees_structures() -> None:
    bodies = Array[Body](BODIES)
    view = numpy.asarray(bodies)
    vector = [("x", "f8"), ("y", "f8")]
    assert view.dtype == numpy.dtype([("visible", "?"), ("place", vector), ("kind", "i1")], align=True)
    assert memoryview(bodies).format == "T{?:visible:7xT{d:x:d:y:}:place:b:kind:7x}"
    view["place"]["x"][1] = 7
    assert bodies[1].place.x == 7.0
    with pytest.raises(BufferError):
        bodies.append(BODIES[0])
    assert Array[Body](view) == bodies == Array[Body].from_buffer(view)
    source = numpy.zeros(3, dtype=vector)
    shared = Array[Vector].from_buffer(source)
    shared[1] = Vector(5, 6)
    assert source.tolist() == [(0, 0), (5, 6), (0, 0)]


@pytest.mark.parametrize(
    "dtype",
    [
        [("x", "f8"), ("z", "f8")],
        [("y", "f8"), ("x", "f8")],
        [("x", "f4"), ("y", "f8"), ("z", "f4")],
        [("x", "f8"), ("y", ">f8")],
        [("x", "(2,)f8")],
        [("x", "i8"), ("y", "f8")],
        [("x", [("x", "f8"), ("y", "f8")])],
        {"names": ["x", "y"], "formats": ["f8", "f8"], "offsets": [8, 0]},
        "c16",
        "f8",
    ],
)
def test_other_structures_are_refused(dtype: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Array[Vector].from_buffer(numpy.zeros(2, dtype=numpy.dtype(dtype)))


def test_padding_at_the_end_belongs_to_the_structure() -> None:
    @frozen
    class Mixed:
        a: float64
        b: float32

    packed, padded = [("a", "f8"), ("b", "f4")], numpy.dtype([("a", "f8"), ("b", "f4")], align=True)
    assert list(Array[Mixed].from_buffer(numpy.ones(2, dtype=padded))) == [Mixed(1, 1)] * 2
    with pytest.raises(TypeError):
        Array[Mixed].from_buffer(numpy.ones(2, dtype=packed))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(protocol: int) -> None:
    bodies = Array[Body](BODIES)
    assert pickle.loads(pickle.dumps(bodies, protocol)) == bodies
    assert pickle.loads(pickle.dumps(Array[Body], protocol)) is Array[Body]


def test_the_array_type_goes_with_its_class() -> None:
    def make() -> weakref.ref[type]:
        @frozen
        class Local:
            a: int64

        kept.append(Array[Local]([Local(1)]))
        assert kept[0][0] == Local(1)
        return weakref.ref(Local)

    kept: list[Any] = []
    local = make()
    gc.collect()
    assert local() is not None and repr(kept[0]) == f"Array[Local]([{kept[0][0]!r}])"
    kept.clear()
    gc.collect()
    assert local() is None


class VectorMachine(ArrayMachine):
    element = Vector
    values = st.builds(Vector, st.sampled_from([0.0, 1.0, -1.0]), st.sampled_from([0.0, 2.0]))
    others = st.sampled_from([None, 1, (0.0, 0.0), BODIES[0]])
    keys = (None, lambda value: value.x, lambda value: -value.y)


def test_as_a_list() -> None:
    case = VectorMachine.TestCase()
    case.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
    case.runTest()
