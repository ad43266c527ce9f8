"""Int constants beyond a tagged word: static words that own their objects, filled when the module is first imported."""

from __future__ import annotations

from pyfreeze.codegen.slow_paths import slow_path, slow_path_type
from pyfreeze.codegen.symbols import Symbols
from pyfreeze.ir.types import SMALL_MAXIMUM, SMALL_MINIMUM
from pyfreeze.primitives import TABLE

_PIECE = 60
"""Bits that are added in one step."""


def is_big(value: int) -> bool:
    return not SMALL_MINIMUM <= value <= SMALL_MAXIMUM


def fill_big_constants(symbols: Symbols) -> str:
    """`i1 @big_constants()`: fill the words that are not filled yet; whether that failed, with an exception set."""
    filler = _Filler(symbols)
    for value, word in symbols.big_constants.items():
        filler.fill(value, word)
    return filler.text()


class _Filler:
    """Puts each constant together from pieces: shift the part that is there, add the next piece."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols
        self._lines: list[str] = []
        self._counter = 0

    def text(self) -> str:
        body = "\n".join([*self._lines, "ret i1 false", "failed:", "ret i1 true"])
        return f"define internal i1 @big_constants() #2 {{\n{body}\n}}\n"

    def fill(self, value: int, word: str) -> None:
        known, empty = self._fresh(), self._fresh()
        make, following = f"make{self._counter}", f"next{self._counter}"
        self._lines += [
            f"{known} = load i64, ptr {word}",
            f"{empty} = icmp eq i64 {known}, 0",
            f"br i1 {empty}, label %{make}, label %{following}",
            f"{make}:",
            f"store i64 {self._made(value)}, ptr {word}",
            f"br label %{following}",
            f"{following}:",
        ]

    def _made(self, value: int) -> str:
        if not is_big(value):
            return str(value << 1)
        high = self._made(value >> _PIECE)
        shifted = self._apply("int.lshift", high, _PIECE)
        made = self._apply("int.or", shifted, value & ((1 << _PIECE) - 1))
        return made

    def _apply(self, row: str, left: str, right: int) -> str:
        """The result of a row on a tagged word that is given up, and a small int."""
        primitive = TABLE[row]
        returned, pair, status, failed, made = slow_path_type(primitive), *(self._fresh() for _ in range(4))
        following = f"made{self._counter}"
        self._lines += [
            f"{pair} = call {returned} {slow_path(self._symbols, primitive, polls=False)}(i64 {left}, i64 {right << 1})",
            f"call void {self._symbols.slot('pf_int_decref')}(i64 {left})",
            f"{status} = extractvalue {returned} {pair}, 1",
            f"{failed} = icmp ne i8 {status}, 0",
            f"br i1 {failed}, label %failed, label %{following}",
            f"{following}:",
            f"{made} = extractvalue {returned} {pair}, 0",
        ]
        return made

    def _fresh(self) -> str:
        self._counter += 1
        return f"%v{self._counter}"
