"""One framed function to LLVM text: what its trampoline calls, a `PfEntry`.

Its variables are in the frame. Before anything that may fail or run other code, the
frame is told at which instruction it is. An operation is a call of the C function that its row names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyfreeze.codegen.array_access import HEAD
from pyfreeze.codegen.function_emitter import CodeLayout, FunctionEmitter, SiteTable
from pyfreeze.codegen.inline_caches import (
    attribute_cache,
    getattr_function,
    global_cache,
    load_global,
    load_method_function,
    setattr_function,
)
from pyfreeze.codegen.machine_types import llvm_type
from pyfreeze.codegen.runtime_slots import slots
from pyfreeze.codegen.short_ways import ITEM_AT, NEXT, SET_ITEM_AT, TRUTH
from pyfreeze.codegen.symbols import Symbols, record_symbol
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    Apply,
    ConstantTable,
    DecRef,
    Edge,
    Fail,
    IncRef,
    Instruction,
    LoadConstant,
    LoadLocal,
    Poll,
    Return,
    StoreLocal,
    Terminator,
    Value,
)
from pyfreeze.ir.primitive import CFunction, Ends
from pyfreeze.ir.types import FLOAT64, OBJECT, Status, TupleType

_UNLIKELY = ", !prof !1"
_RECORD_CODE = 8  # the field `code` of a PfFunction


def framed_symbol(name: str) -> str:
    return f'@"framed {name}"'


class FramedEmitter(FunctionEmitter):
    """Emits one framed function."""

    def __init__(self, function: Function, symbols: Symbols, shift: int, facts: Mapping[str, int]) -> None:
        """shift: how many bytes the trampoline takes before the function's own instructions."""
        super().__init__(function, symbols, _no_sites(symbols), {}, frozenset(), facts["breaker_mask"])
        self._shift = shift
        self._facts = facts
        self._places = 0
        self._vector_size = 0
        self._loads_globals = False
        self._shown: dict[str, int] = {}  # by label: the offset that the frame was last told

    def text(self) -> str:
        for block in self._blocks:
            for parameter in block.parameters:
                self._names.setdefault(parameter, self._fresh())
        self._open("entry")
        self._line(f'br label %"{self._labels[self._function.entry]}"')
        for block in self._blocks:
            self._open(self._labels[block])
            for instruction in block.instructions:
                self._emit(instruction)
        body = self._assemble()
        return f"{self._head()}\n{self._prologue()}\n{body}"

    def _head(self) -> str:
        symbol = framed_symbol(self._function.name)
        return f"define internal ptr {symbol}(ptr %self, ptr %args, ptr %given) #0 {{"

    def _prologue(self) -> str:
        slot, record, facts = self._symbols.slot, record_symbol(self._function.name), self._facts
        polls = any(map(_polls, self._function.instructions()))
        breaker = []
        if polls:
            breaker = [
                f"%thread = call ptr {slot('pf_thread_state')}()",
                f"%breaker = call ptr {slot('pf_breaker_address')}(ptr %thread)",
            ]
        namespaces = []
        for part in ("globals", "builtins") if self._loads_globals else ():
            namespaces += [
                f"%{part}_place = getelementptr i8, ptr %frame, i64 {facts[f'frame_{part}']}",
                f"%{part} = load ptr, ptr %{part}_place",
            ]
        lines = [
            '"enter":',
            f"%vector = alloca [{max(self._vector_size, 1)} x ptr]",
            *self._allocas,
            "%direct = icmp eq ptr %self, null",
            'br i1 %direct, label %"go", label %"ask"',
            '"ask":',
            f"%allowed = call ptr {slot('pf_enter_framed')}(ptr {record}, ptr %self, ptr %given)",
            "%refused = icmp eq ptr %allowed, null",
            'br i1 %refused, label %"twin", label %"go", !prof !1',
            '"twin":',
            f"%answer = call ptr {slot('pf_twin')}()",
            "ret ptr %answer",
            '"go":',
            '%frame = phi ptr [%args, %"enter"], [%allowed, %"ask"]',
            f"%record = getelementptr %PfFunction, ptr {record}, i64 0, i32 {_RECORD_CODE}",
            "%code = load ptr, ptr %record",
            f"%text = getelementptr i8, ptr %code, i64 {facts['code_text']}",
            f"%instruction = getelementptr i8, ptr %frame, i64 {facts['frame_instruction']}",
            f"%locals = getelementptr i8, ptr %frame, i64 {facts['frame_locals']}",
            *_load_tables(facts),
            *namespaces,
            *breaker,
            'br label %"entry"',
        ]
        return "\n".join(lines)

    def _assemble(self) -> str:
        for block, incoming in self._incoming.items():
            self._text.prepend(self._labels[block], self._phis(block, incoming))
        return "\n".join([*self._text.blocks(), "}", ""])

    # Instructions

    def _emit(self, instruction: Instruction) -> None:
        match instruction:
            case LoadConstant(result=Value() as result):
                place, offset = self._fresh(), self._facts["tuple_items"] + 8 * instruction.index
                self._line(f"{place} = getelementptr i8, ptr %{instruction.table}, i64 {offset}")
                self._line(f"{self._define(result)} = load ptr, ptr {place}, !invariant.load !0")
            case LoadLocal():
                self._emit_load(instruction)
            case StoreLocal(operands=[value], index=index) if value.type == OBJECT:
                old, place = self._fresh(), self._local(index)
                self._line(f"{old} = load ptr, ptr {place}")
                self._line(f"store ptr {self._names[value]}, ptr {place}")
                self._release(old, instruction)
            case StoreLocal(operands=[value], index=index):
                self._tell_frame(instruction)
                store = self._symbols.slot("pf_store_f64" if value.type == FLOAT64 else "pf_store_i64")
                self._line(f"call void {store}(ptr {self._local(index)}, {self._typed(value)})")
            case Apply() if instruction.primitive.lowering.object == "nobody_waits":
                self._emit_nobody_waits(instruction)
            case Apply() if instruction.primitive.lowering.c is not None:
                self._emit_operation(instruction, instruction.primitive.lowering.c)
            case _:
                super()._emit(instruction)

    def _local(self, index: int) -> str:
        place = self._fresh()
        self._line(f"{place} = getelementptr ptr, ptr %locals, i64 {index}")
        return place

    def _emit_load(self, instruction: LoadLocal) -> None:
        assert instruction.result is not None
        name = self._define(instruction.result)
        self._line(f"{name} = load ptr, ptr {self._local(instruction.index)}{HEAD}")
        if not instruction.checked:
            return
        unset, cold, following = self._fresh(), self._new_label("unset"), self._new_label("next")
        self._line(f"{unset} = icmp eq ptr {name}, null")
        self._line(f'br i1 {unset}, label %"{cold}", label %"{following}"{_UNLIKELY}')
        self._open(cold, cold=True)
        self._tell_frame(instruction)
        record = record_symbol(self._function.name)
        self._line(f"call void {self._symbols.slot('pf_unbound_local')}(ptr {record}, i32 {instruction.index})")
        self._fail(instruction)
        self._open(following)

    def _show_place(self, instruction: Instruction) -> None:
        """Tell the frame which instruction this is."""
        if instruction.site is None or self._shown.get(self._text.label) == instruction.site.offset:
            return
        self._shown[self._text.label] = instruction.site.offset
        place = self._fresh()
        self._line(f"{place} = getelementptr i8, ptr %text, i64 {instruction.site.offset + self._shift}")
        self._line(f"store ptr {place}, ptr %instruction")

    def _fail(self, instruction: Instruction) -> None:
        assert isinstance(instruction.handler, Edge)
        self._line(f'br label %"{self._jump(instruction.handler, "1")}"')

    def _emit_operation(self, instruction: Apply, c: CFunction) -> None:
        assert instruction.result is not None
        if self._emit_simple(instruction, c):
            return
        names = [self._names[operand] for operand in instruction.operands]
        if c.name in ("load_global", "pf_getattr", "pf_get_method"):
            called = self._look_up(instruction, c.name, names)
        elif c.name == "pf_truth":
            called = self._truth(instruction, names[0])
        elif c.name.startswith("pf_test_"):
            called = self._test(instruction, c, names)
        elif c.name == "next":
            called = self._next(instruction, names[0])
        elif c.name == "item_at":
            called = self._item_at(instruction, names)
        elif c.name == "set_item_at":
            called = self._set_item_at(instruction, names)
        else:
            called = self._call_out(instruction, c, names)
        self._finish(instruction, c, called)

    def _call_out(self, instruction: Apply, c: CFunction, names: list[str]) -> str:
        """What may run other code in any case."""
        if instruction.primitive.effects.runs_python:
            self._tell_frame(instruction)
        if c.name in ("failed", "tell"):
            return ""
        if c.name.startswith("call"):
            return self._vectorcall(instruction, c.name)
        if c.name == "pf_setattr":
            return self._setattr(names)
        return self._call_c(instruction, c)

    def _tell_frame(self, instruction: Instruction) -> None:
        """Before other code runs: at which instruction this is, and what is in the variables."""
        self._show_place(instruction)
        for item in instruction.untold:
            kind = "f64" if item.value.type == FLOAT64 else "i64"
            is_set = "1"
            if item.is_set is not None:
                is_set = self._fresh()
                self._line(f"{is_set} = zext i1 {self._names[item.is_set]} to i32")
            place, tell = self._local(item.index), self._symbols.slot(f"pf_tell_{kind}")
            self._line(f"call void {tell}(ptr {place}, {self._typed(item.value)}, i32 {is_set})")

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

    def _result_of(self, call: str) -> str:
        result = self._fresh()
        self._line(f"{result} = call {call}")
        return result

    def _is_null(self, value: str) -> str:
        flag = self._fresh()
        self._line(f"{flag} = icmp eq ptr {value}, null")
        return flag

    def _emit_simple(self, instruction: Apply, c: CFunction) -> bool:
        """What takes no call; says whether it was that."""
        result, names = instruction.result, [self._names[operand] for operand in instruction.operands]
        assert result is not None
        match c.name:
            case "is":
                self._line(f"{self._define(result)} = icmp eq ptr {names[0]}, {names[1]}")
            case "is_null":
                self._line(f"{self._define(result)} = icmp eq ptr {names[0]}, null")
            case "is_none":
                self._line(f"{self._define(result)} = icmp eq ptr {names[0]}, {self._data('_Py_NoneStruct')}")
            case "not":
                self._line(f"{self._define(result)} = xor i1 {names[0]}, true")
            case "null":
                self._names[result] = "null"
            case "none":
                self._names[result] = self._data("_Py_NoneStruct")
            case "bool":
                yes, no = self._data("_Py_TrueStruct"), self._data("_Py_FalseStruct")
                self._line(f"{self._define(result)} = select i1 {names[0]}, ptr {yes}, ptr {no}")
            case "assertion_error":
                self._line(f"{self._define(result)} = load ptr, ptr {self._data('PyExc_AssertionError')}")
            case "place":
                here, now, start = self._fresh(), self._fresh(), self._fresh()
                self._line(f"{here} = load ptr, ptr %instruction")
                self._line(f"{now} = ptrtoint ptr {here} to i64")
                self._line(f"{start} = ptrtoint ptr %text to i64")
                self._line(f"{self._define(result)} = sub i64 {now}, {start}")
            case "keep":
                self._names[result] = "false"
            case _:
                return False
        return True

    def _truth(self, instruction: Instruction, value: str) -> str:
        called, unknown, slot = self._fresh(), self._fresh(), self._symbols.slot("pf_truth")
        yes, no = self._data("_Py_TrueStruct"), self._data("_Py_FalseStruct")
        self._symbols.define("@truth_of", lambda: TRUTH.format(yes=yes, no=no))
        self._line(f"{called} = call i32 @truth_of(ptr {value})")
        self._line(f"{unknown} = icmp eq i32 {called}, {_UNKNOWN}")
        return self._or_slowly(instruction, "i32", called, unknown, lambda: self._result_of(f"i32 {slot}(ptr {value})"))

    def _test(self, instruction: Instruction, c: CFunction, names: list[str]) -> str:
        known, unknown, operation = self._fresh(), self._fresh(), _OPERATIONS.index(c.name.removeprefix("pf_test_"))
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
        missed, store, cold, following = self._is_null(old), *map(self._new_label, ("replaced", "slow", "next"))
        self._line(f'br i1 {missed}, label %"{cold}", label %"{store}"{_UNLIKELY}')
        self._open(cold, cold=True)
        self._tell_frame(instruction)
        status = self._result_of(f"i32 {slot}({arguments})")
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

    def _setattr(self, names: list[str]) -> str:
        function = setattr_function(self._symbols, self._facts, self._counting("incref"), self._counting("decref"))
        cache = attribute_cache(self._symbols, self._place())
        operands = ", ".join(f"ptr {name}" for name in (*names, cache))
        return self._result_of(f"i32 {function}({operands})")

    def _field(self, object_: str, fact: str) -> str:
        """The pointer in the field at that fact's offset."""
        place, name = self._fresh(), self._fresh()
        self._line(f"{place} = getelementptr i8, ptr {object_}, i64 {self._facts[fact]}")
        self._line(f"{name} = load ptr, ptr {place}")
        return name

    def _data(self, name: str) -> str:
        self._symbols.declare(f"@{name} = external global i8")
        return f"@{name}"

    def _vectorcall(self, instruction: Apply, kind: str) -> str:
        """`call…[n]`: a vectorcall, with a free place before the arguments."""
        operands = [self._names[operand] for operand in instruction.operands]
        names = operands.pop(1) if kind.endswith("_keywords") else "null"
        callee, *arguments = operands
        receiver, count = "null", str(len(arguments))
        if kind.startswith("call_method"):
            pair, callee, receiver = callee, self._fresh(), self._fresh()
            self._line(f"{callee} = extractvalue {{ptr, ptr}} {pair}, 0")
            self._line(f"{receiver} = extractvalue {{ptr, ptr}} {pair}, 1")
        self._gather([receiver, *arguments])
        first = self._fresh()
        self._line(f"{first} = getelementptr ptr, ptr %vector, i64 1")
        if kind.startswith("call_method"):
            with_receiver, first_used, count = self._fresh(), self._fresh(), self._fresh()
            self._line(f"{with_receiver} = icmp ne ptr {receiver}, null")
            self._line(f"{first_used} = select i1 {with_receiver}, ptr %vector, ptr {first}")
            total, offset = self._plain_count(len(arguments))
            self._line(f"{count} = select i1 {with_receiver}, i64 {total + 1}, i64 {offset}")
            first = first_used
        else:
            _, count = map(str, self._plain_count(len(arguments)))
        if names != "null":
            count = self._without_keywords(count, names)
        called, slot = self._fresh(), self._symbols.slot("pf_vectorcall")
        self._line(f"{called} = call ptr {slot}(ptr {callee}, ptr {first}, i64 {count}, ptr {names})")
        return called

    def _plain_count(self, count: int) -> tuple[int, int]:
        """How many arguments; and the same with the flag that says that the place before them may be used."""
        return count, count - (1 << 63)

    def _without_keywords(self, count: str, names: str) -> str:
        """A vectorcall counts positional arguments only."""
        place, given, left = self._fresh(), self._fresh(), self._fresh()
        self._line(f"{place} = getelementptr i8, ptr {names}, i64 {self._facts['var_size']}")
        self._line(f"{given} = load i64, ptr {place}")
        self._line(f"{left} = sub i64 {count}, {given}")
        return left

    def _gather(self, names: list[str]) -> None:
        """Store into the vector; the first may be null."""
        self._vector_size = max(self._vector_size, len(names))
        for index, name in enumerate(names):
            place = self._fresh()
            self._line(f"{place} = getelementptr ptr, ptr %vector, i64 {index}")
            self._line(f"store ptr {name}, ptr {place}")

    def _call_c(self, instruction: Apply, c: CFunction) -> str:
        operands = instruction.operands
        tokens = c.arguments or tuple(map(str, range(len(operands))))
        if c.ends == Ends.ITEMS and "out" not in tokens:
            tokens = (*tokens, "out")
        fixed = {int(token) for token in tokens if token.isdigit()}
        rest = [self._names[operand] for index, operand in enumerate(operands) if index not in fixed]
        result_type = instruction.result.type if instruction.result is not None else OBJECT
        arguments = []
        for token in tokens:
            if token.isdigit():
                arguments.append(self._typed(operands[int(token)]))
            elif token == "items":
                self._gather(rest)
                arguments += ["ptr %vector", f"i64 {len(rest)}"]
            elif token == "out":
                assert isinstance(result_type, TupleType)
                self._vector_size = max(self._vector_size, len(result_type.items))
                arguments.append("ptr %vector")
            else:
                arguments.append(self._context(token))
        return self._called_c(c, arguments)

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

    def _called_c(self, c: CFunction, arguments: list[str]) -> str:
        returned = _RETURNED[c.ends]
        if c.name in slots():
            target = self._symbols.slot(c.name)
            returned = slots()[c.name].result
        else:
            types = ", ".join(argument.partition(" ")[0] for argument in arguments)
            self._symbols.declare(f"declare {returned} @{c.name}({types})")
            target = f"@{c.name}"
        name = self._fresh()
        assigned = "" if returned == "void" else f"{name} = "
        self._line(f"{assigned}call {returned} {target}({', '.join(arguments)})")
        return name

    def _finish(self, instruction: Apply, c: CFunction, called: str) -> None:
        """Name the result, and branch to the handler where the operation has failed."""
        result = instruction.result
        assert result is not None
        match c.ends:
            case Ends.NEW | Ends.BORROWED:
                self._names[result] = called
            case Ends.NOTHING:
                self._names[result] = "false"
            case Ends.CERTAIN_FLAG:
                self._line(f"{self._define(result)} = icmp ne i32 {called}, 0")
            case Ends.RAISED:
                self._fail(instruction)
                self._open(self._new_label("dead"), cold=True)
                self._names[result] = "false"
            case Ends.OBJECT:
                self._names[result] = called
                self._check(instruction, f"icmp eq ptr {called}, null")
            case Ends.MAYBE:
                self._names[result] = called
                self._check_maybe(instruction, called)
            case Ends.STATUS:
                self._names[result] = "false"
                self._check(instruction, f"icmp ne i32 {called}, 0")
            case Ends.FLAG:
                self._check(instruction, f"icmp slt i32 {called}, 0")
                self._line(f"{self._define(result)} = icmp ne i32 {called}, 0")
            case Ends.TWO:
                first = self._fresh()
                self._line(f"{first} = extractvalue {{ptr, ptr}} {called}, 0")
                self._check(instruction, f"icmp eq ptr {first}, null")
                self._names[result] = called
            case Ends.ITEMS:
                self._check(instruction, f"icmp ne i32 {called}, 0")
                self._names[result] = self._from_vector(result)

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

    def _check_maybe(self, instruction: Instruction, called: str) -> None:
        """NULL may be an exception."""
        null, cold, following = self._fresh(), self._new_label("ended"), self._new_label("next")
        self._line(f"{null} = icmp eq ptr {called}, null")
        self._line(f'br i1 {null}, label %"{cold}", label %"{following}"')
        self._open(cold)
        failed, status = self._fresh(), self._fresh()
        self._line(f"{status} = call i32 {self._symbols.slot('pf_iteration_failed')}()")
        self._line(f"{failed} = icmp ne i32 {status}, 0")
        assert instruction.handler is not None
        target = self._jump(instruction.handler, "1")
        self._line(f'br i1 {failed}, label %"{target}", label %"{following}"{_UNLIKELY}')
        self._open(following)

    def _from_vector(self, result: Value) -> str:
        assert isinstance(result.type, TupleType)
        type_, built = llvm_type(result.type), "undef"
        for index in range(len(result.type.items)):
            place, item, whole = self._fresh(), self._fresh(), self._fresh()
            self._line(f"{place} = getelementptr ptr, ptr %vector, i64 {index}")
            self._line(f"{item} = load ptr, ptr {place}")
            self._line(f"{whole} = insertvalue {type_} {built}, ptr {item}, {index}")
            built = whole
        return built

    # References

    def _emit_refcount(self, instruction: IncRef | DecRef) -> None:
        (operand,) = instruction.operands
        if operand.type == OBJECT:
            self._count(instruction, self._names[operand])
        elif isinstance(operand.type, TupleType):
            for index, item in enumerate(operand.type.items):
                if item == OBJECT:
                    name = self._fresh()
                    self._line(f"{name} = extractvalue {self._typed(operand)}, {index}")
                    self._count(instruction, name)
        else:
            super()._emit_refcount(instruction)

    def _count(self, instruction: IncRef | DecRef, name: str) -> None:
        if isinstance(instruction, IncRef):
            self._line(f"call void {self._counting('incref')}(ptr {name})")
        else:
            self._release(name, instruction)

    def _release(self, name: str, instruction: Instruction) -> None:
        """Destructors see what the frame has not been told."""
        if not instruction.untold:
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
        self._tell_frame(instruction)
        self._line(f"call void @_Py_Dealloc(ptr {name})")
        self._line(f'br label %"{following}"')
        self._open(following)

    def _counting(self, verb: str) -> str:
        return self._symbols.counting(verb, always_inline=True)

    # Ends and polls

    def _emit_terminator(self, instruction: Terminator) -> None:
        match instruction:
            case Return(operands=[value]):
                self._tell_whoever_has_the_frame(instruction)
                self._line(f"ret ptr {self._names[value]}")
            case Fail():
                self._line("ret ptr null")
            case _:
                super()._emit_terminator(instruction)

    def _emit_nobody_waits(self, instruction: Apply) -> None:
        assert instruction.handler is not None and instruction.result is not None
        self._names[instruction.result] = "false"
        following = self._open_if_somebody_waits()
        self._line(f'br label %"{self._jump(instruction.handler, str(int(Status.DEOPT)))}"')
        self._open(following)

    def _tell_whoever_has_the_frame(self, instruction: Return) -> None:
        """A frame object keeps the variables after the function has ended."""
        if not instruction.untold:
            return
        object_, cold, following = (
            self._field("%frame", "frame_object"),
            self._new_label("seen"),
            self._new_label("end"),
        )
        self._line(f'br i1 {self._is_null(object_)}, label %"{following}", label %"{cold}", !prof !2')
        self._open(cold, cold=True)
        self._tell_frame(instruction)
        self._line(f'br label %"{following}"')
        self._open(following)

    def _emit_poll(self, instruction: Poll) -> None:
        assert instruction.handler is not None
        following = self._open_if_somebody_waits()
        self._tell_frame(instruction)
        status, failed = self._fresh(), self._fresh()
        self._line(f"{status} = call i32 {self._symbols.slot('pf_poll_framed')}()")
        self._line(f"{failed} = icmp ne i32 {status}, 0")
        target = self._jump(instruction.handler, "1")
        self._line(f'br i1 {failed}, label %"{target}", label %"{following}"{_UNLIKELY}')
        self._open(following)


