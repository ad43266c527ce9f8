"""Trampolined functions with a Python callable in place of native code: whatever CPython shows stays as it was."""

from __future__ import annotations

import dis
import inspect
import sys
import traceback
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

import pytest

from pyfreeze.codegen.trampoline import NATIVE_MARK, TWIN_MARK, offset_of, trampolined

TWIN = object()


class Native:
    """What stands in for the runtime's object: answers the unary minus with `function(parameters…)`."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function

    def __neg__(self) -> object:
        frame = sys._getframe(1)
        count = frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount
        return self.function(*(frame.f_locals[name] for name in frame.f_code.co_varnames[:count]))


def with_native(code: CodeType, native: Callable[..., object]) -> CodeType:
    """A trampolined copy of `code`, its marks replaced as the runtime does."""
    tramp = trampolined(code, 7)
    (mark, index, start, length), twin_mark = tramp.co_consts[-2:]
    assert (mark, index, twin_mark) == (NATIVE_MARK, 7, (TWIN_MARK,))
    assert tramp.co_code[: 2 * start] + tramp.co_code[2 * (start + length) :] == code.co_code
    return tramp.replace(co_consts=(*tramp.co_consts[:-2], Native(native), TWIN))


def bound(function: FunctionType, native: Callable[..., object]) -> Any:
    """A copy of `function` bound to `native`."""
    copy = FunctionType(
        with_native(function.__code__, native), function.__globals__, function.__name__, function.__defaults__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__doc__ = function.__doc__
    copy.__annotations__ = function.__annotations__
    copy.__qualname__ = function.__qualname__
    return copy


def twin(*_arguments: object) -> object:
    return TWIN


def straight(a, b=2, /, c=3, *, d=4, e):
    """Text."""
    return a, b, c, d, e


def protected(n):
    seen = []
    for k in range(3):
        try:
            try:
                seen.append(10 // (n - k))
            except ZeroDivisionError as error:
                seen.append(str(error))
                continue
            else:
                seen.append("else")
            finally:
                seen.append("finally")
            if k == n + 1:
                raise KeyError(k)
        except KeyError:
            seen.append("key")
    return seen


class Swallow:
    def __enter__(self):
        return self

    def __exit__(self, *details):
        return details[0] is not None and issubclass(details[0], ZeroDivisionError)


def managed(n):
    with Swallow() as outer, Swallow():
        n = 1 // n
        return n, type(outer).__name__
    return "swallowed"


def failing(n):
    first = n + 1
    return (
        first + 1 // (n - n)  # here
    )


def one_line(n): return n + 1  # fmt: skip


def looping(n):
    total = 0
    while n:
        n -= 1
        if n % 2:
            continue
        total += n
    return total


def recursive(n):
    return 0 if n == 0 else 1 + recursive(n - 1)


CASES: list[tuple[FunctionType, tuple[object, ...], dict[str, object]]] = [
    (straight, (1,), {"e": 5}),
    (straight, (1, 7, 8), {"e": 5, "d": 9}),
    (protected, (0,), {}),
    (protected, (1,), {}),
    (managed, (0,), {}),
    (managed, (3,), {}),
    (looping, (9,), {}),
    (one_line, (9,), {}),
    (recursive, (0,), {}),
]  # type: ignore[list-item]


@pytest.mark.parametrize(("function", "arguments", "keywords"), CASES)
def test_the_twin_runs_as_the_original(
    function: FunctionType, arguments: tuple[object, ...], keywords: dict[str, object]
) -> None:
    copy = bound(function, twin)
    for _ in range(100):  # so that its instructions specialise
        assert copy(*arguments, **keywords) == function(*arguments, **keywords)


def test_native_gets_all_parameters_in_order_and_returns_any_object() -> None:
    calls: list[object] = []
    copy = bound(straight, lambda *arguments: calls.append(arguments))  # type: ignore[arg-type]
    assert copy(1, c=5, e=6) is None
    assert calls == [(1, 2, 5, 4, 6)]
    for result in (None, False, NotImplemented, 2**100, ()):
        assert bound(looping, lambda n, result=result: result)(1) is result  # type: ignore[arg-type, misc]


def test_wrong_calls_say_what_they_said() -> None:
    copy = bound(straight, twin)  # type: ignore[arg-type]
    for arguments, keywords in (((), {}), ((1, 2, 3, 4), {"e": 1}), ((1,), {"e": 1, "x": 2}), ((), {"a": 1, "e": 1})):
        texts = []
        for function in (straight, copy):
            with pytest.raises(TypeError) as caught:
                function(*arguments, **keywords)
            texts.append(str(caught.value))
        assert texts[0] == texts[1]


def test_alternating_between_native_and_twin() -> None:
    copy = bound(looping, lambda n: n if n > 5 else TWIN)  # type: ignore[arg-type]
    assert [copy(n) for n in (4, 6, 4, 7, 5) * 20] == [looping(4), 6, looping(4), 7, looping(5)] * 20


def test_an_exception_of_native_code_passes_through() -> None:
    def refuse(n: object) -> object:
        raise ValueError(n)

    for function in (looping, protected, managed):
        with pytest.raises(ValueError, match="12"):
            bound(function, refuse)(12)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", [failing, protected, managed, looping])
def test_tracebacks_have_the_same_lines_and_carets(function: FunctionType) -> None:
    shown = []
    for candidate in (function, bound(function, twin)):
        try:
            candidate("text" if function is not failing else 1)
        except Exception as error:
            shown.append("".join(traceback.format_exception(error)).partition(f"in {function.__name__}")[2])
            positions = [
                entry for entry in traceback.extract_tb(error.__traceback__) if entry.name == function.__name__
            ]
            shown.append([(p.lineno, p.end_lineno, p.colno, p.end_colno) for p in positions])  # type: ignore[arg-type]
    assert shown[:2] == shown[2:] and shown[1]


def events(function: Callable[..., object], code: CodeType, install: Callable[[Any], None]) -> list[object]:
    seen: list[object] = []

    def trace(frame: Any, event: str, argument: object) -> object:
        if frame.f_code is code:
            seen.append((event, frame.f_lineno))
        return trace

    install(trace)
    try:
        function()
    finally:
        install(None)
    return seen


@pytest.mark.parametrize(("function", "arguments", "keywords"), CASES)
def test_tracers_see_the_same_events(
    function: FunctionType, arguments: tuple[object, ...], keywords: dict[str, object]
) -> None:
    copy = bound(function, twin)
    for install in (sys.settrace, sys.setprofile):
        expected = events(lambda: function(*arguments, **keywords), function.__code__, install)
        found = events(lambda: copy(*arguments, **keywords), copy.__code__, install)
        assert found == expected


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in 3.12")
@pytest.mark.parametrize(("function", "arguments", "keywords"), CASES)
def test_monitors_see_the_same_lines(
    function: FunctionType, arguments: tuple[object, ...], keywords: dict[str, object]
) -> None:
    monitoring = sys.monitoring  # type: ignore[attr-defined]
    seen: list[list[int]] = []
    for candidate in (function, bound(function, twin)):
        lines: list[int] = []
        code = candidate.__code__

        def on_line(where: CodeType, line: int, code: CodeType = code, lines: list[int] = lines) -> None:
            if where is code:
                lines.append(line)

        monitoring.use_tool_id(4, "test")
        monitoring.register_callback(4, monitoring.events.LINE, on_line)
        monitoring.set_events(4, monitoring.events.LINE)
        try:
            candidate(*arguments, **keywords)
        finally:
            monitoring.set_events(4, 0)
            monitoring.free_tool_id(4)
        seen.append(lines)
    if function is one_line and sys.version_info[:2] == (3, 13):
        assert seen == [[], [function.__code__.co_firstlineno]]  # 3.13 itself overlooks a body on the line of its def
    else:
        assert seen[0] == seen[1] and seen[0]


def test_what_inspect_and_dis_say() -> None:
    copy = bound(straight, twin)  # type: ignore[arg-type]
    assert inspect.signature(copy) == inspect.signature(straight)
    assert inspect.getsource(copy) == inspect.getsource(straight)
    assert inspect.getdoc(copy) == "Text." and inspect.isfunction(copy)
    original = straight.__code__
    for name in ("co_name", "co_qualname", "co_varnames", "co_firstlineno", "co_flags", "co_argcount", "co_freevars"):
        assert getattr(copy.__code__, name) == getattr(original, name)
    for function in (straight, protected, managed, looping):
        code = trampolined(function.__code__, 0)
        assert any(item.opname == "UNARY_NEGATIVE" for item in dis.get_instructions(code))
        assert dis.Bytecode(code).dis()
        assert len(list(code.co_positions())) == len(code.co_code) // 2
        rest = [
            (item.opname, item.argrepr) for item in dis.get_instructions(function.__code__) if item.opname != "RESUME"
        ]
        moved = [(item.opname, item.argrepr) for item in dis.get_instructions(code)]
        assert len(moved[-len(rest) :]) == len(rest)
        assert [name for name, _ in moved[-len(rest) :]] == [name for name, _ in rest]


def test_constants_beyond_one_byte() -> None:
    values = "".join(f"    x = {number}.5\n" for number in range(300))
    scope: dict[str, Any] = {}
    exec(f"def crowded(n):\n{values}    return n, x\n", scope)
    crowded = scope["crowded"]
    assert len(crowded.__code__.co_consts) > 256
    assert bound(crowded, twin)(1) == (1, 299.5)
    assert bound(crowded, lambda n: n + 1)(1) == 2


def test_many_parameters() -> None:
    names = [f"p{number}" for number in range(300)]
    scope: dict[str, Any] = {}
    exec(f"def wide({', '.join(names)}):\n    return p0, p299\n", scope)
    copy = bound(scope["wide"], lambda *arguments: TWIN if arguments[0] else sum(arguments))
    assert copy(*range(300)) == sum(range(300))
    assert copy(*range(1, 301)) == (1, 300)


def test_methods_of_classes() -> None:
    class Plain:
        def __init__(self, n: int) -> None:
            self.n = n

        def method(self, k):  # type: ignore[no-untyped-def]
            return self.n + k

    plain = Plain(3)
    assert plain.method(4) == 7
    Plain.method.__code__ = with_native(Plain.method.__code__, lambda self, k: TWIN if k else self.n)
    assert [plain.method(k) for k in (0, 1, 0, 2) * 20] == [3, 4, 3, 5] * 20


def test_swapping_the_code_binds_and_unbinds() -> None:
    def first(n):  # type: ignore[no-untyped-def]
        return n

    def caller(n):  # type: ignore[no-untyped-def]
        return first(n)

    plain = first.__code__
    for _ in range(50):
        assert caller(1) == 1  # the call specialises for the old code
    first.__code__ = with_native(plain, lambda n: -n)
    assert [caller(n) for n in range(50)] == [-n for n in range(50)]
    first.__code__ = plain
    assert [caller(n) for n in range(50)] == list(range(50))


def test_offsets_of_source_ranges() -> None:
    code = trampolined(failing.__code__, 0)
    start = failing.__code__.co_firstlineno
    positions = list(code.co_positions())
    lines = inspect.getsource(failing).splitlines()
    (row,) = [number for number, text in enumerate(lines) if "1 //" in text]
    line, column = start + row, lines[row].index("1 //")
    offset = offset_of(code, line, column, line, column + len("1 // (n - n)"))
    assert dis.opname[code.co_code[offset]].startswith("BINARY_OP")
    assert positions[offset // 2][:2] == (line, line) and positions[offset // 2][2] == column
    first_on_line = offset_of(code, start + 1, 999, start + 1, 1000)
    assert positions[first_on_line // 2][0] == start + 1
    nowhere = offset_of(code, 10**6, 0, 10**6, 1)
    assert dis.opname[code.co_code[nowhere - 2]] == "POP_TOP"  # the original part starts there


def test_every_position_of_the_original_is_found() -> None:
    for function in (straight, protected, managed, failing, looping):
        code = trampolined(function.__code__, 0)
        for index, (first, last, start, end) in enumerate(function.__code__.co_positions()):
            if dis.opname[function.__code__.co_code[2 * index]] in ("NOP", "CACHE"):
                continue
            if (
                first is None
                or last is None
                or start is None
                or end is None
                or first == function.__code__.co_firstlineno
            ):
                continue
            found = list(code.co_positions())[offset_of(code, first, start, last, end) // 2]
            assert found == (first, last, start, end)


def test_a_function_without_resume_is_refused() -> None:
    code = one_line.__code__
    with pytest.raises(ValueError, match="RESUME"):
        trampolined(code.replace(co_code=b"\x09\x00" * 2, co_linetable=b"", co_exceptiontable=b""), 0)
