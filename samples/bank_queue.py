"""A bank with one counter: how long do customers wait, as the counter gets busier? (An M/M/1 queue.)"""

import math
from typing import Final

from pyfreeze import float64, int64, uint64

MASK: Final = 0xFFFFFFFFFFFFFFFF


def scramble(x: uint64) -> uint64:
    """The mixing step of SplitMix64."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def exponential(random: uint64, mean: float64) -> float64:
    return -mean * math.log(((random >> 11) + 1) / 9007199254740992.0)


def average_wait(customers: int64, between: float64, service: float64, seed: uint64) -> tuple[float64, float64]:
    """The mean and the longest time that customers wait."""
    state = seed
    clock = 0.0
    free_at = 0.0
    total = 0.0
    longest = 0.0
    for _ in range(customers):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        clock += exponential(scramble(state), between)
        wait = max(0.0, free_at - clock)
        total += wait
        longest = max(longest, wait)
        state = (state + 0x9E3779B97F4A7C15) & MASK
        free_at = clock + wait + exponential(scramble(state), service)
    return total / customers, longest


def main() -> None:
    service = 3.0
    for load in (0.5, 0.8, 0.9, 0.95):
        mean, longest = average_wait(200_000, service / load, service, 2024)
        theory = service * load / (1.0 - load)
        print(
            f"busy {load:4.0%} of the time: {mean:6.2f} min on average (theory {theory:5.1f}), {longest:6.1f} at most"
        )


if __name__ == "__main__":
    main()
