"""Errors of a fit of light: extinction coefficients searched for, or projected out; normal errors, or Student's."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import mscnet
from mscnet.diagnostics import MechanismError
from mscnet.inference.bootstrap import Bootstrap
from mscnet.inference.covariance import covariance
from mscnet.inference.fit import fit
from mscnet.inference.result import FitResult
from tests.inference.known_truth import measured

TEXT = """units time = min, concentration = mM, volume = mL
species A
species B
parameter k = 0.1 /min in 0.01 .. 1 log
parameter eA = 1 /mM/cm in 0.1 .. 10 log
parameter eB = 0.3 /mM/cm in 0.01 .. 10 log
A -> B @ k
band A { gaussian center = 400 nm, fwhm = 20 nm, epsilon = eA }
band B { gaussian center = 402 nm, fwhm = 20 nm, epsilon = eB }
solution stock { A = 1 mM }
experiment course { mix 1 mL stock ; measure od = absorbance(400 nm) every 2 min for 40 min }
"""


#: Errors of standard errors are then a tenth of them.
REPEATS = 50


@cache
def fitted(linear: tuple[str, ...] = (), loss: str = "normal", own: bool = True) -> FitResult:
    """A fit of one simulated course, with its own errors or with one that is estimated."""
    mechanism = mscnet.loads(TEXT)
    data = measured(mscnet.perform(mechanism), np.random.default_rng(8))
    if not own:
        data[0].series[0].error[:] = np.nan
    return fit(mechanism, starts=1, jobs=1, observations=data, linear=linear, loss=loss)


@cache
def repeated(linear: tuple[str, ...] = (), loss: str = "normal", kind: str = "parametric") -> Bootstrap:
    result = fitted(linear, loss)
    objective = result.objective(measured(mscnet.perform(mscnet.loads(TEXT)), np.random.default_rng(8)))
    return result.bootstrap(REPEATS, kind, objective=objective)  # type: ignore[arg-type]


def test_what_is_projected_out_counts_in_errors_as_if_it_were_searched_for() -> None:
    whole, projected = fitted(), fitted(("eA", "eB"))
    assert projected.errors["k"] == pytest.approx(whole.errors["k"], rel=1e-3)


@pytest.mark.slow
def test_new_data_are_projected_too() -> None:
    """The same seed draws the same data, and the same fits come out."""
    np.testing.assert_allclose(repeated(("eA", "eB")).values[:, 0], repeated().values[:, 0], rtol=1e-3)


def test_a_bootstrap_agrees_with_the_covariance() -> None:
    assert repeated().standard_errors[0] == pytest.approx(fitted().errors["k"], rel=0.25)


@pytest.mark.slow
def test_students_errors_are_drawn_where_they_are_fitted() -> None:
    """With 4 degrees of freedom errors are larger than normal ones by up to sqrt(2)."""
    student = repeated(loss="student")
    assert 1.0 < student.standard_errors[0] / repeated().standard_errors[0] < 2.0


def test_cases_are_no_weights_where_parameters_are_projected_out() -> None:
    with pytest.raises(MechanismError, match="cases cannot be drawn"):
        repeated(("eA", "eB"), kind="case")


def test_the_fit_itself_has_the_same_covariance() -> None:
    result = fitted()
    objective = result.objective(measured(mscnet.perform(mscnet.loads(TEXT)), np.random.default_rng(8)))
    np.testing.assert_allclose(covariance(objective, result.theta).matrix, result.covariance, rtol=1e-6)


def test_an_estimated_error_has_that_of_its_likelihood() -> None:
    """1/sqrt(2 n) in ln sigma, to first order."""
    result = fitted(own=False)
    assert np.sqrt(result.covariance[3, 3]) == pytest.approx(1 / np.sqrt(2 * 21), rel=1e-3)
