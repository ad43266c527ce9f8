"""What framed functions do without a call where they can, and what they tell the frame before other code may run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyfreeze.codegen.array_access import VARIABLE
from pyfreeze.codegen.function_emitter import CodeLayout, FunctionEmitter, SiteTable
from pyfreeze.codegen.inline_caches import (
    attribute_cache,
    getattr_function,
    global_cache,
    load_global,
    load_method_function,
    setattr_function,
)
from pyfreeze.codegen.short_ways import ITEM_AT, NEXT, SET_ITEM_AT, TRUTH, TRUTH_AT
from pyfreeze.codegen.symbols import Symbols, record_symbol
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Instruction
from pyfreeze.ir.primitive import CFunction
from pyfreeze.ir.types import FLOAT64
from pyfreeze.primitives.definition import COMPARISONS

_UNLIKELY = ", !prof !1"

_UNKNOWN = -2
"""What answers with a truth where it does not know: `UNKNOWN` of `runtime/src/operators.c`."""


@dataclass(frozen=True, slots=True)
class NativeBody:
    """A native function of the module: a bound of the stack that one level of it takes, in bytes, if it is recursive."""

    frame_bytes: int | None
    lets_others_run: bool


class ShortWays(FunctionEmitter):
    """Each short way ends at a slow one, before which the frame is told (`_or_slowly`)."""

    def __init__(
        self,
        function: Function,
        symbols: Symbols,
        shift: int,
        facts: Mapping[str, int],
        natives: Mapping[str, NativeBody],
    ) -> None:
        """shift: how many bytes the trampoline takes before the function's own instructions
        natives: the module's native functions
        """
        super().__init__(function, symbols, _no_sites(symbols), {}, frozenset(), facts["breaker_mask"])
        self._shift = shift
        self._facts = facts
        self._natives = natives
        self._places = 0
        self._vector_size = 0
        self._loads_globals = False
        self._allowed: dict[str, str] = {}  # by native function: where the object is kept that may be called as such
        self._shown: dict[str, int] = {}  # by label: the offset that the frame was last told

    def _local(self, index: int) -> str:
        place = self._fresh()
        self._line(f"{place} = getelementptr ptr, ptr %locals, i64 {index}")
        return place

    def _show_place(self, instruction: Instruction) -> None:
        """Tell the frame which instruction this is."""
        if instruction.site is None or self._shown.get(self._text.label) == instruction.site.offset:
            return
        self._shown[self._text.label] = instruction.site.offset
        place = self._fresh()
        self._line(f"{place} = getelementptr i8, ptr %text, i64 {instruction.site.offset + self._shift}")
        self._line(f"store ptr {place}, ptr %instruction{VARIABLE}")

    def _tell_frame(self, instruction: Instruction) -> None:
        """Before other code runs: at which instruction this is, and what is in the variables."""
        self._show_place(instruction)
        self._forget_natives()
        for item in instruction.untold:
            kind = "f64" if item.value.type == FLOAT64 else "i64"
            is_set = "1"
            if item.is_set is not None:
                is_set = self._fresh()
                self._line(f"{is_set} = zext i1 {self._names[item.is_set]} to i32")
            place, tell = self._local(item.index), self._symbols.slot(f"pf_tell_{kind}")
            self._line(f"call void {tell}(ptr {place}, {self._typed(item.value)}, i32 {is_set})")

    def _allowed_native(self, name: str) -> str:
        """The place in the function's frame for the object that is that native function. While no other code runs, it is so."""
        return self._allowed.setdefault(name, f"%allowed.{len(self._allowed)}")

    def _forget_natives(self) -> None:
        for place in self._allowed.values():
            self._line(f"store ptr null, ptr {place}")

    def _or_slowly(
        self, instruction: Instruction, type_: str, fast: str, missed: str, slowly: Callable[[], str]
    ) -> str:
        """`fast`, or if `missed` what `slowly` gives, which may run other code."""
        label, cold, following = self._text.label, self._new_label("slow"), self._new_label("next")
        shown = self._shown.get(label)
        self._line(f'br i1 {missed}, label %"{cold}", label %"{following}"{_UNLIKELY}')
        self._open(cold, cold=True)
        self._tell_frame(instruction)
        slow, slow_label, result = slowly(), self._text.label, self._fresh()
        self._line(f'br label %"{following}"')
        self._open(following)
        self._line(f'{result} = phi {type_} [{fast}, %"{label}"], [{slow}, %"{slow_label}"]')
        if shown is not None and instruction.site is not None and shown == instruction.site.offset:
            self._shown[following] = shown
        return result

    def _check(self, instruction: Instruction, failed: str) -> None:
        flag, following = self._fresh(), self._new_label("next")
        assert instruction.handler is not None
        self._line(f"{flag} = {failed}")
        shown = self._shown.get(self._text.label)
        target = self._jump(instruction.handler, "1")
        self._line(f'br i1 {flag}, label %"{target}", label %"{following}"{_UNLIKELY}')
        self._open(following)
        if shown is not None:
            self._shown[following] = shown

    def _result_of(self, call: str) -> str:
        result = self._fresh()
        self._line(f"{result} = call {call}")
        return result

    def _is_null(self, value: str) -> str:
        flag = self._fresh()
        self._line(f"{flag} = icmp eq ptr {value}, null")
        return flag

    def _truth(self, instruction: Instruction, value: str) -> str:
        called, unknown, slot = self._fresh(), self._fresh(), self._symbols.slot("pf_truth")
        self._define_truth()
        self._line(f"{called} = call i32 @truth_of(ptr {value})")
        self._line(f"{unknown} = icmp eq i32 {called}, {_UNKNOWN}")
        return self._or_slowly(instruction, "i32", called, unknown, lambda: self._result_of(f"i32 {slot}(ptr {value})"))

    def _truth_at(self, instruction: Instruction, c: CFunction, names: list[str]) -> str:
        """Of an item of a list, without a reference to it."""
        both, unknown = f"ptr {names[0]}, i64 {names[1]}", self._fresh()
        lists, slot = self._data("PyList_Type"), self._symbols.slot("pf_truth_at")
        self._define_truth()
        self._symbols.define("@truth_at", lambda: TRUTH_AT.format(lists=lists, **self._facts))
        called = self._result_of(f"i32 @truth_at({both})")
        self._line(f"{unknown} = icmp eq i32 {called}, {_UNKNOWN}")
        more = ", ".join(map(self._context, c.arguments[2:]))
        slowly = f"i32 {slot}({both}, {more})"
        return self._or_slowly(instruction, "i32", called, unknown, lambda: self._result_of(slowly))

    def _define_truth(self) -> None:
        yes, no = self._data("_Py_TrueStruct"), self._data("_Py_FalseStruct")
        self._symbols.define("@truth_of", lambda: TRUTH.format(yes=yes, no=no))

    def _test(self, instruction: Instruction, c: CFunction, names: list[str]) -> str:
        known, unknown, operation = self._fresh(), self._fresh(), COMPARISONS.index(c.name.removeprefix("pf_test_"))
        ask, slot = self._symbols.slot("pf_compare_known"), self._symbols.slot(c.name)
        pair = f"ptr {names[0]}, ptr {names[1]}"
        self._line(f"{known} = call i32 {ask}({pair}, i32 {operation})")
        self._line(f"{unknown} = icmp eq i32 {known}, {_UNKNOWN}")
        more = ", ".join(map(self._context, c.arguments[2:]))
        return self._or_slowly(
            instruction, "i32", known, unknown, lambda: self._result_of(f"i32 {slot}({pair}, {more})")
        )

    def _next(self, instruction: Instruction, iterator: str) -> str:
        """What its type's `tp_iternext` gives; the next item of a list that is there without a call."""
        item = self._fresh()
        type_, index, list_ = (self._facts[name] for name in ("type", "list_iterator_index", "list_iterator_list"))
        incref, iterators = self._counting("incref"), self._data("PyListIter_Type")
        facts = {**self._facts, "index": index, "list": list_, "type": type_}
        self._symbols.define("@next_of_list", lambda: NEXT.format(iterators=iterators, incref=incref, **facts))
        self._line(f"{item} = call ptr @next_of_list(ptr {iterator})")

        def slowly() -> str:
            function = self._field(self._field(iterator, "type"), "type_next")
            return self._result_of(f"ptr {function}(ptr {iterator})")

        return self._or_slowly(instruction, "ptr", item, self._is_null(item), slowly)

    def _item_at(self, instruction: Instruction, names: list[str]) -> str:
        """Of a list inline, of other sequences by a call that runs no code, else in the general way."""
        both = f"ptr {names[0]}, i64 {names[1]}"
        incref, lists, slot = self._counting("incref"), self._data("PyList_Type"), self._symbols.slot("pf_item_at")
        self._symbols.define("@item_at", lambda: ITEM_AT.format(lists=lists, incref=incref, slot=slot, **self._facts))
        item, general = self._result_of(f"ptr @item_at({both})"), self._symbols.slot("pf_getitem_at")
        return self._or_slowly(
            instruction, "ptr", item, self._is_null(item), lambda: self._result_of(f"ptr {general}({both})")
        )

    def _set_item_at(self, instruction: Instruction, names: list[str]) -> str:
        container, place, value = names
        arguments = f"ptr {container}, i64 {place}, ptr {value}"
        incref, lists, slot = self._counting("incref"), self._data("PyList_Type"), self._symbols.slot("pf_setitem_at")
        self._symbols.define("@set_item_at", lambda: SET_ITEM_AT.format(lists=lists, incref=incref, **self._facts))
        old = self._result_of(f"ptr @set_item_at({arguments})")
        return self._replaced(instruction, old, f"i32 {slot}({arguments})")

    def _replaced(self, instruction: Instruction, old: str, slowly: str) -> str:
        """0 after releasing `old`, what was replaced; or if that is NULL, the status that `slowly` gives."""
        missed, store, cold, following = self._is_null(old), *map(self._new_label, ("replaced", "slow", "next"))
        self._line(f'br i1 {missed}, label %"{cold}", label %"{store}"{_UNLIKELY}')
        self._open(cold, cold=True)
        self._tell_frame(instruction)
        status = self._result_of(slowly)
        slow_label = self._text.label
        self._line(f'br label %"{following}"')
        self._open(store)
        self._show_place(instruction)
        self._release(old, instruction)
        label, result = self._text.label, self._fresh()
        self._line(f'br label %"{following}"')
        self._open(following)
        self._line(f'{result} = phi i32 [0, %"{label}"], [{status}, %"{slow_label}"]')
        return result

    def _setattr(self, instruction: Instruction, names: list[str]) -> str:
        owner, name, value = names
        function = setattr_function(self._symbols, self._facts, self._counting("incref"))
        cache = attribute_cache(self._symbols, self._place())
        old = self._result_of(f"ptr {function}(ptr {owner}, ptr {value}, ptr {cache})")
        slowly = f"i32 {self._symbols.slot('pf_setattr')}(ptr {owner}, ptr {name}, ptr {value}, ptr {cache})"
        return self._replaced(instruction, old, slowly)

    def _field(self, object_: str, fact: str) -> str:
        """The pointer in the field at that fact's offset."""
        place, name = self._fresh(), self._fresh()
        self._line(f"{place} = getelementptr i8, ptr {object_}, i64 {self._facts[fact]}")
        self._line(f"{name} = load ptr, ptr {place}")
        return name

    def _data(self, name: str) -> str:
        self._symbols.declare(f"@{name} = external global i8")
        return f"@{name}"

    def _look_up(self, instruction: Instruction, what: str, names: list[str]) -> str:
        """With what this place remembers."""
        symbols, incref = self._symbols, self._counting("incref")
        if what == "load_global":
            self._loads_globals = True
            function, cache = load_global(symbols, self._facts, incref), global_cache(symbols, self._place())
            found = self._result_of(f"ptr {function}(ptr %globals, ptr %builtins, ptr {cache})")
            again = f"ptr {symbols.slot('pf_load_global_again')}(ptr %frame, ptr {names[0]}, ptr {cache})"
            return self._or_slowly(instruction, "ptr", found, self._is_null(found), lambda: self._result_of(again))
        cache = attribute_cache(symbols, self._place())
        arguments = f"ptr {names[0]}, ptr {names[1]}, ptr {cache}"
        if what == "pf_getattr":
            found = self._result_of(
                f"ptr {getattr_function(symbols, self._facts, incref)}(ptr {names[0]}, ptr {cache})"
            )
            again = f"ptr {symbols.slot(what)}({arguments})"
            return self._or_slowly(instruction, "ptr", found, self._is_null(found), lambda: self._result_of(again))
        function = load_method_function(symbols, self._facts, incref)
        found = self._result_of(f"{{ptr, ptr}} {function}(ptr {names[0]}, ptr {cache})")
        first = self._fresh()
        self._line(f"{first} = extractvalue {{ptr, ptr}} {found}, 0")
        return self._or_slowly(
            instruction, "{ptr, ptr}", found, self._is_null(first), lambda: self._method_again(arguments)
        )

    def _method_again(self, arguments: str) -> str:
        self._vector_size = max(self._vector_size, 1)
        first = self._result_of(f"ptr {self._symbols.slot('pf_get_method')}({arguments}, ptr %vector)")
        second, half, pair = self._fresh(), self._fresh(), self._fresh()
        self._line(f"{second} = load ptr, ptr %vector")
        self._line(f"{half} = insertvalue {{ptr, ptr}} undef, ptr {first}, 0")
        self._line(f"{pair} = insertvalue {{ptr, ptr}} {half}, ptr {second}, 1")
        return pair

    def _place(self) -> str:
        """A name in the module for this place."""
        self._places += 1
        return f"{self._function.name} {self._places}"

    def _context(self, token: str) -> str:
        match token:
            case "frame":
                return "ptr %frame"
            case "function":
                return f"ptr {record_symbol(self._function.name)}"
            case "null":
                return "ptr null"
            case _:
                kind, _, number = token.partition(":")
                return f"{kind} {number}"

    def _release(self, name: str, instruction: Instruction) -> None:
        """Destructors see what the frame has not been told, and where it is."""
        if not instruction.untold and instruction.site is None:
            self._line(f"call void {self._counting('decref')}(ptr {name})")
            return
        if not self._facts["refcounts"]:  # by calls: nobody can say before which one is the last
            self._tell_frame(instruction)
            self._line(f"call void {self._counting('decref')}(ptr {name})")
            return
        last, cold, following = self._fresh(), self._new_label("last"), self._new_label("next")
        self._line(f"{last} = call i1 {self._counting('drop')}(ptr {name})")
        self._line(f'br i1 {last}, label %"{cold}", label %"{following}"{_UNLIKELY}')
        self._open(cold, cold=True)
        if instruction.untold:
            self._tell_unless_number(name, instruction)
        else:
            self._tell_frame(instruction)
        self._line(f"call void {self._symbols.slot('pf_free_object')}(ptr {name})")
        self._line(f'br label %"{following}"')
        self._open(following)

    def _tell_unless_number(self, name: str, instruction: Instruction) -> None:
        """Ints and floats have no destructor that could look."""
        type_, flags = self._field(name, "type"), []
        for number in ("PyLong_Type", "PyFloat_Type"):
            flags.append(self._fresh())
            self._line(f"{flags[-1]} = icmp eq ptr {type_}, {self._data(number)}")
        is_number, other, freed = self._fresh(), self._new_label("other"), self._new_label("freed")
        self._line(f"{is_number} = or i1 {', '.join(flags)}")
        self._line(f'br i1 {is_number}, label %"{freed}", label %"{other}"')
        self._open(other, cold=True)
        self._tell_frame(instruction)
        self._line(f'br label %"{freed}"')
        self._open(freed, cold=True)

    def _counting(self, verb: str) -> str:
        return self._symbols.counting(verb, always_inline=True)


def _no_sites(symbols: Symbols) -> SiteTable:
    """Framed functions have no `PfSite` records: their frame shows the place and holds the variables."""
    layouts: dict[str, CodeLayout] = {}
    return SiteTable(symbols, layouts)
