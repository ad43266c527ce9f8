"""The IR prints and parses back, at every stage, for everything the samples and tests are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.ir.parser import ParseError, parse_module
from pyfreeze.ir.printer import format_module
from pyfreeze.ir.types import signature
from pyfreeze.ir.verifier import VerifierError, verify
from pyfreeze.options import Options
from pyfreeze.primitives import find
from pyfreeze.sources import read_source
from tests.behaviour.test_calls import BUILTINS, DEFAULTS
from tests.behaviour.test_control_flow import SOURCE as CONTROL
from tests.behaviour.test_floats_and_math import SOURCE as FLOATS
from tests.behaviour.test_frozen_object_fields import SOURCE as OBJECT_FIELDS
from tests.behaviour.test_integers import MIXED
from tests.behaviour.test_loops_over_items import SOURCE as LOOPS
from tests.behaviour.test_module_values import VALUES
from tests.behaviour.test_named_tuples import SOURCE as NAMED_TUPLES
from tests.behaviour.test_optional_values import SOURCE as OPTIONALS

ROOT = Path(__file__).resolve().parents[2]
IR_STAGES = frozenset(stage for stage in driver.STAGES if stage.startswith("ir"))


def _texts() -> dict[str, str]:
    import textwrap

    texts = {path.stem: path.read_text() for path in sorted((ROOT / "samples").glob("*.py"))}
    texts["kernels"] = (ROOT / "benchmarks" / "scalars" / "kernels.py").read_text()
    sources = {"control": CONTROL, "floats": FLOATS, "mixed": MIXED, "loops": LOOPS}
    sources |= {"builtins": BUILTINS, "defaults": DEFAULTS, "values": VALUES, "optionals": OPTIONALS}
    sources |= {"object_fields": OBJECT_FIELDS, "named_tuples": NAMED_TUPLES}
    return texts | {name: textwrap.dedent(text) for name, text in sources.items()}


@pytest.mark.parametrize("assume_impure", [False, True])
@pytest.mark.parametrize("name", list(_texts()))
def test_round_trip(tmp_path: Path, name: str, assume_impure: bool) -> None:
    path = tmp_path / f"{name}.py"
    path.write_text(_texts()[name])
    options = Options(strict=True, dumps=IR_STAGES, assume_impure=assume_impure)
    (result,) = driver.build([read_source(path)], None, options)
    assert len(result.dumps) == len(IR_STAGES)
    for _stage, text in result.dumps:
        module = parse_module(text, find)
        assert format_module(module) == text
        for function in module.functions.values():
            verify(function, module.stage)


STRUCTS = """module m @BUILT

struct Pair (x: float32, y: int64)
struct Holder (pair: Pair, other: boxed Pair | none, at: boxed tuple[float64, float64])
struct Outer (holder: Holder, flag: bool)
"""


def test_fields_in_memory() -> None:
    """A field that is an object in memory may be a value of any type."""
    module = parse_module(STRUCTS, find)
    assert format_module(module) == STRUCTS
    pair, holder, outer = module.structs.values()
    assert signature(holder) == "{pair:{x:f,y:q},other:O,at:O}"
    assert [struct.lies_flat for struct in (pair, holder, outer)] == [True, False, False]


GOOD = """module m @BUILT

function @f -> int64 line 1 {
^entry(%n: int64):
  %0: int64 = const 1
  %1: int64 = int64.add %n, %0 !2:4-2:9 {n=%n}
  return %1
}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return %1", "return %2", "line 7"),
        ("int64.add", "int64.nothing", "line 6"),
        ("module m", "modul m", "line 1"),
        ("-> int64", "-> int63", "unknown type"),
        ("br", "br", ""),
    ],
)
def test_errors_name_the_line(old: str, new: str, said: str) -> None:
    if not said:
        assert format_module(parse_module(GOOD, find)) == GOOD
        return
    with pytest.raises(ParseError, match=said):
        parse_module(GOOD.replace(old, new), find)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  return %1\n", "", "has no terminator"),
        (" !2:4-2:9 {n=%n}", "", "has no site"),
        ("-> int64 line", "-> bool line", "returns int64 where bool"),
        ("int64.add %n, %0", "int64.add %n, %1", "not defined on every path"),
        ("const 1", "const 1\n  decref %0", "not allowed at BUILT"),
        ("@BUILT", "@EXPLICIT", "has no handler"),
        ("%1: int64 = int64.add", "%1: int32 = int64.add", "is applied to"),
    ],
)
def test_the_verifier_finds(old: str, new: str, said: str) -> None:
    module = parse_module(GOOD.replace(old, new), find)
    with pytest.raises(VerifierError, match=said):
        verify(module.functions["f"], module.stage)
