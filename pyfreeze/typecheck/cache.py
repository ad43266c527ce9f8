"""Folders: where pyfreeze keeps what can be made again, and the two stubs of pyfreeze."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """Where pyfreeze keeps what can be made again; PYFREEZE_CACHE_DIR overrides the platform's convention."""
    if chosen := os.environ.get("PYFREEZE_CACHE_DIR"):
        return Path(chosen).absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "pyfreeze"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "pyfreeze"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pyfreeze"


def stub_folder(nominal: bool) -> Path:
    """A folder that holds nothing but a stub of pyfreeze, however pyfreeze is installed."""
    if nominal:
        return Path(__file__).parent / "stubs"
    stub = (Path(__file__).parent.parent / "__init__.pyi").read_text(encoding="utf-8")
    folder = cache_folder() / "stubs"
    try:
        _store(folder / "pyfreeze" / "__init__.pyi", stub)
    except OSError:  # a cache that cannot be written
        folder = Path(tempfile.mkdtemp(prefix="pyfreeze"))
        _store(folder / "pyfreeze" / "__init__.pyi", stub)
    return folder


def _store(target: Path, text: str) -> None:
    try:
        if target.read_text(encoding="utf-8") == text:
            return
    except OSError:
        pass
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(f".{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(target)
