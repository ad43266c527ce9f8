"""Names that a place in a framed function has looked up before: every kind of place, and every way to make it wrong."""

from __future__ import annotations

import builtins
import contextlib
import gc
import sys
from collections.abc import Callable
from unittest import mock

import pytest

from tests.conftest import Both, build_both, load_extension

Build = Callable[[str], Both]

GLOBALS = """
K = 1

def read():
    return K, len

def loop(change, n):
    seen = []
    for i in range(n):
        seen.append((K, len("ab")))
        change(i)
    return seen

def missing():
    return NOT_YET

def space():
    return globals()
"""


def _changes(module: object) -> Callable[[int], None]:
    """What a loop's steps do to the namespaces."""
    space = module.space()  # type: ignore[attr-defined]

    def change(step: int) -> None:
        match step:
            case 3:
                module.K = 2  # type: ignore[attr-defined]
            case 5:
                space["len"] = lambda text: "own"
            case 7:
                del space["len"]
            case 9:
                space["K"] = 3
            case 11:
                for number in range(200):
                    space[f"other{number}"] = number
            case 13:
                del space["K"]
                space["K"] = 4
            case 15:
                kept = dict(space)
                space.clear()
                space.update(kept)
            case 17:
                space[3] = "a key that is no string"
            case 19:
                space["K"] = 5
            case 20:
                builtins.len = lambda text: "patched"  # type: ignore[assignment]
            case 22:
                del builtins.len
                space["len"] = lambda text: "again"
            case 24:
                builtins.len = real_len

    return change


real_len = len


def test_globals_and_builtins_that_change_between_steps(both: Build) -> None:
    module = both(GLOBALS)
    for _ in range(2):
        found = []
        for each in (module.interpreted, module.compiled):
            for _ in range(3):
                assert each.read() == (each.K, each.__dict__.get("len", len))
            try:
                found.append(each.loop(_changes(each), 30))
            finally:
                builtins.len = real_len
            each.__dict__.pop("len")
        assert found[0] == found[1]
        assert len(set(found[0])) > 6


def test_patches_of_globals_take_effect_at_once(both: Build) -> None:
    module = both(GLOBALS).compiled
    for _ in range(20):
        assert module.read() == (1, len)
        with mock.patch.object(module, "K", 7), mock.patch("builtins.len", 8):
            assert module.read() == (7, 8)
        with mock.patch.object(module, "len", 9, create=True):
            assert module.read() == (1, 9)


def test_a_global_that_is_not_there_yet_or_no_longer(both: Build) -> None:
    module = both(GLOBALS)
    for _ in range(3):
        module.same("missing")
    for each in (module.interpreted, module.compiled):
        each.NOT_YET = 5  # type: ignore[attr-defined]
    module.same("missing")
    for each in (module.interpreted, module.compiled):
        del each.NOT_YET
        builtins.NOT_YET = 6  # type: ignore[attr-defined]
    try:
        module.same("missing")
    finally:
        del builtins.NOT_YET  # type: ignore[attr-defined]
    module.same("missing")


def test_two_executions_of_a_module_keep_their_own_globals(both: Build) -> None:
    """Another execution starts while a function of the first one runs; what places remember is shared."""
    module = both(GLOBALS)
    first = module.compiled
    (path,) = module.path.parent.glob(f"{module.path.stem}.*.so")
    others = []

    def execute_again(step: int) -> None:
        if step % 4 == 0:
            others.append(load_extension(first.__name__, path))
            others[-1].K = step
        for other in others:
            assert other.read() == (other.K, len)
        assert first.read() == (1, len)

    assert first.loop(execute_again, 20) == [(1, 2)] * 20
    copied = type(first.read)(first.read.__code__, {**first.__dict__, "K": "other", "len": "mine"})
    for _ in range(3):
        assert copied() == ("other", "mine")
        assert first.read() == (1, len)


