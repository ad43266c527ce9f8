"""Operations on any Python objects, each by the C function that does it: rows of framed functions.

A name may end in `[n]`, a number of operands, or `[n,m]`. Nothing is known of what such an operation does: it may run any
code. Names and their order of operands follow CPython's instructions (`dis`), whose meaning they have.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import NoReturn

from pyfreeze.ir.primitive import CFunction, Effects, Ends, Lowering, Primitive, Scalar
from pyfreeze.ir.types import BOOL, INT64, NONE, OBJECT, TupleType, Type

ANYTHING = Effects(raises=("BaseException",), runs_python=True, reads=True, writes=True)
READS = Effects(reads=True)
CHANGES = Effects(reads=True, writes=True, runs_python=True)  # releases objects, whose destructors may do anything

PAIR = TupleType((OBJECT, OBJECT))
"""A callable and what comes before its arguments, or NULL; or two results."""

_RESULTS: dict[Ends, Type] = {
    Ends.OBJECT: OBJECT,
    Ends.MAYBE: OBJECT,
    Ends.NEW: OBJECT,
    Ends.BORROWED: OBJECT,
    Ends.STATUS: NONE,
    Ends.FLAG: BOOL,
    Ends.CERTAIN_FLAG: BOOL,
    Ends.NOTHING: NONE,
    Ends.RAISED: NONE,
    Ends.TWO: PAIR,
    Ends.ITEMS: PAIR,
}
_CERTAIN = (Ends.NEW, Ends.BORROWED, Ends.CERTAIN_FLAG, Ends.NOTHING)

BINARY_OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "@": "matmul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "<<": "lshift",
    ">>": "rshift",
    "&": "and",
    "|": "or",
    "^": "xor",
}
"""By Python's symbol: the name in `operator`, sometimes with `_`."""

COMPARISONS = {"<": "lt", "<=": "le", "==": "eq", "!=": "ne", ">": "gt", ">=": "ge"}
"""In the order of `Py_LT` …"""


def unknown(*operands: Scalar) -> NoReturn:
    raise NotImplementedError("what framed functions do is not evaluated")


def _row(
    name: str,
    operands: tuple[Type, ...],
    c: CFunction,
    evaluate: Callable[..., Scalar] = unknown,
    effects: Effects | None = None,
    result: Type | None = None,
) -> Primitive:
    if effects is None:
        effects = CHANGES if c.ends in _CERTAIN else ANYTHING
    lowering = Lowering(c=c, sets_error=True)
    return Primitive(f"object.{name}", operands, result or _RESULTS[c.ends], evaluate, lowering, None, effects)


def _simple(name: str, count: int, c_name: str, ends: Ends = Ends.OBJECT, arguments: str = "") -> Primitive:
    return _row(name, (OBJECT,) * count, CFunction(c_name, ends, tuple(arguments.split())))


def _operators() -> list[Primitive]:
    rows = []
    for name in BINARY_OPERATORS.values():
        for prefix, general in (("", "PyNumber_MatrixMultiply"), ("i", "PyNumber_InPlaceMatrixMultiply")):
            python = getattr(operator, prefix + name, None) or getattr(operator, f"{name}_")
            c_name = general if name == "matmul" else f"pf_{prefix}{name}"
            rows.append(_row(prefix + name, (OBJECT, OBJECT), CFunction(c_name, Ends.OBJECT), python))
    for name in COMPARISONS.values():
        rows.append(_row(name, (OBJECT, OBJECT), CFunction(f"pf_{name}", Ends.OBJECT), getattr(operator, name)))
    for name, c_name in (("neg", "pf_neg"), ("pos", "PyNumber_Positive"), ("invert", "PyNumber_Invert")):
        rows.append(_row(name, (OBJECT,), CFunction(c_name, Ends.OBJECT), getattr(operator, name)))
    return rows


