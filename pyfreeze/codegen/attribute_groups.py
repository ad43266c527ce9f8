"""Attributes of one variable as numbers, without a call where the type of the object is the one met last.

Counterpart: `runtime/src/attribute_groups.c`, which says why what a shape tells is right. Native code reads fields that
only other code changes (the version of a type, a shape) under a scope of its own, `UNCHANGED`: of the calls here LLVM is told that they
leave those as they are, so that several attributes of one object ask for its type once.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.codegen.array_access import COUNT, ELEMENT, HEAD
from pyfreeze.codegen.runtime_slots import slots
from pyfreeze.codegen.symbols import Symbols
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, ConstantTable, LoadConstant, LoadLocal, Value

METADATA = '!13 = distinct !{!13, !"shapes"}\n!14 = distinct !{!14, !13}\n!15 = !{!14}\n'
_UNCHANGED, _LEAVES_UNCHANGED = f"{HEAD}, !alias.scope !15", ", !noalias !15"

ROWS = ("unboxed.attribute_int", "unboxed.attribute_float", "unboxed.set_attribute_float")

_NO_SHAPE = "@no_shape = internal constant [3 x i64] [i64 -1, i64 0, i64 0]"
_IN_VALUES, _SETTABLE, _PLACES = 1, 2, 4  # a PfShape in words


class AttributeGroups:
    """The groups of one function: of each variable, or each other value, whose attributes it uses as numbers."""

    def __init__(self, function: Function) -> None:
        self._name = function.name
        self._made = {item.result: item for item in function.instructions() if item.result is not None}
        self._groups: dict[Value | int, dict[int, int]] = {}  # by the name's place in `co_names`: its number
        for instruction in function.instructions():
            if isinstance(instruction, Apply) and instruction.primitive.name in ROWS:
                names = self._groups.setdefault(self._key(instruction), {})
                names.setdefault(self._index(instruction), len(names))

    def place(self, instruction: Apply, symbols: Symbols) -> tuple[str, int]:
        """The record of the group, and the number in it of the attribute that `instruction` is about."""
        key = self._key(instruction)
        names, number = self._groups[key], list(self._groups).index(key)
        symbol = f'@"attributes {self._name} {number}"'
        indices = ", ".join(f"i32 {index}" for index in names)
        symbols.declare(_NO_SHAPE)
        text = (
            f"{symbol} = internal global {{ptr, ptr, i32, i32, [{len(names)} x i32]}} "
            f"{{ptr @no_shape, ptr null, i32 {len(names)}, i32 0, [{len(names)} x i32] [{indices}]}}"
        )
        return symbols.define(symbol, lambda: text), names[self._index(instruction)]

    def _key(self, instruction: Apply) -> Value | int:
        owner = instruction.operands[0]
        made = self._made.get(owner)
        return made.index if isinstance(made, LoadLocal) else owner

    def _index(self, instruction: Apply) -> int:
        name = self._made[instruction.operands[1]]
        assert isinstance(name, LoadConstant) and name.table == ConstantTable.NAMES
        return name.index


def plain_attribute(symbols: Symbols, facts: Mapping[str, int]) -> str:
    """The LLVM function that gives an attribute, borrowed: of the object, the code's names, the group and the number. NULL: leave."""
    slot = symbols.define(
        "@quiet.pf_plain_attribute",
        lambda: slots()["pf_plain_attribute"].accessor("quiet.", " memory(read) nounwind willreturn"),
    )
    return symbols.define(
        "@plain_attribute",
        lambda: (
            f"""define internal ptr @plain_attribute(ptr %object, ptr %names, ptr %group, i64 %which) alwaysinline {{
{_find_place(facts, to_set=False)}
%value = load ptr, ptr %value_p{HEAD}
%unset = icmp eq ptr %value, null
br i1 %unset, label %slow, label %found, !prof !1
slow:
%number = trunc i64 %which to i32
%asked = call ptr {slot}(ptr %object, ptr %names, ptr %group, i32 %number)
br label %found
found:
%r = phi ptr [%value, %look], [%asked, %slow]
ret ptr %r
}}"""
        ),
    )


def set_plain_float(symbols: Symbols, facts: Mapping[str, int]) -> str:
    """The LLVM function that sets an attribute: of the object, the names, the group, the number and the value. False: leave."""
    slot = symbols.define(
        "@quiet.pf_set_plain_f64", lambda: slots()["pf_set_plain_f64"].accessor("quiet.", _LEAVES_UNCHANGED)
    )
    symbols.declare("@PyFloat_Type = external global i8")
    return symbols.define("@set_plain_float", lambda: _set_plain_float(slot, facts))


