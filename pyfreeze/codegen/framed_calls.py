"""Calls of objects in framed functions: what a place called last is called again without asking what it is."""

from __future__ import annotations

from pyfreeze.codegen.direct_entries import CONTEXT
from pyfreeze.codegen.framed_guards import Guards
from pyfreeze.ir.instructions import Apply

_CALLABLE_MOVED = 1 << 63
"""Counterpart: `CALLABLE_MOVED` of `runtime/src/direct_calls.c`."""

_CACHE = "%PfCallCache = type {ptr, ptr, ptr, ptr, ptr, i32, i32, i64}"


class Calls(Guards):
    """`call…[n]`: a vectorcall, with a free place before the arguments. References that are not used any more are the callee's."""

    def _vectorcall(self, instruction: Apply, kind: str) -> str:
        operands = [self._names[operand] for operand in instruction.operands]
        has_keywords, is_method = kind.endswith("_keywords"), kind.startswith("call_method")
        names = operands.pop(1) if has_keywords else "null"
        callee, *arguments = operands
        shift = 1 + has_keywords
        owned = [number + shift in instruction.moved for number in range(len(arguments))]
        receiver = None
        if is_method:
            pair, callee, receiver = callee, self._fresh(), self._fresh()
            self._line(f"{callee} = extractvalue {{ptr, ptr}} {pair}, 0")
            self._line(f"{receiver} = extractvalue {{ptr, ptr}} {pair}, 1")
        cache = self._call_cache()
        if has_keywords:
            return self._call_generally(cache, callee, receiver, arguments, owned, 0 in instruction.moved, names)
        return self._call_again(cache, callee, receiver, arguments, owned, 0 in instruction.moved)

    def _call_cache(self) -> str:
        self._symbols.declare(CONTEXT)
        self._symbols.declare(_CACHE)
        name = f'@"called {self._place()}"'
        return self._symbols.define(name, lambda: f"{name} = internal global %PfCallCache zeroinitializer")

    def _call_again(
        self, cache: str, callee: str, receiver: str | None, arguments: list[str], owned: list[bool], moves_callee: bool
    ) -> str:
        is_function, known, cold, following = map(self._new_label, ("function", "known", "called", "next"))
        if receiver is not None:
            checked = self._new_label("received")
            self._line(f'br i1 {self._is_null(receiver)}, label %"{cold}", label %"{checked}"{_UNLIKELY}')
            self._open(checked)
        type_, same = self._field(callee, "type"), self._fresh()
        self._line(f"{same} = icmp eq ptr {type_}, {self._data('PyFunction_Type')}")
        self._line(f'br i1 {same}, label %"{is_function}", label %"{cold}"')
        self._open(is_function)
        code, seen, hit = self._field(callee, "function_code"), self._fresh(), self._fresh()
        self._line(f"{seen} = load ptr, ptr {cache}")
        self._line(f"{hit} = icmp eq ptr {code}, {seen}")
        self._line(f'br i1 {hit}, label %"{known}", label %"{cold}", !prof !2')
        self._open(known)
        place, entry, answer = self._fresh(), self._fresh(), self._fresh()
        self._line(f"{place} = getelementptr %PfCallCache, ptr {cache}, i64 0, i32 1")
        self._line(f"{entry} = load ptr, ptr {place}")
        for name, is_owned in zip([callee, *arguments], [moves_callee, *owned], strict=True):
            if not is_owned:
                self._line(f"call void {self._counting('incref')}(ptr {name})")
        if receiver is not None and not moves_callee:
            self._line(f"call void {self._counting('incref')}(ptr {receiver})")
        given = [callee, *([receiver] if receiver is not None else []), *arguments]
        typed = ", ".join(["ptr %context", *(f"ptr {name}" for name in given)])
        self._line(f"{answer} = call ptr {entry}({typed})")
        answered = self._text.label
        self._line(f'br label %"{following}"')
        self._open(cold)
        other = self._call_generally(cache, callee, receiver, arguments, owned, moves_callee, "null")
        label, result = self._text.label, self._fresh()
        self._line(f'br label %"{following}"')
        self._open(following)
        self._line(f'{result} = phi ptr [{answer}, %"{answered}"], [{other}, %"{label}"]')
        return result

    def _call_generally(
        self,
        cache: str,
        callee: str,
        receiver: str | None,
        arguments: list[str],
        owned: list[bool],
        moves_callee: bool,
        names: str,
    ) -> str:
        self._gather([receiver or "null", *arguments])
        bits = sum(1 << number for number, is_owned in enumerate(owned) if is_owned)
        callee_bit = _CALLABLE_MOVED * moves_callee
        first, moved = self._fresh(), _word(bits | callee_bit)
        self._line(f"{first} = getelementptr ptr, ptr %vector, i64 1")
        total, count = map(str, self._plain_count(len(arguments)))
        if receiver is not None:
            with_receiver, first_used, count_used, moved_used = (self._fresh() for _ in range(4))
            after = _word(bits << 1 | moves_callee | callee_bit)
            self._line(f"{with_receiver} = icmp ne ptr {receiver}, null")
            self._line(f"{first_used} = select i1 {with_receiver}, ptr %vector, ptr {first}")
            self._line(f"{count_used} = select i1 {with_receiver}, i64 {int(total) + 1}, i64 {count}")
            self._line(f"{moved_used} = select i1 {with_receiver}, i64 {after}, i64 {moved}")
            first, count, moved = first_used, count_used, moved_used
        if names != "null":
            count = self._without_keywords(count, names)
        slot = self._symbols.slot("pf_call_object")
        given = f"ptr {first}, i64 {count}, ptr {names}, i64 {moved}"
        return self._result_of(f"ptr {slot}(ptr %context, ptr {callee}, {given}, ptr {cache})")

    def _plain_count(self, count: int) -> tuple[int, int]:
        """How many arguments; and the same with the flag that says that the place before them may be used."""
        return count, count - (1 << 63)

    def _without_keywords(self, count: str, names: str) -> str:
        """A vectorcall counts positional arguments only."""
        place, given, left = self._fresh(), self._fresh(), self._fresh()
        self._line(f"{place} = getelementptr i8, ptr {names}, i64 {self._facts['var_size']}")
        self._line(f"{given} = load i64, ptr {place}")
        self._line(f"{left} = sub i64 {count}, {given}")
        return left

    def _gather(self, names: list[str]) -> None:
        """Store into the vector; the first may be null."""
        self._vector_size = max(self._vector_size, len(names))
        for index, name in enumerate(names):
            place = self._fresh()
            self._line(f"{place} = getelementptr ptr, ptr %vector, i64 {index}")
            self._line(f"store ptr {name}, ptr {place}")


_UNLIKELY = ", !prof !1"


def _word(bits: int) -> str:
    """As the signed number that LLVM writes."""
    return str(bits - (1 << 64) if bits >= 1 << 63 else bits)
