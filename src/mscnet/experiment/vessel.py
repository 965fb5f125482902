"""What a vessel holds, and ideal mixing: volumes add, amounts are conserved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass, replace

if TYPE_CHECKING:
    from mscnet.simulation.event_course import Standing

FloatArray = NDArray[np.float64]

#: A volume that exceeds another by no more than this part is the same one, rounded.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Wait:
    """Time that has passed for a vessel which nobody has asked for since: with these parameter values (n_parameters,),
    from this time of the experiment on."""

    start: float
    duration: float
    parameters: FloatArray
    temperature: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What the events of the mechanism have made of a vessel up to `until`, a time of the experiment (-inf: nothing on
    its clock): how their conditions stand, the concentrations (n_species,), and the parameters that events have set."""

    until: float
    standing: Standing
    state: FloatArray
    parameters: Mapping[str, float]

    def restarted(self, clock: float) -> Course:
        """The same where the clock, now at `clock`, starts anew."""
        due = {i: time - clock for i, time in self.standing.due.items()}
        return Course(-math.inf, replace(self.standing, due=due), self.state, self.parameters)

    def without(self, name: str) -> Course:
        """The same once somebody else has set a parameter."""
        left = {key: value for key, value in self.parameters.items() if key != name}
        return Course(self.until, self.standing, self.state, left)


@dataclass(frozen=True, slots=True, eq=False)
class Vessel:
    """Contents, in the file's units: `amounts` (n_species,) in a `volume`, which `components` share by name.

    `least` is the smallest amount that was put in, for tolerances; `temperature` None is the model's own; `course`
    what events have made of it, None where they have not been asked yet.
    """

    volume: float
    amounts: FloatArray
    components: Mapping[str, float]
    least: float = math.inf
    temperature: float | None = None
    waiting: tuple[Wait, ...] = ()
    course: Course | None = None

    @classmethod
    def empty(cls, n_species: int) -> Vessel:
        """One with nothing in it."""
        return cls(0.0, np.zeros(n_species), {})

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return self.volume == 0.0 and not self.amounts.any()

    @property
    def concentrations(self) -> FloatArray:
        """(n_species,); the volume is not to be 0."""
        return self.amounts / self.volume

    def with_amounts(self, amounts: FloatArray) -> Vessel:
        """The same after a reaction, with nothing waiting."""
        return Vessel(self.volume, amounts, self.components, self.least, self.temperature, (), self.course)

    def at(self, temperature: float | None) -> Vessel:
        """The same at another temperature; None leaves it."""
        return self if temperature is None else self.warmed(temperature)

    def warmed(self, temperature: float | None) -> Vessel:
        """The same at another temperature; None is the model's."""
        return Vessel(self.volume, self.amounts, self.components, self.least, temperature, self.waiting, self.course)

    def after(self, course: Course | None) -> Vessel:
        """The same with another course of events."""
        return Vessel(self.volume, self.amounts, self.components, self.least, self.temperature, self.waiting, course)

    def with_wait(self, start: float, duration: float, parameters: FloatArray) -> Vessel:
        """The same once more time has passed."""
        waiting = self.waiting
        wait = Wait(start, duration, parameters, self.temperature)
        if waiting and waiting[-1].parameters is parameters and waiting[-1].temperature == self.temperature:
            wait = Wait(waiting[-1].start, waiting[-1].duration + duration, parameters, self.temperature)
            waiting = waiting[:-1]
        waits = (*waiting, wait)
        return Vessel(self.volume, self.amounts, self.components, self.least, self.temperature, waits, self.course)

    def scaled(self, factor: float) -> Vessel:
        """So many times as much."""
        parts = {name: part * factor for name, part in self.components.items()}
        volume, amounts, least = self.volume * factor, self.amounts * factor, self.least * factor
        return Vessel(volume, amounts, parts, least, self.temperature, (), self.course)

    def parted(self, volume: float) -> tuple[Vessel, Vessel]:
        """A volume of it, no more than there is to rounding, and what stays behind."""
        share = volume / self.volume
        if share >= 1.0 - ROUNDING:
            return self, Vessel.empty(len(self.amounts)).at(self.temperature)
        return self.scaled(share), self.scaled(1.0 - share)

    def main(self, solvents: Iterable[str]) -> str | None:
        """The solvent that is the main component by volume; None where that is no solvent.

        A solvent as plentiful as something else counts as the main one; of two such, the first of `solvents`.
        """
        largest = max(self.components.values(), default=0.0) * (1.0 - ROUNDING)
        return next((name for name in solvents if self.components.get(name, -1.0) >= largest > 0.0), None)


def poured_together(first: Vessel, others: Iterable[Vessel]) -> Vessel:
    """The contents of all, at the temperature of the first, with its course of events."""
    volume, amounts, least = first.volume, first.amounts, first.least
    components = dict(first.components)
    for other in others:
        volume += other.volume
        amounts = amounts + other.amounts
        least = min(least, other.least)
        for name, part in other.components.items():
            components[name] = components.get(name, 0.0) + part
    return Vessel(volume, amounts, components, least, first.temperature, (), first.course)
