"""Whether constants of reversible steps agree with an equilibrium, without looking at every loop.

They do if every species can be given an activity such that each step's equilibrium constant is that of its products
over its reactants.  Activities are found one by one, from steps that have one species left without; where there is
none, the species in most steps gets 1.  If all steps then agree, the constants do; if not, nothing is proved.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

from mscnet.network.ratios import Ratio, Rational, whole

#: The net stoichiometry of a step.
Column = Mapping[str, Rational]


def agree_formally(columns: Sequence[Column], constants: Sequence[Ratio]) -> bool:
    """Whether activities exist whatever the values of the names in the constants are."""
    activities: dict[str, Ratio] = {}
    for j, unknown in _order(columns):
        if unknown is not None and j is None:
            activities[unknown] = Ratio()
            continue
        assert j is not None
        rest = Ratio()
        rest.multiply(constants[j], 1)
        for name, power in columns[j].items():
            if name != unknown:
                rest.multiply(activities[name], -power)
        if unknown is None:
            if not rest.is_one:
                return False
            continue
        own = Ratio()
        own.multiply(rest, whole(1 / Fraction(columns[j][unknown])))
        if not own.known:
            return False
        activities[unknown] = own
    return True


def agree_numerically(columns: Sequence[Column], logarithms: Sequence[float], tolerance: float) -> bool:
    """Whether activities exist for constants of these logarithms, each step to a share of `tolerance`."""
    activities: dict[str, float] = {}
    for j, unknown in _order(columns):
        if unknown is not None and j is None:
            activities[unknown] = 0.0
            continue
        assert j is not None
        known = [-float(power) * activities[name] for name, power in columns[j].items() if name != unknown]
        rest = math.fsum([logarithms[j], *known])
        if unknown is not None:
            activities[unknown] = rest / float(columns[j][unknown])
        elif not abs(rest) <= tolerance:
            return False
    return True


def _order(columns: Sequence[Column]) -> list[tuple[int | None, str | None]]:
    """What to do, one after the other: find a species' activity from a step, choose it (no step), or compare a step."""
    holders: dict[str, list[int]] = defaultdict(list)
    for j, column in enumerate(columns):
        for name in column:
            holders[name].append(j)
    unknown = [set(column) for column in columns]
    waiting = [j for j, names in enumerate(unknown) if len(names) == 1]
    by_use = sorted(holders, key=lambda name: len(holders[name]))
    done: set[int] = set()
    order: list[tuple[int | None, str | None]] = []

    def found(name: str) -> None:
        for j in holders[name]:
            unknown[j].discard(name)
            if len(unknown[j]) <= 1 and j not in done:
                waiting.append(j)

    known: set[str] = set()
    while True:
        while waiting:
            j = waiting.pop()
            if j in done:
                continue
            done.add(j)
            order.append((j, next(iter(unknown[j]), None)))
            for name in tuple(unknown[j]):
                known.add(name)
                found(name)
        while by_use and by_use[-1] in known:
            by_use.pop()
        if not by_use:
            return order
        chosen = by_use.pop()
        known.add(chosen)
        order.append((None, chosen))
        found(chosen)
