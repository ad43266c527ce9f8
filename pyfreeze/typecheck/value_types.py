"""A mypy plugin that makes the classes of the private stub behave as the value types they stand for.

Each class converts implicitly to and from `int` or `float`, the way mypy treats mypyc's native ints: `int` is promoted
to it, and its `alt_promote` is `int` (promotions must not be circular). Operations of mixed operands get the result type
that the contract gives them (rule 2). Counterpart: `stubs/pyfreeze/__init__.pyi`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mypy.nodes import CallExpr, RefExpr, TypeInfo
from mypy.plugin import ClassDefContext, FunctionContext, MethodContext, Plugin, ReportConfigContext
from mypy.types import Instance, LiteralType, TupleType, Type, UnionType, get_proper_type

from pyfreeze.ir.types import FIXED_INTS, FixedInt

FIXED_INT_NAMES = {f"pyfreeze.{type_}": type_ for type_ in FIXED_INTS}
FLOAT_NAMES = ("pyfreeze.float64", "pyfreeze.float32")

# A promotion leads to the next type that holds all values, or to the one that the contract gives a mixed operation.
# Join follows them, so `a if c else b` of two widths has the wider.
_PROMOTIONS = {
    "pyfreeze.uint8": ("pyfreeze.uint16", "pyfreeze.int8"),
    "pyfreeze.uint16": ("pyfreeze.uint32", "pyfreeze.int16"),
    "pyfreeze.uint32": ("pyfreeze.uint64", "pyfreeze.int32"),
    "pyfreeze.uint64": ("pyfreeze.int64",),
    "pyfreeze.int8": ("pyfreeze.int16",),
    "pyfreeze.int16": ("pyfreeze.int32",),
    "pyfreeze.int32": ("pyfreeze.int64",),
    "pyfreeze.int64": ("builtins.float",),
    "pyfreeze.float32": ("pyfreeze.float64",),
    "pyfreeze.float64": ("builtins.complex",),
}

_MIXED = ("add", "sub", "mul", "floordiv", "mod", "divmod", "pow", "and", "or", "xor", "lshift", "rshift")


class ValueTypes(Plugin):
    """Its hooks are called for every call and operation that mypy checks, so the dispatch is by dictionary."""

    def report_config_data(self, ctx: ReportConfigContext) -> object:
        """What makes mypy's cache out of date when it changes."""
        return _PROMOTIONS

    def get_class_decorator_hook_2(self, fullname: str) -> Callable[[ClassDefContext], bool] | None:
        return _add_promotions if fullname == "pyfreeze._value_type" else None

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        return _METHOD_HOOKS.get(fullname)

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        return _FUNCTION_HOOKS.get(fullname)


def _add_promotions(context: ClassDefContext) -> bool:
    info = context.cls.info
    plain = context.api.named_type("builtins.int" if info.fullname in FIXED_INT_NAMES else "builtins.float")
    own = Instance(info, [])
    if own not in plain.type._promote:
        plain.type._promote.append(own)
    # mypy writes `alt_promote` to its cache and adds the promotion of `int` again when it reads it.
    info.alt_promote = Instance(plain.type, [])
    for name in _PROMOTIONS[info.fullname]:
        symbol = context.api.lookup_fully_qualified_or_none(name)
        if symbol is not None and isinstance(symbol.node, TypeInfo):
            target = Instance(symbol.node, [])
            if target not in info._promote:
                info._promote.append(target)
    return True


def _fixed(type_: Type) -> Instance | None:
    proper = get_proper_type(type_)
    return proper if isinstance(proper, Instance) and proper.type.fullname in FIXED_INT_NAMES else None


def _common(types: Iterable[Type]) -> Instance | None:
    """The fixed-width type of an operation on ints; None if all are plain."""
    best: Instance | None = None
    for type_ in types:
        fixed = _fixed(type_)
        if fixed is not None and (best is None or _rank(fixed) > _rank(best)):
            best = fixed
    return best


def _rank(fixed: Instance) -> tuple[int, bool]:
    described: FixedInt = FIXED_INT_NAMES[fixed.type.fullname]
    return described.bits, described.signed


