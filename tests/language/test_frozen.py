"""Instances of `@frozen` classes: construction, immutability, comparison, copies, memory."""

from __future__ import annotations

import copy
import dataclasses
import functools
import gc
import inspect
import math
import pickle
import struct
import sys
import types
import typing
import weakref
from dataclasses import FrozenInstanceError, field
from typing import ClassVar
from unittest import mock

import pytest

from pyfreeze import _runtime, float32, float64, frozen, int8, int16, int32, int64, uint8, uint16, uint32, uint64


@frozen
class Vec:
    x: float64
    y: float64 = 0

    def __add__(self, other: Vec) -> Vec:
        return Vec(self.x + other.x, self.y + other.y)

    def __radd__(self, other: object) -> Vec:
        return Vec(self.x, 100)

    @property
    def length(self) -> float64:
        return math.hypot(self.x, self.y)

    @classmethod
    def unit(cls) -> Vec:
        return cls(1, 0)

    @staticmethod
    def zero() -> Vec:
        return Vec(0)


@frozen
class Body:
    position: Vec
    mass: float64
    name: str
    tags: list[str] = field(default_factory=list)
    origin: typing.ClassVar[Vec] = Vec(0, 0)
    limit: ClassVar[int64] = 7

    G = 6.5


@frozen
class Scalars:
    a: int8
    b: int16
    c: int32
    d: int64
    e: uint8
    f: uint16
    g: uint32
    h: uint64
    i: float32
    j: float64
    k: bool


@frozen
class Tree:
    left: Tree | None
    value: int64
    right: Tree | None = None


@frozen(order=True)
class Version:
    major: int64
    minor: float64 = 0
    label: str = ""


@frozen
class Keywords:
    a: int64
    _: dataclasses.KW_ONLY
    b: int64 = 2
    c: float64


@frozen
class Hidden:
    a: int64
    b: int64 = field(repr=False, default=2)
    c: int64 = field(compare=False, default=3)
    d: int64 = field(hash=False, default=4)


@frozen
class Empty:
    pass


VALUES = (
    Vec(1, 2),
    Body(Vec(1, -0.0), 2, "earth", ["a"]),
    Scalars(-(2**7), -(2**15), -(2**31), -(2**63), 2**8 - 1, 2**16 - 1, 2**32 - 1, 2**64 - 1, 0.5, 0.1, True),
    Tree(Tree(None, 1), 2, Tree(None, 3)),
    Version(1, 2, "b"),
    Keywords(1, c=3),
    Hidden(1),
    Empty(),
)


def test_the_constructor_converts_value_types() -> None:
    assert repr(Vec(1, True)) == "Vec(x=1.0, y=1.0)"
    assert repr(Body(Vec(1), 2, "a")) == "Body(position=Vec(x=1.0, y=0.0), mass=2.0, name='a', tags=[])"
    assert repr(VALUES[2]) == (
        f"Scalars(a=-128, b=-32768, c={-(2**31)}, d={-(2**63)}, e=255, f=65535, g={2**32 - 1}, h={2**64 - 1}, "
        "i=0.5, j=0.1, k=True)"
    )
    assert Scalars(0, 0, 0, 0, 0, 0, 0, 0, 0.1, 0.1, False).i == struct.unpack("f", struct.pack("f", 0.1))[0]
    assert Vec(y=2, x=1) == Vec(1, 2) == Vec(1, y=2) == Vec(**{"x": 1, "y": 2}) == Vec(*[1, 2])


def test_ordinary_annotations_stay_hints() -> None:
    @frozen
    class Loose:
        a: int
        b: float
        c: list[int]

    assert repr(Loose("1", 2, None)) == f"{Loose.__qualname__}(a='1', b=2, c=None)"


@pytest.mark.parametrize(
    ("arguments", "keywords", "text"),
    [
        ((), {}, "Vec.__init__() missing 1 required positional argument: 'x'"),
        ((1, 2, 3), {}, "Vec.__init__() takes from 2 to 3 positional arguments but 4 were given"),
        ((1,), {"x": 2}, "Vec.__init__() got multiple values for argument 'x'"),
        ((1,), {"z": 2}, "Vec.__init__() got an unexpected keyword argument 'z'"),
        (("1",), {}, "float64() needs a float or an int, not 'str'"),
    ],
)
def test_wrong_arguments(arguments: tuple, keywords: dict, text: str) -> None:
    for make in (Vec, functools.partial(type.__call__, Vec), functools.partial(Vec.__new__, Vec)):
        with pytest.raises(TypeError) as caught:
            make(*arguments, **keywords)
        assert str(caught.value) == text


