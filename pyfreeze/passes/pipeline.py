"""The passes in order, the order's reasons, and the runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyfreeze.analysis.native_callees import NativeCallee, native_callees
from pyfreeze.ir.function import Function, Module, Stage
from pyfreeze.options import Options
from pyfreeze.passes.add_entry_polls import add_entry_polls
from pyfreeze.passes.add_exception_edges import add_exception_edges
from pyfreeze.passes.ask_for_lengths_again import ask_for_lengths_again
from pyfreeze.passes.dense_views import dense_views
from pyfreeze.passes.eliminate_dead_code import eliminate_dead_code
from pyfreeze.passes.forward_items import forward_items
from pyfreeze.passes.inline_calls import inline_calls
from pyfreeze.passes.insert_refcounts import insert_refcounts
from pyfreeze.passes.part_last_steps import part_last_steps
from pyfreeze.passes.reduce_strength import reduce_strength
from pyfreeze.passes.remove_checks import remove_checks
from pyfreeze.passes.remove_polls import remove_polls
from pyfreeze.passes.split_aggregates import split_aggregates
from pyfreeze.passes.strip_mine_loops import strip_mine_loops
from pyfreeze.passes.thread_conditions import thread_conditions
from pyfreeze.passes.unbox_framed import unbox_framed
from pyfreeze.passes.unbox_ints import unbox_ints
from pyfreeze.passes.unbox_loops import unbox_loops
from pyfreeze.passes.unroll_recursion import unroll_recursion
from pyfreeze.passes.version_loops import version_loops
from pyfreeze.passes.version_strips import version_strips
from pyfreeze.passes.wrap_masked_arithmetic import wrap_masked_arithmetic
from pyfreeze.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass over one function, or over the module. `required` ones cannot be left out; `stage` is what it leads to.

    run_on_framed: over one framed function, given what its callees are
    """

    name: str
    run_on_function: Callable[[Function], object] | None = None
    run_on_module: Callable[[Module], None] | None = None
    run_on_framed: Callable[[Function, Mapping[str, NativeCallee]], None] | None = None
    required: bool = False
    stage: Stage | None = None
    on_framed: bool = False  # framed functions are @EXPLICIT from the start


PASSES = (
    Pass("inline-calls", run_on_module=inline_calls),
    Pass("wrap-masked-arithmetic", wrap_masked_arithmetic),
    Pass("thread-conditions", thread_conditions),
    Pass("split-aggregates", split_aggregates),
    Pass("forward-items", forward_items),
    Pass("unbox-ints", unbox_ints),
    Pass("version-loops", version_loops),
    Pass("reduce-strength", reduce_strength),
    Pass("remove-checks", remove_checks),
    Pass("remove-polls", remove_polls),
    Pass("strip-mine-loops", run_on_module=strip_mine_loops),
    Pass("version-strips", version_strips),
    Pass("dense-views", dense_views),
    Pass("unbox-loops", unbox_loops),
    Pass("ask-for-lengths-again", ask_for_lengths_again, required=True),
    Pass("add-entry-polls", run_on_module=add_entry_polls, required=True),
    Pass("eliminate-dead-code", eliminate_dead_code),
    Pass("part-last-steps", part_last_steps),
    Pass("add-exception-edges", add_exception_edges, required=True, stage=Stage.EXPLICIT),
    Pass("unroll-recursion", unroll_recursion),
    Pass("unbox-framed", run_on_framed=unbox_framed),
    Pass("insert-refcounts", insert_refcounts, required=True, stage=Stage.LOWERED, on_framed=True),
)

