"""IR text back to IR: the inverse of `printer`. Sites, handlers and bindings included."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pyfreeze.ir.function import Binding, BindingKind, ConstantValue, FrameShape, Function, Module, Stage
from pyfreeze.ir.instructions import (
    AddTraceback,
    Apply,
    Block,
    Branch,
    Call,
    CheckBindings,
    CheckDepth,
    CondBranch,
    Constant,
    ConstantTable,
    DecRef,
    Deopt,
    Edge,
    Expected,
    Fail,
    GetItem,
    IncRef,
    Instruction,
    LoadConstant,
    LoadGlobal,
    LoadLocal,
    LoopKind,
    LoopState,
    MakeTuple,
    PointKind,
    Poll,
    Position,
    Raise,
    ResumeState,
    Return,
    Site,
    StoreLocal,
    Suspend,
    Unreachable,
    Untold,
    Value,
)
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import (
    SCALARS_BY_NAME,
    TEXT,
    ArrayType,
    ClassType,
    OptionalType,
    StructType,
    TupleType,
    Type,
    ViewType,
)

FindPrimitive = Callable[[str, Mapping[str, StructType]], Primitive]
"""From a name, and the module's frozen classes by theirs, which it may mention."""


class ParseError(Exception):
    """Text that is no IR, with its line."""


def parse_module(text: str, find: FindPrimitive) -> Module:
    """The module that prints as `text`. `find` gives the primitive of a name. Raises ParseError."""
    lines = text.splitlines()
    head = re.fullmatch(r"module (\S+) @(\w+)", lines[0].strip()) if lines else None
    if head is None:
        raise ParseError("line 1: expected `module NAME @STAGE`")
    module = Module(head[1], stage=Stage[head[2]])
    start = None
    for number, line in enumerate(lines):
        if line.startswith(("struct ", "namedtuple ")):
            _add_struct(module, line)
        elif line.startswith("function "):
            start = number
        elif line == "}" and start is not None:
            function = _FunctionParser(lines[start : number + 1], start + 1, find, module.structs).parse()
            (module.framed if function.framed else module.functions)[function.name] = function
            start = None
    return module


def _add_struct(module: Module, line: str) -> None:
    found = re.fullmatch(r"(struct|namedtuple) (\S+) \((.*)\)", line)
    if found is None:
        raise ParseError(f"expected `struct NAME (FIELDS)` or `namedtuple NAME (FIELDS)`: {line!r}")
    pairs = [item.partition(": ") for item in split_outside(found[3])]
    is_tuple = found[1] == "namedtuple"
    singles = frozenset(name for name, _, type_ in pairs if type_ == "float32")
    objects = frozenset(name for name, _, type_ in pairs if is_tuple or type_.startswith("boxed "))
    types = ((name, "float64" if name in singles else type_.removeprefix("boxed ")) for name, _, type_ in pairs)
    fields = tuple((name, parse_type(type_, module.structs)) for name, type_ in types)
    module.structs[found[2]] = StructType(found[2], fields, singles, objects, is_tuple)


def parse_type(text: str, structs: Mapping[str, StructType] = MappingProxyType({})) -> Type:
    """The type that prints as `text`. Raises ParseError."""
    if text in SCALARS_BY_NAME:
        return SCALARS_BY_NAME[text]
    if text in structs:
        return structs[text]
    if text.endswith(" | none"):
        return OptionalType(parse_type(text.removesuffix(" | none"), structs))
    if text.startswith("Array[") and text.endswith("]"):
        return ArrayType(parse_type(text[len("Array[") : -1], structs))
    if text.startswith("type[") and text.endswith("]"):
        struct = parse_type(text[len("type[") : -1], structs)
        assert isinstance(struct, StructType)
        return ClassType(struct)
    if (view := re.fullmatch(r"(ndarray|memoryview)\[(\w+), (\d)\]", text)) is not None:
        single = view[2] == "float32"
        return ViewType(view[1], parse_type("float64" if single else view[2], structs), int(view[3]), single)
    if text.startswith("tuple[") and text.endswith("]"):
        inner = text[len("tuple[") : -1]
        return TupleType(tuple(parse_type(item, structs) for item in ([] if inner == "()" else split_outside(inner))))
    raise ParseError(f"unknown type {text!r}")


