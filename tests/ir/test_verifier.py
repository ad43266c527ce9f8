"""What the verifier says of definitions that do not reach their uses."""

from __future__ import annotations

import pytest

from pyfreeze.ir.function import Function, Stage
from pyfreeze.ir.instructions import Apply, Block, Branch, CondBranch, Constant, Edge, Fail, Return, Value
from pyfreeze.ir.types import BOOL, INT64, STATUS
from pyfreeze.ir.verifier import VerifierError, verify
from pyfreeze.primitives import TABLE


def _constant(value: Value, number: int) -> Constant:
    return Constant([], value, value=number)


def _add(left: Value, right: Value, result: Value, handler: Block, *arguments: Value) -> Apply:
    return Apply([left, right], result, None, Edge(handler, list(arguments)), primitive=TABLE["int64.add"])


def _failing(*parameters: Value) -> Block:
    status = Value(STATUS, "status")
    return Block("unwind", [status, *parameters], [Fail([status])])


def test_the_result_of_a_failing_instruction_is_not_defined_on_its_handler_edge() -> None:
    one, result, given = Value(INT64, "one"), Value(INT64, "sum"), Value(INT64)
    unwind = _failing(given)
    entry = Block("entry", [one], [_add(one, one, result, unwind, result), Return([result])])
    with pytest.raises(VerifierError, match=r"sum.*not defined on every path"):
        verify(Function("f", ("one",), INT64, [entry, unwind]), Stage.EXPLICIT)


def test_what_follows_a_failing_instruction_is_not_defined_in_its_handler() -> None:
    one, result, later = Value(INT64, "one"), Value(INT64, "sum"), Value(INT64, "later")
    unwind = _failing()
    unwind.instructions[:0] = [Apply([later, later], Value(BOOL), primitive=TABLE["int64.lt"])]
    body = [_add(one, one, result, unwind), _constant(later, 1), Return([later])]
    with pytest.raises(VerifierError, match=r"later.*not defined on every path"):
        verify(Function("f", ("one",), INT64, [Block("entry", [one], body), unwind]), Stage.EXPLICIT)


def test_what_comes_before_a_failing_instruction_is_defined_in_its_handler() -> None:
    one, result, before = Value(INT64, "one"), Value(INT64, "sum"), Value(INT64, "before")
    unwind = _failing()
    unwind.instructions[:0] = [Apply([before, before], Value(BOOL), primitive=TABLE["int64.lt"])]
    body = [_constant(before, 1), _add(one, one, result, unwind), Return([result])]
    verify(Function("f", ("one",), INT64, [Block("entry", [one], body), unwind]), Stage.EXPLICIT)


@pytest.mark.parametrize("in_both", [True, False])
def test_a_value_of_one_branch_is_not_defined_where_the_branches_meet(in_both: bool) -> None:
    condition, value = Value(BOOL, "condition"), Value(INT64, "value")
    joined = Block("joined", [], [Return([value])])
    then = Block("then", [], [_constant(value, 1), Branch([], edges=[Edge(joined)])])
    otherwise = Block("else", [], [Branch([], edges=[Edge(joined)])])
    entry = Block("entry", [condition], [CondBranch([condition], edges=[Edge(then), Edge(otherwise)])])
    if in_both:
        del then.instructions[0]
        entry.instructions.insert(0, _constant(value, 1))
        verify(Function("f", ("condition",), INT64, [entry, then, otherwise, joined]), Stage.BUILT)
        return
    with pytest.raises(VerifierError, match=r"value.*not defined on every path"):
        verify(Function("f", ("condition",), INT64, [entry, then, otherwise, joined]), Stage.BUILT)


def test_a_use_before_its_definition_in_a_block() -> None:
    value = Value(INT64, "value")
    body = [Apply([value, value], Value(BOOL), primitive=TABLE["int64.lt"]), _constant(value, 1), Return([value])]
    with pytest.raises(VerifierError, match=r"value.*not defined on every path"):
        verify(Function("f", (), INT64, [Block("entry", [], body)]), Stage.BUILT)
