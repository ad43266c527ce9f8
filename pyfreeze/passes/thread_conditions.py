"""`if a and b`: where `a` is false the branch goes straight to the else part, and does not ask for the joined value again.

So the then part is reached only where both hold, and intervals know that.

^else1: br ^joined(%a), where %a is false        → br ^else2
^joined(%c): condbr %c, ^then2, ^else2
"""

from __future__ import annotations

from pyfreeze.ir.function import Function, predecessors, reverse_postorder
from pyfreeze.ir.instructions import (
    Block,
    Branch,
    CondBranch,
    Constant,
    Edge,
    Instruction,
    Value,
    replace_uses,
    used_values,
)


def thread_conditions(function: Function) -> None:
    changed = False
    while any(_thread(function, block) for block in function.blocks):
        changed = True
    if changed:
        function.blocks = [block for block in function.blocks if block in set(reverse_postorder(function))]


def _thread(function: Function, joined: Block) -> bool:
    """Lead a way into `joined` on to where it goes in any case, or make its condition that of the only way in."""
    if len(joined.parameters) != 1 or len(joined.instructions) != 1:
        return False
    (condition,), branch = joined.parameters, joined.instructions[0]
    if not isinstance(branch, CondBranch) or branch.operands != [condition] or _is_used(function, condition, branch):
        return False
    sources = predecessors(function)
    definitions = {item.result: item for item in function.instructions()}
    ways = list(dict.fromkeys(sources[joined]))
    for source in ways:
        last = source.instructions[-1]
        if not isinstance(last, Branch):
            continue
        given = last.edges[0].arguments[0]
        known = _known(given, source, sources, definitions)
        if known is not None and len(ways) > 1:
            onward = branch.edges[0 if known else 1]
            arguments = [given if value is condition else value for value in onward.arguments]
            last.edges[0] = Edge(onward.target, arguments)
            return True
        if len(sources[joined]) == 1:
            joined.parameters, last.edges[0].arguments = [], []
            replace_uses(branch, {condition: given})
            return True
    return False


def _is_used(function: Function, condition: Value, branch: CondBranch) -> bool:
    return any(condition in used_values(item) for item in function.instructions() if item is not branch)


def _known(
    value: Value, block: Block, sources: dict[Block, list[Block]], definitions: dict[Value | None, Instruction]
) -> bool | None:
    """What `value` is at the end of `block`, if it is a constant or what the branch to it has asked for."""
    found = definitions.get(value)
    if isinstance(found, Constant):
        return bool(found.value)
    if len(sources[block]) != 1:
        return None
    last = sources[block][0].instructions[-1]
    if (
        not isinstance(last, CondBranch)
        or last.operands[0] is not value
        or last.edges[0].target is last.edges[1].target
    ):
        return None
    return last.edges[0].target is block
