"""What the builders of expressions and statements share while one function is built."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType

from mypy.nodes import CallExpr, Statement
from mypy.nodes import Context as Node
from mypy.types import Type as MypyType

from pyfreeze.ir.builder import FunctionBuilder
from pyfreeze.ir.function import Binding, BindingKind, ConstantValue
from pyfreeze.ir.instructions import (
    Block,
    Constant,
    Edge,
    LoadGlobal,
    LoopKind,
    LoopState,
    PointKind,
    Position,
    ResumeState,
    Site,
    Value,
)
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import (
    BOOL,
    FLOAT64,
    INT,
    OBJECT,
    AggregateType,
    FixedInt,
    IntType,
    NoneKind,
    OptionalType,
    StructType,
    TupleType,
    Type,
    holds_objects,
)
from pyfreeze.irbuild.declared_types import Declared, Scope
from pyfreeze.irbuild.frozen_classes import FrozenClass, FrozenClasses
from pyfreeze.irbuild.operand import Operand, VariableType, Weak, constant_operand, join, settled, variable_type
from pyfreeze.irbuild.resumption import BindingUse
from pyfreeze.irbuild.unsupported import Consequence, Rebuild, Unsupported
from pyfreeze.primitives import TABLE

SourceRange = tuple[int, int, int, int]
StackAfter = Callable[[CodeType, SourceRange, int], Sequence[SourceRange | None] | None]
"""What is on the interpreter's stack after a call in so many loops, with its result: the expressions, where they are known."""


class NoConstant(enum.Enum):
    """In place of a default that there is none of, or that is not known at compile time."""

    UNKNOWN = enum.auto()


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    declared: Declared
    keyword_only: bool
    positional_only: bool
    default: ConstantValue | NoConstant
    required: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """A native function as its callers see it."""

    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    positional_defaults: ConstantValue  # as in `__defaults__`
    defaults_known: bool  # False: some of these is not a constant, so calls must give all arguments


@dataclass(frozen=True, slots=True)
class GenericFunction:
    """A function with type variables, or a method of a generic frozen class, `owner`, whose variables it has.

    `signature` tells the parameters' names and kinds only; `types` are theirs as mypy has them.
    """

    name: str
    signature: Signature
    types: Mapping[str, MypyType]
    variables: tuple[str, ...]
    owner: FrozenClass | None = None

    def specialised(self, arguments: Mapping[str, Type]) -> str:
        """The name of the function for these types: `dot[float64]`, `Pair[float64].first`."""
        types = f"[{','.join(str(arguments[name]) for name in self.variables)}]".replace(" ", "")
        class_, _, name = self.name.partition(".") if self.owner is not None else (self.name, "", "")
        return f"{class_}{types}.{name}" if self.owner is not None else f"{class_}{types}"


@dataclass(slots=True)
class Facts:
    """What earlier attempts at building the function have found out."""

    variables: dict[str, VariableType] = field(default_factory=dict)
    declared: dict[str, Declared] = field(default_factory=dict)
    maybe_unset: set[str] = field(default_factory=set)
    partly_set: set[str] = field(default_factory=set)
    """Set on some ways only to a place that may fail: a traceback shows them if they are. Then they are `maybe_unset`, too."""
    late_floats: set[str] = field(default_factory=set)
    """Declared float, but also set to int constants: `total: float = 0`. Doubles, with a flag for the int."""


