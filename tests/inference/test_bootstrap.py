"""Bootstraps of a line against its regression in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mscnet.diagnostics import MechanismError
from mscnet.inference.bootstrap import BootstrapInterrupted, Kind, bootstrap
from mscnet.inference.covariance import covariance
from mscnet.inference.problem import Term
from mscnet.inference.refit import refit
from tests.inference.test_covariance import fitted, regression
from tests.inference.toys import FloatArray, Toy, line, plain, rate

X = np.linspace(0.0, 10.0, 40)


def long_line(estimated: bool = False, sigma: float = 0.5) -> tuple[Toy, FloatArray]:
    observed = 1.0 + 2.0 * X + 0.5 * np.random.default_rng(11).standard_normal(X.size)
    toy = Toy([plain("a"), plain("b")], line(X), observed, sigma, estimated)
    return toy, fitted(toy, 0.0, 0.0, *([-1.0] if estimated else []))


def test_a_parametric_bootstrap_has_the_errors_of_the_regression() -> None:
    toy, theta = long_line()
    found = bootstrap(toy, theta, 400).standard_errors
    np.testing.assert_allclose(found, covariance(toy, theta).standard_errors, rtol=0.12)


@pytest.mark.parametrize("kind", ["residual", "case"])
def test_others_have_the_errors_of_the_scatter_whatever_sigma_was_said(kind: Kind) -> None:
    toy, theta = long_line(sigma=5.0)
    found = bootstrap(toy, theta, 400, kind).standard_errors
    np.testing.assert_allclose(found, covariance(toy, theta, scale="residual").standard_errors, rtol=0.15)


def test_a_parametric_repeat_is_the_fit_of_new_data() -> None:
    """The same numbers as a fit to observations that were written out."""
    toy, theta = long_line()
    found = bootstrap(toy, theta, 3, seed=5)
    errors = [np.random.default_rng(s).standard_normal(X.size) for s in np.random.SeedSequence(5).spawn(3)]
    fitted_line = theta[0] + theta[1] * X
    by_hand = [np.polyfit(X, fitted_line + 0.5 * e, 1)[::-1] for e in errors]
    np.testing.assert_allclose(found.thetas, by_hand, rtol=1e-6)


def test_an_estimated_sigma_is_fitted_to_the_new_data() -> None:
    toy, theta = long_line(estimated=True)
    found = bootstrap(toy, theta, 3, seed=5)
    errors = [np.random.default_rng(s).standard_normal(X.size) for s in np.random.SeedSequence(5).spawn(3)]
    for values, e in zip(found.values, errors, strict=True):
        left = e - np.polyval(np.polyfit(X, e, 1), X)
        assert values[2] == pytest.approx(math.exp(theta[2]) * math.sqrt(np.mean(left**2)), rel=1e-4)


def test_percentile_intervals_agree_with_normal_ones_on_a_line() -> None:
    toy, theta = long_line()
    found, normal = bootstrap(toy, theta, 600).intervals(0.9), covariance(toy, theta).intervals(0.9)
    np.testing.assert_allclose(found, normal, atol=0.15 * float(np.diff(normal, axis=1).max()))


def test_jobs_change_nothing() -> None:
    toy, theta = long_line()
    one, two = bootstrap(toy, theta, 6, jobs=1), bootstrap(toy, theta, 6, jobs=2)
    assert np.array_equal(one.thetas, two.thetas)


def test_more_repeats_begin_with_the_same_ones() -> None:
    toy, theta = long_line()
    assert np.array_equal(bootstrap(toy, theta, 6).thetas[:3], bootstrap(toy, theta, 3).thetas)


def test_a_prior_is_drawn_like_a_measurement() -> None:
    """A constant that only its prior knows has the prior's spread."""
    toy = Toy([plain("a", prior=(2.0, 0.3))], lambda v: (np.zeros(1), np.zeros((1, 1))), np.zeros(1), 1.0)
    assert bootstrap(toy, np.array([2.0]), 500).standard_errors[0] == pytest.approx(0.3, rel=0.1)


def test_one_sided_terms_stand_as_they_are() -> None:
    class Bounded(Toy):
        """x is 0 ± 1, and said to be above 0."""

        def _both(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
            residuals, slopes = super()._both(theta)
            below = theta[0] < 0
            slopes[-1] = -1e3 if below else 0.0
            return np.append(residuals, -1e3 * theta[0] if below else 0.0), slopes

    toy = Bounded([plain("x")], lambda v: (v.copy(), np.ones((1, 1))), np.zeros(1), 1.0)
    toy.terms = (*toy.terms, Term("bound", "above"))
    assert bootstrap(toy, np.zeros(1), 100).thetas.min() > -0.01


def test_a_sigma_that_follows_the_model_is_refused() -> None:
    class Proportional(Toy):
        def _both(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
            residuals, slopes = super()._both(theta)
            slopes[:-2, -1] *= 0.5
            return residuals, slopes

    toy = Proportional([rate("k")], lambda v: (v * np.ones(3), np.ones((3, 1))), np.array([1.0, 1.1, 0.8]), 0.1, True)
    with pytest.raises(MechanismError, match="`sd` changes with the model"):
        bootstrap(toy, np.log([1.0, 0.1]), 3)


def test_ctrl_c_keeps_the_repeats_that_are_done() -> None:
    class Cut(Toy):
        left = 20

        def linearised(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return super().linearised(theta)

    toy = regression()
    cut = Cut(toy.parameters, toy.model, toy.observed, toy.sigma)
    with pytest.raises(BootstrapInterrupted) as caught:
        bootstrap(cut, refit(toy, np.zeros(2)).theta, 100)
    assert 0 < len(caught.value.bootstrap.thetas) < 20


def test_an_unknown_kind_is_refused() -> None:
    toy, theta = long_line()
    with pytest.raises(MechanismError, match="no bootstrap is called `wild`"):
        bootstrap(toy, theta, 3, "wild")  # type: ignore[arg-type]
