"""What vessels hold after each step, against calculations by hand in exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction as F

import numpy as np
import pytest

import mscnet
from mscnet.mechanism.bench import DiluteTo, Discard, Stock
from tests.experiment.making import (
    add,
    bench,
    experiment,
    final,
    hold,
    measure,
    mix,
    number,
    portion,
    solution,
    solvent,
    take,
    value,
)

UNITS = "units time = min, concentration = mM, volume = mL, mass = mg\n"
#: Two inert substances, and one that decays.
MODEL = UNITS + "species T ; species U ; species OTA ; species A\nA -> B @ 0.002 /min"
OTA = Stock("OTA", "liquid", density=number("782"), molar_mass=number("129.24"))  # mg/mL and mg/umol


def figure_1() -> mscnet.Mechanism:
    steps = (
        mix(portion(1, "first"), portion(1, "second")),
        hold(24 * 60),
        take("0.03"),
        add(portion("2.3", "toluene")),
        hold(20 * 60),
        add(portion("0.7", "OTA")),
        measure(value("T"), every=5, duration=90),
    )
    stocks = [solution("first", T=4, A=1), solution("second", U=6), solvent("toluene"), OTA]
    return bench(MODEL, stocks, experiment("fig1", *steps))


def test_the_ledger_of_a_mixture_that_is_aged_dispersed_aged_and_given_amine() -> None:
    run = mscnet.perform(figure_1())
    (condition,) = run.conditions
    rows = condition.ledger
    names = [s.name for s in run.model.species]

    def column(name: str) -> list[float]:
        return [float(row.concentrations[names.index(name)]) for row in rows]

    dispersed, with_amine = F(3, 100) / F(233, 100), F(3, 100) / F(303, 100)
    assert [row.time for row in rows] == [0, 1440, 1440, 1440, 2640, 2640, 2730]
    assert [row.volume for row in rows] == pytest.approx([2, 2, 0.03, 2.33, 2.33, 3.03, 3.03], rel=1e-14)
    factors = [F(1), F(1), F(1), dispersed, dispersed, with_amine, with_amine]
    assert column("T") == pytest.approx([float(F(4, 2) * f) for f in factors], rel=1e-12)
    assert column("U") == pytest.approx([float(F(6, 2) * f) for f in factors], rel=1e-12)
    amine = float(F(782) / F(12924, 100) * F(7, 10) / F(303, 100) * 1000)  # density in mg/mL over g/mol is mol/L
    assert column("OTA")[-1] == pytest.approx(amine / 1000, rel=1e-12)
    decay = [math.exp(-0.002 * row.time) for row in rows]
    expected = [0.5 * float(f) * d for f, d in zip(factors, decay, strict=True)]
    assert column("A") == pytest.approx(expected, rel=1e-4)
    assert [row.solvents["toluene"] for row in rows] == pytest.approx(
        [0, 0, 0, 2.3 / 2.33, 2.3 / 2.33, 2.3 / 3.03, 2.3 / 3.03]
    )


def test_readings_are_timed_from_the_start_of_the_measurement() -> None:
    (condition,) = mscnet.perform(figure_1()).conditions
    (measured,) = condition.measured
    assert measured.start == 2640.0
    assert condition.series["T"].time == pytest.approx(np.arange(0.0, 91.0, 5.0))
    assert measured.stretch.time[-1] == 2730.0


@pytest.mark.parametrize(
    ("quantity", "measure_", "stock", "volume", "amount"),
    [
        (F("0.7"), "volume", OTA, 0.7, 0.7 * 782 / 129.24),
        (F("391"), "mass", OTA, 0.5, 391 / 129.24),
        (F("3"), "amount", OTA, 3 * 129.24 / 782, 3.0),
        (F("10"), "mass", Stock("OTA", "solid", molar_mass=number("129.24")), 0.0, 10 / 129.24),
        (F("10"), "mass", Stock("OTA", "solid", density=number(1000), molar_mass=number(100)), 0.01, 0.1),
        (F("10"), "mass", Stock("OTA", "solid", molar_mass=number(100), purity=number("0.9")), 0.0, 0.09),
        (F("2"), "amount", Stock("OTA", "solid", molar_mass=number(100), purity=number("0.5")), 0.0, 2.0),
        (F("2"), "volume", solution("OTA", OTA=3), 2.0, 6.0),
        (F("2"), "amount", solution("OTA", OTA=4), 0.5, 2.0),
    ],
)
def test_portions_are_measured_by_volume_mass_and_amount(quantity, measure_, stock, volume, amount) -> None:
    steps = (mix(portion(1, "water"), portion(quantity, "OTA", measure_)),)
    run = mscnet.perform(bench(MODEL, [solvent("water"), stock], experiment("e", *steps)))
    row = run.conditions[0].ledger[0]
    assert row.volume == pytest.approx(1.0 + volume, rel=1e-12)
    assert final(run, "OTA") * row.volume == pytest.approx(amount, rel=1e-12)


def test_filling_up_parts_of_vessels_and_what_is_poured_away() -> None:
    steps = (
        mix(portion(1, "s"), into="flask"),
        DiluteTo(number(10), "water", "flask"),
        mix(portion("1/4", "flask", "fraction"), portion(2, "flask"), into="tube"),
        Discard(number("1.5"), "tube"),
        mix(portion(None, "flask"), into="bottle"),
    )
    run = mscnet.perform(bench(MODEL, [solution("s", T=5), solvent("water")], experiment("e", *steps)))
    rows = run.conditions[0].ledger
    seen = [(row.vessel, row.volume) for row in rows]
    expected = [("flask", 1), ("flask", 10), ("flask", 5.5), ("tube", 4.5), ("tube", 3), ("flask", 0), ("bottle", 5.5)]
    assert [name for name, _ in seen] == [name for name, _ in expected]
    assert [v for _, v in seen] == pytest.approx([v for _, v in expected])
    assert [row.concentrations[0] for row in rows[1:] if row.volume] == pytest.approx([0.5] * 5)
    assert np.isnan(rows[-2].concentrations).all()


def test_the_same_name_for_the_aliquot_leaves_the_rest_behind() -> None:
    steps = (mix(portion(2, "s")), take("0.5"), add(portion(1, "water")))
    run = mscnet.perform(bench(MODEL, [solution("s", T=3), solvent("water")], experiment("e", *steps)))
    assert final(run, "T") == pytest.approx(1.0)
