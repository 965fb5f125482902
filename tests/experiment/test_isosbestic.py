"""Isosbestic points: where two absorptivities are equal, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscnet.experiment.isosbestic import isosbestic_point, isosbestic_points
from mscnet.experiment.results import Spectra
from mscnet.experiment.spectra import with_noise
from mscnet.records import replace
from tests.experiment.optical import conversion, peak

#: Of equal width, heights in a ratio of 2: equal where the exponents differ by ln 2.
PAIR = {"A": [peak("371 nm", "20 nm", "1000 /M/cm")], "B": [peak("399 nm", "20 nm", "500 /M/cm")]}


def crossing(first, second, width, ratio):
    """Where Gaussians of one width cross, `ratio` that of their heights."""
    return (first + second) / 2 + np.log(ratio) * width**2 / (8 * np.log(2) * (second - first))


def test_two_gaussians_cross_where_their_absorptivities_are_equal():
    assert isosbestic_point(conversion(PAIR)).wavelength == pytest.approx(crossing(371, 399, 20, 2), abs=1e-3)


@given(st.floats(20, 32), st.floats(0.3, 3))
@settings(max_examples=25)
def test_the_point_is_found_between_the_wavelengths_of_the_grid(apart, ratio):
    pair = {
        "A": [peak("371 nm", "20 nm", "1 /mM/cm")],
        "B": [peak(f"{371 + apart:.9f} nm", "20 nm", f"{1 / ratio:.9f} /mM/cm")],
    }
    found = isosbestic_point(conversion(pair, wavelength=np.arange(320.0, 480.0, 2.0)))
    assert found.wavelength == pytest.approx(crossing(371, 371 + apart, 20, ratio), abs=0.05)


def test_of_a_plain_conversion_the_point_does_not_drift():
    assert isosbestic_point(conversion(PAIR)).drift < 1e-6


def test_a_baseline_changes_nothing():
    plain, lifted = isosbestic_point(conversion(PAIR)), isosbestic_point(conversion(PAIR, baseline=0.3))
    assert lifted.wavelength == pytest.approx(plain.wavelength, abs=1e-9)


def test_absorbance_at_the_point_is_that_of_either_species():
    where = crossing(371, 399, 20, 2)
    expected = np.exp(-4 * np.log(2) * ((where - 371) / 20) ** 2)
    fine = conversion(PAIR, wavelength=np.arange(350.0, 420.0, 0.1))
    assert isosbestic_point(fine).absorbance == pytest.approx(expected, rel=1e-4)


def test_noise_moves_the_point_little():
    noisy = with_noise(conversion(PAIR, wavelength=np.arange(320.0, 480.0, 0.5)), 0.004, seed=1)
    assert isosbestic_point(noisy).wavelength == pytest.approx(crossing(371, 399, 20, 2), abs=0.2)


def test_noise_alone_has_no_point():
    level = Spectra("uv", np.arange(9.0), np.arange(320.0, 480.0), np.full((9, 160), 0.4))
    assert isosbestic_points(with_noise(level, 0.004, seed=3)) == ()


def test_spectra_that_only_grow_do_not_cross():
    assert isosbestic_point(conversion({"B": PAIR["B"]})) is None


def test_bands_far_apart_do_not_cross_where_nothing_absorbs():
    far = {"A": [peak("350 nm")], "B": [peak("450 nm")]}
    assert isosbestic_points(conversion(far, baseline=0.05)) == ()


def test_scatter_between_bands_far_apart_is_no_point():
    far = {"A": [peak("350 nm")], "B": [peak("450 nm")]}
    assert isosbestic_points(conversion(far, scatter=0.2)) == ()


def test_spectra_that_do_not_change_have_none():
    still = conversion(PAIR)
    assert isosbestic_points(replace(still, absorbance=np.tile(still.absorbance[0], (13, 1)))) == ()


def test_two_crossings_are_two_points():
    around = {"A": [peak("400 nm", "20 nm", "2000 /M/cm")], "B": [peak("400 nm", "40 nm", "1000 /M/cm")]}
    found = sorted(point.wavelength for point in isosbestic_points(conversion(around)))
    # 2 exp(-a x²/400) = exp(-a x²/1600), a = 4 ln 2
    away = np.sqrt(np.log(2) / (4 * np.log(2)) / (1 / 400 - 1 / 1600))
    assert found == pytest.approx([400 - away, 400 + away], abs=1e-2)


def test_near_picks_among_several():
    around = {"A": [peak("400 nm", "20 nm", "2000 /M/cm")], "B": [peak("400 nm", "40 nm", "1000 /M/cm")]}
    assert isosbestic_point(conversion(around), near=420.0).wavelength > 400


def three_species():
    """A becomes B, which becomes C: two crossings that the course leads from one to the other."""
    times, grid = np.linspace(0, 40, 41), np.arange(320.0, 480.0)
    a = np.exp(-0.2 * times)
    b = 0.2 / (0.2 - 0.04) * (np.exp(-0.04 * times) - a)
    rows = [np.exp(-4 * np.log(2) * ((grid - center) / 20) ** 2) for center in (371, 399, 401)]
    return Spectra("uv", times, grid, np.stack([a, b, 1 - a - b], axis=1) @ np.array(rows))


def test_a_third_species_makes_the_point_drift():
    assert isosbestic_point(three_species(), end=10.0).drift > 0.5


def test_only_spectra_of_the_window_count():
    times = np.linspace(0.0, 60.0, 13)
    growing = conversion({"B": PAIR["B"]}, times)
    both = replace(
        conversion(PAIR, times),
        time=np.concatenate([times, times + 100]),
        absorbance=np.vstack([growing.absorbance, conversion(PAIR, times).absorbance]),
    )
    assert isosbestic_point(both, start=100.0).wavelength == pytest.approx(crossing(371, 399, 20, 2), abs=1e-3)


def test_wavelengths_may_come_in_any_order():
    given_spectra = conversion(PAIR)
    turned = replace(
        given_spectra, wavelength=given_spectra.wavelength[::-1], absorbance=given_spectra.absorbance[:, ::-1]
    )
    assert isosbestic_point(turned).wavelength == pytest.approx(isosbestic_point(given_spectra).wavelength)


def test_one_spectrum_crosses_nothing():
    with pytest.raises(ValueError, match="two spectra or more"):
        isosbestic_points(conversion(PAIR), start=5.0, end=6.0)
