"""Guards of framed functions that need what the place remembers: attributes as numbers, and names of known functions."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from pyfreeze.codegen.array_access import ELEMENT, HEAD
from pyfreeze.codegen.attribute_groups import (
    ROWS,
    AttributeGroups,
    plain_attribute,
    quiet,
    set_plain_float,
    shape_again,
    shape_of,
)
from pyfreeze.codegen.framed_short_ways import ShortWays
from pyfreeze.codegen.inline_caches import attribute_cache
from pyfreeze.codegen.known_functions import global_is_known, known_cache, known_value, member_is_known
from pyfreeze.codegen.known_shapes import KnownShapes, Shape
from pyfreeze.codegen.unboxed_access import int_of_object
from pyfreeze.ir.instructions import Apply, Instruction
from pyfreeze.ir.types import Status, TupleType

_UNLIKELY = ", !prof !1"


class Guards(ShortWays):
    """None of them runs other code: where they do not apply they leave."""

    @cached_property
    def _groups(self) -> AttributeGroups:
        return AttributeGroups(self._function)

    @cached_property
    def _shapes(self) -> KnownShapes:
        return KnownShapes(self._function)

    def _emit_guard(self, instruction: Apply) -> bool:
        """Says whether it was one, or gives what one has found."""
        word, _, described = instruction.primitive.name.removeprefix("unboxed.").partition("[")
        described = described.removesuffix("]")
        if instruction.primitive.name in ROWS:
            self._emit_attribute(instruction, word)
        elif word == "owned_object":
            assert instruction.result is not None
            (reference,) = instruction.operands
            self._line(f"{self._define(instruction.result)} = inttoptr i64 {self._names[reference]} to ptr")
        elif word in ("global_is", "member_is"):
            self._emit_is(instruction, word, described)
        elif word in ("known_global", "known_member", "known_method"):
            self._emit_known(instruction, described)
        else:
            return False
        return True

    def _emit_attribute(self, instruction: Apply, word: str) -> None:
        group, number, count = self._groups.place(instruction, self._symbols)
        owner = instruction.operands[0]
        found = self._shapes.find(owner)
        if found is None:
            of_object = f"ptr {self._names[owner]}, ptr %names, ptr {group}"
            function = shape_of(self._symbols, self._facts, count)
            found = Shape(of_object, count, self._parts(f"{function}({of_object})"))
            self._shapes.note(owner, found)
        shape, base, settable = found.parts
        given = f"ptr {shape}, ptr {base}, {found.of_object}, i64 {number}"
        if word in ("try_to_set_float", "set_float"):
            self._set_float(instruction, f"{given}, i1 {settable}")
            return
        value = self._result_of(f"ptr {plain_attribute(self._symbols)}({given})")
        if word.startswith("get_"):
            self._get_number(instruction, value)
            return
        assert instruction.result is not None
        there, away = self._fresh(), self._new_label("away")
        self._line(f"{there} = icmp ne ptr {value}, null")
        self._go_if(there, away)
        self._names[instruction.result] = self._number_of(value, word == "attribute_float", away)
        label = self._text.label
        self._open(away, cold=True)
        self._line(f'br label %"{self._leaving(instruction)}"')
        self._text.label = label

    def _set_float(self, instruction: Apply, given: str) -> None:
        assert instruction.result is not None
        owner, attribute, number = instruction.operands
        function, value = set_plain_float(self._symbols, self._facts), self._typed(number)
        done = self._result_of(f"i1 {function}({given}, {value})")
        self._names[instruction.result] = "false"
        if instruction.primitive.name == "unboxed.try_to_set_float":
            self._go_if(done, self._leaving(instruction))
            return
        cache, slot = attribute_cache(self._symbols, self._place()), self._symbols.slot("pf_setattr_f64")
        label, cold, following = self._text.label, self._new_label("set"), self._new_label("next")
        self._line(f'br i1 {done}, label %"{following}", label %"{cold}", !prof !2')
        self._open(cold, cold=True)
        self._tell_frame(instruction)
        objects = f"ptr {self._names[owner]}, ptr {self._names[attribute]}"
        status = self._result_of(f"i32 {slot}({objects}, {value}, ptr {cache})")
        self._check(instruction, f"icmp ne i32 {status}, 0")
        self._join(instruction, label, following, [])

    def _get_number(self, instruction: Apply, value: str) -> None:
        """The number and 0; or where other code had to be run and gave something else, that object."""
        assert instruction.result is not None
        is_float = instruction.primitive.name == "unboxed.get_float"
        type_, cold = "double" if is_float else "i64", self._new_label("get")
        there = self._fresh()
        self._line(f"{there} = icmp ne ptr {value}, null")
        self._go_if(there, cold)
        quick = self._number_of(value, is_float, cold)
        label, following, other, got = self._text.label, *map(self._new_label, ("next", "other", "got"))
        self._line(f'br label %"{following}"')
        self._open(cold, cold=True)
        self._tell_frame(instruction)
        cache, slot = attribute_cache(self._symbols, self._place()), self._symbols.slot("pf_getattr")
        objects = ", ".join(f"ptr {self._names[operand]}" for operand in instruction.operands)
        object_ = self._result_of(f"ptr {slot}({objects}, ptr {cache})")
        self._check(instruction, f"icmp eq ptr {object_}, null")
        found = self._number_of(object_, is_float, other)
        self._line(f"call void {self._counting('decref')}(ptr {object_})")
        found_label, kept, number, word = self._text.label, self._fresh(), self._fresh(), self._fresh()
        self._line(f'br label %"{got}"')
        self._open(other, cold=True)
        self._line(f"{kept} = ptrtoint ptr {object_} to i64")
        self._line(f'br label %"{got}"')
        self._open(got, cold=True)
        self._line(f'{number} = phi {type_} [{found}, %"{found_label}"], [undef, %"{other}"]')
        self._line(f'{word} = phi i64 [0, %"{found_label}"], [{kept}, %"{other}"]')
        joined = self._join(instruction, label, following, [(type_, quick, number), ("i64", "0", word)])
        half, pair = self._fresh(), f"{{{type_}, i64}}"
        self._line(f"{half} = insertvalue {pair} undef, {type_} {joined[0]}, 0")
        self._line(f"{self._define(instruction.result)} = insertvalue {pair} {half}, i64 {joined[1]}, 1")

    def _join(
        self, instruction: Instruction, quick: str, following: str, values: list[tuple[str, str, str]]
    ) -> list[str]:
        """End the cold way, on which other code has run, and go on at `following`, where that from `quick` leads as well.

        values: type, and the value from either side; returns them joined. Shapes are found again.
        """
        again = {}
        for object_, shape in self._shapes.all().items():
            function = shape_again(self._symbols, self._facts, shape.count)
            again[object_] = self._parts(f"{function}({shape.of_object})")
        self._line(f'br label %"{following}"')
        cold, shown = self._text.label, self._shown.get(quick)
        self._open(following)

        def joined(type_: str, one: str, other: str) -> str:
            name = self._fresh()
            self._line(f'{name} = phi {type_} [{one}, %"{quick}"], [{other}, %"{cold}"]')
            return name

        found = [joined(*value) for value in values]
        for object_, parts in again.items():
            shape = self._shapes.all()[object_]
            one, two, three = map(joined, ("ptr", "ptr", "i1"), shape.parts, parts)
            self._shapes.all()[object_] = replace(shape, parts=(one, two, three))
        if shown is not None and instruction.site is not None and shown == instruction.site.offset:
            self._shown[following] = shown
        return found

    def _parts(self, call: str) -> tuple[str, str, str]:
        type_ = "{ptr, ptr, i1}"
        found, shape, base, settable = self._result_of(f"{type_} {call}"), self._fresh(), self._fresh(), self._fresh()
        for place, name in enumerate((shape, base, settable)):
            self._line(f"{name} = extractvalue {type_} {found}, {place}")
        return shape, base, settable

    def _number_of(self, value: str, is_float: bool, otherwise: str) -> str:
        """Of an object; goes to `otherwise` if it is none of that kind."""
        if is_float:
            exact, type_ = self._fresh(), self._typed_field(value, "type", "ptr", HEAD)
            self._line(f"{exact} = icmp eq ptr {type_}, {self._data('PyFloat_Type')}")
            self._go_if(exact, otherwise)
            return self._typed_field(value, "float_value", "double", ELEMENT)
        self._data("PyLong_Type")
        function = self._symbols.define("@int_of_object", lambda: int_of_object(self._symbols.slot, self._facts))
        pair = self._result_of(f"{{i64, i1}} {function}(ptr {value})")
        bad, fits, number = self._fresh(), self._fresh(), self._fresh()
        self._line(f"{bad} = extractvalue {{i64, i1}} {pair}, 1")
        self._line(f"{number} = extractvalue {{i64, i1}} {pair}, 0")
        self._line(f"{fits} = xor i1 {bad}, true")
        self._go_if(fits, otherwise)
        return number

    def _emit_is(self, instruction: Apply, word: str, described: str) -> None:
        assert instruction.result is not None
        cache, name = known_cache(self._symbols, described), self._names[instruction.operands[0]]
        what = self._symbols.string(described.rpartition("=")[2].encode())
        if word == "global_is":
            self._loads_globals = True
            function = global_is_known(self._symbols, self._facts)
            hit = self._result_of(f"i1 {function}(ptr %globals, ptr %builtins, ptr {cache})")
            arguments = f"ptr %frame, ptr {name}, ptr {cache}, ptr {what}"
        else:
            hit = self._result_of(f"i1 {member_is_known(self._symbols, self._facts)}(ptr {cache})")
            arguments = f"ptr {name}, ptr {cache}, ptr {what}"
        cold, following, is_known = self._new_label("ask"), self._new_label("next"), self._fresh()
        self._line(f'br i1 {hit}, label %"{following}", label %"{cold}", !prof !2')
        self._open(cold, cold=True)
        ask = "pf_expect_global" if word == "global_is" else "pf_expect_member"
        answer = self._result_of(f"i32 {quiet(self._symbols, ask)}({arguments})")
        self._line(f"{is_known} = icmp ne i32 {answer}, 0")
        target = self._leaving(instruction)
        self._line(f'br i1 {is_known}, label %"{following}", label %"{target}", !prof !2')
        self._open(following)
        self._names[instruction.result] = "false"

    def _emit_known(self, instruction: Apply, described: str) -> None:
        assert instruction.result is not None
        cache = known_cache(self._symbols, described)
        value = self._result_of(f"ptr {known_value(self._symbols, self._counting('incref'))}(ptr {cache})")
        if not isinstance(instruction.result.type, TupleType):
            self._names[instruction.result] = value
            return
        half = self._fresh()
        self._line(f"{half} = insertvalue {{ptr, ptr}} undef, ptr {value}, 0")
        self._line(f"{self._define(instruction.result)} = insertvalue {{ptr, ptr}} {half}, ptr null, 1")

    def _typed_field(self, object_: str, fact: str, type_: str, metadata: str) -> str:
        place, name = self._fresh(), self._fresh()
        self._line(f"{place} = getelementptr i8, ptr {object_}, i64 {self._facts[fact]}")
        self._line(f"{name} = load {type_}, ptr {place}{metadata}")
        return name

    def _leaving(self, instruction: Instruction) -> str:
        assert instruction.handler is not None
        return self._jump(instruction.handler, str(int(Status.DEOPT)))

    def _go_if(self, condition: str, otherwise: str) -> None:
        """On, or to the block `otherwise`."""
        following, shown = self._new_label("next"), self._shown.get(self._text.label)
        self._line(f'br i1 {condition}, label %"{following}", label %"{otherwise}", !prof !2')
        self._open(following)
        if shown is not None:
            self._shown[following] = shown
