"""Criteria, weights, runs tests and likelihood ratios against published numbers and direct counting."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mscnet.inference.criteria import Counts, Criteria, aicc, bic, weights
from mscnet.inference.nested import at_the_edge, chi_square_tail, likelihood_ratio
from mscnet.inference.runs_test import RunsTest, count_runs, fewer_runs, missed


def test_aicc_of_hand_numbers() -> None:
    assert aicc(-10.0, 3, 20) == pytest.approx(20 + 6 + 2 * 3 * 4 / 16)


@pytest.mark.parametrize("n", [3, 4])
def test_aicc_is_undefined_without_enough_terms(n: int) -> None:
    assert aicc(-10.0, 3, n) is None


def test_bic_of_hand_numbers() -> None:
    assert bic(-10.0, 3, 20) == pytest.approx(20 + 3 * math.log(20))


def test_weights_of_the_cement_data() -> None:
    """Burnham and Anderson 2002, table 3.2: n = 13, residual variance and parameters of eight regressions."""
    models = [(4.45, 4), (3.69, 5), (3.70, 5), (5.75, 4), (3.91, 5), (5.68, 5), (3.68, 6), (13.53, 4)]
    values = [aicc(-0.5 * 13 * math.log(variance), k, 13) for variance, k in models]
    found = weights([value for value in values if value is not None])
    assert found == pytest.approx([0.567, 0.119, 0.117, 0.107, 0.081, 0.007, 0.003, 0.000], abs=1.5e-3)


def test_a_model_that_could_not_be_fitted_has_no_weight() -> None:
    assert weights([3.0, math.inf, 3.0]) == pytest.approx((0.5, 0.0, 0.5))


def test_what_n_counts() -> None:
    counts = Counts(data=21, equalities=3, inequalities=8)
    assert (counts.n, counts.n_gaussian) == (32, 24)


@pytest.mark.parametrize(
    ("above", "below", "runs", "published"),
    [(10, 10, 6, 0.019), (10, 10, 7, 0.051), (4, 6, 3, 0.048), (5, 8, 4, 0.054), (2, 20, 2, 0.009), (8, 8, 4, 0.009)],
)
def test_the_runs_test_gives_the_table_of_swed_and_eisenhart(
    above: int, below: int, runs: int, published: float
) -> None:
    assert fewer_runs(above, below, runs) == pytest.approx(published, abs=6e-4)


@pytest.mark.parametrize(("above", "below"), [(1, 1), (3, 4), (2, 6), (5, 5)])
def test_the_runs_test_counts_every_order(above: int, below: int) -> None:
    orders = [
        [1.0 if i in chosen else -1.0 for i in range(above + below)]
        for chosen in itertools.combinations(range(above + below), above)
    ]
    runs = [count_runs(order)[2] for order in orders]
    for limit in range(1, above + below + 1):
        assert fewer_runs(above, below, limit) == pytest.approx(sum(r <= limit for r in runs) / len(runs))


def test_many_residuals_are_near_the_exact_distribution() -> None:
    exact = fewer_runs(480, 500, 470)
    assert fewer_runs(480 + 11, 500 + 11, 470 + 11) == pytest.approx(exact, abs=0.01)


def test_zeros_and_gaps_are_left_out_of_runs() -> None:
    assert count_runs([1.0, 0.0, 2.0, math.nan, -1.0, -3.0, 4.0]) == (3, 2, 3)


def test_one_sign_alone_says_nothing() -> None:
    assert fewer_runs(7, 0, 1) == 1.0


def test_one_rare_series_of_many_is_no_miss() -> None:
    tests = [RunsTest(f"r{i}", "", 5, 5, 3, 0.04 + i / 100) for i in range(9)]
    rare = RunsTest("rare", "", 5, 5, 2, 0.005)
    assert missed([*tests, rare]) == ()
    assert missed([rare]) == (rare,)


def test_wilks_of_a_published_quantile() -> None:
    assert chi_square_tail(3.841, 1) == pytest.approx(0.05, abs=1e-4)


def test_a_constant_at_its_edge_halves_the_probability() -> None:
    lowest, highest = at_the_edge(2.706, 1)
    assert lowest == highest == pytest.approx(0.05, abs=1e-4)


def test_several_constants_at_their_edge_are_bounded() -> None:
    """Independent ones have binomial weights: ¼χ²_0 + ½χ²_1 + ¼χ²_2 for two."""
    lowest, highest = at_the_edge(4.0, 2)
    independent = 0.5 * chi_square_tail(4.0, 1) + 0.25 * chi_square_tail(4.0, 2)
    assert lowest < independent < highest < chi_square_tail(4.0, 2)


def test_the_edge_is_where_simulation_has_it() -> None:
    """Two means that are not negative: the likelihood ratio of z ~ N(0, I) is Σ max(z, 0)²."""
    z = np.random.default_rng(5).normal(size=(200_000, 2))
    statistic = (np.maximum(z, 0.0) ** 2).sum(axis=1)
    lowest, highest = at_the_edge(4.0, 2)
    assert lowest < np.mean(statistic >= 4.0) < highest


def test_a_likelihood_ratio() -> None:
    counts = Counts(20, 0, 0)
    found = likelihood_ratio("a", "b", Criteria(-12.0, 2, counts, 0.0), Criteria(-10.0, 3, counts, 0.0))
    assert (found.statistic, found.freedom) == (4.0, 1)
    assert found.probability == pytest.approx(0.0455, abs=1e-4)
    assert found.highest == pytest.approx(0.02275, abs=1e-4)
