"""What `@frozen` makes of classes: bases, generics, `super()`, what it refuses, and that classes go away again."""

from __future__ import annotations

import abc
import collections.abc
import copy
import dataclasses
import enum
import functools
import gc
import pickle
import subprocess
import sys
import typing
import weakref
from dataclasses import InitVar, field
from typing import ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import pytest
import typing_extensions

from pyfreeze import float64, frozen, int64

T = TypeVar("T")


@runtime_checkable
class Shape(Protocol):
    name: str

    @abc.abstractmethod
    def area(self) -> float64: ...

    def double(self) -> float64:
        return 2 * self.area()


class Root(abc.ABC):
    made: ClassVar[list[type]] = []

    def __init_subclass__(cls) -> None:
        cls.made.append(cls)

    @property
    @abc.abstractmethod
    def size(self) -> int: ...

    label: str = "inherited"

    def describe(self) -> str:
        return f"root {self.size}"


@frozen
class Square(Shape):
    side: float64
    name: str = "square"

    def area(self) -> float64:
        return self.side * self.side


@frozen
class Leaf(Root):
    size: int64
    label: str

    def describe(self) -> str:
        return f"leaf of {super().describe()} in {__class__.__name__}"


@frozen
class Pair(Generic[T]):
    first: T
    second: T
    scale: float64 = 1

    def swapped(self) -> Pair[T]:
        return Pair(self.second, self.first, self.scale)


@frozen
class Point(collections.abc.Sequence):
    x: float64
    y: float64

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> float64:
        return (self.x, self.y)[index]


def test_protocols() -> None:
    square = Square(3)
    assert square.area() == 9 and square.double() == 18 and isinstance(square, Shape)
    assert not hasattr(square, "__dict__") and Square.__mro__[2:] == Shape.__mro__
    for protocol in range(6):
        assert pickle.loads(pickle.dumps(square, protocol)) == square


def test_protocols_of_typing_extensions_and_generic_ones() -> None:
    class Named(typing_extensions.Protocol):
        def name(self) -> str: ...

    class Source(Protocol[T]):
        def get(self) -> T: ...

    @frozen
    class Both(Named, Source[int]):
        n: int64

        def get(self) -> int:
            return self.n

    assert Both(1).get() == 1 and not hasattr(Both(1), "__dict__") and Both.__orig_bases__ == (Named, Source[int])
    with pytest.raises(TypeError, match="it is a protocol"):
        frozen(Named)


def test_abstract_methods_are_enforced() -> None:
    @frozen
    class Unfinished(Shape):
        side: float64
        name: str = ""

    for make in (Unfinished, functools.partial(type.__call__, Unfinished)):
        with pytest.raises(TypeError, match="Can't instantiate abstract class Unfinished"):
            make(3)
    assert Unfinished.__abstractmethods__ == {"area"}


def test_abstract_bases() -> None:
    leaf = Leaf(3, "l")
    assert leaf.describe() == "leaf of root 3 in Leaf" and isinstance(leaf, Root)
    assert not hasattr(leaf, "__dict__") and Root.made[-1] is Leaf
    with pytest.raises(AttributeError):
        leaf.other = 3
    match Point(1, 2):
        case [x, 2.0]:
            assert x == 1
        case _:
            raise AssertionError("not matched as a sequence")
    assert list(Point(1, 2)) == [1, 2] and Point(1, 2).index(2) == 1 and Point(1, 2) == Point(1, 2)


def test_generic_classes() -> None:
    pair = Pair[int](1, 2)
    assert pair == Pair(1, 2) and pair.swapped() == Pair(2, 1) and repr(pair) == "Pair(first=1, second=2, scale=1.0)"
    assert Pair.__parameters__ == (T,) and typing.get_args(Pair[str]) == (str,)
    assert copy.deepcopy(pair) == pair == pickle.loads(pickle.dumps(pair))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of 3.12")
def test_generic_classes_in_new_syntax() -> None:
    namespace: dict = {"frozen": frozen, "float64": float64, "__name__": __name__}
    exec(
        "@frozen\nclass Box[T]:\n    item: T\n    n: float64 = 1\n    def get(self) -> T:\n        return self.item\n"
        "    def same(self):\n        return __class__, super().__hash__()\n",
        namespace,
    )
    box = namespace["Box"]
    assert box[int](3).get() == 3 and repr(box("a")) == "Box(item='a', n=1.0)" and len(box.__type_params__) == 1
    assert box(1).same() == (box, hash((1, 1.0)))


