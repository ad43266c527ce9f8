"""Which annotations of parameters are views, and of how many dimensions: `NDArray[np.float64]`, `memoryview`.

NumPy's stubs need not be there: the names written in the annotation are followed through the module's imports. To take one
for another would do no harm, since the entry looks at the object itself. An annotation says nothing of dimensions: they
follow from how the function indexes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    Expression,
    ForStmt,
    FuncDef,
    Import,
    ImportFrom,
    IndexExpr,
    IntExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    RefExpr,
    SliceExpr,
    TupleExpr,
)
from mypy.types import Instance, UnboundType, get_proper_type
from mypy.types import Type as MypyType

from pyfreeze.ir.types import BOOL, FIXED_INTS, FLOAT64, UINT8, Type, ViewType
from pyfreeze.primitives.views import MAXIMUM_DIMENSIONS


@dataclass(frozen=True, slots=True)
class _Element:
    """Of a view, and whether it is a single (`ViewType`)."""

    type: Type
    single: bool = False


_DTYPES: Mapping[str, _Element] = MappingProxyType(
    {f"numpy.{type_}": _Element(type_) for type_ in FIXED_INTS}
    | {f"numpy.{name}": _Element(FLOAT64) for name in ("float64", "double")}
    | {f"numpy.{name}": _Element(FLOAT64, single=True) for name in ("float32", "single")}
    | {f"numpy.{name}": _Element(BOOL) for name in ("bool_", "bool")}
)
_MEMORY: Mapping[str, _Element] = MappingProxyType(
    {"builtins.int": _Element(UINT8), "builtins.float": _Element(FLOAT64)}
)
"""The format that a memoryview of such elements is compiled for."""

_ARRAYS = ("numpy.typing.NDArray", "numpy.ndarray")


def view_type(
    written: MypyType | None, analysed: MypyType, tree: MypyFile, function: FuncDef, name: str
) -> ViewType | None:
    """The type of parameter `name` of `function` if its annotation is a view's."""
    found = _written(written, tree) or _analysed(analysed)
    if found is None:
        return None
    exporter, element = found
    dimensions = _Dimensions(tree).of(function, name)
    if not 1 <= dimensions <= MAXIMUM_DIMENSIONS:
        return None
    return ViewType(exporter, element.type, dimensions, element.single)


# Annotations


def _written(written: MypyType | None, tree: MypyFile) -> tuple[str, _Element] | None:
    if not isinstance(written, UnboundType) or not written.args:
        return None
    if _imported(written.name, tree) not in _ARRAYS:
        return None
    dtype = written.args[-1]
    if isinstance(dtype, UnboundType) and len(dtype.args) == 1 and _imported(dtype.name, tree) == "numpy.dtype":
        dtype = dtype.args[0]
    element = _DTYPES.get(_imported(dtype.name, tree)) if isinstance(dtype, UnboundType) else None
    return ("ndarray", element) if element is not None else None


def _imported(name: str, tree: MypyFile) -> str:
    """What `name`, as it is written, means by the module's imports."""
    first, _, rest = name.partition(".")
    for statement in tree.imports:
        if isinstance(statement, ImportFrom):
            pairs = [(alias or item, f"{statement.id}.{item}") for item, alias in statement.names]
        elif isinstance(statement, Import):
            pairs = [(alias or module.partition(".")[0], module if alias else "") for module, alias in statement.ids]
        else:
            continue
        for bound, meaning in pairs:
            if bound == first:
                return ".".join(part for part in (meaning or first, rest) if part)
    return name


def _analysed(analysed: MypyType) -> tuple[str, _Element] | None:
    match get_proper_type(analysed):
        case Instance(type=info, args=[*_, last]) if info.fullname == "numpy.ndarray":
            dtype = get_proper_type(last)
            element = _dtype(dtype) if isinstance(dtype, Instance) and dtype.args else None
            return ("ndarray", element) if element is not None else None
        case Instance(type=info, args=args) if info.fullname == "builtins.memoryview":
            item = get_proper_type(args[0]) if args else None
            element = _MEMORY.get(item.type.fullname) if isinstance(item, Instance) else _Element(UINT8)
            return ("memoryview", element) if element is not None else None
        case _:
            return None


