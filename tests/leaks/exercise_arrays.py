"""Does everything with `Array` over and over and watches the number of references and of blocks of memory. A script."""

import array
import copy
import gc
import pickle
import sys
from typing import Any, TypeVar

from pyfreeze import Array, float32, float64, frozen, int8, int64, uint64

T = TypeVar("T")


def refused(function: Any, *arguments: Any) -> None:
    try:
        function(*arguments)
    except (ValueError, OverflowError, TypeError, IndexError, BufferError, MemoryError):
        return
    raise AssertionError(f"{arguments} should fail")


class Failing:
    """Fails wherever it is used."""

    def __index__(self) -> int:
        raise ValueError

    def __eq__(self, other: object) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]


def lists(element: Any) -> None:
    a = Array[element]([1, 2, 3])
    a.append(2)
    a.extend(value for value in (1, 2))
    a += (3, 4)
    a.insert(1, 5)
    a[2], a[1:3], a[::2] = 7, [1, 2, 3], a[::-2]
    del a[0], a[1:2], a[::2]
    a.extend(a)
    a *= 2
    for value in (1, 2.0, 1.5, None, 2**80, "x", 1j):
        value in a, a.count(value)
    a.remove(a[0]), a.index(a[0]), a.pop(), a.pop(0)
    a.sort(), a.sort(key=lambda value: -value, reverse=True), a.reverse()
    list(a), list(reversed(a)), repr(a), a == a.copy(), a < a + a, hash(type(a)), a == Array[float64](a)
    for protocol in range(6):
        pickle.loads(pickle.dumps(a, protocol))
    copy.copy(iter(a)), copy.deepcopy(a), sys.getsizeof(a), Array[element].filled(10, 1)
    failing = Failing()
    for action in (a.append, a.count, a.index, a.remove, a.extend, a.pop, a.__getitem__, a.__contains__, a.reserve):
        refused(action, failing)
    for value in ("x", None, 2**2000):
        refused(a.append, value), refused(a.insert, 0, value), refused(a.__setitem__, 0, value)
        refused(a.extend, [1, value]), refused(a.__setitem__, slice(0, 1), iter([1, value]))
    refused(a.__getitem__, 99), refused(a.__getitem__, "x"), refused(a.__setitem__, slice(None, None, 2), [1])
    refused(a.reserve, 2**62), refused(Array[element].filled, 2**62, 1), refused(a.__add__, [1])
    refused(lambda: a.sort(key=lambda value: a.append(1))), refused(lambda: a.sort(key=lambda value: 1j))
    a.clear(), a.clear()


def types_and_buffers() -> None:
    for element in (int, float, str, list[int], 3, object):
        refused(lambda element=element: Array[element])
    alias = Array[T]  # type: ignore[valid-type]
    assert alias[int64] is Array[int64] and pickle.loads(pickle.dumps(alias)) == alias
    refused(alias, [1]), refused(Array), refused(lambda: type("X", (Array,), {}))
    assert pickle.loads(pickle.dumps(Array[int64])) is Array[int64] and repr(Array[int64])
    a = Array[int64](range(5))
    view = memoryview(a)
    refused(a.append, 1), refused(a.clear), refused(a.pop)
    a.sort(key=abs)
    view.release()
    words = array.array("q", range(5))
    shared = Array[int64].from_buffer(words)
    refused(shared.append, 1)
    shared[0] = 7
    Array[int64](words), Array[int64].from_buffer(memoryview(words)[1:]), Array[int64](memoryview(words)[::2])
    for exporter in (b"12345678", memoryview(words)[::2], array.array("d"), bytearray(8), None):
        refused(Array[int64].from_buffer, exporter)
    buffers: list[Any] = []
    pickle.loads(pickle.dumps(a, 5, buffer_callback=buffers.append), buffers=buffers)


def frozen_elements() -> None:
    @frozen
    class Pair:
        x: float64
        y: int8

    a = Array[Pair]([Pair(1, 2), Pair(3, 4)])
    a += [Pair(5, 6)]
    a[0], a[1:2] = a[1], a[::2]
    assert Pair(5, 6) in a and a == a.copy() and a.count(Pair(3, 4)) == 1 and list(a) and repr(a)
    a.sort(key=lambda pair: pair.x, reverse=True)
    refused(a.sort), refused(a.append, 1), refused(a.append, None), memoryview(a).release()


def run(rounds: int) -> tuple[int, int]:
    for _ in range(rounds):
        for element in (int64, float64, float32, int8, uint64):
            lists(element)
        types_and_buffers()
        frozen_elements()
    gc.collect()
    sys._clear_type_cache()  # which keeps up to 4096 names alive, of unpickled attributes too
    return sys.gettotalrefcount(), sys.getallocatedblocks()  # type: ignore[attr-defined]


def main() -> None:
    run(200)  # fills caches
    before, rounds = run(100), 200
    after = run(rounds)
    print("references, blocks", before, after)
    assert after[0] - before[0] <= 20 and after[1] - before[1] <= 20, "something is lost in each round"


if __name__ == "__main__":
    main()
