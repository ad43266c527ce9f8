"""Where a loop makes an object of a frozen value in each turn: it puts the value where only objects go.

Such a function works on objects for other reasons as well; this one says which line costs an allocation in each turn, and
where the values could stay values.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    DictExpr,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncDef,
    GeneratorExpr,
    IndexExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    RefExpr,
    SetComprehension,
    SetExpr,
    Statement,
    WhileStmt,
)
from mypy.types import AnyType, CallableType, Instance, get_proper_type
from mypy.types import Type as MypyType

from pyfreeze.irbuild.survey import bodies_of, expressions_of, parts_of
from pyfreeze.irbuild.unsupported import Unsupported

_CONTAINERS = {
    **dict.fromkeys(("list", "builtins.list"), "list"),
    **dict.fromkeys(("collections.deque", "_collections.deque"), "deque"),
    **dict.fromkeys(("set", "builtins.set"), "set"),
    **dict.fromkeys(("dict", "builtins.dict", "collections.defaultdict", "collections.OrderedDict"), "dict"),
}


def boxed_in_loops(
    function: FuncDef, types: Mapping[Expression, MypyType], frozen: Container[str], module: str
) -> list[Unsupported]:
    """`types` are those of the module's expressions; `frozen` its classes that are compiled as values, by full name."""
    finder = _Finder(types, frozen, module)
    return [found for statement in function.body.body for found in finder.statement(statement, in_loop=False)]


class _Finder:
    def __init__(self, types: Mapping[Expression, MypyType], frozen: Container[str], module: str) -> None:
        self._types = types
        self._frozen = frozen
        self._module = module

    def statement(self, statement: Statement, *, in_loop: bool) -> Iterator[Unsupported]:
        inside = in_loop or isinstance(statement, ForStmt | WhileStmt)
        if in_loop and isinstance(statement, AssignmentStmt):
            yield from self._stored(statement)
        # What a `for` iterates over is evaluated once, the condition of a `while` in each turn.
        for whole in expressions_of(statement):
            yield from self._expression(whole, in_loop or isinstance(statement, WhileStmt))
        for body in bodies_of(statement):
            for inner in body.body:
                yield from self.statement(inner, in_loop=inside)

    def _stored(self, statement: AssignmentStmt) -> Iterator[Unsupported]:
        name = self._frozen_name(statement.rvalue)
        for target in statement.lvalues:
            if name is not None and isinstance(target, IndexExpr) and (kind := self._container(target.base)):
                yield _in_container(statement, name, kind)

    def _expression(self, whole: Expression, in_loop: bool) -> Iterator[Unsupported]:
        parts = list(parts_of(whole))
        match whole:
            case ListComprehension(generator=generator) | SetComprehension(generator=generator):
                kind = "list" if isinstance(whole, ListComprehension) else "set"
                yield from self._displayed(whole, [generator.left_expr], kind)
                yield from self._expression(generator, in_loop)
            case DictionaryComprehension(key=key, value=value, sequences=sequences, condlists=conditions):
                pair = [part for part in (key, value) if part is not None]
                yield from self._displayed(whole, pair, "dict")
                parts = [*sequences[:1], *pair, *sequences[1:], *(item for items in conditions for item in items)]
            case GeneratorExpr(left_expr=item, sequences=sequences, condlists=conditions):
                parts = [*sequences[:1], item, *sequences[1:], *(each for items in conditions for each in items)]
            case ListExpr(items=items) | SetExpr(items=items) if in_loop:
                yield from self._displayed(whole, items, "list" if isinstance(whole, ListExpr) else "set")
            case DictExpr(items=pairs) if in_loop:
                yield from self._displayed(whole, [part for pair in pairs for part in pair if part], "dict")
            case CallExpr() if in_loop:
                yield from self._passed(whole)
        makes_loop = isinstance(whole, GeneratorExpr | DictionaryComprehension)
        for number, part in enumerate(parts):
            yield from self._expression(part, in_loop or (makes_loop and number > 0))

    def _displayed(self, whole: Expression, items: list[Expression], kind: str) -> Iterator[Unsupported]:
        names = [name for item in items if (name := self._frozen_name(item)) is not None]
        if names:
            yield _in_container(whole, names[0], kind)

    def _passed(self, call: CallExpr) -> Iterator[Unsupported]:
        callee = call.callee
        for number, argument in enumerate(call.args):
            name = self._frozen_name(argument)
            if name is None:
                continue
            if isinstance(callee, MemberExpr) and (kind := self._container(callee.expr)):
                yield _in_container(call, name, kind)
            elif isinstance(callee, RefExpr) and isinstance(callee.node, FuncDef):
                yield from self._passed_to(call, callee.node, number, name)

    def _passed_to(self, call: CallExpr, callee: FuncDef, number: int, name: str) -> Iterator[Unsupported]:
        called = f"`{callee.name}`"
        if not callee.fullname.startswith(f"{self._module}."):
            if not callee.fullname.startswith("builtins."):
                message = f"a `{name}` becomes an object in each turn of the loop, since {called} is of another module"
                yield Unsupported(
                    "PF403", call, message, f"call a function of this module, or hand over fields of the `{name}`"
                )
            return
        declared = get_proper_type(callee.type) if callee.type is not None else None
        formal = number
        if call.arg_names[number] is not None:
            formal = (
                callee.arg_names.index(call.arg_names[number]) if call.arg_names[number] in callee.arg_names else -1
            )
        if formal < 0 or formal >= len(callee.arg_names):
            return
        wanted = get_proper_type(declared.arg_types[formal]) if isinstance(declared, CallableType) else None
        if wanted is None or isinstance(wanted, AnyType) or _is_object(wanted):
            message = f"a `{name}` becomes an object in each turn of the loop, since {called} takes any"
            yield Unsupported("PF403", call, message, f"annotate the parameter: `{callee.arg_names[formal]}: {name}`")

    def _frozen_name(self, expression: Expression) -> str | None:
        """The name of the frozen class of the module that the expression is a value of."""
        match get_proper_type(self._types.get(expression)):
            case Instance(type=info) if info.fullname in self._frozen:
                return info.name
            case _:
                return None

    def _container(self, expression: Expression) -> str | None:
        match get_proper_type(self._types.get(expression)):
            case Instance(type=info):
                return next((_CONTAINERS[base.fullname] for base in info.mro if base.fullname in _CONTAINERS), None)
            case _:
                return None


def _is_object(type_: MypyType) -> bool:
    return isinstance(type_, Instance) and type_.type.fullname == "builtins.object"


def _in_container(node: Statement | Expression, name: str, kind: str) -> Unsupported:
    message = f"a `{name}` becomes an object in each turn of the loop, since a {kind} holds objects"
    hints = {
        "dict": f"keep the values in an `Array[{name}]`, and in the dict their indices",
        "set": f"keep the values in an `Array[{name}]`",
    }
    return Unsupported(
        "PF403", node, message, hints.get(kind, f"use an `Array[{name}]`, which holds the values themselves")
    )
