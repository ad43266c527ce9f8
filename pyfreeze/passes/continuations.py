"""Places inside a function's blocks at which a copy of it goes on in it: the blocks are split there."""

from __future__ import annotations

from pyfreeze.ir.instructions import Block, Branch, Edge, Instruction, Value, replace_uses, used_values


class NotClosed(Exception):
    """A block uses what another one defines: what is alive in its middle is not known."""


class Continuations:
    """Collects the places first (`at`), then splits (`split`)."""

    def __init__(self) -> None:
        self._places: dict[Block, dict[int, tuple[Block, list[Value]]]] = {}
        self._alive: dict[Block, list[list[Value]]] = {}

    def at(self, block: Block, number: int) -> tuple[Block, list[Value]]:
        """The block that begins with instruction `number` of `block`, and the values that its parameters stand for.

        Raises NotClosed.
        """
        if number == 0:
            return block, block.parameters
        places = self._places.setdefault(block, {})
        if number not in places:
            alive = self._alive_at(block, number)
            parameters = [Value(value.type, value.name) for value in alive]
            places[number] = Block(f"{block.name}.{number}", parameters), alive
        return places[number]

    def split(self) -> None:
        for block, places in self._places.items():
            instructions, starts = block.instructions, sorted(places)
            block.instructions = self._part(instructions, 0, starts, places)
            for order, start in enumerate(starts):
                target, alive = places[start]
                target.instructions = self._part(instructions, start, starts[order + 1 :], places)
                replacements = dict(zip(alive, target.parameters, strict=True))
                for instruction in target.instructions:
                    replace_uses(instruction, replacements)

    def _part(
        self,
        instructions: list[Instruction],
        start: int,
        later: list[int],
        places: dict[int, tuple[Block, list[Value]]],
    ) -> list[Instruction]:
        """Of one block, up to the next place."""
        if not later:
            return instructions[start:]
        target, alive = places[later[0]]
        return [*instructions[start : later[0]], Branch([], edges=[Edge(target, list(alive))])]

    def _alive_at(self, block: Block, number: int) -> list[Value]:
        if block not in self._alive:
            self._alive[block] = _alive(block)
        return self._alive[block][number]


def _alive(block: Block) -> list[list[Value]]:
    """For each instruction, what of the block's values is used by it or after it. Raises NotClosed."""
    defined = [*block.parameters, *(item.result for item in block.instructions if item.result is not None)]
    numbers = {value: number for number, value in enumerate(defined)}
    alive: set[Value] = set()
    found: list[list[Value]] = []
    for instruction in reversed(block.instructions):
        if instruction.result is not None:
            alive.discard(instruction.result)
        alive |= set(used_values(instruction))
        if any(value not in numbers for value in alive):
            raise NotClosed(f"^{block.name} uses a value of another block")
        found.append(sorted(alive, key=numbers.__getitem__))
    return found[::-1]
