"""Floats and the math module, both ways: bit for bit, with CPython's exceptions."""

from __future__ import annotations

import inspect
import itertools
import math
from pathlib import Path

import pytest

from tests.conftest import Both, build_both

EDGES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.5,
    -3.5,
    1e-310,
    1e16,
    -1e308,
    1.7e308,
    2.0**53,
    math.pi,
    math.inf,
    -math.inf,
    math.nan,
]

SOURCE = """
    from pyfreeze import float64, float32, int64
    def arithmetic(a: float64, b: float64) -> tuple[float, float, float]:
        return a + b, a - b, a * b
    def divide(a: float, b: float) -> float:
        return a / b
    def floor_divide(a: float, b: float) -> float:
        return a // b
    def remainder(a: float, b: float) -> float:
        return a % b
    def power(a: float, b: float) -> float:
        return a ** b
    def compare(a: float, b: float) -> tuple[bool, bool, bool, bool, bool, bool]:
        return a < b, a <= b, a == b, a != b, a > b, a >= b
    def extremes(a: float, b: float) -> tuple[float, float]:
        return min(a, b), max(a, b)
    def unary(a: float) -> tuple[float, float, bool, bool]:
        return -a, abs(a), bool(a), not a
    def truncate(a: float) -> int:
        return int(a)
    def rounded(a: float) -> int:
        return round(a)
    def rounded_to(a: float, n: int) -> float:
        return round(a, n)
    def both_parts(a: float, b: float) -> tuple[float, float]:
        return divmod(a, b)
    def total(a: float, b: float) -> float:
        return sum((a, b, 0.1))
    def no_contraction(a: float, b: float, c: float) -> float:
        return a * b + c
    def with_int(a: float, n: int) -> float:
        return a * n + n
    def single(a: float64) -> float64:
        return float32(a)
    def choose(a: float, b: float) -> float:
        return a if a < b else b
    def to_fixed(a: float) -> int64:
        return int64(int(a))
"""


@pytest.fixture(scope="module")
def floats(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("floats"), SOURCE)


def test_all_are_native(floats: Both) -> None:
    assert floats.native() == {function.name for function in floats.report.functions}


@pytest.mark.parametrize(
    "name",
    [
        "arithmetic",
        "divide",
        "floor_divide",
        "remainder",
        "power",
        "compare",
        "extremes",
        "both_parts",
        "total",
        "choose",
    ],
)
def test_two_floats(floats: Both, name: str) -> None:
    for a, b in itertools.product(EDGES, repeat=2):
        floats.same(name, a, b)


@pytest.mark.parametrize("name", ["unary", "truncate", "rounded", "single", "to_fixed"])
def test_one_float(floats: Both, name: str) -> None:
    for a in [*EDGES, 2.675, 0.1, 1e300]:
        floats.same(name, a)


def test_rounding_to_digits(floats: Both) -> None:
    for a, n in itertools.product(EDGES, (-2, 0, 2, 400)):
        floats.same("rounded_to", a, n)


def test_products_are_not_contracted(floats: Both) -> None:
    floats.same("no_contraction", 1.0 + 2**-30, 1.0 + 2**-30, -1.0)


def test_ints_given_for_floats_stay_ints(floats: Both) -> None:
    floats.same("choose", 1, 2)
    floats.same("divide", 7, 2)
    floats.same("power", 2, 100)
    floats.same("no_contraction", 2**70, 3, 1)
    floats.same("with_int", 0.5, 2**70)
    floats.same("with_int", 0.5, 2**2000)


ONE = [name for name in dir(math) if not name.startswith("_") and callable(getattr(math, name))]


def _arity(name: str) -> int:
    try:
        signature = inspect.signature(getattr(math, name))
        return sum(1 for parameter in signature.parameters.values() if parameter.default is parameter.empty)
    except ValueError:
        return {"hypot": 2, "log": 1, "nextafter": 2}.get(name, 1)


INTEGRAL = {"comb": 2, "factorial": 1, "gcd": 2, "isqrt": 1, "lcm": 2, "perm": 2}
SEQUENCES = ("dist", "fsum", "prod", "sumprod")
RESULTS = {"ceil": "int", "floor": "int", "trunc": "int", "isnan": "bool", "isinf": "bool", "isfinite": "bool",
           "isclose": "bool", "frexp": "tuple[float, int]", "modf": "tuple[float, float]"}  # fmt: skip