def _is_float(type_: Type) -> bool:
    proper = get_proper_type(type_)
    return isinstance(proper, Instance) and proper.type.fullname in FLOAT_NAMES


def _flat(arguments: list[list[Type]]) -> list[Type]:
    return [type_ for formal in arguments for type_ in formal]


def _with_number(result: Type, number: Instance) -> Type:
    """`result` with `number` for its numbers: in tuples (divmod) too."""
    proper = get_proper_type(result)
    if isinstance(proper, TupleType):
        return proper.copy_modified(items=[number] * len(proper.items))
    return number


def _mixed_ints(context: MethodContext) -> Type:
    common = _common([context.type, *_flat(context.arg_types)])
    if common is None or _is_plain_float(context.default_return_type):
        return context.default_return_type
    return _with_number(context.default_return_type, common)


def _is_plain_float(type_: Type) -> bool:
    proper = get_proper_type(type_)
    return isinstance(proper, Instance) and proper.type.fullname == "builtins.float"


def _mixed_floats(context: MethodContext) -> Type:
    for type_ in _flat(context.arg_types):
        proper = get_proper_type(type_)
        if isinstance(proper, Instance) and proper.type.fullname in FLOAT_NAMES:
            return _with_number(context.default_return_type, _float64(proper))
    return context.default_return_type


def _float64(some: Instance) -> Instance:
    for promoted in some.type._promote:
        if isinstance(promoted, Instance) and promoted.type.fullname == "pyfreeze.float64":
            return promoted
    return Instance(some.type, [])


def _number_function(context: FunctionContext) -> Type:
    """pow and divmod of ints."""
    types = _flat(context.arg_types)
    common = _common(types)
    default = context.default_return_type
    if common is None or _is_plain_float(default) or any(map(_is_float, types)):
        return default
    if not all(_is_int(type_) for type_ in types):
        return default
    return _with_number(default, common)


def _is_int(type_: Type) -> bool:
    proper = get_proper_type(type_)
    if isinstance(proper, LiteralType):
        proper = proper.fallback
    return isinstance(proper, Instance) and (
        proper.type.fullname in FIXED_INT_NAMES or proper.type.has_base("builtins.int")
    )


def _sum(context: FunctionContext) -> Type:
    """`sum` of fixed-width ints is typed `int64 | Literal[0]`; the 0 is one too."""
    default = get_proper_type(context.default_return_type)
    if isinstance(default, UnionType):
        for item in default.items:
            proper = get_proper_type(item)
            if isinstance(proper, Instance) and proper.type.fullname in (*FIXED_INT_NAMES, *FLOAT_NAMES):
                return proper
    return context.default_return_type


def _range_items(context: MethodContext) -> Type:
    """`for i in range(n)`: the items have the type of the bounds."""
    call, default = context.context, get_proper_type(context.default_return_type)
    if not isinstance(call, CallExpr) or not isinstance(call.callee, RefExpr) or not isinstance(default, Instance):
        return context.default_return_type
    if call.callee.fullname != "builtins.range" or len(default.args) != 1:
        return context.default_return_type
    common = _common(context.api.get_expression_type(argument) for argument in call.args)
    return default.copy_modified(args=[common]) if common is not None else default


def _methods() -> dict[str, Callable[[MethodContext], Type]]:
    hooks: dict[str, Callable[[MethodContext], Type]] = {"builtins.range.__iter__": _range_items}
    for owner in ("builtins.int", "builtins.bool", *FIXED_INT_NAMES):
        for name in _MIXED:
            hooks[f"{owner}.__{name}__"] = hooks[f"{owner}.__r{name}__"] = _mixed_ints
    for name in ("add", "sub", "mul", "floordiv", "truediv", "mod", "divmod"):
        hooks[f"builtins.float.__{name}__"] = _mixed_floats
    return hooks


_METHOD_HOOKS = _methods()
_FUNCTION_HOOKS: dict[str, Callable[[FunctionContext], Type]] = {
    "builtins.pow": _number_function,
    "builtins.divmod": _number_function,
    "builtins.sum": _sum,
}
