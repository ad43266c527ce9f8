"""Float arithmetic whose trouble shows afterwards, in the flags of the processor that stay set once they are.

These are the flags that NumPy itself asks after each operation on scalars. Here they are asked after many: `none.clear_flags`,
rows `float64.…_flagged`, `bool.flags_raised`. The compiler may move no row across the two others: what these rows compute with
has to be loaded from memory after `none.clear_flags`, and has to be stored, or given to `float64.observe`, before `bool.flags_raised`.
"""

from __future__ import annotations

import math
import operator
import platform

from pyfreeze.ir.primitive import Deoptimize, Primitive
from pyfreeze.ir.types import BOOL, FLOAT64, NONE
from pyfreeze.primitives.definition import define
from pyfreeze.primitives.floats import quietly

_MACHINE = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())

HAS_FLAGS = _MACHINE in ("x86_64", "aarch64")
"""Whether these rows have fast paths on this machine."""

# MXCSR, bits 0 to 5: invalid, denormal operand, division by zero, overflow, underflow, inexact.
_X86_READ = """%word = alloca i32, align 4
call void asm sideeffect "stmxcsr $0", "=*m,~{memory}"(ptr elementtype(i32) %word)
%now = load i32, ptr %word, align 4
"""
_X86 = {
    "clear": _X86_READ
    + """%cleared = and i32 %now, -64
store i32 %cleared, ptr %word, align 4
call void asm sideeffect "ldmxcsr $0", "*m,~{memory}"(ptr elementtype(i32) %word)
ret i1 false""",
    "raised": _X86_READ + "%set = and i32 %now, 29\n%r = icmp ne i32 %set, 0\nret i1 %r",
    "observe": 'call void asm sideeffect "", "x,~{memory}"(double %a)\nret i1 false',
}
# FPSR, bits 0 to 4: invalid, division by zero, overflow, underflow, inexact.
_ARM_READ = '%now = call i64 asm sideeffect "mrs $0, fpsr", "=r,~{memory}"()\n'
_ARM = {
    "clear": _ARM_READ
    + """%cleared = and i64 %now, -160
call void asm sideeffect "msr fpsr, $0", "r,~{memory}"(i64 %cleared)
ret i1 false""",
    "raised": _ARM_READ + "%set = and i64 %now, 15\n%r = icmp ne i64 %set, 0\nret i1 %r",
    "observe": 'call void asm sideeffect "", "w,~{memory}"(double %a)\nret i1 false',
}
_BODIES = _ARM if _MACHINE == "aarch64" else _X86


class _Flags:
    """What `evaluate` of the rows knows in place of the processor's flags."""

    raised = False


def rows() -> list[Primitive]:
    return [
        define("none.clear_flags", (), NONE, _clear, body=_BODIES["clear"], writes=True),
        define("bool.flags_raised", (), BOOL, lambda: _Flags.raised, body=_BODIES["raised"], writes=True),
        define("float64.observe", (FLOAT64,), NONE, lambda _: None, body=_BODIES["observe"], writes=True),
        *(_flagged(name) for name in ("add", "sub", "mul", "truediv")),
    ]


def _flagged(name: str) -> Primitive:
    body = f"%r = f{name.removeprefix('true')} double %a, %b\nret double %r"

    def evaluate(left: float, right: float) -> float:
        try:
            quietly(name, left, right)
        except Deoptimize:
            _Flags.raised = True
        try:
            result: float = getattr(operator, name)(left, right)
        except ZeroDivisionError:
            undefined = left == 0.0 or math.isnan(left)
            result = math.nan if undefined else math.copysign(math.inf, left) * math.copysign(1.0, right)
        return result

    return define(f"float64.{name}_flagged", (FLOAT64, FLOAT64), FLOAT64, evaluate, body=body)


def _clear() -> None:
    _Flags.raised = False
