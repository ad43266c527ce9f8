"""Views: NumPy arrays and memoryviews. Each access is a row of `pyfreeze/primitives/views.py`.

What `a[i]` of a NumPy array gives is a NumPy scalar, and whoever looks can tell it from a Python number: arithmetic on it
wraps, or warns, where a Python number raises. So an element is built only where it is converted at once, or where nobody can
tell; `expression` refuses it anywhere else. Sums, differences, products and quotients of float64 elements are elements too:
their bits are the same, and where NumPy might warn native code is left.
"""

from __future__ import annotations

from mypy.nodes import ComparisonExpr, Expression, IndexExpr, NameExpr, OpExpr, TupleExpr, UnaryExpr
from mypy.nodes import Context as Node

from pyfreeze.ir.types import (
    BOOL,
    FLOAT64,
    INT,
    INT64,
    UINT64,
    ArrayType,
    BoolType,
    FixedInt,
    FloatType,
    TupleType,
    Type,
    ViewType,
)
from pyfreeze.irbuild.arguments import Build
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.conversions import convert, to_float
from pyfreeze.irbuild.operand import Operand, constant_operand, is_int
from pyfreeze.irbuild.unsupported import Unsupported
from pyfreeze.irbuild.view_types import shows_slice
from pyfreeze.primitives.views import view_row

_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "truediv"}
_COMPARE = ("<", "<=", "==", "!=", ">", ">=")


# Elements of NumPy arrays


def is_element(context: FunctionContext, node: Expression) -> bool:
    """Whether the value of `node` is a NumPy scalar."""
    match node:
        case IndexExpr(base=base, index=index):
            view = _view_named(context, base)
            return view is not None and view.exporter == "ndarray" and not shows_slice(index)
        case OpExpr(op=symbol, left=left, right=right) if symbol in _ARITHMETIC:
            return is_element(context, left) or is_element(context, right)
        case UnaryExpr(op="-", expr=inner):
            return is_element(context, inner)
        case _:
            return False


def _view_named(context: FunctionContext, node: Expression) -> ViewType | None:
    if not isinstance(node, NameExpr):
        return None
    known = context.facts.variables.get(context.scope_prefix + node.name) or context.facts.variables.get(node.name)
    return known if isinstance(known, ViewType) else None


def to_convert(context: FunctionContext, node: Expression, build: Build) -> Operand:
    """The value of `node`, for a caller that converts it to a Python number at once, or hands it to NumPy."""
    match node:
        case IndexExpr() if is_element(context, node):
            if is_single(context, node):
                raise unconverted_single(node)
            return _read(context, build(context, node.base), node.index, node, build)
        case OpExpr(op=symbol, left=left, right=right) if is_element(context, node):
            operands = (to_convert(context, left, build), to_convert(context, right, build))
            return arithmetic(context, symbol, *operands, node)
        case UnaryExpr(expr=inner) if is_element(context, node):
            operand = to_convert(context, inner, build)
            if operand.type != FLOAT64:
                raise unconverted(node)
            return context.apply("float64.neg", [operand], node)
        case _:
            return build(context, node)


def arithmetic(context: FunctionContext, symbol: str, left: Operand, right: Operand, node: Node) -> Operand:
    """`left symbol right`, one of them an element: only for float64."""
    name = _ARITHMETIC.get(symbol)
    operands = [_as_double(operand) for operand in (left, right)]
    if name is None or any(operand.type != FLOAT64 for operand in operands):
        raise unconverted(node)
    return context.apply(f"float64.{name}_quiet", operands, node)


def _as_double(operand: Operand) -> Operand:
    """NumPy makes a float64 of an int that it meets."""
    exact = operand.is_weak and abs(int(operand.number)) <= 1 << 53
    return constant_operand(float(operand.number)) if exact else operand


def unconverted(node: Node) -> Unsupported:
    text = "an element of a NumPy array is a NumPy scalar, which computes in its own way"
    return Unsupported("PF117", node, text)


def is_single(context: FunctionContext, node: Expression) -> bool:
    """Whether `node` is an element of an array of float32: of those NumPy computes singles, in some versions."""
    view = _view_named(context, node.base) if isinstance(node, IndexExpr) else None
    return view is not None and view.single


def _of_any_width(context: FunctionContext, node: Expression, build: Build) -> Operand:
    """As `to_convert`, also of a single, for a caller that takes it for the double of the same value."""
    if isinstance(node, IndexExpr) and is_element(context, node):
        return _read(context, build(context, node.base), node.index, node, build)
    return to_convert(context, node, build)


def unconverted_single(node: Node) -> Unsupported:
    text = "an element of this NumPy array is a NumPy float32, which computes in its own way"
    return Unsupported("PF117", node, text, "convert it: float(a[i]); store it in an array of the same type")


