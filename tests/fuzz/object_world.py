"""What generated programs over objects call. It is never compiled, and logs what it sees of the program.

`builtins` that programs rebind are bound here, so that nothing here calls what a program has put in their place.
"""

from __future__ import annotations

import builtins
import re
import sys
from builtins import abs, dict, getattr, isinstance, len, list, max, min, range, repr, setattr, sorted, str, type  # noqa: UP029
from collections.abc import Callable
from types import FrameType, FunctionType, ModuleType
from typing import NoReturn

INF = float("inf")
NAN = INF - INF
MOST_ENTRIES = 600

log: list[object] = []
frames: list[FrameType] = []
module: ModuleType
"""The module whose program runs."""
stopped = False
"""Whether the run is to end, since it has done enough."""
_counters = {"fail": 0, "deeper": 0}


class TooLong(BaseException):
    """The program has done enough."""


def begin(running: ModuleType) -> None:
    global module, stopped
    module, stopped = running, False
    log.clear()
    frames.clear()
    _counters.update(fail=0, deeper=0)


def stop() -> NoReturn:
    global stopped
    stopped = True
    raise TooLong


def write(*entry: object) -> None:
    if len(log) >= MOST_ENTRIES:
        stop()
    log.append(entry)


def shown(value: object, depth: int = 4) -> object:
    """Plain data that tell values apart, types included, and keep nothing alive; runs no code of programs."""
    kind = type(value)
    if value is None or kind in (bool, range, slice):
        return repr(value)
    if kind is int:
        return f"int {value:x}" if value.bit_length() < 8000 else f"int {hash(value)} {value.bit_length()}"  # type: ignore
    if kind is float:
        return f"float {value.hex()}"  # type: ignore[attr-defined]
    if kind is str:
        return "str", re.sub("0x[0-9a-f]{6,}", "0x", value[:300]), len(value)  # type: ignore[index]
    if kind in (bytes, bytearray):
        return kind.__name__, repr(value[:100]), len(value)  # type: ignore[index]
    name = kind.__qualname__
    if depth == 0:
        return name
    if kind in (list, tuple):
        return name, len(value), [shown(item, depth - 1) for item in value[:20]]  # type: ignore[index]
    if kind in (set, frozenset):
        return name, sorted(str(shown(item, depth - 1)) for item in value)  # type: ignore[attr-defined]
    if kind is dict:
        return name, [(shown(key, depth - 1), shown(item, depth - 1)) for key, item in list(value.items())[:20]]  # type: ignore[attr-defined]
    if isinstance(value, BaseException):
        return name, shown(value.args, depth - 1)
    if isinstance(value, (type, FunctionType)):
        return name, value.__qualname__
    inside = [shown(int.__int__(value))] if isinstance(value, int) else []
    inside += [shown(float.__float__(value))] if isinstance(value, float) else []
    return name, inside, [(key, shown(item, depth - 1)) for key, item in getattr(value, "__dict__", {}).items()]


def seen(frame: FrameType | None) -> list[object]:
    """The program's frames from this one on: names, lines and locals."""
    found: list[object] = []
    while frame is not None and len(found) < 4:
        if frame.f_globals is module.__dict__:
            locals_ = [(name, shown(value, 3)) for name, value in dict(frame.f_locals).items()]
            found.append((frame.f_code.co_name, frame.f_lineno, locals_))
        frame = frame.f_back
    return found


# What programs call


def look(value: object = None) -> object:
    """Logs what the frames of the callers hold."""
    write("look", seen(sys._getframe(1)))
    return value


def note(value: object = None) -> object:
    write("note", shown(value))
    return value


def keep(value: object = None) -> object:
    """Remembers the caller's frame: `look_back` and the end of the run show what it holds then."""
    if len(frames) < 3:
        frames.append(sys._getframe(1))
    return value


def look_back(value: object = None) -> object:
    for frame in frames:
        write("look back", [(name, shown(held, 3)) for name, held in dict(frame.f_locals).items()])
    return value


def poke(name: str, value: object) -> None:
    """Writes to a variable of the caller: from CPython 3.13 on it takes effect."""
    sys._getframe(1).f_locals[name] = value


def fail(value: object = None) -> object:
    """Raises, each time something else; every third time it does not."""
    _counters["fail"] = count = _counters["fail"] + 1
    if count % 3 == 0:
        return value
    errors: list[BaseException] = [ValueError("v", count), KeyError(count), TypeError("t"), IndexError(), Odd(count)]
    raise errors[count % len(errors)]


def deeper() -> bool:
    """Whether the program may call itself once more."""
    _counters["deeper"] += 1
    return _counters["deeper"] < 5


def mutate(items: object, value: object = None) -> object:
    """Changes a list in one of several ways, by its length."""
    if type(items) is list:
        match len(items) % 5:
            case 0:
                items.append(value)
            case 1:
                items.insert(0, value)
            case 2 | 4:
                items.pop()
            case 3:
                items[:] = items[::-1]
    return value


def rebind(name: str, value: object) -> None:
    setattr(module, name, value)


def rebind_builtin(name: str, value: object) -> None:
    setattr(builtins, name, value)


def odd_len(*arguments: object) -> object:
    write("odd_len")
    return len(*arguments) + 1  # type: ignore[arg-type]


def odd_abs(*arguments: object) -> object:
    write("odd_abs")
    return float(abs(*arguments))  # type: ignore[arg-type]


def odd_range(*arguments: object) -> object:
    write("odd_range")
    return list(range(*arguments)[:9])[::-1]  # type: ignore[call-overload]


def odd_min(*arguments: object) -> object:
    write("odd_min")
    return max(*arguments)  # type: ignore


def odd_max(*arguments: object) -> object:
    write("odd_max")
    return min(*arguments)  # type: ignore


def odd_isinstance(*arguments: object) -> object:
    write("odd_isinstance")
    return not isinstance(*arguments)  # type: ignore


ODD: dict[str, Callable[..., object]] = {
    "len": odd_len,
    "abs": odd_abs,
    "range": odd_range,
    "min": odd_min,
    "max": odd_max,
    "isinstance": odd_isinstance,
}


class Odd(Exception):
    """An exception that only programs raise."""


class D:
    """Logs its end, and what the frame where it ends holds then."""

    def __init__(self, name: object, looks: bool = False) -> None:
        self.name, self.looks = name, looks

    def __repr__(self) -> str:
        return f"D({self.name!r})"

    def __del__(self) -> None:
        log.append(("del", shown(self.name), seen(sys._getframe(1)) if self.looks else None))


class E:
    """Changes something of the program when it ends."""

    def __init__(self, items: object, value: object = None) -> None:
        self.items, self.value = items, value

    def __del__(self) -> None:
        log.append(("end", shown(self.value)))
        mutate(self.items, self.value)
