"""Profiles against likelihood ratios worked out by hand, and verdicts on cases whose answer is known."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from mscnet.diagnostics import MechanismError
from mscnet.inference.covariance import covariance
from mscnet.inference.problem import Term
from mscnet.inference.profile import ProfilesInterrupted, profile
from mscnet.inference.refit import refit
from tests.inference.test_covariance import fitted, regression
from tests.inference.toys import FloatArray, Toy, chain, decay, plain, rate

T = np.linspace(0.5, 12, 16)


def one_decay() -> tuple[Toy, FloatArray]:
    observed = np.exp(-0.25 * T) + 0.05 * np.sin(5 * T)
    toy = Toy([rate("k")], decay(T), observed, 0.1)
    return toy, fitted(toy, math.log(0.1))


def two_steps(seed: int = 3, k2: float = 0.15, high: float = 1e3, sigma: float = 0.05) -> tuple[Toy, FloatArray]:
    noise = sigma * np.random.default_rng(seed).standard_normal(2 * T.size)
    clean = chain(T)(np.array([0.4, k2]))[0]
    toy = Toy([rate("k1", high=high), rate("k2", high=high)], chain(T), clean + noise, sigma)
    return toy, fitted(toy, math.log(0.3), math.log(k2))


def product() -> tuple[Toy, FloatArray]:
    """A rate that is the product of two constants, times an amplitude."""

    def model(v: FloatArray) -> tuple[FloatArray, FloatArray]:
        y, slope = decay(T)(np.array([v[0] * v[1]]))
        return v[2] * y, np.column_stack([v[2] * slope[:, 0] * v[1], v[2] * slope[:, 0] * v[0], y])

    observed = 2 * np.exp(-0.3 * T) + 0.02 * np.cos(9 * T)
    toy = Toy([rate("a"), rate("b"), rate("scale")], model, observed, 0.05)
    return toy, fitted(toy, *np.log([0.5, 0.5, 1.5]))


@pytest.mark.parametrize("level", [0.68, 0.95, 0.99])
def test_a_decay_has_the_interval_of_its_likelihood_ratio(level: float) -> None:
    toy, theta = one_decay()

    def rise(k: float) -> float:
        return float(np.sum((np.exp(-k * T) - toy.observed) ** 2)) / 0.1**2

    best = minimize_scalar(rise, bracket=(0.1, 0.3), tol=1e-12)
    over = lambda k: rise(k) - best.fun - chi2.ppf(level, 1)  # noqa: E731
    by_hand = brentq(over, 0.01, best.x), brentq(over, best.x, 5.0)
    found = profile(toy, theta)["k"].interval(level)
    np.testing.assert_allclose([found.lower, found.upper], by_hand, rtol=1e-3)


def test_the_profile_of_a_line_is_its_parabola() -> None:
    toy = regression()
    found = profile(toy, fitted(toy, 0.0, 0.0))["b"]
    error = covariance(toy, fitted(toy, 0.0, 0.0)).errors[1]
    distance = found.coordinates - found.coordinates[int(np.argmin(found.rise))]
    np.testing.assert_allclose(found.rise, (distance / error) ** 2, rtol=1e-6, atol=1e-9)


def test_the_others_are_fitted_anew() -> None:
    """By hand: for each k1 on the profile, the least over k2."""
    toy, theta = two_steps()
    found = profile(toy, theta, ["k1"])["k1"]
    least = 0.5 * float(toy.residuals(theta) @ toy.residuals(theta))
    for u, rise in zip(found.coordinates, found.rise, strict=True):

        def cost(v: float, u: float = float(u)) -> float:
            r = toy.residuals(np.array([u, v]))
            return 0.5 * float(r @ r)

        by_hand = minimize_scalar(cost, bracket=(theta[1] - 0.1, theta[1] + 0.1), tol=1e-12).fun
        assert rise == pytest.approx(2 * (by_hand - least), abs=1e-5)


class OneSided(Toy):
    """x + y = 3 ± 1 and x - y = 1 ± 0.5 are seen; y is said to be below 0.8, over 0.1."""

    def __init__(self) -> None:
        design = np.array([[1.0, 1.0], [2.0, -2.0]])
        super().__init__(
            [plain("x", -9, 9), plain("y", -9, 9)], lambda v: (design @ v, design), np.array([3.0, 2.0]), 1
        )
        self.terms = (*self.terms, Term("bound", "below"))

    def _both(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        residuals, slopes = super()._both(theta)
        over = max(0.0, (theta[1] - 0.8) / 0.1)
        slopes[-1] = [0.0, 10.0 if over else 0.0]
        return np.append(residuals, over), slopes


def test_a_profile_over_the_kink_of_a_one_sided_term_is_the_least_by_search() -> None:
    toy = OneSided()
    found = profile(toy, fitted(toy, 0.0, 0.0))["x"]

    def least(x: float) -> float:
        cost = lambda y: float(np.sum(toy.residuals(np.array([x, y])) ** 2))  # noqa: E731
        return float(minimize_scalar(cost, bracket=(0.0, 0.5), tol=1e-12).fun)

    lowest = minimize_scalar(least, bracket=(0.5, 1.5), tol=1e-12).fun
    by_hand = [least(float(x)) - lowest for x in found.coordinates]
    np.testing.assert_allclose(found.rise, by_hand, atol=1e-3)


def test_determined_constants_are_identifiable() -> None:
    assert [p.verdict for p in profile(*two_steps()).profiles] == ["identifiable", "identifiable"]


def test_factors_of_a_product_are_structurally_not() -> None:
    verdicts = {p.parameter.name: p.verdict for p in profile(*product()).profiles}
    assert verdicts == {"a": "structurally not", "b": "structurally not", "scale": "identifiable"}


def test_what_makes_up_for_what_is_said() -> None:
    (relation,) = profile(*product()).blind.relations
    assert relation == "`a` and `b` can change together and nothing shows it: ln a by +1, ln b by -1"


def test_a_step_too_fast_to_be_seen_is_open_above() -> None:
    toy, theta = two_steps(k2=30.0)
    found = profile(toy, theta)["k2"]
    assert (found.verdict, found.open_sides) == ("practically not", ("upper",))


def test_an_open_end_is_the_bound() -> None:
    toy, theta = two_steps(k2=30.0, high=500.0)
    interval = profile(toy, theta)["k2"].interval(0.95)
    assert (interval.open_upper, interval.upper) == (True, pytest.approx(500.0))


def test_a_step_too_slow_to_be_seen_is_open_below() -> None:
    toy, theta = two_steps(k2=2e-4)
    found = profile(toy, theta)["k2"]
    assert (found.verdict, found.open_sides) == ("practically not", ("lower",))


def test_an_end_that_rests_on_the_bound_of_another_says_so() -> None:
    def model(v: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.array([v[0] + v[1], 0.01 * v[1]]), np.array([[1.0, 1.0], [0.0, 0.01]])

    toy = Toy([plain("a"), plain("b", -1.0, 1.0)], model, np.array([0.0, 0.0]), 0.1)
    found = profile(toy, np.zeros(2))["a"]
    assert (found.verdict, found.resting_on) == ("identifiable", ("b",))


def test_a_better_optimum_on_the_way_is_told() -> None:
    """Two wells along x, the higher one given."""

    def model(v: FloatArray) -> tuple[FloatArray, FloatArray]:
        x = v[0]
        return np.array([x**2 - 1, 0.2 * x]), np.array([[2 * x], [0.2]])

    toy = Toy([plain("x", -3.0, 3.0)], model, np.array([0.0, -0.2]), 0.5)
    higher = refit(toy, np.array([1.0]))
    found = profile(toy, higher.theta)
    assert found.better is not None
    assert found.better.theta[0] == pytest.approx(-1.0, abs=1e-6)


def test_no_better_optimum_is_claimed_where_there_is_none() -> None:
    assert profile(*two_steps()).better is None


def test_jobs_change_nothing() -> None:
    toy, theta = two_steps()
    one, two = profile(toy, theta, jobs=1), profile(toy, theta, jobs=2)
    assert all(np.array_equal(a.rise, b.rise) for a, b in zip(one.profiles, two.profiles, strict=True))


class Interrupting(Toy):
    """Ctrl-C comes after so many derivatives."""

    left = 10**9

    def linearised(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().linearised(theta)


def interrupting(toy: Toy, after: int) -> Interrupting:
    found = Interrupting(toy.parameters, toy.model, toy.observed, toy.sigma)
    found.left = after
    return found


def test_ctrl_c_keeps_the_profiles_that_are_done() -> None:
    toy, theta = two_steps()
    profile(toy, theta, ["k1"])
    with pytest.raises(ProfilesInterrupted) as caught:
        profile(interrupting(toy, toy.linearisations + 10), theta)
    assert [p.parameter.name for p in caught.value.profiles.profiles] == ["k1"]


def test_a_folder_goes_on_where_it_was_left(tmp_path: Path) -> None:
    toy, theta = two_steps()
    whole = profile(toy, theta)
    with pytest.raises(ProfilesInterrupted):
        profile(interrupting(toy, 60), theta, folder=tmp_path)
    before = toy.linearisations
    again = profile(toy, theta, folder=tmp_path)
    assert np.array_equal(again["k2"].rise, whole["k2"].rise)
    assert toy.linearisations - before < before


def test_a_line_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    toy, theta = two_steps()
    whole = profile(toy, theta, folder=tmp_path)
    file = tmp_path / "profile.jsonl"
    os.truncate(file, file.stat().st_size - 20)
    again = profile(toy, theta, folder=tmp_path)
    assert np.array_equal(again["k2"].rise, whole["k2"].rise)


def test_a_folder_of_other_profiles_is_refused(tmp_path: Path) -> None:
    toy, theta = two_steps()
    profile(toy, theta, ["k1"], folder=tmp_path)
    with pytest.raises(MechanismError, match="holds a profile with other"):
        profile(*two_steps(seed=4), folder=tmp_path)


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(MechanismError, match="`k3` is not among the fitted parameters"):
        profile(*two_steps(), ["k3"])


def test_a_model_that_cannot_be_run_beyond_ends_the_side_and_says_so() -> None:
    def model(v: FloatArray) -> tuple[FloatArray, FloatArray]:
        return (np.full(1, np.nan) if v[0] > 1.5 else v[:1].copy()), np.ones((1, 1))

    found = profile(Toy([plain("x", -5.0, 5.0)], model, np.array([1.0]), 1.0), np.array([1.0]))["x"]
    assert (found.open_sides, found.trouble) == (("upper",), "the model cannot be run beyond above")


@pytest.mark.slow
def test_profiles_cover_the_truth_at_the_nominal_rate() -> None:
    truth = np.array([0.4, 0.15])
    covered = []
    for seed in range(200):
        found = profile(*two_steps(seed), levels=[0.95])
        intervals = [p.interval(0.95) for p in found.profiles]
        covered.append([i.lower <= k <= i.upper for i, k in zip(intervals, truth, strict=True)])
    share = np.mean(covered, axis=0)
    assert np.all((share >= 0.90) & (share <= 0.99)), share
