"""What the instrument does to a run: its clock and its noise; and what is kept of holds."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mscnet
from mscnet import MechanismError
from mscnet.experiment.data_match import sampled_at

TEXT = """
units time = min, concentration = mM, volume = mL
species A, B
A -> B @ 0.05 /min
band A { gaussian center = 371 nm, fwhm = 20 nm, epsilon = 1 /mM/cm }
instrument { noise = 0.01 ; time_zero = 2 min }
solution stock { A = 1 mM }
"""
READ = (
    "mix 1 mL stock\n measure od = absorbance(371 nm), a = [A], s = spectrum(360 nm .. 380 nm) every 5 min for 20 min"
)


def loads(steps: str, more: str = "") -> mscnet.Mechanism:
    return mscnet.loads(f"{TEXT}\nexperiment e {{ {steps} }}\n{more}")


# --- the clock --------------------------------------------------------------------------------------


def test_readings_are_on_the_clock_of_the_instrument() -> None:
    (condition,) = mscnet.perform(loads(READ)).conditions
    at_once = [series.time[0] for series in (*condition.series.values(), *condition.spectra.values())]
    assert at_once == [2.0, 2.0, 2.0]


def test_the_clock_does_not_move_what_happens() -> None:
    (condition,) = mscnet.perform(loads(READ)).conditions
    series = condition.series["od"]
    assert series.values == pytest.approx(np.exp(-0.05 * (series.time - 2.0)), rel=1e-5)


def test_a_measurement_without_light_is_on_no_clock() -> None:
    (condition,) = mscnet.perform(loads("mix 1 mL stock ; measure a = [A] every 5 min for 20 min")).conditions
    assert condition.series["a"].time[0] == 0.0


def test_facts_count_on_the_clock() -> None:
    facts = "expect e { at(od, 22 min) = 0.3679 ± 0.0002 ; at(od - [A]/(1 mM), 7 min) = 0 ± 1e-6 }"
    assert [verdict.passed for verdict in mscnet.judge(loads(READ, facts))] == [True, True]


def test_a_band_of_one_species_is_on_the_clock_too() -> None:
    facts = "expect e { at(od - band(A, 371 nm), 7 min) = 0 ± 1e-6 }"
    assert mscnet.judge(loads(READ, facts))[0].passed


def test_data_are_on_the_clock(tmp_path) -> None:
    (tmp_path / "d.csv").write_text(f"time,od\n3,{math.exp(-0.05)}\n13,{math.exp(-0.55)}\n")
    mechanism = loads(READ, 'data e "d.csv"')
    data = mscnet.observations(mechanism, folder=tmp_path)
    (found,) = mscnet.match(data, mscnet.perform(sampled_at(mechanism, data))).series
    assert found.residual == pytest.approx([0.0, 0.0], abs=1e-5)
    assert found.exact.all()


# --- noise ------------------------------------------------------------------------------------------


def noisy(seed: int, experiments: str | None = None) -> mscnet.experiment.results.Run:
    return mscnet.perform(
        loads(READ, "experiment f from e { measure od = absorbance(371 nm) }"), experiments, noise=seed
    )


def test_noise_has_the_standard_deviation_of_the_instrument() -> None:
    quiet = mscnet.perform(loads(READ), "e").conditions[0].spectra["s"].absorbance
    errors = [noisy(seed, "e").conditions[0].spectra["s"].absorbance - quiet for seed in range(20)]
    assert np.std(errors) == pytest.approx(0.01, rel=0.06)  # of 2100 values; three standard errors are 5 %


def test_light_alone_has_noise() -> None:
    series = noisy(1).conditions[0].series
    assert series["a"].values[0] == 1.0
    assert series["od"].values[0] != 1.0


def test_the_same_seed_gives_the_same_noise_whatever_else_is_run() -> None:
    both, one = noisy(5), noisy(5, "f")
    assert both.conditions[1].series["od"].values == pytest.approx(one.conditions[0].series["od"].values, abs=0)


def test_readings_differ_in_their_noise() -> None:
    first, second = (condition.series["od"].values[-1] for condition in noisy(5).conditions)
    assert abs(first - second) > 1e-5  # the same sample, read twice


@pytest.mark.parametrize(
    ("seed", "text", "message"),
    [(-1, TEXT, "a whole number"), (True, TEXT, "a whole number"), (1, TEXT.replace("noise = 0.01 ;", ""), "has none")],
)
def test_noise_that_cannot_be_is_refused(seed, text, message) -> None:
    with pytest.raises(MechanismError, match=message):
        mscnet.perform(mscnet.loads(f"{text}\nexperiment e {{ mix 1 mL stock }}"), noise=seed)


def test_data_without_errors_have_the_noise_of_the_instrument(tmp_path) -> None:
    (tmp_path / "d.csv").write_text("time,od,a\n2,1,1\n7,0.8,0.8\n")
    (data,) = mscnet.observations(loads(READ, 'data e "d.csv"'), folder=tmp_path)
    errors = {series.reading: series.error[0] for series in data.series}
    assert errors["od"] == 0.01
    assert math.isnan(errors["a"])


# --- holds ------------------------------------------------------------------------------------------

CHAIN = """
units time = min, concentration = mM, volume = mL
species A, B, C
A -> B @ 1 /min
B -> C @ 0.5 /min
solution stock { A = 1 mM }
liquid water { density = 1 g/mL ; molar_mass = 18 g/mol }
species water constant
"""
HIGHEST = 0.5  # of B, at ln 2 / 0.5 min: (1/0.5)^(-0.5/(1 - 0.5)) of A


@pytest.mark.parametrize("limit", [0.498, 0.502])
def test_what_happens_in_a_hold_counts_for_never(limit: float) -> None:
    text = f"{CHAIN}\nexperiment e {{ mix 1 mL stock ; hold 60 min }}\nexpect e {{ never [B] > {limit} mM }}"
    (verdict,) = mscnet.judge(mscnet.loads(text))
    assert verdict.passed == (limit > HIGHEST)
    assert verdict.value == pytest.approx(HIGHEST, rel=2e-3)


def test_what_happens_in_a_feed_counts_for_never() -> None:
    steps = "mix 1 mL stock ; add 1 mL water over 60 min"
    (verdict,) = mscnet.judge(mscnet.loads(f"{CHAIN}\nexperiment e {{ {steps} }}\nexpect e {{ never [B] > 0.4 mM }}"))
    assert not verdict.passed


def test_more_points_leave_the_ends_as_they_are() -> None:
    mechanism = mscnet.loads(f"{CHAIN}\nexperiment e {{ mix 1 mL stock ; hold 3 min ; add 1 mL water over 3 min }}")
    few, many = (mscnet.perform(mechanism, hold_points=points).conditions[0].stretches for points in (2, 30))
    assert [len(stretch.time) for stretch in (*few, *many)] == [2, 2, 30, 30]
    for a, b in zip(few, many, strict=True):
        assert b.time[[0, -1]] == pytest.approx(a.time, abs=1e-12)
        assert b.states[[0, -1]] == pytest.approx(a.states, rel=1e-6)


def test_a_window_that_ends_with_the_measurement_is_in_it() -> None:
    steps = "mix 1 mL stock ; hold 0.1 min ; measure b = [B] every 0.3 min for 2.7 min"
    (verdict,) = mscnet.judge(
        mscnet.loads(f"{CHAIN}\nexperiment e {{ {steps} }}\nexpect e {{ present(b, 0.01) at 2.7 min }}")
    )
    assert verdict.passed
