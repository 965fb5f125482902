"""Quantities as people say them: 15 uL rather than 0.015 mL, 24 h rather than 1440 min."""

from __future__ import annotations

from collections.abc import Mapping

from mscnet.mechanism.units import AMOUNT, MASS, TIME, UNITS, VOLUME, Dimension, UnitSystem

#: Units to choose from, the smallest first.
_LADDERS: Mapping[Dimension, tuple[str, ...]] = {
    VOLUME: ("fL", "pL", "nL", "uL", "mL", "L"),
    MASS: ("ng", "ug", "mg", "g", "kg"),
    AMOUNT: ("fmol", "pmol", "nmol", "umol", "mmol", "mol"),
    TIME: ("ns", "us", "ms", "s", "min", "h", "d"),
}
#: In the file's unit a number from the first up to the second stays as it is.
_LEAST, _MOST = 0.1, 1000.0


def readable(value: float, dimension: Dimension, system: UnitSystem, digits: int = 6) -> str:
    """A quantity in the file's unit, or in one in which its number is neither tiny nor huge: ``15 uL``, ``24 h``."""
    unit = system.describe(dimension)
    ladder = _LADDERS.get(dimension, ())
    size = abs(value)
    if not ladder or size == 0 or _LEAST <= size < _MOST or not size < float("inf"):
        return f"{value:.{digits}g} {unit}".rstrip()
    si = value * float(system.scale_of(dimension))
    numbers = [(si / float(UNITS[symbol].factor), symbol) for symbol in ladder]
    best = next((pair for pair in reversed(numbers) if abs(pair[0]) >= 1), numbers[0])
    if size >= _MOST:  # the nearest larger unit: 24 h, not 1 d
        best = next((pair for pair in numbers if 1 <= abs(pair[0]) < _MOST), best)
    return f"{best[0]:.{digits}g} {best[1]}"
