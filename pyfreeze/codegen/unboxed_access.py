"""The guards of framed functions inline: the fast paths of the rows in `pyfreeze/primitives/unboxed.py`.

Each is an LLVM function that returns `{result, i1}`, the flag set where it does not apply. `facts` is the runtime's `layout()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyfreeze.codegen.array_access import ELEMENT, HEAD
from pyfreeze.codegen.machine_types import llvm_type
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import Status

KNOWN_OBJECTS = (
    "PyLong_Type",
    "PyFloat_Type",
    "PyByteArray_Type",
    "PyRange_Type",
    "PyList_Type",
    "PyTuple_Type",
    "_Py_TrueStruct",
    "_Py_FalseStruct",
)
"""With which guards compare."""


def unboxed_function(primitive: Primitive, slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    """The LLVM function of a row. `slot` names the accessor of a runtime slot."""
    result = llvm_type(primitive.result)
    names = zip(primitive.operands, "abc", strict=False)
    parameters = ", ".join(f"{llvm_type(type_)} %{letter}" for type_, letter in names)
    body = _BODIES[primitive.lowering.object](slot, facts)
    head = f'define internal {{{result}, i1}} @"{primitive.name}"({parameters}) alwaysinline {{'
    return f"{head}\n{body}\n{_ends(result)}"


def _ends(result: str) -> str:
    """At `yes` with `%r`, and at `no`."""
    return f"""yes:
%half = insertvalue {{{result}, i1}} undef, {result} %r, 0
%whole = insertvalue {{{result}, i1}} %half, i1 false, 1
ret {{{result}, i1}} %whole
no:
ret {{{result}, i1}} {{{result} undef, i1 true}}
}}"""


def is_unboxed(primitive: Primitive) -> bool:
    return primitive.lowering.object in _BODIES


def _type_of(facts: Mapping[str, int]) -> str:
    """Of `%a`, which may be NULL."""
    return f"""%null = icmp eq ptr %a, null
br i1 %null, label %no, label %there, !prof !1
there:
%type_p = getelementptr i8, ptr %a, i64 {facts["type"]}
%type = load ptr, ptr %type_p{HEAD}"""


def _index(facts: Mapping[str, int], here: str, go: str) -> str:
    """From label `here` on to `go` with `%at`, index `%b` counted from the start, if `%a` has that."""
    return f"""{here}:
%count_p = getelementptr i8, ptr %a, i64 {facts["var_size"]}
%count = load i64, ptr %count_p{HEAD}
%direct = icmp ult i64 %b, %count
br i1 %direct, label %{go}, label %behind, !prof !2
behind:
%from_end = add i64 %b, %count
%inside = icmp ult i64 %from_end, %count
br i1 %inside, label %{go}, label %no
{go}:
%at = phi i64 [%b, %{here}], [%from_end, %behind]"""


def _item(facts: Mapping[str, int]) -> str:
    """Goes on at `item` with `%item`, borrowed, if `%a` is a list or a tuple that has index `%b`."""
    return f"""{_type_of(facts)}
%is_list = icmp eq ptr %type, @PyList_Type
%is_tuple = icmp eq ptr %type, @PyTuple_Type
%has_items = or i1 %is_list, %is_tuple
br i1 %has_items, label %items, label %no, !prof !2
{_index(facts, "items", "place_items")}
%own = getelementptr i8, ptr %a, i64 {facts["tuple_items"]}
br i1 %is_list, label %in_list, label %take
in_list:
%list_items_p = getelementptr i8, ptr %a, i64 {facts["list_items"]}
%list_items = load ptr, ptr %list_items_p
br label %take
take:
%first = phi ptr [%own, %place_items], [%list_items, %in_list]
%item_p = getelementptr ptr, ptr %first, i64 %at
%item = load ptr, ptr %item_p
"""


def _int_at(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return (
        "%place = alloca i64\n"
        + _item(facts)
        + _as_int(slot, facts).replace("%a,", "%item,").replace("%a\n", "%item\n")
    )


def _float_at(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return f"""{_item(facts)}%item_type_p = getelementptr i8, ptr %item, i64 {facts["type"]}
%item_type = load ptr, ptr %item_type_p{HEAD}
%exact = icmp eq ptr %item_type, @PyFloat_Type
br i1 %exact, label %float, label %no, !prof !2
float:
%value_p = getelementptr i8, ptr %item, i64 {facts["float_value"]}
%r = load double, ptr %value_p
br label %yes"""


def _as_int64(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return f"""%place = alloca i64
%null = icmp eq ptr %a, null
br i1 %null, label %no, label %there, !prof !1
there:
{_as_int(slot, facts)}"""


def _as_int(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    """Of `%a`, which is not NULL: of one digit inline, of more by a call that writes to `%place`."""
    lines = f"""%int_type_p = getelementptr i8, ptr %a, i64 {facts["type"]}