def split_outside(text: str) -> list[str]:
    """Split at commas that are in no bracket and no string."""
    parts, depth, current, quoted = [], 0, "", ""
    for index, character in enumerate(text):
        if quoted:
            if character == quoted and text[index - 1] != "\\":
                quoted = ""
        elif character in "'\"":
            quoted = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(current.strip())
            current = ""
            continue
        current += character
    return [*parts, current.strip()] if current.strip() else parts


_HEADER = re.compile(r"function @(\S+) -> (.+) line (\d+)( impure)?(?: framed (\d+)/(\d+)/(\d+))? \{")
_BLOCK = re.compile(r"\^([\w.]+)(?:\((.*)\))?:")
_RESULT = re.compile(r"(%[\w.?]+): ([^=]+?) = (.*)")
_HANDLER = re.compile(r"(.*) except (\^[\w.]+(?:\([^()]*\))?)")
_MOVED = "move "
_UNTOLD = re.compile(r"(.*?) untold \{([^{}]*)\}")
_EXPECTED = re.compile(r"(.*) expected (\w+)")
_SITES = re.compile(r" !(?=(?:@\S+ )?\d+:)")
_SITE = re.compile(r"(?:@(\S+) )?(\d+):(\d+)-(\d+):(\d+)(?: \{(.*)\})?(?:\+(\d+))?")
_RESUME = re.compile(
    r"(.*?) resume (start|statement|loop|returned|called) (\d+):(\d+)-(\d+):(\d+) #(\d+)(?: \{([^{}]*)\})?(?: \[(.*)\])?"
)
_LOOP = re.compile(r"(\w+)\+(\d)\((.*)\)")
_BINDING = re.compile(r"assume (\w+) (\S+) = (.*)")

_BY_WORD: dict[str, type[Instruction]] = {
    "poll": Poll,
    "check_bindings": CheckBindings,
    "suspend": Suspend,
    "traceback": AddTraceback,
    "incref": IncRef,
    "decref": DecRef,
    "return": Return,
    "fail": Fail,
    "deopt": Deopt,
    "unreachable": Unreachable,
}


