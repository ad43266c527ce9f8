"""Annotations as hints of what is unboxed in functions over objects: whatever breaks one gives what CPython gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

from tests.behaviour.test_objects import framed
from tests.conftest import Both

Build = Callable[[str], Both]


class Int(int):
    def __add__(self, other: object) -> str:  # type: ignore[override]
        return f"{int(self)}+{other}"

    def __mul__(self, other: object) -> str:  # type: ignore[override]
        return f"{int(self)}*{other}"


class Float(float):
    def __mul__(self, other: object) -> str:  # type: ignore[override]
        return f"{float(self)}*{other}"


NO_INTS = (True, False, None, 2**63, -(2**64), 1.5, "7", Int(3), Fraction(1, 3), [1])
NO_FLOATS = (1, True, None, 2**1100, "x", Float(2.5), Int(2), Decimal("0.5"), 3j)

SOURCE = """
def scaled(xs: list[float], by: float) -> list[object]:
    found: list[object] = []
    total = 0.0
    for i in range(len(xs)):
        total = total + xs[i] * by
        found.append((i, total, xs[i] * xs[i], by))
    return found

def summed(xs: list[int], limit: int) -> object:
    best = limit
    total = 0
    for x in xs:
        total += x * 3
        if x > best:
            best = x + 1
        total -= best & 7
    return total, best, x

def table(weights: list[int], values: list[int], capacity: int) -> object:
    best = [0] * 20
    for i in range(len(weights)):
        for c in range(capacity, weights[i] - 1, -1):
            best[c] = max(best[c], best[c - weights[i]] + values[i])
    return best

def counted(flags: list[bool], start: int) -> object:
    count = start
    for flag in flags:
        count += flag
        if flag > 0:
            count = count * 2
    return count, flag

def kept(x: float, n: int) -> object:
    found: list[object] = []
    y = x
    for _ in range(n):
        y = y * 1 - x / 3 + 1
        found.append(y - x)
    return x, y, found

def of_a_dict(counts: dict[int, int], keys: list[int]) -> object:
    counts = counts.copy()
    for i in range(len(keys)):
        counts[keys[i] & 3] += keys[i] * 2 + counts[i]
    return counts

def narrowed(x: int | str, y: int | None, n: int) -> object:
    found: list[object] = []
    for i in range(n):
        if isinstance(x, int):
            found.append(x + i * 2)
        else:
            found.append(x + "!")
        if y is not None:
            found.append(y * i - 1)
    return found

def distance(a: str, b: str) -> int:
    previous: list[int] = list(range(len(b) + 1))
    for i in range(len(a)):
        current: list[int] = [i + 1]
        for j in range(len(b)):
            change = previous[j] + (a[i] != b[j])
            current.append(min(previous[j + 1] + 1, current[j] + 1, change))
        previous = current
    return previous[-1]
"""


def test_items_and_parameters_that_break_their_annotation(both: Build) -> None:
    module = both(SOURCE)
    framed(module, "scaled", "summed", "table", "counted", "kept", "of_a_dict", "narrowed", "distance")
    floats = [0.5, -0.0, 1e308, math.inf]
    module.same("scaled", floats, 2.0)
    for odd in NO_FLOATS:
        module.same("scaled", [*floats, odd, 0.25, 1.0], 2.0)
        module.same("scaled", [odd] * 3, odd)
        module.same("scaled", floats, odd)
        module.same("scaled", (0.5, odd, 0.5), 0.5)
        module.same("kept", odd, 3)
    ints = [3, -5, 2**40, 7]
    module.same("summed", ints, 4)
    for odd in NO_INTS:
        module.same("summed", [*ints, odd, 5, 6], 4)
        module.same("summed", [odd] * 3, odd)
        module.same("summed", ints, odd)
        module.same("table", [3, odd, 4], [7, 8, 9], 15)
        module.same("table", [3, 5, 4], [7, odd, 9], 15)
        module.same("table", [3, 5, 4], [7, 8, 9], odd)
        module.same("counted", [True, odd, False, True], 1)
        module.same("counted", [True, False], odd)
        module.same("of_a_dict", {0: 5, 1: odd, 2: 3, 3: 0}, [1, 2, 3])
        module.same("of_a_dict", {0: 5, 1: 6, 2: 3, 3: 0}, [1, odd, 3])
        module.same("narrowed", odd, odd, 3)
    module.same("of_a_dict", [1, 2, 3, 4], [1, 2, 3])
    module.same("summed", [], 3)
    module.same("summed", [2**62, 2**62, 2**63 - 1, 1], 2**63 - 1)
    module.same("distance", "kitten", "sitting")
    module.same("distance", b"kitten", "sitting")


ATTRIBUTES = """
class Particle:
    position: float

    def __init__(self, position: float, speed: float) -> None:
        self.position = position
        self.speed = speed

    def move(self, times: int, dt: float) -> object:
        for _ in range(times):
            self.position += self.speed * dt
            if self.position > 3.0:
                self.speed = -self.speed
        return self.position, self.speed, dt

    @property
    def energy(self) -> float:
        return self.speed * self.speed / 2

