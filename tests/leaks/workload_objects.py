"""A module for the leak run: frozen values with objects in their fields, and objects in every place of native code."""

from __future__ import annotations

from pyfreeze import Array, float64, frozen, int64


@frozen
class Tree:
    value: int64
    left: Tree | None = None
    right: Tree | None = None
    label: str = "no label"


@frozen
class Token:
    kind: str
    value: int64
    payload: object = None

    def moved(self, by: int64) -> Token:
        return Token(self.kind, self.value + by, self.payload)


@frozen
class Span:
    first: Token
    count: int
    ratio: float
    maybe: Token | None
    numbers: Array[float64]
    pair: tuple[int, Token]


def build(depth: int64) -> Tree | None:
    if depth == 0:
        return None
    return Tree(depth, build(depth - 1), build(depth - 1), "one label")


def total(tree: Tree | None) -> int64:
    if tree is None:
        return 0
    return tree.value + total(tree.left) + total(tree.right)


def mirrored(tree: Tree | None) -> Tree | None:
    if tree is None:
        return None
    return Tree(tree.value, mirrored(tree.right), mirrored(tree.left), tree.label)


def inserted(tree: Tree | None, value: int64) -> Tree:
    if tree is None:
        return Tree(value)
    if value < tree.value:
        return Tree(tree.value, inserted(tree.left, value), tree.right)
    return Tree(tree.value, tree.left, inserted(tree.right, value))


def leftmost(tree: Tree | None) -> Tree | None:
    node = tree
    last: Tree | None = None
    while node is not None:
        last = node
        node = node.left
    return last


def tokens(thing: object, n: int64) -> tuple[Token, object, Token | None]:
    t = Token("a kind", n, thing)
    kept: Token | None = None
    for i in range(n):
        t = t.moved(i)
        if i % 3 == 1:
            kept = t
        if t.payload is None:
            t = Token(t.kind, i, t)
    return t, kept, kept


def spans(t: Token, big: int, n: int64) -> Span:
    s = Span(t, big, 0.5, None, Array[float64].filled(3, 1.0), (big, t))
    for i in range(n):
        maybe = s.maybe
        s = Span(
            s.pair[1], s.count * 2, s.ratio + i, t if maybe is None else None, s.numbers, (s.pair[0] + 1, maybe or t)
        )
    return s


def fails(t: Token, thing: object, n: int64) -> int64:
    made = Token("made", n, thing)
    tree = build(3)
    other = thing if n > 3 else made.payload
    if n == 7:
        raise ValueError(n)
    return total(tree) // made.moved(-7).value + (1 if other is thing else 2 // t.value)


def fails_below(t: Token, thing: object, n: int64) -> int64:
    made = Token("below", n, t)
    return fails(made, thing, n * 2) + made.value


def collected(tree: Tree | None, out: Array[int64], thing: object) -> None:
    if tree is None:
        return
    held = Token("held", tree.value, thing)
    collected(tree.left, out, held)
    out.append(held.value)
    collected(tree.right, out, thing)


def either(thing: object, other: object, n: int64) -> object:
    if n > 5:
        found = thing
    elif n > 3:
        return None
    elif n > 2:
        return "text"
    else:
        found = Token("boxed", n, (n, 2.5, (other, None)))
    return found
