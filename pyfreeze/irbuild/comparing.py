"""Comparing part by part, as tuples and the fields of frozen values are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mypy.nodes import Context as Node

from pyfreeze.ir.instructions import Block, Value
from pyfreeze.ir.types import BOOL, FLOAT64, ArrayType, NoneKind, OptionalType, StructType, TupleType, Type
from pyfreeze.irbuild.context import FunctionContext
from pyfreeze.irbuild.operand import Operand, constant_operand
from pyfreeze.irbuild.optionals import item_of
from pyfreeze.irbuild.unsupported import Unsupported


@dataclass(frozen=True, slots=True)
class Part:
    """Two items or fields. `equal` builds their `==` where they are values inside; None: they are objects, perhaps the same one."""

    one: Operand
    other: Operand
    equal: Callable[[], Operand] | None = None


Compare = Callable[[FunctionContext, str, Operand, Operand, Node], Operand]
"""`one symbol other`, by its symbol."""


def join_bools(context: FunctionContext, ways: list[tuple[Block, Operand]], last: Operand) -> Operand:
    """The bool computed in one of the blocks of `ways`, or in the current one."""
    done, verdict = context.builder.new_block("decided"), Value(BOOL)
    done.parameters.append(verdict)
    context.builder.branch(done, [context.materialize(last)])
    for block, operand in ways:
        context.builder.activate(block)
        context.builder.branch(done, [context.materialize(operand)])
    context.builder.activate(done)
    return Operand(BOOL, verdict)


def compare_in_turn(
    context: FunctionContext,
    symbol: str,
    parts: Sequence[Part],
    by_length: bool,
    node: Node,
    compare: Compare,
) -> Operand:
    """As the first parts that differ compare (Objects/tupleobject.c, `tuplerichcompare`); `by_length` if none do."""
    ways: list[tuple[Block, Operand]] = []
    for part in parts:
        one, other = part.one, part.other
        equal = part.equal() if part.equal is not None else compare(context, "==", one, other, node)
        if equal.type != BOOL:
            raise _gives_no_bool(node)
        if equal.is_constant and equal.constant:
            continue
        same, different = context.branch_on(equal, node)
        context.builder.activate(different)
        if part.equal is None:
            leave_if_one_object(context, one, other, node)
        decided = constant_operand(symbol == "!=")
        if symbol not in ("==", "!="):
            decided = compare(context, symbol, one, other, node)
        if decided.type != BOOL:
            raise _gives_no_bool(node)
        assert context.builder.block is not None
        ways.append((context.builder.block, decided))
        context.builder.activate(same)
    return join_bools(context, ways, constant_operand(by_length))


def _gives_no_bool(node: Node) -> Unsupported:
    return Unsupported("PF102", node, "a comparison that gives no bool is not compiled here")


def leave_if_one_object(
    context: FunctionContext, one: Operand, other: Operand, node: Node, equal: Operand | None = None
) -> None:
    """What is one object counts as equal to itself: for values that differ (unless `equal`) and may be one, only the twin knows."""
    one, other = item_of(context, one), item_of(context, other)
    if one.type != other.type:
        return
    if isinstance(one.type, ArrayType) and not equals_itself(context, one.type):
        raise Unsupported("PF102", node, "arrays that may not equal themselves are not compared here yet")
    if not _may_differ_from_itself(context, one) or not _may_differ_from_itself(context, other):
        return
    same = _same_bits(context, one, other, node)
    if equal is not None and isinstance(one.type, StructType):
        same = context.apply("bool.gt", [same, equal], node)
    leave, stay = context.branch_on(same, node)
    context.builder.activate(leave)
    context.builder.deopt(only_from_start=True)
    context.builder.activate(stay)


def _may_differ_from_itself(context: FunctionContext, operand: Operand) -> bool:
    """Tuples look at the identity of their items themselves."""
    if operand.type == FLOAT64:
        return not (operand.is_constant and operand.constant == operand.constant)
    return isinstance(operand.type, StructType) and not equals_itself(context, operand.type)


def equals_itself(context: FunctionContext, type_: Type) -> bool:
    """Whether every value of the type equals itself as an object: `==` of its class says so."""
    match type_:
        case StructType(fields=fields):
            class_ = context.classes[type_.name]
            own = {"__eq__", "__ne__"} & {*class_.members, *class_.inherited, *class_.opaque}
            inner = (item for name, item in fields if name not in type_.objects)
            return not own and all(item == FLOAT64 or equals_itself(context, item) for item in inner)
        case ArrayType(element=element):
            return element != FLOAT64 and equals_itself(context, element)
        case OptionalType(item=item):
            return equals_itself(context, item)
        case _:
            return type_ != FLOAT64


def _same_bits(context: FunctionContext, one: Operand, other: Operand, node: Node) -> Operand:
    """Whether two values of one type may be one object; for floats, whether they are NaNs that may."""
    if isinstance(one.type, StructType | TupleType | OptionalType):
        same: Operand = constant_operand(True)
        for first, second in zip(context.items(one), context.items(other), strict=True):
            part = _same_item(context, first, second, node)
            same = part if same.is_constant else context.apply("bool.and", [same, part], node)
        return same
    nans = [context.apply("float64.ne", [operand, operand], node) for operand in (one, other)]
    return context.apply("bool.and", nans, node)


def _same_item(context: FunctionContext, one: Operand, other: Operand, node: Node) -> Operand:
    match one.type:
        case StructType() | TupleType() | OptionalType():
            return _same_bits(context, one, other, node)
        case ArrayType() | NoneKind():
            return constant_operand(True)
        case _ if one.type == FLOAT64:
            return context.apply("float64.same", [one, other], node)
        case _:
            return context.apply(f"{one.type}.eq", [one, other], node)
