"""Light that is read against a reference: differences from the first reading, and blanks."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet.experiment.results import Condition

HEAD = """units time = min, concentration = mM, volume = mL
parameter k = 0.05 /min
A -> B @ k
solution S { A = 0.01 mM }
band A { gaussian center = 371 nm, fwhm = 20 nm, epsilon = 40000 /M/cm }
band B { gaussian center = 399 nm, fwhm = 22 nm, epsilon = 35000 /M/cm }
"""
STRAIGHT = "instrument { path = 2 cm ; baseline = 0.02 ; scatter = 0.01 }\n"


def measured(readings: str, when: str = "every 10 min for 60 min", instrument: str = STRAIGHT) -> Condition:
    text = f"{HEAD}{instrument}experiment e {{ mix 1 mL S ; measure {readings} {when} }}"
    return mscnet.perform(mscnet.loads(text)).conditions[0]


def bands(wavelength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The absorbance of 0.01 mM of A and of B in 2 cm."""
    one, other = (np.exp(-4 * np.log(2) * ((wavelength - c) / w) ** 2) for c, w in ((371, 20), (399, 22)))
    return 0.8 * one, 0.7 * other


def test_a_difference_is_what_turned_over_times_the_difference_of_the_bands() -> None:
    spectra = measured("d = difference(330 nm .. 450 nm step 5 nm)").spectra["d"]
    one, other = bands(spectra.wavelength)
    turned = 1 - np.exp(-0.05 * spectra.time)
    assert spectra.absorbance == pytest.approx(turned[:, None] * (other - one), abs=1e-6)
    assert spectra.reference == "first"


def test_a_difference_at_one_wavelength_is_a_series() -> None:
    series = measured("d = difference(399 nm)").series["d"]
    one, other = bands(np.array([399.0]))
    assert series.values == pytest.approx((other - one) * (1 - np.exp(-0.05 * series.time)), abs=1e-6)
    assert series.wavelength == pytest.approx(399.0)


def test_against_the_first_is_a_difference() -> None:
    series = measured("d = difference(371 nm), a = absorbance(371 nm) against first").series
    assert (series["d"].values == series["a"].values).all()


def test_the_first_reading_is_that_after_the_dead_time() -> None:
    series = measured("d = difference(371 nm), a = absorbance(371 nm)", "every 10 min for 60 min after 4 min").series
    assert series["d"].time[0] == 4
    assert series["d"].values == pytest.approx(series["a"].values - series["a"].values[0], abs=1e-12)


def test_each_step_has_a_first_of_its_own() -> None:
    text = f"{HEAD}experiment e {{ mix 1 mL S ; repeat 2 {{ measure d = difference(371 nm) at 0, 10 min }} }}"
    first, second = mscnet.perform(mscnet.loads(text)).conditions[0].measured
    assert first.series["d"].values[1] == pytest.approx(second.series["d"].values[1] * np.exp(0.5), rel=1e-4)
    assert second.series["d"].values[0] == 0


def test_a_blank_takes_baseline_and_scatter_off() -> None:
    spectra = measured("s = spectrum(330 nm .. 450 nm step 5 nm) against blank").spectra["s"]
    one, other = bands(spectra.wavelength)
    left = np.exp(-0.05 * spectra.time)[:, None]
    assert spectra.absorbance == pytest.approx(left * one + (1 - left) * other, abs=1e-6)
    assert spectra.reference == "blank"


def test_a_blank_is_seen_by_the_same_instrument() -> None:
    # with stray light s a blank of absorbance b shows -log10((10^-b + s)/(1 + s)), not b
    seen = measured("a = absorbance(371 nm), b = absorbance(371 nm) against blank", "at 0 min",
                    "instrument { path = 2 cm ; baseline = 0.5 ; stray = 0.01 }\n").series  # fmt: skip
    blank = -np.log10((10**-0.5 + 0.01) / 1.01)
    assert seen["a"].values[0] - seen["b"].values[0] == pytest.approx(blank, abs=1e-12)


def test_a_plain_reading_has_no_reference() -> None:
    assert measured("s = spectrum(330 nm .. 450 nm)").spectra["s"].reference is None
