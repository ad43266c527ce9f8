"""Which number below a hundred thousand takes longest to reach 1 in the Collatz problem?"""

from pyfreeze import int64


def steps(n: int64) -> int64:
    count: int64 = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
    return count


def longest(limit: int64) -> tuple[int64, int64]:
    best: int64 = 1
    most: int64 = 0
    for n in range(1, limit):
        count = steps(n)
        if count > most:
            best = n
            most = count
    return best, most


def main() -> None:
    number, count = longest(100_000)
    print(f"{number} takes {count} steps")


if __name__ == "__main__":
    main()
