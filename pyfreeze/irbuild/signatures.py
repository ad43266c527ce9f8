"""Signatures of functions: what their annotations, defaults and type variables say."""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType

from mypy.nodes import ArgKind, Argument, FuncDef
from mypy.types import AnyType, CallableType, Instance, get_proper_type
from mypy.types import Type as MypyType

from pyfreeze.ir.function import UNKNOWN_DEFAULTS, ConstantValue
from pyfreeze.ir.types import OBJECT, ClassType, StructType, Type
from pyfreeze.irbuild.context import GenericFunction, NoConstant, Parameter, Signature
from pyfreeze.irbuild.declared_types import SELF, Declared, Scope, declared, object_in
from pyfreeze.irbuild.frozen_classes import FrozenClass
from pyfreeze.irbuild.module_constants import constant_value, has_text
from pyfreeze.irbuild.unsupported import Unsupported
from pyfreeze.irbuild.view_types import view_type


class _Unknown:
    """The type of a result before it is inferred."""


UNKNOWN: Type = _Unknown()  # type: ignore[assignment]
"""Stands for a type that is not known yet."""


def type_variables(node: FuncDef) -> tuple[str, ...]:
    """The names of a generic function's own type variables, without `Self`."""
    variables = node.type.variables if isinstance(node.type, CallableType) else ()
    return tuple(variable.name for variable in variables if not variable.id.is_self())


def generic_function(
    name: str,
    node: FuncDef,
    code: CodeType,
    constants: Mapping[str, ConstantValue],
    owner: FrozenClass | None,
    of_base: bool = False,
) -> GenericFunction:
    """A function with type variables, whose parameters' types its calls tell, or a method of the generic class `owner`.

    of_base: it is a method that frozen classes have from a base
    """
    if (owner is not None or of_base) and type_variables(node):
        raise Unsupported("PF104", node, "it has type variables besides those of its class")
    if not isinstance(node.type, CallableType):
        raise Unsupported("PF103", node, "its parameters have no annotations", "annotate them")
    parameters = []
    types: dict[str, MypyType] = {}
    for index, argument in enumerate(node.arguments):
        parameter = argument.variable.name
        types[parameter] = node.type.arg_types[index]
        is_positional, is_required = index < code.co_posonlyargcount, argument.kind.is_required()
        default = _default(argument, constants)
        unknown = Declared(UNKNOWN, False)
        parameters.append(Parameter(parameter, unknown, index >= code.co_argcount, is_positional, default, is_required))
    signature = Signature(name, tuple(parameters), UNKNOWN, UNKNOWN_DEFAULTS, False)
    variables = owner.type_variables if owner is not None else (SELF,) if of_base else type_variables(node)
    return GenericFunction(name, signature, types, variables, owner)


def declared_result(node: FuncDef, scope: Scope) -> Declared | None:
    """What its annotation says of the result; None without one. Raises Unsupported where that is no value."""
    signature, written = node.type, node.unanalyzed_type
    if not isinstance(signature, CallableType) or not isinstance(written, CallableType) or signature.implicit:
        return None
    if isinstance(written.ret_type, AnyType):
        return None  # no return annotation
    result = declared(written.ret_type, signature.ret_type, scope)
    return result or _object(node, "its result", signature.ret_type, scope)


def _object(node: FuncDef, what: str, type_: MypyType, scope: Scope) -> Declared:
    """What is no value is an object. Raises Unsupported where it ought to be a value and cannot, which is worth to know."""
    found = object_in(type_, scope)
    if found is not None:
        raise Unsupported("PF104", node, f"{what}, {type_}: {found[0]}", found[1])
    analysed = get_proper_type(type_)
    if isinstance(analysed, Instance) and analysed.type.fullname in ("numpy.ndarray", "builtins.memoryview"):
        raise Unsupported("PF104", node, f"{what}, {type_}, is not compiled as a value")
    return Declared(OBJECT, False)


def signature_of(
    name: str,
    node: FuncDef,
    code: CodeType,
    result: Declared | None,
    scope: Scope,
    constants: Mapping[str, ConstantValue],
    owner: StructType | None,
) -> Signature:
    """The signature of a function, or of a method of `owner`. Raises Unsupported where a parameter is no value."""
    parameters = [parameter_of(node, code, index, scope, constants, owner) for index in range(len(node.arguments))]
    optional = [parameter.default for parameter in parameters[: code.co_argcount] if not parameter.required]
    positional = tuple(default for default in optional if not isinstance(default, NoConstant))
    known = len(positional) == len(optional)
    return Signature(
        name,
        tuple(parameters),
        result.type if result is not None else UNKNOWN,
        (positional or None) if known else UNKNOWN_DEFAULTS,
        known,
    )


def parameter_of(
    node: FuncDef,
    code: CodeType,
    index: int,
    scope: Scope,
    constants: Mapping[str, ConstantValue],
    owner: StructType | None,
) -> Parameter:
    """The parameter at `index`. Raises Unsupported where it is no value."""
    typed = node.type if isinstance(node.type, CallableType) else None
    written = node.unanalyzed_type if isinstance(node.unanalyzed_type, CallableType) else None
    argument = node.arguments[index]
    name = argument.variable.name
    if argument.variable.is_self and owner is not None:
        is_positional = index < code.co_posonlyargcount
        return Parameter(name, Declared(owner, True), False, is_positional, NoConstant.UNKNOWN, True)
    if argument.variable.is_cls and owner is not None:
        is_positional = index < code.co_posonlyargcount
        return Parameter(name, Declared(ClassType(owner), True), False, is_positional, NoConstant.UNKNOWN, True)
    if argument.variable.is_self or argument.variable.is_cls:
        message = f"`{name}` is an object: methods are not compiled yet"
        raise Unsupported("PF104", node, message, "move the arithmetic to a function")
    if argument.type_annotation is None or typed is None or written is None:
        raise Unsupported("PF103", node, f"parameter `{name}` has no annotation", "annotate it")
    hint = declared(written.arg_types[index], typed.arg_types[index], scope)
    if hint is None and scope.tree is not None:
        view = view_type(written.arg_types[index], typed.arg_types[index], scope.tree, node, name)
        hint = Declared(view, True) if view is not None else None
    hint = hint or _object(node, f"parameter `{name}`", typed.arg_types[index], scope)
    return Parameter(
        name,
        hint,
        index >= code.co_argcount,
        index < code.co_posonlyargcount,
        _default(argument, constants),
        argument.kind in (ArgKind.ARG_POS, ArgKind.ARG_NAMED),
    )


def _default(argument: Argument, constants: Mapping[str, ConstantValue]) -> ConstantValue | NoConstant:
    if argument.initializer is None:
        return NoConstant.UNKNOWN
    constant, value = constant_value(argument.initializer, constants)
    return value if constant and not has_text(value) else NoConstant.UNKNOWN
