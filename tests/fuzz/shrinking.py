"""Makes a generated function smaller as long as a condition holds: fewer statements, simpler expressions."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Callable, Iterator, Sequence

Holds = Callable[[Sequence[str]], int | None]
"""The index of the first of these sources for which the condition holds, None if there is none."""

_SIMPLE = ("0", "1", "None", "2.5", "s", "a")


def shrunk(text: str, holds: Holds, batch: int = 20) -> str:
    """The source of one function, made smaller until no single change keeps the condition."""
    while True:
        candidates = _smaller(text)
        while waiting := list(itertools.islice(candidates, batch)):
            found = holds(waiting)
            if found is not None:
                text = waiting[found]
                break
        else:
            return text


def _smaller(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    seen = {ast.unparse(tree)}
    count = sum(1 for _ in ast.walk(tree))
    for change in (_without_statements, _with_body_only, _simpler):
        for number in range(count):
            copied = copy.deepcopy(tree)
            for node in change(copied, number):
                try:
                    candidate = ast.unparse(ast.fix_missing_locations(node))
                    compile(candidate, "", "exec")
                except (SyntaxError, ValueError, RecursionError):
                    continue
                if candidate not in seen and len(candidate) < len(text) + 3:
                    seen.add(candidate)
                    yield candidate


def _blocks(tree: ast.AST) -> list[list[ast.stmt]]:
    return [
        value
        for node in ast.walk(tree)
        for _, value in ast.iter_fields(node)
        if isinstance(value, list) and value and isinstance(value[0], (ast.stmt, ast.ExceptHandler, ast.match_case))
    ]


def _without_statements(tree: ast.Module, number: int) -> Iterator[ast.Module]:
    places = [(block, index) for block in _blocks(tree)[1:] for index in range(len(block))]
    if number < len(places):
        block, index = places[number]
        removed = block[index:]
        if len(removed) > 2:
            del block[index:]
            block[:] = block or [ast.Pass()]
            yield tree
            block[index:] = removed
        del block[index]
        block[:] = block or [ast.Pass()]
        yield tree


def _with_body_only(tree: ast.Module, number: int) -> Iterator[ast.Module]:
    places = [
        (block, index)
        for block in _blocks(tree)[1:]
        for index, statement in enumerate(block)
        if hasattr(statement, "body") and isinstance(statement.body, list)
    ]
    if number < len(places):
        block, index = places[number]
        block[index : index + 1] = block[index].body  # type: ignore[attr-defined]
        yield tree


def _simpler(tree: ast.Module, number: int) -> Iterator[ast.Module]:
    places = [
        (node, name, index)
        for node in ast.walk(tree)
        for name, value in ast.iter_fields(node)
        for index, item in enumerate(value if isinstance(value, list) else [value])
        if isinstance(item, ast.expr) and not isinstance(getattr(item, "ctx", None), (ast.Store, ast.Del))
    ]
    if number >= len(places):
        return
    node, name, index = places[number]
    value = getattr(node, name)
    old = value[index] if isinstance(value, list) else value
    parts = [part for part in ast.iter_child_nodes(old) if isinstance(part, ast.expr)]
    simple = (
        [] if isinstance(old, (ast.Name, ast.Constant)) else [ast.parse(text, mode="eval").body for text in _SIMPLE]
    )
    for new in [*parts, *simple]:
        if isinstance(value, list):
            value[index] = new
        else:
            setattr(node, name, new)
        yield tree
