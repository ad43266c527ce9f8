"""PF402, and what of frozen values is not compiled yet."""

from pyfreeze import float64, frozen


@frozen
class Point:
    x: float64
    name: str = ""


@frozen
class Place:
    x: float64

    def at(self, other: "Place") -> bool:
        return self is other  # error: [PF402]

    def scaled(self, by: float64) -> "Place":
        return self * by  # type: ignore  # error: [PF102]


def boxed(point: Point) -> float64:  # error: [PF104]
    return point.x  # error: [PF102]
