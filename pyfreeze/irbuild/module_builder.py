"""A module's functions to IR: which can be native, in which order, and why the others keep their twins."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import CodeType

from mypy.nodes import Context as Node
from mypy.nodes import Expression, FuncDef, MypyFile, Var
from mypy.types import CallableType, UnboundType
from mypy.types import Type as MypyType

from pyfreeze.analysis.purity import impure_functions
from pyfreeze.ir.builder import FunctionBuilder
from pyfreeze.ir.function import (
    MAXIMUM_SCALARS,
    Binding,
    BindingKind,
    ConstantValue,
    Function,
    Module,
    reverse_postorder,
)
from pyfreeze.ir.instructions import Call, ResumeState, Value
from pyfreeze.ir.types import (
    BOOL,
    FixedInt,
    OptionalType,
    StructType,
    Type,
    flattened,
    holds_objects,
    structs_in,
)
from pyfreeze.irbuild.boxing import boxed_in_loops
from pyfreeze.irbuild.context import Facts, FunctionContext, GenericFunction, Signature, StackAfter
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.declared_types import SELF, Declared, Scope, declared
from pyfreeze.irbuild.definitions import functions_in
from pyfreeze.irbuild.frozen_classes import FrozenClass, FrozenClasses
from pyfreeze.irbuild.generics import may_be_entered
from pyfreeze.irbuild.module_constants import has_text, module_constants, written_types
from pyfreeze.irbuild.operand import Operand, constant_operand, join, settled
from pyfreeze.irbuild.resumption import BindingUse, FindPoint, keep_states, strip_states, unsteady_functions
from pyfreeze.irbuild.signatures import (
    UNKNOWN,
    declared_result,
    generic_function,
    parameter_of,
    signature_of,
    type_variables,
)
from pyfreeze.irbuild.statements import block, falls_off
from pyfreeze.irbuild.survey import survey
from pyfreeze.irbuild.unsupported import Rebuild, Unsupported

CodeKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a function keeps its twin: a diagnostic without its file."""

    code: str
    line: int
    column: int
    message: str
    hint: str


@dataclass(slots=True)
class FunctionOutcome:
    """`reasons` is empty exactly if the function is native; a generic one is as `specialised`."""

    name: str
    line: int
    key: CodeKey
    reasons: list[Reason] = field(default_factory=list)
    specialised: tuple[str, ...] = ()


@dataclass(slots=True)
class BuiltModule:
    """`entered`: the specialisations of generic functions that calls from Python may enter."""

    module: Module
    outcomes: list[FunctionOutcome]
    keys: dict[str, CodeKey]
    entered: frozenset[str]


@dataclass(slots=True)
class _Candidate:
    name: str
    node: FuncDef
    code: CodeType
    outcome: FunctionOutcome
    top_level: bool
    decorated: bool
    signature: Signature | None = None
    function: Function | None = None
    result: Declared | None = None
    binding_uses: list[BindingUse] = field(default_factory=list)
    in_progress: bool = False
    scope: Scope | None = None  # of a specialised generic function


@dataclass(slots=True)
class _Generic:
    """A generic function, and the names of the candidates made of it."""

    function: GenericFunction
    candidate: _Candidate
    specialised: list[str] = field(default_factory=list)


_MOST_SPECIALISED = 32  # of one generic function: one that calls itself for ever larger types has no end
_MOST_ENTERED = 8  # of these, from Python: the arguments are held against one after the other
_ATTEMPTS = 60  # each attempt widens the type of at least one variable


def build_module(
    tree: MypyFile,
    module_name: str,
    codes: Mapping[CodeKey, CodeType],
    find_point: FindPoint,
    stack_after: StackAfter,
    *,
    assume_impure: bool = False,
    every_reason: bool = False,
    types: Mapping[Expression, MypyType] = {},
) -> BuiltModule:
    """IR of every function of the module that can be native. `codes` are its functions' code objects.

    assume_impure: treat all functions as if they had side effects, to test how they leave native code.
    every_reason: of the others, the first reason is found on the way; look for all.
    types: mypy's, of the module's expressions; for reasons only
    """
    builder = _ModuleBuilder(tree, module_name, codes, stack_after)
    built = builder.build(find_point, assume_impure)
    if every_reason:
        builder.find_every_reason(types)
    return built