def test_wrong_values() -> None:
    good = dict.fromkeys("abcdefghij", 0) | {"k": False}
    for name, value in {"a": 128, "b": 2**15, "c": -(2**31) - 1, "d": 2**63, "e": -1, "h": 2**64, "i": 1e39}.items():
        with pytest.raises(OverflowError, match="out of range for"):
            Scalars(**good | {name: value})
    for name, value in {"a": 1.0, "h": "1", "i": None, "j": 1j, "k": 1}.items():
        with pytest.raises(TypeError):
            Scalars(**good | {name: value})
    for value in ((1.0, 2.0), None, Version(1)):
        with pytest.raises(TypeError, match=f"^expected Vec, not '{type(value).__name__}'$"):
            Body(value, 1, "a")


def test_every_call_evaluates_its_default_factory() -> None:
    one, two = Body(Vec(1), 1, "a"), Body(Vec(1), 1, "a")
    one.tags.append("t")
    assert two.tags == [] and Body(Vec(1), 1, "a", tags=[3]).tags == [3]


def test_keyword_only_fields() -> None:
    assert repr(Keywords(1, c=3)) == "Keywords(a=1, b=2, c=3.0)" and Keywords.__match_args__ == ("a",)
    with pytest.raises(TypeError, match=r"missing 1 required keyword-only argument: 'c'"):
        Keywords(1)
    with pytest.raises(TypeError, match=r"takes 2 positional arguments but 3 were given"):
        Keywords(1, 2)


def test_many_fields() -> None:
    names = [f"f{number}" for number in range(40)]
    many = frozen(type("Many", (), {"__annotations__": dict.fromkeys(names, int64), "f39": 5}))
    value = many(*range(39))
    assert [getattr(value, name) for name in names] == [*range(39), 5]
    assert hash(value) == hash((*range(39), 5))
    with pytest.raises(TypeError):
        many(*range(41))


def test_post_init() -> None:
    seen = []

    @frozen
    class Positive:
        n: int64

        def __post_init__(self) -> None:
            seen.append(self.n)
            if self.n <= 0:
                raise ValueError(f"{self.n} is not positive")

    assert Positive(3).n == 3 and seen == [3]
    with pytest.raises(ValueError, match="-1 is not positive"):
        Positive(-1)
    with pytest.raises(TypeError):
        Positive("1")
    assert seen == [3, -1]
    assert type.__call__(Positive, 5).n == 5 and seen == [3, -1, 5]
    copy.deepcopy(copy.copy(Positive(6)))
    assert seen[3:] == [6]
    with pytest.raises(ValueError):
        dataclasses.replace(Positive(7), n=0)


def test_methods_and_members() -> None:
    assert Vec(1, 2) + Vec(3, 4) == Vec(4, 6) and 5 + Vec(1, 2) == Vec(1, 100)
    assert Vec(3, 4).length == 5 and Vec.unit() == Vec(1) and Vec.zero() == Vec(0)
    assert (Body.origin, Body.limit, Body.G, Body(Vec(1), 1, "a").G) == (Vec(0), 7, 6.5, 6.5)
    assert [f.name for f in dataclasses.fields(Body)] == ["position", "mass", "name", "tags"]


def test_instances_cannot_be_changed() -> None:
    vec = Vec(1, 2)
    for name in ("x", "z", "length", "__class__", "__dict__"):
        with pytest.raises(FrozenInstanceError, match=f"^cannot assign to field '{name}'$"):
            setattr(vec, name, 3)
        with pytest.raises(FrozenInstanceError, match=f"^cannot delete field '{name}'$"):
            delattr(vec, name)
        with pytest.raises((TypeError, AttributeError)):
            object.__setattr__(vec, name, 3)
        with pytest.raises((TypeError, AttributeError)):
            object.__delattr__(vec, name)
    for change in (
        lambda: vec.__init__(3, 4),
        lambda: vec.__setstate__([3, 4]),
        lambda: Vec.x.__set__(vec, 3),
        lambda: Body.position.__set__(Body(vec, 1, "a"), Vec(3)),
        lambda: object.__dict__["__class__"].__set__(vec, Version),
        lambda: object.__dict__["__class__"].__set__(Empty(), frozen(type("Other", (), {}))),
        lambda: object.__dict__["__class__"].__set__(Empty(), type("Other", (), {"__slots__": ()})),
        lambda: setattr(type("Other", (), {"__slots__": ()})(), "__class__", Empty),
    ):
        with pytest.raises((TypeError, AttributeError)):
            change()
    assert Vec.__new__(Vec, 3, 4) == Vec(3, 4) and vec == Vec(1, 2)


