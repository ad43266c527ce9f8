"""The compiler's stages, one after the other, on one screen: `compile_module`."""

from __future__ import annotations

import _imp
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import pyfreeze._runtime as runtime
from pyfreeze.codegen.code_objects import CodeKey, functions_of
from pyfreeze.codegen.module_emitter import HASH_KEY, ModuleInfo, emit_module
from pyfreeze.codegen.resume_points import find_point
from pyfreeze.codegen.stack_contents import stack_after
from pyfreeze.codegen.target import LlvmError, emit_object
from pyfreeze.diagnostics import Diagnostic, DiagnosticError
from pyfreeze.explain.report import FunctionReport, ModuleReport, Tier
from pyfreeze.ir.function import Module, Stage
from pyfreeze.ir.printer import format_module
from pyfreeze.ir.verifier import VerifierError, verify
from pyfreeze.irbuild.expected_types import expectations
from pyfreeze.irbuild.module_builder import BuiltModule, build_module, unseen_functions
from pyfreeze.lifting.known_names import known_names
from pyfreeze.lifting.module_lifter import lift_functions
from pyfreeze.link.linker import extension_suffix, link_extension
from pyfreeze.options import Options
from pyfreeze.passes.pipeline import PASSES, Pass, PassFailure, run_passes
from pyfreeze.sources import SourceFile
from pyfreeze.stopwatch import Stopwatch
from pyfreeze.typecheck.checker import TypedModule, typecheck

