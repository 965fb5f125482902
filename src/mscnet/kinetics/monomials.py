"""Rate laws that are a static coefficient times a product of powers of concentrations."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from mscnet.kinetics.statics import Statics
from mscnet.mechanism.expression import ONE, Expression, Number, Power, Product, Symbol

Monomial = tuple[Expression, tuple[tuple[int, Fraction], ...]]


def as_monomial(law: Expression, statics: Statics, index: Mapping[str, int]) -> Monomial | None:
    """Coefficient and (species index, order) pairs of a whole law such as ``k*[A]^2*[B]``, else None.

    Such a law needs no symbols: it goes to the tables of mass action.
    """
    coefficient: list[Expression] = []
    orders: dict[int, Fraction] = {}
    pending = [law]
    while pending:
        factor = pending.pop()
        if isinstance(factor, Product):
            pending.extend(reversed(factor.factors))
        elif statics.holds(factor):
            coefficient.append(factor)
        else:
            power = _power_of_species(factor)
            if power is None:
                return None
            species, order = index[power[0]], power[1]
            orders[species] = orders.get(species, Fraction(0)) + order
    joined = coefficient[0] if len(coefficient) == 1 else Product((ONE, *coefficient))
    return joined, tuple((species, order) for species, order in orders.items() if order)


def _power_of_species(factor: Expression) -> tuple[str, Fraction] | None:
    base, order = factor, Fraction(1)
    if isinstance(factor, Power) and isinstance(factor.exponent, Number):
        base, order = factor.base, factor.exponent.value
    if isinstance(base, Symbol) and base.kind == "species":
        return base.name, order
    return None
