"""Reading and writing views inline: the fast paths of the rows in `pyfreeze/primitives/views.py`.

Counterpart: `PfView` in `runtime/include/pyfreeze_view.h`. Nothing of a view changes, so LLVM moves what it loads of it out
of loops; the elements are told apart from what arrays say of themselves (see `array_access`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pyfreeze.codegen.array_access import ELEMENT, SAVED
from pyfreeze.codegen.machine_types import llvm_type
from pyfreeze.codegen.memory import SINGLE, load_value, memory_layout, store_value
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import ViewType
from pyfreeze.primitives.views import SAVED_PLACES

_LENGTH = ", !invariant.load !0, !range !8"
_OTHER = ", !invariant.load !0"
_SIZE = "view_bytes"


def parameter_attributes(layout: Mapping[str, int]) -> str:
    """What LLVM may know of a view that a function is given: so it loads from it ahead of tests."""
    return f"nonnull noundef align 8 dereferenceable({layout[_SIZE]})"


def view_function(primitive: Primitive, layout: Mapping[str, int]) -> str:
    """The LLVM function of a view row, called where its guard holds nothing against it. layout: the runtime's."""
    return _ViewFunction(primitive, layout).access()


def view_guard(primitive: Primitive, layout: Mapping[str, int]) -> str:
    """The LLVM function that tells whether there is no such element, or none to write to."""
    return _ViewFunction(primitive, layout).guard()


def saved_memory(primitive: Primitive) -> str:
    """The symbol of the memory of `view.put_saving0` or `view.undo0`; empty for other rows."""
    slot = re.fullmatch(r"(?:put_saving|undo)(\d)(?:_dense)?", primitive.lowering.view)
    return f'@"saved {slot[1]}"' if slot is not None else ""


def saved_memory_definition(symbol: str) -> str:
    """Nobody else runs while it holds something."""
    return f"{symbol} = internal global [{SAVED_PLACES} x i64] zeroinitializer, align 64"


