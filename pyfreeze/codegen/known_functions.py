"""What places of framed functions remember of names that stand for known functions, and the inline part of asking.

Counterpart: `runtime/src/known_functions.c`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.codegen.array_access import HEAD
from pyfreeze.codegen.inline_caches import GLOBAL_CACHE, found_in_namespaces
from pyfreeze.codegen.symbols import Symbols

_CACHE = "%PfKnownCache = type {%PfGlobalCache, ptr, ptr, ptr}"
_VALUE, _MODULE, _DICT = 1, 2, 3


def known_cache(symbols: Symbols, described: str) -> str:
    """The record of a lookup: "sqrt=math.sqrt" of a global, "math.sqrt" of an attribute of the module."""
    symbols.declare(GLOBAL_CACHE)
    symbols.declare(_CACHE)
    name = f'@"known {described}"'
    place = "%PfGlobalCache {i64 -1, i64 -1, ptr null, i64 0, i32 0, i32 0, i32 0, i32 0}"
    return symbols.define(
        name, lambda: f"{name} = internal global %PfKnownCache {{{place}, ptr null, ptr null, ptr null}}"
    )


def global_is_known(symbols: Symbols, facts: Mapping[str, int]) -> str:
    """The LLVM function that says whether a name still has the value in the record: of its namespaces and the record."""
    same_value = f"{_load('kept', _VALUE)}\n%same_value = icmp eq ptr %value, %kept\nret i1 %same_value"
    return symbols.define(
        "@global_is_known",
        lambda: (
            f"""define internal i1 @global_is_known(ptr %globals, ptr %builtins, ptr %cache) alwaysinline {{
{found_in_namespaces(facts)}
{"ret i1 true" if facts["dict_tag"] else same_value}
slow:
ret i1 false
}}"""
        ),
    )


def member_is_known(symbols: Symbols, facts: Mapping[str, int]) -> str:
    """The same for an attribute of a known module: of the record alone."""
    ask = global_is_known(symbols, facts)
    symbols.declare("@PyModule_Type = external global i8")
    return symbols.define(
        "@member_is_known",
        lambda: (
            f"""define internal i1 @member_is_known(ptr %cache) alwaysinline {{
{_load("module", _MODULE)}
%unused = icmp eq ptr %module, null
br i1 %unused, label %slow, label %used, !prof !1
used:
%type_p = getelementptr i8, ptr %module, i64 {facts["type"]}
%type = load ptr, ptr %type_p{HEAD}
%plain = icmp eq ptr %type, @PyModule_Type
br i1 %plain, label %look, label %slow, !prof !2
look:
{_load("dict", _DICT)}
%known = call i1 {ask}(ptr %dict, ptr %dict, ptr %cache)
ret i1 %known
slow:
ret i1 false
}}"""
        ),
    )


def known_value(symbols: Symbols, incref: str) -> str:
    """The LLVM function that gives the object in a record."""
    return symbols.define(
        "@known_value",
        lambda: (
            f"""define internal ptr @known_value(ptr %cache) alwaysinline {{
{_load("kept", _VALUE)}
call void {incref}(ptr %kept)
ret ptr %kept
}}"""
        ),
    )


def _load(name: str, field: int) -> str:
    return f"%{name}_p = getelementptr %PfKnownCache, ptr %cache, i64 0, i32 {field}\n%{name} = load ptr, ptr %{name}_p"
