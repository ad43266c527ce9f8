"""`hash(x)` of values: what CPython computes of the objects that they are boxed as."""

from __future__ import annotations

from mypy.nodes import Context as Node

from pyfreeze.ir.instructions import Value
from pyfreeze.ir.primitive import PythonCallable
from pyfreeze.ir.types import (
    BOOL,
    FLOAT64,
    INT,
    INT64,
    NONE,
    UINT64,
    FixedInt,
    OptionalType,
    StructType,
    TupleType,
)
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.native_calls import call_method, has_member
from pyfreeze.irbuild.operand import Operand, is_int
from pyfreeze.irbuild.optionals import is_set, item_of
from pyfreeze.irbuild.unsupported import Unsupported
from pyfreeze.primitives import boxed
from pyfreeze.primitives.hashing import START, signed


def hash_of(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """`hash(operand)`, an int."""
    return convert(context, _hash(context, operand, node), INT, node)


def _hash(context: FunctionContext, operand: Operand, node: Node, *, in_frozen: bool = False) -> Operand:
    """As an int64. `in_frozen`: of a field of a frozen value, where all NaNs are equal; else only the twin knows which one it is."""
    type_ = operand.type
    if type_ == BOOL:
        return context.apply("bool.to_int64", [operand], node)
    if type_ in (INT, UINT64):
        return context.apply(f"{type_}.hash", [operand], node)
    if isinstance(type_, FixedInt):
        return context.apply("int64.hash", [convert(context, operand, INT64, node)], node)
    if type_ == FLOAT64:
        if not in_frozen:
            _leave_for_nan(context, operand, node)
        return context.apply("float64.hash", [operand], node)
    if type_ == NONE:
        return convert(context, context.apply_row(boxed(_PYTHON, (NONE,), INT), [operand], node), INT64, node)
    if isinstance(type_, OptionalType):
        return _hash_or_none(context, operand, node, in_frozen)
    if isinstance(type_, TupleType):
        return _hash_items(context, operand, node, in_frozen=False)
    if isinstance(type_, StructType):
        return _hash_struct(context, type_, operand, node)
    raise Unsupported("PF112", node, f"the hash of {type_name(type_)} is not compiled, or raises TypeError")


_PYTHON = PythonCallable("builtins", "hash")


def _leave_for_nan(context: FunctionContext, operand: Operand, node: Node) -> None:
    if operand.is_constant and operand.constant == operand.constant:
        return
    leave, stay = context.branch_on(context.apply("float64.ne", [operand, operand], node), node)
    context.builder.activate(leave)
    context.builder.deopt(only_from_start=True)
    context.builder.activate(stay)


def _hash_or_none(context: FunctionContext, operand: Operand, node: Node, in_frozen: bool) -> Operand:
    some, none = context.branch_on(is_set(context, operand), node)
    done, result = context.builder.new_block("hashed"), Value(INT64)
    done.parameters.append(result)
    for block, item in ((some, item_of), (none, _none)):
        context.builder.activate(block)
        found = _hash(context, item(context, operand), node, in_frozen=in_frozen)
        context.builder.branch(done, [context.materialize(found)])
    context.builder.activate(done)
    return Operand(INT64, result)


def _none(_context: FunctionContext, _operand: Operand) -> Operand:
    return Operand(NONE)


def _hash_items(context: FunctionContext, whole: Operand, node: Node, *, in_frozen: bool) -> Operand:
    items = context.items(whole)
    accumulator = _constant(context, signed(START))
    for item in items:
        lane = _hash(context, item, node, in_frozen=in_frozen)
        accumulator = context.apply("int64.hash_more", [accumulator, lane], node)
    return context.apply("int64.hash_end", [accumulator, _constant(context, len(items))], node)


def _constant(context: FunctionContext, number: int) -> Operand:
    return Operand(INT64, context.builder.constant(INT64, number))


def _hash_struct(context: FunctionContext, type_: StructType, operand: Operand, node: Node) -> Operand:
    class_ = context.classes[type_.name]
    if "__hash__" in class_.opaque or ("__hash__" in class_.members and not has_member(context, type_, "__hash__")):
        raise Unsupported("PF106", node, f"`__hash__` of `{type_.name}` is no plain method", "write it as `def`")
    if not has_member(context, type_, "__hash__"):
        return _hash_items(context, operand, node, in_frozen=not type_.is_tuple)
    given = call_method(context, operand, "__hash__", [], node)
    if not is_int(given.type):
        raise Unsupported("PF102", node, "this `__hash__` gives no int")
    # More than 64 bits are left to the twin.
    return context.apply("int64.hash_given", [convert(context, given, INT64, node)], node)
