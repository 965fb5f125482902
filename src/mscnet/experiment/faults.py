"""Errors of protocols, at the place of the step that they speak of."""

from __future__ import annotations

from typing import Protocol

from mscnet.diagnostics import MechanismError, Span
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import CONCENTRATION, VOLUME, UnitSystem
from mscnet.records import replace

#: What the bench cannot do: take more than there is, measure an empty vessel.
IMPOSSIBLE = "E085"
#: A quantity that is none: negative, not finite, not a whole number.
NO_QUANTITY = "E041"


class Placed(Protocol):
    """What knows where it stands in the text."""

    @property
    def span(self) -> Span | None: ...


def fault(place: Placed | None, message: str, hint: str | None = None, code: str = IMPOSSIBLE) -> MechanismError:
    """The error of a step, a portion, a reading or an experiment."""
    return MechanismError.of(code, message, span=None if place is None else place.span, hint=hint)


def named_after(error: MechanismError, condition: str) -> MechanismError:
    """The same error, which says under which condition it arose."""
    return MechanismError(replace(d, message=f"{condition}: {d.message}") for d in error.diagnostics)


class Words:
    """Quantities with the file's units, for messages and ledgers."""

    def __init__(self, units: UnitSystem) -> None:
        self._volume = units.describe(VOLUME)
        self._time = units.time.symbol
        self._units = {
            "volume": self._volume,
            "mass": units.mass.symbol,
            "amount": units.describe((units.concentration.dimension or CONCENTRATION) * VOLUME),
        }
        self._temperature = units.temperature.symbol

    @classmethod
    def of(cls, mechanism: Mechanism) -> Words:
        """The words of a mechanism's units."""
        return cls(mechanism.units)

    def volume(self, value: float) -> str:
        """``0.03 mL``."""
        return f"{value:.6g} {self._volume}"

    def time(self, value: float) -> str:
        """``20 min``."""
        return f"{value:.6g} {self._time}"

    def temperature(self, value: float) -> str:
        """``298.15 K``."""
        return f"{value:.6g} {self._temperature}"

    def measured(self, value: float, measure: str) -> str:
        """A volume, mass or amount."""
        return f"{value:.6g} {self._units[measure]}"
