"""The entries of a framed function besides its body: from its trampoline, and from calls that need no interpreter.

A direct entry makes the frame that the interpreter would make, with what is known when compiling: the function's code,
how many variables it has, and that the arguments are these. Counterpart for all other calls: `runtime/src/direct_calls.c`.
"""

from __future__ import annotations

import opcode
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType

from pyfreeze.codegen.symbols import Symbols, record_symbol

CONTEXT = "%PfContext = type {ptr, ptr, ptr, ptr, ptr}"
_THREAD, _STACK_LIMIT, CONTEXT_BREAKER, _BUILTINS, _MONITORED = range(5)

_MOST_PARAMETERS = 8
"""Counterpart: `PF_DIRECT_PARAMETERS` in `runtime/include/pyfreeze_abi.h`."""

_MOST_CLEARED_INLINE = 6
RECORD_CODE = 9
"""The field `code` of a `PfFunction`."""

_MODULE_GLOBALS = 13
_VARIABLE_ARGUMENTS = 4 | 8  # CO_VARARGS | CO_VARKEYWORDS
_RESUME = opcode.opmap["RESUME"]


def body_symbol(name: str) -> str:
    return f'@"body {name}"'


def framed_symbol(name: str) -> str:
    return f'@"framed {name}"'


def direct_symbol(name: str) -> str:
    return f'@"direct {name}"'


@dataclass(frozen=True, slots=True)
class FrameShape:
    """What a frame of a code object needs: numbers of words, and where in bytes its first traceable instruction is."""

    parameters: int
    variables: int
    stack: int
    has_cells: bool
    first: int


def shape_of(code: CodeType) -> FrameShape | None:
    """None where the function has other parameters than positional ones, or too many."""
    if code.co_flags & _VARIABLE_ARGUMENTS or code.co_kwonlyargcount or code.co_argcount > _MOST_PARAMETERS:
        return None
    own_cells = [name for name in code.co_cellvars if name not in code.co_varnames]
    return FrameShape(
        code.co_argcount,
        code.co_nlocals + len(own_cells) + len(code.co_freevars),
        code.co_stacksize,
        bool(code.co_cellvars or code.co_freevars),
        next(offset for offset in range(0, len(code.co_code), 2) if code.co_code[offset] == _RESUME),
    )


def framed_entry(name: str, symbols: Symbols) -> str:
    """What the trampoline calls, and the runtime with a frame for `%args` and a context for `%given`, `%self` being NULL."""
    symbols.declare(CONTEXT)
    record = record_symbol(name)
    return f"""define internal ptr {framed_symbol(name)}(ptr %self, ptr %args, ptr %given) #0 {{
%own = alloca %PfContext
%direct = icmp eq ptr %self, null
br i1 %direct, label %go, label %ask
ask:
%allowed = call ptr {symbols.slot("pf_enter_framed")}(ptr {record}, ptr %self, ptr %given, ptr %own)
%refused = icmp eq ptr %allowed, null
br i1 %refused, label %twin, label %go, !prof !1
twin:
%answer = call ptr {symbols.slot("pf_twin")}()
ret ptr %answer
go:
%frame = phi ptr [%args, %0], [%allowed, %ask]
%context = phi ptr [%given, %0], [%own, %ask]
%result = call ptr {body_symbol(name)}(ptr %context, ptr %frame) noinline
ret ptr %result
}}
"""


def direct_entry(name: str, shape: FrameShape, symbols: Symbols, facts: Mapping[str, int]) -> str:
    """Takes the references of the function and the arguments."""
    return _DirectEntry(name, shape, symbols, facts).text()


