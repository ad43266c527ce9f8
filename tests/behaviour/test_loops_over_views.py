"""Loops over NumPy arrays that run without checks: whatever the layout, and where NumPy has something to report in the middle."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest

from pyfreeze import _runtime as runtime
from pyfreeze.options import Options
from tests.conftest import Both, Outcome, build_both

SOURCE = """
    import numpy as np
    from numpy.typing import NDArray
    from pyfreeze import float64

    def total(a: NDArray[np.float64]) -> float64:
        s: float64 = 0.0
        for i in range(len(a)):
            s += a[i]
        return s

    def dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> float64:
        s: float64 = 0.0
        for i in range(len(a)):
            s += a[i] * b[i]
        return s

    def axpy(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        for i in range(len(a)):
            a[i] += k * b[i]

    def divide(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        for i in range(len(a)):
            a[i] = (a[i] - k) / b[i]

    def stencil(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        for i in range(1, len(a) - 1):
            b[i] = k * a[i - 1] + 0.5 * a[i] + k * a[i + 1]

    def stencil_plain(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        for i in range(1, len(a) - 1):
            b[i] = k * float64(a[i - 1]) + float64(a[i])

    def two_stores(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        for i in range(len(a)):
            t: float64 = a[i] * k
            a[i] = b[i] + t
            b[len(b) - 1 - i] = t - b[i]

    def conditional(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        for i in range(len(a)):
            if a[i] > 0.5:
                b[i] = a[i] * k

    def unused(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        for i in range(len(a)):
            t: float64 = a[i] * k
            b[i] = i * 0.5 + k

    def last(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> float64:
        t: float64 = 0.0
        for i in range(len(a)):
            t = a[i] * b[i] * k
        return t

    def repeated(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        for i in range(len(a)):
            b[0] = a[i] * k

    def outside(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        for i in range(len(a)):
            b[i] = a[0] * k + b[i]

    def converted(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> float64:
        s: float64 = 0.0
        for i in range(len(a)):
            s = s + a[i] * b[i] + float64(a[i]) * k
        return s

    def every_second(a: NDArray[np.float64], b: NDArray[np.float64], k: float) -> None:
        i = 0
        while i < len(a):
            b[i] = a[i] * k
            i += 2

    def product(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> None:
        for i in range(a.shape[0]):
            for j in range(b.shape[1]):
                s: float64 = 0.0
                for k in range(a.shape[1]):
                    s += a[i, k] * b[k, j]
                c[i, j] = s

    def product_by_rows(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> None:
        for i in range(a.shape[0]):
            for k in range(a.shape[1]):
                x: float64 = a[i, k]
                for j in range(b.shape[1]):
                    c[i, j] += x * b[k, j]

    def scaled_bytes(a: NDArray[np.float64], b: NDArray[np.uint8], k: float) -> None:
        for i in range(len(a)):
            b[i] = i & 127
            a[i] = a[i] * k
"""

WITH_FACTOR = (
    *("axpy", "divide", "stencil", "stencil_plain", "two_stores", "conditional", "unused", "last", "repeated"),
    *("outside", "converted", "every_second"),
)


@pytest.fixture(scope="module", params=[False, True], ids=["starting again", "leaving in the middle"])
def module(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("views"), SOURCE, Options(assume_impure=request.param))


def run(both: Both, name: str, make: Callable[[], list[object]]) -> Outcome:
    """Call with fresh arguments both ways: what comes of it, what the arrays hold, and what NumPy has reported.

    A result is compared as the Python number that it is when compiled.
    """
    results = []
    for source in (both.interpreted, both.compiled):
        arguments = make()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outcome = Outcome.of(lambda: plain(getattr(source, name)(*arguments)))  # noqa: B023
        arrays = [one.tobytes() for one in arguments if isinstance(one, np.ndarray)]
        results.append((outcome, arrays, [(str(one.message), one.lineno) for one in caught]))
    assert results[0] == results[1]
    return results[0][0]


def plain(result: object) -> object:
    return result.item() if isinstance(result, np.generic) else result


def test_every_function_is_native(module: Both) -> None:
    assert {item.name for item in module.report.functions} == module.native()


LAYOUTS: dict[str, Callable[[np.ndarray], list[np.ndarray]]] = {
    "apart": lambda base: [base[:3000], base[3000:6000]],
    "the same": lambda base: [base[:3000], base[:3000]],
    "one behind": lambda base: [base[1:3001], base[:3000]],
    "one ahead": lambda base: [base[:3000], base[1:3001]],
    "against each other": lambda base: [base[:3000], base[:3000][::-1]],
    "strided": lambda base: [base[:6000:2], base[1:6000:2]],
    "one strided": lambda base: [base[:3000], base[::3][:3000]],
    "in one place": lambda base: [base[:3000], np.lib.stride_tricks.as_strided(base[9:], (3000,), (0,))],
    "short": lambda base: [base[:5], base[7:12]],
    "empty": lambda base: [base[:0], base[:0]],
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("function", WITH_FACTOR)
def test_layouts(module: Both, function: str, name: str) -> None:
    def make() -> list[object]:
        return [*LAYOUTS[name](np.random.default_rng(1).random(9000)), 0.75]

    runtime.reset_statistics()
    run(module, function, make)
    assert not runtime.statistics()


TROUBLE = (1.7e308, 1e-308, float("inf"), float("nan"), -0.0, 5e-324, 0.0, -1.7e308)


@pytest.mark.parametrize("function", [*WITH_FACTOR, "total", "dot", "scaled_bytes"])
def test_trouble_in_the_middle(module: Both, function: str) -> None:
    """In each of the ways that NumPy can be told to report it, and wherever in a strip it is."""
    factors = [] if function in ("total", "dot") else [1e10, 1e-10, 2.0]
    random = np.random.default_rng(2)
    for round_ in range(24):
        report = ("warn", "raise", "ignore")[round_ % 3]
        places = random.integers(0, 3000, random.integers(1, 3))
        values = random.choice(TROUBLE, len(places))
        seed, factor = round_, [factors[round_ // 3 % 3]] if factors else []

        def make(places: np.ndarray = places, values: np.ndarray = values, seed: int = seed) -> list[object]:
            base = np.random.default_rng(seed).random(6000) + 0.5
            base[places + (3000 if seed % 2 else 0)] = values
            arrays: list[object] = [base[:3000], base[3000:]]
            if function == "scaled_bytes":
                arrays = [base[:3000], np.zeros(3000, np.uint8)]
            return [arrays[0]] if function == "total" else [*arrays, *factor]  # noqa: B023

        with np.errstate(all=report):
            run(module, function, make)


@pytest.mark.parametrize("function", ["product", "product_by_rows"])
def test_products_of_matrices(module: Both, function: str) -> None:
    for seed, (rows, inner, columns) in enumerate([(3, 4, 5), (1, 2100, 2), (2, 3, 2100), (0, 2, 2), (2, 0, 2)]):
        for order in "CF":
            for trouble in (None, 1.7e308, 1e-308):

                def make(shape: tuple[int, int, int] = (rows, inner, columns)) -> list[object]:
                    random = np.random.default_rng(seed)  # noqa: B023
                    a, b = random.random(shape[:2]), np.asarray(random.random(shape[1:]), order=order)  # noqa: B023
                    if trouble is not None and b.size:  # noqa: B023
                        b[-1, -1] = trouble  # noqa: B023
                        a *= 1e5 if trouble > 1 else 1e-5  # noqa: B023
                    return [a, b, np.zeros((shape[0], shape[2]), order=order)]  # noqa: B023

                for report in ("warn", "raise"):
                    with np.errstate(all=report):
                        run(module, function, make)


def test_a_product_that_is_rounded_up_to_a_normal_number(module: Both) -> None:
    """The processor reports underflow: before rounding it was smaller."""
    values = [1.0 - 2.0**-53, 2.2250738585072014e-308]
    with np.errstate(all="raise"):
        outcome = run(module, "axpy", lambda: [np.zeros(3), np.array([values[0]] * 3), values[1]])
        assert outcome.kind == "FloatingPointError"
        assert run(module, "dot", lambda: [np.array([values[0]]), np.array([values[1]])]).kind == "FloatingPointError"


def test_flags_that_were_set_before_do_no_harm(module: Both) -> None:
    with np.errstate(all="ignore"):
        np.array([1e308]) * np.array([1e308])
    runtime.reset_statistics()
    run(module, "axpy", lambda: [np.ones(3000), np.ones(3000), 0.5])
    assert not runtime.statistics()