STAGES = ("ir", *(f"ir-after-{item.name}" for item in PASSES), "llvm", "llvm-optimized", "assembly")
"""What `--dump` can show, in order."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """`extension` is None if the build failed; `diagnostics` say why, or hold warnings."""

    source: SourceFile
    extension: Path | None
    diagnostics: tuple[Diagnostic, ...]
    report: ModuleReport | None
    seconds_by_phase: dict[str, float]
    dumps: tuple[tuple[str, str], ...]

    @property
    def seconds(self) -> float:
        return sum(self.seconds_by_phase.values())


@dataclass(frozen=True, slots=True)
class _Analysed:
    code: CodeType
    typed: TypedModule
    built: BuiltModule
    diagnostics: tuple[Diagnostic, ...]


def build(
    sources: Sequence[SourceFile],
    out_dir: Path | None,
    options: Options,
    progress: Callable[[BuildResult], None] | None = None,
) -> list[BuildResult]:
    """Build each source into an extension module beside it, or in `out_dir`."""
    results = []
    for source in sources:
        stopwatch = Stopwatch()
        try:
            result = compile_module(source, extension_path(source, out_dir), options, stopwatch)
        except DiagnosticError as error:
            result = BuildResult(source, None, error.diagnostics, None, stopwatch.seconds, ())
        results.append(result)
        if progress is not None:
            progress(result)
    return results


def extension_path(source: SourceFile, out_dir: Path | None) -> Path:
    """Where the extension module of `source` goes: beside it, or under `out_dir` in the folders of its packages."""
    *packages, stem = source.module_name.split(".")
    if source.is_package:
        packages, stem = [*packages, stem], "__init__"
    folder = source.path.parent if out_dir is None else out_dir.joinpath(*packages)
    return folder / f"{stem}{extension_suffix()}"


def compile_module(
    source: SourceFile, target: Path, options: Options, stopwatch: Stopwatch | None = None
) -> BuildResult:
    """All stages. Raises DiagnosticError."""
    stopwatch = stopwatch or Stopwatch()
    dumps: list[tuple[str, str]] = []

    def dump(stage: str, text: Callable[[], str]) -> None:
        if stage in options.dumps:
            dumps.append((stage, text()))

    analysed = _analyse(source, options, stopwatch)
    module = analysed.built.module
    dump("ir", lambda: format_module(module))
    failures = _transform(module, options, dump, stopwatch)
    object_code = _generate(source, analysed.code, analysed.built, options, dump, stopwatch)
    with stopwatch.phase("link"):
        link_extension(object_code, target, source.init_symbol)
    diagnostics = (
        *_hidden_main(source, target),
        *analysed.diagnostics,
        *(_internal(source, failure) for failure in failures),
    )
    report = _report(source, analysed.built, failures)
    return BuildResult(source, target, diagnostics, report, stopwatch.seconds, tuple(dumps))


def analyse(source: SourceFile) -> tuple[ModuleReport, tuple[Diagnostic, ...]]:
    """What `explain` shows, without generating code. Raises DiagnosticError."""
    stopwatch = Stopwatch()
    analysed = _analyse(source, Options(), stopwatch, every_reason=True)
    failures = _transform(analysed.built.module, Options(), lambda _stage, _text: None, stopwatch)
    return _report(source, analysed.built, failures), analysed.diagnostics


def _analyse(source: SourceFile, options: Options, stopwatch: Stopwatch, *, every_reason: bool = False) -> _Analysed:
    with stopwatch.phase("python-compile"):
        code = _python_code(source)
        codes = functions_of(code)
    with stopwatch.phase("typecheck"):
        typed = typecheck(source)
    if typed.tree is None:
        built = BuiltModule(Module(source.module_name), list(unseen_functions(codes)), {}, frozenset())
    else:
        impure = options.assume_impure
        with stopwatch.phase("irbuild"):
            built = build_module(
                typed.tree,
                source.module_name,
                codes,
                find_point,
                stack_after,
                assume_impure=impure,
                every_reason=every_reason,
                types=typed.types,
            )
    with stopwatch.phase("lift"):
        framed, framed_keys, _ = lift_functions(codes, _native_keys(built), expectations(typed))
        names = known_names(code)
        for function in framed.values():
            function.known_names = names
    built.module.framed.update(framed)
    built.keys.update(framed_keys)
    path = str(source.path)
    diagnostics = tuple(
        Diagnostic("PF401", "warning", path, error.line, error.column, error.message) for error in typed.errors
    )
    return _Analysed(code, typed, built, diagnostics)


def _native_keys(built: BuiltModule) -> set[CodeKey]:
    return {built.keys[name] for name in built.module.functions}


def _python_code(source: SourceFile) -> CodeType:
    try:
        return compile(source.data, str(source.path.absolute()), "exec", dont_inherit=True, optimize=0)
    except SyntaxError as error:
        place = (error.lineno or 0, max((error.offset or 1) - 1, 0))
        raise DiagnosticError((Diagnostic("PF504", "error", str(source.path), *place, error.msg),)) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise DiagnosticError((Diagnostic("PF504", "error", str(source.path), 0, 0, str(error)),)) from None


def _transform(
    module: Module, options: Options, dump: Callable[[str, Callable[[], str]], None], stopwatch: Stopwatch
) -> list[PassFailure]:
    failures = []
    for name, function in list(module.functions.items()):
        try:
            with stopwatch.phase("verify"):
                verify(function, Stage.BUILT)
        except VerifierError as error:
            failures.append(PassFailure("irbuild", name, str(error)))
            del module.functions[name]

    def after(item: Pass, module: Module) -> None:
        dump(f"ir-after-{item.name}", lambda: format_module(module))

    return failures + run_passes(module, options, after, verify, stopwatch)


def _generate(
    source: SourceFile,
    code: CodeType,
    built: BuiltModule,
    options: Options,
    dump: Callable[[str, Callable[[], str]], None],
    stopwatch: Stopwatch,
) -> bytes:
    source_hash = _imp.source_hash(HASH_KEY, source.data)
    info = ModuleInfo(
        source.module_name.rpartition(".")[2],
        source.init_symbol,
        source.path.name,
        source_hash,
        code,
        built.keys,
        runtime.layout(),
        built.entered,
    )
    with stopwatch.phase("codegen"):
        text = emit_module(built.module, info)
    dump("llvm", lambda: text)
    try:
        return emit_object(text, options, dump, stopwatch)
    except LlvmError as error:
        message = f"LLVM rejects the generated code: {error}"
        raise DiagnosticError((Diagnostic("PF507", "error", str(source.path), 0, 0, message),)) from None


def _hidden_main(source: SourceFile, target: Path) -> list[Diagnostic]:
    """`python -m package` takes an extension before the .py, and then cannot run it."""
    if target.name != f"__main__{extension_suffix()}":
        return []
    message = "`python -m` and `python FOLDER` do not run an extension module, and do not look at the .py beside it"
    hint = "leave __main__.py as it is, and build the modules that it imports"
    return [Diagnostic("PF510", "warning", str(source.path), 0, 0, message, hint)]


def _internal(source: SourceFile, failure: PassFailure) -> Diagnostic:
    message = f"internal error in {failure.pass_name}: {failure.message}; {failure.function} keeps its twin"
    return Diagnostic("PF190", "warning", str(source.path), 0, 0, message, "please report this")


def _report(source: SourceFile, built: BuiltModule, failures: Sequence[PassFailure]) -> ModuleReport:
    failed = {failure.function: failure for failure in failures}
    framed = {built.keys[name] for name in built.module.framed}
    functions = []
    for outcome in built.outcomes:
        reasons = tuple(
            Diagnostic(reason.code, "note", str(source.path), reason.line, reason.column, reason.message, reason.hint)
            for reason in outcome.reasons
        )
        if outcome.name in failed and not reasons:
            reasons = (_internal(source, failed[outcome.name]),)
        tier: Tier = "native"
        if reasons:
            tier = "native-with-objects" if outcome.key in framed else "twin"
        entered = tuple(name for name in outcome.specialised if name in built.entered)
        functions.append(FunctionReport(outcome.name, outcome.line, tier, reasons, outcome.specialised, entered))
    return ModuleReport(str(source.path), tuple(functions))