def _dtype(dtype: Instance) -> _Element | None:
    """`np.int64` is `signedinteger[_64Bit]` to mypy, and `np.float32` is `floating[_32Bit]`."""
    scalar = get_proper_type(dtype.args[0])
    if not isinstance(scalar, Instance):
        return None
    name = scalar.type.fullname
    if name not in ("numpy.signedinteger", "numpy.unsignedinteger", "numpy.floating"):
        return _DTYPES.get(name)
    size = get_proper_type(scalar.args[0]) if scalar.args else None
    bits = size.type.name.removeprefix("_").removesuffix("Bit") if isinstance(size, Instance) else ""
    kind = {"numpy.signedinteger": "int", "numpy.unsignedinteger": "uint"}.get(name, "float")
    return _DTYPES.get(f"numpy.{kind}{bits}")


# Dimensions


class _Dimensions:
    """How many dimensions a parameter's uses ask for; -1 if they contradict each other. Without any: 1."""

    def __init__(self, tree: MypyFile) -> None:
        self._tree = tree
        self._seen: set[tuple[str, str]] = set()

    def of(self, function: FuncDef, name: str) -> int:
        exact, least = self._evidence(function, name)
        if len(exact) > 1:
            return -1
        known = next(iter(exact), 0)
        return max(known or 1, least) if not known or known >= least else -1

    def _evidence(self, function: FuncDef, name: str) -> tuple[set[int], int]:
        exact, least = set[int](), 0
        if (function.fullname, name) in self._seen:
            return exact, least
        self._seen.add((function.fullname, name))
        for node in _nodes_in(function.body):
            exact |= set(_counted(node, name))
            least = max(least, _asked_for(node, name))
            if isinstance(node, CallExpr):
                for callee, parameter in _handed_over(node, name, self._tree):
                    inner, at_least = self._evidence(callee, parameter)
                    exact, least = exact | inner, max(least, at_least)
        return exact, least


def _is(node: object, name: str) -> bool:
    return isinstance(node, NameExpr) and node.name == name


def _is_shape(node: object, name: str) -> bool:
    return isinstance(node, MemberExpr) and node.name == "shape" and _is(node.expr, name)


def _counted(node: object, name: str) -> Iterator[int]:
    """The number of dimensions that `node` shows."""
    match node:
        case IndexExpr(base=base, index=TupleExpr(items=items)) if _is(base, name):
            yield len(items)
        case IndexExpr(base=base, index=index) if _is(base, name) and not isinstance(index, SliceExpr):
            yield 1
        case ForStmt(expr=whole) if _is(whole, name):
            yield 1
        case AssignmentStmt(lvalues=[TupleExpr(items=items)], rvalue=value) if _is_shape(value, name):
            yield len(items)


def _asked_for(node: object, name: str) -> int:
    """The number of dimensions that there must at least be."""
    match node:
        case IndexExpr(base=base, index=IntExpr(value=axis)) if _is_shape(base, name):
            return axis + 1
        case _:
            return 0


def _handed_over(node: CallExpr, name: str, tree: MypyFile) -> Iterator[tuple[FuncDef, str]]:
    """The functions of the module, with the parameter, that a call gives the view to."""
    callee = node.callee.node if isinstance(node.callee, RefExpr) else None
    if not isinstance(callee, FuncDef) or callee.fullname != f"{tree.fullname}.{callee.name}":
        return  # of another module mypy may not know the arguments
    for index, (argument, keyword) in enumerate(zip(node.args, node.arg_names, strict=True)):
        if not _is(argument, name):
            continue
        if keyword is not None:
            yield callee, keyword
        elif index < len(callee.arguments):
            yield callee, callee.arguments[index].variable.name


_CHILDREN = (
    *(
        "body",
        "else_body",
        "expr",
        "rvalue",
        "lvalue",
        "lvalues",
        "value",
        "left",
        "right",
        "operands",
        "callee",
        "args",
    ),
    *("items", "cond", "if_expr", "else_expr", "base", "index", "msg", "finally_body", "handlers", "bodies"),
)


def _nodes_in(node: Node) -> Iterator[Node]:
    waiting: list[object] = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, list | tuple):
            waiting.extend(current)
        elif isinstance(current, Node):
            yield current
            waiting.extend(getattr(current, child, None) for child in _CHILDREN)


def shows_slice(index: Expression) -> bool:
    """Whether a subscript asks for more than one element."""
    return any(isinstance(part, SliceExpr) for part in (index.items if isinstance(index, TupleExpr) else [index]))