_UNSEEN = "mypy gives no types for it: it takes this place to be unreachable, or cannot read the module"
_UNSEEN_HINT = "take it out of the condition on a platform or version, or mend what mypy reports"


def unseen_functions(codes: Mapping[CodeKey, CodeType]) -> Iterator[FunctionOutcome]:
    """The outcome of each function of `codes` if mypy says nothing about it."""
    for key, code in codes.items():
        if code.co_flags & inspect.CO_OPTIMIZED and not code.co_name.startswith("<"):  # no class, lambda, …
            line = code.co_firstlineno
            yield FunctionOutcome(code.co_qualname, line, key, [Reason("PF115", line, 0, _UNSEEN, _UNSEEN_HINT)])


class _ModuleBuilder:
    def __init__(
        self, tree: MypyFile, module_name: str, codes: Mapping[CodeKey, CodeType], stack_after: StackAfter
    ) -> None:
        self._stack_after = stack_after
        self._frozen = FrozenClasses(tree)
        self._scope = self._frozen.scope
        self._of_bases = {
            f"{base}.{name}"
            for class_ in self._frozen.by_name.values()
            for name, base in class_.bases.items()
            if class_.members[name].kind != "staticmethod"
        }
        self._constants = module_constants(tree, self._scope)
        self._written_types = written_types(tree, self._scope)
        self._rebound = frozenset(name for code in codes.values() for name in _rebound_globals(code))
        self._codes = codes
        self._module_name = module_name
        self._name_for_mypy = tree.fullname
        self._candidates: dict[str, _Candidate] = {}
        self._generics: dict[str, _Generic] = {}
        self._outcomes: list[FunctionOutcome] = []
        self._by_global_name: dict[str, list[str]] = {}
        self._found: list[tuple[FunctionOutcome, FuncDef, CodeType]] = []
        for qualname, node, decorators_line, top_level in functions_in(tree):
            self._add(qualname, node, decorators_line, top_level, codes)

    def _add(
        self,
        qualname: str,
        node: FuncDef,
        decorators_line: int | None,
        top_level: bool,
        codes: Mapping[CodeKey, CodeType],
    ) -> None:
        key = (qualname, decorators_line or node.line)
        outcome = FunctionOutcome(qualname, node.line, key)
        self._outcomes.append(outcome)
        taken = qualname in self._candidates or qualname in self._generics
        name = qualname if not taken else f"{qualname}@{node.line}"
        if top_level:
            self._by_global_name.setdefault(node.name, []).append(name)
        code = codes.get(key)
        try:
            if code is None:
                message = "it has no bytecode that could be told from another function's, or is never defined"
                raise Unsupported("PF115", node, message)
            if isinstance(node.type, CallableType) and isinstance(node.type.ret_type, UnboundType):
                raise Unsupported("PF115", node, _UNSEEN, _UNSEEN_HINT)
            owner = self._generic_class_of(node)
            of_base = qualname in self._of_bases
            is_generic = (
                of_base or owner is not None or (top_level and decorators_line is None and bool(type_variables(node)))
            )
            if not is_generic:
                self._found.append((outcome, node, code))
            _check_kind(node, code)
            candidate = _Candidate(name, node, code, outcome, top_level, decorators_line is not None)
            if is_generic:
                function = generic_function(name, node, code, self._values(), owner, of_base)
                self._generics[name] = _Generic(function, candidate)
                return
            candidate.result = declared_result(node, self._scope)
            candidate.signature = signature_of(
                name, node, code, candidate.result, self._scope, self._values(), self._owner_of(node)
            )
            self._candidates[name] = candidate
        except Unsupported as unsupported:
            _note(outcome, unsupported)

    def _values(self) -> dict[str, ConstantValue]:
        return {name: value for name, (value, _) in self._constants.items()}

    def build(self, find_point: FindPoint, assume_impure: bool) -> BuiltModule:
        for candidate in list(self._candidates.values()):
            self._ensure_built(candidate)
        self._build_inherited()
        self._drop_callers_of_twins()
        self._settle_states(find_point, assume_impure)
        self._drop_callers_of_twins()
        self._report_generics()
        module = self._built()
        keys = {name: self._candidates[name].outcome.key for name in module.functions}
        return BuiltModule(module, [*self._outcomes, *self._unseen()], keys, frozenset(self._entered()))

    def _build_inherited(self) -> None:
        """The functions that frozen classes have from bases, for each class: Python may call them."""
        for class_ in list(self._frozen.by_name.values()):
            for name in () if class_.is_generic else class_.bases:
                generic = self._generics.get(f"{class_.bases[name]}.{name}")
                if generic is None:
                    continue
                try:
                    self._resolve_method(class_.name, name, generic.candidate.node)
                except Unsupported as unsupported:
                    if not generic.specialised:  # else it is noted there
                        _note(generic.candidate.outcome, unsupported)

    def _unseen(self) -> Iterator[FunctionOutcome]:
        """Functions that are not in mypy's tree."""
        seen = {outcome.key for outcome in self._outcomes}
        return (outcome for outcome in unseen_functions(self._codes) if outcome.key not in seen)

    def _built(self) -> Module:
        classes = self._frozen.by_name.items()
        structs = {name: class_.struct for name, class_ in classes if not class_.is_generic}
        module = Module(self._module_name, structs=structs)
        for name, candidate in self._candidates.items():
            if candidate.function is not None:
                module.functions[name] = candidate.function
        return module

    def _settle_states(self, find_point: FindPoint, assume_impure: bool) -> None:
        """Decide which functions leave in the middle; those that would have to and cannot keep their twins."""
        module = self._built()
        writing, impure = impure_functions(module), impure_functions(module, assume_impure)
        unsteady = unsteady_functions(module) & impure
        for name, function in module.functions.items():
            if name not in impure:
                strip_states(function)
                continue
            candidate = self._candidates[name]
            has_point = partial(_has_point, find_point, candidate.code)
            obstacle = keep_states(function, writing, impure, unsteady, candidate.binding_uses, has_point)
            if obstacle is not None:
                reason = Reason("PF116", obstacle.line, obstacle.column, obstacle.message, "")
                candidate.outcome.reasons.append(reason)
                candidate.function = None

    def _ensure_built(self, candidate: _Candidate) -> None:
        if candidate.function is not None or candidate.outcome.reasons or candidate.in_progress:
            return
        candidate.in_progress = True
        try:
            candidate.function = self._build(candidate)
        except Unsupported as unsupported:
            _note(candidate.outcome, unsupported)
        except RecursionError:
            _note(candidate.outcome, Unsupported("PF190", candidate.node, "an expression is nested too deeply"))
        finally:
            candidate.in_progress = False

    def _specialise(self, name: str, arguments: Mapping[str, Type], node: Node) -> Signature:
        """The generic function for these types, built if it is not yet."""
        generic = self._generics[name]
        special = generic.function.specialised(arguments)
        if special not in self._candidates:
            if len(generic.specialised) >= _MOST_SPECIALISED:
                raise Unsupported("PF106", node, f"`{name}` is called for too many types")
            made = generic.candidate
            outcome = FunctionOutcome(special, made.node.line, made.outcome.key)
            scope, class_ = replace(self._scope, type_arguments=arguments), generic.function.owner
            types = tuple(arguments[variable] for variable in generic.function.variables)
            owner = self._frozen.struct_of(class_, types) if class_ is not None else None
            if SELF in arguments and isinstance(inheriting := arguments[SELF], StructType):
                owner = inheriting
            candidate = _Candidate(special, made.node, made.code, outcome, False, False, scope=scope)
            candidate.result = declared_result(made.node, scope)
            candidate.signature = signature_of(
                special, made.node, made.code, candidate.result, scope, self._values(), owner
            )
            self._candidates[special] = candidate
            generic.specialised.append(special)
        return self._native_signature(special, node)

    def _entered(self) -> Iterator[str]:
        for generic in self._generics.values():
            entered = 0
            for name in generic.specialised:
                made = self._candidates[name]
                if made.function is None or made.scope is None or entered == _MOST_ENTERED:
                    continue
                if may_be_entered(generic.function, made.scope.type_arguments):
                    entered += 1
                    yield name

    def _report_generics(self) -> None:
        """A generic function is native if it is for some types."""
        for generic in self._generics.values():
            made = [self._candidates[name] for name in generic.specialised]
            native = tuple(candidate.name for candidate in made if candidate.function is not None)
            generic.candidate.outcome.specialised = native
            if native:
                continue
            reasons = [reason for candidate in made for reason in candidate.outcome.reasons]
            if not reasons and not generic.candidate.outcome.reasons:
                message = "it is generic, and native functions of the module do not call it with types they know"
                _note(generic.candidate.outcome, Unsupported("PF104", generic.candidate.node, message))
            own = [reason for reason in reasons if not any(name in reason.message for name in generic.specialised)]
            generic.candidate.outcome.reasons += (own or reasons)[:1]

    def _build(self, candidate: _Candidate) -> Function:
        assert candidate.signature is not None
        facts = Facts()
        for parameter in candidate.signature.parameters:
            facts.variables[parameter.name] = parameter.declared.type
            if parameter.declared.promise:
                facts.declared[parameter.name] = parameter.declared
        for _ in range(_ATTEMPTS):
            try:
                return self._attempt(candidate, facts)
            except Rebuild:
                continue
        raise Unsupported("PF105", candidate.node, "the types of its variables do not settle")

    def _attempt(self, candidate: _Candidate, facts: Facts) -> Function:
        signature = candidate.signature
        assert signature is not None
        names = tuple(parameter.name for parameter in signature.parameters)
        function = Function(candidate.name, names, signature.result, line=candidate.node.line)
        builder = FunctionBuilder(function)
        builder.activate(builder.new_block("entry"))
        result = candidate.result or (Declared(signature.result, False) if signature.result is not UNKNOWN else None)
        context = self._context(builder, candidate.code, facts, result, candidate.scope)
        for parameter in signature.parameters:
            value = Value(parameter.declared.type, parameter.name)
            function.entry.parameters.append(value)
            widened = settled(facts.variables[parameter.name])  # if it is set to None later
            operand = convert(context, Operand(value.type, value), widened, candidate.node)
            context.variables[parameter.name] = context.materialize(operand)
        for name in sorted(facts.maybe_unset):
            self._start_unset(context, name)
        block(context, candidate.node.body.body)
        falls_off(context, candidate.node)
        if result is None:
            self._infer_result(candidate, context)
            raise Rebuild
        if not facts.partly_set <= facts.maybe_unset:
            facts.maybe_unset |= facts.partly_set
            raise Rebuild
        _remove_unreachable(function)
        _bind_classes(function)
        candidate.binding_uses = context.binding_uses
        return function

    def _context(
        self,
        builder: FunctionBuilder,
        code: CodeType,
        facts: Facts,
        result: Declared | None,
        scope: Scope | None = None,
    ) -> FunctionContext:
        return FunctionContext(
            builder,
            code,
            facts,
            result,
            scope or self._scope,
            self._frozen,
            self._resolve_global,
            self._resolve_function,
            self._resolve_method,
            self._generic_functions(),
            self._specialise,
            self._stack_after,
        )

    def _generic_functions(self) -> dict[str, GenericFunction]:
        """By the global names that are defined once."""
        named = {name: defined[0] for name, defined in self._by_global_name.items() if len(defined) == 1}
        found = {name: self._generics[other].function for name, other in named.items() if other in self._generics}
        methods = {name: made.function for name, made in self._generics.items() if made.function.owner is not None}
        return found | methods

    def _generic_class_of(self, node: FuncDef) -> FrozenClass | None:
        """The generic frozen class that a method is of."""
        class_ = self._frozen.by_name.get(node.info.name) if node.info else None
        return class_ if class_ is not None and class_.is_generic and class_.info is node.info else None

    def _owner_of(self, node: FuncDef) -> StructType | None:
        """The frozen class that a method is of."""
        return self._scope.structs.get(node.info.fullname) if node.info else None

    def _start_unset(self, context: FunctionContext, name: str) -> None:
        is_parameter = name in context.variables
        if not is_parameter:
            type_ = settled(context.facts.variables[name])
            context.variables[name] = context.zero(type_)
        context.variables[name + "?"] = context.builder.constant(BOOL, is_parameter)
        if name in context.facts.late_floats:
            context.variables[name + "#"] = context.builder.constant(BOOL, False)

    def _infer_result(self, candidate: _Candidate, context: FunctionContext) -> None:
        """The result type of a function without a return annotation, from its return statements."""
        common = None
        for type_ in context.result_types:
            common = type_ if common is None else join(common, type_)
            if common is None:
                raise Unsupported(
                    "PF105", candidate.node, "it returns values of different types", "annotate the result"
                )
        if common is None:
            raise Unsupported("PF104", candidate.node, "it never returns", "annotate the result")
        signature = candidate.signature
        assert signature is not None
        candidate.result = Declared(settled(common), False)
        candidate.signature = replace(signature, result=settled(common))

    def _resolve_function(self, name: str, node: Node) -> Signature:
        defined = self._by_global_name.get(name, [])
        if len(defined) != 1 or defined[0] not in self._candidates:
            raise Unsupported("PF106", node, f"`{name}` works on objects", "see its own entry for the reason")
        if self._candidates[defined[0]].decorated:
            raise Unsupported("PF111", node, f"`{name}` is decorated: what the call runs is not known")
        return self._native_signature(defined[0], node)

    def _resolve_method(self, class_name: str, name: str, node: Node) -> Signature:
        class_ = self._frozen.by_name[class_name]
        if name in class_.bases:
            inherited = f"{class_.bases[name]}.{name}"
            if inherited in self._generics:
                return self._specialise(inherited, {SELF: class_.struct}, node)
            return self._native_signature(inherited, node)
        generic = f"{class_.struct.class_name}.{name}"
        if class_.arguments and generic in self._generics:
            return self._specialise(generic, dict(zip(class_.type_variables, class_.arguments, strict=True)), node)
        return self._native_signature(f"{class_name}.{name}", node)

    def _native_signature(self, name: str, node: Node) -> Signature:
        callee = self._candidates.get(name)
        if callee is not None:
            self._ensure_built(callee)
        if callee is None or callee.outcome.reasons:
            raise Unsupported("PF106", node, f"`{name}` works on objects", "see its own entry for the reason")
        assert callee.signature is not None
        if callee.signature.result is UNKNOWN:
            raise Unsupported("PF104", node, f"`{name}` is recursive without a return annotation", "annotate it")
        return callee.signature

    def _resolve_global(self, context: FunctionContext, name: str, fullname: str, node: Node) -> Operand | None:
        found = self._constants.get(name)
        if found is None:
            return self._value_of(context, name)
        value, hint = found
        if has_text(value):
            return None
        if value is None and hint is not None and isinstance(hint.type, OptionalType):
            return self._value_of(context, name)
        context.bind(Binding(BindingKind.CONSTANT, name, constant=value))
        operand = constant_operand(value)
        if hint is not None and hint.promise and isinstance(hint.type, FixedInt) and operand.is_weak:
            return convert(context, operand, hint.type, node) if hint.type.holds(int(operand.number)) else operand
        return operand

    def _value_of(self, context: FunctionContext, name: str) -> Operand | None:
        """A module global that holds a number or a tuple of them, whatever its value."""
        symbol = self._scope.names.get(name)
        if symbol is None or not isinstance(symbol.node, Var) or name in self._rebound:
            return None
        hint = self._written_types.get(name) or declared(None, symbol.node.type, self._scope)
        if hint is None or not 0 < len(flattened(hint.type)) <= MAXIMUM_SCALARS:
            return None
        if holds_objects(hint.type):  # what is read is kept, and would be let go later than by whoever sets it anew
            return None
        return context.read_binding(name, hint.type)

    def _drop_callers_of_twins(self) -> None:
        """A function that was assumed native while it was being built may have failed: its callers fail too."""
        changed = True
        while changed:
            changed = False
            for candidate in self._candidates.values():
                if candidate.function is None:
                    continue
                for called in {i.function for i in candidate.function.instructions() if isinstance(i, Call)}:
                    if self._candidates[called].function is None:
                        message = f"it calls `{called}`, which works on objects"
                        _note(candidate.outcome, Unsupported("PF106", candidate.node, message))
                        candidate.function, changed = None, True
                        break

    def find_every_reason(self, types: Mapping[Expression, MypyType]) -> None:
        """Look for all reasons of each function that has one."""
        for outcome, node, code in self._found:
            if not outcome.reasons:
                continue
            boxed = boxed_in_loops(node, types, self._scope.structs, self._name_for_mypy)
            if found := self._survey(node, code):
                outcome.reasons.clear()
            for unsupported in sorted([*found, *boxed], key=lambda reason: reason.line):
                _note(outcome, unsupported)

    def _survey(self, node: FuncDef, code: CodeType) -> list[Unsupported]:
        reasons = list(_kind_reasons(node, code))
        facts, unknown = Facts(), {*code.co_freevars, *code.co_cellvars}
        result = None
        try:
            result = declared_result(node, self._scope)
        except Unsupported as unsupported:
            if not code.co_flags & _SUSPENDED:  # what a coroutine or generator returns is not what is annotated
                reasons.append(unsupported)
        for index, argument in enumerate(node.arguments):
            name = argument.variable.name
            if argument.kind.is_star():
                unknown.add(name)
                continue
            try:
                hint = parameter_of(node, code, index, self._scope, {}, self._owner_of(node)).declared
            except Unsupported as unsupported:
                reasons.append(unsupported)
                unknown.add(name)
            else:
                facts.variables[name] = hint.type
                facts.declared.update({name: hint} if hint.promise else {})
        reasons += self._survey_body(node, code, facts, unknown, result)
        return sorted(reasons, key=lambda reason: reason.line)

    def _survey_body(
        self, node: FuncDef, code: CodeType, facts: Facts, unknown: set[str], result: Declared | None
    ) -> list[Unsupported]:
        parameters = dict(facts.variables)
        reasons: list[Unsupported] = []
        for _ in range(_ATTEMPTS):
            builder = FunctionBuilder(Function(node.name, (), UNKNOWN, line=node.line))
            builder.activate(builder.new_block("entry"))
            context = self._context(builder, code, facts, result)
            context.unknown |= unknown
            context.variables = {name: Value(settled(facts.variables[name]), name) for name in parameters}
            reasons.clear()
            try:
                survey(context, node, reasons)
                break
            except Rebuild:
                continue
        return reasons


