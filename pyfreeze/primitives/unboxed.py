"""Between objects and unboxed values in framed functions: rows `unboxed.…`.

`as_…`, `…_of` and the like are guards: they leave, to where the handler says, for whatever is not the exact built-in type
that they are for, and they run no other code. `item_at`, `truth_at` and `set_item_at` are general operations, as those of `objects`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyfreeze.ir.primitive import CFunction, Effects, Ends, Lowering, Primitive
from pyfreeze.ir.types import BOOL, FLOAT64, INT64, NONE, OBJECT, STATUS, TupleType, Type
from pyfreeze.primitives.objects import ANYTHING, unknown

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
    yield _guard("set_byte_at", (OBJECT, INT64, INT64), NONE, Effects(deopts=True, reads=True, writes=True))
    yield _guard("range_state", (OBJECT,), RANGE_STATE)
    yield _guard("expect", (BOOL,), NONE)
    yield _guard("is_error", (STATUS,), NONE)
    failed = CFunction("pf_native_failed", Ends.NOTHING, ("frame",))
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
    setattr_float = CFunction("setattr_float", Ends.STATUS)  # object, name, value
    yield _called("setattr_float", (OBJECT, OBJECT, FLOAT64), setattr_float, NONE, ANYTHING)
    yield _called("set_item_at", (OBJECT, INT64, OBJECT), CFunction("set_item_at", Ends.STATUS), NONE, ANYTHING)


ROWS: dict[str, Primitive] = {row.name: row for row in _rows()}


_ENTERING = "unboxed.worth_entering["


def unboxed_row(name: str) -> Primitive:
    """The row `unboxed.…` of that name. Raises KeyError."""
    if name not in ROWS and name.startswith("unboxed.truth_at["):
        # Of an item. In brackets: how many bytes on the instruction is that asks for it.
        further = int(name.partition("[")[2].removesuffix("]"))
        c = CFunction("truth_at", Ends.FLAG, ("0", "1", "frame", f"i32:{further}"))
        ROWS[name] = _called(name.removeprefix("unboxed."), (OBJECT, INT64), c, BOOL, ANYTHING)
    if name not in ROWS and name.startswith(_ENTERING):  # in brackets: the number of the place, in its function
        place = int(name.removeprefix(_ENTERING).removesuffix("]"))
        c = CFunction("worth_entering", Ends.CERTAIN_FLAG, (f"i32:{place}",))
        ROWS[name] = _called(name.removeprefix("unboxed."), (), c, BOOL, _NOTES)
    if name not in ROWS and name.startswith("unboxed.expect_native["):
        # Of a callable. In brackets: the native function of the module that it has to be.
        ROWS[name] = _guard(name.removeprefix("unboxed."), (OBJECT,), NONE)
    return ROWS[name]
