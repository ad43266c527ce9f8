"""The module's own bytecode, with trampolines for its native functions."""

from __future__ import annotations

import marshal
from collections.abc import Container, Iterator, Mapping, Sequence
from types import CodeType

from pyfreeze.codegen.trampoline import Point, marked, trampolined

CodeKey = tuple[str, int]
"""Qualified name and first line (that of the first decorator, if any)."""


def functions_of(module_code: CodeType) -> dict[CodeKey, CodeType]:
    """Code objects of all functions in the module; of two with the same key neither."""
    found: dict[CodeKey, CodeType] = {}
    ambiguous = set()
    for code in _nested(module_code):
        key = (code.co_qualname, code.co_firstlineno)
        if key in found:
            ambiguous.add(key)
        found[key] = code
    return {key: code for key, code in found.items() if key not in ambiguous}


def _nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested(constant)


def with_trampolines(
    module_code: CodeType,
    indices: Mapping[CodeKey, int],
    points: Mapping[int, Sequence[Point]],
    returning_none: Container[int],
    generic: Mapping[CodeKey, int],
    specialised: Mapping[int, CodeKey],
    framed: Mapping[CodeKey, int],
) -> tuple[CodeType, dict[int, CodeType]]:
    """The module's code in which function `indices[key]` is native, and the changed code objects by index.

    `points`, by index, are where the interpreter can go on. `generic` functions run as they are, but are known by an index.
    `framed` ones are called without arguments, since they have the frame. Each of those `specialised` from them has code of its own, which nobody calls: among the module's constants.
    """
    changed: dict[int, CodeType] = {}
    functions = functions_of(module_code) if specialised else {}

    def visit(code: CodeType) -> CodeType:
        constants = tuple(
            visit(constant) if isinstance(constant, CodeType) else constant for constant in code.co_consts
        )
        if any(new is not old for new, old in zip(constants, code.co_consts, strict=True)):
            code = code.replace(co_consts=constants)
        key = (code.co_qualname, code.co_firstlineno)
        if key in generic:
            return marked(code, generic[key])
        if key in framed:
            changed[framed[key]] = made = trampolined(code, framed[key], passes_arguments=False)
            return made
        index = indices.get(key)
        if index is not None:
            code = changed[index] = trampolined(code, index, points.get(index, ()), index in returning_none)
        return code

    made = visit(module_code)
    for index, key in specialised.items():
        changed[index] = trampolined(functions[key], index, points.get(index, ()), index in returning_none)
    return made.replace(co_consts=(*made.co_consts, *(changed[index] for index in specialised))), changed


def marshalled(module_code: CodeType, constants: tuple[object, ...]) -> bytes:
    """What the extension embeds; the runtime's `pf_module_init` reads it back."""
    return marshal.dumps((module_code, constants))  # type: ignore[arg-type]
