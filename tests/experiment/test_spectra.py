"""Differences, references, traces and noise."""

import numpy as np
import pytest

from mscnet.experiment.results import Series, Spectra
from mscnet.experiment.spectra import difference_spectra, less_reference, spectrum_at, trace, with_noise

SPECTRA = Spectra(
    "uv", np.array([0.0, 10.0, 20.0]), np.array([300.0, 400.0]), np.array([[0.0, 1.0], [1.0, 3.0], [4.0, 5.0]])
)


def test_a_spectrum_between_two_times_lies_between_them():
    assert spectrum_at(SPECTRA, 15.0) == pytest.approx([2.5, 4.0])


def test_a_trace_lies_between_the_wavelengths():
    course = trace(SPECTRA, 325.0)
    assert course.values == pytest.approx([0.25, 1.5, 4.25])


def test_a_trace_knows_its_wavelength():
    assert trace(SPECTRA, 325.0).wavelength == 325.0


@pytest.mark.parametrize("at", [-1.0, 21.0, np.nan])
def test_no_spectrum_is_made_up_beyond_the_times(at):
    with pytest.raises(ValueError, match="cover 0 to 20"):
        spectrum_at(SPECTRA, at)


def test_a_difference_is_nothing_at_its_reference():
    assert (difference_spectra(SPECTRA, at=10.0).absorbance[1] == 0).all()


def test_a_difference_is_from_the_first_where_nothing_is_said():
    assert difference_spectra(SPECTRA).absorbance[2] == pytest.approx([4.0, 4.0])


def test_a_reference_is_taken_from_every_spectrum():
    less = less_reference(SPECTRA, [500.0, 300.0], [0.0, 2.0])
    assert less.absorbance[0] == pytest.approx([-2.0, 0.0])


def test_a_reference_must_cover_the_spectra():
    with pytest.raises(ValueError, match="covers 310 to 500 nm"):
        less_reference(SPECTRA, [310.0, 500.0], [0.0, 0.0])


def test_noise_of_one_seed_is_the_same():
    assert (with_noise(SPECTRA, 0.1, 7).absorbance == with_noise(SPECTRA, 0.1, 7).absorbance).all()


def test_noise_of_another_seed_is_another():
    assert (with_noise(SPECTRA, 0.1, 7).absorbance != with_noise(SPECTRA, 0.1, 8).absorbance).all()


def test_noise_is_as_large_as_it_says():
    course = with_noise(Series("od", np.arange(20000.0), np.zeros(20000)), 0.004, 1)
    assert course.values.std() == pytest.approx(0.004, rel=0.03)


@pytest.mark.parametrize("sigma", [-1.0, np.nan, np.inf])
def test_noise_must_be_a_standard_deviation(sigma):
    with pytest.raises(ValueError, match="standard deviation"):
        with_noise(SPECTRA, sigma, 1)
