"""Counts words in a text. Works on strings and dictionaries, so that most of it still runs as ordinary Python."""

from __future__ import annotations

import re
import sys
from collections import Counter

TEXT = """
It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness,
it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of
Darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing
before us, we were all going direct to Heaven, we were all going direct the other way.
"""
REPEATED = 4_000


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def share(count: int, total: int) -> float:
    return 100.0 * count / total


def report(counts: Counter[str], total: int, lines: int) -> str:
    rows = [f"{word:12} {count:4} {share(count, total):6.2f} %" for word, count in counts.most_common(lines)]
    return "\n".join(rows)


def main() -> None:
    text = sys.stdin.read() if "-" in sys.argv[1:] else TEXT * REPEATED
    found = words(text)
    print(f"{len(found)} words, {len(set(found))} different")
    print(report(Counter(found), len(found), 8))


if __name__ == "__main__":
    main()
