"""Generated programs over arrays, compiled against interpreted: results, exceptions, locals, and what the arrays hold afterwards.

The one permitted difference is OverflowError from fixed-width arithmetic. Then the arrays hold what they held when the
interpreter came to that statement with these locals.
"""

from __future__ import annotations

import random
import sys
import traceback
from collections import deque
from pathlib import Path
from types import FrameType, ModuleType

import pytest

from pyfreeze.options import Options
from tests.conftest import Both, build_both, exact

HEAD = """
from pyfreeze import Array, float64, frozen, int8, int64, uint16

@frozen
class P:
    x: float64
    n: int64
    b: bool = False

    def moved(self, by: float64) -> "P":
        return P(self.x + by, self.n, not self.b)

    def __add__(self, other: "P") -> "P":
        return P(self.x + other.x, self.n + other.n, self.b)
"""

METHODS = ("moved", "__add__")

EDGES: dict[str, list[object]] = {
    "int64": [0, 1, -1, 2, 3, 7, 100, -5, 2**31, 2**47, -(2**47) - 1, 2**62, -(2**62), 2**63 - 1, -(2**63)],
    "int8": [0, 1, -1, 127, -128, 5],
    "uint16": [0, 1, 2, 65535, 300],
    "float64": [0.0, -0.0, 1.5, -2.0, 1e308, float("inf"), float("nan"), 3.0],
    "bool": [True, False],
}
ELEMENTS = ("int64", "int64", "float64", "bool", "int8", "uint16", "P")
SMALL = {"int64": [0, 1, -1, 2, 3, 5], "int8": [0, 1, 2, -1], "uint16": [0, 1, 2]}


