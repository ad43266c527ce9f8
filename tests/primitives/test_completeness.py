"""Every row of the primitives table: compiled, it does what its `evaluate` says, edge values included."""

from __future__ import annotations

import _imp
import itertools
import math
from types import ModuleType

import pytest

import pyfreeze._runtime as runtime
from pyfreeze.codegen.code_objects import functions_of
from pyfreeze.codegen.module_emitter import HASH_KEY, ModuleInfo, emit_module
from pyfreeze.codegen.target import emit_object
from pyfreeze.ir.builder import FunctionBuilder
from pyfreeze.ir.function import Function, Module
from pyfreeze.ir.instructions import Position, Site, Value
from pyfreeze.ir.interval import Interval
from pyfreeze.ir.primitive import Deoptimize, Primitive
from pyfreeze.ir.types import BOOL, FLOAT64, INT, OBJECT, FixedInt, Type
from pyfreeze.ir.verifier import verify
from pyfreeze.link.linker import extension_suffix, link_extension
from pyfreeze.options import Options
from pyfreeze.passes.pipeline import run_passes
from pyfreeze.primitives import TABLE
from pyfreeze.stopwatch import Stopwatch
from tests.conftest import exact, load_extension

ROWS = list(TABLE.values())
TWIN = "the twin ran"


def _name(row: Primitive) -> str:
    return row.name.replace(".", "_")


def _function(row: Primitive, line: int) -> Function:
    names = tuple("abcd"[: len(row.operands)])
    function = Function(_name(row), names, row.result, line=line)
    builder = FunctionBuilder(function)
    builder.activate(builder.new_block("entry"))
    parameters = [Value(type_, name) for type_, name in zip(row.operands, names, strict=True)]
    function.entry.parameters += parameters
    site = Site(function.name, Position(line + 1, 4, line + 1, 10), names, list(parameters))
    builder.ret(builder.apply(row, parameters, site))
    return function


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """One module with a function for each row; the bodies of its twins tell that they ran."""
    source = "".join(
        f"def {_name(row)}({', '.join('abcd'[: len(row.operands)])}):\n    return {TWIN!r}\n" for row in ROWS
    )
    folder = tmp_path_factory.mktemp("rows")
    (folder / "rows.py").write_text(source)
    code = compile(source, str(folder / "rows.py"), "exec")
    module = Module("rows")
    keys = {}
    for number, row in enumerate(ROWS):
        function = _function(row, 2 * number + 1)
        verify(function, module.stage)
        module.functions[function.name] = function
        keys[function.name] = (function.name, 2 * number + 1)
    assert set(keys.values()) == set(functions_of(code))
    failures = run_passes(module, Options(strict=True), lambda _pass, _module: None, verify, Stopwatch())
    assert failures == []
    source_hash = _imp.source_hash(HASH_KEY, source.encode())
    text = emit_module(module, ModuleInfo("rows", "PyInit_rows", "rows.py", source_hash, code, keys, runtime.layout()))
    target = folder / f"rows{extension_suffix()}"
    link_extension(emit_object(text, Options(), lambda _stage, _text: None, Stopwatch()), target, "PyInit_rows")
    return load_extension("rows", target)


def _edges(type_: Type) -> list[object]:
    if isinstance(type_, FixedInt):
        middle = [0, 1, 2, 3, 7, 63, 64, -1, -2, -7, 1 << 31, (1 << 53) + 1]
        return sorted({v for v in [*middle, type_.minimum, type_.maximum, type_.maximum // 2] if type_.holds(v)})
    if type_ == INT:
        return [0, 1, -1, 7, -7, 63, 2**31, 2**53 + 1, 2**62 - 1, 2**62, -(2**62), -(2**62) - 1, 2**64, -(2**90)]
    if type_ == FLOAT64:
        return [0.0, -0.0, 1.0, -1.5, 2.5, 1e-310, 1e308, 2.0**53, 2.0**62, -(2.0**63), math.inf, -math.inf, math.nan]
    if type_ == OBJECT:
        return [None, "text", 5, 2.5, [], 2**70]
    assert type_ == BOOL
    return [False, True]


def _too_slow(row: Primitive, operands: tuple[object, ...]) -> bool:
    return row.name in ("int.pow", "int.lshift") and isinstance(operands[1], int) and operands[1] > 100_000


def _is_used_with(row: Primitive, operands: tuple[object, ...]) -> bool:
    """Rows that can not fail may be meant for some operands only."""
    if row.effects.fails or row.applies is None:
        return True
    return row.applies(*(Interval(value, value) for value in operands))  # type: ignore[arg-type]


OF_OPERANDS_ALONE = [row for row in ROWS if row.name != "bool.flags_raised"]


@pytest.mark.parametrize("row", OF_OPERANDS_ALONE, ids=lambda row: row.name)
def test_row(compiled: ModuleType, row: Primitive) -> None:
    function = getattr(compiled, _name(row))
    for operands in itertools.product(*map(_edges, row.operands)):
        if _too_slow(row, operands) or not _is_used_with(row, operands):
            continue
        if row.name == "range.steps" and operands[2] == 0:
            with pytest.raises(ValueError, match="must not be zero"):
                function(*operands)
            continue
        try:
            expected: object = exact(row.evaluate(*operands))
        except Deoptimize:
            expected = exact(TWIN)
        except Exception as error:
            assert row.effects.raises, f"{row.name}{operands} raises {error!r} but declares nothing"
            with pytest.raises(type(error)) as raised:
                function(*operands)
            if isinstance(error, ZeroDivisionError):
                assert str(raised.value) == str(error)
            continue
        assert exact(function(*operands)) == expected, f"{row.name}{operands}"


def test_effects_are_consistent() -> None:
    for row in ROWS:
        assert row.name.split(".")[0] in {*map(str, {*row.operands, row.result}), "math", "range", "reference"}
        assert len(row.operands) <= 4
        if row.lowering.recovers:
            assert row.python is not None and row.effects.fails
