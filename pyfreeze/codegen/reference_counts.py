"""Counting references to objects inline, as Py_XINCREF and Py_XDECREF of the running interpreter do.

Which way that is, the runtime's `layout()` says: `refcounts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyfreeze.codegen.array_access import COUNT

_BY_CALL, _BY_WORD = 0, 1


def counting_function(
    name: str, change: str, layout: Mapping[str, int], slot: Callable[[str], str], always_inline: bool
) -> str:
    """The LLVM function `name` of an object or NULL. change: "incref", "decref", or "drop": whether that was the last reference.

    After `drop` the caller frees the object.
    """
    # There are many on the ways out of a function, so that copies of the longer one would make it large.
    inline = "alwaysinline" if always_inline or change == "incref" else "noinline"
    head = f"define internal void {name}(ptr %a) {inline} nounwind {{"
    if change == "drop":
        return _drop(name, layout)
    if layout["refcounts"] == _BY_CALL:
        return f"{head}\ncall void {slot(f'pf_object_{change}')}(ptr %a)\nret void\n}}"
    word = "i64" if layout["refcounts"] == _BY_WORD else "i32"
    lines = [
        head,
        "%none = icmp eq ptr %a, null",
        "br i1 %none, label %done, label %some",
        "some:",
        f"%before = load {word}, ptr %a, align 8{COUNT}",
    ]
    if word == "i32":
        lines += ["%immortal = icmp slt i32 %before, 0", "br i1 %immortal, label %done, label %count", "count:"]
    lines += [
        f"%after = {'add' if change == 'incref' else 'sub'} {word} %before, 1",
        f"store {word} %after, ptr %a, align 8{COUNT}",
    ]
    if change == "incref":
        lines += ["br label %done"]
    else:
        lines += [
            f"%last = icmp eq {word} %after, 0",
            "br i1 %last, label %free, label %done, !prof !1",
            f"free:\ncall void {slot('pf_free_object')}(ptr %a) #1",
            "br label %done",
        ]
    return "\n".join([*lines, "done:", "ret void", "}"])


def _drop(name: str, layout: Mapping[str, int]) -> str:
    word = "i64" if layout["refcounts"] == _BY_WORD else "i32"
    immortal = ["%immortal = icmp slt i32 %before, 0", "br i1 %immortal, label %done, label %count", "count:"]
    lines = [
        f"define internal i1 {name}(ptr %a) alwaysinline nounwind {{",
        "%none = icmp eq ptr %a, null",
        "br i1 %none, label %done, label %some",
        "some:",
        f"%before = load {word}, ptr %a, align 8{COUNT}",
        *(immortal if word == "i32" else []),
        f"%after = sub {word} %before, 1",
        f"store {word} %after, ptr %a, align 8{COUNT}",
        f"%last = icmp eq {word} %after, 0",
        "ret i1 %last",
        "done:",
        "ret i1 false",
        "}",
    ]
    return "\n".join(lines)