%int_type = load ptr, ptr %int_type_p{HEAD}
%exact = icmp eq ptr %int_type, @PyLong_Type
br i1 %exact, label %int, label %no, !prof !2
"""
    large = f"""large:
%reason = call i32 {slot("pf_unbox_i64")}(ptr %a, ptr %place)
%fits = icmp eq i32 %reason, 0
br i1 %fits, label %loaded, label %no, !prof !2
loaded:
%whole_value = load i64, ptr %place
br label %yes"""
    if not facts["inlines"]:
        return f"{lines}int:\nbr label %large\n{large}".replace("label %yes", "label %joined") + (
            "\njoined:\n%r = add i64 %whole_value, 0\nbr label %yes"
        )
    if facts["int_has_tag"]:
        is_small, value = (
            "%small = icmp ult i64 %size, 16",
            "%sign_bits = and i64 %size, 3\n%sign = sub i64 1, %sign_bits",
        )
    else:
        is_small, value = (
            "%moved = add i64 %size, 1\n%small = icmp ult i64 %moved, 3",
            "%sign = add i64 %size, 0",
        )
    return f"""{lines}int:
%size_p = getelementptr i8, ptr %a, i64 {facts["int_size"]}
%size = load i64, ptr %size_p
{is_small}
br i1 %small, label %one, label %large, !prof !2
one:
%digit_p = getelementptr i8, ptr %a, i64 {facts["int_digit"]}
%digit_32 = load i32, ptr %digit_p
%digit = zext i32 %digit_32 to i64
{value}
%value = mul nsw i64 %sign, %digit
br label %joined
{large.replace("label %yes", "label %joined")}
joined:
%r = phi i64 [%value, %one], [%whole_value, %loaded]
br label %yes"""


def int_of_object(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    """The definition of `@int_of_object`, of an object that is not NULL: `{i64, i1}`, the flag set if it is no int of 64 bits."""
    head = "define internal {i64, i1} @int_of_object(ptr %a) alwaysinline {\n%place = alloca i64"
    return f"{head}\n{_as_int(slot, facts)}\n{_ends('i64')}"


def _as_float64(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return f"""{_type_of(facts)}
%exact = icmp eq ptr %type, @PyFloat_Type
br i1 %exact, label %float, label %no, !prof !2
float:
%value_p = getelementptr i8, ptr %a, i64 {facts["float_value"]}
%r = load double, ptr %value_p
br label %yes"""


def _as_bool(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return """%r = icmp eq ptr %a, @_Py_TrueStruct
%other = icmp eq ptr %a, @_Py_FalseStruct
%known = or i1 %r, %other
br i1 %known, label %yes, label %no, !prof !2"""


def _by_call(name: str) -> Callable[[Callable[[str], str], Mapping[str, int]], str]:
    """A slot that takes the callable and the argument, and returns -1 where it does not apply."""

    def body(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
        return f"""%r = call i64 {slot(name)}(ptr %a, ptr %b)
%bad = icmp slt i64 %r, 0
br i1 %bad, label %no, label %yes, !prof !1"""

    return body


def _expect_builtin(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return f"""%which = trunc i64 %b to i32
%is = call i32 {slot("pf_is_known_function")}(ptr %a, i32 %which)
%bad = icmp eq i32 %is, 0
%r = add i1 false, false
br i1 %bad, label %no, label %yes, !prof !1"""


def _byte_place(facts: Mapping[str, int], go: str) -> str:
    """Goes on at `go` with `%at`, the index, if `%a` is a bytearray that has it. Loads behind a test of the index stay in loops."""
    return f"""{_type_of(facts)}