class ArrayProgram:
    """Draws the source of one function, with arrays `a` and `b`, an int64 `n` and an int `k`."""

    def __init__(self, choose: random.Random, name: str, earlier: list[ArrayProgram]) -> None:
        self.choose = choose
        self.name = name
        self.earlier = earlier
        self.a = choose.choice(ELEMENTS)
        self.b = self.a if choose.random() < 0.5 else choose.choice(ELEMENTS)
        self.lines: list[str] = []
        self.scopes: list[dict[str, str]] = [{"n": "int64", "k": "int", "s": "int64", "f": "float64"}]
        self.depth = self.deepest = 0
        self.calls = False
        self.names = 0
        self.inside: list[tuple[str, str]] = []  # subscripts that fit an array, at least at first

    def source(self) -> str:
        self.result = self.choose.choice(["int64", "float64", "int", "bool", "P"])
        self.lines.append(
            f"def {self.name}(a: Array[{self.a}], b: Array[{self.b}], n: int64, k: int) -> {self.result}:"
        )
        self.lines += ["    s: int64 = 0", "    f: float64 = 0.0"]
        self.block(1, self.choose.randint(2, 5), 2)
        self.lines.append(f"    return {self.expression(self.result, 2)}")
        return "\n".join(self.lines)

    # Statements

    def block(self, indent: int, count: int, budget: int) -> None:
        self.scopes.append({})
        start = len(self.lines)
        for _ in range(count):
            self.statement(indent, budget)
        if len(self.lines) == start:
            self.lines.append("    " * indent + "pass")
        self.scopes.pop()

    def statement(self, indent: int, budget: int) -> None:
        pad = "    " * indent
        kinds = ["sum", "store", "store", "add", "local", "change", "if", "for", "for", "while", "leave", "call"]
        kind = self.choose.choice(kinds if budget else kinds[:6])
        array = self.choose.choice("ab")
        element = self.element(array)
        match kind:
            case "sum":
                name, type_ = self.choose.choice([("s", "int64"), ("f", "float64")])
                symbol = self.choose.choice(["+", "+", "+", "-", "*", "^"] if name == "s" else ["+", "-", "*"])
                self.lines.append(f"{pad}{name} {symbol}= {self.expression(type_, 2)}")
            case "store":
                self.lines.append(f"{pad}{array}[{self.index(array)}] = {self.expression(element, 2)}")
            case "add":
                if element != "bool":
                    symbol = self.choose.choice("+-") if element != "P" else "+"
                    self.lines.append(f"{pad}{array}[{self.index(array)}] {symbol}= {self.expression(element, 1)}")
            case "local":
                self.names += 1
                type_ = self.choose.choice(["int64", "float64", "bool", "P", element])
                self.lines.append(f"{pad}v{self.names}: {type_} = {self.expression(type_, 2)}")
                self.scopes[-1][f"v{self.names}"] = type_
            case "change":
                self.change(pad, array, element)
            case "if":
                self.lines.append(f"{pad}if {self.expression('bool', 2)}:")
                self.block(indent + 1, self.choose.randint(1, 2), budget - 1)
                if self.choose.random() < 0.4:
                    self.lines.append(f"{pad}else:")
                    self.block(indent + 1, 1, budget - 1)
            case "for" | "while":
                self.loop(kind, indent, array, element, budget)
            case "leave":
                forms = ["return {r}", "raise ValueError({i})", "assert {b}, {i}"]
                if self.depth:
                    forms += ["break", "continue", "break", "continue"]
                form = self.choose.choice(forms)
                given = {
                    "r": self.expression(self.result, 1),
                    "i": self.expression("int64", 1),
                    "b": self.expression("bool", 1),
                }
                self.lines.append(f"{pad}if {self.expression('bool', 2)}: {form.format(**given)}")
            case "call":
                self.call(pad)

    def change(self, pad: str, array: str, element: str) -> None:
        """Something that changes the length; it never grows beyond bounds."""
        value = self.expression(element, 1)
        form = self.choose.choice(CHANGES)
        grows = form.partition(".")[2].partition("(")[0] in ("append", "extend", "insert") or "+=" in form
        other = self.choose.choice("ab") if self.a == self.b else array
        text = form.format(a=array, i=self.index(array), j=self.index(array), v=value, o=other)
        self.lines.append(f"{pad}if len({array}) < 60: {text}" if grows else f"{pad}{text}")

    def loop(self, kind: str, indent: int, array: str, element: str, budget: int) -> None:
        pad = "    " * indent
        self.names += 1
        name = f"i{self.names}"
        scope = {name: "int64"}
        form = ""
        if kind == "while":
            self.lines += [
                f"{pad}{name}: int64 = {self.choose.choice(['0', '-2', 'n'])}",
                f"{pad}while {name} < len({array}):",
                f"{pad}    {name} += {self.choose.choice('123')}",
            ]
        else:
            form = self.choose.choice(
                ["items", "items", "length", "length", "count", "numbered", "steps", "down", "fixed"]
            )
            match form:
                case "items":
                    self.lines.append(f"{pad}for {name} in {array}:")
                    scope = {name: element}
                case "numbered":
                    self.lines.append(f"{pad}for {name}, w{name} in enumerate({array}):")
                    scope = {name: "int", f"w{name}": element}
                case "length":
                    self.lines.append(f"{pad}for {name} in range(len({array})):")
                case "count":
                    self.lines.append(f"{pad}for {name} in range(n % 50):")
                case "steps":
                    self.lines.append(
                        f"{pad}for {name} in range({self.choose.choice(['0', '1', '-3'])}, len({array}), {self.choose.choice('23')}):"
                    )
                case "down":
                    self.lines.append(
                        f"{pad}for {name} in {self.choose.choice(['reversed(range(len({a})))', 'range(len({a}) - 1, -1, -1)']).format(a=array)}:"
                    )
                case "fixed":
                    self.lines.append(f"{pad}for {name} in range(-2, 5):")
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        self.scopes.append(scope)
        fits = name in scope and scope[name] in ("int64", "int")
        before = list(self.inside)
        self.inside += [(name, array)] if fits and form in ("length", "down", "numbered", "steps") else []
        self.block(indent + 1, self.choose.randint(1, 3), budget - 1)
        self.inside = before
        self.scopes.pop()
        self.depth -= 1

    def call(self, pad: str) -> None:
        fitting = [one for one in self.earlier if one.a == self.a and one.b in (self.a, self.b)]
        if not fitting or self.depth > 1:
            return
        callee = self.choose.choice(fitting)
        self.calls = True
        second = self.choose.choice([name for name in "ab" if self.element(name) == callee.b])
        self.names += 1
        self.lines.append(f"{pad}c{self.names} = {callee.name}(a, {second}, {self.expression('int64', 1)}, k)")
        self.scopes[-1][f"c{self.names}"] = callee.result

    # Expressions

    def element(self, array: str) -> str:
        return self.a if array == "a" else self.b

    def existing(self, type_: str) -> list[str]:
        return [name for scope in self.scopes for name, known in scope.items() if known == type_]

    def index(self, array: str) -> str:
        fitting = [name for name, known in self.inside if known == array]
        if fitting and self.choose.random() < 0.7:
            return self.choose.choice(["{i}", "{i}", "{i}", "-{i} - 1", "len({a}) - 1 - {i}", "{i} // 2"]).format(
                i=self.choose.choice(fitting), a=array
            )
        if self.choose.random() < 0.6:
            return self.choose.choice(["0", "1", "-1", "2", "n & 1"])
        names = [
            name
            for scope in self.scopes
            for name, known in scope.items()
            if name[0] in "ink" and known in ("int64", "int")
        ]
        forms = [
            "{i}",
            "{i}",
            "{i}",
            "-{i} - 1",
            "{i} - 1",
            "{i} + 1",
            "{i} * 2",
            "{i} % len({a})",
            "len({a}) - 1 - {i}",
            "0",
            "-1",
            "n",
            "{i} & 3",
            "({i} * 7 + n) % 10",
        ]
        form = self.choose.choice(forms)
        return form.format(i=self.choose.choice(names), a=array)

    def expression(self, type_: str, depth: int) -> str:
        names = self.existing(type_)
        arrays = [name for name in "ab" if self.element(name) == type_]
        if arrays and self.choose.random() < 0.5:
            array = self.choose.choice(arrays)
            form = self.choose.choice(["{a}[{i}]"] * 4 + READS) if self.choose.random() < 0.9 else "{a}[{i}]"
            return form.format(a=array, i=self.index(array), j=self.index(array))
        if names and (depth == 0 or self.choose.random() < 0.4):
            return self.choose.choice(names)
        if depth == 0:
            return self.constant(type_)
        return getattr(self, f"_{type_}")(depth - 1)

    def constant(self, type_: str) -> str:
        if type_ == "P":
            return f"P({self.constant('float64')}, {self.constant('int64')}, True)"
        if type_ == "int":
            return self.choose.choice(["0", "1", "-1", "5", "70"])
        return repr(self.choose.choice(SMALL.get(type_, [0.5, 2.0, -0.0] if type_ == "float64" else [True, False])))

    def _int64(self, depth: int) -> str:
        array = self.choose.choice("ab")
        forms = [
            "({x} + {y})",
            "({x} - {y})",
            "({x} * {y})",
            "({x} // {y})",
            "({x} % {y})",
            "({x} & {y})",
            "len({a})",
            "({x} if {b} else {y})",
            "min({x}, {y})",
            "abs({x})",
            "{p}.n",
            "int64({k})",
            "({x} >> 3)",
            *INTEGERS,
        ]
        return self.fill(self.choose.choice(forms), "int64", depth, array)

    def _int8(self, depth: int) -> str:
        return self.fill(
            self.choose.choice(["({x} + {y})", "({x} & {y})", "int8({z} & 63)", "({x} ^ {y})"]), "int8", depth
        )

    def _uint16(self, depth: int) -> str:
        return self.fill(
            self.choose.choice(["({x} + {y})", "({x} * {y} & 65535)", "uint16({z} & 1023)"]), "uint16", depth
        )

    def _int(self, depth: int) -> str:
        return self.fill(self.choose.choice(["({x} + {y})", "({x} * 3)", "int({z})", "({x} - {z} + k)"]), "int", depth)

    def _float64(self, depth: int) -> str:
        forms = [
            "({x} + {y})",
            "({x} * {y})",
            "({x} - {y})",
            "({x} / {y})",
            "float({z})",
            "{p}.x",
            "({x} if {b} else {y})",
            "-{x}",
        ]
        return self.fill(self.choose.choice(forms), "float64", depth)

    def _bool(self, depth: int) -> str:
        array = self.choose.choice("ab")
        forms = [
            "({z} < {w})",
            "({z} == {w})",
            "({u} > 0.0)",
            "not {x}",
            "({x} and {y})",
            "({z} >= 3)",
            "{p}.b",
            *TESTS,
        ]
        return self.fill(self.choose.choice(forms), "bool", depth, array)

    def _P(self, depth: int) -> str:  # noqa: N802
        forms = ["P({u}, {z})", "P(n={z}, x={u}, b={b})", "({x} + {y})", "{x}.moved({u})", "({x} if {b} else {y})"]
        return self.fill(self.choose.choice(forms), "P", depth)

    def fill(self, form: str, type_: str, depth: int, array: str = "a") -> str:
        parts = {
            "x": type_,
            "y": type_,
            "z": "int64",
            "w": "int64",
            "u": "float64",
            "b": "bool",
            "p": "P",
            "k": "int",
            "v": self.element(array),
        }
        given = {name: self.expression(part, depth) for name, part in parts.items() if f"{{{name}}}" in form}
        other = next((name for name in "ba" if self.element(name) == self.element(array)), array)
        return form.format(a=array, o=other, i=self.index(array), j=self.index(array), **given)


