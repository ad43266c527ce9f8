"""Kernels over floats, as written in `floats.c`."""

import math

from pyfreeze import float64, int64


def slope(t: float64, y: float64) -> float64:
    return y * (1.0 - y) - 0.1 * t


def rk4(n: int64) -> float64:
    y = 0.5
    t = 0.0
    h = 1.0 / n
    for _ in range(n):
        k1 = slope(t, y)
        k2 = slope(t + h / 2.0, y + h * k1 / 2.0)
        k3 = slope(t + h / 2.0, y + h * k2 / 2.0)
        k4 = slope(t + h, y + h * k3)
        y += h * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0
        t += h
    return y


def orbit(n: int64) -> float64:
    x = 1.0
    y = 0.0
    vx = 0.0
    vy = 1.0
    dt = 0.001
    for _ in range(n):
        r2 = x * x + y * y
        r3 = r2 * math.sqrt(r2)
        vx -= dt * x / r3
        vy -= dt * y / r3
        x += dt * vx
        y += dt * vy
    return x * x + y * y


def pendulum(n: int64) -> float64:
    angle = 1.0
    speed = 0.0
    dt = 0.0001
    for _ in range(n):
        speed -= 9.81 * math.sin(angle) * dt
        angle += speed * dt
    return angle


def simpson(n: int64) -> float64:
    h = 2.0 / n
    total = math.exp(0.0) + math.exp(-4.0)
    for i in range(1, n):
        x = i * h
        total += (4.0 if i % 2 == 1 else 2.0) * math.exp(-x * x)
    return total * h / 3.0


def monte_carlo(n: int64) -> float64:
    seed: int64 = 12345
    inside: int64 = 0
    for _ in range(n):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        x = seed / 2147483648.0
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        y = seed / 2147483648.0
        if x * x + y * y <= 1.0:
            inside += 1
    return 4.0 * inside / n


def logistic(n: int64) -> float64:
    x = 0.3
    total = 0.0
    for _ in range(n):
        x = 3.9 * x * (1.0 - x)
        total += x
    return total / n


def leibniz(n: int64) -> float64:
    total = 0.0
    sign = 1.0
    for k in range(n):
        total += sign / (2 * k + 1)
        sign = -sign
    return 4.0 * total


def horner(n: int64) -> float64:
    total = 0.0
    for i in range(n):
        x = i / n
        total += ((((2.0 * x - 3.0) * x + 1.5) * x - 0.25) * x + 4.0) * x - 1.0
    return total


def root(a: float64) -> float64:
    x = a
    for _ in range(20):
        x = 0.5 * (x + a / x)
    return x


def babylonian(n: int64) -> float64:
    total = 0.0
    for i in range(1, n):
        total += root(i * 1.0)
    return total


def bands(n: int64) -> float64:
    low = 0.0
    high = 0.0
    x = 0.5
    for _i in range(n):
        x = x * 1.000001 + 0.1
        if x > 10.0:
            x -= 10.0
        if x < 3.0:
            low += x
        elif x > 7.0:
            high += x * 0.5
        else:
            low -= 0.001
    return low + high


def lorenz_step(x: float64, y: float64, z: float64, dt: float64) -> tuple[float64, float64, float64]:
    return x + 10.0 * (y - x) * dt, y + (x * (28.0 - z) - y) * dt, z + (x * y - 8.0 / 3.0 * z) * dt


def lorenz(n: int64) -> float64:
    x = 1.0
    y = 1.0
    z = 1.0
    for _ in range(n):
        x, y, z = lorenz_step(x, y, z, 0.001)
    return x + y + z


def harmonic(n: int64) -> float64:
    total = 0.0
    for i in range(1, n + 1):
        total += 1.0 / i
    return total


def julia(n: int64) -> int64:
    total: int64 = 0
    for row in range(n):
        for column in range(n):
            x = -1.5 + 3.0 * column / n
            y = -1.5 + 3.0 * row / n
            k: int64 = 0
            while k < 100 and x * x + y * y < 4.0:
                x, y = x * x - y * y - 0.8, 2.0 * x * y + 0.156
                k += 1
            total += k
    return total


