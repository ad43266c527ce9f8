"""`is_compiled`: whether something is bound to native code."""

from __future__ import annotations

from types import FunctionType, MethodType, ModuleType

try:
    import pyfreeze._runtime as _runtime
except ImportError:  # an installation without a C compiler still runs programs uncompiled
    _runtime = None  # type: ignore[assignment]


def is_compiled(thing: object) -> bool:
    """Whether a function, method, class or module runs native code (contract, "Asking").

    A class does if one of its functions does, a module if pyfreeze built it. Looks through `functools.wraps`.
    """
    if _runtime is None:
        return False
    if isinstance(thing, ModuleType):
        return bool(_runtime.is_compiled_module(thing)) or _main_is_compiled(thing)
    if isinstance(thing, type):
        return any(_is_native_member(member) for member in vars(thing).values())
    return _is_native(thing)


def _main_is_compiled(module: ModuleType) -> bool:
    return any(_is_native(value) for value in vars(module).values() if isinstance(value, FunctionType))


def _is_native_member(member: object) -> bool:
    if isinstance(member, property):
        return any(_is_native(function) for function in (member.fget, member.fset, member.fdel))
    return _is_native(member)


def _is_native(thing: object) -> bool:
    seen = set()
    while id(thing) not in seen:
        seen.add(id(thing))
        if isinstance(thing, MethodType | staticmethod | classmethod):
            thing = thing.__func__
        if isinstance(thing, FunctionType) and _runtime.is_native(thing):
            return True
        thing = getattr(thing, "__wrapped__", None)
    return False
