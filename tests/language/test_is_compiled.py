"""`is_compiled`: what runs native code, and what does not."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable

from pyfreeze import is_compiled
from tests.conftest import Both

SOURCE = """
from pyfreeze import int64

def native(n: int64) -> int64:
    return n + 1

def generator(n: int64):
    yield n

class Fast:
    @staticmethod
    def double(n: int64) -> int64:
        return n * 2

class Slow:
    def items(self):
        yield 1
"""


def test_functions_methods_classes_modules(both: Callable[[str], Both]) -> None:
    modules = both(SOURCE)
    compiled, plain = modules.compiled, modules.interpreted
    assert is_compiled(compiled) and is_compiled(compiled.native)
    assert is_compiled(compiled.Fast) and is_compiled(compiled.Fast.double) and is_compiled(compiled.Fast().double)
    assert (
        not is_compiled(compiled.generator)
        and not is_compiled(compiled.Slow)
        and not is_compiled(compiled.Slow().items)
    )
    assert not any(map(is_compiled, (plain, plain.native, plain.Fast, plain.Fast.double)))
    assert is_compiled(functools.lru_cache(compiled.native))

    @functools.wraps(compiled.native)
    def wrapped(n: int) -> int:
        return n

    assert is_compiled(wrapped)


def test_anything_may_be_asked() -> None:
    assert not any(map(is_compiled, (None, 3, "text", len, int, sys, object(), [].append, functools.partial(print))))


def test_without_the_extension() -> None:
    script = (
        "import sys; sys.modules['pyfreeze._runtime'] = None\n"
        "import pyfreeze\n"
        "print(pyfreeze.is_compiled(pyfreeze.is_compiled), pyfreeze.is_compiled(sys), pyfreeze.int64(3))"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.stdout == "False False 3\n", finished.stderr
