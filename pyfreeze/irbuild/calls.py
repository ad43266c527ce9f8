"""Calls: of native functions of the module, of builtins, of `math`, and the coercions `int64(x)` and friends."""

from __future__ import annotations

import builtins
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from mypy.nodes import (
    ArgKind,
    CallExpr,
    Expression,
    FuncDef,
    IndexExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    RefExpr,
    StrExpr,
    TypeInfo,
)

from pyfreeze.ir.function import Binding, BindingKind
from pyfreeze.ir.primitive import PythonCallable
from pyfreeze.ir.types import (
    BOOL,
    FIXED_INTS,
    FLOAT64,
    INT,
    INT64,
    NONE,
    OBJECT,
    ArrayType,
    ClassType,
    FixedInt,
    OptionalType,
    StructType,
    TupleType,
    Type,
    ViewType,
)
from pyfreeze.irbuild import arrays, views
from pyfreeze.irbuild.arguments import Arguments, Build, arguments_of
from pyfreeze.irbuild.context import FunctionContext, Signature, type_name
from pyfreeze.irbuild.conversions import as_plain_int, convert, to_float
from pyfreeze.irbuild.frozen_classes import FrozenClass
from pyfreeze.irbuild.frozen_operators import frozen_length
from pyfreeze.irbuild.generics import alias_of, class_for, class_of, type_arguments
from pyfreeze.irbuild.hashing import hash_of
from pyfreeze.irbuild.module_constants import constant_value
from pyfreeze.irbuild.named_tuples import as_tuple, replaced
from pyfreeze.irbuild.native_calls import (
    call_member,
    call_method,
    call_native,
    class_operand,
    construct,
    field,
    fields_of,
    has_member,
    passed_first,
)
from pyfreeze.irbuild.operand import Operand, constant_operand, is_int, is_number
from pyfreeze.irbuild.operators import binary, comparison, of_one_type, select, truth
from pyfreeze.irbuild.unsupported import Consequence, Unsupported
from pyfreeze.primitives import MATH_FUNCTIONS, TABLE, boxed

_FIXED_BY_NAME = {f"pyfreeze.{type_}": type_ for type_ in FIXED_INTS}


def call(context: FunctionContext, node: CallExpr, build: Build, build_argument: Build) -> Operand:
    """Build a call; `build` builds its arguments, and `build_argument` those that may be None."""
    callee = node.callee
    class_ = frozen_class_of(context, callee)
    if class_ is not None:
        return _make(context, node, class_, {}, build_argument)
    alias = alias_of(context, callee)
    if alias is not None:
        return _make(context, node, *alias, build_argument)
    array = arrays.array_type_of(context, callee.expr if isinstance(callee, MemberExpr) else callee)
    if array is not None:
        return _make_array(context, node, array, build)
    if isinstance(callee, MemberExpr) and not is_in_module(callee):
        return _method(context, node, callee, build, build_argument)
    if _may_be_value(context, callee):
        return _call_value(context, node, build(context, callee), build_argument)
    if not isinstance(callee, RefExpr):
        raise Unsupported("PF106", node, "calling the result of an expression works on objects")
    fullname = callee.fullname or ""
    if isinstance(callee, NameExpr) and callee.name in context.code.co_varnames:
        raise Unsupported("PF106", node, f"`{callee.name}` is a local variable: what it calls is not known")
    if fullname in _FIXED_BY_NAME or fullname in ("pyfreeze.float64", "pyfreeze.float32"):
        return _coercion(context, node, callee, build)
    module, _, name = fullname.rpartition(".")
    if module == "builtins" and isinstance(callee, NameExpr):
        return _builtin(context, name, node, build, build_argument)
    if module == "math" and name in MATH_FUNCTIONS:
        return _mathematics(context, name, node, callee, build)
    if fullname == "dataclasses.replace" and node.arg_kinds[:1] == [ArgKind.ARG_POS]:
        return _replace(context, node, callee, build, build_argument)
    if isinstance(callee, NameExpr) and isinstance(callee.node, FuncDef):
        return _native(context, node, callee, build_argument)
    raise Unsupported("PF106", node, f"calling `{_shown(callee)}` works on objects")