@pytest.fixture(scope="module")
def mathematics(tmp_path_factory: pytest.TempPathFactory) -> Both:
    lines = ["import math", "from math import sqrt as root, pi"]
    for name in ONE:
        if name in INTEGRAL:
            names = "a: int, b: int" if INTEGRAL[name] == 2 else "a: int"
            given = "a, b" if INTEGRAL[name] == 2 else "a"
            lines.append(f"def m_{name}({names}) -> int:\n    return math.{name}({given})")
        elif name in SEQUENCES:
            given = "(a, b), (b, 1.0)" if name in ("dist", "sumprod") else "(a, b, 0.1)"
            lines.append(f"def m_{name}(a: float, b: float) -> float:\n    return math.{name}({given})")
        elif name == "ldexp":
            lines.append("def m_ldexp(a: float, b: int) -> float:\n    return math.ldexp(a, b)")
        else:
            letters = "abc"[: max(_arity(name), 1)]
            names = ", ".join(f"{letter}: float" for letter in letters)
            result = RESULTS.get(name, "float")
            lines.append(f"def m_{name}({names}) -> {result}:\n    return math.{name}({', '.join(letters)})")
    lines.append("def constants() -> tuple[float, float, float]:\n    return math.pi, math.inf, pi * math.e")
    lines.append("def imported(a: float) -> float:\n    return root(a)")
    lines.append("def logarithm(a: int) -> float:\n    return math.log(a)")
    lines.append("def with_base(a: float, b: float) -> float:\n    return math.log(a, b)")
    return build_both(tmp_path_factory.mktemp("mathematics"), "\n".join(lines))


@pytest.mark.parametrize("name", ONE)
def test_the_whole_math_module(mathematics: Both, name: str) -> None:
    function = f"m_{name}"
    assert function in mathematics.native()
    count = len(inspect.signature(getattr(mathematics.interpreted, function)).parameters)
    pool: list[object] = list(EDGES)
    if name in INTEGRAL:
        pool = [0, 1, 5, 12, -3, 40, 2**70]
    if name in ("factorial", "comb", "perm"):
        pool = [0, 1, 5, 12, -3, 40]
    for arguments in itertools.product(pool, repeat=min(count, 2)):
        given = arguments if count < 3 else (*arguments, 1.5)
        if name == "ldexp":
            for exponent in (0, 5, -1080, 2000):
                mathematics.same(function, arguments[0], exponent)
        else:
            mathematics.same(function, *given)


def test_constants_and_imports_of_math(mathematics: Both) -> None:
    assert {"constants", "imported", "logarithm", "with_base"} <= mathematics.native()
    mathematics.same("constants")
    for value in (2.0, -1.0, math.nan):
        mathematics.same("imported", value)
    for number in (10**400, 1, 0, -5):
        mathematics.same("logarithm", number)
    mathematics.same("with_base", 8.0, 2.0)
    mathematics.same("with_base", 8.0, 1.0)


LATE = """
    def total(n: int) -> float:
        s: float = 0
        for i in range(n):
            s += 0.5
        return s
    def mean(n: int, x: float) -> float:
        s: float = 0
        count = 0
        while count < n:
            s = s + x * count
            count += 1
        return s / n if n else s
    def largest(n: int, x: float) -> float:
        best: float = -1
        for i in range(n):
            if x * i > best:
                best = x * i
        return best
    def restarted(n: int, x: float) -> float:
        s: float = 0
        for i in range(n):
            if i == 7:
                s = 0
            else:
                s = x - s
        return s
    def maybe_unset(n: int, x: float) -> float:
        for i in range(n):
            if i == 2:
                s: float = 3
            elif i == 3:
                s *= x
        return s
    def product(n: int, x: float) -> float:
        p: float = 1
        for i in range(n):
            p *= x
        return p * 2
    def doubled(n: int, x: float) -> float:
        s: float = 1
        for i in range(n):
            s += s
            s -= x
        return s
    def fails(n: int, x: float) -> float:
        s: float = 0
        for i in range(n):
            s += 1 / (x - i)
        return s
"""


def test_a_float_variable_that_starts_as_an_int(tmp_path: Path) -> None:
    both = build_both(tmp_path, LATE)
    assert both.native() == {"total", "mean", "largest", "restarted", "maybe_unset", "product", "fails"}
    for n in (0, 1, 2, 3, 5, 8, 9, 20):
        both.same("total", n)
        for x in (0.5, -0.0, -1.5, 3.0, math.inf, math.nan):
            for name in ("mean", "largest", "restarted", "maybe_unset", "product", "doubled", "fails"):
                both.same(name, n, x)


def test_a_float_variable_that_may_be_any_int_keeps_its_twin(tmp_path: Path) -> None:
    source = """
        def late(n: int) -> float:
            s: float = 0
            for i in range(n):
                s += i
            return s
        def any_int(n: int) -> float:
            s: float = n
            s += 0.5
            return s
        def at_once(n: int) -> float:
            s: float = 0
            s += n
            s += 0.5
            return s
    """
    both = build_both(tmp_path, source)
    assert both.native() == set()
    assert {function.reasons[0].code for function in both.report.functions} == {"PF105"}
    for name in ("late", "any_int", "at_once"):
        both.same(name, 0)
        both.same(name, 3)
