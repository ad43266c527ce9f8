"""Generated programs with what the fuzz generator leaves out: calls, recursion, tuples, raising, unset variables."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.test_generated_programs import TYPES, Program

RESULTS = TYPES[:4]

# What single passes look for, and what resembles it.
INTEGERS = [
    "({a} // 8)",
    "({a} % 16)",
    "(({a} + {b}) * 31 & 255)",
    "(({a} + {b} >> 1) & 255)",
    "(({a} * {b} // 4) & 63)",
    "((({a} << 3) ^ -{b}) & 1023)",
]
FLOATS = ["({a} / (1.0 + {b} * {b}))", "({a} / (1.0 + abs({b})))", "({a} / (1.5 + {b}))", "({a} / (0.0 + {b} * {b}))"]


class CallingProgram(Program):
    """One function; a recursive one has `n`, the number of calls that it still makes, as first parameter."""

    def __init__(self, draw: st.DrawFn, name: str, earlier: list[CallingProgram]) -> None:
        super().__init__(draw, name)
        self.earlier = earlier
        self.text = ""
        self.recursive = draw(st.booleans())
        self.results = draw(st.lists(st.sampled_from(RESULTS), min_size=1, max_size=2))

    @property
    def annotation(self) -> str:
        return self.results[0] if len(self.results) == 1 else f"tuple[{', '.join(self.results)}]"

    def source(self) -> str:
        shown = [f"{name}: {type_}" for name, type_ in [("n", "int64")] * self.recursive + self.parameters]
        self.lines.append(f"def {self.name}({', '.join(shown)}) -> {self.annotation}:")
        if self.recursive:
            self.lines += ["    if n <= 0:", f"        return {self.result_expression()}"]
            self.block(1, 1)
            self.call(self, 1, "n - 1")
        self.block(1, 2)
        self.lines.append(f"    return {self.result_expression()}")
        return "\n".join(self.lines)

    def integer_expression(self, type_: str, depth: int) -> str:
        return self.special(INTEGERS, type_, depth) or super().integer_expression(type_, depth)

    def float_expression(self, type_: str, depth: int) -> str:
        return self.special(FLOATS, type_, depth) or super().float_expression(type_, depth)

    def special(self, forms: list[str], type_: str, depth: int) -> str:
        if self.draw(st.integers(0, 2)):
            return ""
        return self.draw(st.sampled_from(forms)).format(a=self.expression(type_, depth), b=self.expression(type_, 0))

    def result_expression(self) -> str:
        return ", ".join(self.expression(type_, 2) for type_ in self.results)

    def call(self, callee: CallingProgram, indent: int, depth: str = "3") -> None:
        """Assign what `callee` returns to new variables."""
        arguments = [depth] * callee.recursive + [self.expression(type_, 1) for _, type_ in callee.parameters]
        names = [f"c{len(self.variables) + number}" for number in range(len(callee.results))]
        self.lines.append(f"{'    ' * indent}{', '.join(names)} = {callee.name}({', '.join(arguments)})")
        self.variables |= dict(zip(names, callee.results, strict=True))

    def block(self, indent: int, budget: int) -> None:
        super().block(indent, budget)
        pad = "    " * indent
        match self.draw(st.sampled_from(["", "call", "assert", "raise", "unset", "while", "tuple"])):
            case "call" if self.earlier:
                self.call(self.draw(st.sampled_from(self.earlier)), indent)
            case "assert":
                self.lines.append(f"{pad}assert {self.expression('bool', 1)}, {self.expression('int', 1)}")
            case "raise":
                raised = self.draw(st.sampled_from(["ValueError", f"KeyError({self.expression('int', 1)}, 'text')"]))
                self.lines += [f"{pad}if {self.expression('bool', 1)}:", f"{pad}    raise {raised}"]
            case "unset":
                name, type_ = f"u{len(self.variables)}", self.draw(st.sampled_from(RESULTS))
                self.lines.append(f"{pad}if {self.expression('bool', 1)}:")
                self.lines.append(f"{pad}    {name}: {type_} = {self.expression(type_, 1)}")
                self.variables[name] = type_
            case "while" if budget:
                self.counted_while(indent, budget)
            case "tuple":
                self.packed(pad)
            case _:
                pass

    def packed(self, pad: str) -> None:
        """Make a tuple, and take some of its items."""
        number = len(self.variables)
        types = self.draw(st.lists(st.sampled_from(RESULTS), min_size=1, max_size=3))
        items = "".join(f"{self.expression(type_, 1)}, " for type_ in types)
        self.lines.append(f"{pad}t{number} = ({items})")
        for index, type_ in enumerate(types):
            if self.draw(st.booleans()):
                self.lines.append(f"{pad}x{number + index} = t{number}[{index}]")
                self.variables[f"x{number + index}"] = type_

    def counted_while(self, indent: int, budget: int) -> None:
        pad, counter = "    " * indent, f"w{len(self.lines)}"
        self.lines += [f"{pad}{counter}: int64 = 0", f"{pad}while {counter} < 3:", f"{pad}    {counter} += 1"]
        self.block(indent + 1, budget - 1)
        if self.draw(st.booleans()):
            self.lines.append(f"{pad}    if {self.expression('bool', 1)}:")
            self.lines.append(f"{pad}        {self.draw(st.sampled_from(['break', 'continue']))}")
            self.block(indent + 1, 0)


@st.composite
def calling_programs(draw: st.DrawFn, count: int) -> list[CallingProgram]:
    made: list[CallingProgram] = []
    for number in range(count):
        program = CallingProgram(draw, f"f{number}", list(made))
        program.text = program.source()
        made.append(program)
    return made
