"""NumPy arrays and memoryviews indexed natively: layouts, errors, what the twin has to do, and that every buffer is given back."""

from __future__ import annotations

import signal
import sys
import warnings
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from pyfreeze import Array, float64
from pyfreeze import _runtime as runtime
from pyfreeze.options import Options
from tests.behaviour import recording
from tests.conftest import Both, Outcome, build_both

DTYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float64")

OF_EACH = """
    def get_{t}(a: npt.NDArray[np.{t}], i: int) -> {t}:
        return {t}(a[i])

    def set_{t}(a: npt.NDArray[np.{t}], i: int, v: {plain}) -> None:
        a[i] = v

    def copy_{t}(a: NDArray[np.{t}], b: "NDArray[np.{t}]") -> None:
        for i in range(len(a)):
            b[i] = a[i]
"""

SOURCE = """
    import math
    import numpy
    import numpy as np
    import numpy.typing as npt
    from numpy.typing import NDArray
    from pyfreeze import Array, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64
    from typing import Any
{each}
    def get_bool(a: NDArray[np.bool_], i: int) -> bool:
        return bool(a[i])

    def set_bool(a: NDArray[np.bool_], i: int, v: bool) -> None:
        a[i] = v

    def get_single(a: NDArray[np.float32], i: int) -> float:
        return float(a[i])

    def set_single(a: NDArray[np.float32], i: int, v: float) -> None:
        a[i] = v

    def set_single_to_int(a: NDArray[np.float32], i: int, v: int) -> None:
        a[i] = v

    def copy_singles(a: npt.NDArray[np.float32], b: "NDArray[np.single]", c: NDArray[np.float64]) -> None:
        for i in range(len(a)):
            b[i] = a[i]
            c[i] = a[i]

    def use_singles(a: NDArray[np.float32], k: float) -> float:
        s = 0.0
        for i in range(len(a)):
            if a[i]:
                s += math.sqrt(a[i]) + float(a[i]) * k + int(a[i])
            a[i] = float(a[i]) * k
        return s

    def single_rows(a: NDArray[np.float32], i: int, j: int) -> float:
        a[i, j] = float(a[j, i]) * 0.1
        return float(a[i, j])

    def total(a: numpy.typing.NDArray[numpy.float64]) -> float64:
        s: float64 = 0.0
        for i in range(len(a)):
            s += float64(a[i])
        return s

    def total_by_items(a: np.ndarray[Any, np.dtype[np.float64]]) -> float64:
        s = 0.0
        x: float64
        for x in a:
            s = s + float64(x)
        return s

    def int_total(a: NDArray[np.int64]) -> int:
        s = 0
        for i in range(a.shape[0]):
            s += int(a[i])
        return s

    def matrix_times(m: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        for i in range(m.shape[0]):
            s = 0.0
            for j in range(m.shape[1]):
                s += float64(m[i, j]) * float64(x[j])
            y[i] = s

    def at(m: NDArray[np.float64], i: int, j: int) -> float64:
        return float64(m[i, j])

    def put(m: NDArray[np.float64], i: int, j: int, v: float) -> None:
        m[i, j] = v

    def add_at(m: NDArray[np.float64], i: int, j: int, v: float) -> None:
        m[i, j] += v

    def cube(m: NDArray[np.int32], i: int, j: int, k: int) -> int:
        return int(m[i, j, k])

    def shapes(m: NDArray[np.float64]) -> tuple[int, int, int, int, int]:
        rows, columns = m.shape
        return rows, columns, len(m), m.size, m.ndim

    def last_axis(m: NDArray[np.int64]) -> int:
        return m.shape[2] * 10 + m.ndim

    def arithmetic(a: NDArray[np.float64], k: float) -> float64:
        return a[0] + k * a[1] - 2 * a[2] / a[3]

    def in_place(a: NDArray[np.float64], b: NDArray[np.float64], k: float64) -> None:
        for i in range(len(a)):
            a[i] += k * b[i]

    def scale(a: NDArray[np.float64], k: float64) -> None:
        for i in range(len(a)):
            a[i] *= k

    def positive(a: NDArray[np.float64]) -> int:
        count = 0
        for i in range(len(a)):
            if a[i] > 0 and not a[i] > 10.5:
                count += 1
        return count

    def nonzero(a: NDArray[np.uint8], b: NDArray[np.bool_]) -> int:
        count = 0
        for i in range(len(a)):
            if a[i] or b[i]:
                count += 1
        return count

    def search(a: NDArray[np.int64], wanted: int64) -> int:
        low, high = 0, len(a)
        while low < high:
            middle = (low + high) // 2
            if a[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def sparse(data: NDArray[np.float64], indices: NDArray[np.int32], starts: NDArray[np.int64],
               x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        for row in range(len(y)):
            s = 0.0
            for k in range(starts[row], starts[row + 1]):
                s += float64(data[k]) * float64(x[indices[k]])
            y[row] = s

    def roots(a: NDArray[np.float64]) -> float:
        return math.sqrt(a[0]) + math.floor(float(a[1]))

    def power(a: NDArray[np.int64]) -> int:
        return int(a[0]) * int(a[0]) * int(a[0])

    def fill_and_fail(a: NDArray[np.float64], n: int) -> None:
        for i in range(n):
            a[i] = i * 0.5
            a[i] = float64(a[i]) + 1.0

    def to_array(a: NDArray[np.float64], b: Array[float64]) -> None:
        for i in range(len(a)):
            b[i] = a[i]
            a[i] = b[0]

    def through(m: NDArray[np.float64], v: float) -> float64:
        put(m, 0, 1, v)
        return at(m, 0, 1) + inner(m, 3)

    def inner(m: NDArray[np.float64], depth: int) -> float64:
        if depth > 0:
            return inner(m, depth - 1)
        return float64(m[-1, -1])

    def chosen(a: NDArray[np.float64], b: NDArray[np.float64], first: bool) -> float64:
        c = a
        if not first:
            c = b
        return float64(c[0])

    def annotated(a: NDArray[np.int16]) -> int64:
        x: int64 = a[0]
        return x * 1000000

    def memory_total(m: memoryview) -> int:
        total = 0
        for byte in m:
            total += byte
        return total

    def memory_at(m: memoryview, i: int) -> int:
        return m[i] * 2**70

    def memory_put(m: memoryview, i: int, v: int) -> None:
        m[i] = v

    def memory_add(m: memoryview, i: int, v: int) -> None:
        m[i] += v

    def memory_grid(m: memoryview) -> int:
        total = 0
        for i in range(m.shape[0]):
            for j in range(m.shape[1]):
                total = total * 3 + m[i, j]
        return total + m.ndim

    def memory_reals(m: "memoryview[float]") -> float:
        total = 0.0
        for i, x in enumerate(m):
            total += x * i
        return total

    def shift(m: memoryview) -> int:
        '''Writes while it goes over the items.'''
        total = 0
        for byte in m:
            m[0] = byte
            total = total * 2 + m[-1]
        return total
"""

