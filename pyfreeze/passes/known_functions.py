"""Which rows do the work of known functions in the copy of a framed function that holds numbers unboxed.

Where a name is looked up, a guard tests that it still means what it is known for; only where the object itself is needed
is it made a value.
"""

from __future__ import annotations

from pyfreeze.analysis.object_kinds import Kind, Known, operation_of
from pyfreeze.ir.instructions import Instruction
from pyfreeze.primitives import find


def rows_of_lookup(instruction: Instruction, what: str, name: str) -> tuple[str, str]:
    """For looking up `what`, known by `name`: the guard, and the row that gives the object where that has held."""
    operation = operation_of(instruction)
    if operation == "load_global":
        return f"unboxed.global_is[{name}={what}]", f"unboxed.known_global[{name}={what}]"
    kind = "method" if operation == "load_method" else "member"
    return f"unboxed.member_is[{what}]", f"unboxed.known_{kind}[{what}]"


def row_of_call(function: Known, kind: Kind) -> str:
    """The row for numbers of that kind; none if the number itself is the result."""
    if function.result == kind and (kind == Kind.INT or not function.row):
        return ""
    if not function.row:
        return "int64.to_float64"
    row = find(function.row)
    return f"leaving[{row.name}]" if row.effects.raises else row.name
