"""Calls both ways: keyword arguments of builtins and of `math`, defaults, keyword-only and positional-only parameters."""

from __future__ import annotations

import itertools
import math
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyfreeze import _runtime
from tests.conftest import Both, build_both

BUILTINS = """
    import math
    from pyfreeze import int64
    def close(a: float, b: float, c: float) -> bool:
        return math.isclose(a, b, rel_tol=c)
    def close_absolutely(a: float, b: float, c: float) -> bool:
        return math.isclose(b=b, abs_tol=c, a=a)
    def close_both(a: float, b: float, c: float) -> bool:
        return math.isclose(a, b, rel_tol=c, abs_tol=0.5)
    def close_ints(a: int, b: int, c: float) -> bool:
        return math.isclose(a, b, abs_tol=1, rel_tol=c)
    def product(a: int, b: int, c: float) -> tuple[int, float, float]:
        return math.prod((a, b), start=3), math.prod((a, c), start=b), math.prod((a, b), start=c)
    def rounded(x: float, n: int) -> tuple[float, float, int, int]:
        return round(x, ndigits=n), round(ndigits=n, number=x), round(number=x), round(x, ndigits=None)
    def rounded_int(x: int, n: int) -> tuple[int, int]:
        return round(x, ndigits=n), round(number=x)
    def power(a: int, b: int, m: int) -> tuple[int, int, int]:
        return pow(a, b, mod=m), pow(base=a, mod=m, exp=b), pow(exp=b, base=a, mod=None)
    def total(n: int, s: int) -> tuple[int, int]:
        return sum(range(n), start=s), sum(range(n, 0, -2), s)
    def total_of_tuple(a: int, b: int, x: float) -> tuple[int, int, float, float]:
        return sum((a, b), start=b), sum((), a), sum((a, b), x), sum((x, 0.1), start=a)
    def total_of_fixed(n: int64, s: int64) -> int:
        return sum(range(n), start=s)
    def noted(n: int) -> int:
        if n < 0:
            raise ValueError(n)
        return n
    def in_order(a: int, b: int, c: int) -> int:
        return pow(mod=noted(a), base=noted(b), exp=noted(c))
"""

NATIVE_BUILTINS = {
    "close", "close_absolutely", "close_both", "close_ints", "product", "rounded", "rounded_int", "power", "total",
    "total_of_tuple", "total_of_fixed", "in_order",
}  # fmt: skip


@pytest.fixture(scope="module")
def builtins(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("builtins"), BUILTINS)


def test_keywords_of_builtins_are_native(builtins: Both) -> None:
    assert builtins.native() >= NATIVE_BUILTINS


@pytest.mark.parametrize("name", ["close", "close_absolutely", "close_both"])
def test_isclose(builtins: Both, name: str) -> None:
    numbers = [0.0, -0.0, 1.0, 1.0000000001, -1.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]
    for arguments in itertools.product(numbers, numbers, [0.0, 1e-9, 2.0, -1.0, math.inf, math.nan]):
        builtins.same(name, *arguments)


def test_isclose_of_ints(builtins: Both) -> None:
    for a, b in itertools.product([0, 1, 2**53, 2**53 + 1, 2**2000], repeat=2):
        builtins.same("close_ints", a, b, 0.0)


def test_keywords_of_other_builtins(builtins: Both) -> None:
    for a, b, c in itertools.product([0, 1, -7, 12, 2**70], [0, 1, -3, 5], [0.5, -1e300, math.nan]):
        builtins.same("product", a, b, c)
        builtins.same("total_of_tuple", a, b, c)
    for x, n in itertools.product([0.5, 2.675, -1234.5678, 1e300, math.inf], [0, 2, -2, 400]):
        builtins.same("rounded", x, n)
    for x, n in itertools.product([0, 15, -1250, 2**80], [0, 2, -1, -2]):
        builtins.same("rounded_int", x, n)
    for a, b, m in itertools.product([2, -3, 10**20], [0, 5, 100, -1], [7, -7, 1, 0]):
        builtins.same("power", a, b, m)
        builtins.same("in_order", m, a, b)
    for n, s in itertools.product([0, -3, 10, 1000], [0, -1, 2**70]):
        builtins.same("total", n, s)
    for n, s in itertools.product([0, -3, 10, 1000], [0, -1, 2**62]):
        builtins.same("total_of_fixed", n, s)


WRONG = {
    "unknown": "round(x, digits=2)",
    "positional_only": "sum(iterable=(x, x))",
    "given_twice": "round(x, number=x)",
    "keyword_only": "math.isclose(x, x, 0.5)",
    "no_keywords": "abs(x=x)",
    "no_signature": "max(x, x, start=x)",
    "base_of_a_number": "int(x, base=10)",
    "missing": "round(ndigits=2)",
}


def test_wrong_keywords_raise_as_in_cpython(tmp_path: Path) -> None:
    source = "import math\n" + "".join(
        f"def {name}(x: float):\n    return {text}  # type: ignore\n" for name, text in WRONG.items()
    )
    both = build_both(tmp_path, source)
    for name in WRONG:
        assert both.same(name, 1.5).kind == "TypeError"


