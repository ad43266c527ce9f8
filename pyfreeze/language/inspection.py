"""`is_compiled`: whether something is bound to native code."""

from __future__ import annotations

import sys

try:
    import pyfreeze._runtime as _runtime
except ImportError:  # an installation without a C compiler still runs programs uncompiled
    _runtime = None  # type: ignore[assignment]


_FUNCTION, _MODULE = type(lambda: None), type(sys)
"""Not from `types`, which may itself be compiled and then imports this."""


def is_compiled(thing: object) -> bool:
    """Whether a function, method, class or module runs native code (contract, "Asking").

    A class does if one of its functions does, a module if pyfreeze built it. Looks through `functools.wraps`.
    """
    if _runtime is None:
        return False
    if isinstance(thing, _MODULE):
        return bool(_runtime.is_compiled_module(thing)) or _main_is_compiled(thing)
    if isinstance(thing, type):
        return any(_is_native_member(member) for member in vars(thing).values())
    return _is_native(thing)


def _main_is_compiled(module: object) -> bool:
    return any(_is_native(value) for value in vars(module).values() if isinstance(value, _FUNCTION))


def _is_native_member(member: object) -> bool:
    if isinstance(member, property):
        return any(_is_native(function) for function in (member.fget, member.fset, member.fdel))
    return _is_native(member)


def _is_native(thing: object) -> bool:
    seen = set()
    while id(thing) not in seen:
        seen.add(id(thing))
        thing = getattr(thing, "__func__", thing)  # of methods, static and class methods
        if isinstance(thing, _FUNCTION) and _runtime.is_native(thing):
            return True
        thing = getattr(thing, "__wrapped__", None)
    return False
