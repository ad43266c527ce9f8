"""Library modules lose no more references compiled than interpreted while CPython's own tests run over and over."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from tests.leaks.test_leaks import count_as_debug, install_for_debug, needs_debug, run_under_debug
from tests.stdlib.test_stdlib import ALL, LIBRARY, needs_tests, overlay

NAMES = (
    "bisect",
    "colorsys",
    "configparser",
    "difflib",
    "fractions",
    "heapq",
    "shlex",
    "statistics",
    "string",
    "textwrap",
)


def growth(folder: Path, name: str, compiled: bool) -> int:
    """By how many references each round grows at least."""
    folder.mkdir()
    install_for_debug(folder)
    overlay(folder, name, compiled)
    (folder / "test").symlink_to(LIBRARY / "test")
    blocked, tests = ALL[name]
    script, output = str(Path(__file__).with_name("exercise_library.py")), folder / "growth"
    run_under_debug(folder, "-X", "frozen_modules=off", script, str(output), name, blocked, *tests.split())
    is_compiled, count, found = ast.literal_eval(output.read_text(encoding="utf-8"))
    assert is_compiled is compiled and count > 5
    return int(min(found))


@needs_debug
@needs_tests
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    count_as_debug(monkeypatch)
    monkeypatch.setitem(os.environ, "PYTHONHASHSEED", "0")
    assert growth(tmp_path / "compiled", name, True) <= growth(tmp_path / "interpreted", name, False) + 1
