"""Generated programs over objects, compiled against interpreted: all that can be seen of them must be the same."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.fuzz.many_object_programs import BATCH, run_batch
from tests.fuzz.object_runs import check


@pytest.mark.parametrize(("number", "count", "optimised"), [(0, 24, False), (1, 4, True)])
def test_sample_of_generated_programs(tmp_path: Path, number: int, count: int, optimised: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        differences, share = check(tmp_path, number, count, optimised=optimised)
    assert not differences, differences[0]
    assert share == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1000, 1000 + 20_000 // BATCH))
def test_many_generated_programs(number: int) -> None:
    _, text = run_batch(number)
    assert not text, text
