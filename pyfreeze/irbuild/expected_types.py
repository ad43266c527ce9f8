"""What mypy says of the objects in annotated functions, reduced to what native code over objects asks for.

Functions without any annotation are left out: of most of their values mypy knows nothing, and their code stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from mypy.nodes import Expression, MypyFile, NameExpr, TempNode
from mypy.types import (
    CallableType,
    Instance,
    LiteralType,
    NoneType,
    Overloaded,
    TupleType,
    Type,
    TypedDictType,
    TypeType,
    UnionType,
    get_proper_type,
)

from pyfreeze.ir.expectations import Expectations, joined
from pyfreeze.ir.instructions import Expected, Position
from pyfreeze.irbuild.definitions import functions_in
from pyfreeze.typecheck.checker import TypedModule
from pyfreeze.typecheck.value_types import FIXED_INT_NAMES, FLOAT_NAMES


def expectations(module: TypedModule) -> Expectations:
    """Of all expressions in annotated functions. A value annotation counts as the plain type of its values.

    mypy's columns are wrong on lines that are not ASCII; there most values are not found.
    """
    values: dict[Position, Expected] = {}
    variables: dict[tuple[int, str], Expected] = {}
    annotated = _annotated_lines(module.tree) if module.tree is not None else frozenset()
    if not annotated:
        return Expectations()
    for expression, type_ in module.types.items():
        if expression.line not in annotated or isinstance(expression, TempNode):
            continue
        found = expected(type_)
        if found is None:
            continue
        values[_position(expression)] = found
        if isinstance(expression, NameExpr):
            place = (expression.line, expression.name)
            variables[place] = joined(variables.get(place, found), found)
    return Expectations(values, variables)


def expected(type_: Type) -> Expected | None:
    """None where anything may be expected: `Any`, `object`, protocols, type variables, `int | None`, `int | str`."""
    match get_proper_type(type_):
        case Instance(type=info):
            if info.is_newtype and info.bases:
                return expected(info.bases[0])
            known = _CLASSES.get(info.fullname)
            return known if known is not None or info.is_protocol or info.fullname in _ANYTHING else Expected.OTHER
        case LiteralType(fallback=fallback):
            return expected(fallback)
        case TupleType(partial_fallback=fallback):
            is_plain = fallback.type.fullname == "builtins.tuple"
            return Expected.SEQUENCE if is_plain else Expected.OTHER
        case CallableType() | Overloaded() | TypedDictType() | TypeType():
            return Expected.OTHER
        case UnionType(items=items):
            return _of_union(items)
        case _:
            return None


_CLASSES = {
    "builtins.int": Expected.INT,
    "builtins.float": Expected.FLOAT,
    "builtins.bool": Expected.BOOL,
    "builtins.list": Expected.SEQUENCE,
    "builtins.tuple": Expected.SEQUENCE,
    "typing.Sequence": Expected.SEQUENCE,
    "typing.MutableSequence": Expected.SEQUENCE,
    "builtins.bytearray": Expected.BYTEARRAY,
    **dict.fromkeys(FIXED_INT_NAMES, Expected.INT),
    **dict.fromkeys(FLOAT_NAMES, Expected.FLOAT),
}
_ANYTHING = frozenset({"builtins.object", "numbers.Number", "numbers.Complex", "numbers.Real", "numbers.Rational"})


def _of_union(items: Iterable[Type]) -> Expected | None:
    found = {expected(item) for item in items if not isinstance(get_proper_type(item), NoneType)}
    if len(found) == 1 and not any(isinstance(get_proper_type(item), NoneType) for item in items):
        return found.pop()
    return None if found & {None, *_NUMBERS} else Expected.OTHER


_NUMBERS = (Expected.INT, Expected.FLOAT, Expected.BOOL)


def _annotated_lines(tree: MypyFile) -> frozenset[int]:
    """The lines of functions with annotations, without those of functions in them that have none."""
    found: set[int] = set()
    for _, function, _, _ in functions_in(tree):  # what is inside comes later
        lines = range(function.line, (function.end_line or function.line) + 1)
        if function.unanalyzed_type is not None:
            found.update(lines)
        else:
            found.difference_update(lines)
    return frozenset(found)


def _position(expression: Expression) -> Position:
    """As in bytecode."""
    end_line, end_column = expression.end_line, expression.end_column
    return Position(expression.line, expression.column, end_line or expression.line, end_column or 0)
