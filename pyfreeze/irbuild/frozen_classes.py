"""The module's frozen classes and NamedTuples: which fields their values have, and what of them is compiled.

A class is compiled as a value type if it is at module level and `@frozen`. Fields of numbers, of frozen classes that stand
before it, and of what is no value lie inside, the latter as references that are only passed along; others, such as
`P | None`, are objects in instances, which the constructor takes as they are. Of a generic class there is such a type for
whatever its type variables stand for; the fields that these tell are such objects. All fields of a NamedTuple are; what it
has for being a tuple is in `named_tuples.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
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
from pyfreeze.irbuild.declared_types import QUALIFIERS, Scope, declared, is_float32
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
    opaque: frozenset[str]  # special methods that it has in another way than by a plain `def`
    scope: Scope
    annotations: Mapping[str, Annotation]  # of its fields
    type_variables: tuple[str, ...] = ()
    arguments: tuple[Type, ...] = ()  # what these stand for
    bases: Mapping[str, str] = field(default_factory=dict)  # whose functions those of `members` are that it inherits
    hints: Mapping[str, Type] = field(default_factory=dict)

    @property
    def is_generic(self) -> bool:
        """Whether it is the class as it is written, with nothing for its type variables; its `objects` are no values then."""
        return len(self.arguments) < len(self.type_variables)

    @property
    def is_alone(self) -> bool:
        """Whether nothing but its own instances can be instances of it, and it is of no other class (but tuple)."""
        return len(self.info.mro) == 2 or self.struct.is_tuple

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
        bodies = {node.info.fullname: node for node in tree.defs if isinstance(node, ClassDef)}
        for node in tree.defs:
            if isinstance(node, ClassDef) and any(map(_is_frozen, node.decorators)):
                self._add(node, _frozen_class(node, self.scope, bodies))
            elif isinstance(node, ClassDef) and _is_named_tuple(node):
                self._add(node, _named_tuple(node, self.scope))
        objects = {fullname: (class_.reason, class_.hint) for fullname, class_ in self.refused.items()}
        self.scope = replace(self.scope, objects=objects)
        for name, class_ in list(self.by_name.items()):
            if not class_.type_variables:
                self.by_name[name] = replace(class_, hints=dict(_hints(class_, self.scope)))

    def _add(self, node: ClassDef, made: FrozenClass | Refused | str) -> None:
        """Annotations mean what there is when the class is made: the classes before this one."""
        fullname, scope = node.info.fullname, self.scope
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
        if name in generic.struct.objects:
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


def _hints(class_: FrozenClass, scope: Scope) -> Iterator[tuple[str, Type]]:
    """Of fields that are objects. A class may be there now that was not when the decorator ran, such as the class itself."""
    fields = dict(class_.struct.fields)
    for name, annotation in class_.annotations.items():
        hint = declared(annotation.written, annotation.analysed, scope) if fields[name] == OBJECT else None
        if hint is not None and flattened(hint.type):
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


def _frozen_class(node: ClassDef, scope: Scope, bodies: Mapping[str, ClassDef]) -> FrozenClass | Refused | str:
    """The class, or why its values are objects. `bodies` are the classes of the module."""
    if len(node.decorators) != 1:
        return "it has other decorators"
    type_variables = tuple(variable.name for variable in node.info.defn.type_vars)
    if not all(isinstance(variable, TypeVarType) for variable in node.info.defn.type_vars):
        return "it has type variables that stand for several types"
    scope = replace(scope, type_arguments=dict.fromkeys(type_variables, FLOAT64))  # for example
    fields: dict[str, Type] = {}
    annotations: dict[str, Annotation] = {}
    defaults: dict[str, ConstantValue] = {}
    optional, singles, objects = set(), set(), set()
    for name, statement in _annotated(node):
        analysed = get_proper_type(statement.type)
        if isinstance(analysed, Instance) and analysed.type.fullname == "dataclasses.KW_ONLY":
            return "some of its fields are given by name only"
        if _tells_object(statement, scope) and _is_bare(statement, scope):
            return f"its field `{name}` is of a generic class without arguments"
        type_ = _field_type(statement, scope)
        is_inside = type_ == OBJECT or _lies_inside(statement, type_, scope)
        if not is_inside:
            objects.add(name)
        fields[name] = type_ if is_inside or not type_variables else OBJECT
        annotations[name] = Annotation(statement.unanalyzed_type, statement.type)
        if type_ == FLOAT64 and is_inside and is_float32(statement.unanalyzed_type, scope):
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
    struct = StructType(node.name, tuple(fields.items()), frozenset(singles), frozenset(objects))
    of_bases = {
        name: found for name, found in _members_of_bases(node, bodies).items() if name not in {*members, *fields}
    }
    variables = {name: variable for name, variable in _variables(node) if name not in fields}
    return FrozenClass(
        struct,
        node.info,
        defaults,
        frozenset(optional),
        members | {name: member for name, (_, member) in of_bases.items()},
        inherited - of_bases.keys(),
        _is_ordered(node),
        variables,
        frozenset(_opaque(node, members)),
        replace(scope, type_arguments={}),
        annotations,
        type_variables,
        bases={name: base for name, (base, _) in of_bases.items()},
    )


def _is_named_tuple(node: ClassDef) -> bool:
    """A class statement with the one base `NamedTuple`."""
    return len(node.base_type_exprs) == 1 and any(
        isinstance(base, RefExpr) and base.fullname == "typing.NamedTuple" for base in node.base_type_exprs
    )


def _named_tuple(node: ClassDef, scope: Scope) -> FrozenClass | Refused | str:
    """The class, or why its values are objects. Its constructor converts nothing."""
    if node.decorators:
        return "it has decorators"
    fields: dict[str, Type] = {}
    defaults: dict[str, ConstantValue] = {}
    optional = set()
    for statement in node.defs.body:
        if not isinstance(statement, AssignmentStmt) or statement.unanalyzed_type is None:
            continue
        (target,) = statement.lvalues
        type_ = _field_type(statement, scope)
        if not isinstance(target, NameExpr) or not _may_be_in_field(type_):
            name = target.name if isinstance(target, NameExpr) else "?"
            reason = f"its field `{name}`, {statement.type}, is an object (line {statement.line})"
            return Refused(node.name, reason, _hint(statement, name))
        fields[target.name] = type_
        if type(statement.rvalue).__name__ != "TempNode":
            optional.add(target.name)
            known, value = constant_value(statement.rvalue, {})
            if known and not has_text(value):
                defaults[target.name] = value
    members = {member.name: member for member in _members(node)}
    own = sorted(_OWN_MAKERS & members.keys())
    if own or not fields:
        return f"it has its own `{own[0]}`" if own else "it has no fields"
    struct = StructType(node.name, tuple(fields.items()), objects=frozenset(fields), is_tuple=True)
    variables = {name: variable for name, variable in _variables(node) if name not in fields}
    opaque = frozenset(_special_names(node) - {name for name, member in members.items() if member.kind == ""})
    return FrozenClass(
        struct, node.info, defaults, frozenset(optional), members, frozenset(), False, variables, opaque, scope, {}
    )


def _special_names(node: ClassDef) -> set[str]:
    """Those that the body gives a meaning."""
    targets = [target for item in node.defs.body if isinstance(item, AssignmentStmt) for target in item.lvalues]
    names = {target.name for target in targets if isinstance(target, NameExpr)}
    names |= {item.name for item in node.defs.body if isinstance(item, FuncDef | Decorator | OverloadedFuncDef)}
    return {name for name in names if name.startswith("__") and name.endswith("__")}


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


def _members_of_bases(node: ClassDef, bodies: Mapping[str, ClassDef]) -> dict[str, tuple[str, Member]]:
    """Functions that the class has from protocols and ABCs of the module, each with its class; no special methods."""
    found: dict[str, tuple[str, Member]] = {}
    seen = {"__class__", *node.info.names}
    for base in node.info.mro[1:-1]:
        own = {member.name: member for member in _members(bodies[base.fullname])} if base.fullname in bodies else {}
        for name in base.names:
            if name not in seen and name in own and own[name].kind != "?" and not name.startswith("__"):
                found[name] = (base.name, own[name])
        seen |= set(base.names)
    return found


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
    """What is no value is an object."""
    found = declared(statement.unanalyzed_type, statement.type, scope)
    if found is None:
        return OBJECT
    return found.type if _may_be_in_field(found.type) or _lies_inside(statement, found.type, scope) else OBJECT


def _lies_inside(statement: AssignmentStmt, type_: Type, scope: Scope) -> bool:
    """Whether instances hold the value of the field themselves (`_stored_type` in `pyfreeze/language/frozen.py`)."""
    written = statement.unanalyzed_type
    is_qualified = isinstance(written, UnboundType) and written.name.rpartition(".")[2] in QUALIFIERS
    if is_qualified or _tells_object(statement, scope):
        return False
    if isinstance(type_, BoolType):
        return isinstance(get_proper_type(statement.type), Instance)  # not Literal[True]
    field = declared(written, statement.type, scope)
    return field is not None and field.promise and isinstance(type_, FixedInt | FloatType | StructType)


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
