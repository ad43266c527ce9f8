"""Annotations → IR types. A value annotation is a promise, an ordinary one a hint (contract, rules 1 and 2).

mypy sees the public stub, where `int64` is an alias of `int` and gone once analysed; so a value annotation is recognised
by the name in the unanalysed type, looked up in the module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mypy.nodes import MypyFile, SymbolTable, TypeAlias
from mypy.types import Instance, LiteralType, NoneType, TypeVarType, UnboundType, UnionType, get_proper_type
from mypy.types import TupleType as MypyTuple
from mypy.types import Type as MypyType

from pyfreeze.ir.types import (
    BOOL,
    FIXED_INTS,
    FLOAT64,
    INT,
    NONE,
    OBJECT,
    ArrayType,
    BoolType,
    FixedInt,
    FloatType,
    NoneKind,
    OptionalType,
    StructType,
    TupleType,
    Type,
    flattened,
)


@dataclass(frozen=True, slots=True)
class Declared:
    """`promise`: values are coerced to the type; otherwise they only ought to have it."""

    type: Type
    promise: bool


SELF = "Self"
"""Among a scope's type arguments: the class that has a function from a base."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a module's annotations may refer to: its names, and its frozen classes by mypy's full names.

    `objects`: the frozen classes whose values are objects, each with the reason and what to write instead.
    `generic`: of each generic frozen class what gives the type of its values for its type arguments; None if there is none.
    In a generic function or class also what its type variables stand for, by their names; in a function that a class has
    from a base, what `SELF` does.
    """

    names: SymbolTable
    structs: Mapping[str, StructType]
    objects: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tree: MypyFile | None = None
    type_arguments: Mapping[str, Type] = field(default_factory=dict)
    generic: Mapping[str, Callable[[tuple[Type, ...]], StructType | None]] = field(default_factory=dict)


_PROMISES = {f"pyfreeze.{type_}": Declared(type_, True) for type_ in FIXED_INTS} | {
    "pyfreeze.float64": Declared(FLOAT64, True),
    "pyfreeze.float32": Declared(FLOAT64, True),  # a storage format: a scalar holds the same value as a double
}
_HINTS: dict[str, Type] = {"builtins.int": INT, "builtins.float": FLOAT64, "builtins.bool": BOOL}
QUALIFIERS = ("Final", "ClassVar", "Annotated")
"""What may be written around a type."""


def declared(written: MypyType | None, analysed: MypyType | None, scope: Scope) -> Declared | None:
    """None if the annotation is no scalar, frozen class of the module, tuple of those, or one of these or None. `written` is mypy's unanalysed type."""
    if isinstance(written, UnboundType) and written.name not in scope.type_arguments:
        promise = _PROMISES.get(_fullname(written.name, scope.names))
        if promise is not None:
            return promise
        if written.name.rpartition(".")[2] in QUALIFIERS and written.args:
            return declared(written.args[0], analysed, scope)
    if analysed is None:
        return None
    match get_proper_type(analysed):
        case TypeVarType(id=id_) if id_.is_self() and SELF in scope.type_arguments:
            return Declared(scope.type_arguments[SELF], True)
        case TypeVarType(id=id_, upper_bound=bound) if id_.is_self():  # `Self`
            return declared(None, bound, scope)
        case TypeVarType(name=name) if name in scope.type_arguments:
            return Declared(scope.type_arguments[name], False)
        case Instance(type=info) if info.fullname in scope.structs:
            return Declared(scope.structs[info.fullname], True)
        case Instance(type=info, args=[element]) if info.fullname == "pyfreeze.Array":
            return _array(written, element, scope)
        case Instance(type=info, args=arguments) if info.fullname in scope.generic:
            return _generic(written, info.fullname, arguments, scope)
        case Instance(type=info):
            hint = _HINTS.get(info.fullname)
            return Declared(hint, False) if hint is not None else None
        case NoneType():
            return Declared(NONE, False)
        case MypyTuple(partial_fallback=fallback) if fallback.type.fullname in scope.structs:
            return Declared(scope.structs[fallback.type.fullname], False)
        case LiteralType(fallback=fallback):
            hint = _HINTS.get(fallback.type.fullname)
            return Declared(hint, False) if hint is not None else None
        case MypyTuple(items=items, partial_fallback=fallback) if fallback.type.fullname == "builtins.tuple":
            return _tuple(written, items, scope)
        case UnionType(items=items):
            return _optional(written, items, scope)
        case _:
            return None


def object_in(analysed: MypyType | None, scope: Scope) -> tuple[str, str] | None:
    """Why the type is none of values, if a frozen class in it is the reason; and what to write instead."""
    match get_proper_type(analysed) if analysed is not None else None:
        case Instance(type=info) if info.fullname in scope.objects:
            reason, hint = scope.objects[info.fullname]
            return f"values of `{info.name}` are objects: {reason}", hint
        case Instance(type=info, args=[element]) if info.fullname == "pyfreeze.Array":
            proper = get_proper_type(element)
            fullname = proper.type.fullname if isinstance(proper, Instance) else ""
            return object_in(element, scope) or element_object(fullname, scope)
        case MypyTuple(partial_fallback=fallback) if fallback.type.fullname in scope.objects:
            return object_in(fallback, scope)
        case MypyTuple(items=items) | UnionType(items=items):
            return next((found for item in items if (found := object_in(item, scope)) is not None), None)
        case _:
            return None


