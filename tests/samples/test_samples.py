"""Every sample, compiled against interpreted; and that what should be native is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.sources import read_program
from tests.conftest import Golden

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "samples").glob("*.py"))

NATIVE = {
    "bank_queue": {"scramble", "exponential", "average_wait"},
    "collatz": {"steps", "longest"},
    "mandelbrot": {"escape"},
    "monte_carlo_pi": {"next_state", "inside"},
    "newton_fractal": {"Complex.__mul__", "Complex.__truediv__", "root_near", "follow", "survey", "total_steps"},
    "orbit": {"pull", "energy", "travel"},
    "pendulum": {"acceleration", "quarter_period"},
    "predator_prey": {"simulate"},
    "primes": {"is_prime", "survey"},
    "ray_tracer": {"Vector.unit", "distance_to", "nearest", "background", "trace", "spheres", "render", "checksum"},
    "sales_report": {"next_random", "add_to_checksum", "standard_error"},
    "solar_system": {"Vector.__add__", "Body.pushed", "attract", "move", "energy", "simulate"},
    "spinning_book": {
        "Quaternion.__mul__",
        "Quaternion.turned",
        "State.after",
        "change",
        "step",
        "integrate",
        "energy",
    },
    "word_report": {"share"},
}
"""At least these functions of each sample."""


VALUES = ("newton_fractal", "ray_tracer", "solar_system", "spinning_book")
"""Samples of frozen classes and arrays. What they print is kept, so that it is the same on all versions of Python."""


@pytest.mark.parametrize("name", VALUES)
def test_output_is_the_same_on_all_versions(name: str, golden: Golden) -> None:
    (path,) = (path for path in SAMPLES if path.stem == name)
    outputs = [
        subprocess.run([sys.executable, *runner, str(path)], capture_output=True, stdin=subprocess.DEVNULL, check=True)
        for runner in ([], ["-m", "pyfreeze", "run"])
    ]
    assert outputs[0].stdout == outputs[1].stdout
    golden(Path(__file__).parent / "expected" / f"{name}.txt", outputs[1].stdout.decode("utf-8"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample(path: Path) -> None:
    command = [sys.executable, "-m", "pyfreeze", "run", "--compare", str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "same output" in finished.stdout and len(finished.stdout.splitlines()) > 1


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_its_kernels_are_native(path: Path) -> None:
    report, diagnostics = driver.analyse(read_program(path))
    native = {function.name for function in report.functions if function.tier == "native"}
    assert NATIVE[path.stem] <= native
    assert not diagnostics


def test_input_reaches_a_sample(tmp_path: Path) -> None:
    (path,) = (path for path in SAMPLES if path.stem == "word_report")
    command = [sys.executable, "-m", "pyfreeze", "run", "--compare", str(path), "-"]
    finished = subprocess.run(command, capture_output=True, text=True, input="one two two\n", cwd=tmp_path, check=False)
    assert finished.stdout.startswith("3 words, 2 different\ntwo "), finished.stdout + finished.stderr
