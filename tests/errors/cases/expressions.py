"""PF102, PF106 and PF112: expressions that are not compiled yet."""

import sys


def comprehended(n: int) -> int:
    return sum([k * k for k in range(n)])  # error: [PF102]


def generated(n: int) -> int:
    return sum(k * k for k in range(n))  # error: [PF102]


def with_lambda(n: int) -> int:
    return (lambda k: k + 1)(n)  # error: [PF106]


def attribute(n: int) -> int:
    return n + sys.maxsize  # error: [PF102]


def identity(n: int, m: int) -> bool:
    return n is m  # error: [PF102]


def formatted(n: int) -> int:
    return len(f"{n}")  # error: [PF106]


def in_a_list(n: int) -> int:
    return [n, n][0]  # error: [PF102]


def text(n: int) -> int:
    return n + len("text")  # error: [PF112]


def shows_itself(n: int) -> int:
    return n + len(locals())  # error: [PF106]
