"""The entry wrapper of a native function: what the trampoline calls.

Guards and unboxes the arguments, calls the body, boxes its result. Whatever does not fit returns the TWIN sentinel,
so that the trampoline goes on into the function's own bytecode.
"""

from __future__ import annotations

from pyfreeze.codegen.function_emitter import body_symbol, returned_struct
from pyfreeze.codegen.machine_types import from_word, llvm_type, scalar_paths, to_word
from pyfreeze.codegen.symbols import Symbols, record_symbol
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Value
from pyfreeze.ir.types import INT, BoolType, FixedInt, FloatType, IntType, NoneKind, TupleType, Type, descriptor

_DEOPTIMIZED = -3
"""`pf_guard_failed`'s code, in place of a parameter, for a body that ended in `Status.DEOPT`."""

UNLIMITED = 1 << 40


def entry_symbol(name: str) -> str:
    return f'@"entry {name}"'


class EntryEmitter:
    """Emits one wrapper: `PyObject *(PyObject *self, PyObject *const *args, Py_ssize_t nargs)` (METH_FASTCALL).

    frame_bytes: bound of the stack taken by one native call below this one; None if the depth is bounded.
    """

    def __init__(self, function: Function, symbols: Symbols, frame_bytes: int | None) -> None:
        self._function = function
        self._symbols = symbols
        self._frame_bytes = frame_bytes
        self._lines: list[str] = []
        self._failures: list[str] = []
        self._owned: list[str] = []  # tagged ints unboxed so far, released on every way out
        self._counter = 0

    def text(self) -> str:
        function, slot = self._function, self._symbols.slot
        record = record_symbol(function.name)
        self._line(f"%entered = call i32 {slot('pf_enter')}(ptr {record}, ptr %self)")
        self._line("%native = icmp ne i32 %entered, 0")
        self._line('br i1 %native, label %"go", label %"twin", !prof !2')
        self._failures.append(f'"twin":\n%refused = call ptr {slot("pf_twin")}()\nret ptr %refused')
        self._label("go")
        arguments = [self._unbox(number, value) for number, value in enumerate(function.parameters)]
        self._line(f"%thread = call ptr {slot('pf_thread_state')}()")
        self._line(f"%breaker = call ptr {slot('pf_breaker')}(ptr %thread)")
        remaining = str(UNLIMITED)
        if self._frame_bytes is not None:
            remaining = "%remaining"
            self._line(f"%remaining = call i64 {slot('pf_remaining')}(ptr %thread, i64 {self._frame_bytes})")
        passed = ", ".join(["ptr %breaker", f"i64 {remaining}", *arguments])
        struct = returned_struct(function)
        self._line(f"%pair = call fastcc {struct} {body_symbol(function.name)}({passed})")
        self._line(f"%status = extractvalue {struct} %pair, 1")
        self._release()
        left = "i8 3, label %resume" if function.impure else "i8 2, label %deopt"
        self._line(f"switch i8 %status, label %failed [i8 0, label %done {left}]")
        self._label("done")
        self._line(f"%value = extractvalue {struct} %pair, 0")
        self._line(f"ret ptr {self._box(function.result, '%value')}")
        self._label("failed")
        self._line(f"%none = call ptr {slot('pf_leave_with_error')}(ptr {record})\nret ptr %none")
        if function.impure:
            self._label("resume")
            self._line(f"%left = call ptr {slot('pf_resume_here')}(ptr {record})\nret ptr %left")
        else:
            self._label("deopt")
            self._line(
                f"%left = call ptr {slot('pf_guard_failed')}(ptr {record}, i32 {_DEOPTIMIZED}, i32 0)\nret ptr %left"
            )
        head = f"define internal ptr {entry_symbol(function.name)}(ptr %self, ptr %args, i64 %count) {{\nentry:\n"
        buffer = f"%buffer = alloca [{self._buffer_words()} x i64]\n"
        return head + buffer + "\n".join([*self._lines, *self._failures]) + "\n}\n"

    def _buffer_words(self) -> int:
        types = [value.type for value in self._function.parameters] + [self._function.result]
        return max(1, *(sum(1 for _ in scalar_paths(type_)) for type_ in types))

    def _line(self, text: str) -> None:
        self._lines.append(text)

    def _label(self, name: str) -> None:
        self._lines.append(f'"{name}":')

    def _fresh(self) -> str:
        self._counter += 1
        return f"%t{self._counter}"

    def _release(self) -> None:
        for word in self._owned:
            self._line(f"call void {self._release_helper()}(i64 {word})")

    def _release_helper(self) -> str:
        decref = self._symbols.slot("pf_int_decref")
        return self._symbols.define(
            "@release",
            lambda: (
                "define internal void @release(i64 %word) alwaysinline {\n%big = trunc i64 %word to i1\n"
                "br i1 %big, label %yes, label %no, !prof !1\n"
                f"yes:\ncall void {decref}(i64 %word)\nbr label %no\nno:\nret void\n}}"
            ),
        )

    def _unbox(self, number: int, parameter: Value) -> str:
        """Guard argument `number` and return it as an operand of the call."""
        slot_, argument = self._fresh(), self._fresh()
        self._line(f"{slot_} = getelementptr ptr, ptr %args, i64 {number}")
        self._line(f"{argument} = load ptr, ptr {slot_}")
        reason = self._fresh()
        self._line(f"{reason} = call i32 {self._guard_call(parameter.type, argument)}")
        bad, following, failed = self._fresh(), f"next{number}", f"guard{number}"
        self._line(f"{bad} = icmp ne i32 {reason}, 0")
        self._line(f'br i1 {bad}, label %"{failed}", label %"{following}", !prof !1')
        self._add_failure(number, failed, reason)
        self._label(following)
        return f"{llvm_type(parameter.type)} {self._from_buffer(parameter.type)}"

    def _guard_call(self, type_: Type, argument: str) -> str:
        slot = self._symbols.slot
        match type_:
            case FixedInt(bits=64, signed=True):
                return f"{slot('pf_unbox_i64')}(ptr {argument}, ptr %buffer)"
            case FloatType():
                return f"{slot('pf_unbox_f64')}(ptr {argument}, ptr %buffer)"
            case IntType():
                return f"{slot('pf_unbox_int')}(ptr {argument}, ptr %buffer)"
            case TupleType():
                signature = self._symbols.string(descriptor(type_).encode())
                return f"{slot('pf_unbox_tuple')}(ptr {argument}, ptr {signature}, ptr %buffer)"
            case _:
                return f"{slot('pf_unbox')}(ptr {argument}, i32 {ord(descriptor(type_))}, ptr %buffer)"

    def _add_failure(self, number: int, label: str, reason: str) -> None:
        lines = [f'"{label}":']
        lines += [f"call void {self._release_helper()}(i64 {word})" for word in self._owned]
        record, failed = record_symbol(self._function.name), self._symbols.slot("pf_guard_failed")
        lines.append(
            f"%twin{number} = call ptr {failed}(ptr {record}, i32 {number}, i32 {reason})\nret ptr %twin{number}"
        )
        self._failures.append("\n".join(lines))

    def _from_buffer(self, type_: Type) -> str:
        built = "false" if isinstance(type_, NoneKind) else "undef"
        for position, (path, scalar) in enumerate(scalar_paths(type_)):
            slot_, word, value = self._fresh(), self._fresh(), self._fresh()
            self._line(f"{slot_} = getelementptr i64, ptr %buffer, i64 {position}")
            self._line(f"{word} = load i64, ptr {slot_}")
            self._lines += from_word(scalar, word, value)
            if scalar == INT:
                self._owned.append(value)
            if path:
                inserted, where = self._fresh(), ", ".join(map(str, path))
                self._line(f"{inserted} = insertvalue {llvm_type(type_)} {built}, {llvm_type(scalar)} {value}, {where}")
                value = inserted
            built = value
        return built

    def _box(self, type_: Type, value: str) -> str:
        """A new reference to the Python object of `value`, which is consumed."""
        slot, boxed = self._symbols.slot, self._fresh()
        match type_:
            case FixedInt(signed=signed):
                lines, word = to_word(type_, value, self._fresh())
                self._lines += lines
                self._line(f"{boxed} = call ptr {slot('pf_box_i64' if signed else 'pf_box_u64')}(i64 {word})")
            case FloatType():
                self._line(f"{boxed} = call ptr {slot('pf_box_f64')}(double {value})")
            case BoolType():
                wide = self._fresh()
                self._line(f"{wide} = zext i1 {value} to i32")
                self._line(f"{boxed} = call ptr {slot('pf_box_bool')}(i32 {wide})")
            case NoneKind():
                self._line(f"{boxed} = call ptr {slot('pf_none')}()")
            case IntType():
                self._line(f"{boxed} = call ptr {slot('pf_box_int')}(i64 {value})")
            case TupleType():
                self._box_tuple(type_, value, boxed)
            case _:
                raise TypeError(f"{type_} is no result of a native function")
        return boxed

    def _box_tuple(self, type_: TupleType, value: str, boxed: str) -> None:
        for position, (path, scalar) in enumerate(scalar_paths(type_)):
            item, slot_ = self._fresh(), self._fresh()
            self._line(f"{item} = extractvalue {llvm_type(type_)} {value}, {', '.join(map(str, path))}")
            lines, word = to_word(scalar, item, self._fresh())
            self._lines += lines
            self._line(f"{slot_} = getelementptr i64, ptr %buffer, i64 {position}")
            self._line(f"store i64 {word}, ptr {slot_}")
        signature = self._symbols.string(descriptor(type_).encode())
        self._line(f"{boxed} = call ptr {self._symbols.slot('pf_box_tuple')}(ptr {signature}, ptr %buffer)")
