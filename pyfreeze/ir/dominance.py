"""Dominance in a graph of numbered nodes (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm).

Node 0 is the entry; a node comes before all those that it dominates, as in a reverse postorder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


def dominators(sources: Sequence[Sequence[int]]) -> list[int]:
    """The closest dominator of each node, 0 for the entry; `sources` are the nodes that each is entered from."""
    unknown = -1
    closest = [0, *[unknown] * (len(sources) - 1)]
    # From the last one on, so that each step up the tree is taken once for a node with many sources.
    descending = [sorted(found, reverse=True) for found in sources]

    def common(one: int, other: int) -> int:
        while one != other:
            if one > other:
                one = closest[one]
            else:
                other = closest[other]
        return one

    changed = True
    while changed:
        changed = False
        for node in range(1, len(sources)):
            found = unknown
            for source in descending[node]:
                if closest[source] != unknown:
                    found = source if found == unknown else common(found, source)
            if closest[node] != found:
                closest[node], changed = found, True
    return closest


def dominance(sources: Sequence[Sequence[int]]) -> Callable[[int, int], bool]:
    """A function that tells whether one node dominates another. Each node is in the graph's reach of the entry."""
    closest = dominators(sources)
    below = [1] * len(closest)  # nodes that it dominates
    for node in range(len(closest) - 1, 0, -1):
        below[closest[node]] += below[node]
    # A node dominates those whose numbers in a preorder of the tree of dominators follow its own.
    preorder, following = [0] * len(closest), [1] * len(closest)
    for node in range(1, len(closest)):
        parent = closest[node]
        preorder[node] = following[parent]
        following[parent] += below[node]
        following[node] = preorder[node] + 1

    def dominates(one: int, other: int) -> bool:
        return preorder[one] <= preorder[other] < preorder[one] + below[one]

    return dominates
