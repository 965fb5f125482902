"""The forms of bands, against their closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscnet.experiment.shapes import Peak, Points, Tail, gaussian, lognormal

HC = 1239.841984332  # eV nm, CODATA 2018, exact
COUNTLESS = 1e7  # nm·cm⁻¹
FINE = np.arange(200.0, 800.0, 0.01)


def half_width(x, y):
    inside = x[y >= y.max() / 2]
    return inside[-1] - inside[0]


def test_a_gaussian_has_the_area_of_its_height_and_width():
    area = np.trapezoid(Peak("gaussian", "wavelength", 450.0, 20.0, 3.0)(FINE), FINE)
    assert area == pytest.approx(3.0 * 20.0 * np.sqrt(np.pi / (4 * np.log(2))), rel=1e-9)


def test_a_gaussian_in_energy_has_its_width_in_energy():
    band = Peak("gaussian", "energy", COUNTLESS / 450, 1200.0, 1.0)
    wavenumber = COUNTLESS / FINE
    assert half_width(wavenumber[::-1], band(FINE)[::-1]) == pytest.approx(1200.0, abs=1.0)


def test_a_gaussian_in_energy_has_its_area_in_energy():
    wavenumber = np.arange(12000.0, 34000.0, 1.0)
    band = Peak("gaussian", "energy", 22000.0, 1200.0, 2.0)
    area = np.trapezoid(band(COUNTLESS / wavenumber), wavenumber)
    assert area == pytest.approx(2.0 * 1200.0 * np.sqrt(np.pi / (4 * np.log(2))), rel=1e-9)


def test_a_lorentzian_is_half_as_high_at_half_its_width():
    band = Peak("lorentzian", "wavelength", 450.0, 20.0, 3.0)
    assert band(np.array([440.0, 450.0, 460.0])) == pytest.approx([1.5, 3.0, 1.5])


def test_a_lorentzian_far_out_falls_with_the_square():
    band = Peak("lorentzian", "wavelength", 450.0, 1.0, 1.0)
    assert band(np.array([350.0]))[0] == pytest.approx(1 / (4 * 100.0**2), rel=1e-4)


@given(skew=st.floats(0.3, 3.0), width=st.floats(1.0, 100.0))
def test_a_lognormal_has_its_width_and_its_skew(skew, width):
    above, below = width * skew / (1 + skew), -width / (1 + skew)
    assert lognormal(np.array([below, above]), 0.0, width, skew) == pytest.approx([0.5, 0.5], rel=1e-9)


@given(away=st.floats(1e-13, 1e-3), sign=st.sampled_from([-1, 1]))
def test_a_lognormal_becomes_a_gaussian_as_its_skew_goes_to_one(away, sign):
    x = np.linspace(-60.0, 60.0, 121)
    assert np.abs(lognormal(x, 0.0, 30.0, 1 + sign * away) - gaussian(x, 0.0, 30.0)).max() < 2 * away + 1e-14


def test_a_lognormal_is_nothing_beyond_the_end_of_its_logarithm():
    end = -20.0 * 2 / (2**2 - 1)  # x0 - fwhm·skew/(skew² - 1)
    assert (lognormal(np.array([end - 1e-6, end - 1.0, -1e6]), 0.0, 20.0, 2.0) == 0).all()


def test_a_tail_is_half_its_height_at_its_onset():
    assert Tail("wavelength", 360.0, 10.0, 0.6)(np.array([360.0]))[0] == pytest.approx(0.3)


def test_a_tail_has_all_its_height_in_the_blue_and_nothing_in_the_red():
    tail = Tail("wavelength", 360.0, 10.0, 0.6)
    assert tail(np.array([250.0, 470.0])) == pytest.approx([0.6, 0.0], abs=1e-12)


def test_the_step_of_a_tail_is_as_wide_as_it_says():
    slope = -np.gradient(Tail("wavelength", 400.0, 12.0, 1.0)(FINE), FINE)
    assert half_width(FINE, slope) == pytest.approx(12.0, abs=0.02)


def test_a_tail_rises_with_a_power_of_the_energy():
    tail = Tail("energy", COUNTLESS / 400, 200.0, 1.0, 2.0)
    assert tail(np.array([200.0]))[0] == pytest.approx(4.0)


def test_a_tail_far_from_its_onset_does_not_overflow():
    with np.errstate(all="raise"):
        assert Tail("wavelength", 360.0, 1e-3, 1.0)(np.array([1.0, 1e6])) == pytest.approx([1.0, 0.0])


def test_a_measured_spectrum_moves_to_the_red():
    points = Points(np.array([300.0, 400.0, 500.0]), np.array([0.0, 2.0, 0.0]), 3.0, 10.0)
    assert points(np.array([360.0, 410.0])) == pytest.approx([3.0, 6.0])