def _has_point(find_point: FindPoint, code: CodeType, state: ResumeState) -> bool:
    return find_point(code, state) is not None


def _rebound_globals(code: CodeType) -> Iterator[str]:
    """Globals that a function sets or deletes: they change too often for native code to rely on their values."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            yield str(instruction.argval)


_FLAGS = {
    inspect.CO_GENERATOR: "a generator",
    inspect.CO_COROUTINE: "a coroutine",
    inspect.CO_ASYNC_GENERATOR: "an async generator",
}


_SUSPENDED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def _check_kind(node: FuncDef, code: CodeType) -> None:
    """Refuse what no native function can be, whatever is in it."""
    for unsupported in _kind_reasons(node, code):
        raise unsupported


def _kind_reasons(node: FuncDef, code: CodeType) -> Iterator[Unsupported]:
    for flag, kind in _FLAGS.items():
        if code.co_flags & flag:
            yield Unsupported("PF108", node, f"it is {kind}")
    shared = [*(name for name in code.co_freevars if not _only_annotates(name, node, code)), *code.co_cellvars]
    if shared:
        names = ", ".join(f"`{name}`" for name in shared)
        yield Unsupported("PF107", node, f"it shares variables with another function: {names}")
    if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        yield Unsupported("PF109", node, "it takes *args or **kwargs")


def _only_annotates(name: str, node: FuncDef, code: CodeType) -> bool:
    """Whether it is a type variable (PEP 695) that the function has only because annotations of local variables name it."""
    owner = [variable.name for variable in node.info.defn.type_vars] if node.info else []
    if name not in (*type_variables(node), *owner):
        return False
    return all(instruction.argval != name for instruction in dis.get_instructions(code))


def _note(outcome: FunctionOutcome, unsupported: Unsupported) -> None:
    outcome.reasons.append(
        Reason(unsupported.code, unsupported.line, unsupported.column, unsupported.message, unsupported.hint)
    )


def _bind_classes(function: Function) -> None:
    """Every frozen class whose values the function holds: to tell and to make instances, the runtime must know it."""
    values = [value for block in function.blocks for value in block.parameters]
    values += [instruction.result for instruction in function.instructions() if instruction.result is not None]
    for type_ in {function.result, *(value.type for value in values)}:
        for struct in structs_in(type_):
            function.bindings.add(Binding(BindingKind.CLASS, struct.class_name, type=struct))


def _remove_unreachable(function: Function) -> None:
    function.blocks = reverse_postorder(function)
