"""Side effects for native functions, as long as the compiler has no primitive of its own that writes.

`note(n)` adds n to a list and returns it; `add(n)` only adds it, without running Python code. `trip(n)` is as if signal n
had come: its handler runs at the next poll.
"""

from __future__ import annotations

import _thread
import sys
from collections.abc import Callable
from types import ModuleType

import pytest
from mypy.nodes import CallExpr, NameExpr

from pyfreeze.ir.primitive import Effects, Lowering, Primitive, PythonCallable
from pyfreeze.ir.types import INT, NONE
from pyfreeze.irbuild import calls
from pyfreeze.irbuild.arguments import Build
from pyfreeze.irbuild.context import FunctionContext
from pyfreeze.irbuild.operand import Operand
from pyfreeze.irbuild.operators import as_plain_int

MODULE = "pf_recording"
_RUNS_PYTHON = Effects(raises=("BaseException",), runs_python=True, writes=True)
_WRITES = Effects(raises=("BaseException",), writes=True)
ROWS = {
    "note": Primitive("test.note", (INT,), INT, lambda n: n, Lowering(), PythonCallable(MODULE, "note"), _RUNS_PYTHON),
    "add": Primitive("test.add", (INT,), NONE, lambda n: None, Lowering(), PythonCallable(MODULE, "add"), _WRITES),
    "trip": Primitive(
        "test.trip", (INT,), NONE, lambda n: None, Lowering(), PythonCallable("_thread", "interrupt_main"), _WRITES
    ),
}


def install(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make the module importable and its functions compiled; returns the list."""
    notes: list[int] = []
    module = ModuleType(MODULE)

    def note(number: int) -> int:
        notes.append(number)
        return number

    module.note, module.add, module.trip = note, notes.append, _thread.interrupt_main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, module)
    ordinary: Callable[[FunctionContext, CallExpr, Build, Build], Operand] = calls.call

    def call(context: FunctionContext, node: CallExpr, build: Build, build_argument: Build) -> Operand:
        if isinstance(node.callee, NameExpr) and node.callee.name in ROWS:
            argument = as_plain_int(context, build(context, node.args[0]), node)
            return context.apply_row(ROWS[node.callee.name], [argument], node)
        return ordinary(context, node, build, build_argument)

    monkeypatch.setattr(calls, "call", call)
    return notes
