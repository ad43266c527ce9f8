"""The entry wrapper of a native function: what the trampoline calls.

Guards and unboxes the arguments, calls the body, boxes its result. Whatever does not fit returns what means TWIN,
so that the trampoline goes on into the function's own bytecode.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.codegen.function_emitter import body_symbol, returned_struct, returns_in_memory
from pyfreeze.codegen.inline_guards import InlineGuard, has_inline_guard, object_layout
from pyfreeze.codegen.machine_types import from_word, llvm_type, scalar_paths, to_word
from pyfreeze.codegen.memory import load_scalar, load_value, memory_layout, store_scalar
from pyfreeze.codegen.symbols import Symbols, record_symbol
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Value
from pyfreeze.ir.types import (
    INT,
    ArrayType,
    BoolType,
    ClassType,
    FixedInt,
    FloatType,
    IntType,
    NoneKind,
    ObjectType,
    OptionalType,
    ReferenceType,
    StructType,
    TupleType,
    Type,
    ViewType,
)

_DEOPTIMIZED = -3
"""`pf_guard_failed`'s code, in place of a parameter, for a body that ended in `Status.DEOPT`."""

_WRONG_TYPE = "1"
"""`PF_WRONG_TYPE`."""

_VALID = 7
"""Index of `valid` in `PfFunction`."""

UNLIMITED = 1 << 40


def entry_symbol(name: str) -> str:
    return f'@"entry {name}"'


def may_return_none(function: Function) -> bool:
    """Whether None is a result, so that another object has to stand for the twin.

    Where the interpreter goes on in the middle, it may come to a function that was replaced meanwhile.
    """
    return isinstance(function.result, NoneKind | OptionalType | ObjectType) or function.impure


def _is_boxed_inline(type_: Type) -> bool:
    """Whether the object is made without a description of it. What may own references is not: if memory ends, they go."""
    if isinstance(type_, StructType) and not type_.is_tuple:
        return all(not scalar.boxed or _is_boxed_inline(scalar.type) for scalar in memory_layout(type_).scalars)
    return isinstance(type_, FixedInt | FloatType | BoolType)


