"""Who holds references @LOWERED, while a frame runs: the rule that `insert_refcounts` makes true, checked on the way.

Every counted value that an instruction makes, and every block parameter, is owned: one reference, to be given up exactly
once. Function parameters and constants (but no texts) are borrowed for the whole call, an item from its tuple while that
is held.
Ints that are small at run time are counted like the others: the rule holds for the names, whatever they stand for.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyfreeze.ir.instructions import Value
from pyfreeze.ir.types import is_refcounted


class OwnershipError(Exception):
    """A reference given up twice, used after it was given up, or never given up."""


class References:
    """How many references one frame holds under each name."""

    def __init__(self, function: str, parameters: Sequence[Value]) -> None:
        self._function = function
        self._held: dict[Value, int] = {}
        self._lenders: dict[Value, Value | None] = dict.fromkeys(parameters)  # None: borrowed for the whole call

    def own(self, values: Sequence[Value]) -> None:
        """Newly defined `values` come with a reference each."""
        for value in filter(_is_counted, values):
            self._check_not_held(value)
            self._held[value] = 1

    def borrow(self, value: Value, lender: Value | None = None) -> None:
        """A newly defined `value` is alive as long as `lender`, or as the call."""
        self._check_not_held(value)
        self._lenders[value] = lender

    def add(self, values: Sequence[Value]) -> None:
        for value in filter(_is_counted, values):
            self._held[value] = self._held.get(value, 0) + 1

    def consume(self, values: Sequence[Value]) -> None:
        """Give up a reference to each of `values`."""
        for value in filter(_is_counted, values):
            if not self._held.get(value, 0):
                raise OwnershipError(f"{self._function}: a reference to {value} is given up that is not held")
            self._held[value] -= 1

    def check_usable(self, values: Sequence[Value]) -> None:
        for value in filter(_is_counted, values):
            if not self._is_alive(value):
                raise OwnershipError(f"{self._function}: {value} is used after its reference was given up")

    def check_none_left(self) -> None:
        for value in self._held:
            self._check_not_held(value)

    def _is_alive(self, value: Value) -> bool:
        if self._held.get(value, 0):
            return True
        if value not in self._lenders:
            return False
        lender = self._lenders[value]
        return lender is None or self._is_alive(lender)

    def _check_not_held(self, value: Value) -> None:
        if self._held.get(value, 0):
            raise OwnershipError(f"{self._function}: a reference to {value} is never given up")


def _is_counted(value: Value) -> bool:
    return is_refcounted(value.type)
