"""Removes instructions whose results nobody uses and block parameters that are always one value."""

from __future__ import annotations

from pyfreeze.ir.function import Function, reverse_postorder
from pyfreeze.ir.instructions import Block, Edge, Value, edges_of, has_side_effects, replace_uses, used_values


def eliminate_dead_code(function: Function) -> None:
    function.blocks = reverse_postorder(function)
    while _remove_constant_parameters(function) or _remove_unused(function):
        pass


def _edges_into(function: Function) -> dict[Block, list[tuple[Edge, int]]]:
    """Edges by target, each with how many leading parameters it does not list (a handler's status)."""
    incoming: dict[Block, list[tuple[Edge, int]]] = {block: [] for block in function.blocks}
    for instruction in function.instructions():
        for edge in edges_of(instruction):
            incoming[edge.target].append((edge, 1 if edge is instruction.handler else 0))
    return incoming


def _remove_constant_parameters(function: Function) -> bool:
    """A parameter that every edge gives the same value, or itself, is that value."""
    replacements: dict[Value, Value] = {}
    for block, edges in _edges_into(function).items():
        if block is function.entry or any(skipped for _, skipped in edges):
            continue
        for index in reversed(range(len(block.parameters))):
            parameter = block.parameters[index]
            given = {replacements.get(edge.arguments[index], edge.arguments[index]) for edge, _ in edges} - {parameter}
            if len(given) == 1 and parameter not in replacements.values():
                replacements[parameter] = given.pop()
                del block.parameters[index]
                for edge, _ in edges:
                    del edge.arguments[index]
    if not replacements:
        return False
    resolved = {old: _final(new, replacements) for old, new in replacements.items()}
    for instruction in function.instructions():
        replace_uses(instruction, resolved)
    return True


def _final(value: Value, replacements: dict[Value, Value]) -> Value:
    while value in replacements:
        value = replacements[value]
    return value


def _remove_unused(function: Function) -> bool:
    used = {value for instruction in function.instructions() for value in used_values(instruction)}
    removed = False
    for block in function.blocks:
        kept = [item for item in block.instructions if has_side_effects(item) or item.result in used]
        removed = removed or len(kept) < len(block.instructions)
        block.instructions = kept
    return removed
