"""Integer arithmetic, both ways: TRAPS about division, shifts, powers, comparison and size."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

import pyfreeze._runtime as runtime
from tests.conftest import Both, build_both

WIDTHS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "int")
BINARY = {
    "add": "+", "sub": "-", "mul": "*", "floordiv": "//", "mod": "%", "truediv": "/",
    "and_": "&", "or_": "|", "xor": "^", "lt": "<", "le": "<=", "eq": "==", "ne": "!=", "gt": ">", "ge": ">=",
}  # fmt: skip
UNARY = {"neg": "-a", "pos": "+a", "invert": "~a", "absolute": "abs(a)", "truth": "bool(a)", "negation": "not a"}


def _source() -> str:
    lines = ["from pyfreeze import int8, int16, int32, int64, uint8, uint16, uint32, uint64"]
    for width in WIDTHS:
        for name, symbol in BINARY.items():
            result = {"truediv": "float"}.get(name, "bool" if symbol in ("<", "<=", "==", "!=", ">", ">=") else width)
            lines.append(f"def {name}_{width}(a: {width}, b: {width}) -> {result}:\n    return a {symbol} b")
        for name in ("lshift", "rshift", "pow"):
            symbol = {"lshift": "<<", "rshift": ">>", "pow": "**"}[name]
            lines.append(f"def {name}_{width}(a: {width}, b: {width}) -> {width}:\n    return a {symbol} b")
        for name, text in UNARY.items():
            result = "bool" if name in ("truth", "negation") else width
            lines.append(f"def {name}_{width}(a: {width}) -> {result}:\n    return {text}")
        lines.append(f"def divmod_{width}(a: {width}, b: {width}) -> tuple[{width}, {width}]:\n    return divmod(a, b)")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("integers"), _source())


def edges(width: str) -> list[int]:
    if width == "int":
        return [0, 1, -1, 7, -7, 2**31, -(2**53) - 1, 2**62 - 1, 2**62, -(2**62), -(2**62) - 1, 2**63, 2**80, -(2**100)]
    bits = int(width.removeprefix("u").removeprefix("int"))
    low, high = (0, 2**bits - 1) if width.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    candidates = [
        0,
        1,
        2,
        3,
        -1,
        -2,
        7,
        -7,
        100,
        low,
        low + 1,
        high,
        high - 1,
        high // 2,
        2**53,
        2**53 + 1,
        -(2**53) - 1,
    ]
    return sorted({value for value in candidates if low <= value <= high})


def _fits(width: str, value: object) -> bool:
    values = value if isinstance(value, tuple) else (value,)
    if width == "int":
        return True
    bits = int(width.removeprefix("u").removeprefix("int"))
    low, high = (0, 2**bits - 1) if width.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return all(not isinstance(item, int) or low <= item <= high for item in values)


def _agree(both: Both, name: str, width: str, *arguments: int) -> None:
    """Same outcome, or OverflowError where the interpreter's value does not fit the width."""
    try:
        expected = getattr(both.interpreted, name)(*arguments)
    except Exception:
        both.same(name, *arguments)
        return
    if _fits(width, expected):
        both.same(name, *arguments)
    else:
        with pytest.raises(OverflowError, match="out of range for"):
            getattr(both.compiled, name)(*arguments)


@pytest.mark.parametrize("width", WIDTHS)
def test_binary_operators(operators: Both, width: str) -> None:
    assert {f"{name}_{width}" for name in BINARY} <= operators.native()
    for name in (*BINARY, "divmod"):
        for a, b in itertools.product(edges(width), repeat=2):
            _agree(operators, f"{name}_{width}", width, a, b)


@pytest.mark.parametrize("width", WIDTHS)
def test_shifts_and_powers(operators: Both, width: str) -> None:
    counts = [0, 1, 2, 5, 7, 31, 62, 63, 64, 100] + ([-1] if not width.startswith("u") else [])
    for name in ("lshift", "rshift", "pow"):
        assert f"{name}_{width}" in operators.native()
        for a, b in itertools.product(edges(width), counts):
            _agree(operators, f"{name}_{width}", width, a, b)