def _set_plain_float(slot: str, facts: Mapping[str, int]) -> str:
    """In place where nobody else has the float that is there."""
    word = "i64" if facts["refcounts"] == 1 else "i32"
    in_place = f"""{_find_place(facts, to_set=True)}
%old = load ptr, ptr %value_p{HEAD}
%unset = icmp eq ptr %old, null
br i1 %unset, label %slow, label %replace, !prof !1
replace:
%old_type_p = getelementptr i8, ptr %old, i64 {facts["type"]}
%old_type = load ptr, ptr %old_type_p{HEAD}
%exact = icmp eq ptr %old_type, @PyFloat_Type
%count = load {word}, ptr %old{COUNT}
%alone = icmp eq {word} %count, 1
%both = and i1 %exact, %alone
br i1 %both, label %change, label %slow, !prof !2
change:
%number_p = getelementptr i8, ptr %old, i64 {facts["float_value"]}
store double %value, ptr %number_p{ELEMENT}
ret i1 true
"""
    # Counted by calls, what is there may not be looked at.
    start = in_place if facts["refcounts"] else "br label %slow\n"
    return f"""define internal i1 @set_plain_float(ptr %object, ptr %names, ptr %group, i64 %which, double %value) alwaysinline {{
{start}slow:
%number = trunc i64 %which to i32
%status = call i32 {slot}(ptr %object, ptr %names, ptr %group, i32 %number, double %value)
%done = icmp ne i32 %status, 0
ret i1 %done
}}"""


def _find_place(facts: Mapping[str, int], *, to_set: bool) -> str:
    """Goes on at `look` with `%value_p`, where the attribute is in the object or its values, or at `slow`."""
    return f"""%type_p = getelementptr i8, ptr %object, i64 {facts["type"]}
%type = load ptr, ptr %type_p{_UNCHANGED}
%version_p = getelementptr i8, ptr %type, i64 {facts["type_version"]}
%version_32 = load i32, ptr %version_p{_UNCHANGED}
%version = zext i32 %version_32 to i64
%shape = load ptr, ptr %group{_UNCHANGED}
%seen = load i64, ptr %shape{_UNCHANGED}
%known = icmp eq i64 %version, %seen
br i1 %known, label %go, label %slow, !prof !2
go:
{_shape_word("settable", _SETTABLE) + "br i1 %settable, label %may, label %slow, !prof !2" + chr(10) + "may:" if to_set else ""}
%place_p = getelementptr i64, ptr %shape, i64 {_PLACES}
%own_place_p = getelementptr i64, ptr %place_p, i64 %which
%place = load i64, ptr %own_place_p{_UNCHANGED}
%elsewhere = icmp slt i64 %place, 0
br i1 %elsewhere, label %slow, label %there, !prof !1
there:
{_shape_word("in_values", _IN_VALUES)}{_base(facts, to_set)}
br i1 %ok, label %look, label %slow, !prof !2
look:
%value_p = getelementptr i8, ptr %base, i64 %place"""


def _shape_word(name: str, place: int) -> str:
    """Whether that field of the shape is set."""
    return f"""%{name}_p = getelementptr i64, ptr %shape, i64 {place}
%{name}_64 = load i64, ptr %{name}_p{_UNCHANGED}
%{name} = icmp ne i64 %{name}_64, 0
"""


def _base(facts: Mapping[str, int], to_set: bool) -> str:
    """`%base`, from which the attribute's place counts, if `%ok`: the object, or where its values start."""
    if facts["values_are_inside"]:
        lines = f"""%inside = getelementptr i8, ptr %object, i64 {facts["values_are_inside"]}
%base = select i1 %in_values, ptr %inside, ptr %object
%valid_p = getelementptr i8, ptr %inside, i64 {facts["values_valid"]}
%valid_byte = load i8, ptr %valid_p{HEAD}
%valid = icmp ne i8 %valid_byte, 0
%outside = xor i1 %in_values, true
"""
        if not to_set:
            return f"{lines}%ok = or i1 %outside, %valid"
        # A dictionary counts what is in the values.
        return f"""{lines}%before = select i1 %in_values, i64 -{facts["values"]}, i64 0
%dict_p = getelementptr i8, ptr %object, i64 %before
%dict = load ptr, ptr %dict_p{HEAD}
%free = icmp eq ptr %dict, null
%usable = and i1 %valid, %free
%ok = or i1 %outside, %usable"""
    lines = f"""%before = select i1 %in_values, i64 -{facts["values"]}, i64 0
%word_p = getelementptr i8, ptr %object, i64 %before
%word = load ptr, ptr %word_p{HEAD}
"""
    if facts["dict_tag"]:  # 3.11
        return f"{lines}%base = select i1 %in_values, ptr %word, ptr %object\n%ok = icmp ne ptr %base, null"
    return f"""{lines}%values = getelementptr i8, ptr %word, i64 1
%base = select i1 %in_values, ptr %values, ptr %object
%bits = ptrtoint ptr %word to i64
%low = and i64 %bits, 1
%are_values = icmp ne i64 %low, 0
%outside = xor i1 %in_values, true
%ok = or i1 %outside, %are_values"""