ATTRIBUTES = """
def get(x):
    return x.name

def call(x):
    return x.name()

def put(x, value):
    x.name = value

def get_all(xs):
    return [x.name for x in xs]

def get_each(xs, change):
    found = []
    for x in xs:
        try:
            found.append(x.name)
        except AttributeError as error:
            found.append(str(error))
        change(x)
    return found

def call_each(xs, change):
    found = []
    for x in xs:
        try:
            found.append(x.name())
        except (AttributeError, TypeError) as error:
            found.append(str(error))
        change(x)
    return found

def put_each(xs, change):
    for n, x in enumerate(xs):
        try:
            x.name = n
        except (AttributeError, TypeError) as error:
            yield str(error)
        change(x)
        yield getattr(x, "name", "none")
"""


def _returns(value: object) -> Callable[..., object]:
    return lambda *given: (value, len(given))


class Descriptor:
    def __get__(self, instance: object, owner: object = None) -> object:
        return lambda: ("bound", type(instance).__name__)


class DataDescriptor(Descriptor):
    def __set__(self, instance: object, value: object) -> None:
        instance.__dict__["stored"] = value


class Meta(type):
    pass


def _plain() -> type:
    class Plain:
        pass

    return Plain


Kind = Callable[[], list[object]]
KINDS: list[Kind] = []


def _kind(make: Kind) -> Kind:
    """A function that makes objects of one kind: several of them, so that places are asked again."""
    KINDS.append(make)
    return make


@_kind
def instance() -> list[object]:
    class_ = _plain()
    made = [class_() for _ in range(6)]
    for each in made:
        each.name = _returns("own")  # type: ignore[attr-defined]
    return made


@_kind
def materialised() -> list[object]:
    made = instance()
    return [each for each in made if each.__dict__]


@_kind
def method() -> list[object]:
    class_ = type("Class", (), {"name": _returns("method")})
    return [class_() for _ in range(6)]


@_kind
def method_with_other_attributes() -> list[object]:
    made = method()
    for number, each in enumerate(made):
        setattr(each, f"other{number}", number)
    return made


@_kind
def shadowed() -> list[object]:
    made = method()
    for each in made[::2]:
        each.name = _returns("own")  # type: ignore[attr-defined]
    return made


@_kind
def slots() -> list[object]:
    class_ = type("Slots", (), {"__slots__": ("name", "other")})
    made = [class_() for _ in range(6)]
    for each in made[:4]:
        each.name = _returns("slot")  # type: ignore[attr-defined]
    return made


@_kind
def properties() -> list[object]:
    class_ = type("Property", (), {"name": property(lambda self: _returns("property"))})
    return [class_() for _ in range(6)]


@_kind
def read_write_properties() -> list[object]:
    def write(self: object, value: object) -> None:
        self.__dict__["x"] = value

    class_ = type("Property", (), {"name": property(lambda self: self.__dict__.get("x"), write)})
    return [class_() for _ in range(6)]


@_kind
def static_and_class_methods() -> list[object]:
    static = type("Static", (), {"name": staticmethod(_returns("static"))})
    class_ = type("OfClass", (), {"name": classmethod(_returns("class"))})
    return [static(), class_(), static(), class_(), static, class_, static, class_]


@_kind
def descriptors() -> list[object]:
    plain = type("Described", (), {"name": Descriptor()})
    data = type("DataDescribed", (), {"name": DataDescriptor()})
    return [plain(), plain(), data(), data(), plain(), data(), plain, data]


@_kind
def classes() -> list[object]:
    class_ = type("Class", (), {"name": _returns("attribute")})
    return [class_] * 3 + [type("Derived", (class_,), {})] * 3


@_kind
def classes_with_metaclass() -> list[object]:
    class_ = Meta("Class", (), {"name": _returns("attribute")})
    return [class_] * 3 + [Meta("Derived", (class_,), {})] * 3


@_kind
def modules() -> list[object]:
    module = type(sys)("some_module")
    module.name = _returns("module")  # type: ignore[attr-defined]
    return [module] * 6


@_kind
def overridden() -> list[object]:
    fallback = type("Fallback", (), {"__getattr__": lambda self, name: _returns(name)})
    every = type("Every", (), {"__getattribute__": lambda self, name: _returns(name)})
    return [fallback(), every(), fallback(), every(), fallback(), every()]