def quarter(x: float64) -> float64:
    return math.sqrt(1.0 - x * x)


def trapezoid(n: int64) -> float64:
    h = 1.0 / n
    total = (quarter(0.0) + quarter(1.0)) / 2.0
    for i in range(1, n):
        total += quarter(i * h)
    return total * h * 4.0


def surface(x: float64, y: float64) -> float64:
    return x * x * y + x / (1.0 + y * y)


def double_integral(n: int64) -> float64:
    h = 1.0 / n
    total = 0.0
    for i in range(n):
        for j in range(n):
            total += surface((i + 0.5) * h, (j + 0.5) * h)
    return total * h * h


def spring(n: int64) -> float64:
    t = 0.0
    dt = 0.001
    end = n * 0.001
    position = 1.0
    velocity = 0.0
    highest = 0.0
    while t < end:
        acceleration = -4.0 * position - 0.1 * velocity
        velocity += acceleration * dt
        position += velocity * dt
        if abs(position) > highest:
            highest = abs(position)
        t += dt
    return position + highest


def bisect(target: float64) -> float64:
    low = 0.0
    high = 2.0
    while high - low > 1e-12:
        middle = (low + high) / 2.0
        if middle * middle * middle + middle < target:
            low = middle
        else:
            high = middle
    return low


def bisections(n: int64) -> float64:
    total = 0.0
    for i in range(n):
        total += bisect(5.0 * i / n)
    return total


def kepler(mean: float64, eccentricity: float64) -> float64:
    anomaly = mean
    for _ in range(5):
        anomaly -= (anomaly - eccentricity * math.sin(anomaly) - mean) / (1.0 - eccentricity * math.cos(anomaly))
    return anomaly


def kepler_sum(n: int64) -> float64:
    total = 0.0
    for i in range(n):
        total += kepler(6.0 * i / n, 0.3)
    return total


def smooth(n: int64) -> float64:
    average = 0.0
    worst = 0.0
    for i in range(n):
        value = (i % 100) * 0.01
        average = 0.9 * average + 0.1 * value
        worst = max(worst, abs(value - average))
    return average + worst


def compound(n: int64) -> float64:
    total = 0.0
    for years in range(n):
        balance = 1000.0
        year: int64 = 0
        while balance < 2000.0:
            balance *= 1.0 + (years % 10 + 1) / 100.0
            year += 1
        total += year
    return total


def distance(x1: float64, y1: float64, x2: float64, y2: float64) -> float64:
    return math.sqrt((x1 - x2) ** 2 + (y1 - y2) ** 2)


def tour(n: int64) -> float64:
    total = 0.0
    x = 0.0
    y = 0.0
    for i in range(n):
        nx = (i * 7919 % 1000) / 10.0
        ny = (i * 104729 % 1000) / 10.0
        total += distance(x, y, nx, ny)
        x = nx
        y = ny
    return total


def taylor_sine(x: float64) -> float64:
    term = x
    total = x
    k: int64 = 1
    while abs(term) > 1e-15:
        term *= -x * x / ((2 * k) * (2 * k + 1))
        total += term
        k += 1
    return total


def sines(n: int64) -> float64:
    total = 0.0
    for i in range(n):
        total += taylor_sine(i % 10 * 0.3)
    return total


def two_bodies(n: int64) -> float64:
    ax, ay, bx, by = 0.0, 0.0, 1.0, 0.0
    avx, avy, bvx, bvy = 0.0, -0.05, 0.0, 0.95
    dt = 0.001
    for _ in range(n):
        dx = bx - ax
        dy = by - ay
        d2 = dx * dx + dy * dy + 0.0001
        f = dt / (d2 * math.sqrt(d2))
        avx += dx * f * 0.05
        avy += dy * f * 0.05
        bvx -= dx * f
        bvy -= dy * f
        ax += avx * dt
        ay += avy * dt
        bx += bvx * dt
        by += bvy * dt
    return ax + ay + bx + by
