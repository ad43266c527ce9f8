"""Frozen values and arrays of them; counterpart of frozen.c. Each returns a checksum."""

from __future__ import annotations

import math

from pyfreeze import Array, float64, frozen, int64


@frozen
class Vec:
    x: float64
    y: float64
    z: float64

    def __add__(self, other: Vec) -> Vec:
        return Vec(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other: Vec) -> Vec:
        return Vec(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, k: float64) -> Vec:
        return Vec(self.x * k, self.y * k, self.z * k)

    def dot(self, other: Vec) -> float64:
        return self.x * other.x + self.y * other.y + self.z * other.z

    def norm(self) -> float64:
        return math.sqrt(self.dot(self))

    def unit(self) -> Vec:
        return self * (1.0 / self.norm())


@frozen
class Body:
    place: Vec
    speed: Vec
    mass: float64


def bodies() -> Array[Body]:
    made = Array[Body]()
    made.append(Body(Vec(0.0, 0.0, 0.0), Vec(0.0, 0.0, 0.0), 39.47))
    made.append(Body(Vec(4.84, -1.16, -0.10), Vec(0.606, 2.811, -0.02), 0.037))
    made.append(Body(Vec(8.34, 4.12, -0.4), Vec(-1.01, 1.82, 0.008), 0.011))
    made.append(Body(Vec(12.89, -15.11, -0.22), Vec(1.08, 0.868, -0.010), 0.0017))
    made.append(Body(Vec(15.37, -25.9, 0.179), Vec(0.979, 0.594, -0.034), 0.002))
    return made


def advance(system: Array[Body], dt: float64) -> None:
    for i in range(len(system)):
        one = system[i]
        for j in range(i + 1, len(system)):
            other = system[j]
            apart = one.place - other.place
            square = apart.dot(apart)
            magnitude = dt / (square * math.sqrt(square))
            one = Body(one.place, one.speed - apart * (other.mass * magnitude), one.mass)
            system[j] = Body(other.place, other.speed + apart * (one.mass * magnitude), other.mass)
        system[i] = one
    for i in range(len(system)):
        body = system[i]
        system[i] = Body(body.place + body.speed * dt, body.speed, body.mass)


def energy(system: Array[Body]) -> float64:
    total = 0.0
    for i in range(len(system)):
        body = system[i]
        total += 0.5 * body.mass * body.speed.dot(body.speed)
        for j in range(i + 1, len(system)):
            other = system[j]
            total -= body.mass * other.mass / (body.place - other.place).norm()
    return total


def n_body(n: int64) -> float64:
    system = bodies()
    for _ in range(n):
        advance(system, 0.01)
    return energy(system)


@frozen
class Sphere:
    centre: Vec
    radius: float64
    shade: float64


def distance(origin: Vec, direction: Vec, sphere: Sphere) -> float64:
    to = sphere.centre - origin
    along = to.dot(direction)
    inside = along * along - to.dot(to) + sphere.radius * sphere.radius
    if inside < 0.0:
        return -1.0
    root = math.sqrt(inside)
    if along - root > 0.001:
        return along - root
    return along + root if along + root > 0.001 else -1.0


def nearest(origin: Vec, direction: Vec, spheres: Array[Sphere]) -> int64:
    found: int64 = -1
    best = 1e30
    for i in range(len(spheres)):
        reach = distance(origin, direction, spheres[i])
        if reach > 0.0 and reach < best:
            best = reach
            found = i
    return found


def scene() -> Array[Sphere]:
    made = Array[Sphere]()
    for i in range(8):
        made.append(Sphere(Vec(i * 0.8 - 3.0, (i % 3) * 0.7 - 0.7, 6.0 + (i % 4)), 0.6, 0.3 + i * 0.05))
    return made


def ray_tracer(n: int64) -> float64:
    spheres = scene()
    light = Vec(-1.0, 2.0, -1.5).unit()
    origin = Vec(0.0, 0.0, 0.0)
    total = 0.0
    for row in range(n):
        for column in range(n):
            direction = Vec((column - n / 2) / n * 1.2, (row - n / 2) / n * 1.2, 1.0).unit()
            hit = nearest(origin, direction, spheres)
            if hit >= 0:
                sphere = spheres[hit]
                point = origin + direction * distance(origin, direction, sphere)
                normal = (point - sphere.centre).unit()
                bright = normal.dot(light)
                if bright > 0.0 and nearest(point, light, spheres) < 0:
                    total += bright * sphere.shade
                else:
                    total += 0.05
    return total