def is_in_module(node: MemberExpr) -> bool:
    """`math.sqrt`."""
    return isinstance(node.expr, RefExpr) and isinstance(node.expr.node, MypyFile)


def _shown(callee: RefExpr) -> str:
    return callee.name if isinstance(callee, NameExpr | MemberExpr) else "this"


# Native functions


def _native(context: FunctionContext, node: CallExpr, callee: NameExpr, build: Build) -> Operand:
    generic = context.generic_functions.get(callee.name)
    if generic is not None:
        given = _match_arguments(context, generic.signature, node, build)
        signature = context.specialise(generic.name, type_arguments(context, generic, given, node), node)
        return call_native(context, signature, given, callee.name, node)
    signature = context.resolve_function(callee.name, node)
    return call_native(context, signature, _match_arguments(context, signature, node, build), callee.name, node)


def _make(
    context: FunctionContext,
    node: CallExpr,
    class_: FrozenClass,
    wanted: Mapping[str, Type],
    build: Build,
) -> Operand:
    """`Vec3(x, y, z=1.0)`. `wanted`: what the call says of type variables."""
    given: dict[str, Operand] = {}
    names = class_.struct.field_names
    for index, (argument, kind, name) in enumerate(zip(node.args, node.arg_kinds, node.arg_names, strict=True)):
        key = names[index] if kind == ArgKind.ARG_POS and index < len(names) else name
        if kind not in (ArgKind.ARG_POS, ArgKind.ARG_NAMED) or key is None or key not in names or key in given:
            raise Unsupported("PF106", node, f"this call of `{class_.name}` is not compiled, or raises TypeError")
        given[key] = build(context, argument)
    return construct(context, class_for(context, class_, given, wanted, node).name, given, node)


def _method(
    context: FunctionContext, node: CallExpr, callee: MemberExpr, build: Build, build_argument: Build
) -> Operand:
    """`value.method(…)`, `Class.static_method(…)`."""
    class_ = frozen_class_of(context, callee.expr)
    unsupported = Unsupported("PF106", node, f"calling `{callee.name}` works on objects")
    if isinstance(callee.expr, StrExpr):  # mypy makes calls of text's methods from f-strings
        raise unsupported
    try:
        receiver = None if class_ is not None else build(context, callee.expr)
    except Consequence:  # in a report, the call is a reason of its own
        raise unsupported from None
    if receiver is not None and isinstance(receiver.type, ArrayType):
        return arrays.call_method(context, receiver, callee.name, node, build)
    if receiver is not None and isinstance(receiver.type, StructType):
        class_ = context.classes[receiver.type.name]
        found = field(context, receiver, callee.name, node)
        if found is not None:
            return _call_value(context, node, found, build_argument)
        if receiver.type.is_tuple and callee.name == "_replace":
            return replaced(context, receiver, node, build_argument)
    member = class_.members.get(callee.name) if class_ is not None else None
    if class_ is None or member is None or member.kind in ("property", "?"):
        raise unsupported
    if class_.is_generic:
        return _call_through_generic(context, node, class_, callee.name, build_argument)
    signature = context.resolve_method(class_.name, callee.name, node)
    first = passed_first(context, class_.name, callee.name, receiver)
    given = _match_arguments(context, signature, node, build_argument, first)
    return call_member(context, class_.name, callee.name, signature, given, node)


