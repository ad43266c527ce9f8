"""PF402, and what of frozen values is not compiled yet."""

from pyfreeze import Array, float64, frozen, int64


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


def counted(points: tuple[int64, Array[Counted]]) -> int64:  # error: [PF104]
    return points[0]


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
