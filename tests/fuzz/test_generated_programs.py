"""Generated scalar programs, compiled against interpreted, on edge arguments.

The one permitted difference is OverflowError from fixed-width arithmetic; a run that ends so is not compared further.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from pyfreeze.options import Options
from tests.conftest import Both, Outcome, build_both

TYPES = ("int64", "int", "float", "bool", "uint32")
EDGES: dict[str, list[object]] = {
    "int64": [0, 1, -1, 2, 7, 2**31, -(2**31), 2**53 + 1, 2**62, -(2**63), 2**63 - 1],
    "int": [0, 1, -1, 3, 2**53 + 1, 2**62 - 1, -(2**62) - 1, 2**63, 2**80],
    "float": [0.0, -0.0, 1.0, -2.5, 1e300, 2.0**53, float("inf"), float("nan")],
    "bool": [True, False],
    "uint32": [0, 1, 2**31, 2**32 - 1],
}


class Program:
    """Draws the source of one function."""

    def __init__(self, draw: st.DrawFn, name: str) -> None:
        self.draw = draw
        self.name = name
        self.parameters = [(f"p{i}", draw(st.sampled_from(TYPES))) for i in range(draw(st.integers(1, 3)))]
        self.variables: dict[str, str] = dict(self.parameters)
        self.result = draw(st.sampled_from(TYPES[:4]))
        self.lines: list[str] = []
        self.loops = 0
        self.in_long_loop = False  # where nothing is multiplied, or ints would have millions of digits

    def source(self) -> str:
        names = ", ".join(f"{name}: {type_}" for name, type_ in self.parameters)
        self.lines.append(f"def {self.name}({names}) -> {self.result}:")
        self.block(1, 3)
        self.lines.append(f"    return {self.expression(self.result, 2)}")
        return "\n".join(self.lines)

    def block(self, indent: int, budget: int) -> None:
        for _ in range(self.draw(st.integers(1, 3))):
            kind = self.draw(st.sampled_from(["assign", "assign", "if", "for", "augment"] if budget else ["assign"]))
            pad = "    " * indent
            if kind == "assign":
                type_ = self.draw(st.sampled_from(TYPES))
                name = f"v{len(self.variables)}" if indent == 1 else self.existing(type_)
                if name is None:
                    continue
                text = self.expression(type_, 3)
                self.lines.append(
                    f"{pad}{name}: {type_} = {text}" if name not in self.variables else f"{pad}{name} = {text}"
                )
                self.variables[name] = type_
            elif kind == "augment":
                name = self.existing("int64") or self.existing("int")
                if name is not None:
                    symbol = self.draw(st.sampled_from([*self.growing("*"), "+", "-", "^", "&", "//", "%"]))
                    self.lines.append(f"{pad}{name} {symbol}= {self.expression(self.variables[name], 1)}")
            elif kind == "if":
                self.lines.append(f"{pad}if {self.expression('bool', 2)}:")
                self.nested(indent, budget)
                if self.draw(st.booleans()):
                    self.lines.append(f"{pad}else:")
                    self.nested(indent, budget)
            elif self.loops < 2:
                self.loops += 1
                short, long = ["3", "1, 6, 2", "5, -4, -3", "0"], ["-3, 40", "{n} % 50", "{n}, {n} + 9", "9000 // {n}"]
                form = self.draw(st.sampled_from([*short, *long] if indent == 1 else short))
                bounds = form.format(n=self.existing("int64") or self.existing("int") or "7")
                self.in_long_loop = self.in_long_loop or form in long
                self.lines.append(f"{pad}for i{self.loops} in range({bounds}):")
                self.nested(indent, budget)
                self.in_long_loop = self.in_long_loop and indent > 1
                self.loops -= 1

    def nested(self, indent: int, budget: int) -> None:
        start = len(self.lines)
        self.block(indent + 1, budget - 1)
        if len(self.lines) == start:
            self.lines.append("    " * (indent + 1) + "pass")

    def growing(self, *symbols: str) -> tuple[str, ...]:
        return () if self.in_long_loop else symbols

    def existing(self, type_: str) -> str | None:
        names = sorted(name for name, known in self.variables.items() if known == type_)
        return self.draw(st.sampled_from(names)) if names else None

    def expression(self, type_: str, depth: int) -> str:
        name = self.existing(type_)
        if depth == 0 or self.draw(st.integers(0, 4)) == 0:
            return name if name is not None and self.draw(st.integers(0, 3)) else self.constant(type_)
        return getattr(self, f"{'integer' if type_ in ('int64', 'int', 'uint32') else type_}_expression")(
            type_, depth - 1
        )

    def constant(self, type_: str) -> str:
        if type_ == "float":
            return self.draw(st.sampled_from(["0.0", "-0.0", "1.5", "1e16", "-2.0", "0.1"]))
        if type_ == "bool":
            return self.draw(st.sampled_from(["True", "False"]))
        if type_ == "uint32":
            return self.draw(st.sampled_from(["0", "1", "77", "4294967295"]))
        return self.draw(st.sampled_from(["0", "1", "-1", "3", "10", "255", "2147483648", "-9007199254740993"]))

    def integer_expression(self, type_: str, depth: int) -> str:
        left, right = self.expression(type_, depth), self.expression(type_, depth)
        form = self.draw(
            st.sampled_from(
                [
                    "{a} {o} {b}",
                    "({a} if {c} else {b})",
                    "min({a}, {b})",
                    "({a} {s} 2)",
                    "({a} * {b} & 4095)",
                    "abs({a})",
                ]
            )
        )
        condition = self.expression("bool", 0) if "{c}" in form else ""
        symbol = self.draw(st.sampled_from([*self.growing("*"), "+", "-", "//", "%", "&", "|", "^"]))
        return (
            "("
            + form.format(
                a=left, b=right, c=condition, o=symbol, s=self.draw(st.sampled_from([*self.growing("<<", "**"), ">>"]))
            )
            + ")"
        )

    def float_expression(self, _type: str, depth: int) -> str:
        left, right = self.expression("float", depth), self.expression("float", depth)
        number = self.expression(self.draw(st.sampled_from(["int64", "int"])), 0)
        symbol = self.draw(st.sampled_from(["+", "-", "*", "/", "//", "%"]))
        forms = ["({a} {o} {b})", "({a} {o} {n})", "({n} {o} {a})", "abs({a})", "-{a}", "max({a}, {b})", "float({n})"]
        return self.draw(st.sampled_from(forms)).format(a=left, b=right, n=number, o=symbol)

    def bool_expression(self, _type: str, depth: int) -> str:
        type_, other = (self.draw(st.sampled_from(["int64", "int", "float"])) for _ in range(2))
        symbol = self.draw(st.sampled_from(["<", "<=", "==", "!=", ">", ">="]))
        compared = f"({self.expression(type_, depth)} {symbol} {self.expression(other, depth)})"
        joined = f"({compared} {self.draw(st.sampled_from(['and', 'or']))} {self.expression('bool', depth)})"
        return self.draw(st.sampled_from([compared, joined, f"(not {compared})"]))


@st.composite
def programs(draw: st.DrawFn, count: int) -> list[Program]:
    made = [Program(draw, f"f{number}") for number in range(count)]
    for program in made:
        program.text = program.source()  # type: ignore[attr-defined]
    return made


def _check(folder: Path, made: list[Program], assume_impure: bool = False) -> None:
    text = "from pyfreeze import int64, uint32\n\n" + "\n\n".join(program.text for program in made) + "\n"  # type: ignore[attr-defined]
    both = build_both(folder, text, Options(assume_impure=assume_impure))
    native = both.native()
    choose = random.Random(text)
    for program in made:
        for _ in range(8):
            arguments = [choose.choice(EDGES[type_]) for _, type_ in program.parameters]
            _compare(both, program, arguments, program.name in native)


def _compare(both: Both, program: Program, arguments: list[object], is_native: bool) -> None:
    expected = Outcome.of(getattr(both.interpreted, program.name), *arguments)
    found = Outcome.of(getattr(both.compiled, program.name), *arguments)
    if found.kind == "OverflowError" and is_native and "out of range for" in str(found.shown):
        assert any(kind in program.text for kind in ("int64", "uint32"))  # type: ignore[attr-defined]
        return
    if expected.kind == "MemoryError" or (found == expected):
        return
    raise AssertionError(f"{program.text}\n{program.name}{arguments}: {found} for {expected}")  # type: ignore[attr-defined]


SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "print_blob": False}


@pytest.mark.parametrize(("number", "assume_impure"), [(0, False), (1, False), (2, False), (3, False), (4, True)])
def test_sample_of_generated_programs(
    tmp_path_factory: pytest.TempPathFactory, number: int, assume_impure: bool
) -> None:
    @seed(number)
    @settings(max_examples=2, **SETTINGS)  # type: ignore[arg-type]
    @given(made=programs(25))
    def run(made: list[Program]) -> None:
        _check(tmp_path_factory.mktemp("fuzz"), made, assume_impure)

    run()


@pytest.mark.slow
@given(made=programs(40))
@settings(max_examples=150, **SETTINGS)  # type: ignore[arg-type]
def test_many_generated_programs(tmp_path_factory: pytest.TempPathFactory, made: list[Program]) -> None:
    _check(tmp_path_factory.mktemp("fuzz"), made)