def as_python(context: FunctionContext, node: Expression, build: Build) -> Operand:
    """The value of `node`, an element as the Python number that `int(x)`, `float(x)` and `bool(x)` start from."""
    operand = _of_any_width(context, node, build)
    is_fixed = is_element(context, node) and isinstance(operand.type, FixedInt)
    return convert(context, operand, INT, node) if is_fixed else operand


def as_index(context: FunctionContext, node: Expression, build: Build) -> Operand:
    """The value of `node` for whoever takes its `__index__`."""
    if not is_element(context, node):
        return build(context, node)
    operand = as_python(context, node, build)
    if not is_int(operand.type):
        raise unconverted(node)
    return operand


def as_real(context: FunctionContext, node: Expression, build: Build) -> Operand:
    """The value of `node` for a function of `math`."""
    operand = _of_any_width(context, node, build)
    if is_element(context, node) and operand.type != FLOAT64:
        raise unconverted(node)
    return operand


def as_value(context: FunctionContext, node: Expression, build: Build) -> Operand:
    """The value of `node` for `int64(x)` and its like, and for what has a value annotation: a NumPy bool is no index."""
    operand = to_convert(context, node, build)
    if is_element(context, node) and operand.type == BOOL:
        raise unconverted(node)
    return operand


def for_target(context: FunctionContext, targets: list[Expression], node: Expression, build: Build) -> Operand:
    """The value of `node`, which is assigned to `targets`."""
    if not is_element(context, node):
        return build(context, node)
    if is_single(context, node):
        if not all(_takes_single(context, target) for target in targets):
            raise unconverted_single(node)
        return _of_any_width(context, node, build)
    operand = to_convert(context, node, build)
    if not all(_takes(context, target, operand.type) for target in targets):
        raise unconverted(node)
    return operand


def _takes_single(context: FunctionContext, target: Expression) -> bool:
    view = _view_named(context, target.base) if isinstance(target, IndexExpr) else None
    return view is not None and view.exporter == "ndarray" and view.element == FLOAT64


def _takes(context: FunctionContext, target: Expression, element: Type) -> bool:
    """Whether an element stored in `target` is converted there."""
    match target:
        case NameExpr(name=name):
            return has_promise(context, name) and element != BOOL
        case IndexExpr(base=NameExpr(name=name) as base):
            view, known = _view_named(context, base), context.facts.variables.get(name)
            if view is not None and view.exporter == "ndarray":
                if view.single:  # NumPy may report what it loses
                    return False
                return view.element == element or (view.element == FLOAT64 and element != BOOL)
            return (view is not None or isinstance(known, ArrayType)) and element != BOOL
        case _:
            return False


def has_promise(context: FunctionContext, name: str) -> bool:
    """Whether variable `name` has the annotation of a scalar value type."""
    declared = context.facts.declared.get(name)
    return declared is not None and declared.promise and isinstance(declared.type, FixedInt | FloatType)


def condition(context: FunctionContext, node: Expression, build: Build) -> Operand | None:
    """`node` as a truth value, if that needs elements: one itself, or a comparison of one. None if it does not."""
    if is_element(context, node):
        return _truth(context, _of_any_width(context, node, build), node)
    if not isinstance(node, ComparisonExpr) or not any(is_element(context, operand) for operand in node.operands):
        return None
    if len(node.operators) > 1 or node.operators[0] not in _COMPARE:
        raise unconverted(node)
    return _comparison(context, node, build)


def _truth(context: FunctionContext, operand: Operand, node: Expression) -> Operand:
    if isinstance(operand.type, BoolType):
        return operand
    zero = context.zero(operand.type)
    return context.apply(f"{operand.type}.ne", [operand, zero], node)


_NAMES = {"<": "lt", "<=": "le", "==": "eq", "!=": "ne", ">": "gt", ">=": "ge"}


def _comparison(context: FunctionContext, node: ComparisonExpr, build: Build) -> Operand:
    """Of numbers that NumPy does not convert first, or without loss."""
    left, right = (to_convert(context, operand, build) for operand in node.operands)
    if FLOAT64 in (left.type, right.type):
        left, right = _as_double(left), _as_double(right)
        type_: Type = FLOAT64
    else:
        type_ = INT64
        both = [_as_int64(context, operand, node) for operand in (left, right)]
        left, right = both
    if left.type != type_ or right.type != type_:
        raise unconverted(node)
    return context.apply(f"{type_}.{_NAMES[node.operators[0]]}", [left, right], node)


