"""Primes by trial division: how many there are below a limit, and the largest of them."""

from pyfreeze import int64


def is_prime(n: int64) -> bool:
    if n < 4:
        return n > 1
    if n % 2 == 0 or n % 3 == 0:
        return False
    divisor: int64 = 5
    while divisor * divisor <= n:
        if n % divisor == 0 or n % (divisor + 2) == 0:
            return False
        divisor += 6
    return True


def survey(limit: int64) -> tuple[int64, int64]:
    count: int64 = 0
    largest: int64 = 0
    for n in range(limit):
        if is_prime(n):
            count += 1
            largest = n
    return count, largest


def main() -> None:
    for limit in (1_000, 1_000_000):
        count, largest = survey(limit)
        print(f"{count} primes below {limit}, the largest {largest}")


if __name__ == "__main__":
    main()
