"""Of which objects the code that is being written knows where their attributes are (`attribute_groups`), instruction by instruction."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyfreeze.analysis.borrowing import WRITTEN_BY_OTHERS
from pyfreeze.codegen.attribute_groups import ROWS
from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import Apply, Block, DecRef, Instruction, LoadLocal, StoreLocal, Value, effects_of


@dataclass(frozen=True, slots=True)
class Shape:
    """What `shape_of` gave for the object `of_object`, its first operand among them, and a group of so many attributes."""

    of_object: str
    count: int
    parts: tuple[str, str, str]


@dataclass(slots=True)
class _State:
    """shapes: by object. variables: by index, which object is in it."""

    shapes: dict[int, Shape] = field(default_factory=dict)
    variables: dict[int, int] = field(default_factory=dict)

    def copied(self) -> _State:
        return _State(dict(self.shapes), dict(self.variables))


class KnownShapes:
    """Objects are numbers here: the same number is the same object."""

    def __init__(self, function: Function) -> None:
        self._sources: dict[Block, list[Block | None]] = {block: [] for block in function.blocks}
        for block in function.blocks:
            for instruction in block.instructions:
                if instruction.handler is not None:
                    self._sources[instruction.handler.target].append(None)
            for edge in block.terminator.edges:
                self._sources[edge.target].append(block)
        self._ends: dict[Block, _State] = {}
        self._state = _State()
        self._objects: dict[Value, int] = {}

    def start(self, block: Block) -> None:
        """What is known at the end of the only block that comes before is known."""
        sources = self._sources[block]
        before = self._ends.get(sources[0]) if len(sources) == 1 and sources[0] is not None else None
        self._state = before.copied() if before is not None else _State()

    def end(self, block: Block) -> None:
        self._ends[block] = self._state

    def after(self, instruction: Instruction) -> None:
        """Forget what other code may have changed; of attributes, see `all`."""
        match instruction:
            case LoadLocal(result=Value() as result, index=index):
                self._objects[result] = self._state.variables.setdefault(index, len(self._objects))
            case StoreLocal(index=index):
                self._state.variables.pop(index, None)
        if isinstance(instruction, Apply) and instruction.primitive.name in ROWS:
            return
        if isinstance(instruction, StoreLocal | DecRef) or effects_of(instruction).runs_python:
            self._state.shapes.clear()
            if WRITTEN_BY_OTHERS:
                self._state.variables.clear()

    def find(self, owner: Value) -> Shape | None:
        return self._state.shapes.get(self._object(owner))

    def note(self, owner: Value, shape: Shape) -> None:
        self._state.shapes[self._object(owner)] = shape

    def all(self) -> dict[int, Shape]:
        """By object: to be changed where other code has run and they have been found again."""
        return self._state.shapes

    def _object(self, owner: Value) -> int:
        return self._objects.setdefault(owner, len(self._objects))
