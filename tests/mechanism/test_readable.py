"""Quantities as people say them."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from mscnet import loads
from mscnet.mechanism.quantity import parse_unit
from mscnet.mechanism.readable import readable, with_unit
from mscnet.mechanism.units import AMOUNT, CONCENTRATION, ENERGY, MASS, TIME, UNITS, VOLUME, Dimension, UnitSystem

SYSTEM = UnitSystem(
    time=UNITS["min"], concentration=UNITS["mM"], volume=UNITS["mL"], length=UNITS["cm"], mass=UNITS["g"]
)


@pytest.mark.parametrize(
    ("value", "dimension", "said"),
    [
        (0.015, VOLUME, "15 uL"),
        (0.7, VOLUME, "0.7 mL"),
        (2.33, VOLUME, "2.33 mL"),
        (2500.0, VOLUME, "2.5 L"),
        (1e-7, VOLUME, "100 pL"),
        (0.0, VOLUME, "0 mL"),
        (-0.015, VOLUME, "-15 uL"),
        (1e-30, VOLUME, "1e-18 fL"),
        (0.0012, MASS, "1.2 mg"),
        (1440.0, TIME, "24 h"),
        (90.0, TIME, "90 min"),
        (0.05, TIME, "3 s"),
        (1e6, TIME, "694.444 d"),
        (0.003, AMOUNT, "3 nmol"),
        (0.003, CONCENTRATION, "0.003 mM"),
        (math.inf, VOLUME, "inf mL"),
        (2.0, Dimension.of(), "2"),
    ],
)
def test_a_quantity_is_said_in_a_unit_that_suits_it(value: float, dimension: Dimension, said: str) -> None:
    assert readable(value, dimension, SYSTEM) == said


RATE = CONCENTRATION**-1 / TIME


@pytest.mark.parametrize(
    ("value", "dimension", "said"),
    [
        (Fraction(1, 20), TIME**-1, "0.05 /min"),
        (Fraction(2 * 10**14), RATE, "2e14 /mM/min"),
        (Fraction(-125 * 10**6), RATE, "-1.25e8 /mM/min"),
        (Fraction(12000), RATE, "12000 /mM/min"),
        (60000 / SYSTEM.scale_of(ENERGY / AMOUNT), ENERGY / AMOUNT, "60 kJ/mol"),
        (Fraction(7), None, "7"),
    ],
)
def test_a_number_of_a_law_is_said_exactly(value: Fraction, dimension: Dimension | None, said: str) -> None:
    assert with_unit(value, dimension, SYSTEM) == said


UNITS_OF_FILES = (
    "time = s",
    "concentration = mol/cm^3, length = cm",
    "concentration = molecule/cm^3",
    "concentration = mmol L^-1",
    "volume = m^3",
    "volume = uL, amount = nmol",
    "amount = molecule, volume = fL",
)


@pytest.mark.parametrize("units", UNITS_OF_FILES)
def test_a_unit_that_is_shown_reads_back(units: str) -> None:
    system = loads(f"units {units}\nA -> B @ k").units
    for amount in range(-3, 4):
        for length in range(-7, 8):
            dimension = Dimension.of(amount=amount, length=length, time=-1)
            factor, read = parse_unit(system.describe(dimension), system)
            assert (read, factor) == (dimension, system.scale_of(dimension))


def test_a_constant_of_second_order_is_said_as_chemists_say_it() -> None:
    system = loads("units time = s, concentration = molecule/cm^3\nA -> B @ k").units
    assert system.describe(RATE) == "cm^3/molecule/s"
