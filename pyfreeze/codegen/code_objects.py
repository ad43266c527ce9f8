"""The module's own bytecode, with trampolines for its native functions."""

from __future__ import annotations

import marshal
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class GenericCode:
    """How a generic function is known: by its own index; `entered` if one of those made of it is entered from Python."""

    index: int
    specialised: tuple[int, ...]
    entered: bool


def with_trampolines(
    module_code: CodeType,
    indices: Mapping[CodeKey, int],
    points: Mapping[int, Sequence[Point]],
    returning_none: Container[int],
    generic: Mapping[CodeKey, GenericCode],
    framed: Mapping[CodeKey, int],
    as_they_are: Container[int],
) -> tuple[CodeType, dict[int, CodeType]]:
    """The module's code in which function `indices[key]` is native, and the changed code objects by index.

    `points`, by index, are where the interpreter can go on. A `generic` function that Python does not enter runs as it is, as
    those `as_they_are` do, which are known by an index; each of those specialised from it has code of its own then, which
    nobody calls: among the module's constants.
    """
    changed: dict[int, CodeType] = {}
    functions = functions_of(module_code) if generic else {}

    def native(code: CodeType, index: int) -> CodeType:
        return trampolined(code, index, points.get(index, ()), index in returning_none)

    def visit(code: CodeType) -> CodeType:
        constants = tuple(
            visit(constant) if isinstance(constant, CodeType) else constant for constant in code.co_consts
        )
        if any(new is not old for new, old in zip(constants, code.co_consts, strict=True)):
            code = code.replace(co_consts=constants)
        key = (code.co_qualname, code.co_firstlineno)
        made = generic.get(key)
        if made is not None and not made.entered:
            return marked(code, made.index)
        if key in framed:
            changed[framed[key]] = lifted = trampolined(code, framed[key])
            return lifted
        index = indices.get(key) if made is None else made.index
        if index is None:
            return code
        code = marked(code, index) if index in as_they_are else native(code, index)
        changed.update(dict.fromkeys(made.specialised if made is not None else [index], code))
        return code

    made_code = visit(module_code)
    apart = [(index, key) for key, made in generic.items() if not made.entered for index in made.specialised]
    changed |= {index: native(functions[key], index) for index, key in apart}
    return made_code.replace(co_consts=(*made_code.co_consts, *(changed[index] for index, _ in apart))), changed


def marshalled(module_code: CodeType, constants: tuple[object, ...]) -> bytes:
    """What the extension embeds; the runtime's `pf_module_init` reads it back."""
    return marshal.dumps((module_code, constants))  # type: ignore[arg-type]
