"""Linear parameters projected out give what a fit of all parameters gives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import least_squares, lsq_linear, nnls

import mscnet
from mscnet.diagnostics import MechanismError
from mscnet.inference.objective import build_objective
from mscnet.inference.projection import solve
from mscnet.inference.settings import FitSettings
from tests.inference.objectives import CHAIN, chain_concentrations, data, differences, series, spectra

TIME = np.linspace(0.5, 30.0, 24)
RNG = np.random.default_rng(5)
EPSILONS, OFFSET = np.array([1.5, 4.0, 2.5]), 0.05


def band_shapes(at: float) -> Any:
    centers, widths = np.array([400.0, 450.0, 500.0]), np.array([50.0, 60.0, 40.0])
    return np.exp(-4 * math.log(2) * ((at - centers) / widths) ** 2)


def simulated(at: float, noise: float = 0.01) -> Any:
    clean = chain_concentrations(TIME, 0.35, 0.12) @ (EPSILONS * band_shapes(at)) + OFFSET
    return clean + RNG.normal(0.0, noise, len(TIME))


OD, LATE = simulated(430.0), simulated(480.0)
DATA = (data("chain", series("od", TIME, OD, 0.01), series("late", TIME, LATE, 0.01)),)
START = np.log([0.4, 0.1])


def objective(text: str = CHAIN, observations: Any = DATA, **settings: Any) -> Any:
    return build_objective(mscnet.loads(text), FitSettings(rtol=1e-10, **settings), observations)


def fitted(found: Any, start: Any) -> Any:
    low, high = np.array([p.bounds for p in found.parameters]).T
    return least_squares(
        found.residuals, start, jac=lambda u: found.linearised(u)[1], bounds=(low, high), xtol=1e-14, ftol=1e-14,
        gtol=1e-14,
    )  # fmt: skip


def hand_written(all_parameters: Any) -> Any:
    k1, k2, *linear = all_parameters
    c = chain_concentrations(TIME, math.exp(k1), math.exp(k2))
    model = [c @ (np.array(linear[:3]) * band_shapes(at)) + linear[3] for at in (430.0, 480.0)]
    return (np.concatenate(model) - np.concatenate([OD, LATE])) / 0.01


def test_only_rate_constants_are_searched_for() -> None:
    assert [p.name for p in objective(linear=("auto",)).parameters] == ["k1", "k2"]


def test_the_optimum_is_that_of_a_fit_of_all_parameters() -> None:
    found = objective(linear=("auto",))
    fit = fitted(found, START)
    truth = least_squares(hand_written, [*START, 1.0, 1.0, 1.0, 0.1], xtol=1e-15, ftol=1e-15, gtol=1e-15)
    values = found.values(fit.x)
    names = ("k1", "k2", "eA", "eB", "eC", "off")
    assert [math.log(values[n]) if n[0] == "k" else values[n] for n in names] == pytest.approx(truth.x, rel=1e-5)


def test_the_covariance_is_that_of_a_fit_of_all_parameters() -> None:
    found = objective(linear=("auto",))
    fit = fitted(found, START)
    truth = least_squares(hand_written, [*START, 1.0, 1.0, 1.0, 0.1], xtol=1e-15, ftol=1e-15, gtol=1e-15)
    wanted = np.linalg.inv(truth.jac.T @ truth.jac)[:2, :2]
    assert np.linalg.inv(fit.jac.T @ fit.jac) == pytest.approx(wanted, rel=1e-3)


def test_the_gradient_is_exact() -> None:
    found = objective(linear=("auto",))
    r, slopes = found.linearised(START)
    truth = differences(lambda u: np.array([0.5 * found.residuals(u) @ found.residuals(u)]), START)[0]
    assert slopes.T @ r == pytest.approx(truth, rel=1e-5)


def test_bounds_on_linear_parameters_hold() -> None:
    found = objective(CHAIN.replace("eC = 1 /mM/cm in 0 .. 100", "eC = 1 /mM/cm in 0 .. 2"), linear=("auto",))
    c = chain_concentrations(TIME, *np.exp(START))
    columns = np.concatenate([np.column_stack([c * band_shapes(at), np.ones(len(TIME))]) for at in (430.0, 480.0)])
    truth = lsq_linear(columns, np.concatenate([OD, LATE]), ([0, 0, 0, -1], [100, 100, 2, 1]), tol=1e-14)
    values = found.values(START)
    assert [values[n] for n in ("eA", "eB", "eC", "off")] == pytest.approx(truth.x, rel=1e-7)


def test_the_gradient_is_exact_where_a_bound_holds() -> None:
    found = objective(CHAIN.replace("eC = 1 /mM/cm in 0 .. 100", "eC = 1 /mM/cm in 0 .. 2"), linear=("auto",))
    r, slopes = found.linearised(START)
    truth = differences(lambda u: np.array([0.5 * found.residuals(u) @ found.residuals(u)]), START)[0]
    assert slopes.T @ r == pytest.approx(truth, rel=1e-5)


def test_priors_of_linear_parameters_count() -> None:
    text = CHAIN.replace("eB = 1 /mM/cm in 0 .. 100", "eB = 3 ± 0.01 /mM/cm in 0 .. 100")
    found = objective(text, linear=("auto",))
    c = chain_concentrations(TIME, *np.exp(START))
    columns = np.concatenate([np.column_stack([c * band_shapes(at), np.ones(len(TIME))]) for at in (430.0, 480.0)])
    rows = np.concatenate([columns / 0.01, [[0, 100.0, 0, 0]]])
    truth = np.linalg.lstsq(rows, np.append(np.concatenate([OD, LATE]) / 0.01, 300.0), rcond=None)[0]
    assert found.values(START)["eB"] == pytest.approx(truth[1], rel=1e-8)


def test_the_cost_with_a_prior_is_that_of_all_parameters_free() -> None:
    text = CHAIN.replace("eB = 1 /mM/cm in 0 .. 100", "eB = 3 ± 0.01 /mM/cm in 0 .. 100")
    projected, whole = objective(text, linear=("auto",)), objective(text)
    values = projected.values(START)
    theta = np.array([p.to_search(values[p.name]) for p in whole.parameters])
    one, other = projected.residuals(START), whole.residuals(theta)
    assert 0.5 * one @ one == pytest.approx(0.5 * other @ other, rel=1e-7)


def test_with_estimated_errors_the_optimum_is_that_of_all_parameters() -> None:
    observations = (data("chain", series("od", TIME, OD), series("late", TIME, LATE)),)
    projected, whole = objective(observations=observations, linear=("auto",)), objective(observations=observations)
    one = fitted(projected, [*START, math.log(0.02), math.log(0.02)])
    other = fitted(whole, [*START, 1.5, 4.0, 2.5, 0.05, math.log(0.02), math.log(0.02)])
    assert one.cost == pytest.approx(other.cost, rel=1e-9)


def test_scale_factors_of_observables_are_linear() -> None:
    text = CHAIN.replace("measure od", "measure s = scale*[B] + shift, od") + (
        "parameter scale = 1 in 0.1 .. 10\nparameter shift = 0 mM in -1 .. 1\n"
    )
    seen = 2.0 * chain_concentrations(TIME, 0.35, 0.12)[:, 1] + 0.3
    found = objective(text, (data("chain", series("s", TIME, seen, 0.01)),), linear=("scale", "shift"))
    values = found.values(np.log([0.35, 0.12]))
    assert (values["scale"], values["shift"]) == pytest.approx((2.0, 0.3), rel=1e-6)


def test_what_enters_twice_is_not_linear() -> None:
    text = CHAIN.replace("measure od", "measure s = scale^2*[B], od") + "parameter scale = 1 in 0.1 .. 10\n"
    with pytest.raises(MechanismError, match="not linear"):
        objective(text, (data("chain", series("s", TIME, OD, 0.01)),), linear=("scale",))


def test_of_a_product_only_one_factor_is_projected_out() -> None:
    text = (
        CHAIN.replace("measure od", "measure s = f*g*[B], od")
        + "parameter f = 1 in 0 .. 10\nparameter g = 1 in 0 .. 10\n"
    )
    found = objective(text, (data("chain", series("s", TIME, OD, 0.01)),), linear=("auto",))
    names = [p.name for p in found.parameters]
    assert ("f" in names, "g" in names) == (False, True)


def test_rate_constants_are_not_linear() -> None:
    with pytest.raises(MechanismError, match="concentrations hang on it"):
        objective(linear=("k1",))


def test_what_facts_hang_on_is_not_projected_out() -> None:
    text = CHAIN + "expect chain { max(od) = 1.5 ± 0.1 }\n"
    with pytest.raises(MechanismError, match="facts hang on it"):
        objective(text, linear=("eA",))


def test_auto_leaves_what_facts_hang_on_free() -> None:
    found = objective(CHAIN + "expect chain { max(od) = 1.5 ± 0.1 }\n", linear=("auto",))
    assert [p.name for p in found.parameters] == ["k1", "k2", "eA", "eB", "eC", "off"]


def test_something_is_left_to_search_for() -> None:
    text = CHAIN.replace(" in 0.01 .. 10 log", "").replace("in 0 .. 100", "fixed")
    text = text.replace("eC = 1 /mM/cm fixed", "eC = 1 /mM/cm in 0 .. 100")
    found = objective(text, linear=("auto",))
    assert ([p.name for p in found.parameters], len(found.values(np.zeros(1)))) == (["off"], 2)


def test_dependent_columns_have_a_smallest_solution() -> None:
    column = np.linspace(1.0, 2.0, 9)
    found = solve(np.column_stack([column, column]), -3.0 * column)
    assert found.values == pytest.approx([1.5, 1.5])


# --- free spectra ---------------------------------------------------------------------------------

WAVELENGTH = np.arange(360.0, 541.0, 20.0)
MATRIX = (
    chain_concentrations(TIME, 0.35, 0.12) @ np.stack([EPSILONS * band_shapes(w) for w in WAVELENGTH], axis=1)
    + RNG.normal(0.0, 0.005, (len(TIME), len(WAVELENGTH)))
)  # fmt: skip
PLAIN = CHAIN.replace("instrument { baseline = off }\n", "")


def free_spectra(**settings: Any) -> Any:
    observations = (data("chain", spectra("uv", TIME, WAVELENGTH, MATRIX, 0.005)),)
    return objective(PLAIN, observations, free_spectra=True, **settings)


def test_a_spectrum_matrix_leaves_only_rate_constants() -> None:
    assert [p.name for p in free_spectra().parameters] == ["k1", "k2"]


def test_free_spectra_give_the_optimum_of_a_fit_of_everything() -> None:
    def whole(x: Any) -> Any:
        model = chain_concentrations(TIME, *np.exp(x[:2])) @ x[2:].reshape(3, -1)
        return ((model - MATRIX) / 0.005).ravel()

    first = np.stack([EPSILONS * band_shapes(w) for w in WAVELENGTH], axis=1)
    truth = least_squares(whole, [*START, *first.ravel()], xtol=1e-15, ftol=1e-15, gtol=1e-15)
    fit = fitted(free_spectra(), START)
    assert (*fit.x, fit.cost) == pytest.approx((*truth.x[:2], truth.cost), rel=1e-6)


def test_free_spectra_are_those_of_least_squares() -> None:
    found = free_spectra().spectra(START)
    c = chain_concentrations(TIME, *np.exp(START))
    assert found.absorptivity == pytest.approx(np.linalg.lstsq(c, MATRIX, rcond=None)[0], rel=1e-6)


def test_free_spectra_may_be_kept_from_falling_below_zero() -> None:
    c = chain_concentrations(TIME, *np.exp(START))
    truth = np.stack([nnls(c, MATRIX[:, j])[0] for j in range(len(WAVELENGTH))], axis=1)
    assert free_spectra(nonnegative=True).spectra(START).absorptivity == pytest.approx(truth, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("nonnegative", [False, True])
def test_the_gradient_with_free_spectra_is_exact(nonnegative: bool) -> None:
    found = free_spectra(nonnegative=nonnegative)
    r, slopes = found.linearised(START)
    truth = differences(lambda u: np.array([0.5 * found.residuals(u) @ found.residuals(u)]), START)[0]
    assert slopes.T @ r == pytest.approx(truth, rel=1e-5)


def test_a_series_of_light_has_part_in_free_spectra() -> None:
    observations = (data("chain", spectra("uv", TIME, WAVELENGTH, MATRIX, 0.005), series("od", TIME, OD, 0.01)),)
    found = objective(PLAIN, observations, free_spectra=True)
    assert found.spectra(START).wavelength.tolist() == sorted([*WAVELENGTH, 430.0])
