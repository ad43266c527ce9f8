"""What the scripts of the leak run share: the extension module, and the number of references from round to round."""

import gc
import importlib.machinery
import importlib.util
import sys
import typing


def load(name: str, path: str) -> typing.Any:
    """The extension module at `path`."""
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules[name] = module
    loader.exec_module(module)
    return module


def watch(once: typing.Callable[[], None]) -> None:
    """Do it over and over; AssertionError if there are ever more references."""
    counts = []
    for _ in range(12):
        for _ in range(10):
            once()
        gc.collect()
        counts.append(sys.gettotalrefcount())  # type: ignore[attr-defined]
    print("references", counts)
    growth = counts[-1] - counts[4]
    assert growth <= 20, f"{growth} references more after {10 * (len(counts) - 5)} rounds"
