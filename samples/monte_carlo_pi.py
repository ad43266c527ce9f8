"""Pi by throwing darts, with a random number generator written out in masked arithmetic."""

from typing import Final

from pyfreeze import int64, uint64

MASK: Final = 0xFFFFFFFFFFFFFFFF


def next_state(x: uint64) -> uint64:
    x ^= (x << 13) & MASK
    x ^= x >> 7
    return x ^ ((x << 17) & MASK)


def inside(darts: int64, seed: uint64) -> int64:
    state = seed
    hits: int64 = 0
    for _ in range(darts):
        state = next_state(state)
        x = (state >> 11) / 9007199254740992.0
        state = next_state(state)
        y = (state >> 11) / 9007199254740992.0
        if x * x + y * y < 1.0:
            hits += 1
    return hits


def main() -> None:
    darts = 1_500_000
    hits = inside(darts, 88172645463325252)
    print(f"{hits} of {darts} darts hit: pi is about {4 * hits / darts:.4f}")


if __name__ == "__main__":
    main()
