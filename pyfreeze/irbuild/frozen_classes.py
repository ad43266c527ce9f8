"""The module's frozen classes: which fields their values have, and what of them is compiled.

A class is compiled as a value type if it is at module level and `@frozen`. Its fields are numbers, frozen classes of the
module that stand before it, and objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    ClassDef,
    Decorator,
    Expression,
    FuncDef,
    MypyFile,
    NameExpr,
    OverloadedFuncDef,
    RefExpr,
    TypeInfo,
    Var,
)
from mypy.types import Instance, UnboundType, get_proper_type
from mypy.types import Type as MypyType

from pyfreeze.ir.function import ConstantValue
from pyfreeze.ir.types import FLOAT64, OBJECT, BoolType, FixedInt, FloatType, StructType, Type, flattened
from pyfreeze.irbuild.declared_types import Scope, declared, is_float32
from pyfreeze.irbuild.module_constants import constant_value, has_text

_OWN_MAKERS = frozenset(["__init__", "__new__", "__setattr__", "__getattribute__", "__getattr__", "__init_subclass__"])
"""A class that defines one of these makes or shows its values in its own way."""


@dataclass(frozen=True, slots=True)
class Member:
    """A function of a class. `kind` is how the class has it: "" plainly, "property", "staticmethod", "classmethod"; "?" otherwise."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class ClassVariable:
    """What a class has besides fields and functions: its annotation, its type by mypy, and its value if that is known."""

    written: MypyType | None
    analysed: MypyType | None
    known: bool
    value: ConstantValue


@dataclass(frozen=True, slots=True)
class FrozenClass:
    """`defaults` are those of fields that are constants; a field in `optional` has one, perhaps not a constant.

    `hints`: of fields that are objects, what they are annotated to be, if that is a value type.
    """

    struct: StructType
    info: TypeInfo
    defaults: Mapping[str, ConstantValue]
    optional: frozenset[str]
    members: Mapping[str, Member]
    inherited: frozenset[str]  # names that its bases define
    is_ordered: bool
    variables: Mapping[str, ClassVariable]
    hints: Mapping[str, Type]
    opaque: frozenset[str]  # special methods that it has in another way than by a plain `def`

    @property
    def is_alone(self) -> bool:
        """Whether nothing but its own instances can be instances of it, and it is of no other class."""
        return len(self.info.mro) == 2

    @property
    def name(self) -> str:
        return self.struct.name


@dataclass(frozen=True, slots=True)
class Refused:
    """A frozen class whose values are objects, why, and what to write instead if that is known."""

    name: str
    reason: str
    hint: str = ""


def frozen_classes(tree: MypyFile) -> tuple[dict[str, FrozenClass], dict[str, Refused]]:
    """By mypy's full name, in order: those compiled as values, and those that are not."""
    found: dict[str, FrozenClass] = {}
    refused: dict[str, Refused] = {}
    for node in tree.defs:
        if not isinstance(node, ClassDef) or not any(map(_is_frozen, node.decorators)):
            continue
        scope = Scope(tree.names, {fullname: class_.struct for fullname, class_ in found.items()})
        made = _frozen_class(node, scope)
        if isinstance(made, FrozenClass):
            found[node.info.fullname] = made
        else:
            refused[node.info.fullname] = made if isinstance(made, Refused) else Refused(node.name, made)
    scope = Scope(tree.names, {fullname: class_.struct for fullname, class_ in found.items()})
    for node in tree.defs:
        if isinstance(node, ClassDef) and node.info.fullname in found:
            class_ = found[node.info.fullname]
            found[node.info.fullname] = replace(class_, hints=dict(_hints(node, class_.struct, scope)))
    return found, refused


def _hints(node: ClassDef, struct: StructType, scope: Scope) -> Iterator[tuple[str, Type]]:
    """Of fields that are objects. A class may be there now that was not when the decorator ran, such as the class itself."""
    fields = dict(struct.fields)
    for name, statement in _annotated(node):
        hint = declared(statement.unanalyzed_type, statement.type, scope)
        if fields.get(name) == OBJECT and hint is not None and flattened(hint.type):
            yield name, hint.type


def _annotated(node: ClassDef) -> Iterator[tuple[str, AssignmentStmt]]:
    """The statements in the body of a class that make its fields."""
    for statement in node.defs.body:
        if (
            isinstance(statement, AssignmentStmt)
            and statement.unanalyzed_type is not None
            and not _is_class_variable(statement)
            and isinstance(target := statement.lvalues[0], NameExpr)
        ):
            yield target.name, statement


def _is_frozen(decorator: Expression) -> bool:
    if isinstance(decorator, CallExpr):
        decorator = decorator.callee
    return isinstance(decorator, RefExpr) and decorator.fullname == "pyfreeze.frozen"