_SIMPLE = (
    # Operators.
    _simple("pow", 2, "pf_power"),
    _simple("ipow", 2, "pf_inplace_power"),
    _simple("truth", 1, "pf_truth", Ends.FLAG),
    _simple("contains", 2, "pf_contains", Ends.FLAG),  # container, item
    # Variables of the module and of enclosing functions.
    _simple("load_global", 1, "load_global"),
    _simple("store_global", 2, "pf_store_global", Ends.STATUS, "frame 0 1"),
    _simple("delete_global", 1, "pf_delete_global", Ends.STATUS, "frame 0"),
    # Attributes and items.
    _simple("getattr", 2, "pf_getattr"),
    _simple("setattr", 3, "pf_setattr", Ends.STATUS),
    _simple("delattr", 2, "PyObject_SetAttr", Ends.STATUS, "0 1 null"),
    _simple("load_method", 2, "pf_get_method", Ends.TWO),
    _simple("getitem", 2, "pf_getitem"),
    _simple("setitem", 3, "pf_setitem", Ends.STATUS),
    _simple("delitem", 2, "PyObject_DelItem", Ends.STATUS),
    _simple("slice", 3, "pf_slice"),
    _simple("getslice", 3, "pf_getslice"),  # container, start, stop
    # Iteration and unpacking.
    _simple("iter", 1, "pf_get_iter"),
    _simple("next", 1, "next", Ends.MAYBE),
    _simple("length", 1, "pf_length"),
    # Containers.
    _simple("list_append", 2, "PyList_Append", Ends.STATUS),
    _simple("list_extend", 2, "pf_list_extend", Ends.STATUS),
    _simple("list_to_tuple", 1, "pf_list_to_tuple"),
    _simple("set_add", 2, "PySet_Add", Ends.STATUS),
    _simple("set_update", 2, "pf_set_update", Ends.STATUS),
    _simple("map_add", 3, "pf_map_add", Ends.STATUS),
    _simple("dict_update", 2, "pf_dict_update", Ends.STATUS),
    _simple("dict_merge", 3, "pf_dict_merge", Ends.STATUS),  # callable, dict, mapping
    # Calls and functions.
    _simple("call_ex", 3, "pf_call_ex"),
    _simple("make_function", 1, "pf_make_function", arguments="frame 0"),
    _simple("build_class", 0, "pf_build_class", arguments="frame"),
    # Exceptions.
    _simple("push_exception", 1, "pf_push_exception", Ends.NEW),
    _simple("pop_exception", 1, "pf_pop_exception", Ends.NOTHING),
    _simple("exception_matches", 2, "pf_exception_matches", Ends.FLAG),
    _simple("group_matches", 2, "pf_group_matches", Ends.ITEMS),
    _simple("prepare_reraise", 2, "pf_prepare_reraise"),
    _simple("raise", 2, "pf_raise_object", Ends.RAISED),
    _simple("before_with", 1, "pf_before_with", Ends.ITEMS),
    _simple("with_except", 2, "pf_with_except"),
    # Modules.
    _simple("import_name", 3, "pf_import_name", arguments="frame 0 1 2"),  # name, from list, level
    _simple("import_from", 2, "pf_import_from"),
    # Patterns.
    _simple("match_keys", 2, "pf_match_keys"),
    *_operators(),
    # What is not of objects alone.
    _row("reraise", (OBJECT,), CFunction("pf_reraise", Ends.RAISED, ("frame", "0", "i64:-1"))),
    _row("reraise_at", (OBJECT, INT64), CFunction("pf_reraise", Ends.RAISED, ("frame", "0", "1"))),
    _row("raise_again", (), CFunction("pf_raise_object", Ends.CERTAIN_FLAG, ("null", "null"))),
    _row("failed", (), CFunction("failed", Ends.RAISED)),  # what was said before: there is an exception
    _row("place", (), CFunction("place", Ends.BORROWED), effects=READS, result=INT64),  # in bytes, in the code object
    _row("leave_reraising", (), CFunction("pf_leave_reraising", Ends.NOTHING, ("frame",))),
    _row("is", (OBJECT, OBJECT), CFunction("is", Ends.CERTAIN_FLAG), operator.is_, READS),
    _row("is_null", (OBJECT,), CFunction("is_null", Ends.CERTAIN_FLAG), effects=READS),
    _row("is_none", (OBJECT,), CFunction("is_none", Ends.CERTAIN_FLAG), effects=READS),
    _row("null", (), CFunction("null", Ends.BORROWED), effects=READS),
    _row("none", (), CFunction("none", Ends.BORROWED), effects=READS),
    _row("assertion_error", (), CFunction("assertion_error", Ends.BORROWED), effects=READS),
    _row("not", (BOOL,), CFunction("not", Ends.CERTAIN_FLAG), operator.not_, READS),
    _row("bool", (BOOL,), CFunction("bool", Ends.BORROWED), effects=READS),
    _row("keep", (OBJECT,), CFunction("keep", Ends.NOTHING), effects=CHANGES),
)

ROWS: dict[str, Primitive] = {row.name: row for row in _SIMPLE}


def _gathering(name: str, count: int) -> Primitive | None:
    """Rows that take `count` objects in an array."""
    gathered = {
        "build_tuple": ("pf_build_tuple", 0),
        "build_list": ("pf_build_list", 0),
        "build_set": ("pf_build_set", 0),
        "build_map": ("pf_build_map", 0),
        "build_string": ("pf_build_string", 0),
        "build_const_key_map": ("pf_build_const_key_map", 1),
    }.get(name)
    if gathered is None:
        return None
    c_name, fixed = gathered
    c = CFunction(c_name, Ends.OBJECT, (*map(str, range(fixed)), "items"))
    return _row(f"{name}[{count}]", (OBJECT,) * (fixed + count), c)


