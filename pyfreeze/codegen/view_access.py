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


def view_function(primitive: Primitive, layout: Mapping[str, int]) -> str:
    """The LLVM function of a view row. layout: the runtime's."""
    return _ViewFunction(primitive, layout).text()


class _ViewFunction:
    def __init__(self, primitive: Primitive, layout: Mapping[str, int]) -> None:
        view = primitive.operands[0]
        assert isinstance(view, ViewType)
        self._primitive = primitive
        self._view = view
        self._layout = layout
        result = llvm_type(primitive.result)
        self._returned = f"{{{result}, i1}}" if primitive.effects.fails else result
        self._lines: list[str] = []

    def text(self) -> str:
        access = self._primitive.lowering.view
        if access == "get":
            self._get()
        elif access == "set":
            self._set()
        elif access == "size":
            self._field("size", 0, "%n", "i64", _LENGTH)
            self._lines.append("ret i64 %n")
        else:
            self._field("shape", int(access.removeprefix("shape")), "%n", "i64", _LENGTH)
            self._lines.append("ret i64 %n")
        parameters = ", ".join(
            f"{llvm_type(type_)} %{letter}" for type_, letter in zip(self._primitive.operands, "abc", strict=False)
        )
        head = f'define internal {self._returned} @"{self._primitive.name}"({parameters}) alwaysinline {{'
        return "\n".join([head, *self._lines, "}"])

    def _field(self, field: str, axis: int, name: str, type_: str, metadata: str = _OTHER) -> None:
        """Define `name` as a field of the view."""
        offset = self._layout[f"view_{field}"] + 8 * axis
        self._lines.append(f"{name}.p = getelementptr inbounds i8, ptr %a, i64 {offset}")
        self._lines.append(f"{name} = load {type_}, ptr {name}.p, align 8{metadata}")

    def _address(self, is_store: bool) -> None:
        """Define `%e` as the address of the element; leads to the slow path where there is none, or none to write to."""
        tests = []
        if is_store:
            self._field("readonly", 0, "%readonly", "i64")
            self._lines.append("%fixed = icmp ne i64 %readonly, 0")
            tests.append("%fixed")
        for axis in range(self._view.dimensions):
            self._index(axis)
            tests.append(f"%bad{axis}")
        bad = tests[0]
        for number, test in enumerate(tests[1:]):
            self._lines.append(f"%bad.{number} = or i1 {bad}, {test}")
            bad = f"%bad.{number}"
        self._lines += [
            f"br i1 {bad}, label %trouble, label %go, !prof !1",
            "trouble:",
            f"ret {self._returned} {{{llvm_type(self._primitive.result)} undef, i1 true}}",
            "go:",
        ]
        self._field("data", 0, "%e0", "ptr")
        for axis in range(self._view.dimensions):
            self._field("strides", axis, f"%stride{axis}", "i64")
            self._lines.append(f"%offset{axis} = mul nsw i64 %i{axis}, %stride{axis}")
            self._lines.append(f"%e{axis + 1} = getelementptr inbounds i8, ptr %e{axis}, i64 %offset{axis}")
        self._lines.append(f"%e = getelementptr inbounds i8, ptr %e{self._view.dimensions}, i64 0")

    def _index(self, axis: int) -> None:
        """Define `%i` of the axis as its index from the start, and whether it is outside as `%bad`."""
        given = "%b"
        if self._view.dimensions > 1:
            given = f"%b{axis}"
            self._lines.append(f"{given} = extractvalue {llvm_type(self._primitive.operands[1])} %b, {axis}")
        self._field("shape", axis, f"%n{axis}", "i64", _LENGTH)
        self._lines += [
            f"%negative{axis} = icmp slt i64 {given}, 0",
            f"%moved{axis} = add i64 {given}, %n{axis}",
            f"%i{axis} = select i1 %negative{axis}, i64 %moved{axis}, i64 {given}",
            f"%bad{axis} = icmp uge i64 %i{axis}, %n{axis}",
        ]

    def _get(self) -> None:
        self._address(is_store=False)
        self._lines += load_value(self._view.element, "%e", 0, "%value", ELEMENT)
        self._return("%value")

    def _set(self) -> None:
        self._address(is_store=True)
        self._lines += store_value(self._view.element, "%c", "%e", 0, "%s", ELEMENT)
        self._return("false")

    def _return(self, value: str) -> None:
        type_ = llvm_type(self._primitive.result)
        self._lines += [
            f"%r = insertvalue {self._returned} {{{type_} undef, i1 false}}, {type_} {value}, 0",
            f"ret {self._returned} %r",
        ]
