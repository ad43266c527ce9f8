"""Attributes of one variable as numbers: where they are in an object is found once, by its type, as long as no other code runs.

Counterpart: `runtime/src/attribute_groups.c`, which says why what a shape tells is right.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.codegen.array_access import COUNT, ELEMENT, HEAD
from pyfreeze.codegen.runtime_slots import slots
from pyfreeze.codegen.symbols import Symbols
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, ConstantTable, LoadConstant, LoadLocal, Value

ROWS = tuple(
    f"unboxed.{word}" for word in "attribute_int attribute_float try_to_set_float get_int get_float set_float".split()
)

_QUIET = " memory(read) nounwind willreturn"
"""Of calls of the runtime that change nothing which native code has looked at."""

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

    def place(self, instruction: Apply, symbols: Symbols) -> tuple[str, int, int]:
        """The record of the group, the number in it of the attribute that `instruction` is about, and how many there are."""
        key = self._key(instruction)
        names, number = self._groups[key], list(self._groups).index(key)
        symbol = f'@"attributes {self._name} {number}"'
        indices = ", ".join(f"i32 {index}" for index in names)
        symbols.declare(_NO_SHAPE)
        text = (
            f"{symbol} = internal global {{ptr, ptr, i32, i32, [{len(names)} x i32]}} "
            f"{{ptr @no_shape, ptr null, i32 {len(names)}, i32 0, [{len(names)} x i32] [{indices}]}}"
        )
        return symbols.define(symbol, lambda: text), names[self._index(instruction)], len(names)

    def _key(self, instruction: Apply) -> Value | int:
        owner = instruction.operands[0]
        made = self._made.get(owner)
        return made.index if isinstance(made, LoadLocal) else owner

    def _index(self, instruction: Apply) -> int:
        name = self._made[instruction.operands[1]]
        assert isinstance(name, LoadConstant) and name.table == ConstantTable.NAMES
        return name.index


def quiet(symbols: Symbols, slot: str, attributes: str = _QUIET) -> str:
    """The accessor of a runtime slot that runs no other code."""
    return symbols.define(f"@quiet.{slot}", lambda: slots()[slot].accessor("quiet.", attributes))


def shape_of(symbols: Symbols, facts: Mapping[str, int], count: int) -> str:
    """The LLVM function that finds where a group's attributes are: of the object, the code's names and the group of `count`.

    Gives the shape, where its places count from, and whether floats may be set there. Where nothing is known, all places of the
    shape are negative.
    """
    slot, name = quiet(symbols, "pf_shape_of"), f"@shape_of.{count}"
    places = ", ".join(["i64 -1"] * count)
    symbols.declare(
        f"@nowhere.{count} = internal constant {{[{_PLACES} x i64], [{count} x i64]}} "
        f"{{[{_PLACES} x i64] zeroinitializer, [{count} x i64] [{places}]}}"
    )
    return symbols.define(
        name,
        lambda: (
            f"""define internal {{ptr, ptr, i1}} {name}(ptr %object, ptr %names, ptr %group) alwaysinline {{
start:
%type_p = getelementptr i8, ptr %object, i64 {facts["type"]}
%type = load ptr, ptr %type_p{HEAD}
%version_p = getelementptr i8, ptr %type, i64 {facts["type_version"]}
%version_32 = load i32, ptr %version_p{HEAD}
%version = zext i32 %version_32 to i64
%now = load ptr, ptr %group{HEAD}
%seen = load i64, ptr %now{HEAD}
%known = icmp eq i64 %version, %seen
br i1 %known, label %go, label %ask, !prof !2
ask:
%asked = call ptr {slot}(ptr %object, ptr %names, ptr %group)
%none = icmp eq ptr %asked, null
br i1 %none, label %end, label %go, !prof !1
go:
%shape = phi ptr [%now, %start], [%asked, %ask]
{_shape_word("in_values", _IN_VALUES)}{_shape_word("may_set", _SETTABLE)}{_base(facts)}
%usable = select i1 %ok, ptr %shape, ptr @nowhere.{count}
br label %end
end:
%r0 = phi ptr [%usable, %go], [@nowhere.{count}, %ask]
%r1 = phi ptr [%base, %go], [%object, %ask]
%r2 = phi i1 [%settable, %go], [false, %ask]
%one = insertvalue {{ptr, ptr, i1}} undef, ptr %r0, 0
%two = insertvalue {{ptr, ptr, i1}} %one, ptr %r1, 1
%three = insertvalue {{ptr, ptr, i1}} %two, i1 %r2, 2
ret {{ptr, ptr, i1}} %three
}}"""
        ),
    )


def shape_again(symbols: Symbols, facts: Mapping[str, int], count: int) -> str:
    """The same after other code has run, which is seldom."""
    found, name = shape_of(symbols, facts, count), f"@shape_again.{count}"
    head = f"define internal {{ptr, ptr, i1}} {name}(ptr %object, ptr %names, ptr %group) noinline cold nounwind {{"
    call = f"%r = call {{ptr, ptr, i1}} {found}(ptr %object, ptr %names, ptr %group)\nret {{ptr, ptr, i1}} %r\n}}"
    return symbols.define(name, lambda: f"{head}\n{call}")


_WHERE = "ptr %shape, ptr %base, ptr %object, ptr %names, ptr %group, i64 %which"


def plain_attribute(symbols: Symbols) -> str:
    """The LLVM function that gives an attribute, borrowed: of what `shape_of` says, its operands and the number. NULL: leave."""
    slot = quiet(symbols, "pf_plain_attribute")
    return symbols.define(
        "@plain_attribute",
        lambda: (
            f"""define internal ptr @plain_attribute({_WHERE}) alwaysinline {{
{_VALUE_P}
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
    """The LLVM function that sets an attribute: of the same, whether it may be set there, and the value. False: leave."""
    slot = quiet(symbols, "pf_set_plain_f64", "")
    symbols.declare("@PyFloat_Type = external global i8")
    return symbols.define("@set_plain_float", lambda: _set_plain_float(slot, facts))


def _set_plain_float(slot: str, facts: Mapping[str, int]) -> str:
    """In place where nobody else has the float that is there."""
    word = "i64" if facts["refcounts"] == 1 else "i32"
    in_place = f"""br i1 %settable, label %may, label %slow, !prof !2
may:
{_VALUE_P}
%old = load ptr, ptr %value_p{HEAD}
%unset = icmp eq ptr %old, null
br i1 %unset, label %slow, label %replace, !prof !1
replace:
%old_type_p = getelementptr i8, ptr %old, i64 {facts["type"]}
%old_type = load ptr, ptr %old_type_p{HEAD}
%exact = icmp eq ptr %old_type, @PyFloat_Type
br i1 %exact, label %float, label %slow, !prof !2
float:
%count = load {word}, ptr %old{COUNT}
%alone = icmp eq {word} %count, 1
br i1 %alone, label %change, label %slow, !prof !2
change:
%number_p = getelementptr i8, ptr %old, i64 {facts["float_value"]}
store double %value, ptr %number_p{ELEMENT}
ret i1 true
"""
    # Counted by calls, what is there may not be looked at.
    start = in_place if facts["refcounts"] else "br label %slow\n"
    return f"""define internal i1 @set_plain_float({_WHERE}, i1 %settable, double %value) alwaysinline {{
{start}slow:
%number = trunc i64 %which to i32
%status = call i32 {slot}(ptr %object, ptr %names, ptr %group, i32 %number, double %value)
%done = icmp ne i32 %status, 0
ret i1 %done
}}"""


_VALUE_P = f"""%places = getelementptr i64, ptr %shape, i64 {_PLACES}
%place_p = getelementptr i64, ptr %places, i64 %which
%place = load i64, ptr %place_p{HEAD}
%elsewhere = icmp slt i64 %place, 0
br i1 %elsewhere, label %slow, label %look, !prof !1
look:
%value_p = getelementptr i8, ptr %base, i64 %place"""
"""Where the attribute is; or on to `slow`."""


def _shape_word(name: str, place: int) -> str:
    """Whether that field of the shape is set."""
    return f"""%{name}_p = getelementptr i64, ptr %shape, i64 {place}
%{name}_64 = load i64, ptr %{name}_p{HEAD}
%{name} = icmp ne i64 %{name}_64, 0
"""


def _base(facts: Mapping[str, int]) -> str:
    """`%base`, from which places count, if `%ok`: the object, or where its values start; and `%settable`."""
    before = f"""%before = select i1 %in_values, i64 -{facts["values"]}, i64 0
%word_p = getelementptr i8, ptr %object, i64 %before
%word = load ptr, ptr %word_p
"""
    if facts["values_are_inside"]:  # where they are valid; a dictionary, which comes before, counts what is in them
        return f"""%inside = getelementptr i8, ptr %object, i64 {facts["values_are_inside"]}
%base = select i1 %in_values, ptr %inside, ptr %object
%outside = xor i1 %in_values, true
%valid_there = getelementptr i8, ptr %inside, i64 {facts["values_valid"]}
%valid_p = select i1 %in_values, ptr %valid_there, ptr %object
%valid_byte = load i8, ptr %valid_p
%valid = icmp ne i8 %valid_byte, 0
%ok = or i1 %outside, %valid
{before}%no_dict = icmp eq ptr %word, null
%free = or i1 %outside, %no_dict
%settable = and i1 %may_set, %free"""
    if facts["dict_tag"]:  # 3.11
        return f"""{before}%base = select i1 %in_values, ptr %word, ptr %object
%ok = icmp ne ptr %base, null
%settable = and i1 %may_set, true"""
    return f"""{before}%values = getelementptr i8, ptr %word, i64 1
%base = select i1 %in_values, ptr %values, ptr %object
%bits = ptrtoint ptr %word to i64
%low = and i64 %bits, 1
%are_values = icmp ne i64 %low, 0
%outside = xor i1 %in_values, true
%ok = or i1 %outside, %are_values
%settable = and i1 %may_set, true"""