ORDER = (
    ("inline-calls", "wrap-masked-arithmetic", "the mask may be in another function than the product"),
    ("inline-calls", "thread-conditions", "a callee's result may be a condition"),
    ("thread-conditions", "unbox-ints", "what both conditions say together may bound a number"),
    ("split-aggregates", "forward-items", "it takes items out of what may have been made in the same block"),
    ("inline-calls", "forward-items", "the fields of what a callee returns are known in its caller"),
    ("inline-calls", "unbox-ints", "the ranges of arguments show more than those of parameters"),
    ("inline-calls", "strip-mine-loops", "a call with checks keeps those of the loop around it"),
    ("wrap-masked-arithmetic", "reduce-strength", "masks are recognised as `and` with a constant"),
    ("wrap-masked-arithmetic", "eliminate-dead-code", "it leaves the checked operations behind, unused"),
    ("eliminate-dead-code", "add-exception-edges", "an edge keeps a block alive"),
    ("forward-items", "unbox-ints", "nothing is known of what comes out of a tuple"),
    ("unbox-ints", "version-loops", "what is a word in any case needs no copy"),
    ("version-loops", "reduce-strength", "the copies are made of words"),
    ("version-loops", "strip-mine-loops", "the copies are counted loops"),
    ("unbox-ints", "reduce-strength", "it knows the rows of fixed-width integers"),
    ("reduce-strength", "remove-checks", "shifts by constants and tests of multiples have checks, too"),
    ("unbox-ints", "remove-checks", "the ranges of words show which checks they do not need"),
    ("remove-checks", "strip-mine-loops", "a counter that cannot overflow shows that a loop counts"),
    ("remove-checks", "add-exception-edges", "an unchecked division has no handler"),
    ("unbox-ints", "remove-polls", "a plain int may have more bits than a loop should take steps without a poll"),
    ("remove-polls", "strip-mine-loops", "functions without polls may be called in a strip"),
    ("strip-mine-loops", "add-exception-edges", "a loop with handlers has more ways out"),
    ("strip-mine-loops", "version-strips", "strips have a bounded length and no polls"),
    ("version-strips", "unbox-loops", "a copy without checks is better than one with them"),
    ("unbox-loops", "add-exception-edges", "operations of its copies have handlers of their own"),
    ("version-strips", "dense-views", "it knows which subscripts are inside"),
    ("version-strips", "ask-for-lengths-again", "its copies need not, and are made of plain strips"),
    ("unbox-loops", "ask-for-lengths-again", "its copies have no slow operations either"),
    ("ask-for-lengths-again", "add-exception-edges", "the copies cannot be told apart afterwards"),
    ("version-strips", "eliminate-dead-code", "it leaves values behind that nobody uses"),
    ("version-strips", "part-last-steps", "a loop with checks may need what it leaves behind"),
    ("eliminate-dead-code", "part-last-steps", "what nobody uses would count as used in the loop"),
    ("part-last-steps", "add-exception-edges", "a loop with handlers has more ways out"),
    ("add-entry-polls", "add-exception-edges", "polls fail too"),
    ("add-exception-edges", "unroll-recursion", "a copy fails into the handler of the call it replaces"),
    ("unroll-recursion", "insert-refcounts", "copies are counted like everything else"),
    ("unbox-framed", "insert-refcounts", "which objects there are is known only then"),
    ("add-exception-edges", "insert-refcounts", "references are released on error edges as well"),
)
"""(earlier, later, why); checked at import."""


def _check_order() -> None:
    position = {item.name: index for index, item in enumerate(PASSES)}
    for earlier, later, reason in ORDER:
        if position[earlier] >= position[later]:
            raise ValueError(f"{earlier} must come before {later}: {reason}")


_check_order()


@dataclass(frozen=True, slots=True)
class PassFailure:
    """A bug of ours in a pass: the function keeps its twin."""

    pass_name: str
    function: str
    message: str


def run_passes(
    module: Module,
    options: Options,
    after_pass: Callable[[Pass, Module], None],
    verify: Callable[[Function, Stage], None],
    stopwatch: Stopwatch,
) -> list[PassFailure]:
    """Run all passes in place; a function on which one fails is removed. Each pass is a phase, and `verify` is one."""
    failures: list[PassFailure] = []
    optional = 0
    for item in PASSES:
        if not item.required:
            optional += 1
            beyond = options.pass_limit is not None and optional > options.pass_limit
            if beyond or item.name in options.disabled_passes:
                continue
        if item.run_on_module is not None:
            with stopwatch.phase(item.name):
                item.run_on_module(module)
        module.stage = item.stage if item.stage is not None else module.stage
        functions = [(module.functions, entry) for entry in module.functions.items()]
        callees = native_callees(module) if item.run_on_framed is not None else {}
        if item.on_framed or item.run_on_framed is not None:
            functions += [(module.framed, entry) for entry in module.framed.items()]
        for table, (name, function) in functions:
            try:
                if item.run_on_function is not None:
                    with stopwatch.phase(item.name):
                        item.run_on_function(function)
                if item.run_on_framed is not None and function.framed:
                    with stopwatch.phase(item.name):
                        item.run_on_framed(function, callees)
                with stopwatch.phase("verify"):
                    verify(function, module.stage)
            except Exception as error:  # a bug must not break the build (ARCHITECTURE: fall back to the twin)
                if options.strict:
                    raise
                failures.append(PassFailure(item.name, name, f"{type(error).__name__}: {error}"))
                del table[name]
        after_pass(item, module)
    return failures
