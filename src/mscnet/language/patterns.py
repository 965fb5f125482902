"""Rate laws of families, resolved once and filled in for every member.

``kg*n^(2/3)`` is read as the expression that it is for some n; its numbers that are loop variables, and its names that
hold some, are then replaced by those of each member.  Parts that one variable decides are made once a value.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mscnet.language.family_rewrite import Rewriter
from mscnet.language.family_values import BadMember, Values
from mscnet.language.syntax import BesideX, BoundX, BracketX, CallX, ExpressionX, FoldX, MemberX, TextX, WordX
from mscnet.mechanism.expression import MINUS_ONE, ZERO, Expression, Number, Power, Symbol, children, is_bare, rebuild

if TYPE_CHECKING:
    from mscnet.language.resolve import Resolver

Maker = Callable[[Values], Expression]

#: What stands for a loop variable while a pattern is read.
MARK = Fraction(7919)


class _Deviates(Exception):
    """A name of this member is not what it was in the first: the member is read by itself."""


class Pattern:
    """The expression of a law in loop variables."""

    __slots__ = ("bare", "node", "rewriter", "uses")

    def __init__(self, node: ExpressionX, rewriter: Rewriter) -> None:
        self.node, self.rewriter = node, rewriter
        self.uses = rewriter.uses(node)
        #: Variables that stand for themselves in it, not in a name.
        self.bare = frozenset(_bare(node, rewriter.slots))

    @staticmethod
    def fits(node: ExpressionX, rewriter: Rewriter) -> bool:
        """Whether members of a law differ in numbers and names alone."""
        stack: list[Any] = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, CallX) and isinstance(part.function, MemberX):
                return False
            if isinstance(part, TextX) and "{" in part.text:
                return False
            if isinstance(part, FoldX) or (isinstance(part, BesideX) and not isinstance(part.name, str)):
                return False
            if isinstance(part, BracketX | BesideX | WordX) and part.name in rewriter.slots:
                if isinstance(part, BesideX | BracketX):
                    return False
                continue
            if isinstance(part, tuple) and not isinstance(part, MemberX):
                stack.extend(inner for inner in part if isinstance(inner, tuple))
        return True

    def concrete(self, values: Values) -> ExpressionX:
        """The syntax of one member."""
        node: ExpressionX = self.rewriter.rewrite(self.node, values)
        return node


def _bare(node: Any, slots: dict[str, int]) -> list[str]:
    if isinstance(node, WordX):
        return [node.name] if node.name in slots else []
    if isinstance(node, MemberX) or not isinstance(node, tuple):
        return []
    return [name for part in node for name in _bare(part, slots)]


class PatternReader:
    """Makes the expressions of members; `alike` says by id which have all dimensions in common."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.alike: dict[int, int] = {}
        self._filled: dict[tuple[int, str | None, bool], _Filled | None] = {}

    def expression(self, bound: BoundX, pathway: str | None, by_use: bool) -> Expression | None:
        """The expression of a member, or None where it has an error, which is then reported."""
        pattern: Pattern = bound.pattern
        key = id(pattern), pathway, by_use
        if key not in self._filled:
            self._filled[key] = self._read(bound, pathway, by_use)
        filled = self._filled[key]
        if filled is not None:
            try:
                made = filled.make(bound.values)
            except _Deviates:
                pass
            else:
                if filled.alike:
                    self.alike[id(made)] = id(filled)
                return made
        return self.resolver.resolve(pattern.concrete(bound.values), pathway, by_use)

    def _read(self, bound: BoundX, pathway: str | None, by_use: bool) -> _Filled | None:
        pattern: Pattern = bound.pattern
        names = pattern.rewriter
        holes: dict[int, Any] = {}
        marks = {name: Number(MARK) for name in pattern.bare}
        expression = self.resolver.resolve_pattern(
            pattern.node, pathway, by_use, marks, lambda node: names.name(node, bound.values), holes
        )
        return None if expression is None else _Filled(expression, holes, pattern, self.resolver, pathway)


class _Filled:
    """A resolved pattern as a function of the values of the loop variables."""

    def __init__(
        self, expression: Expression, holes: dict[int, Any], pattern: Pattern, resolver: Resolver, pathway: str | None
    ) -> None:
        self.holes, self.slots, self.names = holes, pattern.rewriter.slots, pattern.rewriter
        self.scope, self.pathway = resolver.scope, pathway
        self.alike = True
        self.make = self._maker(expression, False)[0]

    def _maker(self, e: Expression, in_power: bool) -> tuple[Maker, frozenset[int]]:
        """What makes a part of the expression, and which values it needs."""
        hole = self.holes.get(id(e.span))
        if hole is not None and isinstance(e, Number):
            self.alike = self.alike and not in_power
            return self._number(e, self.slots[hole[1]])
        if hole is not None and isinstance(e, Symbol) and isinstance(hole[1], MemberX):
            self.alike = self.alike and e.kind == "species" and not in_power
            return self._symbol(e, hole[1])
        parts = children(e)
        power = isinstance(e, Power) and not is_bare(e.base)
        made = [self._maker(part, in_power or (power and i == 1)) for i, part in enumerate(parts)]
        needed = frozenset[int]().union(*(needs for _, needs in made))
        if not needed:
            return (lambda _: e), needed
        makers = [make for make, _ in made]
        make = self._rebuilt(e, makers)
        return (_remembered(make, next(iter(needed))) if len(needed) == 1 else make), needed

    def _rebuilt(self, e: Expression, makers: list[Maker]) -> Maker:
        if isinstance(e, Power) and e.exponent == MINUS_ONE and isinstance(e.base, Number):
            place, below = e.base.span, makers[0]

            def quotient(values: Values) -> Expression:
                base = below(values)
                if base == ZERO and place is not None:
                    raise BadMember("division by zero", place.start, place.end)
                return rebuild(e, (base, MINUS_ONE))

            return quotient
        return lambda values: rebuild(e, tuple([make(values) for make in makers]))

    def _number(self, e: Number, slot: int) -> tuple[Maker, frozenset[int]]:
        sign, span = (1 if e.value == MARK else -1), e.span

        def number(values: Values) -> Expression:
            return Number(Fraction(sign * values[slot]), None, span)

        return _remembered(number, slot), frozenset({slot})

    def _symbol(self, e: Symbol, node: MemberX) -> tuple[Maker, frozenset[int]]:
        find, kind, span, known = self.scope.find, e.kind, e.span, dict[str, Symbol]()
        used = frozenset(self.slots[name] for name in self.names.uses(node))

        def symbol(values: Values) -> Expression:
            name = self.names.name(node, values)
            found = known.get(name)
            if found is None:
                entry = find(name, self.pathway)
                if entry is None or entry.kind != kind or entry.by_medium is not None:
                    raise _Deviates
                found = known[name] = Symbol(name, kind, span)
            return found

        return symbol, used


def _remembered(make: Maker, slot: int) -> Maker:
    """A part that one variable decides, made once a value."""
    known: dict[Any, Expression] = {}

    def remembered(values: Values) -> Expression:
        value = values[slot]
        found = known.get(value)
        if found is None:
            found = known[value] = make(values)
        return found

    return remembered
