"""The forms from which `object_programs` draws, with places to fill (`ObjectProgram.fill`), and what stands before the programs."""

from __future__ import annotations

HEAD = '''
from tests.fuzz.object_world import (
    INF, NAN, ODD, D, E, Odd, deeper, fail, keep, look, look_back, mutate, note, poke, rebind, rebind_builtin,
)

g0 = 3
g1 = 2.5
g2 = [1, 2, 3]

class I(int):
    """An int with operators of its own."""
    def __add__(self, other):
        note("I+")
        return I(int(self) + int(other))
    def __radd__(self, other):
        look()
        return int(self) + int(other)
    def __mul__(self, other):
        return float(int(self)) * other
    def __lt__(self, other):
        note("I<")
        return int(self) < other
    def __eq__(self, other):
        return int(self) == other
    __hash__ = int.__hash__
    def __index__(self):
        note("I index")
        return int(self) + 1
    def __bool__(self):
        return int(self) % 2 == 0
    def __neg__(self):
        return None

class F(float):
    def __add__(self, other):
        look()
        return F(float(self) + other)
    def __rsub__(self, other):
        return fail(float(other) - float(self))
    def __gt__(self, other):
        return "yes" if float(self) > other else ""

class O:
    """Operators of all kinds; negative ones raise in some."""
    kind = 1
    def __init__(self, n=0):
        self.n = n
        self.items = [n, n, n]
    def __add__(self, other):
        return O(self.n + 1)
    def __radd__(self, other):
        return note(self.n)
    def __iadd__(self, other):
        self.n += other
        return self
    def __sub__(self, other):
        return NotImplemented
    def __mul__(self, other):
        return other
    def __lt__(self, other):
        return look(self.n < other)
    def __eq__(self, other):
        return self.n == other
    __hash__ = None
    def __getitem__(self, index):
        return self.items[index]
    def __setitem__(self, index, value):
        note(index)
        self.items[index] = value
    def __delitem__(self, index):
        del self.items[index]
    def __len__(self):
        return self.n
    def __contains__(self, other):
        return fail(other)
    def __iter__(self):
        return iter(self.items)
    def __call__(self, *arguments, **keywords):
        return look(len(arguments)) + len(keywords)
    @property
    def twice(self):
        return self.n * 2
    @twice.setter
    def twice(self, value):
        self.n = value // 2
    def method(self, by=1, *more):
        self.n = self.n + by
        return self.n
    @classmethod
    def made(cls, n):
        return cls(n)
    @staticmethod
    def plain(n):
        return n

class M:
    def __init__(self, name, swallow=False):
        self.name, self.swallow = name, swallow
    def __enter__(self):
        note(("enter", self.name))
        return self.name
    def __exit__(self, kind, value, trace):
        look(("exit", kind and kind.__name__))
        return self.swallow

def calm(n, m=1):
    return n + m

def watched(n, *more):
    x = n
    look()
    x = more and more[0]
    return n

def summed(items, start=0):
    for item in items:
        start += item
    return start
'''


def _forms(text: str) -> list[str]:
    return [form.strip() for line in text.strip().splitlines() for form in line.split(" ;; ")]


INTEGERS = _forms(
    r"""
    0 ;; 1 ;; 1 ;; 2 ;; 3 ;; 7 ;; -1 ;; -2 ;; 10 ;; 255 ;; 1000 ;; True ;; 2**30 ;; 2**30 - 1 ;; -2**30
    -2**30 - 1 ;; 2**31 ;; 2**60 ;; 2**62 ;; 2**62 - 1 ;; -2**62 ;; 2**63 ;; 2**63 - 1 ;; -2**63 ;; -2**63 - 1
    2**64 ;; 10**25 ;; 2**53 + 1 ;; 4611686018427387904 ;; -(10**20)
"""
)

FLOATS = _forms(
    r"""
    0.5 ;; 1.0 ;; 2.0 ;; -0.0 ;; 0.0 ;; 1e16 ;; -2.5 ;; 1e308 ;; 5e-324 ;; INF ;; NAN ;; -INF ;; 9007199254740993.0
"""
)

STRINGS = _forms(
    r"""
    '' ;; 'a' ;; 'abc' ;; '\xe9' ;; 'x\u20ac' ;; '12' ;; '\U0001f600'
"""
)

LISTS = _forms(
    r"""
    [] ;; [1] ;; [0, 1, 2] ;; [1.5, 2, None] ;; [2**62, 2**63] ;; ['a', 'b'] ;; [D(1), 2] ;; [[1], [2]]
"""
)

OTHERS = _forms(
    r"""
    None ;; None ;; 's' ;; 2**63 ;; 2**80 ;; 1.5 ;; NAN ;; -0.0 ;; True ;; I(3) ;; F(2.5) ;; O(2) ;; D(1) ;; [1]
    () ;; D(2, True) ;; b'ab' ;; (1, 2) ;; {{1: 2}} ;; calm ;; O ;; O(-1) ;; 2**30 ;; 2**62 ;; -(2**63) ;; E(xs, 1)
    1j
"""
)

