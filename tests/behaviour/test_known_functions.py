"""Functions of `math` and types of numbers called by functions over objects: without objects, unless they are something else."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from tests.conftest import Both

Build = Callable[[str], Both]

FLOATS = (
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.0,
    -1.0,
    1.5,
    2.5,
    -2.5,
    3.7,
    1e10,
    1e300,
    -1e300,
    5e-324,
    2.0**63,
    -(2.0**63),
    2.0**62,
)
NUMBERS = (*FLOATS, math.inf, -math.inf, math.nan, 0, 1, -1, 7, 2**40, -(2**62), 2**63, 2**70, 10**400, True)
OTHERS = (None, "1.5", "a", [1], complex(1, 1))
ONE = "sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp expm1 log log2 log10 log1p fabs degrees radians erf erfc floor ceil trunc isnan isinf isfinite gamma".split()
TWO = "atan2 fmod copysign pow hypot".split()


class Index:
    def __float__(self) -> float:
        return 2.25

    def __index__(self) -> int:
        return 4

    def __floor__(self) -> str:
        return "floor"

    def __round__(self) -> str:
        return "round"


def _functions(form: str, name: str, arguments: str) -> str:
    call = f"{'math.' if form == 'math' else ''}{name}({arguments})"
    return f"""
def {form}_{name}({arguments}):
    total = 0.0
    for i in range(2):
        r = {call}
        total = total + 1.0 * i
        if total < 5.0:
            s = {call}
    return r, s, total

def {form}_{name}_used(n, {arguments}):
    total = 0.0
    for i in range(n):
        total = total + {call} * 0.5 + i
    return total
"""


@pytest.mark.parametrize("form", ["math", "own"])
def test_every_function_on_every_number(both: Build, form: str) -> None:
    source = "import math\n" + ("" if form == "math" else f"from math import {', '.join(ONE + TWO)}\n")
    source += "".join(_functions(form, name, "a") for name in ONE) + "".join(
        _functions(form, name, "a, b") for name in TWO
    )
    module = both(source)
    for name in ONE:
        for a in (*NUMBERS, *OTHERS, Index()):
            module.same(f"{form}_{name}", a)
            module.same(f"{form}_{name}_used", 2, a)
    for name in TWO:
        for a in (*NUMBERS, None, Index()):
            for b in NUMBERS:
                module.same(f"{form}_{name}", a, b)
                module.same(f"{form}_{name}_used", 2, a, b)


def test_types_of_numbers_and_rounding(both: Build) -> None:
    module = both("".join(_functions("own", name, "a") for name in ("float", "int", "round", "abs", "bool", "str")[:4]))
    for name in ("float", "int", "round", "abs"):
        for a in (*NUMBERS, *OTHERS, Index()):
            module.same(f"own_{name}", a)
            module.same(f"own_{name}_used", 2, a)


SOURCE = """
import math
import math as m
from math import sqrt, cos
import sys

def run(n, meet, x=2.0):
    total = 0.0
    for i in range(n):
        meet(i)
        total = total + math.sqrt(x * i + 1.0)
        total += sqrt(total) * cos(total)
        total += m.sqrt(total) + float(i) + int(total)
    return total, i

def argument_patches(n, meet):
    total = 0.0
    for i in range(n):
        total = total + math.sqrt(meet(i) * 1.0 + total) * 0.5
    return total

def conditional(n, a, b):
    total = 0.0
    for i in range(n):
        total = total + math.sqrt(a * 1.0 if i % 2 else b * 2.0) + math.atan2(total, a if i > 1 else b)
    return total

def fails(n, x):
    total = 0.0
    for i in range(n):
        y = x - i * 1.0
        total = total + math.sqrt(
            y
        )
    return total

def passed_on(n):
    total, found = 0.0, []
    for i in range(n):
        function = math.sqrt
        found.append(math.sqrt)
        total = total + function(i * 1.0) + math.pi * i
    return total, [item.__name__ for item in found]

def keywords(x):
    total = 0.0
    for i in range(3):
        total = total + math.isclose(x * 1.0, x * 1.0, rel_tol=0.5) + math.log(x + 1.0, 2.0) + math.sqrt(*[x]) * 2.0
    return total

def local_name(n):
    import math
    total = 0.0
    for i in range(n):
        total = total + math.sqrt(i * 2.0) - math.floor(total) + math.ceil(total * 0.5)
    return total

