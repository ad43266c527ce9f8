"""Every pass leaves every call's outcome as it was: generated programs, interpreted before and after each pass.

And the outcome is CPython's, tracebacks and the locals in them included. What the contract permits: a call may leave for
its twin, or end with OverflowError from fixed-width arithmetic, which wrap-masked-arithmetic may find needless.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pyfreeze.codegen.code_objects import functions_of
from pyfreeze.codegen.resume_points import find_point
from pyfreeze.codegen.stack_contents import stack_after
from pyfreeze.ir.function import Module
from pyfreeze.ir.instructions import Position
from pyfreeze.ir.interpreter import (
    Deoptimized,
    Entry,
    LimitExceeded,
    Limits,
    Outcome,
    Raised,
    Resumed,
    Returned,
    interpret,
)
from pyfreeze.ir.primitive import Scalar
from pyfreeze.ir.printer import format_module
from pyfreeze.ir.verifier import verify
from pyfreeze.irbuild.module_builder import build_module
from pyfreeze.options import Options
from pyfreeze.passes.pipeline import PASSES, Pass, run_passes
from pyfreeze.primitives import ranges
from pyfreeze.sources import read_source
from pyfreeze.stopwatch import Stopwatch
from pyfreeze.typecheck.checker import typecheck
from tests.conftest import ASSUME_IMPURE, exact
from tests.fuzz.test_generated_programs import EDGES
from tests.passes.programs import CallingProgram, calling_programs

OPTIONAL = sorted(item.name for item in PASSES if not item.required)
LIMITS = Limits(steps=20_000, bits=4_000, depth=15)
MORE_STEPS = Limits(steps=10 * LIMITS.steps, bits=LIMITS.bits, depth=LIMITS.depth)
DEPTHS = [-1, 0, 1, 2, 5, 6, 7, 13, 15, 16, 22]  # around what unroll-recursion does at once, and around LIMITS.depth


@dataclass(frozen=True, slots=True, eq=False)  # 0.0 and -0.0 are different cases
class Case:
    """One call: a function of the module, and its arguments."""

    function: str
    arguments: tuple[Scalar, ...]

    def interpreted(self, module: Module, limits: Limits) -> Outcome:
        return interpret(module, self.function, self.arguments, limits)


def _build(folder: Path, text: str, assume_impure: bool) -> tuple[Module, dict[str, Callable[..., Scalar]]]:
    """The module as IR and as CPython's functions."""
    path = folder / "generated.py"
    path.write_text(text)
    code = compile(text, str(path), "exec", dont_inherit=True, optimize=0)
    typed = typecheck(read_source(path))
    assert typed.tree is not None, typed.errors
    namespace: dict[str, Callable[..., Scalar]] = {}
    exec(code, namespace)
    return build_module(
        typed.tree, "generated", functions_of(code), find_point, stack_after, assume_impure=assume_impure
    ).module, namespace


def _cases(made: list[CallingProgram], text: str) -> Iterator[Case]:
    choose = random.Random(text)
    for program in made:
        for _ in range(6):
            depth = [choose.choice(DEPTHS)] * program.recursive
            edges = [choose.choice(EDGES[type_]) for _, type_ in program.parameters]
            yield Case(program.name, (*depth, *edges))


def _shown(outcome: Outcome) -> object:
    """The outcome in a form that can be compared exactly."""
    match outcome:
        case Returned(value=value):
            return "returned", exact(value)
        case Raised(kind=kind, arguments=arguments, traceback=entries):
            places = [(entry.function, entry.position, exact(entry.locals)) for entry in entries]
            return "raised", kind, exact(arguments), places
        case Deoptimized():
            return "deoptimized"
        case Resumed():
            return (
                "resumed",
                outcome.function,
                outcome.kind,
                outcome.position,
                exact(outcome.locals),
                outcome.loops,
                outcome.callers,
            )


def _of_python(function: Callable[..., Scalar], arguments: tuple[Scalar, ...]) -> Outcome:
    """What `function` does in CPython."""
    try:
        return Returned(function(*arguments))
    except Exception as error:
        assert error.__traceback__ is not None
        return Raised(type(error).__name__, error.args, tuple(_entries(error.__traceback__.tb_next)))


def _entries(traceback: TracebackType | None) -> Iterator[Entry]:
    while traceback is not None:
        code, line = traceback.tb_frame.f_code, traceback.tb_lineno
        yield Entry(code.co_qualname, Position(line, 0, line, 0), tuple(traceback.tb_frame.f_locals.items()))
        traceback = traceback.tb_next


