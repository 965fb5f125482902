"""Loops of reversible steps, and whether their rate constants agree with an equilibrium.

Steps that together change nothing form a loop; at equilibrium every one of them stands still, so the product of the
forward constants round it is that of the reverse ones (R. Wegscheider, Z. phys. Chem. 39, 257 (1901); G. N. Lewis, PNAS
11, 179 (1925)).  The loops are an integer basis of the null space of the stoichiometric matrix of the reversible steps
(M. Feinberg, Chem. Eng. Sci. 44, 1819 (1989)), not of a graph, so that those through complexes are found too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.steps import Step, reversible_steps
from mscnet.mechanism.thermo import MAX_STEPS, MAX_TANGLED, Loop

if TYPE_CHECKING:
    from mscnet.network.balance import Balance


def too_large(mechanism: Mechanism) -> bool:
    """Whether some model of a mechanism has more reversible steps than are looked at, and they do not just agree."""
    if mechanism.pathway is None and mechanism.pathways:
        return any(too_large(mechanism.with_pathway(pathway.name)) for pathway in mechanism.pathways)
    if sum(reaction.reverse for reaction in mechanism.reactions) > MAX_STEPS:
        return True
    steps = _usable(mechanism)
    tangled = _tangled(steps)
    return len(tangled) > MAX_TANGLED and not _balance(mechanism, steps, tangled).agrees()


def loops_of(mechanism: Mechanism, unbalanced: bool = False) -> tuple[Loop, ...]:
    """The loops of a model, an independent set that generates all; of a family, those of every pathway.

    With `unbalanced`, only those round which detailed balance does not hold or cannot be told.

    None are looked for in a network beyond `MAX_STEPS` (see `too_large`).  A step takes part if it is reversible, has
    species on both sides, and its orders are such that both directions balance at an equilibrium.
    """
    if sum(reaction.reverse for reaction in mechanism.reactions) > MAX_STEPS:
        return ()
    steps = _usable(mechanism)
    tangled = _tangled(steps)
    if not tangled:
        return ()
    if mechanism.pathway is None and mechanism.pathways:
        models = [mechanism.with_pathway(pathway.name) for pathway in mechanism.pathways]
        return tuple(dict.fromkeys(loop for model in models for loop in loops_of(model, unbalanced)))
    balance = _balance(mechanism, steps, tangled)
    if (unbalanced and balance.agrees()) or len(tangled) > MAX_TANGLED:
        return ()
    return tuple(loop for loop in balance.loops() if not (unbalanced and loop.holds))


class Column(NamedTuple):
    """A step with its net stoichiometry, whole numbers as integers."""

    step: Step
    net: dict[str, int | Fraction]


def _usable(mechanism: Mechanism) -> list[Column]:
    found = []
    for step in reversible_steps(mechanism):
        if not (step.between_species and step.settles):
            continue
        given = step.net
        net = {n: c.numerator if c.denominator == 1 else c for n, c in given.items() if isinstance(c, Fraction)}
        if net and len(net) == len(given):
            found.append(Column(step, net))
    return found


def _tangled(columns: Sequence[Column]) -> set[int]:
    """The steps that may be in a loop: a step with a species that no other step has is in none, and so on."""
    holders: dict[str, set[int]] = defaultdict(set)
    for j, column in enumerate(columns):
        for name in column.net:
            holders[name].add(j)
    left = set(range(len(columns)))
    single = [name for name, own in holders.items() if len(own) == 1]
    while single:
        own = holders[single.pop()]
        if len(own) != 1:
            continue
        j = next(iter(own))
        left.discard(j)
        for name in columns[j].net:
            holders[name].discard(j)
            if len(holders[name]) == 1:
                single.append(name)
    return left


def _balance(mechanism: Mechanism, steps: Sequence[Column], tangled: set[int]) -> Balance:
    from mscnet.network.balance import Balance  # most mechanisms have no loop

    return Balance(mechanism, [steps[j] for j in sorted(tangled)])
