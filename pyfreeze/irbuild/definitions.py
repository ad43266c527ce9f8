"""The functions that a module defines, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import ClassDef, Decorator, FuncDef, MypyFile, OverloadedFuncDef


def functions_in(tree: MypyFile) -> Iterator[tuple[str, FuncDef, int | None, bool]]:
    """Qualified name, node, line of the first decorator, and whether it is bound to a module global."""
    waiting: list[tuple[str, object, bool]] = [("", node, True) for node in reversed(tree.defs)]
    while waiting:
        prefix, node, top_level = waiting.pop()
        inner: list[tuple[str, object, bool]] = []
        match node:
            case FuncDef():
                yield prefix + node.name, node, None, top_level
                inner = [(f"{prefix}{node.name}.<locals>.", child, False) for child in node.body.body]
            case Decorator(func=function, original_decorators=decorators):
                first = min((decorator.line for decorator in decorators), default=function.line)
                yield prefix + function.name, function, first, top_level
                inner = [(f"{prefix}{function.name}.<locals>.", child, False) for child in function.body.body]
            case OverloadedFuncDef(items=items):
                inner = [(prefix, item, top_level) for item in items]
            case ClassDef(name=name, defs=body):
                inner = [(f"{prefix}{name}.", child, False) for child in body.body if not _is_made_up(node, child)]
            case _:
                inner = [(prefix, child, top_level) for child in _nested_statements(node)]
        waiting.extend(reversed(inner))


def _is_made_up(class_: ClassDef, member: object) -> bool:
    """Whether mypy's dataclass plugin has added the member."""
    name = member.name if isinstance(member, FuncDef | Decorator) else ""
    symbol = class_.info.names.get(name)
    return symbol is not None and symbol.plugin_generated


def _nested_statements(node: object) -> Iterator[object]:
    for name in ("body", "bodies", "else_body", "finally_body", "handlers"):
        part = getattr(node, name, None)
        for item in part if isinstance(part, list) else [part]:
            if hasattr(item, "body") or hasattr(item, "line"):
                yield item
