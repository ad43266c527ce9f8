"""What places of framed functions remember: static records, and the inline part of looking in them.

Counterpart: `runtime/src/inline_caches.c`, which says why what is found in a cache is right.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.codegen.symbols import Symbols

_GLOBAL_CACHE = "%PfGlobalCache = type {i64, i64, ptr, i64, i32, i32, i32, i32}"
_ATTRIBUTE_CACHE_WORDS = 15
"""The size of a `PfAttributeCache`."""


def attribute_cache(symbols: Symbols, place: str) -> str:
    """The record of the attribute that is looked up at `place`, a name of its own in the module."""
    name = f'@"attribute {place}"'
    return symbols.define(name, lambda: f"{name} = internal global [{_ATTRIBUTE_CACHE_WORDS} x i64] zeroinitializer")


def global_cache(symbols: Symbols, place: str) -> str:
    """The record of the global that is looked up at `place`, a name of its own in the module."""
    name = f'@"global {place}"'
    fields = "i64 -1, i64 -1, ptr null, i64 0, i32 0, i32 0, i32 0, i32 0"
    return symbols.define(name, lambda: f"{name} = internal global %PfGlobalCache {{{fields}}}")


def load_global(symbols: Symbols, facts: Mapping[str, int], incref: str) -> str:
    """The function that looks up a global: of the frame, its namespaces, the name and the record.

    incref: the function that counts a reference
    """
    symbols.declare(_GLOBAL_CACHE)
    slow = symbols.slot("pf_load_global_again")
    return symbols.define("@load_global", lambda: _load_global(slow, facts, incref))


def _load_global(slow: str, facts: Mapping[str, int], incref: str) -> str:
    found = _found_by_tags(facts) if facts["dict_tag"] else _found_in_keys(facts)
    return f"""define internal ptr @load_global(ptr %frame, ptr %globals, ptr %builtins, ptr %name, ptr %cache) alwaysinline {{
%seen_p = getelementptr %PfGlobalCache, ptr %cache, i64 0, i32 0
%seen = load i64, ptr %seen_p
%others_seen_p = getelementptr %PfGlobalCache, ptr %cache, i64 0, i32 1
%others_seen = load i64, ptr %others_seen_p
{found}
call void {incref}(ptr %value)
ret ptr %value
slow:
%again = call ptr {slow}(ptr %frame, ptr %name, ptr %cache)
ret ptr %again
}}"""


_COMPARE = """%same = icmp eq i64 %version, %seen
%others_same = icmp eq i64 %others, %others_seen
%both = and i1 %same, %others_same
br i1 %both, label %hit, label %slow, !prof !2
hit:"""


def _found_by_tags(facts: Mapping[str, int]) -> str:
    """A dictionary's tag changes with any of its values."""
    return f"""%version_p = getelementptr i8, ptr %globals, i64 {facts["dict_tag"]}
%version = load i64, ptr %version_p
%others_p = getelementptr i8, ptr %builtins, i64 {facts["dict_tag"]}
%others = load i64, ptr %others_p
{_COMPARE}
%value_p = getelementptr %PfGlobalCache, ptr %cache, i64 0, i32 2
%value = load ptr, ptr %value_p, !nonnull !0"""


def _found_in_keys(facts: Mapping[str, int]) -> str:
    """The version of a dictionary's keys says where among them the value is."""
    return f"""%keys_p = getelementptr i8, ptr %globals, i64 {facts["dict_keys"]}
%keys = load ptr, ptr %keys_p
%version_p = getelementptr i8, ptr %keys, i64 {facts["keys_version"]}
%version_32 = load i32, ptr %version_p
%version = zext i32 %version_32 to i64
%other_keys_p = getelementptr i8, ptr %builtins, i64 {facts["dict_keys"]}
%other_keys = load ptr, ptr %other_keys_p
%others_p = getelementptr i8, ptr %other_keys, i64 {facts["keys_version"]}
%others_32 = load i32, ptr %others_p
%others = zext i32 %others_32 to i64
{_COMPARE}
%place_p = getelementptr %PfGlobalCache, ptr %cache, i64 0, i32 3
%place = load i64, ptr %place_p
%which_p = getelementptr %PfGlobalCache, ptr %cache, i64 0, i32 4
%which = load i32, ptr %which_p
%is_own = icmp eq i32 %which, 0
%start = select i1 %is_own, ptr %keys, ptr %other_keys
%value_p = getelementptr i8, ptr %start, i64 %place
%value = load ptr, ptr %value_p
%unset = icmp eq ptr %value, null
br i1 %unset, label %slow, label %found, !prof !1
found:"""