def test_steps_of_nextafter(tmp_path: Path) -> None:
    source = """
        import math
        def following(x: float, y: float) -> float:
            return math.nextafter(x, y, steps=3)
    """
    both = build_both(tmp_path, source)
    assert ("following" in both.native()) == (sys.version_info >= (3, 12))
    both.same("following", 1.0, 2.0)


DEFAULTS = """
    BASE = 3
    def scaled(a: int, *, scale: int = 2, shift: float = 0.5) -> float:
        return a * scale + shift
    def by_defaults(a: int) -> tuple[float, float, float]:
        return scaled(a), scaled(a, scale=5), scaled(shift=1.5, a=a)
    def given_all(a: int) -> float:
        return scaled(a, scale=1, shift=0.0)
    def partly(a: int, *, scale: int = len({"a", "b"}), shift: int = 7) -> int:
        return a * scale + shift
    def by_known_default(a: int) -> int:
        return partly(a, scale=4)
    def by_unknown_default(a: int) -> int:
        return partly(a, shift=4)
    def first(a: int, b: int = 2, /, c: int = -4, *, d: int = 1 << 70) -> int:
        return a + 10 * b + 100 * c + d
    def calls_first(x: int) -> tuple[int, int, int, int]:
        return first(x), first(x, 1), first(x, 1, c=3), first(x, c=x, d=x)
    def by_name(x: int) -> int:
        return first(x, b=x)  # type: ignore
    def named_default(a: int, n: int = BASE * 2, limits: tuple[int, float] = (1, 2.5)) -> float:
        return a * n + limits[0] + limits[1]
    def by_named_default(a: int) -> float:
        return named_default(a)
    def fibonacci(n: int, *, start: int = 1) -> int:
        return start if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("defaults"), DEFAULTS)


@pytest.fixture
def defaults(built: Both) -> Iterator[Both]:
    """The module, whose function `scaled` is restored afterwards."""
    originals = [(m, m.scaled, dict(m.scaled.__kwdefaults__)) for m in (built.interpreted, built.compiled)]
    yield built
    for m, scaled, keyword_defaults in originals:
        m.scaled, scaled.__kwdefaults__ = scaled, keyword_defaults


def _twins(function: Callable[..., object], *arguments: object) -> int:
    """How many calls ran twins because something had changed."""
    _runtime.reset_statistics()
    function(*arguments)
    return len(_runtime.statistics())


def test_defaults_of_native_calls(defaults: Both) -> None:
    twins = {function.name for function in defaults.report.functions} - defaults.native()
    assert twins == {"by_unknown_default", "by_name"}
    for name in (
        "by_defaults",
        "given_all",
        "by_known_default",
        "by_unknown_default",
        "calls_first",
        "by_named_default",
    ):
        for a in (0, 3, -(2**70)):
            assert defaults.same(name, a).kind == "value"
            assert _twins(getattr(defaults.compiled, name), a) == 0
    assert defaults.same("by_name", 3).kind == "TypeError"
    assert defaults.same("fibonacci", 15).kind == "value"


Change = Callable[[Any], object]

CHANGES: dict[str, Change] = {
    "assigned": lambda m: setattr(m.scaled, "__kwdefaults__", {"scale": 100, "shift": 0.25}),
    "changed in place": lambda m: m.scaled.__kwdefaults__.update(scale=7),
    "another type": lambda m: m.scaled.__kwdefaults__.update(scale=2.0),
    "one removed": lambda m: m.scaled.__kwdefaults__.pop("scale"),
    "cleared": lambda m: m.scaled.__kwdefaults__.clear(),
    "deleted": lambda m: delattr(m.scaled, "__kwdefaults__"),
    "a subclass": lambda m: setattr(m.scaled, "__kwdefaults__", OrderedDict(scale=6, shift=0.5)),
    "another function": lambda m: setattr(m, "scaled", lambda a, *, scale=9, shift=1.0: a + scale + shift),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_keyword_defaults_take_effect_at_once(defaults: Both, change: str) -> None:
    for _ in range(3):
        defaults.same("by_defaults", 4)
    for m in (defaults.interpreted, defaults.compiled):
        CHANGES[change](m)
    if defaults.same("by_defaults", 4).kind == "value":
        assert _twins(defaults.compiled.by_defaults, 4) >= 1
    # What takes none of the defaults does not mind.
    defaults.same("given_all", 4)


def test_restored_keyword_defaults_are_native_again(defaults: Both) -> None:
    m = defaults.compiled
    original = m.scaled.__kwdefaults__
    for change in (lambda: original.update(scale=3), lambda: setattr(m.scaled, "__kwdefaults__", {"scale": 2})):
        change()
        assert _twins(m.by_known_default, 1) == 0
        m.scaled.__kwdefaults__ = original
        original["scale"] = 2
        assert m.by_defaults(4) == defaults.interpreted.by_defaults(4)
        assert _twins(m.by_defaults, 4) == 0
    # The same values in another dict, which is then watched as well.
    m.scaled.__kwdefaults__ = {"shift": 0.5, "scale": 2}
    assert _twins(m.by_defaults, 4) == 0
    m.scaled.__kwdefaults__["shift"] = 0.75
    assert m.by_defaults(4)[0] == 8.75
    original["scale"] = 1
    assert m.by_defaults(4)[0] == 8.75
