"""The outer planets for some years: frozen bodies in one flat array, and the energy that should stay as it is."""

from __future__ import annotations

import math

from pyfreeze import Array, float64, frozen, int64


@frozen
class Vector:
    x: float64
    y: float64
    z: float64

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other: Vector) -> Vector:
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, factor: float64) -> Vector:
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other: Vector) -> float64:
        return self.x * other.x + self.y * other.y + self.z * other.z


@frozen
class Body:
    place: Vector
    speed: Vector
    mass: float64

    def pushed(self, change: Vector) -> Body:
        return Body(self.place, self.speed + change, self.mass)

    def moved(self, days: float64) -> Body:
        return Body(self.place + self.speed * days, self.speed, self.mass)


NAMES = ["Sun", "Jupiter", "Saturn", "Uranus", "Neptune"]
GRAVITY = 0.000295912208


def planets() -> Array[Body]:
    """Places in astronomical units, speeds in those a day, masses in those of the sun."""
    system = Array[Body]()
    system.append(Body(Vector(0.0, 0.0, 0.0), Vector(0.0, 0.0, 0.0), 1.0))
    system.append(Body(Vector(4.841, -1.160, -0.104), Vector(0.00166, 0.0076991, -0.0000691), 0.000954792))
    system.append(Body(Vector(8.343, 4.125, -0.404), Vector(-0.0027674, 0.0049985, 0.0000230), 0.000285886))
    system.append(Body(Vector(12.894, -15.111, -0.223), Vector(0.0029646, 0.0023785, -0.0000297), 0.000043662))
    system.append(Body(Vector(15.380, -25.919, 0.179), Vector(0.0026807, 0.0016282, -0.0000952), 0.000051514))
    return system


def centre(system: Array[Body]) -> None:
    """Give the sun the speed with which the whole stands still."""
    momentum = Vector(0.0, 0.0, 0.0)
    for body in system:
        momentum = momentum + body.speed * body.mass
    sun = system[0]
    system[0] = sun.pushed(momentum * (-1.0 / sun.mass))


def attract(system: Array[Body], days: float64) -> None:
    for i in range(len(system)):
        one = system[i]
        for j in range(i + 1, len(system)):
            other = system[j]
            apart = one.place - other.place
            square = apart.dot(apart)
            pull = GRAVITY * days / (square * math.sqrt(square))
            one = one.pushed(apart * (-other.mass * pull))
            system[j] = other.pushed(apart * (one.mass * pull))
        system[i] = one


def move(system: Array[Body], days: float64) -> None:
    for i in range(len(system)):
        body = system[i]
        system[i] = body.moved(days)


def energy(system: Array[Body]) -> float64:
    total = 0.0
    for i in range(len(system)):
        one = system[i]
        total += 0.5 * one.mass * one.speed.dot(one.speed)
        for j in range(i + 1, len(system)):
            other = system[j]
            apart = one.place - other.place
            total -= GRAVITY * one.mass * other.mass / math.sqrt(apart.dot(apart))
    return total


def simulate(system: Array[Body], steps: int64, days: float64) -> None:
    for _ in range(steps):
        attract(system, days)
        move(system, days)


def main() -> None:
    system = planets()
    centre(system)
    print(f"energy at the start {energy(system):.12e}")
    for year in range(20, 101, 20):
        simulate(system, 2922, 2.5)
        print(f"after {year:3} years   {energy(system):.12e}")
    for name, body in zip(NAMES, system, strict=True):
        place = body.place
        print(f"{name:8} {place.x:9.4f} {place.y:9.4f} {place.z:9.4f}")


if __name__ == "__main__":
    main()