@frozen
class Complex:
    re: float64
    im: float64

    def __add__(self, other: Complex) -> Complex:
        return Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other: Complex) -> Complex:
        return Complex(self.re - other.re, self.im - other.im)

    def __mul__(self, other: Complex) -> Complex:
        return Complex(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    def __truediv__(self, other: Complex) -> Complex:
        square = other.square()
        return Complex(
            (self.re * other.re + self.im * other.im) / square, (self.im * other.re - self.re * other.im) / square
        )

    def square(self) -> float64:
        return self.re * self.re + self.im * self.im


def escape(c: Complex, limit: int64) -> int64:
    z = Complex(0.0, 0.0)
    for step in range(limit):
        if z.square() > 4.0:
            return step
        z = z * z + c
    return limit


def mandelbrot(n: int64) -> int64:
    total: int64 = 0
    for row in range(n):
        for column in range(n):
            total += escape(Complex(column / n * 3.0 - 2.0, row / n * 2.4 - 1.2), 100)
    return total


def newton_steps(z: Complex) -> int64:
    one = Complex(1.0, 0.0)
    three = Complex(3.0, 0.0)
    for step in range(50):
        square = z * z
        value = square * z - one
        if value.square() < 1e-20:
            return step
        if square.square() == 0.0:
            return 50
        z = z - value / (three * square)
    return 50


def newton(n: int64) -> int64:
    total: int64 = 0
    for row in range(n):
        for column in range(n):
            total += newton_steps(Complex(column / n * 4.0 - 2.0, row / n * 4.0 - 2.0))
    return total


@frozen
class Quaternion:
    w: float64
    v: Vec

    def __mul__(self, other: Quaternion) -> Quaternion:
        a, b = self.v, other.v
        return Quaternion(
            self.w * other.w - a.dot(b),
            Vec(
                self.w * b.x + a.x * other.w + a.y * b.z - a.z * b.y,
                self.w * b.y - a.x * b.z + a.y * other.w + a.z * b.x,
                self.w * b.z + a.x * b.y - a.y * b.x + a.z * other.w,
            ),
        )

    def scaled(self, k: float64) -> Quaternion:
        return Quaternion(self.w * k, self.v * k)

    def __add__(self, other: Quaternion) -> Quaternion:
        return Quaternion(self.w + other.w, self.v + other.v)

    def unit(self) -> Quaternion:
        return self.scaled(1.0 / math.sqrt(self.w * self.w + self.v.dot(self.v)))


def rotation(n: int64) -> float64:
    attitude = Quaternion(1.0, Vec(0.0, 0.0, 0.0))
    spin = Vec(0.01, 3.0, 0.02)
    dt = 0.001
    for _ in range(n):
        torque = Vec((2.0 - 3.0) * spin.y * spin.z / 1.0, (3.0 - 1.0) * spin.z * spin.x / 2.0,
                     (1.0 - 2.0) * spin.x * spin.y / 3.0)  # fmt: skip
        spin = spin + torque * dt
        attitude = (attitude + (attitude * Quaternion(0.0, spin)).scaled(0.5 * dt)).unit()
    return attitude.w + attitude.v.x + attitude.v.y + attitude.v.z + spin.x


@frozen
class Particle:
    x: float64
    y: float64
    z: float64
    mass: float64


def particles(n: int64) -> Array[Particle]:
    made = Array[Particle].filled(n, Particle(0.0, 0.0, 0.0, 0.0))
    for i in range(n):
        made[i] = Particle((i & 255) / 256.0, (i & 127) / 128.0, (i & 63) / 64.0, 1.0 + i % 10)
    return made


def drift(cloud: Array[Particle], k: float64) -> None:
    for i in range(len(cloud)):
        p = cloud[i]
        cloud[i] = Particle(p.x + (0.5 - p.x) * k, p.y + (0.5 - p.y) * k, p.z + (0.5 - p.z) * k, p.mass * 0.999)


def updates(n: int64) -> float64:
    cloud = particles(5_000)
    for _ in range(n):
        drift(cloud, 0.01)
    total = 0.0
    for p in cloud:
        total += p.x + 2.0 * p.y + 3.0 * p.z + p.mass
    return total


def struct_appends(n: int64) -> float64:
    cloud = Array[Particle]()
    for i in range(n):
        cloud.append(Particle(i * 0.5, 1.0, 2.0, 3.0))
    total = 0.0
    for p in cloud:
        total += p.x
    return total