@_kind
def exceptions() -> list[object]:
    class_ = type("Error", (Exception,), {"name": _returns("error")})
    return [class_(), class_(), class_(), NameError("a", name="n"), NameError(), class_()]


@_kind
def subclasses_of_builtins() -> list[object]:
    number = type("Number", (int,), {"name": _returns("number")})
    pair = type("Pair", (tuple,), {"name": _returns("pair")})
    return [number(1), pair(), number(2), pair(), number(3), pair()]


@_kind
def many_types() -> list[object]:
    return [type(f"Type{number}", (), {"name": _returns(number)})() for number in range(8)] * 3


@_kind
def alternating() -> list[object]:
    return [pair for two in zip(instance(), method(), strict=True) for pair in two] * 4


@_kind
def without() -> list[object]:
    return [*[_plain()() for _ in range(3)], 5, None, "text"]


def _nothing(x: object) -> None:
    pass


def _type_of(x: object) -> type:
    return x if isinstance(x, type) else type(x)


def _set_on_type(x: object) -> None:
    _type_of(x).name = _returns("set")  # type: ignore[attr-defined]


def _property_on_type(x: object) -> None:
    _type_of(x).name = property(lambda self: _returns("new property"))  # type: ignore[attr-defined]


def _delete_on_type(x: object) -> None:
    del _type_of(x).name  # type: ignore[attr-defined]


def _change(change: Callable[[object], None]) -> Callable[[object], None]:
    def guarded(x: object) -> None:
        with contextlib.suppress(TypeError, AttributeError):
            change(x)

    return guarded


def _replace_dict(x: object) -> None:
    x.__dict__ = {"other": 1, "name": _returns("replaced")}


def _empty_dict(x: object) -> None:
    x.__dict__ = {}


def _odd_dict(x: object) -> None:
    x.__dict__[3] = "a key that is no string"  # type: ignore[index]


def _dict_subclass(x: object) -> None:
    x.__dict__ = type("Dict", (dict,), {"__getitem__": lambda self, key: "never"})(name=_returns("in subclass"))


def _equal_key(x: object) -> None:
    x.__dict__["".join(["na", "me"])] = _returns("equal key")


def _clear_dict(x: object) -> None:
    x.__dict__.clear()


def _set_own(x: object) -> None:
    x.name = _returns("set on instance")  # type: ignore[attr-defined]


def _delete_own(x: object) -> None:
    del x.name  # type: ignore[attr-defined]


def _many_others(x: object) -> None:
    for number in range(40):
        setattr(x, f"more{number}", number)


def _other_class(x: object) -> None:
    x.__class__ = type("Other", (), {"name": _returns("other class")})  # type: ignore[assignment]


def _new_bases(x: object) -> None:
    base = type("Base", (), {"name": _returns("base")})
    _type_of(x).__bases__ = (base, *_type_of(x).__bases__)


def _getattribute(x: object) -> None:
    _type_of(x).__getattribute__ = lambda self, name: _returns("overridden")  # type: ignore[method-assign,assignment]


def _descriptor_becomes_data(x: object) -> None:
    Descriptor.__set__ = lambda self, instance, value: None  # type: ignore[attr-defined]


def _metaclass_attribute(x: object) -> None:
    Meta.name = property(lambda self: _returns("of the metaclass"))  # type: ignore[attr-defined]


def _collect(x: object) -> None:
    gc.collect(0)


CHANGES = [
    _nothing,
    _set_on_type,
    _property_on_type,
    _delete_on_type,
    _replace_dict,
    _empty_dict,
    _odd_dict,
    _dict_subclass,
    _equal_key,
    _clear_dict,
    _set_own,
    _delete_own,
    _many_others,
    _other_class,
    _new_bases,
    _getattribute,
    _descriptor_becomes_data,
    _metaclass_attribute,
    _collect,
]


@pytest.fixture(scope="module")
def attributes(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("attributes"), ATTRIBUTES)


def _restore() -> None:
    for owner, name in ((Descriptor, "__set__"), (Meta, "name")):
        if name in vars(owner):
            delattr(owner, name)


