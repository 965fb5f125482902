"""Quantities as people say them."""

from __future__ import annotations

import math

import pytest

from mscnet.mechanism.readable import readable
from mscnet.mechanism.units import AMOUNT, CONCENTRATION, MASS, TIME, UNITS, VOLUME, Dimension, UnitSystem

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
