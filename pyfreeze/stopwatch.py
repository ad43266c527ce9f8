"""How long the phases of a build take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """`seconds` by phase, in the order in which they began, by `clock`. A phase inside another counts for itself only."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.seconds: dict[str, float] = {}
        self._inner = 0.0  # of the phases that have ended in the current one

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        outer, self._inner = self._inner, 0.0
        self.seconds.setdefault(name, 0.0)
        start = self._clock()
        try:
            yield
        finally:
            taken = self._clock() - start
            self.seconds[name] += taken - self._inner
            self._inner = outer + taken
