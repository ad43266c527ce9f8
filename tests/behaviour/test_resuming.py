"""Functions with side effects leave native code in the middle: everything is done exactly once, and as interpreted."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import ModuleType, TracebackType

import pytest

from pyfreeze import _runtime
from tests.behaviour import recording
from tests.conftest import Both, build_both, exact

SOURCE = '''
    from pf_recording import add, note, trip
    from pyfreeze import int64

    def factor() -> int:
        return 1

    def nested(n: int, k: int) -> int:
        """Loops in loops; a signal after note `k`."""
        total = 0
        for i in range(n):
            a = i * 2
            for j in range(10, -5, -4):
                w = 0
                while w < 3:
                    w += 1
                    total += factor() * w + a
                    here = note(i * 1000 + j * 10 + w)
                    if here == k:
                        trip(10)
                total += j
            else:
                total += 7
        return total

    def steps(start: int64, stop: int64, step: int64, k: int) -> int:
        """Computed bounds."""
        total = 0
        for i in range(start, stop, step):
            for j in range(i, i + 2):
                total += factor()
                here = note((i - start) * 10 + (j - i))
                while here == k:
                    here += 1
                    trip(10)
            total += i & 1023
        return total

    def long(n: int64, k: int64) -> int:
        """A loop in strips."""
        total = 0
        for i in range(n):
            last = i
            if i == k:
                trip(10)
            add(i)
            total += factor()
        return total

    def advanced(p: tuple[int64, float], i: int64) -> tuple[int64, float]:
        add(i)
        return p[0] + i, p[1] + 1.0

    def with_tuples(n: int64, k: int64) -> tuple[int, int64, float]:
        """A loop in strips whose variables are tuples: made in it, and returned by a call."""
        total, p, q = 0, (n - n, 0.0), (k, k)
        for i in range(n):
            if i == k:
                trip(10)
            p = advanced(p, i)
            q = (i, q[0] + 1)
            total += factor()
        return total, p[0] + q[1], p[1]

    def one_line(n: int, k: int) -> int:
        s = 0
        for i in range(n): s += i; here = note(s); s = s * 2 ** (k - i) if i == k + 1 else s
        return s

    def power(n: int, e: int) -> float:
        """Leaves because of a value: a negative exponent."""
        total = 0.0
        for i in range(n, 0, -1):
            for j in range(i):
                note(i * 10 + j)
                total += 2 ** (i - e)
        return total

    def unset(n: int, k: int) -> int:
        for i in range(n):
            note(i)
            for j in range(2):
                if i < k:
                    u = note(i * 100 + j)
                if i == 1 and j == 1:
                    del u
            note(u)
        return u

    def unset_in_the_end(n: int) -> int:
        for i in range(n):
            last = note(i)
        note(n)
        return last

    def late(n: int, k: int) -> float:
        total: float = 0
        for i in range(n):
            note(i)
            if i == k:
                total = float(2 ** -i)
            if i > k:
                total += 1.5
        note(2)
        return total

    def by_value(a: int, b: int) -> int:
        """Its result may be a float."""
        note(a)
        r = a ** b
        note(b)
        return r

    def takes(n: int, e: int) -> int:
        total = 0
        for i in range(n):
            r = by_value(2, i - e)
            note(i)
            total += r
        return total

    def passes_on(a: int, b: int) -> int:
        return by_value(a, b)

    def uses_at_once(a: int, b: int) -> int:
        return by_value(a, b) + 1

    def ignores(a: int, b: int) -> int:
        by_value(a, b)
        return note(7)

    def recursive(n: int, k: int, big: int) -> int:
        note(n)
        if n == k:
            x = 2 ** (n - 1 - k)
            note(int(x * 4))
        if n <= 0:
            return big
        r = recursive(n - 1, k, big + 1)
        note(-n)
        return r

    def polls(n: int, k: int) -> int:
        total = 0
        for i in range(n):
            w = 0
            while w < 2:
                w += 1
                here = note(i * 10 + w)
                if here == k:
                    trip(10)
        return n

    def calls_what_polls(n: int, k: int) -> int:
        """The binding changes while a callee runs."""
        total = 0
        for i in range(n):
            total += factor()
            p = polls(i, k)
            total += factor() * 10
            note(p)
        return total

    def pure(a: int, b: int) -> int:
        return 10 ** a + 10 ** b

    def calls_pure(n: int, k: int) -> int:
        total = 0
        for i in range(n):
            note(i)
            total += int(pure(k - i, 1) * 100)
        return total

    def keywords(a: int, *, b: int, c: int = 2) -> int:
        note(a)
        d = float(2 ** (a - b)) + c
        note(b)
        return int(d * 4)

    def through_keywords(a: int, b: int) -> int:
        r = keywords(a, b=b)
        return r

    def fails(n: int, e: int) -> int:
        total = 0
        for i in range(n):
            note(i)
            x = 2 ** (e - i)
            total += int(10 / (i - e - 2))
        return total

    def fails_inside(n: int, e: int) -> int:
        outer = n * 2
        r = fails(n, e)
        return r

    def fails_below(n: int, e: int) -> int:
        note(n)
        if n == 0:
            y = fails_inside(e + 3, e)
            return y
        r = fails_below(n - 1, e)
        note(-n)
        return r

    def interrupted(n: int) -> int:
        """A signal waits when native code is left."""
        trip(10)
        x = 2 ** -n
        return n

    def with_big(n: int, big: int) -> int:
        other = big + 1
        for i in range(n):
            mixed = other * big
            note(i)
            f = 2 ** -i
            other = mixed - big * big
        return other

    def calls_with_big(n: int, big: int) -> int:
        r = with_big(n, big)
        return r + big
'''


@pytest.fixture(scope="module")
def patch() -> pytest.MonkeyPatch:  # type: ignore[misc]
    with pytest.MonkeyPatch.context() as context:
        yield context  # type: ignore[misc]


@pytest.fixture(scope="module")
def notes(patch: pytest.MonkeyPatch) -> list[int]:
    return recording.install(patch)


@pytest.fixture(scope="module")
def both(notes: list[int], tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("resuming"), SOURCE)


def run(module: ModuleType, notes: list[int], name: str, *arguments: object) -> object:
    """What a call does, with all that it notes, and the locals in its traceback; a signal changes `factor`."""
    notes.clear()
    original = module.factor
    handled = []

    def change(*_: object) -> None:
        handled.append(len(notes))
        module.factor = lambda: 1000

    before = signal.signal(10, change)
    try:
        outcome: object = ("value", exact(getattr(module, name)(*arguments)))
    except Exception as error:
        assert error.__traceback__ is not None
        outcome = (type(error).__name__, str(error), list(places(error.__traceback__.tb_next)))
    finally:
        signal.signal(10, before)
        module.factor = original
    return outcome, list(notes), handled


def places(entry: TracebackType | None):  # type: ignore[no-untyped-def]
    while entry is not None:
        shown = {name: exact(value) for name, value in entry.tb_frame.f_locals.items()}
        yield entry.tb_frame.f_code.co_name, entry.tb_lineno, shown
        entry = entry.tb_next


def same(both: Both, notes: list[int], name: str, *arguments: object) -> object:
    expected = run(both.interpreted, notes, name, *arguments)
    for _ in range(3):  # also after the bytecode has been specialised
        found = run(both.compiled, notes, name, *arguments)
        assert agree(found, expected), f"{name}{arguments}: {found} for {expected}"
    return expected


def agree(found: object, expected: object) -> bool:
    """Whether they are the same; of locals in tracebacks, those that a loop may not have set need not be shown."""
    (outcome, *done), (wanted, *wanted_done) = found, expected  # type: ignore[misc]
    if outcome[0] != wanted[0] or outcome[0] == "value" or len(outcome[2]) != len(wanted[2]):
        return found == expected
    shown = all(
        place == wanted_place and line == wanted_line and locals_.items() <= wanted_locals.items()
        for (place, line, locals_), (wanted_place, wanted_line, wanted_locals) in zip(
            outcome[2], wanted[2], strict=True
        )
    )
    return shown and outcome[:2] == wanted[:2] and done == wanted_done


def test_what_is_native(both: Both) -> None:
    assert both.native() == {item.name for item in both.report.functions}


@pytest.mark.parametrize("k", [-1, 101, 102, 103, 61, 62, -19, 1101, 1022, 981, 2023, 1983])
def test_a_binding_changes_in_nested_loops(both: Both, notes: list[int], k: int) -> None:
    same(both, notes, "nested", 3, k)


@pytest.mark.parametrize(
    "bounds", [(0, 5, 1), (7, -6, -3), (-4, 9, 5), (3, 3, 1), (2**63 - 9, 2**63 - 2, 3), (-(2**63), -(2**63) + 5, 4)]
)
def test_loops_over_any_range(both: Both, notes: list[int], bounds: tuple[int, int, int]) -> None:
    for i in range(*bounds):
        for j in range(i, i + 2):
            same(both, notes, "steps", *bounds, (i - bounds[0]) * 10 + (j - i))


def test_a_loop_in_strips_goes_on_at_its_next_item(both: Both, notes: list[int]) -> None:
    (kind, found), noted, handled = run(both.compiled, notes, "long", 30_000, 100)  # type: ignore[misc]
    assert kind == "value" and noted == list(range(30_000))
    assert found[1] == handled[0] + 1000 * (30_000 - handled[0]) and handled[0] < 9000


def test_tuples_are_there_where_a_strip_ends(both: Both, notes: list[int]) -> None:
    (kind, found), noted, handled = run(both.compiled, notes, "with_tuples", 30_000, 100)  # type: ignore[misc]
    assert kind == "value" and noted == list(range(30_000)) and handled[0] < 9000
    total, rest = ("int", handled[0] + 1000 * (30_000 - handled[0])), sum(range(30_000)) + 29_999
    assert found == ("tuple", total, ("int", rest), ("float", (30_000.0).hex()))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("one_line", (6, 3)),
        ("one_line", (6, 9)),
        ("power", (4, 2)),
        ("power", (4, 9)),
        ("unset", (4, 3)),
        ("unset", (2, 0)),
        ("unset", (4, 1)),
        ("unset_in_the_end", (0,)),
        ("unset_in_the_end", (2,)),
        ("late", (4, 2)),
        ("late", (2, 4)),
        ("late", (3, 0)),
        ("takes", (5, 2)),
        ("takes", (5, 0)),
        ("passes_on", (2, -3)),
        ("passes_on", (2, 3)),
        ("uses_at_once", (2, -3)),
        ("ignores", (2, -3)),
        ("recursive", (6, 3, 5)),
        ("recursive", (6, 0, 2**80)),
        ("recursive", (6, 6, 2**62)),
        ("calls_pure", (6, 3)),
        ("keywords", (1,)),
        ("through_keywords", (1, 4)),
        ("through_keywords", (4, 1)),
        ("fails", (6, 2)),
        ("fails_inside", (6, 2)),
        ("fails_below", (3, 2)),
        ("fails_below", (0, 1)),
        ("with_big", (4, 2**70)),
        ("with_big", (4, 5)),
        ("calls_with_big", (4, 2**70)),
        ("calls_with_big", (3, -(2**62))),
    ],
)
def test_a_value_that_native_code_does_not_hold(
    both: Both, notes: list[int], name: str, arguments: tuple[object, ...]
) -> None:
    same(both, notes, name, *arguments)


@pytest.mark.parametrize("k", [-1, 1, 2, 11, 12, 21, 32, 42])
def test_a_binding_changes_while_a_callee_runs(both: Both, notes: list[int], k: int) -> None:
    same(both, notes, "calls_what_polls", 6, k)


REFUSED = """
    from pf_recording import add, note
    from pyfreeze import int64
    K = 3

    def g(a: int) -> int:
        note(a)
        return a

    def steady(a: int64) -> int64:
        add(1)
        return a

    def unsteady(a: int, b: int) -> int:
        note(a)
        return a ** b

    def p(a: int) -> int:
        return a + 1

    def two(a: int) -> int:
        return g(a) + g(a + 1)

    def late_constant(a: int) -> int:
        return g(a) + K

    def then_pure(a: int) -> int:
        return p(g(a))  # PF116

    def unsteady_last(a: int, b: int) -> int:
        return 1 + unsteady(a, b)

    def power_after(a: int) -> float:
        return float(2 ** note(a))  # PF116

    def counts(a: int) -> int:
        t = 0
        for i in range(note(a)):  # PF116
            t += i
        return t

    def nans(a: float, b: float) -> bool:  # PF116
        add(1)
        return (a, 1) == (b, 1)

    def early_constant(a: int) -> int:
        return K + g(a)

    def builtin(a: int) -> int:
        return abs(g(a))

    def coerced(a: int) -> float:
        return float(g(a))

    def pure_first(a: int) -> int:
        return g(p(a))

    def steady_last(a: int64) -> int64:
        return 1 + steady(a)

    def unsteady_first(a: int, b: int) -> int:
        return unsteady(a, b) + 1

    def condition(a: int) -> int:
        t = 0
        while g(t) < a:
            t += 1
        return t
