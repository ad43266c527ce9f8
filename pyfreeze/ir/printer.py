"""IR as text: what `--dump` shows. Every value has a unique name; types stand at definitions."""

from __future__ import annotations

import json

from pyfreeze.ir.function import Binding, BindingKind, Function, Module
from pyfreeze.ir.instructions import (
    AddTraceback,
    Apply,
    Block,
    Branch,
    Call,
    CheckBindings,
    CheckDepth,
    CondBranch,
    Constant,
    DecRef,
    Deopt,
    Edge,
    Fail,
    GetItem,
    IncRef,
    Instruction,
    LoadConstant,
    LoadGlobal,
    LoadLocal,
    MakeTuple,
    Poll,
    Raise,
    ResumeState,
    Return,
    Site,
    StoreLocal,
    Suspend,
    Unreachable,
    Untold,
    Value,
)
from pyfreeze.ir.types import OptionalType, StructType, Type


def format_module(module: Module) -> str:
    head = f"module {module.name} @{module.stage.name}\n"
    structs = "".join(f"{_struct(type_)}\n" for type_ in module.structs.values())
    return "\n".join(
        [
            head,
            *([structs] if structs else []),
            *map(format_function, (*module.functions.values(), *module.framed.values())),
        ]
    )


def _struct(type_: StructType) -> str:
    kind = "namedtuple" if type_.is_tuple else "struct"
    return (
        f"{kind} {type_.name} ("
        + ", ".join(f"{name}: {_field(type_, name, item)}" for name, item in type_.fields)
        + ")"
    )


def _field(type_: StructType, name: str, item: Type) -> str:
    if name in type_.objects and not type_.is_tuple:
        return f"boxed {item}"
    return "float32" if name in type_.singles else str(item)


def format_function(function: Function) -> str:
    return _FunctionPrinter(function).text()