def test_instances_have_fields_only() -> None:
    for value in VALUES:
        assert not hasattr(value, "__dict__") and not hasattr(value, "__weakref__")
        with pytest.raises(TypeError):
            weakref.ref(value)
        with pytest.raises(TypeError):
            vars(value)
        with pytest.raises(TypeError, match=r"object\.__new__"):
            object.__new__(type(value))
    assert sys.getsizeof(Vec(1, 2)) == object.__basicsize__ + 16 and not gc.is_tracked(Vec(1, 2))
    assert gc.is_tracked(VALUES[1])


def test_classes_are_final() -> None:
    for base in (Vec, Vec.__mro__[1]):
        with pytest.raises(TypeError, match="not an acceptable base type"):
            type("Sub", (base,), {})
    for change in (
        lambda: setattr(Vec, "__bases__", (object,)),
        lambda: setattr(Vec, "__bases__", Version.__bases__),
        lambda: setattr(Vec.__mro__[1], "x", 3),
        lambda: Vec.__mro__[1](),
        lambda: Vec.__mro__[1].__new__(Vec.__mro__[1], 1, 2),
        lambda: Vec.__mro__[1].__new__(Version, 1, 2),
        lambda: Version.__mro__[1].__new__(Vec, 1, 2),
        lambda: _runtime.finish_frozen(Vec, False),
        lambda: _runtime.finish_frozen(int, False),
        lambda: Vec.__mro__[1].__eq__(Version(1), Version(1)),
    ):
        with pytest.raises(TypeError):
            change()


def test_equality_is_by_fields() -> None:
    nan = math.nan
    assert Vec(nan, -nan) == Vec(float("nan"), nan) and hash(Vec(nan)) == hash(Vec(float("nan")))
    assert Vec(-0.0) == Vec(0.0) and hash(Vec(-0.0)) == hash(Vec(0.0))
    objects = [Version(1, 2, value) for value in (nan, math.inf - math.inf)]  # type: ignore[arg-type]
    assert objects[0] == objects[1] and hash(objects[0]) == hash(objects[1])
    assert Body(Vec(nan), nan, "a") == Body(Vec(nan), nan, "a") != Body(Vec(nan), nan, "b")
    assert Vec(1) != Vec(2) and Vec(1) != Version(1) and Vec(1) != (1.0, 0.0)
    assert Vec(1).__eq__((1.0, 0.0)) is NotImplemented and Vec(1) == mock.ANY
    assert hash(Vec(1, 2)) == hash((1.0, 2.0)) and hash(Version(1, 2, "x")) == hash((1, 2.0, "x"))
    assert len({Vec(1), Vec(1), Vec(2)}) == 2
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(VALUES[1])


def test_flags_of_fields() -> None:
    assert repr(Hidden(1)) == "Hidden(a=1, c=3, d=4)"
    assert Hidden(1, c=5) == Hidden(1) and Hidden(1, b=5) != Hidden(1) and Hidden(1, d=5) != Hidden(1)
    assert hash(Hidden(1, c=5, d=6)) == hash((1, 2))


def test_order() -> None:
    assert Version(1, 2) < Version(1, 3) <= Version(1, 3) < Version(2) and Version(3) > Version(2) >= Version(2)
    assert sorted([Version(2), Version(1, 5), Version(1)]) == [Version(1), Version(1, 5), Version(2)]
    assert not Version(1, math.nan) < Version(1, 0) and not Version(1, math.nan) > Version(1, 0)
    assert Version(1, math.nan) <= Version(1, math.nan)
    for one, two in ((Version(1), 3), (Vec(1), Vec(2)), (Version(1, 0, "a"), Version(1, 0, None))):
        with pytest.raises(TypeError, match="not supported between instances"):
            one < two  # noqa: B015
    assert Version(1).__lt__(3) is NotImplemented and Vec.__lt__ is object.__lt__