def shadowed(n, math):
    total = 0.0
    for i in range(n):
        total = total + math.sqrt(i * 2.0) * 0.5
    return total
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Both:
    from tests.conftest import build_both

    return build_both(tmp_path_factory.mktemp("known"), SOURCE)


class Fake:
    @staticmethod
    def sqrt(x: float) -> float:
        return x * 100.0


def _nothing(i: int) -> float:
    return 1.0


def test_plain_calls(module: Both) -> None:
    for n in (0, 1, 5):
        module.same("run", n, _nothing)
        module.same("argument_patches", n, lambda i: i)
        module.same("conditional", n, 4.5, 3)
        module.same("passed_on", n)
        module.same("local_name", n)
        module.same("shadowed", n, math)
        module.same("shadowed", n, Fake)
    for x in (3.5, 0.0, 1, -1.0, None):
        module.same("fails", 3, x)
        module.same("keywords", x)


def _patched(version: object, patch: Callable[[object], Callable[[], None]], name: str = "run") -> object:
    undo: list[Callable[[], None]] = []

    def meet(i: int) -> float:
        if i == 2:
            undo.append(patch(version))
        elif i == 5:
            undo.pop()()
        return 1.5 + i

    try:
        return getattr(version, name)(8, meet)
    except Exception as error:
        return type(error).__name__, str(error), error.__traceback__.tb_next.tb_lineno  # type: ignore[union-attr]
    finally:
        while undo:
            undo.pop()()


def _set(owner: object, name: str, value: object) -> Callable[[], None]:
    old = getattr(owner, name)
    setattr(owner, name, value)
    return lambda: setattr(owner, name, old)


def _delete(owner: object, name: str) -> Callable[[], None]:
    old = getattr(owner, name)
    delattr(owner, name)
    return lambda: setattr(owner, name, old)


def _builtin(name: str, value: object) -> Callable[[object], Callable[[], None]]:
    def patch(version: object) -> Callable[[], None]:
        setattr(version, name, value)
        return lambda: delattr(version, name)

    return patch


PATCHES: dict[str, Callable[[object], Callable[[], None]]] = {
    "the function in its module": lambda version: _set(math, "sqrt", lambda x: x * 3.0),
    "by another one of the module": lambda version: _set(math, "sqrt", math.sin),
    "the function deleted": lambda version: _delete(math, "sqrt"),
    "the module's name": lambda version: _set(version, "math", Fake),
    "the module's name deleted": lambda version: _delete(version, "math"),
    "the function's name": lambda version: _set(version, "sqrt", lambda x: -1.0),
    "the function's name by another": lambda version: _set(version, "cos", math.sin),
    "the alias": lambda version: _set(version, "m", Fake()),
    "the function returns no float": lambda version: _set(math, "sqrt", lambda x: 7),
    "float": _builtin("float", lambda x: x * 2.0),
    "int": _builtin("int", lambda x: "no int"),
    "something else in the module": lambda version: _set(math, "pi", 3),
}


@pytest.mark.parametrize("what", PATCHES)
def test_patches_take_effect_at_once(module: Both, what: str) -> None:
    for name in ("run", "argument_patches"):
        expected = _patched(module.interpreted, PATCHES[what], name)
        for _ in range(3):
            assert repr(_patched(module.compiled, PATCHES[what], name)) == repr(expected)


def test_the_function_goes_away_while_its_argument_is_computed(module: Both) -> None:
    def outcome(version: object) -> object:
        kept = math.sqrt

        def meet(i: int) -> object:
            math.sqrt = None if i == 2 else kept  # type: ignore[assignment]
            return "no number" if i == 2 else 4.0

        try:
            return version.argument_patches(4, meet)  # type: ignore[attr-defined]
        except Exception as error:
            return type(error).__name__, str(error)
        finally:
            math.sqrt = kept

    assert outcome(module.interpreted) == outcome(module.compiled)


def test_names_that_functions_bind_are_not_taken_for_known(both: Build) -> None:
    module = both(
        """
        from math import sqrt, cos as c

        def change(function):
            global sqrt
            sqrt = function

        def root(n):
            total = 0.0
            for i in range(n):
                total = total + sqrt(i * 2.0) * 0.5 + c(total) * 2.0
            return total
        """
    )
    for function in (math.sqrt, math.sin, lambda x: x * 2.0, math.sqrt):
        module.same("change", function)
        module.same("root", 4)