class _FunctionPrinter:
    def __init__(self, function: Function) -> None:
        self._function = function
        self._names: dict[Value, str] = {}
        self._taken: set[str] = set()

    def text(self) -> str:
        function = self._function
        lines = [
            f"function @{function.name} -> {function.result} line {function.line}{' impure' * function.impure}{self._frame()} {{"
        ]
        lines += sorted(f"  assume {_binding(binding)}" for binding in function.bindings)
        for block in function.blocks:
            lines.append(f"^{block.name}{self._parameters(block)}:")
            lines += [f"  {self._instruction(instruction)}" for instruction in block.instructions]
        return "\n".join([*lines, "}", ""])

    def _frame(self) -> str:
        return f" framed {self._function.frame}" if self._function.frame is not None else ""

    def _parameters(self, block: Block) -> str:
        shown = ", ".join(f"{self._name(value)}: {value.type}" for value in block.parameters)
        return f"({shown})" if shown else ""

    def _name(self, value: Value) -> str:
        if value not in self._names:
            wanted, number = value.name or "0", 0
            while wanted in self._taken:
                number += 1
                wanted = f"{value.name}.{number}" if value.name else str(number)
            self._taken.add(wanted)
            self._names[value] = f"%{wanted}"
        return self._names[value]

    def _list(self, values: list[Value]) -> str:
        return ", ".join(map(self._name, values))

    def _edge(self, edge: Edge) -> str:
        return f"^{edge.target.name}({self._list(edge.arguments)})" if edge.arguments else f"^{edge.target.name}"

    def _site(self, site: Site) -> str:
        return "".join(map(self._level, site.levels()))

    def _level(self, site: Site) -> str:
        shown = ", ".join(
            f"{name}={self._name(value)}" for name, value in zip(site.local_names, site.local_values, strict=True)
        )
        where = "" if site.function == self._function.name else f"@{site.function} "
        offset = f"+{site.offset}" if site.offset >= 0 else ""
        return f" !{where}{site.position}" + (f" {{{shown}}}" if shown else "") + offset

    def _resume(self, state: ResumeState) -> str:
        shown = ", ".join(
            f"{name}={self._name(value)}" for name, value in zip(state.local_names, state.local_values, strict=True)
        )
        loops = ", ".join(f"{loop.kind}+{loop.taken}({self._list(loop.values)})" for loop in state.loops)
        text = f" resume {state.kind} {state.position} #{state.number}"
        return text + (f" {{{shown}}}" if shown else "") + (f" [{loops}]" if loops else "")

    def _instruction(self, instruction: Instruction) -> str:
        body = self._body(instruction)
        if instruction.result is not None:
            body = f"{self._name(instruction.result)}: {instruction.result.type} = {body}"
        if instruction.expected is not None:
            body += f" expected {instruction.expected}"
        if instruction.site is not None:
            body += self._site(instruction.site)
        if instruction.resume is not None:
            body += self._resume(instruction.resume)
        if instruction.untold:
            body += f" untold {{{', '.join(map(self._untold, instruction.untold))}}}"
        if instruction.handler is not None:
            body += f" except {self._edge(instruction.handler)}"
        return body

    def _untold(self, item: Untold) -> str:
        condition = f" if {self._name(item.is_set)}" if item.is_set is not None else ""
        return f"{item.index}={self._name(item.value)}{condition}"

    def _body(self, instruction: Instruction) -> str:
        operands = self._list(instruction.operands)
        match instruction:
            case Constant(value=str() as text):
                return f"const {json.dumps(text)}"
            case Constant(value=value):
                return f"const {value!r}"
            case LoadGlobal(name=name):
                return f"global {name}"
            case LoadConstant(table=table, index=index, shown=shown):
                return f"{table} {index} ; {shown}"
            case LoadLocal(index=index, checked=checked):
                return f"local {index}{' checked' * checked}"
            case StoreLocal(index=index):
                return f"store_local {index}, {operands}"
            case Apply(primitive=primitive, moved=moved):
                given = (
                    f"{'move ' * (number in moved)}{self._name(value)}"
                    for number, value in enumerate(instruction.operands)
                )
                return f"{primitive.name} {', '.join(given)}"
            case Call(function=function):
                times = f" levels {instruction.levels}" if instruction.levels > 1 else ""
                return f"call @{function}({operands}){times}"
            case CheckDepth(levels=levels):
                return f"check_depth {levels}"
            case MakeTuple(result=result):
                return f"{_made(result)} ({operands})"
            case GetItem(index=index):
                return f"item {operands}, {index}"
            case Raise(exception=exception, bare=bare):
                return f"raise {exception}" + ("" if bare else f"({operands})")
            case Branch(edges=[edge]):
                return f"br {self._edge(edge)}"
            case CondBranch(edges=[first, second]):
                return f"condbr {operands}, {self._edge(first)}, {self._edge(second)}"
            case Suspend() | CheckBindings():
                return f"{_WORDS[type(instruction)]} {operands}".rstrip()
            case Poll() | AddTraceback() | IncRef() | DecRef() | Return() | Fail() | Deopt() | Unreachable():
                return f"{_WORDS[type(instruction)]} {operands}".rstrip()
            case _:
                raise TypeError(f"unknown instruction {instruction!r}")


def _made(result: Value | None) -> str:
    """What a MakeTuple makes."""
    match result.type if result is not None else None:
        case StructType(name=name):
            return name
        case OptionalType():
            return "optional"
        case _:
            return "tuple"


def _binding(binding: Binding) -> str:
    head = f"{binding.kind.name.lower()} {binding.path} ="
    keywords = f" keywords {binding.keyword_defaults!r}" if binding.keyword_defaults else ""
    match binding.kind:
        case BindingKind.CONSTANT:
            return f"{head} {binding.constant!r}"
        case BindingKind.FUNCTION:
            member = f" as {binding.module}" if binding.module else ""
            return f"{head} @{binding.function} defaults {binding.constant!r}{member}{keywords}"
        case BindingKind.VALUE | BindingKind.CLASS:
            return f"{head} {binding.type}{keywords}"
        case _:
            return f"{head} {binding.module}.{binding.attribute}".rstrip(".")


_WORDS: dict[type, str] = {
    Poll: "poll",
    CheckBindings: "check_bindings",
    Suspend: "suspend",
    AddTraceback: "traceback",
    IncRef: "incref",
    DecRef: "decref",
    Return: "return",
    Fail: "fail",
    Deopt: "deopt",
    Unreachable: "unreachable",
}
