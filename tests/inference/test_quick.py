"""Data of experiments that go straight, against the same experiments that do not for a hold of no time."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet.experiment.observations import Observations, ObservedSeries
from mscnet.inference.objective import FitObjective
from mscnet.inference.settings import FitSettings

TEXT = """units time = s, concentration = mM, volume = mL
species A
species B
species C
parameter k = 0.1 in 0.001 .. 10 log
parameter back = 0.03 in 0.001 .. 10 log
parameter scale = 2 in 0 .. 5
parameter offset = 0.05 ± 0.1 mM
twice = 2 * scale
A + B -> C @ k
C -> A + B @ back
solution a {{ A = 1 mM }}
solution b {{ B = 2 mM }}
experiment one(v) for v in 1, 3 mL {{
    mix 1 mL a + v b
    {hold}
    measure plain = [A], sum = [A] + [C], signal = twice * [C] + offset, late = [C] * exp(-0.01 * t) at 1, 2, 5, 20 s
}}
"""
NAMES = ("plain", "sum", "signal", "late")
TIMES = np.array([1.0, 5.0, 20.0])


def observations(sigma: float) -> tuple[Observations, ...]:
    random = np.random.default_rng(3)
    series = tuple(
        ObservedSeries(
            name, {"v": v}, TIMES, random.uniform(0.1, 1.0, 3), np.full(3, sigma), np.ones(3, dtype=np.int64)
        )
        for v in (1.0, 3.0)
        for name in NAMES
    )
    return (Observations("one", "one.csv", series),)


#: The same with a constant that follows from another and an equilibrium constant.
BALANCED = TEXT.replace("parameter back = 0.03 in", "parameter K = 3 in").replace("@ back", "@ k/K")
DERIVED = BALANCED.replace("twice = 2 * scale", "twice = 2 * scale\nreverse = k/K").replace("@ k/K", "@ reverse")


def pair(sigma: float = 0.02, text: str = TEXT, **settings: object) -> tuple[FitObjective, FitObjective]:
    """The objective of experiments that go straight, and of those that do not."""
    given, data = FitSettings(**settings), observations(sigma)  # type: ignore[arg-type]
    made = [FitObjective(mscnet.loads(text.format(hold=hold)), given, data) for hold in ("", "hold 0 s")]
    return made[0], made[1]


def thetas(objective: FitObjective) -> np.ndarray:
    low, high = np.array([p.bounds for p in objective.parameters]).T
    return np.asarray(low + (high - low) * np.random.default_rng(1).uniform(0.3, 0.7, (3, len(low))))


CASES = [
    {},
    {"sigma": np.nan},
    {"sigma": np.nan, "error_model": "proportional"},
    {"loss": "student"},
    {"text": BALANCED},
    {"text": DERIVED},
]


@pytest.mark.parametrize("case", CASES)
def test_residuals_are_the_same(case: dict[str, object]) -> None:
    quick, other = pair(**case)  # type: ignore[arg-type]
    np.testing.assert_allclose(quick.many(thetas(quick)), other.many(thetas(quick)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_derivatives_are_the_same(case: dict[str, object]) -> None:
    quick, other = pair(**case)  # type: ignore[arg-type]
    theta = thetas(quick)[0]
    np.testing.assert_allclose(quick.linearised(theta)[1], other.linearised(theta)[1], rtol=1e-6, atol=1e-6)


def test_derivatives_are_those_of_differences() -> None:
    quick, _ = pair(rtol=1e-10)
    theta = thetas(quick)[0]
    steps = 1e-4 * np.eye(len(theta))
    differences = (quick.many(theta + steps) - quick.many(theta - steps)) / 2e-4
    np.testing.assert_allclose(quick.linearised(theta)[1], differences.T, rtol=1e-4, atol=1e-4)


def test_the_model_is_asked_again_after_other_numbers_of_rows() -> None:
    quick, other = pair()
    few = thetas(quick)
    quick.many(few)
    one = quick.residuals(few[1])
    quick.many(few[:2])
    np.testing.assert_array_equal(quick.residuals(few[1]), one)
    np.testing.assert_allclose(one, other.residuals(few[1]), rtol=1e-9, atol=1e-9)


def test_derivatives_along_one_parameter_begin_anew_each_time() -> None:
    text = TEXT.replace("parameter back = 0.03 in 0.001 .. 10 log", "parameter back = 0.03")
    text = text.replace("parameter scale = 2 in 0 .. 5", "parameter scale = 2").replace("0.05 ± 0.1 mM", "0.05 mM")
    objective = FitObjective(mscnet.loads(text.format(hold="")), FitSettings(), observations(0.02))
    first = objective.linearised(np.array([-2.0]))[1]
    objective.linearised(np.array([-1.0]))
    np.testing.assert_array_equal(objective.linearised(np.array([-2.0]))[1], first)


def test_values_that_are_no_numbers_fail() -> None:
    quick, _ = pair()
    theta = thetas(quick)
    theta[1, 0] = 1e4  # its exponential is infinite
    with np.errstate(over="ignore"):
        found = quick.many(theta)
    assert (found[1] == 1e8).all()
    assert np.abs(found[[0, 2]]).max() < 1e6
