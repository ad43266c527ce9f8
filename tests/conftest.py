"""What all tests share: building sources, and running them interpreted and compiled side by side."""

from __future__ import annotations

import importlib.util
import itertools
import math
import os
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from pyfreeze import driver
from pyfreeze.diagnostics import render
from pyfreeze.ir.types import SCALARS_BY_NAME
from pyfreeze.options import Options
from pyfreeze.sources import read_source

_numbers = itertools.count()

ASSUME_IMPURE = os.environ.get("PYFREEZE_TEST_ASSUME_IMPURE", "") not in ("", "0")
"""Whether this run treats every function as one with side effects, so that none is started again."""

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what golden tests find as what they expect")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(path, text)` compares `text` with the file, or writes it if `--update-golden` is given."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        assert text == expected, f"{path} differs: look at the change, then run pytest --update-golden"

    return compare


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each test process has a cache of its own, so that tests neither see nor leave anything."""
    os.environ["PYFREEZE_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    yield


@dataclass
class Outcome:
    """What a call did: the value or the exception, in a form that can be compared exactly."""

    kind: str
    shown: object

    @staticmethod
    def of(function: Callable[..., object], *arguments: object, **keywords: object) -> Outcome:
        try:
            return Outcome("value", exact(function(*arguments, **keywords)))
        except RecursionError as error:
            return Outcome("RecursionError", str(error))
        except Exception as error:
            entries = traceback.extract_tb(error.__traceback__)[1:]
            places = [(entry.name, entry.lineno, entry.colno, entry.end_lineno, entry.end_colno) for entry in entries]
            return Outcome(type(error).__name__, (exact(error.args), places))


def exact(value: object) -> object:
    """Distinguishes 1, 1.0 and True, 0.0 and -0.0; NaNs are equal."""
    if isinstance(value, tuple):
        return ("tuple", *map(exact, value))
    if isinstance(value, float):
        return ("float", "nan" if math.isnan(value) else value.hex())
    return (type(value).__name__, repr(value) if not isinstance(value, int) else int(value))


@dataclass
class Both:
    """One source as two modules."""

    interpreted: ModuleType
    compiled: ModuleType
    report: driver.ModuleReport
    path: Path

    def native(self) -> set[str]:
        """The functions that are native, or would be without `ASSUME_IMPURE`."""
        permitted = {"PF116"} if ASSUME_IMPURE else set()
        return {item.name for item in self.report.functions if {reason.code for reason in item.reasons} <= permitted}

    def same(self, name: str, *arguments: object, **keywords: object) -> Outcome:
        """Call `name` both ways and compare; returns the outcome."""
        expected = Outcome.of(getattr(self.interpreted, name), *arguments, **keywords)
        found = Outcome.of(getattr(self.compiled, name), *arguments, **keywords)
        assert found == expected, f"{name}{arguments} {keywords}: compiled {found}, interpreted {expected}"
        return found

    def same_unless_out_of_range(self, name: str, result: str, *arguments: object) -> None:
        """As `same`; or, where the interpreter's result is no `result` (a fixed-width type), OverflowError."""
        value = getattr(self.interpreted, name)(*arguments)
        if SCALARS_BY_NAME[result].holds(value):  # type: ignore[union-attr]
            self.same(name, *arguments)
        else:
            with pytest.raises(OverflowError, match=f"out of range for {result}"):
                getattr(self.compiled, name)(*arguments)

    def overflows(self, name: str, *arguments: object) -> None:
        """The permitted difference: compiled raises OverflowError where the interpreter's int leaves its width."""
        value = getattr(self.interpreted, name)(*arguments)
        assert isinstance(value, int) and not -(2**63) <= value < 2**63
        with pytest.raises(OverflowError, match="is out of range for"):
            getattr(self.compiled, name)(*arguments)


def build_both(folder: Path, source: str, options: Options = Options()) -> Both:
    """Write `source` as a module of a unique name, build it, and load it both ways."""
    name = f"case_{os.getpid()}_{next(_numbers)}"
    path = folder / f"{name}.py"
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    options = replace(options, assume_impure=options.assume_impure or ASSUME_IMPURE)
    (result,) = driver.build([read_source(path)], None, options)
    assert result.extension is not None, render(result.diagnostics)
    assert not any(item.code in ("PF190", "PF507") for item in result.diagnostics), render(result.diagnostics)
    assert result.report is not None
    return Both(_load_source(name + "_py", path), load_extension(name, result.extension), result.report, path)


def _load_source(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load_extension(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path, loader=ExtensionFileLoader(name, str(path)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def both(tmp_path: Path) -> Callable[[str], Both]:
    """`both(source)` builds a module and returns it interpreted and compiled."""
    return lambda source: build_both(tmp_path, source)
