"""Runs an extension module as `__main__`: `python -m pyfreeze.run_main EXTENSION NAME SCRIPT [ARGS…]`.

Standard library only, so that a program's start is not slowed down by the compiler.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ExtensionFileLoader
from pathlib import Path


def run_main(extension: str, name: str, script: str, arguments: list[str]) -> None:
    """As `python script arguments…`, with the functions of `extension`."""
    sys.argv = [script, *arguments]
    script = str(Path(script).absolute())
    sys.path[0] = str(Path(script).parent)
    loader = ExtensionFileLoader(name, extension)
    spec = importlib.util.spec_from_file_location(name, extension, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__name__ = "__main__"
    module.__file__ = script
    module.__spec__ = None
    module.__package__ = None
    sys.modules["__main__"] = module
    loader.name = "__main__"  # it refuses to execute a module of another name
    loader.exec_module(module)


if __name__ == "__main__":
    run_main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
