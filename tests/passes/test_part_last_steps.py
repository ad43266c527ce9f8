"""The last step of a loop stands behind the loop if it leaves a float behind that no step asks for."""

from __future__ import annotations

import pytest

from pyfreeze.ir.interpreter import Returned, interpret
from pyfreeze.ir.parser import parse_module
from pyfreeze.passes.part_last_steps import part_last_steps
from pyfreeze.primitives import find
from tests.passes.test_scalar_passes import run

LOOP = """function @f -> float64 line 1 {
^entry(%n: int64, %k: float64):
  %0: int64 = const 0
  %1: float64 = const 0.5
  br ^for(%0, %1, %1)
^for(%i: int64, %s: float64, %last: float64):
  %2: bool = int64.lt %i, %n
  condbr %2, ^body, ^end
^body:
  %3: float64 = int64.to_float64 %i
  %4: float64 = float64.mul %3, %k
  %5: float64 = float64.add %s, %4
  %6: int64 = const 1
  %7: int64 = int64.add_wrapping %i, %6
  br ^for(%7, %5, %4)
^end:
  %8: float64 = float64.sub %s, %last
  return %8
}
"""


def test_the_loop_runs_without_what_it_leaves_behind() -> None:
    printed = run(part_last_steps, LOOP)
    (header,) = (line for line in printed.splitlines() if line.startswith("^for("))
    assert header.count("float64") == 1


@pytest.mark.parametrize("n", [-(2**63), -1, 0, 1, 2, 7])
def test_it_means_the_same(n: int) -> None:
    module = parse_module(f"module m @BUILT\n\n{LOOP}", find)
    before = interpret(module, "f", [n, 1.5])
    assert isinstance(before, Returned)
    part_last_steps(module.functions["f"])
    assert interpret(module, "f", [n, 1.5]) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("float64.mul %3, %k", "float64.mul %3, %last"),  # asked for
        ("%6: int64 = const 1", "%6: int64 = const 2"),  # the last step is not that before the end
        ("br ^for(%7, %5, %4)", "br ^for(%7, %5, %k)"),  # the same in each step
        ("int64.add_wrapping %i, %6", "int64.add %i, %6 !2:4-2:9 {last=%last}"),  # shown
    ],
)
def test_other_loops_are_left_alone(old: str, new: str) -> None:
    assert "parted" not in run(part_last_steps, LOOP.replace(old, new))
