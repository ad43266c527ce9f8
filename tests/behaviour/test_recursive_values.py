"""Frozen classes that contain themselves: by value where they are used, boxed where they recurse."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pyfreeze import _runtime as runtime
from tests.behaviour.test_frozen_values import both_ways
from tests.conftest import Both, build_both

SOURCE = """
    from __future__ import annotations
    from pyfreeze import Array, float64, frozen, int64

    @frozen
    class Tree:
        value: int64
        left: Tree | None = None
        right: Tree | None = None
        def size(self) -> int64:
            n = 1
            if self.left is not None:
                n += self.left.size()
            if self.right is not None:
                n += self.right.size()
            return n
        def inserted(self, value: int64) -> Tree:
            if value < self.value:
                left = Tree(value) if self.left is None else self.left.inserted(value)
                return Tree(self.value, left, self.right)
            right = Tree(value) if self.right is None else self.right.inserted(value)
            return Tree(self.value, self.left, right)

    @frozen
    class Link:
        value: float64
        next: Link | None

    @frozen
    class Even:
        n: int64
        odd: Odd | None
    @frozen
    class Odd:
        even: Even | None
        weight: float64

    @frozen
    class Always:
        inner: Always
        n: int64

    def build(depth: int64) -> Tree | None:
        if depth == 0:
            return None
        return Tree(depth, build(depth - 1), build(depth - 1))
    def total(tree: Tree | None) -> int64:
        if tree is None:
            return 0
        return tree.value + total(tree.left) + total(tree.right)
    def depth(tree: Tree | None) -> int64:
        return 0 if tree is None else 1 + max(depth(tree.left), depth(tree.right))
    def mirrored(tree: Tree | None) -> Tree | None:
        if tree is None:
            return None
        return Tree(tree.value, mirrored(tree.right), mirrored(tree.left))
    def flipped(tree: Tree) -> Tree:
        return Tree(tree.value, tree.right, tree.left)
    def contains(tree: Tree | None, value: int64) -> bool:
        node = tree
        while node is not None:
            if node.value == value:
                return True
            node = node.left if value < node.value else node.right
        return False
    def sorted_tree(n: int64, a: int64) -> Tree:
        tree = Tree(0)
        for i in range(n):
            tree = tree.inserted(i * a % 31)
        return tree
    def leftmost(tree: Tree) -> int64:
        match tree:
            case Tree(left=None):
                return tree.value
            case Tree(left=Tree() as inner):
                return leftmost(inner)
        return -1
    def grandchild(tree: Tree) -> int64:
        return tree.left.right.value  # type: ignore[union-attr]
    def chain(n: int64) -> Link | None:
        made: Link | None = None
        for i in range(n):
            made = Link(i / 2, made)
        return made
    def summed(link: Link | None) -> float64:
        total = 0.0
        at = link
        while at is not None:
            total += at.value
            at = at.next
        return total
    def reverse(link: Link | None) -> Link | None:
        made: Link | None = None
        at = link
        while at is not None:
            made = Link(at.value, made)
            at = at.next
        return made
    def collected(tree: Tree | None, out: Array[int64]) -> None:
        if tree is None:
            return
        collected(tree.left, out)
        out.append(tree.value)
        collected(tree.right, out)
    def alternating(n: int64) -> Even:
        e = Even(0, None)
        for i in range(n):
            e = Even(i + 1, Odd(e, i / 2))
        return e
    def weights(e: Even) -> float64:
        odd = e.odd
        if odd is None:
            return 0.0
        even = odd.even
        return odd.weight + (weights(even) if even is not None else 0.0)
    def inside(a: Always, n: int64) -> int64:
        return a.n if n == 0 else inside(a.inner, n - 1)
    def wrapped(a: Always, n: int64) -> Always:
        return Always(a, n)
    def fails(tree: Tree, n: int64) -> int64:
        left = tree.left
        return left.value // n if left is not None else tree.value // n
