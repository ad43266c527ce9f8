"""What mypy says of the objects in annotated functions, reduced to what native code over objects asks for.

Functions without any annotation are left out: of most of their values mypy knows nothing, and their code stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mypy.nodes import (
    ClassDef,
    Decorator,
    Expression,
    FuncDef,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OverloadedFuncDef,
)
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
from pyfreeze.irbuild.context import position_of
from pyfreeze.irbuild.definitions import functions_in
from pyfreeze.typecheck.checker import TypedModule
from pyfreeze.typecheck.value_types import FIXED_INT_NAMES, FLOAT_NAMES


def expectations(module: TypedModule) -> Expectations:
    """Of what stands in annotated functions. A value annotation counts as the plain type of its values.

    mypy's columns are wrong on lines that are not ASCII; there most values are not found.
    """
    values: dict[Position, Expected] = {}
    variables: dict[tuple[int, str], Expected] = {}
    for _, function, _, _ in functions_in(module.tree) if module.tree is not None else ():
        if function.unanalyzed_type is None:
            continue
        for node in _nodes_in(function.body):
            # What is changed in place gets a value where the statement is.
            typed = node.lvalue if isinstance(node, OperatorAssignmentStmt) else node
            type_ = module.types.get(typed) if isinstance(typed, Expression) else None
            kind = expected(type_) if type_ is not None else None
            if kind is None:
                continue
            values[position_of(node)] = kind
            if isinstance(node, NameExpr):
                place = (node.line, node.name)
                variables[place] = joined(variables.get(place, kind), kind)
    return Expectations(values, variables)


_PARTS = frozenset(
    "args base begin_index bodies body call callee capture class_ref cond condlists else_body else_expr end_index expr"
    " finally_body from_expr generator guards handlers if_expr index indices items key keys keyword_values left left_expr"
    " lvalue lvalues msg name operands pattern patterns positionals rest right rvalue sequences stride subject target types"
    " value values vars".split()
)
"""The attributes that mypy's statements, patterns and expressions have their parts in."""
_APART = (FuncDef, Decorator, OverloadedFuncDef, ClassDef)


def _nodes_in(body: Node) -> Iterator[Node]:
    """All of a function's nodes but those of functions and classes in it. (mypy's own visitors cannot be derived from.)"""
    waiting: list[object] = [body]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list | tuple):
            waiting.extend(part)
        elif isinstance(part, Node) and not isinstance(part, _APART):
            yield part
            waiting.extend(getattr(part, name, None) for name in _parts_of(type(part)))


def _parts_of(kind: type[Node]) -> tuple[str, ...]:
    if kind not in _PARTS_OF:
        _PARTS_OF[kind] = tuple(name for name in dir(kind) if name in _PARTS)
    return _PARTS_OF[kind]


_PARTS_OF: dict[type[Node], tuple[str, ...]] = {}


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