def element_object(fullname: str, scope: Scope) -> tuple[str, str] | None:
    """Why values of the frozen class of this full name lie in no array, and what to write instead."""
    if fullname in scope.objects:
        reason, hint = scope.objects[fullname]
        return f"values of `{fullname.rpartition('.')[2]}` are objects: {reason}", hint
    struct = scope.structs.get(fullname)
    if struct is None or struct.lies_flat:
        return None
    name, type_ = next((name, type_) for name, type_ in struct.fields if name in struct.objects or not _is_flat(type_))
    if name not in struct.objects and type_ != OBJECT:
        return f"values of `{struct}` hold objects, in the field `{name}`", ""
    wanted = {INT: f"annotate the field: `{name}: int64`", FLOAT64: f"annotate the field: `{name}: float64`"}.get(type_)
    return f"values of `{struct}` hold objects: its field `{name}` is one in memory", wanted or f"keep `{name}` apart"


def _is_flat(type_: Type) -> bool:
    return type_.lies_flat if isinstance(type_, StructType) else type_ != OBJECT


def _tuple(written: MypyType | None, items: list[MypyType], scope: Scope) -> Declared | None:
    inner: list[MypyType | None] = list(written.args) if isinstance(written, UnboundType) else []
    if len(inner) != len(items):
        inner = [None] * len(items)
    parts = [declared(name, item, scope) for name, item in zip(inner, items, strict=True)]
    if any(part is None and object_in(item, scope) is not None for part, item in zip(parts, items, strict=True)):
        return None
    known = [part or Declared(OBJECT, False) for part in parts]
    return Declared(TupleType(tuple(part.type for part in known)), any(part.promise for part in known))


def _generic(written: MypyType | None, fullname: str, arguments: Sequence[MypyType], scope: Scope) -> Declared | None:
    """A generic frozen class with its arguments."""
    inner: list[MypyType | None] = list(written.args) if isinstance(written, UnboundType) else []
    if len(inner) != len(arguments):
        inner = [None] * len(arguments)
    parts = [declared(name, item, scope) for name, item in zip(inner, arguments, strict=True)]
    known = tuple(part.type for part in parts if part is not None)
    struct = scope.generic[fullname](known) if len(known) == len(parts) else None
    return Declared(struct, True) if struct is not None else None


def _optional(written: MypyType | None, items: list[MypyType], scope: Scope) -> Declared | None:
    """`T | None`, `Optional[T]`, `Union[None, T]`."""
    rest = [item for item in items if not isinstance(get_proper_type(item), NoneType)]
    if len(rest) != 1 or len(rest) == len(items):
        return None
    named: list[MypyType] = []
    if isinstance(written, UnionType):
        named = [part for part in written.items if not _is_none(part)]
    elif isinstance(written, UnboundType):
        named = [part for part in written.args if not _is_none(part)]
    part = declared(named[0] if len(named) == 1 else None, rest[0], scope)
    if part is None or isinstance(part.type, NoneKind | OptionalType):
        return None
    return Declared(OptionalType(part.type), part.promise)


def _is_none(written: MypyType) -> bool:
    return isinstance(written, NoneType) or (isinstance(written, UnboundType) and written.name == "None")


def _array(written: MypyType | None, element: MypyType, scope: Scope) -> Declared | None:
    """`Array[T]`, if T lies flat in it."""
    named = written.args[0] if isinstance(written, UnboundType) and len(written.args) == 1 else None
    part = declared(named, element, scope)
    if (
        part is None
        or not (part.promise or part.type == BOOL or isinstance(get_proper_type(element), TypeVarType))
        or not isinstance(part.type, _FLAT)
        or not _is_flat(part.type)
        or not flattened(part.type)
        or is_float32(named, scope)
    ):
        return None
    return Declared(ArrayType(part.type), True)


_FLAT = FixedInt | FloatType | BoolType | StructType


def element_named(fullname: str, scope: Scope) -> Type | None:
    """The type of an array's elements, by the full name that the program gives it; None if it does not lie flat."""
    if fullname in scope.structs:
        struct = scope.structs[fullname]
        return struct if struct.lies_flat and flattened(struct) else None
    if fullname == "builtins.bool":
        return BOOL
    promise = _PROMISES.get(fullname)
    return promise.type if promise is not None and fullname != "pyfreeze.float32" else None


def is_float32(written: MypyType | None, scope: Scope) -> bool:
    return isinstance(written, UnboundType) and _fullname(written.name, scope.names) == "pyfreeze.float32"


def _fullname(name: str, names: SymbolTable) -> str:
    """What `name` or `module.name` refers to in the module, if that is an alias."""
    first, _, rest = name.partition(".")
    symbol = names.get(first)
    if symbol is not None and rest and isinstance(symbol.node, MypyFile):
        symbol = symbol.node.names.get(rest)
    node = symbol.node if symbol is not None else None
    return node.fullname if isinstance(node, TypeAlias) else ""
