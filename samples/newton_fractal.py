"""Which root of z**3 = 1 Newton's method finds from each point of the plane, and how fast."""

from __future__ import annotations

from pyfreeze import Array, float64, frozen, int64


@frozen
class Complex:
    re: float64
    im: float64

    def __add__(self, other: Complex) -> Complex:
        return Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other: Complex) -> Complex:
        return Complex(self.re - other.re, self.im - other.im)

    def __mul__(self, other: Complex) -> Complex:
        return Complex(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    def __rmul__(self, factor: float64) -> Complex:
        return Complex(factor * self.re, factor * self.im)

    def __truediv__(self, other: Complex) -> Complex:
        square = other.square
        return Complex(
            (self.re * other.re + self.im * other.im) / square,
            (self.im * other.re - self.re * other.im) / square,
        )

    @property
    def square(self) -> float64:
        return self.re * self.re + self.im * self.im


@frozen
class Found:
    root: int64
    steps: int64


ONE = Complex(1.0, 0.0)
LIMIT = 40
SYMBOLS = "?ox*"


def root_near(z: Complex) -> int64:
    """1, 2 or 3 for the roots at 0, 120 and 240 degrees; 0 for none."""
    if (z - ONE).square < 1e-12:
        return 1
    if (z - Complex(-0.5, 0.8660254037844386)).square < 1e-12:
        return 2
    if (z - Complex(-0.5, -0.8660254037844386)).square < 1e-12:
        return 3
    return 0


def follow(start: Complex) -> Found:
    z = start
    for step in range(LIMIT):
        root = root_near(z)
        if root > 0:
            return Found(root, step)
        square = z * z
        if square.square == 0.0:
            return Found(0, step)
        z = z - (square * z - ONE) / (3.0 * square)
    return Found(0, LIMIT)


def survey(size: int64) -> Array[Found]:
    found = Array[Found]()
    for row in range(size):
        for column in range(size):
            point = Complex((column + 0.5) / size * 4.0 - 2.0, 2.0 - (row + 0.5) / size * 4.0)
            found.append(follow(point))
    return found


def total_steps(found: Array[Found]) -> int64:
    total: int64 = 0
    for one in found:
        total += one.steps
    return total


def main() -> None:
    size = 160
    found = survey(size)
    for row in range(0, size, 5):
        line = [found[row * size + column] for column in range(0, size, 2)]
        print("".join(SYMBOLS[one.root] if one.steps < 8 else "." for one in line))
    for root in range(4):
        print(f"root {root}: {sum(one.root == root for one in found)} points")
    print("steps:", total_steps(found))


if __name__ == "__main__":
    main()