def test_a_class_may_compare_in_its_own_way() -> None:
    @frozen
    class Modulo:
        n: int64

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Modulo) and self.n % 10 == other.n % 10

    @frozen
    class Hashed:
        n: int64

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 5

        def __repr__(self) -> str:
            return f"<{self.n}>"

    @frozen
    class Outer:
        a: Modulo
        b: Hashed

    assert Modulo(1) == Modulo(11) != Modulo(2) and hash(Modulo(1)) == hash((1,))
    assert hash(Hashed(1)) == 5 and hash(Outer(Modulo(1), Hashed(2))) == hash((Modulo(1), 5))
    assert Outer(Modulo(1), Hashed(2)) == Outer(Modulo(21), Hashed(3)) != Outer(Modulo(2), Hashed(2))
    assert "<2>" in repr(Outer(Modulo(1), Hashed(2)))
    with mock.patch.object(Modulo, "__eq__", lambda self, other: False):
        assert Outer(Modulo(1), Hashed(2)) != Outer(Modulo(1), Hashed(2))
    assert Outer(Modulo(1), Hashed(2)) == Outer(Modulo(1), Hashed(2))


def test_comparison_of_fields_may_raise() -> None:
    class Wild:
        def __eq__(self, other: object) -> bool:
            raise ZeroDivisionError

        def __repr__(self) -> str:
            raise ZeroDivisionError

        __hash__ = None

    @frozen(order=True)
    class Holder:
        item: object

    wild = Wild()
    assert Holder(wild) == Holder(wild)
    for act in (
        lambda: Holder(Wild()) == Holder(Wild()),
        lambda: Holder(Wild()) < Holder(1),
        lambda: repr(Holder(Wild())),
    ):
        with pytest.raises(ZeroDivisionError):
            act()
    with pytest.raises(TypeError):
        hash(Holder(wild))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_copies(value: object) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for dumps in (pickle.dumps, pickle._dumps):
            again = pickle.loads(dumps(value, protocol))
            assert type(again) is type(value) and repr(again) == repr(value) and again == value
    assert copy.copy(value) == value == copy.deepcopy(value)
    assert dataclasses.replace(value) == value
    if sys.version_info >= (3, 13):
        assert copy.replace(value) == value


def test_deepcopy_copies_objects() -> None:
    body = Body(Vec(1), 1, "a", ["x"])
    assert copy.deepcopy(body).tags is not body.tags and copy.copy(body).tags is body.tags
    one, two = copy.deepcopy([body, body])
    assert one is two


def test_cycles_are_copied_shown_and_collected() -> None:
    body = Body(Vec(1), 1, "a")
    body.tags.append(body)
    assert repr(body) == "Body(position=Vec(x=1.0, y=0.0), mass=1.0, name='a', tags=[...])"
    for again in (copy.deepcopy(body), *(pickle.loads(pickle.dumps(body, p)) for p in range(6))):
        assert repr(again.tags[0]).startswith("Body(position=") and again.tags is not body.tags

    class Witness:
        pass

    witness = Witness()
    gone = weakref.ref(witness)
    body.tags.append(witness)
    del body, witness, again
    gc.collect()
    assert gone() is None


def test_unpickling_checks_fields() -> None:
    data = pickle.dumps(Vec(1, 2), 2).replace(struct.pack(">d", 2.0), struct.pack(">d", 3.0))
    assert pickle.loads(data) == Vec(1, 3)
    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(Vec(1, 2), 2).replace(b"G" + struct.pack(">d", 2.0), b"N" * 1 + b""))


def _deep() -> Tree:
    tree = Tree(None, 0)
    for number in range(100_000):
        tree = Tree(tree, number)
    return tree


def test_deep_recursion() -> None:
    tree = _deep()
    for act in (repr, hash, copy.deepcopy, _deep().__eq__):
        with pytest.raises(RecursionError):
            act(tree)


