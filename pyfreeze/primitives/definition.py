"""How rows of the primitives table are written: `define`, and the pieces that several row files share."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Iterable

from pyfreeze.ir.primitive import PURE, Deoptimize, Effects, Lowering, Primitive, PythonCallable, Scalar
from pyfreeze.ir.types import FixedInt, Type
from pyfreeze.language.scalars import out_of_range
from pyfreeze.primitives.intervals import applies_of, interval_of

COMPARISONS = ("lt", "le", "eq", "ne", "gt", "ge")
"""In the order of `Py_LT` …; names as in `operator`, also the suffixes of LLVM's `icmp` and `fcmp` predicates."""

OVERFLOW = ("OverflowError",)
ZERO_DIVISION = ("ZeroDivisionError",)

_MODULES = {"operator": operator, "math": math, "builtins": builtins}


def define(
    name: str,
    operands: Iterable[Type],
    result: Type,
    evaluate: Callable[..., Scalar],
    *,
    body: str | None = None,
    guard: str | None = None,
    python: str | None = None,
    keywords: tuple[str, ...] = (),
    raises: tuple[str, ...] = (),
    deopts: bool = False,
    writes: bool = False,
    recovers: bool = False,
    declarations: tuple[str, ...] = (),
) -> Primitive:
    """A row. `python` is `module.name`, which takes the last operands as `keywords`; see `Primitive` and `Lowering` for the rest.

    A row that `writes` may leave with DEOPT, or raise, only before it has written.
    """
    effects = Effects(raises, deopts, writes=writes) if raises or deopts or writes else PURE
    module, _, attribute = (python or "").rpartition(".")
    named = PythonCallable(module, attribute, keywords) if python else None
    lowering = Lowering(body, recovers, declarations, guard=guard)
    types = tuple(operands)
    interval = interval_of(name, types, result)
    applies = applies_of(name, types, result) if body is not None else None
    return Primitive(name, types, result, evaluate, lowering, named, effects, interval, applies)


def in_range(type_: FixedInt, function: Callable[..., int]) -> Callable[..., Scalar]:
    """`function`, with OverflowError where its result does not fit `type_` (contract, rule 2)."""

    def evaluate(*operands: int) -> int:
        result = function(*operands)
        if not isinstance(result, int):
            raise Deoptimize
        if not type_.holds(result):
            raise OverflowError(out_of_range(result, str(type_)))
        return result

    return evaluate


def coercions(type_: FixedInt) -> tuple[tuple[str, str], ...]:
    """The two ways to make a value of `type_`, as the names of rows begin, and who says what is out of range.

    By a call of the type, which is Python code and has a frame; and where something of that type is stored.
    """
    return ("coerce", f"pyfreeze.{type_}"), ("store", "operator.index")


def only(expected: type, function: Callable[..., object]) -> Callable[..., Scalar]:
    """`function`, leaving native code where its result is not exactly an `expected`."""

    def evaluate(*operands: Scalar) -> Scalar:
        result = function(*operands)
        if type(result) is not expected:
            raise Deoptimize
        return result  # type: ignore[return-value]

    return evaluate


def resolve(python: PythonCallable) -> Callable[..., object]:
    """What a `PythonCallable` of the standard library names, with all operands positional."""
    function: Callable[..., object] = getattr(_MODULES[python.module], python.name)
    if not python.keywords:
        return function
    named = len(python.keywords)
    return lambda *operands: function(*operands[:-named], **dict(zip(python.keywords, operands[-named:], strict=True)))


def machine(type_: FixedInt) -> str:
    """Its LLVM type."""
    return f"i{type_.bits}"


def pair_of(machine_type: str) -> str:
    """The end of a body that can fail: return `{%r, %bad}`."""
    return (
        f"%pair = insertvalue {{{machine_type}, i1}} undef, {machine_type} %r, 0\n"
        f"%both = insertvalue {{{machine_type}, i1}} %pair, i1 %bad, 1\n"
        f"ret {{{machine_type}, i1}} %both"
    )