class _FunctionParser:
    def __init__(self, lines: list[str], first: int, find: FindPrimitive, structs: Mapping[str, StructType]) -> None:
        self._lines = lines
        self._first = first
        self._find = find
        self._structs = structs
        self._values: dict[str, Value] = {}
        self._blocks: dict[str, Block] = {}

    def parse(self) -> Function:
        head = _HEADER.fullmatch(self._lines[0])
        if head is None:
            raise ParseError(f"line {self._first}: expected `function @NAME -> TYPE line N {{`")
        result = parse_type(head[2], self._structs)
        function = Function(head[1], (), result, line=int(head[3]), impure=bool(head[4]))
        if head[5]:
            function.frame = FrameShape(int(head[5]), int(head[6]), int(head[7]))
        self._declare()
        block: Block | None = None
        for number, line in enumerate(self._lines[1:-1], self._first + 1):
            try:
                opening = _BLOCK.fullmatch(line)
                if opening is not None:
                    block = self._blocks[opening[1]]
                    function.blocks.append(block)
                elif block is None:
                    function.bindings.add(_binding(line.strip(), self._structs))
                else:
                    block.instructions.append(self._instruction(line.strip(), function.name))
            except (KeyError, ValueError, IndexError, SyntaxError) as error:
                raise ParseError(f"line {number}: {line.strip()!r}: {error}") from None
        function.parameter_names = tuple(value.name for value in function.parameters)
        return function

    def _declare(self) -> None:
        """All blocks, parameters and results first: a use may stand before its definition."""
        for line in self._lines[1:-1]:
            opening = _BLOCK.fullmatch(line)
            if opening is not None:
                block = self._blocks[opening[1]] = Block(opening[1])
                for item in split_outside(opening[2] or ""):
                    name, _, type_ = item.partition(": ")
                    block.parameters.append(self._define(name, type_))
            elif (result := _RESULT.match(line.strip())) is not None:
                self._define(result[1], result[2])

    def _define(self, name: str, type_: str) -> Value:
        # Numbers, also those that make a variable's name unique, are the printer's.
        base = re.sub(r"\.\d+$", "", name[1:])
        self._values[name] = Value(parse_type(type_, self._structs), "" if base.isdigit() else base)
        return self._values[name]

    def _list(self, text: str) -> list[Value]:
        return [self._values[name] for name in split_outside(text)]

    def _edge(self, text: str) -> Edge:
        name, _, arguments = text.strip().removeprefix("^").partition("(")
        return Edge(self._blocks[name], self._list(arguments.removesuffix(")")))

    def _instruction(self, line: str, function: str) -> Instruction:
        result = _RESULT.match(line)
        value = self._values[result[1]] if result is not None else None
        body = result[3] if result is not None else line
        handler = resume = None
        site: Site | None = None
        untold: tuple[Untold, ...] = ()
        expected: Expected | None = None
        if not body.startswith(("const ", "consts ", "names ")):
            if (found := _HANDLER.fullmatch(body)) is not None:
                body, handler = found[1], self._edge(found[2])
            if (late := _UNTOLD.fullmatch(body)) is not None:
                body, untold = late[1], tuple(map(self._untold, split_outside(late[2])))
            if (left := _RESUME.fullmatch(body)) is not None:
                body, resume = left[1], self._resume(left)
            body, *levels = _SITES.split(body)
            for level in reversed(levels):
                site = self._site(level, function, site)
            if (ought := _EXPECTED.fullmatch(body)) is not None:
                body, expected = ought[1], Expected(ought[2])
        made = self._body(body, value)
        made.result, made.site, made.handler, made.resume, made.untold = value, site, handler, resume, untold
        made.expected = expected
        return made

    def _apply(self, name: str, operands: str) -> Apply:
        given = split_outside(operands)
        moved = frozenset(number for number, text in enumerate(given) if text.startswith(_MOVED))
        values = self._list(", ".join(text.removeprefix(_MOVED) for text in given))
        return Apply(values, primitive=self._find(name, self._structs), moved=moved)

    def _untold(self, text: str) -> Untold:
        index, _, rest = text.partition("=")
        value, _, condition = rest.partition(" if ")
        return Untold(int(index), self._values[value], self._values[condition] if condition else None)

    def _site(self, text: str, function: str, caller: Site | None) -> Site:
        found = _SITE.fullmatch(text)
        if found is None:
            raise ValueError(f"expected a site: {text!r}")
        pairs = [item.partition("=") for item in split_outside(found[6] or "")]
        position = Position(*(int(found[index]) for index in range(2, 6)))
        names = tuple(name for name, _, _ in pairs)
        values = [self._values[value] for _, _, value in pairs]
        return Site(found[1] or function, position, names, values, caller, int(found[7] or -1))

    def _resume(self, found: re.Match[str]) -> ResumeState:
        pairs = [item.partition("=") for item in split_outside(found[8] or "")]
        loops = []
        for text in split_outside(found[9] or ""):
            loop = _LOOP.fullmatch(text)
            assert loop is not None
            loops.append(LoopState(LoopKind(loop[1]), self._list(loop[3]), int(loop[2])))
        return ResumeState(
            PointKind(found[2]),
            Position(*(int(found[index]) for index in range(3, 7))),
            int(found[7]),
            tuple(name for name, _, _ in pairs),
            [self._values[value] for _, _, value in pairs],
            loops,
        )

    def _body(self, body: str, result: Value | None) -> Instruction:
        word, _, rest = body.partition(" ")
        match word:
            case "const":
                text = result is not None and result.type == TEXT
                return Constant([], value=json.loads(rest) if text or rest.startswith('"') else _scalar(rest))
            case "global":
                return LoadGlobal([], name=rest)
            case "consts" | "names":
                index, _, shown = rest.partition(" ; ")
                return LoadConstant([], table=ConstantTable(word), index=int(index), shown=shown)
            case "local":
                index, _, checked = rest.partition(" ")
                return LoadLocal([], index=int(index), checked=bool(checked))
            case "store_local":
                index, operand = split_outside(rest)
                return StoreLocal([self._values[operand]], index=int(index))
            case "call":
                rest, _, levels = rest.partition(" levels ")
                name, _, arguments = rest.removeprefix("@").rpartition("(")
                return Call(self._list(arguments.removesuffix(")")), function=name, levels=int(levels or 1))
            case "check_depth":
                return CheckDepth([], levels=int(rest))
            case _ if word in ("tuple", "optional") or word in self._structs:
                return MakeTuple(self._list(rest[1:-1]))
            case "item":
                operand, index = split_outside(rest)
                return GetItem([self._values[operand]], index=int(index))
            case "raise":
                name, bracket, arguments = rest.partition("(")
                return Raise(self._list(arguments.removesuffix(")")), exception=name, bare=not bracket)
            case "br":
                return Branch([], edges=[self._edge(rest)])
            case "condbr":
                condition, first, second = split_outside(rest)
                return CondBranch([self._values[condition]], edges=[self._edge(first), self._edge(second)])
            case _ if word in _BY_WORD:
                return _BY_WORD[word](self._list(rest))
            case _:
                name, operands = (word, rest) if word.count("[") == word.count("]") else _bracketed(body)
                return self._apply(name, operands)


