"""`@frozen`: immutable classes whose values compiled code keeps unboxed (contract, rule 2).

`dataclasses` reads the fields and makes `__init__`'s parameters; the C part (`runtime/src/value_class.c`) makes a base with
the fields, laid out as a C struct, and what instances do. The decorated class is made again over that base.
Imports nothing that is written in Python until a class is decorated: any standard-library module may itself be compiled,
and then imports this.
"""

from __future__ import annotations

import sys

from pyfreeze.language.scalars import VALUE_TYPES

try:
    import pyfreeze._runtime as _runtime
except ImportError:  # an installation without a C compiler
    _runtime = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from dataclasses import Field
    from typing import Any

_REPR, _COMPARE, _HASH, _KEYWORD_ONLY, _DEFAULT, _FACTORY = 1, 2, 4, 8, 16, 32
"""Counterparts: PF_FIELD_… in `runtime/include/pyfreeze_values.h`."""

_REFUSED = {
    "__init__": "the constructor is made from the fields; check them in __post_init__, or write a class method",
    "__new__": "the constructor is made from the fields; check them in __post_init__, or write a class method",
    "__del__": "values are copied and dropped unseen",
    "__slots__": "the fields are all that its instances have",
    "__getattribute__": "fields are read without calls",
    "__setattr__": "its instances cannot be changed",
    "__delattr__": "its instances cannot be changed",
    "__setstate__": "its instances cannot be changed",
}
_OF_ABC_AND_PROTOCOL = ("abc", "typing", "typing_extensions")
_FROM_DATACLASS = (
    "__dataclass_fields__",
    "__dataclass_params__",
    "__match_args__",
    "__init__",
    "__replace__",
    "__doc__",
)


def frozen(cls: Any = None, /, *, order: bool = False) -> Any:
    """Makes a class an immutable value type; with `order=True` its instances compare as tuples of their fields.

    As `@dataclass(frozen=True, slots=True)`, except: the constructor converts fields of value types, `==` holds between
    NaN fields, and the class is final.
    """
    if cls is None:
        return lambda decorated: _make(decorated, order)
    return _make(cls, order)


def _make(cls: Any, order: bool) -> Any:
    import dataclasses

    if not isinstance(cls, type):
        raise TypeError(f"@frozen is for classes, not {type(cls).__name__!r}")
    if _runtime is None:
        raise ImportError("@frozen needs pyfreeze._runtime, which this installation of pyfreeze lacks")
    _check_class(cls)
    namespace = {
        name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__", "_abc_impl")
    }
    _hide_inherited_defaults(cls)
    # Refuses what no dataclass may have (mutable defaults, methods of order that are there already, …).
    dataclasses.dataclass(frozen=True, order=order)(cls)
    fields = dataclasses.fields(cls)
    _check_fields(cls, fields)
    base = _runtime.frozen_base(
        cls.__name__,
        tuple((field.name, _stored_type(field.type, cls), _flags(field)) for field in fields),
        tuple(_default(field) for field in fields),
        vars(cls)["__init__"],
        order,
        dataclasses.FrozenInstanceError,
    )
    made = _made_again(cls, base, _namespace(cls, namespace, base, fields))
    _runtime.finish_frozen(made, hasattr(made, "__post_init__"))
    return made


def restore(cls: type, arguments: tuple[object, ...], keywords: dict[str, object]) -> object:
    """What pickles of classes with keyword-only fields call (`runtime/src/value_object.c`)."""
    return cls.__new__(cls, *arguments, **keywords)


# What may be frozen.


def _check_class(cls: type) -> None:
    from abc import ABCMeta

    name = cls.__qualname__
    metaclass = type(cls)
    if metaclass is not type and not (issubclass(metaclass, ABCMeta) and metaclass.__module__ in _OF_ABC_AND_PROTOCOL):
        raise TypeError(f"{name} cannot be frozen: its metaclass is {metaclass.__qualname__}")
    if "__dataclass_fields__" in vars(cls):
        raise TypeError(f"{name} cannot be frozen: it is a dataclass or frozen already")
    if vars(cls).get("_is_protocol"):
        raise TypeError(f"{name} cannot be frozen: it is a protocol, not a class that follows one")
    for base in cls.__mro__[1:-1]:
        _check_base(cls, base)
    for refused, reason in _REFUSED.items():
        if refused in vars(cls):
            raise TypeError(f"{name} cannot be frozen: it defines {refused}; {reason}")


