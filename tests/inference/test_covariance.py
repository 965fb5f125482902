"""Standard errors against linear regression in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import curve_fit

from mscnet.diagnostics import MechanismError
from mscnet.inference.covariance import covariance
from mscnet.inference.refit import refit
from tests.inference.toys import Toy, chain, decay, line, plain, rate

X = np.array([0.0, 1.0, 2.0, 4.0, 5.0, 7.0, 8.0])
Y = np.array([1.1, 2.7, 5.2, 8.8, 11.3, 14.6, 17.2])


def regression(sigma: float = 0.3, estimated: bool = False) -> Toy:
    return Toy([plain("a"), plain("b")], line(X), Y, sigma, estimated)


def fitted(toy: Toy, *begin: float) -> np.ndarray:
    return refit(toy, np.array(begin)).theta


def test_a_line_with_known_errors_has_the_errors_of_the_textbook() -> None:
    toy = regression(0.3)
    found = covariance(toy, fitted(toy, 0.0, 0.0))
    spread = np.sum((X - X.mean()) ** 2)
    by_hand = 0.3 * np.sqrt([1 / X.size + X.mean() ** 2 / spread, 1 / spread])
    np.testing.assert_allclose(found.standard_errors, by_hand, rtol=1e-10)


def test_slope_and_intercept_correlate_as_the_textbook_says() -> None:
    toy = regression()
    found = covariance(toy, fitted(toy, 0.0, 0.0))
    assert found.correlation[0, 1] == pytest.approx(-X.mean() / math.sqrt(np.mean(X**2)), rel=1e-10)


def test_intervals_with_known_errors_are_normal() -> None:
    toy = regression(0.3)
    found = covariance(toy, fitted(toy, 0.0, 0.0))
    slope = stats.linregress(X, Y).slope
    reach = 1.959963984540054 * 0.3 / math.sqrt(np.sum((X - X.mean()) ** 2))
    np.testing.assert_allclose(found.intervals(0.95)[1], [slope - reach, slope + reach], rtol=1e-9)


@pytest.mark.parametrize("estimated", [False, True], ids=["sigma unknown", "sigma estimated along"])
def test_intervals_from_the_scatter_are_those_of_student(estimated: bool) -> None:
    toy = regression(5.0 if not estimated else 0.3, estimated)
    theta = fitted(toy, 0.0, 0.0, *([0.0] if estimated else []))
    found = covariance(toy, theta, scale="residual")
    line_ = stats.linregress(X, Y)
    reach = stats.t.ppf(0.975, X.size - 2) * line_.stderr
    np.testing.assert_allclose(found.intervals(0.95)[1], [line_.slope - reach, line_.slope + reach], rtol=1e-5)


def test_an_estimated_sigma_has_the_error_of_its_likelihood() -> None:
    toy = regression(0.3, estimated=True)
    found = covariance(toy, fitted(toy, 0.0, 0.0, 0.0))
    assert found.errors[2] == pytest.approx(1 / math.sqrt(2 * X.size), rel=1e-4)


def test_a_logarithmic_scale_gives_errors_of_values_by_the_delta_method() -> None:
    t = np.linspace(0, 10, 15)
    observed = np.exp(-0.3 * t) + 0.01 * np.sin(7 * t)
    toy = Toy([rate("k")], decay(t), observed, 0.02)
    found = covariance(toy, fitted(toy, math.log(0.1)))
    k, matrix = curve_fit(lambda t, k: np.exp(-k * t), t, observed, 0.1, np.full(t.size, 0.02), absolute_sigma=True)
    assert found.standard_errors[0] == pytest.approx(math.sqrt(matrix[0, 0]), rel=1e-4)
    assert found.values[0] == pytest.approx(k[0], rel=1e-6)


def test_constants_that_occur_as_a_product_have_no_error_and_are_named() -> None:
    t = np.linspace(0, 10, 15)

    def model(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y, slope = decay(t)(np.array([v[0] * v[1]]))
        return v[2] * y, np.column_stack([v[2] * slope[:, 0] * v[1], v[2] * slope[:, 0] * v[0], y])

    toy = Toy([rate("a"), rate("b"), rate("scale")], model, 2 * np.exp(-0.3 * t), 0.02)
    found = covariance(toy, np.log([0.6, 0.5, 2.0]))
    assert np.isnan(found.errors).tolist() == [True, True, False]
    (direction,) = found.blind.directions
    assert direction == pytest.approx({"a": 1.0, "b": -1.0}, rel=1e-6)


def test_a_product_leaves_the_error_of_what_it_does_not_touch() -> None:
    def model(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.array([v[0] * v[1], v[2]]), np.array([[v[1], v[0], 0.0], [0.0, 0.0, 1.0]])

    toy = Toy([rate("a"), rate("b"), plain("c")], model, np.array([6.0, 4.0]), 0.5)
    found = covariance(toy, np.array([math.log(2), math.log(3), 4.0]))
    assert found.errors[2] == pytest.approx(0.5, rel=1e-9)


def test_a_parameter_without_effect_is_named() -> None:
    def model(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full(3, v[0]), np.column_stack([np.ones(3), np.zeros(3)])

    toy = Toy([plain("a"), plain("idle")], model, np.ones(3), 1.0)
    assert covariance(toy, np.ones(2)).blind.relations == ("nothing depends on `idle`",)


def test_a_parameter_at_its_bound_is_held_there_and_said() -> None:
    toy = Toy([plain("a"), plain("b", 0.0, 2.0)], line(X), Y, 0.3)
    steep = Toy([plain("a"), plain("b", 0.0, 1.5)], line(X), Y, 0.3)
    free, held = covariance(toy, fitted(toy, 0.0, 1.0)), covariance(steep, fitted(steep, 0.0, 1.0))
    assert (free.at_bound, held.at_bound) == ((), ("b",))
    assert held.standard_errors[0] == pytest.approx(0.3 / math.sqrt(X.size), rel=1e-9)


def test_a_prior_counts_as_a_measurement() -> None:
    toy = Toy([plain("a", prior=(0.0, 0.1)), plain("b")], line(X), Y, 0.3)
    design = np.column_stack([np.ones_like(X), X]) / 0.3
    information = design.T @ design + np.diag([1 / 0.1**2, 0])
    np.testing.assert_allclose(covariance(toy, fitted(toy, 0.0, 0.0)).matrix, np.linalg.inv(information), rtol=1e-9)


def test_too_few_values_to_scale_by_are_refused() -> None:
    toy = Toy([plain("a"), plain("b")], line(X[:2]), Y[:2], 0.3)
    with pytest.raises(MechanismError, match="nothing to tell their scatter"):
        covariance(toy, np.array([1.0, 1.0]), scale="residual")


def test_intervals_cover_the_truth_at_the_nominal_rate() -> None:
    """A -> B -> C with 60 noisy readings, 200 times."""
    t = np.linspace(0.5, 15, 30)
    rng = np.random.default_rng(20)
    truth = np.array([0.4, 0.15])
    clean = chain(t)(truth)[0]
    covered = []
    for _ in range(200):
        toy = Toy([rate("k1"), rate("k2")], chain(t), clean + 0.03 * rng.standard_normal(clean.size), 0.03)
        found = covariance(toy, fitted(toy, *np.log([0.3, 0.2]))).intervals(0.95)
        covered.append((found[:, 0] <= truth) & (truth <= found[:, 1]))
    share = np.mean(covered, axis=0)
    assert np.all((share >= 0.90) & (share <= 0.99)), share