def _frozen_class(node: ClassDef, scope: Scope) -> FrozenClass | Refused | str:
    """The class, or why its values are objects."""
    if len(node.decorators) != 1:
        return "it has other decorators"
    if node.type_vars or node.info.type_vars:
        return "it is generic: its constructor converts nothing, so that `T` fields are objects"
    fields: dict[str, Type] = {}
    defaults: dict[str, ConstantValue] = {}
    optional, singles = set(), set()
    for name, statement in _annotated(node):
        analysed = get_proper_type(statement.type)
        if isinstance(analysed, Instance) and analysed.type.fullname == "dataclasses.KW_ONLY":
            return "some of its fields are given by name only"
        fields[name] = _field_type(statement, scope)
        if fields[name] == FLOAT64 and is_float32(statement.unanalyzed_type, scope):
            singles.add(name)
        if _is_field_call(statement.rvalue):
            return f"its field `{name}` is described by dataclasses.field()"
        if type(statement.rvalue).__name__ != "TempNode":
            optional.add(name)
            known, value = constant_value(statement.rvalue, {})
            if known and (isinstance(value, str) or not has_text(value)):
                defaults[name] = value
    members = {member.name: member for member in _members(node)}
    inherited = _inherited(node.info)
    own = sorted((_OWN_MAKERS & (members.keys() | inherited)) | ({"__post_init__"} & inherited))
    if own:
        return f"it or a base has its own `{own[0]}`"
    struct = StructType(node.name, tuple(fields.items()), frozenset(singles))
    variables = {name: variable for name, variable in _variables(node) if name not in fields}
    return FrozenClass(
        struct,
        node.info,
        defaults,
        frozenset(optional),
        members,
        inherited,
        _is_ordered(node),
        variables,
        {},
        frozenset(_opaque(node, members)),
    )


def _is_field_call(node: Expression) -> bool:
    return (
        isinstance(node, CallExpr) and isinstance(node.callee, RefExpr) and node.callee.fullname == "dataclasses.field"
    )


def _inherited(info: TypeInfo) -> frozenset[str]:
    """What its bases define: Protocols and ABCs, which may have methods."""
    return frozenset(name for base in info.mro[1:-1] for name in base.names)


def _opaque(node: ClassDef, members: Mapping[str, Member]) -> Iterator[str]:
    """Special names that the class's body gives a meaning that is not compiled: `__eq__ = other`, overloads, …"""
    for name, symbol in node.info.names.items():
        plain = name in members and members[name].kind == ""
        if name.startswith("__") and name.endswith("__") and not plain and not symbol.plugin_generated:
            yield name


def _variables(node: ClassDef) -> Iterator[tuple[str, ClassVariable]]:
    """What the body of the class sets. Names that Python or a compiler changes are left out."""
    found: dict[str, ClassVariable] = {}
    twice = set()
    for statement in node.defs.body:
        if not isinstance(statement, AssignmentStmt) or len(statement.lvalues) != 1:
            continue
        (target,) = statement.lvalues
        if not isinstance(target, NameExpr) or not isinstance(target.node, Var) or target.name.startswith("__"):
            continue
        known, value = constant_value(statement.rvalue, {})
        if target.name in found:
            twice.add(target.name)
        found[target.name] = ClassVariable(statement.unanalyzed_type, target.node.type, known, value)
    for name, variable in found.items():
        yield name, replace(variable, known=variable.known and name not in twice and not has_text(variable.value))


def _is_class_variable(statement: AssignmentStmt) -> bool:
    written = statement.unanalyzed_type
    return isinstance(written, UnboundType) and written.name.rpartition(".")[2] == "ClassVar"


def _field_type(statement: AssignmentStmt, scope: Scope) -> Type:
    field = declared(statement.unanalyzed_type, statement.type, scope)
    if field is None:
        return OBJECT
    is_value = field.promise and isinstance(field.type, FixedInt | FloatType | StructType)
    return field.type if is_value or isinstance(field.type, BoolType) else OBJECT


def _members(node: ClassDef) -> Iterator[Member]:
    """The functions that the class defines itself, each once; mypy's dataclass plugin adds others."""
    names = [item.name for item in node.defs.body if isinstance(item, FuncDef | Decorator | OverloadedFuncDef)]
    for statement in node.defs.body:
        match statement:
            case FuncDef(name=name):
                kind = "staticmethod" if statement.is_static else ""
            case Decorator(func=FuncDef(name=name), original_decorators=[NameExpr(fullname=fullname)]):
                kind = _KINDS.get(fullname, "?")
            case _:
                continue
        symbol = node.info.names.get(name)
        if names.count(name) == 1 and symbol is not None and not symbol.plugin_generated:
            yield Member(name, kind)


_KINDS = {
    "builtins.property": "property",
    "builtins.staticmethod": "staticmethod",
    "builtins.classmethod": "classmethod",
}


def _is_ordered(node: ClassDef) -> bool:
    (decorator,) = node.decorators
    if not isinstance(decorator, CallExpr):
        return False
    given = dict(zip(decorator.arg_names, decorator.args, strict=True))
    order = given.get("order")
    return isinstance(order, NameExpr) and order.fullname == "builtins.True"
