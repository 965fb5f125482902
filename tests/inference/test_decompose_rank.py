"""The number of contributions, against matrices whose rank is known by how they were made."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet.experiment.observations import ObservedSpectra
from mscnet.experiment.results import Spectra
from tests.inference.spectral import KINETICS, gaussian, simulated

#: Of twenty sets the quick suite takes eight.
SEEDS = [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 20))]


def rank_of(case, **settings):
    spectra = Spectra("uv", case.time, case.wavelength, case.values)
    return mscnet.decompose(spectra, rank_only=True, **settings).rank


@pytest.mark.parametrize("kind", KINETICS)
def test_exact_rank_without_noise(kind):
    case = simulated(1, kind, noise=0.0)
    assert rank_of(case).count == case.rank


@pytest.mark.parametrize("seed", SEEDS)
def test_simulated_set_with_known_noise(seed):
    case = simulated(seed)
    assert rank_of(case, sigma=case.sigma).count == case.rank


@pytest.mark.parametrize("seed", SEEDS)
def test_simulated_set_with_noise_that_nobody_tells(seed):
    case = simulated(seed)
    assert rank_of(case).count == case.rank


def test_found_noise_is_that_of_the_data():
    case = simulated(2)
    assert rank_of(case).found == pytest.approx(case.sigma, rel=0.03)


def test_noise_alone_holds_nothing():
    random = np.random.default_rng(3)
    found = [
        mscnet.decompose(Spectra("uv", np.arange(40.0), np.arange(300.0, 380.0), random.normal(0, 1, (40, 80))))
        for _ in range(20)
    ]
    assert [each.rank.count for each in found] == [0] * 20


def test_errors_declared_too_small_are_told_and_not_used():
    case = simulated(0)
    rank = rank_of(case, sigma=case.sigma / 5)
    assert rank.count == case.rank
    assert any("scatter more" in note for note in rank.notes)


def test_noise_at_one_edge_is_no_contribution():
    case = simulated(2)
    random = np.random.default_rng(5)
    case.values[:, -10:] += random.normal(0, 8 * case.sigma, (60, 10))
    assert rank_of(case).count == case.rank


def test_known_errors_of_each_wavelength_weigh():
    case = simulated(2)
    error = np.full(case.values.shape, case.sigma)
    error[:, -10:] *= 8
    values = case.values + np.random.default_rng(5).normal(0, 1, error.shape) * np.sqrt(error**2 - case.sigma**2)
    data = ObservedSpectra("uv", {}, case.time, case.wavelength, values, error, np.ones(60, dtype=np.int64))
    rank = mscnet.decompose(data, rank_only=True).rank
    assert (rank.count, rank.criteria[0].count) == (case.rank, case.rank)


def test_wandering_baseline_is_a_contribution():
    case = simulated(0)
    drift = np.cumsum(np.random.default_rng(1).normal(0, 1, 60))
    case.values[:] += 0.05 * case.values.max() * np.outer(drift / np.abs(drift).max(), np.ones(120))
    assert rank_of(case).count == case.rank + 1


def test_as_many_as_there_are_spectra_is_at_least():
    at = np.linspace(350, 500, 76)
    values = np.array([gaussian(at, center, 25) for center in (380, 420, 460)])
    rank = mscnet.decompose(Spectra("uv", np.arange(3.0), at, values), rank_only=True).rank
    assert (rank.count, rank.at_least) == (3, True)


def test_evolving_factors_set_in_one_after_the_other():
    case = simulated(2, "A -> B -> C", noise=0.005)
    found = mscnet.decompose(Spectra("uv", case.time, case.wavelength, case.values), rank_only=True)
    evolving = found.evolving
    above = evolving.forward > 1.3 * evolving.forward_bound[:, None]
    first = [int(np.argmax(above[:, k])) for k in range(3)]
    assert first == sorted(first)
    assert not above[:, 3:].any()
