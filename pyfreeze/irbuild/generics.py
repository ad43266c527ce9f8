"""Generic functions and frozen classes: what their type variables stand for in a call, and who may enter them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mypy.nodes import Context as Node
from mypy.nodes import Expression, IndexExpr, NameExpr, TupleExpr
from mypy.types import Instance, NoneType, ProperType, TypeVarType, UnionType, get_proper_type
from mypy.types import TupleType as MypyTuple
from mypy.types import Type as MypyType

from pyfreeze.ir.function import Binding, BindingKind
from pyfreeze.ir.types import (
    FLOAT64,
    INT,
    NONE,
    AggregateType,
    ArrayType,
    FixedInt,
    OptionalType,
    StructType,
    TupleType,
    Type,
    flattened,
)
from pyfreeze.irbuild.context import FunctionContext, GenericFunction, is_weak, type_name
from pyfreeze.irbuild.declared_types import element_named
from pyfreeze.irbuild.frozen_classes import FrozenClass
from pyfreeze.irbuild.operand import Operand, VariableType, constant_operand, join, settled, variable_type
from pyfreeze.irbuild.unsupported import Unsupported

_LARGEST = 64
"""Scalars of a type: a function that calls itself for ever larger types has no end."""


def type_arguments(
    context: FunctionContext, generic: GenericFunction, given: Mapping[str, Operand], node: Node
) -> dict[str, Type]:
    """What each type variable of a function is in a call with these arguments."""
    return _solved(context, generic.name, generic.variables, generic.types, given, {}, node)


def class_for(
    context: FunctionContext, class_: FrozenClass, given: Mapping[str, Operand], wanted: Mapping[str, Type], node: Node
) -> FrozenClass:
    """The class of a value with these fields, for their types: of `Pair`, `Pair[float64]`.

    wanted: what the call itself says of the type variables. It changes nothing at run time, so it only counts where
    the fields do not tell.
    """
    generic = context.frozen.generic_of(class_)
    if not generic.is_generic:
        return generic
    defaults = {name: constant_operand(value) for name, value in generic.defaults.items()}
    patterns = {name: annotation.analysed for name, annotation in generic.annotations.items()}
    known = {name: type_ for name, type_ in patterns.items() if type_ is not None and name in generic.struct.objects}
    fields = {name: operand for name, operand in {**defaults, **given}.items() if name in known}
    solved = _solved(context, generic.name, generic.type_variables, known, fields, wanted, node)
    return class_of(context, generic, tuple(solved[name] for name in generic.type_variables), node)


def class_of(context: FunctionContext, generic: FrozenClass, arguments: tuple[Type, ...], node: Node) -> FrozenClass:
    """A generic class for these types."""
    struct = context.frozen.struct_of(generic, arguments)
    if struct is None:
        shown = ", ".join(map(type_name, arguments))
        raise Unsupported("PF106", node, f"a {generic.name}[{shown}] is too large, or holds what is no value")
    return context.classes[struct.name]


def alias_of(context: FunctionContext, node: Expression) -> tuple[FrozenClass, dict[str, Type]] | None:
    """`Pair[float64]`, in which the names are bound: the class as it is written, and what it says of its type variables."""
    if not isinstance(node, IndexExpr) or not isinstance(node.base, NameExpr):
        return None
    base, generic = node.base, context.classes.get(node.base.name)
    if generic is None or not generic.is_generic or generic.info is not base.node or _is_local(context, base):
        return None
    items = node.index.items if isinstance(node.index, TupleExpr) else [node.index]
    types = [_type_named(context, item) for item in items]
    known = [type_ for type_ in types if type_ is not None]
    own = {*generic.members, *generic.inherited, *generic.opaque, *generic.variables}
    if len(known) < len(generic.type_variables) or len(types) > len(known) or "__class_getitem__" in own:
        return None
    return generic, dict(zip(generic.type_variables, known, strict=True))


def _is_local(context: FunctionContext, node: NameExpr) -> bool:
    return node.name in context.code.co_varnames


def _type_named(context: FunctionContext, node: Expression) -> Type | None:
    if not isinstance(node, NameExpr) or _is_local(context, node):
        return None
    if node.fullname in ("builtins.int", "builtins.float"):
        context.bind_builtin(node.name)
        return INT if node.name == "int" else FLOAT64
    type_ = element_named(node.fullname, context.scope)
    module, _, name = node.fullname.rpartition(".")
    if isinstance(type_, StructType):
        context.bind(Binding(BindingKind.CLASS, node.name, type=type_))
    elif type_ is not None and module == "builtins":
        context.bind_builtin(name)
    elif type_ is not None:
        context.bind(Binding(BindingKind.IMPORTED, node.name, module, name))
    return type_


def may_be_entered(generic: GenericFunction, arguments: Mapping[str, Type]) -> bool:
    """Whether a call from Python that fits these types means them.

    An int is not one of a fixed width because native code has called the function with such: nothing promises that its
    arithmetic stays in that width. An `Array[int64]` does.
    """
    arrays = {
        element.name
        for pattern in map(get_proper_type, generic.types.values())
        if isinstance(pattern, Instance) and pattern.type.fullname == "pyfreeze.Array"
        if isinstance(element := get_proper_type(pattern.args[0]), TypeVarType)
    }
    return not any(_has_bare_fixed(type_) for name, type_ in arguments.items() if name not in arrays)


def _has_bare_fixed(type_: Type) -> bool:
    """Whether an int object of Python stands for one of fixed width."""
    if isinstance(type_, StructType):
        return any(_has_bare_fixed(item) for name, item in type_.fields if name in type_.objects)
    if isinstance(type_, AggregateType):
        return any(map(_has_bare_fixed, type_.items))
    return isinstance(type_, FixedInt)


# Unification.


def _solved(
    context: FunctionContext,
    name: str,
    variables: Sequence[str],
    patterns: Mapping[str, MypyType],
    given: Mapping[str, Operand],
    wanted: Mapping[str, Type],
    node: Node,
) -> dict[str, Type]:
    found: dict[str, VariableType] = {}
    for parameter, operand in given.items():
        pattern = get_proper_type(patterns[parameter])
        if not _unify(context, pattern, variable_type(operand), found):
            raise Unsupported(
                "PF114", node, f"`{parameter}` of `{name}` is of another type here than its annotation says"
            )
    for variable, type_ in wanted.items():
        if variable not in found or (is_weak(found[variable]) and isinstance(type_, FixedInt)):
            found[variable] = type_
    missing = [variable for variable in variables if variable not in found]
    if missing:
        raise Unsupported("PF106", node, f"the arguments do not tell what `{missing[0]}` of `{name}` is")
    solved = {variable: settled(found[variable]) for variable in variables}
    if any(len(flattened(type_)) > _LARGEST for type_ in solved.values()):
        raise Unsupported("PF106", node, f"`{name}` is called for too large a type")
    return solved


def _unify(context: FunctionContext, pattern: ProperType, type_: VariableType, found: dict[str, VariableType]) -> bool:
    """Whether a value of `type_` can be what the annotation says; notes what its type variables are then."""
    match pattern:
        case TypeVarType(id=id_, upper_bound=bound) if id_.is_self():  # `Self`
            return _unify(context, get_proper_type(bound), type_, found)
        case TypeVarType(name=name):
            joined = join(found[name], type_) if name in found else type_
            if joined is not None:
                found[name] = joined
            return joined is not None
        case Instance(type=info, args=[element]) if info.fullname == "pyfreeze.Array" and isinstance(type_, ArrayType):
            return _unify_exactly(get_proper_type(element), type_.element, found)
        case Instance(type=info, args=arguments) if isinstance(type_, StructType):
            class_ = context.classes[type_.name]
            return class_.info is not info or all(
                _unify(context, get_proper_type(argument), part, found)
                for argument, part in zip(arguments, class_.arguments, strict=False)
            )
        case MypyTuple(items=items) if isinstance(type_, TupleType) and len(items) == len(type_.items):
            return all(
                _unify(context, get_proper_type(item), part, found)
                for item, part in zip(items, type_.items, strict=True)
            )
        case UnionType(items=items):
            rest = [item for item in map(get_proper_type, items) if not isinstance(item, NoneType)]
            value = type_.item if isinstance(type_, OptionalType) else type_
            return len(rest) != 1 or value == NONE or _unify(context, rest[0], value, found)
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
