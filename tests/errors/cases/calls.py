"""PF106: calls of something that is not compiled."""

import functools


@functools.cache
def cached(n: int) -> int:
    return n + 1


def calls_decorated(n: int) -> int:
    return cached(n)  # error: [PF106]


def prints(n: int) -> int:
    print(n)  # error: [PF106]
    return n


def calls_a_twin(n: int) -> int:
    return prints(n)  # error: [PF106]


def calls_twice_bound(n: int) -> int:
    return chosen(n)  # error: [PF106]


def chosen(n: int) -> int:
    return n


if calls_twice_bound.__doc__:

    def chosen(n: int) -> int:
        return n + 1


def calls_its_parameter(n: int, f: int) -> int:
    return f(n)  # error: [PF106]  # error: [PF401]
