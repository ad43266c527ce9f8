"""The IR of small functions at three stages, as it was when somebody last looked. `pytest --update-golden` rewrites it.

A change here is no error: it shows in review what a change of the compiler does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source
from tests.conftest import Golden

HERE = Path(__file__).parent
STAGES = ("ir", "ir-after-eliminate-dead-code", "ir-after-insert-refcounts")


@pytest.mark.parametrize("source", sorted((HERE / "sources").glob("*.py")), ids=lambda path: path.stem)
def test_dumps(source: Path, tmp_path: Path, golden: Golden) -> None:
    if source.stem == "objects" and sys.version_info[:2] != (3, 11):
        pytest.skip("made from the bytecode of 3.11")
    # Unrolling copies what is there; without it the dumps stay readable.
    options = Options(dumps=frozenset(STAGES), disabled_passes=frozenset({"unroll-recursion"}))
    (result,) = driver.build([read_source(source)], tmp_path, options)
    assert result.extension is not None and [stage for stage, _ in result.dumps] == list(STAGES)
    for stage, text in result.dumps:
        golden(HERE / "expected" / f"{source.stem}.{stage}.txt", text)


def test_the_same_source_gives_the_same_code(tmp_path: Path) -> None:
    """Sets of values are in the order of their addresses: none may decide about code."""
    options = Options(dumps=frozenset({"llvm"}))
    for source in (HERE / "sources").glob("*.py"):
        texts = {driver.build([read_source(source)], tmp_path, options)[0].dumps for _ in range(3)}
        assert len(texts) == 1, source.stem
