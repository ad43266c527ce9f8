"""Runs CPython's own tests for one module and writes each test's outcome. A script, run in a fresh interpreter.

    python -S -X frozen_modules=off runner.py OUTPUT MODULE BLOCKED TEST_MODULE…

MODULE comes from whatever folder PYTHONPATH names; BLOCKED (comma-separated) are C accelerators that are not found from
the first import on, so that the Python code under test is what runs. OUTPUT gets a literal, since json may be the
module under test: the outcomes, and which files' code Python was given to execute.
"""

import sys


def main() -> None:
    output, name, blocked, *test_modules = sys.argv[1:]
    for accelerator in filter(None, blocked.split(",")):
        sys.modules[accelerator] = None
    executed: set[str] = set()

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "exec" and hasattr(arguments[0], "co_filename"):
            executed.add(arguments[0].co_filename)

    sys.addaudithook(watch)
    for loaded in [loaded for loaded in sys.modules if f"{loaded}.".startswith(f"{name}.")]:
        del sys.modules[loaded]  # what start-up imported may not be what is under test
    __import__(name)
    module = sys.modules[name]
    origin = module.__spec__.origin
    outcomes, count = run(test_modules)
    facts = {"origin": origin, "executed": sorted(executed), "count": count, "outcomes": outcomes}
    with open(output, "w", encoding="utf-8") as file:
        file.write(repr(facts))


def run(test_modules: list[str]) -> tuple[dict[str, str], int]:
    """The outcome of each test and each failing subtest, and how many tests ran."""
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
                self._note(subtest, f"failure {error[0].__name__}")  # type: ignore[index]

    suite = unittest.TestSuite()
    for test_module in test_modules:
        suite.addTests(unittest.defaultTestLoader.loadTestsFromName(f"test.{test_module}"))
    result = Result()
    suite.run(result)
    return result.outcomes, result.testsRun


if __name__ == "__main__":
    main()
