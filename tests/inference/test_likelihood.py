"""The likelihood that an objective stands for, against sums of densities by SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import least_squares

import mscnet
from mscnet.inference.objective import build_objective
from mscnet.inference.settings import FitSettings
from tests.inference.objectives import DECAY, data, series

TIME = np.array([0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0])
RNG = np.random.default_rng(3)
SEEN = 0.9 * np.exp(-0.2 * TIME) + RNG.normal(0.0, 0.02, len(TIME))
THETA = np.array([math.log(0.15), 1.1])
MODEL = 1.1 * np.exp(-0.15 * TIME)


def objective(error: float = math.nan, text: str = DECAY, **settings: Any) -> Any:
    observations = (data("decay", series("a", TIME, SEEN, error)),)
    return build_objective(mscnet.loads(text), FitSettings(rtol=1e-10, **settings), observations)


def log_likelihood(found: Any, theta: Any) -> float:
    r = found.residuals(np.asarray(theta))
    return float(found.constant - 0.5 * r @ r)


def test_known_errors() -> None:
    truth = stats.norm.logpdf(SEEN, MODEL, 0.02).sum()
    assert log_likelihood(objective(0.02), THETA) == pytest.approx(truth, rel=1e-8)


def test_known_errors_of_student() -> None:
    truth = stats.t.logpdf(SEEN, 4, MODEL, 0.02).sum()
    assert log_likelihood(objective(0.02, loss="student"), THETA) == pytest.approx(truth, rel=1e-8)


def test_estimated_error() -> None:
    truth = stats.norm.logpdf(SEEN, MODEL, 0.05).sum()
    assert log_likelihood(objective(), [*THETA, math.log(0.05)]) == pytest.approx(truth, rel=1e-8)


def test_estimated_error_of_student() -> None:
    truth = stats.t.logpdf(SEEN, 7, MODEL, 0.05).sum()
    found = objective(loss="student", degrees=7.0)
    assert log_likelihood(found, [*THETA, math.log(0.05)]) == pytest.approx(truth, rel=1e-8)


def test_proportional_error() -> None:
    truth = stats.norm.logpdf(SEEN, MODEL, np.hypot(0.03, 0.1 * MODEL)).sum()
    found = objective(error_model="proportional")
    assert log_likelihood(found, [*THETA, math.log(0.03), math.log(0.1)]) == pytest.approx(truth, rel=1e-8)


def test_proportional_error_of_student() -> None:
    truth = stats.t.logpdf(SEEN, 4, MODEL, np.hypot(0.03, 0.1 * MODEL)).sum()
    found = objective(error_model="proportional", loss="student")
    assert log_likelihood(found, [*THETA, math.log(0.03), math.log(0.1)]) == pytest.approx(truth, rel=1e-8)


def test_a_prior_is_a_normal_density_but_for_its_constant() -> None:
    text = DECAY.replace("a0 = 1 mM in 0.5 .. 3", "a0 = 1 ± 0.2 mM in 0.5 .. 3")
    with_prior, without = objective(0.02, text), objective(0.02)
    added = stats.norm.logpdf(1.1, 1.0, 0.2) + math.log(math.sqrt(2 * math.pi) * 0.2)
    assert log_likelihood(with_prior, THETA) - log_likelihood(without, THETA) == pytest.approx(added, rel=1e-8)


def test_the_instruments_noise_counts_where_it_is_asked_for() -> None:
    text = DECAY.replace("measure a = [A]", "measure a = absorbance(400 nm)") + (
        "band A { gaussian center = 400 nm, fwhm = 20 nm, epsilon = 1 /mM/cm }\ninstrument { noise = 0.03 }\n"
    )
    truth = stats.norm.logpdf(SEEN, MODEL, 0.03).sum()
    assert log_likelihood(objective(text=text, errors="instrument"), THETA) == pytest.approx(truth, rel=1e-8)


def test_the_instruments_noise_does_not_count_where_errors_are_estimated() -> None:
    text = DECAY + "instrument { noise = 0.03 }\n"
    assert [p.name for p in objective(text=text).parameters] == ["k", "a0", "noise(a)"]


def test_at_the_optimum_the_estimated_error_is_the_root_mean_square() -> None:
    found = objective()
    low, high = np.array([p.bounds for p in found.parameters]).T
    start = [*THETA, math.log(0.1)]
    fit = least_squares(found.residuals, start, jac=lambda u: found.linearised(u)[1], bounds=(low, high))
    values = found.values(fit.x)
    off = values["a0"] * np.exp(-values["k"] * TIME) - SEEN
    assert values["noise(a)"] == pytest.approx(math.sqrt(np.mean(off**2)), rel=1e-6)


def test_jtj_is_the_fisher_information_of_an_estimated_error() -> None:
    found = objective()
    sigma = math.sqrt(np.mean((MODEL - SEEN) ** 2))  # where the error fits the residuals
    slopes = found.linearised(np.array([*THETA, math.log(sigma)]))[1]
    assert (slopes.T @ slopes)[2, 2] == pytest.approx(2 * len(TIME), rel=1e-7)


def test_missing_values_have_no_term() -> None:
    seen = SEEN.copy()
    seen[2] = math.nan
    found = build_objective(mscnet.loads(DECAY), FitSettings(), (data("decay", series("a", TIME, seen, 0.02)),))
    assert [term.time for term in found.terms] == [t for i, t in enumerate(TIME) if i != 2]


def test_replicates_are_terms_of_their_own() -> None:
    both = data("decay", series("a", np.repeat(TIME, 2), np.repeat(SEEN, 2), 0.02))
    found = build_objective(mscnet.loads(DECAY), FitSettings(rtol=1e-10), (both,))
    assert log_likelihood(found, THETA) == pytest.approx(2 * log_likelihood(objective(0.02), THETA), rel=1e-9)


def test_each_reading_has_an_error_of_its_own() -> None:
    text = DECAY.replace("measure a = [A]", "measure a = [A], b = [B]")
    observations = (data("decay", series("a", TIME, SEEN), series("b", TIME, 0.9 - SEEN)),)
    found = build_objective(mscnet.loads(text), FitSettings(rtol=1e-10), observations)
    truth = stats.norm.logpdf(SEEN, MODEL, 0.05).sum() + stats.norm.logpdf(0.9 - SEEN, 1.1 - MODEL, 0.07).sum()
    assert log_likelihood(found, [*THETA, math.log(0.05), math.log(0.07)]) == pytest.approx(truth, rel=1e-8)


def test_a_number_of_a_single_reading_is_a_datum() -> None:
    from mscnet.experiment.observations import Observations, ObservedNumber

    text = DECAY.replace("measure a = [A] every 1 min for 20 min", "hold 5 min ; measure a = [A]")
    seen = Observations("decay", "d", numbers=(ObservedNumber("a", {}, 0.4, 0.02, 1),))
    found = build_objective(mscnet.loads(text), FitSettings(rtol=1e-10), (seen,))
    truth = stats.norm.logpdf(0.4, 1.1 * math.exp(-0.15 * 5), 0.02)
    assert log_likelihood(found, THETA) == pytest.approx(truth, rel=1e-8)


def test_data_beyond_the_measurement_are_left_out_and_told() -> None:
    late = np.append(TIME, 30.0)
    found = build_objective(
        mscnet.loads(DECAY), FitSettings(), (data("decay", series("a", late, np.append(SEEN, 0.0), 0.02)),)
    )
    assert (len(found.terms), len(found.notes)) == (7, 1)  # type: ignore[attr-defined]


def test_times_between_readings_that_cannot_be_added_are_interpolated() -> None:
    text = DECAY.replace("every 1 min for 20 min", "every step for 20 min") + "parameter step = 0.05 min\n"
    truth = stats.norm.logpdf(SEEN, MODEL, 0.02).sum()
    assert log_likelihood(objective(0.02, text), THETA) == pytest.approx(truth, rel=1e-5)


def test_the_search_for_an_error_begins_where_the_roughness_of_data_tells() -> None:
    time = np.linspace(0.0, 20.0, 201)
    seen = np.exp(-0.2 * time) + RNG.normal(0.0, 0.01, len(time))
    found = build_objective(mscnet.loads(DECAY), FitSettings(), (data("decay", series("a", time, seen)),))
    assert found.parameters[-1].start == pytest.approx(0.01, rel=0.2)