def _as_int64(context: FunctionContext, operand: Operand, node: Node) -> Operand:
    """All but uint64, which older versions of NumPy compare as doubles with what has a sign."""
    fits = operand.is_weak and INT64.holds(int(operand.number))
    fits = fits or (isinstance(operand.type, FixedInt) and operand.type != UINT64)
    return convert(context, operand, INT64, node) if fits else operand


# Reading, writing, and what a view tells of itself


def _read(context: FunctionContext, view: Operand, index: Expression, node: Node, build: Build) -> Operand:
    return context.apply_row(view_row("view.get", _type(view)), [view, _index(context, view, index, build)], node)


def _type(view: Operand) -> ViewType:
    assert isinstance(view.type, ViewType)
    return view.type


def _index(context: FunctionContext, view: Operand, node: Expression, build: Build) -> Operand:
    """A subscript as int64s; one that does not fit is left to the twin, which raises IndexError."""
    parts = node.items if isinstance(node, TupleExpr) else [node]
    if len(parts) != _type(view).dimensions:
        raise Unsupported("PF112", node, f"{len(parts)} subscripts of {type_name(view.type)} are not compiled yet")
    return joined_index(context, [as_index(context, part, build) for part in parts], node)


def joined_index(context: FunctionContext, parts: list[Operand], node: Node) -> Operand:
    """The subscript of one element. A bool would be a mask."""
    for part in parts:
        if not is_int(part.type):
            raise Unsupported("PF112", node, f"a subscript that is {type_name(part.type)} works on objects")
    words = [convert(context, part, INT64, node) for part in parts]
    if len(words) == 1:
        return words[0]
    made = context.builder.make_tuple([context.materialize(word) for word in words])
    return Operand(made.type, made)


def item(context: FunctionContext, view: Operand, index: Expression, node: Expression, build: Build) -> Operand:
    """`view[index]` as an expression of its own: of a memoryview, whose elements are plain ints and floats."""
    if shows_slice(index):
        raise Unsupported("PF112", node, "a slice works on objects")
    if _type(view).exporter == "ndarray":
        raise unconverted(node)
    return _plain(context, _read(context, view, index, node, build), node)


def _plain(context: FunctionContext, element: Operand, node: Node) -> Operand:
    return convert(context, element, INT, node) if isinstance(element.type, FixedInt) else element


def subscript(context: FunctionContext, view: Operand, index: Expression, build: Build) -> Operand:
    """The subscript of a target."""
    if shows_slice(index):
        raise Unsupported("PF112", index, "a slice works on objects")
    return _index(context, view, index, build)


def set_item(context: FunctionContext, view: Operand, index: Operand, value: Operand, node: Node) -> None:
    """`view[index] = value`, where storing keeps the value; what does not fit is left to the twin."""
    element = _type(view).element
    if element == FLOAT64 and is_int(value.type):
        value = to_float(context, convert(context, value, INT64, node) if value.type == INT else value, node)
    elif isinstance(element, FixedInt) and is_int(value.type):
        value = convert(context, value, element, node)
    if value.type != element:
        raise Unsupported(
            "PF112",
            node,
            f"storing {type_name(value.type)} in {type_name(view.type)} works on objects",
            "convert it first: float(x), int(x)",
        )
    if _type(view).single:
        value = context.apply("float64.as_single", [value], node)
    context.apply_row(view_row("view.set", _type(view)), [view, index, value], node)


def raw_item(context: FunctionContext, view: Operand, index: Operand, node: Node) -> Operand:
    """An element, for a caller that knows what may be done with it."""
    return context.apply_row(view_row("view.get", _type(view)), [view, index], node)


def plain_item(context: FunctionContext, view: Operand, index: Operand, node: Node) -> Operand:
    """An element of a memoryview."""
    return _plain(context, context.apply_row(view_row("view.get", _type(view)), [view, index], node), node)


def length(context: FunctionContext, view: Operand, node: Node, axis: int = 0) -> Operand:
    """`len(view)`, `view.shape[axis]`, as an int64."""
    return context.apply_row(view_row(f"view.shape{axis}", _type(view)), [view], node)


def attribute(context: FunctionContext, view: Operand, name: str, node: Node) -> Operand | None:
    """`view.shape`, `view.ndim`; of a NumPy array also `view.size`."""
    type_ = _type(view)
    if name == "ndim":
        return constant_operand(type_.dimensions)
    if name == "size" and type_.exporter == "ndarray":
        return convert(context, context.apply_row(view_row("view.size", type_), [view], node), INT, node)
    if name != "shape":
        return None
    lengths = [convert(context, length(context, view, node, axis), INT, node) for axis in range(type_.dimensions)]
    made = context.builder.make_tuple([context.materialize(one) for one in lengths])
    assert isinstance(made.type, TupleType)
    return Operand(made.type, made)
