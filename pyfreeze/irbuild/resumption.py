"""The last step of building: what functions with side effects need to leave native code in the middle of a call.

irbuild notes a state at whatever may leave, and a check of the bindings at the start of every statement. Functions
without side effects start again instead, so here they lose both. In the others the checks stay that come after something
that lets others run. And a statement is started again, so nothing may leave after it has written something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from pyfreeze.analysis.call_graph import reachable
from pyfreeze.ir.function import Function, Module, reverse_postorder
from pyfreeze.ir.instructions import (
    Block,
    Call,
    CheckBindings,
    Instruction,
    Poll,
    Position,
    ResumeState,
    edges_of,
    effects_of,
    may_leave,
)
from pyfreeze.ir.types import holds_objects

FindPoint = Callable[[CodeType, ResumeState], object]
"""Where in the bytecode the interpreter goes on; None if there is no such place."""


@dataclass(frozen=True, slots=True)
class BindingUse:
    """Something that native code knows of a name, used in a statement after calls of functions of the module."""

    name: str
    called: Sequence[str]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a function with side effects keeps its twin."""

    line: int
    column: int
    message: str


def strip_states(function: Function) -> None:
    """Make `function` one that starts again."""
    for block in function.blocks:
        block.instructions = [item for item in block.instructions if not isinstance(item, CheckBindings)]
        for item in block.instructions:
            item.resume = None
            if isinstance(item, Call):
                item.returned = None


def unsteady_functions(module: Module) -> frozenset[str]:
    """Functions that may leave because of a value: then their results may have another type than the declared one."""
    unsteady = {
        name for name, function in module.functions.items() if any(map(_leaves_for_value, function.instructions()))
    }
    reached = reachable(module)
    return frozenset(name for name in module.functions if name in unsteady or unsteady & reached[name])


def _leaves_for_value(item: Instruction) -> bool:
    return may_leave(item) and not isinstance(item, Call | Poll | CheckBindings)


def keep_states(
    function: Function,
    writing: frozenset[str],
    impure: frozenset[str],
    unsteady: frozenset[str],
    uses: Sequence[BindingUse],
    has_point: Callable[[ResumeState], bool],
) -> Obstacle | None:
    """Make `function` one that leaves in the middle, or say why it cannot.

    impure: functions that leave in the middle themselves. writing: those of them that really have side effects.
    unsteady: those of which one cannot tell that their results always have the declared type
    """
    function.impure = True
    _remove_needless_checks(function, impure)
    obstacle = next(_obstacles(function, writing, impure, unsteady, uses, has_point), None)
    for item in function.instructions():
        if isinstance(item, Call) and item.function in impure:
            item.resume = item.returned
        elif not may_leave(item):
            item.resume = None
        if isinstance(item, Call):
            item.returned = None
    return obstacle


def _obstacles(
    function: Function,
    writing: frozenset[str],
    impure: frozenset[str],
    unsteady: frozenset[str],
    uses: Sequence[BindingUse],
    has_point: Callable[[ResumeState], bool],
) -> Iterator[Obstacle]:
    for use in uses:
        if writing.intersection(use.called):
            yield Obstacle(use.line, use.column, f"`{use.name}` is used after a call that may change what it means")
    for item in _leaving_after_writing(function, writing, impure):
        yield _obstacle(
            function, item, "after a side effect, the same statement does what may be left to the interpreter"
        )
    for item in function.instructions():
        if isinstance(item, Call) and item.function in impure:
            if item.result is not None and holds_objects(item.result.type):
                text = (
                    f"`{item.function}` may return an object that only this function holds: it goes at a certain moment"
                )
                yield _obstacle(function, item, text)
            if item.function in unsteady and item.returned is not None and not has_point(item.returned):
                text = f"the result of `{item.function}` may be of another type, and something was computed before it"
                yield _obstacle(function, item, text)
        elif may_leave(item) and item.resume is None:
            yield _obstacle(
                function, item, "only a call that starts again knows which NaNs in tuples are the same object"
            )
        elif may_leave(item) and item.resume is not None and not has_point(item.resume):
            yield _obstacle(function, item, "the interpreter could not go on from this statement")


def _obstacle(function: Function, item: Instruction, message: str) -> Obstacle:
    place = Position(function.line, 0, function.line, 0)
    if item.site is not None:
        place = item.site.position
    elif item.resume is not None:
        place = item.resume.position
    return Obstacle(place.line, place.column, message)


def _remove_needless_checks(function: Function, impure: frozenset[str]) -> None:
    """Checks stay where others may have run since the function was entered, or since the last check."""

    def step(item: Instruction, suspicious: frozenset[int]) -> frozenset[int]:
        if isinstance(item, CheckBindings):
            return frozenset()
        runs = effects_of(item).runs_python and not isinstance(item, Poll | Call)
        return frozenset([0]) if runs or (isinstance(item, Call) and item.function in impure) else suspicious

    before = _forward(function, step)
    for block, state in before.items():
        kept = []
        for item in block.instructions:
            if state or not isinstance(item, CheckBindings):
                kept.append(item)
            state = step(item, state)
        block.instructions = kept


def _leaving_after_writing(
    function: Function, writing: frozenset[str], impure: frozenset[str]
) -> Iterator[Instruction]:
    """What may leave where its statement may have written already. The states are the numbers of such statements."""

    def step(item: Instruction, written: frozenset[int]) -> frozenset[int]:
        if item.resume is None:
            return written
        number = frozenset([item.resume.number])
        writes = effects_of(item).writes or (isinstance(item, Call) and item.function in writing)
        return number if writes else number & written  # any other statement has ended

    for block, state in _forward(function, step).items():
        for item in block.instructions:
            returns = isinstance(item, Call) and item.function in impure
            if item.resume is not None and may_leave(item) and not returns and item.resume.number in state:
                yield item
            state = step(item, state)


def _forward(
    function: Function, step: Callable[[Instruction, frozenset[int]], frozenset[int]]
) -> dict[Block, frozenset[int]]:
    """Forward dataflow of sets that are joined by union: the set before each reachable block."""
    order = reverse_postorder(function)
    before: dict[Block, frozenset[int]] = dict.fromkeys(order, frozenset())
    changed = True
    while changed:
        changed = False
        for block in order:
            state = before[block]
            for item in block.instructions:
                state = step(item, state)
                for edge in edges_of(item):
                    if not state <= before[edge.target]:
                        before[edge.target] |= state
                        changed = True
    return before
