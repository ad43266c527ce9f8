"""Spheres over a plane, with shadows and mirrors: a picture in letters, or as PPM with a file name, and its checksum."""

from __future__ import annotations

import math
import sys

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

    def unit(self) -> Vector:
        return self * (1.0 / math.sqrt(self.dot(self)))


@frozen
class Ray:
    origin: Vector
    direction: Vector

    def at(self, distance: float64) -> Vector:
        return self.origin + self.direction * distance


@frozen
class Sphere:
    centre: Vector
    radius: float64
    brightness: float64
    mirror: float64


@frozen
class Hit:
    """`distance` is negative where nothing is hit."""

    distance: float64
    number: int64


NOTHING = -1.0
NEAR = 0.001
LETTERS = " .:-=+*#%@"


def distance_to(sphere: Sphere, ray: Ray) -> float64:
    to_centre = sphere.centre - ray.origin
    along = to_centre.dot(ray.direction)
    square = along * along - to_centre.dot(to_centre) + sphere.radius * sphere.radius
    if square < 0.0:
        return NOTHING
    root = math.sqrt(square)
    if along - root > NEAR:
        return along - root
    if along + root > NEAR:
        return along + root
    return NOTHING


def nearest(scene: Array[Sphere], ray: Ray) -> Hit:
    best = Hit(NOTHING, -1)
    for i in range(len(scene)):
        distance = distance_to(scene[i], ray)
        if distance > 0.0 and (best.number < 0 or distance < best.distance):
            best = Hit(distance, i)
    return best


def background(ray: Ray) -> float64:
    """Sky above, a chessboard below."""
    if ray.direction.y >= -0.02:
        return 0.25 + 0.5 * ray.direction.y
    place = ray.at((-1.0 - ray.origin.y) / ray.direction.y)
    dark = math.floor(place.x) + math.floor(place.z)
    return 0.15 if dark & 1 else 0.45


def trace(scene: Array[Sphere], light: Vector, start: Ray) -> float64:
    """Brightness of what is seen along a ray, over at most four mirrors."""
    ray = start
    brightness = 0.0
    weight = 1.0
    for _ in range(5):
        hit = nearest(scene, ray)
        if hit.number < 0:
            return brightness + weight * background(ray)
        sphere = scene[hit.number]
        point = ray.at(hit.distance)
        normal = (point - sphere.centre).unit()
        shade = 0.1
        facing = normal.dot(light)
        if facing > 0.0:
            shadow = nearest(scene, Ray(point, light))
            if shadow.number < 0:
                shade += 0.9 * facing
        brightness += weight * (1.0 - sphere.mirror) * sphere.brightness * shade
        weight *= sphere.mirror
        reflected = ray.direction - normal * (2.0 * ray.direction.dot(normal))
        ray = Ray(point, reflected)
    return brightness


def spheres() -> Array[Sphere]:
    scene = Array[Sphere]()
    for i in range(7):
        angle = i * 0.897597901
        place = Vector(math.cos(angle) * 2.2, -0.5 + (i % 3) * 0.45, 6.0 + math.sin(angle) * 2.2)
        scene.append(Sphere(place, 0.55 + (i % 2) * 0.2, 0.6 + i * 0.05, 0.15 * (i % 4)))
    scene.append(Sphere(Vector(0.0, 0.2, 6.0), 1.1, 0.9, 0.6))
    return scene


def render(scene: Array[Sphere], width: int64, height: int64) -> Array[float64]:
    picture = Array[float64].filled(width * height, 0.0)
    light = Vector(-1.0, 2.0, -1.5).unit()
    eye = Vector(0.0, 0.6, -1.0)
    for row in range(height):
        for column in range(width):
            across = (column - width / 2) / width * 1.6
            up = (height / 2 - row) / height
            direction = Vector(across, up, 1.2).unit()
            shade = trace(scene, light, Ray(eye, direction))
            picture[row * width + column] = shade
    return picture


def checksum(picture: Array[float64]) -> int:
    total = 0
    for shade in picture:
        total = (total * 31 + math.floor(shade * 255.0)) % 1_000_000_007
    return total


def write(path: str, picture: Array[float64], width: int) -> None:
    grey = bytes(min(255, int(shade * 255.0)) for shade in picture)
    with open(path, "wb") as file:
        file.write(b"P5 %d %d 255\n" % (width, len(picture) // width) + grey)


def main() -> None:
    width, height = 234, 144
    picture = render(spheres(), width, height)
    for row in range(0, height, 6):
        shades = [picture[row * width + column] for column in range(0, width, 3)]
        print("".join(LETTERS[min(9, int(shade * 10.0))] for shade in shades).rstrip())
    print("checksum", checksum(picture))
    if len(sys.argv) > 1:
        write(sys.argv[1], picture, width)


if __name__ == "__main__":
    main()
