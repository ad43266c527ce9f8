"""`match` over numbers, frozen values and tuples of them.

Native values have exact types, so class patterns and lengths are decided while building; what is left are comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mypy.nodes import Context as Node
from mypy.nodes import MatchStmt, NameExpr, Statement, StrExpr
from mypy.patterns import (
    AsPattern,
    ClassPattern,
    MappingPattern,
    OrPattern,
    Pattern,
    SequencePattern,
    SingletonPattern,
    StarredPattern,
    ValuePattern,
)

from pyfreeze.ir.function import Binding, BindingKind
from pyfreeze.ir.instructions import Block, Value
from pyfreeze.ir.types import BOOL, NONE, OBJECT, OptionalType, StructType, TupleType
from pyfreeze.irbuild.context import FunctionContext, type_name
from pyfreeze.irbuild.conversions import convert
from pyfreeze.irbuild.expressions import condition, expression, expression_or_none
from pyfreeze.irbuild.instances import is_instance
from pyfreeze.irbuild.named_tuples import as_tuple, as_type
from pyfreeze.irbuild.native_calls import class_variable, field
from pyfreeze.irbuild.operand import Operand, is_number
from pyfreeze.irbuild.operators import comparison, negation, truth
from pyfreeze.irbuild.optionals import is_set, item_of
from pyfreeze.irbuild.unsupported import Unsupported

BuildBlock = Callable[[FunctionContext, list[Statement]], None]

_Way = tuple[Block, dict[str, Value]]
_Captures = dict[str, Operand]


def match_statement(context: FunctionContext, node: MatchStmt, build_block: BuildBlock) -> None:
    subject = expression_or_none(context, node.subject)
    if not subject.is_constant:
        subject = Operand(subject.type, context.materialize(subject))
    ends: list[_Way] = []
    for pattern, guard, body in zip(node.patterns, node.guards, node.bodies, strict=True):
        fails: list[_Way] = []
        captures: _Captures = {}
        taken = _matches(context, pattern, subject, captures, fails)
        if taken:
            # Names are set before the guard is asked, and stay set if it says no.
            for name, operand in captures.items():
                context.assign(name, operand, pattern, convert)
        if taken and guard is not None:
            taken = _require(context, condition(context, guard), fails, guard)
        if not taken:
            context.merge(fails + context.here(), "case")
            continue
        build_block(context, body.body)
        ends += context.here()
        context.merge(fails, "case")
        if not fails:
            break
    context.merge(ends + context.here(), "after")


def _require(context: FunctionContext, decided: Operand, fails: list[_Way], node: Node) -> bool:
    """Go on where `decided` is true; False if it never is."""
    if decided.is_constant:
        return bool(decided.constant)
    go_on, otherwise = context.branch_on(decided, node)
    fails.append((otherwise, dict(context.variables)))
    context.builder.activate(go_on)
    return True


def _matches(
    context: FunctionContext, pattern: Pattern, subject: Operand, captures: _Captures, fails: list[_Way]
) -> bool:
    """Go on where `pattern` matches; False if it never does. `fails` gets the ways on which it does not."""
    if isinstance(subject.type, OptionalType) and isinstance(
        pattern, SingletonPattern | ClassPattern | SequencePattern
    ):
        return _optional_matches(context, pattern, subject, captures, fails)
    match pattern:
        case AsPattern(pattern=inner, name=name):
            if inner is not None and not _matches(context, inner, subject, captures, fails):
                return False
            if name is not None:
                captures[name.name] = subject
            return True
        case ValuePattern(expr=StrExpr()) if is_number(subject.type) or subject.type == NONE:
            return False
        case ValuePattern(expr=value):
            equal = comparison(context, "==", subject, expression(context, value), value)
            return _require(context, truth(context, equal, value), fails, pattern)
        case SingletonPattern(value=value):
            return _is_singleton(context, subject, value, fails, pattern)
        case OrPattern(patterns=alternatives):
            return _any_of(context, alternatives, subject, captures, fails)
        case ClassPattern():
            return _is_of_class(context, pattern, subject, captures, fails)
        case SequencePattern(patterns=items) if isinstance(as_type(subject.type), TupleType):
            whole = as_tuple(context, subject, "__len__", "__iter__", "__getitem__")
            if not isinstance(whole.type, TupleType):
                raise Unsupported("PF101", pattern, f"{type_name(subject.type)} says itself what its items are")
            return _items_match(context, items, whole, captures, fails)
        case SequencePattern() | MappingPattern() if is_number(subject.type) or subject.type == NONE:
            return False
        case MappingPattern() if isinstance(as_type(subject.type), TupleType):
            return False
        case _:
            raise Unsupported("PF101", pattern, f"this pattern is not compiled for {type_name(subject.type)}")


def _optional_matches(
    context: FunctionContext, pattern: Pattern, subject: Operand, captures: _Captures, fails: list[_Way]
) -> bool:
    """Of a `T | None`: a pattern that is about None, or about a T."""
    set_ = is_set(context, subject)
    if isinstance(pattern, SingletonPattern) and pattern.value is None:
        return _require(context, negation(context, set_, pattern), fails, pattern)
    if isinstance(pattern, ClassPattern) and is_instance(context, NONE, pattern.class_ref, pattern):
        raise Unsupported("PF101", pattern, "a pattern that matches None and values works on objects", "write `_`")
    return _require(context, set_, fails, pattern) and _matches(
        context, pattern, item_of(context, subject), captures, fails
    )


def _is_singleton(
    context: FunctionContext, subject: Operand, value: bool | None, fails: list[_Way], node: Node
) -> bool:
    if subject.type == OBJECT:
        if value is not None:
            raise Unsupported("PF101", node, "this pattern is not compiled for objects")
        return _require(context, context.apply("reference.is_none", [subject], node), fails, node)
    if value is None or subject.type != BOOL:
        return value is None and subject.type == NONE
    return _require(context, subject if value else negation(context, subject, node), fails, node)


def _any_of(
    context: FunctionContext, patterns: Sequence[Pattern], subject: Operand, captures: _Captures, fails: list[_Way]
) -> bool:
    """The first alternative that matches; all set the same names."""
    matched: list[_Way] = []
    types: dict[str, object] = {}
    for pattern in patterns:
        missed: list[_Way] = []
        own: _Captures = {}
        if not _matches(context, pattern, subject, own, missed):
            context.merge(missed + context.here(), "alternative")
            continue
        if any(types.setdefault(name, operand.type) != operand.type for name, operand in own.items()):
            raise Unsupported("PF105", pattern, "its alternatives give a name values of different types")
        values = {f"|{name}": context.materialize(operand) for name, operand in own.items()}
        matched += [(block, variables | values) for block, variables in context.here()]
        context.merge(missed, "alternative")
        if not missed:
            break
    if not matched:
        return False
    fails += context.here()
    context.merge(matched, "matched")
    for name in types:
        value = context.variables.pop(f"|{name}")
        captures[name] = Operand(value.type, value)
    return True


def _is_of_class(
    context: FunctionContext, pattern: ClassPattern, subject: Operand, captures: _Captures, fails: list[_Way]
) -> bool:
    if not is_instance(context, subject.type, pattern.class_ref, pattern):
        return False
    if not isinstance(subject.type, StructType):
        return _is_itself(context, pattern, subject, captures, fails)
    attributes = [*_positional_names(context, pattern, subject.type), *pattern.keyword_keys]
    if len(set(attributes)) < len(attributes):
        raise Unsupported("PF101", pattern, "this pattern raises TypeError")
    # Python reads all attributes before it looks at what they are.
    operands = [_attribute(context, subject, name, pattern) for name in attributes]
    inner = [*pattern.positionals, *pattern.keyword_values]
    return all(_matches(context, part, operand, captures, fails) for part, operand in zip(inner, operands, strict=True))


def _is_itself(
    context: FunctionContext, pattern: ClassPattern, subject: Operand, captures: _Captures, fails: list[_Way]
) -> bool:
    """`int(x)`: builtins match their instances themselves."""
    name = pattern.class_ref.fullname.rpartition(".")[2]
    if pattern.keyword_keys or len(pattern.positionals) > 1 or (pattern.positionals and name == "object"):
        raise Unsupported("PF101", pattern, f"this pattern of `{name}` is not compiled, or raises TypeError")
    return all(_matches(context, part, subject, captures, fails) for part in pattern.positionals)


def _positional_names(context: FunctionContext, pattern: ClassPattern, type_: StructType) -> tuple[str, ...]:
    """The attributes that positional parts are about, by `__match_args__`."""
    count, names = len(pattern.positionals), type_.field_names
    if count == 0:
        return ()
    if "__match_args__" in context.classes[type_.name].opaque:
        raise Unsupported("PF101", pattern, f"`{type_.name}` has its own __match_args__", "name the attributes")
    if count > len(names):
        raise Unsupported("PF101", pattern, "this pattern raises TypeError")
    context.bind(Binding(BindingKind.CONSTANT, type_.class_name, attribute="__match_args__", constant=names))
    return names[:count]


def _attribute(context: FunctionContext, subject: Operand, name: str, node: Node) -> Operand:
    assert isinstance(subject.type, StructType)
    found = field(context, subject, name, node) or class_variable(context, subject.type.name, name)
    if found is None:
        message = f"matching attribute `{name}` is not compiled: it is no field"
        raise Unsupported("PF101", node, message, "ask for it in a guard")
    return found


def _items_match(
    context: FunctionContext, patterns: Sequence[Pattern], subject: Operand, captures: _Captures, fails: list[_Way]
) -> bool:
    items = context.items(subject)
    starred = [index for index, part in enumerate(patterns) if isinstance(part, StarredPattern)]
    if starred:
        (index,) = starred
        part, rest = patterns[index], len(items) - len(patterns) + 1
        if isinstance(part, StarredPattern) and part.capture is not None:
            raise Unsupported("PF101", part, "a starred name in a pattern is a list: not compiled yet", "write `*_`")
        if rest < 0:
            return False
        patterns = [*patterns[:index], *patterns[index + 1 :]]
        items = items[:index] + items[index + rest :]
    if len(items) != len(patterns):
        return False
    return all(_matches(context, part, item, captures, fails) for part, item in zip(patterns, items, strict=True))


def captured_names(pattern: Pattern | None) -> Iterator[str]:
    """The names that a pattern sets."""
    match pattern:
        case AsPattern(pattern=inner, name=name):
            yield from captured_names(inner)
            yield from _name(name)
        case StarredPattern(capture=name):
            yield from _name(name)
        case OrPattern(patterns=parts) | SequencePattern(patterns=parts):
            for part in parts:
                yield from captured_names(part)
        case MappingPattern(values=parts, rest=name):
            for part in parts:
                yield from captured_names(part)
            yield from _name(name)
        case ClassPattern(positionals=first, keyword_values=second):
            for part in (*first, *second):
                yield from captured_names(part)
        case _:
            pass


def _name(name: NameExpr | None) -> Iterator[str]:
    if name is not None:
        yield name.name