def _bracketed(body: str) -> tuple[str, str]:
    """The name of a primitive that holds spaces, in brackets; it ends where they close."""
    depth = 0
    for index, character in enumerate(body):
        depth += (character == "[") - (character == "]")
        if depth == 0 and character == "]":
            return body[: index + 1], body[index + 1 :].strip()
    raise ValueError("unclosed [")


def _scalar(text: str) -> int | float | bool | None:
    if text in ("nan", "inf", "-inf"):
        return float(text)
    value = ast.literal_eval(text)
    assert value is None or isinstance(value, int | float)
    return value


def _binding(line: str, structs: Mapping[str, StructType]) -> Binding:
    found = _BINDING.fullmatch(line)
    if found is None:
        raise ValueError("expected `assume KIND NAME = …`")
    kind, name, rest = BindingKind[found[1].upper()], found[2], found[3]
    rest, _, keywords = rest.partition(" keywords ")
    pairs: tuple[tuple[str, ConstantValue], ...] = ast.literal_eval(keywords or "()")
    match kind:
        case BindingKind.CONSTANT:
            name, _, attribute = name.partition(".")
            return Binding(kind, name, attribute=attribute, constant=_constant(rest))
        case BindingKind.FUNCTION:
            target, _, defaults = rest.removeprefix("@").partition(" defaults ")
            defaults, _, member = defaults.partition(" as ")
            name, _, attribute = name.partition(".")
            return Binding(kind, name, member, attribute, target, _constant(defaults), pairs)
        case BindingKind.VALUE | BindingKind.CLASS:
            name, _, attribute = name.partition(".")
            return Binding(kind, name, attribute=attribute, keyword_defaults=pairs, type=parse_type(rest, structs))
        case _:
            module, _, attribute = rest.partition(".")
            return Binding(kind, name, module, attribute)


def _constant(text: str) -> ConstantValue:
    value: ConstantValue = float(text) if text in ("nan", "inf", "-inf") else ast.literal_eval(text)
    return value
