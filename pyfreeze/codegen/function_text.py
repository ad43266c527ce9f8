"""The lines of one LLVM function while it is written: blocks by label, cold ones laid out after the others."""

from __future__ import annotations

from collections.abc import Sequence


class FunctionText:
    """Lines go to the block opened last; `label` may be set to go on with another one."""

    def __init__(self) -> None:
        self.label = ""
        self._lines: dict[str, list[str]] = {}  # by label
        self._cold: set[str] = set()
        self._counter = 0

    def open(self, label: str, cold: bool = False) -> None:
        self.label = label
        self._lines[label] = []
        if cold:
            self._cold.add(label)

    def line(self, text: str) -> None:
        self._lines[self.label].append(text)

    def prepend(self, label: str, lines: Sequence[str]) -> None:
        """Put `lines` before what the block holds."""
        self._lines[label][:0] = lines

    def fresh(self) -> str:
        """A new local name."""
        self._counter += 1
        return f"%v{self._counter}"

    def new_label(self, purpose: str) -> str:
        self._counter += 1
        return f"{purpose}.{self._counter}"

    def blocks(self) -> list[str]:
        labels = sorted(self._lines, key=lambda label: label in self._cold)
        return ["\n".join([f'"{label}":', *self._lines[label]]) for label in labels]
