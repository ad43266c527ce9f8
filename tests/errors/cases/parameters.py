"""PF103, PF104, PF107, PF108, PF109, PF118: functions that cannot be native for what their parameters are."""

from collections.abc import Callable, Iterator


def unannotated(n) -> int:  # error: [PF103]
    return n


def of_text(name: str) -> int:
    return 1


def to_text(n: int) -> str:
    return str(n)  # error: [PF106]


def set_anew(numbers: list[int], other: list[int]) -> int:
    numbers = other  # noqa: F841  # error: [PF118]
    return 1


def deleted(numbers: list[int]) -> int:
    del numbers  # error: [PF118]
    return 1


def adder(n: int) -> Callable[[int], int]:  # error: [PF107]
    def add(m: int) -> int:  # error: [PF107] # error: [PF101]
        return n + m

    return add


def count(n: int) -> Iterator[int]:  # error: [PF108]
    yield n  # error: [PF102]


async def later(n: int) -> int:  # error: [PF108]
    return n


def collected(*numbers: int) -> int:  # error: [PF109]
    return 0


def named(**numbers: int) -> int:  # error: [PF109]
    return 0


class Point:
    def __init__(self, x: int) -> None:  # error: [PF104]
        self.x = x  # error: [PF101]
