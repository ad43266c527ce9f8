"""PF402, and what of frozen values is not compiled yet."""

from typing import Generic, TypeVar

from pyfreeze import Array, float64, frozen, int64

T = TypeVar("T")
U = TypeVar("U")


@frozen
class Point:
    x: float64
    name: str = ""


@frozen
class Counted:
    x: float64
    n: int


@frozen
class Place:
    x: float64

    def at(self, other: "Place") -> bool:
        return self is other  # error: [PF402]

    def scaled(self, by: float64) -> "Place":
        return self * by  # type: ignore  # error: [PF102]

    def number(self) -> int:
        return id(self)  # error: [PF402]


def named(point: Point) -> str:
    return point.name + "!"  # error: [PF102]


def spoilt(points: Array[Point]) -> int64:  # error: [PF104]
    return int64(len(points))


def counted(points: Array[Counted]) -> int64:  # error: [PF104]
    return int64(len(points))


def of_text(a: Array[int64]) -> bool:
    a.extend([1, 2])  # error: [PF102]
    return "x" in a  # type: ignore  # error: [PF112]


def with_steps(a: Array[int64]) -> Array[int64]:
    a[:2] = a  # type: ignore  # error: [PF101] # error: [PF102]
    a.sort(key=lambda v: -v)  # error: [PF102]
    return a[::2]  # error: [PF112]


def shown(places: Array[Place]) -> None:
    for place in places:
        print(place)  # error: [PF106]


@frozen
class Pair(Generic[T]):
    a: T
    b: T

    def of(self, other: U) -> U:  # error: [PF104]
        return other


@frozen
class Chain(Generic[T]):
    value: T
    rest: "Chain[T] | None" = None


def no_floats(x: float64) -> Pair[float64]:
    return Pair(1, 2)  # error: [PF105]


def two_types(x: float64, n: int64) -> float64:
    return Pair(x, n).a  # type: ignore  # error: [PF114]


def chained(chain: Chain[int64]) -> int64:
    return chain.rest.value  # type: ignore  # error: [PF102]


def compared(p: Pair[float64], q: Pair[int64]) -> bool:
    return p == q  # error: [PF102]
