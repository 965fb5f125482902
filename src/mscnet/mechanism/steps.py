"""Reversible steps of mass action: net stoichiometry, equilibrium constants, and their values.

Values are those at the start: at the time 0, and at the temperature that the file has then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from mscnet.mechanism.constants import GAS, standard_concentration
from mscnet.mechanism.expression import MINUS_ONE, Expression, Number, Power, Product, Sum, Symbol, evaluate
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Coefficient, Reaction, Term, as_expression
from mscnet.mechanism.units import TEMPERATURE

#: Net stoichiometry: products less reactants.
Net = Mapping[str, Coefficient]


class Step(NamedTuple):
    """Both directions of a reversible step of mass action."""

    forward: Reaction
    reverse: Reaction

    @property
    def name(self) -> str:
        """The name of the step, one of a chain with its number."""
        return self.forward.name

    @property
    def net(self) -> dict[str, Coefficient]:
        """Products less reactants."""
        return net_of(self.forward.reactants, self.forward.products)

    @property
    def between_species(self) -> bool:
        """Whether species stand on both sides, so that energies, of which only differences count, say something."""
        return bool(self.forward.reactants and self.forward.products)

    @property
    def settles(self) -> bool:
        """Whether equal rates mean an equilibrium: orders backward less forward are the net stoichiometry."""
        forward, reverse = self
        if forward.orders is forward.reactants and reverse.orders is forward.products:
            return True  # as the reader makes them where nothing else is said
        return net_of(self.forward.orders, self.reverse.orders) == self.net


def net_of(reactants: tuple[Term, ...], products: tuple[Term, ...]) -> dict[str, Coefficient]:
    """Products less reactants; species that cancel exactly are left out."""
    net: dict[str, Coefficient] = {}
    for sign, terms in ((-1, reactants), (1, products)):
        for term in terms:
            before = net.get(term.species)
            if before is not None:
                net[term.species] = added(before, term.written, sign)
            elif sign > 0:
                net[term.species] = term.written
            else:
                given = term.written
                net[term.species] = -given if isinstance(given, Fraction) else Product((MINUS_ONE, given))
    return {name: value for name, value in net.items() if value != 0}


def added(a: Coefficient, b: Coefficient, sign: int = 1) -> Coefficient:
    """``a + sign b``, a number where both are."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a + sign * b
    if a == b and sign < 0:
        return Fraction(0)
    first, second = as_expression(a), as_expression(b)
    if sign < 0:
        second = Product((MINUS_ONE, second))
    return second if a == 0 else Sum((first, second))


def ways(terms: tuple[Term, ...]) -> Fraction:
    """What combinatorial mass action divides a rate by: the factorials of the whole coefficients."""
    given = (t.written for t in terms if isinstance(t.written, Fraction))
    return Fraction(math.prod(math.factorial(int(c)) for c in given if c.denominator == 1 and 1 < c <= 170))


def reversible_steps(mechanism: Mechanism) -> Iterator[Step]:
    """The reversible steps of mass action, in the order of the text."""
    by_name: dict[tuple[str, str | None], Reaction] | None = None
    for reaction in mechanism.reactions:
        if reaction.partner is None or reaction.reverse or reaction.law.kind != "mass_action":
            continue
        if by_name is None:
            by_name = {(r.name, r.pathway): r for r in mechanism.reactions if r.reverse}
        partner = by_name.get((reaction.partner, reaction.pathway))
        if partner is not None and partner.law.kind == "mass_action":
            yield Step(reaction, partner)


def constant_of(step: Step, mechanism: Mechanism) -> Expression:
    """The equilibrium constant K_c of a step in the file's concentration, as an expression."""
    known = step.reverse.equilibrium or step.forward.equilibrium
    if known is not None:
        return known.constant
    factors = [step.forward.law.expression, Power(step.reverse.law.expression, MINUS_ONE)]
    if mechanism.option("mass_action") == "combinatorial":
        share = ways(step.forward.products) / ways(step.forward.reactants)
        factors += [Number(share)] if share != 1 else []
    return Product(tuple(factors))


def at_start(mechanism: Mechanism) -> Callable[[Expression], float]:
    """What gives expressions their values at the start of a run; ``nan`` where something has none, or is a
    concentration."""
    by_name: dict[str, Expression] = {item.name: item.expression for item in mechanism.derived}
    values: dict[str, float] = {}

    def lookup(symbol: Symbol) -> float:
        name = symbol.name
        if symbol.kind == "time":
            return 0.0
        if symbol.kind == "parameter":
            value = mechanism.get_parameter(name).value
            return math.nan if value is None else value
        if symbol.kind not in ("definition", "observable"):
            return math.nan
        if name not in values:
            known = by_name.get(name)  # None for one of a pathway that is not taken
            values[name] = math.nan if known is None else evaluate(known, lookup)
        return values[name]

    for item in mechanism.derived:  # each after those that it needs, so that no chain becomes a deep recursion
        lookup(Symbol(item.name, "definition"))
    return lambda expression: evaluate(expression, lookup)


def standard_change(constant: float, change: Coefficient, mechanism: Mechanism, kelvin: float) -> float:
    """ΔG° = -RT ln(K/c°^Δn) in J/mol, with c° = 1 mol/L; ``nan`` where the change of the mole number is symbolic."""
    if not isinstance(change, Fraction) or not constant > 0 or not math.isfinite(constant):
        return math.nan
    standard = float(change) * math.log(float(standard_concentration(mechanism.units)))
    return -float(GAS) * kelvin * (math.log(constant) - standard)


def temperature_at_start(mechanism: Mechanism, value_of: Callable[[Expression], float]) -> float:
    """The temperature in kelvin; ``nan`` where the file has none."""
    scale = float(mechanism.units.scale_of(TEMPERATURE))
    if any(item.name == "temperature" for item in mechanism.definitions):
        return value_of(Symbol("temperature", "definition")) * scale
    if any(item.name == "temperature" for item in mechanism.parameters):
        return value_of(Symbol("temperature", "parameter")) * scale
    return math.nan


def mole_change(net: Net) -> Coefficient:
    """The change of the mole number."""
    total: Coefficient = Fraction(0)
    for coefficient in net.values():
        total = added(total, coefficient)
    return total
