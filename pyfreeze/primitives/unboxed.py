"""Between objects and unboxed values in framed functions: rows `unboxed.…`.

`as_…`, `…_of` and the like are guards: they leave, to where the handler says, for whatever is not the exact built-in type
that they are for, and they run no other code. `item_at`, `truth_at` and `set_item_at` are general operations, as those of `objects`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

from pyfreeze.ir.primitive import CFunction, Effects, Ends, Lowering, Primitive, Scalar
from pyfreeze.ir.types import BOOL, FLOAT64, INT64, NONE, OBJECT, STATUS, TupleType, Type
from pyfreeze.primitives.definition import pair_of
from pyfreeze.primitives.objects import ANYTHING, PAIR, unknown

RANGE_STATE = TupleType((INT64, INT64, INT64))
"""The next number, the step, and how many numbers are left."""

_GUARD = Effects(deopts=True, reads=True)
_MAKES = Effects(raises=("MemoryError",))
_NOTES = Effects(reads=True, writes=True)


def _guard(name: str, operands: tuple[Type, ...], result: Type, effects: Effects = _GUARD) -> Primitive:
    return Primitive(f"unboxed.{name}", operands, result, unknown, Lowering(object=name), effects=effects)


def _called(name: str, operands: tuple[Type, ...], c: CFunction, result: Type, effects: Effects) -> Primitive:
    return Primitive(f"unboxed.{name}", operands, result, unknown, Lowering(c=c, sets_error=True), effects=effects)


def _rows() -> Iterator[Primitive]:
    yield _guard("as_int64", (OBJECT,), INT64)
    yield _guard("as_float64", (OBJECT,), FLOAT64)
    yield _guard("as_bool", (OBJECT,), BOOL)  # of True and False
    yield _guard("length_of", (OBJECT, OBJECT), INT64)  # the builtin, its argument
    yield _guard("ord_of", (OBJECT, OBJECT), INT64)
    yield _guard("expect_builtin", (OBJECT, INT64), NONE)  # of that number: `KNOWN_BUILTINS`
    for type_, machine in ((INT64, "i64"), (FLOAT64, "double")):
        body = f"%r = select i1 %a, {machine} %b, {machine} %c\nret {machine} %r"
        choice = Lowering(body)
        yield Primitive(f"unboxed.choose_{type_}", (BOOL, type_, type_), type_, lambda a, b, c: b if a else c, choice)
    yield _guard("byte_at", (OBJECT, INT64), INT64)
    yield _guard("int_at", (OBJECT, INT64), INT64)  # of a list or a tuple
    yield _guard("float_at", (OBJECT, INT64), FLOAT64)
    yield from _attributes()
    changes = Effects(deopts=True, reads=True, writes=True)
    yield from _roundings()
    yield _guard("set_byte_at", (OBJECT, INT64, INT64), NONE, changes)
    yield _guard("range_state", (OBJECT,), RANGE_STATE)
    yield _guard("expect", (BOOL,), NONE)
    yield _guard("is_error", (STATUS,), NONE)
    failed = CFunction("pf_native_failed", Ends.NOTHING)
    yield _called("native_failed", (), failed, NONE, Effects(reads=True, writes=True, runs_python=True))
    yield _guard("expect_unset", (OBJECT,), NONE)
    yield _guard("nobody_waits", (), NONE)  # no signal, no other thread
    yield _called("left", (), CFunction("left", Ends.NOTHING), NONE, _NOTES)  # a guard has failed
    yield _called("finished", (), CFunction("finished", Ends.NOTHING), NONE, _NOTES)  # the copy has come to the end
    telling = CFunction("tell", Ends.NOTHING)
    yield _called("tell", (), telling, NONE, Effects(reads=True, writes=True, runs_python=True))  # the frame
    yield _called("from_int64", (INT64,), CFunction("pf_box_i64", Ends.OBJECT), OBJECT, _MAKES)
    yield _called("from_float64", (FLOAT64,), CFunction("pf_box_f64", Ends.OBJECT), OBJECT, _MAKES)
    yield _guard("expect_range", (OBJECT,), NONE)  # the type
    yield _guard("range_length", (INT64, INT64, INT64), INT64)  # start, stop, step
    # Next number, step, and how many are left.
    range_iterator = CFunction("pf_range_iterator", Ends.OBJECT)
    yield _called("range_iterator", (INT64, INT64, INT64), range_iterator, OBJECT, _MAKES)
    yield _called("item_at", (OBJECT, INT64), CFunction("item_at", Ends.OBJECT), OBJECT, ANYTHING)
    yield _called("set_item_at", (OBJECT, INT64, OBJECT), CFunction("set_item_at", Ends.STATUS), NONE, ANYTHING)


def _attributes() -> Iterator[Primitive]:
    """Of an object and a name. `attribute_…` and `try_to_set_float` are guards: they leave where other code would be run.

    `get_…` and `set_float` are general operations. What is got is the number and 0, or anything and the reference to an object
    that is none (`owned_object`).
    """
    for type_, name in ((INT64, "int"), (FLOAT64, "float")):
        yield _guard(f"attribute_{name}", (OBJECT, OBJECT), type_)
        got = CFunction(f"get_{name}", Ends.OBJECT)
        yield _called(f"get_{name}", (OBJECT, OBJECT), got, TupleType((type_, INT64)), ANYTHING)
    changes = Effects(deopts=True, reads=True, writes=True)
    yield _guard("try_to_set_float", (OBJECT, OBJECT, FLOAT64), NONE, changes)
    yield _called("set_float", (OBJECT, OBJECT, FLOAT64), CFunction("set_float", Ends.STATUS), NONE, ANYTHING)
    yield _guard("expect_no_object", (INT64,), NONE)
    yield _called("owned_object", (INT64,), CFunction("owned_object", Ends.NEW), OBJECT, Effects(reads=True))


def _roundings() -> Iterator[Primitive]:
    """Of a float whose result fits 64 bits."""
    functions: dict[str, Callable[..., Scalar]] = {
        "floor": math.floor,
        "ceil": math.ceil,
        "trunc": math.trunc,
        "round": round,
    }
    for name, function in functions.items():
        intrinsic = f"@llvm.{'rint' if name == 'round' else name}.f64"
        body = f"""%t = call double {intrinsic}(double %a)