def test_super_and_class_cells_in_every_kind_of_method() -> None:
    def decorated(function: typing.Callable) -> typing.Callable:
        @functools.wraps(function)
        def wrapper(*arguments: object) -> object:
            return function(*arguments)

        return wrapper

    @frozen
    class Many:
        n: int64

        @property
        def a(self) -> type:
            return __class__

        @classmethod
        def b(cls) -> type:
            return __class__

        @staticmethod
        def c() -> type:
            return __class__

        @decorated
        def d(self) -> type:
            return next(__class__ for _ in range(1))

        def e(self) -> str:
            return super().__repr__()

    many = Many(1)
    assert {many.a, many.b(), many.c(), many.d()} == {Many} and many.e() == repr(many)

    @frozen
    class Only:
        n: int64

        @decorated
        def d(self) -> type:
            return __class__

    assert Only(1).d() is Only


def test_classes_in_functions_and_forward_references() -> None:
    @frozen
    class Inner:
        x: float64

    @frozen
    class Outer:
        inner: Inner  # cannot be resolved from the module: an object
        nested: "list[Inner]" = ()  # noqa: UP037

    assert Outer(Inner(1)).inner == Inner(1) and Outer(3).inner == 3
    assert Inner.__qualname__.endswith("<locals>.Inner") and repr(Inner(1)) == f"{Inner.__qualname__}(x=1.0)"
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(Inner(1))


def test_other_decorators() -> None:
    @frozen
    @functools.total_ordering
    class Below:
        n: int64

        def __lt__(self, other: Below) -> bool:
            return self.n > other.n

    @typing.final
    @functools.total_ordering
    @frozen
    class Above:
        n: int64

        def __lt__(self, other: Above) -> bool:
            return self.n > other.n

    for cls in (Below, Above):
        assert cls(2) < cls(1) and cls(1) >= cls(2) and cls(1) == cls(1) and sorted([cls(1), cls(2)])[0] == cls(2)


def test_cached_property_fails_clearly() -> None:
    @frozen
    class Cached:
        n: int64

        @functools.cached_property
        def double(self) -> int64:
            return 2 * self.n

    with pytest.raises(TypeError, match="No '__dict__' attribute on 'Cached' instance"):
        Cached(1).double  # noqa: B018


class Plain:
    pass


class Slotted(abc.ABC):  # noqa: B024
    __slots__ = ("a",)


@dataclasses.dataclass(frozen=True)
class Data(abc.ABC):
    a: int


class Meta(type):
    pass


class Finalized(abc.ABC):  # noqa: B024
    def __del__(self) -> None: ...  # noqa: B027


REFUSED = [
    (lambda: frozen(type("C", (Plain,), {})), "its base Plain is an ordinary class"),
    (lambda: frozen(type("C", (int,), {})), "its base int is an ordinary class"),
    (lambda: frozen(type("C", (BaseException,), {})), "its base BaseException is an ordinary class"),
    (lambda: frozen(abc.ABCMeta("C", (Slotted,), {})), "its base Slotted has fields"),
    (lambda: frozen(abc.ABCMeta("C", (Data,), {})), "its base Data has fields"),
    (lambda: frozen(abc.ABCMeta("C", (Finalized,), {})), "its base Finalized defines __del__"),
    (lambda: frozen(Meta("C", (), {})), "its metaclass is Meta"),
    (lambda: frozen(enum.Enum("C", "A")), "its metaclass is EnumType"),
    (lambda: frozen(typing.NamedTuple("C", [("a", int)])), "its base tuple is an ordinary class"),
    (lambda: frozen(Square), "it is a dataclass or frozen already"),
    (lambda: frozen(Data), "it is a dataclass or frozen already"),
    (lambda: frozen(Shape), "it is a protocol"),
    (lambda: frozen(3), "@frozen is for classes, not 'int'"),
    (lambda: frozen(order=True)(print), "@frozen is for classes"),
    *(
        (lambda name=name: frozen(type("C", (), {name: lambda self: None})), f"it defines {name}")
        for name in ("__init__", "__new__", "__del__", "__setattr__", "__delattr__", "__getattribute__", "__setstate__")
    ),
    (lambda: frozen(type("C", (), {"__slots__": ()})), "it defines __slots__"),
    (lambda: _with_field(InitVar[int]), "InitVar 'a'"),
    (lambda: _with_field(int, field(init=False)), "'a' has init=False"),
    (lambda: _with_field(int64, "x"), "cannot be interpreted as an integer"),
    (lambda: _with_field(Square, Leaf(1, "l")), "the default of field 'a' must be of Square"),
    (lambda: frozen(type("C", (), {"__annotations__": {"__hash__": int}})), "a name that Python uses"),
    (lambda: frozen(order=True)(type("C", (), {"__lt__": lambda a, b: True})), "Cannot overwrite attribute __lt__"),
]