def _call_through_generic(
    context: FunctionContext, node: CallExpr, class_: FrozenClass, name: str, build: Build
) -> Operand:
    """`Pair.method(…)`: the arguments tell the types."""
    generic = context.generic_functions.get(f"{class_.name}.{name}")
    if generic is None:
        raise Unsupported("PF106", node, f"calling `{name}` works on objects")
    is_class_method = class_.members[name].kind == "classmethod"
    given = _match_arguments(context, generic.signature, node, build, [Operand(NONE)] if is_class_method else [])
    if is_class_method:
        first = next(iter(given))
        del given[first]
    arguments = type_arguments(context, generic, given, node)
    made = class_of(context, class_, tuple(arguments[variable] for variable in class_.type_variables), node)
    if is_class_method:
        given[first] = class_operand(context, made.name)
    return call_member(context, made.name, name, context.resolve_method(made.name, name, node), given, node)


def _replace(context: FunctionContext, node: CallExpr, callee: RefExpr, build: Build, build_argument: Build) -> Operand:
    """`dataclasses.replace(value, x=…)`, where nothing can fail: a traceback would show the library's own frames."""
    _bind_imported(context, callee, node)
    whole = build(context, node.args[0])
    is_frozen = isinstance(whole.type, StructType) and not whole.type.is_tuple
    if (
        not isinstance(whole.type, StructType)
        or not is_frozen
        or "__post_init__" in context.classes[whole.type.name].members
    ):
        raise Unsupported("PF106", node, "this call of `replace` works on objects", "call the class")
    fields = dict(whole.type.fields)
    given: dict[str, Operand] = {}
    for argument, name in zip(node.args[1:], node.arg_names[1:], strict=True):
        if name is None or name not in fields or name in given:
            raise Unsupported("PF106", node, "this call of `replace` is not compiled, or raises TypeError")
        wanted = fields[name]
        items = (NONE, wanted.item) if isinstance(wanted, OptionalType) else ()
        given[name] = (build_argument if items or wanted == OBJECT else build)(context, argument)
        if given[name].type not in (wanted, *items) and wanted != OBJECT:
            message = f"field `{name}` is {type_name(fields[name])} but is given {type_name(given[name].type)}"
            raise Unsupported("PF114", node, message, "convert the value before")
    return construct(context, whole.type.name, fields_of(context, whole) | given, node)


def _may_be_value(context: FunctionContext, callee: Expression) -> bool:
    """Whether what is called is the value of an expression, not something that a name of the module stands for."""
    if isinstance(callee, NameExpr):
        known = context.variables.get(callee.name)
        return known is not None and isinstance(known.type, StructType)
    return isinstance(callee, CallExpr | IndexExpr)


def _call_value(context: FunctionContext, node: CallExpr, called: Operand, build: Build) -> Operand:
    """`value(…)`, by `__call__`."""
    if not has_member(context, called.type, "__call__"):
        raise Unsupported("PF106", node, "calling the result of an expression works on objects")
    assert isinstance(called.type, StructType)
    signature = context.resolve_method(called.type.name, "__call__", node)
    first = passed_first(context, called.type.name, "__call__", called)
    given = _match_arguments(context, signature, node, build, first)
    return call_member(context, called.type.name, "__call__", signature, given, node)


def _make_array(context: FunctionContext, node: CallExpr, type_: ArrayType, build: Build) -> Operand:
    """`Array[T]()`, `Array[T](array)`, `Array[T].filled(length, value)`."""
    if not isinstance(node.callee, MemberExpr) and not node.args:
        return arrays.empty(context, type_, node)
    if isinstance(node.callee, MemberExpr) and node.callee.name == "filled" and node.arg_kinds == [ArgKind.ARG_POS] * 2:
        count, value = (build(context, argument) for argument in node.args)
        return arrays.filled(context, type_, count, value, node)
    if not isinstance(node.callee, MemberExpr) and node.arg_kinds == [ArgKind.ARG_POS]:
        other = build(context, node.args[0])
        if isinstance(other.type, ArrayType):
            return arrays.converted(context, type_, other, node)
    raise Unsupported("PF106", node, "making an array this way works on objects", "use Array[T].filled and append")


