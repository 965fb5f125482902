"""Constants of nature, exact: those that define the SI since 2019 (CODATA 2018), and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from mscnet.mechanism.units import AMOUNT, CONCENTRATION, ENERGY, TEMPERATURE, Dimension, UnitSystem

#: In SI units.
BOLTZMANN = Fraction(1380649, 10**29)
PLANCK = Fraction(662607015, 10**42)
AVOGADRO = Fraction(602214076 * 10**15)
GAS = BOLTZMANN * AVOGADRO

MOLAR_ENERGY = ENERGY / AMOUNT
MOLAR_ENTROPY = MOLAR_ENERGY / TEMPERATURE

#: What a file may call by these names, unless it calls something else so: SI value and dimension.
CONSTANTS: Mapping[str, tuple[Fraction, Dimension]] = MappingProxyType(
    {"R": (GAS, MOLAR_ENTROPY), "kB": (BOLTZMANN, ENERGY / TEMPERATURE)}
)

#: The standard concentration, 1 mol/L, in SI units.
STANDARD_CONCENTRATION = Fraction(1000)
#: The temperature that standard tables are for, in kelvin.
STANDARD_TEMPERATURE = Fraction(29815, 100)


def in_units(value: Fraction, dimension: Dimension, system: UnitSystem) -> Fraction:
    """An SI value in the units of a file; exact for whole powers of its units."""
    return Fraction(value / system.scale_of(dimension))


def standard_concentration(system: UnitSystem) -> Fraction:
    """1 mol/L in the units of a file."""
    return in_units(STANDARD_CONCENTRATION, CONCENTRATION, system)
