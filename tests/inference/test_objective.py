"""The objective put together: derivatives of every kind of term, many at once, failures, workers."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

import mscnet
from mscnet.inference.objective import build_objective
from mscnet.inference.plain import PlainObjective
from mscnet.inference.problem import FAILED
from mscnet.inference.settings import FitSettings
from mscnet.records import replace
from tests.inference.objectives import CHAIN, DECAY, chain_concentrations, data, differences, series

TIME = np.linspace(0.5, 15.0, 12)
RNG = np.random.default_rng(2)
SEEN = 0.9 * np.exp(-0.2 * TIME) + RNG.normal(0.0, 0.03, len(TIME))
THETA = np.array([math.log(0.15), 1.1])
FACTS = """
expect decay {
    at(a, 5 min) = 0.4 ± 0.05
    final(a) < 0.01
    half_time(a) = 4 min ± 1 min
}
"""


def objective(text: str = DECAY, error: float = math.nan, facts_only: bool = False, **settings: Any) -> Any:
    observations = () if facts_only else (data("decay", series("a", TIME, SEEN, error)),)
    return build_objective(mscnet.loads(text), FitSettings(rtol=1e-11, **settings), observations)


@pytest.mark.parametrize(
    ("settings", "noise"),
    [
        ({"error": 0.03}, []),
        ({}, [0.05]),
        ({"loss": "student"}, [0.05]),
        ({"error_model": "proportional"}, [0.03, 0.1]),
        ({"error_model": "proportional", "loss": "student"}, [0.03, 0.1]),
    ],
)
def test_derivatives_of_data_are_exact(settings: dict[str, Any], noise: list[float]) -> None:
    found = objective(**settings)
    theta = np.array([*THETA, *np.log(noise)])
    _, slopes = found.linearised(theta)
    assert slopes == pytest.approx(differences(found.residuals, theta, 1e-3), rel=2e-5, abs=1e-5 * np.abs(slopes).max())


def test_derivatives_of_facts_are_exact() -> None:
    found = objective(DECAY + FACTS, facts_only=True)
    _, slopes = found.linearised(THETA)
    assert slopes == pytest.approx(differences(found.residuals, THETA, 1e-3), rel=1e-4, abs=1e-5 * np.abs(slopes).max())


def test_derivatives_of_priors_are_exact() -> None:
    text = DECAY.replace("k = 0.1 /min in", "k = 0.1 ± 0.02 /min in")
    found = objective(text, 0.03)
    _, slopes = found.linearised(THETA)
    assert slopes[-1] == pytest.approx([0.15 / 0.02, 0.0])


def test_facts_agree_with_the_plain_objective() -> None:
    model, settings = mscnet.loads(DECAY + FACTS), FitSettings(rtol=1e-9)
    wanted = PlainObjective(model, settings, ()).residuals(THETA)
    assert build_objective(model, settings, ()).residuals(THETA) == pytest.approx(wanted, rel=1e-3, abs=1e-3)


def test_data_agree_with_the_plain_objective() -> None:
    seen = chain_concentrations(TIME, 0.3, 0.1)[:, 1]
    cut = replace(series("A455", TIME, seen, 0.02), wavelength=455.0)  # through the spectra
    observations = (data("chain", series("od", TIME, seen, 0.02), cut),)
    model, settings = mscnet.loads(CHAIN), FitSettings(rtol=1e-9)
    found, plain = build_objective(model, settings, observations), PlainObjective(model, settings, observations)
    theta = np.array([p.to_search(p.start or 1.0) for p in plain.parameters])
    assert found.residuals(theta) == pytest.approx(plain.residuals(theta), rel=1e-6, abs=1e-6)


def test_facts_and_data_and_priors_are_all_there() -> None:
    text = DECAY.replace("k = 0.1 /min in", "k = 0.1 ± 0.02 /min in") + FACTS
    kinds = [term.kind for term in objective(text).terms]
    assert kinds == ["datum"] * 12 + ["noise"] * 2 + ["equality", "bound", "equality", "prior"]


def test_data_alone() -> None:
    assert {term.kind for term in objective(DECAY + FACTS, 0.03, facts=False).terms} == {"datum"}


def test_facts_alone() -> None:
    assert {term.kind for term in objective(DECAY + FACTS, 0.03, data=False).terms} == {"equality", "bound"}


def test_only_experiments_that_are_named_count() -> None:
    more = """
    experiment other { mix 1 mL stock ; measure b = [B] every 1 min for 20 min }
    expect other { final(b) > 1 mM }
    """
    found = objective(DECAY + FACTS + more, facts_only=True, experiments=("other",))
    assert [term.condition for term in found.terms] == ["other"]


def test_many_are_the_same_as_one_by_one() -> None:
    found = objective(DECAY + FACTS, 0.03)
    thetas = THETA + RNG.normal(0.0, 0.1, (5, 2))
    assert found.many(thetas) == pytest.approx(np.array([found.residuals(t) for t in thetas]), rel=1e-7, abs=1e-7)


def test_of_none_there_are_none() -> None:
    found = objective(DECAY, 0.03)
    assert found.many(np.empty((0, 2))).shape == (0, 12)


TAKES = DECAY.replace("mix 1 mL stock", "mix 1 mL stock ; take v") + "parameter v = 0.5 mL in 0.1 .. 2\n"


def test_where_the_model_cannot_be_run_every_residual_has_failed() -> None:
    found = objective(TAKES, 0.03)
    assert found.residuals(np.array([*THETA, 1.5])).tolist() == [FAILED] * 12


def test_where_the_model_cannot_be_run_derivatives_are_zero() -> None:
    r, slopes = objective(TAKES, 0.03).linearised(np.array([*THETA, 1.5]))
    assert (r.tolist(), bool(slopes.any())) == ([FAILED] * 12, False)


def test_one_that_fails_leaves_the_others() -> None:
    found = objective(TAKES, 0.03)
    both = found.many(np.array([[*THETA, 1.5], [*THETA, 0.5]]))
    assert both[1] == pytest.approx(found.residuals(np.array([*THETA, 0.5])), rel=1e-7)


def test_a_worker_gets_the_same() -> None:
    found = objective(DECAY + FACTS, linear=("auto",))
    again = pickle.loads(pickle.dumps(found))
    theta = np.array([*THETA, math.log(0.05)])
    assert again.residuals(theta).tolist() == found.residuals(theta).tolist()


def test_what_is_given_out_may_be_changed() -> None:
    found = objective(error=0.03)
    first = found.residuals(THETA)
    wanted = first.copy()
    first[:] = 0.0
    assert found.residuals(THETA).tolist() == wanted.tolist()


def test_values_are_in_the_files_units() -> None:
    assert objective(error=0.03).values(THETA) == pytest.approx({"k": 0.15, "a0": 1.1})


def test_at_its_upper_bound_derivatives_are_exact_too() -> None:
    found = objective(error=0.03)
    slopes = found.linearised(np.array([math.log(0.15), 3.0]))[1]
    assert slopes[:, 1] == pytest.approx(np.exp(-0.15 * TIME) / 0.03, rel=1e-5)