def frozen_class_of(context: FunctionContext, node: Expression) -> FrozenClass | None:
    """The frozen class that `node` is: by the name that it has in the module, a `cls`, or the type of a value."""
    found = _class_in_variable(context, node)
    if found is not None:
        return found
    if not isinstance(node, NameExpr) or not isinstance(node.node, TypeInfo) or node.name in context.code.co_varnames:
        return None
    found = context.classes.get(node.name)
    return found if found is not None and found.info is node.node else None


def _class_in_variable(context: FunctionContext, node: Expression) -> FrozenClass | None:
    """`cls`; or `type(x)` of a variable that holds a frozen value."""
    wanted: type = ClassType
    if isinstance(node, CallExpr) and isinstance(node.callee, NameExpr) and node.arg_kinds == [ArgKind.ARG_POS]:
        if node.callee.fullname != "builtins.type" or node.callee.name in context.code.co_varnames:
            return None
        node, wanted = node.args[0], StructType
    if not isinstance(node, NameExpr) or node.name in context.facts.maybe_unset or node.name not in context.variables:
        return None
    type_ = context.variables[node.name].type
    if not isinstance(type_, wanted):
        return None
    if isinstance(type_, StructType):
        context.bind_builtin("type")
        return context.classes[type_.name]
    assert isinstance(type_, ClassType)
    return context.classes[type_.struct.name]


def _match_arguments(
    context: FunctionContext, signature: Signature, node: CallExpr, build: Build, first: Sequence[Operand] = ()
) -> dict[str, Operand]:
    """The given arguments by parameter, a method's receiver first. A call that Python would refuse is left to the twin."""
    given: dict[str, Operand] = {}
    positional = [parameter for parameter in signature.parameters if not parameter.keyword_only]
    for operand in first:
        if not positional:
            raise Unsupported("PF106", node, f"this call of `{signature.name}` raises TypeError")
        given[positional.pop(0).name] = operand
    for index, (argument, kind, name) in enumerate(zip(node.args, node.arg_kinds, node.arg_names, strict=True)):
        if kind == ArgKind.ARG_POS and index < len(positional):
            key = positional[index].name
        elif kind == ArgKind.ARG_NAMED and name is not None:
            key = name
        else:
            raise Unsupported("PF106", node, f"this call of `{signature.name}` works on objects")
        named = next((parameter for parameter in signature.parameters if parameter.name == key), None)
        if named is None or key in given or (kind == ArgKind.ARG_NAMED and named.positional_only):
            raise Unsupported("PF106", node, f"this call of `{signature.name}` raises TypeError")
        given[key] = build(context, argument)
    return given


# Coercions


def _coercion(context: FunctionContext, node: CallExpr, callee: RefExpr, build: Build) -> Operand:
    if node.arg_kinds != [ArgKind.ARG_POS]:
        raise Unsupported("PF106", node, f"`{_shown(callee)}` takes one argument")
    _bind_imported(context, callee, node)
    argument = views.as_value(context, node.args[0], build)
    if callee.fullname in _FIXED_BY_NAME:
        if not (is_int(argument.type) or argument.type == BOOL):
            raise Unsupported("PF106", node, f"`{_shown(callee)}` of {type_name(argument.type)} raises TypeError")
        return convert(context, argument, _FIXED_BY_NAME[callee.fullname], node, coerce=True, called=True)
    real = convert(context, argument, FLOAT64, node, coerce=True)
    return context.apply("float64.to_float32", [real], node) if callee.fullname == "pyfreeze.float32" else real


def _bind_imported(context: FunctionContext, callee: RefExpr, node: CallExpr) -> None:
    module, _, name = (callee.fullname or "").rpartition(".")
    if isinstance(callee, NameExpr):
        context.bind(Binding(BindingKind.IMPORTED, callee.name, module, name))
    elif isinstance(callee, MemberExpr) and isinstance(callee.expr, NameExpr):
        context.bind(Binding(BindingKind.MODULE, callee.expr.name, module))
        context.bind(Binding(BindingKind.ATTRIBUTE, name, module, name))
    else:
        raise Unsupported("PF106", node, f"calling `{_shown(callee)}` this way works on objects")


