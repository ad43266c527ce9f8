"""A loop over plain ints that are small when it starts runs as a copy on words; others whose checks are left as a copy, too.

Only values, no side effects, make up a step. So where a step of the copy meets a number that is no word, that step is done
once more by the loop as it was written, from the values at its start. So the copy need not keep anything for tracebacks:

choice: are the plain ints small?  yes → copy of the loop on words;  no → loop
copy:   an operation that does not give a word → resumed(the header's words, tagged) → loop
        at its ends → the same blocks as the loop, with tagged words
"""

from __future__ import annotations

from dataclasses import dataclass

from pyfreeze.analysis.loops import Loop, innermost_loops
from pyfreeze.ir.copying import copy_blocks
from pyfreeze.ir.function import Function, predecessors, reverse_postorder
from pyfreeze.ir.instructions import (
    Apply,
    Block,
    Branch,
    CondBranch,
    Constant,
    Edge,
    Instruction,
    Poll,
    Site,
    Terminator,
    Value,
    edges_of,
    replace_uses,
    used_values,
)
from pyfreeze.ir.primitive import Primitive
from pyfreeze.ir.types import BOOL, INT, INT64, STATUS, BoolType, FixedInt, IntType, TupleType
from pyfreeze.passes.eliminate_dead_code import eliminate_dead_code
from pyfreeze.passes.reduce_strength import reduce_strength
from pyfreeze.passes.remove_checks import remove_checks
from pyfreeze.passes.unbox_ints import on_words
from pyfreeze.primitives import TABLE, leaving, unchecked
from pyfreeze.primitives.intervals import SMALL

_MAXIMUM_INSTRUCTIONS = 150


def unbox_loops(function: Function) -> None:
    if not innermost_loops(function):
        return
    eliminate_dead_code(function)
    copied = [block for loop in innermost_loops(function) for block in _unbox(function, loop)]
    if not copied:
        return
    function.blocks = reverse_postorder(function)  # a loop whose copy has no checks at all is not reached any more
    reduce_strength(function)
    remove_checks(function)
    for item in (item for block in copied for item in block.instructions):
        if isinstance(item, Apply) and item.handler is not None:
            item.resume = None
            if item.primitive.effects.fails:
                item.primitive = leaving(item.primitive)
            else:
                item.handler = None


@dataclass(frozen=True, slots=True)
class _Plain:
    """A loop that can be copied, with what surrounds it."""

    loop: Loop
    site: Site  # of some instruction in the loop
    leave: Edge | None  # the way out from the header
    after: tuple[Block, ...]  # where header's parameters may be used outside: blocks reached over `leave`
    outside: tuple[Value, ...]  # plain ints from outside, used in the loop
    constants: tuple[Constant, ...]  # plain ones from outside


def _unbox(function: Function, loop: Loop) -> list[Block]:
    """Put a copy of `loop` beside it, if that is possible; the copy's blocks, whose failures lead to the loop."""
    plain = _plain_loop(function, loop)
    if plain is None:
        return []
    words: dict[Value, Value] = {}
    start = Block(f"{loop.header.name}.start")
    for constant in plain.constants:
        assert constant.result is not None
        words[constant.result] = Value(INT64)
        start.instructions.append(Constant([], words[constant.result], value=constant.value))
    for value in plain.outside:
        words[value] = _to_word(value, start)
    blocks = copy_blocks(loop.blocks, "words", words)
    if not all(_convert(item) for block in blocks for item in block.instructions):
        return []
    for block in blocks:
        for parameter in block.parameters:
            parameter.type = INT64 if parameter.type == INT else parameter.type
    header = blocks[loop.blocks.index(loop.header)]
    choice = _choice(plain, start, header)
    inside = set(loop.blocks)
    for edge in (
        edge
        for block in function.blocks
        if block not in inside
        for item in block.instructions
        for edge in edges_of(item)
    ):
        if edge.target is loop.header:
            edge.target = choice
    made = [choice, start, *_join(plain, blocks, header), *blocks, _resumed(plain, blocks, header)]
    function.blocks += made
    return blocks


