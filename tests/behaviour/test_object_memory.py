"""Instances of ordinary classes that compiled code makes and frees itself: nothing may show that."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import Both

Build = Callable[[str], Both]


HOLDING = """
        log = []

        class Ends:
            def __init__(self, name):
                self.name = name

            def __del__(self):
                log.append(self.name)

        class Slots:
            __slots__ = ("b", "a", "__weakref__")

            def __init__(self, a, b):
                self.a = a
                self.b = b

        class MoreSlots(Slots):
            __slots__ = ("c",)

            def __init__(self, a, b, c):
                super().__init__(a, b)
                self.c = c

        class Attributes:
            def __init__(self, a, b):
                self.b = b
                self.a = a

        class Both(Slots):
            def __init__(self, a, b, c):
                Slots.__init__(self, a, b)
                self.c = c
                self.d = c

        class Late:
            def __init__(self, a):
                self.a = a

        class Grows:
            def __init__(self, a, more):
                self.a = a
                for number in range(more):
                    setattr(self, "x%d" % number, Ends("x%d" % number))

        def run(number):
            log.clear()
            Slots(Ends("a"), Ends("b"))
            MoreSlots(Ends("a"), Ends("b"), Ends("c"))
            Attributes(Ends("a"), Ends("b"))
            Both(Ends("a"), Ends("b"), Ends("c"))
            Grows(Ends("a"), number)
            attributes = Attributes(Ends("a"), Ends("b"))
            attributes.__dict__["c"] = Ends("c")
            del attributes.a
            attributes.a = Ends("new a")
            log.append(list(attributes.__dict__))
            attributes = None
            replaced = Attributes(1, 2)
            replaced.__dict__ = {"z": Ends("z"), "y": Ends("y")}
            replaced = None
            late = Late(Ends("late"))
            late.__class__ = Attributes
            late.b = Ends("b")
            log.append(sorted(vars(late)))
            late = None
            order = Attributes(1, 2)
            return [list(log), list(vars(order)), list(vars(Both(1, 2, 3)))]

        def finalizer_comes_later():
            log.clear()
            first = Late(Ends("inner"))
            Late.__del__ = lambda self: log.append("finalized")
            first = None
            Late(Ends("another"))
            del Late.__del__
            Late(Ends("third"))
            return list(log)

        def raising(a):
            raise ValueError(a)

        class Fails:
            def __init__(self, a):
                self.a = a
                raising(1)

        def fails():
            log.clear()
            try:
                Fails(Ends("a"))
            except ValueError as error:
                log.append("caught")
            return list(log)
        """


def test_what_an_instance_holds_goes_in_the_usual_order(both: Build) -> None:
    module = both(HOLDING)
    for number in (0, 3, 40, 0, 3):
        module.same("run", number)
        module.same("finalizer_comes_later")
        module.same("fails")


def test_weak_references_and_cycles(both: Build) -> None:
    module = both(
        """
        import gc
        import weakref

        log = []

        class Node:
            def __init__(self, name, other):
                self.name = name
                self.other = other

        class Slotted:
            __slots__ = ("name", "other")

            def __init__(self, name, other):
                self.name = name
                self.other = other

        def referred():
            log.clear()
            node = Node("a", Node("b", None))
            kept = [weakref.ref(node, lambda _: log.append("a")), weakref.ref(node.other, lambda _: log.append("b"))]
            node = None
            return [list(log), [each() for each in kept]]

        def cycles(count):
            gc.collect()
            alive = weakref.WeakSet()
            most = 0
            for number in range(count):
                node = Node(number, None)
                node.other = Node(number, node)
                alive.add(node)
                slotted = Slotted(number, node)
                most = max(most, len(alive))
            node = slotted = None
            gc.collect()
            return [most < count, len(alive)]

        def tracked():
            nodes = [Node(1, None), Slotted(1, None)]
            return [gc.is_tracked(node) for node in nodes] + [len(gc.get_referrers(nodes[0]))]

        def counted():
            enabled = gc.isenabled()
            gc.disable()
            try:
                before = gc.get_count()[0]
                nodes = [Node(number, None) for number in range(50)]
                between = gc.get_count()[0]
                nodes = None
                return [between - before >= 50, gc.get_count()[0] - before < 50]
            finally:
                if enabled:
                    gc.enable()
        """
    )
    for _ in range(3):
        module.same("referred")
        module.same("cycles", 3000)
        module.same("tracked")
        module.same("counted")


def test_long_chains_go_without_the_c_stack(both: Build) -> None:
    module = both(
        """
        log = []

        class Ends:
            def __init__(self, name):
                self.name = name

            def __del__(self):
                log.append(self.name)

        class Link:
            def __init__(self, following, end):
                self.following = following
                self.end = end

        class Slotted:
            __slots__ = ("following", "end")

            def __init__(self, following, end):
                self.following = following
                self.end = end

        def chain(slotted, length, step):
            log.clear()
            class_ = Slotted if slotted else Link
            link = None
            for number in range(length):
                link = class_(link, Ends(number) if number % step == 0 else None)
            link = None
            return list(log)

        def alternating(length):
            log.clear()
            link = None
            for number in range(length):
                link = [Slotted(Link((link,), Ends(number)), Ends(-number))]
            link = None
            return list(log)
        """
    )
    for slotted in (False, True):
        module.same("chain", slotted, 300, 1)
        module.same("chain", slotted, 100_000, 1000)
    module.same("alternating", 200)
    module.same("alternating", 20_000)


def test_classes_may_change_between_calls(both: Build) -> None:
    module = both(
        """
        class Point:
            def __init__(self, x, y):
                self.x = x
                self.y = y

        class Meta(type):
            pass

        class OfMeta(metaclass=Meta):
            def __init__(self, x, y):
                self.x = [x, y]

        def other_init(self, x, y):
            self.other = [x, y]

        def make(class_, x, y):
            return class_(x, y)

        def shown(x):
            return [type(x).__name__, sorted(vars(x).items()) if hasattr(x, "__dict__") else x]

        def wrong(self, x, y):
            return [x]

        def run():
            out = [shown(make(Point, 1, 2)), shown(make(Point, 3, 4)), shown(make(OfMeta, 5, 6)), shown(make(OfMeta, 7, 8))]
            before = Point.__init__
            Point.__init__ = other_init
            out += [shown(make(Point, 1, 2))]
            Point.__init__ = wrong
            try:
                make(Point, 1, 2)
            except TypeError as error:
                out.append(str(error))
            Point.__init__ = before
            out += [shown(make(Point, 1, 2))]
            before.__code__, code = other_init.__code__, before.__code__
            out += [shown(make(Point, 1, 2))]
            before.__code__ = code
            Point.__new__ = lambda cls, x, y: object.__new__(cls) if x < 5 else [x, y]
            out += [shown(make(Point, 1, 2)), shown(make(Point, 5, 6))]
            Point.__new__ = object.__new__
            out += [shown(make(Point, 1, 2))]
            Meta.__call__ = lambda cls, *given: ["called", given]
            out += [make(OfMeta, 1, 2)]
            del Meta.__call__
            out += [shown(make(OfMeta, 1, 2))]
            del Point.__init__
            for given in ((1, 2),):
                try:
                    make(Point, *given)
                except TypeError as error:
                    out.append(str(error))
            Point.__init__ = before
            return out + [shown(make(Point, 1, 2))]
        """
    )
    for _ in range(3):
        module.same("run")
