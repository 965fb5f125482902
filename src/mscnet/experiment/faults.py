"""Errors of protocols, at the place of the step that they speak of."""

from __future__ import annotations

from typing import Protocol

from mscnet.diagnostics import MechanismError, Related, Span
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.readable import readable
from mscnet.mechanism.units import CONCENTRATION, MASS, TIME, VOLUME, UnitSystem
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


def named_at(error: MechanismError, span: Span | None, message: str) -> MechanismError:
    """An error of another file with the place in the mechanism that names it."""
    if span is None:
        return error
    found = []
    for finding in error.diagnostics:
        if finding.span is None and finding.file is None:
            finding = replace(finding, span=span)
        elif finding.span is None or finding.span.source is not span.source:
            finding = replace(finding, related=(*finding.related, Related(message, span)))
        found.append(finding)
    return MechanismError(found)


def named_after(error: MechanismError, condition: str) -> MechanismError:
    """The same error, which says under which condition it arose."""
    return MechanismError(replace(d, message=f"{condition}: {d.message}") for d in error.diagnostics)


class Words:
    """Quantities as people say them, for messages and ledgers."""

    def __init__(self, units: UnitSystem) -> None:
        self._units = units
        amount = (units.concentration.dimension or CONCENTRATION) * VOLUME
        self._dimensions = {"volume": VOLUME, "mass": MASS, "amount": amount}

    @classmethod
    def of(cls, mechanism: Mechanism) -> Words:
        """The words of a mechanism's units."""
        return cls(mechanism.units)

    def volume(self, value: float) -> str:
        """``30 uL``."""
        return readable(value, VOLUME, self._units)

    def time(self, value: float) -> str:
        """``20 min``."""
        return readable(value, TIME, self._units)

    def temperature(self, value: float) -> str:
        """``298.15 K``."""
        return f"{value:.6g} {self._units.temperature.symbol}"

    def measured(self, value: float, measure: str) -> str:
        """A volume, mass or amount."""
        return readable(value, self._dimensions[measure], self._units)