@dataclass(slots=True)
class Loop:
    """The innermost loop: where `break` and `continue` go, with the variables as they are there."""

    breaks: list[tuple[Block, dict[str, Value]]] = field(default_factory=list)
    continues: list[tuple[Block, dict[str, Value]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Implied:
    """What a condition tells: these values of type `T | None` are not None if it is true, or if it is false."""

    if_true: frozenset[Value] = frozenset()
    if_false: frozenset[Value] = frozenset()

    @property
    def negated(self) -> Implied:
        return Implied(self.if_false, self.if_true)


class FunctionContext:
    """State of building one function: the current block, the variables' values, the facts.

    `variables` holds what is definitely set here. A variable that may be unset is always there, with a flag `name?`. One of
    `late_floats` has a flag `name#`, true while it stands for an int. One of type `T | None` that is known not to be None has
    its T as `name!`.
    """

    def __init__(
        self,
        builder: FunctionBuilder,
        code: CodeType,
        facts: Facts,
        result: Declared | None,
        scope: Scope,
        frozen: FrozenClasses,
        resolve_global: Callable[[FunctionContext, str, str, Node], Operand | None],
        resolve_function: Callable[[str, Node], Signature],
        resolve_method: Callable[[str, str, Node], Signature],
        generic_functions: Mapping[str, GenericFunction],
        specialise: Callable[[str, Mapping[str, Type], Node], Signature],
        stack_after: StackAfter,
    ) -> None:
        self.builder = builder
        self.code = code
        self._local_names = frozenset(code.co_varnames)
        self.facts = facts
        self.declared_result = result
        self.scope = scope
        self.frozen = frozen
        self.classes: Mapping[str, FrozenClass] = frozen.by_name
        self.result_types: list[VariableType] = []
        self.variables: dict[str, Value] = {}
        self.loops: list[Loop] = []
        self.for_loops: list[LoopState] = []  # the enclosing `for` loops
        self.set_at: dict[Block, frozenset[str]] = {}  # variables, by the headers of loops
        self.binding_uses: list[BindingUse] = []
        self._stack_after = stack_after
        self._evaluated: dict[Position, Operand] = {}  # in this statement so far
        self.branching = 0  # expressions around this place of which not all is evaluated
        self._called: tuple[str, ...] = ()  # functions of the module, in this statement so far
        self._statements = 0
        self._surely_int: set[Value] = set()  # flags
        self._partly_set: set[str] = set()  # variables that are dropped where ways meet
        self._set_flag: Value | None = None  # of variables that are surely set here
        self._loaded: dict[str, Value] = {}  # module globals
        self.implied: dict[Value, Implied] = {}  # by conditions
        self._not_none: dict[Block, frozenset[Value]] = {}  # at the start of a block after a condition
        self._items: dict[Value, set[Value]] = {}  # by values of type `T | None`: what is the T where that is known
        self._made_of: dict[Value, Value] = {}  # the same, known wherever the value is
        self._objects: dict[Value, Value] = {}  # by values that were taken out of objects: those
        self.scope_prefix = ""  # of the variables of a comprehension
        self._resolve_global = resolve_global
        self.resolve_function = resolve_function
        self.resolve_method = resolve_method  # of a class's name and its own
        self.generic_functions = generic_functions  # by their global names; methods as `Pair.first`
        self.specialise = specialise  # a generic function's name, and what its type variables are
        # Of a survey only: local names whose values could not be built, and what to do after such a statement.
        self.unknown: set[str] = set()
        self.go_on_after: Callable[[FunctionContext, Statement, Unsupported], None] | None = None

    # Places

    def site(self, node: Node, *, hardly_fails: bool = False) -> Site:
        """The place of `node`, with all variables that are set.

        hardly_fails: for a poll, or what only lacks memory, it is not worth to keep what is set on some ways only
        """
        if not hardly_fails:
            self.facts.partly_set |= self._partly_set
        shown = self._shown()
        return Site(self.builder.function.name, position_of(node), tuple(shown), list(shown.values()))

    def _shown(self) -> dict[str, Value]:
        """The variables of the code object that are or may be set, with the flags of those that may not be."""
        return {
            name: value
            for name, value in self.variables.items()
            if name.rstrip("?#") in self._local_names and not (name.endswith("?") and value is self._set_flag)
        }

    def begin(self, node: Node, check: bool = True) -> None:
        """A statement starts: where the interpreter goes on if native code leaves in it."""
        self._start_anew()
        self.builder.resume = self._state(PointKind.STATEMENT, node, [])
        if check:
            self.builder.check_bindings()

    def _start_anew(self) -> None:
        self._called = ()
        self._evaluated = {}
        self._statements += 1
        self.builder.has_written = False

    def evaluated(self, node: Node, operand: Operand) -> None:
        """`node` has this value. After what may have a side effect, the interpreter goes on from here if it can."""
        self._evaluated[position_of(node)] = operand
        if not self.builder.has_written or self.builder.terminated:
            return
        stack = self._stack(node)
        if stack is None:
            return
        self._called = ()
        self._statements += 1
        self.builder.has_written = False
        self.builder.resume = self._state(PointKind.CALLED, node, [*stack, _kept(self.materialize(operand))])
        self.builder.check_bindings()

    def _stack(self, node: Node) -> list[LoopState] | None:
        """What the statement has computed before the call `node`, if that is known and something follows."""
        if not isinstance(node, CallExpr) or self.scope_prefix or self.branching:
            return None
        place = position_of(node)
        where = (place.line, place.column, place.end_line, place.end_column)
        slots = self._stack_after(self.code, where, len(self.for_loops))
        if slots is None:
            return None
        below = [self._evaluated.get(Position(*slot)) if slot is not None else None for slot in slots[:-1]]
        known = [operand for operand in below if operand is not None and operand.type != OBJECT]
        if len(known) < len(below):
            return None
        return [_kept(self.materialize(operand)) for operand in known]

    def begin_step(
        self, node: Node, own: LoopState | None, known: Collection[str] | None = None, check: bool = True
    ) -> None:
        """A loop goes on: a `for` with its next item, a `while` (`own` is None) with its condition.

        `known` are the variables that were set when it started; nobody reads others before they are set again.
        """
        self._start_anew()
        kind = PointKind.STATEMENT if own is None else PointKind.LOOP
        state = self._state(kind, node, [own] if own is not None else [])
        kept = [
            (name, value)
            for name, value in zip(state.local_names, state.local_values, strict=True)
            if known is None or name in known
        ]
        state.local_names = tuple(name for name, _ in kept)
        state.local_values = [value for _, value in kept]
        self.builder.resume = state
        if check:
            self.builder.check_bindings()

    def _state(self, kind: PointKind, node: Node, inner: list[LoopState]) -> ResumeState:
        shown = self._shown()
        loops = [*self.for_loops, *inner]
        return ResumeState(kind, position_of(node), self._statements, tuple(shown), list(shown.values()), loops)

    def call(self, signature: Signature, values: list[Value], node: Node) -> Value:
        """Call a function of the module: others may run, and bindings may change."""
        returned = self._state(PointKind.RETURNED, node, self._stack(node) or [])
        result = self.builder.call(signature.name, signature.result, values, self.site(node), returned)
        self._called = (*self._called, signature.name)
        return result

    @contextmanager
    def in_branches(self) -> Iterator[None]:
        """What is built meanwhile may be evaluated or not: the interpreter goes on before it."""
        self.branching += 1
        try:
            yield
        finally:
            self.branching -= 1

    # Values

    def materialize(self, operand: Operand) -> Value:
        """The operand as an IR value of its own type."""
        if operand.value is not None:
            return operand.value
        if isinstance(operand.constant, tuple):
            return self.builder.make_tuple([self.materialize(item) for item in self.items(operand)])
        return self.builder.constant(operand.type, operand.constant)

    def zero(self, type_: Type) -> Value:
        """Some value of the type."""
        match type_:
            case FixedInt() | IntType():
                return self.builder.constant(type_, 0)
            case TupleType(items=items):
                return self.builder.make_tuple([self.zero(item) for item in items])
            case OptionalType(item=item):
                return self.builder.make_optional(type_, self.builder.constant(BOOL, False), self.zero(item))
            case StructType(items=items):
                return self.builder.make_struct(type_, [self.zero(item) for item in items])
            case _ if type_ == FLOAT64:
                return self.builder.constant(type_, 0.0)
            case _ if type_ == BOOL:
                return self.builder.constant(type_, False)
            case _:
                return self.builder.constant(type_, None)

    def items(self, whole: Operand) -> list[Operand]:
        """The items of a tuple, or the fields of a frozen value."""
        assert isinstance(whole.type, AggregateType)
        if isinstance(whole.constant, tuple):
            return [constant_operand(item) for item in whole.constant]
        value = self.materialize(whole)
        return [Operand(type_, self.builder.get_item(value, index)) for index, type_ in enumerate(whole.type.items)]

    def read_binding(self, name: str, type_: Type, attribute: str = "") -> Operand:
        """Module global `name`, or what the class of that name has, as the entry's check has stored it. Loaded once, at the start."""
        binding = Binding(BindingKind.VALUE, name, attribute=attribute, type=type_)
        self.bind(binding)
        name = binding.path
        if name not in self._loaded:
            self._loaded[name] = Value(type_, name)
            self.builder.function.entry.instructions.insert(0, LoadGlobal([], self._loaded[name], name=name))
        return Operand(type_, self._loaded[name])

    def apply(self, name: str, operands: Iterable[Operand | Value], node: Node) -> Operand:
        return self.apply_row(TABLE[name], operands, node)

    def apply_row(self, primitive: Primitive, operands: Iterable[Operand | Value], node: Node) -> Operand:
        values = [self.materialize(operand) if isinstance(operand, Operand) else operand for operand in operands]
        return Operand(primitive.result, self.builder.apply(primitive, values, self._site_of(primitive, node)))

    def _site_of(self, primitive: Primitive, node: Node) -> Site | None:
        effects = primitive.effects
        if not effects.fails:
            return None
        return self.site(node, hardly_fails=effects.raises == ("MemoryError",) and not effects.deopts)

    def bind(self, binding: Binding) -> None:
        """Note that the function assumes `binding`."""
        self.builder.function.bindings.add(binding)
        if self._called:
            resume = self.builder.resume
            line, column = (resume.position.line, resume.position.column) if resume is not None else (0, 0)
            self.binding_uses.append(BindingUse(binding.name, self._called, line, column))

    def bind_builtin(self, name: str) -> None:
        self.bind(Binding(BindingKind.BUILTIN, name, "builtins", name))

    def read_global(self, name: str, fullname: str, node: Node) -> Operand:
        operand = self._resolve_global(self, name, fullname, node)
        if operand is None:
            raise Unsupported(
                "PF106",
                node,
                f"`{name}` is no number, or functions rebind it",
                "give it a number at module level only, annotated if it comes from untyped code",
            )
        return operand

    # Variables

    def assign(self, name: str, operand: Operand, node: Node, convert: Callable[..., Operand]) -> None:
        """Set variable `name`, whose type is the join of all that it is ever assigned."""
        self.unknown.discard(name)
        known = self.facts.variables.get(name)
        declared = self.facts.declared.get(name)
        if declared is not None and not isinstance(declared.type, NoneKind):
            operand = self._as_declared(operand, declared, node, convert)
        is_int = name in self.facts.late_floats and _is_exact_in_double(operand)
        if is_int:
            operand = constant_operand(float(operand.number))
        new = variable_type(operand)
        joined = new if known is None else join(known, new)
        if joined is None:
            assert known is not None
            self._try_late_float(name, operand, known)
            raise Unsupported(
                "PF105",
                node,
                f"`{name}` may be {type_name(settled(known))} or {type_name(settled(new))} here",
                "give the variable values of one type only (0.0 rather than 0 for a float)",
            )
        if isinstance(joined, OptionalType) and name in self.facts.late_floats:
            raise Unsupported("PF105", node, f"`{name}` may be an int, a float or None here", "write 0.0 rather than 0")
        if isinstance(joined, FixedInt) and operand.is_weak and not joined.holds(int(operand.number)):
            raise Unsupported("PF105", node, f"{operand.constant} does not fit `{name}`, an {joined}")
        self._check_not_borrowed(name, settled(joined), node)
        self._partly_set.discard(name)
        self.facts.variables[name] = joined
        if known is not None and joined != known:
            raise Rebuild
        self.variables[name] = self.materialize(convert(self, operand, settled(joined), node))
        self.variables[name].name = name
        if self.variables[name] in self._made_of:
            self.variables[name + "!"] = self._made_of[self.variables[name]]
        if name in self.facts.maybe_unset:
            self.variables[name + "?"] = self._surely_set()
        if name in self.facts.late_floats:
            self.variables[name + "#"] = self.builder.constant(BOOL, is_int)
            self._surely_int |= {self.variables[name + "#"]} if is_int else set()

    def _check_not_borrowed(self, name: str, type_: Type, node: Node) -> None:
        """What a parameter holds at first is let go where it is set anew, but whoever called native code holds it."""
        parameters = self.code.co_varnames[: self.code.co_argcount + self.code.co_kwonlyargcount]
        if name in parameters and holds_objects(type_):
            message = f"parameter `{name}` may hold the last reference to an object, which goes where it is set anew"
            raise Unsupported("PF118", node, message, "give the new value a name of its own")

    def _surely_set(self) -> Value:
        """The same flag everywhere, so that ways on which a variable is set agree."""
        if self._set_flag is None:
            self._set_flag = Value(BOOL)
            self.builder.function.entry.instructions.insert(0, Constant([], self._set_flag, value=True))
        return self._set_flag

    def _try_late_float(self, name: str, operand: Operand, known: VariableType) -> None:
        """Where a variable is int constants here and float there, and declared float: build again with a flag."""
        declared = self.facts.declared.get(name)
        is_float = declared is not None and declared.type == FLOAT64
        weak = operand.is_weak if known == FLOAT64 else is_weak(known) and operand.type == FLOAT64
        if is_float and weak and name not in self.facts.late_floats:
            self.facts.late_floats.add(name)
            self.facts.variables[name] = FLOAT64
            raise Rebuild

    def _as_declared(
        self, operand: Operand, declared: Declared, node: Node, convert: Callable[..., Operand]
    ) -> Operand:
        if declared.promise:
            return convert(self, operand, declared.type, node, coerce=True)
        if operand.type != declared.type and join(operand.type, declared.type) == declared.type:
            return convert(self, operand, declared.type, node)
        if operand.is_weak and declared.type == INT:
            return Operand(INT, self.materialize(operand))
        return operand

    def is_surely_set(self, name: str) -> bool:
        """Whether variable `name` has a value here, as far as one can tell."""
        return name not in self.facts.maybe_unset or self.variables[name + "?"] is self._set_flag

    def read(self, name: str, node: Node) -> Operand:
        """The value of local `name`; where it is still an int and ought to be float, the twin goes on."""
        operand, is_int = self.read_either(name, node)
        self.leave_if_int(is_int, node)
        return operand

    def leave_if_int(self, is_int: Value | None, node: Node) -> None:
        if is_int is None:
            return
        if is_int in self._surely_int:
            raise Unsupported("PF105", node, "this variable is an int here and a float later", "set it to a float: 0.0")
        leave, go_on = self.builder.new_block("is_int"), self.builder.new_block("is_float")
        self.builder.cond_branch(is_int, Edge(leave), Edge(go_on), likely=False)
        self.builder.activate(leave)
        self.builder.deopt()
        self.builder.activate(go_on)

    def read_either(self, name: str, node: Node) -> tuple[Operand, Value | None]:
        """The value of local `name`, and a flag that it stands for an int of that value if that may be.

        Where it may be unset, the twin raises UnboundLocalError.
        """
        if name in self.unknown:
            raise Consequence(node)
        if name not in self.variables:
            known = self.facts.variables.get(name)
            if known is None and self.go_on_after is not None:
                raise Consequence(node)  # of what sets it
            if known is None:
                # Nothing assigned so far: a later assignment in a loop may be; building on tells its type.
                raise Unsupported("PF105", node, f"`{name}` is read before it is set")
            self.facts.maybe_unset.add(name)
            raise Rebuild
        if not self.is_surely_set(name):
            unset, go_on = self.builder.new_block("unset"), self.builder.new_block("is_set")
            self.builder.cond_branch(self.variables[name + "?"], Edge(go_on), Edge(unset), likely=True)
            self.builder.activate(unset)
            self.builder.deopt()
            self.builder.activate(go_on)
        item = self._item(self.variables, name)
        if item is not None:
            return Operand(item.type, item), None
        return Operand(settled(self.facts.variables[name]), self.variables[name]), self.variables.get(name + "#")

    def unset(self, name: str, node: Node) -> None:
        """`del name`."""
        self._check_not_borrowed(name, self.read(name, node).type, node)
        if name not in self.facts.maybe_unset:
            self.facts.maybe_unset.add(name)
            raise Rebuild
        self.variables[name + "?"] = self.builder.constant(BOOL, False)

    # Variables that may be None

    def make_optional(self, item: Value) -> Value:
        """A T as a `T | None`."""
        made = self.builder.make_optional(OptionalType(item.type), self.builder.constant(BOOL, True), item)
        self._made_of[made] = item
        self._note_item(item, made)
        return made

    def _note_item(self, item: Value, optional: Value) -> None:
        self._items.setdefault(optional, set()).add(item)
        if optional in self._objects:
            self._objects[item] = self._objects[optional]

    def narrow(self, optional: Value) -> None:
        """From here on `optional` is known not to be None."""
        names = [name for name, value in self.variables.items() if value is optional]
        if any(self._item(self.variables, name) is None for name in names):
            item = self.builder.get_item(optional, 1)
            self._note_item(item, optional)
            self.variables.update({f"{name}!": item for name in names})

    def known_item(self, optional: Operand, item: Operand) -> Operand:
        """`item`, of an optional that is known not to be None."""
        self._note_item(self.materialize(item), self.materialize(optional))
        return item

    # Values that were objects

    def note_object(self, operand: Operand, made_of: Value) -> None:
        self._objects[self.materialize(operand)] = made_of

    def object_of(self, operand: Operand) -> Value | None:
        """The object that the value was taken out of: handed on it stays the same one."""
        return operand.value if operand.type == OBJECT else self._objects.get(operand.value) if operand.value else None

    def _item(self, variables: Mapping[str, Value], name: str) -> Value | None:
        """The T of a variable that is known not to be None."""
        item = variables.get(name + "!")
        return item if item is not None and item in self._items.get(variables[name], ()) else None

    def enter(self, block: Block) -> None:
        """Continue in `block`, with what the condition before it tells; the variables are still those before it."""
        self.builder.activate(block)
        for optional in self._not_none.get(block, ()):
            self.narrow(optional)

    # Control flow

    def may_be_set(self, names: Iterable[str]) -> None:
        """From here on, local variables of these names may be set, if they are not known to be.

        Not in loops: to know what an earlier turn has set would cost every turn.
        """
        if not self.loops:
            self._partly_set |= set(names) & self._local_names - set(self.variables)

    def merge(self, incoming: list[tuple[Block, dict[str, Value]]], name: str) -> None:
        """Continue in a block that all `incoming` blocks (unterminated, each with its variables) jump to.

        A variable that differs becomes a parameter; one that is not set everywhere is not set. With no incoming
        block, what follows is unreachable and the builder has no current block.
        """
        if not incoming:
            self.builder.block = None
            return
        if len(incoming) == 1:
            self.builder.activate(incoming[0][0])
            self.variables = incoming[0][1]
            return
        target = self.builder.new_block(name)
        shared = [key for key in incoming[0][1] if all(key in variables for _, variables in incoming)]
        self.may_be_set({key for _, variables in incoming for key in variables} - set(shared))
        shared = [key for key in shared if not key.endswith("!")]
        merged, differing = {}, []
        for key in shared:
            values = [variables[key] for _, variables in incoming]
            if all(value is values[0] for value in values):
                merged[key] = values[0]
            else:
                parameter = Value(values[0].type, key)
                target.parameters.append(parameter)
                merged[key] = parameter
                differing.append(key)
        differing += self._merge_items(incoming, merged, target)
        for block, variables in incoming:
            self.builder.activate(block)
            self.builder.branch(target, [variables[key] for key in differing])
        self.builder.activate(target)
        self.variables = merged

    def _merge_items(
        self, incoming: list[tuple[Block, dict[str, Value]]], merged: dict[str, Value], target: Block
    ) -> list[str]:
        """What is known not to be None on every way still is; returns the names whose items become parameters."""
        differing = []
        for name in list(merged):
            items = [self._item(variables, name) for _, variables in incoming]
            known = [item for item in items if item is not None]
            if len(known) < len(items):
                continue
            item = known[0]
            if any(other is not item for other in known):
                item = Value(item.type, name)
                target.parameters.append(item)
                differing.append(name + "!")
            merged[name + "!"] = item
            self._note_item(item, merged[name])
        return differing

    def here(self) -> list[tuple[Block, dict[str, Value]]]:
        """The current block and variables as one way into a merge; empty if unreachable."""
        if self.builder.terminated or self.builder.block is None:
            return []
        return [(self.builder.block, dict(self.variables))]

    def branch_on(self, condition: Operand, node: Node) -> tuple[Block, Block]:
        """Blocks for true and false; both start with the current variables."""
        then, otherwise = self.builder.new_block("then"), self.builder.new_block("else")
        value = self.materialize(condition)
        self.builder.cond_branch(value, Edge(then), Edge(otherwise))
        implied = self.implied.get(value, Implied())
        self._not_none[then], self._not_none[otherwise] = implied.if_true, implied.if_false
        return then, otherwise


def _kept(value: Value) -> LoopState:
    return LoopState(LoopKind.VALUE, [value], 0)


def position_of(node: Node) -> Position:
    line = node.line
    return Position(line, node.column, node.end_line or line, node.end_column or node.column)


def _is_exact_in_double(operand: Operand) -> bool:
    return operand.is_weak and abs(int(operand.number)) <= 1 << 53


def type_name(type_: Type) -> str:
    """As a user writes it."""
    if isinstance(type_, OptionalType):
        return f"{type_name(type_.item)} | None"
    return {"float64": "float", "none": "None"}.get(str(type_), str(type_))


def is_weak(type_: VariableType) -> bool:
    return isinstance(type_, Weak)
