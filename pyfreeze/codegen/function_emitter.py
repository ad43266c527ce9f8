"""One LOWERED function to LLVM text.

An IR block may leave in its middle over handler edges, so it becomes several LLVM blocks; the parameters of an IR block
become phis, filled in when all edges are known. Slow paths are laid out after the function's fast blocks.

Signature: `fastcc {result, i8 status} (ptr breaker, i64 remaining, arguments…)`, or for a large result
`fastcc i8 (ptr breaker, i64 remaining, ptr result, arguments…)`. `breaker` is the address that tells of waiting signals or
threads, `remaining` how many more nested calls may be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType

from pyfreeze.codegen.big_constants import is_big
from pyfreeze.codegen.frame_locals import describe_locals, locals_payload
from pyfreeze.codegen.function_text import FunctionText
from pyfreeze.codegen.leaving import Leaving, Leavings, leaving_end
from pyfreeze.codegen.loop_hints import scalar_loops
from pyfreeze.codegen.machine_types import float_literal, from_word, llvm_type, scalar_paths, to_word
from pyfreeze.codegen.resume_points import PointTable
from pyfreeze.codegen.slow_paths import slow_path, slow_path_type
from pyfreeze.codegen.symbols import Symbols, record_symbol, returned_type
from pyfreeze.codegen.trampoline import offset_of
from pyfreeze.ir.function import Function, reverse_postorder
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
    DecRef,
    Edge,
    GetItem,
    IncRef,
    Instruction,
    LoadGlobal,
    MakeTuple,
    Poll,
    Position,
    Raise,
    ResumeState,
    Return,
    Site,
    Suspend,
    Terminator,
    Unreachable,
    Value,
)
from pyfreeze.ir.types import (
    INT,
    AggregateType,
    ArrayType,
    ClassType,
    FloatType,
    IntType,
    NoneKind,
    ObjectType,
    ReferenceType,
    Status,
    TextType,
    Type,
    ViewType,
    flattened,
)

_EPOCH = "getelementptr (%PfModule, ptr @module, i64 0, i32 12)"
MOST_BLOCKS = 3000
"""LLVM blocks. Beyond, about a thousand lines of Python, LLVM optimises for size: what it does to loops for speed is not linear."""

_UNLIKELY, _LIKELY = ", !prof !1", ", !prof !2"


def returned_struct(result: Type) -> str:
    """What a body returns: its result and a status, or the status alone if the result goes to memory."""
    return "i8" if returns_in_memory(result) else f"{{{llvm_type(result)}, i8}}"


def returns_in_memory(result: Type) -> bool:
    """Whether the result is more than registers take: the caller passes an address for it.

    LLVM would return a third double on the x87 stack.
    """
    scalars = flattened(result)
    reals = sum(isinstance(scalar, FloatType) for scalar in scalars)
    return reals > 2 or len(scalars) - reals > 2


def body_symbol(name: str) -> str:
    return f'@"body {name}"'


class CodeLayout:
    """What the trampolined code object of a function says: its variables in order, and where positions are in it."""

    def __init__(self, code: CodeType) -> None:
        self._code = code
        self._offsets: dict[Position, int] = {}
        self.variables = code.co_varnames

    def offset(self, position: Position) -> int:
        """Byte offset of the instruction at `position`."""
        if position not in self._offsets:
            where = (position.line, position.column, position.end_line, position.end_column)
            self._offsets[position] = offset_of(self._code, *where)
        return self._offsets[position]


class SiteTable:
    """The module's static `PfSite` records, one for each position and set of locals."""

    def __init__(self, symbols: Symbols, codes: Mapping[str, CodeLayout]) -> None:
        self._symbols = symbols
        self._codes = codes

    def symbol(self, site: Site) -> str:
        layout = self._codes[site.function]
        present = dict(zip(site.local_names, site.local_values, strict=True))
        locals_ = describe_locals(layout.variables, present, self._symbols)
        offset = layout.offset(site.position)
        name = f'@"site {site.function} {offset} {locals_}"'
        fields = f"ptr {record_symbol(site.function)}, i32 {offset}, ptr {self._symbols.string(locals_.encode())}"
        return self._symbols.define(name, lambda: f"{name} = internal constant {{ptr, i32, ptr}} {{{fields}}}")

    def payload(self, site: Site) -> list[Value]:
        """The site's local values in the order in which the runtime reads them."""
        present = dict(zip(site.local_names, site.local_values, strict=True))
        return locals_payload(self._codes[site.function].variables, present)


