"""The expressions that rules hold."""

from __future__ import annotations

from collections.abc import Iterator

from mscnet.mechanism.expression import Expression
from mscnet.mechanism.structure import Structure


def expressions_in(structure: Structure) -> Iterator[Expression]:
    """Every expression of rules, seeds, energies, places and population maps."""
    for rule in structure.rules:
        yield rule.law.expression
        if rule.activation is not None:
            yield from rule.activation
    for seed in structure.seeds:
        yield seed.initial
    for energy in structure.energies:
        yield energy.energy
    for place in structure.places:
        yield place.size
    for population in structure.populations:
        yield population.rate
