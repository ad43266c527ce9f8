"""A report from a table in CSV: sales by region, with a checksum. Reading and printing run as ordinary Python."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections import defaultdict
from dataclasses import dataclass

from pyfreeze import int64, uint32

REGIONS = ("North", "East", "South", "West")


def next_random(state: uint32) -> uint32:
    return (state * 1664525 + 1013904223) & 0xFFFFFFFF


def add_to_checksum(checksum: uint32, cents: int64) -> uint32:
    """Fowler-Noll-Vo, a byte at a time."""
    for shift in range(0, 64, 8):
        checksum = ((checksum ^ ((cents >> shift) & 0xFF)) * 16777619) & 0xFFFFFFFF
    return checksum


def standard_error(deviation: float, count: int) -> float:
    return deviation / math.sqrt(count)


@dataclass
class Sale:
    region: str
    cents: int


def table(rows: int) -> str:
    """Made-up sales, always the same."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["region", "amount"])
    state = 7
    for _ in range(rows):
        state = next_random(state)
        writer.writerow([REGIONS[state >> 30], f"{(state >> 8) % 50_000 / 100:.2f}"])
    return out.getvalue()


def read(text: str) -> list[Sale]:
    return [Sale(row["region"], round(float(row["amount"]) * 100)) for row in csv.DictReader(io.StringIO(text))]


def main() -> None:
    sales = read(table(150_000))
    by_region: dict[str, list[int]] = defaultdict(list)
    checksum = 2166136261
    for sale in sales:
        by_region[sale.region].append(sale.cents)
        checksum = add_to_checksum(checksum, sale.cents)
    for region in sorted(by_region):
        amounts = by_region[region]
        mean, deviation = statistics.fmean(amounts), statistics.pstdev(amounts)
        error = standard_error(deviation, len(amounts))
        print(
            f"{region:6} {len(amounts):6} sales, {sum(amounts) / 100:12,.2f} in all, {mean:9.2f} ± {error:.2f} cents each"
        )
    print(f"checksum {checksum:08x}")


if __name__ == "__main__":
    main()