@pytest.mark.parametrize("width", WIDTHS)
def test_unary_operators(operators: Both, width: str) -> None:
    for name in UNARY:
        assert f"{name}_{width}" in operators.native()
        for a in edges(width):
            _agree(operators, f"{name}_{width}", width, a)


def test_arguments_out_of_range_run_the_twin(operators: Both) -> None:
    operators.same("add_int8", 200, 100)
    operators.same("mul_int64", 2**70, 3)
    operators.same("add_uint64", -1, 5)
    operators.same("add_int", True, True)
    operators.same("add_int64", 1.5, 2)
    operators.same("add_int64", "a", "b")


MIXED = """
    from pyfreeze import int8, int32, int64, uint8, uint32, uint64
    def narrow_and_wide(a: int8, b: int64) -> int64:
        return a + b
    def signed_and_unsigned(a: int64, b: uint64) -> int64:
        return a * b
    def with_literal(a: int64) -> int64:
        return 3 * a - 1
    def with_plain(a: int64, b: int) -> int64:
        return a + b
    def compare_signs(a: int64, b: uint64) -> bool:
        return a < b
    def compare_plain(a: uint64, b: int) -> bool:
        return a >= b
    def compare_huge(a: int64) -> bool:
        return a < 2 ** 70
    def compare_float(a: int64, b: float) -> tuple[bool, bool, bool]:
        return a < b, a == b, a >= b
    def plain_and_float(a: int, b: float) -> tuple[bool, bool, float]:
        return a < b, b <= a, a + b
    def bools(a: bool, b: bool) -> tuple[int, bool, bool, int]:
        return a + b, a & b, a ^ b, -a
    def masks(h: uint32, b: uint8) -> uint32:
        return ((h ^ b) * 16777619) & 0xFFFFFFFF
    def mask_of_difference(a: uint64, b: uint64) -> uint64:
        return (a - b) & 0xFFFFFFFFFFFFFFFF
    def mask_of_negation(a: uint64) -> uint64:
        return -a & ~a & 0xFFFFFFFFFFFFFFFF
    def masked_plain(a: int) -> int:
        return (a * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
    def powers(a: int64) -> int64:
        return a ** 2 + a ** 3
    def shifted_one(n: int64) -> int64:
        return 1 << n
    def chain(a: int64, b: int64, c: int64) -> bool:
        return a < b <= c != 5
    def largest(a: int64, b: int64, c: int64) -> tuple[int64, int64]:
        return max(a, b, c), min(a, 0, b)
    def modular(a: int64, b: int64, m: int64) -> int64:
        return pow(a, b, m)
    def convert(a: int64) -> tuple[int, float, bool, int]:
        return int(a), float(a), bool(a), int(a > 0)
    def coerce(a: int) -> int8:
        return int8(a)
    def factorial(n: int) -> int:
        result = 1
        for k in range(2, n + 1):
            result *= k
        return result
    def fibonacci(n: int) -> int:
        a, b = 0, 1
        for _ in range(n):
            a, b = b, a + b
        return a
    def greatest_divisor(a: int, b: int) -> int:
        while b:
            a, b = b, a % b
        return a
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("mixed"), MIXED)


def test_all_mixed_functions_are_native(mixed: Both) -> None:
    assert mixed.native() == {function.name for function in mixed.report.functions}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("narrow_and_wide", (-5, 2**40)),
        ("signed_and_unsigned", (-3, 4)),
        ("signed_and_unsigned", (0, 2**64 - 1)),
        ("with_literal", (-7,)),
        ("with_plain", (5, 2**62)),
        ("with_plain", (-1, 2**63)),
        ("compare_signs", (-1, 2**64 - 1)),
        ("compare_plain", (2**64 - 1, 2**64)),
        ("compare_huge", (2**63 - 1,)),
        ("compare_float", (2**53 + 1, 2.0**53)),
        ("compare_float", (2**63 - 1, 2.0**63)),
        ("compare_float", (1, float("nan"))),
        ("compare_float", (-5, float("inf"))),
        ("plain_and_float", (2**53 + 1, 2.0**53)),
        ("plain_and_float", (2**200, 1.0)),
        ("plain_and_float", (2**2000, 1.0)),
        ("bools", (True, True)),
        ("bools", (True, False)),
        ("masks", (2166136261, 255)),
        ("mask_of_difference", (1, 2)),
        ("mask_of_negation", (5,)),
        ("masked_plain", (2**64 - 1,)),
        ("masked_plain", (-(2**200) + 1,)),
        ("powers", (-9,)),
        ("shifted_one", (62,)),
        ("shifted_one", (-1,)),
        ("chain", (1, 2, 3)),
        ("chain", (3, 2, 5)),
        ("largest", (3, -1, 7)),
        ("modular", (3, -1, 7)),
        ("modular", (2, 100, 1000007)),
        ("modular", (2, 5, 0)),
        ("convert", (2**53 + 1,)),
        ("coerce", (127,)),
        ("coerce", (128,)),
        ("coerce", (2**300,)),
        ("factorial", (30,)),
        ("factorial", (0,)),
        ("fibonacci", (300,)),
        ("greatest_divisor", (2**90, 6**40)),
        ("greatest_divisor", (-12, 18)),
    ],
)
def test_mixed(mixed: Both, name: str, arguments: tuple[int, ...]) -> None:
    mixed.same(name, *arguments)


def test_overflow_of_mixed_operands(mixed: Both) -> None:
    mixed.overflows("with_literal", 2**62)
    mixed.overflows("signed_and_unsigned", 3, 2**62)
    mixed.overflows("narrow_and_wide", 1, 2**63 - 1)
    mixed.overflows("powers", 2**30)
    mixed.overflows("shifted_one", 63)


def test_masked_plain_integers_stay_exact_in_a_loop(tmp_path: Path) -> None:
    both = build_both(
        tmp_path,
        """
        from pyfreeze import int64, uint64
        def hashes(n: int) -> int:
            h = 1469598103934665603
            for k in range(n):
                h = ((h ^ k) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
            return h
        def xorshift(n: int64) -> uint64:
            x: uint64 = 88172645463325252
            for _ in range(n):
                x ^= (x << 13) & 0xFFFFFFFFFFFFFFFF
                x ^= x >> 7
                x ^= (x << 17) & 0xFFFFFFFFFFFFFFFF
            return x
        """,
    )
    assert both.native() == {"hashes", "xorshift"}
    both.same("hashes", 200)
    both.same("xorshift", 1000)


def test_constants_that_the_width_does_not_hold(both: Callable[[str], Both]) -> None:
    """The operation is exact, and native where the result fits: `a & ~7` of an unsigned int."""
    module = both(
        """
        from pyfreeze import int32, int64, uint8, uint32, uint64
        def aligned(a: uint32): return a & ~7
        def aligned_up(a: uint64): return a + 7 & -8
        def low(a: int64): return a & 0xFFFFFFFFFFFFFFFF
        def less(a: uint32): return a + -1
        def narrow(a: int32): return a & 0xFFFFFFFF
        def quotient(a: uint8): return a // 300
        def remainder(a: uint8): return a % 300
        def ratio(a: uint8): return a / 1000
        def shifted(a: uint8): return a >> 300
        def turned(a: uint8): return 300 - a
        def power(a: uint8): return a ** -1
        def divided(a: uint8): return -300 % a
        """
    )
    assert len(module.native()) == 12
    runtime.reset_statistics()
    for name in sorted(module.native()):
        for argument in (1, 2, 77, 127):
            module.same(name, argument)
    fallen = {str(entry["function"]) for entry in runtime.statistics()}
    assert fallen == {"turned", "power"}  # whose results are no uint8
    for name, argument in [("divided", 0), ("less", 0), ("low", -1), ("narrow", -1), ("low", -(2**63))]:
        module.same(name, argument)
