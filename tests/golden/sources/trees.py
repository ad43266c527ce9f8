from __future__ import annotations

from pyfreeze import frozen, int64


@frozen
class Tree:
    value: int64
    left: Tree | None
    right: Tree | None


def total(tree: Tree | None) -> int64:
    if tree is None:
        return 0
    return tree.value + total(tree.left) + total(tree.right)


def flipped(tree: Tree) -> Tree:
    return Tree(tree.value, tree.right, tree.left)


def last(tree: Tree) -> object:
    node = tree.right
    found: object = tree
    while node is not None:
        found = node.left
        node = node.right
    return found
