"""How native code is left early: show the variables in a traceback, save them, release what is owned. All ways share code.

Every place that may fail shows all variables, and most of them are those of the places before. So they are stored one by
one, the newest first, and a place goes on where one with the same older variables does. What is stored is dealt with by
the last block, for all places together: the code grows with the definitions, not with places times variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyfreeze.codegen.function_text import FunctionText
from pyfreeze.codegen.machine_types import scalar_paths
from pyfreeze.codegen.symbols import Symbols
from pyfreeze.ir.instructions import (
    AddTraceback,
    Block,
    Branch,
    DecRef,
    Deopt,
    Fail,
    Instruction,
    ResumeState,
    Site,
    Suspend,
    Value,
)
from pyfreeze.ir.types import IntType, ReferenceType

_RECORD = "{ptr, ptr, i64, i64}"
"""Of a place: its `PfSite`, its `PfPoint`, how many ints and how many objects it releases."""

_SHOWN, _SAVED, _INTS, _OBJECTS = "%payload", "%state", "%ints", "%objects"


@dataclass(slots=True)
class Leaving:
    """The end of a block, as far as it only leaves. `target`: a handler that goes on, given the status."""

    start: int  # its first instruction
    status: Value | None = None  # None: DEOPT
    shown: Site | None = None
    saved: ResumeState | None = None
    released: list[Value] = field(default_factory=list)
    target: Block | None = None


def leaving_end(instructions: Sequence[Instruction]) -> Leaving | None:
    """What of a block only leaves; None if it goes on otherwise."""
    last = instructions[-1]
    if not isinstance(last, Fail | Deopt | Branch):
        return None
    end = Leaving(len(instructions) - 1, last.operands[0] if isinstance(last, Fail) else None)
    if isinstance(last, Branch):
        (edge,) = last.edges
        if len(edge.arguments) != 1:
            return None
        end.status, end.target = edge.arguments[0], edge.target
    for item in reversed(instructions[:-1]):
        if isinstance(item, DecRef):
            end.released.insert(0, item.operands[0])
        elif isinstance(item, Suspend) and end.saved is None and end.shown is None and item.result is end.status:
            end.saved, end.status = item.resume, item.operands[0] if item.operands else None
        elif isinstance(item, AddTraceback) and end.shown is None and item.operands[0] is end.status:
            assert item.site is not None
            end.shown = item.site
        else:
            break
        end.start -= 1
    return end if end.target is None or end.shown is not None else None


@dataclass(slots=True)
class _Step:
    """A block that stores the parts of one value, or (a last one) leaves. Its names of the status and the record are phis."""

    label: str
    status: str
    record: str
    ints: int = 0  # released by it and the following
    objects: int = 0
    incoming: list[tuple[str, str, str]] = field(default_factory=list)  # label, status, record
    before: dict[tuple[object, ...], _Step] = field(default_factory=dict)
    most_ints: int = 0
    most_objects: int = 0


_Last = tuple[bool, bool, Block | None]
"""Whether a last block adds a traceback entry and saves a state, and where it goes on."""


class Leavings:
    """The shared code of one function."""

    def __init__(
        self,
        function: str,
        text: FunctionText,
        symbols: Symbols,
        definitions: Mapping[Value, int],
        words: Callable[[Value], list[str]],
        leave: Callable[[str, Block | None], None],
    ) -> None:
        """`words` writes what makes the words of a value, `leave` what leaves with a status; `definitions` are in order."""
        self._function = function
        self._text = text
        self._symbols = symbols
        self._definitions = definitions
        self._words = words
        self._leave = leave
        self._last: dict[_Last, _Step] = {}
        self._steps: list[_Step] = []
        self._records: dict[tuple[str, str, int, int], str] = {}
        self._sizes = {_SHOWN: 0, _SAVED: 0, _INTS: 0, _OBJECTS: 0}

    def add(
        self, status: str, shown: tuple[str, list[Value]] | None, saved: tuple[str, list[Value]] | None, end: Leaving
    ) -> None:
        """Leave from here. `shown` and `saved` are the record and the payload of a traceback entry and of a state."""
        parts: dict[Value, list[tuple[str, int]]] = {}
        for buffer, found in ((_SHOWN, shown), (_SAVED, saved)):
            position = 0
            for value in found[1] if found is not None else ():
                parts.setdefault(value, []).append((buffer, position))
                position += len(list(scalar_paths(value.type)))
            if found is not None:  # the address is passed even if nothing is there
                self._sizes[buffer] = max(self._sizes[buffer], position, 1)
        for value in end.released:
            parts.setdefault(value, []).append(("", 0))
        last = step = self._last_step((shown is not None, saved is not None, end.target))
        for value in sorted(parts, key=self._definitions.__getitem__):
            step = self._step(step, value, tuple(parts[value]))
        last.most_ints, last.most_objects = max(last.most_ints, step.ints), max(last.most_objects, step.objects)
        record = self._record(shown[0] if shown else "null", saved[0] if saved else "null", step)
        step.incoming.append((self._text.label, status, record))
        self._text.line(f'br label %"{step.label}"')

    def _record(self, site: str, point: str, step: _Step) -> str:
        fields = (site, point, step.ints, step.objects)
        if fields not in self._records:
            name = f'@"leaving {self._function} {len(self._records)}"'
            values = f"ptr {site}, ptr {point}, i64 {step.ints}, i64 {step.objects}"
            self._records[fields] = self._symbols.define(
                name, lambda: f"{name} = internal constant {_RECORD} {{{values}}}"
            )
        return self._records[fields]

    def _new_step(self, purpose: str) -> _Step:
        step = _Step(self._text.new_label(purpose), self._text.fresh(), self._text.fresh())
        self._steps.append(step)
        return step

    def _last_step(self, kind: _Last) -> _Step:
        if kind not in self._last:
            self._last[kind] = self._new_step("leave")
        return self._last[kind]

    def _step(self, after: _Step, value: Value, parts: tuple[tuple[str, int], ...]) -> _Step:
        """The block that stores `value` and goes on with `after`."""
        key = (value, parts)
        if key in after.before:
            return after.before[key]
        step = after.before[key] = self._new_step("show")
        step.ints, step.objects = after.ints, after.objects
        here = self._text.label
        self._text.open(step.label, cold=True)
        words = self._words(value)
        for buffer, position in parts:
            if buffer:
                for index, word in enumerate(words, position):
                    self._store(buffer, index, word)
            else:
                self._release(step, value, words)
        self._text.line(f'br label %"{after.label}"')
        after.incoming.append((step.label, step.status, step.record))
        self._text.label = here
        return step

    def _store(self, buffer: str, index: int, word: str) -> None:
        slot = self._text.fresh()
        self._text.line(f"{slot} = getelementptr i64, ptr {buffer}, i64 {index}")
        self._text.line(f"store i64 {word}, ptr {slot}")

    def _release(self, step: _Step, value: Value, words: list[str]) -> None:
        for (_, scalar), word in zip(scalar_paths(value.type), words, strict=True):
            if isinstance(scalar, IntType):
                self._store(_INTS, step.ints, word)
                step.ints += 1
            elif isinstance(scalar, ReferenceType):
                self._store(_OBJECTS, step.objects, word)
                step.objects += 1
        self._sizes[_INTS] = max(self._sizes[_INTS], step.ints)
        self._sizes[_OBJECTS] = max(self._sizes[_OBJECTS], step.objects)

    def finish(self) -> dict[str, int]:
        """Write the last blocks. Returns the words of the buffers that are needed, by name."""
        for kind, step in self._last.items():
            self._text.open(step.label, cold=True)
            self._write_last(kind, step)
        for step in self._steps:
            phis = [
                f"{step.status} = phi i8 " + ", ".join(f'[{status}, %"{label}"]' for label, status, _ in step.incoming),
                f"{step.record} = phi ptr "
                + ", ".join(f'[{record}, %"{label}"]' for label, _, record in step.incoming),
            ]
            self._text.prepend(step.label, phis)
        return {buffer: size for buffer, size in self._sizes.items() if size}

    def _write_last(self, kind: _Last, step: _Step) -> None:
        shows, saves, target = kind
        text, status = self._text, step.status
        if shows or saves:
            wide = text.fresh()
            text.line(f"{wide} = zext i8 {status} to i32")
        if shows:
            site = self._field(step, 0, "ptr")
            text.line(f"call void {self._symbols.slot('pf_traceback')}(i32 {wide}, ptr {site}, ptr {_SHOWN}) #1")
        if saves:
            point, left, status = self._field(step, 1, "ptr"), text.fresh(), text.fresh()
            given = f"(i32 {wide}, ptr {point}, ptr {_SAVED})"
            text.line(f"{left} = call i32 {self._symbols.slot('pf_suspend')}{given} #1")
            text.line(f"{status} = trunc i32 {left} to i8")
        if step.most_ints:
            count = self._field(step, 2, "i64")
            text.line(f"call void {_release_ints(self._symbols)}(ptr {_INTS}, i64 {count})")
        if step.most_objects:
            count = self._field(step, 3, "i64")
            text.line(f"call void {_release_objects(self._symbols)}(ptr {_OBJECTS}, i64 {count})")
        self._leave(status, target)

    def _field(self, step: _Step, index: int, type_: str) -> str:
        place, value = self._text.fresh(), self._text.fresh()
        self._text.line(f"{place} = getelementptr {_RECORD}, ptr {step.record}, i64 0, i32 {index}")
        self._text.line(f"{value} = load {type_}, ptr {place}")
        return value


def _release_ints(symbols: Symbols) -> str:
    """Tagged ints: those that are big have a reference."""
    body = f"%big = trunc i64 %word to i1\nbr i1 %big, label %counted, label %done\ncounted:\ncall void {symbols.slot('pf_int_decref')}(i64 %word)\n"
    return _loop(symbols, '@"release ints"', body)


def _release_objects(symbols: Symbols) -> str:
    body = f"%object = inttoptr i64 %word to ptr\ncall void {symbols.slot('pf_object_decref')}(ptr %object)\n"
    return _loop(symbols, '@"release objects"', body)


def _loop(symbols: Symbols, name: str, body: str) -> str:
    """A function that does `body` with each `%word`."""
    text = f"""define internal void {name}(ptr %words, i64 %count) #2 {{
entry:
br label %next
next:
%number = phi i64 [0, %entry], [%following, %done]
%ended = icmp eq i64 %number, %count
br i1 %ended, label %end, label %take
take:
%place = getelementptr i64, ptr %words, i64 %number
%word = load i64, ptr %place
{body}br label %done
done:
%following = add i64 %number, 1
br label %next
end:
ret void
}}"""
    return symbols.define(name, lambda: text)
