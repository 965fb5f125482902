"""Which reactions of a network go into tables, and which have general laws: the same for every engine."""

from __future__ import annotations

import math
from fractions import Fraction

from mscnet.kinetics.monomials import as_monomial
from mscnet.kinetics.shapes import ShapedLaw, Shaper
from mscnet.kinetics.statics import Statics
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.types import Reaction
from mscnet.network.network import Network
from mscnet.network.rates import rate_expression
from mscnet.records import dataclass

Orders = tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One reaction: its index, static coefficient, a factor on it, and (species index, order) pairs."""

    reaction: int
    coefficient: Expression
    factor: float
    orders: Orders


@dataclass(frozen=True, slots=True)
class Partition:
    """Every reaction of a network, once: `rows` for tables, `laws` as (reaction index, shaped law)."""

    rows: tuple[Row, ...]
    laws: tuple[tuple[int, ShapedLaw], ...]


def partition(network: Network) -> Partition:
    """The laws of a network sorted by kind, in time linear in its size.

    Raises:
        MechanismError: a rate law that is too large, or a symbolic coefficient without a value.
    """
    mechanism, index = network.mechanism, network.species_index
    statics = Statics(mechanism)
    combinatorial = mechanism.option("mass_action") == "combinatorial"
    rows: list[Row] = []
    general: list[tuple[int, Reaction]] = []
    for j, (reaction, orders) in enumerate(zip(mechanism.reactions, network.order_entries, strict=True)):
        law = reaction.law.expression
        if reaction.law.kind == "mass_action" and statics.holds(law):
            rows.append(Row(j, law, _share(reaction) if combinatorial else 1.0, orders))
        elif (monomial := as_monomial(rate_expression(mechanism, reaction), statics, index)) is not None:
            rows.append(Row(j, monomial[0], 1.0, monomial[1]))
        else:
            general.append((j, reaction))
    shaper = Shaper(mechanism, statics, index)
    laws = []
    for j, reaction in general:
        name = reaction.label or reaction.name
        laws.append((j, shaper.shape(rate_expression(mechanism, reaction), name, reaction.law.span or reaction.span)))
    return Partition(tuple(rows), tuple(laws))


def _share(reaction: Reaction) -> float:
    """1/∏ n! over whole reactant coefficients n: what combinatorial mass action multiplies a rate by."""
    coefficients = [t.written for t in reaction.reactants if isinstance(t.written, Fraction)]
    return math.prod(1 / math.factorial(int(c)) for c in coefficients if c.denominator == 1 and 1 < c <= 170)
