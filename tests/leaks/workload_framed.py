"""A module for the leak run: functions over objects, and every way out of them in the middle of what they do."""

# Each form is here for its own bytecode.
# ruff: noqa: B006, B012, B904, B905, C402, C417, F821, RUF005, RUF012, UP031, UP032

from __future__ import annotations

import contextlib
import math
from math import cos

COUNTER = 0


class Node:
    shared = 1

    def __init__(self, value, child=None):
        self.value = value
        self.child = child

    def get(self):
        return self.value

    def add(self, other, *, times=1):
        return self.value + other * times

    @property
    def doubled(self):
        return self.value * 2

    @classmethod
    def make(cls, value):
        return cls(value)

    @staticmethod
    def plain(value):
        return [value]

    def __getattr__(self, name):
        if name.startswith("made_"):
            return name
        raise AttributeError(name)


class Slotted(Node):
    __slots__ = ("extra",)

    def __init__(self, value):
        super().__init__(value)
        self.extra = [value]

    def get(self):
        return super().get(), self.extra


class Manager:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        if self.swallow is None:
            raise KeyError("enter")
        return [self]

    def __exit__(self, kind, value, trace):
        if self.swallow == "raise":
            raise LookupError("exit") from value
        return self.swallow


class Failing:
    """Fails at the nth item."""

    def __init__(self, fails_at):
        self.left = fails_at

    def __iter__(self):
        return self

    def __next__(self):
        self.left -= 1
        if self.left < 0:
            raise ValueError(["no more"])
        return [self.left]


# Exceptions


def caught(function, *arguments):
    try:
        return function(*arguments)
    except (KeyError, IndexError) as error:
        return error.args, [str(error)]
    except Exception as error:
        held = [error, type(error)]
        del held[0]
        return held
    finally:
        function = None


def chained(value):
    try:
        try:
            return [1, [2, value / 0]]
        except ZeroDivisionError as error:
            raise ValueError([value]) from error
        except TypeError:
            raise LookupError([value])
    except ValueError as error:
        return error.__cause__, error.__context__
    finally:
        value = [value]


def leaves_finally(items, how):
    seen = []
    for item in items:
        try:
            seen.append([item])
            if how == "continue":
                continue
            if how == "break":
                break
            if how == "return":
                return [item, seen]
            if how == "raise":
                raise ValueError(item, seen)
        finally:
            seen.append({"finally": item})
    else:
        seen.append("else")
    return seen


def finally_returns(value):
    try:
        raise ValueError([value])
    finally:
        return [value]


def groups(kinds):
    try:
        raise ExceptionGroup("some", [kind([kind]) for kind in kinds])
    except* ValueError as group:
        found = [group.exceptions]
    except* TypeError as group:
        found = [group, group]
    return found


def raises_again(value):
    try:
        raise Exception(value)
    except Exception as error:
        kept = [error]
        raise
    return kept


def asserts(value):
    assert [value] == [1], ["not one", value]
    return value


def managed(swallow, fails):
    with Manager(swallow) as first, Manager(False) as (second,):
        if fails:
            raise IndexError([first, second])
        return [first, second]
    return ["swallowed"]


def suppressed(value):
    with contextlib.suppress(ValueError), contextlib.ExitStack() as stack:
        stack.callback(list, [value])
        raise ValueError(value)
    return value


def deep(value, depth):
    held = [value]
    if depth:
        return deep(held, depth - 1) + [depth]
    raise RuntimeError(held, depth)


def endless(value):
    return [endless([value])]


# Unpacking, displays and comprehensions


def unpacks(values):
    a, (b, *c), d = values
    first, *rest = b
    return [a, b, c, d, first, rest]


def unpacks_in_loop(rows):
    found = []
    for index, (key, value) in enumerate(rows):
        found.append((index, key, [value]))
    return found


def swaps(a, b, c):
    a, b, c = c, a, b
    a[0], b[0] = b[0], a[0]
    return a, b, c


def displays(a, b):
    return [a, *b], (*b, a), {a, *b}, {a: b, **dict.fromkeys(b)}, [*a, *b]


def merges(a, b):
    return {**a, "key": [a], **b}


def comprehends(items, other):
    return (
        [[x, y] for x in items for y in other if x != y],
        {str(x): [x for _ in other] for x in items},
        {repr(x / 1) for x in items},
        [last := [x] for x in items],
        last,
    )


def generates(items):
    return sum(len([x]) for x in items), [*(x[0] for x in items)], any(x for x in items), dict((x, x) for x in items)


def generator(items):
    try:
        for item in items:
            got = yield [item]
            if got:
                yield got
    finally:
        del items


def consumes(items, stop):
    found = []
    for index, item in enumerate(generator(items)):
        if index == stop:
            break
        found.append(item)
    running = generator(items)
    found.append(next(running))
    found.append(running.send([stop]))
    if stop == 3:
        running.throw(ValueError([stop]))
    return found, list(running)


def formats(value, other):
    return f"{value!r:>10} {other:{value}}" + "%s %d" % (value, other) + "{} {x}".format(value, x=other)


# Subscripts, slices, attributes, operators, in place


