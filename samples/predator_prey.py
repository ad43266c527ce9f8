"""Foxes and rabbits: the Lotka-Volterra equations, and when the foxes are at their height."""


def simulate(rabbits: float, foxes: float, days: int, steps: int) -> tuple[float, float, float, int]:
    step = 1.0 / steps
    most = foxes
    peak = 0
    for day in range(days):
        for _ in range(steps):
            births = 0.1 * rabbits
            meetings = 0.002 * rabbits * foxes
            rabbits += step * (births - meetings)
            foxes += step * (0.25 * meetings - 0.08 * foxes)
        if foxes > most:
            most = foxes
            peak = day
    return rabbits, foxes, most, peak


def main() -> None:
    rabbits, foxes, most, peak = simulate(300.0, 20.0, 365, 15_000)
    print(f"after a year {rabbits:.2f} rabbits and {foxes:.2f} foxes")
    print(f"the foxes were at their height, {most:.2f}, on day {peak}")


if __name__ == "__main__":
    main()
