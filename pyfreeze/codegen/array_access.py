"""Reading and writing arrays inline: the fast paths of the rows in `pyfreeze/primitives/arrays.py`.

Counterpart: `PfArray` in `runtime/include/pyfreeze_array.h`. What an array says of itself and its elements are told apart
for LLVM, so that a store of an element is not taken for a change of the length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyfreeze.codegen.machine_types import llvm_type, scalar_paths, to_word
from pyfreeze.codegen.memory import load_value, memory_layout, store_value
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import ArrayType, Type

METADATA = (
    '!3 = !{!"pyfreeze"}\n!4 = !{!"head of an array", !3, i64 0}\n!5 = !{!"element", !3, i64 0}\n'
    "!6 = !{!4, !4, i64 0}\n!7 = !{!5, !5, i64 0}\n!8 = !{i64 0, i64 1152921504606846976}\n"
    '!9 = !{!"saved element", !3, i64 0}\n!10 = !{!9, !9, i64 0}\n'
    '!18 = !{!"reference count", !3, i64 0}\n!19 = !{!18, !18, i64 0}\n'
    '!16 = !{!"variable", !3, i64 0}\n!17 = !{!16, !16, i64 0}\n'
)
HEAD, ELEMENT, SAVED, _LENGTH = ", !tbaa !6", ", !tbaa !7", ", !tbaa !10", ", !tbaa !6, !range !8"
COUNT, VARIABLE = ", !tbaa !19", ", !tbaa !17"


def array_function(primitive: Primitive, layout: Mapping[str, int], slot: Callable[[str], str], element: str) -> str:
    """The LLVM function of an array row.

    layout: the runtime's. slot: the accessor of one of its functions. element: the symbol of the element's descriptor.
    """
    return _ArrayFunction(primitive, layout, slot, element).text()


def array_guard(primitive: Primitive, layout: Mapping[str, int], name: str, parameters: str) -> str:
    """The LLVM function that tells whether there is no element at the index.

    One of its own, so that no branch depends on a flag that comes out of a branch: LLVM sees the index as checked.
    """
    lines = [*_load_head(layout, "length", "%n"), *_MOVED, "%bad = icmp uge i64 %i, %n", "ret i1 %bad"]
    return "\n".join([f"define internal i1 {name}({parameters}) alwaysinline {{", *lines, "}"])


def _load_head(layout: Mapping[str, int], field: str, name: str) -> list[str]:
    """Define `name` as a field of the array."""
    type_, metadata = ("ptr", HEAD) if field == "data" else ("i64", _LENGTH if field == "length" else HEAD)
    return [
        f"{name}.p = getelementptr inbounds i8, ptr %a, i64 {layout[f'array_{field}']}",
        f"{name} = load {type_}, ptr {name}.p, align 8{metadata}",
    ]


_MOVED = (
    "%negative = icmp slt i64 %b, 0",
    "%moved = add i64 %b, %n",
    "%i = select i1 %negative, i64 %moved, i64 %b",
)
"""The index `%i` from the start."""


def element_type(primitive: Primitive) -> Type:
    """Of the array that a row reads, writes or makes."""
    array = primitive.operands[0]
    array = array if isinstance(array, ArrayType) else primitive.result
    assert isinstance(array, ArrayType)
    return array.element


class _ArrayFunction:
    def __init__(
        self, primitive: Primitive, layout: Mapping[str, int], slot: Callable[[str], str], element: str
    ) -> None:
        self._primitive = primitive
        self._element = element_type(primitive)
        self._layout = layout
        self._slot = slot
        self._descriptor = element
        result = llvm_type(primitive.result)
        self._has_flag = primitive.effects.fails and not primitive.lowering.has_guard
        self._returned = f"{{{result}, i1}}" if self._has_flag else result
        self._lines: list[str] = []

    def text(self) -> str:
        make = {
            "length": self._length,
            "get": self._get,
            "item": self._get,
            "set": self._set,
            "put": self._set,
            "append": self._append,
            "pop": self._pop,
            "filled": self._filled,
        }
        make[self._primitive.lowering.array]()
        parameters = ", ".join(
            f"{llvm_type(type_)} %{letter}" for type_, letter in zip(self._primitive.operands, "abc", strict=False)
        )
        head = f'define internal {self._returned} @"{self._primitive.name}"({parameters}) alwaysinline {{'
        return "\n".join([head, *self._lines, "}"])

    def _load_head(self, field: str, name: str) -> None:
        self._lines += _load_head(self._layout, field, name)

    def _length(self) -> None:
        self._load_head("length", "%n")
        self._lines.append("ret i64 %n")

    def _index(self) -> str:
        """The index in `%b` from the start, where there is an element: the guard has seen to that."""
        if self._primitive.lowering.array in ("item", "put"):
            return "%b"
        self._load_head("length", "%n")
        self._lines += _MOVED
        return "%i"

    def _leave_if_bad(self) -> None:
        self._lines += [
            "br i1 %bad, label %trouble, label %go, !prof !1",
            "trouble:",
            f"ret {self._returned} {{{llvm_type(self._primitive.result)} undef, i1 true}}",
            "go:",
        ]

    def _address(self, index: str) -> None:
        """Define `%e` as the address of an element."""
        self._load_head("data", "%data")
        size = memory_layout(self._element).size
        self._lines.append(f"%e = getelementptr inbounds [{size} x i8], ptr %data, i64 {index}")

    def _return(self, value: str) -> None:
        if not self._has_flag:
            self._lines.append(f"ret {self._returned} {value}")
            return
        type_ = llvm_type(self._primitive.result)
        self._lines += [
            f"%r = insertvalue {self._returned} {{{type_} undef, i1 false}}, {type_} {value}, 0",
            f"ret {self._returned} %r",
        ]

    def _get(self) -> None:
        self._address(self._index())
        self._lines += load_value(self._element, "%e", 0, "%value", ELEMENT)
        self._return("%value")

    def _set(self) -> None:
        self._address(self._index())
        self._lines += store_value(self._element, "%c", "%e", 0, "%s", ELEMENT)
        self._return("false")

    def _append(self) -> None:
        for field, name in (("length", "%n"), ("capacity", "%capacity"), ("exports", "%exports")):
            self._load_head(field, name)
        self._lines += [
            "%full = icmp sge i64 %n, %capacity",
            "%held = icmp ne i64 %exports, 0",
            "%bad = or i1 %full, %held",
        ]
        self._leave_if_bad()
        self._address("%n")
        self._lines += store_value(self._element, "%b", "%e", 0, "%s", ELEMENT)
        self._lines += ["%more = add nuw nsw i64 %n, 1", f"store i64 %more, ptr %n.p, align 8{HEAD}"]
        self._return("false")

    def _pop(self) -> None:
        for field, name in (("length", "%n"), ("exports", "%exports")):
            self._load_head(field, name)
        self._lines += [
            "%none = icmp eq i64 %n, 0",
            "%held = icmp ne i64 %exports, 0",
            "%bad = or i1 %none, %held",
        ]
        self._leave_if_bad()
        self._lines.append("%less = sub nuw nsw i64 %n, 1")
        self._address("%less")
        self._lines += load_value(self._element, "%e", 0, "%value", ELEMENT)
        self._lines.append(f"store i64 %less, ptr %n.p, align 8{HEAD}")
        self._return("%value")

    def _filled(self) -> None:
        scalars = list(scalar_paths(self._element))
        self._lines.append(f"%words = alloca [{len(scalars)} x i64]")
        for position, (path, scalar) in enumerate(scalars):
            taken = "%b"
            if path:
                taken = f"%t{position}"
                where = ", ".join(map(str, path))
                self._lines.append(f"{taken} = extractvalue {llvm_type(self._element)} %b, {where}")
            lines, word = to_word(scalar, taken, f"%w{position}")
            self._lines += [*lines, f"%p{position} = getelementptr i64, ptr %words, i64 {position}"]
            self._lines.append(f"store i64 {word}, ptr %p{position}")
        arguments = f"ptr @module, ptr {self._descriptor}, i64 %a, ptr %words"
        self._lines += [
            f"%made = call ptr {self._slot('pf_array_filled')}({arguments})",
            "%bad = icmp eq ptr %made, null",
            f"%first = insertvalue {self._returned} undef, ptr %made, 0",
            f"%r = insertvalue {self._returned} %first, i1 %bad, 1",
            f"ret {self._returned} %r",
        ]
