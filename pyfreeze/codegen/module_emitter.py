"""A whole module to LLVM text: native bodies, entry wrappers, static records and `PyInit_…`.

The records are those of `runtime/include/pyfreeze_abi.h`; fields that the runtime fills in start as zero.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Mapping
from dataclasses import dataclass
from types import CodeType

from pyfreeze.analysis.call_graph import reachable, recursive_functions, transitive_bindings
from pyfreeze.analysis.native_callees import letting_others_run
from pyfreeze.codegen.array_access import METADATA
from pyfreeze.codegen.big_constants import fill_big_constants
from pyfreeze.codegen.bytecode import only_returns
from pyfreeze.codegen.code_objects import CodeKey, GenericCode, functions_of, marshalled, with_trampolines
from pyfreeze.codegen.direct_entries import direct_entry, direct_symbol, framed_symbol, shape_of
from pyfreeze.codegen.entry_emitter import EntryEmitter, entry_symbol, may_return_none
from pyfreeze.codegen.framed_emitter import FramedEmitter
from pyfreeze.codegen.framed_short_ways import NativeBody
from pyfreeze.codegen.function_emitter import CodeLayout, FunctionEmitter, SiteTable
from pyfreeze.codegen.loop_hints import METADATA as LOOP_METADATA
from pyfreeze.codegen.machine_types import string_literal
from pyfreeze.codegen.resume_points import PointTable
from pyfreeze.codegen.symbols import Symbols, record_symbol
from pyfreeze.codegen.trampoline import Point
from pyfreeze.ir.function import UNKNOWN_DEFAULTS, Binding, BindingKind, ConstantValue, Function, Module
from pyfreeze.ir.instructions import Call, Constant, IncRef, Return
from pyfreeze.ir.types import StructType, signature

HASH_KEY = 0x7079667265657A65
"""Counterpart: `PF_HASH_KEY` in `runtime/include/pyfreeze_abi.h`."""

ABI_VERSION = 6
"""Counterpart: `PF_ABI_VERSION` in `runtime/include/pyfreeze_abi.h`."""

_FRAMED = -1
"""Counterpart: `PF_FRAMED` in `runtime/include/pyfreeze_abi.h`."""

_FUNCTION = "%PfFunction"
_WITHOUT_FRAME, _RETURNS_NONE = 1, 2
"""Flags of a `PfFunction`."""
_WITHOUT_BINDINGS = "ptr null, i32 0, i8 0, i8 0, ptr null, ptr @module, i64 0, ptr null, ptr null"
_TYPES = (
    "%PfFunction = type {ptr, ptr, i32, i32, ptr, ptr, i32, i8, i8, ptr, ptr, i64, ptr, ptr}\n"
    "%PfBinding = type {ptr, i32, ptr, ptr, i32, i32, i32, i32, ptr, ptr}\n"
    "%PfModule = type {[13 x i64], i32, ptr, ptr, ptr, ptr, i64, ptr, i32, ptr, i32, ptr, i64, ptr, ptr, ptr, ptr, ptr, ptr, i32, ptr}\n"
    "%PfClass = type {ptr, ptr, ptr, i64}\n"
)
# #0: frame pointers keep profilers able to walk the stack. #1: slow calls. #2: slow paths, which stay out of line. #3: as
# #0, for functions beyond MOST_BLOCKS.
_ATTRIBUTES = (
    'attributes #0 = { nounwind "function-inline-threshold"="1500" "frame-pointer"="non-leaf" }\n'
    "attributes #1 = { cold nounwind }\n"
    "attributes #2 = { cold noinline nounwind }\n"
    'attributes #3 = { nounwind optsize "function-inline-threshold"="1500" "frame-pointer"="non-leaf" }\n'
)
_METADATA = (
    METADATA
    + LOOP_METADATA
    + '!0 = !{}\n!1 = !{!"branch_weights", i32 1, i32 100000}\n!2 = !{!"branch_weights", i32 100000, i32 1}\n'
)


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """What codegen embeds besides the IR.

    name: last part of the dotted name
    init_symbol: the function that CPython calls, `PyInit_<name>`
    source_hash: 8 bytes, `_imp.source_hash(HASH_KEY, source)`
    keys: for each native function, where its code object is in `code`
    layout: facts about the running interpreter, the runtime's `layout()`
    entered: the specialisations of generic functions that calls from Python may enter
    """

    name: str
    init_symbol: str
    source_name: str
    source_hash: bytes
    code: CodeType
    keys: dict[str, CodeKey]
    layout: Mapping[str, int]
    entered: Container[str] = ()


def emit_module(module: Module, info: ModuleInfo) -> str:
    """LLVM text of `module`."""
    return _ModuleEmitter(module, info).text()


class _ModuleEmitter:
    def __init__(self, module: Module, info: ModuleInfo) -> None:
        self._module = module
        self._info = info
        self._symbols = Symbols(info.layout)
        self._indices = {name: index for index, name in enumerate(module.functions)}
        self._specialised: dict[CodeKey, list[str]] = {}
        for name, function in module.functions.items():
            if function.is_specialised:
                self._specialised.setdefault(info.keys[name], []).append(name)
        # Generic functions themselves have records after those of the native ones.
        self._generic = {key: index for index, key in enumerate(self._specialised, len(self._indices))}
        self._entered = {
            key: [name for name in names if name in info.entered] for key, names in self._specialised.items()
        }
        self._framed = {
            name: index for index, name in enumerate(module.framed, len(self._indices) + len(self._generic))
        }
        self._letting = letting_others_run(module)
        self._constants: dict[bytes, int] = {}
        self._constant_values: list[object] = []
        self._bindings: dict[Binding, int] = {}
        self._records: list[str] = []

    def text(self) -> str:
        indices = {
            key: self._indices[name]
            for name, key in self._info.keys.items()
            if name in self._indices and key not in self._generic
        }
        returning_none = self._returning_none()
        tables = self._point_tables()
        points = {self._indices[name]: table.points for name, table in tables.items()}
        points |= {
            self._generic[key]: tables[name].points
            for key, names in self._specialised.items()
            for name in names
            if name in tables
        }
        generic = {
            key: GenericCode(self._generic[key], tuple(self._indices[name] for name in names), bool(self._entered[key]))
            for key, names in self._specialised.items()
        }
        framed = {self._info.keys[name]: index for name, index in self._framed.items()}
        code, changed = with_trampolines(
            self._info.code, indices, points, returning_none, generic, framed, self._as_they_are()
        )
        layouts = {name: CodeLayout(changed[index]) for name, index in self._indices.items()}
        sites = SiteTable(self._symbols, layouts)
        recursive, bindings = recursive_functions(self._module), transitive_bindings(self._module)
        reached = reachable(self._module)
        parts, natives = [], {}
        for name, function in self._module.functions.items():
            mask = self._info.layout["breaker_mask"]
            parts.append(FunctionEmitter(function, self._symbols, sites, tables, recursive, mask).text())
            deep = [other for other in (name, *reached[name]) if other in recursive]
            frame = max(map(self._frame_bytes, deep)) if deep else None
            natives[name] = NativeBody(frame, name in self._letting)
            none, after = self._indices[name] in returning_none, self._tried_after(name)
            parts.append(EntryEmitter(function, self._symbols, frame, self._info.layout, none, after).text())
            parts.append(self._function_record(function, sorted(bindings[name], key=_binding_order), none))
        self._records += [self._generic_record(key, index) for key, index in self._generic.items()]
        parts += self._framed_functions(changed, natives)
        parts.append(self._module_record(code))
        if self._symbols.big_constants:
            parts.append(fill_big_constants(self._symbols))
        parts.append(self._initializer())
        head = [_TYPES, "@pf_api = internal global ptr null\n", self._symbols.text()]
        return "\n".join([*head, *parts, _ATTRIBUTES, _METADATA])

    def _returning_none(self) -> set[int]:
        """The functions that may return None, by index: a generic one if one of those made of it may, and then all of these."""
        found = {index for name, index in self._indices.items() if may_return_none(self._module.functions[name])}
        for key, names in self._specialised.items():
            together = {self._indices[name] for name in names}
            found |= {self._generic[key], *together} if together & found else set()
        return found

    def _tried_after(self, name: str) -> str | None:
        """The entry of a generic function's next specialisation."""
        names = self._entered.get(self._info.keys[name], [])
        following = names[names.index(name) + 1 :] if name in names else []
        return entry_symbol(following[0]) if following else None

    def _as_they_are(self) -> set[int]:
        """Functions, by index, that Python is to call as the bytecode they are, because that does the same in less time."""
        codes = functions_of(self._info.code)
        return {
            self._indices[name]
            for name, function in self._module.functions.items()
            if not function.is_specialised and is_no_more_than_bytecode(function, codes[self._info.keys[name]])
        }

    def _framed_functions(self, changed: Mapping[int, CodeType], natives: Mapping[str, NativeBody]) -> list[str]:
        parts, codes = [], functions_of(self._info.code)
        for name, index in self._framed.items():
            shift = len(changed[index].co_code) - len(codes[self._info.keys[name]].co_code)
            emitter = FramedEmitter(self._module.framed[name], self._symbols, shift, self._info.layout, natives)
            parts += [emitter.text(), self._record_alias(name, index)]
            shape = shape_of(changed[index]) if self._info.layout["inlines"] else None
            if shape is not None:
                parts.append(direct_entry(name, shape, self._symbols, self._info.layout))
            direct = direct_symbol(name) if shape is not None else "null"
            qualname = self._symbols.string(self._info.keys[name][0].encode())
            fields = f"ptr {qualname}, ptr null, i32 {_FRAMED}, i32 {index}, ptr {framed_symbol(name)}, ptr null, i32 0, i8 0, i8 0"
            self._records.append(f"{_FUNCTION} {{{fields}, ptr null, ptr @module, i64 0, ptr null, ptr {direct}}}")
        return parts

    def _record_alias(self, name: str, index: int) -> str:
        """The records form one array, so that the runtime can index them; this is a name for one of them."""
        count = len(self._indices) + len(self._generic) + len(self._framed)
        return (
            f"{record_symbol(name)} = internal alias {_FUNCTION}, ptr getelementptr "
            f"([{count} x {_FUNCTION}], ptr @functions, i64 0, i64 {index})\n"
        )

    def _point_tables(self) -> dict[str, PointTable]:
        """Of the functions that leave in the middle."""
        codes = functions_of(self._info.code)
        numbers: dict[CodeKey, dict[Point, int]] = {}
        tables = {}
        for name, function in self._module.functions.items():
            if function.impure:
                key = self._info.keys[name]
                tables[name] = PointTable(function, codes[key], numbers.setdefault(key, {}))
        return tables

    def _frame_bytes(self, name: str) -> int:
        """A generous bound of one frame (every value spilled, the buffers, saved registers) by the levels in it."""
        function = self._module.functions[name]
        spilled = 16 * sum(1 + len(block.parameters) for block in function.blocks)
        spilled += 8 * sum(1 for _ in function.instructions())
        levels = min((item.levels for item in function.instructions() if isinstance(item, Call)), default=1)
        return 512 + spilled // levels

    def _function_record(self, function: Function, bindings: list[Binding], returns_none: bool) -> str:
        names = ", ".join(f"ptr {self._symbols.string(name.encode())}" for name in function.parameter_names)
        numbers = ", ".join(f"i32 {self._binding_index(binding)}" for binding in bindings)
        index, count = self._indices[function.name], len(function.parameter_names)
        key = self._info.keys[function.name]
        qualname = self._symbols.string(key[0].encode())
        fields = [
            f"ptr {qualname}",
            f"ptr @parameters.{index}",
            f"i32 {count}",
            f"i32 {self._generic[key] if self._entered.get(key) else index}",
            f"ptr {entry_symbol(function.name)}",
            f"ptr @bindings.{index}",
            f"i32 {len(bindings)}",
            "i8 0",
            f"i8 {self._how_called(function, returns_none)}",
            "ptr null",
            "ptr @module",
            "i64 0",
            "ptr null",
            "ptr null",
        ]
        self._records.append(f"{_FUNCTION} {{{', '.join(fields)}}}")
        return (
            f"@parameters.{index} = internal constant [{count} x ptr] [{names}]\n"
            f"@bindings.{index} = internal constant [{len(bindings)} x i32] [{numbers}]\n"
        ) + self._record_alias(function.name, index)

    def _how_called(self, function: Function, returns_none: bool) -> int:
        """`PfFunction.calls`."""
        without_frame = not (function.impure or function.is_specialised or function.name in self._letting)
        return (_WITHOUT_FRAME if without_frame else 0) | (_RETURNS_NONE if returns_none else 0)

    def _generic_record(self, key: CodeKey, index: int) -> str:
        """Of a generic function: by it, calls of its name are told. Its entry is that of the first types to try."""
        name, entered = self._symbols.string(key[0].encode()), self._entered[key]
        entry = entry_symbol(entered[0]) if entered else "null"
        return f"{_FUNCTION} {{ptr {name}, ptr null, i32 0, i32 {index}, ptr {entry}, {_WITHOUT_BINDINGS}}}"

    def _binding_index(self, binding: Binding) -> int:
        return self._bindings.setdefault(binding, len(self._bindings))

    def _constant(self, value: ConstantValue) -> int:
        """Index of `value` in the module's constants; equal values of different types or signs are different."""
        key = _constant_key(value)
        if key not in self._constants:
            self._constants[key] = len(self._symbols.texts) + len(self._constant_values)
            self._constant_values.append(value)
        return self._constants[key]

    def _binding_record(self, binding: Binding) -> str:
        fields = [f"ptr {self._symbols.string(binding.name.encode())}", f"i32 {int(binding.kind)}"]
        fields += [
            f"ptr {self._symbols.string(text.encode()) if text else 'null'}"
            for text in (binding.module, binding.attribute)
        ]
        is_function = binding.kind == BindingKind.FUNCTION
        assumed = is_function and binding.constant != UNKNOWN_DEFAULTS
        index = self._index_of_code(binding.function) if is_function else -1
        described = words = "null"
        if binding.kind == BindingKind.CLASS and isinstance(binding.type, StructType):
            index = self._symbols.class_index(binding.type)
            described = self._symbols.string(signature(binding.type).encode())
        elif binding.type is not None:
            described = self._symbols.string(self._symbols.descriptor(binding.type).encode())
            words = self._symbols.global_value(binding.path, binding.type)
        keywords = binding.keyword_defaults
        fields += [
            f"i32 {index}",
            f"i32 {self._constant(binding.constant) if binding.kind == BindingKind.CONSTANT else -1}",
            f"i32 {self._constant(binding.constant) if assumed else -1}",
            f"i32 {self._constant(keywords) if keywords else -1}",
            f"ptr {described}",
            f"ptr {words}",
        ]
        return f"%PfBinding {{{', '.join(fields)}}}"

    def _texts(self, code: CodeType) -> list[object]:
        """The texts that native code uses, as the very objects that the bytecode has: marshal keeps that."""
        found: dict[object, object] = {}
        waiting: list[object] = [code]
        while waiting:
            match waiting.pop():
                case CodeType(co_consts=inner) | (tuple() as inner):
                    waiting.extend(inner)
                case str() as text:
                    found.setdefault(text, text)
        return [found.get(text, text) for text in self._symbols.texts]

    def _index_of_code(self, function: str) -> int:
        """The record whose code object a name must be bound to for `function` to be called."""
        return self._generic.get(self._info.keys[function], self._indices[function])

    def _module_record(self, code: CodeType) -> str:
        bindings = ", ".join(map(self._binding_record, self._bindings))
        embedded = marshalled(code, (*self._texts(code), *self._constant_values))
        records = self._records
        class_records, class_count = self._symbols.class_records()
        fields = [
            "[13 x i64] zeroinitializer",
            f"i32 {ABI_VERSION}",
            f"ptr {self._symbols.string(self._info.name.encode())}",
            f"ptr {self._symbols.string(self._info.source_name.encode())}",
            f"ptr {self._symbols.string(self._info.source_hash)}",
            "ptr @code",
            f"i64 {len(embedded)}",
            "ptr @functions",
            f"i32 {len(records)}",
            "ptr @bindings",
            f"i32 {len(self._bindings)}",
            "ptr null",
            "i64 0",
            *["ptr null"] * 5,
            "ptr @classes",
            f"i32 {class_count}",
            "ptr null",
        ]
        return class_records + (
            f'@code = internal constant [{len(embedded) + 1} x i8] c"{string_literal(embedded)}"\n'
            f"@functions = internal global [{len(records)} x {_FUNCTION}] [{', '.join(records)}]\n"
            f"@bindings = internal global [{len(self._bindings)} x %PfBinding] [{bindings}]\n"
            f"@module = internal global %PfModule {{{', '.join(fields)}}}\n"
        )

    def _initializer(self) -> str:
        """`PyInit_<name>`: the runtime's table from its capsule, then the runtime does the rest."""
        capsule = self._symbols.string(b"pyfreeze._runtime.api")
        initialize = self._symbols.slot("pf_module_init")
        fill = ""
        if self._symbols.big_constants:
            fill = "%unfilled = call i1 @big_constants()\nbr i1 %unfilled, label %failed, label %filled\nfilled:\n"
        return f"""declare ptr @PyCapsule_Import(ptr, i32)
define ptr @{self._info.init_symbol}() {{
%table = call ptr @PyCapsule_Import(ptr {capsule}, i32 0)
%missing = icmp eq ptr %table, null
br i1 %missing, label %failed, label %found
found:
store ptr %table, ptr @pf_api
{fill}%definition = call ptr {initialize}(ptr @module)
ret ptr %definition
failed:
ret ptr null
}}
"""


def _binding_order(binding: Binding) -> tuple[int, str, str, str, str]:
    """Of a generic class or function there are several bindings that differ in what it is specialised to only."""
    return (int(binding.kind), binding.name, binding.attribute, binding.function, str(binding.type))


def is_no_more_than_bytecode(function: Function, code: CodeType) -> bool:
    """Whether `function` only returns a parameter or a constant, and `code` this very object."""
    returned = only_returns(code)
    working = [item for item in function.instructions() if not isinstance(item, Constant | IncRef | Return)]
    if returned is None or working or len(function.blocks) != 1:
        return False
    (value,) = function.blocks[0].instructions[-1].operands
    if value in function.parameters:
        return bool(returned.argval == function.parameter_names[function.parameters.index(value)])
    (constant,) = (
        item.value for item in function.instructions() if item.result is value and isinstance(item, Constant)
    )
    return type(constant) is type(returned.argval) and repr(constant) == repr(returned.argval)


def _constant_key(value: object) -> bytes:
    if isinstance(value, tuple):
        return b"(" + b",".join(map(_constant_key, value)) + b")"
    if isinstance(value, float):
        return b"float" + struct.pack(">d", value)
    return f"{type(value).__name__} {value!r}".encode()