CHANGES = [
    "{a}.append({v})",
    "{a}.append({v})",
    "{a}.pop()",
    "{a}.pop({i})",
    "{a}.insert({i}, {v})",
    "{a}.extend({o})",
    "{a} += {o}",
    "{a}.clear()",
    "{a}.remove({v})",
    "del {a}[{i}]",
    "del {a}[{i}:{j}]",
    "{a}.reverse()",
    "{a}.reserve(n & 63)",
    "{a}.extend({a}[{i}:{j}])",
]
READS = ["{a}.pop()", "{a}.pop({i})", "{a}[{i}:{j}].pop()", "{a}.copy()[{i}]"]
INTEGERS = ["{a}.index({v})", "{a}.count({v})", "len({a}[{i}:{j}])", "len({a} + {o})"]
TESTS = ["({v} in {a})", "({a} == {o})", "({a}[{i}:] != {o})", "not {a}"]


def make_programs(number: int, count: int) -> list[tuple[ArrayProgram, str]]:
    choose = random.Random(number)
    made: list[tuple[ArrayProgram, str]] = []
    for index in range(count):
        program = ArrayProgram(choose, f"f{index}", [one for one, _ in made[-4:] if one.deepest < 2])
        made.append((program, program.source()))
    return made


def make_array(module: ModuleType, element: str, length: int, edges: float, choose: random.Random) -> object:
    from pyfreeze import Array

    if element == "P":
        values: list[object] = [
            module.P(choose.choice(EDGES["float64"]), choose.choice(SMALL["int64"]), choose.random() < 0.5)
            for _ in range(length)
        ]  # type: ignore[attr-defined]
        return Array[module.P](values)  # type: ignore[name-defined]
    plain = SMALL.get(element, EDGES[element][:5])
    values = [choose.choice(EDGES[element] if choose.random() < edges else plain) for _ in range(length)]
    import pyfreeze

    return Array[getattr(pyfreeze, element, bool)](values)  # type: ignore[misc]


