"""A swinging pendulum, integrated step by step: its period against the formula for small swings."""

import math

GRAVITY = 9.81


def acceleration(angle: float, length: float) -> float:
    return -GRAVITY / length * math.sin(angle)


def quarter_period(angle: float, length: float, step: float) -> float:
    velocity = 0.0
    time = 0.0
    while angle > 0.0:
        velocity += 0.5 * step * acceleration(angle, length)
        angle += step * velocity
        velocity += 0.5 * step * acceleration(angle, length)
        time += step
    return time


def main() -> None:
    for degrees in (5.0, 30.0, 60.0, 90.0):
        period = 4.0 * quarter_period(math.radians(degrees), 1.0, 1e-6)
        formula = 2.0 * math.pi * math.sqrt(1.0 / GRAVITY)
        print(f"{degrees:5.1f} degrees: {period:.5f} s, {period / formula:.4f} times the formula's")


if __name__ == "__main__":
    main()
