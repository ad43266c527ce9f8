"""Every sample, compiled against interpreted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "samples").glob("*.py"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample(path: Path) -> None:
    command = [sys.executable, "-m", "pyfreeze", "run", "--compare", str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "same output" in finished.stdout and len(finished.stdout.splitlines()) > 1


def test_there_are_enough() -> None:
    assert len(SAMPLES) >= 6