def _plain_loop(function: Function, loop: Loop) -> _Plain | None:
    items = [item for block in loop.blocks for item in block.instructions]
    sites = [item.site for item in items if item.site is not None]
    if len(items) > _MAXIMUM_INSTRUCTIONS or not sites or not all(map(_can_be_copied, items)):
        return None
    if not _is_worth_it(items) or _is_fallback(function, loop):
        return None
    defined, parameters = loop.defined(), set(loop.header.parameters)
    exits = loop.exits()
    leaves = [edge for block, edge in exits if block is loop.header]
    others = _reached(function, [edge.target for block, edge in exits if block is not loop.header], loop)
    after = _reached(function, [edge.target for edge in leaves], loop)
    if len(leaves) > 1 or any(argument in defined - parameters for edge in leaves for argument in edge.arguments):
        return None
    for block in function.blocks:
        if block in loop.blocks:
            continue
        used = {value for item in block.instructions for value in used_values(item)} & defined
        if used - parameters or (used and (block in others or block not in after)):
            return None
    constants = {item.result: item for item in function.instructions() if isinstance(item, Constant)}
    if any(not _is_word(constants[value]) for item in items for value in used_values(item) if value in constants):
        return None
    outside = dict.fromkeys(
        value for item in items for value in used_values(item) if value.type == INT and value not in defined
    )
    return _Plain(
        loop,
        sites[0],
        leaves[0] if leaves else None,
        tuple(after),
        tuple(value for value in outside if value not in constants),
        tuple(constants[value] for value in outside if value in constants),
    )


def _can_be_copied(item: Instruction) -> bool:
    if item.handler is not None or not isinstance(item, Apply | Constant | Branch | CondBranch | Poll):
        return False
    if isinstance(item, Constant) and not _is_word(item):
        return False
    if isinstance(item, Apply) and _touches_memory(item.primitive):  # a step that may have written is not done again
        return False
    return item.result is None or not isinstance(item.result.type, TupleType)


def _touches_memory(row: Primitive) -> bool:
    return bool(row.lowering.array) or row.effects.reads or row.effects.writes or row.effects.runs_python


def _is_word(constant: Constant) -> bool:
    """Whether it is no plain int, or one that a word holds."""
    assert constant.result is not None
    return constant.result.type != INT or (isinstance(constant.value, int) and SMALL.holds(constant.value))


def _is_worth_it(items: list[Instruction]) -> bool:
    """A single check costs next to nothing, unless the slow path behind it leads back into the loop."""
    checks = [item.primitive.lowering.recovers for item in items if isinstance(item, Apply) and _may_leave(item)]
    return len(checks) > 1 or any(checks)


def _may_leave(item: Instruction) -> bool:
    """Whether it computes with ints and has a check."""
    if not isinstance(item, Apply) or not item.primitive.effects.fails:
        return False
    return all(
        isinstance(type_, FixedInt | IntType | BoolType) for type_ in (*item.primitive.operands, item.primitive.result)
    )


def _is_fallback(function: Function, loop: Loop) -> bool:
    """Whether a better version of the loop has been made already."""
    for block in predecessors(function)[loop.header]:
        last = block.instructions[-1]
        if isinstance(last, CondBranch) and last.likely and last.edges[1].target is loop.header:
            return True
    return False


def _reached(function: Function, starts: list[Block], loop: Loop) -> dict[Block, None]:
    """Blocks that are reached from `starts` without coming through the loop."""
    reached: dict[Block, None] = {}
    waiting = [block for block in starts if block not in loop.blocks]
    while waiting:
        block = waiting.pop()
        if block not in reached:
            reached[block] = None
            targets = [edge.target for item in block.instructions for edge in edges_of(item)]
            waiting += [target for target in targets if target not in loop.blocks]
    return reached


def _convert(item: Instruction) -> bool:
    """Make a copied instruction work on words; False if there is no row for that."""
    if isinstance(item, Constant) and item.result is not None and item.result.type == INT:
        assert isinstance(item.value, int)
        item.result.type = INT64
        return INT64.holds(item.value)
    if not isinstance(item, Apply):
        return True
    row, result = item.primitive, item.result
    if INT in (*row.operands, row.result):
        found = on_words(row)
        if found is None:
            return False
        item.primitive = found
        assert result is not None
        result.type = found.result
        if not found.effects.fails:
            item.site = None
    if _may_leave(item):
        item.handler = Edge(Block("resumed"))  # its place is filled by `_resumed`
    return True


