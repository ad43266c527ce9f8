"""Diagnostics appear where they belong: each file of `cases/` says in comments which code is due on which line.

return sorted(n)  # error: [PF106]
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.diagnostics import CATALOGUE, HINTS
from pyfreeze.sources import read_source
from pyfreeze.typecheck.checker import TypedModule

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
    # PF111 and PF115 need functions that cannot be told apart by their names, and PF190 is a bug of ours.
    assert {code for code in CATALOGUE if code < "PF500"} - shown == {"PF111", "PF115", "PF116", "PF190"}


def test_each_part_of_a_signature_has_its_reason() -> None:
    (path,) = (path for path in CASES if path.stem == "several_reasons")
    report, _ = driver.analyse(read_source(path))
    first = report.functions[0]
    messages = [reason.message for reason in first.reasons if reason.line == first.line]
    assert messages == ["parameter `extra` has no annotation"]
    assert [reason.line for reason in first.reasons] == sorted(reason.line for reason in first.reasons)
    found = [(reason.code, reason.line, reason.message) for reason in first.reasons]
    assert len(set(found)) == len(found)


def test_no_function_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is defined, and whatever mypy makes of that place or of the module."""
    path = tmp_path / "places.py"
    one = "def {}(n: int) -> int:\n    return n\n"
    nested = textwrap.indent(one, "    ")
    path.write_text(
        one.format("plain")
        + "import sys\nif sys.platform == 'nowhere':\n    pass\nelse:\n"
        + nested.format("here")
        + f"match 1:\n    case 1:\n{textwrap.indent(nested, '    ').format('matched')}"
        + "class Holder:\n"
        + nested.format("method")
        + "key = lambda n: n\nassert sys.version_info > (2, 0)\nassert sys.platform != sys.platform[:0]\n"
        + "if sys.version_info < (3, 0):\n"
        + nested.format("never")
        + one.format("last")
    )
    names = ["plain", "here", "matched", "Holder.method", "never", "last"]
    report, _ = driver.analyse(read_source(path))
    assert [function.name for function in report.functions] == names
    assert [function.tier for function in report.functions] == ["native"] * 3 + ["native-with-objects"] * 2 + ["native"]
    assert report.functions[4].reasons[0].code == "PF115"
    monkeypatch.setattr(driver, "typecheck", lambda source: TypedModule(None, ()))
    report, _ = driver.analyse(read_source(path))
    assert [function.name for function in report.functions] == names
    assert {reason.code for function in report.functions for reason in function.reasons} == {"PF115"}


def test_the_field_that_keeps_values_out_of_arrays_is_named() -> None:
    (path,) = (path for path in CASES if path.stem == "values")
    report, _ = driver.analyse(read_source(path))
    by_name = {function.name: function.reasons[0] for function in report.functions if function.reasons}
    spoilt, counted = by_name["spoilt"], by_name["counted"]
    assert spoilt.message.endswith("values of `Point` hold objects: its field `name` is one in memory")
    assert spoilt.hint == "keep `name` apart"
    assert counted.message.endswith("values of `Counted` hold objects: its field `n` is one in memory")
    assert counted.hint == "annotate the field: `n: int64`"


def test_a_loop_that_makes_objects_of_values_says_what_to_write_instead() -> None:
    (path,) = (path for path in CASES if path.stem == "boxing")
    report, _ = driver.analyse(read_source(path))
    found = {
        (function.name, reason.message.rpartition(", since ")[2]): reason.hint
        for function in report.functions
        for reason in function.reasons
        if reason.code == "PF403"
    }
    assert found["appends", "a list holds objects"] == "use an `Array[P]`, which holds the values themselves"
    assert found["in_dict", "a dict holds objects"] == "keep the values in an `Array[P]`, and in the dict their indices"
    assert found["passed", "`shown` takes any"] == "annotate the parameter: `p: P`"
    (spoilt,) = (function.reasons[0] for function in report.functions if function.name == "spoilt")
    assert spoilt.message.endswith("values of `Named` hold objects: its field `name` is one in memory")
