"""Functions and modules of the IR, and the stage that each is in."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pyfreeze.ir.instructions import Block, Instruction, Value, edges_of
from pyfreeze.ir.types import StructType, Type


class Stage(enum.IntEnum):
    BUILT = 0  # Python semantics; failing instructions have sites
    EXPLICIT = 1  # failing instructions have handlers; polls and tracebacks are there
    LOWERED = 2  # reference counts are there too; what codegen accepts


@dataclass(frozen=True, slots=True)
class FrameShape:
    """Of a framed function's variables: how many are set on entry, how many are local, and all, with cells."""

    arguments: int
    locals: int
    variables: int

    def __str__(self) -> str:
        return f"{self.arguments}/{self.locals}/{self.variables}"


@dataclass(eq=False, slots=True)
class Function:
    """One native function. `blocks[0]` is the entry; its parameters are the function's, borrowed from the caller."""

    name: str  # qualified name, unique in the module
    parameter_names: tuple[str, ...]
    result: Type
    blocks: list[Block] = field(default_factory=list)
    bindings: set[Binding] = field(default_factory=set)  # assumed by this function itself, not by its callees
    line: int = 0
    impure: bool = False  # has side effects, so it must not start again: it leaves native code in the middle
    frame: FrameShape | None = None  # of a framed function, which works on the variables in its interpreter's frame
    known_names: Mapping[str, str] = field(
        default_factory=dict
    )  # of a framed function: what names of the module probably are

    @property
    def framed(self) -> bool:
        """Whether it was made from bytecode (`pyfreeze.lifting`)."""
        return self.frame is not None

    @property
    def is_specialised(self) -> bool:
        """Whether it is a generic function for certain types, `dot[float64]`: only native code calls it."""
        return "[" in self.name

    @property
    def entry(self) -> Block:
        return self.blocks[0]

    @property
    def parameters(self) -> list[Value]:
        return self.blocks[0].parameters

    def instructions(self) -> Iterator[Instruction]:
        for block in self.blocks:
            yield from block.instructions


class BindingKind(enum.IntEnum):
    """What is assumed about a name. Counterpart: `PfBinding.kind` in `runtime/include/pyfreeze_abi.h`.

    They are checked in this order: a VALUE may be an instance of a CLASS.
    """

    FUNCTION = 0  # module global is the function that the compiled `def` made, with its defaults; with an `attribute`:
    # it is a class that has it under that name, as `module` says: plainly, or as a "property", "staticmethod", …
    CONSTANT = 1  # module global has this very value; with an `attribute`: it is a frozen class that has it there
    BUILTIN = 2  # not shadowed by a module global, and pristine in `builtins`
    MODULE = 3  # module global is that module
    ATTRIBUTE = 4  # `module.attribute` is pristine
    IMPORTED = 5  # module global is the pristine `module.attribute`
    CLASS = 6  # module global is the frozen class with the fields of this type, and its constructor is pristine
    VALUE = 7  # module global has a value of this type, which is stored for `LoadGlobal` when that is checked; with an
    # `attribute`: it is a frozen class that has it there


ConstantValue = int | float | bool | str | None | tuple["ConstantValue", ...]

UNKNOWN_DEFAULTS = "?"
"""`Binding.constant` of a FUNCTION some of whose defaults are no constants: nothing is assumed about them."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One assumption: see `BindingKind` for which fields say what."""

    kind: BindingKind
    name: str
    module: str = ""
    attribute: str = ""
    function: str = ""
    constant: ConstantValue = None  # of a FUNCTION: its `__defaults__`
    keyword_defaults: tuple[tuple[str, ConstantValue], ...] = ()  # of its `__kwdefaults__`, or a class's fields
    type: Type | None = None  # of a VALUE or a CLASS

    @property
    def path(self) -> str:
        """The name, or for what a class has `class.attribute`."""
        return f"{self.name}.{self.attribute}" if self.attribute and self.kind in _OF_CLASSES else self.name


_OF_CLASSES = (BindingKind.FUNCTION, BindingKind.CONSTANT, BindingKind.VALUE)


MAXIMUM_SCALARS = 16
"""In the type of a VALUE. Counterpart: `PF_MAXIMUM_SCALARS` in `runtime/include/pyfreeze_abi.h`."""


@dataclass(eq=False, slots=True)
class Module:
    name: str
    functions: dict[str, Function] = field(default_factory=dict)
    stage: Stage = Stage.BUILT
    structs: dict[str, StructType] = field(default_factory=dict)  # by name; a class comes after those in its fields
    framed: dict[str, Function] = field(default_factory=dict)  # functions that are not in `functions`


def predecessors(function: Function) -> dict[Block, list[Block]]:
    """Blocks by the blocks they can be entered from (handlers included), a block once per edge."""
    result: dict[Block, list[Block]] = {block: [] for block in function.blocks}
    for block in function.blocks:
        for instruction in block.instructions:
            for edge in edges_of(instruction):
                result[edge.target].append(block)
    return result


def reverse_postorder(function: Function) -> list[Block]:
    """Blocks reachable from the entry; a block comes before its successors except over back edges."""
    visited: set[Block] = set()
    postorder: list[Block] = []
    stack: list[tuple[Block, Iterator[Block]]] = []

    def push(block: Block) -> None:
        visited.add(block)
        targets = [edge.target for instruction in block.instructions for edge in edges_of(instruction)]
        stack.append((block, iter(reversed(targets))))

    push(function.entry)
    while stack:
        block, successors = stack[-1]
        following = next((successor for successor in successors if successor not in visited), None)
        if following is None:
            postorder.append(block)
            stack.pop()
        else:
            push(following)
    return postorder[::-1]