# Builtins


def _builtin(context: FunctionContext, name: str, node: CallExpr, build: Build, build_argument: Build) -> Operand:
    if name == "len":
        return _len(context, node, build)
    if name == "hash" and node.arg_kinds == [ArgKind.ARG_POS]:
        operand = build_argument(context, node.args[0])
        context.bind_builtin("hash")
        return hash_of(context, operand, node)
    if name == "sum" and node.args and node.arg_kinds[0] == ArgKind.ARG_POS and range_call(node.args[0]) is not None:
        return _sum_of_range(context, node, build)
    if name in ("int", "float") and node.args and isinstance(node.args[0], StrExpr):
        return _from_text(context, name, node)
    handler = _BUILTINS.get(name)
    if handler is None:
        raise Unsupported("PF106", node, f"calling `{name}` works on objects")
    context.bind_builtin(name)
    if name in ("int", "float", "bool"):
        build = partial(views.as_python, build=build)
    arguments = arguments_of(context, getattr(builtins, name), node, build)
    if arguments.keywords:
        raise Unsupported("PF106", node, "this call raises TypeError")
    return handler(context, node, arguments.positional)


def range_call(node: Expression) -> CallExpr | None:
    """`node` as a call of the builtin `range` with plain arguments."""
    if (
        not isinstance(node, CallExpr)
        or not isinstance(node.callee, RefExpr)
        or node.callee.fullname != "builtins.range"
    ):
        return None
    if not 1 <= len(node.args) <= 3 or any(kind != ArgKind.ARG_POS for kind in node.arg_kinds):
        return None
    return node


def reversed_range(node: Expression) -> CallExpr | None:
    """The range of `node`, if that is `reversed(range(…))`."""
    if not isinstance(node, CallExpr) or not isinstance(node.callee, RefExpr):
        return None
    if node.callee.fullname != "builtins.reversed" or node.arg_kinds != [ArgKind.ARG_POS]:
        return None
    return range_call(node.args[0])


def range_bounds(context: FunctionContext, node: CallExpr, build: Build) -> tuple[list[Operand], Type]:
    """start, stop and step as int64 operands, and the type of the range's items."""
    context.bind_builtin("range")
    given = [views.as_index(context, argument, build) for argument in node.args]
    if any(not (is_int(operand.type) or operand.type == BOOL) for operand in given):
        raise Unsupported("PF102", node, "range() of something that is no int")
    fixed = [operand.type for operand in given if isinstance(operand.type, FixedInt)]
    item: Type = max(fixed, key=lambda type_: (type_.bits, type_.signed)) if fixed else INT
    bounds = [constant_operand(0), *given] if len(given) == 1 else given
    if len(bounds) == 2:
        bounds.append(constant_operand(1))
    wide = []
    for operand in bounds:
        if operand.type == BOOL:
            operand = as_plain_int(context, operand, node)
        wide.append(convert(context, operand, INT64, node))
    return wide, item


def _from_text(context: FunctionContext, name: str, node: CallExpr) -> Operand:
    """`float("inf")`, `int("ff", 16)`: a constant."""
    known, value = constant_value(node, {})
    if not known:
        raise Unsupported("PF112", node, "this text is no number, or not known at compile time")
    context.bind_builtin(name)
    return constant_operand(value)