def subscripts(box, key, value):
    box[key] = [value]
    box[key] += [box[key]]
    found = box[key], box[:], key in box
    del box[key]
    return found


def slices(items, low, high):
    copy = items[low:high]
    copy[1:2] = [items, [low]]
    del copy[:1]
    return copy, items[::-1], items[low:]


def operators(a, b):
    c = a + b
    c += a
    c = c * 2 - a
    d = (a < b, a == b, not a, -c, a // b, a % b, c > 2**70, a or b, a and b, a is b)
    if a < b <= c:
        d += (c,)
    return c, d


def attributes(thing, value):
    thing.value = [value]
    thing.fresh = thing.value
    thing.value += [thing.doubled]
    found = thing.get(), thing.fresh, thing.shared, thing.made_up, type(thing).shared
    del thing.fresh
    return found


def missing(thing):
    try:
        return thing.nothing
    except AttributeError:
        return thing.made_nothing, thing.other


def methods(thing, value):
    return thing.add(value), thing.add(value, times=2), thing.make([value]).get(), thing.plain(value), thing.get


def changes_class(value):
    class Local(Node):
        kept = [value]

        def get(self):
            return [super().get(), __class__]

    thing = Local(value)
    before = thing.get(), thing.kept
    Local.kept = [before]
    Local.get = lambda self: [self]
    return before, thing.get(), thing.kept


def global_changes(value):
    global COUNTER
    COUNTER = [value]
    found = COUNTER
    COUNTER = len(found)
    return found, COUNTER


# Calls


def takes(a, b=(), *rest, key=None, **others):
    return [a, b, rest, key, others]


def exact(a, b, /, c=None, *, d):
    return [a, b, c, d]


def calls(value):
    return (
        takes(value),
        takes(value, [value]),
        takes(value, *[value, [value], value], key=[value]),
        takes(*[value], **{"key": value, "other": [value]}),
        takes(b=value, a=[value]),
        exact(value, [value], d=value),
        exact(value, value, [value], d=[value]),
        Node(value, child=[value]),
        Node.make(value).get(),
        Slotted(value).get(),
    )


def calls_wrongly(value, which):
    if which == 0:
        return takes()
    if which == 1:
        return exact([value], d=[value])
    if which == 2:
        return exact([value], value, value, value, [value], d=1)
    if which == 3:
        return exact([value], [value], unknown=[value], d=[value])
    if which == 4:
        return takes([value], a=[value])
    if which == 5:
        return takes(*[[value]], **{"a": [value]})
    if which == 6:
        return takes(*value, key=[value])
    if which == 7:
        return takes([value], **value)
    if which == 8:
        return takes([value], **{"key": 1}, **{"key": [value]})
    if which == 9:
        return exact([value], [value])
    if which == 10:
        return value(takes([value]))
    if which == 11:
        return Node([value], [value], [value])
    if which == 12:
        return len([value], [value])
    return [value].append([value], takes(value))


def builtins_called(items):
    return (
        sorted(items, key=lambda item: [item], reverse=True),
        list(map(lambda item: [item], items)),
        max(items, key=Node.plain),
        isinstance(items, (list, Node)),
        [*zip(items, reversed(items))],
        len(items),
        getattr(items, "nothing", [items]),
        hasattr(items, "nothing"),
        min(*items, default=[items]) if len(items) > 9 else iter(items),
    )


def raises_in_key(items):
    return sorted(items, key=lambda item: 1 / item)


def closes_over(value):
    count = [value]

    def inner(step=[value]):
        nonlocal count
        count = [*count, step]
        return count

    def later():
        return unset

    found = inner(), inner([1]), inner.__defaults__
    if value:
        later()
    unset = found
    return later()


def unbound(value):
    if value:
        found = [value]
    return [[value], found]


def deletes(value):
    found = [value]
    del found
    return found


def matched(value):
    match value:
        case [first, [second, *rest]]:
            return first, second, [rest]
        case {"key": found, **others}:
            return found, [others]
        case Node(value=[inner], child=None):
            return [inner]
        case str() | bytes() as text if len(text) > 2:
            return [text]
        case _:
            return value


def imports(value):
    import os.path as path
    from collections import OrderedDict as Ordered

    found = [path.join("a", "b"), Ordered(key=value)]
    if value:
        from collections import no_such_name
    return found, no_such_name


class Point:
    def __init__(self, x, v):
        self.x = x
        self.v = v


class SlotPoint:
    __slots__ = ("v", "x")

    def __init__(self, x, v):
        self.x = x
        self.v = v


class AskedPoint(Point):
    @property
    def x(self):
        return self.kept

    @x.setter
    def x(self, value):
        self.kept = value


def numbers_in_attributes(points, steps):
    total = 0.0
    for i in range(steps):
        for one in points:
            one.x += one.v * 0.5
            total = total + one.x * one.x - one.v * 2.0
            one.v = total * 0.25
            one.n = total + i
    return total


def known_functions(x, steps):
    total = 0.0
    for i in range(steps):
        total = total + math.sqrt(x * 1.0 if i else x * 2.0) + cos(math.floor(total)) + float(i)
        total += math.atan2(total, math.log(x + i))
    return total
