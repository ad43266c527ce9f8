"""One framed function to LLVM text: what its trampoline calls, a `PfEntry`.

Its variables are in the frame. Before anything that may fail or run other code, the
frame is told at which instruction it is. An operation is a call of the C function that its row names.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.codegen import reentering
from pyfreeze.codegen.array_access import VARIABLE
from pyfreeze.codegen.direct_entries import CONTEXT, CONTEXT_BREAKER, RECORD_CODE, body_symbol, framed_entry
from pyfreeze.codegen.entry_emitter import UNLIMITED
from pyfreeze.codegen.framed_calls import Calls
from pyfreeze.codegen.machine_types import llvm_type
from pyfreeze.codegen.runtime_slots import slots
from pyfreeze.codegen.symbols import record_symbol
from pyfreeze.ir.instructions import (
    Apply,
    Call,
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
from pyfreeze.ir.types import FLOAT64, OBJECT, TupleType

_UNLIKELY = ", !prof !1"
_EXPECT_NATIVE = "unboxed.expect_native["


class FramedEmitter(Calls):
    """Emits one framed function."""

    def text(self) -> str:
        for instruction in self._function.instructions():
            if isinstance(instruction, Call):
                self._allowed_native(instruction.function)
        for block in self._blocks:
            for parameter in block.parameters:
                self._names.setdefault(parameter, self._fresh())
        self._open("entry")
        self._line(f'br label %"{self._labels[self._function.entry]}"')
        for block in self._blocks:
            self._open(self._labels[block])
            self._shapes.start(block)
            for instruction in block.instructions:
                self._emit(instruction)
                self._shapes.after(instruction)
            self._shapes.end(block)
        body = self._assemble()
        entry = framed_entry(self._function.name, self._symbols)
        return f"{self._head()}\n{self._prologue()}\n{body}\n{entry}"

    def _head(self) -> str:
        self._symbols.declare(CONTEXT)
        return f"define internal ptr {body_symbol(self._function.name)}(ptr %context, ptr %frame) #0 {{"

    def _prologue(self) -> str:
        record, facts = record_symbol(self._function.name), self._facts
        polls = any(map(_polls, self._function.instructions()))
        breaker = []
        if polls:
            breaker = [
                "%thread = load ptr, ptr %context",
                f"%breaker_place = getelementptr %PfContext, ptr %context, i64 0, i32 {CONTEXT_BREAKER}",
                "%breaker = load ptr, ptr %breaker_place",
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
            *reentering.ALLOCAS,
            *self._natives_forgotten(),
            f"%record = getelementptr %PfFunction, ptr {record}, i64 0, i32 {RECORD_CODE}",
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
                self._line(f"{old} = load ptr, ptr {place}{VARIABLE}")
                self._line(f"store ptr {self._names[value]}, ptr {place}{VARIABLE}")
                self._release(old, instruction)
            case StoreLocal(operands=[value], index=index):
                self._tell_frame(instruction)
                store = self._symbols.slot("pf_store_f64" if value.type == FLOAT64 else "pf_store_i64")
                self._line(f"call void {store}(ptr {self._local(index)}, {self._typed(value)})")
            case Call():
                self._emit_native_call(instruction)
            case Apply() if instruction.primitive.name.startswith(_EXPECT_NATIVE):
                self._emit_expect_native(instruction)
            case Apply() if instruction.primitive.lowering.object == "nobody_waits":
                self._emit_nobody_waits(instruction)
            case Apply() if self._emit_guard(instruction):
                pass
            case Apply() if instruction.primitive.lowering.c is not None:
                self._emit_operation(instruction, instruction.primitive.lowering.c)
            case _:
                super()._emit(instruction)

    def _emit_load(self, instruction: LoadLocal) -> None:
        assert instruction.result is not None
        name = self._define(instruction.result)
        self._line(f"{name} = load ptr, ptr {self._local(instruction.index)}{VARIABLE}")
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
        elif c.name == "pf_setattr":
            called = self._setattr(instruction, names)
        elif c.name == "truth_at":
            called = self._truth_at(instruction, c, names)
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
        return self._call_c(instruction, c)

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
            case "worth_entering":
                place = f"{self._function.name} {c.arguments[0].partition(':')[2]}"
                self._line(f"{self._define(result)} = {reentering.worth_entering(self._symbols, place)}")
            case "left":
                state, turns = self._entered()
                self._line(reentering.left(self._symbols, state, turns))
                self._names[result] = "false"
            case "finished":
                self._line(reentering.finished(self._symbols, self._entered()[0]))
                self._names[result] = "false"
            case "keep":
                self._names[result] = "false"
            case _:
                return False
        return True

    def _entered(self) -> tuple[str, str]:
        """The state of the place at which the copy was entered, and the turns since."""
        state, turns = self._fresh(), self._fresh()
        self._line(f"{state} = load ptr, ptr %entered_at")
        self._line(f"{turns} = load i64, ptr %turns")
        return state, turns

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
        assert instruction.result is not None
        self._names[instruction.result] = "false"
        (_, turns), more = self._entered(), self._fresh()
        self._line(f"{more} = add i64 {turns}, 1")
        self._line(f"store i64 {more}, ptr %turns")
        following = self._open_if_somebody_waits()
        self._line(f'br label %"{self._leaving(instruction)}"')
        self._open(following)

    def _emit_expect_native(self, instruction: Apply) -> None:
        """Whether an object is that native function of the module, and may be called as such now."""
        assert instruction.result is not None
        self._names[instruction.result] = "false"
        name = instruction.primitive.name.removeprefix(_EXPECT_NATIVE)[:-1]
        if name not in self._natives:  # a pass has failed on it
            self._line(f'br label %"{self._leaving(instruction)}"')
            self._open(self._new_label("next"))
            return
        ask, note, following = self._new_label("ask"), self._new_label("note"), self._new_label("next")
        slot, callable_ = self._symbols.slot("pf_may_call_native"), self._names[instruction.operands[0]]
        known, same, place = self._fresh(), self._fresh(), self._allowed_native(name)
        self._line(f"{known} = load ptr, ptr {place}")
        self._line(f"{same} = icmp eq ptr {known}, {callable_}")
        self._line(f'br i1 {same}, label %"{following}", label %"{ask}", !prof !2')
        self._open(ask, cold=True)
        is_allowed = self._fresh()
        allowed = self._result_of(f"i32 {slot}(ptr {record_symbol(name)}, ptr {callable_})")
        self._line(f"{is_allowed} = icmp ne i32 {allowed}, 0")
        leaving = self._leaving(instruction)
        self._line(f'br i1 {is_allowed}, label %"{note}", label %"{leaving}", !prof !2')
        self._open(note, cold=True)
        self._line(f"store ptr {callable_}, ptr {place}")
        self._line(f'br label %"{following}"')
        self._open(following)

    def _natives_forgotten(self) -> list[str]:
        places = self._allowed.values()
        return [f"{place} = alloca ptr" for place in places] + [f"store ptr null, ptr {place}" for place in places]

    def _emit_native_call(self, call: Call) -> None:
        result, handler = call.result, call.handler
        assert result is not None and handler is not None
        native = self._natives.get(call.function)
        if native is None:
            self._names[result] = "undef"
            return
        remaining = str(UNLIMITED)
        if native.frame_bytes is not None:
            remaining = self._result_of(
                f"i64 {self._symbols.slot('pf_remaining')}(ptr %thread, i64 {native.frame_bytes})"
            )
        if native.lets_others_run:  # who may look at the frame; a failure shows its place itself
            self._show_place(call)
        status, value = self._plain_call(call, remaining)
        self._line(f"{self._define(result)} = {value}")
        if native.lets_others_run:
            self._forget_natives()
        failed, following = self._fresh(), self._new_label("next")
        self._line(f"{failed} = icmp ne i8 {status}, 0")
        self._line(f'br i1 {failed}, label %"{self._jump(handler, status)}", label %"{following}"{_UNLIKELY}')
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
    """Whether it needs the address that tells who waits."""
    if isinstance(instruction, Poll | Call):
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
