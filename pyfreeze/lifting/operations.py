"""What each instruction does: functions named like it, which take the lifter. Instructions of all supported versions.

The meaning of each is in the documentation of `dis`. Operands are popped before anything may fail, as in CPython, whose
exception table counts on it.
"""

from __future__ import annotations

import dis

from pyfreeze.ir.instructions import Edge, Value
from pyfreeze.ir.types import OBJECT
from pyfreeze.lifting.bytecode import VERSION, asks_truth, stored_variable
from pyfreeze.lifting.lifter import Lifter, Mark, NotLifted
from pyfreeze.primitives.objects import BINARY_OPERATORS, COMPARISONS

_FALSE_FIRST = VERSION >= (3, 13)


# Nothing to do


def nop(lifter: Lifter) -> None:
    pass


precall = resume = cache = copy_free_vars = make_cell = nop


# The stack


def pop_top(lifter: Lifter) -> None:
    value = lifter.pop()
    if value.type == OBJECT:
        lifter.apply("keep", value)


def push_null(lifter: Lifter) -> None:
    lifter.push(Mark.NULL)


def copy(lifter: Lifter) -> None:
    lifter.push(lifter.stack[-lifter.step.argument])


def swap(lifter: Lifter) -> None:
    stack, other = lifter.stack, -lifter.step.argument
    stack[-1], stack[other] = stack[other], stack[-1]


# Constants and variables


def load_const(lifter: Lifter) -> None:
    lifter.push(lifter.constant(lifter.step.argument))


def load_fast(lifter: Lifter) -> None:
    lifter.push(lifter.load(lifter.step.argument, lifter.step.offset in lifter.unset))


load_fast_check = load_closure = load_fast


def load_fast_load_fast(lifter: Lifter) -> None:
    lifter.push(lifter.load(lifter.step.argument >> 4), lifter.load(lifter.step.argument & 15))


def load_fast_and_clear(lifter: Lifter) -> None:
    lifter.push(lifter.load(lifter.step.argument))
    lifter.store(lifter.step.argument, lifter.null())


def store_fast(lifter: Lifter) -> None:
    lifter.store(lifter.step.argument, lifter.pop())


def store_fast_load_fast(lifter: Lifter) -> None:
    lifter.store(lifter.step.argument >> 4, lifter.pop())
    lifter.push(lifter.load(lifter.step.argument & 15))


def store_fast_store_fast(lifter: Lifter) -> None:
    lifter.store(lifter.step.argument >> 4, lifter.pop())
    lifter.store(lifter.step.argument & 15, lifter.pop())


def store_fast_maybe_null(lifter: Lifter) -> None:
    store_fast(lifter)


def delete_fast(lifter: Lifter) -> None:
    lifter.apply("keep", lifter.load(lifter.step.argument, checked=True))
    lifter.store(lifter.step.argument, lifter.null())


def load_global(lifter: Lifter) -> None:
    argument = lifter.step.argument
    with_null = bool(argument & 1)
    if with_null and not _FALSE_FIRST:
        lifter.push(Mark.NULL)
    lifter.push(lifter.apply("load_global", lifter.name(argument >> 1)))
    if with_null and _FALSE_FIRST:
        lifter.push(Mark.NULL)


def store_global(lifter: Lifter) -> None:
    value = lifter.pop()
    lifter.apply("store_global", lifter.name(lifter.step.argument), value)


def delete_global(lifter: Lifter) -> None:
    lifter.apply("delete_global", lifter.name(lifter.step.argument))


def load_deref(lifter: Lifter) -> None:
    lifter.push(lifter.apply(f"load_deref[{lifter.step.argument}]"))


def store_deref(lifter: Lifter) -> None:
    lifter.apply(f"store_deref[{lifter.step.argument}]", lifter.pop())


def delete_deref(lifter: Lifter) -> None:
    lifter.apply(f"delete_deref[{lifter.step.argument}]")


# Operators

_SYMBOLS = [symbol for _, symbol in dis._nb_ops]  # type: ignore[attr-defined]