class FunctionEmitter:
    """Emits one function; `text()` gives its definition."""

    def __init__(
        self,
        function: Function,
        symbols: Symbols,
        sites: SiteTable,
        points: Mapping[str, PointTable],
        recursive: frozenset[str],
        breaker_mask: int,
    ) -> None:
        """`points`: of the functions that leave in the middle."""
        self._function = function
        self._symbols = symbols
        self._sites = sites
        self._points = points
        self._recursive = recursive
        self._breaker_mask = breaker_mask
        self._names: dict[Value, str] = {}
        self._text = FunctionText()
        self._line, self._fresh, self._new_label = self._text.line, self._text.fresh, self._text.new_label
        self._open = self._text.open
        self._blocks = reverse_postorder(function)  # so that definitions come before uses
        self._block = function.entry  # that is being written
        self._incoming: dict[Block, list[tuple[str, list[str]]]] = {block: [] for block in self._blocks}
        self._labels = {block: f"b{number}.{block.name[:60]}" for number, block in enumerate(self._blocks)}
        self._scalar_loops = scalar_loops(function)
        self._payload_words = 1
        self._allocas: list[str] = []
        self._result_words = 0
        values = [value for block in self._blocks for value in _defined(block)]
        definitions = {value: number for number, value in enumerate(values)}
        self._leavings = Leavings(function.name, self._text, symbols, definitions, self._words, self._leave)

    def text(self) -> str:
        for number, parameter in enumerate(self._function.parameters):
            self._names[parameter] = f"%p{number}"
        for block in self._blocks:
            for parameter in block.parameters:
                self._names.setdefault(parameter, self._fresh())
        self._open("entry")
        if any(isinstance(item, CheckBindings) for item in self._function.instructions()):
            self._line(f"%epoch = load i64, ptr {_EPOCH}")
        self._line(f'br label %"{self._labels[self._function.entry]}"')
        for block in self._blocks:
            self._block = block
            self._open(self._labels[block])
            end = leaving_end(block.instructions)
            for instruction in block.instructions[: end.start if end is not None else None]:
                self._emit(instruction)
            if end is not None:
                self._emit_leaving(end)
        return self._assemble()

    def _assemble(self) -> str:
        buffers = self._leavings.finish()
        buffers["%payload"] = max(buffers.get("%payload", 0), self._payload_words)
        if self._result_words:
            buffers["%words"] = self._result_words
        allocas = [f"{name} = alloca [{size} x i64]" for name, size in buffers.items()]
        self._text.prepend("entry", [*allocas, *self._allocas])
        for block, incoming in self._incoming.items():
            self._text.prepend(self._labels[block], self._phis(block, incoming))
        parameters = ", ".join(
            ["ptr %breaker", "i64 %remaining"]
            + (["ptr noalias %result"] if returns_in_memory(self._function.result) else [])
            + [
                f"{self._symbols.parameter_type(value.type)} {self._names[value]}"
                for value in self._function.parameters
            ]
        )
        blocks = self._text.blocks()
        attributes = "#0" if len(blocks) <= MOST_BLOCKS else "#3"
        head = f"define internal fastcc {returned_struct(self._function.result)} {body_symbol(self._function.name)}({parameters}) {attributes} {{"
        return "\n".join([head, *blocks, "}", ""])

    def _phis(self, block: Block, incoming: list[tuple[str, list[str]]]) -> list[str]:
        if block is self._function.entry:
            return []
        phis = []
        for number, parameter in enumerate(block.parameters):
            sources = ", ".join(f'[{values[number]}, %"{label}"]' for label, values in incoming)
            phis.append(f"{self._names[parameter]} = phi {llvm_type(parameter.type)} {sources}")
        return phis

    # Building blocks

    def _typed(self, value: Value) -> str:
        return f"{llvm_type(value.type)} {self._names[value]}"

    def _define(self, value: Value) -> str:
        return self._names.setdefault(value, self._fresh())

    def _jump(self, edge: Edge, status: str | None = None) -> str:
        """Record an edge from the current LLVM block and return its target's label."""
        values = [self._names[value] for value in edge.arguments]
        if status is not None:
            values.insert(0, status)
        self._incoming[edge.target].append((self._text.label, values))
        return self._labels[edge.target]

    def _words(self, value: Value) -> list[str]:
        """The payload words of a value."""
        words = []
        for path, scalar in scalar_paths(value.type):
            source = self._names[value]
            if path:
                source = self._fresh()
                self._line(f"{source} = extractvalue {self._typed(value)}, {', '.join(map(str, path))}")
            lines, word = to_word(scalar, source, self._fresh())
            for line in lines:
                self._line(line)
            words.append(word)
        return words

    def _store_payload(self, values: list[Value]) -> None:
        words = [word for value in values for word in self._words(value)]
        for position, word in enumerate(words):
            slot = self._fresh()
            self._line(f"{slot} = getelementptr i64, ptr %payload, i64 {position}")
            self._line(f"store i64 {word}, ptr {slot}")
        self._payload_words = max(self._payload_words, len(words))

    def _load(self, type_: Type, words: str) -> str:
        """A value of `type_` from the payload at `words`."""
        scalars = list(scalar_paths(type_))
        built = "undef" if isinstance(type_, AggregateType) else "false"
        for position, (path, scalar) in enumerate(scalars):
            slot, word, value = self._fresh(), self._fresh(), self._fresh()
            self._line(f"{slot} = getelementptr i64, ptr {words}, i64 {position}")
            self._line(f"{word} = load i64, ptr {slot}")
            for line in from_word(scalar, word, value):
                self._line(line)
            if path:
                inserted = self._fresh()
                where = ", ".join(map(str, path))
                self._line(f"{inserted} = insertvalue {llvm_type(type_)} {built}, {llvm_type(scalar)} {value}, {where}")
                value = inserted
            built = value
        return built

    # Instructions

    def _emit(self, instruction: Instruction) -> None:
        match instruction:
            case Constant():
                self._emit_constant(instruction)
            case LoadGlobal(name=name, result=result):
                assert result is not None
                self._names[result] = self._load(result.type, self._symbols.global_value(name, result.type))
                self._emit_refcount(IncRef([result]))
            case Apply():
                self._emit_apply(instruction)
            case Call(function=name) if name in self._points:
                self._emit_impure_call(instruction, self._points[name])
            case Call():
                self._emit_call(instruction)
            case CheckDepth(levels=levels, handler=Edge() as handler):
                self._check_depth(handler, levels)
            case MakeTuple():
                self._emit_make_tuple(instruction)
            case GetItem(operands=[operand], index=index, result=result):
                assert result is not None
                self._line(f"{self._define(result)} = extractvalue {self._typed(operand)}, {index}")
            case Poll():
                self._emit_poll(instruction)
            case CheckBindings():
                self._emit_check_bindings(instruction)
            case Suspend(resume=ResumeState() as state):
                self._emit_suspend(instruction, state)
            case Raise():
                self._emit_raise(instruction)
            case AddTraceback():
                self._emit_traceback(instruction)
            case IncRef() | DecRef():
                self._emit_refcount(instruction)
            case Terminator():
                self._emit_terminator(instruction)
            case _:
                raise TypeError(f"not an instruction of @LOWERED: {instruction}")

    def _emit_constant(self, instruction: Constant) -> None:
        value, result = instruction.value, instruction.result
        assert result is not None
        match result.type:
            case FloatType():
                self._names[result] = float_literal(float(value))  # type: ignore[arg-type]
            case NoneKind() | ClassType():
                self._names[result] = "false"
            case ObjectType() if isinstance(value, str):
                self._line(f"{self._define(result)} = call ptr {self._symbols.text_constant(value)}()")
                self._emit_refcount(IncRef([result]))
            case ArrayType() | ViewType() | ObjectType():
                self._names[result] = "null"  # of a variable that is not set
            case TextType():
                self._names[result] = self._symbols.string(str(value).encode())
            case _ if isinstance(value, bool):
                self._names[result] = "true" if value else "false"
            case _ if result.type == INT and is_big(int(value)):  # type: ignore[arg-type]
                word = self._symbols.big_constant(int(value))  # type: ignore[arg-type]
                self._line(f"{self._define(result)} = load i64, ptr {word}, !invariant.load !0")
            case _ if result.type == INT:
                self._names[result] = str(int(value) << 1)  # type: ignore[arg-type]
            case _:
                self._names[result] = str(value)

    def _emit_apply(self, instruction: Apply) -> None:
        primitive, result = instruction.primitive, instruction.result
        assert result is not None
        operands = ", ".join(map(self._typed, instruction.operands))
        if not primitive.lowering.has_fast_path:
            self._open_here("slow")
            self._finish_slow_path(instruction, None)
            return
        call = f"call {returned_type(primitive)} {self._symbols.fast_path(primitive)}({operands})"
        if not primitive.effects.fails:
            self._line(f"{self._define(result)} = {call}")
            return
        fast, flag, slow, following = self._fresh(), self._fresh(), self._new_label("slow"), self._new_label("next")
        if primitive.lowering.has_guard:
            go = self._new_label("go")
            self._line(f"{flag} = call i1 {self._symbols.guard(primitive)}({operands})")
            self._line(f'br i1 {flag}, label %"{slow}", label %"{go}"{_UNLIKELY}')
            self._open(go)
            self._line(f"{fast} = {call}")
            self._line(f'br label %"{following}"')
        else:
            pair = self._fresh()
            self._line(f"{pair} = {call}")
            self._line(f"{fast} = extractvalue {returned_type(primitive)} {pair}, 0")
            self._line(f"{flag} = extractvalue {returned_type(primitive)} {pair}, 1")
            self._line(f'br i1 {flag}, label %"{slow}", label %"{following}"{_UNLIKELY}')
        fast_label = self._text.label
        self._open(slow, cold=True)
        self._finish_slow_path(instruction, (fast, fast_label, following))

    def _open_here(self, purpose: str) -> None:
        label = self._new_label(purpose)
        self._line(f'br label %"{label}"')
        self._open(label)

    def _finish_slow_path(self, instruction: Apply, fast: tuple[str, str, str] | None) -> None:
        """In the slow block: ask Python, then go to the handler or join the fast path (value, its label, the next block)."""
        primitive, result, handler = instruction.primitive, instruction.result, instruction.handler
        assert result is not None
        following = fast[2] if fast else self._new_label("next")
        if primitive.python is None:
            assert handler is not None and fast is not None
            status = Status.ERROR if primitive.lowering.sets_error else Status.DEOPT
            self._line(f'br label %"{self._jump(handler, str(int(status)))}"')
            self._open(following)
            self._names[result] = fast[0]
            return
        returned, pair, ended = slow_path_type(primitive), self._fresh(), self._fresh()
        operands = ", ".join(map(self._typed, instruction.operands))
        # What leaves in the middle has places for that, which slow paths are not: the next poll is soon enough.
        slow = slow_path(self._symbols, primitive, polls=not self._function.impure)
        self._line(f"{pair} = call {returned} {slow}({operands}) #1")
        self._line(f"{ended} = extractvalue {returned} {pair}, 1")
        if not (primitive.lowering.recovers or fast is None):
            assert handler is not None and fast is not None
            self._line(f'br label %"{self._jump(handler, ended)}"')
            self._open(following)
            self._names[result] = fast[0]
            return
        slow_value, slow_label = self._fresh(), self._text.label
        self._line(f"{slow_value} = extractvalue {returned} {pair}, 0")
        if handler is not None:
            failed = self._fresh()
            self._line(f"{failed} = icmp ne i8 {ended}, 0")
            self._line(f'br i1 {failed}, label %"{self._jump(handler, ended)}", label %"{following}"{_UNLIKELY}')
        else:
            self._line(f'br label %"{following}"')
        self._open(following)
        if fast is None:
            self._names[result] = slow_value
        else:
            sources = f'[{fast[0]}, %"{fast[1]}"], [{slow_value}, %"{slow_label}"]'
            self._line(f"{self._define(result)} = phi {llvm_type(result.type)} {sources}")

    def _status_of(self, call: str) -> str:
        wide, status = self._called(call), self._fresh()
        self._line(f"{status} = trunc i32 {wide} to i8")
        return status

    def _thread_state(self) -> str:
        thread = self._fresh()
        self._line(f"{thread} = call ptr {self._symbols.slot('pf_thread_state')}()")
        return thread

    def _emit_call(self, instruction: Call) -> None:
        result, handler = instruction.result, instruction.handler
        assert result is not None and handler is not None
        remaining = "%remaining"
        if instruction.function in self._recursive:
            remaining = self._check_depth(handler, instruction.levels)
        status, value = self._plain_call(instruction, remaining)
        failed, following = self._fresh(), self._new_label("next")
        self._line(f"{failed} = icmp ne i8 {status}, 0")
        self._line(f'br i1 {failed}, label %"{self._jump(handler, status)}", label %"{following}"{_UNLIKELY}')
        self._open(following)
        self._line(f"{self._define(result)} = {value}")

    def _plain_call(self, instruction: Call, remaining: str) -> tuple[str, str]:
        """Call the body; returns its status, and the instruction that takes its result."""
        assert instruction.result is not None
        type_ = instruction.result.type
        struct, in_memory, returned = returned_struct(type_), returns_in_memory(type_), self._fresh()
        place = [f"ptr {self._buffer(type_)}"] if in_memory else []
        arguments = ", ".join(["ptr %breaker", f"i64 {remaining}", *place, *map(self._typed, instruction.operands)])
        self._line(f"{returned} = call fastcc {struct} {body_symbol(instruction.function)}({arguments})")
        if in_memory:
            return returned, f"load {llvm_type(type_)}, {place[0]}"
        status = self._fresh()
        self._line(f"{status} = extractvalue {struct} {returned}, 1")
        return status, f"extractvalue {struct} {returned}, 0"

    def _buffer(self, type_: Type) -> str:
        """The address of space for a value, in the function's frame."""
        name = self._fresh()
        self._allocas.append(f"{name} = alloca {llvm_type(type_)}")
        return name

    def _emit_impure_call(self, instruction: Call, callee: PointTable) -> None:
        """Where the callee leaves in the middle, or cannot even be entered, the interpreter goes on in it to its result."""
        result, handler = instruction.result, instruction.handler
        assert result is not None and handler is not None
        settle, following = self._new_label("settle"), self._new_label("next")
        remaining, left = "%remaining", list[tuple[str, str]]()
        if instruction.function in self._recursive:
            remaining, status, enter = self._count_down(instruction.levels)
            self._store_payload(callee.payload_of_start(instruction.operands))
            suspended = (
                f"{self._symbols.slot('pf_suspend')}(i32 {status}, ptr {callee.start(self._symbols)}, ptr %payload)"
            )
            left.append((self._called(suspended), self._text.label))
            self._line(f'br label %"{settle}"')
            self._open(enter)
        narrow, value = self._plain_call(instruction, remaining)
        status, failed = self._fresh(), self._fresh()
        self._line(f"{status} = zext i8 {narrow} to i32")
        self._line(f"{failed} = icmp ne i32 {status}, 0")
        left.append((status, self._text.label))
        fast_label, fast = self._text.label, self._fresh()
        # Where the call did not end well this is no value, and not used.
        self._line(f"{fast} = {value}")
        self._line(f'br i1 {failed}, label %"{settle}", label %"{following}"{_UNLIKELY}')
        self._open(settle, cold=True)
        settled = self._settle(left, instruction.function, result.type, handler, following)
        self._open(following)
        sources = f'[{fast}, %"{fast_label}"], [{settled}, %"{settle}"]'
        self._line(f"{self._define(result)} = phi {llvm_type(result.type)} {sources}")

    def _settle(self, left: list[tuple[str, str]], callee: str, type_: Type, handler: Edge, following: str) -> str:
        """A call did not end with OK: let the interpreter go on. Returns the result, which there is if that succeeds."""
        status, failed = self._fresh(), self._fresh()
        sources = ", ".join(f'[{name}, %"{label}"]' for name, label in left)
        self._line(f"{status} = phi i32 {sources}")
        self._result_words = max(self._result_words, 1, len(list(scalar_paths(type_))))
        signature = self._symbols.string(self._symbols.descriptor(type_).encode())
        given = f"(i32 {status}, ptr {record_symbol(callee)}, ptr {signature}, ptr %words)"
        settled = self._status_of(self._symbols.slot("pf_resume") + given)
        value = self._load(type_, "%words")
        self._line(f"{failed} = icmp ne i8 {settled}, 0")
        self._line(f'br i1 {failed}, label %"{self._jump(handler, settled)}", label %"{following}"')
        return value

    def _called(self, call: str) -> str:
        result = self._fresh()
        self._line(f"{result} = call i32 {call} #1")
        return result

    def _check_depth(self, handler: Edge, levels: int) -> str:
        remaining, wide, following = self._count_down(levels)
        status = self._fresh()
        self._line(f"{status} = trunc i32 {wide} to i8")
        self._line(f'br label %"{self._jump(handler, status)}"')
        self._open(following)
        return remaining

    def _count_down(self, levels: int) -> tuple[str, str, str]:
        """How many calls remain. What follows is for none; there, the status, and the label for the other case."""
        remaining, spent = self._fresh(), self._fresh()
        self._line(f"{remaining} = sub i64 %remaining, {levels}")
        self._line(f"{spent} = icmp slt i64 {remaining}, 0")
        slow, following = self._new_label("deep"), self._new_label("next")
        self._line(f'br i1 {spent}, label %"{slow}", label %"{following}"{_UNLIKELY}')
        self._open(slow, cold=True)
        record, thread = record_symbol(self._function.name), self._thread_state()
        status = self._called(f"{self._symbols.slot('pf_recursion')}(ptr {record}, ptr {thread}, i64 %remaining)")
        return remaining, status, following

    def _emit_make_tuple(self, instruction: MakeTuple) -> None:
        assert instruction.result is not None
        built, type_ = "undef", llvm_type(instruction.result.type)
        for index, operand in enumerate(instruction.operands):
            name = self._fresh()
            self._line(f"{name} = insertvalue {type_} {built}, {self._typed(operand)}, {index}")
            built = name
        self._names[instruction.result] = built

    def _emit_poll(self, instruction: Poll) -> None:
        assert instruction.handler is not None and instruction.site is not None
        following = self._open_if_somebody_waits()
        site = self._sites.symbol(instruction.site)
        thread = self._thread_state()
        status = self._status_of(f"{self._symbols.slot('pf_poll')}(ptr @module, ptr {site}, ptr {thread})")
        failed = self._fresh()
        self._line(f"{failed} = icmp ne i8 {status}, 0")
        self._line(
            f'br i1 {failed}, label %"{self._jump(instruction.handler, status)}", label %"{following}"{_UNLIKELY}'
        )
        self._open(following)

    def _open_if_somebody_waits(self) -> str:
        """Go on in a block for when signals or other threads wait; returns the label of what follows otherwise."""
        word, masked, waiting = self._fresh(), self._fresh(), self._fresh()
        self._line(f"{word} = load volatile i32, ptr %breaker")
        self._line(f"{masked} = and i32 {word}, {self._breaker_mask}")
        self._line(f"{waiting} = icmp ne i32 {masked}, 0")
        slow, following = self._new_label("poll"), self._new_label("next")
        self._line(f'br i1 {waiting}, label %"{slow}", label %"{following}"{_UNLIKELY}')
        self._open(slow, cold=True)
        return following

    def _emit_check_bindings(self, instruction: CheckBindings) -> None:
        assert instruction.handler is not None
        now, changed, following = self._fresh(), self._fresh(), self._new_label("next")
        self._line(f"{now} = load i64, ptr {_EPOCH}")
        self._line(f"{changed} = icmp ne i64 {now}, %epoch")
        handler = self._jump(instruction.handler, str(int(Status.DEOPT)))
        self._line(f'br i1 {changed}, label %"{handler}", label %"{following}"{_UNLIKELY}')
        self._open(following)

    def _emit_leaving(self, end: Leaving) -> None:
        status = self._names[end.status] if end.status is not None else str(int(Status.DEOPT))
        shown = saved = None
        if end.shown is not None:
            shown = self._sites.symbol(end.shown), self._sites.payload(end.shown)
        if end.saved is not None:
            points = self._points[self._function.name]
            saved = points.symbol(end.saved, self._symbols), points.payload(end.saved)
        self._leavings.add(status, shown, saved, end)

    def _leave(self, status: str, target: Block | None) -> None:
        if target is not None:
            self._line(f'br label %"{self._jump(Edge(target), status)}"')
        else:
            self._return_status(status)

    def _emit_suspend(self, instruction: Suspend, state: ResumeState) -> None:
        assert instruction.result is not None
        points = self._points[self._function.name]
        self._store_payload(points.payload(state))
        status = str(int(Status.DEOPT))
        if instruction.operands:
            status = self._fresh()
            self._line(f"{status} = zext {self._typed(instruction.operands[0])} to i32")
        point = points.symbol(state, self._symbols)
        given = f"(i32 {status}, ptr {point}, ptr %payload)"
        self._names[instruction.result] = self._status_of(self._symbols.slot("pf_suspend") + given)

    def _emit_raise(self, instruction: Raise) -> None:
        assert instruction.handler is not None
        self._store_payload(instruction.operands)
        signature = "null"
        if not instruction.bare:
            codes = "".join(map(self._symbols.descriptor, (value.type for value in instruction.operands)))
            signature = self._symbols.string(codes.encode())
        name = self._symbols.string(instruction.exception.encode())
        record = record_symbol(self._function.name)
        status = self._status_of(
            f"{self._symbols.slot('pf_raise')}(ptr {record}, ptr {name}, ptr {signature}, ptr %payload)"
        )
        self._line(f'br label %"{self._jump(instruction.handler, status)}"')
        self._open(self._new_label("dead"), cold=True)

    def _emit_traceback(self, instruction: AddTraceback) -> None:
        assert instruction.site is not None
        self._store_payload(self._sites.payload(instruction.site))
        wide = self._fresh()
        self._line(f"{wide} = zext {self._typed(instruction.operands[0])} to i32")
        site = self._sites.symbol(instruction.site)
        self._line(f"call void {self._symbols.slot('pf_traceback')}(i32 {wide}, ptr {site}, ptr %payload) #1")

    def _emit_refcount(self, instruction: IncRef | DecRef) -> None:
        (operand,) = instruction.operands
        for path, scalar in scalar_paths(operand.type):
            if not isinstance(scalar, IntType | ReferenceType):
                continue
            word = self._names[operand]
            if path:
                word = self._fresh()
                self._line(f"{word} = extractvalue {self._typed(operand)}, {', '.join(map(str, path))}")
            count = "incref" if isinstance(instruction, IncRef) else "decref"
            if isinstance(scalar, ReferenceType):
                self._line(f"call void {self._symbols.counting(count)}(ptr {word})")
            else:
                self._count_big(word, f"pf_int_{count}")

    def _count_big(self, word: str, slot: str) -> None:
        """Count the reference of a tagged int, if it is big."""
        big = self._fresh()
        self._line(f"{big} = trunc i64 {word} to i1")
        cold, following = self._new_label("count"), self._new_label("next")
        self._line(f'br i1 {big}, label %"{cold}", label %"{following}"{_UNLIKELY}')
        self._open(cold, cold=True)
        self._line(f"call void {self._symbols.slot(slot)}(i64 {word}) #1")
        self._line(f'br label %"{following}"')
        self._open(following)

    def _emit_terminator(self, instruction: Terminator) -> None:
        match instruction:
            case Branch(edges=[edge]):
                self._line(f'br label %"{self._jump(edge)}"{self._loop_hint(edge)}')
            case CondBranch(operands=[condition], edges=[first, second], likely=likely):
                hint = {None: "", True: _LIKELY, False: _UNLIKELY}[likely]
                then, otherwise = self._split(first), self._split(second)
                self._line(f'br i1 {self._names[condition]}, label %"{then}", label %"{otherwise}"{hint}')
            case Return(operands=[value]):
                self._return(value)
            case Unreachable():
                self._line("unreachable")
            case _:
                raise TypeError(f"not a terminator of @LOWERED: {instruction}")

    def _loop_hint(self, edge: Edge) -> str:
        return f", !llvm.loop {self._symbols.loop_hint()}" if (self._block, edge.target) in self._scalar_loops else ""

    def _return(self, value: Value) -> None:
        struct, ok = returned_struct(value.type), int(Status.OK)
        if returns_in_memory(value.type):
            self._line(f"store {self._typed(value)}, ptr %result")
            self._line(f"ret i8 {ok}")
            return
        name = self._fresh()
        start = f"{struct} {{{llvm_type(value.type)} undef, i8 {ok}}}"
        self._line(f"{name} = insertvalue {start}, {self._typed(value)}, 0")
        self._line(f"ret {struct} {name}")

    def _return_status(self, status: str) -> None:
        struct = returned_struct(self._function.result)
        if struct == "i8":
            self._line(f"ret i8 {status}")
            return
        name = self._fresh()
        self._line(f"{name} = insertvalue {struct} undef, i8 {status}, 1")
        self._line(f"ret {struct} {name}")

    def _split(self, edge: Edge) -> str:
        """A block of its own for an edge: both edges of a branch may have the same target with other arguments."""
        current, label = self._text.label, self._new_label("edge")
        self._open(label)
        self._line(f'br label %"{self._jump(edge)}"')
        self._text.label = current
        return label


def _defined(block: Block) -> list[Value]:
    return [*block.parameters, *(item.result for item in block.instructions if item.result is not None)]
