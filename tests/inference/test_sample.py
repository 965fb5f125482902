"""Samples of a normal density have its mean and covariance, and their diagnostics tell good from bad."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from mscnet.diagnostics import MechanismError
from mscnet.inference.sample import SamplingInterrupted, log_density, sample
from mscnet.inference.samples import Samples, read_samples
from tests.inference.test_covariance import fitted, regression
from tests.inference.toys import FloatArray, Toy, plain, rate

pytest.importorskip("emcee")
pytest.importorskip("arviz_stats")

MEAN = np.array([1.0, -2.0])
COVARIANCE = np.array([[0.5, 0.3], [0.3, 0.4]])


class Normal(Toy):
    """A density that is normal; many points at once."""

    def __init__(self) -> None:
        self.root = np.linalg.inv(np.linalg.cholesky(COVARIANCE))
        super().__init__([plain("a"), plain("b")], lambda v: (self.root @ v, self.root), self.root @ MEAN, 1.0)

    def many(self, thetas: FloatArray) -> FloatArray:
        return (thetas - MEAN) @ self.root.T


class Together(Toy):
    """A straight line of the coordinates of the search, many points at once, since samplers ask for many."""

    def many(self, thetas: FloatArray) -> FloatArray:
        at = np.zeros(len(self.parameters))
        here, slopes = self.linearised(at)
        return here + (thetas - at) @ slopes.T


@pytest.fixture(scope="module")
def drawn() -> Samples:
    return sample(Normal(), MEAN, 800, seed=7)  # twice what convergence needs: last digits differ by machine


@pytest.mark.slow
def test_the_mean_is_that_of_the_density(drawn: Samples) -> None:
    error = np.sqrt(np.diag(COVARIANCE) / min(c.ess_bulk for c in drawn.convergence()))
    assert np.all(np.abs(drawn.flat.mean(axis=0) - MEAN) < 4 * error)


@pytest.mark.slow
def test_the_covariance_is_that_of_the_density(drawn: Samples) -> None:
    np.testing.assert_allclose(drawn.covariance, COVARIANCE, atol=0.05)


def test_intervals_are_those_of_the_density(drawn: Samples) -> None:
    reach = 1.959964 * np.sqrt(np.diag(COVARIANCE))
    np.testing.assert_allclose(drawn.intervals(0.95), np.column_stack([MEAN - reach, MEAN + reach]), atol=0.12)


def test_good_samples_are_called_converged(drawn: Samples) -> None:
    assert drawn.verdict() == (True, "converged")


def test_ensembles_in_different_places_are_called_not_converged(drawn: Samples) -> None:
    moved = drawn.thetas.copy()
    moved[0, ..., 0] += 1.0
    converged, said = Samples(drawn.parameters, moved, drawn.log_density).verdict()
    assert (converged, said.startswith("not converged: the ensembles differ (R-hat above 1.01) in a")) == (False, True)


def test_a_few_draws_are_called_not_converged() -> None:
    assert not sample(Normal(), MEAN, 10, burn=0, seed=7).verdict()[0]


def test_the_same_seed_gives_the_same_samples_whatever_the_jobs() -> None:
    one, two = (sample(Normal(), MEAN, 20, burn=20, seed=7, jobs=jobs).thetas for jobs in (1, 2))
    assert np.array_equal(one, two)


def test_another_seed_gives_others() -> None:
    one, other = (sample(Normal(), MEAN, 10, burn=0, seed=s).thetas for s in (7, 8))
    assert not np.array_equal(one, other)


def test_no_sample_lies_outside_the_bounds() -> None:
    toy = Together([plain("a", -0.5, 1.0)], lambda v: (v.copy(), np.ones((1, 1))), np.zeros(1), 1.0)
    flat = sample(toy, np.zeros(1), 100).flat
    assert (flat.min() >= -0.5, flat.max() <= 1.0) == (True, True)


@pytest.mark.slow
def test_bounds_alone_are_uniform_in_the_log_of_a_value() -> None:
    """Nothing is known of k in 0.01 .. 100: a quarter of the samples lies below 0.1."""
    toy = Together([rate("k", 0.01, 100.0)], lambda v: (np.zeros(1), np.zeros((1, 1))), np.zeros(1), 1.0)
    values = sample(toy, np.zeros(1), 400, seed=3).values[:, 0]
    assert np.mean(values < 0.1) == pytest.approx(0.25, abs=0.03)


def test_the_density_outside_the_bounds_and_of_a_failed_run_is_nothing() -> None:
    def model(v: FloatArray) -> tuple[FloatArray, FloatArray]:
        return (np.full(1, np.nan) if v[0] > 1 else v.copy()), np.ones((1, 1))

    toy = Toy([plain("a", -2.0, 2.0)], model, np.zeros(1), 1.0)
    assert log_density(toy, np.array([[1.0], [1.5], [3.0]])).tolist() == [-0.5, -math.inf, -math.inf]


def test_a_file_gives_back_what_was_written(drawn: Samples, tmp_path: Path) -> None:
    drawn.write(tmp_path / "samples.nc")
    again = read_samples(tmp_path / "samples.nc")
    assert (again.parameters, again.seed, again.burn) == (drawn.parameters, drawn.seed, drawn.burn)
    assert np.array_equal(again.thetas, drawn.thetas)


@pytest.mark.parametrize("content", [b"", b"no netCDF at all", b"CDF\x01" + bytes(40)])
def test_a_file_of_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.nc").write_bytes(content)
    with pytest.raises(MechanismError, match="holds no samples"):
        read_samples(tmp_path / "x.nc")


def test_without_emcee_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "emcee" else find(name, *a))
    with pytest.raises(MechanismError) as caught:
        sample(Normal(), MEAN)
    assert caught.value.diagnostics[0].hint == "pip install 'mscnet[sampling]'"


def test_ctrl_c_keeps_the_ensembles_that_are_whole() -> None:
    class Cut(Normal):
        left = 700

        def many(self, thetas: FloatArray) -> FloatArray:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return super().many(thetas)

    with pytest.raises(SamplingInterrupted) as caught:
        sample(Cut(), MEAN, 100, burn=100)
    assert caught.value.samples is not None
    assert caught.value.samples.thetas.shape[0] == 1


def test_walkers_that_are_too_few_are_refused() -> None:
    with pytest.raises(MechanismError, match="an even number of walkers, 4 at least"):
        sample(Normal(), MEAN, walkers=2)


@pytest.mark.slow
def test_a_line_is_sampled_with_the_errors_of_its_regression() -> None:
    made = regression(0.3)
    toy = Together(made.parameters, made.model, made.observed, made.sigma)
    found = sample(toy, fitted(toy, 0.0, 0.0), 300, seed=2)
    spread = np.array([1 / 7 + (27 / 7) ** 2 / np.sum((np.array([0, 1, 2, 4, 5, 7, 8]) - 27 / 7) ** 2)])
    assert np.sqrt(found.covariance[0, 0]) == pytest.approx(0.3 * math.sqrt(spread[0]), rel=0.08)
