"""Guards of framed functions that need what the place remembers: attributes as numbers, and names of known functions."""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.codegen.array_access import ELEMENT, HEAD
from pyfreeze.codegen.attribute_groups import ROWS, AttributeGroups, plain_attribute, quiet, set_plain_float, shape_of
from pyfreeze.codegen.framed_short_ways import ShortWays
from pyfreeze.codegen.known_functions import global_is_known, known_cache, known_value, member_is_known
from pyfreeze.codegen.known_shapes import KnownShapes
from pyfreeze.codegen.symbols import Symbols
from pyfreeze.codegen.unboxed_access import int_of_object
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Instruction
from pyfreeze.ir.types import Status, TupleType

_UNLIKELY = ", !prof !1"


class Guards(ShortWays):
    """None of them runs other code: where they do not apply they leave."""

    def __init__(self, function: Function, symbols: Symbols, shift: int, facts: Mapping[str, int]) -> None:
        super().__init__(function, symbols, shift, facts)
        self._groups = AttributeGroups(function)
        self._shapes = KnownShapes(function)

    def _emit_guard(self, instruction: Apply) -> bool:
        """Says whether it was one, or gives what one has found."""
        word, _, described = instruction.primitive.name.removeprefix("unboxed.").partition("[")
        described = described.removesuffix("]")
        if instruction.primitive.name in ROWS:
            self._emit_attribute(instruction, word)
        elif word in ("global_is", "member_is"):
            self._emit_is(instruction, word, described)
        elif word in ("known_global", "known_member", "known_method"):
            self._emit_known(instruction, described)
        else:
            return False
        return True

    def _emit_attribute(self, instruction: Apply, word: str) -> None:
        assert instruction.result is not None
        group, number, count = self._groups.place(instruction, self._symbols)
        owner = instruction.operands[0]
        of_object = f"ptr {self._names[owner]}, ptr %names, ptr {group}"
        found = self._shapes.find(owner)
        if found is None:
            found = self._find_shape(of_object, count)
            self._shapes.note(owner, found)
        shape, base, settable = found
        given = f"ptr {shape}, ptr {base}, {of_object}, i64 {number}"
        if word == "set_attribute_float":
            function = set_plain_float(self._symbols, self._facts)
            done = self._result_of(f"i1 {function}({given}, i1 {settable}, {self._typed(instruction.operands[2])})")
            self._leave_unless(instruction, done)
            self._names[instruction.result] = "false"
            return
        value = self._result_of(f"ptr {plain_attribute(self._symbols)}({given})")
        there = self._fresh()
        self._line(f"{there} = icmp ne ptr {value}, null")
        self._leave_unless(instruction, there)
        if word == "attribute_float":
            exact, type_ = self._fresh(), self._typed_field(value, "type", "ptr", HEAD)
            self._line(f"{exact} = icmp eq ptr {type_}, {self._data('PyFloat_Type')}")
            self._leave_unless(instruction, exact)
            self._names[instruction.result] = self._typed_field(value, "float_value", "double", ELEMENT)
            return
        self._data("PyLong_Type")
        function = self._symbols.define("@int_of_object", lambda: int_of_object(self._symbols.slot, self._facts))
        pair = self._result_of(f"{{i64, i1}} {function}(ptr {value})")
        bad, fits = self._fresh(), self._fresh()
        self._line(f"{bad} = extractvalue {{i64, i1}} {pair}, 1")
        self._line(f"{fits} = xor i1 {bad}, true")
        self._leave_unless(instruction, fits)
        self._line(f"{self._define(instruction.result)} = extractvalue {{i64, i1}} {pair}, 0")

    def _find_shape(self, of_object: str, count: int) -> tuple[str, str, str]:
        function, type_ = shape_of(self._symbols, self._facts, count), "{ptr, ptr, i1}"
        found = self._result_of(f"{type_} {function}({of_object})")
        shape, base, settable = self._fresh(), self._fresh(), self._fresh()
        for place, name in enumerate((shape, base, settable)):
            self._line(f"{name} = extractvalue {type_} {found}, {place}")
        return shape, base, settable

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

    def _leave_unless(self, instruction: Instruction, condition: str) -> None:
        following, shown = self._new_label("next"), self._shown.get(self._text.label)
        self._line(f'br i1 {condition}, label %"{following}", label %"{self._leaving(instruction)}", !prof !2')
        self._open(following)
        if shown is not None:
            self._shown[following] = shown