def _shown(value: object) -> object:
    """A function by what it gives."""
    if callable(value):
        try:
            return "calls", _shown(value())
        except TypeError as error:
            return "calls", str(error)
    return repr(value) if isinstance(value, int | str | tuple | None) else type(value).__name__


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_attributes_that_change_between_steps(attributes: Both, kind: Kind, change: Callable[[object], None]) -> None:
    for function in ("get_each", "call_each", "put_each"):
        for period in (1, 3):
            found = []
            for module in (attributes.interpreted, attributes.compiled):
                steps = 0

                def sometimes(x: object) -> None:
                    nonlocal steps
                    steps += 1
                    if steps % period == 0:  # noqa: B023
                        _change(change)(x)

                try:
                    xs = kind() * 3
                    result = list(getattr(module, function)(xs, sometimes))
                    found.append([_shown(item) for item in result])
                finally:
                    _restore()
            assert found[0] == found[1], (function, period)


def test_one_place_with_every_kind_in_turn(attributes: Both) -> None:
    for function in ("get", "call"):
        for kind in KINDS:
            for x in kind() * 2:
                outcomes = []
                for module in (attributes.interpreted, attributes.compiled):
                    try:
                        outcomes.append(_shown(getattr(module, function)(x)))
                    except (AttributeError, TypeError) as error:
                        outcomes.append(str(error))
                assert outcomes[0] == outcomes[1], (function, kind.__name__)


def test_a_destructor_that_looks_at_the_attribute_being_set(attributes: Both) -> None:
    class Old:
        def __init__(self, owner: object, seen: list[object]) -> None:
            self.owner, self.seen = owner, seen

        def __del__(self) -> None:
            self.seen.append(self.owner.name)  # type: ignore[attr-defined]
            self.owner.name = "by destructor"  # type: ignore[attr-defined]

    for class_ in (_plain(), type("Slots", (), {"__slots__": ("name",)})):
        for module in (attributes.interpreted, attributes.compiled):
            seen: list[object] = []
            owners = [class_() for _ in range(4)]
            for owner in owners:
                owner.name = Old(owner, seen)
                module.put(owner, 5)
                assert owner.name == "by destructor"
            assert seen == [5] * 4


def test_attributes_keep_the_order_in_which_they_are_set(both: Build) -> None:
    module = both(
        """
        class P:
            def __init__(self, turned):
                if turned:
                    self.b = 1
                    self.a = 2
                else:
                    self.a = 1
                    self.b = 2
                self.c = 3

        def orders(n):
            made = [P(i % 3 == 0) for i in range(n)]
            for p in made[::2]:
                del p.a
                p.a = 5
            return [list(p.__dict__.items()) for p in made]

        def dict_first(n):
            found = []
            for i in range(n):
                p = P(i % 2)
                d = p.__dict__
                p.a = 7
                p.d = 8
                found.append((list(d.items()), len(d), d == p.__dict__))
            return found
        """
    )
    module.same("orders", 20)
    module.same("dict_first", 20)


def test_references_are_kept_and_given_back(attributes: Both) -> None:
    marker = object()
    plain = _plain()()
    slotted = type("Slots", (), {"__slots__": ("name",)})()
    of_class = type("Class", (), {"name": marker})
    before = sys.getrefcount(marker)
    for x in (plain, slotted):
        for _ in range(50):
            attributes.compiled.put(x, marker)
            assert attributes.compiled.get(x) is marker
        attributes.compiled.put(x, None)
    for _ in range(50):
        assert attributes.compiled.get(of_class) is marker
        assert attributes.compiled.get(of_class()) is marker
    assert sys.getrefcount(marker) == before


def test_types_that_come_and_go(attributes: Both) -> None:
    for number in range(300):
        class_ = type("Passing", (), {"name": _returns(number), "__slots__": ("other",) if number % 2 else ()})
        for _ in range(2):
            assert attributes.compiled.call(class_()) == (number, 1)
            assert attributes.compiled.get(class_)() == (number, 0)
        del class_
        if number % 50 == 0:
            gc.collect(1)