def test_dataclasses_know_them() -> None:
    body = Body(Vec(1, 2), 3, "a")
    assert dataclasses.is_dataclass(Body) and dataclasses.is_dataclass(body)
    assert dataclasses.replace(body, mass=4) == Body(Vec(1, 2), 4, "a")
    assert dataclasses.asdict(body) == {"position": {"x": 1.0, "y": 2.0}, "mass": 3.0, "name": "a", "tags": []}
    assert dataclasses.astuple(body) == ((1.0, 2.0), 3.0, "a", [])
    assert Body.__dataclass_params__.frozen and not Body.__dataclass_params__.order
    assert Version.__dataclass_params__.order
    with pytest.raises(TypeError):
        dataclasses.replace(body, nothing=4)
    with pytest.raises(OverflowError):
        dataclasses.replace(Version(1), major=2**63)


def test_match() -> None:
    def describe(value: object) -> object:
        match value:
            case Vec(0, y):
                return y
            case Vec(x=x, y=1):
                return x, "one"
            case Body(Vec(x), mass):
                return x, mass
            case Vec():
                return "other"

    assert describe(Vec(0, 5)) == 5 and describe(Vec(3, 1)) == (3, "one") and describe(Vec(3, 4)) == "other"
    assert describe(Body(Vec(8), 9, "a")) == (8, 9)
    with pytest.raises(TypeError, match="accepts 2 positional sub-patterns"):
        match Vec(1):
            case Vec(_, _, _):
                pass


def test_introspection() -> None:
    assert str(inspect.signature(Vec)) == "(x: 'float64', y: 'float64' = 0) -> None"
    assert str(inspect.signature(Keywords)) == "(a: 'int64', *, b: 'int64' = 2, c: 'float64') -> None"
    assert typing.get_type_hints(Vec) == {"x": float64, "y": float64}
    assert typing.get_type_hints(Tree)["left"] == Tree | None
    assert inspect.getsource(Vec).startswith("@frozen\nclass Vec:\n")
    assert (Vec.__module__, Vec.__qualname__, Vec.__name__) == (__name__, "Vec", "Vec")
    assert Vec.__annotations__ == {"x": "float64", "y": "float64"} and Vec.__match_args__ == ("x", "y")
    assert isinstance(Vec(1), Vec) and type(Vec(1)) is Vec and Vec in Vec.__mro__[1].__subclasses__()
    assert "x" in dir(Vec(1)) and isinstance(Vec.x, types.MemberDescriptorType)
    import pydoc

    assert "class Vec" in pydoc.render_doc(Vec)


def test_methods_can_be_replaced() -> None:
    with mock.patch.object(Vec, "unit", lambda: 5):
        assert Vec.unit() == 5
    with mock.patch.object(Vec, "__eq__", lambda self, other: "no"):
        assert (Vec(1) == Vec(1)) == "no"
    with mock.patch.object(Vec, "__init__", lambda self, *values: None):
        assert Vec(1, 2).x == 1
    with mock.patch.object(Vec, "__new__", lambda cls, *values: 7):
        assert Vec(1, 2) == 7
    assert Vec(1, 2).y == 2 and Vec(1, 2) == Vec(1, 2) and (Vec(1) == Vec(2)) is False


def test_layouts() -> None:
    def layout(cls: type) -> tuple:
        facts = _runtime.value_layout(cls)
        return facts["signature"], facts["format"], facts["size"], facts["alignment"], facts["plain"], facts["offsets"]

    assert layout(Vec) == ("{x:d,y:d}", "T{d:x:d:y:}", 16, 8, True, (0, 8))
    assert layout(Tree) == ("{left:O,value:q,right:O}", "T{O:left:q:value:O:right:}", 24, 8, False, (0, 8, 16))
    assert layout(Empty) == ("{}", "T{}", 0, 1, True, ())
    assert layout(Scalars)[1:4] == ("T{b:a:1xh:b:i:c:q:d:B:e:1xH:f:I:g:Q:h:f:i:4xd:j:?:k:7x}", 56, 8)

    @frozen
    class Mixed:
        flag: bool
        scalars: Scalars
        small: int16

    assert layout(Mixed)[2:] == (72, 8, True, (0, 8, 64))
    assert layout(Mixed)[1] == "T{?:flag:7x" + layout(Scalars)[1] + ":scalars:h:small:6x}"
    for wrong in (int, "x", None, list[int], Vec(1)):
        with pytest.raises(TypeError):
            _runtime.value_layout(wrong)