def _with_field(annotation: object, *default: object) -> type:
    return frozen(type("C", (), {"__annotations__": {"a": annotation}, **dict(zip(["a"], default, strict=False))}))


@pytest.mark.parametrize(("make", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_refused(make: typing.Callable, text: str) -> None:
    with pytest.raises(TypeError) as caught:
        make()
    assert text in str(caught.value)


def test_mutable_and_misplaced_defaults_are_refused() -> None:
    with pytest.raises(ValueError, match="mutable default <class 'list'>"):
        _with_field(list, [])
    with pytest.raises(TypeError, match="non-default argument 'b' follows default argument"):
        frozen(type("C", (), {"__annotations__": {"a": int, "b": int}, "a": 1}))


def test_hooks_cannot_use_the_class_before_it_is_finished() -> None:
    class Eager(abc.ABC):  # noqa: B024
        def __init_subclass__(cls) -> None:
            if "__dataclass_fields__" in vars(cls):
                cls(1)

    with pytest.raises(TypeError, match="cannot be called before it is finished"):

        @frozen
        class Impatient(Eager):
            x: float64


def test_classes_are_collected() -> None:
    def make() -> list[weakref.ref]:
        @frozen
        class Inner:
            n: int64
            text: str = "a"

        @frozen
        class Outer:
            inner: Inner
            others: list = field(default_factory=lambda: [Outer])
            default: object = Inner

        Inner.outer = Outer(Inner(1))
        Outer.instance = Outer(Inner(2), [Inner])
        Outer.instance.others.append(Outer.instance)
        return [weakref.ref(Inner), weakref.ref(Outer), weakref.ref(Outer.__mro__[1])]

    references = make()
    gc.collect()
    assert [reference() for reference in references] == [None] * 3


def test_descriptors_and_instances_keep_what_they_need() -> None:
    @frozen
    class Inner:
        n: int64

    holder = frozen(type("Holder", (), {"__annotations__": {"inner": Inner, "item": object}}))
    value, descriptor = holder(Inner(3), "x"), holder.inner
    base = Inner.__mro__[1]
    del holder, Inner
    gc.collect()
    assert descriptor.__get__(value).n == 3 and value.item == "x"
    del value, descriptor
    gc.collect()
    with pytest.raises(TypeError):
        base(1)


IN_A_MODULE = """
from __future__ import annotations
import pickle, copy, dataclasses
from pyfreeze import float64, frozen, int64

@frozen
class Vec:
    x: float64
    y: float64 = 0

    def __add__(self, other: Vec) -> Vec:
        return Vec(self.x + other.x, self.y + other.y)

    def dot(self, other: Vec) -> float64:
        return self.x * other.x + self.y * other.y

    def this(self) -> str:
        return __class__.__name__ + super().__class__.__name__

@frozen(order=True)
class Body:
    position: Vec
    count: int64

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("negative")

def run(n: int64) -> list[object]:
    total = Vec(0)
    for i in range(n):
        total += Vec(i, 1)
    body = Body(total, n)
    failures = []
    for arguments in ((1,), (total, "a"), (total, -1), (3, 4)):
        try:
            Body(*arguments)
        except (TypeError, ValueError) as error:
            failures.append(repr(error))
    return [repr(body), hash(body), body == copy.deepcopy(body), total.dot(total), total.this(), failures,
            dataclasses.asdict(body), Body(total, 1) < Body(total, 2)]
"""


def test_in_compiled_modules(both: typing.Callable) -> None:
    modules = both(IN_A_MODULE)
    assert modules.compiled.run(10) == modules.interpreted.run(10)
    value = modules.compiled.Vec(1, 2)
    assert modules.compiled.Body(value, 2).position == value != modules.interpreted.Vec(1, 2)


def test_importing_is_light() -> None:
    script = (
        "import sys; before = set(sys.modules); import pyfreeze; new = {*sys.modules} - before - {'__future__'}\n"
        "written = [n for n in new if str(getattr(sys.modules[n], '__file__', '')).endswith('.py')]\n"
        "print([name for name in written if not name.startswith(('pyfreeze', 'encodings'))])"
    )
    finished = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert finished.stdout == "[]\n", finished.stdout + finished.stderr


def test_without_the_extension() -> None:
    script = (
        "import sys; sys.modules['pyfreeze._runtime'] = None\nimport pyfreeze\n"
        "try:\n    pyfreeze.frozen(type('C', (), {}))\nexcept ImportError as error:\n    print(error)"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.stdout.startswith("@frozen needs pyfreeze._runtime"), finished.stderr


ROOT = __file__.rsplit("tests", 1)[0]