NUMBERS = _forms(
    r"""
    ({n} + {n}) ;; ({n} + {n}) ;; ({n} + {n}) ;; ({n} + {n}) ;; ({n} + {n}) ;; ({n} + {n}) ;; ({n} - {n})
    ({n} - {n}) ;; ({n} - {n}) ;; ({n} - {n}) ;; ({n} - {n}) ;; ({n} * {k}) ;; ({n} * {k}) ;; ({n} * {k})
    ({k} * {n}) ;; ({n} * {n} % 1000003) ;; ({n} // {n}) ;; ({n} % {n}) ;; ({n} / {n}) ;; ({n} // {k})
    ({n} % {k}) ;; ({n} & {m}) ;; ({n} | {m}) ;; ({n} ^ {n}) ;; (~{n}) ;; ({n} << 1) ;; ({n} << {k} % 9)
    ({n} >> 1) ;; ({n} >> {n}) ;; (-{n}) ;; (+{n}) ;; abs({n}) ;; min({n}, {n}) ;; max({n}, {n})
    max({n}, {n}, {n}) ;; ({n} if {c} else {n}) ;; ({n} and {n}) ;; ({n} or {n}) ;; int({n}) ;; float({n})
    round({n}) ;; divmod({n}, {n})[0] ;; divmod({n}, {k})[1] ;; ({n} ** 2 % 10007) ;; ({k} ** {k} % 97)
    (w := {n}) ;; {l}[{i}] ;; {l}[{i}] ;; {l}[{i}] ;; ys[{i}] ;; b'abc\xff'[{i}] ;; len({l}) ;; len(ys)
    len({l}) - 1 ;; ({n}).real ;; (not {n}) ;; bool({n}) ;; ({n} < {n}) ;; ({n} == {n}) + {n} ;; pow({k}, 2, 7)
    ord({s}[{i}])
"""
)

CALLING = _forms(
    r"""
    look({n}) ;; look({n}) ;; note({n}) ;; fail({n}) ;; keep({n}) ;; calm({n}) ;; calm({n}, {n}) ;; watched({n})
    watched(w, {n}) ;; g0 ;; g1 ;; g2[{i}] ;; sum({l}) ;; sum({l}, {n}) ;; {l}.pop() ;; {l}.index({n}) ;; int({s})
    (lambda q: q + {k})({n}) ;; [e + {n} for e in {l}][{i}] ;; summed({l}) ;; summed({l}, {n}) ;; mutate({l}, {n})
    o.n ;; o.twice ;; o.method({n}) ;; o[{i}] ;; o({n}, {n}) ;; O({n}).n ;; O.made({n}).n ;; o.kind ;; len(o)
    o.plain({n}) ;; sum(e for e in {l}) ;; {{1: {n}, 2: {n}}}[{i}] ;; dict(a={n})['a'] ;; (*{l}, {n})[{i}]
    [{n}, {n}][{i}] ;; isinstance({n}, int) ;; look_back({n}) ;; {l}.count({n}) ;; next(iter({l})) ;; max({l})
    min({l}, default={n}) ;; (yes := {n}) + yes ;; (lambda: v0)() ;; I({k}) + {n} ;; {n} + I({k}) ;; {n} * I({k})
    F({k}) + {n} ;; {n} - F({k}) ;; calm(*[{n}, {n}]) ;; calm(m={n}, n={n}) ;; calm(**{{'n': {n}}}) ;; o + {n}
    {n} + o ;; float({s})
"""
)

CONDITIONS = _forms(
    r"""
    {n} < {n} ;; {n} < {n} ;; {n} < {n} ;; {n} < {n} ;; {n} <= {n} ;; {n} > {n} ;; {n} >= {n} ;; {n} == {n}
    {n} != {n} ;; {n} % 2 == 0 ;; {n} & 1 ;; {n} < {n} <= {n} ;; {n} != {n} < {n} ;; not ({c}) ;; ({c}) and ({c})
    ({c}) or ({c}) ;; {n} in {l} ;; {n} not in {l} ;; {v} is None ;; {v} is not None ;; isinstance({v}, int)
    isinstance({v}, (float, str)) ;; {v} ;; {l} ;; {s} == {s} ;; {s} in {s} ;; type({v}) is int ;; {n} in (1, 2, 3)
    {l} == {l} ;; {s} < {s} ;; not {v} ;; {v} is True ;; {n}
"""
)

TEXTS = _forms(
    r"""
    ({s} + {s}) ;; {s}[{i}:] ;; {s}[:{i}] ;; {s}[{i}] ;; str({n}) ;; repr({v}) ;; f'{{ {n} }}' ;; f'{{ {v}!r:>9}}'
    {s}.upper() ;; f'{{ {s} }}-{{ {n} :5}}' ;; ('%s' % ({n},)) ;; '{{}}'.format({n}) ;; ','.join([{s}, {s}])
    {s}[::-1] ;; ({s} * 2) ;; t
"""
)

SEQUENCES = _forms(
    r"""
    xs ;; xs ;; xs ;; r ;; [{n}, {n}] ;; xs[{i}:{i}] ;; xs[::-1] ;; [e for e in xs if {c}] ;; [e * 2 for e in {l}]
    list(range(5)) ;; list(ys) ;; [*xs, {n}] ;; (xs + [{n}])[-9:] ;; sorted({l}) ;; [(e, {n}) for e in {l}]
    list(map(calm, {l})) ;; g2 ;; [e + f for e in {l} for f in (1, 2)] ;; [{n} for e in range(3)]
    [look(e) for e in {l}] ;; list({{ {n}, {n} }})
"""
)

INDEXES = _forms(
    r"""
    {j} ;; {j} ;; {j} ;; {j} ;; -{j} ;; -1 ;; 0 ;; 1 ;; -2 ;; {j} - 1 ;; {j} + 1 ;; {j} % 3 ;; {n} ;; 2 ;; -len(xs)
    2**63 ;; True
"""
)

AUGMENTED = _forms(
    r"""
    + ;; + ;; + ;; + ;; - ;; - ;; * ;; // ;; % ;; / ;; & ;; | ;; ^ ;; >> ;; <<
"""
)

ERRORS = _forms(
    r"""
    TypeError ;; ValueError ;; IndexError ;; KeyError ;; ZeroDivisionError ;; ArithmeticError ;; Exception ;; Odd
    (TypeError, ValueError) ;; (LookupError, ArithmeticError) ;; Exception ;; OverflowError ;; BaseException
"""
)