ALL = SOURCE.format(
    each="".join(OF_EACH.format(t=name, plain="float" if name == "float64" else "int") for name in DTYPES)
)


@pytest.fixture(scope="module", params=[False, True], ids=["starting again", "leaving in the middle"])
def module(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("views"), ALL, Options(assume_impure=request.param))


@pytest.fixture(autouse=True)
def _from_zero() -> Iterator[None]:
    runtime.reset_statistics()
    yield


def fell(module: ModuleType) -> list[str]:
    """The functions whose twin was entered."""
    return [str(row["function"]) for row in runtime.statistics() if row["module"] == module.__name__]


def run(both: Both, name: str, *make: Callable[[], object]) -> Outcome:
    """Call with fresh arguments both ways; their contents afterwards have to be the same, and nobody may hold them."""
    results = []
    for source in (both.interpreted, both.compiled):
        arguments = [one() for one in make]
        held = [one for one in arguments if isinstance(one, np.ndarray | memoryview)]
        before = [sys.getrefcount(argument) for argument in held]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outcome = Outcome.of(getattr(source, name), *arguments)
        shown = [
            np.asarray(one).tolist() if isinstance(one, np.ndarray | Array | memoryview) else one for one in arguments
        ]
        results.append((outcome, repr(shown), sorted(str(one.message) for one in caught)))
        assert [sys.getrefcount(argument) for argument in held] == before
        for argument in arguments:
            if isinstance(argument, memoryview):
                argument.release()  # BufferError if it is exported
    (expected, *rest), (found, *others) = results
    assert others == rest
    assert found == expected
    return found


