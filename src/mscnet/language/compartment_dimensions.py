"""Dimensions in a file with compartments: of species, and of the rates of steps within and between."""

from __future__ import annotations

from mscnet.language.dimensions import Form, form_of
from mscnet.mechanism.compartments import homes_of, place_of, surfaces_of
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction
from mscnet.mechanism.units import LENGTH, VOLUME, Dimension


class Places:
    """What species are measured in: concentrations in volumes, amounts per area on surfaces."""

    def __init__(self, mechanism: Mechanism, concentration: Dimension) -> None:
        self.homes, self.surfaces = homes_of(mechanism), surfaces_of(mechanism)
        self._volume, self._amount = form_of(concentration), form_of(concentration * VOLUME)
        self._area = form_of(concentration * LENGTH)

    def of_species(self, name: str) -> Form:
        return self._area if self.homes.get(name) in self.surfaces else self._volume

    def known(self, reaction: Reaction) -> bool:
        """Whether each species of a step has a place; where one has none, that is reported elsewhere."""
        return all(term.species in self.homes for term in (*reaction.reactants, *reaction.products))

    def of_reaction(self, reaction: Reaction) -> Form:
        """What the rate of a step is, times time."""
        place = self._place(reaction)
        if place is None:
            return self._amount if reaction.reactants or reaction.products else self._volume
        return self._area if place in self.surfaces else self._volume

    def hint(self, reaction: Reaction) -> str:
        """What the rate of a step must come out as."""
        place = self._place(reaction)
        if place is None:
            return (
                "between compartments a rate is an amount per time: a permeability times an area, or kLa times a volume"
            )
        if place in self.surfaces:
            return f"on the surface `{place}` a rate is an amount per area per time"
        return f"within `{place}` a rate is a concentration per time"

    def _place(self, reaction: Reaction) -> str | None:
        return place_of(reaction, self.homes, self.surfaces)
