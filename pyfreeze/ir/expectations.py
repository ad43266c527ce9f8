"""What the type checker says of a module's objects. Annotations are hints: nothing of it is certain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyfreeze.ir.instructions import Expected, Position


@dataclass(frozen=True, slots=True)
class Expectations:
    """Of the value of the expression at a place, and of the variable of that name on a line."""

    values: Mapping[Position, Expected] = field(default_factory=dict)
    variables: Mapping[tuple[int, str], Expected] = field(default_factory=dict)


def joined(one: Expected, other: Expected) -> Expected:
    """What is expected of a value that is sometimes the one and sometimes the other."""
    if one == other:
        return one
    return Expected.FLOAT if {one, other} == {Expected.INT, Expected.FLOAT} else Expected.OTHER
