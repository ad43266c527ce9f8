"""Calls of the module's own native functions and of methods of its frozen classes, and making frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mypy.nodes import Context as Node

from pyfreeze.ir.function import MAXIMUM_SCALARS, Binding, BindingKind, ConstantValue
from pyfreeze.ir.types import (
    FLOAT64,
    NONE,
    OBJECT,
    ClassType,
    FixedInt,
    OptionalType,
    StructType,
    TupleType,
    Type,
    flattened,
    holds_objects,
    is_of_class,
)
from pyfreeze.irbuild.context import FunctionContext, NoConstant, Parameter, Signature, type_name
from pyfreeze.irbuild.conversions import convert, from_object
from pyfreeze.irbuild.declared_types import declared
from pyfreeze.irbuild.operand import Operand, constant_operand, is_int
from pyfreeze.irbuild.optionals import used
from pyfreeze.irbuild.unsupported import Unsupported


def call_native(
    context: FunctionContext, signature: Signature, given: Mapping[str, Operand], name: str, node: Node
) -> Operand:
    """Call the function that module global `name` is, with arguments by parameter."""
    return _call(context, signature, given, Binding(BindingKind.FUNCTION, name), node)


def _call(
    context: FunctionContext, signature: Signature, given: Mapping[str, Operand], callee: Binding, node: Node
) -> Operand:
    values, keyword_defaults = [], []
    for parameter in signature.parameters:
        argument = given.get(parameter.name)
        if argument is None:
            argument = constant_operand(_default(signature, parameter, node))
            if parameter.keyword_only:
                keyword_defaults.append((parameter.name, _default(signature, parameter, node)))
        values.append(context.materialize(_as_parameter(context, argument, parameter, node)))
    context.bind(
        Binding(
            callee.kind,
            callee.name,
            callee.module,
            callee.attribute,
            signature.name,
            signature.positional_defaults,
            tuple(keyword_defaults),
        )
    )
    return Operand(signature.result, context.call(signature, values, node))


def _default(signature: Signature, parameter: Parameter, node: Node) -> ConstantValue:
    if parameter.required:
        raise Unsupported("PF106", node, f"this call of `{signature.name}` raises TypeError")
    known = parameter.keyword_only or signature.defaults_known
    if not known or isinstance(parameter.default, NoConstant):
        raise Unsupported("PF106", node, f"the default of `{parameter.name}` is no constant", "give the argument")
    return parameter.default


def _as_parameter(context: FunctionContext, argument: Operand, parameter: Parameter, node: Node) -> Operand:
    """As the entry guard would let it in; another type is what the twin would be called with."""
    wanted = parameter.declared.type
    if isinstance(wanted, OptionalType):
        given = argument.type.item if isinstance(argument.type, OptionalType) else argument.type
        if given in (NONE, wanted.item) or _differ_in_ints(given, wanted.item):
            return convert(context, argument, wanted, node)
    if wanted == OBJECT:
        return convert(context, argument, wanted, node)
    argument = used(context, argument, node)
    if argument.type != wanted and _differ_in_ints(argument.type, wanted):
        return convert(context, argument, wanted, node)
    if argument.type != wanted:
        raise Unsupported(
            "PF114",
            node,
            f"`{parameter.name}` is {type_name(wanted)} but is given {type_name(argument.type)}",
            "convert the argument: float(x), or 1.0 rather than 1" if wanted == FLOAT64 else "",
        )
    return argument


def _differ_in_ints(given: Type, wanted: Type) -> bool:
    """Whether they are the same but for the widths of ints, or given as a value where an object is wanted."""
    if wanted == OBJECT:
        return True
    if isinstance(given, TupleType) and isinstance(wanted, TupleType) and len(given.items) == len(wanted.items):
        return all(map(_differ_in_ints, given.items, wanted.items))
    if isinstance(given, StructType) and isinstance(wanted, StructType) and is_of_class(given, wanted):
        return all(map(_differ_in_ints, given.items, wanted.items))
    return given == wanted or (is_int(given) and is_int(wanted))


# Frozen classes


def has_member(context: FunctionContext, type_: Type, name: str) -> bool:
    """Whether values of the type have an attribute `name` that their class defines as a function, a special one plainly."""
    if not isinstance(type_, StructType):
        return False
    member = context.classes[type_.name].members.get(name)
    return member is not None and member.kind != "?" and name not in context.classes[type_.name].opaque


def check_not_inherited(context: FunctionContext, type_: Type, name: str, node: Node) -> None:
    """Refuse what a base of the class defines: its methods are not compiled for values of the class."""
    check_not_opaque(context, type_, name, node)
    if has_member(context, type_, name):
        return
    if isinstance(type_, StructType) and name in context.classes[type_.name].inherited:
        raise Unsupported("PF106", node, f"`{name}` is a method of a base of `{type_.name}`", "define it in the class")


def check_not_opaque(context: FunctionContext, type_: Type, name: str, node: Node) -> None:
    """Refuse what the class has in another way than by a plain `def`."""
    if isinstance(type_, StructType) and name in context.classes[type_.name].opaque:
        raise Unsupported("PF106", node, f"`{name}` of `{type_.name}` is no plain method", "write it as `def`")


def call_method(
    context: FunctionContext, receiver: Operand, name: str, arguments: Sequence[Operand], node: Node
) -> Operand:
    """`receiver.name(*arguments)`, or for a property its value."""
    assert isinstance(receiver.type, StructType)
    signature = context.resolve_method(receiver.type.name, name, node)
    parameters = [parameter for parameter in signature.parameters if not parameter.keyword_only]
    operands = [*passed_first(context, receiver.type.name, name, receiver), *arguments]
    if len(operands) > len(parameters):
        raise Unsupported("PF106", node, f"this call of `{signature.name}` raises TypeError")
    given = {parameter.name: operand for parameter, operand in zip(parameters, operands, strict=False)}
    return call_member(context, receiver.type.name, name, signature, given, node)


def call_member(
    context: FunctionContext,
    class_name: str,
    name: str,
    signature: Signature,
    given: Mapping[str, Operand],
    node: Node,
) -> Operand:
    """Call a function of a frozen class, with arguments by parameter, `self` among them."""
    class_ = context.classes[class_name]
    bind_class(context, class_name)  # so that it is watched
    callee = Binding(BindingKind.FUNCTION, class_.struct.class_name, class_.members[name].kind, name)
    return _call(context, signature, given, callee, node)


def bind_class(context: FunctionContext, class_name: str) -> None:
    struct = context.classes[class_name].struct
    context.bind(Binding(BindingKind.CLASS, struct.class_name, type=struct))


def passed_first(context: FunctionContext, class_name: str, name: str, receiver: Operand | None) -> list[Operand]:
    """What a function of the class gets before its arguments, called on a value, or on the class."""
    match context.classes[class_name].members[name].kind:
        case "staticmethod":
            return []
        case "classmethod":
            return [class_operand(context, class_name)]
        case _:
            return [] if receiver is None else [receiver]


def class_operand(context: FunctionContext, class_name: str) -> Operand:
    """The class itself."""
    bind_class(context, class_name)
    type_ = ClassType(context.classes[class_name].struct)
    return Operand(type_, context.builder.constant(type_, None))


def class_variable(context: FunctionContext, class_name: str, name: str) -> Operand | None:
    """What the class has under a name of its own that is no function; None if its type is not known."""
    class_ = context.classes[class_name]
    variable = class_.variables.get(name)
    if variable is None or name in class_.inherited:
        return None
    bind_class(context, class_name)
    class_name = class_.struct.class_name
    hint = declared(variable.written, variable.analysed, context.scope)
    if variable.known:
        context.bind(Binding(BindingKind.CONSTANT, class_name, attribute=name, constant=variable.value))
        operand = constant_operand(variable.value)
        fixed = hint.type if hint is not None and hint.promise else None
        if isinstance(fixed, FixedInt) and operand.is_weak and fixed.holds(int(operand.number)):
            return Operand(fixed, context.builder.constant(fixed, operand.number))
        return operand
    if hint is None or not 0 < len(flattened(hint.type)) <= MAXIMUM_SCALARS or has_descriptors(context, hint.type):
        return None
    if holds_objects(hint.type):  # what is read is kept, and would be let go later than by whoever sets it anew
        return None
    return context.read_binding(class_name, hint.type, name)


def has_descriptors(context: FunctionContext, type_: Type) -> bool:
    """Whether a value of the type, as an attribute of a class, may stand for something else."""
    if not isinstance(type_, StructType):
        return False
    class_ = context.classes[type_.name]
    return any(name in class_.members or name in class_.inherited for name in ("__get__", "__set__", "__delete__"))


def construct(context: FunctionContext, class_name: str, given: Mapping[str, Operand], node: Node) -> Operand:
    """A value of the class with these fields; the others have their defaults. Values stored inside are coerced (contract, rule 2)."""
    class_ = context.classes[class_name]
    values, defaults = [], []
    for name, type_ in class_.struct.fields:
        operand = given.get(name)
        if operand is None:
            if name not in class_.defaults:
                reason = "its default is no constant" if name in class_.optional else "this call raises TypeError"
                raise Unsupported("PF106", node, f"field `{name}` of `{class_name}` is not given, and {reason}")
            operand = constant_operand(class_.defaults[name])
            defaults.append((name, class_.defaults[name]))
        # What is an object in memory is stored as it is given: it has to have the type already.
        coerced = convert(context, operand, type_, node, coerce=name not in class_.struct.objects)
        if name in class_.struct.singles:
            coerced = context.apply("float64.as_single", [coerced], node)
        values.append(context.materialize(coerced))
    bound = class_.struct.class_name
    context.bind(Binding(BindingKind.CLASS, bound, keyword_defaults=tuple(defaults), type=class_.struct))
    made = Operand(class_.struct, context.builder.make_struct(class_.struct, values))
    if "__post_init__" in class_.members and not class_.struct.is_tuple:
        call_method(context, made, "__post_init__", [], node)
    return made


def fields_of(context: FunctionContext, whole: Operand) -> dict[str, Operand]:
    """All fields of a frozen value, by name."""
    assert isinstance(whole.type, StructType)
    return dict(zip(whole.type.field_names, context.items(whole), strict=True))


def field(context: FunctionContext, whole: Operand, name: str, node: Node) -> Operand | None:
    """Field `name` of a frozen value, as what it is annotated; None if it has no such field."""
    type_ = whole.type
    if not isinstance(type_, StructType) or name not in type_.field_names:
        return None
    index = type_.field_names.index(name)
    found = Operand(type_.items[index], context.builder.get_item(context.materialize(whole), index))
    hint = context.classes[type_.name].hints.get(name)
    return from_object(context, found, hint, node) if hint is not None else found
