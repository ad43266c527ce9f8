"""Standard-library modules, compiled, pass CPython's own tests exactly as they do interpreted."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.link.linker import extension_suffix
from pyfreeze.options import Options
from pyfreeze.sources import read_source

LIBRARY = Path(sysconfig.get_path("stdlib"))
ROOT = Path(__file__).resolve().parents[2]

# Module: (C accelerators to block, test modules). Those that a version does not have are left out.
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
    "collections": (
        "",
        "test_collections test_ordered_dict test_userdict test_userlist test_userstring test_defaultdict",
    ),
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
    "contextlib": ("", "test_contextlib test_contextlib_async"),
    "argparse": ("", "test_argparse"),
    "calendar": ("", "test_calendar"),
    "fnmatch": ("", "test_fnmatch"),
    "glob": ("", "test_glob"),
    "queue": ("_queue", "test_queue"),
    "sched": ("", "test_sched"),
    "types": ("", "test_types"),
    "typing": ("", "test_typing test_type_params test_type_aliases"),
    "uuid": ("", "test_uuid"),
    "zipfile": ("", "test_zipfile"),
    "pickle": ("_pickle", "test_pickle test_pickletools"),
    "pathlib": ("", "test_pathlib"),
    "_strptime": ("", "test_strptime"),
}
# Those whose tests look closely at modules, functions, code and frames, or are simply many.
FURTHER: dict[str, tuple[str, str]] = {
    "_pydecimal": ("_decimal", "test_decimal"),
    "ast": ("", "test_ast test_unparse"),
    "datetime" if sys.version_info < (3, 12) else "_pydatetime": ("", "test_datetime"),
    "dis": ("", "test_dis"),
    "email": ("", "test_email"),
    "gettext": ("", "test_gettext"),
    "http.cookies": ("", "test_http_cookies"),
    "inspect": ("", "test_inspect"),
    "locale": ("", "test_locale"),
    "logging": ("", "test_logging"),
    "ntpath": ("", "test_ntpath"),
    "optparse": ("", "test_optparse"),
    "plistlib": ("", "test_plistlib"),
    "posixpath": ("", "test_posixpath"),
    "re": ("", "test_re"),
    "subprocess": ("", "test_subprocess"),
    "tempfile": ("", "test_tempfile"),
    "tomllib": ("", "test_tomllib"),
    "traceback": ("", "test_traceback"),
    "weakref": ("", "test_weakref test_weakset"),
    "xml.etree.ElementTree": ("_elementtree", "test_xml_etree"),
    "zoneinfo": ("_zoneinfo", "test_zoneinfo"),
}
if sys.version_info >= (3, 12):  # before, its tests are inside the package
    FURTHER["unittest"] = ("", "test_unittest")
ALL = {**MODULES, **FURTHER}
# docs/contract.md, known differences: `python -m zipfile` finds no code object in an extension module. (From 3.12 on zipfile
# is a package, whose __main__.py stays as it is.) `dis` is asked for the constants of one of its own functions.
KNOWN_DIFFERENCES = {
    "dis": {
        "test.test_dis.BytecodeTests.test_info": ["ok", "failure"],
        "test.test_dis.CodeInfoTests.test_code_info": ["ok", "failure"],
        "test.test_dis.CodeInfoTests.test_show_code": ["ok", "failure"],
    },
    "zipfile": {"test.test_zipfile.CommandLineTest.test_list_command": ["ok", "failure"]},
}
SAMPLE = ("heapq", "bisect", "textwrap", "fractions", "json.decoder", "colorsys")


@dataclass(frozen=True, slots=True)
class _Run:
    """What runner.py found, and the source files that were to be compiled, or not."""

    origin: str
    executed: list[str]
    count: int
    outcomes: dict[str, str]
    files: list[str]


def overlay(folder: Path, name: str, compiled: bool) -> list[Path]:
    """A folder with a copy of the module (of its whole package, if it is in one); the files of the module itself.

    If `name` is a package all its modules are compiled, but not what `python -m` runs.
    """
    top = name.partition(".")[0]
    source = LIBRARY / top
    if source.is_dir():
        shutil.copytree(source, folder / top, ignore=shutil.ignore_patterns("__pycache__", "test*"))
    else:
        shutil.copy(LIBRARY / f"{top}.py", folder)
    path = folder.joinpath(*name.split("."))
    found = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    files = [file for file in found if file.name != "__main__.py"]
    if compiled:
        for result in driver.build([read_source(file) for file in files], None, Options(strict=True)):
            assert result.extension is not None, result.diagnostics
    return files


def _run(folder: Path, name: str, compiled: bool) -> _Run:
    folder.mkdir()
    files = overlay(folder, name, compiled)
    blocked, tests = ALL[name]
    output, work = folder / "outcomes", folder / "work"
    work.mkdir()
    command = [sys.executable, "-S", "-X", "frozen_modules=off", str(ROOT / "tests" / "stdlib" / "runner.py")]
    path = os.pathsep.join([str(folder), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore"}
    there = [test for test in tests.split() if importlib.util.find_spec(f"test.{test}") is not None]
    finished = subprocess.run(
        [*command, str(output), name, blocked, *there],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert output.exists(), finished.stdout[-2000:] + finished.stderr[-4000:]
    facts = ast.literal_eval(output.read_text(encoding="utf-8"))
    return _Run(**facts, files=[str(file) for file in files])


def _check_what_ran(plain: _Run, fast: _Run) -> None:
    """The extension is what was imported, however often, and the source is what was not."""
    assert fast.origin.endswith(extension_suffix()) and not plain.origin.endswith(extension_suffix())
    assert plain.origin in plain.executed
    assert not {*fast.executed} & {*fast.files}


def check_module(tmp_path: Path, name: str) -> int:
    """Compare both runs of `name`; returns the number of tests."""
    plain, fast = (_run(tmp_path / kind, name, kind == "compiled") for kind in ("interpreted", "compiled"))
    _check_what_ran(plain, fast)
    assert not [test for test in plain.outcomes if "_FailedTest" in test]
    different = _differences(plain, fast)
    if different:  # only what also differs between two interpreted runs is not ours
        again = _run(tmp_path / "again", name, False)
        different = {test: pair for test, pair in different.items() if again.outcomes.get(test) == pair[0]}
    else:
        assert plain.count == fast.count
    known = KNOWN_DIFFERENCES.get(name, {})
    assert {test: list(pair) for test, pair in different.items() if list(pair) != known.get(test)} == {}
    assert any(outcome == "ok" for outcome in plain.outcomes.values())
    print(f"{name}: {len(plain.files)} files, {plain.count} tests, {_counts(plain)}")
    return plain.count


def _differences(plain: _Run, fast: _Run) -> dict[str, tuple[str | None, str | None]]:
    before, after = plain.outcomes, fast.outcomes
    return {
        test: (before.get(test), after.get(test)) for test in {*before, *after} if before.get(test) != after.get(test)
    }


def _counts(run: _Run) -> dict[str, int]:
    return dict(Counter(outcome.partition(" ")[0] for outcome in run.outcomes.values()))


needs_tests = pytest.mark.skipif(importlib.util.find_spec("test.test_heapq") is None, reason="this Python has no tests")


@needs_tests
@pytest.mark.parametrize("name", SAMPLE)
def test_sampled_module(tmp_path: Path, name: str) -> None:
    assert check_module(tmp_path, name) > 5


@needs_tests
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ALL if name not in SAMPLE])
def test_module(tmp_path: Path, name: str) -> None:
    assert check_module(tmp_path, name) > 0