def native(both: Both, name: str, *make: Callable[[], object]) -> object:
    """As `run`, in native code to the end."""
    runtime.reset_statistics()
    outcome = run(both, name, *make)
    assert not fell(both.compiled)
    return outcome.shown


def given(value: object) -> Callable[[], object]:
    return lambda: value


def test_every_function_is_native(module: Both) -> None:
    assert {item.name for item in module.report.functions} == module.native()


@pytest.mark.parametrize("dtype", DTYPES)
def test_element_types(module: Both, dtype: str) -> None:
    edges = [0, 1, 100] if dtype == "float64" else [np.iinfo(dtype).min, 7, np.iinfo(dtype).max]
    make = lambda: np.array(edges, dtype)  # noqa: E731
    for index in (0, 1, 2, -1, -3):
        native(module, f"get_{dtype}", make, given(index))
    for index in (3, -4, 2**62, -(2**63)):
        assert run(module, f"get_{dtype}", make, given(index)).kind == "IndexError"
    for value in edges:
        native(module, f"set_{dtype}", make, given(1), given(float(value) if dtype == "float64" else int(value)))
    native(module, f"copy_{dtype}", make, lambda: np.zeros(3, dtype))
    assert run(module, f"copy_{dtype}", make, lambda: np.zeros(2, dtype)).kind == "IndexError"


def test_what_does_not_fit_an_element_is_numpys_to_say(module: Both) -> None:
    for dtype, value in (("int8", 300), ("uint16", -1), ("int64", 2**63), ("uint64", 2**70), ("int32", 2**40)):
        assert (
            run(module, f"set_{dtype}", lambda dtype=dtype: np.zeros(2, dtype), given(0), given(value)).kind != "value"
        )
    run(module, "set_float64", lambda: np.zeros(2), given(0), given(3))


def test_bools(module: Both) -> None:
    make = lambda: np.array([True, False])  # noqa: E731
    assert native(module, "get_bool", make, given(0)) == ("bool", 1)
    native(module, "set_bool", make, given(1), given(True))
    odd = lambda: np.array([2, 0], np.uint8).view(np.bool_)  # noqa: E731
    run(module, "get_bool", odd, given(0))


SINGLES = (0.1, -0.0, 1e300, -3.5e38, 1e-40, 1e-300, float("inf"), float("nan"), 3.4028235677973366e38, 2.5)


def test_singles(module: Both) -> None:
    make = lambda: np.array([1.5, 0.1, 1e-40, np.inf, np.nan], np.float32)  # noqa: E731
    for index in (0, 1, 2, -1, -2):
        native(module, "get_single", make, given(index))
    assert run(module, "get_single", make, given(5)).kind == "IndexError"
    for value in SINGLES:
        for report in ("warn", "raise"):
            with np.errstate(all=report):
                run(module, "set_single", make, given(1), given(value))
    for number in (3, 2**24 + 1, 2**60 + 1, 2**130, -7):
        run(module, "set_single_to_int", make, given(1), given(number))
    native(module, "set_single", make, given(1), given(0.1))
    for vector in (lambda: np.arange(3000, dtype=np.float32), lambda: np.arange(60, dtype=np.float32)[50:5:-7], make):
        count = len(np.asarray(vector()))
        native(module, "copy_singles", vector, lambda n=count: np.zeros(n, np.float32), lambda n=count: np.zeros(n))
    native(module, "use_singles", lambda: np.arange(3000, dtype=np.float32) * np.float32(0.37), given(0.1))
    run(module, "use_singles", lambda: np.full(3000, 1e38, np.float32), given(1e3))
    native(module, "single_rows", lambda: np.ones((3, 3), np.float32)[:, ::-1], given(2), given(1))
    for other in (lambda: np.ones(3), lambda: np.ones(3, np.float16), lambda: np.ones(3, ">f4")):
        run(module, "get_single", other, given(1))


