"""A rendered model as mscnet reads it, turned back into identifiers, mol/L and seconds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

import mscnet
from tests.strategies.model import Model, Species
from tests.strategies.oracle import Oracle
from tests.strategies.render import Style, render
from tests.strategies.spelling import LEVEL, RATE, TIME


class Reading:
    """What mscnet makes of a model that was rendered in a style."""

    def __init__(self, model: Model, style: Style) -> None:
        self.model, self.style, self.system = model, style, style.system
        self.names = dict(style.names)
        self.ids = {name: id for id, name in style.names}
        self.text = render(model, style)

    @cached_property
    def mechanism(self) -> mscnet.Mechanism:
        """The chosen model, with the values of constants that the text only uses."""
        mechanism = mscnet.loads(self.text)
        known = {p.name for p in mechanism.parameters}
        missing = {
            self.name(p.id): float(p.value.value / self.system.scale(p.dim))
            for p in self.model.parameters
            if not p.declared and self.name(p.id) in known
        }
        return mechanism.with_values(missing).chosen

    @cached_property
    def network(self) -> mscnet.Network:
        return self.mechanism.network()

    @cached_property
    def rate_system(self) -> Any:
        from mscnet.kinetics.system import build_rate_system

        return build_rate_system(self.network)

    def name(self, id: str) -> str:
        return self.names.get(id, id)

    def id(self, name: str) -> str:
        return self.ids.get(name, name)

    @property
    def species(self) -> list[str]:
        """Identifiers of the network's species, in its order."""
        return [self.id(name) for name in self.network.species]

    def net(self) -> list[dict[str, Fraction]]:
        """Exact net stoichiometry of every reaction, by identifier."""
        species = self.species
        return [{species[i]: n for i, n in column} for column in self.network.entries]

    # --- numbers -----------------------------------------------------------------------------

    def state(self, levels: Mapping[str, float]) -> Any:
        """Concentrations in mol/L as the vector that the rate system takes."""
        scale = float(self.system.scale(LEVEL))
        return np.array([levels[id] / scale for id in self.species])

    def time(self, seconds: float) -> float:
        return seconds / float(self.system.scale(TIME))

    def rates(self, levels: Mapping[str, float], time: float) -> Any:
        """The rate of every reaction in mol/L/s."""
        return self.rate_system.rates(self.time(time), self.state(levels)) * float(self.system.scale(RATE))

    def changes(self, levels: Mapping[str, float], time: float) -> dict[str, float]:
        """The rate of change of every species in mol/L/s, by identifier."""
        rhs = self.rate_system.rhs(self.time(time), self.state(levels)) * float(self.system.scale(RATE))
        return dict(zip(self.species, rhs.tolist(), strict=True))


def levels_of(model: Model, numbers: list[float]) -> dict[str, float]:
    """A concentration in mol/L for every species: its own where it is constant, else one of `numbers`."""
    oracle = Oracle(model)
    levels = {id: numbers[i % len(numbers)] for i, id in enumerate(model.species)}
    for item in model.statements:
        if isinstance(item, Species) and item.constant:
            levels[item.id] = 0.0 if item.initial is None else oracle.value(item.initial, {}, 0.0).number
    return levels
