"""The Earth's way around the Sun, integrated with the leapfrog method: how well are energy and the year kept?"""

import math

from pyfreeze import float64, int64

SUN = 39.47841760435743  # 4π²: gravity of the Sun in astronomical units and years


def pull(x: float64, y: float64) -> tuple[float64, float64]:
    squared = x * x + y * y
    factor = -SUN / (squared * math.sqrt(squared))
    return factor * x, factor * y


def energy(x: float64, y: float64, vx: float64, vy: float64) -> float64:
    return 0.5 * (vx * vx + vy * vy) - SUN / math.hypot(x, y)


def travel(
    x: float64, y: float64, vx: float64, vy: float64, years: float64, steps: int64
) -> tuple[float64, float64, float64, float64]:
    dt = years / steps
    ax, ay = pull(x, y)
    for _ in range(steps):
        vx += 0.5 * dt * ax
        vy += 0.5 * dt * ay
        x += dt * vx
        y += dt * vy
        ax, ay = pull(x, y)
        vx += 0.5 * dt * ax
        vy += 0.5 * dt * ay
    return x, y, vx, vy


def main() -> None:
    start = (0.983, 0.0, 0.0, 2.0 * math.pi * math.sqrt(1.017 / 0.983))
    before = energy(*start)
    for steps in (10_000, 100_000, 1_000_000):
        x, y, vx, vy = travel(*start, 10.25, steps)
        drift = abs((energy(x, y, vx, vy) - before) / before)
        print(f"{steps:8} steps for 10¼ years: at ({x:.6f}, {y:+.6f}), energy off by {drift:.1e}")


if __name__ == "__main__":
    main()
