"""Guards of a native function's arguments as LLVM IR: exact ints of one digit and exact floats, without a call.

Whatever else an argument is, the runtime's guard looks at it (`runtime/src/boxing.c`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyfreeze.ir.types import FixedInt, FloatType, IntType, Type

INT_TYPE, FLOAT_TYPE = 16, 17
"""Indices of the type pointers in `PfModule`."""


@dataclass(frozen=True, slots=True)
class ObjectLayout:
    """Byte offsets in Python objects. From 3.12 an int's size is a tag: the number of digits << 3, and 0, 1 or 2 as its
    sign is positive, zero or negative. Before, it is the number of digits, with the sign."""

    type: int
    float_value: int
    int_size: int
    int_digit: int
    has_tag: bool


def object_layout(facts: Mapping[str, int]) -> ObjectLayout | None:
    """From the runtime's `layout()`; None where guards are to be calls."""
    if not facts["inlines"]:
        return None
    return ObjectLayout(
        facts["type"], facts["float_value"], facts["int_size"], facts["int_digit"], bool(facts["int_has_tag"])
    )


def has_inline_guard(type_: Type) -> bool:
    return isinstance(type_, FixedInt | FloatType | IntType)


class InlineGuard:
    """Text that defines `value` from the object `argument`, or goes to the label `other`. Ends in block `last`.

    name: what its own names start with
    """

    def __init__(self, layout: ObjectLayout, name: str, argument: str, other: str) -> None:
        self._layout = layout
        self._name = name
        self._argument = argument
        self._other = other
        self._blocks = 0
        self.lines: list[str] = []
        self.value = f"%{name}.value"
        self.last = ""

    def emit(self, type_: Type) -> None:
        self._require_type(FLOAT_TYPE if isinstance(type_, FloatType) else INT_TYPE)
        match type_:
            case FloatType():
                self.value = self._load("value", "double", self._layout.float_value)
            case IntType():
                self._define("value", f"shl i64 {self._one_digit()}, 1")
            case FixedInt(bits=64, signed=True):
                self.value = self._one_digit()
            case FixedInt(bits=bits, signed=signed):
                self._require_range(self._one_digit(), bits, signed)
            case _:
                raise TypeError(f"{type_} has no inline guard")

    def _define(self, suffix: str, text: str) -> str:
        name = f"%{self._name}.{suffix}"
        self.lines.append(f"{name} = {text}")
        return name

    def _load(self, suffix: str, type_: str, offset: int) -> str:
        where = self._define(f"{suffix}.at", f"getelementptr i8, ptr {self._argument}, i64 {offset}")
        return self._define(suffix, f"load {type_}, ptr {where}")

    def _require(self, condition: str) -> None:
        self._blocks += 1
        self.last = f"{self._name}.{self._blocks}"
        self.lines.append(f'br i1 {condition}, label %"{self.last}", label %"{self._other}", !prof !2')
        self.lines.append(f'"{self.last}":')

    def _require_type(self, index: int) -> None:
        found = self._load("type", "ptr", self._layout.type)
        field = f"getelementptr inbounds (%PfModule, ptr @module, i64 0, i32 {index})"
        wanted = self._define("exact", f"load ptr, ptr {field}")
        self._require(self._define("typed", f"icmp eq ptr {found}, {wanted}"))

    def _one_digit(self) -> str:
        """The value, if it has at most one digit, of 30 bits."""
        size = self._load("size", "i64", self._layout.int_size)
        if self._layout.has_tag:
            self._require(self._define("compact", f"icmp ult i64 {size}, 16"))
            sign = self._define("sign", f"sub i64 1, {self._define('bits', f'and i64 {size}, 3')}")
        else:
            self._require(self._define("compact", f"icmp ult i64 {self._define('above', f'add i64 {size}, 1')}, 3"))
            sign = size
        digit = self._define("digit", f"zext i32 {self._load('first', 'i32', self._layout.int_digit)} to i64")
        return self._define("whole", f"mul nsw i64 {digit}, {sign}")

    def _require_range(self, whole: str, bits: int, signed: bool) -> None:
        if bits < 64:
            self._define("value", f"trunc i64 {whole} to i{bits}")
            extended = self._define("back", f"{'sext' if signed else 'zext'} i{bits} {self.value} to i64")
            self._require(self._define("fits", f"icmp eq i64 {extended}, {whole}"))
        else:
            self.value = whole
            self._require(self._define("fits", f"icmp sge i64 {whole}, 0"))
