"""What a description means, computed from the description alone: the truth that mscnet is held against.

All in mol/L, seconds and kelvin.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from tests.strategies.model import (
    Amount,
    Apply,
    Arrow,
    Call,
    Definition,
    Expr,
    Function,
    If,
    Level,
    Model,
    Name,
    Number,
    Observable,
    Option,
    Pathway,
    Power,
    Product,
    Reaction,
    Species,
    Sum,
    Term,
)

_CALLS: Mapping[str, Callable[..., float]] = {
    "exp": math.exp, "sin": math.sin, "cos": math.cos, "tanh": math.tanh, "sqrt": math.sqrt, "abs": abs,
    "min": min, "max": max,
}  # fmt: skip
#: Functions whose errors are those of their arguments even where they are near zero.
_WAVES = ("sin", "cos", "tanh", "min", "max")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__,
}  # fmt: skip


class Direction(NamedTuple):
    """One directed reaction: exact net stoichiometry, kinetic orders (None for a whole law), law."""

    net: dict[str, Fraction]
    orders: dict[str, Fraction] | None
    law: Expr
    ways: int


class Value(NamedTuple):
    """A number, and the size of the terms that it is the sum of: what rounding errors are measured by."""

    number: float
    size: float


class Oracle:
    """The meaning of a model with one pathway chosen."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.values = {p.id: p.value.value for p in model.parameters}
        self.definitions = {s.id: s.expression for s in model.statements if isinstance(s, Definition | Observable)}
        self.functions = {s.id: s for s in model.statements if isinstance(s, Function)}
        options = {s.name: s.value for s in model.statements if isinstance(s, Option)}
        self.combinatorial = options.get("mass_action") == "combinatorial"
        ways = [s.id for s in model.statements if isinstance(s, Pathway)]
        self.pathway = options.get("pathway", ways[0] if ways else None)
        self.directions = [d for reaction in self.reactions() for d in self._directions(reaction)]
        self.constant = {s.id for s in model.statements if isinstance(s, Species) and s.constant}

    def reactions(self) -> Iterator[Reaction]:
        """Reaction statements of the chosen model, in the order of the text."""
        for item in self.model.statements:
            if isinstance(item, Reaction):
                yield item
            elif isinstance(item, Pathway) and item.id == self.pathway:
                yield from item.statements

    def _directions(self, reaction: Reaction) -> Iterator[Direction]:
        laws, orders = iter(reaction.laws), iter(reaction.orders or ())
        for i, arrow in enumerate(reaction.arrows):
            left, right = reaction.sides[i], reaction.sides[i + 1]
            ways = {"forward": [(left, right)], "backward": [(right, left)], "both": [(left, right), (right, left)]}
            for reactants, products in ways[arrow.direction][: 1 if reaction.net else 2]:
                given = dict(next(orders)) if reaction.orders else None
                yield self._direction(reactants, products, arrow, next(laws), reaction.full, given)

    def _direction(
        self,
        reactants: tuple[Term, ...],
        products: tuple[Term, ...],
        arrow: Arrow,
        law: Expr,
        full: bool,
        given: dict[str, Fraction | Expr] | None,
    ) -> Direction:
        net: dict[str, Fraction] = {}
        orders: dict[str, Fraction] = {}
        uses: dict[str, Fraction] = {}
        for sign, side in ((-1, reactants), (1, products)):
            for term in side:
                count = self.exact(term.coefficient)
                net[term.species] = net.get(term.species, Fraction(0)) + sign * count
                if sign < 0:
                    uses[term.species] = uses.get(term.species, Fraction(0)) + count
        powers = {s: self.exact(order) for s, order in given.items()} if given is not None else uses
        for species, order in [*powers.items(), *arrow.catalysts]:
            orders[species] = orders.get(species, Fraction(0)) + order
        symbolic = any(not isinstance(t.coefficient, Fraction) for t in reactants)
        ways = 1 if symbolic else math.prod(math.factorial(int(n)) for n in uses.values() if n.denominator == 1)
        return Direction({s: n for s, n in net.items() if n}, None if full else orders, law, ways)

    def exact(self, value: Fraction | Expr) -> Fraction:
        """A coefficient or order as a number."""
        if isinstance(value, Fraction):
            return value
        return Fraction(self._value(value, {}, 0.0, {}).number)

    # --- numbers -----------------------------------------------------------------------------

    def rates(self, levels: Mapping[str, float], time: float) -> list[Value]:
        """The rate of every direction, in mol/L/s."""
        return [self._rate(d, levels, time) for d in self.directions]

    def _rate(self, d: Direction, levels: Mapping[str, float], time: float) -> Value:
        value = self._value(d.law, levels, time, {})
        if d.orders is None:
            return value
        monomial = math.prod(levels[s] ** float(n) for s, n in d.orders.items())
        monomial /= d.ways if self.combinatorial else 1
        return Value(value.number * monomial, value.size * monomial)

    def value(self, e: Expr, levels: Mapping[str, float], time: float) -> Value:
        """The value of an expression, such as that of an observable."""
        return self._value(e, levels, time, {})

    def _value(self, e: Expr, levels: Mapping[str, float], time: float, given: Mapping[str, Value]) -> Value:
        def of(part: Expr) -> Value:
            return self._value(part, levels, time, given)

        match e:
            case Number(value):
                return Value(float(value), float(value))
            case Amount():
                return Value(float(e.value), float(e.value))
            case Level(species):
                return Value(levels[species], levels[species])
            case Name():
                return self._named(e, levels, time, given)
            case Sum(terms):
                parts = [(sign, of(term)) for sign, term in terms]
                return Value(sum(sign * v.number for sign, v in parts), sum(v.size for _, v in parts))
            case Product(factors):
                number = size = 1.0
                for operator, factor in factors:
                    v = of(factor)
                    number = number * v.number if operator == "*" else number / v.number
                    size = size * v.size if operator == "*" else size / abs(v.number)
                return Value(number, size)
            case Power(base, exponent):
                number = of(base).number ** of(exponent).number
                return Value(number, abs(number))
            case Call(function, arguments):
                values = [of(a) for a in arguments]
                number, largest = _CALLS[function](*(v.number for v in values)), max(v.size for v in values)
                return Value(number, max(abs(number), largest * (1.0 if function in _WAVES else abs(number))))
            case Apply(function, arguments):
                item = self.functions[function]
                inner = {name: of(a) for name, a in zip(item.arguments, arguments, strict=True)}
                return self._value(item.body, levels, time, inner)
            case If(operator, left, right, yes, no):
                return of(yes if _COMPARE[operator](of(left).number, of(right).number) else no)

    def _named(self, e: Name, levels: Mapping[str, float], time: float, given: Mapping[str, Value]) -> Value:
        if e.id in given:
            return given[e.id]
        if e.id == "time":
            return Value(time, time)
        if e.id in self.values:
            return Value(float(self.values[e.id]), float(self.values[e.id]))
        return self._value(self.definitions[e.id], levels, time, {})