def binary_op(lifter: Lifter) -> None:
    left, right = lifter.pop_many(2)
    symbol = _SYMBOLS[lifter.step.argument]
    plain = symbol.removesuffix("=")
    name = "pow" if plain == "**" else BINARY_OPERATORS[plain]
    name = name if symbol == plain else f"i{name}"
    variable = stored_variable(lifter.following())
    if plain in ("+", "-", "*") and variable is not None:
        name = f"{name}_into_local[{variable}]"
    lifter.push(lifter.apply(name, left, right))


def compare_op(lifter: Lifter) -> None:
    left, right = lifter.pop_many(2)
    argument = lifter.step.argument
    if VERSION >= (3, 13):
        number, as_bool = argument >> 5, bool(argument & 16)
    else:
        number, as_bool = argument >> (4 if VERSION >= (3, 12) else 0), False
    name, following = list(COMPARISONS.values())[number], lifter.following()
    if as_bool:
        lifter.push(lifter.apply(f"test_{name}[0]", left, right))
    elif following is not None and asks_truth(following):
        lifter.push(lifter.apply(f"test_{name}[{following.offset - lifter.step.offset}]", left, right))
    else:
        lifter.push(lifter.apply(name, left, right))


def is_op(lifter: Lifter) -> None:
    left, right = lifter.pop_many(2)
    _push_flag(lifter, lifter.apply("is", left, right), bool(lifter.step.argument))


def contains_op(lifter: Lifter) -> None:
    item, container = lifter.pop_many(2)
    _push_flag(lifter, lifter.apply("contains", container, item), bool(lifter.step.argument))


def _push_flag(lifter: Lifter, flag: Value, inverted: bool) -> None:
    lifter.push(_not(lifter, flag) if inverted else flag)


def _not(lifter: Lifter, flag: Value) -> Value:
    return lifter.apply("not", flag)


def unary_not(lifter: Lifter) -> None:
    lifter.push(_not(lifter, lifter.truth(lifter.pop())))


def to_bool(lifter: Lifter) -> None:
    lifter.push(lifter.truth(lifter.pop()))


def unary_negative(lifter: Lifter) -> None:
    lifter.push(lifter.apply("neg", lifter.pop()))


def unary_positive(lifter: Lifter) -> None:
    lifter.push(lifter.apply("pos", lifter.pop()))


def unary_invert(lifter: Lifter) -> None:
    lifter.push(lifter.apply("invert", lifter.pop()))


# Attributes and items


def load_attr(lifter: Lifter) -> None:
    index, is_method = lifter.step.argument, False
    if VERSION >= (3, 12):
        index, is_method = index >> 1, bool(index & 1)
    if is_method:
        _load_method(lifter, index)
    else:
        lifter.push(lifter.apply("getattr", lifter.pop(), lifter.name(index)))


def load_method(lifter: Lifter) -> None:
    _load_method(lifter, lifter.step.argument)


def _load_method(lifter: Lifter, index: int) -> None:
    lifter.push(lifter.apply("load_method", lifter.pop(), lifter.name(index)), Mark.REST)


def load_super_attr(lifter: Lifter) -> None:
    """`super(class, self).name`. A call without arguments finds both in the frame."""
    callee, class_, receiver = lifter.pop_many(3)
    argument = lifter.step.argument
    given = [class_, receiver] if argument & 2 else []
    made = lifter.apply(f"call[{len(given)}]", callee, *given)
    if argument & 1:
        lifter.push(lifter.apply("load_method", made, lifter.name(argument >> 2)), Mark.REST)
    else:
        lifter.push(lifter.apply("getattr", made, lifter.name(argument >> 2)))


def store_attr(lifter: Lifter) -> None:
    value, owner = lifter.pop_many(2)
    lifter.apply("setattr", owner, lifter.name(lifter.step.argument), value)


def delete_attr(lifter: Lifter) -> None:
    lifter.apply("delattr", lifter.pop(), lifter.name(lifter.step.argument))