def _calling(name: str, count: int) -> Primitive | None:
    """`call[n]`: a callable and n arguments; `call_keywords[n]`: with the names of the last ones before the arguments.

    `…method[n]`: with the result of `load_method` for the callable.
    """
    keywords = (OBJECT,) if name.endswith("_keywords") else ()
    callee: Type = PAIR if name.startswith("call_method") else OBJECT
    if name not in ("call", "call_keywords", "call_method", "call_method_keywords"):
        return None
    operands = (callee, *keywords, *(OBJECT,) * count)
    return _row(f"{name}[{count}]", operands, CFunction(name, Ends.OBJECT, takes_last=True))


def _numbered(name: str, number: int) -> Primitive | None:
    match name:
        case (
            "add_into_local"
            | "iadd_into_local"
            | "sub_into_local"
            | "isub_into_local"
            | "mul_into_local"
            | "imul_into_local"
        ):  # the variable into which the result is stored next
            c = CFunction(f"pf_{name}", Ends.OBJECT, ("frame", f"i32:{number}", "0", "1"), taken=(0,))
            return _row(f"{name}[{number}]", (OBJECT, OBJECT), c)
        case "test_lt" | "test_le" | "test_eq" | "test_ne" | "test_gt" | "test_ge":
            # The truth of a comparison. `number`: how many bytes on the instruction is that asks for it.
            c = CFunction(f"pf_{name}", Ends.FLAG, ("0", "1", "frame", f"i32:{number}"))
            return _row(f"{name}[{number}]", (OBJECT, OBJECT), c)
        case "load_deref":
            c = CFunction("pf_load_deref", Ends.OBJECT, ("frame", "function", f"i32:{number}"))
            return _row(f"{name}[{number}]", (), c)
        case "delete_deref":
            c = CFunction("pf_delete_deref", Ends.STATUS, ("frame", "function", f"i32:{number}"))
            return _row(f"{name}[{number}]", (), c)
        case "store_deref":
            return _row(
                f"{name}[{number}]",
                (OBJECT,),
                CFunction("pf_store_deref", Ends.NOTHING, ("frame", f"i32:{number}", "0")),
            )
        case "format":
            c = CFunction("pf_format", Ends.OBJECT, ("0", "1", f"i32:{number}"))
            return _row(f"{name}[{number}]", (OBJECT, OBJECT), c)
        case "convert":
            functions = ("", "PyObject_Str", "PyObject_Repr", "PyObject_ASCII")
            return _row(f"{name}[{number}]", (OBJECT,), CFunction(functions[number], Ends.OBJECT))
        case "function_attribute":
            c = CFunction("pf_function_attribute", Ends.NOTHING, ("0", "1", f"i32:{number}"))
            return _row(f"{name}[{number}]", (OBJECT, OBJECT), c)
        case "catch":
            return _row(f"{name}[{number}]", (), CFunction("pf_catch", Ends.OBJECT, ("frame", f"i32:{number}")))
        case "unpack":
            c = CFunction("pf_unpack", Ends.ITEMS, ("0", f"i64:{number}"))
            return _row(f"{name}[{number}]", (OBJECT,), c, result=TupleType((OBJECT,) * number))
        case "match_type":
            return _row(
                f"{name}[{number}]", (OBJECT,), CFunction("pf_match_type", Ends.CERTAIN_FLAG, ("0", f"i64:{number}"))
            )
        case "match_class":
            c = CFunction("pf_match_class", Ends.OBJECT, ("0", "1", f"i64:{number}", "2"))
            return _row(f"{name}[{number}]", (OBJECT, OBJECT, OBJECT), c)
        case "intrinsic":
            return _row(f"{name}[{number}]", (OBJECT,), CFunction("pf_intrinsic", Ends.OBJECT, (f"i32:{number}", "0")))
        case _:
            return None


def object_row(name: str) -> Primitive:
    """The row `object.…` of that name. Raises KeyError."""
    if name in ROWS:
        return ROWS[name]
    numbered = re.fullmatch(r"object\.(\w+)\[(\d+)(?:,(\d+))?\]", name)
    if numbered is None:
        raise KeyError(name)
    word, first = numbered[1], int(numbered[2])
    if word == "unpack_ex" and numbered[3] is not None:
        count = first + 1 + int(numbered[3])
        c = CFunction("pf_unpack_ex", Ends.ITEMS, ("0", f"i64:{first}", f"i64:{numbered[3]}"))
        row: Primitive | None = _row(name.partition(".")[2], (OBJECT,), c, result=TupleType((OBJECT,) * count))
    else:
        row = _gathering(word, first) or _calling(word, first) or _numbered(word, first)
    if row is None:
        raise KeyError(name)
    ROWS[name] = row
    return row
