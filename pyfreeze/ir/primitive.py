"""What a primitive is: the shape of a row in the table (`pyfreeze/primitives/` holds the rows).

Passes ask `Effects`; the interpreter and constant folding ask `evaluate`; codegen asks `lowering`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field

from pyfreeze.ir.interval import Interval
from pyfreeze.ir.types import Type

Scalar = int | float | bool | None | tuple["Scalar", ...]
"""What a scalar IR value is in the interpreter: ordinary Python objects."""


class Deoptimize(Exception):
    """Raised by `evaluate` where the operation leaves native code for the twin."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What an operation may do besides computing its result.

    raises: names of the builtin exceptions it may set
    deopts: may end with `Status.DEOPT`
    runs_python: may let arbitrary Python code run (signal handlers, other threads)
    reads: its result depends on memory that others may write
    writes: changes what others can see, so that doing it twice is not doing it once
    """

    raises: tuple[str, ...] = ()
    deopts: bool = False
    runs_python: bool = False
    reads: bool = False
    writes: bool = False

    @property
    def fails(self) -> bool:
        return bool(self.raises) or self.deopts

    @property
    def removable(self) -> bool:
        """No one can tell whether an operation with an unused result was done."""
        return not self.fails and not self.runs_python and not self.writes


PURE = Effects()


@dataclass(frozen=True, slots=True)
class PythonCallable:
    """The Python object that defines a primitive: `operator.floordiv`, `builtins.abs`, `math.sin`.

    keywords: names by which the last operands are given
    """

    module: str
    name: str
    keywords: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Ends(enum.Enum):
    """What a C function returns, and how it tells that there is an exception."""

    OBJECT = "new reference or NULL"
    MAYBE = "new reference or NULL, which is an exception only if one is set"
    NEW = "new reference; it does not fail"
    BORROWED = "reference that stays valid, never NULL; it does not fail"
    STATUS = "0, or something else with an exception"
    FLAG = "0, 1, or -1 with an exception"
    CERTAIN_FLAG = "0 or 1; it does not fail"
    NOTHING = "nothing; it does not fail"
    RAISED = "nothing; there is an exception"
    TWO = "new reference or NULL with an exception; another one, or NULL, at the address that is its last argument"
    ITEMS = "0 with new references in the array that is its last argument, or else an exception"


@dataclass(frozen=True, slots=True)
class CFunction:
    """A C function that does an operation: of the runtime's table (`pf_…`), or of CPython's API.

    arguments: in order, each the number of an operand, "frame", "function", a literal such as "i32:5", or "items": the
    operands that are not named, in an array, and their number. Empty: just the operands.
    taken: the numbers of the operands whose reference it takes, also where it fails.
    takes_last: it takes the reference of each operand that is not used after it, and is told which these are.
    """

    name: str
    ends: Ends
    arguments: tuple[str, ...] = ()
    taken: tuple[int, ...] = ()
    takes_last: bool = False


@dataclass(frozen=True, slots=True)
class Lowering:
    """The fast path, as the body of an LLVM function over the operands' machine types.

    `body` uses `%a`, `%b`, … for the operands and ends in `ret`. If the operation can fail it returns
    `{result, i1}`, whose flag says that the fast path does not apply: then the slow path, a call of the row's
    `python` object on boxed operands, raises or finds the result (`recovers`); a row without `python` deoptimizes.
    With a `guard`, a body that returns the flag alone, `body` returns just the result and is not reached if that is set:
    for fast paths that would trap. Without a body there is only the slow path. `declarations` are the LLVM declarations
    that the body needs. `checked` is set instead of a body if this is the fast path of that row, known to apply. `array`
    names instead an access to an array, `view` one to a view, `object` what is done with an object, whose text codegen makes,
    since it knows how values lie in memory.
    `c` names a C function instead of all of these: only framed functions have such operations.
    `sets_error`: where the flag is set there is an exception, so that nothing else is asked.
    """

    body: str | None = None
    recovers: bool = False
    declarations: tuple[str, ...] = ()
    checked: Primitive | None = None
    guard: str | None = None
    array: str = ""
    view: str = ""
    object: str = ""
    sets_error: bool = False
    c: CFunction | None = None

    @property
    def has_guard(self) -> bool:
        return self.guard is not None or self.array in ("get", "set")

    @property
    def has_fast_path(self) -> bool:
        own = self.array or self.view or self.object or self.c
        return self.body is not None or self.checked is not None or bool(own)


@dataclass(frozen=True, slots=True)
class Primitive:
    """One typed operation. `evaluate` is its meaning: takes and returns `Scalar`s, raises what Python raises.

    `interval`: from intervals of integer operands to that of the exact result, which the result type need not hold.
    `applies`: whether the fast path surely applies to operands in these intervals (of floats nothing is said).
    `borrows`: the references in the result are the first operand's, like those of an item.
    """

    name: str
    operands: tuple[Type, ...]
    result: Type
    evaluate: Callable[..., Scalar] = field(compare=False)
    lowering: Lowering = field(compare=False)
    python: PythonCallable | None = None
    effects: Effects = PURE
    interval: Callable[..., Interval] | None = field(default=None, compare=False)
    applies: Callable[..., bool] | None = field(default=None, compare=False)
    borrows: bool = False

    def __post_init__(self) -> None:
        if self.effects.raises and self.python is None and not self.lowering.sets_error:
            raise ValueError(f"{self.name} may raise but names no Python callable that says what")
        lowering = self.lowering
        if not self.effects.fails and not lowering.has_fast_path and self.python is None:
            raise ValueError(f"{self.name} has neither a fast path nor a Python callable")

    def __str__(self) -> str:
        return self.name
