"""Reading and writing views inline: the fast paths of the rows in `pyfreeze/primitives/views.py`.

Counterpart: `PfView` in `runtime/include/pyfreeze_view.h`. Nothing of a view changes, so LLVM moves what it loads of it out
of loops; the elements are told apart from what arrays say of themselves (see `array_access`).
"""

from __future__ import annotations

from collections.abc import Mapping

from pyfreeze.codegen.array_access import ELEMENT
from pyfreeze.codegen.machine_types import llvm_type
from pyfreeze.codegen.memory import load_value, store_value
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import ViewType

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


class _ViewFunction:
    def __init__(self, primitive: Primitive, layout: Mapping[str, int]) -> None:
        view = primitive.operands[0]
        assert isinstance(view, ViewType)
        self._primitive = primitive
        self._view = view
        self._layout = layout
        self._lines: list[str] = []

    def access(self) -> str:
        access = self._primitive.lowering.view
        if access in ("get", "item"):
            self._address()
            self._lines += load_value(self._view.element, "%e", 0, "%value", ELEMENT)
            self._lines.append(f"ret {llvm_type(self._primitive.result)} %value")
        elif access in ("set", "put"):
            self._address()
            self._lines += [*store_value(self._view.element, "%c", "%e", 0, "%s", ELEMENT), "ret i1 false"]
        elif access == "writable":
            self._field("readonly", 0, "%readonly", "i64")
            self._lines += ["%writable = icmp eq i64 %readonly, 0", "ret i1 %writable"]
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
            f"{llvm_type(type_)} %{letter}" for type_, letter in zip(self._primitive.operands, "abc", strict=False)
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
            self._field("strides", axis, f"%stride{axis}", "i64")
            self._lines.append(f"%offset{axis} = mul nsw i64 %i{axis}, %stride{axis}")
            self._lines.append(f"%e{axis + 1} = getelementptr inbounds i8, ptr %e{axis}, i64 %offset{axis}")
        self._lines.append(f"%e = getelementptr inbounds i8, ptr %e{self._view.dimensions}, i64 0")

    def _index(self, axis: int) -> None:
        """Define `%i` of the axis as its index from the start, and `%n` as its length."""
        given = "%b"
        if self._view.dimensions > 1:
            given = f"%b{axis}"
            self._lines.append(f"{given} = extractvalue {llvm_type(self._primitive.operands[1])} %b, {axis}")
        if self._primitive.lowering.view in ("item", "put"):
            self._lines.append(f"%i{axis} = add i64 {given}, 0")
            return
        self._field("shape", axis, f"%n{axis}", "i64", _LENGTH)
        self._lines += [
            f"%negative{axis} = icmp slt i64 {given}, 0",
            f"%moved{axis} = add i64 {given}, %n{axis}",
            f"%i{axis} = select i1 %negative{axis}, i64 %moved{axis}, i64 {given}",
        ]
