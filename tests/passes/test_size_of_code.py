"""The code of a function grows with its source, not with its source times its variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.codegen.function_emitter import MOST_BLOCKS
from pyfreeze.options import Options
from pyfreeze.sources import read_source


def _llvm(folder: Path, text: str) -> str:
    path = folder / "grows.py"
    path.write_text(text)
    (result,) = driver.build([read_source(path)], None, Options(strict=True, dumps=frozenset(["llvm"])))
    assert result.report is not None and result.report.totals["twin"] == 0
    return result.dumps[0][1]


def _variables(type_: str, count: int) -> str:
    set_ = "".join(f"    v{number} = x * {number} + y\n" for number in range(count))
    used = "".join(f"    s += v{number} * y\n" for number in range(count))
    head = f"from pyfreeze import int64\n\n\ndef f(x: {type_}, y: {type_}) -> {type_}:\n"
    return f"{head}{set_}    s = x\n{used}    return s\n"


@pytest.mark.parametrize("type_", ["int64", "int"])
def test_places_share_the_code_that_shows_variables(tmp_path: Path, type_: str) -> None:
    few, many = (_llvm(tmp_path, _variables(type_, count)).count("\n") for count in (20, 40))
    assert many < 2.1 * few


def test_blocks_of_inlined_calls_have_short_names(tmp_path: Path) -> None:
    """LLVM refuses names of more than a thousand letters."""
    callee = "from pyfreeze import int64\n\n\ndef g(x: int64, y: int64) -> int64:\n    return x // y + 1 if x > y else y - x\n\n\n"
    body = "".join(f"    s += g(x, s + {number})\n" for number in range(100))
    assert _llvm(tmp_path, f"{callee}def f(x: int64) -> int64:\n    s = x\n{body}    return s\n")


@pytest.mark.slow
@pytest.mark.parametrize("is_large", [False, True])
def test_only_very_large_functions_are_optimised_for_size(tmp_path: Path, is_large: bool) -> None:
    count = MOST_BLOCKS // (10 if is_large else 40)
    body = "".join(
        f"    if x > {n}:\n        s += x * {n}\n    else:\n        s -= {n}\n    s = s // {n + 1}\n"
        for n in range(count)
    )
    text = _llvm(
        tmp_path, f"from pyfreeze import int64\n\n\ndef f(x: int64) -> int64:\n    s = x\n{body}    return s\n"
    )
    head = next(line for line in text.splitlines() if '@"body f"(' in line and line.startswith("define"))
    assert head.endswith("#3 {" if is_large else "#0 {")
