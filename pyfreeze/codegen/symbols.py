"""Everything a module's LLVM text needs besides its functions' bodies, collected on demand and emitted once.

Primitive fast paths, runtime slots, C strings, and the static `PfSite` and `PfCallable` records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pyfreeze.codegen.array_access import array_function, array_guard, element_type
from pyfreeze.codegen.loop_hints import loop_hint
from pyfreeze.codegen.machine_types import llvm_type, string_literal
from pyfreeze.codegen.object_access import object_function
from pyfreeze.codegen.reference_counts import counting_function
from pyfreeze.codegen.runtime_slots import slots
from pyfreeze.codegen.unboxed_access import KNOWN_OBJECTS, is_unboxed, unboxed_function
from pyfreeze.codegen.view_access import (
    parameter_attributes,
    saved_memory,
    saved_memory_definition,
    view_function,
    view_guard,
)
from pyfreeze.ir.primitive import Effects, Primitive, PythonCallable
from pyfreeze.ir.types import StructType, Type, ViewType, descriptor, flattened, signature, structs_in

CLASS = "%PfClass"
_CONSTANTS = "getelementptr inbounds (%PfModule, ptr @module, i64 0, i32 14)"


def record_symbol(function: str) -> str:
    """The static `PfFunction` of a function."""
    return f'@"function {function}"'


class Symbols:
    """Emits each definition at its first use; `text()` is all of them."""

    def __init__(self, layout: Mapping[str, int]) -> None:
        """`layout` is the runtime's."""
        self._layout = layout
        self._definitions: dict[str, str] = {}
        self._declarations: dict[str, None] = {}
        self._strings: dict[bytes, str] = {}
        self._classes: dict[str, StructType] = {}
        self._descriptors: dict[Type, str] = {}
        self._loop_hints = 0
        self.big_constants: dict[int, str] = {}  # the static words of ints that are no small ones
        self.texts: dict[str, int] = {}  # constants that are objects, and where they are in the module's constants

    def text(self) -> str:
        return "\n".join([*self._declarations, *self._definitions.values()]) + "\n"

    def declare(self, declaration: str) -> None:
        self._declarations[declaration] = None

    def define(self, name: str, make: Callable[[], str]) -> str:
        """The symbol `name`, whose definition `make()` is added if it is not there yet."""
        if name not in self._definitions:
            self._definitions[name] = ""  # keeps its place; `make` may define others
            self._definitions[name] = make()
        return name

    def string(self, data: bytes) -> str:
        """A pointer to NUL-terminated `data`."""
        if data not in self._strings:
            name = f"@string.{len(self._strings)}"
            self._strings[data] = name
            literal = string_literal(data)
            self.define(name, lambda: f'{name} = internal constant [{len(data) + 1} x i8] c"{literal}"')
        return self._strings[data]

    def class_index(self, type_: StructType) -> int:
        """Where the class is in the module's `PfClass` records. A generic class has one: its signature is the same for all types."""
        self._classes.setdefault(type_.class_name, type_)
        return list(self._classes).index(type_.class_name)

    def class_object(self, type_: StructType) -> str:
        """The address at which the runtime keeps the class, while it is what the module's name is bound to."""
        return f"getelementptr inbounds ({CLASS}, ptr @classes, i64 {self.class_index(type_)}, i32 2)"

    def class_records(self) -> tuple[str, int]:
        """The definition of `@classes`, and how many there are."""
        records = [
            f"{CLASS} {{ptr {self.string(type_.class_name.encode())}, ptr {self.string(signature(type_).encode())}, ptr null, i64 0}}"
            for type_ in self._classes.values()
        ]
        return f"@classes = internal global [{len(records)} x {CLASS}] [{', '.join(records)}]\n", len(records)

    def descriptor(self, type_: Type) -> str:
        """The runtime's description of `type_` (see `pyfreeze.ir.types.descriptor`)."""
        if type_ not in self._descriptors:
            classes = {struct.name: self.class_index(struct) for struct in structs_in(type_)}
            self._descriptors[type_] = descriptor(type_, classes)
        return self._descriptors[type_]

    def big_constant(self, value: int) -> str:
        """The static tagged word of `value`, borrowed for as long as the process runs (`big_constants`)."""
        name = f'@"big {value:x}"'
        self.big_constants[value] = name
        return self.define(name, lambda: f"{name} = internal global i64 0")

    def text_constant(self, value: str) -> str:
        """The LLVM function that gives the object of a text, borrowed from the module's constants."""
        index = self.texts.setdefault(value, len(self.texts))
        name, place = f"@text.{index}", self._layout["tuple_items"] + 8 * index
        return self.define(
            name,
            lambda: (
                f"define internal ptr {name}() alwaysinline {{\n%all = load ptr, ptr {_CONSTANTS}\n"
                f"%at = getelementptr i8, ptr %all, i64 {place}\n%r = load ptr, ptr %at\nret ptr %r\n}}"
            ),
        )

    def loop_hint(self) -> str:
        """The metadata of one more loop that LLVM is not to vectorise."""
        self._loop_hints += 1
        name, definition = loop_hint(self._loop_hints)
        return self.define(name, lambda: definition)

    def slot(self, name: str) -> str:
        """The accessor of a runtime slot."""
        return self.define(f"@{name}", slots()[name].accessor)

    def counting(self, change: str, *, always_inline: bool = False) -> str:
        """The LLVM function that counts a reference to an object, or NULL: `change` is "incref" or "decref"."""
        name = f"@object.{change}{'.inline' * always_inline}"
        self.declare("declare void @_Py_Dealloc(ptr)")
        return self.define(name, lambda: counting_function(name, change, self._layout, self.slot, always_inline))

    def parameter_type(self, type_: Type) -> str:
        """The LLVM type of a parameter of a native function, with what is known of it."""
        attributes = f" {parameter_attributes(self._layout)}" if isinstance(type_, ViewType) else ""
        return llvm_type(type_) + attributes

    def fast_path(self, primitive: Primitive) -> str:
        """The LLVM function of a primitive's fast path, which returns its `returned_type`."""
        for declaration in primitive.lowering.declarations:
            self.declare(declaration)
        if primitive.lowering.array:
            element = self.string(self.descriptor(element_type(primitive)).encode())
            return self.define(
                f'@"{primitive.name}"', lambda: array_function(primitive, self._layout, self.slot, element)
            )
        if saved := saved_memory(primitive):
            self.define(saved, lambda: saved_memory_definition(saved))
        if primitive.lowering.view:
            return self.define(f'@"{primitive.name}"', lambda: view_function(primitive, self._layout))
        if is_unboxed(primitive):
            for name in KNOWN_OBJECTS:
                self.declare(f"@{name} = external global i8")
            return self.define(f'@"{primitive.name}"', lambda: unboxed_function(primitive, self.slot, self._layout))
        if primitive.lowering.object:
            return self.define(f'@"{primitive.name}"', lambda: object_function(primitive, self, self._layout))
        checked = primitive.lowering.checked
        if checked is not None and checked.lowering.guard is not None:
            return self.fast_path(checked)
        if checked is not None:
            called = self.fast_path(checked)
            return self.define(f'@"{primitive.name}"', lambda: _definition(primitive, _unchecked_body(checked, called)))
        return self.define(f'@"{primitive.name}"', lambda: _definition(primitive, primitive.lowering.body or ""))

    def guard(self, primitive: Primitive) -> str:
        """The LLVM function of a primitive's guard: whether the fast path does not apply."""
        name, parameters = f'@"guard {primitive.name}"', _parameters(primitive)
        if primitive.lowering.array:
            return self.define(name, lambda: array_guard(primitive, self._layout, name, parameters))
        if primitive.lowering.view:
            return self.define(name, lambda: view_guard(primitive, self._layout))
        body = primitive.lowering.guard or ""
        return self.define(name, lambda: f"define internal i1 {name}({parameters}) alwaysinline {{\n{body}\n}}")

    def callable(
        self, python: PythonCallable, operands: Iterable[Type], result: Type, effects: Effects, may_poll: bool
    ) -> str:
        """A static `PfCallable` for the slow path; a result out of range deoptimizes unless the operation raises."""
        given, separator = "".join(map(self.descriptor, operands)), ":" if effects.raises else "!"
        described = given + separator + self.descriptor(result)
        keywords = " ".join(python.keywords)
        texts = (python.module, python.name, described, keywords)
        polls = "@module" if effects.fails and may_poll else "null"
        name = f'@"callable {python}({described}){keywords} {polls}"'
        fields = (*(self.string(text.encode()) for text in texts), polls, "null", "null", "@module")
        values = ", ".join(f"ptr {field}" for field in fields)
        return self.define(
            name, lambda: f"{name} = internal global {{ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr}} {{{values}}}"
        )

    def global_value(self, name: str, type_: Type) -> str:
        """The static words in which the runtime stores the value of a module global."""
        symbol = f'@"global {name}"'
        return self.define(
            symbol, lambda: f"{symbol} = internal global [{len(flattened(type_))} x i64] zeroinitializer"
        )


