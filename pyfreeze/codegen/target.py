"""LLVM through llvmlite: parse, optimise, and emit for a CPU. The only file that imports llvmlite."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import llvmlite.binding as llvm

from pyfreeze.options import Options
from pyfreeze.stopwatch import Stopwatch


class LlvmError(Exception):
    """LLVM rejects the text that codegen made: always a bug of ours."""


def emit_object(
    text: str, options: Options, dump: Callable[[str, Callable[[], str]], None], stopwatch: Stopwatch
) -> bytes:
    """Object code of a module given as LLVM text.

    `dump(stage, text)` is called at `llvm-optimized` and `assembly`; it decides whether to ask for the text.
    Raises LlvmError.
    """
    with stopwatch.phase("llvm-parse"):
        machine, module = _parsed(text, options)
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = True
    # Pairs of doubles take as long to put together as they save, and a loop that carries them waits for that.
    tuning.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, tuning)
    with stopwatch.phase("llvm-optimize"):
        builder.getModulePassManager().run(module, builder)
    dump("llvm-optimized", lambda: str(module))
    dump("assembly", lambda: machine.emit_assembly(module))
    with stopwatch.phase("llvm-emit"):
        emitted: bytes = machine.emit_object(module)
    return emitted


def _parsed(text: str, options: Options) -> tuple[llvm.TargetMachine, llvm.ModuleRef]:
    """Raises LlvmError."""
    _set_options()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    machine = _machine(options)
    try:
        module = llvm.parse_assembly(text)
        module.triple = machine.triple
        module.data_layout = str(machine.target_data)
        module.verify()
    except RuntimeError as error:
        raise LlvmError(str(error)) from error
    return machine, module


@cache
def _set_options() -> None:
    # Vectorise around a float sum that is itself added up in order, as gcc does: the result is the same to the bit.
    llvm.set_option("pyfreeze", "-force-ordered-reductions=true")
    # Constants would be taken out of loops, and then variables be spilled, since they do not all fit into registers.
    llvm.set_option("pyfreeze", "-disable-machine-licm")


def _machine(options: Options) -> llvm.TargetMachine:
    target = llvm.Target.from_default_triple()
    if options.cpu == "native":
        cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    else:
        cpu, features = "", ""
    machine: llvm.TargetMachine = target.create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="default"
    )
    return machine


def version() -> str:
    """LLVM's version, e.g. `22.1.0`."""
    return ".".join(map(str, llvm.llvm_version_info))