def _len(context: FunctionContext, node: CallExpr, build: Build) -> Operand:
    """Of a range, a tuple or an array."""
    if node.arg_kinds == [ArgKind.ARG_POS]:
        counted = range_call(node.args[0])
        if counted is not None:
            context.bind_builtin("len")
            bounds, _ = range_bounds(context, counted, build)
            steps = context.apply("range.steps", bounds, counted)
            # More than sys.maxsize is an OverflowError, which the twin raises.
            return convert(context, convert(context, steps, INT64, node), INT, node)
        whole = build(context, node.args[0])
        context.bind_builtin("len")
        whole = as_tuple(context, whole, "__len__")
        if isinstance(whole.type, TupleType):
            return constant_operand(len(whole.type.items))
        if isinstance(whole.type, ArrayType):
            return convert(context, arrays.length(context, whole, node), INT, node)
        if isinstance(whole.type, ViewType):
            return convert(context, views.length(context, whole, node), INT, node)
        if has_member(context, whole.type, "__len__"):
            return convert(context, frozen_length(context, whole, node), INT, node)
    raise Unsupported("PF112", node, "`len` is compiled only for ranges, tuples and arrays so far")


def _sum_of_range(context: FunctionContext, node: CallExpr, build: Build) -> Operand:
    """`sum(range(…), start)`, without a loop."""
    ranged = range_call(node.args[0])
    if ranged is None or len(node.args) > 2 or node.arg_names[1:] not in ([], [None], ["start"]):
        raise Unsupported("PF106", node, "this call of `sum` raises TypeError")
    context.bind_builtin("sum")
    bounds, _ = range_bounds(context, ranged, build)
    count = convert(context, context.apply("range.steps", bounds, ranged), INT, node)
    first, step = (convert(context, bounds[index], INT, node) for index in (0, 2))
    initial = constant_operand(0)
    if len(node.args) == 2:
        initial = build(context, node.args[1])
        if not is_int(initial.type):
            raise Unsupported("PF112", node, "`sum` of a range is compiled only with an int to start from")
        initial = as_plain_int(context, initial, node)
    pairs = binary(context, "*", count, binary(context, "-", count, constant_operand(1), node), node)
    grown = binary(context, "*", step, binary(context, "//", pairs, constant_operand(2), node), node)
    total = binary(context, "+", binary(context, "*", count, first, node), grown, node)
    return binary(context, "+", initial, total, node)


