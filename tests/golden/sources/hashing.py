"""Masked arithmetic wraps; a constant of the module is assumed."""

from typing import Final

from pyfreeze import uint32

PRIME: Final = 16777619


def step(h: uint32, byte: uint32) -> uint32:
    return ((h ^ byte) * PRIME) & 0xFFFFFFFF
