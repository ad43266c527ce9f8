"""An item of a tuple that was made in the function is the value that was put in: `a, b = b, a` moves nothing."""

from __future__ import annotations

from pyfreeze.ir.function import Function, reverse_postorder
from pyfreeze.ir.instructions import GetItem, MakeTuple, Value, replace_uses


def forward_items(function: Function) -> None:
    made = {item.result: item.operands for item in function.instructions() if isinstance(item, MakeTuple)}
    forwarded: dict[Value, Value] = {}
    for block in reverse_postorder(function):  # definitions come first
        for item in block.instructions:
            if isinstance(item, GetItem) and item.result is not None:
                whole = forwarded.get(item.operands[0], item.operands[0])
                if whole in made:
                    found = made[whole][item.index]
                    forwarded[item.result] = forwarded.get(found, found)
    if not forwarded:
        return
    for item in function.instructions():
        replace_uses(item, forwarded)
