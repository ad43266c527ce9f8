"""The Mandelbrot set in letters: how long each point takes to escape."""

from pyfreeze import float64, int64


def escape(cr: float64, ci: float64, limit: int64) -> int64:
    zr = 0.0
    zi = 0.0
    for k in range(limit):
        r2 = zr * zr
        i2 = zi * zi
        if r2 + i2 > 4.0:
            return k
        zi = 2.0 * zr * zi + ci
        zr = r2 - i2 + cr
    return limit


def main() -> None:
    width, height, limit = 78, 30, 8000
    for row in range(height):
        ci = 2.4 * row / (height - 1) - 1.2
        counts = [escape(3.0 * column / (width - 1) - 2.1, ci, limit) for column in range(width)]
        print("".join(" .:-=+*#%@"[min(count, 63) * 9 // 63] if count < limit else "@" for count in counts))


if __name__ == "__main__":
    main()