class _ViewFunction:
    def __init__(self, primitive: Primitive, layout: Mapping[str, int]) -> None:
        view = primitive.operands[0]
        assert isinstance(view, ViewType)
        self._primitive = primitive
        self._view = view
        self._element = SINGLE if view.single else memory_layout(view.element)
        self._layout = layout
        self._lines: list[str] = []

    def access(self) -> str:
        access = self._primitive.lowering.view.removesuffix("_dense")
        if access in ("get", "item"):
            self._address()
            self._lines += self._load("%e", 0, "%value", ELEMENT)
            self._lines.append(f"ret {llvm_type(self._primitive.result)} %value")
        elif access in ("set", "put"):
            self._address()
            self._lines += [*self._store("%c", "%e", 0, "%s", ELEMENT), "ret i1 false"]
        elif access.startswith("put_saving"):
            self._address()
            self._saved("%d")
            self._lines += self._load("%e", 0, "%old", ELEMENT)
            self._lines += self._store("%old", "%saved", 0, "%o", SAVED)
            self._lines += [*self._store("%c", "%e", 0, "%s", ELEMENT), "ret i1 false"]
        elif access.startswith("undo"):
            self._address()
            self._saved("%c")
            self._lines += self._load("%saved", 0, "%old", SAVED)
            self._lines += [*self._store("%old", "%e", 0, "%s", ELEMENT), "ret i1 false"]
        elif access == "writable":
            self._field("readonly", 0, "%readonly", "i64")
            self._lines += ["%writable = icmp eq i64 %readonly, 0", "ret i1 %writable"]
        elif access == "dense":
            self._field("strides", self._view.dimensions - 1, "%stride", "i64")
            self._lines += [f"%dense = icmp eq i64 %stride, {self._element.size}", "ret i1 %dense"]
        else:
            name, axis = ("size", 0) if access == "size" else ("shape", int(access.removeprefix("shape")))
            self._field(name, axis, "%n", "i64", _LENGTH)
            self._lines.append("ret i64 %n")
        return self._function(llvm_type(self._primitive.result), self._primitive.name)

    def guard(self) -> str:
        bad = "false"
        if self._primitive.lowering.view == "set":
            self._field("readonly", 0, "%readonly", "i64")
            self._lines.append("%fixed = icmp ne i64 %readonly, 0")
            bad = "%fixed"
        for axis in range(self._view.dimensions):
            self._index(axis)
            self._lines += [
                f"%outside{axis} = icmp uge i64 %i{axis}, %n{axis}",
                f"%bad{axis} = or i1 {bad}, %outside{axis}",
            ]
            bad = f"%bad{axis}"
        self._lines.append(f"ret i1 {bad}")
        return self._function("i1", f"guard {self._primitive.name}")

    def _function(self, result: str, name: str) -> str:
        parameters = ", ".join(
            f"{llvm_type(type_)} %{letter}" for type_, letter in zip(self._primitive.operands, "abcd", strict=False)
        )
        return "\n".join([f'define internal {result} @"{name}"({parameters}) alwaysinline {{', *self._lines, "}"])

    def _field(self, field: str, axis: int, name: str, type_: str, metadata: str = _OTHER) -> None:
        """Define `name` as a field of the view."""
        offset = self._layout[f"view_{field}"] + 8 * axis
        self._lines.append(f"{name}.p = getelementptr inbounds i8, ptr %a, i64 {offset}")
        self._lines.append(f"{name} = load {type_}, ptr {name}.p, align 8{metadata}")

    def _address(self) -> None:
        """Define `%e` as the address of the element."""
        self._field("data", 0, "%e0", "ptr")
        for axis in range(self._view.dimensions):
            self._index(axis)
            stride = self._stride(axis)
            self._lines.append(f"%offset{axis} = mul nsw i64 %i{axis}, {stride}")
            self._lines.append(f"%e{axis + 1} = getelementptr inbounds i8, ptr %e{axis}, i64 %offset{axis}")
        self._lines.append(f"%e = getelementptr inbounds i8, ptr %e{self._view.dimensions}, i64 0")

    def _load(self, base: str, offset: int, name: str, metadata: str) -> Iterator[str]:
        return load_value(self._view.element, base, offset, name, metadata, self._element)

    def _store(self, value: str, base: str, offset: int, prefix: str, metadata: str) -> Iterator[str]:
        return store_value(self._view.element, value, base, offset, prefix, metadata, self._element)

    def _saved(self, place: str) -> None:
        """Define `%saved` as the address of what a store keeps at `place`."""
        size = self._element.size
        self._lines.append(f"%place = mul nuw nsw i64 {place}, {size}")
        self._lines.append(f"%saved = getelementptr inbounds i8, ptr {saved_memory(self._primitive)}, i64 %place")

    def _stride(self, axis: int) -> str:
        if axis == self._view.dimensions - 1 and self._primitive.lowering.view.endswith("_dense"):
            return str(self._element.size)
        self._field("strides", axis, f"%stride{axis}", "i64")
        return f"%stride{axis}"

    def _index(self, axis: int) -> None:
        """Define `%i` of the axis as its index from the start, and `%n` as its length."""
        given = "%b"
        if self._view.dimensions > 1:
            given = f"%b{axis}"
            self._lines.append(f"{given} = extractvalue {llvm_type(self._primitive.operands[1])} %b, {axis}")
        if not self._primitive.effects.fails:
            self._lines.append(f"%i{axis} = add i64 {given}, 0")
            return
        self._field("shape", axis, f"%n{axis}", "i64", _LENGTH)
        self._lines += [
            f"%negative{axis} = icmp slt i64 {given}, 0",
            f"%moved{axis} = add i64 {given}, %n{axis}",
            f"%i{axis} = select i1 %negative{axis}, i64 %moved{axis}, i64 {given}",
        ]
