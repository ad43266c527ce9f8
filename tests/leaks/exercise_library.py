"""Runs CPython's own tests for a library module over and over and writes by how much the references grow. A script.

    python3.11-dbg -S -X frozen_modules=off exercise_library.py OUTPUT MODULE BLOCKED TEST_MODULE…

The arguments are those of tests/stdlib/runner.py. OUTPUT gets a literal: whether the module is compiled, how many tests
there are, and the growth from round to round.
"""

import gc
import re
import sys
import typing
import unittest
import warnings

WARM_UP, ROUNDS = 3, 3


def once(tests: typing.Sequence[str]) -> tuple[int, int]:
    """Run all tests and forget what is remembered for the next time; how many they are, and how many references."""
    result = unittest.TestResult()
    for name in tests:
        unittest.defaultTestLoader.loadTestsFromName(f"test.{name}").run(result)
    count = result.testsRun
    del result
    re.purge()
    warnings.resetwarnings()
    sys._clear_type_cache()
    for _ in range(3):
        gc.collect()
    return count, sys.gettotalrefcount()  # type: ignore[attr-defined]


def main() -> None:
    output, name, blocked, *tests = sys.argv[1:]
    for accelerator in filter(None, blocked.split(",")):
        sys.modules[accelerator] = None  # type: ignore[assignment]
    for loaded in [loaded for loaded in sys.modules if f"{loaded}.".startswith(f"{name}.")]:
        del sys.modules[loaded]  # what start-up imported may not be what is under test
    __import__(name)
    for _ in range(WARM_UP):
        count, before = once(tests)
    growth = []
    for _ in range(ROUNDS):
        count, after = once(tests)
        growth.append(after - before)
        before = after
    from pyfreeze import is_compiled

    with open(output, "w", encoding="utf-8") as file:
        file.write(repr((is_compiled(sys.modules[name]), count, growth)))


if __name__ == "__main__":
    main()