def binary_subscr(lifter: Lifter) -> None:
    container, key = lifter.pop_many(2)
    lifter.push(lifter.apply("getitem", container, key))


def store_subscr(lifter: Lifter) -> None:
    value, container, key = lifter.pop_many(3)
    lifter.apply("setitem", container, key, value)


def delete_subscr(lifter: Lifter) -> None:
    container, key = lifter.pop_many(2)
    lifter.apply("delitem", container, key)


def binary_slice(lifter: Lifter) -> None:
    lifter.push(lifter.apply("getslice", *lifter.pop_many(3)))


def store_slice(lifter: Lifter) -> None:
    value, container, start, stop = lifter.pop_many(4)
    made = lifter.apply("slice", start, stop, lifter.null())
    lifter.apply("setitem", container, made, value)


def build_slice(lifter: Lifter) -> None:
    if lifter.step.argument == 2 and lifter.go_on_at("BINARY_SUBSCR"):
        binary_slice(lifter)
        return
    parts = lifter.pop_many(lifter.step.argument)
    step = parts[2] if len(parts) == 3 else lifter.null()
    lifter.push(lifter.apply("slice", parts[0], parts[1], step))


# Containers


def _build(lifter: Lifter, name: str, count: int) -> None:
    lifter.push(lifter.apply(f"{name}[{count}]", *lifter.pop_many(count)))


def build_tuple(lifter: Lifter) -> None:
    following = lifter.following()
    if following is not None and following.argument == lifter.step.argument and lifter.go_on_at("UNPACK_SEQUENCE"):
        lifter.push(*reversed(lifter.pop_many(following.argument)))
        return
    _build(lifter, "build_tuple", lifter.step.argument)


def build_list(lifter: Lifter) -> None:
    _build(lifter, "build_list", lifter.step.argument)


def build_set(lifter: Lifter) -> None:
    _build(lifter, "build_set", lifter.step.argument)


def build_map(lifter: Lifter) -> None:
    _build(lifter, "build_map", 2 * lifter.step.argument)


def build_string(lifter: Lifter) -> None:
    _build(lifter, "build_string", lifter.step.argument)


def build_const_key_map(lifter: Lifter) -> None:
    keys = lifter.pop()
    values = lifter.pop_many(lifter.step.argument)
    lifter.push(lifter.apply(f"build_const_key_map[{len(values)}]", keys, *values))


def _under(lifter: Lifter) -> Value:
    """The container that a comprehension or a display fills, at the instruction's depth after its operands were popped."""
    entry = lifter.stack[-lifter.step.argument]
    assert isinstance(entry, Value)
    return entry


def list_append(lifter: Lifter) -> None:
    value = lifter.pop()
    lifter.apply("list_append", _under(lifter), value)


def set_add(lifter: Lifter) -> None:
    value = lifter.pop()
    lifter.apply("set_add", _under(lifter), value)


def map_add(lifter: Lifter) -> None:
    key, value = lifter.pop_many(2)
    lifter.apply("map_add", _under(lifter), key, value)


def list_extend(lifter: Lifter) -> None:
    value = lifter.pop()
    lifter.apply("list_extend", _under(lifter), value)


def set_update(lifter: Lifter) -> None:
    value = lifter.pop()
    lifter.apply("set_update", _under(lifter), value)


def dict_update(lifter: Lifter) -> None:
    value = lifter.pop()
    lifter.apply("dict_update", _under(lifter), value)


def dict_merge(lifter: Lifter) -> None:
    """The callable, for messages, is below the dict: under a tuple of arguments."""
    value = lifter.pop()
    below = lifter.stack[-(lifter.step.argument + (3 if _FALSE_FIRST else 2))]
    assert isinstance(below, Value)
    lifter.apply("dict_merge", below, _under(lifter), value)


def list_to_tuple(lifter: Lifter) -> None:
    lifter.push(lifter.apply("list_to_tuple", lifter.pop()))