class EntryEmitter:
    """Emits one wrapper, a `PfEntry`.

    frame_bytes: bound of the stack taken by one native call below this one; None if the depth is bounded.
    objects: facts about objects of the running interpreter, from the runtime's `layout()`.
    twin_is_object: whether what stands for the twin is not None, in the trampoline as well
    otherwise: of a generic function's entries, the symbol of the one to try if the arguments do not fit this one
    """

    def __init__(
        self,
        function: Function,
        symbols: Symbols,
        frame_bytes: int | None,
        objects: Mapping[str, int],
        twin_is_object: bool,
        otherwise: str | None = None,
    ) -> None:
        self._function = function
        self._twin_is_object = twin_is_object
        self._otherwise = otherwise
        self._symbols = symbols
        self._layout = object_layout(objects)
        self._frame_bytes = frame_bytes
        self._object_head, self._object_type_offset = objects["object_head"], objects["type"]
        self._lines: list[str] = []
        self._failures: list[str] = []
        self._owned: list[str] = []  # calls that release what was unboxed so far, for every way out
        self._boxed: list[str] = []  # objects that are on their way into others
        self._counter = 0

    def text(self) -> str:
        function, slot = self._function, self._symbols.slot
        record = record_symbol(function.name)
        self._enter(record)
        twin = "pf_twin" if self._twin_is_object else "pf_none"
        self._failures.append(f'"twin":\n%refused = call ptr {slot(twin)}()\nret ptr %refused')
        arguments = [self._unbox(number, value) for number, value in enumerate(function.parameters)]
        remaining = str(UNLIMITED)
        if self._frame_bytes is not None:
            remaining = "%remaining"
            self._line(f"%thread = call ptr {slot('pf_thread_state')}()")
            self._line(f"%remaining = call i64 {slot('pf_remaining')}(ptr %thread, i64 {self._frame_bytes})")
        place = ["ptr %result"] if returns_in_memory(function.result) else []
        passed = ", ".join(["ptr %breaker", f"i64 {remaining}", *place, *arguments])
        struct, in_memory = returned_struct(function.result), returns_in_memory(function.result)
        if in_memory:
            self._line(f"%status = call fastcc i8 {body_symbol(function.name)}({passed})")
        else:
            self._line(f"%pair = call fastcc {struct} {body_symbol(function.name)}({passed})")
            self._line(f"%status = extractvalue {struct} %pair, 1")
        self._release()
        left = "i8 3, label %resume" if function.impure else "i8 2, label %deopt"
        self._line(f"switch i8 %status, label %failed [i8 0, label %done {left}]")
        self._label("done")
        value = f"load {llvm_type(function.result)}, ptr %result" if in_memory else f"extractvalue {struct} %pair, 0"
        self._line(f"%value = {value}")
        self._line(f"ret ptr {self._box(function.result, '%value')}")
        self._label("failed")
        self._line(f"%none = call ptr {slot('pf_leave_with_error')}(ptr {record})\nret ptr %none")
        if function.impure:
            self._label("resume")
            self._line(f"%left = call ptr {slot('pf_resume_here')}(ptr {record})\nret ptr %left")
        else:
            self._label("deopt")
            self._line(f"call void {slot('pf_guard_failed')}(ptr {record}, i32 {_DEOPTIMIZED}, i32 0)")
            self._line('br label %"twin"')
        head = f"define internal ptr {entry_symbol(function.name)}(ptr %self, ptr %args, ptr %given) {{\nentry:\n"
        buffer = f"%buffer = alloca [{self._buffer_words()} x i64]\n%result = alloca {llvm_type(function.result)}\n"
        return head + buffer + "\n".join([*self._lines, *self._failures]) + "\n}\n"

    def _enter(self, record: str) -> None:
        """Go on with `%breaker`, at once where it is given and the bindings are known to hold."""
        self._lines += [
            f"%valid.at = getelementptr inbounds %PfFunction, ptr {record}, i64 0, i32 {_VALID}",
            "%valid = load i8, ptr %valid.at",
            "%holds = icmp ne i8 %valid, 0",
            "%usual = icmp ne ptr %given, null",
            "%quick = select i1 %usual, i1 %holds, i1 false",
            'br i1 %quick, label %"go", label %"ask", !prof !2',
        ]
        self._label("ask")
        self._lines += [
            f"%asked = call ptr {self._symbols.slot('pf_enter')}(ptr {record}, ptr %self)",
            "%native = icmp ne ptr %asked, null",
            'br i1 %native, label %"go", label %"twin"',
        ]
        self._label("go")
        self._line('%breaker = phi ptr [%given, %"entry"], [%asked, %"ask"]')

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
        self._lines += self._owned

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
        value = self._unbox_object(number, str(number), parameter.type, argument)
        return f"{llvm_type(parameter.type)} {value}"

    def _unbox_object(self, number: int, tag: str, type_: Type, argument: str) -> str:
        """The value of an object in argument `number`; `tag` tells it from others."""
        if isinstance(type_, ObjectType):
            return argument
        if isinstance(type_, StructType) and not type_.is_tuple:
            return self._unbox_struct(number, tag, type_, argument)
        if self._layout is None or not has_inline_guard(type_):
            self._guard_by_call(number, tag, type_, argument)
            return self._from_buffer(type_)
        guard = InlineGuard(self._layout, f"a{tag}", argument, f"other{tag}")
        guard.emit(type_)
        self._lines += guard.lines
        return self._or_by_call(number, tag, type_, argument, guard)

    def _or_by_call(self, number: int, tag: str, type_: Type, argument: str, guard: InlineGuard) -> str:
        """The value, from the inline guard or else from the runtime's."""
        word, slow, value = self._fresh(), self._fresh(), self._fresh()
        self._line(f'br label %"argument{tag}"')
        self._label(f"other{tag}")
        self._guard_by_call(number, tag, type_, argument)
        self._line(f"{word} = load i64, ptr %buffer")
        self._lines += from_word(type_, word, slow)
        self._line(f'br label %"argument{tag}"')
        self._label(f"argument{tag}")
        self._line(f'{value} = phi {llvm_type(type_)} [{guard.value}, %"{guard.last}"], [{slow}, %"next{tag}"]')
        if type_ == INT:
            self._owned.append(f"call void {self._release_helper()}(i64 {value})")
        return value

    def _guard_by_call(self, number: int, tag: str, type_: Type, argument: str) -> None:
        """Leaves the value in the buffer."""
        reason = self._fresh()
        self._line(f"{reason} = call i32 {self._guard_call(type_, argument)}")
        bad, following, failed = self._fresh(), f"next{tag}", f"guard{tag}"
        self._line(f"{bad} = icmp ne i32 {reason}, 0")
        self._line(f'br i1 {bad}, label %"{failed}", label %"{following}", !prof !1')
        self._add_failure(number, failed, reason)
        self._label(following)

    def _unbox_struct(self, number: int, tag: str, type_: StructType, argument: str) -> str:
        """An instance of exactly the class: its fields, read from the object and from objects in it."""
        address, actual, expected, same = (self._fresh() for _ in range(4))
        self._line(f"{address} = getelementptr i8, ptr {argument}, i64 {self._object_type_offset}")
        self._line(f"{actual} = load ptr, ptr {address}")
        self._line(f"{expected} = load ptr, ptr {self._symbols.class_object(type_)}")
        self._line(f"{same} = icmp eq ptr {actual}, {expected}")
        following, failed = f"next{tag}", f"guard{tag}"
        self._line(f'br i1 {same}, label %"{following}", label %"{failed}", !prof !2')
        self._add_failure(number, failed, _WRONG_TYPE)
        self._label(following)
        if not type_.has_its_scalars:
            return self._unbox_fields(number, tag, type_, argument)
        value = self._fresh()
        self._lines += load_value(type_, argument, self._object_head, value)
        return value

    def _unbox_fields(self, number: int, tag: str, type_: StructType, instance: str) -> str:
        machine, built = llvm_type(type_), "undef"
        for index, scalar in enumerate(memory_layout(type_).scalars):
            value, made = self._fresh(), self._fresh()
            self._lines += load_scalar(scalar, instance, self._object_head, value)
            if scalar.boxed:
                value = self._unbox_object(number, f"{tag}.{index}", scalar.type, value)
            where = ", ".join(map(str, scalar.path))
            self._line(f"{made} = insertvalue {machine} {built}, {llvm_type(scalar.type)} {value}, {where}")
            built = made
        return built

    def _box_struct(self, type_: StructType, value: str, boxed: str) -> None:
        """A new instance of the class; NULL with a MemoryError if there is no space for it. What lies in it as objects is
        boxed before: nobody sees it incomplete."""
        taken, made = [], len(self._boxed)
        scalars = memory_layout(type_).scalars
        for scalar in scalars:
            item = self._fresh()
            self._line(f"{item} = extractvalue {llvm_type(type_)} {value}, {', '.join(map(str, scalar.path))}")
            if isinstance(scalar.type, ReferenceType):
                self._boxed.append(item)
            taken.append(item)
        for index, scalar in enumerate(scalars):
            if scalar.boxed and not isinstance(scalar.type, ReferenceType):
                taken[index] = self._box(scalar.type, taken[index])
                self._return_if_null(taken[index])
                self._boxed.append(taken[index])
        class_ = self._fresh()
        self._line(f"{class_} = load ptr, ptr {self._symbols.class_object(type_)}")
        self._line(f"{boxed} = call ptr {self._symbols.slot('pf_new_instance_of')}(ptr {class_})")
        self._return_if_null(boxed)
        del self._boxed[made:]
        for scalar, item in zip(scalars, taken, strict=True):
            self._lines += store_scalar(scalar, item, boxed, self._object_head, self._fresh())

    def _return_if_null(self, made: str) -> None:
        """With NULL, and without the objects that were boxed until then."""
        failed, name = self._fresh(), self._fresh().removeprefix("%")
        self._line(f"{failed} = icmp eq ptr {made}, null")
        self._line(f'br i1 {failed}, label %"full {name}", label %"made {name}", !prof !1')
        self._label(f"full {name}")
        for other in self._boxed:
            self._line(f"call void {self._symbols.slot('pf_object_decref')}(ptr {other})")
        self._line("ret ptr null")
        self._label(f"made {name}")

    def _guard_call(self, type_: Type, argument: str) -> str:
        slot = self._symbols.slot
        match type_:
            case FixedInt(bits=64, signed=True):
                return f"{slot('pf_unbox_i64')}(ptr {argument}, ptr %buffer)"
            case FloatType():
                return f"{slot('pf_unbox_f64')}(ptr {argument}, ptr %buffer)"
            case IntType():
                return f"{slot('pf_unbox_int')}(ptr {argument}, ptr %buffer)"
            case TupleType() | StructType() | ArrayType() | ViewType() | ClassType() | OptionalType():
                signature = self._symbols.string(self._symbols.descriptor(type_).encode())
                return f"{slot('pf_unbox_tuple')}(ptr @module, ptr {argument}, ptr {signature}, ptr %buffer)"
            case _:
                return f"{slot('pf_unbox')}(ptr {argument}, i32 {ord(self._symbols.descriptor(type_))}, ptr %buffer)"

    def _add_failure(self, number: int, label: str, reason: str) -> None:
        lines = [f'"{label}":']
        lines += self._owned
        if self._otherwise is not None:
            passed = "ptr %self, ptr %args, ptr %given"
            lines.append(f"%{label}.result = tail call ptr {self._otherwise}({passed})\nret ptr %{label}.result")
            self._failures.append("\n".join(lines))
            return
        record, failed = record_symbol(self._function.name), self._symbols.slot("pf_guard_failed")
        lines.append(f"call void {failed}(ptr {record}, i32 {number}, i32 {reason})")
        lines.append('br label %"twin"')
        self._failures.append("\n".join(lines))

    def _from_buffer(self, type_: Type) -> str:
        built = "false" if isinstance(type_, NoneKind | ClassType) else "undef"
        for position, (path, scalar) in enumerate(scalar_paths(type_)):
            slot_, word, value = self._fresh(), self._fresh(), self._fresh()
            self._line(f"{slot_} = getelementptr i64, ptr %buffer, i64 {position}")
            self._line(f"{word} = load i64, ptr {slot_}")
            self._lines += from_word(scalar, word, value)
            if scalar == INT:
                self._owned.append(f"call void {self._release_helper()}(i64 {value})")
            elif isinstance(scalar, ReferenceType):
                self._owned.append(f"call void {self._symbols.slot('pf_object_decref')}(ptr {value})")
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
            case TupleType() | ClassType():
                self._box_tuple(type_, value, boxed)
            case StructType() if not _is_boxed_inline(type_):
                self._box_tuple(type_, value, boxed)
            case StructType():
                self._box_struct(type_, value, boxed)
            case ArrayType() | ObjectType():
                boxed = value
            case OptionalType(item=item):
                boxed = self._box(item, self._some(type_, value))
            case _:
                raise TypeError(f"{type_} is no result of a native function")
        return boxed

    def _some(self, type_: OptionalType, value: str) -> str:
        """The item of `value`; where that is None, the entry returns it here."""
        machine, flag, item, none = llvm_type(type_), self._fresh(), self._fresh(), self._fresh()
        self._line(f"{flag} = extractvalue {machine} {value}, 0")
        self._line(f'br i1 {flag}, label %"is_value", label %"is_none"')
        self._label("is_none")
        self._line(f"{none} = call ptr {self._symbols.slot('pf_none')}()\nret ptr {none}")
        self._label("is_value")
        self._line(f"{item} = extractvalue {machine} {value}, 1")
        return item

    def _box_tuple(self, type_: TupleType | StructType | ClassType, value: str, boxed: str) -> None:
        for position, (path, scalar) in enumerate(scalar_paths(type_)):
            item, slot_ = self._fresh(), self._fresh()
            self._line(f"{item} = extractvalue {llvm_type(type_)} {value}, {', '.join(map(str, path))}")
            lines, word = to_word(scalar, item, self._fresh())
            self._lines += lines
            self._line(f"{slot_} = getelementptr i64, ptr %buffer, i64 {position}")
            self._line(f"store i64 {word}, ptr {slot_}")
        signature = self._symbols.string(self._symbols.descriptor(type_).encode())
        slot = self._symbols.slot("pf_box_tuple")
        self._line(f"{boxed} = call ptr {slot}(ptr @module, ptr {signature}, ptr %buffer)")
