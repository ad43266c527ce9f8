"""Runs CPython's own tests for one module and writes each test's outcome as JSON. A script, run in a fresh interpreter.

    python -S -X frozen_modules=off runner.py OUTPUT MODULE BLOCKED TEST_MODULE…

MODULE is imported first, from whatever folder PYTHONPATH names; BLOCKED (comma-separated) are C accelerators that must
not be found, so that the Python code under test is what runs.
"""

import importlib
import json
import sys


def main() -> None:
    output, name, blocked, *test_modules = sys.argv[1:]
    for accelerator in filter(None, blocked.split(",")):
        sys.modules[accelerator] = None
    sys.modules.pop(name, None)  # what start-up imported may not be what is under test
    module = importlib.import_module(name)
    import unittest

    class Result(unittest.TestResult):
        def __init__(self) -> None:
            super().__init__()
            self.outcomes: dict[str, str] = {}

        def _note(self, test: unittest.TestCase, outcome: str) -> None:
            if self.outcomes.get(test.id(), "ok") == "ok":
                self.outcomes[test.id()] = outcome

        def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
            self._note(test, "ok")

        def addError(self, test: unittest.TestCase, error: object) -> None:  # noqa: N802
            self._note(test, f"error {error[0].__name__}")  # type: ignore[index]

        def addFailure(self, test: unittest.TestCase, error: object) -> None:  # noqa: N802
            self._note(test, "failure")

        def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
            self._note(test, "skip")

        def addExpectedFailure(self, test: unittest.TestCase, error: object) -> None:  # noqa: N802
            self._note(test, "expected failure")

        def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
            self._note(test, "unexpected success")

        def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, error: object) -> None:  # noqa: N802
            if error is not None:
                self._note(test, "subtest failure")

    suite = unittest.TestSuite()
    for test_module in test_modules:
        suite.addTests(unittest.defaultTestLoader.loadTestsFromName(f"test.{test_module}"))
    result = Result()
    suite.run(result)
    used = sys.modules[name] if sys.modules.get(name) is not None else module
    facts = {"origin": module.__spec__.origin, "file": used.__file__, "outcomes": result.outcomes}
    with open(output, "w", encoding="utf-8") as file:
        json.dump(facts, file)


if __name__ == "__main__":
    main()