VECTORS: dict[str, Callable[[], object]] = {
    "contiguous": lambda: np.arange(20.0),
    "reversed": lambda: np.arange(20.0)[::-1],
    "strided": lambda: np.arange(60.0)[5:50:3],
    "backward": lambda: np.arange(60.0)[50:5:-7],
    "column": lambda: np.arange(60.0).reshape(6, 10)[:, 3],
    "field": lambda: np.zeros(5, [("a", "f8"), ("b", "f8")])["b"],
    "repeated": lambda: np.broadcast_to(np.float64(2.5), (9,)),
    "empty": lambda: np.zeros(0),
    "empty, strided": lambda: np.zeros(10)[10:2:3],
    "one": lambda: np.array([-0.0]),
    "nans": lambda: np.array([1.0, np.nan, np.inf]),
    "long": lambda: np.arange(20000.0)[::2],
}


@pytest.mark.parametrize("name", VECTORS)
def test_layouts_of_vectors(module: Both, name: str) -> None:
    native(module, "total", VECTORS[name])
    native(module, "total_by_items", VECTORS[name])
    run(module, "positive", VECTORS[name])


OTHERS: dict[str, Callable[[], object]] = {
    "float32": lambda: np.ones(3, np.float32),
    "int64": lambda: np.ones(3, np.int64),
    "other byte order": lambda: np.ones(3, ">f8" if sys.byteorder == "little" else "<f8"),
    "not aligned": lambda: np.frombuffer(bytes(25), np.uint8)[1:].view(np.float64),
    "packed": lambda: np.zeros(3, np.dtype([("a", "i1"), ("b", "f8")]))["b"],
    "objects": lambda: np.array([1.0, 2], object),
    "matrix": lambda: np.ones(3).reshape(3, 1),
    "no dimension": lambda: np.array(1.0),
    "subclass": lambda: np.ones((1, 3)).view(np.matrix),
    "masked": lambda: np.ma.array([1.0, 2.0], mask=[False, True]),
    "record": lambda: np.ones(3).view(np.recarray),
    "complex": lambda: np.ones(3, complex),
    "dates": lambda: np.zeros(3, "M8[s]"),
    "list": lambda: [1.0, 2.0],
    "memoryview": lambda: memoryview(array("d", [1.0])),
    "none": lambda: None,
}


@pytest.mark.parametrize("name", OTHERS)
def test_others_run_the_twin(module: Both, name: str) -> None:
    with np.testing.suppress_warnings() as hidden:
        hidden.filter(PendingDeprecationWarning)
        run(module, "total", OTHERS[name])
    assert fell(module.compiled) == ["total"]


MATRICES: dict[str, Callable[[], object]] = {
    "rows": lambda: np.arange(12.0).reshape(3, 4),
    "columns": lambda: np.arange(12.0).reshape(4, 3).T,
    "part": lambda: np.arange(100.0).reshape(10, 10)[1:9:3, ::-2][:, 1:],
    "no rows": lambda: np.zeros((0, 4)),
    "no columns": lambda: np.zeros((3, 0)),
    "diagonal": lambda: np.lib.stride_tricks.as_strided(np.arange(20.0), (3, 4), (8, 16)),
}


@pytest.mark.parametrize("name", MATRICES)
def test_layouts_of_matrices(module: Both, name: str) -> None:
    matrix = MATRICES[name]
    rows, columns = np.asarray(matrix()).shape
    native(module, "matrix_times", matrix, lambda: np.arange(float(columns)), lambda: np.zeros(rows))
    native(module, "shapes", matrix)
    for i in (0, -1, rows, -rows - 1):
        for j in (0, -1, columns, -columns - 1):
            run(module, "at", matrix, given(i), given(j))
            run(module, "put", matrix, given(i), given(j), given(1.5))
            run(module, "add_at", matrix, given(i), given(j), given(1.5))


def test_too_short_vectors_fail_where_they_do(module: Both) -> None:
    matrix = lambda: np.ones((30, 40))  # noqa: E731
    assert run(module, "matrix_times", matrix, lambda: np.ones(39), lambda: np.zeros(30)).kind == "IndexError"
    assert run(module, "matrix_times", matrix, lambda: np.ones(40), lambda: np.zeros(17)).kind == "IndexError"
    assert run(module, "fill_and_fail", lambda: np.zeros(9), given(12)).kind == "IndexError"


def test_read_only(module: Both) -> None:
    def fixed() -> object:
        made = np.arange(5.0)
        made.flags.writeable = False
        return made

    native(module, "total", fixed)
    assert run(module, "fill_and_fail", fixed, given(3)).kind == "ValueError"
    assert run(module, "scale", fixed, given(3.0)).kind == "ValueError"
    assert run(module, "set_float64", fixed, given(0), given(3.0)).kind == "ValueError"
    assert run(module, "set_float64", fixed, given(10), given(3.0)).kind != "value"


