"""Quantities as people say them: 15 uL rather than 0.015 mL, 24 h rather than 1440 min."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from mscnet.mechanism.constants import MOLAR_ENERGY, MOLAR_ENTROPY
from mscnet.mechanism.expression import number_text
from mscnet.mechanism.units import AMOUNT, ENERGY, MASS, TIME, UNITS, VOLUME, Dimension, UnitSystem

#: Units to choose from, the smallest first.
_LADDERS: Mapping[Dimension, tuple[str, ...]] = {
    VOLUME: ("fL", "pL", "nL", "uL", "mL", "L"),
    MASS: ("ng", "ug", "mg", "g", "kg"),
    AMOUNT: ("fmol", "pmol", "nmol", "umol", "mmol", "mol"),
    TIME: ("ns", "us", "ms", "s", "min", "h", "d"),
}
#: What energies are said in, whatever units a file has: those that its own make of them nobody reads.
CUSTOMARY: Mapping[Dimension, str] = {ENERGY: "kJ", MOLAR_ENERGY: "kJ/mol", MOLAR_ENTROPY: "J/mol/K"}
_SIZES = {"kJ": Fraction(1000), "kJ/mol": Fraction(1000), "J/mol/K": Fraction(1)}
#: In the file's unit a number from the first up to the second stays as it is.
_LEAST, _MOST = 0.1, 1000.0
#: Zeros at the end of a number that are written out.
_MOST_ZEROS = 4


def with_unit(value: Fraction, dimension: Dimension | None, system: UnitSystem) -> str:
    """A number of a law with its unit, exactly: ``0.05 /min``, ``60 kJ/mol``; huge round ones as ``2e14``."""
    unit = system.describe(dimension) if dimension is not None else ""
    customary = CUSTOMARY.get(dimension) if dimension is not None else None
    if customary is not None:
        unit, value = customary, Fraction(value * system.scale_of(dimension) / _SIZES[customary])  # type: ignore[arg-type]
    text = number_text(value)
    digits = text.rstrip("0")
    if value.denominator == 1 and len(text) - len(digits) > _MOST_ZEROS:
        sign, first, more = ("-" if value < 0 else ""), digits.lstrip("-")[:1], digits.lstrip("-")[1:]
        text = f"{sign}{first}{'.' if more else ''}{more}e{len(text.lstrip('-')) - 1}"
    return f"{text} {unit}".rstrip()


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
