"""`@frozen` against its model, `dataclass(frozen=True, slots=True)`: classes and calls that hypothesis makes up."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import math
import pickle
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pyfreeze import float64, frozen, int8, int64, uint64

model = dataclasses.dataclass(frozen=True, slots=True)


FrozenInner = frozen(type("Inner", (), {"__annotations__": {"x": float64, "n": int64}, "n": 0}))
ModelInner = model(type("Inner", (), {"__annotations__": {"x": float64, "n": int64}, "n": 0}))

floats = st.floats(allow_nan=False)
KINDS = {
    int64: st.integers(-(2**63), 2**63 - 1),
    int8: st.integers(-(2**7), 2**7 - 1),
    uint64: st.integers(0, 2**64 - 1),
    float64: floats,
    bool: st.booleans(),
    object: st.one_of(st.text(max_size=3), st.none(), st.integers(), st.tuples(st.integers())),
    "Inner": st.tuples(floats, st.integers(-5, 5)),
}


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of both classes."""

    name: str
    kind: Any
    options: dict[str, Any]


@st.composite
def fields(draw: Callable) -> list[Field]:
    made = []
    for name in draw(st.lists(st.sampled_from(["a", "b", "c", "d", "e", "ö"]), unique=True, max_size=6)):
        kind = draw(st.sampled_from(list(KINDS)))
        options = {flag: draw(st.booleans()) for flag in ("kw_only", "repr", "compare") if draw(st.booleans())}
        if draw(st.booleans()) and kind != "Inner":
            options["default"] = draw(KINDS[kind])
        elif draw(st.booleans()) and kind is object:
            options["default_factory"] = list
        made.append(Field(name, kind, options))
    return made


def _class(decorate: Callable, inner: type, made: list[Field], **extra: object) -> type:
    annotations = {field.name: inner if field.kind == "Inner" else field.kind for field in made}
    defaults = {field.name: dataclasses.field(**field.options) for field in made}
    return decorate(type("Made", (), {"__annotations__": annotations, "__module__": "nowhere", **defaults, **extra}))


def _both(made: list[Field], order: bool) -> tuple[Any, Any] | None:
    """The two classes, or None where both are refused with the same words."""
    outcomes = []
    for decorate, inner in (
        (frozen(order=order), FrozenInner),
        (dataclasses.dataclass(frozen=True, slots=True, order=order), ModelInner),
    ):
        try:
            outcomes.append(_class(decorate, inner, made))
        except TypeError as error:
            outcomes.append(str(error))
    if isinstance(outcomes[0], str):
        assert outcomes[0] == outcomes[1]
        return None
    return outcomes[0], outcomes[1]


def _outcome(act: Callable[[], object]) -> object:
    try:
        result = act()
    except (TypeError, OverflowError, ValueError) as error:
        return type(error), str(error).replace("()", "")
    return result if isinstance(result, bool | int | str | dict | tuple) else repr(result)


def _values(draw: Callable, made: list[Field]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keyword arguments of both classes, perhaps too few."""
    mine, theirs = {}, {}
    for field in made:
        if draw(st.integers(0, 9)) == 0:
            continue
        value = draw(KINDS[field.kind])
        mine[field.name] = FrozenInner(*value) if field.kind == "Inner" else value
        theirs[field.name] = ModelInner(*value) if field.kind == "Inner" else value
    return mine, theirs


ACTS: list[Callable[[Any, Any], object]] = [
    lambda one, two: repr(one),
    lambda one, two: hash(one),
    lambda one, two: one == two,
    lambda one, two: one != two,
    lambda one, two: one < two,
    lambda one, two: one <= two,
    lambda one, two: one > two,
    lambda one, two: one >= two,
    lambda one, two: one == 3,
    lambda one, two: one == copy.copy(one) == copy.deepcopy(one),
    lambda one, two: dataclasses.asdict(one),
    lambda one, two: dataclasses.astuple(one),
    lambda one, two: dataclasses.replace(one),
    lambda one, two: dataclasses.replace(one, a=getattr(two, "a", 1)),
    lambda one, two: type(one).__match_args__,
]


@settings(max_examples=100, deadline=None)
@given(st.data(), fields(), st.booleans())
def test_instances(data: st.DataObject, made: list[Field], order: bool) -> None:
    classes = _both(made, order)
    if classes is None:
        return
    mine, theirs = classes
    assert str(inspect.signature(mine)) == str(inspect.signature(theirs))
    instances = []
    for _ in range(2):
        arguments, model_arguments = _values(data.draw, made)
        shown = _outcome(lambda: mine(**arguments)), _outcome(lambda: theirs(**model_arguments))  # noqa: B023
        assert shown[0] == shown[1]
        if isinstance(shown[0], tuple):
            return
        instances.append((mine(**arguments), theirs(**model_arguments)))
    (one, model_one), (two, model_two) = instances
    for act in ACTS:
        assert _outcome(lambda: act(one, two)) == _outcome(lambda: act(model_one, model_two))  # noqa: B023


@settings(max_examples=100, deadline=None)
@given(fields(), st.integers(0, 7), st.sets(st.sampled_from(["a", "b", "c", "d", "e", "ö", "z"])))
def test_calls_bind_alike(made: list[Field], count: int, keywords: set[str]) -> None:
    objects = [dataclasses.replace(field, kind=object) for field in made]
    classes = _both(objects, False)
    if classes is not None:
        arguments = [f"p{number}" for number in range(count)]
        named = {name: name * 2 for name in sorted(keywords)}
        mine, theirs = classes
        assert _outcome(lambda: mine(*arguments, **named)) == _outcome(lambda: theirs(*arguments, **named))
        assert _outcome(lambda: mine.__new__(mine, *arguments, **named)) == _outcome(
            lambda: theirs(*arguments, **named)
        )


@frozen
class Numbers:
    a: int64
    b: float64
    c: uint64
    d: bool
    e: object


@given(st.tuples(*(KINDS[kind] for kind in (int64, float64, uint64, bool, object))), st.integers(0, 5))
def test_pickles(values: tuple[Any, ...], protocol: int) -> None:
    numbers = Numbers(*values)
    again = pickle.loads(pickle.dumps(numbers, protocol))
    assert again == numbers and repr(again) == repr(numbers) and hash(again) == hash(numbers) == hash(values)


@given(st.integers())
def test_conversion_is_that_of_the_scalar_types(number: int) -> None:
    for scalar in (int64, int8, uint64, float64):
        cls = frozen(type("C", (), {"__annotations__": {"a": scalar}}))
        assert _outcome(lambda: cls(number).a) == _outcome(lambda: scalar(number))  # noqa: B023


@given(st.floats(), st.floats())
def test_equality_of_floats_is_reflexive_and_agrees_with_hash(one: float, two: float) -> None:
    equal = FrozenInner(one) == FrozenInner(two)
    assert equal == (one == two or (math.isnan(one) and math.isnan(two)))
    assert FrozenInner(one) == FrozenInner(one)
    if equal:
        assert hash(FrozenInner(one)) == hash(FrozenInner(two))
