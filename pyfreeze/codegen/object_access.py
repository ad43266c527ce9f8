"""Objects inline: the fast paths of the rows in `pyfreeze/primitives/references.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pyfreeze.codegen.machine_types import from_word, llvm_type, scalar_paths, to_word
from pyfreeze.codegen.memory import load_value, store_value
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import ArrayType, OptionalType, ReferenceType, StructType, Type

NONE_OBJECT = "getelementptr inbounds (%PfModule, ptr @module, i64 0, i32 20)"


class Definitions(Protocol):
    """What the text refers to (`pyfreeze.codegen.symbols.Symbols`)."""

    def slot(self, name: str) -> str: ...
    def counting(self, change: str) -> str: ...
    def class_object(self, type_: StructType) -> str: ...
    def string(self, data: bytes) -> str: ...
    def descriptor(self, type_: Type) -> str: ...


def object_function(primitive: Primitive, definitions: Definitions, layout: Mapping[str, int]) -> str:
    """The LLVM function of a row. layout: the runtime's."""
    return _ObjectFunction(primitive, definitions, layout).text()


class _ObjectFunction:
    def __init__(self, primitive: Primitive, definitions: Definitions, layout: Mapping[str, int]) -> None:
        self._primitive = primitive
        self._definitions = definitions
        self._layout = layout
        result = llvm_type(primitive.result)
        self._result = result
        self._returned = f"{{{result}, i1}}" if primitive.effects.fails else result
        self._lines: list[str] = []
        self._counter = 0

    def text(self) -> str:
        match self._primitive.lowering.object:
            case "none":
                self._none()
                self._lines.append("ret ptr %none")
            case "is_none":
                self._load_none()
                self._lines += ["%r = icmp eq ptr %a, %none", "ret i1 %r"]
            case "box":
                self._box(self._primitive.operands[0])
            case "unbox":
                self._unbox(self._primitive.result)
        parameters = ", ".join(
            f"{llvm_type(type_)} %{letter}" for type_, letter in zip(self._primitive.operands, "ab", strict=False)
        )
        head = f'define internal {self._returned} @"{self._primitive.name}"({parameters}) alwaysinline {{'
        return "\n".join([head, *self._lines, "}"])

    def _fresh(self) -> str:
        self._counter += 1
        return f"%t{self._counter}"

    def _load_none(self) -> None:
        self._lines.append(f"%none = load ptr, ptr {NONE_OBJECT}, !invariant.load !0")

    def _none(self) -> None:
        """None, with a reference."""
        self._load_none()
        self._own("%none")

    def _own(self, reference: str) -> None:
        self._lines.append(f"call void {self._definitions.counting('incref')}(ptr {reference})")

    def _return(self, value: str, flag: str = "false") -> None:
        first, both = self._fresh(), self._fresh()
        self._lines += [
            f"{first} = insertvalue {self._returned} undef, {self._result} {value}, 0",
            f"{both} = insertvalue {self._returned} {first}, i1 {flag}, 1",
            f"ret {self._returned} {both}",
        ]

    def _give_up(self) -> None:
        self._lines += ["failed:", f"ret {self._returned} {{{self._result} undef, i1 true}}"]

    # Values to objects

    def _box(self, type_: Type) -> None:
        value = "%a"
        if isinstance(type_, OptionalType):
            machine, type_ = llvm_type(type_), type_.item
            self._lines += [
                f"%flag = extractvalue {machine} %a, 0",
                "br i1 %flag, label %some, label %nothing",
                "nothing:",
            ]
            self._none()
            self._return("%none")
            self._lines += ["some:", f"%item = extractvalue {machine} %a, 1"]
            value = "%item"
        if isinstance(type_, ArrayType):
            self._own(value)
            self._return(value)
        elif isinstance(type_, StructType) and type_.has_its_scalars:
            self._box_struct(type_, value)
        else:
            self._box_by_call(type_, value)

    def _box_struct(self, type_: StructType, value: str) -> None:
        self._lines += [
            f"%class = load ptr, ptr {self._definitions.class_object(type_)}",
            f"%made = call ptr {self._definitions.slot('pf_new_instance_of')}(ptr %class)",
            "%bad = icmp eq ptr %made, null",
            "br i1 %bad, label %failed, label %go, !prof !1",
            "go:",
        ]
        self._own_all(type_, value)
        self._lines += store_value(type_, value, "%made", self._layout["object_head"], "%s")
        self._return("%made")
        self._give_up()

    def _own_all(self, type_: StructType, value: str) -> None:
        for path, scalar in scalar_paths(type_):
            if isinstance(scalar, ReferenceType):
                reference = self._fresh()
                where = ", ".join(map(str, path))
                self._lines.append(f"{reference} = extractvalue {llvm_type(type_)} {value}, {where}")
                self._own(reference)

    def _box_by_call(self, type_: Type, value: str) -> None:
        scalars = list(scalar_paths(type_))
        self._lines.append(f"%words = alloca [{max(1, len(scalars))} x i64]")
        for position, (path, scalar) in enumerate(scalars):
            taken = value
            if path:
                taken, where = self._fresh(), ", ".join(map(str, path))
                self._lines.append(f"{taken} = extractvalue {llvm_type(type_)} {value}, {where}")
            lines, word = to_word(scalar, taken, self._fresh())
            slot = self._fresh()
            self._lines += [*lines, f"{slot} = getelementptr i64, ptr %words, i64 {position}"]
            self._lines.append(f"store i64 {word}, ptr {slot}")
        call = f"{self._definitions.slot('pf_box_value')}(ptr @module, ptr {self._described(type_)}, ptr %words)"
        self._lines += [f"%made = call ptr {call}", "%bad = icmp eq ptr %made, null"]
        self._return("%made", "%bad")

    def _described(self, type_: Type) -> str:
        return self._definitions.string(self._definitions.descriptor(type_).encode())

    # Objects to values

    def _unbox(self, type_: Type) -> None:
        if isinstance(type_, OptionalType) and isinstance(type_.item, StructType) and type_.item.has_its_scalars:
            self._load_none()
            self._lines += [
                "%nothing = icmp eq ptr %a, %none",
                "br i1 %nothing, label %absent, label %present",
                "absent:",
            ]
            self._return("zeroinitializer")
            self._lines.append("present:")
            self._unbox_struct(type_.item)
            self._lines += [
                f"%whole = insertvalue {self._result} {{i1 true, {llvm_type(type_.item)} undef}}, {llvm_type(type_.item)} %value, 1"
            ]
            self._return("%whole")
            self._give_up()
        elif isinstance(type_, StructType) and type_.has_its_scalars:
            self._unbox_struct(type_)
            self._return("%value")
            self._give_up()
        else:
            self._unbox_by_call(type_)

    def _unbox_struct(self, type_: StructType) -> None:
        """Define `%value`, whose references are borrowed, from an instance of exactly the class."""
        self._lines += [
            f"%type.at = getelementptr inbounds i8, ptr %a, i64 {self._layout['type']}",
            "%type = load ptr, ptr %type.at",
            f"%class = load ptr, ptr {self._definitions.class_object(type_)}",
            "%same = icmp eq ptr %type, %class",
            "br i1 %same, label %go, label %failed, !prof !2",
            "go:",
        ]
        self._lines += load_value(type_, "%a", self._layout["object_head"], "%value")

    def _unbox_by_call(self, type_: Type) -> None:
        scalars = list(scalar_paths(type_))
        self._lines += [
            f"%words = alloca [{max(1, len(scalars))} x i64]",
            f"%reason = call i32 {self._definitions.slot('pf_unbox_tuple')}"
            f"(ptr @module, ptr %a, ptr {self._described(type_)}, ptr %words)",
            "%bad = icmp ne i32 %reason, 0",
            "br i1 %bad, label %failed, label %go, !prof !1",
            "go:",
        ]
        built = "false" if not scalars else "undef"
        for position, (path, scalar) in enumerate(scalars):
            slot, word, value = self._fresh(), self._fresh(), self._fresh()
            self._lines += [f"{slot} = getelementptr i64, ptr %words, i64 {position}", f"{word} = load i64, ptr {slot}"]
            self._lines += from_word(scalar, word, value)
            if path:
                inserted, where = self._fresh(), ", ".join(map(str, path))
                self._lines.append(
                    f"{inserted} = insertvalue {self._result} {built}, {llvm_type(scalar)} {value}, {where}"
                )
                value = inserted
            built = value
        self._return(built)
        self._give_up()
