"""What a vessel holds in many rows: as `vessel.Vessel`, with columns (m, 1) where rows differ and numbers where not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.vessel import ROUNDING
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]
#: A number that all rows share, or (m, 1).
Column = float | FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RowWait:
    """Time that has passed for a vessel which nobody has asked for since; `parameters` (m, n_parameters)."""

    start: float
    duration: float
    parameters: FloatArray
    temperature: Column | None


@dataclass(frozen=True, slots=True, eq=False)
class RowVessel:
    """Contents in m rows: `amounts` (m, n_species) or (1, n_species); the other fields as in `Vessel`."""

    volume: Column
    amounts: FloatArray
    components: Mapping[str, Column]
    least: Column = math.inf
    temperature: Column | None = None
    waiting: tuple[RowWait, ...] = ()

    @classmethod
    def empty(cls, n_species: int) -> RowVessel:
        """One with nothing in it."""
        return cls(0.0, np.zeros((1, n_species)), {})

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it in any row."""
        return everywhere(self.volume == 0.0) and not self.amounts.any()

    def with_amounts(self, amounts: FloatArray) -> RowVessel:
        """The same after a reaction, with nothing waiting."""
        return RowVessel(self.volume, amounts, self.components, self.least, self.temperature)

    def warmed(self, temperature: Column | None) -> RowVessel:
        """The same at another temperature; None is the model's."""
        return RowVessel(self.volume, self.amounts, self.components, self.least, temperature, self.waiting)

    def with_wait(self, start: float, duration: float, parameters: FloatArray) -> RowVessel:
        """The same once more time has passed."""
        waiting = self.waiting
        wait = RowWait(start, duration, parameters, self.temperature)
        if waiting and waiting[-1].parameters is parameters and waiting[-1].temperature is self.temperature:
            wait = RowWait(waiting[-1].start, waiting[-1].duration + duration, parameters, self.temperature)
            waiting = waiting[:-1]
        return RowVessel(self.volume, self.amounts, self.components, self.least, self.temperature, (*waiting, wait))

    def scaled(self, factor: Column) -> RowVessel:
        """So many times as much."""
        parts = {name: part * factor for name, part in self.components.items()}
        return RowVessel(self.volume * factor, self.amounts * factor, parts, self.least * factor, self.temperature)

    def parted(self, volume: Column, led: bool) -> tuple[RowVessel, RowVessel]:
        """A volume of it, no more than there is to rounding, and what stays behind; where all of it is meant, row by
        row, or (`led`) as in the first row."""
        share = volume / self.volume
        whole = share >= 1.0 - ROUNDING
        if led and isinstance(whole, np.ndarray):
            whole = bool(whole.flat[0])
        if everywhere(whole):
            return self, RowVessel.empty(self.amounts.shape[1]).warmed(self.temperature)
        if isinstance(whole, np.ndarray):
            share = np.where(whole, 1.0, share)
        return self.scaled(share), self.scaled(1.0 - share)

    def mains(self, solvents: Iterable[str], m: int, led: bool) -> list[str | None]:
        """The solvent that is the main component by volume in each row (see `Vessel.main`): one where all share it."""
        names, parts = list(solvents), self.components
        if not any(isinstance(part, np.ndarray) for part in parts.values()):
            return [_main(names, parts)]  # type: ignore[arg-type]
        rows = [dict.fromkeys(parts, 0.0) for _ in range(1 if led else m)]
        for name, part in parts.items():
            for row, number in zip(rows, np.broadcast_to(part, (m, 1))[:, 0].tolist(), strict=False):
                row[name] = number
        return [_main(names, row) for row in rows]


def _main(solvents: Iterable[str], parts: Mapping[str, float]) -> str | None:
    largest = max(parts.values(), default=0.0) * (1.0 - ROUNDING)
    return next((name for name in solvents if parts.get(name, -1.0) >= largest > 0.0), None)


def poured_together(first: RowVessel, others: Iterable[RowVessel]) -> RowVessel:
    """The contents of all, at the temperature of the first."""
    volume, amounts, least = first.volume, first.amounts, first.least
    components = dict(first.components)
    for other in others:
        volume = volume + other.volume
        amounts = amounts + other.amounts
        least = _smaller(least, other.least)
        for name, part in other.components.items():
            components[name] = components[name] + part if name in components else part
    return RowVessel(volume, amounts, components, least, first.temperature)


def _smaller(a: Column, b: Column) -> Column:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.asarray(np.minimum(a, b))
    return min(a, b)


def everywhere(condition: Any) -> bool:
    """Whether a condition, one or (m, 1), holds in all rows."""
    return bool(condition.all()) if isinstance(condition, np.ndarray) else bool(condition)


def joined(values: Iterable[float]) -> Column:
    """One number where all rows have the same, else (m, 1)."""
    found = list(values)
    first = found[0]
    return first if all(value == first for value in found) else np.array(found)[:, None]