def _agree(found: Outcome, expected: Outcome) -> bool:
    """Whether `found` is CPython's outcome. Columns are for codegen to find; of locals, those known to be set are shown."""
    if not (isinstance(found, Raised) and isinstance(expected, Raised)):
        return _shown(found) == _shown(expected)
    places, wanted = ([(entry.function, entry.position.line) for entry in one.traceback] for one in (found, expected))
    return (found.kind, exact(found.arguments), places) == (expected.kind, exact(expected.arguments), wanted) and all(
        exact(value) == exact(dict(whole.locals)[name])
        for entry, whole in zip(found.traceback, expected.traceback, strict=True)
        for name, value in entry.locals
    )


def _is_overflow(outcome: Outcome) -> bool:
    """OverflowError from fixed-width arithmetic, which CPython's own ints do not have."""
    return (
        isinstance(outcome, Raised) and outcome.kind == "OverflowError" and "out of range for" in str(outcome.arguments)
    )


def _is_permitted(outcome: Outcome) -> bool:
    """An end that need not be CPython's. The depth at which recursion ends is this test's own."""
    recursion = isinstance(outcome, Raised) and outcome.kind == "RecursionError"
    return recursion or _is_overflow(outcome) or isinstance(outcome, Deoptimized | Resumed)


class _Check:
    """The outcomes of all calls so far, compared again after every pass."""

    def __init__(self, folder: Path, made: list[CallingProgram], assume_impure: bool = ASSUME_IMPURE) -> None:
        self._text = "from pyfreeze import int64, uint32\n\n" + "\n\n".join(program.text for program in made) + "\n"
        self._module, self._functions = _build(folder, self._text, assume_impure)
        self._outcomes: dict[Case, Outcome] = {}
        for case in _cases(made, self._text):
            if case.function in self._module.functions:
                try:
                    self._outcomes[case] = case.interpreted(self._module, LIMITS)
                except LimitExceeded:
                    continue
                self._compare_with_python(case, "irbuild")

    def run(self, disabled: frozenset[str]) -> None:
        run_passes(self._module, Options(strict=True, disabled_passes=disabled), self._after, verify, Stopwatch())

    def _after(self, item: Pass, module: Module) -> None:
        for case, before in list(self._outcomes.items()):
            after = case.interpreted(module, MORE_STEPS)
            if _shown(after) == _shown(before):
                continue
            self._outcomes[case] = after
            if item.name == "wrap-masked-arithmetic" and _is_overflow(before):
                self._compare_with_python(case, item.name)
            else:
                self._complain(case, item.name, after, before)

    def _compare_with_python(self, case: Case, stage: str) -> None:
        found = self._outcomes[case]
        if not _is_permitted(found):
            expected = _of_python(self._functions[case.function], case.arguments)
            if not _agree(found, expected):
                self._complain(case, stage, found, expected)

    def _complain(self, case: Case, stage: str, found: Outcome, expected: Outcome) -> None:
        texts = f"{self._text}\n{format_module(self._module)}"
        raise AssertionError(f"{texts}\nafter {stage}, {case}:\n{found}\nfor\n{expected}")


SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "print_blob": False}
DISABLED = st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(OPTIONAL)))


@pytest.fixture(autouse=True)
def _short_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops of a few steps go on with another strip."""
    monkeypatch.setattr(ranges, "STRIP", 2)


@pytest.mark.parametrize(
    ("number", "assume_impure"),
    [(0, ASSUME_IMPURE), (1, ASSUME_IMPURE), (2, ASSUME_IMPURE), (3, ASSUME_IMPURE), (4, True), (5, True)],
)
def test_sample_of_generated_programs(tmp_path: Path, number: int, assume_impure: bool) -> None:
    @seed(number)
    @settings(max_examples=4, phases=[Phase.generate], **SETTINGS)  # type: ignore[arg-type]
    @given(made=calling_programs(6), disabled=DISABLED)
    def run(made: list[CallingProgram], disabled: frozenset[str]) -> None:
        _Check(tmp_path, made, assume_impure).run(disabled)

    run()


@pytest.mark.slow
@given(made=calling_programs(6), disabled=DISABLED)
@settings(max_examples=1000, **SETTINGS)  # type: ignore[arg-type]
def test_many_generated_programs(
    tmp_path_factory: pytest.TempPathFactory, made: list[CallingProgram], disabled: frozenset[str]
) -> None:
    _Check(tmp_path_factory.mktemp("programs"), made).run(disabled)
