"""Courses, spectra and the range of their ambiguity, against closed forms and profiles that are unique."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet.experiment.results import Spectra
from tests.inference import spectral
from tests.inference.spectral import gaussian

pytest.importorskip("pymcr")


def simulated(*args, **named):
    return spectral.simulated(*args, size=(25, 50), **named)


def decomposed(case, components=None, **settings):
    spectra = Spectra("uv", case.time, case.wavelength, case.values)
    return mscnet.decompose(spectra, components, **settings)


def two_component_range(values):
    """Least and most f of the two components of an exact matrix (Lawton and Sylvestre, Technometrics 13, 617 (1971)).

    Spectra are v1 + a v2 in the first two right singular vectors: one has a from the highest ratio of scores to where
    a wavelength becomes negative, the other the same on the other side, independently.
    """
    left, s, right = np.linalg.svd(values, full_matrices=False)
    v1, v2 = right[:2] * np.sign(right[0].sum())
    scores = left[:, :2] * s[:2] * np.sign(right[0].sum())
    ratio = scores[:, 1] / scores[:, 0]
    low, high = np.max(-v1[v2 > 1e-12] / v2[v2 > 1e-12]), np.min(-v1[v2 < -1e-12] / v2[v2 < -1e-12])
    parts = []
    for one in np.linspace(ratio.max(), high, 31):
        for other in np.linspace(low, ratio.min(), 31):
            spectra = np.array([v1 + one * v2, v1 + other * v2])
            courses = scores @ np.linalg.inv(np.array([[1, one], [1, other]]))
            parts.append(np.linalg.norm(courses, axis=0) * np.linalg.norm(spectra, axis=1) / np.linalg.norm(s))
    return np.min(parts, axis=0), np.max(parts, axis=0)


@pytest.mark.parametrize(("seed", "kind"), [(2, "A -> B"), (7, "A <-> B"), (9, "A <-> B"), (5, "A + B -> C")])
@pytest.mark.slow
def test_two_components_reach_as_far_as_the_closed_form_says(seed, kind):
    case = simulated(seed, kind, noise=0.0)
    found = decomposed(case)
    least, most = two_component_range(case.values)
    order = np.argsort(least)
    mine = sorted(found.bands, key=lambda band: band.least)
    assert [band.least for band in mine] == pytest.approx(least[order], abs=1e-3)
    assert [band.most for band in mine] == pytest.approx(most[order], abs=1e-3)


def test_noise_leaves_the_true_range_inside():
    case = simulated(7, "A <-> B", noise=0.01)
    least, most = two_component_range(case.courses @ case.spectra)
    order = np.argsort(least)
    mine = sorted(decomposed(case, sigma=case.sigma).bands, key=lambda band: band.least)
    assert all(band.least < least[k] + 0.02 for band, k in zip(mine, order, strict=True))
    assert all(band.most > most[k] - 0.02 for band, k in zip(mine, order, strict=True))


def selective():
    """A -> B -> C where each spectrum has wavelengths, and each course times, of its own: only scales are open."""
    case = simulated(2, "A -> B -> C", noise=0.0)
    time = np.arange(0.0, 60.0, 2.0)
    courses = np.array([gaussian(time, center, 14.0) for center in (10.0, 30.0, 50.0)]).T
    spectra = np.array([gaussian(case.wavelength, center, 40.0) for center in (380.0, 450.0, 520.0)])
    courses[courses < 1e-3] = 0
    spectra[spectra < 1e-3] = 0
    return case.wavelength, time, courses, spectra


@pytest.mark.parametrize("initial", ["purest", "evolving"])
def test_profiles_that_are_unique_are_found(initial):
    wavelength, time, courses, spectra = selective()
    found = mscnet.decompose(Spectra("uv", time, wavelength, courses @ spectra), initial=initial)
    scale = spectra.max(axis=1)
    assert found.resolved.courses == pytest.approx(courses * scale, abs=2e-3)
    assert found.resolved.spectra == pytest.approx(spectra / scale[:, None], abs=2e-3)


def test_profiles_that_are_unique_are_said_to_be():
    wavelength, time, courses, spectra = selective()
    found = mscnet.decompose(Spectra("uv", time, wavelength, courses @ spectra))
    assert [band.unique for band in found.bands] == [True] * 3


def test_every_solution_of_the_range_gives_the_data():
    case = simulated(7, "A <-> B", noise=0.0)
    found = decomposed(case)
    # the first at its least and the second at its most are one and the same transformation
    band, other = found.bands
    for pair in (0, 1):
        made = np.outer(band.courses[pair], band.spectra[pair]) + np.outer(
            other.courses[1 - pair], other.spectra[1 - pair]
        )
        assert made == pytest.approx(case.values, abs=1e-5 * case.values.max())


def test_closure_adds_up_to_one():
    case = simulated(2, "A -> B -> C", noise=0.005)
    found = decomposed(case, sigma=case.sigma, closure=True)
    assert found.resolved.courses.sum(axis=1) == pytest.approx(np.ones(25), abs=1e-9)
    assert found.resolved.rms < 1.2 * case.sigma


def test_closure_settles_scales_and_leaves_the_range():
    # whatever T mixes a closed system can be scaled so that it is closed again
    case = simulated(2, "A <-> B", noise=0.0)
    open_, closed = ([(b.least, b.most) for b in decomposed(case, closure=c).bands] for c in (False, True))
    assert np.array(closed) == pytest.approx(np.array(open_), abs=1e-3)


def test_unimodal_courses_have_one_maximum():
    case = simulated(5, "A + B -> C -> D", noise=0.02)
    for course in decomposed(case, sigma=case.sigma, unimodal=True).resolved.courses.T:
        steps = np.sign(np.diff(course))
        turns = steps[steps != 0]
        assert np.count_nonzero(np.diff(turns) > 0) == 0


def test_lack_of_fit_is_that_of_the_noise():
    case = simulated(2, "A -> B -> C", noise=0.01)
    found = decomposed(case, sigma=case.sigma)
    noise = case.values - case.courses @ case.spectra
    expected = 100 * np.linalg.norm(noise) / np.linalg.norm(case.values)
    assert found.resolved.lack_of_fit == pytest.approx(expected, rel=0.06)
    assert found.resolved.explained == pytest.approx(100 - found.resolved.lack_of_fit**2 / 100)


def test_nothing_is_printed_by_the_resolution(capfd):
    decomposed(simulated(0))
    assert capfd.readouterr() == ("", "")
