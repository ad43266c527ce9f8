"""Signal handlers and other threads change an array, or patch its elements' class, while native code runs over it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Both

FUNCTIONS = """
    from pyfreeze import Array, float64, frozen, int64

    @frozen
    class P:
        x: float64
        n: int64

        def value(self) -> int64:
            return self.n

    def items(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        for v in a:
            s += v
        return s

    def subscripts(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        for i in range(len(a)):
            s += a[i] + a[len(a) - 1 - i]
        return s

    def huge(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        t = big
        for v in a:
            t = t * 3 % (big + 7)
            s += v
        return s

    def numbered(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        t = big
        for i, v in enumerate(a):
            s += v
            t = t * big % (big + i)
        return s

    def writes(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        for i in range(len(a)):
            a[i] += 5
            s += a[i]
        return s

    def writes_huge(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        t = big
        for v in a:
            t = t * 3 % (big + 7)
            a[0] = v + 5 * (t - t)
            s += v
        return s

    def nested(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        for i in range(0, len(a), 500):
            for v in a:
                s += v
            s += a[i]
        return s

    def grows(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        for v in a:
            s += v
            if len(a) < 20_000:
                a.append(v)
        return s

    def takes(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        while a:
            s += a.pop()
        return s

    def asks(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        for i in range(3000):
            s += a[-1] + a[i:i + 3].pop()
            a.reverse()
        return s

    def inner(a: Array[int64], i: int64) -> int64:
        s: int64 = 0
        for v in a:
            s += v
        return s + a[i]

    def calls(a: Array[int64], big: int) -> int64:
        s: int64 = 0
        for i in range(len(a)):
            if i % 1000 == 0:
                s += inner(a, i)
        return s

    def values(p: Array[P], big: int) -> int64:
        s: int64 = 0
        for v in p:
            s += v.value()
            p[0] = P(v.x, v.n)
        return s
"""

HEAD = """
    import random, signal, sys, threading, time
    import meanwhile
    from pyfreeze import Array, int64

    choose = random.Random(int(sys.argv[1]))
    names = [name for name, value in vars(meanwhile).items() if type(value) is type(lambda: 0) and value.__code__.co_argcount == 2 and value.__module__ == "meanwhile" and name != "inner"]
    array, done = None, 0

    def change():
        global done
        done += 1
        five = 5 if names[turn] != "values" else meanwhile.P(0.5, 5)
        match choose.randrange(8):
            case 0: array.clear()
            case 1: del array[10:]
            case 2: array.extend([five] * 5000)
            case 3: array.sort(key=lambda v: (array.copy(), 0)[1])
            case 4: array.reverse()
            case 5 if len(array): array[0] = array.pop()
            case 6:
                old = meanwhile.P.value
                meanwhile.P.value = lambda self: 10
                meanwhile.P.value = old
            case _: array.insert(0, five)

    def run():
        global array
        five = 5 if names[turn] != "values" else meanwhile.P(0.5, 5)
        array = Array[int64 if five == 5 else meanwhile.P].filled(choose.choice([9000, 30000]), five)
        try:
            found = getattr(meanwhile, names[turn])(array, 2**90)
        except IndexError:
            return
        assert found % 5 == 0 and 0 <= found < 2**45, (names[turn], found)
"""

SIGNALS = """
    def handler(*_):
        try:
            change()
        except (TypeError, ValueError):
            pass  # while sorting, or of another turn
    signal.signal(signal.SIGALRM, handler)
    for turn in list(range(len(names))) * 12:
        signal.setitimer(signal.ITIMER_REAL, choose.uniform(0.00002, 0.003), 0.0007)
        run()
        signal.setitimer(signal.ITIMER_REAL, 0)
    print("done" if done > 20 else done)
"""

THREADS = """
    running = True
    def work():
        while running:
            time.sleep(0.0003)
            if array is not None:
                try:
                    change()
                except (AttributeError, TypeError, ValueError, IndexError):
                    pass  # while sorting, or of another turn
    sys.setswitchinterval(1e-5)
    turn = 0
    workers = [threading.Thread(target=work, daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    for turn in list(range(len(names))) * 12:
        array = None
        run()
    running = False
    for worker in workers:
        worker.join()
    print("done" if done > 20 else done)
"""


@pytest.mark.parametrize("way", ["signals", "threads"])
def test_arrays_change_meanwhile(tmp_path: Path, way: str) -> None:
    """Freed memory is filled, so that what is read of it is no sum of fives."""
    (tmp_path / "meanwhile.py").write_text(textwrap.dedent(FUNCTIONS))
    subprocess.run([sys.executable, "-m", "pyfreeze", "build", "meanwhile.py"], cwd=tmp_path, check=True)
    script = textwrap.dedent(HEAD) + textwrap.dedent(SIGNALS if way == "signals" else THREADS)
    for number in range(3):
        command = [sys.executable, "-X", "faulthandler", "-c", script, str(number)]
        environment = {**os.environ, "PYTHONMALLOC": "malloc_debug"}
        found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert (found.returncode, found.stdout) == (0, "done\n"), found.stderr[-3000:] + found.stdout


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals by timer")
def test_frozen_values_in_a_loop_over_an_array_that_is_left_in_between(both: Callable[[str], Both]) -> None:
    """Such a loop polls between strips, where the values are known by their parts only."""
    made = both(
        """
        from pyfreeze import Array, float64, frozen, int64
        @frozen
        class P:
            x: float64
            n: int64
            def __add__(self, other: "P") -> "P":
                return P(self.x + other.x, self.n + other.n)
        STEP = 1
        def total(a: Array[P], rounds: int64) -> P:
            s = P(0.0, 0)
            pair = (s, 0.5)
            a[0] = P(1.0, STEP)
            for _ in range(rounds):
                for p in a:
                    s = s + p
                    pair = (p, p.x + pair[1])
            return s + pair[0] + P(pair[1], 0)
        """
    )
    module, seen = made.compiled, []

    def interrupt(*_: object) -> None:
        seen.append(1)
        module.STEP = 1 + len(seen) % 2

    before = signal.signal(signal.SIGALRM, interrupt)
    left = 0
    try:
        for number in range(30):
            a = module.Array[module.P]([module.P(1.0, 1)] * 30_000)
            module.STEP = 1
            signal.setitimer(signal.ITIMER_REAL, 0.0003 * (number % 5 + 1))
            found = module.total(a, 60)
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert (found.x, found.n) == (3_600_001.5, 1_800_001)
            left += bool(seen)
            seen.clear()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert left > 3
