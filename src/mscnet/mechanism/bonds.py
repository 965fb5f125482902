"""What steps cost in bonds: ΔH = Σ energies of bonds broken - Σ energies of bonds formed.

The error of one bond energy is the same wherever the bond stands, so that of a change is |net number| × error; the
errors of different bonds are independent, so those add in squares.  Bond energies are means over molecules (L. Pauling,
The Nature of the Chemical Bond, 3rd ed. 1960, ch. 3), so an estimate leaves out what strain, size and solvent do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.thermo import Bond, BondChange
from mscnet.mechanism.types import Reaction, Species, Term
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """The enthalpy of a step from bond energies, with its standard error, in the file's unit of energy per amount."""

    change: BondChange
    value: float
    error: float

    @property
    def signed(self) -> bool:
        """Whether the bar lies on one side of zero."""
        return abs(self.value) > self.error


def bond_changes(mechanism: Mechanism) -> tuple[BondChange, ...]:
    """For each step, both directions of a reversible one together, whose species all say which bonds they hold: the
    bonds that it forms (or, negative, breaks)."""
    by_place = {(species.name, species.pathway): species for species in mechanism.species}
    changes = []
    for reaction in mechanism.reactions:
        if reaction.reverse:
            continue
        net = _net_bonds(reaction, by_place)
        if net is not None:
            changes.append(BondChange(reaction.name, reaction.pathway, net))
    return tuple(changes)


def _net_bonds(
    reaction: Reaction, species: Mapping[tuple[str, str | None], Species]
) -> tuple[tuple[str, Fraction], ...] | None:
    sides: tuple[tuple[int, tuple[Term, ...]], ...] = ((-1, reaction.reactants), (1, reaction.products))
    total: dict[str, Fraction] = {}
    for sign, terms in sides:
        for term in terms:
            found = species.get((term.species, reaction.pathway)) or species.get((term.species, None))
            if found is None or found.bonds is None or not isinstance(term.written, Fraction):
                return None
            for bond, number in found.bonds:
                total[bond] = total.get(bond, Fraction(0)) + sign * term.written * number
    return tuple((bond, number) for bond, number in total.items() if number)


def estimate(change: BondChange, bonds: Mapping[str, Bond]) -> Estimate:
    """The enthalpy of a change, with its error."""
    value = -sum(float(n) * bonds[bond].energy for bond, n in change.bonds)
    return Estimate(change, value, math.hypot(*(float(n) * bonds[bond].error for bond, n in change.bonds)))


def difference_error(a: BondChange, b: BondChange, bonds: Mapping[str, Bond]) -> float:
    """The standard error of the difference of two estimates: a bond in both has one and the same error."""
    counts = {name: Fraction(0) for change in (a, b) for name, _ in change.bonds}
    for sign, change in ((1, a), (-1, b)):
        for name, number in change.bonds:
            counts[name] += sign * number
    return math.hypot(*(float(n) * bonds[name].error for name, n in counts.items()))