def unpack_sequence(lifter: Lifter) -> None:
    whole = lifter.apply(f"unpack[{lifter.step.argument}]", lifter.pop())
    lifter.push(*reversed(lifter.items(whole)))


def unpack_ex(lifter: Lifter) -> None:
    before, after = lifter.step.argument & 0xFF, lifter.step.argument >> 8
    whole = lifter.apply(f"unpack_ex[{before},{after}]", lifter.pop())
    lifter.push(*reversed(lifter.items(whole)))


# Text


def format_value(lifter: Lifter) -> None:
    argument = lifter.step.argument
    spec = lifter.pop() if argument & 4 else lifter.null()
    lifter.push(lifter.apply(f"format[{argument & 3}]", lifter.pop(), spec))


def convert_value(lifter: Lifter) -> None:
    value = lifter.pop()
    lifter.push(lifter.apply(f"convert[{lifter.step.argument}]", value))


def format_simple(lifter: Lifter) -> None:
    lifter.push(lifter.apply("format[0]", lifter.pop(), lifter.null()))


def format_with_spec(lifter: Lifter) -> None:
    value, spec = lifter.pop_many(2)
    lifter.push(lifter.apply("format[0]", value, spec))


# Control flow


def return_value(lifter: Lifter) -> None:
    lifter.ret(lifter.boxed(lifter.pop()))


def return_const(lifter: Lifter) -> None:
    lifter.ret(lifter.constant(lifter.step.argument))


def jump_forward(lifter: Lifter) -> None:
    lifter.go_to(lifter.step.target)


def jump_backward(lifter: Lifter) -> None:
    lifter.poll()
    lifter.go_to(lifter.step.target)


def jump_backward_no_interrupt(lifter: Lifter) -> None:
    lifter.go_to(lifter.step.target)


def _jump_if(lifter: Lifter, condition: Value, wanted: bool) -> None:
    jump, go_on = lifter.edge_to(lifter.step.target), lifter.edge_to(lifter.next_offset())
    lifter.branch(condition, *((jump, go_on) if wanted else (go_on, jump)))


def _poll_backwards(lifter: Lifter) -> None:
    if lifter.step.target <= lifter.step.offset:
        lifter.poll()


def pop_jump_if_true(lifter: Lifter) -> None:
    condition = lifter.truth(lifter.pop())
    _poll_backwards(lifter)
    _jump_if(lifter, condition, True)


def pop_jump_if_false(lifter: Lifter) -> None:
    condition = lifter.truth(lifter.pop())
    _poll_backwards(lifter)
    _jump_if(lifter, condition, False)


def pop_jump_if_none(lifter: Lifter) -> None:
    condition = lifter.apply("is_none", lifter.boxed(lifter.pop()))
    _poll_backwards(lifter)
    _jump_if(lifter, condition, True)


def pop_jump_if_not_none(lifter: Lifter) -> None:
    condition = lifter.apply("is_none", lifter.boxed(lifter.pop()))
    _poll_backwards(lifter)
    _jump_if(lifter, condition, False)


pop_jump_forward_if_true = pop_jump_backward_if_true = pop_jump_if_true
pop_jump_forward_if_false = pop_jump_backward_if_false = pop_jump_if_false
pop_jump_forward_if_none = pop_jump_backward_if_none = pop_jump_if_none
pop_jump_forward_if_not_none = pop_jump_backward_if_not_none = pop_jump_if_not_none


def _jump_or_pop(lifter: Lifter, wanted: bool) -> None:
    value = lifter.boxed(lifter.pop())
    condition = lifter.truth(value)
    lifter.push(value)
    jump = lifter.edge_to(lifter.step.target)
    lifter.pop()
    go_on = lifter.edge_to(lifter.next_offset())
    lifter.branch(condition, *((jump, go_on) if wanted else (go_on, jump)))


def jump_if_true_or_pop(lifter: Lifter) -> None:
    _jump_or_pop(lifter, True)


def jump_if_false_or_pop(lifter: Lifter) -> None:
    _jump_or_pop(lifter, False)


