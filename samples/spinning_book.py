"""A book thrown in the air: turned about its middle axis it flips over now and then. Quaternions for its attitude."""

from __future__ import annotations

import math

from pyfreeze import float64, frozen, int64


@frozen
class Vector:
    x: float64
    y: float64
    z: float64

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __mul__(self, factor: float64) -> Vector:
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other: Vector) -> float64:
        return self.x * other.x + self.y * other.y + self.z * other.z

    def cross(self, other: Vector) -> Vector:
        return Vector(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )


@frozen
class Quaternion:
    real: float64
    vector: Vector

    def __add__(self, other: Quaternion) -> Quaternion:
        return Quaternion(self.real + other.real, self.vector + other.vector)

    def __mul__(self, other: Quaternion) -> Quaternion:
        return Quaternion(
            self.real * other.real - self.vector.dot(other.vector),
            other.vector * self.real + self.vector * other.real + self.vector.cross(other.vector),
        )

    def scaled(self, factor: float64) -> Quaternion:
        return Quaternion(self.real * factor, self.vector * factor)

    def norm(self) -> float64:
        return math.sqrt(self.real * self.real + self.vector.dot(self.vector))

    def unit(self) -> Quaternion:
        return self.scaled(1.0 / self.norm())

    def turned(self, vector: Vector) -> Vector:
        conjugate = Quaternion(self.real, self.vector * -1.0)
        return (self * Quaternion(0.0, vector) * conjugate).vector


@frozen
class State:
    attitude: Quaternion
    spin: Vector

    def after(self, change: State, time: float64) -> State:
        return State(self.attitude + change.attitude.scaled(time), self.spin + change.spin * time)


INERTIA = Vector(1.0, 2.0, 3.0)


def change(state: State) -> State:
    """Euler's equations, in the axes of the book."""
    spin = state.spin
    angular = Vector(
        (INERTIA.y - INERTIA.z) * spin.y * spin.z / INERTIA.x,
        (INERTIA.z - INERTIA.x) * spin.z * spin.x / INERTIA.y,
        (INERTIA.x - INERTIA.y) * spin.x * spin.y / INERTIA.z,
    )
    return State((state.attitude * Quaternion(0.0, spin)).scaled(0.5), angular)


def step(state: State, time: float64) -> State:
    """One step of the fourth-order Runge-Kutta method."""
    first = change(state)
    second = change(state.after(first, time / 2.0))
    third = change(state.after(second, time / 2.0))
    fourth = change(state.after(third, time))
    moved = state.after(first, time / 6.0).after(second, time / 3.0)
    moved = moved.after(third, time / 3.0).after(fourth, time / 6.0)
    return State(moved.attitude.unit(), moved.spin)


def integrate(state: State, steps: int64, time: float64) -> State:
    for _ in range(steps):
        state = step(state, time)
    return state


def energy(state: State) -> float64:
    spin = state.spin
    return 0.5 * (INERTIA.x * spin.x * spin.x + INERTIA.y * spin.y * spin.y + INERTIA.z * spin.z * spin.z)


def main() -> None:
    state = State(Quaternion(1.0, Vector(0.0, 0.0, 0.0)), Vector(0.01, 3.0, 0.02))
    print(" time    axis points to              spin           energy")
    for second in range(9):
        axis = state.attitude.turned(Vector(0.0, 1.0, 0.0))
        print(f"{second:4} s  {axis.x:7.4f} {axis.y:7.4f} {axis.z:7.4f}  {state.spin.y:10.6f}  {energy(state):.12f}")
        state = integrate(state, 2000, 0.0005)


if __name__ == "__main__":
    main()
