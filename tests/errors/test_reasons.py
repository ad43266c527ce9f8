"""Diagnostics appear where they belong: each file of `cases/` says in comments which code is due on which line.

return sorted(n)  # error: [PF106]
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.diagnostics import CATALOGUE, HINTS
from pyfreeze.sources import read_source

CASES = sorted((Path(__file__).parent / "cases").glob("*.py"))
_MARK = re.compile(r"# error: \[(PF\d{3})\]")


def expected(path: Path) -> set[tuple[int, str]]:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return {(number, code) for number, line in lines for code in _MARK.findall(line)}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_diagnostic_is_on_its_line(path: Path) -> None:
    report, diagnostics = driver.analyse(read_source(path))
    reasons = [reason for function in report.functions for reason in function.reasons]
    found = {(item.line, item.code) for item in (*reasons, *diagnostics)}
    assert found == expected(path)
    assert all(reason.message for reason in reasons)


def test_a_reason_without_a_hint_of_its_own_has_that_of_its_code() -> None:
    assert {code for code in CATALOGUE if code < "PF190"} == set(HINTS)


def test_the_cases_cover_the_codes() -> None:
    shown = {code for path in CASES for _, code in expected(path)}
    # PF111 and PF115 need functions that cannot be told apart by their names, PF116 needs a side effect, which no native
    # function has yet, and PF190 is a bug of ours.
    assert {code for code in CATALOGUE if code < "PF500"} - shown == {"PF111", "PF115", "PF116", "PF190"}