def returned_type(primitive: Primitive) -> str:
    """`{result, i1}` if the fast path says itself that it does not apply, else the result."""
    result = llvm_type(primitive.result)
    return f"{{{result}, i1}}" if primitive.effects.fails and not primitive.lowering.has_guard else result


def _unchecked_body(checked: Primitive, called: str) -> str:
    """Takes the value of a fast path that is known to apply."""
    pair = returned_type(checked)
    take = f"%pair = call {pair} {called}({_parameters(checked)})\n%r = extractvalue {pair} %pair, 0\n"
    if "\nbr " in (checked.lowering.body or ""):
        # A fast path that branches away from what would trap; otherwise the flag is simply dropped.
        take += f"%bad = extractvalue {pair} %pair, 1\nbr i1 %bad, label %never, label %go\nnever:\nunreachable\ngo:\n"
    return f"{take}ret {llvm_type(checked.result)} %r"


def _parameters(primitive: Primitive) -> str:
    return ", ".join(
        f"{llvm_type(type_)} %{letter}" for type_, letter in zip(primitive.operands, "abcdefgh", strict=False)
    )


def _definition(primitive: Primitive, body: str) -> str:
    head = f'define internal {returned_type(primitive)} @"{primitive.name}"({_parameters(primitive)})'
    return f"{head} alwaysinline {{\n{body}\n}}"
