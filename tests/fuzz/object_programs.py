"""Draws programs over objects: functions that hold what may change its type at any time.

Some have annotations, which are right mostly, as what is given is drawn without a look at them.
"""

from __future__ import annotations

import random
import re

from tests.fuzz.object_forms import (
    AUGMENTED,
    CALLING,
    CONDITIONS,
    ERRORS,
    FLOATS,
    INDEXES,
    INTEGERS,
    LISTS,
    NUMBERS,
    OTHERS,
    SEQUENCES,
    STRINGS,
    TEXTS,
)


class ObjectProgram:
    """Draws the source of one function of five parameters. `a`, `b`, `c` hold numbers mostly, `xs` a list, `ys` anything."""

    def __init__(self, choose: random.Random, name: str, earlier: list[ObjectProgram]) -> None:
        self.choose = choose
        self.name = name
        self.earlier = [one for one in earlier if one.height < 3]
        self.height = 1
        self.lines: list[str] = []
        self.variables = ["v0", "v1", "v2", "w"]
        self.counters: list[str] = []  # what loops count, which nothing else sets
        self.depth = 0
        self.names = 0
        self.calm = False  # only arithmetic, no calls
        self.calls = choose.choice([0.02, 0.1, 0.3])
        self.oddness = choose.choice([0.0, 0.02, 0.02, 0.1])

    def source(self) -> str:
        choose = self.choose
        more = choose.choice(
            ["", "", "", ", d=5", ", d=None", ", *rest", ", *rest, k=1", ", d=2.5, **more", ", *, k=(), **more"]
        )
        self.extra = [name for name in ("d", "rest", "k", "more") if name in more.replace("rest", "rest ")]
        kinds: tuple[str, ...] | None = choose.choice([None, (), ("int",), ("float",), ("int", "float", "bool")])
        self.lines.append(f"def {self.name}({self.parameters(kinds)}, ys{more}):")
        for name in self.variables[:3]:
            if choose.random() < 0.85:
                declared = f"{name}: {choose.choice(kinds)}" if kinds and choose.random() < 0.4 else name
                value = choose.choice(["a", "b", "c", "0", "0", "0.0", "1", "None", "2**62", "10"])
                self.add(1, f"{declared} = {value}")
        self.add(
            1,
            choose.choice(
                ["s = 0", "s = 0", "s = 0.0", "s = 1", "s = a", "s = None", "s = 2**62 - 40", "s = -2**63 + 9"]
            ),
        )
        self.add(1, f"w = {choose.choice(['1', '0', '0.5', 'c', 'b'])}")
        self.variables.append("s")
        self.add(1, "t = 'text'")
        self.add(1, choose.choice(["r = []", "r = [0, 1, 2]", "r = [1.5, 2.5]", "r = [a, b, c]", "r = list(range(8))"]))
        self.add(1, "o = O(1)")
        if choose.random() < 0.6:
            self.loops()
        else:
            if choose.random() < 0.2:
                self.do_closure(1)
            self.block(1, choose.randint(2, 5), choose.choice([2, 2, 3]))
        shown = ", ".join(choose.sample(self.variables, 3))
        self.add(
            1,
            choose.choice([f"return s, {shown}, t, r", f"return [s, {shown}]", f"return look(s), {shown}", "return s"]),
        )
        return "\n".join(self.lines)

    def parameters(self, kinds: tuple[str, ...] | None) -> str:
        """`a, b, c, xs`, with annotations of these kinds, or none."""
        if kinds is None:
            return "a, b, c, xs"
        numbers = [f"{name}: {self.choose.choice(kinds or ('object',))}" for name in "abc"]
        return f"{', '.join(numbers)}, xs: list[{self.choose.choice(kinds or ('str',))}]"

    def loops(self) -> None:
        """A short program: a loop or two, of arithmetic mostly, and what looks at it."""
        self.calls, self.oddness = 0.03, 0.01
        for _ in range(self.choose.choice([1, 1, 2])):
            self.choose.choice([self.do_for, self.do_while, self.do_calm, self.do_try])(
                1, self.choose.choice([1, 2, 2])
            )
            if self.choose.random() < 0.3:
                self.statement(1, 0)

    def add(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    # Statements

    def block(self, indent: int, count: int, budget: int) -> None:
        start = len(self.lines)
        for _ in range(count):
            self.statement(indent, budget)
        if len(self.lines) == start:
            self.add(indent, "pass")

    SIMPLE = (
        ["assign"] * 5
        + ["augment"] * 6
        + ["store"] * 2
        + ["change_type"] * 3
        + ["store_augmented", "append", "two", "delete", "text"]
    )
    WITH_CALLS = (
        ["look"] * 3
        + [*["call", "destructor", "destructor", "raise", "attribute", "mutate", "rebind", "recursion", "print"]]
        + (["comprehension", "unpack", "keep", "poke", "global", "other"])
    )
    COMPOUND = ["if"] * 4 + ["for"] * 5 + ["while"] * 3 + ["calm"] * 3 + ["try"] * 3 + ["with", "match", "closure"]

    def statement(self, indent: int, budget: int) -> None:
        choose = self.choose
        kinds = self.SIMPLE
        if not self.calm:
            kinds = kinds + self.WITH_CALLS
        if budget and choose.random() < (0.6 if self.depth == 0 else 0.4):
            kinds = self.COMPOUND if not self.calm else ["if", "if", "for", "while"]
        elif self.depth and choose.random() < 0.12:
            kinds = ["leave"]
        getattr(self, f"do_{choose.choice(kinds)}")(indent, *([budget] if kinds[0] == "if" else []))

    def target(self) -> str:
        return self.choose.choice(["s", "s", *self.variables])

    def do_assign(self, indent: int) -> None:
        self.add(indent, f"{self.target()} = {self.number(3)}")

    def do_augment(self, indent: int) -> None:
        symbol = self.choose.choice(AUGMENTED)
        value = self.number(2) if symbol in "+-&|^%//" else self.choose.choice(["2", "3", "1", "7", "1.5"])
        name = self.target()
        self.add(indent, f"{name} {symbol}= {value}")
        if self.choose.random() < 0.1:
            self.add(indent, f"{name} = {name} * {self.choose.choice(self.variables)}")
            self.add(indent, f"if not -2**200 < {name} < 2**200: {name} = {self.number(0)}")

    def do_change_type(self, indent: int) -> None:
        value = self.choose.choice([*OTHERS, *INTEGERS, *FLOATS, "float({v})", "str({v})", "I({k})", "int({v})"])
        text = f"{self.target()} = {self.fill(value, 1)}"
        if self.counters and self.choose.random() < 0.7:
            text = f"if {self.choose.choice(self.counters)} == {self.choose.randint(0, 5)}: {text}"
        elif self.choose.random() < 0.3:
            name = self.target()
            text = f"if {name} is None: {name} = {self.number(1)}"
        self.add(indent, text)

    def do_store(self, indent: int) -> None:
        form = self.choose.choice(
            ["{l}[{i}] = {n}", "r[{j}] = {n}", "xs[{j}] = {x}", "{l}[{i}:{i}] = [{n}]", "o[{i}] = {n}", "ys[{i}] = {n}"]
        )
        self.add(indent, self.fill(form.replace("{l}", "xs"), 2))

    def do_store_augmented(self, indent: int) -> None:
        place = self.choose.choice(["xs[{i}]", "r[{j}]", "o.n", "o[{i}]", "g2[{i}]", "ys[{i}]", "o.twice", "r[{i}:]"])
        self.add(indent, self.fill(place + f" {self.choose.choice(AUGMENTED[:8])}= " + "{n}", 1))

    def do_append(self, indent: int) -> None:
        name = self.choose.choice(["r", "xs"])
        self.add(indent, self.fill(f"if len({name}) < 20: {name}.append(" + "{n})", 1))

    def do_two(self, indent: int) -> None:
        form = self.choose.choice(
            ["{t}, {u} = {u}, {t}", "{t}, {u} = {n}, {n}", "{t} = {u} = {n}", "{t}, r[0] = {n}, {n}"]
        )
        self.add(indent, self.fill(form.replace("{t}", self.target()).replace("{u}", self.target()), 1))

    def do_delete(self, indent: int) -> None:
        form = self.choose.choice(
            ["del {v}", "del xs[{i}]", "del r[{i}:]", "del xs[0]", "{v} = 1; del {v}; {v} = {n}", "del o.n"]
        )
        if form != "del {v}" or self.choose.random() < 0.5:
            self.add(indent, self.fill(form.replace("{v}", self.target()), 1))

    def do_text(self, indent: int) -> None:
        self.add(indent, self.fill("t = ({s})[-12:]", 2))

    def do_look(self, indent: int) -> None:
        self.add(
            indent,
            self.fill(
                self.choose.choice(["look()", "look()", "note({v})", "look({n})", "look_back()", "watched({n})"]), 1
            ),
        )

    def do_call(self, indent: int) -> None:
        """A call of an earlier program, which may raise."""
        if not self.earlier or self.depth > 1:
            return self.do_look(indent)
        callee = self.choose.choice(self.earlier)
        self.height = max(self.height, callee.height + 1)
        call = self.fill(f"{self.target()} = {callee.name}(" + "{n}, {n}, {n}, {l}, {x})", 1)
        return self.caught(indent, call) if self.choose.random() < 0.8 else self.add(indent, call)

    def caught(self, indent: int, text: str) -> None:
        self.add(indent, "try:")
        self.add(indent + 1, text)
        error = self.choose.choice([*ERRORS[-5:], *["Exception"] * 6])
        self.add(indent, f"except {error} as error:")
        self.add(
            indent + 1,
            self.choose.choice(["note(error)", "look()", "s = 0", "raise", "w = error", "raise Odd(w) from error"]),
        )

    def do_recursion(self, indent: int) -> None:
        call = self.fill(f"{self.target()} = {self.name}(" + "{n}, {n}, {n}, {l}, {x})", 1)
        self.add(indent, "if deeper():")
        self.caught(indent + 1, call)

    def do_destructor(self, indent: int) -> None:
        form = self.choose.choice(
            [
                *["{t} = D({k}, True)"] * 4,
                "{t} = D({v})",
                "r[{i}] = D({k}, True)",
                "xs[{i}] = D({k})",
                "xs.append(D({k}, True))",
                *[
                    "{t} = E(xs, {n})",
                    "{t} = E(r, {n})",
                    "D({k}, True)",
                    "E(xs)",
                    "{t} = [D({k}, True), {n}]",
                    "o.d = D({k}, True)",
                ],
            ]
        )
        self.add(indent, self.fill(form.replace("{t}", self.target()), 1))
        if self.choose.random() < 0.5 and "= D" in form:
            self.add(indent, self.fill(f"{self.lines[-1].split(' = ')[0].strip()} = " + "{n}", 1))

    def do_raise(self, indent: int) -> None:
        form = self.choose.choice(
            [
                "raise Odd({n})",
                "raise ValueError({s})",
                "assert {c}, {n}",
                "raise KeyError from Odd(1)",
                "raise {v}",
                "fail()",
            ]
        )
        if form != "fail()":
            form = "if {c}: " + form if not form.startswith("assert") else form
        self.add(indent, self.fill(form, 1))

    def do_attribute(self, indent: int) -> None:
        form = self.choose.choice(
            [
                "o.n = {n}",
                "o.n += {n}",
                "o.twice = {n}",
                "O.kind = {n}",
                "o = O({n})",
                "o += {n}",
                "{v}.n = {n}",
                "o.extra = {x}",
                "o = {x}",
            ]
        )
        self.add(indent, self.fill(form, 1))

    def do_mutate(self, indent: int) -> None:
        form = self.choose.choice(
            [
                "mutate(xs, {n})",
                "mutate(r, {n})",
                "xs.reverse()",
                "r.sort()",
                "xs.clear()",
                "xs.insert({i}, {n})",
                "xs.pop({i})",
            ]
        )
        self.add(indent, self.fill(form, 1))

    def do_rebind(self, indent: int) -> None:
        name = self.choose.choice(["len", "abs", "range", "min", "max", "isinstance"])
        form = self.choose.choice(
            [
                "rebind('g0', {n})",
                "rebind('g1', {x})",
                f"rebind('{name}', ODD['{name}'])",
                f"rebind_builtin('{name}', ODD['{name}'])",
                "rebind('calm', watched)",
            ]
        )
        self.add(indent, self.fill(form, 1))

    def do_print(self, indent: int) -> None:
        self.add(
            indent, self.fill(self.choose.choice(["print({v}, {n})", "print({s}, end='')", "print(*{l}, sep='-')"]), 1)
        )

    def do_comprehension(self, indent: int) -> None:
        form = self.choose.choice(
            [
                *[
                    "r = [{n} for e in {l}][-15:]",
                    "r = [e for e in {l} if {c}]",
                    "{t} = {{e: {n} for e in range(4)}}",
                    "{t} = [note(e) for e in ys]",
                ],
                *[
                    "r = [calm(e) for e in range(6)]",
                    "{t} = {{ {n} for _ in range(3) }}",
                    "{t} = sum(e + 1 for e in {l})",
                    "r = [look(e) for e in xs]",
                ],
                *["r = [e + s for e in {l}][-15:]", "{t} = [[f * e for f in (1, 2.5)] for e in xs]"],
            ]
        )
        self.add(indent, self.fill(form.replace("{t}", self.target()), 1))

    def do_unpack(self, indent: int) -> None:
        form = self.choose.choice(
            [
                "{t}, {u}, *r = {l}",
                "{t}, *r = {l}",
                "({t}, {u}), w = [{n}, {n}], {n}",
                "{t}, {u} = xs",
                "{t}, {u} = ys",
                "*r, {t} = {l}",
            ]
        )
        self.add(indent, self.fill(form.replace("{t}", self.target()).replace("{u}", self.target()), 1))

    def do_keep(self, indent: int) -> None:
        self.add(indent, "keep()")

    def do_poke(self, indent: int) -> None:
        name = self.choose.choice([*self.variables, "t", "xs", "a", "b"])
        self.add(indent, self.fill(f"poke('{name}', " + "{x})", 1))

    def do_global(self, indent: int) -> None:
        self.add(
            indent,
            self.fill(
                self.choose.choice(
                    ["g2.append({n})", "{t} = g0", "{t} = {t} + g0", "{t} += g1", "g2[0] = {n}"]
                ).replace("{t}", self.target()),
                1,
            ),
        )

    def do_other(self, indent: int) -> None:
        self.add(indent, self.fill(f"{self.target()} = " + "{x}", 1))

    # Compound statements

    def do_if(self, indent: int, budget: int) -> None:
        self.add(indent, self.fill("if {c}:", 2))
        self.block(indent + 1, self.choose.randint(1, 3), budget - 1)
        if self.choose.random() < 0.2:
            self.add(indent, self.fill("elif {c}:", 1))
            self.block(indent + 1, 1, budget - 1)
        if self.choose.random() < 0.4:
            self.add(indent, "else:")
            self.block(indent + 1, self.choose.randint(1, 2), budget - 1)

    def do_for(self, indent: int, budget: int) -> None:
        self.names += 1
        i, e = f"i{self.names}", f"e{self.names}"
        most = 4 if self.depth else 12
        bounded = [
            f"range({self.choose.randint(0, most)})",
            "range(1, 6)",
            "range(5, -3, -2)",
            "range(-2, 3)",
            "range(0)",
        ]
        free = [
            "range({v})",
            "range(len(xs))",
            "range(len(r))",
            "range({n}, {n})",
            "range({v}, {v} + 5)",
            "range(0, {v}, {k})",
            "range(len(xs) - 1, -1, -1)",
        ]
        free += ["range(a)", "range(2**62, 2**62 + 4)", "range(2**63 - 2, 2**63 + 3)", "range(2**30 - 2, 2**30 + 2)"]
        items = [
            "xs",
            "xs",
            "r",
            "ys",
            "{l}",
            "enumerate(xs)",
            "zip(xs, r)",
            "t",
            "b'ab\\xff'",
            "reversed(xs)",
            "(1, 2.5, 3)",
            "{{1: 2, 2: 3}}.items()",
            "o",
            "[e for e in xs]",
        ]
        chosen = self.choose.random()
        if chosen < 0.35:
            target, source, fuel = i, self.choose.choice(bounded), 0
        elif chosen < 0.6:
            target, source, fuel = i, self.fill(self.choose.choice(free), 1), most
        else:
            target, source, fuel = e, self.fill(self.choose.choice(items), 1), most
            if source.startswith(("enumerate", "zip")) or "items()" in source:
                target = f"{i}, {e}"
            elif self.choose.random() < 0.1:
                target = self.target()
        if fuel:
            self.add(indent, f"c{self.names} = 0")
        self.add(indent, f"for {target} in {source}:")
        if fuel:
            self.add(indent + 1, f"c{self.names} += 1")
            self.add(indent + 1, f"if c{self.names} > {fuel}: break")
        counter = i if i in target else f"c{self.names}" if fuel else i
        self.body(
            indent, budget, counter, [e] if e in target else [i] if i in target and self.choose.random() < 0.2 else []
        )

    def body(self, indent: int, budget: int, counter: str, items: list[str]) -> None:
        before, variables = list(self.counters), list(self.variables)
        self.counters.append(counter)
        self.variables += items
        self.depth += 1
        self.block(indent + 1, self.choose.randint(1, 4), budget - 1)
        self.depth -= 1
        self.counters = before
        if self.choose.random() < 0.7:
            self.variables = variables
        if self.choose.random() < 0.15:
            self.add(indent, "else:")
            self.block(indent + 1, 1, 0)

    def do_while(self, indent: int, budget: int) -> None:
        self.names += 1
        i = f"i{self.names}"
        most = 4 if self.depth else 12
        self.add(indent, f"{i} = {self.choose.choice(['0', '0', '0', '-2', '1', '1', '2'])}")
        condition = self.choose.choice(
            [f"{i} < {most}", f"{i} < len(xs)", "{c}", "True", f"{i} < " + "{v}", f"({{c}}) and {i} < 9"]
        )
        self.add(indent, f"while {self.fill(condition, 1)}:")
        self.add(indent + 1, f"{i} += {self.choose.choice('1112')}")
        self.add(indent + 1, f"if {i} > {most}: break")
        self.body(indent, budget, i, [])

    def do_calm(self, indent: int, budget: int) -> None:
        """A loop of arithmetic without calls."""
        before, self.calm = self.calm, True
        self.choose.choice([self.do_for, self.do_for, self.do_while])(indent, budget)
        self.calm = before

    def do_leave(self, indent: int) -> None:
        form = self.choose.choice(
            ["break", "break", "continue", "continue", "return {n}", "return s, {v}", "raise Odd({v})"]
        )
        self.add(indent, self.fill("if {c}: " + form, 1))

    def do_try(self, indent: int, budget: int) -> None:
        self.add(indent, "try:")
        self.block(indent + 1, self.choose.randint(1, 3), budget - 1)
        finally_ = self.choose.random() < 0.4
        if not finally_ or self.choose.random() < 0.6:
            for _ in range(self.choose.choice([1, 1, 2])):
                name = self.choose.choice(["", " as error", " as error", f" as {self.target()}"])
                self.add(indent, f"except {self.choose.choice(ERRORS)}{name}:")
                self.block(indent + 1, self.choose.randint(1, 2), min(budget - 1, 1))
                if self.choose.random() < 0.15:
                    self.add(
                        indent + 1, self.choose.choice(["raise", "raise Odd(1)", "raise Odd(2) from None", "look()"])
                    )
            if self.choose.random() < 0.15:
                self.add(indent, "else:")
                self.block(indent + 1, 1, 0)
        if finally_:
            self.add(indent, "finally:")
            self.block(indent + 1, self.choose.randint(1, 2), min(budget - 1, 1))

    def do_with(self, indent: int, budget: int) -> None:
        managers = self.choose.choice(["M({n}) as {v}", "M('m', True)", "M(1), M(2, {c})", "M({x}, {c}) as w", "{x}"])
        self.add(indent, self.fill(f"with {managers.replace('{v}', self.target())}:", 1))
        self.block(indent + 1, self.choose.randint(1, 3), budget - 1)

    def do_match(self, indent: int, budget: int) -> None:
        self.add(indent, self.fill(f"match {self.choose.choice(['{v}', '{n}', 'ys', 'xs', '({n}, {n})', 'o'])}:", 1))
        patterns = [
            "0 | 1",
            "int(w)",
            "float()",
            "[w, *r]",
            "(v0, v1)",
            "{1: w}",
            "None",
            "str() as t",
            "O(n=w)",
            "[1, _]",
            "int() | float() as s",
        ]
        for pattern in self.choose.sample(patterns, 3):
            guard = self.fill(" if {c}", 1) if self.choose.random() < 0.3 else ""
            self.add(indent + 1, f"case {pattern}{guard}:")
            self.block(indent + 2, 1, min(budget - 1, 1))
        if self.choose.random() < 0.7:
            self.add(indent + 1, "case _:")
            self.block(indent + 2, 1, 0)

    def do_closure(self, indent: int, budget: int = 0) -> None:
        """An inner function that reads, and perhaps sets, a variable of this one."""
        name = self.choose.choice(["v0", "s", "w"])
        self.add(indent, f"def inner(q, p={self.number(0)}):")
        if self.choose.random() < 0.4:
            self.add(indent + 1, f"nonlocal {name}")
            self.add(indent + 1, f"{name} = {self.choose.choice(['q', 'q + 1', f'{name} + p', 'p'])}")
        self.add(
            indent + 1,
            self.choose.choice([f"return {name} + q", f"look(); return {name}", f"return look(q), p, {name}"]),
        )
        self.add(
            indent,
            self.fill(f"{self.target()} = inner(" + self.choose.choice(["{n})", "{n}, {n})", "p={n}, q={v})"]), 1),
        )

    # Expressions

    def fill(self, form: str, depth: int) -> str:
        """`form` with its places filled: {n} a number, {k} a small constant, {m} a mask, {c} a condition, {s} a text, {l} a list,
        {i} an index, {j} what a loop counts, {v} a variable, {x} anything."""

        def filled(found: re.Match[str]) -> str:
            return self.part(found[1], depth - 1) if found[1] else found[0][0]

        return re.sub(r"\{\{|\}\}|\{(\w)\}", filled, form)

    def part(self, kind: str, depth: int) -> str:
        choose = self.choose
        match kind:
            case "n":
                return self.number(depth)
            case "k":
                return choose.choice(["1", "2", "3", "5", "-1", "0", "7"])
            case "m":
                return choose.choice(["1", "255", "1023", "0xFFFF", "2**32 - 1", "-1", "2**63 - 1", "True"])
            case "c":
                return self.fill(choose.choice(CONDITIONS), depth)
            case "s":
                return self.fill(choose.choice(TEXTS), depth) if depth > 0 else choose.choice(["t", "t", *STRINGS])
            case "l":
                return (
                    self.fill(choose.choice(SEQUENCES), depth)
                    if depth > 0 and not self.calm
                    else choose.choice(["xs", "xs", "r"])
                )
            case "i":
                return self.fill(choose.choice(INDEXES), depth) if depth > -2 else "0"
            case "j":
                return (
                    choose.choice([*self.counters, *self.counters, "0", "1", "v1"])
                    if self.counters
                    else choose.choice(["0", "1", "a"])
                )
            case "v":
                return choose.choice([*self.variables, *self.counters, *self.counters, "a", "b", "c", *self.extra])
            case _:
                return (
                    self.fill(choose.choice([*OTHERS, *LISTS, *STRINGS]), depth)
                    if choose.random() < 0.6
                    else self.number(depth)
                )

    def number(self, depth: int) -> str:
        choose = self.choose
        if choose.random() < self.oddness:
            return self.fill(choose.choice(OTHERS), depth)
        if depth <= 0 or choose.random() < 0.35:
            if choose.random() < 0.7:
                return choose.choice([*self.variables, *self.counters, *self.counters, *self.counters, "a", "b", "c"])
            return choose.choice([*INTEGERS[:12], *INTEGERS[:12], *INTEGERS, *FLOATS]).join("()")
        if not self.calm and choose.random() < self.calls:
            return self.fill(choose.choice(CALLING), depth)
        return self.fill(choose.choice(NUMBERS), depth)


def make_programs(number: int, count: int) -> list[str]:
    """Sources of functions `f0`, `f1`, …"""
    choose = random.Random(number)
    made: list[ObjectProgram] = []
    texts: list[str] = []
    while len(texts) < count:
        program = ObjectProgram(choose, f"f{len(texts)}", made[-4:])
        text = program.source()
        try:
            compile(text, "", "exec")
        except SyntaxError:
            continue
        made.append(program)
        texts.append(text)
    return texts
