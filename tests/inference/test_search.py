"""Starts and searches on functions whose minima are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import lsq_linear
from scipy.stats import kstest, norm

from mscnet.diagnostics import MechanismError
from mscnet.inference.problem import FreeParameter
from mscnet.inference.search import run_start, runs
from mscnet.inference.settings import FitSettings, with_changes
from mscnet.inference.starts import begin_points
from tests.inference.fit_toys import Consecutive, Hilly, Linear

RANDOM = np.random.default_rng(3)


def parameters(count=3):
    return tuple(FreeParameter(f"k{j}", 1e-2, 1e2, "log", 1.0) for j in range(count))


# --- starts ---------------------------------------------------------------------------------------


def test_the_first_start_is_the_values_of_the_file() -> None:
    assert begin_points(parameters(), FitSettings(), 1).tolist() == [[0.0, 0.0, 0.0]]


def test_the_first_start_is_drawn_where_that_is_asked_for() -> None:
    assert np.all(begin_points(parameters(), FitSettings(from_file=False), 1) != 0.0)


def test_a_value_that_the_file_does_not_give_is_drawn_for_the_first_start() -> None:
    known, unknown = FreeParameter("a", 1, 4, "linear", 2.0), FreeParameter("b", 1, 4, "linear")
    point = begin_points((known, unknown), FitSettings(), 1)[0]
    assert point[0] == 2.0
    assert 1 < point[1] < 4


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
def test_a_start_does_not_depend_on_how_many_there_are(sampler) -> None:
    few, many = FitSettings(starts=8, sampler=sampler), FitSettings(starts=300, sampler=sampler)
    assert np.array_equal(begin_points(parameters(), few, 7), begin_points(parameters(), many, 7))


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
def test_another_seed_draws_other_points(sampler) -> None:
    one, two = (begin_points(parameters(), FitSettings(seed=s, sampler=sampler), 4) for s in (1, 2))
    assert not np.any(one == two)


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
def test_points_fill_the_range_evenly_in_the_search_coordinate(sampler) -> None:
    settings = FitSettings(from_file=False, sampler=sampler)
    points = np.concatenate([begin_points(parameters(2), settings, n) for n in range(1, 129)])
    low, high = np.log(1e-2), np.log(1e2)
    # each quarter of each range holds a quarter of the points, nearer than chance would have it
    counts = np.histogram(points[:, 0], np.linspace(low, high, 5))[0]
    assert np.all(abs(counts - 32) <= 3)


def test_a_parameter_with_a_prior_is_drawn_from_it() -> None:
    p = FreeParameter("a", 0.0, 100.0, "linear", 50.0, (50.0, 4.0))
    settings = FitSettings(from_file=False)
    points = np.concatenate([begin_points((p,), settings, n) for n in range(1, 129)])[:, 0]
    assert kstest(points, norm(50, 4).cdf).pvalue > 0.5


def test_a_noise_begins_where_it_is_known_to() -> None:
    noise = FreeParameter("sigma", 1e-6, 1.0, "log", 0.01, kind="noise")
    points = begin_points((noise,), FitSettings(candidates=4), 5)
    assert np.allclose(points, np.log(0.01), rtol=0, atol=1e-12)


def test_a_parameter_without_a_range_is_refused() -> None:
    with pytest.raises(MechanismError, match="no bounds"):
        begin_points((FreeParameter("a", -np.inf, np.inf),), FitSettings(), 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": 3}, "did you mean `starts`"),
        ({"starts": 0}, "whole number from 1"),
        ({"loss": "cauchy"}, "normal or student"),
        ({"tolerance": float("nan")}, "above 0"),
        ({"seed": True}, "whole number"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, words) -> None:
    with pytest.raises(MechanismError, match=words):
        with_changes(None, changes)


# --- searches -------------------------------------------------------------------------------------


def test_a_search_finds_the_constants_of_exact_data() -> None:
    found = run_start(Consecutive(noise=1e-6, seed=0), FitSettings(), 1)
    assert np.exp(found.end) == pytest.approx([0.12, 0.04], rel=1e-4)


def test_the_minimum_of_a_bounded_linear_problem_is_that_of_an_exact_method() -> None:
    matrix, true = RANDOM.normal(size=(20, 6)), 3 * RANDOM.normal(size=6)
    found = run_start(Linear(matrix, true, low=-1.0, high=1.0), FitSettings(), 2)
    exact = lsq_linear(matrix, matrix @ true, (-1.0, 1.0), tol=1e-14)
    assert found.cost == pytest.approx(exact.cost, rel=1e-5)


def test_one_sided_terms_are_kept_to() -> None:
    # u0 would be 0 and should be 2 at least: the minimum of u²/2 + (2 - u)²/(2·0.1²) is at 200/101
    found = run_start(Linear(np.eye(2), [0.0, 1.0], least=[(0, 2.0, 0.1)]), FitSettings(), 2)
    assert found.end == pytest.approx([200 / 101, 1.0], abs=1e-6)


def test_a_bound_that_holds_pulls_at_nothing() -> None:
    found = run_start(Linear(np.eye(2), [3.0, 1.0], least=[(0, 2.0, 0.1)]), FitSettings(), 2)
    assert found.end == pytest.approx([3.0, 1.0], abs=1e-6)


def test_a_search_ends_when_its_evaluations_are_used_up() -> None:
    found = run_start(Consecutive(), FitSettings(max_evaluations=3), 2)
    assert "used up" in found.message


def test_evaluations_are_counted_as_they_are_made() -> None:
    toy = Consecutive()
    found = run_start(toy, FitSettings(), 3)
    assert found.evaluations == toy.evaluations


def test_a_start_whose_point_fails_takes_another_one() -> None:
    settings = FitSettings(from_file=False, seed=1)
    toy = Consecutive(broken=0.5)
    failing = next(n for n in range(1, 40) if begin_points(toy.parameters, settings, n)[0, 0] > np.log(0.5))
    found = run_start(toy, settings, failing)
    assert runs(found.begin_cost)


def test_a_model_that_runs_nowhere_is_told() -> None:
    found = run_start(Consecutive(broken=1e-9), FitSettings(), 1)
    assert not found.finished
    assert not runs(found.cost)


def test_a_search_steps_back_from_where_the_model_fails() -> None:
    found = run_start(Consecutive(noise=1e-6, broken=0.3), FitSettings(), 1)
    assert np.exp(found.end) == pytest.approx([0.12, 0.04], rel=1e-4)


def test_candidates_begin_at_the_best_of_them() -> None:
    toy = Consecutive()
    settings = FitSettings(candidates=8)
    points = begin_points(toy.parameters, settings, 3)
    costs = 0.5 * (toy.many(points) ** 2).sum(axis=1)
    assert len(points) == 8
    assert run_start(toy, settings, 3).begin_cost == pytest.approx(costs.min())


def test_a_global_search_finds_the_least_of_many_minima() -> None:
    settings = FitSettings(method="global", max_evaluations=600, from_file=False)
    assert run_start(Hilly(), settings, 2).cost < 1e-6


def test_a_start_is_the_same_each_time() -> None:
    one, two = (run_start(Consecutive(), FitSettings(method=m), 2) for m in ("global", "global"))
    assert one.end.tolist() == two.end.tolist()


def test_an_optimum_at_bounds_is_reached_exactly() -> None:
    found = run_start(Linear(np.eye(3), [5.0, -7.0, 0.25], low=-1.0, high=1.0), FitSettings(), 2)
    assert found.end.tolist()[:2] == [1.0, -1.0]


def test_scales_of_coordinates_do_not_matter() -> None:
    """An activation energy in the file's units is 1e12 times an absorptivity; the searches are the same."""
    matrix, true = RANDOM.normal(size=(9, 3)), np.array([0.3, -0.2, 0.6])
    unit = np.array([1e12, 1.0, 1e-6])
    plain = run_start(Linear(matrix, true, low=-1.0, high=1.0), FitSettings(from_file=False), 3)
    toy = Linear(matrix / unit, true * unit)
    toy.parameters = tuple(FreeParameter(p.name, -u, u) for p, u in zip(toy.parameters, unit, strict=True))
    scaled = run_start(toy, FitSettings(from_file=False), 3)
    assert scaled.end / unit == pytest.approx(plain.end, abs=1e-8)
    assert scaled.evaluations == plain.evaluations