def shown(value: object) -> object:
    """As `exact`, for values of either module."""
    if type(value).__name__.startswith("Array["):
        return type(value).__name__, [shown(item) for item in value]  # type: ignore[attr-defined]
    if type(value).__name__ == "P":
        return "P", exact(value.x), exact(value.n), exact(value.b)  # type: ignore[attr-defined]
    return exact(value)


Events = dict[tuple[str, int], deque[tuple[dict[str, object], list[object]]]]
"""For each line, by function: the locals and what the arrays held when the interpreter came there."""


class TooLong(BaseException):
    pass


def run(module: ModuleType, name: str, arguments: list[object], events: Events | None) -> list[object]:
    """What a call does; `events` collects what holds before each line."""
    arrays = arguments[:2]
    source = sys.modules[module.__name__].__file__
    budget = 400_000

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal budget
        if frame.f_code.co_filename != source:
            return None
        if event == "line":
            budget -= 1
            if budget < 0:
                raise TooLong
            if events is not None:
                here = events.setdefault((frame.f_code.co_name, frame.f_lineno), deque(maxlen=4000))
                here.append(({k: shown(v) for k, v in frame.f_locals.items()}, [shown(a) for a in arrays]))
        return trace

    sys.settrace(trace if events is not None else None)
    try:
        result: list[object] = ["value", shown(getattr(module, name)(*arguments))]
    except Exception as error:
        sys.settrace(None)
        found = list(traceback.walk_tb(error.__traceback__))[1:]
        places = [
            (e.name, e.lineno, e.colno, e.end_lineno, e.end_colno)
            for e in traceback.extract_tb(error.__traceback__)[1:]
        ]
        result = [
            type(error).__name__,
            exact(error.args),
            places,
            [{k: shown(v) for k, v in frame.f_locals.items()} for frame, _ in found],
        ]
    finally:
        sys.settrace(None)
    return [result, [shown(array) for array in arrays]]