def _id(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
    if len(arguments) == 1 and isinstance(arguments[0].type, StructType) and not arguments[0].type.is_tuple:
        raise Unsupported("PF402", node, "`id` of a frozen value says nothing", "compare values with `==`")
    raise Unsupported("PF106", node, "calling `id` works on objects")


def _abs(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
    (operand,) = _counted(arguments, 1, node)
    if has_member(context, operand.type, "__abs__"):
        return call_method(context, operand, "__abs__", [], node)
    if operand.type == BOOL:
        operand = as_plain_int(context, operand, node)
    if isinstance(operand.type, FixedInt) and not operand.type.signed:
        return operand
    _require_number(operand, node)
    return context.apply(f"{operand.type}.abs", [operand], node)


def _counted(arguments: list[Operand], count: int, node: CallExpr) -> list[Operand]:
    if len(arguments) != count:
        raise Unsupported("PF106", node, "this number of arguments works on objects")
    return arguments


def _require_number(operand: Operand, node: CallExpr) -> None:
    if not is_number(operand.type):
        raise Unsupported("PF112", node, f"this function of {type_name(operand.type)} works on objects")


def _extremum(symbol: str) -> Callable[[FunctionContext, CallExpr, list[Operand]], Operand]:
    def build(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
        """The first of the extremes, as the builtin compares: a NaN is replaced only by what compares as better."""
        if len(arguments) == 1 and isinstance(arguments[0].type, ArrayType) and is_number(arguments[0].type.element):
            return arrays.extremum(context, "min" if symbol == "<" else "max", arguments[0], node)
        if len(arguments) == 1:
            arguments = [as_tuple(context, arguments[0], "__iter__")]
        if len(arguments) == 1 and isinstance(arguments[0].type, TupleType):
            arguments = context.items(arguments[0])
        if len(arguments) < 2:
            raise Unsupported("PF112", node, "min and max are compiled only for two or more numbers so far")
        arguments = of_one_type(context, arguments, node)
        best = arguments[0]
        for candidate in arguments[1:]:
            better = comparison(context, symbol, candidate, best, node)
            best = select(context, better, candidate, best, node)
        return best

    return build


def _without_none(arguments: list[Operand]) -> list[Operand]:
    """None for the last, optional parameter is as if it were not given."""
    return arguments[:-1] if arguments and arguments[-1].type == NONE else arguments


def _round(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
    arguments = _without_none(arguments)
    operand = arguments[0] if arguments else None
    if operand is None or not is_number(operand.type) or len(arguments) > 2:
        raise Unsupported("PF106", node, "this call of `round` works on objects")
    if operand.type == BOOL:
        operand = as_plain_int(context, operand, node)
    if len(arguments) == 1:
        return operand if is_int(operand.type) else context.apply("float64.round", [operand], node)
    digits = as_plain_int(context, arguments[1], node)
    row = boxed(PythonCallable("builtins", "round"), (operand.type, INT), operand.type)
    return context.apply_row(row, [operand, digits], node)


def _divmod(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
    left, right = _counted(arguments, 2, node)
    both_int = is_int(left.type) and is_int(right.type)
    if not both_int and not (is_number(left.type) and is_number(right.type)):
        raise Unsupported("PF112", node, "this divmod works on objects")
    if FLOAT64 in (left.type, right.type):
        # Its own message for a zero divisor.
        row = boxed(PythonCallable("builtins", "divmod"), (FLOAT64, FLOAT64), TupleType((FLOAT64, FLOAT64)))
        return context.apply_row(row, [to_float(context, left, node), to_float(context, right, node)], node)
    quotient = binary(context, "//", left, right, node)
    remainder = binary(context, "%", left, right, node)
    made = context.builder.make_tuple([context.materialize(quotient), context.materialize(remainder)])
    return Operand(made.type, made)


def _pow(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
    arguments = _without_none(arguments)
    if len(arguments) == 2:
        return binary(context, "**", arguments[0], arguments[1], node)
    base, exponent, modulus = _counted(arguments, 3, node)
    plain = [as_plain_int(context, operand, node) for operand in (base, exponent, modulus)]
    result = context.apply_row(boxed(PythonCallable("builtins", "pow"), (INT, INT, INT), INT), plain, node)
    fixed = next((operand.type for operand in (base, exponent, modulus) if isinstance(operand.type, FixedInt)), None)
    return result if fixed is None else convert(context, result, fixed, node)


def _int(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
    if not arguments:
        return constant_operand(0)
    (operand,) = _counted(arguments, 1, node)
    _require_number(operand, node)
    if operand.type == FLOAT64:
        return context.apply("float64.to_int", [operand], node)
    return operand if isinstance(operand.type, FixedInt) else as_plain_int(context, operand, node)


def _float(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
    if not arguments:
        return constant_operand(0.0)
    (operand,) = _counted(arguments, 1, node)
    _require_number(operand, node)
    return to_float(context, operand, node)


def _bool(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
    return truth(context, arguments[0], node) if len(arguments) == 1 else constant_operand(False)


def _sum(context: FunctionContext, node: CallExpr, arguments: list[Operand]) -> Operand:
    """By the builtin itself if there are floats, which it adds in its own way (compensated from 3.12), or of an array."""
    if len(arguments) == 1 and isinstance(arguments[0].type, ArrayType) and is_number(arguments[0].type.element):
        return arrays.total(context, arguments[0], node)
    arguments = [as_tuple(context, operand, "__iter__") for operand in arguments]
    if not arguments or len(arguments) > 2 or not isinstance(arguments[0].type, TupleType):
        raise Unsupported("PF112", node, "`sum` is compiled only for range and tuples so far")
    items, initial = arguments[0].type.items, arguments[1:]
    types = [*items, *(operand.type for operand in initial)]
    if any(not is_number(type_) for type_ in types):
        raise Unsupported("PF112", node, "this `sum` works on objects")
    if not items:
        return initial[0] if initial else constant_operand(0)
    if FLOAT64 in types:
        operands = tuple(operand.type for operand in arguments)
        return context.apply_row(boxed(PythonCallable("builtins", "sum"), operands, FLOAT64), arguments, node)
    total = as_plain_int(context, initial[0], node) if initial else constant_operand(0)
    for item in context.items(arguments[0]):
        total = binary(context, "+", total, item, node)
    return total


_BUILTINS: dict[str, Callable[[FunctionContext, CallExpr, list[Operand]], Operand]] = {
    "abs": _abs,
    "id": _id,
    "min": _extremum("<"),
    "max": _extremum(">"),
    "round": _round,
    "divmod": _divmod,
    "pow": _pow,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "sum": _sum,
}

# The math module

_INT_RESULTS = frozenset(["comb", "factorial", "gcd", "isqrt", "lcm", "perm"])
_BOOL_RESULTS = frozenset(["isclose", "isfinite", "isinf", "isnan"])
_ROUNDING = frozenset(["ceil", "floor", "trunc"])
_EXACT_OF_INTS = frozenset(["log", "log2", "log10"])  # of an int of any size


def _mathematics(context: FunctionContext, name: str, node: CallExpr, callee: RefExpr, build: Build) -> Operand:
    _bind_imported(context, callee, node)
    if f"math.{name}" in TABLE and name not in _ROUNDING:
        build = partial(views.as_real, build=build)
    arguments = arguments_of(context, getattr(math, name), node, build)
    if name == "isclose" and len(arguments.positional) == 2:
        arguments = _with_tolerances(arguments)
    arguments = Arguments([as_tuple(context, item, "__iter__") for item in arguments.positional], arguments.keywords)
    operands = [*arguments.positional, *arguments.keywords.values()]
    if any(not is_number(operand.type) and not _is_tuple_without_none(operand.type) for operand in operands):
        raise Unsupported("PF112", node, f"this call of math.{name} works on objects")
    if name in _ROUNDING and len(operands) == 1 and is_int(operands[0].type):
        return operands[0]
    row = TABLE.get(f"math.{name}")
    plain = all(is_number(operand.type) for operand in operands)
    exact = name in _EXACT_OF_INTS and any(operand.type == INT for operand in operands)
    if row is not None and plain and not exact and len(operands) == len(row.operands):
        return context.apply_row(row, [to_float(context, operand, node) for operand in operands], node)
    types = tuple(operand.type for operand in operands)
    python = PythonCallable("math", name, tuple(arguments.keywords))
    return context.apply_row(boxed(python, types, _result_of(name, types)), operands, node)


def _is_tuple_without_none(type_: Type) -> bool:
    return isinstance(type_, TupleType) and not any(isinstance(item, OptionalType) for item in type_.items)


def _with_tolerances(arguments: Arguments) -> Arguments:
    """All that `math.isclose` has, so that its primitive fits."""
    keywords = {
        name: arguments.keywords.get(name) or constant_operand(parameter.default)
        for name, parameter in inspect.signature(math.isclose).parameters.items()
        if parameter.kind == parameter.KEYWORD_ONLY
    }
    return Arguments(arguments.positional, keywords)


def _result_of(name: str, operands: tuple[Type, ...]) -> Type:
    if name in _INT_RESULTS or name in _ROUNDING:
        return INT
    if name in _BOOL_RESULTS:
        return BOOL
    if name == "frexp":
        return TupleType((FLOAT64, INT))
    if name == "modf":
        return TupleType((FLOAT64, FLOAT64))
    if name in ("prod", "sumprod"):
        flat = [item for type_ in operands for item in (type_.items if isinstance(type_, TupleType) else (type_,))]
        return FLOAT64 if FLOAT64 in flat else INT
    return FLOAT64