def _to_word(value: Value, block: Block) -> Value:
    word = Value(INT64, value.name)
    block.instructions.append(Apply([value], word, primitive=unchecked(TABLE["int.to_int64"])))
    return word


def _choice(plain: _Plain, start: Block, header: Block) -> Block:
    """Stands before both versions: the words are made in `start`."""
    choice = Block(
        f"{plain.loop.header.name}.choice", [Value(value.type, value.name) for value in plain.loop.header.parameters]
    )
    tests: Value | None = None
    for value in (*choice.parameters, *plain.outside):
        if value.type != INT:
            continue
        test = Value(BOOL)
        choice.instructions.append(Apply([value], test, primitive=TABLE["int.is_small"]))
        if tests is not None:
            both = Value(BOOL)
            choice.instructions.append(Apply([tests, test], both, primitive=TABLE["bool.and"]))
            test = both
        tests = test
    edges = [Edge(start), Edge(plain.loop.header, list(choice.parameters))]
    if tests is None:
        choice.instructions.append(Branch([], edges=edges[:1]))
    else:
        choice.instructions.append(CondBranch([tests], edges=edges, likely=True))
    words = [_to_word(value, start) if value.type == INT else value for value in choice.parameters]
    start.instructions.append(Branch([], edges=[Edge(header, words)]))
    return choice


def _join(plain: _Plain, blocks: list[Block], header: Block) -> list[Block]:
    """Lead the copy's ways out to where the loop's lead; the header's over a block that has its parameters from both."""
    made: list[Block] = []
    joined: Block | None = None
    originals = plain.loop.header.parameters
    if plain.leave is not None:
        joined = Block(f"{plain.loop.header.name}.left", [Value(value.type, value.name) for value in originals])
        renamed = dict(zip(originals, joined.parameters, strict=True))
        joined.instructions.append(Branch([], edges=[Edge(plain.leave.target, list(plain.leave.arguments))]))
        for block in (joined, *plain.after):
            for item in block.instructions:
                replace_uses(item, renamed)
        plain.leave.target, plain.leave.arguments = joined, list(originals)
        made.append(joined)
    own = set(blocks)
    for block in blocks:
        last = block.instructions[-1]
        assert isinstance(last, Terminator)
        for edge in last.edges:
            if edge.target in own:
                continue
            if block is header and joined is not None:
                edge.target, edge.arguments = joined, list(header.parameters)
            tagged = Block(f"{block.name}.tagged")
            arguments = [
                _tagged(argument, tagged, plain.site) if parameter.type == INT and argument.type == INT64 else argument
                for argument, parameter in zip(edge.arguments, edge.target.parameters, strict=True)
            ]
            tagged.instructions.append(Branch([], edges=[Edge(edge.target, arguments)]))
            edge.target, edge.arguments = tagged, []
            made.append(tagged)
    return made


def _tagged(word: Value, block: Block, site: Site) -> Value:
    tagged = Value(INT, word.name)
    place = Site(site.function, site.position, (), [])
    block.instructions.append(Apply([word], tagged, site=place, primitive=TABLE["int64.to_int"]))
    return tagged


def _resumed(plain: _Plain, blocks: list[Block], header: Block) -> Block:
    """Where the copy's failures lead: the loop takes up from the step's start."""
    resumed = Block(f"{plain.loop.header.name}.resumed", [Value(STATUS, "status")])
    values = [
        _tagged(word, resumed, plain.site) if original.type == INT else word
        for word, original in zip(header.parameters, plain.loop.header.parameters, strict=True)
    ]
    resumed.instructions.append(Branch([], edges=[Edge(plain.loop.header, values)]))
    for item in (item for block in blocks for item in block.instructions):
        if item.handler is not None:
            item.handler = Edge(resumed)
    return resumed