def get_iter(lifter: Lifter) -> None:
    lifter.push(lifter.apply("iter", lifter.pop()))


_SKIPPED_AT_END = {(3, 11): 0, (3, 12): 1, (3, 13): 2}
"""How many instructions at the target of FOR_ITER are skipped: they would remove what it has not pushed."""


def for_iter(lifter: Lifter) -> None:
    """At its end the iterator goes from the stack."""
    iterator = lifter.stack[-1]
    assert isinstance(iterator, Value)
    following = lifter.apply("next", iterator)
    ended = lifter.apply("is_null", following)
    lifter.push(following)
    go_on = lifter.edge_to(lifter.next_offset())
    del lifter.stack[-2:]
    number = lifter.number_of[lifter.step.target] + _SKIPPED_AT_END[VERSION]
    lifter.branch(ended, lifter.edge_to(lifter.steps[number].start), go_on)


def end_for(lifter: Lifter) -> None:
    raise NotLifted("END_FOR is reached", lifter.step.position.line)


def get_len(lifter: Lifter) -> None:
    subject = lifter.stack[-1]
    assert isinstance(subject, Value)
    lifter.push(lifter.apply("length", subject))


# Calls


def kw_names(lifter: Lifter) -> None:
    lifter.keyword_names = lifter.step.argument


def call(lifter: Lifter) -> None:
    names = None
    if lifter.keyword_names is not None:
        names = lifter.constant(lifter.keyword_names)
        lifter.keyword_names = None
    _call(lifter, lifter.pop_many(lifter.step.argument), names)


def call_kw(lifter: Lifter) -> None:
    names = lifter.pop()
    _call(lifter, lifter.pop_many(lifter.step.argument), names)


def _call(lifter: Lifter, arguments: list[Value], names: Value | None) -> None:
    second, first = lifter.stack.pop(), lifter.stack.pop()
    suffix, before = ("", []) if names is None else ("_keywords", [names])
    if second is Mark.REST:
        assert isinstance(first, Value)
        made = lifter.apply(f"call_method{suffix}[{len(arguments)}]", first, *before, *arguments)
    else:
        callee, *more = [entry for entry in (first, second) if isinstance(entry, Value)]
        given = [*more, *arguments]
        made = lifter.apply(f"call{suffix}[{len(given)}]", callee, *before, *given)
    lifter.push(made)


def call_function_ex(lifter: Lifter) -> None:
    keywords = lifter.pop() if lifter.step.argument & 1 else lifter.null()
    arguments = lifter.pop()
    entries = [lifter.stack.pop(), lifter.stack.pop()]
    (callee,) = (entry for entry in entries if isinstance(entry, Value))
    lifter.push(lifter.apply("call_ex", callee, arguments, keywords))


def make_function(lifter: Lifter) -> None:
    code = lifter.pop()
    flags = lifter.step.argument if VERSION < (3, 13) else 0
    set_flags = [flag for flag in (8, 4, 2, 1) if flags & flag]
    values = [lifter.pop() for _ in set_flags]
    function = lifter.apply("make_function", code)
    for flag, value in zip(set_flags, values, strict=True):
        lifter.apply(f"function_attribute[{flag}]", function, value)
    lifter.push(function)


def set_function_attribute(lifter: Lifter) -> None:
    value, function = lifter.pop_many(2)
    lifter.apply(f"function_attribute[{lifter.step.argument}]", function, value)
    lifter.push(function)


def load_build_class(lifter: Lifter) -> None:
    lifter.push(lifter.apply("build_class"))


_STOP_ITERATION, _PREPARE_RERAISE = 3, 1


def call_intrinsic_1(lifter: Lifter) -> None:
    number = lifter.step.argument
    if number in (2, 3, 4):  # import *, and what only generators do
        raise NotLifted(f"{lifter.step.value} is not compiled", lifter.step.position.line)
    lifter.push(lifter.apply(f"intrinsic[{number}]", lifter.pop()))