"""
NATIVE = (
    *("build", "total", "depth", "mirrored", "flipped", "contains", "sorted_tree", "leftmost", "grandchild", "chain"),
    *("summed", "reverse", "collected", "alternating", "weights", "inside", "wrapped", "fails"),
)


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return build_both(tmp_path_factory.mktemp("recursive"), SOURCE)


def _tree(m: Any) -> Any:
    return m.Tree(5, m.Tree(2, m.Tree(1), m.Tree(3)), m.Tree(8, None, m.Tree(9)))


def _always(m: Any) -> Any:
    return m.Always(m.Always(m.Always("end", 1), 2), 3)


CALLS: list[tuple[str, Callable[[Any], tuple[object, ...]]]] = [
    *[("build", lambda m, n=n: (n,)) for n in (0, 1, 2, 5)],
    *[(name, lambda m: (_tree(m),)) for name in ("total", "depth", "mirrored", "flipped", "leftmost", "grandchild")],
    *[
        (name, lambda m: (None,))
        for name in ("total", "depth", "mirrored", "flipped", "leftmost", "grandchild", "summed")
    ],
    *[("contains", lambda m, n=n: (_tree(m), n)) for n in (0, 1, 3, 5, 9, 10)],
    *[("sorted_tree", lambda m, n=n: (n, 7)) for n in (0, 1, 20)],
    *[("chain", lambda m, n=n: (n,)) for n in (0, 1, 4)],
    *[(name, lambda m: (m.Link(1.0, m.Link(0.5, None)),)) for name in ("summed", "reverse")],
    ("collected", lambda m: (_tree(m), m.Array[m.int64]())),
    *[("alternating", lambda m, n=n: (n,)) for n in (0, 3)],
    ("weights", lambda m: (m.Even(1, m.Odd(m.Even(2, m.Odd(None, 0.5)), 0.25)),)),
    *[("inside", lambda m, n=n: (_always(m), n)) for n in (0, 1, 2, 3, 4)],
    ("wrapped", lambda m: (_always(m), 4)),
    *[("fails", lambda m, n=n: (_tree(m), n)) for n in (0, 1)],
    # What is not what its annotation says.
    ("total", lambda m: (m.Tree(1, m.Tree(2, "text", None), None),)),
    ("total", lambda m: (m.Tree(1, m.Link(2.0, None), None),)),
    ("total", lambda m: (m.Tree(1, _Duck(), m.Tree(4)),)),
    ("mirrored", lambda m: (m.Tree(1, "text", _Duck()),)),
    ("flipped", lambda m: (m.Tree(1, "text", 2.0),)),
    ("contains", lambda m: (m.Tree(1, "text", _Duck()), 2)),
    ("contains", lambda m: (m.Tree(1, "text", _Duck()), 0)),
    ("leftmost", lambda m: (m.Tree(1, _Duck()),)),
    ("summed", lambda m: (m.Link(1.0, m.Link(0.5, _Duck())),)),
    ("collected", lambda m: (m.Tree(1, m.Tree(2), m.Tree(3, m.Tree(4), "text")), m.Array[m.int64]())),
    ("weights", lambda m: (m.Even(1, m.Odd("text", 0.25)),)),
    ("fails", lambda m: (m.Tree(1, _Duck()), 1)),
]


class _Duck:
    """A tree, a link, whatever is asked for."""

    value = 7
    left = right = next = None

    def __repr__(self) -> str:
        return "_Duck()"


def test_all_are_native(values: Both) -> None:
    assert {name for name in values.native() if "." not in name} == set(NATIVE)
    assert {"Tree.size", "Tree.inserted"} <= values.native()


@pytest.mark.parametrize("name", NATIVE)
def test_outcomes(values: Both, name: str) -> None:
    made = [make for called, make in CALLS if called == name]
    assert made
    for make in made:
        both_ways(values, name, make)


def test_what_was_changed_before_leaving_is_not_done_twice(values: Both) -> None:
    """`collected` comes to a field that is none of its class when it has written already."""
    for module in (values.interpreted, values.compiled):
        out = module.Array[module.int64]()
        with pytest.raises(AttributeError):
            module.collected(module.Tree(1, module.Tree(2), module.Tree(3, module.Tree(4), "text")), out)
        assert list(out) == [2, 1, 4, 3]
        out = module.Array[module.int64]()
        module.collected(module.Tree(1, _Duck(), _tree(module)), out)
        assert list(out) == [7, 1, 1, 2, 3, 5, 8, 9]


def test_native_code_really_runs(values: Both) -> None:
    runtime.reset_statistics()
    module = values.compiled
    (
        module.total(module.build(6)),
        module.sorted_tree(20, 7).size(),
        module.collected(_tree(module), module.Array[module.int64]()),
    )
    (
        module.summed(module.reverse(module.chain(10))),
        module.weights(module.alternating(4)),
        module.leftmost(_tree(module)),
    )
    assert not [row for row in runtime.statistics() if row["module"] == module.__name__]


def test_children_are_counted_exactly(values: Both) -> None:
    for module in (values.interpreted, values.compiled):
        child = module.Tree(2, module.Tree(1), None)
        link = module.Link(1.0, None)
        before = (
            sys.getrefcount(child),
            sys.getrefcount(child.left),
            sys.getrefcount(module.Tree),
            sys.getrefcount(link),
        )
        for _ in range(5):
            tree = module.Tree(5, child, module.Tree(9, child, child))
            (
                module.total(tree),
                module.depth(tree),
                module.mirrored(tree),
                module.flipped(tree),
                module.contains(tree, 9),
            )
            tree.inserted(3), tree.size(), module.leftmost(tree), module.collected(tree, module.Array[module.int64]())
            module.summed(module.Link(2.0, link)), module.reverse(module.Link(3.0, link))
            for bad in ("text", _Duck()):
                with contextlib.suppress(AttributeError):
                    module.total(module.Tree(1, child, bad))
            with pytest.raises(ZeroDivisionError):
                module.fails(tree, 0)
            del tree
        after = sys.getrefcount(child), sys.getrefcount(child.left), sys.getrefcount(module.Tree), sys.getrefcount(link)
        assert after == before


def test_children_that_are_handed_on_stay_the_same_objects(values: Both) -> None:
    tree = _tree(values.compiled)
    flipped = values.compiled.flipped(tree)
    assert flipped.left is tree.right and flipped.right is tree.left
    assert tree.inserted(10).left is tree.left


def test_long_chains_go_without_a_deep_stack(values: Both) -> None:
    link = values.compiled.chain(300_000)
    assert values.compiled.summed(link) == sum(i / 2 for i in range(300_000))
    link = values.compiled.reverse(link)
    assert link.value == 0.0
    del link
    gc.collect()


def test_recursion_that_is_too_deep(values: Both) -> None:
    for module in (values.interpreted, values.compiled):
        tree = None
        for n in range(sys.getrecursionlimit() + 10):
            tree = module.Tree(n, tree, None)
        with pytest.raises(RecursionError):
            module.total(tree)
        for _ in range(200):
            tree = tree.left
        assert module.total(tree) > 0
