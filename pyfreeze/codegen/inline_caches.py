"""What places of framed functions remember: static records, and the inline part of looking in them.

Counterpart: `runtime/src/inline_caches.c`, which says why what is found in a cache is right. The functions here give the
symbol of an LLVM function; `facts` is the runtime's `layout()`, `incref` and `decref` are functions that count references.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.codegen.symbols import Symbols

GLOBAL_CACHE = "%PfGlobalCache = type {i64, i64, ptr, i64, i32, i32, i32, i32}"
_ATTRIBUTE_CACHE = "%PfAttributeCache = type {i64, i64, i64, ptr, i64, ptr, [25 x i64]}"


def attribute_cache(symbols: Symbols, place: str) -> str:
    """The record of the attribute that is looked up at `place`, a name of its own in the module."""
    symbols.declare(_ATTRIBUTE_CACHE)
    name = f'@"attribute {place}"'
    fields = "i64 -1, i64 0, i64 0, ptr null, i64 0, ptr null, [25 x i64] zeroinitializer"
    return symbols.define(name, lambda: f"{name} = internal global %PfAttributeCache {{{fields}}}")


def global_cache(symbols: Symbols, place: str) -> str:
    """The record of the global that is looked up at `place`, a name of its own in the module."""
    name = f'@"global {place}"'
    fields = "i64 -1, i64 -1, ptr null, i64 0, i32 0, i32 0, i32 0, i32 0"
    return symbols.define(name, lambda: f"{name} = internal global %PfGlobalCache {{{fields}}}")


def load_global(symbols: Symbols, facts: Mapping[str, int], incref: str) -> str:
    """Looks up a global: of its namespaces and the record. NULL: ask the runtime."""
    symbols.declare(GLOBAL_CACHE)
    return symbols.define("@load_global", lambda: _load_global(facts, incref))


def _load_global(facts: Mapping[str, int], incref: str) -> str:
    return f"""define internal ptr @load_global(ptr %globals, ptr %builtins, ptr %cache) alwaysinline {{
{found_in_namespaces(facts)}
call void {incref}(ptr %value)
ret ptr %value
slow:
ret ptr null
}}"""


def found_in_namespaces(facts: Mapping[str, int]) -> str:
    """Goes on with `%value`, as `%cache` finds it in `%globals` and `%builtins`, or at `slow`."""
    found = _found_by_tags(facts) if facts["dict_tag"] else _found_in_keys(facts)
    return f"""%seen_p = getelementptr %PfGlobalCache, ptr %cache, i64 0, i32 0
%seen = load i64, ptr %seen_p
%others_seen_p = getelementptr %PfGlobalCache, ptr %cache, i64 0, i32 1
%others_seen = load i64, ptr %others_seen_p
{found}"""


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


def getattr_function(symbols: Symbols, facts: Mapping[str, int], incref: str) -> str:
    """Gets an attribute: of the object and the record. NULL: ask the runtime."""
    return symbols.define(
        "@getattr",
        lambda: (
            f"""define internal ptr @getattr(ptr %object, ptr %cache) alwaysinline {{
{_find_place(facts)}
%value = load ptr, ptr %place
%unset = icmp eq ptr %value, null
br i1 %unset, label %slow, label %found, !prof !1
found:
call void {incref}(ptr %value)
ret ptr %value
slow:
ret ptr null
}}"""
        ),
    )


def setattr_function(symbols: Symbols, facts: Mapping[str, int], incref: str) -> str:
    """Sets an attribute: of the object, the value and the record. Gives what was there, with its reference: None if that was nothing.

    NULL: ask the runtime.
    """
    symbols.declare("@_Py_NoneStruct = external global i8")
    return symbols.define(
        "@setattr",
        lambda: (
            f"""define internal ptr @setattr(ptr %object, ptr %value, ptr %cache) alwaysinline {{
{_find_place(facts, without_dict=True)}
%old = load ptr, ptr %place
%unset = icmp eq ptr %old, null
br i1 %unset, label %first, label %found
found:
call void {incref}(ptr %value)
store ptr %value, ptr %place
ret ptr %old
first:
br i1 %in_values, label %new, label %put
new:
{_note_order(facts)}
put:
call void {incref}(ptr %value)
store ptr %value, ptr %place
call void {incref}(ptr @_Py_NoneStruct)
ret ptr @_Py_NoneStruct
slow:
ret ptr null
}}"""
        ),
    )


def _note_order(facts: Mapping[str, int]) -> str:
    """Values tell in which order they were set: `_PyDictValues_AddToInsertionOrder`. Goes on at `put`, or at `slow`."""
    if facts["values_are_inside"]:
        return "br label %slow"
    return """%size_p = getelementptr i8, ptr %start, i64 -2
