"""How rows of the primitives table are written: `define`, and the pieces that several row files share."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Iterable

from pyfreeze.ir.primitive import PURE, Deoptimize, Effects, Lowering, Primitive, PythonCallable, Scalar
from pyfreeze.ir.types import FixedInt, Type
from pyfreeze.language.scalars import out_of_range

COMPARISONS = ("lt", "le", "eq", "ne", "gt", "ge")
"""Names as in `operator`; also the suffixes of LLVM's `icmp` and `fcmp` predicates."""

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
    python: str | None = None,
    keywords: tuple[str, ...] = (),
    raises: tuple[str, ...] = (),
    deopts: bool = False,
    recovers: bool = False,
    declarations: tuple[str, ...] = (),
) -> Primitive:
    """A row. `python` is `module.name`, which takes the last operands as `keywords`; see `Primitive` and `Lowering` for the rest."""
    effects = Effects(raises, deopts) if raises or deopts else PURE
    module, _, attribute = (python or "").rpartition(".")
    named = PythonCallable(module, attribute, keywords) if python else None
    lowering = Lowering(body, recovers, declarations)
    return Primitive(name, tuple(operands), result, evaluate, lowering, named, effects)


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
