"""mypy's declared types → IR types. A value annotation is a promise, an ordinary one a hint (contract, rules 1 and 2)."""

from __future__ import annotations

from dataclasses import dataclass

from mypy.types import Instance, LiteralType, NoneType, TupleType as MypyTuple, Type as MypyType, UninhabitedType, get_proper_type

from pyfreeze.ir.types import BOOL, FIXED_INTS, FLOAT64, INT, NONE, TupleType, Type


@dataclass(frozen=True, slots=True)
class Declared:
    """`promise`: values are coerced to the type; otherwise they only ought to have it."""

    type: Type
    promise: bool


_DECLARED = {
    "builtins.int": Declared(INT, False),
    "builtins.float": Declared(FLOAT64, False),
    "builtins.bool": Declared(BOOL, False),
    "pyfreeze.float64": Declared(FLOAT64, True),
    "pyfreeze.float32": Declared(FLOAT64, True),  # a storage format: a scalar holds the same value as a double
} | {f"pyfreeze.{type_}": Declared(type_, True) for type_ in FIXED_INTS}


def declared(mypy_type: MypyType | None) -> Declared | None:
    """None if the type is no scalar or tuple of scalars."""
    if mypy_type is None:
        return None
    match get_proper_type(mypy_type):
        case Instance(type=info):
            return _DECLARED.get(info.fullname)
        case NoneType() | UninhabitedType():
            return Declared(NONE, False)
        case LiteralType(fallback=fallback):
            return _DECLARED.get(fallback.type.fullname)
        case MypyTuple(items=items, partial_fallback=fallback) if fallback.type.fullname == "builtins.tuple":
            parts = [declared(item) for item in items]
            if any(part is None for part in parts):
                return None
            known = [part for part in parts if part is not None]
            return Declared(TupleType(tuple(part.type for part in known)), any(part.promise for part in known))
        case _:
            return None