class _DirectEntry:
    def __init__(self, name: str, shape: FrameShape, symbols: Symbols, facts: Mapping[str, int]) -> None:
        self._name = name
        self._shape = shape
        self._symbols = symbols
        self._facts = facts
        self._lines: list[str] = []
        self._names = 0

    def text(self) -> str:
        self._symbols.declare(CONTEXT)
        arguments = [f"ptr %a{number}" for number in range(self._shape.parameters)]
        parameters = ", ".join(["ptr %context", "ptr %function", *arguments])
        head = f"define internal ptr {direct_symbol(self._name)}({parameters}) #0 {{"
        self._look()
        self._make_frame()
        self._run()
        self._end_frame()
        slowly = f"%slowly = call ptr {self._otherwise()}({', '.join(['ptr %function', *arguments])})"
        return "\n".join([head, *self._lines, "slow:", slowly, "ret ptr %slowly", "}", ""])

    def _line(self, text: str) -> None:
        self._lines.append(text)

    def _define(self, text: str) -> str:
        self._names += 1
        name = f"%v{self._names}"
        self._line(f"{name} = {text}")
        return name

    def _at(self, base: str, offset: int) -> str:
        return self._define(f"getelementptr i8, ptr {base}, i64 {offset}")

    def _load(self, base: str, offset: int, type_: str = "ptr") -> str:
        return self._define(f"load {type_}, ptr {self._at(base, offset)}")

    def _store(self, value: str, base: str, offset: int) -> None:
        self._line(f"store {value}, ptr {self._at(base, offset)}")

    def _fact(self, base: str, fact: str, type_: str = "ptr") -> str:
        return self._load(base, self._facts[fact], type_)

    def _require(self, condition: str) -> None:
        """Go on if it holds, else have the call made in the general way."""
        flag = self._define(condition)
        self._line(f"br i1 {flag}, label %ok{self._names}, label %slow, !prof !2")
        self._line(f"ok{self._names}:")

    def _look(self) -> None:
        """As the interpreter before a call, and `pf_may_call_directly`: goes on with `%frame` and `%next`."""
        self._line("%here = alloca i8")
        context = {field: self._load("%context", 8 * field) for field in range(_MONITORED + 1)}
        thread = context[_THREAD]
        self._line(f"%thread = getelementptr i8, ptr {thread}, i64 0")
        self._line(f"%left = load i32, ptr {self._at('%thread', self._facts['thread_left'])}")
        self._require("icmp sgt i32 %left, 1")
        waiting = self._define(f"load volatile i32, ptr {context[CONTEXT_BREAKER]}")
        self._require(f"icmp eq i32 {self._define(f'and i32 {waiting}, {self._mask()}')}, 0")
        observers = [self._fact("%thread", fact, "i64") for fact in ("thread_profiler", "thread_tracer")]
        observers.append(self._define(f"load i64, ptr {context[_MONITORED]}"))
        either = self._define(f"or i64 {observers[0]}, {observers[1]}")
        self._require(f"icmp eq i64 {self._define(f'or i64 {either}, {observers[2]}')}, 0")
        self._require(f"icmp ugt ptr %here, {context[_STACK_LIMIT]}")
        if self._facts["thread_c_left"]:
            levels = self._fact("%thread", "thread_c_left", "i32")
            self._require(f"icmp sgt i32 {levels}, {self._facts['thread_c_reserved']}")
        self._look_at_function(context[_BUILTINS])
        words = self._facts["frame_specials"] + self._shape.variables + self._shape.stack
        self._line(f"%frame = load ptr, ptr {self._at('%thread', self._facts['thread_data_top'])}")
        limit = self._fact("%thread", "thread_data_limit")
        self._line(f"%next = getelementptr i8, ptr %frame, i64 {8 * words}")
        self._require(f"icmp ult ptr %next, {limit}")

    def _mask(self) -> int:
        mask = self._facts["breaker_mask"] & 0xFFFFFFFF
        return mask - (1 << 32) if mask >= 1 << 31 else mask

    def _look_at_function(self, ordinary: str) -> None:
        """It has this code and the module's names."""
        record = record_symbol(self._name)
        place = self._define(f"getelementptr %PfFunction, ptr {record}, i64 0, i32 {RECORD_CODE}")
        self._line(f"%code = load ptr, ptr {place}")
        self._require(f"icmp eq ptr {self._fact('%function', 'function_code')}, %code")
        self._line(f"%globals = load ptr, ptr {self._at('%function', self._facts['function_globals'])}")
        place = self._define(f"getelementptr %PfModule, ptr @module, i64 0, i32 {_MODULE_GLOBALS}")
        self._require(f"icmp eq ptr %globals, {self._define(f'load ptr, ptr {place}')}")
        self._line(f"%builtins = load ptr, ptr {self._at('%function', self._facts['function_builtins'])}")
        self._require(f"icmp eq ptr %builtins, {ordinary}")

    def _make_frame(self) -> None:
        facts, shape = self._facts, self._shape
        self._store("ptr %next", "%thread", facts["thread_data_top"])
        self._store(f"i32 {self._define('sub i32 %left, 1')}", "%thread", facts["thread_left"])
        self._line(f"call void {self._symbols.counting('incref', always_inline=True)}(ptr %code)")
        text = self._at("%code", facts["code_text"] + shape.first)
        holder = self._fact("%thread", "thread_frame_holder") if facts["thread_frame_holder"] else "%thread"
        self._line(f"%holder = getelementptr i8, ptr {holder}, i64 {facts['current_frame']}")
        self._line("%previous = load ptr, ptr %holder")
        fields = {
            "function": "%function",
            "globals": "%globals",
            "builtins": "%builtins",
            "dict": "null",
            "code": "%code",
            "object": "null",
            "previous": "%previous",
            "instruction": text,
        }
        for field, value in fields.items():
            self._store(f"ptr {value}", "%frame", facts[f"frame_{field}"])
        # The two fields after it are 0: it is a frame that Python code has not called, and the thread's.
        self._store(f"i64 {shape.variables}", "%frame", facts["frame_stack_top"])
        for number in range(shape.variables):
            value = f"%a{number}" if number < shape.parameters else "null"
            self._store(f"ptr {value}", "%frame", facts["frame_locals"] + 8 * number)
        self._line("store ptr %frame, ptr %holder")

    def _run(self) -> None:
        symbols = self._symbols
        before = "%0"
        if self._shape.has_cells:
            status = self._define(f"call i32 {symbols.slot('pf_fill_cells')}(ptr %frame)")
            self._line(f"%filled = icmp eq i32 {status}, 0")
            self._line("br label %cells\ncells:")
            self._line("br i1 %filled, label %run, label %failed, !prof !2\nrun:")
            before = "%cells"
        self._line(f"%result = call ptr {body_symbol(self._name)}(ptr %context, ptr %frame)")
        self._line("%raised = icmp eq ptr %result, null")
        self._line("br i1 %raised, label %failed, label %returned, !prof !1\nfailed:")
        self._line(f"call void {symbols.slot('pf_add_traceback')}(ptr %context, ptr %frame) #1")
        self._line("br label %returned\nreturned:")
        from_failed = "[null, %failed]"
        after = "%run" if before == "%cells" else self._last_label()
        self._line(f"%answer = phi ptr [%result, {after}], {from_failed}")

    def _last_label(self) -> str:
        """Of the block that calls the body, where nothing comes between it and the last test."""
        return next(f"%{line[:-1]}" for line in reversed(self._lines) if line.startswith("ok") and line.endswith(":"))

    def _end_frame(self) -> None:
        """Unlinked first, since destructors may look at frames; then the variables go in their order."""
        facts, decref = self._facts, self._symbols.counting("decref", always_inline=True)
        left = self._at("%thread", facts["thread_left"])
        again = self._define(f"add i32 {self._define(f'load i32, ptr {left}')}, 1")
        self._line(f"store i32 {again}, ptr {left}")
        seen = [self._fact("%frame", fact, "i64") for fact in ("frame_object", "frame_dict")]
        both = self._define(f"or i64 {seen[0]}, {seen[1]}")
        self._line(f"%seen = icmp ne i64 {both}, 0")
        self._line("br i1 %seen, label %kept, label %unseen, !prof !1\nkept:")
        self._line(f"call void {self._symbols.slot('pf_end_frame')}(ptr %context, ptr %frame) #1")
        self._line("ret ptr %answer\nunseen:")
        self._line("store ptr %previous, ptr %holder")
        first = self._at("%frame", facts["frame_locals"])
        if self._shape.variables > _MOST_CLEARED_INLINE:
            self._line(f"call void {self._clear()}(ptr {first}, i64 {self._shape.variables})")
        else:
            for number in range(self._shape.variables):
                self._line(f"call void {decref}(ptr {self._load(first, 8 * number)})")
        self._line(f"call void {decref}(ptr %function)")
        self._line(f"call void {decref}(ptr %code)")
        self._store("ptr %frame", "%thread", facts["thread_data_top"])
        self._line("ret ptr %answer")

    def _clear(self) -> str:
        decref = self._symbols.counting("decref", always_inline=True)
        return self._symbols.define("@clear_variables", lambda: _CLEAR.format(decref=decref))

    def _otherwise(self) -> str:
        """The call by the runtime, of a function with that many parameters."""
        count = self._shape.parameters
        slot, name = self._symbols.slot("pf_call_interpreted"), f"@call_interpreted.{count}"
        stores = "".join(
            f"%p{number} = getelementptr ptr, ptr %given, i64 {number + 1}\nstore ptr %a{number}, ptr %p{number}\n"
            for number in range(count)
        )
        parameters = "".join(f", ptr %a{number}" for number in range(count))
        return self._symbols.define(
            name,
            lambda: (
                f"define internal ptr {name}(ptr %function{parameters}) #2 {{\n%given = alloca [{count + 1} x ptr]\n{stores}"
                f"%first = getelementptr ptr, ptr %given, i64 1\n"
                f"%r = call ptr {slot}(ptr %function, ptr %first, i64 {count})\nret ptr %r\n}}"
            ),
        )


_CLEAR = """define internal void @clear_variables(ptr %first, i64 %count) noinline nounwind {{
br label %loop
loop:
%index = phi i64 [0, %0], [%following, %loop]
%place = getelementptr ptr, ptr %first, i64 %index
%object = load ptr, ptr %place
call void {decref}(ptr %object)
%following = add i64 %index, 1
%ended = icmp eq i64 %following, %count
br i1 %ended, label %done, label %loop
done:
ret void
}}"""