_UNKNOWN = -2
"""What answers with a truth where it does not know: `UNKNOWN` of `runtime/src/operators.c`."""

_OPERATIONS = ("lt", "le", "eq", "ne", "gt", "ge")
"""In the order of `Py_LT` …"""

_RETURNED = {
    Ends.OBJECT: "ptr",
    Ends.MAYBE: "ptr",
    Ends.NEW: "ptr",
    Ends.BORROWED: "ptr",
    Ends.STATUS: "i32",
    Ends.FLAG: "i32",
    Ends.CERTAIN_FLAG: "i32",
    Ends.ITEMS: "i32",
    Ends.NOTHING: "void",
    Ends.RAISED: "void",
}


def _polls(instruction: Instruction) -> bool:
    if isinstance(instruction, Poll):
        return True
    return isinstance(instruction, Apply) and instruction.primitive.lowering.object == "nobody_waits"


def _load_tables(facts: Mapping[str, int]) -> list[str]:
    lines = []
    for table, fact in ((ConstantTable.CONSTANTS, "code_constants"), (ConstantTable.NAMES, "code_names")):
        lines += [
            f"%{table}_place = getelementptr i8, ptr %code, i64 {facts[fact]}",
            f"%{table} = load ptr, ptr %{table}_place",
        ]
    return lines


def _no_sites(symbols: Symbols) -> SiteTable:
    """Framed functions have no `PfSite` records: their frame shows the place and holds the variables."""
    layouts: dict[str, CodeLayout] = {}
    return SiteTable(symbols, layouts)
