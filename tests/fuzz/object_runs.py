"""Generated programs over objects, compiled against interpreted: all that can be seen of a run.

Results, exceptions with their chains, tracebacks and the locals in them, output, what callees and destructors saw of the
frames meanwhile, changed arguments and globals, and the order in which things end.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import io
import random
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType

import llvmlite.binding as llvm

from pyfreeze.options import Options
from tests.conftest import Both, build_both
from tests.fuzz import object_world as world
from tests.fuzz.object_forms import FLOATS, HEAD, INTEGERS, OTHERS
from tests.fuzz.object_programs import make_programs

SECONDS = 4
ATTEMPTS = 16
Result = dict[str, object]


def arguments_for(choose: random.Random) -> list[str]:
    """Five expressions: numbers mostly, a list, anything that has items."""
    kinds = choose.choice(
        [[INTEGERS[:12]], [INTEGERS[:12]], [INTEGERS], [FLOATS], [INTEGERS, FLOATS], [INTEGERS, FLOATS, OTHERS]]
    )
    a, b, c = (choose.choice(choose.choice(kinds)) for _ in range(3))
    items = [choose.choice(choose.choice(kinds)) for _ in range(choose.choice([0, 1, 3, 3, 5, 8]))]
    if choose.random() < 0.4:
        items = [str(choose.randint(-3, 9)) for _ in items]
    sequences = [
        "[1, 2, 3]",
        "(1, 2)",
        "{1: 2, 0: 'x'}",
        "{1, 2, 3}",
        "b'abc'",
        "bytearray(b'abc')",
        "'text'",
        "range(5)",
        "None",
    ]
    sequences += [
        "[2**62, 0.5]",
        "[]",
        "(0, 1)",
        "O(2)",
        "[I(1), F(2.0), True]",
        "memoryview(b'ab')",
        "{0: 1.5, 1: 2**70}",
    ]
    arguments = [a, b, c, f"[{', '.join(items)}]".replace("{{", "{").replace("}}", "}"), choose.choice(sequences)]
    return [argument.replace("{{", "{").replace("}}", "}").replace("E(xs, 1)", "E([], 1)") for argument in arguments]


@contextlib.contextmanager
def _as_before(module: ModuleType) -> Iterator[None]:
    """Puts back what a program changes of its module."""
    kept = dict(vars(module))
    try:
        yield
    finally:
        held = vars(module)
        for name in [*held]:
            if name not in kept:
                del held[name]
            elif held[name] is not kept[name]:
                held[name] = kept[name]
        module.g2[:] = [1, 2, 3]
        module.O.kind = 1


@contextlib.contextmanager
def _watched() -> Iterator[None]:
    """Stops what takes too long, logs what cannot be raised, and puts the builtins back."""
    names = {name: getattr(builtins, name) for name in world.ODD}
    sys.unraisablehook = lambda about: world.log.append(("unraisable", about.exc_type.__name__))
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for name, value in names.items():
            setattr(builtins, name, value)


def _too_long(_number: int, _frame: FrameType | None) -> None:
    world.stop()


def _told(error: BaseException | None, depth: int = 6) -> object:
    """An exception with its chain, and what its traceback shows."""
    if error is None or depth == 0:
        return None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    places = [
        (entry.name, entry.lineno, entry.colno, entry.end_lineno, entry.end_colno)
        for entry in traceback.extract_tb(error.__traceback__)
    ]
    if isinstance(error, UnboundLocalError) and sys.version_info < (3, 12):
        places[-1] = places[-1][:1]  # a warm interpreter names the instruction before, if it does both at once
    return {
        "type": type(error).__name__,
        "text": world.shown(str(error)),
        "arguments": world.shown(error.args),
        "name": world.shown(getattr(error, "name", None)),
        "places": [place for place, frame in zip(places, frames, strict=True) if frame.f_globals is not globals()],
        "locals": [
            [(name, world.shown(value)) for name, value in dict(frame.f_locals).items()]
            for frame in frames
            if frame.f_globals is not globals()
        ],
        "cause": _told(error.__cause__, depth - 1),
        "context": _told(error.__context__, depth - 1),
        "suppress": error.__suppress_context__,
    }


def run(module: ModuleType, name: str, texts: list[str]) -> Result | None:
    """All that a call does; None if it takes too long."""
    function = getattr(module, name)
    arguments = [eval(text, vars(module)) for text in texts]
    result: Result = {}
    out = io.StringIO()
    world.begin(module)
    signal.signal(signal.SIGALRM, _too_long)
    with _as_before(module), contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _watched():
                value = function(*arguments)
            result["value"] = world.shown(value)
            value = None
        except (world.TooLong, MemoryError, RecursionError):
            world.stopped = True
        except BaseException as error:
            world.log.append("left")
            result["error"] = _told(error)
        world.log.append("told")
        result["arguments"] = world.shown(arguments)
        result["globals"] = [world.shown(vars(module)[name]) for name in ("g0", "g1", "g2")]
        result["kept"] = [
            [(key, world.shown(held)) for key, held in dict(frame.f_locals).items()] for frame in world.frames
        ]
        world.frames.clear()
        world.log.append("frames left")
        arguments.clear()
    result["log"] = list(world.log)
    world.log.clear()
    gc.collect()
    result["collected"] = sorted(map(str, world.log))
    result["printed"] = out.getvalue()
    return None if world.stopped else result


def compare(both: Both, name: str, texts: list[str]) -> str:
    """How the compiled run differs from the interpreted one; empty if it does not."""
    expected = run(both.interpreted, name, texts)
    if expected is None:
        return ""
    found = run(both.compiled, name, texts)
    if found == expected or run(both.interpreted, name, texts) != expected:
        return ""
    if found is None:
        return "the compiled run does not end"
    told = []
    for key in [*expected, *(key for key in found if key not in expected)]:
        mine, theirs = found.get(key), expected.get(key)
        if mine == theirs:
            continue
        if isinstance(mine, list) and isinstance(theirs, list):
            at = next(
                (i for i, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0] != pair[1]),
                min(len(mine), len(theirs)),
            )
            told.append(f"{key}[{at}]: compiled {mine[at : at + 2]}\n  interpreted {theirs[at : at + 2]}")
        else:
            told.append(f"{key}: compiled {mine}\n  interpreted {theirs}")
    return "\n".join(told)


@contextlib.contextmanager
def _without_optimisation() -> Iterator[None]:
    """LLVM takes most of the time otherwise."""
    create_options, create_machine = llvm.create_pipeline_tuning_options, llvm.Target.create_target_machine

    def options(**_: object) -> object:
        return create_options(speed_level=0)

    def machine(self: llvm.Target, **given: object) -> object:
        return create_machine(self, **{**given, "opt": 0})

    llvm.create_pipeline_tuning_options, llvm.Target.create_target_machine = options, machine
    try:
        yield
    finally:
        llvm.create_pipeline_tuning_options, llvm.Target.create_target_machine = create_options, create_machine


def build_programs(folder: Path, texts: list[str]) -> Both:
    return build_both(folder, HEAD + "\n\n" + "\n\n".join(texts) + "\n", Options())


def check(
    folder: Path,
    number: int,
    count: int,
    begins: Callable[[str, list[str]], None] = lambda *_: None,
    *,
    optimised: bool = True,
) -> tuple[list[str], float]:
    """The differences of `count` programs, and what share of them is native. `begins` is told of each run before it."""
    texts = make_programs(number, count)
    with contextlib.nullcontext() if optimised else _without_optimisation():
        both = build_programs(folder, texts)
    tiers = {item.name: item.tier for item in both.report.functions}
    differences = []
    gc.disable()
    gc.freeze()  # what the compiler holds need not be looked at after each run
    try:
        for index, text in enumerate(texts):
            choose = random.Random(f"{number} {index}")
            for _ in range(ATTEMPTS):
                arguments = arguments_for(choose)
                begins(f"f{index}", arguments)
                difference = compare(both, f"f{index}", arguments)
                if difference:
                    differences.append(f"{text}\n# args: {arguments}\n{difference}")
                    break
    finally:
        gc.unfreeze()
        gc.enable()
    return differences, sum(tiers[f"f{index}"] == "native-with-objects" for index in range(count)) / count