%exact = icmp eq ptr %type, @PyByteArray_Type
br i1 %exact, label %start, label %no, !prof !2
start:
%start_p = getelementptr i8, ptr %a, i64 {facts["bytearray_start"]}
%first = load ptr, ptr %start_p{HEAD}
br label %bytes
{_index(facts, "bytes", go)}
%byte_p = getelementptr i8, ptr %first, i64 %at"""


def _byte_at(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return f"""{_byte_place(facts, "found")}
%byte = load i8, ptr %byte_p{ELEMENT}
%r = zext i8 %byte to i64
br label %yes"""


def _set_byte_at(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return f"""%fits = icmp ult i64 %c, 256
br i1 %fits, label %ask, label %no, !prof !2
ask:
{_byte_place(facts, "found")}
%byte = trunc i64 %c to i8
store i8 %byte, ptr %byte_p{ELEMENT}
%r = add i1 false, false
br label %yes"""


def _expect(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return "%r = add i1 false, false\nbr i1 %a, label %yes, label %no, !prof !2"


def _expect_no_object(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return "%r = add i1 false, false\n%none = icmp eq i64 %a, 0\nbr i1 %none, label %yes, label %no, !prof !2"


def _is_error(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return f"%r = add i1 false, false\n%failed = icmp eq i8 %a, {Status.ERROR:d}\nbr i1 %failed, label %yes, label %no"


def _expect_unset(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return "%r = add i1 false, false\n%unset = icmp eq ptr %a, null\nbr i1 %unset, label %yes, label %no, !prof !2"


def _expect_range(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    return (
        "%r = add i1 false, false\n%same = icmp eq ptr %a, @PyRange_Type\nbr i1 %same, label %yes, label %no, !prof !2"
    )


def _range_length(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    """1 + (stop - 1 - start) // step where that is positive, as in `compute_range_length`; it must fit an int64."""
    return """%up = icmp sgt i64 %c, 0
br i1 %up, label %rising, label %not_rising
rising:
%some_up = icmp slt i64 %a, %b
%span_up = sub i64 %b, %a
br label %count
not_rising:
%down = icmp slt i64 %c, 0
br i1 %down, label %falling, label %no, !prof !2
falling:
%some_down = icmp sgt i64 %a, %b
%span_down = sub i64 %a, %b
%size_down = sub i64 0, %c
br label %count
count:
%some = phi i1 [%some_up, %rising], [%some_down, %falling]
%span = phi i64 [%span_up, %rising], [%span_down, %falling]
%size = phi i64 [%c, %rising], [%size_down, %falling]
%last = sub i64 %span, 1
%steps = udiv i64 %last, %size
%length = add i64 %steps, 1
%r = select i1 %some, i64 %length, i64 0
%large = icmp slt i64 %r, 0
br i1 %large, label %no, label %yes, !prof !1"""


def _range_state(slot: Callable[[str], str], facts: Mapping[str, int]) -> str:
    parts = "\n".join(
        f"%part{number}_p = getelementptr i64, ptr %state, i64 {number}\n%part{number} = load i64, ptr %part{number}_p"
        for number in range(3)
    )
    return f"""%state = alloca [3 x i64]
%known = call i32 {slot("pf_range_state")}(ptr %a, ptr %state)
%is_known = icmp ne i32 %known, 0
br i1 %is_known, label %found, label %no, !prof !2
found:
{parts}
%r0 = insertvalue {{i64, i64, i64}} undef, i64 %part0, 0
%r1 = insertvalue {{i64, i64, i64}} %r0, i64 %part1, 1
%r = insertvalue {{i64, i64, i64}} %r1, i64 %part2, 2
br label %yes"""


_BODIES: dict[str, Callable[[Callable[[str], str], Mapping[str, int]], str]] = {
    "as_int64": _as_int64,
    "as_float64": _as_float64,
    "as_bool": _as_bool,
    "length_of": _by_call("pf_length_of"),
    "ord_of": _by_call("pf_ord_of"),
    "expect_builtin": _expect_builtin,
    "byte_at": _byte_at,
    "int_at": _int_at,
    "float_at": _float_at,
    "set_byte_at": _set_byte_at,
    "expect": _expect,
    "expect_no_object": _expect_no_object,
    "is_error": _is_error,
    "expect_unset": _expect_unset,
    "expect_range": _expect_range,
    "range_length": _range_length,
    "range_state": _range_state,
}