%lo = fcmp oge double %t, -9223372036854775808.0
%hi = fcmp olt double %t, 9223372036854775808.0
%ok = and i1 %lo, %hi
%bad = xor i1 %ok, true
%safe = select i1 %ok, double %t, double 0.0
%r = fptosi double %safe to i64
{pair_of("i64")}"""
        lowering = Lowering(body, declarations=(f"declare double {intrinsic}(double)",))
        yield Primitive(f"unboxed.{name}", (FLOAT64,), INT64, function, lowering, effects=Effects(deopts=True))


def _known(name: str) -> Primitive:
    """`global_is[name=what]`, `member_is[what]`: guards of what is looked up, given its name. `known…[…]`: that, as an object.

    `what` is "math.sqrt" or the like. A `known_method` is the pair that `load_method` gives.
    """
    word = name.partition("[")[0].removeprefix("unboxed.")
    if word in ("global_is", "member_is"):
        return _guard(name.removeprefix("unboxed."), (OBJECT,), NONE)
    results: dict[str, Type] = {"known_global": OBJECT, "known_member": OBJECT, "known_method": PAIR}
    return _called(name.removeprefix("unboxed."), (), CFunction(word, Ends.NEW), results[word], Effects(reads=True))


ROWS: dict[str, Primitive] = {row.name: row for row in _rows()}


_ENTERING = "unboxed.worth_entering["


def unboxed_row(name: str) -> Primitive:
    """The row `unboxed.…` of that name. Raises KeyError."""
    if name not in ROWS and name.startswith("unboxed.truth_at["):
        # Of an item. In brackets: how many bytes on the instruction is that asks for it.
        further = int(name.partition("[")[2].removesuffix("]"))
        c = CFunction("truth_at", Ends.FLAG, ("0", "1", "frame", f"i32:{further}"))
        ROWS[name] = _called(name.removeprefix("unboxed."), (OBJECT, INT64), c, BOOL, ANYTHING)
    if name not in ROWS and re.fullmatch(r"unboxed\.(global_is|member_is|known_\w+)\[.+\]", name):
        ROWS[name] = _known(name)
    if name not in ROWS and name.startswith(_ENTERING):  # in brackets: the number of the place, in its function
        place = int(name.removeprefix(_ENTERING).removesuffix("]"))
        c = CFunction("worth_entering", Ends.CERTAIN_FLAG, (f"i32:{place}",))
        ROWS[name] = _called(name.removeprefix("unboxed."), (), c, BOOL, _NOTES)
    if name not in ROWS and name.startswith("unboxed.expect_native["):
        # Of a callable. In brackets: the native function of the module that it has to be.
        ROWS[name] = _guard(name.removeprefix("unboxed."), (OBJECT,), NONE)
    return ROWS[name]
