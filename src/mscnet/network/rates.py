"""Rates as expression trees: what stands behind the printed equations, the graph and SymPy.

All of it is structural, so it costs microseconds a reaction and keeps the reading order of the file.
"""

from __future__ import annotations

import math
from fractions import Fraction

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.expression import (
    MAX_DEPTH,
    MINUS_ONE,
    ONE,
    Expression,
    Number,
    Power,
    Product,
    Symbol,
    children,
    substitute,
    symbols,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Coefficient, Definition, Observable, Reaction, as_expression

#: The largest rate law, in nodes of its tree, that definitions may expand to.
MAX_NODES = 20_000


def rate_expression(mechanism: Mechanism, reaction: Reaction) -> Expression:
    """The whole rate of a reaction, such as ``k1*[A]^2*[B]``, definitions kept as names.

    With ``option mass_action = combinatorial`` a mass-action rate is divided by the factorials of its
    integer reactant coefficients.  A fast step has no rate of its own: it is 0 here (see `kinetics.fast_laws`).
    """
    law = reaction.law.expression
    if reaction.law.kind == "fast":
        return Number(Fraction(0))
    if reaction.law.kind == "general":
        return law
    factors: list[Expression] = [law]
    for term in reaction.orders:
        factors.append(power(Symbol(term.species, "species"), term.coefficient))
    if mechanism.option("mass_action") == "combinatorial":
        ways = math.prod(math.factorial(n) for n in _whole_coefficients(reaction))
        factors += [Power(Number(Fraction(ways)), MINUS_ONE)] if ways > 1 else []
    return multiply(*factors)


def _whole_coefficients(reaction: Reaction) -> list[int]:
    given = (term.written for term in reaction.reactants)
    return [int(c) for c in given if isinstance(c, Fraction) and c.denominator == 1 and 1 < c <= 170]


def power(base: Expression, exponent: Coefficient) -> Expression:
    """A power of an expression, as one writes it: no exponent of 1, and 1 for one of 0."""
    if isinstance(exponent, Fraction):
        if exponent == 0:
            return ONE
        if exponent == 1:
            return base
    return Power(base, as_expression(exponent))


def multiply(*factors: Expression) -> Expression:
    """A flat product with its numbers collected in front, as one writes it: ``-2*k1*[A]``, ``1/3*k1``."""
    number = Fraction(1)
    rest: list[Expression] = []
    stack = list(reversed(factors))
    while stack:
        factor = stack.pop()
        if isinstance(factor, Product):
            stack.extend(reversed(factor.factors))
        elif isinstance(factor, Number):
            number *= factor.value
        else:
            rest.append(factor)
    head = number_factors(number) if number != 1 or not rest else []
    if number == 0:
        return Number(number)
    both = [*head, *rest]
    return both[0] if len(both) == 1 else Product(tuple(both))


def number_factors(number: Fraction) -> list[Expression]:
    """A number as the factors that print best: a sign, a decimal, or a quotient where decimals never end."""
    sign: list[Expression] = [MINUS_ONE] if number < 0 else []
    size = abs(number)
    if _ends(size.denominator):
        return [*sign, Number(size)] if size != 1 or not sign else sign
    above: list[Expression] = [Number(Fraction(size.numerator))] if size.numerator != 1 or not sign else []
    return [*sign, *above, Power(Number(Fraction(size.denominator)), MINUS_ONE)]


def _ends(denominator: int) -> bool:
    """Whether a fraction with this denominator is a short decimal, or too long to read as a quotient."""
    short = denominator
    for prime in (2, 5):
        while short % prime == 0:
            short //= prime
    return short == 1 or denominator > 10_000


class Inliner:
    """Replaces derived values that vary with a species or time by what they stand for.

    A derived value is *static*, and stays a name, where it depends (through others, too) on parameters and
    constant species alone.
    """

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism = mechanism
        self._static: dict[str, bool] = {}
        self._size: dict[str, tuple[int, int]] = {}
        self._inlined: dict[str, Expression] = {}
        for name in _definitions_in_order(mechanism):
            expression = mechanism.expression_of(name)
            self._static[name] = all(self.is_static(symbol) for symbol in symbols(expression))
            self._size[name] = (1, 1) if self._static[name] else self._measure(expression)

    def __call__(self, expression: Expression) -> Expression:
        """The expression with its dynamic definitions written out.

        Raises:
            MechanismError: it would grow beyond `MAX_NODES` nodes or `MAX_DEPTH` levels.
        """
        if all(symbol.kind in ("species", "parameter", "time") for symbol in symbols(expression)):
            return expression
        nodes, depth = self._measure(expression)
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise self._too_large(expression)
        return substitute(expression, self._replacement)

    def is_static(self, symbol: Symbol) -> bool:
        """Whether a symbol keeps its value through a run."""
        if symbol.kind == "parameter":
            return True
        if symbol.kind == "species":
            return self.mechanism.get_species(symbol.name).constant
        if symbol.kind == "time":
            return False
        return self._static[symbol.name]

    def _is_name(self, symbol: Symbol) -> bool:
        return symbol.kind in ("species", "parameter", "time") or self.is_static(symbol)

    def _replacement(self, symbol: Symbol) -> Expression | None:
        if self._is_name(symbol):
            return None
        if symbol.name not in self._inlined:
            self._inlined[symbol.name] = substitute(self.mechanism.expression_of(symbol.name), self._replacement)
        return self._inlined[symbol.name]

    def _measure(self, expression: Expression) -> tuple[int, int]:
        """Nodes and levels of the tree after inlining, counted without building it."""
        if isinstance(expression, Symbol):
            return (1, 1) if self._is_name(expression) else self._size[expression.name]
        parts = [self._measure(part) for part in children(expression)]
        return 1 + sum(nodes for nodes, _ in parts), 1 + max((depth for _, depth in parts), default=0)

    def _too_large(self, expression: Expression) -> MechanismError:
        names = sorted(symbol.name for symbol in symbols(expression) if not self._is_name(symbol))
        message = (
            f"written out, `{names[0] if names else 'a rate law'}` takes more than {MAX_NODES} terms or {MAX_DEPTH} "
            "levels: too large for symbolic equations"
        )
        hint = "a simulation does not write it out; shorten the chain of derived values to see the equations"
        return MechanismError.of("E042", message, hint=hint, span=getattr(expression, "span", None))


def _definitions_in_order(mechanism: Mechanism) -> list[str]:
    """Names of definitions and observables, each after those that it uses; chains may be of any length."""
    items: list[Definition | Observable] = [*mechanism.definitions, *mechanism.observables]
    needs = {
        item.name: [s.name for s in symbols(item.expression) if s.kind not in ("species", "parameter", "time")]
        for item in items
    }
    done: dict[str, None] = {}
    stack = list(reversed(needs))
    while stack:
        waiting = [name for name in needs[stack[-1]] if name not in done]
        if waiting:
            stack.extend(waiting)
        else:
            done[stack.pop()] = None
    return list(done)
