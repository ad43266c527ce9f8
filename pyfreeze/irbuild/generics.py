"""Generic functions: what their type variables stand for in a call, so that they are built once for each set of types."""

from __future__ import annotations

from collections.abc import Mapping

from mypy.nodes import Context as Node
from mypy.types import Instance, ProperType, TypeVarType, get_proper_type
from mypy.types import TupleType as MypyTuple

from pyfreeze.ir.types import ArrayType, TupleType, Type, flattened
from pyfreeze.irbuild.context import GenericFunction
from pyfreeze.irbuild.operand import Operand, VariableType, join, settled, variable_type
from pyfreeze.irbuild.unsupported import Unsupported

_LARGEST = 64
"""Scalars of a type: a function that calls itself for ever larger types has no end."""


def type_arguments(generic: GenericFunction, given: Mapping[str, Operand], node: Node) -> dict[str, Type]:
    """What each type variable is in a call with these arguments."""
    found: dict[str, VariableType] = {}
    for name, operand in given.items():
        if not _unify(get_proper_type(generic.types[name]), variable_type(operand), found):
            raise Unsupported(
                "PF114", node, f"`{name}` of `{generic.name}` is of another type here than its annotation says"
            )
    missing = [name for name in generic.variables if name not in found]
    if missing:
        raise Unsupported("PF106", node, f"the arguments do not tell what `{missing[0]}` of `{generic.name}` is")
    solved = {name: settled(found[name]) for name in generic.variables}
    if any(len(flattened(type_)) > _LARGEST for type_ in solved.values()):
        raise Unsupported("PF106", node, f"`{generic.name}` is called for too large a type")
    return solved


def _unify(pattern: ProperType, type_: VariableType, found: dict[str, VariableType]) -> bool:
    """Whether a value of `type_` can be what the annotation says; notes what its type variables are then."""
    match pattern:
        case TypeVarType(name=name):
            joined = join(found[name], type_) if name in found else type_
            if joined is not None:
                found[name] = joined
            return joined is not None
        case Instance(type=info, args=[element]) if info.fullname == "pyfreeze.Array" and isinstance(type_, ArrayType):
            return _unify_exactly(get_proper_type(element), type_.element, found)
        case MypyTuple(items=items) if isinstance(type_, TupleType) and len(items) == len(type_.items):
            return all(
                _unify(get_proper_type(item), part, found) for item, part in zip(items, type_.items, strict=True)
            )
        case _:
            return True  # the call itself is checked later


def _unify_exactly(pattern: ProperType, type_: Type, found: dict[str, VariableType]) -> bool:
    """As `_unify`, for elements of arrays, which are not converted."""
    if not isinstance(pattern, TypeVarType):
        return True
    if found.setdefault(pattern.name, type_) != type_ and join(found[pattern.name], type_) != type_:
        return False
    found[pattern.name] = type_
    return True