def call_intrinsic_2(lifter: Lifter) -> None:
    if lifter.step.argument != _PREPARE_RERAISE:
        raise NotLifted(f"{lifter.step.value} is not compiled", lifter.step.position.line)
    prep_reraise_star(lifter)


# Exceptions


def push_exc_info(lifter: Lifter) -> None:
    exception = lifter.pop()
    lifter.push(lifter.apply("push_exception", exception), exception)


def pop_except(lifter: Lifter) -> None:
    lifter.apply("pop_exception", lifter.pop())


def check_exc_match(lifter: Lifter) -> None:
    class_, exception = lifter.pop(), lifter.stack[-1]
    assert isinstance(exception, Value)
    lifter.push(lifter.apply("exception_matches", exception, class_))


def check_eg_match(lifter: Lifter) -> None:
    group, class_ = lifter.pop_many(2)
    lifter.push(*lifter.items(lifter.apply("group_matches", group, class_)))


def prep_reraise_star(lifter: Lifter) -> None:
    original, caught = lifter.pop_many(2)
    lifter.push(lifter.apply("prepare_reraise", original, caught))


def reraise(lifter: Lifter) -> None:
    exception = lifter.pop()
    if lifter.step.argument:
        place = lifter.stack[-lifter.step.argument]
        assert isinstance(place, Value)
        lifter.apply("reraise_at", exception, place, traced=False)
    else:
        lifter.apply("reraise", exception, traced=False)


def raise_varargs(lifter: Lifter) -> None:
    given = lifter.pop_many(lifter.step.argument)
    if not given:
        _raise_again(lifter)
        return
    cause = given[1] if len(given) > 1 else lifter.null()
    lifter.apply("raise", given[0], cause)


def _raise_again(lifter: Lifter) -> None:
    """What is being handled, without a new entry in the traceback; if nothing is, an error of its own."""
    handled = lifter.apply("raise_again")
    again, new = lifter.builder.new_block("again"), lifter.builder.new_block("new")
    lifter.branch(handled, Edge(again), Edge(new))
    for block, traced in ((again, False), (new, True)):
        lifter.builder.activate(block)
        lifter.apply("failed", traced=traced)


def load_assertion_error(lifter: Lifter) -> None:
    lifter.push(lifter.apply("assertion_error"))


def before_with(lifter: Lifter) -> None:
    lifter.push(*lifter.items(lifter.apply("before_with", lifter.pop())))


def with_except_start(lifter: Lifter) -> None:
    """The stack: __exit__, place, the exception handled before, the exception."""
    exception, exit_ = lifter.stack[-1], lifter.stack[-4]
    assert isinstance(exception, Value) and isinstance(exit_, Value)
    lifter.push(lifter.apply("with_except", exit_, exception))


# Modules


def import_name(lifter: Lifter) -> None:
    level, from_list = lifter.pop_many(2)
    lifter.push(lifter.apply("import_name", lifter.name(lifter.step.argument), from_list, level))


def import_from(lifter: Lifter) -> None:
    module = lifter.stack[-1]
    assert isinstance(module, Value)
    lifter.push(lifter.apply("import_from", module, lifter.name(lifter.step.argument)))


# Patterns

_MAPPING, _SEQUENCE = 1 << 6, 1 << 5


def _match_type(lifter: Lifter, flag: int) -> None:
    subject = lifter.stack[-1]
    assert isinstance(subject, Value)
    lifter.push(lifter.apply(f"match_type[{flag}]", subject))


def match_mapping(lifter: Lifter) -> None:
    _match_type(lifter, _MAPPING)


def match_sequence(lifter: Lifter) -> None:
    _match_type(lifter, _SEQUENCE)


def match_keys(lifter: Lifter) -> None:
    subject, keys = lifter.stack[-2:]
    assert isinstance(subject, Value) and isinstance(keys, Value)
    lifter.push(lifter.apply("match_keys", subject, keys))


def match_class(lifter: Lifter) -> None:
    subject, type_, names = lifter.pop_many(3)
    lifter.push(lifter.apply(f"match_class[{lifter.step.argument}]", subject, type_, names))