def test_three_dimensions(module: Both) -> None:
    make = lambda: np.arange(24, dtype=np.int32).reshape(2, 3, 4).transpose(2, 0, 1)  # noqa: E731
    for index in ((0, 0, 0), (3, 1, 2), (-4, -2, -3), (4, 0, 0), (0, 2, 0), (0, 0, -4)):
        run(module, "cube", make, *map(given, index))
    native(module, "last_axis", lambda: np.zeros((2, 3, 4), np.int64))
    run(module, "last_axis", lambda: np.zeros((2, 3), np.int64))


def same_number(both: Both, name: str, *arguments: object) -> object:
    """The result as a number: interpreted it is NumPy's, compiled a result with a value annotation is Python's."""
    expected, found = (Outcome.of(getattr(one, name), *arguments) for one in (both.interpreted, both.compiled))
    if expected.kind != "value":
        assert found == expected
        return expected.kind
    number = getattr(both.interpreted, name)(*arguments)
    assert found == Outcome("value", Outcome.of(lambda: number.item()).shown)
    return number


def test_arithmetic_on_elements_has_the_same_bits(module: Both) -> None:
    values = [0.0, -0.0, 1.0, -1.5, 0.1, 3e200, 1e-160, 5e-324, 1.7e308, float("inf"), float("nan")]
    generator = np.random.default_rng(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(300):
            a = generator.choice(values, 4)
            same_number(module, "arithmetic", a, float(generator.choice(values)))


def test_where_numpy_warns_or_raises_so_it_does(module: Both) -> None:
    for a, b, k in (
        ([1e308, 1.0], [1e308, 2.0], 1.0),
        ([1.0, np.inf], [1.0, np.inf], -1.0),
        ([1.0, 2.0, 3.0], [1e300, 1.0, 1.0], 1e300),
        ([0.0, 1.0], [1e-300, 1.0], 1e-300),
    ):
        run(module, "in_place", lambda a=a: np.array(a), lambda b=b: np.array(b), given(k))
        with np.errstate(all="raise"):
            assert run(module, "in_place", lambda a=a: np.array(a), lambda b=b: np.array(b), given(k)).kind != "value"
    run(module, "arithmetic", lambda: np.array([1.0, 2.0, 3.0, 0.0]), given(1.0))
    native(module, "in_place", lambda: np.arange(9.0), lambda: np.ones(9), given(0.5))
    native(module, "scale", lambda: np.arange(1, 9.0), given(0.5))


def test_conditions(module: Both) -> None:
    native(module, "positive", lambda: np.array([1.0, -1.0, 11.0, np.nan, np.inf, 10.5, 0.0]))
    native(module, "nonzero", lambda: np.arange(5, dtype=np.uint8), lambda: np.array([1, 0, 0, 1, 1], bool))
    for wanted in (-(2**63), 0, 7, 8, 2**63 - 1):
        native(module, "search", lambda: np.array([-5, 0, 7, 9, 2**63 - 1]), given(wanted))


def test_elements_as_indices_and_bounds(module: Both) -> None:
    def call(*, index: int) -> Outcome:
        return run(
            module,
            "sparse",
            lambda: np.arange(1.0, 6.0),
            lambda: np.array([0, 2, 1, index, 2], np.int32),
            lambda: np.array([0, 2, 2, 5]),
            lambda: np.array([1.0, 10.0, 100.0]),
            lambda: np.zeros(3),
        )

    assert call(index=-1).kind == "value"
    assert not fell(module.compiled)
    assert call(index=3).kind == "IndexError"


def test_conversions(module: Both) -> None:
    native(module, "roots", lambda: np.array([2.0, 3.75]))
    assert run(module, "roots", lambda: np.array([-2.0, 3.75])).kind == "ValueError"
    native(module, "power", lambda: np.array([2**40]))
    native(module, "int_total", lambda: np.array([2**62, 2**62, 2**62]))
    native(module, "int_total", lambda: np.arange(10000)[::-3])
    assert module.compiled.annotated(np.array([30000], np.int16)) == 30000 * 1000000


def test_memory_that_is_shared(module: Both) -> None:
    """An Array and a NumPy array of the same memory."""
    for source in (module.interpreted, module.compiled):
        numbers = Array[float64]([5.0, 6.0, 7.0, 8.0])
        source.to_array(np.asarray(numbers)[::-1], numbers)
        if source is module.interpreted:
            expected = list(numbers)
        else:
            assert list(numbers) == expected
        numbers.append(1.0)  # BufferError if it is still exported
    matrix = np.arange(6.0)
    for source in (module.interpreted, module.compiled):
        ours = matrix.copy()
        source.in_place(ours[1:], ours[:-1], 1.0)
        if source is module.interpreted:
            first = ours
    assert (ours == first).all()


def test_calls_of_native_functions(module: Both) -> None:
    native(module, "through", lambda: np.arange(6.0).reshape(2, 3), given(4.5))
    assert run(module, "through", lambda: np.zeros((1, 1)), given(4.5)).kind == "IndexError"
    for first in (True, False):
        native(module, "chosen", lambda: np.array([1.0]), lambda: np.array([2.0]), given(first))


def test_memoryviews(module: Both) -> None:
    for make in (
        lambda: memoryview(b"hello"),
        lambda: memoryview(bytearray(b"hello"))[::-2],
        lambda: memoryview(b""),
        lambda: memoryview(np.arange(9, dtype=np.uint8)),
    ):
        native(module, "memory_total", make)
        for index in (0, -1, 4, 5, -6, 2**70):
            run(module, "memory_at", make, given(index))
    for value in (0, 255, 256, -1, 2**80):
        for index in (0, -1, 7):
            for name in ("memory_put", "memory_add"):
                run(module, name, lambda: memoryview(bytearray(b"abc")), given(index), given(value))
    assert run(module, "memory_put", lambda: memoryview(b"abc"), given(0), given(1)).kind == "TypeError"
    native(module, "memory_grid", lambda: memoryview(bytes(range(12))).cast("B", (3, 4)))
    native(module, "memory_reals", lambda: memoryview(array("d", [1.5, 2.5, -1.0])))


def test_other_memory_runs_the_twin(module: Both) -> None:
    for make in (
        lambda: memoryview(array("i", [1, 2])),
        lambda: memoryview(array("b", [-1, 2])),
        lambda: memoryview(b"abcd").cast("B", (2, 2)),
        lambda: b"abc",
    ):
        runtime.reset_statistics()
        run(module, "memory_total", make)
        assert fell(module.compiled) == ["memory_total"]
    released = memoryview(b"abc")
    released.release()
    for source in (module.interpreted, module.compiled):
        with pytest.raises(ValueError, match="released"):
            source.memory_total(released)


def test_writing_to_what_a_loop_goes_over(module: Both) -> None:
    native(module, "shift", lambda: memoryview(bytearray(range(50))))
    assert run(module, "shift", lambda: memoryview(bytes(range(50)))).kind == "TypeError"


LEAVING = """
    import numpy as np
    from numpy.typing import NDArray
    from pf_recording import note, trip
    from pyfreeze import float64, int64

    def factor() -> int:
        return 1

    def go(a: NDArray[np.float64], m: memoryview, k: int) -> int:
        total = 0
        x: float64
        for x in a:
            for byte in m:
                total += factor() * byte
                here = note(int(x) * 100 + byte)
                while here == k:
                    here += 1
                    trip(10)
            a[0] = total * 0.5
        return total
"""


def test_leaving_in_loops_over_views(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A signal's handler changes a binding in the middle: the interpreter goes on, with the items that are left."""
    notes = recording.install(monkeypatch)
    both = build_both(tmp_path, LEAVING)
    assert "go" in both.native()
    for k in (-1, 0, 3, 104, 203, 204):
        found = []
        for source in (both.interpreted, both.compiled):
            notes.clear()
            values, memory = np.arange(3.0), memoryview(bytearray(range(5)))
            references = sys.getrefcount(values)
            with monkeypatch.context() as patch:
                patch.setattr(source, "factor", source.factor)  # to be undone
                before = signal.signal(10, lambda *_, source=source: setattr(source, "factor", lambda: 1000))
                found.append((source.go(values, memory, k), list(notes), values.tolist()))
                signal.signal(10, before)
            assert sys.getrefcount(values) == references
            memory.release()
        assert found[0] == found[1]
