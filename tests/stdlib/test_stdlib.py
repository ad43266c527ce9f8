"""Standard-library modules, compiled, pass CPython's own tests exactly as they do interpreted."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.link.linker import extension_suffix
from pyfreeze.options import Options
from pyfreeze.sources import read_source

LIBRARY = Path(sysconfig.get_path("stdlib"))
ROOT = Path(__file__).resolve().parents[2]

# Module: (C accelerators to block, test modules).
MODULES: dict[str, tuple[str, str]] = {
    "heapq": ("_heapq", "test_heapq"),
    "bisect": ("_bisect", "test_bisect"),
    "colorsys": ("", "test_colorsys"),
    "statistics": ("_statistics", "test_statistics"),
    "fractions": ("", "test_fractions"),
    "textwrap": ("", "test_textwrap"),
    "shlex": ("", "test_shlex"),
    "string": ("", "test_string"),
    "json.decoder": ("_json", "test_json"),
    "json.encoder": ("_json", "test_json"),
    "difflib": ("", "test_difflib"),
    "graphlib": ("", "test_graphlib"),
    "ipaddress": ("", "test_ipaddress"),
    "functools": ("_functools", "test_functools"),
    "collections": ("", "test_collections test_userdict test_userlist"),
    "dataclasses": ("", "test_dataclasses"),
    "enum": ("", "test_enum"),
    "configparser": ("", "test_configparser"),
    "csv": ("", "test_csv"),
    "html.parser": ("", "test_htmlparser"),
    "urllib.parse": ("", "test_urlparse"),
    "tokenize": ("", "test_tokenize"),
    "base64": ("", "test_base64"),
    "random": ("", "test_random"),
    "copy": ("", "test_copy"),
    "reprlib": ("", "test_reprlib"),
    "contextlib": ("", "test_contextlib"),
    "argparse": ("", "test_argparse"),
    "calendar": ("", "test_calendar"),
    "fnmatch": ("", "test_fnmatch"),
    "glob": ("", "test_glob"),
    "queue": ("_queue", "test_queue"),
    "sched": ("", "test_sched"),
    "types": ("", "test_types"),
    "typing": ("", "test_typing"),
    "uuid": ("", "test_uuid"),
    "zipfile": ("", "test_zipfile"),
    "pickle": ("_pickle", "test_pickle"),
    "pathlib": ("", "test_pathlib"),
    "_strptime": ("", "test_strptime"),
}
# docs/contract.md, known differences: `python -m zipfile` finds no code object in an extension module; subinterpreters
# refuse extension modules of pyfreeze.
KNOWN_DIFFERENCES = {
    "zipfile": {"test.test_zipfile.CommandLineTest.test_list_command": ["ok", "failure"]},
    "types": {"test.test_types.SubinterpreterTests.test_static_types_inherited_slots": ["ok", "error ExecutionFailed"]},
}
SAMPLE = ("heapq", "bisect", "textwrap", "fractions", "json.decoder", "colorsys")


def _overlay(folder: Path, name: str, compiled: bool) -> None:
    """A folder with a copy of the module (of its whole package, if it is in one), compiled or not."""
    top = name.partition(".")[0]
    source = LIBRARY / top
    if source.is_dir():
        shutil.copytree(source, folder / top, ignore=shutil.ignore_patterns("__pycache__", "test*"))
    else:
        shutil.copy(LIBRARY / f"{top}.py", folder)
    path = folder.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if compiled:
        (result,) = driver.build([read_source(path)], None, Options(strict=True))
        assert result.extension is not None


def _run(folder: Path, name: str) -> dict[str, object]:
    blocked, tests = MODULES[name]
    output, work = folder / "outcomes.json", folder / "work"
    work.mkdir()
    command = [sys.executable, "-S", "-X", "frozen_modules=off", str(ROOT / "tests" / "stdlib" / "runner.py")]
    path = os.pathsep.join([str(folder), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore"}
    finished = subprocess.run(
        [*command, str(output), name, blocked, *tests.split()],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert output.exists(), finished.stdout[-2000:] + finished.stderr[-4000:]
    facts: dict[str, object] = json.loads(output.read_text(encoding="utf-8"))
    return facts


def check_module(tmp_path: Path, name: str) -> int:
    """Compare both runs of `name`; returns the number of tests."""
    runs = []
    for kind in ("interpreted", "compiled"):
        folder = tmp_path / kind
        folder.mkdir()
        _overlay(folder, name, compiled=kind == "compiled")
        runs.append(_run(folder, name))
    plain, fast = runs
    assert str(fast["origin"]).endswith(extension_suffix()) and not str(plain["origin"]).endswith(extension_suffix())
    before, after = plain["outcomes"], fast["outcomes"]
    assert isinstance(before, dict) and isinstance(after, dict)
    different = {
        test: (before.get(test), after.get(test)) for test in {*before, *after} if before.get(test) != after.get(test)
    }
    if different:  # only what also differs between two interpreted runs is not ours
        folder = tmp_path / "again"
        folder.mkdir()
        _overlay(folder, name, compiled=False)
        again = _run(folder, name)["outcomes"]
        assert isinstance(again, dict)
        different = {test: pair for test, pair in different.items() if again.get(test) == pair[0]}
    known = KNOWN_DIFFERENCES.get(name, {})
    assert {test: list(pair) for test, pair in different.items() if list(pair) != known.get(test)} == {}
    assert any(outcome == "ok" for outcome in before.values())
    return len(before)


needs_tests = pytest.mark.skipif(importlib.util.find_spec("test.test_heapq") is None, reason="this Python has no tests")


@needs_tests
@pytest.mark.parametrize("name", SAMPLE)
def test_sampled_module(tmp_path: Path, name: str) -> None:
    assert check_module(tmp_path, name) > 5


@needs_tests
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODULES if name not in SAMPLE])
def test_module(tmp_path: Path, name: str) -> None:
    assert check_module(tmp_path, name) > 0
