"""The module's frozen classes: which fields their values have, and what of them is compiled.

A class is compiled as a value type if it is at module level, `@frozen`, and all its fields are numbers or frozen classes
of the module themselves: then a value needs no object. Of a generic class there is such a type for whatever its type
variables stand for; in its instances the fields that these tell are objects, which the constructor takes as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

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
from mypy.types import Instance, TypeVarType, UnboundType, UnionType, get_proper_type
from mypy.types import TupleType as MypyTuple
from mypy.types import Type as MypyType

from pyfreeze.ir.function import ConstantValue
from pyfreeze.ir.types import (
    FLOAT64,
    OBJECT,
    AggregateType,
    BoolType,
    ClassType,
    FixedInt,
    FloatType,
    ObjectType,
    StructType,
    TextType,
    Type,
    ViewType,
    flattened,
)
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
class Annotation:
    """As it is written, and by mypy."""

    written: MypyType | None
    analysed: MypyType | None


@dataclass(frozen=True, slots=True)
class FrozenClass:
    """`defaults` are those of fields that are constants; a field in `optional` has one, perhaps not a constant."""

    struct: StructType
    info: TypeInfo
    defaults: Mapping[str, ConstantValue]
    optional: frozenset[str]
    members: Mapping[str, Member]
    inherited: frozenset[str]  # names that its bases define
    is_ordered: bool
    variables: Mapping[str, ClassVariable]
    opaque: frozenset[str]  # special methods that it has in another way than by a plain `def`
    scope: Scope
    annotations: Mapping[str, Annotation]  # of its fields
    type_variables: tuple[str, ...] = ()
    arguments: tuple[Type, ...] = ()  # what these stand for

    @property
    def is_generic(self) -> bool:
        """Whether it is the class as it is written, with nothing for its type variables; its `boxed` fields are objects then."""
        return len(self.arguments) < len(self.type_variables)

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


class FrozenClasses:
    """All of a module. `by_name`: those compiled as values, by the names of their types, inner ones first.

    Generic ones are there as they are written, and for all types that they have been asked for.
    """

    def __init__(self, tree: MypyFile) -> None:
        self.by_name: dict[str, FrozenClass] = {}
        self.refused: dict[str, Refused] = {}  # by mypy's full name
        self.scope = Scope(tree.names, {}, tree=tree)
        for node in tree.defs:
            if isinstance(node, ClassDef) and any(map(_is_frozen, node.decorators)):
                self._add(node)
        objects = {fullname: (class_.reason, class_.hint) for fullname, class_ in self.refused.items()}
        self.scope = replace(self.scope, objects=objects)

    def _add(self, node: ClassDef) -> None:
        """Annotations mean what there is when the decorator runs: the classes before this one."""
        fullname, scope = node.info.fullname, self.scope
        made = _frozen_class(node, scope)
        if not isinstance(made, FrozenClass):
            self.refused[fullname] = made if isinstance(made, Refused) else Refused(node.name, made)
            return
        self.by_name[made.name] = made
        if made.is_generic:
            self.scope = replace(scope, generic={**scope.generic, fullname: partial(self.struct_of, made)})
        else:
            self.scope = replace(scope, structs={**scope.structs, fullname: made.struct})

    def struct_of(self, generic: FrozenClass, arguments: tuple[Type, ...]) -> StructType | None:
        """The type of the values of a generic class for these types; None if it has no such values."""
        if not all(map(_may_be_in_field, arguments)):
            return None
        name = f"{generic.name}[{','.join(map(str, arguments))}]".replace(" ", "")
        if name not in self.by_name:
            types = dict(zip(generic.type_variables, arguments, strict=True))
            fields = _fields_for(generic, replace(generic.scope, type_arguments=types))
            if fields is None:
                return None
            struct = replace(generic.struct, name=name, fields=fields)
            self.by_name[name] = replace(generic, struct=struct, arguments=arguments)
        return self.by_name[name].struct

    def generic_of(self, class_: FrozenClass) -> FrozenClass:
        """The class as it is written."""
        return self.by_name[class_.struct.class_name]


_LARGEST = 64
"""Scalars of a generic class's value."""


def _fields_for(generic: FrozenClass, scope: Scope) -> tuple[tuple[str, Type], ...] | None:
    """The fields of a generic class for the types in `scope`; None if one is no value."""
    fields = []
    for name, type_ in generic.struct.fields:
        if name in generic.struct.boxed:
            annotation = generic.annotations[name]
            hint = declared(annotation.written, annotation.analysed, scope)
            if hint is None or not _may_be_in_field(hint.type):
                return None
            type_ = hint.type
        fields.append((name, type_))
    return tuple(fields) if sum(len(flattened(type_)) for _, type_ in fields) <= _LARGEST else None