def _check_base(cls: type, base: type) -> None:
    from abc import ABCMeta
    from typing import Generic

    problem = None
    if vars(base).get("__dataclass_fields__") or _slots(base):
        problem = "has fields"
    elif "__del__" in vars(base):
        problem = "defines __del__"
    elif not (isinstance(base, ABCMeta) or base is Generic):  # protocols are ABCs
        problem = "is an ordinary class"
    if problem is not None:
        raise TypeError(
            f"{cls.__qualname__} cannot be frozen: its base {base.__qualname__} {problem}; "
            "bases may be Protocol, ABC or Generic classes without fields"
        )


def _slots(cls: type) -> bool:
    slots = vars(cls).get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return any(name not in ("__dict__", "__weakref__") for name in names)


def _check_fields(cls: type, fields: tuple[Field[Any], ...]) -> None:
    name = cls.__qualname__
    for pseudo in vars(cls)["__dataclass_fields__"].values():
        if getattr(pseudo._field_type, "name", "") == "_FIELD_INITVAR":
            raise TypeError(
                f"{name} cannot be frozen: InitVar {pseudo.name!r}; write a class method that makes the fields"
            )
    for field in fields:
        if not field.init:
            raise TypeError(f"{name} cannot be frozen: field {field.name!r} has init=False, so nothing could set it")
        if field.name.startswith("__") and field.name.endswith("__"):
            raise TypeError(f"{name} cannot be frozen: field {field.name!r} has a name that Python uses")


# Fields.


def _hide_inherited_defaults(cls: type) -> None:
    """What a base has under a field's name, such as the abstract property that the field implements, is no default."""
    from dataclasses import field

    for name in vars(cls).get("__annotations__", ()):
        if name not in vars(cls) and hasattr(cls, name):
            setattr(cls, name, field())


def _stored_type(annotation: object, cls: type) -> object:
    """The value type that a field of this annotation is stored as; None if as an object."""
    if isinstance(annotation, str):
        module = sys.modules.get(cls.__module__)
        try:
            annotation = eval(annotation, dict(vars(module)) if module else {}, dict(vars(cls)))
        except Exception:  # a name that is not there yet, such as the class itself
            return None
    if not isinstance(annotation, type):
        return None
    if annotation is bool or annotation in VALUE_TYPES or _runtime.is_frozen(annotation):
        return annotation
    return None


def _flags(field: Field[Any]) -> int:
    from dataclasses import MISSING

    hashed = field.compare if field.hash is None else field.hash
    return (
        (_REPR if field.repr else 0)
        | (_COMPARE if field.compare else 0)
        | (_HASH if hashed else 0)
        | (_KEYWORD_ONLY if field.kw_only else 0)
        | (_DEFAULT if field.default is not MISSING else 0)
        | (_FACTORY if field.default_factory is not MISSING else 0)
    )


def _default(field: Field[Any]) -> object:
    from dataclasses import MISSING

    return field.default_factory if field.default_factory is not MISSING else field.default


# The class, made again.


def _namespace(cls: type, own: dict[str, object], base: type, fields: tuple[Field[Any], ...]) -> dict[str, object]:
    names = {field.name for field in fields}
    namespace = {name: value for name, value in own.items() if name not in names}
    namespace |= {name: vars(cls)[name] for name in _FROM_DATACLASS if name in vars(cls)}
    namespace["__slots__"] = ()
    if "__eq__" in own and own.get("__hash__") is None:  # Python itself set it to None; dataclasses does the same
        namespace["__hash__"] = base.__hash__
    return namespace


def _made_again(cls: type, base: type, namespace: dict[str, object]) -> Any:
    import abc

    made: Any = type(cls)(cls.__name__, (base,), namespace)
    made.__qualname__ = cls.__qualname__
    _repair_super(cls, made)
    if cls.__bases__ != (object,):
        # Only now: bases of a new class that allow a __dict__ give it one.
        made.__bases__ = (base, *cls.__bases__)
        abc.update_abstractmethods(made)
        super(made, made).__init_subclass__()
    return made


def _repair_super(old: type, new: type) -> None:
    """Methods that use `super()` or `__class__` refer to the new class."""
    seen: set[int] = set()
    pending: list[Any] = list(vars(old).values())
    while pending:
        thing = pending.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        pending.extend(_functions_behind(thing))
        for cell in thing.__closure__ or () if isinstance(thing, _FUNCTION) else ():
            try:
                content = cell.cell_contents
            except ValueError:  # empty
                continue
            if content is old:
                cell.cell_contents = new
            else:
                pending.append(content)


_FUNCTION = type(_repair_super)


def _functions_behind(thing: object) -> Iterator[object]:
    """What descriptors and decorated functions call; not through `__getattr__`, which may make up anything."""
    for name in ("__func__", "__wrapped__", "fget", "fset", "fdel", "func"):
        try:
            yield object.__getattribute__(thing, name)
        except Exception:  # whatever a program's own descriptors do
            continue
