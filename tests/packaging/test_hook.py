"""`[tool.pyfreeze]` in pyproject.toml, built with the setuptools and the compiler of this environment."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from pyfreeze.link.linker import extension_suffix
from tests.packaging.projects import SHOW, build_inplace, python_of, run, shapes, succeed, write

ROOT = Path(__file__).resolve().parents[2]
SUFFIX = extension_suffix()
HOOKS = entry_points(group="setuptools.finalize_distribution_options")

pytestmark = pytest.mark.skipif("pyfreeze" not in HOOKS.names, reason="pyfreeze is not installed here")


def wheel_of(project: Path, folder: Path) -> Path:
    pip = (sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", str(folder))
    succeed(*pip, ".", cwd=project)
    (wheel,) = folder.glob("shapes_demo-*.whl")
    return wheel


def test_a_wheel_has_the_extension_beside_the_source(tmp_path: Path) -> None:
    wheel = wheel_of(shapes(tmp_path), tmp_path)
    assert "none-any" not in wheel.name
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        assert {"shapes/__init__.py", "shapes/fast.py", f"shapes/fast{SUFFIX}"} <= set(archive.namelist())
        archive.extractall(installed)
    shown = succeed(sys.executable, "-c", SHOW, cwd=installed).split()
    assert shown[:3] == ["42", "Box", "True"]
    assert Path(shown[3]).name == f"fast{SUFFIX}" and Path(shown[4]).name == "fast.py"


def test_installed_without_the_compiler(tmp_path: Path) -> None:
    wheel = wheel_of(shapes(tmp_path), tmp_path)
    environment = tmp_path / "fresh"
    venv.create(environment, with_pip=True)
    python = python_of(environment)
    source = tmp_path / "pyfreeze-source"
    cloned = subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=False)
    if cloned.returncode != 0:
        pytest.skip("not a checkout")
    succeed(python, "-m", "pip", "install", "-q", str(source), str(wheel), cwd=tmp_path)
    assert succeed(python, "-c", SHOW, cwd=tmp_path).startswith("42 Box True ")
    absent = "import importlib.util as u; print(u.find_spec('mypy'), u.find_spec('llvmlite'))"
    assert succeed(python, "-c", absent, cwd=tmp_path) == "None None\n"


@pytest.mark.parametrize(
    ("root", "setuptools"),
    [
        ("", ""),
        ("src", ""),
        ("lib", '[tool.setuptools.packages.find]\nwhere = ["lib"]\n'),
        ("python", '[tool.setuptools]\npackages = ["shapes"]\npackage-dir = {"" = "python"}\n'),
    ],
)
def test_layouts(tmp_path: Path, root: str, setuptools: str) -> None:
    folder = f"{root}/" if root else ""
    project = shapes(tmp_path, f'modules = ["{folder}shapes/*.py"]', setuptools, root)
    finished = build_inplace(project)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    built = sorted(path.name for path in (project / root / "shapes").glob(f"*{SUFFIX}"))
    assert built == [f"__init__{SUFFIX}", f"fast{SUFFIX}"]
    assert succeed(sys.executable, "-c", SHOW, cwd=project / root).startswith("42 Box True ")
    script = "import shapes; print(shapes.__spec__.origin, shapes.__path__)"
    assert SUFFIX in succeed(sys.executable, "-c", script, cwd=project / root)


@pytest.mark.parametrize("configured", ["pyproject.toml", "setup.cfg", "setup.py"])
def test_packages_in_folders_of_other_names(tmp_path: Path, configured: str) -> None:
    table = '[tool.setuptools]\npackages = ["shapes"]\npackage-dir = {"shapes" = "lib/code"}\n'
    project = shapes(tmp_path, 'modules = ["lib/code/*.py"]', table if configured == "pyproject.toml" else "")
    (project / "lib").mkdir()
    (project / "shapes").rename(project / "lib" / "code")
    if configured == "setup.cfg":
        text = "[options]\npackages = shapes\npackage_dir =\n    shapes = lib/code\n"
        (project / "setup.cfg").write_text(text)
    if configured == "setup.py":
        call = "setup(packages=['shapes'], package_dir={'shapes': 'lib/code'})"
        (project / "setup.py").write_text(f"from setuptools import setup\n{call}\n")
    with zipfile.ZipFile(wheel_of(project, tmp_path)) as archive:
        built = {name for name in archive.namelist() if name.endswith(SUFFIX)}
        archive.extractall(tmp_path / "installed")
    assert built == {f"shapes/__init__{SUFFIX}", f"shapes/fast{SUFFIX}"}
    assert succeed(sys.executable, "-c", SHOW, cwd=tmp_path / "installed").startswith("42 Box True ")


def test_namespace_packages_and_single_modules(tmp_path: Path) -> None:
    project = shapes(
        tmp_path,
        'modules = ["src/shapes/fast.py", "src/alone.py"]',
        '[tool.setuptools]\npy-modules = ["alone"]\n[tool.setuptools.packages.find]\nwhere = ["src"]\n',
        "src",
    )
    (project / "src" / "shapes" / "__init__.py").unlink()
    write(project, {"src/alone.py": "def f(n: int) -> int:\n    return n\n"})
    with zipfile.ZipFile(wheel_of(project, tmp_path)) as archive:
        built = {name for name in archive.namelist() if name.endswith(SUFFIX)}
        archive.extractall(tmp_path / "installed")
    assert built == {f"alone{SUFFIX}", f"shapes/fast{SUFFIX}"}
    assert succeed(sys.executable, "-c", SHOW, cwd=tmp_path / "installed").startswith("42 Box True ")


def test_other_extensions_and_commands_stay(tmp_path: Path) -> None:
    project = shapes(tmp_path)
    write(
        project,
        {
            "other.c": """\
                #include <Python.h>
                static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "other", NULL, 0, NULL};
                PyMODINIT_FUNC PyInit_other(void) { return PyModule_Create(&definition); }
                """,
            "setup.py": """\
                from setuptools import Extension, setup
                from setuptools.command.build_ext import build_ext

                class Loud(build_ext):
                    def build_extension(self, ext):
                        print("LOUD", ext.name)
                        super().build_extension(ext)

                setup(packages=["shapes"], ext_modules=[Extension("other", ["other.c"])], cmdclass={"build_ext": Loud})
                """,
        },
    )
    shown = succeed(sys.executable, "setup.py", "build_ext", "--inplace", cwd=project)
    assert "LOUD other" in shown and "LOUD shapes.fast" not in shown
    assert succeed(sys.executable, "-c", "import other;" + SHOW, cwd=project).startswith("42 Box True ")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('modules = ["shapes/slow.py"]', "`shapes/slow.py` matches no file"),
        ('modules = ["../shapes/fast.py"]', "is outside of the project"),
        ('modules = "shapes/fast.py"', "`modules` is no list of file names"),
        ("modules = [1]", "`modules` is no list of file names"),
        ('module = ["shapes/fast.py"]', "`module` is not understood"),
        ('modules = ["shapes/fast.py"]\ncpu = "fastest"', "`cpu` is 'fastest'"),
        ('modules = ["shapes/fast.py"]\nstrict = 1', "`strict` is 1"),
    ],
)
def test_settings_that_are_not_understood(tmp_path: Path, table: str, message: str) -> None:
    finished = build_inplace(shapes(tmp_path, table))
    assert finished.returncode != 0
    assert "pyproject.toml: error: [tool.pyfreeze]" in finished.stderr and message in finished.stderr
    assert "[PF509]" in finished.stderr and "Traceback" not in finished.stderr


def test_pip_shows_what_is_wrong(tmp_path: Path) -> None:
    project = shapes(tmp_path, 'modules = ["shapes/none.py"]')
    pip = (sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", str(tmp_path))
    finished = run(*pip, ".", cwd=project)
    assert finished.returncode != 0 and "matches no file" in finished.stdout + finished.stderr


def test_a_source_that_cannot_be_built_fails_with_its_diagnostic(tmp_path: Path) -> None:
    project = shapes(tmp_path)
    write(project, {"shapes/fast.py": "def f(:\n"})
    finished = build_inplace(project)
    assert finished.returncode != 0 and "[PF504]" in finished.stderr and "Traceback" not in finished.stderr


def test_projects_without_the_table_are_left_alone(tmp_path: Path) -> None:
    project = shapes(tmp_path, "modules = []")
    finished = build_inplace(project)
    assert finished.returncode == 0, finished.stderr
    assert list(project.rglob(f"*{SUFFIX}")) == []
    other = tmp_path / "other"
    write(other, {"setup.py": "from setuptools import setup\nsetup(name='other', py_modules=[])\n"})
    assert run(sys.executable, "setup.py", "--version", cwd=other).returncode == 0
