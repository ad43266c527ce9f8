"""mypy's types → what the compiler knows about a value. Ordinary types are hints, value types promises (contract).

For the nominal face; with the public one there are no promises, as `int64` is `int` there. Aliases, `Final`, `Optional`,
quoted annotations and the like are resolved by mypy, so nothing here looks at names.
"""

from __future__ import annotations

from dataclasses import dataclass

from mypy.nodes import Expression
from mypy.types import (
    Instance,
    LiteralType,
    NoneType,
    ProperType,
    TupleType,
    Type,
    TypedDictType,
    UnionType,
    get_proper_type,
)

from pyfreeze.ir import types as ir
from pyfreeze.typecheck.checker import TypedModule
from pyfreeze.typecheck.value_types import FIXED_INT_NAMES, FLOAT_NAMES


@dataclass(frozen=True, slots=True)
class Hint:
    """`promise`: values are coerced to the type when they are stored; otherwise they only ought to have it.

    `optional`: or None.
    """

    type: ir.Type
    promise: bool = False
    optional: bool = False


_PLAIN: dict[str, ir.Type] = {"builtins.int": ir.INT, "builtins.float": ir.FLOAT64, "builtins.bool": ir.BOOL}


def hint(type_: Type | None) -> Hint | None:
    """None if `type_` is no scalar, tuple of scalars, or Optional of one."""
    if type_ is None:
        return None
    match get_proper_type(type_):
        case Instance(type=info):
            return _instance(info.fullname)
        case LiteralType(fallback=fallback):
            return _instance(fallback.type.fullname)
        case NoneType():
            return Hint(ir.NONE)
        case TupleType(items=items, partial_fallback=fallback) if fallback.type.fullname == "builtins.tuple":
            return _tuple([hint(item) for item in items])
        case UnionType(items=items):
            return _union([get_proper_type(item) for item in items])
        case _:
            return None


def hint_of(module: TypedModule, expression: Expression) -> Hint | None:
    """The hint for an expression; None also where mypy has no type, as in code it finds unreachable."""
    return hint(module.types.get(expression))


def scalar_name(type_: Type | None) -> str | None:
    """`int64`, `float32`, `float`, `int`, `bool`, `None`; `tuple[…]` of such; `… | None`. None for anything else."""
    if type_ is None:
        return None
    match get_proper_type(type_):
        case Instance(type=info) if info.fullname in (*FIXED_INT_NAMES, *FLOAT_NAMES, *_PLAIN):
            return info.name
        case LiteralType(fallback=fallback):
            return scalar_name(fallback)
        case NoneType():
            return "None"
        case TupleType(items=items, partial_fallback=fallback) if fallback.type.fullname == "builtins.tuple":
            return _joined(items, ", ", "tuple[", "]")
        case UnionType(items=items):
            return _joined(items, " | ", "", "")
        case _:
            return None


def item_type(type_: Type | None) -> Type | None:
    """What `list[T]`, `tuple[T, ...]`, `Sequence[T]` and others with one parameter hold."""
    proper = get_proper_type(type_) if type_ is not None else None
    if isinstance(proper, Instance) and len(proper.args) == 1:
        return proper.args[0]
    return None


def class_name(type_: Type | None) -> str | None:
    """The full name of the class whose instances have this type."""
    match get_proper_type(type_) if type_ is not None else None:
        case Instance(type=info):
            return info.fullname
        case LiteralType(fallback=fallback) | TypedDictType(fallback=fallback):
            return fallback.type.fullname
        case TupleType(partial_fallback=fallback):
            return fallback.type.fullname
        case _:
            return None


def _instance(fullname: str) -> Hint | None:
    if fullname in FIXED_INT_NAMES:
        return Hint(FIXED_INT_NAMES[fullname], promise=True)
    if fullname in FLOAT_NAMES:  # a float32 scalar holds a double too: it is a format for storage
        return Hint(ir.FLOAT64, promise=True)
    plain = _PLAIN.get(fullname)
    return Hint(plain) if plain is not None else None


def _tuple(items: list[Hint | None]) -> Hint | None:
    known = [item for item in items if item is not None and not item.optional]
    if len(known) != len(items):
        return None
    return Hint(ir.TupleType(tuple(item.type for item in known)), any(item.promise for item in known))


def _union(items: list[ProperType]) -> Hint | None:
    """`T | None`. `n if flag else 0` is `int64 | Literal[0]` to mypy, and an int64, as the literal fits."""
    rest = [item for item in items if not isinstance(item, NoneType)]
    optional = len(rest) < len(items)
    found = {hint(item) for item in rest if _literal_int(item) is None}
    if not found:
        found = {hint(item) for item in rest}
    if len(found) != 1:
        return None
    (common,) = found
    if common is None or not all(_fits(_literal_int(item), common.type) for item in rest):
        return None
    return Hint(common.type, common.promise, optional)


def _literal_int(type_: ProperType) -> int | None:
    """The value, if mypy knows it: of `Literal[3]`, or of an int that is inferred as `Literal[3]?`."""
    if isinstance(type_, Instance) and type_.last_known_value is not None:
        type_ = type_.last_known_value
    value = type_.value if isinstance(type_, LiteralType) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _fits(value: int | None, type_: ir.Type) -> bool:
    if value is None or isinstance(type_, ir.IntType):
        return True
    return isinstance(type_, ir.FixedInt) and type_.holds(value)


def _joined(items: list[Type], separator: str, start: str, end: str) -> str | None:
    names = [scalar_name(item) for item in items]
    known = [name for name in names if name is not None]
    if len(known) != len(names):
        return None
    return start + separator.join(known or ["()"]) + end
