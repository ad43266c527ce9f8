"""Running mypy on a module: whatever it holds, a tree or errors come back."""

from __future__ import annotations

import sysconfig
import textwrap
from pathlib import Path

import pytest
from mypy import build
from mypy.nodes import FuncDef, ReturnStmt

from pyfreeze.sources import SourceFile, read_source
from pyfreeze.typecheck.checker import Face, TypedModule, TypeReport, typecheck

pytestmark = pytest.mark.xdist_group("typecheck")  # they share mypy's cache
LIBRARY = Path(sysconfig.get_path("stdlib"))


def check(folder: Path, text: str, name: str = "program", face: Face = Face.NOMINAL) -> TypedModule:
    path = folder.joinpath(*name.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return typecheck(read_source(path), face)


def functions(module: TypedModule) -> list[str]:
    assert module.tree is not None
    return [node.name for node in module.tree.defs if isinstance(node, FuncDef)]


@pytest.mark.parametrize("face", Face)
def test_errors_have_places_and_codes(tmp_path: Path, face: Face) -> None:
    module = check(tmp_path, "def f(n: int) -> str:\n    return n\n", face=face)
    assert functions(module) == ["f"]
    assert module.errors == (
        TypeReport(2, 11, 'Incompatible return value type (got "int", expected "str")', "return-value"),
    )


def test_each_run_types_the_module_again(tmp_path: Path) -> None:
    check(tmp_path, "")  # where nothing is cached, stubs have types as well
    for _ in range(2):
        assert len(check(tmp_path, "def f(n: int) -> int:\n    return n + 1\n").types) == 3


def test_bodies_without_annotations_have_types(tmp_path: Path) -> None:
    assert check(tmp_path, "def f(n):\n    return 1 + 2\n").types


def test_syntax_errors(tmp_path: Path) -> None:
    module = check(tmp_path, "x = 1\ndef f(:\n")
    assert module.tree is None
    assert (module.errors[0].line, module.errors[0].code) == (2, "syntax")


def test_ignored_errors(tmp_path: Path) -> None:
    assert check(tmp_path, "x: int = 'a'  # type: ignore\n").errors == ()
    assert check(tmp_path, "# mypy: ignore-errors\nx: int = 'a'\n").errors == ()
    assert check(tmp_path, "# type: ignore\nx: int = 'a'\n").errors == ()
    assert check(tmp_path, "# type: ignore[assignment]\nx: int = 'a'\n").errors != ()


@pytest.mark.parametrize(
    "comment", ["# mypy: ignore-errors", "#!/usr/bin/env python\n\n# type: ignore", "# mypy: no-such-option=1"]
)
def test_comments_for_mypy_do_not_take_the_bodies_away(tmp_path: Path, comment: str) -> None:
    module = check(tmp_path, f"{comment}\ndef f(n: int) -> int:\n    return n + 1\n")
    assert module.tree is not None and module.errors == ()
    (function,) = module.tree.defs
    assert isinstance(function, FuncDef)
    (statement,) = function.body.body
    assert isinstance(statement, ReturnStmt) and statement.expr in module.types


def test_relative_imports_to_any_level_outside_a_package(tmp_path: Path) -> None:
    module = check(tmp_path, "from .... import far\nfrom .. import near\ndef f(n: int) -> int:\n    return n\n")
    assert functions(module) == ["f"] and module.errors == ()


def test_configuration_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mypy.ini").write_text("[mypy]\nignore_errors = True\n")
    monkeypatch.chdir(tmp_path)
    assert check(tmp_path, "x: int = 'a'\n").errors


def test_missing_imports_are_no_errors(tmp_path: Path) -> None:
    module = check(tmp_path, "import no_such_module\nfrom no_such_module.inner import y\nx = no_such_module.f()\n")
    assert module.tree is not None and module.errors == ()


def test_a_relative_import_outside_a_package(tmp_path: Path) -> None:
    """CPython compiles it; it fails when it is reached, which `except ImportError` may expect."""
    text = "try:\n    from . import a\nexcept ImportError:\n    a = None\ndef f(n: int) -> int:\n    return n\n"
    module = check(tmp_path, text)
    assert functions(module) == ["f"] and module.errors == ()


def test_neighbours_are_found(tmp_path: Path) -> None:
    (tmp_path / "package" / "inner").mkdir(parents=True)
    for folder in ("package", "package/inner"):
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "package" / "other.py").write_text("def size() -> int: return 'wrong, but not asked about'\n")
    module = check(tmp_path, "from ..other import size\nx: str = size()\n", "package.inner.module")
    assert [error.line for error in module.errors] == [2]


def test_errors_elsewhere_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (\n")
    module = check(tmp_path, "import broken\ndef f() -> int:\n    return broken.x\n")
    assert functions(module) == ["f"] and module.errors == ()


@pytest.mark.parametrize("name", ["types", "typing", "builtins", "enum", "random", "typing_extensions", "pyfreeze"])
def test_a_module_may_have_the_name_of_one_that_mypy_needs(tmp_path: Path, name: str) -> None:
    (tmp_path / "abc.py").write_text("def (\n")
    module = check(
        tmp_path, "import abc, enum\nclass E(enum.Enum):\n    A = 1\ndef f(n: int) -> int:\n    return n\n", name
    )
    assert functions(module) == ["f"] and module.errors == ()


def test_the_working_directory_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(LIBRARY)
    assert check(tmp_path, "import re\nx = re.compile('a')\n").errors == ()


@pytest.mark.parametrize("name", ["types", "typing", "enum", "collections.__init__", "json.decoder", "functools"])
def test_modules_of_the_standard_library(name: str) -> None:
    path = LIBRARY.joinpath(*name.split(".")).with_suffix(".py")
    assert typecheck(read_source(path), Face.NOMINAL).tree is not None


def test_a_crash_of_mypy_is_an_error_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> object:
        raise SystemExit(2)

    monkeypatch.setattr(build, "build", crash)
    module = check(tmp_path, "x = 1\n")
    assert module.tree is None
    assert module.errors == (TypeReport(0, 0, "mypy failed: SystemExit: 2", "crash"),)


@pytest.mark.parametrize("face", Face)
def test_a_damaged_cache_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, face: Face) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("PYFREEZE_CACHE_DIR", str(cache))
    check(tmp_path, "x = 1\n", face=face)
    for file in cache.rglob("*.db"):
        file.write_bytes(b"no database")
    assert check(tmp_path, "x = 1\n", face=face).tree is not None


@pytest.mark.parametrize("face", Face)
def test_a_cache_that_cannot_be_written_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, face: Face
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PYFREEZE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    module = check(tmp_path, "from pyfreeze import int64\nx: int64 = 1\n", face=face)
    assert module.tree is not None and module.errors == ()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    text = "def f() -> int:\n    return 1\n"
    source = SourceFile(tmp_path / "no" / "such.py", "such", text, text.encode())
    assert functions(typecheck(source)) == ["f"]
