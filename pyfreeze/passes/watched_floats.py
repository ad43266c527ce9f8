"""A strip that computes with elements of NumPy arrays asks the processor once whether NumPy would have warned.

The checks of `float64.add_quiet` and its like keep LLVM from vectorising. So the copy of the strip clears the processor's flags,
computes without checks, and looks at the flags at its end. If one is set, what the strip has stored is put back, the last first,
and the strip runs again as it was written, up to the element in question.

Nothing that the strip computes may go unnoticed: LLVM does not know of the flags, and leaves out or moves what it can. So each
result has to get, by arithmetic alone, into an element that is stored or into a variable that is carried from step to step,
and has to come from an element that is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    CondBranch,
    Constant,
    Edge,
    Instruction,
    MakeTuple,
    Value,
    effects_of,
)
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import FLOAT64, INT64, ViewType
from pyfreeze.passes.strip_bounds import StripBounds
from pyfreeze.primitives import TABLE
from pyfreeze.primitives.float_flags import HAS_FLAGS
from pyfreeze.primitives.views import SAVED_STORES, index_type, view_row


def is_quiet(item: Instruction) -> bool:
    """Whether it is arithmetic that this machine can watch."""
    return HAS_FLAGS and isinstance(item, Apply) and item.primitive.name.endswith("_quiet")


@dataclass(frozen=True, slots=True)
class _Store:
    view: Value
    index: tuple[Value, ...]
    slot: int


class Watch:
    """What is left of the checks in a copy of a strip, at its end."""

    def __init__(self, function: Function, header: Block, bounds: StripBounds) -> None:
        self._function = function
        self._header = header
        self._bounds = bounds
        self._stores: list[_Store] = []

    def begin(self, counter: Value, start: Value) -> None:
        """Let the strip compute without checks; `start` is where `counter` starts."""
        for block in self._loop_blocks():
            block.instructions = [one for item in block.instructions for one in self._watched(item, counter, start)]
        clear = Apply([], Value(TABLE["none.clear_flags"].result), primitive=TABLE["none.clear_flags"])
        self._function.entry.instructions.insert(0, clear)

    def _watched(self, item: Instruction, counter: Value, start: Value) -> list[Instruction]:
        if is_quiet(item):
            assert isinstance(item, Apply)
            item.primitive = TABLE[item.primitive.name.replace("_quiet", "_flagged")]
            item.site = item.resume = None
        elif _is_put(item):
            assert isinstance(item, Apply) and isinstance(item.operands[0].type, ViewType)
            slot, place = len(self._stores), Value(INT64, "place")
            self._stores.append(_Store(item.operands[0], self._bounds.axes(item.operands[1]), slot))
            item.primitive = view_row(f"view.put_saving{slot}", item.operands[0].type)
            item.operands.append(place)
            return [Apply([counter, start], place, primitive=TABLE["int64.sub_wrapping"]), item]
        return [item]

    def _loop_blocks(self) -> list[Block]:
        return [block for block in self._function.blocks if block is not self._function.entry]

    def end(self, block: Block, start: Value, end: Value, again: Edge) -> tuple[Value, Edge, list[Block]]:
        """Ask in `block`, after the strip: whether all is well, where to go if not, and blocks that lead on to `again`."""
        for parameter in self._header.parameters:
            if parameter.type == FLOAT64:
                _apply(TABLE["float64.observe"], [parameter], block)
        raised = _apply(TABLE["bool.flags_raised"], [], block)
        fine = _apply(TABLE["bool.not"], [raised], block)
        if not self._stores:
            return fine, again, []
        return fine, *self._undo(block, start, end, again)

    def _undo(self, block: Block, start: Value, end: Value, again: Edge) -> tuple[Edge, list[Block]]:
        """A loop from the last step to the first."""
        counter = Value(INT64, "undone")
        header, body = Block(f"{self._header.name}.undo", [counter]), Block(f"{self._header.name}.undoing")
        last = _apply(TABLE["int64.sub_wrapping"], [end, _one(block)], block)
        more = _apply(TABLE["int64.ge"], [counter, start], header)
        header.instructions.append(CondBranch([more], edges=[Edge(body), again], likely=None))
        place = _apply(TABLE["int64.sub_wrapping"], [counter, start], body)
        given = {parameter: parameter for parameter in self._function.entry.parameters}
        for store in reversed(self._stores):
            assert isinstance(store.view.type, ViewType)
            index = [self._bounds.evaluate(axis, given, counter, body) for axis in store.index]
            whole = index[0]
            if len(index) > 1:
                whole = Value(index_type(store.view.type))
                body.instructions.append(MakeTuple(index, whole))
            _apply(view_row(f"view.undo{store.slot}", store.view.type), [store.view, whole, place], body)
        before = _apply(TABLE["int64.sub_wrapping"], [counter, _one(body)], body)
        body.instructions.append(Branch([], edges=[Edge(header, [before])]))
        return Edge(header, [last]), [header, body]


def watch(function: Function, header: Block, bounds: StripBounds, counter: Value, is_short: bool) -> Watch | None:
    """How to do without the checks of quiet arithmetic in a strip that is a function of its own, if nothing gets lost.

    is_short: what it stores can be kept
    """
    strip = _Strip(function, header, bounds, counter)
    return Watch(function, header, bounds) if strip.is_straight() and strip.can_be_watched(is_short) else None


class _Strip:
    def __init__(self, function: Function, header: Block, bounds: StripBounds, counter: Value) -> None:
        self._header = header
        self._bounds = bounds
        self._counter = counter
        self._blocks = [block for block in function.blocks if block is not function.entry]
        self._items = [item for block in self._blocks for item in block.instructions]
        self._definitions = {item.result: item for item in self._items if item.result is not None}
        self._passed: dict[Value, Value] = {}  # of what is carried from step to step, what the next step starts with

    def is_straight(self) -> bool:
        """Whether each step does the same; notes what it passes to the next one."""
        for block in self._blocks:
            edges = [edge for item in block.instructions for edge in getattr(item, "edges", ())]
            if block is self._header:
                continue
            if block.parameters or len(edges) > 1:
                return False
            if edges and edges[0].target is self._header:
                if self._passed:
                    return False
                self._passed = dict(zip(self._header.parameters, edges[0].arguments, strict=True))
        return len(self._header.instructions) == 2

    def can_be_watched(self, is_short: bool) -> bool:
        stores = [item for item in self._items if effects_of(item).writes]
        if stores and not (is_short and self._counts_by_one() and self._can_be_undone(stores)):
            return False
        noticed: set[Value] = set()
        for item in stores:
            noticed |= set(self._sources(item.operands[2]))
        for parameter, following in self._passed.items():
            sources = set(self._sources(following))
            if parameter in sources:
                noticed |= sources
        return all(self._is_noticed(item, noticed) for item in self._items if is_quiet(item))

    def _is_noticed(self, item: Instruction, noticed: set[Value]) -> bool:
        assert item.result is not None
        loaded = any(
            value in self._definitions and effects_of(self._definitions[value]).reads
            for value in self._sources(item.result)
        )
        return item.result in noticed and loaded

    def _can_be_undone(self, stores: list[Instruction]) -> bool:
        views = {item.operands[0] for item in stores}
        return len(stores) <= SAVED_STORES and len(views) == len(stores) and all(map(self._is_along, stores))

    def _is_along(self, item: Instruction) -> bool:
        return _is_put(item) and self._bounds.varies(item.operands[1])

    def _counts_by_one(self) -> bool:
        added = self._definitions.get(self._passed[self._counter])
        step = self._definitions.get(added.operands[1]) if isinstance(added, Apply) else None
        return isinstance(step, Constant) and step.value == 1

    def _sources(self, value: Value) -> Iterator[Value]:
        """The doubles that `value` is computed from by arithmetic, with itself."""
        seen: set[Value] = set()
        waiting = [value]
        while waiting:
            current = waiting.pop()
            if current in seen or current.type != FLOAT64:
                continue
            seen.add(current)
            yield current
            definition = self._definitions.get(current)
            if isinstance(definition, Apply) and not effects_of(definition).reads:
                waiting += definition.operands


def _is_put(item: Instruction) -> bool:
    return isinstance(item, Apply) and item.primitive.lowering.view == "put"


def _one(block: Block) -> Value:
    result = Value(INT64)
    block.instructions.append(Constant([], result, value=1))
    return result


def _apply(row: Primitive, operands: list[Value], block: Block) -> Value:
    result = Value(row.result)
    block.instructions.append(Apply(operands, result, primitive=row))
    return result
