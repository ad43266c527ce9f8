"""A sum of plain ints: a strip of it becomes words without checks."""


def squares(n: int) -> int:
    total = 0
    for i in range(n):
        if i % 3 == 0:
            total += i * i
    return total