def _may_be_in_field(type_: Type) -> bool:
    if isinstance(type_, AggregateType):
        return all(map(_may_be_in_field, type_.items))
    return not isinstance(type_, ViewType | ClassType | ObjectType | TextType)


def _is_frozen(decorator: Expression) -> bool:
    if isinstance(decorator, CallExpr):
        decorator = decorator.callee
    return isinstance(decorator, RefExpr) and decorator.fullname == "pyfreeze.frozen"


def _frozen_class(node: ClassDef, scope: Scope) -> FrozenClass | Refused | str:
    """The class, or why its values are objects."""
    if len(node.decorators) != 1:
        return "it has other decorators"
    type_variables = tuple(variable.name for variable in node.info.defn.type_vars)
    if not all(isinstance(variable, TypeVarType) for variable in node.info.defn.type_vars):
        return "it has type variables that stand for several types"
    scope = replace(scope, type_arguments=dict.fromkeys(type_variables, FLOAT64))  # for example
    fields: dict[str, Type] = {}
    annotations: dict[str, Annotation] = {}
    boxed = set()
    defaults: dict[str, ConstantValue] = {}
    optional, singles = set(), set()
    for statement in node.defs.body:
        if (
            not isinstance(statement, AssignmentStmt)
            or statement.unanalyzed_type is None
            or _is_class_variable(statement)
        ):
            continue
        (target,) = statement.lvalues
        if not isinstance(target, NameExpr):
            continue
        type_, is_boxed = _field_type(statement, scope), _tells_object(statement, scope)
        if is_boxed:
            boxed.add(target.name)
        if type_ is None:
            reason = f"its field `{target.name}`, {statement.type}, is an object (line {statement.line})"
            return Refused(node.name, reason, _hint(statement, target.name))
        fields[target.name] = OBJECT if is_boxed and type_variables else type_
        annotations[target.name] = Annotation(statement.unanalyzed_type, statement.type)
        if not is_boxed and is_float32(statement.unanalyzed_type, scope):
            singles.add(target.name)
        if _is_field_call(statement.rvalue):
            return f"its field `{target.name}` is described by dataclasses.field()"
        if type(statement.rvalue).__name__ != "TempNode":
            optional.add(target.name)
            known, value = constant_value(statement.rvalue, {})
            if known and not has_text(value):
                defaults[target.name] = value
    members = {member.name: member for member in _members(node)}
    inherited = _inherited(node.info)
    own = sorted((_OWN_MAKERS & (members.keys() | inherited)) | ({"__post_init__"} & inherited))
    if own:
        return f"it or a base has its own `{own[0]}`"
    struct = StructType(node.name, tuple(fields.items()), frozenset(singles), frozenset(boxed))
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
        frozenset(_opaque(node, members)),
        replace(scope, type_arguments={}),
        annotations,
        type_variables,
    )


def _hint(statement: AssignmentStmt, name: str) -> str:
    """What would make a field a value."""
    analysed = get_proper_type(statement.type)
    plain = analysed.type.fullname if isinstance(analysed, Instance) else ""
    if plain in ("builtins.int", "builtins.float"):
        return f"annotate the field: `{name}: {'int64' if plain == 'builtins.int' else 'float64'}`"
    return f"keep `{name}` apart, for example in a list of its own, or as a number"


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


def _field_type(statement: AssignmentStmt, scope: Scope) -> Type | None:
    field = declared(statement.unanalyzed_type, statement.type, scope)
    if field is None:
        return None
    if _tells_object(statement, scope):
        return field.type if _may_be_in_field(field.type) and not _is_bare(statement, scope) else None
    if isinstance(field.type, BoolType) or (
        field.promise and isinstance(field.type, FixedInt | FloatType | StructType)
    ):
        return field.type
    return None


def _tells_object(statement: AssignmentStmt, scope: Scope) -> bool:
    """Whether the field is an object, of a type that follows from a type variable or is a generic class with arguments."""
    return any(
        isinstance(part, TypeVarType) or (isinstance(part, Instance) and part.type.fullname in scope.generic)
        for part in _parts(statement.type)
    )


def _is_bare(statement: AssignmentStmt, scope: Scope) -> bool:
    """`Pair` without its arguments is a class: the field would be stored as that."""
    written = statement.unanalyzed_type
    symbol = scope.names.get(written.name) if isinstance(written, UnboundType) and not written.args else None
    return symbol is not None and isinstance(symbol.node, TypeInfo)


def _parts(type_: MypyType | None) -> Iterator[MypyType]:
    """The type and all that it is made of, where that matters for fields."""
    if type_ is None:
        return
    proper = get_proper_type(type_)
    yield proper
    inner: list[MypyType] = []
    if isinstance(proper, UnionType | MypyTuple):
        inner = list(proper.items)
    elif isinstance(proper, Instance):
        inner = list(proper.args)
    for item in inner:
        yield from _parts(item)


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
