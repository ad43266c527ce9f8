"""Slow paths out of line: one LLVM function for each primitive, which has Python compute on boxed operands.

Shared by all places that need it: what stands there is a call and a branch, which keeps LLVM fast as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyfreeze.codegen.machine_types import from_word, llvm_type, scalar_paths, to_word
from pyfreeze.codegen.symbols import Symbols
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import Type


def slow_path(symbols: Symbols, primitive: Primitive, polls: bool) -> str:
    """The symbol of `{result, i8 status} (operands…)`; the result means something if the status is OK.

    polls: whether it lets others run first, and may end with DEOPT because of that
    """
    name = f'@"slow {primitive.name}"' if polls else f'@"steady {primitive.name}"'
    return symbols.define(name, lambda: _definition(symbols, primitive, name, polls))


def slow_path_type(primitive: Primitive) -> str:
    return f"{{{llvm_type(primitive.result)}, i8}}"


def _definition(symbols: Symbols, primitive: Primitive, name: str, polls: bool) -> str:
    assert primitive.python is not None
    parameters = [f"%a{index}" for index in range(len(primitive.operands))]
    listed = ", ".join(
        f"{llvm_type(type_)} {parameter}" for type_, parameter in zip(primitive.operands, parameters, strict=True)
    )
    stores, words = _stores(primitive.operands, parameters)
    record = symbols.callable(primitive.python, primitive.operands, primitive.result, primitive.effects, polls)
    returned = slow_path_type(primitive)
    lines = [
        f"define internal {returned} {name}({listed}) #2 {{",
        f"%payload = alloca [{max(words, 1)} x i64]",
        f"%words = alloca [{max(1, len(list(scalar_paths(primitive.result))))} x i64]",
        *stores,
        f"%wide = call i32 {symbols.slot('pf_call')}(ptr {record}, ptr %payload, ptr %words)",
        "%status = trunc i32 %wide to i8",
        *_loads(primitive.result),
        f"%pair = insertvalue {returned} undef, {llvm_type(primitive.result)} %value, 0",
        f"%both = insertvalue {returned} %pair, i8 %status, 1",
        f"ret {returned} %both\n}}",
    ]
    return "\n".join(lines)


def _stores(types: tuple[Type, ...], parameters: list[str]) -> tuple[list[str], int]:
    """Store all scalars of the parameters as words; returns the instructions and the number of words."""
    lines: list[str] = []
    position = 0
    for type_, parameter in zip(types, parameters, strict=True):
        for path, scalar in scalar_paths(type_):
            source = parameter
            if path:
                source = f"%s{position}"
                lines.append(f"{source} = extractvalue {llvm_type(type_)} {parameter}, {', '.join(map(str, path))}")
            conversion, word = to_word(scalar, source, f"%w{position}")
            lines += [*conversion, f"%p{position} = getelementptr i64, ptr %payload, i64 {position}"]
            lines.append(f"store i64 {word}, ptr %p{position}")
            position += 1
    return lines, position


def _loads(type_: Type) -> Iterator[str]:
    """Define `%value` from the words of the result."""
    scalars = list(scalar_paths(type_))
    built = "undef"
    for position, (path, scalar) in enumerate(scalars):
        yield f"%r{position} = getelementptr i64, ptr %words, i64 {position}"
        yield f"%l{position} = load i64, ptr %r{position}"
        name = f"%value{position}" if path else "%value"
        yield from from_word(scalar, f"%l{position}", name)
        if path:
            whole = "%value" if position + 1 == len(scalars) else f"%built{position}"
            where = ", ".join(map(str, path))
            yield f"{whole} = insertvalue {llvm_type(type_)} {built}, {llvm_type(scalar)} {name}, {where}"
            built = whole
    if not scalars:
        yield f"%value = freeze {llvm_type(type_)} undef"