%size = load i8, ptr %size_p
%more = add i8 %size, 1
%before = zext i8 %more to i64
%back = sub i64 0, %before
%order_p = getelementptr i8, ptr %size_p, i64 %back
%index_64 = lshr i64 %offset, 3
%index = trunc i64 %index_64 to i8
store i8 %index, ptr %order_p
store i8 %more, ptr %size_p
br label %put"""


def _find_old(facts: Mapping[str, int]) -> str:
    """Goes on with `%old`, the attribute that is to be replaced at `%place`, or at `slow`."""
    return f"""{_find_place(facts, without_dict=True)}
%old = load ptr, ptr %place
%unset = icmp eq ptr %old, null
br i1 %unset, label %slow, label %found, !prof !1
found:"""


def load_method_function(symbols: Symbols, facts: Mapping[str, int], incref: str) -> str:
    """Looks up what is to be called: of the object and the record.

    Returns it and what goes before its arguments, which may be NULL. NULL, and anything: ask the runtime.
    """
    return symbols.define(
        "@load_method",
        lambda: (
            f"""define internal {{ptr, ptr}} @load_method(ptr %object, ptr %cache) alwaysinline {{
{_type_is_known(facts)}
br i1 %in_values, label %values, label %ask
values:
{_find_values(facts)}
ask:
%count_place_p = getelementptr %PfAttributeCache, ptr %cache, i64 0, i32 3
%count_place = load ptr, ptr %count_place_p
%count_p = getelementptr %PfAttributeCache, ptr %cache, i64 0, i32 4
%expected = load i64, ptr %count_p
%count = load i64, ptr %count_place
%grown = icmp ne i64 %count, %expected
br i1 %grown, label %slow, label %found, !prof !1
found:
%method_p = getelementptr %PfAttributeCache, ptr %cache, i64 0, i32 5
%method = load ptr, ptr %method_p, !nonnull !0
call void {incref}(ptr %method)
call void {incref}(ptr %object)
%method_half = insertvalue {{ptr, ptr}} undef, ptr %method, 0
%method_pair = insertvalue {{ptr, ptr}} %method_half, ptr %object, 1
ret {{ptr, ptr}} %method_pair
slow:
ret {{ptr, ptr}} zeroinitializer
}}"""
        ),
    )


def _type_is_known(facts: Mapping[str, int]) -> str:
    """Goes on with `%in_values`, or at `slow`."""
    return f"""%type_p = getelementptr i8, ptr %object, i64 {facts["type"]}
%type = load ptr, ptr %type_p
%version_p = getelementptr i8, ptr %type, i64 {facts["type_version"]}
%version_32 = load i32, ptr %version_p
%version = zext i32 %version_32 to i64
%seen = load i64, ptr %cache
%known = icmp eq i64 %version, %seen
br i1 %known, label %go, label %slow, !prof !2
go:
%in_values_p = getelementptr %PfAttributeCache, ptr %cache, i64 0, i32 2
%in_values_64 = load i64, ptr %in_values_p
%in_values = icmp ne i64 %in_values_64, 0"""


def _find_place(facts: Mapping[str, int], without_dict: bool = False) -> str:
    """Goes on with `%place`, where the attribute is in the object or its values, or at `slow`.

    without_dict: where the values are inside, there must be no dictionary that counts them
    """
    has_dict = f"""%dict_p = getelementptr i8, ptr %object, i64 -{facts["values"]}
%dict = load ptr, ptr %dict_p
%has_dict = icmp ne ptr %dict, null
br i1 %has_dict, label %slow, label %free, !prof !1
free:
"""
    return f"""{_type_is_known(facts)}
br i1 %in_values, label %values, label %ask
values:
{has_dict if without_dict and facts["values_are_inside"] else ""}{_find_values(facts)}
ask:
%start = phi ptr [%object, %go], [%values_start, %valued]
%offset_p = getelementptr %PfAttributeCache, ptr %cache, i64 0, i32 1
%offset = load i64, ptr %offset_p
%place = getelementptr i8, ptr %start, i64 %offset"""


def _find_values(facts: Mapping[str, int]) -> str:
    """Goes on at `ask` with `%values_start`, from `valued`, or at `slow`: the instance has no values."""
    if facts["values_are_inside"]:
        return f"""%values_start = getelementptr i8, ptr %object, i64 {facts["values_are_inside"]}
%valid_p = getelementptr i8, ptr %values_start, i64 {facts["values_valid"]}
%valid = load i8, ptr %valid_p
%invalid = icmp eq i8 %valid, 0
br i1 %invalid, label %slow, label %valued, !prof !1
valued:
br label %ask"""
    is_missing = (
        "%none = icmp eq ptr %word, null\nbr i1 %none, label %slow, label %valued, !prof !1\nvalued:"
        if facts["dict_tag"]
        else """%bits = ptrtoint ptr %word to i64
%low = and i64 %bits, 1
%none = icmp eq i64 %low, 0
br i1 %none, label %slow, label %valued, !prof !1
valued:"""
    )
    shift = 0 if facts["dict_tag"] else 1
    return f"""%values_p = getelementptr i8, ptr %object, i64 -{facts["values"]}
%word = load ptr, ptr %values_p
{is_missing}
%values_start = getelementptr i8, ptr %word, i64 {shift}
br label %ask"""