"""


def test_statements_that_cannot_be_left_half_done(notes: list[int], tmp_path: Path) -> None:
    both = build_both(tmp_path, REFUSED)
    found = {reason.line for item in both.report.functions for reason in item.reasons if reason.code == "PF116"}
    lines = both.path.read_text().splitlines()
    assert found == {number for number, line in enumerate(lines, 1) if "PF116" in line}
    assert all(reason.code == "PF116" for item in both.report.functions for reason in item.reasons)
    for name in (
        "two",
        "late_constant",
        "then_pure",
        "power_after",
        "counts",
        "early_constant",
        "condition",
        "steady_last",
    ):
        same_without_factor(both, notes, name, 5)
    same_without_factor(both, notes, "unsteady_first", 2, -1)
    same_without_factor(both, notes, "unsteady_last", 2, -1)


def same_without_factor(both: Both, notes: list[int], name: str, *arguments: object) -> None:
    both.interpreted.factor = both.compiled.factor = None  # type: ignore[attr-defined]
    same(both, notes, name, *arguments)


def test_another_thread_changes_a_binding(both: Both, notes: list[int]) -> None:
    module = both.compiled
    original = module.factor
    notes.clear()
    thread = threading.Timer(0.01, lambda: setattr(module, "factor", lambda: 1000))
    thread.start()
    total = module.long(300_000, -1)
    thread.join()
    module.factor = original
    changed = 300_000 - (total - 300_000) // 999
    assert notes == list(range(300_000)) and total == changed + 1000 * (300_000 - changed)


def test_recursion_ends_as_it_does_interpreted(both: Both, notes: list[int]) -> None:
    limit = sys.getrecursionlimit()
    with pytest.raises(RecursionError):
        both.compiled.recursive(limit * 2, -1, 0)
    sys.setrecursionlimit(200_000)
    notes.clear()
    try:
        assert both.compiled.recursive(50_000, 10, 0) == 50_000
    finally:
        sys.setrecursionlimit(limit)
    assert [n for n in notes if n >= 0][:10] == list(range(50_000, 49_990, -1)) and len(notes) == 100_002


def test_the_runs_are_counted(both: Both, notes: list[int]) -> None:
    _runtime.reset_statistics()
    both.compiled.power(4, 2)
    (row,) = _runtime.statistics()
    assert row["function"] == "power" and row["reason"] == "native code was left in the middle of a call"


def test_an_exception_before_the_interpreter_goes_on(both: Both, notes: list[int]) -> None:
    """What was saved is dropped; a frame that comes to be at the same place does not go on from it."""
    module = both.compiled

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(10, stop)
    try:
        for _ in range(20):
            with pytest.raises(KeyboardInterrupt):
                module.interrupted(2)
            same(both, notes, "power", 3, 1)
            signal.signal(10, lambda *_: None)
            assert module.interrupted(3) == 3 and module.interrupted(-3) == -3
            signal.signal(10, stop)
    finally:
        signal.signal(10, before)


def test_nothing_leaks(both: Both, notes: list[int]) -> None:
    calls: list[tuple[str, tuple[object, ...]]] = [
        ("calls_with_big", (4, 2**70)),
        ("takes", (5, 2)),
        ("fails_below", (3, 2)),
        ("unset", (4, 1)),
        ("recursive", (6, 3, 2**80)),
        ("nested", (3, 1101)),
    ]

    def blocks(times: int) -> int:
        for _ in range(times):
            for name, arguments in calls:
                run(both.compiled, notes, name, *arguments)
        return sys.getallocatedblocks()

    blocks(30)
    assert blocks(200) - blocks(1) < 100


def test_tracers_and_profilers_see_what_is_interpreted(both: Both, notes: list[int]) -> None:
    """A tracer that a signal handler sets is seen from the next call on; one that was there sees everything."""
    seen: list[list[object]] = []
    for module in (both.interpreted, both.compiled):
        events: list[object] = []

        def trace(frame, event, argument, events=events):  # type: ignore[no-untyped-def]
            if frame.f_code.co_name in ("takes", "by_value"):
                events.append((frame.f_code.co_name, event, frame.f_lineno))
            return trace

        sys.settrace(trace)
        try:
            module.takes(4, 2)
        finally:
            sys.settrace(None)
        seen.append(events)
    assert seen[0] == seen[1] and seen[0]
