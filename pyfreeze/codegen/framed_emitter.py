"""One framed function to LLVM text: what its trampoline calls, a `PfEntry`.

Its variables are in the frame. Before anything that may fail or run other code, the
frame is told at which instruction it is. An operation is a call of the C function that its row names.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from pyfreeze.ir.types import OBJECT, TupleType

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
        polls = any(isinstance(item, Poll) for item in self._function.instructions())
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
            case StoreLocal(operands=[value], index=index):
                old, place = self._fresh(), self._local(index)
                self._line(f"{old} = load ptr, ptr {place}")
                self._line(f"store ptr {self._names[value]}, ptr {place}")
                self._release_showing(old, instruction)
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
        self._line(f"{name} = load ptr, ptr {self._local(instruction.index)}")
        if not instruction.checked:
            return
        unset, cold, following = self._fresh(), self._new_label("unset"), self._new_label("next")
        self._line(f"{unset} = icmp eq ptr {name}, null")
        self._line(f'br i1 {unset}, label %"{cold}", label %"{following}"{_UNLIKELY}')
        self._open(cold, cold=True)
        self._show_place(instruction)
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
        if not self._emit_simple(instruction, c):
            self._show_place(instruction)
            if c.name == "failed":
                called = ""
            elif c.name.startswith("call"):
                called = self._vectorcall(instruction, c.name)
            elif c.name in ("load_global", "pf_getattr", "pf_setattr", "pf_get_method"):
                called = self._look_up(c.name, [f"ptr {self._names[operand]}" for operand in instruction.operands])
            elif c.name == "pf_truth":
                called = self._truth(self._names[instruction.operands[0]])
            elif c.name == "next":
                called = self._next(self._names[instruction.operands[0]])
            else:
                called = self._call_c(instruction, c)
            self._finish(instruction, c, called)

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

    def _truth(self, value: str) -> str:
        name, called = "@truth_of", self._fresh()
        yes, no, slot = self._data("_Py_TrueStruct"), self._data("_Py_FalseStruct"), self._symbols.slot("pf_truth")
        self._symbols.define(name, lambda: _TRUTH.format(yes=yes, no=no, slot=slot))
        self._line(f"{called} = call i32 {name}(ptr {value})")
        return called

    def _next(self, iterator: str) -> str:
        """What its type's `tp_iternext` gives."""
        function, called = self._field(self._field(iterator, "type"), "type_next"), self._fresh()
        self._line(f"{called} = call ptr {function}(ptr {iterator})")
        return called

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

    def _look_up(self, what: str, operands: list[str]) -> str:
        """With what this place remembers."""
        symbols, facts, incref, result = self._symbols, self._facts, self._counting("incref"), "ptr"
        match what:
            case "load_global":
                self._loads_globals = True
                function = load_global(symbols, facts, incref)
                operands = ["ptr %frame", "ptr %globals", "ptr %builtins", *operands]
            case "pf_getattr":
                function = getattr_function(symbols, facts, incref)
            case "pf_setattr":
                function, result = setattr_function(symbols, facts, incref, self._counting("decref")), "i32"
            case _:
                function, result = load_method_function(symbols, facts, incref), "{ptr, ptr}"
        make_cache = global_cache if what == "load_global" else attribute_cache
        operands.append(f"ptr {make_cache(symbols, self._place())}")
        if what == "pf_get_method":
            operands.append("ptr %vector")
        called = self._fresh()
        self._line(f"{called} = call {result} {function}({', '.join(operands)})")
        return called

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
            self._release(name)

    def _release(self, name: str) -> None:
        self._line(f"call void {self._counting('decref')}(ptr {name})")

    def _release_showing(self, name: str, instruction: Instruction) -> None:
        """With a destructor that looks at the frame seeing it at `instruction`."""
        if instruction.site is None:
            self._release(name)
            return
        place, function = self._fresh(), self._symbols.counting("decref", always_inline=True, shows=True)
        self._line(f"{place} = getelementptr i8, ptr %text, i64 {instruction.site.offset + self._shift}")
        self._line(f"call void {function}(ptr {name}, ptr {place}, ptr %instruction)")

    def _counting(self, verb: str) -> str:
        return self._symbols.counting(verb, always_inline=True)

    # Ends and polls

    def _emit_terminator(self, instruction: Terminator) -> None:
        match instruction:
            case Return(operands=[value]):
                self._line(f"ret ptr {self._names[value]}")
            case Fail():
                self._line("ret ptr null")
            case _:
                super()._emit_terminator(instruction)

    def _emit_poll(self, instruction: Poll) -> None:
        assert instruction.handler is not None
        following = self._open_if_somebody_waits()
        self._show_place(instruction)
        status, failed = self._fresh(), self._fresh()
        self._line(f"{status} = call i32 {self._symbols.slot('pf_poll_framed')}()")
        self._line(f"{failed} = icmp ne i32 {status}, 0")
        target = self._jump(instruction.handler, "1")
        self._line(f'br i1 {failed}, label %"{target}", label %"{following}"{_UNLIKELY}')
        self._open(following)


_TRUTH = """define internal i32 @truth_of(ptr %object) alwaysinline {{
%yes = icmp eq ptr %object, {yes}
%no = icmp eq ptr %object, {no}
%known = or i1 %yes, %no
br i1 %known, label %bool, label %other
bool:
%truth = zext i1 %yes to i32
ret i32 %truth
other:
%asked = call i32 {slot}(ptr %object)
ret i32 %asked
}}"""

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