def agree(found: list, expected: list) -> bool:  # type: ignore[type-arg]
    """As in test_resuming: locals that a loop may not have set need not be shown."""
    (one, held), (other, wanted) = found, expected
    if held != wanted or one[:3] != other[:3] or len(one) != len(other):
        return False
    return len(one) < 4 or all(mine.items() <= theirs.items() for mine, theirs in zip(one[3], other[3], strict=True))


def overflowed(found: list, events: Events, source: list[str]) -> bool:  # type: ignore[type-arg]
    """Whether the interpreter came to where compiled code has raised OverflowError, with the same arrays and locals."""
    (_, _, places, locals_), held = found
    depth = len(places) - (places[-1][0] in METHODS)
    name, line = places[depth - 1][:2]
    if "pop(" in source[line - 1]:
        return True  # elements were taken out before the overflow: the statement is half done
    locals_ = locals_[:depth]
    mine = locals_[-1].items()
    return any(holding == held and mine <= theirs.items() for theirs, holding in events.get((name, line), ()))


def check(folder: Path, number: int, count: int, options: Options = Options()) -> float:
    made = make_programs(number, count)
    both = build_both(folder, HEAD + "\n\n" + "\n\n".join(text for _, text in made) + "\n", options)
    for program, text in made:
        for attempt in range(6):
            _compare(both, program, text, random.Random(f"{number} {program.name} {attempt}"))
    return len(both.native() & {program.name for program, _ in made}) / len(made)


def _compare(both: Both, program: ArrayProgram, text: str, choose: random.Random) -> None:
    lengths = [0, 1, 3, 4, 10, 10, 12, 30, 30]
    if program.deepest < 2 and not program.calls:
        lengths.append(9000)
    length, other = choose.choice(lengths), choose.choice(lengths)
    edges = choose.choice([0.0, 0.0, 0.05, 0.5]) if length < 9000 else choose.choice([0.0, 0.0001])
    alias = program.a == program.b and choose.random() < 0.4
    n, k = choose.choice([0, 1, 2, 3, 3, 5, 7, 10, -1, -4, 49, 2**62]), choose.choice([0, 1, 5, -3, 2**63, 70])
    seed = choose.random()
    results = []
    events: Events = {}
    for module in (both.interpreted, both.compiled):
        same = random.Random(seed)
        a = make_array(module, program.a, length, edges, same)
        b = a if alias else make_array(module, program.b, other, edges, same)
        traced = length < 100 and other < 100
        try:
            results.append(
                run(module, program.name, [a, b, n, k], events if traced and module is both.interpreted else None)
            )
        except TooLong:
            return
    expected, found = results
    if agree(found, expected):
        return
    told = f"{text}\n{program.name}: lengths {length}, {other}, {edges=}, {alias=}, {n=}, {k=}\ncompiled    {found}\ninterpreted {expected}"
    if found[0][0] == "OverflowError" and "out of range for" in str(found[0][1]):
        if not (length < 100 and other < 100):
            return
        assert overflowed(found, events, both.path.read_text().splitlines()), told
        return
    raise AssertionError(told)


@pytest.mark.parametrize(("number", "assume_impure"), [(0, False), (1, False), (2, True)])
def test_sample_of_generated_programs(tmp_path: Path, number: int, assume_impure: bool) -> None:
    share = check(tmp_path, number, 25, Options(assume_impure=assume_impure))
    assert share > 0.3 or assume_impure


@pytest.mark.slow
@pytest.mark.parametrize("number", range(100, 160))
def test_many_generated_programs(tmp_path: Path, number: int) -> None:
    check(tmp_path, number, 40)
