"""Everything a module's LLVM text needs besides its functions' bodies, collected on demand and emitted once.

Primitive fast paths, runtime slots, C strings, and the static `PfSite` and `PfCallable` records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pyfreeze.codegen.machine_types import llvm_type, string_literal
from pyfreeze.codegen.runtime_slots import slots
from pyfreeze.ir.primitive import Primitive, PythonCallable
from pyfreeze.ir.types import Type, descriptor, flattened


def record_symbol(function: str) -> str:
    """The static `PfFunction` of a function."""
    return f'@"function {function}"'


class Symbols:
    """Emits each definition at its first use; `text()` is all of them."""

    def __init__(self) -> None:
        self._definitions: dict[str, str] = {}
        self._declarations: dict[str, None] = {}
        self._strings: dict[bytes, str] = {}

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

    def slot(self, name: str) -> str:
        """The accessor of a runtime slot."""
        return self.define(f"@{name}", slots()[name].accessor)

    def fast_path(self, primitive: Primitive) -> str:
        """The LLVM function of a primitive's fast path: `{result, i1}` if it can fail, else the result."""
        for declaration in primitive.lowering.declarations:
            self.declare(declaration)
        checked = primitive.lowering.checked
        if checked is not None:
            called = self.fast_path(checked)
            return self.define(f'@"{primitive.name}"', lambda: _definition(primitive, _unchecked_body(checked, called)))
        return self.define(f'@"{primitive.name}"', lambda: _definition(primitive, primitive.lowering.body or ""))

    def callable(self, python: PythonCallable, operands: Iterable[Type], result: Type, raises: bool) -> str:
        """A static `PfCallable` for the slow path; a result out of range deoptimizes unless the operation `raises`."""
        signature = "".join(map(descriptor, operands)) + (":" if raises else "!") + descriptor(result)
        keywords = " ".join(python.keywords)
        texts = (python.module, python.name, signature, keywords)
        name = f'@"callable {python}({signature}){keywords}"'
        values = ", ".join(
            f"ptr {field}" for field in (*(self.string(text.encode()) for text in texts), "null", "null")
        )
        return self.define(name, lambda: f"{name} = internal global {{ptr, ptr, ptr, ptr, ptr, ptr}} {{{values}}}")

    def global_value(self, name: str, type_: Type) -> str:
        """The static words in which the runtime stores the value of a module global."""
        symbol = f'@"global {name}"'
        return self.define(
            symbol, lambda: f"{symbol} = internal global [{len(flattened(type_))} x i64] zeroinitializer"
        )


def returned_type(primitive: Primitive) -> str:
    result = llvm_type(primitive.result)
    return f"{{{result}, i1}}" if primitive.effects.fails else result


def _unchecked_body(checked: Primitive, called: str) -> str:
    """Takes the value of a fast path that is known to apply."""
    pair = returned_type(checked)
    operands = ", ".join(
        f"{llvm_type(type_)} %{letter}" for type_, letter in zip(checked.operands, "abc", strict=False)
    )
    take = f"%pair = call {pair} {called}({operands})\n%r = extractvalue {pair} %pair, 0\n"
    if "\nbr " in (checked.lowering.body or ""):
        # A fast path that branches away from what would trap; otherwise the flag is simply dropped.
        take += f"%bad = extractvalue {pair} %pair, 1\nbr i1 %bad, label %never, label %go\nnever:\nunreachable\ngo:\n"
    return f"{take}ret {llvm_type(checked.result)} %r"


def _definition(primitive: Primitive, body: str) -> str:
    parameters = ", ".join(
        f"{llvm_type(type_)} %{letter}" for type_, letter in zip(primitive.operands, "abcdefgh", strict=False)
    )
    return f'define internal {returned_type(primitive)} @"{primitive.name}"({parameters}) alwaysinline {{\n{body}\n}}'
