"""The functions of a module that are lifted: those that irbuild leaves to their twins, if they do nothing that is not compiled."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from types import CodeType

from pyfreeze.ir.expectations import Expectations
from pyfreeze.ir.function import Function
from pyfreeze.lifting import operations
from pyfreeze.lifting.lifter import Lifter, NotLifted

CodeKey = tuple[str, int]

_SUSPENDED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def lift_functions(
    codes: Mapping[CodeKey, CodeType], taken: Iterable[CodeKey], expectations: Expectations
) -> tuple[dict[str, Function], dict[str, CodeKey], dict[CodeKey, NotLifted]]:
    """Framed functions by name, the code object of each, and why others are none. `taken` are native already."""
    framed: dict[str, Function] = {}
    keys: dict[str, CodeKey] = {}
    refused: dict[CodeKey, NotLifted] = {}
    done = set(taken)
    for key, code in codes.items():
        if key in done or not code.co_flags & inspect.CO_OPTIMIZED:  # or the body of a class
            continue
        name = f"{key[0]}:{key[1]}"
        try:
            framed[name] = lift(name, code, expectations)
            keys[name] = key
        except NotLifted as reason:
            refused[key] = reason
    return framed, keys, refused


def lift(name: str, code: CodeType, expectations: Expectations) -> Function:
    """Raises NotLifted."""
    if code.co_flags & _SUSPENDED:
        raise NotLifted("generators and coroutines are not compiled yet", code.co_firstlineno)
    return Lifter(name, code, expectations).lift(operations)
