"""Where pyfreeze keeps what can be made again: programs built by `pyfreeze run`, and mypy's cache."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """The platform's folder for caches, or PYFREEZE_CACHE_DIR. It may not exist yet."""
    if chosen := os.environ.get("PYFREEZE_CACHE_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "pyfreeze"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "pyfreeze"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pyfreeze"
