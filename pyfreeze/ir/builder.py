"""Building IR: a current block and one method for each instruction."""

from __future__ import annotations

from collections.abc import Sequence

from pyfreeze.ir.function import Function
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    Call,
    CheckBindings,
    CondBranch,
    Constant,
    Deopt,
    Edge,
    GetItem,
    Instruction,
    MakeTuple,
    Poll,
    Raise,
    ResumeState,
    Return,
    Site,
    Terminator,
    Unreachable,
    Value,
    effects_of,
    may_leave,
)
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import AggregateType, OptionalType, StructType, TupleType, Type


class FunctionBuilder:
    """Appends to the current block of a function. After a terminator, activate another block first.

    resume: the state of the current statement, noted at whatever may leave native code
    """

    def __init__(self, function: Function) -> None:
        self.function = function
        self.block: Block | None = None
        self.resume: ResumeState | None = None
        self.has_written = False  # or called what may have
        self._block_names: dict[str, int] = {}

    @property
    def terminated(self) -> bool:
        """Whether nothing can be appended here: the current block has ended, or there is none."""
        return self.block is None or bool(
            self.block.instructions and isinstance(self.block.instructions[-1], Terminator)
        )

    def new_block(self, name: str) -> Block:
        """A block of the function, its name made unique with a number."""
        number = self._block_names.get(name, 0)
        self._block_names[name] = number + 1
        block = Block(f"{name}{number}" if number else name)
        self.function.blocks.append(block)
        return block

    def activate(self, block: Block) -> None:
        self.block = block

    def emit(self, instruction: Instruction) -> Value | None:
        assert self.block is not None and not self.terminated
        if self.resume is not None and (may_leave(instruction) or effects_of(instruction).writes):
            instruction.resume = self.resume.replaced({})
        self.has_written |= effects_of(instruction).writes or isinstance(instruction, Call)
        self.block.instructions.append(instruction)
        return instruction.result

    def _value(self, instruction: Instruction) -> Value:
        result = self.emit(instruction)
        assert result is not None
        return result

    def constant(self, type_: Type, value: int | float | bool | str | None) -> Value:
        return self._value(Constant([], Value(type_), value=value))

    def apply(self, primitive: Primitive, operands: Sequence[Value], site: Site | None = None, name: str = "") -> Value:
        kept = site if primitive.effects.fails else None
        return self._value(Apply(list(operands), Value(primitive.result, name), kept, primitive=primitive))

    def call(
        self,
        function: str,
        result: Type,
        operands: Sequence[Value],
        site: Site | None,
        returned: ResumeState | None = None,
    ) -> Value:
        return self._value(Call(list(operands), Value(result), site, function=function, returned=returned))

    def make_tuple(self, items: Sequence[Value]) -> Value:
        return self._value(MakeTuple(list(items), Value(TupleType(tuple(item.type for item in items)))))

    def make_struct(self, type_: StructType, fields: Sequence[Value]) -> Value:
        return self._value(MakeTuple(list(fields), Value(type_)))

    def make_optional(self, type_: OptionalType, is_set: Value, item: Value) -> Value:
        return self._value(MakeTuple([is_set, item], Value(type_)))

    def get_item(self, operand: Value, index: int) -> Value:
        assert isinstance(operand.type, AggregateType)
        return self._value(GetItem([operand], Value(operand.type.items[index]), index=index))

    def poll(self, site: Site) -> None:
        self.emit(Poll([], None, site))

    def check_bindings(self) -> None:
        self.emit(CheckBindings([]))

    def branch(self, target: Block, arguments: Sequence[Value] = ()) -> None:
        self.emit(Branch([], edges=[Edge(target, list(arguments))]))

    def cond_branch(self, condition: Value, then: Edge, otherwise: Edge, likely: bool | None = None) -> None:
        self.emit(CondBranch([condition], edges=[then, otherwise], likely=likely))

    def ret(self, value: Value) -> None:
        self.emit(Return([value]))

    def deopt(self, only_from_start: bool = False) -> None:
        """Leave native code; `only_from_start` where the interpreter could not go on from values alone."""
        leaving = Deopt([])
        self.emit(leaving)
        if only_from_start:
            leaving.resume = None

    def raise_(self, exception: str, operands: Sequence[Value], bare: bool, site: Site) -> None:
        self.emit(Raise(list(operands), None, site, exception=exception, bare=bare))
        self.emit(Unreachable([]))
