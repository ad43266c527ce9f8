"""`isinstance`, and what a class in a `match` pattern matches: known while building, since native values have exact types."""

from __future__ import annotations

from mypy.nodes import Context as Node
from mypy.nodes import Expression, NameExpr, OpExpr, TupleExpr

from pyfreeze.ir.types import BOOL, FLOAT64, NONE, OBJECT, StructType, TupleType, Type, is_of_class
from pyfreeze.irbuild.calls import frozen_class_of
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.named_tuples import as_type
from pyfreeze.irbuild.native_calls import bind_class
from pyfreeze.irbuild.operand import is_int
from pyfreeze.irbuild.unsupported import Unsupported

_BUILTINS = ("int", "float", "bool", "str", "bytes", "list", "dict", "set", "tuple", "complex", "object")


def is_instance(context: FunctionContext, type_: Type, class_: Expression, node: Node) -> bool:
    """Whether values of `type_` are instances of what `class_` names, a class or several; the names are bound."""
    if type_ == OBJECT:
        raise Unsupported("PF102", node, "whether an object is an instance of a class is not compiled yet")
    if isinstance(class_, TupleExpr):
        return True in [is_instance(context, type_, item, node) for item in class_.items]
    if isinstance(class_, OpExpr) and class_.op == "|":
        return True in [is_instance(context, type_, item, node) for item in (class_.left, class_.right)]
    frozen = frozen_class_of(context, class_)
    if frozen is not None:
        bind_class(context, frozen.name)
        if not frozen.is_alone and not is_of_class(type_, frozen.struct):
            raise Unsupported("PF102", node, f"`{frozen.name}` has bases, which decide what is an instance of it")
        return is_of_class(type_, frozen.struct)
    name = class_.name if isinstance(class_, NameExpr) else ""
    if not isinstance(class_, NameExpr) or class_.fullname != f"builtins.{name}" or name not in _BUILTINS:
        raise Unsupported("PF102", node, f"whether a {type_name(type_)} is an instance of this class works on objects")
    if name in context.code.co_varnames:
        raise Unsupported("PF102", node, f"`{name}` is a local variable")
    context.bind_builtin(name)
    return name in ("object", _python_type(context, type_, node)) or (name == "int" and type_ == BOOL)


def _python_type(context: FunctionContext, type_: Type, node: Node) -> str:
    if is_int(type_):
        return "int"
    if isinstance(as_type(type_), TupleType):
        return "tuple"
    if isinstance(type_, StructType):
        return ""
    try:
        return {FLOAT64: "float", BOOL: "bool", NONE: "None"}[type_]
    except KeyError:
        raise Unsupported("PF102", node, f"the class of {type_name(type_)} works on objects") from None
