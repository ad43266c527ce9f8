"""What the user chose for a build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Options:
    """cpu: `native` uses all that this machine's processor has, `baseline` what every one of its kind has.
    strict: a bug of ours fails the build instead of leaving a function to its twin.
    dumps: names of stages whose text is wanted.
    disabled_passes: passes to leave out. pass_limit: run only that many passes.
    assume_impure: for tests: treat every function as one with side effects, which must not start again.
    """

    cpu: Literal["native", "baseline"] = "baseline"
    strict: bool = False
    dumps: frozenset[str] = frozenset()
    disabled_passes: frozenset[str] = frozenset()
    pass_limit: int | None = None
    assume_impure: bool = False
