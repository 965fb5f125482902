"""Bands of a decay against the formulas for one constant."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

import mscnet
from mscnet.diagnostics import MechanismError
from mscnet.experiment.observations import Observations, ObservedSeries
from mscnet.inference.covariance import covariance
from mscnet.inference.objective import build_objective
from mscnet.inference.predict import Bands, predict
from mscnet.inference.problem import Objective
from mscnet.inference.refit import refit
from mscnet.inference.samples import Samples
from mscnet.inference.settings import FitSettings
from mscnet.mechanism.mechanism import Mechanism

TEXT = """units time = min, concentration = mM, volume = mL
species A
species B
parameter k = 0.1 /min in 0.001 .. 10 log
A -> B @ k
solution stock { A = 1 mM }
experiment seen { mix 1 mL stock ; measure a = [A] every 2 min for 20 min }
experiment later { mix 1 mL stock ; hold 30 min ; measure a = [A], b = [B] every 5 min for 20 min }
"""
SIGMA = 0.02
T = np.arange(0.0, 21.0, 2.0)


@cache
def fitted() -> tuple[Objective, np.ndarray, Mechanism]:
    mechanism = mscnet.loads(TEXT)
    observed = np.exp(-0.1 * T) + SIGMA * np.random.default_rng(4).standard_normal(T.size)
    series = ObservedSeries("a", {}, T, observed, np.full(T.size, SIGMA), np.ones(T.size, dtype=np.int64))
    objective = build_objective(mechanism, FitSettings(rtol=1e-9), [Observations("seen", "seen.csv", (series,))])
    return objective, refit(objective, np.log([0.2]), (), 1e-8).theta, mechanism


def bands(**settings: object) -> Bands:
    objective, theta, mechanism = fitted()
    return predict(objective, theta, mechanism, **settings)  # type: ignore[arg-type]


def by_hand(time: np.ndarray, noise: float = 0.0) -> np.ndarray:
    """Half the width at 95 %: d[A]/dk = -t exp(-kt), and the error of k from the data."""
    _, theta, _ = fitted()
    k = math.exp(theta[0])
    error = SIGMA / math.sqrt(np.sum((T * np.exp(-k * T)) ** 2))
    return 1.959964 * np.hypot(time * np.exp(-k * time) * error, noise)


def test_a_linearised_band_is_that_of_the_derivative() -> None:
    band = bands(experiments="seen").of("a")
    np.testing.assert_allclose(0.5 * (band.upper - band.lower), by_hand(band.time), rtol=2e-3, atol=1e-6)


def test_its_middle_is_the_fit() -> None:
    _, theta, _ = fitted()
    band = bands(experiments="seen").of("a")
    np.testing.assert_allclose(band.middle, np.exp(-math.exp(theta[0]) * band.time), rtol=1e-5)


def test_an_experiment_without_data_is_predicted_too() -> None:
    band = bands(experiments="later").of("b")
    np.testing.assert_allclose(0.5 * (band.upper - band.lower), by_hand(band.time + 30.0), rtol=2e-3)


def test_errors_of_measurement_widen_a_band() -> None:
    band = bands(experiments="seen", noise=True).of("a")
    np.testing.assert_allclose(0.5 * (band.upper - band.lower), by_hand(band.time, SIGMA), rtol=2e-3)


def samples() -> Samples:
    """Draws of ln k as wide as the covariance says."""
    objective, theta, _ = fitted()
    error = covariance(objective, theta).errors[0]
    drawn = theta[0] + error * np.random.default_rng(1).standard_normal((2, 300, 4, 1))
    return Samples(objective.parameters, drawn, np.zeros((2, 300, 4)))


@pytest.mark.parametrize("noise", [False, True])
def test_a_band_from_samples_agrees(noise: bool) -> None:
    band = bands(source=samples(), experiments="seen", noise=noise, draws=500, fine=False).of("a")
    half = 0.5 * (band.upper - band.lower)[1:]
    np.testing.assert_allclose(half, by_hand(band.time, SIGMA if noise else 0.0)[1:], rtol=0.1)


def test_data_are_there_to_be_drawn() -> None:
    assert bands(experiments="seen").of("a").seen[:, 0].tolist() == T.tolist()


def test_a_reading_without_data_has_no_error_of_measurement() -> None:
    with pytest.raises(MechanismError, match="nothing tells the error of measurement of `b`"):
        bands(experiments="later", noise=True)


def test_an_unknown_experiment_is_named() -> None:
    with pytest.raises(MechanismError, match="no experiment `sen`"):
        bands(experiments="sen")