def energy(particles: list[Particle]) -> object:
    total = 0.0
    for one in particles:
        total += one.energy + one.position * 2
    return total

def moved(position: float, speed: float, dt: float) -> object:
    return Particle(position, speed).move(4, dt)

def together(position: float, speed: float) -> object:
    return energy([Particle(1.5, 2.0), Particle(position, speed), Particle(0.5, 1.0)])

def of_anything(one: Particle, times: int) -> object:
    total = 0.0
    for _ in range(times):
        total += one.position * 2 - one.speed
    return total
"""


def test_attributes_that_break_their_annotation(both: Build) -> None:
    module = both(ATTRIBUTES)
    framed(module, "Particle.move", "energy", "moved", "together", "of_anything")
    module.same("moved", 1.0, 0.75, 0.5)
    for odd in NO_FLOATS:
        module.same("moved", odd, 0.75, 0.5)
        module.same("moved", 1.0, odd, 0.5)
        module.same("moved", 1.0, 0.75, odd)
        module.same("together", odd, odd)
        module.same("of_anything", SimpleNamespace(position=odd, speed=0.5), 3)
        module.same("of_anything", SimpleNamespace(position=0.5, speed=odd), 3)
    module.same("of_anything", SimpleNamespace(position=0.5), 3)
    module.same("of_anything", None, 3)


def test_a_number_that_is_tested_late_is_what_it_was(both: Build) -> None:
    """Effects before a guard that fails happen once."""
    module = both(
        """
        seen: list[object] = []

        def note(x: float) -> float:
            seen.append(x)
            return x

        def late(xs: list[float], n: int) -> object:
            seen.clear()
            total = 0.0
            for x in xs:
                total += note(x) * 2.0 - note(total) * n
                n -= 1
            return total, seen
        """
    )
    framed(module, "late")
    module.same("late", [0.5, 1.5, 2.5], 2)
    for odd in NO_FLOATS:
        module.same("late", [0.5, odd, 2.5, odd], 2)
    for odd in NO_INTS:
        module.same("late", [0.5, 2.5], odd)


def test_the_copy_is_tried_again_after_many_failures(both: Build) -> None:
    """Each stretch is long enough that turns pass without a try, and ends in one that leads to something."""
    module = both(SOURCE)
    stretches = ([0.5] * 9, [1] * 3000, [0.5] * 400, [1, 0.5] * 2000, [None], [True] * 30, [1.5] * 20)
    for count in range(1, len(stretches) + 1):
        items = [item for stretch in stretches[:count] for item in stretch]
        module.same("scaled", items, 2.0)
        module.same("scaled", items, 3)
        module.same("summed", [item and int(item * 2) if item != 1.5 else item for item in items], 2)
    for number in range(300):
        odd = number % 7 < 3
        module.same("kept", number if odd else number / 2, number % 4)
        module.same("summed", [number, 2**70 if odd else 5, number % 3], 2)


TRUTHS = """
def counted(flags: list[bool], n: int, x: float) -> object:
    found: list[object] = []
    for flag in flags:
        n += flag
        n = n * 3 - flag
        x = x * 2.0 + flag
        x = flag - x
        found.append((n, x, flag, flag + flag, flag * flag, flag / 2, flag // 2, flag % 3, flag < n, 1 > flag, flag < x))
        found.append((flag & True, flag | False, flag ^ flag, flag & 3, -flag, ~flag + 1, flag == 1, flag << 1))
        flag = flag and n > x
        found.append((flag, flag + 1, (n > 4) + (x < 3.5) + n, (n == 1) * x))
    return found

def divided(flags: list[bool], n: int) -> object:
    found: list[object] = []
    for flag in flags:
        n = n * 2 + 1
        found.append(n % flag + n // flag + flag / flag)
    return found

def compared(a: str, b: str) -> object:
    same = 0
    other: list[int] = []
    for i in range(len(a)):
        same += a[i] == b[i]
        other.append(same + (a[i] != b[i]) * i)
    return same, other
"""


def test_truths_in_arithmetic_are_numbers_and_stay_truths(both: Build) -> None:
    module = both(TRUTHS)
    framed(module, "counted", "divided", "compared")
    module.same("counted", [True, False, True], 5, 0.25)
    module.same("counted", [False], -3, -0.0)
    module.same("divided", [True, True], 5)
    module.same("divided", [True, False], 5)
    module.same("compared", "kitten", "mitten")
    module.same("compared", (1, 2.0, None), (1.0, 2, 3))
    for odd in (*NO_INTS, 1, 0, 2, -1, 0.0):
        module.same("counted", [True, odd, False], 5, 0.25)
        module.same("counted", [True, False], odd, 0.25)
        module.same("counted", [True, False], 1, odd)
        module.same("divided", [True, odd], 5)
